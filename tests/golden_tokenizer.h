/* golden_tokenizer.h - the goldens of the tokenizer: google/tokenize and hf/tokenizer
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Every text that passes by is also used to hold the calls of the API against each other: see consistent.h. */
#ifndef GOLDEN_TOKENIZER_H
#define GOLDEN_TOKENIZER_H

#include "consistent.h"

/* ---- opening tokenizers ---- */

/* Opens, or fails the case. */
static bert_tokenizer *golden_tokenizer(bert_tokenizer_desc *desc)
{
    bert_tokenizer *tok = NULL;
    bert_error err;
    memset(&err, 0, sizeof err);
    desc->error = &err;
    if (bert_tokenizer_open(desc, &tok) == BERT_OK) return tok;
    TEST_FAIL("bert_tokenizer_open: %s", err.message);
    return NULL;
}
static bert_tokenizer_desc golden_desc(const char *vocab, bert_tokenizer_mode mode, int cased)
{
    bert_tokenizer_desc d;
    memset(&d, 0, sizeof d);
    d.path = vocab;
    d.mode = mode;
    d.lower_case = cased ? BERT_OFF : BERT_ON;
    return d;
}
/* A name with the part "cased" (not "uncased") is of a run without lower-casing. */
static int golden_is_cased(const char *name) { return golden_part(name, "cased") != NULL; }

/* Where the vocabulary of a name is: "zh" the Chinese one, else the English. NULL if it is not there. "_with_zh_vocab"
   has the last word on a name like en_lines_with_zh_vocab. */
static const char *golden_vocab(const golden_place *place, const char *name, char *out, size_t size)
{
    const char *with = golden_part(name, "with");
    snprintf(out, size, "%s/vocab/%s/vocab.txt", place->data,
             golden_part(with ? with : name, "zh") ? "bert-base-chinese" : "bert-base-uncased");
    return golden_is_file(out) ? out : NULL;
}

/* ---- comparing ---- */

/* ids[from...] against a JSON array of integers. */
static int golden_ids(const int32_t *ids, size_t count, const bert_json *want, const char *label)
{
    const bert_json *v = want ? want->first : NULL;
    size_t i = 0;
    if (!want || want->type != 'a') { TEST_FAIL("%s: no ids recorded", label); return 0; }
    for (; v && i < count && golden_int(v, -1000) == ids[i]; v = v->next) i++;
    if (!v && i == count) return 1;
    TEST_FAIL("%s: id %lu is %ld, recorded is %.*s (%lu ids, recorded %lu)", label, (unsigned long)i, i < count ? (long)ids[i] : -1L,
                v ? (int)v->size : 4, v ? v->text : "none", (unsigned long)count, (unsigned long)want->count);
    return 0;
}
/* Pairs of begin and end against [[begin, end], ...]. */
static int golden_offsets(const size_t *begin, const size_t *end, size_t count, const bert_json *want, const char *label)
{
    const bert_json *v = want->first;
    size_t i;
    for (i = 0; v && i < count; v = v->next, i++) {
        int64_t b = golden_int(v->first, -1), e = v->first ? golden_int(v->first->next, -1) : -1;
        if (b == (int64_t)begin[i] && e == (int64_t)end[i]) continue;
        TEST_FAIL("%s: token %lu is %lu-%lu, recorded is %ld-%ld", label, (unsigned long)i, (unsigned long)begin[i], (unsigned long)end[i], (long)b, (long)e);
        return 0;
    }
    if (v || i < count) { TEST_FAIL("%s: %lu offsets, recorded %lu", label, (unsigned long)count, (unsigned long)want->count); return 0; }
    return 1;
}
static int golden_small_ints(const int32_t *have, size_t count, const bert_json *want, const char *what, const char *label)
{
    const bert_json *v = want ? want->first : NULL;
    size_t i;
    for (i = 0; v && i < count && golden_int(v, -1) == have[i]; v = v->next) i++;
    if (want && !v && i == count) return 1;
    TEST_FAIL("%s: %s[%lu] differs from what is recorded", label, what, (unsigned long)i);
    return 0;
}
/* Words against ["...", ...]. */
static int golden_same_words(const golden_words *g, const bert_json *want, const char *label)
{
    const bert_json *v = want ? want->first : NULL;
    size_t i = 0;
    if (!want || want->type != 'a') { TEST_FAIL("%s: no words recorded", label); return 0; }
    for (; v && i < g->count; v = v->next, i++)
        if (v->size != g->word[i].size || memcmp(v->text, g->text + g->word[i].at, v->size)) break;
    if (!v && i == g->count) return 1;
    TEST_FAIL("%s: word %lu is \"%s\", recorded is \"%s\" (%lu words, recorded %lu)", label, (unsigned long)i,
                i < g->count ? g->text + g->word[i].at : "", v ? v->text : "", (unsigned long)g->count, (unsigned long)want->count);
    return 0;
}
static int golden_tokens(const bert_tokenizer *tok, const bert_encoding *e, const bert_json *want, const char *label)
{
    const bert_json *v = want->first;
    size_t i, n = 0;
    for (i = 0; v && i < e->count; v = v->next, i++) {
        const char *t = bert_tokenizer_token(tok, e->ids[i], &n);
        if (!t || n != v->size || memcmp(t, v->text, n)) {
            TEST_FAIL("%s: token %lu is \"%s\", recorded is \"%s\"", label, (unsigned long)i, t ? t : "NULL", v->text);
            return 0;
        }
    }
    if (v || i < e->count) { TEST_FAIL("%s: %lu tokens, recorded %lu", label, (unsigned long)e->count, (unsigned long)want->count); return 0; }
    return 1;
}

/* ---- every code point between "a" and "b" ---- */

enum { GOLDEN_CODEPOINTS = 0x110000 };
/* What each code point should give: the words with a NUL after each and one more at the end; NULL: nothing recorded. */
typedef struct golden_points { char **want; char *memory; size_t size, capacity; size_t *at; } golden_points;

static size_t golden_utf8(uint32_t c, char *out)
{
    if (c < 0x80) { out[0] = (char)c; return 1; }
    if (c < 0x800) { out[0] = (char)(0xC0 | c >> 6); out[1] = (char)(0x80 | (c & 63)); return 2; }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}
static void golden_points_open(golden_points *p)
{
    memset(p, 0, sizeof *p);
    p->at = (size_t *)calloc(GOLDEN_CODEPOINTS, sizeof *p->at);
    if (!p->at) abort();
    p->size = 1;                                                        /* 0 is "nothing recorded" */
}
static void golden_points_close(golden_points *p) { free(p->memory); free(p->at); }
static void golden_points_add(golden_points *p, const char *text, size_t size)
{
    while (p->size + size + 2 > p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 1 << 16;
        p->memory = (char *)realloc(p->memory, p->capacity);
        if (!p->memory) abort();
    }
    memcpy(p->memory + p->size, text, size);
    p->size += size;
}
/* kind: 'D'ropped, 'S'pace, 'P' a word of its own, 'K'ept in its word, 'M' replaced by text in its word, 'T' by text as a
   word of its own. */
static void golden_points_set(golden_points *p, uint32_t c, char kind, const char *text, size_t size)
{
    char self[4];
    if (kind == 'K' || kind == 'P') { size = golden_utf8(c, self); text = self; kind = kind == 'K' ? 'M' : 'T'; }
    p->at[c] = p->size;
    golden_points_add(p, "a", 1);
    if (kind == 'S' || kind == 'T') golden_points_add(p, "\0", 1);
    if (kind == 'M' || kind == 'T') golden_points_add(p, text, size);
    if (kind == 'T') golden_points_add(p, "\0", 1);
    golden_points_add(p, "b\0\0", 3);
}
/* All code points but the surrogates, which no UTF-8 has. unlisted: what those not recorded give, 0: they must all be. */
static void golden_points_check(const bert_tokenizer *tok, golden_points *p, char unlisted)
{
    golden_words g;
    uint32_t c;
    size_t i;
    memset(&g, 0, sizeof g);
    for (c = 0; c < GOLDEN_CODEPOINTS; c++) {
        char text[8];
        const char *want;
        size_t n;
        if (c >= 0xD800 && c < 0xE000) continue;
        if (!p->at[c] && !unlisted) { TEST_FAIL("U+%04lX: nothing recorded", (unsigned long)c); continue; }
        if (!p->at[c]) {
            size_t size = p->size;
            golden_points_set(p, c, unlisted, NULL, 0);
            p->at[c] = 0;
            p->size = size;
            want = p->memory + size;
        } else {
            want = p->memory + p->at[c];
        }
        text[0] = 'a';
        n = 1 + golden_utf8(c, text + 1);
        text[n++] = 'b';
        golden_split(tok, text, n, &g);
        for (i = 0; i < g.size && (want[0] || g.text[i]) && want[i] == g.text[i]; i++) {}
        if (i < g.size || want[i]) {
            TEST_FAIL("U+%04lX: %lu words \"%s\"..., recorded \"%s\"...", (unsigned long)c, (unsigned long)g.count, g.count ? g.text : "", want);
        }
    }
    golden_words_free(&g);
}

/* ---- google/tokenize ---- */

static int golden_digits(const char *s) { return *s >= '0' && *s <= '9'; }

/* full_*, wordpiece*: text, tokens and perhaps ids; basic_*: text, words. The name says how the tokenizer was set up:
   "cased"; "wordpiece" without BasicTokenizer, "max8" the longest word, "unk_mask" the token [MASK] for unknown words. */
static void golden_google_texts(const golden_place *place, const char *name, const char *path, const char *vocab)
{
    bert_tokenizer_desc d = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    int words = golden_part(name, "basic") != NULL;
    golden_scratch s;
    golden_lines l;
    bert_tokenizer *tok;
    const char *part;
    char unk[64], label[64];
    size_t i;
    (void)place;
    memset(&s, 0, sizeof s);
    if (golden_part(name, "wordpiece")) d.basic = BERT_OFF;
    if ((part = strstr(name, "_max")) != NULL && golden_digits(part + 4)) d.max_word = (int32_t)strtol(part + 4, NULL, 10);
    if ((part = golden_part(name, "unk")) != NULL && part[3] == '_') {
        size_t n = strcspn(part + 4, "_-.");
        snprintf(unk, sizeof unk, "[%.*s]", (int)n, part + 4);
        for (i = 0; unk[i]; i++) if (unk[i] >= 'a' && unk[i] <= 'z') unk[i] = (char)(unk[i] - 32);
        d.unk_token = unk;
    }
    if (golden_open(&l, path)) {
        tok = golden_tokenizer(&d);
        while (tok && golden_next(&l)) {
            const bert_json *text = bert_json_get(l.root, "text"), *tokens = bert_json_get(l.root, "tokens"), *ids = bert_json_get(l.root, "ids");
            snprintf(label, sizeof label, "line %ld", (long)l.number);
            if (!text || (!tokens && !ids)) { TEST_FAIL("%s: no text or no tokens", label); continue; }
            if (!golden_consistent(tok, &s, text->text, text->size, label)) continue;
            if (words) {
                golden_same_words(&s.words, tokens, label);
                continue;
            }
            if (ids && !golden_ids(s.full.ids, s.full.count, ids, label)) continue;
            if (tokens) golden_tokens(tok, &s.full, tokens, label);
        }
        if (!l.number) TEST_FAIL("the file is empty");
        bert_tokenizer_close(tok);
        golden_close(&l);
    }
    golden_scratch_free(&s);
}
/* context: text with the words of both runs. */
static void golden_google_context(const char *path, const char *vocab)
{
    bert_tokenizer_desc d[2];
    bert_tokenizer *tok[2];
    static const char *const columns[2] = { "uncased", "cased" };
    golden_scratch s;
    golden_lines l;
    char label[64];
    int i;
    memset(&s, 0, sizeof s);
    if (!golden_open(&l, path)) return;
    for (i = 0; i < 2; i++) {
        d[i] = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, i);
        tok[i] = golden_tokenizer(&d[i]);
    }
    while (tok[0] && tok[1] && golden_next(&l)) {
        const bert_json *text = bert_json_get(l.root, "text");
        for (i = 0; i < 2; i++) {
            snprintf(label, sizeof label, "line %ld, %s", (long)l.number, columns[i]);
            if (!text || !bert_json_get(l.root, columns[i])) { TEST_FAIL("%s: not recorded", label); continue; }
            if (golden_consistent(tok[i], &s, text->text, text->size, label)) golden_same_words(&s.words, bert_json_get(l.root, columns[i]), label);
        }
    }
    for (i = 0; i < 2; i++) bert_tokenizer_close(tok[i]);
    golden_close(&l);
    golden_scratch_free(&s);
}
/* bytes_*: bytes that need not be UTF-8, as hexadecimal digits; tokens and ids. */
static void golden_google_bytes(const char *name, const char *path, const char *vocab)
{
    bert_tokenizer_desc d = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    golden_scratch s, s2;
    golden_lines l;
    bert_tokenizer *tok;
    char label[64], label2[96];
    memset(&s, 0, sizeof s);
    memset(&s2, 0, sizeof s2);
    if (!golden_open(&l, path)) return;
    tok = golden_tokenizer(&d);
    while (tok && golden_next(&l)) {
        const bert_json *hex = bert_json_get(l.root, "hex"), *tokens = bert_json_get(l.root, "tokens"), *decoded = bert_json_get(l.root, "decoded");
        unsigned char *bytes;
        size_t i;
        snprintf(label, sizeof label, "line %ld", (long)l.number);
        if (!hex || hex->type != 's') { TEST_FAIL("%s: no bytes", label); continue; }
        bytes = (unsigned char *)malloc(hex->size / 2 + 1);
        if (!bytes) abort();
        for (i = 0; i < hex->size / 2; i++) {
            char two[3];
            memcpy(two, hex->text + 2 * i, 2);
            two[2] = 0;
            bytes[i] = (unsigned char)strtoul(two, NULL, 16);
        }
        if (golden_consistent(tok, &s, (const char *)bytes, hex->size / 2, label)) {
            if (golden_ids(s.full.ids, s.full.count, bert_json_get(l.root, "ids"), label) && tokens) golden_tokens(tok, &s.full, tokens, label);
            snprintf(label2, sizeof label2, "%s, decoded", label);
            if (decoded && golden_consistent(tok, &s2, decoded->text, decoded->size, label2))
                golden_ids(s2.full.ids, s2.full.count, bert_json_get(l.root, "ids"), label2);
        }
        free(bytes);
    }
    bert_tokenizer_close(tok);
    golden_close(&l);
    golden_scratch_free(&s);
    golden_scratch_free(&s2);
}

/* codepoints_*.tsv: drop, space and punct by ranges; map, split and other one by one. */
static void golden_google_codepoints(const char *name, const char *path, const char *vocab)
{
    bert_tokenizer_desc d = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    golden_points p;
    golden_lines l;
    bert_tokenizer *tok;
    if (!golden_open(&l, path)) return;
    golden_points_open(&p);
    tok = golden_tokenizer(&d);
    while (golden_next_line(&l)) {
        char line[256], kind = 0, *at = line, text[64];
        size_t n = 0;
        unsigned long first, last;
        if (!l.size || l.text[0] == '#') continue;
        memcpy(line, l.text, l.size < sizeof line - 1 ? l.size : sizeof line - 1);
        line[l.size < sizeof line - 1 ? l.size : sizeof line - 1] = 0;
        if (golden_starts(line, "drop\t")) kind = 'D';
        else if (golden_starts(line, "space\t")) kind = 'S';
        else if (golden_starts(line, "punct\t")) kind = 'P';
        else if (golden_starts(line, "map\t")) kind = 'M';
        else if (golden_starts(line, "split\t")) kind = 'T';
        else if (golden_starts(line, "other\t")) kind = 'O';
        at = strchr(line, '\t');
        if (!kind || !at) { TEST_FAIL("line %ld: not understood", (long)l.number); continue; }
        first = strtoul(at + 1, &at, 16);
        if (kind == 'D' || kind == 'S' || kind == 'P') {
            last = strtoul(at, &at, 16);
        } else if (kind == 'O') {                                       /* a JSON array of words */
            bert_json_doc doc;
            const bert_json *v;
            last = first;
            if (bert_json_parse(at, strlen(at), NULL, &doc, NULL) != BERT_OK) { TEST_FAIL("line %ld: no JSON", (long)l.number); continue; }
            p.at[first < GOLDEN_CODEPOINTS ? first : 0] = p.size;
            for (v = doc.root->first; v; v = v->next) golden_points_add(&p, v->text, v->size + 1);
            golden_points_add(&p, "\0", 1);
            bert_json_free(&doc);
            continue;
        } else {                                                        /* X+X...: the code points it becomes */
            last = first;
            for (n = 0; *at && n + 4 < sizeof text; at += *at == '+') n += golden_utf8((uint32_t)strtoul(at, &at, 16), text + n);
        }
        if (last < first || last >= GOLDEN_CODEPOINTS) { TEST_FAIL("line %ld: not a range of code points", (long)l.number); continue; }
        for (; first <= last; first++) golden_points_set(&p, (uint32_t)first, kind, text, n);
    }
    if (tok) golden_points_check(tok, &p, 'K');
    bert_tokenizer_close(tok);
    golden_points_close(&p);
    golden_close(&l);
}

/* vocab_*.json beside vocab_*.txt: how the reference reads odd files. */
static void golden_google_vocab(const char *path)
{
    char txt[1200];
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    bert_error err;
    golden_lines l;
    const bert_json *keys, *ids, *inverse, *v;
    int32_t i = 0, size = 0;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    snprintf(txt, sizeof txt, "%.*s.txt", (int)(strlen(path) - 5), path);
    if (!golden_whole(&l, path)) return;
    d.path = txt;
    d.mode = BERT_TOKENIZER_GOOGLE;
    d.error = &err;
    keys = bert_json_get(l.root, "order_of_keys");
    ids = bert_json_get(l.root, "ids");
    inverse = bert_json_get(l.root, "inv_of_each_id");
    if (ids && !bert_json_get(ids, "[UNK]") && ids->first) d.unk_token = ids->first->key;      /* any token that is there */
    if (!keys || !ids) {
        TEST_FAIL("no keys or no ids recorded");
    } else if (bert_tokenizer_open(&d, &tok) != BERT_OK) {
        TEST_FAIL("bert_tokenizer_open: %s", err.message);
    } else {
        if ((size_t)bert_tokenizer_key_count(tok) != keys->count)
            TEST_FAIL("%d keys, recorded %lu", (int)bert_tokenizer_key_count(tok), (unsigned long)keys->count);
        for (v = keys->first; v && i < bert_tokenizer_key_count(tok); v = v->next, i++) {
            size_t n = 0;
            int32_t id = bert_tokenizer_key(tok, i);
            const char *t = bert_tokenizer_token(tok, id, &n);
            if (!t || n != v->size || memcmp(t, v->text, n)) TEST_FAIL("key %d is \"%s\", recorded is \"%s\"", (int)i, t ? t : "NULL", v->text);
            if (golden_int(bert_json_get(ids, v->text), -1) != id) TEST_FAIL("key %d has id %d", (int)i, (int)id);
        }
        for (v = ids->first; v; v = v->next) {
            int64_t id = golden_int(v, -1);
            size_t n = 0;
            const char *t = bert_tokenizer_token(tok, (int32_t)id, &n);
            if (bert_tokenizer_id(tok, v->key, v->key_size) != id) TEST_FAIL("\"%s\" has the id %d, recorded %ld", v->key, (int)bert_tokenizer_id(tok, v->key, v->key_size), (long)id);
            if (!t || n != v->key_size || memcmp(t, v->key, n)) TEST_FAIL("id %ld is \"%s\", recorded \"%s\"", (long)id, t ? t : "NULL", v->key);
            if (id >= size) size = (int32_t)id + 1;
        }
        if (bert_tokenizer_size(tok) != size) TEST_FAIL("%d ids, recorded up to %d", (int)bert_tokenizer_size(tok), (int)size - 1);
        for (i = -1; i <= size; i++) {                                  /* ids that a later line has taken over give NULL */
            const char *t = bert_tokenizer_token(tok, i, NULL);
            char number[16];
            int known = 0;
            snprintf(number, sizeof number, "%d", (int)i);
            for (v = ids->first; v; v = v->next) known |= golden_int(v, -1) == i;
            if ((t != NULL) != known) TEST_FAIL("id %d gives %s", (int)i, t ? t : "NULL");
            v = inverse ? bert_json_get(inverse, number) : NULL;
            if (v && (!t || strcmp(t, v->text))) TEST_FAIL("id %d is \"%s\", recorded \"%s\"", (int)i, t ? t : "NULL", v->text);
        }
    }
    bert_tokenizer_close(tok);
    golden_close(&l);
}

/* texts: nothing recorded but the texts; every combination of settings has to be consistent on them. */
static void golden_google_plain(const char *path, const char *vocab)
{
    golden_scratch s;
    int k;
    memset(&s, 0, sizeof s);
    for (k = 0; k < 32; k++) {
        bert_tokenizer_desc d = golden_desc(vocab, k & 1 ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE, k & 2);
        golden_lines l;
        bert_tokenizer *tok;
        if (k & 4) d.strip_accents = k & 2 ? BERT_ON : BERT_OFF;
        if (k & 8) d.cjk = BERT_OFF;
        if (k & 16) d.specials = k & 1 ? BERT_OFF : BERT_ON;
        if (!golden_open(&l, path)) break;
        tok = golden_tokenizer(&d);
        while (tok && golden_next(&l)) {
            const bert_json *text = bert_json_get(l.root, "text");
            char label[96];
            snprintf(label, sizeof label, "line %ld, settings %d", (long)l.number, k);
            if (!text) TEST_FAIL("%s: no text", label);
            else golden_consistent(tok, &s, text->text, text->size, label);
        }
        bert_tokenizer_close(tok);
        golden_close(&l);
    }
    golden_scratch_free(&s);
}

/* One skipped case for each kind of file of which the directory has none. */
static void golden_missing(const golden_place *place, const golden_names *names, const char *const *parts, size_t count)
{
    char label[256];
    size_t i, k;
    for (k = 0; k < count; k++) {
        for (i = 0; i < names->count && !golden_part(names->name[i], parts[k]); i++) {}
        if (i < names->count) continue;
        snprintf(label, sizeof label, "%s/%s*", place->label, parts[k]);
        golden_skip(label, "no such file in this directory");
    }
}

static void golden_google_tokenize(const golden_place *place)
{
    static const char *const kinds[] = { "full", "basic", "fuzz", "wordpiece", "codepoints", "context", "bytes", "vocab", "texts" };
    golden_names names = golden_list(place->dir);
    char vocab[1200], path[1200], label[512];
    size_t i;
    int have;
    snprintf(vocab, sizeof vocab, "%s/model/vocab.txt", place->root);
    have = golden_is_file(vocab);
    for (i = 0; i < names.count; i++) {
        const char *name = names.name[i];
        golden_path(path, sizeof path, place->dir, name);
        golden_path(label, sizeof label, place->label, name);
        if (golden_part(name, "vocab") == name) {                       /* each pair counts once, under its .json */
            char other[1200];
            size_t n = strlen(path);
            int json = golden_ends(name, ".json");
            if (json && n < sizeof other) {
                snprintf(other, sizeof other, "%.*s.txt", (int)n - 5, path);
                if (!golden_is_file(other)) golden_skip(label, "the .txt beside it is missing");
                else if (test_enter("%s", label)) { golden_google_vocab(path); test_leave(); }
            } else if (golden_ends(name, ".txt")) {
                snprintf(other, sizeof other, "%.*s.json", (int)n - 4, path);
                if (!golden_is_file(other)) golden_skip(label, "the .json beside it is missing");
            }
            continue;
        }
        if (golden_ends(name, ".txt") || golden_ends(name, ".md")) continue;       /* for people */
        if (!have) { golden_skip(label, "the vocabulary model/vocab.txt is missing"); continue; }
        if (golden_part(name, "codepoints") && golden_ends(name, ".tsv")) {
            if (test_enter("%s", label)) { golden_google_codepoints(name, path, vocab); test_leave(); }
        } else if (!golden_ends(name, ".jsonl")) {
            golden_skip(label, "no check for a file of this name");
        } else if (golden_part(name, "bytes")) {
            if (test_enter("%s", label)) { golden_google_bytes(name, path, vocab); test_leave(); }
        } else if (golden_part(name, "context")) {
            if (test_enter("%s", label)) { golden_google_context(path, vocab); test_leave(); }
        } else if (golden_part(name, "texts")) {
            if (test_enter("%s", label)) { golden_google_plain(path, vocab); test_leave(); }
        } else if (golden_part(name, "full") || golden_part(name, "basic") || golden_part(name, "wordpiece")) {
            if (test_enter("%s", label)) { golden_google_texts(place, name, path, vocab); test_leave(); }
        } else {
            golden_skip(label, "no check for a file of this name");
        }
    }
    golden_missing(place, &names, kinds, sizeof kinds / sizeof *kinds);
    golden_names_free(&names);
}

/* ---- hf/tokenizer ---- */

/* text, ids with [CLS] and [SEP], offsets, and where they differ byte_offsets and google_ids. */
static void golden_hf_single(const char *name, const char *path, const char *vocab)
{
    bert_tokenizer_desc d = golden_desc(vocab, BERT_TOKENIZER_HF, golden_is_cased(name));
    bert_tokenizer_desc g = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    bert_tokenizer *hf = golden_tokenizer(&d), *google = golden_tokenizer(&g);
    golden_scratch s;
    golden_lines l;
    char label[64], label2[96];
    memset(&s, 0, sizeof s);
    if (!golden_open(&l, path)) { bert_tokenizer_close(hf); bert_tokenizer_close(google); return; }
    while (hf && google && golden_next(&l)) {
        const bert_json *text = bert_json_get(l.root, "text"), *ids = bert_json_get(l.root, "ids");
        const bert_json *chars = bert_json_get(l.root, "offsets"), *bytes = bert_json_get(l.root, "byte_offsets");
        const bert_json *other = bert_json_get(l.root, "google_ids");
        bert_encoding e;
        snprintf(label, sizeof label, "line %ld", (long)l.number);
        if (!text || !ids || !chars) { TEST_FAIL("%s: no text, ids or offsets", label); continue; }
        if (!golden_consistent(hf, &s, text->text, text->size, label)) continue;
        e = s.other;
        if (bert_tokenizer_encode_pair(hf, NULL, text->text, text->size, NULL, 0, &e) != BERT_OK || e.count != s.full.count + 2) {
            TEST_FAIL("%s: encode_pair gives %lu tokens, encode %lu", label, (unsigned long)e.count, (unsigned long)s.full.count);
            continue;
        }
        if (memcmp(e.ids + 1, s.full.ids, s.full.count * sizeof *e.ids)) { TEST_FAIL("%s: encode_pair and encode differ", label); continue; }
        if (!golden_ids(e.ids, e.count, ids, label)) continue;
        if (!golden_offsets(e.char_begin, e.char_end, e.count, chars, label)) continue;
        if (!golden_offsets(e.begin, e.end, e.count, bytes ? bytes : chars, label)) continue;
        snprintf(label2, sizeof label2, "%s, by Google's rules", label);
        if (!golden_consistent(google, &s, text->text, text->size, label2)) continue;
        if (other) {
            golden_ids(s.full.ids, s.full.count, other, label2);
        } else {
            const bert_json *v = ids->first ? ids->first->next : NULL;
            size_t i = 0;
            for (; v && v->next && i < s.full.count && golden_int(v, -1) == s.full.ids[i]; v = v->next) i++;
            if (i < s.full.count || !v || v->next) TEST_FAIL("%s: id %lu differs from HF's", label2, (unsigned long)i);
        }
    }
    if (!l.number) TEST_FAIL("the file is empty");
    bert_tokenizer_close(hf);
    bert_tokenizer_close(google);
    golden_close(&l);
    golden_scratch_free(&s);
}

/* One recorded window against ours, padded as the recorded ones are: our library pads nothing. */
static int golden_hf_window(bert_encoding *e, size_t pad_to, int pad_left, int32_t pad_id, const bert_json *want, const char *label)
{
    size_t n = e->count, pads = pad_to > n ? pad_to - n : 0, i;
    int32_t *mask = e->words;                                           /* read before it is overwritten: see below */
    const bert_json *seq = bert_json_get(want, "seq"), *v;
    int32_t *special = (int32_t *)calloc(n + pads + 1, sizeof *special);
    int ok;
    if (!special) abort();
    if (n + pads > e->capacity) { free(special); TEST_FAIL("%s: padding to %lu", label, (unsigned long)pad_to); return 0; }
    for (i = 0; i < n; i++) special[i] = e->words[i] < 0;
    if (pad_left && pads) {
        memmove(e->ids + pads, e->ids, n * sizeof *e->ids);
        memmove(e->segment_ids + pads, e->segment_ids, n * sizeof *e->segment_ids);
        memmove(e->char_begin + pads, e->char_begin, n * sizeof *e->char_begin);
        memmove(e->char_end + pads, e->char_end, n * sizeof *e->char_end);
        memmove(special + pads, special, n * sizeof *special);
    }
    for (i = 0; i < n + pads; i++) {
        int pad = pad_left ? i < pads : i >= n;
        mask[i] = !pad;
        if (!pad) continue;
        e->ids[i] = pad_id;
        e->segment_ids[i] = 0;
        e->char_begin[i] = e->char_end[i] = 0;
        special[i] = 1;
    }
    n += pads;
    ok = golden_ids(e->ids, n, bert_json_get(want, "ids"), label) &&
         golden_small_ints(e->segment_ids, n, bert_json_get(want, "type_ids"), "type_ids", label) &&
         golden_small_ints(mask, n, bert_json_get(want, "mask"), "mask", label) &&
         golden_small_ints(special, n, bert_json_get(want, "special"), "special", label) &&
         (!bert_json_get(want, "offsets") || golden_offsets(e->char_begin, e->char_end, n, bert_json_get(want, "offsets"), label));
    for (i = 0, v = seq ? seq->first : NULL; ok && v && i < n; v = v->next, i++)
        if (golden_int(v, -1) != (special[i] ? -1 : e->segment_ids[i])) { TEST_FAIL("%s: seq[%lu]", label, (unsigned long)i); ok = 0; }
    free(special);
    return ok;
}

/* The first line has the settings; then pairs (or single texts: b is null) with all their windows. */
static void golden_hf_pairs(const golden_place *place, const char *path)
{
    golden_scratch s[3];
    golden_lines l;
    bert_tokenizer_desc d;
    bert_tokenizer *tok = NULL;
    bert_pair_desc p;
    const bert_json *settings;
    char vocab[1200], name[64], label[64];
    int64_t padding = 0;
    int longest = 0, pad_left = 0, i;
    bert_error err;
    memset(s, 0, sizeof s);
    memset(&p, 0, sizeof p);
    memset(&err, 0, sizeof err);
    p.error = &err;
    if (!golden_open(&l, path)) return;
    if (golden_next(&l)) {
        const bert_json *v;
        settings = l.root;
        v = bert_json_get(settings, "vocab");
        snprintf(name, sizeof name, "%s", v && v->type == 's' ? v->text : "en");
        if (!golden_vocab(place, name, vocab, sizeof vocab)) TEST_FAIL("no vocabulary %s", vocab);
        v = bert_json_get(settings, "lowercase");
        d = golden_desc(vocab, BERT_TOKENIZER_HF, v && v->type == 'f');
        if (!test_now.failures) tok = golden_tokenizer(&d);
        p.max_tokens = (size_t)golden_int(bert_json_get(settings, "max_length"), 0);
        p.stride = (size_t)golden_int(bert_json_get(settings, "stride"), 0);
        v = bert_json_get(settings, "strategy");
        p.truncation = bert_json_is(v, "only_first") ? BERT_TRUNCATE_FIRST : bert_json_is(v, "only_second") ? BERT_TRUNCATE_SECOND : BERT_TRUNCATE_LONGEST;
        p.left = bert_json_is(bert_json_get(settings, "truncation_side"), "left") ? BERT_ON : BERT_DEFAULT;
        v = bert_json_get(settings, "padding");
        longest = bert_json_is(v, "longest");
        padding = golden_int(v, 0);
        pad_left = bert_json_is(bert_json_get(settings, "padding_side"), "left");
    }
    while (tok && golden_next(&l)) {
        const bert_json *text[2], *over = bert_json_get(l.root, "overflow"), *want = l.root;
        size_t windows = 0, k, recorded = over ? over->count : 0, first = 0;
        int32_t pad_id = bert_tokenizer_special_ids(tok).pad;
        bert_encoding e;
        bert_status st;
        text[0] = bert_json_get(l.root, "a");
        text[1] = bert_json_get(l.root, "b");
        if (text[1] && text[1]->type != 's') text[1] = NULL;
        snprintf(label, sizeof label, "line %ld", (long)l.number);
        if (!text[0] || text[0]->type != 's') { TEST_FAIL("%s: no text", label); continue; }
        for (i = 0; i < 2 && text[i]; i++) if (!golden_consistent(tok, &s[i], text[i]->text, text[i]->size, label)) break;
        if (i < 2 && text[i]) continue;
        golden_scratch_room(&s[2], text[0]->size + (text[1] ? text[1]->size : 0) + p.max_tokens + 3);
        for (k = 0; k <= recorded; k++) {
            if (k) want = k == 1 ? over->first : want->next;
            snprintf(label, sizeof label, "line %ld, window %lu", (long)l.number, (unsigned long)k);
            p.window = k;
            st = bert_encoding_join(tok, &p, &s[0].full, text[1] ? &s[1].full : NULL, &s[2].full, &windows);
            if (st != BERT_OK) { TEST_FAIL("%s: %s", label, err.message); break; }
            if (windows != recorded + 1) { TEST_FAIL("%s: %lu windows, recorded %lu", label, (unsigned long)windows, (unsigned long)recorded + 1); break; }
            if (k == 0) {                                               /* the call that starts from the texts agrees */
                e = s[2].other;
                st = bert_tokenizer_encode_pair(tok, &p, text[0]->text, text[0]->size, text[1] ? text[1]->text : NULL, text[1] ? text[1]->size : 0, &e);
                if (st != BERT_OK) { TEST_FAIL("%s: encode_pair: %s", label, err.message); break; }
                if (!golden_same(&s[2].full, &e, "encode_pair", label)) break;
                if (memcmp(s[2].full.segment_ids, e.segment_ids, e.count * sizeof *e.segment_ids)) { TEST_FAIL("%s: encode_pair: segment ids", label); break; }
                first = s[2].full.count;
            }
            if (!golden_hf_window(&s[2].full, padding > 0 ? (size_t)padding : longest ? first : 0, pad_left, pad_id, want, label)) break;
        }
    }
    if (l.number < 2) TEST_FAIL("no texts in this file");
    bert_tokenizer_close(tok);
    golden_close(&l);
    for (i = 0; i < 3; i++) golden_scratch_free(&s[i]);
}

/* [max_length, len_a, len_b, hf_a, hf_b, google_a, google_b]: how long two texts of made-up tokens remain. */
static void golden_hf_lengths(const char *path)
{
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n";
    static const bert_tokenizer_mode modes[2] = { BERT_TOKENIZER_HF, BERT_TOKENIZER_GOOGLE };
    bert_tokenizer *tok[2];
    golden_lines l;
    const bert_json *row;
    bert_encoding a, b, out;
    bert_pair_desc p;
    bert_error err;
    int m, i;
    long n = 0;
    memset(&p, 0, sizeof p);
    memset(&err, 0, sizeof err);
    if (!golden_whole(&l, path)) return;
    for (m = 0; m < 2; m++) {
        bert_tokenizer_desc d = golden_desc(NULL, modes[m], 0);
        d.data = vocab;
        d.size = sizeof vocab - 1;
        tok[m] = golden_tokenizer(&d);
    }
    for (row = l.root->first; row && tok[0] && tok[1]; row = row->next, n++) {
        int64_t v[7];
        const bert_json *x = row->first;
        for (i = 0; i < 7; i++, x = x ? x->next : NULL) v[i] = golden_int(x, -1);
        if (v[0] < 3 || v[1] < 0 || v[2] < 0 || v[1] > 1000000 || v[2] > 1000000) { TEST_FAIL("row %ld is not understood", n); continue; }
        golden_columns(&a, (size_t)v[1]);
        golden_columns(&b, (size_t)v[2]);
        golden_columns(&out, (size_t)(v[1] + v[2]) + 3);
        for (a.count = 0; a.count < a.capacity; a.count++) {
            a.ids[a.count] = 1000 + (int32_t)a.count;
            a.segment_ids[a.count] = 0;
            a.words[a.count] = (int32_t)a.count;
            a.begin[a.count] = a.end[a.count] = a.char_begin[a.count] = a.char_end[a.count] = a.count;
        }
        for (b.count = 0; b.count < b.capacity; b.count++) {
            b.ids[b.count] = 2000000 + (int32_t)b.count;
            b.segment_ids[b.count] = 0;
            b.words[b.count] = (int32_t)b.count;
            b.begin[b.count] = b.end[b.count] = b.char_begin[b.count] = b.char_end[b.count] = b.count;
        }
        for (m = 0; m < 2; m++) {
            size_t k, na = 0, nb = 0;
            int order = 1;
            bert_status st;
            p.max_tokens = (size_t)v[0];
            p.error = &err;
            st = bert_encoding_join(tok[m], &p, &a, &b, &out, NULL);
            if (st != BERT_OK) { TEST_FAIL("row %ld: %s", n, err.message); continue; }
            for (k = 0; k < out.count; k++) {
                if (out.ids[k] >= 2000000) order &= out.ids[k] == 2000000 + (int32_t)nb++;
                else if (out.ids[k] >= 1000) order &= out.ids[k] == 1000 + (int32_t)na++;
            }
            if ((int64_t)na != v[3 + 2 * m] || (int64_t)nb != v[4 + 2 * m] || out.count != na + nb + 3 || !order)
                TEST_FAIL("row %ld: %s's rule keeps %lu and %lu, recorded %ld and %ld", n, m ? "Google" : "HF", (unsigned long)na,
                            (unsigned long)nb, (long)v[3 + 2 * m], (long)v[4 + 2 * m]);
        }
        golden_columns_free(&a);
        golden_columns_free(&b);
        golden_columns_free(&out);
    }
    if (!n) TEST_FAIL("no rows");
    for (m = 0; m < 2; m++) bert_tokenizer_close(tok[m]);
    golden_close(&l);
}

/* codepoints_{hf,google}_{lower,cased}: {"lo", "hi", "r"} or {"cp", "out"} for every code point. */
static void golden_hf_codepoints(const char *name, const char *path)
{
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n";
    bert_tokenizer_desc d = golden_desc(NULL, golden_part(name, "google") ? BERT_TOKENIZER_GOOGLE : BERT_TOKENIZER_HF, golden_is_cased(name));
    golden_points p;
    golden_lines l;
    bert_tokenizer *tok;
    d.data = vocab;
    d.size = sizeof vocab - 1;
    if (!golden_open(&l, path)) return;
    golden_points_open(&p);
    tok = golden_tokenizer(&d);
    while (golden_next(&l)) {
        const bert_json *r = bert_json_get(l.root, "r"), *out = bert_json_get(l.root, "out"), *v;
        int64_t lo = golden_int(bert_json_get(l.root, "lo"), -1), hi = golden_int(bert_json_get(l.root, "hi"), -1);
        int64_t cp = golden_int(bert_json_get(l.root, "cp"), -1);
        if (r && r->type == 's' && r->size == 1 && strchr("KDSPX", r->text[0]) && lo >= 0 && hi < GOLDEN_CODEPOINTS) {
            for (; lo <= hi; lo++) if (r->text[0] != 'X') golden_points_set(&p, (uint32_t)lo, r->text[0], NULL, 0);
        } else if (out && out->type == 'a' && cp >= 0 && cp < GOLDEN_CODEPOINTS) {
            p.at[cp] = p.size;
            for (v = out->first; v; v = v->next) golden_points_add(&p, v->text, v->size + 1);
            golden_points_add(&p, "\0", 1);
        } else {
            TEST_FAIL("line %ld: not understood", (long)l.number);
        }
    }
    if (tok) golden_points_check(tok, &p, 0);
    bert_tokenizer_close(tok);
    golden_points_close(&p);
    golden_close(&l);
}

/* codepoints_id_differences_*: {"cp", "hf", "google"} where the ids differ; elsewhere they are the same. Private use
   characters are not listed, all of them differ. The total, if stats.json beside it has one, is compared as well. */
static void golden_hf_differences(const golden_place *place, const char *name, const char *path, const char *vocab)
{
    bert_tokenizer_desc d = golden_desc(vocab, BERT_TOKENIZER_HF, golden_is_cased(name));
    bert_tokenizer_desc g = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    bert_tokenizer *tok[2];
    golden_lines l, stats;
    unsigned char *listed = (unsigned char *)calloc(GOLDEN_CODEPOINTS, 1);
    int64_t differ = 0, total = -1;
    uint32_t c;
    int m;
    char other[1200];
    if (!listed) abort();
    tok[0] = golden_tokenizer(&d);
    tok[1] = golden_tokenizer(&g);
    if (!golden_open(&l, path)) { free(listed); return; }
    if (tok[0] && tok[1]) {
        for (;;) {                                                      /* first the listed ones, then all */
            const bert_json *want[2] = { NULL, NULL };
            int32_t ids[2][16];
            size_t n[2], size;
            char text[8], label[64];
            int same;
            if (!golden_next(&l)) break;
            c = (uint32_t)golden_int(bert_json_get(l.root, "cp"), GOLDEN_CODEPOINTS);
            want[0] = bert_json_get(l.root, "hf");
            want[1] = bert_json_get(l.root, "google");
            if (c >= GOLDEN_CODEPOINTS || !want[0] || !want[1]) { TEST_FAIL("line %ld: not understood", (long)l.number); continue; }
            listed[c] = 1;
            text[0] = 'a';
            size = 1 + golden_utf8(c, text + 1);
            text[size++] = 'b';
            for (m = 0, same = 1; m < 2; m++) {
                bert_encoding e;
                memset(&e, 0, sizeof e);
                e.ids = ids[m];
                e.capacity = 16;
                bert_tokenizer_encode(tok[m], text, size, &e);
                n[m] = e.count;
                snprintf(label, sizeof label, "U+%04lX, %s", (unsigned long)c, m ? "Google" : "HF");
                same &= golden_ids(ids[m], n[m], want[m], label);
            }
        }
        for (c = 0; c < GOLDEN_CODEPOINTS; c++) {
            int32_t ids[2][16];
            size_t n[2] = { 0, 0 }, size;
            char text[8];
            int is_private = (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xF0000 && (c & 0xFFFE) != 0xFFFE), same;
            if (c >= 0xD800 && c < 0xE000) continue;
            text[0] = 'a';
            size = 1 + golden_utf8(c, text + 1);
            text[size++] = 'b';
            for (m = 0; m < 2; m++) {
                bert_encoding e;
                memset(&e, 0, sizeof e);
                e.ids = ids[m];
                e.capacity = 16;
                bert_tokenizer_encode(tok[m], text, size, &e);
                n[m] = e.count;
            }
            same = n[0] == n[1] && memcmp(ids[0], ids[1], n[0] * sizeof **ids) == 0;
            differ += !same;
            if (!same != (listed[c] || is_private)) TEST_FAIL("U+%04lX: HF's and Google's ids %s", (unsigned long)c, same ? "are the same" : "differ");
        }
        golden_path(other, sizeof other, place->dir, "stats.json");
        if (golden_is_file(other) && golden_whole(&stats, other)) {
            const bert_json *s = bert_json_get(stats.root, "codepoint_id_differences"), *v;
            for (v = s ? s->first : NULL; v; v = v->next) if (golden_part(name, v->key)) total = golden_int(v, -1);
            golden_close(&stats);
        }
        if (total >= 0 && total != differ) TEST_FAIL("%ld code points differ, recorded %ld", (long)differ, (long)total);
    }
    bert_tokenizer_close(tok[0]);
    bert_tokenizer_close(tok[1]);
    golden_close(&l);
    free(listed);
}

static void golden_hf_tokenizer(const golden_place *place)
{
    static const char *const kinds[] = { "single", "crafted", "fuzz", "pair", "qa", "lengths", "codepoints", "differences" };
    golden_names names = golden_list(place->dir);
    char vocab[1200], path[1200], label[512];
    size_t i;
    for (i = 0; i < names.count; i++) {
        const char *name = names.name[i];
        int settings = 0;
        golden_path(path, sizeof path, place->dir, name);
        golden_path(label, sizeof label, place->label, name);
        if (golden_ends(name, ".md") || strcmp(name, "stats.json") == 0) continue;  /* for people; read with the differences */
        if (golden_part(name, "lengths") && golden_ends(name, ".json")) {
            if (test_enter("%s", label)) { golden_hf_lengths(path); test_leave(); }
            continue;
        }
        if (!golden_ends(name, ".jsonl")) { golden_skip(label, "no check for a file of this name"); continue; }
        if (golden_part(name, "codepoints") && !golden_part(name, "differences")) {
            if (test_enter("%s", label)) { golden_hf_codepoints(name, path); test_leave(); }
            continue;
        }
        if (!golden_vocab(place, name, vocab, sizeof vocab)) {
            char reason[1300];
            snprintf(reason, sizeof reason, "its vocabulary %s is not here", vocab);
            golden_skip(label, reason);
            continue;
        }
        if (!test_enter("%s", label)) continue;
        if (golden_part(name, "differences")) {
            golden_hf_differences(place, name, path, vocab);
        } else {
            golden_lines l;                                             /* files of pairs open with their settings */
            if (golden_open(&l, path)) {
                settings = golden_next(&l) && bert_json_get(l.root, "max_length") != NULL;
                golden_close(&l);
                if (settings) golden_hf_pairs(place, path);
                else golden_hf_single(name, path, vocab);
            }
        }
        test_leave();
    }
    golden_missing(place, &names, kinds, sizeof kinds / sizeof *kinds);
    golden_names_free(&names);
}

#endif
