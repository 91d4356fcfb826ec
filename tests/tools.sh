#!/bin/sh
# tools.sh - what the command-line programs print, refuse and answer
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"

bin=$top/tools/bin${V:+/$V}
if [ ! -x "$bin/tokenize" ]; then
    skip "tools" "$bin/tokenize is not built (make -C tools)"
    finish
fi
cd "$tmp" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL

for token in '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' the '##s' dog cat '##nap' run '##ning' . , heu "'" n t do '面' '包' ; do echo "$token"; done >vocab.txt
tokenize() { "$bin/tokenize" --vocab_file vocab.txt "$@"; }

# prints NAME EXPECTED FLAGS...   what is in "in" gives exactly EXPECTED (\n and other escapes as in printf)
prints() {
    name_=$1 expected_=$2; shift 2
    wanted "$name_" || return 0
    printf "$expected_" >want
    tokenize "$@" <in >got 2>err
    status_=$?
    tr -d '\r' <got >got.lf
    if [ $status_ != 0 ]; then fail "$name_" "exit status $status_"; show err
    elif cmp -s want got.lf; then pass "$name_"
    else fail "$name_" "prints something else"; show want; show got.lf; fi
}
# fails NAME STATUS WORDS COMMAND...   ends with that status, says WORDS on stderr, nothing on stdout
fails() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    "$@" <in >got 2>err
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; show err
    elif [ -s got ]; then fail "$name_" "prints on standard output too"; show got
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; show err; fi
}

# ---- tokenize: formats ----

printf 'The dogs run.\ncat\n' >in
prints "format json" '{"text": "The dogs run.", "tokens": ["the", "dog", "##s", "run", "."], "ids": [5, 7, 6, 10, 12], "offsets": [[0, 3], [4, 7], [7, 8], [9, 12], [12, 13]]}
{"text": "cat", "tokens": ["cat"], "ids": [8], "offsets": [[0, 3]]}\n'
prints "format tokens" 'the dog ##s run .\ncat\n' --format=tokens
prints "format ids" '5 7 6 10 12\n8\n' --format ids
prints "special" '[CLS] the dog ##s run . [SEP]\n[CLS] cat [SEP]\n' --format=tokens --special
prints "nospecial" 'the dog ##s run .\ncat\n' --format=tokens --special --nospecial
prints "cased" '[UNK] dog ##s run .\ncat\n' --format=tokens --do_lower_case=false
if wanted "format explain"; then
    if tokenize --format=explain <in >got && grep -q 'dogs.*dog ##s' got && grep -q 'lower-cased' got; then pass "format explain"
    else fail "format explain" "says something else"; show got; fi
fi
printf 'the cat\n' >one; printf 'dogs\n' >two
prints "files, one after another" 'dog ##s\nthe cat\ndog ##s\n' --format=tokens two one two
prints "file and standard input" 'dog ##s\nthe dog ##s run .\ncat\nthe cat\n' --format=tokens two - one
prints "the words after --" 'the cat\n' --format=tokens -- one
printf 'Héu 面\n' >in
prints "char_offsets" '{"text": "Héu 面", "tokens": ["heu", "面"], "ids": [14, 19], "offsets": [[0, 4], [5, 8]], "char_offsets": [[0, 3], [4, 5]]}\n' --char_offsets
printf '面包\n' >in
prints "chinese characters" '面 包\n' --format=tokens
prints "chinese characters off" '[UNK]\n' --format=tokens --tokenize_chinese_chars=false
printf '[MASK]\n' >in
prints "[MASK] in a text, Google" '[UNK] [UNK] [UNK]\n' --format=tokens
prints "[MASK] in a text, Hugging Face" '[MASK]\n' --format=tokens --mode=hf
prints "[MASK] in a text, asked for" '[MASK]\n' --format=tokens --special_in_text

# ---- tokenize: pairs, jsonl ----

printf 'the dog\tthe cat runs\n' >in
prints "pair" '{"text": "the dog", "pair": "the cat runs", "tokens": ["[CLS]", "the", "dog", "[SEP]", "the", "cat", "run", "##s", "[SEP]"], "ids": [2, 5, 7, 3, 5, 8, 10, 6, 3], "segment_ids": [0, 0, 0, 0, 1, 1, 1, 1, 1], "offsets": [[0, 0], [0, 3], [4, 7], [0, 0], [0, 3], [4, 7], [8, 11], [11, 12], [0, 0]]}\n' --pair
prints "a tab without --pair is white space" 'the dog the cat run ##s\n' --format=tokens
printf '{"text": "the\\ndog", "pair": "cat", "other": 1}\n{"pair": "", "text": "\\u9762"}\n' >in
prints "jsonl" '{"text": "the\\ndog", "tokens": ["the", "dog"], "ids": [5, 7], "offsets": [[0, 3], [4, 7]]}
{"text": "面", "tokens": ["面"], "ids": [19], "offsets": [[0, 3]]}\n' --input_format=jsonl
prints "jsonl pair" '[CLS] the dog [SEP] cat [SEP]\n[CLS] 面 [SEP] [SEP]\n' --input_format=jsonl --pair --format=tokens

# ---- tokenize: too long ----

printf 'the dog the cat . , .\n' >in
prints "max_seq_length" '[CLS] the dog the [SEP]\n' --format=tokens --max_seq_length 5
prints "max_seq_length is enough" '[CLS] the dog the cat . , . [SEP]\n' --format=tokens --max_seq_length 9
prints "truncate_left" '[CLS] . , . [SEP]\n' --format=tokens --max_seq_length 5 --truncate_left
prints "stride" '{"text": "the dog the cat . , .", "tokens": ["[CLS]", "the", "dog", "the", "[SEP]"], "ids": [2, 5, 7, 5, 3], "offsets": [[0, 0], [0, 3], [4, 7], [8, 11], [0, 0]], "overflow": [{"tokens": ["[CLS]", "the", "cat", ".", "[SEP]"], "ids": [2, 5, 8, 12, 3], "offsets": [[0, 0], [8, 11], [12, 15], [16, 17], [0, 0]]}, {"tokens": ["[CLS]", ".", ",", ".", "[SEP]"], "ids": [2, 12, 13, 12, 3], "offsets": [[0, 0], [16, 17], [18, 19], [20, 21], [0, 0]]}]}\n' --max_seq_length 5 --stride 1
prints "stride 0, tokens" '[CLS] the dog the [SEP]\n[CLS] cat . , [SEP]\n[CLS] . [SEP]\n' --format=tokens --max_seq_length 5 --stride 0
printf 'the dog the dog\tcat cat cat cat\n' >in
prints "truncation longest_first" '[CLS] the dog the [SEP] cat cat [SEP]\n' --format=tokens --pair --max_seq_length 8
prints "truncation longest_first, Hugging Face" '[CLS] the dog [SEP] cat cat cat [SEP]\n' --format=tokens --pair --max_seq_length 8 --mode=hf
prints "truncation only_first" '[CLS] the [SEP] cat cat cat cat [SEP]\n' --format=tokens --pair --max_seq_length 8 --truncation only_first
prints "truncation only_second" '[CLS] the dog the dog [SEP] cat [SEP]\n' --format=tokens --pair --max_seq_length 8 --truncation=only_second
fails "truncation error" 1 "line 1.*do not fit" tokenize --format=tokens --pair --max_seq_length 8 --truncation=error
fails "truncation that cannot help" 1 "line 1" tokenize --format=tokens --pair --max_seq_length 5 --truncation=only_second
fails "truncation of a wrong name" 2 "longest_first|only_first" tokenize --truncation=middle

# ---- tokenize: unusual input ----

: >in
prints "no input" ''
printf '\n\n' >in
prints "empty lines" '\n\n' --format=tokens
prints "empty lines with specials" '[CLS] [SEP]\n[CLS] [SEP]\n' --format=tokens --special
printf 'the dog\r\ncat\r\n' >in
prints "CRLF" 'the dog\ncat\n' --format=tokens
printf 'the dog\ncat' >in
prints "no line feed at the end" 'the dog\ncat\n' --format=tokens
printf 'do\000g the\n' >in
prints "NUL in a line" '{"text": "do\\u0000g the", "tokens": ["dog", "the"], "ids": [7, 5], "offsets": [[0, 4], [5, 8]]}\n'
printf 'd\377og \342\202 cat\n' >in
prints "invalid UTF-8" 'dog cat\n' --format=tokens
if wanted "invalid UTF-8, json"; then
    if tokenize <in >got && grep -q '"ids": \[7, 8\]' got && LC_ALL=C grep -v "$(printf '\377')" got >/dev/null; then pass "invalid UTF-8, json"
    else fail "invalid UTF-8, json" "is copied to the output"; show got; fi
fi
printf 'not json\n' >in
fails "jsonl that is none" 1 "line 1" tokenize --input_format=jsonl
printf '{"pair": "cat"}\n' >in
fails "jsonl without text" 1 '"text"' tokenize --input_format=jsonl
printf 'only one\n' >in
fails "pair without a tab" 1 "tab" tokenize --pair

# ---- failing ----

printf 'the dog\n' >in
printf 'the\ncat\n' >poor.txt
fails "vocabulary without [UNK]" 1 "standard input, line 1: a word is unknown, and the vocabulary has no .UNK. to say so: is poor.txt the right file" "$bin/tokenize" --vocab_file poor.txt --threads 2
fails "vocabulary missing" 1 "nowhere.txt" "$bin/tokenize" --vocab_file nowhere.txt
fails "vocabulary not named" 2 "vocab_file" "$bin/tokenize"
fails "input missing" 1 "nothing.txt" tokenize nothing.txt
fails "unknown flag" 2 "did you mean --vocab_file" tokenize --vocab_fil vocab.txt
fails "unknown flag, no nearest" 2 "unknown flag --zzzzzzzzzzzzzz" tokenize --zzzzzzzzzzzzzz
fails "value missing" 2 "threads" tokenize --threads
fails "value that is no number" 2 "whole number" tokenize --threads=two
fails "value that is no boolean" 2 "true or false" tokenize --pair=maybe
fails "value negative" 2 "negative" tokenize --max_seq_length=-1
fails "format of a wrong name" 2 "json|tokens|ids|explain" tokenize --format=xml

# ---- help: exit status 0, on standard output, with every flag of the source ----

for tool in tokenize bench learn_vocab extract_features embed fill_mask try plan inspect convert; do
    name="help of $tool"
    wanted "$name" || continue
    "$bin/$tool" --help >help 2>err
    status=$?
    if [ $status != 0 ]; then fail "$name" "exit status $status"; show err; continue; fi
    missing=
    for flag in $(sed -n 's/^    { "\([a-z_]*\)", .*/\1/p' "$top/tools/$tool.c") help version; do
        grep -q -e "--$flag " help || missing="$missing $flag"
    done
    if [ "$(grep -c -e '^  --' help)" -lt 5 ]; then fail "$name" "has hardly any flags"; show help
    elif [ -n "$missing" ]; then fail "$name" "says nothing of$missing"
    else pass "$name"; fi
done
check "version" sh -c "'$bin/tokenize' --version | grep -q '^tokenize[.a-z]* [0-9]'"

# ---- many lines, some threads ----

awk 'BEGIN { for (i = 0; i < 50000; i++) { s = i % 7 == 0 ? "" : "the cat"; for (k = 0; k < i % 23; k++) s = s " dogs running catnap" i % 10; print s } }' >many
if wanted "order with 1 and 4 threads"; then
    if tokenize --threads 1 --format=json many >got1 && tokenize --threads=4 --format=json many >got4 && cmp -s got1 got4 &&
       [ "$(wc -l <got1)" -eq 50000 ]; then pass "order with 1 and 4 threads"
    else fail "order with 1 and 4 threads" "the outputs differ: $(wc -l <got1) and $(wc -l <got4) lines"; fi
fi
if wanted "a pipe and a file give the same"; then
    tokenize --format=ids many >got1 && cat many | tokenize --format=ids >got4
    if cmp -s got1 got4; then pass "a pipe and a file give the same"; else fail "a pipe and a file give the same" "the outputs differ"; fi
fi

# ---- a small model, for all that runs one ----

mkdir small short nohead st st/1_Pooling st2 st2/1_Pooling
model=
if ! build_make_model 2>err; then
    wanted "small model" && { fail "small model" "make_model cannot be built"; show err; }
elif ./make_model small && ./make_model short 3 8 && ./make_model nohead 0 && ./make_model st && ./make_model st2; then
    model=1
    wanted "small model" && pass "small model"
else wanted "small model" && fail "small model" "make_model fails"; fi

# same NAME A B ...: the files are the same, and not empty
same() {
    name_=$1; shift
    first_=$1
    for file_; do
        if [ ! -s "$file_" ]; then fail "$name_" "$file_ is empty"; show err; return 0; fi
        cmp -s "$first_" "$file_" || { fail "$name_" "$first_ and $file_ differ"; show "$first_"; show "$file_"; return 0; }
    done
    pass "$name_"
}
numbers() { awk '{ for (i = 1; i <= NF; i++) if ($i + 0 != $i || NF != n) bad = 1 } END { exit bad || NR != r }' n="$2" r="$3" "$1"; }

if [ -n "$model" ]; then
    printf 'the dogs run .\ncatnap\n\nthe cat , the dog\n' >in

    # weights that are no numbers: the file opens, inspect tells, whatever comes of them is an error with the tensor's name
    if wanted "weights that are no numbers"; then
        cp -R small odd && printf '\000\000\300\177' | dd of=odd/model.safetensors bs=1 seek=$(($(wc -c <odd/model.safetensors) - 12000)) conv=notrunc 2>/dev/null
        "$bin/inspect" odd >got 2>err && name_=$(sed -n 's/.* \([^ ]*\)  sum .* 1 NaN$/\1/p' got)
        "$bin/embed" --model odd in >got 2>err
        status_=$?
        "$bin/fill_mask" --model odd 'the [MASK] run' >got2 2>err2
        if [ -n "${name_:-}" ] && [ $status_ = 1 ] && grep -q "$name_: its weights are not all finite" err && grep -q "$name_: its weights are not all finite" err2 && ! grep -q nan got got2; then pass "weights that are no numbers"
        else fail "weights that are no numbers" "${name_:-inspect does not tell}"; show err; show err2; fi
    fi

    # a device that is not built in, or is none: before anything is computed, with what to do
    if wanted "device"; then
        "$bin/embed" --model small --device=cuda:0,bf16 in >got 2>err
        status_=$?
        "$bin/embed" --model small --device=gpu in >got 2>err2
        [ $? = 2 ] || status_=0
        if [ $status_ = 1 ] && grep -q 'device=cpu' err && grep -q 'device is cpu' err2 && [ ! -s got ]; then pass "device"; else fail "device" "does not say what to do"; show err; show err2; fi
    fi
    # embed
    if wanted "embed"; then
        "$bin/embed" --model small in >got 2>err && numbers got 20 4 && [ "$(sort -u got | wc -l)" -eq 4 ] && pass "embed" || { fail "embed" "not four different lines of 20 numbers"; show got; show err; }
    fi
    if wanted "embed in any precision"; then
        "$bin/embed" --model small --precision f32 in >got1 2>err && "$bin/embed" --model small --precision bf16 --isa ref in >got2 2>>err && "$bin/embed" --model small --precision int8 --isa ref in >got3 2>>err
        "$bin/embed" --model small --precision fp8 in >got4 2>err2
        if [ $? = 2 ] && numbers got1 20 4 && numbers got2 20 4 && numbers got3 20 4 && ! cmp -s got1 got2 && ! cmp -s got2 got3 && ! cmp -s got1 got3 && cmp -s got got1; then pass "embed in any precision"; else fail "embed in any precision" "not three near kinds of vectors"; show got2; show got3; show err; fi
    fi
    if wanted "embed, in any way"; then
        for flags_ in "--threads 1" "--threads 3" "--max_tokens 32" "--model small/model.safetensors" "--bert_config_file small/config.json --vocab_file small/vocab.txt" "--too_long=windows" "--noormalize=false"; do
            case $flags_ in --noor*) flags_=--nonormalize ;; esac
            "$bin/embed" --model small $flags_ in >got1 2>err && cmp -s got got1 || { fail "embed, in any way" "$flags_ gives something else"; show err; break; }
            : >all
        done
        "$bin/embed" --model small <in >got2 2>err && "$bin/embed" --model small --output_file got3 in 2>>err && tail -n 1 in | "$bin/embed" --model small >got4 && tail -n 1 got >got5 && cmp -s got4 got5 && same "embed, in any way" got got1 got2 got3
        [ ! -e got3.part ] || fail "embed, in any way" "leaves its part file"
    fi
    if wanted "embed pooling"; then
        for kind in mean cls max pooler mean_sqrt_len weighted_mean last; do "$bin/embed" --model small --pooling $kind --normalize in >"by_$kind" 2>err || break; done
        if [ "$(cat by_* | sort -u | wc -l)" -ge 25 ] && awk '{ s = 0; for (i = 1; i <= NF; i++) s += $i * $i; if (s < 0.99999 || s > 1.0.001) bad = 1 } END { exit bad || NR != 28 }' by_mean by_cls by_max by_pooler by_mean_sqrt_len by_weighted_mean by_last; then pass "embed pooling"
        else fail "embed pooling" "the same vectors, or not of length 1"; show err; fi
    fi
    if wanted "embed npy and safetensors"; then
        "$bin/embed" --model small --output_format npy --output_file e.npy in 2>err && "$bin/embed" --model small --output_format=safetensors --output_file=e.safetensors in 2>>err
        size=$(wc -c <e.npy)
        if [ $((size - 128)) -eq $((4 * 20 * 4)) ] && head -c 128 e.npy | grep -a -q "'descr': '<f4', 'fortran_order': False, 'shape': (4, 20), }" && tail -c 320 e.npy >a && tail -c 320 e.safetensors | cmp -s - a &&
            "$bin/inspect" e.safetensors 2>&1 | grep -q 'embeddings'; then pass "embed npy and safetensors"
        else fail "embed npy and safetensors" "are something else"; show err; fi
    fi
    if wanted "embed as sentence-transformers say"; then
        echo '[{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]' >st/modules.json
        echo '{"word_embedding_dimension": 20, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": true}' >st/1_Pooling/config.json
        echo '{"max_seq_length": 4}' >st/sentence_bert_config.json
        "$bin/embed" --model st --max_seq_length 32 in >got 2>err && "$bin/embed" --model small --pooling max --normalize in >got1 2>>err && "$bin/embed" --model st --too_long truncate in >got2 2>>err && "$bin/embed" --model small --pooling max --normalize --max_seq_length 4 --too_long truncate in >got3 2>>err
        if cmp -s got got1 && cmp -s got2 got3 && ! cmp -s got got2 && [ -s got2 ]; then pass "embed as sentence-transformers say"; else fail "embed as sentence-transformers say" "pooling, length or norm are others"; show err; fi
    fi
    fails "embed too long, as the files say" 1 "line 1 has 7 tokens; the limit is 4" "$bin/embed" --model st
    echo '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}' >st2/1_Pooling/config.json
    fails "embed with two poolings at once" 1 "1_Pooling/config.json.*2 ways" "$bin/embed" --model st2
    echo '[{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]' >st2/modules.json
    fails "embed with a module that is not known" 1 "Dense" "$bin/embed" --model st2
    echo '[{' >st2/modules.json
    fails "embed with a broken file" 1 "modules.json" "$bin/embed" --model st2
    awk 'BEGIN { for (i = 0; i < 40; i++) printf "cat "; print ""; print "the dog" }' >long
    cp long in
    fails "embed too long" 1 "line 1 has 42 tokens; the limit is 32: --too_long=truncate" "$bin/embed" --model small
    if wanted "embed too long, cut and in windows"; then
        "$bin/embed" --model small --too_long truncate long >got 2>err && "$bin/embed" --model small --too_long windows long >got1 2>>err
        if numbers got 20 2 && numbers got1 20 2 && [ "$(cat got got1 | sort -u | wc -l)" -eq 3 ]; then pass "embed too long, cut and in windows"; else fail "embed too long, cut and in windows" "are not two vectors each"; show err; fi
    fi
    fails "embed without a model" 2 "model" "$bin/embed"
    fails "embed, model missing" 1 "nowhere" "$bin/embed" --model nowhere
    fails "embed, pooling of a wrong name" 2 "mean_sqrt_len" "$bin/embed" --model small --pooling middle
    fails "embed, pooler missing" 1 "pooler" "$bin/embed" --model nohead --pooling pooler
    fails "embed, isa of a wrong name" 2 "avx512" "$bin/embed" --model small --isa sse
    fails "embed, vocabulary of another model" 1 "21 tokens, the model only 20" "$bin/embed" --model small --vocab_file vocab.txt
    fails "embed, output that cannot be written" 1 "nowhere/out: cannot write: ..*" "$bin/embed" --model small --output_file nowhere/out
    rm -f short/vocab.txt
    fails "embed, no vocabulary beside" 1 "vocab_file" "$bin/embed" --model short
    ./make_model short 3 8

    # fill_mask
    if wanted "fill_mask"; then
        "$bin/fill_mask" --model small --top_k 3 'the [MASK] run' 'a [MASK] and [MASK]' >got 2>err && printf 'the [MASK] run\r\na [MASK] and [MASK]' | "$bin/fill_mask" --model small --top_k=3 >got1 2>>err
        awk '/^ / { n++; if ($1 < 0 || $1 > 1 || ($1 > last && !first)) bad = 1; last = $1; first = 0 } !/^ / { first = 1 } END { exit bad || n != 9 }' got && same "fill_mask" got got1 || { fail "fill_mask" "prints something else"; show got; show err; }
    fi
    if wanted "fill_mask, all words"; then
        "$bin/fill_mask" --model small --top_k 20 '[MASK]' >got 2>err && awk '/^ / { s += $1; n++ } END { exit n != 20 || s < 0.999 || s > 1.001 }' got && pass "fill_mask, all words" || { fail "fill_mask, all words" "the probabilities are not 1 in sum"; show got; show err; }
    fi
    if wanted "fill_mask json"; then
        "$bin/fill_mask" --model small --top_k 2 --format json 'the "[MASK]" [MASK]' >got 2>err
        grep -q '^{"text": "the \\"\[MASK\]\\" \[MASK\]", "masks": \[\[{"token": "[^"]*", "id": [0-9]*, "probability": [0-9.e-]*}, {"token": .*}\], \[{.*}\]\]}.\{0,1\}$' got && pass "fill_mask json" || { fail "fill_mask json" "is something else"; show got; show err; }
    fi
    printf 'the cat\n' >in
    fails "fill_mask without a mask" 1 "line 1: the text has no \[MASK\]" "$bin/fill_mask" --model small
    fails "fill_mask without its head" 1 "masked language model" "$bin/fill_mask" --model nohead
    fails "fill_mask, too many words" 2 "top_k" "$bin/fill_mask" --model small --top_k 21
    printf '[MASK] cat cat cat cat cat cat cat\n' >in
    fails "fill_mask, too long" 1 "line 1: .*positions for 8" "$bin/fill_mask" --model short

    # extract_features
    printf 'the dogs ||| run\n  catnap  \n\na ||| b ||| 面包 \nthe ||| \002\n' >in
    if wanted "extract_features"; then
        "$bin/extract_features" --input_file in --output_file got --model small --layers=-1,0 --max_seq_length 32 2>err
        tr '"' "'" <got | sed "s/'values': \[[^]]*\]/V/g" >form
        cat >want <<'END'
{'linex_index': 0, 'features': [{'token': '[CLS]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'the', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'dog', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '##s', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'run', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}]}
{'linex_index': 1, 'features': [{'token': '[CLS]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'cat', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '##nap', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}]}
{'linex_index': 2, 'features': [{'token': '[CLS]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}]}
{'linex_index': 3, 'features': [{'token': '[CLS]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'a', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[UNK]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[UNK]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[UNK]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'b', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '\u9762', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '\u5305', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}]}
{'linex_index': 4, 'features': [{'token': '[CLS]', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': 'the', 'layers': [{'index': -1, V}, {'index': 0, V}]}, {'token': '[SEP]', 'layers': [{'index': -1, V}, {'index': 0, V}]}]}
END
        grep -q '^5 lines, 26 tokens, 2 layers of 20 numbers: about [0-9]* KB' err && tr -d '\r' <form | cmp -s - want && ! grep -q '"values": \[[^]]*[0-9]\{7\}' got && pass "extract_features" || { fail "extract_features" "prints something else"; show err; show form; }
    fi
    if wanted "extract_features, in any way"; then
        "$bin/extract_features" --input_file=in --output_file=got1 --init_checkpoint=small/model.safetensors --bert_config_file=small/config.json --vocab_file=small/vocab.txt --layers=-1,-2 --max_seq_length=32 --batch_size=1 --use_tpu=False --master=x --num_tpu_cores=8 --use_one_hot_embeddings=False --do_lower_case=True --threads 3 2>err &&
            "$bin/extract_features" --input_file - --output_file - --model small --layers=-1,0 --max_seq_length=32 <in 2>>err | sed 's/"index": 0/"index": -2/g' >got2
        same "extract_features, in any way" got1 got2
    fi
    if wanted "extract_features npy and safetensors"; then
        "$bin/extract_features" --input_file in --output_file f.npy --output_format npy --model small --layers=-1,0 --max_seq_length 32 2>err && "$bin/extract_features" --input_file in --output_file f.safetensors --output_format safetensors --model small --layers=-1,0 --max_seq_length 32 2>>err
        if head -c 128 f.npy | grep -a -q "'shape': (26, 2, 20), }" && [ "$(wc -c <f.npy)" -eq $((128 + 26 * 2 * 20 * 4)) ] && tail -c 4160 f.npy >a && tail -c 4160 f.safetensors | cmp -s - a && "$bin/inspect" f.safetensors 2>&1 | grep -q 'features'; then pass "extract_features npy and safetensors"
        else fail "extract_features npy and safetensors" "are something else"; show err; fi
    fi
    ef() { "$bin/extract_features" --input_file in --output_file none "$@"; }
    fails "extract_features, layer out of range" 1 "no layer -3, the model has 2: 0 to 1, or -1 to -2" ef --model small --layers=-1,-3 --max_seq_length 32
    fails "extract_features, layers that are none" 2 "layers is a list" ef --model small --layers=all
    fails "extract_features, longer than the model" 1 "positions for 32" ef --model small --layers=-1
    fails "extract_features without a model" 2 "init_checkpoint" ef
    fails "extract_features without files" 2 "input_file" "$bin/extract_features" --model small
    fails "extract_features, input missing" 1 "nothing.txt" "$bin/extract_features" --input_file nothing.txt --output_file none --model small --layers=-1 --max_seq_length 32
    if wanted "extract_features leaves nothing half done"; then
        if [ ! -e none ] && [ ! -e none.part ]; then pass "extract_features leaves nothing half done"; else fail "extract_features leaves nothing half done" "$(ls none*)"; fi
    fi
    golden=$top/../shared/goldens/google/extract_features
    if wanted "extract_features as recorded"; then
        if [ ! -f "$golden/output_main_model.jsonl" ]; then skip "extract_features as recorded" "../shared is not here"
        elif ! "$bin/extract_features" --input_file="$golden/input.txt" --output_file=got --init_checkpoint="$golden/../model/bert_model.ckpt" --vocab_file="$golden/../model/vocab.txt" --bert_config_file="$golden/../model/bert_config.json" --layers=-1,-2,-3 --max_seq_length=64 --batch_size=8 2>err; then fail "extract_features as recorded" "ends with an error"; show err
        elif cat got "$golden/output_main_model.jsonl" | tr -s '[]{}, ' '\n' | grep . | awk '{ w[NR] = $0 } END { h = NR / 2; for (i = 1; i <= h; i++) { a = w[i]; b = w[h + i]; if (a == b) continue
                if (a !~ /^-?[0-9.]+(e-[0-9]+)?$/ || b !~ /^-?[0-9.]+(e-[0-9]+)?$/) exit 1; d = a - b; if (d > 2e-5 || d < -2e-5) exit 1 } exit NR < 1000 || NR % 2 }'; then pass "extract_features as recorded"
        else fail "extract_features as recorded" "differs"; fi
    fi

    # plan
    if wanted "plan of a model"; then
        "$bin/plan" --model small --batch 2 --length 16 --threads 1 --format json >got 2>err && "$bin/plan" --model small --batch 2 --length 16 --threads 1 --budget 1M >got1 2>>err
        if grep -q '^{"weights": [0-9]*, "packed": [0-9]*, "session": [0-9]*, "pool": 0, "total": [0-9]*}' got && awk -F'[:,}]' '{ exit !($4 + $6 + $8 == $10 && $10 > 0) }' got && grep -q 'tokens at once' got1 && awk '/largest batch/ { on = 1; next } on { bad = 1 } END { exit bad }' got1; then pass "plan of a model"
        else fail "plan of a model" "says something else"; show got; show got1; show err; fi
    fi
    if wanted "plan table"; then         # lengths by memory: 12 GB hold more than Google's (the last column), and more yet with --recompute
        if "$bin/plan" --table >got 2>err && awk '$1 ~ /^(64|128|256|320|384|512)$/ { n++; if (NF != 10 || $3 <= $10 || $7 <= $3 || $5 < $4 || $4 < $3) bad = 1 } END { exit bad || n != 12 }' got; then pass "plan table"
        else fail "plan table" "says something else"; show got; show err; fi
    fi
    if wanted "plan of workers"; then    # by hand: 17.6 MB of gradients at 10 MB/s, halved by bf16; two workers send them once each way: 2 (2-1)/2
        workers="--config tiny --mode training --learn pretraining --step_seconds 0.06 --latency 0 --overlap 1"
        "$bin/plan" $workers --workers 1,2,8 --bandwidth 10485760 --format json >got 2>err && "$bin/plan" $workers --workers 2 --bandwidth 10485760 --allreduce_bf16 --parts 4 --format json >got1 2>>err
        step=$(sed 's/.*"workers": 2, [^}]*"step": \([0-9.]*\),.*/\1/' got)
        "$bin/plan" $workers --workers 8 --measured "2:$step" --format json >got2 2>>err
        # $1 bytes, of 1, 2, 8 workers exchange and step
        sed 's/.*"bytes": \([0-9]*\), .*"workers": 1, [^}]*"exchange": \([0-9.e-]*\), [^}]*"step": \([0-9.]*\),.*"workers": 2, [^}]*"exchange": \([0-9.]*\), [^}]*"step": \([0-9.]*\),.*"workers": 8, [^}]*"exchange": \([0-9.]*\), [^}]*"step": \([0-9.]*\),.*/\1 \2 \3 \4 \5 \6 \7/' got >numbers
        sed 's/.*"exchange": \([0-9.]*\), "exposed": \([0-9.]*\),.*/\1 \2/' got1 >>numbers
        sed 's/.*"step": \([0-9.]*\),.*/\1/' got2 >>numbers
        if awk 'function near(a, b) { return a > b * 0.9999 && a < b * 1.0001 } NR == 1 { n = $1; all = $4; ok = $2 == 0 && near($3, 0.06) && near($4, n / 10485760) && near($5, 0.06 + $4 - 0.04) && near($6, $4 * 2 * 7 / 8) && near($7, 0.06 + $6 - 0.04); eight = $7 }
                NR == 2 { ok = ok && near($1, all / 2) && near($2, all / 2 - 0.01) } NR == 3 { ok = ok && near($1, eight) } END { exit !ok }' numbers; then pass "plan of workers"
        else fail "plan of workers" "other times"; show numbers; show got; show got2; show err; fi
    fi
    if wanted "plan of training"; then
        "$bin/plan" --config tiny --mode training --batch 2 --length 16 --threads 1 --format json >got 2>err && "$bin/plan" --config tiny --mode training --recompute --batch 2 --length 16 --threads 1 --format json >got1 2>>err
        if awk -F'[:,}]' '{ t[NR] = $10; if ($2 + $4 + $6 + $8 > $10) bad = 1 } END { exit bad || NR != 2 || t[2] >= t[1] }' got got1; then pass "plan of training"
        else fail "plan of training" "says something else"; show got; show got1; show err; fi
    fi
    fails "plan, longer than the model" 1 "positions for 32" "$bin/plan" --model small --length 33
    if wanted "plan of time"; then
        if "$bin/plan" --model small --length 16 --batch 2 --examples 5 --epochs 2 --threads 1 --format json >got 2>err && grep -q '"seconds_per_batch": [0-9.e-]*, "batches": 6, "seconds": [0-9]' got &&
            "$bin/plan" --model small --length 16 --mode training --learn pretraining --examples 1 --threads 1 >got 2>err && grep -q '^1 x 16 tokens take .* here; 1 of them ' got && ! grep -q ' 0\.0 s' got; then pass "plan of time"
        else fail "plan of time" "says something else"; show got; show err; fi
    fi
    fails "plan of a time without end" 2 "above 0" "$bin/plan" --model small --examples 1 --epochs 0
    fails "plan of nothing" 2 "give one of" "$bin/plan"
    fails "plan of two things" 2 "give one of" "$bin/plan" --model small --config base
    fails "plan, unknown config" 1 "huge" "$bin/plan" --config huge
    fails "plan, budget that is none" 2 "budget" "$bin/plan" --config tiny --budget lots

    # bench
    : >in
    if wanted "bench infer"; then
        lacks=
        "$bin/bench" infer --model small --batch 2 --seq 9 --threads 2 --seconds 0.01 >got 2>err && "$bin/bench" infer --model small --lengths 5,1,30 --precision f32 --isa ref --seconds 0.01 >>got 2>>err
        status=$?
        for key in min_ms p50_ms p99_ms cpu_ms gflops tokens tokens_per_s threads rounds; do [ "$(grep -c "\"$key\": [0-9]" got)" = 2 ] || lacks="$lacks $key"; done
        if [ $status = 0 ] && [ "$(wc -l <got)" -eq 2 ] && [ -z "$lacks" ] && grep -q '"tokens": 36,.*"isa": "ref"' got; then pass "bench infer"; else fail "bench infer" "exit status $status, lacks:$lacks"; show got; show err; fi
    fi
    if wanted "bench gemm"; then
        "$bin/bench" gemm --batch 1 --seq 3 --seconds 0.01 >got 2>err && "$bin/bench" gemm --model small --seq 2 --precision int8 --isa ref --seconds 0.01 >>got 2>>err
        if [ $? = 0 ] && [ "$(grep -c '"product": "[a-z ]*", "rows": [23], "outputs": [0-9]*, "inputs": [0-9]*, "min_ms": [0-9.]*, "gflops": [0-9]' got)" = 12 ] && grep -q '"base qkv", "rows": 3, "outputs": 2304, "inputs": 768' got && grep -q '"isa": "ref", "precision": "int8"' got; then pass "bench gemm"; else fail "bench gemm" "not twelve products"; show got; show err; fi
    fi
    if wanted "bench start"; then
        lacks=
        "$bin/bench" start --model small --text 'the dog' >got 2>err
        status=$?
        for key in total_ms exec_ms map_ms tokenizer_ms pack_ms session_ms first_ms; do grep -q "\"$key\": [0-9]" got || lacks="$lacks $key"; done
        if [ $status = 0 ] && [ "$(wc -l <got)" -eq 1 ] && [ -z "$lacks" ]; then pass "bench start"; else fail "bench start" "exit status $status, lacks:$lacks"; show got; show err; fi
    fi
    fails "bench infer without a model" 2 "model" "$bin/bench" infer
    fails "bench infer, lengths that are none" 2 "lengths is a list" "$bin/bench" infer --model small --lengths 3,x
    fails "bench infer, too long" 1 "positions" "$bin/bench" infer --model small --seq 33
fi

# ---- bench ----

: >in
if wanted "bench tokenize"; then
    "$bin/bench" tokenize --vocab_file vocab.txt --input_file many --seconds 0.01 >got 2>err
    status=$?
    lacks=
    for key in mb_per_s tokens tokens_per_s bytes threads open_ms; do grep -q "\"$key\": [0-9]" got || lacks="$lacks $key"; done
    if [ $status = 0 ] && [ "$(wc -l <got)" -eq 1 ] && [ -z "$lacks" ] && grep -q '^{.*}.\{0,1\}$' got; then pass "bench tokenize"
    else fail "bench tokenize" "exit status $status, lacks:$lacks"; show got; show err; fi
fi
if wanted "bench train"; then
    "$bin/bench" train --model tiny --batch 2 --seq 9 --recompute --threads 2 --seconds 0.01 >got 2>err
    status=$? lacks=
    for key in min_ms peak_bytes cpu_ms gflops optimizer_ms optimizer_percent_of_memory planned_bytes loss threads isa precision rounds; do grep -q "\"$key\": [0-9\"]" got || lacks="$lacks $key"; done
    if [ $status = 0 ] && [ "$(wc -l <got)" -eq 1 ] && [ -z "$lacks" ]; then pass "bench train"; else fail "bench train" "exit status $status, lacks:$lacks"; show got; show err; fi
fi
if wanted "bench pool"; then
    "$bin/bench" pool --model tiny --batch 1 --seq 9 --threads 2 --seconds 0.05 >got 2>err
    status=$? lacks=
    for key in threads one_thread_ms all_threads_ms times_one_thread rate_beside_a_busy_process first_ms first_over_steady isa precision; do grep -q "\"$key\": [0-9\"]" got || lacks="$lacks $key"; done
    if [ $status = 0 ] && [ "$(wc -l <got)" -eq 1 ] && [ -z "$lacks" ]; then pass "bench pool"; else fail "bench pool" "exit status $status, lacks:$lacks"; show got; show err; fi
fi
fails "bench train without a model" 2 "model" "$bin/bench" train
fails "bench of nothing" 2 "tokenize, infer, train, gemm, pool or start" "$bin/bench"
fails "bench without files" 2 "vocab_file" "$bin/bench" tokenize

# ---- inspect and convert: archives of tiny models as they are published ----

seeds=$top/tests/fuzz/seeds/model
if wanted "inspect an archive"; then
    if "$bin/inspect" "$seeds/google.zip" >got 2>err && grep -q '^BERT of Google: 1 layers, hidden 2, 1 heads, intermediate 3, vocabulary 5' got &&
       grep -q 'google.zip/uncased_L-12_H-768_A-12/bert_config.json$' got && grep -q 'gelu_new' got; then pass "inspect an archive"
    else fail "inspect an archive" "says something else"; show got; show err; fi
fi
mkdir -p out
for to in model.safetensors pytorch_model.bin bert_model.ckpt; do
    wanted "convert to $to" || continue
    if "$bin/convert" "$seeds/google.zip" out/$to >got 2>err && "$bin/inspect" out/$to "$seeds/google.zip" >got 2>err &&
       grep -q '^21 tensors are the same, 0 differ' got && grep -q '"hidden_act": "gelu_new"' out/config.json && grep -q '"num_attention_heads": 1' out/config.json; then pass "convert to $to"
    else fail "convert to $to" "not the same"; show got; show err; fi
done
if wanted "the newest checkpoint of a folder"; then
    mkdir -p newest
    if "$bin/convert" "$seeds/google.zip" newest/model.ckpt --to tf >got 2>err && grep -q '^model_checkpoint_path: "model.ckpt"$' newest/checkpoint && "$bin/inspect" newest "$seeds/google.zip" >got 2>err &&
       grep -q '^21 tensors are the same, 0 differ' got; then pass "the newest checkpoint of a folder"
    else fail "the newest checkpoint of a folder" "is not found"; show got; show err; fi
fi
if wanted "convert as f16"; then
    if "$bin/convert" "$seeds/hf.zip" out/half.safetensors --dtype f16 >got 2>err && "$bin/inspect" out/half.safetensors "$seeds/hf.zip" >got 2>err && grep -q '^21 tensors are the same, 0 differ' got &&
       "$bin/inspect" out/half.safetensors >got 2>err && grep -q '^F16 ' got && ! grep -q '^F32 ' got; then pass "convert as f16"
    else fail "convert as f16" "not the same"; show got; show err; fi
fi
if wanted "inspect what differs"; then
    "$bin/inspect" "$seeds/heads.safetensors" "$seeds/hf.safetensors" >got 2>err
    if [ $? = 1 ] && grep -q '^only in .*heads.safetensors: classifier.weight$' got && grep -q '^21 tensors are the same, 4 differ or stand alone$' got; then pass "inspect what differs"
    else fail "inspect what differs" "says something else"; show got; show err; fi
fi
if wanted "tokenize with the model's archive"; then
    echo 'A x' >in
    "$bin/tokenize" --model "$seeds/google.zip" --format tokens <in >got 2>err && echo 'a [UNK]' | cmp -s - got && pass "tokenize with the model's archive" || { fail "tokenize with the model's archive" "prints something else"; show got; show err; }
fi
fails "tokenize against the model's casing" 1 'seems to be a lowercased model' "$bin/tokenize" --model "$seeds/google.zip" --nodo_lower_case
if wanted "tokenize against the model's casing, knowingly"; then
    "$bin/tokenize" --model "$seeds/google.zip" --nodo_lower_case --nocheck_case --format tokens <in >got 2>err && echo '[UNK] [UNK]' | cmp -s - got && pass "tokenize against the model's casing, knowingly" || { fail "tokenize against the model's casing, knowingly" "prints something else"; show got; show err; }
fi
printf '[UNK]\n1\n2\n3\n4\n5\n' >six.txt
fails "tokenize with a vocabulary too long for the model" 1 'six.txt: vocab_size: the vocabulary has 6 tokens, the model only 5' "$bin/tokenize" --model "$seeds/google.zip" --vocab_file six.txt
fails "tokenize with a model without vocabulary" 1 'neither tokenizer.json nor vocab.txt' "$bin/tokenize" --model "$seeds/hf.safetensors"
echo '{"hidden_size": 2}' >short.json
if wanted "inspect with a bad config"; then                            # what the file holds is listed all the same
    "$bin/inspect" "$seeds/hf.safetensors" --bert_config_file short.json >got 2>err
    if [ $? = 1 ] && grep -q 'short.json: num_hidden_layers' err && grep -q 'word_embeddings' got; then pass "inspect with a bad config"
    else fail "inspect with a bad config" "says something else"; show got; show err; fi
fi
fails "convert without a config" 1 'bert_config_file' "$bin/convert" "$seeds/hf.safetensors" out/none.bin
fails "an address" 1 'https://huggingface.co/google-bert: is an address' "$bin/inspect" https://huggingface.co/google-bert
fails "convert what is not there" 1 'nowhere.bin' "$bin/convert" nowhere.bin out/none.bin

# ---- learn_vocab: the same vocabulary from any number of threads, fit for tokenize ----

if wanted "learn_vocab"; then
    "$bin/learn_vocab" --input_file many,one --output_file learned1.txt --vocab_size 80 --threads 1 >got 2>err &&
        "$bin/learn_vocab" --input_file=many,one --output_file=learned4.txt --vocab_size=80 --threads=4 >>got 2>>err
    status=$?
    if [ $status = 0 ] && cmp -s learned1.txt learned4.txt && [ "$(head -n 5 learned1.txt | tr -d '\r' | tr '\n' ' ')" = "[PAD] [UNK] [CLS] [SEP] [MASK] " ] &&
       grep -q '^running' learned1.txt && "$bin/tokenize" --vocab_file learned1.txt --format=tokens one | grep -q '^the cat'; then pass "learn_vocab"
    else fail "learn_vocab" "exit status $status"; show err; show learned1.txt; fi
fi
fails "learn_vocab from nothing" 1 "nothing.txt" "$bin/learn_vocab" --input_file nothing.txt --output_file x.txt
fails "learn_vocab without files" 2 "input_file" "$bin/learn_vocab"

# ---- gen_unicode: the tables in the header are what it prints ----

generated() {                                   # NAME HEADER FLAGS...
    name_=$1 header_=$2; shift 2
    wanted "$name_" || return 0
    sed -n '/^\/\* ---- generated by tools\/gen_unicode/,/^\/\* ---- end of generated tables/p' "$top/$header_" >want
    if [ ! -f /usr/share/unicode/UnicodeData.txt ]; then skip "$name_" "no /usr/share/unicode (package unicode-data)"
    elif ! "$bin/gen_unicode" "$@" >got 2>err; then fail "$name_" "ends with an error"; show err
    elif tr -d '\r' <got | cmp -s want - && [ "$(wc -l <want)" -gt 15 ]; then pass "$name_"
    else fail "$name_" "prints other tables"; diff want got >both; show both; fi
}
generated "gen_unicode" bert_tokenizer.h
generated "gen_unicode --words" bert.h --words
# No program has a flag twice.
if wanted "flags are there once"; then
    twice=
    for program in "$bin"/*; do
        [ -x "$program" ] && [ ! -d "$program" ] || continue
        "$program" --help 2>/dev/null </dev/null | sed -n 's/^  --\([a-zA-Z0-9_-]*\) .*/\1/p' | sort | uniq -d >got
        [ ! -s got ] || twice="$twice ${program##*/}: $(tr '\n' ' ' <got)"
    done
    if [ -z "$twice" ]; then pass "flags are there once"; else fail "flags are there once" "$twice"; fi
fi

finish
