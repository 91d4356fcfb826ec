/* examples/search.c - semantic search: the lines of a file that mean most nearly what is asked.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   search MODEL [FILE [QUERY]]
   Without FILE it searches the sentences below; without QUERY it reads questions from standard input, or asks its own. The
   vectors have length 1, so their product is the cosine of the angle between them: 1 the same, 0 nothing in common.
   cc -O2 search.c -lm -pthread && ./a.out MODEL            (make -C examples minilm fetches a model and runs it) */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <stdio.h>
#include <stdlib.h>

static const char sentences[] =
    "The ferry leaves the island every morning at six.\n"
    "Bread dough rises faster in a warm kitchen.\n"
    "She repaired the violin before the concert.\n"
    "Heavy snow closed the mountain pass for two days.\n"
    "The children built a raft out of old barrels.\n"
    "Interest on the loan is paid four times a year.\n"
    "A fox has been stealing hens from the farm.\n"
    "The doctor told him to rest and drink plenty of water.\n"
    "Our train was late, so we missed the connection.\n"
    "The museum keeps its oldest maps in a dark room.\n"
    "He forgot his password and could not log in.\n"
    "Lightning struck the old oak beside the church.\n"
    "The tailor shortened the sleeves of the coat.\n"
    "Bees were dancing to show where the flowers are.\n"
    "The court decided that the contract was void.\n"
    "Two astronauts walked outside the station to change a battery.\n"
    "The soup needs more salt and a little lemon.\n"
    "Goalkeepers wear gloves; strikers score the goals.\n";
static const char *const questions[] = { "How do I get to the islands by boat?", "trouble signing in to my computer", "cooking advice", "bad weather in the hills", "a musical instrument", "animals on the farm", "news from space" };

typedef struct found { float score; int64_t line; } found;
static int by_score(const void *a, const void *b)
{
    const found *x = a, *y = b;
    return x->score < y->score ? 1 : x->score > y->score ? -1 : x->line < y->line ? -1 : 1;
}
static void fail(const bert_error *e) { fprintf(stderr, "search: %s\n", e->message); exit(1); }

int main(int argc, char **argv)
{
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_session_desc sd = { 0 };
    bert_embed_desc ed = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    bert_file file = { 0 };
    const char *text = sentences, **line = NULL;
    size_t size = sizeof sentences - 1, *length = NULL, at;
    int64_t n = 0, c, i, k;
    float *vectors, *query;
    found *best;
    char buffer[2000];
    int asked;
    if (argc < 2) { fprintf(stderr, "usage: search MODEL [FILE [QUERY]]\n"); return 2; }

    md.path = argv[1];                        /* the model, and how its files say that vectors are made */
    md.error = td.error = sd.error = ed.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok) || bert_embed_desc_read(model, &ed, &err)) fail(&err);
    ed.normalize = 1;
    ed.too_long = BERT_TOO_LONG_WINDOWS;
    sd.model = model;
    if (bert_session_open(&sd, &session)) fail(&err);
    c = bert_model_config(model)->hidden_size;

    if (argc > 2) {                                     /* the lines to search */
        if (bert_file_open(argv[2], NULL, &file, &err)) fail(&err);
        text = (const char *)file.data;
        size = file.size;
    }
    for (at = 0; at < size; at += length[n++] + 1) {
        const char *end = memchr(text + at, '\n', size - at);
        line = realloc(line, (size_t)(n + 1) * sizeof *line);
        length = realloc(length, (size_t)(n + 1) * sizeof *length);
        if (!line || !length) return 1;
        line[n] = text + at;
        length[n] = end ? (size_t)(end - line[n]) : size - at;
    }
    vectors = malloc((size_t)(n * c + c + 1) * sizeof *vectors);
    best = malloc((size_t)(n + 1) * sizeof *best);
    if (!vectors || !best) return 1;
    query = vectors + n * c;
    if (bert_session_embed(session, tok, &ed, line, length, n, vectors)) fail(&err);    /* all of them in one call */

    for (asked = 0;; asked++) {                         /* the questions */
        const char *q = buffer;
        size_t q_size;
        if (argc > 3) q = asked ? NULL : argv[3];
        else if (argc < 3) q = asked < (int)(sizeof questions / sizeof *questions) ? questions[asked] : NULL;
        else if (!fgets(buffer, sizeof buffer, stdin)) q = NULL;
        if (!q) break;
        q_size = strcspn(q, "\n");
        if (bert_session_embed(session, tok, &ed, &q, &q_size, 1, query)) fail(&err);
        for (i = 0; i < n; i++) {
            for (best[i].score = 0, best[i].line = i, k = 0; k < c; k++) best[i].score += query[k] * vectors[i * c + k];
        }
        qsort(best, (size_t)n, sizeof *best, by_score);
        printf("%.*s\n", (int)q_size, q);
        for (i = 0; i < 3 && i < n; i++) printf("  %5.2f  %.*s\n", (double)best[i].score, (int)length[best[i].line], line[best[i].line]);
    }
    bert_file_close(&file);
    free(best);
    free(vectors);
    free(length);
    free((void *)line);
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
}
