/* tools/fill_mask.c - what could stand at [MASK]?
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "cli.h"

static const char *model_path, *bert_config_file, *vocab_file, *format = "text", *isa = "default";
static bert_flag lower;
static int64_t top_k = 5, threads;

static const cli_flag flags[] = {
    { "model", 's', &model_path, "a directory, file, zip or TensorFlow prefix, with a masked language model head" },
    { "bert_config_file", 's', &bert_config_file, "the config (default: beside the checkpoint)" },
    { "vocab_file", 's', &vocab_file, "the vocabulary (default: beside the checkpoint)" },
    { "do_lower_case", 't', &lower, "lower-case the text (default: as the vocabulary's files say, else true)" },
    { "top_k", 'i', &top_k, "words for each [MASK]" },
    { "format", 's', &format, "text, or json: an object a text" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { "isa", 's', &isa, "kernels: " CLI_ISAS },
    CLI_PRECISION,
    CLI_DEVICE,
    { 0, 0, 0, 0 }
};

static const bert_model *model;
static const bert_tokenizer *tokenizer;
static bert_session *session;
static int as_json;

static void fill(const char *text, size_t size, const char *where)
{
    const int64_t words = bert_model_config(model)->vocab_size;
    const int32_t mask = bert_tokenizer_special_ids(tokenizer).mask;
    bert_error err = { 0 };
    bert_encoding e = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int64_t offsets[2] = { 0, 0 }, *rows, i, k;
    int32_t *best = malloc((size_t)top_k * sizeof *best);
    cli_text o = { 0 };
    char why[800];
    e.capacity = size + 3;
    e.ids = malloc(e.capacity * sizeof *e.ids);
    rows = malloc(e.capacity * sizeof *rows);
    if (!e.ids || !rows || !best) cli_fail("out of memory");
    i = bert_tokenizer_encode_pair(tokenizer, NULL, text, size, NULL, 0, &e);
    if (i) { snprintf(why, sizeof why, "%s%s; does the vocabulary have [UNK], [CLS] and [SEP]?", where, bert_status_string((bert_status)i)); cli_fail(why); }
    for (i = 0; i < (int64_t)e.count; i++) if (e.ids[i] == mask) rows[result.masked_count++] = i;
    if (!result.masked_count) { snprintf(why, sizeof why, "%sthe text has no [MASK]", where); cli_fail(why); }
    offsets[1] = (int64_t)e.count;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = e.ids;
    result.masked_rows = rows;
    result.words = malloc((size_t)(result.masked_count * words) * sizeof(float));
    if (!result.words) cli_fail("out of memory");
    if (bert_session_run(session, &batch, &result, &err)) { snprintf(why, sizeof why, "%s%.600s", where, err.message); cli_fail(why); }
    bert_softmax(result.words, result.masked_count, words);
    if (as_json) { cli_str(&o, "{\"text\": "); cli_quoted(&o, text, size); cli_str(&o, ", \"masks\": ["); }
    else { cli_add(&o, text, size); cli_str(&o, "\n"); }
    for (i = 0; i < result.masked_count; i++) {
        const float *p = result.words + i * words;
        bert_top_k(p, words, top_k, best);
        if (as_json) cli_str(&o, i ? ", [" : "[");
        else if (i) cli_str(&o, "\n");
        for (k = 0; k < top_k; k++) {
            size_t n = 0;
            const char *word = bert_tokenizer_token(tokenizer, best[k], &n);
            char number[40];
            if (!word) { word = "?"; n = 1; }                           /* an id without a word: padding of the vocabulary */
            if (as_json) {
                cli_str(&o, k ? ", {\"token\": " : "{\"token\": ");
                cli_quoted(&o, word, n);
                snprintf(number, sizeof number, ", \"id\": %d, \"probability\": %.6g}", (int)best[k], (double)p[best[k]]);
            } else {
                snprintf(number, sizeof number, "%9.5f  ", (double)p[best[k]]);
                cli_str(&o, number);
                cli_add(&o, word, n);
                snprintf(number, sizeof number, "\n");
            }
            cli_str(&o, number);
        }
        if (as_json) cli_str(&o, "]");
    }
    cli_str(&o, as_json ? "]}\n" : "\n");
    cli_write(stdout, o.data, o.size);
    if (fflush(stdout)) cli_fail("cannot write to standard output");
    free(o.data);
    free(result.words);
    free(rows);
    free(e.ids);
    free(best);
}

int main(int argc, char **argv)
{
    bert_model *m;
    bert_tokenizer *t;
    int i, ch;
    cli c = cli_parse(argc, argv, "fill_mask --model PATH [FLAGS] [TEXT ...]", "The most probable words for each [MASK] of each text, or of each line of standard input.", flags);
    as_json = cli_choice("format", format, "text|json");
    m = cli_open_model(model_path, bert_config_file, BERT_HEAD_MLM);
    if (top_k < 1 || top_k > bert_model_config(m)->vocab_size) cli_usage("--top_k goes from 1 to the number of words", "");
    t = cli_open_tokenizer(m, vocab_file, lower, BERT_ON, BERT_DEFAULT);
    model = m;
    tokenizer = t;
    if (bert_tokenizer_special_ids(t).mask < 0) cli_fail("the vocabulary has no [MASK]");
    session = cli_open_session(m, isa, threads, 0);
    for (i = 0; i < c.count; i++) fill(c.args[i], strlen(c.args[i]), "");
    if (!c.count) {                                                     /* each line is answered when it comes */
        cli_text line = { 0 };
        char where[40];
        long number = 0;
        do {
            ch = getc(stdin);
            if (ch != '\n' && ch != EOF) { *cli_room(&line, 1) = (char)ch; line.size++; continue; }
            if (ch == EOF && !line.size) break;
            if (line.size && line.data[line.size - 1] == '\r') line.size--;
            snprintf(where, sizeof where, "line %ld: ", ++number);
            fill(line.size ? line.data : "", line.size, where);
            line.size = 0;
        } while (ch != EOF);
        free(line.data);
    }
    bert_session_close(session);
    bert_tokenizer_close(t);
    bert_model_close(m);
    return 0;
}
