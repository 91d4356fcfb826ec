#!/bin/sh
# mpi.sh - workers over MPI learn what one learns alone; one that fails, hangs or dies ends the job, and it is said which
# SPDX-License-Identifier: MIT-0 OR Unlicense
# With another MPI:  MPICC=mpicc.mpich MPIRUN=mpiexec.mpich sh tests/mpi.sh
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
MPICC=${MPICC:-mpicc} MPIRUN=${MPIRUN:-mpirun}
export MPIRUN
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_base_warn_component_unused=0 OMPI_MCA_btl=self,vader

names="bert.h with BERT_USE_MPI compiles without a warning|2 workers|4 workers|2 workers, bf16 on the wire|a worker with a bad label|a worker that hangs|a worker that dies"
names="$names|the tools with MPI|run_pretraining, 2 workers|run_pretraining, 4 workers|horovod|another number of workers goes on|a killed worker|a stopped worker|a signal to one worker|run_classifier|a recipe|embed|extract_features|predict|run_squad"
built=$top/tools/obj/mpi${V:+-$V}/bert_impl.o bin=$top/tools/bin/mpi${V:+-$V}
build() {
    $MAKE --no-print-directory -C "$top/tools" MPI=1 MPICC="$MPICC" V=mpi${V:+-$V} CFLAGS=-O0 bin/mpi${V:+-$V}/run_pretraining bin/mpi${V:+-$V}/run_classifier bin/mpi${V:+-$V}/run_squad \
        bin/mpi${V:+-$V}/embed bin/mpi${V:+-$V}/extract_features >out 2>&1
}
if ! have "$MPICC" || ! have "$MPIRUN" || ! printf '#include <mpi.h>\nint main(void) { return 0; }\n' >m.c || ! $MPICC -o m m.c >out 2>&1; then
    IFS='|'
    for name in $names; do wanted "$name" && skip "$name" "no MPI here ($MPICC, $MPIRUN)"; done
    finish
fi
if [ -z "$list" ]; then
    built_=0
    build || built_=$?
    cp out built.out
    check "the tools with MPI" sh -c "[ $built_ = 0 ] || { cat built.out; exit 1; }"
    $MPICC -O0 -DBERT_USE_MPI -I"$top" -pthread -o worker "$top/tests/hooks/mpi_worker.c" "$built" -lm >out 2>&1 || { fail "mpi_worker" "does not compile"; show out; finish; }
    ./worker plain >one 2>out || { $MPIRUN -np 1 ./worker plain >one 2>out; }
fi

printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n' >i.c
check "bert.h with BERT_USE_MPI compiles without a warning" $MPICC -DBERT_USE_MPI -std=c99 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only -I"$top" i.c

# near FILE BOUND: both numbers are those of one worker, within a part of them
near() { awk -v bound="$2" 'NR == FNR { a = $1; b = $2; next } { n = 1; bad = ($1 - a) ^ 2 > (bound * a) ^ 2 || ($2 - b) ^ 2 > (bound * b) ^ 2; if (bad) print $0 " instead of " a " " b } END { exit bad || !n }' one "$1"; }
# learns N MODE BOUND
learns() { $MPIRUN -np "$1" ./worker "$2" >got 2>out && near got "$3" || { cat out; return 1; }; }
check "2 workers" learns 2 plain 2e-6
check "4 workers" learns 4 plain 2e-6
check "2 workers, bf16 on the wire" learns 2 bf16 2e-3

# ends SECONDS WORDS MODE: the job fails in time and says so
ends() {
    begin=$(date +%s)
    if $MPIRUN -np 2 ./worker "$3" >out 2>&1; then echo "it succeeds"; return 1; fi
    if [ $(($(date +%s) - begin)) -gt "$1" ]; then echo "it took $(($(date +%s) - begin)) seconds"; return 1; fi
    grep -q "$2" out || { cat out; return 1; }
}
check "a worker with a bad label" ends 60 'worker 1: sequence 0: label 5' bad
check "a worker that hangs" ends 60 'no word for 1 seconds from 1 of 2 workers: 1' hang
died='rank 1 .*signal 9'
case $($MPIRUN --version 2>&1) in *HYDRA*) died='Killed (signal 9)' ;; esac     # (MPICH does not say of whom)
check "a worker that dies" ends 60 "$died" die

# ---- the programs ----

[ -z "$list" ] || { IFS='|'; for name in ${names#*dies|}; do wanted "$name"; done; finish; }
build_make_model || { fail "make_model" "does not compile"; finish; }
mkdir model && ./make_model model 1 || { fail "make_model" "does not run"; finish; }
export OMPI_MCA_hwloc_base_binding_policy=none
# results_near A B BOUND: two eval_results.txt, within a part of each number
results_near() { awk -v bound="$3" 'NR == FNR { want[$1] = $3; next } { n++; d = $3 - want[$1]; if (d * d > (bound * want[$1]) ^ 2) { print FILENAME ": " $0 " instead of " want[$1]; bad = 1 } } END { exit bad || n != 6 }' "$1" "$2"; }
awk 'BEGIN { for (i = 0; i < 60; i++) { printf "the dog%s run%s .\na cat run%s the c d%s .\n", i % 2 ? "s" : "", i % 3 ? "ning" : "", i % 2 ? "ning" : "", i % 5 ? "b" : ""; if (i % 4 == 3) print "" } }' >text.txt
"${bin%/mpi*}${V:+/$V}/create_pretraining_data" --input_file=text.txt --vocab_file=model/vocab.txt --output_file='t.record@3' --max_seq_length=24 --max_predictions_per_seq=4 --dupe_factor=2 --quiet 2>out || { fail "data" "is not made"; show out; }
pretrain="--input_file=t.record-* --init_checkpoint=model --max_seq_length=24 --max_predictions_per_seq=4 --num_train_steps=12 --num_warmup_steps=2 --optimizer=adamw --max_eval_steps=5 --log_steps=1 --save_checkpoints_steps=6 --do_train --do_eval --threads=1"
# pretrain N FLAGS...
pretrain() { n_=$1; shift; if [ "$n_" = 1 ]; then "$bin/run_pretraining" $pretrain "$@"; else $MPIRUN -np "$n_" "$bin/run_pretraining" $pretrain "$@"; fi >out 2>err || { cat out err; return 1; }; }
[ -d one_worker ] || pretrain 1 --train_batch_size=8 --learning_rate=2e-3 --output_dir=one_worker
alone() { pretrain "$1" --train_batch_size=8 --learning_rate=2e-3 --output_dir="of_$1" && grep -q "^run_pretraining .*: $1 workers, global batch 8, learning rate 0.002$" err && results_near one_worker/eval_results.txt "of_$1/eval_results.txt" 2e-6; }
check "run_pretraining, 2 workers" alone 2
check "run_pretraining, 4 workers" alone 4
horovod() { pretrain 2 --train_batch_size=4 --learning_rate=1e-3 --horovod --threads=2 --output_dir=horovod && sed -n 1p err | grep -q 'global batch 8 (4 each), learning rate 0.002 (0.001 for each worker)' && results_near one_worker/eval_results.txt horovod/eval_results.txt 2e-6; }
check "horovod" horovod
elastic() { pretrain 3 --train_batch_size=8 --learning_rate=2e-3 --output_dir=of_2 --resume_step=6 && grep -q 'going on from step 6' err && results_near one_worker/eval_results.txt of_2/eval_results.txt 2e-6; }
check "another number of workers goes on" elastic

# ends_by SIGNAL SECONDS WORDS FLAGS...: worker 1 gets a signal, the job ends in time and says why
ends_by() {
    signal_=$1 seconds_=$2 words_=$3; shift 3
    rm -rf endless pid.*
    $MPIRUN -np 2 sh -c 'echo $$ >pid.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; exec "$0" "$@"' "$bin/run_pretraining" $pretrain --train_batch_size=8 --num_train_steps=1000000 --save_checkpoints_steps=1000000 --output_dir=endless "$@" >out 2>&1 &
    job_=$! tries_=0
    while [ ! -s endless/log.jsonl ] && [ $tries_ -lt 300 ]; do sleep 0.1; tries_=$((tries_ + 1)); done
    begin=$(date +%s)
    worker_=$(cat pid.1)
    kill -"$signal_" "$worker_"
    if wait $job_; then echo "it succeeds"; return 1; fi
    kill -9 "$worker_" 2>/dev/null
    if [ $(($(date +%s) - begin)) -gt "$seconds_" ]; then echo "it took $(($(date +%s) - begin)) seconds"; return 1; fi
    grep -q "$words_" out || { tail -n 20 out; return 1; }
}
check "a killed worker" ends_by KILL 60 "$died"
check "a stopped worker" ends_by STOP 60 'no word for 2 seconds from 1 of 2 workers: 1' --worker_timeout=2

# A signal to one worker: all stop after the same step, the checkpoint is written, and training goes on from there.
saves() {
    ends_by "$1" 60 'interrupted: the checkpoint is endless/model.ckpt-[1-9]' || return 1
    step_=$(sed -n '1s/.*model.ckpt-\([0-9]*\).*/\1/p' endless/checkpoint)
    pretrain 2 --train_batch_size=8 --output_dir=endless --num_train_steps=$((step_ + 2)) || return 1
    grep -q "going on from step $step_\$" err && grep -q "global_step = $((step_ + 2)) of" err || { cat err; return 1; }
}
check "a signal to one worker" saves TERM

# ---- the other programs: what they give is that of one worker ----

awk 'BEGIN { srand(1); split("the a run running . , b c d", w, " "); for (i = 0; i < 700; i++) { s = ""; for (j = 0; j < 3 + i % 7; j++) s = s w[int(rand() * 9) + 1] " "; print s } }' >lines.txt
mkdir data
awk '{ k = NR % 2; print (k ? "dog" : "cat") "\t" $0 (k ? "dogs" : "cat") }' lines.txt >data/all.tsv
head -n 40 data/all.tsv >data/train.tsv; cp data/train.tsv data/dev.tsv; sed -n '50,300p' data/all.tsv >data/test.tsv
classifier="--task_name=text_clf --data_dir=data --init_checkpoint=model --max_seq_length=12 --threads=1 --optimizer=adamw --learning_rate=5e-3 --train_batch_size=8 --num_train_epochs=2"
classify() {
    "$bin/run_classifier" $classifier --do_train --do_eval --output_dir=class_1 2>err && $MPIRUN -np 2 "$bin/run_classifier" $classifier --do_train --do_eval --output_dir=class_2 >out 2>err || { cat err; return 1; }
    awk 'NR == FNR { want[$1] = $3; next } { n++; d = $3 - want[$1]; if (d * d > 1e-8) { print $0 " instead of " want[$1]; bad = 1 } } END { exit bad || n < 4 }' class_1/eval_results.txt class_2/eval_results.txt
}
check "run_classifier" classify
# NVIDIA's script for two workers: batch and rate are each one's.
recipe() {
    large=nv/download/google_pretrained_weights/uncased_L-24_H-1024_A-16
    mkdir -p nv/download "$large" && cp -R data nv/download/text_clf && cp model/vocab.txt "$large/" && cp model/config.json "$large/bert_config.json" || return 1
    DATA_DIR=nv RESULTS_DIR=nv_results BERT_BIN=$bin EXTRA="--threads=1" "$top/tools/recipes/nvidia/run_glue.sh" text_clf 4 1e-3 fp32 true 2 12 64 large 1 0.1 model >out 2>err || { cat err; return 1; }
    grep -q '2 workers, global batch 8 (4 each), learning rate 0.002' err && grep -q '^eval_accuracy' nv_results/glue_text_clf_large_fp32_gbs8/eval_results.txt || { cat err; return 1; }
}
check "a recipe" recipe
# alike COMMAND...: on three workers as on one (standard input lines.txt, standard output)
alike() { "$@" <lines.txt >want 2>err && $MPIRUN -np 3 "$@" <lines.txt >got 2>err || { cat err; return 1; }; [ -s want ] && cmp want got; }
embeds() {
    alike "$bin/embed" --model model --threads 1 && "$bin/embed" --model model --output_format npy --output_file one.npy lines.txt && $MPIRUN -np 2 "$bin/embed" --model model --output_format npy --output_file two.npy lines.txt && cmp one.npy two.npy || return 1
    split -l 100 lines.txt part. && ls part.* | xargs -P 2 -I{} sh -c '"$0" --model model --threads 1 {} >{}.out' "$bin/embed" && cat part.*.out | cmp want -       # and as a filter that anything may start
}
check "embed" embeds
extracts() {
    for format in json npy; do
        "$bin/extract_features" --model model --input_file lines.txt --output_file one.out --output_format $format --layers=-1 --batch_size 8 --max_seq_length 32 2>err && $MPIRUN -np 3 "$bin/extract_features" --model model --input_file lines.txt --output_file three.out --output_format $format --layers=-1 --batch_size 8 --max_seq_length 32 2>err || { cat err; return 1; }
        [ -s one.out ] && cmp one.out three.out || return 1
    done
}
check "extract_features" extracts
predicts() {
    alike "$bin/run_classifier" --do_predict --init_checkpoint=class_1 --threads=1 || return 1
    "$bin/run_classifier" --do_predict --data_dir=data --init_checkpoint=class_1 --output_dir=p1 2>err && $MPIRUN -np 3 "$bin/run_classifier" --do_predict --data_dir=data --init_checkpoint=class_1 --output_dir=p3 2>err || { cat err; return 1; }
    cmp p1/test_results.tsv p3/test_results.tsv
}
[ -d class_1 ] || "$bin/run_classifier" $classifier --do_train --output_dir=class_1 2>err
check "predict" predicts
# Training: the losses of one; answers, some to questions with many windows, some without any: the same files.
squads() {
    awk 'BEGIN { srand(2); split("a the dog cat run runs running . , b c d ? x", w, " "); printf "{\"data\": [{\"paragraphs\": ["
        for (i = 0; i < 90; i++) { s = ""; for (j = 0; j < (i % 9 ? 4 + i % 13 : 80); j++) s = s w[int(rand() * 14) + 1] " "
            printf "%s{\"context\": \"%s\", \"qas\": [", i ? ", " : "", i == 7 ? " " : s
            for (j = 0; j < 1 + i % 2; j++) printf "%s{\"id\": \"%d-%d\", \"question\": \"the dog %s ?\", \"answers\": [{\"text\": \"%s\", \"answer_start\": 0}]}", j ? ", " : "", i, j, w[j + 4], i == 7 ? "" : substr(s, 1, index(s, " ") - 1)
            printf "]}" }
        print "]}]}" }' >q.json
    for n in 1 2 3; do
        [ $n = 3 ] || $MPIRUN -np $n "$bin/run_squad" --do_train --train_file=q.json --init_checkpoint=model --output_dir=squad_$n --max_seq_length=24 --max_query_length=8 --doc_stride=4 --train_batch_size=3 --num_train_steps=4 --log_steps=1 --threads=1 --optimizer=adamw >out 2>err || { tail -n 5 err; return 1; }
        [ $n = 3 ] || sed -n '$s/.*"loss": \([^,]*\),.*/\1/p' squad_$n/log.jsonl >loss.$n
        $MPIRUN -np $n "$bin/run_squad" --do_predict --do_eval --predict_file=q.json --init_checkpoint=squad_1 --output_dir=answers_$n --predict_batch_size=2 --threads=1 --version_2_with_negative --verbose_logging >score.$n 2>err || { tail -n 5 err; return 1; }
        grep -e '^Unable to find text' -e '^Length not equal' err >warned.$n
    done
    paste loss.1 loss.2 | awk '{ exit !($1 > 0 && ($1 - $2) ^ 2 < (2e-6 * $1) ^ 2) }' || { cat loss.1 loss.2; return 1; }
    [ "$(grep -c '"[0-9]*-[01]": "' answers_1/predictions.json)" = 135 ] && [ -s score.1 ] && [ -s warned.1 ] || { cat answers_1/predictions.json; return 1; }
    for n in 2 3; do
        for f in predictions nbest_predictions null_odds; do cmp answers_1/$f.json answers_$n/$f.json || return 1; done
        cmp answers_1/eval_results.txt answers_$n/eval_results.txt && sed "s/answers_1/answers_$n/" score.1 | cmp - score.$n && cmp warned.1 warned.$n || return 1
    done
}
check "run_squad" squads
finish
