/* unit_pretraining - tests of pre-training data: Python's random numbers, lists of files, instances.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   What Google's script makes of texts is in the goldens; here are the properties any data must have, both modes. */
#include "bert.h"
#include "test.h"
#include "faults.h"
#ifdef _WIN32
#include <direct.h>
#define mkdir(path, mode) _mkdir(path)
#define rmdir _rmdir
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

/* ---- Python's random numbers: printed by CPython 3.11 ---- */

static void random_numbers(void)
{
    static const struct { int64_t seed; double real[3], last; uint64_t bits64, bits33; int small[5]; int64_t below40, wide; int32_t shuffled[12]; } want[] = {
        { 2024, { 0x1.e15f76174224ap-2, 0x1.74df0ea503bb8p-1, 0x1.370a9899a035ep-2 }, 0.867461088388491, 7564799255298721054u, 7547189953u, { -1, 3, -2, 5, 2 },
          912054225463, 1098120175273061962, { 4, 0, 2, 9, 7, 6, 10, 3, 1, 11, 5, 8 } },
        { -9007199254740993, { 0x1.689ade27aa08ap-2, 0x1.595ebe46d970ap-2, 0x1.e426fcc99def0p-4 }, 0.7431212460181433, 3138283285796635464u, 1614760258u, { -5, 4, -2, 2, 4 },
          291641218083, -1018575675935577165, { 3, 5, 11, 6, 8, 4, 1, 2, 9, 0, 7, 10 } }
    };
    size_t i, k, width;
    for (i = 0; i < 2; i++) {
        bert_python_random r, before;
        int32_t x[12];
        int64_t y[12];
        unsigned char z[12][3];
        bert_python_random_seed(&r, want[i].seed);
        for (k = 0; k < 3; k++) CHECK(bert_python_random_real(&r) == want[i].real[k]);
        CHECK(bert_python_random_bits(&r, 1) == (i == 0));
        CHECK(bert_python_random_bits(&r, 64) == want[i].bits64);
        CHECK(bert_python_random_bits(&r, 33) == want[i].bits33);
        for (k = 0; k < 5; k++) CHECK_INT(bert_python_random_int(&r, -5, 5), want[i].small[k]);
        CHECK_INT(bert_python_random_int(&r, 0, (int64_t)1 << 40), want[i].below40);
        CHECK_INT(bert_python_random_int(&r, -((int64_t)1 << 62), (int64_t)1 << 62), want[i].wide);
        before = r;
        for (width = 3; width <= 8; width++) {                          /* items of any size are shuffled alike */
            if (width > 4 && width < 8) continue;
            r = before;
            for (k = 0; k < 12; k++) { x[k] = (int32_t)k; y[k] = (int64_t)k; z[k][0] = z[k][1] = z[k][2] = (unsigned char)k; }
            bert_python_random_shuffle(&r, width == 3 ? (void *)z : width == 4 ? (void *)x : (void *)y, 12, width);
            for (k = 0; k < 12; k++) CHECK_INT(width == 3 ? z[k][1] : width == 4 ? x[k] : y[k], want[i].shuffled[k]);
            CHECK(bert_python_random_real(&r) == want[i].last);
        }
    }
}
static void random_edges(void)
{
    bert_python_random a, b;
    int64_t one[1] = { 7 };
    bert_python_random_seed(&a, 5);
    b = a;
    CHECK(bert_python_random_bits(&a, 0) == 0);
    bert_python_random_shuffle(&a, one, 1, sizeof *one);
    bert_python_random_shuffle(&a, NULL, 0, sizeof *one);
    CHECK_INT(bert_python_random_int(&a, 3, 2), 3);
    CHECK(memcmp(&a, &b, sizeof a) == 0);                               /* none of these drew anything */
    CHECK_INT(bert_python_random_int(&a, 4, 4), 4);                     /* this one did, as Python does */
    CHECK(memcmp(&a, &b, sizeof a) != 0);
    bert_python_random_int(&a, INT64_MIN, INT64_MAX);
}
static void rounding(void)
{
    static const struct { double x, want; } cases[] = { { 0.5, 0 }, { 1.5, 2 }, { 2.5, 2 }, { -0.5, 0 }, { -1.5, -2 }, { -2.5, -2 }, { 0.49999999999999994, 0 },
        { 2.4999999, 2 }, { 2.5000001, 3 }, { -2.6, -3 }, { 1e300, 1e300 }, { 4503599627370497.0, 4503599627370497.0 }, { 19.2, 19 }, { 76.8, 77 } };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) CHECK(bert_python_round(cases[i].x) == cases[i].want);
}

/* ---- lists of files ---- */

static void write_text(const char *path, const char *text)
{
    bert_error err;
    if (bert_file_write(path, text, strlen(text), &err) != BERT_OK) TEST_FAIL("%s", err.message);
}
/* What the list means, one name after another with blanks between; or the error. */
static const char *meaning(const char *list)
{
    static char out[2000];
    bert_paths p;
    bert_error err;
    size_t i;
    memset(&err, 0, sizeof err);
    out[0] = 0;
    if (bert_paths_find(list, NULL, &p, &err) != BERT_OK) { snprintf(out, sizeof out, "ERROR %d %s", (int)err.code, err.message); return out; }
    for (i = 0; i < p.count; i++) snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "", p.path[i]);
    bert_paths_free(&p);
    CHECK(p.count == 0 && p.path == NULL);
    return out;
}
static void lists_of_files(void)
{
    static const char *const files[] = { "paths.tmp/b.txt", "paths.tmp/a.txt", "paths.tmp/b10.txt", "paths.tmp/\xC3\xA9.txt", "paths.tmp/.hidden", "paths.tmp/c,d", "paths.tmp/in/x.txt", "paths.tmp/in/y" };
    size_t i;
    mkdir("paths.tmp", 0777);
    mkdir("paths.tmp/in", 0777);
    for (i = 0; i < 8; i++) write_text(files[i], "x");
    CHECK_STR(meaning("paths.tmp/b.txt"), "paths.tmp/b.txt");
    CHECK_STR(meaning("paths.tmp/b.txt,paths.tmp/a.txt,,paths.tmp/b.txt"), "paths.tmp/b.txt paths.tmp/a.txt paths.tmp/b.txt");
    CHECK_STR(meaning("paths.tmp/*.txt"), "paths.tmp/a.txt paths.tmp/b.txt paths.tmp/b10.txt paths.tmp/\xC3\xA9.txt");
    CHECK_STR(meaning("paths.tmp/?.txt"), "paths.tmp/a.txt paths.tmp/b.txt paths.tmp/\xC3\xA9.txt");
    CHECK_STR(meaning("paths.tmp/[!a-a].txt,paths.tmp/[a].txt"), "paths.tmp/b.txt paths.tmp/a.txt");
    CHECK_STR(meaning("paths.tmp/b*"), "paths.tmp/b.txt paths.tmp/b10.txt");
    CHECK_STR(meaning("paths.tmp"), "paths.tmp/a.txt paths.tmp/b.txt paths.tmp/b10.txt paths.tmp/c,d paths.tmp/\xC3\xA9.txt");
    CHECK_STR(meaning("paths.tmp/"), "paths.tmp/a.txt paths.tmp/b.txt paths.tmp/b10.txt paths.tmp/c,d paths.tmp/\xC3\xA9.txt");
    CHECK_STR(meaning("paths.tm?/i*/*.txt"), "paths.tmp/in/x.txt");
    CHECK_STR(meaning("paths.tmp/.h*"), "paths.tmp/.hidden");
    CHECK_STR(meaning("paths.tmp/[^a].txt,paths.tmp/[a-a]*,paths.tmp/[b-c]10.txt"), "paths.tmp/b.txt paths.tmp/a.txt paths.tmp/b10.txt");
    CHECK_STR(meaning("paths.tmp/[]b].txt,paths.tmp/[c-a]*.txt,paths.tmp/[x-]*") , "ERROR 3 no file fits \"paths.tmp/[c-a]*.txt\": check the name, and that the folder is not empty");
    CHECK_STR(meaning("paths.tmp/[]b].txt,paths.tmp/[b-]**.txt,paths.tmp/**10**"), "paths.tmp/b.txt paths.tmp/b.txt paths.tmp/b10.txt paths.tmp/b10.txt");
    CHECK_STR(meaning("paths.tmp/*/x.txt"), "paths.tmp/in/x.txt");      /* files are no folders */
    CHECK(strncmp(meaning("paths.tmp/[a"), "ERROR 3 ", 8) == 0 && strncmp(meaning("paths.tmp/a.txt["), "ERROR 3 ", 8) == 0 && strncmp(meaning("paths.tmp/[!"), "ERROR 3 ", 8) == 0);
    {
        char name[400];
        memset(name, 'z', sizeof name);
        memcpy(name + 390, "*", 2);
        CHECK(strncmp(meaning(name), "ERROR 3 ", 8) == 0 && strstr(meaning(name), "zzz\": check the name") != NULL);
    }
    CHECK(strncmp(meaning("paths.tmp/a.txt,paths.tmp/nothing*"), "ERROR 3 ", 8) == 0 && strstr(meaning("paths.tmp/nothing*"), "\"paths.tmp/nothing*\"") != NULL);
    CHECK(strncmp(meaning("paths.tmp/missing.txt"), "ERROR 3 ", 8) == 0);
    CHECK(strncmp(meaning("nowhere.tmp/*"), "ERROR 3 ", 8) == 0);
    CHECK(strncmp(meaning(",,"), "ERROR 1 ", 8) == 0);
    for (i = 0; i < 8; i++) remove(files[i]);
    rmdir("paths.tmp/in");
    rmdir("paths.tmp");
}

/* ---- instances ---- */

enum { WORDS = 40 };                    /* w0 ... and pieces ##p0 ... */

static const char *vocab_text(void)
{
    static char out[4096];
    size_t n = 0;
    int i;
    n += (size_t)snprintf(out, sizeof out, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n.\n");
    for (i = 0; i < WORDS; i++) n += (size_t)snprintf(out + n, sizeof out - n, "w%c%c\n", 'a' + i / 10, 'a' + i % 10);
    for (i = 0; i < 10; i++) n += (size_t)snprintf(out + n, sizeof out - n, "##p%c\n", 'a' + i);
    snprintf(out + n, sizeof out - n, "\xE6\xA8\xA1\n\xE5\x9E\x8B\n\xE5\xA4\xA7\n\xE5\xB0\x8F\n");
    return out;
}
static bert_tokenizer *open_vocab(const char *text)
{
    bert_tokenizer_desc d;
    bert_tokenizer *t = NULL;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = strlen(text);
    if (bert_tokenizer_open(&d, &t) != BERT_OK) TEST_FAIL("the vocabulary does not open");
    return t;
}
/* Documents of random sentences of words of one to three pieces. Freed by the caller. */
static char *make_corpus(int documents, int sentences, uint64_t seed)
{
    const size_t room = (size_t)documents * ((size_t)sentences * 2 + 2) * 12 * 12 + 16;
    char *out = (char *)malloc(room);
    size_t n = 0;
    int d, s, w, p;
    if (!out) abort();
    for (d = 0; d < documents; d++) {
        const int count = 1 + (int)(test_random(&seed) % (unsigned)(2 * sentences));
        for (s = 0; s < count; s++) {
            const int words = 1 + (int)(test_random(&seed) % 10);
            for (w = 0; w < words; w++) {
                const int k = (int)(test_random(&seed) % WORDS), pieces = (int)(test_random(&seed) % 3);
                n += (size_t)snprintf(out + n, room - n, "w%c%c", 'a' + k / 10, 'a' + k % 10);
                for (p = 0; p < pieces; p++) n += (size_t)snprintf(out + n, room - n, "p%c", (int)('a' + test_random(&seed) % 10));
                out[n++] = ' ';
            }
            out[n++] = '.';
            out[n++] = '\n';
        }
        out[n++] = '\n';
    }
    out[n] = 0;
    return out;
}

/* All instances of a run, as numbers: length, first, masked, random, ids, positions, before. */
typedef struct made { int32_t *v; size_t size, room; int64_t count; int stop_at; } made;

static void made_add(made *m, const int32_t *v, size_t n)
{
    if (m->size + n > m->room) {
        m->room = (m->size + n) * 2;
        m->v = (int32_t *)realloc(m->v, m->room * sizeof *m->v);
        if (!m->v) abort();
    }
    memcpy(m->v + m->size, v, n * sizeof *v);
    m->size += n;
}
static int take(void *user, const bert_instance *in)
{
    made *m = (made *)user;
    int32_t head[4];
    CHECK_INT(in->index, m->count);
    if (m->stop_at && in->index == m->stop_at) return 1;
    m->count++;
    head[0] = in->length; head[1] = in->first; head[2] = in->masked; head[3] = in->is_random_next;
    made_add(m, head, 4);
    made_add(m, in->ids, (size_t)in->length);
    made_add(m, in->masked_positions, (size_t)in->masked);
    made_add(m, in->masked_ids, (size_t)in->masked);
    return 0;
}
static int same_made(const made *a, const made *b) { return a->size == b->size && a->count == b->count && memcmp(a->v, b->v, a->size * sizeof *a->v) == 0; }
static void made_free(made *m) { free(m->v); memset(m, 0, sizeof *m); }

static bert_pretraining_desc start(const bert_tokenizer *t, const bert_bytes *text, made *m, bert_error *err)
{
    bert_pretraining_desc d;
    memset(&d, 0, sizeof d);
    memset(m, 0, sizeof *m);
    memset(err, 0, sizeof *err);
    d.tokenizer = t;
    d.texts = text;
    d.text_count = 1;
    d.each = take;
    d.user = m;
    d.max_seq_length = 32;
    d.max_predictions = 5;
    d.dupe_factor = 3;
    d.error = err;
    return d;
}
static void backwards(void *user, int64_t n, bert_task task, void *arg)
{
    (void)user;
    while (n--) task(arg, n);
}

/* What every instance must be; counts what the masks became. */
static void check_instances(const bert_pretraining_desc *d, const made *m, const bert_pretraining_counts *counts, int64_t tally[4])
{
    const bert_special_ids ids = bert_tokenizer_special_ids(d->tokenizer);
    size_t at = 0;
    int64_t n = 0, masked = 0, random = 0, written = 0, bad = 0;
    memset(tally, 0, 4 * sizeof *tally);
    for (; at < m->size; n++) {
        const int32_t length = m->v[at], first = m->v[at + 1], count = m->v[at + 2];
        const int32_t *v = m->v + at + 4, *positions = v + length, *before = positions + count;
        const double want = bert_python_round(length * (d->masked_lm_prob ? d->masked_lm_prob : 0.15));
        int32_t k, most = want < 1 ? 1 : want < d->max_predictions ? (int32_t)want : d->max_predictions;
        bad += length > d->max_seq_length || length < 5 || first < 3 || first > length - 2;
        bad += v[0] != ids.cls || v[first - 1] != ids.sep || v[length - 1] != ids.sep;
        bad += d->masking == BERT_MASKING_PIECES ? count != (most < length - 3 ? most : length - 3) : count > most;
        for (k = 0; k < count; k++) {
            bad += positions[k] <= (k ? positions[k - 1] : 0) || positions[k] >= length - 1 || positions[k] == first - 1;
            bad += before[k] == ids.cls || before[k] == ids.sep || before[k] == ids.mask;
            tally[v[positions[k]] == ids.mask ? 0 : v[positions[k]] == before[k] ? 1 : 2]++;
        }
        masked += count;
        random += m->v[at + 3];
        written += length;
        at += 4 + (size_t)length + 2 * (size_t)count;
    }
    CHECK_INT(bad, 0);
    CHECK_INT(n, m->count);
    CHECK_INT(counts->instances, n);
    CHECK_INT(counts->masked, masked);
    CHECK_INT(counts->random_next, random);
    CHECK_INT(counts->written, written);
    tally[3] = random;
}
/* The same result with any threads, and from a text in memory or in files; the shares that are drawn. */
static void modes(int streaming, bert_masking masking)
{
    bert_tokenizer *t = open_vocab(vocab_text());
    char *text = make_corpus(400, 8, 77);
    bert_bytes whole;
    bert_pretraining_desc d;
    bert_pretraining_counts counts, again;
    bert_error err;
    bert_pool *pool = NULL;
    made one, other;
    int64_t tally[4], seed = 4;
    int k;
    whole.data = text;
    whole.size = strlen(text);
    d = start(t, &whole, &one, &err);
    d.streaming = streaming;
    d.masking = masking;
    if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("%s", err.message);
    check_instances(&d, &one, &counts, tally);
    CHECK_INT(counts.documents, 400);
    CHECK_INT(counts.bytes, (int64_t)whole.size);
    CHECK(one.count > 2000);
    CHECK(fabs((double)tally[0] / (double)counts.masked - 0.8) < 0.03); /* of thousands: 5 deviations are less */
    CHECK(fabs((double)tally[1] / (double)counts.masked - 0.1) < 0.03);
    CHECK(tally[3] * 10 > one.count * 4 && tally[3] * 10 < one.count * 8);
    for (k = 0; k < 4; k++) {                                           /* two, five, lent threads; files */
        const char *const paths[] = { "pretraining.tmp.1", "pretraining.tmp.2" };
        d = start(t, &whole, &other, &err);
        d.streaming = streaming;
        d.masking = masking;
        if (k < 2 && bert_pool_open(k ? 5 : 2, NULL, &pool) == BERT_OK) d.parallel = bert_pool_parallel(pool);
        if (k == 2) { d.parallel.run = backwards; d.parallel.width = 7; }
        if (k == 3) {
            const size_t half = (size_t)(strchr(text + whole.size / 2, '\n') - text) + 1;
            CHECK(bert_file_write(paths[0], text, half, NULL) == BERT_OK);
            CHECK(bert_file_write(paths[1], text + half, whole.size - half, NULL) == BERT_OK);
            d.text_count = 0;
            d.paths = paths;
            d.path_count = 2;
        }
        if (bert_pretraining_data(&d, &again) != BERT_OK) TEST_FAIL("%s", err.message);
        if (!same_made(&one, &other)) TEST_FAIL("run %d gives something else", k);
        CHECK(memcmp(&counts, &again, sizeof counts) == 0);
        made_free(&other);
        bert_pool_close(pool);
        pool = NULL;
        remove(paths[0]);
        remove(paths[1]);
    }
    d = start(t, &whole, &other, &err);                                 /* another seed: other instances */
    d.streaming = streaming;
    d.masking = masking;
    d.seed = &seed;
    CHECK(bert_pretraining_data(&d, NULL) == BERT_OK && !same_made(&one, &other));
    made_free(&other);
    made_free(&one);
    bert_tokenizer_close(t);
    free(text);
}
static void reference(void) { modes(0, BERT_MASKING_PIECES); }
static void reference_whole_words(void) { modes(0, BERT_MASKING_WORDS); }
static void streaming(void) { modes(1, BERT_MASKING_PIECES); }
static void streaming_whole_words(void) { modes(1, BERT_MASKING_WORDS); }

/* A multiset of instances by what they were before masking, as a sum of hashes. */
static uint64_t unmasked_sum(const made *m)
{
    uint64_t sum = 0;
    size_t at = 0;
    int32_t *v = (int32_t *)malloc(70000 * sizeof *v), k;
    if (!v) abort();
    while (at < m->size) {
        const int32_t length = m->v[at], count = m->v[at + 2];
        uint64_t h = 1469598103934665603u;
        memcpy(v, m->v + at + 4, (size_t)length * sizeof *v);
        for (k = 0; k < count; k++) v[m->v[at + 4 + (size_t)length + (size_t)k]] = m->v[at + 4 + (size_t)length + (size_t)count + (size_t)k];
        for (k = 0; k < length; k++) h = (h ^ (uint64_t)v[k]) * 1099511628211u;
        sum += h;
        at += 4 + (size_t)length + 2 * (size_t)count;
    }
    free(v);
    return sum;
}
/* With less memory the instances take their way through more buckets and the scratch file: nothing is lost or doubled there. (All
   documents fit into one bucket in both runs, so that the same instances are made.) */
static void nothing_is_lost(void)
{
    bert_tokenizer *t = open_vocab(vocab_text());
    const int documents = 10000;
    char *text = (char *)malloc((size_t)documents * 80 + 1);
    size_t n = 0;
    bert_bytes whole;
    bert_pretraining_desc d;
    bert_pretraining_counts counts;
    bert_error err;
    made all, small, threads;
    bert_pool *pool = NULL;
    int i, k;
    if (!text) abort();
    for (i = 0; i < documents; i++) {                                   /* each of one sentence */
        for (k = 0; k < 5; k++) n += (size_t)sprintf(text + n, "w%c%c ", 'a' + ((i >> (2 * k)) & 3), 'a' + i % 10);
        n += (size_t)sprintf(text + n, ".\n\n");
    }
    whole.data = text;
    whole.size = n;
    d = start(t, &whole, &all, &err);
    d.streaming = 1;
    d.short_seq_prob = -1;
    d.dupe_factor = 40;
    if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("%s", err.message);
    CHECK_INT(counts.scratch, 0);
    CHECK_INT(counts.instances, 40 * documents);
    d = start(t, &whole, &small, &err);
    d.streaming = 1;
    d.short_seq_prob = -1;
    d.dupe_factor = 40;
    d.max_bytes = (size_t)16 << 20;
    d.scratch = "pretraining.tmp.scratch";
    if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("%s", err.message);
    CHECK(counts.scratch > 0);
    CHECK_INT(counts.instances, 40 * documents);
    CHECK(!same_made(&all, &small));                                    /* in another order, the same: nothing lost or doubled */
    CHECK(unmasked_sum(&all) == unmasked_sum(&small));
    d = start(t, &whole, &threads, &err);
    d.streaming = 1;
    d.short_seq_prob = -1;
    d.dupe_factor = 40;
    d.max_bytes = (size_t)16 << 20;
    d.scratch = "pretraining.tmp.scratch";
    if (bert_pool_open(3, NULL, &pool) == BERT_OK) d.parallel = bert_pool_parallel(pool);
    if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("%s", err.message);
    CHECK(same_made(&small, &threads));
    CHECK(fopen("pretraining.tmp.scratch", "rb") == NULL);
    bert_pool_close(pool);
    made_free(&all);
    made_free(&small);
    made_free(&threads);
    bert_tokenizer_close(t);
    free(text);
}

/* Memory stays where it was told to, whatever the corpus; counted by the allocator. */
static void bounded_memory(void)
{
    bert_tokenizer *t = open_vocab(vocab_text());
    char *text = make_corpus(6000, 30, 5);
    bert_bytes twice[6];
    bert_pretraining_desc d;
    bert_pretraining_counts counts;
    bert_error err;
    made m;
    test_faults f;
    size_t i, peak[2] = { 0, 0 };
    int k;
    for (i = 0; i < 6; i++) { twice[i].data = text; twice[i].size = strlen(text); }
    for (k = 0; k < 2; k++) {
        const char *const out[] = { "pretraining.tmp.record" };
        memset(&f, 0, sizeof f);
        d = start(t, twice, &m, &err);
        d.text_count = k ? 6 : 2;
        d.each = NULL;
        d.outputs = out;
        d.output_count = 1;
        d.streaming = 1;
        d.dupe_factor = 5;
        d.max_bytes = (size_t)16 << 20;
        d.allocator = test_faults_allocator(&f);
        if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("%s", err.message);
        CHECK(counts.scratch > (int64_t)d.max_bytes);
        CHECK(f.peak < d.max_bytes + ((size_t)8 << 20));
        CHECK_INT(f.live, 0);
        peak[k] = f.peak;
        remove(out[0]);
    }
    CHECK(peak[1] < peak[0] + peak[0] / 4);
    for (k = 0; k < 2; k++) {                                           /* a scratch file that is not named; one that is there already */
        d = start(t, twice, &m, &err);
        d.text_count = 2;
        d.streaming = 1;
        d.max_bytes = (size_t)16 << 20;
        d.scratch = k ? "pretraining.tmp.scratch" : NULL;
        write_text("pretraining.tmp.scratch", "x");
        CHECK(bert_pretraining_data(&d, &counts) == (k ? BERT_ERROR_IO : BERT_ERROR_ARGUMENT));
        if (!strstr(err.message, k ? "cannot create the scratch file (it must not exist)" : "name a scratch file")) TEST_FAIL("%s", err.message);
        made_free(&m);
        remove("pretraining.tmp.scratch");
    }
    bert_tokenizer_close(t);
    free(text);
}

/* "Not followed by white space" makes Chinese characters words. */
static void segmented(void)
{
    static const char text[] = "\xE5\xA4\xA7\xE6\xA8\xA1\xE5\x9E\x8B \xE5\xB0\x8F\xE6\xA8\xA1\xE5\x9E\x8B .\n\xE5\xB0\x8F \xE6\xA8\xA1\xE5\x9E\x8B \xE5\xA4\xA7 wbapa\n\n\xE6\xA8\xA1\xE5\x9E\x8B \xE5\xA4\xA7\xE5\xB0\x8F\n";
    bert_tokenizer *t = open_vocab(vocab_text());
    const int32_t mo = bert_tokenizer_id(t, "\xE6\xA8\xA1", 3), xing = bert_tokenizer_id(t, "\xE5\x9E\x8B", 3);
    bert_bytes whole;
    bert_pretraining_desc d;
    bert_error err;
    made m;
    size_t at;
    long apart[2], streams, mode, together = 0;
    whole.data = text;
    whole.size = sizeof text - 1;
    for (streams = 0; streams < 2; streams++) {
        for (mode = 0; mode < 2; mode++) {
            d = start(t, &whole, &m, &err);
            d.masking = mode ? BERT_MASKING_SEGMENTED : BERT_MASKING_WORDS;
            d.streaming = (int32_t)streams;
            d.dupe_factor = 200;
            d.masked_lm_prob = 0.3;
            if (bert_pretraining_data(&d, NULL) != BERT_OK) TEST_FAIL("%s", err.message);
            CHECK(m.count > 300);
            apart[mode] = 0;
            for (at = 0; at < m.size;) {                                /* was one of "mo xing" predicted without the other? */
                const int32_t *v = m.v + at, length = v[0], count = v[2], *position = v + 4 + length, *before = position + count;
                int32_t k;
                for (k = 0; k < count; k++) {
                    const int next = k + 1 < count && position[k + 1] == position[k] + 1 && before[k + 1] == xing;
                    if (before[k] == mo && position[k] + 2 < length && position[k] + 2 != v[1]) { if (next) together++; else if (v[4 + position[k] + 1] == xing) apart[mode]++; }
                }
                for (k = 0; k < length; k++) if (v[4 + k] < 0 || v[4 + k] >= bert_tokenizer_size(t)) TEST_FAIL("id %d", (int)v[4 + k]);
                at += 4 + (size_t)length + 2 * (size_t)count;
            }
            made_free(&m);
        }
        CHECK_INT(apart[1], 0);
        CHECK(apart[0] > 20);
    }
    CHECK(together > 20);
    bert_tokenizer_close(t);
}

/* Lines: white space of all kinds ends a document, \r is nothing, the end of a text ends a line and no document. */
static void lines(void)
{
    static const struct { const char *text; int documents, sentences; } cases[] = {
        { "waa\nwab\n", 1, 2 }, { "waa\n\nwab", 2, 2 }, { "waa\r\n\r\nwab\r\n", 2, 2 }, { "waa\n\xE3\x80\x80\xC2\xA0 \t\n\x0C\nwab\n", 2, 2 }, { "waa\n\x01\nwab\n", 1, 2 },
        { "wa\ra\n", 1, 1 }, { "\n\n \nwaa\n\n\n", 1, 1 }, { "waa", 1, 1 }, { "waa\n\r", 1, 1 }, { "\x1C\x1D\n\xC2\x85\nwaa\n", 1, 1 } };
    bert_tokenizer *t = open_vocab(vocab_text());
    bert_pretraining_desc d;
    bert_pretraining_counts counts;
    bert_error err;
    bert_bytes two[2];
    made m;
    size_t i;
    int k;
    for (i = 0; i < sizeof cases / sizeof *cases; i++)
        for (k = 0; k < 2; k++) {
            two[0].data = cases[i].text;
            two[0].size = strlen(cases[i].text);
            d = start(t, two, &m, &err);
            d.streaming = k;
            if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("case %d: %s", (int)i, err.message);
            if (counts.documents != cases[i].documents || counts.sentences != cases[i].sentences) TEST_FAIL("case %d: %d documents, %d sentences", (int)i, (int)counts.documents, (int)counts.sentences);
            if (counts.tokens != counts.sentences) TEST_FAIL("case %d: %d tokens", (int)i, (int)counts.tokens);
            made_free(&m);
        }
    two[0].data = "waa\nwab"; two[0].size = 7;
    two[1].data = "wac\n\nwad"; two[1].size = 8;
    d = start(t, two, &m, &err);
    d.text_count = 2;
    CHECK(bert_pretraining_data(&d, &counts) == BERT_OK);
    CHECK_INT(counts.documents, 2);
    CHECK_INT(counts.sentences, 4);
    made_free(&m);
    two[0].data = "\n \n"; two[0].size = 3;                             /* no text at all is no error: an empty output */
    for (k = 0; k < 2; k++) {
        d = start(t, two, &m, &err);
        d.streaming = k;
        CHECK(bert_pretraining_data(&d, &counts) == BERT_OK);
        CHECK_INT(counts.instances, 0);
    }
    bert_tokenizer_close(t);
}

static int stop_at_once(void *user, const bert_pretraining_progress *p)
{
    int *calls = (int *)user;
    CHECK(p->stage != NULL && p->done >= 0);
    return ++*calls >= 1;
}
/* A document that is larger than what a bucket has room for goes as a whole; one that is larger than any may be, in parts. */
static void long_documents(void)
{
    bert_tokenizer *t = open_vocab(vocab_text());
    char *text = (char *)malloc(400000);
    bert_pretraining_counts counts;
    bert_pretraining_desc d;
    bert_bytes whole;
    bert_error err;
    made m;
    int k, i;
    if (!text) abort();
    for (k = 0; k < 2; k++) {
        const int words = k ? 70000 : 45000;
        size_t n = 0;
        for (i = 0; i < words; i++) { memcpy(text + n, i % 100 == 99 ? "waa\n" : "wab ", 4); n += 4; }
        whole.data = text;
        whole.size = n;
        d = start(t, &whole, &m, &err);
        d.streaming = 1;
        d.max_bytes = (size_t)16 << 20;
        d.dupe_factor = 1;
        d.max_seq_length = 64;
        if (bert_pretraining_data(&d, &counts) != BERT_OK) TEST_FAIL("%s", err.message);
        CHECK_INT(counts.documents, k + 1);
        CHECK_INT(counts.sentences, words / 100);
        CHECK_INT(counts.tokens, words);
        CHECK(m.count >= words / 200);
        made_free(&m);
    }
    free(text);
    bert_tokenizer_close(t);
}
/* Asked now and then, at every stage; non-zero stops there. */
typedef struct asked { const char *stop; int reading, making, writing; int64_t done; } asked;
static int ask(void *user, const bert_pretraining_progress *p)
{
    asked *a = (asked *)user;
    a->reading += strcmp(p->stage, "reading") == 0;
    a->making += strcmp(p->stage, "making") == 0;
    a->writing += strcmp(p->stage, "writing") == 0;
    a->done = p->done;
    return a->stop && strcmp(a->stop, p->stage) == 0;
}
static void progress(void)
{
    static const char *const stages[] = { "reading", "making", "writing", NULL }, *const outs[] = { "pretraining.tmp.a" };
    bert_tokenizer *t = open_vocab(vocab_text());
    char *text = make_corpus(300, 1, 8);
    bert_pretraining_desc d;
    bert_bytes whole;
    bert_error err;
    asked a;
    made m;
    int streams, k;
    whole.data = text;
    whole.size = strlen(text);
    for (streams = 0; streams < 2; streams++)
        for (k = 0; k < 4; k++) {
            bert_status st;
            memset(&a, 0, sizeof a);
            a.stop = stages[k];
            d = start(t, &whole, &m, &err);
            d.each = NULL;
            d.outputs = outs;
            d.output_count = 1;
            d.progress = ask;
            d.user = &a;
            d.streaming = streams;
            st = bert_pretraining_data(&d, NULL);
            if (st != (stages[k] ? BERT_ERROR_STOPPED : BERT_OK) || (st && !strstr(err.message, "stopped by the caller"))) TEST_FAIL("mode %d, stop at %s: %d %s", streams, stages[k] ? stages[k] : "nothing", (int)st, err.message);
            CHECK(a.reading > 0 && (a.making > 0) == (k != 0) && (a.writing > 0) == (k > 1));
            CHECK((remove(outs[0]) == 0) == (k == 3));                 /* a file is there, or none */
        }
    free(text);
    bert_tokenizer_close(t);
}
static void errors(void)
{
    static const char *const outs[] = { "pretraining.tmp.a", "pretraining.tmp.b" }, *const nowhere[] = { "pretraining.tmp.a", "no such folder/x" };
    static const char *const missing[] = { "no such file.txt" };
    bert_tokenizer *t = open_vocab(vocab_text()), *no_mask = open_vocab("[UNK]\n[CLS]\n[SEP]\nwaa\n"), *no_unk = open_vocab("[CLS]\n[SEP]\n[MASK]\nwaa\n");
    bert_tokenizer *no_cls = open_vocab("[UNK]\n[SEP]\n[MASK]\nwaa\n"), *no_sep = open_vocab("[UNK]\n[CLS]\n[MASK]\nwaa\n");
    bert_pretraining_desc d;
    bert_error err;
    bert_bytes text;
    made m;
    int calls = 0, k;
    char *big;
    text.data = "waa\n\nwab\n\nwac w\xFF" "d\n";
    text.size = strlen(text.data);
#define FAILS(code_, words) do { \
        if (bert_pretraining_data(&d, NULL) != (code_)) TEST_FAIL("answers %d (%s)", (int)err.code, err.message); \
        else if (!strstr(err.message, words)) TEST_FAIL("does not say \"%s\": %s", words, err.message); \
        made_free(&m); } while (0)
    d = start(t, &text, &m, &err); FAILS(BERT_ERROR_FORMAT, "line 5 is not UTF-8");
    CHECK_INT(err.line, 5);
    d = start(t, &text, &m, &err); d.streaming = 1;
    { bert_pretraining_counts c; CHECK(bert_pretraining_data(&d, &c) == BERT_OK); CHECK_INT(c.not_utf8, 1); made_free(&m); }
    text.size = 8;
    d = start(NULL, &text, &m, &err); FAILS(BERT_ERROR_ARGUMENT, "tokenizer");
    d = start(no_mask, &text, &m, &err); FAILS(BERT_ERROR_MISMATCH, "[MASK]");
    d = start(no_unk, &text, &m, &err); FAILS(BERT_ERROR_MISMATCH, "line 3 has a word that needs [UNK]");
    d = start(t, &text, &m, &err); d.max_seq_length = 4; FAILS(BERT_ERROR_ARGUMENT, "max_seq_length is 4");
    d = start(t, &text, &m, &err); d.max_seq_length = 65536; FAILS(BERT_ERROR_ARGUMENT, "max_seq_length is 65536");
    d = start(t, &text, &m, &err); d.max_predictions = -1; FAILS(BERT_ERROR_ARGUMENT, "max_predictions");
    d = start(t, &text, &m, &err); d.dupe_factor = -1; FAILS(BERT_ERROR_ARGUMENT, "dupe_factor");
    d = start(t, &text, &m, &err); d.masked_lm_prob = 1.5; FAILS(BERT_ERROR_ARGUMENT, "share");
    d = start(t, &text, &m, &err); d.short_seq_prob = NAN; FAILS(BERT_ERROR_ARGUMENT, "share");
    d = start(t, &text, &m, &err); d.text_count = 0; FAILS(BERT_ERROR_ARGUMENT, "paths or texts");
    d = start(t, &text, &m, &err); d.each = NULL; FAILS(BERT_ERROR_ARGUMENT, "outputs");
    d = start(t, &text, &m, &err); d.paths = missing; d.path_count = 1; FAILS(BERT_ERROR_ARGUMENT, "paths or texts");
    d = start(t, &text, &m, &err); d.text_count = 0; d.path_count = 1; FAILS(BERT_ERROR_ARGUMENT, "paths or texts");
    d = start(t, NULL, &m, &err); FAILS(BERT_ERROR_ARGUMENT, "paths or texts");
    d = start(t, &text, &m, &err); d.output_count = 1; FAILS(BERT_ERROR_ARGUMENT, "outputs");
    d = start(t, &text, &m, &err); d.max_predictions = 65536; FAILS(BERT_ERROR_ARGUMENT, "max_predictions is 65536");
    d = start(t, &text, &m, &err); d.masking = (bert_masking)3; FAILS(BERT_ERROR_ARGUMENT, "masking");
    d = start(no_cls, &text, &m, &err); FAILS(BERT_ERROR_MISMATCH, "[CLS]");
    d = start(no_sep, &text, &m, &err); FAILS(BERT_ERROR_MISMATCH, "[SEP]");
    d = start(t, &text, &m, &err); d.max_seq_length = d.max_predictions = d.dupe_factor = 0;       /* Google's numbers */
    { bert_pretraining_counts c; CHECK(bert_pretraining_data(&d, &c) == BERT_OK && c.instances == 20 && m.count == 20); made_free(&m); }
    d = start(t, &text, &m, &err); d.streaming = 1; d.max_bytes = 1000; FAILS(BERT_ERROR_ARGUMENT, "16 MB");
    d = start(t, &text, &m, &err); d.text_count = 0; d.paths = missing; d.path_count = 1; FAILS(BERT_ERROR_IO, "no such file.txt");
    d = start(t, &text, &m, &err); d.outputs = nowhere; d.output_count = 2; FAILS(BERT_ERROR_IO, "no such folder");
    d = start(t, &text, &m, &err); d.outputs = outs; d.output_count = 2; m.stop_at = 1; FAILS(BERT_ERROR_STOPPED, "instance 1");
    for (k = 0; k < 2; k++) {
        calls = 0;
        d = start(t, &text, &m, &err); d.each = NULL; d.outputs = outs; d.output_count = 2; d.progress = stop_at_once; d.user = &calls; d.streaming = k; FAILS(BERT_ERROR_STOPPED, "stopped");
    }
    CHECK(fopen(outs[0], "rb") == NULL && fopen(outs[1], "rb") == NULL);
    big = (char *)malloc(3000000);                                      /* one endless line: streaming refuses it, reference reads it */
    if (!big) abort();
    for (k = 0; k < 750000; k++) memcpy(big + 4 * k, "waa ", 4);
    text.data = big;
    text.size = 3000000;
    d = start(t, &text, &m, &err); d.streaming = 1; d.max_bytes = (size_t)16 << 20; FAILS(BERT_ERROR_TOO_LONG, "a sentence on each line");
    d = start(t, &text, &m, &err);
    CHECK(bert_pretraining_data(&d, NULL) == BERT_OK && m.count == 3);
    made_free(&m);
    free(big);
    bert_tokenizer_close(t);
    bert_tokenizer_close(no_mask);
    bert_tokenizer_close(no_unk);
    bert_tokenizer_close(no_cls);
    bert_tokenizer_close(no_sep);
}
/* Each allocation fails once: the answer is "out of memory", nothing leaks, no file is left. */
static void out_of_memory(void)
{
    static const char *const outs[] = { "pretraining.tmp.a", "pretraining.tmp.b" };
    bert_tokenizer *t = open_vocab(vocab_text());
    char *text = make_corpus(6, 4, 9);
    bert_bytes whole;
    bert_pretraining_desc d;
    bert_error err;
    made m;
    int streams, once;
    whole.data = text;
    whole.size = strlen(text);
    for (streams = 0; streams < 2; streams++)
        for (once = 0; once < 2; once++) {
            long n;
            for (n = 1; ; n++) {
                test_faults f;
                bert_status st;
                memset(&f, 0, sizeof f);
                f.fail_at = n;
                f.once = once;
                d = start(t, &whole, &m, &err);
                d.masking = BERT_MASKING_SEGMENTED;
                d.outputs = outs;
                d.output_count = 2;
                d.streaming = streams;
                d.parallel.run = backwards;
                d.parallel.width = 2;
                d.allocator = test_faults_allocator(&f);
                st = bert_pretraining_data(&d, NULL);
                made_free(&m);
                if (f.live) { TEST_FAIL("allocation %ld: %ld blocks leak", n, f.live); break; }
                if (st == BERT_OK) { CHECK(f.count < n || once); break; }
                if (st != BERT_ERROR_MEMORY || !strstr(err.message, "out of memory")) { TEST_FAIL("allocation %ld: %d %s", n, (int)st, err.message); break; }
                CHECK(fopen(outs[0], "rb") == NULL && fopen(outs[1], "rb") == NULL);
            }
            if (n <= 20) TEST_FAIL("mode %d, once %d: survives allocation %ld", streams, once, n);
            remove(outs[0]);
            remove(outs[1]);
        }
    bert_tokenizer_close(t);
    free(text);
}
/* What is written is what `each` sees, dealt out in turn. */
static void files(void)
{
    static const char *const outs[] = { "pretraining.tmp.0", "pretraining.tmp.1", "pretraining.tmp.2" };
    bert_tokenizer *t = open_vocab(vocab_text());
    char *text = make_corpus(40, 6, 21);
    bert_bytes whole;
    bert_pretraining_desc d;
    bert_error err;
    bert_records *r[3] = { NULL, NULL, NULL };
    bert_records_desc rd;
    bert_example e;
    made m;
    size_t at = 0, n = 0;
    int k;
    memset(&e, 0, sizeof e);
    whole.data = text;
    whole.size = strlen(text);
    d = start(t, &whole, &m, &err);
    d.outputs = outs;
    d.output_count = 3;
    if (bert_pretraining_data(&d, NULL) != BERT_OK) TEST_FAIL("%s", err.message);
    for (k = 0; k < 3; k++) {
        memset(&rd, 0, sizeof rd);
        rd.path = outs[k];
        if (bert_records_open(&rd, &r[k]) != BERT_OK) TEST_FAIL("%s does not open", outs[k]);
    }
    for (; at < m.size; n++) {
        const int32_t *v = m.v + at, length = v[0], first = v[1], count = v[2];
        int32_t ids[32], mask[32], segments[32], positions[5], labels[5], next, j;
        float weights[5];
        const void *data = NULL;
        size_t size = 0;
        if (bert_records_next(r[n % 3], &data, &size, &err) != BERT_OK || !data) { TEST_FAIL("record %d is missing", (int)n); break; }
        if (bert_example_parse(&e, data, size, NULL, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
        CHECK_INT(e.count, 7);
        if (bert_example_ints(&e, "input_ids", ids, 32, &err) || bert_example_ints(&e, "input_mask", mask, 32, &err) || bert_example_ints(&e, "segment_ids", segments, 32, &err) ||
            bert_example_ints(&e, "masked_lm_positions", positions, 5, &err) || bert_example_ints(&e, "masked_lm_ids", labels, 5, &err) ||
            bert_example_floats(&e, "masked_lm_weights", weights, 5, &err) || bert_example_ints(&e, "next_sentence_labels", &next, 1, &err)) { TEST_FAIL("%s", err.message); break; }
        for (j = 0; j < 32; j++)
            if (ids[j] != (j < length ? v[4 + j] : 0) || mask[j] != (j < length) || segments[j] != (j >= first && j < length)) TEST_FAIL("record %d, token %d", (int)n, (int)j);
        for (j = 0; j < 5; j++)
            if (positions[j] != (j < count ? v[4 + length + j] : 0) || labels[j] != (j < count ? v[4 + length + count + j] : 0) || weights[j] != (j < count ? 1.0f : 0.0f)) TEST_FAIL("record %d, mask %d", (int)n, (int)j);
        CHECK_INT(next, v[3]);
        at += 4 + (size_t)length + 2 * (size_t)count;
    }
    for (k = 0; k < 3; k++) {
        const void *data = NULL;
        size_t size = 0;
        CHECK(bert_records_next(r[k], &data, &size, &err) == BERT_OK && !data);
        bert_records_close(r[k]);
        remove(outs[k]);
    }
    bert_example_free(&e);
    made_free(&m);
    bert_tokenizer_close(t);
    free(text);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(random_numbers);
    TEST(random_edges);
    TEST(rounding);
    TEST(lists_of_files);
    TEST(reference);
    TEST(reference_whole_words);
    TEST(streaming);
    TEST(streaming_whole_words);
    TEST(nothing_is_lost);
    TEST(bounded_memory);
    TEST(segmented);
    TEST(lines);
    TEST(long_documents);
    TEST(progress);
    TEST(errors);
    TEST(out_of_memory);
    TEST(files);
    return test_end();
}
