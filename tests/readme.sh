#!/bin/sh
# readme.sh - what README.md shows is compiled, run and compared
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# A block is ```LANG ... ```. In a scratch copy of the project, in the order of the README:
#   ```c with a main()   is compiled by the line after "// cc " in it (as in `// cc -O2 hello.c -lm && ./a.out`), or by
#                        `cc -O2 example.c -lm -pthread && ./a.out`, and run
#   ```sh                is run as it stands, all its lines ("$ " in front is dropped), stopping at the first that fails
#   other blocks         are not run
# A comment on the line before the block, or with one empty line between, says more:
#   <!-- test: output-of-previous -->   this block is what the last block that ran printed, byte for byte; "..." alone on a
#                                       line stands for any lines, and "..." inside a line for any text
#   <!-- test: skip=REASON -->          never run here
#   <!-- test: needs=WHAT[,WHAT] -->    run where there is shared, minilm (examples/minilm), network, packages, gpu, mpi, or a
#                                       command of that name
#   <!-- test: file=NAME -->            the block is put into that file first (a C block is compiled from it)
#   <!-- test: fails -->                must end with an error
# Several words may stand in one comment; skip=REASON takes the rest of it. All that is not run counts as skipped.
# README_NETWORK=1 and README_PACKAGES=1 allow what needs those; without them it is skipped.
. "$(dirname "$0")/sh.inc"

if [ -n "${INSIDE_README:-}" ]; then             # a README that says "make -C tests"
    skip "README.md" "this runs inside a README already"
    finish
fi
readme=${README:-$top/README.md}
if [ ! -f "$readme" ]; then
    skip "README.md" "not written yet"
    finish
fi

# Every block into $tmp/blocks/N.text, with N.head: its line number, language and directives.
mkdir "$tmp/blocks"
awk -v dir="$tmp/blocks" '
    function head() { printf "%d\n%s\n%s\n", NR, language, directive >(file ".head"); close(file ".head") }
    !inside && /^<!-- *test:/ { directive = $0; sub(/^<!-- *test: */, "", directive); sub(/ *-->.*$/, "", directive); at = NR; next }
    !inside && /^```/ { inside = 1; language = substr($0, 4); sub(/[^A-Za-z0-9+_-].*$/, "", language); n++
                        file = sprintf("%s/%03d", dir, n); if (NR > at + 2) directive = ""; head(); printf "" >(file ".text"); next }
    inside && /^```/ { inside = 0; directive = ""; close(file ".text"); next }
    inside { print >(file ".text") }
    END { if (inside) { print "the last block has no end" >(dir "/broken") } }' "$readme"
if [ -f "$tmp/blocks/broken" ]; then fail "README.md" "$(cat "$tmp/blocks/broken")"; fi

# The scratch copy: what is tracked, or everything but build products where git is not there.
copy=$tmp/copy
mkdir "$copy"
if (cd "$top" && git rev-parse --git-dir >/dev/null 2>&1); then
    (cd "$top" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf - 2>/dev/null) | (cd "$copy" && tar xf -)
else
    (cd "$top" && tar cf - --exclude=bin --exclude=obj .) | (cd "$copy" && tar xf -)
fi
# What make has built already with these options is there, and the golden tests, which tests/Makefile builds before this runs; they and the
# demo are shortened (they run for themselves; examples.sh looks at what the demo says).
flags=-O0
if [ -z "${V:-}" ]; then
    flags=$CFLAGS
    for dir in tools/bin tools/obj examples/bin examples/obj; do [ ! -d "$top/$dir" ] || cp -Rp "$top/$dir" "$copy/$dir"; done
    mkdir -p "$copy/tests/bin" "$copy/tests/obj"
    for built in bin/golden obj/flags obj/golden.o obj/hooks; do [ ! -e "$top/tests/$built" ] || cp -Rp "$top/tests/$built" "$copy/tests/$built"; done
fi
[ -d "$copy/examples/minilm" ] || [ ! -d "$top/examples/minilm" ] || ln -s "$top/examples/minilm" "$copy/examples/minilm"
[ -z "${README_NETWORK:-}" ] || [ -n "$list" ] || "$MAKE" -s -C "$copy/examples" minilm CC="$CC" CFLAGS="$CFLAGS" >"$tmp/out" 2>&1
[ -d "$top/../shared" ] && ln -s "$(cd "$top/../shared" && pwd)" "$tmp/shared"

# Why a need is not met, or nothing.
lacks() {
    for need in $(echo "$1" | tr ',' ' '); do
        case $need in
        shared) [ -d "$top/../shared" ] || echo "needs ../shared" ;;
        minilm) [ -f "$copy/examples/minilm/model.safetensors" ] || echo "needs examples/minilm (make -C examples minilm)" ;;
        network) [ -n "${README_NETWORK:-}" ] || echo "needs a network" ;;
        packages) [ -n "${README_PACKAGES:-}" ] || echo "needs packages" ;;
        gpu) have nvidia-smi && nvidia-smi -L >/dev/null 2>&1 || echo "needs a GPU" ;;
        mpi) have mpicc && have mpirun || echo "needs MPI" ;;
        *) have "$need" || echo "needs $need" ;;
        esac
    done | head -n 1
}

# Does $1 look as $2 says, "..." being anything?
matches() {
    awk '
    function like(s, p,   i, part) {            # a line with "..." in it: all pieces in order
        if (index(p, "...") == 0) return s == p
        i = index(p, "..."); part = substr(p, 1, i - 1)
        if (substr(s, 1, length(part)) != part) return 0
        s = substr(s, length(part) + 1); p = substr(p, i + 3)
        while ((i = index(p, "...")) > 0) {
            part = substr(p, 1, i - 1); p = substr(p, i + 3)
            if ((i = index(s, part)) == 0) return 0
            s = substr(s, i + length(part))
        }
        return length(s) >= length(p) && substr(s, length(s) - length(p) + 1) == p
    }
    function rest(i, j) {                       # do lines i.. fit the pattern from j on?
        while (j <= m) {
            if (want[j] == "...") { for (; i <= n + 1; i++) if (rest(i, j + 1)) return 1; return 0 }
            if (i > n || !like(got[i], want[j])) { if (j > worst) { worst = j; at = i }; return 0 }
            i++; j++
        }
        if (i <= n && m + 1 > worst) { worst = m + 1; at = i }
        return i > n
    }
    FNR == NR { got[++n] = $0; next }
    { want[++m] = $0 }
    END { if (!rest(1, 1)) { printf("line %d is \"%s\", not \"%s\"\n", at, (at > n) ? "(end)" : got[at], (worst > m) ? "(end)" : want[worst]); exit 1 } }
    ' "$1" "$2"
}

ran=                                            # did the last block to run succeed? what it printed is in last.out
for head in "$tmp"/blocks/*.head; do
    [ -f "$head" ] || break
    text=${head%.head}.text
    line=$(sed -n 1p "$head") language=$(sed -n 2p "$head") directive=$(sed -n 3p "$head")
    name="README.md:$line ${language:-text}"

    reason='' needs='' file='' must_fail='' output=''
    case $directive in *skip=*) reason=${directive#*skip=}; directive=${directive%%skip=*} ;; esac
    unknown=
    for word in $directive; do
        case $word in
        needs=*) needs=${word#needs=} ;;
        file=*) file=${word#file=} ;;
        output-of-previous) output=1 ;;
        fails) must_fail=1 ;;
        *) unknown=$word ;;
        esac
    done
    if [ -n "$unknown" ]; then fail "$name" "unknown word in the comment before it: $unknown"; continue; fi

    if [ -n "$output" ]; then
        wanted "$name output" || continue
        if [ "$ran" = yes ]; then
            if matches "$tmp/last.out" "$text" >"$tmp/why"; then pass "$name output"; else fail "$name output" "$(cat "$tmp/why")"; fi
        elif [ "$ran" = skipped ]; then skip "$name output" "the block before was skipped"
        else fail "$name output" "the block before did not run"; fi
        continue
    fi

    case $language in
    c) grep -q '[^a-z_]main *(' "$text" || [ -n "$file" ] || continue ;;
    sh) ;;
    *) [ -z "$file" ] || cp "$text" "$copy/$file"; continue ;;
    esac
    # (a filter must not break what later blocks build upon: everything runs, only the lines are filtered)
    [ -n "$reason" ] || reason=$(lacks "$needs")
    if [ -n "$reason" ]; then
        ran=skipped
        wanted "$name" && skip "$name" "$reason"
        continue
    fi
    [ -z "$list" ] || { wanted "$name"; continue; }

    if [ "$language" = c ]; then
        [ -n "$file" ] || file=$(sed -n 's|.*// *cc .* \([a-z_0-9]*\.c\)[^a-z_].*|\1|p' "$text" | head -n 1)
        [ -n "$file" ] || file=example.c
        cp "$text" "$copy/$file"
        grep -q '[^a-z_]main *(' "$text" || continue
        how=$(sed -n 's|.*// *\(cc .*\)$|\1|p' "$text" | head -n 1)
        [ -n "$how" ] || how="cc -O2 $file -lm -pthread"
        case $how in *"&&"*) ;; *) how="$how && ./a.out" ;; esac
        echo "$how" >"$tmp/script"
    else
        sed 's/^\$ //' "$text" >"$tmp/script"
    fi
    # "cc" and "make" of the README are those of this run; with -O0 the headers compile five times as fast
    {
        echo "set -e"
        echo "cc() { command $CC \"\$@\" -O0; }"
        cat "$tmp/script"
    } >"$tmp/script.sh"
    (cd "$copy" && unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES V README && INSIDE_README=1 DEMO_STEPS=20 GOLDEN_SHORT=1 CFLAGS=$flags && export INSIDE_README DEMO_STEPS GOLDEN_SHORT CFLAGS && sh "$tmp/script.sh") >"$tmp/last.out" 2>"$tmp/last.err" </dev/null
    status=$?
    if [ -n "$must_fail" ] && [ $status != 0 ]; then status=0
    elif [ -n "$must_fail" ]; then status="0 where an error was promised"; fi
    if [ "$status" = 0 ]; then
        ran=yes
        wanted "$name" && pass "$name"
    else
        ran=no
        wanted "$name" && { fail "$name" "exit status $status"; cat "$tmp/last.out" "$tmp/last.err" >"$tmp/both"; show "$tmp/both"; }
    fi
done
if [ $((passed + failed + skipped)) = 0 ] && [ -z "$filters" ]; then skip "README.md" "has no blocks to run"; fi
finish
