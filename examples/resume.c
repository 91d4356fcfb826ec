/* resume.c - training that stops and goes on gives the bits of training that never stopped
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 resume.c -lm -pthread && ./a.out FILE            FILE: a checkpoint to write, for example state.safetensors

   A checkpoint with state holds weights, the optimizer's slots, the step, the seed (and with it all dropout to come) and 16 numbers
   of your own, here one: where in the data training stood. It is complete or not there, so a program may be killed at any time. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { STEPS = 24, STOP = 10, BATCH = 8, LENGTH = 16 };
static bert_error err;
static void must(bert_status st) { if (st) { fprintf(stderr, "resume: %s\n", err.message); exit(1); } }

static bert_trainer *open_trainer(void)
{
    bert_config config = little_config(40);
    bert_trainer_desc d = { 0 };
    bert_trainer *t;
    config.hidden_dropout = config.attention_dropout = 0.1;     /* random numbers must go on as well */
    d.config = &config;  d.seed = 4;  d.learn = BERT_LEARN_CLASSES;  d.labels = 2;  d.error = &err;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;  d.schedule.rate = 1e-3;  d.schedule.steps = STEPS;
    must(bert_trainer_open(&d, &t));
    return t;
}
/* Steps up to `until`, on rows of numbers: is there a 9? The cursor says where in this endless data we are. */
static double train(bert_trainer *t, int until)
{
    bert_progress p = { 0 };
    while (bert_trainer_steps(t) < until) {
        int32_t ids[BATCH * LENGTH], classes[BATCH];
        int64_t offsets[BATCH + 1];
        bert_batch batch = { 0 };
        bert_targets targets = { 0 };
        uint64_t rng = (uint64_t)bert_trainer_cursor(t)[0];
        for (int i = 0; i < BATCH * LENGTH; i++) {
            if (i % LENGTH == 0) classes[i / LENGTH] = 0;
            ids[i] = i % LENGTH ? 4 + (int32_t)little_random(&rng, 36) : 2;
            if (ids[i] == 9) classes[i / LENGTH] = 1;
        }
        for (int b = 0; b <= BATCH; b++) offsets[b] = b * LENGTH;
        batch.sequences = BATCH;  batch.offsets = offsets;  batch.ids = ids;
        targets.classes = classes;
        must(bert_trainer_step(t, &batch, &targets, &p, &err));
        bert_trainer_cursor(t)[0] = (int64_t)rng;
    }
    return p.loss;
}

int main(int argc, char **argv)
{
    bert_trainer *whole, *first, *second;
    bert_saved saved;
    double a, b;
    int same = 1;
    if (argc != 2) { fprintf(stderr, "usage: resume FILE\n"); return 2; }

    whole = open_trainer();                                     /* without a stop */
    a = train(whole, STEPS);

    first = open_trainer();                                     /* to step 10, saved, closed: as if the power had failed */
    train(first, STOP);
    must(bert_trainer_save(first, argv[1], BERT_FORMAT_AUTO, 1, NULL, &err));
    bert_trainer_close(first);

    must(bert_saved_read(argv[1], NULL, &saved, &err));         /* another day */
    printf("%s was saved after step %d of %d\n", argv[1], (int)saved.step, STEPS);
    second = open_trainer();
    must(bert_trainer_resume(second, argv[1], &err));
    b = train(second, STEPS);

    for (int64_t k = 0; k < bert_trainer_count(whole); k++) {
        const bert_trained *x = bert_trainer_parameter(whole, k), *y = bert_trainer_parameter(second, k);
        if (memcmp(x->weight, y->weight, (size_t)x->count * sizeof(float))) same = 0;
    }
    printf("the last loss without a stop: %.9f\nthe last loss with one:       %.9f\nthe weights: %s\n", a, b, same ? "the same bits" : "others");
    bert_trainer_close(whole);
    bert_trainer_close(second);
    return !same;
}
