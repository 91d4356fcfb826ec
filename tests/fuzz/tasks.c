/* tasks.c - fuzz: any bytes are a data set, words with labels, or a clean error
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The first byte chooses the reader: 0 to 31 a task, 32 to 63 the same in another split, 64 and more NEZHA's or the robust reader
   of words and labels, whose tags are then scored. */
#ifndef BERT_IMPLEMENTATION
#define BERT_STATIC
#define BERT_IMPLEMENTATION
#include "bert.h"
#endif
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)
enum { FUZZ_LENGTH = 9 };

static int inside(const void *p, size_t n, const uint8_t *data, size_t size)
{
    const uint8_t *q = (const uint8_t *)p;
    return q >= data && q <= data + size && n <= (size_t)(data + size - q);
}
static void fuzz_dataset(const bert_tokenizer *tok, int task, bert_split split, const uint8_t *data, size_t size)
{
    int32_t a[3][FUZZ_LENGTH];
    bert_dataset_desc d;
    bert_dataset *t = NULL;
    bert_dataset_example e;
    bert_features f;
    bert_error error;
    bert_status s;
    size_t labels = 0;
    int got = 1;
    memset(&e, 0, sizeof e);
    memset(&f, 0, sizeof f);
    memset(&d, 0, sizeof d);
    memset(&e, 0, sizeof e);
    memset(&f, 0, sizeof f);
    memset(&error, 0, sizeof error);
    d.task = bert_dataset_name((size_t)task);
    if (!d.task) return;
    d.data = data;
    d.size = size;
    d.split = split;
    d.text_a = "1";
    d.text_b = "text";
    d.label = "3";
    d.error = &error;
    s = bert_dataset_open(&d, &t);
    if (s != BERT_OK) { MUST(!t && error.message[0] && error.code == s); return; }
    bert_dataset_labels(t, &labels);
    f.input_ids = a[0];
    f.input_mask = a[1];
    f.segment_ids = a[2];
    while ((s = bert_dataset_next(t, &e, &got, &error)) == BERT_OK && got) {
        MUST(inside(e.text_a.data, e.text_a.size, data, size) && (!e.text_b.data || inside(e.text_b.data, e.text_b.size, data, size)));
        MUST(bert_dataset_is_regression(t) || (e.label_id >= 0 && (size_t)e.label_id < labels));
        MUST(e.guid && e.line > 0);
        MUST(bert_features_encode(tok, &e.text_a, &e.text_b, FUZZ_LENGTH, &f, &error) == BERT_OK && f.count >= 2 && f.count <= FUZZ_LENGTH);
    }
    MUST(s == BERT_OK || (s == BERT_ERROR_FORMAT && error.message[0] && error.line > 0));
    bert_dataset_close(t);
}
static void fuzz_ner(const bert_tokenizer *tok, bert_ner_reader reader, int scheme, const uint8_t *data, size_t size)
{
    int32_t a[5][FUZZ_LENGTH];
    bert_ner_desc d;
    bert_ner *r = NULL;
    bert_ner_sentence e;
    bert_ner_features f;
    bert_labels labels;
    bert_entity_scores *scores = NULL;
    bert_entity_metrics m;
    bert_error error;
    bert_status s;
    size_t i, found = 0;
    int got = 1;
    memset(&d, 0, sizeof d);
    memset(&e, 0, sizeof e);
    memset(&f, 0, sizeof f);
    memset(&m, 0, sizeof m);
    memset(&labels, 0, sizeof labels);
    memset(&f, 0, sizeof f);
    memset(&m, 0, sizeof m);
    memset(&error, 0, sizeof error);
    d.data = data;
    d.size = size;
    d.reader = reader;
    d.error = &error;
    s = bert_ner_labels(&d, &labels);
    if (s != BERT_OK) { MUST(s == BERT_ERROR_FORMAT && error.message[0]); return; }
    MUST(bert_ner_open(&d, &r) == BERT_OK && bert_entity_scores_open((bert_tag_scheme)scheme, NULL, &scores, &error) == BERT_OK);
    f.input_ids = a[0];
    f.input_mask = a[1];
    f.segment_ids = a[2];
    f.label_ids = a[3];
    f.words = a[4];
    while (bert_ner_next(r, &e, &got, &error) == BERT_OK && got) {
        bert_entity *entities = (bert_entity *)malloc((e.count + 1) * sizeof *entities);
        MUST(entities && e.count > 0);
        for (i = 0; i < e.count; i++) MUST(inside(e.words[i], e.sizes[i], data, size) && e.labels[i].size && inside(e.labels[i].data, e.labels[i].size, data, size));
        MUST(bert_ner_encode(tok, &e, labels.names, labels.count, BERT_NER_ALL, FUZZ_LENGTH, &f, &error) == BERT_OK && f.words_cut <= e.count);
        for (i = 0; i < FUZZ_LENGTH; i++) MUST(f.words[i] < 0 ? f.label_ids[i] == BERT_LABEL_IGNORED : (size_t)f.words[i] < e.count && f.label_ids[i] >= 0 && (size_t)f.label_ids[i] < labels.count);
        s = bert_entities(e.labels, e.count, (bert_tag_scheme)scheme, entities, e.count, &found, &error);
        MUST(s == BERT_OK || s == BERT_ERROR_FORMAT);
        if (s == BERT_OK) for (i = 0; i < found; i++) MUST(entities[i].begin < entities[i].end && entities[i].end <= e.count && (!i || entities[i - 1].end < entities[i].end));
        s = bert_entity_scores_add(scores, e.labels, e.labels, e.count, &error);
        MUST(s == BERT_OK || (s == BERT_ERROR_FORMAT && error.message[0]));
        free(entities);
    }
    MUST(!got && bert_entity_scores_result(scores, &m, &error) == BERT_OK);
    MUST(!m.support || (m.f1 == 1 && m.accuracy == 1));
    bert_entity_scores_close(scores);
    bert_ner_close(r);
    bert_labels_free(&labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n##a\n##b\n";
    static bert_tokenizer *tok;
    int kind;
    if (!tok) {
        bert_tokenizer_desc d;
        memset(&d, 0, sizeof d);
        d.data = vocabulary;
        d.size = sizeof vocabulary - 1;
        MUST(bert_tokenizer_open(&d, &tok) == BERT_OK);
    }
    if (!size || size > 1 << 16) return 0;
    kind = *data++;
    size--;
    if (kind < 64) fuzz_dataset(tok, kind & 31, kind < 32 ? BERT_SPLIT_DEV : BERT_SPLIT_TRAIN, data, size);
    else fuzz_ner(tok, kind & 128 ? BERT_NER_ROBUST : BERT_NER_NEZHA, kind % 7, data, size);
    return 0;
}

#include "driver.h"
