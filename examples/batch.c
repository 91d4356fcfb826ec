/* examples/batch.c - many texts, several threads of your own: one model, one set of packed weights, a session for each thread.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   cc -O2 batch.c -lm -pthread && ./a.out MODEL FILE [THREADS]

   A session belongs to one thread at a time; model, weights and tokenizer never change and are shared. A text's vector has the
   same bits from every session, whatever other texts are in its batch: the last line shows it. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct worker {
    bert_session *session;
    const bert_tokenizer *tok;
    const char **line;
    size_t *length;
    int64_t count;
    float *out;                                         /* [count, hidden] */
    bert_error error;
    bert_status status;
} worker;

static void work(void *arg, int64_t index)              /* runs in a thread */
{
    worker *w = (worker *)arg + index;
    bert_embed_desc ed = { 0 };
    ed.too_long = BERT_TOO_LONG_TRUNCATE;
    ed.error = &w->error;
    w->status = bert_session_embed(w->session, w->tok, &ed, w->line, w->length, w->count, w->out);
}

int main(int argc, char **argv)
{
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_packed_desc pd = { 0 };
    bert_session_desc sd = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_packed *packed;
    bert_pool *pool;
    bert_parallel parallel;
    bert_file file;
    const char **line = NULL;
    size_t *length = NULL, at;
    worker *w;
    float *vectors, *again;
    int64_t n = 0, c, i, threads = argc > 3 ? atoi(argv[3]) : 2;
    if (argc < 3 || threads < 1 || threads > 256) { fprintf(stderr, "usage: batch MODEL FILE [THREADS]\n"); return 2; }

    md.path = argv[1];
    md.error = td.error = pd.error = sd.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok) || bert_file_open(argv[2], NULL, &file, &err)) { fprintf(stderr, "%s\n", err.message); return 1; }
    pd.model = model;
    if (bert_packed_open(&pd, &packed)) { fprintf(stderr, "%s\n", err.message); return 1; }
    c = bert_model_config(model)->hidden_size;
    for (at = 0; at < file.size; at += length[n++] + 1) {
        const char *text = (const char *)file.data + at, *end = memchr(text, '\n', file.size - at);
        line = realloc(line, (size_t)(n + 1) * sizeof *line);
        length = realloc(length, (size_t)(n + 1) * sizeof *length);
        if (!line || !length) return 1;
        line[n] = text;
        length[n] = end ? (size_t)(end - text) : file.size - at;
    }

    w = calloc((size_t)threads, sizeof *w);             /* a session for each, and its share of the lines */
    vectors = malloc((size_t)(n * c + 1) * sizeof *vectors);
    again = malloc((size_t)(n * c + 1) * sizeof *again);
    if (!w || !vectors || !again || bert_pool_open((int32_t)threads, NULL, &pool)) return 1;
    sd.packed = packed;
    sd.threads = 1;
    for (i = 0; i < threads; i++) {
        const int64_t from = n * i / threads, to = n * (i + 1) / threads;
        if (bert_session_open(&sd, &w[i].session)) { fprintf(stderr, "%s\n", err.message); return 1; }
        w[i].tok = tok;
        w[i].line = line + from;
        w[i].length = length + from;
        w[i].count = to - from;
        w[i].out = vectors + from * c;
    }
    parallel = bert_pool_parallel(pool);                /* stands for the threads of your program */
    parallel.run(parallel.user, threads, work, w);
    for (i = 0; i < threads; i++) if (w[i].status) { fprintf(stderr, "%s\n", w[i].error.message); return 1; }
    printf("%lld texts, %lld vectors of %lld numbers from %lld threads\n", (long long)n, (long long)n, (long long)c, (long long)threads);

    w[0].line = line;                                   /* all of them once more, in one session */
    w[0].length = length;
    w[0].count = n;
    w[0].out = again;
    work(w, 0);
    printf("from one session: %s\n", w[0].status == BERT_OK && memcmp(vectors, again, (size_t)(n * c) * sizeof *vectors) == 0 ? "the same bits" : "something else");

    for (i = 0; i < threads; i++) bert_session_close(w[i].session);
    bert_pool_close(pool);
    bert_packed_close(packed);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    bert_file_close(&file);
    free(w);
    free(vectors);
    free(again);
    free((void *)line);
    free(length);
    return 0;
}
