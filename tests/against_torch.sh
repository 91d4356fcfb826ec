#!/bin/sh
# against_torch.sh - fine-tunes the same model on the same data with run_classifier and with PyTorch, over several seeds, and compares
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   AGAINST_TORCH=1 PYTHON=venv/bin/python MODEL=examples/minilm DATA=../shared/data sh tests/against_torch.sh [MRPC] [SST-2] [STS-B]
#
# SEEDS="1 2 3 4 5"   PRECISION=f32 or bf16 (PyTorch: autocast)   THREADS=2.   It takes an hour or more, so it is skipped without
# AGAINST_TORCH=1, and wants a machine that does nothing else: the two take turns, seed by seed. AdamW, batch 32, rate 1e-4, warm-up
# 10 %, linear decay, weight decay 0.01, clipped at 1.0, 128 tokens. Passes if our mean is no lower than theirs less two standard
# errors of the difference. Means, deviations and processor times are printed; our folders stay in against_torch/.
. "$(dirname "$0")/sh.inc"

PYTHON=${PYTHON:-python3} MODEL=${MODEL:-$top/examples/minilm} DATA=${DATA:-$top/../shared/data} SEEDS=${SEEDS:-1 2 3 4 5} PRECISION=${PRECISION:-f32} THREADS=${THREADS:-2}
tool=$top/tools/bin${V:+/$V}/run_classifier
cases="MRPC SST-2 STS-B"
why=
[ "${AGAINST_TORCH:-}" = 1 ] || why="takes an hour; AGAINST_TORCH=1 runs it"
[ -n "$why" ] || "$PYTHON" -c "import torch, transformers" 2>/dev/null || why="no Python with torch and transformers"
[ -n "$why" ] || [ -x "$tool" ] || why="$tool is not built (make -C tools)"
[ -n "$why" ] || [ -d "$MODEL" ] || why="no model in $MODEL (make -C examples minilm)"
[ -n "$why" ] || [ -d "$DATA/MRPC" ] || why="no data in $DATA"
if [ -n "$why" ]; then
    for c in $cases; do wanted "$c" && skip "$c" "$why"; done
    finish
fi
out=$PWD/against_torch
mkdir -p "$out" || exit 1

cat >"$tmp/peer.py" <<'EOF2'
import sys, time, random, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup
task, data, model_dir, seed, precision, threads = sys.argv[1:7]
torch.set_num_threads(int(threads))
columns = {"MRPC": ("train.tsv", 3, 4, 0, 3, 2), "SST-2": ("train-10k.tsv", 0, None, 1, 1, 2), "STS-B": ("train.tsv", 7, 8, 9, 3, 1)}
train_file, a, b, label, epochs, labels = columns[task]
def read(name):
    rows = [line.split("\t") for line in open(f"{data}/{task}/{name}", encoding="utf-8-sig").read().split("\n")[1:] if line]
    return [(r[a], r[b] if b is not None else None, float(r[label]) if labels == 1 else int(r[label])) for r in rows]
train, dev = read(train_file), read("dev.tsv")
random.seed(int(seed)); torch.manual_seed(int(seed))
tokenizer = AutoTokenizer.from_pretrained(model_dir)
model = AutoModelForSequenceClassification.from_pretrained(model_dir, num_labels=labels)
def encode(rows):
    second = [r[1] for r in rows] if b is not None else None
    x = tokenizer([r[0] for r in rows], second, truncation=True, max_length=128, padding=True, return_tensors="pt")
    return x, torch.tensor([r[2] for r in rows], dtype=torch.float if labels == 1 else torch.long)
plain = ("bias", "LayerNorm.weight")
named = list(model.named_parameters())
optimizer = torch.optim.AdamW([{"params": [p for n, p in named if not n.endswith(plain)], "weight_decay": 0.01},
                               {"params": [p for n, p in named if n.endswith(plain)], "weight_decay": 0.0}], lr=1e-4)
steps = int(len(train) / 32 * epochs)
schedule = get_linear_schedule_with_warmup(optimizer, int(steps * 0.1), steps)
auto = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
start = time.process_time()
model.train()
order, step = [], 0
while step < steps:
    if len(order) < 32:
        more = list(range(len(train))); random.shuffle(more); order += more
    rows, order = [train[i] for i in order[:32]], order[32:]
    x, y = encode(rows)
    with auto: loss = model(**x, labels=y).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step(); schedule.step(); optimizer.zero_grad(); step += 1
model.eval()
guess, want = [], []
with torch.no_grad(), auto:
    for i in range(0, len(dev), 32):
        x, y = encode(dev[i:i + 32])
        z = model(**x).logits.float()
        guess += (z[:, 0] if labels == 1 else z.argmax(-1)).tolist(); want += y.tolist()
if labels == 1:
    g, w = torch.tensor(guess), torch.tensor(want)
    score = float(torch.corrcoef(torch.stack([g, w]))[0, 1])
else: score = sum(g == w for g, w in zip(guess, want)) / len(dev)
print(score, time.process_time() - start)       # without the imports
EOF2

# Seconds of processor time of a command, in $took; its output in $tmp/said.
timed() {
    times >"$tmp/times"
    before_=$(sed -n 2p "$tmp/times" | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }')
    "$@" >"$tmp/said" 2>"$tmp/log" || return 1
    times >"$tmp/times"
    took=$(sed -n 2p "$tmp/times" | tr 'ms' '  ' | awk -v b="$before_" '{ print $1 * 60 + $2 + $3 * 60 + $4 - b }')
}
compare() {
    task=$1 epochs=$2 file=$3 key=$4
    wanted "$task" || return 0
    : >"$tmp/$task"
    for seed in $SEEDS; do
        dir=$out/$task-$PRECISION-$seed
        timed "$tool" --task_name="$task" --do_train --do_eval --train_file="$DATA/$task/$file" --eval_file="$DATA/$task/dev.tsv" --init_checkpoint="$MODEL" --output_dir="$dir" --overwrite --optimizer=adamw \
            --learning_rate=1e-4 --train_batch_size=32 --num_train_epochs="$epochs" --max_seq_length=128 --precision="$PRECISION" --threads="$THREADS" --seed="$seed" || { fail "$task" "run_classifier, seed $seed"; tail -n 3 "$tmp/log"; return 0; }
        ours=$took
        score=$(awk -v k="$key" '$1 == k { print $3 }' "$dir/eval_results.txt")
        "$PYTHON" "$tmp/peer.py" "$task" "$DATA" "$MODEL" "$seed" "$PRECISION" "$THREADS" >"$tmp/said" 2>"$tmp/log" || { fail "$task" "PyTorch, seed $seed"; tail -n 3 "$tmp/log"; return 0; }
        echo "$seed $score $ours $(tail -n 1 "$tmp/said")" | tee -a "$tmp/$task" | awk -v t="$task" '{ printf "     | %s seed %s: %.4f in %.0f s of processor time; PyTorch %.4f in %.0f s\n", t, $1, $2, $3, $4, $5 }'
    done
    awk '{ n++; a += $2; b += $4; aa += $2 * $2; bb += $4 * $4; s += $3; t += $5 }
         END { if (n < 1) exit 1; ma = a / n; mb = b / n; va = n > 1 ? (aa - n * ma * ma) / (n - 1) : 0; vb = n > 1 ? (bb - n * mb * mb) / (n - 1) : 0; se = sqrt((va > 0 ? va : 0) / n + (vb > 0 ? vb : 0) / n)
               printf "     | mean %.4f (sd %.4f), PyTorch %.4f (sd %.4f); bound %.4f; processor time %.0f s and %.0f s: %.2f times\n", ma, sqrt(va > 0 ? va : 0), mb, sqrt(vb > 0 ? vb : 0), mb - 2 * se, s / n, t / n, t / s
               exit !(ma >= mb - 2 * se) }' "$tmp/$task"
    if [ $? = 0 ]; then pass "$task, $PRECISION"; else fail "$task, $PRECISION" "our mean is lower than theirs by more than two standard errors"; fi
}
compare MRPC 3 train.tsv eval_accuracy
compare SST-2 1 train-10k.tsv eval_accuracy
compare STS-B 3 train.tsv eval_pearson
finish
