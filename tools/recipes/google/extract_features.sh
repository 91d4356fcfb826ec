#!/bin/sh
# extract_features.sh - vectors of tokens, of Google's README
#
# extract_features.sh [input.txt] [output.jsonl]      From the environment, as there: BERT_BASE_DIR
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
: "${BERT_BASE_DIR:=$google/uncased_L-12_H-768_A-12}"
need uncased_L-12_H-768_A-12 "$BERT_BASE_DIR/vocab.txt"
tool extract_features --input_file="${1:-input.txt}" --output_file="${2:-output.jsonl}" --vocab_file="$BERT_BASE_DIR/vocab.txt" \
    --bert_config_file="$BERT_BASE_DIR/bert_config.json" --init_checkpoint="$BERT_BASE_DIR/bert_model.ckpt" --layers=-1,-2,-3,-4 \
    --max_seq_length=128 --batch_size=8
