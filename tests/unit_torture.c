/* unit_torture.c - many threads over one model, ten thousand times open and close, files and tensors larger than 2^31
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "holes.h"
#include "bert.h"
#include "test.h"
#include "faults.h"
#include "random_model.h"

#define WEIGHTS "unit_torture.tmp.safetensors"

static bert_model *model;
static bert_tokenizer *tokenizer;

static bert_model *make_model(const bert_allocator *a)
{
    bert_config c;
    bert_model_desc d;
    bert_model *m = NULL;
    bert_error e;
    memset(&c, 0, sizeof c);
    memset(&d, 0, sizeof d);
    c.hidden_size = 24;
    c.layers = 2;
    c.heads = 3;
    c.intermediate_size = 40;
    c.vocab_size = 30;
    c.max_positions = 20;
    c.type_vocab_size = 2;
    c.activation = BERT_GELU_ERF;
    c.layer_norm_eps = 1e-12;
    if (!a && random_model_write(WEIGHTS, &c, BERT_HEAD_POOLER | BERT_HEAD_MLM, 0, 7, &e)) { printf("%s\n", e.message); return NULL; }
    d.path = WEIGHTS;
    d.config = &c;
    d.heads = BERT_HEAD_POOLER | BERT_HEAD_MLM;
    d.error = &e;
    if (a) d.allocator = *a;
    if (bert_model_open(&d, &m)) printf("%s\n", e.message);
    return m;
}

/* ---- eight threads, each opening, using and closing sessions of its own over one model and one tokenizer ---- */

enum { THREADS = 8, ROUNDS = 12, C = 24, MOST = 20 };
typedef struct work { float hidden[MOST * C], pooled[C]; int64_t tokens; bert_status status; int64_t differs; } work;

static bert_status one_run(bert_session *s, int which, work *w)
{
    static const char *const texts[] = { "the dog runs", "a cat naps, the dog runs a lot of times", "dog", "the the the cat. a dog, a cat. naps" };
    int32_t ids[MOST];
    int64_t offsets[2] = { 0, 0 };
    bert_encoding e;
    bert_batch b;
    bert_result r;
    bert_status st;
    memset(&e, 0, sizeof e);
    memset(&b, 0, sizeof b);
    memset(&r, 0, sizeof r);
    e.ids = ids;
    e.capacity = MOST;
    st = bert_tokenizer_encode(tokenizer, texts[which], strlen(texts[which]), &e);
    if (st != BERT_OK) return st;
    w->tokens = offsets[1] = (int64_t)e.count;
    b.sequences = 1;
    b.offsets = offsets;
    b.ids = ids;
    r.hidden = w->hidden;
    r.pooled = w->pooled;
    return bert_session_run(s, &b, &r, NULL);
}
static work expected[4], found[THREADS];
static void torture(void *arg, int64_t index)
{
    work *w = (work *)arg + index;
    int round, k;
    for (round = 0; round < ROUNDS && w->status == BERT_OK; round++) {
        bert_session_desc d;
        bert_session *s = NULL;
        memset(&d, 0, sizeof d);
        d.model = model;
        d.threads = (int32_t)(1 + (index + round) % 3 / 2);             /* some with a thread of their own besides */
        d.max_tokens = MOST;
        w->status = bert_session_open(&d, &s);
        for (k = 0; k < 4 && w->status == BERT_OK; k++) {
            const int which = (int)((index + k) % 4);
            w->status = one_run(s, which, w);
            w->differs += w->tokens != expected[which].tokens || memcmp(w->hidden, expected[which].hidden, (size_t)w->tokens * C * sizeof(float)) != 0 ||
                          memcmp(w->pooled, expected[which].pooled, sizeof w->pooled) != 0;
        }
        bert_session_close(s);
    }
}
static void eight_sessions(void)
{
    bert_session_desc d;
    bert_session *s = NULL;
    bert_pool *pool = NULL;
    bert_parallel p;
    int i;
    memset(&d, 0, sizeof d);
    d.model = model;
    d.threads = 1;
    REQUIRE(bert_session_open(&d, &s) == BERT_OK);
    for (i = 0; i < 4; i++) CHECK_INT(one_run(s, i, &expected[i]), BERT_OK);
    bert_session_close(s);
    if (bert_pool_open(THREADS, NULL, &pool) != BERT_OK) { test_skip("there are no threads"); return; }
    p = bert_pool_parallel(pool);
    p.run(p.user, THREADS, torture, found);
    for (i = 0; i < THREADS; i++) { CHECK_INT(found[i].status, BERT_OK); CHECK_INT(found[i].differs, 0); }
    bert_pool_close(pool);
}

/* ---- opened and closed ten thousand times ---- */

/* Pages of this process, on Linux; 0 elsewhere. */
static long pages(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;
    if (f && fscanf(f, "%ld %ld", &size, &resident) != 2) size = 0;
    if (f) fclose(f);
    return size;
}
static void ten_thousand_times(void)
{
    long before = 0, n;
    size_t peak = 0;
    test_faults f;
    bert_allocator a;
    memset(&f, 0, sizeof f);
    a = test_faults_allocator(&f);
    for (n = 0; n < 10000; n++) {
        bert_session_desc d;
        bert_session *s = NULL;
        work w;
        memset(&d, 0, sizeof d);
        d.model = model;
        d.threads = n % 100 == 0 ? 2 : 1;
        d.max_tokens = MOST;
        d.allocator = a;
        if (bert_session_open(&d, &s) != BERT_OK || (n % 50 == 0 && one_run(s, (int)(n % 4), &w) != BERT_OK)) { TEST_FAIL("session %ld does not open or run", n); bert_session_close(s); break; }
        bert_session_close(s);
        if (n % 10 == 0) {
            bert_model *m = make_model(&a);
            if (!m) { TEST_FAIL("model %ld does not open", n); break; }
            bert_model_close(m);
        }
        if (f.live) { TEST_FAIL("%ld blocks are left after number %ld", f.live, n); break; }
        if (n == 200) { before = pages(); peak = f.peak; }
    }
    CHECK_INT(n, 10000);
    CHECK_INT(f.peak, peak);
    n = pages() - before;
    if (before && n > 512) TEST_FAIL("%ld pages more than after the first 200", n);
}

/* ---- a file of more than 4 GB, nearly all of it holes; tensors of more than 2^31 elements (other formats: unit_pytorch, _bundle, _records) ---- */

static void beyond(void)
{
    static const char *const path = "unit_torture.tmp.large";
    const int64_t many = ((int64_t)1 << 31) + 9, third = many / 3, ends = many + 6 * third;     /* elements of the first; bytes of the first two */
    static const unsigned char last[2] = { 0x00, 0x3C }, three[12] = { 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40 };    /* 1 as F16; 1, 2, 3 as F32 */
    char header[600];
    unsigned char length[8] = { 0 };
    const bert_tensor *t;
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_error e;
    bert_tensor part;
    holes_part parts[5];
    int64_t shape[1] = { 4 }, start;
    float got[4];
    const char *why;
    int n = snprintf(header, sizeof header, "{\"bytes\":{\"dtype\":\"U8\",\"shape\":[%lld],\"data_offsets\":[0,%lld]},\"halves\":{\"dtype\":\"F16\",\"shape\":[3,%lld],\"data_offsets\":[%lld,%lld]},"
                     "\"small\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[%lld,%lld]}}",
                     (long long)many, (long long)many, (long long)third, (long long)many, (long long)ends, (long long)ends, (long long)(ends + 12));
    while (n % 8) header[n++] = ' ';
    length[0] = (unsigned char)n;
    length[1] = (unsigned char)(n >> 8);
    start = 8 + n;
    parts[0].at = 0;                 parts[0].data = length;  parts[0].size = 8;
    parts[1].at = 8;                 parts[1].data = header;  parts[1].size = (size_t)n;
    parts[2].at = start + many - 1;  parts[2].data = "\x07";  parts[2].size = 1;
    parts[3].at = start + ends - 2;  parts[3].data = last;    parts[3].size = 2;
    parts[4].at = start + ends;      parts[4].data = three;   parts[4].size = 12;
    if ((why = holes_make(path, parts, 5)) != NULL) { test_skip("%s", why); return; }
    memset(&d, 0, sizeof d);
    d.path = path;
    d.error = &e;
    if (bert_checkpoint_open(&d, &c) != BERT_OK) TEST_FAIL("%s", e.message);
    else {
        REQUIRE((t = bert_checkpoint_find(c, "bytes")) != NULL && t->count == many && t->shape[0] == many);
        part = *t;
        part.data += many - 4;
        part.shape = shape;
        part.count = 4;
        CHECK(bert_tensor_read(&part, BERT_F32, got, 4, &e) == BERT_OK && got[2] == 0 && got[3] == 7);
        REQUIRE((t = bert_checkpoint_find(c, "halves")) != NULL && t->count == third * 3 && t->shape[1] == third);
        part = *t;
        part.data += 2 * (t->count - 4);
        part.shape = shape;
        part.rank = 1;
        part.count = 4;
        CHECK(bert_tensor_read(&part, BERT_F32, got, 4, &e) == BERT_OK && got[2] == 0 && got[3] == 1);
        CHECK(bert_tensor_read(t, BERT_F32, got, 4, &e) != BERT_OK);     /* the place is too small, by more than 2^31 */
        REQUIRE((t = bert_checkpoint_find(c, "small")) != NULL);
        CHECK(bert_tensor_read(t, BERT_F32, got, 3, &e) == BERT_OK && got[0] == 1 && got[1] == 2 && got[2] == 3);
        bert_checkpoint_close(c);
    }
    remove(path);
}

int main(int argc, char **argv)
{
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ndog\n##s\nrun\ncat\nnap\n##t\na\n,\n.\n";
    bert_tokenizer_desc d;
    test_begin(argc, argv);
    memset(&d, 0, sizeof d);
    d.data = vocab;
    d.size = sizeof vocab - 1;
    if ((model = make_model(NULL)) == NULL || bert_tokenizer_open(&d, &tokenizer)) { printf("FAIL make: no model\n0 passed, 1 failed, 0 skipped\n"); return 1; }
    TEST(eight_sessions);
    TEST(ten_thousand_times);
    TEST(beyond);
    bert_model_close(model);
    bert_tokenizer_close(tokenizer);
    remove(WEIGHTS);
    return test_end();
}
