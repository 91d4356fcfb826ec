#!/bin/sh
# workers.sh - how long steps of several workers take over links of a known rate, and what `plan --workers` says beforehand
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   WORKERS=1 sh tests/workers.sh            as root, on Linux with ip, tc and Open MPI; a machine that does nothing else, half a minute
#
# Each worker gets a network of its own, tied to a bridge by a link of RATE=1gbit both ways, as if it were a machine. They share the
# processors: so "alone" is the step of one worker while as many others compute beside it without exchanging anything. The bandwidth that
# two workers really have follows from their step (plan --measured); with it plan foretells all others. Passes within TOLERANCE=0.2.
. "$(dirname "$0")/sh.inc"
bin=$top/tools/bin${V:+/$V} mpi=$top/tools/bin/workers
: "${RATE:=1gbit}" "${TOLERANCE:=0.2}" "${STEPS:=10}"
why=
[ "${WORKERS:-}" = 1 ] || why="measures; WORKERS=1 runs it"
[ -n "$why" ] || [ "$(id -u)" = 0 ] || why="needs root, for networks of its own"
for program in ip tc mpirun; do [ -n "$why" ] || have $program || why="no $program"; done
[ -n "$why" ] || [ -x "$mpi/run_pretraining" ] || why="$mpi/run_pretraining is not built (make -C tools MPI=1 V=workers bin/workers/run_pretraining)"
[ -n "$why" ] || [ -x "$bin/plan" ] && [ -x "$bin/create_pretraining_data" ] && [ -x "$bin/learn_vocab" ] || why="${why:-plan, create_pretraining_data or learn_vocab is not built}"
[ -n "$why" ] || { ip netns add "bert$$" 2>"$tmp/err" && ip netns del "bert$$"; } || why="no network namespaces here"
names="2 workers|4 workers|8 workers|4 workers, bf16|2 workers, another model|2 workers, in two parts"
if [ -n "$why" ]; then
    IFS='|'
    for name in $names; do wanted "$name" && skip "$name" "$why"; done
    finish
fi
[ -z "$list" ] || { IFS='|'; for name in $names; do wanted "$name"; done; finish; }
cd "$tmp" || exit 1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
"$bin/learn_vocab" --input_file="$top/README.md" --vocab_size=3000 --output_file=vocab.txt 2>err && "$bin/create_pretraining_data" --input_file="$top/README.md" --vocab_file=vocab.txt --output_file=data.record --max_seq_length=64 \
    --max_predictions_per_seq=10 --short_seq_prob=0 --quiet 2>err || { fail "data" "is not made"; show err; finish; }
config() { echo "{ \"hidden_size\": $2, \"num_hidden_layers\": $1, \"num_attention_heads\": $(($2 / 64)), \"intermediate_size\": $(($2 * 4)), \"vocab_size\": 8000, \"max_position_embeddings\": 512, \"type_vocab_size\": 2, \"hidden_act\": \"gelu\" }" >"$1x$2.json"; }
config 4 256; config 2 512
network=bert$$
networks_down() { for n_ in $(ip netns list | awk -v p="^$network" '$1 ~ p { print $1 }'); do ip netns del "$n_"; done; }
trap 'networks_down; rm -rf "$tmp"' EXIT
networks_up() {
    ip netns add $network.s && ip -n $network.s link add bridge type bridge && ip -n $network.s link set bridge up || return 1
    for k in $(seq "$1"); do
        ip netns add $network.$k && ip -n $network.$k link set lo up && ip -n $network.s link add w$k type veth peer name eth0 netns $network.$k && ip -n $network.s link set w$k master bridge up &&
            ip -n $network.$k addr add 10.99.0.$k/24 dev eth0 && ip -n $network.$k link set eth0 up && tc -n $network.$k qdisc add dev eth0 root tbf rate "$RATE" burst 256kb latency 100ms &&
            tc -n $network.s qdisc add dev w$k root tbf rate "$RATE" burst 256kb latency 100ms || return 1
    done
}
printf '#!/bin/sh\nhost=$1; shift\nexec ip netns exec %s.${host##*.} sh -c "$*"\n' $network >agent && chmod +x agent
# The median step of a training, the first two left out.
median() { sed -n 's/.*"seconds": \([0-9.]*\)}.*/\1/p' "$1/log.jsonl" | awk 'NR > 1 { print $1 - p } { p = $1 }' | sed 1,2d | sort -n | awk '{ a[NR] = $1 } END { if (!NR) exit 1; print a[int((NR + 1) / 2)] }'; }
# steps N MODEL BATCH_OF_EACH FLAGS...: sets $alone and $together
steps() {
    n=$1 flags="--input_file=data.record --bert_config_file=$2.json --do_train --max_seq_length=64 --max_predictions_per_seq=10 --num_train_steps=$STEPS --num_warmup_steps=2 --optimizer=adamw --log_steps=1000 --threads=1" each=$3
    shift 3
    rm -rf alone.* together
    for k in $(seq "$n"); do "$mpi/run_pretraining" $flags --train_batch_size="$each" --output_dir=alone.$k "$@" >out.$k 2>&1 & done
    wait
    alone=$(for k in $(seq "$n"); do median alone.$k || exit 1; done | awk '{ s += $1 } END { print s / NR }')
    networks_up "$n" || return 1
    for try in 1 2 3; do                            # the processes that start the others now and then meet in one folder
        ip netns exec $network.1 mpirun --mca plm_rsh_agent "$tmp/agent" --mca btl self,tcp --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 --prefix "$(dirname "$(dirname "$(command -v mpirun)")")" -np "$n" \
            --host "$(seq -s, -f 10.99.0.%g "$n")" "$mpi/run_pretraining" $flags --train_batch_size=$((each * n)) --output_dir=together "$@" >out 2>&1 && break
    done
    networks_down
    together=$(median together) || { show out; return 1; }
}
# foretold MODEL N FLAGS...: what plan says
foretold() { "$bin/plan" --bert_config_file "$1.json" --mode training --learn pretraining --batch 1 --length 64 --workers "$2" --bandwidth "$bandwidth" --step_seconds "$alone" --format json "${3:---latency=20e-6}" "${4:---latency=20e-6}" | sed 's/.*"step": \([^,]*\),.*/\1/'; }
compare() {
    name=$1 n=$2 model=$3 each=$4 plan1=$5 plan2=$6
    shift 6
    wanted "$name" || return 0
    steps "$n" "$model" "$each" "$@" || { fail "$name" "no steps"; return 0; }
    said=$(foretold "$model" "$n" $plan1 $plan2)
    echo "$said $together $alone" | awk -v n="$name" -v t="$TOLERANCE" '{ d = $1 / $2 - 1; printf "     | %-26s alone %.3f s, together %.3f, foretold %.3f: %+.0f %%\n", n, $3, $2, $1, 100 * d; exit !(d < t && d > -t) }' && pass "$name" || fail "$name" "foretold $said s, measured $together"
}
steps 2 4x256 8 || { fail "2 workers" "no steps"; finish; }
bandwidth=$("$bin/plan" --bert_config_file 4x256.json --mode training --learn pretraining --batch 8 --length 64 --workers 2 --measured "2:$together" --step_seconds "$alone" --format json | sed 's/.*"bandwidth": \([^,]*\),.*/\1/')
echo "     | $RATE: two workers, alone $alone s, together $together s: $bandwidth bytes a second"
compare "2 workers" 2 4x256 8 "" ""
compare "4 workers" 4 4x256 4 "" ""
compare "8 workers" 8 4x256 2 "" ""
compare "4 workers, bf16" 4 4x256 4 --allreduce_bf16 "" --allreduce_bf16
compare "2 workers, another model" 2 2x512 4 "" ""
compare "2 workers, in two parts" 2 4x256 32 --parts=2 "" --accumulate=2
finish
