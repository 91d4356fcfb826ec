#!/bin/sh
# run_8p.sh - pre-trains BERT-base with 8 workers on this machine, as scripts/run_8p.sh of Huawei's Bert-base_for_TensorFlow
#
# No arguments; see run_pretraining.sh. The original starts its train_8p.sh once a device; here mpirun does.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/huawei.inc"
pretrain 8
