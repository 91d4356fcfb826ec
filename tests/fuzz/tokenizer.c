/* tokenizer.c - fuzz: any text, under any flags, gives the same tokens by every call, and offsets that lie in the text
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The first four bytes choose: vocabulary and mode; flags; the longest word and never_split; limits and where to cut.
   The rest is the text. */
#include "bert_tokenizer.h"
#include "../test.h"
#include "../consistent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) { fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x); abort(); } } while (0)

/* Words and pieces of all lengths around those that matter to the tables (4, 16, 35), pieces of half a word, marks,
   ideographs, and what looks like a special token or a "##" and is none. The last has none of the special tokens, and
   the one before is a tokenizer.json whose added tokens take white space and ask for their neighbours. */
static const char *const vocabs[] = {
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\n##a\n##b\n##c\n##d\n##e\n##s\nthe\n##ing\n##in\nun\n##aff\n##able\n'\n"
    "s\n.\n,\n!\n[\n]\n#\n-\n1\n##2\nit\n",
    "[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\nabcd\n##abcd\nabc\nabcdefghijklmno\nabcdefghijklmnop\nabcdefghijklmnopq\n"
    "##abcdefghijklm\n##abcdefghijklmn\n##abcdefghijklmno\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    "##aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\na\n##a\n##aa\n##\n#\n##[\n[UNK]s\n",
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\xC3\xA9\n##\xC3\xA9\ne\n##e\n\xCC\x81\n##\xCC\x81\n\xE4\xB8\xAD\n##\xE4\xB8\xAD\n\xE3\x80\x82\n"
    "\xEF\xBC\x81\n\xCF\x83\n\xCF\x82\n##\xCF\x83\n##\xCF\x82\n\xCE\xB1\n##\xCE\xB1\n\xE1\x84\x80\xE1\x85\xA1\n##\xE1\x86\xA8\n"
    "\xF0\x9F\x98\x80\n\xEA\xB0\x81\ni\n##i\n\xCC\x87\n\xE2\x80\xA8\n",
    "{\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"added_tokens\":["
    "{\"id\":0,\"content\":\"[UNK]\",\"special\":true},{\"id\":1,\"content\":\"[CLS]\",\"special\":true},"
    "{\"id\":2,\"content\":\"[SEP]\",\"special\":true},{\"id\":3,\"content\":\"[MASK]\",\"special\":true,\"lstrip\":true},"
    "{\"id\":4,\"content\":\"<r>\",\"rstrip\":true},{\"id\":5,\"content\":\"one\",\"single_word\":true},"
    "{\"id\":6,\"content\":\"<r><l>\",\"lstrip\":true,\"rstrip\":true}],"
    "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[MASK]\":3,"
    "\"a\":7,\"##a\":8,\"b\":9,\"<\":10,\">\":11,\"r\":12,\"##one\":13,\"on\":14}}}",
    "a\nb\n##b\nab\n\xC3\xA9\n.\n\n"
};
enum { VOCABS = sizeof vocabs / sizeof *vocabs, KEPT = 32 };

/* The tokenizer that the first three bytes ask for; the last few are kept open, as opening takes longest. */
static const bert_tokenizer *tokenizer_of(const uint8_t *choice)
{
    static bert_tokenizer *kept[KEPT];
    static unsigned keys[KEPT];
    static const char *const never[] = { "ab", "\xC3\x89", "never split" };
    unsigned key = 1u << 24 | choice[0] % 16u << 16 | (unsigned)choice[1] << 8 | choice[2], at = (key ^ key >> 7 ^ key >> 16) % KEPT;
    bert_tokenizer_desc d;
    if (keys[at] == key) return kept[at];
    bert_tokenizer_close(kept[at]);
    kept[at] = NULL;
    keys[at] = 0;
    memset(&d, 0, sizeof d);
    d.data = vocabs[choice[0] % 16 / 3 % VOCABS];
    d.size = strlen((const char *)d.data);
    d.mode = (bert_tokenizer_mode)(choice[0] % 16 % 3);
    d.lower_case = (bert_flag)(choice[1] % 3);
    d.strip_accents = (bert_flag)(choice[1] / 3 % 3);
    d.cjk = choice[1] / 9 % 2 ? BERT_OFF : BERT_DEFAULT;
    d.clean = choice[1] / 18 % 2 ? BERT_OFF : BERT_DEFAULT;
    d.specials = choice[1] / 36 % 2 ? BERT_ON : BERT_DEFAULT;
    d.basic = choice[1] / 72 % 4 == 3 ? BERT_OFF : BERT_DEFAULT;
    d.max_word = choice[2] % 4 == 0 ? choice[2] / 4 : choice[2] % 4 == 1 ? 200 : 0;
    if (choice[2] % 4 == 3) { d.never_split = never; d.never_split_count = 3; }
    MUST(bert_tokenizer_open(&d, &kept[at]) == BERT_OK);
    keys[at] = key;
    return kept[at];
}

static int same_rows(const bert_encoding *a, size_t i, const bert_encoding *b, size_t k, size_t n)
{
    return memcmp(a->ids + i, b->ids + k, n * sizeof *a->ids) == 0 && memcmp(a->words + i, b->words + k, n * sizeof *a->words) == 0 &&
           memcmp(a->begin + i, b->begin + k, n * sizeof *a->begin) == 0 && memcmp(a->end + i, b->end + k, n * sizeof *a->end) == 0 &&
           memcmp(a->segment_ids + i, b->segment_ids + k, n * sizeof *a->segment_ids) == 0 &&
           memcmp(a->char_begin + i, b->char_begin + k, n * sizeof *a->char_begin) == 0 &&
           memcmp(a->char_end + i, b->char_end + k, n * sizeof *a->char_end) == 0;
}

/* A text for people: the same in a buffer of just its size, cut in one that is smaller. */
static void explain(const bert_tokenizer *tok, const char *text, size_t size, size_t cut)
{
    size_t need = 1, again = 1;
    char *whole, *part;
    MUST(bert_tokenizer_explain(tok, text, size, NULL, 0, &need) == BERT_OK);
    whole = (char *)malloc(need + 1);
    MUST(whole && bert_tokenizer_explain(tok, text, size, whole, need + 1, &again) == BERT_OK && again == need);
    MUST(whole[need] == 0 && (need == 0 || whole[need - 1] == '\n'));
    cut %= need + 1;
    part = (char *)malloc(cut + 1);
    MUST(part && bert_tokenizer_explain(tok, text, size, part, cut, &again) == BERT_ERROR_SPACE && again == need);
    if (cut) MUST(memcmp(part, whole, cut - 1) == 0 && part[cut - 1] == 0);
    free(whole);
    free(part);
}

static void decode(const bert_tokenizer *tok, const int32_t *ids, size_t count, size_t cut)
{
    int skip, clean;
    for (skip = 0; skip < 2; skip++) for (clean = 0; clean < 3; clean++) {
        size_t need = 1, again = 1;
        char *out;
        MUST(bert_tokenizer_decode(tok, ids, count, skip, clean, NULL, 0, &need) == BERT_OK);
        out = (char *)malloc(need + 1);
        MUST(out && bert_tokenizer_decode(tok, ids, count, skip, clean, out, need + 1, &again) == BERT_OK);
        MUST(clean == 2 ? again <= need : again == need);
        MUST(out[again] == 0);
        cut %= need + 1;
        MUST(bert_tokenizer_decode(tok, ids, count, skip, clean, out, cut, &again) == BERT_ERROR_SPACE || cut > again || !cut);
        free(out);
    }
}

/* What encode_pair gives, and all windows of join, against the tokens of the two texts. */
static void pairs(const bert_tokenizer *tok, const char *text, size_t size, unsigned choice)
{
    static bert_encoding a, b, joined, direct;
    bert_special_ids special = bert_tokenizer_special_ids(tok);
    const int two = choice % 2 != 0;
    size_t cut = two ? size * (choice / 2 % 8) / 8 : size, windows = 0, w, i, rows = 0;
    bert_pair_desc d;
    bert_error error;
    bert_status st;
    if (!a.capacity) {
        golden_columns(&a, 1 << 12);
        golden_columns(&b, 1 << 12);
        golden_columns(&joined, 1 << 13);
        golden_columns(&direct, 1 << 13);
    }
    MUST(bert_tokenizer_encode(tok, text, cut, &a) == BERT_OK);
    MUST(bert_tokenizer_encode(tok, text + cut, size - cut, &b) == BERT_OK);
    memset(&d, 0, sizeof d);
    d.error = &error;
    d.max_tokens = choice / 16 % 16;
    d.stride = choice / 64 % 4;
    d.truncation = (bert_truncation)(choice % 5 % 4);
    d.left = choice / 7 % 2 ? BERT_ON : BERT_DEFAULT;
    for (w = 0; w == 0 || w < windows; w++) {
        size_t before = rows;
        d.window = w;
        joined.count = 77;
        error.code = BERT_OK;
        st = bert_encoding_join(tok, &d, &a, two ? &b : NULL, &joined, &windows);
        if (st != BERT_OK) {
            MUST(w == 0 && error.code == st && error.message[0] && joined.count == 77);
            MUST(st == BERT_ERROR_ARGUMENT || st == BERT_ERROR_TOO_LONG || (st == BERT_ERROR_MISMATCH && (special.cls < 0 || special.sep < 0)));
            d.stride = 0;                                               /* a window too small for the stride */
            if (bert_encoding_join(tok, &d, &a, two ? &b : NULL, &joined, NULL) == BERT_OK) return;
            direct.count = 77;
            MUST(bert_tokenizer_encode_pair(tok, &d, text, cut, two ? text + cut : NULL, size - cut, &direct) == st && direct.count == 77);
            return;
        }
        MUST(windows > 0 && (!d.max_tokens || joined.count <= d.max_tokens));
        MUST(joined.ids[0] == special.cls && joined.ids[joined.count - 1] == special.sep);
        for (i = 0; i < joined.count; i++) {
            MUST(joined.words[i] >= 0 || joined.ids[i] == special.cls || joined.ids[i] == special.sep);
            rows += joined.words[i] >= 0;
        }
        if (two || d.left == BERT_ON) continue;
        i = w * (joined.count - 2 - (windows > 1 && w + 1 < windows ? d.stride : 0));      /* as many as the others, or the last */
        if (w + 1 == windows) i = a.count - (joined.count - 2);
        MUST(i + joined.count - 2 <= a.count && same_rows(&joined, 1, &a, i, joined.count - 2));
        MUST(w == 0 || rows - before > d.stride || joined.count == 2);
    }
    if (!two && joined.count > 2) MUST(rows == a.count + (windows - 1) * d.stride);
    d.window = 0;
    MUST(bert_encoding_join(tok, &d, &a, two ? &b : NULL, &joined, NULL) == BERT_OK);
    MUST(bert_tokenizer_encode_pair(tok, &d, text, cut, two ? text + cut : NULL, size - cut, &direct) == BERT_OK);
    MUST(joined.count == direct.count && same_rows(&joined, 0, &direct, 0, direct.count));
    direct.capacity = choice % (direct.count + 1);                      /* what fits is written, and nothing behind it */
    direct.ids[direct.capacity] = -77;
    st = bert_tokenizer_encode_pair(tok, &d, text, cut, two ? text + cut : NULL, size - cut, &direct);
    MUST(st == (direct.capacity < joined.count ? BERT_ERROR_SPACE : BERT_OK) && direct.count == joined.count);
    MUST(same_rows(&joined, 0, &direct, 0, direct.capacity) && (direct.capacity == joined.count || direct.ids[direct.capacity] == -77));
    direct.capacity = 1 << 13;
}

/* The text cut into words: each gives what it gives alone. */
static void words(const bert_tokenizer *tok, const char *text, size_t size, unsigned choice)
{
    static bert_encoding all, one;
    const char *list[64] = { NULL };
    size_t sizes[64] = { 0 }, count = 0, at = 0, row = 0, i, k;
    bert_status st;
    int32_t starts[64];
    if (!all.capacity) { golden_columns(&all, 1 << 12); golden_columns(&one, 1 << 12); }
    while (count < 64 && at < size) {
        list[count] = text + at;
        sizes[count] = (choice >> count % 8) % 11 < size - at ? (choice >> count % 8) % 11 : size - at;
        at += sizes[count++];
    }
    st = bert_tokenizer_encode_words(tok, list, sizes, count, &all);
    if (st == BERT_ERROR_MISMATCH && bert_tokenizer_special_ids(tok).unk < 0) return;   /* a part of a known word is unknown */
    MUST(st == BERT_OK);
    bert_encoding_word_starts(&all, 0, starts, count);
    for (i = 0; i < count; i++) {
        MUST(bert_tokenizer_encode(tok, list[i], sizes[i], &one) == BERT_OK);
        MUST(row + one.count <= all.count && starts[i] == (one.count ? (int32_t)row : -1));
        for (k = 0; k < one.count; k++) one.words[k] = (int32_t)i;
        MUST(same_rows(&all, row, &one, 0, one.count));
        row += one.count;
    }
    MUST(row == all.count);
}

static int count_words(void *user, const bert_word *word) { (void)word; return ++*(size_t *)user == 3; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static golden_scratch scratch;
    const bert_tokenizer *tok;
    const char *text;
    bert_encoding e;
    bert_status st;
    size_t n = 0;
    unsigned choice;
    if (size < 4 || size > 4 + 4000) return 0;
    tok = tokenizer_of(data);
    choice = data[3] * 0x10101u;
    text = (const char *)data + 4;
    size -= 4;
    scratch.random = choice;
    memset(&e, 0, sizeof e);
    st = bert_tokenizer_encode(tok, text, size, &e);
    explain(tok, text, size, choice);
    MUST(bert_tokenizer_words(tok, text, size, count_words, &n) == (n == 3 ? BERT_ERROR_STOPPED : BERT_OK));
    if (st == BERT_ERROR_MISMATCH) {                                    /* no [UNK], though a word needs it */
        MUST(bert_tokenizer_special_ids(tok).unk < 0);
        return 0;
    }
    MUST(st == BERT_OK && e.count <= size);
    if (!golden_consistent(tok, &scratch, text, size, "the text")) { fprintf(stderr, "%s\n", test_now.why); abort(); }
    decode(tok, scratch.full.ids, scratch.full.count, choice);
    pairs(tok, text, size, choice);
    words(tok, text, size, choice);
    return 0;
}

#include "driver.h"
