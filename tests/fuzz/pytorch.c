/* pytorch.c - fuzz: any bytes are a PyTorch file or a clean error, in memory that fits them
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The first byte says how the rest is taken: 'r' as a whole file; 'p' as the pickle of an archive whose storages "0" to
   "3" have 16 bytes each, with right checksums around it, so that damage reaches the pickle; 'i' as compressed bytes. */
#include <stdlib.h>
#ifndef BERT_IMPLEMENTATION
#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_IMPLEMENTATION
#endif
#include "bert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

#ifdef BERT_NO_PICKLE
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { (void)data; (void)size; return 0; }
#else

/* Memory is counted. */
static size_t in_use, most;
static void *take(size_t size, void *user)
{
    char *p = (char *)malloc(size + 16);
    (void)user;
    if (!p) return NULL;
    memcpy(p, &size, sizeof size);
    in_use += size;
    if (in_use > most) most = in_use;
    return p + 16;
}
static void give(void *memory, void *user)
{
    char *p = (char *)memory - 16;
    size_t size;
    (void)user;
    memcpy(&size, p, sizeof size);
    in_use -= size;
    free(p);
}

static void open_and_read(const uint8_t *data, size_t size)
{
    bert_allocator allocator;
    bert__arena arena;
    bert_error error;
    bert_checkpoint *c;
    bert_status s;
    int64_t i;
    allocator.alloc = take;
    allocator.free = give;
    allocator.user = NULL;
    most = in_use;
    memset(&error, 0, sizeof error);
    bert__arena_init(&arena, &allocator, 4096);
    c = (bert_checkpoint *)bert__arena_get(&arena, sizeof *c);
    MUST(c != NULL);
    memset(c, 0, sizeof *c);
    c->arena = arena;
    bert__buf_init(&c->tensors, &allocator);
    c->error = &error;
    c->path = "fuzz";
    c->file_bytes = size;
    s = bert__open_pytorch(c, "fuzz", data, size);
    MUST(most <= ((size_t)4 << 20) + size * 512);
    if (s != BERT_OK) {
        MUST(error.code == s && error.message[0] && strchr(error.message, '\n') == NULL);
        MUST(error.offset <= (int64_t)size);
    }
    for (i = 0; s == BERT_OK && i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        const size_t n = (size_t)t->count * bert_dtype_size(t->dtype);
        unsigned char *values;
        MUST(bert_checkpoint_find(c, t->name) == t && n <= size * 4 + 64);
        values = (unsigned char *)malloc(n + 1);
        MUST(values != NULL && bert_tensor_read(t, t->dtype, values, t->count, NULL) == BERT_OK);
        free(values);
    }
    bert_checkpoint_close(c);
    MUST(in_use == 0);
}

static void add(bert__buf *b, uint64_t v, int n) { char c; while (n--) { c = (char)(v & 255); bert__buf_add(b, &c, 1); v >>= 8; } }

static void entry(bert__buf *b, bert__buf *directory, const char *name, const void *data, size_t size)
{
    const size_t at = b->size;
    int k;
    for (k = 0; k < 2; k++) {                                           /* CRC 0: not counted */
        bert__buf *to = k ? directory : b;
        add(to, k ? 0x02014B50 : 0x04034B50, 4);
        add(to, 0, k ? 12 : 10);
        add(to, 0, 4);
        add(to, size, 4);
        add(to, size, 4);
        add(to, strlen(name), 2);
        add(to, 0, 2);
        if (k) { add(to, 0, 10); add(to, at, 4); }
        bert__buf_add(to, name, strlen(name));
    }
    bert__buf_add(b, data, size);
}
static void as_pickle(const uint8_t *data, size_t size)
{
    static const char *const keys[] = { "a/data/0", "a/data/1", "a/data/2", "a/data/3" };
    bert__buf b, directory;
    uint8_t *exact;
    size_t k, at;
    bert__buf_init(&b, NULL);
    bert__buf_init(&directory, NULL);
    entry(&b, &directory, "a/data.pkl", data, size);
    for (k = 0; k < 4; k++) entry(&b, &directory, keys[k], "0123456789ABCDEF", 16);
    at = b.size;
    bert__buf_add(&b, directory.data, directory.size);
    add(&b, 0x06054B50, 4);
    add(&b, 0, 4);
    add(&b, 5, 2);
    add(&b, 5, 2);
    add(&b, directory.size, 4);
    add(&b, at, 4);
    add(&b, 0, 2);
    exact = (uint8_t *)malloc(b.size);
    MUST(exact != NULL);
    memcpy(exact, b.data, b.size);
    open_and_read(exact, b.size);
    free(exact);
    bert__buf_free(&b);
    bert__buf_free(&directory);
}
static void as_compressed(const uint8_t *data, size_t size)
{
    bert__inflater *s = (bert__inflater *)malloc(sizeof *s);
    const size_t room = size ? data[0] * 64u : 0;
    const char *wrong;
    MUST(s != NULL);
    memset(s, 0, sizeof *s);
    s->p = data + (size ? 1 : 0);
    s->end = data + size;
    s->out = (unsigned char *)malloc(room + 1);
    s->size = room;
    MUST(s->out != NULL);
    wrong = bert__inflate(s);
    MUST(s->at <= room && (wrong || s->at == room));
    free(s->out);
    free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    if (data[0] == 'p') as_pickle(data + 1, size - 1);
    else if (data[0] == 'i') as_compressed(data + 1, size - 1);
    else open_and_read(data + 1, size - 1);
    return 0;
}
#endif

#include "driver.h"
