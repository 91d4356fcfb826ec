/* prepare_text - what is written for people to what create_pretraining_data reads: a sentence a line, an empty line between documents.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   prepare_text --input_file books --output_file corpus.txt
   prepare_text --input_file wiki/AA,wiki/AB --truncate_noise 0.02 > corpus.txt

   Plain text: a file is a document (--documents blank: what stands between empty lines is), an empty line ends a paragraph, other
   line ends are blanks; what Project Gutenberg puts around a book goes. WikiExtractor's output (<doc ...> and </doc>, or --json)
   and JSON lines: each article or object is a document, each line of it a paragraph; a first line that is the title goes. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "cli.h"

static const char *input, *output, *format = "auto", *field = "text", *documents = "file";
static int64_t seed = 12345;
static double noise;

static const cli_flag flags[] = {
    { "input_file", 's', &input, "files, patterns ('wiki/*/*') or folders, separated by commas" },
    { "output_file", 's', &output, "the text; default: standard output" },
    { "format", 's', &format, "text, wiki (WikiExtractor) or jsonl; auto: as each file begins" },
    { "json_field", 's', &field, "jsonl: the member that holds the text" },
    { "documents", 's', &documents, "plain text: a document is a `file`, or ends at a `blank` line" },
    { "truncate_noise", 'd', &noise, "share of the sentences to cut off at a random word, so that a model learns from halves too (0.02)" },
    { "random_seed", 'i', &seed, "for --truncate_noise" },
    { 0, 0, 0, 0 }
};

static FILE *out;
static cli_text paragraph;              /* in work: words with single blanks */
static int written;                     /* sentences of this document */
static int64_t count_documents, count_sentences, count_bytes, bad_bytes;
static bert_python_random dice;

/* ---- characters ---- */

/* A code point and its bytes; 0 bytes: not UTF-8. */
static size_t get(const char *text, size_t n, uint32_t *c)
{
    const unsigned char *p = (const unsigned char *)text;
    const size_t need = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 : p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : 0;
    size_t i;
    if (!need || need > n) return 0;
    *c = need == 1 ? p[0] : p[0] & (0x7Fu >> need);
    for (i = 1; i < need; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        *c = *c << 6 | (p[i] & 0x3Fu);
    }
    return need < 3 || (*c >= (need == 3 ? 0x800u : 0x10000u) && *c < 0x110000 && (*c < 0xD800 || *c > 0xDFFF)) ? need : 0;
}
static int is_wide(uint32_t c) { return (c >= 0x2E80 && c < 0xA4D0) || (c >= 0xF900 && c < 0xFB00) || (c >= 0xFF00 && c < 0xFF70) || (c >= 0x20000 && c < 0x40000); }
static int is_one_of(uint32_t c, const uint32_t *set) { while (*set && *set != c) set++; return *set != 0; }
static int is_wide_end(uint32_t c) { static const uint32_t set[] = { 0x3002, 0xFF01, 0xFF1F, 0xFF61, 0 }; return is_one_of(c, set); }      /* 。！？ */
static int is_end(uint32_t c) { return c == '.' || c == '!' || c == '?' || c == 0x2026 || is_wide_end(c); }
static int is_closing(uint32_t c)
{
    static const uint32_t set[] = { '"', '\'', ')', ']', 0x201D, 0x2019, 0xBB, 0x300D, 0x300F, 0xFF09, 0x300B, 0x3011, 0 };
    return is_one_of(c, set);
}
static int is_opening(uint32_t c)
{
    static const uint32_t set[] = { '"', '\'', '(', '[', '_', 0x201C, 0x2018, 0xAB, 0xBF, 0xA1, 0x300C, 0x300E, 0xFF08, 0x300A, 0x3010, 0 };
    return is_one_of(c, set);
}
/* Small letters of the scripts that have capitals: no sentence begins with one. */
static int is_small(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7) || (c >= 0x100 && c < 0x180 && c % 2) || (c >= 0x3AC && c <= 0x3CE) || (c >= 0x430 && c <= 0x45F);
}

/* ---- sentences ---- */

static void end_document(void)
{
    if (written) { cli_write(out, "\n", 1); count_documents++; }
    written = 0;
}
static void put_sentence(const char *p, size_t n)
{
    size_t i, words = 1;
    uint32_t c;
    while (n && *p == ' ') { p++; n--; }
    while (n && p[n - 1] == ' ') n--;
    if (!n) return;
    if (noise > 0 && bert_python_random_real(&dice) < noise) {          /* after a word; ideographs are words */
        for (i = 0; i < n; i += get(p + i, n - i, &c)) { get(p + i, n - i, &c); words += i && (c == ' ' || is_wide(c)); }
        if (words > 1) {
            words = (size_t)bert_python_random_int(&dice, 1, (int64_t)words - 1);
            for (i = 0; i < n; i += get(p + i, n - i, &c)) {
                get(p + i, n - i, &c);
                if (i && (c == ' ' || is_wide(c)) && !--words) break;
            }
            n = i;
        }
    }
    cli_write(out, p, n);
    cli_write(out, "\n", 1);
    written = 1;
    count_sentences++;
}
/* Does the point behind p[at..end) belong to the word? numbered: only before a number. */
static int is_abbreviation(const char *p, size_t at, size_t end, uint32_t next)
{
    static const char *const names[] = { "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Mt", "Gen", "Col", "Capt", "Lt", "Sgt", "Maj", "Rev", "Hon", "Gov", "Sen", "Rep", "Pres", "Mme", "Mlle", "Messrs", "Sr", "Fr",
        "vs", "cf", "ca", "al", "approx", "viz" };
    static const char *const numbered[] = { "No", "Nos", "no", "nos", "Fig", "Figs", "fig", "Vol", "vol", "Ch", "ch", "Sec", "sec", "Art", "art", "Eq", "p", "pp", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep",
        "Sept", "Oct", "Nov", "Dec", "Op", "op" };
    size_t i, n = end - at;
    uint32_t c;
    for (i = 0; i < sizeof names / sizeof *names; i++) if (strlen(names[i]) == n && memcmp(names[i], p + at, n) == 0) return 1;
    for (i = 0; next >= '0' && next <= '9' && i < sizeof numbered / sizeof *numbered; i++) if (strlen(numbered[i]) == n && memcmp(numbered[i], p + at, n) == 0) return 1;
    if (n && get(p + at, n, &c) == n && c != 'I' && ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c < 0x250 && !is_small(c)) || (c >= 0x391 && c < 0x430))) return 1;     /* an initial */
    for (i = at; i + 1 < end; i++) if (p[i] == '.' && p[i + 1] != '.' && ((p[i + 1] | 32) >= 'a' && (p[i + 1] | 32) <= 'z') && (i + 2 == end || p[i + 2] == '.')) return 1;  /* U.S., e.g. */
    return 0;
}
static void split(const char *p, size_t n)
{
    size_t begin = 0, i = 0, k, word = 0, step;
    uint32_t c;
    while (i < n) {
        size_t first = i, run = 0;
        int wide = 0, hard = 0;
        step = get(p + i, n - i, &c);
        if (c == ' ' || is_opening(c)) word = i + step;
        if (!is_end(c)) { i += step; continue; }
        while (i < n && (step = get(p + i, n - i, &c)) && is_end(c)) { wide |= is_wide_end(c); hard |= c != '.'; run++; i += step; }
        while (i < n && (step = get(p + i, n - i, &c)) && is_closing(c)) {
            if ((c == '"' || c == '\'') && wide && i + 1 < n && p[i + 1] != ' ' && !is_end((unsigned char)p[i + 1])) break;
            i += step;
        }
        if (i < n && !wide) {
            if (p[i] != ' ') continue;
            for (k = i + 1; k < n && (step = get(p + k, n - k, &c)) && is_opening(c); k += step) {}
            if (k == n) continue;
            get(p + k, n - k, &c);
            if (is_small(c)) continue;
            if (run == 1 && !hard && is_abbreviation(p, word, first, c)) continue;
        }
        put_sentence(p + begin, i - begin);
        begin = word = i;
    }
    put_sentence(p + begin, n - begin);
}
static void end_paragraph(void)
{
    split(paragraph.data, paragraph.size);
    paragraph.size = 0;
}
/* More text of the paragraph: white space becomes one blank, none between ideographs of two lines; control characters go. */
static void add_line(const char *p, size_t n)
{
    size_t i, step;
    uint32_t c = 0, last = 0;
    int gap = 1, first = 1;
    if (paragraph.size) {
        for (i = paragraph.size - 1; i && ((unsigned char)paragraph.data[i] & 0xC0) == 0x80; i--) {}
        get(paragraph.data + i, paragraph.size - i, &last);
    }
    for (i = 0; i < n; i += step) {
        step = get(p + i, n - i, &c);
        if (!step) { bad_bytes++; step = 1; continue; }
        if (c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || c == 0x3000 || c == 0x2028 || c == 0x2029) { gap = 1; continue; }
        if (c < 32 || c == 127 || c == 0xFEFF || c == 0xAD) continue;
        if (gap && paragraph.size && !(first && is_wide(last) && is_wide(c))) cli_add(&paragraph, " ", 1);
        cli_add(&paragraph, p + i, step);
        gap = first = 0;
    }
}

/* ---- formats ---- */

static int starts(const char *p, size_t n, const char *with) { return n >= strlen(with) && memcmp(p, with, strlen(with)) == 0; }
static int blank(const char *p, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) if (p[i] != ' ' && (p[i] < 9 || p[i] > 13)) return 0;
    return 1;
}
static int contains(const char *p, size_t n, const char *what)
{
    const size_t m = strlen(what);
    size_t i;
    for (i = 0; i + m <= n; i++) if (memcmp(p + i, what, m) == 0) return 1;
    return 0;
}
/* "*** START OF THE PROJECT GUTENBERG EBOOK", "***END OF THIS PROJECT GUTENBERG" and older ones: 1 a begin, 2 an end. */
static int gutenberg(const char *p, size_t n)
{
    if (starts(p, n, "*END*THE SMALL PRINT") || starts(p, n, "*END THE SMALL PRINT")) return 1;
    if (starts(p, n, "End of the Project Gutenberg") || starts(p, n, "End of Project Gutenberg") || starts(p, n, "End of The Project Gutenberg")) return 2;
    if (!starts(p, n, "***") || !contains(p, n, "PROJECT GUTENBERG")) return 0;
    return contains(p, n, "START OF") ? 1 : contains(p, n, "END OF") ? 2 : 0;
}
static void read_plain(const cli_text *t)
{
    const int at_blank = strcmp(documents, "blank") == 0;
    size_t at = 0, n, from = 0, end = t->size;
    const char *line;
    while (cli_line(t, &at, &line, &n)) {
        const int mark = gutenberg(line, n);
        if (mark == 1 && (size_t)(line - t->data) < t->size / 2 + 20000) from = at;
        if (mark == 2) { end = (size_t)(line - t->data); break; }
    }
    for (at = from; at < end && cli_line(t, &at, &line, &n); ) {
        if (blank(line, n)) { end_paragraph(); if (at_blank) end_document(); }
        else if (starts(line, n, "[Illustration") || (from && !written && starts(line, n, "Produced by"))) end_paragraph();
        else add_line(line, n);
    }
    end_paragraph();
    end_document();
}
/* &lt; and the like, of which one level is taken away. */
static void add_escaped(const char *p, size_t n)
{
    static const char *const names[] = { "&lt;", "<", "&gt;", ">", "&quot;", "\"", "&#39;", "'", "&nbsp;", " ", "&amp;", "&" };
    cli_text line = { 0 };
    size_t i, k;
    for (i = 0; i < n; i++) {
        for (k = 0; k < 12 && !starts(p + i, n - i, names[k]); k += 2) {}
        cli_add(&line, k < 12 ? names[k + 1] : p + i, 1);
        if (k < 12) i += strlen(names[k]) - 1;
    }
    if (line.size) add_line(line.data, line.size);
    free(line.data);
}
static void read_wiki(const cli_text *t, const char *path)
{
    size_t at = 0, n, title_size = 0;
    const char *line, *title = NULL, *q;
    int inside = 0, first = 0;
    while (cli_line(t, &at, &line, &n)) {
        if (starts(line, n, "<doc ") && n && line[n - 1] == '>') {
            if (inside) fprintf(stderr, "%s: %s: an article has no end (</doc>); the next one begins\n", cli_name, path);
            end_document();
            inside = first = 1;
            title = NULL;
            for (q = line; q + 7 < line + n; q++) if (memcmp(q, "title=\"", 7) == 0) { title = q + 7; break; }
            for (title_size = 0; title && title + title_size + 2 < line + n; title_size++) {}    /* up to "> */
        } else if (starts(line, n, "</doc>")) {
            end_document();
            inside = 0;
        } else if (!blank(line, n)) {
            if (!first || !title || n != title_size || memcmp(line, title, n) != 0) add_escaped(line, n);
            first = 0;
            end_paragraph();
        }
    }
    end_document();
}
static void read_json(const cli_text *t, const char *path)
{
    size_t at = 0, n, i, k;
    int64_t number = 0;
    const char *line;
    char text[900];
    while (cli_line(t, &at, &line, &n)) {
        bert_json_doc d;
        const bert_json *v, *title;
        bert_error err = { 0 };
        number++;
        if (blank(line, n)) continue;
        if (bert_json_parse(line, n, NULL, &d, &err) != BERT_OK) {
            snprintf(text, sizeof text, "%.300s: line %lld: %.400s", path, (long long)number, err.message);
            cli_fail(text);
        }
        v = bert_json_get(d.root, field);
        title = bert_json_get(d.root, "title");
        if (!v || v->type != 's') {
            snprintf(text, sizeof text, "%.300s: line %lld: it has no text in \"%.100s\" (--json_field)", path, (long long)number, field);
            cli_fail(text);
        }
        for (i = 0; i < v->size; i = k + 1) {
            for (k = i; k < v->size && v->text[k] != '\n'; k++) {}
            if (i || !title || title->type != 's' || title->size != k || memcmp(title->text, v->text, k) != 0) add_line(v->text + i, k - i);
            end_paragraph();
        }
        end_document();
        bert_json_free(&d);
    }
}

int main(int argc, char **argv)
{
    static const char *const packed[] = { "\x1F\x8B", "gzip", "BZh", "bzip2", "\xFD" "7zXZ", "xz", "PK\x03\x04", "zip", "\x28\xB5\x2F\xFD", "zstd" };
    bert_error err = { 0 };
    bert_paths paths = { 0 };
    size_t i, k;
    cli c = cli_parse(argc, argv, "prepare_text --input_file a.txt,'wiki/*/*' [--output_file corpus.txt] [FLAGS]", "Texts for people to texts for create_pretraining_data: a sentence a line, documents apart.", flags);
    const int kind = cli_choice("format", format, "auto|text|wiki|jsonl");
    cli_choice("documents", documents, "file|blank");
    if (c.count) cli_usage("no flag: ", c.args[0]);
    if (!input) cli_usage("--input_file is missing", "");
    if (!(noise >= 0) || noise >= 1) cli_usage("--truncate_noise goes from 0 to below 1", "");
    if (bert_paths_find(input, NULL, &paths, &err) != BERT_OK) cli_fail(err.message);
    bert_python_random_seed(&dice, seed);
    cli_not_input(output, paths.path, paths.count);
    out = cli_create(output);
    for (i = 0; i < paths.count; i++) {
        bert_file f;
        cli_text t = { 0 };
        char text[700];
        size_t at;
        int is = kind;
        if (bert_file_open(paths.path[i], NULL, &f, &err) != BERT_OK) cli_fail(err.message);
        t.data = (char *)(uintptr_t)f.data;                             /* only read */
        t.size = f.size;
        for (k = 0; k < sizeof packed / sizeof *packed; k += 2)
            if (starts(t.data, t.size, packed[k])) {
                snprintf(text, sizeof text, "%.500s: this is packed with %s: unpack it first", paths.path[i], packed[k + 1]);
                cli_fail(text);
            }
        for (at = 0; at < t.size && at < 4096 && (t.data[at] == ' ' || (t.data[at] >= 9 && t.data[at] <= 13)); at++) {}
        if (starts(t.data + at, t.size - at, "<mediawiki")) {
            snprintf(text, sizeof text, "%.500s: this is a dump as Wikipedia gives it: run WikiExtractor on it first", paths.path[i]);
            cli_fail(text);
        }
        if (!is) is = starts(t.data + at, t.size - at, "<doc ") ? 2 : starts(t.data + at, t.size - at, "{\"") ? 3 : 1;
        if (is == 1) read_plain(&t);
        if (is == 2) read_wiki(&t, paths.path[i]);
        if (is == 3) read_json(&t, paths.path[i]);
        count_bytes += (int64_t)t.size;
        bert_file_close(&f);
        cli_progress("files", (int64_t)i + 1, (int64_t)paths.count);
    }
    cli_commit(out, output);
    if (bad_bytes) fprintf(stderr, "warning: %lld bytes that are no UTF-8 were dropped; is it another encoding? (iconv -f latin1 -t utf-8)\n", (long long)bad_bytes);
    fprintf(stderr, "%lld documents, %lld sentences from %.1f MB in %d files\n", (long long)count_documents, (long long)count_sentences, (double)count_bytes / 1e6, (int)paths.count);
    bert_paths_free(&paths);
    free(paragraph.data);
    return 0;
}
