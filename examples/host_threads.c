/* host_threads.c - a program that has threads of its own lends them: the library starts none
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 host_threads.c -lm -pthread && ./a.out

   bert_parallel is one function, "do these n tasks", and how many run at once. Here it stands on a queue of four threads, as a game
   or a server has one; run returns when all tasks are done. Tasks are independent and never wait for each other, so any queue will
   do. The numbers are the same, to the bit, with one thread of the library's own. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4 };
static struct queue {                                   /* one job at a time; thread 0 is the caller */
    pthread_mutex_t lock;
    pthread_cond_t more, done;
    bert_task task;
    void *arg;
    int64_t next, count, finished;
    int stop;
    int64_t by[THREADS];                                /* tasks that each has done, for the report */
} q = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL, 0, 0, 0, 0, { 0 } };

static void help(int me)                                /* with the lock: takes tasks while there are any */
{
    while (q.next < q.count) {
        const int64_t index = q.next++;
        q.by[me]++;
        pthread_mutex_unlock(&q.lock);
        q.task(q.arg, index);
        pthread_mutex_lock(&q.lock);
        if (++q.finished == q.count) pthread_cond_signal(&q.done);
    }
}
static void *thread_main(void *arg)
{
    const int me = (int)(intptr_t)arg;
    pthread_mutex_lock(&q.lock);
    while (!q.stop) {
        help(me);
        if (!q.stop) pthread_cond_wait(&q.more, &q.lock);
    }
    pthread_mutex_unlock(&q.lock);
    return NULL;
}
static void run(void *user, int64_t n, bert_task task, void *arg)       /* this is what the library calls */
{
    (void)user;
    pthread_mutex_lock(&q.lock);
    q.task = task;
    q.arg = arg;
    q.next = q.finished = 0;
    q.count = n;
    pthread_cond_broadcast(&q.more);
    help(0);
    while (q.finished < n) pthread_cond_wait(&q.done, &q.lock);
    q.count = q.next = 0;
    pthread_mutex_unlock(&q.lock);
}

int main(void)
{
    enum { B = 16, S = 32, C = 128 };
    static int32_t ids[B * S];
    static float lent[B * C], alone[B * C];
    int64_t offsets[B + 1];
    pthread_t threads[THREADS];
    bert_error err = { 0 };
    bert_config config;
    bert_model_desc md = { 0 };
    bert_session_desc sd = { 0 };
    bert_model *model;
    bert_session *session;
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int64_t others = 0;
    for (int i = 0; i < B * S; i++) ids[i] = i * 37 % 1000;
    for (int b = 0; b <= B; b++) offsets[b] = b * S;
    batch.sequences = B;
    batch.offsets = offsets;
    batch.ids = ids;
    if (bert_config_named("tiny", &config, &err)) return 1;
    md.config = &config;
    md.init_missing = BERT_ON;
    md.error = sd.error = &err;
    if (bert_model_open(&md, &model)) goto failed;
    for (int i = 1; i < THREADS; i++) if (pthread_create(&threads[i], NULL, thread_main, (void *)(intptr_t)i)) return 1;

    sd.model = model;
    sd.parallel.run = run;                              /* the loan */
    sd.parallel.width = THREADS;
    if (bert_session_open(&sd, &session)) goto failed;
    result.vectors = lent;
    for (int i = 0; i < 20; i++) if (bert_session_run(session, &batch, &result, &err)) goto failed;
    bert_session_close(session);
    pthread_mutex_lock(&q.lock);
    q.stop = 1;
    pthread_cond_broadcast(&q.more);
    pthread_mutex_unlock(&q.lock);
    for (int i = 1; i < THREADS; i++) { pthread_join(threads[i], NULL); others += q.by[i]; }

    memset(&sd.parallel, 0, sizeof sd.parallel);
    sd.threads = 1;
    if (bert_session_open(&sd, &session)) goto failed;
    result.vectors = alone;
    if (bert_session_run(session, &batch, &result, &err)) goto failed;
    printf("%lld tasks ran on the host's threads, %lld on the caller's\n", (long long)others, (long long)q.by[0]);
    printf("one thread alone: %s\n", memcmp(lent, alone, sizeof lent) == 0 ? "the same bits" : "other numbers");
    bert_session_close(session);
    bert_model_close(model);
    return memcmp(lent, alone, sizeof lent) != 0;
failed:
    fprintf(stderr, "host_threads: %s\n", err.message);
    return 1;
}
