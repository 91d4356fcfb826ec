#!/bin/sh
# squad.sh - evaluate_squad: its scores in the official scripts' forms, what it writes, refuses and answers
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"

bin=$top/tools/bin${V:+/$V}
if [ ! -x "$bin/evaluate_squad" ]; then
    skip "squad" "$bin/evaluate_squad is not built (make -C tools)"
    finish
fi
cd "$tmp" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL

cat >dev1.json <<'END'
{"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "The red dogs ran home.", "qas": [
 {"id": "a", "question": "Who ran?", "answers": [{"text": "The red dogs", "answer_start": 0}, {"text": "dogs", "answer_start": 8}]},
 {"id": "b", "question": "Where?", "answers": [{"text": "home", "answer_start": 17}]}]}]}]}
END
cat >dev2.json <<'END'
{"version": "v2.0", "data": [{"title": "t", "paragraphs": [{"context": "The red dogs ran home.", "qas": [
 {"id": "a", "question": "Who ran?", "is_impossible": false, "answers": [{"text": "red dogs", "answer_start": 4}]},
 {"id": "n", "question": "When?", "is_impossible": true, "answers": []}]}]}]}
END
cat >cmrc.json <<'END'
[{"context_id": "c", "context_text": "小狗在跑。", "title": "t", "qas": [{"query_id": "x", "query_text": "谁在跑？", "answers": ["小狗", "狗"]}, {"query_id": "y", "query_text": "小狗在做什么？", "answers": ["跑"]}]}]
END
echo '{"a": "dogs!", "b": "their home"}' >pred1.json
echo '{"a": "the dogs", "n": "home"}' >pred2.json
echo '{"x": "小狗。"}' >predc.json
echo '{"a": 0.25, "n": 0.75}' >na.json

# gives NAME EXPECTED FLAGS...   prints exactly EXPECTED (escapes as in printf); what it says on standard error is in err
gives() {
    name_=$1 expected_=$2; shift 2
    wanted "$name_" || return 0
    printf "$expected_" >want
    "$bin/evaluate_squad" "$@" >got 2>err
    status_=$?
    tr -d '\r' <got >got.lf
    if [ $status_ != 0 ]; then fail "$name_" "exit status $status_"; show err
    elif cmp -s want got.lf; then pass "$name_"
    else fail "$name_" "prints something else"; show want; show got.lf; fi
}
# fails NAME STATUS WORDS FLAGS...
fails() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    "$bin/evaluate_squad" "$@" >got 2>err </dev/null
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; show err
    elif [ -s got ]; then fail "$name_" "prints on standard output too"; show got
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; show err; fi
}

gives "1.1" '{"exact_match": 50.0, "f1": 83.33333333333333}\n' dev1.json pred1.json
gives "2.0" '{\n  "exact": 0.0,\n  "f1": 33.33333333333333,\n  "total": 2,\n  "HasAns_exact": 0.0,\n  "HasAns_f1": 66.66666666666666,\n  "HasAns_total": 1,\n  "NoAns_exact": 0.0,\n  "NoAns_f1": 0.0,\n  "NoAns_total": 1\n}\n' dev2.json pred2.json
gives "2.0 with probabilities" '{\n  "exact": 50.0,\n  "f1": 83.33333333333333,\n  "total": 2,\n  "HasAns_exact": 0.0,\n  "HasAns_f1": 66.66666666666666,\n  "HasAns_total": 1,\n  "NoAns_exact": 100.0,\n  "NoAns_f1": 100.0,\n  "NoAns_total": 1,\n  "best_exact": 50.0,\n  "best_exact_thresh": 0.0,\n  "best_f1": 83.33333333333333,\n  "best_f1_thresh": 0.25\n}\n' dev2.json pred2.json -n na.json -t 0.5
gives "1.1 asked for by --metric" '{"exact_match": 50.0, "f1": 83.33333333333333}\n' --metric=1.1 dev1.json pred1.json
gives "CMRC" '{"AVERAGE": "50.000", "F1": "50.000", "EM": "50.000", "TOTAL": 2, "SKIP": 1, "FILE": "predc.json"}\n' cmrc.json predc.json
if wanted "a question without a prediction is named"; then
    if grep -q 'Unanswered question.*y' err; then pass "a question without a prediction is named"; else fail "a question without a prediction is named" "is not"; show err; fi
fi
gives "--out-file" '' dev2.json pred2.json --out-file scores.json
if wanted "scores in a file"; then
    if [ "$(cat scores.json)" = '{"exact": 0.0, "f1": 33.33333333333333, "total": 2, "HasAns_exact": 0.0, "HasAns_f1": 66.66666666666666, "HasAns_total": 1, "NoAns_exact": 0.0, "NoAns_f1": 0.0, "NoAns_total": 1}' ]; then pass "scores in a file"
    else fail "scores in a file" "something else is there"; show scores.json; fi
fi
if wanted "--out-image-dir"; then
    if "$bin/evaluate_squad" dev2.json pred2.json -n na.json -p curves -v >got 2>err && grep -q '"pr_oracle_ap": 100.0' got && grep -q '"pr_f1_ap": 44.44444444444444' got && grep -q '^a exact 0 f1 0.6667' err &&
       grep -q '<svg' curves/pr_exact.svg && grep -q 'd="M60.00 40.00H460.00V40.00H460.00V230.00"' curves/pr_oracle.svg; then pass "--out-image-dir"
    else fail "--out-image-dir" "prints or draws something else"; show got; show err; fi
fi

# ---- another threshold, without the model ----

cat >nbest.json <<'END'
{"a": [{"text": "", "probability": 0.6}, {"text": "r\u00e9d", "probability": 0.4}], "b": [{"text": "home", "probability": 1.0}], "c": [{"text": ""}]}
END
echo '{"b": -3.5, "a": 1.25, "c": 1000000.0}' >odds.json
for threshold in 0 1.25; do
    gives "--apply-threshold $threshold" '' --apply-threshold $threshold --nbest-file nbest.json --null-odds-file odds.json --out_file rewritten.$threshold
done
if wanted "predictions for another threshold"; then
    printf '{\n    "a": "",\n    "b": "home",\n    "c": ""\n}\n' >want
    printf '{\n    "a": "r\\u00e9d",\n    "b": "home",\n    "c": ""\n}\n' >want2
    if cmp -s want rewritten.0 && cmp -s want2 rewritten.1.25; then pass "predictions for another threshold"; else fail "predictions for another threshold" "are others"; show rewritten.0; show rewritten.1.25; fi
fi

# ---- failing: nothing on standard output, no file ----

fails "no files" 2 "two files"
fails "one file" 2 "two files" dev1.json
fails "a wrong metric" 2 "auto|1.1|2.0|cmrc" dev1.json pred1.json --metric=3
fails "an unknown flag" 2 "did you mean --na-prob-file" dev2.json pred2.json --na-prob_fil na.json
fails "questions missing" 1 "nothing.json" nothing.json pred1.json
fails "predictions missing" 1 "nothing.json" dev1.json nothing.json
echo '{"a": 1}' >numbers.json
fails "a prediction that is no text" 1 "numbers.json.*line 1, column 7.*question a must be a string" dev1.json numbers.json
printf '{"version": "1.1",\n "data": [{"paragraphs": 5}]}' >wrong.json
fails "questions of a wrong shape" 1 "wrong.json.*line 2, column 26.*must be a list" wrong.json pred1.json
printf '{"data": [' >cut.json
fails "questions cut short" 1 "cut.json.*JSON, line 1" cut.json pred1.json
echo '{"a": 0.5}' >short.json
fails "a probability missing" 1 "short.json.*no probability for question n" dev2.json pred2.json -n short.json
fails "no answers, by the rules of 1.1" 1 "question n has no answer" dev2.json pred2.json --metric 1.1
fails "a threshold that is no number" 2 "no number" --apply-threshold x --nbest-file nbest.json --null-odds-file odds.json -o never.json
fails "a threshold without its files" 2 "nbest-file" --apply-threshold 0 -o never.json
fails "null odds missing" 1 "no number for question b" --apply-threshold 0 --nbest-file nbest.json --null-odds-file na.json -o never.json
fails "an output that cannot be written" 1 "no/such/folder" dev1.json pred1.json -o no/such/folder/scores.json
if wanted "no file after a failure"; then
    if [ ! -e never.json ]; then pass "no file after a failure"; else fail "no file after a failure" "never.json is there"; fi
fi

if wanted "help"; then
    "$bin/evaluate_squad" --help >help 2>err
    status=$? missing=
    for flag in $(sed -n 's/^    { "\([a-z_-]*\)", .*/\1/p' "$top/tools/evaluate_squad.c") version; do grep -q -e "--$flag " help || missing="$missing $flag"; done
    if [ $status != 0 ] || [ "$(grep -c -e '^  --' help)" -lt 8 ]; then fail "help" "exit status $status"; show err
    elif [ -n "$missing" ]; then fail "help" "says nothing of$missing"
    else pass "help"; fi
fi
finish
