/* golden_records.h - two TFRecord files compared
   SPDX-License-Identifier: MIT-0 OR Unlicense */

/* Two TFRecord files, record by record and feature by feature. */
static void golden_same_records(const char *have, const char *want)
{
    bert_records *r[2] = { NULL, NULL };
    bert_example e[2];
    bert_records_desc d;
    bert_error err;
    const void *data[2];
    size_t size[2], i, n = 0, k;
    memset(e, 0, sizeof e);
    memset(&err, 0, sizeof err);
    for (k = 0; k < 2; k++) {
        memset(&d, 0, sizeof d);
        d.path = k ? want : have;
        d.error = &err;
        if (bert_records_open(&d, &r[k]) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
    }
    for (;; n++) {
        for (k = 0; k < 2; k++) {
            if (bert_records_next(r[k], &data[k], &size[k], &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
            if (data[k] && bert_example_parse(&e[k], data[k], size[k], NULL, &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
        }
        if (!data[0] || !data[1]) break;
        if (e[0].count != e[1].count) TEST_FAIL("record %d has %d features, recorded are %d", (int)n, (int)e[0].count, (int)e[1].count);
        for (i = 0; i < e[1].count; i++) {
            const bert_feature *w = &e[1].features[i];
            char name[200];
            const bert_feature *h;
            snprintf(name, sizeof name, "%.*s", (int)w->name_size, w->name);
            h = bert_example_find(&e[0], name);
            if (!h || h->type != w->type || h->count != w->count) TEST_FAIL("record %d: %s is missing, or of another type or length", (int)n, name);
            else if (w->type == BERT_FEATURE_INT64 ? memcmp(h->ints, w->ints, w->count * sizeof *w->ints) != 0 : w->type != BERT_FEATURE_FLOAT || memcmp(h->floats, w->floats, w->count * sizeof *w->floats) != 0)
                TEST_FAIL("record %d: %s differs", (int)n, name);
        }
    }
    if (data[0] || data[1]) TEST_FAIL("%s has %s records than were recorded (record %d)", have, data[0] ? "more" : "fewer", (int)n);
    if (!n) TEST_FAIL("%s is empty", want);
done:
    for (k = 0; k < 2; k++) { bert_example_free(&e[k]); bert_records_close(r[k]); }
}
