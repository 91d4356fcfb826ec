#!/bin/sh
# train_8p.sh - pre-trains BERT-base with 8 workers here, or with those of a file of hosts
#
# train_8p.sh [hosts] [workers]        e.g. train_8p.sh tools/recipes/huawei/hosts_8x8: 64 workers, 8 on each of 8 machines
# The rest as run_pretraining.sh: batch 128 and rate 1e-4 a worker, so 8 workers learn from 1024 sequences a step at 8e-4.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/huawei.inc"
workers=${2:-8}
if [ -n "${1:-}" ]; then
    [ -f "$1" ] || stop "$1: there is no such file of hosts" 2
    HOSTFILE=$1
    [ -n "${2:-}" ] || workers=$(sed -n 's/^[^#].*slots=\([0-9]*\).*/\1/p' "$1" | awk '{ n += $1 } END { print n + 0 }')
    [ "$workers" -gt 0 ] || stop "$1: no line says slots=N" 2
fi
pretrain "$workers"
