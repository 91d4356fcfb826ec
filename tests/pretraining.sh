#!/bin/sh
# pretraining.sh - create_pretraining_data and run_pretraining: what they write, say and refuse; killed at any moment training goes on to the same bits
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
fails "into its own text" 1 "text.txt is read, and would be overwritten" --vocab_file vocab.txt --input_file ./text.txt --output_file text.txt
fails "a share below 0" 2 "shares, from 0 to 1" --vocab_file vocab.txt --input_file text.txt --output_file no.tfrecord --masked_lm_prob=-0.1
fails "a share that is none" 2 'masked_lm_prob: "nan" is no number' --vocab_file vocab.txt --input_file text.txt --output_file no.tfrecord --masked_lm_prob=nan
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

# ---- run_pretraining ----

trainer=$top/tools/bin${V:+/$V}/run_pretraining
if [ ! -x "$trainer" ]; then
    skip "run_pretraining" "$trainer is not built (make -C tools)"
    finish
fi
printf '{ "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 27, "max_position_embeddings": 64, "type_vocab_size": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02 }\n' >config.json
data="--vocab_file vocab.txt --max_seq_length 32 --max_predictions_per_seq 5 --dupe_factor 4 --short_seq_prob 0.5 --quiet"
awk 'BEGIN { for (i = 0; i < 60; i++) { printf "the old ship sail%s in the harbour at night .\na new light of the %s wait%s .\n", i % 2 ? "ed" : "ing", i % 3 ? "harbour" : "ship", i % 2 ? "ed" : "ing"; if (i % 4 == 3) print "" } }' >harbour.txt
"$tool" $data --input_file harbour.txt --output_file 'tf.record@3' 2>err || { fail "data for run_pretraining" "is not made"; show err; finish; }
short="--bert_config_file=config.json --max_seq_length=32 --max_predictions_per_seq=5 --train_batch_size=8 --num_warmup_steps=4 --max_eval_steps=4 --threads=1 --log_steps=1"
pretrain() { "$trainer" $short "$@"; }
# trains NAME WORDS FLAGS...: succeeds, with these words on stderr
trains() {
    name_=$1 words_=$2; shift 2
    wanted "$name_" || return 0
    pretrain "$@" >out 2>err </dev/null
    status_=$?
    if [ $status_ != 0 ]; then fail "$name_" "exit status $status_"; tail -n 3 err
    elif grep -q -e "$words_" err; then pass "$name_"
    else fail "$name_" "does not say \"$words_\""; tail -n 5 err; fi
}

google=$top/../shared/goldens/google
name="the reference's evaluation"
if [ ! -d "$google" ]; then skip "$name" "needs ../shared"
elif wanted "$name"; then
    "$trainer" --do_eval --input_file="$google/pretraining_data/two_files.tfrecord" --bert_config_file="$google/model/bert_config.json" --init_checkpoint="$google/model/bert_model.ckpt" --output_dir=google \
        --max_seq_length=64 --max_predictions_per_seq=10 --eval_batch_size=4 --max_eval_steps=6 2>err
    if awk 'NR == FNR { want[$1] = $3; next } $1 in want { d = $3 - want[$1]; n++; if (d > 1e-4 || d < -1e-4) exit 1 } END { exit n != 5 }' "$google/eval_pretrain/eval_results.txt" google/eval_results.txt; then pass "$name"
    else fail "$name" "other numbers, by more than 1e-4"; show google/eval_results.txt; show err; fi
fi

train="--do_train --input_file=tf.record* --num_train_steps=24 --learning_rate=1e-2 --optimizer=adamw"
trains "train" "masked_lm_loss = .*next_sentence_loss = " $train --do_eval --output_dir=whole
check "six numbers" sh -c 'cut -d" " -f1 whole/eval_results.txt | tr "\n" " " | grep -qx "global_step loss masked_lm_accuracy masked_lm_loss next_sentence_accuracy next_sentence_loss " && grep -qx "global_step = 24" whole/eval_results.txt'
check "it learns" sh -c 'a=$(sed -n "1s/.*\"loss\": \([^,]*\),.*/\1/p" whole/log.jsonl); b=$(sed -n "s/^loss = //p" whole/eval_results.txt); echo "$a $b" | awk "{ exit !(\$2 > 0 && \$2 < \$1 - 0.5) }"'
mkdir folder && cp tf.record-* folder && cp tf.record-00000-of-00003 alone.record
trains "folders" "folder/tf.record-00002-of-00003" --do_train --input_files_dir=folder --eval_files_dir=folder --do_eval --num_train_steps=24 --learning_rate=1e-2 --optimizer=adamw --output_dir=from_folder
same_training "a folder is a pattern" whole from_folder
trains "lists" "Loss for final step" --do_train --input_file=tf.record-00001-of-00003,alone.record --num_train_steps=2 --output_dir=listed

# ---- killed, with the data's own masks and with new ones ----

# killed NAME FLAGS...: killed when the log reaches so many steps ($steps), started again, ends as if nothing had been
killed() {
    name_=$1; shift
    wanted "$name_" || return 0
    kills=0
    rm -rf once often
    pretrain "$@" --output_dir=once 2>err
    for at in $steps; do
        "$trainer" $short "$@" --save_checkpoints_steps=5 --output_dir=often >/dev/null 2>err &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            [ -f often/log.jsonl ] && [ "$(wc -l <often/log.jsonl)" -ge "$at" ] && { kill -9 $pid 2>/dev/null && kills=$((kills + 1)); break; }
        done
        wait $pid 2>/dev/null
    done
    pretrain "$@" --save_checkpoints_steps=5 --output_dir=often 2>err || { fail "$name_" "does not go on"; tail -n 3 err; return 0; }
    if [ $kills = 0 ]; then skip "$name_" "it was never caught in time"; else same_training "$name_" once often; fi
}
steps="3 12 33"
long="--do_train --input_file=tf.record-* --num_train_steps=60 --learning_rate=1e-3"
killed "killed" $long
killed "killed, new masks" $long --dynamic_masking --do_whole_word_mask --vocab_file=vocab.txt --shuffle=7
trains "new masks" "Loss for final step" $train --dynamic_masking --vocab_file=vocab.txt --output_dir=masks
check "other masks than the data's" sh -c '! cmp -s whole/model.safetensors masks/model.safetensors && [ -s masks/vocab.txt ]'
[ -n "$list" ] || pretrain $train --output_dir=from_ten --save_checkpoints_steps=5 2>err
trains "resume_step" "model.ckpt-10: going on from step 10" $train --num_train_steps=24 --output_dir=from_ten --save_checkpoints_steps=5 --resume_step=10
check "resume_step ends alike" cmp whole/model.safetensors from_ten/model.safetensors

# ---- the two commands of Google's README, as they stand there; the text is ours, the model a small one ----

name="Google's two commands"
if wanted "$name"; then
    mkdir base && BERT_BASE_DIR=base
    "$top/tools/bin${V:+/$V}/learn_vocab" --input_file="$top/examples/sample_text.txt" --output_file=$BERT_BASE_DIR/vocab.txt --vocab_size=800 2>err
    cp "$top/examples/sample_text.txt" . && PATH="$top/tools/bin${V:+/$V}:$PATH"
    create_pretraining_data \
        --input_file=./sample_text.txt \
        --output_file=./tf_examples.tfrecord \
        --vocab_file=$BERT_BASE_DIR/vocab.txt \
        --do_lower_case=True \
        --max_seq_length=128 \
        --max_predictions_per_seq=20 \
        --masked_lm_prob=0.15 \
        --random_seed=12345 \
        --dupe_factor=5 2>err
    sed 's/: 27/: 800/; s/: 64/: 512/2' config.json >new.json
    run_pretraining --input_file=tf_examples.tfrecord --bert_config_file=new.json --do_train --num_train_steps=1 --train_batch_size=1 --output_dir=new --export=tf 2>err
    cp new/export/* $BERT_BASE_DIR
    run_pretraining \
        --input_file=./tf_examples.tfrecord \
        --output_dir=./pretraining_output \
        --do_train=True \
        --do_eval=True \
        --bert_config_file=$BERT_BASE_DIR/bert_config.json \
        --init_checkpoint=$BERT_BASE_DIR/bert_model.ckpt \
        --train_batch_size=32 \
        --max_seq_length=128 \
        --max_predictions_per_seq=20 \
        --num_train_steps=20 \
        --num_warmup_steps=10 \
        --learning_rate=2e-5 2>err
    if [ "$(wc -l <pretraining_output/eval_results.txt)" = 6 ] && grep -q '^global_step = 20$' pretraining_output/eval_results.txt; then pass "$name"; else fail "$name" "not six numbers"; tail -n 4 err; fi
fi

# ---- two phases; NVIDIA's and NEZHA's flags ----

"$tool" $data --max_seq_length 64 --max_predictions_per_seq 10 --input_file harbour.txt --output_file long.record 2>err
trains "phase 2" "step = 30 of 30, .*learning_rate = 0.0" --do_train --input_file=long.record --max_seq_length=64 --max_predictions_per_seq=10 --phase2 --phase1_end_step=24 --resume_step=24 --num_train_steps=6 \
    --num_warmup_steps=2 --learning_rate=4e-3 --optimizer=adamw --output_dir=from_folder
check "its schedule is its own" sh -c 'grep "\"step\": 2[5-9]\|\"step\": 30" from_folder/log.jsonl | sed "s/.*learning_rate\": \([^,]*\),.*/\1/" | tr "\n" " " | grep -qx "0 0.002 0.004 0.003 0.002 0.001 "'
trains "another batch in parts" "Batch size = 16" $train --num_accumulation_steps=2 --allreduce_post_accumulation --output_dir=accumulated
trains "and at once" "Batch size = 16" $train --train_batch_size=16 --gradient_accumulation_steps=4 --output_dir=at_once
check "both are the same" sh -c 'a=$(tail -n 1 accumulated/log.jsonl | sed "s/.*\"loss\": \([^,]*\),.*/\1/"); b=$(tail -n 1 at_once/log.jsonl | sed "s/.*\"loss\": \([^,]*\),.*/\1/"); echo "$a $b" | awk "{ exit !(\$1 > 0 && (\$1 - \$2) ^ 2 < 1e-8) }"'
trains "mixed precision" "loss_scale = 1024" $train --optimizer=lamb --use_fp16 --init_loss_scale=1024 --clip=each --output_dir=mixed
trains "relative positions" "Loss for final step" $train --use_relative_position --optimizer=lamb_nezha --schedule=linear --output_dir=nezha
check "are in the config" grep -q '"max_relative_position": 64' nezha/config.json
ends_with "no relative positions there" 1 "trained with a table of absolute positions" pretrain $train --use_relative_position --init_checkpoint=whole --output_dir=no

# ---- what must agree ----

ends_with "another length" 1 "made with max_seq_length 32, not with 64" pretrain $train --max_seq_length=64 --output_dir=no
ends_with "other predictions" 1 "made with max_predictions_per_seq 5, not with 20" pretrain $train --max_predictions_per_seq=20 --output_dir=no
sed 's/: 27/: 20/' config.json >small.json
ends_with "a small vocabulary" 1 "the vocabulary ends before 20: was the data made with another one" pretrain $train --bert_config_file=small.json --output_dir=no
ends_with "another file" 1 "vocab.txt" pretrain --do_train --input_file=vocab.txt --output_dir=no
ends_with "no file" 1 "nothing.record" pretrain --do_train --input_file=nothing.record --output_dir=no
"$tool" $data --max_predictions_per_seq 2 --input_file harbour.txt --output_file few.record 2>err
trains "too few predictions" "at most 2 masked words an instance, and 32 tokens times 0.15 (--masked_lm_prob) are 5: .*--max_predictions_per_seq=5" --do_train --input_file=few.record --max_predictions_per_seq=2 --num_train_steps=1 --output_dir=few
ends_with "no vocabulary for new masks" 2 "needs --vocab_file" pretrain $train --dynamic_masking --output_dir=no
ends_with "epochs" 2 "pre-training counts steps" pretrain $train --num_train_epochs=2 --output_dir=no
ends_with "nothing to do" 2 "At least one of" pretrain --input_file=alone.record --output_dir=no
ends_with "no input" 2 "input_file .* is missing" pretrain --do_train --output_dir=no
name="run_pretraining's help"
if wanted "$name"; then
    missing=
    "$trainer" --help >help 2>err || missing=" everything"
    for flag in $(sed -n 's/^    { "\([a-z_0-9]*\)", .*/\1/p' "$top/tools/run_pretraining.c"); do grep -q -e "--$flag " help || missing="$missing $flag"; done
    if [ -z "$missing" ] && [ "$(grep -c '^  --' help)" -gt 60 ]; then pass "$name"; else fail "$name" "says nothing of$missing"; fi
fi
finish
