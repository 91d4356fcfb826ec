#!/bin/sh
# squad2_large.sh - SQuAD 2.0 with BERT-large, of Google's README: trains, finds the best threshold for "no answer", applies it
#
# From the environment, as there: BERT_LARGE_DIR, SQUAD_DIR (DATA_DIR/download/squad/v2.0), OUTPUT_DIR (RESULTS_DIR/squad2_large).
# The original predicts a second time with the threshold; evaluate_squad takes the answers from nbest_predictions.json instead.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/google.inc"
: "${BERT_LARGE_DIR:=$google/uncased_L-24_H-1024_A-16}" "${SQUAD_DIR:=$DATA_DIR/download/squad/v2.0}" "${OUTPUT_DIR:=$RESULTS_DIR/squad2_large}"
squad 2.0 "$BERT_LARGE_DIR" 24 --version_2_with_negative=True
tool evaluate_squad "$SQUAD_DIR/dev-v2.0.json" "$OUTPUT_DIR/predictions.json" --na-prob-file="$OUTPUT_DIR/null_odds.json" --out-file="$OUTPUT_DIR/eval.json"
if [ -n "$dry" ]; then thresh=0
else
    thresh=$(sed -n 's/.*"best_f1_thresh": *\([-0-9.e+]*\).*/\1/p' "$OUTPUT_DIR/eval.json")
    [ -n "$thresh" ] || stop "$OUTPUT_DIR/eval.json: no best_f1_thresh"
fi
tool evaluate_squad --apply-threshold="$thresh" --nbest-file="$OUTPUT_DIR/nbest_predictions.json" --null-odds-file="$OUTPUT_DIR/null_odds.json" \
    --out-file="$OUTPUT_DIR/predictions_threshold.json"
tool evaluate_squad "$SQUAD_DIR/dev-v2.0.json" "$OUTPUT_DIR/predictions_threshold.json" --out-file="$OUTPUT_DIR/scores.json"
run cat "$OUTPUT_DIR/scores.json"
