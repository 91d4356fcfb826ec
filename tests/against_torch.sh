#!/bin/sh
# against_torch.sh - fine-tunes the same model on the same data with run_classifier and with PyTorch, over several seeds, and compares; pre-trains likewise
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   AGAINST_TORCH=1 PYTHON=venv/bin/python MODEL=examples/minilm DATA=../shared/data sh tests/against_torch.sh [MRPC] [SST-2] [STS-B] [scratch]
#
# SEEDS="1 2 3 4 5"   PRECISION=f32 or bf16 (PyTorch: autocast)   THREADS=2.   It takes an hour or more, so it is skipped without
# AGAINST_TORCH=1, and wants a machine that does nothing else: the two take turns, seed by seed. AdamW, batch 32, rate 1e-4, warm-up
# 10 %, linear decay, weight decay 0.01, clipped at 1.0, 128 tokens. Passes if our mean is no lower than theirs less two standard
# errors of the difference. Means, deviations and processor times are printed; our folders stay in against_torch/.
# scratch: run_pretraining from random weights (the same ones there) on RACE's articles: LAYERS=4 HIDDEN=256, STEPS=1000 of BATCH=32 times
# LENGTH=64 tokens, AdamW, rate 5e-4. Passes if the masked-LM loss on other articles is within 1 % of theirs, and no higher after as much
# processor time as theirs took. The loss curves of both, by steps and by processor time: against_torch/scratch/curves.svg.
. "$(dirname "$0")/sh.inc"

PYTHON=${PYTHON:-python3} MODEL=${MODEL:-$top/examples/minilm} DATA=${DATA:-$top/../shared/data} SEEDS=${SEEDS:-1 2 3 4 5} PRECISION=${PRECISION:-f32} THREADS=${THREADS:-2}
tool=$top/tools/bin${V:+/$V}/run_classifier
cases="MRPC SST-2 STS-B scratch"
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

# ---- pre-training from scratch ----

cat >"$tmp/scratch.py" <<'EOF2'
# Instances from TFRecord files, in their order, round and round; transformers' BertForPreTraining from our first weights.
import sys, time, struct, glob, json, torch
from transformers import BertConfig, BertForPreTraining, get_linear_schedule_with_warmup
folder, files, held_out, steps, batch, warmup, rate, threads, precision, curves = sys.argv[1:11]
torch.set_num_threads(int(threads)); torch.manual_seed(1)
steps, batch = int(steps), int(batch)
def varint(b, i):
    v = shift = 0
    while True:
        c = b[i]; i += 1; v |= (c & 127) << shift; shift += 7
        if c < 128: return v, i
def fields(b):
    i = 0
    while i < len(b):
        key, i = varint(b, i)
        assert key & 7 == 2
        n, i = varint(b, i)
        yield key >> 3, b[i:i + n]
        i += n
def numbers(b):
    for kind, lists in fields(b):
        for _, packed in fields(lists):
            if kind == 2: return list(struct.unpack("<%df" % (len(packed) // 4), packed))
            out, i = [], 0
            while i < len(packed): v, i = varint(packed, i); out.append(v)
            return out
def read(pattern):
    rows = []
    for name in sorted(glob.glob(pattern)):
        data, i = open(name, "rb").read(), 0
        while i < len(data):
            n, = struct.unpack_from("<Q", data, i)
            example = {}
            for _, features in fields(data[i + 12:i + 12 + n]):
                for _, entry in fields(features):
                    pair = dict(fields(entry))
                    example[pair[1].decode()] = numbers(pair[2])
            rows.append(example); i += n + 16
    return rows
def tensors(rows):
    t = lambda k: torch.tensor([r[k] for r in rows])
    labels = torch.full(t("input_ids").shape, -100)
    for k, r in enumerate(rows):
        for p, w, id in zip(r["masked_lm_positions"], r["masked_lm_weights"], r["masked_lm_ids"]):
            if w: labels[k, p] = id
    return dict(input_ids=t("input_ids"), attention_mask=t("input_mask"), token_type_ids=t("segment_ids"), labels=labels, next_sentence_label=t("next_sentence_labels")[:, 0])
config = BertConfig(**json.load(open(folder + "/config.json")))
config._attn_implementation = "sdpa"
model = BertForPreTraining(config)
state = torch.load(folder + "/pytorch_model.bin", weights_only=True)
missing, unexpected = model.load_state_dict(state, strict=False)
assert not [m for m in missing if "position_ids" not in m and "decoder" not in m], missing
model.tie_weights()
plain = ("bias", "LayerNorm.weight")
named = list(model.named_parameters())
optimizer = torch.optim.AdamW([{"params": [p for n, p in named if not n.endswith(plain)], "weight_decay": 0.01}, {"params": [p for n, p in named if n.endswith(plain)], "weight_decay": 0.0}], lr=float(rate))
schedule = get_linear_schedule_with_warmup(optimizer, int(warmup), steps)
rows = read(files)
auto = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
curve = []
start = time.process_time()
model.train()
for step in range(steps):
    x = tensors([rows[(step * batch + i) % len(rows)] for i in range(batch)])
    with auto: out = model(**x)
    loss = out.loss
    curve.append(loss.item() - torch.nn.functional.cross_entropy(out.seq_relationship_logits.detach().float(), x["next_sentence_label"]).item())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step(); schedule.step(); optimizer.zero_grad()
    if step % 100 == 99: print("step", step, float(loss), file=sys.stderr)
took = time.process_time() - start
with open(curves, "w") as f: f.writelines("%d %g\n" % (i + 1, v) for i, v in enumerate(curve))
model.eval()
total = count = 0
rows = read(held_out)[:400]
with torch.no_grad(), auto:
    for i in range(0, len(rows), 8):
        x = tensors(rows[i:i + 8])
        z = model(x["input_ids"], attention_mask=x["attention_mask"], token_type_ids=x["token_type_ids"]).prediction_logits
        n = int((x["labels"] >= 0).sum())
        total += float(torch.nn.functional.cross_entropy(z.float().reshape(-1, z.shape[-1]), x["labels"].reshape(-1), reduction="sum")); count += n
print(total / count, took, len(rows))
EOF2
# The masked-LM loss of training, a running mean, of three runs: theirs, ours of as many steps, ours of as much processor time; as SVG.
# Beside each end stands the loss on the articles that were not trained on. draw OUR_LOSS OUR_LOSS_AT_EQUAL_TIME
draw() {
    awk -v steps="$STEPS" -v more="$more" -v their_time="$their_time" -v our_time="$our_time" -v t="$their_loss" -v a="$1" -v b="$2" -v title="$LAYERS layers, $HIDDEN wide, $BATCH x $LENGTH tokens a step, $PRECISION" '
        FNR == 1 { file++; mean = weight = 0; keep = 0.96 }
        { n[file]++; mean = keep * mean + (1 - keep) * $2; weight = keep * weight + (1 - keep); step[file, n[file]] = $1; loss[file, n[file]] = v = mean / weight
          if (!high || v > high) high = v; if (!low || v < low) low = v }
        function line(f, left, unit, whole, color,   i, every) {
            every = int(n[f] / 300) + 1
            printf "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", color
            for (i = 1; i <= n[f]; i++) if (i == 1 || i % every == 0 || i == n[f]) printf "%s%.1f %.1f", i == 1 ? "M" : "L", left + step[f, i] * unit / whole * 300, 60 + (high - loss[f, i]) / (high - low) * 240
            print "\"/>"
        }
        function panel(left, name, whole,   v, tick) {
            tick = whole > 2500 ? 1000 : whole > 1200 ? 500 : whole > 500 ? 200 : whole > 250 ? 100 : whole > 100 ? 50 : whole > 25 ? 10 : 2
            for (v = int(low + 1); v <= high; v++) printf "<path d=\"M%d %.1fh300\" class=\"g\"/><text x=\"%d\" y=\"%.1f\" class=\"e\">%d</text>\n", left, 60 + (high - v) / (high - low) * 240, left - 6, 64 + (high - v) / (high - low) * 240, v
            for (v = 0; v <= whole; v += tick) printf "<text x=\"%.1f\" y=\"318\" class=\"m\">%d</text>\n", left + v / whole * 300, v
            printf "<text x=\"%d\" y=\"338\" class=\"m\">%s</text>\n", left + 150, name
        }
        END {
            print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 392\" font-family=\"system-ui, sans-serif\" font-size=\"12\">"
            print "<style>.g{stroke:#8884;fill:none}.e{fill:#777;text-anchor:end}.m{fill:#777;text-anchor:middle}</style>\n<rect width=\"720\" height=\"392\" fill=\"#fff\"/>"
            printf "<text x=\"40\" y=\"26\" font-size=\"15\" font-weight=\"600\" fill=\"#222\">Masked-LM loss of pre-training: %s</text>\n", title
            whole = their_time > our_time * more / steps ? their_time : our_time * more / steps
            panel(40, "steps", steps); line(1, 40, 1, steps, "#dc2626"); line(2, 40, 1, steps, "#2563eb")
            panel(400, "seconds of processor time", whole); line(1, 400, their_time / steps, whole, "#dc2626"); line(3, 400, our_time / steps, whole, "#2563eb")
            printf "<text x=\"40\" y=\"364\" fill=\"#dc2626\">PyTorch: %.3f on other articles after %d steps, %.0f s</text>\n", t, steps, their_time
            printf "<text x=\"40\" y=\"382\" fill=\"#2563eb\">bert.h: %.3f after %d steps, %.0f s; %.3f after %d steps, as long as PyTorch (right)</text>\n</svg>\n", a, steps, our_time, b, more
        }' "$dir/theirs.curve" "$dir/equal_steps.curve" "$dir/equal_time.curve"
}
scratch() {
    : "${LAYERS:=4}" "${HIDDEN:=256}" "${STEPS:=1000}" "${BATCH:=32}" "${LENGTH:=64}" "${RATE:=5e-4}"
    bin=${tool%/*} dir=$out/scratch masks=$(((LENGTH * 15 + 99) / 100)) warmup=$((STEPS / 10))
    rm -rf "$dir" && mkdir -p "$dir" || return 1
    for split in dev test; do
        "$PYTHON" -c 'import json, sys; [print(json.dumps({"text": a["article"]})) for a in json.load(open(sys.argv[1]))]' "$DATA/RACE_middle/$split.json" >"$dir/$split.jsonl" &&
            "$bin/prepare_text" --input_file="$dir/$split.jsonl" --output_file="$dir/$split.txt" || return 1
    done
    "$bin/learn_vocab" --input_file="$dir/dev.txt" --output_file="$dir/vocab.txt" --vocab_size=8000 || return 1
    for split in dev test; do
        "$bin/create_pretraining_data" --input_file="$dir/$split.txt" --output_file="$dir/$split.record" --vocab_file="$dir/vocab.txt" --max_seq_length="$LENGTH" --max_predictions_per_seq=$masks --dupe_factor="$([ $split = dev ] && echo 10 || echo 1)" --quiet || return 1
    done
    echo "{ \"hidden_size\": $HIDDEN, \"num_hidden_layers\": $LAYERS, \"num_attention_heads\": $((HIDDEN / 64)), \"intermediate_size\": $((HIDDEN * 4)), \"vocab_size\": $(($(wc -l <"$dir/vocab.txt"))), \"max_position_embeddings\": 512, \"type_vocab_size\": 2, \"hidden_act\": \"gelu\", \"hidden_dropout_prob\": 0.1, \"attention_probs_dropout_prob\": 0.1, \"initializer_range\": 0.02 }" >"$dir/bert_config.json"
    # The first weights: those after a step of warm-up, whose rate is 0.
    "$bin/run_pretraining" --input_file="$dir/dev.record" --bert_config_file="$dir/bert_config.json" --output_dir="$dir/first" --do_train --train_batch_size=1 --max_seq_length="$LENGTH" --max_predictions_per_seq=$masks \
        --num_train_steps=1 --num_warmup_steps=10 --optimizer=adamw --export=pytorch || return 1
    "$PYTHON" "$tmp/scratch.py" "$dir/first/export" "$dir/dev.record" "$dir/test.record" "$STEPS" "$BATCH" "$warmup" "$RATE" "$THREADS" "$PRECISION" "$dir/theirs.curve" >"$dir/theirs" || return 1
    read -r their_loss their_time count <"$dir/theirs"
    pretrain() { "$bin/run_pretraining" --input_file="$dir/dev.record" --eval_file="$dir/test.record" --init_checkpoint="$dir/first" --output_dir="$dir/$1" $3 --train_batch_size="$BATCH" --max_seq_length="$LENGTH" \
        --max_predictions_per_seq=$masks --num_train_steps="$2" --num_warmup_steps=$(($2 / 10)) --learning_rate="$RATE" --optimizer=adamw --shuffle=0 --eval_batch_size=8 --max_eval_steps=$((count / 8)) --threads="$THREADS" --precision="$PRECISION"; }
    timed pretrain equal_steps "$STEPS" --do_train && pretrain equal_steps "$STEPS" --do_eval || return 1
    our_time=$took more=$(awk -v n="$STEPS" -v a="$their_time" -v b="$took" 'BEGIN { printf "%d", n * a / b }')
    timed pretrain equal_time "$more" --do_train && pretrain equal_time "$more" --do_eval || return 1
    for run in equal_steps equal_time; do sed -n 's/.*"step": \([0-9]*\),.*"masked_lm_loss": \([^,]*\),.*/\1 \2/p' "$dir/$run/log.jsonl" >"$dir/$run.curve"; done
    draw "$(awk '/^masked_lm_loss/ { print $3 }' "$dir/equal_steps/eval_results.txt")" "$(awk '/^masked_lm_loss/ { print $3 }' "$dir/equal_time/eval_results.txt")" >"$dir/curves.svg" || return 1
    awk -v steps="$STEPS" -v more="$more" -v t="$their_loss" -v tt="$their_time" -v ot="$our_time" '/^masked_lm_loss/ { o[++n] = $3 }
        END { printf "     | %d steps: masked-LM loss %.4f in %.0f s of processor time; PyTorch %.4f in %.0f s; as much time is %d steps: %.4f\n", steps, o[1], ot, t, tt, more, o[2]; d = (o[1] - t) / t; exit !(n == 2 && d < 0.01 && d > -0.01 && o[2] <= t) }' \
        "$dir/equal_steps/eval_results.txt" "$dir/equal_time/eval_results.txt"
}
if wanted "scratch"; then
    if scratch 2>"$tmp/log"; then pass "scratch"; else fail "scratch" "not within 1 % of PyTorch, or no better in as much time"; tail -n 3 "$tmp/log"; fi
fi
finish
