/* golden_slow.c - the golden tests with slow_tokenizer.h in the tokenizer's place
   SPDX-License-Identifier: MIT-0 OR Unlicense

   What differential.c compares with is thereby known to be the recorded rules. */
#define BERT_TOKENIZER_IMPLEMENTATION
#define BERT_STATIC
#define GOLDEN_SLOW
#include "golden.c"
