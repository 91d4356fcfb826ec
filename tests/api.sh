#!/bin/sh
# api.sh - what a program compiled against the headers relies on: no public type or function may become another while BERT_VERSION
# stays as it is. Something new may come.
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   sh tests/api.sh             compares with tests/api.txt
#   sh tests/api.sh --record    writes it anew, once BERT_VERSION has been raised (first digit that is not 0: a program must be changed)
#
# api.txt has the version and, sorted by name, a number made from the text of each declaration as the preprocessor leaves it, without
# comments and spacing. The order and the types of fields are in it, so what changes sizes and offsets changes the number.
record=
case ${1:-} in --record) record=1; shift ;; esac
. "$(dirname "$0")/sh.inc"
LC_ALL=C
export LC_ALL
recorded=$here/api.txt

# A header's declarations, "name number" a line:  declarations FOLDER
declarations() {
    printf '#include "bert.h"\n#include "bert_cuda.h"\n' >"$tmp/api.c"
    $CC -E -I"$1" "$tmp/api.c" >"$tmp/api.i" || return 1
    awk '/^# [0-9]+ "/ { ours = $3 ~ /bert[a-z_]*\.h"$/; next } /^#/ { next } ours { print }' "$tmp/api.i" |
        awk 'BEGIN { for (i = 32; i < 127; i++) code[sprintf("%c", i)] = i }
             { text = text " " $0 }
             END {
                 gsub(/[ \t]+/, " ", text)
                 n = length(text)
                 for (i = 1; i <= n; i++) {
                     c = substr(text, i, 1)
                     if (c == "{" || c == "(") depth++
                     if (c == "}" || c == ")") depth--
                     if (c != ";" || depth) { one = one c; continue }
                     declaration(one)
                     one = ""
                 }
             }
             function declaration(s,   name, k, h, tight) {
                 sub(/^ +/, "", s)
                 name = s
                 if (s ~ /^typedef (struct|enum|union) [a-z_]+ \{/ || s ~ /^(struct|enum|union) [a-z_]+ \{/) { sub(/^typedef /, "", name); sub(/^[a-z]+ /, "", name); sub(/ .*/, "", name) }
                 else if (s ~ /\( ?\* ?[a-z_0-9]+ ?\)/) { match(s, /\( ?\* ?[a-z_0-9]+/); name = substr(s, RSTART, RLENGTH); gsub(/[( *]/, "", name) }
                 else if (s ~ /\(/) { sub(/ ?\(.*/, "", name); sub(/.*[ *]/, "", name) }
                 else sub(/.*[ *]/, "", name)
                 if (name !~ /^bert_/) return
                 tight = s
                 gsub(/ /, "", tight)
                 h = 5381
                 for (k = 1; k <= length(tight); k++) h = (h * 33 + code[substr(tight, k, 1)]) % 4294967291
                 printf "%s %.0f\n", name, h
             }' | sort
}
version_of() { sed -n 's/^#define BERT_VERSION "\(.*\)"$/\1/p' "$1/bert_tokenizer.h"; }
# As it was recorded?  same FOLDER
same() {
    was=$(sed -n 's/^version //p' "$recorded") is=$(version_of "$1")
    if [ "$was" != "$is" ]; then echo "BERT_VERSION is $is, tests/api.txt is of $was: sh tests/api.sh --record"; return 1; fi
    declarations "$1" >"$tmp/now" || return 1
    [ "$(wc -l <"$tmp/now")" -gt 100 ] || { echo "only $(wc -l <"$tmp/now") declarations were found"; return 1; }
    sed '/^version /d' "$recorded" | sort | comm -23 - "$tmp/now" | sed 's/ .*//' >"$tmp/other"
    [ ! -s "$tmp/other" ] || { echo "not what they were in version $was; raise BERT_VERSION, then sh tests/api.sh --record:"; cat "$tmp/other"; return 1; }
}
planted() {                             # planted SED: with such a change `same` must fail
    mkdir -p "$tmp/planted"
    cp "$top"/bert*.h "$tmp/planted/"
    sed "$2" "$top/$1" >"$tmp/planted/$1"
    cmp -s "$top/$1" "$tmp/planted/$1" && { echo "the change was not planted"; return 0; }
    same "$tmp/planted"
}

zero() {                                # every public struct begins so that `= {0}` is C and C++
    {
        printf '#include "bert.h"\n#include "bert_cuda.h"\nint main(void) {\n'
        sed -n 's/^typedef struct \(bert_[a-z][a-z_]*\) {.*/\1/p' "$top/bert_tokenizer.h" "$top/bert.h" "$top/bert_cuda.h" | sort -u |
            grep -v -x -e bert_mpi_desc -e bert_cuda_comm_desc | sed 's/.*/    { & x = {0}; (void)x; }/'
        printf '    return 0;\n}\n'
    } >"$tmp/zero.cpp"
    [ "$(wc -l <"$tmp/zero.cpp")" -gt 60 ] && ${CXX:-c++} -std=c++11 -fsyntax-only -I"$top" "$tmp/zero.cpp" && $CC -std=c99 -fsyntax-only -I"$top" -x c "$tmp/zero.cpp"
}

if [ -n "$record" ]; then
    if [ -f "$recorded" ] && [ "$(sed -n 's/^version //p' "$recorded")" = "$(version_of "$top")" ] && ! same "$top"; then exit 1; fi
    { echo "version $(version_of "$top")"; declarations "$top"; } >"$tmp/new" && cp "$tmp/new" "$recorded"
    exit
fi
check "as recorded" same "$top"
refuse "a field of another type is found" planted bert.h 's/^    int32_t hidden_size; /    int64_t hidden_size; /'
refuse "a field more is found" planted bert_tokenizer.h 's/^typedef struct bert_encoding {/&\n    int32_t another;/'
refuse "another parameter is found" planted bert_tokenizer.h 's/^BERT_API void bert_tokenizer_close(bert_tokenizer \*/BERT_API void bert_tokenizer_close(const bert_tokenizer */'
refuse "a function that is gone is found" planted bert.h 's/^BERT_API void bert_session_close.*;$//'
refuse "another version is found" planted bert_tokenizer.h 's/^#define BERT_VERSION "/&9/'
if have "${CXX:-c++}"; then check "zero is where every desc begins" zero
elif wanted "zero is where every desc begins"; then skip "zero is where every desc begins" "there is no C++ compiler"; fi
finish
