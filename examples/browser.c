/* browser.c - a question and a passage to tokens, attention and the answer, as JSON: what the page of browser.html calls
   SPDX-License-Identifier: MIT-0 OR Unlicense

      make -C examples browser                                    with emcc: bin/browser.html, one page that works offline
      cc -O2 browser.c -lm && ./a.out MODEL "a question" "a passage"     the same here, for a look and for the tests

   Two functions are all the page needs; memory is the page's, there are no files and no threads. */
#ifdef __EMSCRIPTEN__
#define BERT_NO_STDIO
#include <emscripten.h>
#define EXPORT EMSCRIPTEN_KEEPALIVE
#else
#define EXPORT
#endif
#define BERT_NO_THREADS
#define BERT_NO_TRAIN
#define BERT_NO_DATA
#define BERT_NO_TF
#define BERT_NO_PICKLE
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "page.h"
#include <math.h>

enum { ROOM = 512, LAYERS = 24, LONGEST = 30 };
static bert_error err;
static bert_config config;
static bert_model *model;
static bert_tokenizer *tok;
static bert_session *session;
static page out;                        /* the JSON, made anew by each call */

static const char *failed(void)
{
    out.size = 0;
    page_print(&out, "{\"error\": ");
    page_json(&out, err.message, strlen(err.message));
    page_print(&out, "}");
    return out.data;
}
static const char *open_session(void)
{
    bert_session_desc sd = { 0 };
    sd.model = model;
    sd.max_tokens = ROOM;
    sd.error = &err;
    if (bert_session_open(&sd, &session)) return failed();
    out.size = 0;
    page_print(&out, "{}");
    return out.data;
}
/* A span of the passage, or [CLS] twice: no answer. */
static int answers(const int32_t *segments, const int32_t *words, int64_t i, int64_t k)
{
    return (!i && !k) || (segments[i] && segments[k] && words[i] >= 0 && words[k] >= 0);
}

/* Weights as safetensors, with a span head; they must stay. Answers {} or {"error": ...}. */
extern EXPORT const char *browser_open(const void *weights, int weights_size, const char *config_text, const char *vocab, int lower_case);
EXPORT const char *browser_open(const void *weights, int weights_size, const char *config_text, const char *vocab, int lower_case)
{
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    md.data = weights;
    md.size = (size_t)weights_size;
    md.config = &config;
    md.heads = BERT_HEAD_SPAN;
    td.data = vocab;
    td.size = strlen(vocab);
    td.lower_case = lower_case ? BERT_ON : BERT_OFF;
    md.error = td.error = &err;
    if (bert_config_parse(config_text, strlen(config_text), "config.json", &config, &err) || bert_model_open(&md, &model) || bert_tokenizer_open(&td, &tok)) return failed();
    return open_session();
}

/* {"tokens": [[text, segment, begin, end], ...], "layers": L, "heads": H, "attention": [per cent: L*H*S*S], "begin": ..., "end": ...,
   "probability": ...}: begin = end = 0: the passage does not say. Bytes of the passage. */
extern EXPORT const char *browser_ask(const char *question, const char *passage);
EXPORT const char *browser_ask(const char *question, const char *passage)
{
    static int32_t ids[ROOM], segments[ROOM], words[ROOM];
    static size_t begin[ROOM], end[ROOM];
    static float spans[ROOM * 2];
    float *layers[LAYERS], *attention;
    bert_pair_desc pair = { 0 };
    bert_encoding e = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int64_t offsets[2] = { 0, 0 }, s, i, k, best_i = 0, best_k = 0, square;
    double best = -1e30, sum = 0;
    if (config.layers > LAYERS) { snprintf(err.message, sizeof err.message, "more layers than this page has room for"); return failed(); }
    pair.max_tokens = config.max_positions < ROOM && !config.max_relative_position ? (size_t)config.max_positions : ROOM;
    pair.truncation = BERT_TRUNCATE_SECOND;
    pair.error = &err;
    e.ids = ids;  e.segment_ids = segments;  e.words = words;  e.begin = begin;  e.end = end;
    e.capacity = ROOM;
    if (bert_tokenizer_encode_pair(tok, &pair, question, strlen(question), passage, strlen(passage), &e)) return failed();
    s = offsets[1] = (int64_t)e.count;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    batch.segment_ids = segments;
    result.spans = spans;
    square = config.heads * s * s;
    attention = malloc((size_t)(config.layers * square) * sizeof(float));
    for (i = 0; attention && i < config.layers; i++) layers[i] = attention + i * square;
    if (attention) result.attention = layers;                           /* (else the page goes without) */
    if (bert_session_run(session, &batch, &result, &err)) { free(attention); return failed(); }

    for (i = 0; i < s; i++)                                             /* the best span, and its probability among all of them */
        for (k = i; k < s && k < i + LONGEST; k++)
            if (answers(segments, words, i, k)) {
                const double x = (double)spans[2 * i] + (double)spans[2 * k + 1];
                if (x > best) { sum *= exp(best - x); best = x; best_i = i; best_k = k; }
                sum += exp(x - best);
            }
    out.size = 0;
    page_print(&out, "{\"tokens\": [");
    for (i = 0; i < s; i++) {
        const char *t = bert_tokenizer_token(tok, ids[i], NULL);
        page_print(&out, i ? ", [" : "[");
        page_json(&out, t, strlen(t));
        page_print(&out, ", %d, %d, %d]", (int)segments[i], (int)begin[i], (int)end[i]);
    }
    page_print(&out, "], \"layers\": %d, \"heads\": %d, \"attention\": [", (int)config.layers, (int)config.heads);
    for (i = 0; i < config.layers * square; i++) page_print(&out, i ? ",%d" : "%d", attention ? (int)(100 * attention[i] + 0.5f) : 0);
    free(attention);
    page_print(&out, "], \"begin\": %d, \"end\": %d, \"probability\": 0.%03d}", (int)(best_i ? begin[best_i] : 0), (int)(best_i ? end[best_k] : 0), (int)(999 / sum + 0.5));
    return out.data;
}

#ifndef __EMSCRIPTEN__
int main(int argc, char **argv)
{
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    if (argc != 4) { fprintf(stderr, "usage: browser MODEL QUESTION PASSAGE\n"); return 2; }
    md.path = argv[1];
    md.heads = BERT_HEAD_SPAN;
    md.error = td.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) { fprintf(stderr, "browser: %s\n", err.message); return 1; }
    config = *bert_model_config(model);
    printf("%s\n", strcmp(open_session(), "{}") == 0 ? browser_ask(argv[2], argv[3]) : out.data);
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    free(out.data);
    return err.message[0] != 0;
}
#endif
