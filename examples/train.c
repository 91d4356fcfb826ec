/* train.c - a classifier from nothing: texts with labels, a vocabulary, a model, its accuracy on texts it has not seen, a folder
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 train.c -lm -pthread && ./a.out FOLDER [FILE]

   FILE has a label, a tab and a text on each line; every fifth line is kept for the examination. Without FILE it learns the feeling
   of little.h's reviews. In earnest begin with a checkpoint (desc.model) instead of desc.config: tools/run_classifier does that. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { BATCH = 32, ROOM = 64 };
static little_texts set;                                /* .all [count] with .labels */
static bert_tokenizer *tok;
static bert_error err;
static uint64_t rng = 1;

static void must(bert_status st) { if (st) { fprintf(stderr, "train: %s\n", err.message[0] ? err.message : bert_status_string(st)); exit(1); } }

/* Texts `which` [n] as a batch, with their labels. */
static bert_batch make_batch(const int *which, int n, int32_t *classes)
{
    static int32_t ids[BATCH * ROOM];
    static int64_t offsets[BATCH + 1];
    bert_pair_desc pair = { 0 };
    bert_batch batch = { 0 };
    pair.max_tokens = ROOM;
    for (int i = 0; i < n; i++) {
        bert_encoding e = { 0 };
        e.ids = ids + offsets[i];
        e.capacity = ROOM;
        must(bert_tokenizer_encode_pair(tok, &pair, set.all[which[i]].text, set.all[which[i]].size, NULL, 0, &e));
        offsets[i + 1] = offsets[i] + (int64_t)e.count;
        classes[i] = set.all[which[i]].label;
    }
    batch.sequences = n;
    batch.offsets = offsets;
    batch.ids = ids;
    return batch;
}
static void learn(bert_trainer *trainer, int steps)
{
    int32_t classes[BATCH];
    int which[BATCH];
    for (int step = 0; step < steps; step++) {
        bert_targets targets = { 0 };
        bert_progress p;
        for (int n = 0; n < BATCH; ) if ((which[n] = (int)little_random(&rng, (uint32_t)set.count)) % 5 != 4) n++;
        const bert_batch batch = make_batch(which, BATCH, classes);
        targets.classes = classes;
        must(bert_trainer_step(trainer, &batch, &targets, &p, &err));
        if (step % (steps / 6) == 0) printf("step %3d of %d: loss %.3f\n", step, steps, p.loss);
    }
}
/* How many of the texts it has not seen get the right label. */
static int examine(const bert_model *model, int *seen)
{
    float logits[BATCH * LITTLE_LABELS];
    int32_t classes[BATCH], best;
    int which[BATCH], right = 0;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_result result = { 0 };
    sd.model = model;  sd.error = &err;
    must(bert_session_open(&sd, &session));
    result.classes = logits;
    *seen = 0;
    for (int i = 4; i < set.count; ) {
        int n = 0;
        for (; n < BATCH && i < set.count; i += 5) which[n++] = i;
        const bert_batch batch = make_batch(which, n, classes);
        must(bert_session_run(session, &batch, &result, &err));
        for (int k = 0; k < n; k++) right += (bert_top_k(logits + k * set.label_count, set.label_count, 1, &best), best == classes[k]);
        *seen += n;
    }
    bert_session_close(session);
    return right;
}

int main(int argc, char **argv)
{
    bert_learn_desc ld = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_trainer_desc d = { 0 };
    bert_learner *learner;
    bert_trainer *trainer;
    bert_config config;
    const char *vocab;
    size_t vocab_size;
    int right, seen, steps;
    if (argc < 2) { fprintf(stderr, "usage: train FOLDER [FILE]\n"); return 2; }
    must(argc > 2 ? little_read(argv[2], &set, &err) : little_write(3000, &rng, &set, &err));

    ld.vocab_size = 2000;  ld.error = td.error = d.error = &err;                        /* the words: learned from the texts */
    must(bert_learner_open(&ld, &learner));
    for (int i = 0; i < set.count; i++) must(bert_learner_add(learner, set.all[i].text, set.all[i].size));
    must(bert_learner_finish(learner, &vocab, &vocab_size));
    td.data = vocab;  td.size = vocab_size;
    must(bert_tokenizer_open(&td, &tok));

    config = little_config(bert_tokenizer_size(tok));
    steps = 3 * set.count / BATCH < 60 ? 60 : 3 * set.count / BATCH;                            /* about three times round */
    d.config = &config;  d.seed = 1;  d.learn = BERT_LEARN_CLASSES;  d.labels = set.label_count;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;  d.schedule.rate = 2e-3;  d.schedule.warmup = 20;  d.schedule.steps = steps;
    must(bert_trainer_open(&d, &trainer));
    learn(trainer, steps);
    right = examine(bert_trainer_model(trainer), &seen);
    must(little_save(trainer, argv[1], "ForSequenceClassification", set.labels, set.label_count, vocab, vocab_size, 1, &err));
    printf("%d of %d texts it has not seen have the right label: %.1f %%; %s is written\n", right, seen, 100.0 * right / seen, argv[1]);
    bert_trainer_close(trainer);
    bert_tokenizer_close(tok);
    bert_learner_close(learner);
    free(set.memory);
    return 0;
}
