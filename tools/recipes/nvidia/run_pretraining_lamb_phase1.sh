#!/bin/sh
# run_pretraining_lamb_phase1.sh - phase 1 of run_pretraining_lamb.sh, with its arguments
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"
. "$(dirname "$0")/lamb.inc"
phase1
