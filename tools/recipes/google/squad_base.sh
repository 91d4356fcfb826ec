#!/bin/sh
# squad_base.sh - SQuAD 1.1 with BERT-base, of Google's README, and its scores: exact match 81.2, F1 88.4
#
# From the environment, as there: BERT_BASE_DIR, SQUAD_DIR (DATA_DIR/download/squad/v1.1), OUTPUT_DIR (RESULTS_DIR/squad_base)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/google.inc"
: "${BERT_BASE_DIR:=$google/uncased_L-12_H-768_A-12}" "${SQUAD_DIR:=$DATA_DIR/download/squad/v1.1}" "${OUTPUT_DIR:=$RESULTS_DIR/squad_base}"
squad 1.1 "$BERT_BASE_DIR" 12
score "$SQUAD_DIR/dev-v1.1.json" "$OUTPUT_DIR"
