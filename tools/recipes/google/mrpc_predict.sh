#!/bin/sh
# mrpc_predict.sh - prediction from a classifier of Google's README: test_results.tsv, a line of probabilities a pair
#
# From the environment, as there: TRAINED_CLASSIFIER (RESULTS_DIR/mrpc_output), BERT_BASE_DIR, GLUE_DIR, OUTPUT_DIR; see mrpc.sh
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
: "${BERT_BASE_DIR:=$google/uncased_L-12_H-768_A-12}" "${GLUE_DIR:=$DATA_DIR/download}" "${OUTPUT_DIR:=$RESULTS_DIR/mrpc_output}"
: "${TRAINED_CLASSIFIER:=$OUTPUT_DIR}"
need MRPC "$GLUE_DIR/MRPC"
tool run_classifier --task_name=MRPC --do_predict=true --data_dir="$GLUE_DIR/MRPC" --vocab_file="$BERT_BASE_DIR/vocab.txt" \
    --bert_config_file="$BERT_BASE_DIR/bert_config.json" --init_checkpoint="$TRAINED_CLASSIFIER" --max_seq_length=128 --output_dir="$OUTPUT_DIR"
