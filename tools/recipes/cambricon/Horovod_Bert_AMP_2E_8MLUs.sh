#!/bin/sh
# Horovod_Bert_AMP_2E_8MLUs.sh - Cambricon's fine-tuning on SQuAD 1.1 in TensorFlow, eight workers, mixed precision
#
# No arguments. From the environment: SQUAD_DIR (DATA_DIR/download/squad/v1.1), MODEL_DIR (Google's uncased base)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/tf.inc"
train bert_model_hvd_amp 8 22 1e-5 fp16
