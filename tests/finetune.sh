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

# ---- learning, and everything that is written ----

says "train" "global_step/sec" classifier $train --do_eval --output_dir=whole --num_train_epochs=8 --log_steps=10 --save_checkpoints_steps=7 --keep_checkpoint_max=2
check "learns" awk '/^eval_accuracy/ { ok = $3 >= 0.95 } END { exit !ok }' whole/eval_results.txt
check "results are sorted" sh -c 'cut -d" " -f1 whole/eval_results.txt | LC_ALL=C sort -c && grep -q "^global_step = 48$" whole/eval_results.txt'
check "files" sh -c 'for f in model.safetensors config.json vocab.txt tokenizer_config.json task.json label_list.txt checkpoint model.ckpt-48.index model.ckpt-42.index log.jsonl training.svg confusion.tsv; do [ -s whole/$f ] || { echo $f; exit 1; }; done; [ "$(ls whole/*.index | wc -l)" = 2 ]'
check "picture" sh -c 'grep -q "<svg" whole/training.svg && grep -q "</svg>" whole/training.svg && ! grep -q "nan\|inf" whole/training.svg'
says "already done" "already at step 48" classifier $train --output_dir=whole --num_train_epochs=8
says "eval prefers output_dir" "whole/model.safetensors: taken from --output_dir, and not --init_checkpoint" classifier $task --do_eval --output_dir=whole
says "predict from the folder alone" "test_results.tsv: written" classifier --do_predict --data_dir=data --init_checkpoint=whole --output_dir=predicted
check "a row for each text" sh -c '[ "$(wc -l <predicted/test_results.tsv)" = 24 ] && awk -F"\t" "{ if (\$1 + \$2 < 0.9999 || \$1 + \$2 > 1.0001) exit 1 }" predicted/test_results.tsv && grep -q "^eval_accuracy" predicted/eval/test_results.txt'
if wanted "predict from standard input"; then
    printf 'the dogs run .\na cat running\n' | classifier --do_predict --init_checkpoint=whole 2>err >out
    if [ "$(cut -f1 out | tr '\n' ' ')" = "dog cat " ] && [ "$(awk -F'\t' '{ print NF }' out | tr '\n' ' ')" = "3 3 " ]; then pass "predict from standard input"
    else fail "predict from standard input" "other answers"; show out; show err; fi
fi
says "going on" "going on from step 48" classifier $train --output_dir=whole --num_train_epochs=9
says "overwrite" "begun anew" classifier $train --output_dir=whole --num_train_epochs=8 --overwrite --save_checkpoints_steps=10 --log_steps=100
says "threads" "threads = 2" classifier $train --output_dir=two --num_train_epochs=8 --threads=2
same_training "two threads" whole two
says "recompute" "global_step" classifier $train --output_dir=again --num_train_epochs=8 --recompute
same_training "recompute gives the same" whole again

# ---- killed, and started again ----

# killed THREADS STEPS...: training is killed each time its log reaches so many steps, and started again
killed() {
    threads_=$1 dir=killed_$1; shift
    wanted "killed, $threads_ threads" || return 0
    kills=0
    [ -d whole ] || classifier $train --output_dir=whole --num_train_epochs=8 2>/dev/null
    for at in "$@"; do
        "$bin/run_classifier" $train --output_dir=$dir --num_train_epochs=8 --threads=$threads_ --save_checkpoints_steps=3 >/dev/null 2>err &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            [ -f $dir/log.jsonl ] && [ "$(wc -l <$dir/log.jsonl)" -ge "$at" ] && { kill -9 $pid 2>/dev/null && kills=$((kills + 1)); break; }
        done
        wait $pid 2>/dev/null
    done
    classifier $train --output_dir=$dir --num_train_epochs=8 --threads=$threads_ --save_checkpoints_steps=3 >/dev/null 2>err || { fail "killed, $threads_ threads" "does not go on"; tail -n 3 err; return 0; }
    if [ $kills = 0 ]; then skip "killed, $threads_ threads" "it was never caught in time"
    elif ls $dir/*.tmp >/dev/null 2>&1; then fail "killed, $threads_ threads" "half-written files are left"
    else same_training "killed, $threads_ threads" whole $dir; fi
}
killed 1 1 5 12 20
killed 2 2 9 17 28
ends_with "locked" 1 "another program is at work" sh -c "($bin/run_classifier $train --output_dir=locked --num_train_epochs=500 2>/dev/null & echo \$! >pid; wait) & while [ ! -f locked/log.jsonl ]; do sleep 0.02; done; $bin/run_classifier $task --do_eval --output_dir=locked; s=\$?; kill -9 \$(cat pid); exit \$s"

# ---- the reference's numbers for the same checkpoint: Google's run_classifier --do_eval --do_predict ----

google=$top/../shared/goldens/google
if [ ! -d "$google" ]; then skip "the reference's results" "needs ../shared"
elif wanted "the reference's results"; then
    classifier --task_name=MNLI --do_eval=true --do_predict=true --data_dir="$google/classifier/data/MNLI" --vocab_file="$google/model/vocab.txt" --bert_config_file="$google/model/bert_config.json" \
        --init_checkpoint="$google/train_classifier/checkpoint/model.ckpt-8" --max_seq_length=32 --eval_batch_size=8 --predict_batch_size=8 --output_dir=google 2>err
    awk 'NR == FNR { want[$1] = $3; next } $1 in want { d = $3 - want[$1]; n++; if (d > 1e-4 || d < -1e-4) exit 1 } END { exit n != 3 }' "$google/eval_classifier/eval_results.txt" google/eval_results.txt
    a=$?
    paste "$google/eval_classifier/test_results.tsv" google/test_results.tsv | awk -F'\t' 'NF != 6 { exit 1 } { for (i = 1; i < 4; i++) { d = $i - $(i + 3); if (d > 1e-4 || d < -1e-4) exit 1 } n++ } END { exit n == 0 }'
    b=$?
    if [ $a = 0 ] && [ $b = 0 ]; then pass "the reference's results"; else fail "the reference's results" "differ by more than 1e-4"; show google/eval_results.txt; fi
fi

# ---- the best, early ends, lists, exports ----

says "keep_best" "that is the result" classifier $train --output_dir=best --num_train_epochs=5 --save_checkpoints_steps=5 --keep_best=eval_loss
check "the best is kept" sh -c 's=$(sed -n "s/.*the best eval_loss is .*, at step \([0-9]*\).*/\1/p" err); [ -n "$s" ] && b=$(grep "\"step\": $s, \"eval\"" best/log.jsonl | sed "s/.*\"eval_loss\": \([^,}]*\).*/\1/") && grep "\"eval\"" best/log.jsonl | sed "s/.*\"eval_loss\": \([^,}]*\).*/\1/" | awk -v b="$b" "{ if (\$1 + 0 < b + 0) exit 1; n++ } END { exit n != 6 }"'
says "evaluated with the best" "best/model.safetensors: taken" classifier $task --do_eval --output_dir=best
says "patience" "stopped early" classifier $train --output_dir=early --num_train_epochs=50 --save_checkpoints_steps=5 --keep_best=eval_accuracy --patience=2
says "and done" "nothing to train" classifier $train --output_dir=early --num_train_epochs=50 --save_checkpoints_steps=5 --keep_best=eval_accuracy --patience=2
says "lists" "best single run: list/" classifier $train --do_eval --output_dir=list --num_train_steps=4 --learning_rate=1e-3,5e-3 --seeds=1,2 --log_file=list.log
check "a table of them" sh -c '[ "$(wc -l <list/runs.tsv)" = 5 ] && [ -f list/rate_0.005_seed_2/model.safetensors ] && grep -q "mean over the seeds" list.log && ! cmp -s list/rate_0.005_seed_1/model.safetensors list/rate_0.005_seed_2/model.safetensors'
if wanted "table"; then
    awk -F'\t' 'NR > 1 && $1 == 0.005 { s += $4; n++ } END { printf "%.4f\n", s / n }' list/runs.tsv >want
    if [ "$(sed -n 's/^  rate 0.005, batch 8 *\([0-9.]*\).*/\1/p' list.log)" = "$(cat want)" ]; then pass "table"; else fail "table" "another mean"; cat list.log; fi
fi
says "export" "export/bert_model.ckpt: written" classifier $train --output_dir=exported --num_train_steps=4 --export=tf
says "the export is whole" "test_results.tsv: written" classifier --do_predict --task_name=text_clf --data_dir=data --init_checkpoint=exported/export --output_dir=from_export --max_seq_length=12
says "and the result" "test_results.tsv: written" classifier --do_predict --data_dir=data --init_checkpoint=exported --output_dir=from_result
check "the same answers" cmp from_export/test_results.tsv from_result/test_results.tsv
says "interrupted" "the same command goes on" sh -c "$bin/run_classifier $train --output_dir=stopped --num_train_epochs=300 & while [ ! -s stopped/log.jsonl ]; do sleep 0.02; done; kill -TERM \$!; wait \$!; [ \$? = 130 ]"

# ---- learning from a teacher; several labels; numbers ----

says "predict for training" "written" classifier --do_predict --data_dir=data --init_checkpoint=whole --output_dir=teacher --predict_file=data/train.tsv
says "soft labels" "global_step" classifier $train --output_dir=soft --num_train_steps=12 --soft_labels=teacher/test_results.tsv --temperature=2 --teacher_weight=0.7
says "teacher" "Asking the teacher" classifier $train --output_dir=taught --num_train_steps=12 --teacher_checkpoint=whole --temperature=2 --teacher_weight=0.7
if wanted "both are the same teacher"; then
    tail -n 1 soft/log.jsonl | sed 's/.*"loss": \([0-9.]*\).*/\1/' >a; tail -n 1 taught/log.jsonl | sed 's/.*"loss": \([0-9.]*\).*/\1/' >b
    if [ "$(paste a b | awk '{ d = $1 - $2; print (d < 1e-5 && d > -1e-5 && $1 > 0) }')" = 1 ]; then pass "both are the same teacher"; else fail "both are the same teacher" "losses $(cat a b | tr '\n' ' ')"; fi
fi
head -n 20 teacher/test_results.tsv >short.tsv
says "time foretold" "were foretold after 6 steps: [0-9]* % too " classifier $train --output_dir=foretold --num_train_steps=30
ends_with "soft labels, too few" 1 "20 lines, the training set 48 examples" classifier $train --output_dir=no --soft_labels=short.tsv
awk -F'\t' '{ print $2 "\t" ($1 == "dog" ? "dog, running" : NR % 4 ? "cat" : "") }' data/train.tsv >several.tsv
several="--task_name=tsv --multi_label --train_file=several.tsv --eval_file=several.tsv --text_a=1 --label=2 --init_checkpoint=model --max_seq_length=12 --threads=1 --optimizer=adamw --learning_rate=5e-3 --train_batch_size=8"
says "several labels" "eval_f1 = " classifier $several --do_train --do_eval --num_train_epochs=8 --output_dir=several
check "learns several" sh -c 'grep -qx "cat" several/label_list.txt && [ "$(wc -l <several/label_list.txt)" = 3 ] && awk "/^eval_f1/ { ok = \$3 > 0.8 } END { exit !ok }" several/eval_results.txt'
if wanted "several at once"; then
    echo 'the dogs run' | classifier --do_predict --init_checkpoint=several 2>err >out
    if [ "$(cut -f1 out)" = "dog,running" ]; then pass "several at once"; else fail "several at once" "$(cat out)"; fi
fi
awk -F'\t' 'BEGIN { print "text\tgrade" } { print $2 "\t" ($1 == "dog" ? 3.5 : 1) }' data/train.tsv >numbers.tsv
says "numbers" "eval_pearson = " classifier --task_name=tsv --train_file=numbers.tsv --eval_file=numbers.tsv --text_a=text --label=grade --regression --init_checkpoint=model --max_seq_length=12 --threads=1 --optimizer=adamw --learning_rate=5e-3 --train_batch_size=8 --do_train --do_eval --num_train_epochs=16 --output_dir=numbers
check "learns numbers" awk '/^eval_pearson/ { ok = $3 > 0.9 } END { exit !ok }' numbers/eval_results.txt

# ---- what learns, and how fast; parts; memory ----

short="$train --num_train_steps=6 --log_steps=2"
says "frozen layers" "global_step" classifier $short --frozen_layers=2 --output_dir=frozen
check "embeddings and the first layer stay" sh -c "$bin/inspect frozen/model.safetensors model/model.safetensors >differ; ! grep -q -e 'layer\.0\.' -e layer_0/ -e embeddings differ && grep -q -e 'layer\.1\.' -e layer_1/ differ"
says "groups" '"encoder": 32 parameters at 0 times the rate' classifier $short --groups=encoder:0,embeddings:0,classifier:2:nodecay --output_dir=grouped
check "what a group says" sh -c "$bin/inspect grouped/model.safetensors model/model.safetensors >differ; ! grep -q -e encoder -e embeddings differ && grep -q pooler differ"
ends_with "a group without members" 1 "in no parameter's name" classifier $short --groups=decoder:0 --output_dir=no
ends_with "a group that is none" 1 "is not PART:RATE" classifier $short --groups=encoder=0 --output_dir=no
says "layer decay" "global_step" classifier $short --layer_decay=0.5 --output_dir=decayed
if wanted "the schedules of the references"; then      # peak 0.01, 2 of 8 steps of warm-up: Google's jumps, NEZHA's goes on, NVIDIA's for LAMB is a root
    for s in google linear root; do classifier $train --learning_rate=0.01 --schedule=$s --num_train_steps=8 --num_warmup_steps=2 --log_steps=1 --output_dir=rates_$s 2>err && sed -n 's/.*"learning_rate": \([0-9.e-]*\).*/\1/p' rates_$s/log.jsonl >rates.$s; done
    if paste rates.google rates.linear rates.root | awk '{ k = NR - 1; r[1] = 1 - k / 8; r[2] = (8 - k) / 6; r[3] = sqrt(1 - k / 8)
        for (i = 1; i <= 3; i++) { d = $i - 0.01 * (k < 2 ? k / 2 : r[i]); if (d > 1e-8 || d < -1e-8) bad = 1 } } END { exit bad || NR != 8 }'; then pass "the schedules of the references"
    else fail "the schedules of the references" "other rates"; paste rates.google rates.linear rates.root; fi
fi
says "NVIDIA's names" "dllog_path (see log.jsonl) mean nothing here" classifier $train --output_dir=nvidia --num_train_steps=2 --optimizer_type=lamb --display_loss_steps=1 --dllog_path=x.json --report_loss --use_trt=false
says "whole batches" "global_step" classifier $short --output_dir=parts_1
says "parts" "Tokens at once = 48" classifier $short --output_dir=parts_2 --accumulate=2
says "as little memory as possible" "Tokens at once = 12" classifier $short --output_dir=parts_3 --save_memory
if wanted "parts give the same losses"; then
    for i in 1 2 3; do sed -n 's/.*"loss": \([0-9.e-]*\).*/\1/p' parts_$i/log.jsonl >loss.$i; done
    if paste loss.1 loss.2 loss.3 | awk '{ for (i = 2; i <= 3; i++) { d = $i / $1 - 1; if (d > 1e-5 || d < -1e-5) bad = 1 } n++ } END { exit bad || n != 6 }'; then pass "parts give the same losses"
    else fail "parts give the same losses" "they differ by more than 1e-5"; paste loss.1 loss.2 loss.3; fi
fi
echo '{"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 512, "vocab_size": 20, "max_position_embeddings": 64, "type_vocab_size": 2}' >larger.json
if [ -r /proc/self/statm ] && (ulimit -v 40000 && "$bin/run_classifier" --help) >out 2>&1; then
    ends_with "more memory than there is" 1 "what would fit: --train_batch_size=[0-9]*; --accumulate=[0-9]*; .*--save_memory" \
        sh -c "ulimit -v 40000; exec $bin/run_classifier --task_name=text_clf --data_dir=data --max_seq_length=12 --threads=1 --do_train --bert_config_file=larger.json --vocab_file=model/vocab.txt --num_train_steps=1 --train_batch_size=1000 --output_dir=no_memory"
else skip "more memory than there is" "no /proc here, or no ulimit -v under which programs start"; fi
ends_with "weights that are not numbers" 1 "not finite" classifier $train --num_train_steps=40 --learning_rate=1e30 --clip=none --output_dir=no_number

# ---- the files of the GLUE site; an answer to each line as it comes ----

mkdir mrpc
awk -F'\t' 'BEGIN { print "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String" } { print ($1 == "dog") "\t1\t2\t" $2 "\tthe cat" }' data/train.tsv >mrpc/train.tsv
awk -F'\t' 'BEGIN { print "index\t#1 ID\t#2 ID\t#1 String\t#2 String" } { print NR - 1 "\t1\t2\t" $2 "\tthe cat" }' data/test.tsv >mrpc/test.tsv
says "the GLUE site's files" "MRPC.tsv" classifier --task_name=MRPC --data_dir=mrpc --init_checkpoint=model --max_seq_length=16 --threads=1 --train_batch_size=8 --num_train_steps=4 --do_train --do_predict --glue_submission --output_dir=site
check "as it wants them" sh -c 'head -n 1 site/MRPC.tsv | grep -qx "index	prediction" && [ "$(wc -l <site/MRPC.tsv)" = 25 ] && awk -F"\t" "NR > 1 && (\$1 != NR - 2 || (\$2 != 0 && \$2 != 1)) { exit 1 }" site/MRPC.tsv'
says "exports" "export/pytorch_model.bin: written" classifier $short --output_dir=parts_1 --num_train_steps=8 --export=pytorch
if mkfifo questions 2>/dev/null; then
    if wanted "answers before the next question"; then
        "$bin/run_classifier" --do_predict --init_checkpoint=whole <questions >answers 2>err &
        pid=$! got=
        exec 3>questions
        for text in 'the dogs run .' 'a cat running'; do
            echo "$text" >&3
            lines=$(wc -l <answers) tries=0
            while [ "$(cut -f1 answers | tail -n 1)" = "$got" ] && [ $tries -lt 500 ]; do sleep 0.02; tries=$((tries + 1)); done
            got=$(cut -f1 answers | tail -n 1) all="${all:-}$got "
        done
        exec 3>&-
        wait $pid
        if [ "${all:-}" = "dog cat " ]; then pass "answers before the next question"; else fail "answers before the next question" "${all:-nothing}"; show err; fi
    fi
else skip "answers before the next question" "no mkfifo here"; fi

# ---- run_ner ----

mkdir ner
for f in train dev test; do awk -v f=$f 'BEGIN { srand(f == "train" ? 1 : 2); split("the a running . , b", w, " ")
    for (i = 0; i < (f == "train" ? 40 : 12); i++) { for (j = 0; j < 5; j++) { r = rand()
        if (r < 0.2) print "dogs B-PET"; else if (r < 0.4) print "catnap B-REST\nrun I-REST"; else print w[int(rand() * 6) + 1] " O" } print "" } }' >ner/$f.txt; done
says "ner" "PET " "$bin/run_ner" --data_dir=ner --init_checkpoint=plain --max_seq_length=24 --threads=1 --optimizer=adamw --learning_rate=5e-3 --train_batch_size=4 --num_train_epochs=16 --do_train --do_eval --do_predict --output_dir=tagger
check "ner learns" awk '/^eval_entity_f1/ { a = $3 > 0.9 } /^eval_f / { b = $3 > 0.9 } END { exit !(a && b) }' tagger/eval_results.txt
check "predictions for each word" sh -c '[ "$(wc -l <tagger/predictions.txt)" = "$(wc -l <ner/test.txt)" ] && grep -q "^dogs.B-PET" tagger/predictions.txt && [ -s tagger/eval/test_results.txt ]'
if wanted "ner from standard input"; then
    printf 'the catnap run .\n面包\n' | "$bin/run_ner" --do_predict --init_checkpoint=tagger 2>err >out
    printf 'the\tO\ncatnap\tB-REST\nrun\tI-REST\n.\tO\n\n' >want
    if head -n 5 out | cmp -s - want && [ "$(wc -l <out)" = 8 ]; then pass "ner from standard input"; else fail "ner from standard input" "other answers"; show out; show err; fi
fi
printf 'the O\ndog B-PER\n。 O\n\n' >nezha.txt
printf 'the O\ndogs O\n\n' >one.txt
ends_with "one tag" 1 "one.txt: there are 1 labels in it" "$bin/run_ner" --do_train --train_file=one.txt --init_checkpoint=plain --max_seq_length=24 --output_dir=no
says "nezha's labels" "eval_f = " "$bin/run_ner" --task_name=ner --reader=nezha --train_file=nezha.txt --eval_file=nezha.txt --init_checkpoint=plain --max_seq_length=24 --threads=1 --train_batch_size=1 --num_train_steps=2 --do_train --do_eval --output_dir=nezha
check "eleven outputs" sh -c '[ "$(wc -l <nezha/label_list.txt)" = 11 ]'

# ---- run_multiple_choice ----

mkdir swag race
echo '[{"article": "a", "questions": ["b"], "options": [["a", "b", "c", "d"]], "answers": ["E"]}]' >wrong.json
for f in train val test; do awk -v f=$f 'BEGIN { srand(f == "train" ? 1 : 2); print ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label"
    for (i = 0; i < 24; i++) { l = int(rand() * 4); printf "%d,v,f,s,\"the %s, \"\"a\"\"\",the,gold", i, rand() < 0.5 ? "b" : "c"; for (j = 0; j < 4; j++) printf ",%s", j == l ? "\"dogs, run\"" : "a cat"; print "," l } }' >swag/$f.csv; done
says "swag" "eval_accuracy" "$bin/run_multiple_choice" --task_name=SWAG --data_dir=swag --init_checkpoint=model --max_seq_length=20 --threads=1 --optimizer=adamw --learning_rate=5e-3 --train_batch_size=8 --num_train_epochs=6 --do_train --do_eval --do_predict --output_dir=chooser
check "swag learns" awk '/^eval_accuracy/ { ok = $3 > 0.9 } END { exit !ok }' chooser/eval_results.txt
check "four to a question" sh -c '[ "$(awk -F"\t" "{ print NF }" chooser/test_results.tsv | sort -u)" = 4 ]'
cat >race/train.json <<'END'
[{"article": "the dogs run .", "questions": ["the _ run", "the run"], "options": [["dogs", "cat", "a", "b"], ["cat", "dogs", "a", "b"]], "answers": ["A", "B"], "id": "1"}]
END
cp race/train.json race/dev.json
says "race" "Num examples = 2" "$bin/run_multiple_choice" --task_name=RACE --data_dir=race --init_checkpoint=model --max_seq_length=20 --threads=1 --train_batch_size=2 --num_train_steps=2 --do_train --do_eval --output_dir=reader
ends_with "race, answer E" 1 "question 1: the answer is none of A to D" "$bin/run_multiple_choice" --task_name=RACE --train_file=wrong.json --init_checkpoint=model --max_seq_length=20 --do_train --output_dir=no

# ---- refusals ----

ends_with "nothing to do" 2 "At least one of" classifier $task --output_dir=no
ends_with "no output_dir" 2 "output_dir" classifier $task --do_train
ends_with "gs" 2 "fetch it first" classifier $task --do_eval --output_dir=gs://bucket/out
ends_with "no such task" 1 "no task is named" classifier --task_name=glue --data_dir=data --init_checkpoint=model --max_seq_length=12 --do_train --output_dir=no
ends_with "no data" 1 "train.tsv" classifier --task_name=text_clf --data_dir=. --init_checkpoint=model --max_seq_length=12 --do_train --output_dir=no
ends_with "nothing trained" 1 "no classifier" classifier $task --do_eval
ends_with "too long" 1 "Cannot use sequence length 64" classifier $task --max_seq_length=64 --do_train --output_dir=no
ends_with "no steps" 1 "make no step" classifier $train --num_train_epochs=0.01 --output_dir=no
ends_with "no parts" 2 "accumulate is 0; it begins at 1" classifier $train --accumulate=0 --output_dir=no
ends_with "too many batches" 2 "num_accumulation_steps is 99999; it goes from 1 to 65536" classifier $train --num_accumulation_steps=99999 --output_dir=no
ends_with "a rate without end" 2 "learning_rate is positive, not inf" classifier $train --learning_rate=inf --output_dir=no
ends_with "a step less than none" 2 "num_train_steps is -5; it begins at 0" classifier $train --num_train_steps=-5 --output_dir=no
ends_with "a number too large to read" 2 "is no whole number" classifier $train --save_checkpoints_steps=99999999999999999999 --output_dir=no
ends_with "bad rate" 2 "is no number" classifier $train --learning_rate=1e-4,fast --output_dir=no
says "mixed precision" "loss_scale = 65536" classifier $train --do_eval --output_dir=mixed --num_train_steps=4 --log_steps=2 --use_fp16
says "where it starts" "loss_scale = 1024" classifier $train --output_dir=scaled --num_train_steps=2 --log_steps=2 --amp --loss_scale=1024
says "NEZHA's" "loss_scale = 4.29497e+09" classifier $train --output_dir=nezha_scale --num_train_steps=2 --log_steps=2 --manual_fp16 --loss_scale=nezha
ends_with "int8 does not learn" 2 "not for training" classifier $train --output_dir=no --precision=int8
ends_with "not enough memory" 1 "recompute" classifier $train --output_dir=no --memory=100K
says "flags of other machines" "mean nothing here" classifier $train --use_tpu=false --use_xla --num_train_steps=2 --output_dir=tpu

finish
