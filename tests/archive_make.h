/* archive_make.h - zip archives, for those who read them
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Include after test.h. */
#ifndef ARCHIVE_MAKE_H
#define ARCHIVE_MAKE_H

/* A zip archive being made. Method 8 is deflate, here of blocks that are not compressed. */
typedef struct archive { unsigned char *data, *directory; size_t size, directory_size; int entries; } archive;
TEST_FN size_t archive_number(unsigned char *p, uint64_t v, int bytes) { int k; for (k = 0; k < bytes; k++) p[k] = (unsigned char)(k < 8 ? v >> 8 * k & 255 : 0); return (size_t)bytes; }
TEST_FN uint32_t archive_crc(const unsigned char *p, size_t n)
{
    uint32_t c = 0xFFFFFFFF;
    int k;
    for (; n; n--, p++) for (c ^= *p, k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
    return ~c;
}
TEST_FN void archive_begin(archive *a)
{
    memset(a, 0, sizeof *a);
    a->data = (unsigned char *)malloc(1 << 21);
    a->directory = (unsigned char *)malloc(1 << 14);
    if (!a->data || !a->directory) abort();
}
TEST_FN void archive_add(archive *a, const char *name, const void *data, size_t size, int deflated)
{
    unsigned char *p = a->data + a->size, *d = a->directory + a->directory_size;
    const size_t n = strlen(name), start = a->size, packed = deflated ? size + 5 * ((size + 65534) / 65535) : size;
    const uint32_t crc = archive_crc((const unsigned char *)data, size);
    size_t done, part;
    p += archive_number(p, 0x04034B50, 4); p += archive_number(p, 20, 2); p += archive_number(p, 0, 2); p += archive_number(p, deflated ? 8 : 0, 2); p += archive_number(p, 0, 4);
    p += archive_number(p, crc, 4); p += archive_number(p, packed, 4); p += archive_number(p, size, 4); p += archive_number(p, n, 2); p += archive_number(p, 0, 2);
    memcpy(p, name, n); p += n;
    for (done = 0; done < size; done += part) {
        part = deflated && size - done > 65535 ? 65535 : size - done;
        if (deflated) { p += archive_number(p, done + part == size, 1); p += archive_number(p, part, 2); p += archive_number(p, ~part, 2); }
        memcpy(p, (const char *)data + done, part); p += part;
    }
    a->size = (size_t)(p - a->data);
    d += archive_number(d, 0x02014B50, 4); d += archive_number(d, 20, 2); d += archive_number(d, 20, 2); d += archive_number(d, 0, 2); d += archive_number(d, deflated ? 8 : 0, 2); d += archive_number(d, 0, 4);
    d += archive_number(d, crc, 4); d += archive_number(d, packed, 4); d += archive_number(d, size, 4); d += archive_number(d, n, 2); d += archive_number(d, 0, 12); d += archive_number(d, start, 4);
    memcpy(d, name, n); d += n;
    a->directory_size = (size_t)(d - a->directory);
    a->entries++;
}
/* A file of the disk as an entry. */
TEST_FN void archive_file(archive *a, const char *name, const char *path, int deflated)
{
    size_t size = 0;
    char *data = test_read_file(path, &size);
    if (!data) TEST_FAIL("cannot read %s", path);
    else archive_add(a, name, data, size, deflated);
    free(data);
}
TEST_FN void archive_end(archive *a)
{
    unsigned char *p = a->data + a->size;
    memcpy(p, a->directory, a->directory_size);
    p += a->directory_size;
    p += archive_number(p, 0x06054B50, 4); p += archive_number(p, 0, 4); p += archive_number(p, (uint64_t)a->entries, 2); p += archive_number(p, (uint64_t)a->entries, 2);
    p += archive_number(p, a->directory_size, 4); p += archive_number(p, a->size, 4); p += archive_number(p, 0, 2);
    a->size = (size_t)(p - a->data);
}
TEST_FN void archive_free(archive *a) { free(a->data); free(a->directory); }

#endif
