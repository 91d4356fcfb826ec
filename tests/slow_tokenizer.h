/* slow_tokenizer.h - BERT's tokenization written down once more, as plainly as possible
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The other side of the differential test: Google's rules (and Hugging Face's where they differ) one after another,
   pass by pass over arrays of code points, each code point carrying the bytes it came from. Nothing here is fast, and
   nothing is shared with the implementation but the tables that say what a code point is (bert__unicode_*): those
   are checked one by one against the recorded answers. White space, ideographs, ASCII punctuation and UTF-8 are
   written out here on purpose.

   Include after the implementation (BERT_TOKENIZER_IMPLEMENTATION), whose tables it asks. Running out of memory aborts:
   this is a test. */
#ifndef SLOW_TOKENIZER_H
#define SLOW_TOKENIZER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct slow_char { uint32_t c; size_t begin, end; } slow_char;          /* and the bytes it came from */
typedef struct slow_text { slow_char *at; size_t count, capacity; } slow_text;

/* Lines of a vocab.txt as a dictionary. token[id] is NULL where a later line says the same: the last one wins. */
typedef struct slow_vocab {
    char **token;                       /* [count] */
    size_t *size;                       /* [count] bytes */
    int32_t *first;                     /* [count] distinct tokens by their first line; the id each one has now */
    int32_t count, keys;
    int32_t *table;                     /* [slots] id + 1, open addressing */
    size_t slots, longest;
} slow_vocab;

typedef struct slow_rules {
    int hf;                             /* Hugging Face's rules, else Google's */
    int lower, strip, cjk, clean, basic;
    int max_word;
    const char *unk;
    const char *const *whole;           /* [whole_count] what is looked for in the raw text and kept whole */
    size_t whole_count;
} slow_rules;

typedef struct slow_word { char *text; size_t size, begin, end; } slow_word;
typedef struct slow_result {
    int32_t *ids, *words;
    size_t *begin, *end, count, capacity;
    slow_word *word;
    size_t word_count, word_capacity;
} slow_result;

static void *slow_grow(void *memory, size_t *capacity, size_t count, size_t each)
{
    if (count < *capacity) return memory;
    *capacity = *capacity ? *capacity * 2 : 16;
    memory = realloc(memory, *capacity * each);
    if (!memory) abort();
    return memory;
}
static void slow_put(slow_text *t, uint32_t c, size_t begin, size_t end)
{
    t->at = (slow_char *)slow_grow(t->at, &t->capacity, t->count, sizeof *t->at);
    t->at[t->count].c = c;
    t->at[t->count].begin = begin;
    t->at[t->count++].end = end;
}
static void slow_text_free(slow_text *t) { free(t->at); memset(t, 0, sizeof *t); }

/* ---- UTF-8 ---- */

static size_t slow_utf8(uint32_t c, char out[4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (i = n; i-- > 1; c >>= 6) out[i] = (char)(0x80 | (c & 63));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* bytes.decode("utf-8", "ignore"): shortest form only, no surrogates, nothing above U+10FFFF. */
static slow_text slow_decode(const char *bytes, size_t size)
{
    slow_text t = {0};
    size_t i = 0;
    while (i < size) {
        uint32_t b = (unsigned char)bytes[i], c, least;
        size_t n = b < 0x80 ? 1 : (b & 0xE0) == 0xC0 ? 2 : (b & 0xF0) == 0xE0 ? 3 : (b & 0xF8) == 0xF0 ? 4 : 0, k;
        c = n < 2 ? b : b & (0x7Fu >> n);
        least = n == 2 ? 0x80 : n == 3 ? 0x800 : n == 4 ? 0x10000 : 0;
        for (k = 1; k < n && i + k < size && ((unsigned char)bytes[i + k] & 0xC0) == 0x80; k++)
            c = c << 6 | ((unsigned char)bytes[i + k] & 63);
        if (!n || k < n || c < least || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) { i++; continue; }
        slow_put(&t, c, i, i + n);
        i += n;
    }
    return t;
}

/* ---- what a code point is ---- */

static unsigned slow_facts(uint32_t c, int hf)
{
    static uint8_t pages[2][BERT__UNICODE_PAGES * 256];
    static bert__unicode tables[2];
    const bert__unicode *u = &tables[hf != 0];
    if (!u->pages) bert__unicode_expand(&tables[hf != 0], pages[hf != 0], hf != 0);
    return u->pages[(size_t)u->index[c >> 8] * 256 + (c & 255)];
}
static int slow_is_dropped(uint32_t c, int hf) { return (slow_facts(c, hf) & 7) == 1; }
static int slow_is_mark(uint32_t c, int hf) { return (slow_facts(c, hf) & 7) == 5; }
static int slow_is_punctuation(uint32_t c, int hf)
{
    if (c < 128) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return (slow_facts(c, hf) & 7) == 3;
}

/* What str.split() parts at: Python's str.isspace(); Rust's White_Space lacks the four separators. */
static int slow_is_space(uint32_t c, int hf)
{
    return (c >= 9 && c <= 13) || (!hf && c >= 0x1C && c <= 0x1F) || c == 32 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}
static int slow_is_cjk(uint32_t c, int hf)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) ||
           (c >= (hf ? 0x2B920u : 0x2B820u) && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x2F800 && c <= 0x2FA1F);
}

/* ---- the vocabulary: load_vocab ---- */

static size_t slow_hash(const char *text, size_t size)
{
    size_t h = 2166136261u, i;
    for (i = 0; i < size; i++) h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h ^ h >> 15;
}
static int32_t *slow_slot(const slow_vocab *v, const char *text, size_t size)
{
    size_t i = slow_hash(text, size) & (v->slots - 1);
    for (; v->table[i]; i = (i + 1) & (v->slots - 1)) {
        int32_t id = v->table[i] - 1;
        if (v->size[id] == size && memcmp(v->token[id], text, size) == 0) break;
    }
    return &v->table[i];
}
static int32_t slow_id(const slow_vocab *v, const char *text, size_t size) { return *slow_slot(v, text, size) - 1; }

/* A line of valid UTF-8 as the vocabulary has it: Google's str.strip() at both ends, HF's trim_end() at the right one. */
static void slow_strip(const char **text, size_t *size, int hf)
{
    slow_text t = slow_decode(*text, *size);
    size_t a = 0, b = t.count;
    while (!hf && a < b && slow_is_space(t.at[a].c, 0)) a++;
    while (b > a && slow_is_space(t.at[b - 1].c, hf)) b--;
    if (a == b) {
        *size = 0;
    } else {
        *size = t.at[b - 1].end - t.at[a].begin;
        *text += t.at[a].begin;
    }
    slow_text_free(&t);
}
static slow_vocab slow_vocab_load(const char *text, size_t size, int hf)
{
    slow_vocab v = {0};
    size_t i, lines = 1, start = 0;
    int32_t key;
    for (i = 0; i < size; i++) lines += text[i] == '\n';
    for (v.slots = 16; v.slots < lines * 3; v.slots *= 2) {}
    v.token = (char **)calloc(lines, sizeof *v.token);
    v.size = (size_t *)calloc(lines, sizeof *v.size);
    v.first = (int32_t *)calloc(lines, sizeof *v.first);
    v.table = (int32_t *)calloc(v.slots, sizeof *v.table);
    if (!v.token || !v.size || !v.first || !v.table) abort();
    while (start < size) {
        const char *line = text + start, *end = (const char *)memchr(line, '\n', size - start);
        size_t n = end ? (size_t)(end - line) : size - start;
        int32_t *slot;
        start += n + 1;
        slow_strip(&line, &n, hf);
        v.token[v.count] = (char *)malloc(n + 1);
        if (!v.token[v.count]) abort();
        memcpy(v.token[v.count], line, n);
        v.token[v.count][n] = 0;
        v.size[v.count] = n;
        if (n > v.longest) v.longest = n;
        slot = slow_slot(&v, line, n);
        if (*slot) {                                                    /* said before: this line takes it over */
            int32_t old = *slot - 1;
            for (key = 0; v.first[key] != old; key++) {}
            v.first[key] = v.count;
            free(v.token[old]);
            v.token[old] = NULL;
        } else {
            v.first[v.keys++] = v.count;
        }
        *slot = ++v.count;
    }
    return v;
}
static void slow_vocab_free(slow_vocab *v)
{
    int32_t i;
    for (i = 0; i < v->count; i++) free(v->token[i]);
    free(v->token);
    free(v->size);
    free(v->first);
    free(v->table);
    memset(v, 0, sizeof *v);
}

/* ---- results ---- */

/* The bytes that code points came from. Nearly always from the first one's begin to the last one's end; but canonical
   reordering may have put a later character in front. */
static void slow_cover(const slow_char *at, size_t count, size_t *begin, size_t *end)
{
    size_t i;
    *begin = at[0].begin;
    *end = at[0].end;
    for (i = 1; i < count; i++) {
        if (at[i].begin < *begin) *begin = at[i].begin;
        if (at[i].end > *end) *end = at[i].end;
    }
}

static void slow_add_token(slow_result *r, int32_t id, const slow_char *at, size_t count, size_t word)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 16;
        r->ids = (int32_t *)realloc(r->ids, r->capacity * sizeof *r->ids);
        r->words = (int32_t *)realloc(r->words, r->capacity * sizeof *r->words);
        r->begin = (size_t *)realloc(r->begin, r->capacity * sizeof *r->begin);
        r->end = (size_t *)realloc(r->end, r->capacity * sizeof *r->end);
        if (!r->ids || !r->words || !r->begin || !r->end) abort();
    }
    r->ids[r->count] = id;
    r->words[r->count] = (int32_t)word;
    slow_cover(at, count, &r->begin[r->count], &r->end[r->count]);
    r->count++;
}
static slow_word *slow_add_word(slow_result *r, const slow_char *at, size_t count)
{
    slow_word *w;
    size_t i;
    r->word = (slow_word *)slow_grow(r->word, &r->word_capacity, r->word_count, sizeof *r->word);
    w = &r->word[r->word_count++];
    w->size = 0;
    w->text = (char *)malloc(count * 4 + 1);
    if (!w->text) abort();
    for (i = 0; i < count; i++) w->size += slow_utf8(at[i].c, w->text + w->size);
    slow_cover(at, count, &w->begin, &w->end);
    return w;
}
static void slow_result_free(slow_result *r)
{
    size_t i;
    for (i = 0; i < r->word_count; i++) free(r->word[i].text);
    free(r->word);
    free(r->ids);
    free(r->words);
    free(r->begin);
    free(r->end);
    memset(r, 0, sizeof *r);
}

/* ---- WordpieceTokenizer: longest piece first, all or nothing ---- */

static void slow_pieces(const slow_rules *rules, const slow_vocab *v, slow_result *r, const slow_char *at, size_t count)
{
    size_t word = r->word_count, before = r->count, start = 0, end, i;
    int32_t unk = slow_id(v, rules->unk, strlen(rules->unk));
    char *piece;
    slow_add_word(r, at, count);
    if (count > (size_t)rules->max_word) {
        slow_add_token(r, unk, at, count, word);
        return;
    }
    piece = (char *)malloc(count * 4 + 3);
    if (!piece) abort();
    while (start < count) {
        int32_t id = -1;
        for (end = count; end > start; end--) {
            size_t n = 0;
            if (start > 0) { memcpy(piece, "##", 2); n = 2; }
            for (i = start; i < end; i++) n += slow_utf8(at[i].c, piece + n);
            id = slow_id(v, piece, n);
            if (id >= 0) break;
        }
        if (id < 0) break;
        slow_add_token(r, id, at + start, end - start, word);
        start = end;
    }
    free(piece);
    if (start < count) {                                                /* one part unknown: the whole word is */
        r->count = before;
        slow_add_token(r, unk, at, count, word);
    }
}

/* ---- BasicTokenizer, pass by pass: each takes a text and gives a new one ---- */

static slow_text slow_clean(slow_text in, int hf)
{
    slow_text out = {0};
    size_t i;
    for (i = 0; i < in.count; i++) {
        uint32_t c = in.at[i].c;
        if (slow_is_dropped(c, hf)) continue;
        slow_put(&out, slow_is_space(c, hf) ? ' ' : c, in.at[i].begin, in.at[i].end);
    }
    slow_text_free(&in);
    return out;
}
static slow_text slow_space_cjk(slow_text in, int hf)
{
    slow_text out = {0};
    size_t i;
    for (i = 0; i < in.count; i++) {
        slow_char s = in.at[i];
        int cjk = slow_is_cjk(s.c, hf);
        if (cjk) slow_put(&out, ' ', s.begin, s.begin);
        slow_put(&out, s.c, s.begin, s.end);
        if (cjk) slow_put(&out, ' ', s.end, s.end);
    }
    slow_text_free(&in);
    return out;
}

/* str.lower(). A capital sigma is final (U+03C2) after a cased letter and before none, case-ignorable ones aside. */
static slow_text slow_lower(slow_text in, int hf)
{
    enum { CASED = 32, IGNORABLE = 64 };
    slow_text out = {0};
    size_t i, k;
    for (i = 0; i < in.count; i++) {
        slow_char s = in.at[i];
        uint32_t lower[2];
        int n = bert__unicode_lower(s.c, hf, lower), j;
        if (s.c == 0x3A3 && !hf) {
            int before, after;
            for (k = i; k > 0 && (slow_facts(in.at[k - 1].c, 0) & IGNORABLE); k--) {}
            before = k > 0 && (slow_facts(in.at[k - 1].c, 0) & CASED);
            for (k = i + 1; k < in.count && (slow_facts(in.at[k].c, 0) & IGNORABLE); k++) {}
            after = k < in.count && (slow_facts(in.at[k].c, 0) & CASED);
            lower[0] = before && !after ? 0x3C2 : 0x3C3;
            n = 1;
        }
        for (j = 0; j < n; j++) slow_put(&out, lower[j], s.begin, s.end);
    }
    slow_text_free(&in);
    return out;
}

/* The combining class, for sorting. The tables have it for what stays; marks that are stripped anyway may stand
   anywhere among them, so any class but 0 does (class 0 is a barrier that nothing passes). */
static int slow_order(uint32_t c, int hf)
{
    unsigned facts = slow_facts(c, hf);
    if ((facts & 7) == 5) return (facts & 128) ? 0 : 1;
    return (facts & 7) == 6 ? bert__unicode_ccc(c) : 0;
}

/* unicodedata.normalize("NFD", ...), then without the nonspacing marks. */
static slow_text slow_strip_accents(slow_text in, int hf)
{
    slow_text nfd = {0}, out = {0};
    size_t i, k;
    for (i = 0; i < in.count; i++) {
        uint32_t parts[4];
        int n = bert__unicode_decompose(in.at[i].c, hf, parts), j;
        for (j = 0; j < n; j++) slow_put(&nfd, parts[j], in.at[i].begin, in.at[i].end);
    }
    slow_text_free(&in);
    for (i = 1; i < nfd.count; i++) {                                   /* canonical order: insertion sort by class */
        slow_char s = nfd.at[i];
        int order = slow_order(s.c, hf);
        for (k = i; order && k > 0 && slow_order(nfd.at[k - 1].c, hf) > order; k--) nfd.at[k] = nfd.at[k - 1];
        nfd.at[k] = s;
    }
    for (i = 0; i < nfd.count; i++)
        if (!slow_is_mark(nfd.at[i].c, hf)) slow_put(&out, nfd.at[i].c, nfd.at[i].begin, nfd.at[i].end);
    slow_text_free(&nfd);
    return out;
}

/* Each punctuation character a word of its own: blanks around it, as the second split expects. */
static slow_text slow_space_punctuation(slow_text in, int hf)
{
    slow_text out = {0};
    size_t i;
    for (i = 0; i < in.count; i++) {
        slow_char s = in.at[i];
        int alone = slow_is_punctuation(s.c, hf);
        if (alone) slow_put(&out, ' ', s.begin, s.begin);
        slow_put(&out, s.c, s.begin, s.end);
        if (alone) slow_put(&out, ' ', s.end, s.end);
    }
    slow_text_free(&in);
    return out;
}

/* The next stretch without white space from *at on, as a text of its own; 0 at the end. */
static int slow_split(slow_text in, size_t *at, int hf, slow_text *out)
{
    size_t i = *at;
    memset(out, 0, sizeof *out);
    while (i < in.count && slow_is_space(in.at[i].c, hf)) i++;
    for (; i < in.count && !slow_is_space(in.at[i].c, hf); i++) slow_put(out, in.at[i].c, in.at[i].begin, in.at[i].end);
    *at = i;
    return out->count > 0;
}

/* A part of the text that holds no word to keep whole. Takes `text`. */
static void slow_part(const slow_rules *rules, const slow_vocab *v, slow_result *r, slow_text text)
{
    int hf = rules->hf;
    slow_text token, word;
    size_t at = 0;
    if (rules->basic && rules->clean) text = slow_clean(text, hf);
    if (rules->basic && rules->cjk) text = slow_space_cjk(text, hf);
    if (rules->basic && hf && rules->strip) text = slow_strip_accents(text, hf);        /* the whole text, before lower */
    if (rules->basic && hf && rules->lower) text = slow_lower(text, hf);
    while (slow_split(text, &at, hf, &token)) {
        size_t inner = 0;
        if (rules->basic && !hf && rules->lower) token = slow_lower(token, hf);         /* word by word, after */
        if (rules->basic && !hf && rules->strip) token = slow_strip_accents(token, hf);
        if (rules->basic) token = slow_space_punctuation(token, hf);
        while (slow_split(token, &inner, hf, &word)) {
            slow_pieces(rules, v, r, word.at, word.count);
            slow_text_free(&word);
        }
        slow_text_free(&token);
        slow_text_free(&word);
    }
    slow_text_free(&text);
    slow_text_free(&token);
}

/* How many code points of `text` from `at` on are the word, or 0. Bytes that are not UTF-8 break it, as in the
   implementation: "[SE\xFFP]" is no special token. */
static size_t slow_match(slow_text text, size_t at, const char *word)
{
    slow_text w = slow_decode(word, strlen(word));
    size_t i;
    for (i = 0; i < w.count && at + i < text.count && text.at[at + i].c == w.at[i].c; i++)
        if (i && text.at[at + i].begin != text.at[at + i - 1].end) break;
    if (i < w.count) i = 0;
    slow_text_free(&w);
    return i;
}

/* One text. Words to keep whole are taken out of the raw text first, the leftmost, and of those the longest. */
static slow_result slow_encode(const slow_rules *rules, const slow_vocab *v, const char *bytes, size_t size)
{
    slow_result r = {0};
    slow_text text = slow_decode(bytes, size), part = {0};
    size_t i = 0, k;
    while (i < text.count) {
        size_t best = 0, which = 0;
        for (k = 0; k < rules->whole_count; k++) {
            size_t n = slow_match(text, i, rules->whole[k]);
            if (n > best) { best = n; which = k; }
        }
        if (best) {
            int32_t id = slow_id(v, rules->whole[which], strlen(rules->whole[which]));
            slow_part(rules, v, &r, part);
            memset(&part, 0, sizeof part);
            if (id < 0) id = slow_id(v, rules->unk, strlen(rules->unk));
            slow_add_token(&r, id, text.at + i, best, r.word_count);
            slow_add_word(&r, text.at + i, best);
            i += best;
        } else {
            slow_put(&part, text.at[i].c, text.at[i].begin, text.at[i].end);
            i++;
        }
    }
    slow_part(rules, v, &r, part);
    slow_text_free(&text);
    return r;
}

#endif
