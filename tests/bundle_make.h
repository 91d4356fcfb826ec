/* bundle_make.h - bundles made by hand, block by block, and bundles opened from memory
   SPDX-License-Identifier: MIT-0 OR Unlicense
   Include after the implementation: it calls private functions. */
#ifndef BUNDLE_MAKE_H
#define BUNDLE_MAKE_H

#include <stdlib.h>

/* The files of a bundle in memory: a provider gives those that are there. */
typedef struct made_files {
    const unsigned char *index, *data[3];
    size_t index_size, data_size[3];
    long asked;
} made_files;

static bert_status made_get(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size)
{
    made_files *f = (made_files *)user;
    const char *dot = strrchr(name, '.');
    int k = -1;
    f->asked++;
    if (dot && strcmp(dot, ".index") != 0) {
        k = strlen(dot) == 20 && strncmp(dot, ".data-0000", 10) == 0 && dot[10] >= '0' && dot[10] < '3' ? dot[10] - '0' : 3;
        if (k == 3 || !f->data[k]) return bert__fail(c->error, BERT_ERROR_IO, name, -1, "cannot open: it is not there");
    }
    *data = k < 0 ? f->index : f->data[k];
    *size = k < 0 ? f->index_size : f->data_size[k];
    c->file_bytes += *size;
    return BERT_OK;
}
/* Opens through the private reader; NULL and *status after a failure. `check`: what bert__open_bundle has, or all. */
static bert_checkpoint *made_open(const char *prefix, const bert__files_from *from, const bert_allocator *allocator, int all, bert_status *status, bert_error *error)
{
    bert__arena arena;
    bert_checkpoint *c;
    bert__arena_init(&arena, allocator, 4096);
    c = (bert_checkpoint *)bert__arena_get(&arena, sizeof *c);
    *status = BERT_ERROR_MEMORY;
    if (!c) { bert__fail(error, BERT_ERROR_MEMORY, prefix, -1, "out of memory"); return NULL; }
    memset(c, 0, sizeof *c);
    c->arena = arena;
    bert__buf_init(&c->tensors, allocator);
    c->error = error;
    c->path = prefix;
    *status = bert__open_bundle(c, prefix, from);
    if (*status == BERT_OK && all) *status = bert__bundle_verify(c, prefix, from);
    c->error = NULL;
    if (*status == BERT_OK) return c;
    bert_checkpoint_close(c);
    return NULL;
}
static bert_checkpoint *made_open_files(made_files *f, const bert_allocator *allocator, bert_status *status, bert_error *error)
{
    bert__files_from from;
    from.get = made_get;
    from.user = f;
    return made_open("made/model.ckpt", &from, allocator, 0, status, error);
}

/* ---- an index, put together piece by piece ---- */

typedef struct made { unsigned char bytes[1 << 18]; size_t size; } made;

static void made_raw(made *m, const void *p, size_t n)
{
    if (n > sizeof m->bytes - m->size) abort();
    if (n) memcpy(m->bytes + m->size, p, n);
    m->size += n;
}
static void made_varint(made *m, uint64_t v)
{
    unsigned char b[10];
    size_t n = 0;
    do { b[n] = (unsigned char)(v & 127); v >>= 7; if (v) b[n] |= 128; n++; } while (v);
    made_raw(m, b, n);
}
static void made_u32(made *m, uint32_t v)
{
    unsigned char b[4];
    int k;
    for (k = 0; k < 4; k++) b[k] = (unsigned char)(v >> 8 * k);
    made_raw(m, b, 4);
}
/* CRC-32C bit by bit, masked as the format wants it. */
static uint32_t made_plain_crc(const unsigned char *p, size_t n)
{
    uint32_t c = 0xFFFFFFFFu;
    int k;
    while (n--) for (c ^= *p++, k = 0; k < 8; k++) c = c >> 1 ^ (0x82F63B78u & (0u - (c & 1)));
    return ~c;
}
static uint32_t made_crc(const unsigned char *p, size_t n)
{
    const uint32_t c = made_plain_crc(p, n);
    return (c >> 15 | c << 17) + 0xA282EAD8u;
}
/* An entry of a block. */
static void made_entry(made *m, size_t shared, const char *fresh, size_t fresh_size, const void *value, size_t size)
{
    made_varint(m, shared);
    made_varint(m, fresh_size);
    made_varint(m, size);
    made_raw(m, fresh, fresh_size);
    made_raw(m, value, size);
}
/* A block with its trailer behind it; the handle goes to `handle`. */
static void made_block(made *m, const made *content, unsigned char packed, made *handle)
{
    const size_t at = m->size;
    made_raw(m, content->bytes, content->size);
    made_raw(m, &packed, 1);
    made_u32(m, made_crc(m->bytes + at, content->size + 1));
    made_varint(handle, at);
    made_varint(handle, content->size);
}
/* The whole index around one data block, twice in the index block if `twice`. */
static void made_index(made *m, const made *block, unsigned char packed, int twice)
{
    static made handle, blocks, empty, footer;
    static const unsigned char magic[8] = { 0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB };
    int k;
    handle.size = blocks.size = empty.size = footer.size = m->size = 0;
    made_block(m, block, packed, &handle);
    for (k = 0; k <= twice; k++) made_entry(&blocks, 0, k ? "y" : "x", 1, handle.bytes, handle.size);
    made_u32(&blocks, 0);
    if (twice) made_u32(&blocks, (uint32_t)(4 + handle.size));
    made_u32(&blocks, (uint32_t)twice + 1);
    made_u32(&empty, 0);
    made_u32(&empty, 1);
    made_block(m, &empty, 0, &footer);
    made_block(m, &blocks, 0, &footer);
    memset(footer.bytes + footer.size, 0, 40 - footer.size);
    footer.size = 40;
    made_raw(&footer, magic, 8);
    made_raw(m, footer.bytes, footer.size);
}

#endif
