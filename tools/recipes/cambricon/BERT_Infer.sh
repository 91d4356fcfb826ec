#!/bin/sh
# BERT_Infer.sh - Cambricon's evaluation of a fine-tuned model on SQuAD 1.1
#
# No arguments. From the environment: BERT_INFER_MODEL (RESULTS_DIR/cambricon after BERT_FP32_2E_4MLUs_Train.sh), SQUAD_DIR;
# VOCAB_FILE and CONFIG_FILE where these do not lie beside the model.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
[ -n "${BERT_INFER_MODEL:-}" ] || stop "set BERT_INFER_MODEL: the fine-tuned model"
[ -n "${SQUAD_DIR:-}" ] || stop "set SQUAD_DIR: the folder of dev-v1.1.json ($recipes/get_data.sh squad)"
export DATA_DIR RESULTS_DIR BERT_BIN
"$(dirname "$0")/run_squad.sh" ${dry:+--dry-run} "$BERT_INFER_MODEL" 2 4 0.00003 fp32 4 1 "$SQUAD_DIR" "${VOCAB_FILE:-}" "$RESULTS_DIR/cambricon_infer" eval "${CONFIG_FILE:-}" -1 -1 -1 O0 mlu
