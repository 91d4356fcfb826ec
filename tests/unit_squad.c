/* unit_squad.c - reading comprehension: questions, features, answers, scores
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#include "test.h"
#include "faults.h"

static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwho\nruns\n?\nthe\nred\ndog\n##s\nran\nhome\n.\n,\ncat\n小\n狗\n";
static const char two[] =
    "{\"version\": \"v2.0\", \"data\": [{\"title\": \"t\", \"paragraphs\": [{\"context\": \"The red dogs ran  home.\", \"qas\": [\n"
    "  {\"id\": \"a\", \"question\": \"Who runs?\", \"is_impossible\": false, \"answers\": [{\"text\": \"dogs\", \"answer_start\": 8}]},\n"
    "  {\"id\": \"b\", \"question\": \"The cat?\", \"is_impossible\": true, \"answers\": []}]}]}]}";

static bert_tokenizer *tokenizer(void)
{
    bert_tokenizer_desc d;
    bert_tokenizer *t = NULL;
    memset(&d, 0, sizeof d);
    d.data = vocab;
    d.size = sizeof vocab - 1;
    if (bert_tokenizer_open(&d, &t) != BERT_OK) abort();
    return t;
}
static bert_status open_text(const char *text, int training, int version_2, bert_squad **out, bert_error *e)
{
    bert_squad_desc d;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = strlen(text);
    d.training = training;
    d.version_2 = version_2;
    d.error = e;
    return bert_squad_open(&d, out);
}
static int has(const char *text, const char *part) { return strstr(text, part) != NULL; }
static int is(bert_slice s, const char *text) { return s.text && s.size == strlen(text) && memcmp(s.text, text, s.size) == 0; }

/* ---- questions ---- */

static void reading(void)
{
    bert_squad *s;
    const bert_squad_question *q;
    bert_error e;
    REQUIRE(open_text(two, 1, 1, &s, &e) == BERT_OK);
    CHECK_INT(bert_squad_count(s), 2);
    q = bert_squad_get(s, 0);
    CHECK(is(q->id, "a") && is(q->question, "Who runs?") && is(q->answer, "dogs"));
    CHECK_INT(q->word_count, 5);
    CHECK(is(q->words[2], "dogs") && is(q->words[4], "home."));
    CHECK_INT(q->start, 2);
    CHECK_INT(q->end, 2);
    CHECK(!q->impossible);
    q = bert_squad_get(s, 1);
    CHECK(q->impossible && q->start == -1 && q->end == -1 && is(q->answer, ""));
    CHECK(!bert_squad_get(s, 2) && !bert_squad_get(s, -1));
    bert_squad_close(s);
    REQUIRE(open_text(two, 0, 1, &s, &e) == BERT_OK);                   /* for prediction nothing is known of answers */
    q = bert_squad_get(s, 1);
    CHECK(!q->impossible && !q->answer.text && q->start == -1);
    bert_squad_close(s);
    bert_squad_close(NULL);
}
/* Five blanks part words; U+00A0 and U+3000 do not. */
static void blanks(void)
{
    bert_squad *s;
    const bert_squad_question *q;
    REQUIRE(open_text("{\"data\":[{\"paragraphs\":[{\"context\":\" a\\u00a0b\\u3000c\\u202fd\\te\\r\\nf \",\"qas\":[{\"id\":7,\"question\":\"\"}]}]}]}", 0, 0, &s, NULL) == BERT_OK);
    q = bert_squad_get(s, 0);
    REQUIRE(q && q->word_count == 4);
    CHECK(is(q->words[0], "a\xC2\xA0" "b\xE3\x80\x80" "c") && is(q->words[1], "d") && is(q->words[2], "e") && is(q->words[3], "f"));
    CHECK(is(q->id, "7"));                                              /* a number is taken as it is written */
    bert_squad_close(s);
}
/* CMRC's own layout: no place of the answer, and words of Chinese. */
static void own_layout(void)
{
    bert_squad *s;
    const bert_squad_question *q;
    REQUIRE(open_text("[{\"context_id\":\"c\",\"context_text\":\"小狗 Dog2，小猫。\",\"title\":\"\",\"qas\":["
                      "{\"query_id\":\"x\",\"query_text\":\"谁?\",\"answers\":[\"小猫\",\"猫\"]},{\"query_id\":\"y\",\"query_text\":\"谁?\",\"answers\":[\"马\"]}]}]", 1, 0, &s, NULL) == BERT_OK);
    CHECK_INT(bert_squad_count(s), 1);
    q = bert_squad_get(s, 0);
    REQUIRE(q && q->word_count == 7);
    CHECK(is(q->words[0], "小") && is(q->words[1], "狗") && is(q->words[2], "Dog2") && is(q->words[3], "，") && is(q->words[6], "。"));
    CHECK_INT(q->start, 4);
    CHECK_INT(q->end, 5);
    CHECK_INT(bert_squad_skipped_count(s), 1);                          /* an answer that is not there */
    CHECK(is(bert_squad_skipped(s, 0)->id, "y") && !bert_squad_skipped(s, 1));
    bert_squad_close(s);
}
/* Answers by characters, not bytes; what is not found where it should be is put aside; the first of several counts. */
static void answers_in_context(void)
{
    bert_squad *s;
    const bert_squad_question *q;
    REQUIRE(open_text("{\"data\":[{\"paragraphs\":[{\"context\":\"Élan é \\ud83d\\ude00 red dog\",\"qas\":["
                      "{\"id\":\"1\",\"question\":\"\",\"answers\":[{\"text\":\"red\",\"answer_start\":9},{\"text\":\"dog\",\"answer_start\":13}]},"
                      "{\"id\":\"2\",\"question\":\"\",\"answers\":[{\"text\":\"cat\",\"answer_start\":13}]},"
                      "{\"id\":\"3\",\"question\":\"\",\"answers\":[{\"text\":\"dog\",\"answer_start\":-3}]},"
                      "{\"id\":\"4\",\"question\":\"\",\"answers\":[{\"text\":\"do\",\"answer_start\":13}]}]}]}]}", 1, 0, &s, NULL) == BERT_OK);
    REQUIRE(bert_squad_count(s) == 3 && bert_squad_skipped_count(s) == 1);
    CHECK(is(bert_squad_skipped(s, 0)->id, "2"));
    q = bert_squad_get(s, 0);
    CHECK(q->start == 3 && q->end == 3 && is(q->answer, "red"));
    q = bert_squad_get(s, 1);                                           /* Python counts -3 from the end */
    CHECK(is(q->id, "3") && q->start == 4 && q->end == 4);
    q = bert_squad_get(s, 2);                                           /* part of a word is found in it */
    CHECK(is(q->id, "4") && q->start == 4);
    bert_squad_close(s);
}
static void reading_errors(void)
{
    static const struct { const char *text, *says; int training; } bad[] = {
        { "{\"data\": [", "line 1", 0 }, { "7", "no file of questions", 0 }, { "{\"version\": 1}", "no file of questions", 0 }, { "", "JSON", 0 },
        { "{\"data\": {}}", "\"data\" must be a list, not an object", 0 },
        { "{\"data\":\n [[]]}", "line 2, column 3: an object with \"paragraphs\" is expected here, not a list", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"qas\":[]}]}]}", "no \"context\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":5,\"qas\":[]}]}]}", "\"context\" must be a string, not a number", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\"}]}]}", "no \"qas\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"question\":\"q\"}]}]}]}", "no \"id\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\"}]}]}]}", "no \"question\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a \\ud83d b\",\"qas\":[]}]}]}", "surrogate", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a \xFF b\",\"qas\":[]}]}]}", "not UTF-8", 0 },
        { "[{\"context\":\"a\",\"qas\":[]}]", "no \"context_text\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[]}]}]}]}", "--version_2_with_negative", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[{\"answer_start\":0}]}]}]}]}", "no \"text\"", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[{\"text\":\"a\",\"answer_start\":1}]}]}]}]}", "begins at character 1 of a passage of 1 characters", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[{\"text\":\"ab\",\"answer_start\":0}]}]}]}]}", "ends at character 1", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[{\"text\":\"a\",\"answer_start\":\"0\"}]}]}]}]}", "whole number", 1 },
        { "{\"data\": \"x\"}", "not a string", 0 }, { "{\"data\": 1}", "not a number", 0 }, { "{\"data\": null}", "not null", 0 }, { "{\"data\": true}", "not true or false", 0 },
        { "[[]]", "an object with \"context_text\" is expected here, not a list", 0 }, { "{\"data\":[{\"paragraphs\":[]},\n[]]}", "line 2, column 1: an object with \"paragraphs\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":5}]}]}]}", "\"answers\" must be a list, not a number", 1 },
        { "[{\"context_text\":\"\",\"qas\":[{\"query_id\":\"q\",\"query_text\":\"\",\"answers\":[\"\"]}]}]", "begins at character 0 of a passage of 0 characters", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[{\"text\":\"a\",\"answer_start\":-2}]}]}]}]}", "begins at character -2", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[{\"text\":\"\",\"answer_start\":-1}]}]}]}]}", "ends at character -2", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"a question whose name is longer than any message would like to have it\",\"question\":\"\",\"answers\":[]}]}]}]}",
          "question a question whose name is longer than any message would like  has no answer", 1 } };
    size_t i;
    bert_error e;
    bert_squad *s = NULL;
    bert_squad_desc d;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&e, 0, sizeof e);
        CHECK(open_text(bad[i].text, bad[i].training, 0, &s, &e) == BERT_ERROR_FORMAT);
        if (!strstr(e.message, bad[i].says)) TEST_FAIL("number %d: %s", (int)i, e.message);
    }
    CHECK(open_text("{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"is_impossible\":0,\"answers\":[]}]}]}]}", 1, 1, &s, &e) == BERT_ERROR_FORMAT);
    CHECK(strstr(e.message, "is_impossible") != NULL);
    CHECK(open_text("{\"data\":[{\"paragraphs\":[{\"context\":\"a\",\"qas\":[{\"id\":\"q\",\"question\":\"\",\"answers\":[]}]}]}]}", 1, 1, &s, &e) == BERT_ERROR_FORMAT);
    CHECK(strstr(e.message, "in a training set each needs one") != NULL);
    CHECK(bert_squad_count(NULL) == 0 && bert_squad_skipped_count(NULL) == 0 && !bert_squad_get(NULL, 0) && !bert_squad_skipped(NULL, 0));
    memset(&d, 0, sizeof d);
    d.error = &e;
    CHECK(bert_squad_open(&d, &s) == BERT_ERROR_ARGUMENT);
    d.path = "no such file.json";
    CHECK(bert_squad_open(&d, &s) == BERT_ERROR_IO && strstr(e.message, "no such file.json"));
    CHECK(!s);
}

/* Answers that begin with blanks before the first word cannot be found; one of nothing but blanks is anywhere. */
static void blank_answers(void)
{
    static const char text[] = "{\"data\":[{\"paragraphs\":[{\"context\":\" a b\",\"qas\":[{\"id\":\"1\",\"question\":\"\",\"answers\":[{\"text\":\" a\",\"answer_start\":0}]},"
        "{\"id\":\"2\",\"question\":\"\",\"answers\":[{\"text\":\"ab\",\"answer_start\":-1}]},{\"id\":\"3\",\"question\":\"\",\"answers\":[{\"text\":\" \",\"answer_start\":2}]},"
        "{\"id\":\"4\",\"question\":\"\",\"is_impossible\":true,\"answers\":[]}]}]}]}";
    bert_squad *s = NULL;
    bert_squad_desc d;
    REQUIRE(open_text(text, 1, 1, &s, NULL) == BERT_OK);
    REQUIRE(bert_squad_count(s) == 2 && bert_squad_skipped_count(s) == 2);
    CHECK(is(bert_squad_skipped(s, 0)->id, "1") && is(bert_squad_skipped(s, 1)->id, "2"));
    CHECK(is(bert_squad_get(s, 0)->id, "3") && bert_squad_get(s, 0)->start == 0 && bert_squad_get(s, 1)->impossible);
    bert_squad_close(s);
    memset(&d, 0, sizeof d);                                            /* characters as words, whatever the layout */
    d.data = "{\"data\":[{\"paragraphs\":[{\"context\":\"\xE5\xB0\x8F\xE7\x8B\x97 x\",\"qas\":[]},{\"context\":\"a\",\"qas\":[{\"id\":1,\"question\":\"\"}]}]}]}";
    d.size = strlen((const char *)d.data);
    d.characters = BERT_ON;
    {                                                                   /* each allocation of that fails once */
        test_faults f;
        long n;
        for (n = 1;; n++) {
            bert_error e;
            memset(&f, 0, sizeof f);
            memset(&e, 0, sizeof e);
            f.fail_at = n;
            d.allocator = test_faults_allocator(&f);
            d.error = &e;
            if (bert_squad_open(&d, &s) == BERT_OK) break;
            if (e.code != BERT_ERROR_MEMORY || f.live) { TEST_FAIL("allocation %ld: %s, %ld blocks stay", n, e.message, f.live); break; }
        }
        CHECK(n > 4);
        bert_squad_close(s);
        s = NULL;
        CHECK_INT(f.live, 0);
        memset(&d.allocator, 0, sizeof d.allocator);
        d.error = NULL;
    }
    REQUIRE(bert_squad_open(&d, &s) == BERT_OK);
    CHECK(bert_squad_count(s) == 1 && bert_squad_get(s, 0)->word_count == 1 && is(bert_squad_get(s, 0)->id, "1"));
    bert_squad_close(s);
}
/* CMRC's: a word that the tokenizer gives in parts is one; an answer of two characters is two words. */
static void long_words(void)
{
    static char text[6000];
    const bert_squad_question *q;
    bert_squad *s = NULL;
    size_t n = (size_t)sprintf(text, "[{\"context_text\":\"");
    memset(text + n, 'w', 5000);
    sprintf(text + n + 5000, "小狗\",\"qas\":[{\"query_id\":\"x\",\"query_text\":\"\",\"answers\":[\"小狗\"]},{\"query_id\":\"y\",\"query_text\":\"\",\"answers\":[\"ww\"]}]}]");
    REQUIRE(open_text(text, 1, 0, &s, NULL) == BERT_OK && bert_squad_count(s) == 2);
    q = bert_squad_get(s, 0);
    CHECK(q->word_count == 3 && q->words[0].size == 5000 && q->start == 1 && q->end == 2 && is(q->answer, "小狗"));
    q = bert_squad_get(s, 1);
    CHECK(q->start == 0 && q->end == 0);
    bert_squad_close(s);
}

/* ---- features ---- */

typedef struct columns { bert_squad_feature f; int32_t ids[32], mask[32], segment_ids[32], words[32]; uint8_t max_context[32]; } columns;
static void lend(columns *c)
{
    memset(c, 0x55, sizeof *c);
    c->f.ids = c->ids;
    c->f.mask = c->mask;
    c->f.segment_ids = c->segment_ids;
    c->f.words = c->words;
    c->f.max_context = c->max_context;
}
static bert_squad_features *features_of(const bert_squad *s, const bert_tokenizer *t, int64_t length, int64_t stride, int64_t query, const int64_t *order, int64_t count, bert_error *e)
{
    bert_squad_features_desc d;
    bert_squad_features *f = NULL;
    memset(&d, 0, sizeof d);
    d.squad = s;
    d.tokenizer = t;
    d.max_seq_length = length;
    d.doc_stride = stride;
    d.max_query_length = query;
    d.order = order;
    d.order_count = count;
    d.error = e;
    bert_squad_features_open(&d, &f);
    return f;
}
static bert_tokenizer *vocabulary_of(const char *text)
{
    bert_tokenizer_desc d;
    bert_tokenizer *t = NULL;
    memset(&d, 0, sizeof d);
    d.data = text;
    d.size = strlen(text);
    if (bert_tokenizer_open(&d, &t) != BERT_OK) abort();
    return t;
}
static void feature_errors(void)
{
    bert_tokenizer *t = tokenizer(), *poor = vocabulary_of("[PAD]\n[CLS]\n[SEP]\nwho\nruns\n?\nthe\nred\n"), *none = vocabulary_of("[UNK]\na\n"), *question_only = vocabulary_of("[PAD]\n[CLS]\n[SEP]\nthe\nred\ndog\n##s\nran\nhome\n.\n,\ncat\n");
    bert_squad *s = NULL;
    bert_squad_features_desc d;
    bert_squad_features *f = NULL;
    bert_record_writer *w = NULL;
    test_faults faults;                                                 /* outlives what it lends to */
    bert_error e;
    columns c;
    int64_t far_away[1] = { 9 };
    int k;
    lend(&c);
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    for (k = 0; k < 9; k++) {
        memset(&d, 0, sizeof d);
        memset(&e, 0, sizeof e);
        d.squad = k == 0 ? NULL : s;
        d.tokenizer = k == 1 ? NULL : k == 8 ? none : t;
        d.error = &e;
        d.max_query_length = k == 2 ? -1 : 0;
        d.doc_stride = k == 3 ? -1 : 0;
        d.max_seq_length = k == 4 ? (int64_t)INT32_MAX + 1 : k == 5 ? 67 : k == 7 ? -1 : 0;
        d.order_count = k == 6 ? -1 : 0;
        f = NULL;
        CHECK(bert_squad_features_open(&d, &f) == (k == 8 ? BERT_ERROR_MISMATCH : BERT_ERROR_ARGUMENT) && !f);
        if (!has(e.message, k < 2 ? "needs questions, a tokenizer" : k == 8 ? "[CLS]" : "max_seq_length (")) TEST_FAIL("number %d: %s", k, e.message);
    }
    memset(&d, 0, sizeof d);                                            /* Google's lengths where none are given */
    d.squad = s;
    d.tokenizer = t;
    REQUIRE(bert_squad_features_open(&d, &f) == BERT_OK);
    CHECK(bert_squad_features_next(f, NULL) == BERT_ERROR_ARGUMENT && bert_squad_features_next(NULL, &c.f) == BERT_ERROR_ARGUMENT);
    {
        bert_squad_feature wide;
        memset(&wide, 0, sizeof wide);
        CHECK(bert_squad_features_next(f, &wide) == BERT_OK && wide.tokens > 5 && wide.tokens < 384);
    }
    bert_squad_features_close(f);
    f = features_of(s, t, 20, 16, 8, far_away, 1, &e);
    REQUIRE(f && bert_squad_features_next(f, &c.f) == BERT_ERROR_ARGUMENT);
    CHECK(has(e.message, "order[0] is 9"));
    bert_squad_features_close(f);
    for (k = 0; k < 2; k++) {                                           /* words of the passage, of the question, that are not there */
        f = features_of(s, k ? question_only : poor, 20, 16, 8, NULL, 0, &e);
        REQUIRE(f && bert_squad_features_next(f, &c.f) == BERT_ERROR_MISMATCH);
        CHECK(has(e.message, "question ") && has(e.message, "neither is [UNK]"));
        bert_squad_features_close(f);
    }
    {                                                                   /* part of a word of the passage, as an answer */
        bert_tokenizer *few = vocabulary_of("[PAD]\n[CLS]\n[SEP]\nred\ndog\n");
        bert_squad *part = NULL;
        REQUIRE(open_text("{\"data\":[{\"paragraphs\":[{\"context\":\"red dog\",\"qas\":[{\"id\":\"x\",\"question\":\"red\",\"answers\":[{\"text\":\"do\",\"answer_start\":4}]}]}]}]}", 1, 0, &part, NULL) == BERT_OK);
        f = features_of(part, few, 20, 16, 8, NULL, 0, &e);
        REQUIRE(f && bert_squad_features_next(f, &c.f) == BERT_ERROR_MISMATCH);
        bert_squad_features_close(f);
        bert_squad_close(part);
        bert_tokenizer_close(few);
    }
    f = features_of(s, t, 20, 16, 8, NULL, 0, &e);
    REQUIRE(f && bert_squad_features_next(f, &c.f) == BERT_OK && bert_record_writer_open("unit_squad.tmp.r", NULL, &w, NULL) == BERT_OK);
    for (k = 0; k < 5; k++) {
        bert_squad_feature x = c.f;
        if (k == 0) x.ids = NULL;
        if (k == 1) x.mask = NULL;
        if (k == 2) x.segment_ids = NULL;
        if (k == 3) x.tokens = 0;
        CHECK(bert_squad_feature_write(w, &x, k == 4 ? c.f.tokens - 1 : 20, &e) == BERT_ERROR_ARGUMENT);
        CHECK(has(e.message, "its columns ids, mask and segment_ids"));
    }
    {                                                                   /* written and read again; without memory */
        bert_records_desc rd;
        bert_records *r = NULL;
        bert_example example;
        const void *data = NULL;
        size_t size = 0;
        int32_t ids[20], one;
        bert_allocator memory;
        memset(&rd, 0, sizeof rd);
        memset(&example, 0, sizeof example);
        c.f.start = 6;
        c.f.end = 7;
        CHECK(bert_squad_feature_write(w, &c.f, 20, &e) == BERT_OK && bert_record_writer_commit(w, &e) == BERT_OK);
        rd.path = "unit_squad.tmp.r";
        REQUIRE(bert_records_open(&rd, &r) == BERT_OK && bert_records_next(r, &data, &size, &e) == BERT_OK && bert_example_parse(&example, data, size, NULL, &e) == BERT_OK);
        CHECK(example.count == 7 && bert_example_ints(&example, "input_ids", ids, 20, &e) == BERT_OK && memcmp(ids, c.ids, sizeof ids) == 0);
        CHECK(bert_example_ints(&example, "end_positions", &one, 1, &e) == BERT_OK && one == 7 && bert_example_ints(&example, "unique_ids", &one, 1, &e) == BERT_OK && one == 1000000000);
        bert_example_free(&example);
        bert_records_close(r);
        bert_record_writer_close(w);
        memset(&faults, 0, sizeof faults);
        memory = test_faults_allocator(&faults);
        REQUIRE(bert_record_writer_open("unit_squad.tmp.r", &memory, &w, &e) == BERT_OK);
        faults.fail_at = faults.count + 1;
        CHECK(bert_squad_feature_write(w, &c.f, 20, &e) == BERT_ERROR_MEMORY);
    }
    bert_record_writer_close(w);
    remove("unit_squad.tmp.r");
    bert_squad_features_close(f);
    bert_squad_close(s);
    bert_tokenizer_close(t);
    bert_tokenizer_close(poor);
    bert_tokenizer_close(none);
    bert_tokenizer_close(question_only);
}
/* A passage whose one word has no token has no window; the next question has its own. A file without questions has answers without any. */
static void without_tokens(void)
{
    static const char text[] = "{\"data\":[{\"paragraphs\":[{\"context\":\"\xE2\x80\x8D\",\"qas\":[{\"id\":\"x\",\"question\":\"who?\"}]},{\"context\":\"\",\"qas\":[{\"id\":\"y\",\"question\":\"who?\"}]},"
                               "{\"context\":\"red dog\",\"qas\":[{\"id\":\"z\",\"question\":\"who?\"}]}]}]}";
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_features *f;
    bert_squad_answers *a;
    bert_squad_answers_desc d;
    bert_error e;
    columns c;
    size_t size = 0;
    char *got;
    lend(&c);
    REQUIRE(open_text(text, 0, 0, &s, NULL) == BERT_OK);
    CHECK_INT(bert_squad_get(s, 0)->word_count, 1);
    f = features_of(s, t, 20, 16, 8, NULL, 0, NULL);
    REQUIRE(f && bert_squad_features_next(f, &c.f) == BERT_OK);
    CHECK(c.f.question == 2 && c.f.example_index == 2 && c.f.tokens > 0);
    CHECK(bert_squad_features_next(f, &c.f) == BERT_OK && c.f.tokens == 0);
    bert_squad_features_close(f);
    bert_squad_close(s);
    REQUIRE(open_text("{\"data\":[]}", 0, 0, &s, NULL) == BERT_OK);
    memset(&d, 0, sizeof d);
    d.squad = s;
    d.tokenizer = t;
    d.version_2 = 1;
    d.error = &e;
    REQUIRE(bert_squad_answers_open(&d, &a) == BERT_OK && bert_squad_answers_finish(a) == BERT_OK);
    CHECK(!bert_squad_answers_get(a, 0) && !bert_squad_answers_get(a, -1) && !bert_squad_answers_get(NULL, 0));
    CHECK(bert_squad_answers_write(a, "unit_squad.tmp.p", NULL, NULL) == BERT_OK);
    got = test_read_file("unit_squad.tmp.p", &size);
    CHECK_STR(got, "{}\n");
    free(got);
    remove("unit_squad.tmp.p");
    CHECK(bert_squad_answers_write(a, NULL, "unit_squad.tmp.n", "no/such/folder/odds") == BERT_ERROR_IO && has(e.message, "no/such/folder"));
    CHECK(bert_squad_answers_write(a, "unit_squad.tmp.p", "no/such/folder/best", NULL) == BERT_ERROR_IO);
    CHECK(!test_read_file("unit_squad.tmp.n", &size) && !test_read_file("unit_squad.tmp.p", &size));       /* neither is left behind */
    bert_squad_answers_close(a);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
/* the red dog ##s ran home . in windows of 4 that move by 2; the question is cut to 2 tokens */
static void windows(void)
{
    static const int32_t first[] = { 2, 4, 5, 3, 7, 8, 9, 10, 3 }, last[] = { 2, 4, 5, 3, 11, 12, 13, 3, 0 };
    static const int32_t words[] = { -1, -1, -1, -1, 0, 1, 2, 2, -1 };
    static const int starts[] = { 6, 4, 0 }, ends[] = { 7, 5, 0 }, max[3][4] = { { 1, 1, 1, 0 }, { 0, 1, 1, 0 }, { 0, 1, 1, 0 } };
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_features *f;
    columns c;
    int i, k;
    lend(&c);
    REQUIRE(open_text(two, 1, 1, &s, NULL) == BERT_OK);
    f = features_of(s, t, 9, 2, 2, NULL, 0, NULL);
    REQUIRE(f != NULL);
    for (i = 0; i < 3; i++) {
        REQUIRE(bert_squad_features_next(f, &c.f) == BERT_OK && c.f.tokens);
        CHECK_INT(c.f.unique_id, 1000000000 + i);
        CHECK_INT(c.f.window, i);
        CHECK_INT(c.f.question, 0);
        CHECK_INT(c.f.tokens, i == 2 ? 8 : 9);
        CHECK_INT(c.f.start, starts[i]);
        CHECK_INT(c.f.end, ends[i]);
        for (k = 0; k < 9; k++) {
            if (i == 0) CHECK_INT(c.ids[k], first[k]);
            if (i == 2) CHECK_INT(c.ids[k], last[k]);
            if (i == 0) CHECK_INT(c.words[k], words[k]);
            CHECK_INT(c.mask[k], k < c.f.tokens);
            CHECK_INT(c.segment_ids[k], k >= 4 && k < c.f.tokens);
        }
        for (k = 0; k < 4; k++) if (k < c.f.tokens - 5) CHECK_INT(c.max_context[4 + k], max[i][k]);
        CHECK_INT(c.max_context[0], 0);
    }
    REQUIRE(bert_squad_features_next(f, &c.f) == BERT_OK);              /* an impossible one points at [CLS] */
    CHECK(c.f.question == 1 && c.f.impossible && c.f.start == 0 && c.f.end == 0 && c.f.window == 0);
    for (i = 0; i < 2; i++) CHECK(bert_squad_features_next(f, &c.f) == BERT_OK && c.f.tokens);
    for (i = 0; i < 2; i++) CHECK(bert_squad_features_next(f, &c.f) == BERT_OK && c.f.tokens == 0);
    bert_squad_features_close(f);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
static void other_order(void)
{
    static const int64_t order[] = { 1, 0, 1 }, wrong[] = { 2 };
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_features *f;
    bert_squad_feature x;
    bert_error e;
    int i;
    memset(&x, 0, sizeof x);                                            /* without any column */
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    f = features_of(s, t, 30, 16, 8, order, 3, NULL);
    REQUIRE(f != NULL);
    for (i = 0; i < 3; i++) {
        REQUIRE(bert_squad_features_next(f, &x) == BERT_OK);
        CHECK_INT(x.example_index, i);
        CHECK_INT(x.question, order[i]);
        CHECK_INT(x.unique_id, 1000000000 + i);
        CHECK(x.start == -1 && x.end == -1);                            /* no training */
    }
    CHECK(bert_squad_features_next(f, &x) == BERT_OK && x.tokens == 0);
    bert_squad_features_close(f);
    f = features_of(s, t, 30, 16, 8, wrong, 1, &e);
    REQUIRE(f != NULL);
    CHECK(bert_squad_features_next(f, &x) == BERT_ERROR_ARGUMENT && strstr(e.message, "order[0] is 2"));
    bert_squad_features_close(f);
    CHECK(!features_of(s, t, 11, 16, 8, NULL, 0, &e) && strstr(e.message, "max_seq_length"));
    CHECK(!features_of(s, t, 30, -1, 8, NULL, 0, &e) && strstr(e.message, "doc_stride"));
    CHECK(!features_of(NULL, t, 30, 16, 8, NULL, 0, &e));
    bert_squad_close(s);
    bert_tokenizer_close(t);
}

/* ---- answers ---- */

static bert_squad_answers *answers_of(const bert_squad *s, const bert_tokenizer *t, int64_t n_best, int version_2, double threshold, bert_error *e)
{
    bert_squad_answers_desc d;
    bert_squad_answers *a = NULL;
    memset(&d, 0, sizeof d);
    d.squad = s;
    d.tokenizer = t;
    d.n_best = n_best;
    d.version_2 = version_2;
    d.null_score_diff_threshold = threshold;
    d.error = e;
    bert_squad_answers_open(&d, &a);
    return a;
}
/* All windows of all questions; start and end logits peak at rows of the first window. */
static bert_status predict(bert_squad_answers *a, const bert_squad *s, const bert_tokenizer *t, int64_t start, int64_t end, float peak)
{
    bert_squad_features *f = features_of(s, t, 20, 16, 8, NULL, 0, NULL);
    bert_status st = BERT_OK;
    columns c;
    lend(&c);
    while (st == BERT_OK && (st = bert_squad_features_next(f, &c.f)) == BERT_OK && c.f.tokens) {
        float logits[40];
        int i;
        for (i = 0; i < 40; i++) logits[i] = -4 - (float)i / 8;
        logits[2 * start] = peak;
        logits[2 * end + 1] = peak;
        st = bert_squad_answers_add(a, &c.f, logits, logits + 1, 20, 2);
    }
    bert_squad_features_close(f);
    return st == BERT_OK ? bert_squad_answers_finish(a) : st;
}

static void best_answers(void)
{
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_answers *a;
    const bert_squad_answer *v;
    bert_error e;
    size_t size;
    char *text;
    double total = 0;
    int64_t i;
    memset(&e, 0, sizeof e);
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    a = answers_of(s, t, 0, 1, 0, &e);
    REQUIRE(a != NULL && !bert_squad_answers_get(a, 0));
    CHECK(bert_squad_answers_write(a, "x.tmp", NULL, NULL) == BERT_ERROR_ARGUMENT);
    REQUIRE(predict(a, s, t, 6, 9, 2) == BERT_OK);                      /* red dog ##s ran of [CLS] who runs ? [SEP] the red dog ##s ran home . */
    v = bert_squad_answers_get(a, 0);
    REQUIRE(v && v->count > 2);
    CHECK(is(v->text, "red dogs ran"));
    CHECK_INT(v->begin, 4);
    CHECK_INT(v->end, 16);
    CHECK(is(v->n_best[0].text, "red dogs ran") && v->n_best[0].start_logit == 2 && v->n_best[0].end_logit == 2);
    for (i = 0; i < v->count; i++) {
        total += v->n_best[i].probability;
        CHECK(!i || v->n_best[i].start_logit + v->n_best[i].end_logit <= v->n_best[i - 1].start_logit + v->n_best[i - 1].end_logit);
    }
    CHECK(fabs(total - 1) < 1e-12);
    CHECK(fabs(v->null_odds - (-4.0 + -4.125 - 4)) < 1e-12);
    REQUIRE(bert_squad_answers_write(a, "unit_squad.tmp.p", "unit_squad.tmp.n", "unit_squad.tmp.o") == BERT_OK);
    text = test_read_file("unit_squad.tmp.p", &size);
    CHECK_STR(text, "{\n    \"a\": \"red dogs ran\",\n    \"b\": \"red dogs ran\"\n}\n");
    free(text);
    text = test_read_file("unit_squad.tmp.o", &size);
    CHECK_STR(text, "{\n    \"a\": -12.125,\n    \"b\": -12.125\n}\n");
    free(text);
    text = test_read_file("unit_squad.tmp.n", &size);
    CHECK(text && has(text, "{\n    \"a\": [\n        {\n            \"text\": \"red dogs ran\",\n            \"probability\": 0.9") && has(text, ",\n            \"start_logit\": 2.0,\n            \"end_logit\": 2.0\n        },\n"));
    free(text);
    /* one of the files cannot be written: none is */
    remove("unit_squad.tmp.p");
    CHECK(bert_squad_answers_write(a, "unit_squad.tmp.p", "no such folder/n", "unit_squad.tmp.o") == BERT_ERROR_IO && has(e.message, "no such folder"));
    CHECK(!test_read_file("unit_squad.tmp.p", &size));
    remove("unit_squad.tmp.n");
    remove("unit_squad.tmp.o");
    bert_squad_answers_close(a);
    a = answers_of(s, t, 0, 0, 0, &e);
    CHECK(bert_squad_answers_finish(a) == BERT_OK && bert_squad_answers_write(a, NULL, NULL, "unit_squad.tmp.o") == BERT_ERROR_ARGUMENT);
    bert_squad_answers_close(a);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
static void keep_warning(void *user, const char *text, size_t size)
{
    char *all = (char *)user;
    const size_t n = strlen(all);
    if (n + size + 2 < 4000) { memcpy(all + n, text, size); memcpy(all + n + size, "\n", 2); }
}
/* What get_final_text says when it gives the passage as it stands; once for each candidate. */
static void warnings(void)
{
    static const char odd[] = "{\"data\":[{\"paragraphs\":[{\"context\":\"The\xCC\x81 red  zebra! Dogs\",\"qas\":[{\"id\":\"a\",\"question\":\"who\"},{\"id\":\"b\",\"question\":\"who\"}]}]}]}";
    static const int64_t at[2][2] = { { 3, 4 }, { 5, 6 } };             /* [CLS] who [SEP] the red [UNK] [UNK] dog ##s [SEP] */
    static const char *const want[2] = { "Length not equal after stripping spaces: 'The\xCC\x81red' vs 'thered'\n", "Unable to find text: '[UNK] [UNK]' in 'zebra!'\n" };
    static const char *const text[2] = { "The\xCC\x81 red", "zebra!" };
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    int i, told;
    REQUIRE(open_text(odd, 0, 0, &s, NULL) == BERT_OK);
    for (i = 0; i < 2; i++)
        for (told = 0; told < 2; told++) {
            char said[4000] = "";
            bert_squad_answers *a = answers_of(s, t, 1, 0, 0, NULL);
            const bert_squad_answer *v;
            REQUIRE(a != NULL);
            bert_squad_answers_warn(a, told ? keep_warning : NULL, said);
            REQUIRE(predict(a, s, t, at[i][0], at[i][1], 2) == BERT_OK);
            v = bert_squad_answers_get(a, 1);
            CHECK(v && is(v->text, text[i]));
            CHECK(strncmp(said, told ? want[i] : "", strlen(want[i])) == 0);
            CHECK_INT(strlen(said), told ? 2 * strlen(want[i]) : 0);    /* both questions */
            bert_squad_answers_close(a);
        }
    bert_squad_answers_warn(NULL, keep_warning, NULL);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
/* Logits and probabilities of all sizes: as Python's repr has them, the shortest that is read back as the same number, and of these the
   nearest. */
static void numbers(void)
{
    static const double special[] = { 0.5, 1, 2, 1e15, 9007199254740992.0, 1e16, 1e17, 123456789012345680.0, 1e-5, 0.0001, 1e-30, 1.5e-38, 3e38, 1.0 / 1048576 };
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    uint32_t r = 1;
    int round, n = 0, k;
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    for (round = 0; round < 60; round++) {
        bert_squad_answers *a = answers_of(s, t, 0, 1, 0, NULL);
        bert_squad_features *f = features_of(s, t, 20, 16, 8, NULL, 0, NULL);
        char *text, *p;
        size_t size;
        columns c;
        REQUIRE(a && f);
        lend(&c);
        while (bert_squad_features_next(f, &c.f) == BERT_OK && c.f.tokens) {
            float logits[40];
            for (k = 0; k < 40; k++) {
                r = r * 1664525u + 1013904223u;
                logits[k] = round < 14 ? (float)special[round] * (float)(k % 3 - 1) : (float)((double)(int32_t)r / 2147483648.0 * exp((double)(round - 30)));
            }
            REQUIRE(bert_squad_answers_add(a, &c.f, logits, logits + 1, 20, 2) == BERT_OK);
        }
        REQUIRE(bert_squad_answers_finish(a) == BERT_OK && bert_squad_answers_write(a, NULL, "unit_squad.tmp.n", "unit_squad.tmp.o") == BERT_OK);
        text = test_read_file("unit_squad.tmp.n", &size);
        REQUIRE(text != NULL);
        for (p = text; (p = strstr(p, "\": ")) != NULL;) {
            char shortest[40], *end, *q = shortest;
            double v;
            int digits;
            p += 3;
            if (*p != '-' && (*p < '0' || *p > '9')) continue;
            v = strtod(p, &end);
            n++;
            for (digits = 1; digits < 18; digits++) { snprintf(shortest, sizeof shortest, "%.*e", digits - 1, v); if (strtod(shortest, NULL) == v) break; }
            for (k = 0; shortest[k] && shortest[k] != 'e'; k++) if (shortest[k] >= '0' && shortest[k] <= '9') *q++ = shortest[k];
            while (q > shortest && q[-1] == '0') q--;
            *q = 0;
            if (v < 0) CHECK(*p == '-');
            for (q = shortest; p < end && *p != 'e'; p++) {             /* the same digits; else only zeros, before and behind */
                if (*p < '0' || *p > '9' || (*p == '0' && (q == shortest || !*q))) continue;
                if (*p != *q) { TEST_FAIL("%.*s instead of the digits %s", (int)(end - p) + 20, p - 20, shortest); break; }
                q++;
            }
            CHECK(!*q);
            p = end;
        }
        free(text);
        bert_squad_features_close(f);
        bert_squad_answers_close(a);
    }
    CHECK(n > 3000);
    remove("unit_squad.tmp.n");
    remove("unit_squad.tmp.o");
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
/* Where write_predictions crashes: no answer among the n best, none at all, a passage without words. */
static void no_answers(void)
{
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL, *none = NULL;
    bert_squad_answers *a;
    const bert_squad_answer *v;
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    a = answers_of(s, t, 1, 1, 0, NULL);                                /* the best start and end are [CLS]: only "" among one */
    REQUIRE(a && predict(a, s, t, 0, 0, 2) == BERT_OK);
    v = bert_squad_answers_get(a, 0);
    CHECK(v->count == 1 && is(v->n_best[0].text, "") && is(v->text, "") && v->null_odds == 1000000 && v->end == 0);
    bert_squad_answers_close(a);
    a = answers_of(s, t, 2, 1, 100, NULL);                              /* "" at any cost: the threshold is out of reach */
    REQUIRE(a && predict(a, s, t, 5, 5, 1) == BERT_OK);
    v = bert_squad_answers_get(a, 0);
    CHECK(is(v->text, "The") && v->null_odds < 0);
    bert_squad_answers_close(a);
    REQUIRE(open_text("{\"data\":[{\"paragraphs\":[{\"context\":\" \\n\",\"qas\":[{\"id\":\"e\",\"question\":\"who?\"}]}]}]}", 0, 0, &none, NULL) == BERT_OK);
    a = answers_of(none, t, 0, 1, 0, NULL);
    REQUIRE(a && predict(a, none, t, 0, 0, 0) == BERT_OK);
    v = bert_squad_answers_get(a, 0);
    CHECK(v && v->count == 1 && is(v->text, "") && v->null_odds == 1000000 && v->n_best[0].probability == 1);
    bert_squad_answers_close(a);
    a = answers_of(none, t, 0, 0, 0, NULL);
    REQUIRE(a && predict(a, none, t, 0, 0, 0) == BERT_OK);
    CHECK(is(bert_squad_answers_get(a, 0)->text, "empty"));             /* the reference's word for it */
    bert_squad_answers_close(a);
    bert_squad_close(none);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
/* An answer as good as none comes first; with room for one answer, none is added to it. */
static void ties_and_room(void)
{
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_answers *a;
    const bert_squad_answer *v;
    columns c;
    bert_squad_features *f;
    float start[20], end[20];
    int i;
    lend(&c);
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    for (i = 0; i < 20; i++) start[i] = end[i] = -9;
    start[0] = 3;
    end[0] = 3;
    start[7] = 2;
    end[7] = 3.5f;
    start[6] = 2.5f;
    f = features_of(s, t, 20, 16, 8, NULL, 0, NULL);
    a = answers_of(s, t, 2, 1, 1, NULL);
    REQUIRE(f && a && bert_squad_features_next(f, &c.f) == BERT_OK);
    REQUIRE(bert_squad_answers_add(a, &c.f, start, end, 20, 1) == BERT_OK && bert_squad_answers_finish(a) == BERT_OK);
    v = bert_squad_answers_get(a, 0);                                   /* both have 6: what was found first comes first */
    CHECK(v->count == 2 && is(v->n_best[0].text, "red dog") && is(v->n_best[1].text, "") && v->null_odds == 0);
    bert_squad_answers_close(a);
    a = answers_of(s, t, 1, 1, 1, NULL);
    start[6] = -9;
    start[0] = 1;                                                       /* the best start is dog now, the best end, too: and null 4 */
    REQUIRE(bert_squad_answers_add(a, &c.f, start, end, 20, 1) == BERT_OK && bert_squad_answers_finish(a) == BERT_OK);
    v = bert_squad_answers_get(a, 0);
    CHECK(v->count == 2 && is(v->text, "dog") && is(v->n_best[1].text, "") && v->null_odds == -1.5);      /* "" is added to the one best */
    bert_squad_answers_close(a);
    bert_squad_features_close(f);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
static void answer_errors(void)
{
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_answers *a;
    bert_squad_features *f;
    bert_error e;
    columns c;
    float x[40];
    int i;
    volatile float zero = 0;
    lend(&c);
    memset(&e, 0, sizeof e);
    for (i = 0; i < 40; i++) x[i] = (float)i;
    REQUIRE(open_text(two, 0, 0, &s, NULL) == BERT_OK);
    f = features_of(s, t, 20, 16, 8, NULL, 0, NULL);
    a = answers_of(s, t, 0, 0, 0, &e);
    REQUIRE(f && a && bert_squad_features_next(f, &c.f) == BERT_OK);
    CHECK(bert_squad_answers_add(a, &c.f, x, x, c.f.tokens - 1, 1) == BERT_ERROR_ARGUMENT && has(e.message, "logits"));
    x[3] = zero / zero;
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_ERROR_FORMAT && has(e.message, "row 3"));
    x[3] = 1 / zero;
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_ERROR_FORMAT && has(e.message, "not finite"));
    x[3] = 3;
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_OK);
    c.f.question = 1;
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_OK);
    c.f.question = 0;                                                   /* which was finished when the next one came */
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_ERROR_ARGUMENT && has(e.message, "one after another"));
    c.f.question = 2;
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_ERROR_ARGUMENT);
    c.f.question = 1;
    for (i = 0; i < 13; i++) {
        static const char *const says[2] = { "its columns ids, words and max_context, and logits", "at least as many logits as tokens" };
        bert_squad_feature g = c.f;
        if (i == 0) g.ids = NULL;
        if (i == 1) g.words = NULL;
        if (i == 2) g.max_context = NULL;
        if (i == 7) g.question = -1;
        if (i == 8) g.question = 9;
        if (i == 9) g.tokens = 0;
        memset(&e, 0, sizeof e);
        CHECK(bert_squad_answers_add(i == 3 ? NULL : a, i == 4 ? NULL : &g, i == 5 ? NULL : x, i == 6 ? NULL : x, i == 10 ? (int64_t)INT32_MAX + 1 : 20, i == 11 ? 0 : i == 12 ? -1 : 1) == BERT_ERROR_ARGUMENT);
        if (i != 3 && !has(e.message, says[i > 6])) TEST_FAIL("number %d: %s", i, e.message);
    }
    {
        float y[40];
        bert_squad_answers *fresh = answers_of(s, t, 0, 0, 0, &e);
        memcpy(y, x, sizeof y);
        y[2] = zero / zero;
        CHECK(fresh && bert_squad_answers_add(fresh, &c.f, x, y, 20, 1) == BERT_ERROR_FORMAT && has(e.message, "row 2"));
        bert_squad_answers_close(fresh);
    }
    c.f.words = NULL;
    CHECK(bert_squad_answers_add(a, &c.f, x, x, 20, 1) == BERT_ERROR_ARGUMENT);
    {
        bert_squad_answers_desc ad;
        bert_squad_answers *other = answers_of(s, t, 0, 0, 0, &e);
        CHECK(other && !bert_squad_answers_get(other, 1));              /* not finished */
        bert_squad_answers_close(other);
        other = NULL;
        for (i = 0; i < 4; i++) {
            memset(&ad, 0, sizeof ad);
            memset(&e, 0, sizeof e);
            ad.squad = i == 0 ? NULL : s;
            ad.tokenizer = i == 1 ? NULL : t;
            ad.n_best = i == 2 ? 1000001 : 0;
            ad.max_answer_length = i == 3 ? -1 : 0;
            ad.error = &e;
            CHECK(bert_squad_answers_open(&ad, &other) == BERT_ERROR_ARGUMENT && !other && has(e.message, i < 2 ? "needs questions, a tokenizer" : "max_answer_length must be at least 1"));
        }
    }
    bert_squad_answers_close(a);
    CHECK(!answers_of(s, t, -1, 0, 0, &e) && has(e.message, "n_best"));
    bert_squad_features_close(f);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
/* Two questions of one id: a dict keeps the first place and the last value. */
static void same_ids(void)
{
    static const char text[] = "{\"data\":[{\"paragraphs\":[{\"context\":\"the cat\",\"qas\":[{\"id\":\"x\",\"question\":\"who?\"},{\"id\":\"y\",\"question\":\"who?\"}]},"
                               "{\"context\":\"red dog\",\"qas\":[{\"id\":\"x\",\"question\":\"who?\"}]}]}]}";
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_answers *a;
    size_t size;
    char *got;
    REQUIRE(open_text(text, 0, 0, &s, NULL) == BERT_OK);
    a = answers_of(s, t, 0, 0, 0, NULL);
    REQUIRE(a && predict(a, s, t, 4, 5, 3) == BERT_OK && bert_squad_answers_write(a, "unit_squad.tmp.p", NULL, NULL) == BERT_OK);
    got = test_read_file("unit_squad.tmp.p", &size);
    CHECK_STR(got, "{\n    \"x\": \"red dog\",\n    \"y\": \"the cat\"\n}\n");
    free(got);
    remove("unit_squad.tmp.p");
    bert_squad_answers_close(a);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
/* Chinese: words of one character, answers as they stand in the passage. */
static void chinese_answers(void)
{
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_answers *a;
    const bert_squad_answer *v;
    REQUIRE(open_text("[{\"context_id\":\"c\",\"context_text\":\"小 Dogs，小狗\",\"qas\":[{\"query_id\":\"x\",\"query_text\":\"小狗?\"}]}]", 0, 0, &s, NULL) == BERT_OK);
    a = answers_of(s, t, 0, 0, 0, NULL);
    REQUIRE(a && predict(a, s, t, 5, 7, 3) == BERT_OK);                 /* [CLS] 小 狗 ? [SEP] 小 dog ##s [UNK] 小 狗 */
    v = bert_squad_answers_get(a, 0);
    CHECK(is(v->text, "小 Dogs") && v->begin == 0 && v->end == 8);
    bert_squad_answers_close(a);
    bert_squad_close(s);
    bert_tokenizer_close(t);
}
static void final_text(void)
{
    static const struct { const char *predicted, *original, *want; int lower; } cases[] = {
        { "steve smith", "Steve Smith's", "Steve Smith", 1 }, { "1895", "(1895-1943).", "1895", 1 }, { "dog", "the cat", "the cat", 1 }, { "", "the cat", "the cat", 1 },
        { "smith", "Steve Smith", "Steve Smith", 0 }, { "naive", "(na\xC3\xAFve)", "na\xC3\xAFve", 1 }, { "a b", "\"a b\"", "a b", 1 }, { "", "", "", 1 },
        { "cafe", "cafe\xCC\x81 b", "cafe\xCC\x81 b", 1 } };           /* as many characters are not there: all of it */
    size_t i, begin, end;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin = end = 99;
        CHECK(bert_squad_final_text(cases[i].predicted, strlen(cases[i].predicted), cases[i].original, strlen(cases[i].original), cases[i].lower, NULL, &begin, &end) == BERT_OK);
        CHECK_BYTES(cases[i].original + begin, end - begin, cases[i].want, strlen(cases[i].want));
    }
    CHECK(bert_squad_final_text(NULL, 1, "", 0, 1, NULL, &begin, &end) == BERT_ERROR_ARGUMENT);
    CHECK(bert_squad_final_text("", 0, NULL, 1, 1, NULL, &begin, &end) == BERT_ERROR_ARGUMENT && bert_squad_final_text("a", 1, "a", 1, 1, NULL, NULL, &end) == BERT_ERROR_ARGUMENT);
    CHECK(bert_squad_final_text("a", 1, "a", 1, 1, NULL, &begin, NULL) == BERT_ERROR_ARGUMENT);
    CHECK(bert_squad_final_text(NULL, 0, NULL, 0, 1, NULL, &begin, &end) == BERT_OK && begin == 0 && end == 0);
    for (i = 0; i < 2; i++) {                                           /* a blank at its end stands for nothing there */
        CHECK(bert_squad_final_text(i ? " b" : "b ", 2, "a b c", 5, 1, NULL, &begin, &end) == BERT_OK && begin == 0 && end == 5);
    }
    {
        test_faults f;
        bert_allocator memory;
        char word[3000];
        memset(word, 'w', sizeof word);                                 /* a word that comes in parts */
        CHECK(bert_squad_final_text(word, 2998, word, sizeof word, 1, NULL, &begin, &end) == BERT_OK && begin == 0 && end == 2998);
        for (i = 1; i < 4; i++) {
            memset(&f, 0, sizeof f);
            f.fail_at = (long)i;
            memory = test_faults_allocator(&f);
            CHECK(bert_squad_final_text("a", 1, "b a", 3, 1, &memory, &begin, &end) == (f.count < (long)i ? BERT_OK : BERT_ERROR_MEMORY) && f.live == 0);
            memset(&f, 0, sizeof f);
            f.fail_at = (long)i;
            CHECK(bert_squad_normalize("The Dogs", 8, &memory, word, 20, NULL) == (f.count < (long)i ? BERT_OK : BERT_ERROR_MEMORY) && f.live == 0);
        }
    }
}

/* ---- scores ---- */

static bert_status score(const char *data, const char *predictions, const char *na, bert_squad_metric metric, const double *thresh, bert_squad_score *out, bert_error *e)
{
    bert_squad_score_desc d;
    memset(&d, 0, sizeof d);
    d.data = data;
    d.data_size = strlen(data);
    d.predictions = predictions;
    d.predictions_size = strlen(predictions);
    d.na_prob = na;
    d.na_prob_size = na ? strlen(na) : 0;
    d.metric = metric;
    d.na_prob_thresh = thresh;
    d.error = e;
    return bert_squad_evaluate(&d, out);
}
static int near(double a, double b) { return fabs(a - b) < 1e-9; }

static const char scored[] = "{\"version\":\"1.1\",\"data\":[{\"paragraphs\":[{\"context\":\"\",\"qas\":["
    "{\"id\":\"a\",\"question\":\"q\",\"answers\":[{\"text\":\"The red dogs\"},{\"text\":\"dogs\"}]},{\"id\":\"b\",\"question\":\"q\",\"answers\":[{\"text\":\"home, sweet home\"}]},"
    "{\"id\":\"c\",\"question\":\"q\",\"answers\":[{\"text\":\"x\"}]}]}]}]}";
static void score_1_1(void)
{
    bert_squad_score s;
    bert_error e;
    REQUIRE(score(scored, "{\"a\":\"red  DOGS!\",\"b\":\"a sweet home of\",\"other\":5}", NULL, BERT_SQUAD_METRIC_AUTO, NULL, &s, &e) == BERT_OK);
    CHECK_INT(s.metric, BERT_SQUAD_METRIC_1_1);
    CHECK_INT(s.all.total, 3);
    CHECK_INT(s.missing, 1);
    CHECK(near(s.all.exact, 100.0 / 3));
    CHECK(near(s.all.f1, 100 * (1 + 2.0 / 3) / 3));                     /* home sweet home, sweet home of: two of three in common, both ways */
    CHECK(!s.has_best && !s.has_curves);
}
/* Three questions with answers, two without; the curve and the thresholds by hand. */
static void score_2_0(void)
{
    static const char data[] = "{\"data\":[{\"paragraphs\":[{\"context\":\"\",\"qas\":["
        "{\"id\":\"a\",\"question\":\"\",\"answers\":[{\"text\":\"dog\"}]},{\"id\":\"n\",\"question\":\"\",\"is_impossible\":true,\"answers\":[]},{\"id\":\"b\",\"question\":\"\",\"answers\":[{\"text\":\"red cat\"}]},"
        "{\"id\":\"m\",\"question\":\"\",\"is_impossible\":true,\"answers\":[]},{\"id\":\"c\",\"question\":\"\",\"answers\":[{\"text\":\"the\"}]}]}]}]}";
    static const char predictions[] = "{\"a\":\"the dog\",\"n\":\"cat\",\"b\":\"cat\",\"m\":\"\",\"c\":\"\"}";
    static const double half = 0.5;
    bert_squad_score s;
    bert_error e;
    REQUIRE(score(data, predictions, NULL, BERT_SQUAD_METRIC_AUTO, NULL, &s, &e) == BERT_OK);
    CHECK_INT(s.metric, BERT_SQUAD_METRIC_2_0);
    CHECK(near(s.all.exact, 60) && near(s.all.f1, 100 * (1 + 0 + 2.0 / 3 + 1 + 1) / 5) && s.all.total == 5);       /* of "the" nothing is left: "" is right */
    CHECK(near(s.has_answer.exact, 200.0 / 3) && s.has_answer.total == 3 && near(s.no_answer.f1, 50) && s.no_answer.total == 2 && !s.has_best);
    REQUIRE(score(data, predictions, "{\"zz\":0.1,\"a\":0.2,\"n\":0.9,\"b\":0.4,\"m\":0.4,\"c\":0.6}", BERT_SQUAD_METRIC_2_0, &half, &s, &e) == BERT_OK);
    CHECK(near(s.all.exact, 60) && near(s.no_answer.exact, 100) && near(s.has_answer.exact, 100.0 / 3));            /* n and c are taken for unanswerable */
    CHECK(s.has_best && near(s.best_exact, 80) && s.best_exact_thresh == 0.6 && near(s.best_f1, 100 * (2 + 1 + 2.0 / 3 + 1) / 5) && s.best_f1_thresh == 0.6);
    CHECK(s.has_curves && near(s.oracle_ap, 100 * (1.0 / 3 + 2.0 / 3 * 1 / 3 + 3.0 / 4 / 3)));
    CHECK(near(s.exact_ap, 100 * (1.0 / 3 + 0 + 2.0 / 4 / 3)));
}
static void score_cmrc(void)
{
    static const char data[] = "[{\"context_id\":\"\",\"context_text\":\"\",\"qas\":[{\"query_id\":\" x \",\"query_text\":\"\",\"answers\":[\"小狗在2024年跑。\",\"狗\"]},"
                               "{\"query_id\":\"y\",\"query_text\":\"\",\"answers\":[\"Dog, cat\"]}]}]";
    bert_squad_score s;
    bert_error e;
    REQUIRE(score(data, "{\"x\":\"狗在2024年\",\"y\":\"dog ,CAT。\"}", NULL, BERT_SQUAD_METRIC_AUTO, NULL, &s, &e) == BERT_OK);
    CHECK_INT(s.metric, BERT_SQUAD_METRIC_CMRC);
    CHECK(near(s.all.exact, 0) && near(s.all.f1, 50 * (2 * 4.0 / (4 + 6) + 1)));      /* 小 狗 在 2024 年 跑, and dog , cat */
    {                                                                   /* words that nltk takes apart, and those that it does not */
        static const struct { const char *one, *other; double f1; } cases[] = {
            { "cannot", "can not", 1 }, { "gimme it", "gim me it", 1 }, { "cannots", "can nots", 0 }, { "x gonna", "x gon na", 1 }, { "wanna go", "wan na go", 1 }, { "wannabe", "wan na be", 0 },
            { "xcannot", "xcan not", 0 }, { "'tis so", "' tis so", 1 }, { "cannot'tis", "can not 't is", 1 }, { "x'tis", "x 't is", 0 }, { "more'n that", "more 'n that", 1 }, { "a...b", "a ... b", 1 }, { "'hello", "' hello", 1 },
            { "'re you", "' re you", 2 * 1.0 / (2 + 3) }, { "'ready", "' ready", 1 }, { "1,000, a", "1,000 , a", 1 }, { "a,", "a ,", 1 }, { "it is. ", "it is .", 1 }, { "..", " ..", 1 },
            { "\"so\"", "''so''", 2 * 2.0 / (3 + 3) }, { "(\"so\")", "(''so'')", 1 }, { "o'clock", "o ' clock", 0 }, { "a;b", "a ; b", 1 } };
        char questions[400], answers[200];
        size_t i;
        for (i = 0; i < sizeof cases / sizeof *cases; i++) {
            char one[60];
            size_t k, n = 0;
            for (k = 0; cases[i].one[k]; k++) { if (cases[i].one[k] == '"') one[n++] = '\\'; one[n++] = cases[i].one[k]; }
            one[n] = 0;
            snprintf(questions, sizeof questions, "[{\"context_id\":\"\",\"context_text\":\"\",\"qas\":[{\"query_id\":\"x\",\"query_text\":\"\",\"answers\":[\"%s\"]}]}]", one);
            snprintf(answers, sizeof answers, "{\"x\":\"%s\"}", cases[i].other);
            CHECK(score(questions, answers, NULL, BERT_SQUAD_METRIC_AUTO, NULL, &s, &e) == BERT_OK);
            if (!near(s.all.f1, 100 * cases[i].f1)) TEST_FAIL("\"%s\" and \"%s\": %g", cases[i].one, cases[i].other, s.all.f1);
        }
        CHECK(score("{\"data\":[{\"paragraphs\":[{\"qas\":[{\"id\":\"x\",\"question\":\"小狗?\",\"answers\":[\"狗\"]}]}]}]}", "{\"x\":\"\"}", NULL, BERT_SQUAD_METRIC_AUTO, NULL, &s, &e) == BERT_OK);
        CHECK(s.metric == BERT_SQUAD_METRIC_CMRC && s.all.f1 == 0);     /* a Chinese question in SQuAD's layout is CMRC's too */
    }
}
typedef struct seen { int curves[3], items, missing; double area[3], recall[3]; } seen;
static void saw_point(void *user, int which, double precision, double recall)
{
    seen *v = (seen *)user;
    v->area[which] += precision * (recall - v->recall[which]);
    v->recall[which] = recall;
    v->curves[which]++;
}
static void saw_item(void *user, const bert_squad_item *item)
{
    seen *v = (seen *)user;
    v->items++;
    v->missing += item->missing;
}
/* Ids that come twice, predictions and probabilities that are missing or come twice; the curve's points are what its areas are sums of. */
static void score_dicts(void)
{
    static const char data[] = "{\"version\":\"v2.0\",\"data\":[{\"paragraphs\":[{\"context\":\"\",\"qas\":["
        "{\"id\":\"a\",\"question\":\"\",\"answers\":[{\"text\":\"dog\"}]},{\"id\":\"a\",\"question\":\"\",\"answers\":[{\"text\":\"cat\"}]},{\"id\":\"n\",\"question\":\"\",\"answers\":[]},"
        "{\"id\":\"m\",\"question\":\"\",\"answers\":[{\"text\":\"x\"}]},{\"id\":\"b\",\"question\":\"\",\"answers\":[{\"text\":\"red\"}]}]}]}]}";
    static const char none[] = "{\"version\":\"2.0\",\"data\":[{\"paragraphs\":[{\"context\":\"\",\"qas\":[{\"id\":\"n\",\"question\":\"\",\"answers\":[]}]}]}]}";
    bert_squad_score_desc d;
    bert_squad_score s;
    bert_error e;
    seen v;
    memset(&d, 0, sizeof d);
    memset(&v, 0, sizeof v);
    d.data = data;
    d.data_size = sizeof data - 1;
    d.predictions = "{\"a\":\"dog\",\"n\":\"cat\",\"b\":\"red\",\"a\":\"cat\"}";
    d.predictions_size = strlen((const char *)d.predictions);
    d.na_prob = "{\"a\":0.9,\"n\":0.2,\"b\":0.2,\"m\":0.1,\"zz\":1,\"a\":0.1}";
    d.na_prob_size = strlen((const char *)d.na_prob);
    d.curve = saw_point;
    d.each = saw_item;
    d.user = &v;
    d.error = &e;
    if (bert_squad_evaluate(&d, &s) != BERT_OK) { TEST_FAIL("%s", e.message); return; }
    CHECK_INT(s.metric, BERT_SQUAD_METRIC_2_0);
    CHECK(s.missing == 1 && v.items == 5 && v.missing == 1);
    CHECK(s.all.total == 4 && near(s.all.exact, 50) && s.no_answer.total == 1 && s.no_answer.exact == 0 && s.has_answer.total == 3);      /* the last "a" is right, with the last prediction of it */
    CHECK(s.has_curves && near(v.area[0] * 100, s.exact_ap) && near(v.area[1] * 100, s.f1_ap) && near(v.area[2] * 100, s.oracle_ap));
    CHECK(near(s.exact_ap, 100 * (1.0 / 3 + 2.0 / 3 / 3)) && v.curves[0] == 3);     /* a alone, then n and b, between which no threshold fits */
    d.data = none;                                                      /* where nothing has an answer there is no curve */
    d.data_size = sizeof none - 1;
    memset(&v, 0, sizeof v);
    CHECK(bert_squad_evaluate(&d, &s) == BERT_OK && s.has_best && !s.has_curves && v.curves[0] == 0 && s.all.total == 1 && s.metric == BERT_SQUAD_METRIC_2_0);
    CHECK(s.best_exact == 100 && s.best_exact_thresh == 0);             /* nothing answered is best */
}
static void score_errors(void)
{
    static const struct { const char *data, *predictions, *na, *says; int metric; } bad[] = {
        { "{\"data\":[]}", "{}", NULL, "no questions", 0 }, { scored, "[]", NULL, "an object is expected", 0 }, { scored, "{\"a\":5}", NULL, "must be a string, not a number", 0 },
        { scored, "{", NULL, "JSON, line 1", 0 }, { "{\"data\":[{\"paragraphs\":[{\"qas\":[{\"id\":\"a\",\"answers\":[]}]}]}]}", "{\"a\":\"\"}", NULL, "has no answer", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"qas\":[{\"id\":\"a\",\"answers\":[{}]}]}]}]}", "{\"a\":\"\"}", NULL, "no \"text\"", 1 },
        { scored, "{\"a\":\"\",\"b\":\"\",\"c\":\"\"}", "{\"a\":1}", "no probability for question b", 2 }, { scored, "{\"a\":\"\"}", "{\"a\":\"1\"}", "must be a number", 2 },
        { scored, "{\"a\":\"\"}", "{\"a\":NaN}", "must be a number", 2 }, { scored, "{\"a\":\"\"}", "[]", "an object is expected", 2 },
        { "7", "{}", NULL, "no file of questions", 0 }, { "{\"data\":[{\"paragraphs\":[{\"qas\":5}]}]}", "{}", NULL, "\"qas\" must be a list", 0 }, { "{\"data\":[{\"paragraphs\":[{\"qas\":[{\"answers\":[]}]}]}]}", "{}", NULL, "no \"id\"", 0 },
        { "{\"data\":[{\"paragraphs\":[{\"qas\":[{\"id\":\"a question whose name is longer than any message would like to have it\",\"answers\":[]}]}]}]}",
          "{\"a question whose name is longer than any message would like to have it\":\"\"}", NULL, "longer than any message would like  has no answer", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"qas\":[{\"id\":\"a question whose name is longer than any message would like to have it\",\"answers\":[]}]}]}]}",
          "{\"a question whose name is longer than any message would like to have it\":null}", NULL, "would like  must be a string, not null", 1 },
        { "{\"data\":[{\"paragraphs\":[{\"qas\":[{\"id\":\"a question whose name is longer than any message would like to have it\",\"answers\":[]}]}]}]}",
          "{\"a question whose name is longer than any message would like to have it\":\"\"}", "{}", "no probability for question a question", 2 } };
    bert_squad_score s;
    bert_error e;
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&e, 0, sizeof e);
        CHECK(score(bad[i].data, bad[i].predictions, bad[i].na, (bert_squad_metric)bad[i].metric, NULL, &s, &e) == BERT_ERROR_FORMAT);
        if (!has(e.message, bad[i].says)) TEST_FAIL("number %d: %s", (int)i, e.message);
    }
    CHECK(bert_squad_evaluate(NULL, &s) == BERT_ERROR_ARGUMENT);
}
static void normalize(void)
{
    static const char *const cases[][2] = { { "The  Dog's, an A-team! ", "dogs ateam" }, { "a\xC3\xA9 the_an", "a\xC3\xA9 thean" }, { "\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x82" }, { "the\xE2\x82\xAC" "5", "\xE2\x82\xAC" "5" },
                                            { "the\xC2\xBD", "the\xC2\xBD" }, { "\xE3\x80\x80 An \xC2\xA0", "" }, { "x\xFF\xED\xA0\x80 the", "x\xFF\xED\xA0\x80" } };
    char out[64];
    size_t i, n;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        n = 99;
        CHECK(bert_squad_normalize(cases[i][0], strlen(cases[i][0]), NULL, out, sizeof out, &n) == BERT_OK);
        CHECK_BYTES(out, n, cases[i][1], strlen(cases[i][1]));
    }
    CHECK(bert_squad_normalize("Dogs", 4, NULL, out, 2, &n) == BERT_ERROR_SPACE && n == 4);
    CHECK(bert_squad_normalize(NULL, 1, NULL, out, 2, &n) == BERT_ERROR_ARGUMENT && bert_squad_normalize("a", 1, NULL, NULL, 2, &n) == BERT_ERROR_ARGUMENT);
    CHECK(bert_squad_normalize(NULL, 0, NULL, NULL, 0, &n) == BERT_OK && n == 0);
    CHECK(bert_squad_normalize("Dogs", 4, NULL, NULL, 0, &n) == BERT_ERROR_SPACE && n == 4 && bert_squad_normalize("the", 3, NULL, out, 2, NULL) == BERT_OK);
}

/* ---- what is Python's ---- */

int hook_nltk(const char *text, size_t size, char *out, size_t capacity, size_t *n);     /* hooks/squad.c */
size_t hook_repr(double v, char out[32]);
size_t hook_lower(const char *text, size_t size, char *out, size_t capacity);
int hook_word(uint32_t c);

/* json.dumps(v), text.lower(), \\w and \\d of Python 3.11 */
static void python(void)
{
    const struct { double v; const char *text; } numbers[] = {          /* (not static: HUGE_VAL is no constant to tcc) */
        { HUGE_VAL, "Infinity" }, { -HUGE_VAL, "-Infinity" }, { 0, "0.0" }, { 1e16, "1e+16" }, { 9999999999999998.0, "9999999999999998.0" }, { 123456, "123456.0" }, { 0.0001, "0.0001" },
        { 0.00001, "1e-05" }, { 1.5e-5, "1.5e-05" }, { 4.9406564584124654e-324, "5e-324" }, { 2.2250738585072014e-308, "2.2250738585072014e-308" }, { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 0.1, "0.1" }, { 1152921504606846976.0, "1.152921504606847e+18" }, { 8.673617379884035e-19, "8.673617379884035e-19" }, { 1e100, "1e+100" }, { 9.5e-10, "9.5e-10" }, { -2.5, "-2.5" }, { 1e22, "1e+22" },
        { 1e23, "1e+23" }, { 9007199254740992.0, "9007199254740992.0" }, { 1.4142135623730951, "1.4142135623730951" }, { 8.98846567431158e307, "8.98846567431158e+307" } };
    static const char *const lower[][2] = {
        { "\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x82" }, { "\xCE\x91\xCE\xA3\xCE\x91", "\xCE\xB1\xCF\x83\xCE\xB1" }, { "\xCE\xA3", "\xCF\x83" }, { "\xCE\x91'\xCE\xA3", "\xCE\xB1'\xCF\x82" },
        { "\xCE\x91\xCE\xA3'", "\xCE\xB1\xCF\x82'" }, { "\xCE\x91\xCE\xA3.\xCE\x92", "\xCE\xB1\xCF\x83.\xCE\xB2" }, { "\xCE\x91\xC2\xAD\xCE\xA3", "\xCE\xB1\xC2\xAD\xCF\x82" },
        { "\x01\xCE\xA3", "\x01\xCF\x83" }, { "\xCE\x91\xCE\xA3\x01\xCE\x91", "\xCE\xB1\xCF\x82\x01\xCE\xB1" }, { "\xC4\xB0", "i\xCC\x87" }, { "\xCE\xA3\xED\xA0\x80", "\xCF\x83\xED\xA0\x80" } };
    static const struct { const char *text, *words; } words[] = {
        { "``a``", "`` a ``" }, { "a: b", "a : b" }, { "at 3:30", "at 3:30" }, { "a:", "a :" }, { "a:\n", "a :" }, { "a--b", "a -- b" }, { "*a*", "* a *" }, { "\"a\" b", "`` a '' b" }, { "d'ye", "d 'ye" },
        { "(\"", "( ``" }, { "a(", "a (" }, { ".", "." }, { "..", ".." }, { "a.)", "a . )" }, { "a. b", "a. b" } };
    const double minus_zero = -1 / HUGE_VAL;
    char out[80];
    size_t i, n;
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        n = hook_repr(numbers[i].v, out);
        CHECK_BYTES(out, n, numbers[i].text, strlen(numbers[i].text));
    }
    n = hook_repr(minus_zero, out);
    CHECK_BYTES(out, n, "-0.0", 4);
    n = hook_repr(HUGE_VAL - HUGE_VAL, out);
    CHECK_BYTES(out, n, "NaN", 3);
    for (i = 0; i < sizeof lower / sizeof *lower; i++) {
        n = hook_lower(lower[i][0], strlen(lower[i][0]), out, sizeof out);
        CHECK_BYTES(out, n, lower[i][1], strlen(lower[i][1]));
    }
    CHECK(hook_word('a') == 1 && hook_word('Z') == 1 && hook_word('_') == 1 && hook_word('7') == 3 && hook_word('-') == 0 && hook_word('@') == 0 && hook_word('{') == 0 && hook_word(0xE9) == 1);
    CHECK(hook_word(0x664) == 3 && hook_word(0xBD) == 1 && hook_word(0x20AC) == 0 && hook_word(0x110000) == 0);
    for (i = 0; i < sizeof words / sizeof *words; i++) {
        CHECK(hook_nltk(words[i].text, strlen(words[i].text), out, sizeof out, &n));
        CHECK_BYTES(out, n, words[i].words, strlen(words[i].words));
    }
}

/* ---- a question about a text ---- */

static bert_model *reader(uint32_t heads)
{
    bert_model_desc d;
    bert_config c;
    bert_model *m = NULL;
    bert_error e;
    memset(&d, 0, sizeof d);
    memset(&c, 0, sizeof c);
    c.hidden_size = 16;
    c.heads = 2;
    c.layers = 2;
    c.intermediate_size = 24;
    c.vocab_size = 18;
    c.max_positions = 24;
    c.type_vocab_size = 2;
    c.initializer_range = 0.4;
    c.layer_norm_eps = 1e-12;
    d.config = &c;
    d.heads = heads;
    d.init_missing = BERT_ON;
    d.seed = 5;
    d.error = &e;
    if (bert_model_open(&d, &m) != BERT_OK) { printf("%s\n", e.message); abort(); }
    return m;
}
static bert_session *reading_session(const bert_model *m, int64_t tokens)
{
    bert_session_desc d;
    bert_session *s = NULL;
    memset(&d, 0, sizeof d);
    d.model = m;
    d.threads = 1;
    d.max_tokens = tokens;
    if (bert_session_open(&d, &s) != BERT_OK) abort();
    return s;
}
static const char passage[] = "The red dogs ran  home. The cat ran, the red cat runs home.  The dogs, the cat: who runs? Red dogs ran home, the cat ran home. The dog.";

/* By the functions for files of questions, a window at a time. */
static bert_squad_answers *by_file(bert_session *s, const bert_tokenizer *t, bert_squad **squad, int64_t *windows)
{
    bert_squad_answers_desc d;
    bert_squad_answers *a = NULL;
    bert_squad_features *f;
    bert_batch b;
    bert_result r;
    columns c;
    char text[400];
    float z[2 * 20];
    int64_t offsets[2] = { 0, 0 };
    memset(&d, 0, sizeof d);
    memset(&b, 0, sizeof b);
    memset(&r, 0, sizeof r);
    sprintf(text, "{\"data\":[{\"paragraphs\":[{\"context\":\"%s\",\"qas\":[{\"id\":\"x\",\"question\":\"Who runs home?\"}]}]}]}", passage);
    if (open_text(text, 0, 0, squad, NULL) != BERT_OK) abort();
    d.squad = *squad;
    d.tokenizer = t;
    d.version_2 = 1;
    f = features_of(*squad, t, 16, 5, 4, NULL, 0, NULL);
    if (!f || bert_squad_answers_open(&d, &a) != BERT_OK) abort();
    lend(&c);
    b.sequences = 1;
    b.offsets = offsets;
    b.ids = c.ids;
    b.segment_ids = c.segment_ids;
    r.spans = z;
    *windows = 0;
    while (bert_squad_features_next(f, &c.f) == BERT_OK && c.f.tokens) {
        offsets[1] = c.f.tokens;
        if (bert_session_run(s, &b, &r, NULL) != BERT_OK || bert_squad_answers_add(a, &c.f, z, z + 1, c.f.tokens, 2) != BERT_OK) abort();
        ++*windows;
    }
    if (bert_squad_answers_finish(a) != BERT_OK) abort();
    bert_squad_features_close(f);
    return a;
}
static void text_answers(void)
{
    bert_tokenizer *t = tokenizer();
    bert_model *m = reader(BERT_HEAD_SPAN);
    bert_session *s = reading_session(m, 16), *wide = reading_session(m, 100);
    bert_squad *squad;
    bert_squad_answers *a;
    const bert_squad_answer *want;
    bert_answer_desc d;
    bert_answer out[64], again[64], apart[64];
    bert_answered found, other;
    int64_t windows, k, n = 0, i;
    memset(&d, 0, sizeof d);
    a = by_file(s, t, &squad, &windows);
    want = bert_squad_answers_get(a, 0);
    CHECK(windows > 3);
    d.max_seq_length = 16;
    d.max_query_length = 4;
    d.doc_stride = 5;
    REQUIRE(bert_session_answer(s, t, &d, "Who runs home?", 14, passage, sizeof passage - 1, out, 64, &found) == BERT_OK);
    CHECK_INT(found.windows, windows);
    CHECK(found.none_odds == want->null_odds);
    for (k = 0; k < want->count; k++) {
        const bert_squad_candidate *b = want->n_best + k;
        if (!b->text.size) { CHECK(found.none_score == b->start_logit + b->end_logit && found.none_probability == b->probability); continue; }
        REQUIRE(n < found.count);
        CHECK(out[n].begin == b->begin && out[n].end == b->end && out[n].score == b->start_logit + b->end_logit && out[n].probability == b->probability);
        CHECK(out[n].begin < out[n].end && out[n].end <= sizeof passage - 1);
        n++;
    }
    CHECK_INT(found.count, n);
    CHECK(n > 5);
    /* the same bits from a session that takes several windows at once; less room, and no more than that is written */
    memset(again, 0x55, sizeof again);
    REQUIRE(bert_session_answer(wide, t, &d, "Who runs home?", 14, passage, sizeof passage - 1, again, 3, &other) == BERT_OK);
    CHECK(other.count == found.count && other.none_odds == found.none_odds && memcmp(again, out, 3 * sizeof *out) == 0);
    for (k = 0; k < (int64_t)sizeof *again; k++) CHECK_INT(((const unsigned char *)(again + 3))[k], 0x55);
    d.apart = 1;
    REQUIRE(bert_session_answer(s, t, &d, "Who runs home?", 14, passage, sizeof passage - 1, apart, 64, &other) == BERT_OK);
    CHECK(other.count > 1 && other.count < found.count && memcmp(apart, out, sizeof *out) == 0);
    for (k = 0; k < other.count; k++) for (i = 0; i < k; i++) CHECK(apart[k].begin >= apart[i].end || apart[k].end <= apart[i].begin);
    for (k = 0; k < found.count; k++) {                                 /* whatever was left out overlaps one that is there, and better */
        for (i = 0; i < other.count && apart[i].score >= out[k].score && !(apart[i].begin < out[k].end && out[k].begin < apart[i].end); i++) {}
        CHECK(i < other.count && apart[i].score >= out[k].score);
    }
    {                                                                   /* nor do many windows at once, of which it takes 16 */
        bert_session *widest = reading_session(m, 400);
        bert_answered many;
        d.apart = 0;
        memset(again, 0x55, sizeof again);
        REQUIRE(bert_session_answer(widest, t, &d, "Who runs home?", 14, passage, sizeof passage - 1, again, 64, &many) == BERT_OK);
        CHECK(many.count == found.count && many.windows == found.windows && memcmp(again, out, (size_t)n * sizeof *out) == 0);
        bert_session_close(widest);
    }
    /* defaults fit any session; nothing to read is no answer */
    REQUIRE(bert_session_answer(s, t, NULL, "Who runs home?", 14, passage, sizeof passage - 1, out, 1, &found) == BERT_OK && found.count > 0);
    for (k = 0; k < 2; k++) {
        REQUIRE(bert_session_answer(s, t, &d, "Who?", 4, k ? " \n " : NULL, k ? 3 : 0, NULL, 0, &found) == BERT_OK);
        CHECK(found.count == 0 && found.windows == 0 && found.none_probability == 1 && found.none_odds == 1000000);
    }
    REQUIRE(bert_session_answer(s, t, &d, NULL, 0, passage, sizeof passage - 1, out, 64, &found) == BERT_OK && found.count > 0);
    d.apart = 0;
    /* ideographs are words where the question has some, or if asked for */
    for (k = 0; k < 2; k++) {
        d.characters = k ? BERT_ON : BERT_DEFAULT;
        REQUIRE(bert_session_answer(s, t, &d, k ? "who" : "狗?", k ? 3 : 4, "小狗小狗。狗狗", 21, out, 64, &found) == BERT_OK);
        CHECK(found.count > 3);
        for (i = 0; i < found.count; i++) CHECK(out[i].begin % 3 == 0 && out[i].end % 3 == 0 && out[i].end > out[i].begin);
        CHECK(out[0].end - out[0].begin < 21 || out[1].end - out[1].begin < 21);
    }
    bert_squad_answers_close(a);
    bert_squad_close(squad);
    bert_session_close(s);
    bert_session_close(wide);
    bert_model_close(m);
    bert_tokenizer_close(t);
}
static void text_answer_errors(void)
{
    bert_tokenizer *t = tokenizer();
    bert_model *m = reader(BERT_HEAD_SPAN), *headless = reader(BERT_HEAD_POOLER);
    bert_session *s = reading_session(m, 16), *none = reading_session(headless, 16);
    bert_answer_desc d;
    bert_answer out[4];
    bert_answered found;
    bert_error e;
    const unsigned char *bytes = (const unsigned char *)&found;
    size_t k;
    memset(&d, 0, sizeof d);
    memset(&found, 0x55, sizeof found);
    d.error = &e;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red \xE9t\xE9", 7, out, 4, &found) == BERT_ERROR_FORMAT && e.offset == 4 && has(e.message, "byte 4 of the text is not UTF-8"));
    CHECK(bert_session_answer(s, t, &d, "\xFF", 1, "red", 3, out, 4, &found) == BERT_ERROR_FORMAT && has(e.message, "byte 0 of the question"));
    CHECK(bert_session_answer(none, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_MISMATCH && has(e.message, "no span head"));
    d.max_seq_length = 17;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_TOO_LONG && has(e.message, "takes 16 tokens"));
    d.max_seq_length = 8;
    d.max_query_length = 5;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT && has(e.message, "max_query_length"));
    d.max_query_length = 0;
    d.n_best = -1;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT);
    d.n_best = 0;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, NULL, 4, &found) == BERT_ERROR_ARGUMENT);
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, -1, &found) == BERT_ERROR_ARGUMENT);
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, 4, NULL) == BERT_ERROR_ARGUMENT);
    CHECK(bert_session_answer(NULL, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT);
    CHECK(bert_session_answer(s, NULL, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT && bert_session_answer(s, t, &d, NULL, 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT);
    CHECK(bert_session_answer(s, t, &d, "who", 3, NULL, 3, out, 4, &found) == BERT_ERROR_ARGUMENT && has(e.message, "a question, a text"));
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", (size_t)INT32_MAX, out, 4, &found) == BERT_ERROR_ARGUMENT && has(e.message, "the text has more than a thousand million bytes"));
    CHECK(bert_session_answer(s, t, &d, "who", (size_t)INT32_MAX, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT && has(e.message, "the question has more than"));
    d.max_seq_length = -5;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT && has(e.message, "max_seq_length"));
    d.max_seq_length = 2;
    CHECK(bert_session_answer(s, t, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_ARGUMENT && has(e.message, "max_seq_length (2)"));
    d.max_seq_length = 0;
    {
        bert_tokenizer *large = vocabulary_of("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\n");
        CHECK(bert_session_answer(s, large, &d, "who", 3, "red", 3, out, 4, &found) == BERT_ERROR_MISMATCH && has(e.message, "the vocabulary has 20 tokens, the model 18"));
        bert_tokenizer_close(large);
    }
    for (k = 0; k < sizeof found; k++) CHECK_INT(bytes[k], 0x55);       /* outputs are as they were */
    CHECK(bert_session_answer(s, t, &d, "\xED\x95\x9C", 3, "red dog", 7, out, 4, &found) == BERT_OK && found.count > 0);       /* a letter beyond the ideographs: words stay words */
    CHECK(out[0].end - out[0].begin == 3 || out[0].end - out[0].begin == 7);
    bert_session_close(s);
    bert_session_close(none);
    bert_model_close(m);
    bert_model_close(headless);
    bert_tokenizer_close(t);
}

/* ---- every allocation fails once ---- */

static bert_status everything(test_faults *f)
{
    bert_allocator counted = test_faults_allocator(f);
    bert_squad_desc d;
    bert_squad_features_desc fd;
    bert_squad_answers_desc ad;
    bert_squad_score_desc sd;
    bert_squad_score result;
    bert_squad *s = NULL;
    bert_squad_features *features = NULL;
    bert_squad_answers *a = NULL;
    bert_tokenizer *t = tokenizer();
    columns c;
    float x[20];
    bert_status st;
    int i;
    lend(&c);
    memset(&d, 0, sizeof d);
    memset(&fd, 0, sizeof fd);
    memset(&ad, 0, sizeof ad);
    memset(&sd, 0, sizeof sd);
    d.data = two;
    d.size = sizeof two - 1;
    d.training = d.version_2 = 1;
    d.allocator = fd.allocator = ad.allocator = sd.allocator = counted;
    st = bert_squad_open(&d, &s);
    fd.squad = ad.squad = s;
    fd.tokenizer = ad.tokenizer = t;
    fd.max_seq_length = 20;
    fd.doc_stride = 3;
    fd.max_query_length = 8;
    ad.version_2 = 1;
    if (st == BERT_OK) st = bert_squad_features_open(&fd, &features);
    if (st == BERT_OK) st = bert_squad_answers_open(&ad, &a);
    for (i = 0; i < 20; i++) x[i] = (float)(i * 7 % 11);
    while (st == BERT_OK && (st = bert_squad_features_next(features, &c.f)) == BERT_OK && c.f.tokens) st = bert_squad_answers_add(a, &c.f, x, x, 20, 1);
    if (st == BERT_OK) st = bert_squad_answers_finish(a);
    if (st == BERT_OK) st = bert_squad_answers_write(a, "unit_squad.tmp.f", NULL, NULL);
    remove("unit_squad.tmp.f");
    if (st == BERT_OK) {
        bert_model *m = reader(BERT_HEAD_SPAN);
        bert_session *session = reading_session(m, 24);
        bert_answer_desc od;
        bert_answer one;
        bert_answered found;
        memset(&od, 0, sizeof od);
        od.allocator = counted;
        od.characters = BERT_ON;
        st = bert_session_answer(session, t, &od, "who", 3, passage, sizeof passage - 1, &one, 1, &found);
        bert_session_close(session);
        bert_model_close(m);
    }
    bert_squad_answers_close(a);
    bert_squad_features_close(features);
    bert_squad_close(s);
    sd.data = two;
    sd.data_size = sizeof two - 1;
    sd.predictions = "{\"a\":\"the dogs\",\"b\":\"\"}";
    sd.predictions_size = strlen((const char *)sd.predictions);
    sd.na_prob = "{\"a\":0.5,\"b\":1}";
    sd.na_prob_size = strlen((const char *)sd.na_prob);
    if (st == BERT_OK) st = bert_squad_evaluate(&sd, &result);
    if (st == BERT_OK) { sd.metric = BERT_SQUAD_METRIC_CMRC; sd.data = "[{\"qas\":[{\"query_id\":\"a\",\"answers\":[\"the, dogs\"]}]}]"; sd.data_size = strlen((const char *)sd.data); st = bert_squad_evaluate(&sd, &result); }
    bert_tokenizer_close(t);
    return st;
}
static void faults(void)
{
    test_faults f;
    long n, total;
    memset(&f, 0, sizeof f);
    REQUIRE(everything(&f) == BERT_OK);
    CHECK(f.live == 0);
    total = f.count;
    CHECK(total > 40);
    for (n = 1; n <= total; n++) {
        memset(&f, 0, sizeof f);
        f.fail_at = n;
        if (everything(&f) != BERT_ERROR_MEMORY) TEST_FAIL("allocation %ld of %ld fails, and nobody says so", n, total);
        if (f.live) TEST_FAIL("allocation %ld of %ld fails: %ld blocks are not given back", n, total, f.live);
    }
}
/* A long passage without end: windows are found in linear time, and rows that are not lent are not written. */
static void long_passage(void)
{
    const size_t words = 60000;
    bert_tokenizer *t = tokenizer();
    bert_squad *s = NULL;
    bert_squad_features *f;
    bert_squad_feature x;
    char *text = (char *)malloc(words * 6 + 200), *p = text;
    int64_t count = 0;
    size_t i;
    memset(&x, 0, sizeof x);
    if (!text) abort();
    p += sprintf(p, "{\"data\":[{\"paragraphs\":[{\"context\":\"");
    for (i = 0; i < words; i++) p += sprintf(p, "dogs ");
    sprintf(p, "\",\"qas\":[{\"id\":\"x\",\"question\":\"who?\"}]}]}]}");
    REQUIRE(open_text(text, 0, 0, &s, NULL) == BERT_OK);
    f = features_of(s, t, 384, 128, 64, NULL, 0, NULL);
    while (f && bert_squad_features_next(f, &x) == BERT_OK && x.tokens) count++;
    CHECK_INT(count, (2 * (int64_t)words - (384 - 5) + 127) / 128 + 1);
    CHECK_INT(x.window, count - 1);
    bert_squad_features_close(f);
    bert_squad_close(s);
    bert_tokenizer_close(t);
    free(text);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(reading);
    TEST(blanks);
    TEST(own_layout);
    TEST(answers_in_context);
    TEST(reading_errors);
    TEST(blank_answers);
    TEST(long_words);
    TEST(feature_errors);
    TEST(without_tokens);
    TEST(windows);
    TEST(other_order);
    TEST(best_answers);
    TEST(warnings);
    TEST(numbers);
    TEST(no_answers);
    TEST(ties_and_room);
    TEST(answer_errors);
    TEST(same_ids);
    TEST(chinese_answers);
    TEST(final_text);
    TEST(text_answers);
    TEST(text_answer_errors);
    TEST(score_1_1);
    TEST(score_2_0);
    TEST(score_cmrc);
    TEST(score_dicts);
    TEST(score_errors);
    TEST(normalize);
    TEST(python);
    TEST(faults);
    TEST(long_passage);
    return test_end();
}
