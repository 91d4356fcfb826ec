#!/bin/sh
# data_download.sh - what NVIDIA's script of that name fetches for fine-tuning: SQuAD, MRPC, SST-2, Google's models and NVIDIA's
#
# Wikipedia and books are not fetched: WikiExtractor's output goes through tools/bin/prepare_text and create_pretraining_data.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
exec "$recipes/get_data.sh" ${dry:+--dry-run} squad MRPC SST-2 released nvidia
