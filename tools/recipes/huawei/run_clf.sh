#!/bin/sh
# run_clf.sh - fine-tunes NEZHA on LCQMC, keeps the best checkpoint and predicts with it, as scripts/run_clf.sh of NEZHA-TensorFlow
#
# run_clf.sh [lcqmc|xnli|text_clf] [data] [model]        defaults: lcqmc, DATA_DIR/download/lcqmc, nezha
# The original looks for the best checkpoint with a second program (read_tf_events.py); --keep_best and --do_predict do it here.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
task=${1:-lcqmc} data=${2:-$DATA_DIR/download/${1:-lcqmc}} model=${3:-nezha}
need '' "$data" "$model"
tool run_classifier --task_name="$task" --do_train=true --do_eval=true --do_predict=true --do_train_and_eval=true --keep_best=eval_accuracy \
    --data_dir="$data" --save_checkpoints_steps=50 --init_checkpoint="$model" --max_seq_length=128 --train_batch_size=32 \
    --eval_batch_size=32 --predict_batch_size=32 --num_train_epochs=5 --schedule=linear --output_dir="$RESULTS_DIR/$task"
