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

for tool in tokenize bench learn_vocab; do
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
fails "bench of nothing" 2 "tokenize" "$bin/bench"
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
echo '{"hidden_size": 2}' >short.json
if wanted "inspect with a bad config"; then                            # what the file holds is listed all the same
    "$bin/inspect" "$seeds/hf.safetensors" --bert_config_file short.json >got 2>err
    if [ $? = 1 ] && grep -q 'short.json: num_hidden_layers' err && grep -q 'word_embeddings' got; then pass "inspect with a bad config"
    else fail "inspect with a bad config" "says something else"; show got; show err; fi
fi
fails "convert without a config" 1 'bert_config_file' "$bin/convert" "$seeds/hf.safetensors" out/none.bin
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

if wanted "gen_unicode"; then
    sed -n '/^\/\* ---- generated by tools\/gen_unicode/,/^\/\* ---- end of generated tables/p' "$top/bert_tokenizer.h" >want
    if [ ! -f /usr/share/unicode/UnicodeData.txt ]; then skip "gen_unicode" "no /usr/share/unicode (package unicode-data)"
    elif ! "$bin/gen_unicode" >got 2>err; then fail "gen_unicode" "ends with an error"; show err
    elif tr -d '\r' <got | cmp -s want - && [ "$(wc -l <want)" -gt 50 ]; then pass "gen_unicode"
    else fail "gen_unicode" "prints other tables"; diff want got >both; show both; fi
fi
finish
