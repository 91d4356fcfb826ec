#!/bin/sh
# pretraining.sh - create_pretraining_data: what it writes, says and refuses
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"

tool=$top/tools/bin${V:+/$V}/create_pretraining_data
if [ ! -x "$tool" ]; then
    skip "create_pretraining_data" "$tool is not built (make -C tools)"
    finish
fi
cd "$tmp" || exit 1

printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' . the a ship harbour wind old new light wait '##s' '##ing' '##ed' sail in at night of 船 海 大 >vocab.txt
cat >text.txt <<'END'
The old ship waited in the harbour.
At night the wind sailed in.
Lights of the harbour, lights of ships!

A new ship.
Sailing ships waited at the lights.
The wind waited.

Waiting.
END
make_data() { "$tool" --vocab_file vocab.txt "$@"; }
# says NAME WORDS FLAGS...: succeeds, and says WORDS on stderr
says() {
    name_=$1 words_=$2; shift 2
    wanted "$name_" || return 0
    if make_data "$@" >got 2>err && [ ! -s got ] && grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; show err; fi
}
# fails NAME STATUS WORDS FLAGS...: ends with that status, says WORDS on stderr, leaves nothing behind
fails() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    "$tool" "$@" >got 2>err
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; show err
    elif ! grep -q -e "$words_" err; then fail "$name_" "does not say \"$words_\""; show err
    elif ls | grep -q '^no\.'; then fail "$name_" "leaves something behind: $(ls no.*)"; rm -f no.*
    else pass "$name_"; fi
}

# ---- the reference's instances: what its script logs for this text, these flags and this seed ----

cat >want <<'END'
tokens: [CLS] [MASK] old ship wait ##ed in the harbour [SEP] the wind wait ##ed [MASK] [SEP]
tokens: [CLS] the wind wait ##ed . [SEP] [MASK] of the harbour [UNK] light ##s of [SEP]
tokens: [CLS] ##s of the harbour [UNK] light [MASK] of ship ##s [SEP] wait ##ing . [SEP]
tokens: [CLS] wait ##ing . [SEP] ship . sail ##ing ##s ##s wait ##ed at the [SEP]
tokens: [CLS] [MASK] ##s . [SEP] ##ing ship ##s wait ##ed at the light ##s . [SEP]
tokens: [CLS] [MASK] wind wait ##ed [MASK] [SEP] wait ##ing . [SEP]
tokens: [CLS] sail ##ing ship ##s wait ##ed [MASK] the light ##s [SEP] wait ##ing [MASK] [SEP]
tokens: [CLS] a new ship . [SEP] of the harbour [UNK] light ##s of [MASK] old [SEP]
tokens: [CLS] [CLS] old ship wait ##ed in the [SEP] at night [MASK] wind sail ##ed [SEP]
tokens: [CLS] a new ship . [SEP] ##ing ship ##s wait ##ed [MASK] [MASK] light ##s [SEP]
tokens: [CLS] at [MASK] the wind sail ##ed in [SEP] ship light ##s of ship ##s [SEP]
END
run="--input_file=text.txt --max_seq_length=16 --max_predictions_per_seq=3 --do_whole_word_mask --random_seed=2 --dupe_factor=2"
if wanted "the reference's instances"; then
    make_data $run --output_file out.tfrecord 2>err && grep '^tokens:' err >got
    if cmp -s want got; then pass "the reference's instances"; else fail "the reference's instances" "other instances"; show got; show err; fi
fi
if wanted "the reference's log"; then
    cat >want.log <<'END'
*** Example ***
tokens: [CLS] [MASK] wind wait ##ed [MASK] [SEP] wait ##ing . [SEP]
input_ids: 2 4 10 14 17 4 3 14 16 5 3 0 0 0 0 0
input_mask: 1 1 1 1 1 1 1 1 1 1 1 0 0 0 0 0
segment_ids: 0 0 0 0 0 0 0 1 1 1 1 0 0 0 0 0
masked_lm_positions: 1 5 0
masked_lm_ids: 6 5 0
masked_lm_weights: 1.0 1.0 0.0
next_sentence_labels: 1
END
    make_data $run --output_file out.tfrecord 2>err
    awk '/Example/ { n++ } n == 6 && !/^Wrote/' err >got
    if cmp -s want.log got && grep -q '^Wrote 11 total instances' err && grep -q '^  text.txt' err; then pass "the reference's log"; else fail "the reference's log" "says something else"; show got; fi
fi
if wanted "threads change nothing"; then
    make_data $run --output_file a.tfrecord --threads 1 --quiet 2>err && make_data $run --output_file b.tfrecord --threads 4 --quiet 2>err &&
        make_data $run --output_file c.tfrecord --threads 1 --streaming --quiet 2>err && make_data $run --output_file d.tfrecord --threads 3 --streaming --quiet 2>err
    if cmp -s a.tfrecord out.tfrecord && cmp -s a.tfrecord b.tfrecord && cmp -s c.tfrecord d.tfrecord && ! cmp -s a.tfrecord c.tfrecord; then pass "threads change nothing"
    else fail "threads change nothing" "the files differ"; show err; fi
fi
if wanted "shards"; then
    make_data $run --output_file s.tfrecord@3 --quiet 2>err && make_data $run --output_file t0,t1,t2 --quiet 2>err
    if cmp -s s.tfrecord-00000-of-00003 t0 && cmp -s s.tfrecord-00001-of-00003 t1 && cmp -s s.tfrecord-00002-of-00003 t2 && ! cmp -s t0 t1 &&
       [ $(($(wc -c <t0) + $(wc -c <t1) + $(wc -c <t2))) -eq "$(wc -c <out.tfrecord)" ]; then pass "shards"
    else fail "shards" "not what the list of files gives"; ls -l; show err; fi
fi
if wanted "patterns and folders"; then
    mkdir in && sed -n '1,4p' text.txt >in/a.txt && sed -n '5,$p' text.txt >in/b.txt
    make_data $run --input_file in --output_file p.tfrecord --quiet 2>err && make_data $run --input_file 'in/?.txt' --output_file q.tfrecord --quiet 2>err
    if cmp -s out.tfrecord p.tfrecord && cmp -s p.tfrecord q.tfrecord; then pass "patterns and folders"; else fail "patterns and folders" "other instances than from one file"; show err; fi
fi
if wanted "Chinese words"; then
    printf '大海 船 大海 船 .\n船 大海 大海 .\n\n大海 大海 船 .\n' >zh.txt
    make_data --input_file zh.txt --max_seq_length 24 --max_predictions_per_seq 6 --masked_lm_prob 0.3 --dupe_factor 5 --do_whole_word_mask --segmented --output_file zh.tfrecord 2>err
    # ids: 24 is the sea's second half, 25 the first: they are predicted together
    if awk '/^masked_lm_ids/ { n++; for (i = 2; i <= NF; i++) { if ($i == 25 && $(i + 1) != 24) bad++; both += $i == 25 } } END { exit !(n > 10 && both > 3 && !bad) }' err; then pass "Chinese words"
    else fail "Chinese words" "half a word is masked"; grep masked_lm_ids err >got; show got; fi
fi

# ---- warnings and errors ----

printf 'The wind.\nThe ship.\n' >one.txt
says "one document" "warning: all text is one document" --input_file one.txt --output_file one.tfrecord --quiet
printf '\n' >empty.txt
says "no text" "warning: there is no text" --input_file empty.txt --output_file one.tfrecord --quiet
says "few predictions" "note: --max_predictions_per_seq 2 is less" --input_file text.txt --output_file one.tfrecord --max_predictions_per_seq 2 --quiet
printf 'The wind.\nThe sh\377ip.\n' >latin.txt
says "not UTF-8, streaming" "1 lines have bytes that are no UTF-8" --input_file latin.txt --output_file one.tfrecord --streaming --quiet
fails "not UTF-8" 1 "latin.txt:2: line 2 is not UTF-8" --vocab_file vocab.txt --input_file latin.txt --output_file no.tfrecord
fails "input missing" 1 "nothing.txt" --vocab_file vocab.txt --input_file text.txt,nothing.txt --output_file no.tfrecord
fails "vocabulary missing" 1 "nowhere.txt" --vocab_file nowhere.txt --input_file text.txt --output_file no.tfrecord
fails "output folder missing" 1 "nowhere/no.tfrecord" --vocab_file vocab.txt --input_file text.txt --output_file no.tfrecord,nowhere/no.tfrecord
printf '[UNK]\nthe\n' >poor.txt
fails "vocabulary without [CLS]" 1 "no \[CLS\]" --vocab_file poor.txt --input_file text.txt --output_file no.tfrecord
fails "flags missing" 2 "are needed" --input_file text.txt
fails "too short" 2 "max_seq_length goes from 5" --vocab_file vocab.txt --input_file text.txt --output_file no.tfrecord --max_seq_length 4
fails "segmented alone" 2 "segmented needs --do_whole_word_mask" --vocab_file vocab.txt --input_file text.txt --output_file no.tfrecord --segmented
fails "unknown flag" 2 "did you mean --dupe_factor" --vocab_file vocab.txt --input_file text.txt --output_file no.tfrecord --dupe_factr 2
if wanted "help"; then
    missing=
    "$tool" --help >help 2>err || missing=" everything"
    for flag in $(sed -n 's/^    { "\([a-z_]*\)", .*/\1/p' "$top/tools/create_pretraining_data.c"); do grep -q -e "--$flag " help || missing="$missing $flag"; done
    if [ -z "$missing" ] && [ "$(grep -c '^  --' help)" -gt 15 ]; then pass "help"; else fail "help" "says nothing of$missing"; fi
fi

# ---- a corpus larger than the memory the program may have ----

name="more text than memory"
if wanted "$name"; then
    if ! (ulimit -v 65536) 2>/dev/null || "$tool" --version >got 2>err && ! (ulimit -v 65536; "$tool" --version) >got 2>err; then
        skip "$name" "memory cannot be limited here"
    else
        awk 'BEGIN { for (i = 0; i < 160000; i++) { s = ""; for (k = 0; k < 7; k++) s = s ((i * 7 + k) % 3 ? "the old ships waited in a harbour at night, the wind sailed of lights. " : "sailing in new lights at the harbour. ");
                     gsub(/\. /, ".\n", s); print s } }' >big.txt
        (ulimit -v 65536; exec "$tool" --vocab_file vocab.txt --input_file big.txt --output_file big.tfrecord@2 --streaming --memory 16 --threads 1 --dupe_factor 1 --quiet) 2>err
        status=$?
        # every token is used once as a or b's continuation, so there are about as many tokens in the output
        if [ $status = 0 ] && [ "$(wc -c <big.txt)" -gt 67108864 ] && grep -q '^160000 documents' err && [ -s big.tfrecord-00001-of-00002 ] && [ ! -e big.tfrecord-00000-of-00002.scratch ]; then pass "$name"
        else fail "$name" "exit status $status with $(wc -c <big.txt) bytes of text"; show err; fi
        if (ulimit -v 65536; "$tool" --vocab_file vocab.txt --input_file big.txt --output_file no.tfrecord --dupe_factor 1 --threads 1 --quiet) 2>err; then fail "$name, reference mode" "needs no memory?"
        elif grep -q 'out of memory.*streaming' err && [ ! -e no.tfrecord ]; then pass "$name, reference mode"
        else fail "$name, reference mode" "does not say what to do"; show err; fi
        rm -f big.*
    fi
fi
finish
