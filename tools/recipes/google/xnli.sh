#!/bin/sh
# xnli.sh - Chinese XNLI, of Google's multilingual.md; accuracy 77.4 % with the Chinese model
#
# From the environment, as there: BERT_BASE_DIR (.../chinese_L-12_H-768_A-12), XNLI_DIR (DATA_DIR/download/XNLI), OUTPUT_DIR
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
: "${BERT_BASE_DIR:=$google/chinese_L-12_H-768_A-12}" "${XNLI_DIR:=$DATA_DIR/download/XNLI}" "${OUTPUT_DIR:=$RESULTS_DIR/xnli_output}"
need xnli "$XNLI_DIR"
need chinese_L-12_H-768_A-12 "$BERT_BASE_DIR/vocab.txt"
tool run_classifier --task_name=XNLI --do_train=true --do_eval=true --data_dir="$XNLI_DIR" --vocab_file="$BERT_BASE_DIR/vocab.txt" \
    --bert_config_file="$BERT_BASE_DIR/bert_config.json" --init_checkpoint="$BERT_BASE_DIR/bert_model.ckpt" --max_seq_length=128 \
    --train_batch_size=32 --learning_rate=5e-5 --num_train_epochs=2.0 --output_dir="$OUTPUT_DIR"
