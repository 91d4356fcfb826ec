/* unit_checkpoint.c - checkpoints: conversion, the container, safetensors, shards, and what a path means
   SPDX-License-Identifier: MIT-0 OR Unlicense
   Takes a static copy of the implementation, so that the private helpers can be tested as well. All data is made here. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L         /* mkdir: for the test; the header needs none of it */
#endif
#include "test.h"
#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_IMPLEMENTATION
#include "bert.h"
#include <time.h>
#include "faults.h"
#ifdef _WIN32
#include <direct.h>
#define make_folder(path) _mkdir(path)
#define remove_folder(path) _rmdir(path)
#else
#define make_folder(path) mkdir(path, 0755)
#define remove_folder(path) rmdir(path)
#endif

/* ============================================================================================================
   Conversion. The judge has its own reading of each format: all codes, their values by ldexp, and a search.
   ============================================================================================================ */

/* kind: 1 IEEE 754's; 0 without infinity, all bits set is NaN; 2 FNUZ, only the code of -0 is NaN; 3 E8M0, exponents alone. */
static double code_value(uint32_t code, int exponent, int mantissa, int infinite)
{
    const uint32_t sign = code >> (exponent + mantissa) & 1, e = code >> mantissa & ((1u << exponent) - 1), m = code & ((1u << mantissa) - 1);
    const int bias = (1 << (exponent - 1)) - (infinite != 2);
    double v;
    if (infinite == 3) return code == 255 ? NAN : ldexp(1, (int)code - 127);
    if (infinite == 2 && code == 1u << (exponent + mantissa)) return NAN;
    if (infinite != 2 && e == (1u << exponent) - 1 && (infinite || m == (1u << mantissa) - 1)) v = infinite && !m ? INFINITY : NAN;
    else v = e ? ldexp(1 + ldexp(m, -mantissa), (int)e - bias) : ldexp(m, 1 - bias - mantissa);
    return sign ? -v : v;
}
/* The code nearest to d: of two the even one; what lies half a step or more past the largest goes to the code above. */
static uint32_t code_nearest(double d, int exponent, int mantissa, int infinite)
{
    const uint32_t sign = (d < 0 || (d == 0 && 1 / d < 0) ? 1u : 0u) << (exponent + mantissa);
    uint32_t top = (((1u << exponent) - 1) << mantissa) | (infinite ? 0 : (1u << mantissa) - 1), low = 0, high, middle;
    double a, b, v = fabs(d);
    if (infinite == 2) top = 1u << (exponent + mantissa);
    high = top;
    while (low + 1 < high) {                                            /* value(low) <= v < value(high) */
        middle = (low + high) / 2;
        if (code_value(middle, exponent, mantissa, infinite) <= v) low = middle; else high = middle;
    }
    a = code_value(low, exponent, mantissa, infinite);
    b = high == top ? a + (a - code_value(low - 1, exponent, mantissa, infinite)) : code_value(high, exponent, mantissa, infinite);
    if (v - a > b - v || (v - a == b - v && (low & 1))) low = high;
    return infinite == 2 && (!low || low == top) ? low : sign | low;
}
/* The power of two nearest to d, the larger of two, as a code of E8M0; what lies above the smallest never becomes that. */
static uint32_t power_nearest(double d)
{
    uint32_t code = 0;
    if (d < 0) return 255;
    while (code < 255 && (code ? ldexp(1.5, (int)code - 127) <= d : d > ldexp(1, -127))) code++;
    return code;
}

static const struct { bert_dtype type; int exponent, mantissa, infinite; } smalls[] = {
    { BERT_F16, 5, 10, 1 }, { BERT_BF16, 8, 7, 1 }, { BERT_F8_E4M3, 4, 3, 0 }, { BERT_F8_E5M2, 5, 2, 1 },
    { BERT_F8_E4M3FNUZ, 4, 3, 2 }, { BERT_F8_E5M2FNUZ, 5, 2, 2 }, { BERT_F8_E8M0, 7, 0, 3 }
};
static const struct { bert_dtype type; double low, high; } integers[] = {
    { BERT_I8, -128, 127 }, { BERT_I16, -32768, 32767 }, { BERT_I32, -2147483648.0, 2147483647.0 },
    { BERT_I64, -9223372036854775808.0, 9223372036854775808.0 }, { BERT_U8, 0, 255 }, { BERT_U16, 0, 65535 },
    { BERT_U32, 0, 4294967295.0 }, { BERT_U64, 0, 18446744073709551616.0 }
};
enum { SMALLS = sizeof smalls / sizeof *smalls, INTEGERS = sizeof integers / sizeof *integers };

/* An element of any type as a 64-bit pattern, for comparing. */
static uint64_t pattern(const void *p, bert_dtype type)
{
    uint64_t v = 0;
    uint8_t a; uint16_t b; uint32_t c;
    switch (bert_dtype_size(type)) {
    case 1: memcpy(&a, p, 1); return a;
    case 2: memcpy(&b, p, 2); return b;
    case 4: memcpy(&c, p, 4); return c;
    default: memcpy(&v, p, 8); return v;
    }
}
/* What the value d becomes in `type`; *nan is set where any NaN will do. */
static uint64_t expected(double d, bert_dtype type, int *nan)
{
    unsigned char out[8];
    int k;
    *nan = 0;
    for (k = 0; k < SMALLS; k++)
        if (smalls[k].type == type) {
            if (d != d) { *nan = 1; return 0; }
            if (isinf(d)) d = d > 0 ? 1e300 : -1e300;
            return type == BERT_F8_E8M0 ? power_nearest(d) : code_nearest(d, smalls[k].exponent, smalls[k].mantissa, smalls[k].infinite);
        }
    for (k = 0; k < INTEGERS; k++)
        if (integers[k].type == type) {
            uint64_t u;
            if (d != d) return 0;
            if (d <= integers[k].low) u = type == BERT_I64 ? (uint64_t)1 << 63 : (uint64_t)(int64_t)integers[k].low;
            else if (d >= integers[k].high) u = type == BERT_U64 ? UINT64_MAX : type == BERT_I64 ? INT64_MAX : (uint64_t)integers[k].high;
            else u = d < 0 ? 0 - (uint64_t)-d : (uint64_t)d;
            return bert_dtype_size(type) == 8 ? u : u & (((uint64_t)1 << 8 * bert_dtype_size(type)) - 1);
        }
    if (type == BERT_BOOL) return d != 0;
    if (d != d) { *nan = 1; return 0; }
    if (type == BERT_F64) { memcpy(out, &d, 8); return pattern(out, type); }
    { float f = (float)d; memcpy(out, &f, 4); return pattern(out, type); }
}
static int is_nan_pattern(uint64_t v, bert_dtype type)
{
    int k;
    double d;
    float f;
    uint32_t u = (uint32_t)v;
    for (k = 0; k < SMALLS; k++)
        if (smalls[k].type == type) { d = code_value((uint32_t)v, smalls[k].exponent, smalls[k].mantissa, smalls[k].infinite); return d != d; }
    if (type == BERT_F64) { memcpy(&d, &v, 8); return d != d; }
    memcpy(&f, &u, 4);
    return f != f;
}
/* One value of `from`, whose exact value is d, in every type. */
static void convert_one(const void *p, bert_dtype from, double d)
{
    int to, nan;
    for (to = BERT_F32; to < BERT_C64; to++) {
        unsigned char out[8] = { 0 };
        uint64_t want, got;
        if ((bert_dtype)to == from) continue;
        CHECK(bert_convert(p, from, out, (bert_dtype)to, 1) == BERT_OK);
        want = expected(d, (bert_dtype)to, &nan);
        got = pattern(out, (bert_dtype)to);
        if (nan ? !is_nan_pattern(got, (bert_dtype)to) : got != want)
            TEST_FAIL("%s %.17g became %s %llx, not %llx", bert_dtype_name(from), d, bert_dtype_name((bert_dtype)to), (unsigned long long)got, (unsigned long long)want);
    }
}

static void convert_small_floats(void)
{
    int k;
    uint32_t code;
    for (k = 0; k < SMALLS; k++)                                        /* every code of every small type into every type */
        for (code = 0; code < 1u << (1 + smalls[k].exponent + smalls[k].mantissa); code++) {
            uint16_t two = (uint16_t)code;
            uint8_t one = (uint8_t)code;
            const void *p = bert_dtype_size(smalls[k].type) == 2 ? (const void *)&two : &one;
            convert_one(p, smalls[k].type, code_value(code, smalls[k].exponent, smalls[k].mantissa, smalls[k].infinite));
            if (test_now.failures > 20) return;
        }
}
static void convert_around(double d)
{
    int step;
    float f;
    for (step = -2; step <= 2; step++) {                                /* and its neighbours, in both widths */
        double v = d;
        int i;
        for (i = 0; i < step; i++) v = nextafter(v, INFINITY);
        for (i = 0; i > step; i--) v = nextafter(v, -INFINITY);
        convert_one(&v, BERT_F64, v);
        v = -v;
        convert_one(&v, BERT_F64, v);
        f = (float)d;
        for (i = 0; i < step; i++) f = nextafterf(f, INFINITY);
        for (i = 0; i > step; i--) f = nextafterf(f, -INFINITY);
        convert_one(&f, BERT_F32, (double)f);
    }
}
static void convert_hard(void)
{
    static const double hard[] = { 0, 1, 0.5, 1.5, 2.5, 127, 128, 127.5, 255, 256, 255.5, 32767, 32768, 65535, 65536, 65504, 65519.99, 65520, 448, 464, 480, 57344, 61440,
        2147483647.0, 2147483648.0, 4294967295.0, 4294967296.0, 9223372036854775807.0, 18446744073709551615.0, 16777217, 9007199254740993.0, 3.4028234663852886e38,
        3.4028235677973366e38, 1.17549435e-38, 1.4e-45, 7e-46, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 6.103515625e-5, 5.960464477539063e-8,
        2.9802322387695312e-8, 9.183549615799121e-41, 4.59e-41, 0.015625, 0.001953125, 0.0009765625, 1.52587890625e-5, 7.62939453125e-6 };
    uint64_t seed = 3;
    size_t i;
    int k;
    double v;
    for (i = 0; i < sizeof hard / sizeof *hard; i++) convert_around(hard[i]);
    for (k = 0; k < SMALLS; k++)                                        /* every tie of the small types, and beside it */
        for (i = 0; i + 1 < ((size_t)1 << (smalls[k].exponent + smalls[k].mantissa)); i++) {
            double a = code_value((uint32_t)i, smalls[k].exponent, smalls[k].mantissa, smalls[k].infinite), b = code_value((uint32_t)i + 1, smalls[k].exponent, smalls[k].mantissa, smalls[k].infinite);
            if (!(fabs(a) < 1e300 && fabs(b) < 1e300) || (i % 7 && smalls[k].mantissa == 10)) continue;
            convert_around((a + b) / 2);
            if (test_now.failures > 20) return;
        }
    v = NAN; convert_one(&v, BERT_F64, v);
    v = INFINITY; convert_one(&v, BERT_F64, v);
    v = -INFINITY; convert_one(&v, BERT_F64, v);
    v = -0.0; convert_one(&v, BERT_F64, v);
    for (i = 0; i < 20000; i++) {
        v = ldexp((double)(int64_t)test_random(&seed), (int)(test_random(&seed) % 160) - 110);
        convert_one(&v, BERT_F64, v);
    }
}
static void convert_integers(void)
{
    uint64_t seed = 5;
    int i, k;
    for (i = 0; i < 65536; i++) {
        int16_t a = (int16_t)(i - 32768);
        uint16_t b = (uint16_t)i;
        int8_t c = (int8_t)a;
        uint8_t d = (uint8_t)i;
        convert_one(&a, BERT_I16, a);
        convert_one(&b, BERT_U16, b);
        if (i < 256) { convert_one(&c, BERT_I8, c); convert_one(&d, BERT_U8, d); }
        if (test_now.failures > 20) return;
    }
    for (i = 0; i < 20000; i++) {
        int32_t a = (int32_t)(test_random(&seed) >> (32 + test_random(&seed) % 31));
        uint32_t b = (uint32_t)(test_random(&seed) >> (32 + test_random(&seed) % 31));
        int64_t c = (int64_t)(test_random(&seed) >> (12 + test_random(&seed) % 40));    /* exact as float64 */
        convert_one(&a, BERT_I32, a);
        convert_one(&b, BERT_U32, b);
        convert_one(&c, BERT_I64, (double)c);
    }
    for (k = 0; k < 2; k++) {                                           /* booleans */
        uint8_t b = (uint8_t)(k * 7);
        convert_one(&b, BERT_BOOL, k);
    }
}
/* 64-bit integers that float64 does not hold: exact among integers, rounded once to floats. */
static void convert_wide(void)
{
    int64_t i = 9007199254740993, back;
    uint64_t u = 0;
    float f;
    uint16_t h;
    CHECK(bert_convert(&i, BERT_I64, &u, BERT_U64, 1) == BERT_OK && u == 9007199254740993u);
    CHECK(bert_convert(&u, BERT_U64, &back, BERT_I64, 1) == BERT_OK && back == i);
    u = UINT64_MAX;
    CHECK(bert_convert(&u, BERT_U64, &back, BERT_I64, 1) == BERT_OK && back == INT64_MAX);
    i = -1;
    CHECK(bert_convert(&i, BERT_I64, &u, BERT_U64, 1) == BERT_OK && u == 0);
    i = INT64_MIN;
    CHECK(bert_convert(&i, BERT_I64, &f, BERT_F32, 1) == BERT_OK && f == -9223372036854775808.0f);
    i = 0x4000004000000001;                                             /* just above a tie that float64 would round to */
    CHECK(bert_convert(&i, BERT_I64, &f, BERT_F32, 1) == BERT_OK && f == 4611686568183201792.0f);
    i = -i;
    CHECK(bert_convert(&i, BERT_I64, &f, BERT_F32, 1) == BERT_OK && f == -4611686568183201792.0f);
    i = 0x4000004000000000;
    CHECK(bert_convert(&i, BERT_I64, &f, BERT_F32, 1) == BERT_OK && f == 4611686018427387904.0f);
    i = 0x4040000000000001;                                             /* the same for bfloat16: 8 bits, tie at 2^54 */
    CHECK(bert_convert(&i, BERT_I64, &h, BERT_BF16, 1) == BERT_OK && h == 0x5E81);
    i = 0x4040000000000000;
    CHECK(bert_convert(&i, BERT_I64, &h, BERT_BF16, 1) == BERT_OK && h == 0x5E80);
}
static void convert_refused(void)
{
    float f[2] = { 1, 2 }, g[2] = { 0, 0 };
    CHECK(bert_convert(f, BERT_F32, g, BERT_C64, 1) == BERT_ERROR_UNSUPPORTED);
    CHECK(bert_convert(f, BERT_C64, g, BERT_F32, 1) == BERT_ERROR_UNSUPPORTED);
    CHECK(bert_convert(f, BERT_STRING, g, BERT_F32, 1) == BERT_ERROR_UNSUPPORTED);
    CHECK(bert_convert(f, BERT_F32, g, (bert_dtype)99, 1) == BERT_ERROR_UNSUPPORTED);
    CHECK(bert_convert(NULL, BERT_F32, g, BERT_F64, 1) == BERT_ERROR_ARGUMENT);
    CHECK(bert_convert(f, BERT_F32, NULL, BERT_F64, 1) == BERT_ERROR_ARGUMENT);
    CHECK(bert_convert(NULL, BERT_F32, NULL, BERT_F64, 0) == BERT_OK && bert_convert(NULL, BERT_F32, NULL, BERT_F32, 0) == BERT_OK);
    CHECK(bert_convert(f, BERT_DTYPE_NONE, g, BERT_F32, 1) == BERT_ERROR_UNSUPPORTED);
    {
        static const uint64_t most[3] = { UINT64_MAX, (uint64_t)1 << 63, 5 };
        int64_t as_signed[3] = { 0, 0, 0 };
        CHECK(bert_convert(most, BERT_U64, as_signed, BERT_I64, 3) == BERT_OK && as_signed[0] == INT64_MAX && as_signed[1] == INT64_MAX && as_signed[2] == 5);
        CHECK(bert_convert(as_signed, BERT_I64, g, BERT_F32, 2) == BERT_OK && g[0] == 9223372036854775808.0f);
        g[0] = g[1] = 0;
    }
    CHECK(bert_convert(f, BERT_C64, g, BERT_C64, 1) == BERT_OK && g[0] == 1 && g[1] == 2);
    CHECK_STR(bert_dtype_name((bert_dtype)99), "unknown");
    CHECK(bert_dtype_size((bert_dtype)99) == 0);
}

/* ============================================================================================================
   Tensors: strides, byte order, views
   ============================================================================================================ */

static bert_tensor tensor_over(const void *data, bert_dtype type, const int64_t *shape, int32_t rank, const int64_t *strides)
{
    bert_tensor t;
    int32_t k;
    memset(&t, 0, sizeof t);
    t.name = "t";
    t.shape = shape;
    t.rank = rank;
    t.dtype = type;
    t.data = (const unsigned char *)data;
    t.strides = strides;
    t.big_endian = bert__machine_is_big();
    for (t.count = 1, k = 0; k < rank; k++) t.count *= shape[k];
    return t;
}
static void tensor_strides(void)
{
    static const int64_t shape[3] = { 2, 3, 4 }, turned[3] = { 1, 2, 6 }, still[3] = { 0, 4, 1 };
    static float storage[24];
    float out[24];
    double wide[24];
    bert_error err;
    bert_tensor t = tensor_over(storage, BERT_F32, shape, 3, turned);
    int i, j, k;
    memset(&err, 0, sizeof err);
    for (i = 0; i < 24; i++) storage[i] = (float)i;
    CHECK(bert_tensor_read(&t, BERT_F32, out, 24, &err) == BERT_OK && bert_tensor_read(&t, BERT_F64, wide, 24, &err) == BERT_OK);
    for (i = 0; i < 2; i++)
        for (j = 0; j < 3; j++)
            for (k = 0; k < 4; k++) {
                CHECK(out[(i * 3 + j) * 4 + k] == (float)(i + 2 * j + 6 * k));
                CHECK(wide[(i * 3 + j) * 4 + k] == i + 2 * j + 6 * k);
            }
    CHECK(bert_tensor_view(&t) == NULL);
    t = tensor_over(storage, BERT_F32, shape, 3, still);                /* the same twelve values twice */
    CHECK(bert_tensor_read(&t, BERT_F32, out, 24, &err) == BERT_OK);
    for (i = 0; i < 24; i++) CHECK(out[i] == (float)(i % 12));
    CHECK(bert_tensor_read(&t, BERT_F32, out, 23, &err) == BERT_ERROR_ARGUMENT && strstr(err.message, "24"));
    CHECK(bert_tensor_read(&t, BERT_C64, out, 24, &err) == BERT_ERROR_UNSUPPORTED);
    CHECK(bert_tensor_read(&t, BERT_F32, NULL, 24, &err) == BERT_ERROR_ARGUMENT);
}
/* A turned tensor turned again is the first; a single number and an empty row have no last dimension to go along. */
static void tensor_turns(void)
{
    static const int64_t shape[2] = { 2, 3 }, one[1] = { 1 };
    static const double values[6] = { 0, 1, 2, 3, 4, 5 };
    int64_t room[4], again[4];
    double out[6];
    float narrow[6];
    bert_tensor t = tensor_over(values, BERT_F64, shape, 2, NULL), u = bert_tensor_transposed(&t, room), v = bert_tensor_transposed(&u, again);
    int i;
    CHECK(bert_tensor_read(&u, BERT_F32, narrow, 6, NULL) == BERT_OK && narrow[1] == 3 && narrow[2] == 1);
    CHECK(v.shape[0] == 2 && v.shape[1] == 3 && bert_tensor_read(&v, BERT_F64, out, 6, NULL) == BERT_OK);
    for (i = 0; i < 6; i++) CHECK(out[i] == values[i]);
    t = tensor_over(values + 5, BERT_F64, NULL, 0, one);                /* strides of no dimension */
    CHECK(bert_tensor_read(&t, BERT_F64, out, 1, NULL) == BERT_OK && out[0] == 5);
    t = tensor_over(values + 1, BERT_F64, NULL, 0, NULL);
    t.big_endian = !t.big_endian;                                       /* and of the other byte order */
    CHECK(bert_tensor_read(&t, BERT_F64, out, 1, NULL) == BERT_OK && out[0] != 1);
    t.dtype = BERT_STRING;
    CHECK(bert_tensor_read(&t, BERT_STRING, out, 1, NULL) == BERT_ERROR_UNSUPPORTED);
}
static void tensor_byte_order(void)
{
    static const int64_t shape[2] = { 2, 2 }, turned[2] = { 1, 2 };
    static const int types[] = { BERT_F32, BERT_F64, BERT_F16, BERT_BF16, BERT_I64, BERT_I32, BERT_I16, BERT_U16, BERT_U32, BERT_U64, BERT_C64, BERT_I8, BERT_BOOL };
    size_t i, b, e;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        const bert_dtype type = (bert_dtype)types[i];
        const size_t n = bert_dtype_size(type), part = type == BERT_C64 ? 4 : n;
        unsigned char native[32], other[32], out[32];
        bert_tensor t;
        for (b = 0; b < sizeof native; b++) native[b] = (unsigned char)(b * 7 + 1);
        if (type == BERT_BOOL) memset(native, 1, sizeof native);
        for (b = 0; b < sizeof other; b++) other[b] = native[b / part * part + (part - 1 - b % part)];
        t = tensor_over(other, type, shape, 2, NULL);
        t.big_endian = !t.big_endian;
        CHECK(bert_tensor_read(&t, type, out, 4, NULL) == BERT_OK);
        CHECK_BYTES(out, 4 * n, native, 4 * n);
        CHECK((bert_tensor_view(&t) == NULL) == (n > 1));
        t.strides = turned;                                             /* and both at once */
        CHECK(bert_tensor_read(&t, type, out, 4, NULL) == BERT_OK);
        for (e = 0; e < 4; e++) CHECK(memcmp(out + e * n, native + (e / 2 + e % 2 * 2) * n, n) == 0);
    }
}
static void tensor_views(void)
{
    static const int64_t shape[1] = { 3 };
    double aligned[4];
    bert_tensor t = tensor_over(aligned, BERT_F32, shape, 1, NULL);
    CHECK(bert_tensor_view(&t) == aligned);
    t.data++;
    CHECK(bert_tensor_view(&t) == NULL);
    t.dtype = BERT_U8;
    CHECK(bert_tensor_view(&t) == (char *)aligned + 1);
}

/* ============================================================================================================
   Files of this test, in a folder of its own
   ============================================================================================================ */

static char root[512];

/* A path in the folder; the last eight answers stay valid. */
static const char *in(const char *name)
{
    static char paths[8][1024];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[0], "%s/%s", root, name);
    return paths[next];
}
static void clear(const char *folder)
{
    bert__buf names;
    size_t i;
    bert__buf_init(&names, NULL);
    if (bert__list_folder(folder, &names, NULL) == BERT_OK)
        for (i = 0; i < names.size; i += strlen(names.data + i) + 1) {
            char path[2048];
            snprintf(path, sizeof path, "%s/%s", folder, names.data + i);
            if (bert__path_kind(path) == BERT__PATH_FOLDER) { clear(path); remove_folder(path); }
            else remove(path);
        }
    bert__buf_free(&names);
}
static void folder(const char *name) { clear(in(name)); make_folder(in(name)); }
static void put(const char *name, const void *data, size_t size) { CHECK(bert_file_write(in(name), data, size, NULL) == BERT_OK); }
static void put_text(const char *name, const char *text) { put(name, text, strlen(text)); }

static const float some_floats[12] = { 1, -2, 3.5f, 0, 1e-40f, 1e30f, -0.0f, 7, 8, 9, 10, 11 };
static const int64_t some_shape[2] = { 3, 4 }, some_row[1] = { 4 };

static bert_output output(const char *name, bert_dtype type, const void *data, const int64_t *shape, int32_t rank)
{
    bert_output o;
    memset(&o, 0, sizeof o);
    o.name = name;
    o.dtype = type;
    o.data = data;
    o.shape = shape;
    o.rank = rank;
    return o;
}
static bert_status write_as(const char *path, bert_format format, const bert_output *tensors, size_t count, bert_error *err)
{
    bert_write_desc d;
    memset(&d, 0, sizeof d);
    d.path = path;
    d.format = format;
    d.tensors = tensors;
    d.count = count;
    d.error = err;
    return bert_checkpoint_write(&d);
}
/* A checkpoint with one tensor of that name. */
static void put_one(const char *file, bert_format format, const char *tensor)
{
    bert_output o = output(tensor, BERT_F32, some_floats, some_row, 1);
    bert_error err;
    memset(&err, 0, sizeof err);
    if (write_as(in(file), format, &o, 1, &err) != BERT_OK) TEST_FAIL("%s", err.message);
}
static bert_error last;

static bert_checkpoint *open_path(const char *path)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    memset(&d, 0, sizeof d);
    memset(&last, 0, sizeof last);
    d.path = path;
    d.error = &last;
    if (bert_checkpoint_open(&d, &c) != BERT_OK) CHECK(c == NULL && last.code != BERT_OK && last.message[0]);
    return c;
}
static bert_checkpoint *open_bytes(const void *data, size_t size)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    memset(&d, 0, sizeof d);
    memset(&last, 0, sizeof last);
    d.data = data;
    d.size = size;
    d.error = &last;
    if (bert_checkpoint_open(&d, &c) != BERT_OK) CHECK(c == NULL && last.code != BERT_OK && last.message[0]);
    return c;
}
/* Opening finds the tensor of that name ... */
static void finds(const char *path, const char *tensor)
{
    bert_checkpoint *c = open_path(in(path));
    if (!c) { TEST_FAIL("%s: %s", path, last.message); return; }
    if (!bert_checkpoint_find(c, tensor)) TEST_FAIL("%s: opened %s (%s), which has no %s", path, bert_checkpoint_path(c), bert_checkpoint_format(c), tensor);
    bert_checkpoint_close(c);
}
/* ... or fails with these words. */
static void fails(const char *path, const char *words)
{
    bert_checkpoint *c = open_path(in(path));
    if (c) TEST_FAIL("%s opens as %s", path, bert_checkpoint_format(c));
    else if (!strstr(last.message, words)) TEST_FAIL("%s: %s", path, last.message);
    bert_checkpoint_close(c);
}

/* ============================================================================================================
   safetensors
   ============================================================================================================ */

/* A file of this header and so many zeros. */
static size_t st_file(char *out, const char *header, size_t values)
{
    size_t n = strlen(header), k;
    for (k = 0; k < 8; k++) out[k] = (char)((uint64_t)n >> 8 * k & 255);
    memcpy(out + 8, header, n);
    memset(out + 8 + n, 0, values);
    return 8 + n + values;
}
static void st_header(const char *header, size_t values, const char *words)
{
    char *file = (char *)malloc(strlen(header) + 16 + values);
    size_t n;
    bert_checkpoint *c;
    if (!file) abort();
    n = st_file(file, header, values);
    c = open_bytes(file, n);
    if (words && c) TEST_FAIL("opens: %s", header);
    else if (words && !strstr(last.message, words)) TEST_FAIL("%s: %s", header, last.message);
    else if (!words && !c) TEST_FAIL("%s: %s", header, last.message);
    bert_checkpoint_close(c);
    free(file);
}
#define T(name, type, shape, offsets) "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

/* What torch 2.15 makes of the same numbers (x.to(torch.float8_e4m3fnuz) ...). Negative numbers in E8M0 are left out: torch drops the
   sign, ml_dtypes answers NaN, and so do we. */
static void convert_recorded(void)
{
    static const float from[] = { 0, 1, -1, 1.5f, 1.25f, -1.75f, 3, 240, 247.9f, 248, 1e-4f, 0.0009765625f, 0.00048828125f, 0.0004883f, 57344, 61439, 61440,
                                  7.62939453125e-06f, 3.814697265625e-06f, 3.9e-06f, 1e30f, 1e-38f, 5.8774718e-39f, 8.8162076e-39f, 8.8e-39f, 2.5521178e38f, 2.56e38f };
    static const struct { bert_dtype type; uint8_t codes[27]; } rows[] = {
        { BERT_F8_E4M3FNUZ, { 0, 64, 192, 68, 66, 198, 76, 127, 127, 128, 0, 1, 0, 1, 128, 128, 128, 0, 0, 0, 128, 0, 0, 0, 0, 128, 128 } },
        { BERT_F8_E5M2FNUZ, { 0, 64, 192, 66, 65, 195, 70, 96, 96, 96, 11, 24, 20, 20, 127, 127, 128, 1, 0, 1, 128, 0, 0, 0, 0, 128, 128 } },
        { BERT_F8_E8M0, { 0, 127, 127, 128, 127, 128, 129, 135, 135, 135, 114, 117, 116, 116, 143, 143, 143, 110, 109, 109, 227, 1, 0, 1, 1, 255, 255 } } };
    size_t r, i;
    for (r = 0; r < sizeof rows / sizeof *rows; r++)
        for (i = 0; i < sizeof from / sizeof *from; i++) {
            uint8_t code[4] = { 7 };                                    /* one is enough, but a compiler may think of F32 as well */
            if (rows[r].type == BERT_F8_E8M0 && from[i] < 0) continue;
            CHECK(bert_convert(from + i, BERT_F32, code, rows[r].type, 1) == BERT_OK);
            if (code[0] != rows[r].codes[i]) TEST_FAIL("%g became %s %d, torch has %d", (double)from[i], bert_dtype_name(rows[r].type), code[0], rows[r].codes[i]);
        }
}
/* Types of less than a byte are listed with their size, and not converted. */
static void sub_byte_types(void)
{
    static const char header[] = "{\"a\":{\"dtype\":\"F4\",\"shape\":[2,3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"F6_E2M3\",\"shape\":[8],\"data_offsets\":[3,9]}}";
    char file[sizeof header + 16];
    const size_t n = st_file(file, header, 9);
    bert_checkpoint *c = open_bytes(file, n);
    const bert_tensor *a = bert_checkpoint_find(c, "a"), *b = bert_checkpoint_find(c, "b");
    bert_error e = { 0 };
    float values[8];
    REQUIRE(a != NULL && b != NULL);
    CHECK_INT(a->count, 6);
    CHECK_INT(bert_tensor_bytes(a), 3);
    CHECK_INT(bert_tensor_bytes(b), 6);
    CHECK(bert_tensor_view(a) == NULL);
    CHECK_INT(bert_tensor_read(a, BERT_F32, values, 6, &e), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(e.message, "a: is F4, which does not become F32") != NULL);
    CHECK_INT(bert_tensor_read(b, BERT_F6_E2M3, values, 8, &e), BERT_ERROR_UNSUPPORTED);
    CHECK_INT(bert_convert(values, BERT_F4, values, BERT_F4, 1), BERT_ERROR_UNSUPPORTED);
    bert_checkpoint_close(c);
}

static void safetensors_headers(void)
{
    st_header("{}", 0, NULL);
    st_header("{}   \n\t ", 0, NULL);
    st_header("{\"__metadata__\":{\"a\":\"b\"},\"__metadata__\":{}}", 0, "__metadata__ is given twice");
    st_header("{\"__metadata__\":{}", 0, "the text ends too early");
    st_header("{\"__metadata__\":{} \"a\"", 0, "closing bracket is missing");
    st_header("{" T("a", "F32", "[1]", "[0,4]") "}", 4, NULL);
    st_header("{" T("", "F32", "[]", "[0,4]") "}", 4, NULL);
    st_header("{" T("b", "F32", "[1]", "[4,8]") "," T("a", "F32", "[1]", "[0,4]") "}", 8, NULL);
    st_header("{" T("a", "F32", "[0]", "[4,4]") "," T("b", "F32", "[1]", "[0,4]") "," T("c", "F32", "[3,0]", "[0,0]") "}", 4, NULL);
    st_header("{" T("a", "F32", "[1]", "[0,4]") "," T("a", "F32", "[2]", "[0,8]") "}", 8, NULL);
    st_header("{\"a\":{\"x\":[{}],\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, NULL);
    st_header("{\"__metadata__\":{\"a\":\"b\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, NULL);
    st_header("{\"__metadata__\":null}", 0, NULL);
    st_header(" {}", 0, "");
    st_header("[]", 0, "");
    st_header("{\"__metadata__\":[]}", 0, "not an object");
    st_header("{\"__metadata__\":{\"a\":1}}", 0, "not a string");
    st_header("{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0, "surrogate");
    st_header("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice");
    st_header("{" T("a", "F32", "[1]", "[0,4]") "}", 5, "after the last");
    st_header("{" T("a", "F32", "[1]", "[0,4]") "}", 3, "cut off");
    st_header("{" T("a", "F32", "[1]", "[1,5]") "}", 5, "hole");
    st_header("{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[8,12]") "}", 12, "hole");
    st_header("{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[2,6]") "}", 6, "overlap");
    st_header("{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[0,4]") "}", 4, "overlap");
    st_header("{" T("a", "F32", "[2]", "[0,8]") "," T("b", "F32", "[0]", "[4,4]") "}", 8, "overlap");
    st_header("{" T("a", "F32", "[2]", "[0,4]") "}", 4, "need 8 bytes");
    st_header("{" T("a", "F32", "[1]", "[4,0]") "}", 4, "before they begin");
    st_header("{" T("a", "F32", "[-1]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "[-0]", "[0,0]") "}", 0, "whole number");
    st_header("{" T("a", "F32", "[1.0]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "[1e0]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "[true]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "[[1]]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "[\"1\"]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "{}", "[0,4]") "}", 4, "list");
    st_header("{" T("a", "F32", "[9223372036854775808]", "[0,4]") "}", 4, "whole number");
    st_header("{" T("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", 0, "2^64");
    st_header("{" T("a", "F32", "[4294967296,0,4294967296]", "[0,0]") "}", 0, NULL);
    st_header("{" T("a", "F32", "[9223372036854775807,0]", "[0,0]") "}", 0, "2^");
    st_header("{" T("a", "F32", "[1]", "[0]") "}", 4, "two whole numbers");
    st_header("{" T("a", "F32", "[1]", "[0,4,4]") "}", 4, "two whole numbers");
    st_header("{" T("a", "F32", "[1]", "[0,18446744073709551612]") "}", 4, "two whole numbers");
    st_header("{" T("a", "F32", "[1]", "[0,9223372036854775807]") "}", 4, "cut off");
    st_header("{" T("a", "F32", "[1]", "4") "}", 4, "two whole numbers");
    st_header("{" T("a", "f32", "[1]", "[0,4]") "}", 4, "none of safetensors' types");
    st_header("{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "none of safetensors' types");
    st_header("{" T("a", "F4", "[2]", "[0,1]") "}", 1, NULL);
    st_header("{" T("a", "F4", "[3]", "[0,2]") "}", 2, "12 bits of F4 do not end at a byte");
    st_header("{" T("a", "F6_E2M3", "[2,2]", "[0,3]") "," T("b", "F6_E3M2", "[8]", "[3,9]") "}", 9, NULL);
    st_header("{" T("a", "F6_E3M2", "[4]", "[0,4]") "}", 4, "need 3 bytes");
    st_header("{" T("a", "F8_E8M0", "[1]", "[0,1]") "}", 1, NULL);
    st_header("{" T("a", "F8_E3M4", "[1]", "[0,1]") "}", 1, "none of safetensors' types");
    st_header("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype is missing");
    st_header("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape is missing");
    st_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets is missing");
    st_header("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "twice");
    st_header("{\"a\":[\"F32\",[1],[0,4]]}", 4, "not an object");
    st_header("{\"a\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "surrogate");
    st_header("{\"a\\u0000b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "NUL");
    st_header("{\"\xFF\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "UTF-8");
    st_header("{" T("a", "F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, NULL);
    st_header("{" T("a", "F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "65 dimensions");
}
/* The length in front: all that does not fit. */
static void safetensors_lengths(void)
{
    static const uint64_t lengths[] = { 0, 1, 3, 100000000, 100000001, 0x7FFFFFFFu, 0xFFFFFFFFu, 0x7FFFFFFFFFFFFFFFu, 0x8000000000000000u, 0xFFFFFFFFFFFFFFF8u, UINT64_MAX };
    char file[64];
    size_t n = st_file(file, "{}", 0), i, k;
    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bert_checkpoint *c;
        for (k = 0; k < 8; k++) file[k] = (char)(lengths[i] >> 8 * k & 255);
        c = open_bytes(file, n);
        CHECK(c == NULL);
        bert_checkpoint_close(c);
    }
}

/* Tensors of every type, for writing. */
static size_t all_types(bert_output *o, char names[][32], const void *values)
{
    static const int64_t none[2] = { 0, 5 };
    size_t n = 0;
    int type;
    for (type = BERT_F32; type <= BERT_C64; type++, n++) {
        snprintf(names[n], 32, "t.%d.%s", 20 - type, bert_dtype_name((bert_dtype)type));
        o[n] = output(names[n], (bert_dtype)type, values, some_shape, 2);
    }
    o[n++] = output("scalar", BERT_F64, values, NULL, 0);
    o[n++] = output("empty", BERT_F32, NULL, none, 2);
    o[n++] = output("odd \"name\" \xE4\xB8\xAD\\\n", BERT_U8, values, some_row, 1);
    return n;
}
static void same_as_written(const bert_checkpoint *c, const bert_output *o, size_t n)
{
    size_t i;
    CHECK_INT(bert_checkpoint_count(c), (int64_t)n);
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_find(c, o[i].name);
        char got[512];
        int32_t k;
        size_t bytes = bert_dtype_size(o[i].dtype);
        if (!t) { TEST_FAIL("%s is missing", o[i].name); continue; }
        CHECK(t->dtype == o[i].dtype && t->rank == o[i].rank);
        for (k = 0; k < o[i].rank && k < t->rank; k++) { CHECK_INT(t->shape[k], o[i].shape[k]); bytes *= (size_t)o[i].shape[k]; }
        REQUIRE(bytes <= sizeof got && bytes == (size_t)t->count * bert_dtype_size(t->dtype));
        CHECK(bert_tensor_read(t, t->dtype, got, t->count, NULL) == BERT_OK);
        if (bytes) CHECK_BYTES(got, bytes, o[i].data, bytes);
    }
}
static uint64_t some_values[32];

static void safetensors_round(void)
{
    static const char *const meta[] = { "format", "pt", "note", "a \"b\" \xC3\xA9\n", NULL }, *const empty[] = { NULL };
    bert_output o[32];
    char names[32][32];
    size_t n = all_types(o, names, some_values), i, size;
    bert_checkpoint *c;
    bert_write_desc d;
    bert_error err;
    char *file;
    memset(&err, 0, sizeof err);
    CHECK(write_as(in("round.safetensors"), BERT_FORMAT_AUTO, o, n, &err) == BERT_OK);
    c = open_path(in("round.safetensors"));
    REQUIRE(c != NULL);
    CHECK_STR(bert_checkpoint_format(c), "safetensors");
    CHECK_STR(bert_checkpoint_path(c), in("round.safetensors"));
    CHECK_STR(bert_checkpoint_metadata(c, "format"), "pt");
    CHECK(bert_checkpoint_metadata(c, "other") == NULL && bert_checkpoint_find(c, "other") == NULL && bert_checkpoint_tensor(c, -1) == NULL && bert_checkpoint_tensor(c, (int64_t)n) == NULL);
    same_as_written(c, o, n);
    for (i = 0; i < n; i++) {                                           /* wide types first: everything is aligned */
        const bert_tensor *t = bert_checkpoint_tensor(c, (int64_t)i);
        CHECK((uintptr_t)t->data % (t->dtype == BERT_C64 ? 4 : bert_dtype_size(t->dtype)) == 0);
        if (!bert__machine_is_big()) CHECK(bert_tensor_view(t) == t->data);
        if (i) CHECK(bert_dtype_size(bert_checkpoint_tensor(c, (int64_t)i - 1)->dtype) >= bert_dtype_size(t->dtype));
    }
    bert_checkpoint_close(c);
    file = test_read_file(in("round.safetensors"), &size);
    REQUIRE(file != NULL);
    CHECK(bert__load64(file) % 8 == 0);
    CHECK(memcmp(file + 8, "{\"__metadata__\":{\"format\":\"pt\"},\"t.", 35) == 0);
    free(file);

    memset(&d, 0, sizeof d);
    d.path = in("meta.safetensors");
    d.tensors = o;
    d.count = 1;
    d.metadata = meta;
    d.error = &err;
    CHECK(bert_checkpoint_write(&d) == BERT_OK);
    c = open_path(d.path);
    REQUIRE(c != NULL);
    CHECK_STR(bert_checkpoint_metadata(c, "note"), meta[3]);
    bert_checkpoint_close(c);
    d.metadata = empty;
    d.count = 0;
    CHECK(bert_checkpoint_write(&d) == BERT_OK);
    file = test_read_file(d.path, &size);
    REQUIRE(file != NULL);
    CHECK_BYTES(file, size, "\x08\0\0\0\0\0\0\0{}      ", 16);
    free(file);
}
static void safetensors_writes_refused(void)
{
    static const int64_t wrong[2] = { 3, -1 }, huge[3] = { 1 << 30, 1 << 30, 1 << 30 };
    bert_output o[2];
    bert_error err;
    char *file;
    size_t size, k;
    bert_write_desc d;
    static const struct { const char *words; } cases[] = { { "not empty" }, { "UTF-8" }, { "cannot be written" }, { "dimension 1 is -1" }, { "memory can hold" }, { "no values" }, { "rank" }, { "two tensors" }, { "own" }, { "(no name)" }, { "rank is -1" }, { "rank is 1" } };
    put_text("kept.safetensors", "as it was");
    for (k = 0; k < sizeof cases / sizeof *cases; k++) {
        o[0] = o[1] = output("a", BERT_F32, some_floats, some_shape, 2);
        o[1].name = "b";
        if (k == 0) o[1].name = "";
        if (k == 1) o[1].name = "\xFF";
        if (k == 2) o[1].dtype = BERT_STRING;
        if (k == 3) o[1].shape = wrong;
        if (k == 4) { o[1].shape = huge; o[1].rank = 3; }
        if (k == 5) o[1].data = NULL;
        if (k == 6) o[1].rank = 65;
        if (k == 7) o[1].name = "a";
        if (k == 8) o[1].name = "__metadata__";
        if (k == 9) o[1].name = NULL;
        if (k == 10) o[1].rank = -1;
        if (k == 11) { o[1].rank = 1; o[1].shape = NULL; }
        memset(&err, 0, sizeof err);
        CHECK(write_as(in("kept.safetensors"), BERT_FORMAT_AUTO, o, 2, &err) != BERT_OK);
        if (!strstr(err.message, cases[k].words)) TEST_FAIL("%s, not: %s", err.message, cases[k].words);
    }
    file = test_read_file(in("kept.safetensors"), &size);
    REQUIRE(file != NULL);
    CHECK_BYTES(file, size, "as it was", 9);
    free(file);
    for (k = 0; k < 3; k++) {                                           /* metadata alone; a key without a value; none */
        static const char *const meta[3][4] = { { "a", "b", NULL, NULL }, { "a", "b", "c", NULL }, { NULL, NULL, NULL, NULL } };
        bert_checkpoint *c;
        memset(&d, 0, sizeof d);
        d.path = in("meta.safetensors");
        d.metadata = meta[k];
        REQUIRE(bert_checkpoint_write(&d) == BERT_OK && (c = open_path(in("meta.safetensors"))) != NULL);
        CHECK_INT(bert_checkpoint_count(c), 0);
        if (k < 2) CHECK_STR(bert_checkpoint_metadata(c, "a"), "b");
        CHECK(bert_checkpoint_metadata(c, "c") == NULL);
        bert_checkpoint_close(c);
    }
    o[0] = output("a", BERT_F32, some_floats, some_shape, 2);
    CHECK(write_as(in("nowhere/x.safetensors"), BERT_FORMAT_AUTO, o, 1, &err) == BERT_ERROR_IO && strstr(err.message, "x.safetensors"));
    CHECK(write_as(in("x.safetensors"), (bert_format)9, o, 1, &err) == BERT_ERROR_ARGUMENT);
    memset(&d, 0, sizeof d);
    CHECK(bert_checkpoint_write(NULL) == BERT_ERROR_ARGUMENT && bert_checkpoint_write(&d) == BERT_ERROR_ARGUMENT);
    d.path = "";
    CHECK(bert_checkpoint_write(&d) == BERT_ERROR_ARGUMENT);
    d.path = in("x.safetensors");
    d.count = 1;                                                        /* of which there are none */
    CHECK(bert_checkpoint_write(&d) == BERT_ERROR_ARGUMENT);
    d.tensors = o;
    d.count = SIZE_MAX;
    CHECK(bert_checkpoint_write(&d) == BERT_ERROR_ARGUMENT);
}
/* Every beginning of a file is an error; every flipped bit an error or another sound file. */
static void damaged(const char *path)
{
    size_t size, n, i;
    char *file = test_read_file(path, &size), *copy;
    bert_checkpoint *c;
    REQUIRE(file != NULL);
    for (n = 0; n < size; n++) {
        copy = (char *)malloc(n ? n : 1);
        if (!copy) abort();
        memcpy(copy, file, n);
        c = open_bytes(copy, n);
        if (c) { TEST_FAIL("opens when cut to %lu of %lu bytes", (unsigned long)n, (unsigned long)size); bert_checkpoint_close(c); }
        free(copy);
    }
    for (n = 0; n < 8 * size; n++) {
        copy = (char *)malloc(size);
        if (!copy) abort();
        memcpy(copy, file, size);
        copy[n / 8] = (char)(copy[n / 8] ^ 1 << n % 8);
        c = open_bytes(copy, size);
        for (i = 0; c && i < (size_t)bert_checkpoint_count(c); i++) {
            const bert_tensor *t = bert_checkpoint_tensor(c, (int64_t)i);
            void *out = malloc((size_t)t->count * bert_dtype_size(t->dtype) + 1);
            if (!out) abort();
            CHECK(bert_tensor_read(t, t->dtype, out, t->count, NULL) == BERT_OK);
            free(out);
        }
        bert_checkpoint_close(c);
        free(copy);
    }
    free(file);
}
static void safetensors_damaged(void)
{
    bert_output o[32];
    char names[32][32];
    size_t n = all_types(o, names, some_values);
    CHECK(write_as(in("damaged.safetensors"), BERT_FORMAT_AUTO, o + n - 5, 5, NULL) == BERT_OK);
    damaged(in("damaged.safetensors"));
}
/* Headers made to cost memory: the parser's tree takes 40 bytes for each "1,", so no more than an entry may be in it at a time. */
/* Under AddressSanitizer every piece of an arena is a block of its own: the bound holds for what is asked for elsewhere. */
#if defined(__SANITIZE_ADDRESS__)
enum { separate = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { separate = 1 };
#else
enum { separate = 0 };
#endif
#else
enum { separate = 0 };
#endif
static void safetensors_memory(void)
{
    static const char *const kinds[] = { "one entry of numbers", "long entries", "metadata", "many tensors", "a metadata of numbers" };
    const size_t room = 4 << 20;
    char *header = (char *)malloc(room + 200000), *file = (char *)malloc(room + 200100);
    int kind;
    if (!header || !file) abort();
    for (kind = 0; kind < 5; kind++) {
        bert_checkpoint_desc d = { 0 };
        bert_checkpoint *c = NULL;
        bert_error e = { 0 };
        test_faults f = { 0 };
        size_t n = 0, size;
        long k;
        bert_status st;
        n += (size_t)sprintf(header + n, kind == 2 ? "{\"__metadata__\":{\"a\":\"\"" : kind == 4 ? "{\"__metadata__\":{\"a\":[1" : kind == 0 ? "{\"a\":[1" : "{\"first\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        for (k = 0; n < room; k++) {
            if (kind == 0 || kind == 4) { memcpy(header + n, ",1", 2); n += 2; }
            if (kind == 2) n += (size_t)sprintf(header + n, ",\"\":\"\"");
            if (kind == 3) n += (size_t)sprintf(header + n, ",\"%lx\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", k);
            if (kind == 1) {
                size_t end = n + 65000;
                n += (size_t)sprintf(header + n, ",\"%lx\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"z\":[1", k);
                while (n < end) { memcpy(header + n, ",1", 2); n += 2; }
                n += (size_t)sprintf(header + n, "]}");
            }
        }
        n += (size_t)sprintf(header + n, kind == 0 ? "]}" : kind == 2 ? "}}" : kind == 4 ? "]}}" : "}");
        size = st_file(file, header, 0);
        CHECK(size == n + 8);
        d.data = file;
        d.size = size;
        d.error = &e;
        d.allocator = test_faults_allocator(&f);
        st = bert_checkpoint_open(&d, &c);
        if (kind == 0 || kind == 4) CHECK(st == BERT_ERROR_UNSUPPORTED && strstr(e.message, "65536") != NULL);
        else if (st != BERT_OK) TEST_FAIL("%s: %s", kinds[kind], e.message);
        if (kind == 3) CHECK(bert_checkpoint_count(c) > 70000);
        if (!separate && f.peak > 8 * size) TEST_FAIL("%s: %.1f bytes of memory for a byte of the header", kinds[kind], (double)f.peak / (double)size);
        bert_checkpoint_close(c);
        CHECK_INT(f.live, 0);
    }
    free(header);
    free(file);
}

static void safetensors_many(void)
{
    enum { MANY = 50000 };
    bert_output *o = (bert_output *)calloc(MANY, sizeof *o);
    char (*names)[16] = (char (*)[16])calloc(MANY, 16);
    bert_checkpoint *c;
    clock_t start = clock();
    int i;
    if (!o || !names) abort();
    for (i = 0; i < MANY; i++) {
        snprintf(names[i], 16, "n%d", i * 7919 % MANY);
        o[i] = output(names[i], BERT_F32, some_floats, some_row, i % 2);
    }
    CHECK(write_as(in("many.safetensors"), BERT_FORMAT_AUTO, o, MANY, NULL) == BERT_OK);
    c = open_path(in("many.safetensors"));
    CHECK(c && bert_checkpoint_count(c) == MANY && bert_checkpoint_find(c, "n12345"));
    bert_checkpoint_close(c);
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 10);             /* quadratic would be minutes */
    free(o);
    free(names);
}

/* ============================================================================================================
   Memory that runs out, everywhere
   ============================================================================================================ */

static void open_without_memory(const char *path)
{
    test_faults f;
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_status st = BERT_ERROR_MEMORY;
    long k;
    for (k = 1; st != BERT_OK && k < 2000; k++) {
        memset(&f, 0, sizeof f);
        memset(&d, 0, sizeof d);
        f.fail_at = k;
        d.path = path;
        d.allocator = test_faults_allocator(&f);
        d.error = &last;
        st = bert_checkpoint_open(&d, &c);
        if (st == BERT_OK) bert_checkpoint_close(c);
        else { CHECK_INT(st, BERT_ERROR_MEMORY); CHECK(c == NULL && last.code == BERT_ERROR_MEMORY); }
        CHECK_INT(f.live, 0);
    }
    CHECK(st == BERT_OK && k > 3);
}
static void write_without_memory(const char *path, bert_format format)
{
    test_faults f;
    bert_write_desc d;
    bert_status st = BERT_ERROR_MEMORY;
    bert_output o = output("a", BERT_F32, some_floats, some_shape, 2);
    long k;
    for (k = 1; st != BERT_OK && k < 2000; k++) {
        memset(&f, 0, sizeof f);
        memset(&d, 0, sizeof d);
        f.fail_at = k;
        d.path = path;
        d.format = format;
        d.tensors = &o;
        d.count = 1;
        d.allocator = test_faults_allocator(&f);
        d.error = &last;
        st = bert_checkpoint_write(&d);
        if (st != BERT_OK) CHECK_INT(st, BERT_ERROR_MEMORY);
        CHECK_INT(f.live, 0);
    }
    CHECK(st == BERT_OK && k > 2);
}

/* ============================================================================================================
   Shards
   ============================================================================================================ */

static void put_index(const char *file, const char *map)
{
    char text[2048];
    snprintf(text, sizeof text, "{\"metadata\":{\"total_size\":32},\"weight_map\":%s}", map);
    put_text(file, text);
}
static void shards(void)
{
    static const char *const escapes[] = { "../shards/x.safetensors", "/etc/passwd", "..", ".", "", "a\\\\b", "c:x", "sub/x.safetensors", "./x.safetensors", "x.safetensors\\u0000" };
    bert_output o[2];
    bert_checkpoint *c;
    size_t i;
    folder("shards");
    o[0] = output("a", BERT_F32, some_floats, some_row, 1);
    o[1] = output("unmapped", BERT_F32, some_floats, some_row, 1);
    CHECK(write_as(in("shards/x.safetensors"), BERT_FORMAT_AUTO, o, 2, NULL) == BERT_OK);
    put_one("shards/y.safetensors", BERT_FORMAT_AUTO, "b");
    put_index("shards/model.safetensors.index.json", "{\"b\":\"y.safetensors\",\"a\":\"x.safetensors\"}");
    c = open_path(in("shards"));
    if (!c) TEST_FAIL("%s", last.message);
    else {
        CHECK_STR(bert_checkpoint_format(c), "sharded safetensors");
        CHECK_STR(bert_checkpoint_path(c), in("shards/model.safetensors.index.json"));
        CHECK_STR(bert_checkpoint_metadata(c, "format"), "pt");
        CHECK_INT(bert_checkpoint_count(c), 2);
        CHECK(bert_checkpoint_find(c, "a") && bert_checkpoint_find(c, "b") && !bert_checkpoint_find(c, "unmapped"));
        bert_checkpoint_close(c);
    }
    open_without_memory(in("shards"));
    put_index("shards/model.safetensors.index.json", "{\"a\":\"y.safetensors\"}");
    fails("shards", "y.safetensors");
    CHECK(last.code == BERT_ERROR_MISMATCH && strcmp(last.tensor, "a") == 0);
    put_index("shards/model.safetensors.index.json", "{\"a\":\"z.safetensors\"}");
    fails("shards", "z.safetensors");
    put_index("shards/model.safetensors.index.json", "{\"a\":7}");
    fails("shards", "no file name");
    put_index("shards/model.safetensors.index.json", "{}");
    fails("shards", "weight_map");
    put_index("shards/model.safetensors.index.json", "[]");
    fails("shards", "weight_map");
    put_index("shards/model.safetensors.index.json", "{\"a\":\"model.safetensors.index.json\"}");
    fails("shards", "no checkpoint");                                   /* no index of indexes */
    put_text("shards/model.safetensors.index.json", "{}");
    fails("shards", "weight_map");
    put_text("shards/model.safetensors.index.json", "{");
    fails("shards", "JSON");
    for (i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        char map[200];
        snprintf(map, sizeof map, "{\"a\":\"%s\"}", escapes[i]);
        put_index("shards/model.safetensors.index.json", map);
        fails("shards", "a shard is a file beside its index");
    }
    c = open_bytes("{\"weight_map\":{\"a\":\"b\"}}", 24);
    CHECK(c == NULL && strstr(last.message, "path"));
    put_one("shards/.hidden.safetensors", BERT_FORMAT_AUTO, "a");       /* a name like another */
    put_index("shards/model.safetensors.index.json", "{\"a\":\".hidden.safetensors\"}");
    finds("shards", "a");
    {
        const size_t size = ((size_t)1 << 24) + 1;
        char *large = (char *)malloc(size);
        REQUIRE(large != NULL);
        memset(large, ' ', size);
        large[0] = '{';
        c = open_bytes(large, size);
        CHECK(c == NULL && strstr(last.message, "a JSON file of 16777217 bytes; the index of a sharded checkpoint has at most 16 MB") != NULL);
        free(large);
    }
}

/* ============================================================================================================
   What a path means
   ============================================================================================================ */

static void resolve_arguments(void)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    memset(&d, 0, sizeof d);
    CHECK(bert_checkpoint_open(NULL, &c) == BERT_ERROR_ARGUMENT && bert_checkpoint_open(&d, NULL) == BERT_ERROR_ARGUMENT && bert_checkpoint_open(&d, &c) == BERT_ERROR_ARGUMENT);
    d.path = "x";
    d.data = "y";
    d.size = 1;
    CHECK(bert_checkpoint_open(&d, &c) == BERT_ERROR_ARGUMENT && c == NULL);
    bert_checkpoint_close(NULL);
    CHECK(bert_checkpoint_count(NULL) == 0 && bert_checkpoint_tensor(NULL, 0) == NULL && bert_checkpoint_find(NULL, "a") == NULL && bert_checkpoint_metadata(NULL, "a") == NULL);
    CHECK(bert_checkpoint_format(NULL) == NULL && bert_checkpoint_path(NULL) == NULL);
}
/* What lies beside a checkpoint, and what is refused where it is asked for. */
static void beside(void)
{
    bert_checkpoint *c, *none;
    bert_file file;
    bert_error err;
    char path[600];
    folder("b");
    put_one("b/m.safetensors", BERT_FORMAT_AUTO, "a");
    put_text("b/notes", "some notes");
    put_text("b/nothing", "");
    c = open_path(in("b/m.safetensors"));
    REQUIRE(c != NULL);
    CHECK(bert_checkpoint_find(c, NULL) == NULL && bert_checkpoint_tensor(c, 1) == NULL && bert_checkpoint_tensor(c, -1) == NULL && bert_checkpoint_metadata(c, "none") == NULL);
    CHECK(bert_checkpoint_beside(c, "notes", path, sizeof path, &file, &err) == BERT_OK && file.size == 10 && memcmp(file.data, "some notes", 10) == 0);
    CHECK_STR(path, in("b/notes"));
    bert_file_close(&file);
    CHECK(bert_checkpoint_beside(c, "notes", NULL, 0, &file, &err) == BERT_OK && file.size == 10);
    bert_file_close(&file);
    path[0] = '?';
    CHECK(bert_checkpoint_beside(c, "nothing", path, 0, &file, &err) == BERT_OK && file.size == 0 && path[0] == '?');
    bert_file_close(&file);
    CHECK_INT(bert_checkpoint_beside(c, "gone", path, sizeof path, &file, &err), BERT_ERROR_IO);
    CHECK(strstr(err.message, "no gone lies beside this checkpoint") != NULL);
    CHECK_INT(bert_checkpoint_beside(c, "../notes", path, sizeof path, &file, &err), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_checkpoint_beside(NULL, "notes", path, sizeof path, &file, &err), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_checkpoint_beside(c, NULL, path, sizeof path, &file, &err), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_checkpoint_beside(c, "notes", path, sizeof path, NULL, &err), BERT_ERROR_ARGUMENT);
    memset(path, 'n', 300);
    path[300] = 0;
    CHECK_INT(bert_checkpoint_beside(c, path, NULL, 0, &file, &err), BERT_ERROR_ARGUMENT);
    bert_checkpoint_close(c);
    {
        size_t size = 0;
        char *bytes = test_read_file(in("b/m.safetensors"), &size);
        REQUIRE(bytes && (none = open_bytes(bytes, size)) != NULL);     /* in memory it has no place */
        CHECK_INT(bert_checkpoint_beside(none, "notes", NULL, 0, &file, &err), BERT_ERROR_IO);
        bert_checkpoint_close(none);
        free(bytes);
    }
}
/* From the last choice to the first: each file added is preferred to those before it. */
static void resolve_folder(void)
{
    folder("f");
    fails("f", "no checkpoint in this folder");
    CHECK(strstr(last.message, "model.safetensors") && strstr(last.message, "*.index"));
    put_text("f/vocab.txt", "[UNK]\n");
    put_text("f/training_args.bin", "x");
    put_one("f/odd.safetensors", BERT_FORMAT_AUTO, "odd");
    finds("f", "odd");
    finds("f/", "odd");
    put_one("f/even.safetensors", BERT_FORMAT_AUTO, "even");
    fails("f", "several checkpoints");
#ifndef BERT_NO_TF
    put_one("f/model.ckpt-9", BERT_FORMAT_TF, "step9");
    finds("f", "step9");
    put_one("f/model.ckpt-10", BERT_FORMAT_TF, "step10");
    put_one("f/model.ckpt-2", BERT_FORMAT_TF, "step2");
    finds("f", "step10");
    put_one("f/other-10", BERT_FORMAT_TF, "other10");
    fails("f", "several checkpoints");
    folder("g");                                                        /* names without a step count for step 0; the largest step is a limit */
    put_one("g/123", BERT_FORMAT_TF, "digits");
    finds("g", "digits");
    put_one("g/ckpt-1", BERT_FORMAT_TF, "first");
    finds("g", "first");
    put_one("g/ckpt-99999999999999999999", BERT_FORMAT_TF, "last");
    finds("g", "last");
    make_folder(in("f/variables"));
    put_one("f/variables/variables", BERT_FORMAT_TF, "hub");
    finds("f", "hub");
    put_text("f/saved_model.pb", "\x08\x01\x12");
    finds("f/saved_model.pb", "hub");
    put_one("f/bert_model.ckpt", BERT_FORMAT_TF, "google");
    finds("f", "google");
#endif
#ifndef BERT_NO_PICKLE
    put_one("f/pytorch_model.bin", BERT_FORMAT_AUTO, "torch");
    finds("f", "torch");
#endif
    put_one("f/part.safetensors", BERT_FORMAT_AUTO, "part");
    put_index("f/model.safetensors.index.json", "{\"part\":\"part.safetensors\"}");
    finds("f", "part");
#ifndef BERT_NO_TF
    put_text("f/checkpoint", "model_checkpoint_path: \"model.ckpt-2\"\nall_model_checkpoint_paths: \"model.ckpt-2\"\n");
    finds("f", "step2");
    finds("f/checkpoint", "step2");
    put_text("f/checkpoint", "model_checkpoint_path: \"/somewhere/else/model.ckpt-9\"\n");
    finds("f", "step9");                                                /* the folder was moved */
    put_text("f/checkpoint", "model_checkpoint_path: \"gone-3\"\n");
    fails("f", "gone-3");
    put_text("f/checkpoint", "nothing\n");
    fails("f", "checkpoint");
#endif
    put_one("f/model.safetensors", BERT_FORMAT_AUTO, "single");         /* of a training: its result, not its state */
    finds("f", "single");
}
static void resolve_files(void)
{
    folder("p");
    put_text("p/short.data-0000a-of-00001", "x");                       /* only looks like a part of the values */
    fails("p/short.data-0000a-of-00001", "no checkpoint");
    put_text("p/short.data-00000-xx-00001", "x");
    fails("p/short.data-00000-xx-00001", "no checkpoint");
    put_text("p/short_data-00000-of-00001", "x");
    fails("p/short_data-00000-of-00001", "no checkpoint");
    put_text("p/saved_model.pb", "a graph of something else");          /* without its variables */
    fails("p/saved_model.pb", "no checkpoint");
    put_text("p/my_saved_model.pb", "a graph");                         /* only ends like it */
    fails("p/my_saved_model.pb", "no checkpoint");
    put_text("p/junk.pth", "junk");
    fails("p/junk.pth", "junk.pth");
    {
        char blanks[1500];
        memset(blanks, ' ', sizeof blanks);
        put("p/blanks", blanks, sizeof blanks);
        fails("p/blanks", "no checkpoint");
    }
    put_text("p/bad.index.json", "{\"metadata\":{}}");
    fails("p/bad.index.json", "the index has no weight_map");
    fails("p/nothing", "nothing.index");
#ifndef BERT_NO_TF
    put_one("p/bert_model.ckpt", BERT_FORMAT_TF, "t");
    finds("p/bert_model.ckpt", "t");
    finds("p/bert_model.ckpt.index", "t");
    finds("p/bert_model.ckpt.data-00000-of-00001", "t");
    {
        size_t size;
        char *index = test_read_file(in("p/bert_model.ckpt.index"), &size);
        bert_checkpoint *c;
        REQUIRE(index != NULL);
        c = open_bytes(index, size);
        CHECK(c == NULL && strstr(last.message, "path"));
        put("p/model.ckpt", index, size);                               /* the old format looks like that */
        fails("p/model.ckpt", "version 1");
        free(index);
    }
    remove(in("p/bert_model.ckpt.index"));
    fails("p/bert_model.ckpt.data-00000-of-00001", "bert_model.ckpt.index");
#endif
    put_one("p/anything", BERT_FORMAT_SAFETENSORS, "content");
    finds("p/anything", "content");                                     /* content counts, not the name */
    CHECK(rename(in("p/anything"), in("p/x.bin")) == 0);
    finds("p/x.bin", "content");
}
/* What is no checkpoint is called by its name. */
static void resolve_others(void)
{
    static const struct { const char *data; size_t size; const char *words; } others[] = {
        { "", 0, "empty" },
        { "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n", 60, "git lfs pull" },
        { "<!DOCTYPE html><html>", 21, "HTML" }, { "\n\n <HTML>", 9, "HTML" }, { "<?xml version=", 14, "HTML" },
        { "\x89HDF\r\n\x1A\n\0\0\0\0", 12, "HDF5" }, { "GGUF\3\0\0\0\0\0\0\0", 12, "GGUF" }, { "\x93NUMPY\1\0v\0", 10, "numpy" },
        { "\x1F\x8B\x08\0\0\0\0\0", 8, "gzip" }, { "7z\xBC\xAF\x27\x1C", 6, "7z" }, { "\x08\x07\x12\x07pytorch", 11, "ONNX" },
        { "\x1C\0\0\0TFL3", 8, "Lite" }, { "{\"hidden_size\":48}", 18, "config" }, { "{\"a\":{}}", 8, "weight_map" },
        { "hello, world", 12, "no checkpoint" }, { "\0", 1, "no checkpoint" },
        { " \r\t <hEaD>", 10, "HTML" }, { "<body", 5, "HTML" }, { "<bod", 4, "no checkpoint" }, { "ggml1234", 8, "GGML" }, { "BZh91AY&", 8, "bzip2" }, { "\xFD" "7zXZ\0\0", 7, "xz" },
        { "\x28\xB5\x2F\xFD\0", 5, "zstd" }, { "Rar!\x1A", 5, "RAR" }, { "\x08\x07\x3A\x07graph", 9, "ONNX" }, { "\x08\x07\x13\x07graph", 9, "no checkpoint" }, { "\x08\x20\x12\x07graph", 9, "no checkpoint" },
        { "\x08\x07\x12", 3, "no checkpoint" }, { " \n\r\t{\"model_type\":\"bert\"}", 25, "config" }, { "   ", 3, "no checkpoint" }, { "model_checkpoint_path: \"x", 25, NULL },
    };
    size_t i;
    char tar[512];
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        bert_checkpoint *c = open_bytes(others[i].data, others[i].size);
        CHECK(c == NULL);
        if (!others[i].words) continue;                                 /* bytes that a file beside others would say more by */
        if (!strstr(last.message, others[i].words)) TEST_FAIL("%s, not: %s", last.message, others[i].words);
        put("other", others[i].data, others[i].size);
        fails("other", others[i].words);
        CHECK(strstr(last.message, "other:") != NULL);
    }
    memset(tar, 0, sizeof tar);
    memcpy(tar + 257, "ustar", 5);
    put("other", tar, sizeof tar);
    fails("other", "tar archive");
    put_text("short.safetensors", "abc");
    fails("short.safetensors", "few");
}

/* ============================================================================================================
   All formats
   ============================================================================================================ */

static void formats_round(void)
{
    static const struct { const char *path; bert_format format; } ways[] = {
        { "way.safetensors", BERT_FORMAT_SAFETENSORS },
#ifndef BERT_NO_PICKLE
        { "way.bin", BERT_FORMAT_PYTORCH }, { "way.pt", BERT_FORMAT_PYTORCH },
#endif
#ifndef BERT_NO_TF
        { "way", BERT_FORMAT_TF },
#endif
    };
    bert_output o[3];
    size_t i;
    o[0] = output("bert/encoder/layer_0/output/dense/kernel", BERT_F32, some_floats, some_shape, 2);
    o[1] = output("b", BERT_F16, some_values, some_row, 1);
    o[2] = output("global_step", BERT_I64, some_values, NULL, 0);
    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        bert_error err;
        bert_checkpoint *c;
        memset(&err, 0, sizeof err);
        if (write_as(in(ways[i].path), BERT_FORMAT_AUTO, o, 3, &err) != BERT_OK) { TEST_FAIL("%s", err.message); continue; }
        c = open_path(in(ways[i].path));
        if (!c) { TEST_FAIL("%s", last.message); continue; }
        same_as_written(c, o, 3);
        bert_checkpoint_close(c);
        open_without_memory(in(ways[i].path));
        write_without_memory(in(ways[i].path), ways[i].format);
        finds(ways[i].path, "a");
    }
}

/* What one format can say and another cannot; and what is one storage in a PyTorch file, and what two. */
static void formats_differ(void)
{
    static char long_name[65537];
    bert_output o[4];
    bert_error err;
    bert_tensor t = tensor_over(some_floats, BERT_F32, some_row, 1, NULL);
    memset(long_name, 'n', sizeof long_name - 1);
#ifndef BERT_NO_TF
    o[0] = output("a", BERT_F8_E8M0, some_floats, some_row, 1);
    CHECK(write_as(in("differ"), BERT_FORMAT_TF, o, 1, &err) == BERT_ERROR_UNSUPPORTED && strstr(err.message, "values of type F8_E8M0 cannot be written for TensorFlow"));
#endif
#ifndef BERT_NO_PICKLE
    {
        bert_checkpoint *c;
        const bert_tensor *a, *b, *d, *e;
        o[0] = output(long_name, BERT_F32, some_floats, some_row, 1);
        CHECK(write_as(in("differ.bin"), BERT_FORMAT_PYTORCH, o, 1, &err) == BERT_ERROR_ARGUMENT && strstr(err.message, "tensor 0 needs a name in UTF-8 of up to 65535 bytes"));
        o[0] = output("a", BERT_F32, some_floats, some_row, 1);
        o[1] = output("b", BERT_F32, some_floats, some_row, 1);         /* the same values: once in the file */
        o[2] = output("c", BERT_I32, some_floats, some_row, 1);         /* the same bytes, but others values */
        o[3] = output("d", BERT_F32, NULL, some_row, 1);
        o[3].from = &t;                                                 /* out of a tensor */
        REQUIRE(write_as(in("differ.bin"), BERT_FORMAT_PYTORCH, o, 4, &err) == BERT_OK && (c = open_path(in("differ.bin"))) != NULL);
        a = bert_checkpoint_find(c, "a"); b = bert_checkpoint_find(c, "b"); d = bert_checkpoint_find(c, "c"); e = bert_checkpoint_find(c, "d");
        REQUIRE(a && b && d && e);
        CHECK(a->data == b->data && a->data != d->data && a->data != e->data);
        {
            int32_t bits[4];
            float again[4];
            CHECK(d->dtype == BERT_I32 && bert_tensor_read(d, BERT_I32, bits, 4, NULL) == BERT_OK && memcmp(bits, some_floats, 16) == 0);
            CHECK(bert_tensor_read(e, BERT_F32, again, 4, NULL) == BERT_OK && memcmp(again, some_floats, 16) == 0);
        }
        bert_checkpoint_close(c);
    }
#endif
}

/* What is written from tensors: turned, converted, of the other byte order; without memory for it. */
static void formats_from(void)
{
    static const struct { const char *path; bert_format format; } ways[] = {
        { "from.safetensors", BERT_FORMAT_SAFETENSORS },
#ifndef BERT_NO_PICKLE
        { "from.bin", BERT_FORMAT_PYTORCH },
#endif
#ifndef BERT_NO_TF
        { "from", BERT_FORMAT_TF },
#endif
    };
    enum { ROWS = 317, COLUMNS = 423, A = 3, B = 5, C = 700 };
    static float matrix[ROWS * COLUMNS], got[ROWS * COLUMNS];
    static double cube[A * B * C];
    static unsigned char odd[2 * 5000];
    static const int64_t shape[2] = { ROWS, COLUMNS }, cube_shape[3] = { C, A, B }, cube_strides[3] = { 1, B * C, C }, odd_shape[1] = { 5000 }, none[2] = { 0, 7 };
    bert_tensor whole, turned, permuted, swapped, nothing, empty;
    bert_output o[6];
    int64_t room[4], more[4], i, j, k;
    size_t w;
    memset(&whole, 0, sizeof whole);
    for (i = 0; i < ROWS * COLUMNS; i++) matrix[i] = (float)i;
    for (i = 0; i < A * B * C; i++) cube[i] = (double)i / 4;
    for (i = 0; i < 5000; i++) { odd[2 * i] = (unsigned char)(bert__machine_is_big() ? i : i >> 8); odd[2 * i + 1] = (unsigned char)(bert__machine_is_big() ? i >> 8 : i); }
    whole.dtype = BERT_F32; whole.shape = shape; whole.rank = 2; whole.count = ROWS * COLUMNS; whole.data = (const unsigned char *)matrix; whole.big_endian = bert__machine_is_big();
    turned = bert_tensor_transposed(&whole, room);
    permuted = whole;
    permuted.dtype = BERT_F64; permuted.shape = cube_shape; permuted.strides = cube_strides; permuted.rank = 3; permuted.count = A * B * C; permuted.data = (const unsigned char *)cube;
    swapped = whole;
    swapped.dtype = BERT_U16; swapped.shape = odd_shape; swapped.rank = 1; swapped.count = 5000; swapped.data = odd; swapped.big_endian = !whole.big_endian;
    nothing = whole;
    nothing.shape = none; nothing.count = 0;
    empty = bert_tensor_transposed(&nothing, more);
    memset(o, 0, sizeof o);
    o[0].name = "turned"; o[0].from = &turned; o[0].dtype = BERT_F32;
    o[1].name = "permuted"; o[1].from = &permuted; o[1].dtype = BERT_F32;
    o[2].name = "swapped"; o[2].from = &swapped; o[2].dtype = BERT_I32;
    o[3].name = "empty"; o[3].from = &empty; o[3].dtype = BERT_F32;
    o[4].name = "whole"; o[4].from = &whole; o[4].dtype = BERT_F16;
    o[5] = o[4]; o[5].name = "again";                                   /* tied: PyTorch's files keep it once */
    for (i = 0; i < 6; i++) { o[i].shape = o[i].from->shape; o[i].rank = o[i].from->rank; }
    for (w = 0; w < sizeof ways / sizeof *ways; w++) {
        bert_error err;
        bert_checkpoint *c;
        const bert_tensor *t;
        test_faults f;
        bert_write_desc d;
        int64_t wrong = 0;
        size_t size;
        char *file;
        memset(&f, 0, sizeof f);
        memset(&d, 0, sizeof d);
        d.path = in(ways[w].path); d.tensors = o; d.count = 6; d.error = &err; d.allocator = test_faults_allocator(&f);
        if (bert_checkpoint_write(&d) != BERT_OK) { TEST_FAIL("%s", err.message); continue; }
        CHECK(f.live == 0 && f.peak < sizeof matrix / 4);
        REQUIRE((c = open_path(d.path)) != NULL);
        REQUIRE((t = bert_checkpoint_find(c, "turned")) != NULL && bert_tensor_read(t, BERT_F32, got, t->count, NULL) == BERT_OK);
        CHECK(t->shape[0] == COLUMNS && t->shape[1] == ROWS);
        for (i = 0; i < ROWS; i++) for (j = 0; j < COLUMNS; j++) wrong += got[j * ROWS + i] != matrix[i * COLUMNS + j];
        REQUIRE((t = bert_checkpoint_find(c, "permuted")) != NULL && bert_tensor_read(t, BERT_F32, got, t->count, NULL) == BERT_OK);
        for (i = 0; i < C; i++) for (j = 0; j < A; j++) for (k = 0; k < B; k++) wrong += (double)got[(i * A + j) * B + k] != cube[(j * B + k) * C + i];
        REQUIRE((t = bert_checkpoint_find(c, "swapped")) != NULL && t->dtype == BERT_I32 && bert_tensor_read(t, BERT_F32, got, t->count, NULL) == BERT_OK);
        for (i = 0; i < 5000; i++) wrong += got[i] != (float)i;
        REQUIRE((t = bert_checkpoint_find(c, "empty")) != NULL && t->count == 0 && t->shape[0] == 7);
        REQUIRE((t = bert_checkpoint_find(c, "whole")) != NULL && t->dtype == BERT_F16 && bert_tensor_read(t, BERT_F32, got, t->count, NULL) == BERT_OK);
        for (i = 0; i < 2049; i++) wrong += got[i] != matrix[i];
        CHECK_INT(wrong, 0);
        if (ways[w].format == BERT_FORMAT_PYTORCH) {
            const bert_tensor *again = bert_checkpoint_find(c, "again");
            REQUIRE(again != NULL);
            CHECK(again->data == t->data);
        }
        bert_checkpoint_close(c);
        o[2].dtype = BERT_STRING;
        CHECK(bert_checkpoint_write(&d) == BERT_ERROR_ARGUMENT && strstr(err.message, "cannot be written"));
        o[2].dtype = BERT_C64;
        CHECK(bert_checkpoint_write(&d) == BERT_ERROR_UNSUPPORTED && strstr(err.message, "does not become C64"));
        o[2].dtype = BERT_I32;
        o[2].shape = cube_shape;
        CHECK(bert_checkpoint_write(&d) == BERT_ERROR_ARGUMENT && strstr(err.message, "does not fit the 5000 values"));
        o[2].shape = odd_shape;
        file = test_read_file(in(ways[w].format == BERT_FORMAT_TF ? "from.index" : ways[w].path), &size);      /* as it was */
        CHECK(file != NULL);
        free(file);
    }
}

/* ---- random numbers ---- */

/* The words of the authors' test vectors; values by mpmath, from an implementation of its own. */
static void random_words(void)
{
    static const struct { uint32_t counter[4]; uint64_t key; uint32_t words[4]; } rows[] = {
        { { 0, 0, 0, 0 }, 0, { 0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8 } },
        { { 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF }, 0xFFFFFFFFFFFFFFFFu, { 0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD } },
        { { 0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344 }, 0x299F31D0A4093822u, { 0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1 } } };
    static const double values[4] = { 0.0176013123, -0.000576360584, -0.0195523422, 0.0179939572 };
    uint32_t out[4], last_one = 0;
    float v[5];
    size_t i;
    int k;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        bert__philox(rows[i].counter, rows[i].key, out);
        for (k = 0; k < 4; k++) if (out[k] != rows[i].words[k]) TEST_FAIL("vector %d, word %d is %lx", (int)i, k, (unsigned long)out[k]);
    }
    bert__init_normal(v, 5, 0.02, 0x0123456789ABCDEFu, 5, 2);
    for (k = 0; k < 4; k++) if (!(fabs(v[k] - values[k]) < 0.02 * 4e-7)) TEST_FAIL("value %d is %.9g", k, (double)v[k]);
    CHECK(bert__half_normal(0) == 0 && bert__half_normal(0xFFFFFFFF) > 0xFFFFF800);
    for (i = 0; i < 1000000; i++) {                                     /* monotonous, up to what its fixed point leaves */
        const uint32_t x = bert__half_normal((uint32_t)(i * 4294));
        if (x + 600 < last_one) TEST_FAIL("falls at %lu: %lu after %lu", (unsigned long)i, (unsigned long)x, (unsigned long)last_one);
        last_one = x;
    }
}

int main(int argc, char **argv)
{
    const char *base = getenv("TMPDIR");
    uint64_t seed = 11;
    int k;
    test_begin(argc, argv);
    for (k = 0; k < 32; k++) some_values[k] = test_random(&seed) & 0x0101010101010101u;    /* a BOOL byte is 0 or 1 */
#ifdef _WIN32
    if (!base) base = getenv("TEMP");
#endif
    for (k = 0; k < 1000; k++) {
        snprintf(root, sizeof root, "%.400s/bert_unit_checkpoint_%lu_%d", base ? base : "/tmp", (unsigned long)time(NULL), k);
        if (make_folder(root) == 0) break;
    }
    TEST(convert_small_floats);
    TEST(convert_hard);
    TEST(convert_integers);
    TEST(convert_wide);
    TEST(convert_refused);
    TEST(tensor_strides);
    TEST(tensor_turns);
    TEST(tensor_byte_order);
    TEST(tensor_views);
    TEST(random_words);
    TEST(convert_recorded);
    TEST(sub_byte_types);
    TEST(safetensors_headers);
    TEST(safetensors_lengths);
    TEST(safetensors_round);
    TEST(safetensors_writes_refused);
    TEST(safetensors_damaged);
    TEST(safetensors_many);
    TEST(safetensors_memory);
    TEST(shards);
    TEST(resolve_arguments);
    TEST(beside);
    TEST(resolve_folder);
    TEST(resolve_files);
    TEST(resolve_others);
    TEST(formats_round);
    TEST(formats_differ);
    TEST(formats_from);
    clear(root);
    remove_folder(root);
    return test_end();
}
