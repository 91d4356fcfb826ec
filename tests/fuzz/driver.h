/* driver.h - runs a fuzz entry without a fuzzer: replays files, and damages them at random, with any compiler
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A fuzz program is tests/fuzz/NAME.c: int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size), which aborts where a
   promise is broken, and this include after it. Its seeds are files in tests/fuzz/seeds/NAME/.

      make -C tests fuzz                                    all programs, their seeds, FUZZ="--random=20000"
      bin/fuzz/json FILE...                                 replays files: one case each
      bin/fuzz/json --random=N --seed=S FILE...             and N inputs made from them
      bin/fuzz/json --random=N --seed=S --keep=C FILE...    writes each to C before it runs: C is the one that crashed
      .ci/run fuzz                                          libFuzzer instead (-DFUZZ_LIBFUZZER), all programs */
#ifndef FUZZ_DRIVER_H
#define FUZZ_DRIVER_H
#ifndef FUZZ_LIBFUZZER
#include "../test.h"

enum { FUZZ_MOST = 1 << 16 };               /* bytes of a made input */

/* The input in a block of exactly its size, so that a read past its end is seen. */
static void fuzz_run(const char *data, size_t size, const char *keep)
{
    uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
    if (!copy) return;
    memcpy(copy, data, size);
    if (keep) {
        FILE *f = fopen(keep, "wb");
        if (f) { fwrite(data, 1, size, f); fclose(f); }
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* One change to the n bytes of buf (room for FUZZ_MOST), perhaps with a part of another input; the new size. */
static size_t fuzz_change(char *buf, size_t n, const char *other, size_t other_size, uint64_t *seed)
{
    static const char odd[] = "\0\xFF\x7F\x80\xC3\xA9\xE4\xF0\xED\xEF\"\\{}[]:,0-e \n\t#'";
    size_t at = n ? (size_t)(test_random(seed) % n) : 0, len = (size_t)(test_random(seed) % 16), from, k;
    if (at + len > n) len = n - at;
    switch (test_random(seed) % 8) {
    case 0: if (n) buf[at] = (char)(buf[at] ^ (1 << test_random(seed) % 8)); break;
    case 1: if (n) buf[at] = (char)test_random(seed); break;
    case 2: if (n) buf[at] = odd[test_random(seed) % (sizeof odd - 1)]; break;
    case 3: memmove(buf + at, buf + at + len, n - at - len); n -= len; break;                 /* cut out */
    case 4: n = at; break;                                                                    /* cut off */
    case 5:                                                                                   /* repeat, perhaps often */
        for (k = test_random(seed) % 16 ? 1 : test_random(seed) % 200; k && len && n + len <= FUZZ_MOST; k--) {
            memmove(buf + at + len, buf + at, n - at);
            n += len;
        }
        break;
    case 6:                                                                                   /* insert */
        for (k = 0; k < len && n < FUZZ_MOST; k++) {
            memmove(buf + at + 1, buf + at, n - at);
            buf[at] = test_random(seed) % 2 ? odd[test_random(seed) % (sizeof odd - 1)] : (char)test_random(seed);
            n++;
        }
        break;
    default:                                                                                  /* splice */
        from = other_size ? (size_t)(test_random(seed) % other_size) : 0;
        k = other_size - from;
        if (k > FUZZ_MOST - at) k = FUZZ_MOST - at;
        memcpy(buf + at, other + from, k);
        n = at + k > n || test_random(seed) % 2 ? at + k : n;
    }
    return n;
}

int main(int argc, char **argv)
{
    static char *inputs[4096], buf[FUZZ_MOST + 1];
    static size_t sizes[4096];
    int i, count = 0;
    long random = 0, k;
    uint64_t seed = 1;
    const char *keep = NULL, *base;
    test_begin(0, NULL);
    for (i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--random=", 9) == 0) random = atol(argv[i] + 9);
        else if (strncmp(argv[i], "--seed=", 7) == 0) seed = (uint64_t)atol(argv[i] + 7);
        else if (strncmp(argv[i], "--keep=", 7) == 0) keep = argv[i] + 7;
        else if (argv[i][0] == '-') { fprintf(stderr, "usage: %s [--random=N] [--seed=S] [--keep=FILE] FILE...\n", argv[0]); return 2; }
        else {
            base = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];
            test_enter("replay %s", base);
            if (count == 4096) TEST_FAIL("more than 4096 files");
            else if ((inputs[count] = test_read_file(argv[i], &sizes[count])) == NULL) TEST_FAIL("cannot read %s", argv[i]);
            else { fuzz_run(inputs[count], sizes[count], NULL); count++; }
            test_leave();
        }
    }
    if (random) {
        test_enter("%ld random inputs from seed %lu", random, (unsigned long)seed);
        for (k = 0; k < random; k++) {
            int changes = 1 + (int)(test_random(&seed) % 6);
            size_t a = count ? (size_t)(test_random(&seed) % (unsigned)count) : 0, n = count ? sizes[a] : 0;
            if (n > FUZZ_MOST) n = FUZZ_MOST;
            if (n) memcpy(buf, inputs[a], n);
            while (changes--) {
                size_t b = count ? (size_t)(test_random(&seed) % (unsigned)count) : 0;
                n = fuzz_change(buf, n, count ? inputs[b] : "", count ? sizes[b] : 0, &seed);
            }
            fuzz_run(buf, n, keep);
        }
        test_leave();
    }
    for (i = 0; i < count; i++) free(inputs[i]);
    return test_end();
}
#endif
#endif
