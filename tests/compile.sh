#!/bin/sh
# compile.sh - does the header compile wherever it should, and leave nothing behind that is not its own?
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# With $CC; FULL=1 (CI) takes gcc and clang, and more standards. Most of these compilations are for what the compiler says,
# which costs no optimisation: -O0 where gcc must get as far as its list of what is unused, else -fsyntax-only, where clang
# gives that list. The warnings that only gcc's optimiser gives come from -O2 once as C, once as C++, once without SIMD, files
# and threads.
. "$(dirname "$0")/sh.inc"

STRICT="-pedantic -Wall -Wextra -Wconversion -Wshadow -Werror"
FULL=${FULL:-}
if [ -n "$FULL" ]; then
    compilers= cstd="c99 c11 gnu99 gnu11 c2x" cxxstd="c++11 c++14 c++17 c++20 gnu++17 c++2b"
    for c in gcc clang; do have $c && compilers="$compilers $c"; done
    for c in gcc clang; do
        wanted "compiler $c" || continue
        if have $c; then pass "compiler $c"; else skip "compiler $c" "not installed"; fi
    done
    [ -n "$compilers" ] || compilers=$CC
else
    compilers=$CC cstd="c99" cxxstd="c++11 c++20"
fi

headers=bert_tokenizer.h whole_header=bert_tokenizer.h
[ -f "$top/bert.h" ] && headers="$headers bert.h" whole_header=bert.h

# A file, to an object of its own (whose name no other job has).
object() { "$@" -c -o "x$job.o" && rm -f "x$job.o"; }
# As far as all warnings but the optimiser's; in the short run, as far as the parser's.
warns() {
    case "${FULL:-short clang} $1 $compilers " in
    *clang*) "$@" -fsyntax-only ;;
    *) object "$@" -O0 ;;
    esac
}
# With the optimiser's.
warns_all() {
    case $1 in
    *clang*) "$@" -fsyntax-only ;;
    *) object "$@" -O2 ;;
    esac
}

# The C++ compiler that belongs to a C compiler; nothing if there is none.
cxx_of() {
    case $1 in
    *clang*) c_=$(echo "$1" | sed 's/clang/clang++/') ;;
    *gcc*) c_=$(echo "$1" | sed 's/gcc/g++/') ;;
    *) c_=$(echo "$1" | sed 's/\(^\|[-/]\)cc$/\1c++/') ;;
    esac
    [ "$c_" != "$1" ] && have "${c_%% *}" && echo "$c_"
}

# Until all of the tokenizer is there, what needs its definitions is built from the base alone.
cd "$tmp" || exit 1
printf '#define BERT_TOKENIZER_IMPLEMENTATION\n#include "bert_tokenizer.h"\n' >probe.c
whole=
if $CC -O0 -w -I"$top" -c probe.c -o probe.o 2>probe.out && nm -P -g probe.o 2>/dev/null | grep -q '^_*bert_tokenizer_encode [TD]'; then
    whole=1
fi
base=
[ -n "$whole" ] || base=-DBERT_NO_TOKENIZER

# ---- as C and as C++, with every warning ----

for h in $headers; do
    printf '#include "%s"\nextern int nothing;\n' "$h" >"declare_$h.c"
    printf '#define BERT_IMPLEMENTATION\n#include "%s"\n' "$h" >"implement_$h.c"
    cp "declare_$h.c" "declare_$h.cpp"
    cp "implement_$h.c" "implement_$h.cpp"
    for c in $compilers; do
        cxx=$(cxx_of "$c")
        first=${FULL:+1}
        for s in $cstd; do
            later "strict $h $c $s declarations" $c -std=$s $STRICT -I"$top" -fsyntax-only "declare_$h.c"
            if [ -n "$first" ] && [ $h = $whole_header ]; then later "strict $h $c $s implementation" warns_all $c -std=$s $STRICT -I"$top" "implement_$h.c"
            elif [ $s = c99 ]; then later "strict $h $c $s implementation" warns $c -std=$s $STRICT -I"$top" "implement_$h.c"
            else later "strict $h $c $s implementation" $c -std=$s $STRICT -I"$top" -fsyntax-only "implement_$h.c"; fi
            first=
        done
        first=${FULL:+1}
        for s in $cxxstd; do
            if [ -z "$cxx" ]; then
                wanted "strict $h $c $s" && skip "strict $h $c $s" "no C++ compiler beside $c"
                continue
            fi
            set -- $cxx -std=$s $STRICT -Wno-missing-field-initializers -I"$top"
            later "strict $h $cxx $s declarations" "$@" -fsyntax-only "declare_$h.cpp"
            if [ -n "$first" ] && [ $h = $whole_header ]; then later "strict $h $cxx $s implementation" warns_all "$@" "implement_$h.cpp"
            elif [ $s = c++11 ]; then later "strict $h $cxx $s implementation" warns "$@" "implement_$h.cpp"
            else later "strict $h $cxx $s implementation" "$@" -fsyntax-only "implement_$h.cpp"; fi
            first=
        done
    done
done

# ---- the switches: each alone, and all ----

own="BERT_NO_TOKENIZER BERT_NO_LEARN BERT_NO_STDIO BERT_NO_THREADS BERT_NO_SIMD BERT_STATIC"
for h in $headers; do
    guards=$own all=
    [ $h = bert.h ] && guards="$own BERT_NO_TF BERT_NO_PICKLE BERT_NO_SAFETENSORS BERT_NO_TRAIN BERT_NO_DATA"
    for g in $guards; do all="$all -D$g"; done
    for c in $compilers; do
        for g in $guards; do
            more=
            [ "$g" = BERT_STATIC ] && more=$base
            later "guard $g $h $c" warns $c -std=c99 $STRICT -D$g $more -I"$top" "implement_$h.c"
        done
        later "guard all $h $c" warns $c -std=c99 $STRICT $all -I"$top" "implement_$h.c"
        set -- $c -std=c99 $STRICT -DBERT_NO_LEARN -DBERT_NO_STDIO -DBERT_NO_THREADS -DBERT_NO_SIMD -I"$top" "implement_$h.c"
        if [ -n "$FULL" ]; then later "guard all but the tokenizer $h $c" warns_all "$@"
        else later "guard all but the tokenizer $h $c" warns "$@"; fi
        if [ -n "$FULL" ] && cxx=$(cxx_of "$c"); then
            for g in $guards; do
                more=
                [ "$g" = BERT_STATIC ] && more=$base
                later "guard $g $h $cxx" warns $cxx -std=c++11 $STRICT -Wno-missing-field-initializers -D$g $more -I"$top" "implement_$h.cpp"
            done
            later "guard all $h $cxx" warns $cxx -std=c++11 $STRICT -Wno-missing-field-initializers $all -I"$top" "implement_$h.cpp"
        fi
    done
    refuse "guard BERT_MALLOC without BERT_FREE $h" $CC -DBERT_MALLOC=malloc -I"$top" -fsyntax-only "implement_$h.c"
    refuse "guard BERT_FREE without BERT_MALLOC $h" $CC -DBERT_FREE=free -I"$top" -fsyntax-only "implement_$h.c"
done

# ---- including: twice, around the implementation, in several files, after anything ----

main_body='
#include <stdio.h>
int other(void);
int main(void) { bert_json_doc d; if (bert_json_parse("[1]", 3, NULL, &d, NULL)) return 1; bert_json_free(&d); return other(); }'
other_body='int other(void) { return bert_status_string(BERT_OK)[0] != (char)111; }'

build_and_run() {
    c_=$1; shift
    $c_ "$@" -pthread -o "program$job" -lm && "./program$job" && rm -f "program$job"
}

# after what users include and define: system headers, the macros of windows.h, X11 and old compilers
cat >crowd.h <<'CROWD'
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifndef _WIN32
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#endif
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define IN
#define OUT
#define ERROR 0
#define DELETE 1
#define Success 0
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define T "T"
#define B "B"
#define C "C"
#define H "H"
#define D "D"
#define N 100
#define L 12
#define likely(x) (x)
#define unlikely(x) (x)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))
#define countof(a) (sizeof(a) / sizeof *(a))
CROWD

for h in $headers; do
    printf '#include "%s"\n%s\n' "$h" "$main_body" >"main_$h.c"
    printf '#include "%s"\n#include "%s"\n%s\n' "$h" "$h" "$other_body" >"other_$h.c"
    { printf '#include "%s"\n#include "%s"\n' "$h" "$h"
      printf '#define BERT_IMPLEMENTATION\n#include "%s"\n#include "%s"\n' "$h" "$h"
      printf '#undef BERT_IMPLEMENTATION\n#include "%s"\n' "$h"
      printf '%s\n%s\n' "$main_body" "$other_body"; } >"twice_$h.c"
    # every file with a copy of its own, which must not clash
    printf '#define BERT_STATIC\n#define BERT_IMPLEMENTATION\n#include "%s"\n%s\n' "$h" "$main_body" >"static1_$h.c"
    printf '#define BERT_STATIC\n#define BERT_IMPLEMENTATION\n#include "%s"\n%s\n' "$h" "$other_body" >"static2_$h.c"
    printf '#include "crowd.h"\n#define BERT_IMPLEMENTATION\n#include "%s"\n#undef N\n%s\n%s\n' "$h" "$main_body" "$other_body" >"after_$h.c"
    cp "after_$h.c" "after_$h.cpp"
    printf '#define BERT_IMPLEMENTATION\n#include "%s"\n#include "crowd.h"\n%s\n%s\n' "$h" "$main_body" "$other_body" >"before_$h.c"
    for c in $compilers; do
        later "two units, one implementation $h $c" build_and_run "$c" -O0 -I"$top" "main_$h.c" "other_$h.c" "implement_$h.c"
        later "included before, twice and after $h $c" build_and_run "$c" -std=c99 $STRICT -O0 -Wno-missing-prototypes -I"$top" "twice_$h.c"
        later "two static copies $h $c" build_and_run "$c" -O0 $base -I"$top" "static1_$h.c" "static2_$h.c"
        for f in "-std=c99" "-std=c99 -D_POSIX_C_SOURCE=200809L" "-std=gnu11 -D_GNU_SOURCE" "-std=c99 -D_XOPEN_SOURCE=700" "-std=c11 -D_FILE_OFFSET_BITS=64"; do
            set -- "$c" $f -Wall -Wextra -Werror -I"$top" -I. "after_$h.c"
            case "${FULL:+full}$f" in
            *-std=c99 | full-std=gnu*) later "after a crowd of includes, $f $h $c" build_and_run "$@" -O0 ;;
            full* | *-std=gnu*) later "after a crowd of includes, $f $h $c" "$@" -fsyntax-only ;;
            esac
        done
        set -- "$c" -std=gnu11 -Wall -Wextra -Werror -I"$top" -I. "before_$h.c"
        if [ -n "$FULL" ]; then later "before a crowd of includes $h $c" build_and_run "$@" -O0
        else later "before a crowd of includes $h $c" "$@" -fsyntax-only; fi
        if cxx=$(cxx_of "$c"); then
            later "after a crowd of includes, C++ $h $cxx" build_and_run "$cxx" -std=c++11 -Wall -Wextra -Werror -Wno-missing-field-initializers -O0 -I"$top" -I. "after_$h.cpp"
        fi
    done
done
settle

# ---- without a system: no files, no threads, memory of its own ----

freestanding_is_free() {
    cat >free.c <<EOF2
#include <stddef.h>
extern void *my_alloc(size_t n);
extern void my_free(void *p);
#define BERT_MALLOC(n) my_alloc(n)
#define BERT_FREE(p) my_free(p)
#define BERT_NO_STDIO
#define BERT_NO_THREADS
#define BERT_IMPLEMENTATION
#include "$1"
EOF2
    $CC -Os -ffreestanding -I"$top" -c free.c -o free.o || return 1
    nm -P -u free.o | sed 's/ .*//' |
        grep -v -E '^_*(my_alloc|my_free|mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr)|GLOBAL_OFFSET_TABLE_|stack_chk_fail.*|(u|)(div|mod)[dt]i.|fentry__)$' >free.out
    [ -s free.out ] && { echo "needs beside memory and strings:"; cat free.out; return 1; }
    # which headers: without SIMD, because gcc's <emmintrin.h> brings <stdlib.h> along
    $CC -DBERT_NO_SIMD -ffreestanding -I"$top" -M free.c >free.d || return 1
    tr ' ' '\n' <free.d | grep -E '/(stdio|stdlib|unistd|fcntl|pthread|errno|math|locale|ctype|sys/(mman|stat))\.h$' && return 1
    return 0
}
for h in $headers; do
    if [ "$h" = bert.h ]; then continue; fi             # bert.h needs libm
    if have nm; then check "freestanding $h" freestanding_is_free "$h"
    else wanted "freestanding $h" && skip "freestanding $h" "no nm here"; fi
done

# ---- nothing without our prefix ----

# What the object of implement.c has, compiled once for all that ask: symbols.out.
symbols() { [ -s symbols.out ] || { $CC -O0 -fno-pic -I"$top" $base -c implement.c -o symbols.o && nm -P symbols.o >symbols.out; }; }
symbols_are_ours() {
    symbols || return 1
    awk '$2 ~ /[TDBRCVWGS]/ && $1 !~ /^_?bert_/ { print "global " $1; bad = 1 }
         $2 == "t" && $1 !~ /^_?bert_/ { print "function " $1; bad = 1 }
         $2 ~ /[rdb]/ && $1 !~ /[.]/ && $1 !~ /^_?bert_/ { print "table " $1; bad = 1 }
         END { if (NR < 10) { print "no symbols read"; bad = 1 } exit bad }' symbols.out
}
no_mutable_globals() {
    symbols || return 1
    awk '$2 ~ /^[dDbBcCsSgG]$/ { print $1 " can change"; bad = 1 } END { exit bad }' symbols.out
}
# Every #define that survives to the end of a file and stands in one of our headers.
macros_are_ours() {
    $CC -E -dD -I"$top" "$@" >macros.out || return 1
    awk '/^# [0-9]+ "/ { f = $3; ours = f ~ /bert[a-z_]*\.h"$/ }
         /^#define / { n = $2; sub(/\(.*/, "", n); if (ours) { d[n] = 1; seen++ } }
         /^#undef / { delete d[$2] }
         END { if (seen < 3) { print "no macros read"; bad = 1 }
               for (n in d) if (n !~ /^BERT_/) { print n; bad = 1 }
               exit bad }' macros.out
}
# What the header tells the compiler about its own functions (BERT__SELDOM) ends with it, whatever is left out.
options_come_back() {
    for options in "" -DBERT_NO_TRAIN -DBERT_NO_DATA -DBERT_NO_TOKENIZER -DBERT_NO_STDIO -DBERT_NO_TF "-DBERT_NO_PICKLE -DBERT_NO_SIMD"; do
        $CC -O2 $options -E -I"$top" implement.c >pragmas.out || return 1
        awk -v o="$options" '/^ *# *pragma GCC push_options/ { n++ } /^ *# *pragma GCC pop_options/ { n--; if (n < 0) bad = 1 }
             END { if (n || bad) { print o ": " n " more begun than ended"; exit 1 } }' pragmas.out || return 1
    done
}
for h in $headers; do
    printf '#include "%s"\nextern int nothing;\n' "$h" >declare.c
    printf '#define BERT_IMPLEMENTATION\n#include "%s"\n' "$h" >implement.c
    rm -f symbols.out
    if have nm; then
        check "prefix of symbols $h" symbols_are_ours
        check "no mutable globals $h" no_mutable_globals
    else
        wanted "prefix of symbols $h" && skip "prefix of symbols $h" "no nm here"
    fi
    check "prefix of macros $h" macros_are_ours declare.c
    check "prefix of macros $h implementation" macros_are_ours implement.c
    check "prefix of macros $h static" macros_are_ours -DBERT_STATIC implement.c
    check "options come back $h" options_come_back
done

# These scans are tested as well: a stray macro, function, variable and table must be found.
finds() { what_=$1; shift; if "$@" >found.out 2>&1; then return 1; fi; cat found.out; grep -q "$what_" found.out; }
if have nm; then
    mkdir -p planted
    { printf '#define BERT_IMPLEMENTATION\n#include "%s"\n' "$top/bert_tokenizer.h"
      echo 'int stray_global(void) { return 0; }'
      echo 'static __attribute__((used)) int stray_static(void) { return 0; }'
      echo 'static __attribute__((used)) const int stray_table[4] = { 1 };'; } >planted/implement.c
    planted_symbol() { (cd planted && symbols_are_ours); }
    for stray in global static table; do check "scan finds a stray $stray" finds "stray_$stray" planted_symbol; done
    printf '#define BERT_IMPLEMENTATION\n#include "%s"\nstatic __attribute__((used)) int bert__counter_of_mine;\n' "$top/bert_tokenizer.h" >planted/implement.c
    planted_global() { (cd planted && rm -f symbols.out && no_mutable_globals); }
    check "scan finds a mutable global" finds "counter_of_mine can change" planted_global
    { cat "$top/bert_tokenizer.h"; echo '#define STRAY 1'; } >planted/bert_planted.h
    printf '#include "planted/bert_planted.h"\n' >planted.c
    check "scan finds a stray macro" finds "STRAY" macros_are_ours planted.c
fi

# ---- the map: the list of contents and the sections agree in names and order ----

map_is_true() {
    awk '/^   CONTENTS/ { listing = 1 }
         listing { s = $0; while (match(s, />>[a-z_]+/)) { print substr(s, RSTART, RLENGTH); s = substr(s, RSTART + RLENGTH) } }
         /\*\// { exit }' "$1" >contents
    awk '/^\/\* ====/ { banner = NR } /^   >>[a-z_]+/ && banner == NR - 1 { print $1 }' "$1" >sections
    [ -s contents ] || { echo "no list of contents"; return 1; }
    diff contents sections || { echo "(left: contents, right: sections)"; return 1; }
    [ -z "$(sort contents | uniq -d)" ] || { echo "twice: $(sort contents | uniq -d)"; return 1; }
    # tags named in the text exist, here or in the base (and bert_cuda.h's are bert.h's)
    base=$top/bert_tokenizer.h
    case $1 in *bert_cuda.h) base="$base $top/bert.h" ;; esac
    grep -o '>>[a-z_][a-z_]*' "$1" | sort -u >named
    grep -ho '>>[a-z_][a-z_]*' $base contents | sort -u >known
    [ -z "$(comm -23 named known)" ] || { echo "named but not there: $(comm -23 named known)"; return 1; }
}
for h in bert_tokenizer.h bert.h bert_cuda.h; do
    [ -f "$top/$h" ] || continue
    if [ -z "$whole" ]; then wanted "map $h" && skip "map $h" "the tokenizer is not written yet"
    else check "map $h" map_is_true "$top/$h"; fi
done

if [ -n "$whole" ]; then
    sed 's/>>error />>mirror /' "$top/bert_tokenizer.h" >planted.h
    check "map finds a wrong tag" finds "mirror" map_is_true planted.h
fi

# ---- other processors ----

# What is taken where there is AVX2 and no more, on a processor that has AVX-512.
avx2_is_taken() {
    $CC -O2 -shared -fPIC "$top/tests/hooks/avx2_only.c" -o avx2_only.so || return 1
    cat >which.c <<'EOF2'
#define BERT_IMPLEMENTATION
#include "bert.h"
#include <stdio.h>
int main(void)
{
    printf("%s\n", bert_isa_name(bert_isa_best()));
    return 0;
}
EOF2
    $CC -O0 -I"$top" which.c -o which -lm -pthread || return 1
    echo "$(./which), then $(LD_PRELOAD=$PWD/avx2_only.so ./which)"
    [ "$(LD_PRELOAD=$PWD/avx2_only.so ./which)" = avx2 ]
}
if grep -q '^flags.* avx2 .*cpuid_fault\|^flags.* cpuid_fault .*avx2' /proc/cpuinfo 2>/dev/null && [ "$(uname -m)" = x86_64 ]; then check "avx2_only" avx2_is_taken
else wanted "avx2_only" && skip "avx2_only" "no x86 processor here whose CPUID can fault"; fi

# ---- small ----

# What a program gets from the object: its code and its data, without symbols and what else a file needs.
object_is_small() {
    $CC -Os -DBERT_NO_LEARN -DBERT_TOKENIZER_IMPLEMENTATION -I"$top" -c unit.c -o small.o || return 1
    bytes=$(size small.o | awk 'NR == 2 { print $1 + $2 }')
    echo "$bytes bytes of code and data"
    [ "$bytes" -lt 60000 ]
}
hello_is_small() {
    cat >hello.c <<'EOF2'
#define BERT_TOKENIZER_IMPLEMENTATION
#define BERT_NO_LEARN
#include "bert_tokenizer.h"
#include <stdio.h>
int main(void)
{
    static const char vocab[] = "[UNK]\nhe\n##llo\n";
    int32_t ids[8];
    bert_tokenizer *tok;
    bert_tokenizer_desc desc = { 0 };
    bert_encoding out = { 0 };
    desc.data = vocab;
    desc.size = sizeof vocab - 1;
    if (bert_tokenizer_open(&desc, &tok)) return 1;
    out.ids = ids;
    out.capacity = 8;
    if (bert_tokenizer_encode(tok, "Hello", 5, &out)) return 1;
    printf("%d %d\n", (int)ids[0], (int)ids[1]);
    bert_tokenizer_close(tok);
    return 0;
}
EOF2
    for options in "" -DBERT_STATIC -DBERT_NO_THREADS; do               # as it comes; a private copy; all functions but no threads
        musl-gcc -Os -static -s $options -I"$top" hello.c -o hello || return 1
        echo "$(wc -c <hello) bytes of program with ${options:-no option}"
        [ "$(./hello)" = "1 2" ] || return 1
        [ "$(wc -c <hello)" -lt 100000 ] || return 1
    done
}
printf '#include "bert_tokenizer.h"\n' >unit.c
if [ -z "$whole" ]; then
    for n in "object, code and data under 60000 bytes" "static hello under 100 KB"; do
        wanted "$n" && skip "$n" "the tokenizer is not written yet"
    done
else
    if have size; then check "object, code and data under 60000 bytes" object_is_small
    else wanted "object, code and data under 60000 bytes" && skip "object, code and data under 60000 bytes" "no size here"; fi
    if have musl-gcc; then check "static hello under 100 KB" hello_is_small
    else wanted "static hello under 100 KB" && skip "static hello under 100 KB" "no musl-gcc here"; fi
fi

finish
