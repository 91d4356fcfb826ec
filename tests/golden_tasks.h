/* golden_tasks.h - the goldens of data sets and metrics: google/classifier, google/eval_classifier, hf/ner, hf/eval
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef GOLDEN_TASKS_H
#define GOLDEN_TASKS_H

#include "golden_tokenizer.h"

/* ---- google/classifier: <task>_<split>.jsonl and .tf_record, made from data/<TASK> ---- */

/* Names of tasks: whatever the case, '-' and '_'. */
static int golden_same_task(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '-' || *a == '_') a++;
        while (*b == '-' || *b == '_') b++;
        if (((*a >= 'A' && *a <= 'Z') ? *a + 32 : *a) != ((*b >= 'A' && *b <= 'Z') ? *b + 32 : *b)) return 0;
        if (!*a) return 1;
    }
}
/* The folder in `dir` for a task, whatever its case; 0 if there is none. */
static int golden_task_data(const char *dir, const char *task, char *out, size_t size)
{
    golden_names names = golden_list(dir);
    size_t i;
    int found = 0;
    for (i = 0; i < names.count && !found; i++)
        if (golden_same_task(names.name[i], task)) { golden_path(out, size, dir, names.name[i]); found = 1; }
    golden_names_free(&names);
    return found;
}
static int golden_task_text(const bert_json *want, bert_bytes have)
{
    if (!want || want->type == 'n') return have.data == NULL;
    return have.data && want->size == have.size && memcmp(want->text, have.data, have.size) == 0;
}
/* The features of an example in a record against what was encoded. */
static int golden_record(const bert_example *e, const bert_features *f, size_t length, int32_t label, int real, int32_t *scratch)
{
    bert_error err;
    static const char *const names[] = { "input_ids", "input_mask", "segment_ids" };
    const int32_t *values[3];
    int32_t one[2];
    int k;
    memset(&err, 0, sizeof err);
    values[0] = f->input_ids;
    values[1] = f->input_mask;
    values[2] = f->segment_ids;
    for (k = 0; k < 3; k++) {
        if (bert_example_ints(e, names[k], scratch, length, &err) != BERT_OK) { TEST_FAIL("record: %s", err.message); return 0; }
        if (memcmp(scratch, values[k], length * sizeof *scratch)) { TEST_FAIL("record: %s differs", names[k]); return 0; }
    }
    if (bert_example_ints(e, "label_ids", one, 1, &err) != BERT_OK || bert_example_ints(e, "is_real_example", one + 1, 1, &err) != BERT_OK) { TEST_FAIL("record: %s", err.message); return 0; }
    if (e->count == 5 && one[0] == label && one[1] == real) return 1;
    TEST_FAIL("record: %lu features, label %d, not %d", (unsigned long)e->count, (int)one[0], (int)label);
    return 0;
}
/* One <task>_<split>.jsonl with its .tf_record. */
static void golden_classifier_file(const golden_place *place, const char *name)
{
    char data[1100], path[1200], sub[1200], record[1300], task[64];
    static const char *const splits[] = { "train", "dev", "test" };
    bert_tokenizer_desc td;
    bert_tokenizer *tok;
    bert_dataset_desc d;
    bert_dataset *set = NULL;
    bert_dataset_example e;
    bert_error err;
    golden_lines l;
    bert_records_desc rd;
    bert_records *r = NULL;
    bert_example ex;
    bert_features f;
    const char *cut = strrchr(name, '_');
    const void *p;
    size_t length = 0, size, labels = 0;
    int32_t *arrays = NULL;
    int split, got = 1, real;
    long count = 0;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    memset(&rd, 0, sizeof rd);
    memset(&ex, 0, sizeof ex);
    snprintf(task, sizeof task, "%.*s", (int)(cut - name), name);
    for (split = 0; split < 3 && !(golden_starts(cut + 1, splits[split]) && cut[1 + strlen(splits[split])] == '.'); split++) {}
    snprintf(data, sizeof data, "%s/data", place->dir);
    if (split == 3 || !golden_task_data(data, task, sub, sizeof sub)) { test_skip("not a task's file, or its data is not here"); return; }
    snprintf(path, sizeof path, "%s/model/vocab.txt", place->root);
    td = golden_desc(path, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    if ((tok = golden_tokenizer(&td)) == NULL) return;
    d.task = task;
    d.data_dir = sub;
    d.split = (bert_split)split;
    d.error = &err;
    golden_path(record, sizeof record, place->dir, name);
    if (!golden_open(&l, record)) { bert_tokenizer_close(tok); return; }
    strcpy(record + strlen(record) - strlen("jsonl"), "tf_record");
    rd.path = record;
    rd.error = &err;
    if (bert_dataset_open(&d, &set) != BERT_OK || bert_records_open(&rd, &r) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
    while (golden_next(&l)) {
        const bert_json *ids = bert_json_get(l.root, "input_ids");
        if (!ids || !ids->count) { TEST_FAIL("line %ld has no input_ids", (long)l.number); goto done; }
        if (ids->count != length) {
            length = ids->count;
            free(arrays);
            arrays = (int32_t *)malloc(length * 4 * sizeof *arrays);
            if (!arrays) abort();
            f.input_ids = arrays;
            f.input_mask = arrays + length;
            f.segment_ids = arrays + 2 * length;
        }
        real = bert_json_get(l.root, "is_real_example") && bert_json_get(l.root, "is_real_example")->type == 't';
        if (!real) {                                                    /* rows that fill the last batch */
            memset(&e, 0, sizeof e);
            e.guid = "padding";
            if (bert_features_encode(tok, NULL, NULL, length, &f, &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
        } else if (bert_dataset_next(set, &e, &got, &err) != BERT_OK || !got) { TEST_FAIL("example %ld: %s", count, got ? err.message : "there are no more"); goto done; }
        if (real && bert_features_encode(tok, &e.text_a, &e.text_b, length, &f, &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
        if (real && !bert_json_is(bert_json_get(l.root, "guid"), e.guid)) TEST_FAIL("example %ld has the guid %s", count, e.guid);
        if (!golden_task_text(bert_json_get(l.root, "text_a"), e.text_a) || !golden_task_text(bert_json_get(l.root, "text_b"), e.text_b)) TEST_FAIL("%s: the texts differ", e.guid);
        if (real && !bert_json_is(bert_json_get(l.root, "label"), bert_dataset_labels(set, &labels)[e.label_id])) TEST_FAIL("%s: the label differs", e.guid);
        CHECK_INT(golden_int(bert_json_get(l.root, "label_id"), -1), e.label_id);
        golden_ids(f.input_ids, length, ids, e.guid);
        golden_small_ints(f.input_mask, length, bert_json_get(l.root, "input_mask"), "input_mask", e.guid);
        golden_small_ints(f.segment_ids, length, bert_json_get(l.root, "segment_ids"), "segment_ids", e.guid);
        if (bert_records_next(r, &p, &size, &err) != BERT_OK || !p || bert_example_parse(&ex, p, size, NULL, &err) != BERT_OK) { TEST_FAIL("record %ld: %s", count, err.message); goto done; }
        golden_record(&ex, &f, length, e.label_id, real, arrays + 3 * length);
        count++;
    }
    CHECK(bert_dataset_next(set, &e, &got, &err) == BERT_OK && !got);
    CHECK(bert_records_next(r, &p, &size, &err) == BERT_OK && !p);
    CHECK(count > 0);
    if (count) {
        int64_t written = 0;
        CHECK(bert_dataset_write_records(set, tok, length, count, "golden_tasks.tmp", &written, &err) == BERT_OK);
        CHECK_INT(written, count);                                      /* padding included */
        golden_same_records("golden_tasks.tmp", record);
        remove("golden_tasks.tmp");
    }
done:
    free(arrays);
    bert_example_free(&ex);
    bert_records_close(r);
    bert_dataset_close(set);
    golden_close(&l);
    bert_tokenizer_close(tok);
}
static void golden_google_classifier(const golden_place *place)
{
    golden_names names = golden_list(place->dir);
    char path[1200];
    golden_lines l;
    size_t i;
    for (i = 0; i < names.count; i++) {
        if (!golden_ends(names.name[i], ".jsonl") || !strrchr(names.name[i], '_')) continue;
        if (!test_enter("%s/%s", place->label, names.name[i])) continue;
        golden_classifier_file(place, names.name[i]);
        test_leave();
    }
    if (test_enter("%s/labels.json", place->label)) {
        if (golden_whole(&l, golden_path(path, sizeof path, place->dir, "labels.json"))) {
            const bert_json *v, *name;
            for (v = l.root->first; v; v = v->next) {
                bert_dataset_desc d;
                bert_dataset *set = NULL;
                bert_error err;
                const char *const *labels;
                size_t count = 0;
                memset(&d, 0, sizeof d);
                memset(&err, 0, sizeof err);
                d.task = v->key;
                d.data = "";
                d.error = &err;
                if (bert_dataset_open(&d, &set) != BERT_OK) { TEST_FAIL("%s", err.message); continue; }
                labels = bert_dataset_labels(set, &count);
                for (i = 0, name = v->first; name && i < count; name = name->next, i++) if (!bert_json_is(name, labels[i])) break;
                if (name || i < count) TEST_FAIL("the labels of %s differ", v->key);
                bert_dataset_close(set);
            }
            golden_close(&l);
        }
        test_leave();
    }
    golden_names_free(&names);
}

/* ---- google/eval_classifier: eval.tf_record and predict.tf_record, of one of the tasks in classifier/data ---- */

static void golden_google_eval_records(const golden_place *place)
{
    static const char *const files[] = { "eval.tf_record", "predict.tf_record" };
    char path[1200], dir[1200], data[1200];
    int k, i;
    for (k = 0; k < 2; k++) {
        bert_records_desc rd;
        bert_records *r = NULL;
        bert_example ex;
        const bert_feature *ids = NULL;
        const void *p;
        size_t n, length = 0;
        long count = 0, tried = 0, same = 0;
        bert_error err;
        if (!test_enter("%s/%s", place->label, files[k])) continue;
        memset(&rd, 0, sizeof rd);
        memset(&ex, 0, sizeof ex);
        memset(&err, 0, sizeof err);
        rd.path = golden_path(path, sizeof path, place->dir, files[k]);
        rd.error = &err;
        if (bert_records_open(&rd, &r) != BERT_OK) { TEST_FAIL("%s", err.message); test_leave(); continue; }
        while (bert_records_next(r, &p, &n, &err) == BERT_OK && p) {
            if (!count++ && bert_example_parse(&ex, p, n, NULL, &err) == BERT_OK && (ids = bert_example_find(&ex, "input_ids")) != NULL) length = ids->count;
        }
        bert_example_free(&ex);
        bert_records_close(r);
        if (!count || !length) TEST_FAIL("%s", err.message[0] ? err.message : "no record, or no input_ids");
        snprintf(data, sizeof data, "%s/classifier/data", place->root);
        for (i = 0; bert_dataset_name((size_t)i) && length; i++) {                   /* which task it was is not recorded: of those with so many examples one must agree */
            bert_tokenizer_desc td;
            bert_tokenizer *tok;
            bert_dataset_desc d;
            bert_dataset *set = NULL;
            int64_t written = 0;
            char vocab[1200];
            if (!golden_task_data(data, bert_dataset_name((size_t)i), dir, sizeof dir)) continue;
            snprintf(vocab, sizeof vocab, "%s/model/vocab.txt", place->root);
            td = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, 0);
            if ((tok = golden_tokenizer(&td)) == NULL) break;
            memset(&d, 0, sizeof d);
            d.task = bert_dataset_name((size_t)i);
            d.data_dir = dir;
            d.split = k ? BERT_SPLIT_TEST : BERT_SPLIT_DEV;
            if (bert_dataset_open(&d, &set) == BERT_OK && bert_dataset_write_records(set, tok, length, 1, "golden_tasks.tmp", &written, &err) == BERT_OK && written == count) {
                const long failures = test_now.failures;
                char why[sizeof test_now.why];
                memcpy(why, test_now.why, sizeof why);
                tried++;
                golden_same_records("golden_tasks.tmp", path);
                same += test_now.failures == failures;
                test_now.failures = failures;                           /* another task may agree */
                memcpy(test_now.why, why, sizeof why);
            }
            bert_dataset_close(set);
            bert_tokenizer_close(tok);
            remove("golden_tasks.tmp");
        }
        if (length && same != 1) TEST_FAIL("of %ld tasks with %ld examples %ld agree", tried, count, same);
        test_leave();
    }
}

/* ---- hf/ner: words and labels ---- */

/* An array of texts as labels; free() it. The texts stay in the document. */
static const char **golden_label_names(const bert_json *list, size_t *count)
{
    const char **names = (const char **)malloc((list ? list->count + 1 : 1) * sizeof *names);
    const bert_json *v;
    if (!names) abort();
    *count = 0;
    for (v = list ? list->first : NULL; v; v = v->next) names[(*count)++] = v->text;
    return names;
}
/* Arrays for bert_ner_encode, in one block. */
static bert_ner_features golden_ner_arrays(size_t length, int32_t **memory)
{
    bert_ner_features f;
    memset(&f, 0, sizeof f);
    *memory = (int32_t *)malloc(length * 5 * sizeof **memory);
    if (!*memory) abort();
    f.input_ids = *memory;
    f.input_mask = *memory + length;
    f.segment_ids = *memory + 2 * length;
    f.label_ids = *memory + 3 * length;
    f.words = *memory + 4 * length;
    return f;
}
/* Is this the sentence? */
static int golden_same_sentence(const bert_ner_sentence *s, const bert_json *words, const bert_json *tags)
{
    size_t i;
    if (!words || !tags || words->count != s->count || tags->count != s->count) return 0;
    for (i = 0, words = words->first, tags = tags->first; i < s->count; i++, words = words->next, tags = tags->next)
        if (words->size != s->sizes[i] || memcmp(words->text, s->words[i], s->sizes[i]) || tags->size != s->labels[i].size || memcmp(tags->text, s->labels[i].data, tags->size)) return 0;
    return 1;
}
/* Small integers, null as -1. */
static void golden_ner_ints(const int32_t *have, size_t count, const bert_json *want, const char *what, long line)
{
    const bert_json *v = want ? want->first : NULL;
    size_t i;
    for (i = 0; v && i < count && (v->type == 'n' ? -1 : golden_int(v, -1000)) == have[i]; v = v->next) i++;
    if (!want || v || i < count) TEST_FAIL("line %ld: %s[%lu] differs", line, what, (unsigned long)i);
}
/* Each sentence that the robust reader finds in a file is in a line of the .jsonl. */
static void golden_ner_sentences(const char *jsonl, const char *file)
{
    bert_ner_desc d;
    bert_ner *r = NULL;
    bert_ner_sentence s;
    bert_error err;
    golden_lines l;
    int got = 1;
    long count = 0;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.path = file;
    d.error = &err;
    if (bert_ner_open(&d, &r) != BERT_OK) { TEST_FAIL("%s", err.message); return; }
    while (bert_ner_next(r, &s, &got, &err) == BERT_OK && got) {
        int found = 0;
        if (!golden_open(&l, jsonl)) break;
        while (!found && golden_next(&l)) found = golden_same_sentence(&s, bert_json_get(l.root, "words"), bert_json_get(l.root, "tags"));
        golden_close(&l);
        if (!found) TEST_FAIL("the sentence from line %ld of %s is not recorded", (long)s.line, file);
        count++;
    }
    if (got || !count) TEST_FAIL("%s: %s", file, got ? err.message : "no sentence");
    bert_ner_close(r);
}
/* hf_alignment_*.jsonl: sentences of the file beside it, aligned. */
static void golden_ner_alignment(const golden_place *place, const char *name)
{
    char path[1200], vocab[1100], file[1200] = "";
    bert_tokenizer_desc td;
    bert_tokenizer *tok = NULL;
    golden_lines l;
    golden_names names;
    const char **labels = NULL;
    char **label_copies = NULL;
    char language[32];
    size_t label_count = 0, i, lines = 0;
    bert_error err;
    memset(&err, 0, sizeof err);
    if (!golden_open(&l, golden_path(path, sizeof path, place->dir, name))) return;
    if (!golden_next(&l)) { TEST_FAIL("the file is empty"); golden_close(&l); return; }
    snprintf(language, sizeof language, "%s", bert_json_get(l.root, "vocab") ? bert_json_get(l.root, "vocab")->text : "en");
    labels = golden_label_names(bert_json_get(l.root, "labels"), &label_count);
    label_copies = (char **)calloc(label_count + 1, sizeof *label_copies);
    if (!label_copies) abort();
    for (i = 0; i < label_count; i++) {                                 /* the document goes with the next line */
        label_copies[i] = (char *)malloc(strlen(labels[i]) + 1);
        if (!label_copies[i]) abort();
        labels[i] = strcpy(label_copies[i], labels[i]);
    }
    if (!golden_vocab(place, language, vocab, sizeof vocab)) { test_skip("the vocabulary is not here"); goto done; }
    td = golden_desc(vocab, BERT_TOKENIZER_HF, golden_is_cased(name));
    if ((tok = golden_tokenizer(&td)) == NULL) goto done;
    names = golden_list(place->dir);
    for (i = 0; i < names.count; i++)
        if (golden_starts(names.name[i], language) && names.name[i][strlen(language)] == '.') golden_path(file, sizeof file, place->dir, names.name[i]);
    golden_names_free(&names);
    while (golden_next(&l)) {
        const bert_json *words = bert_json_get(l.root, "words"), *tags = bert_json_get(l.root, "tags"), *v;
        const size_t length = (size_t)golden_int(bert_json_get(l.root, "max_length"), 0), count = words ? words->count : 0;
        const char **word = (const char **)malloc((count + 1) * sizeof *word);
        size_t *sizes = (size_t *)malloc((count + 1) * sizeof *sizes);
        bert_bytes *tag = (bert_bytes *)malloc((count + 1) * sizeof *tag);
        bert_ner_sentence s;
        bert_ner_features f;
        int32_t *memory;
        int k;
        if (!word || !sizes || !tag) abort();
        for (i = 0, v = words ? words->first : NULL; v; v = v->next, i++) { word[i] = v->text; sizes[i] = v->size; }
        for (i = 0, v = tags ? tags->first : NULL; v && i < count; v = v->next, i++) { tag[i].data = v->text; tag[i].size = v->size; }
        memset(&s, 0, sizeof s);
        s.words = word;
        s.sizes = sizes;
        s.labels = tag;
        s.count = count;
        f = golden_ner_arrays(length ? length : 1, &memory);
        for (k = 0; k < 2; k++) {
            if (bert_ner_encode(tok, &s, labels, label_count, k ? BERT_NER_ALL : BERT_NER_FIRST, length, &f, &err) != BERT_OK) { TEST_FAIL("line %ld: %s", (long)l.number, err.message); break; }
            golden_ner_ints(f.input_ids, length, bert_json_get(l.root, "input_ids"), "input_ids", (long)l.number);
            golden_ner_ints(f.input_mask, length, bert_json_get(l.root, "attention_mask"), "attention_mask", (long)l.number);
            golden_ner_ints(f.words, length, bert_json_get(l.root, "word_ids"), "word_ids", (long)l.number);
            golden_ner_ints(f.label_ids, length, bert_json_get(l.root, k ? "labels_all_subtokens" : "labels_first_subtoken"), "labels", (long)l.number);
        }
        free(memory);
        free(word);
        free(sizes);
        free(tag);
        lines++;
    }
    CHECK(lines > 0);
    if (*file) golden_ner_sentences(path, file);
done:
    for (i = 0; i < label_count; i++) free(label_copies[i]);
    free(label_copies);
    free(labels);
    bert_tokenizer_close(tok);
    golden_close(&l);
}
/* Words or labels with blanks between them. */
static int golden_joined(const bert_ner_sentence *s, int labels, const bert_json *want)
{
    size_t i, at = 0;
    if (!want) return 0;
    for (i = 0; i < s->count; i++) {
        const char *p = labels ? s->labels[i].data : s->words[i];
        const size_t n = labels ? s->labels[i].size : s->sizes[i];
        if (i && (at >= want->size || want->text[at++] != ' ')) return 0;
        if (want->size - at < n || memcmp(want->text + at, p, n)) return 0;
        at += n;
    }
    return at == want->size;
}
/* One text or file of nezha.json. */
static void golden_nezha_case(const bert_tokenizer *tok, const bert_json *item, const char *file, const char *const *labels, size_t label_count)
{
    const bert_json *text = bert_json_get(item, "text"), *lines = bert_json_get(item, "lines"), *line = lines ? lines->first : NULL, *v;
    const int must_fail = bert_json_get(item, "read_error") != NULL;
    bert_ner_desc d;
    bert_ner *r = NULL;
    bert_ner_sentence s;
    bert_error err;
    int got = 1;
    int64_t index = 0;
    bert_status st;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.reader = BERT_NER_NEZHA;
    d.error = &err;
    if (text) { d.data = text->text; d.size = text->size; }
    else d.path = file;
    if (bert_ner_open(&d, &r) != BERT_OK) { TEST_FAIL("%s", err.message); return; }
    while ((st = bert_ner_next(r, &s, &got, &err)) == BERT_OK && got) {
        if (!must_fail) {
            if (!line) { TEST_FAIL("sentence %ld is one too many", (long)index); break; }
            if (!golden_joined(&s, 0, bert_json_get(line, "words")) || !golden_joined(&s, 1, bert_json_get(line, "labels"))) TEST_FAIL("sentence %ld differs", (long)index);
            line = line->next;
        }
        for (v = bert_json_get(item, "features") ? bert_json_get(item, "features")->first : NULL; v; v = v->next) {
            const size_t length = (size_t)golden_int(bert_json_get(v, "max_seq_length"), 0);
            bert_ner_features f;
            int32_t *memory;
            if (golden_int(bert_json_get(v, "example"), -1) != index) continue;
            f = golden_ner_arrays(length ? length : 1, &memory);
            st = bert_ner_encode(tok, &s, labels, label_count, BERT_NER_TOKENS_NEZHA, length, &f, &err);
            if (bert_json_get(v, "error")) {
                if (st != BERT_ERROR_FORMAT) TEST_FAIL("example %ld: accepted", (long)index);
            } else if (st != BERT_OK) {
                TEST_FAIL("example %ld: %s", (long)index, err.message);
            } else {
                golden_ner_ints(f.input_ids, length, bert_json_get(v, "input_ids"), "input_ids", (long)index);
                golden_ner_ints(f.input_mask, length, bert_json_get(v, "input_mask"), "input_mask", (long)index);
                golden_ner_ints(f.segment_ids, length, bert_json_get(v, "segment_ids"), "segment_ids", (long)index);
                golden_ner_ints(f.label_ids, length, bert_json_get(v, "label_id"), "label_id", (long)index);
            }
            free(memory);
        }
        index++;
    }
    if (must_fail) CHECK(st == BERT_ERROR_FORMAT && err.message[0]);
    else if (st != BERT_OK || got || line) TEST_FAIL("%s", got && err.message[0] ? err.message : "there are fewer sentences than recorded");
    bert_ner_close(r);
}
static void golden_ner_nezha(const golden_place *place, const char *name)
{
    char path[1200], vocab[1100], file[1200];
    const char *labels[256];
    size_t label_count = 0, i;
    bert_tokenizer_desc td;
    bert_tokenizer *tok = NULL;
    golden_lines l;
    const bert_json *v, *q;
    golden_path(path, sizeof path, place->dir, name);
    if (!golden_vocab(place, "zh", vocab, sizeof vocab)) {
        golden_skip(place->label, "the Chinese vocabulary is not here");
        return;
    }
    td = golden_desc(vocab, BERT_TOKENIZER_GOOGLE, golden_is_cased(name));
    if (!test_enter("%s/%s", place->label, name)) return;
    if (!golden_whole(&l, path)) { test_leave(); return; }
    for (v = bert_json_get(l.root, "label_map") ? bert_json_get(l.root, "label_map")->first : NULL; v; v = v->next) {
        const int64_t id = golden_int(v, 0);
        if (id < 1 || id > 255) continue;
        while (label_count < (size_t)id) labels[label_count++] = "";
        labels[id - 1] = v->key;
    }
    for (i = 0; i < label_count; i++) CHECK(*labels[i]);                /* the ids have no holes */
    CHECK(label_count > 0);
    test_leave();
    for (v = l.root->first; v; v = v->next) {
        if (v->type != 'o' || (!bert_json_get(v, "lines") && strcmp(v->key, "quirks"))) continue;
        for (q = strcmp(v->key, "quirks") ? v : v->first; q; q = q == v ? NULL : q->next) {
            if (!test_enter("%s/%s: %s", place->label, name, q->key)) continue;
            if (!tok) tok = golden_tokenizer(&td);
            golden_path(file, sizeof file, place->dir, q->key);
            if (tok) golden_nezha_case(tok, q, file, labels, label_count);
            test_leave();
        }
    }
    bert_tokenizer_close(tok);
    golden_close(&l);
}
static void golden_ner_seqeval(const golden_place *place, const char *name);

static void golden_hf_ner(const golden_place *place)
{
    golden_names names = golden_list(place->dir);
    size_t i;
    for (i = 0; i < names.count; i++) {
        const char *name = names.name[i];
        if (golden_starts(name, "hf_alignment") && golden_ends(name, ".jsonl") && test_enter("%s/%s", place->label, name)) {
            golden_ner_alignment(place, name);
            test_leave();
        }
        if (golden_starts(name, "nezha") && golden_ends(name, ".json")) golden_ner_nezha(place, name);
        if (golden_starts(name, "seqeval") && golden_ends(name, ".json")) golden_ner_seqeval(place, name);
    }
    golden_names_free(&names);
}

/* ---- hf/eval/glue_metrics.json, hf/ner/seqeval.json: at 1e-9 ---- */

/* A number, or null for NaN. */
static void golden_score(const char *what, double have, const bert_json *want)
{
    double w;
    if (!want) { TEST_FAIL("%s is not recorded", what); return; }
    if (want->type == 'n') { if (!test_is_nan(have)) TEST_FAIL("%s is %.12g, recorded is null", what, have); return; }
    if (!bert_json_double(want, &w) || !(fabs(have - w) <= 1e-9 * (fabs(w) > 1 ? fabs(w) : 1))) TEST_FAIL("%s is %.12g, recorded is %.*s", what, have, (int)want->size, want->text);
}
static void golden_score_list(const char *what, const double *have, size_t count, const bert_json *want)
{
    const bert_json *v = want ? want->first : NULL;
    size_t i;
    for (i = 0; v && i < count; v = v->next, i++) golden_score(what, have[i], v);
    if (!want || v || i < count) TEST_FAIL("%s: %lu numbers", what, (unsigned long)count);
}
static void golden_classification(const bert_json *item)
{
    const bert_json *labels = bert_json_get(item, "labels"), *preds = bert_json_get(item, "preds"), *want = bert_json_get(item, "expected"), *v, *w, *row;
    const size_t n = (size_t)golden_int(bert_json_get(item, "classes"), 0), count = labels ? labels->count : 0;
    int64_t *confusion = (int64_t *)calloc(n * n + 1, sizeof *confusion), *support = (int64_t *)calloc(n + 1, sizeof *support);
    double *precision = (double *)calloc(3 * n + 1, sizeof *precision), *recall = precision + n, *f1 = recall + n;
    bert_class_metrics m;
    bert_error err;
    size_t i, k;
    memset(&m, 0, sizeof m);
    memset(&err, 0, sizeof err);
    if (!confusion || !support || !precision) abort();
    for (i = 0, v = labels ? labels->first : NULL, w = preds ? preds->first : NULL; v && w; v = v->next, w = w->next, i++) {
        const int32_t label = (int32_t)golden_int(v, -1), prediction = (int32_t)golden_int(w, -1);
        if (bert_confusion_add(confusion, (int32_t)n, &label, &prediction, 1, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
    }
    CHECK_INT(i, count);
    m.precision = precision;
    m.recall = recall;
    m.f1 = f1;
    m.support = support;
    if (bert_confusion_metrics(confusion, (int32_t)n, &m, &err) != BERT_OK) {
        TEST_FAIL("%s", err.message);
    } else {
        for (v = want ? want->first : NULL; v; v = v->next) {
            if (strcmp(v->key, "accuracy") == 0 || strcmp(v->key, "f1_micro") == 0) golden_score(v->key, m.accuracy, v);
            else if (strcmp(v->key, "matthews") == 0) golden_score(v->key, m.matthews, v);
            else if (strcmp(v->key, "f1_macro") == 0) golden_score(v->key, m.f1_macro, v);
            else if (strcmp(v->key, "f1_weighted") == 0) golden_score(v->key, m.f1_weighted, v);
            else if (strcmp(v->key, "precision") == 0) golden_score_list(v->key, precision, n, v);
            else if (strcmp(v->key, "recall") == 0) golden_score_list(v->key, recall, n, v);
            else if (strcmp(v->key, "f1") == 0) golden_score_list(v->key, f1, n, v);
            else if (strcmp(v->key, "f1_binary_pos1") == 0) golden_score(v->key, n > 1 ? f1[1] : 0, v);
            else if (strcmp(v->key, "acc_and_f1") == 0) golden_score(v->key, n > 1 ? (m.accuracy + f1[1]) / 2 : 0, v);
            else if (strcmp(v->key, "support") == 0) {
                double d[64];
                for (i = 0; i < n && i < 64; i++) d[i] = (double)support[i];
                golden_score_list(v->key, d, n, v);
            } else if (strcmp(v->key, "confusion") == 0) {
                for (i = 0, row = v->first; row && i < n; row = row->next, i++)
                    for (k = 0, w = row->first; w && k < n; w = w->next, k++) CHECK_INT(confusion[i * n + k], golden_int(w, -1));
                CHECK_INT(v->count, n);
            } else {
                TEST_FAIL("%s is recorded, and not computed here", v->key);
            }
        }
        CHECK(want && want->count > 3);
    }
    free(confusion);
    free(support);
    free(precision);
}
static void golden_regression(const bert_json *item)
{
    const bert_json *labels = bert_json_get(item, "labels"), *preds = bert_json_get(item, "preds"), *want = bert_json_get(item, "expected"), *v;
    const size_t count = labels ? labels->count : 0;
    double *x = (double *)calloc(count + 1, sizeof *x), *y = (double *)calloc(count + 1, sizeof *y);
    bert_correlations c;
    bert_error err;
    size_t i;
    if (!x || !y) abort();
    memset(&err, 0, sizeof err);
    for (i = 0, v = labels ? labels->first : NULL; v; v = v->next) CHECK(bert_json_double(v, &x[i++]));
    for (i = 0, v = preds ? preds->first : NULL; v && i < count; v = v->next) CHECK(bert_json_double(v, &y[i++]));
    if (bert_correlate(x, y, count, NULL, &c, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    else for (v = want ? want->first : NULL; v; v = v->next) {
        if (strcmp(v->key, "pearson") == 0) golden_score(v->key, c.pearson, v);
        else if (strcmp(v->key, "spearman") == 0) golden_score(v->key, c.spearman, v);
        else if (strcmp(v->key, "kendall_tau_b") == 0) golden_score(v->key, c.kendall, v);
        else if (strcmp(v->key, "mse") == 0) golden_score(v->key, c.mse, v);
        else if (strcmp(v->key, "corr") == 0) golden_score(v->key, (c.pearson + c.spearman) / 2, v);
        else TEST_FAIL("%s is recorded, and not computed here", v->key);
    }
    CHECK(want && want->count > 2);
    free(x);
    free(y);
}
static void golden_hf_glue(const golden_place *place)
{
    char path[1200];
    golden_lines l;
    const bert_json *v;
    bert_error err;
    if (!golden_is_file(golden_path(path, sizeof path, place->dir, "glue_metrics.json"))) {
        golden_skip(place->label, "glue_metrics.json is not here");
        return;
    }
    memset(&l, 0, sizeof l);
    memset(&err, 0, sizeof err);
    if (bert_file_open(path, NULL, &l.file, &err) != BERT_OK || bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, &err) != BERT_OK || !bert_json_get(l.doc.root, "cases")) {
        if (test_enter("%s/glue_metrics.json", place->label)) { TEST_FAIL("no cases: %s", err.message); test_leave(); }
        golden_close(&l);
        return;
    }
    for (v = bert_json_get(l.doc.root, "cases")->first; v; v = v->next) {
        const bert_json *name = bert_json_get(v, "name");
        if (!test_enter("%s/glue_metrics.json: %s", place->label, name ? name->text : "")) continue;
        if (bert_json_is(bert_json_get(v, "kind"), "regression")) golden_regression(v);
        else golden_classification(v);
        test_leave();
    }
    golden_close(&l);
}

/* A sentence of tags; free() it. The texts stay in the document. */
static bert_bytes *golden_tags(const bert_json *list)
{
    bert_bytes *tags = (bert_bytes *)malloc((list->count + 1) * sizeof *tags);
    const bert_json *v;
    size_t i = 0;
    if (!tags) abort();
    for (v = list->first; v; v = v->next, i++) { tags[i].data = v->text; tags[i].size = v->size; }
    return tags;
}
static void golden_seqeval_average(const bert_json *want, const char *name, double precision, double recall, double f1, double support)
{
    const bert_json *v = bert_json_get(want, name);
    char what[100];
    snprintf(what, sizeof what, "%s precision", name);
    golden_score(what, precision, bert_json_get(v, "precision"));
    snprintf(what, sizeof what, "%s recall", name);
    golden_score(what, recall, bert_json_get(v, "recall"));
    snprintf(what, sizeof what, "%s f1", name);
    golden_score(what, f1, bert_json_get(v, "f1-score"));
    snprintf(what, sizeof what, "%s support", name);
    golden_score(what, support, bert_json_get(v, "support"));
}
/* The scores of one mode of a case. */
static void golden_seqeval_mode(const bert_json *item, const bert_json *want, bert_tag_scheme scheme)
{
    const bert_json *t = bert_json_get(item, "y_true"), *p = bert_json_get(item, "y_pred"), *report = bert_json_get(want, "report"), *v;
    bert_entity_scores *scores = NULL;
    bert_entity_metrics m;
    bert_error err;
    size_t i;
    memset(&err, 0, sizeof err);
    if (!want || !t || !p || bert_entity_scores_open(scheme, NULL, &scores, &err) != BERT_OK) { TEST_FAIL("not complete %s", err.message); return; }
    for (t = t->first, p = p->first; t && p; t = t->next, p = p->next) {
        bert_bytes *a = golden_tags(t), *b = golden_tags(p);
        CHECK_INT(p->count, t->count);
        if (t->count == p->count && bert_entity_scores_add(scores, a, b, t->count, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        free(a);
        free(b);
    }
    if (bert_entity_scores_result(scores, &m, &err) != BERT_OK) {
        TEST_FAIL("%s", err.message);
    } else {
        golden_score("precision", m.precision, bert_json_get(want, "precision"));
        golden_score("recall", m.recall, bert_json_get(want, "recall"));
        golden_score("f1", m.f1, bert_json_get(want, "f1"));
        golden_score("f1_macro", m.macro_f1, bert_json_get(want, "f1_macro"));
        golden_score("accuracy", m.accuracy, bert_json_get(want, "accuracy"));
        golden_seqeval_average(report, "micro avg", m.precision, m.recall, m.f1, (double)m.support);
        golden_seqeval_average(report, "macro avg", m.macro_precision, m.macro_recall, m.macro_f1, (double)m.support);
        golden_seqeval_average(report, "weighted avg", m.weighted_precision, m.weighted_recall, m.weighted_f1, (double)m.support);
        for (i = 0, v = report ? report->first : NULL; v && i < m.type_count; v = v->next, i++) {
            CHECK_STR(m.types[i].type, v->key);
            golden_seqeval_average(report, m.types[i].type, m.types[i].precision, m.types[i].recall, m.types[i].f1, (double)m.types[i].support);
        }
        CHECK_INT(report ? report->count : 0, m.type_count + 3);
    }
    bert_entity_scores_close(scores);
}
/* Entities of each sentence: [[type, first, last], ...] */
static void golden_seqeval_entities(const bert_json *sentences, const bert_json *want)
{
    const bert_json *s, *w, *e;
    if (!sentences || !want) { TEST_FAIL("no entities are recorded"); return; }
    CHECK_INT(want->count, sentences->count);
    for (s = sentences->first, w = want->first; s && w; s = s->next, w = w->next) {
        bert_bytes *tags = golden_tags(s);
        bert_entity *found = (bert_entity *)malloc((s->count + 1) * sizeof *found);
        size_t n = 0, i;
        bert_error err;
        if (!found) abort();
        memset(&err, 0, sizeof err);
        if (bert_entities(tags, s->count, BERT_TAGS_LENIENT, found, s->count, &n, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        CHECK_INT(n, w->count);
        for (i = 0, e = w->first; e && i < n; e = e->next, i++) {
            const bert_json *type = e->first, *begin = type ? type->next : NULL;
            if (!begin || !begin->next || type->size != found[i].type_size || memcmp(type->text, found[i].type, type->size) || golden_int(begin, -1) != (int64_t)found[i].begin ||
                golden_int(begin->next, -1) != (int64_t)found[i].end - 1) TEST_FAIL("entity %lu differs", (unsigned long)i);
        }
        free(found);
        free(tags);
    }
}
static void golden_ner_seqeval(const golden_place *place, const char *name)
{
    static const char *const schemes[] = { "IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU" };
    char path[1200];
    golden_lines l;
    const bert_json *v;
    bert_error err;
    golden_path(path, sizeof path, place->dir, name);
    memset(&l, 0, sizeof l);
    memset(&err, 0, sizeof err);
    if (bert_file_open(path, NULL, &l.file, &err) != BERT_OK || bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, &err) != BERT_OK || !bert_json_get(l.doc.root, "cases")) {
        if (test_enter("%s/%s", place->label, name)) { TEST_FAIL("no cases: %s", err.message); test_leave(); }
        golden_close(&l);
        return;
    }
    for (v = bert_json_get(l.doc.root, "cases")->first; v; v = v->next) {
        const bert_json *title = bert_json_get(v, "name"), *strict = bert_json_get(v, "strict");
        int k = 0;
        if (!test_enter("%s/%s: %s", place->label, name, title ? title->text : "")) continue;
        golden_seqeval_mode(v, bert_json_get(v, "default_mode"), BERT_TAGS_LENIENT);
        while (k < 6 && !bert_json_is(bert_json_get(strict, "scheme"), schemes[k])) k++;
        if (k == 6) TEST_FAIL("the scheme is not known");
        else golden_seqeval_mode(v, strict, (bert_tag_scheme)(k + 1));
        golden_seqeval_entities(bert_json_get(v, "y_true"), bert_json_get(v, "entities_true"));
        golden_seqeval_entities(bert_json_get(v, "y_pred"), bert_json_get(v, "entities_pred"));
        test_leave();
    }
    golden_close(&l);
}

#endif
