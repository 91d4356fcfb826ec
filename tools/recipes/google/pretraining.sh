#!/bin/sh
# pretraining.sh - pre-training of Google's README: instances from a text, then 20 steps from BERT-base
#
# pretraining.sh [text]           (examples/sample_text.txt)
# From the environment, as there: BERT_BASE_DIR; OUTPUT_DIR (RESULTS_DIR/pretraining_output)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
: "${BERT_BASE_DIR:=$google/uncased_L-12_H-768_A-12}" "${OUTPUT_DIR:=$RESULTS_DIR/pretraining_output}"
text=${1:-$top/examples/sample_text.txt}
need uncased_L-12_H-768_A-12 "$BERT_BASE_DIR/vocab.txt"
run mkdir -p "$OUTPUT_DIR"
tool create_pretraining_data --input_file="${text#"$PWD"/}" --output_file="$OUTPUT_DIR/tf_examples.tfrecord" --vocab_file="$BERT_BASE_DIR/vocab.txt" \
    --do_lower_case=True --max_seq_length=128 --max_predictions_per_seq=20 --masked_lm_prob=0.15 --random_seed=12345 --dupe_factor=5
tool run_pretraining --input_file="$OUTPUT_DIR/tf_examples.tfrecord" --output_dir="$OUTPUT_DIR" --do_train=True --do_eval=True \
    --bert_config_file="$BERT_BASE_DIR/bert_config.json" --init_checkpoint="$BERT_BASE_DIR/bert_model.ckpt" --train_batch_size=32 \
    --max_seq_length=128 --max_predictions_per_seq=20 --num_train_steps=20 --num_warmup_steps=10 --learning_rate=2e-5
