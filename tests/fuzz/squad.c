/* squad.c - fuzz: any bytes are questions about passages, which become windows, answers and scores, or a clean error with its place
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The first byte chooses: 1 training, 2 version 2, 4 words by ideographs, 8 not, 16 and 32 the metric. Then the questions; behind a
   byte of 255 (which no JSON has) predictions to score, behind another the probabilities of no answer. */
#include <stdlib.h>
#include "bert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)
enum { FUZZ_LENGTH = 12, FUZZ_WINDOWS = 300 };

static int fuzz_within(bert_slice part, bert_slice whole) { return part.text >= whole.text && part.size <= whole.size && part.text + part.size <= whole.text + whole.size; }

static void fuzz_questions(const bert_tokenizer *tok, const bert_squad *s, int training, int version_2)
{
    int32_t ids[FUZZ_LENGTH], words[FUZZ_LENGTH];
    uint8_t best[FUZZ_LENGTH];
    float x[2 * FUZZ_LENGTH];
    bert_squad_features_desc fd;
    bert_squad_answers_desc ad;
    bert_squad_features *features = NULL;
    bert_squad_answers *answers = NULL;
    bert_squad_feature f;
    bert_error error;
    int64_t i, k, windows = 0;
    for (i = 0; i < bert_squad_count(s); i++) {
        const bert_squad_question *q = bert_squad_get(s, i);
        for (k = 0; k < q->word_count; k++) MUST(q->words[k].size && fuzz_within(q->words[k], q->context));
        if (training && !q->impossible) MUST(q->start >= 0 && q->start < q->word_count && q->end >= 0 && q->end < q->word_count);
        else MUST(q->start == -1 && q->end == -1);
    }
    memset(&fd, 0, sizeof fd);
    memset(&ad, 0, sizeof ad);
    memset(&f, 0, sizeof f);
    fd.squad = ad.squad = s;
    fd.tokenizer = ad.tokenizer = tok;
    fd.error = ad.error = &error;
    fd.max_seq_length = FUZZ_LENGTH;
    fd.max_query_length = 4;
    fd.doc_stride = 3;
    ad.n_best = 5;
    ad.version_2 = version_2;
    f.ids = ids;
    f.words = words;
    f.max_context = best;
    MUST(bert_squad_features_open(&fd, &features) == BERT_OK && bert_squad_answers_open(&ad, &answers) == BERT_OK);
    for (i = 0; i < 2 * FUZZ_LENGTH; i++) x[i] = (float)((i * 7 + 3) % 11);
    while (windows++ < FUZZ_WINDOWS) {
        MUST(bert_squad_features_next(features, &f) == BERT_OK);
        if (!f.tokens) break;
        MUST(f.tokens <= FUZZ_LENGTH && f.question < bert_squad_count(s));
        for (k = 0; k < FUZZ_LENGTH; k++) MUST(words[k] >= -1 && words[k] < bert_squad_get(s, f.question)->word_count && (k < f.tokens || words[k] == -1));
        MUST(training ? f.start >= 0 && f.start < f.tokens && f.end >= 0 && f.end < f.tokens : f.start == -1 && f.end == -1);
        MUST(bert_squad_answers_add(answers, &f, x, x + 1, f.tokens, 2) == BERT_OK);
    }
    MUST(bert_squad_answers_finish(answers) == BERT_OK);
    for (i = 0; i < bert_squad_count(s); i++) {
        const bert_squad_answer *a = bert_squad_answers_get(answers, i);
        double total = 0;
        MUST(a && a->count > 0 && a->begin <= a->end && a->end <= bert_squad_get(s, i)->context.size);
        for (k = 0; k < a->count; k++) {
            MUST(a->n_best[k].begin <= a->n_best[k].end && a->n_best[k].end <= bert_squad_get(s, i)->context.size);
            total += a->n_best[k].probability;
        }
        MUST(total > 0.999 && total < 1.001);
    }
    bert_squad_answers_close(answers);
    bert_squad_features_close(features);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n##a\n##b\nthe\n.\n?\nred\ndog\n##s\n狗\n";
    static bert_tokenizer *tok;
    const uint8_t *part[3] = { NULL, NULL, NULL };
    size_t sizes[3] = { 0, 0, 0 }, i, from = 0;
    bert_squad_desc d;
    bert_squad *s = NULL;
    bert_squad_score_desc sd;
    bert_squad_score result;
    bert_error error;
    bert_status st;
    int kind, n = 0;
    if (!tok) {
        bert_tokenizer_desc td;
        memset(&td, 0, sizeof td);
        td.data = vocabulary;
        td.size = sizeof vocabulary - 1;
        MUST(bert_tokenizer_open(&td, &tok) == BERT_OK);
    }
    if (!size || size > 1 << 16) return 0;
    kind = *data++;
    size--;
    for (i = 0; i <= size && n < 3; i++)
        if (i == size || data[i] == 255) { part[n] = data + from; sizes[n++] = i - from; from = i + 1; }
    memset(&d, 0, sizeof d);
    memset(&error, 0, sizeof error);
    d.data = part[0];
    d.size = sizes[0];
    d.training = kind & 1;
    d.version_2 = kind >> 1 & 1;
    d.characters = kind & 4 ? BERT_ON : kind & 8 ? BERT_OFF : BERT_DEFAULT;
    d.error = &error;
    st = bert_squad_open(&d, &s);
    if (st == BERT_OK) fuzz_questions(tok, s, d.training, kind >> 1 & 1);
    else MUST(!s && error.code == st && strstr(error.message, "line "));
    bert_squad_close(s);
    if (n < 2) return 0;
    memset(&sd, 0, sizeof sd);
    sd.data = part[0];
    sd.data_size = sizes[0];
    sd.predictions = part[1];
    sd.predictions_size = sizes[1];
    sd.na_prob = part[2];
    sd.na_prob_size = sizes[2];
    sd.metric = (bert_squad_metric)(kind >> 4 & 3);
    sd.error = &error;
    memset(&result, 0, sizeof result);
    st = bert_squad_evaluate(&sd, &result);
    if (st == BERT_OK) MUST(result.all.total > 0 && result.all.exact >= 0 && result.all.exact <= 100 && result.all.f1 >= 0 && result.all.f1 <= 100.0001);
    else MUST(error.code == st && error.message[0]);
    return 0;
}

#include "driver.h"
