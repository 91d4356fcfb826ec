/* tools/bench.c - how fast is it here? The last line of the output is one JSON object.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#define _POSIX_C_SOURCE 200809L
#include "cli.h"
#include <time.h>
#ifndef _WIN32
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

static const char *vocab_file, *input_file, *mode = "auto", *model_path, *bert_config_file, *precision, *isa = "default", *lengths_text, *learn = "classes", *text = "A first text for a first vector.";
static bert_flag lower;
static int64_t threads = 1, batch = 1, seq = 128;
static double seconds = 1.5;
static bert_flag recompute, vectors;

static const cli_flag flags[] = {
    { "vocab_file", 's', &vocab_file, "tokenize: the vocabulary; start: if it is not beside the model" },
    { "input_file", 's', &input_file, "tokenize: the text, a text a line" },
    { "do_lower_case", 't', &lower, "tokenize: as for the tool tokenize" },
    { "mode", 's', &mode, "tokenize: google, hf or auto" },
    { "model", 's', &model_path, "infer, pool, start: a directory, file, zip or TensorFlow prefix; infer, pool, train: also base, large, ...: of that size, with random weights; gemm: only the config counts" },
    { "bert_config_file", 's', &bert_config_file, "infer, pool, start, train: the config (default: beside the checkpoint)" },
    { "precision", 's', &precision, "infer, pool, start, train, gemm: f32, bf16 or int8 (train: not int8); default f32, on a GPU what --device says" },
    { "isa", 's', &isa, "infer, pool, start, train, gemm: kernels: " CLI_ISAS },
    CLI_DEVICE,
    { "batch", 'i', &batch, "infer, pool, train, gemm: sequences in a call" },
    { "seq", 'i', &seq, "infer, pool, train, gemm: tokens of each" },
    { "lengths", 's', &lengths_text, "infer, instead of --batch and --seq: 12,7,33,...: these sequences in one call" },
    { "vectors", 't', &vectors, "infer: the mean of the rows of each sequence comes out instead of all rows" },
    { "learn", 's', &learn, "train: classes, pretraining (15 % masked words, next sentence) or squad" },
    { "recompute", 't', &recompute, "train: keep less and compute it again" },
    { "text", 's', &text, "start: the text" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { "seconds", 'd', &seconds, "measure at least so long; the best round counts" },
    { 0, 0, 0, 0 }
};

/* The most memory this process has had, in bytes; 0: not known. */
static double peak_memory(void)
{
#ifdef _WIN32
    return 0;
#else
    struct rusage usage;
    FILE *f = fopen("/proc/self/status", "r");                          /* the program's own: rusage begins with that of who started it */
    char line[200];
    double kilobytes = 0;
    while (f && fgets(line, sizeof line, f)) if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
    if (f) fclose(f);
    if (kilobytes > 0) return kilobytes * 1024;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return (double)usage.ru_maxrss;
#else
    return (double)usage.ru_maxrss * 1024;
#endif
#endif
}
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- tokenize: the ids of every line, the file in memory ---- */

typedef struct tokenize_job {
    const bert_tokenizer *tokenizer;
    const char *text;
    const size_t *starts;               /* [lines + 1] */
    size_t from, to;                    /* lines */
    int32_t *ids;
    size_t room, tokens;
} tokenize_job;

static void tokenize_some(void *arg, int64_t index)
{
    tokenize_job *j = (tokenize_job *)arg + index;
    size_t i;
    j->tokens = 0;
    for (i = j->from; i < j->to; i++) {
        bert_encoding e = { 0 };
        e.ids = j->ids;
        e.capacity = j->room;
        bert_tokenizer_encode(j->tokenizer, j->text + j->starts[i], j->starts[i + 1] - 1 - j->starts[i], &e);
        j->tokens += e.count;
    }
}
static int bench_tokenize(void)
{
    bert_error err = { 0 };
    bert_tokenizer_desc d = { 0 };
    bert_tokenizer *tokenizer;
    bert_file file;
    bert_pool *pool;
    bert_parallel parallel;
    tokenize_job *jobs;
    size_t *starts, lines = 0, i, k, longest = 0, bytes = 0, tokens = 0, count;
    double opened, best = 1e30, end;
    int rounds = 0;
    if (!vocab_file || !input_file) cli_usage("bench tokenize needs --vocab_file and --input_file", "");
    d.path = vocab_file;
    d.lower_case = lower;
    d.mode = (bert_tokenizer_mode)cli_choice("mode", mode, "auto|google|hf");
    d.error = &err;
    opened = now();
    if (bert_tokenizer_open(&d, &tokenizer)) cli_fail(err.message);
    opened = now() - opened;
    if (bert_file_open(input_file, NULL, &file, &err)) cli_fail(err.message);
    if (bert_pool_open((int32_t)threads, NULL, &pool)) cli_fail("cannot start the threads");
    parallel = bert_pool_parallel(pool);
    for (i = 0; i < file.size; i++) lines += file.data[i] == '\n' || i + 1 == file.size;
    starts = malloc((lines + 1) * sizeof *starts);
    count = (size_t)parallel.width == 1 ? 1 : (size_t)parallel.width * 8;
    jobs = calloc(count, sizeof *jobs);
    if (!starts || !jobs) cli_fail("out of memory");
    for (i = k = 0; k < lines; k++) {
        const unsigned char *nl = memchr(file.data + i, '\n', file.size - i);
        starts[k] = i;
        i = nl ? (size_t)(nl - file.data) + 1 : file.size + 1;
        if (i - 1 - starts[k] > longest) longest = i - 1 - starts[k];
        bytes += i - 1 - starts[k];
    }
    starts[lines] = i;
    for (k = i = 0; i < count; i++) {                                   /* about the same number of bytes each */
        jobs[i].tokenizer = tokenizer;
        jobs[i].text = (const char *)file.data;
        jobs[i].starts = starts;
        jobs[i].from = k;
        while (k < lines && (i + 1 == count || starts[k] < file.size / count * (i + 1))) k++;
        jobs[i].to = k;
        jobs[i].room = longest + 1;
        jobs[i].ids = malloc((longest + 1) * sizeof(int32_t));
        if (!jobs[i].ids) cli_fail("out of memory");
    }
    for (end = now() + seconds; rounds < 3 || now() < end; rounds++) {
        double t = now();
        parallel.run(parallel.user, (int64_t)count, tokenize_some, jobs);
        t = now() - t;
        if (t < best) best = t;
    }
    for (i = 0; i < count; i++) { tokens += jobs[i].tokens; free(jobs[i].ids); }
    printf("{\"mb_per_s\": %.1f, \"tokens\": %zu, \"tokens_per_s\": %.0f, \"bytes\": %zu, \"threads\": %d, \"rounds\": %d, \"open_ms\": %.2f}\n",
           (double)bytes / 1e6 / best, tokens, (double)tokens / best, bytes, (int)parallel.width, rounds, opened * 1e3);
    free(jobs);
    free(starts);
    bert_pool_close(pool);
    bert_file_close(&file);
    bert_tokenizer_close(tokenizer);
    return 0;
}

/* ---- the peak of this machine: fused multiply-adds of independent registers, all threads at once ---- */

/* Runs n rounds of 4 times 12 independent products and sums of vectors; gives the floating-point operations of one round. With 12 a round,
   counting rounds takes 6 % of them on a Xeon of model 207 (AVX2): additions of integers wait for the same units. */
#define PEAK_ONCE(fma)                                                                                                 \
        sum[0] = fma(sum[0], x, y); sum[1] = fma(sum[1], x, y); sum[2] = fma(sum[2], x, y); sum[3] = fma(sum[3], x, y); \
        sum[4] = fma(sum[4], x, y); sum[5] = fma(sum[5], x, y); sum[6] = fma(sum[6], x, y); sum[7] = fma(sum[7], x, y); \
        sum[8] = fma(sum[8], x, y); sum[9] = fma(sum[9], x, y); sum[10] = fma(sum[10], x, y); sum[11] = fma(sum[11], x, y);
#define PEAK_LOOP(type, load, fma, store, lanes)                                                                       \
    enum { CHAINS = 12 };                                                                                              \
    float out[CHAINS * lanes];                                                                                         \
    type sum[CHAINS], x = load(0.999f), y = load(1e-6f);                                                               \
    int64_t i;                                                                                                         \
    int k;                                                                                                             \
    for (k = 0; k < CHAINS; k++) sum[k] = load((float)k);                                                              \
    for (i = 0; i < n; i++) { PEAK_ONCE(fma) PEAK_ONCE(fma) PEAK_ONCE(fma) PEAK_ONCE(fma) }                              \
    for (k = 0; k < CHAINS; k++) store(out + k * lanes, sum[k]);                                                       \
    for (k = 1; k < CHAINS * lanes; k++) out[0] += out[k];                                                             \
    *sink = out[0];                                                                                                    \
    return 4 * 2.0 * CHAINS * lanes

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
__attribute__((target("avx2,fma"))) static double peak_avx2(int64_t n, float *sink) { PEAK_LOOP(__m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps, 8); }
#define PEAK_MADD(a, x, y) (ints)_mm256_add_epi32(_mm256_madd_epi16((__m256i)(a), (__m256i)(x)), (__m256i)(y))
#define PEAK_SET(x) (ints)_mm256_set1_epi32((int)(1e6f * (x)))
#define PEAK_STORE(p, v) _mm256_storeu_ps(p, _mm256_cvtepi32_ps((__m256i)(v)))
typedef int ints __attribute__((vector_size(32)));
__attribute__((target("avx2,fma"))) static double peak_avx2_int8(int64_t n, float *sink) { PEAK_LOOP(ints, PEAK_SET, PEAK_MADD, PEAK_STORE, 8) * 2; }
#if defined(__clang__) ? __clang_major__ >= 9 : __GNUC__ >= 10
#define PEAK_BF16(a, x, y) _mm512_dpbf16_ps(a, (__m512bh)_mm512_castps_si512(x), (__m512bh)_mm512_castps_si512(y))
#define PEAK_VNNI(a, x, y) _mm512_castsi512_ps(_mm512_dpbusd_epi32(_mm512_castps_si512(a), _mm512_castps_si512(x), _mm512_castps_si512(y)))
__attribute__((target("avx512f,avx512bf16"))) static double peak_avx512_bf16(int64_t n, float *sink) { PEAK_LOOP(__m512, _mm512_set1_ps, PEAK_BF16, _mm512_storeu_ps, 16) * 2; }
__attribute__((target("avx512f,avx512vnni"))) static double peak_avx512_int8(int64_t n, float *sink) { PEAK_LOOP(__m512, _mm512_set1_ps, PEAK_VNNI, _mm512_storeu_ps, 16) * 4; }
#endif
__attribute__((target("avx512f"))) static double peak_avx512(int64_t n, float *sink) { PEAK_LOOP(__m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps, 16); }
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define PEAK_NEON_FMA(a, b, c) vfmaq_f32(c, a, b)
static double peak_neon(int64_t n, float *sink) { PEAK_LOOP(float32x4_t, vdupq_n_f32, PEAK_NEON_FMA, vst1q_f32, 4); }
#endif

typedef struct peak_job { bert_isa isa; bert_precision precision; int64_t rounds; double flops; float sink; char pad[64]; } peak_job;

static void peak_some(void *arg, int64_t index)
{
    peak_job *j = (peak_job *)arg + index;
    j->flops = 0;
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    if (j->isa == BERT_ISA_AVX2) j->flops = (j->precision == BERT_PRECISION_INT8 ? peak_avx2_int8 : peak_avx2)(j->rounds, &j->sink);
    else if (j->isa != BERT_ISA_AVX512) return;
#if defined(PEAK_BF16)
    else if (j->precision == BERT_PRECISION_BF16) j->flops = peak_avx512_bf16(j->rounds, &j->sink);
    else if (j->precision == BERT_PRECISION_INT8) j->flops = peak_avx512_int8(j->rounds, &j->sink);
#endif
    else j->flops = peak_avx512(j->rounds, &j->sink);
#elif defined(__ARM_NEON) && defined(__aarch64__)
    if (j->isa == BERT_ISA_NEON) j->flops = peak_neon(j->rounds, &j->sink);
#endif
}
/* Whether pairs of bf16 are multiplied faster than the float32 that they can be made. */
static int pairs_pay(void)
{
#if defined(PEAK_BF16)
    static int known = -1;
    float sink;
    double t = now(), pairs;
    if (known >= 0) return known;
    if (!__builtin_cpu_supports("avx512bf16")) return known = 0;
    pairs = peak_avx512_bf16(50000, &sink) / (now() - t);
    t = now();
    return known = pairs > peak_avx512(50000, &sink) / (now() - t);
#else
    return 0;
#endif
}
/* Operations a second with these instructions, by all threads, in a try of some milliseconds; 0: not known. each (or NULL): by one
   processor's second of work, which other programs do not take away from. */
static double peak_of(bert_isa which, bert_precision in, bert_parallel parallel, double *each)
{
    clock_t cpu;
    peak_job *j = calloc((size_t)parallel.width, sizeof *j);
    double t, sum = 0;
    int k;
    if (!j) cli_fail("out of memory");
    if (which == BERT_ISA_AVX512 && in == BERT_PRECISION_BF16 && !pairs_pay()) in = BERT_PRECISION_F32;
    for (k = 0; k < parallel.width; k++) { j[k].isa = which; j[k].precision = in; j[k].rounds = 250000; }
    cpu = clock();
    t = now();
    parallel.run(parallel.user, parallel.width, peak_some, j);
    t = now() - t;
    cpu = clock() - cpu;
    for (k = 0; k < parallel.width; k++) sum += j[k].flops * (double)j[k].rounds;
    free(j);
    if (each) *each = cpu > 0 ? sum / ((double)cpu / CLOCKS_PER_SEC) : 0;
    return sum / t;
}

/* Bytes a second that all threads read from memory: twice as much as caches hold, in a try of some milliseconds. */
#define READ_BYTES ((size_t)64 << 20)
typedef struct read_job { const uint64_t *from; size_t count; uint64_t sum; char pad[64]; } read_job;
static void read_some(void *arg, int64_t index)
{
    read_job *j = (read_job *)arg + index;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    size_t i;
    for (i = 0; i + 32 <= j->count; i += 32) {                          /* two lines at a time */
        a += j->from[i] + j->from[i + 4];
        b += j->from[i + 8] + j->from[i + 12];
        c += j->from[i + 16] + j->from[i + 20];
        d += j->from[i + 24] + j->from[i + 28];
    }
    j->sum = a + b + c + d;
}
static double read_rate(bert_parallel parallel)
{
    static uint64_t *memory;
    read_job *j = calloc((size_t)parallel.width, sizeof *j);
    double t;
    int k;
    if (!memory && (memory = malloc(READ_BYTES)) != NULL) memset(memory, 1, READ_BYTES);
    if (!j || !memory) cli_fail("out of memory");
    for (k = 0; k < parallel.width; k++) {
        j[k].count = READ_BYTES / 8 / (size_t)parallel.width;
        j[k].from = memory + j[k].count * (size_t)k;
    }
    t = now();
    parallel.run(parallel.user, parallel.width, read_some, j);
    t = now() - t;
    free(j);
    return (double)READ_BYTES / t;
}
/* The same of a pass that does to memory what an optimizer with two slots does: reads four arrays, writes three of them. */
#define PASS_VALUES ((size_t)8 << 20)           /* float32 in each */
#ifdef __GNUC__
typedef uint64_t pass_word __attribute__((vector_size(16)));
#else
typedef uint64_t pass_word;
#endif
#ifdef __linux__
extern int madvise(void *, size_t, int);
#endif
typedef struct pass_job { pass_word *of[4]; size_t count; } pass_job;
static void pass_some(void *arg, int64_t index)
{
    pass_job *j = (pass_job *)arg + index;
    pass_word *g = j->of[0], *w = j->of[1], *m = j->of[2], *v = j->of[3];
    size_t i;
    for (i = 0; i < j->count; i++) { w[i] += g[i]; m[i] += g[i]; v[i] += g[i]; }
}
static double pass_rate(bert_parallel parallel)
{
    static char *memory;
    const size_t all = PASS_VALUES * sizeof(float), some = 32768, tasks = all / some, page = (size_t)1 << 21;
    pass_job *j = calloc(tasks, sizeof *j);
    size_t i, k;
    double t;
    if (!memory && (memory = malloc(4 * all + page)) != NULL) {
        memory += (page - (uintptr_t)memory % page) % page;
#ifdef __linux__
        madvise(memory, 4 * all, 14);                                   /* in large pages, as the library's (bert__large_pages) */
#endif
        memset(memory, 1, 4 * all);
    }
    if (!j || !memory) cli_fail("out of memory");
    for (i = 0; i < tasks; i++) {
        j[i].count = some / sizeof(pass_word);
        for (k = 0; k < 4; k++) j[i].of[k] = (pass_word *)(void *)(memory + k * all + i * some);
    }
    t = now();
    parallel.run(parallel.user, (int64_t)tasks, pass_some, j);
    t = now() - t;
    free(j);
    return 28.0 * (double)PASS_VALUES / t;
}
static int by_size(const void *a, const void *b) { const double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }

/* Operations of one pass over sequences of these lengths. */
static double flops_of(const bert_config *k, const int64_t *offsets, int64_t n)
{
    const double nC = (double)k->hidden_size;
    double sum = 0;
    for (; n > 0; n--, offsets++) {
        const double s = (double)(offsets[1] - offsets[0]);
        sum += (double)k->layers * (2.0 * s * (4.0 * nC * nC + 2.0 * nC * (double)k->intermediate_size) + 4.0 * s * s * nC);
    }
    return sum;
}
/* Words from all over the table. */
static int32_t *random_ids(int64_t n, int64_t words)
{
    int32_t *ids = malloc((size_t)n * sizeof *ids);
    uint64_t state = 1;
    int64_t i;
    if (!ids) cli_fail("out of memory");
    for (i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ids[i] = (int32_t)((state >> 33) % (uint64_t)words);
    }
    return ids;
}

/* The precision asked for: by default f32, on a GPU its own. */
static bert_precision precision_wanted(void)
{
    if (!precision) precision = cli_on_gpu(NULL) ? "default" : "f32";
    return (bert_precision)cli_choice("precision", precision, "default|f32|bf16|int8");
}

/* ---- gemm: the four products of a layer, one by one ---- */

static int bench_gemm(void)
{
    static const char *const models[] = { "base", "large" }, *const names[] = { "qkv", "attention", "inner", "outer" };
    bert_error err = { 0 };
    bert_pool *pool;
    bert_parallel parallel;
    int m, k;
    if (batch < 1 || seq < 1 || batch > 4096 || seq > 4096 || batch * seq > 1 << 20) cli_usage("--batch times --seq goes from 1 to 2^20", "");
    if (bert_pool_open((int32_t)threads, NULL, &pool)) cli_fail("cannot start the threads");
    parallel = bert_pool_parallel(pool);
    for (m = 0; m < (model_path || bert_config_file ? 1 : 2); m++) {
        bert_config c;
        if (bert_config_file ? bert_config_read(bert_config_file, &c, &err) != BERT_OK : bert_config_named(model_path ? model_path : models[m], &c, &err) != BERT_OK) {
            bert_model *model = cli_open_model(model_path, bert_config_file, 0);
            c = *bert_model_config(model);
            bert_model_close(model);
        }
        for (k = 0; k < 4; k++) {
            bert_trial_desc d = { 0 };
            bert_trial *trial;
            double best = 1e30, best_cpu = 1e30, peak = 0, end, flops;
            int rounds = 0;
            d.rows = batch * seq;
            d.n = k == 0 ? 3 * (int64_t)c.hidden_size : k == 2 ? c.intermediate_size : c.hidden_size;
            d.k = k == 3 ? c.intermediate_size : c.hidden_size;
            d.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
            d.precision = precision_wanted();
            d.parallel = parallel;
            d.error = &err;
            if (bert_trial_open(&d, &trial)) cli_fail(err.message);
            flops = 2.0 * (double)d.rows * (double)d.n * (double)d.k;
            for (end = now() + seconds / 4; rounds < 3 || now() < end; rounds++) {
                clock_t cpu = clock();
                double t = now(), each;
                bert_trial_run(trial);
                t = now() - t;
                cpu = clock() - cpu;
                if (t < best) best = t;
                if (cpu > 100 && (double)cpu / CLOCKS_PER_SEC < best_cpu) best_cpu = (double)cpu / CLOCKS_PER_SEC;
                if (rounds % 16 == 0 && peak_of(d.isa, d.precision, parallel, &each) > 0 && each > peak) peak = each;
            }
            bert_trial_close(trial);
            printf("{\"product\": \"%s %s\", \"rows\": %lld, \"outputs\": %lld, \"inputs\": %lld, \"min_ms\": %.4f, \"gflops\": %.1f, ", bert_config_file || model_path ? "model" : models[m], names[k], (long long)d.rows, (long long)d.n, (long long)d.k, best * 1e3, flops / best / 1e9);
            if (peak > 0 && best_cpu < 1e30) printf("\"core_gflops\": %.1f, \"core_peak_gflops\": %.1f, \"percent_of_peak\": %.1f, ", flops / best_cpu / 1e9, peak / 1e9, 100 * flops / best_cpu / peak);
            printf("\"threads\": %d, \"isa\": \"%s\", \"precision\": \"%s\", \"rounds\": %d}\n", (int)parallel.width, bert_isa_name(d.isa), bert_precision_name(d.precision), rounds);
            fflush(stdout);
        }
    }
    bert_pool_close(pool);
    return 0;
}

/* ---- infer: the last hidden state of every token ---- */

/* A trainer's first, random weights, for a model of that name; NULL: there is none. */
static bert_trainer *random_weights(const char *name)
{
    bert_error err = { 0 };
    bert_config config;
    bert_model_desc md = { 0 };
    bert_model *m;
    bert_trainer_desc d = { 0 };
    bert_trainer *t;
    md.path = name;
    if (!name || bert_config_named(name, &config, NULL)) return NULL;
    if (bert_model_open(&md, &m) == BERT_OK) { bert_model_close(m); return NULL; }      /* there is one of that name in this folder */
    d.config = &config;
    d.learn = BERT_LEARN_CLASSES;
    d.optimizer.kind = BERT_OPTIMIZER_SGD;
    d.max_tokens = 1;
    d.threads = 1;
    d.error = &err;
    if (bert_trainer_open(&d, &t)) cli_fail(err.message);
    return t;
}
/* --model, or one of that name with random weights. */
typedef struct measured { bert_trainer *weights; bert_model *opened; const bert_model *model; } measured;
static measured open_measured(void)
{
    measured m;
    m.weights = bert_config_file ? NULL : random_weights(model_path);
    m.opened = m.weights ? NULL : cli_open_model(model_path, bert_config_file, 0);
    m.model = m.weights ? bert_trainer_model(m.weights) : m.opened;
    return m;
}
static void close_measured(measured m)
{
    bert_model_close(m.opened);
    bert_trainer_close(m.weights);
}

static int bench_infer(void)
{
    bert_error err = { 0 };
    const measured m = open_measured();
    const bert_model *model = m.model;
    const bert_config *k = bert_model_config(model);
    bert_session_desc d = { 0 };
    bert_session *session;
    bert_batch b = { 0 };
    bert_result r = { 0 };
    bert_pool *pool;
    bert_parallel parallel;
    int64_t *offsets = NULL, n = 0, i, tokens;
    int32_t *ids;
    float *out;
    double best = 1e30, best_cpu = 1e30, first = 0, began = 0, end, flops, peak = 0, peaks = 0, gflops, rate = 0, read = 0, limit, *times = NULL;
    bert_plan_desc pd = { 0 };
    bert_plan plan;
    int rounds = 0;
    if (batch < 1 || seq < 1 || batch > 1000000 || seq > 1000000) cli_usage("--batch and --seq start at 1", "");
    if (lengths_text) {
        const char *p = lengths_text;
        for (;;) {
            char *e;
            const long long v = strtoll(p, &e, 10);
            if (e == p || v < 1 || v > 1000000 || (*e && *e != ',')) cli_usage("--lengths is a list like 12,7,33, not ", lengths_text);
            offsets = realloc(offsets, (size_t)(n + 2) * sizeof *offsets);
            if (!offsets) cli_fail("out of memory");
            if (!n) offsets[0] = 0;
            offsets[n + 1] = offsets[n] + v;
            n++;
            if (!*e) break;
            p = e + 1;
        }
    } else {
        n = batch;
        offsets = malloc((size_t)(n + 1) * sizeof *offsets);
        if (!offsets) cli_fail("out of memory");
        for (i = 0; i <= n; i++) offsets[i] = i * seq;
    }
    tokens = offsets[n];
    ids = random_ids(tokens, k->vocab_size);
    out = malloc((size_t)((vectors == BERT_ON ? n : tokens) * k->hidden_size) * sizeof(float));
    if (!out) cli_fail("out of memory");
    if (vectors == BERT_ON) r.vectors = out;
    else r.hidden = out;
    r.pooling = BERT_POOLING_MEAN;
    flops = flops_of(k, offsets, n);
    if (bert_pool_open((int32_t)threads, NULL, &pool)) cli_fail("cannot start the threads");
    parallel = bert_pool_parallel(pool);
    d.model = model;
    d.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
    d.precision = precision_wanted();
    d.parallel = parallel;
    if (cli_on_gpu(NULL)) d.max_tokens = tokens < 65536 ? tokens : 65536;
    d.error = &err;
    if (cli_session_open(&d, &session)) cli_fail(err.message);
    d = bert_session_desc_resolved(session);
    b.sequences = n;
    b.offsets = offsets;
    b.ids = ids;
    for (i = 0, end = 0; i < 2 || rounds < 3 || now() < end; i++) {     /* two to warm up, then the best */
        clock_t cpu = clock();
        double t = now();
        if (bert_session_run(session, &b, &r, &err)) cli_fail(err.message);
        t = now() - t;
        cpu = clock() - cpu;
        if (i == 0) first = t;
        if (i == 1) { began = now(); end = began + seconds; }
        if (i < 2) continue;
        if (t < best) best = t;
        if ((double)cpu / CLOCKS_PER_SEC < best_cpu) best_cpu = (double)cpu / CLOCKS_PER_SEC;
        if (rounds % 1024 == 0 && (times = realloc(times, (size_t)(rounds + 1024) * sizeof *times)) == NULL) cli_fail("out of memory");
        times[rounds++] = t;
        if (peaks < 0.25 * (now() - began) && !cli_on_gpu(NULL)) {                           /* in turns, so that both have the same machine */
            double p;
            t = now();
            p = peak_of(d.isa, d.precision, parallel, NULL);
            if (p > peak) peak = p;
            p = read_rate(parallel);
            if (p > rate) rate = p;
            peaks += now() - t;
        }
    }
    gflops = flops / best / 1e9;
    qsort(times, (size_t)rounds, sizeof *times, by_size);
    printf("{\"min_ms\": %.4f, \"p50_ms\": %.4f, \"p90_ms\": %.4f, \"p99_ms\": %.4f, \"cpu_ms\": %.4f, \"gflops\": %.1f, ", best * 1e3, times[rounds / 2] * 1e3, times[rounds * 9 / 10] * 1e3, times[rounds * 99 / 100] * 1e3, best_cpu * 1e3, gflops);
    if (peak > 0) {                                                     /* the roof: no faster than the operations, nor than the weights are read once */
        pd.model = model;
        pd.isa = d.isa;
        pd.precision = d.precision;
        if (bert_plan_memory(&pd, &plan, &err)) cli_fail(err.message);
        read = (double)plan.packed;
        limit = flops / peak > read / rate ? flops / peak : read / rate;
        printf("\"peak_gflops\": %.1f, \"percent_of_peak\": %.1f, \"read_gb_per_s\": %.1f, \"weights_mb\": %.1f, \"limit_ms\": %.4f, \"percent_of_limit\": %.1f, ", peak / 1e9, 100 * gflops * 1e9 / peak, rate / 1e9, read / 1e6, limit * 1e3, 100 * limit / best);
    }
    printf("\"tokens\": %lld, \"tokens_per_s\": %.0f, \"sequences\": %lld, \"threads\": %d, \"isa\": \"%s\", \"device\": \"%s\", \"precision\": \"%s\", \"rounds\": %d, \"first_ms\": %.4f}\n", (long long)tokens, (double)tokens / best,
           (long long)n, (int)d.threads, bert_isa_name(d.isa), cli_device, bert_precision_name(d.precision), rounds, first * 1e3);
    bert_session_close(session);
    bert_pool_close(pool);
    close_measured(m);
    free(times);
    free(out);
    free(ids);
    free(offsets);
    return 0;
}

/* ---- train: a whole step ---- */

static int bench_train(void)
{
    bert_error err = { 0 };
    bert_model *model = NULL;
    bert_config config;
    bert_trainer_desc d = { 0 };
    bert_trainer_bytes bytes;
    bert_trainer *trainer;
    bert_batch b = { 0 };
    bert_targets targets = { 0 };
    bert_progress p;
    bert_pool *pool;
    const int what = cli_choice("learn", learn, "classes|pretraining|squad"), steps = cli_on_gpu(NULL) ? 8 : 1;   /* a GPU need not be waited for each time */
    const int64_t words = what == 1 ? (seq * 15 + 99) / 100 : 0;
    int64_t *offsets, *masked, i, k, tokens = batch * seq;
    int32_t *ids, *classes;
    double best = 1e30, best_cpu = 1e30, best_update = 1e30, memory = 0, most = 0, began = 0, end = 0, flops, peak = 0, peaks = 0, gflops;
    int rounds = 0;
    if (batch < 1 || seq < 1 || batch > 1000000 || seq > 1000000) cli_usage("--batch and --seq start at 1", "");
    if (!model_path && !bert_config_file) cli_usage("--model is missing", "");
    if (!model_path) {
        if (bert_config_read(bert_config_file, &config, &err)) cli_fail(err.message);
    } else if (bert_config_named(model_path, &config, &err)) {
        model = cli_open_model(model_path, bert_config_file, 0);
        config = *bert_model_config(model);
        bert_model_close(model);
    }
    offsets = malloc((size_t)(batch + 1) * sizeof *offsets);
    classes = malloc((size_t)batch * sizeof *classes);
    masked = malloc((size_t)(batch * words + 1) * sizeof *masked);
    if (!offsets || !classes || !masked) cli_fail("out of memory");
    for (i = 0; i <= batch; i++) offsets[i] = i * seq;
    for (i = 0; i < batch; i++) classes[i] = (int32_t)(i % 2);
    ids = random_ids(tokens, config.vocab_size);
    for (i = 0; i < batch; i++) for (k = 0; k < words; k++) masked[i * words + k] = i * seq + k * seq / words;
    flops = 3 * (flops_of(&config, offsets, batch) + 2.0 * (double)(batch * words) * config.hidden_size * ((double)config.hidden_size + config.vocab_size));
    if (bert_pool_open((int32_t)threads, NULL, &pool)) cli_fail("cannot start the threads");
    config.hidden_dropout = config.attention_dropout = 0.1;
    d.config = &config;
    d.learn = what == 0 ? BERT_LEARN_CLASSES : what == 1 ? BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE : BERT_LEARN_SPANS;
    d.labels = 2;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;
    d.max_tokens = tokens;
    d.recompute = recompute == BERT_ON;
    d.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
    d.precision = precision_wanted();
    d.parallel = bert_pool_parallel(pool);
    d.error = &err;
    if (bert_plan_trainer(&d, &bytes, &err) || cli_trainer_open(&d, &trainer)) cli_fail(err.message);
    b.sequences = batch;
    b.offsets = offsets;
    b.ids = ids;
    targets.classes = targets.next_sentence = targets.starts = targets.ends = classes;
    targets.masked_count = batch * words;
    targets.masked_rows = masked;
    targets.masked_ids = ids;                                           /* any words will do */
    for (i = 0; i < 2 || rounds < 2 || now() < end; i++) {              /* one to warm up, then the best */
        clock_t cpu = clock();
        double t = now(), update;
        for (k = 0; k + 1 < steps; k++) if (bert_trainer_step(trainer, &b, &targets, NULL, &err)) cli_fail(err.message);
        if (bert_trainer_gradients(trainer, &b, &targets, &p, &err)) cli_fail(err.message);
        update = now();
        if (bert_trainer_update(trainer, &p, &err)) cli_fail(err.message);
        update = now() - update;
        t = (now() - t) / steps;
        cpu = (clock() - cpu) / steps;
        if (i == 0) { began = now(); end = began + seconds; continue; }
        if (t < best) best = t;
        if ((double)cpu / CLOCKS_PER_SEC < best_cpu) best_cpu = (double)cpu / CLOCKS_PER_SEC;
        rounds++;
        if (update < best_update) best_update = update;
        if (peaks < 0.1 * (now() - began) && !cli_on_gpu(NULL)) {
            double one;
            if (!(most > 0)) most = peak_memory();
            t = now();
            one = peak_of(bert_trainer_desc_resolved(trainer).isa, BERT_PRECISION_F32, d.parallel, NULL);
            if (one > peak) peak = one;
            one = pass_rate(d.parallel);
            if (one > memory) memory = one;
            peaks += now() - t;
        }
    }
    gflops = flops / best / 1e9;
    printf("{\"min_ms\": %.3f, \"sequences_per_s\": %.2f, \"peak_bytes\": %.0f, \"cpu_ms\": %.3f, \"gflops\": %.1f, ", best * 1e3, (double)batch / best, most > 0 ? most : peak_memory(), best_cpu * 1e3, gflops);
    if (peak > 0) printf("\"peak_gflops\": %.1f, \"percent_of_peak\": %.1f, ", peak / 1e9, 100 * gflops * 1e9 / peak);
    if (memory > 0) {
        const double moved = (double)bytes.weights * 8 / best_update;   /* gradients twice, weights and two slots to and fro */
        printf("\"optimizer_ms\": %.3f, \"optimizer_gb_per_s\": %.2f, \"memory_gb_per_s\": %.2f, \"optimizer_percent_of_memory\": %.1f, ", best_update * 1e3, moved / 1e9, memory / 1e9, 100 * moved / memory);
    }
    printf("\"planned_bytes\": %.0f, \"loss\": %.4f, \"threads\": %d, \"isa\": \"%s\", \"device\": \"%s\", \"precision\": \"%s\", \"rounds\": %d}\n", (double)bytes.total, p.loss, (int)d.parallel.width,
           bert_isa_name(bert_trainer_desc_resolved(trainer).isa), cli_device, precision, rounds);
    bert_trainer_close(trainer);
    bert_pool_close(pool);
    free(classes);
    free(masked);
    free(ids);
    free(offsets);
    return 0;
}

/* ---- pool: what several threads are worth, beside others and at once ---- */

/* A process that keeps a core busy; 0: none could be started. It ends with this one. */
static long busy_start(void)
{
#ifdef _WIN32
    return 0;
#else
    const pid_t parent = getpid(), child = fork();
    volatile uint64_t x = 1;
    if (child) return child > 0 ? (long)child : 0;
    for (;; x++) if (x % 1000000 == 0 && getppid() != parent) _exit(0);
#endif
}
static void busy_end(long process)
{
#ifndef _WIN32
    if (process > 0) { kill((pid_t)process, SIGKILL); waitpid((pid_t)process, NULL, 0); }
#else
    (void)process;
#endif
}
typedef struct calls { double best, time; int64_t count; } calls;
static void call_for(calls *c, double some_seconds, bert_session *session, const bert_batch *b, bert_result *r)
{
    bert_error err = { 0 };
    const double start = now(), end = start + some_seconds;
    double t;
    do {
        t = now();
        if (bert_session_run(session, b, r, &err)) cli_fail(err.message);
        t = now() - t;
        if (!c->count || t < c->best) c->best = t;
        c->count++;
    } while (now() < end);
    c->time += now() - start;
}
static int bench_pool(void)
{
    enum { FRESH = 10, LATER = 100, ROUNDS = 6 };
    bert_error err = { 0 };
    const measured m = open_measured();
    const bert_model *model = m.model;
    const bert_config *k = bert_model_config(model);
    bert_packed_desc pd = { 0 };
    bert_packed *packed;
    bert_session_desc d = { 0 };
    bert_session *session[2];           /* of one thread, of all */
    bert_batch b = { 0 };
    bert_result r = { 0 };
    calls one = { 0, 0, 0 }, all = one, beside = one, steady;
    double first[FRESH], over[FRESH], times[LATER], end;
    int64_t *offsets, i, later;
    long process = 0;
    if (batch < 1 || seq < 1 || batch > 1000000 || seq > 1000000) cli_usage("--batch and --seq start at 1", "");
    if (cli_on_gpu(NULL)) cli_usage("bench pool measures the CPU's threads: no --device", "");
    offsets = malloc((size_t)(batch + 1) * sizeof *offsets);
    r.hidden = malloc((size_t)(batch * seq * k->hidden_size) * sizeof(float));
    if (!offsets || !r.hidden) cli_fail("out of memory");
    for (i = 0; i <= batch; i++) offsets[i] = i * seq;
    b.sequences = batch;
    b.offsets = offsets;
    b.ids = random_ids(batch * seq, k->vocab_size);
    pd.model = model;
    pd.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
    pd.precision = precision_wanted();
    pd.error = &err;
    if (bert_packed_open(&pd, &packed)) cli_fail(err.message);
    d.packed = packed;
    d.max_tokens = batch * seq;
    d.error = &err;
    for (i = 0; i < 2; i++) {
        d.threads = i ? (int32_t)(threads == 1 ? 0 : threads) : 1;
        if (bert_session_open(&d, &session[i])) cli_fail(err.message);
        steady = one;
        call_for(&steady, 0, session[i], &b, &r);
    }
    d.threads = bert_session_desc_resolved(session[1]).threads;
    pd.isa = bert_session_desc_resolved(session[1]).isa;
    for (i = 0; i < ROUNDS; i++) {                                      /* in turns, so that all have the same machine */
        call_for(&one, seconds / ROUNDS / 4, session[0], &b, &r);
        call_for(&all, seconds / ROUNDS / 4, session[1], &b, &r);
        process = busy_start();
        if (process) call_for(&beside, seconds / ROUNDS / 2, session[1], &b, &r);
        busy_end(process);
    }
    bert_session_close(session[0]);
    bert_session_close(session[1]);
    for (i = 0; i < FRESH; i++) {
        if (bert_session_open(&d, &session[1])) cli_fail(err.message);
        memset(&steady, 0, sizeof steady);
        call_for(&steady, 0, session[1], &b, &r);
        first[i] = steady.time;
        for (later = 0, end = now() + seconds / FRESH / 2; later < 3 || (later < LATER && now() < end); later++) {
            memset(&steady, 0, sizeof steady);
            call_for(&steady, 0, session[1], &b, &r);
            times[later] = steady.time;
        }
        qsort(times, (size_t)later, sizeof *times, by_size);
        over[i] = first[i] / times[later / 2];
        bert_session_close(session[1]);
    }
    qsort(first, FRESH, sizeof *first, by_size);
    qsort(over, FRESH, sizeof *over, by_size);
    printf("{\"threads\": %d, \"one_thread_ms\": %.4f, \"all_threads_ms\": %.4f, \"times_one_thread\": %.2f, ", (int)d.threads, one.best * 1e3, all.best * 1e3, one.best / all.best);
    if (process) printf("\"rate_beside_a_busy_process\": %.2f, ", (double)beside.count / beside.time / ((double)all.count / all.time));
    printf("\"first_ms\": %.4f, \"first_over_steady\": %.2f, \"isa\": \"%s\", \"precision\": \"%s\"}\n", first[FRESH / 2] * 1e3, over[FRESH / 2], bert_isa_name(pd.isa), precision);
    bert_packed_close(packed);
    close_measured(m);
    free(r.hidden);
    free((void *)(uintptr_t)b.ids);
    free(offsets);
    return 0;
}

/* ---- start: from the start of the program to the first vector ---- */

static int bench_start(char **argv)
{
    static const char since[] = "BERT_BENCH_START";
    const char *began = getenv(since);
    double start = now(), at[8], file_bytes = 0, peak = 0, sum;
    bert_error err = { 0 };
    bert_model *model;
    bert_tokenizer *tokenizer;
    bert_packed *packed = NULL;
    bert_packed_desc pd = { 0 };
    bert_session *session;
    bert_session_desc d = { 0 };
    bert_embed_desc ed = { 0 };
    bert_pool *pool;
    size_t size = strlen(text);
    float *out;
#ifdef _WIN32
    (void)argv;
#else
    if (!began) {                                                       /* once more, with the time at which that happened */
        char value[40];
        if (!model_path) cli_usage("--model is missing", "");
        snprintf(value, sizeof value, "%.9f", start);
        setenv(since, value, 1);
        execvp(argv[0], argv);
    }
#endif
    if (began) start = strtod(began, NULL);
    at[0] = now();
    model = cli_open_model(model_path, bert_config_file, 0);
    at[1] = now();
    tokenizer = cli_open_tokenizer(model, vocab_file, lower, BERT_DEFAULT, BERT_DEFAULT);
    if (bert_embed_desc_read(model, &ed, &err)) cli_fail(err.message);
    at[2] = now();
    if (bert_pool_open((int32_t)threads, NULL, &pool)) cli_fail("cannot start the threads");
    pd.model = model;
    pd.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
    pd.precision = precision_wanted();
    pd.parallel = bert_pool_parallel(pool);
    pd.error = &err;
    if (!cli_on_gpu(NULL) && bert_packed_open(&pd, &packed)) cli_fail(err.message);     /* a GPU's session does that itself */
    at[3] = now();
    d.packed = packed;
    d.parallel = bert_pool_parallel(pool);
    d.error = &err;
    if (!packed) { d.model = model; d.precision = pd.precision; }
    if (cli_session_open(&d, &session)) cli_fail(err.message);
    out = malloc((size_t)bert_model_config(model)->hidden_size * sizeof *out);
    if (!out) cli_fail("out of memory");
    at[4] = now();
    ed.error = &err;
    if (bert_session_embed(session, tokenizer, &ed, (const char *const *)&text, &size, 1, out)) cli_fail(err.message);
    at[5] = now();
#ifndef _WIN32
    {
        const char *path = bert_checkpoint_path(bert_model_checkpoint(model));
        struct stat st;
        peak = peak_memory();
        if (path && stat(path, &st) == 0) file_bytes = (double)st.st_size;
    }
#endif
    sum = at[1] - at[0] + (at[3] - at[2]) + (at[5] - at[4]);
    printf("{\"total_ms\": %.2f, \"exec_ms\": %.2f, \"map_ms\": %.2f, \"tokenizer_ms\": %.2f, \"pack_ms\": %.2f, \"session_ms\": %.2f, \"first_ms\": %.2f, \"map_pack_forward_ms\": %.2f, \"share_of_limit\": %.2f, ",
           1e3 * (at[5] - start), 1e3 * (at[0] - start), 1e3 * (at[1] - at[0]), 1e3 * (at[2] - at[1]), 1e3 * (at[3] - at[2]), 1e3 * (at[4] - at[3]), 1e3 * (at[5] - at[4]), 1e3 * sum, (at[5] - start) / (1.3 * (sum + 0.010)));
    printf("\"peak_rss\": %.0f, \"file\": %.0f, \"rss_of_file\": %.2f}\n", peak, file_bytes, file_bytes > 0 ? peak / file_bytes : 0.0);
    free(out);
    bert_session_close(session);
    bert_packed_close(packed);
    bert_pool_close(pool);
    bert_tokenizer_close(tokenizer);
    bert_model_close(model);
    return 0;
}

int main(int argc, char **argv)
{
    char **again = malloc((size_t)(argc + 1) * sizeof *again);
    cli c;
    if (!again) return 1;
    memcpy(again, argv, (size_t)(argc + 1) * sizeof *again);            /* cli_parse reorders */
    c = cli_parse(argc, argv, "bench tokenize|infer|train|gemm|pool|start [FLAGS]", "Measures on this machine; the last line of the output is JSON.\n"
                  "tokenize: megabytes a second to ids, line by line, the file already in memory.\n"
                  "infer: the last hidden state of every token of a batch: the best call, the times that 50, 90 and 99 of 100 stay below, the\n"
                  "least processor time, operations a second, and their share of what the processor does at most with these instructions in\n"
                  "this precision (measured too). limit_ms: that, or reading the weights once from memory, whichever takes longer.\n"
                  "gemm: the products of a layer (of base and large, or of --model), batch times seq rows, a line of JSON each. The share of\n"
                  "the peak is one of processor time: it can be measured on a busy machine, and with several threads says nothing of waiting.\n"
                  "train: a step: random weights for the model's config, two labels (or --learn), dropout 0.1, all gradients, clipped, AdamW. min_ms\n"
                  "is the best step's (on a GPU of eight in a row), cpu_ms that of all threads, operations are three times those of infer. The optimizer\n"
                  "(norm and update) reads the gradients twice and reads and writes weights and slots; memory_gb_per_s: a plain loop's over the like.\n"
                  "pool: what --threads (all, if not given) are worth: times the speed of one; the share of their rate that stays while another\n"
                  "process keeps a core busy; and how much longer than the median of the later calls the first one of a fresh session takes, median of ten.\n"
                  "start: from the start of the program to the first vector, part by part. share_of_limit: of 1.3 times the sum of\n"
                  "mapping, packing, one forward pass and 10 ms.", flags);
    if (c.count != 1) cli_usage("say what to measure: tokenize, infer, train, gemm, pool or start", "");
    if (threads < 0 || threads > 1024) cli_usage("--threads goes from 0 to 1024", "");
    if (strcmp(c.args[0], "tokenize") == 0) return bench_tokenize();
    if (strcmp(c.args[0], "infer") == 0) return bench_infer();
    if (strcmp(c.args[0], "train") == 0) return bench_train();
    if (strcmp(c.args[0], "gemm") == 0) return bench_gemm();
    if (strcmp(c.args[0], "pool") == 0) return bench_pool();
    if (strcmp(c.args[0], "start") == 0) return bench_start(again);
    cli_usage("nothing to measure of that name: ", c.args[0]);
    return 2;
}
