#!/bin/sh
# packages.sh - what we write, loaded by the programs it is for: torch, transformers, safetensors, TensorFlow
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# PYTHON=path/to/python and TF_PYTHON=path/to/python (the same by default) name interpreters that have the packages; without
# them each case is skipped. A tiny random model is made by transformers, converted by tools/bin/convert, and loaded again.
. "$(dirname "$0")/sh.inc"

PYTHON=${PYTHON:-python3}
TF_PYTHON=${TF_PYTHON:-$PYTHON}
convert=$top/tools/bin${V:+/$V}/convert
has() { command -v "$1" >/dev/null 2>&1 && "$1" -c "import $2" >/dev/null 2>&1; }

cases="torch_loads transformers_loads transformers_classifies torch_trains safetensors_loads tensorflow_loads tensorflow_records"
if ! has "$PYTHON" "torch, transformers, safetensors"; then
    for c in $cases; do wanted "$c" && skip "$c" "no Python with torch, transformers and safetensors"; done
    finish
fi

made=$tmp/made
mkdir "$made" "$made/in" "$made/st" "$made/pt" "$made/tf"
"$PYTHON" - "$made/in" <<'EOF2' >"$tmp/log" 2>&1 || { fail "make a model" "$(tail -3 "$tmp/log")"; finish; }
import sys, torch
from transformers import BertConfig, BertForPreTraining
torch.manual_seed(7)
config = BertConfig(hidden_size=40, num_hidden_layers=2, num_attention_heads=5, intermediate_size=70, vocab_size=157,
                    max_position_embeddings=33, type_vocab_size=3)
BertForPreTraining(config).save_pretrained(sys.argv[1])
EOF2
for step in "$made/in $made/st/model.safetensors" "$made/st/model.safetensors $made/pt/pytorch_model.bin" "$made/pt/pytorch_model.bin $made/tf/bert_model.ckpt"; do
    "$convert" $step >"$tmp/log" 2>&1 || { fail "convert $step" "$(cat "$tmp/log")"; finish; }
done

torch_loads() {
    "$PYTHON" - "$made" <<'EOF2'
import sys, torch
from safetensors.torch import load_file
made = sys.argv[1]
want = load_file(made + "/in/model.safetensors")
got = torch.load(made + "/pt/pytorch_model.bin", weights_only=True)
assert set(want) == set(got), set(want) ^ set(got)
assert all(torch.equal(want[k], got[k]) for k in want)
EOF2
}
transformers_loads() {
    cp "$made/st/config.json" "$made/pt/config.json"
    "$PYTHON" - "$made" <<'EOF2'
import sys, torch
from transformers import BertForPreTraining
made = sys.argv[1]
ids = torch.arange(1, 21).reshape(2, 10)
models = [BertForPreTraining.from_pretrained(made + d).eval() for d in ("/in", "/st", "/pt")]
outs = [m(ids).prediction_logits for m in models]
assert all(torch.equal(outs[0], o) for o in outs[1:])
EOF2
}
# The folder that run_classifier leaves: model, config, vocabulary, labels; it answers the same there.
transformers_classifies() {
    (cd "$made" && mkdir -p data && { printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; awk 'BEGIN { for (i = 0; i < 100; i++) print "w" i }'; } >vocab.txt &&
        awk 'BEGIN { for (i = 0; i < 40; i++) print (i % 2 ? "yes" : "no") "\tw" i " W" (i * 7 % 100) " w" i * 3 % 100 }' >data/train.tsv && cp data/train.tsv data/test.tsv &&
        "$top/tools/bin${V:+/$V}/run_classifier" --task_name=text_clf --data_dir=data --vocab_file=vocab.txt --init_checkpoint=in --max_seq_length=12 --do_train --do_predict --num_train_steps=8 --learning_rate=1e-3 --output_dir=out) &&
    "$PYTHON" - "$made" <<'EOF2'
import sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
made = sys.argv[1]
model, tokenizer = AutoModelForSequenceClassification.from_pretrained(made + "/out").eval(), AutoTokenizer.from_pretrained(made + "/out")
assert model.config.id2label == {0: "no", 1: "yes"}, model.config.id2label
for text, row in zip(open(made + "/data/test.tsv"), open(made + "/out/test_results.tsv")):
    p = model(**tokenizer(text.rstrip("\n").split("\t")[1], return_tensors="pt")).logits.softmax(-1)[0].tolist()
    assert max(abs(a - float(b)) for a, b in zip(p, row.split("\t"))) < 1e-5, (text, p, row)
EOF2
}
# Without dropout the same steps as PyTorch's: the order of examples is Python's random.shuffle of seed * 1000003 + epoch.
torch_trains() {
    [ -f "$made/out/model.safetensors" ] || transformers_classifies >/dev/null 2>&1
    (cd "$made" && "$top/tools/bin${V:+/$V}/run_classifier" --task_name=text_clf --train_file=data/train.tsv --init_checkpoint=out --max_seq_length=12 --do_train --optimizer=adamw --learning_rate=2e-3 --train_batch_size=8 --num_train_steps=9 --num_warmup_steps=2 --dropout=0 \
        --seed=3 --output_dir=steps) &&
    "$PYTHON" - "$made" <<'EOF2'
import sys, json, random, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup
made = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(made + "/out")
model = AutoModelForSequenceClassification.from_pretrained(made + "/out", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0).train()
rows = [line.rstrip("\n").split("\t") for line in open(made + "/data/train.tsv")]
order = []
for epoch in range(2):
    part = list(range(len(rows)))
    random.Random(3 * 1000003 + epoch).shuffle(part)
    order += part
plain = ("bias", "LayerNorm.weight")
optimizer = torch.optim.AdamW([{"params": [p for n, p in model.named_parameters() if not n.endswith(plain)], "weight_decay": 0.01},
                               {"params": [p for n, p in model.named_parameters() if n.endswith(plain)], "weight_decay": 0.0}], lr=2e-3)
schedule = get_linear_schedule_with_warmup(optimizer, 2, 9)
ours = [json.loads(line) for line in open(made + "/steps/log.jsonl")]
assert len(ours) == 9
for step in range(9):
    batch = [rows[i] for i in order[step * 8:step * 8 + 8]]
    loss = model(**tokenizer([r[1] for r in batch], padding=True, return_tensors="pt"), labels=torch.tensor([int(r[0] == "yes") for r in batch])).loss
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
    assert abs(loss.item() - ours[step]["loss"]) < 1e-4 and abs(norm - ours[step]["grad_norm"]) < 1e-3 * norm, (step, loss.item(), norm, ours[step])
    optimizer.step(); schedule.step(); optimizer.zero_grad()
EOF2
}
safetensors_loads() {
    "$PYTHON" - "$made" <<'EOF2'
import sys, torch
from safetensors.torch import load_file
a, b = load_file(sys.argv[1] + "/in/model.safetensors"), load_file(sys.argv[1] + "/st/model.safetensors")
assert set(a) == set(b) and all(torch.equal(a[k], b[k]) for k in a)
EOF2
}
tensorflow_loads() {
    "$TF_PYTHON" - "$made" <<'EOF2'
import sys, json, struct, numpy, tensorflow as tf
made = sys.argv[1]
raw = open(made + "/in/model.safetensors", "rb").read()
n = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8:8 + n])
def value(name):
    h = header[name]; b, e = h["data_offsets"]
    return numpy.frombuffer(raw[8 + n + b:8 + n + e], "<f4").reshape(h["shape"])
reader = tf.train.load_checkpoint(made + "/tf/bert_model.ckpt")
names = reader.get_variable_to_shape_map()
assert len(names) == sum(not k.startswith("__") for k in header), (len(names), len(header))
assert numpy.array_equal(reader.get_tensor("bert/embeddings/word_embeddings"), value("bert.embeddings.word_embeddings.weight"))
assert numpy.array_equal(reader.get_tensor("bert/encoder/layer_1/intermediate/dense/kernel"), value("bert.encoder.layer.1.intermediate.dense.weight").T)
assert numpy.array_equal(reader.get_tensor("cls/predictions/output_bias"), value("cls.predictions.bias"))
EOF2
}
# Instances written here are read by TensorFlow; what it writes of them is read here: the same evaluation.
tensorflow_records() {
    bin=$top/tools/bin${V:+/$V}
    (cd "$made" && { printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; awk 'BEGIN { for (i = 0; i < 100; i++) print "w" i }'; } >vocab.txt &&
        awk 'BEGIN { for (i = 0; i < 200; i++) { print "w" i % 100 " w" (i * 7 % 100) " w" i * 3 % 100; if (i % 9 == 0) print "" } }' >text.txt &&
        "$bin/create_pretraining_data" --input_file=text.txt --vocab_file=vocab.txt --output_file=ours.record --max_seq_length=24 --max_predictions_per_seq=4 --dupe_factor=2 2>said) &&
    "$TF_PYTHON" - "$made" <<'EOF2' &&
import sys, tensorflow as tf
made = sys.argv[1]
said = [line.split(": ", 1)[1].split() for line in open(made + "/said") if line.startswith("input_ids")]      # of the first twenty
shape = {k: tf.io.FixedLenFeature([n], t) for k, n, t in [("input_ids", 24, tf.int64), ("input_mask", 24, tf.int64), ("segment_ids", 24, tf.int64), ("masked_lm_positions", 4, tf.int64),
         ("masked_lm_ids", 4, tf.int64), ("masked_lm_weights", 4, tf.float32), ("next_sentence_labels", 1, tf.int64)]}
count = 0
with tf.io.TFRecordWriter(made + "/theirs.record") as out:
    for record in tf.data.TFRecordDataset(made + "/ours.record"):
        x = tf.io.parse_single_example(record, shape)
        if count < len(said): assert x["input_ids"].numpy().tolist() == list(map(int, said[count])), count
        assert set(x["input_mask"].numpy()) <= {0, 1} and (x["masked_lm_weights"].numpy() > 0).any()
        f = {k: tf.train.Feature(float_list=tf.train.FloatList(value=v.numpy())) if v.dtype == tf.float32 else tf.train.Feature(int64_list=tf.train.Int64List(value=v.numpy())) for k, v in sorted(x.items(), reverse=True)}
        out.write(tf.train.Example(features=tf.train.Features(feature=f)).SerializeToString())
        count += 1
assert count > 20 and len(said) == 20, (count, len(said))
EOF2
    for who in ours theirs; do
        (cd "$made" && "$bin/run_pretraining" --do_eval --input_file=$who.record --init_checkpoint=in --output_dir=$who --max_seq_length=24 --max_predictions_per_seq=4 --eval_batch_size=4 --max_eval_steps=5) || return 1
    done && [ -s "$made/ours/eval_results.txt" ] && cmp "$made/ours/eval_results.txt" "$made/theirs/eval_results.txt"
}
for c in $cases; do
    if case $c in tensorflow_*) true ;; *) false ;; esac && ! has "$TF_PYTHON" "tensorflow, numpy"; then wanted "$c" && skip "$c" "no Python with tensorflow"
    else check "$c" "$c"; fi
done
finish
