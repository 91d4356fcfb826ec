#!/bin/sh
# reproduce.sh - runs a published result and compares: ours, theirs, pass or fail
#
# reproduce.sh                 the table of all, with what has been measured in RESULTS_DIR so far
# reproduce.sh NAME...         runs these: each trains, which takes hours to days on a processor and wants get_data.sh's data
# reproduce.sh --dry-run NAME  prints the commands
#
# A result passes if no number is more than 0.5 below the published one (MRPC: if it is at least 84), for runs differ by their seeds. The small
# models' published scores are of GLUE's test sets, whose labels nobody has; ours are of the dev sets, the best of Google's grid, and
# pass within 2. What was not run is "not measured".
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/recipe.inc"

# name  recipe, with + for blanks  less that passes  metric=theirs,...
results() {
    cat <<'LIST'
mrpc google/mrpc.sh 0 accuracy=84
xnli google/xnli.sh 0.5 accuracy=77.4
squad1.1-base google/squad_base.sh 0.5 exact_match=81.25,f1=88.41
squad1.1-large google/squad_large.sh 0.5 exact_match=84.39,f1=90.87
squad1.1-wwm google/squad_large.sh+wwm 0.5 exact_match=86.7,f1=92.8
squad2.0-large google/squad2_large.sh 0.5 f1=83.0
nvidia-squad1.1 nvidia/run_squad.sh+24+5e-6+fp16+true+8 0.5 f1=91.41
cambricon cambricon/BERT_FP32_2E_4MLUs_Train.sh 0.5 f1=88.69
cambricon-hf cambricon/bert_base_cased_FP32_2E_4MLUs_Train.sh 0.5 f1=87.62
cambricon-hf-amp cambricon/bert_base_cased_AMP_2E_4MLUs_Train.sh 0.5 f1=87.03
LIST
    while read -r name model cola sst2 mrpc stsb qqp mnli mnlimm qnli rte wnli; do
        for pair in CoLA:matthews=$cola SST-2:accuracy=$sst2 MRPC:f1=${mrpc%/*},accuracy=${mrpc#*/} STS-B:pearson=${stsb%/*},spearman=${stsb#*/} \
            QQP:f1=${qqp%/*},accuracy=${qqp#*/} MNLI:accuracy=$mnli,accuracy_mm=$mnlimm QNLI:accuracy=$qnli RTE:accuracy=$rte WNLI:accuracy=$wnli; do
            echo "$name-${pair%%:*} google/small_models.sh+$model+${pair%%:*} 2 ${pair#*:}"
        done
    done <<'LIST'
tiny uncased_L-2_H-128_A-2 0.0 83.2 81.1/71.1 74.3/73.6 62.2/83.4 70.2 70.3 81.5 57.2 62.3
mini uncased_L-4_H-256_A-4 0.0 85.9 81.1/71.8 75.4/73.3 66.4/86.2 74.8 74.3 84.1 57.9 62.3
small uncased_L-4_H-512_A-8 27.8 89.7 83.4/76.2 78.8/77.0 68.1/87.0 77.6 77.0 86.4 61.8 62.3
medium uncased_L-8_H-512_A-8 38.0 89.6 86.6/81.6 80.4/78.4 69.6/87.9 80.0 79.1 87.7 62.2 62.3
LIST
}
# Where a recipe leaves its numbers.
folder() {
    case $1 in
    mrpc) echo "$RESULTS_DIR/mrpc_output" ;;
    xnli) echo "$RESULTS_DIR/xnli_output" ;;
    squad1.1-base) echo "$RESULTS_DIR/squad_base" ;;
    squad1.1-large) echo "$RESULTS_DIR/squad_large" ;;
    squad1.1-wwm) echo "$RESULTS_DIR/squad_wwm" ;;
    squad2.0-large) echo "$RESULTS_DIR/squad2_large" ;;
    nvidia-squad1.1) echo "$RESULTS_DIR/squad_1.1_large_fp16_gbs192" ;;
    cambricon) echo "$RESULTS_DIR/cambricon" ;;
    cambricon-hf) echo "$RESULTS_DIR/bert_base_cased_FP32" ;;
    cambricon-hf-amp) echo "$RESULTS_DIR/bert_base_cased_AMP" ;;
    *) echo "$RESULTS_DIR/$(echo "$2" | cut -d+ -f2)/$(echo "$2" | cut -d+ -f3)" ;;
    esac
}
# ours FOLDER METRIC: in percent, from runs.tsv (the best of the grid), eval_results.txt or the scores of evaluate_squad; nothing: not measured.
ours() {
    if [ -f "$1/runs.tsv" ]; then
        awk -F '\t' -v key="eval_$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == key) k = i; next } k && $k != "" && (best == "" || $k > best) { best = $k } END { if (best != "") printf "%.2f", best * 100 }' "$1/runs.tsv"
    elif [ -f "$1/scores.json" ]; then
        sed -n "s/.*\"$2\": *\\([0-9.e+-]*\\).*/\\1/p" "$1/scores.json" | head -n 1 | awk '{ printf "%.2f", $1 }'
    elif [ -f "$1/eval_results.txt" ]; then
        sed -n "s/^eval_$2 = \\(.*\\)/\\1 100/p; s/^$2 = \\(.*\\)/\\1 1/p" "$1/eval_results.txt" | head -n 1 | awk '{ printf "%.2f", $1 * $2 }'      # run_squad's are in percent
    fi
}
judge() {
    for pair in $(echo "$4" | tr ',' ' '); do
        mine=$(ours "$(folder "$1" "$2")" "${pair%=*}")
        echo "${mine:--} ${pair#*=}" | awk -v name="$1" -v metric="${pair%=*}" -v less="$3" '
            { verdict = $1 == "-" ? "not measured" : $1 >= $2 - less ? "pass" : "fail"
              printf "%-16s %-12s %12s %8s   %s\n", name, metric, $1 == "-" ? "-" : $1, $2, verdict }'
    done
}
title() { printf '%-16s %-12s %12s %8s\n' result metric ours theirs; }

list=$(results)
if [ $# = 0 ]; then
    title
    echo "$list" | while read -r name recipe less theirs; do judge "$name" "$recipe" "$less" "$theirs"; done
    exit 0
fi
export DATA_DIR RESULTS_DIR BERT_BIN EXTRA
bad=0
for wanted in "$@"; do
    line=$(echo "$list" | awk -v n="$wanted" '$1 == n')
    [ -n "$line" ] || stop "$wanted: there is no such result; reproduce.sh alone lists them" 2
    set -- $line
    words=$(echo "$2" | tr '+' ' ')
    set -- "$1" "$2" "$3" "$4" $words
    script=$5
    name=$1 recipe=$2 less=$3 theirs=$4
    shift 5
    unset OUTPUT_DIR
    case $name in cambricon*)
        : "${SQUAD_DIR:=$DATA_DIR/download/squad/v1.1}" "${BERT_MODEL:=$google/cased_L-12_H-768_A-12}"
        export SQUAD_DIR BERT_MODEL
        ;;
    esac
    "$recipes/$script" ${dry:+--dry-run} "$@" || stop "$name: ${script##*/} ended with an error"
    [ -z "$dry" ] || continue
    title
    judged=$(judge "$name" "$recipe" "$less" "$theirs")
    echo "$judged"
    case $judged in *' fail'* | *'not measured'*) bad=1 ;; esac
done
exit $bad
