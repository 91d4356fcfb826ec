/* unit_harness.c - the test runner and its comparison are tested first: what must fail has to FAIL
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "test.h"

/* ---- cases to be run inside a case, with the runner's state put aside ---- */

static void inner_passes(void) { CHECK(1); CHECK_INT(3, 3); CHECK_STR("a", "a"); }
static void inner_fails(void) { CHECK(2 + 2 == 5); CHECK(0); CHECK_INT(1, 2); }
static void inner_requires(void) { REQUIRE(1 > 2); TEST_FAIL("REQUIRE went on"); }
static void inner_skips(void) { test_skip("no %s\nhere", "shared"); }
static void inner_skips_too_late(void) { CHECK(0); test_skip("hides nothing"); }

static void run_all(void)
{
    TEST(inner_passes);
    TEST(inner_fails);
    TEST(inner_requires);
    TEST(inner_skips);
    TEST(inner_skips_too_late);
    if (test_enter("file/%d", 7)) { CHECK_STR("abc", "abd"); test_leave(); }
}

/* Runs them with these arguments; fills `text` with all that was printed, returns the exit code. */
static int capture(int argc, char **argv, char *text, size_t size, test_state *after)
{
    test_state outer = test_now;
    FILE *file = tmpfile();
    size_t n;
    int code;
    if (!file) { text[0] = 0; return -1; }
    test_begin(argc, argv);
    test_now.out = file;
    run_all();
    code = test_end();
    *after = test_now;
    test_now = outer;
    rewind(file);
    n = fread(text, 1, size - 1, file);
    text[n] = 0;
    fclose(file);
    return code;
}

static void counts_and_lines(void)
{
    static char name[] = "program";
    char *argv[2] = { name, NULL }, text[4096];
    test_state s;
    CHECK_INT(capture(1, argv, text, sizeof text, &s), 1);
    CHECK_INT(s.passed, 1);
    CHECK_INT(s.failed, 4);
    CHECK_INT(s.skipped, 1);
    CHECK(strncmp(text, "ok   inner_passes\n", 18) == 0);
    CHECK(strstr(text, "\nFAIL inner_fails: unit_harness.c:") != NULL);
    CHECK(strstr(text, ": 2 + 2 == 5 (and 2 more)\n") != NULL);
    CHECK(strstr(text, ": 1 > 2\n") != NULL);
    CHECK(strstr(text, "REQUIRE went on") == NULL);
    CHECK(strstr(text, "\nskip inner_skips: no shared here\n") != NULL);
    CHECK(strstr(text, "\nFAIL inner_skips_too_late: ") != NULL);
    CHECK(strstr(text, "\nFAIL file/7: ") != NULL);
    CHECK(strstr(text, "differs at byte 2") != NULL);
    CHECK(strlen(text) > 31);
    CHECK_STR(text + strlen(text) - 31, "\n1 passed, 4 failed, 1 skipped\n");
}

static void filters_choose(void)
{
    static char name[] = "program", one[] = "passes", two[] = "file/";
    char *argv[3] = { name, one, NULL }, text[4096];
    test_state s;
    CHECK_INT(capture(2, argv, text, sizeof text, &s), 0);
    CHECK_STR(text, "ok   inner_passes\n1 passed, 0 failed, 0 skipped\n");
    argv[1] = two;
    CHECK_INT(capture(2, argv, text, sizeof text, &s), 1);
    CHECK_INT(s.failed, 1);
    CHECK_INT(s.passed, 0);
}

static void filters_without_a_match_are_an_error(void)
{
    static char name[] = "program", none[] = "nothing is called so";
    char *argv[3] = { name, none, NULL }, text[4096];
    test_state outer = test_now, s;
    CHECK_INT(capture(2, argv, text, sizeof text, &s), 2);
    CHECK_STR(text, "0 passed, 0 failed, 0 skipped\n");
    CHECK_STR(test_now.name, outer.name);
}

static void list_names(void)
{
    static char name[] = "program", list[] = "--list", part[] = "skips";
    char *argv[4] = { name, list, part, NULL }, text[4096];
    test_state s;
    CHECK_INT(capture(3, argv, text, sizeof text, &s), 0);
    CHECK_STR(text, "inner_skips\ninner_skips_too_late\n");
}

/* ---- the comparison ---- */

static const float reference[6] = { 1, -2, 3, -4, 5, -6 };

/* Does the comparison accept? And: does the macro agree, by failing or not? */
static int accepts(const float *got, size_t n, const float *want, size_t m, double atol, double rtol)
{
    test_state outer = test_now;
    int by_macro;
    test_now.failures = 0;
    CHECK_CLOSE(got, n, want, m, atol, rtol);
    by_macro = test_now.failures == 0;
    test_now = outer;
    CHECK_INT(test_close(got, n, want, m, atol, rtol).ok, by_macro);
    return by_macro;
}

static void close_equal(void)
{
    CHECK(accepts(reference, 6, reference, 6, 0, 0));
    CHECK(accepts(reference, 6, reference, 6, 1e-6, 1e-5));
    CHECK(accepts(reference, 0, reference, 0, 0, 0));
}

static void close_bound(void)
{
    float got[6], one = 1, near_one = 1.25f;
    memcpy(got, reference, sizeof got);
    got[4] += 0.5f;                                             /* rms of the reference is 3.894 */
    CHECK(accepts(got, 6, reference, 6, 0.5, 0));
    CHECK(!accepts(got, 6, reference, 6, 0.49, 0));
    CHECK(accepts(got, 6, reference, 6, 0, 0.13));
    CHECK(!accepts(got, 6, reference, 6, 0, 0.128));
    CHECK(accepts(got, 6, reference, 6, 0.25, 0.065));
    CHECK(accepts(&near_one, 1, &one, 1, 0.25, 0));             /* the bound itself is inside */
    CHECK_INT(test_close(got, 6, reference, 6, 0, 0).worst, 4);
    CHECK(test_close(got, 6, reference, 6, 0, 0).got == 5.5);
    CHECK(test_close(got, 6, reference, 6, 0, 0).want == 5.0);
}

static void close_nan_fails(void)
{
    size_t i;
    for (i = 0; i < 6; i++) {
        float bad[6];
        memcpy(bad, reference, sizeof bad);
        bad[i] = (float)NAN;
        CHECK(!accepts(bad, 6, reference, 6, 1e30, 1e30));
        CHECK(!accepts(reference, 6, bad, 6, 1e30, 1e30));
        CHECK(!accepts(bad, 6, bad, 6, 1e30, 1e30));
        CHECK_INT(test_close(bad, 6, reference, 6, 1, 1).worst, i);
        bad[i] = (float)INFINITY;
        CHECK(!accepts(bad, 6, reference, 6, 1e30, 1e30));
        CHECK(!accepts(reference, 6, bad, 6, 1e30, 1e30));
        CHECK(!accepts(bad, 6, bad, 6, 1e30, 1e30));
        bad[i] = -(float)INFINITY;
        CHECK(!accepts(bad, 6, bad, 6, 0, 0));
    }
    CHECK(!accepts(reference, 6, reference, 6, (double)NAN, 0));    /* a tolerance that is no number allows nothing */
    CHECK(!accepts(reference, 6, reference, 6, 0, (double)NAN));
    CHECK(!accepts(reference, 6, reference, 6, -1, 0));
}

static void close_zeros_fail(void)
{
    float zeros[6] = { 0 }, small[6];
    size_t i;
    CHECK(!accepts(zeros, 6, reference, 6, 1e-6, 1e-2));
    CHECK(!accepts(zeros, 6, reference, 6, 0, 0.99));
    CHECK(!accepts(reference, 6, zeros, 6, 1e-6, 1e-2));
    for (i = 0; i < 6; i++) small[i] = reference[i] * 1e-12f;   /* a tiny reference is not an empty one, if atol is 0 */
    CHECK(!accepts(zeros, 6, small, 6, 0, 1e-2));
    CHECK(accepts(zeros, 6, zeros, 6, 0, 0));
}

static void close_swapped_rows_fail(void)
{
    static const float swapped[6] = { -4, 5, -6, 1, -2, 3 };
    CHECK(!accepts(swapped, 6, reference, 6, 1e-5, 1e-2));
    CHECK(!accepts(reference, 6, swapped, 6, 1e-5, 1e-2));
}

static void close_lengths_fail(void)
{
    CHECK(!accepts(reference, 5, reference, 6, 1e30, 1e30));
    CHECK(!accepts(reference, 6, reference, 5, 1e30, 1e30));
    CHECK(!accepts(reference, 0, reference, 1, 1e30, 1e30));
}

static void close_message(void)
{
    float got[6];
    test_state outer = test_now;
    char why[sizeof outer.why];
    memcpy(got, reference, sizeof got);
    got[1] = 7;
    test_now.failures = 0;
    CHECK_CLOSE(got, 6, reference, 6, 0.5, 0);
    memcpy(why, test_now.why, sizeof why);
    test_now = outer;
    CHECK(strstr(why, "got[1] is 7, not -2: off by 9 where 0.5 is allowed") != NULL);
}

static void strings_and_bytes_fail(void)
{
    test_state outer = test_now;
    long failures;
    test_now.failures = 0;
    CHECK_STR(NULL, "a");
    CHECK_STR("a", NULL);
    CHECK_STR("a", "ab");
    CHECK_BYTES("a\0b", 3, "a\0c", 3);
    CHECK_BYTES("a", 1, "a", 2);
    failures = test_now.failures;
    CHECK_STR(NULL, NULL);
    CHECK_BYTES("a\0b", 3, "a\0b", 3);
    CHECK_INT(test_now.failures, failures);
    test_now = outer;
    CHECK_INT(failures, 5);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(counts_and_lines);
    TEST(filters_choose);
    TEST(filters_without_a_match_are_an_error);
    TEST(list_names);
    TEST(close_equal);
    TEST(close_bound);
    TEST(close_nan_fails);
    TEST(close_zeros_fail);
    TEST(close_swapped_rows_fail);
    TEST(close_lengths_fail);
    TEST(close_message);
    TEST(strings_and_bytes_fail);
    return test_end();
}
