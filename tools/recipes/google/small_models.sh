#!/bin/sh
# small_models.sh - the grid of Google's README for its 24 small models, on a task of GLUE
#
# small_models.sh [model] [task] [batches] [rates]     defaults: uncased_L-2_H-128_A-2 SST-2 8,16,32,64,128 3e-4,1e-4,5e-5,3e-5
# 4 epochs for each of the twenty; a table of all is printed at the end, and RESULTS_DIR/MODEL/TASK/runs.tsv has it.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
model=${1:-uncased_L-2_H-128_A-2} task=${2:-SST-2} batches=${3:-8,16,32,64,128} rates=${4:-3e-4,1e-4,5e-5,3e-5}
: "${GLUE_DIR:=$DATA_DIR/download}"
need "$task" "$GLUE_DIR/$task"
need "$model" "$google/$model"
tool run_classifier --task_name="$task" --do_train=true --do_eval=true --data_dir="$GLUE_DIR/$task" --init_checkpoint="$google/$model" \
    --max_seq_length=128 --train_batch_size="$batches" --learning_rate="$rates" --num_train_epochs=4 --output_dir="$RESULTS_DIR/$model/$task"
