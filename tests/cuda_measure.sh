#!/bin/sh
# cuda_measure.sh - bert_cuda.h on a real GPU: the tests there, compute-sanitizer, and its speed beside PyTorch's, as a table
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   MEASURE=1 PYTHON=python3 sh tests/cuda_measure.sh [tests] [sanitizer] [speed]
#   MEASURE=1 PART="large 384" sh tests/cuda_measure.sh speed       only the lines of the table with that in their names: where a machine is lent
#                                                                   for minutes, one piece at a time; the table keeps the others
#
# PYTHON has torch with CUDA and transformers (without: our numbers alone). SECONDS_EACH=3 a measurement, RATE=989 the GPU's bf16 TFLOP/s
# without sparsity (H200, H100 SXM), CUDA_ARCH=90 what is compiled for (default: what nvidia-smi says). Half an hour, most of it torch.compile. Each
# line of the table is a case: it passes where it reaches what is wanted. The table stays in cuda_measure.md. Nothing takes more than LIMIT=900 seconds.
#
# Both sides get ids in the host's memory and give what is wanted of them in the host's memory: the mean of the rows of each sequence, or the
# loss of every eighth step. PyTorch: transformers' BERT with attn_implementation="sdpa" in bf16, plain, compiled, and compiled with CUDA
# graphs (reduce-overhead), the fastest counts; lengths that differ go sorted in padded batches; pre-training computes words only where they are
# masked; AdamW is the fused one; beside fp8 it computes in bf16, and nothing is wanted there. Ours and theirs take turns, and ours is measured again behind theirs.
#
# Without MEASURE=1: the whole path of it with a tiny model on the processor, a second long, so that it is known to work.
. "$(dirname "$0")/sh.inc"
NVCC=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)} PYTHON=${PYTHON:-python3} RATE=${RATE:-989}
table=$PWD/cuda_measure.md
[ "${MEASURE:-}" = 1 ] || table=$tmp/table.md

# name | kind | model | sequences | length | times PyTorch's speed | sequences a second at least | percent of RATE at least
lines="base 128, one at a time|infer|base|1|128|2||
base 384, one at a time|infer|base|1|384|2||
large 128, one at a time|infer|large|1|128|2||
large 384, one at a time|infer|large|1|384|2||
base 128, batch 32|infer|base|32|128|1.3||
base 128, batch 256|infer|base|256|128|1.3||
base 384, batch 32|infer|base|32|384|1.3||
base 384, batch 256|infer|base|256|384|1.3||
large 128, batch 32|infer|large|32|128|1.3||
large 128, batch 256|infer|large|256|128|1.3||
large 384, batch 32|infer|large|32|384|1.3|2000|
large 384, batch 256|infer|large|256|384|1.3|2000|
base, lengths of a text to 128|mix|base|256|128|2||
base, lengths of a text to 384|mix|base|256|384|2||
large, lengths of a text to 128|mix|large|256|128|2||
large, lengths of a text to 384|mix|large|256|384|2||
base 384, batch 256, fp8|fp8|base|256|384|||
large 384, batch 256, fp8|fp8|large|256|384|||
large, pre-training 128|pretraining|large|128|128|1.2|1840|45
large, SQuAD 384|squad|large|32|384|1.2|350|"
limit="timeout ${LIMIT:-900}"
have timeout || limit=
device=cuda,bf16 seconds=${SECONDS_EACH:-3} bin=$top/tools/bin/cuda torch=cuda
if [ "${MEASURE:-}" != 1 ]; then
    lines="tiny, one at a time|infer|tiny|1|16|0.001||
tiny, batch 3|infer|tiny|3|16|0.001|0.001|
tiny, lengths of a text|mix|tiny|12|24|0.001||
tiny, fp8|fp8|tiny|3|16|||
tiny, pre-training|pretraining|tiny|2|16|0.001|0.001|0.000001
tiny, SQuAD|squad|tiny|2|16|0.001|0.001|
tiny, out of reach|infer|tiny|1|16|1000000|1e12|"
    device=cpu seconds=0.01 bin=$top/tools/bin${V:+/$V} torch=cpu
fi

# Lengths as a text has them: the words of lines of the README, 1.4 tokens each, and two more; to 384: of four lines at once.
lengths() {                             # SEQUENCES LONGEST
    awk -v n="$1" -v most="$2" 'NF > 3 && !/^[|`#]/ { w += NF; if (++k < (most > 200 ? 4 : 1)) next; t = int(w * 1.4) + 2; w = k = 0; if (t > most) t = most; x[++c] = t }
        END { for (i = 1; i <= n; i++) printf "%s%d", (i > 1 ? "," : ""), x[(i - 1) % c + 1]; print "" }' "$top/README.md"
}
value() { sed -n "s/.*\"$1\": \\([-0-9.e+]*\\).*/\\1/p"; }
# Sequences a second, and GFLOP/s, of one of ours.
ours() {
    case $kind in
    infer | fp8) set -- infer --vectors --batch "$n" --seq "$length" ;;
    mix) set -- infer --vectors --lengths "$(lengths "$n" "$length")" ;;
    *) set -- train --learn "$kind" --batch "$n" --seq "$length" ;;
    esac
    on=$device
    [ "$kind" != fp8 ] || on=${device%,bf16}$([ "$device" = cpu ] || echo ,fp8)
    $limit "$bin/bench" "$@" --model "$model" --device="$on" --seconds "$seconds" 2>"$tmp/err" | tail -n 1 >"$tmp/json"
    ms=$(value min_ms <"$tmp/json")
    [ -n "$ms" ] || { cat "$tmp/err" >&2; return 1; }
    awk -v n="$n" -v ms="$ms" -v g="$(value gflops <"$tmp/json")" 'BEGIN { printf "%.6g %.6g\n", n / ms * 1000, g }'
}

cat >"$tmp/peer.py" <<'EOF2'
import sys, time, gc, torch, transformers
from transformers import BertConfig, BertModel, BertForPreTraining, BertForQuestionAnswering
device, seconds = sys.argv[1], float(sys.argv[2])
torch.set_num_threads(1)
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
sizes = {"tiny": (2, 128), "base": (12, 768), "large": (24, 1024)}
def sync():
    if device == "cuda": torch.cuda.synchronize()
def best(call, count):
    for _ in range(4): call()
    sync()
    least, end = 1e30, time.perf_counter() + seconds
    while time.perf_counter() < end or least == 1e30:
        start = time.perf_counter()
        for _ in range(count): call()
        sync()
        least = min(least, (time.perf_counter() - start) / count)
    return least
def infer(config, lengths):
    model = BertModel(config, add_pooling_layer=False).eval().to(device, torch.bfloat16)
    batches, order = [], sorted(lengths)
    while order:
        take, order = order[:64 if len(set(lengths)) > 1 else len(order)], order[64 if len(set(lengths)) > 1 else len(order):]
        ids = torch.randint(0, config.vocab_size, (len(take), max(take)))
        mask = None if min(take) == max(take) else torch.tensor([[int(k < n) for k in range(max(take))] for n in take])
        batches.append((ids, mask))
    def vectors(run, ids, mask):
        ids = ids.to(device, non_blocking=True)
        if mask is None: return run(input_ids=ids).last_hidden_state.float().mean(1).cpu()
        mask = mask.to(device, non_blocking=True)
        rows = run(input_ids=ids, attention_mask=mask).last_hidden_state.float() * mask[..., None]
        return (rows.sum(1) / mask.sum(1, keepdim=True)).cpu()
    def call(run):
        with torch.inference_mode():
            for ids, mask in batches: vectors(run, ids, mask)
    mixed = len(batches) > 1 or batches[0][1] is not None
    ways = {"plain": lambda: model, "compiled": lambda: torch.compile(model, dynamic=mixed)}
    if not mixed: ways["graphs"] = lambda: torch.compile(model, mode="reduce-overhead")
    for name, make in ways.items():
        run = make()
        yield name, lambda: call(run), 1
def train(config, kind, n, length):
    squad = kind == "squad"
    model = (BertForQuestionAnswering if squad else BertForPreTraining)(config).train().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=device == "cuda")
    ids = torch.randint(0, config.vocab_size, (n, length))
    words = (length * 15 + 99) // 100
    rows = torch.tensor([i * length + k * length // words for i in range(n) for k in range(words)])
    ends = torch.arange(n) % 2
    def loss_of(ids, rows, labels, ends):
        with torch.autocast(device, torch.bfloat16):
            if squad: return model(input_ids=ids, start_positions=ends, end_positions=ends).loss
            out = model.bert(input_ids=ids)
            z = model.cls.predictions(out[0].reshape(-1, config.hidden_size)[rows])
            y = model.cls.seq_relationship(out[1])
            return torch.nn.functional.cross_entropy(z.float(), labels) + torch.nn.functional.cross_entropy(y.float(), ends)
    for name, make in {"plain": lambda: loss_of, "compiled": lambda: torch.compile(loss_of)}.items():
        run, done = make(), [0]
        def step():
            i = ids.to(device, non_blocking=True)
            r, e = rows.to(device, non_blocking=True), ends.to(device, non_blocking=True)
            loss = run(i, r, i.reshape(-1)[r], e)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step(); optimizer.zero_grad()
            done[0] += 1
            if done[0] % 8 == 0: loss.item()
        yield name, step, 8 if device == "cuda" else 1
for line in sys.stdin:
    kind, size, n, length, lengths = line.split()
    layers, hidden = sizes[size]
    config = BertConfig(num_hidden_layers=layers, hidden_size=hidden, num_attention_heads=hidden // 64, intermediate_size=4 * hidden, attn_implementation="sdpa", hidden_act="gelu_new")
    found = {}
    try:
        for name, call, count in train(config, kind, int(n), int(length)) if kind in ("pretraining", "squad") else infer(config, [int(k) for k in lengths.split(",")]):
            try:
                found[name] = int(n) / best(call, count)
            except Exception as e: print(f"{size} {kind} {name}: {e}", file=sys.stderr)
    except Exception as e: print(f"{size} {kind}: {e}", file=sys.stderr)
    print(" ".join(f"{k}={v:.6g}" for k, v in found.items()) or "none", flush=True)
    call = found = None
    gc.collect()
    torch.compiler.reset()
    if device == "cuda": torch.cuda.empty_cache()
EOF2

# One line of the table, which is a case.
line() {
    first=$(ours 2>&1) || { fail "$name" "bench failed"; echo "$first" | sed 's/^/     | /'; return; }
    peers=none
    if [ -n "$have_torch" ]; then
        case $kind in mix) list_=$(lengths "$n" "$length") ;; *) list_=$(awk -v n="$n" -v l="$length" 'BEGIN { for (i = 1; i <= n; i++) printf "%s%d", (i > 1 ? "," : ""), l; print "" }') ;; esac
        echo "$kind $model $n $length $list_" | $limit "$PYTHON" "$tmp/peer.py" "$torch" "$seconds" >"$tmp/peer" 2>"$tmp/peer.err"
        peers=$(tail -n 1 "$tmp/peer")
        [ -n "$peers" ] && [ "$peers" != none ] || { peers=none; sed 's/^/     | /' "$tmp/peer.err" | tail -n 5; }
    fi
    second=$(ours 2>/dev/null) || second=$first
    said=$(printf '%s\n%s\n' "$first" "$second" | awk -v peers="$peers" -v times="$times" -v floor="$floor" -v percent="$percent" -v rate="$RATE" '
        $1 > best { best = $1; gflops = $2 }
        function part(k,  a, m, i, b) { m = split(peers, a, " "); for (i = 1; i <= m; i++) { split(a[i], b, "="); if (b[1] == k) return b[2] + 0 } return 0 }
        END {
            split("plain compiled graphs", names, " ")
            for (i = 1; i <= 3; i++) { x[i] = part(names[i]); if (x[i] > most) most = x[i] }
            share = gflops / rate / 10
            verdict = "reached"
            if (times && !most) verdict = "no PyTorch"
            if ((times && most && best < times * most) || (floor && best < floor) || (percent && share < percent)) verdict = "missed"
            wants = times ? times " times" : ""
            if (floor) wants = wants ", " floor "/s"
            if (percent) wants = wants ", " percent " %"
            printf "%.5g | %.1f | %s | %s | %s | %s | %s | %s\n", best, share, x[1] ? sprintf("%.5g", x[1]) : "-", x[2] ? sprintf("%.5g", x[2]) : "-", x[3] ? sprintf("%.5g", x[3]) : "-", most ? sprintf("%.2f", best / most) : "-", wants, verdict
        }')
    grep -v "^| $name |" "$table" >"$tmp/table.new"
    echo "| $name | $said |" >>"$tmp/table.new"
    cat "$tmp/table.new" >"$table"
    case $said in
    *reached) pass "$name" ;;
    *"no PyTorch") skip "$name" "no PyTorch to compare with: $said" ;;
    *) fail "$name" "$said" ;;
    esac
}
speed() {
    [ -s "$table" ] || {
        echo "| sequences a second | ours | % of $RATE TFLOP/s | PyTorch | compiled | with graphs | ours / fastest | wanted | |"
        echo "|---|---|---|---|---|---|---|---|---|"
    } >"$table"
    printf '%s\n' "$lines" >"$tmp/lines"
    while IFS='|' read -r name kind model n length times floor percent <&3; do
        case $name in *"${PART:-}"*) line ;; esac
    done 3<"$tmp/lines"
    sed 's/^/     /' "$table"
}
have_torch=
if [ "${MEASURE:-}" = 1 ] || [ "${MEASURE_TORCH:-}" = 1 ]; then "$PYTHON" -c "import sys, torch, transformers; sys.exit('$torch' == 'cuda' and not torch.cuda.is_available())" 2>/dev/null && have_torch=1; fi

if [ "${MEASURE:-}" != 1 ]; then
    cases="the path of it, on the processor|tests on a GPU|compute-sanitizer|the table"
    IFS='|'
    for c in $cases; do
        unset IFS
        wanted "$c" || continue
        if [ "$c" = "the path of it, on the processor" ]; then
            ( passed=0 failed=0 skipped=0; speed; echo "$passed $failed $skipped" >"$tmp/sum" ) >"$tmp/out" 2>&1
            # all lines are there with numbers; what cannot be reached is missed, what there is nothing to compare with is skipped
            rows=$(grep -c '^| tiny, .* | [0-9.e+]* | [0-9.]* | ' "$table") missed=$(grep -c 'missed |$' "$table")
            want="1 1 5"; [ -z "$have_torch" ] || want="6 1 0"
            if [ "$rows" = 7 ] && [ "$missed" = 1 ] && [ "$(cat "$tmp/sum")" = "$want" ]; then pass "$c"; else fail "$c" "$rows lines, $missed missed, $(cat "$tmp/sum")"; show "$tmp/out"; fi
            [ -z "$have_torch" ] || cat "$table"
        else skip "$c" "needs a GPU and half an hour: MEASURE=1"; fi
    done
    finish
fi

# ---- on a GPU ----

what="${*:-tests sanitizer speed}" filters=
nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader || { fail "a GPU" "nvidia-smi finds none"; finish; }
CUDA_ARCH=${CUDA_ARCH:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)}
build() { $MAKE --no-print-directory -C "$top/$1" CUDA=1 V=cuda NVCC="$NVCC" CUDA_ARCH="$CUDA_ARCH" "$2" >"$tmp/make" 2>&1 || { fail "$2" "it does not build"; tail -n 20 "$tmp/make"; finish; }; }
# The cases of a program count as its own.
run_device() {
    $limit "$@" >"$tmp/device" 2>&1
    status_=$?
    grep -v '^ok ' "$tmp/device"
    sum_=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$tmp/device" | tail -n 1)
    if [ $status_ = 0 ] && [ -n "$sum_" ]; then pass "$*: $sum_"; else fail "$*" "exit status $status_"; tail -n 20 "$tmp/device"; fi
}
case $what in *tests*)
    build tests bin/cuda/cuda_device
    run_device "$top/tests/bin/cuda/cuda_device"
    build tests bin/cuda/cuda_golden_device
    (cd "$top/tests" && run_device bin/cuda/cuda_golden_device; echo "$passed $failed" >"$tmp/counts"); read -r passed failed <"$tmp/counts" ;;
esac
case $what in *sanitizer*)
    build tests bin/cuda/cuda_device
    sanitizer=$(command -v compute-sanitizer || echo "$(dirname "$NVCC")/compute-sanitizer")
    for t in memcheck racecheck synccheck initcheck; do
        if have "$sanitizer"; then run_device "$sanitizer" --tool $t --error-exitcode 9 "$top/tests/bin/cuda/cuda_device"; else skip "$t" "there is no compute-sanitizer"; fi
    done ;;
esac
case $what in *speed*)
    build tools bin/cuda/bench
    speed ;;
esac
finish
