/* differential.c - the tokenizer against the slow restatement of its rules, on random strings
   SPDX-License-Identifier: MIT-0 OR Unlicense

   differential [--seconds N] [--seed S] [--text I] [--list] [NAME]...

   Every text and its vocabulary follow from the seed, the setting and the text's number, so a run is repeatable and a
   failure can be had alone (--text I with the name of its setting). Without --seconds a fixed number of texts, about ten seconds. Ids, byte ranges,
   words and the words' text have to be equal; now and then all other calls are held against these as well. A failing
   text and its vocabulary are made smaller before they are shown. -DDIFFERENTIAL_SELF compares the slow tokenizer with itself: a test of this
   program. */
#define BERT_TOKENIZER_IMPLEMENTATION
#define BERT_STATIC
#include "bert_tokenizer.h"
#ifdef DIFFERENTIAL_SELF
#include "slow_api.h"
#else
#include "slow_tokenizer.h"
#endif
#include <stdio.h>
#include <time.h>
#include "consistent.h"

/* ---- chance ---- */

typedef struct chance { uint64_t state; } chance;

static uint64_t chance_next(chance *r)                                  /* splitmix64 */
{
    uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
static uint32_t chance_below(chance *r, uint32_t n) { return (uint32_t)((chance_next(r) >> 32) * n >> 32); }
static int chance_one_in(chance *r, uint32_t n) { return chance_below(r, n) == 0; }

/* ---- texts ---- */

typedef struct bytes { char *at; size_t size, capacity; } bytes;

static void bytes_add(bytes *b, const void *data, size_t size)
{
    while (b->size + size + 1 > b->capacity) {
        b->capacity = b->capacity ? b->capacity * 2 : 4096;
        b->at = (char *)realloc(b->at, b->capacity);
        if (!b->at) abort();
    }
    memcpy(b->at + b->size, data, size);
    b->size += size;
    b->at[b->size] = 0;
}
static void bytes_string(bytes *b, const char *s) { bytes_add(b, s, strlen(s)); }
static void bytes_char(bytes *b, uint32_t c)
{
    char utf8[4];
    bytes_add(b, utf8, slow_utf8(c, utf8));
}

/* Where code points are drawn from: ranges, grouped so that a word can stay within one script or mix them. */
typedef struct range { uint32_t first, last; } range;
static const range pool_ascii[] = { { 'a', 'z' }, { 'a', 'z' }, { 'a', 'e' }, { 'A', 'Z' }, { '0', '9' } };
static const range pool_punctuation[] = { { 33, 47 }, { 58, 64 }, { 91, 96 }, { 123, 126 }, { 0xA1, 0xBF }, { 0x2010, 0x2027 },
    { 0x2030, 0x205E }, { 0x3001, 0x3003 }, { 0x3008, 0x3011 }, { 0xFF01, 0xFF0F }, { 0x37E, 0x37E }, { 0x387, 0x387 }, { 0x61D, 0x61D },
    { 0x2E43, 0x2E5D }, { 0x166D, 0x166E }, { 0x10100, 0x10102 }, { 0x1FEF, 0x1FEF }, { 0x2260, 0x2271 }, { '#', '#' }, { '#', '#' } };
static const range pool_latin[] = { { 0xC0, 0x17F }, { 0x180, 0x24F }, { 0x1E00, 0x1EFF }, { 0x130, 0x131 }, { 0x1E9E, 0x1E9E }, { 0xFF21, 0xFF5A },
    { 0x212A, 0x212B }, { 0x1C4, 0x1CC }, { 'a', 'e' }, { 0x2160, 0x217F }, { 0x24B6, 0x24CF }, { 0xFB00, 0xFB06 } };
static const range pool_greek[] = { { 0x386, 0x3CE }, { 0x3A3, 0x3A3 }, { 0x3A3, 0x3A3 }, { 0x391, 0x395 }, { 0x3B1, 0x3B5 }, { 0x1F00, 0x1FFF } };
static const range pool_marks[] = { { 0x300, 0x36F }, { 0x300, 0x304 }, { 0x315, 0x31B }, { 0x345, 0x345 }, { 0x5B0, 0x5C7 }, { 0x64B, 0x655 },
    { 0x93C, 0x94D }, { 0x302A, 0x302F }, { 0x1B44, 0x1B44 }, { 0x1BAA, 0x1BAA }, { 0x1BF2, 0x1BF3 }, { 0xA953, 0xA953 }, { 0xA9C0, 0xA9C0 },
    { 0x111C0, 0x111C0 }, { 0x1134D, 0x1134D }, { 0x16FF0, 0x16FF1 }, { 0x1D15E, 0x1D172 }, { 0x1D165, 0x1D166 }, { 0x20D0, 0x20F0 }, { 0x898, 0x89F },
    { 0x8CA, 0x8E2 }, { 0x1AB0, 0x1ACE }, { 0x1DC0, 0x1DFF }, { 0xF71, 0xF84 }, { 0xE38, 0xE4B }, { 0x11938, 0x11943 }, { 0x3099, 0x309A }, { 0xFE20, 0xFE2F } };
static const range pool_hangul[] = { { 0xAC00, 0xD7A3 }, { 0xAC00, 0xAC20 }, { 0x1100, 0x11FF }, { 0xA960, 0xA97C }, { 0xD7B0, 0xD7FB } };
static const range pool_cjk[] = { { 0x4E00, 0x4E20 }, { 0x4E00, 0x9FFF }, { 0x3400, 0x4DBF }, { 0xF900, 0xFAFF }, { 0x20000, 0x2A6DF }, { 0x2A6D8, 0x2A708 },
    { 0x2B730, 0x2B830 }, { 0x2B910, 0x2B930 }, { 0x2CEA0, 0x2CEC0 }, { 0x2F7F8, 0x2FA28 }, { 0x2FFFD, 0x30010 }, { 0x3040, 0x30FF }, { 0x2E80, 0x2FDF },
    { 0x9FF0, 0xA010 }, { 0x33F0, 0x3402 }, { 0x4DB0, 0x4E02 }, { 0xFAF0, 0xFB02 } };
static const range pool_controls[] = { { 0, 0x1F }, { 0x7F, 0x9F }, { 0, 0 }, { 0xAD, 0xAD }, { 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x206F },
    { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFF }, { 0x600, 0x605 }, { 0x61C, 0x61C }, { 0x6DD, 0x6DD }, { 0x70F, 0x70F }, { 0x890, 0x891 }, { 0x180B, 0x180F },
    { 0x110BD, 0x110BD }, { 0x110CD, 0x110CD }, { 0x13430, 0x13438 }, { 0x1D173, 0x1D17A }, { 0xE0001, 0xE0001 }, { 0xE0020, 0xE007F }, { 0xE0100, 0xE01EF } };
static const range pool_spaces[] = { { ' ', ' ' }, { ' ', ' ' }, { ' ', ' ' }, { 9, 13 }, { 0x1C, 0x20 }, { 0x85, 0x85 }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 },
    { 0x2000, 0x200B }, { 0x2028, 0x2029 }, { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 } };
static const range pool_strange[] = { { 0xE000, 0xF8FF }, { 0xF0000, 0xF0010 }, { 0x10FFF0, 0x10FFFF }, { 0x378, 0x379 }, { 0x1C80, 0x1C8F }, { 0xA7C0, 0xA7DC },
    { 0x10D50, 0x10D65 }, { 0x16EA0, 0x16EB8 }, { 0x10400, 0x1044F }, { 0x104B0, 0x104FB }, { 0x13A0, 0x13FD }, { 0xAB70, 0xABBF }, { 0x10C80, 0x10CF2 },
    { 0x1E900, 0x1E943 }, { 0x1C90, 0x1CBF }, { 0x2C00, 0x2C5F }, { 0x400, 0x52F }, { 0x531, 0x587 }, { 0x10A0, 0x10FF }, { 0x1F300, 0x1F64F },
    { 0xFFFE, 0xFFFF }, { 0x1D15E, 0x1D164 }, { 0x1D1BB, 0x1D1C0 }, { 0x1100, 0x1112 }, { 0x1D400, 0x1D7FF }, { 0x1F1E6, 0x1F1FF } };
static const range pool_all[] = { { 1, 0x7FF }, { 0x800, 0xD7FF }, { 0xE000, 0xFFFF }, { 0x10000, 0x1FFFF }, { 0x20000, 0x2FFFF }, { 0x30000, 0x10FFFF } };
/* What may stand beside a capital sigma and matter to it: ignorable, cased, both, neither. */
static const range pool_beside_sigma[] = { { '\'', '\'' }, { '.', '.' }, { ':', ':' }, { 0xAD, 0xAD }, { 0xB7, 0xB7 }, { 0x2019, 0x2019 }, { 0x300, 0x303 },
    { 0x345, 0x345 }, { 0x200D, 0x200D }, { 0x2B0, 0x2B8 }, { 0x37A, 0x37A }, { 0x1D2C, 0x1D2F }, { 0x2071, 0x2071 }, { '-', '-' }, { ',', ',' }, { '_', '_' },
    { '^', '^' }, { '`', '`' }, { '0', '9' }, { 'A', 'B' }, { 'a', 'b' }, { 0x3A3, 0x3A3 }, { 0x3C2, 0x3C3 }, { 0x4E00, 0x4E01 }, { 0xAC00, 0xAC01 },
    { 0x1F80, 0x1FBC }, { 0x1D400, 0x1D403 }, { ' ', ' ' }, { 0x1F88, 0x1F88 }, { 0x10D50, 0x10D51 }, { 0x1C89, 0x1C89 }, { 0xAA, 0xAA }, { 0x5D0, 0x5D3 } };

#define POOL(p) { p, sizeof p / sizeof *p }
static const struct { const range *range; size_t count; } pools[] = {
    POOL(pool_ascii), POOL(pool_ascii), POOL(pool_ascii), POOL(pool_latin), POOL(pool_greek), POOL(pool_marks), POOL(pool_hangul), POOL(pool_cjk),
    POOL(pool_punctuation), POOL(pool_controls), POOL(pool_spaces), POOL(pool_strange), POOL(pool_all), POOL(pool_beside_sigma),
};
enum { POOLS = (int)(sizeof pools / sizeof *pools), MARKS = 5, SPACES = 10, BESIDE_SIGMA = 13 };

static uint32_t draw(chance *r, size_t pool)
{
    const range *g = &pools[pool].range[chance_below(r, (uint32_t)pools[pool].count)];
    uint32_t c = g->first + chance_below(r, g->last - g->first + 1);
    return c >= 0xD800 && c < 0xE000 ? 'x' : c;
}

static void add_word(bytes *b, chance *r, size_t length, int mixed)
{
    size_t pool = chance_below(r, POOLS);
    int marks = chance_one_in(r, 4);
    for (; length > 0; length--) {
        bytes_char(b, draw(r, mixed ? chance_below(r, POOLS) : pool));
        if (marks && chance_one_in(r, 2)) bytes_char(b, draw(r, MARKS));
    }
}
/* Letters of the first pool's kind only, so that the word is one word: for lengths that matter. */
static void add_letters(bytes *b, chance *r, size_t length)
{
    static const uint32_t bases[] = { 'a', 'A', 0xE0, 0x3B1, 0x391, 0x430, 0x10400, 0xAC00, 0x5D0, 0x1E00 };
    uint32_t base = bases[chance_below(r, sizeof bases / sizeof *bases)];
    for (; length > 0; length--) bytes_char(b, base + chance_below(r, base == 0xAC00 ? 300 : 6));
}
static void add_special(bytes *b, chance *r, const char *const *whole, size_t whole_count)
{
    static const char *const close_to[] = { "[MASK]", "[SEP]", "[CLS]", "[PAD]", "[UNK]", "[mask]", "[MAS", "K]", "[MASK", "[[MASK]]", "[MA[MASK]SK]",
                                        "[SEP][SEP]", "x[MASK]y", "[MASK\xCC\x81]", "[CLS]\xCC\x81", "[ MASK ]", "[", "]" };
    uint32_t n = (uint32_t)(sizeof close_to / sizeof *close_to);
    uint32_t k = chance_below(r, n + (uint32_t)whole_count * 2);
    bytes_string(b, k < n ? close_to[k] : whole[(k - n) % whole_count]);
}
static void add_broken(bytes *b, chance *r)
{
    static const char *const broken[] = { "\xC0\xAF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xE2\x82", "\xF0\x9F\x98", "\x80", "\xFF", "\xFE",
        "\xC3", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xC3\x28", "\xE1\x80\x41", "\xEF\xBF\xBE", "\xF1\x80\x80\x41", "\xE2\x28\xA1" };
    char raw[4];
    uint32_t i, n = chance_below(r, 4);
    bytes_string(b, broken[chance_below(r, sizeof broken / sizeof *broken)]);
    for (i = 0; i < n; i++) raw[i] = (char)chance_below(r, 256);
    if (chance_one_in(r, 3)) bytes_add(b, raw, n);
}

static void random_text(bytes *b, chance *r, const char *const *whole, size_t whole_count)
{
    uint32_t items = chance_one_in(r, 30) ? 200 : 1 + chance_below(r, 24), i, k;
    int mixed = chance_one_in(r, 3), plain = chance_one_in(r, 4);
    b->size = 0;
    bytes_add(b, "", 0);
    for (i = 0; i < items; i++) {
        switch (plain ? 100 : chance_below(r, 16)) {
        case 0: add_special(b, r, whole, whole_count); break;
        case 1: if (chance_one_in(r, 3)) add_broken(b, r); break;
        case 2: for (k = 1 + chance_below(r, 4); k > 0; k--) bytes_char(b, draw(r, SPACES)); break;
        case 3:                                                         /* a capital sigma and its neighbours */
            for (k = chance_below(r, 4); k > 0; k--) bytes_char(b, draw(r, BESIDE_SIGMA));
            bytes_char(b, 0x3A3);
            for (k = chance_below(r, 4); k > 0; k--) bytes_char(b, draw(r, BESIDE_SIGMA));
            break;
        case 4: if (chance_one_in(r, 4)) add_letters(b, r, (size_t)(chance_one_in(r, 2) ? 97 : 197) + chance_below(r, 7)); break;
        case 5: if (chance_one_in(r, 4)) add_letters(b, r, 60 + chance_below(r, 15)); break;          /* Hangul: 180 to 225 jamo */
        case 6: bytes_char(b, draw(r, 8)); break;
        case 7: if (chance_one_in(r, 60)) for (k = 1000 + chance_below(r, 20000); k > 0; k--) bytes_char(b, ' '); break;
        case 8: if (chance_one_in(r, 60)) for (k = 300 + chance_below(r, 5000); k > 0; k--) bytes_char(b, draw(r, MARKS)); break;
        case 9:                                                         /* up to a boundary that buffers like */
            if (chance_one_in(r, 40)) {
                size_t to = (size_t)1024 << chance_below(r, 3);
                int64_t fill = (int64_t)((to - b->size % to) % to) - (int64_t)chance_below(r, 40);
                for (; fill > 0; fill--) bytes_char(b, chance_one_in(r, 6) ? ' ' : 'a' + chance_below(r, 5));
            }
            break;
        case 10: add_word(b, r, 1 + chance_below(r, 12), 1); break;
        default: add_word(b, r, 1 + chance_below(r, plain ? 9 : 6), mixed);
        }
        if (chance_one_in(r, 2)) bytes_char(b, plain ? ' ' : draw(r, SPACES));
    }
}

/* ---- settings ---- */

typedef struct setting { const char *name; int hf; bert_flag lower, strip, cjk, clean, basic, specials; int never_split; } setting;
static const setting settings[] = {
    { "uncased", 0, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "cased", 0, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "lower only", 0, BERT_ON, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "strip only", 0, BERT_OFF, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "no cjk", 0, BERT_ON, BERT_ON, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "not cleaned", 0, BERT_ON, BERT_ON, BERT_DEFAULT, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "wordpiece alone", 0, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_OFF, BERT_DEFAULT, 0 },
    { "specials", 0, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_ON, 0 },
    { "never split", 0, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_ON, 3 },
    { "never split, cased", 0, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_OFF, 2 },
    { "hf uncased", 1, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "hf cased", 1, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "hf lower only", 1, BERT_ON, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "hf strip only", 1, BERT_OFF, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "hf no cjk", 1, BERT_ON, BERT_ON, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "hf not cleaned", 1, BERT_ON, BERT_ON, BERT_DEFAULT, BERT_OFF, BERT_DEFAULT, BERT_DEFAULT, 0 },
    { "hf wordpiece alone", 1, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_OFF, BERT_DEFAULT, 0 },
    { "hf no specials", 1, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_OFF, 0 },
    { "hf never split", 1, BERT_ON, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, BERT_DEFAULT, 3 },
};
enum { SETTINGS = (int)(sizeof settings / sizeof *settings), TEXTS_EACH = 40, DEFAULT_TEXTS = 3000 };

/* A pair of tokenizers for one setting and one vocabulary. */
typedef struct pair {
    bytes vocab;
    slow_rules rules;
    slow_vocab slow;
    const char *whole[16];
    char kept[8][64];                   /* words never to split */
    bert_tokenizer *fast;
    bert_error error;
} pair;

/* A vocabulary whose pieces are parts of words that texts like these have, and odd ones. */
static void random_vocab(bytes *v, chance *r, const slow_rules *rules)
{
    static const char *const odd[] = { "##", "#", "###", "##a", "##,", "####", "a", "##b", "[", "]", "\xE4\xB8\x80", "##\xE4\xB8\x80", "\xCF\x82", "##\xCF\x82",
        "\xCF\x83", "##\xCF\x83", "##\xCC\x81", "##[MASK]", "##[UNK]", "mask", "sep", "##\xEA\xB0\x80", "##\xE1\x85\xA1", "'", ".", "##." };
    static const char *const always[] = { "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
    slow_vocab none = slow_vocab_load("[UNK]\n", 6, 0);
    bytes text = { NULL, 0, 0 };
    uint32_t words = chance_below(r, 6) ? 30 + chance_below(r, 300) : chance_below(r, 8), i, k;
    v->size = 0;
    bytes_string(v, "[PAD]\n");
    for (i = 0; i < 4; i++) { bytes_string(v, always[i]); bytes_string(v, "\n"); }
    for (i = 0; i < sizeof odd / sizeof *odd; i++)
        if (chance_one_in(r, 2)) { bytes_string(v, odd[i]); bytes_string(v, "\n"); }
    for (i = 0; i < words; ) {
        slow_result w;
        uint32_t before = i;
        random_text(&text, r, NULL, 0);
        w = slow_encode(rules, &none, text.at, text.size);
        for (k = 0; k < w.word_count && i < words; k++) {
            slow_text t = slow_decode(w.word[k].text, w.word[k].size);
            size_t from = chance_one_in(r, 2) ? 0 : chance_below(r, (uint32_t)t.count + 1);
            size_t n = chance_one_in(r, 8) ? t.count : chance_one_in(r, 2) ? 1 : chance_below(r, 6);
            if (from + n > t.count) n = t.count - from;
            if (!chance_one_in(r, 3) && n && !memchr(w.word[k].text, 0, w.word[k].size)) {      /* no token has a NUL */
                int padded = chance_one_in(r, 20);
                size_t end = t.at[from + n - 1].end;
                if (padded) bytes_string(v, chance_one_in(r, 2) ? " \t" : "\xE3\x80\x80");
                if (from ? !chance_one_in(r, 8) : chance_one_in(r, 4)) bytes_string(v, "##");
                bytes_add(v, w.word[k].text + t.at[from].begin, end - t.at[from].begin);
                bytes_string(v, padded ? "\xC2\xA0\r\n" : "\n");
                if (chance_one_in(r, 100)) bytes_string(v, "\n");
                i++;
            }
            slow_text_free(&t);
        }
        slow_result_free(&w);
        if (i == before) i++;
    }
    for (k = chance_below(r, 3); k > 0; k--) {                          /* very long pieces */
        if (chance_one_in(r, 2)) bytes_string(v, "##");
        add_letters(v, r, 90 + chance_below(r, 160));
        bytes_string(v, "\n");
    }
    if (chance_one_in(r, 2) && v->size) v->at[--v->size] = 0;           /* no line feed at the end */
    free(text.at);
    slow_vocab_free(&none);
}

static bert_flag flag(bert_flag f, int on) { return f ? f : on ? BERT_ON : BERT_OFF; }

/* Everything follows from the seed; vocab (may be NULL) replaces the vocabulary. */
static int pair_open(pair *p, const setting *s, uint64_t seed, const bytes *vocab)
{
    static const char *const specials[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
    const char *never[8];
    chance r;
    bert_tokenizer_desc d;
    int i, n = 0;
    r.state = seed;
    memset(p, 0, sizeof *p);
    p->rules.hf = s->hf;
    p->rules.lower = s->lower == BERT_ON;
    p->rules.strip = flag(s->strip, p->rules.lower) == BERT_ON;
    p->rules.cjk = s->cjk != BERT_OFF;
    p->rules.clean = s->clean != BERT_OFF;
    p->rules.basic = s->basic != BERT_OFF;
    p->rules.max_word = s->hf ? 100 : 200;
    p->rules.unk = "[UNK]";
    p->rules.whole = p->whole;
    if (chance_one_in(&r, 4)) p->rules.max_word = 1 + (int)chance_below(&r, 200);
    random_vocab(&p->vocab, &r, &p->rules);
    if (vocab) {
        p->vocab.size = 0;
        bytes_add(&p->vocab, vocab->at, vocab->size);
    }
    p->slow = slow_vocab_load(p->vocab.at, p->vocab.size, s->hf);
    if (flag(s->specials, s->hf) == BERT_ON) for (i = 0; i < 5; i++) p->whole[p->rules.whole_count++] = specials[i];
    while (n < s->never_split) {                                        /* words of the vocabulary, some one in another */
        int32_t id = (int32_t)chance_below(&r, (uint32_t)p->slow.count);
        const char *t = p->slow.token[id];
        if (!t || p->slow.size[id] == 0 || p->slow.size[id] > 60) t = "mask";
        snprintf(p->kept[n], sizeof p->kept[n], "%s", t);
        never[n] = p->whole[p->rules.whole_count++] = p->kept[n];
        n++;
    }
    memset(&d, 0, sizeof d);
    d.data = p->vocab.at;
    d.size = p->vocab.size;
    d.mode = s->hf ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE;
    d.lower_case = s->lower;
    d.strip_accents = s->strip;
    d.cjk = s->cjk;
    d.clean = s->clean;
    d.basic = s->basic;
    d.specials = s->specials;
    d.max_word = p->rules.max_word == (s->hf ? 100 : 200) ? 0 : p->rules.max_word;
    d.never_split = n ? never : NULL;
    d.never_split_count = (size_t)n;
    d.error = &p->error;
    if (bert_tokenizer_open(&d, &p->fast) != BERT_OK) { p->fast = NULL; return 0; }
#ifdef DIFFERENTIAL_SELF
    p->fast->rules = p->rules;                                          /* the stand-in knows nothing of never_split */
#endif
    return 1;
}
static void pair_close(pair *p)
{
    bert_tokenizer_close(p->fast);
    slow_vocab_free(&p->slow);
    free(p->vocab.at);
    memset(p, 0, sizeof *p);
}

static const char *slow_word_text(const slow_word *w, char out[61])
{
    size_t n = w->size < 60 ? w->size : 60;
    memcpy(out, w->text, n);
    out[n] = 0;
    return out;
}

static int compare_codes(const void *a, const void *b)
{
    uint32_t x = ((const slow_char *)a)->c, y = ((const slow_char *)b)->c;
    return (x > y) - (x < y);
}
/* A word of more than 200 code points is [UNK] in any order, and whoever gets it in parts cannot sort marks over the
   whole of it: of such a word the code points have to be the same, not their order. */
static int same_word(const char *text, size_t size, const slow_word *w)
{
    slow_text a, b;
    size_t i;
    int same;
    if (size != w->size) return 0;
    if (memcmp(text, w->text, size) == 0) return 1;
    a = slow_decode(text, size);
    b = slow_decode(w->text, w->size);
    same = a.count == b.count && a.count > 200;
    if (same) {
        qsort(a.at, a.count, sizeof *a.at, compare_codes);
        qsort(b.at, b.count, sizeof *b.at, compare_codes);
    }
    for (i = 0; same && i < a.count; i++) same = a.at[i].c == b.at[i].c;
    slow_text_free(&a);
    slow_text_free(&b);
    return same;
}

/* Writes what differs to `what`; 0 if nothing does. */
static int differs(const pair *p, golden_scratch *s, const char *text, size_t size, int thorough, char *what, size_t room)
{
    slow_result slow = slow_encode(&p->rules, &p->slow, text, size);
    size_t i;
    int bad = 1;
    bert_status st;
    char text60[61];
    what[0] = 0;
    golden_scratch_room(s, size);
    st = bert_tokenizer_encode(p->fast, text, size, &s->full);
    if (st != BERT_OK) {
        snprintf(what, room, "status \"%s\"", bert_status_string(st));
        goto done;
    }
    for (i = 0; i < slow.count && i < s->full.count; i++)
        if (slow.ids[i] != s->full.ids[i] || slow.begin[i] != s->full.begin[i] || slow.end[i] != s->full.end[i] || slow.words[i] != s->full.words[i]) break;
    if (i < slow.count || i < s->full.count) {
        snprintf(what, room, "token %lu of %lu is id %ld, bytes %ld-%ld, word %ld; by the rules (%lu tokens) id %ld, bytes %ld-%ld, word %ld",
                 (unsigned long)i, (unsigned long)s->full.count, i < s->full.count ? (long)s->full.ids[i] : -1L,
                 i < s->full.count ? (long)s->full.begin[i] : -1L, i < s->full.count ? (long)s->full.end[i] : -1L,
                 i < s->full.count ? (long)s->full.words[i] : -1L, (unsigned long)slow.count, i < slow.count ? (long)slow.ids[i] : -1L,
                 i < slow.count ? (long)slow.begin[i] : -1L, i < slow.count ? (long)slow.end[i] : -1L, i < slow.count ? (long)slow.words[i] : -1L);
        goto done;
    }
    st = golden_split(p->fast, text, size, &s->words);
    if (st != BERT_OK) {
        snprintf(what, room, "bert_tokenizer_words: status \"%s\"", bert_status_string(st));
        goto done;
    }
    for (i = 0; i < slow.word_count && i < s->words.count; i++) {
        const golden_word *w = &s->words.word[i];
        if (!same_word(s->words.text + w->at, w->size, &slow.word[i]) || w->begin != slow.word[i].begin || w->end != slow.word[i].end) break;
    }
    if (i < slow.word_count || i < s->words.count) {
        snprintf(what, room, "word %lu of %lu is \"%.60s\", bytes %ld-%ld; by the rules (%lu words) \"%.60s\", bytes %ld-%ld", (unsigned long)i,
                 (unsigned long)s->words.count, i < s->words.count ? s->words.text + s->words.word[i].at : "",
                 i < s->words.count ? (long)s->words.word[i].begin : -1L, i < s->words.count ? (long)s->words.word[i].end : -1L, (unsigned long)slow.word_count,
                 i < slow.word_count ? slow_word_text(&slow.word[i], text60) : "", i < slow.word_count ? (long)slow.word[i].begin : -1L, i < slow.word_count ? (long)slow.word[i].end : -1L);
        goto done;
    }
    bad = 0;
    if (thorough) {                                                     /* reports by TEST_FAIL: taken over, then undone */
        test_state keep = test_now;
        test_now.failures = 0;
        if (!golden_consistent(p->fast, s, text, size, "all calls")) {
            snprintf(what, room, "%s", test_now.why);
            bad = 1;
        }
        test_now = keep;
    }
done:
    slow_result_free(&slow);
    return bad;
}

/* Takes bytes out of the text as long as it still differs. */
static void shrink_text(const pair *p, golden_scratch *s, bytes *text, int thorough, char *what, size_t room)
{
    size_t n, at;
    char *trial = (char *)malloc(text->size + 1), other[2048];
    int rounds = 4000;
    if (!trial) abort();
    for (n = text->size / 2; n > 0; n /= 2) {
        for (at = 0; at + n <= text->size && rounds > 0; rounds--) {
            memcpy(trial, text->at, at);
            memcpy(trial + at, text->at + at + n, text->size - at - n);
            if (differs(p, s, trial, text->size - n, thorough, other, sizeof other)) {
                text->size -= n;
                memcpy(text->at, trial, text->size);
                snprintf(what, room, "%s", other);
            } else {
                at += n;
            }
        }
    }
    free(trial);
}
/* Takes lines out of the vocabulary as long as the text still differs. The first five stay: the special tokens. */
static void shrink_vocab(pair *p, const setting *set, uint64_t seed, golden_scratch *s, const bytes *text, int thorough, char *what, size_t room)
{
    char other[2048];
    size_t at = 0, end;
    int line = 0, rounds = 2000;
    bytes trial = { NULL, 0, 0 };
    if (set->never_split) return;                                       /* its words were drawn from the vocabulary */
    for (; at < p->vocab.size && rounds > 0; line++, rounds--) {
        pair q;
        for (end = at; end < p->vocab.size && p->vocab.at[end] != '\n'; end++) {}
        if (end < p->vocab.size) end++;
        if (line < 5) { at = end; continue; }
        trial.size = 0;
        bytes_add(&trial, p->vocab.at, at);
        bytes_add(&trial, p->vocab.at + end, p->vocab.size - end);
        if (pair_open(&q, set, seed, &trial) && differs(&q, s, text->at, text->size, thorough, other, sizeof other)) {
            pair keep = *p;
            *p = q;
            p->rules.whole = p->whole;
            pair_close(&keep);
            snprintf(what, room, "%s", other);
        } else {
            pair_close(&q);
            at = end;
        }
    }
    free(trial.at);
}
/* As a C string. */
static void print_bytes(const char *label, const char *at, size_t size)
{
    size_t i, most = 1000;
    int hex = 0;
    printf("     %s (%lu bytes%s) \"", label, (unsigned long)size, size > most ? ", the first of them" : "");
    for (i = 0; i < size && i < most; i++) {
        unsigned char c = (unsigned char)at[i];
        if (hex && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) printf("\"\"");
        hex = c < 32 || c >= 127;
        if (c == '\n') { printf("\\n"); hex = 0; }
        else if (hex) printf("\\x%02X", c);
        else printf("%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    printf("\"\n");
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "--seconds", "--seed", "--text" };
    const char *value[3] = { NULL, NULL, NULL };
    double seconds;
    unsigned long seed, only;
    golden_scratch s;
    bytes text = { NULL, 0, 0 };
    int a, i, k;
    test_begin(0, NULL);
    for (a = 1; a < argc; a++) {
        for (i = 0; i < 3; i++) {
            size_t n = strlen(names[i]);
            if (strncmp(argv[a], names[i], n)) continue;
            if (argv[a][n] == '=') { value[i] = argv[a] + n + 1; break; }
            if (!argv[a][n] && a + 1 < argc) { value[i] = argv[++a]; break; }
        }
        if (i < 3) continue;
        if (strcmp(argv[a], "--list") == 0) {
            test_now.list = 1;
        } else if (argv[a][0] == '-') {
            fprintf(stderr, "usage: differential [--seconds N] [--seed S] [--text I] [--list] [NAME]...\n");
            return 2;
        } else {
            test_filter(argv[a]);
        }
    }
    seconds = value[0] ? strtod(value[0], NULL) / SETTINGS : 0;
    seed = value[1] ? strtoul(value[1], NULL, 10) : 1;
    only = value[2] ? strtoul(value[2], NULL, 10) : 0;
    memset(&s, 0, sizeof s);
    for (k = 0; k < SETTINGS; k++) {
        const setting *set = &settings[k];
        clock_t start = clock();
        unsigned long number = only, group;
        uint64_t pair_seed = 0;
        char what[2048] = "";
        int open = 0, bad = 0, thorough;
        pair p;
        chance r;
        if (!test_enter("differential/%s", set->name)) continue;
        memset(&p, 0, sizeof p);
        for (;; number++) {
            if (value[2] ? number > only : seconds > 0 ? (double)(clock() - start) / CLOCKS_PER_SEC > seconds : number >= DEFAULT_TEXTS) break;
            group = number / TEXTS_EACH;
            if (!open || number % TEXTS_EACH == 0) {
                if (open) pair_close(&p);
                open = 1;
                pair_seed = ((uint64_t)seed << 40) + ((uint64_t)k << 32) + group;
                if (!pair_open(&p, set, pair_seed, NULL)) {
                    TEST_FAIL("bert_tokenizer_open: %s (--seed %lu --text %lu)", p.error.message, seed, number);
                    print_bytes("vocabulary", p.vocab.at, p.vocab.size);
                    break;
                }
            }
            r.state = ((uint64_t)seed << 44) + ((uint64_t)k << 36) + number;
            thorough = chance_one_in(&r, 16);
            random_text(&text, &r, p.whole, p.rules.whole_count);
            bad = differs(&p, &s, text.at, text.size, thorough, what, sizeof what);
            if (!bad) continue;
            shrink_text(&p, &s, &text, thorough, what, sizeof what);
            shrink_vocab(&p, set, pair_seed, &s, &text, thorough, what, sizeof what);
            TEST_FAIL("%s (--seed %lu --text %lu)", what, seed, number);
            print_bytes("text", text.at, text.size);
            print_bytes("vocabulary", p.vocab.at, p.vocab.size);
            break;
        }
        if (open) pair_close(&p);
        test_leave();
    }
    free(text.at);
    golden_scratch_free(&s);
    return test_end();
}
