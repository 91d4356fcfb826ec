/* learn_vocab - learns a WordPiece vocabulary (vocab.txt) from text files.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   learn_vocab --input_file a.txt,b.txt --output_file vocab.txt --vocab_size 30522 */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L         /* clock_gettime, under -std=c99 */
#endif
#include "cli.h"
#include <time.h>

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

/* Standard input in pieces that end at line ends, as words must not continue from one add to the next. */
static bert_status add_stdin(bert_learner *learner, bert_error *error)
{
    size_t capacity = (size_t)1 << 22, size = 0, cut, got;
    char *data = (char *)malloc(capacity), *bigger;
    bert_status status = data ? BERT_OK : BERT_ERROR_MEMORY;
    while (status == BERT_OK) {
        if (size == capacity) {
            bigger = (char *)realloc(data, capacity *= 2);
            if (!bigger) { status = BERT_ERROR_MEMORY; break; }
            data = bigger;
        }
        got = fread(data + size, 1, capacity - size, stdin);
        cut = size += got;
        if (got) while (cut && data[cut - 1] != '\n') cut--;
        if (cut) status = bert_learner_add(learner, data, cut);
        memmove(data, data + cut, size -= cut);
        if (!got) break;
    }
    if (status == BERT_ERROR_MEMORY && !error->message[0]) strcpy(error->message, "out of memory while reading standard input");
    if (status == BERT_OK && ferror(stdin)) {
        strcpy(error->message, "cannot read standard input");
        status = BERT_ERROR_IO;
    }
    free(data);
    return status;
}
static bert_status add_file(bert_learner *learner, const char *path, bert_error *error)
{
    bert_file file;
    bert_status status;
    if (strcmp(path, "-") == 0) return add_stdin(learner, error);
    status = bert_file_open(path, NULL, &file, error);
    if (status != BERT_OK) return status;
    status = bert_learner_add(learner, (const char *)file.data, file.size);
    bert_file_close(&file);
    return status;
}

static const char *input, *output, *mode = "google";
static int64_t vocab_size = 30522, min_frequency = 2, limit_alphabet = 1000, threads;
static int lower = 1;
static bert_flag strip;

static const cli_flag flags[] = {
    { "input_file", 's', &input, "text files, separated by commas; - is standard input" },
    { "output_file", 's', &output, "the vocabulary, one token a line" },
    { "vocab_size", 'i', &vocab_size, "tokens wanted, special tokens included" },
    { "min_frequency", 'i', &min_frequency, "join only what occurs as often" },
    { "limit_alphabet", 'i', &limit_alphabet, "single characters, the most frequent ones" },
    { "do_lower_case", 'b', &lower, "lower-case the text" },
    { "strip_accents", 't', &strip, "remove accents (default: as do_lower_case)" },
    { "mode", 's', &mode, "whose rules for words: google or hf" },
    { "threads", 'i', &threads, "how many; 0: one a core. The result is the same" },
    { 0, 0, 0, 0 }
};

int main(int argc, char **argv)
{
    const char *at, *vocab;
    double start = seconds();
    bert_error error = {0};
    bert_learn_desc desc = {0};
    bert_learner *learner = NULL;
    bert_learn_counts counts;
    bert_pool *pool = NULL;
    bert_status status = BERT_OK;
    size_t size = 0;
    cli c = cli_parse(argc, argv, "learn_vocab --input_file a.txt,b.txt --output_file vocab.txt [FLAGS]",
                      "Learns a WordPiece vocabulary from text files.", flags);

    if (c.count) cli_usage("no flag: ", c.args[0]);
    if (!input || !output) cli_usage("--input_file and --output_file are needed", "");
    desc.mode = cli_choice("mode", mode, "google|hf") ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE;
    if (vocab_size < 5 || vocab_size > INT32_MAX || min_frequency < 1 || limit_alphabet < 1 || threads < 0 || threads > 1024)
        cli_usage("--vocab_size goes from 5, --min_frequency and --limit_alphabet from 1, --threads from 0 to 1024", "");
    if (bert_pool_open((int32_t)threads, NULL, &pool) != BERT_OK) cli_fail("cannot start the threads");
    desc.vocab_size = vocab_size;
    desc.min_frequency = min_frequency;
    desc.limit_alphabet = limit_alphabet;
    desc.lower_case = lower ? BERT_ON : BERT_OFF;
    desc.strip_accents = strip;
    desc.parallel = bert_pool_parallel(pool);
    desc.error = &error;

    status = bert_learner_open(&desc, &learner);
    for (at = input; status == BERT_OK && at; ) {
        const char *comma = strchr(at, ',');
        size_t n = comma ? (size_t)(comma - at) : strlen(at);
        char *path = (char *)malloc(n + 1);
        if (!path) { status = BERT_ERROR_MEMORY; break; }
        memcpy(path, at, n);
        path[n] = 0;
        cli_not_input(output, (const char *const *)&path, 1);
        if (n) status = add_file(learner, path, &error);
        free(path);
        at = comma ? comma + 1 : NULL;
    }
    if (status == BERT_OK) status = bert_learner_finish(learner, &vocab, &size);
    if (status == BERT_OK) status = bert_file_write(output, vocab, size, &error);
    if (status == BERT_OK) {
        counts = bert_learner_counts(learner);
        fprintf(stderr, "%lld words, %lld different", (long long)counts.words, (long long)counts.distinct);
        if (counts.forgotten) fprintf(stderr, " (rare ones forgotten %lld times to save memory)", (long long)counts.forgotten);
        fprintf(stderr, "; %lld tokens written to %s in %.2f s\n", (long long)counts.tokens, output, seconds() - start);
    } else {
        fprintf(stderr, "learn_vocab: %s\n", error.message[0] ? error.message : bert_status_string(status));
    }
    bert_learner_close(learner);
    bert_pool_close(pool);
    return status == BERT_OK ? 0 : 1;
}
