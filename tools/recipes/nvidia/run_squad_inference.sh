#!/bin/sh
# run_squad_inference.sh - answers SQuAD's questions with a fine-tuned model and scores them, as NVIDIA's script of that name
#
# run_squad_inference.sh [checkpoint] [batch] [precision] [use_xla] [length] [stride] [large|base] [1.1|2.0]
# defaults:              data/download/nvidia_pretrained/bert_tf_squad11_large_384/model.ckpt 8 fp16 true 384 128 large 1.1
# As there:              run_squad_inference.sh /results/model.ckpt 8 fp16 true 384 128 large 2.0
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
. "$(dirname "$0")/nvidia.inc"

checkpoint_=${1:-$nvidia/bert_tf_squad11_large_384/model.ckpt} batch=${2:-8} precision=${3:-fp16} xla=${4:-true}
length=${5:-384} stride=${6:-128} model=${7:-large} version=${8:-1.1}
pretrained "$model"
squad=$DATA_DIR/download/squad/v$version
precision_flag=$(precision_flag "$precision") || exit
out=$RESULTS_DIR/squad_${version}_${model}_inference_$precision

need squad "$squad/dev-v$version.json"
need models "$bert/vocab.txt" "$bert/bert_config.json"
tool run_squad --vocab_file="$bert/vocab.txt" --bert_config_file="$bert/bert_config.json" --init_checkpoint="$checkpoint_" \
    --do_predict=True --predict_file="$squad/dev-v$version.json" --do_eval=True --predict_batch_size="$batch" \
    --max_seq_length="$length" --doc_stride="$stride" --output_dir="$out" \
    $precision_flag $(xla_flag "$xla") --version_2_with_negative="$([ "$version" = 1.1 ] && echo False || echo True)" --log_file="$out/log.txt"
