#!/bin/sh
# blas.sh - products by OpenBLAS (BERT_USE_CBLAS): the header compiles without a warning, the numbers are those of the kernels
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# (.ci/run blas compares the goldens too, forward and backward.)
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
export OPENBLAS_NUM_THREADS=1

names="bert.h with BERT_USE_CBLAS compiles without a warning|products|activations"
if ! printf '#include <cblas.h>\nint main(void) { return cblas_sdot(0, 0, 1, 0, 1) != 0; }\n' >b.c || ! $CC -o b b.c -lopenblas >out 2>&1; then
    IFS='|'
    for name in $names; do wanted "$name" && skip "$name" "no OpenBLAS here ($CC, cblas.h, -lopenblas)"; done
    finish
fi
printf '#define BERT_STATIC\n#define BERT_IMPLEMENTATION\n#include "bert.h"\n' >i.c
check "bert.h with BERT_USE_CBLAS compiles without a warning" $CC -DBERT_USE_CBLAS -std=c99 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only -I"$top" i.c
[ -n "$list" ] || $CC -O0 -DBERT_USE_CBLAS -DBERT_NO_DATA -I"$top" -I"$top/tests" -pthread -o kernels "$top/tests/unit_kernels.c" -lm -lopenblas >built 2>&1
check "products" sh -c '{ cat built; ./kernels products; }'
check "activations" sh -c '{ cat built; ./kernels activations; }'
finish
