/* workers.h - a bert_comm between threads of one program: all that a trainer asks of those who connect it to others,
   but for sums while it goes on computing (start and wait), without which it does
   SPDX-License-Identifier: MIT-0 OR Unlicense

      workers w;
      workers_open(&w, 4);
      ... in thread k:  bert_comm comm = workers_comm(&w, k);  desc.comm = &comm;
      ... which ends early, so that nobody waits for it:  workers_leave(&w, k, "why");
      workers_close(&w);

   Numbers are added in the order of the ranks, by every thread a share of them: the sums have the same bits at all, always. Include
   bert.h before. Between machines bert_mpi_comm does the same (BERT_USE_MPI). */
#ifndef WORKERS_H
#define WORKERS_H
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define WORKERS_MOST 16

typedef struct workers_one {
    struct workers *all;
    int rank;
    float *values;                      /* of the call at hand */
    void *data;
} workers_one;

typedef struct workers {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int size, here;                     /* threads, and those at the meeting point */
    unsigned round;
    char gone[256];                     /* who left, and why; empty: nobody */
    workers_one one[WORKERS_MOST];
} workers;

static void workers_open(workers *w, int size)
{
    int k;
    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->turn, NULL);
    w->size = size;
    for (k = 0; k < size; k++) { w->one[k].all = w; w->one[k].rank = k; }
}
static void workers_close(workers *w)
{
    pthread_cond_destroy(&w->turn);
    pthread_mutex_destroy(&w->lock);
}
static void workers_leave(workers *w, int rank, const char *why)
{
    pthread_mutex_lock(&w->lock);
    if (!w->gone[0]) snprintf(w->gone, sizeof w->gone, "worker %d left: %.200s", rank, why);
    pthread_cond_broadcast(&w->turn);
    pthread_mutex_unlock(&w->lock);
}
/* All threads come here before any goes on. */
static bert_status workers_meet(workers *w, bert_error *error)
{
    bert_status st = BERT_OK;
    unsigned round;
    pthread_mutex_lock(&w->lock);
    round = w->round;
    if (++w->here == w->size) {
        w->here = 0;
        w->round++;
        pthread_cond_broadcast(&w->turn);
    }
    while (round == w->round && !w->gone[0]) pthread_cond_wait(&w->turn, &w->lock);
    if (round == w->round) {
        st = BERT_ERROR_STOPPED;
        if (error) { error->code = st; snprintf(error->message, sizeof error->message, "%s", w->gone); }
    }
    pthread_mutex_unlock(&w->lock);
    return st;
}
static bert_status workers_all_reduce(void *user, float *values, int64_t count, bert_error *error)
{
    workers_one *me = (workers_one *)user;
    workers *w = me->all;
    const int64_t end = count * (me->rank + 1) / w->size;
    bert_status st;
    int64_t i;
    int k;
    me->values = values;
    if ((st = workers_meet(w, error)) != BERT_OK) return st;
    for (i = count * me->rank / w->size; i < end; i++) {
        float sum = w->one[0].values[i];
        for (k = 1; k < w->size; k++) sum += w->one[k].values[i];
        for (k = 0; k < w->size; k++) w->one[k].values[i] = sum;
    }
    return workers_meet(w, error);
}
static bert_status workers_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *error)
{
    workers_one *me = (workers_one *)user;
    bert_status st;
    me->data = data;
    if ((st = workers_meet(me->all, error)) != BERT_OK) return st;
    if (me->rank != root) memcpy(data, me->all->one[root].data, size);
    return workers_meet(me->all, error);
}
static bert_comm workers_comm(workers *w, int rank)
{
    bert_comm c;
    memset(&c, 0, sizeof c);
    c.rank = rank;
    c.size = w->size;
    c.all_reduce = workers_all_reduce;
    c.broadcast = workers_broadcast;
    c.user = w->one + rank;
    return c;
}
#endif
