#!/bin/sh
# examples.sh - the tour and the demo run on built-in data, from any folder; the others on a small random model (that they build is make's part)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL

tour() { "$MAKE" -s -C "$top/examples" tour V="${V:-}" CC="$CC" CFLAGS="$CFLAGS" >out && [ -s out ]; }
check "make -C examples tour" tour

bin=$top/examples/bin${V:+/$V}
mkdir model
if ! build_make_model >out 2>&1 || ! ./make_model model; then
    wanted "small model" && { fail "small model" "make_model cannot be built or run"; show out; }
    finish
fi
printf 'the dogs run .\ncatnap\n\nthe cat , the dog\nthe dogs\n' >lines

if wanted "hello"; then
    if "$bin/hello" model 'the dogs' >out 2>&1 && [ "$(wc -w <out)" -eq 20 ] && [ "$(wc -l <out)" -eq 1 ]; then pass "hello"; else fail "hello" "no vector of 20 numbers"; show out; fi
fi
if wanted "search"; then                        # a line finds itself, with cosine 1
    if "$bin/search" model lines catnap >out 2>&1 && head -n 2 out | tail -n 1 | grep -q ' 1\.00  catnap$' && [ "$(wc -l <out)" -eq 4 ] &&
        printf 'the dogs\ncatnap\n' | "$bin/search" model lines >out 2>&1 && [ "$(grep -c ' 1\.00  ' out)" -ge 2 ] && [ "$(wc -l <out)" -eq 8 ]; then pass "search"; else fail "search" "does not find it"; show out; fi
fi
if wanted "search its own sentences"; then
    if "$bin/search" model >out 2>&1 && [ "$(wc -l <out)" -eq 28 ]; then pass "search its own sentences"; else fail "search its own sentences" "prints something else"; show out; fi
fi
if wanted "fill_mask"; then
    if "$bin/fill_mask" model 'the [MASK] run' >out 2>&1 && [ "$(grep -c ' %  ' out)" -eq 5 ]; then pass "fill_mask"; else fail "fill_mask" "no five guesses"; show out; fi
fi
if wanted "batch"; then
    if "$bin/batch" model lines 3 >out 2>&1 && grep -q '^5 texts, 5 vectors of 20 numbers from 3 threads' out && grep -q 'the same bits' out; then pass "batch"; else fail "batch" "prints something else"; show out; fi
fi
if wanted "attention"; then                     # one page, nothing from elsewhere, all numbers
    if "$bin/attention" model 'the dogs </script> run' 'a cat' >page 2>out && grep -q '^const L=2,H=4,T=\["\[CLS\]","the","dog","##s",' page && [ "$(grep -c '<script' page)" -eq 1 ] && [ "$(grep -c '</script>' page)" -eq 1 ] &&
        ! grep -E 'src=|href=|@import|url\(' page >out && [ "$(sed -n "s/^const D='\(.*\)';.*/\1/p" page | wc -c)" -eq $((2 * 4 * 13 * 13 * 2 + 1)) ]; then pass "attention"; else fail "attention" "is another page"; show page; fi
fi
if wanted "workers"; then                       # one, two and four learn the same
    if "$bin/workers" >out 2>&1 && [ "$(wc -l <out)" -eq 3 ] && [ "$(sed 's/.*: //; s/ after.*//' out | sort -u | wc -l)" -eq 1 ]; then pass "workers"; else fail "workers" "prints something else"; show out; fi
fi
# What the page for the browser calls; the page, and its program, or where emcc cannot make it one that is not optimised, under node.
mkdir reader && ./make_model reader 16 64
browser() { "$bin/browser" reader 'the dogs' 'a cat run .' >asked.json 2>out && grep -q '^{"tokens": \[\["\[CLS\]", 0, 0, 0\], \["the", 0, 0, 3\], .*"layers": 2, "heads": 4, "attention": \[[0-9,]*\], "begin": [0-9]*, "end": [0-9]*, "probability": 0\.[0-9]*}$' asked.json; }
check "browser" browser
page() { "$MAKE" -s -C "$top/examples" browser V="${V:-}" CC="$CC" CFLAGS="$CFLAGS" READER="$tmp/reader" PAGE="$tmp/page.html" >out 2>&1 && [ "$(sed -n 's/.*page.html: \([0-9]*\) bytes.*/\1/p' out)" -lt 300000 ]; }
wasm() {
    if [ -z "$lacking" ]; then cp "$top/examples/obj${V:+/$V}/browser/program.js" program.js
    else (cd "$top/examples" && emcc -O1 -s SINGLE_FILE=1 -s ALLOW_MEMORY_GROWTH=1 -s ENVIRONMENT=node -s EXPORTED_FUNCTIONS=_browser_open,_browser_ask,_malloc,_free browser.c -o "$tmp/program.js"); fi || return 1
    cat >ask.js <<'END'
const Module = require('./program.js'), fs = require('fs');
const put = b => { const p = Module._malloc(b.length + 1); Module.HEAPU8.set(b, p); Module.HEAPU8[p + b.length] = 0; return p; };
const get = p => { let end = p; while (Module.HEAPU8[end]) end++; return Buffer.from(Module.HEAPU8.slice(p, end)).toString(); };
Module.onRuntimeInitialized = () => {
  const w = fs.readFileSync('reader/model.safetensors');
  if (get(Module._browser_open(put(w), w.length, put(fs.readFileSync('reader/config.json')), put(fs.readFileSync('reader/vocab.txt')), 1)) !== '{}') process.exit(1);
  console.log(get(Module._browser_ask(put(Buffer.from('the dogs')), put(Buffer.from('a cat run .')))));
};
END
    node ask.js >wasm.json && [ "$(sed 's/, "attention".*"begin"/, "begin"/; s/, "probability.*//' wasm.json)" = "$(sed 's/, "attention".*"begin"/, "begin"/; s/, "probability.*//' asked.json)" ]
}
opened() {                                      # in a real browser: it has found an answer, or none, and shows its tokens
    cat >hold.html <<'END'
<script>
const hold = document.body.appendChild(document.createElement('iframe')); hold.contentDocument.open();
new MutationObserver(() => hold.contentDocument.close()).observe(document.getElementById('tokens'), { childList: true });
</script>
END
    sed '/^<div id="tokens">/r hold.html' page.html >held.html  # a frame still open: the page is loaded, and printed, once there are tokens, no matter how slow the machine
    for try in 1 2 3; do                        # (a browser that ends by itself, or never, says nothing of the page)
        timeout 100 "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --dump-dom "file://$tmp/held.html" >dom 2>out && break
        echo "try $try: $(tail -n 1 out)"
    done
    for it in '<div id="tokens"><span>\[CLS\]</span>' 'tokens, [0-9]* ms; sure to [0-9]* %'; do grep -q "$it" dom || { echo "no $it"; tail -n 5 out; return 1; }; done
    ! grep -q 'loading \.\.\.</div>' dom
}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
NODE_PATH=${NODE_PATH:-/usr/share/nodejs}      # (as in examples/Makefile)
export NODE_PATH
links() { echo 'int main(void) { return 0; }' >none.c && emcc "$1" -s SINGLE_FILE=1 none.c -o none.js >out 2>&1; }
if wanted "make -C examples browser" || wanted "browser as WebAssembly" || wanted "the page in Chromium"; then
    if ! have emcc; then lacking="there is no emcc"
    elif ! links -Oz; then lacking="emcc cannot link with -Oz here"
    elif page; then lacking=
    else fail "make -C examples browser" "there is no page"; show out; lacking="there is no page"; fi
    if wanted "make -C examples browser"; then
        case $lacking in '') pass "make -C examples browser" ;; *page) ;; *) skip "make -C examples browser" "$lacking" ;; esac
    fi
    if ! have node || ! have emcc; then wanted "browser as WebAssembly" && skip "browser as WebAssembly" "there is no emcc or no node"
    elif [ -n "$lacking" ] && ! links -O1; then wanted "browser as WebAssembly" && skip "browser as WebAssembly" "emcc cannot link here"
    else check "browser as WebAssembly" wasm; fi
    if [ -z "$lacking" ] && [ -n "$chromium" ]; then check "the page in Chromium" opened
    elif wanted "the page in Chromium"; then skip "the page in Chromium" "${lacking:-there is no chromium}"; fi
fi

# The lesson, shortened: its derivatives are the library's, or it fails.
lesson() { "$bin/lesson" 20 >out 2>&1 && [ "$(grep -c '^[1-8]\. ' out)" -eq 8 ] && [ "$(sed -n 's/.*derivative *\(-*[0-9.]*\), measured .*/\1/p' out | wc -l)" -ge 6 ] && tail -n 3 out | grep -q '^   student .*%'; }
check "lesson" lesson

chinese() { "$bin/chinese" zh >out 2>&1 && [ "$(sed -n 's/.*判对 \([0-9]*\)\..*/\1/p' out)" -ge 85 ] && grep -q '汤 [0-9]* \[0,3)' out && "$bin/classify" zh '面包很新鲜。' >out 2>&1 && head -n 1 out | grep -q '好评$'; }
check "chinese" chinese

# The demo, shortened: what it learns is not much, but the page is whole and has no number that is none.
demo() {
    "$bin/demo" demo.html 20 >out 2>&1 && grep -q 'told rightly' out && [ "$(tail -n 1 demo.html)" = '</html>' ] && [ "$(grep -c '<svg' demo.html)" -ge 6 ] && [ "$(grep -c 'class=world' demo.html)" -eq 6 ] &&
        ! grep -qiE 'src=|href=|@import|url\(|\bnan\b|\binf\b' demo.html
}
check "demo" demo

# From a folder of texts to predictions, in short form: two texts that share no words but the commonest.
pipeline() {
    mkdir texts && awk 'BEGIN { split("harbour ship sail wind rope deck tide mast", a, " "); split("bread oven flour dough salt crust butter yeast", b, " ")
        for (i = 0; i < 120; i++) { print "The " a[i % 8 + 1] " and the " a[(i + 3) % 8 + 1] " were there, by the " a[(i * 5) % 8 + 1] "." >"texts/sea.txt"
                                    print "The " b[i % 8 + 1] " and the " b[(i + 3) % 8 + 1] " were here, with the " b[(i * 5) % 8 + 1] "." >"texts/bread.txt" } }'
    BIN=$top/tools/bin${V:+/$V} VOCAB=200 LAYERS=1 HIDDEN=32 STEPS=40 BATCH=8 LENGTH=24 EPOCHS=6 RATE=5e-3 sh "$top/examples/pipeline.sh" texts made >out 2>&1 || return 1
    grep -q '^ *masked_lm_accuracy = ' out && [ "$(grep -c '^  eval_accuracy = ' out)" = 2 ] && [ -s made/pretrained/training.svg ] && tail -n 8 out | awk -F'\t' 'NR <= 4 { said[NR] = $1 } NR > 4 { n++; bad += said[NR - 4] != $1 } END { exit bad || n != 4 }'
}
if wanted "pipeline"; then
    if pipeline; then pass "pipeline"; else fail "pipeline" "other predictions"; tail -n 30 out | sed 's/^/     | /'; fi
fi

# Little models, trained here: what they say is right. Then what only needs some model.
train() { mkdir little && "$bin/train" little/reviews >out 2>&1 && [ "$(sed -n 's/.*label: \([0-9]*\)\..*/\1/p' out)" -ge 85 ]; }
check "train" train
classify() { "$bin/classify" little/reviews 'the soup was cold, but the waiter was kind' >out 2>&1 && head -n 1 out | grep -q ' %  mixed$' && [ "$(wc -l <out)" -eq 3 ]; }
check "classify" classify
sentiment() { printf 'the bread was really fresh\n\nnever clean, always dirty: what a room!\n' | "$bin/sentiment" little/reviews >out 2>&1 && [ "$(cut -d' ' -f1 out | tr '\n' ' ')" = 'good bad ' ] && tail -n 1 out | grep -q 'what a room!$'; }
check "sentiment" sentiment
train_file() {                                  # labels and texts of one's own
    i=0; while [ $i -lt 60 ]; do echo "yes	there is rain and wind $i"; echo "no	the sun shines all day $i"; i=$((i + 1)); done >own.tsv
    "$bin/train" little/own own.tsv >out 2>&1 && "$bin/classify" little/own 'wind and rain' >out 2>&1 && head -n 1 out | grep -q 'yes$'
}
check "train on a file" train_file
train_names() { "$bin/train_names" little/names >out 2>&1 && [ "$(sed -n 's/^\([0-9]*\)\.[0-9] % of.*/\1/p' out)" -ge 93 ]; }
check "train_names" train_names
highlight() { echo 'Belholt joined Morson Bank in Tanhaven last spring.' | "$bin/highlight" little/names >out 2>&1 && grep -q '\[Morson Bank ORG\]' out && [ "$(sed 's/\[\([^]]*\) [A-Z]*\]/\1/g' out)" = 'Belholt joined Morson Bank in Tanhaven last spring.' ]; }
check "highlight" highlight
# A classifier as one C file: compiled and run where there is nothing else.
one_file() {
    mkdir alone && "$top/tools/bin${V:+/$V}/convert" little/reviews alone/app.c --dtype int8 --headers "$top" >out 2>&1 && [ "$(ls alone)" = app.c ] && [ "$(wc -c <alone/app.c)" -lt 5000000 ] || return 1
    echo "$(wc -c <alone/app.c) bytes"
    $CC $CFLAGS -O0 alone/app.c -lm -o alone/app && printf 'the bread was really fresh\nthe soup was cold, but the waiter was kind\n' | (cd alone && ./app) >out && [ "$(cut -d' ' -f1 out | tr '\n' ' ')" = 'good mixed ' ]
}
check "a classifier as one C file" one_file
tagger_file() {
    "$top/tools/bin${V:+/$V}/convert" little/names tagger.c --dtype bf16 --program >out 2>&1 && $CC $CFLAGS -O0 -I"$top" tagger.c -lm -o tagger && echo 'Belholt joined Morson Bank in Tanhaven last spring.' | ./tagger >out && grep -q '^Bank I-ORG$' out && [ "$(wc -l <out)" -eq 10 ]
}
check "a tagger as a C file" tagger_file
weights_file() {                                # and weights in a program of one's own
    "$top/tools/bin${V:+/$V}/convert" model weights.h --dtype f16 >out 2>&1 || return 1
    printf '%s\n' '#define BERT_STATIC' '#define BERT_NO_TRAIN' '#define BERT_NO_DATA' '#define BERT_IMPLEMENTATION' '#include "bert.h"' '#include "weights.h"' \
        'int main(void) { bert_error e = { 0 }; bert_model *m; bert_tokenizer *t; return weights_open(&m, &t, &e) || bert_model_config(m)->layers != 2 || bert_tokenizer_size(t) != 20; }' >own.c
    $CC $CFLAGS -O0 -I"$top" -I. own.c -lm -pthread -o own && ./own
}
check "weights in a program" weights_file
refuse "int8 is for C alone" "$top/tools/bin${V:+/$V}/convert" model out.safetensors --dtype int8
refuse "a program of something else" "$top/tools/bin${V:+/$V}/convert" model out.bin --program

# Reading, in short: worlds of two things. Answers in place and on a page; a question a line; the same folder by run_squad.
train_answers() { mkdir -p little && "$bin/train_answers" little/answers 1 2 >out 2>&1 && [ "$(sed -n 's/^\([0-9]*\)\.[0-9] % of 500.*/\1/p' out)" -ge 90 ]; }
check "train_answers" train_answers
printf 'The red ball is under the table. Mira has a blue cup.\n' >story
ask() {
    "$bin/ask" --html page.html little/answers story 'Where is the red ball?' 'What does Mira have?' 'Where is the <green> hat?' >out 2>&1 && grep -q '^  under the table   score' out && grep -q 'Mira has \[\[a blue cup\]\]\.$' out && grep -q 'The red ball is \[\[under the table\]\]\. Mira' out &&
        [ "$(grep -c 'does not say' out)" -eq 1 ] && grep -q '<mark>under the table</mark>' page.html && grep -q '&lt;green>' page.html && [ "$(grep -c '<section>' page.html)" -eq 3 ] && ! grep -E 'src=|href=|@import|url\(|<script' page.html
}
check "ask" ask
ask_lines() { printf 'Who has the blue cup?\n\nWhat colour is the ball?\n' | "$bin/ask" little/answers story >out 2>&1 && [ "$(grep -c '\[\[Mira\]\]\|\[\[red\]\]' out)" -eq 2 ]; }
check "ask, from standard input" ask_lines
ask_squad() {
    echo '{"data": [{"paragraphs": [{"context": "Tom took the green drum. A white key lies near the bridge.", "qas": [{"id": "q", "question": "Where is the white key?"}]}]}]}' >questions.json
    "$top/tools/bin${V:+/$V}/run_squad" --do_predict --predict_file=questions.json --init_checkpoint=little/answers --output_dir=answers && grep -q '"q": "near the bridge"' answers/predictions.json
}
check "run_squad reads the same model" ask_squad
resume() { "$bin/resume" state.safetensors >out 2>&1 && grep -q 'the same bits' out; }
check "resume" resume
arena() { "$bin/arena" little/reviews 'the soup was stale' >out 2>&1 && grep -q '1000 texts: 0$' out && grep -q 'malloc for: nothing$' out; }
check "arena" arena
check "host_threads" "$bin/host_threads"
vectors() { "$bin/vectors" model 'the dogs' 'a cat' >out 2>&1 && [ "$(grep -c '^ 1.00' out)" -ge 2 ] && [ "$(wc -l <out)" -eq 3 ] && ! "$bin/vectors" nowhere x 2>out && grep -q '^vectors: nowhere' out; }
if [ -x "$bin/vectors" ]; then check "vectors (C++)" vectors
elif wanted "vectors (C++)"; then skip "vectors (C++)" "there is no C++ compiler"; fi
python() {
    BERT_LIBRARY=$tmp/libbert.so CC=${CC% -m32*} CFLAGS=-O0 python3 "$top/examples/bert.py" --build &&
    BERT_LIBRARY=$tmp/libbert.so python3 "$top/examples/bert.py" little/reviews 'the soup was stale' 'the soup was fresh' >out && grep -q '^bad .*stale$' out && grep -q '^good .*fresh$' out && grep -q '^the soup was stale | cosine to the first: 1.000$' out &&
    ! BERT_LIBRARY=$tmp/libbert.so python3 "$top/examples/bert.py" little/reviews/model.safetensors/no x 2>out && grep -q 'no such file' out &&
    mkdir wordless && cp little/reviews/model.safetensors little/reviews/config.json wordless && ! BERT_LIBRARY=$tmp/libbert.so python3 "$top/examples/bert.py" wordless x 2>out && grep -q 'no vocabulary lies beside' out
}
if have python3; then check "bert.py" python
elif wanted "bert.py"; then skip "bert.py" "there is no python3"; fi

for example in hello search fill_mask batch attention classify sentiment highlight ask; do
    refuse "$example without a model" "$bin/$example" nowhere nothing x
done
if wanted "make -C examples minilm without pip"; then
    if [ -f "$top/examples/minilm/model.safetensors" ]; then skip "make -C examples minilm without pip" "the model is here already"
    elif "$MAKE" -s -C "$top/examples" minilm PYTHON=nothing V="${V:-}" CC="$CC" CFLAGS="$CFLAGS" >out 2>&1; then fail "make -C examples minilm without pip" "succeeds"
    elif grep -q 'By hand: .*whl' out && [ ! -d "$top/examples/minilm" ]; then pass "make -C examples minilm without pip"
    else fail "make -C examples minilm without pip" "does not say what to do"; show out; fi
fi

finish
