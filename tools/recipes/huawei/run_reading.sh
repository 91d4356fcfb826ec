#!/bin/sh
# run_reading.sh - fine-tunes NEZHA on CMRC 2018 and scores the answers, as scripts/run_reading.sh of NEZHA-TensorFlow
#
# run_reading.sh [training json] [dev json] [model]
# defaults: DATA_DIR/download/cmrc/cmrc2018_train.json and _dev.json, nezha
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
train=${1:-$DATA_DIR/download/cmrc/cmrc2018_train.json} dev=${2:-$DATA_DIR/download/cmrc/cmrc2018_dev.json} model=${3:-nezha}
out=$RESULTS_DIR/cmrc_nezha
need cmrc "$train" "$dev"
need '' "$model"
tool run_squad --init_checkpoint="$model" --do_train=True --train_file="$train" --do_predict=True --predict_file="$dev" --train_batch_size=4 \
    --learning_rate=3e-5 --num_train_epochs=1.0 --schedule=linear --max_seq_length=512 --doc_stride=128 --do_lower_case=False --output_dir="$out"
score "$dev" "$out" --language=zh
