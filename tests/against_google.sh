#!/bin/sh
# against_google.sh - create_pretraining_data beside Google's script of that name: the same texts, vocabularies, flags and seeds, instance by instance
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   GOOGLE_BERT=bert PYTHON=python3 sh tests/against_google.sh [FILTER]
#
# GOOGLE_BERT is a folder with the script and its tokenization.py, as they are in github.com/google-research/bert. TensorFlow is not
# needed: a few lines stand for what the script takes of it, and write a line for each instance. Settings below, then FUZZ=30 drawn at
# random (another SEED=1 draws others). TF=1 takes the real TensorFlow; with TIMES=1 it also measures both on a larger text, TEXT=file (and
# VOCAB=vocab.txt) or one made here, RUNS=1 times, of which the least counts, in processor time, imports not counted: ours must be 50 times as fast.
. "$(dirname "$0")/sh.inc"

PYTHON=${PYTHON:-python3} GOOGLE_BERT=${GOOGLE_BERT:-} FUZZ=${FUZZ:-30} SEED=${SEED:-1} RUNS=${RUNS:-1}
bin=$top/tools/bin${V:+/$V}
why=
[ -n "$GOOGLE_BERT" ] || why="no folder of Google's code given (GOOGLE_BERT)"
[ -n "$why" ] || [ -f "$GOOGLE_BERT/create_pretraining_data.py" ] && [ -f "$GOOGLE_BERT/tokenization.py" ] || why="${why:-no create_pretraining_data.py in $GOOGLE_BERT}"
[ -n "$why" ] || "$PYTHON" -c "import json" 2>/dev/null || why="no Python ($PYTHON)"
[ -n "$why" ] || [ -x "$bin/create_pretraining_data" ] && [ -x "$bin/learn_vocab" ] || why="${why:-create_pretraining_data is not built (make -C tools)}"
if [ -n "$why" ]; then
    for c in "settings" "random settings" "times"; do wanted "$c" && skip "$c" "$why"; done
    finish
fi
GOOGLE_BERT=$(cd "$GOOGLE_BERT" && pwd)
cd "$tmp" || exit 1

# ---- what the script takes of TensorFlow and of six ----

mkdir stub
cat >stub/six.py <<'END'
PY2, PY3 = False, True
END
cat >stub/tensorflow.py <<'END'
import glob as _glob, sys, types
class _Flags:
    def __getattr__(self, name): raise AttributeError(name)
    def __call__(self, name, value): setattr(FLAGS, name, value); defaults[name] = value
defaults, FLAGS = {}, _Flags()
def _define(name, value, text): FLAGS(name, value)
flags = types.SimpleNamespace(FLAGS=FLAGS, DEFINE_string=_define, DEFINE_bool=_define, DEFINE_integer=_define, DEFINE_float=_define)
gfile = types.SimpleNamespace(GFile=lambda name, mode: open(name, encoding="utf-8", newline="\n"), Glob=lambda pattern: sorted(_glob.glob(pattern)))
def _nothing(*args): pass
logging = types.SimpleNamespace(INFO=1, set_verbosity=_nothing, info=_nothing)
class _List:
    def __init__(self, value): self.value = value
class _Feature:
    def __init__(self, int64_list=None, float_list=None): self.int64_list, self.float_list = int64_list or _List([]), float_list or _List([])
class _Example:
    def __init__(self, features): self.features = features
    def SerializeToString(self):
        return " ".join("%s %s" % (k, " ".join(map(str, f.int64_list.value or f.float_list.value))) for k, f in self.features.items()) + "\n"
train = types.SimpleNamespace(Int64List=_List, FloatList=_List, Feature=_Feature, Features=lambda feature: feature, Example=_Example)
class _Writer:
    def __init__(self, name): self.file = open(name, "w")
    def write(self, line): self.file.write(line)
    def close(self): self.file.close()
python_io = types.SimpleNamespace(TFRecordWriter=_Writer)
END
# Settings from a file, a line each: a name, the outputs, flags; all in one process. With "lines": the records of files in that form.
cat >run.py <<'END'
import sys, time, struct
def lines(name):
    def varint(b, i):
        v = shift = 0
        while True:
            c = b[i]; i += 1; v |= (c & 127) << shift; shift += 7
            if c < 128: return v, i
    def fields(b):
        i = 0
        while i < len(b):
            key, i = varint(b, i)
            n, i = varint(b, i)
            yield key >> 3, b[i:i + n]
            i += n
    order = ["input_ids", "input_mask", "segment_ids", "masked_lm_positions", "masked_lm_ids", "masked_lm_weights", "next_sentence_labels"]
    data, i, out = open(name, "rb").read(), 0, []
    while i < len(data):
        n, = struct.unpack_from("<Q", data, i)
        example = {}
        for _, features in fields(data[i + 12:i + 12 + n]):
            for _, entry in fields(features):
                pair = dict(fields(entry))
                for kind, values in fields(pair[2]):
                    for _, packed in fields(values):
                        if kind == 2: v = list(struct.unpack("<%df" % (len(packed) // 4), packed))
                        else:
                            v, k = [], 0
                            while k < len(packed): x, k = varint(packed, k); v.append(x)
                        example[pair[1].decode()] = v
        assert sorted(example) == sorted(order), example.keys()
        out.append(" ".join("%s %s" % (k, " ".join(map(str, example[k]))) for k in order) + "\n")
        i += n + 16
    return out
if sys.argv[1] == "compare":                        # a setting's name, ours, theirs: the first difference of each is told
    bad = 0
    for setting in open(sys.argv[2]):
        name, files, _ = setting.rstrip("\n").split("|")
        total = 0
        for f in files.split(","):
            ours, theirs = lines("ours." + f), open("theirs." + f).readlines()
            total += len(theirs)
            for i in range(max(len(ours), len(theirs))):
                a, b = ours[i] if i < len(ours) else "missing\n", theirs[i] if i < len(theirs) else "missing\n"
                if a != b:
                    print("%s: %s, instance %d\nours   %stheirs %s" % (name, f, i, a, b)); bad += 1
                    break
        print("     | %-28s %6d instances" % (name, total), file=sys.stderr)
    sys.exit(bad > 0)
import tensorflow as tf
if hasattr(tf, "compat"):                           # the real one
    import tensorflow.compat.v1 as tf
    sys.modules["tensorflow"] = tf
    tf.logging.info = lambda *a: None
sys.argv, settings = sys.argv[:1], sys.argv[1]
start = time.process_time()
import create_pretraining_data as google
if not hasattr(tf, "defaults"):
    google.FLAGS(sys.argv)
    tf.defaults = {k: google.FLAGS[k].default for k in "vocab_file do_lower_case do_whole_word_mask max_seq_length max_predictions_per_seq random_seed dupe_factor masked_lm_prob short_seq_prob input_file".split()}
for setting in open(settings):
    name, files, words = setting.rstrip("\n").split("|")
    given = dict(w[2:].split("=", 1) for w in words.split())
    for key, value in tf.defaults.items():
        if key in given: value = type(value)(given[key]) if not isinstance(value, bool) and value is not None else given[key] == "True" if isinstance(value, bool) else given[key]
        setattr(google.FLAGS, key, value)
    google.FLAGS.output_file = ",".join("theirs." + f for f in files.split(","))
    start = time.process_time()
    google.main(None)
print(time.process_time() - start)
END
google() { if [ "${TF:-}" = 1 ]; then PYTHONPATH=$GOOGLE_BERT "$PYTHON" run.py "$1"; else PYTHONPATH=$GOOGLE_BERT:$tmp/stub "$PYTHON" run.py "$1"; fi; }
# compare SETTINGS: a name, output files, flags of each line
compare() {
    while IFS='|' read -r what files words; do
        "$bin/create_pretraining_data" $words --output_file="$(echo "$files" | sed 's/^/ours./; s/,/,ours./g')" --quiet >out 2>err || { echo "$what"; cat err; return 1; }
    done <"$1"
    PYTHONPATH=$tmp/stub:$GOOGLE_BERT "$PYTHON" run.py "$1" >out 2>err || { tail -n 5 err; return 1; }
    "$PYTHON" run.py compare "$1" 2>told
}

# ---- texts and vocabularies ----

# Documents of 1 to 30 sentences of 1 to 60 words; letters of several writings, blanks of several kinds, lines that are no tokens.
"$PYTHON" - <<'END'
import random
r = random.Random(3)
letters = ["e", "t", "a", "o", "n", "s", "r", "h", "l", "d", "\u00e9", "\u00df", "\u0130", "\u03a3", "B", "Q", "\u5927", "\u6d77", "\ud55c", "\u0301", "7", "\U0001f600", "-", "'", "\u2260", "\u00a0", "\u200b"]
words = ["".join(r.choice(letters[:10] if r.random() < .8 else letters) for _ in range(r.randint(1, 9))) for _ in range(900)] + [",", ".", "[MASK]", "[SEP]", "##s", "x" * 201]
def sentence(n): return r.choice(["", " ", "\t"]) * (r.random() < .1) + r.choice([" ", " ", " ", "  ", "\u3000"]).join(r.choice(words) if r.random() < .4 else words[int(r.expovariate(.02)) % 900] for _ in range(n)) + r.choice(["", "", "\r", " "])
def write(name, documents, longest, most):
    with open(name, "w", encoding="utf-8", newline="\n") as f:
        for d in range(documents):
            for _ in range(r.randint(1, longest)): f.write(sentence(r.randint(1, most)) + "\n")
            f.write(r.choice(["\n", "\n", "\n\n", " \n", "\u200b\n\n", "\r\n", "\u0301\n"]))
        f.write(sentence(3))                        # and no end of line
write("mixed1.txt", 40, 30, 60); write("mixed2.txt", 60, 6, 12); write("short.txt", 300, 2, 3); write("one.txt", 1, 200, 20)
open("nothing.txt", "w").write("\n\n \n"); open("line.txt", "w").write("the end")
zh = [chr(r.choice([0x5927, 0x6d77, 0x8239, 0x98ce] + list(range(0x4e00, 0x4e60)))) for _ in range(400)]
with open("chinese.txt", "w", encoding="utf-8") as f:
    for d in range(30): f.write("".join("".join(r.choice(zh) for _ in range(r.randint(1, 50))) + r.choice("\u3002\uff0c\uff01") + r.choice(["", "ABC", " 1949"]) + "\n" for _ in range(r.randint(1, 12))) + "\n")
END
mkdir prose && cp "$top/examples/sample_text.txt" prose/b.txt && head -n 300 "$top/README.md" >prose/a.txt && cp "$top/examples/README.zh.md" prose/zh.txt
"$bin/learn_vocab" --input_file=mixed1.txt,prose/a.txt,prose/b.txt --vocab_size=1500 --output_file=vocab.txt 2>err && "$bin/learn_vocab" --input_file=mixed2.txt,prose/a.txt,prose/b.txt --vocab_size=600 --do_lower_case=False --output_file=cased.txt 2>err &&
    "$bin/learn_vocab" --input_file=chinese.txt,prose/zh.txt --vocab_size=900 --output_file=zh.txt 2>err || { fail "vocabularies" "are not made"; show err; finish; }
{ sed -n '1,40p' vocab.txt; printf '\nthe\nthe\r\n  a \nthe\n'; sed -n '41,$p' vocab.txt; } >odd.txt                  # a blank line, words again, blanks around

cat >settings <<'END'
sample text|a|--input_file=prose/b.txt --vocab_file=vocab.txt --max_seq_length=128 --max_predictions_per_seq=20 --masked_lm_prob=0.15 --random_seed=12345 --dupe_factor=5
sample text, defaults|a2|--input_file=prose/b.txt --vocab_file=vocab.txt
README|b|--input_file=prose/a.txt --vocab_file=vocab.txt
README, whole words|c|--input_file=prose/a.txt --vocab_file=vocab.txt --do_whole_word_mask=True
README, cased|d|--input_file=prose/a.txt --vocab_file=cased.txt --do_lower_case=False --random_seed=7
README, cased, whole words|e|--input_file=prose/a.txt --vocab_file=cased.txt --do_lower_case=False --do_whole_word_mask=True --random_seed=0
mixed|f|--input_file=mixed1.txt --vocab_file=vocab.txt --dupe_factor=3
mixed, whole words|g|--input_file=mixed1.txt --vocab_file=vocab.txt --dupe_factor=3 --do_whole_word_mask=True
mixed, 512 tokens|h|--input_file=mixed1.txt --vocab_file=vocab.txt --max_seq_length=512 --max_predictions_per_seq=77 --dupe_factor=4
mixed, 512, whole words|i|--input_file=mixed1.txt --vocab_file=cased.txt --max_seq_length=512 --max_predictions_per_seq=77 --dupe_factor=4 --do_whole_word_mask=True
mixed, 5 tokens|j|--input_file=mixed2.txt --vocab_file=vocab.txt --max_seq_length=5 --max_predictions_per_seq=1 --dupe_factor=2
mixed, 6 tokens, whole words|k|--input_file=mixed2.txt --vocab_file=vocab.txt --max_seq_length=6 --max_predictions_per_seq=5 --do_whole_word_mask=True --dupe_factor=2
two files|l|--input_file=mixed1.txt,mixed2.txt --vocab_file=vocab.txt --dupe_factor=2
two files, turned|m|--input_file=mixed2.txt,mixed1.txt --vocab_file=vocab.txt --dupe_factor=2
a pattern|n|--input_file=prose/*.txt --vocab_file=vocab.txt --dupe_factor=2
three outputs|o1,o2,o3|--input_file=mixed2.txt,prose/b.txt --vocab_file=vocab.txt --dupe_factor=3
Chinese|p|--input_file=chinese.txt --vocab_file=zh.txt
Chinese, whole words|q|--input_file=chinese.txt --vocab_file=zh.txt --do_whole_word_mask=True --max_seq_length=64
Chinese page|r|--input_file=prose/zh.txt --vocab_file=zh.txt --do_whole_word_mask=True
short documents|s|--input_file=short.txt --vocab_file=vocab.txt
one document|t|--input_file=one.txt --vocab_file=vocab.txt --do_whole_word_mask=True
one line|u|--input_file=line.txt --vocab_file=vocab.txt
no text|v|--input_file=nothing.txt --vocab_file=vocab.txt
odd vocabulary|w|--input_file=prose/b.txt,mixed2.txt --vocab_file=odd.txt --dupe_factor=4
all masked|x|--input_file=mixed2.txt --vocab_file=vocab.txt --masked_lm_prob=1.0 --max_predictions_per_seq=128 --dupe_factor=2
none masked but one|y|--input_file=mixed2.txt --vocab_file=vocab.txt --masked_lm_prob=0.0 --dupe_factor=2
always short|z|--input_file=mixed1.txt --vocab_file=vocab.txt --short_seq_prob=1.0 --dupe_factor=2
never short|za|--input_file=mixed1.txt --vocab_file=vocab.txt --short_seq_prob=0.0 --dupe_factor=2
a large seed|zb|--input_file=mixed2.txt --vocab_file=vocab.txt --random_seed=9007199254740993 --dupe_factor=2
a negative seed|zc|--input_file=mixed2.txt --vocab_file=vocab.txt --random_seed=-5 --dupe_factor=2
halves round to even|zd|--input_file=mixed2.txt --vocab_file=vocab.txt --masked_lm_prob=0.5 --max_predictions_per_seq=40 --max_seq_length=40 --dupe_factor=2
END
if wanted "settings"; then
    set -f
    if compare settings >differ; then cat told; pass "settings ($(($(wc -l <settings))))"; else fail "settings" "other instances than Google's"; show differ; fi
    set +f
fi
name="random settings"
if wanted "$name"; then
    "$PYTHON" - "$FUZZ" "$SEED" >drawn <<'END'
import random, sys
r = random.Random(int(sys.argv[2]))
texts = ["mixed1.txt", "mixed2.txt", "short.txt", "one.txt", "line.txt", "chinese.txt", "prose/a.txt", "prose/b.txt", "prose/zh.txt", "nothing.txt"]
for i in range(int(sys.argv[1])):
    files, outs = r.sample(texts, r.randint(1, 3)), ["f%d.%d" % (i, k) for k in range(r.randint(1, 3))]
    cased = r.random() < .3
    print("%d|%s|--input_file=%s --vocab_file=%s --do_lower_case=%s --do_whole_word_mask=%s --max_seq_length=%d --max_predictions_per_seq=%d --random_seed=%d --dupe_factor=%d --masked_lm_prob=%.17g --short_seq_prob=%.17g"
          % (i, ",".join(outs), ",".join(files), "cased.txt" if cased else r.choice(["vocab.txt", "zh.txt", "odd.txt"]), not cased, r.random() < .6, int(5 + r.expovariate(.01)) if r.random() < .9 else 512,
             r.randint(1, 80), r.getrandbits(r.randint(1, 60)), r.randint(1, 3), r.random() ** 3, r.random()))
END
    set -f
    if compare drawn >differ; then cat told; pass "$name ($FUZZ)"; else fail "$name" "other instances than Google's"; show differ; fi
    set +f
fi

# ---- times ----

name="times"
if [ "${TIMES:-}" != 1 ] || [ "${TF:-}" != 1 ]; then wanted "$name" && skip "$name" "TIMES=1 TF=1 measures"
elif wanted "$name"; then
    if [ -n "${TEXT:-}" ]; then cp "$TEXT" large.txt; else for i in 1 2 3 4 5 6; do cat mixed1.txt prose/a.txt; echo; done >large.txt; fi
    echo "large|large|--input_file=large.txt --vocab_file=${VOCAB:-vocab.txt}" >large
    ours= theirs= i=0
    spent() { sed -n 2p clock | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'; }
    while [ $i -lt "$RUNS" ]; do
        times >clock; before=$(spent)
        "$bin/create_pretraining_data" --input_file=large.txt --vocab_file="${VOCAB:-vocab.txt}" --output_file=ours.large --threads=1 --quiet 2>err || break
        times >clock; after=$(spent)
        ours="$ours $(echo "$before $after" | awk '{ print $2 - $1 }')"
        theirs="$theirs $(google large 2>err | tail -n 1)" || break
        i=$((i + 1))
    done
    echo "$ours|$theirs" | awk -F'|' -v bytes="$(wc -c <large.txt)" '{ n = split($1, a, " "); split($2, b, " "); x = a[1]; y = b[1]; for (i = 2; i <= n; i++) { if (a[i] < x) x = a[i]; if (b[i] < y) y = b[i] }
        printf "     | %.2f MB ten times over: ours %.3f s of processor time, theirs %.2f: %.0f times\n", bytes / 1e6, x, y, y / x; exit !(x > 0 && y >= 50 * x) }'
    if [ $? = 0 ]; then pass "$name"; else fail "$name" "not 50 times as fast"; show err; fi
fi
finish
