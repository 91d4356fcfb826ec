#!/bin/sh
# full.sh - a disk that is full, and one that may only be read: what is written is there as a whole or not at all, and the error says why
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# Each program writes onto a file system in memory of 8, 16, 32, ... KB until it succeeds. Before that it must end with status 1 and the
# system's words, what stood under the name must still be there, and nothing beside it. Linux lets everybody mount such a thing in a
# namespace of his own (unshare); where it does not, this is skipped.
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
bin=$top/tools/bin${V:+/$V}

mkdir small disk
names="convert to safetensors|convert to PyTorch|convert to TensorFlow|convert to C|embed|extract_features|learn_vocab|create_pretraining_data|prepare_text|a training"
if ! unshare -rm sh -c 'mount -t tmpfs -o size=8k none disk && mount -o remount,ro disk' 2>err; then
    echo "$names" | tr '|' '\n' | while read -r n; do ! wanted "$n" || echo "skip $n: no namespace with a file system of its own here"; done
    skipped=$(echo "$names" | tr '|' '\n' | grep -c .)
    [ -z "$filters" ] || skipped=1
    finish
fi
if ! build_make_model >out 2>&1 || ! ./make_model small; then fail "small model" "make_model cannot be built or run"; show out; finish; fi
awk 'BEGIN { for (i = 0; i < 300; i++) print (i % 5 ? "the dogs run . a cat naps , the dog runs" : "") }' >lines

# In the namespace: $1 the file, the rest a command that writes disk/$1.
cat >fill <<'END'
target=$1; shift
mount -t tmpfs -o size=8k none disk || exit 3
size=8
while :; do
    mount -o remount,size=${size}k disk
    rm -rf disk/*
    echo old >"disk/$target"
    "$@" >said 2>&1 </dev/null
    status=$?
    if [ $status = 0 ]; then
        ls -A disk | grep -v -e "^${target%%.*}\." -e '^config.json$' -e '^checkpoint$' && { echo "left behind, $size KB"; exit 1; }
        break
    fi
    [ $status = 1 ] || { echo "status $status, $size KB"; cat said; exit 1; }
    grep -q 'No space left on device' said || { echo "does not say why, $size KB"; cat said; exit 1; }
    [ "$(cat "disk/$target")" = old ] || { echo "what was there is gone, $size KB"; exit 1; }
    [ "$(ls -A disk)" = "$target" ] || { echo "left behind, $size KB:"; ls -A disk; exit 1; }
    size=$((size * 2))
    [ $size -lt 65536 ] || { echo "64 MB are not enough"; cat said; exit 1; }
done
[ $size -gt 8 ] || { echo "8 KB were enough: nothing is tested"; exit 1; }
rm -rf disk/*
echo old >"disk/$target"
mount -o remount,ro disk
"$@" >said 2>&1 </dev/null
[ $? = 1 ] && grep -q 'Read-only file system' said && [ "$(cat "disk/$target")" = old ] || { echo "read-only:"; cat said; exit 1; }
END
full() { name_=$1; shift; check "$name_" unshare -rm sh ./fill "$@"; }
full "convert to safetensors" out.safetensors "$bin/convert" small disk/out.safetensors
full "convert to PyTorch" out.bin "$bin/convert" small disk/out.bin
full "convert to TensorFlow" out.ckpt.index "$bin/convert" small disk/out.ckpt --to tf
full "convert to C" out.h "$bin/convert" small disk/out.h
full "embed" out.npy "$bin/embed" --model small --output_format npy --output_file disk/out.npy lines
full "extract_features" out.jsonl "$bin/extract_features" --input_file lines --output_file disk/out.jsonl --model small --layers=-1 --max_seq_length 32
full "learn_vocab" vocab.txt "$bin/learn_vocab" --input_file "$top/README.md" --output_file disk/vocab.txt --vocab_size 4000
full "create_pretraining_data" out.tfrecord "$bin/create_pretraining_data" --input_file lines --output_file disk/out.tfrecord --vocab_file small/vocab.txt --max_seq_length 32 --max_predictions_per_seq 4
full "prepare_text" out.txt "$bin/prepare_text" --input_file "$top/README.md" --output_file disk/out.txt

# A training whose disk is full goes on where it stands once there is room, and ends with the same bits.
cat >train <<'END'
mount -t tmpfs -o size=8k none disk || exit 3
size=8
while :; do
    mount -o remount,size=${size}k disk
    "$@" --output_dir=disk/out >said 2>&1 </dev/null
    status=$?
    [ $status != 0 ] || break
    [ $status = 1 ] && grep -q 'No space left on device' said || { echo "status $status, $size KB"; tail -n 5 said; exit 1; }
    size=$((size * 3 / 2))
    [ $size -lt 65536 ] || { echo "64 MB are not enough"; exit 1; }
done
[ $size -gt 8 ] && cmp disk/out/model.safetensors room/model.safetensors && cmp disk/out/model.ckpt-8.index room/model.ckpt-8.index
END
training() {
    mkdir data model && ./make_model model && awk 'BEGIN { for (i = 0; i < 32; i++) print (i % 2 ? "dog\tthe dogs run ." : "cat\ta cat naps , a cat") }' >data/train.tsv &&
        set -- "$bin/run_classifier" --task_name=text_clf --data_dir=data --init_checkpoint=model --max_seq_length=12 --threads=1 --do_train --train_batch_size=8 --num_train_epochs=2 --save_checkpoints_steps=2 &&
        { "$@" --output_dir=room >said 2>&1 || { tail -n 3 said; return 1; }; } && unshare -rm sh ./train "$@"
}
check "a training" training
finish
