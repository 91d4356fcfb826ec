/* unit_session.c - sessions through the public API: the numbers against a plain restatement in double precision, the same bits in
   every batch, every error, every byte of memory
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#include "test.h"
#include "faults.h"
#include "random_model.h"

/* A file of its own for each model: on Windows what is mapped can neither be removed nor written over. They go with the last test. */
static int files;
static const char *file_of(int i)
{
    static char name[64];
    snprintf(name, sizeof name, "unit_session.%d.safetensors", i);
    return name;
}
#define ALL_HEADS (BERT_HEAD_POOLER | BERT_HEAD_MLM | BERT_HEAD_NSP | BERT_HEAD_CLASSIFIER | BERT_HEAD_SPAN)

/* C, H, F, V, P, K, L, N: nothing a multiple of a vector */
static bert_config config_of(int c, int h, int f, int v, int p, int k, int l, int n, int relative)
{
    bert_config x;
    memset(&x, 0, sizeof x);
    x.hidden_size = c;
    x.heads = h;
    x.intermediate_size = f;
    x.vocab_size = v;
    x.max_positions = p;
    x.type_vocab_size = k;
    x.layers = l;
    x.labels = n;
    x.max_relative_position = relative;
    x.layer_norm_eps = 1e-12;
    x.initializer_range = 0.02;
    x.activation = BERT_GELU_ERF;
    x.source = relative ? BERT_SOURCE_NEZHA : BERT_SOURCE_HF;
    return x;
}
static bert_config usual(void) { return config_of(45, 5, 70, 117, 50, 3, 2, 3, 0); }

/* The model lies in memory from then on: the file is gone. NULL fails the case. */
static bert_model *model_of(const bert_config *config, uint32_t heads, int untied)
{
    bert_error e = { 0 };
    bert_model_desc d = { 0 };
    bert_model *m = NULL;
    d.path = file_of(files++);
    d.config = config;
    d.error = &e;
    if (random_model_write(d.path, config, heads, untied, 7, &e) || bert_model_open(&d, &m)) TEST_FAIL("%s", e.message);
#ifndef _WIN32
    remove(d.path);                                                     /* what is mapped stays */
#endif
    return m;
}
static bert_session *session_in(const bert_model *m, bert_precision precision, bert_isa isa, int threads, int64_t max_tokens)
{
    bert_error e = { 0 };
    bert_session_desc d = { 0 };
    bert_session *s = NULL;
    d.model = m;
    d.isa = isa;
    d.precision = precision;
    d.threads = threads;
    d.max_tokens = max_tokens;
    d.error = &e;
    if (bert_session_open(&d, &s)) TEST_FAIL("%s", e.message);
    return s;
}
static bert_session *session_of(const bert_model *m, bert_isa isa, int threads, int64_t max_tokens) { return session_in(m, BERT_PRECISION_DEFAULT, isa, threads, max_tokens); }
static void *get(int64_t n, size_t size)
{
    void *p = malloc((size_t)n * size + 1);
    if (!p) abort();
    memset(p, 0xFF, (size_t)n * size + 1);                              /* floats are no numbers until written */
    return p;
}
static float *floats(int64_t n) { return (float *)get(n, sizeof(float)); }

/* ---- everything a batch can be asked for ---- */

typedef struct texts { int64_t sequences, rows, *offsets; int32_t *ids, *segments; } texts;

static texts texts_of(const bert_config *c, const int *lengths, int64_t n, uint64_t seed)
{
    texts t;
    int64_t i;
    t.sequences = n;
    t.offsets = (int64_t *)get(n + 1, sizeof *t.offsets);
    for (i = 0, t.offsets[0] = 0; i < n; i++) t.offsets[i + 1] = t.offsets[i] + lengths[i];
    t.rows = t.offsets[n];
    t.ids = (int32_t *)get(t.rows, sizeof *t.ids);
    t.segments = (int32_t *)get(t.rows, sizeof *t.segments);
    for (i = 0; i < t.rows; i++) {
        t.ids[i] = (int32_t)(test_random(&seed) % (uint64_t)c->vocab_size);
        t.segments[i] = (int32_t)(test_random(&seed) % (uint64_t)c->type_vocab_size);
    }
    return t;
}
static void free_texts(texts *t) { free(t->offsets); free(t->ids); free(t->segments); }
static bert_batch batch_of(const texts *t)
{
    bert_batch b = { 0 };
    b.sequences = t->sequences;
    b.offsets = t->offsets;
    b.ids = t->ids;
    b.segment_ids = t->segments;
    return b;
}

/* Pieces of answers: how many floats of each a sequence of S rows has. The words are those of its first and its last row. */
enum { HIDDEN, LAYER0, ATTENTION0 = LAYER0 + 9, POOLED = ATTENTION0 + 8, VECTORS, NEXT, CLASSES, TOKEN_CLASSES, SPANS, WORDS, PIECES };

typedef struct answers { float *piece[PIECES], **layers, **attention; int64_t *masked; } answers;

static int64_t piece_size(const bert_config *c, uint32_t heads, int piece, int64_t s)
{
    const int64_t channels = c->hidden_size;
    if (piece == HIDDEN) return s * channels;
    if (piece >= LAYER0 && piece < ATTENTION0) return piece - LAYER0 <= c->layers ? s * channels : 0;
    if (piece >= ATTENTION0 && piece < POOLED) return piece - ATTENTION0 < c->layers ? c->heads * s * s : 0;
    if (piece == VECTORS) return channels;
    if (piece == POOLED) return heads & BERT_HEAD_POOLER ? channels : 0;
    if (piece == NEXT) return heads & BERT_HEAD_NSP ? 2 : 0;
    if (piece == CLASSES) return heads & BERT_HEAD_CLASSIFIER ? c->labels : 0;
    if (piece == TOKEN_CLASSES) return heads & BERT_HEAD_CLASSIFIER ? c->labels * s : 0;
    if (piece == SPANS) return heads & BERT_HEAD_SPAN ? 2 * s : 0;
    return heads & BERT_HEAD_MLM ? 2 * c->vocab_size : 0;
}
static void free_answers(answers *a)
{
    int p;
    for (p = 0; p < PIECES; p++) free(a->piece[p]);
    free((void *)a->layers);
    free((void *)a->attention);
    free(a->masked);
}
/* Room for all answers of a batch, as a bert_result. */
static bert_result answers_of(const bert_model *m, const bert_batch *b, bert_pooling pooling, answers *a)
{
    const bert_config *c = bert_model_config(m);
    const uint32_t heads = bert_model_heads(m);
    bert_result r = { 0 };
    int64_t i, n;
    int p;
    memset(a, 0, sizeof *a);
    for (p = 0; p < PIECES; p++) {
        for (i = n = 0; i < b->sequences; i++) n += piece_size(c, heads, p, b->offsets[i + 1] - b->offsets[i]);
        a->piece[p] = n ? floats(n) : NULL;
    }
    a->layers = (float **)calloc((size_t)c->layers + 1, sizeof(float *));
    a->attention = (float **)calloc((size_t)c->layers, sizeof(float *));
    a->masked = (int64_t *)get(2 * b->sequences, sizeof *a->masked);
    if (!a->layers || !a->attention) abort();
    for (p = 0; p <= c->layers; p++) a->layers[p] = a->piece[LAYER0 + p];
    for (p = 0; p < c->layers; p++) a->attention[p] = a->piece[ATTENTION0 + p];
    for (i = 0; i < b->sequences; i++) { a->masked[2 * i] = b->offsets[i]; a->masked[2 * i + 1] = b->offsets[i + 1] - 1; }
    r.hidden = a->piece[HIDDEN];
    r.layers = a->layers;
    r.attention = a->attention;
    r.pooled = a->piece[POOLED];
    r.vectors = a->piece[VECTORS];
    r.pooling = pooling;
    r.normalize = pooling & 1;
    r.next_sentence = a->piece[NEXT];
    r.classes = a->piece[CLASSES];
    r.token_classes = a->piece[TOKEN_CLASSES];
    r.spans = a->piece[SPANS];
    r.masked_count = 2 * b->sequences;
    r.masked_rows = a->masked;
    r.words = a->piece[WORDS];
    return r;
}
/* Runs and gives all, with this status; 0 fails the case. */
static int ask_as(bert_status expected, bert_session *s, const bert_model *m, const bert_batch *b, bert_pooling pooling, answers *a)
{
    bert_error e = { 0 };
    const bert_result r = answers_of(m, b, pooling, a);
    const bert_status st = bert_session_run(s, b, &r, &e);
    if (st != expected) TEST_FAIL("%s: %s", bert_status_string(st), e.message);
    return st == expected;
}
static int ask(bert_session *s, const bert_model *m, const bert_batch *b, bert_pooling pooling, answers *a) { return ask_as(BERT_OK, s, m, b, pooling, a); }
static const float *piece_at(const bert_model *m, const answers *a, const bert_batch *b, int piece, int64_t sequence)
{
    const float *p = a->piece[piece];
    int64_t i;
    for (i = 0; i < sequence; i++) p += piece_size(bert_model_config(m), bert_model_heads(m), piece, b->offsets[i + 1] - b->offsets[i]);
    return p;
}

/* ---- the numbers: BERT once more, plainly, in double precision ---- */

static const bert_model *plain_model;

/* A parameter's values; the caller frees. */
static double *parameter(const char *name, int layer)
{
    char text[160];
    const bert_parameter *p;
    float *f;
    double *d;
    int64_t i;
    snprintf(text, sizeof text, name, layer);
    p = bert_model_find(plain_model, text);
    if (!p) { TEST_FAIL("no %s", text); abort(); }
    f = floats(p->tensor->count);
    d = (double *)get(p->tensor->count, sizeof *d);
    bert_parameter_read(p, f, p->tensor->count, NULL);
    for (i = 0; i < p->tensor->count; i++) d[i] = (double)f[i];
    free(f);
    return d;
}
static double plain_activation(bert_activation kind, double x)
{
    const double erf_form = 0.5 * x * (1 + erf(x / sqrt(2.0)));
    switch (kind) {
    case BERT_GELU_ERF: return erf_form;
    case BERT_GELU_10: return erf_form < -10 ? -10 : erf_form > 10 ? 10 : erf_form;
    case BERT_GELU_TANH: return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case BERT_QUICK_GELU: return x / (1 + exp(-1.702 * x));
    case BERT_SILU: return x / (1 + exp(-x));
    case BERT_RELU: return x > 0 ? x : 0;
    case BERT_TANH: return tanh(x);
    default: return x;
    }
}
/* y = x W^T + b for `rows` rows */
static void plain_dense(const char *name, int layer, const double *x, int64_t rows, int64_t n, int64_t k, double *y)
{
    char text[160];
    double *w, *b;
    int64_t i, j, c;
    snprintf(text, sizeof text, "%s.weight", name);
    w = parameter(text, layer);
    snprintf(text, sizeof text, "%s.bias", name);
    b = parameter(text, layer);
    for (i = 0; i < rows; i++)
        for (j = 0; j < n; j++) {
            y[i * n + j] = b[j];
            for (c = 0; c < k; c++) y[i * n + j] += x[i * k + c] * w[j * k + c];
        }
    free(w);
    free(b);
}
static void plain_norm(const char *name, int layer, double *x, int64_t rows, int64_t n, double eps)
{
    char text[160];
    double *g, *b;
    int64_t i, c;
    snprintf(text, sizeof text, "%s.weight", name);
    g = parameter(text, layer);
    snprintf(text, sizeof text, "%s.bias", name);
    b = parameter(text, layer);
    for (i = 0; i < rows; i++, x += n) {
        double mean = 0, var = 0;
        for (c = 0; c < n; c++) mean += x[c] / (double)n;
        for (c = 0; c < n; c++) var += (x[c] - mean) * (x[c] - mean) / (double)n;
        for (c = 0; c < n; c++) x[c] = (x[c] - mean) / sqrt(var + eps) * g[c] + b[c];
    }
    free(g);
    free(b);
}
/* Component d of NEZHA's vector for the distance j - i. */
static double plain_relative(int64_t distance, int64_t max, int64_t d, int64_t depth)
{
    const double at = (double)((distance < -max ? -max : distance > max ? max : distance) + max);
    const double angle = at / pow(10000, (double)(d / 2 * 2) / (double)depth);
    if (depth % 2 && d == depth - 1) return 0;
    return d % 2 ? cos(angle) : sin(angle);
}
static void to_float(const double *x, int64_t n, float *out) { int64_t i; for (i = 0; out && i < n; i++) out[i] = (float)x[i]; }

/* All answers for one sequence. */
static void plain(const bert_model *m, const bert_batch *b, int64_t sequence, answers *a)
{
    const bert_config *c = bert_model_config(m);
    const int64_t from = b->offsets[sequence], s = b->offsets[sequence + 1] - from, n = c->hidden_size, h = c->heads, depth = n / h;
    const float *bias = b->score_bias;
    double *x = (double *)get(s * n, sizeof *x), *q = (double *)get(s * n, sizeof *q), *k = (double *)get(s * n, sizeof *k), *v = (double *)get(s * n, sizeof *v);
    double *z = (double *)get(s * n, sizeof *z), *y = (double *)get(s * n, sizeof *y), *f = (double *)get(s * (c->intermediate_size + c->labels + 2), sizeof *f), *p = (double *)get(s, sizeof *p);
    double *words, *positions, *types;
    int64_t i, j, d, head;
    int l;
    plain_model = m;
    for (i = 0; bias && i < sequence; i++) bias += (b->offsets[i + 1] - b->offsets[i]) * (b->offsets[i + 1] - b->offsets[i]);
    words = parameter("bert.embeddings.word_embeddings.weight", 0);
    positions = c->max_relative_position ? NULL : parameter("bert.embeddings.position_embeddings.weight", 0);
    types = parameter("bert.embeddings.token_type_embeddings.weight", 0);
    for (i = 0; i < s; i++)
        for (d = 0; d < n; d++) {
            x[i * n + d] = b->ids ? words[b->ids[from + i] * n + d] : (double)b->embeds[(from + i) * n + d];
            x[i * n + d] += types[(b->segment_ids ? b->segment_ids[from + i] : 0) * n + d];
            if (positions) x[i * n + d] += positions[(b->position_ids ? b->position_ids[from + i] : i) * n + d];
        }
    plain_norm("bert.embeddings.LayerNorm", 0, x, s, n, c->layer_norm_eps);
    to_float(x, s * n, a->piece[LAYER0]);
    for (l = 0; l < c->layers; l++) {
        plain_dense("bert.encoder.layer.%d.attention.self.query", l, x, s, n, n, q);
        plain_dense("bert.encoder.layer.%d.attention.self.key", l, x, s, n, n, k);
        plain_dense("bert.encoder.layer.%d.attention.self.value", l, x, s, n, n, v);
        for (head = 0; head < h; head++)
            for (i = 0; i < s; i++) {
                double top = -1e300, sum = 0;
                for (j = 0; j < s; j++) {
                    p[j] = 0;
                    for (d = 0; d < depth; d++) {
                        const double r = c->max_relative_position ? plain_relative(j - i, c->max_relative_position, d, depth) : 0;
                        p[j] += q[i * n + head * depth + d] * (k[j * n + head * depth + d] + r);
                    }
                    p[j] /= sqrt((double)depth);
                    if (b->key_mask && !b->key_mask[from + j]) p[j] -= 10000;
                    if (bias) p[j] += (double)bias[i * s + j];
                    if (p[j] > top) top = p[j];
                }
                for (j = 0; j < s; j++) sum += p[j] = exp(p[j] - top);
                for (d = 0; d < depth; d++) z[i * n + head * depth + d] = 0;
                for (j = 0; j < s; j++) {
                    p[j] /= sum;
                    if (a->piece[ATTENTION0 + l]) a->piece[ATTENTION0 + l][(head * s + i) * s + j] = (float)p[j];
                    for (d = 0; d < depth; d++) {
                        const double r = c->max_relative_position ? plain_relative(j - i, c->max_relative_position, d, depth) : 0;
                        z[i * n + head * depth + d] += p[j] * (v[j * n + head * depth + d] + r);
                    }
                }
            }
        plain_dense("bert.encoder.layer.%d.attention.output.dense", l, z, s, n, n, y);
        for (i = 0; i < s * n; i++) x[i] += y[i];
        plain_norm("bert.encoder.layer.%d.attention.output.LayerNorm", l, x, s, n, c->layer_norm_eps);
        plain_dense("bert.encoder.layer.%d.intermediate.dense", l, x, s, c->intermediate_size, n, f);
        for (i = 0; i < s * c->intermediate_size; i++) f[i] = plain_activation(c->activation, f[i]);
        plain_dense("bert.encoder.layer.%d.output.dense", l, f, s, n, c->intermediate_size, y);
        for (i = 0; i < s * n; i++) x[i] += y[i];
        plain_norm("bert.encoder.layer.%d.output.LayerNorm", l, x, s, n, c->layer_norm_eps);
        to_float(x, s * n, a->piece[LAYER0 + l + 1]);
    }
    to_float(x, s * n, a->piece[HIDDEN]);
    for (d = 0; d < n; d++) { y[d] = 0; for (i = 0; i < s; i++) y[d] += x[i * n + d] / (double)s; }
    to_float(y, n, a->piece[VECTORS]);                                  /* the mean */
    if (a->piece[WORDS]) {
        const char *decoder = bert_model_find(m, "cls.predictions.decoder.weight") ? "cls.predictions.decoder" : NULL;
        double *w = decoder ? parameter("cls.predictions.decoder.weight", 0) : words, *bias_of = parameter(decoder ? "cls.predictions.decoder.bias" : "cls.predictions.bias", 0);
        for (j = 0; j < 2; j++) {
            plain_dense("cls.predictions.transform.dense", 0, x + (j ? s - 1 : 0) * n, 1, n, n, y);
            for (d = 0; d < n; d++) y[d] = plain_activation(c->activation, y[d]);
            plain_norm("cls.predictions.transform.LayerNorm", 0, y, 1, n, c->layer_norm_eps);
            for (i = 0; i < c->vocab_size; i++) {
                double sum = bias_of[i];
                for (d = 0; d < n; d++) sum += y[d] * w[i * n + d];
                a->piece[WORDS][j * c->vocab_size + i] = (float)sum;
            }
        }
        if (decoder) free(w);
        free(bias_of);
    }
    if (a->piece[TOKEN_CLASSES]) { plain_dense("classifier", 0, x, s, c->labels, n, f); to_float(f, s * c->labels, a->piece[TOKEN_CLASSES]); }
    if (a->piece[SPANS]) { plain_dense("qa_outputs", 0, x, s, 2, n, f); to_float(f, s * 2, a->piece[SPANS]); }
    if (a->piece[POOLED]) {
        plain_dense("bert.pooler.dense", 0, x, 1, n, n, y);
        for (d = 0; d < n; d++) y[d] = tanh(y[d]);
        to_float(y, n, a->piece[POOLED]);
        if (a->piece[NEXT]) { plain_dense("cls.seq_relationship", 0, y, 1, 2, n, f); to_float(f, 2, a->piece[NEXT]); }
        if (a->piece[CLASSES]) { plain_dense("classifier", 0, y, 1, c->labels, n, f); to_float(f, c->labels, a->piece[CLASSES]); }
    }
    free(x); free(q); free(k); free(v); free(z); free(y); free(f); free(p);
    free(words); free(positions); free(types);
}
/* Every sequence of a batch against the plain numbers. */
static void compare_with_plain(const char *label, const bert_model *m, const bert_batch *b, bert_isa isa, int threads)
{
    bert_session *s = session_of(m, isa, threads, 0);
    bert_config c = *bert_model_config(m);
    answers got, want;
    int64_t i;
    int p;
    if (s && ask(s, m, b, BERT_POOLING_MEAN, &got)) {
        for (i = 0; i < b->sequences; i++) {
            bert_batch one = *b;
            int64_t offsets[2] = { 0, 0 };
            offsets[1] = b->offsets[i + 1] - b->offsets[i];
            one.sequences = 1;
            one.offsets = offsets;
            answers_of(m, &one, BERT_POOLING_MEAN, &want);
            plain(m, b, i, &want);
            for (p = 0; p < PIECES; p++) {
                const int64_t n = piece_size(&c, bert_model_heads(m), p, offsets[1]);
                test_diff d;
                if (!n) continue;
                d = test_close(piece_at(m, &got, b, p, i), (size_t)n, want.piece[p], (size_t)n, 2e-6, 2e-5);
                if (!d.ok) TEST_FAIL("%s, %s, sequence %ld of %ld rows, piece %d [%lu]: %.9g, not %.9g (%.2g allowed) %s", label, bert_isa_name(isa), (long)i, (long)offsets[1], p, (unsigned long)d.worst, d.got, d.want, d.allowed, d.why);
            }
            free_answers(&want);
        }
        free_answers(&got);
    }
    bert_session_close(s);
}
/* Shapes of all kinds. */
static void numbers(void)
{
    static const struct { const char *label; int c, h, f, v, p, k, l, n, relative; uint32_t heads; int untied; } shapes[] = {
        { "C 45, D 9", 45, 5, 70, 1157, 50, 3, 2, 3, 0, ALL_HEADS, 0 }, { "C 40, D 8", 40, 5, 70, 117, 50, 1, 1, 1, 0, ALL_HEADS, 1 }, { "one head", 33, 1, 7, 31, 40, 2, 2, 5, 0, ALL_HEADS, 0 },
        { "D 1", 5, 5, 1, 3, 40, 2, 1, 2, 0, ALL_HEADS, 0 }, { "C 1", 1, 1, 1, 1, 40, 1, 1, 1, 0, BERT_HEAD_POOLER, 0 }, { "D 64", 128, 2, 256, 100, 128, 2, 1, 2, 0, ALL_HEADS, 0 },
        { "relative, D 9", 45, 5, 70, 117, 8, 2, 2, 3, 64, ALL_HEADS, 0 }, { "relative, D 12", 48, 4, 96, 117, 8, 2, 1, 3, 3, BERT_HEAD_POOLER, 0 }, { "no heads", 40, 4, 70, 57, 40, 2, 3, 0, 0, 0, 0 } };
    static const int lengths[] = { 1, 2, 3, 7, 16, 17, 40 };
    size_t i;
    int isa;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bert_config c = config_of(shapes[i].c, shapes[i].h, shapes[i].f, shapes[i].v, shapes[i].p, shapes[i].k, shapes[i].l, shapes[i].n, shapes[i].relative);
        bert_model *m = model_of(&c, shapes[i].heads, shapes[i].untied);
        texts t;
        bert_batch b;
        if (!m) continue;
        t = texts_of(&c, lengths, 7, 3 + i);
        b = batch_of(&t);
        for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++) if (bert_isa_available((bert_isa)isa)) compare_with_plain(shapes[i].label, m, &b, (bert_isa)isa, 2);
        free_texts(&t);
        bert_model_close(m);
    }
}
/* Long sequences: the blocks of attention, distances past the last relative position. */
static void long_sequences(void)
{
    static const int lengths[] = { 200, 129, 64 };
    int relative, isa;
    for (relative = 0; relative < 2; relative++) {
        bert_config c = config_of(30, 2, 40, 57, 256, 2, 1, 2, relative ? 64 : 0);
        bert_model *m = model_of(&c, BERT_HEAD_POOLER, 0);
        texts t = texts_of(&c, lengths, 3, 5);
        bert_batch b = batch_of(&t);
        for (isa = BERT_ISA_REF; m && isa < BERT_ISA_COUNT; isa++) if (bert_isa_available((bert_isa)isa)) compare_with_plain(relative ? "long, relative" : "long", m, &b, (bert_isa)isa, 1);
        free_texts(&t);
        bert_model_close(m);
    }
}
static void activations(void)
{
    static const int lengths[] = { 9, 2 };
    int kind, isa;
    for (kind = BERT_GELU_ERF; kind <= BERT_LINEAR; kind++) {
        bert_config c = usual();
        bert_model *m;
        texts t = texts_of(&c, lengths, 2, 9);
        bert_batch b = batch_of(&t);
        c.activation = (bert_activation)kind;
        c.layer_norm_eps = kind & 1 ? 1e-5 : 1e-12;
        m = model_of(&c, ALL_HEADS, 0);
        for (isa = BERT_ISA_REF; m && isa < BERT_ISA_COUNT; isa++) if (bert_isa_available((bert_isa)isa)) compare_with_plain(bert_activation_name((bert_activation)kind), m, &b, (bert_isa)isa, 1);
        free_texts(&t);
        bert_model_close(m);
    }
}
/* Positions, masks with holes, biases of scores, embeddings instead of ids, no segments. */
static void unusual_inputs(void)
{
    static const int lengths[] = { 11, 6, 1 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    texts t = texts_of(&c, lengths, 3, 21);
    bert_batch b = batch_of(&t), e;
    int32_t positions[18];
    uint8_t mask[18];
    float *bias = floats(11 * 11 + 6 * 6 + 1), *embeds = floats(18 * c.hidden_size);
    uint64_t seed = 4;
    int i, isa;
    for (i = 0; i < 18; i++) { positions[i] = 49 - 2 * i; mask[i] = i % 3 != 0 || i == 17; }
    for (i = 0; i < 121 + 36 + 1; i++) bias[i] = i % 7 == 0 ? -1e9f : 3 * random_number(&seed);
    for (i = 0; i < 18 * c.hidden_size; i++) embeds[i] = random_number(&seed);
    for (isa = BERT_ISA_REF; m && isa < BERT_ISA_COUNT; isa++) {
        if (!bert_isa_available((bert_isa)isa)) continue;
        e = b;
        e.position_ids = positions;
        compare_with_plain("positions", m, &e, (bert_isa)isa, 2);
        e.segment_ids = NULL;
        compare_with_plain("no segments", m, &e, (bert_isa)isa, 2);
        e.ids = NULL;
        e.embeds = embeds;
        compare_with_plain("embeds", m, &e, (bert_isa)isa, 2);
        e = b;
        e.score_bias = bias;
        compare_with_plain("score_bias", m, &e, (bert_isa)isa, 2);
    }
    {                                                                   /* a mask: all but the mean over its rows, which plain() takes over all */
        bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 1, 0) : NULL;
        answers got, want, masked;
        bert_batch one;
        int64_t offsets[2] = { 0, 11 };
        float *mean = floats(c.hidden_size);
        int64_t d, r, n = 0;
        e = b;
        e.key_mask = mask;
        if (s && ask(s, m, &e, BERT_POOLING_MEAN, &got)) {
            one = e;
            one.sequences = 1;
            one.offsets = offsets;
            answers_of(m, &one, BERT_POOLING_MEAN, &want);
            plain(m, &one, 0, &want);
            CHECK_CLOSE(got.piece[HIDDEN], (size_t)(11 * c.hidden_size), want.piece[HIDDEN], (size_t)(11 * c.hidden_size), 2e-6, 2e-5);
            for (d = 0; d < c.hidden_size; d++) {
                for (mean[d] = 0, n = 0, r = 0; r < 11; r++) if (mask[r]) { mean[d] += want.piece[HIDDEN][r * c.hidden_size + d]; n++; }
                mean[d] /= (float)n;
            }
            CHECK_CLOSE(got.piece[VECTORS], (size_t)c.hidden_size, mean, (size_t)c.hidden_size, 2e-6, 2e-5);
            for (r = 0; r < 11; r++) CHECK(mask[r] || got.piece[ATTENTION0][r] == 0);
            free_answers(&want);
            free_answers(&got);
        }
        one = b;                                                        /* the words' own rows as embeddings: the same bits as their ids */
        if (s && ask(s, m, &one, BERT_POOLING_CLS, &got)) {
            const bert_parameter *p = bert_model_find(m, "bert.embeddings.word_embeddings.weight");
            float *all = floats(p->tensor->count);
            bert_parameter_read(p, all, p->tensor->count, NULL);
            for (r = 0; r < 18; r++) memcpy(embeds + r * c.hidden_size, all + t.ids[r] * c.hidden_size, (size_t)c.hidden_size * sizeof *embeds);
            one.ids = NULL;
            one.embeds = embeds;
            if (ask(s, m, &one, BERT_POOLING_CLS, &masked)) {
                CHECK_BYTES(masked.piece[HIDDEN], (size_t)(18 * c.hidden_size) * 4, got.piece[HIDDEN], (size_t)(18 * c.hidden_size) * 4);
                free_answers(&masked);
            }
            free(all);
            free_answers(&got);
        }
        free(mean);
        bert_session_close(s);
    }
    free(bias);
    free(embeds);
    free_texts(&t);
    bert_model_close(m);
}
/* Each way of pooling from the rows themselves. */
static void pooling(void)
{
    static const int lengths[] = { 13, 1, 4 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 2, 0) : NULL;
    texts t = texts_of(&c, lengths, 3, 2);
    bert_batch b = batch_of(&t);
    const int64_t n = c.hidden_size;
    int kind;
    for (kind = BERT_POOLING_MEAN; s && kind <= BERT_POOLING_LAST; kind++) {
        answers a;
        int64_t i, d, r;
        if (!ask(s, m, &b, (bert_pooling)kind, &a)) break;
        for (i = 0; i < 3; i++) {
            const float *x = a.piece[HIDDEN] + t.offsets[i] * n;
            const int64_t rows = lengths[i];
            float want[64];
            double length = 0;
            for (d = 0; d < n; d++) {
                double sum = 0, weight = 0, top = -1e30;
                for (r = 0; r < rows; r++) {
                    const double w = kind == BERT_POOLING_WEIGHTED_MEAN ? (double)(r + 1) : 1;
                    sum += w * (double)x[r * n + d];
                    weight += w;
                    if ((double)x[r * n + d] > top) top = (double)x[r * n + d];
                }
                want[d] = (float)(kind == BERT_POOLING_CLS ? (double)x[d] : kind == BERT_POOLING_MAX ? top : kind == BERT_POOLING_POOLER ? (double)a.piece[POOLED][i * n + d]
                        : kind == BERT_POOLING_MEAN_SQRT ? sum / sqrt((double)rows) : kind == BERT_POOLING_LAST ? (double)x[(rows - 1) * n + d] : sum / weight);
                length += (double)want[d] * (double)want[d];
            }
            for (d = 0; d < n && kind & 1; d++) want[d] = (float)((double)want[d] / sqrt(length));     /* ask() normalises the odd ones */
            CHECK_CLOSE(a.piece[VECTORS] + i * n, (size_t)n, want, (size_t)n, 1e-6, 1e-6);
        }
        free_answers(&a);
    }
    bert_session_close(s);
    free_texts(&t);
    bert_model_close(m);
}

/* ---- the same bits ---- */

/* The sequences order[0], order[1], ... of t as a batch of their own. */
static texts shuffled(const texts *t, const int *order, int64_t n)
{
    texts o;
    int64_t i, at = 0;
    o.sequences = n;
    o.offsets = (int64_t *)get(n + 1, sizeof *o.offsets);
    o.ids = (int32_t *)get(t->rows, sizeof *o.ids);
    o.segments = (int32_t *)get(t->rows, sizeof *o.segments);
    for (i = 0, o.offsets[0] = 0; i < n; i++) {
        const int64_t from = t->offsets[order[i]], s = t->offsets[order[i] + 1] - from;
        memcpy(o.ids + at, t->ids + from, (size_t)s * sizeof *o.ids);
        memcpy(o.segments + at, t->segments + from, (size_t)s * sizeof *o.segments);
        o.offsets[i + 1] = at += s;
    }
    o.rows = at;
    return o;
}
static void same_bits_on(bert_isa isa, bert_precision precision, int relative)
{
    enum { SEQUENCES = 13 };
    static const int lengths[SEQUENCES] = { 5, 50, 1, 33, 17, 2, 8, 49, 3, 16, 24, 7, 31 };
    static const int widths[] = { 1, 2, 4, 3 };
    static const int64_t tokens[] = { 0, 50, 64, 107, 5000 };
    bert_config c = config_of(45, 5, 70, 117, 50, 3, 2, 3, relative);
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    texts t = texts_of(&c, lengths, SEQUENCES, 77);
    answers alone[SEQUENCES];
    bert_session *s = m ? session_in(m, precision, isa, 1, 50) : NULL;
    uint64_t seed = 12;
    int order[SEQUENCES], i, p, round, ready = s != NULL;
    for (i = 0; i < SEQUENCES && ready; i++) {
        texts o = shuffled(&t, &i, 1);
        bert_batch b = batch_of(&o);
        if (!ask(s, m, &b, BERT_POOLING_MEAN, alone + i)) ready = 0;
        free_texts(&o);
    }
    bert_session_close(s);
    for (round = 0; round < 20 && ready; round++) {
        const int64_t n = round % 5 ? SEQUENCES : 4;
        bert_packed *packed = NULL;
        bert_pool *pool = NULL;
        bert_session_desc d = { 0 };
        bert_error e = { 0 };
        texts o;
        bert_batch b;
        answers a;
        for (i = 0; i < SEQUENCES; i++) order[i] = i;
        for (i = SEQUENCES - 1; i > 0; i--) {
            const int k = (int)(test_random(&seed) % (uint64_t)(i + 1)), swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
        d.model = m;
        d.isa = isa;
        d.precision = precision;
        d.threads = widths[round % 4];
        d.max_tokens = tokens[round % 5];
        d.error = &e;
        if (round % 3 == 1) {                                           /* packed weights, which only the session still holds */
            bert_packed_desc pd = { 0 };
            pd.model = m;
            pd.isa = isa;
            pd.precision = precision;
            pd.error = &e;
            if (bert_packed_open(&pd, &packed)) { TEST_FAIL("%s", e.message); break; }
            d.packed = packed;
        }
        if (round % 3 == 2) {                                           /* threads of the host */
            if (bert_pool_open(3, NULL, &pool)) { TEST_FAIL("no threads"); break; }
            d.parallel = bert_pool_parallel(pool);
        }
        if (bert_session_open(&d, &s)) { TEST_FAIL("%s", e.message); break; }
        bert_packed_close(packed);
        o = shuffled(&t, order, n);
        b = batch_of(&o);
        if (ask(s, m, &b, BERT_POOLING_MEAN, &a)) {
            for (i = 0; i < n; i++)
                for (p = 0; p < PIECES; p++) {
                    const int64_t count = piece_size(&c, ALL_HEADS, p, lengths[order[i]]);
                    if (count && memcmp(piece_at(m, &a, &b, p, i), alone[order[i]].piece[p], (size_t)count * sizeof(float)) != 0)
                        TEST_FAIL("%s %s, round %d: %d threads, %ld tokens at once: sequence of %d rows, piece %d: other bits than alone", bert_isa_name(isa), bert_precision_name(precision), round, widths[round % 4], (long)tokens[round % 5], lengths[order[i]], p);
                }
            free_answers(&a);
        }
        bert_session_close(s);
        bert_pool_close(pool);
        free_texts(&o);
    }
    for (i = 0; i < SEQUENCES && ready; i++) free_answers(alone + i);
    free_texts(&t);
    bert_model_close(m);
}
static void same_bits(void)
{
    int isa;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++)
        if (bert_isa_available((bert_isa)isa)) {
            same_bits_on((bert_isa)isa, BERT_PRECISION_F32, 0);
            same_bits_on((bert_isa)isa, BERT_PRECISION_F32, 64);
            same_bits_on((bert_isa)isa, BERT_PRECISION_BF16, 0);
            same_bits_on((bert_isa)isa, BERT_PRECISION_INT8, 64);
        }
}
/* A file of bf16 and one of the same numbers as float32, in either spelling, give the same bits, in every precision. */
static bert_model *rewritten(const bert_model *m, bert_dtype dtype, int google)
{
    const bert_checkpoint *from = bert_model_checkpoint(m);
    const size_t n = (size_t)bert_checkpoint_count(from);
    bert_output *o = (bert_output *)calloc(n, sizeof *o);
    bert_tensor *turned = (bert_tensor *)calloc(n, sizeof *turned);
    bert_tensor_role *role = (bert_tensor_role *)calloc(n, sizeof *role);
    int64_t (*room)[4] = (int64_t (*)[4])calloc(n, sizeof *room);
    bert_write_desc w = { 0 };
    bert_model_desc d = { 0 };
    bert_model *out = NULL;
    bert_error e = { 0 };
    size_t i;
    if (!o || !turned || !role || !room) abort();
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_tensor(from, (int64_t)i);
        bert_tensor_recognise(t->name, role + i);
        if (google && role[i].matrix) {                                 /* Google's kernels lie the other way round */
            turned[i] = bert_tensor_transposed(t, room[i]);
            t = turned + i;
        }
        o[i].name = google ? role[i].google : t->name;
        o[i].from = t;
        o[i].shape = t->shape;
        o[i].rank = t->rank;
        o[i].dtype = dtype;
    }
    w.path = file_of(files++);
    w.tensors = o;
    w.count = n;
    w.error = d.error = &e;
    d.path = w.path;
    d.config = bert_model_config(m);
    if (bert_checkpoint_write(&w) || bert_model_open(&d, &out)) TEST_FAIL("%s", e.message);
    remove(w.path);
    free(o);
    free(turned);
    free(role);
    free(room);
    return out;
}
static void types_of_files(void)
{
    static const int lengths[] = { 20, 3 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0), *halves = m ? rewritten(m, BERT_BF16, 0) : NULL, *kinds[3] = { NULL, NULL, NULL };
    texts t = texts_of(&c, lengths, 2, 8);
    bert_batch b = batch_of(&t);
    int isa, precision, p, k;
    for (k = 0; halves && k < 3; k++) kinds[k] = rewritten(halves, k == 1 ? BERT_BF16 : BERT_F32, k > 0);   /* floats; Google's, in both types */
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT && halves; isa++)
        for (precision = BERT_PRECISION_F32; precision <= BERT_PRECISION_INT8; precision++) {
            bert_session *s, *r;
            answers x, y;
            if (!bert_isa_available((bert_isa)isa)) break;
            s = session_in(halves, (bert_precision)precision, (bert_isa)isa, 1, 0);
            if (!s || !ask(s, halves, &b, BERT_POOLING_MEAN, &x)) { bert_session_close(s); continue; }
            for (k = 0; k < 3; k++) {
                r = kinds[k] ? session_in(kinds[k], (bert_precision)precision, (bert_isa)isa, 1, 0) : NULL;
                if (r && ask(r, kinds[k], &b, BERT_POOLING_MEAN, &y)) {
                    for (p = 0; p < PIECES; p++) {
                        const int64_t n = piece_size(&c, ALL_HEADS, p, 20) + piece_size(&c, ALL_HEADS, p, 3);
                        if (n && memcmp(x.piece[p], y.piece[p], (size_t)n * sizeof(float)) != 0) { TEST_FAIL("%s %s, kind %d: piece %d differs", bert_isa_name((bert_isa)isa), bert_precision_name((bert_precision)precision), k, p); break; }
                    }
                    free_answers(&y);
                }
                bert_session_close(r);
            }
            free_answers(&x);
            bert_session_close(s);
        }
    free_texts(&t);
    for (k = 0; k < 3; k++) bert_model_close(kinds[k]);
    bert_model_close(halves);
    bert_model_close(m);
}
/* What a session says it computes in, and how near that comes to float32; a row that is no number stays one
   (and is said to be). */
static void precisions(void)
{
    static const int lengths[] = { 20, 3, 41 };
    bert_config c = config_of(48, 4, 96, 117, 50, 3, 2, 3, 0);
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    texts t = texts_of(&c, lengths, 3, 8);
    bert_batch b = batch_of(&t), odd = b;
    float *embeds = floats(t.rows * c.hidden_size);
    int isa, precision;
    int64_t i;
    for (i = 0; i < t.rows * c.hidden_size; i++) embeds[i] = (float)(i % 7) - 3;
    embeds[21 * c.hidden_size + 5] = (float)strtod("nan", NULL);        /* in the second text */
    odd.embeds = embeds;
    odd.ids = NULL;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT && m; isa++) {
        bert_session *plain;
        answers exact;
        if (!bert_isa_available((bert_isa)isa)) continue;
        plain = session_of(m, (bert_isa)isa, 2, 0);
        if (!plain || !ask(plain, m, &b, BERT_POOLING_MEAN, &exact)) { bert_session_close(plain); break; }
        for (precision = BERT_PRECISION_BF16; precision <= BERT_PRECISION_INT8; precision++) {
            bert_session *s = session_in(m, (bert_precision)precision, (bert_isa)isa, 2, 0), *lent;
            bert_session_desc d = { 0 };
            bert_packed_desc pd = { 0 };
            bert_packed *packed;
            bert_precision got;
            answers a;
            if (!s) break;
            got = bert_session_desc_resolved(s).precision;
            CHECK(got == (bert_precision)precision || (got == BERT_PRECISION_F32 && (isa != BERT_ISA_REF || bert_isa_best() == BERT_ISA_REF)));
            if (ask(s, m, &b, BERT_POOLING_MEAN, &a)) {
                const int64_t n = t.rows * c.hidden_size;
                double dot = 0, x = 0, y = 0;
                for (i = 0; i < n; i++) {
                    dot += (double)a.piece[HIDDEN][i] * (double)exact.piece[HIDDEN][i];
                    x += (double)a.piece[HIDDEN][i] * (double)a.piece[HIDDEN][i];
                    y += (double)exact.piece[HIDDEN][i] * (double)exact.piece[HIDDEN][i];
                }
                dot /= sqrt(x * y);
                if (!(dot > (got == BERT_PRECISION_INT8 ? 0.998 : 0.9999))) TEST_FAIL("%s %s: cosine %.6f", bert_isa_name((bert_isa)isa), bert_precision_name((bert_precision)precision), dot);
                if (got != BERT_PRECISION_F32 && memcmp(a.piece[HIDDEN], exact.piece[HIDDEN], (size_t)n * sizeof(float)) == 0) TEST_FAIL("%s: %s is float32", bert_isa_name((bert_isa)isa), bert_precision_name(got));
                free_answers(&a);
            }
            if (ask_as(BERT_ERROR_FORMAT, s, m, &odd, BERT_POOLING_MEAN, &a)) {
                for (i = 0; i < t.rows; i++) if (test_is_nan(a.piece[HIDDEN][i * c.hidden_size]) == (i < 20 || i >= 23)) { TEST_FAIL("%s %s: row %d", bert_isa_name((bert_isa)isa), bert_precision_name((bert_precision)precision), (int)i); break; }
                free_answers(&a);
            }
            bert_session_close(s);
            pd.model = m;                                               /* what was asked for and what it became: both may be asked for again */
            pd.isa = (bert_isa)isa;
            pd.precision = (bert_precision)precision;
            if (bert_packed_open(&pd, &packed)) { TEST_FAIL("packed"); break; }
            d.packed = packed;
            d.threads = 1;
            d.precision = pd.precision;
            if (bert_session_open(&d, &lent)) TEST_FAIL("%s: as asked for", bert_isa_name((bert_isa)isa));
            else { CHECK_INT(bert_session_desc_resolved(lent).precision, got); bert_session_close(lent); }
            d.precision = got;
            if (bert_session_open(&d, &lent)) TEST_FAIL("%s: as it became", bert_isa_name((bert_isa)isa));
            else bert_session_close(lent);
            d.precision = precision == BERT_PRECISION_INT8 ? BERT_PRECISION_BF16 : BERT_PRECISION_INT8;
            CHECK_INT(bert_session_open(&d, &lent), BERT_ERROR_MISMATCH);
            bert_packed_close(packed);
        }
        bert_session_close(plain);
        free_answers(&exact);
    }
    free(embeds);
    free_texts(&t);
    bert_model_close(m);
}
/* In int8 a channel with large numbers, which no LayerNorm's weights show, leaves the others room: every word gets one by its type. (0.955
   and more; 0.92 where all channels are taken to be alike.) */
static void channel_that_stands_out(void)
{
    enum { WIDTH = 96, TYPES = 3, CHANNEL = 37 };
    static const int lengths[] = { 20, 3, 41 };
    const float large = 25;
    bert_config c = config_of(WIDTH, 4, 192, 117, 50, TYPES, 2, 3, 0);
    bert_model *m = model_of(&c, 0, 0);
    texts t = texts_of(&c, lengths, 3, 8);
    bert_batch b = batch_of(&t);
    bert_error e = { 0 };
    bert_model_desc d = { 0 };
    float types[TYPES * WIDTH];
    size_t size = 0, at;
    char *file;
    FILE *out;
    int isa, row, k;
    REQUIRE(m && bert_parameter_read(bert_model_find(m, "bert.embeddings.token_type_embeddings.weight"), types, TYPES * WIDTH, &e) == BERT_OK);
    bert_model_close(m);
    d.path = file_of(files++);
    REQUIRE(random_model_write(d.path, &c, 0, 0, 7, &e) == BERT_OK);
    file = test_read_file(d.path, &size);
    for (at = 0; at + sizeof types <= size && memcmp(file + at, types, sizeof types); at++) {}
    REQUIRE(at + sizeof types <= size);
    for (row = 0; row < TYPES; row++) memcpy(file + at + (size_t)(row * WIDTH + CHANNEL) * sizeof large, &large, sizeof large);
    out = fopen(d.path, "wb");
    REQUIRE(out && fwrite(file, 1, size, out) == size && fclose(out) == 0);
    free(file);
    d.config = &c;
    d.error = &e;
    REQUIRE(bert_model_open(&d, &m) == BERT_OK);
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++) {
        bert_session *plain, *s;
        answers exact, a;
        if (!bert_isa_available((bert_isa)isa)) continue;
        plain = session_of(m, (bert_isa)isa, 1, 0);
        s = session_in(m, BERT_PRECISION_INT8, (bert_isa)isa, 2, 0);
        if (plain && s && ask(plain, m, &b, BERT_POOLING_MEAN, &exact)) {
            if (ask(s, m, &b, BERT_POOLING_MEAN, &a)) {
                double dot = 0, x = 0, y = 0;
                int64_t i;
                for (k = 0; k < WIDTH; k++) {                           /* rows less their mean: what it adds to all of them makes any two alike */
                    double p = 0, q = 0;
                    for (i = 0; i < t.rows; i++) {
                        p += (double)a.piece[HIDDEN][i * WIDTH + k] / (double)t.rows;
                        q += (double)exact.piece[HIDDEN][i * WIDTH + k] / (double)t.rows;
                    }
                    for (i = 0; i < t.rows; i++) {
                        const double u = (double)a.piece[HIDDEN][i * WIDTH + k] - p, v = (double)exact.piece[HIDDEN][i * WIDTH + k] - q;
                        dot += u * v;
                        x += u * u;
                        y += v * v;
                    }
                }
                if (!(dot > 0.94 * sqrt(x * y))) TEST_FAIL("%s: cosine %.6f", bert_isa_name((bert_isa)isa), dot / sqrt(x * y));
                free_answers(&a);
            }
            free_answers(&exact);
        }
        bert_session_close(s);
        bert_session_close(plain);
    }
    free_texts(&t);
    bert_model_close(m);
}
/* What is not asked for does not change what is; nothing asked for is no error. */
static void only_what_is_asked(void)
{
    static const int lengths[] = { 20, 3 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 1, 0) : NULL;
    texts t = texts_of(&c, lengths, 2, 8);
    bert_batch b = batch_of(&t), none = { 0 };
    answers all;
    bert_result nothing = { 0 };
    bert_error e = { 0 };
    int p;
    if (s && ask(s, m, &b, BERT_POOLING_MEAN, &all)) {
        for (p = 0; p < PIECES; p++) {
            answers a;
            bert_result r = answers_of(m, &b, BERT_POOLING_MEAN, &a), one = nothing;
            int64_t n = piece_size(&c, ALL_HEADS, p, 20) + piece_size(&c, ALL_HEADS, p, 3);
            one.masked_count = r.masked_count;
            one.masked_rows = r.masked_rows;
            if (p == HIDDEN) one.hidden = r.hidden;
            if (p >= LAYER0 && p < ATTENTION0) { one.layers = r.layers; memset((void *)a.layers, 0, ((size_t)c.layers + 1) * sizeof *a.layers); if (n) a.layers[p - LAYER0] = a.piece[p]; }
            if (p >= ATTENTION0 && p < POOLED) { one.attention = r.attention; memset((void *)a.attention, 0, (size_t)c.layers * sizeof *a.attention); if (n) a.attention[p - ATTENTION0] = a.piece[p]; }
            if (p == POOLED) one.pooled = r.pooled;
            if (p == VECTORS) one.vectors = r.vectors;
            if (p == NEXT) one.next_sentence = r.next_sentence;
            if (p == CLASSES) one.classes = r.classes;
            if (p == TOKEN_CLASSES) one.token_classes = r.token_classes;
            if (p == SPANS) one.spans = r.spans;
            if (p == WORDS) one.words = r.words;
            if (bert_session_run(s, &b, &one, &e)) TEST_FAIL("piece %d: %s", p, e.message);
            else if (n && memcmp(a.piece[p], all.piece[p], (size_t)n * sizeof(float)) != 0) TEST_FAIL("piece %d alone is another", p);
            free_answers(&a);
        }
        free_answers(&all);
        CHECK_INT(bert_session_run(s, &b, &nothing, &e), BERT_OK);
        CHECK_INT(bert_session_run(s, &none, &nothing, &e), BERT_OK);
        CHECK_INT(bert_session_run(s, &b, &nothing, NULL), BERT_OK);
    }
    bert_session_close(s);
    free_texts(&t);
    bert_model_close(m);
}
/* Sessions of several threads with the same packed weights, at once. */
typedef struct worker { bert_session *session; const bert_model *model; const bert_batch *batch; float *hidden; bert_status status; } worker;

static void work(void *arg, int64_t index)
{
    worker *w = (worker *)arg + index;
    bert_result r = { 0 };
    r.hidden = w->hidden;
    w->status = bert_session_run(w->session, w->batch, &r, NULL);
}
static void shared_weights(void)
{
    enum { WORKERS = 4 };
    static const int lengths[] = { 9, 30, 12 };
    bert_config c = usual();
    bert_model *m = model_of(&c, 0, 0);
    texts t = texts_of(&c, lengths, 3, 6);
    bert_batch b = batch_of(&t);
    bert_packed_desc pd = { 0 };
    bert_packed *packed = NULL;
    bert_pool *pool = NULL;
    bert_error e = { 0 };
    worker w[WORKERS];
    int i;
    memset(w, 0, sizeof w);
    pd.model = m;
    pd.error = &e;
    REQUIRE(m && bert_packed_open(&pd, &packed) == BERT_OK && bert_pool_open(WORKERS, NULL, &pool) == BERT_OK);
    for (i = 0; i < WORKERS; i++) {
        bert_session_desc d = { 0 };
        d.packed = packed;                                              /* the model comes with them */
        d.threads = 1;
        d.error = &e;
        if (bert_session_open(&d, &w[i].session)) TEST_FAIL("%s", e.message);
        w[i].batch = &b;
        w[i].hidden = floats(t.rows * c.hidden_size);
        w[i].status = BERT_ERROR_STOPPED;
    }
    bert_packed_close(packed);
    if (!test_now.failures) {
        bert_parallel p = bert_pool_parallel(pool);
        p.run(p.user, WORKERS, work, w);
        for (i = 0; i < WORKERS; i++) {
            CHECK_INT(w[i].status, BERT_OK);
            CHECK_BYTES(w[i].hidden, (size_t)(t.rows * c.hidden_size) * 4, w[0].hidden, (size_t)(t.rows * c.hidden_size) * 4);
        }
    }
    for (i = 0; i < WORKERS; i++) { bert_session_close(w[i].session); free(w[i].hidden); }
    bert_pool_close(pool);
    free_texts(&t);
    bert_model_close(m);
}

/* ---- padded input ---- */

static void padded(void)
{
    enum { B = 3, S = 12 };
    static const int real[B] = { 12, 5, 1 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 2, 0) : NULL;
    int32_t ids[B * S], mask[B * S], segments[B * S], row_ids[B * S], row_segments[B * S], row_positions[B * S];
    uint8_t row_mask[B * S];
    int64_t offsets[B + 1], rows[B * S];
    bert_padded p = { 0 };
    bert_batch keep, drop;
    bert_error e = { 0 };
    answers a, d;
    int i, k;
    for (i = 0; i < B * S; i++) { mask[i] = i % S < real[i / S]; ids[i] = mask[i] ? 1 + i * 7 % 100 : 0; segments[i] = mask[i] ? i % 2 : 0; }
    p.sequences = B;
    p.length = S;
    p.ids = ids;
    p.mask = mask;
    p.segment_ids = segments;
    p.padding = BERT_PADDING_KEEP;
    p.offsets = offsets;
    p.rows = rows;
    p.row_ids = row_ids;
    p.row_segments = row_segments;
    p.row_positions = row_positions;
    p.row_mask = row_mask;
    if (s && bert_batch_from_padded(&p, &keep, &e) == BERT_OK && ask(s, m, &keep, BERT_POOLING_MEAN, &a)) {
        CHECK_INT(keep.offsets[B], B * S);
        for (i = 0; i < B * S; i++) CHECK(rows[i] == i && keep.ids[i] == ids[i] && keep.key_mask[i] == mask[i]);
        p.padding = BERT_PADDING_DROP;
        if (bert_batch_from_padded(&p, &drop, &e) == BERT_OK && ask(s, m, &drop, BERT_POOLING_MEAN, &d)) {
            CHECK_INT(drop.offsets[B], 12 + 5 + 1);
            CHECK(drop.key_mask == NULL);
            for (k = 0; k < drop.offsets[B]; k++) {
                CHECK_CLOSE(d.piece[HIDDEN] + k * c.hidden_size, (size_t)c.hidden_size, a.piece[HIDDEN] + rows[k] * c.hidden_size, (size_t)c.hidden_size, 1e-6, 1e-5);
                CHECK_CLOSE(d.piece[SPANS] + k * 2, 2, a.piece[SPANS] + rows[k] * 2, 2, 1e-5, 1e-5);
            }
            CHECK_CLOSE(d.piece[VECTORS], (size_t)(B * c.hidden_size), a.piece[VECTORS], (size_t)(B * c.hidden_size), 1e-6, 1e-5);
            CHECK_CLOSE(d.piece[CLASSES], (size_t)(B * c.labels), a.piece[CLASSES], (size_t)(B * c.labels), 1e-6, 1e-5);
            free_answers(&d);
        } else TEST_FAIL("%s", e.message);
        free_answers(&a);
    } else if (s) TEST_FAIL("%s", e.message);
    memset(mask + S, 0, S * sizeof *mask);
    p.padding = BERT_PADDING_DROP;
    CHECK_INT(bert_batch_from_padded(&p, &drop, &e), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "sequence 1") != NULL && strstr(e.message, "padding") != NULL);
    p.padding = BERT_PADDING_KEEP;                                      /* nobody may be attended to: then all are alike, as in the reference */
    CHECK_INT(bert_batch_from_padded(&p, &keep, &e), BERT_OK);
    if (s && ask(s, m, &keep, BERT_POOLING_CLS, &a)) {
        CHECK(a.piece[HIDDEN][S * c.hidden_size] == a.piece[HIDDEN][S * c.hidden_size]);
        free_answers(&a);
    }
    p.mask = NULL;
    CHECK_INT(bert_batch_from_padded(&p, &keep, &e), BERT_OK);
    CHECK(keep.key_mask == NULL && keep.offsets[B] == B * S);
    for (k = 0; k < 8; k++) {                                           /* each array that is needed, missing */
        bert_padded q = p;
        q.mask = mask;
        switch (k) {
        case 0: q.rows = NULL; break;
        case 1: q.ids = NULL; break;
        case 2: q.offsets = NULL; break;
        case 3: q.row_ids = NULL; break;
        case 4: q.row_positions = NULL; break;
        case 5: q.row_segments = NULL; break;
        case 6: q.row_mask = NULL; break;
        default: q.sequences = -1;
        }
        memset(&e, 0, sizeof e);
        CHECK_INT(bert_batch_from_padded(&q, &keep, &e), BERT_ERROR_ARGUMENT);
        CHECK(strstr(e.message, k == 6 ? "row_mask is needed to keep padding" : "arrays to fill") != NULL);
    }
    p.length = 0;
    CHECK_INT(bert_batch_from_padded(&p, &keep, &e), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_batch_from_padded(NULL, &keep, &e), BERT_ERROR_ARGUMENT);
    bert_session_close(s);
    bert_model_close(m);
}

/* ---- too long ---- */

static void too_long(void)
{
    static const int lengths[] = { 4, 61, 50 }, short_lengths[] = { 4, 50, 50 };
    bert_config c = usual();                                            /* 50 positions */
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    texts t = texts_of(&c, lengths, 3, 31), cut;
    bert_batch b = batch_of(&t), short_batch;
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 2, 0) : NULL;
    answers a, want;
    bert_result r;
    bert_error e = { 0 };
    const int64_t n = c.hidden_size;
    int64_t i;
    REQUIRE(s != NULL);
    r = answers_of(m, &b, BERT_POOLING_MEAN, &a);
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_TOO_LONG);
    CHECK(strstr(e.message, "sequence 1") != NULL && strstr(e.message, "61") != NULL && strstr(e.message, "50") != NULL);
    b.too_long = BERT_TOO_LONG_WINDOWS;                                 /* is for texts */
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_ARGUMENT);
    b.too_long = BERT_TOO_LONG_TRUNCATE;
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_TOO_LONG);    /* attention has no room for the part that is left */
    r.attention = NULL;
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_OK);
    cut = texts_of(&c, short_lengths, 3, 31);                           /* the same texts, cut */
    for (i = 0; i < 50; i++) {
        cut.ids[4 + i] = t.ids[4 + i];
        cut.segments[4 + i] = t.segments[4 + i];
        cut.ids[54 + i] = t.ids[65 + i];
        cut.segments[54 + i] = t.segments[65 + i];
    }
    short_batch = batch_of(&cut);
    if (ask(s, m, &short_batch, BERT_POOLING_MEAN, &want)) {
        CHECK_BYTES(a.piece[HIDDEN], (size_t)(54 * n) * 4, want.piece[HIDDEN], (size_t)(54 * n) * 4);
        CHECK_BYTES(a.piece[HIDDEN] + 65 * n, (size_t)(50 * n) * 4, want.piece[HIDDEN] + 54 * n, (size_t)(50 * n) * 4);
        for (i = 54 * n; i < 65 * n; i++) CHECK(a.piece[HIDDEN][i] == 0 && a.piece[LAYER0][i] == 0);
        for (i = 54 * 2; i < 65 * 2; i++) CHECK(a.piece[SPANS][i] == 0);
        for (i = 54 * 3; i < 65 * 3; i++) CHECK(a.piece[TOKEN_CLASSES][i] == 0);
        for (i = 0; i < c.vocab_size; i++) CHECK(a.piece[WORDS][3 * c.vocab_size + i] == 0);     /* its last row is one of them */
        CHECK_BYTES(a.piece[WORDS] + 4 * c.vocab_size, (size_t)(2 * c.vocab_size) * 4, want.piece[WORDS] + 4 * c.vocab_size, (size_t)(2 * c.vocab_size) * 4);
        CHECK_BYTES(a.piece[VECTORS], (size_t)(3 * n) * 4, want.piece[VECTORS], (size_t)(3 * n) * 4);
        CHECK_BYTES(a.piece[CLASSES], 9 * 4, want.piece[CLASSES], 9 * 4);
        free_answers(&want);
    }
    free_answers(&a);
    bert_session_close(s);
    s = session_of(m, BERT_ISA_DEFAULT, 1, 20);                         /* what the session takes at once */
    r = answers_of(m, &short_batch, BERT_POOLING_MEAN, &a);
    CHECK_INT(bert_session_run(s, &short_batch, &r, &e), BERT_ERROR_TOO_LONG);
    CHECK(strstr(e.message, "max_tokens") != NULL && strstr(e.message, "20") != NULL);
    free_answers(&a);
    bert_session_close(s);
    free_texts(&t);
    free_texts(&cut);
    bert_model_close(m);
}

/* ---- bad input ---- */

static void bad_input(void)
{
    static const int lengths[] = { 4, 6 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 1, 0) : NULL;
    texts t = texts_of(&c, lengths, 2, 31);
    const bert_batch good = batch_of(&t);
    int32_t position[10] = { 0 }, ids[10], segments[10];
    int64_t offsets[3], masked[1];
    float *hidden = floats(10 * c.hidden_size), *words = floats(c.vocab_size), *embeds = floats(10 * c.hidden_size);
    bert_error e;
    int k;
    REQUIRE(s != NULL);
    for (k = 0; k < 22; k++) {
        static const char *const says[] = { "id -1", "id 117", "segment id 3", "segment id -2", "position 50", "position -1", "sequence 1 has 0", "sequence 1 has -1", "offsets", "offsets", "ids", "ids",
                                            "masked row 0 is 10", "masked row 0 is -1", "masked_rows", "too_long", "pooling", "masked_rows", "offsets", "sequence 0 has -4611686018427387904", "id 2147483647", "pooling" };
        bert_batch b = good;
        bert_result r = { 0 };
        memcpy(ids, t.ids, sizeof ids);
        memcpy(segments, t.segments, sizeof segments);
        memcpy(offsets, t.offsets, sizeof offsets);
        b.ids = ids;
        b.segment_ids = segments;
        b.offsets = offsets;
        r.hidden = hidden;
        r.masked_count = 1;
        r.masked_rows = masked;
        masked[0] = 0;
        switch (k) {
        case 0: ids[9] = -1; break;
        case 1: ids[4] = 117; break;
        case 2: segments[9] = 3; break;
        case 3: segments[0] = -2; break;
        case 4: position[5] = 50; b.position_ids = position; break;
        case 5: position[5] = -1; b.position_ids = position; break;
        case 6: offsets[2] = 4; break;
        case 7: offsets[2] = 3; break;
        case 8: b.offsets = NULL; break;
        case 9: offsets[0] = 1; break;
        case 10: b.ids = NULL; break;
        case 11: b.embeds = embeds; break;
        case 12: masked[0] = 10; r.words = words; break;
        case 13: masked[0] = -1; r.words = words; break;
        case 14: r.masked_rows = NULL; r.words = words; break;
        case 15: b.too_long = (bert_too_long)7; break;
        case 16: r.pooling = (bert_pooling)99; break;
        case 17: r.masked_count = -1; r.words = words; break;
        case 18: b.sequences = -1; break;
        case 19: offsets[1] = INT64_MIN / 2; break;
        case 20: ids[0] = INT32_MAX; break;
        default: r.pooling = (bert_pooling)-1; break;
        }
        memset(&e, 0, sizeof e);
        memset(hidden, 0x77, (size_t)(10 * c.hidden_size) * sizeof *hidden);
        if (bert_session_run(s, &b, &r, &e) != BERT_ERROR_ARGUMENT) TEST_FAIL("bad input %d is not refused", k);
        else if (!strstr(e.message, says[k])) TEST_FAIL("bad input %d: \"%s\" does not say \"%s\"", k, e.message, says[k]);
        CHECK(*(unsigned char *)hidden == 0x77);                        /* nothing was computed */
        CHECK(bert_session_run(s, &b, &r, NULL) == BERT_ERROR_ARGUMENT);
    }
    {                                                                   /* no sequences, no rows */
        bert_batch none = good;
        bert_result r = { 0 };
        none.sequences = 0;
        r.words = words;
        CHECK_INT(bert_session_run(s, &none, &r, &e), BERT_OK);
        masked[0] = 0;
        r.masked_rows = masked;
        r.masked_count = 1;
        CHECK_INT(bert_session_run(s, &none, &r, &e), BERT_ERROR_ARGUMENT);
        CHECK(strstr(e.message, "the batch has 0 rows") != NULL);
    }
    CHECK_INT(bert_session_run(NULL, &good, &(bert_result){ 0 }, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_run(s, NULL, &(bert_result){ 0 }, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_run(s, &good, NULL, NULL), BERT_ERROR_ARGUMENT);
    free(hidden);
    free(words);
    free(embeds);
    bert_session_close(s);
    bert_session_close(NULL);
    bert_packed_close(NULL);
    free_texts(&t);
    bert_model_close(m);
}
static void missing_heads(void)
{
    static const int lengths[] = { 4 };
    static const struct { uint32_t has; int piece; const char *says; } cases[] = {
        { 0, POOLED, "pooler" }, { 0, NEXT, "pooler" }, { BERT_HEAD_POOLER, NEXT, "cls.seq_relationship" }, { BERT_HEAD_POOLER, CLASSES, "classifier" }, { 0, TOKEN_CLASSES, "classifier" },
        { BERT_HEAD_CLASSIFIER, CLASSES, "pooler" }, { BERT_HEAD_POOLER, SPANS, "qa_outputs" }, { BERT_HEAD_POOLER, WORDS, "cls.predictions" }, { 0, VECTORS, "pooler" } };
    float *room = floats(1000);
    int64_t masked[1] = { 0 };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        bert_config c = usual();
        bert_model *m = model_of(&c, cases[i].has, 0);
        bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 1, 0) : NULL;
        texts t = texts_of(&c, lengths, 1, 31);
        bert_batch b = batch_of(&t);
        bert_result r = { 0 };
        bert_error e = { 0 };
        if (!s) break;
        if (cases[i].piece == POOLED) r.pooled = room;
        if (cases[i].piece == NEXT) r.next_sentence = room;
        if (cases[i].piece == CLASSES) r.classes = room;
        if (cases[i].piece == TOKEN_CLASSES) r.token_classes = room;
        if (cases[i].piece == SPANS) r.spans = room;
        if (cases[i].piece == VECTORS) { r.vectors = room; r.pooling = BERT_POOLING_POOLER; }
        if (cases[i].piece == WORDS) { r.words = room; r.masked_count = 1; r.masked_rows = masked; }
        CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_MISMATCH);
        if (!strstr(e.message, cases[i].says) || !strstr(e.message, "unit_session")) TEST_FAIL("case %d: \"%s\" does not say \"%s\"", (int)i, e.message, cases[i].says);
        bert_session_close(s);
        free_texts(&t);
        bert_model_close(m);
    }
    free(room);
}
static void bad_descs(void)
{
    bert_config c = usual();
    bert_model *m = model_of(&c, 0, 0), *other;
    bert_session_desc d = { 0 };
    bert_packed_desc pd = { 0 };
    bert_session *s = (bert_session *)(uintptr_t)1;
    bert_packed *p = (bert_packed *)(uintptr_t)1;
    bert_error e = { 0 };
    int isa;
    CHECK_INT(bert_session_open(NULL, &s), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_packed_open(NULL, &p), BERT_ERROR_ARGUMENT);
    d.error = pd.error = &e;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "model") != NULL);
    CHECK_INT(bert_packed_open(&pd, &p), BERT_ERROR_ARGUMENT);
    d.model = pd.model = m;
    CHECK_INT(bert_session_open(&d, NULL), BERT_ERROR_ARGUMENT);
    d.threads = -1;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "threads") != NULL);
    d.threads = 1;
    d.max_tokens = -1;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "max_tokens") != NULL);
    d.max_tokens = INT64_MAX;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    d.max_tokens = 0;
    d.budget = 1000;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_MEMORY);
    CHECK(strstr(e.message, "budget is 1000") != NULL);
    d.budget = 0;
    d.precision = pd.precision = (bert_precision)77;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_packed_open(&pd, &p), BERT_ERROR_ARGUMENT);
    d.precision = pd.precision = BERT_PRECISION_F32;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++) {
        d.isa = (bert_isa)isa;
        if (bert_isa_available((bert_isa)isa)) continue;
        CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_UNSUPPORTED);
        CHECK(strstr(e.message, bert_isa_name((bert_isa)isa)) != NULL && strstr(e.message, bert_isa_name(bert_isa_best())) != NULL);
    }
    d.isa = (bert_isa)-1;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    CHECK(s == (bert_session *)(uintptr_t)1 && p == (bert_packed *)(uintptr_t)1);   /* untouched */
    pd.isa = BERT_ISA_REF;
    REQUIRE(m && bert_packed_open(&pd, &p) == BERT_OK);
    d.isa = BERT_ISA_DEFAULT;
    d.packed = p;
    REQUIRE(bert_session_open(&d, &s) == BERT_OK);                      /* the kernels of the packed weights */
    CHECK_INT(bert_session_desc_resolved(s).isa, BERT_ISA_REF);
    CHECK_INT(bert_session_desc_resolved(s).threads, 1);
    CHECK_INT(bert_session_desc_resolved(s).max_tokens, 1024);
    bert_session_close(s);
    for (isa = BERT_ISA_AVX2; isa < BERT_ISA_COUNT; isa++) {
        d.isa = (bert_isa)isa;
        CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_MISMATCH);
    }
    d.isa = BERT_ISA_DEFAULT;
    d.precision = BERT_PRECISION_BF16;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_MISMATCH);
    CHECK(strstr(e.message, "the weights were packed for ref in f32") != NULL);
    d.precision = BERT_PRECISION_F32;
    d.budget = 1000;                                                    /* beside the weights, which are there */
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_MEMORY);
    CHECK(strstr(e.message, "a session takes at least") != NULL);
    d.budget = (size_t)1 << 30;                                         /* more than is of use */
    REQUIRE(bert_session_open(&d, &s) == BERT_OK);
    CHECK_INT(bert_session_desc_resolved(s).max_tokens, 8192);
    bert_session_close(s);
    d.budget = 0;
    d.max_tokens = ((int64_t)1 << 31) + 1;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    d.max_tokens = 0;
    {                                                                   /* as many as one text may have */
        bert_config longer = c;
        bert_model *m2;
        bert_session_desc d2 = { 0 };
        longer.max_positions = 1500;
        m2 = model_of(&longer, 0, 0);
        d2.model = m2;
        d2.threads = 1;
        REQUIRE(m2 && bert_session_open(&d2, &s) == BERT_OK);
        CHECK_INT(bert_session_desc_resolved(s).max_tokens, 1500);
        bert_session_close(s);
        bert_model_close(m2);
    }
    d.isa = BERT_ISA_DEFAULT;
    other = model_of(&c, 0, 0);
    d.model = other;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    bert_packed_close(p);
    bert_model_close(other);
    bert_model_close(m);
}

/* ---- memory ---- */

/* Every allocation fails once, and from each on all fail: a clean error, and nothing is left. */
static void failing_memory(void)
{
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n";
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *tok = NULL;
    const char *texts_[] = { "a b c", "c c c c c c c c c c c c c c c c c c c c" };
    size_t sizes[] = { 5, 39 };
    float *out = floats(2 * c.hidden_size);
    int once, threads;
    long at;
    td.data = vocab;
    td.size = sizeof vocab - 1;
    REQUIRE(m && bert_tokenizer_open(&td, &tok) == BERT_OK);
    for (once = 0; once < 2; once++)
        for (threads = 1; threads < 4; threads += 2)
            for (at = 1; at < 100; at++) {
                test_faults f = { 0 };
                bert_session_desc d = { 0 };
                bert_embed_desc ed = { 0 };
                bert_session *s = NULL;
                bert_error e = { 0 };
                bert_status st;
                f.fail_at = at;
                f.once = once;
                d.model = m;
                d.threads = threads;
                d.max_tokens = 64;
                d.allocator = test_faults_allocator(&f);
                d.error = ed.error = &e;
                ed.too_long = BERT_TOO_LONG_WINDOWS;
                ed.max_length = 10;
                st = bert_session_open(&d, &s);
                if (st == BERT_OK) {
                    st = bert_session_embed(s, tok, &ed, texts_, sizes, 2, out);
                    bert_session_close(s);
                } else CHECK(s == NULL);
                if (f.live) { TEST_FAIL("allocation %ld fails: %ld blocks stay", at, f.live); at = 100; }
                if (f.count < at) { if (st) TEST_FAIL("%s", e.message); break; }
                if (st != BERT_ERROR_MEMORY || !strstr(e.message, "memory") || !e.message[0]) { if (st != BERT_ERROR_MEMORY || threads == 1) TEST_FAIL("allocation %ld fails: status %d, \"%s\"", at, (int)st, e.message); }
            }
    CHECK(at > 3);
    bert_tokenizer_close(tok);
    free(out);
    bert_model_close(m);
}
/* The plan is exactly what is asked for, and running asks for nothing. */
static void plans(void)
{
    static const int lengths[] = { 33, 7 };
    static const int64_t tokens[] = { 0, 40, 333, 5000 };
    int isa, threads, k, relative;
    for (relative = 0; relative < 2; relative++) {
        bert_config c = config_of(45, 5, 70, 117, 50, 3, 2, 3, relative * 64);
        bert_model *m = model_of(&c, ALL_HEADS, relative);
        texts t = texts_of(&c, lengths, 2, 2);
        bert_batch b = batch_of(&t);
        bert_error e = { 0 };
        if (!m) continue;
        for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++)
            for (threads = 1; threads <= 5; threads += 2)
                for (k = 0; k < 4; k++) {
                    test_faults f = { 0 };
                    bert_plan_desc pd = { 0 };
                    bert_plan plan, again;
                    bert_session_desc d = { 0 };
                    bert_session *s;
                    answers a;
                    if (!bert_isa_available((bert_isa)isa)) continue;
                    pd.model = d.model = m;
                    pd.isa = d.isa = (bert_isa)isa;
                    pd.precision = d.precision = (bert_precision)((k + threads / 2) % 4);
                    pd.threads = d.threads = threads;
                    pd.max_tokens = d.max_tokens = tokens[k];
                    d.allocator = test_faults_allocator(&f);
                    d.error = &e;
                    if (bert_plan_memory(&pd, &plan, &e) || bert_session_open(&d, &s)) { TEST_FAIL("%s", e.message); continue; }
                    CHECK_INT(f.bytes, plan.total);
                    CHECK_INT(f.peak, plan.total);
                    CHECK_INT(f.count, threads > 1 ? 3 : 2);
                    CHECK_INT(plan.total, plan.packed + plan.session + plan.pool);
                    CHECK(plan.weights > 0 && (threads > 1) == (plan.pool > 0));
                    if (ask(s, m, &b, BERT_POOLING_MEAN, &a)) free_answers(&a);
                    CHECK_INT(f.peak, plan.total);
                    CHECK_INT(f.count, threads > 1 ? 3 : 2);
                    bert_session_close(s);
                    CHECK_INT(f.live, 0);
                    pd.model = NULL;                                    /* from the config alone */
                    pd.config = &c;
                    pd.heads = ALL_HEADS;
                    if (bert_plan_memory(&pd, &again, &e)) TEST_FAIL("%s", e.message);
                    else CHECK(again.packed == plan.packed && again.session == plan.session && again.weights == plan.weights);
                    if (tokens[k]) {                                    /* the largest that fits is this one, and one byte less is less */
                        CHECK_INT(bert_plan_largest(&pd, plan.total) >= tokens[k], 1);
                        CHECK(bert_plan_largest(&pd, plan.total - 1) < bert_plan_largest(&pd, plan.total) || bert_plan_largest(&pd, plan.total - 1) >= tokens[k]);
                        pd.max_tokens = bert_plan_largest(&pd, plan.total) + 1;
                        CHECK(bert_plan_memory(&pd, &again, &e) != BERT_OK || again.total > plan.total);
                    }
                    CHECK_INT(bert_plan_largest(&pd, 100), 0);
                }
        {                                                               /* threads lent, weights lent; a budget */
            test_faults f = { 0 }, g = { 0 };
            bert_plan_desc pd = { 0 };
            bert_plan plan;
            bert_packed_desc kd = { 0 };
            bert_packed *packed;
            bert_session_desc d = { 0 };
            bert_session *s;
            bert_pool *pool;
            REQUIRE(bert_pool_open(3, NULL, &pool) == BERT_OK);
            kd.model = pd.model = d.model = m;
            kd.allocator = test_faults_allocator(&g);
            REQUIRE(bert_packed_open(&kd, &packed) == BERT_OK);
            d.parallel = bert_pool_parallel(pool);
            d.packed = packed;
            d.allocator = test_faults_allocator(&f);
            d.error = &e;
            pd.threads = d.parallel.width;
            pd.lent_threads = 1;
            REQUIRE(bert_plan_memory(&pd, &plan, &e) == BERT_OK && bert_session_open(&d, &s) == BERT_OK);
            CHECK_INT(g.bytes, plan.packed);
            CHECK_INT(f.bytes, plan.session);
            CHECK_INT(plan.pool, 0);
            bert_session_close(s);
            CHECK_INT(f.live, 0);
            CHECK_INT(g.live, 1);
            d.budget = plan.session;                                    /* with that many bytes: that many tokens */
            REQUIRE(bert_session_open(&d, &s) == BERT_OK);
            CHECK_INT(bert_session_desc_resolved(s).max_tokens >= 1024, 1);
            CHECK(f.bytes <= plan.session);
            bert_session_close(s);
            bert_packed_close(packed);
            CHECK_INT(g.live, 0);
            bert_pool_close(pool);
        }
        free_texts(&t);
        bert_model_close(m);
    }
    {
        bert_plan plan;
        bert_plan_desc d = { 0 };
        bert_error e = { 0 };
        bert_config c = usual();
        CHECK_INT(bert_plan_memory(NULL, &plan, &e), BERT_ERROR_ARGUMENT);
        CHECK_INT(bert_plan_memory(&d, &plan, &e), BERT_ERROR_ARGUMENT);
        CHECK_INT(bert_plan_largest(NULL, 1 << 20), 0);
        d.config = &c;
        d.threads = -3;
        CHECK_INT(bert_plan_memory(&d, &plan, &e), BERT_ERROR_ARGUMENT);
        d.threads = 1;
        c.heads = 7;
        CHECK_INT(bert_plan_memory(&d, &plan, &e), BERT_ERROR_MISMATCH);
    }
}
/* A block of the caller's is all a session needs. */
static void fixed_memory(void)
{
    static const int lengths[] = { 30, 5 };
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_plan_desc pd = { 0 };
    bert_plan plan;
    bert_session_desc d = { 0 };
    bert_session *s = NULL;
    bert_fixed f = { 0 };
    bert_error e = { 0 };
    texts t = texts_of(&c, lengths, 2, 2);
    bert_batch b = batch_of(&t);
    answers a;
    pd.model = d.model = m;
    pd.threads = d.threads = 1;
    pd.max_tokens = d.max_tokens = 35;
    REQUIRE(m && bert_plan_memory(&pd, &plan, &e) == BERT_OK);
    f.size = plan.total + 256;
    f.memory = malloc(f.size);
    d.allocator = bert_fixed_allocator(&f);
    d.error = &e;
    if (bert_session_open(&d, &s)) TEST_FAIL("%s", e.message);
    else {
        CHECK(f.peak >= plan.total && f.peak <= f.size);
        if (ask(s, m, &b, BERT_POOLING_MEAN, &a)) free_answers(&a);
        bert_session_close(s);
        CHECK_INT(f.used, 0);
        f.size = plan.total - 64;
        CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_MEMORY);
        CHECK_INT(f.used, 0);
    }
    free(f.memory);
    free_texts(&t);
    bert_model_close(m);
}

/* ---- texts to vectors ---- */

static void embeds(void)
{
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\n##f\n";
    const char *text[] = { "a b c", "", "d d d e", "af bf a", "a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e a b c d e", "unknown words", "c" };
    enum { TEXTS = 7, LONG = 4 };
    size_t sizes[TEXTS];
    bert_config c = usual();                                            /* 50 positions; the long text has 60 tokens + 2 */
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *tok = NULL, *large = NULL;
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 2, 0) : NULL, *small = m ? session_of(m, BERT_ISA_DEFAULT, 1, 50) : NULL;
    const int64_t n = c.hidden_size;
    float *out = floats(TEXTS * n), *other = floats(TEXTS * n), *one = floats(n);
    bert_embed_desc d = { 0 };
    bert_error e = { 0 };
    char many[2000] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    int i, kind;
    td.data = vocab;
    td.size = sizeof vocab - 1;
    td.error = &e;
    REQUIRE(s && small && bert_tokenizer_open(&td, &tok) == BERT_OK);
    for (i = 0; i < TEXTS; i++) sizes[i] = strlen(text[i]);
    d.error = &e;
    CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, TEXTS, out), BERT_ERROR_TOO_LONG);
    CHECK(strstr(e.message, "text 4") != NULL && strstr(e.message, "62") != NULL && strstr(e.message, "50") != NULL);
    for (kind = BERT_POOLING_MEAN; kind <= BERT_POOLING_LAST; kind++) {
        int policy;
        for (policy = BERT_TOO_LONG_TRUNCATE; policy <= BERT_TOO_LONG_WINDOWS; policy++) {
            d.pooling = (bert_pooling)kind;
            d.too_long = (bert_too_long)policy;
            d.normalize = policy == BERT_TOO_LONG_TRUNCATE;
            if (bert_session_embed(s, tok, &d, text, sizes, TEXTS, out) || bert_session_embed(small, tok, &d, text, sizes, TEXTS, other)) { TEST_FAIL("%s", e.message); continue; }
            CHECK_BYTES(other, (size_t)(TEXTS * n) * 4, out, (size_t)(TEXTS * n) * 4);
            for (i = 0; i < TEXTS; i++) {                               /* each alone */
                if (bert_session_embed(s, tok, &d, text + i, sizes + i, 1, one)) TEST_FAIL("%s", e.message);
                CHECK_BYTES(one, (size_t)n * 4, out + i * n, (size_t)n * 4);
            }
        }
    }
    {                                                                   /* the same as the parts by hand: [CLS] d d d e [SEP] */
        int32_t ids[6] = { 2, 8, 8, 8, 9, 3 };
        int64_t offsets[2] = { 0, 6 };
        bert_batch b = { 0 };
        bert_result r = { 0 };
        b.sequences = 1;
        b.offsets = offsets;
        b.ids = ids;
        r.vectors = one;
        r.normalize = 1;
        CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_OK);
        memset(&d, 0, sizeof d);
        d.normalize = 1;
        d.error = &e;
        CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, 4, out), BERT_OK);
        CHECK_BYTES(out + 2 * n, (size_t)n * 4, one, (size_t)n * 4);
    }
    {                                                                   /* windows: the mean over all their rows */
        int32_t ids[62];
        float *sum = floats(n);
        int64_t offsets[2] = { 0, 0 }, k, w, rows = 0;
        size_t windows = 0;
        bert_encoding all = { 0 }, window = { 0 };
        bert_pair_desc pair = { 0 };
        int32_t whole[60];
        all.ids = whole;
        all.capacity = 60;
        bert_tokenizer_encode(tok, text[LONG], sizes[LONG], &all);
        memset(sum, 0, (size_t)n * sizeof *sum);
        pair.max_tokens = 20;
        pair.stride = 5;
        for (w = 0; w == 0 || w < (int64_t)windows; w++) {
            bert_batch b = { 0 };
            bert_result r = { 0 };
            pair.window = (size_t)w;
            window.ids = ids;
            window.capacity = 62;
            REQUIRE(bert_encoding_join(tok, &pair, &all, NULL, &window, &windows) == BERT_OK);
            offsets[1] = (int64_t)window.count;
            b.sequences = 1;
            b.offsets = offsets;
            b.ids = ids;
            r.vectors = one;
            CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_OK);
            for (k = 0; k < n; k++) sum[k] += one[k] * (float)window.count;
            rows += (int64_t)window.count;
        }
        CHECK(windows > 3);
        for (k = 0; k < n; k++) sum[k] /= (float)rows;
        memset(&d, 0, sizeof d);
        d.too_long = BERT_TOO_LONG_WINDOWS;
        d.max_length = 20;
        d.stride = 5;
        CHECK_INT(bert_session_embed(s, tok, &d, text + LONG, sizes + LONG, 1, out), BERT_OK);
        CHECK_CLOSE(out, (size_t)n, sum, (size_t)n, 1e-6, 1e-5);
        d.normalize = 1;                                                /* of length 1, the mean as a whole */
        CHECK_INT(bert_session_embed(s, tok, &d, text + LONG, sizes + LONG, 1, other), BERT_OK);
        {
            double square = 0;
            for (k = 0; k < n; k++) square += (double)out[k] * out[k];
            for (k = 0; k < n; k++) sum[k] = (float)(out[k] / sqrt(square));
        }
        CHECK_CLOSE(other, (size_t)n, sum, (size_t)n, 1e-6, 1e-5);
        free(sum);
    }
    d.stride = 18;                                                      /* windows of 18 cannot share 18 */
    CHECK_INT(bert_session_embed(s, tok, &d, text + LONG, sizes + LONG, 1, out), BERT_ERROR_ARGUMENT);
    d.error = &e;
    CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, TEXTS, out), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "stride is 18") != NULL);
    d.stride = 0;
    d.max_length = 1000;                                                /* longer than the model's positions */
    CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, TEXTS, out), BERT_OK);
    CHECK_INT(bert_session_embed(s, tok, NULL, text, sizes, 0, NULL), BERT_OK);
    CHECK_INT(bert_session_embed(s, tok, NULL, text, sizes, 2, out), BERT_OK);
    d.error = &e;
    d.max_length = 2;
    CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, 1, out), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_embed(NULL, tok, &d, text, sizes, 1, out), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_embed(s, NULL, &d, text, sizes, 1, out), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_embed(s, tok, &d, NULL, sizes, 1, out), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, -1, out), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_embed(s, tok, &d, text, NULL, 1, out), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_session_embed(s, tok, &d, text, sizes, 1, NULL), BERT_ERROR_ARGUMENT);
    {                                                                   /* whatever the tokenizer refuses: it has no [SEP]; no [UNK] */
        static const char bare[] = "[UNK]\n[CLS]\na\n", none[] = "[SEP]\n[CLS]\na\n";
        static const bert_too_long policies[3] = { BERT_TOO_LONG_ERROR, BERT_TOO_LONG_TRUNCATE, BERT_TOO_LONG_WINDOWS };
        bert_tokenizer *other_tok = NULL;
        d.max_length = 20;
        for (i = 0; i < 3; i++)
            for (kind = 0; kind < 2; kind++) {
                td.data = kind ? none : bare;
                td.size = kind ? sizeof none - 1 : sizeof bare - 1;
                d.too_long = policies[i];
                REQUIRE(bert_tokenizer_open(&td, &other_tok) == BERT_OK);
                CHECK_INT(bert_session_embed(s, other_tok, &d, text + LONG, sizes + LONG, 1, out), BERT_ERROR_MISMATCH);
                CHECK(strstr(e.message, kind ? "[UNK]" : "[SEP]") != NULL);
                bert_tokenizer_close(other_tok);
            }
    }
    for (i = 0; i < 120; i++) snprintf(many + strlen(many), sizeof many - strlen(many), "t%d\n", i);
    td.data = many;                                                     /* a vocabulary of another model */
    td.size = strlen(many);
    REQUIRE(bert_tokenizer_open(&td, &large) == BERT_OK);
    d.max_length = 0;
    CHECK_INT(bert_session_embed(s, large, &d, text, sizes, 1, out), BERT_ERROR_MISMATCH);
    CHECK(strstr(e.message, "125") != NULL && strstr(e.message, "117") != NULL);
    bert_tokenizer_close(tok);
    bert_tokenizer_close(large);
    bert_session_close(s);
    bert_session_close(small);
    free(out);
    free(other);
    free(one);
    bert_model_close(m);
}

/* ---- what is done with logits ---- */

static void logits(void)
{
    float x[8] = { 1, 2, 3, 4, 1000, 1000, -1000, 0 }, y[8], want[4] = { 0.0320586f, 0.0871443f, 0.2368828f, 0.6439143f };
    float t[6] = { 3, 7, 7, -1, 7, 0 };
    int32_t best[6];
    int i;
    memcpy(y, x, sizeof y);
    bert_softmax(y, 2, 4);
    CHECK_CLOSE(y, 4, want, 4, 1e-6, 0);
    CHECK(y[4] == 0.5f && y[5] == 0.5f && y[6] == 0 && y[7] == 0);
    memcpy(y, x, sizeof y);
    bert_log_softmax(y, 2, 4);
    for (i = 0; i < 4; i++) CHECK(fabs(exp((double)y[i]) - (double)want[i]) < 1e-6);
    CHECK(y[6] == -2000.693147f || fabs((double)y[6] + 2000.693147) < 1e-3);
    memcpy(y, x, sizeof y);
    bert_sigmoid(y, 2, 4);
    CHECK(fabs((double)y[0] - 0.7310586) < 1e-6 && y[4] == 1 && y[6] == 0 && y[7] == 0.5f);
    bert_top_k(t, 6, 4, best);
    CHECK(best[0] == 1 && best[1] == 2 && best[2] == 4 && best[3] == 0);
    bert_top_k(t, 6, 6, best);
    CHECK(best[4] == 5 && best[5] == 3);
    bert_top_k(t, 6, 0, best);
    CHECK_INT(best[0], 1);
}
/* What is not a number, or infinite, never comes out as if it were a result: each output is looked at, and rows that were cut are not. */
static void not_finite(void)
{
    bert_config c = usual();
    bert_model *m = model_of(&c, ALL_HEADS, 0);
    bert_session *s = m ? session_of(m, BERT_ISA_DEFAULT, 2, 0) : NULL, *small = m ? session_of(m, BERT_ISA_DEFAULT, 1, 5) : NULL;
    const int64_t n = c.hidden_size, offsets[3] = { 0, 3, 9 }, row = 4;
    float *x = floats(9 * n), *out = floats(9 * n > c.vocab_size ? 9 * n : c.vocab_size);
    bert_error e = { 0 };
    bert_batch b = { 0 };
    int64_t i;
    int k;
    REQUIRE(s && small);
    for (i = 0; i < 9 * n; i++) x[i] = (float)(i % 7) - 3;
    b.sequences = 2;
    b.offsets = offsets;
    b.embeds = x;
    for (k = 0; k < 16; k++) {
        bert_result r;
        memset(&r, 0, sizeof r);
        if (k % 8 == 0) r.hidden = out;
        if (k % 8 == 1) r.pooled = out;
        if (k % 8 == 2) r.vectors = out;
        if (k % 8 == 3) r.next_sentence = out;
        if (k % 8 == 4) r.classes = out;
        if (k % 8 == 5) r.token_classes = out;
        if (k % 8 == 6) r.spans = out;
        if (k % 8 == 7) { r.words = out; r.masked_count = 1; r.masked_rows = &row; }
        x[8 * n + 1] = 0;
        CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_OK);
        {
            const uint32_t bits = k < 8 ? 0x7FC00000u : 0x7F800000u;
            memcpy(x + 8 * n + 1, &bits, 4);
        }
        e.message[0] = 0;
        CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_FORMAT);
        CHECK(strstr(e.message, k % 8 == 7 ? "masked row 0 is not finite" : "sequence 1 is not finite") != NULL);
        b.too_long = BERT_TOO_LONG_TRUNCATE;                            /* the row with it is cut */
        CHECK_INT(bert_session_run(small, &b, &r, &e), BERT_OK);
        b.too_long = BERT_TOO_LONG_ERROR;
    }
    free(x);
    free(out);
    bert_session_close(s);
    bert_session_close(small);
    bert_model_close(m);
}
/* A weight that is no number is named, in every precision. */
static void not_finite_weights(void)
{
    static const char *const victims[] = { "bert.encoder.layer.1.output.dense.bias", "bert.encoder.layer.0.intermediate.dense.weight", "bert.embeddings.LayerNorm.weight" };
    static const int lengths[] = { 4 };
    bert_config c = usual();
    texts t = texts_of(&c, lengths, 1, 31);
    const bert_batch b = batch_of(&t);
    float *out = floats(4 * c.hidden_size);
    bert_error e = { 0 };
    size_t v;
    int precision;
    REQUIRE(random_model_write("unit_session.sound.safetensors", &c, 0, 0, 7, &e) == BERT_OK);
    for (v = 0; v < sizeof victims / sizeof *victims; v++) {
        bert_checkpoint_desc cd = { 0 };
        bert_checkpoint *from = NULL;
        bert_write_desc w = { 0 };
        bert_output o[64];
        float *values = NULL;
        int64_t i, n;
        cd.path = "unit_session.sound.safetensors";
        REQUIRE(bert_checkpoint_open(&cd, &from) == BERT_OK && bert_checkpoint_count(from) <= 64);
        n = bert_checkpoint_count(from);
        memset(o, 0, sizeof o);
        for (i = 0; i < n; i++) {
            const bert_tensor *x = bert_checkpoint_tensor(from, i);
            o[i].name = x->name;
            o[i].shape = x->shape;
            o[i].rank = x->rank;
            o[i].dtype = x->dtype;
            o[i].from = x;
            if (strcmp(x->name, victims[v])) continue;
            values = floats(x->count);
            CHECK_INT(bert_tensor_read(x, BERT_F32, values, x->count, NULL), BERT_OK);
            { const uint32_t bits = v == 1 ? 0x7F800000u : 0x7FC00000u; memcpy(values + x->count / 2, &bits, 4); }
            o[i].from = NULL;
            o[i].data = values;
        }
        w.path = "unit_session.odd.safetensors";
        w.tensors = o;
        w.count = (size_t)n;
        w.error = &e;
        if (!values || bert_checkpoint_write(&w)) TEST_FAIL("%s: %s", victims[v], e.message);
        bert_checkpoint_close(from);
        free(values);
        for (precision = BERT_PRECISION_F32; precision <= BERT_PRECISION_INT8; precision++) {
            bert_model_desc d = { 0 };
            bert_model *m = NULL;
            bert_session *s;
            bert_result r = { 0 };
            d.path = "unit_session.odd.safetensors";
            d.config = &c;
            d.error = &e;
            if (bert_model_open(&d, &m)) { TEST_FAIL("%s", e.message); break; }
            s = session_in(m, (bert_precision)precision, BERT_ISA_DEFAULT, 1, 0);
            r.hidden = out;
            e.message[0] = 0;
            if (s) CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_FORMAT);
            CHECK_STR(e.tensor, victims[v]);
            CHECK(strstr(e.message, "its weights are not all finite; nor is the result for sequence 0") != NULL);
            bert_session_close(s);
            bert_model_close(m);
        }
        remove("unit_session.odd.safetensors");
    }
    remove("unit_session.sound.safetensors");
    free(out);
    free_texts(&t);
}

/* ---- another place to compute ---- */

typedef struct played { int opened, runs, fails; float fill; bert_model const *model; } played;

static bert_status played_open(const bert_device *device, bert_session_desc *desc, void **state)
{
    played *p = (played *)(uintptr_t)device->options;
    if (p->fails == 1) return BERT_ERROR_IO;
    p->opened++;
    p->model = desc->model;
    desc->max_tokens = 12;
    *state = p;
    return BERT_OK;
}
static bert_status played_run(void *state, const bert_batch *batch, const bert_result *result, bert_error *error)
{
    played *p = (played *)state;
    int64_t i;
    (void)error;
    p->runs++;
    if (p->fails == 2) return BERT_ERROR_STOPPED;
    for (i = 0; i < batch->offsets[batch->sequences] * bert_model_config(p->model)->hidden_size; i++) result->hidden[i] = p->fill;
    return BERT_OK;
}
static void played_close(void *state) { ((played *)state)->opened--; }

/* The session checks what it is given and what comes back; the rest is the device's. */
static void devices(void)
{
    static const int lengths[] = { 4, 6 };
    bert_config c = usual();
    bert_model *m = model_of(&c, 0, 0);
    texts t = texts_of(&c, lengths, 2, 31);
    bert_batch b = batch_of(&t);
    float *out = floats(10 * c.hidden_size);
    bert_device device;
    bert_session_desc d = { 0 };
    bert_session *s = NULL;
    bert_result r = { 0 };
    bert_error e = { 0 };
    test_faults f = { 0 };
    played p = { 0, 0, 0, 0, NULL };
    memset(&device, 0, sizeof device);
    device.options = &p;
    device.session_open = played_open;
    device.session_run = played_run;
    device.session_close = played_close;
    d.device = &device;
    d.error = &e;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "a session with a device needs a model") != NULL);
    d.model = m;
    d.packed = (bert_packed *)(uintptr_t)8;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_ARGUMENT);
    d.packed = NULL;
    d.allocator = test_faults_allocator(&f);
    f.fail_at = 1;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_MEMORY);
    f.fail_at = 0;
    p.fails = 1;
    CHECK_INT(bert_session_open(&d, &s), BERT_ERROR_IO);
    CHECK(s == NULL && f.live == 0 && !p.opened);
    p.fails = 0;
    REQUIRE(m && bert_session_open(&d, &s) == BERT_OK);
    CHECK_INT(bert_session_desc_resolved(s).max_tokens, 12);
    p.fill = 2;
    r.hidden = out;
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_OK);
    CHECK(p.runs == 1 && out[0] == 2 && out[10 * c.hidden_size - 1] == 2);
    t.ids[3] = -1;                                                      /* what is wrong does not get there */
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_ARGUMENT);
    CHECK_INT(p.runs, 1);
    t.ids[3] = 1;
    p.fails = 2;
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_STOPPED);
    p.fails = 0;
    { const uint32_t bits = 0x7FC00000u; memcpy(&p.fill, &bits, 4); }
    CHECK_INT(bert_session_run(s, &b, &r, &e), BERT_ERROR_FORMAT);
    CHECK(strstr(e.message, "the result for sequence 0 is not finite, though all weights are") != NULL);
    bert_session_close(s);
    CHECK(!p.opened && f.live == 0);
    free(out);
    free_texts(&t);
    bert_model_close(m);
}
static void instruction_sets(void)
{
    CHECK(bert_isa_available(BERT_ISA_REF) && bert_isa_available(bert_isa_best()) && bert_isa_best() != BERT_ISA_DEFAULT);
    CHECK(!bert_isa_available(BERT_ISA_COUNT) && !bert_isa_available((bert_isa)-5));
    CHECK_STR(bert_isa_name(BERT_ISA_REF), "ref");
    CHECK_STR(bert_isa_name(BERT_ISA_AVX512), "avx512");
    CHECK_STR(bert_isa_name((bert_isa)99), "?");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(not_finite_weights);
    TEST(devices);
    TEST(instruction_sets);
    TEST(numbers);
    TEST(long_sequences);
    TEST(activations);
    TEST(unusual_inputs);
    TEST(pooling);
    TEST(same_bits);
    TEST(precisions);
    TEST(channel_that_stands_out);
    TEST(types_of_files);
    TEST(only_what_is_asked);
    TEST(shared_weights);
    TEST(padded);
    TEST(too_long);
    TEST(not_finite);
    TEST(bad_input);
    TEST(missing_heads);
    TEST(bad_descs);
    TEST(failing_memory);
    TEST(plans);
    TEST(fixed_memory);
    TEST(embeds);
    TEST(logits);
    while (files > 0) remove(file_of(--files));
    return test_end();
}
