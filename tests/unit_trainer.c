/* unit_trainer.c - trainers by what bert.h declares: on a device of one's own, from models with heads, with masks of the caller, refused
   descs, batches and states, and what trainers and sessions take
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#include "test.h"
#include "faults.h"
#include "random_model.h"
#ifndef BERT_NO_THREADS
#include "examples/workers.h"
#include "later.h"
#endif

static void mentions(const char *message, const char *part)
{
    if (!strstr(message, part)) TEST_FAIL("\"%s\" does not say \"%s\"", message, part);
}

/* ---- a small model, a batch ---- */

static bert_config small(void)
{
    bert_config c;
    memset(&c, 0, sizeof c);
    c.hidden_size = 8;
    c.layers = 2;
    c.heads = 2;
    c.intermediate_size = 12;
    c.vocab_size = 20;
    c.max_positions = 16;
    c.type_vocab_size = 2;
    c.activation = BERT_GELU_ERF;
    c.source = BERT_SOURCE_HF;
    c.layer_norm_eps = 1e-12;
    c.initializer_range = 0.3;
    return c;
}
enum { SEQUENCES = 4, ROWS = 20 };
static const int64_t offsets[SEQUENCES + 1] = { 0, 6, 9, 16, ROWS }, rows_of_words[5] = { 1, 4, 7, 12, 18 };
static const int32_t ids[ROWS] = { 2, 5, 9, 17, 3, 4, 2, 8, 1, 2, 19, 6, 6, 11, 3, 7, 2, 13, 14, 3 }, segments[ROWS] = { 0, 0, 0, 1, 1, 1 };
static const int32_t words[5] = { 7, -100, 3, 0, 19 }, next[SEQUENCES] = { 1, 0, -100, 1 }, classes[SEQUENCES] = { 2, 0, 1, -100 }, choices[2] = { 1, 0 };
static const int32_t tokens_of[ROWS] = { -100, 0, 1, 2, 0, -100, -100, 1, -100, -100, 2, 2, 0, 0, 1, -100, -100, 1, 0, -100 }, starts[SEQUENCES] = { 2, 0, 99, 1 }, ends[SEQUENCES] = { 4, 1, 5, 99 };
static const float values[SEQUENCES * 3] = { 1, 0, 1, 0, 0, 1, 1, 1, 0, 0.5f, 0, 1 };
static bert_batch batch_of(void)
{
    bert_batch b;
    memset(&b, 0, sizeof b);
    b.sequences = SEQUENCES;
    b.offsets = offsets;
    b.ids = ids;
    b.segment_ids = segments;
    return b;
}
static bert_targets targets_of(void)
{
    bert_targets l;
    memset(&l, 0, sizeof l);
    l.masked_count = 5;
    l.masked_rows = rows_of_words;
    l.masked_ids = words;
    l.next_sentence = next;
    l.classes = classes;
    l.values = values;
    l.token_classes = tokens_of;
    l.starts = starts;
    l.ends = ends;
    l.choices = 2;
    return l;
}
static bert_trainer_desc desc_of(const bert_config *c, uint32_t learn)
{
    bert_trainer_desc d;
    memset(&d, 0, sizeof d);
    d.config = c;
    d.learn = learn;
    d.labels = learn & BERT_LEARN_CHOICES ? 1 : 3;
    d.hidden_dropout = d.attention_dropout = d.classifier_dropout = -1;
    d.schedule.rate = 1e-2;
    d.max_tokens = 64;
    d.threads = 1;
    d.seed = 3;
    return d;
}
static bert_trainer *trainer_of(bert_trainer_desc d)
{
    bert_error e;
    bert_trainer *t = NULL;
    memset(&e, 0, sizeof e);
    d.error = &e;
    if (bert_trainer_open(&d, &t) != BERT_OK) TEST_FAIL("%s", e.message);
    return t;
}
static void steps(bert_trainer *t, int n)
{
    const bert_batch b = batch_of();
    const bert_targets l = targets_of();
    bert_error e;
    int i;
    memset(&e, 0, sizeof e);
    for (i = 0; i < n; i++) if (bert_trainer_step(t, &b, &l, NULL, &e) != BERT_OK) { TEST_FAIL("step %d: %s", i, e.message); return; }
}
static int same_weights(bert_trainer *a, bert_trainer *b)
{
    int64_t i;
    if (bert_trainer_count(a) != bert_trainer_count(b)) return 0;
    for (i = 0; i < bert_trainer_count(a); i++) {
        const bert_trained *p = bert_trainer_parameter(a, i), *q = bert_trainer_parameter(b, i);
        if (strcmp(p->name, q->name) != 0 || memcmp(p->weight, q->weight, (size_t)p->count * sizeof(float)) != 0) return 0;
    }
    return 1;
}

/* ---- a device: this machine once more, a trainer behind the trainer ---- */

typedef struct played {
    bert_trainer *inner, *outer;
    bert_trainer_desc with;             /* what the inner one is opened with besides */
    const bert_comm *comm;              /* of a device with `sums` */
    int fails;                          /* the call that fails: 'o', 'g', 'u', 'm' */
    int loss_is_none, norm_is_none;
    int open, moves, waited;
} played;
static bert_status fail(const char *what, bert_error *e)
{
    if (e) { e->code = BERT_ERROR_IO; snprintf(e->message, sizeof e->message, "what is played fails: %s", what); }
    return BERT_ERROR_IO;
}
static bert_status played_move(void *state, int32_t here, bert_error *e)
{
    played *d = (played *)state;
    int64_t i;
    if (d->fails == 'm') return fail("moving", e);
    d->moves++;
    for (i = 0; i < bert_trainer_count(d->outer); i++) {
        const bert_trained *a = bert_trainer_parameter(here ? d->inner : d->outer, i), *b = bert_trainer_parameter(here ? d->outer : d->inner, i);
        const size_t n = (size_t)a->count * sizeof(float);
        memcpy(b->weight, a->weight, n);
        memcpy(b->gradient, a->gradient, n);
        if (a->first) memcpy(b->first, a->first, n);
        if (a->second) memcpy(b->second, a->second, n);
    }
    return BERT_OK;
}
static bert_status played_open(const bert_device *device, bert_trainer *trainer, void **state, bert_error *e)
{
    played *d = (played *)(uintptr_t)device->options;
    bert_status st;
    if (d->fails == 'o') return fail("opening", e);
    d->with.error = e;
    if ((st = bert_trainer_open(&d->with, &d->inner)) != BERT_OK) return st;
    d->outer = trainer;
    d->open++;
    *state = d;
    return played_move(d, 0, e);
}
static bert_status played_gradients(void *state, const bert_batch *b, const bert_targets *l, const bert_device_step *step, bert_progress *out, bert_error *e)
{
    played *d = (played *)state;
    bert_targets mine = *l;
    bert_status st;
    int64_t i;
    if (d->fails == 'g') return fail("gradients", e);
    mine.totals = &step->totals;
    mine.more = 0;
    mine.first_sequence += step->seen;
    st = bert_trainer_gradients(d->inner, b, &mine, out, e);
    for (i = 0; step->sum && i < bert_trainer_count(d->inner) && st == BERT_OK; i++) {
        const bert_trained *p = bert_trainer_parameter(d->inner, i);
        st = d->comm->all_reduce(d->comm->user, p->gradient, p->count, e);
    }
    d->waited += out != NULL;
    if (out && d->loss_is_none) out->loss = HUGE_VAL;
    return st;
}
static bert_status played_update(void *state, int64_t step, double rate, double loss_scale, double *norm, bert_error *e)
{
    played *d = (played *)state;
    bert_progress p;
    bert_status st;
    if (d->fails == 'u') return fail("updating", e);
    if (d->norm_is_none) { if (norm) *norm = HUGE_VAL; return BERT_OK; }
    memset(&p, 0, sizeof p);
    bert_trainer_set_steps(d->inner, step);
    st = bert_trainer_update(d->inner, &p, e);
    CHECK(p.rate == rate && (p.loss_scale == loss_scale || d->with.loss_scale.start > 0));
    if (norm) *norm = p.norm;
    return st;
}
static void played_close(void *state)
{
    played *d = (played *)state;
    bert_trainer_close(d->inner);
    d->open--;
}
static bert_device device_of(played *d, const bert_trainer_desc *with)
{
    bert_device v;
    memset(&v, 0, sizeof v);
    memset(d, 0, sizeof *d);
    d->with = *with;
    d->with.device = NULL;
    v.options = d;
    v.trainer_open = played_open;
    v.trainer_gradients = played_gradients;
    v.trainer_update = played_update;
    v.trainer_move = played_move;
    v.trainer_close = played_close;
    return v;
}
/* The same weights as without; saved from there, read there. */
static void on_a_device(void)
{
    static const bert_optimizer_kind kinds[] = { BERT_OPTIMIZER_GOOGLE, BERT_OPTIMIZER_LAMB, BERT_OPTIMIZER_SGD };
    const char *path = "unit_trainer.tmp.safetensors";
    bert_config c = small();
    bert_batch b = batch_of();
    bert_targets l = targets_of();
    size_t k;
    for (k = 0; k < 3; k++) {
        bert_trainer_desc d = desc_of(&c, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE);
        bert_trainer *plain, *t;
        bert_progress p, q;
        bert_device v;
        bert_error e;
        played on;
        memset(&e, 0, sizeof e);
        d.optimizer.kind = kinds[k];
        v = device_of(&on, &d);
        plain = trainer_of(d);
        d.device = &v;
        t = trainer_of(d);
        REQUIRE(plain && t);
        CHECK(bert_trainer_desc_resolved(t).threads == 1 && on.open == 1);
        steps(plain, 2);
        steps(t, 2);
        CHECK_INT(on.waited, 0);                                        /* nobody asked for the loss */
        CHECK(!same_weights(plain, t));                                 /* they are on the device */
        CHECK(bert_trainer_fetch(t, &e) == BERT_OK && same_weights(plain, t));
        CHECK(bert_trainer_step(plain, &b, &l, &p, &e) == BERT_OK && bert_trainer_step(t, &b, &l, &q, &e) == BERT_OK);
        CHECK(p.loss == q.loss && p.words == q.words && fabs(p.norm - q.norm) <= 1e-12 * p.norm && p.step == q.step && q.step == 3);
        CHECK_INT(on.waited, 1);
        CHECK(bert_trainer_model(t) != NULL && same_weights(plain, t));
        CHECK(bert_trainer_gradients(t, &b, &l, NULL, &e) == BERT_OK && bert_trainer_gradients(plain, &b, &l, NULL, &e) == BERT_OK);
        CHECK(bert_trainer_update(t, &q, &e) == BERT_OK && bert_trainer_update(plain, &p, &e) == BERT_OK && fabs(p.norm - q.norm) <= 1e-12 * p.norm);
        if (bert_trainer_save(t, path, BERT_FORMAT_AUTO, 1, NULL, &e) != BERT_OK) TEST_FAIL("%s", e.message);
        steps(t, 2);
        if (bert_trainer_resume(t, path, &e) != BERT_OK) TEST_FAIL("%s", e.message);
        CHECK_INT(bert_trainer_steps(t), 4);
        steps(t, 3);
        steps(plain, 3);
        CHECK(bert_trainer_fetch(t, NULL) == BERT_OK && same_weights(plain, t));
        bert_trainer_parameter(t, 0)->weight[3] = 5;                    /* written here, and sent */
        bert_trainer_parameter(plain, 0)->weight[3] = 5;
        CHECK(bert_trainer_send(t, &e) == BERT_OK);
        steps(t, 1);
        steps(plain, 1);
        CHECK(bert_trainer_fetch(t, NULL) == BERT_OK && same_weights(plain, t));
        bert_trainer_close(t);
        bert_trainer_close(plain);
        CHECK_INT(on.open, 0);
        remove(path);
    }
}
/* What fails there is said, and what is not a number is not learnt from. */
static void a_device_fails(void)
{
    static const char *const says[] = { "opening", "moving", "gradients", "updating" };
    const char *path = "unit_trainer.tmp.bin";
    bert_config c = small();
    bert_batch b = batch_of();
    bert_targets l = targets_of();
    bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
    bert_trainer *t = NULL, *plain = trainer_of(d);
    bert_progress p;
    bert_device v;
    bert_error e;
    test_faults f;
    played on;
    int k;
    REQUIRE(plain);
    for (k = 0; k < 2; k++) {
        memset(&f, 0, sizeof f);
        v = device_of(&on, &d);
        d.device = &v;
        d.error = &e;
        d.allocator = test_faults_allocator(&f);
        on.fails = says[k][0];
        t = NULL;
        CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_IO && !t && f.live == 0);
        mentions(e.message, says[k]);
        CHECK_INT(on.open, 0);
        memset(&d.allocator, 0, sizeof d.allocator);
        d.device = NULL;
    }
    v = device_of(&on, &d);
    d.device = &v;
    t = trainer_of(d);
    REQUIRE(t);
    for (k = 2; k < 4; k++) {
        on.fails = says[k][0];
        memset(&e, 0, sizeof e);
        CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == BERT_ERROR_IO && bert_trainer_steps(t) == 0);
        mentions(e.message, says[k]);
    }
    on.fails = 'm';
    CHECK(bert_trainer_fetch(t, &e) == BERT_ERROR_IO && bert_trainer_send(t, &e) == BERT_ERROR_IO && bert_trainer_model(t) == NULL);
    CHECK(bert_trainer_save(t, path, BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_ERROR_IO);
    CHECK(bert_trainer_save(plain, path, BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK);
    memset(&e, 0, sizeof e);
    CHECK(bert_trainer_resume(t, path, &e) == BERT_ERROR_IO);
    mentions(e.message, "moving");
    on.loss_is_none = 1;
    memset(&e, 0, sizeof e);
    CHECK(bert_trainer_step(t, &b, &l, &p, &e) == BERT_ERROR_IO);       /* it would be told which weights are not finite, if they came here */
    mentions(e.message, "moving");
    on.fails = 0;
    CHECK(bert_trainer_step(t, &b, &l, &p, &e) == BERT_ERROR_FORMAT);
    mentions(e.message, "not finite in step 0");
    on.loss_is_none = 0;
    on.norm_is_none = 1;
    CHECK(bert_trainer_step(t, &b, &l, &p, &e) == BERT_ERROR_FORMAT && bert_trainer_steps(t) == 0);
    mentions(e.message, "the norm of the gradients is not finite");
    on.fails = 'm';
    CHECK(bert_trainer_step(t, &b, &l, &p, &e) == BERT_ERROR_IO);
    bert_trainer_close(t);
    d.loss_scale.start = 64;                                            /* steps that are skipped, down to the floor */
    d.loss_scale.floor = 16;
    v = device_of(&on, &d);
    d.device = &v;
    t = trainer_of(d);
    REQUIRE(t);
    on.norm_is_none = 1;
    for (k = 0; k < 2; k++) {
        if (bert_trainer_step(t, &b, &l, &p, &e) != BERT_OK) TEST_FAIL("%s", e.message);
        CHECK(p.skipped && p.step == 0 && p.loss_scale == 64 >> k && p.skipped_steps == k + 1);
    }
    CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == BERT_ERROR_FORMAT && bert_trainer_steps(t) == 0);
    on.norm_is_none = 0;
    CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == BERT_OK && bert_trainer_steps(t) == 1);
    bert_trainer_close(t);
    bert_trainer_close(plain);
    remove(path);
}

/* ---- several workers, each with a device ---- */

#ifndef BERT_NO_THREADS
typedef struct worker { workers *all; bert_trainer_desc d; int rank, sums, parts, fails; bert_trainer *t; bert_status st; bert_error e; played on; later later; } worker;
static void *work(void *arg)
{
    worker *w = (worker *)arg;
    bert_comm comm = workers_comm(w->all, w->rank);
    bert_batch b = batch_of();
    bert_targets l = targets_of();
    bert_device v;
    bert_progress p;
    int i;
    if (w->parts) comm = later_comm(&w->later, comm);
    v = device_of(&w->on, &w->d);
    v.sums = w->sums;
    w->on.comm = &comm;
    w->d.comm = &comm;
    w->d.device = &v;
    w->d.error = &w->e;
    b.sequences = 2;
    b.offsets += 2 * w->rank;
    l.classes += 2 * w->rank;
    {                                                                   /* its own rows, from 0 on */
        static int64_t own[2][3];
        for (i = 0; i < 3; i++) own[w->rank][i] = b.offsets[i] - b.offsets[0];
        b.ids += b.offsets[0];
        b.segment_ids += b.offsets[0];
        b.offsets = own[w->rank];
    }
    w->st = bert_trainer_open(&w->d, &w->t);
    if (w->rank == 1 && w->fails) w->on.fails = w->fails;
    for (i = 0; i < 3 && w->st == BERT_OK; i++) w->st = bert_trainer_step(w->t, &b, &l, i == 1 ? &p : NULL, &w->e);
    if (w->st == BERT_OK) w->st = bert_trainer_fetch(w->t, &w->e);
    if (w->st != BERT_OK) workers_leave(w->all, w->rank, w->e.message);
    return NULL;
}
static void workers_on_devices(void)
{
    static worker w[2];
    bert_config c = small();
    int way, k;
    for (way = 0; way < 5; way++) {                                     /* gradients added up here, in two ways; by the device; one fails */
        bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
        pthread_t threads[2];
        workers all;
        bert_trainer *alone;
        d.optimizer.kind = BERT_OPTIMIZER_SGD;
        alone = trainer_of(d);
        REQUIRE(alone);
        steps(alone, 3);
        workers_open(&all, 2);
        for (k = 0; k < 2; k++) {
            memset(w + k, 0, sizeof w[k]);
            w[k].all = &all;
            w[k].d = d;
            w[k].rank = k;
            w[k].parts = way != 1;
            w[k].sums = way == 2;
            w[k].fails = way == 3 ? 'g' : way == 4 ? 'm' : 0;
            if (pthread_create(&threads[k], NULL, work, w + k)) { TEST_FAIL("no thread"); exit(1); }
        }
        for (k = 0; k < 2; k++) pthread_join(threads[k], NULL);
        for (k = 0; k < 2; k++) {
            int64_t i, j;
            if (way > 2) { CHECK_INT(w[k].st, BERT_ERROR_IO); mentions(w[k].e.message, way == 3 ? "fails: gradients" : "fails: moving"); continue; }
            if (w[k].st != BERT_OK) { TEST_FAIL("way %d, worker %d: %s", way, k, w[k].e.message); continue; }
            for (i = 0; i < bert_trainer_count(alone); i++) {
                const bert_trained *p = bert_trainer_parameter(alone, i), *q = bert_trainer_parameter(w[k].t, i);
                for (j = 0; j < p->count; j++) if (!(fabs((double)p->weight[j] - (double)q->weight[j]) <= 1e-6)) { TEST_FAIL("way %d, worker %d: %s[%ld] is %g, alone %g", way, k, p->name, (long)j, (double)q->weight[j], (double)p->weight[j]); break; }
            }
        }
        for (k = 0; k < 2; k++) bert_trainer_close(w[k].t);
        workers_close(&all);
        bert_trainer_close(alone);
    }
}
#endif

/* ---- from a model ---- */

static bert_model *model_of(bert_config *c, uint32_t heads, int untied, uint64_t seed)
{
    bert_model_desc d;
    bert_model *m = NULL;
    bert_error e;
    memset(&d, 0, sizeof d);
    d.path = "unit_trainer.tmp.safetensors";
    d.config = c;
    d.error = &e;
    if (random_model_write(d.path, c, heads, untied, seed, &e) != BERT_OK || bert_model_open(&d, &m) != BERT_OK) TEST_FAIL("%s", e.message);
    remove(d.path);
    return m;
}
static void heads_of_a_model(void)
{
    bert_config c = small();
    bert_trainer_desc d;
    bert_trainer *t = NULL;
    bert_model *m;
    bert_error e;
    const bert_trained *p;
    float *copy;
    int untied;
    c.labels = 3;
    m = model_of(&c, BERT_HEAD_POOLER | BERT_HEAD_CLASSIFIER | BERT_HEAD_SPAN, 0, 4);
    REQUIRE(m);
    d = desc_of(NULL, BERT_LEARN_CLASSES);
    d.model = m;
    d.labels = 4;
    d.error = &e;
    CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_MISMATCH && !t);
    mentions(e.message, "classifier.weight");
    mentions(e.message, "has 3 outputs, 4 are asked for");
    d.fresh = BERT_HEAD_CLASSIFIER;
    d.keep = BERT_HEAD_SPAN;
    t = trainer_of(d);
    REQUIRE(t);
    p = bert_trainer_find(t, "classifier.weight");
    CHECK(p && p->shape[0] == 4 && p->learns);
    p = bert_trainer_find(t, "qa_outputs.weight");
    CHECK(p && !p->learns && bert_trainer_find(t, "nothing") == NULL);
    CHECK(bert_trainer_parameter(t, -1) == NULL && bert_trainer_parameter(t, bert_trainer_count(t)) == NULL);
    bert_trainer_close(t);
    d.fresh = 0;
    d.labels = 0;                                                       /* as many as there are */
    t = trainer_of(d);
    REQUIRE(t);
    CHECK(bert_trainer_desc_resolved(t).labels == 3 && bert_trainer_find(t, "classifier.weight")->shape[0] == 3);
    bert_trainer_close(t);
    d.learn = BERT_LEARN_CHOICES;                                       /* one output, whatever there is */
    CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_MISMATCH);
    mentions(e.message, "has 3 outputs, 1 are asked for");
    bert_model_close(m);
    for (untied = 0; untied < 2; untied++) {                            /* a decoder of its own learns apart from the words */
        m = model_of(&c, BERT_HEAD_POOLER | BERT_HEAD_MLM, untied, 5);
        REQUIRE(m);
        d = desc_of(NULL, BERT_LEARN_WORDS);
        d.model = m;
        t = trainer_of(d);
        REQUIRE(t);
        bert_model_close(m);                                            /* it was copied */
        p = bert_trainer_find(t, "cls.predictions.decoder.weight");
        CHECK((p != NULL) == untied && (bert_trainer_find(t, "cls.predictions.decoder.bias") != NULL) == untied);
        if (p) {
            copy = (float *)malloc((size_t)p->count * sizeof *copy);
            REQUIRE(copy);
            memcpy(copy, p->weight, (size_t)p->count * sizeof *copy);
            steps(t, 1);
            CHECK(memcmp(copy, p->weight, (size_t)p->count * sizeof *copy) != 0);
            free(copy);
        }
        bert_trainer_close(t);
    }
}

/* ---- masks of the caller ---- */

/* The slope of the loss along some directions, by differences, with masks that drop and scale at every place. */
static void masks(void)
{
    static const uint32_t learns[] = { BERT_LEARN_CLASSES, BERT_LEARN_TOKENS, BERT_LEARN_NEXT_SENTENCE };
    static uint8_t hidden[5][ROWS * 8], keys[2][2 * 120];
    const uint8_t *const attention[2] = { keys[0], keys[1] }, *const after[2] = { hidden[0], hidden[1] }, *const out[2] = { hidden[2], hidden[3] };
    bert_config c = small();
    bert_batch b = batch_of();
    bert_masks m;
    uint64_t seed = 9;
    int i, k, way;
    for (k = 0; k < 5; k++) for (i = 0; i < ROWS * 8; i++) hidden[k][i] = test_random(&seed) % 4 != 0;
    for (k = 0; k < 2; k++) for (i = 0; i < 240; i++) keys[k][i] = test_random(&seed) % 5 != 0;
    for (k = 0; k < 3; k++) {
        double losses[6];
        for (way = 0; way < 6; way++) {                                 /* none; the embeddings'; the attention's; ... */
            bert_trainer_desc d = desc_of(&c, learns[k]);
            bert_targets l = targets_of();
            bert_progress p;
            bert_error e;
            bert_trainer *t;
            int64_t at;
            memset(&m, 0, sizeof m);
            if (way == 1 || way == 5) m.embeddings = hidden[4];
            if (way == 2 || way == 5) m.attention = attention;
            if (way == 3 || way == 5) { m.attention_output = after; m.output = out; }
            if (way >= 4) m.classifier = hidden[2];
            l.masks = &m;
            d.hidden_dropout = 0.25;
            d.attention_dropout = 0.2;
            d.classifier_dropout = 0.25;
            if ((t = trainer_of(d)) == NULL) return;
            if (bert_trainer_gradients(t, &b, &l, &p, &e) != BERT_OK) TEST_FAIL("%s", e.message);
            losses[way] = p.loss;
            for (i = 0; i < way; i++) if (losses[i] == losses[way] && !(learns[k] == BERT_LEARN_NEXT_SENTENCE && (way == 4 || i == 4))) TEST_FAIL("the loss with masks %d is that with masks %d", way, i);
            for (at = 0; at < bert_trainer_count(t); at += 3) {
                const bert_trained *q = bert_trainer_parameter(t, at);
                const float keep = q->weight[q->count / 2];
                const double got = (double)q->gradient[q->count / 2], h = 0.02;
                double loss[2];
                int side;
                for (side = 0; side < 2; side++) {
                    bert_progress r;
                    q->weight[q->count / 2] = keep + (float)(side ? -h : h);
                    if (bert_trainer_gradients(t, &b, &l, &r, &e) != BERT_OK) { TEST_FAIL("%s", e.message); break; }
                    loss[side] = r.loss;
                }
                q->weight[q->count / 2] = keep;
                if (!(fabs((loss[0] - loss[1]) / (2 * h) - got) < 4e-3 + 0.02 * fabs(got))) TEST_FAIL("learn %d, masks %d: %s: gradient %g, differences say %g", (int)learns[k], way, q->name, got, (loss[0] - loss[1]) / (2 * h));
            }
            bert_trainer_close(t);
        }
    }
}

/* ---- what is refused ---- */

static void refused_descs(void)
{
    bert_config c = small(), other;
    bert_optimizer o;
    int k;
    for (k = 0; k < 18; k++) {
        static const char *const says[] = { "hidden_size", "threads goes", "frozen is -1", "layer_decay", "layer_decay", "rates of dropout", "rates of dropout", "beta2", "loss_scale.start", "labels goes", "kind",
                                            "clip is none", "max_tokens goes", "none of bert_isa", "rank -1 of 2", "both or none", "TF1_ROWS", "it needs all_reduce" };
        bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
        bert_trainer_bytes bytes;
        bert_trainer *t = NULL;
        bert_comm comm;
        bert_error e;
#ifndef BERT_NO_THREADS
        workers all;
        later sums;
        workers_open(&all, 2);
        comm = later_comm(&sums, workers_comm(&all, 0));
        workers_close(&all);
#else
        if (k > 13) continue;
        memset(&comm, 0, sizeof comm);
#endif
        if (k > 13) d.comm = &comm;
        memset(&e, 0, sizeof e);
        other = c;
        switch (k) {
        case 0: other.hidden_size = 0; d.config = &other; break;
        case 1: d.threads = 1025; break;
        case 2: d.frozen = -1; break;
        case 3: d.layer_decay = -0.5; break;
        case 4: d.layer_decay = 1.5; break;
        case 5: d.attention_dropout = 1; break;
        case 6: d.classifier_dropout = 2; break;
        case 7: d.optimizer.beta2 = 1; break;
        case 8: d.loss_scale.start = HUGE_VAL; break;
        case 9: d.labels = (1 << 20) + 1; break;
        case 10: d.optimizer.kind = (bert_optimizer_kind)-1; break;
        case 11: d.optimizer.clip = (bert_clip)-1; break;
        case 12: d.max_tokens = -1; break;
        case 13: d.isa = BERT_ISA_COUNT; break;
        case 14: comm.rank = -1; break;
        case 15: comm.wait = NULL; break;
        case 16: d.optimizer.clip = BERT_CLIP_TF1_ROWS; break;
        default: comm.broadcast = NULL; break;
        }
        CHECK(bert_plan_trainer(&d, &bytes, &e) != BERT_OK);
        if (k != 13) mentions(e.message, says[k]);
        memset(&e, 0, sizeof e);
        d.error = &e;
        CHECK(bert_trainer_open(&d, &t) != BERT_OK && !t && e.message[0]);
    }
    memset(&o, 0, sizeof o);
    {                                                                   /* a step of an optimizer by itself */
        static float w[3] = { 1, 2, 3 }, g[3] = { 1, 1, 1 }, m[3], v[3];
        CHECK(bert_optimizer_update(NULL, 1, 0, 1, 0, w, g, m, v, 3) == BERT_ERROR_ARGUMENT && bert_optimizer_update(&o, 1, 0, 1, 0, w, g, m, v, -1) == BERT_ERROR_ARGUMENT);
        CHECK(bert_optimizer_update(&o, 1, 0, 1, 0, NULL, g, m, v, 3) == BERT_ERROR_ARGUMENT && bert_optimizer_update(&o, 1, 0, 1, 0, w, NULL, m, v, 3) == BERT_ERROR_ARGUMENT);
        CHECK(bert_optimizer_update(&o, 1, 0, 1, 0, w, g, m, NULL, 3) == BERT_ERROR_ARGUMENT);
        o.beta2 = 1;
        CHECK(bert_optimizer_update(&o, 1, 0, 1, 0, w, g, m, v, 3) == BERT_ERROR_ARGUMENT);
        CHECK(w[0] == 1 && w[2] == 3);
        memset(&o, 0, sizeof o);
        o.kind = BERT_OPTIMIZER_SGD;
        CHECK(bert_optimizer_update(&o, 1, 0, 1, 0, NULL, NULL, NULL, NULL, 0) == BERT_OK);    /* nothing to do */
        o.clip = BERT_CLIP_EACH;
        o.max_norm = 0.5;
        o.weight_decay = 0.5;
        CHECK(bert_optimizer_update(&o, 1, 0, 1, 0, w, g, NULL, NULL, 3) == BERT_OK && fabs((double)w[0] - (1 - 0.5 / sqrt(3))) < 1e-6);       /* a gradient of length 0.5 */
        o.clip = BERT_CLIP_NONE;
        o.decay_all = 1;
        w[0] = 1;
        CHECK(bert_optimizer_update(&o, 1, 0, 0, 0, w, g, NULL, NULL, 1) == BERT_OK && w[0] == 0.5f);         /* decay though it is said not to */
    }
}
static void refused_batches(void)
{
    static const uint32_t learns[] = { BERT_LEARN_WORDS, BERT_LEARN_CLASSES, BERT_LEARN_VALUES, BERT_LEARN_CHOICES, BERT_LEARN_SPANS, BERT_LEARN_TOKENS };
    bert_config c = small();
    size_t k;
    int i, seen = 0;
    for (k = 0; k < 6; k++) {
        bert_trainer_desc d = desc_of(&c, learns[k]);
        bert_trainer *t;
        d.max_tokens = 10;
        t = trainer_of(d);
        REQUIRE(t);
        for (i = 0; i < 24; i++) {
            static const struct { uint32_t learn; const char *says; } cases[24] = {
                { 255, "at least one sequence" }, { 255, "at least one sequence" }, { 255, "at least one sequence" }, { 255, "ids or embeds" }, { BERT_LEARN_WORDS, "masked_rows" }, { BERT_LEARN_WORDS, "masked_rows" },
                { BERT_LEARN_WORDS, "masked_rows" }, { BERT_LEARN_WORDS, "masked row 0 is -1" }, { BERT_LEARN_WORDS, "masked row 0: label -1" }, { BERT_LEARN_CLASSES, "classes or a teacher" },
                { BERT_LEARN_CLASSES, "below 1 needs classes" }, { BERT_LEARN_CLASSES, "teacher_weight goes to 1" }, { BERT_LEARN_CLASSES, "temperature is positive" }, { BERT_LEARN_CLASSES, "sequence 1: label 3" },
                { BERT_LEARN_CLASSES, "sequence 1: label -1" }, { BERT_LEARN_VALUES, "values are needed" }, { BERT_LEARN_CHOICES, "CHOICES need classes" }, { BERT_LEARN_CHOICES, "CHOICES need classes" },
                { BERT_LEARN_CHOICES, "together; the trainer was opened for max_tokens 10" }, { BERT_LEARN_CHOICES, "group 0: label 2" }, { BERT_LEARN_SPANS, "starts and ends" }, { BERT_LEARN_SPANS, "starts and ends" },
                { BERT_LEARN_TOKENS, "token 0: label 3" }, { 255, "id 20" } };
            static const int64_t from_one[3] = { 1, 3, 5 }, minus[1] = { -1 }, short_ones[5] = { 0, 2, 4, 6, 8 };
            static const int32_t wrong[ROWS] = { 3, 3, 0, 0 }, below[ROWS] = { -1, -1 }, two[2] = { 2, 0 }, second[SEQUENCES] = { 0, 3, 0, 0 }, third[SEQUENCES] = { 0, -1, 0, 0 }, far_id[ROWS] = { 20 };
            bert_batch b = batch_of();
            bert_targets l = targets_of();
            bert_totals totals;
            bert_error e;
            bert_status st;
            float teacher[SEQUENCES * 3] = { 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0 };
            if (!(cases[i].learn & learns[k])) continue;
            memset(&e, 0, sizeof e);
            l.masked_count = 2;
            if (i != 18) b.offsets = short_ones;
            switch (i) {
            case 0: b.sequences = -1; break;
            case 1: b.offsets = NULL; break;
            case 2: b.offsets = from_one; b.sequences = 2; break;
            case 3: b.embeds = values; break;
            case 4: l.masked_count = -1; break;
            case 5: l.masked_rows = NULL; break;
            case 6: l.masked_ids = NULL; break;
            case 7: l.masked_count = 1; l.masked_rows = minus; break;
            case 8: l.masked_count = 1; l.masked_ids = below; break;
            case 9: l.classes = NULL; break;
            case 10: l.classes = NULL; l.teacher = teacher; l.teacher_weight = 0.5; break;
            case 11: l.teacher = teacher; l.teacher_weight = 1.5; break;
            case 12: l.teacher = teacher; l.temperature = -1; break;
            case 13: l.classes = second; break;
            case 14: l.classes = third; break;
            case 15: l.values = NULL; break;
            case 16: l.classes = NULL; break;
            case 17: l.choices = 0; break;
            case 18: l.classes = choices; break;
            case 19: l.classes = two; break;
            case 20: l.starts = NULL; break;
            case 21: l.ends = NULL; break;
            case 22: l.token_classes = wrong; break;
            default: b.ids = far_id; break;
            }
            st = bert_trainer_step(t, &b, &l, NULL, &e);
            CHECK(st == BERT_ERROR_ARGUMENT || st == BERT_ERROR_TOO_LONG);
            mentions(e.message, cases[i].says);
            memset(&e, 0, sizeof e);
            CHECK(bert_trainer_totals(t, &b, &l, &totals, &e) == st && bert_trainer_steps(t) == 0);
            mentions(e.message, cases[i].says);
            seen++;
        }
        bert_trainer_close(t);
    }
    CHECK_INT(seen, 5 * 6 + 5 + 6 + 1 + 4 + 2 + 1);
}

/* ---- losses of what is ignored, of a teacher alone ---- */

static double loss_with(uint32_t learn, bert_targets l)
{
    bert_config c = small();
    bert_trainer *t = trainer_of(desc_of(&c, learn));
    bert_batch b = batch_of();
    bert_progress p;
    bert_error e;
    memset(&p, 0, sizeof p);
    if (!t) return -1;
    if (bert_trainer_gradients(t, &b, &l, &p, &e) != BERT_OK) TEST_FAIL("%s", e.message);
    bert_trainer_close(t);
    return p.loss;
}
static void ignored(void)
{
    static const int32_t none[ROWS] = { -100, -100, -100, -100 }, first[SEQUENCES] = { 0, 0, 0, 0 };
    static const int32_t last[2] = { 1, -100 };
    float teacher[SEQUENCES * 3] = { 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0 };
    bert_targets l = targets_of();
    double soft, hard;
    l.classes = none;
    CHECK(loss_with(BERT_LEARN_CLASSES, l) == 0 && loss_with(BERT_LEARN_CHOICES, l) == 0);
    l.classes = first;
    hard = loss_with(BERT_LEARN_CLASSES, l);
    l.teacher = teacher;                                                /* a teacher who is sure of the first class */
    soft = loss_with(BERT_LEARN_CLASSES, l);
    CHECK(hard > 0 && fabs(hard - soft) < 1e-6);
    l.classes = NULL;
    CHECK(loss_with(BERT_LEARN_CLASSES, l) == soft);
    l.classes = none;                                                   /* with a weight, the labels' part is 0 where they are ignored */
    l.teacher_weight = 0.25;
    CHECK(fabs(loss_with(BERT_LEARN_CLASSES, l) - 0.25 * soft) < 1e-6);
    l.teacher = NULL;
    l.classes = last;
    CHECK(loss_with(BERT_LEARN_CHOICES, l) > 0);
}

/* ---- states that no trainer wrote ---- */

static void saved_states(void)
{
    enum { STATE = 16 + BERT_CURSOR };
    static const char *const says[] = { "is not one number", "is -1", "has 3 numbers", "is of version 2", "numbers that no trainer writes", "numbers that no trainer writes", "numbers that no trainer writes",
                                        "numbers that no trainer writes", "numbers that no trainer writes", "numbers that no trainer writes", "numbers that no trainer writes", "numbers that no trainer writes", "" };
    const char *path = "unit_trainer.tmp.safetensors";
    int64_t step[2], state[STATE], shape[1], one[1] = { 2 };
    bert_output o[2];
    bert_write_desc w;
    bert_saved s;
    bert_error e;
    double scale;
    int k;
    for (k = 0; k < 13; k++) {
        memset(o, 0, sizeof o);
        memset(&w, 0, sizeof w);
        memset(&e, 0, sizeof e);
        memset(state, 0, sizeof state);
        step[0] = k == 1 ? -1 : 5;
        step[1] = 0;
        state[0] = k == 3 ? 2 : 1;
        state[1] = 77;                                                  /* the seed */
        state[2] = k == 4 ? 0 : 64;                                     /* tokens; then the scale of losses, good, bad and skipped steps, decay */
        scale = k == 5 ? -1 : k == 6 ? HUGE_VAL : 8;
        memcpy(state + 3, &scale, sizeof scale);
        state[4] = k == 7 ? -1 : 0;
        state[5] = k == 8 ? -1 : 0;
        state[6] = k == 9 ? -1 : 0;
        state[7] = k == 10 ? -1 : k == 11 ? 99 : 1;
        shape[0] = k == 2 ? 3 : STATE;
        o[0].name = "global_step";
        o[0].data = step;
        o[0].shape = one;
        o[0].rank = k == 0 ? 1 : 0;
        o[1].name = "trainer_state";
        o[1].data = state;
        o[1].shape = shape;
        o[1].rank = 1;
        o[0].dtype = o[1].dtype = BERT_I64;
        w.path = path;
        w.tensors = o;
        w.count = 2;
        w.error = &e;
        if (bert_checkpoint_write(&w) != BERT_OK) { TEST_FAIL("%s", e.message); return; }
        if (k < 12) {
            CHECK(bert_saved_read(path, NULL, &s, &e) != BERT_OK);
            mentions(e.message, says[k]);
            mentions(e.message, k < 2 ? "global_step" : "trainer_state");
        } else {
            CHECK(bert_saved_read(path, NULL, &s, &e) == BERT_OK && s.step == 5 && s.complete && s.seed == 77 && s.max_tokens == 64 && s.loss_scale == 8);
            w.count = 1;                                                /* another program's: only the step is known */
            CHECK(bert_checkpoint_write(&w) == BERT_OK && bert_saved_read(path, NULL, &s, &e) == BERT_OK && s.step == 5 && !s.complete && s.seed == 0);
        }
    }
    remove(path);
    CHECK(bert_saved_read(path, NULL, &s, &e) == BERT_ERROR_IO);
    mentions(e.message, path);
}
/* Parameters that are missing, of another shape, without their slots. */
static void other_checkpoints(void)
{
    const char *paths[] = { "unit_trainer.tmp.bin", "unit_trainer.tmp.pt" };
    bert_config c = small();
    bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
    bert_trainer *t = trainer_of(d), *other;
    bert_error e;
    REQUIRE(t);
    CHECK(bert_trainer_resume(t, "unit_trainer.none", &e) == BERT_ERROR_IO);
    CHECK(bert_trainer_save(t, paths[0], BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK && bert_trainer_save(t, paths[1], BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK);
    d.labels = 5;
    other = trainer_of(d);
    REQUIRE(other);
    CHECK(bert_trainer_resume(other, paths[1], &e) == BERT_ERROR_MISMATCH);
    mentions(e.message, "classifier.weight");
    mentions(e.message, "is not of the shape");
    bert_trainer_close(other);
    d.learn = BERT_LEARN_CLASSES | BERT_LEARN_SPANS;
    d.labels = 3;
    other = trainer_of(d);
    REQUIRE(other);
    CHECK(bert_trainer_resume(other, paths[0], &e) == BERT_ERROR_MISMATCH);
    mentions(e.message, "qa_outputs.weight");
    mentions(e.message, "is missing");
    bert_trainer_close(other);
    d.learn = BERT_LEARN_CLASSES;                                       /* plain SGD keeps nothing: its state is any */
    d.optimizer.kind = BERT_OPTIMIZER_SGD;
    other = trainer_of(d);
    REQUIRE(other);
    CHECK(bert_trainer_resume(other, paths[0], &e) == BERT_OK && same_weights(t, other));
    CHECK(bert_trainer_save(other, paths[1], BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK);
    CHECK(bert_trainer_resume(t, paths[1], &e) == BERT_ERROR_MISMATCH);
    mentions(e.message, "has no /adam_m");
    bert_trainer_set_steps(t, -3);
    CHECK_INT(bert_trainer_steps(t), 0);
    bert_trainer_close(other);
    bert_trainer_close(t);
    remove(paths[0]);
    remove(paths[1]);
}

/* ---- a worker whose others are played ---- */

typedef struct others { int reduce_fails, broadcast_fails, silent; int32_t code; int sums; } others;
static bert_status others_all_reduce(void *user, float *v, int64_t count, bert_error *e)
{
    others *o = (others *)user;
    (void)v; (void)count;
    o->sums++;
    return o->reduce_fails ? fail("all_reduce", e) : BERT_OK;          /* the others say nothing: as if they had failed */
}
static bert_status others_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *e)
{
    others *o = (others *)user;
    if (o->broadcast_fails) return fail("broadcast", e);
    if (root == 1 && size > sizeof o->code) {                           /* what went wrong there, and its words */
        memcpy(data, &o->code, sizeof o->code);
        snprintf((char *)data + sizeof o->code, size - sizeof o->code, "the disk of worker 1 is full");
    }
    return BERT_OK;
}
static void played_workers(void)
{
    const char *path = "unit_trainer.tmp.bin";
    bert_config c = small();
    bert_trainer_desc d = desc_of(&c, BERT_LEARN_WORDS);
    bert_batch b = batch_of();
    bert_targets l = targets_of();
    bert_trainer *t = NULL;
    bert_comm comm;
    bert_error e;
    others o;
    int k;
    memset(&comm, 0, sizeof comm);
    memset(&o, 0, sizeof o);
    comm.size = 2;
    comm.all_reduce = others_all_reduce;
    comm.broadcast = others_broadcast;
    comm.user = &o;
    d.comm = &comm;
    d.error = &e;
    o.broadcast_fails = 1;
    CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_IO && !t);            /* the weights of worker 0 do not come */
    mentions(e.message, "fails: broadcast");
    o.broadcast_fails = 0;
    t = trainer_of(d);
    REQUIRE(t);
    for (k = 0; k < 2; k++) {
        memset(&e, 0, sizeof e);
        o.code = k ? 7777 : BERT_ERROR_IO;                              /* a code that is none is "stopped" */
        CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == (k ? BERT_ERROR_STOPPED : BERT_ERROR_IO));
        mentions(e.message, "worker 1: the disk of worker 1 is full");
    }
    o.broadcast_fails = 1;
    CHECK(bert_trainer_step(t, &b, &l, NULL, NULL) == BERT_ERROR_IO);
    o.reduce_fails = 1;
    memset(&e, 0, sizeof e);
    CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == BERT_ERROR_IO);
    mentions(e.message, "all_reduce");
    o.reduce_fails = o.broadcast_fails = 0;
    l.masked_count = -1;                                                /* what is wrong here is said there, and stays what it is */
    CHECK(bert_trainer_step(t, &b, &l, NULL, NULL) == BERT_ERROR_ARGUMENT);
    l.masked_count = 1;
    b.sequences = 0;
    memset(&e, 0, sizeof e);
    CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == BERT_ERROR_ARGUMENT);
    mentions(e.message, "at least one sequence");
    CHECK(bert_trainer_update(t, NULL, &e) == BERT_ERROR_ARGUMENT && bert_trainer_update(NULL, NULL, &e) == BERT_ERROR_ARGUMENT);
    mentions(e.message, "after a part without `more`");
    bert_trainer_close(t);
    comm.rank = 1;                                                      /* only worker 0 writes */
    t = trainer_of(d);
    REQUIRE(t);
    remove(path);
    CHECK(bert_trainer_save(t, path, BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK && fopen(path, "rb") == NULL);
    bert_trainer_close(t);
}
/* Norms in three meanings of the word; of that of TensorFlow 1 only for a batch at once. */
static void norms(void)
{
    static const bert_clip clips[] = { BERT_CLIP_GLOBAL, BERT_CLIP_ROWS, BERT_CLIP_TF1_ROWS, BERT_CLIP_NONE };
    bert_config c = small();
    bert_batch b = batch_of();
    bert_targets l = targets_of();
    bert_progress p;
    bert_error e;
    double norm[4][2];
    int k, words;
    for (k = 0; k < 4; k++)
        for (words = 0; words < 2; words++) {
            bert_trainer_desc d = desc_of(&c, words ? BERT_LEARN_WORDS : BERT_LEARN_CLASSES);
            bert_trainer *t;
            d.optimizer.clip = clips[k];
            t = trainer_of(d);
            REQUIRE(t);
            memset(&p, 0, sizeof p);
            if (bert_trainer_step(t, &b, &l, &p, &e) != BERT_OK) TEST_FAIL("%s", e.message);
            norm[k][words] = p.norm;
            bert_trainer_close(t);
        }
    CHECK(norm[0][0] == norm[3][0] && norm[0][1] == norm[3][1]);
    CHECK(norm[1][0] != norm[0][0] && norm[1][0] == norm[2][0]);        /* rows of the embeddings that come twice are two; else the same */
    CHECK(norm[1][1] == norm[0][1] && norm[2][1] != norm[0][1]);        /* a decoder of the same weights makes the gradient whole, but in TensorFlow 1 */
    {
        bert_trainer_desc d = desc_of(&c, BERT_LEARN_WORDS);
        bert_trainer *t;
        d.optimizer.clip = BERT_CLIP_TF1_ROWS;
        d.max_tokens = 8;
        t = trainer_of(d);
        REQUIRE(t);
        memset(&e, 0, sizeof e);
        CHECK(bert_trainer_step(t, &b, &l, NULL, &e) == BERT_ERROR_UNSUPPORTED && bert_trainer_steps(t) == 0);
        mentions(e.message, "this one had 4 parts");
        bert_trainer_close(t);
    }
}
/* What is not said: labels, activations, threads; loss scaling that never grows; embeddings that are no numbers. */
static void in_order(void *user, int64_t n, bert_task task, void *arg)
{
    int64_t i;
    (void)user;
    for (i = n; i--;) task(arg, i);
}
static void defaults(void)
{
    bert_config c = small();
    bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
    bert_batch b = batch_of();
    bert_targets l = targets_of();
    bert_trainer *t, *other;
    bert_progress p;
    bert_error e;
    static float embeds[ROWS * 8];
    int k;
    for (k = 0; k < 3; k++) {
        d.labels = 0;
        d.learn = k == 2 ? BERT_LEARN_CHOICES : BERT_LEARN_CLASSES;
        c.labels = k == 1 ? 5 : 0;
        c.activation = (bert_activation)0;
        c.source = k ? BERT_SOURCE_HF : BERT_SOURCE_GOOGLE;
        t = trainer_of(d);
        REQUIRE(t);
        CHECK_INT(bert_trainer_desc_resolved(t).labels, k == 0 ? 2 : k == 1 ? 5 : 1);
        CHECK_INT(bert_model_config(bert_trainer_model(t))->activation, k ? BERT_GELU_ERF : BERT_GELU_TANH);
        bert_trainer_close(t);
    }
    c = small();
    d = desc_of(&c, BERT_LEARN_CLASSES);
    d.layer_decay = 0.5;
    d.frozen = 1;
    t = trainer_of(d);
    REQUIRE(t);
    CHECK(bert_trainer_find(t, "bert.encoder.layer.0.output.dense.weight")->rate == 0.25 && bert_trainer_find(t, "classifier.weight")->rate == 1 && bert_trainer_find(t, "bert.embeddings.word_embeddings.weight")->rate == 1);
    d.parallel.run = in_order;                                          /* threads of the caller's, in any order: the same bits */
    d.parallel.width = 3;
    other = trainer_of(d);
    REQUIRE(other);
    CHECK_INT(bert_trainer_desc_resolved(other).threads, 3);
    steps(t, 3);
    steps(other, 3);
    CHECK(same_weights(t, other));
    bert_trainer_close(other);
    bert_trainer_close(t);
    memset(&d.parallel, 0, sizeof d.parallel);
    d.threads = 0;
    d.loss_scale.start = 256;
    d.loss_scale.growth = -1;
    t = trainer_of(d);
    REQUIRE(t);
    CHECK(bert_trainer_desc_resolved(t).threads >= 1);
    for (k = 0; k < 4; k++) CHECK(bert_trainer_step(t, &b, &l, &p, &e) == BERT_OK && p.loss_scale == 256);
    embeds[11] = HUGE_VALF;
    b.ids = NULL;
    b.embeds = embeds;
    memset(&e, 0, sizeof e);
    CHECK(bert_trainer_step(t, &b, &l, &p, &e) == BERT_ERROR_FORMAT);
    mentions(e.message, "the embeddings of this batch are not finite");
    bert_trainer_close(t);
}
/* A checkpoint once more without the tensors whose names end so, and with another name for one of them. */
static void write_again(const char *from, const char *to, const char *without, const char *also, const char *as)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_write_desc w;
    bert_output *o;
    bert_error e;
    int64_t i;
    memset(&d, 0, sizeof d);
    memset(&w, 0, sizeof w);
    d.path = from;
    d.error = w.error = &e;
    if (bert_checkpoint_open(&d, &c) != BERT_OK) { TEST_FAIL("%s", e.message); return; }
    o = (bert_output *)calloc((size_t)bert_checkpoint_count(c) + 1, sizeof *o);
    if (!o) abort();
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        int copy;
        for (copy = 0; copy < 2; copy++) {
            const size_t n = strlen(t->name), m = strlen(without);
            if (copy ? !also || strcmp(t->name, also) != 0 : n >= m && strcmp(t->name + n - m, without) == 0) continue;
            o[w.count].name = copy ? as : t->name;
            o[w.count].from = t;
            o[w.count].shape = t->shape;
            o[w.count].rank = t->rank;
            o[w.count++].dtype = t->dtype;
        }
    }
    w.path = to;
    w.tensors = o;
    if (bert_checkpoint_write(&w) != BERT_OK) TEST_FAIL("%s", e.message);
    free(o);
    bert_checkpoint_close(c);
}
static void parts_of_states(void)
{
    const char *whole = "unit_trainer.tmp.safetensors", *part = "unit_trainer.tmp2.safetensors", *google = "unit_trainer.tmp.ckpt";
    static const char *const made[] = { "unit_trainer.tmp.safetensors", "unit_trainer.tmp2.safetensors", "unit_trainer.tmp.ckpt.index", "unit_trainer.tmp.ckpt.data-00000-of-00001", "u.index", "u.data-00000-of-00001", "checkpoint" };
    bert_config c = small();
    bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
    bert_trainer *t = trainer_of(d), *other;
    bert_saved saved;
    bert_error e;
    size_t i;
    REQUIRE(t);
    steps(t, 2);
    CHECK(bert_trainer_save(t, whole, BERT_FORMAT_SAFETENSORS, 1, NULL, &e) == BERT_OK && bert_trainer_save(t, google, BERT_FORMAT_TF, 1, NULL, &e) == BERT_OK);
    CHECK(bert_trainer_save(t, "u", BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK);         /* a name without an ending is TensorFlow's */
    CHECK(bert_saved_read("u", NULL, &saved, &e) == BERT_OK && saved.step == 2);
    other = trainer_of(d);
    REQUIRE(other);
    write_again(whole, part, "/adam_v", NULL, NULL);
    CHECK(bert_trainer_resume(other, part, &e) == BERT_ERROR_MISMATCH);
    mentions(e.message, "has no /adam_v here");
    write_again(whole, part, "trainer_state", NULL, NULL);              /* another program's: weights, slots and the step */
    CHECK(bert_trainer_resume(other, part, &e) == BERT_OK && bert_trainer_steps(other) == 2 && same_weights(t, other));
    steps(other, 1);
    write_again(whole, part, "classifier.bias", "classifier.weight", "classifier.bias");
    CHECK(bert_trainer_resume(other, part, &e) == BERT_ERROR_MISMATCH);
    mentions(e.message, "classifier.bias");
    bert_trainer_close(other);
    for (i = 0; i < 2; i++) {                                           /* slots as bf16 from a file of either layout: what they are, rounded */
        d.small_slots = 1;
        other = trainer_of(d);
        REQUIRE(other);
        if (bert_trainer_resume(other, i ? google : whole, &e) != BERT_OK) TEST_FAIL("%s", e.message);
        CHECK(same_weights(t, other));
        {
            const bert_trained *p = bert_trainer_find(t, "bert.encoder.layer.1.intermediate.dense.weight"), *q = bert_trainer_find(other, "bert.encoder.layer.1.intermediate.dense.weight");
            int64_t k;
            for (k = 0; k < p->count; k++) {
                const uint32_t bits = (uint32_t)q->small_first[k] << 16;
                float v;
                memcpy(&v, &bits, 4);
                if (!(fabsf(v - p->first[k]) <= 0.005f * fabsf(p->first[k]))) { TEST_FAIL("slot %ld is %g, not %g", (long)k, (double)v, (double)p->first[k]); break; }
            }
        }
        bert_trainer_close(other);
    }
    d.small_slots = 0;
    d.frozen = 2;                                                       /* what is frozen has no slots, and needs none */
    other = trainer_of(d);
    REQUIRE(other);
    CHECK(bert_trainer_resume(other, whole, &e) == BERT_OK && bert_trainer_save(other, part, BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK && bert_trainer_resume(other, part, &e) == BERT_OK);
    CHECK(bert_trainer_resume(t, part, &e) == BERT_ERROR_MISMATCH);
    mentions(e.message, "has no /adam_m");
    bert_trainer_close(other);
    bert_trainer_close(t);
    for (i = 0; i < sizeof made / sizeof *made; i++) remove(made[i]);
}
/* A decoder that is stored and is the word embeddings again is not a decoder of its own. */
static void stored_decoder(void)
{
    const char *path = "unit_trainer.tmp.safetensors", *with = "unit_trainer.tmp2.safetensors";
    bert_config c = small();
    bert_model_desc md;
    bert_model *m = NULL;
    bert_trainer_desc d = desc_of(NULL, BERT_LEARN_WORDS);
    bert_trainer *t;
    bert_error e;
    int bias;
    for (bias = 0; bias < 2; bias++) {
        REQUIRE(random_model_write(path, &c, BERT_HEAD_MLM, 0, 6, &e) == BERT_OK);
        write_again(path, with, "nothing", bias ? "cls.predictions.bias" : "bert.embeddings.word_embeddings.weight", bias ? "cls.predictions.decoder.bias" : "cls.predictions.decoder.weight");
        memset(&md, 0, sizeof md);
        md.path = with;
        md.config = &c;
        md.error = &e;
        if (bert_model_open(&md, &m) != BERT_OK) { TEST_FAIL("%s", e.message); continue; }
        CHECK(bert_model_find(m, bias ? "cls.predictions.decoder.bias" : "cls.predictions.decoder.weight") != NULL);
        d.model = m;
        t = trainer_of(d);
        REQUIRE(t);
        CHECK(!bert_trainer_find(t, "cls.predictions.decoder.weight") && !bert_trainer_find(t, "cls.predictions.decoder.bias"));
        steps(t, 1);
        bert_trainer_close(t);
        bert_model_close(m);
    }
    remove(path);
    remove(with);
}

/* ---- bytes ---- */

static void memory(void)
{
    bert_config c = small();
    bert_trainer_desc d = desc_of(&c, BERT_LEARN_CLASSES);
    bert_trainer_bytes b;
    bert_trainer *t = NULL;
    bert_error e;
    test_faults f;
    int k;
    for (k = 0; k < 3; k++) {                                           /* what would take less: so many tokens, recompute, small slots */
        memset(&f, 0, sizeof f);
        memset(&e, 0, sizeof e);
        f.fail_at = 1;
        d.allocator = test_faults_allocator(&f);
        d.error = &e;
        d.max_tokens = 2048;
        d.small_slots = k == 1;
        d.recompute = k == 1;
        d.optimizer.kind = k == 2 ? BERT_OPTIMIZER_SGD : BERT_OPTIMIZER_ADAMW;
        CHECK(bert_trainer_open(&d, &t) == BERT_ERROR_MEMORY && !t);
        mentions(e.message, "max_tokens 1024: ");
        mentions(e.message, "max_tokens 512: ");
        CHECK((strstr(e.message, "small_slots") != NULL) == (k == 0) && (strstr(e.message, "recompute") != NULL) == (k != 1) && !strstr(e.message, "max_tokens 256"));
    }
    memset(&f, 0, sizeof f);
    d.max_tokens = 64;
    d.small_slots = 1;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;
    t = trainer_of(d);                                                  /* from junk: all of it is cleared */
    REQUIRE(t);
    for (k = 0; k < bert_trainer_count(t); k++) CHECK(bert_trainer_parameter(t, k)->small_first[0] == 0 && bert_trainer_parameter(t, k)->small_second[0] == 0 && bert_trainer_parameter(t, k)->gradient[0] == 0);
    steps(t, 1);
    bert_trainer_close(t);
    CHECK_INT(f.live, 0);
    memset(&d.allocator, 0, sizeof d.allocator);
    d.max_tokens = (int64_t)1 << 31;
    c.hidden_size = 1 << 17;
    c.intermediate_size = 1 << 19;
    c.layers = 1024;
    c.vocab_size = 1 << 26;
    memset(&e, 0, sizeof e);                                            /* the largest there can be: more than 32 bits can address */
    if (bert_plan_trainer(&d, &b, &e) == BERT_OK) CHECK(sizeof(size_t) > 4 && b.total / 4096 > (size_t)1 << 31 && b.total > b.activations);
    else mentions(e.message, "more memory than there are addresses");
}
static void plans(void)
{
    bert_config c = small(), big = small();
    bert_plan_desc d;
    bert_plan p, q;
    bert_error e;
    memset(&d, 0, sizeof d);
    CHECK(bert_plan_memory(&d, &p, &e) == BERT_ERROR_ARGUMENT);
    d.config = &c;
    d.heads = BERT_HEAD_POOLER | BERT_HEAD_CLASSIFIER;
    d.threads = -1;
    CHECK(bert_plan_memory(&d, &p, &e) == BERT_ERROR_ARGUMENT);
    mentions(e.message, "threads goes");
    d.threads = 1025;
    CHECK(bert_plan_memory(&d, &p, &e) == BERT_ERROR_ARGUMENT);
    d.threads = 1;
    d.precision = (bert_precision)9;
    CHECK(bert_plan_memory(&d, &p, &e) == BERT_ERROR_ARGUMENT);
    d.precision = BERT_PRECISION_F32;
    d.max_tokens = -1;
    CHECK(bert_plan_memory(&d, &p, &e) == BERT_ERROR_ARGUMENT);
    mentions(e.message, "max_tokens goes");
    d.max_tokens = 64;
    c.layers = 0;
    CHECK(bert_plan_memory(&d, &p, &e) == BERT_ERROR_FORMAT);
    mentions(e.message, "num_hidden_layers");
    c.layers = 2;
    REQUIRE(bert_plan_memory(&d, &p, &e) == BERT_OK);                   /* a classifier of 2, where nothing is said */
    c.labels = 2;
    REQUIRE(bert_plan_memory(&d, &q, &e) == BERT_OK);
    CHECK(memcmp(&p, &q, sizeof p) == 0 && p.pool == 0 && p.total == p.packed + p.session);
    d.threads = 3;
    REQUIRE(bert_plan_memory(&d, &q, &e) == BERT_OK);
#ifndef BERT_NO_THREADS
    CHECK(q.pool > 0);
#endif
    CHECK(q.total == q.packed + q.session + q.pool);
    d.lent_threads = 1;
    REQUIRE(bert_plan_memory(&d, &q, &e) == BERT_OK);
    CHECK_INT(q.pool, 0);
    d.threads = 0;
    CHECK(bert_plan_memory(&d, &q, &e) == BERT_OK);
    d.threads = 1;
    d.lent_threads = 0;
    d.max_tokens = bert_plan_largest(&d, p.total);                      /* as many as fit */
    REQUIRE(d.max_tokens >= 64 && bert_plan_memory(&d, &q, &e) == BERT_OK);
    CHECK(q.total <= p.total);
    d.max_tokens++;
    REQUIRE(bert_plan_memory(&d, &q, &e) == BERT_OK);
    CHECK(q.total > p.total);
    CHECK_INT(bert_plan_largest(&d, 10), 0);
    CHECK_INT(bert_plan_largest(NULL, p.total), 0);
    d.max_tokens = (int64_t)1 << 31;
    big.hidden_size = 1 << 17;
    big.intermediate_size = 1 << 19;
    big.vocab_size = 1 << 26;
    big.layers = 1024;
    d.config = &big;
    CHECK(sizeof(size_t) > 4 ? bert_plan_memory(&d, &p, &e) == BERT_OK && p.total > (size_t)1 << 31 : bert_plan_memory(&d, &p, &e) == BERT_ERROR_MEMORY);
}
/* One product alone: what it was asked for, and all of its memory given back. */
static void trials(void)
{
    static const bert_precision precisions[] = { BERT_PRECISION_F32, BERT_PRECISION_BF16, BERT_PRECISION_INT8 };
    bert_trial_desc d;
    bert_trial *t = NULL;
    bert_error e;
    int k, isa;
    CHECK(bert_trial_open(NULL, &t) == BERT_ERROR_ARGUMENT);
    for (k = 0; k < 6; k++) {
        memset(&d, 0, sizeof d);
        memset(&e, 0, sizeof e);
        d.rows = k == 0 ? 0 : k == 3 ? (1 << 20) + 1 : 1;
        d.n = k == 1 ? 0 : k == 4 ? (1 << 20) + 1 : 1;
        d.k = k == 2 ? 0 : k == 5 ? (1 << 20) + 1 : 1;
        d.error = &e;
        CHECK(bert_trial_open(&d, &t) == BERT_ERROR_ARGUMENT && !t);
        mentions(e.message, "1 to 2^20 rows");
    }
    d.k = 1;
    CHECK(bert_trial_open(&d, NULL) == BERT_ERROR_ARGUMENT);
    d.isa = BERT_ISA_COUNT;
    CHECK(bert_trial_open(&d, &t) != BERT_OK && !t);
    for (isa = BERT_ISA_DEFAULT; isa <= BERT_ISA_REF; isa++)
        for (k = 0; k < 3; k++) {
            test_faults f;
            memset(&f, 0, sizeof f);
            memset(&d, 0, sizeof d);
            d.rows = 5;
            d.n = 37;
            d.k = 33;
            d.precision = precisions[k];
            d.isa = (bert_isa)isa;
            d.allocator = test_faults_allocator(&f);
            d.error = &e;
            f.fail_at = 1;
            CHECK(bert_trial_open(&d, &t) == BERT_ERROR_MEMORY);
            mentions(e.message, "this product takes");
            f.fail_at = 0;
            if (bert_trial_open(&d, &t) != BERT_OK) { TEST_FAIL("%s", e.message); continue; }
            CHECK(d.isa != BERT_ISA_DEFAULT && (d.precision == precisions[k] || d.precision == BERT_PRECISION_F32) && f.live == 1);
            bert_trial_run(t);
            bert_trial_close(t);
            CHECK_INT(f.live, 0);
            t = NULL;
        }
    bert_trial_close(NULL);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(on_a_device);
    TEST(a_device_fails);
#ifndef BERT_NO_THREADS
    TEST(workers_on_devices);
#endif
    TEST(heads_of_a_model);
    TEST(masks);
    TEST(refused_descs);
    TEST(refused_batches);
    TEST(ignored);
    TEST(saved_states);
    TEST(other_checkpoints);
    TEST(played_workers);
    TEST(norms);
    TEST(defaults);
    TEST(parts_of_states);
    TEST(stored_decoder);
    TEST(memory);
    TEST(plans);
    TEST(trials);
    return test_end();
}
