#!/bin/sh
# try.sh - tools/try does what a checkpoint's heads are for, and says why where it cannot
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
try=$top/tools/bin${V:+/$V}/try
if ! build_make_model >out 2>&1; then wanted "small model" && { fail "small model" "make_model cannot be built"; show out; }; finish; fi
for heads in 0 3 7 9 16; do mkdir m$heads && ./make_model m$heads $heads 64 || exit 1; done
cp -r m9 tags
sed 's/^{/{"architectures": ["BertForTokenClassification"], "id2label": {"0": "O", "1": "B-X", "2": "I-X"}, /' m9/config.json >tags/config.json
cp -r m9 named
sed 's/^{/{"id2label": {"0": "O", "1": "B-X", "2": "I-X"}, /' m9/config.json >named/config.json
cp -r m9 listed
printf 'red\ngreen\nblue\n' >listed/label_list.txt
cp -r m9 choice
echo '{"tool": "run_multiple_choice"}' >choice/task.json

# says NAME WHAT LINES COMMAND...: what it decides, and how many lines it prints
says() {
    name=$1 what=$2 lines=$3; shift 3
    wanted "$name" || return 0
    if "$@" >out 2>err </dev/null && [ "$(cat err)" = "try: $what" ] && [ "$(wc -l <out)" -eq "$lines" ]; then pass "$name"; else fail "$name" "prints something else"; cat err out >both; show both; fi
}
says "mask" "words for [MASK]" 2 "$try" m3 'the [MASK] [MASK]' --top_k 3
says "mask, two texts" "words for [MASK]" 1 "$try" m7 'the dog ||| the [MASK]'
says "mask, hidden in turn" "words for [MASK]" 4 "$try" m3 'the dogs'
says "next" "does the second text follow?" 2 "$try" m7 'the dog' 'the cat'
says "next, by |||" "does the second text follow?" 2 "$try" m7 'the dog ||| the cat'
says "vector" "vectors" 1 "$try" m0 'the dog'
says "vectors" "vectors" 3 "$try" m0 'the dog' 'the cat' 'the dog'
if wanted "vectors of the same"; then if tail -n 1 out | grep -q '^ 1\.000  the dog$'; then pass "vectors of the same"; else fail "vectors of the same" "are different"; show out; fi; fi
says "labels" "labels of a text" 3 "$try" m9 'the dog'
says "labels, a pair" "labels of a text" 2 "$try" m9 'the dog ||| a cat' --top_k 2
says "labels with names" "labels of a text" 3 "$try" listed 'the dog'
if wanted "their names"; then if [ "$(cut -d' ' -f3 out | sort | tr '\n' ' ')" = 'blue green red ' ]; then pass "their names"; else fail "their names" "are others"; show out; fi; fi
says "tags by class" "labels of words" 3 "$try" tags 'the dogs run'
says "tags by names" "labels of words" 3 "$try" named 'the dogs run'
says "tags as labels" "labels of a text" 3 "$try" named 'the dogs run' --as label
says "choice" "the best choice" 2 "$try" choice 'the dog' 'a cat' 'run'
says "answer" "the answer in a passage" 3 "$try" m16 'the dog' 'a cat, the dogs run. the cat' --top_k 3
says "answer, many windows" "the answer in a passage" 5 "$try" m16 "the dog ||| $(i=0; while [ $i -lt 40 ]; do printf 'the dogs run, a cat '; i=$((i + 1)); done)"
says "answer in Chinese" "the answer in a passage" 2 "$try" m16 '面' '面包包面' --top_k 2
lines() { printf 'the dog\n\nthe cat\n' | "$try" m9 >out 2>err && [ "$(wc -l <out)" -eq 8 ] && [ "$(cat err)" = "try: labels of a text" ]; }
check "lines of standard input" lines
refuse "nothing" "$try"
refuse "no model" "$try" nowhere text
refuse "a question alone" "$try" m16 'the dog'
refuse "no endings" "$try" choice 'the dog'
refuse "a head it lacks" "$try" m3 --as answer 'a' 'b'
finish
