#!/bin/sh
# create_datasets_from_start.sh - from texts to the instances that the run_pretraining*.sh beside it read, as NVIDIA's script of that name
#
# create_datasets_from_start.sh [texts]     files, patterns or folders with commas between; default DATA_DIR/extracted
# Texts are WikiExtractor's output, JSON lines or plain books: Wikipedia's dump itself is not fetched. A tenth of the documents is the test
# set. Instances of 128 tokens with 20 predictions and of 512 with 80, five times with other masks; SHARDS files (256) each.
# From the environment: VOCAB_FILE (that of Google's uncased BERT-large)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

texts=${1:-$DATA_DIR/extracted} text=$DATA_DIR/formatted
pretrained large
: "${VOCAB_FILE:=$bert/vocab.txt}" "${SHARDS:=256}"
[ -n "${1:-}" ] || need '' "$texts"
need models "$VOCAB_FILE"
run mkdir -p "$text"
tool prepare_text --input_file="$texts" --output_file="$text/corpus.txt"
run awk -v training="$text/training.txt" -v test="$text/test.txt" 'BEGIN { RS = ""; ORS = "\n\n" } { print >(NR % 10 ? training : test) }' "$text/corpus.txt"
for shape in '128 20' '512 80'; do
    # shellcheck disable=SC2086
    set -- $shape
    for split in training test; do
        folder=$(instances "$1" "$2")/$split
        run mkdir -p "$folder"
        tool create_pretraining_data --input_file="$text/$split.txt" --output_file="$folder/$split.tfrecord@$SHARDS" --vocab_file="$VOCAB_FILE" \
            --do_lower_case=True --max_seq_length="$1" --max_predictions_per_seq="$2" --masked_lm_prob=0.15 --random_seed=12345 --dupe_factor=5 --streaming --quiet
    done
done
