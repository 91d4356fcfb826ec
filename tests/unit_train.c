/* unit_train.c - the way back against differences, optimizers against their formulas, and what a trainer promises
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _WIN32                          /* what reaches the disk goes through here: the n-th time it fails, or the program dies */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static long disk_calls, disk_fails, disk_dies;
static int disk_call(void)
{
    disk_calls++;
    if (disk_calls == disk_dies) _exit(7);
    errno = EIO;
    return disk_calls == disk_fails;
}
static ssize_t disk_write(int file, const void *data, size_t size) { return disk_call() ? -1 : write(file, data, size); }
static int disk_fsync(int file) { return disk_call() ? -1 : fsync(file); }
static int disk_rename(const char *from, const char *to) { return disk_call() ? -1 : rename(from, to); }
#define write disk_write
#define fsync disk_fsync
#define rename disk_rename
#endif
#define BERT_STATIC                     /* a copy of its own: private functions are tested too */
#define BERT_IMPLEMENTATION
#include "bert.h"
#ifndef _WIN32
#undef write
#undef fsync
#undef rename
#endif
#include "test.h"
#include "faults.h"
#ifndef BERT_NO_THREADS
#include "examples/workers.h"
#include "later.h"
#endif

/* ---- small models and batches ---- */

static uint64_t seed;
static double uniform(void) { return (double)(test_random(&seed) >> 11) / 9007199254740992.0; }

static bert_config small_config(int relative)
{
    bert_config c;
    memset(&c, 0, sizeof c);
    c.hidden_size = 15;
    c.layers = 2;
    c.heads = 3;
    c.intermediate_size = 22;
    c.vocab_size = 37;
    c.max_positions = relative ? 0 : 24;
    if (relative) { c.max_positions = 24; c.max_relative_position = 3; }
    c.type_vocab_size = 2;
    c.activation = BERT_GELU_TANH;
    c.source = BERT_SOURCE_GOOGLE;
    c.layer_norm_eps = 1e-12;
    c.initializer_range = 0.3;
    return c;
}

#define MOST_ROWS 600
typedef struct example {
    int64_t offsets[20], masked[8];
    int32_t ids[MOST_ROWS], segments[MOST_ROWS], positions[MOST_ROWS], token_classes[MOST_ROWS], masked_ids[8], next[20], classes[20], starts[20], ends[20];
    uint8_t mask[MOST_ROWS];
    float weights[8], values[80], teacher[80], embeds[MOST_ROWS * 15], bias[MOST_ROWS * 24];
    bert_batch batch;
    bert_targets labels;
} example;

static void make_example(example *e, uint32_t learn, int64_t sequences, int64_t longest, int32_t labels)
{
    int64_t i, j, rows;
    memset(e, 0, sizeof *e);
    seed = 77;
    for (i = 0; i < sequences; i++) e->offsets[i + 1] = e->offsets[i] + longest - (i * 3) % (longest - 1);
    rows = e->offsets[sequences];
    for (i = 0; i < rows; i++) {
        e->ids[i] = (int32_t)(uniform() * 37);
        e->segments[i] = (int32_t)(uniform() * 2);
        e->positions[i] = (int32_t)(uniform() * 24);
        e->mask[i] = uniform() < 0.8;
        e->token_classes[i] = uniform() < 0.2 ? -100 : (int32_t)(uniform() * labels);
    }
    for (i = 0; i < sequences; i++) e->mask[e->offsets[i]] = 1;
    for (i = 0; i < rows * 15; i++) e->embeds[i] = (float)(uniform() - 0.5);
    for (i = 0; i < rows * 24; i++) e->bias[i] = (float)(uniform() - 0.5);
    for (i = 0; i < 8; i++) {
        e->masked[i] = (int64_t)(uniform() * (double)rows);
        e->masked_ids[i] = i == 5 ? -100 : (int32_t)(uniform() * 37);
        e->weights[i] = i == 3 ? 0.0f : (float)(0.5 + uniform());
    }
    for (i = 0; i < sequences; i++) {
        const int64_t length = e->offsets[i + 1] - e->offsets[i];
        double sum = 0;
        e->next[i] = (int32_t)(uniform() * 2);
        e->classes[i] = (int32_t)(uniform() * labels);
        e->starts[i] = (int32_t)(uniform() * (double)length);
        e->ends[i] = i == 1 ? (int32_t)length : i == 2 ? -1 : (int32_t)(uniform() * (double)length);
        for (j = 0; j < labels; j++) {
            e->values[i * labels + j] = learn & BERT_LEARN_MULTI_LABEL ? (float)(uniform() < 0.5) : (float)(uniform() * 2 - 1);
            sum += e->teacher[i * labels + j] = (float)uniform();
        }
        for (j = 0; j < labels; j++) e->teacher[i * labels + j] /= (float)sum;
    }
    e->batch.sequences = sequences;
    e->batch.offsets = e->offsets;
    e->batch.ids = e->ids;
    e->batch.segment_ids = e->segments;
    e->labels.masked_count = 8;
    e->labels.masked_rows = e->masked;
    e->labels.masked_ids = e->masked_ids;
    e->labels.masked_weights = e->weights;
    e->labels.next_sentence = e->next;
    e->labels.classes = e->classes;
    e->labels.values = e->values;
    e->labels.token_classes = e->token_classes;
    e->labels.starts = e->starts;
    e->labels.ends = e->ends;
    e->labels.choices = 2;
    if (learn & BERT_LEARN_CHOICES) for (i = 0; i < sequences; i++) e->classes[i] = (int32_t)(uniform() * 2);
}
/* Sequences `from` to `from` + n - 1 as an example of their own, for words, next sentences, spans and tokens. */
static void take(const example *e, int64_t from, int64_t n, example *out)
{
    const int64_t row = e->offsets[from], rows = e->offsets[from + n] - row;
    int64_t i;
    *out = *e;
    out->batch.sequences = n;
    out->batch.offsets = out->offsets;
    for (i = 0; i <= n; i++) out->offsets[i] = e->offsets[from + i] - row;
    out->batch.ids = out->ids;
    out->batch.segment_ids = out->segments;
    memmove(out->ids, out->ids + row, (size_t)rows * sizeof *out->ids);
    memmove(out->segments, out->segments + row, (size_t)rows * sizeof *out->segments);
    memmove(out->token_classes, out->token_classes + row, (size_t)rows * sizeof *out->token_classes);
    memmove(out->next, out->next + from, (size_t)n * sizeof *out->next);
    memmove(out->starts, out->starts + from, (size_t)n * sizeof *out->starts);
    memmove(out->ends, out->ends + from, (size_t)n * sizeof *out->ends);
    out->labels.next_sentence = out->next;
    out->labels.token_classes = out->token_classes;
    out->labels.starts = out->starts;
    out->labels.ends = out->ends;
    for (out->labels.masked_count = i = 0; i < e->labels.masked_count; i++) {
        if (e->masked[i] < row || e->masked[i] >= row + rows) continue;
        out->masked[out->labels.masked_count] = e->masked[i] - row;
        out->weights[out->labels.masked_count] = e->weights[i];
        out->masked_ids[out->labels.masked_count++] = e->masked_ids[i];
    }
    out->labels.masked_rows = out->masked;
    out->labels.masked_ids = out->masked_ids;
    out->labels.masked_weights = out->weights;
}
static bert_trainer *open_trainer(const bert_trainer_desc *desc)
{
    bert_trainer_desc d = *desc;
    bert_trainer *t = NULL;
    bert_error err = { 0 };
    int64_t i, k;
    d.error = &err;
    if (bert_trainer_open(&d, &t) != BERT_OK) { TEST_FAIL("%s", err.message); return NULL; }
    seed = 5;
    for (i = 0; i < bert_trainer_count(t); i++) {                       /* biases and LayerNorm from anywhere, not 0 and 1 */
        const bert_trained *p = bert_trainer_parameter(t, i);
        for (k = 0; p->rank == 1 && k < p->count; k++) p->weight[k] += (float)(uniform() - 0.5) * 0.4f;
    }
    return t;
}
static double loss_of(bert_trainer *t, const example *e)
{
    bert_progress p = { 0 };
    bert_error err = { 0 };
    if (bert_trainer_gradients(t, &e->batch, &e->labels, &p, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    return p.loss;
}

/* ---- gradients against differences of the loss ---- */

/* The slope of the loss in a direction, by two differences of which the second is twice as fine: their errors cancel to h^4. */
static double difference(bert_trainer *t, const example *e, const bert_trained *p, const float *keep, const double *direction, double h)
{
    double d[2];
    int fine, sign;
    int64_t k;
    for (fine = 0; fine < 2; fine++, h /= 2) {
        double at[2];
        for (sign = 0; sign < 2; sign++) {
            for (k = 0; k < p->count; k++) p->weight[k] = (float)((double)keep[k] + (sign ? -h : h) * direction[k]);
            at[sign] = loss_of(t, e);
        }
        d[fine] = (at[0] - at[1]) / (2 * h);
    }
    memcpy(p->weight, keep, (size_t)p->count * sizeof *keep);
    return (4 * d[1] - d[0]) / 3;
}
static void check_gradients(const char *what, const bert_trainer_desc *d, const example *e)
{
    bert_trainer *t = open_trainer(d);
    float *gradients, *keep;
    double *direction;
    int64_t i, k, learning = 0;
    if (!t) return;
    gradients = (float *)malloc((size_t)t->values * sizeof *gradients);
    keep = (float *)malloc((size_t)t->values * sizeof *keep);
    direction = (double *)malloc((size_t)t->values * sizeof *direction);
    REQUIRE(gradients && keep && direction);
    CHECK(loss_of(t, e) > 0);
    memcpy(gradients, t->gradients, (size_t)t->values * sizeof *gradients);
    for (i = 0; i < bert_trainer_count(t); i++) {
        const bert_trained *p = bert_trainer_parameter(t, i);
        const float *g = gradients + (p->gradient - t->gradients);
        const double length = sqrt(bert__square_sum(g, p->count));
        double got, want, dot = 0;
        int way;
        if (!p->learns) { CHECK(length == 0); continue; }
        learning += length > 1e-4;
        memcpy(keep, p->weight, (size_t)p->count * sizeof *keep);
        for (way = 0; way < 2; way++) {                                 /* along the gradient, and anywhere */
            for (k = 0, dot = 0; k < p->count; k++) {
                direction[k] = way || length < 1e-6 ? (uniform() < 0.5 ? -1 : 1) / sqrt((double)p->count) : (double)g[k] / length;
                dot += direction[k] * (double)g[k];
            }
            want = difference(t, e, p, keep, direction, 0.02);
            got = dot;
            if (!(fabs(got - want) <= 2e-4 + 2e-3 * length)) TEST_FAIL("%s: %s: slope %.6g, differences say %.6g (its gradient has length %.4g)", what, p->name, got, want, length);
        }
    }
    if (learning < 8) TEST_FAIL("%s: only %ld parameters have a gradient worth the name", what, (long)learning);
    free(gradients);
    free(keep);
    free(direction);
    bert_trainer_close(t);
}
static bert_trainer_desc small_desc(const bert_config *c, uint32_t learn)
{
    bert_trainer_desc d;
    memset(&d, 0, sizeof d);
    d.config = c;
    d.learn = learn;
    d.labels = learn & BERT_LEARN_CHOICES ? 1 : 3;
    d.hidden_dropout = d.attention_dropout = d.classifier_dropout = -1;
    d.max_tokens = MOST_ROWS;
    d.threads = 1;
    d.isa = BERT_ISA_REF;
    d.seed = 3;
    return d;
}
static void gradients_of_losses(void)
{
    static const struct { const char *name; uint32_t learn; } losses[] = { { "words", BERT_LEARN_WORDS }, { "next sentence", BERT_LEARN_NEXT_SENTENCE }, { "classes", BERT_LEARN_CLASSES },
        { "values", BERT_LEARN_VALUES }, { "multi label", BERT_LEARN_MULTI_LABEL }, { "choices", BERT_LEARN_CHOICES }, { "tokens", BERT_LEARN_TOKENS }, { "spans", BERT_LEARN_SPANS },
        { "all at once", BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS | BERT_LEARN_TOKENS } };
    static example e;
    bert_config c = small_config(0);
    size_t i;
    for (i = 0; i < sizeof losses / sizeof *losses; i++) {
        bert_trainer_desc d = small_desc(&c, losses[i].learn);
        make_example(&e, d.learn, 4, 9, d.labels);
        check_gradients(losses[i].name, &d, &e);
        if (d.learn != BERT_LEARN_CLASSES) continue;
        e.labels.teacher = e.teacher;
        check_gradients("a teacher", &d, &e);
        e.labels.teacher_weight = 0.4;
        e.labels.temperature = 2.5;
        check_gradients("a teacher and labels", &d, &e);
    }
}
static void gradients_of_activations(void)
{
    static example e;
    bert_config c = small_config(0);
    int kind;
    for (kind = BERT_GELU_ERF; kind <= BERT_LINEAR; kind++) {
        bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS);
        if (kind == BERT_RELU) continue;                                /* its corners lie in the way: see slopes */
        c.activation = (bert_activation)kind;
        make_example(&e, d.learn, 3, 8, d.labels);
        check_gradients(bert_activation_name((bert_activation)kind), &d, &e);
    }
}
static void gradients_of_inputs(void)
{
    static example e;
    bert_config c = small_config(0), relative = small_config(1);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES);
    d.isa = BERT_ISA_DEFAULT;                                           /* (the losses are in plain C) */
    make_example(&e, d.learn, 4, 9, 3);
    e.batch.key_mask = e.mask;
    e.batch.position_ids = e.positions;
    check_gradients("mask and positions", &d, &e);
    e.batch.key_mask = NULL;
    e.batch.score_bias = e.bias;
    check_gradients("biases of the scores", &d, &e);
    e.batch.score_bias = NULL;
    e.batch.segment_ids = NULL;
    e.batch.ids = NULL;
    e.batch.embeds = e.embeds;
    d.frozen = 0;
    {                                                                   /* the words have no gradient then */
        bert_trainer *t = open_trainer(&d);
        REQUIRE(t);
        loss_of(t, &e);
        CHECK(bert__square_sum(t->words->gradient, t->words->count) == 0);
        bert_trainer_close(t);
    }
    e.batch.embeds = NULL;
    e.batch.ids = e.ids;
    d.config = &relative;
    make_example(&e, d.learn, 4, 9, 3);
    check_gradients("relative positions", &d, &e);
    d.hidden_dropout = 0.3;
    d.attention_dropout = 0.4;
    d.classifier_dropout = 0.2;
    check_gradients("relative positions and dropout", &d, &e);
    d.config = &c;
    check_gradients("dropout", &d, &e);
    d.recompute = 1;
    check_gradients("dropout, recomputed", &d, &e);
    d.learn = BERT_LEARN_TOKENS;
    check_gradients("dropout on tokens", &d, &e);
    d.hidden_dropout = d.attention_dropout = d.classifier_dropout = -1;
    d.recompute = 0;
    d.learn = BERT_LEARN_CLASSES;
    for (d.frozen = 1; d.frozen <= 3; d.frozen++) {
        if (d.frozen < 3) check_gradients("frozen", &d, &e);
        else {
            bert_trainer *t = open_trainer(&d);
            REQUIRE(t);
            loss_of(t, &e);
            CHECK(bert__square_sum(t->pooler.w[0]->gradient, t->pooler.w[0]->count) > 0 && bert__square_sum(t->layers[1].output.w[0]->gradient, t->layers[1].output.w[0]->count) == 0);
            bert_trainer_close(t);
        }
    }
    d.frozen = 0;                                                       /* more than one block of queries */
    c.max_positions = 160;
    d.labels = 3;
    d.attention_dropout = 0.2;
    make_example(&e, d.learn, 2, 140, 3);
    check_gradients("long sequences", &d, &e);
}
/* The derivative of each activation, in float64 from the other side. */
static void slopes(void)
{
    int kind;
    for (kind = BERT_GELU_ERF; kind <= BERT_LINEAR; kind++) {
        double x;
        for (x = -12.01; x < 12; x += 0.0371) {
            const double h = 0.01, f = (double)bert__activate((bert_activation)kind, (float)(x + h)) - (double)bert__activate((bert_activation)kind, (float)(x - h));
            const double got = (double)bert__slope((bert_activation)kind, (float)x), want = f / (2 * h);
            if ((kind == BERT_RELU && fabs(x) < 2 * h) || (kind == BERT_GELU_10 && fabs(fabs(x) - 10) < 2 * h)) continue;
            if (!(fabs(got - want) < 5e-4)) TEST_FAIL("%s at %g: %.6g, differences say %.6g", bert_activation_name((bert_activation)kind), x, got, want);
        }
    }
}

/* Activations and derivatives of every kind of instructions against those in plain C, in rows of any length; and what the derivative's
   way gives as the activation is the activation. */
static void curves(void)
{
    static float x[1300], want[2][1300], got[2][1300];
    int isa, kind, slope, n, i;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++) {
        const bert__kernels *k = bert__kernels_of((bert_isa)isa);
        if (!k) continue;
        for (kind = BERT_GELU_ERF; kind <= BERT_LINEAR; kind++)
            for (n = 1; n < 1300; n = n * 5 / 2 + 1) {
                for (i = 0; i < 1300; i++) {
                    x[i] = (float)(i % 7 == 0 ? 30 : 6) * (float)(i * 37 % 200 - 100) / 100;
                    want[0][i] = got[0][i] = want[1][i] = got[1][i] = i % 2 ? 1.5f : -0.5f;
                }
                bert__ref_slope((bert_activation)kind, x, want[1], want[0], n);
                k->learner->slope((bert_activation)kind, x, got[1], got[0], n);
                for (slope = 0; slope < 2; slope++)
                    for (i = 0; i < 1300; i++)
                        if (!(fabs((double)got[slope][i] - (double)want[slope][i]) <= 2e-6 * (1 + fabs((double)want[slope][i])))) TEST_FAIL("%s: %s, slope %d, %d numbers: at %g %.9g, plain C says %.9g", bert_isa_name((bert_isa)isa), bert_activation_name((bert_activation)kind), slope, n, (double)x[i], (double)got[slope][i], (double)want[slope][i]);
                k->learner->curve((bert_activation)kind, x, got[1], n);
                for (i = 0; i < n; i++)
                    if (!(got[1][i] == got[0][i])) TEST_FAIL("%s: %s, %d numbers: at %g %.9g, beside the slope %.9g", bert_isa_name((bert_isa)isa), bert_activation_name((bert_activation)kind), n, (double)x[i], (double)got[1][i], (double)got[0][i]);
            }
    }
}

/* ---- dropout ---- */

/* What else training needs of them, against plain C. */
static void near_to(const char *what, bert_isa isa, int n, const float *got, const float *want, int count, double bound)
{
    double scale = 0;
    int i;
    for (i = 0; i < count; i++) scale += (double)want[i] * (double)want[i];
    scale = sqrt(scale / count) + 1e-30;
    for (i = 0; i < count; i++) if (!(fabs((double)got[i] - (double)want[i]) <= bound * scale)) { TEST_FAIL("%s: %s of %d: number %d is %.9g, plain C says %.9g", bert_isa_name(isa), what, n, i, (double)got[i], (double)want[i]); return; }
}
static void learners(void)
{
    enum { ROWS = 150, STRIDE = 1104, MOST = ROWS * STRIDE };
    static const int lengths[] = { 1, 3, 7, 8, 15, 17, 64, 65, 384, 771, 1100 };
    static float x[MOST], a[MOST], b[MOST], want[MOST], got[MOST], m0[1100], v0[1100], m1[1100], v1[1100];
    const bert__learner *r = &bert__ref_learner, *l;
    int isa, k, i, n, pass, kind;
    for (isa = BERT_ISA_REF + 1; isa < BERT_ISA_COUNT; isa++) {
        if (!bert__kernels_of((bert_isa)isa)) continue;
        l = bert__kernels_of((bert_isa)isa)->learner;
        seed = 12;
        for (i = 0; i < MOST; i++) {
            x[i] = (float)(uniform() * 4 - 2);
            a[i] = (float)(uniform() - 0.4);
            b[i] = (float)(uniform() * 3);
        }
        for (k = 0; k < (int)(sizeof lengths / sizeof *lengths); k++) {
            float sums[2];
            double s0[2] = { 0, 0 }, s1[2] = { 0, 0 }, s2[2] = { 0, 0 };
            n = lengths[k];
#define BOTH(what, count, bound, call0, call1) memcpy(want, x, sizeof want); memcpy(got, x, sizeof got); call0; call1; near_to(what, (bert_isa)isa, n, got, want, count, bound)
            BOTH("softmax", n, 1e-5, r->softmax(want, n, 0.7f, a, b), l->softmax(got, n, 0.7f, a, b));
            BOTH("softmax alone", n, 1e-5, r->softmax(want, n, 0.3f, NULL, NULL), l->softmax(got, n, 0.3f, NULL, NULL));
            BOTH("softmax_back", n, 1e-5, r->softmax_back(b, want, n, 0.5f), l->softmax_back(b, got, n, 0.5f));
            BOTH("normal", n, n > 1 ? 1e-5 : 1e30, sums[0] = r->normal(want, a, 1e-12, n), sums[1] = l->normal(got, a, 1e-12, n));
            if (n > 2) CHECK(fabs((double)(sums[0] - sums[1])) < 1e-5 * (double)sums[0]);
            BOTH("affine", n, 1e-6, r->affine(want, x, a, b, n), l->affine(got, x, a, b, n));
            BOTH("norm_back", n, 2e-5, r->norm_back(want, x, b, 1.3f, a, n), l->norm_back(got, x, b, 1.3f, a, n));
            BOTH("drop", n, 0, r->drop(20000, 1.5f, 77, want, n), l->drop(20000, 1.5f, 77, got, n));
            BOTH("round", n, 0, r->round(want, a, n), l->round(got, a, n));
            BOTH("transpose", MOST, 0, r->transpose(a, STRIDE, ROWS, n < ROWS ? n : ROWS, want, ROWS + 3), l->transpose(a, STRIDE, ROWS, n < ROWS ? n : ROWS, got, ROWS + 3));
            if (n <= BERT__COLUMNS) { BOTH("norm_sums", n, 2e-5, r->norm_sums(a, STRIDE, b, STRIDE, ROWS, n, want, want + n), l->norm_sums(a, STRIDE, b, STRIDE, ROWS, n, got, got + n)); near_to("norm_sums, beta", (bert_isa)isa, n, got + n, want + n, n, 2e-5); }
            CHECK(fabs((double)(r->sum(b, n) - l->sum(b, n))) < 1e-6 * (double)r->sum(b, n));
            CHECK(fabs(r->squares(x, n) - l->squares(x, n)) < 1e-6 * r->squares(x, n));
            for (kind = BERT_OPTIMIZER_GOOGLE; kind <= BERT_OPTIMIZER_SGD; kind++)
                for (pass = 1; pass <= 2; pass++) {
                    bert_optimizer o = { 0, (bert_optimizer_kind)kind, BERT_CLIP_DEFAULT, 0, 0, 0, 0, 0, 0 };
                    const float ratio = bert__is_lamb((bert_optimizer_kind)kind) ? 0.8f : 1.0f;
                    bert__update u;
                    if (pass == 1 && !bert__is_lamb((bert_optimizer_kind)kind)) continue;
                    o.momentum = 0.9;
                    o = bert__optimizer_resolved(&o);
                    u = bert__update_of(&o, 0.1, 3, 0.5, 1);
                    for (i = 0; i < n; i++) { m0[i] = m1[i] = a[i + 7]; v0[i] = v1[i] = b[i + 5]; }
                    BOTH("an optimizer's step", n, 1e-5, r->update(&u, pass, ratio, want, a, m0, v0, n, s0), l->update(&u, pass, ratio, got, a, m1, v1, n, s1));
                    near_to("an optimizer's first slot", (bert_isa)isa, n, m1, m0, n, 1e-6);
                    near_to("an optimizer's second slot", (bert_isa)isa, n, v1, v0, n, 1e-6);
                    CHECK(fabs(s0[0] - s1[0]) <= 1e-5 * s0[0] && fabs(s0[1] - s1[1]) <= 1e-5 * s0[1]);
                    if (n > 20) {                                       /* cut in two: the same bits */
                        memcpy(want, x, sizeof want);
                        for (i = 0; i < n; i++) { m0[i] = a[i + 7]; v0[i] = b[i + 5]; }
                        l->update(&u, pass, ratio, want, a, m0, v0, 13, s2);
                        l->update(&u, pass, ratio, want + 13, a + 13, m0 + 13, v0 + 13, n - 13, s2);
                        CHECK(memcmp(want, got, (size_t)n * sizeof *got) == 0 && memcmp(m0, m1, (size_t)n * sizeof *m0) == 0);
                    }
                }
#undef BOTH
        }
        for (i = 0; i < 100; i++) x[i] = 3e25f;                         /* squares without room in float32, and too small for it */
        CHECK(fabs(l->squares(x, 100) / 9e52 - 1) < 1e-6);
        for (i = 0; i < 100; i++) x[i] = 3e-18f;
        CHECK(fabs(l->squares(x, 100) / 9e-34 - 1) < 1e-6);
        x[3] = bert__bits_to_float(0x7FC00000u);
        CHECK(!bert__finite(l->squares(x, 100)));
    }
}
static void dropout_rates(void)
{
    static float x[100001], y[100001];
    const double rates[] = { 0.1, 0.5, 0.9, 0.0001 };
    size_t k;
    int64_t i, n = 100001;
    for (k = 0; k < 4; k++) {
        const bert__drop d = bert__drop_of(rates[k]);
        double kept = 0, neighbours = 0, same = 0;
        for (i = 0; i < n; i++) x[i] = y[i] = 1;
        bert__ref_drop(d.below, d.scale, 1234 + k, x, n);
        bert__ref_drop(d.below, d.scale, 1235 + k, y, n);
        for (i = 0; i < n; i++) {
            CHECK(x[i] == 0 || x[i] == d.scale);
            kept += x[i] != 0;
            if (i) neighbours += (x[i] != 0) == (x[i - 1] != 0);
            same += (x[i] != 0) == (y[i] != 0);
        }
        CHECK(fabs(kept / (double)n - (1 - rates[k])) < 5 * sqrt(rates[k] * (1 - rates[k]) / (double)n) + 1e-5);
        CHECK(fabs(kept / (double)n * (double)d.scale - 1) < 0.03);
        if (k == 1) CHECK(fabs(neighbours / (double)n - 0.5) < 0.01 && fabs(same / (double)n - 0.5) < 0.01);
    }
}

/* ---- the same bits, or nearly ---- */

static const float *bits_of(bert_trainer *t, const example *e, int steps, float *room)
{
    bert_error err = { 0 };
    int i;
    for (i = 0; i < steps; i++) if (bert_trainer_step(t, &e->batch, &e->labels, NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    memcpy(room, steps ? t->weights : t->gradients, (size_t)t->values * sizeof *room);
    return room;
}
static void same_bits(void)
{
    static example e;
    static const int32_t threads[] = { 1, 2, 4 };
    bert_config c = small_config(1);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
    static float want[60000], got[60000];
    int kind, k, recompute;
    c.hidden_size = 24;
    d.hidden_dropout = d.attention_dropout = 0.1;
    make_example(&e, d.learn, 6, 20, 3);
    d.max_tokens = 45;
    d.schedule.rate = 1e-2;
    for (kind = BERT_OPTIMIZER_GOOGLE; kind <= BERT_OPTIMIZER_SGD; kind++) {
        bert_isa isa = bert_isa_best();
        d.optimizer.kind = (bert_optimizer_kind)kind;
        d.optimizer.momentum = kind == BERT_OPTIMIZER_SGD ? 0.9 : 0;
        for (k = 0; k < 3; k++)
            for (recompute = 0; recompute < 2; recompute++) {
                bert_trainer *t;
                d.isa = isa;
                d.threads = threads[k];
                d.recompute = recompute;
                if ((t = open_trainer(&d)) == NULL) return;
                REQUIRE(t->values < 60000);
                bits_of(t, &e, 3, k || recompute ? got : want);
                if ((k || recompute) && memcmp(want, got, (size_t)t->values * sizeof *got) != 0) TEST_FAIL("optimizer %d, %d threads, recompute %d: other weights after 3 steps", kind, (int)threads[k], recompute);
                bert_trainer_close(t);
            }
    }
}
static double distance(const float *a, const float *b, int64_t n)
{
    double sum = 0, all = 0;
    int64_t i;
    for (i = 0; i < n; i++) {
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        all += (double)a[i] * (double)a[i];
    }
    return sqrt(sum / all);
}
/* A batch at once, in parts, in two calls: the same gradients to rounding, dropout included. */
static void parts(void)
{
    static example e, part;
    static float want[60000], got[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS);
    bert_trainer *t;
    bert_error err = { 0 };
    int64_t tokens;
    bert_totals totals;
    bert_progress a, b;
    d.hidden_dropout = 0.2;
    d.attention_dropout = 0.1;
    make_example(&e, d.learn, 8, 12, 3);
    if ((t = open_trainer(&d)) == NULL) return;
    loss_of(t, &e);
    bits_of(t, &e, 0, want);
    CHECK(bert_trainer_totals(t, &e.batch, &e.labels, &totals, &err) == BERT_OK);
    take(&e, 0, 3, &part);                                              /* two calls: sequences 0-2, then the others */
    part.labels.totals = &totals;
    CHECK(bert_trainer_gradients(t, &part.batch, &part.labels, &a, &err) == BERT_OK);
    take(&e, 3, 5, &part);
    part.labels.totals = &totals;
    part.labels.add = 1;
    CHECK(bert_trainer_gradients(t, &part.batch, &part.labels, &b, &err) == BERT_OK);
    bits_of(t, &e, 0, got);
    CHECK(distance(want, got, t->values) < 1e-6);
    CHECK(fabs(a.loss + b.loss - loss_of(t, &e)) < 1e-6);
    bert_trainer_close(t);
    for (tokens = 12; tokens < 60; tokens += 9) {
        d.max_tokens = tokens;
        if ((t = open_trainer(&d)) == NULL) return;
        loss_of(t, &e);
        bits_of(t, &e, 0, got);
        if (!(distance(want, got, t->values) < 1e-6)) TEST_FAIL("max_tokens %ld: gradients are off by %.3g of their length", (long)tokens, distance(want, got, t->values));
        bert_trainer_close(t);
    }
}
/* Padding kept or dropped: the same gradients, dropout included. */
static void padding(void)
{
    static float want[60000], got[60000];
    int32_t ids[40], mask[40], row_ids[40], positions[40], classes[4] = { 0, 2, 1, 1 };
    int64_t offsets[5], rows[40], i;
    uint8_t row_mask[40];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES);
    bert_padded p = { 0 };
    example e;
    int mode;
    d.hidden_dropout = 0.3;
    d.attention_dropout = 0.2;
    d.classifier_dropout = 0.3;
    for (i = 0; i < 40; i++) {
        ids[i] = (int32_t)(i * 7 % 36);
        mask[i] = i % 10 < 4 + i / 10 * 2;
    }
    memset(&e, 0, sizeof e);
    p.sequences = 4;
    p.length = 10;
    p.ids = ids;
    p.mask = mask;
    p.offsets = offsets;
    p.rows = rows;
    p.row_ids = row_ids;
    p.row_positions = positions;
    p.row_mask = row_mask;
    e.labels.classes = classes;
    for (mode = 0; mode < 2; mode++) {
        bert_trainer *t = open_trainer(&d);
        REQUIRE(t);
        p.padding = mode ? BERT_PADDING_KEEP : BERT_PADDING_DROP;
        CHECK(bert_batch_from_padded(&p, &e.batch, NULL) == BERT_OK);
        loss_of(t, &e);
        bits_of(t, &e, 0, mode ? got : want);
        if (mode) CHECK(distance(want, got, t->values) < 1e-6);
        bert_trainer_close(t);
    }
}

/* ---- optimizers ---- */

static void optimizers(void)
{
    static const float w0[5] = { 0.5f, -1.0f, 0.25f, 2.0f, -0.125f }, g0[5] = { 0.1f, -0.2f, 0.0f, 3.0f, 0.01f };
    float w[5], g[5], m[5], v[5];
    bert_optimizer o = { 0, BERT_OPTIMIZER_SGD, BERT_CLIP_NONE, 0, 0, 0, 0, 0, 0 };
    double x[5], buffer[5] = { 0 }, am[5] = { 0 }, av[5] = { 0 };
    int step, i;
    memcpy(w, w0, sizeof w);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    o.momentum = 0.9;
    o.weight_decay = 0.1;
    for (i = 0; i < 5; i++) x[i] = (double)w0[i];
    for (step = 0; step < 4; step++) {                                  /* momentum */
        CHECK(bert_optimizer_update(&o, 0.1, step, 0.5, 1, w, g0, m, NULL, 5) == BERT_OK);
        for (i = 0; i < 5; i++) {
            buffer[i] = 0.9 * buffer[i] + 0.5 * (double)g0[i] + 0.1 * x[i];
            x[i] -= 0.1 * buffer[i];
            CHECK(fabs(x[i] - (double)w[i]) < 1e-6);
        }
    }
    memcpy(w, w0, sizeof w);
    memset(m, 0, sizeof m);
    memset(&o, 0, sizeof o);
    o.kind = BERT_OPTIMIZER_LAMB;
    for (i = 0; i < 5; i++) x[i] = (double)w0[i];
    for (step = 0; step < 4; step++) {                                  /* LAMB, from its paper */
        double direction[5], a = 0, b = 0;
        for (i = 0; i < 5; i++) g[i] = g0[i] * (float)(step + 1);
        CHECK(bert_optimizer_update(&o, 0.1, step, 1, 1, w, g, m, v, 5) == BERT_OK);
        for (i = 0; i < 5; i++) {
            am[i] = 0.9 * am[i] + 0.1 * (double)g[i];
            av[i] = 0.999 * av[i] + 0.001 * (double)g[i] * (double)g[i];
            direction[i] = am[i] / (1 - pow(0.9, step + 1)) / (sqrt(av[i] / (1 - pow(0.999, step + 1))) + 1e-6) + 0.01 * x[i];
            a += x[i] * x[i];
            b += direction[i] * direction[i];
        }
        for (i = 0; i < 5; i++) {
            x[i] -= 0.1 * sqrt(a) / sqrt(b) * direction[i];
            CHECK(fabs(x[i] - (double)w[i]) < 2e-6);
        }
    }
    CHECK(bert_optimizer_update(&o, 0.1, 0, 1, 1, w, g, NULL, v, 5) == BERT_ERROR_ARGUMENT);
    CHECK(bert_optimizer_update(&o, 0.1, -1, 1, 1, w, g, m, v, 5) == BERT_ERROR_ARGUMENT);
}
static void schedules(void)
{
    bert_schedule s;
    memset(&s, 0, sizeof s);
    s.rate = 2;
    CHECK(bert_schedule_rate(&s, 1000) == 2);
    s.steps = 10;
    s.warmup = 4;
    CHECK(bert_schedule_rate(&s, 0) == 0 && bert_schedule_rate(&s, 2) == 1);
    CHECK(fabs(bert_schedule_rate(&s, 4) - 1.2) < 1e-12 && bert_schedule_rate(&s, 10) == 0 && bert_schedule_rate(&s, 99) == 0);
    s.continuous = 1;
    CHECK(fabs(bert_schedule_rate(&s, 4) - 2) < 1e-12 && fabs(bert_schedule_rate(&s, 7) - 1) < 1e-12);
    s.decay = BERT_DECAY_COSINE;
    CHECK(fabs(bert_schedule_rate(&s, 7) - 1) < 1e-12 && fabs(bert_schedule_rate(&s, 4) - 2) < 1e-12 && fabs(bert_schedule_rate(&s, 10)) < 1e-12);
    s.decay = BERT_DECAY_POLYNOMIAL;
    s.power = 2;
    s.end_rate = 0.5;
    CHECK(fabs(bert_schedule_rate(&s, 7) - (0.5 + 1.5 * 0.25)) < 1e-12);
    s.decay = BERT_DECAY_CONSTANT;
    CHECK(bert_schedule_rate(&s, 9) == 2);
    s.first = 100;                                  /* a second phase */
    CHECK(bert_schedule_rate(&s, 109) == 2 && bert_schedule_rate(&s, 100) == 0 && bert_schedule_rate(&s, 50) == 0);
}
/* Each of them brings the loss of a few sequences down. */
static void learning(void)
{
    static example e;
    static const double rates[] = { 2e-3, 5e-3, 2e-3, 2e-2, 2e-2, 2e-1 };
    bert_config c = small_config(0);
    int kind, i;
    for (kind = BERT_OPTIMIZER_GOOGLE; kind <= BERT_OPTIMIZER_SGD; kind++) {
        bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES);
        bert_trainer *t;
        double first, last;
        make_example(&e, d.learn, 6, 9, 3);
        d.optimizer.kind = (bert_optimizer_kind)kind;
        d.schedule.rate = rates[kind];
        d.layer_decay = 0.9;
        if ((t = open_trainer(&d)) == NULL) return;
        first = loss_of(t, &e);
        for (i = 0; i < 80; i++) CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, NULL) == BERT_OK);
        CHECK_INT(bert_trainer_steps(t), 80);
        last = loss_of(t, &e);
        if (!(last < 0.1 * first)) TEST_FAIL("optimizer %d: the loss goes from %g to %g only", kind, first, last);
        bert_trainer_close(t);
    }
}
static void groups(void)
{
    static example e;
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_SPANS);
    bert_trainer *t;
    const bert_trained *p;
    float keep, other;
    make_example(&e, d.learn, 3, 9, 3);
    d.layer_decay = 0.5;
    d.optimizer.weight_decay = 1;
    d.frozen = 2;
    if ((t = open_trainer(&d)) == NULL) return;
    CHECK(!bert_trainer_find(t, "bert.pooler.dense.weight"));           /* not needed, not asked for */
    p = bert_trainer_find(t, "bert/encoder/layer_1/output/dense/kernel");
    REQUIRE(p);
    CHECK(p->learns && p->decay && p->rate == 0.5 && p->matrix);
    p = bert_trainer_find(t, "cls/squad/output_weights");
    REQUIRE(p);
    CHECK(p->learns && p->rate == 1);
    p = bert_trainer_find(t, "bert.encoder.layer.0.output.dense.weight");
    REQUIRE(p);
    CHECK(!p->learns);
    keep = p->weight[3];
    CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, NULL) == BERT_OK);
    CHECK(p->weight[3] == keep);                                        /* decay included */
    CHECK(!bert_trainer_find(t, "bert.encoder.layer.1.output.LayerNorm.weight")->decay);
    CHECK_INT(bert_trainer_group(t, "layer.1.output.dense", 0.25, BERT_OFF), 2);      /* and a group of one's own */
    CHECK_INT(bert_trainer_group(t, "cls/squad", 0, BERT_DEFAULT), 2);
    CHECK_INT(bert_trainer_group(t, "nobody", 0, BERT_DEFAULT), 0);
    p = bert_trainer_find(t, "bert/encoder/layer_1/output/dense/kernel");
    CHECK(p->rate == 0.125 && !p->decay);
    keep = p->weight[3];
    other = t->span.w[0]->weight[5];
    CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, NULL) == BERT_OK);
    CHECK(p->weight[3] != keep && t->span.w[0]->weight[5] == other);
    bert_trainer_close(t);
}

/* ---- the weights as a model ---- */

static void as_a_model(void)
{
    static example e;
    int relative;
    for (relative = 0; relative < 2; relative++) {
        bert_config c = small_config(relative);
        bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
        bert_trainer *t;
        bert_session_desc sd;
        bert_session *s = NULL;
        bert_result r;
        bert_error err = { 0 };
        static float words[8 * 37], next[8];
        double sum = 0, weights = 0, nsp = 0;
        int i;
        memset(&sd, 0, sizeof sd);
        memset(&r, 0, sizeof r);
        make_example(&e, d.learn, 4, 9, 3);
        e.batch.key_mask = e.mask;
        if ((t = open_trainer(&d)) == NULL) return;
        sd.model = bert_trainer_model(t);
        sd.threads = 1;
        sd.error = &err;
        if (bert_session_open(&sd, &s) != BERT_OK) { TEST_FAIL("%s", err.message); return; }
        r.masked_count = 8;
        r.masked_rows = e.masked;
        r.words = words;
        r.next_sentence = next;
        if (bert_session_run(s, &e.batch, &r, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        bert_log_softmax(words, 8, 37);
        bert_log_softmax(next, 4, 2);
        for (i = 0; i < 8; i++) if (e.masked_ids[i] >= 0) {
            sum -= (double)e.weights[i] * (double)words[i * 37 + e.masked_ids[i]];
            weights += (double)e.weights[i];
        }
        for (i = 0; i < 4; i++) nsp -= (double)next[2 * i + e.next[i]] / 4;
        CHECK(fabs(sum / (weights + 1e-5) + nsp - loss_of(t, &e)) < 1e-5);
        bert_session_close(s);
        bert_trainer_close(t);
    }
}

/* ---- saving and resuming ---- */

static void resume(void)
{
    static const char *const files[] = { "unit_train.tmp.safetensors", "unit_train.tmp.bin", "unit_train.tmp.ckpt" };
    static const char *const leftovers[] = { "unit_train.tmp.ckpt.index", "unit_train.tmp.ckpt.data-00000-of-00001" };
    static float want[60000], got[60000];
    static example e;
    int kind, f;
    size_t i;
    for (kind = BERT_OPTIMIZER_GOOGLE; kind <= BERT_OPTIMIZER_SGD; kind++)
        for (f = 0; f < 3; f++) {
            bert_config c = small_config(0);
            bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES | BERT_LEARN_NEXT_SENTENCE);
            bert_trainer *t;
            bert_error err = { 0 };
            bert_model *m = NULL;
            bert_model_desc md;
            if (kind == BERT_OPTIMIZER_BERTADAM && f) continue;
            d.optimizer.kind = (bert_optimizer_kind)kind;
            d.optimizer.momentum = kind == BERT_OPTIMIZER_SGD ? 0.5 : 0;
            d.hidden_dropout = 0.1;
            d.schedule.rate = 1e-2;
            d.schedule.steps = 9;
            d.schedule.warmup = 2;
            make_example(&e, d.learn, 4, 9, 3);
            if ((t = open_trainer(&d)) == NULL) return;
            bits_of(t, &e, 3, want);
            if (bert_trainer_save(t, files[f], BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
            bits_of(t, &e, 3, want);
            bert_trainer_close(t);
            d.seed = 3;
            c.initializer_range = 0.01;                                 /* anything else */
            if ((t = open_trainer(&d)) == NULL) return;
            if (bert_trainer_resume(t, files[f], &err) != BERT_OK) TEST_FAIL("%s", err.message);
            CHECK_INT(bert_trainer_steps(t), 3);
            bits_of(t, &e, 3, got);
            if (memcmp(want, got, (size_t)t->values * sizeof *got) != 0) TEST_FAIL("optimizer %d, %s: other weights after resuming", kind, files[f]);
            memset(&md, 0, sizeof md);                                  /* it is a model as well */
            md.path = files[f];
            md.config = &c;
            md.error = &err;
            if (bert_model_open(&md, &m) != BERT_OK) TEST_FAIL("%s", err.message);
            bert_model_close(m);
            CHECK(bert_trainer_save(t, files[f], BERT_FORMAT_AUTO, 0, NULL, &err) == BERT_OK);
            CHECK(bert_trainer_resume(t, files[f], &err) == BERT_ERROR_MISMATCH);
            CHECK(strstr(err.message, "adam_m") || strstr(err.message, "lamb_m"));
            bert_trainer_close(t);
            remove(files[f]);
            for (i = 0; i < 2; i++) remove(leftovers[i]);
        }
}

/* All that a state holds comes back, also what this trainer was not opened with; and what no trainer wrote is refused. */
static void saved_state(void)
{
    static const char *const files[] = { "unit_train.tmp.safetensors", "unit_train.tmp.bin", "unit_train.tmp.ckpt" };
    static const char *const leftovers[] = { "unit_train.tmp.ckpt.index", "unit_train.tmp.ckpt.data-00000-of-00001", "checkpoint" };
    static example e;
    static float want[60000], got[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES);
    bert_trainer *t;
    bert_saved s;
    bert_error err = { 0 };
    test_faults f;
    long at;
    int k, i;
    d.hidden_dropout = 0.1;
    d.max_tokens = 18;                                                  /* several parts a step: another size would give other bits */
    d.schedule.rate = 1e-3;
    d.schedule.steps = 10;
    d.schedule.warmup = 2;
    d.schedule.decay = BERT_DECAY_COSINE;
    d.schedule.continuous = 1;
    d.loss_scale.start = 1024;
    d.loss_scale.growth = 2;
    make_example(&e, d.learn, 6, 9, 3);
    for (k = 0; k < 3; k++) {
        d.seed = 8;
        d.max_tokens = 18;
        memset(&d.allocator, 0, sizeof d.allocator);
        if ((t = open_trainer(&d)) == NULL) return;
        bits_of(t, &e, 3, want);
        for (i = 0; i < BERT_CURSOR; i++) { CHECK_INT(bert_trainer_cursor(t)[i], 0); bert_trainer_cursor(t)[i] = ((int64_t)1 << 40) * (i - 3); }
        if (bert_trainer_save(t, files[k], BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        bits_of(t, &e, 3, want);
        bert_trainer_close(t);
        if (bert_saved_read(files[k], NULL, &s, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        CHECK(s.complete && s.step == 3 && s.seed == 8 && s.max_tokens == 18 && s.loss_scale == 2048 && s.skipped_steps == 0);
        CHECK(s.schedule.rate == 1e-3 && s.schedule.steps == 10 && s.schedule.warmup == 2 && s.schedule.decay == BERT_DECAY_COSINE && s.schedule.continuous == 1);
        for (i = 0; i < BERT_CURSOR; i++) CHECK_INT(s.cursor[i], ((int64_t)1 << 40) * (i - 3));
        d.seed = 9;
        d.max_tokens = 100;
        memset(&f, 0, sizeof f);
        d.allocator = test_faults_allocator(&f);
        if ((t = open_trainer(&d)) == NULL) return;
        for (at = 1; ; at++) {                                          /* each allocation of resuming, then of saving, fails once */
            f.count = 0;
            f.fail_at = at;
            if (bert_trainer_resume(t, files[k], &err) == BERT_OK) break;
            if (err.code != BERT_ERROR_MEMORY) TEST_FAIL("%s, allocation %ld: %s", files[k], at, err.message);
            CHECK_INT(f.live, 1);
        }
        f.fail_at = 0;
        CHECK_INT(bert_trainer_cursor(t)[5], (int64_t)2 << 40);
        bits_of(t, &e, 3, got);
        if (memcmp(want, got, (size_t)t->values * sizeof *got) != 0) TEST_FAIL("%s: other weights after resuming", files[k]);
        CHECK(t->loss_scale == 8192 && t->good == 0);
        for (at = 1; ; at++) {
            f.count = 0;
            f.fail_at = at;
            if (bert_trainer_save(t, files[k], BERT_FORMAT_AUTO, 1, NULL, &err) == BERT_OK) break;
            if (err.code != BERT_ERROR_MEMORY) TEST_FAIL("%s, allocation %ld: %s", files[k], at, err.message);
            CHECK_INT(f.live, 1);
        }
        f.fail_at = 0;
        CHECK(bert_saved_read(files[k], NULL, &s, &err) == BERT_OK && s.step == 6);
        CHECK(bert_trainer_save(t, files[k], BERT_FORMAT_AUTO, 0, NULL, &err) == BERT_OK);
        CHECK(bert_saved_read(files[k], NULL, &s, &err) == BERT_ERROR_MISMATCH && strstr(err.message, "global_step"));
        bert_trainer_close(t);
        CHECK_INT(f.live, 0);
        remove(files[k]);
    }
    for (i = 0; i < 3; i++) remove(leftovers[i]);
}

#ifndef _WIN32
/* Files in a folder whose name ends so. */
static int files_that_end(const char *folder, const char *with)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    int n = 0;
    while (d && (e = readdir(d)) != NULL) n += strlen(e->d_name) > strlen(with) && strcmp(e->d_name + strlen(e->d_name) - strlen(with), with) == 0;
    if (d) closedir(d);
    return n;
}
static void empty_folder(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    char path[600];
    while (d && (e = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.') remove(path);
    }
    if (d) closedir(d);
    rmdir(folder);
}
/* Whenever the program dies, or the disk fails, while the next state is being saved: what is there is the state before or the one after,
   whole, and training goes on from it with the same bits. */
static void killed(void)
{
    static const char *const before[] = { "unit_train.tmp/a.safetensors", "unit_train.tmp/a.bin", "unit_train.tmp/model.ckpt-2" };
    static const char *const after[] = { "unit_train.tmp/a.safetensors", "unit_train.tmp/a.bin", "unit_train.tmp/model.ckpt-3" };
    static const char *const found[] = { "unit_train.tmp/a.safetensors", "unit_train.tmp/a.bin", "unit_train.tmp" };
    static float want[60000], got[60000];
    static example e;
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES);
    bert_trainer *t;
    bert_error err = { 0 };
    int k, dies;
    long at;
    d.hidden_dropout = 0.1;
    d.schedule.rate = 1e-3;
    make_example(&e, d.learn, 3, 7, 3);
    for (k = 0; k < 3; k++)
        for (dies = 0; dies < 2; dies++) {
            for (at = 1; at < 100; at++) {
                int done = 0, status = 0;
                disk_fails = disk_dies = 0;
                mkdir("unit_train.tmp", 0777);
                if ((t = open_trainer(&d)) == NULL) return;
                bits_of(t, &e, 2, want);
                if (bert_trainer_save(t, before[k], BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
                bits_of(t, &e, 1, want);
                if (!dies) {
                    disk_calls = 0;
                    disk_fails = at;
                    done = bert_trainer_save(t, after[k], BERT_FORMAT_AUTO, 1, NULL, &err) == BERT_OK && disk_calls < at;
                    disk_fails = 0;
                    if (files_that_end("unit_train.tmp", ".tmp")) TEST_FAIL("%s: something is left over", after[k]);
                } else {
                    const pid_t child = fork();
                    if (child == 0) {
                        disk_calls = 0;
                        disk_dies = at;
                        _exit(bert_trainer_save(t, after[k], BERT_FORMAT_AUTO, 1, NULL, NULL) == BERT_OK ? 0 : 1);
                    }
                    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || (WEXITSTATUS(status) != 7 && WEXITSTATUS(status) != 0)) TEST_FAIL("%s, call %ld: the child ended with %d", after[k], at, status);
                    done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
                }
                bits_of(t, &e, 2, want);
                bert_trainer_close(t);
                if ((t = open_trainer(&d)) == NULL) return;
                if (bert_trainer_resume(t, found[k], &err) != BERT_OK) TEST_FAIL("%s, call %ld: %s", found[k], at, err.message);
                else {
                    const int64_t steps = bert_trainer_steps(t);
                    CHECK(steps == 2 || steps == 3);
                    bits_of(t, &e, (int)(5 - steps), got);
                    if (memcmp(want, got, (size_t)t->values * sizeof *got) != 0) TEST_FAIL("%s, call %ld: other weights", found[k], at);
                }
                bert_trainer_close(t);
                empty_folder("unit_train.tmp");
                if (done) break;
            }
            CHECK(at > 4 && at < 100);
        }
}
#endif

/* ---- loss scaling ---- */

/* A factor that is a power of two changes nothing but the gradients; one that overflows is halved, step after step skipped, down to the
   floor. */
static void loss_scaling(void)
{
    static const uint32_t learns[] = { BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS, BERT_LEARN_CLASSES, BERT_LEARN_VALUES, BERT_LEARN_MULTI_LABEL, BERT_LEARN_CHOICES, BERT_LEARN_TOKENS };
    static example e;
    static float want[60000], got[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d;
    bert_trainer *t;
    bert_progress p;
    bert_error err = { 0 };
    int kind, i, k;
    for (k = 0; k < 6; k++)
        for (kind = BERT_OPTIMIZER_GOOGLE; kind <= BERT_OPTIMIZER_SGD; kind++) {
            if (k && kind) continue;
            d = small_desc(&c, learns[k]);
            d.optimizer.kind = (bert_optimizer_kind)kind;
            d.schedule.rate = 1e-2;
            make_example(&e, d.learn, 4, 9, d.labels);
            if (k == 1) { e.labels.teacher = e.teacher; e.labels.teacher_weight = 0.3; }
            if ((t = open_trainer(&d)) == NULL) return;
            bits_of(t, &e, 2, want);
            bert_trainer_close(t);
            d.loss_scale.start = 65536;
            if ((t = open_trainer(&d)) == NULL) return;
            bits_of(t, &e, 2, got);
            if (memcmp(want, got, (size_t)t->values * sizeof *got) != 0) TEST_FAIL("learn %d, optimizer %d: other weights with loss scaling", (int)learns[k], kind);
            bert_trainer_close(t);
        }
    d = small_desc(&c, BERT_LEARN_CLASSES);
    make_example(&e, d.learn, 4, 9, 3);
    d.loss_scale.start = ldexp(1, 140);                                 /* some gradients become infinite */
    d.loss_scale.decrease = 2;
    d.loss_scale.growth = 3;
    if ((t = open_trainer(&d)) == NULL) return;
    memcpy(want, t->weights, (size_t)t->values * sizeof *want);
    memset(&p, 0, sizeof p);
    for (i = 0; i < 40; i++) {
        if (bert_trainer_step(t, &e.batch, &e.labels, &p, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
        if (!p.skipped) break;
        CHECK(memcmp(want, t->weights, (size_t)t->values * sizeof *want) == 0);
        CHECK_INT(p.step, 0);
        CHECK_INT(p.skipped_steps, i + 1);
        CHECK(t->loss_scale == ldexp(1, 140 - (i + 1) / 2));
    }
    if (!(i > 0 && i < 40 && p.step == 1 && p.norm > 0 && p.norm < 1e6)) TEST_FAIL("after %d: step %ld, norm %g", i, (long)p.step, p.norm);
    t->loss_scale = 64;
    t->good = 0;
    for (i = 0; i < 6; i++) CHECK(bert_trainer_step(t, &e.batch, &e.labels, &p, &err) == BERT_OK && p.loss_scale == (i < 3 ? 64 : 128));
    CHECK(t->loss_scale == 256);
    CHECK(bert_trainer_gradients(t, &e.batch, &e.labels, &p, &err) == BERT_OK);
    t->loss_scale = 1;                                                  /* at the floor a step that cannot be done is an error */
    t->pooler.w[0]->gradient[3] = bert__bits_to_float(0x7F800000u);
    CHECK(bert_trainer_update(t, &p, &err) != BERT_OK);
    if (!strstr(err.message, "bert.pooler.dense.weight") || !strstr(err.message, "floor")) TEST_FAIL("%s", err.message);
    bert_trainer_close(t);
    d.loss_scale.start = -1;
    d.error = &err;
    CHECK(bert_trainer_open(&d, &t) != BERT_OK && strstr(err.message, "loss_scale"));
}

/* ---- several workers ---- */

#ifndef BERT_NO_THREADS
enum { WORKER_PLAIN, WORKER_PARTS, WORKER_BAD_LABEL, WORKER_NAN, WORKER_LEAVES, WORKER_STEP };
typedef struct worker {
    workers *all;
    const example *e;
    bert_trainer_desc d;
    int rank, size, mode, steps, blocking, early, late;
    int64_t from, n;                    /* its sequences */
    bert_trainer *t;
    bert_status st;
    bert_progress p;
    bert_error err;
    bert_comm real;
    later sums;
} worker;

/* Buckets that go while the gradients of the embeddings are not there yet. */
static bert_status watched_start(void *user, float *values, int64_t count, bert_error *error)
{
    worker *w = (worker *)user;
    if (bert__square_sum(w->t->types->gradient, w->t->types->count) == 0) w->early++;
    else w->late++;
    return w->real.start(w->real.user, values, count, error);
}
static bert_status watched_wait(void *user, bert_error *error) { return ((worker *)user)->real.wait(((worker *)user)->real.user, error); }
static bert_status watched_all_reduce(void *user, float *values, int64_t count, bert_error *error) { return ((worker *)user)->real.all_reduce(((worker *)user)->real.user, values, count, error); }
static bert_status watched_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *error) { return ((worker *)user)->real.broadcast(((worker *)user)->real.user, data, size, root, error); }
static void *worker_thread(void *arg)
{
    worker *w = (worker *)arg;
    example mine, part;
    bert_totals totals;
    bert_comm comm;
    int i;
    w->real = later_comm(&w->sums, workers_comm(w->all, w->rank));
    memset(&comm, 0, sizeof comm);
    comm.rank = w->rank;
    comm.size = w->size;
    comm.all_reduce = watched_all_reduce;
    comm.broadcast = watched_broadcast;
    if (!w->blocking) { comm.start = watched_start; comm.wait = watched_wait; }
    comm.user = w;
    w->d.comm = &comm;
    w->d.error = &w->err;
    take(w->e, w->from, w->n, &mine);
    if ((w->st = bert_trainer_open(&w->d, &w->t)) != BERT_OK) return NULL;
    if (w->mode == WORKER_STEP && w->rank == 1) bert_trainer_set_steps(w->t, 7);
    if (w->mode == WORKER_NAN && w->rank == 1) w->t->layers[1].output.w[0]->weight[3] = bert__bits_to_float(0x7FC00000u);
    for (i = 0; i < w->steps && w->st == BERT_OK; i++) {
        if (w->mode == WORKER_LEAVES && w->rank == 1 && i == 1) { workers_leave(w->all, w->rank, "the file ends"); w->st = BERT_ERROR_IO; break; }
        if (w->mode == WORKER_BAD_LABEL && w->rank == 1 && i == 1) mine.next[0] = 9;
        if (w->mode == WORKER_PARTS && mine.batch.sequences > 1) {
            if ((w->st = bert_trainer_totals(w->t, &mine.batch, &mine.labels, &totals, &w->err)) != BERT_OK) break;
            take(&mine, 0, 1, &part);
            part.labels.totals = &totals;
            part.labels.more = 1;
            if ((w->st = bert_trainer_gradients(w->t, &part.batch, &part.labels, &w->p, &w->err)) != BERT_OK) break;
            take(&mine, 1, mine.batch.sequences - 1, &part);
            part.labels.totals = &totals;
            part.labels.add = 1;
            if ((w->st = bert_trainer_gradients(w->t, &part.batch, &part.labels, NULL, &w->err)) == BERT_OK) w->st = bert_trainer_update(w->t, NULL, &w->err);
        } else w->st = bert_trainer_step(w->t, &mine.batch, &mine.labels, &w->p, &w->err);
    }
    if (w->st != BERT_OK) workers_leave(w->all, w->rank, w->err.message);
    return NULL;
}
/* n workers, of which each gets share[k] sequences; they stay open for the caller to look at. */
static void run_workers(worker *w, int n, const int *share, const example *e, const bert_trainer_desc *d, int mode, int steps, int blocking)
{
    static workers all;
    pthread_t threads[4];
    int64_t from = 0;
    int k;
    workers_open(&all, n);
    for (k = 0; k < n; k++) {
        memset(&w[k], 0, sizeof w[k]);
        w[k].all = &all;
        w[k].e = e;
        w[k].d = *d;
        w[k].rank = k;
        w[k].size = n;
        w[k].mode = mode;
        w[k].steps = steps;
        w[k].blocking = blocking;
        w[k].from = from;
        w[k].n = share[k];
        from += share[k];
        if (pthread_create(&threads[k], NULL, worker_thread, &w[k])) { TEST_FAIL("no thread"); exit(1); }
    }
    for (k = 0; k < n; k++) pthread_join(threads[k], NULL);
    workers_close(&all);
}
static void end_workers(worker *w, int n)
{
    while (n-- > 0) bert_trainer_close(w[n].t);
}
static void several_workers(void)
{
    static const struct { int n, share[4], mode, blocking; } cases[] = {
        { 2, { 4, 4, 0, 0 }, WORKER_PLAIN, 0 }, { 4, { 2, 2, 2, 2 }, WORKER_PLAIN, 1 }, { 4, { 5, 0, 2, 1 }, WORKER_PLAIN, 0 }, { 3, { 3, 2, 3, 0 }, WORKER_PARTS, 0 } };
    static const bert_clip clips[] = { BERT_CLIP_GLOBAL, BERT_CLIP_ROWS };
    static float want[60000];
    static example e;
    static worker w[4];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS);
    bert_trainer *t;
    bert_progress p;
    bert_error err = { 0 };
    size_t k;
    int i, j, clip;
    d.hidden_dropout = d.attention_dropout = 0.1;
    d.optimizer.kind = BERT_OPTIMIZER_SGD;
    d.optimizer.max_norm = 0.5;
    d.schedule.rate = 0.1;
    make_example(&e, d.learn, 8, 12, 3);
    for (clip = 0; clip < 2; clip++) {
        d.optimizer.clip = clips[clip];
        if (bert_trainer_open(&d, &t) != BERT_OK) { TEST_FAIL("no trainer"); return; }
        for (i = 0; i < 3; i++) CHECK(bert_trainer_step(t, &e.batch, &e.labels, &p, &err) == BERT_OK);
        memcpy(want, t->weights, (size_t)t->values * sizeof *want);
        for (k = 0; k < sizeof cases / sizeof *cases; k++) {
            run_workers(w, cases[k].n, cases[k].share, &e, &d, cases[k].mode, 3, cases[k].blocking);
            for (j = 0; j < cases[k].n; j++) {
                if (w[j].st != BERT_OK) { TEST_FAIL("case %ld, worker %d: %s", (long)k, j, w[j].err.message); continue; }
                if (!(distance(want, w[j].t->weights, t->values) < 1e-6)) TEST_FAIL("case %ld, worker %d: weights are off by %.3g of their length", (long)k, j, distance(want, w[j].t->weights, t->values));
                if (memcmp(w[0].t->weights, w[j].t->weights, (size_t)t->values * sizeof *want) != 0) TEST_FAIL("case %ld: workers 0 and %d have other weights", (long)k, j);
                if (cases[k].mode == WORKER_PLAIN) CHECK(fabs(w[j].p.loss - p.loss) < 1e-6 && fabs(w[j].p.norm - p.norm) < 1e-5);
                if (cases[k].mode == WORKER_PLAIN && !cases[k].blocking && cases[k].share[j] && (w[j].early != 9 || w[j].late != 3)) TEST_FAIL("case %ld, worker %d: %d buckets went before the embeddings, %d after", (long)k, j, w[j].early, w[j].late);
            }
            end_workers(w, cases[k].n);
        }
        bert_trainer_close(t);
    }
}
/* Where nothing is added row by row (the tables of the embeddings are), shares that are the parts of one worker give its bits. */
static void workers_same_bits(void)
{
    static const int share[4] = { 2, 2, 2, 2 };
    static example e;
    static worker w[4];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_TOKENS);
    bert_trainer *t;
    int64_t i;
    int k, n;
    c.source = BERT_SOURCE_HF;
    d.hidden_dropout = d.attention_dropout = 0.1;
    d.frozen = 1;
    d.schedule.rate = 1e-2;
    for (n = 2; n <= 4; n += 2) {
        make_example(&e, d.learn, 2 * n, 9, 3);
        for (i = 0; i <= 2 * n; i++) e.offsets[i] = 9 * i;
        d.max_tokens = 18;
        if (bert_trainer_open(&d, &t) != BERT_OK) { TEST_FAIL("no trainer"); return; }
        for (k = 0; k < 3; k++) CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, NULL) == BERT_OK);
        run_workers(w, n, share, &e, &d, WORKER_PLAIN, 3, 0);
        for (k = 0; k < n; k++)
            if (w[k].st != BERT_OK || memcmp(t->weights, w[k].t->weights, (size_t)t->values * sizeof(float)) != 0) TEST_FAIL("worker %d of %d: other bits than of one alone. %s", k, n, w[k].err.message);
        end_workers(w, n);
        bert_trainer_close(t);
    }
}
/* What goes wrong at worker 1 is an error at all, with its words. */
static void workers_fail_together(void)
{
    static const struct { int mode; const char *says; } cases[] = {
        { WORKER_BAD_LABEL, "worker 1: sequence 0: label 9" }, { WORKER_NAN, "worker 1: bert.encoder.layer.1.output.dense.weight" }, { WORKER_LEAVES, "worker 1 left: the file ends" }, { WORKER_STEP, "same checkpoint" } };
    static const int share[4] = { 2, 2, 4, 0 };
    static example e;
    static worker w[4];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
    bert_comm comm = { 0 };
    bert_trainer *t = NULL;
    bert_error err = { 0 };
    size_t k;
    int j;
    make_example(&e, d.learn, 8, 12, 3);
    for (k = 0; k < sizeof cases / sizeof *cases; k++) {
        run_workers(w, 3, share, &e, &d, cases[k].mode, 3, 0);
        for (j = 0; j < 3; j++) {
            CHECK(w[j].st != BERT_OK);
            if (j != 1 && !strstr(w[j].err.message, cases[k].says)) TEST_FAIL("worker %d does not say \"%s\": %s", j, cases[k].says, w[j].err.message);
        }
        end_workers(w, 3);
    }
    comm.size = 2;
    d.comm = &comm;
    d.error = &err;
    CHECK(bert_trainer_open(&d, &t) != BERT_OK && strstr(err.message, "all_reduce"));
    comm.rank = 2;
    CHECK(bert_trainer_open(&d, &t) != BERT_OK && strstr(err.message, "rank 2 of 2"));
}
#endif

/* ---- bf16 ---- */

/* Rounding to the nearest, halves to even. Gradients stay near those of float32, in the same direction; the bits do not depend on
   threads and recomputing. */
static void mixed_precision(void)
{
    static const struct { uint32_t from, to; } cases[] = { { 0x3F800000, 0x3F800000 }, { 0x3F808000, 0x3F800000 }, { 0x3F818000, 0x3F820000 }, { 0x3F808001, 0x3F810000 }, { 0x7F7FFFFF, 0x7F800000 },
        { 0xFF800000, 0xFF800000 }, { 0x7F800001, 0x7FC00000 }, { 0xFFC12345, 0xFFC10000 }, { 0x80000000, 0x80000000 }, { 0x00000001, 0 } };
    static example e;
    static float want[60000], got[60000], first[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
    bert_progress p = { 0 }, q = { 0 };
    bert_trainer *t;
    double along = 0, a = 0, b = 0;
    float x[10];
    size_t i;
    int64_t n = 0;
    int isa, k;
    c.initializer_range = 0.1;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++) {
        if (!bert__kernels_of((bert_isa)isa)) continue;
        for (i = 0; i < 10; i++) x[i] = bert__bits_to_float(cases[i].from);
        bert__kernels_of((bert_isa)isa)->learner->round(x, x, 10);
        for (i = 0; i < 10; i++) if (bert__float_to_bits(x[i]) != cases[i].to) TEST_FAIL("%s: %08lX becomes %08lX", bert_isa_name((bert_isa)isa), (unsigned long)cases[i].from, (unsigned long)bert__float_to_bits(x[i]));
    }
    make_example(&e, d.learn, 6, 12, 3);
    d.hidden_dropout = 0.1;
    d.schedule.rate = 1e-3;
    d.isa = BERT_ISA_DEFAULT;
    if ((t = open_trainer(&d)) == NULL) return;
    CHECK(bert_trainer_gradients(t, &e.batch, &e.labels, &p, NULL) == BERT_OK);
    n = t->values;
    memcpy(want, t->gradients, (size_t)n * sizeof *want);
    bert_trainer_close(t);
    d.precision = BERT_PRECISION_BF16;
    for (k = 0; k < 4; k++) {
        d.threads = 1 + k % 2;
        d.recompute = k / 2;
        if ((t = open_trainer(&d)) == NULL) return;
        CHECK(bert_trainer_desc_resolved(t).precision == BERT_PRECISION_BF16);
        CHECK(bert_trainer_gradients(t, &e.batch, &e.labels, &q, NULL) == BERT_OK);
        memcpy(got, t->gradients, (size_t)n * sizeof *got);
        if (k == 0) {
            CHECK(fabs(p.loss - q.loss) < 0.01 * p.loss && p.loss != q.loss);
            for (i = 0; i < (size_t)n; i++) { along += (double)got[i] * (double)want[i]; a += (double)got[i] * (double)got[i]; b += (double)want[i] * (double)want[i]; }
            if (!(along / sqrt(a * b) > 0.9995 && fabs(sqrt(a / b) - 1) < 0.01)) TEST_FAIL("gradients have the cosine %.6f and %.4f of the length", along / sqrt(a * b), sqrt(a / b));
        }
        CHECK((t->pairs != NULL) == (bert__kernels_for(t->kernels->isa, BERT_PRECISION_BF16) && bert__kernels_for(t->kernels->isa, BERT_PRECISION_BF16)->pairs));
        bits_of(t, &e, 3, k ? got : first);
        if (k && memcmp(first, got, (size_t)n * sizeof *got) != 0) TEST_FAIL("%d threads, recompute %d: other bits", (int)d.threads, (int)d.recompute);
        bert_trainer_close(t);
    }
}

/* What an earlier batch left in the gradients does not count, whichever layers learn, in one part or several. */
static void nothing_is_left(void)
{
    static example e;
    static float want[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
    bert_progress p = { 0 };
    int64_t i;
    int k;
    make_example(&e, d.learn, 7, 13, 3);
    for (k = 0; k < 6; k++) {
        bert_trainer *t;
        d.frozen = k % 3;
        d.max_tokens = k < 3 ? 0 : 30;                                  /* one part; several */
        if ((t = open_trainer(&d)) == NULL) return;
        REQUIRE(bert_trainer_gradients(t, &e.batch, &e.labels, &p, NULL) == BERT_OK && t->values <= 60000);
        memcpy(want, t->gradients, (size_t)t->values * sizeof *want);
        for (i = 0; i < t->values; i++) t->gradients[i] = NAN;
        CHECK(bert_trainer_gradients(t, &e.batch, &e.labels, &p, NULL) == BERT_OK);
        for (i = 0; i < t->values && memcmp(want + i, t->gradients + i, sizeof *want) == 0; i++) {}
        if (i < t->values) TEST_FAIL("%d frozen, parts of %d: value %d is %g, not %g", (int)d.frozen, (int)d.max_tokens, (int)i, (double)t->gradients[i], (double)want[i]);
        bert_trainer_close(t);
    }
}

/* The processor's products of pairs against float32 products of rounded numbers: the same factors, sums of another order; attention's
   way back is rounded only there. */
static void pairs_of_bf16(void)
{
    static example e;
    static float want[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
    bert_progress p = { 0 };
    int k;
    make_example(&e, d.learn, 7, 13, 3);
    d.precision = BERT_PRECISION_BF16;
    d.isa = BERT_ISA_DEFAULT;
    for (k = 0; k < 2; k++) {
        bert_trainer *t = open_trainer(&d);
        double along = 0, a = 0, b = 0;
        int64_t i;
        if (!t) return;
        if (!t->pairs) { bert_trainer_close(t); test_skip("pairs of bf16 are not faster here"); return; }
        if (k == 0) t->pairs = NULL;
        CHECK(bert_trainer_gradients(t, &e.batch, &e.labels, &p, NULL) == BERT_OK);
        if (k == 0) memcpy(want, t->gradients, (size_t)t->values * sizeof *want);
        else {
            for (i = 0; i < t->values; i++) { along += (double)t->gradients[i] * (double)want[i]; a += (double)t->gradients[i] * (double)t->gradients[i]; b += (double)want[i] * (double)want[i]; }
            if (!(along / sqrt(a * b) > 0.99999 && fabs(sqrt(a / b) - 1) < 1e-4)) TEST_FAIL("gradients have the cosine %.7f and %.6f of the length", along / sqrt(a * b), sqrt(a / b));
            CHECK(memcmp(want, t->gradients, (size_t)t->values * sizeof *want) != 0);
        }
        bert_trainer_close(t);
    }
}

/* ---- slots of bf16 ---- */

/* Rounding is random but even; training goes nearly as with float32, the same bits with any threads and after a resume. */
static void small_slots(void)
{
    static const char file[] = "unit_train.tmp.safetensors";
    static example e;
    static float want[60000], got[60000], whole[60000];
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_CLASSES);
    bert_trainer_bytes large, less;
    bert_trainer *t;
    bert_error err = { 0 };
    float x[BERT__SLOT_RUN], back[BERT__SLOT_RUN];
    uint16_t y[BERT__SLOT_RUN];
    double mean = 0;
    int i, k, kind;
    for (i = 0; i < BERT__SLOT_RUN; i++) x[i] = 1.001f;
    for (k = 0; k < 200; k++) {
        bert__slot_write(x, y, BERT__SLOT_RUN, bert__mix((uint64_t)k));
        bert__slot_read(y, back, BERT__SLOT_RUN);
        for (i = 0; i < BERT__SLOT_RUN; i++) { CHECK(back[i] == 1.0f || back[i] == 1.0078125f); mean += (double)back[i] / (200 * BERT__SLOT_RUN); }
    }
    CHECK(fabs(mean - 1.001) < 1e-4);
    for (kind = BERT_OPTIMIZER_GOOGLE; kind <= BERT_OPTIMIZER_SGD; kind++) {
        d.optimizer.kind = (bert_optimizer_kind)kind;
        d.optimizer.momentum = 0.9;
        d.schedule.rate = 1e-3;
        d.isa = BERT_ISA_DEFAULT;
        make_example(&e, d.learn, 6, 9, 3);
        d.small_slots = 0;
        d.threads = 1;
        if ((t = open_trainer(&d)) == NULL) return;
        bits_of(t, &e, 6, want);
        REQUIRE(bert_plan_trainer(&d, &large, NULL) == BERT_OK);
        bert_trainer_close(t);
        d.small_slots = 1;
        REQUIRE(bert_plan_trainer(&d, &less, NULL) == BERT_OK);
        CHECK(less.slots < large.slots * 51 / 100 + 200);
        for (k = 1; k <= 2; k++) {
            d.threads = k;
            if ((t = open_trainer(&d)) == NULL) return;
            bits_of(t, &e, 3, k == 1 ? whole : got);
            if (k == 1) {
                if (bert_trainer_save(t, file, BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
                bits_of(t, &e, 3, whole);
                CHECK(distance(want, whole, t->values) > 0 && distance(want, whole, t->values) < 2e-3);
            } else {
                if (bert_trainer_resume(t, file, &err) != BERT_OK) TEST_FAIL("%s", err.message);
                bits_of(t, &e, 3, got);
                if (memcmp(whole, got, (size_t)t->values * sizeof *got) != 0) TEST_FAIL("optimizer %d: other bits with two threads, resumed", kind);
            }
            bert_trainer_close(t);
        }
        remove(file);
    }
}

/* ---- memory ---- */

static void memory(void)
{
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_CLASSES | BERT_LEARN_SPANS);
    bert_trainer_bytes plain, less, found;
    bert_error err = { 0 };
    int32_t threads;
    long at;
    for (threads = 1; threads < 4; threads++)
        for (d.recompute = 0; d.recompute < 2; d.recompute++) {
            test_faults f;
            bert_trainer *t = NULL;
            memset(&f, 0, sizeof f);
            d.allocator = test_faults_allocator(&f);
            d.threads = threads;
            CHECK(bert_plan_trainer(&d, &plain, &err) == BERT_OK);
            CHECK_INT(f.count, 0);
            REQUIRE(bert_trainer_open(&d, &t) == BERT_OK);
            CHECK_INT(f.bytes, plain.total);
            CHECK_INT(f.count, threads > 1 ? 2 : 1);
            CHECK_INT(plain.weights / 4, (size_t)t->values);
            bert_trainer_close(t);
            CHECK_INT(f.live, 0);
            for (at = 1; at <= (threads > 1 ? 2 : 1); at++) {
                memset(&f, 0, sizeof f);
                f.fail_at = at;
                d.error = &err;
                t = NULL;
                CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_MEMORY && !t);
                CHECK_INT(f.live, 0);
                d.error = NULL;
            }
            if (!d.recompute) less = plain;
            else CHECK(plain.activations < less.activations);
        }
    memset(&d.allocator, 0, sizeof d.allocator);
    d.threads = 1;
    d.recompute = 0;
    d.max_tokens = 0;
    d.budget = 3000000;
    REQUIRE(bert_plan_trainer(&d, &found, &err) == BERT_OK);
    CHECK(found.total <= d.budget);
    {
        bert_trainer *t = open_trainer(&d);
        REQUIRE(t);
        d.max_tokens = bert_trainer_desc_resolved(t).max_tokens + 1;
        bert_trainer_close(t);
    }
    d.budget = 0;
    REQUIRE(bert_plan_trainer(&d, &less, &err) == BERT_OK);
    CHECK(less.total > 3000000);
    d.max_tokens = 0;
    d.budget = 1000;
    CHECK(bert_plan_trainer(&d, &less, &err) == BERT_ERROR_MEMORY);
    if (!strstr(err.message, "budget") || !strstr(err.message, "recompute: ")) TEST_FAIL("%s", err.message);
    {
        test_faults f;
        bert_trainer *t = NULL;
        char says[100];
        memset(&f, 0, sizeof f);
        f.fail_at = 1;
        d.allocator = test_faults_allocator(&f);
        d.budget = 0;
        d.max_tokens = 300;
        d.error = &err;
        CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_MEMORY);
        d.recompute = 1;                                                /* the figures are those of such a trainer */
        REQUIRE(bert_plan_trainer(&d, &less, NULL) == BERT_OK);
        snprintf(says, sizeof says, "recompute: %lu", (unsigned long)less.total);
        if (!strstr(err.message, says)) TEST_FAIL("does not say \"%s\": %s", says, err.message);
        d.recompute = 0;
        d.max_tokens = 150;
        REQUIRE(bert_plan_trainer(&d, &less, NULL) == BERT_OK);
        snprintf(says, sizeof says, "max_tokens 150: %lu", (unsigned long)less.total);
        if (!strstr(err.message, says)) TEST_FAIL("does not say \"%s\": %s", says, err.message);
    }
}

/* ---- what is refused ---- */

static void refused_descs(void)
{
    static const struct { const char *says; uint32_t learn; int32_t labels, frozen, threads; double layer_decay, dropout, beta1; int kind, clip, precision; } bad[] = {
        { "learn", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, { "learn", 256, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
        { "only one", BERT_LEARN_CLASSES | BERT_LEARN_VALUES, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, { "labels", BERT_LEARN_CLASSES, -1, 0, 0, 0, 0, 0, 0, 0, 0 },
        { "one output", BERT_LEARN_CHOICES, 3, 0, 0, 0, 0, 0, 0, 0, 0 }, { "frozen", BERT_LEARN_CLASSES, 0, 4, 0, 0, 0, 0, 0, 0, 0 },
        { "threads", BERT_LEARN_CLASSES, 0, 0, -1, 0, 0, 0, 0, 0, 0 }, { "layer_decay", BERT_LEARN_CLASSES, 0, 0, 0, 1.5, 0, 0, 0, 0, 0 },
        { "dropout", BERT_LEARN_CLASSES, 0, 0, 0, 0, 1, 0, 0, 0, 0 }, { "beta1", BERT_LEARN_CLASSES, 0, 0, 0, 0, 0, 1, 0, 0, 0 },
        { "kind", BERT_LEARN_CLASSES, 0, 0, 0, 0, 0, 0, 9, 0, 0 }, { "clip", BERT_LEARN_CLASSES, 0, 0, 0, 0, 0, 0, 0, 9, 0 },
        { "bf16", BERT_LEARN_CLASSES, 0, 0, 0, 0, 0, 0, 0, 0, BERT_PRECISION_INT8 } };
    bert_config c = small_config(0);
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        bert_trainer_desc d;
        bert_trainer *t = NULL;
        bert_error err = { 0 };
        memset(&d, 0, sizeof d);
        d.config = &c;
        d.learn = bad[i].learn;
        d.labels = bad[i].labels;
        d.frozen = bad[i].frozen;
        d.threads = bad[i].threads;
        d.layer_decay = bad[i].layer_decay;
        d.hidden_dropout = bad[i].dropout;
        d.optimizer.beta1 = bad[i].beta1;
        d.optimizer.kind = (bert_optimizer_kind)bad[i].kind;
        d.optimizer.clip = (bert_clip)bad[i].clip;
        d.precision = (bert_precision)bad[i].precision;
        d.error = &err;
        CHECK(bert_trainer_open(&d, &t) != BERT_OK && !t);
        if (!strstr(err.message, bad[i].says)) TEST_FAIL("case %ld does not say %s: %s", (long)i, bad[i].says, err.message);
    }
    {
        bert_trainer_desc d;
        bert_trainer *t = NULL;
        memset(&d, 0, sizeof d);
        d.learn = BERT_LEARN_CLASSES;
        CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_ARGUMENT && bert_trainer_open(NULL, &t) == BERT_ERROR_ARGUMENT);
    }
}
static void refused_batches(void)
{
    static example e;
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS | BERT_LEARN_TOKENS);
    bert_trainer *t;
    bert_error err;
    float keep;
    int i;
    d.max_tokens = 20;
    if ((t = open_trainer(&d)) == NULL) return;
    for (i = 0; i < 14; i++) {
        static const char *const says[] = { "at least one sequence", "ids or embeds", "too_long", "sequence 1 has 0 tokens", "max_tokens 20", "token 2: id 37", "masked row 3 is 999", "masked row 2: label 37",
                                            "next_sentence", "sequence 2: label 2", "token_classes", "token 4: label 3", "starts and ends", "positions for" };
        memset(&err, 0, sizeof err);
        make_example(&e, d.learn, 4, 9, 3);
        switch (i) {
        case 0: e.batch.sequences = 0; break;
        case 1: e.batch.ids = NULL; break;
        case 2: e.batch.too_long = BERT_TOO_LONG_TRUNCATE; break;
        case 3: e.offsets[2] = e.offsets[1]; break;
        case 4: make_example(&e, d.learn, 4, 23, 3); break;
        case 5: e.ids[2] = 37; break;
        case 6: e.masked[3] = 999; break;
        case 7: e.masked_ids[2] = 37; break;
        case 8: e.labels.next_sentence = NULL; break;
        case 9: e.next[2] = 2; break;
        case 10: e.labels.token_classes = NULL; break;
        case 11: e.token_classes[4] = 3; break;
        case 12: e.labels.ends = NULL; break;
        case 13: bert_trainer_close(t); c.max_positions = 8; if ((t = open_trainer(&d)) == NULL) return; break;
        default: break;
        }
        CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, &err) != BERT_OK);
        if (!strstr(err.message, says[i])) TEST_FAIL("case %d does not say \"%s\": %s", i, says[i], err.message);
        CHECK_INT(bert_trainer_steps(t), 0);
    }
    bert_trainer_close(t);
    c.max_positions = 24;
    d.learn = BERT_LEARN_CHOICES;
    d.labels = 1;
    if ((t = open_trainer(&d)) == NULL) return;
    make_example(&e, d.learn, 3, 9, 1);
    CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, &err) != BERT_OK && strstr(err.message, "groups"));
    make_example(&e, d.learn, 4, 9, 1);
    e.classes[1] = 2;
    CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, &err) != BERT_OK && strstr(err.message, "group 1: label 2"));
    /* numbers that are none */
    make_example(&e, d.learn, 4, 9, 1);
    keep = t->layers[1].intermediate.w[0]->weight[7];
    t->layers[1].intermediate.w[0]->weight[7] = bert__bits_to_float(0x7FC00000u);
    CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, &err) != BERT_OK);
    if (!strstr(err.message, "bert.encoder.layer.1.intermediate.dense.weight")) TEST_FAIL("the tensor is not named: %s", err.message);
    t->layers[1].intermediate.w[0]->weight[7] = 3e38f;                 /* finite, and too large for what comes of it */
    t->layers[1].output.w[0]->weight[7] = 3e38f;
    for (i = 0; i < 22; i++) t->layers[1].intermediate.w[0]->weight[i] = 3e38f;
    for (i = 0; i < 330; i++) t->layers[1].output.w[0]->weight[i] = 3e38f;
    CHECK(bert_trainer_step(t, &e.batch, &e.labels, NULL, &err) != BERT_OK);
    if (!strstr(err.message, "layer 1 is not finite")) TEST_FAIL("the layer is not named: %s", err.message);
    bert_trainer_close(t);
    if ((t = open_trainer(&d)) == NULL) return;
    keep = t->layers[1].intermediate.w[0]->weight[7];
    CHECK(bert_trainer_gradients(t, &e.batch, &e.labels, NULL, &err) == BERT_OK);
    t->pooler.w[0]->gradient[3] = bert__bits_to_float(0x7F800000u);
    CHECK(bert_trainer_update(t, NULL, &err) != BERT_OK);
    if (!strstr(err.message, "bert.pooler.dense.weight")) TEST_FAIL("the tensor is not named: %s", err.message);
    CHECK(t->layers[1].intermediate.w[0]->weight[7] == keep);           /* no step was done */
    CHECK_INT(bert_trainer_steps(t), 0);
    bert_trainer_close(t);
}
/* Labels that are all ignored: nothing to learn, and no NaN. */
static void nothing_to_learn(void)
{
    static example e;
    bert_config c = small_config(0);
    bert_trainer_desc d = small_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_TOKENS | BERT_LEARN_SPANS);
    bert_trainer *t;
    int i;
    c.source = BERT_SOURCE_HF;
    if ((t = open_trainer(&d)) == NULL) return;
    make_example(&e, d.learn, 4, 9, 3);
    for (i = 0; i < 8; i++) e.masked_ids[i] = -100;
    for (i = 0; i < e.offsets[4]; i++) e.token_classes[i] = -100;
    for (i = 0; i < 4; i++) { e.next[i] = -100; e.starts[i] = e.ends[i] = 99; }
    CHECK(loss_of(t, &e) == 0);
    CHECK(bert__square_sum(t->gradients, t->values) == 0);
    bert_trainer_close(t);
    for (i = 0; i < 8; i++) {                                           /* the share of a worker that gets none */
        bert_batch none = { 0 };
        bert_targets labels;
        bert_totals totals;
        memset(&labels, 0, sizeof labels);
        d = small_desc(&c, 1u << i);
        if ((t = open_trainer(&d)) == NULL) return;
        totals = bert__totals(t, &none, &labels);
        CHECK(totals.words == 0 && totals.classes == 0 && totals.sequences == 0);
        bert_trainer_close(t);
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(slopes);
    TEST(curves);
    TEST(learners);
    TEST(gradients_of_losses);
    TEST(gradients_of_activations);
    TEST(gradients_of_inputs);
    TEST(dropout_rates);
    TEST(same_bits);
    TEST(parts);
    TEST(padding);
    TEST(optimizers);
    TEST(schedules);
    TEST(learning);
    TEST(groups);
    TEST(as_a_model);
    TEST(resume);
    TEST(saved_state);
#ifndef _WIN32
    TEST(killed);
#endif
    TEST(loss_scaling);
#ifndef BERT_NO_THREADS
    TEST(several_workers);
    TEST(workers_same_bits);
    TEST(workers_fail_together);
#endif
    TEST(mixed_precision);
    TEST(nothing_is_left);
    TEST(pairs_of_bf16);
    TEST(small_slots);
    TEST(memory);
    TEST(refused_descs);
    TEST(refused_batches);
    TEST(nothing_to_learn);
    return test_end();
}
