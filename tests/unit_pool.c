/* unit_pool.c - the pool beside a busy processor: who stands in line, changing places, and that all may run where they might before
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The file holds a private copy of the implementation, because what it looks at is private. Linux only: elsewhere all is skipped. */
#define BERT_STATIC
#define BERT_NO_SIMD
#define BERT_NO_TRAIN
#define BERT_IMPLEMENTATION
#include "bert.h"
#include "test.h"

#if !defined(BERT__IN_LINE) || defined(BERT_NO_THREADS)
static void nothing(void) { test_skip("this system has no such thing, or the pool no threads"); }
int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(nothing);
    return test_end();
}
#else

enum { WORDS = 4096 / 64 };
static bert__counter stop, numbers[3];

static void *turn(void *arg)
{
    bert__atomic_add((bert__counter *)arg, bert__thread_number());
    while (!bert__atomic_get(&stop)) {}
    return NULL;
}
static long allow(long thread, const unsigned long *mask) { return syscall(SYS_sched_setaffinity, thread, (size_t)WORDS * 8, mask); }
static long allowed(long thread, unsigned long *mask)
{
    memset(mask, 0, (size_t)WORDS * 8);
    return syscall(SYS_sched_getaffinity, thread, (size_t)WORDS * 8, mask);
}
static double seconds(void)
{
    long t[2] = { 0, 0 };
    return syscall(SYS_clock_gettime, 1L, t) ? 0 : (double)t[0] + (double)t[1] / 1e9;
}

/* Threads that never rest: two on one processor, so that one of them stands in line there, and one on another. This thread and the
   first may then run on both, and change places. */
static void places(void)
{
    unsigned long all[WORDS], both[WORDS] = { 0 }, first[WORDS] = { 0 }, second[WORDS] = { 0 }, now[WORDS];
    pthread_t threads[3];
    bert_pool *pool = NULL;
    int cpu[2], found = 0, seen[2] = { 0, 0 }, i, k, wrong = 0, changes = 0;
    double end;
    REQUIRE(allowed(0, all) > 0);
    for (i = 0; i < 4096 && found < 2; i++) if (all[i / 64] >> i % 64 & 1) cpu[found++] = i;
    if (found < 2) { test_skip("one processor only"); return; }
    first[cpu[0] / 64] |= 1ul << cpu[0] % 64;
    second[cpu[1] / 64] |= 1ul << cpu[1] % 64;
    for (i = 0; i < WORDS; i++) both[i] = first[i] | second[i];
    REQUIRE(bert_pool_open(2, NULL, &pool) == BERT_OK);
    CHECK(bert__in_line((long)bert__thread_number()) == -1);            /* this one runs */
    CHECK(bert__in_line(1) == -1);                                      /* one of another process */
    for (i = 0; i < 3; i++) REQUIRE(pthread_create(&threads[i], NULL, turn, (void *)(uintptr_t)&numbers[i]) == 0);
    for (i = 0; i < 3; i++) while (!bert__atomic_get(&numbers[i])) {}
    CHECK(allow((long)numbers[0], first) == 0 && allow((long)numbers[1], first) == 0 && allow((long)numbers[2], second) == 0);
    for (end = seconds() + 20; !(seen[0] && seen[1]) && seconds() < end;)
        for (i = 0; i < 2; i++) {
            k = bert__in_line((long)numbers[i]);
            if (k == cpu[0]) seen[i] = 1;
            else if (k != -1) wrong++;
        }
    CHECK(seen[0] && seen[1] && wrong == 0);
    /* it may not run here */
    CHECK(allow(0, second) == 0);
    bert__atomic_add(&pool->numbers[0], numbers[0]);
    for (i = 0; i < 1000; i++) wrong += bert__change_places(pool, 0);
    CHECK_INT(wrong, 0);
    /* it may */
    CHECK(allow(0, both) == 0 && allow((long)numbers[0], both) == 0);
    for (end = seconds() + 5; changes < 3 && seconds() < end;) changes += bert__change_places(pool, 0);
    CHECK(allowed(0, now) > 0 && memcmp(now, both, sizeof now) == 0);
    CHECK(allowed((long)numbers[0], now) > 0 && memcmp(now, both, sizeof now) == 0);
    bert__atomic_add(&stop, 1);
    for (i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    CHECK(bert__in_line((long)numbers[0]) == -1 && bert__change_places(pool, 0) == 0);      /* it is no more */
    bert_pool_close(pool);
    CHECK(allow(0, all) == 0);
    if (!changes) test_skip("the system kept nobody waiting where places could be changed");
}

static void count(void *arg, int64_t i) { bert__atomic_add((bert__counter *)arg + i % 7, i); }
/* Rounds of the pool with all processors busy besides: each task once. */
static void crowded(void)
{
    bert__counter sums[7] = { 0 };
    pthread_t threads[3];
    bert_pool *pool = NULL;
    bert_parallel p;
    int64_t all = 0, i, n;
    unsigned long before[WORDS], after[WORDS];
    stop = 0;
    REQUIRE(allowed(0, before) > 0 && bert_pool_open(0, NULL, &pool) == BERT_OK);
    for (i = 0; i < 3; i++) REQUIRE(pthread_create(&threads[i], NULL, turn, (void *)(uintptr_t)&numbers[i]) == 0);
    p = bert_pool_parallel(pool);
    for (n = 0; n < 400; n++) {
        p.run(p.user, n, count, (void *)(uintptr_t)sums);
        all += n * (n - 1) / 2;
    }
    bert__atomic_add(&stop, 1);
    for (i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    bert_pool_close(pool);
    for (i = 0; i < 7; i++) all -= sums[i];
    CHECK_INT(all, 0);
    CHECK(allowed(0, after) > 0 && memcmp(before, after, sizeof after) == 0);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(places);
    TEST(crowded);
    return test_end();
}
#endif
