/* golden_hf_checkpoints.h - the goldens of checkpoint files: hf/checkpoints
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A case for each line of manifest.jsonl: what must load, with the values of its reference file under the names its
   rules give; what must be an error; what may be either, but must not crash, hang or create a file. */
#ifndef GOLDEN_HF_CHECKPOINTS_H
#define GOLDEN_HF_CHECKPOINTS_H

#include <time.h>

/* ---- the rules of "names", which are written for people ---- */

typedef struct golden_hf_rules {
    char strip[64], missing[64];            /* prefixes: to take off, to put in front */
    int take;                               /* the model is one of several dictionaries: what else there is does not count */
    char from[4][32], to[4][32];            /* parts of names to replace */
    int replacements;
    char tied[4][2][128];                   /* names that are absent, and the names they share their values with */
    int ties;
    long rows, of_rows;                     /* the first rows of so many */
    int subset;
} golden_hf_rules;

/* The text between `before` and `after` in a rule; 0 if it is not there. */
static int golden_hf_between(const char *text, const char *before, const char *after, char *out, size_t size)
{
    const char *p = strstr(text, before), *end;
    if (!p) return 0;
    p += strlen(before);
    end = strstr(p, after);
    if (!end || (size_t)(end - p) >= size) return 0;
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = 0;
    return 1;
}
/* The word that ends at `end`, or that starts at `start`. */
static void golden_hf_word_before(const char *text, const char *end, char *out, size_t size)
{
    const char *p = end;
    while (p > text && !strchr(" ,;:", p[-1])) p--;
    snprintf(out, size, "%.*s", (int)(end - p), p);
}
static void golden_hf_word_at(const char *start, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)strcspn(start, " ,;"), start);
}
static golden_hf_rules golden_hf_rules_of(const char *text)
{
    golden_hf_rules r;
    const char *p;
    memset(&r, 0, sizeof r);
    golden_hf_between(text, "strip '", "'", r.strip, sizeof r.strip);
    golden_hf_between(text, "prefix '", "' missing", r.missing, sizeof r.missing);
    r.take = strstr(text, "take dict[") != NULL;
    for (p = strstr(text, "->"); p && r.replacements < 4; p = strstr(p + 2, "->"), r.replacements++) {
        golden_hf_word_before(text, p, r.from[r.replacements], sizeof r.from[0]);
        golden_hf_word_at(p + 2, r.to[r.replacements], sizeof r.to[0]);
    }
    for (p = strstr(text, "=="); p && r.ties < 4; p = strstr(p + 2, "=="), r.ties++) {
        golden_hf_word_before(text, p, r.tied[r.ties][0], sizeof r.tied[0][0]);
        golden_hf_word_at(p + 2, r.tied[r.ties][1], sizeof r.tied[0][1]);
    }
    p = strstr(text, "first ");
    if (p && sscanf(p, "first %ld of %ld", &r.rows, &r.of_rows) != 2) r.rows = r.of_rows = 0;
    r.subset = strstr(text, "subset") != NULL;
    return r;
}
/* A file's name of a tensor as the reference calls it. 0: it is not of the model. */
static int golden_hf_rename(const golden_hf_rules *r, const char *name, char *out, size_t size)
{
    size_t n = 0;
    int k;
    if (r->strip[0] && golden_starts(name, r->strip)) name += strlen(r->strip);
    n = (size_t)snprintf(out, size, "%s", r->missing);
    while (*name && n + 64 < size) {                                    /* part by part */
        size_t part = strcspn(name, ".");
        for (k = 0; k < r->replacements && !(strlen(r->from[k]) == part && memcmp(name, r->from[k], part) == 0); k++) {}
        if (k < r->replacements) n += (size_t)snprintf(out + n, size - n, "%s", r->to[k]);
        else n += (size_t)snprintf(out + n, size - n, "%.*s", (int)part, name);
        name += part;
        if (*name == '.') { if (n + 1 < size) out[n++] = '.'; name++; }
        if (n >= size) return 0;
        out[n] = 0;
    }
    return 1;
}

/* ---- values ---- */

/* All values of a tensor as `type`; free() them. NULL is a failure of the case. */
static void *golden_hf_read(const bert_tensor *t, bert_dtype type)
{
    bert_error err;
    size_t size = (size_t)t->count * bert_dtype_size(type);
    void *out = malloc(size + 1);
    memset(&err, 0, sizeof err);
    if (!out) abort();
    if (bert_tensor_read(t, type, out, t->count, &err) == BERT_OK) return out;
    TEST_FAIL("%s", err.message);
    free(out);
    return NULL;
}
/* The same values? Bit for bit in the same type or as float32; within `tol` if that is not 0. */
static int golden_hf_same(const bert_tensor *got, const bert_tensor *want, const golden_hf_rules *r, double tol)
{
    const bert_dtype type = got->dtype == want->dtype && tol == 0 ? want->dtype : BERT_F32;
    int64_t count = want->count, i;
    int32_t k;
    int rows = 0, ok = got->rank == want->rank;
    char *a, *b;
    for (k = 0; k < want->rank && ok; k++) {
        if (got->shape[k] == want->shape[k]) continue;
        ok = k == 0 && got->shape[0] == r->of_rows && want->shape[0] == r->rows;
        rows = ok;
    }
    if (!ok || (!rows && got->count != want->count)) { TEST_FAIL("%s: another shape than in the reference", want->name); return 0; }
    a = (char *)golden_hf_read(got, type);
    b = (char *)golden_hf_read(want, type);
    if (a && b && tol != 0) {
        for (i = 0; i < count && fabs((double)((float *)(void *)a)[i] - (double)((float *)(void *)b)[i]) <= tol; i++) {}
        if (i < count) { TEST_FAIL("%s[%ld] is %g, not %g", want->name, (long)i, (double)((float *)(void *)a)[i], (double)((float *)(void *)b)[i]); ok = 0; }
    } else if (a && b) {
        size_t size = (size_t)count * bert_dtype_size(type), at = 0;
        while (at < size && a[at] == b[at]) at++;
        if (at < size) { TEST_FAIL("%s: element %ld differs from the reference", want->name, (long)(at / bert_dtype_size(type))); ok = 0; }
    } else ok = 0;
    free(a);
    free(b);
    return ok;
}
/* Everything of the file against the reference, and everything of the reference in the file. */
static void golden_hf_compare(const golden_place *place, const bert_checkpoint *c, const bert_json *line)
{
    golden_hf_rules rules;
    bert_checkpoint_desc desc;
    bert_checkpoint *ref = NULL;
    bert_error err;
    const bert_json *names = bert_json_get(line, "names"), *reference = bert_json_get(line, "reference");
    char path[1200], name[512], *seen;
    double tol = 0;
    int64_t i, compared = 0, n;
    int k;
    memset(&desc, 0, sizeof desc);
    memset(&err, 0, sizeof err);
    desc.path = golden_path(path, sizeof path, place->dir, reference->text);
    desc.error = &err;
    bert_json_double(bert_json_get(line, "tol"), &tol);
    if (bert_checkpoint_open(&desc, &ref) != BERT_OK) { TEST_FAIL("the reference: %s", err.message); return; }
    rules = golden_hf_rules_of(names && names->type == 's' ? names->text : "");
    n = bert_checkpoint_count(ref);
    seen = (char *)calloc((size_t)n + 1, 1);
    if (!seen) abort();
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i), *want;
        if (!golden_hf_rename(&rules, t->name, name, sizeof name)) continue;
        want = bert_checkpoint_find(ref, name);
        if (!want) {
            if (!golden_ends(name, "position_ids") && !rules.take && t->rank) TEST_FAIL("%s is %s, which the reference does not have", t->name, name);
            continue;
        }
        for (k = 0; bert_checkpoint_tensor(ref, k) != want; k++) {}
        if (seen[k]) TEST_FAIL("%s occurs twice", name);
        seen[k] = 1;
        compared += golden_hf_same(t, want, &rules, tol);
    }
    for (k = 0; k < rules.ties; k++) {
        const bert_tensor *want = bert_checkpoint_find(ref, rules.tied[k][0]), *t = bert_checkpoint_find(c, rules.tied[k][1]);
        int64_t j;
        if (!want || !t) { TEST_FAIL("%s or %s is missing", rules.tied[k][0], rules.tied[k][1]); continue; }
        golden_hf_same(t, want, &rules, tol);
        for (j = 0; j < n; j++) if (bert_checkpoint_tensor(ref, j) == want) seen[j] = 1;
    }
    for (i = 0; i < n && !rules.subset; i++)
        if (!seen[i] && !bert_json_get(line, "tensors_checked") && (!rules.missing[0] || golden_starts(bert_checkpoint_tensor(ref, i)->name, rules.missing)))
            TEST_FAIL("%s is missing", bert_checkpoint_tensor(ref, i)->name);
    CHECK(compared > 0 || n == 0);
    if (bert_json_get(line, "tensors_checked")) CHECK_INT(compared, golden_int(bert_json_get(line, "tensors_checked"), -1));
    if (bert_json_get(line, "global_step")) {
        const bert_tensor *t = bert_checkpoint_find(c, "global_step");
        int64_t step = -1;
        if (t && t->count == 1) bert_tensor_read(t, BERT_I64, &step, 1, NULL);
        CHECK_INT(step, golden_int(bert_json_get(line, "global_step"), -2));
    }
    free(seen);
    bert_checkpoint_close(ref);
}
/* "values": {"w": [[1, 2], [3, 4]]}: what hand-made files hold. */
static void golden_hf_values(const bert_checkpoint *c, const bert_json *values)
{
    const bert_json *v, *row;
    for (v = values->first; v; v = v->next) {
        const bert_tensor *t = bert_checkpoint_find(c, v->key);
        int64_t i = 0;
        float *got;
        if (!t) { TEST_FAIL("%s is not in the file", v->key); continue; }
        if ((got = (float *)golden_hf_read(t, BERT_F32)) == NULL) continue;
        for (row = v->first; row; row = row->next) {
            const bert_json *x = row->type == 'a' ? row->first : row;
            for (; x && i < t->count; x = row->type == 'a' ? x->next : NULL, i++) {
                double want = 0;
                if (!bert_json_double(x, &want) || (double)got[i] != want) TEST_FAIL("%s[%ld] is %g, not %g", v->key, (long)i, (double)got[i], want);
            }
        }
        CHECK_INT(i, t->count);
        free(got);
    }
}

/* ---- a line of the manifest ---- */

/* The case is one whose container is sound and which only a reader of the model can judge. */
static int golden_hf_is_of_model(const bert_json *line) { return bert_json_is(bert_json_get(line, "fails_at"), "model"); }

static void golden_hf_checkpoint_case(const golden_place *place, const bert_json *line)
{
    static const bert_checkpoint_desc none;
    const bert_json *file = bert_json_get(line, "file"), *expect = bert_json_get(line, "expect"), *never = bert_json_get(line, "must_not_create");
    const bert_json *values = bert_json_get(line, "values"), *reference = bert_json_get(line, "reference");
    const char *base;
    char path[1200];
    bert_checkpoint_desc desc = none;
    bert_checkpoint *c = NULL, *again = NULL;
    bert_error err;
    bert_status st, second;
    clock_t start;
    int64_t i;
    memset(&err, 0, sizeof err);
    desc.path = golden_path(path, sizeof path, place->dir, file->text);
    desc.error = &err;
    if (!golden_is_file(path)) {
        FILE *f = fopen(path, "rb");                                    /* an empty file is one too */
        if (!f) { test_skip("this file is not here"); return; }
        fclose(f);
    }
    if (never && never->type == 's' && golden_is_file(never->text)) { TEST_FAIL("%s exists already: remove it and look who makes it", never->text); return; }
    start = clock();
    st = bert_checkpoint_open(&desc, &c);
    for (i = 0; st == BERT_OK && i < bert_checkpoint_count(c); i++) {   /* whatever opens can be read */
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        if (t->dtype != BERT_STRING) free(golden_hf_read(t, t->dtype));
    }
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 2);
    if (never && never->type == 's' && golden_is_file(never->text)) TEST_FAIL("%s was created: the file's code was run", never->text);
    if (st != BERT_OK) {
        base = strrchr(file->text, '/') ? strrchr(file->text, '/') + 1 : file->text;
        CHECK(c == NULL && err.code == st);
        CHECK(strlen(err.message) > strlen(path) / 2 && strchr(err.message, '\n') == NULL);
        CHECK(strstr(err.message, base) != NULL || golden_ends(base, ".index.json"));
    }
    if (golden_hf_is_of_model(line)) {
        if (st != BERT_OK) TEST_FAIL("the container is sound: %s", err.message);
        else {                                                          /* the container opens, the model must not */
            bert_model_desc md = { 0 };
            bert_model *model = NULL;
            bert_status opened;
            md.path = path;
            md.error = &err;
            opened = bert_model_open(&md, &model);
            if (opened == BERT_OK && bert_json_is(expect, "error")) TEST_FAIL("opens as a model, but must be an error");
            if (opened != BERT_OK) CHECK(model == NULL && err.tensor[0] && strstr(err.message, err.tensor) != NULL);
            bert_model_close(model);
        }
    } else if (bert_json_is(expect, "error")) {
        if (st == BERT_OK) TEST_FAIL("opens, but must be an error");
    } else if (bert_json_is(expect, "load") || bert_json_is(expect, "load_or_error")) {
        if (st != BERT_OK && bert_json_is(expect, "load")) TEST_FAIL("%s", err.message);
        if (st == BERT_OK && reference && reference->type == 's') golden_hf_compare(place, c, line);
        if (st == BERT_OK && values && values->type == 'o') golden_hf_values(c, values);
    } else {
        TEST_FAIL("an expectation this test does not know: %s", expect && expect->text ? expect->text : "none");
    }
    if (!golden_ends(path, ".json")) {                                  /* from memory: the same answer */
        size_t size = 0;
        char *data = test_read_file(path, &size);
        bert_checkpoint_desc memory = none;
        memory.data = data;
        memory.size = size;
        second = bert_checkpoint_open(&memory, &again);
        if ((second == BERT_OK) != (st == BERT_OK)) TEST_FAIL("opened by path: %s; from memory: %s", bert_status_string(st), bert_status_string(second));
        if (second == BERT_OK && st == BERT_OK) CHECK_INT(bert_checkpoint_count(again), bert_checkpoint_count(c));
        bert_checkpoint_close(again);
        free(data);
    }
    bert_checkpoint_close(c);
}

/* Bytes of a file; -1 if it cannot be read. */
static long golden_size(const char *path)
{
    FILE *f = fopen(path, "rb");
    long n = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;
    if (f) fclose(f);
    return n;
}
/* Every beginning of a small file, and 2000 times some damage to it: an error that says something, or a file that can be read
   whole. `sound`: the file itself loads, so that none of its beginnings may. */
static void golden_hf_damage(const char *path, int sound)
{
    size_t size = 0, n, k, most;
    char *data = test_read_file(path, &size), *copy;
    uint64_t seed = size;
    clock_t start = clock();
    if (!data) { TEST_FAIL("cannot be read"); return; }
    most = size + 2000;
    for (n = 0; n < most; n++) {
        bert_checkpoint_desc d = { 0 };
        bert_checkpoint *c = NULL;
        bert_error err = { 0 };
        bert_status st;
        const size_t part = n < size ? n : size;
        int changes = n < size ? 0 : 1 + (int)(test_random(&seed) % 3);
        int64_t i;
        copy = (char *)malloc(part ? part : 1);                         /* of exactly its size: what reads past it is seen */
        if (!copy) abort();
        memcpy(copy, data, part);
        for (; changes && size; changes--) { k = (size_t)(test_random(&seed) % size); copy[k] = (char)(test_random(&seed) % 2 ? copy[k] ^ 1 << test_random(&seed) % 8 : (int)(test_random(&seed) % 256)); }
        d.data = copy;
        d.size = part;
        d.error = &err;
        st = bert_checkpoint_open(&d, &c);
        if (st == BERT_OK && n < size && sound) TEST_FAIL("the first %ld of %ld bytes open", (long)n, (long)size);
        if (st != BERT_OK && (c || err.code != st || !err.message[0] || strchr(err.message, '\n'))) TEST_FAIL("damage %ld: no proper error: %s", (long)n, err.message);
        for (i = 0; st == BERT_OK && i < bert_checkpoint_count(c); i++) {
            const bert_tensor *t = bert_checkpoint_tensor(c, i);
            if (bert_dtype_size(t->dtype)) free(golden_hf_read(t, t->dtype));
        }
        bert_checkpoint_close(c);
        free(copy);
    }
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 30);
    free(data);
}

static void golden_hf_checkpoints(const golden_place *place)
{
    char path[1200];
    golden_lines manifest;
    int opened = 0;
    golden_path(path, sizeof path, place->dir, "manifest.jsonl");
    if (!golden_is_file(path)) { golden_skip(place->label, "no manifest.jsonl here"); return; }
    if (test_enter("%s/manifest.jsonl", place->label)) { opened = golden_open(&manifest, path); test_leave(); }
    else {
        bert_error err;
        memset(&manifest, 0, sizeof manifest);
        opened = bert_file_open(path, NULL, &manifest.file, &err) == BERT_OK;
    }
    while (opened) {
        bert_error err;
        const bert_json *file;
        bert_json_free(&manifest.doc);
        if (!golden_next_line(&manifest)) break;
        if (!manifest.size) continue;
        if (bert_json_parse(manifest.text, manifest.size, NULL, &manifest.doc, &err) != BERT_OK) {
            if (test_enter("%s/line %ld", place->label, (long)manifest.number)) { TEST_FAIL("%s", err.message); test_leave(); }
            continue;
        }
        file = bert_json_get(manifest.doc.root, "file");
        if (!file || file->type != 's') continue;
        if (!test_enter("%s/%s", place->label, file->text)) continue;
        golden_hf_checkpoint_case(place, manifest.doc.root);
        test_leave();
        golden_path(path, sizeof path, place->dir, file->text);
        if (golden_ends(path, ".json") || !golden_is_file(path) || golden_size(path) > 12000 || !test_enter("%s/%s, damaged", place->label, file->text)) continue;
        golden_hf_damage(path, bert_json_is(bert_json_get(manifest.doc.root, "expect"), "load"));
        test_leave();
    }
    if (opened) golden_close(&manifest);
}

#endif
