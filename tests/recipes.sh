#!/bin/sh
# recipes.sh - tools/recipes: the commands that they print, that the programs take them, what get_data.sh fetches and refuses
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"

bin=$top/tools/bin${V:+/$V} recipes=$top/tools/recipes
if [ ! -d "$recipes" ]; then
    skip "recipes" "there is no $recipes"
    finish
fi
cd "$tmp" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL DATA_DIR RESULTS_DIR BERT_BIN HOSTFILE EXTRA MPIRUN BERT_MIRROR OUTPUT_DIR GLUE_DIR SQUAD_DIR BERT_BASE_DIR BERT_LARGE_DIR

# Commands on one line each, with what stands in front of the program's name.
joined() { sed -e ':a' -e '/\\$/{N;s/ *\\\n */ /;ba' -e '}' "$@"; }

# prints NAME EXPECTED RECIPE ARGUMENTS...   the commands, a line each, with tools/bin/ for the programs' folder
prints() {
    name_=$1 expected_=$2; shift 2
    wanted "$name_" || return 0
    "$recipes/$@" --dry-run >out 2>err
    status_=$?
    joined out | sed "s|$top/tools/bin/|tools/bin/|g" >got
    printf '%s\n' "$expected_" >want
    if [ $status_ != 0 ]; then fail "$name_" "exit status $status_"; show err
    elif cmp -s want got; then pass "$name_"
    else fail "$name_" "prints something else"; diff want got >err; show err; fi
}
g=data/download/google_pretrained_weights
prints "recipes: NVIDIA's run_squad.sh" "mpirun -np 8 tools/bin/run_squad --vocab_file=$g/uncased_L-24_H-1024_A-16/vocab.txt --bert_config_file=$g/uncased_L-24_H-1024_A-16/bert_config.json --init_checkpoint=x/bert_model.ckpt --do_train=True --train_file=data/download/squad/v2.0/train-v2.0.json --do_predict=True --predict_file=data/download/squad/v2.0/dev-v2.0.json --do_eval=True --train_batch_size=10 --learning_rate=5e-6 --schedule=linear --num_train_epochs=1.1 --max_seq_length=384 --doc_stride=128 --save_checkpoints_steps=1000 --output_dir=results/squad_2.0_large_fp16_gbs80 --horovod --amp --use_xla --version_2_with_negative=True --log_file=results/squad_2.0_large_fp16_gbs80/log.txt" \
    nvidia/run_squad.sh 10 5e-6 fp16 true 8 384 128 large 2.0 x/bert_model.ckpt 1.1
prints "recipes: NVIDIA's run_squad_inference.sh" "tools/bin/run_squad --vocab_file=$g/uncased_L-12_H-768_A-12/vocab.txt --bert_config_file=$g/uncased_L-12_H-768_A-12/bert_config.json --init_checkpoint=m.ckpt --do_predict=True --predict_file=data/download/squad/v1.1/dev-v1.1.json --do_eval=True --predict_batch_size=8 --max_seq_length=384 --doc_stride=128 --output_dir=results/squad_1.1_base_inference_fp32 --noamp --version_2_with_negative=False --log_file=results/squad_1.1_base_inference_fp32/log.txt" \
    nvidia/run_squad_inference.sh m.ckpt 8 fp32 false 384 128 base
prints "recipes: NVIDIA's run_pretraining.sh" "mpirun -np 4 tools/bin/run_pretraining --input_files_dir=data/wikipedia_corpus/final_tfrecords_sharded --output_dir=results/pretraining_manual_fp16_gbs24 --bert_config_file=$g/uncased_L-24_H-1024_A-16/bert_config.json --do_train=True --do_eval=True --train_batch_size=6 --eval_batch_size=6 --max_seq_length=512 --max_predictions_per_seq=80 --num_train_steps=5333333 --num_warmup_steps=2000 --save_checkpoints_steps=5000 --learning_rate=2e-5 --optimizer_type=adam --schedule=linear --horovod --manual_fp16 --log_file=results/pretraining_manual_fp16_gbs24/log.txt" \
    nvidia/run_pretraining.sh 6 6 2e-5 manual_fp16 false 4 2000 5333333 5000 true
prints "recipes: NVIDIA's run_pretraining.sh without a log, in one process" "tools/bin/run_pretraining --input_files_dir=data/wikipedia_corpus/final_tfrecords_sharded --output_dir=results/pretraining_bf16_gbs6 --bert_config_file=$g/uncased_L-24_H-1024_A-16/bert_config.json --do_train=True --do_eval=True --train_batch_size=6 --eval_batch_size=6 --max_seq_length=512 --max_predictions_per_seq=80 --num_train_steps=5333333 --num_warmup_steps=2000 --save_checkpoints_steps=5000 --learning_rate=2e-5 --optimizer_type=adam --schedule=linear --precision=bf16" \
    nvidia/run_pretraining.sh 6 6 2e-5 bf16 false 1 2000 5333333 5000 false

if wanted "recipes: NVIDIA's two phases of LAMB"; then
    "$recipes/nvidia/run_pretraining_lamb.sh" --dry-run >out 2>&1
    joined out | tr ' ' '\n' | grep -e '^--num_train_steps' -e '^--init' -e '^--learning_rate' -e accumulation_steps -e '^--max' | tr '\n' ' ' >got
    p=results/pretraining_lamb_large_fp16_gbs1_65536_gbs2_32768
    echo "--max_seq_length=128 --max_predictions_per_seq=20 --num_train_steps=7038 --num_accumulation_steps=128 --learning_rate=7.5e-4 --init_checkpoint=$p/phase_1/model.ckpt-7038 --max_seq_length=512 --max_predictions_per_seq=80 --num_train_steps=1564 --num_accumulation_steps=512 --learning_rate=5e-4 " | tr -d '\n' >want
    if cmp -s want got; then pass "recipes: NVIDIA's two phases of LAMB"
    else fail "recipes: NVIDIA's two phases of LAMB" "other numbers"; show want; show got; fi
fi
h="--bert_config_file=$g/chinese_L-12_H-768_A-12/bert_config.json --max_seq_length=128 --max_predictions_per_seq=20 --train_batch_size=128 --learning_rate=1e-4 --num_warmup_steps=10000 --num_train_steps=500000 --optimizer_type=adam --schedule=linear --adam_epsilon=1e-4 --clip=none --manual_fp16=True --input_files_dir=data/wikipedia_128 --eval_files_dir=data/wikipedia_128 --do_train=True --num_accumulation_steps=1 --iterations_per_loop=100 --save_checkpoints_steps=10000"
prints "recipes: Huawei's run_pretraining.sh" "tools/bin/run_pretraining $h --output_dir=results/bert_base_1p --log_file=results/bert_base_1p/log.txt" huawei/run_pretraining.sh
prints "recipes: Huawei's run_8p.sh" "mpirun -np 8 tools/bin/run_pretraining $h --horovod --output_dir=results/bert_base_8p --log_file=results/bert_base_8p/log.txt" huawei/run_8p.sh
prints "recipes: Huawei's train_8p.sh on 8 machines" "mpirun -np 64 --hostfile $recipes/huawei/hosts_8x8 tools/bin/run_pretraining $h --horovod --output_dir=results/bert_base_64p --log_file=results/bert_base_64p/log.txt" \
    huawei/train_8p.sh "$recipes/huawei/hosts_8x8"
prints "recipes: Huawei's run_downstream_classifier.sh" "tools/bin/run_classifier --task_name=text_clf --do_train=true --do_eval=true --data_dir=data/download/chnsenticorp --init_checkpoint=$g/chinese_L-12_H-768_A-12 --output_dir=results/chnsenti" \
    huawei/run_downstream_classifier.sh chnsenti
s="--nodo_lower_case --optimizer=bertadam --learning_rate=0.00003 --seed=1 --num_train_epochs=2 --max_seq_length=384 --doc_stride=128"
export BERT_MODEL="a model.zip" SQUAD_DIR=v1.1 BERT_INFER_MODEL=tuned
prints "recipes: Cambricon's BERT_FP32_2E_4MLUs_Train.sh" "tools/bin/run_squad '--init_checkpoint=a model.zip' --do_train --train_file=v1.1/train-v1.1.json --train_batch_size=16 --do_predict --predict_file=v1.1/dev-v1.1.json --predict_batch_size=4 $s --output_dir=results/cambricon --noamp --log_file=results/cambricon/logfile.txt
tools/bin/evaluate_squad v1.1/dev-v1.1.json results/cambricon/predictions.json --out-file=results/cambricon/scores.json
cat results/cambricon/scores.json" cambricon/BERT_FP32_2E_4MLUs_Train.sh
prints "recipes: Cambricon's BERT_Infer.sh" "tools/bin/run_squad --init_checkpoint=tuned --do_predict --predict_file=v1.1/dev-v1.1.json --predict_batch_size=4 $s --output_dir=results/cambricon_infer --noamp --log_file=results/cambricon_infer/logfile.txt
tools/bin/evaluate_squad v1.1/dev-v1.1.json results/cambricon_infer/predictions.json --out-file=results/cambricon_infer/scores.json
cat results/cambricon_infer/scores.json" cambricon/BERT_Infer.sh
unset BERT_MODEL BERT_INFER_MODEL SQUAD_DIR
prints "recipes: Google's MRPC" "tools/bin/run_classifier --task_name=MRPC --do_train=true --do_eval=true --data_dir=data/download/MRPC --vocab_file=$g/uncased_L-12_H-768_A-12/vocab.txt --bert_config_file=$g/uncased_L-12_H-768_A-12/bert_config.json --init_checkpoint=$g/uncased_L-12_H-768_A-12/bert_model.ckpt --max_seq_length=128 --train_batch_size=32 --learning_rate=2e-5 --num_train_epochs=3.0 --output_dir=results/mrpc_output" google/mrpc.sh

# Every recipe prints commands whose flags and values the programs take: each, run with --help behind its flags, gives the help. What is
# printed is what a shell takes.
for recipe in "$recipes"/*/*.sh; do
    name=${recipe#"$recipes"/}
    wanted "recipes: $name: the programs take its flags" || continue
    case $name in
    huawei/run_*_predict.sh) set -- task data model checkpoint 128 8 out ;;
    nvidia/data_download.sh) continue ;;
    *) set -- ;;
    esac
    BERT_BIN=$bin BERT_MODEL="a model" BERT_INFER_MODEL=tuned MODEL_DIR=tf SQUAD_DIR="it's here" GLUE_DIR=glue "$recipe" "$@" --dry-run >out 2>err
    status=$? missing= wrong=
    joined out | grep "$bin/" | sed "s|^mpirun .*\\($bin/\\)|\\1|" >commands
    while read -r command; do
        program=${command%% *}
        if [ ! -x "$program" ]; then missing="$missing ${program##*/}"; continue; fi
        eval "$command --help" >help 2>err </dev/null || wrong=$(head -n 1 err)
    done <commands
    if [ $status != 0 ] || [ ! -s commands ]; then fail "recipes: $name: the programs take its flags" "exit status $status, or no command"; show err
    elif [ -n "$wrong" ]; then fail "recipes: $name: the programs take its flags" "$wrong"
    elif [ -n "$missing" ]; then skip "recipes: $name: the programs take its flags" "not built:$missing"
    else pass "recipes: $name: the programs take its flags"; fi
done
# The commands in the right column of README's "Their command, ours": recipes print commands, programs take the flags.
if wanted "README: their command, ours"; then
    sed -n '/^#### Their command, ours/,/^##* Options/p' "$top/README.md" | sed -n 's/^|.*| \(.*\) |$/\1/p' | tr '`' '\n' |
        grep -E '^([A-Z_]+=[^ ]* )*(mpirun -np [0-9]+ )?tools/' >commands
    BERT_BASE_DIR=base BERT_LARGE_DIR=large SQUAD_DIR=squad GLUE_DIR=glue TPU_NAME=tpu bad= some=
    while read -r command; do
        some=1
        case $command in
        *tools/recipes/*) (cd "$top" && eval "$command --dry-run") >out 2>err || bad=$command ;;
        *tools/bin/bench\ *) [ ! -x "$bin/bench" ] || eval "$bin/bench${command#*tools/bin/bench} --help" >out 2>err || bad=$command ;;
        *) program=$bin/$(echo "$command" | sed 's|.*tools/bin/\([a-z_]*\).*|\1|')
           [ ! -x "$program" ] || eval "$program $(echo "$command" | sed 's|.*tools/bin/[a-z_]*||') --help" >out 2>err || bad=$command ;;
        esac
        if [ -n "$bad" ]; then break; fi
    done <commands
    unset BERT_BASE_DIR BERT_LARGE_DIR SQUAD_DIR GLUE_DIR TPU_NAME
    if [ -n "$bad" ]; then fail "README: their command, ours" "$bad"; show err
    elif [ -z "$some" ]; then fail "README: their command, ours" "no commands are found"
    else pass "README: their command, ours"; fi
fi
# Each of the recipes stands there.
if wanted "README: every recipe has its row"; then
    missing=
    for recipe in "$recipes"/*/*.sh; do
        case $recipe in *_phase[12].sh) continue ;; esac
        grep -q "^|.*tools/recipes/${recipe#"$recipes"/}" "$top/README.md" || missing="$missing ${recipe#"$recipes"/}"
    done
    if [ -z "$missing" ]; then pass "README: every recipe has its row"; else fail "README: every recipe has its row" "not$missing"; fi
fi

for recipe in "$recipes"/*/*.sh "$recipes"/*.sh; do
    name=${recipe#"$recipes"/}
    wanted "recipes: $name: help" || continue
    if "$recipe" --help >out 2>err && grep -q "^${recipe##*/} - " out && ! grep -q SPDX out; then pass "recipes: $name: help"
    else fail "recipes: $name: help" "none"; show err; show out; fi
done

# fails NAME STATUS WORDS COMMAND...
fails() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    "$@" >out 2>err </dev/null
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; show err
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; show err; fi
}
fails "recipes: an unknown flag" 2 'only --dry-run and --help' "$recipes/nvidia/run_squad.sh" --batch=8
fails "recipes: an unknown precision" 2 'fp16, fp32' "$recipes/nvidia/run_glue.sh" MRPC 16 3e-6 fp8 --dry-run
fails "recipes: an unknown model" 2 'large or base' "$recipes/nvidia/run_squad.sh" 8 5e-6 fp16 true 8 384 128 huge
fails "recipes: data that are not there" 1 'get_data.sh squad fetches it' "$recipes/nvidia/run_squad.sh"
fails "recipes: Cambricon without its model" 1 "set BERT_MODEL" "$recipes/cambricon/BERT_FP32_2E_4MLUs_Train.sh"
fails "recipes: no hosts" 2 'no such file of hosts' "$recipes/huawei/train_8p.sh" nothing
fails "recipes: too few arguments" 2 '7 arguments' "$recipes/huawei/run_clf_predict.sh" task data

# Programs that only note how they were called stand for the real ones.
mkdir -p fake
for program in run_squad run_classifier evaluate_squad run_pretraining create_pretraining_data; do
    cat >fake/$program <<'END2'
#!/bin/sh
echo "${0##*/} $*" >>calls
[ "${0##*/}" != "${FAILS:-}" ] || exit 3
for flag; do
    case $flag in
    --output_dir=*) mkdir -p "${flag#*=}"; if [ "${0##*/}" = run_classifier ]; then printf 'eval_accuracy = 0.8455\n' >"${flag#*=}/eval_results.txt"; else echo '{}' >"${flag#*=}/predictions.json"; fi ;;
    --out-file=*) printf '{\n  "exact_match": 81.0,\n  "f1": 87.0\n, "best_f1_thresh": -1.5}\n' >"${flag#*=}" ;;
    esac
done
END2
    chmod +x fake/$program
done
mkdir -p data/download/MRPC data/download/squad/v1.1 data/download/squad/v2.0 $g/uncased_L-12_H-768_A-12 $g/uncased_L-24_H-1024_A-16
: >data/download/squad/v1.1/train-v1.1.json; : >data/download/squad/v1.1/dev-v1.1.json; : >data/download/squad/v2.0/train-v2.0.json; : >data/download/squad/v2.0/dev-v2.0.json
for m in uncased_L-12_H-768_A-12 uncased_L-24_H-1024_A-16; do : >$g/$m/vocab.txt; : >$g/$m/bert_config.json; done
export BERT_BIN="$tmp/fake"

if wanted "recipes: commands run in order, with EXTRA"; then
    rm -f calls
    EXTRA="--recompute --num_train_steps=3" "$recipes/google/squad2_large.sh" >out 2>err
    status=$?
    cut -d' ' -f1 calls | tr '\n' ' ' >got
    if [ $status = 0 ] && [ "$(cat got)" = "run_squad evaluate_squad evaluate_squad evaluate_squad " ] && grep -q 'run_squad .*--recompute --num_train_steps=3$' calls &&
        grep -q -e '--apply-threshold=-1.5 ' calls && ! grep -q 'evaluate_squad .*--recompute' calls && grep -q '"f1": 87.0' out; then pass "recipes: commands run in order, with EXTRA"
    else fail "recipes: commands run in order, with EXTRA" "exit status $status"; show err; show calls; fi
fi
if wanted "recipes: the first failure ends it"; then
    rm -f calls
    FAILS=run_squad "$recipes/google/squad_base.sh" >out 2>err
    status=$?
    if [ $status = 3 ] && [ "$(wc -l <calls | tr -d ' ')" = 1 ]; then pass "recipes: the first failure ends it"
    else fail "recipes: the first failure ends it" "exit status $status"; show calls; fi
fi
fails "recipes: a program that is not built" 1 'is not built: make -C' env BERT_BIN=nowhere "$recipes/google/mrpc.sh"

# reproduces NAME STATUS LINES RESULT
reproduces() {
    name_=$1 expected_=$2 lines_=$3; shift 3
    wanted "$name_" || return 0
    "$recipes/reproduce.sh" "$@" >out 2>err
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; show err; show out
    elif [ "$(grep -e ' pass$' -e ' fail$' -e ' not measured$' out | tr -s ' ')" = "$lines_" ]; then pass "$name_"
    else fail "$name_" "says something else"; show out; fi
}
reproduces "reproduce: a result within what is published" 0 "mrpc accuracy 84.55 84 pass" mrpc
reproduces "reproduce: one below it" 1 "squad1.1-base exact_match 81.00 81.25 pass
squad1.1-base f1 87.00 88.41 fail" squad1.1-base
fails "reproduce: an unknown result" 2 'no such result' "$recipes/reproduce.sh" gpt
fails "reproduce: a program that fails" 1 'ended with an error' env FAILS=run_squad "$recipes/reproduce.sh" squad1.1-large
if wanted "reproduce: the table of all"; then
    mkdir -p results/uncased_L-2_H-128_A-2/SST-2
    printf 'learning_rate\ttrain_batch_size\tseed\teval_accuracy\teval_loss\n0.0003\t8\t1\t0.81\t0.4\n0.0001\t8\t1\t0.825\t0.5\n' >results/uncased_L-2_H-128_A-2/SST-2/runs.tsv
    mkdir -p results/squad_1.1_large_fp16_gbs192
    printf 'exact_match = 84.1\nf1 = 91.5\nglobal_step = 9\n' >results/squad_1.1_large_fp16_gbs192/eval_results.txt
    "$recipes/reproduce.sh" >out 2>err
    if grep -q '^nvidia-squad1.1  *f1  *91.50  *91.41  *pass$' out && grep -q '^tiny-SST-2  *accuracy  *82.50  *83.2  *pass$' out && grep -q '^cambricon  *f1  *-  *88.69  *not measured$' out && [ "$(grep -c 'not measured$' out)" -gt 30 ] &&
        [ "$(sed 1d out | grep -v -c -e pass -e fail -e 'not measured')" = 0 ]; then pass "reproduce: the table of all"
    else fail "reproduce: the table of all" "other lines"; show out; show err; fi
fi
unset BERT_BIN

# get_data.sh, from a folder in place of the network.
if ! have curl; then
    skip "get_data" "curl is not installed"
    finish
fi
mirror=file://$tmp/net
put() { mkdir -p "net/${1%/*}"; cat >"net/$1"; }
fails "get_data: nothing wanted" 2 'get_data.sh .FLAGS. WHAT' "$recipes/get_data.sh"
fails "get_data: an unknown set" 2 'nonsense: there is no such' "$recipes/get_data.sh" nonsense
fails "get_data: an unknown flag" 2 'unknown flag' "$recipes/get_data.sh" --fast squad
fails "get_data: no server" 1 'Is there a network' env -u http_proxy -u https_proxy -u all_proxy -u HTTPS_PROXY -u HTTP_PROXY -u ALL_PROXY "$recipes/get_data.sh" --mirror http://127.0.0.1:9 MRPC
if wanted "get_data: says first what, how large, on which terms"; then
    "$recipes/get_data.sh" --dry-run all >out 2>err
    status=$?
    if [ $status = 0 ] && grep -q '^[0-9]* files, about [0-9]* MB.*min at 10 MB a second$' err && grep -q 'squad1.1-dev, 4.9 MB, terms: CC BY-SA 4.0' err &&
        grep -q 'to   data/download/squad/v1.1/dev-v1.1.json' err && [ "$(grep -c storage.googleapis.com/bert_models err)" = 33 ] && [ ! -e data/download/squad/v1.1/dev-v1.1.json.part ]; then pass "get_data: says first what, how large, on which terms"
    else fail "get_data: says first what, how large, on which terms" "exit status $status"; show err; fi
fi
printf 'Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t10\t11\tA "b\tC\n0\t12\t13\tD\tE\n1\t14\t15\tF\tG\n' | put dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt
printf 'Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t20\t21\tH\tI\r\n0\t22\t23\tJ\tK\r\n' | put dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_test.txt
printf '12\t13\n' | put dl.fbaipublicfiles.com/glue/data/mrpc_dev_ids.tsv
fetch() { "$recipes/get_data.sh" --mirror "$mirror" --dir there "$@" >out 2>err; }
if wanted "get_data: MRPC as GLUE has it"; then
    fetch MRPC
    status=$?
    printf 'Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t12\t13\tD\tE\n' >want.dev
    printf 'index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t20\t21\tH\tI\n1\t22\t23\tJ\tK\n' >want.test
    if [ $status = 0 ] && cmp -s want.dev there/download/MRPC/dev.tsv && cmp -s want.test there/download/MRPC/test.tsv && [ "$(wc -l <there/download/MRPC/train.tsv | tr -d ' ')" = 3 ]; then pass "get_data: MRPC as GLUE has it"
    else fail "get_data: MRPC as GLUE has it" "exit status $status"; show err; fi
fi
if wanted "get_data: what is there is not fetched again"; then
    fetch MRPC && fetch MRPC
    if [ $? = 0 ] && [ "$(grep -c 'is there already' err)" = 3 ]; then pass "get_data: what is there is not fetched again"
    else fail "get_data: what is there is not fetched again" "it is"; show err; fi
fi
if wanted "get_data: takes up a transfer that broke"; then
    rm -rf there
    mkdir -p there/download/MRPC
    head -c 30 net/dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt >there/download/MRPC/msr_paraphrase_train.txt.part
    fetch MRPC
    if [ $? = 0 ] && grep -q 'going on at 30 bytes' err && cmp -s net/dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt there/download/MRPC/msr_paraphrase_train.txt; then pass "get_data: takes up a transfer that broke"
    else fail "get_data: takes up a transfer that broke" "it does not"; show err; fi
fi
fails "get_data: a file that is not there" 1 'does not have this' "$recipes/get_data.sh" --mirror "$mirror" --dir there CoLA
if have md5sum; then
    echo '{"data": []}' | put rajpurkar.github.io/SQuAD-explorer/dataset/train-v1.1.json
    fails "get_data: a file other than the published one" 1 'is not what was published' "$recipes/get_data.sh" --mirror "$mirror" --dir there squad
    if [ -z "$list" ] && [ -e there/download/squad/v1.1/train-v1.1.json ]; then fail "get_data: such a file is not left as if it were good" "it is"; fi
else
    skip "get_data: a file other than the published one" "there is no md5sum"
fi
# A server that does not say sizes; one that breaks off.
mkdir -p curls
cat >curls/curl <<'END2'
#!/bin/sh
case " $* " in
*' -sIL '*) printf 'HTTP/1.1 302 Found\r\nContent-Length: 5\r\n\r\nHTTP/1.1 405 Method Not Allowed\r\nContent-Length: 9\r\n\r\n'; exit ;;
esac
while [ $# -gt 1 ]; do [ "$1" != -o ] || out=$2; shift; done
if [ -n "${BREAKS:-}" ]; then echo part >"$out"; exit 18; fi
echo "$1" >"$out"
END2
chmod +x curls/curl
if wanted "get_data: a server that does not say sizes"; then
    PATH=$tmp/curls:$PATH "$recipes/get_data.sh" --dir unsaid cmrc-dev >out 2>err
    if [ $? = 0 ] && grep -q cmrc2018_dev.json unsaid/download/cmrc/cmrc2018_dev.json && grep -q 'whose size only the server says' err; then pass "get_data: a server that does not say sizes"
    else fail "get_data: a server that does not say sizes" "it fails"; show err; fi
fi
fails "get_data: a transfer that breaks" 1 'goes on where it stopped' env PATH="$tmp/curls:$PATH" BREAKS=1 "$recipes/get_data.sh" --dir broken cmrc-dev
if wanted "get_data: nothing half-written has the name of the whole"; then
    if [ ! -e broken/download/cmrc/cmrc2018_dev.json ] && [ -e broken/download/cmrc/cmrc2018_dev.json.part ]; then pass "get_data: nothing half-written has the name of the whole"
    else fail "get_data: nothing half-written has the name of the whole" "$(ls broken/download/cmrc)"; fi
fi
# Archives: the folder inside has another name than it gets; a model of 2020 has none.
if have unzip && have zip; then
    if wanted "get_data: archives are unpacked into NVIDIA's folders"; then
        mkdir -p pack/QNLI pack/__MACOSX "net/dl.fbaipublicfiles.com/glue/data" net/storage.googleapis.com/bert_models/2020_02_20
        echo q >pack/QNLI/dev.tsv
        echo v >pack/vocab.txt
        echo j >pack/__MACOSX/junk
        (cd pack && zip -q -r ../net/dl.fbaipublicfiles.com/glue/data/QNLIv2.zip QNLI __MACOSX && zip -q ../net/storage.googleapis.com/bert_models/2020_02_20/uncased_L-2_H-128_A-2.zip vocab.txt)
        fetch QNLI uncased_L-2_H-128_A-2
        status=$?
        fetch QNLI uncased_L-2_H-128_A-2
        if [ $status = 0 ] && [ -f there/download/QNLI/dev.tsv ] && [ ! -e there/download/QNLI/__MACOSX ] && [ -f there/download/google_pretrained_weights/uncased_L-2_H-128_A-2/vocab.txt ] &&
            [ "$(grep -c 'is there already' err)" = 2 ] && [ ! -e there/download/QNLI.zip ]; then pass "get_data: archives are unpacked into NVIDIA's folders"
        else fail "get_data: archives are unpacked into NVIDIA's folders" "exit status $status"; show err; fi
    fi
else
    skip "get_data: archives are unpacked into NVIDIA's folders" "zip or unzip is not installed"
fi
if wanted "get_data: ChnSentiCorp without names on top"; then
    mkdir -p pack/chnsenticorp net/bj.bcebos.com/paddlehub-dataset
    printf 'label\ttext_a\n1\t好\n' >pack/chnsenticorp/train.tsv
    printf 'qid\tlabel\ttext_a\n0\t0\t坏\n' >pack/chnsenticorp/dev.tsv
    (cd pack && tar czf ../net/bj.bcebos.com/paddlehub-dataset/chnsenticorp.tar.gz chnsenticorp)
    sed 's/md5:fbb3217aeac76a2840d2d5cd19688b07/-/' "$recipes/get_data.sh" >get_data.sh
    sh get_data.sh --mirror "$mirror" --dir there chnsenticorp >out 2>err
    if [ "$(cat there/download/chnsenticorp/train.tsv there/download/chnsenticorp/dev.tsv | tr '\t\n' '  ')" = "1 好 0 坏 " ]; then pass "get_data: ChnSentiCorp without names on top"
    else fail "get_data: ChnSentiCorp without names on top" "other lines"; show err; fi
fi

# Some of them in earnest, shortened, with the small model of the recordings.
google=$top/../shared/goldens/google
for name in "recipes: Google's MRPC from end to end" "recipes: Google's SQuAD 2.0 from end to end" "recipes: Google's pre-training from end to end" "recipes: Cambricon's, trained and applied" "recipes: NVIDIA's, from texts to the second phase"; do
    wanted "$name" || continue
    if [ ! -d "$google" ]; then skip "$name" "needs ../shared"; continue; fi
    if [ ! -x "$bin/run_classifier" ] || [ ! -x "$bin/run_squad" ] || [ ! -x "$bin/run_pretraining" ]; then skip "$name" "the programs are not built"; continue; fi
    export BERT_BIN="$bin" BERT_BASE_DIR="$google/model" BERT_LARGE_DIR="$google/model" SQUAD_DIR="$google/squad" GLUE_DIR="$google/classifier/data"
    short="--max_seq_length=64 --doc_stride=32 --max_query_length=16 --threads=1"
    case $name in
    *MRPC*)
        OUTPUT_DIR=real EXTRA="--threads=1 --log_file=logs/mrpc.txt" "$recipes/google/mrpc.sh" >out 2>err && OUTPUT_DIR=real "$recipes/google/mrpc_predict.sh" >out 2>>err &&
            grep -q '^eval_accuracy = ' real/eval_results.txt && [ -s real/test_results.tsv ] && grep -q 'Eval results' logs/mrpc.txt ;;
    *SQuAD*)
        OUTPUT_DIR=squad2 EXTRA="$short --num_train_steps=2" "$recipes/google/squad2_large.sh" >out 2>err && grep -q '"total": 12' squad2/scores.json && grep -q best_f1_thresh squad2/eval.json && tail -n 1 out | grep -q '"f1"' ;;
    *NVIDIA*)
        awk 'BEGIN { srand(3); split("the keeper counted ships island morning ferry people work city and every", w, " "); for (d = 0; d < 40; d++) { print "<doc id=\"" d "\" title=\"T\">\nT\n"
            for (s = 0; s < 12; s++) { line = "The"; for (k = 0; k < 9; k++) line = line " " w[int(rand() * 12) + 1]; print line "." } print "</doc>" } }' >wiki_00
        large=nv/download/google_pretrained_weights/uncased_L-24_H-1024_A-16       # NEZHA's, which has no longest sequence
        mkdir -p $large && cp "$google/nezha/model/bert_config.json" "$google/model/vocab.txt" $large/
        export DATA_DIR=nv RESULTS_DIR=nvr
        SHARDS=2 "$recipes/nvidia/create_datasets_from_start.sh" wiki_00 >out 2>err &&
            EXTRA="--threads=1 --max_eval_steps=1 --accumulate=4" "$recipes/nvidia/run_pretraining_lamb.sh" 4 1 2 7.5e-3 5e-3 fp32 false 1 1 1 10 100 1 2 large >out 2>err &&
            grep -q '^global_step = 9$' nvr/pretraining_lamb_large_fp32_gbs1_4_gbs2_2/phase_1/eval_results.txt && grep -q '^global_step = 2$' nvr/pretraining_lamb_large_fp32_gbs1_4_gbs2_2/phase_2/eval_results.txt
        status=$?
        unset DATA_DIR RESULTS_DIR
        [ $status = 0 ] ;;
    *training*)
        OUTPUT_DIR=pre EXTRA="--num_train_steps=2 --max_eval_steps=2 --threads=1" "$recipes/google/pretraining.sh" >out 2>err && grep -q '^masked_lm_accuracy = ' pre/eval_results.txt ;;
    *Cambricon*)
        BERT_MODEL="$google/model" EXTRA="$short --num_train_steps=2" "$recipes/cambricon/BERT_FP32_2E_4MLUs_Train.sh" >out 2>err &&
            BERT_INFER_MODEL=results/cambricon EXTRA="$short" "$recipes/cambricon/BERT_Infer.sh" >out 2>err && cmp -s results/cambricon/scores.json results/cambricon_infer/scores.json ;;
    esac
    if [ $? = 0 ]; then pass "$name"; else fail "$name" "it fails"; tail -n 5 err; fi
done
finish
