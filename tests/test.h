/* test.h - the test runner that all test programs share
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A program is a list of cases:

      #include "test.h"
      static void adding(void)  { CHECK(1 + 1 == 2); CHECK_INT(2 * 3, 6); CHECK_STR("a", "a"); }
      static void reading(void) { if (!open_it()) { test_skip("the file is not here"); return; } REQUIRE(size > 0); }
      int main(int argc, char **argv)
      {
          test_begin(argc, argv);              // words are filters: cases whose name has one of them; --list: names only
          TEST(adding);
          TEST(reading);
          return test_end();                   // prints "N passed, N failed, N skipped"; non-zero if anything failed
      }

   Data-driven programs count a case per file or line, with names of their own making:

      if (test_enter("tokenize/%s", file)) { CHECK(...); test_leave(); }

   Each case is one line: "ok   name", "FAIL name: file:line: what" (the first failure, and how many more there were) or
   "skip name: reason". CHECKs record and go on, REQUIRE also returns from the function it stands in. Checks belong to
   the main thread. */
#ifndef TEST_H
#define TEST_H

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__MINGW32__) && !defined(__clang__)
#define TEST_FN static __attribute__((unused))
#define TEST_PRINTF(f, a) __attribute__((format(gnu_printf, f, a)))
#elif defined(__GNUC__)
#define TEST_FN static __attribute__((unused))
#define TEST_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define TEST_FN static
#define TEST_PRINTF(f, a)
#endif

/* All the state there is; a test of the runner itself puts it aside and brings it back. */
typedef struct test_state {
    FILE *out;                      /* where the lines go: stdout */
    long passed, failed, skipped;
    int list;                       /* --list */
    const char *filters[64];
    int filter_count;
    char name[512];                 /* the case that runs, or "" */
    char why[2048];                 /* its first failure, or the reason to skip it */
    long failures;                  /* in this case */
    int skip;
} test_state;

static test_state test_now;

TEST_FN void test_filter(const char *part)
{
    if (test_now.filter_count < 64) test_now.filters[test_now.filter_count++] = part;
}

TEST_FN void test_print_sum(void)
{
    fprintf(test_now.out, "%ld passed, %ld failed, %ld skipped\n", test_now.passed, test_now.failed, test_now.skipped);
    fflush(test_now.out);
}

/* A crash still names its case. Strictly only few functions may be called here; the program is lost anyway. */
TEST_FN void test_on_signal(int number)
{
    signal(number, SIG_DFL);
    fprintf(test_now.out, "FAIL %s: crashed, signal %d\n", test_now.name[0] ? test_now.name : "(between cases)", number);
    test_now.failed++;
    test_print_sum();
    raise(number);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SIGNALS 0              /* the sanitizers tell a better story */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TEST_SIGNALS 0
#endif
#endif
#ifndef TEST_SIGNALS
#define TEST_SIGNALS 1
#endif

/* Tests ask for absurd sizes on purpose; the sanitizers' malloc shall answer as others do. */
#if !TEST_SIGNALS
const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }
#endif

/* argv's words are filters, "--list" lists. Programs with options of their own pass (0, NULL) and call test_filter. */
TEST_FN void test_begin(int argc, char **argv)
{
    int i;
    memset(&test_now, 0, sizeof test_now);
    test_now.out = stdout;
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) test_now.list = 1;
        else if (argv[i][0] == '-') {
            fprintf(stderr, "usage: %s [--list] [part of a case's name]...\n", argv[0]);
            exit(2);
        } else test_filter(argv[i]);
    }
    if (TEST_SIGNALS) {
        signal(SIGSEGV, test_on_signal);
        signal(SIGABRT, test_on_signal);
        signal(SIGFPE, test_on_signal);
        signal(SIGILL, test_on_signal);
    }
}

/* Is the case wanted? Then what follows until test_leave belongs to it. */
TEST_PRINTF(1, 2) TEST_FN int test_enter(const char *format, ...)
{
    va_list args;
    int i, wanted = test_now.filter_count == 0;
    if (test_now.name[0]) { fprintf(stderr, "test.h: the case %s was not left\n", test_now.name); abort(); }
    va_start(args, format);
    vsnprintf(test_now.name, sizeof test_now.name, format, args);
    va_end(args);
    for (i = 0; i < test_now.filter_count; i++) wanted = wanted || strstr(test_now.name, test_now.filters[i]) != NULL;
    if (wanted && test_now.list) fprintf(test_now.out, "%s\n", test_now.name);
    if (!wanted || test_now.list) { test_now.name[0] = 0; return 0; }
    test_now.failures = 0;
    test_now.skip = 0;
    test_now.why[0] = 0;
    return 1;
}

TEST_FN void test_leave(void)
{
    if (test_now.failures) {
        fprintf(test_now.out, "FAIL %s: %s", test_now.name, test_now.why);
        if (test_now.failures > 1) fprintf(test_now.out, " (and %ld more)", test_now.failures - 1);
        fprintf(test_now.out, "\n");
        test_now.failed++;
    } else if (test_now.skip) {
        fprintf(test_now.out, "skip %s: %s\n", test_now.name, test_now.why);
        test_now.skipped++;
    } else {
        fprintf(test_now.out, "ok   %s\n", test_now.name);
        test_now.passed++;
    }
    fflush(test_now.out);
    test_now.name[0] = 0;
}

/* Keeps `why` on one line, whatever was printed into it. */
TEST_FN void test_one_line(void)
{
    char *p;
    for (p = test_now.why; *p; p++) if ((unsigned char)*p < 32) *p = ' ';
}

TEST_PRINTF(3, 4) TEST_FN void test_fail_at(const char *file, int line, const char *format, ...)
{
    const char *p;
    va_list args;
    int n;
    if (test_now.failures++) return;
    for (p = file; *p; p++) if (*p == '/') file = p + 1;
    n = snprintf(test_now.why, sizeof test_now.why, "%s:%d: ", file, line);
    va_start(args, format);
    vsnprintf(test_now.why + n, sizeof test_now.why - (size_t)n, format, args);
    va_end(args);
    test_one_line();
}

/* Counts the case as skipped, unless it has failed already. */
TEST_PRINTF(1, 2) TEST_FN void test_skip(const char *format, ...)
{
    va_list args;
    if (test_now.failures || test_now.skip) return;
    test_now.skip = 1;
    va_start(args, format);
    vsnprintf(test_now.why, sizeof test_now.why, format, args);
    va_end(args);
    test_one_line();
}

/* The closing line and the exit code. Filters that match nothing are a mistake, not a success. */
TEST_FN int test_end(void)
{
    if (test_now.list) return 0;
    test_print_sum();
    if (test_now.passed + test_now.failed + test_now.skipped == 0) {
        if (test_now.out == stdout) fprintf(stderr, "no case has such a name\n");
        return 2;
    }
    return test_now.failed != 0;
}

#define TEST(function) do { if (test_enter("%s", #function)) { function(); test_leave(); } } while (0)

#define TEST_FAIL(...) test_fail_at(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(x) do { if (!(x)) TEST_FAIL("%s", #x); } while (0)
#define REQUIRE(x) do { if (!(x)) { TEST_FAIL("%s", #x); return; } } while (0)
#define CHECK_INT(got, want) test_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_STR(got, want) test_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_BYTES(got, got_size, want, want_size) test_bytes(__FILE__, __LINE__, #got, got, got_size, want, want_size)
#define CHECK_CLOSE(got, got_count, want, want_count, atol, rtol) \
    test_check_close(__FILE__, __LINE__, #got, got, got_count, want, want_count, atol, rtol)

TEST_FN int test_int(const char *file, int line, const char *what, long long got, long long want)
{
    if (got != want) test_fail_at(file, line, "%s is %lld, not %lld", what, got, want);
    return got == want;
}

TEST_FN int test_bytes(const char *file, int line, const char *what, const void *got, size_t got_size, const void *want,
                       size_t want_size)
{
    const char *a = (const char *)got, *b = (const char *)want;
    size_t n = 0, from, common = got_size < want_size ? got_size : want_size;
    while (n < common && a[n] == b[n]) n++;
    if (n == got_size && n == want_size) return 1;
    from = n > 20 ? n - 20 : 0;
    test_fail_at(file, line, "%s differs at byte %lu (sizes %lu, not %lu): \"%.*s\", not \"%.*s\"", what, (unsigned long)n,
                 (unsigned long)got_size, (unsigned long)want_size, (int)(got_size - from < 60 ? got_size - from : 60),
                 a + from, (int)(want_size - from < 60 ? want_size - from : 60), b + from);
    return 0;
}

TEST_FN int test_str(const char *file, int line, const char *what, const char *got, const char *want)
{
    if (!got || !want) {
        if (got != want) test_fail_at(file, line, "%s is %s, not %s", what, got ? got : "NULL", want ? want : "NULL");
        return got == want;
    }
    return test_bytes(file, line, what, got, strlen(got), want, strlen(want));
}

/* By bits: programs compiled with -ffast-math know no NaN. */
TEST_FN int test_is_nan(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7FFFFFFFFFFFFFFFULL) > 0x7FF0000000000000ULL;
}

/* How two arrays compare. `worst` is the index of the largest difference, or of the first value that is no number. */
typedef struct test_diff {
    int ok;
    size_t worst;
    double got, want, allowed;
    const char *why;                /* "", or what is wrong beside the values */
} test_diff;

/* Equal within atol + rtol * rms(want), for every element. One number for all elements, because errors of sums scale
   with the size of the whole and not of the element; the rms of the reference, so that an array of zeros cannot pass
   for one that is not. Written so that NaN fails everywhere: a pass is `difference <= allowed`, and never `not >`.
   Infinities have no difference, and would make the rms allow everything: they fail too. */
TEST_FN test_diff test_close(const float *got, size_t got_count, const float *want, size_t want_count, double atol, double rtol)
{
    test_diff d;
    size_t i;
    double sum = 0, worst = -1;
    memset(&d, 0, sizeof d);
    d.why = "";
    if (got_count != want_count) { d.why = "the lengths differ"; return d; }
    for (i = 0; i < want_count; i++) {
        d.worst = i;
        d.got = (double)got[i];
        d.want = (double)want[i];
        if (!(fabs(d.want) <= 3.5e38)) { d.why = "the reference is not finite"; return d; }
        if (!(fabs(d.got) <= 3.5e38)) { d.why = "not finite"; return d; }
        sum += d.want * d.want;
    }
    d.allowed = atol + rtol * (want_count ? sqrt(sum / (double)want_count) : 0);
    d.worst = 0;
    d.got = d.want = 0;
    d.ok = d.allowed >= 0;
    if (!d.ok) d.why = "the tolerance is no number";
    for (i = 0; i < want_count; i++) {
        double difference = fabs((double)got[i] - (double)want[i]);
        if (!(difference <= d.allowed)) d.ok = 0;
        if (difference > worst) {
            worst = difference;
            d.worst = i;
            d.got = (double)got[i];
            d.want = (double)want[i];
        }
    }
    return d;
}

TEST_FN int test_check_close(const char *file, int line, const char *what, const float *got, size_t got_count,
                             const float *want, size_t want_count, double atol, double rtol)
{
    test_diff d = test_close(got, got_count, want, want_count, atol, rtol);
    if (got_count != want_count)
        test_fail_at(file, line, "%s has %lu elements, not %lu", what, (unsigned long)got_count, (unsigned long)want_count);
    else if (!d.ok)
        test_fail_at(file, line, "%s[%lu] is %.9g, not %.9g: off by %.3g where %.3g is allowed%s%s", what,
                     (unsigned long)d.worst, d.got, d.want, fabs(d.got - d.want), d.allowed, d.why[0] ? "; " : "", d.why);
    return d.ok;
}

/* A stream of random numbers that is the same everywhere (splitmix64). */
TEST_FN uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* A whole file with a NUL after it, or NULL; free() it. */
TEST_FN char *test_read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    char *data = NULL;
    size_t n = 0, capacity = 0;
    if (!f) return NULL;
    for (;;) {
        size_t got;
        if (capacity - n < 2) {
            char *more = (char *)realloc(data, capacity = capacity * 2 + 4096);
            if (!more) { free(data); fclose(f); return NULL; }
            data = more;
        }
        got = fread(data + n, 1, capacity - n - 1, f);
        n += got;
        if (!got) break;
    }
    fclose(f);
    data[n] = 0;
    if (size) *size = n;
    return data;
}

#endif /* TEST_H */
