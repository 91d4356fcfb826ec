#!/bin/sh
# run_downstream_reading.sh - fine-tunes on CMRC 2018 and scores the answers, as Huawei's script of that name
#
# run_downstream_reading.sh [training json] [dev json] [model] [results]
# defaults: DATA_DIR/download/cmrc/cmrc2018_train.json and _dev.json, Google's Chinese base
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
train=${1:-$DATA_DIR/download/cmrc/cmrc2018_train.json} dev=${2:-$DATA_DIR/download/cmrc/cmrc2018_dev.json}
model=${3:-$google/chinese_L-12_H-768_A-12} out=${4:-$RESULTS_DIR/cmrc}
need cmrc "$train" "$dev"
need chinese_L-12_H-768_A-12 "$model"
tool run_squad --init_checkpoint="$model" --do_train=True --train_file="$train" --do_predict=True --predict_file="$dev" --output_dir="$out"
score "$dev" "$out" --language=zh
