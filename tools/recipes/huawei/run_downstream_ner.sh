#!/bin/sh
# run_downstream_ner.sh - fine-tunes a tagger of Chinese words, as Huawei's script of that name
#
# run_downstream_ner.sh [data] [model] [results]
# defaults: DATA_DIR/download/peoples-daily-ner (train.txt, dev.txt, test.txt: a character and its label a line), Google's Chinese base
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
data=${1:-$DATA_DIR/download/peoples-daily-ner} model=${2:-$google/chinese_L-12_H-768_A-12} out=${3:-$RESULTS_DIR/ner}
need '' "$data"
need chinese_L-12_H-768_A-12 "$model"
tool run_ner --do_train=true --do_eval=true --do_predict=true --data_dir="$data" --init_checkpoint="$model" --output_dir="$out"
