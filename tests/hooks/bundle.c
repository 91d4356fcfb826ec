/* bundle.c - lets golden.c reach one private function without a copy of the implementation in golden.c itself
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Opening a bundle compares only small tensors with their checksums, so that opening stays fast; a golden test wants all. */
#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_IMPLEMENTATION
#include "bert.h"

bert_status hook_bundle_verify(const char *prefix, bert_error *error);

bert_status hook_bundle_verify(const char *prefix, bert_error *error)
{
    bert__files_from from = bert__from_directory();
    bert__arena arena;
    bert_checkpoint *c;
    bert_status st = BERT_ERROR_MEMORY;
    bert__arena_init(&arena, NULL, 4096);
    c = (bert_checkpoint *)bert__arena_get(&arena, sizeof *c);
    if (!c) return st;
    memset(c, 0, sizeof *c);
    c->arena = arena;
    bert__buf_init(&c->tensors, NULL);
    c->error = error;
    st = bert__open_bundle(c, prefix, &from);
    if (st == BERT_OK) st = bert__bundle_verify(c, prefix, &from);
    c->error = NULL;
    bert_checkpoint_close(c);
    return st;
}
