/* unit_tokenizer.c - the tokenizer's calls: what they promise, and what they refuse
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The rules of tokenization are the business of golden.c and differential.c; here it is errors, special tokens, pairs,
   windows, words, decoding, streams, memory, and time on hostile texts. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L         /* mkdir, rmdir: for the test; the header needs none of it */
#endif
#include "test.h"
#include "bert_tokenizer.h"
#include "faults.h"
#include <time.h>
#ifdef _WIN32
#include <direct.h>
extern __declspec(dllimport) void *__stdcall GetCurrentProcess(void);  /* by hand: <windows.h> makes macros of small, near, far */
extern __declspec(dllimport) int __stdcall GetProcessTimes(void *process, uint64_t *begun, uint64_t *ended, uint64_t *kernel, uint64_t *user);
#define make_directory(path) _mkdir(path)
#define remove_directory(path) _rmdir(path)
#else
#include <sys/stat.h>
#include <unistd.h>
#define make_directory(path) mkdir(path, 0777)
#define remove_directory(path) rmdir(path)
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Letters are words of their own, so that a text's tokens can be read off it. */
static const char vocab[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"                                               /* 0 to 4 */
    "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n"                                            /* 5 to 17 */
    "john\njohan\n##son\n'\ns\nhouse\nhe\n##llo\nworld\n!\n,\ndo\nn\nt\n.\nit\nwas\nthe\n##s\n";
enum { PAD, UNK, CLS, SEP, MASK, A, B, C, D, E, F, G, H, I, J };

static bert_error error;

static bert_tokenizer *open_text(const char *text, size_t size, bert_tokenizer_mode mode)
{
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    memset(&d, 0, sizeof d);
    memset(&error, 0, sizeof error);
    d.data = text;
    d.size = size;
    d.mode = mode;
    d.error = &error;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) TEST_FAIL("bert_tokenizer_open: %s", error.message);
    return tok;
}
static bert_tokenizer *open_mode(bert_tokenizer_mode mode) { return open_text(vocab, sizeof vocab - 1, mode); }
static bert_tokenizer *open_default(void) { return open_mode(BERT_TOKENIZER_DEFAULT); }

/* All columns, with room for 256 tokens. */
typedef struct columns {
    bert_encoding e;
    int32_t ids[256], segment_ids[256], words[256];
    size_t begin[256], end[256], char_begin[256], char_end[256];
} columns;
static bert_encoding *all(columns *c)
{
    memset(c, 0, sizeof *c);
    c->e.capacity = 256;
    c->e.ids = c->ids;
    c->e.segment_ids = c->segment_ids;
    c->e.words = c->words;
    c->e.begin = c->begin;
    c->e.end = c->end;
    c->e.char_begin = c->char_begin;
    c->e.char_end = c->char_end;
    return &c->e;
}
/* The tokens of an encoding with blanks between them, for one string comparison. */
static const char *tokens(const bert_tokenizer *tok, const bert_encoding *e)
{
    static char out[4096];
    size_t i, n = 0;
    out[0] = 0;
    for (i = 0; i < e->count && i < e->capacity; i++) {
        const char *t = bert_tokenizer_token(tok, e->ids[i], NULL);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", i ? " " : "", t ? t : "NULL");
        if (n >= sizeof out) break;
    }
    return out;
}
static const char *numbers(const int32_t *v, size_t count)
{
    static char out[4096];
    size_t i, n = 0;
    out[0] = 0;
    for (i = 0; i < count && n < sizeof out - 16; i++) n += (size_t)snprintf(out + n, sizeof out - n, "%s%d", i ? " " : "", (int)v[i]);
    return out;
}
static const char *ranges(const size_t *begin, const size_t *end, size_t count)
{
    static char out[4096];
    size_t i, n = 0;
    out[0] = 0;
    for (i = 0; i < count && n < sizeof out - 40; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%lu-%lu", i ? " " : "", (unsigned long)begin[i], (unsigned long)end[i]);
    return out;
}
static int mentions(const char *text, const char *part)
{
    if (strstr(text, part)) return 1;
    TEST_FAIL("\"%s\" does not mention \"%s\"", text, part);
    return 0;
}
static int write_file(const char *path, const void *data, size_t size)
{
    if (bert_file_write(path, data, size, &error) == BERT_OK) return 1;
    TEST_FAIL("%s", error.message);
    return 0;
}

/* ============================================================================================================
   Opening
   ============================================================================================================ */

/* Opens what must fail; the tokenizer is left as it was. */
static bert_status refuse(bert_tokenizer_desc *d)
{
    bert_tokenizer *untouched = (bert_tokenizer *)(void *)&error, *tok = untouched;
    bert_status st;
    memset(&error, 0, sizeof error);
    d->error = &error;
    st = bert_tokenizer_open(d, &tok);
    if (st == BERT_OK) { TEST_FAIL("it was opened"); bert_tokenizer_close(tok); return st; }
    CHECK(tok == untouched);
    CHECK_INT(error.code, st);
    CHECK(error.message[0] != 0);
    CHECK(strchr(error.message, '\n') == NULL);
    return st;
}
static bert_status refuse_text(const char *text, size_t size)
{
    bert_tokenizer_desc d;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = size;
    return refuse(&d);
}

static void open_missing_file(void)
{
    bert_tokenizer_desc d;
    memset(&d, 0, sizeof d);
    d.path = "no/such/vocab.txt";
    CHECK_INT(refuse(&d), BERT_ERROR_IO);
    mentions(error.message, "no/such/vocab.txt");
    mentions(error.path, "vocab.txt");
}
static void open_invalid_utf8(void)
{
    static const char bad[] = "[PAD]\n[UNK]\nab\xFF" "cd\nx\n";
    bert_tokenizer_desc d;
    memset(&d, 0, sizeof d);
    if (!write_file("unit_tokenizer.tmp.txt", bad, sizeof bad - 1)) return;
    d.path = "unit_tokenizer.tmp.txt";
    CHECK_INT(refuse(&d), BERT_ERROR_FORMAT);
    CHECK_INT(error.line, 3);
    mentions(error.message, "unit_tokenizer.tmp.txt:3:");
    mentions(error.message, "UTF-8");
    remove("unit_tokenizer.tmp.txt");
    CHECK_INT(refuse_text(bad, sizeof bad - 1), BERT_ERROR_FORMAT);     /* from memory the line is known as well */
    CHECK_INT(error.line, 3);
}
static void open_empty(void)
{
    bert_tokenizer_desc d;
    CHECK(refuse_text("", 0) != BERT_OK);
    memset(&d, 0, sizeof d);
    if (!write_file("unit_tokenizer.tmp.txt", "", 0)) return;
    d.path = "unit_tokenizer.tmp.txt";
    CHECK_INT(refuse(&d), BERT_ERROR_FORMAT);
    mentions(error.message, "unit_tokenizer.tmp.txt");
    remove("unit_tokenizer.tmp.txt");
}
static void open_bad_desc(void)
{
    bert_tokenizer_desc d, good;
    bert_tokenizer *tok;
    memset(&good, 0, sizeof good);
    good.data = vocab;
    good.size = sizeof vocab - 1;
    memset(&d, 0, sizeof d);
    CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);                         /* neither a path nor data */
    d = good; d.max_word = 201; CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
    d = good; d.max_word = -1; CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
    d = good; d.mode = (bert_tokenizer_mode)7; CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
    d = good; d.lower_case = (bert_flag)3; CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
    d = good; d.specials = (bert_flag)-1; CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
    d = good; d.never_split_count = 2; CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);     /* without the words */
    CHECK_INT(bert_tokenizer_open(NULL, &tok), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_open(&good, NULL), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(NULL);
}

static void special_ids(void)
{
    static const char few[] = "x\n[UNK]\n<s>\ny\n[SEP]\n";
    bert_tokenizer *tok = open_default();
    bert_tokenizer_desc d;
    bert_special_ids s;
    REQUIRE(tok);
    s = bert_tokenizer_special_ids(tok);
    CHECK_INT(s.pad, PAD);
    CHECK_INT(s.unk, UNK);
    CHECK_INT(s.cls, CLS);
    CHECK_INT(s.sep, SEP);
    CHECK_INT(s.mask, MASK);
    bert_tokenizer_close(tok);
    memset(&d, 0, sizeof d);
    d.data = few;
    d.size = sizeof few - 1;
    d.cls_token = "<s>";
    d.error = &error;
    tok = NULL;
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    s = bert_tokenizer_special_ids(tok);
    CHECK_INT(s.pad, -1);
    CHECK_INT(s.unk, 1);
    CHECK_INT(s.cls, 2);
    CHECK_INT(s.sep, 4);
    CHECK_INT(s.mask, -1);
    bert_tokenizer_close(tok);
}

static void resolved(void)
{
    bert_tokenizer *tok = open_default();
    bert_tokenizer_desc r, d;
    REQUIRE(tok);
    r = bert_tokenizer_desc_resolved(tok);
    CHECK_INT(r.mode, BERT_TOKENIZER_GOOGLE);
    CHECK_INT(r.lower_case, BERT_ON);
    CHECK_INT(r.strip_accents, BERT_ON);
    CHECK_INT(r.cjk, BERT_ON);
    CHECK_INT(r.clean, BERT_ON);
    CHECK_INT(r.specials, BERT_OFF);
    CHECK_INT(r.basic, BERT_ON);
    CHECK_INT(r.max_word, 200);
    CHECK_STR(r.unk_token, "[UNK]");
    CHECK_STR(r.mask_token, "[MASK]");
    bert_tokenizer_close(tok);
    memset(&d, 0, sizeof d);
    d.data = vocab;
    d.size = sizeof vocab - 1;
    d.mode = BERT_TOKENIZER_HF;
    d.lower_case = BERT_OFF;
    d.unk_token = "[MASK]";
    tok = NULL;
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    r = bert_tokenizer_desc_resolved(tok);
    CHECK_INT(r.mode, BERT_TOKENIZER_HF);
    CHECK_INT(r.lower_case, BERT_OFF);
    CHECK_INT(r.strip_accents, BERT_OFF);
    CHECK_INT(r.specials, BERT_ON);
    CHECK_INT(r.max_word, 100);
    CHECK_STR(r.unk_token, "[MASK]");
    bert_tokenizer_close(tok);
}

static void vocabulary(void)
{
    static const char odd[] = "[UNK]\r\n a \n\nb\n a\nc";
    bert_tokenizer *tok = open_text(odd, sizeof odd - 1, BERT_TOKENIZER_GOOGLE);
    size_t n = 99;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_size(tok), 6);
    CHECK_STR(bert_tokenizer_token(tok, 0, &n), "[UNK]");
    CHECK_INT(n, 5);
    CHECK(bert_tokenizer_token(tok, 1, NULL) == NULL);                  /* "a" comes again */
    CHECK_STR(bert_tokenizer_token(tok, 2, &n), "");
    CHECK_INT(n, 0);
    CHECK_STR(bert_tokenizer_token(tok, 4, NULL), "a");
    CHECK_STR(bert_tokenizer_token(tok, 5, NULL), "c");
    CHECK(bert_tokenizer_token(tok, 6, NULL) == NULL);
    CHECK(bert_tokenizer_token(tok, -1, NULL) == NULL);
    CHECK(bert_tokenizer_token(tok, INT32_MIN, NULL) == NULL);
    CHECK(bert_tokenizer_token(tok, INT32_MAX, NULL) == NULL);
    CHECK_INT(bert_tokenizer_id(tok, "a", 1), 4);
    CHECK_INT(bert_tokenizer_id(tok, "", 0), 2);
    CHECK_INT(bert_tokenizer_id(tok, " a", 2), -1);
    CHECK_INT(bert_tokenizer_id(tok, "a\0", 2), -1);
    CHECK_INT(bert_tokenizer_key_count(tok), 5);
    CHECK_INT(bert_tokenizer_key(tok, 0), 0);
    CHECK_INT(bert_tokenizer_key(tok, 1), 4);
    CHECK_INT(bert_tokenizer_key(tok, 2), 2);
    CHECK_INT(bert_tokenizer_key(tok, 3), 3);
    CHECK_INT(bert_tokenizer_key(tok, 4), 5);
    bert_tokenizer_close(tok);
}

/* The vocabulary is copied: the caller's memory may go. */
static void vocabulary_is_copied(void)
{
    char *text = (char *)malloc(sizeof vocab - 1);
    bert_tokenizer *tok;
    columns c;
    REQUIRE(text);
    memcpy(text, vocab, sizeof vocab - 1);
    tok = open_text(text, sizeof vocab - 1, BERT_TOKENIZER_DEFAULT);
    memset(text, 'x', sizeof vocab - 1);
    free(text);
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, "hello", 5, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo");
    bert_tokenizer_close(tok);
}

/* ---- tokenizer.json, directories ---- */

#define JSON_HEAD "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": [" \
    "{\"id\": 0, \"content\": \"[PAD]\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}," \
    "{\"id\": 1, \"content\": \"[UNK]\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}," \
    "{\"id\": 2, \"content\": \"[CLS]\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}," \
    "{\"id\": 3, \"content\": \"[SEP]\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}," \
    "{\"id\": 4, \"content\": \"[MASK]\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}],"
#define JSON_NORMALIZER(lower) "\"normalizer\": {\"type\": \"BertNormalizer\", \"clean_text\": true, \"handle_chinese_chars\": true, " \
    "\"strip_accents\": null, \"lowercase\": " lower "}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"post_processor\": null, " \
    "\"decoder\": {\"type\": \"WordPiece\", \"prefix\": \"##\", \"cleanup\": true},"
#define JSON_MODEL "\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\", " \
    "\"max_input_chars_per_word\": 50, \"vocab\": {\"[PAD]\": 0, \"[UNK]\": 1, \"[CLS]\": 2, \"[SEP]\": 3, \"[MASK]\": 4, \"he\": 5, " \
    "\"##llo\": 6, \"He\": 7, \"\\u00e9\": 8, \"e\": 9}}}"

static void tokenizer_json(void)
{
    static const char cased[] = JSON_HEAD JSON_NORMALIZER("false") JSON_MODEL;
    static const char uncased[] = JSON_HEAD JSON_NORMALIZER("true") JSON_MODEL;
    bert_tokenizer *tok = open_text(cased, sizeof cased - 1, BERT_TOKENIZER_DEFAULT);
    bert_tokenizer_desc r, d;
    columns c;
    REQUIRE(tok);
    r = bert_tokenizer_desc_resolved(tok);
    CHECK_INT(r.mode, BERT_TOKENIZER_HF);
    CHECK_INT(r.lower_case, BERT_OFF);
    CHECK_INT(r.strip_accents, BERT_OFF);
    CHECK_INT(r.specials, BERT_ON);
    CHECK_INT(r.max_word, 50);
    CHECK_INT(bert_tokenizer_size(tok), 10);
    CHECK_INT(bert_tokenizer_encode(tok, "Hello hello \xC3\xA9 x[MASK]", 22, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "He ##llo he ##llo \xC3\xA9 [UNK] [MASK]");
    bert_tokenizer_close(tok);
    tok = open_text(uncased, sizeof uncased - 1, BERT_TOKENIZER_DEFAULT);
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, "Hello \xC3\x89", 8, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo e");
    bert_tokenizer_close(tok);
    memset(&d, 0, sizeof d);                                            /* what the desc says overrides the file */
    d.data = uncased;
    d.size = sizeof uncased - 1;
    d.lower_case = BERT_OFF;
    d.mode = BERT_TOKENIZER_GOOGLE;
    tok = NULL;
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    r = bert_tokenizer_desc_resolved(tok);
    CHECK_INT(r.mode, BERT_TOKENIZER_GOOGLE);
    CHECK_INT(r.lower_case, BERT_OFF);
    bert_tokenizer_close(tok);
}
static void tokenizer_json_refused(void)
{
    static const char bpe[] = "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}}";
    static const char cut[] = JSON_HEAD JSON_NORMALIZER("true") "\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 0,";
    static const char *const malformed[] = {
        "{\"model\": 3}", "{\"version\": \"1.0\"}", "{\"model\": {\"type\": \"WordPiece\"}}", "{\"model\": {\"type\": \"WordPiece\", \"vocab\": []}}",
        "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": -1}}}", "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 0.5}}}",
        "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 99999999999999999999}}}",
        "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 2147483647}}}",
        "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": \"0\"}}}",
    };
    size_t i;
    CHECK_INT(refuse_text(bpe, sizeof bpe - 1), BERT_ERROR_UNSUPPORTED);
    mentions(error.message, "WordPiece");
    CHECK_INT(refuse_text(cut, sizeof cut - 1), BERT_ERROR_FORMAT);
    for (i = 0; i < COUNT(malformed); i++) {
        bert_status st = refuse_text(malformed[i], strlen(malformed[i]));
        if (st != BERT_ERROR_FORMAT && st != BERT_ERROR_UNSUPPORTED) TEST_FAIL("%s: %s", malformed[i], bert_status_string(st));
    }
    for (i = sizeof cut - 1; i > 20; i -= i > 600 ? 7 : 3) {            /* cut anywhere: no vocabulary begins {"version": */
        if (refuse_text(cut, i) == BERT_OK) TEST_FAIL("opened with %lu bytes", (unsigned long)i);
    }
}

/* Hugging Face looks for such a token in the changed text ("NéwWord" holds newword): what we do not, we do not pass over. */
static void tokenizer_json_normalized(void)
{
    static const char text[] = "{\"added_tokens\": [{\"id\": 0, \"content\": \"[UNK]\", \"normalized\": false, \"special\": true},"
        "{\"id\": 10, \"content\": \"new\\nword\", \"normalized\": true, \"special\": false}]," JSON_NORMALIZER("true") JSON_MODEL;
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    columns c;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = sizeof text - 1;
    CHECK_INT(refuse(&d), BERT_ERROR_UNSUPPORTED);
    mentions(error.message, "\"normalized\": true");
    mentions(error.message, "word\"");
    d.mode = BERT_TOKENIZER_GOOGLE;
    d.specials = BERT_ON;
    CHECK_INT(refuse(&d), BERT_ERROR_UNSUPPORTED);
    d.specials = BERT_DEFAULT;                                          /* Google knows no added tokens: nothing is looked for */
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    CHECK_INT(bert_tokenizer_encode(tok, "new\nword he", 11, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "[UNK] [UNK] he");
    CHECK_INT(bert_tokenizer_id(tok, "new\nword", 8), 10);
    bert_tokenizer_close(tok);
    d.mode = BERT_TOKENIZER_HF;
    d.specials = BERT_OFF;
    tok = NULL;
    CHECK_INT(bert_tokenizer_open(&d, &tok), BERT_OK);
    bert_tokenizer_close(tok);
}

/* Tokens that stand only as words, and that take white space on their left or right along: as HF's tokenizers 0.23.3 answer, ids and
   ranges of code points; the same from a stream in pieces. */
static void tokenizer_json_added(void)
{
#define JSON_ADDED(id, content, word, left, right) "{\"id\": " #id ", \"content\": \"" content "\", \"single_word\": " #word ", \"lstrip\": " #left ", \"rstrip\": " #right ", \"normalized\": false, \"special\": true}"
    static const char text[] = "{\"version\": \"1.0\", \"added_tokens\": [" JSON_ADDED(9, "<one>", true, false, false) "," JSON_ADDED(10, "<left>", false, true, false) ","
        JSON_ADDED(11, "<right>", false, false, true) "," JSON_ADDED(12, "word", true, false, false) "], \"normalizer\": {\"type\": \"BertNormalizer\", \"clean_text\": true, "
        "\"handle_chinese_chars\": true, \"strip_accents\": null, \"lowercase\": true}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"type\": \"WordPiece\", "
        "\"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\", \"max_input_chars_per_word\": 100, \"vocab\": {\"[UNK]\": 0, \"dog\": 1, \"##s\": 2, \"a\": 3, \"cat\": 4, "
        "\"##x\": 5, \"one\": 6, \"left\": 7, \"right\": 8}}}";
#undef JSON_ADDED
    static const struct { const char *text; size_t count; int32_t want[5][3]; } rows[] = {
        { "a <one> dog", 3, { { 3, 0, 1 }, { 9, 2, 7 }, { 1, 8, 11 } } },
        { "a<one>dog", 5, { { 3, 0, 1 }, { 0, 1, 2 }, { 6, 2, 5 }, { 0, 5, 6 }, { 1, 6, 9 } } },
        { "a <one>, dog", 4, { { 3, 0, 1 }, { 9, 2, 7 }, { 0, 7, 8 }, { 1, 9, 12 } } },
        { "dog  \011<left> a", 3, { { 1, 0, 3 }, { 10, 3, 12 }, { 3, 13, 14 } } },
        { "dog\343\200\200<left>a", 3, { { 1, 0, 3 }, { 10, 3, 10 }, { 3, 10, 11 } } },
        { "<left>", 1, { { 10, 0, 6 } } },
        { "  <left>  a", 2, { { 10, 0, 8 }, { 3, 10, 11 } } },
        { "dog<right> \012 a", 3, { { 1, 0, 3 }, { 11, 3, 13 }, { 3, 13, 14 } } },
        { "a<right>", 2, { { 3, 0, 1 }, { 11, 1, 8 } } },
        { "<right>  <left>  a", 3, { { 11, 0, 9 }, { 10, 9, 15 }, { 3, 17, 18 } } },
        { "word", 1, { { 12, 0, 4 } } },
        { "words", 1, { { 0, 0, 5 } } },
        { "a word", 2, { { 3, 0, 1 }, { 12, 2, 6 } } },
        { "aword", 1, { { 0, 0, 5 } } },
        { "word word", 2, { { 12, 0, 4 }, { 12, 5, 9 } } },
        { "\303\251word", 1, { { 0, 0, 5 } } },
        { "(word)", 3, { { 0, 0, 1 }, { 12, 1, 5 }, { 0, 5, 6 } } },
        { "word\344\270\255", 2, { { 0, 0, 4 }, { 0, 4, 5 } } },
        { "_word", 2, { { 0, 0, 1 }, { 0, 1, 5 } } },
        { "word-", 2, { { 12, 0, 4 }, { 0, 4, 5 } } },
        { "a <right>\302\240\342\200\203dog", 3, { { 3, 0, 1 }, { 11, 2, 11 }, { 1, 11, 14 } } },
        { "9word word9 word", 3, { { 0, 0, 5 }, { 0, 6, 11 }, { 12, 12, 16 } } },
        { "Word WORD <ONE>", 5, { { 0, 0, 4 }, { 0, 5, 9 }, { 0, 10, 11 }, { 6, 11, 14 }, { 0, 14, 15 } } },
    };
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    size_t r, k, piece;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = sizeof text - 1;
    d.error = &error;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    for (r = 0; r < sizeof rows / sizeof *rows; r++) {
        const size_t size = strlen(rows[r].text);
        int32_t ids[16];
        size_t begin[16], end[16], n, at;
        bert_encoding e;
        memset(&e, 0, sizeof e);
        e.ids = ids;
        e.char_begin = begin;
        e.char_end = end;
        e.capacity = 16;
        CHECK_INT(bert_tokenizer_encode(tok, rows[r].text, size, &e), BERT_OK);
        if (e.count != rows[r].count) { TEST_FAIL("\"%s\": %d tokens", rows[r].text, (int)e.count); continue; }
        for (k = 0; k < e.count; k++)
            if (ids[k] != rows[r].want[k][0] || begin[k] != (size_t)rows[r].want[k][1] || end[k] != (size_t)rows[r].want[k][2])
                TEST_FAIL("\"%s\", token %d: %d, %d to %d", rows[r].text, (int)k, (int)ids[k], (int)begin[k], (int)end[k]);
        for (piece = 1; piece < 8; piece++) {
            bert_stream *stream = NULL;
            REQUIRE(bert_stream_open(tok, NULL, &stream) == BERT_OK);
            for (n = at = 0; at <= size; at += piece) {
                memset(&e, 0, sizeof e);
                e.ids = ids + n;
                e.capacity = 16 - n;
                CHECK_INT(bert_stream_feed(stream, rows[r].text + at, size - at < piece ? size - at : piece, &e), BERT_OK);
                n += e.count;
            }
            memset(&e, 0, sizeof e);
            e.ids = ids + n;
            e.capacity = 16 - n;
            CHECK_INT(bert_stream_finish(stream, &e), BERT_OK);
            n += e.count;
            for (k = 0; k < n && n == rows[r].count && ids[k] == rows[r].want[k][0]; k++) {}
            if (k != rows[r].count) TEST_FAIL("\"%s\" in pieces of %d: %d tokens, or others", rows[r].text, (int)piece, (int)n);
            bert_stream_close(stream);
        }
    }
    bert_tokenizer_close(tok);
}

static void directory(void)
{
    static const char config[] = "{\"do_lower_case\": false, \"strip_accents\": null, \"tokenize_chinese_chars\": true, \"model_max_length\": 512}";
    static const char dir_json[] = JSON_HEAD JSON_NORMALIZER("false") JSON_MODEL;
    bert_tokenizer_desc d, r;
    bert_tokenizer *tok = NULL;
    columns c;
    make_directory("unit_tokenizer.tmp");
    memset(&d, 0, sizeof d);
    d.path = "unit_tokenizer.tmp";
    CHECK_INT(refuse(&d), BERT_ERROR_IO);                               /* nothing in it */
    mentions(error.message, "vocab.txt");
    if (!write_file("unit_tokenizer.tmp/vocab.txt", vocab, sizeof vocab - 1)) return;
    d.error = &error;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    r = bert_tokenizer_desc_resolved(tok);                              /* no config: as from the file alone */
    CHECK_INT(r.lower_case, BERT_ON);
    bert_tokenizer_close(tok);
    if (!write_file("unit_tokenizer.tmp/tokenizer_config.json", config, sizeof config - 1)) return;
    tok = NULL;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    r = bert_tokenizer_desc_resolved(tok);
    CHECK_INT(r.mode, BERT_TOKENIZER_GOOGLE);
    CHECK_INT(r.lower_case, BERT_OFF);
    CHECK_INT(r.strip_accents, BERT_OFF);
    CHECK_INT(bert_tokenizer_encode(tok, "hello Hello", 11, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo [UNK]");
    bert_tokenizer_close(tok);
    d.lower_case = BERT_ON;
    tok = NULL;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    CHECK_INT(bert_tokenizer_encode(tok, "hello Hello", 11, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo he ##llo");
    bert_tokenizer_close(tok);
    if (!write_file("unit_tokenizer.tmp/tokenizer_config.json", "{\"do_lower_case\": fal", 21)) return;
    CHECK_INT(refuse(&d), BERT_ERROR_FORMAT);                           /* a broken config is not passed over */
    mentions(error.message, "tokenizer_config.json");
    if (!write_file("unit_tokenizer.tmp/tokenizer_config.json", config, sizeof config - 1)) return;
    if (!write_file("unit_tokenizer.tmp/tokenizer.json", dir_json, sizeof dir_json - 1)) return;
    d.lower_case = BERT_DEFAULT;
    d.error = &error;
    tok = NULL;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    r = bert_tokenizer_desc_resolved(tok);
    CHECK_INT(r.lower_case, BERT_OFF);
    bert_tokenizer_close(tok);
    remove("unit_tokenizer.tmp/tokenizer.json");
    remove("unit_tokenizer.tmp/tokenizer_config.json");
    remove("unit_tokenizer.tmp/vocab.txt");
    remove_directory("unit_tokenizer.tmp");
}

/* ============================================================================================================
   One text
   ============================================================================================================ */

static void encode_columns(void)
{
    static const char text[] = "H\xC3\xA9llo, \xE4\xB8\x80world!";
    bert_tokenizer *tok = open_default();
    bert_encoding some;
    columns c;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo , [UNK] world !");
    CHECK_STR(numbers(c.words, c.e.count), "0 0 1 2 3 4");
    CHECK_STR(numbers(c.segment_ids, c.e.count), "0 0 0 0 0 0");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-3 3-6 6-7 8-11 11-16 16-17");
    CHECK_STR(ranges(c.char_begin, c.char_end, c.e.count), "0-2 2-5 5-6 7-8 8-13 13-14");
    memset(&some, 0, sizeof some);                                      /* counting */
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, &some), BERT_OK);
    CHECK_INT(some.count, 6);
    some.ids = c.ids;                                                   /* no room at all, but a column */
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, &some), BERT_ERROR_SPACE);
    CHECK_INT(some.count, 6);
    all(&c);
    c.ids[3] = -5;
    c.words[3] = -5;
    c.e.capacity = 3;
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, &c.e), BERT_ERROR_SPACE);
    CHECK_INT(c.e.count, 6);
    CHECK_STR(numbers(c.words, 4), "0 0 1 -5");
    CHECK_INT(c.ids[3], -5);
    CHECK_INT(bert_tokenizer_encode(tok, "", 0, all(&c)), BERT_OK);
    CHECK_INT(c.e.count, 0);
    CHECK_INT(bert_tokenizer_encode(tok, NULL, 0, all(&c)), BERT_OK);   /* no text at all is an empty one */
    CHECK_INT(c.e.count, 0);
    CHECK_INT(bert_tokenizer_encode(tok, NULL, 3, all(&c)), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_encode(tok, "a", 1, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_encode(NULL, "a", 1, all(&c)), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(tok);
}

static void embedded_nuls(void)
{
    bert_tokenizer *tok = open_default();
    columns c;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, "\0he\0llo\0 \0\0a\0", 13, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo a");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "1-3 4-7 11-12");
    CHECK_STR(numbers(c.words, c.e.count), "0 0 1");
    bert_tokenizer_close(tok);
}
/* Where nothing is cleaned away a NUL is a character of its word, and no token has one. */
static void kept_nuls(void)
{
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    columns c;
    int k;
    for (k = 0; k < 3; k++) {
        memset(&d, 0, sizeof d);
        d.data = vocab;
        d.size = sizeof vocab - 1;
        d.mode = k == 1 ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE;
        d.basic = k < 2 ? BERT_OFF : BERT_ON;
        d.clean = k < 2 ? BERT_ON : BERT_OFF;
        d.error = &error;
        REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
        CHECK_INT(bert_tokenizer_encode(tok, "a\0 \0a he\0 he\0llo \0 \0\0 a hello\0 world\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 50, all(&c)), BERT_OK);
        CHECK_STR(tokens(tok, &c.e), "[UNK] [UNK] [UNK] [UNK] [UNK] [UNK] a [UNK] [UNK]");
        bert_tokenizer_close(tok);
    }
}
static void invalid_utf8(void)
{
    bert_tokenizer *tok = open_default();
    columns c;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, "h\xFF" "e\xE2\x82llo \xC3", 10, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-3 5-8");
    CHECK_STR(ranges(c.char_begin, c.char_end, c.e.count), "0-2 2-5");  /* what is no character counts for none */
    bert_tokenizer_close(tok);
}

static void specials_in_text(void)
{
    static const char text[] = "a [MASK] b[SEP]c [mask]";
    static const char *const never[] = { "house", "ab", "abc" };
    static const char plus[] = "[UNK]\nhouse\nab\nabc\na\nd\ns\n##s\n##d\n[MASK]\n";
    bert_tokenizer *tok = open_default(), *hf = open_mode(BERT_TOKENIZER_HF);
    bert_tokenizer_desc d;
    columns c;
    REQUIRE(tok && hf);
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "a [UNK] [UNK] [UNK] b [UNK] [UNK] [UNK] c [UNK] [UNK] [UNK]");
    CHECK_INT(bert_tokenizer_encode(hf, text, sizeof text - 1, all(&c)), BERT_OK);
    CHECK_STR(tokens(hf, &c.e), "a [MASK] b [SEP] c [UNK] [UNK] [UNK]");
    CHECK_STR(numbers(c.words, c.e.count), "0 1 2 3 4 5 6 7");
    bert_tokenizer_close(tok);
    bert_tokenizer_close(hf);
    memset(&d, 0, sizeof d);                                            /* the leftmost, then the longest */
    d.data = plus;
    d.size = sizeof plus - 1;
    d.never_split = never;
    d.never_split_count = COUNT(never);
    d.error = &error;
    tok = NULL;
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    CHECK_INT(bert_tokenizer_encode(tok, "abcd abd househouses HOUSE", 26, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "abc d ab d house house s house");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-3 3-4 5-7 7-8 9-14 14-19 19-20 21-26");
    bert_tokenizer_close(tok);
}

/* ---- words ---- */

typedef struct seen { char text[512]; int calls, stop; } seen;
static int see(void *user, const bert_word *w)
{
    seen *s = (seen *)user;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%.*s%s", (int)w->size, w->text, w->more ? "" : "|");
    s->calls++;
    return s->calls == s->stop;
}
static void words(void)
{
    bert_tokenizer *tok = open_default();
    seen s;
    REQUIRE(tok);
    memset(&s, 0, sizeof s);
    CHECK_INT(bert_tokenizer_words(tok, "It'S \xC3\x89t\xC3\xA9.", 11, see, &s), BERT_OK);
    CHECK_STR(s.text, "it|'|s|ete|.|");
    memset(&s, 0, sizeof s);
    s.stop = 2;
    bert_tokenizer_words(tok, "It'S \xC3\x89t\xC3\xA9.", 11, see, &s);
    CHECK_INT(s.calls, 2);
    CHECK_INT(bert_tokenizer_words(tok, "a", 1, NULL, NULL), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(tok);
}

/* Google's README: original words to pieces. */
static void word_alignment(void)
{
    static const char *const given[] = { "John", "Johanson", "'s", "house" };
    static const size_t sizes[] = { 4, 8, 2, 5 };
    bert_tokenizer *tok = open_default();
    columns c, j;
    int32_t starts[5];
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode_words(tok, given, sizes, 4, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "john johan ##son ' s house");
    CHECK_STR(numbers(c.words, c.e.count), "0 1 1 2 2 3");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-4 0-5 5-8 0-1 1-2 0-5");
    CHECK_INT(bert_encoding_join(tok, NULL, &c.e, NULL, all(&j), NULL), BERT_OK);
    CHECK_STR(tokens(tok, &j.e), "[CLS] john johan ##son ' s house [SEP]");
    CHECK_STR(numbers(j.words, j.e.count), "-1 0 1 1 2 2 3 -1");
    bert_encoding_word_starts(&j.e, 0, starts, 4);
    CHECK_STR(numbers(starts, 4), "1 2 4 6");
    bert_encoding_word_starts(&j.e, 0, starts, 5);                      /* a word beyond the text has no token */
    CHECK_INT(starts[4], -1);
    bert_encoding_word_starts(&j.e, 1, starts, 4);
    CHECK_STR(numbers(starts, 4), "-1 -1 -1 -1");
    bert_tokenizer_close(tok);
}
static void encode_words(void)
{
    static const char *const given[] = { "he\xCC\x81llo", "", "\xE2\x80\x8B", "a b", "x", "he", "llo" };
    static const size_t sizes[] = { 7, 0, 3, 3, 1, 2, 3 };
    bert_tokenizer *tok = open_default();
    columns c;
    int32_t starts[7];
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode_words(tok, given, sizes, 7, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo a b [UNK] he [UNK]");        /* words do not grow together */
    CHECK_STR(numbers(c.words, c.e.count), "0 0 3 3 4 5 6");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-2 4-7 0-1 2-3 0-1 0-2 0-3");
    CHECK_STR(ranges(c.char_begin, c.char_end, c.e.count), "0-2 3-6 0-1 2-3 0-1 0-2 0-3");
    bert_encoding_word_starts(&c.e, 0, starts, 7);
    CHECK_STR(numbers(starts, 7), "0 -1 -1 2 4 5 6");
    CHECK_INT(bert_tokenizer_encode_words(tok, given, sizes, 0, all(&c)), BERT_OK);
    CHECK_INT(c.e.count, 0);
    bert_tokenizer_close(tok);
}

/* ============================================================================================================
   Pairs and windows
   ============================================================================================================ */

static bert_pair_desc pair_of(size_t max_tokens, bert_truncation truncation)
{
    bert_pair_desc p;
    memset(&p, 0, sizeof p);
    memset(&error, 0, sizeof error);
    p.max_tokens = max_tokens;
    p.truncation = truncation;
    p.error = &error;
    return p;
}
static const char *join_texts(const bert_tokenizer *tok, const bert_pair_desc *p, const char *a, const char *b, bert_status want)
{
    static columns c;
    bert_status st = bert_tokenizer_encode_pair(tok, p, a, strlen(a), b, b ? strlen(b) : 0, all(&c));
    if (st != want) TEST_FAIL("(%s | %s): %s: %s", a, b ? b : "NULL", bert_status_string(st), error.message);
    return st == BERT_OK ? tokens(tok, &c.e) : "";
}

static void pair_basics(void)
{
    bert_tokenizer *tok = open_default();
    columns c;
    bert_pair_desc p = pair_of(0, BERT_TRUNCATE_LONGEST);
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode_pair(tok, NULL, "hello a", 7, "b c", 3, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "[CLS] he ##llo a [SEP] b c [SEP]");
    CHECK_STR(numbers(c.segment_ids, c.e.count), "0 0 0 0 0 1 1 1");
    CHECK_STR(numbers(c.words, c.e.count), "-1 0 0 1 -1 0 1 -1");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-0 0-2 2-5 6-7 0-0 0-1 2-3 0-0");
    CHECK_STR(ranges(c.char_begin, c.char_end, c.e.count), "0-0 0-2 2-5 6-7 0-0 0-1 2-3 0-0");
    CHECK_STR(join_texts(tok, &p, "a", NULL, BERT_OK), "[CLS] a [SEP]");
    CHECK_STR(join_texts(tok, &p, "", NULL, BERT_OK), "[CLS] [SEP]");
    CHECK_STR(join_texts(tok, &p, "", "", BERT_OK), "[CLS] [SEP] [SEP]");
    CHECK_STR(join_texts(tok, &p, "a", "", BERT_OK), "[CLS] a [SEP] [SEP]");
    all(&c);
    c.e.capacity = 4;
    c.ids[4] = -5;
    CHECK_INT(bert_tokenizer_encode_pair(tok, NULL, "hello a", 7, "b c", 3, &c.e), BERT_ERROR_SPACE);
    CHECK_INT(c.e.count, 8);
    CHECK_INT(c.ids[4], -5);
    CHECK_INT(c.ids[0], CLS);
    bert_tokenizer_close(tok);
}
static void pair_truncation(void)
{
    bert_tokenizer *google = open_default(), *hf = open_mode(BERT_TOKENIZER_HF);
    bert_pair_desc p;
    REQUIRE(google && hf);
    p = pair_of(8, BERT_TRUNCATE_LONGEST);                              /* five for both: Google favours a, HF b */
    CHECK_STR(join_texts(google, &p, "a b c d", "e f g h", BERT_OK), "[CLS] a b c [SEP] e f [SEP]");
    CHECK_STR(join_texts(hf, &p, "a b c d", "e f g h", BERT_OK), "[CLS] a b [SEP] e f g [SEP]");
    CHECK_STR(join_texts(google, &p, "a b c d e f", "g", BERT_OK), "[CLS] a b c d [SEP] g [SEP]");
    CHECK_STR(join_texts(hf, &p, "g", "a b c d e f", BERT_OK), "[CLS] g [SEP] a b c d [SEP]");
    p.left = BERT_ON;
    CHECK_STR(join_texts(google, &p, "a b c d", "e f g h", BERT_OK), "[CLS] b c d [SEP] g h [SEP]");
    p = pair_of(8, BERT_TRUNCATE_FIRST);
    CHECK_STR(join_texts(google, &p, "a b c d", "e f g", BERT_OK), "[CLS] a b [SEP] e f g [SEP]");
    p = pair_of(8, BERT_TRUNCATE_SECOND);
    CHECK_STR(join_texts(google, &p, "a b c d", "e f g", BERT_OK), "[CLS] a b c d [SEP] e [SEP]");
    p.left = BERT_ON;
    CHECK_STR(join_texts(google, &p, "a b c d", "e f g", BERT_OK), "[CLS] a b c d [SEP] g [SEP]");
    p = pair_of(4, BERT_TRUNCATE_LONGEST);
    CHECK_STR(join_texts(google, &p, "a b c", NULL, BERT_OK), "[CLS] a b [SEP]");
    p = pair_of(8, BERT_TRUNCATE_ERROR);
    CHECK_STR(join_texts(google, &p, "a b c", "d e", BERT_OK), "[CLS] a b c [SEP] d e [SEP]");
    join_texts(google, &p, "a b c", "d e f", BERT_ERROR_TOO_LONG);
    mentions(error.message, "8");                                       /* how long it may be */
    bert_tokenizer_close(google);
    bert_tokenizer_close(hf);
}
static void pair_errors(void)
{
    static const char bare[] = "[UNK]\na\nb\n";
    bert_tokenizer *tok = open_default(), *without;
    bert_pair_desc p;
    columns a, out;
    bert_status st;
    REQUIRE(tok);
    p = pair_of(3, BERT_TRUNCATE_LONGEST);                              /* room for the specials alone */
    CHECK_STR(join_texts(tok, &p, "a b", "c", BERT_OK), "[CLS] [SEP] [SEP]");
    p = pair_of(2, BERT_TRUNCATE_LONGEST);
    CHECK_STR(join_texts(tok, &p, "a b", NULL, BERT_OK), "[CLS] [SEP]");
    join_texts(tok, &p, "a b", "c", BERT_ERROR_ARGUMENT);               /* not even for them */
    CHECK(error.message[0] != 0);
    p = pair_of(1, BERT_TRUNCATE_LONGEST);
    join_texts(tok, &p, "a b", NULL, BERT_ERROR_ARGUMENT);
    p = pair_of(6, BERT_TRUNCATE_FIRST);                                /* the other text alone is too long */
    join_texts(tok, &p, "a", "b c d e", BERT_ERROR_TOO_LONG);
    CHECK(error.message[0] != 0);
    p = pair_of(6, BERT_TRUNCATE_SECOND);
    join_texts(tok, &p, "a b c d", "e", BERT_ERROR_TOO_LONG);
    p = pair_of(6, (bert_truncation)9);
    join_texts(tok, &p, "a b c d", "e", BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_encode(tok, "a b c d e f g h", 15, all(&a)), BERT_OK);
    p = pair_of(6, BERT_TRUNCATE_LONGEST);
    p.stride = 4;                                                       /* windows of four cannot share four */
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, NULL, all(&out), NULL), BERT_ERROR_ARGUMENT);
    mentions(error.message, "stride");
    p.stride = 3;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, NULL, all(&out), NULL), BERT_OK);
    p.window = 5;                                                       /* there are five: 0 to 4 */
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, NULL, all(&out), NULL), BERT_ERROR_ARGUMENT);
    p.window = SIZE_MAX;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, NULL, all(&out), NULL), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(tok);
    without = open_text(bare, sizeof bare - 1, BERT_TOKENIZER_DEFAULT);
    REQUIRE(without);
    p = pair_of(0, BERT_TRUNCATE_LONGEST);
    st = bert_tokenizer_encode_pair(without, &p, "a", 1, NULL, 0, all(&out));
    CHECK(st != BERT_OK);
    mentions(error.message, "[CLS]");
    bert_tokenizer_close(without);
}

/* All windows of a text of n tokens: together they are the text, neighbours share `stride` tokens, none but the last is
   shorter than it could be. */
static void windows_of(const bert_tokenizer *tok, size_t n, size_t max_tokens, size_t stride, int left)
{
    static char text[1024];
    columns a, out;
    bert_pair_desc p = pair_of(max_tokens, BERT_TRUNCATE_LONGEST);
    size_t i, k, windows = 0, body = max_tokens - 2, covered = 0;
    for (i = 0; i < n; i++) {
        text[2 * i] = (char)('a' + i % 13);
        text[2 * i + 1] = ' ';
    }
    p.stride = stride;
    p.left = left ? BERT_ON : BERT_DEFAULT;
    if (bert_tokenizer_encode(tok, text, 2 * n, all(&a)) != BERT_OK || a.e.count != n) { TEST_FAIL("%lu tokens", (unsigned long)a.e.count); return; }
    for (k = 0; k == 0 || k < windows; k++) {
        size_t size, first, want;
        p.window = k;
        if (bert_encoding_join(tok, &p, &a.e, NULL, all(&out), &windows) != BERT_OK) { TEST_FAIL("window %lu: %s", (unsigned long)k, error.message); return; }
        size = out.e.count - 2;
        if (size > body || (k + 1 < windows && size != body)) { TEST_FAIL("window %lu of %lu has %lu tokens", (unsigned long)k, (unsigned long)windows, (unsigned long)size); return; }
        if (n == 0) { CHECK_INT(size, 0); continue; }
        want = k * (body - stride);
        first = left ? n - want - size : want;
        for (i = 0; i < size; i++) if (out.ids[i + 1] != a.ids[first + i] || out.begin[i + 1] != a.begin[first + i]) break;
        if (i < size) { TEST_FAIL("window %lu: token %lu (%lu tokens, %lu at a time, %lu shared)", (unsigned long)k, (unsigned long)i, (unsigned long)n, (unsigned long)max_tokens, (unsigned long)stride); return; }
        covered = want + size;
    }
    if (covered != n) TEST_FAIL("%lu of %lu tokens, %lu at a time, %lu shared, in %lu windows", (unsigned long)covered, (unsigned long)n, (unsigned long)max_tokens, (unsigned long)stride, (unsigned long)windows);
    if (windows > 1 && (windows - 2) * (body - stride) + body >= n) TEST_FAIL("%lu windows are one too many", (unsigned long)windows);
}
static void windows(void)
{
    bert_tokenizer *tok = open_default();
    size_t n, body, stride;
    REQUIRE(tok);
    for (n = 0; n <= 40; n++)
        for (body = 1; body <= 9; body++)
            for (stride = 0; stride < body; stride++) {
                windows_of(tok, n, body + 2, stride, 0);
                windows_of(tok, n, body + 2, stride, 1);
            }
    bert_tokenizer_close(tok);
}
/* A question and the windows of its text, as for reading comprehension. */
static void windows_of_pair(void)
{
    bert_tokenizer *tok = open_mode(BERT_TOKENIZER_HF);
    columns a, b, out;
    bert_pair_desc p = pair_of(9, BERT_TRUNCATE_SECOND);
    size_t count = 0;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, "a b", 3, all(&a)), BERT_OK);
    CHECK_INT(bert_tokenizer_encode(tok, "c d e f g h i", 13, all(&b)), BERT_OK);
    p.stride = 2;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), &count), BERT_OK);
    CHECK_INT(count, 3);
    CHECK_STR(tokens(tok, &out.e), "[CLS] a b [SEP] c d e f [SEP]");
    p.window = 1;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), &count), BERT_OK);
    CHECK_STR(tokens(tok, &out.e), "[CLS] a b [SEP] e f g h [SEP]");
    CHECK_STR(numbers(out.words, out.e.count), "-1 0 1 -1 2 3 4 5 -1");
    CHECK_STR(ranges(out.begin, out.end, out.e.count), "0-0 0-1 2-3 0-0 4-5 6-7 8-9 10-11 0-0");
    p.window = 2;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), &count), BERT_OK);
    CHECK_STR(tokens(tok, &out.e), "[CLS] a b [SEP] g h i [SEP]");
    p.window = 0;                                                       /* columns that the texts lack are no trouble */
    a.e.begin = NULL;
    b.e.words = NULL;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), NULL), BERT_OK);
    CHECK_STR(tokens(tok, &out.e), "[CLS] a b [SEP] c d e f [SEP]");
    bert_tokenizer_close(tok);
}

/* ============================================================================================================
   Back to text, and why
   ============================================================================================================ */

static const char *decode(const bert_tokenizer *tok, const char *pieces, int skip, int clean)
{
    static char out[512];
    int32_t ids[64];
    size_t count = 0, size = 0, again = 0;
    bert_status st;
    while (*pieces && count < COUNT(ids)) {
        size_t n = strcspn(pieces, " ");
        ids[count] = bert_tokenizer_id(tok, pieces, n);
        if (ids[count++] < 0) { TEST_FAIL("no token %s", pieces); return ""; }
        pieces += n + (pieces[n] == ' ');
    }
    st = bert_tokenizer_decode(tok, ids, count, skip, clean, out, sizeof out, &size);
    if (st != BERT_OK) { TEST_FAIL("decode: %s", bert_status_string(st)); return ""; }
    CHECK_INT(strlen(out), size);
    if (size > 1) {                                                     /* a buffer without room for the NUL is too small */
        char small[512];
        memset(small, 'z', sizeof small);
        CHECK_INT(bert_tokenizer_decode(tok, ids, count, skip, clean, small, size, &again), BERT_ERROR_SPACE);
        CHECK(again >= size && again < sizeof small - 1);               /* cleaning over the text needs room to begin with */
        CHECK_INT(small[size], 'z');
        CHECK_INT(bert_tokenizer_decode(tok, ids, count, skip, clean, small, again + 1, &again), BERT_OK);
        CHECK_INT(again, size);
        CHECK_STR(small, out);
    }
    return out;
}
static void decoding(void)
{
    bert_tokenizer *tok = open_default();
    size_t size = 77;
    int32_t beyond[2] = { A, 100000 };
    char out[8];
    REQUIRE(tok);
    CHECK_STR(decode(tok, "he ##llo , world !", 0, 0), "hello , world !");
    CHECK_STR(decode(tok, "he ##llo , world !", 0, 1), "hello, world!");
    CHECK_STR(decode(tok, "he ##llo , world !", 0, 2), "hello, world!");
    CHECK_STR(decode(tok, "[CLS] a [MASK] b [SEP] [PAD] [PAD]", 0, 0), "[CLS] a [MASK] b [SEP] [PAD] [PAD]");
    CHECK_STR(decode(tok, "[CLS] a [MASK] b [SEP] [PAD] [PAD]", 1, 0), "a b");
    CHECK_STR(decode(tok, "it ' s", 0, 0), "it ' s");
    CHECK_STR(decode(tok, "it ' s", 0, 1), "it ' s");                   /* token by token no pattern is whole */
    CHECK_STR(decode(tok, "it ' s", 0, 2), "it's");                     /* over the text it is */
    CHECK_STR(decode(tok, "##llo a", 0, 0), "##llo a");                 /* nothing to join to */
    CHECK_STR(decode(tok, "", 0, 2), "");
    CHECK_INT(bert_tokenizer_decode(tok, NULL, 0, 0, 0, out, sizeof out, &size), BERT_OK);
    CHECK_INT(size, 0);
    CHECK_INT(out[0], 0);
    CHECK_INT(bert_tokenizer_decode(tok, beyond, 2, 0, 0, out, sizeof out, NULL), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(tok);
}

static void explaining(void)
{
    static const char text[] = "I do n't know , it was n't hello zzz.";
    static const char *const ends[] = { "a '", "a n", "a `", "a #", "'" };
    bert_tokenizer *tok = open_default();
    char out[8192];
    size_t need = 0, again = 0, i;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_explain(tok, text, sizeof text - 1, out, sizeof out, &need), BERT_OK);
    CHECK_INT(strlen(out), need);
    mentions(out, "[UNK]");
    mentions(out, "zzz");
    mentions(out, "##llo");
    mentions(out, "Penn");
    CHECK_INT(bert_tokenizer_explain(tok, text, sizeof text - 1, out, 10, &again), BERT_ERROR_SPACE);
    CHECK_INT(again, need);
    CHECK_INT(bert_tokenizer_explain(tok, "it was hello.", 13, out, sizeof out, &need), BERT_OK);
    CHECK(strstr(out, "Penn") == NULL);
    for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {        /* nothing is read behind a text's end */
        size_t n = strlen(ends[i]);
        char *exact = (char *)malloc(n);
        REQUIRE(exact);
        memcpy(exact, ends[i], n);
        CHECK_INT(bert_tokenizer_explain(tok, exact, n, out, sizeof out, &need), BERT_OK);
        CHECK(strstr(out, "hint") == NULL);
        free(exact);
    }
    CHECK_INT(bert_tokenizer_explain(tok, "\xF0\x9F\xA5\x90", 4, out, sizeof out, &need), BERT_OK);
    mentions(out, "U+1F950)");
    bert_tokenizer_close(tok);
}

/* ============================================================================================================
   Memory and streams
   ============================================================================================================ */

/* Opens with the n-th allocation failing, until it succeeds. */
static void faults_open(void)
{
    static const char json[] = JSON_HEAD JSON_NORMALIZER("true") JSON_MODEL;
    int kind;
    for (kind = 0; kind < 3; kind++) {
        long n;
        int done = 0;
        if (kind == 2 && !write_file("unit_tokenizer.faults.tmp.txt", vocab, sizeof vocab - 1)) return;
        for (n = 1; !done && n < 10000; n++) {
            test_faults f;
            bert_tokenizer_desc d;
            bert_tokenizer *untouched = (bert_tokenizer *)(void *)&f, *tok = untouched;
            bert_status st;
            memset(&f, 0, sizeof f);
            f.fail_at = n;
            memset(&d, 0, sizeof d);
            d.data = kind == 0 ? vocab : kind == 1 ? json : NULL;
            d.size = kind == 0 ? sizeof vocab - 1 : kind == 1 ? sizeof json - 1 : 0;
            d.path = kind == 2 ? "unit_tokenizer.faults.tmp.txt" : NULL;
            d.allocator = test_faults_allocator(&f);
            d.error = &error;
            st = bert_tokenizer_open(&d, &tok);
            if (st == BERT_OK) {
                done = 1;
                CHECK(f.count > 0);
                bert_tokenizer_close(tok);
            } else {
                CHECK_INT(st, BERT_ERROR_MEMORY);
                CHECK_INT(error.code, BERT_ERROR_MEMORY);
                CHECK(tok == untouched);
            }
            CHECK_INT(f.live, 0);
        }
        CHECK(done);
        if (kind == 2) remove("unit_tokenizer.faults.tmp.txt");
    }
}
static void faults_stream(void)
{
    bert_tokenizer *tok = open_default();
    long n;
    int done = 0;
    REQUIRE(tok);
    for (n = 1; !done && n < 1000; n++) {
        test_faults f;
        bert_allocator a;
        bert_stream *s = NULL;
        bert_status st;
        memset(&f, 0, sizeof f);
        f.fail_at = n;
        a = test_faults_allocator(&f);
        st = bert_stream_open(tok, &a, &s);
        if (st == BERT_OK) { done = 1; bert_stream_close(s); } else CHECK_INT(st, BERT_ERROR_MEMORY);
        CHECK_INT(f.live, 0);
    }
    CHECK(done);
    bert_stream_close(NULL);
    bert_tokenizer_close(tok);
}
static void faults_learner(void)
{
#ifdef BERT_NO_LEARN
    test_skip("built without learning");
#else
    static const char text[] = "low lower lowest newer newest wider widest low low newer\nslow slower slowest lower\n";
    long n;
    int done = 0;
    for (n = 1; !done && n < 100000; n++) {
        test_faults f;
        bert_learn_desc d;
        bert_learner *l = NULL;
        bert_status st;
        const char *out = NULL;
        size_t size = 0;
        memset(&f, 0, sizeof f);
        f.fail_at = n;
        memset(&d, 0, sizeof d);
        d.vocab_size = 60;
        d.allocator = test_faults_allocator(&f);
        d.error = &error;
        st = bert_learner_open(&d, &l);
        if (st == BERT_OK) {
            st = bert_learner_add(l, text, sizeof text - 1);
            if (st == BERT_OK) st = bert_learner_finish(l, &out, &size);
            if (st == BERT_OK) {
                done = 1;
                CHECK(size > 30 && memcmp(out, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", 31) == 0);
            }
            bert_learner_close(l);
        }
        if (st != BERT_OK) CHECK_INT(st, BERT_ERROR_MEMORY);
        CHECK_INT(f.live, 0);
    }
    CHECK(done);
    bert_learner_close(NULL);
#endif
}
static void encoding_allocates_nothing(void)
{
    static const char text[] = "Hello, \xC3\x89t\xC3\xA9 \xCE\x91\xCE\xA3 a\xCC\x81\xCC\xA3 \xEA\xB0\x81 world! zzz [MASK]";
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    test_faults f;
    columns a, b;
    char out[4096];
    size_t need;
    long before;
    seen s;
    memset(&f, 0, sizeof f);
    memset(&d, 0, sizeof d);
    memset(&s, 0, sizeof s);
    d.data = vocab;
    d.size = sizeof vocab - 1;
    d.allocator = test_faults_allocator(&f);
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    before = f.count;
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, all(&a)), BERT_OK);
    CHECK_INT(bert_tokenizer_encode_pair(tok, NULL, text, sizeof text - 1, text, sizeof text - 1, all(&b)), BERT_OK);
    CHECK_INT(bert_encoding_join(tok, NULL, &a.e, NULL, all(&b), NULL), BERT_OK);
    CHECK_INT(bert_tokenizer_words(tok, text, sizeof text - 1, see, &s), BERT_OK);
    CHECK_INT(bert_tokenizer_decode(tok, a.ids, a.e.count, 1, 2, out, sizeof out, &need), BERT_OK);
    CHECK_INT(bert_tokenizer_explain(tok, text, sizeof text - 1, out, sizeof out, &need), BERT_OK);
    CHECK_INT(f.count, before);
    bert_tokenizer_close(tok);
    CHECK_INT(f.live, 0);
}

/* The stream is ready again after finish, and offsets start from the new text. */
static void stream_again(void)
{
    bert_tokenizer *tok = open_default();
    bert_stream *s = NULL;
    bert_encoding out;
    columns c;
    size_t at, k, round;
    int32_t *ids = (int32_t *)malloc(70000 * sizeof *ids);
    size_t *begin = (size_t *)malloc(70000 * sizeof *begin);
    static const char text[] = "Hello, world!";
    REQUIRE(tok && ids && begin);
    REQUIRE(bert_stream_open(tok, NULL, &s) == BERT_OK);
    CHECK_INT(bert_tokenizer_encode(tok, text, sizeof text - 1, all(&c)), BERT_OK);
    for (round = 0; round < 3; round++) {
        size_t count = 0;
        memset(&out, 0, sizeof out);
        for (at = 0; at <= sizeof text - 1; at++) {
            out.ids = ids + count;
            out.begin = begin + count;
            out.capacity = 70000 - count;
            out.count = 0;
            CHECK_INT(at < sizeof text - 1 ? bert_stream_feed(s, text + at, 1, &out) : bert_stream_finish(s, &out), BERT_OK);
            count += out.count;
        }
        CHECK_INT(count, c.e.count);
        for (k = 0; k < count && k < c.e.count; k++) { CHECK_INT(ids[k], c.ids[k]); CHECK_INT(begin[k], c.begin[k]); }
    }
    free(ids);
    free(begin);
    bert_stream_close(s);
    bert_tokenizer_close(tok);
}

/* ============================================================================================================
   What is seldom asked for
   ============================================================================================================ */

/* Whatever columns are wanted, and however few rows there is room for: the same numbers, and nothing behind them. */
static void any_columns(void)
{
    static const char *const texts[] = { "hello, world! a b zz", "h\xC3\xA9llo \xE4\xB8\x80\xE3\x80\x82 a", "a [MASK] b \xE2\x80\x99s" };
    static const char *const given[] = { "hello", "", "\xC3\xA9", "a b" };
    static const size_t sizes[] = { 5, 0, 2, 3 };
    static columns want, got;
    int mode, k, mask;
    for (mode = 0; mode < 2; mode++) {
        bert_tokenizer *tok = open_mode(mode ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE);
        REQUIRE(tok);
        for (k = 0; k < 5; k++) {                                        /* a text, words, a pair */
            const char *text = texts[k % 3];
            for (mask = -1; mask < 128; mask++) {
                columns *c = mask < 0 ? &want : &got;
                bert_encoding *e = all(c);
                bert_status st, should = BERT_OK;
                size_t i, n = want.e.count;
                if (mask >= 0) {
                    memset(c->ids, 0x55, sizeof *c - offsetof(columns, ids));
                    e->capacity = (size_t)mask % 3 ? n : n / 2;
                    if (!(mask & 1)) e->ids = NULL;
                    if (!(mask & 2)) e->segment_ids = NULL;
                    if (!(mask & 4)) e->words = NULL;
                    if (!(mask & 8)) e->begin = NULL;
                    if (!(mask & 16)) e->end = NULL;
                    if (!(mask & 32)) e->char_begin = NULL;
                    if (!(mask & 64)) e->char_end = NULL;
                    if (mask && e->capacity < n) should = BERT_ERROR_SPACE;    /* without columns it only counts */
                }
                st = k < 3 ? bert_tokenizer_encode(tok, text, strlen(text), e) : k == 3 ? bert_tokenizer_encode_words(tok, given, sizes, 4, e)
                           : bert_tokenizer_encode_pair(tok, NULL, texts[1], strlen(texts[1]), texts[0], strlen(texts[0]), e);
                CHECK_INT(st, should);
                if (mask < 0) continue;
                CHECK_INT(e->count, n);
                for (i = 0; i < e->capacity; i++)
                    if ((e->ids && c->ids[i] != want.ids[i]) || (e->segment_ids && c->segment_ids[i] != want.segment_ids[i]) || (e->words && c->words[i] != want.words[i])
                        || (e->begin && c->begin[i] != want.begin[i]) || (e->end && c->end[i] != want.end[i])
                        || (e->char_begin && c->char_begin[i] != want.char_begin[i]) || (e->char_end && c->char_end[i] != want.char_end[i])) break;
                if (i < e->capacity) TEST_FAIL("columns %d of text %d: row %d differs", mask, k, (int)i);
                if (c->ids[i] != 0x55555555 || c->words[i] != 0x55555555 || c->segment_ids[i] != 0x55555555 || c->begin[i] != c->end[i] || c->char_begin[i] != c->char_end[i] || c->begin[i] != c->char_begin[i])
                    TEST_FAIL("columns %d of text %d: row %d, behind the last, was written", mask, k, (int)i);
            }
        }
        bert_tokenizer_close(tok);
    }
}

/* Marks change places in the normal form; a token's bytes are the first to the last of its characters all the same. */
static void reordered_marks(void)
{
    static const char marks[] = "[UNK]\na\n##\xE3\x80\xAE\xF0\x9D\x85\xAD\n";
    bert_tokenizer *tok = open_text(marks, sizeof marks - 1, BERT_TOKENIZER_GOOGLE);
    columns c;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_encode(tok, "a\xF0\x9D\x85\xAD\xE3\x80\xAE", 8, all(&c)), BERT_OK);
    CHECK_STR(numbers(c.ids, c.e.count), "1 2");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-1 1-8");
    CHECK_STR(ranges(c.char_begin, c.char_end, c.e.count), "0-1 1-3");
    bert_tokenizer_close(tok);
}

/* So many added tokens that comparing each with each would take minutes; of two with one text the first counts. */
static void tokenizer_json_many(void)
{
    enum { MANY = 100000 };
    char *text = (char *)malloc(64 * (size_t)MANY + 1000);
    size_t size = 0;
    int32_t ids[4];
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    bert_encoding e;
    int i;
    if (!text) abort();
    size += (size_t)sprintf(text + size, "{\"added_tokens\": [");
    for (i = 0; i < MANY; i++) size += (size_t)sprintf(text + size, "{\"id\": %d, \"content\": \"q%d\"},", 3 + i, i);
    size += (size_t)sprintf(text + size, "{\"id\": 0, \"content\": \"q7\"}], \"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, "
                            "\"model\": {\"vocab\": {\"[UNK]\": 0, \"dog\": 1, \"##s\": 2}}}");
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = size;
    d.error = &error;
    if (bert_tokenizer_open(&d, &tok) != BERT_OK) TEST_FAIL("%s", error.message);
    free(text);
    memset(&e, 0, sizeof e);
    e.ids = ids;
    e.capacity = 4;
    CHECK_INT(bert_tokenizer_encode(tok, "dog q7q99999", 12, &e), BERT_OK);
    CHECK(e.count == 3 && ids[0] == 1 && ids[1] == 10 && ids[2] == MANY + 2);
    bert_tokenizer_close(tok);
}
/* A tokenizer.json's ways to name [CLS] and [SEP], and its limits. */
static void tokenizer_json_parts(void)
{
#define POST(post, most) "{\"added_tokens\": [], \"normalizer\": {\"type\": \"BertNormalizer\", \"lowercase\": true}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, " \
        "\"post_processor\": " post ", \"model\": {\"unk_token\": {\"content\": \"<u>\"}, " most "\"vocab\": {\"<b>\": 5, \"<u>\": 1, \"<s>\": 0, \"a\": 2, \"##a\": 3, \"[SEP]\": 4}}}"
    static const struct { const char *text; int32_t cls, sep, max_word; } rows[] = {
        { POST("{\"type\": \"BertProcessing\", \"sep\": [\"<b>\", 5], \"cls\": [\"<s>\", 0]}", "\"max_input_chars_per_word\": 0, "), 0, 5, 1 },
        { POST("{\"type\": \"BertProcessing\"}", "\"max_input_chars_per_word\": 1000, "), -1, 4, 200 },
        { POST("{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\"}}, {\"SpecialToken\": {\"id\": \"<b>\"}}]}",
               "\"max_input_chars_per_word\": \"x\", "), 0, 5, 100 },
        { POST("{\"type\": \"TemplateProcessing\"}", ""), -1, 4, 100 },
        { POST("{\"type\": \"ByteLevel\"}", ""), -1, 4, 100 },
    };
    static const struct { const char *text, *says; bert_status status; } refused[] = {
        { "{\"model\": {\"vocab\": {\"a\": 0}, \"continuing_subword_prefix\": \"@@\"}}", "only the prefix \"##\"", BERT_ERROR_UNSUPPORTED },
        { "{\"model\": {\"vocab\": {\"a\": 0}}, \"normalizer\": {\"type\": \"NFC\"}}", "not BertNormalizer", BERT_ERROR_UNSUPPORTED },
        { "{\"model\": {\"vocab\": {\"a\": 0}}, \"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"Whitespace\"}}", "not BertPreTokenizer", BERT_ERROR_UNSUPPORTED },
#define ADDED(token) "{\"added_tokens\": [" token "], \"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"a\": 0}}}"
        { ADDED("{\"content\": \"x\"}"), "without id or content", BERT_ERROR_FORMAT },
        { ADDED("{\"id\": -1, \"content\": \"x\"}"), "without id or content", BERT_ERROR_FORMAT },
        { ADDED("{\"id\": 1}"), "without id or content", BERT_ERROR_FORMAT },
        { ADDED("{\"id\": 1, \"content\": 2}"), "without id or content", BERT_ERROR_FORMAT },
        { ADDED("{\"id\": 2000000, \"content\": \"x\"}"), "ids go up to 2000000", BERT_ERROR_FORMAT },
    };
    static const char *const refused_ids[] = {
        "{\"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"a\": -1}}}",
        "{\"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"a\": \"1\"}}}",
    };
    bert_tokenizer *tok;
    bert_tokenizer_desc d;
    columns c;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        bert_special_ids ids;
        tok = open_text(rows[i].text, strlen(rows[i].text), BERT_TOKENIZER_DEFAULT);
        if (!tok) continue;
        ids = bert_tokenizer_special_ids(tok);
        CHECK_INT(ids.unk, 1);
        CHECK_INT(ids.cls, rows[i].cls);
        CHECK_INT(ids.sep, rows[i].sep);
        CHECK_INT(bert_tokenizer_desc_resolved(tok).max_word, rows[i].max_word);
        bert_tokenizer_close(tok);
    }
    for (i = 0; i < COUNT(refused); i++) {
        CHECK_INT(refuse_text(refused[i].text, strlen(refused[i].text)), refused[i].status);
        mentions(error.message, refused[i].says);
    }
    for (i = 0; i < COUNT(refused_ids); i++) {
        CHECK_INT(refuse_text(refused_ids[i], strlen(refused_ids[i])), BERT_ERROR_FORMAT);
        mentions(error.message, "the id of \"a\" is no number from 0");
    }
    memset(&d, 0, sizeof d);                                            /* the desc's names and limit come first */
    d.data = rows[0].text;
    d.size = strlen(rows[0].text);
    d.cls_token = d.sep_token = d.unk_token = "a";
    d.max_word = 7;
    d.error = &error;
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    CHECK_INT(bert_tokenizer_special_ids(tok).cls, 2);
    CHECK_INT(bert_tokenizer_special_ids(tok).sep, 2);
    CHECK_INT(bert_tokenizer_special_ids(tok).unk, 2);
    CHECK_INT(bert_tokenizer_desc_resolved(tok).max_word, 7);
    CHECK_INT(bert_tokenizer_encode(tok, "aaaaaaa aaaaaaaa", 16, all(&c)), BERT_OK);
    CHECK_INT(c.e.count, 8);                                            /* a and six ##a; the longer one is unknown */
    bert_tokenizer_close(tok);
#undef POST
#undef ADDED
}
/* Vocabularies whose first lines look like JSON. */
static void braces_first(void)
{
    static const char *const texts[] = { "{\n\"\n[UNK]\n:\n", " {\n\"a\nb\":\n", "{\n}\n", "\t{\r\n\"x\\\"\n", "{\"a\" b", "{" };
    static const int32_t sizes[] = { 4, 3, 2, 2, 1, 1 };
    static const char escaped[] = " {\r\n\t\"a\\\"b\" :1}";
    size_t i;
    for (i = 0; i < COUNT(texts); i++) {
        bert_tokenizer *tok = open_text(texts[i], strlen(texts[i]), BERT_TOKENIZER_DEFAULT);
        if (tok) CHECK_INT(bert_tokenizer_size(tok), sizes[i]);
        bert_tokenizer_close(tok);
    }
    CHECK_INT(refuse_text(escaped, sizeof escaped - 1), BERT_ERROR_FORMAT);     /* this is an object */
    mentions(error.message, "model.vocab is missing");
}
/* Added tokens that the vocabulary has under another id, twice, or under the id of another: a text has one id, the vocabulary's where it
   has one (as HF's tokenizers 0.23 do), the lowest else. */
static void added_again(void)
{
#define AGAIN(added) "{\"added_tokens\": [" added "], \"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"[UNK]\": 0, \"a\": 1, \"verylongtokens\": 2}}}"
    static const char one[] = AGAIN("{\"id\": 5, \"content\": \"[UNK]\", \"special\": true}, {\"id\": 3, \"content\": \"<x>\"}, {\"id\": 4, \"content\": \"<x>\"}, {\"id\": 7, \"content\": \"verylongtokens\"}, "
        "{\"id\": 6, \"content\": \"<elevenmore\"}, {\"id\": 8, \"content\": \"<twelve-more\"}, {\"id\": 9, \"content\": \"<thirteenmore\"}, {\"id\": 10, \"content\": \"<thirteenmore\"}");
    static const char taken[] = AGAIN("{\"id\": 1, \"content\": \"<x>\"}"), each[] = AGAIN("{\"id\": 3, \"content\": \"<x>\"}, {\"id\": 3, \"content\": \"<y>\"}");
#undef AGAIN
    static const struct { const char *text; int32_t id; } rows[] = { { "[UNK]", 0 }, { "<x>", 3 }, { "verylongtokens", 2 }, { "<elevenmore", 6 }, { "<twelve-more", 8 }, { "<thirteenmore", 9 }, { "<thirteenmorE", -1 } };
    bert_tokenizer *tok = open_text(one, sizeof one - 1, BERT_TOKENIZER_DEFAULT);
    columns c;
    size_t i;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_size(tok), 11);
    CHECK_INT(bert_tokenizer_key_count(tok), 7);
    for (i = 0; i < COUNT(rows); i++) CHECK_INT(bert_tokenizer_id(tok, rows[i].text, strlen(rows[i].text)), rows[i].id);
    CHECK(!bert_tokenizer_token(tok, 4, NULL) && !bert_tokenizer_token(tok, 5, NULL) && !bert_tokenizer_token(tok, 7, NULL) && !bert_tokenizer_token(tok, 10, NULL));
    CHECK_INT(bert_tokenizer_encode(tok, "[UNK]a<x> verylongtokens<twelve-more<thirteenmore", 49, all(&c)), BERT_OK);
    CHECK_STR(numbers(c.ids, c.e.count), "0 1 3 2 8 9");
    bert_tokenizer_close(tok);
    CHECK_INT(refuse_text(taken, sizeof taken - 1), BERT_ERROR_UNSUPPORTED);
    mentions(error.message, "the id of this added token is another token's");
    CHECK_INT(refuse_text(each, sizeof each - 1), BERT_ERROR_UNSUPPORTED);
}
/* Ids that no token has, empty lines, tokens added beside words, pieces longer than any of Google's. */
static void odd_vocabularies(void)
{
    static const char gap[] = "{\"added_tokens\": [{\"id\": 4, \"content\": \"<a>\"}, {\"id\": 5, \"content\": \"<b>\"}, {\"id\": 6, \"content\": \"\"}], \"normalizer\": {\"type\": \"BertNormalizer\"}, "
        "\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"[UNK]\": 0, \"a\": 2}}}";
    static const char empty[] = "[UNK]\n\n\na\n";
    bert_tokenizer *tok = open_text(gap, sizeof gap - 1, BERT_TOKENIZER_DEFAULT);
    char many[200], text[90];
    columns c;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_size(tok), 7);
    CHECK(bert_tokenizer_token(tok, 1, NULL) == NULL && bert_tokenizer_token(tok, 3, NULL) == NULL);
    CHECK_INT(bert_tokenizer_id(tok, "<a>", 3), 4);
    CHECK_INT(bert_tokenizer_id(tok, "<b>", 3), 5);
    CHECK_INT(bert_tokenizer_id(tok, "<c>", 3), -1);
    CHECK_INT(bert_tokenizer_encode(tok, "a<b> a", 6, all(&c)), BERT_OK);
    CHECK_STR(numbers(c.ids, c.e.count), "2 5 2");                      /* an empty token stands nowhere */
    bert_tokenizer_close(tok);
    tok = open_text(empty, sizeof empty - 1, BERT_TOKENIZER_DEFAULT);
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_id(tok, "", 0), 2);                        /* of two the later */
    CHECK(bert_tokenizer_token(tok, 1, NULL) == NULL);
    bert_tokenizer_close(tok);
    memset(many, 0, sizeof many);
    strcpy(many, "[UNK]\n");
    memset(many + 6, 'x', 40);
    strcpy(many + 46, "\n##");
    memset(many + 49, 'y', 40);
    strcpy(many + 89, "\n##z\n");
    tok = open_text(many, strlen(many), BERT_TOKENIZER_DEFAULT);
    REQUIRE(tok);
    memset(text, 'x', 40);
    memset(text + 40, 'y', 45);
    text[80] = 'z';
    CHECK_INT(bert_tokenizer_encode(tok, text, 81, all(&c)), BERT_OK);
    CHECK_STR(numbers(c.ids, c.e.count), "1 2 3");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-40 40-80 80-81");
    CHECK_INT(bert_tokenizer_encode(tok, text, 79, all(&c)), BERT_OK);  /* one y less: no piece goes on */
    CHECK_STR(numbers(c.ids, c.e.count), "0");
    text[80] = 'y';
    CHECK_INT(bert_tokenizer_encode(tok, text, 81, all(&c)), BERT_OK);
    CHECK_STR(numbers(c.ids, c.e.count), "0");
    bert_tokenizer_close(tok);
}
static void never_split_words(void)
{
    static const char *const odd[][2] = { { "", "a" }, { "a", NULL } };
    static const char *const twice[] = { "zz", "a b", "zz", "[MASK]" };
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    columns c;
    size_t i;
    memset(&d, 0, sizeof d);
    d.data = vocab;
    d.size = sizeof vocab - 1;
    d.never_split_count = 2;
    for (i = 0; i < 2; i++) {
        d.never_split = odd[i];
        CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
        mentions(error.message, "never_split");
    }
    d.never_split = twice;
    d.never_split_count = 4;
    d.mode = BERT_TOKENIZER_HF;
    d.error = &error;
    REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
    CHECK_INT(bert_tokenizer_encode(tok, "azz a bb [MASK]", 15, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "a [UNK] [UNK] b [MASK]");             /* what the vocabulary lacks is unknown, as a whole */
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-1 1-3 4-7 7-8 9-15");
    bert_tokenizer_close(tok);
    d.lower_case = (bert_flag)3;
    for (i = 0; i < 5; i++) {
        d.lower_case = d.strip_accents = d.cjk = d.clean = d.basic = BERT_DEFAULT;
        *(i == 0 ? &d.strip_accents : i == 1 ? &d.cjk : i == 2 ? &d.clean : i == 3 ? &d.basic : &d.lower_case) = (bert_flag)3;
        CHECK_INT(refuse(&d), BERT_ERROR_ARGUMENT);
        mentions(error.message, "a flag");
    }
}
/* What calls answer where there is nothing to say. */
static void nothing_there(void)
{
    static const char no_unk[] = "[CLS]\n[SEP]\na\n", no_sep[] = "[UNK]\n[CLS]\na\n";
    static const char *const word[] = { "zz" };
    static const size_t two = 2;
    bert_tokenizer *tok = open_default(), *bare;
    bert_pair_desc p = pair_of(0, BERT_TRUNCATE_LONGEST);
    int32_t starts[3] = { 7, 7, 7 };
    columns a, b, out;
    REQUIRE(tok);
    CHECK_INT(bert_tokenizer_id(tok, NULL, 3), -1);
    CHECK_INT(bert_tokenizer_key(tok, -1), -1);
    CHECK_INT(bert_tokenizer_key(tok, bert_tokenizer_key_count(tok)), -1);
    bert_encoding_word_starts(NULL, 0, starts, 2);
    CHECK_STR(numbers(starts, 3), "-1 -1 7");
    CHECK_INT(bert_tokenizer_encode(tok, "a b hello", 9, all(&a)), BERT_OK);
    bert_encoding_word_starts(&a.e, 0, starts, 2);                      /* fewer words than there are */
    CHECK_STR(numbers(starts, 3), "0 1 7");
    a.e.capacity = 1;                                                   /* rows that were not there */
    a.e.segment_ids = NULL;
    bert_encoding_word_starts(&a.e, 1, starts, 3);
    CHECK_STR(numbers(starts, 3), "0 -1 -1");
    a.e.words = NULL;
    bert_encoding_word_starts(&a.e, 0, starts, 3);
    CHECK_STR(numbers(starts, 3), "-1 -1 -1");
    CHECK_INT(bert_tokenizer_encode(tok, "a b c d e f", 11, all(&a)), BERT_OK);
    CHECK_INT(bert_tokenizer_encode(tok, "g h i j k l", 11, all(&b)), BERT_OK);
    CHECK_INT(bert_encoding_join(NULL, &p, &a.e, NULL, all(&out), NULL), BERT_ERROR_ARGUMENT);
    mentions(error.message, "bert_encoding_join");
    CHECK_INT(bert_encoding_join(tok, &p, NULL, NULL, all(&out), NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, NULL, NULL, NULL), BERT_ERROR_ARGUMENT);
    p = pair_of(2, BERT_TRUNCATE_LONGEST);
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), NULL), BERT_ERROR_ARGUMENT);
    mentions(error.message, "alone are 3");
    p = pair_of(11, BERT_TRUNCATE_SECOND);                              /* two of the second text at a time */
    p.stride = 2;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), NULL), BERT_ERROR_ARGUMENT);
    mentions(error.message, "only 2 tokens");
    p.stride = 0;
    p.window = 2;
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, all(&out), NULL), BERT_OK);
    CHECK_STR(tokens(tok, &out.e), "[CLS] a b c d e f [SEP] k l [SEP]");
    all(&out);
    out.e.capacity = 5;                                                 /* cut in the middle of a text */
    CHECK_INT(bert_encoding_join(tok, &p, &a.e, &b.e, &out.e, NULL), BERT_ERROR_SPACE);
    CHECK_INT(out.e.count, 11);
    CHECK_STR(tokens(tok, &out.e), "[CLS] a b c d");
    CHECK_INT(bert_tokenizer_encode_pair(tok, &p, "a", 1, NULL, 0, all(&out)), BERT_ERROR_ARGUMENT);
    mentions(error.message, "window 0 only");
    p = pair_of(4, BERT_TRUNCATE_FIRST);                                /* a single text is the first */
    CHECK_STR(join_texts(tok, &p, "a b c d", NULL, BERT_OK), "[CLS] a b [SEP]");
    p = pair_of(4, BERT_TRUNCATE_SECOND);
    join_texts(tok, &p, "a b c d", NULL, BERT_ERROR_TOO_LONG);
    bert_tokenizer_close(tok);
    bare = open_text(no_unk, sizeof no_unk - 1, BERT_TOKENIZER_DEFAULT);
    REQUIRE(bare);
    p = pair_of(0, BERT_TRUNCATE_LONGEST);
    join_texts(bare, &p, "a zz", NULL, BERT_ERROR_MISMATCH);
    mentions(error.message, "it has no [UNK]");
    CHECK_INT(bert_tokenizer_encode(bare, "a zz", 4, all(&out)), BERT_ERROR_MISMATCH);
    CHECK_INT(bert_tokenizer_encode_words(bare, word, &two, 1, all(&out)), BERT_ERROR_MISMATCH);
    bert_tokenizer_close(bare);
    bare = open_text(no_sep, sizeof no_sep - 1, BERT_TOKENIZER_DEFAULT);
    REQUIRE(bare);
    CHECK_INT(bert_tokenizer_encode(bare, "a", 1, all(&a)), BERT_OK);
    CHECK_INT(bert_encoding_join(bare, &p, &a.e, NULL, all(&out), NULL), BERT_ERROR_MISMATCH);
    mentions(error.message, "no [SEP]");
    bert_tokenizer_close(bare);
}
/* Words between special tokens, and the tokens among them. */
static void words_and_specials(void)
{
    static const char text[] = "a b [MASK] c";
    static const char *const want[] = { "a|b|[MASK]|c|", "a|", "a|b|", "a|b|[MASK]|", "a|b|[MASK]|c|" };
    bert_tokenizer *tok = open_mode(BERT_TOKENIZER_HF);
    int stop;
    REQUIRE(tok);
    for (stop = 0; stop < 5; stop++) {
        seen s;
        memset(&s, 0, sizeof s);
        s.stop = stop;
        CHECK_INT(bert_tokenizer_words(tok, text, sizeof text - 1, see, &s), stop ? BERT_ERROR_STOPPED : BERT_OK);
        CHECK_STR(s.text, want[stop]);
    }
    CHECK_INT(bert_tokenizer_words(NULL, "a", 1, see, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_words(tok, NULL, 1, see, NULL), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(tok);
}
/* A stream whose rows did not fit has lost them: it says so until it is finished, then begins anew. */
static void stream_spoiled(void)
{
    bert_tokenizer *tok = open_default();
    bert_stream *s = NULL;
    columns c;
    REQUIRE(tok);
    REQUIRE(bert_stream_open(tok, NULL, &s) == BERT_OK);
    all(&c);
    c.e.capacity = 1;
    CHECK_INT(bert_stream_feed(s, "a b c d ", 8, &c.e), BERT_ERROR_SPACE);
    CHECK_INT(bert_stream_feed(s, "a ", 2, all(&c)), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_stream_finish(s, all(&c)), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_stream_feed(s, "hel", 3, all(&c)), BERT_OK);
    CHECK_INT(bert_stream_feed(s, NULL, 0, all(&c)), BERT_OK);
    CHECK_INT(bert_stream_feed(s, "lo", 2, all(&c)), BERT_OK);
    CHECK_INT(bert_stream_finish(s, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "he ##llo");
    CHECK_INT(bert_stream_feed(s, NULL, 1, &c.e), BERT_ERROR_ARGUMENT);
    bert_stream_close(s);
    bert_tokenizer_close(tok);
}
/* White space as long as the buffer before a token that takes it along, and a token right at the buffer's end. */
static void stream_full(void)
{
    static const char text[] = "{\"added_tokens\": [{\"id\": 2, \"content\": \"<left>\", \"lstrip\": true}, {\"id\": 3, \"content\": \"<x>\", \"rstrip\": true}], \"normalizer\": {\"type\": \"BertNormalizer\"}, "
        "\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"[UNK]\": 0, \"a\": 1}}}";
    const size_t room = 65536;
    bert_tokenizer *tok = open_text(text, sizeof text - 1, BERT_TOKENIZER_DEFAULT);
    char *long_text = (char *)malloc(3 * room);
    size_t kind;
    REQUIRE(tok && long_text);
    for (kind = 0; kind < 6; kind++) {
        const size_t size = kind % 3 == 0 ? 2 * room : kind % 3 == 1 ? room : room + 7;
        bert_stream *s = NULL;
        columns c;
        int32_t ids[16];
        size_t n = 0, k;
        memset(long_text, ' ', 3 * room);
        memcpy(long_text + size - 6, "<left>", 6);
        if (kind < 3) memcpy(long_text, "<x>", 3); else long_text[0] = 'a';
        REQUIRE(bert_stream_open(tok, NULL, &s) == BERT_OK);
        for (k = 0; k < 2; k++) {
            CHECK_INT(k ? bert_stream_finish(s, all(&c)) : bert_stream_feed(s, long_text, size, all(&c)), BERT_OK);
            memcpy(ids + n, c.ids, c.e.count * sizeof *ids);
            n += c.e.count;
        }
        CHECK_STR(numbers(ids, n), kind < 3 ? "3 2" : "1 2");
        bert_stream_close(s);
    }
    free(long_text);
    bert_tokenizer_close(tok);
}
static void decoding_corners(void)
{
    static const char words[] = "[UNK]\na\n'\ns\nm\nre\nve\n##'\nn't\n'm\n.\n#\n\n##\n";
    bert_tokenizer *tok = open_text(words, sizeof words - 1, BERT_TOKENIZER_GOOGLE);
    int32_t ids[4] = { 1, 12, 0, 1 };
    char out[16];
    size_t size = 0;
    REQUIRE(tok);
    CHECK_STR(decode(tok, "a n't", 0, 1), "an't");
    CHECK_STR(decode(tok, "a n't .", 0, 2), "an't.");
    CHECK_STR(decode(tok, "a ' ve a 'm '", 0, 2), "a've a'm '");        /* a lone apostrophe at the end stays apart */
    CHECK_STR(decode(tok, "a # a", 0, 0), "a # a");
    CHECK_STR(decode(tok, "a ##", 0, 0), "a");
    CHECK_INT(bert_tokenizer_decode(tok, ids, 4, 0, 0, NULL, 0, &size), BERT_OK);       /* only how long it is */
    CHECK_INT(size, 10);
    CHECK_INT(bert_tokenizer_decode(tok, ids, 4, 1, 0, out, 0, &size), BERT_ERROR_SPACE);
    CHECK_INT(bert_tokenizer_decode(tok, ids, 4, 1, 0, out, sizeof out, NULL), BERT_OK);
    CHECK_STR(out, "a  a");
    ids[1] = -1;
    CHECK_INT(bert_tokenizer_decode(tok, ids, 4, 0, 0, out, sizeof out, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_decode(NULL, ids, 1, 0, 0, out, sizeof out, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_decode(tok, NULL, 1, 0, 0, out, sizeof out, NULL), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_decode(tok, ids, 1, 0, 0, NULL, 4, NULL), BERT_ERROR_ARGUMENT);
    bert_tokenizer_close(tok);
}
/* Each remark where it belongs, and only there. */
static void explaining_more(void)
{
    static const char cased[] = "[UNK]\n[CLS]\n[SEP]\n[MASK]\n[\n]\nmask\nthe\nThe\ndog\n#\n", uncased[] = "[UNK]\n[MASK]\nthe\ndog\n##s\n#\n";
    static const struct { const char *vocab; bert_flag lower, specials; const char *text, *says, *not_says; } rows[] = {
        { cased, BERT_DEFAULT, BERT_OFF, "The dog", "turn lower_case off", "turn lower_case on" },
        { cased, BERT_OFF, BERT_OFF, "The dog", "", "hint" },
        { uncased, BERT_OFF, BERT_OFF, "The dog", "turn lower_case on", "lower_case off" },
        { uncased, BERT_OFF, BERT_OFF, "the doG", "turn lower_case on", "lower_case off" },
        { uncased, BERT_ON, BERT_OFF, "The dog", "The -> the (lower-cased): a token", "hint" },
        { uncased, BERT_DEFAULT, BERT_OFF, "do ##g", "are these pieces from another tokenizer", "Penn" },
        { cased, BERT_DEFAULT, BERT_OFF, "dog [MASK] [SEP]", "hint: [MASK] in a text is ordinary text", "hint: [SEP]" },
        { cased, BERT_DEFAULT, BERT_OFF, "dog [CLS]", "hint: [CLS] in a text is ordinary text", "taken as" },
        { cased, BERT_DEFAULT, BERT_ON, "dog [MASK] dogs", "[MASK]: taken as the special token it names", "hint" },
        { uncased, BERT_OFF, BERT_OFF, "d\xE2\x80\x8Bog", " -> dog (cleaned): a token", "hint" },
        { uncased, BERT_ON, BERT_OFF, "D\xC3\x93G\xE2\x80\x8B", " -> dog (cleaned, lower-cased, accents stripped)", "hint" },
        { uncased, BERT_ON, BERT_OFF, "dogx", "[UNK], after \"dog\" no piece of the vocabulary goes on with \"##x\" (U+78)", "hint" },
        { uncased, BERT_ON, BERT_OFF, "dogsxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxx...: [UNK]", "hint" },
        { uncased, BERT_ON, BERT_OFF, "dogs", "dogs: not a token as a whole; longest pieces first: dog ##s", "hint" },
    };
    char out[4096], longer[300];
    size_t i, need = 0;
    bert_tokenizer_desc d;
    bert_tokenizer *tok;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&d, 0, sizeof d);
        d.data = rows[i].vocab;
        d.size = strlen(rows[i].vocab);
        d.lower_case = rows[i].lower;
        d.specials = rows[i].specials;
        tok = NULL;
        REQUIRE(bert_tokenizer_open(&d, &tok) == BERT_OK);
        CHECK_INT(bert_tokenizer_explain(tok, rows[i].text, strlen(rows[i].text), out, sizeof out, &need), BERT_OK);
        CHECK_INT(strlen(out), need);
        mentions(out, rows[i].says);
        if (strstr(out, rows[i].not_says)) TEST_FAIL("row %d says \"%s\": %s", (int)i, rows[i].not_says, out);
        bert_tokenizer_close(tok);
    }
    tok = open_default();
    REQUIRE(tok);
    memset(longer, 'a', sizeof longer);
    CHECK_INT(bert_tokenizer_explain(tok, longer, sizeof longer, out, sizeof out, NULL), BERT_OK);
    mentions(out, "...: [UNK], it has more than 200 characters");
    CHECK_INT(bert_tokenizer_explain(tok, "zz", 2, NULL, 0, &need), BERT_OK);           /* only how long it is */
    CHECK(need > 20);
    CHECK_INT(bert_tokenizer_explain(NULL, "zz", 2, NULL, 0, &need), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_explain(tok, NULL, 2, NULL, 0, &need), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_explain(tok, "zz", 2, NULL, 2, &need), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_tokenizer_explain(tok, NULL, 0, out, sizeof out, &need), BERT_OK);
    CHECK_INT(need, 0);
    bert_tokenizer_close(tok);
}

/* ============================================================================================================
   Hostile texts: time grows with the size and nothing else does
   ============================================================================================================ */

/* Processor time of this process: what others do meanwhile does not count. (Windows' clock() is the time of day.) */
static double seconds(void)
{
#ifdef _WIN32
    uint64_t begun, ended, kernel, user;                                /* of 100 ns */
    return GetProcessTimes(GetCurrentProcess(), &begun, &ended, &kernel, &user) ? (double)(kernel + user) * 1e-7 : 0;
#else
    return (double)clock() / CLOCKS_PER_SEC;
#endif
}
static double seconds_of(const bert_tokenizer *tok, const char *text, size_t size, bert_encoding *out)
{
    const double start = seconds();
    bert_status st = bert_tokenizer_encode(tok, text, size, out);
    if (st != BERT_OK && st != BERT_ERROR_SPACE) TEST_FAIL("%s", bert_status_string(st));
    return seconds() - start;
}
/* `piece` repeated to 10 MB, in both modes, cased and uncased: at most 40 times as long as 1 MB, half a second free. */
static void repeated(const char *name, const char *prefix, const char *piece)
{
    enum { MB = 1000000 };
    size_t n = strlen(piece), size = strlen(prefix), i;
    char *text = (char *)malloc(10 * MB + 16);
    int k;
    if (!text) { TEST_FAIL("no memory"); return; }
    memcpy(text, prefix, size);
    for (; size + n <= 10 * MB; size += n) memcpy(text + size, piece, n);
    for (k = 0; k < 5; k++) {
        bert_tokenizer_desc d;
        bert_tokenizer *tok = NULL;
        columns c;
        double small, big;
        memset(&d, 0, sizeof d);
        d.data = vocab;
        d.size = sizeof vocab - 1;
        d.mode = k & 1 ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE;
        d.lower_case = k & 2 ? BERT_OFF : BERT_ON;
        if (k == 4) { d.basic = BERT_OFF; d.specials = BERT_ON; }
        if (bert_tokenizer_open(&d, &tok) != BERT_OK) { TEST_FAIL("bert_tokenizer_open"); break; }
        small = seconds_of(tok, text, MB, all(&c));
        big = seconds_of(tok, text, size, all(&c));
        if (big > small * 40 + 0.5) TEST_FAIL("%s: 1 MB takes %.3f s, 10 MB %.3f s (settings %d)", name, small, big, k);
        for (i = 0; i < c.e.count && i < c.e.capacity; i++) if (c.begin[i] >= c.end[i] || c.end[i] > size) { TEST_FAIL("%s: token %lu", name, (unsigned long)i); break; }
        bert_tokenizer_close(tok);
    }
    free(text);
}
static void hostile_word(void) { repeated("one word", "", "a"); }
static void hostile_marks(void) { repeated("marks", "a", "\xCC\x81"); }
static void hostile_marks_alone(void) { repeated("marks", "", "\xCC\xA3\xCC\x81"); }
static void hostile_order(void) { repeated("marks out of order", "a", "\xF0\x9D\x85\xAD\xE3\x80\xAE\xF0\x9D\x85\xA5\xE1\xAE\xAA"); }
static void hostile_sigma(void) { repeated("sigmas", "a", "\xCE\xA3"); }
static void hostile_apostrophes(void) { repeated("apostrophes", "A\xCE\xA3", "'"); }
static void hostile_sigma_apostrophe(void) { repeated("sigmas and apostrophes", "", "\xCE\xA3'''''''''''''''"); }
static void hostile_spaces(void) { repeated("blanks", "a", " "); }
static void hostile_zero(void) { repeated("invisible", "a", "\xE2\x80\x8B"); }
static void hostile_bytes(void) { repeated("broken UTF-8", "a", "\xF0\x9F\x98"); }
static void hostile_brackets(void) { repeated("brackets", "", "[MAS"); }
static void hostile_hangul(void) { repeated("Hangul", "", "\xEA\xB0\x81"); }
static void hostile_cjk(void) { repeated("ideographs", "", "\xE4\xB8\x80"); }
static void hostile_words(void) { repeated("words of 200", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                                                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "); }

/* What these texts give, exactly. */
static void hostile_results(void)
{
    enum { SIZE = 10000000 };
    char *text = (char *)malloc(SIZE + 2);
    bert_tokenizer *tok = open_default();
    columns c;
    size_t i;
    REQUIRE(tok && text);
    memset(text, 'a', SIZE);
    CHECK_INT(bert_tokenizer_encode(tok, text, SIZE, all(&c)), BERT_OK);
    CHECK_INT(c.e.count, 1);
    CHECK_INT(c.ids[0], UNK);
    CHECK_INT(c.begin[0], 0);
    CHECK_INT(c.end[0], SIZE);
    CHECK_INT(c.char_end[0], SIZE);
    text[0] = 'a';
    for (i = 1; i + 1 < SIZE; i += 2) memcpy(text + i, "\xCC\x81", 2);
    text[SIZE - 1] = ' ';
    CHECK_INT(bert_tokenizer_encode(tok, text, SIZE, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "a");
    CHECK_STR(ranges(c.begin, c.end, c.e.count), "0-1");
    memcpy(text + SIZE - 1, "b", 1);                                    /* a, five million accents, b: the word "ab" */
    CHECK_INT(bert_tokenizer_encode(tok, text, SIZE, all(&c)), BERT_OK);
    CHECK_STR(tokens(tok, &c.e), "[UNK]");
    CHECK_INT(c.begin[0], 0);
    CHECK_INT(c.end[0], SIZE);
    bert_tokenizer_close(tok);
    free(text);
}

/* A stream needs little memory, however long the word. */
static void stream_memory(void)
{
    enum { CHUNK = 5000, ROUNDS = 2000, ROOM = 65536 + CHUNK };
    static const char *const pieces[] = { "a", "\xCC\x81", " ", "'" };
    bert_tokenizer *tok = open_default();
    int32_t *ids = (int32_t *)malloc(ROOM * sizeof *ids);
    char *chunk = (char *)malloc(CHUNK);
    size_t k;
    REQUIRE(tok && ids && chunk);
    for (k = 0; k < COUNT(pieces); k++) {
        test_faults f;
        bert_allocator a;
        bert_stream *s = NULL;
        bert_encoding out;
        size_t i, n = strlen(pieces[k]), total = 0;
        memset(&f, 0, sizeof f);
        memset(&out, 0, sizeof out);
        a = test_faults_allocator(&f);
        for (i = 0; i + n <= CHUNK; i += n) memcpy(chunk + i, pieces[k], n);
        if (bert_stream_open(tok, &a, &s) != BERT_OK) { TEST_FAIL("bert_stream_open"); break; }
        out.ids = ids;
        for (i = 0; i <= ROUNDS; i++) {
            out.capacity = ROOM;
            out.count = 0;
            CHECK_INT(i < ROUNDS ? bert_stream_feed(s, chunk, CHUNK, &out) : bert_stream_finish(s, &out), BERT_OK);
            total += out.count;
        }
        CHECK_INT(total, k == 0 ? 1 : k == 3 ? (size_t)CHUNK * ROUNDS : 0);
        if (f.peak > 512 * 1024) TEST_FAIL("a stream took %lu bytes for %s", (unsigned long)f.peak, pieces[k]);
        bert_stream_close(s);
        CHECK_INT(f.live, 0);
    }
    free(ids);
    free(chunk);
    bert_tokenizer_close(tok);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(open_missing_file);
    TEST(open_invalid_utf8);
    TEST(open_empty);
    TEST(open_bad_desc);
    TEST(special_ids);
    TEST(resolved);
    TEST(vocabulary);
    TEST(vocabulary_is_copied);
    TEST(tokenizer_json);
    TEST(tokenizer_json_refused);
    TEST(tokenizer_json_normalized);
    TEST(tokenizer_json_added);
    TEST(directory);
    TEST(encode_columns);
    TEST(embedded_nuls);
    TEST(kept_nuls);
    TEST(invalid_utf8);
    TEST(specials_in_text);
    TEST(words);
    TEST(word_alignment);
    TEST(encode_words);
    TEST(pair_basics);
    TEST(pair_truncation);
    TEST(pair_errors);
    TEST(windows);
    TEST(windows_of_pair);
    TEST(decoding);
    TEST(explaining);
    TEST(faults_open);
    TEST(faults_stream);
    TEST(faults_learner);
    TEST(encoding_allocates_nothing);
    TEST(stream_again);
    TEST(any_columns);
    TEST(reordered_marks);
    TEST(tokenizer_json_parts);
    TEST(tokenizer_json_many);
    TEST(braces_first);
    TEST(odd_vocabularies);
    TEST(added_again);
    TEST(never_split_words);
    TEST(nothing_there);
    TEST(words_and_specials);
    TEST(stream_spoiled);
    TEST(stream_full);
    TEST(decoding_corners);
    TEST(explaining_more);
    TEST(hostile_word);
    TEST(hostile_marks);
    TEST(hostile_marks_alone);
    TEST(hostile_order);
    TEST(hostile_sigma);
    TEST(hostile_apostrophes);
    TEST(hostile_sigma_apostrophe);
    TEST(hostile_spaces);
    TEST(hostile_zero);
    TEST(hostile_bytes);
    TEST(hostile_brackets);
    TEST(hostile_hangul);
    TEST(hostile_cjk);
    TEST(hostile_words);
    TEST(hostile_results);
    TEST(stream_memory);
    return test_end();
}
