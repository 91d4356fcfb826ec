/* golden_checkpoints.h - the goldens of checkpoints: google/model, google/nezha/model, google/train_.../checkpoint
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef GOLDEN_CHECKPOINTS_H
#define GOLDEN_CHECKPOINTS_H

#include "sha256.h"

#ifdef GOLDEN_SLOW                      /* both programs may run at once */
#define GOLDEN_TMP "golden_slow.tmp.ckpt"
#else
#define GOLDEN_TMP "golden.tmp.ckpt"
#endif

/* ---- opening ---- */

bert_status hook_bundle_verify(const char *prefix, bert_error *error);     /* hooks/private.c */

/* Opens the bundle with this prefix, and compares all of its values with their checksums; NULL fails the case. */
static bert_checkpoint *golden_bundle(const char *prefix)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_error err;
    memset(&err, 0, sizeof err);
    memset(&d, 0, sizeof d);
    d.path = prefix;
    d.error = &err;
    if (hook_bundle_verify(prefix, &err) == BERT_OK && bert_checkpoint_open(&d, &c) == BERT_OK) return c;
    TEST_FAIL("%s", err.message);
    return NULL;
}
/* The values as they would lie in a little-endian file; free() them. */
static unsigned char *golden_little(const bert_tensor *t, size_t *size)
{
    const size_t n = bert_dtype_size(t->dtype), part = t->dtype == BERT_C64 ? 4 : n;
    const uint16_t one = 1;
    unsigned char *bytes, *p, first, swap;
    bert_error err;
    size_t k;
    *size = (size_t)t->count * n;
    bytes = (unsigned char *)malloc(*size + 1);
    if (!bytes) abort();
    memset(&err, 0, sizeof err);
    if (bert_tensor_read(t, t->dtype, bytes, t->count, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    memcpy(&first, &one, 1);
    for (p = bytes; !first && part && p < bytes + *size; p += part)
        for (k = 0; k < part / 2; k++) { swap = p[k]; p[k] = p[part - 1 - k]; p[part - 1 - k] = swap; }
    return bytes;
}

/* ---- one tensor, one list of them ---- */

/* float32 -> F32, int64 -> I64, bool -> BOOL ... */
static int golden_same_dtype(const char *recorded, bert_dtype have)
{
    static const struct { const char *name; bert_dtype dtype; } types[] = {
        { "float32", BERT_F32 }, { "float64", BERT_F64 }, { "float16", BERT_F16 }, { "bfloat16", BERT_BF16 }, { "int64", BERT_I64 }, { "int32", BERT_I32 },
        { "int16", BERT_I16 }, { "int8", BERT_I8 }, { "uint64", BERT_U64 }, { "uint32", BERT_U32 }, { "uint16", BERT_U16 }, { "uint8", BERT_U8 }, { "bool", BERT_BOOL }
    };
    size_t i;
    for (i = 0; i < sizeof types / sizeof *types; i++) if (strcmp(types[i].name, recorded) == 0) return types[i].dtype == have;
    return 0;
}
/* A number of the record that may be missing; equal within 1e-9 of `scale`. */
static void golden_number(const bert_json *want, double have, double scale, const char *what, const char *name)
{
    double w;
    if (!want) return;
    if (!bert_json_double(want, &w)) TEST_FAIL("%s: %s is recorded as no number", name, what);
    else if (!(fabs(have - w) <= 1e-9 * fabs(scale))) TEST_FAIL("%s: %s is %.17g, recorded is %.17g", name, what, have, w);
}
static int golden_shape(const bert_tensor *t, const bert_json *want)
{
    const bert_json *v = want ? want->first : NULL;
    int32_t k;
    for (k = 0; v && k < t->rank && golden_int(v, -1) == t->shape[k]; v = v->next) k++;
    return want && !v && k == t->rank;
}
static const char *golden_text(const bert_json *object, const char *key)
{
    const bert_json *v = bert_json_get(object, key);
    return v && v->type == 's' ? v->text : "";
}
/* A tensor against its record: {"name", "shape", "dtype", "sum", "abs_sum", "first", "last", "sha256"}. */
static void golden_tensor(const bert_checkpoint *c, const bert_json *want)
{
    const char *name = golden_text(want, "name");
    const bert_tensor *t = bert_checkpoint_find(c, name);
    double *values, sum = 0, abs_sum = 0;
    unsigned char *bytes;
    char sha[65];
    size_t size;
    int64_t i;
    if (!t) { TEST_FAIL("%s is recorded, but not in the list", name); return; }
    if (!golden_shape(t, bert_json_get(want, "shape"))) { TEST_FAIL("%s: its shape is not the recorded one", name); return; }
    if (!golden_same_dtype(golden_text(want, "dtype"), t->dtype)) { TEST_FAIL("%s is %s, recorded is %s", name, bert_dtype_name(t->dtype), golden_text(want, "dtype")); return; }
    bytes = golden_little(t, &size);
    sha256_hex(bytes, size, sha);
    if (strcmp(sha, golden_text(want, "sha256")) != 0) TEST_FAIL("%s: the sha256 of its values is %s, recorded is %s", name, sha, golden_text(want, "sha256"));
    free(bytes);
    values = (double *)malloc(((size_t)t->count + 1) * sizeof *values);
    if (!values) abort();
    if (bert_tensor_read(t, BERT_F64, values, t->count, NULL) != BERT_OK) TEST_FAIL("%s does not become F64", name);
    for (i = 0; i < t->count; i++) { sum += values[i]; abs_sum += fabs(values[i]); }
    golden_number(bert_json_get(want, "sum"), sum, abs_sum, "the sum", name);
    golden_number(bert_json_get(want, "abs_sum"), abs_sum, abs_sum, "the sum of absolute values", name);
    if (t->count) {
        golden_number(bert_json_get(want, "first"), values[0], values[0], "the first value", name);
        golden_number(bert_json_get(want, "last"), values[t->count - 1], values[t->count - 1], "the last value", name);
    }
    free(values);
}

/* A bundle in one data file, written again, is the same two files. */
static void golden_write_again(const bert_checkpoint *c, const char *prefix)
{
    static const char *const ends[] = { ".index", ".data-00000-of-00001" };
    size_t n = (size_t)bert_checkpoint_count(c), i, a = 0, b = 0;
    bert_output *o = (bert_output *)calloc(n + 1, sizeof *o);
    void **values = (void **)calloc(n + 1, sizeof *values);
    bert_write_desc d;
    bert_error err;
    if (!o || !values) abort();
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, (int64_t)(n - 1 - i));
        values[i] = malloc((size_t)t->count * bert_dtype_size(t->dtype) + 1);
        if (!values[i]) abort();
        if (bert_tensor_read(t, t->dtype, values[i], t->count, NULL) != BERT_OK) TEST_FAIL("%s cannot be read", t->name);
        o[i].name = t->name;
        o[i].data = values[i];
        o[i].shape = t->shape;
        o[i].rank = t->rank;
        o[i].dtype = t->dtype;
    }
    d.path = GOLDEN_TMP;
    d.tensors = o;
    d.count = n;
    d.error = &err;
    d.format = BERT_FORMAT_TF;
    if (bert_checkpoint_write(&d) != BERT_OK) TEST_FAIL("%s", err.message);
    for (i = 0; i < 2; i++) {
        char path[1200], again[64], *x, *y;
        snprintf(path, sizeof path, "%s%s", prefix, ends[i]);
        snprintf(again, sizeof again, "%s%s", GOLDEN_TMP, ends[i]);
        x = test_read_file(path, &a);
        y = test_read_file(again, &b);
        if (!x || !y || a != b || memcmp(x, y, a) != 0) TEST_FAIL("written again, the %s file is another", ends[i]);
        free(x);
        free(y);
        remove(again);
    }
    for (i = 0; i < n; i++) free(values[i]);
    free(values);
    free(o);
}

/* ---- a directory with a manifest.json: prefix -> tensors ---- */

static void golden_google_model(const golden_place *place)
{
    char path[1200], label[1200];
    const bert_json *bundle, *want;
    golden_lines l;
    int ok;
    golden_path(path, sizeof path, place->dir, "manifest.json");
    golden_path(label, sizeof label, place->label, "manifest.json");
    if (!golden_is_file(path)) { golden_skip(label, "it is not here"); return; }
    if (!test_enter("%s", label)) {                                     /* its bundles may be wanted all the same */
        memset(&l, 0, sizeof l);
        ok = bert_file_open(path, NULL, &l.file, NULL) == BERT_OK && bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, NULL) == BERT_OK;
        l.root = ok ? l.doc.root : NULL;
    } else {
        ok = golden_whole(&l, path) && l.root->type == 'o';
        CHECK(ok && l.root->count > 0);
        test_leave();
    }
    for (bundle = ok ? l.root->first : NULL; bundle; bundle = bundle->next) {
        bert_checkpoint *c;
        golden_path(path, sizeof path, place->dir, bundle->key);
        golden_path(label, sizeof label, place->label, bundle->key);
        if (!test_enter("%s", label)) continue;
        c = golden_bundle(path);
        if (c) {
            CHECK_INT(bert_checkpoint_count(c), bundle->count);
            for (want = bundle->first; want; want = want->next) golden_tensor(c, want);
            if (strncmp(bert_checkpoint_format(c), "sharded", 7) != 0) golden_write_again(c, path);
        }
        bert_checkpoint_close(c);
        test_leave();
    }
    if (ok) golden_close(&l);
}

/* ---- the directory of a training run: `checkpoint` names the newest; the values lie beside it as safetensors ---- */

/* Every tensor of DIR/KIND_stepN.safetensors is in the list, with the same bytes; returns how many, or -1. */
static int64_t golden_same_values(const bert_checkpoint *c, const char *dir, const char *kind, int64_t step)
{
    char path[1200];
    bert_json_doc doc;
    const bert_json *v, *at;
    unsigned char *file;
    size_t size = 0, head = 0, n = 0, k;
    int64_t count = 0;
    snprintf(path, sizeof path, "%s/../%s_step%ld.safetensors", dir, kind, (long)step);
    file = (unsigned char *)test_read_file(path, &size);
    for (k = 8; file && size >= 8 && k--;) head = head << 8 | file[k];
    if (!file || size < 8 || head > size - 8 || bert_json_parse((const char *)file + 8, head, NULL, &doc, NULL) != BERT_OK) {
        TEST_FAIL("%s cannot be read", path);
        free(file);
        return -1;
    }
    for (v = doc.root->first; v; v = v->next) {
        const bert_tensor *t;
        unsigned char *bytes;
        int64_t begin, end;
        if (strcmp(v->key, "__metadata__") == 0) continue;
        count++;
        at = bert_json_get(v, "data_offsets");
        begin = at ? golden_int(at->first, -1) : -1;
        end = at && at->first ? golden_int(at->first->next, -1) : -1;
        t = bert_checkpoint_find(c, v->key);
        if (!t || begin < 0 || end < begin || (uint64_t)end > size - 8 - head) { TEST_FAIL("%s is not in the list", v->key); continue; }
        bytes = golden_little(t, &n);
        if (!golden_shape(t, bert_json_get(v, "shape")) || strcmp(golden_text(v, "dtype"), bert_dtype_name(t->dtype)) != 0 || n != (size_t)(end - begin)
            || memcmp(bytes, file + 8 + head + begin, n) != 0) TEST_FAIL("%s is not as in %s", v->key, path);
        free(bytes);
    }
    bert_json_free(&doc);
    free(file);
    return count;
}
static void golden_google_state(const golden_place *place)
{
    char path[1200];
    const bert_tensor *t;
    bert_checkpoint *c;
    bert_checkpoint_desc d;
    bert_error err;
    int64_t step = -1;
    golden_path(path, sizeof path, place->dir, "checkpoint");
    if (!test_enter("%s/checkpoint", place->label)) return;
    memset(&err, 0, sizeof err);
    memset(&d, 0, sizeof d);
    d.path = place->dir;                                                /* the file in it says which one is meant */
    d.error = &err;
    if (!golden_is_file(path)) TEST_FAIL("there is no %s", path);
    else if (bert_checkpoint_open(&d, &c) != BERT_OK) TEST_FAIL("%s", err.message);
    else {
        snprintf(path, sizeof path, "%s", bert_checkpoint_path(c));
        bert_checkpoint_close(c);
        c = golden_bundle(path);
        t = bert_checkpoint_find(c, "global_step");
        if (c && t && t->dtype == BERT_I64 && bert_tensor_read(t, BERT_I64, &step, 1, &err) == BERT_OK) {
            int64_t weights = golden_same_values(c, place->dir, "weights", step), slots = golden_same_values(c, place->dir, "slots", step);
            CHECK_INT(bert_checkpoint_count(c), weights + slots + 1);
            golden_write_again(c, path);
        } else if (c) TEST_FAIL("%s has no global_step", path);
        bert_checkpoint_close(c);
    }
    test_leave();
}

#endif
