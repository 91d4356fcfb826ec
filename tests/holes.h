/* holes.h - files of many GB that are nearly all holes, for what readers do behind 2^31 and 2^32
   SPDX-License-Identifier: MIT-0 OR Unlicense
   Include before the headers of the system: it asks for offsets of 64 bits. */
#ifndef HOLES_H
#define HOLES_H
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include <stdint.h>
#include <stdio.h>
#ifndef _WIN32
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#endif

/* So many bytes at such a place of a file; everything else reads as 0. */
typedef struct holes_part { int64_t at; const void *data; size_t size; } holes_part;

/* Makes the file. NULL, or why it cannot be made here, with no file left. */
static const char *holes_make(const char *path, const holes_part *parts, int count)
{
#ifdef _WIN32
    (void)path; (void)parts; (void)count;
    return "files with holes are made on POSIX systems only";
#else
    struct stat info;
    int file, i, good;
    if (sizeof(size_t) < 8) return "there are no such addresses";
    if ((file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) < 0) return "no file can be made here";
    good = pwrite(file, "", 1, (off_t)64 << 20) == 1 && fstat(file, &info) == 0 && (int64_t)info.st_blocks * 512 < (1 << 20);     /* a small one first */
    for (i = 0; i < count && good; i++) good = pwrite(file, parts[i].data, parts[i].size, (off_t)parts[i].at) == (ssize_t)parts[i].size;
    close(file);
    if (good) return NULL;
    remove(path);
    return "this file system has no holes, or no files of 4 GB";
#endif
}
#endif
