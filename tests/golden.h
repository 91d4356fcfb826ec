/* golden.h - what every golden check needs: directories, lines of JSON
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <dirent.h>
#include "test.h"

/* A case that cannot run here, counted by its name. */
static void golden_skip(const char *name, const char *reason)
{
    if (!test_enter("%s", name)) return;
    test_skip("%s", reason);
    test_leave();
}

/* ---- places ---- */

typedef struct golden_place {
    const char *root;                   /* the directory given by --google or --hf */
    const char *dir;                    /* the golden directory in it */
    const char *label;                  /* "google/tokenize": the first part of the names of its cases */
    const char *data;                   /* --data: vocabularies that the goldens do not bring along */
} golden_place;

/* a + "/" + b in a buffer of the caller. */
static const char *golden_path(char *out, size_t size, const char *a, const char *b)
{
    snprintf(out, size, "%s/%s", a, b);
    return out;
}
static int golden_is_directory(const char *path)
{
    DIR *d = opendir(path);
    if (d) closedir(d);
    return d != NULL;
}
static int golden_is_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    int c = f ? getc(f) : 0;
    int ok = f && (c != EOF || !ferror(f));                             /* a directory opens but cannot be read */
    if (f) fclose(f);
    return ok;
}

/* The names in a directory, sorted, so that runs can be compared. */
typedef struct golden_names { char **name; size_t count; } golden_names;

static int golden_compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static golden_names golden_list(const char *dir)
{
    golden_names n = { NULL, 0 };
    struct dirent *e;
    DIR *d = opendir(dir);
    while (d && (e = readdir(d)) != NULL) {
        size_t size = strlen(e->d_name) + 1;
        if (e->d_name[0] == '.') continue;
        n.name = (char **)realloc(n.name, (n.count + 1) * sizeof *n.name);
        if (!n.name || !(n.name[n.count] = (char *)malloc(size))) abort();
        memcpy(n.name[n.count++], e->d_name, size);
    }
    if (d) closedir(d);
    if (n.count) qsort(n.name, n.count, sizeof *n.name, golden_compare_names);
    return n;
}
static void golden_names_free(golden_names *n)
{
    while (n->count) free(n->name[--n->count]);
    free(n->name);
    n->name = NULL;
}

/* ---- names: full_uncased.jsonl is made of the parts "full" and "uncased" ---- */

static int golden_ends(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}
static int golden_starts(const char *name, const char *start) { return strncmp(name, start, strlen(start)) == 0; }

/* Where the part stands in a name, parts being separated by '_', '-' and '.'; NULL if it does not occur. */
static const char *golden_part(const char *name, const char *part)
{
    size_t n = strlen(part);
    const char *p = name;
    for (;;) {
        if (strncmp(p, part, n) == 0 && (!p[n] || strchr("_-.", p[n]))) return p;
        p += strcspn(p, "_-.");
        if (!*p) return NULL;
        p++;
    }
}

/* ---- lines of JSON ---- */

typedef struct golden_lines {
    bert_file file;
    size_t at;
    int64_t number;                     /* of the line, from 1 */
    const char *text;                   /* the line */
    size_t size;
    bert_json_doc doc;                  /* the line as JSON, with golden_next */
    const bert_json *root;
} golden_lines;

/* Opens a file of the case in progress; 0 and a failure if that does not work. */
static int golden_open(golden_lines *l, const char *path)
{
    bert_error err;
    memset(&err, 0, sizeof err);
    memset(l, 0, sizeof *l);
    if (bert_file_open(path, NULL, &l->file, &err) == BERT_OK) return 1;
    TEST_FAIL("%s", err.message);
    return 0;
}
static int golden_next_line(golden_lines *l)
{
    const char *all = (const char *)l->file.data, *end;
    if (l->at >= l->file.size) return 0;
    l->text = all + l->at;
    end = (const char *)memchr(l->text, '\n', l->file.size - l->at);
    l->size = end ? (size_t)(end - l->text) : l->file.size - l->at;
    l->at += l->size + 1;
    l->number++;
    return 1;
}
/* The next line that is not empty, parsed; a failure of the case if it is no JSON. */
static int golden_next(golden_lines *l)
{
    bert_error err;
    memset(&err, 0, sizeof err);
    bert_json_free(&l->doc);
    do {
        if (!golden_next_line(l)) return 0;
    } while (!l->size);
    if (bert_json_parse(l->text, l->size, NULL, &l->doc, &err) != BERT_OK) {
        TEST_FAIL("line %ld: %s", (long)l->number, err.message);
        return 0;
    }
    l->root = l->doc.root;
    return 1;
}
/* The whole file as one value. */
static int golden_whole(golden_lines *l, const char *path)
{
    bert_error err;
    memset(&err, 0, sizeof err);
    if (!golden_open(l, path)) return 0;
    if (bert_json_parse((const char *)l->file.data, l->file.size, NULL, &l->doc, &err) == BERT_OK) {
        l->root = l->doc.root;
        return 1;
    }
    TEST_FAIL("%s", err.message);
    bert_file_close(&l->file);
    return 0;
}
static void golden_close(golden_lines *l)
{
    bert_json_free(&l->doc);
    bert_file_close(&l->file);
}
static int64_t golden_int(const bert_json *value, int64_t otherwise)
{
    int64_t v;
    return bert_json_int(value, &v) ? v : otherwise;
}

#endif
