#!/bin/sh
# infer_run_eager_bert.sh - Cambricon's evaluation on SQuAD 1.1 in TensorFlow
#
# infer_run_eager_bert.sh [checkpoint]      default: MODEL_DIR/bert_model.ckpt, as there
# From the environment: SQUAD_DIR (DATA_DIR/download/squad/v1.1), MODEL_DIR (Google's uncased base)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/tf.inc"
squad "$RESULTS_DIR/mlu_model" "${1:-$MODEL_DIR/bert_model.ckpt}"
