/* examples/hello.c - a text to a vector, in ten lines.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   cc -O2 hello.c -lm -pthread && ./a.out MODEL "a text"       MODEL: a folder with a checkpoint and its vocabulary */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <stdio.h>

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
    float vector[4096];
    int i, n;
    if (argc < 3) return 2;
    md.path = argv[1];
    md.error = td.error = sd.error = ed.error = &err;

    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) { fprintf(stderr, "%s\n", err.message); return 1; }
    sd.model = model;
    if (bert_session_open(&sd, &session) || bert_embed_desc_read(model, &ed, &err)) { fprintf(stderr, "%s\n", err.message); return 1; }
    n = bert_model_config(model)->hidden_size;
    size_t size = strlen(argv[2]);
    if (n > 4096 || bert_session_embed(session, tok, &ed, (const char *const *)&argv[2], &size, 1, vector)) { fprintf(stderr, "%s\n", err.message); return 1; }
    for (i = 0; i < n; i++) printf("%.6f%c", (double)vector[i], i + 1 < n ? ' ' : '\n');

    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
}
