#!/bin/sh
# squad.sh - evaluate_squad: its scores in the official scripts' forms; run_squad: what it learns, writes and refuses
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

# ---- run_squad: questions about dogs and a cat, of which each has a letter ----

# questions VERSION N SEED: of version 2 a third asks for what is not there; some passages are longer than a window
questions() { awk -v v="$1" -v n="$2" -v seed="$3" 'BEGIN { srand(seed); split("b c d", l, " "); printf "{\"version\": \"%s\", \"data\": [{\"title\": \"t\", \"paragraphs\": [", v == 2 ? "v2.0" : "1.1"
    for (i = 0; i < n; i++) { x = l[int(rand() * 3) + 1]; y = l[int(rand() * 3) + 1]; k = int(rand() * 2); none = v == 2 && i % 3 == 0
        c = none ? (k ? "the cat " x " . the cat " y " ." : "the dogs " x " . the dogs " y " .") : rand() < 0.5 ? "the dogs " x " . the cat " y " ." : "the cat " y " . the dogs " x " ."
        if (i % 4 == 0) c = c " a running , a running . a , a , a ."
        p = index(c, k ? "dogs" : "cat") + (k ? 5 : 4) - 1
        printf "%s{\"context\": \"%s\", \"qas\": [{\"id\": \"q%d\", \"question\": \"the %s\", %s\"answers\": [%s]}]}", i ? ",\n" : "", c, i, k ? "dogs" : "cat", v == 2 ? "\"is_impossible\": " (none ? "true" : "false") ", " : "", none ? "" : "{\"text\": \"" (k ? x : y) "\", \"answer_start\": " p "}" }
    print "]}]}" }'; }
# says NAME WORDS FLAGS...: run_squad succeeds, with these words on standard error; what it prints is in got
says() {
    name_=$1 words_=$2; shift 2
    wanted "$name_" || return 0
    "$bin/run_squad" "$@" >got 2>err </dev/null
    status_=$?
    if [ $status_ != 0 ]; then fail "$name_" "exit status $status_"; tail -n 3 err
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; tail -n 5 err; fi
}
# refuses NAME STATUS WORDS FLAGS...: run_squad ends with that status and these words, and leaves no file in `refused`
refuses() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    rm -rf refused
    "$bin/run_squad" --output_dir=refused "$@" >got 2>err </dev/null
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; tail -n 3 err
    elif ! grep -q -e "$words_" err; then fail "$name_" "does not say \"$words_\""; tail -n 3 err
    elif [ -s got ] || [ -n "$(ls refused 2>/dev/null)" ]; then fail "$name_" "something is written: $(ls refused) $(head -c 100 got)"
    else pass "$name_"; fi
}

if ! build_make_model >out 2>&1 || ! mkdir model || ! ./make_model model 1; then fail "make_model" "cannot be built or run"; show out; finish; fi
questions 1 200 1 >train1.json; questions 1 60 2 >held1.json; questions 2 200 1 >train2.json; questions 2 60 2 >held2.json
window="--max_seq_length=20 --max_query_length=4 --doc_stride=6"
base="--init_checkpoint=model $window --threads=1"
learn="$base --do_train --optimizer=adamw --learning_rate=5e-3 --train_batch_size=16 --num_train_epochs=12"

says "learns 1.1" "Num split examples = 300 (224 with an answer)" $learn --train_file=train1.json --predict_file=held1.json --do_eval --do_predict --output_dir=one --verbose_logging
check "shows features" sh -c 'grep -q "^tokens: \[CLS\] the .* \[SEP\] the .* \[SEP\]" err && grep -q "^token_to_orig_map: 4:0 5:1 .*:" err && grep -q "^token_is_max_context: 4:True .* [0-9]*:False" err && grep -q "^input_ids: [0-9 ]* 0$" err && grep -q "^input_mask: 1 1 .* 0$" err && grep -q "^segment_ids: 0 0 0 0 1 .* 0$" err && grep -q "^answer: [bcd]$" err && grep -q "^the answer is not in this window$" err'
check "finds most answers" awk '/^exact_match/ { ok = $3 >= 90 } /^total = 60$/ { n = 1 } END { exit !(ok && n) }' one/eval_results.txt
check "--do_eval is evaluate_squad" sh -c '"$0"/evaluate_squad held1.json one/predictions.json | cmp - got' "$bin"
check "files" sh -c 'for f in model.safetensors config.json vocab.txt tokenizer_config.json task.json checkpoint log.jsonl training.svg eval_results.txt predictions.json nbest_predictions.json; do [ -s one/$f ] || { echo $f; exit 1; }; done; [ ! -e one/null_odds.json ] && grep -q ForQuestionAnswering one/config.json'
says "the folder alone" "Writing nbest to: again/nbest_predictions.json" --init_checkpoint=one --do_predict --predict_file=held1.json --output_dir=again --predict_batch_size=3 --threads=2
check "the same answers, in other batches and threads" sh -c 'cmp one/predictions.json again/predictions.json && cmp one/nbest_predictions.json again/nbest_predictions.json'
says "NVIDIA's --num_eval_iterations" "Num orig examples = 6" --init_checkpoint=one --do_predict --predict_file=held1.json --output_dir=some --predict_batch_size=3 --num_eval_iterations=2
check "... the first questions alone" sh -c '[ "$(grep -c ": \"" some/predictions.json)" = 6 ] && tr -d "," <one/predictions.json | head -n 7 >first && tr -d "," <some/predictions.json | head -n 7 | cmp - first'
if wanted "padded positions count"; then       # in the loss, and among the n best
    for padding in true false; do
        "$bin/run_squad" $base --do_train --train_file=train1.json --num_train_steps=1 --seed=3 --output_dir=padding_$padding --reference_padding=$padding 2>err &&
        "$bin/run_squad" --init_checkpoint=padding_true --do_predict --predict_file=held1.json --n_best_size=3 --output_dir=predicted_$padding --reference_padding=$padding 2>err || { fail "padded positions count" "does not run"; tail -n 3 err; }
    done
    if cmp -s padding_true/model.safetensors padding_false/model.safetensors; then fail "padded positions count" "training is the same without them"
    elif cmp -s predicted_true/nbest_predictions.json predicted_false/nbest_predictions.json; then fail "padded positions count" "answers are the same without them"
    else pass "padded positions count"; fi
fi
says "learns 2.0" "Writing null_log_odds" $learn --train_file=train2.json --predict_file=held2.json --do_eval --do_predict --output_dir=two --version_2_with_negative=true --num_train_epochs=24
check "finds most answers, and most without" awk '/^(HasAns|NoAns)_exact/ { ok += $3 >= 80 } END { exit ok != 2 }' two/eval_results.txt
check "scores by null_odds" sh -c '"$0"/evaluate_squad held2.json two/predictions.json --na-prob-file two/null_odds.json --na-prob-thresh 1e9 -o scores2.json && [ "$(cat scores2.json)" = "$(cat got)" ]' "$bin"
says "version 2 is remembered" "null_odds.json" --init_checkpoint=two --do_predict --predict_file=held2.json --output_dir=again2 --null_score_diff_threshold=-1000
check "a threshold that lets nothing pass" sh -c '[ "$(grep -c ": \"\"" again2/predictions.json)" = 60 ] && ! cmp -s two/predictions.json again2/predictions.json'
says "every question of 1.1 has an answer" "predictions.json" --init_checkpoint=two --do_predict --predict_file=held2.json --output_dir=forced --version_2_with_negative=false
check "and none of them is empty" sh -c '! grep -q ": \"\"" forced/predictions.json && [ ! -e forced/null_odds.json ]'

says "the best of 2.0" "the best f1 is" $learn --train_file=train2.json --predict_file=held2.json --version_2_with_negative --num_train_epochs=4 --do_train_and_eval --keep_best=true --save_checkpoints_steps=20 --output_dir=best
check "standard output has the result alone" sh -c '[ "$(wc -l <got)" -eq 1 ] && grep -q "^{\"exact\": .*}$" got && [ "$(grep -c eval best/log.jsonl)" -eq 3 ]'

# killed and started again: the same bits
if wanted "killed"; then
    kills=0
    for at in 20 60; do
        "$bin/run_squad" $learn --train_file=train1.json --output_dir=killed --save_checkpoints_steps=10 >/dev/null 2>err &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            [ -f killed/log.jsonl ] && [ "$(wc -l <killed/log.jsonl)" -ge $at ] && { kill -9 $pid 2>/dev/null && kills=$((kills + 1)); break; }
        done
        wait $pid 2>/dev/null
    done
    "$bin/run_squad" $learn --train_file=train1.json --output_dir=killed --save_checkpoints_steps=10 >/dev/null 2>err
    if [ $kills = 0 ]; then skip "killed" "it was never caught in time"
    elif ! grep -q "going on from step" err; then fail "killed" "does not go on"; tail -n 3 err
    elif cmp -s one/model.safetensors killed/model.safetensors; then pass "killed"
    else fail "killed" "the weights differ"; fi
fi

# CMRC's own layout: ideographs are words, the metric is CMRC's
printf '[{"context_id": "c", "context_text": "面a，包b。", "title": "t", "qas": [{"query_id": "x", "query_text": "面包", "answers": ["a", "a"]}, {"query_id": "y", "query_text": "包面", "answers": ["包b"]}, {"query_id": "z", "query_text": "包", "answers": ["没有"]}]}]\n' >zh.json
says "learns CMRC" "Could not find answer: question z" $learn --num_train_steps=60 --train_file=zh.json --predict_file=zh.json --do_eval --do_predict --output_dir=zh --language=zh --train_batch_size=2
check "answers of CMRC" sh -c 'grep -q "\"x\": \"a\"" zh/predictions.json && grep -q "\"y\": \"\\\\u5305b\"" zh/predictions.json && grep -q "^{\"AVERAGE\": \"66.667\", \"F1\": \"66.667\", \"EM\": \"66.667\", \"TOTAL\": 3, \"SKIP\": 0, \"FILE\": \"zh/predictions.json\"}$" got'

google=$top/../shared/goldens/google
if [ ! -d "$google" ]; then skip "the reference's predictions" "needs ../shared"
else
    for v in 1.1 2.0; do
        says "the reference's predictions, $v" "Num split examples = 8" --vocab_file="$google/model/vocab.txt" --bert_config_file="$google/model/bert_config.json" --init_checkpoint="$google/train_squad/checkpoint/model.ckpt-8" --do_predict=true \
            --predict_file="$google/squad/dev-v$v.json" $window --max_seq_length=64 --doc_stride=32 --max_query_length=16 --version_2_with_negative="$([ $v = 2.0 ] && echo True || echo False)" --reference_padding --output_dir="google$v"
        check "... byte for byte, $v" cmp "$google/eval_squad_v$v/predictions.json" "google$v/predictions.json"
    done
fi

# real data: train, predict, evaluate; what comes out is what evaluate_squad says of the files
data=$top/../shared/data
# real NAME VOCABULARY SIZE TRAIN DEV FLAGS...
real() {
    name_=$1 vocab_=$data/vocab/$2/vocab.txt size_=$3 train_=$data/$4 dev_=$data/$5; shift 5
    wanted "$name_" || return 0
    if [ ! -f "$vocab_" ] || [ ! -f "$train_" ] || [ ! -f "$dev_" ]; then skip "$name_" "needs ../shared/data"; return 0; fi
    printf '{"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": %s, "max_position_embeddings": 128, "type_vocab_size": 2, "hidden_act": "gelu"}' "$size_" >real.json
    rm -rf real
    "$bin/run_squad" --bert_config_file=real.json --vocab_file="$vocab_" --do_train --train_file="$train_" --do_predict --do_eval --predict_file="$dev_" --max_seq_length=128 --train_batch_size=4 --num_train_steps=4 --output_dir=real "$@" >got 2>err || { fail "$name_" "does not run"; tail -n 3 err; return 0; }
    if [ -f real/null_odds.json ]; then "$bin/evaluate_squad" "$dev_" real/predictions.json -n real/null_odds.json -t 1e9 -o real/scores
    else "$bin/evaluate_squad" "$dev_" real/predictions.json >real/scores; fi
    if [ "$(cat got)" = "$(cat real/scores)" ]; then pass "$name_"; else fail "$name_" "other scores"; show got; show real/scores; fi
}
real "SQuAD 1.1, slices" bert-base-uncased 30522 SQuAD/train-v1.1-slice.json SQuAD/dev-v1.1-slice.json
real "SQuAD 2.0, slices" bert-base-uncased 30522 SQuAD/train-v2.0-slice.json SQuAD/dev-v2.0-slice.json --version_2_with_negative
real "CMRC 2018, trial" bert-base-chinese 21128 CMRC2018/cmrc2018_trial.json CMRC2018/cmrc2018_trial.json --doc_stride=96

# refused, with nothing written
printf '{"data": [{"paragraphs": [{"context": "the dogs",\n  "qas": [' >cut.json
refuses "questions cut short" 1 "cut.json.*line 2, column 11:" $learn --train_file=cut.json
printf '{"data": [{"paragraphs": [{"context": "the dogs",\n  "qas": [{"id": "a", "question": 7}]}]}]}' >type.json
refuses "a question that is a number" 1 'type.json.*line 2, column 35: "question" must be a string, not a number' $base --do_predict --predict_file=type.json
printf '{"data": [{"paragraphs": [{"context": "the dogs", "qas": [{"id": "a", "question": "b",\n "answers": [{"text": "dogs", "answer_start": 40}]}]}]}]}' >range.json
refuses "an answer out of range" 1 "range.json.*line 2, column 47: the answer begins at character 40 of a passage of 8" $learn --train_file=range.json
printf '{"data": [{"paragraphs": [{"context": "the \\ud83d dogs", "qas": []}]}]}' >half.json
refuses "half of a surrogate pair" 1 "half.json.*line 1.*surrogate" $learn --train_file=half.json
awk 'BEGIN { printf "{\"data\": [{\"paragraphs\": [{\"context\": \"the dogs\",\n  \"qas\": [{\"id\": \""; for (i = 0; i < 20; i++) b = b "the dogs run . "; for (i = 0; i < 10000; i++) printf "%s", b }' >long.json
refuses "a string of 3 MB without its end" 1 "long.json.*line 2, column 18: a string without its closing quote" $learn --train_file=long.json
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' >deep.json
refuses "nested too deep" 1 "deep.json.*line 1, column" $learn --train_file=deep.json
printf '{"data": []}' >none.json
printf '{"data": [{"paragraphs": [{"context": "the dogs", "qas": [{"id": "a", "question": "b", "answers": [{"text": "cats", "answer_start": 4}]}]}]}]}' >other.json
refuses "answers of other passages" 1 "other.json: no question is left to learn from" $learn --train_file=other.json
refuses "no best answers" 2 "n_best_size is 0; it goes from 1 to 1000000" $learn --train_file=train1.json --n_best_size=0
refuses "no questions" 1 "none.json: there are no questions" $learn --train_file=none.json
printf '{"data": [{"paragraphs": [{"context": "the dogs", "qas": [{"id": "a", "question": "b"}]}]}]}' >open.json
refuses "questions without answers, to evaluate" 1 "open.json.*line 1.*answers" $learn --train_file=train1.json --do_eval --predict_file=open.json
refuses "questions of 2.0, as 1.1" 1 "question q0 has no answer.*version_2_with_negative" $learn --train_file=train2.json
refuses "a model that never learnt it" 1 "no head for answers" $base --do_predict --predict_file=held1.json
refuses "windows shorter than questions" 1 "must be greater than max_query_length" $learn --train_file=train1.json --max_query_length=17
refuses "no file to learn from" 2 "train_file" $learn
refuses "no file to answer" 2 "predict_file" $base --do_predict
refuses "another language" 2 "auto|en|zh" $learn --train_file=train1.json --language=fr

if wanted "help"; then
    "$bin/evaluate_squad" --help >help 2>err
    status=$? missing=
    for flag in $(sed -n 's/^    { "\([a-z_-]*\)", .*/\1/p' "$top/tools/evaluate_squad.c") version; do grep -q -e "--$flag " help || missing="$missing $flag"; done
    if [ $status != 0 ] || [ "$(grep -c -e '^  --' help)" -lt 8 ]; then fail "help" "exit status $status"; show err
    elif [ -n "$missing" ]; then fail "help" "says nothing of$missing"
    else pass "help"; fi
fi
if wanted "help of run_squad"; then
    "$bin/run_squad" --help >help 2>err
    status=$? missing=
    for flag in $(sed -n 's/^    { "\([a-z0-9_]*\)", .*/\1/p' "$top/tools/run_squad.c") train_batch_size save_checkpoints_steps; do grep -q -e "--$flag " help || missing="$missing $flag"; done
    if [ $status = 0 ] && [ -z "$missing" ]; then pass "help of run_squad"; else fail "help of run_squad" "exit status $status, says nothing of$missing"; show err; fi
fi
finish
