#!/bin/sh
# embedded.sh - the smallest build: it runs without files, threads and malloc, gives the numbers of the full one, and is small
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1

bin=$top/tools/bin${V:+/$V}
impl=$top/tools/obj${V:+/$V}/bert_impl.o
program=$top/examples/bin${V:+/$V}/embedded
least="-DBERT_NO_STDIO -DBERT_NO_THREADS -DBERT_NO_SIMD -DBERT_NO_TRAIN -DBERT_NO_DATA -DBERT_NO_TF -DBERT_NO_PICKLE"

mkdir small
model() { $CC $CFLAGS -pthread -I"$top" -I"$top/tests" -o make_model "$top/tests/hooks/make_model.c" "$impl" $LDLIBS && ./make_model small; }
check "small model" model
[ -z "$list" ] && [ ! -f small/model.safetensors ] && { model >/dev/null 2>&1 || exit 1; }

# runs PROGRAM: its eight numbers are those of the tool embed, to the third decimal or one beside it
runs() {
    "$1" small/model.safetensors small/config.json small/vocab.txt "the dogs run ." >got || return 1
    echo "the dogs run ." | "$bin/embed" --model small --normalize --pooling mean >want || return 1
    awk 'NR == FNR { for (i = 1; i <= 8; i++) want[i] = $i; next }
         { n = NF; for (i = 1; i <= 8; i++) if ($i - want[i] > 0.0011 || want[i] - $i > 0.0011) { print i ": " $i " instead of " want[i]; bad = 1 } }
         END { exit bad || n != 8 }' want got
}
check "it runs" runs "$program"
refuse "a model that is none" "$program" small/config.json small/config.json small/vocab.txt text
refuse "a vocabulary that is too long" "$program" small/model.safetensors small/config.json "$top/README.md" text

# small LIMIT FILE: bytes of code and data in an object
small() {
    bytes=$(size "$2" | awk 'NR == 2 { print $4 }')
    [ -n "$bytes" ] && [ "$bytes" -lt "$1" ] || { echo "$bytes bytes; $1 are allowed"; return 1; }
}
# What gcc makes of it for x86-64 is what the README quotes; elsewhere there is nothing to compare with.
if have gcc && have size && [ "$(gcc -dumpmachine | cut -d- -f1)" = x86_64 ]; then
    printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n' >least.c
    object() { gcc -Os -fno-asynchronous-unwind-tables $least $2 -I"$top" -c -o least.o least.c && small "$1" least.o; }
    check "the smallest build is under 100 KB" object 102400
    check "and without messages under 90 KB" object 92160 -DBERT_NO_MESSAGES
else
    wanted "the smallest build is under 100 KB" && skip "the smallest build is under 100 KB" "sizes are compared for gcc on x86-64"
fi
if have musl-gcc && [ "$(uname -m)" = x86_64 ]; then
    static() { musl-gcc -static -Os -s -I"$top" "$top/examples/embedded.c" -o tiny && [ "$(wc -c <tiny)" -lt 153600 ] && runs ./tiny; }
    check "static with musl, under 150 KB" static
else
    wanted "static with musl" && skip "static with musl" "no musl-gcc"
fi
finish
