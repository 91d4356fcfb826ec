#!/bin/sh
# run_pretraining.sh - pre-trains BERT-base in one process, as scripts/run_pretraining.sh of Huawei's Bert-base_for_TensorFlow
#
# No arguments. Batch 128, rate 1e-4, 10000 of 500000 steps with a rising rate, epsilon 1e-4. From the environment: TRAIN_DIR and
# EVAL_DIR (folders of TFRecord files; DATA_DIR/wikipedia_128), BERT_CONFIG (that of Google's Chinese base).
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/huawei.inc"
pretrain 1
