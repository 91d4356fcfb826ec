#!/bin/sh
# run_pretraining_lamb.sh - pre-trains with LAMB in two phases, 128 tokens and then 512, as NVIDIA's script of that name
#
# run_pretraining_lamb.sh [batch 1] [batch 2] [eval batch] [rate 1] [rate 2] [precision] [use_xla] [workers] [warm-up steps 1]
#                         [warm-up steps 2] [steps] [steps between checkpoints] [accumulated batches 1] [... 2] [large|base]
# defaults:               64 8 8 7.5e-4 5e-4 fp16 true 8 2000 200 7820 100 128 512 large     (batches and rates are a worker's)
# run_pretraining_lamb_phase1.sh and _phase2.sh take the same arguments and do one phase.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"
. "$(dirname "$0")/lamb.inc"
phase1
phase2
