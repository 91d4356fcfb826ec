/* workers.c - several workers learn one model, each from its share of every batch: the same weights come of it as of one alone
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 workers.c -lm -pthread && ./a.out

   Here they are threads of one program (workers.h). With BERT_USE_MPI they can be processes on many machines: MPI_Init,
   bert_mpi_open, desc.comm = bert_mpi_comm; the rest stays as it is. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "workers.h"

enum { SEQUENCES = 8, LENGTH = 16, STEPS = 30 };        /* of a batch, all workers together */

typedef struct job {
    workers *all;
    int rank, failed;
    double first, last;                                 /* losses */
    double length;                                      /* of all weights, as a fingerprint */
} job;

/* Is there a 9 in this row of numbers? Batch `step`, the same at every worker. */
static void make_batch(int step, int32_t *ids, int32_t *labels)
{
    uint32_t state = 2463534242u + (uint32_t)step;
    for (int b = 0; b < SEQUENCES; b++) {
        labels[b] = 0;
        for (int i = 0; i < LENGTH; i++) {
            state ^= state << 13; state ^= state >> 17; state ^= state << 5;
            ids[b * LENGTH + i] = i ? 4 + (int32_t)(state % 24) : 2;
            if (ids[b * LENGTH + i] == 9) labels[b] = 1;
        }
    }
}
static void *work(void *arg)
{
    job *j = (job *)arg;
    const bert_comm comm = workers_comm(j->all, j->rank);
    const int mine = SEQUENCES / comm.size;
    bert_error err = {0};
    bert_config config;
    bert_trainer_desc desc = {0};
    bert_trainer *trainer = NULL;
    int32_t ids[SEQUENCES * LENGTH], labels[SEQUENCES];
    int64_t offsets[SEQUENCES + 1];
    bert_batch batch = {0};
    bert_targets targets = {0};
    bert_progress p;
    if (bert_config_named("tiny", &config, &err)) goto failed;
    desc.config = &config;  desc.seed = 1;  desc.threads = 1;  desc.error = &err;
    desc.learn = BERT_LEARN_CLASSES;  desc.labels = 2;
    desc.optimizer.kind = BERT_OPTIMIZER_ADAMW;  desc.schedule.rate = 1e-3;
    desc.comm = &comm;
    if (bert_trainer_open(&desc, &trainer)) goto failed;
    for (int b = 0; b <= mine; b++) offsets[b] = b * LENGTH;
    batch.sequences = mine;  batch.offsets = offsets;
    batch.ids = ids + j->rank * mine * LENGTH;
    targets.classes = labels + j->rank * mine;
    for (int step = 0; step < STEPS; step++) {
        make_batch(step, ids, labels);
        if (bert_trainer_step(trainer, &batch, &targets, &p, &err)) goto failed;
        if (step == 0) j->first = p.loss;
    }
    j->last = p.loss;
    for (int64_t k = 0; k < bert_trainer_count(trainer); k++) {
        const bert_trained *w = bert_trainer_parameter(trainer, k);
        for (int64_t i = 0; i < w->count; i++) j->length += (double)w->weight[i] * (double)w->weight[i];
    }
    bert_trainer_close(trainer);
    return NULL;
failed:
    fprintf(stderr, "%s\n", err.message);
    workers_leave(j->all, j->rank, err.message);        /* nobody waits for this one any more */
    bert_trainer_close(trainer);
    j->failed = 1;
    return NULL;
}
int main(void)
{
    for (int size = 1; size <= 4; size *= 2) {
        pthread_t threads[4];
        workers all;
        job jobs[4] = {{0}};
        workers_open(&all, size);
        for (int k = 0; k < size; k++) {
            jobs[k].all = &all;
            jobs[k].rank = k;
            if (pthread_create(&threads[k], NULL, work, &jobs[k])) return 1;
        }
        for (int k = 0; k < size; k++) pthread_join(threads[k], NULL);
        workers_close(&all);
        for (int k = 0; k < size; k++) if (jobs[k].failed) return 1;
        printf("%d worker%s: loss %.4f at first, %.4f after %d steps; length of all weights %.6f\n", size, size > 1 ? "s" : "", jobs[0].first, jobs[0].last, STEPS, jobs[0].length);
    }
    return 0;
}
