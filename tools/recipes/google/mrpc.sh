#!/bin/sh
# mrpc.sh - sentence pair classification of Google's README: fine-tunes on MRPC and evaluates; accuracy 84 to 88 %
#
# From the environment, as there: BERT_BASE_DIR (DATA_DIR/download/google_pretrained_weights/uncased_L-12_H-768_A-12),
# GLUE_DIR (DATA_DIR/download), OUTPUT_DIR (RESULTS_DIR/mrpc_output)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
: "${BERT_BASE_DIR:=$google/uncased_L-12_H-768_A-12}" "${GLUE_DIR:=$DATA_DIR/download}" "${OUTPUT_DIR:=$RESULTS_DIR/mrpc_output}"
need MRPC "$GLUE_DIR/MRPC"
need uncased_L-12_H-768_A-12 "$BERT_BASE_DIR/vocab.txt"
tool run_classifier --task_name=MRPC --do_train=true --do_eval=true --data_dir="$GLUE_DIR/MRPC" --vocab_file="$BERT_BASE_DIR/vocab.txt" \
    --bert_config_file="$BERT_BASE_DIR/bert_config.json" --init_checkpoint="$BERT_BASE_DIR/bert_model.ckpt" --max_seq_length=128 \
    --train_batch_size=32 --learning_rate=2e-5 --num_train_epochs=3.0 --output_dir="$OUTPUT_DIR"
