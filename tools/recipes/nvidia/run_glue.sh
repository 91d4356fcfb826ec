#!/bin/sh
# run_glue.sh - fine-tunes a task of GLUE and evaluates it, as NVIDIA's scripts/run_glue.sh
#
# run_glue.sh [task] [batch a worker] [rate a worker] [precision] [use_xla] [workers] [length] [stride] [large|base] [epochs]
#             [warm-up share] [checkpoint]
# defaults:   MRPC 16 3e-6 fp16 true 8 128 64 large 3.0 0.1 (the model's)
# The stride means nothing, there as here. Their program fine-tunes with LAMB, and its rate falls as a square root; so here.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

task=${1:-MRPC} batch=${2:-16} rate=${3:-3e-6} precision=${4:-fp16} xla=${5:-true} workers=${6:-8} length=${7:-128}
model=${9:-large}
pretrained "$model"
[ $# -gt 9 ] && shift 9 || shift $#
epochs=${1:-3.0} warmup=${2:-0.1} checkpoint=${3:-$checkpoint}
precision_flag=$(precision_flag "$precision") || exit
out=$RESULTS_DIR/glue_${task}_${model}_${precision}_gbs$((batch * workers))

need glue "$DATA_DIR/download/$task"
need models "$bert/vocab.txt" "$bert/bert_config.json"
workers "$workers"
tool run_classifier --task_name="$task" --do_train=true --do_eval=true --data_dir="$DATA_DIR/download/$task" \
    --vocab_file="$bert/vocab.txt" --bert_config_file="$bert/bert_config.json" --init_checkpoint="$checkpoint" \
    --max_seq_length="$length" --train_batch_size="$batch" --learning_rate="$rate" --num_train_epochs="$epochs" --output_dir="$out" \
    --optimizer_type=lamb --schedule=root $horovod $precision_flag $(xla_flag "$xla") --warmup_proportion="$warmup" --log_file="$out/log.txt"
