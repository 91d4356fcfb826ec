/* examples/align.c - labels belong to words, BERT sees pieces: the way from one to the other and back.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The case of Google's README: the words of a tagged sentence, their pieces, and where each word's first piece stands.
   cc -O2 align.c && ./a.out [vocab.txt] */
#define BERT_TOKENIZER_IMPLEMENTATION
#include "../bert_tokenizer.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    static const char vocab[] = "[UNK]\n[CLS]\n[SEP]\njohn\njohan\n##son\n'\ns\nhouse\n";
    const char *words[] = { "John", "Johanson", "'s", "house" };
    const char *labels[] = { "NNP", "NNP", "POS", "NN" };
    size_t sizes[4], i;
    int32_t ids[32], word_of[32], joined_ids[34], joined_words[34], first[4];
    bert_error err = { 0 };
    bert_tokenizer_desc desc = { 0 };
    bert_encoding pieces = { 0 }, input = { 0 };
    bert_tokenizer *tok;

    desc.error = &err;
    if (argc > 1) desc.path = argv[1];
    else { desc.data = vocab; desc.size = sizeof vocab - 1; }
    if (bert_tokenizer_open(&desc, &tok)) { fprintf(stderr, "%s\n", err.message); return 1; }

    for (i = 0; i < 4; i++) sizes[i] = strlen(words[i]);
    pieces.ids = ids;
    pieces.words = word_of;
    pieces.capacity = 32;
    bert_tokenizer_encode_words(tok, words, sizes, 4, &pieces);

    input.ids = joined_ids;                             /* with [CLS] and [SEP] around, as the model wants it */
    input.words = joined_words;
    input.capacity = 34;
    if (bert_encoding_join(tok, NULL, &pieces, NULL, &input, NULL)) { fprintf(stderr, "the vocabulary lacks [CLS] or [SEP]\n"); return 1; }
    bert_encoding_word_starts(&input, 0, first, 4);

    printf("bert_tokens    ");
    for (i = 0; i < input.count; i++) printf(" %s", bert_tokenizer_token(tok, joined_ids[i], NULL));
    printf("\norig_to_tok_map ");
    for (i = 0; i < 4; i++) printf("%s%d", i ? ", " : "[", (int)first[i]);
    printf("]\n\nword -> first piece -> label\n");
    for (i = 0; i < 4; i++) printf("%-9s %d %-6s %s\n", words[i], (int)first[i], bert_tokenizer_token(tok, joined_ids[first[i]], NULL), labels[i]);
    printf("\npiece -> word\n");
    for (i = 0; i < input.count; i++)
        printf("%-6s %s\n", bert_tokenizer_token(tok, joined_ids[i], NULL), joined_words[i] < 0 ? "-" : words[joined_words[i]]);
    bert_tokenizer_close(tok);
    return 0;
}
