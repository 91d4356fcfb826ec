/* tools/bench.c - how fast is it here? The last line of the output is one JSON object.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#define _POSIX_C_SOURCE 200809L
#include "cli.h"
#include <time.h>

static const char *vocab_file, *input_file, *mode = "auto";
static bert_flag lower;
static int64_t threads = 1;
static double seconds = 1.0;

static const cli_flag flags[] = {
    { "vocab_file", 's', &vocab_file, "tokenize: the vocabulary" },
    { "input_file", 's', &input_file, "tokenize: the text, a text a line" },
    { "do_lower_case", 't', &lower, "tokenize: as for the tool tokenize" },
    { "mode", 's', &mode, "tokenize: google, hf or auto" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { "seconds", 'd', &seconds, "measure at least so long; the best round counts" },
    { 0, 0, 0, 0 }
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- tokenize: the ids of every line, the file in memory ---- */

typedef struct tokenize_job {
    const bert_tokenizer *tokenizer;
    const char *text;
    const size_t *starts;               /* [lines + 1] */
    size_t from, to;                    /* lines */
    int32_t *ids;
    size_t room, tokens;
} tokenize_job;

static void tokenize_some(void *arg, int64_t index)
{
    tokenize_job *j = (tokenize_job *)arg + index;
    size_t i;
    j->tokens = 0;
    for (i = j->from; i < j->to; i++) {
        bert_encoding e = { 0 };
        e.ids = j->ids;
        e.capacity = j->room;
        bert_tokenizer_encode(j->tokenizer, j->text + j->starts[i], j->starts[i + 1] - 1 - j->starts[i], &e);
        j->tokens += e.count;
    }
}
static int bench_tokenize(void)
{
    bert_error err = { 0 };
    bert_tokenizer_desc d = { 0 };
    bert_tokenizer *tokenizer;
    bert_file file;
    bert_pool *pool;
    bert_parallel parallel;
    tokenize_job *jobs;
    size_t *starts, lines = 0, i, k, longest = 0, bytes = 0, tokens = 0, count;
    double opened, best = 1e30, end;
    int rounds = 0;
    if (!vocab_file || !input_file) cli_usage("bench tokenize needs --vocab_file and --input_file", "");
    d.path = vocab_file;
    d.lower_case = lower;
    d.mode = (bert_tokenizer_mode)cli_choice("mode", mode, "auto|google|hf");
    d.error = &err;
    opened = now();
    if (bert_tokenizer_open(&d, &tokenizer)) cli_fail(err.message);
    opened = now() - opened;
    if (bert_file_open(input_file, NULL, &file, &err)) cli_fail(err.message);
    if (bert_pool_open((int32_t)threads, NULL, &pool)) cli_fail("cannot start the threads");
    parallel = bert_pool_parallel(pool);
    for (i = 0; i < file.size; i++) lines += file.data[i] == '\n' || i + 1 == file.size;
    starts = malloc((lines + 1) * sizeof *starts);
    count = (size_t)parallel.width == 1 ? 1 : (size_t)parallel.width * 8;
    jobs = calloc(count, sizeof *jobs);
    if (!starts || !jobs) cli_fail("out of memory");
    for (i = k = 0; k < lines; k++) {
        const unsigned char *nl = memchr(file.data + i, '\n', file.size - i);
        starts[k] = i;
        i = nl ? (size_t)(nl - file.data) + 1 : file.size + 1;
        if (i - 1 - starts[k] > longest) longest = i - 1 - starts[k];
        bytes += i - 1 - starts[k];
    }
    starts[lines] = i;
    for (k = i = 0; i < count; i++) {                                   /* about the same number of bytes each */
        jobs[i].tokenizer = tokenizer;
        jobs[i].text = (const char *)file.data;
        jobs[i].starts = starts;
        jobs[i].from = k;
        while (k < lines && (i + 1 == count || starts[k] < file.size / count * (i + 1))) k++;
        jobs[i].to = k;
        jobs[i].room = longest + 1;
        jobs[i].ids = malloc((longest + 1) * sizeof(int32_t));
        if (!jobs[i].ids) cli_fail("out of memory");
    }
    for (end = now() + seconds; rounds < 3 || now() < end; rounds++) {
        double t = now();
        parallel.run(parallel.user, (int64_t)count, tokenize_some, jobs);
        t = now() - t;
        if (t < best) best = t;
    }
    for (i = 0; i < count; i++) { tokens += jobs[i].tokens; free(jobs[i].ids); }
    printf("{\"mb_per_s\": %.1f, \"tokens\": %zu, \"tokens_per_s\": %.0f, \"bytes\": %zu, \"threads\": %d, \"rounds\": %d, \"open_ms\": %.2f}\n",
           (double)bytes / 1e6 / best, tokens, (double)tokens / best, bytes, (int)parallel.width, rounds, opened * 1e3);
    free(jobs);
    free(starts);
    bert_pool_close(pool);
    bert_file_close(&file);
    bert_tokenizer_close(tokenizer);
    return 0;
}

int main(int argc, char **argv)
{
    cli c = cli_parse(argc, argv, "bench tokenize [FLAGS]", "Measures on this machine; the last line of the output is JSON.\n"
                      "tokenize: megabytes a second to ids, line by line, the file already in memory.", flags);
    if (c.count != 1) cli_usage("say what to measure: tokenize", "");
    if (threads < 0 || threads > 1024) cli_usage("--threads goes from 0 to 1024", "");
    if (strcmp(c.args[0], "tokenize") == 0) return bench_tokenize();
    cli_usage("nothing to measure of that name: ", c.args[0]);
    return 2;
}
