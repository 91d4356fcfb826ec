/* unit_base.c - the base of bert_tokenizer.h: numbers, JSON, files, errors, memory, threads
   SPDX-License-Identifier: MIT-0 OR Unlicense
   Takes a static copy of the implementation, so that the private helpers can be tested as well. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L         /* mkdtemp, mkfifo, fork: for the test; the header needs none of it */
#endif
#include "test.h"

/* Somebody is faster: while `trap` names a file, a name about to be made becomes a link to that file first, `traps` times. */
#if !defined(_WIN32) && !defined(BERT_NO_STDIO)
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
static const char *trap;
static int traps;
static int test_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list args;
        va_start(args, flags);
        mode = (mode_t)va_arg(args, int);
        va_end(args);
        if (trap && traps > 0 && traps--) (void)!symlink(trap, path);
    }
    return open(path, flags, mode);
}
#define open(...) test_open(__VA_ARGS__)
#endif

#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_TOKENIZER_IMPLEMENTATION
#include "bert_tokenizer.h"
#include "faults.h"
#undef open

/* ============================================================================================================
   Numbers. The judge is strtod in the "C" locale, which this program never leaves.
   ============================================================================================================ */

static int same_double(const char *text, size_t size, double want)
{
    double got = 0;
    uint64_t a, b;
    if (!bert_parse_double(text, size, &got)) { TEST_FAIL("refused: %.60s", text); return 0; }
    memcpy(&a, &got, 8);
    memcpy(&b, &want, 8);
    if (a == b || (got != got && want != want)) return 1;
    TEST_FAIL("%.60s (%lu bytes) became %.17g, not %.17g", text, (unsigned long)size, got, want);
    return 0;
}
static int as_strtod(const char *text) { return same_double(text, strlen(text), strtod(text, NULL)); }

static void double_hard(void)
{
    static const char *const hard[] = {
        "0", "-0", "+0", "0.0", "-0e5", "0e999999999999999999999", "1", "-1", "1.", ".5", "+1", "8.5", "0.1", "0.2", "0.3",
        "1e0", "1E5", "1e+5", "1e-5", "00001.50000", "000000000000000000000000000001", "1e22", "1e23", "1e-22", "1e-23",
        "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740994", "9007199254740995",
        "9007199254740992.9999999999999999999999", "9007199254740993.00000000000000000000000000000000001",
        "123456789012345678901234567890", "18446744073709551615", "18446744073709551616", "999999999999999e22",
        "8.10109172351e-10", "62.5364939768271845828", "3.518437208883201171875e13", "6.02214076e23", "6.62607015e-34",
        "0.500000000000000166533453693773481063544750213623046875",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "1.00000000000000033306690738754696212708950042724609375",
        "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "2.225073858507201e-308",
        "2.22507385850720113605740979670913197593481954635164564e-308", "4.9e-324", "5e-324", "4.9406564584124654e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "2.5e-324", "7.4109846876186981e-324", "1e-323", "1e-324",
        "1e-325", "1e-326", "1e-400", "1e-99999", "1e-99999999999999999999", "1.7976931348623157e308",
        "1.7976931348623158e308", "1.79769313486231580793e308", "1.79769313486231581e308", "1.7976931348623159e308",
        "1e308", "1e309", "1e310", "1e400", "-1e400", "1e99999999999999999999", "1797693134862315700e290",
        "0.00000000000000000000000000000000000000000000000000001e53", "17.976931348623157e+307", "4503599627370497.5",
        "5497558138880000000000000000000000000000e-39", "358416272e-33", "7e-10", "1e-7", "5e-5", "1e-12", "2e-2",
    };
    size_t i;
    double v;
    for (i = 0; i < sizeof hard / sizeof *hard; i++) as_strtod(hard[i]);
    same_double("NaN", 3, NAN);
    same_double("nan", 3, NAN);
    same_double("inf", 3, INFINITY);
    same_double("-inf", 4, -INFINITY);
    same_double("Infinity", 8, INFINITY);
    same_double("-Infinity", 9, -INFINITY);
    CHECK(bert_parse_double("12345", 2, &v) && v == 12);                /* the size counts, not a terminator */
}

static void double_refused(void)
{
    static const char *const bad[] = {
        "", "-", "+", ".", "-.", "e5", ".e1", "1e", "1e+", "1e-", "1x", " 1", "1 ", "0x10", "1e5.", "1e5.0", "--1", "+-1",
        "1..2", "1.2.3", "in", "infin", "infinity ", "nanx", "1_000", "1,5", "1e1e1", "1d5", "\xEF\xBC\x91",
    };
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v = 7.25;
        if (bert_parse_double(bad[i], strlen(bad[i]), &v)) TEST_FAIL("accepted: \"%s\"", bad[i]);
        CHECK(v == 7.25);
    }
    CHECK(!bert_parse_double("1\0", 2, &(double){ 0 }));
}

/* Digits beyond all need, with exponents that take them back. */
static void double_long(void)
{
    size_t n, size = 300000;
    char *t = (char *)malloc(size + 64);
    REQUIRE(t != NULL);
    for (n = 1; n <= size; n = n * 3 + 1) {
        size_t len;
        t[0] = '1';
        memset(t + 1, '0', n);
        len = n + 1 + (size_t)sprintf(t + n + 1, "e-%lu", (unsigned long)n);
        same_double(t, len, 1.0);                                       /* 1000...e-n */
        t[n] = '1';
        same_double(t, len, n > 20 ? 1.0 : strtod(t, NULL));            /* (not every strtod goes that far) */
        memset(t, '0', n + 1);
        t[1] = '.';
        sprintf(t + n + 1, "5e%lu", (unsigned long)n);                  /* 0.000...5en */
        same_double(t, strlen(t), 5.0);
        memset(t, '9', n);
        t[n] = 0;
        same_double(t, n, n > 310 ? INFINITY : strtod(t, NULL));
    }
    free(t);
}

static void double_round_trips(void)
{
    uint64_t seed = 1;
    int i, n;
    char text[64];
    for (i = 0; i < 20000; i++) {
        uint64_t bits = test_random(&seed);
        double v;
        if (i % 4 == 0) bits &= 0x800FFFFFFFFFFFFFu;                    /* subnormals */
        if (i % 4 == 1) bits = (bits & 0xF00FFFFFFFFFFFFFu) | 0x03F0000000000000u;
        memcpy(&v, &bits, 8);
        if (v != v || v > 1.7976931348623157e308 || v < -1.7976931348623157e308) continue;
        n = sprintf(text, "%.17g", v);
        if (!same_double(text, (size_t)n, v)) return;
    }
    for (i = 0; i < 20000; i++) {                                       /* decimals of any length and size */
        int digits = 1 + (int)(test_random(&seed) % 25), k, point = (int)(test_random(&seed) % 26);
        n = 0;
        for (k = 0; k < digits; k++) {
            if (k == point) text[n++] = '.';
            text[n++] = (char)('0' + test_random(&seed) % 10);
        }
        if (i % 3) n += sprintf(text + n, "e%d", (int)(test_random(&seed) % 700) - 360);
        text[n] = 0;
        if (!as_strtod(text)) return;
    }
    for (i = 0; i < 20000; i++) {                                       /* short ones: the fast path */
        n = sprintf(text, "%llu.%llue%d", (unsigned long long)(test_random(&seed) % 1000000),
                    (unsigned long long)(test_random(&seed) % 100000000), (int)(test_random(&seed) % 60) - 30);
        if (!same_double(text, (size_t)n, strtod(text, NULL))) return;
    }
}

/* Exactly between two neighbours a < b: the digits of a + b, halved by hand. The even one wins; a hair up or down
   decides otherwise. */
static void double_half_way(void)
{
    enum { SIZE = 1500 };
    static char a[SIZE], b[SIZE];
    uint64_t seed = 2;
    int i, round;
    for (round = 0; round < 300; round++) {
        uint64_t low = test_random(&seed) & 0x7FFFFFFFFFFFFFFFu, high;
        double lo, hi;
        int n, carry, digit;
        if (round % 3 == 0) low &= 0x000FFFFFFFFFFFFFu;                 /* subnormals, whose halves have the most digits */
        if (round < 4) low = (uint64_t)round;
        if (round == 4) low = 0x000FFFFFFFFFFFFFu;
        if (round == 5) low = 0x0010000000000000u;
        if (low >= 0x7FEFFFFFFFFFFFFFu) continue;
        high = low + 1;
        memcpy(&lo, &low, 8);
        memcpy(&hi, &high, 8);
        n = snprintf(a, SIZE, "%.*f", 1075, lo);                        /* %f is exact in every libc worth its name */
        REQUIRE(n < SIZE - 1);
        if (snprintf(b, SIZE, "%0*.*f", n, 1075, hi) != n) continue;  /* 99 and 100: never mind */
        for (carry = 0, i = n - 1; i >= 0; i--) {                       /* a += b */
            if (a[i] == '.') continue;
            digit = a[i] - '0' + b[i] - '0' + carry;
            carry = digit / 10;
            a[i] = (char)('0' + digit % 10);
        }
        for (digit = carry, i = 0; i < n; i++) {                        /* a /= 2 */
            if (a[i] == '.') continue;
            digit = digit * 10 + a[i] - '0';
            a[i] = (char)('0' + digit / 2);
            digit %= 2;
        }
        REQUIRE(digit == 0);
        if (!same_double(a, (size_t)n, low & 1 ? hi : lo)) return;
        a[n] = '1';
        if (!same_double(a, (size_t)n + 1, hi)) return;
        for (i = n - 1; a[i] == '0' || a[i] == '.'; i--) if (a[i] == '0') a[i] = '9';
        a[i]--;
        if (!same_double(a, (size_t)n, lo)) return;
    }
}

/* ============================================================================================================
   JSON
   ============================================================================================================ */

/* Parses, and checks on failure that the status, offset and line are told and the document is untouched. */
static int json(const char *text, size_t size, bert_json_doc *doc, bert_error *error)
{
    bert_json_doc before;
    bert_status s;
    memset(doc, 0x5A, sizeof *doc);
    before = *doc;
    memset(error, 0x5A, sizeof *error);
    s = bert_json_parse(text, size, NULL, doc, error);
    if (s != BERT_OK) {
        CHECK(memcmp(&before, doc, sizeof before) == 0);
        CHECK_INT(error->code, s);
        CHECK(strlen(error->message) < sizeof error->message);
    }
    return s == BERT_OK;
}

static void json_valid(void)
{
    static const char text[] = " {\"a\": [1, -2.5e3, \"x\\u00e9\\n\", true, false, null, {}, []],\r\n\t\"b\":{\"c\":{\"d\":\"\"}} } ";
    bert_json_doc doc;
    bert_error error;
    const bert_json *a, *v;
    int64_t i = 0;
    double d = 0;
    char types[16];
    int n = 0;
    REQUIRE(json(text, sizeof text - 1, &doc, &error));
    CHECK_INT(doc.root->type, 'o');
    CHECK_INT(doc.root->count, 2);
    CHECK_INT(doc.root->offset, 1);
    a = bert_json_get(doc.root, "a");
    REQUIRE(a != NULL && a->type == 'a');
    CHECK_INT(a->count, 8);
    for (v = a->first; v; v = v->next) types[n++] = v->type;
    CHECK_BYTES(types, (size_t)n, "ddstfnoa", 8);
    v = a->first;
    CHECK(bert_json_int(v, &i) && i == 1);
    CHECK_INT(v->offset, 8);
    v = v->next;
    CHECK_BYTES(v->text, v->size, "-2.5e3", 6);
    CHECK(bert_json_double(v, &d) && d == -2500);
    CHECK(!bert_json_int(v, &i));
    v = v->next;
    CHECK(bert_json_is(v, "x\xC3\xA9\n"));
    CHECK(v->text[v->size] == 0);
    CHECK(bert_json_is(bert_json_get(bert_json_get(bert_json_get(doc.root, "b"), "c"), "d"), ""));
    CHECK(bert_json_get(doc.root, "nothing") == NULL);
    CHECK(bert_json_get(NULL, "a") == NULL);
    CHECK(bert_json_get(a, "a") == NULL);
    CHECK(!bert_json_is(NULL, "a"));
    CHECK(!bert_json_int(NULL, &i) && !bert_json_double(NULL, &d));
    CHECK(!bert_json_double(a, &d));
    bert_json_free(&doc);
    CHECK(doc.root == NULL);
    bert_json_free(&doc);
    bert_json_free(NULL);
}

static void json_scalars(void)
{
    static const char *const good[] = { "1", "-0", "0", "\"\"", "true", "false", "null", "[]", "{}", "[[]]", "[{}]", " 1 ",
        "0.5", "1e5", "1E+5", "-1e-5", "NaN", "Infinity", "-Infinity", "[NaN,-Infinity]", "\xEF\xBB\xBF[1]", "{\"\":1}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\x7F\"", "[1,2,3]", "{\"a\":1,\"b\":[{\"c\":[]}]}" };
    static const char escapes[] = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u0000z\"";
    size_t i;
    bert_json_doc doc;
    bert_error error;
    double d;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        if (!json(good[i], strlen(good[i]), &doc, &error)) { TEST_FAIL("refused: %s: %s", good[i], error.message); continue; }
        bert_json_free(&doc);
    }
    REQUIRE(json("[NaN,Infinity,-Infinity]", 24, &doc, &error));
    CHECK(bert_json_double(doc.root->first, &d) && d != d);
    CHECK(bert_json_double(doc.root->first->next, &d) && d > 1e308);
    CHECK(bert_json_double(doc.root->first->next->next, &d) && d < -1e308);
    CHECK(!bert_json_int(doc.root->first, &(int64_t){ 0 }));
    bert_json_free(&doc);
    REQUIRE(json(escapes, strlen(escapes), &doc, &error));
    CHECK_BYTES(doc.root->text, doc.root->size, "\"\\/\b\f\n\r\tA\0z", 11);
    bert_json_free(&doc);
}

static void json_invalid(void)
{
    static const struct { const char *text; int offset, line; } bad[] = {
        { "", 0, 1 }, { "  ", 2, 1 }, { "\n\n ", 3, 3 }, { "nul", 0, 1 }, { "tru", 0, 1 }, { "True", 0, 1 }, { "truex", 4, 1 },
        { "nan", 0, 1 }, { "-NaN", 0, 1 }, { "+1", 0, 1 }, { "01", 1, 1 }, { "-", 0, 1 }, { "-a", 0, 1 }, { ".5", 0, 1 },
        { "1.", 0, 1 }, { "1.e5", 0, 1 }, { "1e", 0, 1 }, { "1e+", 0, 1 }, { "0x1", 1, 1 }, { "1 2", 2, 1 }, { "1,", 1, 1 },
        { "'a'", 0, 1 }, { "a", 0, 1 }, { "/*c*/1", 0, 1 }, { "\xEF\xBB", 0, 1 }, { "\xEF\xBB\xBF", 3, 1 },
        { "[", 1, 1 }, { "[1", 2, 1 }, { "[1,", 3, 1 }, { "[,1]", 1, 1 }, { "[1,]", 3, 1 }, { "[1 2]", 3, 1 }, { "[1}", 2, 1 },
        { "[}", 1, 1 }, { "[:]", 1, 1 }, { "]", 0, 1 }, { "[]]", 2, 1 }, { "[1,\n2,\n,]", 7, 3 },
        { "{", 1, 1 }, { "}", 0, 1 }, { "{]", 1, 1 }, { "{1:2}", 1, 1 }, { "{a:2}", 1, 1 }, { "{\"a\"", 4, 1 }, { "{\"a\"}", 4, 1 },
        { "{\"a\" 1}", 5, 1 }, { "{\"a\":", 5, 1 }, { "{\"a\":}", 5, 1 }, { "{\"a\":]", 5, 1 }, { "{\"a\":,", 5, 1 },
        { "{\"a\":1", 6, 1 }, { "{\"a\":1,", 7, 1 }, { "{\"a\":1,}", 7, 1 }, { "{\"a\":1]", 6, 1 }, { "{,}", 1, 1 },
        { "{\"a\":1 \"b\":2}", 7, 1 }, { "{\"a\"::1}", 5, 1 }, { "{\"a\":1,,\"b\":2}", 7, 1 }, { "{\"b\":{\"a\":}}", 10, 1 },
        { "[{\"a\":}]", 6, 1 }, { "{\"a\":1,\"b\":}", 11, 1 }, { "{null:1}", 1, 1 }, { "{\"a\",1}", 4, 1 }, { "[\"a\":1]", 4, 1 },
        { "\"", 0, 1 }, { "\"abc", 0, 1 }, { "\"abc\\", 0, 1 }, { "\"abc\\\"", 0, 1 }, { "\"a\nb\"", 2, 1 }, { "\"a\tb\"", 2, 1 },
        { "\"a\x1F\"", 2, 1 }, { "\"ab\\x\"", 3, 1 }, { "\"\\u\"", 1, 1 }, { "\"\\u12\"", 1, 1 }, { "\"\\u12g4\"", 1, 1 },
        { "\"\\u 123\"", 1, 1 }, { "\"\\U0041\"", 1, 1 }, { "[1]x", 3, 1 }, { "{}{}", 2, 1 }, { "null null", 5, 1 },
    };
    size_t i;
    bert_json_doc doc;
    bert_error error;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[60];
        const char *p;
        int column = 1;
        if (json(bad[i].text, strlen(bad[i].text), &doc, &error)) {
            TEST_FAIL("accepted: %s", bad[i].text);
            bert_json_free(&doc);
            continue;
        }
        CHECK_INT(error.code, BERT_ERROR_FORMAT);
        if (error.offset != bad[i].offset) TEST_FAIL("%s: offset %d, not %d", bad[i].text, (int)error.offset, bad[i].offset);
        for (p = bad[i].text; p < bad[i].text + bad[i].offset; p++) column = *p == '\n' ? 1 : column + 1;
        sprintf(line, "line %d, column %d:", bad[i].line, column);
        if (!strstr(error.message, line)) TEST_FAIL("%s: not %s: %s", bad[i].text, line, error.message);
    }
    CHECK(!json("[1\0]", 4, &doc, &error) && error.offset == 2);
    CHECK(!json("\"a\0b\"", 5, &doc, &error) && error.offset == 2);
    CHECK_INT(bert_json_parse(NULL, 0, NULL, &doc, &error), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_json_parse("1", 1, NULL, NULL, NULL), BERT_ERROR_ARGUMENT);
}

static void json_depth(void)
{
    static char text[2 * 600 + 8];
    bert_json_doc doc;
    bert_error error;
    const bert_json *v;
    int depth, deepest;
    for (depth = 511; depth <= 514; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        if (json(text, (size_t)depth * 2, &doc, &error)) {
            for (deepest = 0, v = doc.root; v; v = v->first) deepest++;
            CHECK_INT(deepest, depth);
            CHECK(depth <= 512);
            bert_json_free(&doc);
        } else {
            CHECK(depth > 512);
            CHECK_INT(error.offset, 512);
        }
    }
    memset(text, '[', sizeof text);                                     /* only openings */
    CHECK(!json(text, sizeof text, &doc, &error) && error.offset == 512);
}

static void json_surrogates(void)
{
    static const struct { const char *text, *bytes; } s[] = {
        { "\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80" }, { "\"\\uD834\\uDD1E\"", "\xF0\x9D\x84\x9E" },
        { "\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF" }, { "\"\\ud800\\udc00\"", "\xF0\x90\x80\x80" },
        { "\"\\ud83d\"", "\xED\xA0\xBD" }, { "\"\\ude00\"", "\xED\xB8\x80" }, { "\"\\ud83dx\"", "\xED\xA0\xBDx" },
        { "\"\\ud83d\\n\"", "\xED\xA0\xBD\n" }, { "\"\\ud83d\\u0041\"", "\xED\xA0\xBD" "A" },
        { "\"\\ud83d\\ud83d\\ude00\"", "\xED\xA0\xBD\xF0\x9F\x98\x80" }, { "\"\\ude00\\ud83d\"", "\xED\xB8\x80\xED\xA0\xBD" },
        { "\"\\uffff\"", "\xEF\xBF\xBF" }, { "\"\\u0800\"", "\xE0\xA0\x80" }, { "\"\\u07ff\"", "\xDF\xBF" },
        { "\"\\u007f\\u0080\"", "\x7F\xC2\x80" },
    };
    size_t i;
    bert_json_doc doc;
    bert_error error;
    for (i = 0; i < sizeof s / sizeof *s; i++) {
        if (!json(s[i].text, strlen(s[i].text), &doc, &error)) { TEST_FAIL("refused: %s", s[i].text); continue; }
        CHECK_BYTES(doc.root->text, doc.root->size, s[i].bytes, strlen(s[i].bytes));
        bert_json_free(&doc);
    }
    CHECK(!json("\"\\ud83d\\u12\"", 12, &doc, &error) && error.offset == 7);
}

static void json_keys(void)
{
    static const char text[] = "{\"a\":1,\"b\":2,\"a\":3,\"\\u0061\":4,\"a\\u0000\":5}";
    bert_json_doc doc;
    bert_error error;
    int64_t i = 0;
    REQUIRE(json(text, sizeof text - 1, &doc, &error));
    CHECK_INT(doc.root->count, 5);
    CHECK(bert_json_int(bert_json_get(doc.root, "a"), &i) && i == 4);   /* the last one counts */
    CHECK(bert_json_int(bert_json_get(doc.root, "b"), &i) && i == 2);
    CHECK_INT(doc.root->first->next->next->next->next->key_size, 2);
    bert_json_free(&doc);
}

static void json_integers(void)
{
    static const struct { const char *text; int ok; int64_t value; } s[] = {
        { "0", 1, 0 }, { "-0", 1, 0 }, { "9223372036854775807", 1, INT64_MAX }, { "9223372036854775808", 0, 0 },
        { "-9223372036854775808", 1, INT64_MIN }, { "-9223372036854775809", 0, 0 }, { "18446744073709551615", 0, 0 },
        { "18446744073709551616", 0, 0 }, { "18446744073709551617", 0, 0 }, { "99999999999999999999999", 0, 0 },
        { "1.0", 0, 0 }, { "1e3", 0, 0 }, { "-1", 1, -1 }, { "\"1\"", 0, 0 }, { "true", 0, 0 }, { "null", 0, 0 }, { "NaN", 0, 0 },
        { "-Infinity", 0, 0 },
    };
    size_t i;
    bert_json_doc doc;
    bert_error error;
    for (i = 0; i < sizeof s / sizeof *s; i++) {
        int64_t v = 77;
        REQUIRE(json(s[i].text, strlen(s[i].text), &doc, &error));
        if (bert_json_int(doc.root, &v) != s[i].ok) TEST_FAIL("%s: %s", s[i].text, s[i].ok ? "refused" : "accepted");
        CHECK_INT(v, s[i].ok ? s[i].value : 77);
        bert_json_free(&doc);
    }
}

static const char sample[] = "{ \"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 0, \"\\ud83d\\ude00\": 1, \"a\\\"b\": 2}},\n"
                             "  \"list\": [1, 2.5, -3e-7, true, null, [[], {}, \"\"]], \"n\": NaN }";

/* A document cut anywhere is an error at or before the cut, and reading stops there: the copy has no byte more. */
static void json_prefixes(void)
{
    size_t n;
    bert_json_doc doc;
    bert_error error;
    for (n = 0; n < sizeof sample - 1; n++) {
        char *copy = (char *)malloc(n ? n : 1);
        REQUIRE(copy != NULL);
        memcpy(copy, sample, n);
        if (json(copy, n, &doc, &error)) { TEST_FAIL("accepted the first %d bytes", (int)n); bert_json_free(&doc); }
        else CHECK(error.offset >= 0 && error.offset <= (int64_t)n);
        free(copy);
    }
    CHECK(json(sample, sizeof sample - 1, &doc, &error));
    bert_json_free(&doc);
}

/* Random damage: whatever comes of it, no crash, and an error tells a place inside. */
static void json_damage(void)
{
    static const char bytes[] = "{}[]\",:\\u0 1e-.\n\xFFtn";
    uint64_t seed = 3;
    int round;
    for (round = 0; round < 20000; round++) {
        char *copy = (char *)malloc(sizeof sample);
        size_t n = sizeof sample - 1;
        int k, changes = 1 + (int)(test_random(&seed) % 4);
        bert_json_doc doc;
        bert_error error;
        REQUIRE(copy != NULL);
        memcpy(copy, sample, n);
        for (k = 0; k < changes; k++) copy[test_random(&seed) % n] = bytes[test_random(&seed) % (sizeof bytes - 1)];
        if (json(copy, n, &doc, &error)) bert_json_free(&doc);
        else CHECK(error.code == BERT_ERROR_FORMAT && error.offset >= 0 && error.offset <= (int64_t)n);
        free(copy);
    }
}

static void quoted(const char *text, size_t size, int ascii, const char *want)
{
    char out[256];
    size_t n, k, need = bert_json_quote(text, size, ascii, NULL, 0);
    memset(out, '~', sizeof out);
    n = bert_json_quote(text, size, ascii, out, sizeof out);
    CHECK_INT(need, n);
    CHECK_BYTES(out, n, want, strlen(want));
    CHECK(out[n] == '~');                                               /* no NUL, nothing beyond */
    for (k = 0; k < n; k++) {
        char part[256];
        memset(part, '~', sizeof part);
        CHECK_INT(bert_json_quote(text, size, ascii, part, k), n);
        CHECK(memcmp(part, out, k) == 0 && part[k] == '~');
    }
}

static void json_quote(void)
{
    bert_json_doc doc;
    bert_error error;
    char text[128], out[1024];
    int ascii, i;
    uint64_t seed = 4;
    quoted("", 0, 0, "\"\"");
    quoted("abc/", 4, 0, "\"abc/\"");
    quoted("\"\\\b\f\n\r\t", 7, 0, "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    quoted("\0\x01\x1F\x7F", 4, 0, "\"\\u0000\\u0001\\u001f\\u007f\"");
    quoted("h\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", 10, 0, "\"h\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\"");
    quoted("h\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", 10, 1, "\"h\\u00e9\\u4e2d\\ud83d\\ude00\"");
    quoted("\xF4\x8F\xBF\xBF\xF0\x90\x80\x80", 8, 1, "\"\\udbff\\udfff\\ud800\\udc00\"");
    quoted("a\xFFz\xC3", 4, 0, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
    quoted("a\xFFz\xE4\xB8", 5, 1, "\"a\\ufffdz\\ufffd\\ufffd\"");
    quoted("\xED\xA0\xBD", 3, 1, "\"\\ufffd\\ufffd\\ufffd\"");
    quoted("\xC0\x80", 2, 1, "\"\\ufffd\\ufffd\"");
    for (i = 0; i < 4000; i++) {                                        /* what is quoted comes back */
        size_t n = 0, q;
        while (n < 100) {
            uint32_t c = (uint32_t)(test_random(&seed) % (i % 2 ? 0x110000 : 0x100));
            if (c < 0xD800 || c > 0xDFFF) n += (size_t)bert__utf8_put(text + n, c);
        }
        for (ascii = 0; ascii < 2; ascii++) {
            q = bert_json_quote(text, n, ascii, out, sizeof out);
            REQUIRE(q <= sizeof out);
            if (!json(out, q, &doc, &error)) { TEST_FAIL("%s", error.message); return; }
            if (!test_bytes(__FILE__, __LINE__, "the text read back", doc.root->text, doc.root->size, text, n)) i = 1 << 20;
            bert_json_free(&doc);
        }
    }
}

/* Memory in proportion to the text, and time: long flat documents and long strings. */
static void json_large(void)
{
    size_t n = 2000001, i;
    char *text = (char *)malloc(n);
    test_faults f = { 0, 0, 0, 0, 0, 0 };
    bert_allocator a = test_faults_allocator(&f);
    bert_json_doc doc;
    bert_error error;
    REQUIRE(text != NULL);
    text[0] = '[';
    for (i = 1; i + 1 < n; i++) text[i] = i % 2 ? '7' : ',';
    text[n - 1] = ']';
    if (bert_json_parse(text, n, &a, &doc, &error) != BERT_OK) TEST_FAIL("%s", error.message);
    else { CHECK_INT(doc.root->count, n / 2); bert_json_free(&doc); }
    CHECK(f.peak < 100 * n || BERT__ARENA_SEPARATE);
    CHECK_INT(f.live, 0);
    memset(text, 'x', n);
    text[0] = text[n - 1] = '"';
    f.peak = 0;
    if (bert_json_parse(text, n, &a, &doc, &error) != BERT_OK) TEST_FAIL("%s", error.message);
    else { CHECK_INT(doc.root->size, n - 2); bert_json_free(&doc); }
    CHECK(f.peak < 3 * n);
    CHECK_INT(f.live, 0);
    free(text);
}

static void json_out_of_memory(void)
{
    long n;
    char text[4000];
    size_t size = 0;
    text[size++] = '[';
    while (size < 3900) size += (size_t)sprintf(text + size, "{\"k\":\"v\\n\",\"n\":12},");
    text[size - 1] = ']';
    for (n = 1; n < 100000; n++) {
        test_faults f = { 0, 0, 0, 0, 0, 0 };
        bert_allocator a = test_faults_allocator(&f);
        bert_json_doc doc;
        bert_error error;
        bert_status s;
        f.fail_at = n;
        f.once = n % 2 == 0;
        memset(&error, 0, sizeof error);
        s = bert_json_parse(text, size, &a, &doc, &error);
        if (s == BERT_OK) {
            CHECK(f.live > 0);
            bert_json_free(&doc);
            CHECK_INT(f.live, 0);
            break;
        }
        CHECK_INT(s, BERT_ERROR_MEMORY);
        CHECK_INT(error.code, BERT_ERROR_MEMORY);
        CHECK(strstr(error.message, "memory") != NULL);
        CHECK_INT(f.live, 0);
    }
    CHECK(n > 1 && n < 100000);
}

/* ============================================================================================================
   Text: formatting, UTF-8, error messages
   ============================================================================================================ */

static void format_conversions(void)
{
    char a[256], b[256];
#define SAME(...) do { size_t n_ = bert__format(a, sizeof a, __VA_ARGS__); snprintf(b, sizeof b, __VA_ARGS__); \
                       CHECK_STR(a, b); CHECK_INT(n_, strlen(b)); } while (0)
    SAME("plain %% %s %s", "text", "");
    SAME("%.*s|%.*s|%.*s", 3, "abcdef", 0, "abc", 9, "abc");
    SAME("%c%c", 'x', '~');
    SAME("%d %d %d %d", 0, -1, 2147483647, -2147483647 - 1);
    SAME("%u %u %x %x", 0u, 4294967295u, 0u, 0xdeadbeefu);
    SAME("%ld %lu %lx", -123456789L, 123456789UL, 0xabcUL);
    SAME("%lld %lld %lld", -9223372036854775807LL - 1, 9223372036854775807LL, 0LL);
    SAME("%llu %llx", 18446744073709551615ULL, 18446744073709551615ULL);
    SAME("%zu %zu", (size_t)0, SIZE_MAX);
#undef SAME
    bert__format(a, sizeof a, "%s", "a\nb\tc\x1b[31m\x7F\xC3\xA9");
    CHECK_STR(a, "a?b?c?[31m?\xC3\xA9");                                /* no line breaks, no escape sequences */
    {
        const char *volatile none = NULL;
        bert__format(a, sizeof a, "%s", none);
        CHECK_STR(a, "(null)");
    }
    bert__format(a, sizeof a, "%.*s", 2, "ab\1");                       /* need not be terminated */
    CHECK_STR(a, "ab");
}

static void format_cuts(void)
{
    char out[16];
    size_t size, n;
    for (size = 0; size <= sizeof out; size++) {
        memset(out, '~', sizeof out);
        n = bert__format(out, size, "%s%d%s", "abc", 12345, "defghijk");
        CHECK_INT(n, size ? size - 1 : 0);
        CHECK(memcmp(out, "abc12345defghijk", n) == 0);
        if (size) CHECK(out[n] == 0);
        if (size < sizeof out) CHECK(out[size] == '~');
    }
}

static void utf8_all_code_points(void)
{
    uint32_t c, back = 0;
    char s[8];
    int n, k;
    for (c = 0; c < 0x110000; c++) {
        n = bert__utf8_put(s, c);
        if (c >= 0xD800 && c <= 0xDFFF) {
            if (bert__utf8_get((const unsigned char *)s, (size_t)n, &back) != 0) { TEST_FAIL("surrogate %x", (unsigned)c); return; }
            continue;
        }
        if (bert__utf8_get((const unsigned char *)s, (size_t)n, &back) != n || back != c) { TEST_FAIL("U+%04X", (unsigned)c); return; }
        for (k = 1; k < n; k++)
            if (bert__utf8_get((const unsigned char *)s, (size_t)k, &back) != -1) { TEST_FAIL("U+%04X cut to %d", (unsigned)c, k); return; }
    }
}

/* All pairs of bytes, and all third and fourth bytes after what may stand before them, against the table of the
   Unicode standard (3-7). */
static void utf8_invalid(void)
{
    static const struct { int first, last, low, high, size; } rows[] = {
        { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 },
        { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 } };
    int a, b, c;
    size_t r;
    for (a = 0x80; a < 256; a++) for (b = 0; b < 256; b++) for (c = 0; c < 256; c += c == 0x7F || c == 0xBF || c == 0xFE ? 1 : 0x7F - (c & 0x3F)) {
        unsigned char s[4];
        uint32_t code = 0;
        int want = 0, cont = c >= 0x80 && c <= 0xBF;
        s[0] = (unsigned char)a; s[1] = (unsigned char)b; s[2] = (unsigned char)c; s[3] = 0x80;
        for (r = 0; r < sizeof rows / sizeof *rows; r++)
            if (a >= rows[r].first && a <= rows[r].last && b >= rows[r].low && b <= rows[r].high)
                want = rows[r].size == 2 || cont ? rows[r].size : 0;
        if (bert__utf8_get(s, 4, &code) != want) { TEST_FAIL("%02x %02x %02x 80: not %d", a, b, c, want); return; }
        if (c == 254) break;
    }
}

static void error_messages(void)
{
    bert_error e;
    char path[600], tail[300];
    memset(&e, 0x5A, sizeof e);
    CHECK_INT(bert__fail(&e, BERT_ERROR_IO, NULL, -1, "broken: %d", 7), BERT_ERROR_IO);
    CHECK_STR(e.message, "broken: 7");
    CHECK_STR(e.path, "");
    CHECK_STR(e.tensor, "");
    CHECK_INT(e.offset, -1);
    CHECK_INT(e.line, 0);
    CHECK_INT(e.code, BERT_ERROR_IO);
    bert__fail(&e, BERT_ERROR_FORMAT, "dir/vocab.txt", -1, "bad");
    CHECK_STR(e.message, "dir/vocab.txt: bad");
    CHECK_STR(e.path, "dir/vocab.txt");
    bert__fail(&e, BERT_ERROR_FORMAT, "v.txt", BERT__LINE(12345678901LL), "bad");
    CHECK_STR(e.message, "v.txt:12345678901: bad");
    CHECK_INT(e.line, 12345678901LL);
    bert__fail(&e, BERT_ERROR_FORMAT, "v.txt", 0, "bad");
    CHECK_STR(e.message, "v.txt: bad (at byte 0)");
    CHECK_INT(e.offset, 0);
    bert__fail(&e, BERT_ERROR_MISMATCH, "m", 99, "has %s", "two\r\nlines");
    CHECK_STR(e.message, "m: has two??lines (at byte 99)");
    bert__fail(&e, BERT_ERROR_IO, "a\nb\x1b[2J", -1, "x");
    CHECK_STR(e.path, "a?b?[2J");
    CHECK_STR(e.message, "a?b?[2J: x");
    CHECK_INT(bert__fail(NULL, BERT_ERROR_SPACE, NULL, -1, "nobody listens"), BERT_ERROR_SPACE);

    memset(path, 'd', sizeof path);                                     /* a long path keeps its end */
    memcpy(path + sizeof path - 11, "/vocab.txt", 11);
    bert__fail(&e, BERT_ERROR_IO, path, -1, "cannot open");
    CHECK_INT(strlen(e.path), sizeof e.path - 1);
    CHECK(memcmp(e.path, "...d", 4) == 0);
    CHECK_STR(e.path + sizeof e.path - 11, "/vocab.txt");
    CHECK(strstr(e.message, "/vocab.txt: cannot open") != NULL);
    path[sizeof e.path - 1] = 0;                                        /* just fits */
    bert__fail(&e, BERT_ERROR_IO, path, -1, "x");
    CHECK_STR(e.path, path);

    memset(tail, 'm', sizeof tail);                                     /* a message too long is cut, and terminated */
    tail[sizeof tail - 1] = 0;
    bert__fail(&e, BERT_ERROR_IO, path, 5, "%s%s", tail, tail);
    CHECK_INT(strlen(e.message), sizeof e.message - 1);
}

static void error_statuses(void)
{
    int i, k;
    for (i = 0; i < BERT_STATUS_COUNT; i++) {
        const char *text = bert_status_string((bert_status)i);
        CHECK(text && *text && strcmp(text, "unknown status") != 0);
        for (k = 0; k < i; k++) CHECK(strcmp(text, bert_status_string((bert_status)k)) != 0);
    }
    CHECK_INT(BERT_OK, 0);
    CHECK_STR(bert_status_string(BERT_OK), "ok");
    CHECK_STR(bert_status_string(BERT_STATUS_COUNT), "unknown status");
}

/* ============================================================================================================
   Memory
   ============================================================================================================ */

static void sizes_do_not_overflow(void)
{
    CHECK(bert__mul(0, SIZE_MAX) == 0 && bert__mul(SIZE_MAX, 0) == 0);
    CHECK(bert__mul(SIZE_MAX, 1) == SIZE_MAX && bert__mul(1, SIZE_MAX) == SIZE_MAX);
    CHECK(bert__mul(SIZE_MAX, 2) == SIZE_MAX && bert__mul(SIZE_MAX, SIZE_MAX) == SIZE_MAX);
    CHECK(bert__mul(SIZE_MAX / 2 + 1, 2) == SIZE_MAX);
    CHECK(bert__mul(SIZE_MAX / 3, 3) == SIZE_MAX / 3 * 3);
    CHECK(bert__mul(6, 7) == 42);
    CHECK(bert__add(SIZE_MAX, 0) == SIZE_MAX && bert__add(SIZE_MAX, 1) == SIZE_MAX && bert__add(SIZE_MAX, SIZE_MAX) == SIZE_MAX);
    CHECK(bert__add(SIZE_MAX - 5, 5) == SIZE_MAX && bert__add(SIZE_MAX - 5, 4) == SIZE_MAX - 1);
    CHECK(bert__add(2, 3) == 5);
}

static void arena(void)
{
    test_faults f = { 0, 0, 0, 0, 0, 0 };
    bert_allocator a = test_faults_allocator(&f);
    bert__arena arena;
    uint64_t seed = 5;
    int i, k;
    char *pieces[400];
    size_t sizes[400];
    bert__arena_init(&arena, &a, 1000);
    for (i = 0; i < 400; i++) {
        size_t align = (size_t)1 << test_random(&seed) % 8;
        sizes[i] = (size_t)(test_random(&seed) % (i % 40 == 0 ? 5000 : 200));
        pieces[i] = (char *)bert__arena_get_aligned(&arena, sizes[i], align);
        REQUIRE(pieces[i] != NULL);
        CHECK(((uintptr_t)pieces[i] & (align - 1)) == 0);
        memset(pieces[i], i & 127, sizes[i]);
    }
    for (i = 0; i < 400; i++)                                           /* nothing overlaps */
        for (k = 0; k < (int)sizes[i]; k++)
            if (pieces[i][k] != (i & 127)) { TEST_FAIL("piece %d was overwritten", i); i = 400; break; }
    CHECK(((uintptr_t)bert__arena_get(&arena, 1) & 63) == 0);
    CHECK(bert__arena_get(&arena, SIZE_MAX) == NULL);
    CHECK(bert__arena_get(&arena, SIZE_MAX / 2) == NULL);
    CHECK(bert__arena_get(&arena, SIZE_MAX - 63) == NULL);
    f.fail_at = f.count + 1;
    CHECK(bert__arena_get(&arena, 100000) == NULL);
    f.fail_at = 0;
    CHECK(bert__arena_get(&arena, 100000) != NULL);
    bert__arena_free(&arena);
    CHECK_INT(f.live, 0);
    bert__arena_free(&arena);
}

static void buffer(void)
{
    test_faults f = { 0, 0, 0, 0, 0, 0 };
    bert_allocator a = test_faults_allocator(&f);
    bert__buf b;
    int i;
    bert__buf_init(&b, &a);
    bert__buf_add(&b, NULL, 0);
    for (i = 0; i < 5000; i++) { char c = (char)i; bert__buf_add(&b, &c, 1); }
    CHECK_INT(b.size, 5000);
    for (i = 0; i < 5000; i++) if (b.data[i] != (char)i) { TEST_FAIL("byte %d", i); break; }
    CHECK(!b.failed);
    f.fail_at = f.count + 1;
    f.once = 1;
    CHECK(!bert__buf_reserve(&b, 100000));
    CHECK(b.failed);
    bert__buf_add(&b, "x", 1);                                          /* failed stays failed; what was there stays */
    CHECK_INT(b.size, 5000);
    CHECK(!bert__buf_reserve(&b, 1));
    bert__buf_free(&b);
    CHECK_INT(f.live, 0);
    bert__buf_init(&b, &a);
    CHECK(!bert__buf_reserve(&b, SIZE_MAX) && b.failed);
    bert__buf_free(&b);
    CHECK_INT(f.live, 0);
}

static void fixed_allocator(void)
{
    static double block[512];                                           /* 4096 bytes */
    bert_fixed f;
    bert_allocator a;
    char *p[200], *q;
    int n, i, shift;
    for (shift = 0; shift < 16; shift++) {                              /* memory that starts anywhere */
        memset(&f, 0, sizeof f);
        f.memory = (char *)(void *)block + shift;
        f.size = sizeof block - 16;
        a = bert_fixed_allocator(&f);
        for (n = 0; n < 200 && (p[n] = (char *)a.alloc((size_t)(n * 7 % 50), a.user)) != NULL; n++) {
            CHECK(((uintptr_t)p[n] & 15) == 0);
            memset(p[n], n, (size_t)(n * 7 % 50));
            CHECK(p[n] + n * 7 % 50 <= (char *)f.memory + f.size);
            CHECK(p[n] >= (char *)f.memory);
        }
        CHECK(n > 50 && n < 200);                                       /* it ran out, and said so */
        CHECK(f.used <= f.size && f.peak == f.used);
        for (i = 0; i < n; i++) if (i * 7 % 50) CHECK(p[i][i * 7 % 50 - 1] == (char)i && p[i][0] == (char)i);
        for (i = n - 1; i >= 0; i--) a.free(p[i], a.user);              /* in reverse: all comes back */
        CHECK_INT(f.used, 0);
        CHECK(f.peak > f.size - 100);
        q = (char *)a.alloc(10, a.user);
        CHECK(q == p[0]);
        p[1] = (char *)a.alloc(10, a.user);
        p[2] = (char *)a.alloc(10, a.user);
        a.free(p[1], a.user);                                           /* not the top: nothing happens */
        CHECK(a.alloc(10, a.user) > (void *)p[2]);
        f.used = 0;                                                     /* the documented reset */
        CHECK(a.alloc(1, a.user) == q);
    }
    f.used = 0;
    CHECK(a.alloc(SIZE_MAX, a.user) == NULL);
    CHECK(a.alloc(SIZE_MAX - 15, a.user) == NULL);
    CHECK(a.alloc(SIZE_MAX - 63, a.user) == NULL);
    CHECK(a.alloc(SIZE_MAX - 100, a.user) == NULL);
    CHECK(a.alloc(f.size, a.user) == NULL);
    CHECK_INT(f.used, 0);
    memset(&f, 0, sizeof f);
    a = bert_fixed_allocator(&f);
    CHECK(a.alloc(1, a.user) == NULL);
}

/* A whole object in the user's block, and too small a block as a clean failure at every size. */
static void fixed_block_of_every_size(void)
{
    static double block[40000];
    size_t size, fits = 0;
    for (size = 0; size < sizeof block; size += size < 600 ? 1 : 997) {
        bert_fixed f;
        bert_allocator a;
        bert_json_doc doc;
        bert_error error;
        bert_status s;
        memset(&f, 0, sizeof f);
        f.memory = block;
        f.size = size;
        a = bert_fixed_allocator(&f);
        s = bert_json_parse(sample, sizeof sample - 1, &a, &doc, &error);
        if (s == BERT_OK) { fits++; bert_json_free(&doc); } else CHECK_INT(s, BERT_ERROR_MEMORY);
        CHECK_INT(f.used, 0);                                           /* blocks are freed in reverse order */
        CHECK(f.peak <= f.size);
    }
    CHECK(fits > 0);
}

static void default_allocator(void)
{
    bert_allocator none, half, a;
    memset(&none, 0, sizeof none);
    half = none;
    half.alloc = test_faults_alloc;
    CHECK(bert__allocator(NULL).alloc == bert__default_alloc);
    CHECK(bert__allocator(&none).free == bert__default_free);
    CHECK(bert__allocator(&half).alloc == bert__default_alloc);         /* both functions or neither */
    a = bert__allocator(NULL);
    bert__free(&a, NULL);
    bert__free(&a, bert__alloc(&a, 0));
}

/* ============================================================================================================
   Files
   ============================================================================================================ */

#ifndef BERT_NO_STDIO
#ifndef _WIN32
#include <dirent.h>
#include <sys/wait.h>

static char dir[256];

static const char *in_dir(const char *name)
{
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}
static int entries(const char *path)
{
    int n = 0;
    struct dirent *e;
    DIR *d = opendir(path);
    if (!d) return -1;
    while ((e = readdir(d)) != NULL) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}
static int next_fd(void) { int fd = open("/dev/null", O_RDONLY); close(fd); return fd; }

/* Opens, expects this status, a message with this part, and the file and its descriptor left alone. */
static void open_fails(const char *path, bert_status want, const char *part)
{
    bert_file file, before;
    bert_error error;
    int fd = next_fd();
    memset(&file, 0x5A, sizeof file);
    before = file;
    memset(&error, 0, sizeof error);
    CHECK_INT(bert_file_open(path, NULL, &file, &error), want);
    CHECK(memcmp(&file, &before, sizeof file) == 0);
    if (!strstr(error.message, part)) TEST_FAIL("no \"%s\" in: %s", part, error.message);
    CHECK_INT(error.code, want);
    CHECK_INT(next_fd(), fd);
    CHECK_INT(bert_file_open(path, NULL, &file, NULL), want);
}
static void holds(const char *path, const void *data, size_t size)
{
    bert_file file;
    bert_error error;
    if (bert_file_open(path, NULL, &file, &error) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    CHECK_BYTES(file.data, file.size, data, size);
    bert_file_close(&file);
    CHECK(file.data == NULL && file.size == 0);
    bert_file_close(&file);
}

static void files_open(void)
{
    bert_file file;
    bert_error error;
    size_t size = (16u << 20) + 12345, i;
    unsigned char *large = (unsigned char *)malloc(size);
    int fd = next_fd();
    REQUIRE(large != NULL);
    open_fails(in_dir("missing"), BERT_ERROR_IO, "missing: cannot open: ");
    open_fails(in_dir("missing/deeper"), BERT_ERROR_IO, "cannot open");
    open_fails(dir, BERT_ERROR_IO, "is a directory");
    open_fails("", BERT_ERROR_IO, "cannot open");
    CHECK_INT(bert_file_open(NULL, NULL, &file, &error), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_file_open(dir, NULL, NULL, &error), BERT_ERROR_ARGUMENT);
    bert_file_close(NULL);
    CHECK_INT(bert_file_write(in_dir("empty"), NULL, 0, &error), BERT_OK);
    holds(in_dir("empty"), "", 0);
    CHECK_INT(bert_file_write(in_dir("small"), "a\0b\r\n", 5, &error), BERT_OK);
    holds(in_dir("small"), "a\0b\r\n", 5);
    for (i = 0; i < size; i++) large[i] = (unsigned char)(i * 2654435761u >> 24);
    CHECK_INT(bert_file_write(in_dir("large"), large, size, &error), BERT_OK);
    holds(in_dir("large"), large, size);
    REQUIRE(bert_file_open(in_dir("large"), NULL, &file, &error) == BERT_OK);
    CHECK(file.mapping != NULL && file.memory == NULL);                 /* mapped, not read */
    bert_file_close(&file);
    free(large);
    CHECK_INT(next_fd(), fd);
}

/* What has no size before it is read: a pipe, and files that the kernel makes up. */
static void files_without_a_size(void)
{
    bert_file file;
    bert_error error;
    size_t size = 300007, i, count = 0;
    char *data = (char *)malloc(size);
    pid_t child;
    int status = 0;
    REQUIRE(data != NULL);
    for (i = 0; i < size; i++) data[i] = (char)(i * 7 / 3);
    if (mkfifo(in_dir("fifo"), 0600)) { test_skip("no mkfifo here"); free(data); return; }
    child = fork();
    if (child == 0) {
        FILE *f = fopen(in_dir("fifo"), "wb");
        if (f) { count = fwrite(data, 1, size, f); fclose(f); }
        free(data);                                                     /* leak checkers watch children, too */
        _exit(count == size ? 0 : 1);
    }
    if (bert_file_open(in_dir("fifo"), NULL, &file, &error) != BERT_OK) TEST_FAIL("%s", error.message);
    else {
        CHECK_BYTES(file.data, file.size, data, size);
        CHECK(file.mapping == NULL);
        bert_file_close(&file);
    }
    waitpid(child, &status, 0);
    CHECK_INT(status, 0);
    child = fork();                                                     /* writing to a pipe: no file beside it */
    if (child == 0) {
        char *back = test_read_file(in_dir("fifo"), &count);
        status = !(back && count == size && memcmp(back, data, size) == 0);
        free(back);
        free(data);
        _exit(status);
    }
    CHECK_INT(bert_file_write(in_dir("fifo"), data, size, &error), BERT_OK);
    waitpid(child, &status, 0);
    CHECK_INT(status, 0);
    {
        struct stat st;
        CHECK(stat(in_dir("fifo"), &st) == 0 && S_ISFIFO(st.st_mode));  /* still there */
    }
    unlink(in_dir("fifo"));
    free(data);
    CHECK_INT(bert_file_write("/dev/null", "x", 1, &error), BERT_OK);
    if (access("/proc/self/status", R_OK) == 0) {
        REQUIRE(bert_file_open("/proc/self/status", NULL, &file, &error) == BERT_OK);
        CHECK(file.size > 100 && memcmp(file.data, "Name:", 5) == 0);
        bert_file_close(&file);
    }
    if (access("/dev/full", W_OK) == 0) {
        CHECK_INT(bert_file_write("/dev/full", "x", 1, &error), BERT_ERROR_IO);
        CHECK(strstr(error.message, "/dev/full: cannot write: ") != NULL);
    }
}

static void files_write(void)
{
    bert_error error;
    char longer[5000];
    struct stat st;
    int before, fd = next_fd();
    CHECK_INT(bert_file_write(in_dir("target"), "first", 5, &error), BERT_OK);
    before = entries(dir);
    CHECK_INT(bert_file_write(in_dir("target"), "second, longer", 14, &error), BERT_OK);
    holds(in_dir("target"), "second, longer", 14);
    CHECK_INT(bert_file_write(in_dir("target"), "3", 1, &error), BERT_OK);
    holds(in_dir("target"), "3", 1);
    CHECK_INT(entries(dir), before);                                    /* no temporary stays */
    memset(&error, 0, sizeof error);
    CHECK_INT(bert_file_write(in_dir("nowhere/target"), "x", 1, &error), BERT_ERROR_IO);
    CHECK(strstr(error.message, "nowhere/target: cannot create: ") != NULL);
    CHECK_INT(bert_file_write(in_dir("target/below"), "x", 1, &error), BERT_ERROR_IO);
    CHECK(mkdir(in_dir("folder"), 0755) == 0);
    CHECK_INT(bert_file_write(in_dir("folder"), "x", 1, &error), BERT_ERROR_IO);
    CHECK(stat(in_dir("folder"), &st) == 0 && S_ISDIR(st.st_mode));
    CHECK_INT(entries(dir), before + 1);
    rmdir(in_dir("folder"));
    CHECK_INT(bert_file_write(NULL, "x", 1, &error), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_file_write(in_dir("target"), NULL, 1, &error), BERT_ERROR_ARGUMENT);
    memset(longer, 'p', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK_INT(bert_file_write(longer, "x", 1, &error), BERT_ERROR_IO);
    CHECK(strstr(error.message, "too long") != NULL);
    CHECK_INT(bert_file_write("", "x", 1, NULL), BERT_ERROR_IO);
    holds(in_dir("target"), "3", 1);
    CHECK_INT(next_fd(), fd);
}

/* The file beside the target is nobody else's: its name is always another, and what already lies there is not written to. */
static void files_beside(void)
{
    static bert__writer a, b;
    bert_error error;
    int before, fd = next_fd();
    CHECK_INT(bert_file_write(in_dir("victim"), "safe", 4, &error), BERT_OK);
    CHECK_INT(bert__writer_open(&a, in_dir("target"), &error), BERT_OK);
    CHECK_INT(bert__writer_open(&b, in_dir("target"), &error), BERT_OK);
    CHECK(strcmp(a.beside, b.beside) != 0 && strncmp(a.beside, in_dir("target."), strlen(in_dir("target."))) == 0);
    bert__writer_add(&a, "of a", 4);
    bert__writer_add(&b, "of b", 4);
    CHECK_INT(bert__writer_commit(&b), BERT_OK);
    holds(in_dir("target"), "of b", 4);
    CHECK_INT(bert__writer_commit(&a), BERT_OK);
    holds(in_dir("target"), "of a", 4);
    before = entries(dir);
    trap = in_dir("victim");
    traps = 3;
    CHECK_INT(bert_file_write(in_dir("target"), "new", 3, &error), BERT_OK);
    CHECK_INT(traps, 0);
    holds(in_dir("target"), "new", 3);
    CHECK_INT(entries(dir), before + 3);                                /* the links: not ours, so they stay */
    traps = 1000;
    CHECK_INT(bert_file_write(in_dir("target"), "newer", 5, &error), BERT_ERROR_IO);
    CHECK(strstr(error.message, "target: cannot create: ") != NULL);
    CHECK(traps < 1000 && traps > 500);                                 /* it gave up */
    trap = NULL;
    holds(in_dir("victim"), "safe", 4);
    holds(in_dir("target"), "new", 3);
    CHECK_INT(next_fd(), fd);
}

static void link_fails(const char *path, const char *says)
{
    bert_error error;
    struct stat st;
    memset(&error, 0, sizeof error);
    CHECK_INT(bert_file_write(path, "x", 1, &error), BERT_ERROR_IO);
    if (!strstr(error.message, path) || !strstr(error.message, says)) TEST_FAIL("\"%s\" does not say \"%s\"", error.message, says);
    CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
}
/* A link stays a link; what it names is written, beside its own folder's files. */
static void files_links(void)
{
    static char far_away[4200];
    bert_error error;
    struct stat st;
    int before;
    CHECK(mkdir(in_dir("far"), 0755) == 0);
    CHECK_INT(bert_file_write(in_dir("far/file"), "old", 3, &error), BERT_OK);
    if (symlink("far/file", in_dir("link"))) { test_skip("no symbolic links here"); unlink(in_dir("far/file")); rmdir(in_dir("far")); return; }
    CHECK(symlink("../link", in_dir("far/back")) == 0);                 /* a link to a link, each relative to its own folder */
    CHECK(symlink(in_dir("far/new"), in_dir("absolute")) == 0);         /* what it names is not there yet */
    before = entries(dir);
    CHECK_INT(bert_file_write(in_dir("link"), "one", 3, &error), BERT_OK);
    holds(in_dir("far/file"), "one", 3);
    CHECK_INT(bert_file_write(in_dir("far/back"), "two", 3, &error), BERT_OK);
    holds(in_dir("far/file"), "two", 3);
    CHECK_INT(bert_file_write(in_dir("absolute"), "three", 5, &error), BERT_OK);
    holds(in_dir("far/new"), "three", 5);
    CHECK(lstat(in_dir("link"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(lstat(in_dir("far/back"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(lstat(in_dir("absolute"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK_INT(entries(dir), before);
    CHECK_INT(entries(in_dir("far")), 3);

    CHECK(symlink("round", in_dir("round")) == 0);
    link_fails(in_dir("round"), ": cannot create: ");
    CHECK(symlink("nowhere/file", in_dir("astray")) == 0);
    link_fails(in_dir("astray"), "astray: cannot create: ");
    memset(far_away, 'f', sizeof far_away - 1);
    far_away[4000] = 0;
    CHECK(symlink(far_away, in_dir("long")) == 0);
    link_fails(in_dir("long"), "too long");
    CHECK_INT(entries(dir), before + 3);
    unlink(in_dir("far/back"));
    unlink(in_dir("far/file"));
    unlink(in_dir("far/new"));
    CHECK(rmdir(in_dir("far")) == 0);
}

static int mode_of(const char *path) { struct stat st; return stat(path, &st) ? -1 : (int)(st.st_mode & 07777); }

/* An old file's mode stays, whatever umask says; a new file has what umask leaves. While it is written nobody gets to see more. */
static void files_modes(void)
{
    static const int modes[] = { 0600, 0640, 0644, 0666, 0755, 0400, 04755 };
    static bert__writer w;
    bert_error error;
    size_t i;
    mode_t mask = umask(027);
    CHECK_INT(bert_file_write(in_dir("new"), "x", 1, &error), BERT_OK);
    CHECK_INT(mode_of(in_dir("new")), 0640);
    for (i = 0; i < sizeof modes / sizeof *modes; i++) {
        CHECK(chmod(in_dir("new"), (mode_t)modes[i]) == 0);
        CHECK_INT(bert__writer_open(&w, in_dir("new"), &error), BERT_OK);
        CHECK((mode_of(w.beside) & ~modes[i]) == 0);
        CHECK_INT(bert__writer_commit(&w), BERT_OK);
        CHECK_INT(mode_of(in_dir("new")), modes[i] & 0777);             /* setuid was meant for other contents */
    }
    umask(mask);
}

/* Names are bytes: a line break in one is odd but legal, in the folder's as in the file's. */
static void files_odd_names(void)
{
    bert_error error;
    char path[600];
    CHECK(mkdir(in_dir("odd\nfolder"), 0755) == 0);
    CHECK_INT(bert_file_write(in_dir("odd\nfolder/a\x1b" "b"), "data", 4, &error), BERT_OK);
    holds(in_dir("odd\nfolder/a\x1b" "b"), "data", 4);
    CHECK_INT(entries(in_dir("odd\nfolder")), 1);
    snprintf(path, sizeof path, "%s", in_dir("odd\nfolder/missing"));
    CHECK_INT(bert_file_open(path, NULL, &(bert_file){ 0 }, &error), BERT_ERROR_IO);
    CHECK(strchr(error.message, '\n') == NULL);
    unlink(in_dir("odd\nfolder/a\x1b" "b"));
    CHECK(rmdir(in_dir("odd\nfolder")) == 0);
}

/* In a folder one may not write to, the target stays as it was. Root may always: then a child becomes nobody. */
static void files_read_only_folder(void)
{
    bert_error error;
    pid_t child;
    int status = 1;
    CHECK(mkdir(in_dir("locked"), 0755) == 0);
    CHECK_INT(bert_file_write(in_dir("locked/target"), "old", 3, &error), BERT_OK);
    CHECK(chmod(in_dir("locked"), 0555) == 0 && chmod(dir, 0755) == 0);
    child = fork();
    if (child == 0) {
        if (getuid() == 0 && (setgid(65534) || setuid(65534))) _exit(2);
        _exit(bert_file_write(in_dir("locked/target"), "new", 3, &error) == BERT_ERROR_IO && error.path[0] ? 0 : 1);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) test_skip("root here cannot become another user");
    else CHECK_INT(status, 0);
    chmod(in_dir("locked"), 0755);
    CHECK_INT(entries(in_dir("locked")), 1);
    holds(in_dir("locked/target"), "old", 3);
    unlink(in_dir("locked/target"));
    rmdir(in_dir("locked"));
}

/* A pipe is read into memory that grows: every growth may fail. */
static void files_out_of_memory(void)
{
    static char data[300000];
    long n;
    if (mkfifo(in_dir("fifo"), 0600)) { test_skip("no mkfifo here"); return; }
    for (n = 1; n < 100; n++) {
        test_faults f = { 0, 0, 0, 0, 0, 0 };
        bert_allocator a = test_faults_allocator(&f);
        bert_file file;
        bert_error error;
        bert_status s;
        int fd = next_fd();
        pid_t child = fork();
        if (child == 0) {                                               /* writes until it is done or nobody reads */
            FILE *out;
            signal(SIGPIPE, SIG_IGN);
            if ((out = fopen(in_dir("fifo"), "wb")) != NULL) { fwrite(data, 1, sizeof data, out); fclose(out); }
            _exit(0);
        }
        f.fail_at = n;
        memset(&error, 0, sizeof error);
        s = bert_file_open(in_dir("fifo"), &a, &file, &error);
        waitpid(child, NULL, 0);
        CHECK_INT(next_fd(), fd);
        if (s == BERT_OK) {
            CHECK_INT(file.size, sizeof data);
            CHECK_INT(f.live, 1);
            bert_file_close(&file);
            CHECK_INT(f.live, 0);
            break;
        }
        CHECK_INT(s, BERT_ERROR_MEMORY);
        CHECK_INT(error.code, BERT_ERROR_MEMORY);
        CHECK_INT(f.live, 0);
    }
    CHECK(n > 2 && n < 100);
}

static void in_a_folder(void (*test)(void))
{
    const char *base = getenv("TMPDIR");
    DIR *d;
    struct dirent *e;
    snprintf(dir, sizeof dir, "%s/bert_base.XXXXXX", base && *base && strlen(base) < 200 ? base : "/tmp");
    if (!mkdtemp(dir)) { TEST_FAIL("no temporary folder in %s", dir); return; }
    test();
    if ((d = opendir(dir)) != NULL) {
        while ((e = readdir(d)) != NULL) if (e->d_name[0] != '.') unlink(in_dir(e->d_name));
        closedir(d);
    }
    if (rmdir(dir)) TEST_FAIL("%s is not empty", dir);
}
#else
/* Windows: the part that needs no folders of its own. */
static void files_windows(void)
{
    bert_file file;
    bert_error error;
    CHECK_INT(bert_file_open("no such file", NULL, &file, &error), BERT_ERROR_IO);
    CHECK(strstr(error.message, "no such file") != NULL);
    CHECK_INT(bert_file_write("unit_base.tmp.txt", "first", 5, &error), BERT_OK);
    CHECK_INT(bert_file_write("unit_base.tmp.txt", "second\0", 7, &error), BERT_OK);
    REQUIRE(bert_file_open("unit_base.tmp.txt", NULL, &file, &error) == BERT_OK);
    CHECK_BYTES(file.data, file.size, "second\0", 7);
    bert_file_close(&file);
    CHECK_INT(bert_file_write("unit_base.tmp.txt", NULL, 0, &error), BERT_OK);
    REQUIRE(bert_file_open("unit_base.tmp.txt", NULL, &file, &error) == BERT_OK);
    CHECK_INT(file.size, 0);
    bert_file_close(&file);
    CHECK_INT(bert_file_write("no/such/folder/file", "x", 1, &error), BERT_ERROR_IO);
    {                                                                   /* two at once do not meet in the file beside it */
        static bert__writer a, b;
        CHECK_INT(bert__writer_open(&a, "unit_base.tmp.txt", &error), BERT_OK);
        CHECK_INT(bert__writer_open(&b, "unit_base.tmp.txt", &error), BERT_OK);
        bert__writer_add(&a, "of a", 4);
        bert__writer_add(&b, "of b", 4);
        CHECK_INT(bert__writer_commit(&b), BERT_OK);
        CHECK_INT(bert__writer_commit(&a), BERT_OK);
        REQUIRE(bert_file_open("unit_base.tmp.txt", NULL, &file, &error) == BERT_OK);
        CHECK_BYTES(file.data, file.size, "of a", 4);
        bert_file_close(&file);
    }
    if (CreateSymbolicLinkW(L"unit_base.tmp.link", L"unit_base.tmp.txt", 2) &&    /* often not allowed, and wine only says it did */
        GetFileAttributesW(L"unit_base.tmp.link") != INVALID_FILE_ATTRIBUTES) {
        CHECK_INT(bert_file_write("unit_base.tmp.link", "through", 7, &error), BERT_OK);
        REQUIRE(bert_file_open("unit_base.tmp.txt", NULL, &file, &error) == BERT_OK);
        CHECK_BYTES(file.data, file.size, "through", 7);
        bert_file_close(&file);
        CHECK((GetFileAttributesW(L"unit_base.tmp.link") & FILE_ATTRIBUTE_REPARSE_POINT) != 0);
        DeleteFileW(L"unit_base.tmp.link");
    }
    remove("unit_base.tmp.txt");
}
#endif
#else
static void files_are_refused(void)
{
    bert_error error;
    CHECK_INT(bert_file_open("x", NULL, &(bert_file){ 0 }, &error), BERT_ERROR_UNSUPPORTED);
    CHECK_INT(bert_file_write("x", "x", 1, &error), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(error.message, "BERT_NO_STDIO") != NULL);
}
#endif

/* ============================================================================================================
   Threads
   ============================================================================================================ */

enum { SLOTS = 1001 };
static int64_t slots[SLOTS];

static void count_one(void *arg, int64_t i) { ((int64_t *)arg)[i]++; }

static void pool_every_index_once(void)
{
    static const int32_t widths[] = { 1, 2, 4 };
    size_t w;
    int64_t n, i;
    for (w = 0; w < 3; w++) {
        bert_pool *pool = NULL;
        bert_parallel p;
        REQUIRE(bert_pool_open(widths[w], NULL, &pool) == BERT_OK);
        p = bert_pool_parallel(pool);
#ifdef BERT_NO_THREADS
        CHECK_INT(p.width, 1);
#else
        CHECK_INT(p.width, widths[w]);
#endif
        for (n = 0; n < SLOTS; n++) {
            memset(slots, 0, sizeof slots);
            p.run(p.user, n, count_one, slots);
            for (i = 0; i < SLOTS; i++)
                if (slots[i] != (i < n)) { TEST_FAIL("width %d, n %d: task %d ran %d times", (int)widths[w], (int)n, (int)i, (int)slots[i]); break; }
        }
        p.run(p.user, -5, count_one, slots);
        bert_pool_close(pool);
    }
}

/* Uneven work, with a result that must not depend on who did it. */
static void uneven(void *arg, int64_t i)
{
    uint64_t seed = (uint64_t)i, sum = 0;
    int64_t k;
    for (k = 0; k < i % 37 * 100; k++) sum += test_random(&seed);
    ((uint64_t *)arg)[i] = sum;
}
static void pool_same_result(void)
{
    static uint64_t one[500], many[500];
    int32_t width, round;
    bert_parallel serial;
    memset(&serial, 0, sizeof serial);
    serial = bert__parallel(serial);
    CHECK_INT(serial.width, 1);
    serial.run(serial.user, 500, uneven, one);
    for (width = 1; width <= 8; width++) {
        bert_pool *pool = NULL;
        bert_parallel p;
        REQUIRE(bert_pool_open(width, NULL, &pool) == BERT_OK);
        p = bert_pool_parallel(pool);
        for (round = 0; round < 20; round++) {
            memset(many, 0, sizeof many);
            p.run(p.user, 500, uneven, many);
            CHECK(memcmp(one, many, sizeof one) == 0);
        }
        bert_pool_close(pool);
    }
}

/* A task may use the serial runner inside. */
static void outer_task(void *arg, int64_t i)
{
    bert_parallel p;
    memset(&p, 0, sizeof p);
    p = bert__parallel(p);
    p.run(p.user, 10, count_one, (int64_t *)arg + i * 10);
}
static void pool_nested_serial(void)
{
    bert_pool *pool = NULL;
    bert_parallel p;
    int64_t i;
    REQUIRE(bert_pool_open(4, NULL, &pool) == BERT_OK);
    p = bert_pool_parallel(pool);
    memset(slots, 0, sizeof slots);
    p.run(p.user, 100, outer_task, slots);
    for (i = 0; i < 1000; i++) if (slots[i] != 1) { TEST_FAIL("task %d ran %d times", (int)i, (int)slots[i]); break; }
    bert_pool_close(pool);
}

static void pool_open_and_close(void)
{
    bert_pool *pool = NULL, *other = NULL;
    bert_parallel p;
    int i;
    CHECK_INT(bert_pool_open(-1, NULL, &pool), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_pool_open(1025, NULL, &pool), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_pool_open(1, NULL, NULL), BERT_ERROR_ARGUMENT);
    CHECK(pool == NULL);
    bert_pool_close(NULL);
    p = bert_pool_parallel(NULL);
    CHECK(p.run != NULL && p.width == 1);
    REQUIRE(bert_pool_open(0, NULL, &pool) == BERT_OK);
    CHECK(bert_pool_parallel(pool).width >= 1);
    bert_pool_close(pool);
    for (i = 0; i < 200; i++) {                                         /* closed at once, before the helpers woke up */
        REQUIRE(bert_pool_open(3, NULL, &pool) == BERT_OK);
        if (i % 2) { p = bert_pool_parallel(pool); p.run(p.user, 7, count_one, slots); }
        bert_pool_close(pool);
    }
    REQUIRE(bert_pool_open(2, NULL, &pool) == BERT_OK && bert_pool_open(3, NULL, &other) == BERT_OK);
    memset(slots, 0, sizeof slots);
    p = bert_pool_parallel(pool);                                       /* two pools know nothing of each other */
    p.run(p.user, 50, count_one, slots);
    p = bert_pool_parallel(other);
    p.run(p.user, 50, count_one, slots);
    for (i = 0; i < 50; i++) CHECK_INT(slots[i], 2);
    bert_pool_close(pool);
    bert_pool_close(other);
}

static void pool_out_of_memory(void)
{
    long n;
    for (n = 1; n < 100; n++) {
        test_faults f = { 0, 0, 0, 0, 0, 0 };
        bert_allocator a = test_faults_allocator(&f);
        bert_pool *pool = NULL;
        f.fail_at = n;
        if (bert_pool_open(4, &a, &pool) == BERT_OK) {
            CHECK(f.live > 0);
            bert_pool_close(pool);
            CHECK_INT(f.live, 0);
            break;
        }
        CHECK(pool == NULL);
        CHECK_INT(f.live, 0);
    }
    CHECK(n > 1 && n < 100);
}

static void loads_are_little_endian(void)
{
    static const unsigned char b[9] = { 0xFF, 1, 2, 3, 4, 0xF5, 6, 7, 0x88 };
    CHECK(bert__load32(b + 1) == 0x04030201u);
    CHECK(bert__load64(b + 1) == 0x880706F504030201u);
    CHECK_INT(bert__ctz64(1), 0);
    CHECK_INT(bert__ctz64((uint64_t)1 << 63), 63);
    CHECK_INT(bert__ctz64((uint64_t)0xF0 << 32), 36);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(double_hard);
    TEST(double_refused);
    TEST(double_long);
    TEST(double_round_trips);
    TEST(double_half_way);
    TEST(json_valid);
    TEST(json_scalars);
    TEST(json_invalid);
    TEST(json_depth);
    TEST(json_surrogates);
    TEST(json_keys);
    TEST(json_integers);
    TEST(json_prefixes);
    TEST(json_damage);
    TEST(json_quote);
    TEST(json_large);
    TEST(json_out_of_memory);
    TEST(format_conversions);
    TEST(format_cuts);
    TEST(utf8_all_code_points);
    TEST(utf8_invalid);
    TEST(error_messages);
    TEST(error_statuses);
    TEST(sizes_do_not_overflow);
    TEST(arena);
    TEST(buffer);
    TEST(fixed_allocator);
    TEST(fixed_block_of_every_size);
    TEST(default_allocator);
#if defined(BERT_NO_STDIO)
    TEST(files_are_refused);
#elif defined(_WIN32)
    TEST(files_windows);
#else
#define FILES(function) do { if (test_enter("%s", #function)) { in_a_folder(function); test_leave(); } } while (0)
    FILES(files_open);
    FILES(files_without_a_size);
    FILES(files_write);
    FILES(files_beside);
    FILES(files_links);
    FILES(files_modes);
    FILES(files_odd_names);
    FILES(files_read_only_folder);
    FILES(files_out_of_memory);
#endif
    TEST(pool_every_index_once);
    TEST(pool_same_result);
    TEST(pool_nested_serial);
    TEST(pool_open_and_close);
    TEST(pool_out_of_memory);
    TEST(loads_are_little_endian);
    return test_end();
}
