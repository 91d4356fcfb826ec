/* examples/fill_mask.c - what BERT was trained to do: guess the word behind [MASK].
   SPDX-License-Identifier: MIT-0 OR Unlicense

   cc -O2 fill_mask.c -lm -pthread && ./a.out MODEL "The ferry leaves the [MASK]."       (one [MASK], five guesses) */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_session_desc sd = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    bert_encoding tokens = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    int32_t ids[512], best[5];
    int64_t offsets[2] = { 0, 0 }, mask = 0;
    int i;
    if (argc < 3) return 2;

    md.path = argv[1];
    md.heads = BERT_HEAD_MLM;                           /* without this head it does not open */
    td.specials = BERT_ON;                              /* "[MASK]" in the text is the token */
    md.error = td.error = sd.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) { fprintf(stderr, "%s\n", err.message); return 1; }
    sd.model = model;
    if (bert_session_open(&sd, &session)) { fprintf(stderr, "%s\n", err.message); return 1; }

    tokens.ids = ids;                                   /* [CLS] text [SEP] */
    tokens.capacity = 512;
    if (bert_tokenizer_encode_pair(tok, NULL, argv[2], strlen(argv[2]), NULL, 0, &tokens)) { fprintf(stderr, "that is too long\n"); return 1; }
    while (mask < (int64_t)tokens.count && ids[mask] != bert_tokenizer_special_ids(tok).mask) mask++;
    if (mask == (int64_t)tokens.count) { fprintf(stderr, "there is no [MASK]\n"); return 1; }

    offsets[1] = (int64_t)tokens.count;                 /* a batch of one, words wanted at one row */
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    result.masked_count = 1;
    result.masked_rows = &mask;
    result.words = malloc((size_t)bert_model_config(model)->vocab_size * sizeof(float));
    if (!result.words || bert_session_run(session, &batch, &result, &err)) { fprintf(stderr, "%s\n", err.message); return 1; }
    bert_softmax(result.words, 1, bert_model_config(model)->vocab_size);
    bert_top_k(result.words, bert_model_config(model)->vocab_size, 5, best);
    for (i = 0; i < 5; i++) printf("%6.2f %%  %s\n", 100 * (double)result.words[best[i]], bert_tokenizer_token(tok, best[i], NULL));

    free(result.words);
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
}
