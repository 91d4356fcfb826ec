/* golden_squad.h - the goldens of reading comprehension: google/squad, google/eval_squad_*, hf/eval
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef GOLDEN_SQUAD_H
#define GOLDEN_SQUAD_H

int hook_nltk(const char *text, size_t size, char *out, size_t capacity, size_t *n);     /* hooks/squad.c */

/* ---- what every case of google/squad needs ---- */

typedef struct golden_squad_settings {
    golden_lines info;
    const bert_json *root;
    int64_t length, stride, query, n_best, longest;
    int lower;
    bert_tokenizer *tok;
} golden_squad_settings;

static int golden_squad_begin(golden_squad_settings *s, const char *dir, const char *root)
{
    char path[1300];
    bert_tokenizer_desc d;
    const bert_json *v;
    memset(s, 0, sizeof *s);
    golden_path(path, sizeof path, dir, "info.json");
    if (!golden_whole(&s->info, path)) return 0;
    s->root = s->info.root;
    s->length = golden_int(bert_json_get(s->root, "max_seq_length"), 0);
    s->stride = golden_int(bert_json_get(s->root, "doc_stride"), 0);
    s->query = golden_int(bert_json_get(s->root, "max_query_length"), 0);
    s->n_best = golden_int(bert_json_get(s->root, "n_best_size"), 0);
    s->longest = golden_int(bert_json_get(s->root, "max_answer_length"), 0);
    v = bert_json_get(s->root, "do_lower_case");
    s->lower = v && v->type == 't';
    CHECK(s->length > 0 && s->stride > 0 && s->query > 0 && s->n_best > 0 && s->longest > 0 && v);
    golden_path(path, sizeof path, root, "model/vocab.txt");
    d = golden_desc(path, BERT_TOKENIZER_GOOGLE, !s->lower);
    s->tok = golden_tokenizer(&d);
    if (s->tok && !test_now.failures) return 1;
    bert_tokenizer_close(s->tok);
    golden_close(&s->info);
    return 0;
}
static void golden_squad_end(golden_squad_settings *s)
{
    bert_tokenizer_close(s->tok);
    golden_close(&s->info);
}
static bert_squad *golden_squad_open(const char *path, int training, int version_2)
{
    bert_squad_desc d;
    bert_squad *squad = NULL;
    bert_error err;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.path = path;
    d.training = training;
    d.version_2 = version_2;
    d.error = &err;
    if (bert_squad_open(&d, &squad) != BERT_OK) TEST_FAIL("%s", err.message);
    return squad;
}
static bert_squad_features *golden_squad_features(const golden_squad_settings *s, const bert_squad *squad)
{
    bert_squad_features_desc d;
    bert_squad_features *f = NULL;
    bert_error err;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.squad = squad;
    d.tokenizer = s->tok;
    d.max_seq_length = s->length;
    d.doc_stride = s->stride;
    d.max_query_length = s->query;
    d.error = &err;
    if (bert_squad_features_open(&d, &f) != BERT_OK) TEST_FAIL("%s", err.message);
    return f;
}
/* A feature with all columns; free() ids, which is the block of all. */
static void golden_squad_columns(bert_squad_feature *f, int64_t length)
{
    int32_t *block = (int32_t *)malloc((size_t)length * 17);
    if (!block) abort();
    memset(f, 0, sizeof *f);
    memset(block, 0x55, (size_t)length * 17);
    f->ids = block;
    f->mask = block + length;
    f->segment_ids = block + 2 * length;
    f->words = block + 3 * length;
    f->max_context = (uint8_t *)(block + 4 * length);
}

/* ---- one value against another ---- */

static int golden_same_string(const bert_json *want, const char *text, size_t size)
{
    return want && want->type == 's' && want->size == size && (!size || memcmp(want->text, text, size) == 0);
}
static int golden_same_int(const bert_json *want, int64_t have, int64_t null)
{
    int64_t v;
    return want && (want->type == 'n' ? have == null : bert_json_int(want, &v) && v == have);
}
static int golden_same_flag(const bert_json *want, int have) { return want && (want->type == 't' || want->type == 'f') && (want->type == 't') == (have != 0); }
static void golden_member(int same, const char *what, int64_t which) { if (!same) TEST_FAIL("%s of number %ld differs", what, (long)which); }

/* ---- examples ---- */

static void golden_squad_examples(const char *path, const bert_squad *squad, int training)
{
    golden_lines l;
    int64_t i, k;
    if (!golden_open(&l, path)) return;
    for (i = 0; golden_next(&l); i++) {
        const bert_squad_question *q = bert_squad_get(squad, i);
        const bert_json *v = bert_json_get(l.root, "doc_tokens");
        if (!q) { TEST_FAIL("there are only %ld questions", (long)i); break; }
        CHECK_INT(l.root->count, 7);
        golden_member(golden_same_string(bert_json_get(l.root, "qas_id"), q->id.text, q->id.size), "qas_id", i);
        golden_member(golden_same_string(bert_json_get(l.root, "question_text"), q->question.text, q->question.size), "question_text", i);
        golden_member(v && (int64_t)v->count == q->word_count, "the number of doc_tokens", i);
        for (v = v ? v->first : NULL, k = 0; v && k < q->word_count; v = v->next, k++) golden_member(golden_same_string(v, q->words[k].text, q->words[k].size), "doc_tokens", i);
        v = bert_json_get(l.root, "orig_answer_text");
        golden_member(v && (v->type == 'n' ? !training && !q->answer.text : golden_same_string(v, q->answer.text, q->answer.size)), "orig_answer_text", i);
        golden_member(golden_same_int(bert_json_get(l.root, "start_position"), q->start, -1), "start_position", i);
        golden_member(golden_same_int(bert_json_get(l.root, "end_position"), q->end, -1), "end_position", i);
        golden_member(golden_same_flag(bert_json_get(l.root, "is_impossible"), q->impossible), "is_impossible", i);
        if (test_now.failures > 20) break;
    }
    CHECK(i > 0);
    CHECK_INT(bert_squad_count(squad), i);
    golden_close(&l);
}

/* ---- features ---- */

static void golden_squad_ints(const bert_json *want, const int32_t *have, int64_t count, const char *what, int64_t which)
{
    const bert_json *v = want ? want->first : NULL;
    int64_t k;
    golden_member(want && want->type == 'a' && (int64_t)want->count == count, what, which);
    for (k = 0; v && k < count; v = v->next, k++)
        if (!golden_same_int(v, have[k], 0)) { TEST_FAIL("%s[%ld] of number %ld is %ld", what, (long)k, (long)which, (long)have[k]); return; }
}
static void golden_squad_feature(const golden_squad_settings *s, const bert_json *want, const bert_squad_feature *f, int64_t which)
{
    const bert_json *v;
    int64_t k, row, n = 0;
    CHECK_INT(want->count, 12);
    golden_member(golden_same_int(bert_json_get(want, "unique_id"), f->unique_id, 0), "unique_id", which);
    golden_member(golden_same_int(bert_json_get(want, "example_index"), f->example_index, 0), "example_index", which);
    golden_member(golden_same_int(bert_json_get(want, "doc_span_index"), f->window, 0), "doc_span_index", which);
    golden_squad_ints(bert_json_get(want, "input_ids"), f->ids, s->length, "input_ids", which);
    golden_squad_ints(bert_json_get(want, "input_mask"), f->mask, s->length, "input_mask", which);
    golden_squad_ints(bert_json_get(want, "segment_ids"), f->segment_ids, s->length, "segment_ids", which);
    golden_member(golden_same_int(bert_json_get(want, "start_position"), f->start, -1), "start_position", which);
    golden_member(golden_same_int(bert_json_get(want, "end_position"), f->end, -1), "end_position", which);
    golden_member(golden_same_flag(bert_json_get(want, "is_impossible"), f->impossible), "is_impossible", which);
    v = bert_json_get(want, "tokens");
    golden_member(v && (int64_t)v->count == f->tokens, "the number of tokens", which);
    for (v = v ? v->first : NULL, k = 0; v && k < f->tokens; v = v->next, k++) {
        size_t size;
        const char *token = bert_tokenizer_token(s->tok, f->ids[k], &size);
        golden_member(token && golden_same_string(v, token, size), "tokens", which);
    }
    for (row = 0; row < s->length; row++) n += f->words[row] >= 0;
    v = bert_json_get(want, "token_to_orig_map");
    golden_member(v && (int64_t)v->count == n, "the size of token_to_orig_map", which);
    for (v = v ? v->first : NULL; v; v = v->next) {
        row = strtol(v->key, NULL, 10);
        golden_member(row >= 0 && row < s->length && golden_same_int(v, f->words[row], -1), "token_to_orig_map", which);
    }
    v = bert_json_get(want, "token_is_max_context");
    golden_member(v && (int64_t)v->count == n, "the size of token_is_max_context", which);
    for (v = v ? v->first : NULL; v; v = v->next) {
        row = strtol(v->key, NULL, 10);
        golden_member(row >= 0 && row < s->length && golden_same_flag(v, f->max_context[row]), "token_is_max_context", which);
    }
}
static void golden_squad_all_features(const golden_squad_settings *s, const char *path, const bert_squad *squad)
{
    bert_squad_features *features = golden_squad_features(s, squad);
    bert_squad_feature f;
    golden_lines l;
    int64_t i;
    if (!features) return;
    if (golden_open(&l, path)) {
        golden_squad_columns(&f, s->length);
        for (i = 0; golden_next(&l) && test_now.failures < 20; i++) {
            if (bert_squad_features_next(features, &f) != BERT_OK || !f.tokens) { TEST_FAIL("there are only %ld features", (long)i); break; }
            golden_squad_feature(s, l.root, &f, i);
        }
        CHECK(i > 0);
        if (!test_now.failures) CHECK(bert_squad_features_next(features, &f) == BERT_OK && f.tokens == 0);
        free(f.ids);
        golden_close(&l);
    }
    bert_squad_features_close(features);
}
/* A tf_record: what FeatureWriter wrote of each feature. Ours is written, and each example of both compared, feature by feature. */
static void golden_squad_records(const golden_squad_settings *s, const char *path, const bert_squad *squad, int training)
{
    static const char *const ours = "golden.tmp.tf_record";
    bert_squad_features *features = golden_squad_features(s, squad);
    bert_squad_feature f;
    bert_record_writer *writer = NULL;
    bert_records_desc d[2];
    bert_records *records[2] = { NULL, NULL };
    bert_example e[2];
    bert_error err;
    int64_t i = 0;
    int k;
    if (!features) return;
    memset(&err, 0, sizeof err);
    memset(d, 0, sizeof d);
    memset(e, 0, sizeof e);
    golden_squad_columns(&f, s->length);
    if (bert_record_writer_open(ours, NULL, &writer, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    while (!test_now.failures && bert_squad_features_next(features, &f) == BERT_OK && f.tokens)
        if (bert_squad_feature_write(writer, &f, s->length, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    if (!test_now.failures && bert_record_writer_commit(writer, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    bert_record_writer_close(writer);
    free(f.ids);
    bert_squad_features_close(features);
    d[0].path = path;
    d[1].path = ours;
    for (k = 0; k < 2; k++) {
        d[k].error = &err;
        if (!test_now.failures && bert_records_open(d + k, records + k) != BERT_OK) TEST_FAIL("%s", err.message);
    }
    for (; !test_now.failures; i++) {
        const void *data[2] = { NULL, NULL };
        size_t size[2] = { 0, 0 }, n, m;
        for (k = 0; k < 2; k++) {
            if (bert_records_next(records[k], data + k, size + k, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
            if (data[k] && bert_example_parse(e + k, data[k], size[k], NULL, &err) != BERT_OK) TEST_FAIL("%s", err.message);
        }
        if (!data[0] != !data[1]) TEST_FAIL("number %ld is in one file only", (long)i);
        if (test_now.failures || !data[0]) break;
        golden_member(e[0].count == e[1].count && e[0].count == (training ? 7u : 4u), "the number of features", i);
        for (n = 0; !test_now.failures && n < e[0].count; n++) {
            const bert_feature *a = e[0].features + n, *b = e[1].features + n;
            golden_member(a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0 && a->type == b->type && a->type == BERT_FEATURE_INT64 && a->count == b->count, "the kind of features", i);
            for (m = 0; !test_now.failures && m < a->count; m++) if (a->ints[m] != b->ints[m]) TEST_FAIL("%.*s[%ld] of number %ld is %ld", (int)a->name_size, a->name, (long)m, (long)i, (long)b->ints[m]);
        }
    }
    CHECK(i > 0);
    for (k = 0; k < 2; k++) { bert_example_free(e + k); bert_records_close(records[k]); }
    remove(ours);
}

/* ---- predictions ---- */

/* Two texts are the same but for numbers, which agree to 1e-12 of themselves and are written alike where they are equal. */
static void golden_same_json(const char *path, const char *have_path)
{
    size_t n = 0, m = 0, i = 0, j = 0;
    char *want = test_read_file(path, &n), *have = test_read_file(have_path, &m);
    int quoted = 0;
    if (!want || !have) TEST_FAIL("%s cannot be read", want ? have_path : path);
    while (want && have && (i < n || j < m)) {
        if (!quoted && i < n && j < m && (want[i] == '-' || (want[i] >= '0' && want[i] <= '9'))) {
            const size_t a = strspn(want + i, "-+.0123456789e"), b = strspn(have + j, "-+.0123456789e");
            double x = 0, y = 1;
            if (!bert_parse_double(want + i, a, &x) || !bert_parse_double(have + j, b, &y) || !(fabs(x - y) <= 1e-12 * fabs(x)) || (x == y && (a != b || memcmp(want + i, have + j, a) != 0))) {
                TEST_FAIL("byte %ld: %.*s, recorded is %.*s", (long)j, (int)b, have + j, (int)a, want + i);
                break;
            }
            i += a;
            j += b;
            continue;
        }
        if (i >= n || j >= m || want[i] != have[j]) { TEST_FAIL("byte %ld: \"%.30s\", recorded is \"%.30s\"", (long)j, have + (j > 10 ? j - 10 : 0), want + (i > 10 ? i - 10 : 0)); break; }
        if (want[i] == '"') quoted = !quoted;
        else if (quoted && want[i] == '\\' && want[i + 1] == have[j + 1]) { i++; j++; }
        i++;
        j++;
    }
    free(want);
    free(have);
}
/* "name number" or "name True" somewhere in a sentence of info.json. */
static const char *golden_said(const char *text, const char *name)
{
    const char *at = text ? strstr(text, name) : NULL;
    return at ? at + strlen(name) + strspn(at + strlen(name), " =:") : NULL;
}
typedef struct golden_variant { int64_t n_best, longest; double threshold; bert_flag lower; const char *logits; } golden_variant;

/* Logits to the three files, compared with those recorded: dir/NAME{predictions,nbest_predictions,null_odds}.json. */
static void golden_squad_predict(const golden_squad_settings *s, const golden_variant *v, const char *logits, const bert_squad *squad, int version_2, const char *dir, const char *name)
{
    static const char *const files[] = { "predictions.json", "nbest_predictions.json", "null_odds.json" }, *const ours[] = { "golden.tmp.p.json", "golden.tmp.n.json", "golden.tmp.o.json" };
    bert_squad_answers_desc d;
    bert_squad_answers *answers = NULL;
    bert_squad_features *features;
    bert_squad_feature f;
    bert_checkpoint_desc cd;
    bert_checkpoint *c = NULL;
    const bert_tensor *t[3] = { NULL, NULL, NULL };
    char path[1300];
    float *x[2] = { NULL, NULL };
    int32_t *unique = NULL;
    bert_error err;
    int64_t i, count;
    int k;
    memset(&cd, 0, sizeof cd);
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    cd.path = logits;
    cd.error = d.error = &err;
    if (bert_checkpoint_open(&cd, &c) != BERT_OK) { TEST_FAIL("%s", err.message); return; }
    for (k = 0; k < 3; k++) {
        static const char *const names[] = { "start_logits", "end_logits", "unique_ids" };
        snprintf(path, sizeof path, "%s%s", k < 2 ? v->logits : "", names[k]);
        t[k] = bert_checkpoint_find(c, path);
        if (!t[k] || t[k]->rank != (k < 2 ? 2 : 1) || t[k]->shape[0] != t[0]->shape[0] || (k < 2 && t[k]->shape[1] != s->length)) { TEST_FAIL("%s has no %s", logits, path); bert_checkpoint_close(c); return; }
    }
    count = t[0]->shape[0];
    d.squad = squad;
    d.tokenizer = s->tok;
    d.n_best = v->n_best;
    d.max_answer_length = v->longest;
    d.version_2 = version_2;
    d.null_score_diff_threshold = v->threshold;
    d.lower_case = v->lower;
    features = golden_squad_features(s, squad);
    for (k = 0; k < 2; k++) if ((x[k] = (float *)malloc((size_t)t[k]->count * sizeof(float))) == NULL || bert_tensor_read(t[k], BERT_F32, x[k], t[k]->count, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    unique = (int32_t *)malloc((size_t)count * sizeof *unique);
    if (!unique || bert_tensor_read(t[2], BERT_I32, unique, count, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    if (bert_squad_answers_open(&d, &answers) != BERT_OK) TEST_FAIL("%s", err.message);
    golden_squad_columns(&f, s->length);
    for (i = 0; !test_now.failures && features && answers && i < count; i++) {
        if (bert_squad_features_next(features, &f) != BERT_OK || !f.tokens) { TEST_FAIL("there are only %ld features", (long)i); break; }
        CHECK_INT(f.unique_id, unique[i]);
        if (bert_squad_answers_add(answers, &f, x[0] + i * s->length, x[1] + i * s->length, s->length, 1) != BERT_OK) TEST_FAIL("%s", err.message);
    }
    if (!test_now.failures) {
        CHECK(bert_squad_features_next(features, &f) == BERT_OK && f.tokens == 0);
        if (bert_squad_answers_finish(answers) != BERT_OK || bert_squad_answers_write(answers, ours[0], ours[1], version_2 ? ours[2] : NULL) != BERT_OK) TEST_FAIL("%s", err.message);
        for (k = 0, count = 0; k < 3; k++) {
            snprintf(path, sizeof path, "%s/%s%s", dir, name, files[k]);
            if (!golden_is_file(path)) continue;
            golden_same_json(path, ours[k]);
            count++;
        }
        CHECK(count >= 2 && (count == 3) == version_2);
        /* a candidate's bytes in the context are its text, but for blanks */
        for (i = 0; i < bert_squad_count(squad); i++) {
            const bert_squad_question *q = bert_squad_get(squad, i);
            const bert_squad_answer *a = bert_squad_answers_get(answers, i);
            for (k = 0; a && k < a->count; k++) {
                const bert_squad_candidate *b = a->n_best + k;
                size_t from = 0, at;
                for (at = b->begin; b->end && at < b->end; at++) {
                    if (from < b->text.size && q->context.text[at] == b->text.text[from]) from++;
                    else if (from < b->text.size && b->text.text[from] == ' ') { from++; while (at + 1 < b->end && strchr(" \t\r\n\xE2\x80\xAF", q->context.text[at + 1])) at++; }
                }
                if (b->end && from != b->text.size) TEST_FAIL("bytes %ld to %ld of the context of question %ld are not the answer %.*s", (long)b->begin, (long)b->end, (long)i, (int)b->text.size, b->text.text);
            }
        }
        for (k = 0; k < 3; k++) remove(ours[k]);
    }
    free(f.ids);
    free(x[0]);
    free(x[1]);
    free(unique);
    bert_squad_answers_close(answers);
    bert_squad_features_close(features);
    bert_checkpoint_close(c);
}

/* ---- get_final_text.jsonl ---- */

static void golden_final_text(const char *path)
{
    golden_lines l;
    int64_t i;
    if (!golden_open(&l, path)) return;
    for (i = 0; golden_next(&l); i++) {
        const bert_json *p = bert_json_get(l.root, "pred_text"), *o = bert_json_get(l.root, "orig_text"), *v = bert_json_get(l.root, "do_lower_case");
        size_t begin = 0, end = 0;
        if (!p || !o || !v || bert_squad_final_text(p->text, p->size, o->text, o->size, v->type == 't', NULL, &begin, &end) != BERT_OK) { TEST_FAIL("line %ld", (long)l.number); continue; }
        if (!golden_same_string(bert_json_get(l.root, "result"), o->text + begin, end - begin)) TEST_FAIL("line %ld: %.*s", (long)l.number, (int)(end - begin), o->text + begin);
    }
    CHECK(i > 0);
    golden_close(&l);
}

/* ---- the directory google/squad ---- */

static void golden_google_squad(const golden_place *place)
{
    golden_names names = golden_list(place->dir);
    size_t i;
    for (i = 0; i < names.count; i++) {
        const char *name = names.name[i], *kind = strstr(name, "_examples_") ? "_examples_" : strstr(name, "_features_") ? "_features_" : "_";
        char path[1200], questions[1200], version[64] = "";
        const int record = golden_ends(name, ".tf_record"), predictions = golden_ends(name, "predictions.json") && !golden_ends(name, "nbest_predictions.json");
        golden_squad_settings s;
        bert_squad *squad;
        if (!golden_ends(name, ".jsonl") && !record && !predictions) continue;
        if (!test_enter("%s/%s", place->label, name)) continue;
        golden_path(path, sizeof path, place->dir, name);
        if (strcmp(name, "get_final_text.jsonl") == 0) {
            golden_final_text(path);
        } else if (predictions) {                                       /* VERSION[_VARIANT]_predictions.json */
            size_t n = strcspn(name, "_");
            char variant[200];
            golden_variant v;
            const bert_json *list, *row;
            if (golden_squad_begin(&s, place->dir, place->root)) {
                snprintf(version, sizeof version, "%.*s", (int)(n < 60 ? n : 60), name);
                snprintf(variant, sizeof variant, "%.*s", (int)(strlen(name) - strlen("predictions.json")), name);
                snprintf(questions, sizeof questions, "%s/dev-%s.json", place->dir, version);
                snprintf(path, sizeof path, "%s/logits_%s.safetensors", place->dir, version);
                v.n_best = s.n_best;
                v.longest = s.longest;
                v.threshold = 0;
                v.lower = s.lower ? BERT_ON : BERT_OFF;
                v.logits = "";
                list = bert_json_get(s.root, "variants");
                for (row = list ? list->first : NULL; row; row = row->next) {       /* what makes it one is said in words */
                    const char *said;
                    if (row->type != 's' || strncmp(row->key, "<v>", 3) != 0 || strcmp(row->key + 3, variant + n) != 0) continue;
                    if (strncmp(row->text, "tied_", 5) == 0) v.logits = "tied_";
                    if ((said = golden_said(row->text, "n_best_size")) != NULL) v.n_best = strtol(said, NULL, 10);
                    if ((said = golden_said(row->text, "max_answer_length")) != NULL) v.longest = strtol(said, NULL, 10);
                    if ((said = golden_said(row->text, "null_score_diff_threshold")) != NULL) v.threshold = strtod(said, NULL);
                    if ((said = golden_said(row->text, "do_lower_case")) != NULL) v.lower = *said == 'T' || *said == 't' ? BERT_ON : BERT_OFF;
                    break;
                }
                if (!row) TEST_FAIL("info.json says nothing of the variant %s", variant);
                squad = golden_squad_open(questions, 0, 0);
                if (squad && row) golden_squad_predict(&s, &v, path, squad, version[1] == '2', place->dir, variant);
                bert_squad_close(squad);
                golden_squad_end(&s);
            }
        } else {                                                        /* {train,dev}_{examples,features}_VERSION.jsonl, train_VERSION.tf_record */
            const char *at = strstr(name, kind);
            const int training = golden_starts(name, "train");
            size_t n = at ? strlen(at + strlen(kind)) : 0, end = strlen(record ? ".tf_record" : ".jsonl");
            snprintf(version, sizeof version, "%.*s", at && n > end && n - end < 60 ? (int)(n - end) : 0, at ? at + strlen(kind) : "");
            snprintf(questions, sizeof questions, "%s/%.*s-%s.json", place->dir, at ? (int)(at - name) : 0, name, version);
            if (golden_squad_begin(&s, place->dir, place->root)) {
                squad = golden_squad_open(questions, training, version[0] && version[1] == '2');
                if (squad && record) golden_squad_records(&s, path, squad, training);
                else if (squad && kind[1] == 'e') golden_squad_examples(path, squad, training);
                else if (squad && kind[1] == 'f') golden_squad_all_features(&s, path, squad);
                else if (squad) TEST_FAIL("it is not known what this file is");
                if (squad && training) {
                    const bert_json *dropped = bert_json_get(s.root, "dropped_training_example");
                    int64_t k;
                    for (k = 0; k < bert_squad_skipped_count(squad); k++) {
                        const bert_squad_question *q = bert_squad_skipped(squad, k);
                        const bert_json *v = dropped ? dropped->first : NULL;
                        while (v && !golden_same_string(v, q->id.text, q->id.size)) v = v->next;
                        if (!v) TEST_FAIL("question %.*s was put aside", (int)q->id.size, q->id.text);
                    }
                }
                bert_squad_close(squad);
                golden_squad_end(&s);
            }
        }
        test_leave();
    }
    golden_names_free(&names);
}
/* A directory eval_squad_VERSION: the predictions of a run, from the logits of that run; questions and settings are those of squad. */
static void golden_google_squad_run(const golden_place *place)
{
    char dir[1200], path[1300], questions[1400];
    const char *version = strrchr(place->dir, '_') + 1;
    golden_squad_settings s;
    golden_variant v;
    bert_squad *squad;
    golden_path(dir, sizeof dir, place->root, "squad");
    golden_path(path, sizeof path, place->dir, "predictions.json");
    if (!golden_is_directory(dir) || !golden_is_file(path)) { golden_skip(place->label, "its questions or its predictions are not here"); return; }
    snprintf(questions, sizeof questions, "%s/dev-%s.json", dir, version);
    if (test_enter("%s", place->label)) {
        if (golden_squad_begin(&s, dir, place->root)) {
            v.n_best = s.n_best;
            v.longest = s.longest;
            v.threshold = 0;
            v.lower = s.lower ? BERT_ON : BERT_OFF;
            v.logits = "";
            golden_path(path, sizeof path, place->dir, "logits.safetensors");
            squad = golden_squad_open(questions, 0, 0);
            if (squad) golden_squad_predict(&s, &v, path, squad, version[1] == '2', place->dir, "");
            golden_path(path, sizeof path, place->dir, "eval.tf_record");
            if (squad && golden_is_file(path)) golden_squad_records(&s, path, squad, 0);
            bert_squad_close(squad);
            golden_squad_end(&s);
        }
        test_leave();
    }
}

/* ---- the data sets themselves: a reader that knows the answers ---- */

/* Logits that point at the answers give the answers' texts back, through windows, tokens and get_final_text; the n best are full of
   other spans. What does not come back: answers that are part of a word ("8" of "20-18"), and those that no window has whole with most
   context where they start. */
static void golden_squad_oracle(const golden_place *place)
{
    static const struct { const char *file, *vocab; int version_2; double least; } sets[] = {
        { "SQuAD/dev-v1.1-slice.json", "bert-base-uncased", 0, 0.98 }, { "SQuAD/train-v1.1-slice.json", "bert-base-uncased", 0, 0.985 },
        { "SQuAD/dev-v2.0-slice.json", "bert-base-uncased", 1, 0.985 }, { "SQuAD/train-v2.0-slice.json", "bert-base-uncased", 1, 0.985 },
        { "CMRC2018/cmrc2018_trial.json", "bert-base-chinese", 0, 0.985 } };
    enum { LENGTH = 384 };
    size_t k;
    for (k = 0; k < sizeof sets / sizeof *sets; k++) {
        char path[1300], label[100];
        golden_squad_settings s;
        bert_tokenizer_desc d;
        bert_squad_answers_desc ad;
        bert_squad_answers *answers = NULL;
        bert_squad *squad;
        bert_squad_features *features;
        bert_squad_feature f;
        bert_error err;
        float x[2][LENGTH];
        int64_t i, right = 0, count, places = 0;
        snprintf(label, sizeof label, "data/%s", sets[k].file);
        golden_path(path, sizeof path, place->data, sets[k].file);
        if (!*place->data || !golden_is_file(path)) { golden_skip(label, "it is not in ../shared/data"); continue; }
        if (!test_enter("%s", label)) continue;
        memset(&s, 0, sizeof s);
        memset(&ad, 0, sizeof ad);
        memset(&f, 0, sizeof f);
        squad = golden_squad_open(path, 1, sets[k].version_2);
        snprintf(path, sizeof path, "%s/vocab/%s/vocab.txt", place->data, sets[k].vocab);
        d = golden_desc(path, BERT_TOKENIZER_GOOGLE, 0);
        s.tok = golden_tokenizer(&d);
        s.length = LENGTH;
        s.stride = 128;
        s.query = 64;
        features = squad && s.tok ? golden_squad_features(&s, squad) : NULL;
        ad.squad = squad;
        ad.tokenizer = s.tok;
        ad.version_2 = sets[k].version_2;
        ad.max_answer_length = LENGTH;
        ad.error = &err;
        if (features && bert_squad_answers_open(&ad, &answers) != BERT_OK) TEST_FAIL("%s", err.message);
        golden_squad_columns(&f, LENGTH);
        while (answers && !test_now.failures) {
            if (bert_squad_features_next(features, &f) != BERT_OK) { TEST_FAIL("a feature is refused"); break; }
            if (!f.tokens) break;
            for (i = 0; i < LENGTH; i++) { x[0][i] = (float)((i * 7 + f.window) % 5) - 9; x[1][i] = (float)((i * 3 + f.window) % 5) - 9; }
            x[0][f.start] = x[1][f.end] = f.start || bert_squad_get(squad, f.question)->impossible ? 9.0f : 0.0f;     /* a window without it: somewhat nowhere */
            if (bert_squad_answers_add(answers, &f, x[0], x[1], f.tokens, 1) != BERT_OK) TEST_FAIL("%s", err.message);
        }
        count = bert_squad_count(squad);
        if (answers && !test_now.failures && bert_squad_answers_finish(answers) != BERT_OK) TEST_FAIL("%s", err.message);
        for (i = 0; i < count && !test_now.failures; i++) {
            const bert_squad_question *q = bert_squad_get(squad, i);
            const bert_squad_answer *a = bert_squad_answers_get(answers, i);
            right += a->text.size == q->answer.size && memcmp(a->text.text, q->answer.text, q->answer.size) == 0;
            places += a->text.size == a->end - a->begin && memcmp(a->text.text, q->context.text + a->begin, a->text.size) == 0;
        }
        if (!test_now.failures && getenv("GOLDEN_WORST")) printf("%s: %.4f of %ld\n", label, (double)right / (double)count, (long)count);
        if (!test_now.failures && !((double)right >= sets[k].least * (double)count)) TEST_FAIL("only %ld of %ld answers come back", (long)right, (long)count);
        if (!test_now.failures && !((double)places >= 0.97 * (double)count)) TEST_FAIL("only %ld of %ld answers are the bytes they are said to be", (long)places, (long)count);
        free(f.ids);
        bert_squad_answers_close(answers);
        bert_squad_features_close(features);
        bert_squad_close(squad);
        bert_tokenizer_close(s.tok);
        test_leave();
    }
}

/* ---- hf/eval: scores ---- */

/* The recorded scores of the questions, compared as they come. */
typedef struct golden_raw { golden_lines l; int open; int64_t count; } golden_raw;

static void golden_each(void *user, const bert_squad_item *item)
{
    golden_raw *r = (golden_raw *)user;
    const bert_json *em;
    double exact = -1, f1 = -1;
    if (!r->open || test_now.failures > 20 || item->missing) return;
    r->count++;
    if (!golden_next(&r->l)) { TEST_FAIL("question %.*s is not recorded", (int)item->id.size, item->id.text); return; }
    em = bert_json_get(r->l.root, "exact");
    if (!em) em = bert_json_get(r->l.root, "em");
    if (!golden_same_string(bert_json_get(r->l.root, "id"), item->id.text, item->id.size) || !bert_json_double(em, &exact) || !bert_json_double(bert_json_get(r->l.root, "f1"), &f1)) TEST_FAIL("line %ld", (long)r->l.number);
    else if (!(fabs(exact - item->exact) <= 1e-9) || !(fabs(f1 - item->f1) <= 1e-9))
        TEST_FAIL("%.*s: exact %.17g, f1 %.17g; recorded is %.17g, %.17g", (int)item->id.size, item->id.text, item->exact, item->f1, exact, f1);
}
static void golden_score_member(const bert_json *want, const char *key, double have, int *count)
{
    const bert_json *v = bert_json_get(want, key);
    double w;
    if (!v) return;
    ++*count;
    if (!bert_json_double(v, &w) || !(fabs(w - have) <= 1e-9)) TEST_FAIL("%s is %.17g, recorded is %.17s", key, have, v->text);
}
/* All that is recorded of a run, and no member that is not known here. */
static void golden_scores(const bert_json *want, const bert_squad_score *s)
{
    int count = 0;
    golden_score_member(want, "exact", s->all.exact, &count);
    golden_score_member(want, "exact_match", s->all.exact, &count);
    golden_score_member(want, "EM", s->all.exact, &count);
    golden_score_member(want, "f1", s->all.f1, &count);
    golden_score_member(want, "F1", s->all.f1, &count);
    golden_score_member(want, "AVERAGE", (s->all.exact + s->all.f1) * 0.5, &count);
    golden_score_member(want, "total", (double)s->all.total, &count);
    golden_score_member(want, "TOTAL", (double)s->all.total, &count);
    golden_score_member(want, "SKIP", (double)s->missing, &count);
    golden_score_member(want, "HasAns_exact", s->has_answer.exact, &count);
    golden_score_member(want, "HasAns_f1", s->has_answer.f1, &count);
    golden_score_member(want, "HasAns_total", (double)s->has_answer.total, &count);
    golden_score_member(want, "NoAns_exact", s->no_answer.exact, &count);
    golden_score_member(want, "NoAns_f1", s->no_answer.f1, &count);
    golden_score_member(want, "NoAns_total", (double)s->no_answer.total, &count);
    if (s->has_best) {
        golden_score_member(want, "best_exact", s->best_exact, &count);
        golden_score_member(want, "best_exact_thresh", s->best_exact_thresh, &count);
        golden_score_member(want, "best_f1", s->best_f1, &count);
        golden_score_member(want, "best_f1_thresh", s->best_f1_thresh, &count);
    }
    if (s->has_curves) {
        golden_score_member(want, "pr_exact_ap", s->exact_ap, &count);
        golden_score_member(want, "pr_f1_ap", s->f1_ap, &count);
        golden_score_member(want, "pr_oracle_ap", s->oracle_ap, &count);
    }
    CHECK_INT(count, want->count - (bert_json_get(want, "F1_with_whitespace_split_instead_of_nltk") != NULL));
}
static void golden_squad_score(const golden_place *place, const char *set, const char *data, const char *name, const char *how, bert_squad_metric metric, const bert_json *want)
{
    bert_squad_score_desc d;
    bert_squad_score score;
    bert_error err;
    golden_raw raw;
    char predictions[1300], na[1300], raw_path[1300];
    const char *thresh = strstr(how, "_thresh_");
    double t = 1;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    memset(&raw, 0, sizeof raw);
    snprintf(predictions, sizeof predictions, "%s/%s_pred_%s.json", place->dir, set, name);
    snprintf(raw_path, sizeof raw_path, "%s/%s_raw_%s.jsonl", place->dir, set, name);
    d.data_path = data;
    d.predictions_path = predictions;
    d.metric = metric;
    d.error = &err;
    if (golden_starts(how, "na_")) {
        snprintf(na, sizeof na, "%s/%s_na_prob_%.*s.json", place->dir, set, thresh ? (int)(thresh - how - 3) : 100, how + 3);
        d.na_prob_path = na;
    }
    if (thresh && !bert_parse_double(thresh + 8, strlen(thresh + 8), &t)) TEST_FAIL("the threshold of %s is no number", how);
    if (thresh) d.na_prob_thresh = &t;
    if (golden_is_file(raw_path) && (metric == BERT_SQUAD_METRIC_CMRC || metric == BERT_SQUAD_METRIC_2_0)) {
        raw.open = golden_open(&raw.l, raw_path);
        d.each = golden_each;
        d.user = &raw;
    }
    if (bert_squad_evaluate(&d, &score) != BERT_OK) TEST_FAIL("%s", err.message);
    else if (bert_json_get(want, "crash")) {                            /* where the script dies we count what is missing as 0 */
        CHECK(score.missing > 0 && score.all.total > score.missing && score.all.f1 >= score.all.exact && score.all.exact > 0 && score.all.f1 < 100);
    } else golden_scores(want, &score);
    if (raw.open) {
        CHECK(raw.count > 0 && !golden_next(&raw.l));
        golden_close(&raw.l);
    }
}
/* SET_expected.json: {"data": file, "results": {name: {how: {scores}}}}, or {name: {scores}}. */
static void golden_hf_scores(const golden_place *place, const char *file)
{
    static const char *const folders[] = { "SQuAD", "CMRC2018", "." };
    char path[1200], data[1400] = "", set[100];
    const bert_json *results, *name, *how;
    golden_lines l;
    size_t i;
    memset(&l, 0, sizeof l);
    golden_path(path, sizeof path, place->dir, file);
    snprintf(set, sizeof set, "%.*s", (int)(strlen(file) - strlen("_expected.json")), file);
    if (bert_file_open(path, NULL, &l.file, NULL) != BERT_OK || bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, NULL) != BERT_OK) {
        if (test_enter("%s/%s", place->label, file)) { TEST_FAIL("it cannot be read"); test_leave(); }
        golden_close(&l);
        return;
    }
    for (i = 0; i < 3; i++) {
        snprintf(data, sizeof data, "%s/%s/%s", place->data, folders[i], golden_text(l.doc.root, "data"));
        if (golden_is_file(data)) break;
    }
    results = bert_json_get(l.doc.root, "results");
    for (name = results ? results->first : NULL; name; name = name->next)
        for (how = name->first; how; how = how->next) {
            const int nested = how->type == 'o', cmrc = golden_starts(set, "cmrc");
            const char *label = nested ? how->key : "all";
            if (nested || how == name->first) {
                if (!test_enter("%s/%s/%s/%s", place->label, set, name->key, label)) continue;
                if (i == 3) test_skip("its questions, %s, are not here", golden_text(l.doc.root, "data"));
                else golden_squad_score(place, set, data, name->key, label, cmrc ? BERT_SQUAD_METRIC_CMRC : strcmp(label, "v1_1") == 0 ? BERT_SQUAD_METRIC_1_1 : BERT_SQUAD_METRIC_2_0, nested ? how : name);
                test_leave();
            }
        }
    golden_close(&l);
}
static void golden_hf_eval_squad(const golden_place *place)
{
    golden_names names = golden_list(place->dir);
    size_t i;
    for (i = 0; i < names.count; i++) {
        const char *name = names.name[i];
        char path[1200];
        golden_lines l;
        int64_t lines = 0;
        golden_path(path, sizeof path, place->dir, name);
        if (golden_ends(name, "_expected.json") && (golden_starts(name, "squad") || golden_starts(name, "cmrc"))) golden_hf_scores(place, name);
        if (!golden_ends(name, "_normalize.jsonl") && !strstr(name, "_segments_")) continue;
        if (!test_enter("%s/%s", place->label, name)) continue;
        if (golden_open(&l, path)) {
            while (golden_next(&l) && test_now.failures < 20) {
                const bert_json *text = bert_json_get(l.root, golden_ends(name, "_normalize.jsonl") ? "text" : "fragment"), *v;
                char out[4096], want[4096];
                size_t n = 0, m = 0;
                lines++;
                if (!text || text->type != 's') { TEST_FAIL("line %ld", (long)l.number); continue; }
                if (golden_ends(name, "_normalize.jsonl")) {
                    if (bert_squad_normalize(text->text, text->size, NULL, out, sizeof out, &n) != BERT_OK || !golden_same_string(bert_json_get(l.root, "normalized"), out, n))
                        TEST_FAIL("line %ld: \"%.*s\"", (long)l.number, (int)n, out);
                    continue;
                }
                v = bert_json_get(l.root, "tokens");
                for (v = v ? v->first : NULL; v && m + v->size + 1 < sizeof want; v = v->next) {
                    if (m) want[m++] = ' ';
                    memcpy(want + m, v->text, v->size);
                    m += v->size;
                }
                if (!hook_nltk(text->text, text->size, out, sizeof out, &n) || n != m || memcmp(out, want, m) != 0) TEST_FAIL("line %ld: \"%.*s\", recorded is \"%.*s\"", (long)l.number, (int)n, out, (int)m, want);
            }
            CHECK(lines > 0);
            golden_close(&l);
        }
        test_leave();
    }
    golden_names_free(&names);
}

#endif
