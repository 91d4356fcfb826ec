/* golden_pretraining.h - the goldens of pre-training data: google/pretraining_data
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Every run of runs.json is made again, with one thread and with several, and every instance compared with the recorded lines and
   with the recorded TFRecord files, the features of each record by name. mersenne.json: Python's random numbers. */
#ifndef GOLDEN_PRETRAINING_H
#define GOLDEN_PRETRAINING_H

/* ---- mersenne.json ---- */

static void golden_mersenne_list(const char *key, const bert_json *list, int64_t seed)
{
    bert_python_random r;
    const bert_json *v;
    long long a, b, c, d, times;
    int64_t k = 0, i, shuffled[256];
    int bits;
    double want;
    int known = 1;
    bert_python_random_seed(&r, seed);
    if (list->type != 'a' || !list->first) { TEST_FAIL("%s is no list of numbers", key); return; }
    if (sscanf(key, "shuffle(range(%lld))", &a) == 1) {
        if (a < 1 || a > 256) { TEST_FAIL("%s: too long for this test", key); return; }
        for (i = 0; i < a; i++) shuffled[i] = i;
        bert_python_random_shuffle(&r, shuffled, (size_t)a, sizeof *shuffled);
        for (v = list->first; v; v = v->next, k++) if (k >= a || golden_int(v, -1) != shuffled[k]) TEST_FAIL("%s: number %d differs", key, (int)k);
        CHECK_INT(k, a);
        return;
    }
    for (v = list->first; v && known; v = v->next, k++) {
        if (strcmp(key, "random") == 0) {
            const double have = bert_python_random_real(&r);
            if (!bert_json_double(v, &want) || have != want) TEST_FAIL("%s: number %d is %.17g", key, (int)k, have);
        } else if (sscanf(key, "getrandbits(%d)", &bits) == 1) {
            if (golden_int(v, -1) != (int64_t)bert_python_random_bits(&r, bits)) TEST_FAIL("%s: number %d differs", key, (int)k);
        } else if (sscanf(key, "randint(%lld,%lld)x%lld_then_randint(%lld,%lld)", &a, &b, &times, &c, &d) == 5) {
            const int64_t have = k < times ? bert_python_random_int(&r, a, b) : bert_python_random_int(&r, c, d);
            if (golden_int(v, INT64_MIN) != have) TEST_FAIL("%s: number %d is %lld", key, (int)k, (long long)have);
        } else if (sscanf(key, "randint(%lld,%lld)", &a, &b) == 2) {
            const int64_t have = bert_python_random_int(&r, a, b);
            if (golden_int(v, INT64_MIN) != have) TEST_FAIL("%s: number %d is %lld", key, (int)k, (long long)have);
        } else if (golden_starts(key, "mixed: shuffle(range(k+1)), then random(), then randint(0,k)") && k < 256) {
            const bert_json *s = bert_json_get(v, "shuffled"), *e;
            for (i = 0; i <= k; i++) shuffled[i] = i;
            bert_python_random_shuffle(&r, shuffled, (size_t)k + 1, sizeof *shuffled);
            for (i = 0, e = s ? s->first : NULL; e; e = e->next, i++) if (i > k || golden_int(e, -1) != shuffled[i]) TEST_FAIL("%s: step %d, shuffled", key, (int)k);
            CHECK_INT(i, k + 1);
            if (!bert_json_double(bert_json_get(v, "random"), &want) || want != bert_python_random_real(&r)) TEST_FAIL("%s: step %d, random", key, (int)k);
            if (golden_int(bert_json_get(v, "randint_0_k"), -1) != bert_python_random_int(&r, 0, k)) TEST_FAIL("%s: step %d, randint", key, (int)k);
        } else {
            known = 0;
        }
    }
    if (!known) TEST_FAIL("\"%s\" is recorded, and this test does not know it", key);
}
static void golden_mersenne(const char *path)
{
    golden_lines l;
    const bert_json *v, *e;
    bert_python_random r;
    double want, half;
    if (!golden_whole(&l, path)) return;
    for (v = l.root->first; v; v = v->next) {
        char *end;
        const long long seed = strtoll(v->key, &end, 10);
        if (!*end && v->type == 'o') {
            for (e = v->first; e; e = e->next) golden_mersenne_list(e->key, e, seed);
        } else if (strcmp(v->key, "seeds_first_random") == 0) {
            for (e = v->first; e; e = e->next) {
                bert_python_random_seed(&r, strtoll(e->key, &end, 10));
                if (*end || !bert_json_double(e, &want) || bert_python_random_real(&r) != want) TEST_FAIL("the first number of seed %s differs", e->key);
            }
        } else if (strcmp(v->key, "random_is_hex") == 0) {              /* the same numbers as "random" of the first seed */
            const bert_json *numbers = l.root->first->type == 'o' ? bert_json_get(l.root->first, "random") : NULL, *n = numbers ? numbers->first : NULL;
            CHECK(n != NULL);
            for (e = v->first; e && n; e = e->next, n = n->next) if (!bert_json_double(n, &want) || strtod(e->text, NULL) != want) TEST_FAIL("%s is not the number in clear", e->text);
        } else if (strcmp(v->key, "round_half_even") == 0) {
            for (e = v->first; e; e = e->next)
                if (!bert_parse_double(e->key, strlen(e->key), &half) || !bert_json_double(e, &want) || bert_python_round(half) != want) TEST_FAIL("round(%s) differs", e->key);
        } else if (v->type != 's') {
            TEST_FAIL("\"%s\" is recorded, and this test does not know it", v->key);
        }
    }
    golden_close(&l);
}

/* ---- runs ---- */

typedef struct golden_make {
    const bert_tokenizer *tokenizer;
    golden_lines lines;                 /* the recorded instances */
    int64_t count;
    int stop;                           /* after a line that is missing */
} golden_make;

/* Are the numbers of an array those of a list, with zeros behind? */
static int golden_same_ints(const bert_json *want, const int32_t *have, int64_t count)
{
    const bert_json *v;
    int64_t i = 0;
    if (!want || want->type != 'a') return 0;
    for (v = want->first; v; v = v->next, i++) if (golden_int(v, -1) != (i < count ? have[i] : 0)) return 0;
    return i >= count;
}
static int golden_same_tokens(const bert_tokenizer *t, const bert_json *want, const int32_t *have, int64_t count)
{
    const bert_json *v;
    int64_t i = 0;
    if (!want || want->type != 'a') return 0;
    for (v = want->first; v; v = v->next, i++) {
        size_t n = 0;
        const char *text = i < count ? bert_tokenizer_token(t, have[i], &n) : NULL;
        if (!text || v->type != 's' || v->size != n || memcmp(text, v->text, n) != 0) return 0;
    }
    return i == count;
}
static int golden_each_instance(void *user, const bert_instance *in)
{
    golden_make *g = (golden_make *)user;
    const bert_json *line, *v;
    int64_t i;
    if (!golden_next(&g->lines)) { TEST_FAIL("instance %d was not recorded", (int)in->index); g->stop = 1; return 1; }
    line = g->lines.root;
    CHECK_INT(in->index, g->count);
    g->count++;
    for (v = line->first; v; v = v->next) {
        int same = 1;
        const bert_json *e;
        if (strcmp(v->key, "input_ids") == 0) same = golden_same_ints(v, in->ids, in->length);
        else if (strcmp(v->key, "masked_lm_ids") == 0) same = golden_same_ints(v, in->masked_ids, in->masked);
        else if (strcmp(v->key, "masked_lm_positions") == 0) same = golden_same_ints(v, in->masked_positions, in->masked);
        else if (strcmp(v->key, "tokens") == 0) same = golden_same_tokens(g->tokenizer, v, in->ids, in->length);
        else if (strcmp(v->key, "masked_lm_labels") == 0) same = golden_same_tokens(g->tokenizer, v, in->masked_ids, in->masked);
        else if (strcmp(v->key, "is_random_next") == 0) same = (v->type == 't') == (in->is_random_next != 0);
        else if (strcmp(v->key, "next_sentence_labels") == 0) same = golden_same_ints(v, &in->is_random_next, 1);
        else if (strcmp(v->key, "input_mask") == 0) { for (i = 0, e = v->first; e; e = e->next, i++) same &= golden_int(e, -1) == (i < in->length); }
        else if (strcmp(v->key, "segment_ids") == 0) { for (i = 0, e = v->first; e; e = e->next, i++) same &= golden_int(e, -1) == (i >= in->first && i < in->length); }
        else if (strcmp(v->key, "masked_lm_weights") == 0) {
            for (i = 0, e = v->first; e; e = e->next, i++) { double w; same &= bert_json_double(e, &w) && w == (i < in->masked ? 1.0 : 0.0); }
            same &= i >= in->masked;
        } else TEST_FAIL("\"%s\" is recorded, and this test does not know it", v->key);
        if (!same) TEST_FAIL("instance %d (line %d): %s differs", (int)in->index, (int)g->lines.number, v->key);
    }
    return 0;
}

/* Makes a run's data; outputs NULL: compares with the lines. */
static void golden_run_data(const golden_place *p, const bert_json *run, int32_t threads, const char *lines, const char *const *outputs, size_t output_count)
{
    char vocab[1100], files[16][1100];
    const char *paths[16];
    const bert_json *v = bert_json_get(run, "input_files"), *e;
    const bert_json *names = v;
    bert_tokenizer_desc td;
    bert_tokenizer *t = NULL;
    bert_pretraining_desc d;
    bert_pretraining_counts counts;
    bert_pool *pool = NULL;
    bert_error err;
    golden_make g;
    int64_t seed;
    memset(&td, 0, sizeof td);
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    memset(&g, 0, sizeof g);
    if (bert_json_get(run, "vocab_file")) golden_path(vocab, sizeof vocab, p->dir, golden_text(run, "vocab_file"));
    else golden_path(vocab, sizeof vocab, p->root, "model/vocab.txt");
    td.path = vocab;
    td.mode = BERT_TOKENIZER_GOOGLE;
    td.error = &err;
    v = bert_json_get(run, "do_lower_case");
    td.lower_case = v && v->type == 'f' ? BERT_OFF : BERT_ON;
    if (bert_tokenizer_open(&td, &t) != BERT_OK) { TEST_FAIL("%s", err.message); return; }
    for (e = names ? names->first : NULL; e && d.path_count < 16; e = e->next) paths[d.path_count] = golden_path(files[d.path_count], sizeof files[0], p->dir, e->text), d.path_count++;
    v = bert_json_get(run, "do_whole_word_mask");
    d.masking = v && v->type == 't' ? BERT_MASKING_WORDS : BERT_MASKING_PIECES;
    seed = golden_int(bert_json_get(run, "random_seed"), 12345);
    d.seed = &seed;
    d.max_seq_length = (int32_t)golden_int(bert_json_get(run, "max_seq_length"), 0);
    d.max_predictions = (int32_t)golden_int(bert_json_get(run, "max_predictions_per_seq"), 0);
    d.dupe_factor = (int32_t)golden_int(bert_json_get(run, "dupe_factor"), 0);
    if ((v = bert_json_get(run, "masked_lm_prob")) != NULL && bert_json_double(v, &d.masked_lm_prob) && d.masked_lm_prob == 0) d.masked_lm_prob = -1;
    if ((v = bert_json_get(run, "short_seq_prob")) != NULL && bert_json_double(v, &d.short_seq_prob) && d.short_seq_prob == 0) d.short_seq_prob = -1;
    d.tokenizer = t;
    d.paths = paths;
    d.outputs = outputs;
    d.output_count = output_count;
    d.error = &err;
    g.tokenizer = t;
    d.user = &g;
    if (bert_pool_open(threads, NULL, &pool) == BERT_OK) d.parallel = bert_pool_parallel(pool);
    if (!lines || golden_open(&g.lines, lines)) {
        if (lines) d.each = golden_each_instance;
        if (bert_pretraining_data(&d, &counts) != BERT_OK) { if (!g.stop) TEST_FAIL("%s", err.message); }
        else {
            if (lines && golden_next(&g.lines)) TEST_FAIL("only %d instances; more were recorded", (int)g.count);
            if (counts.instances != golden_int(bert_json_get(run, "instances"), -1)) TEST_FAIL("%d instances, runs.json says %d", (int)counts.instances, (int)golden_int(bert_json_get(run, "instances"), -1));
        }
    }
    if (lines) golden_close(&g.lines);
    bert_pool_close(pool);
    bert_tokenizer_close(t);
}

/* The files out0, out1, ... of a run, all of them at once. */
static void golden_run_shards(const golden_place *p, const bert_json *run, const char *name)
{
    char want[64][1100], have[64][64];
    const char *outputs[64];
    size_t n, i;
    for (n = 0; n < 64; n++) {
        snprintf(want[n], sizeof want[n], "%s/%s_out%d.tfrecord", p->dir, name, (int)n);
        snprintf(have[n], sizeof have[n], "golden.tmp.%d.tfrecord", (int)n);
        outputs[n] = have[n];
        if (!golden_is_file(want[n])) break;
    }
    if (!n) { TEST_FAIL("%s is not here", want[0]); return; }
    golden_run_data(p, run, 2, NULL, outputs, n);
    for (i = 0; i < n; i++) { golden_same_records(have[i], want[i]); remove(have[i]); }
}

static void golden_google_pretraining(const golden_place *p)
{
    char path[1200], name[300];
    golden_lines runs;
    const bert_json *run;
    int here = 0;
    golden_path(path, sizeof path, p->dir, "mersenne.json");
    if (test_enter("%s/mersenne.json", p->label)) {
        if (golden_is_file(path)) golden_mersenne(path);
        else test_skip("it is not in this set");
        test_leave();
    }
    golden_path(path, sizeof path, p->dir, "runs.json");
    if (test_enter("%s/runs.json", p->label)) {
        here = golden_whole(&runs, path);
        if (here && (runs.root->type != 'o' || !runs.root->first)) TEST_FAIL("no runs");
        test_leave();
    } else {
        here = golden_whole(&runs, path);
    }
    if (!here) return;
    for (run = runs.root->first; run; run = run->next) {
        const char *const own[] = { "golden.tmp.tfrecord" };
        if (!bert_json_get(run, "input_files")) {                       /* "NAME_out0+1": the files of another run, dealt out */
            const char *end = strstr(run->key, "_out");
            const bert_json *of = NULL;
            snprintf(name, sizeof name, "%.*s", end ? (int)(end - run->key) : 0, run->key);
            of = bert_json_get(runs.root, name);
            if (!test_enter("%s/%s", p->label, run->key)) continue;
            if (!end || !of || !bert_json_get(of, "input_files")) TEST_FAIL("a record that names no input_files and no run that does");
            else golden_run_shards(p, of, name);
            test_leave();
            continue;
        }
        snprintf(name, sizeof name, "%s/%s.jsonl", p->dir, run->key);
        if (test_enter("%s/%s.jsonl", p->label, run->key)) {
            golden_run_data(p, run, 1, name, NULL, 0);
            golden_run_data(p, run, 3, name, NULL, 0);
            test_leave();
        }
        snprintf(name, sizeof name, "%s/%s.tfrecord", p->dir, run->key);
        if (test_enter("%s/%s.tfrecord", p->label, run->key)) {
            golden_run_data(p, run, 2, NULL, own, 1);
            golden_same_records(own[0], name);
            remove(own[0]);
            test_leave();
        }
    }
    golden_close(&runs);
}

#endif
