/* records.c - fuzz: any bytes are a TFRecord file, and an example, or a clean error
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The first byte chooses what the rest is: 0 a whole file; 1 an example. What was parsed is written and must come back the
   same. */
#ifndef BERT_IMPLEMENTATION
#define BERT_STATIC
#define BERT_IMPLEMENTATION
#include "bert.h"
#endif
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

static void records_example(const void *data, size_t size)
{
    bert_example a, b;
    bert_error error;
    bert_status s;
    bert__buf out;
    size_t i, k;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    memset(&error, 0, sizeof error);
    s = bert_example_parse(&a, data, size, NULL, &error);
    if (s != BERT_OK) {
        MUST(s == BERT_ERROR_FORMAT && error.code == s && error.message[0] && !a.count);
        bert_example_free(&a);
        return;
    }
    bert__buf_init(&out, NULL);
    bert__put_example(&out, a.features, a.count, NULL);
    MUST(bert_example_parse(&b, out.data, out.size, NULL, &error) == BERT_OK && a.count == b.count);
    for (i = 0; i < a.count; i++) {
        const bert_feature *f = a.features + i, *g = b.features + i;
        MUST(f->type == g->type && f->count == g->count && f->name_size == g->name_size && memcmp(f->name, g->name, f->name_size) == 0);
        if (i) MUST(bert__compare_names(f[-1].name, f[-1].name_size, f->name, f->name_size) < 0);
        for (k = 0; k < f->count; k++) {
            if (f->type == BERT_FEATURE_INT64) MUST(f->ints[k] == g->ints[k]);
            if (f->type == BERT_FEATURE_FLOAT) MUST(memcmp(f->floats + k, g->floats + k, 4) == 0);
            if (f->type == BERT_FEATURE_BYTES) MUST(f->bytes[k].size == g->bytes[k].size && memcmp(f->bytes[k].data, g->bytes[k].data, f->bytes[k].size) == 0);
        }
    }
    bert__buf_free(&out);
    bert_example_free(&a);
    bert_example_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bert_records_desc d;
    bert_records *r = NULL;
    bert_error error;
    bert_status s;
    const void *record = data;
    size_t n = 0, before;
    int kind;
    if (!size || size > 1 << 17) return 0;
    kind = *data++ & 1;
    size--;
    if (kind) { records_example(data, size); return 0; }
    memset(&d, 0, sizeof d);
    memset(&error, 0, sizeof error);
    d.data = data;
    d.size = size;
    d.error = &error;
    MUST(bert_records_open(&d, &r) == BERT_OK);
    do {
        before = bert_records_tell(r);
        s = bert_records_next(r, &record, &n, &error);
        if (s == BERT_OK && record) {
            MUST(bert_records_tell(r) == before + n + 16 && (const uint8_t *)record == data + before + 12);
            records_example(record, n);
        }
    } while (s == BERT_OK && record);
    MUST(s == BERT_OK ? bert_records_tell(r) == size : s == BERT_ERROR_FORMAT && error.message[0]);
    bert_records_close(r);
    return 0;
}

#include "driver.h"
