/* sentiment.c - each line of standard input as it comes: how does it feel?
   SPDX-License-Identifier: MIT-0 OR Unlicense

      make -C examples models && tail -f reviews.txt | examples/bin/sentiment examples/models/reviews

   A bar from the first label to the last (bad ... good) shows where the line stands: the mean of the labels' places, weighted with
   their probabilities. A session is opened once and holds all memory: a line costs one forward pass and no allocation. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { ROOM = 256, LINE = 4096, WIDTH = 20, LABELS = 64 };

int main(int argc, char **argv)
{
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
    int32_t ids[ROOM], best;
    int64_t offsets[2] = { 0, 0 }, labels;
    float p[LABELS];
    char line[LINE], names[LABELS][64];
    if (argc != 2) { fprintf(stderr, "usage: sentiment MODEL < lines\n"); return 2; }

    md.path = argv[1];
    md.heads = BERT_HEAD_CLASSIFIER;
    md.error = td.error = sd.error = pair.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
    sd.model = model;
    sd.threads = 1;                                     /* short lines: a second thread would only wait */
    if (bert_session_open(&sd, &session)) goto failed;
    labels = bert_model_find(model, "classifier.bias")->shape[0];
    if (labels < 2 || labels > LABELS) { fprintf(stderr, "sentiment: needs 2 to %d labels\n", LABELS); return 1; }
    for (int i = 0; i < labels; i++) little_label(model, i, names[i]);

    pair.max_tokens = ROOM < bert_model_config(model)->max_positions ? ROOM : (size_t)bert_model_config(model)->max_positions;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    result.classes = p;
    while (fgets(line, LINE, stdin)) {
        const size_t size = strcspn(line, "\r\n");
        bert_encoding e = { 0 };
        double place = 0;
        int at;
        if (!size) continue;
        line[size] = 0;
        e.ids = ids;
        e.capacity = ROOM;
        if (bert_tokenizer_encode_pair(tok, &pair, line, size, NULL, 0, &e)) goto failed;
        offsets[1] = (int64_t)e.count;
        if (bert_session_run(session, &batch, &result, &err)) goto failed;
        bert_softmax(p, 1, labels);
        bert_top_k(p, labels, 1, &best);
        for (int i = 0; i < labels; i++) place += (double)p[i] * i / (double)(labels - 1);
        at = (int)(place * (WIDTH - 1) + 0.5);
        printf("%-8s %3.0f %% |%*s%s%*s| %s\n", names[best], 100 * (double)p[best], at, "", "o", WIDTH - 1 - at, "", line);
        fflush(stdout);
    }
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
failed:
    fprintf(stderr, "sentiment: %s\n", err.message);
    return 1;
}
