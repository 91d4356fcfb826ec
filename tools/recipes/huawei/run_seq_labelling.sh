#!/bin/sh
# run_seq_labelling.sh - fine-tunes NEZHA on the People's Daily's names, as scripts/run_seq_labelling.sh of NEZHA-TensorFlow
#
# run_seq_labelling.sh [data] [model]        defaults: DATA_DIR/download/peoples-daily-ner, nezha
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
data=${1:-$DATA_DIR/download/peoples-daily-ner} model=${2:-nezha}
need '' "$data" "$model"
tool run_ner --task_name=ner --reader=nezha --do_train=true --do_eval=true --do_predict=true --do_train_and_eval=true --keep_best=true \
    --data_dir="$data" --save_checkpoints_steps=100 --init_checkpoint="$model" --max_seq_length=256 --train_batch_size=16 \
    --eval_batch_size=16 --predict_batch_size=16 --num_train_epochs=10 --schedule=linear --output_dir="$RESULTS_DIR/peoples-daily-ner"
