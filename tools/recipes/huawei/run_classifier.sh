#!/bin/sh
# run_classifier.sh - fine-tunes NEZHA on ChnSentiCorp, as run_classifier.sh of NEZHA-PyTorch
#
# run_classifier.sh [data] [model]        defaults: DATA_DIR/download/chnsenticorp, pretrained_models/nezha-cn-base
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
data=${1:-$DATA_DIR/download/chnsenticorp} model=${2:-pretrained_models/nezha-cn-base}
need chnsenticorp "$data"
need '' "$model"
tool run_classifier --task_name=text_clf --do_train --do_eval --data_dir="$data" --init_checkpoint="$model" --max_seq_length=128 \
    --train_batch_size=16 --eval_batch_size=16 --learning_rate=3e-5 --num_train_epochs=10.0 --optimizer=bertadam --output_dir="$RESULTS_DIR/chnsenti_nezha"
