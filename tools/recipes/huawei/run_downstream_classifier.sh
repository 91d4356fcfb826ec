#!/bin/sh
# run_downstream_classifier.sh - fine-tunes a classifier of Chinese texts, as Huawei's script of that name
#
# run_downstream_classifier.sh [xnli|chnsenti|lcqmc] [data] [model] [results]
# defaults: lcqmc, DATA_DIR/download/(XNLI|chnsenticorp|lcqmc), Google's Chinese base. The original has these as lines to edit;
# the settings it leaves to its program are those of run_classifier. A NEZHA works the same: its config says what it is.
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/../recipe.inc"
task=${1:-lcqmc} model=${3:-$google/chinese_L-12_H-768_A-12} out=${4:-$RESULTS_DIR/$task}
case $task in
xnli) name=XNLI data=XNLI ;;
chnsenti | chnsenticorp | text_clf) name=text_clf data=chnsenticorp ;;
lcqmc) name=lcqmc data=lcqmc ;;
*) stop "$task: the task is xnli, chnsenti or lcqmc" 2 ;;
esac
fetch=$(echo "$data" | tr XNLI xnli)
data=${2:-$DATA_DIR/download/$data}
need "$fetch" "$data"
need chinese_L-12_H-768_A-12 "$model"
tool run_classifier --task_name="$name" --do_train=true --do_eval=true --data_dir="$data" --init_checkpoint="$model" --output_dir="$out"
