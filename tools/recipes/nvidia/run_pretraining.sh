#!/bin/sh
# run_pretraining.sh - pre-trains BERT-large with Adam, 512 tokens, as NVIDIA's first scripts/run_pretraining.sh
#
# run_pretraining.sh [batch a worker] [eval batch] [rate a worker] [precision] [use_xla] [workers] [warm-up steps] [steps]
#                    [steps between checkpoints] [create_logfile]
# defaults:          14 8 1e-4 fp16 true 8 10000 1144000 5000 true
# As there:          run_pretraining.sh 14 8 5e-5 fp16 true 8 5000 2285000 5000 true
# Instances:         WIKI_DIR (default DATA_DIR/wikipedia_corpus/final_tfrecords_sharded), and BOOKS_DIR (bookcorpus/...) if it is there
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

batch=${1:-14} eval_batch=${2:-8} rate=${3:-1e-4} precision=${4:-fp16} xla=${5:-true} workers=${6:-8} warmup=${7:-10000}
steps=${8:-1144000} save=${9:-5000}
[ $# -gt 9 ] && shift 9 || shift $#
logfile=${1:-true}
pretrained large
: "${WIKI_DIR:=$DATA_DIR/wikipedia_corpus/final_tfrecords_sharded}" "${BOOKS_DIR:=$DATA_DIR/bookcorpus/final_tfrecords_sharded}"
input=$WIKI_DIR
if [ -d "$BOOKS_DIR" ]; then input=$input,$BOOKS_DIR; fi
precision_flag=$(precision_flag "$precision") || exit
out=$RESULTS_DIR/pretraining_${precision}_gbs$((batch * workers))

need '' "$WIKI_DIR"
need models "$bert/bert_config.json"
workers "$workers"
tool run_pretraining --input_files_dir="$input" --output_dir="$out" --bert_config_file="$bert/bert_config.json" --do_train=True --do_eval=True \
    --train_batch_size="$batch" --eval_batch_size="$eval_batch" --max_seq_length=512 --max_predictions_per_seq=80 \
    --num_train_steps="$steps" --num_warmup_steps="$warmup" --save_checkpoints_steps="$save" --learning_rate="$rate" --optimizer_type=adam --schedule=linear \
    $horovod $precision_flag $(xla_flag "$xla") "$([ "$logfile" = true ] && echo "--log_file=$out/log.txt")"
