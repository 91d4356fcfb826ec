/* classify.c - a text, or a pair of texts, to the probabilities of labels
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 classify.c -lm -pthread && ./a.out MODEL "a text" ["a second text"]

   MODEL: a folder with a fine-tuned classifier, such as tools/run_classifier, transformers or the example train write it. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { ROOM = 512, LABELS = 256 };

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
    bert_encoding e = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int32_t ids[ROOM], segments[ROOM], order[LABELS];
    int64_t offsets[2] = { 0, 0 }, labels;
    float logits[LABELS];
    char name[64];
    const char *b = argc > 3 ? argv[3] : NULL;
    if (argc < 3) { fprintf(stderr, "usage: classify MODEL TEXT [TEXT]\n"); return 2; }

    md.path = argv[1];
    md.heads = BERT_HEAD_CLASSIFIER;                    /* without it, an error */
    md.error = td.error = sd.error = pair.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
    sd.model = model;
    if (bert_session_open(&sd, &session)) goto failed;
    labels = bert_model_find(model, "classifier.bias")->shape[0];
    if (labels > LABELS) { fprintf(stderr, "more labels than this example has room for\n"); return 1; }

    pair.max_tokens = ROOM < bert_model_config(model)->max_positions ? ROOM : (size_t)bert_model_config(model)->max_positions;
    e.ids = ids;
    e.segment_ids = segments;
    e.capacity = ROOM;
    if (bert_tokenizer_encode_pair(tok, &pair, argv[2], strlen(argv[2]), b, b ? strlen(b) : 0, &e)) goto failed;
    offsets[1] = (int64_t)e.count;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    batch.segment_ids = segments;
    result.classes = logits;
    if (bert_session_run(session, &batch, &result, &err)) goto failed;
    bert_softmax(logits, 1, labels);
    bert_top_k(logits, labels, labels, order);
    for (int64_t i = 0; i < labels; i++) printf("%5.1f %%  %s\n", 100 * (double)logits[order[i]], little_label(model, order[i], name));

    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
failed:
    fprintf(stderr, "classify: %s\n", err.message);
    return 1;
}
