/* create_pretraining_data - texts to pre-training instances in TFRecord files, as Google's script of that name makes them.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   create_pretraining_data --input_file corpus.txt --output_file out.tfrecord --vocab_file vocab.txt [--streaming]

   The texts have a sentence a line and an empty line between documents. Without --streaming the output is, instance for
   instance, that of the original under Python 3 with the same flags. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L         /* clock_gettime, isatty, under -std=c99 */
#endif
#include "cli.h"
#include <time.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#define fileno _fileno
#else
#include <unistd.h>
#endif

static double seconds(void)
{
#ifdef CLOCK_MONOTONIC
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#else
    return (double)time(NULL);
#endif
}

static const char *input, *output, *vocab, *scratch;
static int lower = 1, words, segmented, streaming, quiet;
static int64_t length = 128, predictions = 20, seed = 12345, dupes = 10, threads, memory = 1024;
static double masked = 0.15, shorter = 0.1;

static const cli_flag flags[] = {
    { "input_file", 's', &input, "texts: files, patterns (*.txt) or folders, separated by commas" },
    { "output_file", 's', &output, "TFRecord files, separated by commas; NAME@8: NAME-00000-of-00008, ..." },
    { "vocab_file", 's', &vocab, "the vocabulary of the model" },
    { "do_lower_case", 'b', &lower, "lower-case the text: for uncased models" },
    { "do_whole_word_mask", 'b', &words, "mask whole words, not pieces" },
    { "max_seq_length", 'i', &length, "tokens of an instance" },
    { "max_predictions_per_seq", 'i', &predictions, "masked tokens of an instance, at most" },
    { "random_seed", 'i', &seed, "the seed" },
    { "dupe_factor", 'i', &dupes, "times to use the input, with other masks" },
    { "masked_lm_prob", 'd', &masked, "share of the tokens to mask" },
    { "short_seq_prob", 'd', &shorter, "share of the documents with shorter instances" },
    { "segmented", 'b', &segmented, "with whole words: the text has blanks between Chinese words" },
    { "streaming", 'b', &streaming, "bounded memory, all threads; the same statistics, not the same instances" },
    { "memory", 'i', &memory, "MB for --streaming, besides about 4 a thread" },
    { "scratch_file", 's', &scratch, "for what --streaming cannot hold; removed (default: beside the output)" },
    { "threads", 'i', &threads, "how many; 0: one a core. The result is the same" },
    { "quiet", 'b', &quiet, "no examples, no progress" },
    { 0, 0, 0, 0 }
};

typedef struct report {
    bert_tokenizer *tokenizer;
    double shown;
    int terminal, line;                 /* a line of progress stands there */
} report;

static void clear_line(report *r)
{
    if (r->line) fprintf(stderr, "\r%60s\r", "");
    r->line = 0;
}
static void numbers(const char *name, const int32_t *v, int64_t n, int64_t all)
{
    int64_t i;
    fprintf(stderr, "%s:", name);
    for (i = 0; i < all; i++) fprintf(stderr, " %d", i < n ? (int)v[i] : 0);
    fprintf(stderr, "\n");
}
/* The first twenty, as the original shows them. */
static int show(void *user, const bert_instance *in)
{
    report *r = (report *)user;
    int64_t i;
    if (in->index >= 20 || quiet) return 0;
    clear_line(r);
    fprintf(stderr, "*** Example ***\ntokens:");
    for (i = 0; i < in->length; i++) fprintf(stderr, " %s", bert_tokenizer_token(r->tokenizer, in->ids[i], NULL));
    fprintf(stderr, "\n");
    numbers("input_ids", in->ids, in->length, length);
    fprintf(stderr, "input_mask:");
    for (i = 0; i < length; i++) fprintf(stderr, " %d", i < in->length);
    fprintf(stderr, "\nsegment_ids:");
    for (i = 0; i < length; i++) fprintf(stderr, " %d", i >= in->first && i < in->length);
    fprintf(stderr, "\n");
    numbers("masked_lm_positions", in->masked_positions, in->masked, predictions);
    numbers("masked_lm_ids", in->masked_ids, in->masked, predictions);
    fprintf(stderr, "masked_lm_weights:");
    for (i = 0; i < predictions; i++) fprintf(stderr, " %s", i < in->masked ? "1.0" : "0.0");
    fprintf(stderr, "\n");
    numbers("next_sentence_labels", &in->is_random_next, 1, 1);
    return 0;
}
static int progress(void *user, const bert_pretraining_progress *p)
{
    report *r = (report *)user;
    const double now = seconds(), unit = p->stage[0] == 'r' ? 1e6 : p->stage[0] == 'm' ? 1e6 : 1e3;
    if (quiet || now - r->shown < (r->terminal ? 0.2 : 10)) return 0;
    r->shown = now;
    if (r->terminal) clear_line(r);
    fprintf(stderr, "%s %.1f", p->stage, (double)p->done / unit);
    if (p->total) fprintf(stderr, " of %.1f", (double)p->total / unit);
    fprintf(stderr, p->stage[0] == 'r' ? " MB" : p->stage[0] == 'm' ? " million tokens" : " thousand instances");
    if (!r->terminal) fprintf(stderr, "\n");
    else r->line = 1;
    fflush(stderr);
    return 0;
}

/* The output files: a comma apart; NAME@N stands for N files. */
static char **outputs_of(const char *list, size_t *count)
{
    char **names = NULL;
    const char *p = list;
    size_t n = 0;
    while (*p) {
        const size_t size = strcspn(p, ",");
        size_t at = size, shards = 1, i;
        while (at && p[at - 1] >= '0' && p[at - 1] <= '9') at--;
        if (at < size && at > 1 && p[at - 1] == '@') {
            shards = (size_t)strtoul(p + at, NULL, 10);
            if (shards < 1 || shards > 100000) cli_usage("--output_file: NAME@N with N from 1 to 100000, not ", p);
        } else {
            at = size + 1;
        }
        for (i = 0; size && i < shards; i++) {
            char *name = (char *)malloc(size + 40);
            char **more = (char **)realloc(names, (n + 1) * sizeof *names);
            if (!name || !more) cli_fail("out of memory");
            names = more;
            if (at <= size) snprintf(name, size + 40, "%.*s-%05d-of-%05d", (int)at - 1, p, (int)i, (int)shards);
            else snprintf(name, size + 40, "%.*s", (int)size, p);
            names[n++] = name;
        }
        p += size + (p[size] == ',');
    }
    *count = n;
    return names;
}

int main(int argc, char **argv)
{
    bert_error error = {0};
    bert_tokenizer_desc td = {0};
    bert_pretraining_desc d = {0};
    bert_pretraining_counts counts;
    bert_paths paths = {0};
    bert_pool *pool = NULL;
    report r = {0};
    bert_status status;
    char **outputs;
    size_t i, count = 0;
    double start = seconds();
    cli c = cli_parse(argc, argv, "create_pretraining_data --input_file a.txt,b.txt --output_file out.tfrecord --vocab_file vocab.txt [FLAGS]",
                      "Texts (a sentence a line, an empty line between documents) to masked LM and next sentence instances.", flags);

    if (c.count) cli_usage("no flag: ", c.args[0]);
    if (!input || !output || !vocab) cli_usage("--input_file, --output_file and --vocab_file are needed", "");
    if (length < 5 || length > 65535) cli_usage("--max_seq_length goes from 5 to 65535", "");
    if (predictions < 1 || predictions > 65535) cli_usage("--max_predictions_per_seq goes from 1 to 65535", "");
    cli_range("dupe_factor", dupes, 1, INT32_MAX);
    if (!(masked >= 0 && masked <= 1 && shorter >= 0 && shorter <= 1)) cli_usage("--masked_lm_prob and --short_seq_prob are shares, from 0 to 1", "");
    if (threads < 0 || threads > 1024 || memory < 16 || (uint64_t)memory > SIZE_MAX >> 20) cli_usage("--threads goes from 0 to 1024, --memory from 16", "");
    if (segmented && !words) cli_usage("--segmented needs --do_whole_word_mask", "");
    outputs = outputs_of(output, &count);
    if (!count) cli_usage("--output_file names no file", "");
    td.path = vocab;
    td.lower_case = lower ? BERT_ON : BERT_OFF;
    td.mode = BERT_TOKENIZER_GOOGLE;
    td.error = &error;
    if (bert_tokenizer_open(&td, &r.tokenizer) != BERT_OK || bert_paths_find(input, NULL, &paths, &error) != BERT_OK) cli_fail(error.message);
    for (i = 0; i < count; i++) cli_not_input(outputs[i], paths.path, paths.count);
    if (bert_pool_open((int32_t)threads, NULL, &pool) != BERT_OK) cli_fail("cannot start the threads");
    if (!quiet) {
        fprintf(stderr, "*** Reading from input files ***\n");
        for (i = 0; i < paths.count; i++) fprintf(stderr, "  %s\n", paths.path[i]);
        fprintf(stderr, "*** Writing to output files ***\n");
        for (i = 0; i < count; i++) fprintf(stderr, "  %s\n", outputs[i]);
    }
    if ((double)predictions < (double)length * masked * 0.9)
        fprintf(stderr, "note: --max_predictions_per_seq %lld is less than --max_seq_length %lld times --masked_lm_prob %g: long instances get fewer masks\n", (long long)predictions, (long long)length, masked);
    r.terminal = isatty(fileno(stderr));
    r.shown = seconds();
    d.tokenizer = r.tokenizer;
    d.paths = paths.path;
    d.path_count = paths.count;
    d.outputs = (const char *const *)outputs;
    d.output_count = count;
    d.each = quiet ? NULL : show;
    d.progress = progress;
    d.user = &r;
    d.max_seq_length = (int32_t)length;
    d.max_predictions = (int32_t)predictions;
    d.dupe_factor = (int32_t)dupes;
    d.masking = segmented ? BERT_MASKING_SEGMENTED : words ? BERT_MASKING_WORDS : BERT_MASKING_PIECES;
    d.masked_lm_prob = masked > 0 ? masked : -1;
    d.short_seq_prob = shorter > 0 ? shorter : -1;
    d.seed = &seed;
    d.streaming = streaming;
    d.max_bytes = (size_t)memory << 20;
    d.scratch = scratch;
    d.parallel = bert_pool_parallel(pool);
    d.error = &error;
    status = bert_pretraining_data(&d, &counts);
    clear_line(&r);
    if (status == BERT_OK) {
        start = seconds() - start;
        if (counts.not_utf8) fprintf(stderr, "warning: %lld lines have bytes that are no UTF-8; these bytes were dropped\n", (long long)counts.not_utf8);
        if (!counts.instances) fprintf(stderr, "warning: there is no text in the input, so the output is empty\n");
        else if (counts.documents == 1) fprintf(stderr, "warning: all text is one document, so no second sentence is really random; put an empty line between documents\n");
        fprintf(stderr, "%lld documents, %lld sentences, %lld tokens; %.1f %% of the places filled, %.1f masked tokens each, %.1f %% random next\n", (long long)counts.documents,
                (long long)counts.sentences, (long long)counts.tokens, counts.instances ? 100.0 * (double)counts.written / ((double)counts.instances * (double)length) : 0.0,
                counts.instances ? (double)counts.masked / (double)counts.instances : 0.0, counts.instances ? 100.0 * (double)counts.random_next / (double)counts.instances : 0.0);
        fprintf(stderr, "Wrote %lld total instances in %.2f s (%.1f MB of text a second)\n", (long long)counts.instances, start, (double)counts.bytes / 1e6 / (start > 1e-9 ? start : 1e-9));
    } else {
        fprintf(stderr, "create_pretraining_data: %s\n", error.message[0] ? error.message : bert_status_string(status));
    }
    for (i = 0; i < count; i++) free(outputs[i]);
    free((void *)outputs);
    bert_paths_free(&paths);
    bert_pool_close(pool);
    bert_tokenizer_close(r.tokenizer);
    return status == BERT_OK ? 0 : 1;
}
