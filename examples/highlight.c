/* highlight.c - people, places and organisations in colour (or in brackets, where the output is no terminal)
   SPDX-License-Identifier: MIT-0 OR Unlicense

      make -C examples models && echo "Mira Oldham joined Fendale Bank in Morhaven." | examples/bin/highlight examples/models/names

   MODEL: a folder with a tagger (B-PER, I-PER, O, ...), such as tools/run_ner or the example train_names write it. Tokens know the
   bytes they came from, so a name is coloured in the text as it was typed, in any script. */
#define _POSIX_C_SOURCE 200809L
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

enum { ROOM = 512, LINE = 4096, LABELS = 64 };

int main(int argc, char **argv)
{
    static const char *const colors[] = { "\033[32m", "\033[35m", "\033[33m", "\033[36m", "\033[34m" };
    static float logits[ROOM * LABELS];
    static size_t begin[ROOM], end[ROOM];
    static int32_t ids[ROOM], words[ROOM];
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_session_desc sd = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    bert_pair_desc pair = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int64_t offsets[2] = { 0, 0 }, labels;
    char line[LINE], names[LABELS][64];
    const int terminal = isatty(1);
    if (argc != 2) { fprintf(stderr, "usage: highlight MODEL < lines\n"); return 2; }

    md.path = argv[1];
    md.heads = BERT_HEAD_CLASSIFIER;
    md.error = td.error = sd.error = pair.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
    sd.model = model;
    sd.threads = 1;
    if (bert_session_open(&sd, &session)) goto failed;
    labels = bert_model_find(model, "classifier.bias")->shape[0];
    if (labels > LABELS) { fprintf(stderr, "highlight: more labels than this example has room for\n"); return 1; }
    for (int i = 0; i < labels; i++) little_label(model, i, names[i]);
    pair.max_tokens = ROOM < bert_model_config(model)->max_positions ? ROOM : (size_t)bert_model_config(model)->max_positions;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    result.token_classes = logits;

    while (fgets(line, LINE, stdin)) {
        size_t size = strcspn(line, "\r\n"), at = 0, from = 0, to = 0;
        bert_encoding e = { 0 };
        const char *type = NULL;                        /* of the entity from `from` to `to`, or none */
        line[size] = 0;
        e.ids = ids;  e.words = words;  e.begin = begin;  e.end = end;
        e.capacity = ROOM;
        if (bert_tokenizer_encode_pair(tok, &pair, line, size, NULL, 0, &e)) goto failed;
        offsets[1] = (int64_t)e.count;
        if (bert_session_run(session, &batch, &result, &err)) goto failed;
        for (size_t t = 0; t < e.count; t++) {
            const int last = t + 1 == e.count, piece = t && words[t] >= 0 && words[t] == words[t - 1];
            const char *tag = "O";
            int32_t best;
            bert_top_k(logits + (int64_t)t * labels, labels, 1, &best);
            if (words[t] >= 0) tag = names[best];
            if (type && piece) { to = end[t]; continue; }                   /* a word's first token speaks for it */
            if (type && tag[0] == 'I' && strcmp(tag + 2, type) == 0) { to = end[t]; continue; }
            if (type) {
                printf("%.*s", (int)(from - at), line + at);
                if (terminal) printf("%s%.*s\033[0m", colors[(unsigned char)type[0] % 5], (int)(to - from), line + from);
                else printf("[%.*s %s]", (int)(to - from), line + from, type);
                at = to;
                type = NULL;
            }
            if (tag[0] != 'O' && strlen(tag) > 2 && !last && !piece) { type = tag + 2; from = begin[t]; to = end[t]; }
        }
        printf("%s\n", line + at);
        fflush(stdout);
    }
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
failed:
    fprintf(stderr, "highlight: %s\n", err.message);
    return 1;
}
