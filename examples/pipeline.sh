#!/bin/sh
# pipeline.sh - from a folder of texts to a model that tells them apart, with the programs of tools/ alone
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#    make -C tools && examples/pipeline.sh [FOLDER] [OUT]
#
# FOLDER has *.txt (default: the prose of this project), OUT takes everything that is made (default: pipeline). Six steps: sentences, a
# vocabulary, masked instances, pre-training, fine-tuning on "from which of the texts is this sentence?", prediction; then the
# fine-tuning once more from weights at random, to see what pre-training was good for.
# Sizes are those of a toy and come from the environment: VOCAB LAYERS HIDDEN STEPS BATCH LENGTH EPOCHS RATE, BIN (where the programs are).
set -e
here=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:-$here/../tools/bin} out=${2:-pipeline}
: "${VOCAB:=3000}" "${LAYERS:=2}" "${HIDDEN:=128}" "${STEPS:=300}" "${BATCH:=32}" "${LENGTH:=64}" "${EPOCHS:=4}" "${RATE:=5e-4}"
mkdir -p "$out/text" "$out/task"
say() { printf '\n== %s\n' "$*"; }

folder=${1:-}
if [ -z "$folder" ]; then
    folder=$out/folder
    mkdir -p "$folder"
    cp "$here/sample_text.txt" "$folder/stories.txt"
    # of the README what is no code, of the headers what their comments say
    awk '/^```/ { code = !code; next } !code && !/^[|<!#]/' "$here/../README.md" >"$folder/readme.txt"
    awk '/^\/\*/ { on = 1 } on { t = $0; gsub(/\/\*|\*\/|=====*|^ +/, "", t); print t } /\*\// { on = 0; print "" }' "$here/../bert.h" "$here/../bert_tokenizer.h" >"$folder/comments.txt"
fi

say "1. texts to sentences, one a line"
for text in "$folder"/*.txt; do
    [ -f "$text" ] || { echo "$folder has no *.txt" >&2; exit 1; }
    "$bin/prepare_text" --input_file="$text" --output_file="$out/text/$(basename "$text")"
done
wc -l "$out"/text/*.txt

say "2. a vocabulary"
"$bin/learn_vocab" --input_file="$(echo "$out"/text/*.txt | tr ' ' ',')" --output_file="$out/vocab.txt" --vocab_size="$VOCAB"

say "3. masked instances"
"$bin/create_pretraining_data" --input_file="$out/text" --output_file="$out/train.tfrecord@2" --vocab_file="$out/vocab.txt" --max_seq_length="$LENGTH" \
    --max_predictions_per_seq=$(((LENGTH * 15 + 99) / 100)) --do_whole_word_mask --dupe_factor=5 --quiet

say "4. pre-training: the curve is $out/pretrained/training.svg"
cat >"$out/bert_config.json" <<END
{ "hidden_size": $HIDDEN, "num_hidden_layers": $LAYERS, "num_attention_heads": $((HIDDEN / 32)), "intermediate_size": $((HIDDEN * 4)), "vocab_size": $(wc -l <"$out/vocab.txt"),
  "max_position_embeddings": 512, "type_vocab_size": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02 }
END
"$bin/run_pretraining" --input_file="$out/train.tfrecord-*" --output_dir="$out/pretrained" --bert_config_file="$out/bert_config.json" --vocab_file="$out/vocab.txt" --do_train --do_eval \
    --train_batch_size="$BATCH" --max_seq_length="$LENGTH" --max_predictions_per_seq=$(((LENGTH * 15 + 99) / 100)) --num_train_steps="$STEPS" --num_warmup_steps=$((STEPS / 10)) \
    --learning_rate=1e-3 --optimizer=adamw --max_eval_steps=20 2>&1 | grep -v '^  --'

say "5. fine-tuning: from which text is this sentence?"
for text in "$out"/text/*.txt; do
    awk -v name="$(basename "$text" .txt)" 'NF > 4 { gsub(/\t/, " "); print name "\t" $0 }' "$text"
done | awk -v dir="$out/task" '{ n++; print >(dir (n % 5 == 0 ? "/dev.tsv" : n % 11 == 0 ? "/test.tsv" : "/train.tsv")) }'
tune() {                                        # FROM OUT: the words for run_classifier, and where the result goes
    "$bin/run_classifier" --task_name=text_clf --data_dir="$out/task" $1 --output_dir="$out/$2" --do_train --do_eval --max_seq_length="$LENGTH" --train_batch_size=16 --learning_rate="$RATE" \
        --num_train_epochs="$EPOCHS" --optimizer=adamw 2>&1 | grep '^  eval_\|examples =\|rror'
}
tune "--init_checkpoint=$out/pretrained" classifier
say "   the same without pre-training"
tune "--bert_config_file=$out/bert_config.json --vocab_file=$out/vocab.txt" from_nothing

say "6. prediction: labels, probabilities, and the texts where these sentences stand"
awk -F'\t' 'seen[$1]++ < 2' "$out/task/test.tsv" >"$out/some.tsv"    # two of each text
cut -f2 "$out/some.tsv" | "$bin/run_classifier" --do_predict --init_checkpoint="$out/classifier" 2>/dev/null
cut -c 1-100 "$out/some.tsv"
