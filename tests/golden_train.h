/* golden_train.h - the goldens of learning: losses, gradients and weights after steps of Google's, NEZHA's and transformers' training
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A case for each recording and each kind of instructions this machine has. Every tensor recorded is compared; one that is not known
   here fails the case. Tolerances are those that the READMEs of the goldens ask for. */
#ifndef GOLDEN_TRAIN_H
#define GOLDEN_TRAIN_H

#ifdef GOLDEN_CUDA
#define GOLDEN_MODES 2                  /* bf16 is another thing there: activations are kept so */
#else
#define GOLDEN_MODES 3
#endif

/* ---- padded input as a batch; at[row of the padded input] is the batch's row, -1 where it was dropped ---- */

static int golden_batch(const golden_input *in, bert_padding padding, bert_batch *batch, int64_t **at)
{
    const int64_t all = in->sequences * in->length;
    bert_padded p;
    bert_error err;
    int64_t t;
    memset(&p, 0, sizeof p);
    memset(&err, 0, sizeof err);
    p.sequences = in->sequences;
    p.length = in->length;
    p.ids = in->ids;
    p.mask = in->mask;
    p.segment_ids = in->segments;
    p.padding = padding;
    p.offsets = (int64_t *)golden_get(in->sequences + 1, sizeof(int64_t));
    p.rows = (int64_t *)golden_get(all, sizeof(int64_t));
    p.row_ids = (int32_t *)golden_get(all, sizeof(int32_t));
    p.row_segments = (int32_t *)golden_get(all, sizeof(int32_t));
    p.row_positions = (int32_t *)golden_get(all, sizeof(int32_t));
    p.row_mask = (uint8_t *)golden_get(all, 1);
    if (bert_batch_from_padded(&p, batch, &err) != BERT_OK) { TEST_FAIL("%s", err.message); return 0; }
    *at = (int64_t *)golden_get(all, sizeof(int64_t));
    for (t = 0; t < all; t++) (*at)[t] = -1;
    for (t = 0; t < batch->offsets[batch->sequences]; t++) (*at)[p.rows[t]] = t;
    return 1;
}
static bert_trainer *golden_trainer(bert_trainer_desc *d)
{
    bert_trainer *t = NULL;
    bert_error err;
    memset(&err, 0, sizeof err);
    d->error = &err;
    if (golden_trainer_open(d, &t) != BERT_OK) { TEST_FAIL("%s", err.message); return NULL; }
    return t;
}
/* The recorded values of a parameter in the trainer's layout: TensorFlow's matrices turned. */
static float *golden_turned(const bert_tensor *t, const bert_trained *p, int google)
{
    float *v = golden_floats(t), *out;
    int64_t i, k;
    if (!v || t->count != p->count) { TEST_FAIL("%s: %ld values, the parameter has %ld", t->name, (long)t->count, (long)p->count); return NULL; }
    if (!google || !p->matrix) return v;
    out = golden_get_floats(t->count);
    for (i = 0; i < p->shape[0]; i++) for (k = 0; k < p->shape[1]; k++) out[i * p->shape[1] + k] = v[k * p->shape[0] + i];
    return out;
}
static double golden_l2(const float *x, const float *y, int64_t n)
{
    double sum = 0;
    int64_t i;
    for (i = 0; i < n; i++) sum += ((double)x[i] - (y ? (double)y[i] : 0)) * ((double)x[i] - (y ? (double)y[i] : 0));
    return sqrt(sum);
}
/* Within `relative` of its length as a whole, or else each number within `absolute`. */
static void golden_near(bert_isa isa, const char *what, const float *got, const float *want, int64_t n, double absolute, double relative)
{
    if (!want) return;
    if (relative > 0 && golden_l2(got, want, n) <= relative * golden_l2(want, NULL, n)) { golden_worst[isa].values += (long)n; return; }
    golden_compare(isa, what, golden_of(golden_copy(got, n), n, 0), want, n, absolute, NULL);
}
static void golden_learnt(bert_isa isa, const char *what, double got, double want, double tolerance)
{
    float have = (float)got, need = (float)want;
    golden_compare(isa, what, golden_of(&have, 1, 0), &need, 1, tolerance, NULL);
}
/* Gradients that are 0 in exact arithmetic, by the name of the parameter: what is there is noise. */
static int golden_is_noise(const char *name) { return strstr(name, "self/key/bias") || strstr(name, "self.key.bias"); }

/* ---- transformers' heads: losses and gradients ---- */

/* What this class learns from these labels; 0 fails the case. */
static int golden_hf_labels(const char *class_name, const bert_checkpoint *c, const golden_input *in, const int64_t *at, uint32_t *learn, bert_targets *l, int *dropped)
{
    const char *model = golden_starts(class_name, "Bert") ? class_name + 4 : class_name, *config = bert_checkpoint_metadata(c, "config");
    const bert_tensor *t = bert_checkpoint_find(c, "label.labels"), *starts = bert_checkpoint_find(c, "label.start_positions"), *ends = bert_checkpoint_find(c, "label.end_positions");
    const bert_tensor *next = bert_checkpoint_find(c, "label.next_sentence_label");
    const int64_t all = in->sequences * in->length;
    int64_t i;
    *dropped = 0;
    memset(l, 0, sizeof *l);
    *learn = 0;
    if (t && (strcmp(model, "ForMaskedLM") == 0 || strcmp(model, "ForPreTraining") == 0)) {
        const int32_t *labels = golden_ints(t);
        int64_t *rows = (int64_t *)golden_get(all, sizeof *rows);
        int32_t *ids = (int32_t *)golden_get(all, sizeof *ids);
        for (i = 0; i < all; i++) {
            if (labels[i] == -100) continue;
            if (at[i] < 0) *dropped = 1;
            rows[l->masked_count] = at[i];
            ids[l->masked_count++] = labels[i];
        }
        l->masked_rows = rows;
        l->masked_ids = ids;
        *learn |= BERT_LEARN_WORDS;
        if (next) { l->next_sentence = golden_ints(next); *learn |= BERT_LEARN_NEXT_SENTENCE; }
    } else if (t && strcmp(model, "ForNextSentencePrediction") == 0) {
        l->next_sentence = golden_ints(t);
        *learn = BERT_LEARN_NEXT_SENTENCE;
    } else if (t && strcmp(model, "ForTokenClassification") == 0) {
        const int32_t *labels = golden_ints(t);
        int32_t *rows = (int32_t *)golden_get(all, sizeof *rows);
        for (i = 0; i < all; i++) {
            if (at[i] >= 0) rows[at[i]] = labels[i];
            else if (labels[i] != -100) *dropped = 1;
        }
        l->token_classes = rows;
        *learn = BERT_LEARN_TOKENS;
    } else if (t && strcmp(model, "ForMultipleChoice") == 0) {
        l->classes = golden_ints(t);
        l->choices = (int32_t)(in->sequences / t->count);
        *learn = BERT_LEARN_CHOICES;
    } else if (t && strcmp(model, "ForSequenceClassification") == 0) {
        const bert_tensor *logits = bert_checkpoint_find(c, "out.logits");
        if (config && strstr(config, "multi_label_classification")) *learn = BERT_LEARN_MULTI_LABEL;
        else if ((config && strstr(config, "\"regression\"")) || (logits && logits->shape[1] == 1)) *learn = BERT_LEARN_VALUES;
        else *learn = BERT_LEARN_CLASSES;
        if (*learn == BERT_LEARN_CLASSES) l->classes = golden_ints(t);
        else l->values = golden_floats(t);
    } else if (starts && ends) {
        l->starts = golden_ints(starts);
        l->ends = golden_ints(ends);
        *learn = BERT_LEARN_SPANS;
    }
    return *learn != 0;
}
static void golden_hf_head_step(const bert_model *model, const bert_checkpoint *c, const char *class_name, const golden_input *in, int mode, bert_isa isa)
{
    static const char *const modes[] = { "", ", padding dropped", ", a sequence at a time", ", recomputed" };
    const bert_tensor *loss = bert_checkpoint_find(c, "out.loss");
    bert_trainer_desc d;
    bert_trainer *trainer;
    bert_batch batch;
    bert_targets labels;
    bert_progress got;
    bert_error err;
    int64_t *at, i, b, n;
    int dropped, nothing;
    char what[400];
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    if (!golden_batch(in, mode == 1 ? BERT_PADDING_DROP : BERT_PADDING_KEEP, &batch, &at)) return;
    if (!golden_hf_labels(class_name, c, in, at, &d.learn, &labels, &dropped)) { TEST_FAIL("%s: what it learns is not known here", class_name); return; }
    for (b = 0; mode == 1 && b < in->sequences; b++) dropped |= at[b * in->length] < 0;
    if (mode == 1 && (dropped || d.learn == BERT_LEARN_SPANS)) return;  /* rows left out have a part in the loss */
    d.model = model;
    d.hidden_dropout = d.attention_dropout = d.classifier_dropout = -1;
    d.threads = 2;
    d.isa = isa;
    d.max_tokens = in->length * (mode == 2 ? (labels.choices ? labels.choices : 1) : in->sequences);
    d.recompute = mode == 3;
    if ((trainer = golden_trainer(&d)) == NULL) return;
    if (bert_trainer_gradients(trainer, &batch, &labels, &got, &err) != BERT_OK || bert_trainer_fetch(trainer, &err) != BERT_OK) TEST_FAIL("%s", err.message);
    else {
        const float *want = golden_floats(loss);
        nothing = !want || test_is_nan(*want);                             /* the mean over nothing is NaN there, and 0 here */
        snprintf(what, sizeof what, "the loss%s", modes[mode]);
        golden_learnt(isa, what, got.loss, nothing ? 0 : (double)*want, nothing ? 1e-30 : 1e-5 * ((double)*want > 1 ? (double)*want : 1));
        for (i = n = 0; i < bert_checkpoint_count(c); i++) {
            const bert_tensor *t = bert_checkpoint_tensor(c, i);
            const bert_trained *p;
            if (!golden_starts(t->name, "grad.")) continue;
            p = bert_trainer_find(trainer, t->name + 5);
            n++;
            snprintf(what, sizeof what, "%s%s", t->name, modes[mode]);
            if (!p || !p->learns) { TEST_FAIL("%s is recorded, but nothing of that name learns here", t->name); continue; }
            golden_near(isa, what, p->gradient, golden_turned(t, p, 0), p->count, golden_is_noise(t->name) ? 1e-6 * (nothing || *want < 1 ? 1 : (double)*want) : 2e-5, golden_is_noise(t->name) ? 0 : 2e-5);
        }
        for (i = 0; i < bert_trainer_count(trainer); i++) {             /* nothing else has a gradient */
            const bert_trained *p = bert_trainer_parameter(trainer, i);
            snprintf(what, sizeof what, "grad.%s", p->name);
            if (n && !bert_checkpoint_find(c, what) && golden_l2(p->gradient, NULL, p->count) > 0) TEST_FAIL("%s has a gradient, recorded is none", p->name);
        }
        if (!n && !nothing) TEST_FAIL("no gradients are recorded");
    }
    bert_trainer_close(trainer);
}
static void golden_hf_head_gradients(const golden_place *place, const char *file, bert_isa isa)
{
    char path[1200];
    bert_checkpoint *backbone = golden_checkpoint(golden_path(path, sizeof path, place->dir, "backbone.safetensors")), *c = NULL;
    const char *text, *class_name;
    const bert_tensor *t;
    bert_model_desc d;
    bert_model *model = NULL;
    bert_config config;
    bert_error err;
    golden_input in;
    int mode;
    memset(&d, 0, sizeof d);
    memset(&in, 0, sizeof in);
    memset(&err, 0, sizeof err);
    if (!backbone || (c = golden_checkpoint(golden_path(path, sizeof path, place->dir, file))) == NULL || !golden_head_weights(backbone, c)) goto done;
    text = bert_checkpoint_metadata(c, "config");
    class_name = bert_checkpoint_metadata(c, "class");
    t = bert_checkpoint_find(c, "in.input_ids");
    if (!text || !class_name || !t || bert_config_parse(text, strlen(text), file, &config, &err) != BERT_OK) { TEST_FAIL("no class, config or input_ids: %s", err.message); goto done; }
    d.path = GOLDEN_HEAD_TMP;
    d.config = &config;
    d.source = BERT_SOURCE_HF;
    if ((model = golden_model(&d)) == NULL) goto done;
    in.length = t->shape[t->rank - 1];
    in.sequences = t->count / in.length;
    in.ids = golden_ints(t);
    in.mask = golden_ints(bert_checkpoint_find(c, "in.attention_mask"));
    in.segments = golden_ints(bert_checkpoint_find(c, "in.token_type_ids"));
    for (mode = 0; mode < 4; mode++) golden_hf_head_step(model, c, class_name, &in, mode, isa);
done:
    bert_model_close(model);
    bert_checkpoint_close(c);
    bert_checkpoint_close(backbone);
    remove(GOLDEN_HEAD_TMP);
}
static void golden_hf_gradients(const golden_place *place)
{
    char path[1200];
    golden_lines l;
    const bert_json *v;
    memset(&l, 0, sizeof l);
    golden_path(path, sizeof path, place->dir, "index.json");
    if (!golden_is_file(path) || bert_file_open(path, NULL, &l.file, NULL) != BERT_OK || bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, NULL) != BERT_OK) {
        golden_skip(place->label, "index.json is not here");
        return;
    }
    for (v = l.doc.root->first; v; v = v->next) {
        const bert_json *labels = bert_json_get(v, "labels");
        int isa;
        if (!*golden_text(v, "file") || !labels || !labels->count) continue;
        for (isa = 0; isa < BERT_ISA_COUNT; isa++) {
            if (!golden_has_isa(isa) || !test_enter("%s/gradients of %s %s", place->label, golden_text(v, "file"), bert_isa_name((bert_isa)isa))) continue;
            golden_hf_head_gradients(place, golden_text(v, "file"), (bert_isa)isa);
            golden_free_all();
            test_leave();
        }
    }
    golden_close(&l);
}

/* ---- Google's and NEZHA's training ---- */

typedef struct golden_run_info {        /* meta.json */
    double rate, steps, warmup, dropout;
    int nezha, lamb, sparse;
    golden_lines json;
} golden_run_info;

/* One batch [B,...] of a file with or without a first dimension of steps. prefix: "in/" in dropout_step. */
static int golden_google_batch(const bert_checkpoint *c, const char *prefix, int64_t step, int64_t steps, bert_padding padding, bert_batch *batch, bert_targets *l, uint32_t *learn, int64_t *length)
{
    golden_input in;
    const bert_tensor *t;
    char name[100];
    int64_t *at, i, n;
    memset(&in, 0, sizeof in);
    memset(l, 0, sizeof *l);
    *learn = 0;
#define GOLDEN_FIND(what) (snprintf(name, sizeof name, "%s%s", prefix, what), t = bert_checkpoint_find(c, name))
#define GOLDEN_PART(type) (golden_##type(t) + step * (t->count / steps))
    if (!GOLDEN_FIND("input_ids")) { TEST_FAIL("it has no input_ids"); return 0; }
    in.length = *length = t->shape[t->rank - 1];
    in.sequences = t->count / steps / in.length;
    in.ids = GOLDEN_PART(ints);
    if (GOLDEN_FIND("input_mask")) in.mask = GOLDEN_PART(ints);
    if (GOLDEN_FIND("segment_ids")) in.segments = GOLDEN_PART(ints);
    if (!golden_batch(&in, padding, batch, &at)) return 0;
    if (GOLDEN_FIND("masked_lm_positions")) {
        int64_t *rows;
        n = t->count / steps;
        golden_masked(&in, GOLDEN_PART(ints), n);
        rows = (int64_t *)golden_get(n, sizeof *rows);
        for (i = 0; i < n; i++) rows[i] = at[in.masked_rows[i]];
        l->masked_count = n;
        l->masked_rows = rows;
        if (GOLDEN_FIND("masked_lm_ids")) l->masked_ids = GOLDEN_PART(ints);
        if (GOLDEN_FIND("masked_lm_weights")) l->masked_weights = GOLDEN_PART(floats);
        *learn |= BERT_LEARN_WORDS;
    }
    if (GOLDEN_FIND("next_sentence_labels")) { l->next_sentence = GOLDEN_PART(ints); *learn |= BERT_LEARN_NEXT_SENTENCE; }
    if (GOLDEN_FIND("label_ids")) { l->classes = GOLDEN_PART(ints); *learn |= BERT_LEARN_CLASSES; }
    if (GOLDEN_FIND("start_positions")) l->starts = GOLDEN_PART(ints);
    if (GOLDEN_FIND("end_positions")) { l->ends = GOLDEN_PART(ints); *learn |= BERT_LEARN_SPANS; }
    return *learn != 0;
}
static int golden_run_meta(const golden_place *place, golden_run_info *m)
{
    char path[1200];
    const bert_json *v;
    memset(m, 0, sizeof *m);
    if (!golden_whole(&m->json, golden_path(path, sizeof path, place->dir, "meta.json"))) return 0;
    if (!bert_json_double(bert_json_get(m->json.root, "init_lr"), &m->rate) || !bert_json_double(bert_json_get(m->json.root, "num_train_steps"), &m->steps)
        || !bert_json_double(bert_json_get(m->json.root, "num_warmup_steps"), &m->warmup)) { TEST_FAIL("meta.json: init_lr, num_train_steps or num_warmup_steps is missing"); return 0; }
    bert_json_double(bert_json_get(m->json.root, "dropout"), &m->dropout);
    v = bert_json_get(m->json.root, "optimizer_algo");
    m->nezha = v != NULL;
    m->lamb = v && bert_json_is(v, "lamb");
    v = bert_json_get(bert_json_get(m->json.root, "gradient_kind"), "bert/embeddings/word_embeddings");
    m->sparse = v && bert_json_is(v, "IndexedSlices");
    return 1;
}
/* All weights or slots of a file against the trainer's. */
static void golden_state(bert_isa isa, const golden_place *place, const char *kind, int64_t step, const bert_trainer *trainer, const golden_run_info *m)
{
    static const char *const ends[] = { "/adam_m", "/adam_v", "/lamb_m", "/lamb_v" };
    char file[100], path[1300];
    bert_checkpoint *c;
    int64_t i;
    snprintf(file, sizeof file, "%s_step%ld.safetensors", kind, (long)step);
    if (!golden_is_file(golden_path(path, sizeof path, place->dir, file)) || (c = golden_checkpoint(path)) == NULL) return;
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        const bert_trained *p;
        char name[300], what[400];
        size_t k;
        double tolerance = 2e-5;
        snprintf(name, sizeof name, "%s", t->name);
        for (k = 0; k < 4 && !golden_ends(name, ends[k]); k++) {}
        if (k < 4) name[strlen(name) - strlen(ends[k])] = 0;
        p = bert_trainer_find(trainer, name);
        snprintf(what, sizeof what, "%s of %s", t->name, file);
        if (!p) { TEST_FAIL("%s: nothing of that name here", what); continue; }
        /* noise divided by its own size goes as far as the rates of all steps */
        if (golden_is_noise(name)) tolerance = k < 4 ? 2e-5 : m->lamb ? 5e-3 : m->rate * (double)step;
        if (k == 4 && !m->lamb && p->rank == 1 && (golden_ends(name, "cls/squad/output_bias") || strstr(name, "output/LayerNorm/beta"))) {
            const bert_trained *q = bert_trainer_find(trainer, "qa_outputs.weight");   /* in SQuAD also these (of the last layer) */
            if (q && q->learns) tolerance = m->rate * (double)step;
        }
        golden_near(isa, what, k == 4 ? p->weight : k % 2 ? p->second : p->first, golden_turned(t, p, 1), p->count, tolerance, 0);
    }
    bert_checkpoint_close(c);
}
/* bf16: losses and ratios within 2 % of 1 + theirs, norms within 4 %; the gradient of the first step, as a whole, within 4 % of its
   length. */
static void golden_google_run(const golden_place *place, const char *base, bert_padding padding, int recompute, int bf16, bert_isa isa)
{
    char path[1300], config[1300];
    bert_checkpoint *batches = golden_checkpoint(golden_path(path, sizeof path, base, "batches.safetensors")), *trace = NULL, *grads = NULL;
    const bert_json *order;
    const bert_tensor *ids, *t;
    const char *meta;
    golden_run_info m;
    bert_model_desc md;
    bert_model *model = NULL;
    bert_trainer_desc d;
    bert_trainer *trainer = NULL;
    bert_error err;
    int64_t step, steps, i, j;
    memset(&m, 0, sizeof m);
    memset(&md, 0, sizeof md);
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    if (!batches || !golden_run_meta(place, &m) || (trace = golden_checkpoint(golden_path(path, sizeof path, place->dir, "trace.safetensors"))) == NULL) goto done;
    if (golden_is_file(golden_path(path, sizeof path, place->dir, "grads_step0.safetensors"))) grads = golden_checkpoint(path);
    ids = bert_checkpoint_find(batches, "input_ids");
    if (!ids || ids->rank != 3) { TEST_FAIL("no input_ids [steps,B,S]"); goto done; }
    steps = ids->shape[0];
    meta = bert_checkpoint_metadata(batches, "model");
    snprintf(config, sizeof config, "%s/%s/bert_config.json", place->root, meta ? meta : "model");
    md.path = golden_path(path, sizeof path, base, "weights_init.safetensors");
    md.config_path = config;
    if ((model = golden_model(&md)) == NULL) goto done;
    for (step = 0; step < steps; step++) {
        bert_batch batch;
        bert_targets labels;
        bert_progress got;
        uint32_t learn;
        int64_t length;
        double dense = 0, whole = 0, off = 0;
        if (!golden_google_batch(batches, "", step, steps, padding, &batch, &labels, &learn, &length)) goto done;
        if (!trainer) {
            d.model = model;
            d.learn = learn;
            d.keep = BERT_HEAD_POOLER;
            d.hidden_dropout = d.attention_dropout = d.classifier_dropout = m.dropout > 0 ? m.dropout : -1;
            d.schedule.rate = m.rate;
            d.schedule.steps = m.steps;
            d.schedule.warmup = m.warmup;
            d.schedule.continuous = m.nezha;
            d.optimizer.kind = m.lamb ? BERT_OPTIMIZER_LAMB_NEZHA : BERT_OPTIMIZER_GOOGLE;
            d.optimizer.clip = !m.sparse ? BERT_CLIP_GLOBAL : learn & BERT_LEARN_WORDS ? BERT_CLIP_TF1_ROWS : BERT_CLIP_ROWS;
            d.max_tokens = length * ids->shape[1];
            d.threads = 2;
            d.recompute = recompute;
            d.precision = bf16 ? BERT_PRECISION_BF16 : BERT_PRECISION_F32;
            d.isa = isa;
            if ((trainer = golden_trainer(&d)) == NULL) goto done;
        }
        if (bert_trainer_gradients(trainer, &batch, &labels, &got, &err) != BERT_OK || bert_trainer_fetch(trainer, &err) != BERT_OK) { TEST_FAIL("step %ld: %s", (long)step, err.message); goto done; }
        for (i = 0; i < bert_trainer_count(trainer); i++) {
            const bert_trained *p = bert_trainer_parameter(trainer, i);
            const double n = golden_l2(p->gradient, NULL, p->count);
            dense += n * n;
        }
        for (i = 0; grads && step == 0 && i < bert_checkpoint_count(grads); i++) {
            const bert_trained *p;
            t = bert_checkpoint_tensor(grads, i);
            p = bert_trainer_find(trainer, t->name);
            if (!p || !p->learns) TEST_FAIL("%s is recorded, but nothing of that name learns here", t->name);
            else if (bf16) {
                const float *recorded = golden_turned(t, p, 1);
                const double n = golden_l2(recorded, NULL, p->count), d2 = golden_l2(p->gradient, recorded, p->count);
                whole += n * n;
                off += d2 * d2;
            } else golden_near(isa, t->name, p->gradient, golden_turned(t, p, 1), p->count, 1e-5, 0);
        }
        if (bf16 && step == 0) golden_learnt(isa, "the gradient", sqrt(off / (whole + 1e-30)), 0, 0.04);
        if (bert_trainer_update(trainer, &got, &err) != BERT_OK || bert_trainer_fetch(trainer, &err) != BERT_OK) { TEST_FAIL("step %ld: %s", (long)step, err.message); goto done; }
        order = bert_json_get(m.json.root, "trust_ratio_order");
        for (i = 0; i < bert_checkpoint_count(trace); i++) {
            const bert_trained *p;
            double v = -1, tolerance = 2e-5;
            const float *want;
            char what[200];
            t = bert_checkpoint_tensor(trace, i);
            if (t->count % steps) { TEST_FAIL("%s has not a row a step", t->name); continue; }
            want = golden_floats(t) + step * (t->count / steps);
            snprintf(what, sizeof what, "%s of step %ld", t->name, (long)step);
            if (strcmp(t->name, "loss") == 0) v = got.loss;
            else if (strcmp(t->name, "mlm_loss") == 0) v = got.words;
            else if (strcmp(t->name, "nsp_loss") == 0) v = got.next_sentence;
            else if (strcmp(t->name, "start_loss") == 0) v = got.starts;
            else if (strcmp(t->name, "end_loss") == 0) v = got.ends;
            else if (strcmp(t->name, "learning_rate") == 0) { v = got.rate; tolerance = 1e-6 * m.rate; }
            else if (strcmp(t->name, "grad_norm_reference") == 0) { v = got.norm; tolerance = 1e-4 * (double)*want; }
            else if (strcmp(t->name, "grad_norm_dense") == 0) { v = sqrt(dense); tolerance = 1e-4 * (double)*want; }
            else if (strcmp(t->name, "trust_ratio") == 0 && order) {
                const bert_json *name = order->first;
                if (!m.lamb) continue;                                  /* a placeholder */
                if ((int64_t)order->count != t->count / steps) { TEST_FAIL("%s has not a column for each of trust_ratio_order", t->name); continue; }
                for (j = 0; name; name = name->next, j++) {
                    p = bert_trainer_find(trainer, name->text);
                    if (!p) { TEST_FAIL("trust_ratio of %s: nothing of that name here", name->text); break; }
                    snprintf(what, sizeof what, "trust_ratio of %.100s in step %ld", name->text, (long)step);
                    if (!golden_is_noise(name->text)) golden_learnt(isa, what, p->trust, (double)want[j], (bf16 ? 0.02 : 1e-4) * (1 + (double)want[j]));
                }
                continue;
            } else if (golden_ends(t->name, "_example_loss") || golden_ends(t->name, "logits") || strcmp(t->name, "probabilities") == 0) continue;   /* golden_forward.h */
            else { TEST_FAIL("%s is recorded, but what it is is not known here", t->name); continue; }
            golden_learnt(isa, what, v, (double)*want, bf16 && strcmp(t->name, "learning_rate") != 0 ? (golden_starts(t->name, "grad_norm") ? 0.04 : 0.02) * (1 + (double)*want) : tolerance);
        }
        if (bf16) continue;
        golden_state(isa, place, "weights", step + 1, trainer, &m);
        golden_state(isa, place, "slots", step + 1, trainer, &m);
    }
done:
    bert_trainer_close(trainer);
    bert_model_close(model);
    bert_checkpoint_close(grads);
    bert_checkpoint_close(trace);
    bert_checkpoint_close(batches);
    golden_close(&m.json);
}
/* Google's checkpoint after the last step, resumed: weights and slots bit for bit, and the step; saved again in each format and resumed,
   the same. The state of a training that is compared lies beside it. */
static void golden_google_resume(const golden_place *place)
{
    static const char *const saved[] = { "golden.tmp.resume.safetensors", "golden.tmp.resume.bin", "golden.tmp.resume.ckpt" };
    char prefix[1300], path[1350], config[1300];
    bert_checkpoint *c = NULL;
    bert_model_desc md;
    bert_model *model = NULL;
    bert_trainer_desc d;
    bert_trainer *t = NULL;
    bert_error err;
    int64_t steps = 0, i, slots = 0;
    size_t f;
    golden_names files = golden_list(golden_path(path, sizeof path, place->dir, "checkpoint"));
    memset(&md, 0, sizeof md);
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    prefix[0] = 0;
    for (f = 0; f < files.count; f++) {
        long n;
        if (sscanf(files.name[f], "model.ckpt-%ld", &n) == 1 && golden_ends(files.name[f], ".index")) {
            steps = n;
            snprintf(prefix, sizeof prefix, "%s/checkpoint/model.ckpt-%ld", place->dir, n);
        }
    }
    golden_names_free(&files);
    if (!prefix[0]) { TEST_FAIL("checkpoint/ holds no model.ckpt-N.index"); return; }
    snprintf(config, sizeof config, "%s/model/bert_config.json", place->root);
    md.path = prefix;
    md.config_path = config;
    if ((model = golden_model(&md)) == NULL || (c = golden_checkpoint(prefix)) == NULL) goto done;
    d.model = model;
    d.learn = bert_model_heads(model) & BERT_HEAD_SPAN ? BERT_LEARN_SPANS : bert_model_heads(model) & BERT_HEAD_MLM ? BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE : BERT_LEARN_CLASSES;
    d.keep = ~0u;
    d.threads = 1;
    d.max_tokens = 8;
    if ((t = golden_trainer(&d)) == NULL) goto done;
    for (f = 0; f <= 3; f++) {
        if (f && bert_trainer_save(t, saved[f - 1], BERT_FORMAT_AUTO, 1, NULL, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
        for (i = 0; i < bert_trainer_count(t); i++) {                   /* nothing is left of what was there */
            const bert_trained *p = bert_trainer_parameter(t, i);
            memset(p->weight, 1, (size_t)p->count * sizeof(float));
            memset(p->first, 1, (size_t)p->count * sizeof(float));
            memset(p->second, 1, (size_t)p->count * sizeof(float));
        }
        bert_trainer_set_steps(t, 12345);
        if (bert_trainer_resume(t, f ? saved[f - 1] : prefix, &err) != BERT_OK) { TEST_FAIL("%s", err.message); break; }
        CHECK_INT(bert_trainer_steps(t), steps);
        for (i = 0; i < bert_checkpoint_count(c); i++) {
            const bert_tensor *tensor = bert_checkpoint_tensor(c, i);
            const bert_trained *p;
            const float *want;
            char name[300];
            int slot = golden_ends(tensor->name, "/adam_m") ? 1 : golden_ends(tensor->name, "/adam_v") ? 2 : 0;
            if (strcmp(tensor->name, "global_step") == 0) continue;
            snprintf(name, sizeof name, "%s", tensor->name);
            if (slot) name[strlen(name) - 7] = 0;
            p = bert_trainer_find(t, name);
            if (!p) { TEST_FAIL("%s: nothing of that name here", tensor->name); continue; }
            slots += slot != 0;
            want = golden_turned(tensor, p, 1);
            if (want && memcmp(want, slot == 0 ? p->weight : slot == 1 ? p->first : p->second, (size_t)p->count * sizeof *want) != 0) TEST_FAIL("%s is not what the checkpoint holds", tensor->name);
        }
    }
    if (!slots) TEST_FAIL("no slots are recorded");
    for (f = 0; f < 3; f++) {
        snprintf(path, sizeof path, "%s.data-00000-of-00001", saved[f]);
        remove(path);
        snprintf(path, sizeof path, "%s.index", saved[f]);
        remove(path);
        remove(saved[f]);
    }
    remove("checkpoint");                                               /* which TensorFlow's format has beside it */
done:
    bert_trainer_close(t);
    bert_model_close(model);
    bert_checkpoint_close(c);
}
/* One step with the masks TensorFlow drew. */
static void golden_google_dropout(const golden_place *place, bert_isa isa)
{
    char path[1300], config[1300], name[100];
    bert_checkpoint *c = golden_checkpoint(golden_path(path, sizeof path, place->dir, "dropout_step.safetensors"));
    const char *keep = c ? bert_checkpoint_metadata(c, "keep_prob") : NULL;
    const bert_tensor *t;
    bert_model_desc md;
    bert_model *model = NULL;
    bert_trainer_desc d;
    bert_trainer *trainer = NULL;
    bert_masks masks;
    bert_batch batch;
    bert_targets labels;
    bert_progress got;
    bert_error err;
    uint8_t **of[3];
    int64_t i, j, length, layers, layer;
    int place_of;
    memset(&md, 0, sizeof md);
    memset(&d, 0, sizeof d);
    memset(&masks, 0, sizeof masks);
    memset(&err, 0, sizeof err);
    snprintf(config, sizeof config, "%s/model/bert_config.json", place->root);
    md.path = golden_path(path, sizeof path, place->dir, "weights_init.safetensors");
    md.config_path = config;
    if (!c || !keep) { if (c) TEST_FAIL("it has no keep_prob"); goto done; }
    if ((model = golden_model(&md)) == NULL || !golden_google_batch(c, "in/", 0, 1, BERT_PADDING_KEEP, &batch, &labels, &d.learn, &length)) goto done;
    layers = bert_model_config(model)->layers;
    for (i = 0; i < 3; i++) of[i] = (uint8_t **)golden_get(layers, sizeof(uint8_t *));
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        static const char *const places[] = { "attention_probs", "attention_output", "output" };
        uint8_t *mask;
        const int32_t *v;
        long at;
        char rest[60];
        t = bert_checkpoint_tensor(c, i);
        if (!golden_starts(t->name, "mask/")) continue;
        v = golden_ints(t);
        mask = (uint8_t *)golden_get(t->count, 1);
        for (j = 0; j < t->count; j++) mask[j] = v[j] != 0;
        if (strcmp(t->name, "mask/embeddings") == 0) { masks.embeddings = mask; continue; }
        if (strcmp(t->name, "mask/pooled") == 0) { masks.classifier = mask; continue; }
        for (place_of = -1, j = 0; sscanf(t->name, "mask/layer_%ld/%59s", &at, rest) == 2 && at >= 0 && at < layers && j < 3; j++) if (strcmp(rest, places[j]) == 0) place_of = (int)j;
        if (place_of < 0) TEST_FAIL("%s is recorded, but what it is is not known here", t->name);
        else of[place_of][at] = mask;
    }
    for (layer = 0; layer < layers; layer++) for (i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "mask/layer_%ld/%s", (long)layer, i == 0 ? "attention_probs" : i == 1 ? "attention_output" : "output");
        if (!bert_checkpoint_find(c, name)) { TEST_FAIL("%s is missing", name); goto done; }
    }
    masks.attention = (const uint8_t *const *)of[0];
    masks.attention_output = (const uint8_t *const *)of[1];
    masks.output = (const uint8_t *const *)of[2];
    labels.masks = &masks;
    d.model = model;
    d.hidden_dropout = d.attention_dropout = d.classifier_dropout = 1 - strtod(keep, NULL);
    d.max_tokens = length * batch.sequences;
    d.threads = 2;
    d.isa = isa;
    if ((trainer = golden_trainer(&d)) == NULL) goto done;
    if (bert_trainer_gradients(trainer, &batch, &labels, &got, &err) != BERT_OK || bert_trainer_fetch(trainer, &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
    for (i = 0; i < bert_checkpoint_count(c); i++) {
        const bert_trained *p;
        double v;
        t = bert_checkpoint_tensor(c, i);
        if (golden_starts(t->name, "grad/")) {
            p = bert_trainer_find(trainer, t->name + 5);
            if (!p || !p->learns) TEST_FAIL("%s is recorded, but nothing of that name learns here", t->name);
            else golden_near(isa, t->name, p->gradient, golden_turned(t, p, 1), p->count, 5e-5, 0);
        } else if (golden_starts(t->name, "out/") && golden_ends(t->name, "loss") && !golden_ends(t->name, "example_loss")) {
            if (strcmp(t->name, "out/loss") == 0) v = got.loss;
            else if (strcmp(t->name, "out/mlm_loss") == 0) v = got.words;
            else if (strcmp(t->name, "out/nsp_loss") == 0) v = got.next_sentence;
            else { TEST_FAIL("%s is recorded, but what it is is not known here", t->name); continue; }
            golden_learnt(isa, t->name, v, (double)*golden_floats(t), 5e-5);
        }
    }
done:
    bert_trainer_close(trainer);
    bert_model_close(model);
    bert_checkpoint_close(c);
}
static void golden_google_train(const golden_place *place)
{
    char base[1150], path[1300];
    int isa, mode;
    snprintf(base, sizeof base, "%s", place->dir);
    while (!golden_is_file(golden_path(path, sizeof path, base, "batches.safetensors"))) {
        char *cut = strrchr(base, '_');
        if (!cut || strchr(cut, '/')) { golden_skip(place->label, "batches.safetensors is not here"); return; }
        *cut = 0;
    }
    if (golden_is_directory(golden_path(path, sizeof path, place->dir, "checkpoint")) && test_enter("%s/resumed", place->label)) {
        golden_google_resume(place);
        golden_free_all();
        test_leave();
    }
    for (isa = 0; isa < BERT_ISA_COUNT; isa++) {
        if (!golden_has_isa(isa)) continue;
        for (mode = 0; mode < GOLDEN_MODES; mode++) {
            static const char *const modes[] = { "", " recomputed", " in bf16" };
            if (!test_enter("%s/training%s %s", place->label, modes[mode], bert_isa_name((bert_isa)isa))) continue;
            golden_google_run(place, base, BERT_PADDING_KEEP, mode == 1, mode == 2, (bert_isa)isa);
            golden_free_all();
            test_leave();
        }
        if (golden_is_file(golden_path(path, sizeof path, place->dir, "dropout_step.safetensors")) && test_enter("%s/dropout_step %s", place->label, bert_isa_name((bert_isa)isa))) {
            golden_google_dropout(place, (bert_isa)isa);
            golden_free_all();
            test_leave();
        }
    }
}

/* ---- BertAdam on two tensors ---- */

static void golden_bertadam_run(const golden_place *place, const char *file, const bert_json *info)
{
    char path[1300], name[60];
    bert_checkpoint *c = golden_checkpoint(golden_path(path, sizeof path, place->dir, file));
    const bert_json *a = bert_json_get(info, "arguments"), *v;
    bert_optimizer o;
    bert_schedule s;
    double lr = 0, warmup = -1, total = -1, decay = 0.01, norm = 1;
    int64_t steps = golden_int(bert_json_get(info, "steps"), 0), step, i;
    int which;
    memset(&o, 0, sizeof o);
    memset(&s, 0, sizeof s);
    if (!c) return;
    bert_json_double(bert_json_get(a, "lr"), &lr);
    bert_json_double(bert_json_get(a, "warmup"), &warmup);
    bert_json_double(bert_json_get(a, "t_total"), &total);
    bert_json_double(bert_json_get(a, "weight_decay"), &decay);
    bert_json_double(bert_json_get(a, "max_grad_norm"), &norm);
    o.kind = BERT_OPTIMIZER_BERTADAM;
    o.weight_decay = decay > 0 ? decay : -1;
    o.max_norm = norm > 0 ? norm : -1;
    s.rate = lr;
    s.steps = total > 0 ? total : 0;
    s.warmup = warmup * total;
    s.continuous = 1;
    if (!s.steps) s.warmup = 0;
    v = bert_json_get(a, "schedule");
    if (v && bert_json_is(v, "warmup_constant")) s.decay = BERT_DECAY_CONSTANT;
    else if (v && bert_json_is(v, "warmup_cosine")) { s.decay = BERT_DECAY_COSINE; s.continuous = 0; }
    for (which = 0; which < 2; which++) {
        const bert_tensor *t;
        float *p, *m, *w, *g;
        snprintf(name, sizeof name, "p%d_init", which);
        if ((t = bert_checkpoint_find(c, name)) == NULL) { TEST_FAIL("%s is missing", name); break; }
        p = golden_floats(t);
        m = golden_get_floats(t->count);
        w = golden_get_floats(t->count);
        for (i = 0; i < t->count; i++) m[i] = w[i] = 0;
        for (step = 0; step < steps; step++) {
            static const char *const names[] = { "p", "m", "v" };
            const int64_t n = t->count;
            const bert_tensor *want;
            snprintf(name, sizeof name, "step%02ld/grad%d", (long)step + 1, which);
            if ((want = bert_checkpoint_find(c, name)) == NULL) { TEST_FAIL("%s is missing", name); break; }
            g = golden_floats(want);
            CHECK(bert_optimizer_update(&o, bert_schedule_rate(&s, step), step, 1, 1, p, g, m, w, n) == BERT_OK);
            for (i = 0; i < 3; i++) {
                snprintf(name, sizeof name, "step%02ld/%s%d", (long)step + 1, names[i], which);
                if ((want = bert_checkpoint_find(c, name)) == NULL) TEST_FAIL("%s is missing", name);
                else golden_compare(BERT_ISA_REF, name, golden_of(i == 0 ? p : i == 1 ? m : w, n, 0), golden_floats(want), want->count, 2e-6, NULL);
            }
        }
    }
    if (steps < 1) TEST_FAIL("no steps are recorded");
    bert_checkpoint_close(c);
}
static void golden_bertadam(const golden_place *place)
{
    char path[1300], file[200];
    golden_lines l;
    const bert_json *v, *grid;
    bert_error err;
    memset(&l, 0, sizeof l);
    memset(&err, 0, sizeof err);
    golden_path(path, sizeof path, place->dir, "info.json");
    if (!golden_is_file(path) || bert_file_open(path, NULL, &l.file, NULL) != BERT_OK || bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, NULL) != BERT_OK) {
        golden_skip(place->label, "info.json is not here");
        return;
    }
    for (v = l.doc.root->first; v; v = v->next) {
        if (v->type != 'o' || !bert_json_get(v, "arguments") || !test_enter("%s/%s", place->label, v->key)) continue;
        snprintf(file, sizeof file, "%s.safetensors", v->key);
        golden_bertadam_run(place, file, v);
        golden_free_all();
        test_leave();
    }
    grid = bert_json_get(bert_json_get(l.doc.root, "schedules_on_a_grid"), "values");
    for (v = grid ? grid->first : NULL; v; v = v->next) {               /* "warmup_linear warmup=0.1": values at x = i/20 */
        const bert_json *x;
        const char *warmup = strstr(v->key, "warmup=");
        bert_schedule s;
        int64_t i = 0;
        if (!test_enter("%s/grid %s", place->label, v->key)) continue;
        memset(&s, 0, sizeof s);
        s.rate = 1;
        s.steps = 20;
        s.warmup = warmup ? 20 * strtod(warmup + 7, NULL) : 0;
        s.continuous = 1;
        s.decay = golden_starts(v->key, "warmup_constant") ? BERT_DECAY_CONSTANT : BERT_DECAY_LINEAR;
        if (!golden_starts(v->key, "warmup_linear") && !golden_starts(v->key, "warmup_constant")) TEST_FAIL("a schedule that is not known here");
        for (x = v->first; x; x = x->next, i++) {
            double want = 0;
            if (!bert_json_double(x, &want) || fabs(bert_schedule_rate(&s, i) - want) > 1e-12) TEST_FAIL("at %ld/20: %.17g, recorded is %.17g", (long)i, bert_schedule_rate(&s, i), want);
        }
        CHECK(i > 0);
        test_leave();
    }
    golden_close(&l);
}

/* ---- torch's AdamW on a classifier ---- */

static void golden_hf_finetune_run(const golden_place *place, const char *key, const bert_json *info, int bf16, bert_isa isa)
{
    char path[1300], file[200], name[200];
    bert_checkpoint *batches = golden_checkpoint(golden_path(path, sizeof path, place->dir, "batches.safetensors")), *c = NULL;
    const bert_json *s;
    bert_model_desc md;
    bert_model *model = NULL;
    bert_trainer_desc d;
    bert_trainer *trainer = NULL;
    bert_config config;
    bert_error err;
    bert_write_desc w;
    double rate = 0, decay = 0, clip = 0;
    const char *warm, *parent;
    long warmup = 0, total = 0;
    int64_t i, steps = 0, key_steps;
    memset(&md, 0, sizeof md);
    memset(&d, 0, sizeof d);
    memset(&w, 0, sizeof w);
    memset(&err, 0, sizeof err);
    snprintf(file, sizeof file, "%s.safetensors", key);
    if (!batches || (c = golden_checkpoint(golden_path(path, sizeof path, place->dir, file))) == NULL) goto done;
    bert_json_double(bert_json_get(info, "base_lr"), &rate);
    bert_json_double(bert_json_get(info, "weight_decay"), &decay);
    bert_json_double(bert_json_get(info, "clip"), &clip);
    warm = golden_text(info, "schedule");                               /* "linear warm-up 3 of 10 steps, ..." */
    if (sscanf(warm, "linear warm-up %ld of %ld steps", &warmup, &total) != 2) { TEST_FAIL("a schedule that is not known here: %s", warm); goto done; }
    /* init.* of the first run serves all; written as a checkpoint of its own */
    parent = golden_text(info, "init");
    if (strstr(parent, "in ")) {
        bert_checkpoint *from;
        bert_output *o;
        snprintf(file, sizeof file, "%s", strstr(parent, "in ") + 3);
        if ((from = golden_checkpoint(golden_path(path, sizeof path, place->dir, file))) == NULL) goto done;
        o = (bert_output *)golden_get(bert_checkpoint_count(from), sizeof *o);
        memset(o, 0, (size_t)bert_checkpoint_count(from) * sizeof *o);
        for (i = 0; i < bert_checkpoint_count(from); i++) {
            const bert_tensor *t = bert_checkpoint_tensor(from, i);
            if (!golden_starts(t->name, "init.")) continue;
            o[w.count].name = t->name + 5;
            o[w.count].data = golden_floats(t);
            o[w.count].shape = t->shape;
            o[w.count].rank = t->rank;
            o[w.count].dtype = BERT_F32;
            w.count++;
        }
        w.path = GOLDEN_HEAD_TMP;
        w.tensors = o;
        w.error = &err;
        if (bert_checkpoint_write(&w) != BERT_OK) TEST_FAIL("%s", err.message);
        bert_checkpoint_close(from);
    }
    if (bert_config_read(golden_path(path, sizeof path, place->root, "heads/config.json"), &config, &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
    md.path = GOLDEN_HEAD_TMP;
    md.config = &config;
    md.source = BERT_SOURCE_HF;
    if ((model = golden_model(&md)) == NULL) goto done;
    d.model = model;
    d.learn = BERT_LEARN_CLASSES;
    d.hidden_dropout = d.attention_dropout = d.classifier_dropout = -1;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;
    d.optimizer.weight_decay = decay > 0 ? decay : -1;
    d.optimizer.decay_all = strcmp(golden_text(info, "no_decay"), "nothing") == 0;
    d.optimizer.max_norm = clip;
    d.schedule.rate = rate;
    d.schedule.steps = (double)total;
    d.schedule.warmup = (double)warmup;
    d.schedule.continuous = 1;
    d.threads = 2;
    d.precision = bf16 ? BERT_PRECISION_BF16 : BERT_PRECISION_F32;
    d.isa = isa;
    if ((trainer = golden_trainer(&d)) == NULL) goto done;
    for (s = bert_json_get(info, "steps") ? bert_json_get(info, "steps")->first : NULL; s; s = s->next, steps++) {
        golden_input in;
        bert_batch batch;
        bert_targets labels;
        bert_progress got;
        const bert_tensor *t;
        int64_t *at;
        double want = 0;
        memset(&in, 0, sizeof in);
        memset(&labels, 0, sizeof labels);
#define GOLDEN_INPUT(what) (snprintf(name, sizeof name, "step%ld." what, (long)golden_int(bert_json_get(s, "step"), -1)), t = bert_checkpoint_find(batches, name))
        if (!GOLDEN_INPUT("input_ids") || t->rank != 2) { TEST_FAIL("%s is missing", name); goto done; }
        in.sequences = t->shape[0];
        in.length = t->shape[1];
        in.ids = golden_ints(t);
        if (GOLDEN_INPUT("attention_mask")) in.mask = golden_ints(t);
        if (GOLDEN_INPUT("token_type_ids")) in.segments = golden_ints(t);
        if (!GOLDEN_INPUT("labels")) { TEST_FAIL("%s is missing", name); goto done; }
        labels.classes = golden_ints(t);
        if (!golden_batch(&in, BERT_PADDING_DROP, &batch, &at)) goto done;
        if (bert_trainer_step(trainer, &batch, &labels, &got, &err) != BERT_OK || bert_trainer_fetch(trainer, &err) != BERT_OK) { TEST_FAIL("%s", err.message); goto done; }
        bert_json_double(bert_json_get(s, "loss"), &want);
        golden_learnt(isa, "the loss", got.loss, want, bf16 ? 0.02 * (1 + want) : 1e-4);
        bert_json_double(bert_json_get(s, "grad_norm_before_clip"), &want);
        golden_learnt(isa, "the norm", got.norm, want, (bf16 ? 0.05 : 1e-4) * want);
        bert_json_double(bert_json_get(s, "lr"), &want);
        golden_learnt(isa, "the rate", got.rate, want, 1e-7 * rate);
        for (i = 0; !bf16 && i < bert_checkpoint_count(c); i++) {
            const bert_trained *p;
            char start[40], last[40];
            t = bert_checkpoint_tensor(c, i);
            snprintf(start, sizeof start, "after%ld.", (long)steps + 1);
            snprintf(last, sizeof last, "final.");
            if (!golden_starts(t->name, start) && !(golden_starts(t->name, last) && !s->next)) continue;
            key_steps = golden_starts(t->name, start) ? (int64_t)strlen(start) : (int64_t)strlen(last);
            p = bert_trainer_find(trainer, t->name + key_steps);
            if (!p) TEST_FAIL("%s: nothing of that name here", t->name);
            else golden_near(isa, t->name, p->weight, golden_turned(t, p, 0), p->count, golden_is_noise(t->name) ? rate * (double)(steps + 1) : 1e-3, golden_is_noise(t->name) ? 0 : 1e-4);
        }
    }
    if (!steps) TEST_FAIL("no steps are recorded");
done:
    bert_trainer_close(trainer);
    bert_model_close(model);
    bert_checkpoint_close(c);
    bert_checkpoint_close(batches);
    remove(GOLDEN_HEAD_TMP);
}
static void golden_hf_finetune(const golden_place *place)
{
    char path[1300];
    golden_lines l;
    const bert_json *v;
    int isa, bf16;
    memset(&l, 0, sizeof l);
    golden_path(path, sizeof path, place->dir, "trajectory.json");
    if (!golden_is_file(path) || bert_file_open(path, NULL, &l.file, NULL) != BERT_OK || bert_json_parse((const char *)l.file.data, l.file.size, NULL, &l.doc, NULL) != BERT_OK) {
        golden_skip(place->label, "trajectory.json is not here");
        return;
    }
    for (v = l.doc.root->first; v; v = v->next)
        for (isa = 0; isa < BERT_ISA_COUNT; isa++)
            for (bf16 = 0; bf16 < 2; bf16++) {
                if (!bert_json_get(v, "steps") || !golden_has_isa(isa) || !test_enter("%s/%s%s %s", place->label, v->key, bf16 ? " in bf16" : "", bert_isa_name((bert_isa)isa))) continue;
                golden_hf_finetune_run(place, v->key, v, bf16, (bert_isa)isa);
                golden_free_all();
                test_leave();
            }
    golden_close(&l);
}

#endif
