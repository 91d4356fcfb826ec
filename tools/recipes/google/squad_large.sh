#!/bin/sh
# squad_large.sh - SQuAD 1.1 with BERT-large, of Google's README, and its scores: exact match 84.4, F1 90.9 (whole words: 86.7, 92.8)
#
# squad_large.sh [large|wwm]      wwm: the model that was trained with whole words masked
# From the environment, as there: BERT_LARGE_DIR, SQUAD_DIR (DATA_DIR/download/squad/v1.1), OUTPUT_DIR (RESULTS_DIR/squad_large).
# On a TPU there; here --recompute and --accumulate in EXTRA fit it into less memory.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/google.inc"
case ${1:-large} in
large) name=uncased_L-24_H-1024_A-16 ;;
wwm) name=wwm_uncased_L-24_H-1024_A-16 ;;
*) stop "$1: the model is large or wwm" 2 ;;
esac
: "${BERT_LARGE_DIR:=$google/$name}" "${SQUAD_DIR:=$DATA_DIR/download/squad/v1.1}" "${OUTPUT_DIR:=$RESULTS_DIR/squad_${1:-large}}"
squad 1.1 "$BERT_LARGE_DIR" 24
score "$SQUAD_DIR/dev-v1.1.json" "$OUTPUT_DIR"
