#!/bin/sh
# run_clf_predict.sh - predicts with a fine-tuned model, as scripts/run_clf_predict.sh of NEZHA-TensorFlow
#
# run_clf_predict.sh task data model checkpoint length batch results        (model: the folder with vocab.txt and bert_config.json)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
[ $# = 7 ] || stop "7 arguments: task data model checkpoint length batch results" 2
tool run_classifier --task_name="$1" --do_predict=true --data_dir="$2" --vocab_file="$3/vocab.txt" --bert_config_file="$3/bert_config.json" \
    --init_checkpoint="$4" --max_seq_length="$5" --predict_batch_size="$6" --output_dir="$7/"
