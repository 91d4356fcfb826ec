/* tools/tokenize.c - texts to tokens, ids and offsets; or why they became that.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Lines are cut into blocks; the threads share the lines of a block, and the results are written in order. */
#define _POSIX_C_SOURCE 200809L
#include "cli.h"
#include <errno.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#define read _read
#else
#include <fcntl.h>
#include <unistd.h>
#endif

static const char *vocab_file, *model, *mode = "auto", *input_format = "lines", *format = "json", *truncation = "longest_first";
static bert_flag lower, strip_accents, cjk, specials;
static int special, pair, char_offsets, left, check_case = 1;
static int64_t max_seq_length, stride = -1, threads;

static const cli_flag flags[] = {
    { "vocab_file", 's', &vocab_file, "vocabulary: a vocab.txt, a tokenizer.json, or a directory with one of them" },
    { "model", 's', &model, "or a model (folder, file, .zip, TensorFlow prefix): vocabulary and casing are found beside it, and must fit" },
    { "check_case", 'b', &check_case, "with --model: casing against the name of one of Google's models is an error" },
    { "do_lower_case", 't', &lower, "lower-case and strip accents (default: as the vocabulary's files say, else true)" },
    { "strip_accents", 't', &strip_accents, "strip accents (default: as do_lower_case)" },
    { "tokenize_chinese_chars", 't', &cjk, "a word of each CJK character (default: true)" },
    { "special_in_text", 't', &specials, "[MASK] in a text is that token (default: false in Google's mode, true in HF's)" },
    { "mode", 's', &mode, "google, hf, or auto: hf for a tokenizer.json, else google" },
    { "input_format", 's', &input_format, "lines: a text a line (with --pair: two, a tab between); jsonl: {\"text\": ..., \"pair\": ...} a line" },
    { "format", 's', &format, "json, tokens, ids or explain" },
    { "special", 'b', &special, "add [CLS] and [SEP]" },
    { "pair", 'b', &pair, "two texts a line; implies --special" },
    { "char_offsets", 'b', &char_offsets, "json: offsets in code points as well" },
    { "max_seq_length", 'i', &max_seq_length, "cut to so many tokens, [CLS] and [SEP] included; implies --special; 0: no limit" },
    { "truncation", 's', &truncation, "what to cut: longest_first, only_first, only_second or error" },
    { "truncate_left", 'b', &left, "cut at the start of the texts instead of the end" },
    { "stride", 'i', &stride, "all windows of a text that is too long, sharing so many tokens; -1: only the first window" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { 0, 0, 0, 0 }
};

static bert_tokenizer *tokenizer;
static int as_jsonl, as_format, with_special;
static bert_truncation cut;

/* One line of a block, and what became of it. */
typedef struct line { const char *text; size_t size; int64_t number; } line;
typedef struct job { const line *lines; size_t count; cli_text out; char error[600]; } job;

/* The columns of one text, grown as needed. */
typedef struct columns { bert_encoding e; size_t rows; } columns;

static void columns_room(columns *c, size_t rows)
{
    if (rows <= c->rows) return;
    rows = rows * 2 + 64;
#define COLUMN(x) if (!(c->e.x = realloc(c->e.x, rows * sizeof *c->e.x))) cli_fail("out of memory")
    COLUMN(ids); COLUMN(segment_ids); COLUMN(words); COLUMN(begin); COLUMN(end);
    if (char_offsets) { COLUMN(char_begin); COLUMN(char_end); }
#undef COLUMN
    c->rows = rows;
    c->e.capacity = rows;
}
static void columns_free(columns *c)
{
    free(c->e.ids); free(c->e.segment_ids); free(c->e.words); free(c->e.begin); free(c->e.end); free(c->e.char_begin); free(c->e.char_end);
}

static void put_token(cli_text *o, int32_t id, int quoted)
{
    size_t n = 0;
    const char *t = bert_tokenizer_token(tokenizer, id, &n);
    if (quoted) cli_quoted(o, t ? t : "", n);
    else cli_add(o, t ? t : "", n);
}
static void put_offsets(cli_text *o, const char *name, const size_t *begin, const size_t *end, size_t n)
{
    size_t i;
    cli_str(o, ", \"");
    cli_str(o, name);
    cli_str(o, "\": [");
    for (i = 0; i < n; i++) {
        cli_str(o, i ? ", [" : "[");
        cli_number(o, (int64_t)begin[i]);
        cli_str(o, ", ");
        cli_number(o, (int64_t)end[i]);
        cli_str(o, "]");
    }
    cli_str(o, "]");
}

/* The columns as members of a JSON object, or as one line of words. */
static void put_columns(cli_text *o, const bert_encoding *e)
{
    size_t i;
    if (as_format == 0) {
        cli_str(o, "\"tokens\": [");
        for (i = 0; i < e->count; i++) { if (i) cli_str(o, ", "); put_token(o, e->ids[i], 1); }
        cli_str(o, "], \"ids\": [");
        for (i = 0; i < e->count; i++) { if (i) cli_str(o, ", "); cli_number(o, e->ids[i]); }
        cli_str(o, "]");
        if (pair) {
            cli_str(o, ", \"segment_ids\": [");
            for (i = 0; i < e->count; i++) { if (i) cli_str(o, ", "); cli_number(o, e->segment_ids[i]); }
            cli_str(o, "]");
        }
        put_offsets(o, "offsets", e->begin, e->end, e->count);
        if (char_offsets) put_offsets(o, "char_offsets", e->char_begin, e->char_end, e->count);
        return;
    }
    for (i = 0; i < e->count; i++) {
        if (i) cli_str(o, " ");
        if (as_format == 1) put_token(o, e->ids[i], 0);
        else cli_number(o, e->ids[i]);
    }
    cli_str(o, "\n");
}
/* 0: a word is unknown, and the vocabulary has no word for that. */
static int encode(columns *c, const char *text, size_t size)
{
    columns_room(c, size + 4);
    return bert_tokenizer_encode(tokenizer, text, size, &c->e) != BERT_ERROR_MISMATCH;
}

/* One text (and its pair) to output. Returns 0 and the reason in error. */
static int put_text(cli_text *o, columns work[3], const char *a, size_t a_size, const char *b, size_t b_size, char *error, size_t error_size)
{
    columns *x = work, *y = work + 1, *joined = work + 2, *shown = x;
    size_t windows = 1, w;
    if (as_format == 3) {
        size_t need = 0, room;
        int k;
        for (k = 0; k < (b ? 2 : 1); k++) {
            cli_add(o, k ? b : a, k ? b_size : a_size);
            cli_str(o, "\n");
            bert_tokenizer_explain(tokenizer, k ? b : a, k ? b_size : a_size, NULL, 0, &need);
            room = need + 1;
            bert_tokenizer_explain(tokenizer, k ? b : a, k ? b_size : a_size, cli_room(o, room), room, &need);
            o->size += need;
        }
        cli_str(o, "\n");
        return 1;
    }
    if (!encode(x, a, a_size) || (b && !encode(y, b, b_size))) {
        snprintf(error, error_size, "a word is unknown, and the vocabulary has no [UNK] to say so: is %.300s the right file?", vocab_file ? vocab_file : model);
        return 0;
    }
    if (as_format == 0) {
        cli_str(o, "{\"text\": ");
        cli_quoted(o, a, a_size);
        if (b) { cli_str(o, ", \"pair\": "); cli_quoted(o, b, b_size); }
        cli_str(o, ", ");
    }
    for (w = 0; w < windows; w++) {
        if (with_special) {
            bert_pair_desc d = { 0 };
            bert_error err = { 0 };
            d.max_tokens = (size_t)max_seq_length;
            d.stride = stride > 0 ? (size_t)stride : 0;
            d.window = w;
            d.truncation = cut;
            d.left = left ? BERT_ON : BERT_OFF;
            d.error = &err;
            columns_room(joined, x->e.count + (b ? y->e.count : 0) + 3);
            if (bert_encoding_join(tokenizer, &d, &x->e, b ? &y->e : NULL, &joined->e, stride >= 0 ? &windows : NULL)) {
                snprintf(error, error_size, "%.500s", err.message);
                return 0;
            }
            shown = joined;
        }
        if (w && as_format == 0) cli_str(o, w == 1 ? ", \"overflow\": [{" : "}, {");
        put_columns(o, &shown->e);
    }
    if (as_format == 0) cli_str(o, windows > 1 ? "}]}\n" : "}\n");
    return 1;
}
static void run_job(void *arg, int64_t index)
{
    job *j = (job *)arg + index;
    columns work[3];
    size_t i;
    memset(work, 0, sizeof work);
    for (i = 0; i < j->count && !j->error[0]; i++) {
        const line *l = j->lines + i;
        const char *a = l->text, *b = NULL, *tab;
        size_t a_size = l->size, b_size = 0;
        bert_json_doc doc = { 0 };
        char why[520] = "";
        if (as_jsonl) {
            bert_error err = { 0 };
            const bert_json *t, *p;
            if (bert_json_parse(a, a_size, NULL, &doc, &err)) snprintf(why, sizeof why, "%.500s", err.message);
            t = bert_json_get(doc.root, "text");
            p = bert_json_get(doc.root, "pair");
            if (!why[0] && (!t || t->type != 's')) snprintf(why, sizeof why, "needs a member \"text\" that is a string");
            if (!why[0]) { a = t->text; a_size = t->size; }
            if (!why[0] && p && p->type == 's' && pair) { b = p->text; b_size = p->size; }
        } else if (pair && (tab = memchr(a, '\t', a_size)) != NULL) {
            b = tab + 1;
            b_size = a_size - (size_t)(b - a);
            a_size = (size_t)(tab - a);
        }
        if (!why[0] && pair && !b) snprintf(why, sizeof why, as_jsonl ? "--pair needs a member \"pair\" that is a string" : "--pair needs a tab between two texts");
        if (!why[0]) put_text(&j->out, work, a, a_size, b, b_size, why, sizeof why);
        if (why[0]) snprintf(j->error, sizeof j->error, "line %lld: %s", (long long)l->number, why);
        bert_json_free(&doc);
    }
    for (i = 0; i < 3; i++) columns_free(work + i);
}

/* Writes out all of a block's lines, cut among the threads. */
static void run_block(bert_parallel parallel, const char *path, const line *lines, size_t count)
{
    size_t jobs = (size_t)parallel.width * 4, i, from = 0;
    job *j;
    if (jobs > count) jobs = count;
    j = calloc(jobs ? jobs : 1, sizeof *j);
    if (!j) cli_fail("out of memory");
    for (i = 0; i < jobs; i++) {
        size_t to = count * (i + 1) / jobs;
        j[i].lines = lines + from;
        j[i].count = to - from;
        from = to;
    }
    parallel.run(parallel.user, (int64_t)jobs, run_job, j);
    for (i = 0; i < jobs; i++) {
        if (j[i].out.size && fwrite(j[i].out.data, 1, j[i].out.size, stdout) != j[i].out.size) cli_fail("cannot write to standard output");
        if (j[i].error[0]) {
            char text[900];
            snprintf(text, sizeof text, "%.200s, %s", path, j[i].error);
            cli_fail(text);
        }
        free(j[i].out.data);
    }
    free(j);
    if (fflush(stdout)) cli_fail("cannot write to standard output");
}

/* A file or standard input in blocks of whole lines; what a pipe has given so far is answered at once. */
static void run_file(bert_parallel parallel, const char *path)
{
    const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
    int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY), end = 0;
    cli_text block = { 0 };
    line *lines = NULL;
    size_t room = 0;
    int64_t number = 0;
    char text[700];
    if (fd < 0) { snprintf(text, sizeof text, "%.400s: cannot open: %s", path, strerror(errno)); cli_fail(text); }
    while (!end) {
        size_t at = 0, count = 0;
        const size_t want = (size_t)1 << 20;
        ptrdiff_t n;
        char *to = cli_room(&block, want);
        n = (ptrdiff_t)read(fd, to, (unsigned)want);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) { snprintf(text, sizeof text, "%.400s: cannot read: %s", shown, strerror(errno)); cli_fail(text); }
        end = n == 0;
        block.size += (size_t)n;
        while (at < block.size) {
            const char *nl = memchr(block.data + at, '\n', block.size - at);
            if (!nl && !end) break;
            if (count == room) {
                room = room * 2 + 1024;
                lines = realloc(lines, room * sizeof *lines);
                if (!lines) cli_fail("out of memory");
            }
            lines[count].text = block.data + at;
            lines[count].size = nl ? (size_t)(nl - block.data) - at : block.size - at;
            lines[count].number = ++number;
            count++;
            at = nl ? (size_t)(nl - block.data) + 1 : block.size;
        }
        run_block(parallel, shown, lines, count);
        memmove(block.data, block.data + at, block.size - at);
        block.size -= at;
    }
    if (fd > 0) close(fd);
    free(lines);
    free(block.data);
}

int main(int argc, char **argv)
{
    bert_error err = { 0 };
    bert_tokenizer_desc d = { 0 };
    bert_pool *pool;
    int i;
    cli c = cli_parse(argc, argv, "tokenize --vocab_file V | --model M [FLAGS] [FILE ...]", "Texts to tokens, ids and byte offsets, a text a line, from files or standard input.\n"
                      "The output of --format=json has text, tokens, ids and offsets, a line for each text.", flags);
    if (!vocab_file && !model) cli_usage("--vocab_file or --model is missing", "");
    d.mode = (bert_tokenizer_mode)cli_choice("mode", mode, "auto|google|hf");
    as_jsonl = cli_choice("input_format", input_format, "lines|jsonl");
    as_format = cli_choice("format", format, "json|tokens|ids|explain");
    cut = (bert_truncation)cli_choice("truncation", truncation, "longest_first|only_first|only_second|error");
    if (max_seq_length < 0 || threads < 0 || stride < -1) cli_usage("negative numbers make no sense for --max_seq_length, --threads or --stride", "");
    with_special = special || pair || max_seq_length > 0;
    d.path = vocab_file;
    d.lower_case = lower;
    d.strip_accents = strip_accents;
    d.cjk = cjk;
    d.specials = specials;
    d.error = &err;
    if (model) {
        bert_model_desc md = { 0 };
        bert_model *m;
        md.path = model;
        md.error = &err;
        if (bert_model_open(&md, &m) || bert_model_tokenizer(m, &d, check_case ? BERT_ON : BERT_OFF, &tokenizer)) cli_fail(err.message);
        bert_model_close(m);
    } else if (bert_tokenizer_open(&d, &tokenizer)) cli_fail(err.message);
    if (bert_pool_open((int32_t)(threads > 1024 ? 1024 : threads), NULL, &pool)) cli_fail("cannot start the threads");
#ifdef _WIN32
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
#endif
    if (!c.count) run_file(bert_pool_parallel(pool), "-");
    for (i = 0; i < c.count; i++) run_file(bert_pool_parallel(pool), c.args[i]);
    bert_pool_close(pool);
    bert_tokenizer_close(tokenizer);
    return 0;
}
