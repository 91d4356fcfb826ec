/* golden_forward.h - the goldens of the forward pass: google/forward, nezha, extract_features, what training and evaluation computed
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A case for each recorded file and each kind of instructions this machine has. Every tensor of a file is compared; one that is
   not known here fails the case. What was recorded with padded rows is computed with them (KEEP) and compared whole, then without
   (DROP) and compared where there are tokens. */
#ifndef GOLDEN_FORWARD_H
#define GOLDEN_FORWARD_H

/* ---- kinds of instructions ---- */

/* hooks/private.c */
void hook_relative_table(float *out, int64_t max, int64_t depth);
int64_t hook_relative_row(int64_t query, int64_t key, int64_t max);
int hook_record(const bert_file *f, size_t *at, const unsigned char **data, size_t *size);
int64_t hook_feature(const unsigned char *data, size_t size, const char *name, double *out, int64_t room);

static bert_isa golden_isa;             /* --isa; DEFAULT: all there are */

/* The largest error of each kind, as a share of what is allowed. */
static struct { double share, error, allowed; long values; char where[300]; } golden_worst[BERT_ISA_COUNT];

/* How sessions and trainers are opened: here, or (cuda_golden) on a GPU. */
#ifdef GOLDEN_CUDA
#ifdef __cplusplus
extern "C" {
#endif
bert_status golden_session_open(const bert_session_desc *desc, bert_session **out);
bert_status golden_trainer_open(const bert_trainer_desc *desc, bert_trainer **out);
#ifdef __cplusplus
}
#endif
#else
#define golden_session_open bert_session_open
#define golden_trainer_open bert_trainer_open
#endif

static int golden_has_isa(int isa)
{
    return isa != BERT_ISA_DEFAULT && bert_isa_available((bert_isa)isa) && (golden_isa == BERT_ISA_DEFAULT || (int)golden_isa == isa);
}
static void golden_print_worst(void)
{
    int i;
    for (i = 0; i < BERT_ISA_COUNT; i++)
        if (golden_worst[i].values)
            printf("     %s: %ld numbers, the largest error is %.2g where %.2g is allowed (%s)\n", bert_isa_name((bert_isa)i), golden_worst[i].values,
                   golden_worst[i].error, golden_worst[i].allowed, golden_worst[i].where);
}

/* ---- memory: of a case, given back when it ends; every byte 0xFF, so that a number never written is no number ---- */

static void **golden_blocks;
static size_t golden_block_count;

static void *golden_get(int64_t count, size_t size)
{
    const size_t n = (size_t)count * size;
    void *p = malloc(n + 1), **list = (void **)realloc((void *)golden_blocks, (golden_block_count + 1) * sizeof *list);
    if (!p || !list) abort();
    memset(p, 0xFF, n + 1);
    golden_blocks = list;
    golden_blocks[golden_block_count++] = p;
    return p;
}
static float *golden_get_floats(int64_t count) { return (float *)golden_get(count, sizeof(float)); }
static void golden_free_all(void)
{
    while (golden_block_count) free(golden_blocks[--golden_block_count]);
    free((void *)golden_blocks);
    golden_blocks = NULL;
}

/* A tensor's values; NULL if it is not there. */
static void *golden_values(const bert_tensor *t, bert_dtype type)
{
    bert_error err;
    void *p;
    if (!t) return NULL;
    memset(&err, 0, sizeof err);
    p = golden_get(t->count, bert_dtype_size(type));
    if (bert_tensor_read(t, type, p, t->count, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    return p;
}
static float *golden_floats(const bert_tensor *t) { return (float *)golden_values(t, BERT_F32); }
static int32_t *golden_ints(const bert_tensor *t) { return (int32_t *)golden_values(t, BERT_I32); }

static bert_checkpoint *golden_checkpoint(const char *path)
{
    bert_checkpoint *c = NULL;
    bert_checkpoint_desc d;
    bert_error err;
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    d.path = path;
    d.error = &err;
    if (bert_checkpoint_open(&d, &c) != BERT_OK) { TEST_FAIL("%s", err.message); return NULL; }
    return c;
}
static bert_model *golden_model(bert_model_desc *d)
{
    bert_model *m = NULL;
    bert_error err;
    memset(&err, 0, sizeof err);
    d->error = &err;
    if (bert_model_open(d, &m) != BERT_OK) { TEST_FAIL("%s", err.message); return NULL; }
    return m;
}

/* ---- one forward pass ---- */

typedef struct golden_input {
    int64_t sequences, length;          /* B, S */
    const int32_t *ids, *mask, *segments, *positions;   /* [B,S] or NULL */
    const float *embeds;                /* [B,S,C] instead of ids */
    const float *bias;                  /* [B,S,S] or NULL */
    int64_t masked;                     /* rows of the padded input to predict words at */
    const int64_t *masked_rows;
} golden_input;

/* Everything the model can compute. What belongs to rows is [B*S,...] however it was computed; `real` says which rows were. */
typedef struct golden_output {
    int64_t channels, vocab, layers, heads, labels;
    uint8_t *real;                      /* [B*S] */
    float **layer;                      /* [L+1] of [B*S,C] */
    float **attention;                  /* [L] of [B,H,S,S]; NULL with DROP */
    float *hidden, *pooled, *next_sentence, *classes, *token_classes, *spans, *words;
} golden_output;

/* Rows of the batch to rows of the padded input. */
static float *golden_scatter(const float *from, const int64_t *rows, int64_t count, int64_t all, int64_t width)
{
    float *out = golden_get_floats(all * width);
    int64_t t;
    for (t = 0; t < count; t++) memcpy(out + rows[t] * width, from + t * width, (size_t)width * sizeof *out);
    return out;
}
static int golden_run(const bert_model *model, bert_isa isa, const golden_input *in, bert_padding padding, golden_output *out)
{
    const bert_config *k = bert_model_config(model);
    const uint32_t heads = bert_model_heads(model);
    const bert_parameter *labels = bert_model_find(model, "classifier.weight");
    const int64_t all = in->sequences * in->length;
    const int keep = padding == BERT_PADDING_KEEP;
    bert_session *session = NULL;
    bert_session_desc desc;
    bert_padded padded;
    bert_batch batch;
    bert_result result;
    bert_error err;
    int64_t i, t, rows, *of, *masked_rows = NULL;
    int ok;
    memset(&desc, 0, sizeof desc);
    memset(&padded, 0, sizeof padded);
    memset(&batch, 0, sizeof batch);
    memset(&result, 0, sizeof result);
    memset(&err, 0, sizeof err);
    memset(out, 0, sizeof *out);
    out->channels = k->hidden_size;
    out->vocab = k->vocab_size;
    out->layers = k->layers;
    out->heads = k->heads;
    out->labels = labels ? labels->shape[0] : 0;

    padded.offsets = (int64_t *)golden_get(in->sequences + 1, sizeof(int64_t));
    padded.rows = of = (int64_t *)golden_get(all, sizeof(int64_t));
    if (in->ids) {
        padded.sequences = in->sequences;
        padded.length = in->length;
        padded.ids = in->ids;
        padded.mask = in->mask;
        padded.segment_ids = in->segments;
        padded.padding = padding;
        padded.row_ids = (int32_t *)golden_get(all, sizeof(int32_t));
        padded.row_segments = (int32_t *)golden_get(all, sizeof(int32_t));
        padded.row_positions = (int32_t *)golden_get(all, sizeof(int32_t));
        padded.row_mask = (uint8_t *)golden_get(all, 1);
        if (bert_batch_from_padded(&padded, &batch, &err) != BERT_OK) { TEST_FAIL("%s", err.message); return 0; }
    } else {                                                            /* rows as they are */
        for (i = 0; i <= in->sequences; i++) padded.offsets[i] = i * in->length;
        for (i = 0; i < all; i++) of[i] = i;
        batch.sequences = in->sequences;
        batch.offsets = padded.offsets;
        batch.embeds = in->embeds;
    }
    rows = batch.offsets[batch.sequences];
    if (in->positions) {
        int32_t *p = (int32_t *)golden_get(rows, sizeof *p);
        for (t = 0; t < rows; t++) p[t] = in->positions[of[t]];
        batch.position_ids = p;
    }
    if (in->bias) batch.score_bias = in->bias;

    out->real = (uint8_t *)golden_get(all, 1);
    memset(out->real, 0, (size_t)all);
    for (t = 0; t < rows; t++) out->real[of[t]] = 1;
    if (in->masked && heads & BERT_HEAD_MLM) {                          /* the same rows in the batch; those left out: its first row */
        int64_t *at = (int64_t *)golden_get(all, sizeof *at);
        memset(at, 0, (size_t)all * sizeof *at);
        for (t = 0; t < rows; t++) at[of[t]] = t;
        masked_rows = (int64_t *)golden_get(in->masked, sizeof *masked_rows);
        for (i = 0; i < in->masked; i++) masked_rows[i] = at[in->masked_rows[i]];
        result.masked_count = in->masked;
        result.masked_rows = masked_rows;
        result.words = out->words = golden_get_floats(in->masked * out->vocab);
    }
    out->layer = (float **)golden_get(out->layers + 1, sizeof(float *));
    out->attention = keep ? (float **)golden_get(out->layers, sizeof(float *)) : NULL;
    for (i = 0; i <= out->layers; i++) out->layer[i] = golden_get_floats(rows * out->channels);
    for (i = 0; keep && i < out->layers; i++) out->attention[i] = golden_get_floats(in->sequences * out->heads * in->length * in->length);
    result.layers = out->layer;
    result.attention = out->attention;
    result.hidden = out->hidden = golden_get_floats(rows * out->channels);
    if (heads & BERT_HEAD_POOLER) result.pooled = out->pooled = golden_get_floats(in->sequences * out->channels);
    if (heads & BERT_HEAD_NSP) result.next_sentence = out->next_sentence = golden_get_floats(in->sequences * 2);
    if (heads & BERT_HEAD_CLASSIFIER) {
        if (heads & BERT_HEAD_POOLER) result.classes = out->classes = golden_get_floats(in->sequences * out->labels);
        result.token_classes = out->token_classes = golden_get_floats(rows * out->labels);
    }
    if (heads & BERT_HEAD_SPAN) result.spans = out->spans = golden_get_floats(rows * 2);

    desc.model = model;
    desc.isa = isa;
    desc.threads = 2;
    desc.error = &err;
    ok = golden_session_open(&desc, &session) == BERT_OK && bert_session_run(session, &batch, &result, &err) == BERT_OK;
    bert_session_close(session);
    if (!ok) { TEST_FAIL("%s", err.message); return 0; }
    for (i = 0; i <= out->layers; i++) out->layer[i] = golden_scatter(out->layer[i], of, rows, all, out->channels);
    out->hidden = golden_scatter(out->hidden, of, rows, all, out->channels);
    if (out->token_classes) out->token_classes = golden_scatter(out->token_classes, of, rows, all, out->labels);
    if (out->spans) out->spans = golden_scatter(out->spans, of, rows, all, 2);
    return 1;
}

/* A computed array and what it is an array of. */
typedef struct golden_array {
    float *values;
    int64_t count;
    int64_t row;                        /* values of one row of the padded input, 0: not of rows */
} golden_array;

static golden_array golden_of(float *values, int64_t count, int64_t row)
{
    golden_array a;
    a.values = values;
    a.count = count;
    a.row = row;
    return a;
}
/* got against want; rows that were not computed do not count. */
static void golden_compare(bert_isa isa, const char *what, golden_array got, const float *want, int64_t count, double tolerance, const uint8_t *real)
{
    float *have = golden_get_floats(got.count);
    test_diff d;
    int64_t i;
    if (got.count != count) { TEST_FAIL("%s: %ld values, recorded are %ld", what, (long)got.count, (long)count); return; }
    memcpy(have, got.values, (size_t)count * sizeof *have);
    for (i = 0; got.row && real && i < count; i++) if (!real[i / got.row]) have[i] = want[i];
    d = test_close(have, (size_t)count, want, (size_t)count, tolerance, 0);
    if (!d.ok) TEST_FAIL("%s[%lu] is %.9g, recorded is %.9g: off by %.3g where %.3g is allowed %s", what, (unsigned long)d.worst, d.got, d.want, fabs(d.got - d.want), d.allowed, d.why);
    golden_worst[isa].values += (long)count;
    if (fabs(d.got - d.want) / tolerance >= golden_worst[isa].share) {
        golden_worst[isa].share = fabs(d.got - d.want) / tolerance;
        golden_worst[isa].error = fabs(d.got - d.want);
        golden_worst[isa].allowed = tolerance;
        snprintf(golden_worst[isa].where, sizeof golden_worst[isa].where, "%.200s, %.90s", test_now.name, what);
    }
}

/* ---- Google's names of outputs ---- */

typedef struct golden_labels {
    const int32_t *masked_ids, *next_sentence, *classes, *starts, *ends;
    const float *masked_weights;
} golden_labels;

static float golden_mean(const float *x, int64_t n)
{
    double sum = 0;
    int64_t i;
    for (i = 0; i < n; i++) sum += (double)x[i];
    return (float)(sum / (double)n);
}
/* -log softmax(rows)[label] of each row of n; x is not changed. */
static golden_array golden_losses(const float *x, int64_t rows, int64_t n, const int32_t *labels)
{
    float *p = golden_get_floats(rows * n), *loss = golden_get_floats(rows);
    int64_t i;
    memcpy(p, x, (size_t)(rows * n) * sizeof *p);
    bert_log_softmax(p, rows, n);
    for (i = 0; i < rows; i++) loss[i] = -p[i * n + labels[i]];
    return golden_of(loss, rows, 0);
}
static float *golden_copy(const float *x, int64_t n)
{
    float *p = golden_get_floats(n);
    memcpy(p, x, (size_t)n * sizeof *p);
    return p;
}
static golden_array golden_one(float v)
{
    float *p = golden_get_floats(1);
    *p = v;
    return golden_of(p, 1, 0);
}
/* Column `which` of the span logits, [B,S]. */
static float *golden_span(const golden_input *in, const golden_output *o, int which)
{
    const int64_t all = in->sequences * in->length;
    float *p = golden_get_floats(all);
    int64_t i;
    for (i = 0; i < all; i++) p[i] = o->spans[2 * i + which];
    return p;
}

/* What Google's programs call by this name; .values NULL if nothing is known by it, or its inputs are missing. */
static golden_array golden_google_value(const char *name, const golden_input *in, const golden_labels *l, const golden_output *o)
{
    const int64_t all = in->sequences * in->length, b = in->sequences, c = o->channels;
    golden_array none = golden_of(NULL, 0, 0), x;
    long layer;
    char end;
    if (strcmp(name, "embedding_output") == 0) return golden_of(o->layer[0], all * c, c);
    if (sscanf(name, "encoder_layer_%ld%c", &layer, &end) == 1 && layer >= 0 && layer < o->layers) return golden_of(o->layer[layer + 1], all * c, c);
    if (strcmp(name, "sequence_output") == 0) return golden_of(o->hidden, all * c, c);
    if (strcmp(name, "pooled_output") == 0 && o->pooled) return golden_of(o->pooled, b * c, 0);
    if (o->words) {
        if (strcmp(name, "mlm_log_probs") == 0) {
            x = golden_of(golden_copy(o->words, in->masked * o->vocab), in->masked * o->vocab, 0);
            bert_log_softmax(x.values, in->masked, o->vocab);
            return x;
        }
        if (strcmp(name, "mlm_example_loss") == 0 && l->masked_ids) return golden_losses(o->words, in->masked, o->vocab, l->masked_ids);
        if (strcmp(name, "mlm_loss") == 0 && l->masked_ids && l->masked_weights) {
            double sum = 0, weights = 0;
            int64_t i;
            x = golden_losses(o->words, in->masked, o->vocab, l->masked_ids);
            for (i = 0; i < in->masked; i++) { sum += (double)(x.values[i] * l->masked_weights[i]); weights += (double)l->masked_weights[i]; }
            return golden_one((float)(sum / (weights + 1e-5)));
        }
    }
    if (o->next_sentence) {
        if (strcmp(name, "nsp_log_probs") == 0) {
            x = golden_of(golden_copy(o->next_sentence, b * 2), b * 2, 0);
            bert_log_softmax(x.values, b, 2);
            return x;
        }
        if (strcmp(name, "nsp_example_loss") == 0 && l->next_sentence) return golden_losses(o->next_sentence, b, 2, l->next_sentence);
        if (strcmp(name, "nsp_loss") == 0 && l->next_sentence) return golden_one(golden_mean(golden_losses(o->next_sentence, b, 2, l->next_sentence).values, b));
    }
    if (o->classes) {
        if (strcmp(name, "logits") == 0) return golden_of(o->classes, b * o->labels, 0);
        if (strcmp(name, "probabilities") == 0) {
            x = golden_of(golden_copy(o->classes, b * o->labels), b * o->labels, 0);
            bert_softmax(x.values, b, o->labels);
            return x;
        }
        if (strcmp(name, "per_example_loss") == 0 && l->classes) return golden_losses(o->classes, b, o->labels, l->classes);
    }
    if (o->spans) {
        if (strcmp(name, "start_logits") == 0) return golden_of(golden_span(in, o, 0), all, 1);
        if (strcmp(name, "end_logits") == 0) return golden_of(golden_span(in, o, 1), all, 1);
        if (strcmp(name, "start_loss") == 0 && l->starts) return golden_one(golden_mean(golden_losses(golden_span(in, o, 0), b, in->length, l->starts).values, b));
        if (strcmp(name, "end_loss") == 0 && l->ends) return golden_one(golden_mean(golden_losses(golden_span(in, o, 1), b, in->length, l->ends).values, b));
    }
    if (strcmp(name, "loss") == 0) {
        if (l->classes && o->classes) return golden_one(golden_mean(golden_google_value("per_example_loss", in, l, o).values, b));
        if (l->starts && o->spans) return golden_one((golden_google_value("start_loss", in, l, o).values[0] + golden_google_value("end_loss", in, l, o).values[0]) / 2);
        if (l->masked_ids && l->next_sentence && o->words) return golden_one(golden_google_value("mlm_loss", in, l, o).values[0] + golden_google_value("nsp_loss", in, l, o).values[0]);
    }
    return none;
}
/* Of the losses only what padding has no part in can be had without padded rows: spans are over all of them. */
static int golden_without_padding(const char *name, const golden_output *o)
{
    return !(o->spans && (golden_ends(name, "loss") || strcmp(name, "loss") == 0));
}

/* positions [B,P] within the sequences -> rows */
static void golden_masked(golden_input *in, const int32_t *positions, int64_t count)
{
    const int64_t each = count / in->sequences;
    int64_t *rows = (int64_t *)golden_get(count, sizeof *rows), i;
    for (i = 0; i < count; i++) rows[i] = i / each * in->length + positions[i];
    in->masked = count;
    in->masked_rows = rows;
}

/* ---- forward*.safetensors beside a model ---- */

/* A tensor of a group "group/name"; inputs also from outside the groups, or from the file of the plain forward pass. */
static const bert_tensor *golden_grouped(const bert_checkpoint *c, const bert_checkpoint *plain, const char *group, const char *name)
{
    char text[300];
    const bert_tensor *t;
    snprintf(text, sizeof text, "%s/%s", group, name);
    t = *group ? bert_checkpoint_find(c, text) : NULL;
    if (!t) t = bert_checkpoint_find(c, name);
    return t ? t : plain ? bert_checkpoint_find(plain, name) : NULL;
}
static void golden_google_group(const bert_checkpoint *c, const bert_checkpoint *plain, const char *group, const char *model_path, const char *config_path, bert_isa isa)
{
    static const char *const inputs[] = { "input_ids", "input_mask", "segment_ids", "masked_lm_positions", "masked_lm_ids", "masked_lm_weights", "next_sentence_labels" };
    const bert_tensor *ids = golden_grouped(c, NULL, group, "input_ids"), *positions;
    bert_model_desc d;
    bert_model *model;
    golden_input in;
    golden_labels labels;
    golden_output out;
    long compared = 0;
    int64_t i;
    size_t n = strlen(group), k;
    int mode, a;
    memset(&d, 0, sizeof d);
    memset(&in, 0, sizeof in);
    memset(&labels, 0, sizeof labels);
    d.path = model_path;
    d.config_path = config_path;
    for (a = BERT_GELU_ERF; a <= BERT_LINEAR && !d.activation; a++) if (strcmp(group, bert_activation_name((bert_activation)a)) == 0) d.activation = (bert_activation)a;
    if (*group && !d.activation && !strstr(group, "no_mask") && !strstr(group, "no_segments")) { TEST_FAIL("%s: what varies here?", group); return; }
    if (!ids || ids->rank != 2) { TEST_FAIL("no input_ids [B,S]"); return; }
    if ((model = golden_model(&d)) == NULL) return;
    in.sequences = ids->shape[0];
    in.length = ids->shape[1];
    in.ids = golden_ints(ids);
    in.mask = strstr(group, "no_mask") ? NULL : golden_ints(golden_grouped(c, NULL, group, "input_mask"));
    in.segments = strstr(group, "no_segments") ? NULL : golden_ints(golden_grouped(c, NULL, group, "segment_ids"));
    positions = golden_grouped(c, plain, group, "masked_lm_positions");
    if (positions) {
        golden_masked(&in, golden_ints(positions), positions->count);
        labels.masked_ids = golden_ints(golden_grouped(c, plain, group, "masked_lm_ids"));
        labels.masked_weights = golden_floats(golden_grouped(c, plain, group, "masked_lm_weights"));
        labels.next_sentence = golden_ints(golden_grouped(c, plain, group, "next_sentence_labels"));
    }
    for (mode = 0; mode < (in.mask ? 2 : 1); mode++) {
        if (!golden_run(model, isa, &in, mode ? BERT_PADDING_DROP : BERT_PADDING_KEEP, &out)) break;
        for (i = 0; i < bert_checkpoint_count(c); i++) {
            const bert_tensor *t = bert_checkpoint_tensor(c, i);
            const char *name = t->name, *slash = strchr(name, '/');
            golden_array got;
            char what[320];
            if (slash ? (size_t)(slash - name) != n || memcmp(name, group, n) != 0 : n != 0) continue;
            if (slash) name = slash + 1;
            for (k = 0; k < sizeof inputs / sizeof *inputs && strcmp(inputs[k], name) != 0; k++) {}
            if (k < sizeof inputs / sizeof *inputs) continue;
            got = golden_google_value(name, &in, &labels, &out);
            if (!got.values) { TEST_FAIL("%s is recorded, but what it is is not known here", t->name); continue; }
            if (mode && !golden_without_padding(name, &out)) continue;
            snprintf(what, sizeof what, "%s%s", t->name, mode ? ", padding dropped" : "");
            golden_compare(isa, what, got, golden_floats(t), t->count, 5e-5, out.real);
            compared++;
        }
    }
    if (!compared) TEST_FAIL("nothing is recorded here");
    bert_model_close(model);
}
/* Every forward*.safetensors of the directory, for the model beside it. */
static void golden_google_forward(const golden_place *place)
{
    golden_names files = golden_list(place->dir);
    char model[1200], config[1200], path[1200];
    size_t i, found = 0;
    snprintf(model, sizeof model, "%s/model", place->dir);
    snprintf(config, sizeof config, "%s/model/bert_config.json", place->dir);
    for (i = 0; i < files.count; i++) {
        const char *file = files.name[i];
        bert_checkpoint *c, *plain = NULL;
        char group[200] = "", last[200] = "?";
        int64_t t;
        int isa;
        if (!golden_starts(file, "forward") || !golden_ends(file, ".safetensors")) continue;
        found++;
        if (bert_checkpoint_open(&(bert_checkpoint_desc){ .path = golden_path(path, sizeof path, place->dir, file) }, &c) != BERT_OK) {
            if (test_enter("%s/%s", place->label, file)) { golden_checkpoint(path); test_leave(); }
            continue;
        }
        if (golden_is_file(golden_path(path, sizeof path, place->dir, "forward.safetensors")) && strcmp(file, "forward.safetensors") != 0 &&
            bert_checkpoint_open(&(bert_checkpoint_desc){ .path = path }, &plain) != BERT_OK) plain = NULL;
        for (t = 0; t < bert_checkpoint_count(c); t++) {                /* the groups, in the order of the names */
            const char *name = bert_checkpoint_tensor(c, t)->name, *slash = strchr(name, '/');
            int64_t before;
            if (!slash && (golden_starts(name, "input_") || golden_starts(name, "segment_"))) continue;   /* of all groups */
            snprintf(group, sizeof group, "%.*s", slash ? (int)(slash - name) : 0, name);
            if (strcmp(group, last) == 0) continue;
            snprintf(last, sizeof last, "%s", group);
            for (before = 0; before < t; before++) {                    /* a group that stood here already */
                const char *other = bert_checkpoint_tensor(c, before)->name, *at = strchr(other, '/');
                if (!at && (golden_starts(other, "input_") || golden_starts(other, "segment_"))) continue;
                if ((at ? (size_t)(at - other) : 0) == strlen(group) && strncmp(other, group, strlen(group)) == 0) break;
            }
            if (before < t) continue;
            for (isa = 0; isa < BERT_ISA_COUNT; isa++) {
                if (!golden_has_isa(isa) || !test_enter("%s/%s%s%s %s", place->label, file, *group ? " " : "", group, bert_isa_name((bert_isa)isa))) continue;
                golden_google_group(c, plain, group, model, config, (bert_isa)isa);
                golden_free_all();
                test_leave();
            }
        }
        bert_checkpoint_close(plain);
        bert_checkpoint_close(c);
    }
    if (!found) golden_skip(place->label, "no forward*.safetensors is here");
    golden_names_free(&files);
}

/* ---- NEZHA's relative positions: relative_embeddings/lengthL_depthD[/rowI] and relative_positions/lengthL[_maxM] ---- */

static void golden_relative_positions(const golden_place *place)
{
    char path[1200];
    bert_checkpoint *c;
    int64_t i, from, to, k;
    int found = 0;
    golden_path(path, sizeof path, place->dir, "relative_positions.safetensors");
    if (!golden_is_file(path)) { golden_skip(place->label, "relative_positions.safetensors is not here"); return; }
    if (!test_enter("%s", place->label)) return;
    c = golden_checkpoint(path);
    for (i = 0; c && i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        long length = 0, depth = 0, row = -1, max = 64;
        if (sscanf(t->name, "relative_embeddings/length%ld_depth%ld/row%ld", &length, &depth, &row) >= 2) {
            const int64_t first = row < 0 ? 0 : row, end = row < 0 ? length : row + 1;
            float *table, *got;
            if (length < 1 || depth < 1 || first >= length || t->count != (end - first) * length * depth) { TEST_FAIL("%s has another shape", t->name); continue; }
            table = golden_get_floats((2 * max + 1) * depth);
            got = golden_get_floats(t->count);
            hook_relative_table(table, max, depth);
            for (from = first; from < end; from++)
                for (to = 0; to < length; to++) memcpy(got + ((from - first) * length + to) * depth, table + hook_relative_row(from, to, max) * depth, (size_t)depth * sizeof *got);
            golden_compare(BERT_ISA_REF, t->name, golden_of(got, t->count, 0), golden_floats(t), t->count, 1e-6, NULL);
            found |= 1;
        } else if (sscanf(t->name, "relative_positions/length%ld_max%ld", &length, &max) >= 1) {
            const int32_t *want = golden_ints(t);
            if (length < 1 || max < 1 || t->count != length * length) { TEST_FAIL("%s has another shape", t->name); continue; }
            for (k = 0; k < t->count && hook_relative_row(k / length, k % length, max) == want[k]; k++) {}
            if (k < t->count) TEST_FAIL("%s: (%ld, %ld) is %ld, recorded is %ld", t->name, (long)(k / length), (long)(k % length), (long)hook_relative_row(k / length, k % length, max), (long)want[k]);
            found |= 2;
        } else TEST_FAIL("%s is recorded, but what it is is not known here", t->name);
    }
    CHECK_INT(found, 3);
    bert_checkpoint_close(c);
    golden_free_all();
    test_leave();
}

/* ---- training: the trace holds what the forward pass gave with the weights before each step ---- */

static void golden_google_trace_step(const golden_place *place, const char *base, const char *weights, long step, bert_isa isa)
{
    static const char *const others[] = { "learning_rate", "grad_norm_reference", "grad_norm_dense", "trust_ratio" };  /* of the optimizer */
    char path[1200], config[1300];
    bert_checkpoint *batches = golden_checkpoint(golden_path(path, sizeof path, base, "batches.safetensors")), *trace = NULL;
    const bert_tensor *ids, *t;
    const char *meta;
    bert_model_desc d;
    bert_model *model = NULL;
    golden_input in;
    golden_labels labels;
    golden_output out;
    int64_t i, steps, compared = 0;
    size_t k;
    memset(&d, 0, sizeof d);
    memset(&in, 0, sizeof in);
    memset(&labels, 0, sizeof labels);
    if (batches) trace = golden_checkpoint(golden_path(path, sizeof path, place->dir, "trace.safetensors"));
    ids = batches ? bert_checkpoint_find(batches, "input_ids") : NULL;
    if (!trace || !ids || ids->rank != 3) { if (trace) TEST_FAIL("no input_ids [steps,B,S]"); goto done; }
    meta = bert_checkpoint_metadata(batches, "model");
    snprintf(config, sizeof config, "%s/%s/bert_config.json", place->root, meta ? meta : "model");
    d.path = golden_path(path, sizeof path, base, weights);
    d.config_path = config;
    if ((model = golden_model(&d)) == NULL) goto done;
    steps = ids->shape[0];
    in.sequences = ids->shape[1];
    in.length = ids->shape[2];
#define GOLDEN_STEP(type, t) (golden_##type(t) + step * ((t)->count / steps))
    in.ids = GOLDEN_STEP(ints, ids);
    if ((t = bert_checkpoint_find(batches, "input_mask")) != NULL) in.mask = GOLDEN_STEP(ints, t);
    if ((t = bert_checkpoint_find(batches, "segment_ids")) != NULL) in.segments = GOLDEN_STEP(ints, t);
    if ((t = bert_checkpoint_find(batches, "masked_lm_positions")) != NULL) golden_masked(&in, GOLDEN_STEP(ints, t), t->count / steps);
    if ((t = bert_checkpoint_find(batches, "masked_lm_ids")) != NULL) labels.masked_ids = GOLDEN_STEP(ints, t);
    if ((t = bert_checkpoint_find(batches, "masked_lm_weights")) != NULL) labels.masked_weights = GOLDEN_STEP(floats, t);
    if ((t = bert_checkpoint_find(batches, "next_sentence_labels")) != NULL) labels.next_sentence = GOLDEN_STEP(ints, t);
    if ((t = bert_checkpoint_find(batches, "label_ids")) != NULL) labels.classes = GOLDEN_STEP(ints, t);
    if ((t = bert_checkpoint_find(batches, "start_positions")) != NULL) labels.starts = GOLDEN_STEP(ints, t);
    if ((t = bert_checkpoint_find(batches, "end_positions")) != NULL) labels.ends = GOLDEN_STEP(ints, t);
    if (!golden_run(model, isa, &in, BERT_PADDING_KEEP, &out)) goto done;
    for (i = 0; i < bert_checkpoint_count(trace); i++) {
        golden_array got;
        t = bert_checkpoint_tensor(trace, i);
        for (k = 0; k < sizeof others / sizeof *others && strcmp(others[k], t->name) != 0; k++) {}
        if (k < sizeof others / sizeof *others) continue;
        got = golden_google_value(t->name, &in, &labels, &out);
        if (!got.values) { TEST_FAIL("%s is recorded, but what it is is not known here", t->name); continue; }
        golden_compare(isa, t->name, got, GOLDEN_STEP(floats, t), t->count / steps, 5e-5, NULL);
        compared++;
    }
    if (!compared) TEST_FAIL("the trace holds no output of the forward pass");
done:
    bert_model_close(model);
    bert_checkpoint_close(trace);
    bert_checkpoint_close(batches);
}
/* weights_init and weights_stepN: what step 0 and N start from. A directory without batches (train_pretrain_onehot) has those of
   the directory whose name it continues, and its weights before step 0. */
static void golden_google_trace(const golden_place *place)
{
    char base[1150], path[1300];
    golden_names files;
    size_t i;
    int isa, found = 0;
    snprintf(base, sizeof base, "%s", place->dir);
    while (!golden_is_file(golden_path(path, sizeof path, base, "batches.safetensors"))) {
        char *cut = strrchr(base, '_');
        if (!cut || strchr(cut, '/')) { golden_skip(place->label, "batches.safetensors is not here"); return; }
        *cut = 0;
    }
    files = golden_list(base);
    for (i = 0; i < files.count; i++) {
        char last[40] = "";
        long step = 0;
        if (strcmp(files.name[i], "weights_init.safetensors") != 0 &&
            (sscanf(files.name[i], "weights_step%ld.%39s", &step, last) != 2 || strcmp(last, "safetensors") != 0 || strcmp(base, place->dir) != 0)) continue;
        if (step) {                                                     /* the weights after the last step start nothing */
            bert_checkpoint *c;
            const bert_tensor *t;
            int over;
            if (bert_checkpoint_open(&(bert_checkpoint_desc){ .path = golden_path(path, sizeof path, base, "batches.safetensors") }, &c) != BERT_OK) continue;
            t = bert_checkpoint_find(c, "input_ids");
            over = !t || t->rank < 1 || step >= t->shape[0];
            bert_checkpoint_close(c);
            if (over) continue;
        }
        found = 1;
        for (isa = 0; isa < BERT_ISA_COUNT; isa++) {
            if (!golden_has_isa(isa) || !test_enter("%s/trace step %ld %s", place->label, step, bert_isa_name((bert_isa)isa))) continue;
            golden_google_trace_step(place, base, files.name[i], step, (bert_isa)isa);
            golden_free_all();
            test_leave();
        }
    }
    if (!found) golden_skip(place->label, "weights_init.safetensors is not here");
    golden_names_free(&files);
}

/* ---- evaluation: TFRecords in, results out ---- */

/* A feature of the first `limit` records (0: all; past the end again from the start) as [records, width]; NULL fails the case. */
static double *golden_features(const char *path, const char *name, int64_t limit, int64_t *records, int64_t *width)
{
    bert_file file;
    bert_error err;
    const unsigned char *data = NULL;
    double *out = NULL;
    size_t at = 0, size = 0;
    int64_t n = 0, w = -1, k;
    int got;
    memset(&err, 0, sizeof err);
    if (bert_file_open(path, NULL, &file, &err) != BERT_OK) { TEST_FAIL("%s", err.message); return NULL; }
    for (;;) {
        got = hook_record(&file, &at, &data, &size);
        if (got == 0 && limit && n && n < limit) { at = 0; continue; }
        if (got <= 0 || (limit && n == limit)) break;
        if (w < 0) w = hook_feature(data, size, name, NULL, 0);
        if (w < 0) break;
        if (n % 64 == 0) {
            double *more = (double *)golden_get((n + 64) * w, sizeof *more);
            if (n) memcpy(more, out, (size_t)(n * w) * sizeof *out);
            out = more;
        }
        k = hook_feature(data, size, name, out + n * w, w);
        if (k != w) break;
        n++;
    }
    bert_file_close(&file);
    *records = n;
    *width = w;
    if (got < 0 || !n || w < 1 || (limit && n != limit)) { TEST_FAIL("%s: record %ld is damaged or has no %s like the others", path, (long)n, name); return NULL; }
    return out;
}
static int32_t *golden_feature_ints(const char *path, const char *name, int64_t limit, int64_t *records, int64_t *width)
{
    double *f = golden_features(path, name, limit, records, width);
    int32_t *out;
    int64_t i;
    if (!f) return NULL;
    out = (int32_t *)golden_get(*records * *width, sizeof *out);
    for (i = 0; i < *records * *width; i++) out[i] = (int32_t)f[i];
    return out;
}
static int golden_records_input(const char *path, int64_t limit, golden_input *in)
{
    int64_t n, w;
    memset(in, 0, sizeof *in);
    if ((in->ids = golden_feature_ints(path, "input_ids", limit, &in->sequences, &in->length)) == NULL) return 0;
    in->mask = golden_feature_ints(path, "input_mask", limit, &n, &w);
    if (!in->mask || n != in->sequences || w != in->length) return 0;
    in->segments = golden_feature_ints(path, "segment_ids", limit, &n, &w);
    return in->segments && n == in->sequences && w == in->length;
}
/* "name = value" in a text; 0 and a failure without it. */
static int golden_result(const char *text, const char *name, double *out)
{
    const char *p = text;
    size_t n = strlen(name);
    while (p) {
        if (strncmp(p, name, n) == 0 && strncmp(p + n, " = ", 3) == 0) { *out = strtod(p + n + 3, NULL); return 1; }
        p = strchr(p, '\n');
        if (p) p++;
    }
    TEST_FAIL("eval_results.txt has no %s", name);
    return 0;
}
static void golden_result_close(bert_isa isa, const char *text, const char *name, double got)
{
    double want;
    float w;
    if (!golden_result(text, name, &want)) return;
    w = (float)want;
    golden_compare(isa, name, golden_one((float)got), &w, 1, 1e-4, NULL);
}
static int64_t golden_argmax(const float *x, int64_t n)
{
    int32_t best;
    bert_top_k(x, n, 1, &best);
    return best;
}

static void golden_eval_classifier(const golden_place *place, const bert_model *model, bert_isa isa)
{
    enum { BATCH = 8 };                                                 /* README: "batch 8"; the mean of the batches' means is reported */
    char path[1200], *text;
    golden_input in;
    golden_output out;
    golden_array x;
    int64_t i, n, w, right = 0;
    double mean = 0;
    int32_t *labels;
    golden_path(path, sizeof path, place->dir, "predict.tf_record");
    text = test_read_file(golden_path(path, sizeof path, place->dir, "test_results.tsv"), NULL);
    if (!text) { TEST_FAIL("%s cannot be read", path); return; }
    if (golden_records_input(golden_path(path, sizeof path, place->dir, "predict.tf_record"), 0, &in) && golden_run(model, isa, &in, BERT_PADDING_KEEP, &out)) {
        golden_labels none;
        const char *p = text;
        float *want;
        memset(&none, 0, sizeof none);
        x = golden_google_value("probabilities", &in, &none, &out);
        want = golden_get_floats(x.count + 1);
        for (i = 0; i <= x.count; i++) {
            char *end;
            want[i] = (float)strtod(p, &end);
            if (end == p) break;
            p = end;
        }
        golden_compare(isa, "test_results.tsv", x, want, i, 1e-4, NULL);
    }
    free(text);
    text = test_read_file(golden_path(path, sizeof path, place->dir, "eval_results.txt"), NULL);
    if (!text) { TEST_FAIL("%s cannot be read", path); return; }
    golden_path(path, sizeof path, place->dir, "eval.tf_record");
    if (golden_records_input(path, 0, &in) && (labels = golden_feature_ints(path, "label_ids", 0, &n, &w)) != NULL && golden_run(model, isa, &in, BERT_PADDING_DROP, &out)) {
        x = golden_losses(out.classes, n, out.labels, labels);
        for (i = 0; i < n; i++) right += golden_argmax(out.classes + i * out.labels, out.labels) == labels[i];
        for (i = 0, w = 0; i < n; i += BATCH, w++) mean += (double)golden_mean(x.values + i, n - i < BATCH ? n - i : BATCH);
        golden_result_close(isa, text, "eval_accuracy", (double)right / (double)n);
        golden_result_close(isa, text, "eval_loss", (double)golden_mean(x.values, n));
        golden_result_close(isa, text, "loss", mean / (double)w);
    }
    free(text);
}
static void golden_eval_squad(const golden_place *place, const bert_model *model, bert_isa isa)
{
    char path[1200];
    golden_input in;
    golden_output out;
    golden_labels none;
    bert_checkpoint *c;
    const bert_tensor *id, *t;
    int32_t *have, *want;
    int64_t n, w, i, k;
    int which;
    static const char *const names[] = { "start_logits", "end_logits" };
    memset(&none, 0, sizeof none);
    golden_path(path, sizeof path, place->dir, "eval.tf_record");
    if (!golden_records_input(path, 0, &in) || (have = golden_feature_ints(path, "unique_ids", 0, &n, &w)) == NULL) return;
    if (!golden_run(model, isa, &in, BERT_PADDING_KEEP, &out) || (c = golden_checkpoint(golden_path(path, sizeof path, place->dir, "logits.safetensors"))) == NULL) return;
    id = bert_checkpoint_find(c, "unique_ids");
    want = golden_ints(id);
    for (which = 0; which < 2 && want; which++) {
        golden_array x = golden_google_value(names[which], &in, &none, &out);
        float *ordered = golden_get_floats(x.count);
        if ((t = bert_checkpoint_find(c, names[which])) == NULL || id->count != n) { TEST_FAIL("%s is not recorded for %ld features", names[which], (long)n); break; }
        for (i = 0; i < n; i++) {                                       /* in the order of the record */
            for (k = 0; k < n && have[k] != want[i]; k++) {}
            if (k < n) memcpy(ordered + i * in.length, x.values + k * in.length, (size_t)in.length * sizeof *ordered);
        }
        x.values = ordered;
        golden_compare(isa, names[which], x, golden_floats(t), t->count, 1e-4, NULL);
    }
    bert_checkpoint_close(c);
}
static void golden_eval_pretrain(const golden_place *place, const bert_model *model, bert_isa isa)
{
    enum { BATCH = 4, STEPS = 6 };                                      /* README: "on pretraining_data/two_files.tfrecord, batch 4, 6 steps" */
    char path[1200], *text;
    golden_input in;
    golden_output out;
    golden_array masked, next;
    int64_t n, w, i, k, right = 0;
    int32_t *positions, *ids, *labels;
    double *weights, sum = 0, all = 0, hit = 0, mean = 0;
    snprintf(path, sizeof path, "%s/pretraining_data/two_files.tfrecord", place->root);
    if (!golden_is_file(path)) { test_skip("pretraining_data/two_files.tfrecord is not here"); return; }
    if (!golden_records_input(path, BATCH * STEPS, &in)) return;
    ids = golden_feature_ints(path, "masked_lm_ids", BATCH * STEPS, &n, &w);
    labels = golden_feature_ints(path, "next_sentence_labels", BATCH * STEPS, &n, &w);
    weights = golden_features(path, "masked_lm_weights", BATCH * STEPS, &n, &w);
    positions = golden_feature_ints(path, "masked_lm_positions", BATCH * STEPS, &n, &w);
    if (!ids || !labels || !weights || !positions) return;
    golden_masked(&in, positions, n * w);
    if (!golden_run(model, isa, &in, BERT_PADDING_DROP, &out)) return;
    text = test_read_file(golden_path(path, sizeof path, place->dir, "eval_results.txt"), NULL);
    if (!text) { TEST_FAIL("%s cannot be read", path); return; }
    masked = golden_losses(out.words, n * w, out.vocab, ids);
    next = golden_losses(out.next_sentence, n, 2, labels);
    for (i = 0; i < n * w; i++) {
        sum += (double)masked.values[i] * weights[i];
        all += weights[i];
        if (golden_argmax(out.words + i * out.vocab, out.vocab) == ids[i]) hit += weights[i];
    }
    for (i = 0; i < n; i++) right += golden_argmax(out.next_sentence + 2 * i, 2) == labels[i];
    for (k = 0; k < STEPS; k++) {
        double s = 0, a = 0;
        for (i = k * BATCH * w; i < (k + 1) * BATCH * w; i++) { s += (double)masked.values[i] * weights[i]; a += weights[i]; }
        mean += (s / (a + 1e-5) + (double)golden_mean(next.values + k * BATCH, BATCH)) / STEPS;
    }
    golden_result_close(isa, text, "masked_lm_accuracy", hit / all);
    golden_result_close(isa, text, "masked_lm_loss", sum / all);
    golden_result_close(isa, text, "next_sentence_accuracy", (double)right / (double)n);
    golden_result_close(isa, text, "next_sentence_loss", (double)golden_mean(next.values, n));
    golden_result_close(isa, text, "loss", mean);
    free(text);
}
/* eval_classifier and eval_squad_... with the checkpoint that training left, eval_pretrain with the model. */
static void golden_google_eval(const golden_place *place)
{
    const char *kind = strrchr(place->label, '/') + 1;
    const int classifier = golden_starts(kind, "eval_classifier"), squad = golden_starts(kind, "eval_squad");
    char path[1200], config[1200];
    int isa;
    snprintf(path, sizeof path, "%s/%s", place->root, classifier ? "train_classifier/checkpoint" : squad ? "train_squad/checkpoint" : "model");
    snprintf(config, sizeof config, "%s/model/bert_config.json", place->root);
    if (!golden_is_directory(path)) { golden_skip(place->label, "the checkpoint it was made with is not here"); return; }
    for (isa = 0; isa < BERT_ISA_COUNT; isa++) {
        bert_model_desc d;
        bert_model *model;
        if (!golden_has_isa(isa) || !test_enter("%s %s", place->label, bert_isa_name((bert_isa)isa))) continue;
        memset(&d, 0, sizeof d);
        d.path = path;
        d.config_path = config;
        if ((model = golden_model(&d)) != NULL) (classifier ? golden_eval_classifier : squad ? golden_eval_squad : golden_eval_pretrain)(place, model, (bert_isa)isa);
        bert_model_close(model);
        golden_free_all();
        test_leave();
    }
}

/* ---- extract_features: info.json says what each output was made from ---- */

/* "-1,-2,-3" */
static int64_t golden_layers(const char *text, int64_t *out, int64_t room)
{
    int64_t n = 0;
    char *end;
    while (n < room) {
        out[n++] = strtol(text, &end, 10);
        if (*end != ',') break;
        text = end + 1;
    }
    return n;
}
/* One line of the recorded output against the text it was made from. */
static void golden_features_line(const bert_model *model, const bert_tokenizer *tok, const bert_json *line, const char *text, size_t size, int64_t max, const int64_t *layers, int64_t count, bert_isa isa)
{
    const bert_json *features = bert_json_get(line, "features"), *f;
    const int64_t c = bert_model_config(model)->hidden_size, l = bert_model_config(model)->layers;
    int32_t *ids = (int32_t *)golden_get((int64_t)size + 8, sizeof *ids), *segments = (int32_t *)golden_get((int64_t)size + 8, sizeof *segments);
    const char *b = NULL;
    size_t a_size = size, i;
    bert_pair_desc pair;
    bert_encoding e;
    golden_input in;
    golden_output out;
    int64_t row = 0, k, n;
    while (a_size && (text[a_size - 1] == ' ' || text[a_size - 1] == '\t' || text[a_size - 1] == '\r')) a_size--;
    while (a_size && (*text == ' ' || *text == '\t')) { text++; a_size--; }
    size = a_size;
    for (i = size; i-- > 0 && !b;)                                      /* the last " ||| " */
        if (size - i >= 5 && memcmp(text + i, " ||| ", 5) == 0) { b = text + i + 5; a_size = i; }
    memset(&pair, 0, sizeof pair);
    memset(&e, 0, sizeof e);
    memset(&in, 0, sizeof in);
    pair.max_tokens = (size_t)max;
    e.ids = ids;
    e.segment_ids = segments;
    e.capacity = size + 8;
    if (b) {                                                            /* a second text without tokens counts as none */
        bert_encoding probe;
        memset(&probe, 0, sizeof probe);
        bert_tokenizer_encode(tok, b, size - (size_t)(b - text), &probe);
        if (!probe.count) b = NULL;
    }
    if (bert_tokenizer_encode_pair(tok, &pair, text, a_size, b, b ? size - (size_t)(b - text) : 0, &e) != BERT_OK) { TEST_FAIL("the line does not become tokens"); return; }
    in.sequences = 1;
    in.length = (int64_t)e.count;
    in.ids = ids;
    in.segments = segments;
    if (!features || features->count != e.count) { TEST_FAIL("line %ld: %lu tokens, recorded are %ld", (long)golden_int(bert_json_get(line, "linex_index"), -1), (unsigned long)e.count, features ? (long)features->count : -1L); return; }
    if (!golden_run(model, isa, &in, BERT_PADDING_DROP, &out)) return;
    for (f = features->first; f; f = f->next, row++) {
        const bert_json *lists = bert_json_get(f, "layers"), *at, *v;
        if (!bert_json_is(bert_json_get(f, "token"), bert_tokenizer_token(tok, ids[row], NULL))) TEST_FAIL("token %ld is another one", (long)row);
        for (at = lists ? lists->first : NULL, k = 0; at; at = at->next, k++) {
            const bert_json *values = bert_json_get(at, "values");
            float *want = golden_get_floats(c);
            char what[80];
            double number = 0;
            if (k >= count || golden_int(bert_json_get(at, "index"), 1000) != layers[k]) { TEST_FAIL("layer %ld of token %ld is another one", (long)k, (long)row); return; }
            for (v = values ? values->first : NULL, n = 0; v && n < c; v = v->next, n++) want[n] = bert_json_double(v, &number) ? (float)number : 0;
            if (v || n != c) { TEST_FAIL("token %ld has another number of values", (long)row); return; }
            n = layers[k] < 0 ? layers[k] + l : layers[k];
            if (n < 0 || n >= l) { TEST_FAIL("layer %ld of a model with %ld", (long)layers[k], (long)l); return; }
            snprintf(what, sizeof what, "token %ld, layer %ld", (long)row, (long)layers[k]);
            golden_compare(isa, what, golden_of(out.layer[n + 1] + row * c, c, 0), want, c, 2e-5, NULL);
        }
        CHECK_INT(k, count);
    }
}
static void golden_google_extract(const golden_place *place)
{
    char path[1200], model_path[1200], config[1300], *input = NULL, *line, *next;
    golden_lines info;
    const bert_json *v;
    int isa, ok;
    memset(&info, 0, sizeof info);
    golden_path(path, sizeof path, place->dir, "info.json");
    ok = golden_is_file(path) && bert_file_open(path, NULL, &info.file, NULL) == BERT_OK && bert_json_parse((const char *)info.file.data, info.file.size, NULL, &info.doc, NULL) == BERT_OK;
    if (!ok) { golden_skip(place->label, "info.json is not here"); return; }
    for (v = info.doc.root->first; v; v = v->next)
        for (isa = 0; isa < BERT_ISA_COUNT; isa++) {
            const char *cut = strstr(v->key, "output_"), *model_name = golden_text(v, "model");
            bert_tokenizer_desc td = { 0 };
            bert_tokenizer *tok;
            bert_model_desc d = { 0 };
            bert_model *model = NULL;
            golden_lines out;
            int64_t layers[64], count, max = golden_int(bert_json_get(v, "max_seq_length"), 128);
            const bert_json *lower = bert_json_get(v, "do_lower_case");
            if (!cut || !golden_has_isa(isa) || !test_enter("%s/%s %s", place->label, v->key, bert_isa_name((bert_isa)isa))) continue;
            snprintf(path, sizeof path, "%s/model/vocab.txt", place->root);
            td = golden_desc(path, BERT_TOKENIZER_GOOGLE, lower && lower->type == 'f');
            tok = golden_tokenizer(&td);
            snprintf(model_path, sizeof model_path, "%s/%s", place->dir, model_name);
            snprintf(config, sizeof config, "%s/bert_config.json", model_path);
            d.path = model_path;
            d.config_path = config;
            if (tok) model = golden_model(&d);
            count = golden_layers(golden_text(v, "layers"), layers, 64);
            input = test_read_file(golden_path(path, sizeof path, place->dir, "input.txt"), NULL);
            golden_path(path, sizeof path, place->dir, v->key);
            if (model && input && golden_open(&out, path)) {
                int64_t number = 0;
                for (line = input; line && (*line || number == 0); line = next, number++) {
                    next = strchr(line, '\n');
                    if (next) *next++ = 0;
                    if (!golden_next(&out)) { TEST_FAIL("the output ends before line %ld", (long)number); break; }
                    CHECK_INT(golden_int(bert_json_get(out.root, "linex_index"), -1), number);
                    golden_features_line(model, tok, out.root, line, strlen(line), max, layers, count, (bert_isa)isa);
                    golden_free_all();
                }
                CHECK(!golden_next(&out));
                golden_close(&out);
            } else if (model) TEST_FAIL("input.txt or the output cannot be read");
            free(input);
            bert_model_close(model);
            bert_tokenizer_close(tok);
            golden_free_all();
            test_leave();
        }
    golden_close(&info);
}

#endif
