/* gen_unicode: writes the tables of the section >>unicode of bert_tokenizer.h; with --words those of >>python of bert.h.
 *
 *   cc -std=c99 -O2 -o gen_unicode gen_unicode.c
 *   ./gen_unicode [--dir /usr/share/unicode] [--version 14.0] [--words] > tables
 *
 * It reads four files of the Unicode Character Database (Debian: package unicode-data), forgets what was
 * assigned after --version, puts back the few properties that were changed since, and prints the fenced
 * block of the header.  The tokenizers that are followed know Unicode 14.0, so the digest of everything
 * that goes into the tables is known for 14.0: newer data give the same tables, or an error.
 * Exit status: 0 tables written, 1 the data are missing, malformed or not those of the version, 2 usage. */

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 0x110000u

/* ---------------------------------------------------------------- what is known of each code point */

enum { OTHER, DROP, SPACE, PUNCT, CJK, MARK, REORDER };        /* as BERT__U_OTHER ... in the header */
enum { LOWER = 8, DECOMP = 16, CASED = 32, IGNORABLE = 64, BARRIER = 128 };

static char     category[POINTS][2];
static uint8_t  ccc[POINTS];           /* canonical combining class */
static uint8_t  age[POINTS];           /* version of assignment times ten; 255: not assigned */
static uint32_t lower[POINTS];         /* lower case, itself if it has none */
static uint32_t split[POINTS][2];      /* canonical decomposition, one step; [0] is 0 if it has none */
static uint8_t  cased[POINTS], ignorable[POINTS];
static uint8_t  facts[2][POINTS];      /* [0] Python 3.11's, [1] those of Hugging Face's tokenizers */

/* ---------------------------------------------------------------- reading */

static const char *file_name;          /* the file being read, for messages */
static long        file_line;

static void fail(const char *format, ...)
{
    va_list list;
    fprintf(stderr, "gen_unicode: ");
    if (file_name) fprintf(stderr, "%s:%ld: ", file_name, file_line);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

/* Next line with content, cut at '#', split at ';' and trimmed; the number of fields, 0 at the end. */
static int next_line(FILE *f, char *line, size_t size, char *field[], int most)
{
    while (fgets(line, (int)size, f)) {
        int n = 0;
        char *s = line, *hash;
        size_t length = strlen(line);
        file_line++;
        if (length + 1 == size && line[length - 1] != '\n') fail("line too long");
        hash = strchr(line, '#');
        if (hash) *hash = 0;
        while (s && n < most) {
            char *end = strchr(s, ';'), *next = end ? end + 1 : NULL;
            if (!end) end = s + strlen(s);
            while (end > s && isspace((unsigned char)end[-1])) end--;
            *end = 0;
            while (isspace((unsigned char)*s)) s++;
            field[n++] = s;
            s = next;
        }
        if (n > 1 || *field[0]) return n;
    }
    return 0;
}

static uint32_t hex(const char *s, const char **end)
{
    char *e;
    unsigned long v = strtoul(s, &e, 16);
    if (e == s || v >= POINTS) fail("'%s' is not a code point", s);
    if (end) *end = e;
    else if (*e) fail("'%s' is not one code point", s);
    return (uint32_t)v;
}

static void range(const char *s, uint32_t *first, uint32_t *last)
{
    const char *e;
    *first = *last = hex(s, &e);
    if (!strncmp(e, "..", 2)) *last = hex(e + 2, &e);
    if (*e || *last < *first) fail("'%s' is not a range of code points", s);
}

static int version_number(const char *s)                       /* "14.0" or "14.0.0" -> 140; -1 if neither */
{
    int major, minor, used = 0;
    if (sscanf(s, "%d.%d%n", &major, &minor, &used) != 2 || major < 1 || major > 24 || minor < 0 || minor > 9)
        return -1;
    if (s[used] && strcmp(s + used, ".0") != 0) return -1;
    return major * 10 + minor;
}

static FILE *open_data(const char *dir, const char *name)
{
    static char path[4096];
    FILE *f;
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path) fail("directory name too long");
    file_name = NULL;
    f = fopen(path, "r");
    if (!f) fail("cannot open %s (Debian: apt-get install unicode-data; or give --dir)", path);
    file_name = path;
    file_line = 0;
    return f;
}

static void close_data(FILE *f, int seen)
{
    if (ferror(f)) fail("cannot be read");
    if (!seen) fail("nothing found in it");
    fclose(f);
    file_name = NULL;
}

static void read_ages(const char *dir, int version)
{
    char line[1024], *field[4];
    int n, seen = 0;
    FILE *f = open_data(dir, "DerivedAge.txt");
    memset(age, 255, sizeof age);
    while ((n = next_line(f, line, sizeof line, field, 4)) > 0) {
        uint32_t c, first, last;
        int v;
        if (n < 2) fail("expected 'range ; version'");
        range(field[0], &first, &last);
        v = version_number(field[1]);
        if (v < 0) fail("'%s' is not a version", field[1]);
        for (c = first; c <= last; c++) age[c] = (uint8_t)v;
        if (v > seen) seen = v;
    }
    if (seen && seen < version) fail("the data end with version %d.%d", seen / 10, seen % 10);
    close_data(f, seen);
}

static void read_characters(const char *dir, int version)
{
    char line[1024], *field[15];
    uint32_t c, first = 0;
    int n, open_range = 0, seen = 0;
    FILE *f = open_data(dir, "UnicodeData.txt");
    for (c = 0; c < POINTS; c++) { memcpy(category[c], "Cn", 2); lower[c] = c; }
    while ((n = next_line(f, line, sizeof line, field, 15)) > 0) {
        uint32_t last;
        size_t length;
        unsigned long k;
        char *e;
        if (n != 15) fail("expected 15 fields, found %d", n);
        last = hex(field[0], NULL);
        length = strlen(field[1]);
        if (length > 8 && !strcmp(field[1] + length - 8, ", First>")) { first = last; open_range = 1; continue; }
        if (!open_range) first = last;
        open_range = 0;
        if (strlen(field[2]) != 2) fail("'%s' is not a category", field[2]);
        k = strtoul(field[3], &e, 10);
        if (e == field[3] || *e || k > 254) fail("'%s' is not a combining class", field[3]);
        for (c = first; c <= last; c++) {
            if (age[c] > version) continue;
            memcpy(category[c], field[2], 2);
            ccc[c] = (uint8_t)k;
            if (*field[5] && *field[5] != '<') {               /* <...> is a compatibility decomposition */
                const char *s;
                split[c][0] = hex(field[5], &s);
                if (*s) split[c][1] = hex(s, NULL);
            }
            if (*field[13]) lower[c] = hex(field[13], NULL);
        }
        seen = 1;
    }
    close_data(f, seen);
}

/* The header knows the one code point whose unconditional lower case is longer than one. */
static void check_special_casing(const char *dir, int version)
{
    char line[1024], *field[6];
    int n, seen = 0;
    FILE *f = open_data(dir, "SpecialCasing.txt");
    while ((n = next_line(f, line, sizeof line, field, 6)) > 0) {
        uint32_t c;
        const char *s;
        if (n < 5) fail("expected 'code; lower; title; upper;'");
        c = hex(field[0], NULL);
        if (age[c] > version || *field[4]) continue;           /* field 4: a condition */
        if (c == 0x130 && !strcmp(field[1], "0069 0307")) { seen = 1; continue; }
        if (hex(field[1], &s) != lower[c] || *s) fail("unknown special lower case of U+%04X", (unsigned)c);
    }
    close_data(f, seen);
}

static void read_case_properties(const char *dir, int version)
{
    char line[1024], *field[4];
    int n, seen = 0;
    FILE *f = open_data(dir, "DerivedCoreProperties.txt");
    while ((n = next_line(f, line, sizeof line, field, 4)) > 0) {
        uint32_t c, first, last;
        uint8_t *set;
        if (n < 2) fail("expected 'range ; property'");
        set = !strcmp(field[1], "Cased") ? cased : !strcmp(field[1], "Case_Ignorable") ? ignorable : NULL;
        if (!set) continue;
        range(field[0], &first, &last);
        for (c = first; c <= last; c++) if (age[c] <= version) set[c] = 1;
        seen |= set == cased ? 1 : 2;
    }
    close_data(f, seen == 3);
}

/* Properties of code points of 14.0 that later versions changed; here is what 14.0 said. */
static const struct { uint32_t c; const char *category; uint8_t ccc, cased, ignorable; } changes[] = {
    { 0x0295, "Ll", 0, 1, 0 },
    { 0x1171E, "Mn", 0, 0, 1 }
};

static void undo_changes(void)
{
    size_t i;
    for (i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint32_t c = changes[i].c;
        memcpy(category[c], changes[i].category, 2);
        ccc[c] = changes[i].ccc;
        cased[c] = changes[i].cased;
        ignorable[c] = changes[i].ignorable;
    }
}

/* ---------------------------------------------------------------- from properties to facts */

static const struct { uint32_t first, last; } cjk[] = {        /* the ranges of Google's BERT */
    { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xF900, 0xFAFF }, { 0x20000, 0x2A6DF }, { 0x2A700, 0x2B73F },
    { 0x2B740, 0x2B81F }, { 0x2B820, 0x2CEAF }, { 0x2F800, 0x2FA1F }
};

static int is_cjk(uint32_t c)
{
    size_t i;
    for (i = 0; i < sizeof cjk / sizeof *cjk; i++) if (c >= cjk[i].first && c <= cjk[i].last) return 1;
    return 0;
}

static int class_of(uint32_t c)
{
    const char *g = category[c];
    if (c == '\t' || c == '\n' || c == '\r' || g[0] == 'Z') return SPACE;
    if (c == 0xFFFD || !memcmp(g, "Cc", 2) || !memcmp(g, "Cf", 2)) return DROP;
    if (g[0] == 'P' || (c < 128 && g[0] == 'S')) return PUNCT;  /* all of ASCII that is no letter or digit */
    if (is_cjk(c)) return CJK;
    if (!memcmp(g, "Mn", 2)) return MARK;
    return ccc[c] ? REORDER : OTHER;
}

static uint8_t python_facts(uint32_t c)
{
    int k = class_of(c);
    if (k == MARK && !ccc[c]) k |= BARRIER;
    if (ignorable[c]) k |= IGNORABLE;
    else if (cased[c]) k |= CASED;                             /* never asked of an ignorable one */
    if (lower[c] != c) k |= LOWER;
    if (split[c][0] || (c >= 0xAC00 && c <= 0xD7A3)) k |= DECOMP;
    return (uint8_t)k;
}

/* Observed of Hugging Face tokenizers 0.23: categories of Unicode 8.0, normalisation of Unicode 9.0, lower
 * case newer than 14.0, all of category C removed, and one digit of a CJK range that is another. */
#define HF_CATEGORIES 80
#define HF_NFD        90
static const struct { uint32_t first, last; int fact; } hf_odd[] = {
    { 0x166D, 0x166D, PUNCT }, { 0x1734, 0x1734, MARK }, { 0x1885, 0x1886, OTHER }, { 0xA9BD, 0xA9BD, OTHER },
    { 0x111C9, 0x111C9, PUNCT }, { 0x2B820, 0x2B91F, OTHER }
};
static const struct { uint32_t first, last, stride, to; } hf_lower[] = {
    { 0x1C89, 0x1C89, 1, 0x1C8A }, { 0xA7CB, 0xA7CB, 1, 0x0264 }, { 0xA7CC, 0xA7CE, 2, 0xA7CD },
    { 0xA7D2, 0xA7D4, 2, 0xA7D3 }, { 0xA7DA, 0xA7DA, 1, 0xA7DB }, { 0xA7DC, 0xA7DC, 1, 0x019B },
    { 0x10D50, 0x10D65, 1, 0x10D70 }, { 0x16EA0, 0x16EB8, 1, 0x16EBB }
};
static uint8_t hf_only[POINTS];        /* its lower case is Hugging Face's alone */

static uint8_t hf_facts(uint32_t c)
{
    size_t i;
    int k = facts[0][c], kind = k & 7, old = age[c] <= HF_CATEGORIES;
    for (i = 0; i < sizeof hf_odd / sizeof *hf_odd; i++)
        if (c >= hf_odd[i].first && c <= hf_odd[i].last) return (uint8_t)hf_odd[i].fact;
    if (!memcmp(category[c], "Co", 2)) return DROP;
    if (kind == MARK && !old) return ccc[c] && age[c] <= HF_NFD ? REORDER : OTHER;
    if ((kind == PUNCT || kind == DROP) && !old) return OTHER;
    if (kind == REORDER && age[c] > HF_NFD) return OTHER;
    if (split[c][0] && age[c] > HF_NFD) return OTHER;
    return (uint8_t)k;
}

static void find_facts(int version)
{
    uint32_t c;
    size_t i;
    for (c = 0; c < POINTS; c++) facts[0][c] = python_facts(c);
    for (c = 0; c < POINTS; c++) facts[1][c] = hf_facts(c);
    for (i = 0; i < sizeof hf_lower / sizeof *hf_lower; i++)
        for (c = hf_lower[i].first; c <= hf_lower[i].last; c += hf_lower[i].stride) {
            if (age[c] <= version) continue;
            lower[c] = hf_lower[i].to + (c - hf_lower[i].first);
            hf_only[c] = 1;
            facts[1][c] |= LOWER;
        }
}

static int reordered(uint32_t c) { return (facts[0][c] & 7) == REORDER || (facts[1][c] & 7) == REORDER; }

static void digest_add(uint64_t *h, uint32_t v)                /* FNV-1a */
{
    int i;
    for (i = 0; i < 4; i++) *h = (*h ^ (v >> (8 * i) & 255)) * UINT64_C(1099511628211);
}

#define KNOWN_VERSION 140
#define KNOWN_DIGEST UINT64_C(0xe91a7da1228306a3)

static uint64_t digest(void)
{
    uint64_t h = UINT64_C(14695981039346656037);
    uint32_t c;
    for (c = 0; c < POINTS; c++) {
        digest_add(&h, facts[0][c] | (uint32_t)facts[1][c] << 8);
        digest_add(&h, lower[c]);
        digest_add(&h, split[c][0]);
        digest_add(&h, split[c][1]);
        if (reordered(c)) digest_add(&h, ccc[c]);
    }
    return h;
}

/* The fact of c that the runs of a mode tell, or -1: Python's runs leave out what the tables of lower case and
 * decompositions say, the others tell only where Hugging Face differs. */
static int told(uint32_t c, int hf)
{
    if (hf) return (facts[0][c] ^ facts[1][c]) & ~LOWER ? facts[1][c] : -1;
    return facts[0][c] & ~(LOWER | DECOMP) ? facts[0][c] & ~(LOWER | DECOMP) : -1;
}

static uint32_t run_length(uint32_t c, int hf)
{
    uint32_t n = 1;
    while (c + n < POINTS && told(c + n, hf) == told(c, hf)) n++;
    return n;
}

/* ---------------------------------------------------------------- how many pages the header will need */

/* The same painting as bert__u_paint in the header, on pages that are only counted. */
typedef struct pages { int shared[0x1100]; uint8_t value[0x1100]; uint8_t plain[256]; int owned; } pages;

static void paint(pages *p, uint32_t c, uint32_t n, int keep, int add)
{
    while (n) {
        uint32_t k = 256 - (c & 255) < n ? 256 - (c & 255) : n, b = c >> 8;
        if (p->shared[b] && k == 256) p->plain[p->value[b] = (uint8_t)((p->value[b] & keep) | add)] = 1;
        else if (p->shared[b]) { p->shared[b] = 0; p->owned++; }
        c += k;
        n -= k;
    }
}

static int count_pages(int hf)
{
    static pages p;
    uint32_t c, n;
    int i, total;
    memset(&p, 0, sizeof p);
    for (i = 0; i < 0x1100; i++) p.shared[i] = 1;
    p.plain[0] = 1;
    for (c = 0; c < POINTS; c += n)
        if (n = run_length(c, 0), told(c, 0) >= 0) paint(&p, c, n, 0, told(c, 0));
    for (c = 0; c < POINTS; c++)
        if (lower[c] != c && (hf || !hf_only[c])) paint(&p, c, 1, 255, LOWER);
    for (c = 0; c < POINTS; c++) if (split[c][0]) paint(&p, c, 1, 255, DECOMP);
    paint(&p, 0xAC00, 0xD7A4 - 0xAC00, 255, DECOMP);
    for (c = 0; hf && c < POINTS; c += n)
        if (n = run_length(c, 1), told(c, 1) >= 0) paint(&p, c, n, 0, told(c, 1));
    total = p.owned;
    for (i = 0; i < 256; i++) total += p.plain[i];
    return total;
}

/* ---------------------------------------------------------------- writing */

static void print_array(const char *type, const char *name, const uint32_t *v, size_t n, const char *format)
{
    size_t i;
    int column = 4;
    printf("static const %s %s[%lu] = {\n   ", type, name, (unsigned long)n);
    for (i = 0; i < n; i++) {
        char s[16];
        int k = sprintf(s, format, (unsigned long)v[i]) + 1;
        if (column + k > 118) { printf("\n   "); column = 4; }
        printf("%s%s%s", column == 4 ? " " : "", s, i + 1 < n ? "," : "");
        column += k;
    }
    printf("\n};\n");
}

typedef struct bytes { uint32_t v[16384]; size_t n; } bytes;

static void put_byte(bytes *b, uint32_t v)
{
    if (b->n == sizeof b->v / sizeof *b->v) fail("table too long");
    b->v[b->n++] = v;
}

static void put_int(bytes *b, uint32_t v)                      /* seven bits a byte, the low ones first */
{
    for (; v > 127; v >>= 7) put_byte(b, (v & 127) | 128);
    put_byte(b, v);
}

static void put_signed(bytes *b, int32_t v)                    /* 0 -1 1 -2 2 ... */
{
    put_int(b, v < 0 ? (uint32_t)(-(v + 1)) * 2 + 1 : (uint32_t)v * 2);
}

static bytes stream;

static uint32_t kinds[16];
static size_t   n_kinds = 1;           /* kind 0 is OTHER, which starts as the fact of every code point */

static uint32_t kind_of(int fact)
{
    size_t i;
    for (i = 0; i < n_kinds; i++) if (kinds[i] == (uint32_t)fact) return (uint32_t)i;
    if (n_kinds == 16) fail("more than 16 kinds of facts");
    kinds[n_kinds] = (uint32_t)fact;
    return (uint32_t)n_kinds++;
}

/* Runs of equal facts: the gap since the last run, then kind + 16 * (length - 1), 15 meaning more to come. */
static void print_runs(const char *name, int hf)
{
    uint32_t c, n, after = 0;
    stream.n = 0;
    for (c = 0; c < POINTS; c += n) {
        int fact = told(c, hf);
        n = run_length(c, hf);
        if (fact < 0) continue;
        if (hf && fact & (LOWER | DECOMP)) fail("U+%04X: exception with LOWER or DECOMP", (unsigned)c);
        put_int(&stream, c - after);
        put_byte(&stream, kind_of(fact) | (n < 16 ? n - 1 : 15) << 4);
        if (n >= 16) put_int(&stream, n - 16);
        after = c + n;
    }
    print_array("uint8_t", name, stream.v, stream.n, "%lu");
}

/* Lower case: runs of every or every second code point at one distance. */
static void print_lower(void)
{
    static uint32_t start[1024], count[1024], delta[1024];
    uint32_t c, n, bmp = 0;
    size_t runs = 0;
    for (c = 0; c < POINTS; c++) {
        uint32_t d = lower[c] - c, step, best = 0, best_step = 1;
        if (!d) continue;
        if (c >> 16 != lower[c] >> 16 || c >> 16 > 1) fail("U+%04X: lower case in another plane", (unsigned)c);
        for (step = 1; step <= 2; step++) {
            for (n = 1; n < 64; n++) {
                uint32_t e = c + n * step;
                if (lower[e] - e != d || hf_only[e] != hf_only[c] || e >> 16 != c >> 16) break;
                if (step == 2 && lower[e - 1] != e - 1) break;
            }
            if (n > best) { best = n; best_step = step; }
        }
        if (runs == 1024) fail("more than 1024 runs of lower case");
        start[runs] = c & 0xFFFF;
        count[runs] = (best - 1) | (hf_only[c] ? 64u : 0) | (best_step == 2 ? 128u : 0);
        delta[runs] = d & 0xFFFF;
        runs++;
        if (c < 0x10000) bmp = (uint32_t)runs;
        c += (best - 1) * best_step;
    }
    printf("#define BERT__U_LOWER_BMP %u\n", (unsigned)bmp);
    print_array("uint16_t", "bert__u_lower_start", start, runs, "%lu");
    print_array("uint8_t", "bert__u_lower_count", count, runs, "%lu");
    print_array("uint16_t", "bert__u_lower_delta", delta, runs, "%lu");
}

#define COMPAT_1  0xF900u              /* the two blocks of CJK compatibility ideographs */
#define COMPAT_1_END 0xFADAu
#define COMPAT_2  0x2F800u
#define COMPAT_2_END 0x2FA1Eu

/* An ideograph in 16 bits: 3400..9FFF as it is, plane 2 (20000..293FF) in what is left; 0 if it is none. */
static uint32_t ideograph(uint32_t c)
{
    if (split[c][1]) return 0;
    c = split[c][0];
    if (c >= 0x3400 && c < 0xA000) return c;
    if (c > 0x20000 && c < 0x23400) return c - 0x20000;
    if (c >= 0x23400 && c < 0x29400) return c - 0x20000 + 0x6C00;
    return 0;
}

static void print_decompositions(void)
{
    static uint32_t compat[2048], marks[128], group[256];
    uint32_t c, n, base = 0, last = 0, mark = 0, same;
    size_t k, n_marks = 0, n_compat = 0, entries = 0, groups = 0;
    for (c = COMPAT_1; c < COMPAT_1_END; c++) compat[n_compat++] = ideograph(c);
    for (c = COMPAT_2; c < COMPAT_2_END; c++) compat[n_compat++] = ideograph(c);
    for (c = 0; c < POINTS; c++) {
        if (!split[c][1]) continue;
        if (split[c][1] >> 16 != c >> 16) fail("U+%04X: mark in another plane", (unsigned)c);
        if (split[split[c][1]][0]) fail("U+%04X: mark with a decomposition", (unsigned)c);
        for (n = 1, base = c; split[base][0]; base = split[base][0]) n += split[base][1] != 0;
        if (n > 4) fail("U+%04X: decomposition longer than 4", (unsigned)c);
        for (k = 0; k < n_marks && marks[k] != (split[c][1] & 0xFFFF); k++) continue;
        if (k == n_marks) marks[n_marks++] = split[c][1] & 0xFFFF;
        if (n_marks > 96) fail("more than 96 marks");
    }
    same = (uint32_t)n_marks + 1;
    stream.n = 0;
    for (c = 0; c < POINTS; c++) {
        uint32_t m = 0;
        if (!split[c][0]) continue;
        if (((c >= COMPAT_1 && c < COMPAT_1_END) || (c >= COMPAT_2 && c < COMPAT_2_END)) && ideograph(c)) continue;
        if (split[c][1]) {
            while (marks[m] != (split[c][1] & 0xFFFF)) m++;
            m++;
        }
        if (entries++ % 32 == 0) {
            if (c >> 18 || stream.n >> 14 || groups == 256) fail("decompositions outgrow their index");
            group[groups++] = c << 14 | (uint32_t)stream.n;
            last = c - 1;
            base = c;
            mark = 255;
        }
        if (c == last + 1 && m == mark && split[c][0] - base < 128 - same)
            put_byte(&stream, same + (split[c][0] - base));
        else {
            put_byte(&stream, m | (c == last + 1 ? 0 : 128));
            if (c != last + 1) put_int(&stream, c - last);
            put_signed(&stream, (int32_t)split[c][0] - (int32_t)base);
        }
        last = c;
        base = split[c][0];
        mark = m;
    }
    printf("#define BERT__U_SAME %u\n", (unsigned)same);
    print_array("uint16_t", "bert__u_marks", marks, n_marks, "%lu");
    print_array("uint32_t", "bert__u_split_group", group, groups, "0x%lx");
    print_array("uint8_t", "bert__u_split", stream.v, stream.n, "%lu");
    printf("#define BERT__U_COMPAT_1 0x%X\n#define BERT__U_COMPAT_1_COUNT 0x%X\n", COMPAT_1, COMPAT_1_END - COMPAT_1);
    printf("#define BERT__U_COMPAT_2 0x%X\n#define BERT__U_COMPAT_2_COUNT 0x%X\n", COMPAT_2, COMPAT_2_END - COMPAT_2);
    print_array("uint16_t", "bert__u_compat", compat, n_compat, "%lu");
    for (c = 0, n = 0; c < POINTS; c++)
        if ((facts[0][c] ^ facts[1][c]) & DECOMP) { printf("#define BERT__U_HF_WHOLE 0x%X\n", (unsigned)c); n++; }
    if (n != 1) fail("%u code points decompose in one mode only, not one", (unsigned)n);
}

/* Combining classes of REORDER: code point (17 bits), length - 1 (7 bits), class (8 bits). */
static void print_classes(void)
{
    static uint32_t v[256];
    uint32_t c, n;
    size_t runs = 0;
    for (c = 0; c < POINTS; c += n) {
        n = 1;
        if (!reordered(c)) continue;
        while (n < 128 && reordered(c + n) && ccc[c + n] == ccc[c]) n++;
        if (c >> 17 || runs == 256) fail("combining classes outgrow their table");
        v[runs++] = c << 15 | (n - 1) << 8 | ccc[c];
    }
    print_array("uint32_t", "bert__u_ccc", v, runs, "0x%lx");
}

/* What Python's regular expressions call \w (L*, N*) and \d (Nd), from U+0080 on: runs of a gap and a length. */
#define KNOWN_WORDS UINT64_C(0xbbc7a9271cf2a57e)

static int is_word(uint32_t c) { return category[c][0] == 'L' || category[c][0] == 'N'; }
static int is_decimal(uint32_t c) { return !memcmp(category[c], "Nd", 2); }

static void print_words(const char *count, const char *name, int (*in)(uint32_t))
{
    uint32_t c, n, after = 0x80;
    unsigned runs = 0;
    stream.n = 0;
    for (c = 0x80; c < POINTS; c += n) {
        for (n = 0; c + n < POINTS && in(c + n); n++) continue;
        if (!n) { n = 1; continue; }
        put_int(&stream, c - after);
        put_int(&stream, n);
        after = c + n;
        runs++;
    }
    printf("#define %s %u\n", count, runs);
    print_array("uint8_t", name, stream.v, stream.n, "%lu");
}
static void check_words(const char *dir)
{
    uint64_t h = UINT64_C(14695981039346656037);
    uint32_t c;
    for (c = 0; c < POINTS; c++) h = (h ^ (is_decimal(c) ? 2u : is_word(c) ? 1u : 0u)) * UINT64_C(1099511628211);
    if (h != KNOWN_WORDS) fail("letters and numbers in %s are not those of Unicode 14.0 (digest %08lx%08lx)", dir, (unsigned long)(h >> 32), (unsigned long)(h & 0xFFFFFFFFu));
}

int main(int argc, char **argv)
{
    const char *dir = "/usr/share/unicode";
    int i, version = 140, most, words = 0;
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--dir") && i + 1 < argc) dir = argv[++i];
        else if (!strcmp(argv[i], "--words")) words = 1;
        else if (!strcmp(argv[i], "--version") && i + 1 < argc && (version = version_number(argv[i + 1])) > 0) i++;
        else {
            fprintf(stderr, "usage: gen_unicode [--dir /usr/share/unicode] [--version 14.0] [--words]\n");
            return 2;
        }
    }
    read_ages(dir, version);
    read_characters(dir, version);
    check_special_casing(dir, version);
    read_case_properties(dir, version);
    if (version == KNOWN_VERSION) undo_changes();
    if (words) {
        if (version == KNOWN_VERSION) check_words(dir);
        printf("/* ---- generated by tools/gen_unicode --words: Unicode %d.%d.0, from the Unicode Character Database ---- */\n", version / 10, version % 10);
        print_words("BERT__STR_ALNUM", "bert__str_alnum", is_word);
        print_words("BERT__STR_DECIMAL", "bert__str_decimal", is_decimal);
        printf("/* ---- end of generated tables ---- */\n");
        if (fflush(stdout) || ferror(stdout)) { file_name = NULL; fail("cannot write the tables"); }
        return 0;
    }
    find_facts(version);
    if (version != KNOWN_VERSION)
        fprintf(stderr, "gen_unicode: only the tables of version 14.0 are verified\n");
    else if (digest() != KNOWN_DIGEST)
        fail("the data in %s differ from Unicode 14.0 in code points this program does not know (digest %08lx%08lx)",
             dir, (unsigned long)(digest() >> 32), (unsigned long)(digest() & 0xFFFFFFFFu));
    most = count_pages(0);
    if (count_pages(1) > most) most = count_pages(1);

    printf("/* ---- generated by tools/gen_unicode: Unicode %d.%d.0, from the Unicode Character Database ---- */\n",
           version / 10, version % 10);
    printf("#define BERT__UNICODE_PAGES %d\n", most);
    kinds[0] = OTHER;
    print_runs("bert__u_runs", 0);
    print_runs("bert__u_hf_runs", 1);
    print_array("uint8_t", "bert__u_kinds", kinds, n_kinds, "%lu");
    print_lower();
    print_decompositions();
    print_classes();
    printf("/* ---- end of generated tables ---- */\n");
    if (fflush(stdout) || ferror(stdout)) { file_name = NULL; fail("cannot write the tables"); }
    return 0;
}
