#!/bin/sh
# run_squad.sh - fine-tunes and evaluates on SQuAD 1.1, as models/scripts/run_squad.sh of Cambricon's BERT (NVIDIA's for PyTorch)
#
# run_squad.sh [checkpoint] [epochs] [batch a worker] [rate] [precision] [workers] [seed] [SQuAD's folder] [vocabulary]
#              [results] [train|eval|prediction|train-eval] [config] [steps] [...]
# defaults:    (Google's uncased large) 2.0 4 3e-5 fp16 8 1 DATA_DIR/download/squad/v1.1 (the model's) RESULTS_DIR/SQuAD train-eval
#              (the model's) -1 (as the epochs say)
# The last four of the original (iterations of evaluation, hvd, O level, device) mean nothing here. In it the rate is not multiplied by the
# workers, so the batch of all of them is given and one program computes it; BertAdam and its clipping are the original's.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"

checkpoint=${1:-$google/uncased_L-24_H-1024_A-16} epochs=${2:-2.0} batch=${3:-4} rate=${4:-3e-5} precision=${5:-fp16} workers=${6:-8}
seed=${7:-1} squad=${8:-$DATA_DIR/download/squad/v1.1} vocab=${9:-}
[ $# -gt 9 ] && shift 9 || shift $#
out=${1:-$RESULTS_DIR/SQuAD} mode=${2:-train-eval} config=${3:-} steps=${4:--1}
case $precision in
cnmix | pyamp) precision=fp16 ;;
esac
precision_flag=$(precision_flag "$precision") || exit
train= predict= evaluate=
case $mode in
train) train=1 ;;
eval) predict=1 evaluate=1 ;;
prediction) predict=1 ;;
train-eval | 'train eval') train=1 predict=1 evaluate=1 ;;
*) stop "$mode: the mode is train, eval, prediction or train-eval" 2 ;;
esac
[ -z "$train" ] || need squad "$squad/train-v1.1.json"
[ -z "$predict" ] || need squad "$squad/dev-v1.1.json"
tool run_squad --init_checkpoint="$checkpoint" ${train:+--do_train --train_file="$squad/train-v1.1.json" --train_batch_size=$((batch * workers))} \
    ${predict:+--do_predict --predict_file="$squad/dev-v1.1.json" --predict_batch_size="$batch"} \
    ${LOWER:---nodo_lower_case} --optimizer=bertadam --learning_rate="$rate" --seed="$seed" --num_train_epochs="$epochs" \
    --max_seq_length=384 --doc_stride=128 --output_dir="$out" ${vocab:+--vocab_file="$vocab"} ${config:+--bert_config_file="$config"} \
    "$([ "$steps" -gt 0 ] && echo "--num_train_steps=$steps")" $precision_flag --log_file="$out/logfile.txt"
[ -z "$evaluate" ] || score "$squad/dev-v1.1.json" "$out"
