#!/bin/sh
# finetune.sh - the programs that train: what they learn, write, say and refuse; killed at any moment they go on to the same bits
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"

bin=$top/tools/bin${V:+/$V}
if [ ! -x "$bin/run_classifier" ]; then
    skip "finetune" "$bin/run_classifier is not built (make -C tools)"
    finish
fi
cd "$tmp" || exit 1
build_make_model || { fail "make_model" "does not compile"; finish; }
mkdir model plain && ./make_model model 1 && ./make_model plain 1 || { fail "make_model" "does not run"; finish; }

# Texts with a dog or a cat in them: 48 to learn from, 24 for each of the others.
animals() { awk -v n="$1" -v seed="$2" 'BEGIN { srand(seed); split("the a run running . , b c d", w, " ")
    for (i = 0; i < n; i++) { k = i % 2; s = ""; for (j = 0; j < 5; j++) s = s (j == 2 ? (k ? "dogs" : "cat") : w[int(rand() * 9) + 1]) " "; printf "%s\t%s\n", k ? "dog" : "cat", s } }'; }
mkdir data
animals 48 1 >data/train.tsv; animals 24 2 >data/dev.tsv; animals 24 3 >data/test.tsv
task="--task_name=text_clf --data_dir=data --init_checkpoint=model --max_seq_length=12 --threads=1"
train="$task --do_train --optimizer=adamw --learning_rate=5e-3 --train_batch_size=8"
classifier() { "$bin/run_classifier" "$@"; }

# says NAME WORDS COMMAND...: succeeds, with these words on stderr
says() {
    name_=$1 words_=$2; shift 2
    wanted "$name_" || return 0
    "$@" >out 2>err </dev/null
    status_=$?
    if [ $status_ != 0 ]; then fail "$name_" "exit status $status_"; tail -n 3 err
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; tail -n 5 err; fi
}
# fails NAME STATUS WORDS COMMAND...: ends with that status and these words
fails() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    "$@" >out 2>err </dev/null
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; tail -n 3 err
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; tail -n 3 err; fi
}
# same NAME A B: two folders of the same training, to the bit; log lines but for their times
same() {
    wanted "$1" || return 0
    sed 's/"seconds.*//' "$2/log.jsonl" >log.a
    sed 's/"seconds.*//' "$3/log.jsonl" >log.b
    if ! cmp -s "$2/model.safetensors" "$3/model.safetensors"; then fail "$1" "the weights differ"
    elif ! cmp -s log.a log.b; then fail "$1" "the logs differ"; diff log.a log.b | head -n 5
    else pass "$1"; fi
}

# ---- learning, and everything that is written ----

says "train" "global_step/sec" classifier $train --do_eval --output_dir=whole --num_train_epochs=5 --log_steps=10 --save_checkpoints_steps=7 --keep_checkpoint_max=2
check "learns" awk '/^eval_accuracy/ { ok = $3 >= 0.95 } END { exit !ok }' whole/eval_results.txt
check "results are sorted" sh -c 'cut -d" " -f1 whole/eval_results.txt | LC_ALL=C sort -c && grep -q "^global_step = 30$" whole/eval_results.txt'
check "files" sh -c 'for f in model.safetensors config.json vocab.txt tokenizer_config.json task.json label_list.txt checkpoint model.ckpt-30.index model.ckpt-28.index log.jsonl training.svg confusion.tsv; do [ -s whole/$f ] || { echo $f; exit 1; }; done; [ "$(ls whole/*.index | wc -l)" = 2 ]'
check "picture" sh -c 'grep -q "<svg" whole/training.svg && grep -q "</svg>" whole/training.svg && ! grep -q "nan\|inf" whole/training.svg'
says "already done" "already at step 30" classifier $train --output_dir=whole --num_train_epochs=5
says "eval prefers output_dir" "whole/model.safetensors: taken from --output_dir, and not --init_checkpoint" classifier $task --do_eval --output_dir=whole
says "predict from the folder alone" "test_results.tsv: written" classifier --do_predict --data_dir=data --init_checkpoint=whole --output_dir=predicted
check "a row for each text" sh -c '[ "$(wc -l <predicted/test_results.tsv)" = 24 ] && awk -F"\t" "{ if (\$1 + \$2 < 0.9999 || \$1 + \$2 > 1.0001) exit 1 }" predicted/test_results.tsv && grep -q "^eval_accuracy" predicted/eval/test_results.txt'
if wanted "predict from standard input"; then
    printf 'the dogs run .\na cat running\n' | classifier --do_predict --init_checkpoint=whole 2>err >out
    if [ "$(cut -f1 out | tr '\n' ' ')" = "dog cat " ] && [ "$(awk -F'\t' '{ print NF }' out | tr '\n' ' ')" = "3 3 " ]; then pass "predict from standard input"
    else fail "predict from standard input" "other answers"; show out; show err; fi
fi
says "going on" "going on from step 30" classifier $train --output_dir=whole --num_train_epochs=6
says "overwrite" "begun anew" classifier $train --output_dir=whole --num_train_epochs=5 --overwrite --save_checkpoints_steps=10 --log_steps=100
says "threads" "threads = 2" classifier $train --output_dir=two --num_train_epochs=5 --threads=2
same "two threads" whole two
says "recompute" "global_step" classifier $train --output_dir=again --num_train_epochs=5 --recompute
same "recompute gives the same" whole again

# ---- killed, and started again ----

# killed THREADS STEPS...: training is killed each time its log reaches so many steps, and started again
killed() {
    threads_=$1 dir=killed_$1; shift
    wanted "killed, $threads_ threads" || return 0
    kills=0
    [ -d whole ] || classifier $train --output_dir=whole --num_train_epochs=5 2>/dev/null
    for at in "$@"; do
        "$bin/run_classifier" $train --output_dir=$dir --num_train_epochs=5 --threads=$threads_ --save_checkpoints_steps=3 >/dev/null 2>err &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            [ -f $dir/log.jsonl ] && [ "$(wc -l <$dir/log.jsonl)" -ge "$at" ] && { kill -9 $pid 2>/dev/null && kills=$((kills + 1)); break; }
        done
        wait $pid 2>/dev/null
    done
    classifier $train --output_dir=$dir --num_train_epochs=5 --threads=$threads_ --save_checkpoints_steps=3 >/dev/null 2>err || { fail "killed, $threads_ threads" "does not go on"; tail -n 3 err; return 0; }
    if [ $kills = 0 ]; then skip "killed, $threads_ threads" "it was never caught in time"
    elif ls $dir/*.tmp >/dev/null 2>&1; then fail "killed, $threads_ threads" "half-written files are left"
    else same "killed, $threads_ threads" whole $dir; fi
}
killed 1 1 5 12 20
killed 2 2 9 17 28
fails "locked" 1 "another program is at work" sh -c "($bin/run_classifier $train --output_dir=locked --num_train_epochs=500 2>/dev/null & echo \$! >pid; wait) & while [ ! -f locked/log.jsonl ]; do sleep 0.02; done; $bin/run_classifier $task --do_eval --output_dir=locked; s=\$?; kill -9 \$(cat pid); exit \$s"

# ---- refusals ----

fails "nothing to do" 2 "At least one of" classifier $task --output_dir=no
fails "no output_dir" 2 "output_dir" classifier $task --do_train
fails "gs" 2 "fetch it first" classifier $task --do_eval --output_dir=gs://bucket/out
fails "no such task" 1 "no task is named" classifier --task_name=glue --data_dir=data --init_checkpoint=model --max_seq_length=12 --do_train --output_dir=no
fails "no data" 1 "train.tsv" classifier --task_name=text_clf --data_dir=. --init_checkpoint=model --max_seq_length=12 --do_train --output_dir=no
fails "nothing trained" 1 "no classifier" classifier $task --do_eval
fails "too long" 1 "Cannot use sequence length 64" classifier $task --max_seq_length=64 --do_train --output_dir=no
fails "no steps" 1 "make no step" classifier $train --num_train_epochs=0.01 --output_dir=no
fails "bad rate" 2 "is no number" classifier $train --learning_rate=1e-4,fast --output_dir=no
says "flags of other machines" "mean nothing here" classifier $train --use_tpu=false --use_xla --num_train_steps=2 --output_dir=tpu

finish
