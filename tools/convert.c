/* tools/convert.c - a checkpoint from one world to another: TensorFlow, PyTorch, safetensors, and C.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Every tensor is recognised, renamed, turned if the other side keeps its matrices the other way, converted, written, and
   read back. A config.json goes beside it that names what the source computes. A C file holds all of it: weights (safetensors, as
   bytes), config, labels and vocabulary, to be compiled into a program; with --program it is one, and with --headers it needs nothing
   but a compiler. */
#include "cli.h"
#include <math.h>

static const char *to = "auto", *dtype = "keep", *names = "auto", *bert_config_file, *tf_checkpoint_path, *pytorch_dump_path, *headers;
static int with_optimizer, program;

static const cli_flag flags[] = {
    { "to", 's', &to, "tf, safetensors, pytorch or c (default: by OUT's ending)" },
    { "dtype", 's', &dtype, "keep, f32, f16 or bf16; to c also int8: matrices as bytes, with a scale for each row" },
    { "names", 's', &names, "google or hf (default: google for tf, hf for the others)" },
    { "bert_config_file", 's', &bert_config_file, "the config (default: beside IN)" },
    { "program", 'b', &program, "to c: with a main() that labels each line of standard input (or makes vectors, without a classifier)" },
    { "headers", 's', &headers, "to c: copies bert.h and bert_tokenizer.h from this folder into the file, which then stands alone" },
    { "with_optimizer", 'b', &with_optimizer, "keep optimizer slots and global_step" },
    { "tf_checkpoint_path", 's', &tf_checkpoint_path, "IN, as the script convert_bert_original_tf_checkpoint_to_pytorch calls it" },
    { "pytorch_dump_path", 's', &pytorch_dump_path, "OUT, likewise; implies --to=pytorch" },
    { 0, 0, 0, 0 }
};

/* What becomes of one tensor. */
typedef struct plan { bert_tensor tensor; char name[160]; int64_t shape[8], room[4]; } plan;

/* The class in transformers of what the config describes: "ForTokenClassification"; NULL: it does not say. */
static const char *class_of(const bert_model *m)
{
    static const char *const classes[] = { "ForTokenClassification", "ForMultipleChoice", "ForSequenceClassification" };
    size_t size, i;
    const char *text = bert_model_config_text(m, &size), *found = NULL;
    bert_json_doc doc;
    const bert_json *list;
    if (!text || bert_json_parse(text, size, NULL, &doc, NULL)) return NULL;
    list = bert_json_get(doc.root, "architectures");
    for (i = 0; i < 3; i++) if (list && list->first && list->first->type == 's' && strstr(list->first->text, classes[i])) found = classes[i];
    bert_json_free(&doc);
    return found;
}

/* ---- to C ---- */

static char parts[2][4096];             /* weights and config on their way: gone when the program ends, however it does */
static void remove_parts(void) { int i; for (i = 0; i < 2; i++) if (parts[i][0]) remove(parts[i]); }

static void write_bytes(cli_text *o, const char *name, const char *what, const unsigned char *p, size_t n)
{
    size_t i;
    cli_str(o, "static const unsigned char ");
    cli_str(o, name);
    cli_str(o, what);
    cli_str(o, "[] = {");
    for (i = 0; i < n; i++) {
        if (i % 40 == 0) cli_str(o, "\n");
        cli_number(o, p[i]);
        cli_str(o, ",");
    }
    cli_str(o, "\n};\n");
}
/* A header, without the lines by which it asks for the other one, which stands before it. Where bert.h includes itself (its kernels,
   once for each kind of instructions) the file includes itself. */
static void write_header(cli_text *o, const char *name, const char *self)
{
    char path[1200];
    cli_text text;
    const char *line;
    size_t at = 0, size;
    snprintf(path, sizeof path, "%.1100s/%s", headers, name);
    text = cli_read(path);
    while (cli_line(&text, &at, &line, &size)) {
        if (size >= 27 && memcmp(line, "#include \"bert_tokenizer.h\"", 27) == 0) continue;
        if (size >= 17 && memcmp(line, "#include \"bert.h\"", 17) == 0) { cli_str(o, "#include \""); cli_str(o, self); cli_str(o, "\"\n"); continue; }
        cli_add(o, line, size);
        cli_str(o, "\n");
    }
    free(text.data);
}
/* Text of C with $ for the name. */
static void write_code(cli_text *o, const char *code, const char *name)
{
    for (; *code; code++) {
        if (*code == '$') cli_str(o, name);
        else cli_add(o, code, 1);
    }
}
static const char c_options[] =
    "#define BERT_STATIC                     /* nothing of the library is seen outside; no files, no threads, no training */\n#define BERT_NO_STDIO\n#define BERT_NO_THREADS\n#define BERT_NO_TRAIN\n"
    "#define BERT_NO_DATA\n#define BERT_NO_TF\n#define BERT_NO_PICKLE\n#define BERT_IMPLEMENTATION\n";
/* Matrices as bytes: a row times its scale, its largest number being 127 of them; all else as it is. The program puts the floats back in memory,
   as the file they came from; a session in int8, whose scales are the same ones, then computes with the very bytes. */
static void write_int8(cli_text *o, const char *id, const cli_text *weights)
{
    static const char *const arrays[] = { "static const signed char $_int8[] = {", "static const float $_scales[] = {", "static const float $_floats[] = {", "static const struct { size_t at; int rows, columns; } $_runs[] = {" };
    bert_error err = { 0 };
    bert_checkpoint_desc cd = { 0 };
    bert_checkpoint *c;
    char text[120];
    size_t header = 8;
    int64_t n, i, row, k;
    int array, wide = 0;
    for (i = 0; i < 8; i++) header += (size_t)(unsigned char)weights->data[i] << 8 * i;
    cd.data = weights->data;
    cd.size = weights->size;
    cd.error = &err;
    if (bert_checkpoint_open(&cd, &c)) cli_fail(err.message);
    n = bert_checkpoint_count(c);
    write_bytes(o, id, "_header", (const unsigned char *)weights->data, header);
    for (array = 0; array < 4; array++) {
        write_code(o, arrays[array], id);
        for (i = 0; i < n; i++) {
            const bert_tensor *t = bert_checkpoint_tensor(c, i);
            const int matrix = t->rank == 2;
            const int64_t rows = matrix ? t->shape[0] : t->count, columns = matrix ? t->shape[1] : 0;
            float *v = malloc((size_t)t->count * sizeof *v + 1);
            if (!v) cli_fail("out of memory");
            if (t->dtype != BERT_F32 || rows > INT32_MAX || columns > INT32_MAX || bert_tensor_read(t, BERT_F32, v, t->count, &err)) {
                snprintf(text, sizeof text, "%.60s is not of floats: --dtype=int8 is for models", t->name);
                cli_fail(text);
            }
            for (k = 0; k < t->count; k++) if (!(fabsf(v[k]) <= 3e38f)) { snprintf(text, sizeof text, "%.60s has a number that is not finite", t->name); cli_fail(text); }
            if (array == 3) {
                snprintf(text, sizeof text, "\n{ %zu, %d, %d },", (size_t)(t->data - (const unsigned char *)weights->data), (int)rows, (int)columns);
                cli_str(o, text);
            }
            for (row = 0; row < rows && array < 3; row++) {
                float most = 0;
                for (k = 0; k < columns; k++) if (fabsf(v[row * columns + k]) > most) most = fabsf(v[row * columns + k]);
                *text = 0;
                if (array == (matrix ? 1 : 2)) snprintf(text, sizeof text, "%.9gf,", matrix ? (double)(most / 127) : (double)v[row]);
                if (*text && !strpbrk(text, ".e")) snprintf(text, sizeof text, "%.1ff,", matrix ? (double)(most / 127) : (double)v[row]);
                if (*text && wide++ % 12 == 0) cli_str(o, "\n");
                cli_str(o, text);
                for (k = 0; matrix && array == 0 && k < columns; k++) {
                    const int q = most > 0 ? (int)lrintf(v[row * columns + k] / (most / 127)) : 0;
                    if (wide++ % 40 == 0) cli_str(o, "\n");
                    cli_number(o, q);
                    cli_str(o, ",");
                }
            }
            free(v);
        }
        cli_str(o, array == 3 ? "\n};\n" : " 0 };\n");
    }
    bert_checkpoint_close(c);
    snprintf(text, sizeof text, "static const size_t $_size = %zu;\nstatic double $_room[%zu];\n", weights->size, (weights->size + 7) / 8);
    write_code(o, text, id);
    write_code(o, "/* The file again: little-endian floats behind their header. */\n"
               "static const void *$_get(void)\n{\n"
               "    unsigned char *w = (unsigned char *)$_room, *p;\n    const signed char *q = $_int8;\n    const float *scale = $_scales, *f = $_floats;\n    size_t i;\n    int row, k;\n"
               "    memcpy(w, $_header, sizeof $_header);\n"
               "    for (i = 0; i < sizeof $_runs / sizeof *$_runs; i++)\n"
               "        for (p = w + $_runs[i].at, row = 0; row < $_runs[i].rows; row++, scale += $_runs[i].columns > 0)\n"
               "            for (k = 0; k < ($_runs[i].columns ? $_runs[i].columns : 1); k++, p += 4) {\n"
               "                const float v = $_runs[i].columns ? (float)*q++ * *scale : *f++;\n"
               "                uint32_t bits;\n"
               "                memcpy(&bits, &v, 4);\n"
               "                p[0] = (unsigned char)bits;  p[1] = (unsigned char)(bits >> 8);  p[2] = (unsigned char)(bits >> 16);  p[3] = (unsigned char)(bits >> 24);\n"
               "            }\n"
               "    return $_room;\n}\n", id);
}
static const char c_open[] =
    "/* Opens both; close with bert_tokenizer_close and bert_model_close. The bytes stay where they are. */\n"
    "static bert_status $_open(bert_model **model, bert_tokenizer **tokenizer, bert_error *error)\n"
    "{\n"
    "    static bert_config config;\n"
    "    bert_model_desc md = { 0 };\n"
    "    bert_tokenizer_desc td = { 0 };\n"
    "    bert_status st = bert_config_parse((const char *)$_config, sizeof $_config, \"$\", &config, error);\n"
    "    if (st != BERT_OK) return st;\n"
    "    md.data = $_get();\n    md.size = $_size;\n    md.config = &config;\n    md.error = error;\n"
    "    td.data = $_vocab;\n    td.size = sizeof $_vocab;\n    td.lower_case = (bert_flag)$_lower_case;\n    td.strip_accents = (bert_flag)$_strip_accents;\n    td.error = error;\n"
    "    if ((st = bert_model_open(&md, model)) != BERT_OK) return st;\n"
    "    if ((st = bert_tokenizer_open(&td, tokenizer)) != BERT_OK) bert_model_close(*model);\n"
    "    return st;\n"
    "}\n";
static const char c_main[] =
    "\n#include <stdio.h>\n"
    "int main(void)                          /* a line in, its labels (or those of its words, or a vector) out */\n"
    "{\n"
    "    enum { ROOM = 512, WIDTH = 4096 };\n"
    "    static char line[1 << 16];\n"
    "    static float out[ROOM * ($_label_count + 1)], vector[WIDTH];\n"
    "    static int32_t ids[ROOM], words[ROOM];\n"
    "    static size_t begin[ROOM], end[ROOM];\n"
    "    bert_error err = { 0 };\n"
    "    bert_model *model = NULL;\n    bert_tokenizer *tok = NULL;\n    bert_session *session = NULL;\n    bert_session_desc sd = { 0 };\n    bert_pair_desc pair = { 0 };\n    bert_batch batch = { 0 };\n    bert_result result = { 0 };\n"
    "    int64_t offsets[2] = { 0, 0 };\n"
    "    const int labels = $_label_count;\n"
    "    int i, k;\n"
    "    if ($_open(&model, &tok, &err)) goto failed;\n"
    "    sd.model = model;\n    sd.error = pair.error = &err;\n"
    "    if (bert_session_open(&sd, &session)) goto failed;\n"
    "    pair.max_tokens = bert_model_config(model)->max_positions < ROOM ? (size_t)bert_model_config(model)->max_positions : ROOM;\n"
    "    batch.sequences = 1;\n    batch.offsets = offsets;\n    batch.ids = ids;\n"
    "    if ($_tags) result.token_classes = out;\n    else if (labels) result.classes = out;\n    else if (bert_model_config(model)->hidden_size <= WIDTH) result.vectors = vector;\n"
    "    while (fgets(line, sizeof line, stdin)) {\n"
    "        const size_t size = strcspn(line, \"\\r\\n\");\n"
    "        int32_t best = 0;\n"
    "        bert_encoding e = { 0 };\n"
    "        e.ids = ids;\n        e.words = words;\n        e.begin = begin;\n        e.end = end;\n        e.capacity = ROOM;\n"
    "        if (bert_tokenizer_encode_pair(tok, &pair, line, size, NULL, 0, &e)) goto failed;\n"
    "        offsets[1] = (int64_t)e.count;\n"
    "        if (bert_session_run(session, &batch, &result, &err)) goto failed;\n"
    "        if (labels == 1) printf(\"%.4f\\n\", (double)out[0]);\n"
    "        else if (result.classes) {\n"
    "            bert_softmax(out, 1, labels);\n"
    "            bert_top_k(out, labels, 1, &best);\n"
    "            printf(\"%s %.4f\\n\", $_labels[best], (double)out[best]);\n"
    "        } else if (result.token_classes) {\n"
    "            for (i = 0; i < (int)e.count; i++) {        /* a word's first token speaks for it */\n"
    "                if (words[i] < 0 || (i && words[i] == words[i - 1])) continue;\n"
    "                for (k = i; k + 1 < (int)e.count && words[k + 1] == words[i]; k++) {}\n"
    "                bert_top_k(out + i * labels, labels, 1, &best);\n"
    "                printf(\"%.*s %s\\n\", (int)(end[k] - begin[i]), line + begin[i], $_labels[best]);\n"
    "            }\n"
    "            printf(\"\\n\");\n"
    "        } else for (i = 0; i < bert_model_config(model)->hidden_size; i++) printf(\"%.6f%c\", (double)vector[i], i + 1 < bert_model_config(model)->hidden_size ? ' ' : '\\n');\n"
    "        fflush(stdout);\n"
    "    }\n"
    "    bert_session_close(session);\n    bert_tokenizer_close(tok);\n    bert_model_close(model);\n"
    "    return 0;\n"
    "failed:\n"
    "    fprintf(stderr, \"$: %s\\n\", err.message[0] ? err.message : \"a text cannot be tokenized\");\n"
    "    return 1;\n"
    "}\n";

/* The files that were written beside (weights, config) and the vocabulary as one C file. */
static void write_c(const bert_model *m, const char *out, const char *weights_path, const char *config_path, int int8)
{
    const bert_parameter *bias = bert_model_find(m, "classifier.bias");
    const int64_t labels = bias && bias->rank == 1 ? bias->shape[0] : 0;
    bert_error err = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *tok = NULL;
    bert_json_doc doc = { 0 };
    bert_file vocab;
    cli_text o = { 0 }, weights = cli_read(weights_path), config = cli_read(config_path);
    const bert_json *names, *name;
    const char *slash = strrchr(out, '/'), *base = slash ? slash + 1 : out;
    char id[64], text[200], key[24];
    FILE *f;
    int64_t i;
    size_t n;
    for (n = 0; n < sizeof id - 1 && base[n] && base[n] != '.'; n++) id[n] = (char)((base[n] >= 'a' && base[n] <= 'z') || (base[n] >= 'A' && base[n] <= 'Z') || (n && base[n] >= '0' && base[n] <= '9') ? base[n] : '_');
    id[n] = 0;
    td.error = &err;
    if (bert_model_tokenizer(m, &td, BERT_DEFAULT, &tok)) cli_fail(err.message);
    if (bert_checkpoint_beside(bert_model_checkpoint(m), "vocab.txt", NULL, 0, &vocab, &err) && bert_checkpoint_beside(bert_model_checkpoint(m), "tokenizer.json", NULL, 0, &vocab, &err)) cli_fail(err.message);
    td = bert_tokenizer_desc_resolved(tok);
    if (bert_json_parse(config.data, config.size, NULL, &doc, &err)) cli_fail(err.message);
    names = bert_json_get(doc.root, "id2label");

    cli_str(&o, "/* ");
    cli_str(&o, base);
    write_code(&o, " - made by convert of bert.h: a model (safetensors), its config, labels and vocabulary, as C\n\n"
                   "   ", id);
    if (program) write_code(&o, headers ? "cc -O2 $.c -lm && echo \"a text\" | ./a.out\n*/\n" : "cc -O2 -I FOLDER_OF_BERT_H $.c -lm && echo \"a text\" | ./a.out\n*/\n", id);
    else write_code(&o, "#include this after bert.h in one file of your program; then $_open(&model, &tokenizer, &error).\n   $_labels[$_label_count] are the names of the labels. */\n", id);
    if (program) cli_str(&o, c_options);
    if (headers) {
        write_header(&o, "bert_tokenizer.h", base);
        write_header(&o, "bert.h", base);
        write_code(&o, "\n#ifndef $_once                       /* the headers include this file, by its name, once more for each of their kernels */\n#define $_once\n", id);
    } else cli_str(&o, "#include \"bert.h\"\n");
    cli_str(&o, "\n");
    if (int8) write_int8(&o, id, &weights);
    else {
        write_bytes(&o, id, "_weights", (const unsigned char *)weights.data, weights.size);
        write_code(&o, "static const size_t $_size = sizeof $_weights;\nstatic const void *$_get(void) { return $_weights; }\n", id);
    }
    write_bytes(&o, id, "_config", (const unsigned char *)config.data, config.size);
    write_bytes(&o, id, "_vocab", vocab.data, vocab.size);
    snprintf(text, sizeof text, "enum { $_label_count = %lld, $_tags = %d, $_lower_case = %d, $_strip_accents = %d };\n", (long long)labels,
             class_of(m) && strcmp(class_of(m), "ForTokenClassification") == 0, (int)td.lower_case, (int)td.strip_accents);
    write_code(&o, text, id);
    write_code(&o, "static const char *const $_labels[] = {", id);
    for (i = 0; i < labels; i++) {
        snprintf(key, sizeof key, "%lld", (long long)i);
        name = names ? bert_json_get(names, key) : NULL;
        cli_str(&o, i ? ", " : " ");
        snprintf(text, sizeof text, "LABEL_%s", key);
        if (name && name->type == 's') cli_quoted(&o, name->text, name->size);
        else cli_quoted(&o, text, strlen(text));
    }
    cli_str(&o, labels ? " };\n" : " \"\" };\n");
    write_code(&o, c_open, id);
    if (program) write_code(&o, c_main, id);
    if (headers) cli_str(&o, "#endif\n");
    f = cli_create(out);
    cli_write(f, o.data, o.size);
    cli_commit(f, out);
    bert_json_free(&doc);
    bert_file_close(&vocab);
    bert_tokenizer_close(tok);
    free(o.data);
    free(weights.data);
    free(config.data);
}

int main(int argc, char **argv)
{
    static const bert_format formats[] = { BERT_FORMAT_AUTO, BERT_FORMAT_TF, BERT_FORMAT_SAFETENSORS, BERT_FORMAT_PYTORCH, BERT_FORMAT_SAFETENSORS };
    static const bert_dtype types[] = { BERT_DTYPE_NONE, BERT_F32, BERT_F16, BERT_BF16, BERT_F32 };
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_model *m = NULL;
    bert_checkpoint_desc cd = { 0 };
    bert_checkpoint *first, *back;
    const bert_checkpoint *c;
    bert_write_desc w = { 0 };
    bert_output *outputs;
    plan *plans;
    const char *in, *out, *target, *slash;
    char config_path[4096];
    int64_t i, n, dropped = 0;
    int google, encoder = 0, to_c, format, kind_of;
    bert_dtype want;
    cli a = cli_parse(argc, argv, "convert IN OUT [FLAGS]", "Writes the checkpoint IN (a file, a TensorFlow prefix, an index.json, a directory, a .zip) as OUT, for TensorFlow, PyTorch or\n"
                      "safetensors, and reads it back to be sure. For TensorFlow OUT is a prefix, such as dir/bert_model.ckpt. OUT.c becomes a C file with\n"
                      "weights, config, labels and vocabulary in it.", flags);
    if (pytorch_dump_path && strcmp(to, "auto") == 0) to = "pytorch";
    in = tf_checkpoint_path ? tf_checkpoint_path : a.count ? a.args[0] : NULL;
    out = pytorch_dump_path ? pytorch_dump_path : a.count > 1 ? a.args[1] : NULL;
    if (!in || !out || a.count > 2) cli_usage("needs IN and OUT", "");
    target = out;
    format = cli_choice("to", to, "auto|tf|safetensors|pytorch|c");
    to_c = format == 4 || (format == 0 && strlen(out) > 2 && (strcmp(out + strlen(out) - 2, ".c") == 0 || strcmp(out + strlen(out) - 2, ".h") == 0));
    w.format = to_c ? BERT_FORMAT_SAFETENSORS : formats[format];
    if ((program || headers) && !to_c) cli_usage("--program and --headers are for --to=c", "");
    if (headers) program = 1;
    if (to_c) {                                                         /* by way of a file beside it */
        if (strlen(out) > sizeof parts[0] - 32) cli_fail("the path of OUT is too long");
        snprintf(parts[0], sizeof parts[0], "%s.part.safetensors", out);
        snprintf(parts[1], sizeof parts[1], "%s.part.json", out);
        atexit(remove_parts);
        out = parts[0];
    }
    if (w.format == BERT_FORMAT_AUTO) {
        const size_t len = strlen(out);
        w.format = len > 12 && strcmp(out + len - 12, ".safetensors") == 0 ? BERT_FORMAT_SAFETENSORS
                 : (len > 4 && strcmp(out + len - 4, ".bin") == 0) || (len > 3 && strcmp(out + len - 3, ".pt") == 0) ? BERT_FORMAT_PYTORCH : BERT_FORMAT_TF;
    }
    kind_of = cli_choice("dtype", dtype, "keep|f32|f16|bf16|int8");
    want = types[kind_of];
    if (kind_of == 4 && !to_c) cli_usage("--dtype=int8 is for --to=c", "");
    google = cli_choice("names", names, "auto|google|hf");
    google = google ? google == 1 : w.format == BERT_FORMAT_TF;
    w.newest = 1;

    cd.path = in;
    cd.error = &err;
    if (bert_checkpoint_open(&cd, &first)) cli_fail(err.message);
    c = first;
    n = bert_checkpoint_count(c);
    for (i = 0; i < n; i++) {
        bert_tensor_role role;
        if (bert_tensor_recognise(bert_checkpoint_tensor(c, i)->name, &role) && role.layer >= 0) encoder = 1;
    }
    if (to_c && !encoder) cli_fail("IN is no model: --to=c is for models");
    if (encoder) {                                                      /* a model: it must be whole */
        bert_checkpoint_close(first);                                   /* an archive would lie in memory twice */
        md.path = in;
        md.config_path = bert_config_file;
        md.error = &err;
        if (bert_model_open(&md, &m)) cli_fail(err.message);
        if (!bert_model_config(m)->heads) cli_fail("no config beside IN, and shapes do not tell the number of attention heads; give --bert_config_file");
        c = bert_model_checkpoint(m);
    }
    plans = calloc((size_t)n + 1, sizeof *plans);
    outputs = calloc((size_t)n + 1, sizeof *outputs);
    if (!plans || !outputs) cli_fail("out of memory");
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        plan *p = plans + w.count;
        bert_output *o = outputs + w.count;
        bert_tensor_role role;
        const int known = bert_tensor_recognise(t->name, &role);
        const char *last = strrchr(t->name, '.');
        int32_t k;
        if (known && role.slot && !with_optimizer) { dropped++; continue; }
        if (!known && !with_optimizer && (strcmp(t->name, "global_step") == 0 || strcmp(t->name, "trainer_state") == 0 || strncmp(t->name, "optimizer/", 10) == 0)) { dropped++; continue; }
        if (!known && last && strcmp(last, ".position_ids") == 0) { dropped++; continue; }     /* 0, 1, 2, ...: a buffer */
        if (!bert_dtype_size(t->dtype) || t->rank > 8) { fprintf(stderr, "%s: left out: %s\n", cli_name, t->name); continue; }
        if (google && known && strncmp(role.name, "cls.predictions.decoder.", 24) == 0) {      /* tied: Google keeps it once */
            const char *twin_name = strcmp(role.name, "cls.predictions.decoder.weight") == 0 ? "bert.embeddings.word_embeddings.weight" : "cls.predictions.bias";
            const bert_parameter *twin = m ? bert_model_find(m, twin_name) : NULL;
            if (twin && twin->tensor->count == t->count && twin->tensor->data == t->data) continue;
            if (twin && twin->tensor->count == t->count && !t->strides && !twin->tensor->strides && twin->tensor->dtype == t->dtype
                && memcmp(twin->tensor->data, t->data, (size_t)t->count * bert_dtype_size(t->dtype)) == 0) continue;
            fprintf(stderr, "%s: %s is not tied to %s; it is kept as %s, which Google's code does not read\n", cli_name, t->name, twin_name, role.google);
        }
        p->tensor = known && role.matrix && t->rank == 2 && (role.source == BERT_SOURCE_GOOGLE) != google ? bert_tensor_transposed(t, p->room) : *t;
        snprintf(p->name, sizeof p->name, "%s", known ? google ? role.google : role.name : t->name);
        for (k = 0; k < t->rank; k++) p->shape[k] = p->tensor.shape[k];
        o->name = p->name;
        o->shape = p->shape;
        o->rank = t->rank;
        o->dtype = want && t->dtype >= BERT_F32 && t->dtype <= BERT_BF16 ? want : t->dtype;
        o->from = &p->tensor;
        w.count++;
    }
    w.path = out;
    w.tensors = outputs;
    w.error = &err;
    if (bert_checkpoint_write(&w)) cli_fail(err.message);

    cd.path = out;                                                      /* read back */
    if (bert_checkpoint_open(&cd, &back)) cli_fail(err.message);
    for (i = 0; i < (int64_t)w.count; i++) {
        const bert_output *o = outputs + i;
        const bert_tensor *t = bert_checkpoint_find(back, o->name);
        const size_t bytes = (size_t)(t ? t->count : 0) * bert_dtype_size(o->dtype);
        void *data = malloc(bytes ? bytes : 1), *want_data = malloc(bytes ? bytes : 1);
        if (!t || t->dtype != o->dtype || !data || !want_data || bert_tensor_read(t, o->dtype, data, t->count, &err) || bert_tensor_read(o->from, o->dtype, want_data, t->count, &err)
            || memcmp(data, want_data, bytes) != 0) {
            char text[300];
            snprintf(text, sizeof text, "%.150s: what was written does not read back the same", o->name);
            cli_fail(text);
        }
        free(data);
        free(want_data);
    }
    bert_checkpoint_close(back);
    if (m) {
        const uint32_t heads = bert_model_heads(m);
        const char *kind = heads & BERT_HEAD_SPAN ? "ForQuestionAnswering" : heads & BERT_HEAD_CLASSIFIER ? class_of(m) ? class_of(m) : "ForSequenceClassification"
                         : heads & BERT_HEAD_MLM ? heads & BERT_HEAD_NSP ? "ForPreTraining" : "ForMaskedLM" : "Model";
        slash = strrchr(out, '/');
        if (to_c) snprintf(config_path, sizeof config_path, "%s", parts[1]);
        else if (snprintf(config_path, sizeof config_path, "%.*sconfig.json", slash ? (int)(slash - out) + 1 : 0, out) >= (int)sizeof config_path) cli_fail("the path of OUT is too long");
        cli_write_config(m, kind, NULL, 0, config_path);
        if (to_c) {
            write_c(m, target, out, config_path, kind_of == 4);
            out = target;
        }
    }
    printf("%s (%s) -> %s: %lld tensors%s, read back and compared%s\n", bert_checkpoint_path(c), bert_checkpoint_format(c), out, (long long)w.count, dropped ? ", optimizer state and buffers left out" : "",
           to_c ? "; config, labels and vocabulary with it" : m ? "; config.json beside it" : "");
    if (m) bert_model_close(m);
    else bert_checkpoint_close(first);
    free(plans);
    free(outputs);
    return 0;
}
