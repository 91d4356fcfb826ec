#!/bin/sh
# bert_base_cased_FP32_2E_4MLUs_Train.sh - Cambricon's fine-tuning of transformers' bert-base-cased on SQuAD 1.1; F1 87.62 published
#
# No arguments. From the environment: SQUAD_DIR (DATA_DIR/download/squad/v1.1), BERT_MODEL (Google's cased base)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/hf.inc"
train FP32 ""
