/* safetensors.c - fuzz: any bytes are a checkpoint or a clean error; what opens can be read whole
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Each input is opened twice: as a file, and as the header of a file whose length and number of values are right, so that
   damage reaches what lies behind the first checks. */
#include <stdlib.h>
#include "bert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

/* An allocator that counts, so that memory in proportion to the input is a promise that can be broken. */
static size_t now, peak;
static void *counted(size_t size, void *user)
{
    size_t *p = (size_t *)malloc(size + 16);
    (void)user;
    if (!p) return NULL;
    *p = size;
    now += size;
    if (now > peak) peak = now;
    return (char *)p + 16;
}
static void counted_free(void *memory, void *user)
{
    size_t *p = (size_t *)(void *)((char *)memory - 16);
    (void)user;
    now -= *p;
    free(p);
}

static void open_one(const uint8_t *data, size_t size)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_error error;
    bert_status s;
    int64_t i;
    memset(&d, 0, sizeof d);
    memset(&error, 0, sizeof error);
    d.data = data;
    d.size = size;
    d.error = &error;
    d.allocator.alloc = counted;
    d.allocator.free = counted_free;
    now = peak = 0;
    s = bert_checkpoint_open(&d, &c);
    MUST(peak <= 64 * size + (4 << 20));                                /* the tree of a JSON index takes most */
    if (s != BERT_OK) {
        MUST(c == NULL && now == 0 && error.code == s && error.message[0] && error.offset <= (int64_t)size);
        MUST(strlen(error.message) < sizeof error.message && strchr(error.message, '\n') == NULL);
        return;
    }
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        size_t n = (size_t)t->count * bert_dtype_size(t->dtype);
        void *out = malloc(n + 1);
        MUST(out != NULL && n / 4 <= 64 * size);
        if (t->dtype != BERT_STRING) MUST(bert_tensor_read(t, t->dtype, out, t->count, NULL) == BERT_OK);
        MUST(bert_checkpoint_find(c, t->name) == t);
        free(out);
    }
    bert_checkpoint_metadata(c, "format");
    bert_checkpoint_close(c);
    MUST(now == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t values = size ? data[size - 1] : 0, n = size > 8 ? size - 8 : 0, k;
    uint8_t *file = (uint8_t *)malloc(n + values + 8);
    if (!size) { free(file); return 0; }
    open_one(data, size);
    MUST(file != NULL);
    while (n && data[8 + n - 1] != '}') n--;                            /* the header ends there */
    for (k = 0; k < 8; k++) file[k] = (uint8_t)((uint64_t)n >> 8 * k & 255);
    if (n) memcpy(file + 8, data + 8, n);
    memset(file + 8 + n, 1, values);
    open_one(file, 8 + n + values);
    free(file);
    return 0;
}

#include "driver.h"
