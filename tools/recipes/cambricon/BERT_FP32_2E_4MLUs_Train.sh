#!/bin/sh
# BERT_FP32_2E_4MLUs_Train.sh - Cambricon's fine-tuning of cased BERT-base on SQuAD 1.1: 4 times batch 4, rate 3e-5, 2 epochs
#
# No arguments. From the environment: BERT_MODEL (a folder, .zip, TensorFlow prefix or PyTorch file), SQUAD_DIR; VOCAB_FILE and
# CONFIG_FILE where these do not lie beside the model. Published: F1 88.69.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
[ -n "${BERT_MODEL:-}" ] || stop "set BERT_MODEL: the cased BERT-base ($recipes/get_data.sh cased_L-12_H-768_A-12)"
[ -n "${SQUAD_DIR:-}" ] || stop "set SQUAD_DIR: the folder of train-v1.1.json and dev-v1.1.json ($recipes/get_data.sh squad)"
export DATA_DIR RESULTS_DIR BERT_BIN
"$(dirname "$0")/run_squad.sh" ${dry:+--dry-run} "$BERT_MODEL" 2 4 0.00003 fp32 4 1 "$SQUAD_DIR" "${VOCAB_FILE:-}" "$RESULTS_DIR/cambricon" train-eval "${CONFIG_FILE:-}" -1 -1 -1 O0 mlu
