#!/bin/sh
# bert_base_cased_Infer.sh - Cambricon's evaluation of what bert_base_cased_FP32_2E_4MLUs_Train.sh has trained
#
# No arguments. From the environment: SQUAD_DIR (DATA_DIR/download/squad/v1.1), BERT_MODEL (RESULTS_DIR/bert_base_cased_FP32)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
: "${BERT_MODEL:=$RESULTS_DIR/bert_base_cased_FP32}"
. "$(dirname "$0")/hf.inc"
cased "$RESULTS_DIR/bert_base_cased_infer" --predict_batch_size=16
