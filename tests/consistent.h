/* consistent.h - all calls of the tokenizer's API agree on a text
   SPDX-License-Identifier: MIT-0 OR Unlicense

   For golden.c and differential.c. golden_consistent encodes a text by every way there is and holds the results against
   each other: ids only against all columns, counting, buffers too small, streams in chunks, characters against bytes,
   words against tokens. Include after bert_tokenizer.h. */
#ifndef CONSISTENT_H
#define CONSISTENT_H

#include "test.h"

/* ---- columns with room ---- */

/* Room for n tokens in every column. */
static void golden_columns(bert_encoding *e, size_t n)
{
    size_t *wide = (size_t *)malloc((n + 1) * 4 * sizeof *wide);
    int32_t *narrow = (int32_t *)malloc((n + 1) * 3 * sizeof *narrow);
    if (!wide || !narrow) abort();
    e->capacity = n;
    e->count = 0;
    e->ids = narrow;
    e->segment_ids = narrow + (n + 1);
    e->words = narrow + 2 * (n + 1);
    e->begin = wide;
    e->end = wide + (n + 1);
    e->char_begin = wide + 2 * (n + 1);
    e->char_end = wide + 3 * (n + 1);
}
static void golden_columns_free(bert_encoding *e)
{
    free(e->ids);
    free(e->begin);
    memset(e, 0, sizeof *e);
}
/* The same columns from token `at` on. */
static bert_encoding golden_columns_from(const bert_encoding *e, size_t at)
{
    bert_encoding f;
    f.capacity = e->capacity - at;
    f.count = 0;
    f.ids = e->ids + at;
    f.segment_ids = e->segment_ids + at;
    f.words = e->words + at;
    f.begin = e->begin + at;
    f.end = e->end + at;
    f.char_begin = e->char_begin + at;
    f.char_end = e->char_end + at;
    return f;
}

/* ---- the words of a text, whole ---- */

typedef struct golden_word { size_t at, size, begin, end; } golden_word;
typedef struct golden_words {
    char *text;                         /* the words, each with a NUL after it */
    size_t size, capacity, count, word_capacity;
    golden_word *word;
    int open;                           /* the last call said that more of this word follows */
} golden_words;

static int golden_collect(void *user, const bert_word *w)
{
    golden_words *g = (golden_words *)user;
    while (g->size + w->size + 1 > g->capacity) {
        g->capacity = g->capacity ? g->capacity * 2 : 1024;
        g->text = (char *)realloc(g->text, g->capacity);
        if (!g->text) abort();
    }
    if (g->count == g->word_capacity) {
        g->word_capacity = g->word_capacity ? g->word_capacity * 2 : 64;
        g->word = (golden_word *)realloc(g->word, g->word_capacity * sizeof *g->word);
        if (!g->word) abort();
    }
    if (g->open) {
        golden_word *last = &g->word[g->count - 1];
        g->size--;                                                      /* over the NUL of its first part */
        last->size += w->size;
        last->end = w->end;
    } else {
        golden_word *next = &g->word[g->count++];
        next->at = g->size;
        next->size = w->size;
        next->begin = w->begin;
        next->end = w->end;
    }
    memcpy(g->text + g->size, w->text, w->size);
    g->size += w->size;
    g->text[g->size++] = 0;
    g->open = w->more != 0;
    return 0;
}
static bert_status golden_split(const bert_tokenizer *tok, const char *text, size_t size, golden_words *g)
{
    g->size = g->count = 0;
    g->open = 0;
    return bert_tokenizer_words(tok, text, size, golden_collect, g);
}
static void golden_words_free(golden_words *g)
{
    free(g->text);
    free(g->word);
    memset(g, 0, sizeof *g);
}

/* ---- all calls agree on a text ---- */

typedef struct golden_scratch {
    bert_encoding full, other;
    golden_words words;
    size_t *chars;                      /* [size + 1] code points that begin before this byte */
    unsigned char *inside;              /* [size + 1] no code point begins or ends here */
    size_t room;
    uint32_t random;
} golden_scratch;

TEST_FN void golden_scratch_free(golden_scratch *s)
{
    golden_columns_free(&s->full);
    golden_columns_free(&s->other);
    golden_words_free(&s->words);
    free(s->chars);
    free(s->inside);
    memset(s, 0, sizeof *s);
}
static void golden_scratch_room(golden_scratch *s, size_t size)
{
    if (s->room > size) return;
    golden_columns_free(&s->full);
    golden_columns_free(&s->other);
    free(s->chars);
    free(s->inside);
    s->room = size * 2 + 1024;
    golden_columns(&s->full, s->room + 3);
    golden_columns(&s->other, s->room + 3 + 65536);                     /* what a stream asks for */
    s->chars = (size_t *)malloc((s->room + 1) * sizeof *s->chars);
    s->inside = (unsigned char *)malloc(s->room + 1);
    if (!s->chars || !s->inside) abort();
}
static uint32_t golden_random(golden_scratch *s) { return (s->random = s->random * 1664525u + 1013904223u) >> 8; }

/* Fills chars and inside. Bytes that are not UTF-8 count for nothing. */
static void golden_map_chars(golden_scratch *s, const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0, k, n, count = 0;
    memset(s->inside, 0, size + 1);
    while (i < size) {
        n = p[i] < 0x80 ? 1 : p[i] >= 0xC2 && p[i] < 0xE0 ? 2 : p[i] >= 0xE0 && p[i] < 0xF0 ? 3 : p[i] >= 0xF0 && p[i] < 0xF5 ? 4 : 0;
        for (k = 1; k < n && i + k < size && (p[i + k] & 0xC0) == 0x80; k++) {}
        if (!n || k < n || (p[i] == 0xE0 && p[i + 1] < 0xA0) || (p[i] == 0xED && p[i + 1] > 0x9F) ||
            (p[i] == 0xF0 && p[i + 1] < 0x90) || (p[i] == 0xF4 && p[i + 1] > 0x8F)) {
            s->chars[i++] = count;
            continue;
        }
        s->chars[i] = count++;
        for (k = 1; k < n; k++) { s->chars[i + k] = count; s->inside[i + k] = 1; }
        i += n;
    }
    s->chars[size] = count;
}

/* Compares two encodings of a text; what: names the second call in a failure. */
static int golden_same(const bert_encoding *a, const bert_encoding *b, const char *what, const char *label)
{
    size_t i;
    if (a->count != b->count) {
        TEST_FAIL("%s: %s gives %lu tokens, the full call %lu", label, what, (unsigned long)b->count, (unsigned long)a->count);
        return 0;
    }
    for (i = 0; i < a->count; i++) {
        const char *column = a->ids[i] != b->ids[i] ? "ids" : a->words[i] != b->words[i] ? "words"
                           : a->begin[i] != b->begin[i] ? "begin" : a->end[i] != b->end[i] ? "end"
                           : a->char_begin[i] != b->char_begin[i] ? "char_begin" : a->char_end[i] != b->char_end[i] ? "char_end" : NULL;
        if (column) {
            TEST_FAIL("%s: %s: %s[%lu] differs from the full call (id %d, bytes %lu-%lu against id %d, bytes %lu-%lu)", label,
                        what, column, (unsigned long)i, (int)b->ids[i], (unsigned long)b->begin[i], (unsigned long)b->end[i],
                        (int)a->ids[i], (unsigned long)a->begin[i], (unsigned long)a->end[i]);
            return 0;
        }
    }
    return 1;
}

static int golden_stream(const bert_tokenizer *tok, golden_scratch *s, const char *text, size_t size, size_t chunk, const char *label)
{
    bert_stream *stream = NULL;
    bert_encoding part;
    char what[64];
    size_t at = 0, n;
    bert_status st = bert_stream_open(tok, NULL, &stream);
    if (chunk) snprintf(what, sizeof what, "a stream in chunks of %lu", (unsigned long)chunk);
    else snprintf(what, sizeof what, "a stream in random chunks");
    s->other.count = 0;
    if (st != BERT_OK) { TEST_FAIL("%s: bert_stream_open: %s", label, bert_status_string(st)); return 0; }
    for (;;) {
        n = chunk ? chunk : golden_random(s) % 97;
        if (n > size - at) n = size - at;
        part = golden_columns_from(&s->other, s->other.count);
        st = at < size ? bert_stream_feed(stream, text + at, n, &part) : bert_stream_finish(stream, &part);
        if (st != BERT_OK || part.count > part.capacity) break;
        s->other.count += part.count;
        if (at >= size) break;
        at += n;
    }
    bert_stream_close(stream);
    if (st != BERT_OK) { TEST_FAIL("%s: %s: %s", label, what, bert_status_string(st)); return 0; }
    return golden_same(&s->full, &s->other, what, label);
}

/* Is the word this token with white space around it, as a special token with lstrip or rstrip takes? */
static int golden_with_space(const char *word, size_t size, const char *token, size_t n)
{
    const char *at = n && n < size ? strstr(word, token) : NULL, *p;
    if (!at) return 0;
    for (p = word; p < word + size; p++)
        if ((p < at || p >= at + n) && (unsigned char)*p > 32 && (unsigned char)*p < 0x80) return 0;
    return 1;
}

/* The slow tokenizer has one way only, under all names: asking it twelve times would take twelve times as long. */
#ifdef GOLDEN_SLOW
enum { GOLDEN_EVERY_WAY = 0 };
#else
enum { GOLDEN_EVERY_WAY = 1 };
#endif

/* Encodes a text into s->full by every way there is; 0 if two of them disagree. valid: the text is UTF-8. */
static int golden_consistent(const bert_tokenizer *tok, golden_scratch *s, const char *text, size_t size, const char *label)
{
    static const size_t chunks[] = { 1, 2, 3, 7, 64, 0 };
    bert_special_ids special = bert_tokenizer_special_ids(tok);
    bert_encoding e, *f;
    bert_status st;
    size_t i, k, at, low, high;
    golden_scratch_room(s, size);
    golden_map_chars(s, text, size);
    f = &s->full;
    st = bert_tokenizer_encode(tok, text, size, f);
    if (st != BERT_OK) { TEST_FAIL("%s: %s", label, bert_status_string(st)); return 0; }
    if (f->count > size) { TEST_FAIL("%s: more tokens than bytes", label); return 0; }

    memset(&e, 0, sizeof e);                                            /* counting */
    if (GOLDEN_EVERY_WAY) st = bert_tokenizer_encode(tok, text, size, &e);
    else e.count = f->count;
    if (st != BERT_OK || e.count != f->count) {
        TEST_FAIL("%s: counting says %s, %lu instead of %lu", label, bert_status_string(st), (unsigned long)e.count, (unsigned long)f->count);
        return 0;
    }
    e.ids = s->other.ids;                                               /* ids only */
    e.capacity = f->count;
    if (GOLDEN_EVERY_WAY) st = bert_tokenizer_encode(tok, text, size, &e);
    else e.ids = f->ids;
    if (st != BERT_OK || e.count != f->count || memcmp(e.ids, f->ids, e.count * sizeof *e.ids)) {
        TEST_FAIL("%s: ids alone differ from all columns", label);
        return 0;
    }
    for (k = 0; GOLDEN_EVERY_WAY && k < 2 && f->count; k++) {           /* too small: by one, by half */
        e = s->other;
        e.capacity = k ? f->count / 2 : f->count - 1;
        e.ids[e.capacity] = -77;
        e.end[e.capacity] = 77777777;
        st = bert_tokenizer_encode(tok, text, size, &e);
        if (st != BERT_ERROR_SPACE || e.count != f->count) {
            TEST_FAIL("%s: with room for %lu of %lu tokens: %s, count %lu", label, (unsigned long)e.capacity,
                        (unsigned long)f->count, bert_status_string(st), (unsigned long)e.count);
            return 0;
        }
        if (memcmp(e.ids, f->ids, e.capacity * sizeof *e.ids) || memcmp(e.end, f->end, e.capacity * sizeof *e.end) ||
            e.ids[e.capacity] != -77 || e.end[e.capacity] != 77777777) {
            TEST_FAIL("%s: with room for %lu of %lu tokens: not these were written", label, (unsigned long)e.capacity, (unsigned long)f->count);
            return 0;
        }
    }

    for (i = 0; i < f->count; i++) {                                    /* ranges */
        size_t b = f->begin[i], n = f->end[i];
        if (b >= n || n > size || s->inside[b] || s->inside[n]) {
            TEST_FAIL("%s: token %lu has the bytes %lu-%lu: not a range of whole characters", label, (unsigned long)i, (unsigned long)b, (unsigned long)n);
            return 0;
        }
        if (f->char_begin[i] != s->chars[b] || f->char_end[i] != s->chars[n]) {
            TEST_FAIL("%s: token %lu has the bytes %lu-%lu, so the characters %lu-%lu, not %lu-%lu", label, (unsigned long)i,
                        (unsigned long)b, (unsigned long)n, (unsigned long)s->chars[b], (unsigned long)s->chars[n],
                        (unsigned long)f->char_begin[i], (unsigned long)f->char_end[i]);
            return 0;
        }
        if (f->segment_ids[i] != 0) { TEST_FAIL("%s: segment id %d", label, (int)f->segment_ids[i]); return 0; }
    }

    st = golden_split(tok, text, size, &s->words);                      /* words: the pieces joined are the words */
    if (st != BERT_OK || s->words.open) { TEST_FAIL("%s: bert_tokenizer_words: %s", label, bert_status_string(st)); return 0; }
    for (i = k = 0; k < s->words.count; k++) {
        const golden_word *w = &s->words.word[k];
        if (i >= f->count || f->words[i] != (int32_t)k) { TEST_FAIL("%s: word %lu has no token", label, (unsigned long)k); return 0; }
        low = (size_t)-1;
        high = 0;
        for (at = 0; i < f->count && f->words[i] == (int32_t)k; i++) {
            size_t n = 0, skip = at ? 2 : 0;
            const char *piece = bert_tokenizer_token(tok, f->ids[i], &n);
            if (f->begin[i] < low) low = f->begin[i];
            if (f->end[i] > high) high = f->end[i];
            if (f->ids[i] == special.unk && !at && (i + 1 == f->count || f->words[i + 1] != (int32_t)k)) { at = w->size; continue; }
            if (piece && !at && (i + 1 == f->count || f->words[i + 1] != (int32_t)k) &&
                golden_with_space(s->words.text + w->at, w->size, piece, n)) {
                at = w->size;
                continue;
            }
            if (!piece || n < skip || at + n - skip > w->size || memcmp(piece + skip, s->words.text + w->at + at, n - skip)) {
                TEST_FAIL("%s: token %lu (%s) does not continue word %lu (%s)", label, (unsigned long)i, piece ? piece : "NULL",
                            (unsigned long)k, s->words.text + w->at);
                return 0;
            }
            at += n - skip;
        }
        if (at != w->size || low != w->begin || high != w->end) {
            TEST_FAIL("%s: word %lu is the bytes %lu-%lu, its tokens are %lu-%lu", label, (unsigned long)k, (unsigned long)w->begin,
                      (unsigned long)w->end, (unsigned long)low, (unsigned long)high);
            return 0;
        }
    }
    if (i != f->count) { TEST_FAIL("%s: tokens without a word", label); return 0; }

    for (k = 0; GOLDEN_EVERY_WAY && k < sizeof chunks / sizeof *chunks; k++)
        if (!golden_stream(tok, s, text, size, chunks[k], label)) return 0;
    return 1;
}

#endif
