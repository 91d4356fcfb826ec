/* cuda_emulated.cpp - bert_cuda.h on a GPU that the host plays (cuda/cuda_runtime.h): every kernel, against bert.h on the processor and the goldens
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Built with -Icuda in front of the include path, linked with the object of bert.h that is compiled as C: so the declarations, the two-file way of
   implementing, and what CUDA's own headers would give are tested as well. No GPU, no nvcc. Compiled by nvcc, without -Icuda, it is the
   same tests on a real GPU (make CUDA=1 bin/cuda_device): what only an emulation knows is left out there. */
#ifndef __CUDACC__
#define BERT_USE_NCCL                   /* between processes: cuda/nccl.h */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#endif
#include "bert.h"
#define BERT_CUDA_IMPLEMENTATION
#include "bert_cuda.h"
#include "test.h"
#include "random_model.h"

#ifdef __CUDACC__
static const volatile int on_a_gpu = 1;                               /* not known to the compiler: nothing is unreachable */
#define ON_A_GPU on_a_gpu
static struct emulated_knobs { int devices, major, minor; size_t memory, used, peak; long calls, fail_at; cudaError_t fail_with, pending; long graphs, replays; } knobs_unused;
static emulated_knobs *emulated_knob(void) { return &knobs_unused; }
static long *emulated_mmas(void) { static long n; ++n; return &n; }
#else
#define ON_A_GPU 0
void emulated_store(void *p, cudaDataType_t t, int64_t i, float v)
{
    if (t == CUDA_R_32F) ((float *)p)[i] = v;
    else if (t == CUDA_R_16BF) bert__put((bert__bf16 *)p + i, v);
    else bert__put((bert__f16 *)p + i, v);
}
#endif

/* ---- small models and batches ---- */

static uint64_t seed;
static double uniform(void) { return (double)(test_random(&seed) >> 11) / 9007199254740992.0; }
static float *numbers(int64_t n) { float *p = (float *)calloc((size_t)n + 1, sizeof *p); if (!p) abort(); return p; }

enum { HIDDEN = 1, RELATIVE = 2, DEEP = 4, HF = 8, SIXTEENS = 16 };   /* what small_config makes: DEEP: D of 64; SIXTEENS: sizes that fp8 takes */
static bert_config small_config(int kind)
{
    bert_config c;
    memset(&c, 0, sizeof c);
    c.hidden_size = kind & DEEP ? 128 : 15;
    c.layers = 2;
    c.heads = kind & DEEP ? 2 : 3;
    c.intermediate_size = kind & SIXTEENS ? 96 : kind & DEEP ? 72 : 22;
    c.vocab_size = 37;
    c.max_positions = kind & DEEP ? 160 : 24;
    c.max_relative_position = kind & RELATIVE ? 3 : 0;
    c.type_vocab_size = 2;
    c.labels = 3;
    c.activation = kind & HF ? BERT_GELU_ERF : BERT_GELU_TANH;
    c.source = kind & HF ? BERT_SOURCE_HF : BERT_SOURCE_GOOGLE;
    c.layer_norm_eps = 1e-12;
    c.hidden_dropout = c.attention_dropout = 0.1;
    c.initializer_range = 0.3;
    return c;
}
static const char model_path[] = "cuda_emulated.tmp.safetensors";
#define EVERY_HEAD (BERT_HEAD_POOLER | BERT_HEAD_MLM | BERT_HEAD_NSP | BERT_HEAD_CLASSIFIER | BERT_HEAD_SPAN)
static bert_model *small_model(const bert_config *c, int untied)
{
    bert_model_desc d;
    bert_model *m = NULL;
    bert_error err;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.path = model_path;
    d.config = c;
    d.error = &err;
    if (random_model_write(model_path, c, EVERY_HEAD, untied, 7, &err) != BERT_OK || bert_model_open(&d, &m) != BERT_OK) TEST_FAIL("%s", err.message);
    remove(model_path);
    return m;
}

#define MOST_SEQUENCES 12
#define MOST_ROWS 700
typedef struct example {
    int64_t offsets[MOST_SEQUENCES + 1], masked[8], rows, squares;
    int32_t ids[MOST_ROWS], segments[MOST_ROWS], positions[MOST_ROWS], token_classes[MOST_ROWS], masked_ids[8], next[MOST_SEQUENCES], classes[MOST_SEQUENCES], starts[MOST_SEQUENCES], ends[MOST_SEQUENCES];
    uint8_t mask[MOST_ROWS];
    float weights[8], values[40], teacher[40], embeds[MOST_ROWS * 128], bias[60000];
    bert_batch batch;
#ifndef BERT_NO_TRAIN
    bert_targets labels;
#endif
} example;
static example *make_example(int64_t sequences, int64_t longest, int32_t channels, int32_t labels)
{
    static example e;
    int64_t i, j;
    memset(&e, 0, sizeof e);
    seed = 77;
    for (i = 0; i < sequences; i++) e.offsets[i + 1] = e.offsets[i] + longest - (i * 3) % (longest - 1);
    e.rows = e.offsets[sequences];
    if (e.rows > MOST_ROWS) abort();
    for (i = 0; i < e.rows; i++) {
        e.ids[i] = (int32_t)(uniform() * 37);
        e.segments[i] = (int32_t)(uniform() * 2);
        e.positions[i] = (int32_t)(uniform() * 24);
        e.mask[i] = uniform() < 0.8;
        e.token_classes[i] = uniform() < 0.2 ? -100 : (int32_t)(uniform() * labels);
    }
    for (i = 0; i < sequences; i++) e.mask[e.offsets[i]] = 1;
    for (i = 0; i < e.rows * channels; i++) e.embeds[i] = (float)(uniform() - 0.5);
    for (i = 0; i < 60000; i++) e.bias[i] = (float)(uniform() - 0.5);
    for (i = 0; i < 8; i++) {
        e.masked[i] = (int64_t)(uniform() * (double)e.rows);
        e.masked_ids[i] = i == 5 ? -100 : (int32_t)(uniform() * 37);
        e.weights[i] = i == 3 ? 0.0f : (float)(0.5 + uniform());
    }
    e.masked[6] = e.masked[2];                                          /* a row twice */
    for (i = 0; i < sequences; i++) {
        const int64_t length = e.offsets[i + 1] - e.offsets[i];
        double sum = 0;
        e.next[i] = i == 2 ? -100 : (int32_t)(uniform() * 2);
        e.classes[i] = (int32_t)(uniform() * labels);
        e.starts[i] = (int32_t)(uniform() * (double)length);
        e.ends[i] = i == 1 ? (int32_t)length : i == 2 ? -1 : (int32_t)(uniform() * (double)length);
        e.squares += length * length;
        for (j = 0; j < labels; j++) {
            e.values[i * labels + j] = (float)uniform();
            sum += e.teacher[i * labels + j] = (float)uniform();
        }
        for (j = 0; j < labels; j++) e.teacher[i * labels + j] /= (float)sum;
    }
    e.batch.sequences = sequences;
    e.batch.offsets = e.offsets;
    e.batch.ids = e.ids;
    e.batch.segment_ids = e.segments;
#ifndef BERT_NO_TRAIN
    e.labels.masked_count = 8;
    e.labels.masked_rows = e.masked;
    e.labels.masked_ids = e.masked_ids;
    e.labels.masked_weights = e.weights;
    e.labels.next_sentence = e.next;
    e.labels.classes = e.classes;
    e.labels.values = e.values;
    e.labels.token_classes = e.token_classes;
    e.labels.starts = e.starts;
    e.labels.ends = e.ends;
    e.labels.choices = 2;
#endif
    return &e;
}

/* ---- sessions ---- */

/* Everything a session can answer. */
typedef struct answers {
    float *hidden, *layers[3], *attention[2], *pooled, *vectors, *next_sentence, *classes, *token_classes, *spans, *words;
    bert_result result;
} answers;
static void answers_open(answers *a, const bert_config *c, const example *e, int attention)
{
    const int64_t n = e->batch.sequences, nC = c->hidden_size;
    int l;
    memset(a, 0, sizeof *a);
    a->result.hidden = a->hidden = numbers(e->rows * nC);
    for (l = 0; l < 3; l++) a->layers[l] = numbers(e->rows * nC);
    for (l = 0; l < 2 && attention; l++) a->attention[l] = numbers(e->squares * c->heads);
    a->result.layers = a->layers;
    a->result.attention = attention ? a->attention : NULL;
    a->result.pooled = a->pooled = numbers(n * nC);
    a->result.vectors = a->vectors = numbers(n * nC);
    a->result.next_sentence = a->next_sentence = numbers(n * 2);
    a->result.classes = a->classes = numbers(n * 3);
    a->result.token_classes = a->token_classes = numbers(e->rows * 3);
    a->result.spans = a->spans = numbers(e->rows * 2);
    a->result.masked_count = 8;
    a->result.masked_rows = e->masked;
    a->result.words = a->words = numbers(8 * (int64_t)c->vocab_size);
}
static void answers_close(answers *a)
{
    int l;
    for (l = 0; l < 3; l++) free(a->layers[l]);
    for (l = 0; l < 2; l++) free(a->attention[l]);
    free(a->hidden); free(a->pooled); free(a->vectors); free(a->next_sentence); free(a->classes); free(a->token_classes); free(a->spans); free(a->words);
}
/* The root of the mean square of the differences, in shares of that of what is wanted, and at least not worse than `most`. */
static void check_near(const char *what, const char *which, const float *got, const float *want, int64_t n, double most)
{
    double square = 0, difference = 0;
    int64_t i;
    for (i = 0; i < n; i++) {
        square += (double)want[i] * (double)want[i];
        difference += ((double)got[i] - (double)want[i]) * ((double)got[i] - (double)want[i]);
    }
    if (!(sqrt(difference) <= most * sqrt(square) + 1e-12) || !(square > 0)) TEST_FAIL("%s: %s differs by %.3g of its size %.3g; %.3g is allowed", what, which, sqrt(difference / square), sqrt(square), most);
}
static void check_answers(const char *what, const answers *got, const answers *want, const bert_config *c, const example *e, double most)
{
    const int64_t n = e->batch.sequences, nC = c->hidden_size;
    int l;
    check_near(what, "hidden", got->hidden, want->hidden, e->rows * nC, most);
    for (l = 0; l < 3; l++) check_near(what, "layer", got->layers[l], want->layers[l], e->rows * nC, most);
    for (l = 0; l < 2 && want->attention[l]; l++) check_near(what, "attention", got->attention[l], want->attention[l], e->squares * c->heads, most);
    check_near(what, "pooled", got->pooled, want->pooled, n * nC, most);
    check_near(what, "vectors", got->vectors, want->vectors, n * nC, most);
    most *= 4;                                                          /* few numbers, which may cancel */
    check_near(what, "next_sentence", got->next_sentence, want->next_sentence, n * 2, most);
    check_near(what, "classes", got->classes, want->classes, n * 3, most);
    check_near(what, "token_classes", got->token_classes, want->token_classes, e->rows * 3, most);
    check_near(what, "spans", got->spans, want->spans, e->rows * 2, most);
    check_near(what, "words", got->words, want->words, 8 * (int64_t)c->vocab_size, most);
}
static bert_session *open_session(const bert_model *m, const bert_cuda_desc *cuda, int64_t max_tokens)
{
    bert_session_desc d;
    bert_session *s = NULL;
    bert_error err;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.model = m;
    d.threads = 1;
    d.isa = BERT_ISA_REF;
    d.max_tokens = max_tokens;
    d.error = &err;
    if ((cuda ? bert_cuda_session_open(&d, cuda, &s) : bert_session_open(&d, &s)) != BERT_OK) TEST_FAIL("%s", err.message);
    return s;
}
static int run(bert_session *s, const bert_batch *b, const bert_result *r)
{
    bert_error err;
    memset(&err, 0, sizeof err);
    if (bert_session_run(s, b, r, &err) == BERT_OK) return 1;
    TEST_FAIL("%s", err.message);
    return 0;
}
static const struct { const char *name; bert_cuda_precision precision; bert_flag cublas, fused; double most; } ways[] = {
    { "f32", BERT_CUDA_F32, BERT_OFF, BERT_ON, 3e-6 }, { "f32 by the library", BERT_CUDA_F32, BERT_ON, BERT_ON, 3e-6 }, { "bf16", BERT_CUDA_BF16, BERT_OFF, BERT_ON, 0.05 }, { "bf16 by the library", BERT_CUDA_BF16, BERT_ON, BERT_ON, 0.05 },
    { "fp16", BERT_CUDA_F16, BERT_OFF, BERT_ON, 0.008 }, { "fp16 by the library", BERT_CUDA_F16, BERT_ON, BERT_ON, 0.008 }, { "fp16, plain attention", BERT_CUDA_F16, BERT_OFF, BERT_OFF, 0.008 }, { "fp8", BERT_CUDA_FP8, BERT_ON, BERT_ON, 0.4 } };
#define WAYS ((int)(sizeof ways / sizeof *ways) - 1)   /* fp8 needs sizes of its own */
static bert_cuda_desc way_desc(int way)
{
    bert_cuda_desc d;
    memset(&d, 0, sizeof d);
    d.precision = ways[way].precision;
    d.cublas = ways[way].cublas;
    d.fused_attention = ways[way].fused;
    return d;
}
/* A session of each way against the processor's, on one input. */
static void compare_sessions(const char *what, int kind, int untied, int64_t max_tokens, bert_pooling pooling, int normalize, void (*change)(example *e), int attention, int first_way, int last_way)
{
    const bert_config c = small_config(kind);
    example *e = make_example(kind & DEEP ? 2 : 4, kind & DEEP ? 65 : 20, c.hidden_size, 3);
    bert_model *m = small_model(&c, untied);
    bert_session *s;
    answers want, got;
    int way;
    char name[200];
    REQUIRE(m);
    if (change) change(e);
    answers_open(&want, &c, e, attention);
    want.result.pooling = pooling;
    want.result.normalize = normalize;
    if ((s = open_session(m, NULL, max_tokens)) != NULL) run(s, &e->batch, &want.result);
    bert_session_close(s);
    for (way = first_way; way < last_way; way++) {
        const bert_cuda_desc d = way_desc(way);
        snprintf(name, sizeof name, "%s, %s", what, ways[way].name);
        if ((s = open_session(m, &d, max_tokens)) == NULL) continue;
        answers_open(&got, &c, e, attention);
        got.result.pooling = pooling;
        got.result.normalize = normalize;
        if (run(s, &e->batch, &got.result)) check_answers(name, &got, &want, &c, e, ways[way].most);
        answers_close(&got);
        bert_session_close(s);
    }
    answers_close(&want);
    bert_model_close(m);
    CHECK_INT(emulated_knob()->used, 0);
}
static void with_mask(example *e) { e->batch.key_mask = e->mask; e->batch.position_ids = e->positions; }
static void with_bias(example *e) { e->batch.score_bias = e->bias; }
static void with_embeds(example *e) { e->batch.ids = NULL; e->batch.embeds = e->embeds; e->batch.segment_ids = NULL; }
static void with_all_masked(example *e) { memset(e->mask, 0, sizeof e->mask); e->batch.key_mask = e->mask; }
static void sessions(void)
{
    compare_sessions("Google's", 0, 0, 100, BERT_POOLING_MEAN, 0, NULL, 1, 0, WAYS);
    compare_sessions("Hugging Face's", HF, 1, 30, BERT_POOLING_POOLER, 1, with_mask, 1, 0, 2);
    compare_sessions("relative", RELATIVE, 0, 40, BERT_POOLING_MAX, 0, with_mask, 1, 0, 4);
    compare_sessions("biases", 0, 0, 40, BERT_POOLING_CLS, 0, with_bias, 0, 0, 2);
    compare_sessions("embeds", HF, 0, 40, BERT_POOLING_MEAN_SQRT, 1, with_embeds, 0, 0, 2);
    compare_sessions("all masked", HF, 0, 40, BERT_POOLING_CLS, 0, with_all_masked, 0, 0, 2);
}
static void sessions_of_64(void)
{
    const long before = *emulated_mmas();
    compare_sessions("D = 64", DEEP, 0, 300, BERT_POOLING_WEIGHTED_MEAN, 0, NULL, 0, 2, WAYS);
    CHECK(*emulated_mmas() > before);
    compare_sessions("D = 64, mask", DEEP | HF, 0, 300, BERT_POOLING_MEAN, 0, with_mask, 0, 2, 3);
    compare_sessions("D = 64, biases", DEEP, 0, 300, BERT_POOLING_MEAN, 0, with_bias, 0, 2, 3);
}
/* Products of 8 bits: every number is the nearest there is, ties go to the even one, sessions stay near. */
static void sessions_in_fp8(void)
{
    const long before = *emulated_mmas();
    float codes[127];
    for (int k = 0; k < 127; k++) {
        const int exponent = k >> 3, mantissa = k & 7;
        codes[k] = ldexpf((float)(exponent ? 8 + mantissa : mantissa), (exponent ? exponent : 1) - 10);
        CHECK_INT(bert__cu_e4m3(codes[k]), k);
        CHECK_INT(bert__cu_e4m3(-codes[k]), k + 128);
    }
    for (int k = 0; k + 1 < 127; k++) {                                 /* halfway, and a little to each side */
        const float middle = (codes[k] + codes[k + 1]) / 2;
        CHECK_INT(bert__cu_e4m3(middle), k + (k & 1));
        CHECK_INT(bert__cu_e4m3(nextafterf(middle, 0)), k);
        CHECK_INT(bert__cu_e4m3(nextafterf(middle, 1000)), k + 1);
    }
    CHECK(bert__cu_e4m3(1e30f) == 126 && bert__cu_e4m3(INFINITY) == 126 && bert__cu_e4m3(-460.0f) == 254 && bert__cu_e4m3(NAN) == 127 && bert__cu_e4m3(0) == 0);
    compare_sessions("sizes of 16", DEEP | SIXTEENS, 0, 300, BERT_POOLING_MEAN, 0, NULL, 0, WAYS, WAYS + 1);
    CHECK(*emulated_mmas() > before);                                   /* attention is fused there as in bf16 */
    compare_sessions("sizes of 16, in parts", DEEP | SIXTEENS | HF, 0, 66, BERT_POOLING_CLS, 1, with_mask, 0, WAYS, WAYS + 1);
}

/* ---- trainers ---- */

static bert_trainer_desc trainer_desc(const bert_config *c, uint32_t learn)
{
    bert_trainer_desc d;
    memset(&d, 0, sizeof d);
    d.config = c;
    d.learn = learn;
    d.labels = learn & BERT_LEARN_CHOICES ? 1 : 3;
    d.max_tokens = 300;
    d.threads = 1;
    d.isa = BERT_ISA_REF;
    d.seed = 3;
    d.precision = BERT_PRECISION_F32;
    d.schedule.rate = 0.003;
    return d;
}
static bert_trainer *open_trainer(const bert_trainer_desc *desc, const bert_cuda_desc *cuda)
{
    bert_trainer_desc d = *desc;
    bert_trainer *t = NULL;
    bert_error err;
    int64_t i, k;
    memset(&err, 0, sizeof err);
    d.error = &err;
    if ((cuda ? bert_cuda_trainer_open(&d, cuda, &t) : bert_trainer_open(&d, &t)) != BERT_OK) { TEST_FAIL("%s", err.message); return NULL; }
    seed = 5;
    for (i = 0; i < bert_trainer_count(t); i++) {                       /* biases and LayerNorm from anywhere, not 0 and 1 */
        const bert_trained *p = bert_trainer_parameter(t, i);
        for (k = 0; p->rank == 1 && k < p->count; k++) p->weight[k] += (float)(uniform() - 0.5) * 0.4f;
    }
    if (bert_trainer_send(t, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    return t;
}
static int gradients(bert_trainer *t, const bert_batch *b, const bert_targets *l, bert_progress *p)
{
    bert_error err;
    memset(&err, 0, sizeof err);
    memset(p, 0, sizeof *p);
    if (bert_trainer_gradients(t, b, l, p, &err) == BERT_OK && bert_trainer_fetch(t, &err) == BERT_OK) return 1;
    TEST_FAIL("%s", err.message);
    return 0;
}
static void close_number(const char *what, const char *which, double got, double want, double most)
{
    if (!(fabs(got - want) <= most * (1e-3 + fabs(want)))) TEST_FAIL("%s: %s is %.9g, on the processor %.9g", what, which, got, want);
}
static void check_progress(const char *what, const bert_progress *got, const bert_progress *want, double most)
{
    close_number(what, "loss", got->loss, want->loss, most);
    close_number(what, "loss of words", got->words, want->words, most);
    close_number(what, "loss of next sentence", got->next_sentence, want->next_sentence, most);
    close_number(what, "loss of classes", got->classes, want->classes, most);
    close_number(what, "loss of starts", got->starts, want->starts, most);
    close_number(what, "loss of ends", got->ends, want->ends, most);
}
/* Gradients (which 1), weights (0) or slots (2, 3) of all parameters. Keys' biases have a gradient of 0 in exact arithmetic: what is there is noise. */
static void check_parameters(const char *what, const bert_trainer *got, const bert_trainer *want, int which, double most)
{
    int64_t i;
    double all = 0;
    REQUIRE(bert_trainer_count(got) == bert_trainer_count(want));
    for (i = 0; i < bert_trainer_count(want); i++) {
        const bert_trained *p = bert_trainer_parameter(want, i);
        const float *x = which == 1 ? p->gradient : which == 0 ? p->weight : which == 2 ? p->first : p->second;
        for (int64_t k = 0; x && k < p->count; k++) all += (double)x[k] * (double)x[k];
    }
    for (i = 0; i < bert_trainer_count(want); i++) {
        const bert_trained *p = bert_trainer_parameter(want, i), *q = bert_trainer_parameter(got, i);
        const float *x = which == 1 ? p->gradient : which == 0 ? p->weight : which == 2 ? p->first : p->second, *y = which == 1 ? q->gradient : which == 0 ? q->weight : which == 2 ? q->first : q->second;
        double square = 0, difference = 0;
        for (int64_t k = 0; x && y && k < p->count; k++) {
            square += (double)x[k] * (double)x[k];
            difference += ((double)x[k] - (double)y[k]) * ((double)x[k] - (double)y[k]);
        }
        if (which != 1 && strstr(p->name, "key.bias")) continue;
        if (!x != !y) TEST_FAIL("%s: %s is there on one side alone", what, p->name);
        if (!(sqrt(difference) <= most * sqrt(square) + most * 4e-3 * sqrt(all))) TEST_FAIL("%s: %s (%d) differs by %.3g of its size %.3g, of all %.3g", what, p->name, which, sqrt(difference / square), sqrt(square), sqrt(all));
    }
    if (!(all > 0)) TEST_FAIL("%s: nothing to compare", what);
}
static void compare_gradients(const char *what, const bert_trainer_desc *d, const bert_cuda_desc *cuda, const example *e, double most)
{
    bert_trainer *want = open_trainer(d, NULL), *got = open_trainer(d, cuda);
    bert_progress p, q;
    if (want && got && gradients(want, &e->batch, &e->labels, &p) && gradients(got, &e->batch, &e->labels, &q)) {
        check_progress(what, &q, &p, most);
        check_parameters(what, got, want, 1, most);
    }
    bert_trainer_close(want);
    bert_trainer_close(got);
    CHECK_INT(emulated_knob()->used, 0);
}
static const struct { const char *name; uint32_t learn; } losses[] = { { "words", BERT_LEARN_WORDS }, { "next sentence", BERT_LEARN_NEXT_SENTENCE }, { "classes", BERT_LEARN_CLASSES }, { "values", BERT_LEARN_VALUES },
    { "multi label", BERT_LEARN_MULTI_LABEL }, { "choices", BERT_LEARN_CHOICES }, { "tokens", BERT_LEARN_TOKENS }, { "spans", BERT_LEARN_SPANS }, { "all at once", BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS | BERT_LEARN_TOKENS } };
static void gradients_of_losses(void)
{
    const bert_config c = small_config(0), hf = small_config(HF);
    bert_cuda_desc cuda = way_desc(0), library = way_desc(1);
    size_t i;
    for (i = 0; i < sizeof losses / sizeof *losses; i++) {
        bert_trainer_desc d = trainer_desc(i % 2 ? &hf : &c, losses[i].learn);
        example *e = make_example(4, 14, c.hidden_size, d.labels);
        if (d.learn & BERT_LEARN_CHOICES) for (int k = 0; k < 4; k++) e->classes[k] &= 1;
        compare_gradients(losses[i].name, &d, i % 3 == 2 ? &library : &cuda, e, 2e-5);
        if (d.learn != BERT_LEARN_CLASSES) continue;
        e->labels.teacher = e->teacher;
        compare_gradients("a teacher", &d, &cuda, e, 2e-5);
        e->labels.teacher_weight = 0.4;
        e->labels.temperature = 2.5;
        compare_gradients("a teacher and labels", &d, &cuda, e, 2e-5);
    }
}
static void gradients_of_inputs(void)
{
    const bert_config c = small_config(0), relative = small_config(RELATIVE), hf = small_config(HF);
    bert_cuda_desc cuda = way_desc(0);
    bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
    example *e = make_example(5, 14, c.hidden_size, 3);
    with_mask(e);
    d.recompute = 1;
    compare_gradients("mask and positions, recomputed", &d, &cuda, e, 2e-5);
    d.recompute = 0;
    e->batch.key_mask = NULL;
    e->batch.position_ids = NULL;
    d.max_tokens = 20;
    compare_gradients("in parts", &d, &cuda, e, 2e-5);
    d.max_tokens = 300;
    with_bias(e);
    compare_gradients("biases", &d, &cuda, e, 2e-5);
    e->batch.score_bias = NULL;
    with_embeds(e);
    compare_gradients("embeds", &d, &cuda, e, 2e-5);
    e = make_example(5, 14, c.hidden_size, 3);
    d.config = &relative;
    compare_gradients("relative positions", &d, &cuda, e, 2e-5);
    d.config = &hf;
    for (d.frozen = 1; d.frozen <= 3; d.frozen++) compare_gradients("frozen", &d, &cuda, e, 2e-5);
    d.frozen = 0;
    memset(e->ids, 0, sizeof e->ids);                                   /* one word only: more than one piece of its gradient */
    e = make_example(6, 24, c.hidden_size, 3);
    for (int i = 0; i < e->rows; i++) e->ids[i] = i % 5 ? 3 : 0;
    compare_gradients("often the same word", &d, &cuda, e, 2e-5);
}
/* Masks of the caller instead of the seed. */
static void gradients_with_masks(void)
{
    const bert_config c = small_config(0);
    bert_cuda_desc cuda = way_desc(0);
    bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_CLASSES);
    example *e = make_example(4, 14, c.hidden_size, 3);
    const int64_t wide = e->rows * c.hidden_size, squares = e->squares * c.heads;
    uint8_t *bytes = (uint8_t *)malloc((size_t)(wide > squares ? wide : squares) + 1);
    const uint8_t *attention[2], *output[2];
    bert_masks m;
    REQUIRE(bytes);
    for (int64_t i = 0; i < (wide > squares ? wide : squares); i++) bytes[i] = uniform() < 0.8;
    memset(&m, 0, sizeof m);
    m.embeddings = m.classifier = bytes;
    attention[0] = output[1] = bytes;
    attention[1] = output[0] = NULL;
    m.attention = attention;
    m.output = m.attention_output = output;
    e->labels.masks = &m;
    compare_gradients("masks", &d, &cuda, e, 2e-5);
    d.max_tokens = 20;
    compare_gradients("masks, in parts", &d, &cuda, e, 2e-5);
    d.learn = BERT_LEARN_TOKENS;
    compare_gradients("masks of tokens", &d, &cuda, e, 2e-5);
    free(bytes);
}
/* Gradients in 16 bits: as those of float32, but for their rounding. */
static void gradients_in_16_bits(void)
{
    const bert_config c = small_config(0), deep = small_config(DEEP);
    int way;
    for (way = 2; way < WAYS; way++) {
        bert_cuda_desc cuda = way_desc(way);
        bert_trainer_desc d = trainer_desc(way == 2 || way == 5 ? &deep : &c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
        example *e = way == 2 || way == 5 ? make_example(2, 65, deep.hidden_size, 3) : make_example(4, 14, c.hidden_size, 3);
        d.loss_scale.start = ways[way].precision == BERT_CUDA_F16 ? 1024 : 0;
        compare_gradients(ways[way].name, &d, &cuda, e, ways[way].precision == BERT_CUDA_F16 ? 0.05 : 0.25);
    }
}
/* Steps with each optimizer and clip: losses, weights and slots stay together. */
static void steps(void)
{
    static const struct { bert_optimizer_kind kind; bert_clip clip; double momentum; } kinds[] = { { BERT_OPTIMIZER_GOOGLE, BERT_CLIP_DEFAULT, 0 }, { BERT_OPTIMIZER_ADAMW, BERT_CLIP_ROWS, 0 }, { BERT_OPTIMIZER_BERTADAM, BERT_CLIP_DEFAULT, 0 },
        { BERT_OPTIMIZER_LAMB, BERT_CLIP_DEFAULT, 0 }, { BERT_OPTIMIZER_LAMB_NEZHA, BERT_CLIP_TF1_ROWS, 0 }, { BERT_OPTIMIZER_SGD, BERT_CLIP_NONE, 0 }, { BERT_OPTIMIZER_SGD, BERT_CLIP_GLOBAL, 0.9 } };
    const bert_config c = small_config(0);
    bert_cuda_desc cuda = way_desc(0);
    size_t i;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bert_trainer_desc d = trainer_desc(&c, i == 1 ? (uint32_t)BERT_LEARN_CLASSES : (uint32_t)(BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE));
        example *e = make_example(4, 12, c.hidden_size, 3);
        bert_trainer *want, *got;
        bert_progress p, q;
        bert_error err;
        char what[60];
        int step;
        memset(&err, 0, sizeof err);
        d.optimizer.kind = kinds[i].kind;
        d.optimizer.clip = kinds[i].clip;
        d.optimizer.momentum = kinds[i].momentum;
        d.layer_decay = 0.8;
        want = open_trainer(&d, NULL);
        got = open_trainer(&d, &cuda);
        REQUIRE(want && got);
        bert_trainer_group(want, "pooler", 0.5, BERT_OFF);
        bert_trainer_group(got, "pooler", 0.5, BERT_OFF);
        for (step = 0; step < 4; step++) {
            snprintf(what, sizeof what, "optimizer %d, step %d", (int)i, step);
            if (bert_trainer_step(want, &e->batch, &e->labels, &p, &err) != BERT_OK || bert_trainer_step(got, &e->batch, &e->labels, &q, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
            check_progress(what, &q, &p, 1e-4);
            close_number(what, "norm", q.norm, p.norm, 1e-4);
            CHECK_INT(q.step, p.step);
        }
        if (bert_trainer_step(got, &e->batch, &e->labels, NULL, &err) != BERT_OK || bert_trainer_step(want, &e->batch, &e->labels, NULL, &err) != BERT_OK || bert_trainer_fetch(got, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        check_parameters(what, got, want, 0, 1e-4);
        if (i != 5) check_parameters(what, got, want, 2, 2e-3);
        bert_trainer_close(want);
        bert_trainer_close(got);
    }
    CHECK_INT(emulated_knob()->used, 0);
}
/* A large batch in parts with `add`: as the processor adds it up, and as in one piece. */
static void accumulation(void)
{
    const bert_config c = small_config(0);
    bert_cuda_desc cuda = way_desc(0);
    bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_NEXT_SENTENCE);
    example *e = make_example(4, 12, c.hidden_size, 3);
    bert_trainer *whole = open_trainer(&d, &cuda), *parts = open_trainer(&d, &cuda);
    bert_targets l = e->labels;
    bert_batch b = e->batch;
    bert_totals totals;
    bert_progress p, q, r;
    int64_t offsets[3];
    REQUIRE(whole && parts);
    CHECK(bert_trainer_totals(whole, &e->batch, &e->labels, &totals, NULL) == BERT_OK);
    REQUIRE(gradients(whole, &e->batch, &e->labels, &p));
    b.sequences = 2;
    l.totals = &totals;
    REQUIRE(gradients(parts, &b, &l, &q));
    for (int i = 0; i < 3; i++) offsets[i] = e->offsets[2 + i] - e->offsets[2];
    b.offsets = offsets;
    b.ids += e->offsets[2];
    b.segment_ids += e->offsets[2];
    l.next_sentence += 2;
    l.add = 1;
    REQUIRE(gradients(parts, &b, &l, &r));
    close_number("accumulation", "loss", q.loss + r.loss, p.loss, 1e-6);
    check_parameters("accumulation", parts, whole, 1, 1e-5);
    bert_trainer_close(whole);
    bert_trainer_close(parts);
}
/* Train here, go on there, and back: the same numbers as without the journey. */
static void resuming(void)
{
    static const char path[] = "cuda_emulated.tmp.ckpt.safetensors";
    const bert_config c = small_config(0);
    bert_cuda_desc cuda = way_desc(0);
    bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_WORDS);
    example *e = make_example(4, 12, c.hidden_size, 3);
    bert_trainer *gpu = open_trainer(&d, &cuda), *cpu, *again;
    bert_progress p, q;
    bert_error err;
    int i;
    memset(&err, 0, sizeof err);
    REQUIRE(gpu);
    for (i = 0; i < 2; i++) if (bert_trainer_step(gpu, &e->batch, &e->labels, &p, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    if (bert_trainer_save(gpu, path, BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    cpu = open_trainer(&d, NULL);
    again = open_trainer(&d, &cuda);
    REQUIRE(cpu && again);
    if (bert_trainer_resume(cpu, path, &err) != BERT_OK || bert_trainer_resume(again, path, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    remove(path);
    for (i = 0; i < 2; i++) {
        if (bert_trainer_step(gpu, &e->batch, &e->labels, &p, &err) != BERT_OK || bert_trainer_step(cpu, &e->batch, &e->labels, &q, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        check_progress("on the processor", &q, &p, 1e-4);
        if (bert_trainer_step(again, &e->batch, &e->labels, &q, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        CHECK(q.loss == p.loss && q.norm == p.norm && q.step == p.step);
    }
    if (bert_trainer_save(cpu, path, BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK || bert_trainer_resume(again, path, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    remove(path);
    if (bert_trainer_step(gpu, &e->batch, &e->labels, &p, &err) != BERT_OK || bert_trainer_step(again, &e->batch, &e->labels, &q, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    check_progress("and back", &q, &p, 1e-4);
    CHECK_INT(q.step, 5);
    {                                                                   /* the weights as a model, for a session on the processor */
        const bert_model *m = bert_trainer_model(gpu);
        bert_session *s = m ? open_session(m, NULL, 100) : NULL;
        float *v = numbers(e->rows * c.hidden_size);
        bert_result r;
        memset(&r, 0, sizeof r);
        r.hidden = v;
        CHECK(s && run(s, &e->batch, &r));
        free(v);
        bert_session_close(s);
    }
    bert_trainer_close(gpu);
    bert_trainer_close(cpu);
    bert_trainer_close(again);
    CHECK_INT(emulated_knob()->used, 0);
}
/* fp16: gradients that overflow skip the step and halve the scale; where it cannot be halved it is an error. */
static void loss_scale(void)
{
    const bert_config c = small_config(0);
    bert_cuda_desc cuda = way_desc(4);
    bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_WORDS);
    example *e = make_example(4, 12, c.hidden_size, 3);
    bert_trainer *t;
    bert_progress p;
    bert_error err;
    int i, skipped = 0;
    memset(&err, 0, sizeof err);
    d.loss_scale.start = 1048576;
    d.loss_scale.growth = 3;
    REQUIRE((t = open_trainer(&d, &cuda)) != NULL);
    for (i = 0; i < 20; i++) {
        if (bert_trainer_step(t, &e->batch, &e->labels, &p, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
        skipped += p.skipped;
    }
    CHECK(skipped > 0 && skipped < 15 && p.step == 20 - skipped && p.loss_scale < 1048576);
    bert_trainer_close(t);
    d.loss_scale.floor = 1048576;
    REQUIRE((t = open_trainer(&d, &cuda)) != NULL);
    CHECK_INT(bert_trainer_step(t, &e->batch, &e->labels, &p, &err), BERT_ERROR_FORMAT);
    CHECK(strstr(err.message, "finite") != NULL);
    bert_trainer_close(t);
}

/* ---- several GPUs: two processes ---- */

#ifdef BERT_USE_NCCL
static bert_status room_add_up(void *user, float *values, int64_t count, bert_error *) { emulated_add_up(*(int *)user, EMULATED_WORKERS, values, (size_t)count); return BERT_OK; }
static bert_status room_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *)
{
    emulated_room *r = *emulated_rooms();
    for (size_t at = 0; at < size; at += sizeof r->bytes) {
        const size_t n = size - at < sizeof r->bytes ? size - at : sizeof r->bytes;
        if (*(int *)user == root) memcpy(r->bytes, (char *)data + at, n);
        pthread_barrier_wait(&r->barrier);
        memcpy((char *)data + at, r->bytes, n);
        pthread_barrier_wait(&r->barrier);
    }
    return BERT_OK;
}
/* A worker's share: the first `mine` sequences of the batch, or those behind them. */
static void share_of(example *e, int rank, int64_t mine)
{
    const int64_t first = rank ? mine : 0, n = rank ? e->batch.sequences - mine : mine, row = e->offsets[first];
    for (int64_t i = 0; i <= n; i++) e->offsets[i] = e->offsets[first + i] - row;
    e->batch.sequences = n;
    e->batch.ids += row;
    e->batch.segment_ids += row;
    e->labels.next_sentence += first;
    e->labels.classes += first;
    e->labels.starts += first;
    e->labels.ends += first;
}
/* Three steps of a worker, one of them in two parts; what came of them in results. mine: sequences of worker 0; fault: -1, a call of worker 1 that
   fails, -2: the sums never end. */
static void work(int rank, const bert_trainer_desc *desc, int64_t mine, long fault, double *results, bert_trainer **out, bert_error *err)
{
    bert_trainer_desc d = *desc;
    bert_cuda_comm_desc cd;
    bert_cuda_comm *m = NULL;
    bert_cuda_desc cuda = way_desc(0);
    bert_comm over, nccl;
    bert_trainer *t;
    bert_progress p;
    bert_status st = BERT_OK;
    example *e = make_example(4, 12, d.config->hidden_size, 3);
    memset(&over, 0, sizeof over);
    memset(&cd, 0, sizeof cd);
    over.rank = rank;
    over.size = EMULATED_WORKERS;
    over.all_reduce = room_add_up;
    over.broadcast = room_broadcast;
    over.user = &rank;
    cd.over = &over;
    cd.timeout = 0.02;
    cd.error = err;
    share_of(e, rank, mine);
    results[0] = bert_cuda_comm_open(&cd, &m);
    if (results[0] != BERT_OK) return;
    nccl = bert_cuda_comm_of(m);
    d.comm = &nccl;
    if ((t = open_trainer(&d, &cuda)) == NULL) { results[0] = 1; bert_cuda_comm_close(m); return; }
    for (int step = 0; step < 3 && st == BERT_OK; step++) {
        if (fault == -2) emulated_knob()->stuck = 1;
        if (fault >= 0 && rank) { emulated_knob()->calls = 0; emulated_knob()->fail_at = fault; emulated_knob()->fail_with = cudaErrorIllegalAddress; }
        if (step == 1) {                                                /* all of it, and then nothing more */
            bert_batch none = e->batch;
            bert_targets l = e->labels;
            l.more = 1;
            none.sequences = 0;
            bert_progress q;
            st = bert_trainer_gradients(t, &e->batch, &l, &q, err);
            l.more = 0;
            l.add = 1;
            if (st == BERT_OK) st = bert_trainer_gradients(t, &none, &l, &p, err);
            if (st == BERT_OK) st = bert_trainer_update(t, &p, err);
            if (st == BERT_OK) p.loss += q.loss;
        } else st = bert_trainer_step(t, &e->batch, &e->labels, &p, err);
        results[1 + step] = p.loss;
        results[4 + step] = p.norm;
    }
    emulated_knob()->fail_at = -1;
    emulated_knob()->stuck = 0;
    results[7] = (double)*emulated_sums();
    results[0] = st;
    if (st == BERT_OK) results[0] = bert_trainer_fetch(t, err);
    results[8] = bert_trainer_parameter(t, 3)->weight[2];
    if (out) *out = t;
    else bert_trainer_close(t);
    bert_cuda_comm_close(m);
}
static void two_workers(const char *what, const bert_trainer_desc *d, int64_t mine, long fault)
{
    emulated_room *room = (emulated_room *)mmap(NULL, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t shared;
    bert_trainer *got = NULL, *want;
    bert_error err;
    double results[16] = { 0 };
    int status = 0;
    pid_t child;
    REQUIRE(room != MAP_FAILED);
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&room->barrier, &shared, EMULATED_WORKERS);
    *emulated_rooms() = room;
    *emulated_sums() = 0;
    memset(&err, 0, sizeof err);
    fflush(NULL);
    if ((child = fork()) == 0) {
        alarm(60);
        work(1, d, mine, fault, room->results, NULL, &err);
        memcpy(room->bytes, err.message, sizeof err.message);
        _exit(0);
    }
    REQUIRE(child > 0);
    work(0, d, mine, fault, results, &got, &err);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (fault == -1) {
        if (results[0] != BERT_OK || room->results[0] != BERT_OK) TEST_FAIL("%s: %s", what, err.message);
        for (int i = 1; i < 9; i++) if (results[i] != room->results[i]) TEST_FAIL("%s: number %d differs between the workers, %.9g and %.9g", what, i, results[i], room->results[i]);
        CHECK_INT((long)results[7], 3 * (d->config->layers + 2));       /* a sum for each layer, the rest, and the norm */
        if ((want = open_trainer(d, NULL)) != NULL && got) {
            example *e = make_example(4, 12, d->config->hidden_size, 3);
            for (int step = 0; step < 3; step++) {
                bert_progress p;
                if (bert_trainer_step(want, &e->batch, &e->labels, &p, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
                close_number(what, "loss", results[1 + step], p.loss, 1e-4);
                close_number(what, "norm", results[4 + step], p.norm, 1e-4);
            }
            check_parameters(what, got, want, 0, 1e-4);
        }
        bert_trainer_close(want);
    } else {
        CHECK(results[0] != BERT_OK && room->results[0] != BERT_OK);
        if (fault == -2) CHECK(strstr(err.message, "no word from the other GPUs") != NULL);
        else {
            CHECK(strstr(err.message, "worker 1: ") && strstr(err.message, "illegal memory access"));
            CHECK(strstr(room->bytes, "illegal memory access") != NULL);
        }
    }
    bert_trainer_close(got);
    CHECK_INT(emulated_knob()->used, 0);
    pthread_barrier_destroy(&room->barrier);
    munmap(room, sizeof *room);
}
/* Two learn what one learns alone; who fails takes the other along. */
static void workers(void)
{
    const bert_config c = small_config(0);
    bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS);
    d.optimizer.kind = BERT_OPTIMIZER_SGD;                              /* biases of spans have a gradient of 0 in exact arithmetic */
    d.optimizer.momentum = 0.9;
    two_workers("two workers", &d, 2, -1);
    two_workers("a worker without sequences", &d, 4, -1);
    d.recompute = 1;
    d.max_tokens = 20;
    d.frozen = 1;
    two_workers("two workers in parts, recomputed, frozen", &d, 1, -1);
    d = trainer_desc(&c, BERT_LEARN_CLASSES);
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;
    d.optimizer.clip = BERT_CLIP_ROWS;
    two_workers("the norm by rows", &d, 3, -1);
    for (long fault = 3; fault < 90; fault += 17) two_workers("a call that fails", &d, 2, fault);
    two_workers("sums that never end", &d, 2, -2);
}
#endif

/* ---- what both promise ---- */

/* A shape that comes again is captured and replayed, and gives the same bits. */
static void graphs(void)
{
    const bert_config c = small_config(0);
    bert_model *m = small_model(&c, 0);
    const bert_cuda_desc d = way_desc(1);
    example *e = make_example(3, 12, c.hidden_size, 3);
    float *v[4];
    const long before = emulated_knob()->graphs, replays = emulated_knob()->replays;
    bert_session *s;
    bert_result r;
    int i;
    REQUIRE(m && (s = open_session(m, &d, 100)) != NULL);
    memset(&r, 0, sizeof r);
    for (i = 0; i < 4; i++) {
        v[i] = numbers(e->rows * c.hidden_size);
        r.hidden = v[i];
        e->ids[3] = i == 3 ? 9 : 4;
        run(s, &e->batch, &r);
    }
    if (!ON_A_GPU) {
        CHECK_INT(emulated_knob()->graphs - before, 1);
        CHECK_INT(emulated_knob()->replays - replays, 3);
    }
    CHECK(memcmp(v[0], v[1], (size_t)(e->rows * c.hidden_size) * sizeof(float)) == 0 && memcmp(v[0], v[2], (size_t)(e->rows * c.hidden_size) * sizeof(float)) == 0);
    CHECK(memcmp(v[0], v[3], (size_t)(e->rows * c.hidden_size) * sizeof(float)) != 0);
    for (i = 0; i < 4; i++) free(v[i]);
    bert_session_close(s);
    bert_model_close(m);
}
/* With its own products a sequence has the same bits alone and in company. */
static void company_of(int kind)
{
    const bert_config c = small_config(kind);
    bert_model *m = small_model(&c, 0);
    const bert_cuda_desc d = way_desc(2);
    example *e = make_example(3, kind ? 10 : 20, c.hidden_size, 3);
    float *all = numbers(e->rows * c.hidden_size), *one = numbers(e->rows * c.hidden_size);
    bert_session *s;
    bert_result r;
    REQUIRE(m && (s = open_session(m, &d, 100)) != NULL);
    memset(&r, 0, sizeof r);
    r.hidden = all;
    run(s, &e->batch, &r);
    for (int i = 0; i < 3; i++) {
        const int64_t offsets[2] = { 0, e->offsets[i + 1] - e->offsets[i] };
        bert_batch b = e->batch;
        b.sequences = 1;
        b.offsets = offsets;
        b.ids += e->offsets[i];
        b.segment_ids += e->offsets[i];
        r.hidden = one;
        run(s, &b, &r);
        CHECK(memcmp(one, all + e->offsets[i] * c.hidden_size, (size_t)(offsets[1] * c.hidden_size) * sizeof(float)) == 0);
    }
    free(all);
    free(one);
    bert_session_close(s);
    bert_model_close(m);
}
/* Threads in the opposite order give the same bits: nobody reads what another has still to write, or overwrites what another has still to read. */
#ifndef __CUDACC__
static void order(void)
{
    for (int kind = 0; kind < 3; kind++) {
        const bert_config c = small_config(kind == 2 ? DEEP : kind ? RELATIVE : HF);
        const bert_cuda_desc cuda = way_desc(kind == 2 ? 2 : 0);
        example *e = make_example(kind == 2 ? 2 : 4, kind == 2 ? 65 : 14, c.hidden_size, 3);
        bert_trainer_desc d = trainer_desc(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_SPANS | BERT_LEARN_TOKENS);
        bert_model *m = small_model(&c, 0);
        answers a[2];
        bert_trainer *t[2];
        bert_progress p[2];
        bert_error err;
        memset(&err, 0, sizeof err);
        d.optimizer.kind = BERT_OPTIMIZER_LAMB;
        REQUIRE(m);
        for (int k = 0; k < 2; k++) {
            bert_session *s = open_session(m, &cuda, 300);
            emulated_now()->backwards = k;
            answers_open(a + k, &c, e, kind < 2);                       /* probabilities are the plain kernels' */
            a[k].result.normalize = 1;
            if (s) run(s, &e->batch, &a[k].result);
            bert_session_close(s);
            t[k] = open_trainer(&d, &cuda);
            for (int step = 0; t[k] && step < 2; step++) if (bert_trainer_step(t[k], &e->batch, &e->labels, p + k, &err) != BERT_OK) TEST_FAIL("%s", err.message);
            if (t[k] && bert_trainer_fetch(t[k], &err) != BERT_OK) TEST_FAIL("%s", err.message);
            emulated_now()->backwards = 0;
        }
        CHECK(memcmp(a[0].hidden, a[1].hidden, (size_t)(e->rows * c.hidden_size) * sizeof(float)) == 0);
        CHECK(kind == 2 || memcmp(a[0].attention[1], a[1].attention[1], (size_t)(e->squares * c.heads) * sizeof(float)) == 0);
        CHECK(memcmp(a[0].vectors, a[1].vectors, (size_t)(e->batch.sequences * c.hidden_size) * sizeof(float)) == 0);
        CHECK(memcmp(a[0].words, a[1].words, 8 * (size_t)c.vocab_size * sizeof(float)) == 0);
        CHECK(p[0].loss == p[1].loss && p[0].norm == p[1].norm);
        for (int64_t i = 0; t[0] && t[1] && i < bert_trainer_count(t[0]); i++) {
            const bert_trained *x = bert_trainer_parameter(t[0], i), *y = bert_trainer_parameter(t[1], i);
            if (memcmp(x->weight, y->weight, (size_t)x->count * sizeof(float)) != 0) TEST_FAIL("%d: %s depends on the order of threads", kind, x->name);
        }
        for (int k = 0; k < 2; k++) { answers_close(a + k); bert_trainer_close(t[k]); }
        bert_model_close(m);
    }
}
#endif
static void company(void)
{
    int kind;
    for (kind = 0; kind <= DEEP; kind += DEEP) company_of(kind);
}
/* Plans are what is then taken, and a budget is kept. */
static void plans(void)
{
    const bert_config c = small_config(0);
    bert_model *m = small_model(&c, 0);
    bert_cuda_desc cuda = way_desc(2);
    bert_session_desc sd;
    bert_trainer_desc td = trainer_desc(&c, BERT_LEARN_WORDS);
    bert_cuda_bytes b;
    bert_session *s = NULL;
    bert_trainer *t = NULL;
    bert_error err;
    memset(&sd, 0, sizeof sd);
    memset(&err, 0, sizeof err);
    REQUIRE(m);
    sd.model = m;
    sd.max_tokens = 77;
    CHECK(bert_cuda_plan_session(&sd, &cuda, &b, &err) == BERT_OK);
    emulated_knob()->peak = 0;
    REQUIRE(bert_cuda_session_open(&sd, &cuda, &s) == BERT_OK);
    if (!ON_A_GPU) CHECK_INT(emulated_knob()->peak, b.total);
    bert_session_close(s);
    for (int k = 0; k < 4; k++) {                                       /* and from a config alone, in each precision, with a decoder of its own as well */
        bert_model *other = small_model(&c, k == 3);
        bert_plan_desc pd;
        bert_cuda_bytes from_config, from_model;
        bert_cuda_desc way = cuda;
        way.precision = (bert_cuda_precision)(BERT_CUDA_F32 + k);
        memset(&pd, 0, sizeof pd);
        REQUIRE(other);
        pd.max_tokens = sd.max_tokens;
        pd.model = other;
        CHECK(bert_cuda_plan_memory(&pd, &way, &from_model, &err) == BERT_OK);
        pd.config = &c;
        pd.heads = bert_model_heads(other);
        CHECK(bert_cuda_plan_memory(&pd, &way, &from_config, &err) == BERT_OK);
        CHECK(k == 3 ? from_config.total < from_model.total : memcmp(&from_config, &from_model, sizeof from_model) == 0);
        sd.model = other;
        emulated_knob()->peak = 0;
        REQUIRE(bert_cuda_session_open(&sd, &way, &s) == BERT_OK);
        if (!ON_A_GPU) CHECK_INT(emulated_knob()->peak, from_model.total);
        bert_session_close(s);
        bert_model_close(other);
    }
    CHECK_INT(bert_cuda_plan_memory(NULL, &cuda, &b, &err), BERT_ERROR_ARGUMENT);
    sd.model = m;
    CHECK(bert_cuda_plan_session(&sd, &cuda, &b, &err) == BERT_OK);
    sd.max_tokens = 0;
    sd.budget = b.total;
    REQUIRE(bert_cuda_session_open(&sd, &cuda, &s) == BERT_OK);
    CHECK_INT(bert_session_desc_resolved(s).max_tokens, 77);
    bert_session_close(s);
    sd.budget = 1000;
    sd.error = &err;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_MEMORY);
    CHECK(strstr(err.message, "budget") != NULL);
    CHECK(bert_cuda_plan_trainer(&td, &cuda, &b, &err) == BERT_OK);
    emulated_knob()->peak = 0;
    REQUIRE(bert_cuda_trainer_open(&td, &cuda, &t) == BERT_OK);
    if (!ON_A_GPU) CHECK_INT(emulated_knob()->peak, b.total);
    bert_trainer_close(t);
    td.max_tokens = 0;
    td.budget = b.total;
    REQUIRE(bert_cuda_trainer_open(&td, &cuda, &t) == BERT_OK);
    CHECK_INT(bert_trainer_desc_resolved(t).max_tokens, 300);
    bert_trainer_close(t);
    bert_model_close(m);
    CHECK_INT(emulated_knob()->used, 0);
}
/* What can be wrong, and that it is said with advice. */
static void refusals(void)
{
    const bert_config c = small_config(0);
    bert_model *m = small_model(&c, 0);
    bert_cuda_desc cuda = way_desc(2);
    bert_session_desc sd;
    bert_trainer_desc td = trainer_desc(&c, BERT_LEARN_WORDS);
    bert_session *s = NULL;
    bert_trainer *t = NULL;
    bert_error err;
    emulated_knobs *k = emulated_knob();
    memset(&sd, 0, sizeof sd);
    memset(&err, 0, sizeof err);
    if (ON_A_GPU) { bert_model_close(m); test_skip("an emulation lacks things on demand"); return; }
    REQUIRE(m);
    sd.model = m;
    sd.error = td.error = &err;
    k->devices = 0;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "no NVIDIA GPU") && strstr(err.message, "--device=cpu"));
    k->devices = 1;
    cuda.device = 3;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_ARGUMENT);
    cuda.device = 0;
    k->major = 7;
    k->minor = 5;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "sm_80") != NULL);
    cuda.precision = BERT_CUDA_DEFAULT;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_OK);         /* fp16 there */
    bert_session_close(s);
    k->major = 6;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "sm_70") != NULL);
    k->major = 9;
    k->minor = 0;
    k->memory = 50000;
    sd.max_tokens = 100;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_MEMORY);
    CHECK(strstr(err.message, "bert_cuda_plan_session") && strstr(err.message, "50000 are free"));
    CHECK_INT(bert_cuda_trainer_open(&td, &cuda, &t), BERT_ERROR_MEMORY);
    CHECK(strstr(err.message, "bert_cuda_plan_trainer") && strstr(err.message, "recompute"));
    k->memory = (size_t)1 << 32;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_OK);
    {                                                                   /* what a call takes besides: refused alone, and the next call works */
        example *e = make_example(4, 20, c.hidden_size, 3);
        bert_result r;
        memset(&r, 0, sizeof r);
        r.hidden = numbers(e->rows * c.hidden_size);
        with_embeds(e);
        k->memory = k->used + 1000;
        CHECK_INT(bert_session_run(s, &e->batch, &r, &err), BERT_ERROR_MEMORY);
        CHECK(strstr(err.message, "bytes are needed") && strstr(err.message, "fewer sequences"));
        k->memory = (size_t)1 << 32;
        CHECK_INT(bert_session_run(s, &e->batch, &r, &err), BERT_OK);
        free(r.hidden);
    }
    bert_session_close(s);
    cuda.precision = BERT_CUDA_FP8;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "cuBLASLt") != NULL);
    cuda.cublas = BERT_ON;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "multiples of 16") != NULL);
    k->major = 8;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "sm_89") != NULL);
    k->major = 9;
    CHECK_INT(bert_cuda_trainer_open(&td, &cuda, &t), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(err.message, "train in bf16") != NULL);
    cuda = way_desc(2);
    sd.precision = BERT_PRECISION_INT8;
    CHECK_INT(bert_cuda_session_open(&sd, &cuda, &s), BERT_ERROR_UNSUPPORTED);
    td.small_slots = 1;
    CHECK_INT(bert_cuda_trainer_open(&td, &cuda, &t), BERT_ERROR_UNSUPPORTED);
    bert_model_close(m);
    CHECK_INT(k->used, 0);
}
/* Each call of CUDA fails once: an error every time, nothing is lost, and what works afterwards works. */
static void faults(void)
{
    const bert_config c = small_config(0);
    bert_model *m = small_model(&c, 0);
    bert_cuda_desc cuda = way_desc(0);
    bert_session_desc sd;
    bert_trainer_desc td = trainer_desc(&c, BERT_LEARN_WORDS);
    example *e = make_example(2, 5, c.hidden_size, 3);
    emulated_knobs *k = emulated_knob();
    float *v = numbers(e->rows * c.hidden_size);
    long n, failures = 0;
    int training;
    if (ON_A_GPU) { bert_model_close(m); free(v); test_skip("an emulation fails on demand"); return; }
    REQUIRE(m);
    memset(&sd, 0, sizeof sd);
    sd.model = m;
    sd.max_tokens = 40;
    td.max_tokens = 40;
    for (training = 0; training < 2; training++)
        for (n = 0;; n = n < 60 ? n + 1 : n + 13) {
            bert_error err;
            bert_session *s = NULL;
            bert_trainer *t = NULL;
            bert_progress p;
            bert_result r;
            bert_status st;
            int i;
            memset(&err, 0, sizeof err);
            memset(&r, 0, sizeof r);
            sd.error = td.error = &err;
            r.hidden = v;
            k->calls = 0;
            k->fail_at = n;
            k->fail_with = cudaErrorIllegalAddress;
            st = training ? bert_cuda_trainer_open(&td, &cuda, &t) : bert_cuda_session_open(&sd, &cuda, &s);
            for (i = 0; i < 3 && st == BERT_OK; i++) st = training ? bert_trainer_step(t, &e->batch, &e->labels, &p, &err) : bert_session_run(s, &e->batch, &r, &err);
            if (st == BERT_OK && k->calls <= n) { bert_session_close(s); bert_trainer_close(t); break; }
            if (st == BERT_OK) TEST_FAIL("call %ld failed and nobody said so", n);
            else if (!strstr(err.message, "illegal memory access")) TEST_FAIL("call %ld: %s", n, err.message);
            failures++;
            k->fail_at = -1;
            k->pending = cudaSuccess;
            bert_session_close(s);
            bert_trainer_close(t);
            if (k->used) { TEST_FAIL("call %ld: %zu bytes of the GPU were not given back", n, k->used); break; }
        }
    k->fail_at = -1;
    CHECK(failures > 60);
    free(v);
    bert_model_close(m);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(sessions);
    TEST(sessions_of_64);
    TEST(sessions_in_fp8);
    TEST(gradients_of_losses);
    TEST(gradients_of_inputs);
    TEST(gradients_with_masks);
    TEST(gradients_in_16_bits);
    TEST(steps);
    TEST(accumulation);
    TEST(resuming);
    TEST(loss_scale);
#ifdef BERT_USE_NCCL
    TEST(workers);
#endif
    TEST(graphs);
    TEST(company);
#ifndef __CUDACC__
    TEST(order);
#endif
    TEST(plans);
    TEST(refusals);
    TEST(faults);
    return test_end();
}
