/* tools/extract_features.c - the vectors of every token of every line, as Google's extract_features.py writes them.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A line is a text, or two with " ||| " between. The output has an object a line:
   {"linex_index": 0, "features": [{"token": "[CLS]", "layers": [{"index": -1, "values": [...]}, ...]}, ...]} */
#define _POSIX_C_SOURCE 200809L
#define CLI_WORKERS
#include "cli.h"
#include <math.h>

static const char *input_file, *output_file, *layers_text = "-1,-2,-3,-4", *bert_config_file, *init_checkpoint, *vocab_file, *model_path, *output_format = "json", *isa = "default", *master;
static int64_t max_seq_length = 128, batch_size = 32, num_tpu_cores = 8, threads;
static bert_flag lower;
static int use_tpu, use_one_hot_embeddings;

static const cli_flag flags[] = {
    { "input_file", 's', &input_file, "texts, one a line, or two with ' ||| ' between; - is standard input" },
    { "output_file", 's', &output_file, "the vectors; - is standard output" },
    { "layers", 's', &layers_text, "which: 0 is the first, -1 the last" },
    { "bert_config_file", 's', &bert_config_file, "the config (default: beside the checkpoint)" },
    { "max_seq_length", 'i', &max_seq_length, "longer input is cut, [CLS] and [SEP] included" },
    { "init_checkpoint", 's', &init_checkpoint, "the checkpoint" },
    { "vocab_file", 's', &vocab_file, "the vocabulary (default: beside the checkpoint)" },
    { "do_lower_case", 't', &lower, "lower-case the text (default: as the vocabulary's files say, else true)" },
    { "batch_size", 'i', &batch_size, "lines computed at once; the vectors do not depend on it" },
    { "model", 's', &model_path, "instead of --init_checkpoint: a directory, file, zip or TensorFlow prefix" },
    { "output_format", 's', &output_format, "json; npy: [tokens, layers, hidden], all lines one after another; safetensors: the same, with the rows at which lines begin" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { "isa", 's', &isa, "kernels: " CLI_ISAS },
    CLI_PRECISION,
    CLI_DEVICE,
    { "use_tpu", 'b', &use_tpu, "there is none here: without effect, as the next three" },
    { "master", 's', &master, "without effect" },
    { "num_tpu_cores", 'i', &num_tpu_cores, "without effect" },
    { "use_one_hot_embeddings", 'b', &use_one_hot_embeddings, "without effect" },
    { 0, 0, 0, 0 }
};

enum { JSON, NPY, SAFETENSORS };

/* Python's str.strip(): white space of Unicode at both ends. */
static size_t blank_at(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    uint32_t c;
    if (n && (u[0] == ' ' || (u[0] >= 9 && u[0] <= 13) || (u[0] >= 28 && u[0] <= 31))) return 1;
    if (n > 1 && u[0] == 0xC2 && (u[1] == 0x85 || u[1] == 0xA0)) return 2;
    if (n < 3 || (u[0] & 0xF0) != 0xE0) return 0;
    c = (uint32_t)(u[0] & 15) << 12 | (uint32_t)(u[1] & 63) << 6 | (u[2] & 63);
    return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 ? 3 : 0;
}
static void strip(const char **text, size_t *size)
{
    size_t n, k;
    while ((n = blank_at(*text, *size)) != 0) { *text += n; *size -= n; }
    for (k = 1; k <= 3 && k <= *size; k++)
        if (blank_at(*text + *size - k, k) == k) { *size -= k; k = 0; }
}

/* One line's ids, behind the others. */
typedef struct tokens { int32_t *ids, *segments; size_t count, room; int64_t *offsets; size_t lines, line_room; } tokens;

static void add_line(tokens *t, const bert_tokenizer *tok, const char *text, size_t size)
{
    bert_pair_desc pair = { 0 };
    bert_encoding e = { 0 };
    const char *b = NULL;
    char why[200];
    size_t a_size, b_size = 0, k;
    strip(&text, &size);
    a_size = size;
    for (k = size; k-- > 0 && !b;)                                      /* the last one: Python's (.*) takes all it can */
        if (size - k >= 5 && memcmp(text + k, " ||| ", 5) == 0) { b = text + k + 5; a_size = k; }
    if (b) {
        b_size = size - (size_t)(b - text);
        bert_tokenizer_encode(tok, b, b_size, &e);                      /* a second text without tokens counts as none */
        if (!e.count) b = NULL;
    }
    if (t->room - t->count < size + 3) {
        t->room = (t->room + size + 3) * 2;
        t->ids = realloc(t->ids, t->room * sizeof *t->ids);
        t->segments = realloc(t->segments, t->room * sizeof *t->segments);
    }
    if (t->line_room < t->lines + 2) {
        t->line_room = t->line_room * 2 + 1024;
        t->offsets = realloc(t->offsets, t->line_room * sizeof *t->offsets);
    }
    if (!t->ids || !t->segments || !t->offsets) cli_fail("out of memory");
    memset(&e, 0, sizeof e);
    e.ids = t->ids + t->count;
    e.segment_ids = t->segments + t->count;
    e.capacity = t->room - t->count;
    pair.max_tokens = (size_t)max_seq_length;
    k = (size_t)bert_tokenizer_encode_pair(tok, &pair, text, a_size, b, b_size, &e);
    if (k) { snprintf(why, sizeof why, "line %zu: %s; does the vocabulary have [UNK], [CLS] and [SEP]?", t->lines + 1, bert_status_string((bert_status)k)); cli_fail(why); }
    t->offsets[t->lines++] = (int64_t)t->count;
    t->count += e.count;
    t->offsets[t->lines] = (int64_t)t->count;
}

/* round(x, 6) as Python prints it. */
static void put_value(cli_text *o, float x)
{
    char digits[64], *p = cli_room(o, 64);
    double ax = fabs((double)x);
    uint64_t v;
    size_t n = 0;
    int k, places = 6;
    if (!(ax < 1e9)) {                                                  /* beyond what a layer norm gives */
        o->size += (size_t)snprintf(p, 64, x != x ? "NaN" : ax > 3.5e38 ? x < 0 ? "-Infinity" : "Infinity" : "%.1f", (double)x);
        return;
    }
    v = (uint64_t)llrint(ax * 1e6);                                     /* exact product: 24 bits by 14 bits; nearest even like Python */
    if (signbit(x)) p[n++] = '-';
    if (v && v < 100) {                                                 /* below 1e-4: an exponent */
        if (v < 10) n += (size_t)sprintf(p + n, "%de-06", (int)v);
        else if (v % 10 == 0) n += (size_t)sprintf(p + n, "%de-05", (int)v / 10);
        else n += (size_t)sprintf(p + n, "%d.%de-05", (int)v / 10, (int)v % 10);
        o->size += n;
        return;
    }
    while (places > 1 && v % 10 == 0) { v /= 10; places--; }
    for (k = 0; v || k <= places; v /= 10) {
        if (k == places) digits[k++] = '.';
        digits[k++] = (char)('0' + v % 10);
    }
    while (k) p[n++] = digits[--k];
    o->size += n;
}

int main(int argc, char **argv)
{
    bert_error err = { 0 };
    bert_model *model;
    bert_tokenizer *tokenizer;
    bert_session *session;
    cli_text input;
    tokens t = { 0 };
    int64_t layers[256], index[256], count = 0, hidden, most, i, k, row, done, piece = 0;
    float **outputs;
    size_t at = 0, size;
    const char *line, *p;
    cli_text o = { 0 };
    FILE *f;
    double bytes;
    char text[300];
    cli c = cli_parse(argc, argv, "extract_features --input_file IN --output_file OUT (--model PATH | --init_checkpoint PATH ...) [FLAGS]",
                      "The vectors of every token of every line, for chosen layers, in the form of Google's extract_features.py.", flags);
    const int format = cli_choice("output_format", output_format, "json|npy|safetensors");
    if (c.count) cli_usage("no flag: ", c.args[0]);
    if (!input_file || !output_file) cli_usage("--input_file and --output_file are needed", "");
    if (!model_path == !init_checkpoint) cli_usage("give --model or --init_checkpoint", "");
    if (batch_size < 1) cli_usage("--batch_size starts at 1", "");
    if (max_seq_length < 3) cli_usage("--max_seq_length starts at 3: [CLS], a token, [SEP]", "");
    for (p = layers_text;; p++) {
        char *end;
        long v = strtol(p, &end, 10);
        if (end == p || (*end && *end != ',')) cli_usage("--layers is a list like -1,-2,-3,-4, not ", layers_text);
        if (count == 256) cli_usage("--layers has more than 256 entries", "");
        layers[count++] = v;
        p = end;
        if (!*p) break;
    }
    cli_join(0, 0);
    model = cli_open_model(model_path ? model_path : init_checkpoint, bert_config_file, 0);
    hidden = bert_model_config(model)->hidden_size;
    most = bert_model_config(model)->layers;
    for (i = 0; i < count; i++) {
        index[i] = layers[i] < 0 ? layers[i] + most : layers[i];
        if (index[i] >= 0 && index[i] < most) continue;
        snprintf(text, sizeof text, "--layers: there is no layer %lld, the model has %lld: 0 to %lld, or -1 to -%lld", (long long)layers[i], (long long)most, (long long)most - 1, (long long)most);
        cli_fail(text);
    }
    if (!bert_model_config(model)->max_relative_position && max_seq_length > bert_model_config(model)->max_positions) {
        snprintf(text, sizeof text, "--max_seq_length is %lld, but the model has positions for %d tokens", (long long)max_seq_length, (int)bert_model_config(model)->max_positions);
        cli_fail(text);
    }
    tokenizer = cli_open_tokenizer(model, vocab_file, lower, BERT_DEFAULT, BERT_OFF);
    input = cli_read(input_file);
    while (cli_line(&input, &at, &line, &size)) add_line(&t, tokenizer, line, size);

    bytes = (double)t.count * (double)count * (double)hidden * (format == JSON ? 10.5 : 4);   /* "-0.123456, " */
    if (!cli_rank()) fprintf(stderr, "%zu lines, %zu tokens, %lld layers of %lld numbers: about %.0f %s%s\n", t.lines, t.count, (long long)count, (long long)hidden, bytes < 1e7 ? bytes / 1e3 : bytes / 1e6, bytes < 1e7 ? "KB" : "MB",
            format == JSON && bytes > 1e8 ? "; --output_format=npy takes a third" : "");
    session = cli_open_session(model, isa, threads, max_seq_length > 1024 ? max_seq_length : 0);
    cli_not_input(output_file, &input_file, 1);
    f = cli_create(output_file);
    if (format == NPY) {
        const int64_t shape[3] = { (int64_t)t.count, count, hidden };
        cli_write_npy_head(f, shape, 3);
    } else if (format == SAFETENSORS) {
        cli_tensor head[3] = { { "offsets", "I64", { (int64_t)t.lines + 1 }, 1, 8 }, { "ids", "I32", { (int64_t)t.count }, 1, 4 }, { "features", "F32", { (int64_t)t.count, count, hidden }, 3, 4 } };
        cli_text meta = { 0 };
        const int64_t zero = 0;
        cli_str(&meta, "\"layers\":\"");
        for (i = 0; i < count; i++) { if (i) cli_str(&meta, ","); cli_number(&meta, layers[i]); }
        cli_str(&meta, "\"");
        cli_add(&meta, "", 1);
        cli_write_safetensors_head(f, head, 3, meta.data);
        cli_write_little(f, t.lines ? t.offsets : &zero, t.lines + 1, 8);
        cli_write_little(f, t.ids, t.count, 4);
        free(meta.data);
    }

    outputs = calloc((size_t)most + 1, sizeof *outputs);
    if (!outputs) cli_fail("out of memory");
    for (done = 0; done < (int64_t)t.lines; done += k) {                /* some lines at once: up to the batch, or some thousands of rows */
        bert_batch batch = { 0 };
        bert_result result = { 0 };
        int64_t *offsets = t.offsets + done, first = offsets[0], rows;
        for (k = 1; k < batch_size && done + k < (int64_t)t.lines && offsets[k + 1] - first <= 4096; k++) {}
        rows = offsets[k] - first;
        if (!cli_mine(piece++)) {                                       /* another worker's: write at the end of a round */
            if (piece % cli_size() == 0 || done + k == (int64_t)t.lines) cli_write_shared(f, &o);
            continue;
        }
        for (i = 0; i < count; i++) {
            float **to = outputs + index[i] + 1;
            free(*to);
            *to = NULL;
        }
        for (i = 0; i < count; i++)
            if (!outputs[index[i] + 1] && !(outputs[index[i] + 1] = malloc((size_t)(rows * hidden) * sizeof(float)))) cli_fail("out of memory");
        batch.offsets = malloc((size_t)(k + 1) * sizeof *batch.offsets);
        if (!batch.offsets) cli_fail("out of memory");
        for (i = 0; i <= k; i++) ((int64_t *)(uintptr_t)batch.offsets)[i] = offsets[i] - first;
        batch.sequences = k;
        batch.ids = t.ids + first;
        batch.segment_ids = t.segments + first;
        result.layers = outputs;
        if (bert_session_run(session, &batch, &result, &err)) cli_fail(err.message);
        free((void *)(uintptr_t)batch.offsets);
        for (i = 0; i < k; i++) {
            if (format == JSON) { cli_str(&o, "{\"linex_index\": "); cli_number(&o, done + i); cli_str(&o, ", \"features\": ["); }
            for (row = offsets[i] - first; row < offsets[i + 1] - first; row++) {
                int64_t l, v;
                if (format == JSON) {
                    size_t n = 0;
                    const char *token = bert_tokenizer_token(tokenizer, batch.ids[row], &n);
                    cli_str(&o, row > offsets[i] - first ? ", {\"token\": " : "{\"token\": ");
                    o.size += bert_json_quote(token ? token : "", n, 1, cli_room(&o, n * 6 + 2), n * 6 + 2);
                    cli_str(&o, ", \"layers\": [");
                }
                for (l = 0; l < count; l++) {
                    const float *x = outputs[index[l] + 1] + row * hidden;
                    if (format != JSON) { cli_add_little(&o, x, (size_t)hidden, 4); continue; }
                    cli_str(&o, l ? ", {\"index\": " : "{\"index\": ");
                    cli_number(&o, layers[l]);
                    cli_str(&o, ", \"values\": [");
                    for (v = 0; v < hidden; v++) { if (v) cli_add(&o, ", ", 2); put_value(&o, x[v]); }
                    cli_str(&o, "]}");
                }
                if (format == JSON) cli_str(&o, "]}");
            }
            if (format == JSON) cli_str(&o, "]}\n");
            if (cli_size() == 1) cli_write_shared(f, &o);
        }
        if (piece % cli_size() == 0 || done + k == (int64_t)t.lines) cli_write_shared(f, &o);
        cli_progress("lines", done + k, (int64_t)t.lines);
    }
    cli_commit(f, output_file);
    for (i = 0; i <= most; i++) free(outputs[i]);
    free(outputs);
    free(o.data);
    free(input.data);
    free(t.ids);
    free(t.segments);
    free(t.offsets);
    bert_session_close(session);
    bert_tokenizer_close(tokenizer);
    bert_model_close(model);
    return 0;
}
