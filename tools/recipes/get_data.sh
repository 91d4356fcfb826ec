#!/bin/sh
# get_data.sh - fetches the data sets and the released models that the recipes use, where there is a network
#
# get_data.sh [FLAGS] WHAT...
#   squad                      SQuAD 1.1 and 2.0                glue            all of GLUE, or by name: CoLA MRPC SST-2 STS-B QQP
#   xnli                       XNLI and its translations                        MNLI QNLI RTE WNLI AX
#   lcqmc chnsenticorp cmrc    Chinese: pairs, sentiment, CMRC 2018
#   models                     BERT-base and BERT-large, uncased: what the recipes take by default
#   released                   the nine models of 2018 and 2019, or by name: uncased_L-12_H-768_A-12 chinese_L-12_H-768_A-12 ...
#   small                      the 24 small models of 2020, or by name: uncased_L-2_H-128_A-2 ...
#   nvidia                     NVIDIA's own checkpoints          all             everything
# flags:
#   --dry-run        only says what would be fetched, from where, how large, on which terms, and where it goes
#   --mirror URL     instead of https://HOST/PATH take URL/HOST/PATH: a server of yours, or file:///a/folder (also BERT_MIRROR)
#   --dir DIR        where everything goes: DIR/download/... as NVIDIA's scripts have it (default DATA_DIR, else data)
#
# Needs curl, and unzip for archives. A transfer that breaks is taken up where it stopped by the same command; what is there already in
# its full size is not fetched again. The size of each file is asked of the server first and compared afterwards; files whose
# sums are published are compared with these too.
# SPDX-License-Identifier: MIT-0 OR Unlicense

say() { echo "$*" >&2; }
stop() { echo "get_data.sh: $1" >&2; exit "${2:-1}"; }
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" | sed '/^SPDX/d'; }

# name  groups  MB, about (?: the server is asked)  address  where it goes  what becomes of it  terms  sum
# A trailing / of the place: an archive that is unpacked into that folder, without the folder that it may hold itself.
items() {
    cat <<'LIST'
squad1.1-train squad 30.3 https://rajpurkar.github.io/SQuAD-explorer/dataset/train-v1.1.json squad/v1.1/train-v1.1.json cc-by-sa md5:981b29407e0affa3b1b156f72073b945
squad1.1-dev squad 4.9 https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v1.1.json squad/v1.1/dev-v1.1.json cc-by-sa md5:3e85deb501d4e538b6bc56f786231552
squad2.0-train squad 42.1 https://rajpurkar.github.io/SQuAD-explorer/dataset/train-v2.0.json squad/v2.0/train-v2.0.json cc-by-sa md5:62108c273c268d70893182d5cf8df740
squad2.0-dev squad 4.4 https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v2.0.json squad/v2.0/dev-v2.0.json cc-by-sa md5:246adae8b7002f8679c027697b0b7cf8
CoLA glue 0.4 https://dl.fbaipublicfiles.com/glue/data/CoLA.zip CoLA/ glue -
SST-2 glue 7.4 https://dl.fbaipublicfiles.com/glue/data/SST-2.zip SST-2/ glue -
STS-B glue 0.8 https://dl.fbaipublicfiles.com/glue/data/STS-B.zip STS-B/ glue -
QQP glue 42 https://dl.fbaipublicfiles.com/glue/data/QQP-clean.zip QQP/ glue -
MNLI glue 313 https://dl.fbaipublicfiles.com/glue/data/MNLI.zip MNLI/ glue sha256:e7c1d896d26ed6caf700110645df426cc2d8ebf02a5ab743d5a5c68ac1c83633
QNLI glue 10.6 https://dl.fbaipublicfiles.com/glue/data/QNLIv2.zip QNLI/ glue -
RTE glue 0.7 https://dl.fbaipublicfiles.com/glue/data/RTE.zip RTE/ glue -
WNLI glue 0.1 https://dl.fbaipublicfiles.com/glue/data/WNLI.zip WNLI/ glue -
AX glue 0.2 https://dl.fbaipublicfiles.com/glue/data/AX.tsv MNLI/diagnostic.tsv glue -
MRPC glue 1.0 https://dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt MRPC/msr_paraphrase_train.txt mrpc -
MRPC glue 0.4 https://dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_test.txt MRPC/msr_paraphrase_test.txt mrpc -
MRPC glue 0.1 https://dl.fbaipublicfiles.com/glue/data/mrpc_dev_ids.tsv MRPC/mrpc_dev_ids.tsv mrpc -
XNLI-1.0 xnli 17 https://dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip XNLI/ cc-by-nc -
XNLI-MT-1.0 xnli 467 https://dl.fbaipublicfiles.com/XNLI/XNLI-MT-1.0.zip XNLI/ cc-by-nc -
lcqmc lcqmc ? https://bj.bcebos.com/paddlehub-dataset/lcqmc.tar.gz lcqmc/ lcqmc md5:62a7ba36f786a82ae59bbde0b0a9af0c
chnsenticorp chnsenticorp ? https://bj.bcebos.com/paddlehub-dataset/chnsenticorp.tar.gz chnsenticorp/ unstated md5:fbb3217aeac76a2840d2d5cd19688b07
cmrc-train cmrc ? https://raw.githubusercontent.com/ymcui/cmrc2018/master/squad-style-data/cmrc2018_train.json cmrc/cmrc2018_train.json cc-by-sa sha256:5497aa2f81908e31d6b0e27d99b1f90ab63a8f58fa92fffe5d17cf62eba0c212
cmrc-dev cmrc ? https://raw.githubusercontent.com/ymcui/cmrc2018/master/squad-style-data/cmrc2018_dev.json cmrc/cmrc2018_dev.json cc-by-sa -
cmrc-trial cmrc ? https://raw.githubusercontent.com/ymcui/cmrc2018/master/squad-style-data/cmrc2018_trial.json cmrc/cmrc2018_trial.json cc-by-sa -
uncased_L-12_H-768_A-12 models,released 407.7 https://storage.googleapis.com/bert_models/2018_10_18/uncased_L-12_H-768_A-12.zip google_pretrained_weights/uncased_L-12_H-768_A-12/ apache -
uncased_L-24_H-1024_A-16 models,released 1248 https://storage.googleapis.com/bert_models/2018_10_18/uncased_L-24_H-1024_A-16.zip google_pretrained_weights/uncased_L-24_H-1024_A-16/ apache -
cased_L-12_H-768_A-12 released 404 https://storage.googleapis.com/bert_models/2018_10_18/cased_L-12_H-768_A-12.zip google_pretrained_weights/cased_L-12_H-768_A-12/ apache -
cased_L-24_H-1024_A-16 released 1242 https://storage.googleapis.com/bert_models/2018_10_18/cased_L-24_H-1024_A-16.zip google_pretrained_weights/cased_L-24_H-1024_A-16/ apache -
multi_cased_L-12_H-768_A-12 released 663 https://storage.googleapis.com/bert_models/2018_11_23/multi_cased_L-12_H-768_A-12.zip google_pretrained_weights/multi_cased_L-12_H-768_A-12/ apache -
multilingual_L-12_H-768_A-12 released 620 https://storage.googleapis.com/bert_models/2018_11_03/multilingual_L-12_H-768_A-12.zip google_pretrained_weights/multilingual_L-12_H-768_A-12/ apache -
chinese_L-12_H-768_A-12 released 382 https://storage.googleapis.com/bert_models/2018_11_03/chinese_L-12_H-768_A-12.zip google_pretrained_weights/chinese_L-12_H-768_A-12/ apache -
wwm_uncased_L-24_H-1024_A-16 released 1248 https://storage.googleapis.com/bert_models/2019_05_30/wwm_uncased_L-24_H-1024_A-16.zip google_pretrained_weights/wwm_uncased_L-24_H-1024_A-16/ apache -
wwm_cased_L-24_H-1024_A-16 released 1243 https://storage.googleapis.com/bert_models/2019_05_30/wwm_cased_L-24_H-1024_A-16.zip google_pretrained_weights/wwm_cased_L-24_H-1024_A-16/ apache -
bert_tf_squad11_large_384 nvidia ? https://api.ngc.nvidia.com/v2/models/nvidia/bert_tf_ckpt_large_qa_squad11_amp_384/versions/19.03.1/zip nvidia_pretrained/bert_tf_squad11_large_384/ nvidia -
bert_tf_squad11_base_128 nvidia ? https://api.ngc.nvidia.com/v2/models/nvidia/bert_tf_ckpt_base_qa_squad11_amp_128/versions/19.03.1/zip nvidia_pretrained/bert_tf_squad11_base_128/ nvidia -
bert_tf_pretraining_large_lamb nvidia ? https://api.ngc.nvidia.com/v2/models/nvidia/bert_tf_ckpt_large_pretraining_amp_lamb/versions/19.03.1/zip nvidia_pretrained/bert_tf_pretraining_large_lamb/ nvidia -
LIST
    # The 24 of 2020; the last one has the name of a model of 2018, and a folder apart.
    while read -r layers sizes; do
        for pair in $sizes; do
            hidden=${pair%:*} name=uncased_L-${layers}_H-$hidden
            name=${name}_A-$((hidden / 64)) folder=google_pretrained_weights
            [ "$layers$hidden" != 12768 ] || folder=$folder/2020_02_20
            echo "$([ "$layers$hidden" = 12768 ] && echo 2020_02_20/)$name small ${pair#*:} https://storage.googleapis.com/bert_models/2020_02_20/$name.zip $folder/$name/ apache -"
        done
    done <<'LIST'
2 128:16 256:36 512:84 768:145
4 128:18 256:42 512:108 768:198
6 128:19 256:48 512:131 768:250
8 128:21 256:53 512:154 768:303
10 128:22 256:59 512:178 768:355
12 128:24 256:65 512:201 768:408
LIST
}
terms() {
    case $1 in
    cc-by-sa) echo "CC BY-SA 4.0" ;;
    cc-by-nc) echo "CC BY-NC 4.0: not for commercial use" ;;
    glue) echo "each set's own, see gluebenchmark.com/tasks" ;;
    mrpc) echo "Microsoft Research: for research only" ;;
    lcqmc) echo "Harbin Institute of Technology: for research, on application to them; this is PaddleHub's copy" ;;
    apache) echo "Apache License 2.0" ;;
    nvidia) echo "NVIDIA's, see ngc.nvidia.com" ;;
    *) echo "none stated" ;;
    esac
}

dry= mirror=${BERT_MIRROR:-} dir=${DATA_DIR:-data} wanted=
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry=1 ;;
    --mirror | --dir)
        [ $# -gt 1 ] || stop "$1: what?" 2
        if [ "$1" = --mirror ]; then mirror=$2; else dir=$2; fi
        shift
        ;;
    --mirror=*) mirror=${1#*=} ;;
    --dir=*) dir=${1#*=} ;;
    --help | -h) usage; exit 0 ;;
    -*) stop "$1: unknown flag; see get_data.sh --help" 2 ;;
    *) wanted="$wanted $1" ;;
    esac
    shift
done
[ -n "$wanted" ] || { usage >&2; exit 2; }
mirror=${mirror%/}

[ -n "$dry" ] || command -v curl >/dev/null || stop "curl is not installed; --dry-run says the addresses"

work=$(mktemp -d "${TMPDIR:-/tmp}/get_data.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
items >"$work/items"
: >"$work/chosen"
for what in $wanted; do
    awk -v what="$what" '$1 == what || what == "all" || index("," $2 ",", "," what ",")' "$work/items" >"$work/some"
    [ -s "$work/some" ] || stop "$what: there is no such data set or model; see get_data.sh --help" 2
    cat "$work/some" >>"$work/chosen"
done
awk '!seen[$4]++' "$work/chosen" >"$work/list"

address() { if [ -n "$mirror" ]; then echo "$mirror/${1#https://}"; else echo "$1"; fi; }
# The bytes that the server says; nothing if it does not say.
length() { curl -sIL --connect-timeout 20 --retry 2 "$1" | tr -d '\r' | awk '
    /^HTTP\// { n = ""; bad = $2 < 200 || $2 >= 300 }          # of the last answer, after redirections
    tolower($1) == "content-length:" { n = $2 }
    END { if (n > 0 && !bad) print n }'; }

# What is not known beforehand, before anything is fetched.
if [ -z "$dry" ]; then
    while read -r name groups size url rest; do
        if [ "$size" = '?' ]; then
            size=$(length "$(address "$url")")
            size=$([ -n "$size" ] && awk "BEGIN { printf \"%.1f\", $size / 1e6 }" || echo '?')
        fi
        echo "$name $groups $size $url $rest"
    done <"$work/list" >"$work/sized" && mv "$work/sized" "$work/list"
fi
awk '{ n += $3; unknown += $3 == "?" } END { printf "%d files, about %.0f MB%s: some %d min at 10 MB a second\n", NR, n, unknown ? " and " unknown " files whose size only the server says" : "", n / 600 + 1 }' "$work/list" >&2
while read -r name groups size url place terms sum; do
    say "  $name, $size MB, terms: $(terms "$terms")"
    say "    from $(address "$url")"
    say "    to   $dir/download/$place"
done <"$work/list"
[ -z "$dry" ] || exit 0

unpack() {          # ARCHIVE FOLDER
    rm -rf "$work/out"
    mkdir -p "$work/out" "$2"
    case $1 in
    *.tar.gz) tar xzf "$1" -C "$work/out" || return 1 ;;
    *)
        command -v unzip >/dev/null || stop "unzip is not installed; $1 is fetched, and the programs open a model's .zip as it is"
        unzip -q "$1" -d "$work/out" || return 1
        ;;
    esac
    rm -rf "$work/out/__MACOSX"
    from=$work/out
    if [ "$(ls -A "$from" | wc -l)" = 1 ] && [ -d "$from/$(ls -A "$from")" ]; then from=$from/$(ls -A "$from"); fi
    cp -R "$from/." "$2/"
}
sums() {            # FILE SUM
    case $2 in
    md5:*) program=md5sum ;;
    sha256:*) program=sha256sum ;;
    *) return 0 ;;
    esac
    command -v $program >/dev/null || { say "  ($program is not installed: the published sum is not compared)"; return 0; }
    [ "$($program <"$1" | cut -d' ' -f1)" = "${2#*:}" ]
}
fetch() {           # NAME URL FILE SUM
    part=$3.part
    mkdir -p "${3%/*}" || stop "${3%/*} cannot be made"
    full=$(length "$2")
    if [ -f "$3" ] && { [ -z "$full" ] || [ "$(wc -c <"$3" | tr -d ' ')" = "$full" ]; }; then say "$1: is there already"; return 0; fi
    if [ -f "$part" ] && [ -n "$full" ] && [ "$(wc -c <"$part" | tr -d ' ')" -gt "$full" ]; then rm -f "$part"; fi
    if [ ! -f "$part" ] || [ -z "$full" ] || [ "$(wc -c <"$part" | tr -d ' ')" -lt "$full" ]; then
        [ ! -f "$part" ] || say "$1: going on at $(wc -c <"$part" | tr -d ' ') bytes"
        curl -fL --connect-timeout 20 --retry 3 $([ -t 2 ] && echo --progress-bar || echo -sS) -C - -o "$part" "$2"
        status=$?
        case $status in
        0) ;;
        5 | 6 | 7 | 28 | 35) stop "$2: the server is not reached (curl $status). Is there a network? Where there is none, fetch the addresses above on another machine and put them under --mirror file:///FOLDER/HOST/PATH" ;;
        22 | 37 | 78) stop "$2: the server does not have this (curl $status); it may have moved: --mirror names another place" ;;
        *) stop "$2: curl ended with $status; the same command goes on where it stopped" ;;
        esac
    fi
    got=$(wc -c <"$part" | tr -d ' ')
    [ -z "$full" ] || [ "$got" = "$full" ] || stop "$part: $got bytes, but the server said $full; the same command goes on, or remove the file to begin anew"
    sums "$part" "$4" || stop "$part: is not what was published (its ${4%%:*} differs): a broken transfer, or the file was changed there. Remove it to begin anew"
    mv "$part" "$3"
    say "$1: $got bytes"
}
# MRPC as GLUE has it: the pairs of the dev set by their ids, the test set with an index instead of the label.
mrpc() {
    cd "$1" || return 1
    awk -F '\t' 'NR == FNR { sub(/\r$/, ""); dev[$1 "\t" $2] = 1; next }
        { sub(/\r$/, ""); sub(/^\357\273\277/, "") }
        FNR == 1 { print >"train.tsv"; print >"dev.tsv"; next }
        { print >((($2 "\t" $3) in dev) ? "dev.tsv" : "train.tsv") }' mrpc_dev_ids.tsv msr_paraphrase_train.txt &&
        awk -F '\t' 'BEGIN { print "index\t#1 ID\t#2 ID\t#1 String\t#2 String" } { sub(/\r$/, "") } FNR > 1 { print FNR - 2 "\t" $2 "\t" $3 "\t" $4 "\t" $5 }' msr_paraphrase_test.txt >test.tsv
}
# ChnSentiCorp as run_classifier reads it: a label and a text a line, no names on top.
sentiment() {
    for file in "$1"/train.tsv "$1"/dev.tsv "$1"/test.tsv; do
        [ -f "$file" ] || continue
        awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "label") label = i; if ($i == "text_a") text = i } if (label) next; label = 1; text = 2 } { print $label "\t" $text }' "$file" >"$file.new" && mv "$file.new" "$file"
    done
}

while read -r name groups size url place terms sum; do
    file=$dir/download/$place
    case $place in
    */)
        case $url in *.tar.gz) archive=${file%/}.tar.gz ;; *) archive=${file%/}.zip ;; esac
        [ "$place" != XNLI/ ] || archive=$dir/download/$name.zip
        if [ -f "$file.fetched-$name" ] || [ -f "$file.fetched" ]; then say "$name: is there already"; continue; fi
        fetch "$name" "$(address "$url")" "$archive" "$sum"
        unpack "$archive" "${file%/}" || stop "$archive: cannot be unpacked; remove it to begin anew"
        [ "$name" != chnsenticorp ] || sentiment "${file%/}"
        : >"$file.fetched-$(basename "$name")"
        rm -f "$archive"
        ;;
    *)
        fetch "$name" "$(address "$url")" "$file" "$sum"
        case $place in MRPC/mrpc_dev_ids.tsv) (mrpc "${file%/*}") || stop "${file%/*}: MRPC cannot be put together" ;; esac
        ;;
    esac
done <"$work/list"
say "done: $dir/download"
