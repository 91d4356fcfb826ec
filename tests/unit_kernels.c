/* unit_kernels.c - every kernel of every tier this machine has, against sums in double precision
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Sizes are no multiples of anything, numbers beside what may be written are watched, and cuts (of rows, panels, queries) must not
   change a bit. The file holds a private copy of the implementation, because the kernels are private. */
#define BERT_STATIC
#define BERT_IMPLEMENTATION
#include "bert.h"
#include "test.h"

static uint64_t seed;
static const bert__kernels *kernels;            /* those under test */

static float uniform(void) { return (float)((double)(test_random(&seed) >> 11) / 4503599627370496.0 - 1); }    /* [-1, 1) */
static int64_t below(int64_t n) { return (int64_t)(test_random(&seed) % (uint64_t)n); }
static void *take(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p) { fprintf(stderr, "no memory\n"); exit(2); }
    return p;
}
static float *floats(int64_t n) { return (float *)take((size_t)n * sizeof(float)); }
static float *randoms(int64_t n)
{
    float *p = floats(n);
    int64_t i;
    for (i = 0; i < n; i++) p[i] = uniform();
    return p;
}
/* Memory for panels and scratch: 64-byte aligned, in a block that ends right behind it. */
static float *aligned(size_t size, void **block)
{
    size_t at;
    *block = take(size + 64);
    at = (64 - (size_t)((uintptr_t)*block & 63)) & 63;
    return (float *)((char *)*block + at);
}
#define GUARD 12345.0f
static float *guards(int64_t n)
{
    float *p = floats(n);
    int64_t i;
    for (i = 0; i < n; i++) p[i] = GUARD;
    return p;
}
static int same(const float *a, const float *b, int64_t n) { return memcmp(a, b, (size_t)n * sizeof(float)) == 0; }

/* ---- functions of one variable, in double precision ---- */

static double activated(bert_activation kind, double x)
{
    double y;
    switch (kind) {
    case BERT_GELU_ERF: return 0.5 * x * erfc(-x * 0.70710678118654752440);
    case BERT_GELU_10: y = 0.5 * x * erfc(-x * 0.70710678118654752440); return y < -10 ? -10 : y > 10 ? 10 : y;
    case BERT_GELU_TANH: return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
    case BERT_QUICK_GELU: return x / (1 + exp(-1.702 * x));
    case BERT_SILU: return x / (1 + exp(-x));
    case BERT_RELU: return x > 0 ? x : 0;
    case BERT_TANH: return tanh(x);
    default: return x;
    }
}

/* y = activation(x) for count numbers, through a product with K = 1 and weights 1. */
static void activate(bert_activation kind, const float *x, float *y, int64_t count)
{
    static const float one = 1;
    void *block;
    float *panels = aligned((size_t)kernels->nr * sizeof(float), &block);
    float *bias = (float *)take((size_t)kernels->nr * sizeof(float));
    bert__dense w;
    bert__product p;
    memset(bias, 0, (size_t)kernels->nr * sizeof(float));
    memset(&p, 0, sizeof p);
    memset(&w, 0, sizeof w);
    kernels->pack(&one, 1, 1, 1, 1, panels);
    w.kernels = kernels;
    w.panels = panels;
    w.bias = bias;
    w.n = w.k = 1;
    p.w = &w;
    p.x = x;
    p.y = y;
    p.x_stride = p.y_stride = 1;
    p.activation = kind;
    kernels->product(&p, 0, count, 0, 1);
    free(block);
    free(bias);
}

static void activations(void)
{
    /* errors in units of the last place of the result, plus an absolute error where 1 + erf(x) cancels (which the reference does) */
    static const struct { bert_activation kind; double relative, absolute; } rules[] = {
        { BERT_LINEAR, 0, 0 }, { BERT_RELU, 0, 0 }, { BERT_TANH, 5, 0 }, { BERT_GELU_ERF, 6, 2.5e-7 }, { BERT_GELU_TANH, 6, 5e-7 },
        { BERT_GELU_10, 6, 2.5e-7 }, { BERT_QUICK_GELU, 6, 0 }, { BERT_SILU, 6, 0 } };
    const int64_t count = 200000;
    float *x = floats(count), *y = floats(count);
    int64_t i;
    size_t r;
    for (i = 0; i < count; i++) {
        if (i < 100000) x[i] = (float)(i - 50000) / 50000 * 20;
        else x[i] = (float)(uniform() * exp((double)uniform() * 60));            /* all sizes */
    }
    for (r = 0; r < sizeof rules / sizeof *rules; r++) {
        double worst = 0;
        activate(rules[r].kind, x, y, count);
        for (i = 0; i < count; i++) {
            const double want = activated(rules[r].kind, (double)x[i]);
            const double size = fabs((double)x[i]);
            double allowed = 6e-8 * rules[r].relative * fabs(want) + rules[r].absolute * (size < 6 ? size : 6) + 1.5e-45;
            /* the exponent is rounded before e is raised to it; where e^x has few digits left so does the quotient */
            if (rules[r].kind == BERT_QUICK_GELU || rules[r].kind == BERT_SILU) allowed *= 1 + size / 2;
            if (size > 50) allowed += 1e-30;
            if (!(fabs((double)y[i] - want) <= allowed)) {
                TEST_FAIL("%s: %s(%.9g) is %.9g, not %.9g", bert_isa_name(kernels->isa), bert_activation_name(rules[r].kind), (double)x[i], (double)y[i], want);
                break;
            }
            if (fabs(want) > 1e-30 && fabs((double)y[i] / want - 1) / 6e-8 > worst) worst = fabs((double)y[i] / want - 1) / 6e-8;
        }
        if (getenv("VERBOSE")) printf("     %s %s: at worst %.1f ulp\n", bert_isa_name(kernels->isa), bert_activation_name(rules[r].kind), worst);
    }
    /* the ends, and what is no number */
    {
        static const float huge[] = { 1e30f, -1e30f, 3.4e38f, -3.4e38f, 0.0f, -0.0f, 1e-45f, -1e-45f, 1e-38f, 100.0f, -100.0f };
        float nan = (float)strtod("nan", NULL), out;
        const int64_t n = (int64_t)(sizeof huge / sizeof *huge);
        for (r = 0; r < sizeof rules / sizeof *rules; r++) {
            activate(rules[r].kind, huge, y, n);
            for (i = 0; i < n; i++) {
                const double want = activated(rules[r].kind, (double)huge[i]);
                if (fabs(want) < 3.4e38 && !(fabs((double)y[i] - want) <= 3e-7 * fabs(want) + 1e-36))
                    TEST_FAIL("%s: %s(%.9g) is %.9g, not %.9g", bert_isa_name(kernels->isa), bert_activation_name(rules[r].kind), (double)huge[i], (double)y[i], want);
            }
            activate(rules[r].kind, &nan, &out, 1);
            if (out == out) TEST_FAIL("%s: %s(NaN) is %.9g", bert_isa_name(kernels->isa), bert_activation_name(rules[r].kind), (double)out);
        }
    }
    free(x);
    free(y);
}

/* ---- products ---- */

static void one_product(int64_t m, int64_t n, int64_t k, bert_activation kind, int residual)
{
    const int64_t nr = kernels->nr, panels = bert__up(n, nr) / nr, xs = k + below(3), ys = n + below(3);
    float *x = randoms(m * xs), *matrix = randoms(n * k), *turned = floats(n * k), *bias = randoms(panels * nr), *r = randoms(m * ys), *y = guards(m * ys), *z = floats(m * ys);
    void *block, *block2;
    const size_t size = (size_t)(panels * nr * k) * sizeof(float);
    float *packed = aligned(size, &block), *packed2 = aligned(size, &block2);
    int64_t i, j, c;
    bert__dense w;
    bert__product p;
    bert__kernels pieces;
    memset(packed, 7, size);
    memset(packed2, 8, size);
    for (j = 0; j < n; j++)
        for (c = 0; c < k; c++) turned[c * n + j] = matrix[j * k + c];
    kernels->pack(matrix, k, 1, n, k, packed);
    kernels->pack(turned, 1, n, n, k, packed2);
    if (memcmp(packed, packed2, size)) TEST_FAIL("%s: [in, out] packs otherwise, n %d k %d", bert_isa_name(kernels->isa), (int)n, (int)k);
    for (j = 0; j < panels * nr; j++)
        for (c = 0; c < k; c++)
            if (packed[(j / nr * k + c) * nr + j % nr] != (j < n ? matrix[j * k + c] : 0)) TEST_FAIL("%s: pack, n %d k %d, at %d %d", bert_isa_name(kernels->isa), (int)n, (int)k, (int)j, (int)c);
    memset(&w, 0, sizeof w);
    w.kernels = kernels;
    w.panels = packed;
    w.bias = bias;
    w.n = n;
    w.k = k;
    memset(&p, 0, sizeof p);
    p.w = &w;
    p.x = x;
    p.y = y;
    p.x_stride = xs;
    p.y_stride = ys;
    p.activation = kind;
    p.residual = residual ? r : NULL;
    if (residual == 2) { memcpy(y, r, (size_t)(m * ys) * sizeof(float)); p.residual = y; }
    kernels->product(&p, 0, m, 0, panels);
    for (i = 0; i < m; i++)
        for (j = 0; j < ys; j++) {
            double want = j < n ? (double)bias[j] : 0, size_of = fabs(want), got = (double)y[i * ys + j];
            if (j >= n) {
                if (y[i * ys + j] != (residual == 2 ? r[i * ys + j] : GUARD)) TEST_FAIL("%s: wrote behind row %d", bert_isa_name(kernels->isa), (int)i);
                continue;
            }
            for (c = 0; c < k; c++) {
                const double t = (double)x[i * xs + c] * (double)matrix[j * k + c];
                want += t;
                size_of += fabs(t);
            }
            want = activated(kind, want);
            if (residual) want += (double)r[i * ys + j];
            if (!(fabs(got - want) <= 1.2 * 6e-8 * ((double)k + 12) * (size_of + 1)))
                { TEST_FAIL("%s: m %d n %d k %d %s: [%d][%d] is %.9g, not %.9g", bert_isa_name(kernels->isa), (int)m, (int)n, (int)k, bert_activation_name(kind), (int)i, (int)j, got, want); return; }
        }
    /* in pieces, of inputs too: the same bits */
    pieces = *kernels;
    pieces.block = (int32_t)(4 + below(k));
    w.kernels = &pieces;
    if (residual == 2) memcpy(z, r, (size_t)(m * ys) * sizeof(float));
    else for (i = 0; i < m * ys; i++) z[i] = GUARD;
    p.y = z;
    if (residual == 2) p.residual = z;
    for (i = 0; i < m;) {
        const int64_t rows = 1 + below(m - i < 20 ? m - i : 20);
        for (j = 0; j < panels;) {
            const int64_t count = 1 + below(panels - j);
            kernels->product(&p, i, rows, j, count);
            j += count;
        }
        i += rows;
    }
#ifdef BERT_USE_CBLAS                            /* a BLAS promises no order */
    if (kernels->isa != BERT_ISA_REF)
        for (i = 0; i < m * ys; i++) if (!(fabs((double)y[i] - (double)z[i]) <= 1e-5 * ((double)k + 12))) { TEST_FAIL("%s: cuts change numbers", bert_isa_name(kernels->isa)); break; }
    if (kernels->isa == BERT_ISA_REF)
#endif
    if (!same(y, z, m * ys)) TEST_FAIL("%s: cuts change bits, m %d n %d k %d", bert_isa_name(kernels->isa), (int)m, (int)n, (int)k);
    free(x); free(matrix); free(turned); free(bias); free(r); free(y); free(z); free(block); free(block2);
}
static void products(void)
{
    int64_t i, k;
    for (k = 1; k < 71; k += 2) one_product(1 + below(20), 1 + below(70), k, (bert_activation)(1 + below(8)), (int)below(3));
    for (i = 1; i < 40; i++) one_product(i, 1 + below(40), 1 + below(20), BERT_LINEAR, (int)below(3));
    for (i = 1; i < 71; i++) one_product(1 + below(14), i, 1 + below(9), BERT_GELU_ERF, (int)below(3));
    one_product(5, 33, 1111, BERT_TANH, 2);                             /* several blocks of K */
    one_product(1, 1, 2000, BERT_LINEAR, 0);
    one_product(203, 35, 500, BERT_GELU_TANH, 2);                       /* several blocks of rows */
    one_product(100, 7, 384, BERT_RELU, 1);
    one_product(13, 70, 385, BERT_GELU_10, 1);
}

/* ---- products of narrow numbers: every tier computes the same, to the bit ---- */

/* What an input is as a cell; zero: what was added to it. */
static float cell(const char *cells, int64_t c, int32_t zero)
{
    const int64_t at = kernels->swap ? c ^ 1 : c;
    float v;
    uint32_t bits;
    if (kernels->precision == BERT_PRECISION_INT8) {
        if (kernels->cell == 2) return (float)((const int16_t *)(const void *)cells)[at];
        return (float)((kernels->isa == BERT_ISA_NEON ? (int)((const signed char *)cells)[at] : (int)((const unsigned char *)cells)[at]) - zero);
    }
    if (kernels->cell == 4) return ((const float *)(const void *)cells)[at];
    bits = (uint32_t)((const uint16_t *)(const void *)cells)[at] << 16;
    memcpy(&v, &bits, sizeof v);
    return v;
}
/* To the nearest number of 8 bits, by way of its neighbours. */
static float to_bf16(float x)
{
    uint32_t bits, up;
    float low, high;
    memcpy(&bits, &x, sizeof x);
    up = bits & 0xFFFF0000u;
    memcpy(&low, &up, sizeof low);
    up += 0x10000u;
    memcpy(&high, &up, sizeof high);
    if (fabs((double)x - (double)low) == fabs((double)high - (double)x)) return bits & 0x10000u ? high : low;
    return fabs((double)x - (double)low) < fabs((double)high - (double)x) ? low : high;
}
/* a b + c, rounded once: the double nearest to it that is odd where it is not exact, then a float. (fmaf, which the plain kernels call,
   rounds twice in mingw-w64 10.) */
static float fused(float a, float b, float c)
{
    double product = (double)a * (double)b, sum = product + (double)c, back = sum - product, rest = (product - (sum - back)) + ((double)c - back);
    uint64_t bits;
    if (kernels->isa == BERT_ISA_REF) return fmaf(a, b, c);
    memcpy(&bits, &sum, sizeof bits);
    if (rest != 0 && !(bits & 1)) bits += (rest > 0) == (sum > 0) ? 1 : (uint64_t)-1;
    memcpy(&sum, &bits, sizeof sum);
    return (float)sum;
}
static void one_narrow(int64_t m, int64_t n, int64_t k, bert_activation kind, int residual)
{
    const int is_int8 = kernels->precision == BERT_PRECISION_INT8;
    const int64_t nr = kernels->nr, panels = bert__up(n, nr) / nr, group = kernels->group, inputs = bert__panel_inputs(kernels, k), xs = k + below(3), ys = n + below(3), cs = bert__up((k + 16) * kernels->cell, 64);
    const size_t size = (size_t)(panels * nr * inputs * kernels->weight);
    float *x = randoms(m * xs), *matrix = floats(n * k), *bias = randoms(panels * nr), *scales = randoms(panels * nr), *r = randoms(m * ys), *y = guards(m * ys), *z = guards(m * ys), *cell_scales = floats(m), *shrink = below(2) ? randoms(k) : NULL;
    int32_t *sums = (int32_t *)take((size_t)(panels * nr) * sizeof *sums), *zeros = (int32_t *)take((size_t)m * sizeof *zeros);
    char *cells = (char *)take((size_t)(m * cs)), *weights;
    void *block;
    bert__dense w;
    bert__product p;
    bert__kernels pieces;
    int64_t i, j, c;
    weights = (char *)aligned(size, &block);
    memset(weights, 0, size);
    memset(sums, 0, (size_t)(panels * nr) * sizeof *sums);
    memset(cells, 77, (size_t)(m * cs));
    for (i = 0; i < m; i++) for (c = 0; c < k; c++) x[i * xs + c] *= (float)exp((double)(5 * uniform()));
    if (m > 2) for (c = 0; c < k; c++) x[c] = 0;
    for (j = 0; j < n; j++)
        for (c = 0; c < k; c++) {
            const int64_t place = kernels->swap ? c ^ 1 : c, at = (j / nr * inputs + place / group * group) * nr + j % nr * group + place % group;
            if (is_int8) {
                matrix[j * k + c] = (float)(below(255) - 127);
                ((signed char *)weights)[at] = (signed char)matrix[j * k + c];
                sums[j] += (int32_t)matrix[j * k + c];
            } else {
                uint32_t bits;
                matrix[j * k + c] = to_bf16(uniform());
                memcpy(&bits, matrix + j * k + c, sizeof bits);
                ((uint16_t *)(void *)weights)[at] = (uint16_t)(bits >> 16);
            }
        }
    memset(&w, 0, sizeof w);
    w.kernels = kernels;
    w.panels = weights;
    w.bias = bias;
    w.scales = is_int8 ? scales : NULL;
    w.sums = is_int8 ? sums : NULL;
    w.n = n;
    w.k = k;
    for (i = 0; i < m; i++) {
        float low = 0, high = 0, scale, v;
        kernels->narrow(x + i * xs, is_int8 ? shrink : NULL, k, cells + i * cs, cell_scales + i, zeros + i);
        for (c = 0; c < k; c++) {
            v = is_int8 && shrink ? x[i * xs + c] * shrink[c] : x[i * xs + c];
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        scale = is_int8 ? high / 254 - low / 254 : 1;
        for (c = 0; c < k; c++) {
            float want;
            v = is_int8 && shrink ? x[i * xs + c] * shrink[c] : x[i * xs + c];
            want = !is_int8 ? to_bf16(v) : scale > 0 ? (float)lrintf(v * (1 / scale)) : 0;
            if (cell(cells + i * cs, c, zeros[i]) != want) { TEST_FAIL("%s %s: k %d: cell %d of %.9g is %.9g, not %.9g", bert_isa_name(kernels->isa), bert_precision_name(kernels->precision), (int)k, (int)c, (double)v, (double)cell(cells + i * cs, c, zeros[i]), (double)want); break; }
        }
        CHECK(cell_scales[i] == scale);
    }
    memset(&p, 0, sizeof p);
    p.w = &w;
    p.x = x;
    p.x_stride = xs;
    p.cells = cells;
    p.cell_scales = cell_scales;
    p.cell_zeros = zeros;
    p.cell_stride = cs;
    p.y = y;
    p.y_stride = ys;
    p.activation = kind;
    p.residual = residual ? r : NULL;
    kernels->product(&p, 0, m, 0, panels);
    for (i = 0; i < m; i++)
        for (j = 0; j < ys; j++) {
            float want = 0, got = y[i * ys + j];
            int32_t sum = 0;
            int64_t pair;
            if (j >= n) { CHECK(got == GUARD); continue; }
            if (is_int8) {
                for (c = 0; c < k; c++) sum += (int32_t)cell(cells + i * cs, c, zeros[i]) * (int32_t)matrix[j * k + c];
                want = fused((float)sum, cell_scales[i] * scales[j], bias[j]);
            } else {
                for (pair = 0; pair < k; pair += 2)
                    for (c = pair + 1; c >= pair; c--) if (c < k) want = fused(cell(cells + i * cs, c, 0), matrix[j * k + c], want);
                want += bias[j];
            }
            if (kind == BERT_LINEAR ? got != (residual ? want + r[i * ys + j] : want) : !(fabs((double)got - activated(kind, (double)want) - (residual ? (double)r[i * ys + j] : 0)) <= (is_int8 && (kind == BERT_GELU_ERF || kind == BERT_GELU_TANH) ? 1e-4 : 0) + 1e-5 * (fabs((double)want) + 1)))
                { TEST_FAIL("%s %s: m %d n %d k %d %s: [%d][%d] is %.9g, not %.9g", bert_isa_name(kernels->isa), bert_precision_name(kernels->precision), (int)m, (int)n, (int)k, bert_activation_name(kind), (int)i, (int)j, (double)got, (double)want); i = m; break; }
        }
    pieces = *kernels;
    pieces.block = (int32_t)(4 + below(k));
    w.kernels = &pieces;
    p.y = z;
    for (i = 0; i < m;) {
        const int64_t rows = 1 + below(m - i < 20 ? m - i : 20);
        for (j = 0; j < panels;) {
            const int64_t count = 1 + below(panels - j);
            kernels->product(&p, i, rows, j, count);
            j += count;
        }
        i += rows;
    }
    if (!same(y, z, m * ys)) TEST_FAIL("%s %s: cuts change bits, m %d n %d k %d", bert_isa_name(kernels->isa), bert_precision_name(kernels->precision), (int)m, (int)n, (int)k);
    if (!residual && (!is_int8 || bert__rounds_heads(kernels, bert__kernels_of(kernels->isa)))) {       /* y as cells of bf16: what `narrow` makes of y */
        const int64_t width = panels * nr;
        const bert__kernels *bf16 = is_int8 ? bert__kernels_for(kernels->isa, BERT_PRECISION_BF16) : kernels;
        float *rounded = guards(m * (width + 16)), *want = floats(width + 16), scale;
        int32_t zero;
        for (j = n; j < width; j++) bias[j] = 0;
        p.rounded = 1;
        p.y = rounded;
        p.y_stride = width + 16;
        kernels->product(&p, 0, m, 0, panels);
        for (i = 0; i < m; i++) {
            bf16->narrow(y + i * ys, NULL, n, want, &scale, &zero);
            if (memcmp(rounded + i * p.y_stride, want, (size_t)(bert__up(n, 2) * bf16->cell))) TEST_FAIL("%s bf16: row %d of cells, m %d n %d k %d", bert_isa_name(kernels->isa), (int)i, (int)m, (int)n, (int)k);
            CHECK(rounded[i * p.y_stride + width] == GUARD);
        }
        free(rounded);
        free(want);
    }
    free(x); free(matrix); free(bias); free(scales); free(r); free(y); free(z); free(cell_scales); free(sums); free(zeros); free(shrink); free(cells); free(block);
}
static void narrow(void)
{
    const float nan = (float)strtod("nan", NULL), infinite = (float)strtod("inf", NULL);
    float x[40] = { 0 }, scale;
    int32_t zero;
    double cells[40];                                                   /* room, aligned for cells of any kind */
    int64_t i;
    for (i = 1; i < 71; i++) one_narrow(1 + below(20), 1 + below(70), i, (bert_activation)(1 + below(8)), (int)below(2));
    for (i = 1; i < 40; i++) one_narrow(i, 1 + below(40), 1 + below(20), BERT_LINEAR, (int)below(2));
    for (i = 1; i < 71; i++) one_narrow(1 + below(14), i, 1 + below(9), BERT_LINEAR, 0);
    one_narrow(203, 35, 3333, BERT_LINEAR, 1);                          /* several blocks of K and of rows */
    one_narrow(1, 1, 2001, BERT_LINEAR, 0);
    one_narrow(100, 7, 1536, BERT_RELU, 1);
    if (kernels->precision == BERT_PRECISION_INT8) {                    /* a row of no numbers is none; the least ones are zeros */
        for (i = 0; i < 40; i += 13) {
            x[i] = i % 2 ? nan : infinite;
            kernels->narrow(x, NULL, 40, cells, &scale, &zero);
            CHECK((bert__float_to_bits(scale) & 0x7F800000u) == 0x7F800000u);
            CHECK(cell((const char *)cells, i, zero) == 0 && cell((const char *)cells, 3, zero) == 0);
            x[i] = 0;
        }
        x[39] = -1e-38f;
        kernels->narrow(x, NULL, 40, cells, &scale, &zero);
        CHECK(cell((const char *)cells, 39, zero) == 0 && cell((const char *)cells, 0, zero) == 0);
    } else {
        x[17] = nan;
        x[3] = infinite;
        kernels->narrow(x, NULL, 40, cells, &scale, &zero);
        CHECK(cell((const char *)cells, 17, zero) != cell((const char *)cells, 17, zero));
        CHECK(cell((const char *)cells, 3, zero) == infinite && cell((const char *)cells, 2, zero) == 0);
    }
}

static void dots(void)
{
    int round;
    for (round = 0; round < 60; round++) {
        const int64_t m = round < 50 ? 1 + below(20) : 60 + below(80), n = 1 + below(40), k = round == 0 ? 1 : 1 + below(300), xs = k + below(3), ws = k + below(3), ys = n + below(3);
        float *x = randoms(m * xs), *matrix = randoms(n * ws), *bias = randoms(n), *y = guards(m * ys), *z = guards(m * ys);
        int64_t i, j, c;
        const float *b = round % 3 ? bias : NULL;
        kernels->dots(x, xs, m, matrix, ws, n, k, b, y, ys);
        for (i = 0; i < m; i++)
            for (j = 0; j < ys; j++) {
                double want = b && j < n ? (double)b[j] : 0, size_of = fabs(want), got = (double)y[i * ys + j];
                if (j >= n) { CHECK(y[i * ys + j] == GUARD); continue; }
                for (c = 0; c < k; c++) {
                    const double t = (double)x[i * xs + c] * (double)matrix[j * ws + c];
                    want += t;
                    size_of += fabs(t);
                }
                if (!(fabs(got - want) <= 6e-8 * ((double)k + 4) * size_of)) TEST_FAIL("%s: dots m %d n %d k %d: %.9g, not %.9g", bert_isa_name(kernels->isa), (int)m, (int)n, (int)k, got, want);
            }
        for (i = 0; i < m;) {
            const int64_t rows = 1 + below(m - i);
            for (j = 0; j < n;) {
                const int64_t columns = 1 + below(n - j);
                kernels->dots(x + i * xs, xs, rows, matrix + j * ws, ws, columns, k, b ? b + j : NULL, z + i * ys + j, ys);
                j += columns;
            }
            i += rows;
        }
        if (!same(y, z, m * ys)) TEST_FAIL("%s: dots: cuts change bits, m %d n %d k %d", bert_isa_name(kernels->isa), (int)m, (int)n, (int)k);
        free(x); free(matrix); free(bias); free(y); free(z);
    }
}

static void norms(void)
{
    int64_t n;
    for (n = 1; n < 900; n += n < 70 ? 1 : 83) {
        const int64_t rows = 3;
        const int kind = (int)(n % 4);
        const float epsilon = kind == 1 ? 1e-12f : 1e-5f;
        float *x = randoms(n * rows), *gamma = randoms(n), *beta = randoms(n), *y = guards(n * rows + 1), *z = floats(n * rows);
        int64_t i, c;
        for (i = 0; i < n * rows; i++) x[i] = kind == 2 ? x[i] * 1e3f : kind == 3 ? 300 + x[i] : x[i];
        if (n == 5) for (i = 0; i < n; i++) x[i] = 1.5f;                /* no variance: beta */
        kernels->norm(y, x, gamma, beta, epsilon, n, rows);
        CHECK(y[n * rows] == GUARD);
        for (i = 0; i < rows; i++) {
            double mean = 0, variance = 0;
            for (c = 0; c < n; c++) mean += (double)x[i * n + c];
            mean /= (double)n;
            for (c = 0; c < n; c++) variance += ((double)x[i * n + c] - mean) * ((double)x[i * n + c] - mean);
            variance /= (double)n;
            for (c = 0; c < n; c++) {
                const double scale = 1 / sqrt(variance + (double)epsilon), want = ((double)x[i * n + c] - mean) * scale * (double)gamma[c] + (double)beta[c];
                /* the inputs' own last digits, seen through the scale, are what there is to lose */
                if (!(fabs((double)y[i * n + c] - want) <= 4e-7 * (fabs(want) + 2) + 1e-9 * scale * fabs(mean)))
                    TEST_FAIL("%s: norm n %d: %.9g, not %.9g", bert_isa_name(kernels->isa), (int)n, (double)y[i * n + c], want);
            }
        }
        memcpy(z, x, (size_t)(n * rows) * sizeof(float));
        for (i = 0; i < rows; i++) kernels->norm(z + i * n, z + i * n, gamma, beta, epsilon, n, 1);      /* in place, one by one */
        if (!same(y, z, n * rows)) TEST_FAIL("%s: norm in place is not the same, n %d", bert_isa_name(kernels->isa), (int)n);
        free(x); free(gamma); free(beta); free(y); free(z);
    }
}

/* ---- attention ---- */

/* One head: rows of q, k and v side by side. */
static bert__attention attention_over(float *qkv, int64_t stride, float *out, int64_t out_stride, int64_t s, int64_t depth)
{
    bert__attention a;
    memset(&a, 0, sizeof a);
    a.q = qkv;
    a.k = qkv + depth;
    a.v = qkv + 2 * depth;
    a.out = out;
    a.stride = stride;
    a.out_stride = out_stride;
    a.length = s;
    a.depth = depth;
    return a;
}
/* masks: 0 none, 1 some keys by -10000, 2 all keys by -10000, 3 some by -FLT_MAX, 4 all by -FLT_MAX, 5 both biases -FLT_MAX */
static void one_attention(int64_t s, int64_t depth, int64_t relative, int masks, int with_bias, int with_probabilities)
{
    const int64_t stride = 3 * depth + below(4), os = depth + below(3);
    float *qkv = randoms(s * stride), *out = guards(s * os), *again = guards(s * os), *key_bias = floats(s), *bias = randoms(s * s), *table = randoms((2 * (relative < 0 ? 0 : relative) + 1) * depth), *probabilities = guards(s * s), *same_p = guards(s * s);
    double *score = (double *)take((size_t)s * sizeof(double)), *o = (double *)take((size_t)depth * sizeof(double));
    const size_t size = kernels->attention_scratch(s, depth, relative > 0 ? relative : 0);
    void *block;
    float *scratch = aligned(size, &block);
    /* factors of 8 bits move a score of up to 9 sqrt(D) / sqrt(D) and a bit by some hundredths, and so every probability */
    const double loose = kernels->precision == BERT_PRECISION_F32 ? 0 : 0.15;
    bert__attention a;
    int64_t i, j, d, q;
    int bad = 0;
    memset(scratch, 0xFF, size);                                        /* NaN */
    for (i = 0; i < s * stride; i++) qkv[i] *= 3;
    for (j = 0; j < s; j++) key_bias[j] = masks == 2 || (masks == 1 && below(3) == 0) ? -10000.0f : masks >= 4 || (masks == 3 && below(3) == 0) ? -FLT_MAX : 0.0f;
    for (i = 0; masks == 5 && i < s * s; i++) bias[i] = -FLT_MAX;
    a = attention_over(qkv, stride, out, os, s, depth);
    a.scale = (float)(1 / sqrt((double)depth));
    a.key_bias = masks ? key_bias : NULL;
    a.bias = with_bias || masks == 5 ? bias : NULL;
    a.relative = relative >= 0 ? table : NULL;
    a.max_relative = relative >= 0 ? relative : 0;
    a.probabilities = with_probabilities ? probabilities : NULL;
    kernels->attention(&a, 0, s, scratch);
    for (i = 0; i < s && !bad; i++) {
        double top = -1e300, sum = 0, spread = 1;
        for (j = 0; j < s; j++) {
            const float *r = a.relative ? table + bert__relative_row(i, j, relative) * depth : NULL;
            double dot = 0;
            for (d = 0; d < depth; d++) dot += (double)a.q[i * stride + d] * ((double)a.k[j * stride + d] + (r ? (double)r[d] : 0));
            dot *= (double)a.scale;
            spread = fabs(dot) > spread ? fabs(dot) : spread;
            if (a.key_bias) dot = masks == 2 ? (double)((float)dot - 10000.0f) : dot + (double)key_bias[j];
            if (a.bias) dot += (double)bias[i * s + j];
            /* a number of the size of the mask has no digits left for the score */
            if (dot < -1e30) dot = -(double)FLT_MAX;
            score[j] = dot;
            top = dot > top ? dot : top;
        }
        for (j = 0; j < s; j++) sum += score[j] = exp(score[j] - top);
        for (d = 0; d < depth; d++) o[d] = 0;
        for (j = 0; j < s; j++) {
            const float *r = a.relative ? table + bert__relative_row(i, j, relative) * depth : NULL;
            const double p = score[j] / sum;
            if (a.probabilities && !(fabs((double)probabilities[i * s + j] - p) <= ((masks == 2 ? 3e-3 : 1e-5) + loose) * p + 1e-9)) {
                TEST_FAIL("%s: probability %.9g, not %.9g: S %d D %d R %d masks %d", bert_isa_name(kernels->isa), (double)probabilities[i * s + j], p, (int)s, (int)depth, (int)relative, masks);
                bad = 1;
            }
            for (d = 0; d < depth; d++) o[d] += p * ((double)a.v[j * stride + d] + (r ? (double)r[d] : 0));
        }
        for (d = 0; d < os && !bad; d++) {
            if (d >= depth) { if (out[i * os + d] != GUARD) { TEST_FAIL("%s: attention wrote behind row %d", bert_isa_name(kernels->isa), (int)i); bad = 1; } continue; }
            if (!(fabs((double)out[i * os + d] - o[d]) <= (masks == 2 ? 4e-3 : 6e-7 * ((double)(depth + s) / 8 + 12)) + loose)) {
                TEST_FAIL("%s: attention [%d][%d] %.9g, not %.9g: S %d D %d R %d masks %d bias %d", bert_isa_name(kernels->isa), (int)i, (int)d, (double)out[i * os + d], o[d], (int)s, (int)depth, (int)relative, masks, with_bias);
                bad = 1;
            }
        }
    }
    a.out = again;
    if (with_probabilities) a.probabilities = same_p;
    memset(scratch, 0xFF, size);
    for (q = 0; q < s;) {
        const int64_t count = 1 + below(s - q);
        kernels->attention(&a, q, count, scratch);
        q += count;
    }
    if (!same(out, again, s * os) || !same(probabilities, same_p, s * s)) TEST_FAIL("%s: cuts of queries change bits, S %d D %d R %d", bert_isa_name(kernels->isa), (int)s, (int)depth, (int)relative);
    free(qkv); free(out); free(again); free(key_bias); free(bias); free(table); free(probabilities); free(same_p); free(score); free(o); free(block);
}
static void attentions(void)
{
    int64_t i;
    for (i = 1; i < 70; i++) one_attention(i, 1 + below(40), -1, (int)below(6), (int)below(2), (int)below(2));
    for (i = 1; i < 60; i++) one_attention(1 + below(80), i, below(3) ? below(20) : -1, (int)below(6), (int)below(2), (int)below(2));
    one_attention(3, 8, 0, 0, 0, 1);
    one_attention(1, 64, 64, 0, 0, 1);
    one_attention(40, 64, 64, 1, 0, 1);
    one_attention(300, 64, 64, 1, 1, 1);
    one_attention(400, 33, -1, 3, 0, 1);                                /* several blocks of keys */
    one_attention(1030, 16, 7, 1, 0, 0);
}

/* Rows of bf16 give what float32 rows of the same numbers give, rounded, where the scale is a power of two. */
static void rounded_attention(int64_t s, int64_t depth, int masks)
{
    const int64_t stride = 3 * depth + 4, os = depth + 2;
    float *qkv = randoms(s * stride), *narrow = guards(s * stride), *out = guards(s * os), *rounded = guards(s * os), *want = floats(depth + 16), *key_bias = floats(s), scale;
    const size_t size = kernels->attention_scratch(s, depth, 0);
    int32_t zero;
    void *block;
    float *scratch = aligned(size, &block);
    bert__attention a;
    int64_t i, j;
    memset(scratch, 0xFF, size);
    for (i = 0; i < s * stride; i++) qkv[i] = to_bf16(3 * qkv[i]);
    for (i = 0; i < s; i++) kernels->narrow(qkv + i * stride, NULL, 3 * depth, narrow + i * stride, &scale, &zero);
    for (j = 0; j < s; j++) key_bias[j] = below(3) ? 0.0f : -FLT_MAX;
    a = attention_over(qkv, stride, out, os, s, depth);
    a.scale = 0.125f;
    a.key_bias = masks ? key_bias : NULL;
    kernels->attention(&a, 0, s, scratch);
    a.q = narrow;
    a.k = narrow + depth / 2;
    a.v = narrow + depth;
    a.out = rounded;
    a.rounded = a.rounded_out = 1;
    memset(scratch, 0xFF, size);
    for (i = 0; i < s; i += j) {
        j = 1 + below(s - i);
        kernels->attention(&a, i, j, scratch);
    }
    for (i = 0; i < s; i++) {
        kernels->narrow(out + i * os, NULL, depth, want, &scale, &zero);
        if (memcmp(rounded + i * os, want, (size_t)depth * 2)) { TEST_FAIL("%s: row %d of bf16, S %d D %d masks %d", bert_isa_name(kernels->isa), (int)i, (int)s, (int)depth, masks); break; }
        CHECK(rounded[i * os + depth] == GUARD);
    }
    free(qkv); free(narrow); free(out); free(rounded); free(want); free(key_bias); free(block);
}
/* That narrow kernels have the attention they should: rounded where the processor multiplies pairs of bf16, else that of float32. */
static void narrow_attention(void)
{
    int64_t i;
    attentions();
    for (i = 1; i < 120 && kernels->pairs; i += 7) rounded_attention(i, 16 + 16 * (i % 5), (int)(i % 2));
    CHECK(bert__rounds_heads(kernels, bert__kernels_of(kernels->isa)) == ((kernels->precision == BERT_PRECISION_BF16 ? kernels : bert__kernels_for(kernels->isa, BERT_PRECISION_BF16))->pairs != NULL));
}

/* ---- every tier ---- */

static void each(const char *name, void (*test)(void))
{
    int isa;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++) {
        if (!test_enter("%s/%s", bert_isa_name((bert_isa)isa), name)) continue;
        kernels = bert__kernels_of((bert_isa)isa);
        seed = 1;
        if (kernels) {
            CHECK(kernels->isa == (bert_isa)isa && kernels->nr > 0 && kernels->rows > 0);
            test();
        } else test_skip("not on this machine");
        test_leave();
    }
}
static void each_narrow(void)
{
    int isa, precision;
    for (isa = BERT_ISA_REF; isa < BERT_ISA_COUNT; isa++)
        for (precision = BERT_PRECISION_BF16; precision <= BERT_PRECISION_INT8; precision++) {
            if (!test_enter("%s/%s", bert_isa_name((bert_isa)isa), bert_precision_name((bert_precision)precision))) continue;
            kernels = bert__kernels_for((bert_isa)isa, (bert_precision)precision);
            seed = 1;
            if (kernels) {
                CHECK(kernels->isa == (bert_isa)isa && kernels->precision == (bert_precision)precision);
                narrow();
                narrow_attention();
            } else test_skip("not on this machine");
            test_leave();
        }
}
/* The two ways that AVX-512 has to multiply bf16, whichever this processor takes. */
static void either_way(void)
{
    static const char *const names[] = { "avx512/bf16, pairs", "avx512/bf16 as float32" };
    int way;
    for (way = 0; way < 2; way++) {
        if (!test_enter("%s", names[way])) continue;
        kernels = NULL;
        seed = 1;
#ifdef BERT__X86_TIERS
        if (way && bert__x86_has(BERT_ISA_AVX512)) kernels = &bert__avx512_kernels_wide;
#ifdef BERT__X86_VNNI
        if (!way && bert__x86_narrow(BERT_PRECISION_BF16)) kernels = &bert__avx512_kernels_bf16;
#endif
#endif
        if (kernels) {
            narrow();
            narrow_attention();
        } else test_skip("not on this machine");
        test_leave();
    }
}
static void best(void)
{
    CHECK(bert_isa_available(BERT_ISA_REF));
    CHECK(bert_isa_available(bert_isa_best()));
    CHECK(!bert_isa_available(BERT_ISA_DEFAULT));
#ifdef BERT_NO_SIMD
    CHECK_INT(bert_isa_best(), BERT_ISA_REF);
#endif
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(best);
    each("activations", activations);
    each("products", products);
    each_narrow();
    either_way();
    each("dots", dots);
    each("norms", norms);
    each("attentions", attentions);
    return test_end();
}
