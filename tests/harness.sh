#!/bin/sh
# harness.sh - the shell's half of the harness is tested too: what must fail has to FAIL
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
unset INSIDE_README

# says FILE TEXT...: are all these lines' beginnings in the file, in any order?
says() {
    file_=$1; shift
    for text_ in "$@"; do
        grep -q "^$text_" "$file_" || { echo "no \"$text_\" in:"; cat "$file_"; return 1; }
    done
}

# ---- tests/run: programs that end in odd ways ----

program() { printf '#!/bin/sh\n%s\n' "$1" >prog; chmod +x prog; "$here/run" "$tmp/log" prog ./prog >/dev/null; }
run_good() { program 'echo "ok   a"; echo "1 passed, 0 failed, 0 skipped"'; [ "$(grep -c FAIL log)" = 0 ] && "$here/run" --sum log; }
run_crash() { program 'echo "ok   a"; kill -SEGV $$'; says log 'FAIL prog: ended without its closing line' && ! "$here/run" --sum log; }
run_silent() { program 'true'; says log 'FAIL prog: ended without'; }
run_late_error() { program 'echo "1 passed, 0 failed, 0 skipped"; exit 66'; says log 'FAIL prog: all cases passed, but the exit status is 66'; }
run_hidden_failure() { program 'echo "1 passed, 2 failed, 0 skipped"; exit 0'; says log 'FAIL prog: cases failed, but'; }
run_nothing() { program 'echo "0 passed, 0 failed, 0 skipped"'; says log 'FAIL prog: '; }
run_failing() { program 'echo "FAIL a: x"; echo "1 passed, 1 failed, 0 skipped"; exit 1'; [ "$(grep -c FAIL log)" = 1 ] && ! "$here/run" --sum log; }
run_hang() { have timeout || return 0; (TEST_TIMEOUT=1; export TEST_TIMEOUT; program 'sleep 20'); says log 'FAIL prog: was stopped after 1 s'; }
run_sum() {
    printf '1 passed, 0 failed, 2 skipped\n' >l1
    printf 'x\n10 passed, 3 failed, 0 skipped\n' >l2
    "$here/run" --sum l1 l2 >sum && return 1
    [ "$(tail -n 1 sum)" = "11 passed, 3 failed, 2 skipped" ]
}
check "run: a good program" run_good
check "run: a crash" run_crash
check "run: no output" run_silent
check "run: an error after the last line" run_late_error
check "run: failed cases and exit status 0" run_hidden_failure
check "run: no case at all" run_nothing
check "run: a failed case" run_failing
check "run: a hang" run_hang
check "run: the sum" run_sum

# ---- readme.sh: a README with everything in it ----

cat >good.md <<'MD'
```c
#include <stdio.h>
int main(void) { printf("hi 7 there\nline\nanother\nend\n"); return 0; }   // cc -O0 hello.c && ./a.out
```

<!-- test: output-of-previous -->
```
hi ... there
...
end
```
```c
int only_a_declaration(void);
```
```sh
$ cp hello.c copy.c
$ ls *.c
```
<!-- test: output-of-previous -->
```
copy.c
hello.c
```
<!-- test: skip=no reason -->
```sh
false
```
<!-- test: output-of-previous -->
```
of nothing
```
<!-- test: needs=no_such_command -->
```sh
false
```
<!-- test: file=data.txt -->
```text
some data
```
```sh
grep -q some data.txt
```
<!-- test: fails -->
```sh
exit 3
```
MD
readme_good() {
    README=$tmp/good.md sh "$here/readme.sh" >out || { cat out; return 1; }
    says out 'ok   README.md:1 c' 'ok   README.md:7 text output' 'ok   README.md:15 sh' 'ok   README.md:20 text output' \
        'skip README.md:25 sh: no reason' 'skip README.md:29 text output: ' 'skip README.md:33 sh: needs no_such_command' \
        'ok   README.md:40 sh' 'ok   README.md:44 sh' '6 passed, 0 failed, 3 skipped'
}
# finds WHAT README-text: is this README refused, with that line?
readme_finds() {
    printf '%b' "$2" >bad.md
    README=$tmp/bad.md sh "$here/readme.sh" >out && { echo "not refused"; cat out; return 1; }
    says out "FAIL README.md.*$1"
}
check "readme: everything" readme_good
check "readme: a command fails" readme_finds 'exit status 1' '```sh\nfalse\ntrue\n```\n'
check "readme: does not compile" readme_finds 'exit status' '```c\nint main(void) { return x; }\n```\n'
check "readme: another output" readme_finds 'line 2 is "b", not "c"' '```sh\nprintf "a\\\\nb\\\\n"\n```\n<!-- test: output-of-previous -->\n```\na\nc\n```\n'
check "readme: output too long" readme_finds 'line 2 is "b", not "(end)"' '```sh\nprintf "a\\\\nb\\\\n"\n```\n<!-- test: output-of-previous -->\n```\na\n```\n'
check "readme: output too short" readme_finds 'is "(end)", not "c"' '```sh\necho a\n```\n<!-- test: output-of-previous -->\n```\na\nc\n```\n'
check "readme: an error that does not come" readme_finds 'promised' '<!-- test: fails -->\n```sh\ntrue\n```\n'
check "readme: an unknown word" readme_finds 'unknown word' '<!-- test: skipp -->\n```sh\ntrue\n```\n'
check "readme: a block without end" readme_finds 'no end' '```sh\ntrue\n'

# ---- the project holds what its README says, and nothing that a test left ----

only_ours() {
    (cd "$top" && git ls-files) | sed 's|/.*||' | sort -u | grep -v '^\.' >entries
    printf '%s\n' LICENSE README.md bert.h bert_cuda.h bert_tokenizer.h examples tests tools >asked
    sort asked | diff - entries
}
if (cd "$top" && git rev-parse --git-dir) >/dev/null 2>&1 && [ "$(cd "$top" && git rev-parse --show-toplevel)" = "$top" ]; then
    check "nothing else at the top" only_ours
elif wanted "nothing else at the top"; then
    skip "nothing else at the top" "no git here"
fi

finish
