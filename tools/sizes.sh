#!/bin/sh
# tools/sizes.sh - what each compile-time switch saves: bytes of object code
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   sh tools/sizes.sh                       both headers, with gcc -Os
#   CC=clang CFLAGS=-O2 sh tools/sizes.sh   others
#
# Code, constants and initialised data of one object that holds the whole implementation ("size": text and data). The switches
# are found in the option tables of the headers: whatever begins with BERT_NO_ there is measured, alone, against all.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
: "${CC:=gcc}" "${CFLAGS:=-Os}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/bert_sizes.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT

# bytes HEADER FLAGS...   prints the size, or fails with the compiler's words
bytes() {
    header_=$1; shift
    printf '#define BERT_IMPLEMENTATION\n#include "%s"\n' "$header_" >"$tmp/x.c"
    # shellcheck disable=SC2086
    $CC $CFLAGS "$@" -I"$here/.." -c "$tmp/x.c" -o "$tmp/x.o" >"$tmp/out" 2>&1 || { cat "$tmp/out" >&2; exit 1; }
    size "$tmp/x.o" | awk 'NR == 2 { print $1 + $2 }'
}

echo "$($CC --version | head -n 1), $CFLAGS, $(uname -m)"
for header in bert_tokenizer.h bert.h; do
    all=$(bytes $header) || exit 1
    printf '%-28s %8d bytes\n' "$header" "$all"
    for option in $(sed -n '/>>options$/,/====/s/^   \(BERT_NO_[A-Z_]*\) .*/\1/p' "$here/../bert_tokenizer.h" "$here/../$header" | awk '!seen[$1]++'); do
        without=$(bytes $header -D$option) || exit 1
        printf '    %-24s %8d saved\n' "$option" $((all - without))
    done
done
