/* private.c - lets golden.c reach a few private functions without a copy of the implementation in golden.c itself
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Opening a bundle compares only small tensors with their checksums, so that opening stays fast; a golden test wants all. */
#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_IMPLEMENTATION
#include "bert.h"

bert_status hook_bundle_verify(const char *prefix, bert_error *error);
void hook_relative_table(float *out, int64_t max, int64_t depth);
int64_t hook_relative_row(int64_t query, int64_t key, int64_t max);
int hook_record(const bert_file *f, size_t *at, const unsigned char **data, size_t *size);
int64_t hook_feature(const unsigned char *data, size_t size, const char *name, double *out, int64_t room);

void hook_relative_table(float *out, int64_t max, int64_t depth) { bert__relative_table(out, max, depth); }
int64_t hook_relative_row(int64_t query, int64_t key, int64_t max) { return bert__relative_row(query, key, max); }

bert_status hook_bundle_verify(const char *prefix, bert_error *error)
{
    bert__files_from from = bert__from_directory();
    bert__arena arena;
    bert_checkpoint *c;
    bert_status st = BERT_ERROR_MEMORY;
    bert__arena_init(&arena, NULL, 4096);
    c = (bert_checkpoint *)bert__arena_get(&arena, sizeof *c);
    if (!c) return st;
    memset(c, 0, sizeof *c);
    c->arena = arena;
    bert__buf_init(&c->tensors, NULL);
    c->error = error;
    st = bert__open_bundle(c, prefix, &from);
    if (st == BERT_OK) st = bert__bundle_verify(c, prefix, &from);
    c->error = NULL;
    bert_checkpoint_close(c);
    return st;
}

/* The next record of a file, its checksums checked; 0 at the end, -1 when damaged. */
int hook_record(const bert_file *f, size_t *at, const unsigned char **data, size_t *size)
{
    bert__crc crc;
    uint64_t n;
    if (*at == f->size) return 0;
    if (f->size - *at < 16) return -1;
    bert__crc_init(&crc, BERT__CRC_CASTAGNOLI);
    n = bert__load64(f->data + *at);
    if (n > f->size - *at - 16 || bert__crc_mask(bert__crc_add(&crc, 0, f->data + *at, 8)) != bert__load32(f->data + *at + 8)) return -1;
    *data = f->data + *at + 12;
    *size = (size_t)n;
    if (bert__crc_mask(bert__crc_add(&crc, 0, *data, *size)) != bert__load32(*data + n)) return -1;
    *at += (size_t)n + 16;
    return 1;
}
/* The numbers of a feature of a tf.train.Example; how many there are, -1 without it. */
int64_t hook_feature(const unsigned char *data, size_t size, const char *name, double *out, int64_t room)
{
    bert__proto example = bert__proto_begin(data, size), features, entry, feature, list;
    int64_t n = 0;
    if (bert__proto_next(&example) != 1 || example.field != 1) return -1;
    for (features = bert__proto_begin(example.bytes, example.size); bert__proto_next(&features) == 1;) {
        const unsigned char *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        for (entry = bert__proto_begin(features.bytes, features.size); bert__proto_next(&entry) == 1;) {
            if (entry.field == 1) { key = entry.bytes; key_size = entry.size; }
            if (entry.field == 2) { value = entry.bytes; value_size = entry.size; }
        }
        if (!key || key_size != strlen(name) || memcmp(key, name, key_size) != 0 || !value) continue;
        for (feature = bert__proto_begin(value, value_size); bert__proto_next(&feature) == 1;)
            for (list = bert__proto_begin(feature.bytes, feature.size); bert__proto_next(&list) == 1;) {
                const unsigned char *p = list.bytes, *end = p ? p + list.size : NULL;
                const int packed = list.kind == 2;
                do {
                    uint64_t v = list.value;
                    if (packed && p >= end) break;
                    if (packed && feature.field == 2) { v = bert__load32(p); p += 4; }
                    else if (packed && !bert__varint(&p, end, &v)) return -1;
                    if (n < room) {
                        const uint32_t bits = (uint32_t)v;
                        float f;
                        memcpy(&f, &bits, 4);
                        out[n] = feature.field == 2 ? (double)f : (double)(int64_t)v;
                    }
                    n++;
                } while (packed);
            }
        return n;
    }
    return -1;
}
