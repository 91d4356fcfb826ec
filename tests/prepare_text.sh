#!/bin/sh
# prepare_text.sh - texts to a sentence a line: sentences, documents, formats, noise, what is refused
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"

tool=$top/tools/bin${V:+/$V}/prepare_text
if [ ! -x "$tool" ]; then
    skip "prepare_text" "$tool is not built (make -C tools)"
    finish
fi
cd "$tmp" || exit 1

# gives NAME FLAGS...: of the file `in`, what stands in `want`
gives() {
    name_=$1; shift
    wanted "$name_" || return 0
    "$tool" --input_file in "$@" >got 2>err
    if [ $? = 0 ] && cmp -s want got; then pass "$name_"; else fail "$name_" "something else (left: wanted)"; diff want got >check.out; show check.out; show err; fi
}

cat >in <<'END_'
It rained. The house stood
on a hill!   Was it old? Nobody knew... 42 people lived there.
"Come in," said Mr. Smith. "It is late." She came (at last.) He laughed.

Dr. J. K. Brown of the U.S. Navy paid 3.50 for No. 7, e.g. on Jan. 5 of that year. See Fig. 2. It was I. No. Yes.
"Stop!" he cried. Wait … what? Élan begins. étage does not.
END_
cat >want <<'END_'
It rained.
The house stood on a hill!
Was it old?
Nobody knew...
42 people lived there.
"Come in," said Mr. Smith.
"It is late."
She came (at last.)
He laughed.
Dr. J. K. Brown of the U.S. Navy paid 3.50 for No. 7, e.g. on Jan. 5 of that year.
See Fig. 2.
It was I.
No.
Yes.
"Stop!" he cried.
Wait … what?
Élan begins. étage does not.

END_
gives "English sentences"
if wanted "no empty output file"; then
    "$tool" --input_file in --output_file out.txt 2>err
    if cmp -s want out.txt && [ ! -e out.txt.part ] && grep -q '^1 documents, 17 sentences' err; then pass "no empty output file"; else fail "no empty output file" "differs from standard output"; show err; fi
fi

cat >in <<'END_'
今天下雨了。他说:「真的吗?」我说:“是的!”于是我们
走了！见BERT 2.0版。OK? 好……然后

第二段没有句号
END_
cat >want <<'END_'
今天下雨了。
他说:「真的吗?」我说:“是的!”于是我们走了！
见BERT 2.0版。
OK?
好……然后
第二段没有句号

END_
gives "Chinese sentences"

printf 'One line. Two.\n\nThree.\n\n\nFour.\r\n' >in
printf 'One line.\nTwo.\n\nThree.\n\nFour.\n\n' >want
gives "documents at blank lines" --documents blank

cat >in <<'END_'
The Project Gutenberg eBook of A Tale. This is for the use of anyone.

*** START OF THE PROJECT GUTENBERG EBOOK A TALE ***

Produced by somebody and others

[Illustration: a ship]

Once there was
a ship.
*** END OF THE PROJECT GUTENBERG EBOOK A TALE ***
Updated editions will replace the previous one.
END_
printf 'Once there was a ship.\n\n' >want
gives "Gutenberg"

cat >in <<'END_'
<doc id="1" url="https://x.org?curid=1" title="A &quot;ship&quot;">
A &quot;ship&quot;

A ship &lt;b&gt; is a boat. It sails &amp;amp; floats.
Wharves are places.

</doc>
<doc id="2" url="u" title="Empty">
Empty

</doc>
<doc id="3" url="u" title="Wind">
Wind blows. Wind
</doc>
END_
printf 'A ship <b> is a boat.\nIt sails &amp; floats.\nWharves are places.\n\nWind blows.\nWind\n\n' >want
gives "WikiExtractor"
cat >in <<'END_'
{"id": "1", "title": "Ship", "text": "Ship\n\nA ship is a boat. It \u201csails\u201d.\nMore."}

{"id": "2", "text": "", "body": "x"}
{"text": "No title here. \u6d77\u3002\u8239"}
END_
printf 'A ship is a boat.\nIt “sails”.\nMore.\n\nNo title here.\n海。\n船\n\n' >want
gives "JSON lines"
printf '{"body": "Another member. Here."}\n' >in
printf 'Another member.\nHere.\n\n' >want
gives "JSON lines, another member" --json_field body

if wanted "noise"; then
    awk 'BEGIN { for (i = 0; i < 2000; i++) print "Words one two three four five six seven." }' >in
    "$tool" --input_file in --truncate_noise 0.1 >a 2>err && "$tool" --input_file in --truncate_noise 0.1 >b 2>err && "$tool" --input_file in --truncate_noise 0.1 --random_seed 2 >c 2>err
    cut_=$(grep -c -v 'seven\.$' a)             # and the empty line at the end; 5 deviations are 67
    if cmp -s a b && ! cmp -s a c && [ "$cut_" -gt 133 ] && [ "$cut_" -lt 268 ] && [ "$(wc -l <a)" = 2001 ] && ! grep -q ' $' a && grep -q '^Words$' a && grep -q 'six$' a; then pass "noise"
    else fail "noise" "$cut_ of 2000 sentences are cut"; show a; fi
    awk 'BEGIN { for (i = 0; i < 100; i++) print "海大船风夜。" }' >in
    "$tool" --input_file in --truncate_noise 0.5 >a 2>err
    if [ "$(grep -c '^海$' a)" -gt 2 ] && [ "$(wc -l <a)" = 101 ]; then pass "noise, Chinese"; else fail "noise, Chinese" "not cut between characters"; show a; fi
fi
if wanted "several files"; then
    mkdir folder && printf 'B.\n' >folder/b && printf '{"text": "Aa. Cc."}\n' >folder/a
    "$tool" --input_file folder --output_file got 2>err
    printf 'Aa.\nCc.\n\nB.\n\n' >want
    if cmp -s want got && grep -q '^2 documents, 3 sentences from 0.0 MB in 2 files' err; then pass "several files"; else fail "several files" "something else"; show got; show err; fi
fi

# refuses NAME STATUS WORDS FLAGS...
refuses() {
    name_=$1 expected_=$2 words_=$3; shift 3
    wanted "$name_" || return 0
    "$tool" --output_file no.txt "$@" >got 2>err
    status_=$?
    if [ $status_ != "$expected_" ]; then fail "$name_" "exit status $status_, not $expected_"; show err
    elif ! grep -q -e "$words_" err; then fail "$name_" "does not say \"$words_\""; show err
    elif ls | grep -q '^no\.'; then fail "$name_" "leaves something behind"; rm -f no.*
    else pass "$name_"; fi
}
printf '\037\213\010abc' >packed.gz
printf '<mediawiki xmlns="http://www.mediawiki.org/">\n' >dump.xml
printf '{"text": "fine"}\n{"text": fine}\n' >bad.jsonl
printf '{"body": "fine"}\n' >other.jsonl
refuses "packed" 1 "packed.gz: this is packed with gzip" --input_file packed.gz
refuses "a raw dump" 1 "WikiExtractor" --input_file dump.xml
refuses "broken JSON" 1 "bad.jsonl: line 2" --input_file bad.jsonl
refuses "no such member" 1 'line 1: it has no text in "text"' --input_file other.jsonl
refuses "no such file" 1 "nothing.txt" --input_file nothing.txt
refuses "no input" 2 "input_file is missing"
refuses "bad format" 2 "format is \"html\"" --input_file in --format html
refuses "bad noise" 2 "truncate_noise" --input_file in --truncate_noise 1
printf 'caf\351. Good.\n' >latin
if wanted "another encoding"; then
    "$tool" --input_file latin >got 2>err
    if grep -q '^warning: 1 bytes that are no UTF-8' err && grep -q '^Good' got; then pass "another encoding"; else fail "another encoding" "no warning"; show err; fi
fi
finish
