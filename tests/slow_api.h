/* slow_api.h - the part of bert_tokenizer.h's API that golden.c uses, on top of slow_tokenizer.h
   SPDX-License-Identifier: MIT-0 OR Unlicense

   With -DGOLDEN_SLOW the golden tests judge the slow tokenizer instead of the fast one: the proof that its rules, which
   the differential test compares with, are the recorded ones. Include after bert_tokenizer.h's implementation. */
#ifndef SLOW_API_H
#define SLOW_API_H

#include "test.h"
#include "slow_tokenizer.h"

typedef struct slow_api {
    slow_rules rules;
    slow_vocab vocab;
    const char *whole[5];
    bert_special_ids ids;
} slow_api;
typedef struct slow_api_stream { const slow_api *tokenizer; char *text; size_t size; } slow_api_stream;

TEST_FN bert_status slow_api_open(const bert_tokenizer_desc *d, slow_api **out)
{
    static const char *const names[5] = { "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]" };
    const char *set[5];
    int32_t *ids;
    slow_api *t;
    bert_file f;
    int i, specials;
    memset(&f, 0, sizeof f);
    if (d->path && bert_file_open(d->path, NULL, &f, d->error)) return BERT_ERROR_IO;
    t = (slow_api *)calloc(1, sizeof *t);
    if (!t) abort();
    t->rules.hf = d->mode == BERT_TOKENIZER_HF;
    t->vocab = slow_vocab_load(d->path ? (const char *)f.data : (const char *)d->data, d->path ? f.size : d->size, t->rules.hf);
    bert_file_close(&f);
    set[0] = d->unk_token; set[1] = d->cls_token; set[2] = d->sep_token; set[3] = d->pad_token; set[4] = d->mask_token;
    t->rules.lower = d->lower_case != BERT_OFF;
    t->rules.strip = d->strip_accents ? d->strip_accents == BERT_ON : t->rules.lower;
    t->rules.cjk = d->cjk != BERT_OFF;
    t->rules.clean = d->clean != BERT_OFF;
    t->rules.basic = d->basic != BERT_OFF;
    t->rules.max_word = d->max_word ? d->max_word : t->rules.hf ? 100 : 200;
    t->rules.unk = set[0] ? set[0] : names[0];
    t->rules.whole = t->whole;
    specials = d->specials ? d->specials == BERT_ON : t->rules.hf;
    ids = &t->ids.unk;
    for (i = 0; i < 5; i++) {
        const char *name = set[i] ? set[i] : names[i];
        ids[i] = slow_id(&t->vocab, name, strlen(name));
        if (specials && ids[i] >= 0) t->whole[t->rules.whole_count++] = name;
    }
    *out = t;
    return BERT_OK;
}
TEST_FN void slow_api_close(slow_api *t) { if (t) { slow_vocab_free(&t->vocab); free(t); } }
TEST_FN int32_t slow_api_size(const slow_api *t) { return t->vocab.count; }
TEST_FN const char *slow_api_token(const slow_api *t, int32_t id, size_t *size)
{
    if (id < 0 || id >= t->vocab.count || !t->vocab.token[id]) return NULL;
    if (size) *size = t->vocab.size[id];
    return t->vocab.token[id];
}
TEST_FN int32_t slow_api_id(const slow_api *t, const char *token, size_t size) { return slow_id(&t->vocab, token, size); }
TEST_FN int32_t slow_api_key_count(const slow_api *t) { return t->vocab.keys; }
TEST_FN int32_t slow_api_key(const slow_api *t, int32_t i) { return t->vocab.first[i]; }
TEST_FN bert_special_ids slow_api_special_ids(const slow_api *t) { return t->ids; }

TEST_FN bert_status slow_api_encode(const slow_api *t, const char *text, size_t size, bert_encoding *out)
{
    slow_result r = slow_encode(&t->rules, &t->vocab, text, size);
    size_t i, fit = r.count < out->capacity ? r.count : out->capacity, chars = 0;
    size_t *before = NULL;                                              /* [size + 1] code points that begin before a byte */
    if (out->char_begin || out->char_end) {
        slow_text d = slow_decode(text, size);
        before = (size_t *)calloc(size + 1, sizeof *before);
        if (!before) abort();
        for (i = 0; i <= size; i++) {
            before[i] = chars;
            if (chars < d.count && d.at[chars].begin == i) chars++;
        }
        slow_text_free(&d);
    }
    for (i = 0; i < fit; i++) {
        if (out->ids) out->ids[i] = r.ids[i];
        if (out->segment_ids) out->segment_ids[i] = 0;
        if (out->words) out->words[i] = r.words[i];
        if (out->begin) out->begin[i] = r.begin[i];
        if (out->end) out->end[i] = r.end[i];
        if (out->char_begin) out->char_begin[i] = before[r.begin[i]];
        if (out->char_end) out->char_end[i] = before[r.end[i]];
    }
    free(before);
    out->count = r.count;
    slow_result_free(&r);
    return out->count > out->capacity && (out->capacity || out->ids) ? BERT_ERROR_SPACE : BERT_OK;
}
TEST_FN bert_status slow_api_words(const slow_api *t, const char *text, size_t size, bert_word_fn fn, void *user)
{
    slow_result r = slow_encode(&t->rules, &t->vocab, text, size);
    size_t i;
    for (i = 0; i < r.word_count; i++) {
        bert_word w;
        w.text = r.word[i].text;
        w.size = r.word[i].size;
        w.begin = r.word[i].begin;
        w.end = r.word[i].end;
        w.more = 0;
        if (fn(user, &w)) break;
    }
    slow_result_free(&r);
    return BERT_OK;
}

/* The k-th window of n tokens, `size` at a time: [*a, *b). Returns how many windows there are. */
TEST_FN size_t slow_api_window(size_t n, size_t size, size_t stride, int left, size_t k, size_t *a, size_t *b)
{
    size_t count = n > size ? 1 + (n - size + (size - stride) - 1) / (size - stride) : 1, from = k * (size - stride);
    *a = from;
    *b = n - from < size ? n : from + size;
    if (left) { size_t x = *a; *a = n - *b; *b = n - x; }
    return count;
}
TEST_FN void slow_api_copy(bert_encoding *out, const bert_encoding *in, size_t from, size_t to, int segment)
{
    for (; from < to; from++, out->count++) {
        size_t o = out->count;
        if (o >= out->capacity) continue;
        if (out->ids) out->ids[o] = in->ids[from];
        if (out->segment_ids) out->segment_ids[o] = segment;
        if (out->words) out->words[o] = in->words ? in->words[from] : -1;
        if (out->begin) out->begin[o] = in->begin ? in->begin[from] : 0;
        if (out->end) out->end[o] = in->end ? in->end[from] : 0;
        if (out->char_begin) out->char_begin[o] = in->char_begin ? in->char_begin[from] : 0;
        if (out->char_end) out->char_end[o] = in->char_end ? in->char_end[from] : 0;
    }
}
TEST_FN bert_status slow_api_join(const slow_api *t, const bert_pair_desc *d, const bert_encoding *a, const bert_encoding *b,
                                 bert_encoding *out, size_t *windows)
{
    size_t na = a->count, nb = b ? b->count : 0, fa = na, fb = nb, specials = b ? 3 : 2, room, wa, wb, ka, kb, from, to;
    bert_encoding special;
    int32_t minus = -1, id = t->ids.cls;
    memset(&special, 0, sizeof special);
    special.ids = &id;
    special.words = &minus;
    if (d && d->max_tokens && na + nb + specials > d->max_tokens) {
        room = d->max_tokens - specials;
        if (d->truncation == BERT_TRUNCATE_FIRST || !b) fa = room - nb;
        else if (d->truncation == BERT_TRUNCATE_SECOND) fb = room - na;
        else if (t->rules.hf) {
            size_t small = na < nb ? na : nb, large = small > room ? small : room - small;
            if (large < small) large = small;
            if (small + large > room) { small = room / 2; large = room - small; }
            fa = na > nb ? large : small;
            fb = na > nb ? small : large;
        } else {
            while (fa + fb > room) { if (fa > fb) fa--; else fb--; }
        }
    }
    if (fa > na) fa = na;
    if (fb > nb) fb = nb;
    wa = slow_api_window(na, fa ? fa : 1, fa && d ? d->stride : 0, 0, 0, &from, &to);
    wb = slow_api_window(nb, fb ? fb : 1, fb && d ? d->stride : 0, 0, 0, &from, &to);
    if (!fa) wa = 1;
    if (!fb) wb = 1;
    if (windows) *windows = wa * wb;
    /* the order of HF's overflow: the first of both; every further a with every b; the first a with every further b */
    ka = kb = 0;
    if (d && d->window) {
        size_t k = d->window - 1;
        if (k < (wa - 1) * wb) { ka = 1 + k / wb; kb = k % wb; }
        else kb = 1 + (k - (wa - 1) * wb);
    }
    out->count = 0;
    slow_api_copy(out, &special, 0, 1, 0);
    id = t->ids.sep;
    slow_api_window(na, fa ? fa : 1, fa && d ? d->stride : 0, d && d->left == BERT_ON, ka, &from, &to);
    slow_api_copy(out, a, from, fa ? to : from, 0);
    slow_api_copy(out, &special, 0, 1, 0);
    if (b) {
        slow_api_window(nb, fb ? fb : 1, fb && d ? d->stride : 0, d && d->left == BERT_ON, kb, &from, &to);
        slow_api_copy(out, b, from, fb ? to : from, 1);
        slow_api_copy(out, &special, 0, 1, 1);
    }
    return out->count > out->capacity && (out->capacity || out->ids) ? BERT_ERROR_SPACE : BERT_OK;
}
TEST_FN bert_status slow_api_encode_pair(const slow_api *t, const bert_pair_desc *d, const char *a, size_t a_size, const char *b,
                                        size_t b_size, bert_encoding *out)
{
    bert_encoding e[2];
    const char *text[2];
    size_t size[2];
    int i;
    bert_status st;
    text[0] = a; text[1] = b; size[0] = a_size; size[1] = b_size;
    memset(e, 0, sizeof e);
    for (i = 0; i < 2 && text[i]; i++) {
        e[i].capacity = size[i] + 1;
        e[i].ids = (int32_t *)calloc(e[i].capacity, sizeof(int32_t));
        e[i].words = (int32_t *)calloc(e[i].capacity, sizeof(int32_t));
        e[i].begin = (size_t *)calloc(e[i].capacity * 4, sizeof(size_t));
        if (!e[i].ids || !e[i].words || !e[i].begin) abort();
        e[i].end = e[i].begin + e[i].capacity;
        e[i].char_begin = e[i].end + e[i].capacity;
        e[i].char_end = e[i].char_begin + e[i].capacity;
        slow_api_encode(t, text[i], size[i], &e[i]);
    }
    st = slow_api_join(t, d, &e[0], b ? &e[1] : NULL, out, NULL);
    for (i = 0; i < 2; i++) { free(e[i].ids); free(e[i].words); free(e[i].begin); }
    return st;
}
TEST_FN bert_status slow_api_stream_open(const slow_api *t, const bert_allocator *allocator, slow_api_stream **out)
{
    (void)allocator;
    *out = (slow_api_stream *)calloc(1, sizeof **out);
    if (!*out) abort();
    (*out)->tokenizer = t;
    return BERT_OK;
}
TEST_FN bert_status slow_api_stream_feed(slow_api_stream *s, const char *text, size_t size, bert_encoding *out)
{
    s->text = (char *)realloc(s->text, s->size + size + 1);
    if (!s->text) abort();
    memcpy(s->text + s->size, text, size);
    s->size += size;
    out->count = 0;
    return BERT_OK;
}
TEST_FN bert_status slow_api_stream_finish(slow_api_stream *s, bert_encoding *out)
{
    bert_status st = slow_api_encode(s->tokenizer, s->text ? s->text : "", s->size, out);
    s->size = 0;
    return st;
}
TEST_FN void slow_api_stream_close(slow_api_stream *s) { if (s) { free(s->text); free(s); } }

#define bert_tokenizer slow_api
#define bert_stream slow_api_stream
#define bert_tokenizer_open slow_api_open
#define bert_tokenizer_close slow_api_close
#define bert_tokenizer_size slow_api_size
#define bert_tokenizer_token slow_api_token
#define bert_tokenizer_id slow_api_id
#define bert_tokenizer_key_count slow_api_key_count
#define bert_tokenizer_key slow_api_key
#define bert_tokenizer_special_ids slow_api_special_ids
#define bert_tokenizer_encode slow_api_encode
#define bert_tokenizer_encode_pair slow_api_encode_pair
#define bert_encoding_join slow_api_join
#define bert_tokenizer_words slow_api_words
#define bert_stream_open slow_api_stream_open
#define bert_stream_feed slow_api_stream_feed
#define bert_stream_finish slow_api_stream_finish
#define bert_stream_close slow_api_stream_close

#endif
