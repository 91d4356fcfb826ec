#!/bin/sh
# run_squad.sh - fine-tunes on SQuAD and scores the answers, as NVIDIA's scripts/run_squad.sh
#
# run_squad.sh [batch a worker] [rate a worker] [precision] [use_xla] [workers] [length] [stride] [large|base] [1.1|2.0]
#              [checkpoint] [epochs]
# defaults:    8 5e-6 fp16 true 8 384 128 large 1.1 (the model's) 2.0
# As there:    run_squad.sh 32 5e-6 fp16 true 8 384 128 large 1.1 data/download/google_pretrained_weights/uncased_L-24_H-1024_A-16/bert_model.ckpt 2.0
# large is NVIDIA's own checkpoint where it has been fetched, else Google's.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

batch=${1:-8} rate=${2:-5e-6} precision=${3:-fp16} xla=${4:-true} workers=${5:-8} length=${6:-384} stride=${7:-128}
model=${8:-large} version=${9:-1.1}
pretrained "$model"
[ $# -gt 9 ] && shift 9 || shift $#
checkpoint=${1:-$checkpoint} epochs=${2:-2.0}
squad=$DATA_DIR/download/squad/v$version
precision_flag=$(precision_flag "$precision") || exit
out=$RESULTS_DIR/squad_${version}_${model}_${precision}_gbs$((batch * workers))

need squad "$squad/train-v$version.json" "$squad/dev-v$version.json"
need models "$bert/vocab.txt" "$bert/bert_config.json"
workers "$workers"
tool run_squad --vocab_file="$bert/vocab.txt" --bert_config_file="$bert/bert_config.json" --init_checkpoint="$checkpoint" \
    --do_train=True --train_file="$squad/train-v$version.json" \
    --do_predict=True --predict_file="$squad/dev-v$version.json" --do_eval=True \
    --train_batch_size="$batch" --learning_rate="$rate" --schedule=linear --num_train_epochs="$epochs" \
    --max_seq_length="$length" --doc_stride="$stride" --save_checkpoints_steps=1000 --output_dir="$out" \
    $horovod $precision_flag $(xla_flag "$xla") --version_2_with_negative="$([ "$version" = 1.1 ] && echo False || echo True)" --log_file="$out/log.txt"
