/* unit_learn - tests of vocabulary learning.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert_tokenizer.h"
#include "test.h"

typedef struct bytes { char *data; size_t size, capacity; } bytes;

static void put(bytes *b, const char *s, size_t n)
{
    if (b->size + n + 1 > b->capacity) {
        b->capacity = (b->size + n + 1) * 2;
        b->data = (char *)realloc(b->data, b->capacity);
        if (!b->data) abort();
    }
    memcpy(b->data + b->size, s, n);
    b->size += n;
    b->data[b->size] = 0;
}
static void puts_to(bytes *b, const char *s) { put(b, s, strlen(s)); }

static uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* About `size` bytes of lines of made-up words, frequent ones far more often than rare ones; with `fresh` of 1000 words
   seen nowhere else. */
static bytes make_text(size_t size, uint32_t distinct, uint32_t fresh, uint64_t seed)
{
    static const char *const syllables[] = { "ka", "to", "mi", "ne", "sul", "ri", "\xC3\xA9", "vo", "ta", "an", "\xE4\xB8\xAD", "st", "X" };
    bytes b = {0};
    uint64_t state = seed;
    while (b.size < size) {
        uint32_t r = random_next(&state) % distinct + 1, s = random_next(&state) % r, k;
        uint64_t word = s;
        if (random_next(&state) % 1000 < fresh) word = 1000000 + (uint64_t)random_next(&state) * 64;
        for (k = 0; k == 0 || word; k++) { puts_to(&b, syllables[word % 13]); word /= 13; }
        s = random_next(&state) % 12;
        puts_to(&b, s == 0 ? "\n" : s == 1 ? ", " : s == 2 ? "\t" : " ");
    }
    return b;
}

/* An allocator that counts, and can fail. */
typedef struct meter { size_t live, peak, calls, blocks, fail_at; int fail_on; } meter;

static void *meter_alloc(size_t size, void *user)
{
    meter *m = (meter *)user;
    char *p;
    m->calls++;
    if (m->fail_at && (m->calls == m->fail_at || (m->fail_on && m->calls > m->fail_at))) return NULL;
    p = (char *)malloc(size + 16);
    if (!p) return NULL;
    memcpy(p, &size, sizeof size);
    m->live += size;
    m->blocks++;
    if (m->live > m->peak) m->peak = m->live;
    return p + 16;
}
static void meter_free(void *memory, void *user)
{
    meter *m = (meter *)user;
    size_t size;
    memcpy(&size, (char *)memory - 16, sizeof size);
    m->live -= size;
    m->blocks--;
    free((char *)memory - 16);
}
static bert_allocator metered(meter *m)
{
    bert_allocator a;
    a.alloc = meter_alloc;
    a.free = meter_free;
    a.user = m;
    return a;
}

/* Threads of a kind: tasks in reverse order, as many at once as `width` says. */
static void run_reversed(void *user, int64_t n, bert_task task, void *arg)
{
    (void)user;
    while (n--) task(arg, n);
}

/* How a text is given to the learner. */
enum { WHOLE, LINES, PIECES };

static bert_status learn(const bert_learn_desc *desc, const char *text, size_t size, int how, bytes *out, bert_learn_counts *counts)
{
    bert_learner *l;
    const char *vocab = NULL;
    size_t n = 0, at = 0, end;
    uint64_t state = 5;
    bert_status st = bert_learner_open(desc, &l);
    out->size = 0;
    if (st != BERT_OK) return st;
    if (how == WHOLE) st = bert_learner_add(l, text, size);
    while (how != WHOLE && st == BERT_OK && at < size) {
        end = at + (how == LINES ? 0 : random_next(&state) % (random_next(&state) % 4 ? 3000 : 3000000));
        while (end < size && text[end] != '\n') end++;
        end = end < size ? end + 1 : size;
        st = bert_learner_add(l, text + at, end - at);
        at = end;
    }
    if (st == BERT_OK) st = bert_learner_finish(l, &vocab, &n);
    if (st == BERT_OK) put(out, vocab, n);
    if (counts) *counts = bert_learner_counts(l);
    bert_learner_close(l);
    return st;
}
static bytes learn_ok(const bert_learn_desc *desc, const char *text)
{
    bytes out = {0};
    CHECK(learn(desc, text, strlen(text), WHOLE, &out, NULL) == BERT_OK);
    put(&out, "", 0);
    return out;
}
static size_t lines(const bytes *b)
{
    size_t i, n = 0;
    for (i = 0; i < b->size; i++) n += b->data[i] == '\n';
    return n;
}
static int is(bytes b, const char *expected)
{
    int same = b.size == strlen(expected) && memcmp(b.data, expected, b.size) == 0;
    if (!same) printf("expected:\n%sgot:\n%.*s", expected, (int)b.size, b.data);
    free(b.data);
    return same;
}
static int has(const bytes *b, const char *token)
{
    size_t n = strlen(token), at = 0;
    while (at < b->size) {
        const char *end = (const char *)memchr(b->data + at, '\n', b->size - at);
        if ((size_t)(end - b->data) - at == n && memcmp(b->data + at, token, n) == 0) return 1;
        at = (size_t)(end - b->data) + 1;
    }
    return 0;
}

#define SPECIALS "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

/* ---- small texts, by hand ---- */

static void test_small(void)
{
    bert_learn_desc d = {0};
    const char *const mine[] = { "<s>", "ab", "<s>", "</s>" };
    CHECK(is(learn_ok(&d, ""), SPECIALS));
    CHECK(is(learn_ok(&d, " \n\t "), SPECIALS));
    CHECK(is(learn_ok(&d, "a"), SPECIALS "a\n"));
    CHECK(is(learn_ok(&d, "ab"), SPECIALS "a\nb\n##b\n"));                      /* seen once: not joined */
    CHECK(is(learn_ok(&d, "ab ab"), SPECIALS "a\nb\n##b\nab\n"));
    CHECK(is(learn_ok(&d, "AB, ab!"), SPECIALS "!\n,\na\nb\n##b\nab\n"));
    CHECK(is(learn_ok(&d, "\xE4\xB8\xAD\xE6\x96\x87"), SPECIALS "\xE4\xB8\xAD\n\xE6\x96\x87\n"));
    /* a ##r, i ##s and ##r ##e stand there twice each. Of these the oldest symbols go first; "ar" is young, so "is" is
       next, and ##r ##e is gone by then. */
    CHECK(is(learn_ok(&d, "red are are is is"), SPECIALS "a\nd\ne\ni\nr\ns\n##d\n##e\n##r\n##s\nar\nis\nare\n"));
    d.specials = mine;
    d.specials_count = 4;
    CHECK(is(learn_ok(&d, "ab ab"), "<s>\nab\n</s>\na\nb\n##b\n"));             /* "ab" is there already */
    d.specials_count = 0;
    CHECK(is(learn_ok(&d, "ab ab"), "a\nb\n##b\nab\n"));
    d.specials = NULL;
    d.min_frequency = 1;
    CHECK(is(learn_ok(&d, "ab"), SPECIALS "a\nb\n##b\nab\n"));
    d.min_frequency = 3;
    CHECK(is(learn_ok(&d, "ab ab cd cd cd"), SPECIALS "a\nb\nc\nd\n##b\n##d\ncd\n"));
    d.min_frequency = 0;
    d.lower_case = BERT_OFF;
    CHECK(is(learn_ok(&d, "Ab Ab"), SPECIALS "A\nb\n##b\nAb\n"));
}

static void test_limits(void)
{
    bert_learn_desc d = {0};
    bytes text = make_text(200000, 2000, 0, 1), out = {0};
    int64_t size;
    put(&text, "", 0);
    for (size = 5; size < 1500; size = size * 3 / 2) {
        d.vocab_size = size;
        CHECK(learn(&d, text.data, text.size, WHOLE, &out, NULL) == BERT_OK);
        CHECK((int64_t)lines(&out) <= size && (int64_t)lines(&out) >= size - 1);
        CHECK(out.size >= strlen(SPECIALS) && memcmp(out.data, SPECIALS, strlen(SPECIALS)) == 0);
    }
    d.vocab_size = 0;
    d.limit_alphabet = 3;
    CHECK(is(learn_ok(&d, "abc abc bc cd c"), SPECIALS "a\nb\nc\n##b\n##c\nab\nabc\n"));      /* c of "cd" is left */
    d.limit_alphabet = 2;                                               /* c is left out of its words: ab, and b inside "cb" */
    CHECK(is(learn_ok(&d, "ab ab abab cb"), SPECIALS "a\nb\n##a\n##b\nab\n"));
    d.limit_alphabet = 1;                                               /* of equals the smaller code point */
    CHECK(is(learn_ok(&d, "b a"), SPECIALS "a\n"));
    free(text.data);
    free(out.data);
}

/* WordPiece makes words of more than 200 characters [UNK]: nothing is learned from them. */
static void test_long_words(void)
{
    bert_learn_desc d = {0};
    bytes text = {0}, out = {0};
    int i, k;
    for (k = 0; k < 2; k++) { for (i = 0; i < 201; i++) puts_to(&text, "a"); puts_to(&text, " "); }
    puts_to(&text, "b b bb bb");
    CHECK(is(learn_ok(&d, text.data), SPECIALS "b\n##b\nbb\n"));
    text.size = 0;
    for (k = 0; k < 2; k++) { for (i = 0; i < 200; i++) puts_to(&text, "\xF0\x9F\x98\x80"); puts_to(&text, "\n"); }
    CHECK(learn(&d, text.data, text.size, WHOLE, &out, NULL) == BERT_OK);
    CHECK(lines(&out) > 8 && out.size > 800);                           /* in the end the word itself */
    free(text.data);
    free(out.data);
}

/* ---- against a slow trainer: no heap, no lists, every word visited at every join ---- */

typedef struct slow_pair { int a, b; int64_t count; } slow_pair;
typedef struct slow {
    char tokens[2000][40];
    int token_count;
    int words[300][16], sizes[300];
    int64_t counts[300];
    int word_count;
    slow_pair *pairs;
    int pair_count;
} slow;

static int slow_token(slow *s, const char *text)
{
    int i;
    for (i = 0; i < s->token_count; i++) if (strcmp(s->tokens[i], text) == 0) return i;
    strcpy(s->tokens[s->token_count], text);
    return s->token_count++;
}
static void slow_change(slow *s, int a, int b, int64_t by)
{
    int i;
    for (i = 0; i < s->pair_count; i++) if (s->pairs[i].a == a && s->pairs[i].b == b) { s->pairs[i].count += by; return; }
    s->pairs[i].a = a;
    s->pairs[i].b = b;
    s->pairs[i].count = by;
    s->pair_count++;
}
static int slow_stands(const slow *s, int a, int b)
{
    int w, k;
    for (w = 0; w < s->word_count; w++)
        for (k = 0; k + 1 < s->sizes[w]; k++) if (s->words[w][k] == a && s->words[w][k + 1] == b) return 1;
    return 0;
}
static void test_against_slow(void)
{
    static slow s;
    int round, w, k, i, c;
    uint64_t state = 77;
    for (round = 0; round < 60; round++) {
        bytes text = {0}, expected = {0};
        bert_learn_desc d = {0};
        int letters = 1 + (int)(random_next(&state) % 5), limit = 40 + (int)(random_next(&state) % 300), least = 1 + (int)(random_next(&state) % 4);
        char spelled[300][17];
        memset(&s, 0, sizeof s);
        s.pairs = (slow_pair *)malloc(200000 * sizeof *s.pairs);
        if (!s.pairs) abort();
        while (s.word_count < (letters == 1 ? 12 : 20 + round * 4)) {   /* different words, in a text of their counts */
            char word[17] = "";
            int n = 1 + (int)(random_next(&state) % 12);
            for (k = 0; k < n; k++) word[k] = (char)('a' + (int)(random_next(&state) % (uint32_t)letters));
            for (w = 0; w < s.word_count; w++) if (strcmp(spelled[w], word) == 0) break;
            if (w == s.word_count) {
                strcpy(spelled[w], word);
                s.word_count++;
            }
            s.counts[w]++;
            puts_to(&text, word);
            puts_to(&text, " ");
        }
        slow_token(&s, "[PAD]"); slow_token(&s, "[UNK]"); slow_token(&s, "[CLS]"); slow_token(&s, "[SEP]"); slow_token(&s, "[MASK]");
        for (i = 0; i < 2; i++)
            for (c = 'a'; c <= 'z'; c++)
                for (w = 0; w < s.word_count; w++)
                    for (k = i; spelled[w][k]; k++) {
                        char token[8] = "##x";
                        token[2] = (char)c;
                        if (spelled[w][k] == c) slow_token(&s, token + (i ? 0 : 2));
                    }
        for (w = 0; w < s.word_count; w++) {
            for (k = 0; spelled[w][k]; k++) {
                char token[8] = "##x";
                token[2] = spelled[w][k];
                s.words[w][k] = slow_token(&s, token + (k ? 0 : 2));
            }
            s.sizes[w] = k;
            for (k = 0; k + 1 < s.sizes[w]; k++) slow_change(&s, s.words[w][k], s.words[w][k + 1], s.counts[w]);
        }
        while (s.token_count < limit) {
            const slow_pair *best = NULL;
            char token[40];
            int a, b, t;
            for (i = 0; i < s.pair_count; i++) {
                const slow_pair *p = &s.pairs[i];
                if (p->count < least) continue;
                if (best && (p->count < best->count || (p->count == best->count && (p->a > best->a || (p->a == best->a && p->b > best->b))))) continue;
                if (slow_stands(&s, p->a, p->b)) best = p;
            }
            if (!best) break;
            a = best->a;
            b = best->b;
            strcpy(token, s.tokens[a]);
            strcat(token, s.tokens[b] + 2);
            t = slow_token(&s, token);
            for (w = 0; w < s.word_count; w++) {
                int *x = s.words[w];
                for (k = 0; k + 1 < s.sizes[w]; k++) {
                    if (x[k] != a || x[k + 1] != b) continue;
                    if (k) { slow_change(&s, x[k - 1], a, -s.counts[w]); slow_change(&s, x[k - 1], t, s.counts[w]); }
                    memmove(x + k + 1, x + k + 2, (size_t)(s.sizes[w] - k - 2) * sizeof *x);
                    x[k] = t;
                    s.sizes[w]--;
                    if (k + 1 < s.sizes[w]) { slow_change(&s, b, x[k + 1], -s.counts[w]); slow_change(&s, t, x[k + 1], s.counts[w]); }
                }
            }
        }
        for (i = 0; i < s.token_count; i++) { puts_to(&expected, s.tokens[i]); puts_to(&expected, "\n"); }
        d.vocab_size = limit;
        d.min_frequency = least;
        put(&text, "", 0);
        CHECK(is(learn_ok(&d, text.data), expected.data));
        free(text.data);
        free(expected.data);
        free(s.pairs);
    }
}

/* ---- the same vocabulary whatever the threads and the calls ---- */

static void test_deterministic(void)
{
    static const int32_t widths[] = { 1, 2, 7 };
    static const size_t budgets[] = { 0, 1 << 20 };
    bytes text = make_text(2500000, 30000, 100, 3), first = {0}, out = {0};
    size_t b, w;
    int how;
    for (b = 0; b < 2; b++) {
        bert_learn_desc d = {0};
        bert_learn_counts counts, counts_first = {0};
        d.vocab_size = 5000;
        d.max_bytes = budgets[b];
        CHECK(learn(&d, text.data, text.size, WHOLE, &first, &counts_first) == BERT_OK);
        CHECK(lines(&first) == 5000);
        CHECK((counts_first.forgotten > 0) == (b == 1));
        for (w = 0; w < 3; w++) {
            bert_pool *pool = NULL;
            CHECK(bert_pool_open(widths[w], NULL, &pool) == BERT_OK);
            for (how = WHOLE; how <= PIECES; how++) {
                d.parallel = bert_pool_parallel(pool);
                CHECK(learn(&d, text.data, text.size, how, &out, &counts) == BERT_OK);
                CHECK(out.size == first.size && memcmp(out.data, first.data, out.size) == 0);
                CHECK(memcmp(&counts, &counts_first, sizeof counts) == 0);
            }
            bert_pool_close(pool);
        }
        d.parallel.run = run_reversed;
        d.parallel.width = 5;
        CHECK(learn(&d, text.data, text.size, WHOLE, &out, NULL) == BERT_OK);
        CHECK(out.size == first.size && memcmp(out.data, first.data, out.size) == 0);
    }
    free(text.data);
    free(first.data);
    free(out.data);
}

/* Texts without blanks are cut into blocks behind ideographic full stops; no word may be lost or made by that. */
static void test_no_blanks(void)
{
    bytes text = {0}, lined = {0}, out = {0}, other = {0};
    bert_learn_desc d = {0};
    bert_learn_counts a, b;
    uint64_t state = 9;
    while (text.size < 4000000) {
        uint32_t i, n = random_next(&state) % 6 + 1;
        for (i = 0; i < n; i++) {
            char c[4] = "\xE3\x81";                                     /* hiragana: letters, not ideographs */
            c[2] = (char)(0x81 + random_next(&state) % 40);
            puts_to(&text, c);
            puts_to(&lined, c);
        }
        puts_to(&text, "\xE3\x80\x82");
        puts_to(&lined, "\xE3\x80\x82\n");
    }
    CHECK(learn(&d, text.data, text.size, WHOLE, &out, &a) == BERT_OK);
    CHECK(learn(&d, lined.data, lined.size, LINES, &other, &b) == BERT_OK);
    CHECK(out.size == other.size && memcmp(out.data, other.data, out.size) == 0);
    CHECK(a.words == b.words && a.distinct == b.distinct);
    text.size = 0;                                                      /* and one word of 3 MB, which is too long */
    while (text.size < 3000000) puts_to(&text, "abcdefghijklmnop");
    puts_to(&text, " end end");
    CHECK(learn(&d, text.data, text.size, WHOLE, &out, &a) == BERT_OK);
    CHECK(a.words == 2 && has(&out, "end"));
    free(text.data);
    free(lined.data);
    free(out.data);
    free(other.data);
}

/* ---- memory ---- */

/* The peak while adding: what the blocks in work need, and max_bytes at most; a longer text needs no more. */
static void test_memory_bound(void)
{
    bytes text = make_text(24000000, 10000, 600, 11), out = {0};
    size_t budget, peaks[3], k;
    for (k = 0, budget = 1 << 20; k < 3; k++, budget *= 4) {
        meter m = {0};
        bert_learn_desc d = {0};
        bert_learner *l = NULL;
        size_t at, early = 0;
        const char *vocab;
        d.allocator = metered(&m);
        d.max_bytes = budget;
        CHECK(bert_learner_open(&d, &l) == BERT_OK);
        for (at = 0; at < text.size; at += 4096) {
            CHECK(bert_learner_add(l, text.data + at, text.size - at < 4096 ? text.size - at : 4096) == BERT_OK);
            if (at < text.size / 2) early = m.peak;
        }
        peaks[k] = m.peak;
        if (!k) CHECK(m.peak <= early + 4096);
        CHECK(m.peak <= budget + ((size_t)20 << 20));
        CHECK(bert_learner_finish(l, &vocab, &at) == BERT_OK);
        CHECK(bert_learner_counts(l).forgotten > 0);
        CHECK(m.peak <= budget * 10 + ((size_t)20 << 20));
        bert_learner_close(l);
        CHECK(m.live == 0 && m.blocks == 0);
    }
    CHECK(peaks[2] - peaks[0] <= 15 << 20);                             /* the rest was the blocks' */
    free(text.data);
    free(out.data);
}

static void test_failing_allocations(void)
{
    bytes text = make_text(60000, 3000, 100, 21), first = {0}, out = {0};
    int kind;
    size_t n;
    for (kind = 0; kind < 4; kind++) {
        bert_status st = BERT_ERROR_MEMORY;
        for (n = 0; st != BERT_OK || n == 1; n++) {
            meter m = {0};
            bert_error err = {0};
            bert_learn_desc d = {0};
            m.fail_at = n;                                              /* 0: none */
            m.fail_on = kind & 1;
            d.allocator = metered(&m);
            d.error = &err;
            d.vocab_size = 1200;
            if (kind & 2) { d.parallel.run = run_reversed; d.parallel.width = 2; }
            st = learn(&d, text.data, text.size, kind & 1 ? WHOLE : LINES, &out, NULL);
            CHECK(m.live == 0 && m.blocks == 0);
            CHECK(st == BERT_OK || (st == BERT_ERROR_MEMORY && n && err.code == st && err.message[0]));
            if (!n) { first.size = 0; put(&first, out.data, out.size); st = BERT_ERROR_MEMORY; CHECK(m.calls > 50); }
            if (st == BERT_OK) CHECK(out.size == first.size && memcmp(out.data, first.data, out.size) == 0);
            if (n > 100000) { CHECK(!"it ends"); break; }
        }
    }
    free(text.data);
    free(first.data);
    free(out.data);
}

/* ---- the calls ---- */

static void test_arguments(void)
{
    bert_learner *l = NULL;
    bert_error err = {0};
    bert_learn_desc d = {0};
    const char *vocab = NULL, *again = NULL, *bad[] = { "ok", "a\nb" };
    size_t size = 0;
    d.error = &err;
    CHECK(bert_learner_open(NULL, &l) == BERT_ERROR_ARGUMENT);
    CHECK(bert_learner_open(&d, NULL) == BERT_ERROR_ARGUMENT && err.message[0]);
    d.vocab_size = 4;
    CHECK(bert_learner_open(&d, &l) == BERT_ERROR_ARGUMENT);
    d.vocab_size = -1;
    CHECK(bert_learner_open(&d, &l) == BERT_ERROR_ARGUMENT);
    d.vocab_size = 0;
    d.specials = bad;
    d.specials_count = 2;
    CHECK(bert_learner_open(&d, &l) == BERT_ERROR_ARGUMENT);
    bad[1] = "";
    CHECK(bert_learner_open(&d, &l) == BERT_ERROR_ARGUMENT && l == NULL);
    bad[1] = "b";
    CHECK(bert_learner_open(&d, &l) == BERT_OK);
    CHECK(bert_learner_add(l, NULL, 0) == BERT_OK);
    CHECK(bert_learner_add(l, NULL, 1) == BERT_ERROR_ARGUMENT);
    CHECK(bert_learner_add(l, "x y", 3) == BERT_OK);
    CHECK(bert_learner_add(l, "z", 1) == BERT_OK);                      /* another text: not "yz" */
    CHECK(bert_learner_finish(l, &vocab, &size) == BERT_OK);
    CHECK(size == 11 && strcmp(vocab, "ok\nb\nx\ny\nz\n") == 0);
    CHECK(bert_learner_finish(l, &again, &size) == BERT_OK && again == vocab);
    CHECK(bert_learner_add(l, "z", 1) == BERT_ERROR_ARGUMENT);
    CHECK(bert_learner_counts(l).words == 3 && bert_learner_counts(l).distinct == 3 && bert_learner_counts(l).tokens == 5);
    bert_learner_close(l);
    bert_learner_close(NULL);
}

/* Descs that ask for what cannot be, each with its reason; nothing is opened. */
static void test_refused(void)
{
    static char longest[65537];
    static const char *const null_token[] = { "a", NULL }, *const with_return[] = { "a\r" }, *const too_long[] = { longest }, *const three[] = { "a", "b", "c" };
    const struct { int64_t vocab_size, min_frequency, limit_alphabet; const char *const *specials; size_t count; const char *says; } rows[] = {
        { INT64_C(2147483648), 0, 0, NULL, 0, "at most 2147483647" }, { 0, -1, 0, NULL, 0, "must not be negative" }, { 0, 0, -1, NULL, 0, "must not be negative" },
        { 0, 0, 0, NULL, 2, "specials_count is 2, but specials is NULL" }, { 2, 0, 0, three, 3, "vocab_size 2 has no room" }, { 0, 0, 0, null_token, 2, "special token 1 is NULL" },
        { 0, 0, 0, with_return, 1, "special token 0" }, { 0, 0, 0, too_long, 1, "too long" } };
    size_t i, size;
    bert_learner *l = NULL;
    const char *vocab;
    bert_error err = {0};
    bert_learn_desc d = {0};
    memset(longest, 'x', sizeof longest - 1);
    d.error = &err;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        d.vocab_size = rows[i].vocab_size;
        d.min_frequency = rows[i].min_frequency;
        d.limit_alphabet = rows[i].limit_alphabet;
        d.specials = rows[i].specials;
        d.specials_count = rows[i].count;
        CHECK_INT(bert_learner_open(&d, &l), BERT_ERROR_ARGUMENT);
        CHECK(l == NULL);
        if (!strstr(err.message, rows[i].says)) TEST_FAIL("%s", err.message);
    }
    memset(&d, 0, sizeof d);
    d.vocab_size = 3;                                                   /* just the special tokens */
    d.specials = three;
    d.specials_count = 3;
    d.max_bytes = 1;                                                    /* the least there is */
    d.strip_accents = BERT_OFF;
    REQUIRE(bert_learner_open(&d, &l) == BERT_OK);
    CHECK_INT(bert_learner_add(l, "x y \xC3\xA9", 6), BERT_OK);
    CHECK_INT(bert_learner_finish(l, NULL, &size), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_learner_finish(l, &vocab, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_learner_finish(NULL, &vocab, &size), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_learner_finish(l, &vocab, &size), BERT_OK);
    CHECK_STR(vocab, "a\nb\nc\n");
    bert_learner_close(l);
}
/* Memory that runs out in the middle of a large text, many blocks of it; then the learner stays failed. */
static void test_failing_later(void)
{
    bytes text = make_text(3000000, 3000, 100, 22);
    size_t n, tries;
    for (n = 40, tries = 0; tries < 12; n += n / 3, tries++) {
        meter m = {0};
        bert_error err = {0};
        bert_learn_desc d = {0};
        bert_learner *l = NULL;
        const char *vocab;
        size_t size;
        bert_status st;
        m.fail_at = n;
        m.fail_on = 1;
        d.allocator = metered(&m);
        d.error = &err;
        d.vocab_size = 300;
        if (tries & 1) { d.parallel.run = run_reversed; d.parallel.width = 1; }
        st = bert_learner_open(&d, &l);
        if (st == BERT_OK) st = bert_learner_add(l, text.data, text.size);
        if (st == BERT_OK) st = bert_learner_finish(l, &vocab, &size);
        else if (l) {
            CHECK_INT(bert_learner_add(l, "a", 1), BERT_ERROR_MEMORY);
            CHECK_INT(bert_learner_finish(l, &vocab, &size), BERT_ERROR_MEMORY);
        }
        CHECK(st == BERT_OK || (st == BERT_ERROR_MEMORY && strstr(err.message, "out of memory")));
        bert_learner_close(l);
        CHECK(m.live == 0 && m.blocks == 0);
        if (st == BERT_OK) break;
    }
    CHECK(tries > 3);
    free(text.data);
}

static void test_opens(void)
{
    bytes text = make_text(300000, 5000, 10, 31), vocab = {0};
    bert_learn_desc d = {0};
    bert_tokenizer_desc t = {0};
    bert_tokenizer *tok = NULL;
    bert_encoding e = {0};
    int32_t *ids;
    size_t i;
    d.vocab_size = 3000;
    CHECK(learn(&d, text.data, text.size, WHOLE, &vocab, NULL) == BERT_OK);
    t.data = vocab.data;
    t.size = vocab.size;
    CHECK(bert_tokenizer_open(&t, &tok) == BERT_OK);
    CHECK(bert_tokenizer_size(tok) == 3000);
    ids = (int32_t *)malloc(text.size * sizeof *ids);
    e.ids = ids;
    e.capacity = text.size;
    CHECK(bert_tokenizer_encode(tok, text.data, text.size, &e) == BERT_OK);
    for (i = 0; i < e.count; i++) if (ids[i] == bert_tokenizer_special_ids(tok).unk) break;
    CHECK(e.count && i == e.count);                                     /* every character has its symbols */
    free(ids);
    bert_tokenizer_close(tok);
    free(text.data);
    free(vocab.data);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(test_small);
    TEST(test_limits);
    TEST(test_long_words);
    TEST(test_against_slow);
    TEST(test_deterministic);
    TEST(test_no_blanks);
    TEST(test_memory_bound);
    TEST(test_failing_allocations);
    TEST(test_arguments);
    TEST(test_refused);
    TEST(test_failing_later);
    TEST(test_opens);
    return test_end();
}
