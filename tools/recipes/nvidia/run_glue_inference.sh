#!/bin/sh
# run_glue_inference.sh - evaluates a fine-tuned model on a task of GLUE, as NVIDIA's script of that name
#
# run_glue_inference.sh [task] [checkpoint] [batch] [precision] [use_xla] [length] [stride] [large|base]
# defaults:             MRPC (the model's) 32 fp16 true 128 64 large
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

task=${1:-MRPC} batch=${3:-32} precision=${4:-fp16} xla=${5:-true} length=${6:-128} model=${8:-large}
pretrained "$model"
checkpoint=${2:-$checkpoint}
precision_flag=$(precision_flag "$precision") || exit
out=$RESULTS_DIR/glue_${task}_${model}_inference_$precision

need glue "$DATA_DIR/download/$task"
need models "$bert/vocab.txt" "$bert/bert_config.json"
tool run_classifier --task_name="$task" --predict_batch_size="$batch" --eval_batch_size="$batch" --do_eval=true \
    --data_dir="$DATA_DIR/download/$task" --vocab_file="$bert/vocab.txt" --bert_config_file="$bert/bert_config.json" \
    --init_checkpoint="$checkpoint" --max_seq_length="$length" --output_dir="$out" $precision_flag $(xla_flag "$xla") --log_file="$out/log.txt"
