/* unit_tasks.c - data sets, features, words with labels, metrics
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "test.h"
#include "bert.h"
#include "faults.h"

#define FILE_NAME "unit_tasks.tmp"

static void mentions(const char *message, const char *part)
{
    if (!strstr(message, part)) TEST_FAIL("\"%s\" does not mention \"%s\"", message, part);
}
static bert_bytes bytes(const char *text)
{
    bert_bytes b;
    b.data = text;
    b.size = strlen(text);
    return b;
}
static void same_text(bert_bytes have, const char *want)
{
    if (!want) CHECK(have.data == NULL);
    else if (!have.data) TEST_FAIL("there is no text; \"%s\" is wanted", want);
    else CHECK_BYTES(have.data, have.size, want, strlen(want));
}

/* ---- data sets ---- */

static bert_dataset *open_text(const char *task, bert_split split, const char *text, bert_error *err, bert_dataset_desc *with)
{
    bert_dataset_desc d;
    bert_dataset *t = NULL;
    memset(&d, 0, sizeof d);
    memset(err, 0, sizeof *err);
    if (with) d = *with;
    d.task = task;
    d.split = split;
    d.data = text;
    d.size = strlen(text);
    d.error = err;
    if (bert_dataset_open(&d, &t) != BERT_OK) t = NULL;
    return t;
}
/* The next example must be this one. */
static void expect(bert_dataset *t, const char *guid, const char *a, const char *b, int32_t label)
{
    bert_dataset_example e;
    bert_error err;
    int got = 0;
    memset(&err, 0, sizeof err);
    if (!t) { TEST_FAIL("%s: not open", guid); return; }
    if (bert_dataset_next(t, &e, &got, &err) != BERT_OK || !got) { TEST_FAIL("%s: %s", guid, got ? err.message : "there are no more"); return; }
    CHECK_STR(e.guid, guid);
    same_text(e.text_a, a);
    same_text(e.text_b, b);
    CHECK_INT(e.label_id, label);
}
static void expect_end(bert_dataset *t)
{
    bert_dataset_example e;
    int got = 1;
    CHECK(t && bert_dataset_next(t, &e, &got, NULL) == BERT_OK && !got);
    bert_dataset_close(t);
}
static bert_status next_fails(bert_dataset *t, bert_error *err)
{
    bert_dataset_example e;
    int got = 1;
    bert_status s = BERT_OK;
    memset(err, 0, sizeof *err);
    while (t && got && s == BERT_OK) s = bert_dataset_next(t, &e, &got, err);
    bert_dataset_close(t);
    return s;
}

static void glue_tasks(void)
{
    bert_error err;
    bert_dataset *t;
    size_t n;
    /* quotes are plain characters; the mark of byte order and \r are no part of a field; a blank line counts, but is no example */
    t = open_text("MRPC", BERT_SPLIT_DEV, "\xEF\xBB\xBFQuality\t#1\t#2\ta\tb\r\n1\t7\t8\t\"one\ttwo \"\"\r\n\n0\t7\t8\tthree\tfour\textra", &err, NULL);
    expect(t, "dev-1", "\"one", "two \"\"", 1);
    expect(t, "dev-3", "three", "four", 0);
    expect_end(t);
    t = open_text("mrpc", BERT_SPLIT_TEST, "h\n0\t1\t2\tone\ttwo\n", &err, NULL);
    expect(t, "test-1", "one", "two", 0);
    expect_end(t);
    t = open_text("CoLA", BERT_SPLIT_TRAIN, "a1\t1\t\tFirst line counts.\na1\t0\t*\tSecond line.\n", &err, NULL);
    expect(t, "train-0", "First line counts.", NULL, 1);
    expect(t, "train-1", "Second line.", NULL, 0);
    expect_end(t);
    t = open_text("cola", BERT_SPLIT_TEST, "index\tsentence\n0\tOnly this.\n", &err, NULL);
    expect(t, "test-1", "Only this.", NULL, 0);
    expect_end(t);
    t = open_text("MNLI", BERT_SPLIT_DEV, "h\nid9\t1\t2\t3\t4\t5\t6\t7\tA\tB\tneutral\tx\tentailment\n", &err, NULL);
    expect(t, "dev_matched-id9", "A", "B", 1);
    expect_end(t);
    t = open_text("MNLI-MM", BERT_SPLIT_DEV, "h\nid9\t1\t2\t3\t4\t5\t6\t7\tA\tB\tneutral\n", &err, NULL);
    expect(t, "dev_mismatched-id9", "A", "B", 2);
    expect_end(t);
    t = open_text("ax", BERT_SPLIT_TEST, "h\n17\tA\tB\n", &err, NULL);
    expect(t, "test-17", "A", "B", 0);
    expect_end(t);
    t = open_text("SST-2", BERT_SPLIT_TRAIN, "sentence\tlabel\nfine . \t1\n", &err, NULL);
    expect(t, "train-1", "fine . ", NULL, 1);
    expect_end(t);
    t = open_text("sst2", BERT_SPLIT_TEST, "index\tsentence\n0\tfine . \n", &err, NULL);
    expect(t, "test-1", "fine . ", NULL, 0);
    expect_end(t);
    t = open_text("QNLI", BERT_SPLIT_DEV, "h\n3\tQ?\tS.\tnot_entailment\n", &err, NULL);
    expect(t, "dev-3", "Q?", "S.", 1);
    expect_end(t);
    t = open_text("RTE", BERT_SPLIT_TEST, "h\n3\tQ?\tS.\n", &err, NULL);
    expect(t, "test-3", "Q?", "S.", 0);
    expect_end(t);
    t = open_text("WNLI", BERT_SPLIT_TRAIN, "h\n3\tQ?\tS.\t1\n", &err, NULL);
    expect(t, "train-3", "Q?", "S.", 1);
    expect_end(t);
    t = open_text("LCQMC", BERT_SPLIT_TEST, "text_a\ttext_b\tlabel\nA\tB\t1\n", &err, NULL);
    expect(t, "test-1", "A", "B", 1);
    expect_end(t);
    /* QQP has rows that are cut short */
    t = open_text("QQP", BERT_SPLIT_TRAIN, "h\n3\t1\t2\tQ?\tR?\t1\n4\t1\t2\tQ?\n5\t1\t2\tQ?\tR?\t0\n", &err, NULL);
    expect(t, "train-3", "Q?", "R?", 1);
    expect(t, "train-5", "Q?", "R?", 0);
    CHECK_INT(bert_dataset_skipped(t), 1);
    bert_dataset_rewind(t);
    expect(t, "train-3", "Q?", "R?", 1);
    CHECK(bert_dataset_labels(t, &n) && n == 2);
    bert_dataset_close(t);
}
/* In any order: the same examples, with the same names and lines. */
static void any_order(void)
{
    bert_error err;
    bert_dataset *t = open_text("CoLA", BERT_SPLIT_DEV, "\xEF\xBB\xBFs\t1\t\tzero\n\ns\t0\t\ttwo\ns\t1\t\tthree", &err, NULL);
    bert_dataset_place p[4], bad;
    bert_dataset_example e;
    int got = 1, n = 0;
    REQUIRE(t != NULL);
    while (got && n < 4) {
        p[n++] = bert_dataset_tell(t);
        CHECK(bert_dataset_next(t, &e, &got, &err) == BERT_OK);
    }
    REQUIRE(n == 4 && !got);
    CHECK(bert_dataset_seek(t, &p[2], &err) == BERT_OK);
    expect(t, "dev-3", "three", NULL, 1);
    CHECK(bert_dataset_seek(t, &p[0], &err) == BERT_OK);
    expect(t, "dev-0", "zero", NULL, 1);
    CHECK(bert_dataset_seek(t, &p[1], &err) == BERT_OK);
    CHECK(bert_dataset_next(t, &e, &got, &err) == BERT_OK && got && e.line == 3 && strcmp(e.guid, "dev-2") == 0);
    bad = p[3];
    bad.at = 1000;
    CHECK(bert_dataset_seek(t, &bad, &err) == BERT_ERROR_ARGUMENT);
    expect(t, "dev-3", "three", NULL, 1);
    expect_end(t);
}
static void xnli(void)
{
    static const char *const dev = "h\nzh\tneutral\t\t\t\t\tA\tB\nen\tentailment\t\t\t\t\tC\tD\nzh\tcontradiction\t\t\t\t\tE\tF\n";
    bert_dataset_desc with;
    bert_error err;
    bert_dataset *t = open_text("XNLI", BERT_SPLIT_DEV, dev, &err, NULL);
    expect(t, "dev-1", "A", "B", 2);
    expect(t, "dev-3", "E", "F", 0);
    expect_end(t);
    memset(&with, 0, sizeof with);
    with.language = "en";
    t = open_text("XNLI", BERT_SPLIT_DEV, dev, &err, &with);
    expect(t, "dev-2", "C", "D", 1);
    expect_end(t);
    t = open_text("XNLI", BERT_SPLIT_TRAIN, "premise\thypo\tlabel\nA\tB\tcontradictory\nC\tD\tentailment\n", &err, NULL);
    expect(t, "train-1", "A", "B", 0);
    expect(t, "train-2", "C", "D", 1);
    expect_end(t);
    t = open_text("XNLI", BERT_SPLIT_DEV, "h\nzh\tcontradictory\t\t\t\t\tA\tB\n", &err, NULL);     /* renamed in training only */
    CHECK(next_fails(t, &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "contradictory");
}
static void regression(void)
{
    bert_error err;
    bert_dataset_example e;
    int got = 0, i;
    bert_dataset *t = open_text("STS-B", BERT_SPLIT_DEV, "h\n0\tg\tf\ty\to\t1\t2\tA\tB\t3.25\n1\tg\tf\ty\to\t1\t2\tA\tB\tmany\n", &err, NULL);
    REQUIRE(t != NULL);
    CHECK(bert_dataset_is_regression(t));
    CHECK(bert_dataset_next(t, &e, &got, &err) == BERT_OK && got && e.value == 3.25 && e.labelled && !e.label_id);
    CHECK(next_fails(t, &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "\"many\"");
    CHECK_INT(err.line, 3);
    for (i = 0; i < 3; i++) {                                           /* what no loss can be computed with */
        static const char *const none[] = { "h\n0\tg\tf\ty\to\t1\t2\tA\tB\tnan\n", "h\n0\tg\tf\ty\to\t1\t2\tA\tB\t-inf\n", "h\n0\tg\tf\ty\to\t1\t2\tA\tB\t1e39\n" };
        CHECK(next_fails(open_text("STS-B", BERT_SPLIT_DEV, none[i], &err, NULL), &err) == BERT_ERROR_FORMAT);
        mentions(err.message, "is no number");
        CHECK_INT(err.line, 2);
    }
    t = open_text("STS-B", BERT_SPLIT_TEST, "h\n0\tg\tf\ty\to\t1\t2\tA\tB\n", &err, NULL);
    CHECK(t && bert_dataset_next(t, &e, &got, &err) == BERT_OK && got && !e.labelled);
    bert_dataset_close(t);
}
static void labels_of_the_data(void)
{
    static const char *const given[] = { "positive", "negative" };
    bert_error err;
    bert_dataset_desc with;
    bert_dataset *t = open_text("text_clf", BERT_SPLIT_TRAIN, "z\tone\na\ttwo\nm\tthree\nz\tfour\n", &err, NULL);
    const char *const *names;
    size_t n = 0;
    REQUIRE(t != NULL);
    names = bert_dataset_labels(t, &n);
    CHECK(n == 3 && strcmp(names[0], "a") == 0 && strcmp(names[1], "m") == 0 && strcmp(names[2], "z") == 0);
    expect(t, "train-0", "one", NULL, 2);
    expect(t, "train-1", "two", NULL, 0);
    bert_dataset_close(t);
    /* tsv: columns by name and by number */
    memset(&with, 0, sizeof with);
    with.text_a = "body";
    with.text_b = "title";
    with.label = "kind";
    t = open_text("tsv", BERT_SPLIT_DEV, "kind\ttitle\tx\tbody\nham\tT\t\tB\nspam\tU\t\tC\n", &err, &with);
    expect(t, "dev-1", "B", "T", 0);
    expect(t, "dev-2", "C", "U", 1);
    expect_end(t);
    t = open_text("tsv", BERT_SPLIT_TEST, "title\tbody\nT\tB\n", &err, &with);
    CHECK(t == NULL);
    mentions(err.message, "labels");
    with.labels = given;
    with.label_count = 2;
    t = open_text("tsv", BERT_SPLIT_TEST, "title\tbody\nT\tB\n", &err, &with);
    expect(t, "test-1", "B", "T", 0);
    CHECK(t && strcmp(bert_dataset_labels(t, &n)[0], "positive") == 0);  /* in the order given */
    expect_end(t);
    with.label = "nothing";
    t = open_text("tsv", BERT_SPLIT_DEV, "title\tbody\nT\tB\n", &err, &with);
    CHECK(t == NULL);
    mentions(err.message, "\"nothing\"");
    with.text_a = "2";
    with.text_b = NULL;
    with.label = "1";
    t = open_text("tsv", BERT_SPLIT_DEV, "negative\tbody\n", &err, &with);
    expect(t, "dev-0", "body", NULL, 1);
    expect_end(t);
    with.header = BERT_ON;
    t = open_text("tsv", BERT_SPLIT_DEV, "a\tb\nnegative\tbody\n", &err, &with);
    expect(t, "dev-1", "body", NULL, 1);
    expect_end(t);
    with.header = BERT_DEFAULT;
    with.regression = BERT_ON;
    t = open_text("tsv", BERT_SPLIT_DEV, "-1e2\tbody\n", &err, &with);
    CHECK(t && bert_dataset_is_regression(t));
    expect(t, "dev-0", "body", NULL, 0);
    expect_end(t);
}
/* What cannot be: every error names its place. */
static void dataset_errors(void)
{
    bert_error err;
    bert_dataset *t;
    bert_dataset_desc d;
    t = open_text("no such", BERT_SPLIT_DEV, "", &err, NULL);
    CHECK(!t && err.code == BERT_ERROR_ARGUMENT);
    mentions(err.message, "MRPC");
    CHECK(next_fails(open_text("MRPC", BERT_SPLIT_DEV, "h\n1\t2\t3\ta\tb\n1\t2\t3\ta\n", &err, NULL), &err) == BERT_ERROR_FORMAT);
    CHECK_INT(err.line, 3);
    mentions(err.message, "4 columns");
    CHECK(next_fails(open_text("MRPC", BERT_SPLIT_DEV, "h\nmaybe\t2\t3\ta\tb\n", &err, NULL), &err) == BERT_ERROR_FORMAT);
    CHECK_INT(err.line, 2);
    mentions(err.message, "\"maybe\" is none of 0, 1");
    CHECK(next_fails(open_text("MRPC", BERT_SPLIT_DEV, "h\n1\t2\t3\ta\xFF\tb\n", &err, NULL), &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "UTF-8");
    t = open_text("text_clf", BERT_SPLIT_TRAIN, "a\tone\n\ttwo\n", &err, NULL);
    CHECK(!t && err.code == BERT_ERROR_FORMAT);
    CHECK_INT(err.line, 2);
    mentions(err.message, "label is empty");
    memset(&d, 0, sizeof d);
    d.task = "MRPC";
    d.data_dir = "no/such/folder";
    d.error = &err;
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_IO);
    mentions(err.message, "no/such/folder/train.tsv");
    d.data_dir = NULL;
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_ARGUMENT);
    CHECK(bert_dataset_name(0) && !bert_dataset_name(1000));
    CHECK_STR(bert_dataset_file("xnli", BERT_SPLIT_DEV), "xnli.dev.tsv");
    CHECK(!bert_dataset_file("none", BERT_SPLIT_DEV));
    bert_dataset_close(NULL);
}

/* 300 labels given by the desc, in a message that has no room for them. */
static void given_list(const char *numbers, bert_error *err)
{
    static char names[300][8];
    const char *list[300];
    bert_dataset_desc d;
    int i;
    for (i = 0; i < 300; i++) { memcpy(names[i], numbers + 8 * i, 5); names[i][5] = 0; list[i] = names[i]; }
    memset(&d, 0, sizeof d);
    d.labels = list;
    d.label_count = 300;
    CHECK(next_fails(open_text("text_clf", BERT_SPLIT_DEV, "none\tx\n", err, &d), err) == BERT_ERROR_FORMAT);
    mentions(err->message, "\"none\" is none of 00000, 00001, ");
    mentions(err->message, "...");
}
/* Columns and labels of one's own that cannot be; every message says which. */
static void own_columns(void)
{
    static const char *const given[] = { "a", NULL };
    static const char text[] = "k\tt\na\tb\n";
    static const struct { const char *says, *text, *text_a, *text_b, *label, *language; bert_flag header; bert_split split; size_t labels; } bad[] = {
        { "needs text_a", text, NULL, NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "text_a: columns count from 1", text, "0", NULL, "1", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "no column is named \"12345678\"", text, "1", "12345678", "1", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "without a header, columns are given by number", text, "t", NULL, "1", NULL, BERT_OFF, BERT_SPLIT_DEV, 0 },
        { "without a header, columns are given by number", text, "1", "t", "1", NULL, BERT_OFF, BERT_SPLIT_DEV, 0 },
        { "without a header, columns are given by number", text, "1", NULL, "k", NULL, BERT_OFF, BERT_SPLIT_DEV, 0 },
        { "the file is empty", "", "t", NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "is not UTF-8", "k\t\xFF\n", "k", NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "no column is named \"u\"; the first line has: k t", text, "u", NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "text_b: no column is named \"u\"", text, "t", "u", "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "label: no column is named \"u\"", text, "t", NULL, "u", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "needs label", text, "t", NULL, NULL, NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "labels: one of them is NULL", text, "t", NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 2 },
        { "the file has no labels", text, "t", NULL, NULL, NULL, BERT_DEFAULT, BERT_SPLIT_TEST, 0 },
        { "there is no example in it", "k\tt\n\n", "t", NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "the line has 1 columns", "k\tt\nlone\n", "t", NULL, "k", NULL, BERT_DEFAULT, BERT_SPLIT_DEV, 0 },
        { "language: a code", text, "t", NULL, "k", "a language of many letters", BERT_DEFAULT, BERT_SPLIT_DEV, 0 } };
    bert_dataset_desc d;
    bert_dataset *t;
    bert_error err;
    char wide[700], long_text[400];
    size_t i, n;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&d, 0, sizeof d);
        d.text_a = bad[i].text_a;
        d.text_b = bad[i].text_b;
        d.label = bad[i].label;
        d.header = bad[i].header;
        d.language = bad[i].language;
        d.labels = bad[i].labels ? given : NULL;
        d.label_count = bad[i].labels;
        t = open_text("tsv", bad[i].split, bad[i].text, &err, &d);
        CHECK(t == NULL);
        mentions(err.message, bad[i].says);
        bert_dataset_close(t);
    }
    memset(&d, 0, sizeof d);
    d.text_a = "t";
    d.label = "k";
    d.labels = given;                                                   /* none of them is none */
    CHECK(open_text("tsv", BERT_SPLIT_DEV, text, &err, &d) == NULL);
    mentions(err.message, "labels: there is none");
    memset(wide, 'w', sizeof wide);                                     /* a first line too long for the message */
    memcpy(wide + 500, "\tt\nx\ty\n", 8);
    d.labels = NULL;
    CHECK(open_text("tsv", BERT_SPLIT_DEV, wide, &err, &d) == NULL);
    mentions(err.message, "the first line has: wwww");
    d.task = "text_clf";                                                /* a label with a zero byte; more labels than there can be */
    d.data = "a\0b\tx\n";
    d.size = 6;
    d.error = &err;
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_FORMAT);
    mentions(err.message, "zero byte");
    {
        char *many = (char *)malloc(10001 * 9), *m = many;
        REQUIRE(many != NULL);
        for (i = 0; i <= 10000; i++) m += sprintf(m, "%05u\tx\n", (unsigned)i);
        d.data = many;
        d.size = (size_t)(m - many);
        CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_FORMAT);
        mentions(err.message, "more than 10000 different labels");
        CHECK_INT(err.line, 10001);
        d.size = 300 * 8;                                               /* so many are labels; not all fit into a message */
        REQUIRE(bert_dataset_open(&d, &t) == BERT_OK);
        CHECK(bert_dataset_labels(t, &n) != NULL && n == 300 && strcmp(bert_dataset_labels(t, NULL)[299], "00299") == 0);
        bert_dataset_close(t);
        given_list(many, &err);
        free(many);
    }
    memset(long_text, 'q', sizeof long_text);                           /* a label as long as a text is cut in the message */
    memcpy(long_text + 300, "\t1\t2\ta\tb\n", 10);
    long_text[0] = 'h';
    long_text[1] = '\n';
    CHECK(next_fails(open_text("MRPC", BERT_SPLIT_DEV, long_text, &err, NULL), &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "qqq\" is none of 0, 1");
    memcpy(long_text + 2, "1\tg\tf\ty\to\t1\t2\tA\tB\t", 18);
    memcpy(long_text + 300, "\n", 2);
    CHECK(next_fails(open_text("STS-B", BERT_SPLIT_DEV, long_text, &err, NULL), &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "q\" is no number");
}
/* The labels of a data_dir are those of its training file. */
static void labels_of_a_folder(void)
{
    bert_dataset_desc d;
    bert_dataset *t = NULL;
    bert_error err;
    char name[5000];
    size_t n = 0;
    memset(&d, 0, sizeof d);
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    d.task = "text_clf";
    d.error = &err;
    d.data_dir = name;
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_IO);
    mentions(err.message, "the path is too long");
    d.data_dir = ".";
    d.split = BERT_SPLIT_DEV;
    d.data = "b\tone\n";
    d.size = 6;
    remove("train.tsv");
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_IO);
    mentions(err.message, "./train.tsv");
    CHECK(bert_file_write("train.tsv", "c\tx\nb\ty\na\tz\n", 12, NULL) == BERT_OK);
    REQUIRE(bert_dataset_open(&d, &t) == BERT_OK);
    CHECK(bert_dataset_labels(t, &n) && n == 3);
    expect(t, "dev-0", "one", NULL, 1);
    expect_end(t);
    remove("train.tsv");
    d.split = (bert_split)3;
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_ARGUMENT);
    mentions(err.message, "with a split");
    d.split = BERT_SPLIT_DEV;
    d.task = NULL;
    CHECK(bert_dataset_open(&d, &t) == BERT_ERROR_ARGUMENT);
    mentions(err.message, "no task is named \"\"");
    CHECK(bert_dataset_file("MRPC", (bert_split)3) == NULL);
}
/* What is asked of no data set; places that are none. */
static void no_data_set(void)
{
    bert_error err;
    bert_dataset *t = open_text("CoLA", BERT_SPLIT_DEV, "s\t1\t\tzero\n", &err, NULL);
    bert_dataset_place p = bert_dataset_tell(NULL);
    size_t n = 7;
    int k;
    REQUIRE(t != NULL);
    CHECK(p.at == 0 && p.line == 0 && p.row == 0 && bert_dataset_labels(NULL, &n) == NULL && n == 0);
    CHECK(!bert_dataset_is_regression(NULL) && !bert_dataset_is_regression(t) && bert_dataset_skipped(NULL) == 0);
    bert_dataset_rewind(NULL);
    for (k = 0; k < 2; k++) {
        p = bert_dataset_tell(t);
        if (k) p.line = -1; else p.row = -1;
        CHECK(bert_dataset_seek(t, &p, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "lies behind the end");
    }
    expect(t, "dev-0", "zero", NULL, 1);
    expect_end(t);
    t = open_text("CoLA", BERT_SPLIT_DEV, "\xEF\xBB\xBF", &err, NULL);    /* nothing but the mark: a line without text */
    expect_end(t);
    t = open_text("XNLI", BERT_SPLIT_DEV, "h\nde\tneutral\t\t\t\t\tA\tB\ndeu\tneutral\t\t\t\t\tA\tB\n", &err, NULL);
    expect_end(t);                                                      /* other languages, of as many letters and of more */
    t = open_text("XNLI", BERT_SPLIT_TRAIN, "h\nA\tB\tcontradiction\n", &err, NULL);
    expect(t, "train-1", "A", "B", 0);
    expect_end(t);
}

/* ---- features ---- */

static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n##x\n";

static bert_tokenizer *tokenizer(const char *text)
{
    bert_tokenizer_desc d;
    bert_tokenizer *t = NULL;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = strlen(text);
    if (bert_tokenizer_open(&d, &t) != BERT_OK) TEST_FAIL("the vocabulary does not open");
    return t;
}
/* Every pair of lengths and every max_length, against the reference's loop written out. */
static void cut_as_the_reference(void)
{
    bert_tokenizer *tok = tokenizer(vocabulary);
    char text[2][40];
    int32_t arrays[3][20];
    bert_features f;
    size_t na, nb, max, i;
    REQUIRE(tok != NULL);
    f.input_ids = arrays[0];
    f.input_mask = arrays[1];
    f.segment_ids = arrays[2];
    for (na = 0; na < 12; na++)
        for (nb = 0; nb < 12; nb++)
            for (max = 3; max < 20; max++) {
                size_t ka = na, kb = nb, n = 0;
                int32_t ids[40], segments[40];
                bert_bytes a, b;
                for (i = 0; i < na; i++) memcpy(text[0] + 2 * i, "a ", 2);
                for (i = 0; i < nb; i++) memcpy(text[1] + 2 * i, "b ", 2);
                a.data = text[0];
                a.size = 2 * na;
                b.data = text[1];
                b.size = 2 * nb;
                if (kb) while (ka + kb > max - 3) { if (ka > kb) ka--; else kb--; }
                else if (ka > max - 2) ka = max - 2;
                ids[n] = 2; segments[n++] = 0;
                for (i = 0; i < ka; i++) { ids[n] = 4; segments[n++] = 0; }
                ids[n] = 3; segments[n++] = 0;
                for (i = 0; i < kb; i++) { ids[n] = 5; segments[n++] = 1; }
                if (kb) { ids[n] = 3; segments[n++] = 1; }
                memset(arrays, 0x77, sizeof arrays);
                if (bert_features_encode(tok, &a, &b, max, &f, NULL) != BERT_OK) { TEST_FAIL("refused"); continue; }
                CHECK_INT(f.count, n);
                for (i = 0; i < max; i++)
                    if (f.input_ids[i] != (i < n ? ids[i] : 0) || f.segment_ids[i] != (i < n ? segments[i] : 0) || f.input_mask[i] != (i < n)) {
                        TEST_FAIL("%lu and %lu tokens in %lu: token %lu", (unsigned long)na, (unsigned long)nb, (unsigned long)max, (unsigned long)i);
                        break;
                    }
                if (max < 20) CHECK(f.input_ids[max] == 0x77777777 && f.input_mask[max] == 0x77777777 && f.segment_ids[max] == 0x77777777);
            }
    bert_tokenizer_close(tok);
}
static void feature_corners(void)
{
    bert_tokenizer *tok = tokenizer(vocabulary), *poor = tokenizer("[PAD]\n[CLS]\n[SEP]\na\n"), *none = tokenizer("[UNK]\na\n"), *half = tokenizer("[UNK]\n[CLS]\na\n");
    int32_t arrays[3][8];
    bert_features f;
    bert_error err;
    bert_bytes a = bytes("a"), blank = bytes(" \xC2\xA0 "), unknown = bytes("a zebra"), nothing = { NULL, 1 };
    size_t i;
    f.input_ids = arrays[0];
    f.input_mask = arrays[1];
    f.segment_ids = arrays[2];
    CHECK(bert_features_encode(tok, &a, &blank, 8, &f, &err) == BERT_OK && f.count == 3);      /* no tokens: no second [SEP] */
    CHECK(bert_features_encode(tok, NULL, NULL, 8, &f, &err) == BERT_OK && f.count == 0);
    for (i = 0; i < 8; i++) CHECK(!f.input_ids[i] && !f.input_mask[i] && !f.segment_ids[i]);
    CHECK(bert_features_encode(tok, &a, NULL, 2, &f, &err) == BERT_ERROR_ARGUMENT);
    CHECK(bert_features_encode(tok, &a, NULL, (size_t)INT32_MAX + 1, &f, &err) == BERT_ERROR_ARGUMENT);
    mentions(err.message, "max_length");
    CHECK(bert_features_encode(tok, &nothing, NULL, 8, &f, &err) == BERT_ERROR_ARGUMENT && err.message[0]);
    for (i = 0; i < 3; i++) {
        bert_features part = f;
        if (i == 0) part.input_mask = NULL;
        if (i == 1) part.segment_ids = NULL;
        if (i == 2) part.input_ids = NULL;
        CHECK(bert_features_encode(tok, &a, NULL, 8, &part, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "arrays for ids, mask and segments");
    }
    CHECK(bert_features_encode(half, &a, NULL, 8, &f, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "no [SEP]");
    CHECK(bert_features_encode(poor, &unknown, NULL, 8, &f, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "[UNK]");
    CHECK(bert_features_encode(poor, &a, &unknown, 8, &f, &err) == BERT_ERROR_MISMATCH);
    CHECK(bert_features_encode(poor, &a, &a, 8, &f, &err) == BERT_OK && f.count == 5);
    CHECK(bert_features_encode(none, &a, NULL, 8, &f, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "[CLS]");
    bert_tokenizer_close(tok);
    bert_tokenizer_close(poor);
    bert_tokenizer_close(none);
    bert_tokenizer_close(half);
}
static void record_files(void)
{
    bert_tokenizer *tok = tokenizer(vocabulary);
    bert_error err;
    bert_dataset *t = open_text("STS-B", BERT_SPLIT_DEV, "h\n0\t\t\t\t\t\t\ta b\tc\t2.5\n1\t\t\t\t\t\t\td\tb\t-1\n", &err, NULL);
    bert_records_desc d;
    bert_records *r = NULL;
    bert_example e;
    const void *p;
    size_t n;
    int64_t count = 0;
    int32_t ids[8], real;
    float value;
    static const int32_t want[8] = { 2, 4, 5, 3, 6, 3, 0, 0 };
    memset(&e, 0, sizeof e);
    memset(&d, 0, sizeof d);
    d.path = FILE_NAME;
    REQUIRE(tok && t);
    CHECK(bert_dataset_write_records(t, tok, 8, 4, FILE_NAME, &count, &err) == BERT_OK);
    CHECK_INT(count, 4);                                                /* two of them are padding */
    REQUIRE(bert_records_open(&d, &r) == BERT_OK);
    CHECK(bert_records_next(r, &p, &n, &err) == BERT_OK && bert_example_parse(&e, p, n, NULL, &err) == BERT_OK && e.count == 5);
    CHECK(bert_example_ints(&e, "input_ids", ids, 8, &err) == BERT_OK && memcmp(ids, want, sizeof ids) == 0);
    CHECK(bert_example_floats(&e, "label_ids", &value, 1, &err) == BERT_OK && value == 2.5f);
    CHECK(bert_example_ints(&e, "is_real_example", &real, 1, &err) == BERT_OK && real == 1);
    bert_records_next(r, &p, &n, &err);
    CHECK(bert_records_next(r, &p, &n, &err) == BERT_OK && bert_example_parse(&e, p, n, NULL, &err) == BERT_OK);
    CHECK(bert_example_ints(&e, "is_real_example", &real, 1, &err) == BERT_OK && real == 0);
    bert_example_free(&e);
    bert_records_close(r);
    bert_dataset_close(t);
    remove(FILE_NAME);
    t = open_text("MRPC", BERT_SPLIT_DEV, "h\n1\t2\t3\ta\tb\n1\t2\n", &err, NULL);                 /* an error leaves no file */
    CHECK(bert_dataset_write_records(t, tok, 8, 1, FILE_NAME, &count, &err) == BERT_ERROR_FORMAT);
    CHECK(bert_records_open(&d, &r) == BERT_ERROR_IO);
    bert_dataset_close(t);
    t = open_text("CoLA", BERT_SPLIT_DEV, "s\t1\t\ta zebra\n", &err, NULL);
    REQUIRE(t != NULL);
    CHECK(bert_dataset_write_records(t, tok, 2, 1, FILE_NAME, &count, &err) == BERT_ERROR_ARGUMENT && bert_dataset_write_records(t, tok, INT32_MAX, 1, FILE_NAME, &count, &err) == BERT_ERROR_ARGUMENT);
    mentions(err.message, "max_length");
    CHECK(bert_dataset_write_records(t, tok, 8, 1, "no/such/folder/file", &count, &err) == BERT_ERROR_IO);
    bert_tokenizer_close(tok);
    tok = tokenizer("[PAD]\n[CLS]\n[SEP]\na\n");
    count = -5;
    CHECK(bert_dataset_write_records(t, tok, 8, 1, FILE_NAME, &count, &err) == BERT_ERROR_MISMATCH && count == -5);
    mentions(err.message, "[UNK]");
    CHECK(bert_records_open(&d, &r) == BERT_ERROR_IO);
    bert_dataset_close(t);
    bert_tokenizer_close(tok);
}

/* ---- words with labels ---- */

static bert_ner *ner_text(const char *text, bert_ner_reader reader, bert_flag labels)
{
    bert_ner_desc d;
    bert_ner *r = NULL;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = strlen(text);
    d.reader = reader;
    d.labels = labels;
    CHECK(bert_ner_open(&d, &r) == BERT_OK);
    return r;
}
/* "word/label word/label" of the next sentence; "" at the end, "!" and the message for an error. */
static const char *ner_next(bert_ner *r, char *out, size_t size)
{
    bert_ner_sentence s;
    bert_error err;
    size_t i, n = 0;
    int got = 0;
    memset(&err, 0, sizeof err);
    out[0] = 0;
    if (bert_ner_next(r, &s, &got, &err) != BERT_OK) snprintf(out, size, "!%.300s", err.message);
    else for (i = 0; got && i < s.count; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%.*s/%.*s", i ? " " : "", (int)s.sizes[i], s.words[i], (int)s.labels[i].size, s.labels[i].data);
    return out;
}
static void ner_robust(void)
{
    char out[400];
    bert_ner *r = ner_text("\xEF\xBB\xBF-DOCSTART- -X- O\r\n\r\n\nAnn  NN\tB-PER\r\nsleeps VB O  \n \t\n\nOslo B-LOC", BERT_NER_ROBUST, BERT_DEFAULT);
    CHECK_STR(ner_next(r, out, sizeof out), "Ann  NN/B-PER sleeps/O");  /* a tab divides: blanks are then part of a word */
    CHECK_STR(ner_next(r, out, sizeof out), "Oslo/B-LOC");              /* the end of the file ends a sentence */
    CHECK_STR(ner_next(r, out, sizeof out), "");
    CHECK_STR(ner_next(r, out, sizeof out), "");
    bert_ner_rewind(r);
    CHECK_STR(ner_next(r, out, sizeof out), "Ann  NN/B-PER sleeps/O");
    bert_ner_close(r);
    r = ner_text("a x y O\n-DOCSTART-\nb O\n O\n\tO\n", BERT_NER_ROBUST, BERT_DEFAULT);
    CHECK_STR(ner_next(r, out, sizeof out), "a/O");
    CHECK_STR(ner_next(r, out, sizeof out), "b/O /O /O");               /* a word may be white space: it keeps its label */
    bert_ner_close(r);
    r = ner_text("a O\nb\n", BERT_NER_ROBUST, BERT_DEFAULT);
    mentions(ner_next(r, out, sizeof out), ":2: the line has one column, \"b\"");
    bert_ner_close(r);
    r = ner_text("a\nb O\n\n", BERT_NER_ROBUST, BERT_OFF);
    CHECK_STR(ner_next(r, out, sizeof out), "a/ b/");
    bert_ner_close(r);
    r = ner_text("a O\n\xC3 O\n", BERT_NER_ROBUST, BERT_DEFAULT);
    mentions(ner_next(r, out, sizeof out), "UTF-8");
    bert_ner_close(r);
    r = ner_text("a\tO\r \t\n", BERT_NER_ROBUST, BERT_DEFAULT);       /* white space at the end, of any kind */
    CHECK_STR(ner_next(r, out, sizeof out), "a/O");
    bert_ner_close(r);
    bert_ner_close(NULL);
    bert_ner_rewind(NULL);
}
static void ner_nezha(void)
{
    char out[400];
    /* \r alone ends a line, as in Python; U+3000 is stripped; a third column is passed over; the last sentence is lost */
    bert_ner *r = ner_text("a B-X\rb x y O\r\n\n\xE3\x80\x82 O\xE3\x80\x80\n\nc O\n\xE3\x80\x82 O\n", BERT_NER_NEZHA, BERT_DEFAULT);
    CHECK_STR(ner_next(r, out, sizeof out), "a/B-X b/O \xE3\x80\x82/O");
    CHECK_STR(ner_next(r, out, sizeof out), "");
    bert_ner_close(r);
    r = ner_text("\xE3\x80\x82 O\n\n\n", BERT_NER_NEZHA, BERT_DEFAULT);
    CHECK_STR(ner_next(r, out, sizeof out), "\xE3\x80\x82/O");
    mentions(ner_next(r, out, sizeof out), ":3: a blank line");
    bert_ner_close(r);
    r = ner_text("lone\n-DOCSTART- x\n\n\xE3\x80\x82 O\n\n", BERT_NER_NEZHA, BERT_DEFAULT);
    CHECK_STR(ner_next(r, out, sizeof out), "lone/lone \xE3\x80\x82/O");
    bert_ner_close(r);
    r = ner_text("\xEF\xBB\xBF" "a O\n\xE3\x80\x81 O\n\n\xE3\x80\x82 O\n\r", BERT_NER_NEZHA, BERT_DEFAULT);
    CHECK_STR(ner_next(r, out, sizeof out), "\xEF\xBB\xBF" "a/O \xE3\x80\x81/O \xE3\x80\x82/O");     /* U+3001 ends nothing, and the mark of byte order is a letter there */
    bert_ner_close(r);
    r = ner_text("\xE3\x80\x82\n\nabc\n\n\xE3\x80\x82 O\n\n", BERT_NER_NEZHA, BERT_DEFAULT);     /* words that are their own labels: of U+3002 too */
    CHECK_STR(ner_next(r, out, sizeof out), "\xE3\x80\x82/\xE3\x80\x82");
    CHECK_STR(ner_next(r, out, sizeof out), "abc/abc \xE3\x80\x82/O");
    bert_ner_close(r);
    r = ner_text("a O\n\xFF O\n", BERT_NER_NEZHA, BERT_DEFAULT);
    mentions(ner_next(r, out, sizeof out), "UTF-8");
    bert_ner_close(r);
}
static void ner_labels(void)
{
    static const char *const text = "a I-PER\nb S-LOC\nc O\nd B-PER\n\ne E-PER\nf MISC\ng B-LOC\nh O\ni Y\nj X\nk OX\nl I-PER\nm X\n";
    static const char *const want[] = { "O", "B-LOC", "S-LOC", "B-PER", "E-PER", "I-PER", "MISC", "OX", "X", "Y" };
    bert_ner_desc d;
    bert_labels l, back;
    bert_error err;
    size_t i;
    memset(&d, 0, sizeof d);
    memset(&l, 0, sizeof l);
    memset(&back, 0, sizeof back);
    d.data = text;
    d.size = strlen(text);
    d.error = &err;
    REQUIRE(bert_ner_labels(&d, &l) == BERT_OK);
    CHECK_INT(l.count, 10);
    for (i = 0; i < l.count && i < 10; i++) CHECK_STR(l.names[i], want[i]);
    CHECK(bert_labels_write(FILE_NAME, l.names, l.count, &err) == BERT_OK);
    CHECK(bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_OK && back.count == l.count);
    for (i = 0; i < back.count && i < l.count; i++) CHECK_STR(back.names[i], l.names[i]);
    bert_labels_free(&back);
    bert_labels_free(&l);
    bert_labels_free(&l);
    CHECK(bert_file_write(FILE_NAME, "a\nb\na\n", 6, NULL) == BERT_OK);
    CHECK(bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_ERROR_FORMAT);
    mentions(err.message, ":3: the label \"a\" is there twice");
    {                                                                   /* blank lines are none; a long label, twice; no label, no text, no file */
        static const char *const some[] = { "a", NULL }, *const empty[] = { "" }, *const two_lines[] = { "a\rb" };
        char twice[310];
        memset(twice, 'l', sizeof twice);
        twice[150] = twice[301] = '\n';
        CHECK(bert_file_write(FILE_NAME, twice, 302, NULL) == BERT_OK && bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_ERROR_FORMAT);
        mentions(err.message, "lll\" is there twice");
        CHECK(bert_file_write(FILE_NAME, "\nb\n\na\n", 6, NULL) == BERT_OK && bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_OK && back.count == 2);
        CHECK_STR(back.names[0], "b");
        bert_labels_free(&back);
        CHECK(bert_file_write(FILE_NAME, "\n\n", 2, NULL) == BERT_OK && bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_ERROR_FORMAT);
        mentions(err.message, "no label in it");
        CHECK(bert_file_write(FILE_NAME, "\xFF\n", 2, NULL) == BERT_OK && bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_ERROR_FORMAT);
        remove(FILE_NAME);
        CHECK(bert_labels_read(FILE_NAME, NULL, &back, &err) == BERT_ERROR_IO && !back.count);
        CHECK(bert_labels_write(FILE_NAME, NULL, 1, &err) == BERT_ERROR_ARGUMENT && bert_labels_write(FILE_NAME, some, 2, &err) == BERT_ERROR_ARGUMENT);
        CHECK(bert_labels_write(FILE_NAME, empty, 1, &err) == BERT_ERROR_ARGUMENT && bert_labels_write(FILE_NAME, two_lines, 1, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "a line's end in it");
        CHECK(bert_labels_write("no/such/folder/file", some, 1, &err) == BERT_ERROR_IO && bert_labels_write(FILE_NAME, NULL, 0, &err) == BERT_OK);
    }
    remove(FILE_NAME);
}
static void ner_alignment(void)
{
    static const char *const labels[] = { "O", "B-X", "I-X", "X", "[CLS]", "[SEP]" };
    static const char *const words[] = { "a", "bxx", "", "c" };
    static const size_t sizes[] = { 1, 3, 0, 1 };
    bert_bytes tags[4];
    bert_ner_sentence s;
    bert_ner_features f;
    bert_tokenizer *tok = tokenizer(vocabulary);
    bert_error err;
    int32_t a[5][10];
    static const int32_t first[] = { -100, 0, 1, -100, -100, 2, -100, -100, -100, -100 }, all[] = { -100, 0, 1, 1, 1, 2, -100, -100, -100, -100 };
    static const int32_t nezha[] = { 5, 1, 2, 4, 4, 3, 6, 0, 0, 0 }, word[] = { -1, 0, 1, 1, 1, 3, -1, -1, -1, -1 };
    REQUIRE(tok != NULL);
    memset(&s, 0, sizeof s);
    tags[0] = bytes("O");
    tags[1] = bytes("B-X");
    tags[2] = bytes("never looked at");                                 /* its word has no token */
    tags[3] = bytes("I-X");
    s.words = words;
    s.sizes = sizes;
    s.labels = tags;
    s.count = 4;
    s.line = 12;
    f.input_ids = a[0];
    f.input_mask = a[1];
    f.segment_ids = a[2];
    f.label_ids = a[3];
    f.words = a[4];
    CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_OK && f.count == 7 && !f.words_cut);
    CHECK(memcmp(a[3], first, sizeof first) == 0 && memcmp(a[4], word, sizeof word) == 0);
    CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_ALL, 10, &f, &err) == BERT_OK && memcmp(a[3], all, sizeof all) == 0);
    CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_TOKENS_NEZHA, 10, &f, &err) == BERT_OK && memcmp(a[3], nezha, sizeof nezha) == 0);
    CHECK(bert_ner_encode(tok, &s, labels, 3, BERT_NER_TOKENS_NEZHA, 10, &f, &err) == BERT_ERROR_ARGUMENT);
    CHECK(bert_ner_encode(tok, &s, NULL, 0, BERT_NER_FIRST, 10, &f, &err) == BERT_OK && a[3][1] == BERT_LABEL_IGNORED);   /* to predict */
    CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 6, &f, &err) == BERT_OK && f.count == 6 && f.words_cut == 2);   /* "" and "c" */
    CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 5, &f, &err) == BERT_OK && f.words_cut == 3);                 /* and part of "bxx" */
    tags[1] = bytes("B-Y");
    CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_ERROR_FORMAT && err.line == 12);
    mentions(err.message, "\"B-Y\"");
    {                                                                   /* what is missing, one after another */
        static const char *const no_sep[] = { "O", "X", "[CLS]" }, *const no_cls[] = { "O", "X" }, *const long_words[] = { "bxxx" }, *const odd_words[] = { "zebra" };
        static const size_t long_sizes[] = { 4 }, odd_sizes[] = { 5 };
        bert_tokenizer *half = tokenizer("[UNK]\n[CLS]\na\n"), *none = tokenizer("[UNK]\na\n"), *poor = tokenizer("[PAD]\n[CLS]\n[SEP]\na\n");
        bert_bytes y;
        int k;
        for (k = 0; k < 9; k++) {
            bert_ner_features g = f;
            if (k == 0) g.input_ids = NULL;
            if (k == 1) g.input_mask = NULL;
            if (k == 2) g.segment_ids = NULL;
            if (k == 3) g.label_ids = NULL;
            if (k == 4) g.words = NULL;
            CHECK(bert_ner_encode(k == 5 ? NULL : tok, k == 6 ? NULL : &s, k == 7 ? NULL : labels, 6, BERT_NER_FIRST, 10, k == 8 ? NULL : &g, &err) == BERT_ERROR_ARGUMENT);
            mentions(err.message, "all arrays for the result");
        }
        CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 2, &f, &err) == BERT_ERROR_ARGUMENT && bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, (size_t)INT32_MAX + 1, &f, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "max_length");
        CHECK(bert_ner_encode(half, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_ERROR_MISMATCH && bert_ner_encode(none, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_ERROR_MISMATCH);
        mentions(err.message, "no [CLS]");
        CHECK(bert_ner_encode(tok, &s, no_sep, 3, BERT_NER_TOKENS_NEZHA, 10, &f, &err) == BERT_ERROR_ARGUMENT && bert_ner_encode(tok, &s, no_cls, 2, BERT_NER_TOKENS_NEZHA, 10, &f, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "X, [CLS] and [SEP]");
        s.words = odd_words;
        s.sizes = odd_sizes;
        s.count = 1;
        CHECK(bert_ner_encode(poor, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_ERROR_MISMATCH);
        mentions(err.message, "[UNK]");
        s.words = NULL;                                                 /* a sentence that is none */
        CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_ERROR_ARGUMENT && err.message[0]);
        s.words = long_words;                                           /* cut within its first word: that one counts */
        s.sizes = long_sizes;
        s.labels = NULL;
        CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 4, &f, &err) == BERT_OK && f.count == 4 && f.words_cut == 1 && a[3][1] == BERT_LABEL_IGNORED);
        CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_TOKENS_NEZHA, 10, &f, &err) == BERT_ERROR_FORMAT);       /* NEZHA's have a label each */
        mentions(err.message, "has the label \"\", which is none of O, B-X");
        y.data = "";
        y.size = 0;
        s.labels = &y;
        CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_OK && a[3][1] == BERT_LABEL_IGNORED);
        {
            char name[200];
            memset(name, 'y', sizeof name);
            y.data = name;
            y.size = sizeof name;
            CHECK(bert_ner_encode(tok, &s, labels, 6, BERT_NER_FIRST, 10, &f, &err) == BERT_ERROR_FORMAT);
            mentions(err.message, "yyy\", which is none of");
        }
        bert_tokenizer_close(half);
        bert_tokenizer_close(none);
        bert_tokenizer_close(poor);
    }
    bert_tokenizer_close(tok);
}

/* ---- metrics ---- */

static void confusion(void)
{
    static const int32_t labels[] = { 0, 1, 2, 2, -100, 1 }, predictions[] = { 0, 2, 2, 2, 1, 1 }, bad[] = { 0, 1, 3 }, some[] = { 1, 2 }, twice[] = { 1, 1 };
    int64_t m[9] = { 0 };
    bert_class_metrics c;
    bert_micro_metrics micro;
    bert_error err;
    memset(&c, 0, sizeof c);
    CHECK(bert_confusion_add(m, 3, labels, predictions, 6, &err) == BERT_OK);
    CHECK(m[0] == 1 && m[4] == 1 && m[5] == 1 && m[8] == 2 && m[1] + m[2] + m[3] + m[6] + m[7] == 0);
    CHECK(bert_confusion_add(m, 3, bad, predictions, 3, &err) == BERT_ERROR_ARGUMENT && m[0] == 1);     /* nothing counted */
    mentions(err.message, "item 2 has label 3");
    CHECK(bert_confusion_metrics(m, 3, &c, &err) == BERT_OK && fabs(c.accuracy - 0.8) < 1e-12);
    {                                                                   /* of each class: 0 once and right; 1 twice, once right; 2 twice, and once more for a 1 */
        double precision[3], recall[3], f1[3];
        int64_t support[3];
        bert_class_metrics each;
        memset(&each, 0, sizeof each);
        each.precision = precision;
        each.recall = recall;
        each.f1 = f1;
        each.support = support;
        CHECK(bert_confusion_metrics(m, 3, &each, &err) == BERT_OK && precision[0] == 1 && precision[1] == 1 && fabs(precision[2] - 2.0 / 3) < 1e-12);
        CHECK(recall[0] == 1 && recall[1] == 0.5 && recall[2] == 1 && fabs(f1[2] - 0.8) < 1e-12 && support[0] == 1 && support[1] == 2 && support[2] == 2);
    }
    CHECK(bert_confusion_micro(m, 3, some, 2, &micro, &err) == BERT_OK);
    CHECK(fabs(micro.precision - 3.0 / 4) < 1e-12 && fabs(micro.recall - 3.0 / 4) < 1e-12 && fabs(micro.f1 - 0.75) < 1e-12);
    CHECK(bert_confusion_micro(m, 3, twice, 2, &micro, &err) == BERT_ERROR_ARGUMENT);
    {                                                                   /* what is out of range, what is missing */
        static const int32_t low[] = { 0, -1, 0 }, high[] = { 0, 0, 3 }, none[] = { -1 }, far_class[] = { 3 };
        CHECK(bert_confusion_add(m, 3, low, predictions, 3, &err) == BERT_ERROR_ARGUMENT && bert_confusion_add(m, 3, labels, low, 3, &err) == BERT_ERROR_ARGUMENT);
        CHECK(bert_confusion_add(m, 3, labels, high, 3, &err) == BERT_ERROR_ARGUMENT && m[0] == 1);
        mentions(err.message, "item 2");
        CHECK(bert_confusion_add(m, 0, labels, predictions, 1, &err) == BERT_ERROR_ARGUMENT && bert_confusion_add(m, 3, NULL, NULL, 0, &err) == BERT_OK);
        CHECK(bert_confusion_metrics(m, 0, &c, &err) == BERT_ERROR_ARGUMENT && bert_confusion_micro(m, 0, some, 2, &micro, &err) == BERT_ERROR_ARGUMENT);
        CHECK(bert_confusion_micro(m, 3, NULL, 1, &micro, &err) == BERT_ERROR_ARGUMENT && bert_confusion_micro(m, 3, NULL, 0, &micro, &err) == BERT_OK && micro.f1 == 0);
        CHECK(bert_confusion_micro(m, 3, none, 1, &micro, &err) == BERT_ERROR_ARGUMENT && bert_confusion_micro(m, 3, far_class, 1, &micro, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "there is no class 3 among 3");
    }
    memset(m, 0, sizeof m);
    CHECK(bert_confusion_metrics(m, 3, &c, &err) == BERT_OK && c.accuracy == 0 && c.matthews == 0 && c.f1_macro == 0);
}
/* Kendall's tau by its definition. */
static void correlations(void)
{
    uint64_t seed = 11;
    double x[60], y[60];
    bert_correlations c;
    bert_error err;
    int round;
    for (round = 0; round < 200; round++) {
        const size_t n = 2 + (size_t)(test_random(&seed) % 58);
        size_t i, k;
        double agree = 0, disagree = 0, free_x = 0, free_y = 0;
        for (i = 0; i < n; i++) {
            x[i] = (double)(test_random(&seed) % 6);
            y[i] = (double)(test_random(&seed) % 2 ? test_random(&seed) % 5 : (uint64_t)x[i]);
        }
        for (i = 0; i < n; i++)
            for (k = 0; k < i; k++) {
                const double product = (x[i] - x[k]) * (y[i] - y[k]);
                agree += product > 0;
                disagree += product < 0;
                free_x += x[i] != x[k];
                free_y += y[i] != y[k];
            }
        REQUIRE(bert_correlate(x, y, n, NULL, &c, &err) == BERT_OK);
        if (free_x > 0 && free_y > 0) CHECK(fabs(c.kendall - (agree - disagree) / sqrt(free_x) / sqrt(free_y)) < 1e-12);
        else CHECK(c.kendall != c.kendall && c.pearson != c.pearson && c.spearman != c.spearman);
    }
    CHECK(bert_correlate(x, y, 1, NULL, &c, &err) == BERT_OK && c.pearson != c.pearson);
    CHECK(bert_correlate(NULL, NULL, 0, NULL, &c, &err) == BERT_OK && c.mse != c.mse);
    {                                                                   /* in step and against it: 1 and -1, to the last bit or nearly */
        static const double up[5] = { 0.1, 0.2, 0.3, 0.7, 1.1 }, down[5] = { -0.1, -0.2, -0.3, -0.7, -1.1 }, same[5] = { 2, 2, 2, 2, 2 };
        CHECK(bert_correlate(up, up, 5, NULL, &c, &err) == BERT_OK && c.pearson <= 1 && c.pearson > 1 - 1e-12 && c.spearman <= 1 && c.kendall <= 1 && c.kendall > 1 - 1e-12);
        CHECK(bert_correlate(up, down, 5, NULL, &c, &err) == BERT_OK && c.pearson >= -1 && c.pearson < 1e-12 - 1 && c.kendall >= -1 && c.kendall < 1e-12 - 1);
        CHECK(bert_correlate(same, up, 5, NULL, &c, &err) == BERT_OK && c.pearson != c.pearson && c.kendall != c.kendall);
        CHECK(bert_correlate(up, same, 5, NULL, &c, &err) == BERT_OK && c.spearman != c.spearman && c.kendall != c.kendall);
    }
    y[1] = INFINITY;
    CHECK(bert_correlate(x, y, 3, NULL, &c, &err) == BERT_OK && c.pearson != c.pearson);
    y[1] = 1;
    x[1] = INFINITY;
    CHECK(bert_correlate(x, y, 3, NULL, &c, &err) == BERT_OK && c.pearson != c.pearson && c.kendall != c.kendall);
}
static void entities(void)
{
    bert_bytes tags[6];
    bert_entity e[6];
    bert_entity_scores *s = NULL;
    bert_entity_metrics m;
    bert_error err;
    size_t n = 0;
    tags[0] = bytes("B-A-B");
    tags[1] = bytes("I-A-B");
    tags[2] = bytes("I-C");
    tags[3] = bytes("O");
    tags[4] = bytes("S");
    tags[5] = bytes("E-C");
    CHECK(bert_entities(tags, 6, BERT_TAGS_LENIENT, e, 6, &n, &err) == BERT_OK && n == 4);
    CHECK(e[0].begin == 0 && e[0].end == 2 && e[0].type_size == 3 && memcmp(e[0].type, "A-B", 3) == 0);
    CHECK(e[1].begin == 2 && e[1].end == 3 && e[2].begin == 4 && e[2].end == 5 && e[2].type_size == 1 && *e[2].type == '_');
    CHECK(bert_entities(tags, 6, BERT_TAGS_LENIENT, e, 3, &n, &err) == BERT_ERROR_SPACE && n == 4);
    CHECK(bert_entities(tags, 3, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_OK && n == 1);
    CHECK(bert_entities(tags, 6, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "\"S\" of word 4 is none of the scheme IOB2");
    CHECK(bert_entities(NULL, 0, BERT_TAGS_IOB2, NULL, 0, &n, &err) == BERT_OK && n == 0);
    REQUIRE(bert_entity_scores_open(BERT_TAGS_IOB2, NULL, &s, &err) == BERT_OK);
    CHECK(bert_entity_scores_result(s, &m, &err) == BERT_OK && m.type_count == 0 && m.macro_f1 != m.macro_f1 && m.accuracy != m.accuracy && m.f1 == 0);
    CHECK(bert_entity_scores_add(s, tags, tags, 6, &err) == BERT_ERROR_FORMAT);
    CHECK(bert_entity_scores_result(s, &m, &err) == BERT_OK && m.type_count == 0);     /* nothing was counted */
    CHECK(bert_entity_scores_add(s, tags, tags, 4, &err) == BERT_OK);
    CHECK(bert_entity_scores_result(s, &m, &err) == BERT_OK && m.type_count == 1 && m.f1 == 1 && m.accuracy == 1 && m.support == 1);
    bert_entity_scores_close(s);
    bert_entity_scores_close(NULL);
    {                                                                   /* tags that are none; every step between two of them */
        static const char *const letters[] = { "B-A", "I-A", "E-A", "S-A", "O", "B-B", "I-B", "E-B", "S-B", "--", "B-", "." };
        static const char zero[] = "B-a\0b";
        bert_bytes two[2], z;
        size_t i, k, all = 0;
        CHECK(bert_entities(tags, 6, (bert_tag_scheme)7, e, 6, &n, &err) == BERT_ERROR_ARGUMENT && bert_entities(NULL, 1, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_ERROR_ARGUMENT);
        CHECK(bert_entities(tags, 6, BERT_TAGS_LENIENT, NULL, 6, &n, &err) == BERT_ERROR_ARGUMENT && bert_entity_scores_open((bert_tag_scheme)7, NULL, &s, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "a scheme");
        two[0] = bytes("");
        two[1] = bytes("O");
        CHECK(bert_entities(two, 2, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_ERROR_FORMAT);
        mentions(err.message, "the tag of word 0 is empty");
        two[0].data = NULL;
        two[0].size = 1;
        CHECK(bert_entities(two, 2, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_ERROR_FORMAT);
        two[0] = bytes("\xC3\x89-A");                                   /* a letter of two bytes is no mark of any scheme */
        CHECK(bert_entities(two, 2, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_ERROR_FORMAT);
        for (i = 0; i < 12; i++)
            for (k = 0; k < 12; k++) {
                two[0] = bytes(letters[i]);
                two[1] = bytes(letters[k]);
                CHECK(bert_entities(two, 2, BERT_TAGS_LENIENT, e, 6, &n, &err) == BERT_OK && n <= 2);
                all += n;
            }
        two[0] = bytes("\xFF-A");                                       /* a byte that is no letter is no mark, and its entity one of that type */
        two[1] = bytes("O");
        CHECK(bert_entities(two, 2, BERT_TAGS_LENIENT, e, 6, &n, &err) == BERT_OK && n == 1 && e[0].type_size == 1 && *e[0].type == 'A');
        two[0] = bytes("B--A--");                                       /* strict: '-' at the ends of a type is none of it */
        CHECK(bert_entities(two, 2, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_OK && n == 1 && e[0].type_size == 1 && *e[0].type == 'A');
        {
            char tag[300];
            memset(tag, 'Q', sizeof tag);
            two[0].data = tag;
            two[0].size = sizeof tag;
            CHECK(bert_entities(two, 2, BERT_TAGS_IOB2, e, 6, &n, &err) == BERT_ERROR_FORMAT);
            mentions(err.message, "QQQ\" of word 0 is none of the scheme");
        }
        CHECK_INT(all, 214);                                             /* as seqeval counts them */
        REQUIRE(bert_entity_scores_open(BERT_TAGS_IOB2, NULL, &s, &err) == BERT_OK);
        z.data = zero;
        z.size = 5;
        CHECK(bert_entity_scores_add(s, &z, &z, 1, &err) == BERT_ERROR_FORMAT);
        mentions(err.message, "zero byte");
        CHECK(bert_entity_scores_add(s, NULL, NULL, 0, &err) == BERT_OK && bert_entity_scores_add(s, tags, NULL, 1, &err) == BERT_ERROR_ARGUMENT);
        bert_entity_scores_close(s);
    }
}

/* ---- without memory ---- */

static void without_memory(void)
{
    static const char *const text = "k\tt\nx\ta b c\ny\td\n", *const sentences = "a B-X\nb O\n\nc I-Y\n";
    bert_tokenizer *tok = tokenizer(vocabulary);
    long n;
    int done = 0;
    REQUIRE(tok != NULL);
    for (n = 1; n < 200 && !done; n++) {
        test_faults f;
        bert_dataset_desc d;
        bert_ner_desc nd;
        bert_labels labels;
        bert_error err;
        bert_dataset *t = NULL;
        bert_entity_scores *scores = NULL;
        bert_bytes tags[2];
        bert_correlations c;
        double x[2] = { 1, 2 };
        bert_status s[4];
        int k;
        memset(&f, 0, sizeof f);
        memset(&d, 0, sizeof d);
        memset(&nd, 0, sizeof nd);
        memset(&labels, 0, sizeof labels);
        memset(&err, 0, sizeof err);
        f.fail_at = n;
        f.once = 1;
        d.allocator = nd.allocator = test_faults_allocator(&f);
        d.task = "tsv";
        d.text_a = "t";
        d.label = "k";
        d.data = text;
        d.size = strlen(text);
        d.error = nd.error = &err;
        nd.data = sentences;
        nd.size = strlen(sentences);
        s[0] = bert_dataset_open(&d, &t);
        if (t) s[0] = bert_dataset_write_records(t, tok, 8, 1, FILE_NAME, NULL, &err);
        bert_dataset_close(t);
        s[1] = bert_ner_labels(&nd, &labels);
        CHECK(s[1] == BERT_OK ? labels.count == 3 : !labels.count && !labels.memory);
        bert_labels_free(&labels);
        tags[0] = bytes("B-X");
        tags[1] = bytes("B-Y");
        s[2] = bert_entity_scores_open(BERT_TAGS_IOB2, &d.allocator, &scores, &err);
        if (scores) {
            bert_entity_metrics m;
            s[2] = bert_entity_scores_add(scores, tags, tags, 2, &err);
            CHECK(bert_entity_scores_result(scores, &m, &err) == BERT_OK && m.type_count == (s[2] == BERT_OK ? 2u : 0u));
        }
        bert_entity_scores_close(scores);
        s[3] = bert_correlate(x, x, 2, &d.allocator, &c, &err);
        done = 1;
        for (k = 0; k < 4; k++) {
            CHECK(s[k] == BERT_OK || (s[k] == BERT_ERROR_MEMORY && err.message[0]));
            done &= s[k] == BERT_OK;
        }
        CHECK_INT(f.live, 0);
    }
    CHECK(done && n > 15);
    remove(FILE_NAME);
    bert_tokenizer_close(tok);
}

/* ---- the real files ---- */

static void real_files(void)
{
    static const struct { const char *task; bert_split split; long examples; } files[] = {
        { "MRPC", BERT_SPLIT_TRAIN, 3667 }, { "MRPC", BERT_SPLIT_DEV, 408 }, { "MRPC", BERT_SPLIT_TEST, 1725 }, { "SST-2", BERT_SPLIT_DEV, 872 }, { "RTE", BERT_SPLIT_TRAIN, 2490 },
        { "RTE", BERT_SPLIT_DEV, 277 }, { "STS-B", BERT_SPLIT_TRAIN, 5749 }, { "STS-B", BERT_SPLIT_DEV, 1500 }, { "QNLI", BERT_SPLIT_DEV, 5463 }, { "CoLA", BERT_SPLIT_DEV, 1043 },
        { "WNLI", BERT_SPLIT_DEV, 71 },
    };
    static const char *const places[] = { "../shared/data", "../../shared/data", "../../../../../shared/data", "../../../../../../shared/data" };     /* seen from the project, tests/, obj/log/NAME.dir/ with and without a variant */
    size_t i, k;
    int any = 0;
    for (i = 0; i < sizeof files / sizeof *files; i++)
        for (k = 0; k < sizeof places / sizeof *places; k++) {
            char dir[200];
            bert_dataset_desc d;
            bert_dataset *t = NULL;
            bert_dataset_example e;
            bert_error err;
            long count = 0;
            int got = 1;
            bert_status s;
            memset(&d, 0, sizeof d);
            snprintf(dir, sizeof dir, "%s/%s", places[k], files[i].task);
            d.task = files[i].task;
            d.data_dir = dir;
            d.split = files[i].split;
            d.error = &err;
            s = bert_dataset_open(&d, &t);
            if (s == BERT_ERROR_IO) continue;
            if (s != BERT_OK) { TEST_FAIL("%s", err.message); continue; }
            any = 1;
            while ((s = bert_dataset_next(t, &e, &got, &err)) == BERT_OK && got) count++;
            if (s != BERT_OK) TEST_FAIL("%s", err.message);
            else if (count != files[i].examples) TEST_FAIL("%s, split %d: %ld examples, not %ld", files[i].task, (int)files[i].split, count, files[i].examples);
            bert_dataset_close(t);
            break;
        }
    if (!any) test_skip("the data is not here");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(glue_tasks);
    TEST(any_order);
    TEST(xnli);
    TEST(regression);
    TEST(labels_of_the_data);
    TEST(dataset_errors);
    TEST(own_columns);
    TEST(labels_of_a_folder);
    TEST(no_data_set);
    TEST(cut_as_the_reference);
    TEST(feature_corners);
    TEST(record_files);
    TEST(ner_robust);
    TEST(ner_nezha);
    TEST(ner_labels);
    TEST(ner_alignment);
    TEST(confusion);
    TEST(correlations);
    TEST(entities);
    TEST(without_memory);
    TEST(real_files);
    return test_end();
}
