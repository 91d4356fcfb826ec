#!/bin/sh
# run_pretraining_adam.sh - pre-trains with Adam, as NVIDIA's script of that name
#
# run_pretraining_adam.sh [batch a worker] [eval batch] [rate a worker] [precision] [use_xla] [workers] [warm-up steps] [steps]
#                         [steps between checkpoints] [large|base] [accumulated batches] [length] [predictions a sequence]
# defaults:               16 8 1e-4 fp16 true 8 10000 1144000 5000 large 1 512 80
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

batch=${1:-16} eval_batch=${2:-8} rate=${3:-1e-4} precision=${4:-fp16} xla=${5:-true} workers=${6:-8} warmup=${7:-10000}
steps=${8:-1144000} save=${9:-5000}
[ $# -gt 9 ] && shift 9 || shift $#
model=${1:-large} accumulate=${2:-1} length=${3:-512} predictions=${4:-80}
pretrained "$model"
data=$(instances "$length" "$predictions")
precision_flag=$(precision_flag "$precision") || exit
out=$RESULTS_DIR/pretraining_adam_${model}_${precision}_gbs$((batch * workers * accumulate))

need '' "$data/training" "$data/test"
need models "$bert/bert_config.json"
workers "$workers"
tool run_pretraining --input_files_dir="$data/training" --eval_files_dir="$data/test" --output_dir="$out" \
    --bert_config_file="$bert/bert_config.json" --do_train=True --do_eval=True --train_batch_size="$batch" --eval_batch_size="$eval_batch" \
    --max_seq_length="$length" --max_predictions_per_seq="$predictions" --num_train_steps="$steps" --num_warmup_steps="$warmup" \
    --num_accumulation_steps="$accumulate" --save_checkpoints_steps="$save" --learning_rate="$rate" --optimizer_type=adam --schedule=linear \
    $horovod $precision_flag $(xla_flag "$xla") --allreduce_post_accumulation=True --log_file="$out/log.txt"
