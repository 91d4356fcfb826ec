/* tools/cli.h - what the command-line programs share: flags, help, failing.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   One table per program drives parser and --help:

      static const char *vocab_file; static int64_t threads; static int pair; static bert_flag lower;
      static const cli_flag flags[] = {
          { "vocab_file", 's', &vocab_file, "vocabulary: vocab.txt, tokenizer.json or a directory" },
          { "threads",    'i', &threads,    "how many; 0: one a core" },
          { "pair",       'b', &pair,       "two texts a line" },
          { "do_lower_case", 't', &lower,   "on, off or as the files say" },
          { 0 } };
      int main(int argc, char **argv) { cli c = cli_parse(argc, argv, "tokenize [FLAGS] [FILE ...]", "Texts to tokens.", flags); ...

   Types: 's' const char *, 'i' int64_t, 'd' double, 'b' int (0 or 1), 't' bert_flag (three-valued). Written as
   --flag=value or --flag value; 'b' and 't' as --flag, --noflag, --flag=true, --flag=false, as the reference's scripts
   have them. "--" ends the flags. Exit codes: 0 ok, 1 failed, 2 wrong usage. */
#ifndef CLI_H
#define CLI_H

#include "../bert.h"
#include <stdio.h>
#include <stdlib.h>

#if defined(__GNUC__)
#define CLI_FN static __attribute__((unused))       /* not every program needs every helper */
#else
#define CLI_FN static
#endif

typedef struct cli_flag { const char *name; char type; void *value; const char *help; } cli_flag;
typedef struct cli { const char *name; char **args; int count; } cli;     /* what is no flag */

static const char *cli_name = "";

/* Says why on stderr and ends the program. */
CLI_FN void cli_fail(const char *message)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", cli_name, message);
    exit(1);
}
static void cli_usage(const char *message, const char *detail)
{
    fprintf(stderr, "%s: %s%s\n%s: see %s --help\n", cli_name, message, detail, cli_name, cli_name);
    exit(2);
}

/* Insertions, deletions and changes between two short names. */
static size_t cli_distance(const char *a, const char *b)
{
    size_t row[64], i, j, n = strlen(b);
    if (n > 62) return 99;
    for (j = 0; j <= n; j++) row[j] = j;
    for (i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}
static void cli_unknown(const char *name, const cli_flag *flags)
{
    const cli_flag *f, *best = NULL;
    char text[256];
    for (f = flags; f->name; f++)
        if (!best || cli_distance(name, f->name) < cli_distance(name, best->name)) best = f;
    for (f = flags; f->name; f++) if (strncmp(f->name, name, strlen(name)) == 0) best = f;
    if (best && (cli_distance(name, best->name) <= 2 + strlen(name) / 4 || strncmp(best->name, name, strlen(name)) == 0)) snprintf(text, sizeof text, "%.100s (did you mean --%s?)", name, best->name);
    else snprintf(text, sizeof text, "%.100s", name);
    cli_usage("unknown flag --", text);
}
static int cli_truth(const char *v)
{
    static const char *const yes[] = { "true", "True", "1", "yes", "on", "t", "y" }, *const no[] = { "false", "False", "0", "no", "off", "f", "n" };
    size_t i;
    for (i = 0; i < 7; i++) {
        if (strcmp(v, yes[i]) == 0) return 1;
        if (strcmp(v, no[i]) == 0) return 0;
    }
    return -1;
}
static void cli_set(const cli_flag *f, const char *value)
{
    char text[256];
    int ok = 1, truth;
    if (f->type == 's') *(const char **)f->value = value;
    if (f->type == 'd') ok = bert_parse_double(value, strlen(value), (double *)f->value);
    if (f->type == 'i') {
        char *end;
        *(int64_t *)f->value = strtoll(value, &end, 10);
        ok = *value && !*end;
    }
    if (f->type == 'b' || f->type == 't') {
        truth = cli_truth(value);
        ok = truth >= 0;
        if (f->type == 'b') *(int *)f->value = truth;
        else *(bert_flag *)f->value = truth ? BERT_ON : BERT_OFF;
    }
    if (ok) return;
    snprintf(text, sizeof text, "%s: \"%.100s\" is no %s", f->name, value, f->type == 'i' ? "whole number" : f->type == 'd' ? "number" : "true or false");
    cli_usage("--", text);
}
static void cli_help(const char *usage, const char *what, const cli_flag *flags)
{
    const cli_flag *f;
    printf("usage: %s\n\n%s\n\nflags (--flag=value or --flag value; --flag and --noflag for those marked *):\n", usage, what);
    for (f = flags; f->name; f++) {
        char value[200] = "";
        if (f->type == 's' && *(const char **)f->value) snprintf(value, sizeof value, " (default %s)", *(const char **)f->value);
        if (f->type == 'i') snprintf(value, sizeof value, " (default %lld)", (long long)*(int64_t *)f->value);
        if (f->type == 'd') snprintf(value, sizeof value, " (default %g)", *(double *)f->value);
        if (f->type == 'b') snprintf(value, sizeof value, " (default %s)", *(int *)f->value ? "true" : "false");
        printf("  --%-20s %s%s%s\n", f->name, f->type == 'b' || f->type == 't' ? "* " : "", f->help, value);
    }
    printf("  --%-20s this text\n  --%-20s the version\n\nexit codes: 0 ok, 1 failed, 2 wrong usage\n", "help", "version");
}

/* Fills the flags' variables; answers --help and --version; ends the program on wrong usage. The words that are no
   flags stay in args. */
static cli cli_parse(int argc, char **argv, const char *usage, const char *what, const cli_flag *flags)
{
    cli c;
    int i, only = 0;
    const char *slash = strrchr(argv[0], '/');
    c.name = cli_name = slash ? slash + 1 : argv[0];
    c.args = argv + 1;
    c.count = 0;
    for (i = 1; i < argc; i++) {
        const char *a = argv[i], *value;
        char name[64];
        const cli_flag *f;
        size_t n;
        if (only || a[0] != '-' || !a[1] || (a[1] != '-' && strcmp(a, "-h") != 0)) { c.args[c.count++] = argv[i]; continue; }
        if (strcmp(a, "--") == 0) { only = 1; continue; }
        if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) { cli_help(usage, what, flags); exit(0); }
        if (strcmp(a, "--version") == 0) { printf("%s %s\n", c.name, BERT_VERSION); exit(0); }
        a += 2;
        value = strchr(a, '=');
        n = value ? (size_t)(value - a) : strlen(a);
        if (n >= sizeof name) cli_unknown(a, flags);
        memcpy(name, a, n);
        name[n] = 0;
        if (value) value++;
        for (f = flags; f->name && strcmp(f->name, name) != 0; f++) {}
        if (!f->name && !value && strncmp(name, "no", 2) == 0) {
            for (f = flags; f->name && !(strcmp(f->name, name + 2) == 0 && (f->type == 'b' || f->type == 't')); f++) {}
            value = "false";
        }
        if (!f->name) cli_unknown(name, flags);
        if (!value && (f->type == 'b' || f->type == 't')) value = "true";
        if (!value && i + 1 >= argc) cli_usage("a value is missing after --", name);
        if (!value) value = argv[++i];
        cli_set(f, value);
    }
    return c;
}

/* One of a list of words, as its place: choices "a|b|c". */
CLI_FN int cli_choice(const char *flag, const char *value, const char *choices)
{
    const char *p = choices;
    char text[300];
    int k = 0;
    size_t n = strlen(value);
    for (;; k++) {
        const char *end = strchr(p, '|');
        size_t len = end ? (size_t)(end - p) : strlen(p);
        if (len == n && memcmp(p, value, n) == 0) return k;
        if (!end) break;
        p = end + 1;
    }
    snprintf(text, sizeof text, "%s is \"%.60s\"; it can be %s", flag, value, choices);
    cli_usage("--", text);
    return -1;
}

/* A growing text for output; ends the program when memory does. */
typedef struct cli_text { char *data; size_t size, capacity; } cli_text;
CLI_FN char *cli_room(cli_text *t, size_t more)
{
    if (t->capacity - t->size < more) {
        size_t capacity = (t->size + more) * 2 + 1024;
        char *data = (char *)realloc(t->data, capacity);
        if (!data) cli_fail("out of memory");
        t->data = data;
        t->capacity = capacity;
    }
    return t->data + t->size;
}
CLI_FN void cli_add(cli_text *t, const char *p, size_t n)
{
    memcpy(cli_room(t, n), p, n);
    t->size += n;
}
CLI_FN void cli_str(cli_text *t, const char *p) { cli_add(t, p, strlen(p)); }
CLI_FN void cli_number(cli_text *t, int64_t v)
{
    char digits[24];
    size_t n = sizeof digits;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[--n] = (char)('0' + u % 10); while (u /= 10);
    if (v < 0) digits[--n] = '-';
    cli_add(t, digits + n, sizeof digits - n);
}
CLI_FN void cli_quoted(cli_text *t, const char *p, size_t n)
{
    size_t room = n * 6 + 2;
    t->size += bert_json_quote(p, n, 0, cli_room(t, room), room);
}


#endif
