/* bundle.c - fuzz: any bytes are the index of a TensorFlow bundle or a clean error
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The first byte chooses what the rest is: 0 a whole index; 1 a data block and 2 a block packed by snappy, around which
   an index with right checksums is made, so that the fuzzer gets past them; 3 the text of the file `checkpoint`. */
#ifndef BERT_IMPLEMENTATION
#define BERT_STATIC
#define BERT_IMPLEMENTATION
#include "bert.h"
#endif
#include "../bundle_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

static void read_all(const bert_checkpoint *c)
{
    int64_t i, k;
    static double values[4096];
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        MUST(bert_checkpoint_find(c, t->name) == t);
        for (k = 0; k < t->rank; k++) MUST(t->shape[k] >= 0);
        if (t->count <= 4096) MUST(bert_tensor_read(t, BERT_F64, values, t->count, NULL) == BERT_OK || t->dtype == BERT_C64 || t->dtype == BERT_STRING);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static made index, block;
    static const unsigned char values[64] = { 0, 0, 128, 63, 0, 0, 0, 64 };
    made_files f;
    bert_error error;
    bert_status status;
    bert_checkpoint *c;
    int kind;
    if (!size || size > 1 << 17) return 0;
    kind = *data++ & 3;
    size--;
    memset(&f, 0, sizeof f);
    memset(&error, 0, sizeof error);
    if (kind == 3) {
        bert__buf name;
        bert__buf_init(&name, NULL);
        status = bert__parse_state("checkpoint", (const char *)data, size, &name, &error);
        MUST(status == BERT_OK ? name.size > 1 && !memchr(name.data, 0, name.size - 1) && !name.data[name.size - 1] : status == BERT_ERROR_FORMAT && error.message[0]);
        bert__buf_free(&name);
        return 0;
    }
    f.index = data;
    f.index_size = size;
    if (kind) {
        block.size = 0;
        made_raw(&block, data, size);
        made_index(&index, &block, (unsigned char)(kind - 1), 0);
        f.index = index.bytes;
        f.index_size = index.size;
    }
    f.data[0] = f.data[1] = values;
    f.data_size[0] = 64;
    f.data_size[1] = 3;
    c = made_open_files(&f, NULL, &status, &error);
    if (c) {
        read_all(c);
        bert_checkpoint_close(c);
    } else {
        MUST(status == BERT_ERROR_FORMAT || status == BERT_ERROR_UNSUPPORTED || status == BERT_ERROR_IO);
        MUST(error.code == status && error.message[0] && strchr(error.message, '\n') == NULL);
    }
    return 0;
}

#include "driver.h"
