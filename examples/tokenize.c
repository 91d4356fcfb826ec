/* examples/tokenize.c - the smallest useful program: a text to tokens, each with the bytes it came from.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   cc -O2 tokenize.c && ./a.out [vocab.txt "a text"] */
#define BERT_TOKENIZER_IMPLEMENTATION
#include "../bert_tokenizer.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    static const char vocab[] = "[UNK]\nhe\n##llo\nworld\n!\n";
    const char *text = argc > 2 ? argv[2] : "Héllo, world!";
    int32_t ids[256];
    size_t begin[256], end[256], i;
    bert_error err = { 0 };
    bert_tokenizer_desc desc = { 0 };
    bert_tokenizer *tok;
    bert_encoding out = { 0 };

    desc.error = &err;
    if (argc > 2) desc.path = argv[1];                  /* a vocab.txt, a tokenizer.json, or a directory with one */
    else { desc.data = vocab; desc.size = sizeof vocab - 1; }
    if (bert_tokenizer_open(&desc, &tok)) { fprintf(stderr, "%s\n", err.message); return 1; }

    out.ids = ids;                                      /* the columns we want; the others stay NULL */
    out.begin = begin;
    out.end = end;
    out.capacity = 256;
    if (bert_tokenizer_encode(tok, text, strlen(text), &out)) { fprintf(stderr, "more than 256 tokens\n"); return 1; }
    for (i = 0; i < out.count; i++)
        printf("%-8s %5d  %.*s\n", bert_tokenizer_token(tok, ids[i], NULL), (int)ids[i], (int)(end[i] - begin[i]), text + begin[i]);
    bert_tokenizer_close(tok);
    return 0;
}
