/* run_classifier - fine-tunes, evaluates and applies a classifier or regressor of texts and pairs of texts, as Google's script of that name.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   run_classifier --task_name=MRPC --do_train --do_eval --data_dir=glue/MRPC --init_checkpoint=uncased_L-12_H-768_A-12 --output_dir=out
   run_classifier --do_predict --init_checkpoint=out < texts       (text, or text TAB text, a line; answers at once)

   Google's flags and files, for all of GLUE, XNLI, LCQMC, ChnSentiCorp (text_clf) and any file of columns (tsv). */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"

static const char *task_name, *data_dir, *train_file, *eval_file, *predict_file, *language = "zh", *label_list, *text_a, *text_b, *label, *soft_labels, *teacher_checkpoint;
static bert_flag header, regression;
static int glue_submission, multi_label;
static double temperature = 1, teacher_weight = 1;

static int64_t doc_stride;
static const cli_flag flags[] = {
    { "task_name", 's', &task_name, "MRPC, CoLA, MNLI, MNLI-MM, AX, XNLI, SST-2, QQP, QNLI, RTE, WNLI, STS-B, LCQMC, text_clf, tsv" },
    { "data_dir", 's', &data_dir, "where the task's files are (train.tsv, dev.tsv, test.tsv, ...)" },
    { "train_file", 's', &train_file, "instead of the one in data_dir" },
    { "eval_file", 's', &eval_file, "likewise" },
    { "predict_file", 's', &predict_file, "likewise; -: standard input, a text or text TAB text a line, answered at once (default without data_dir)" },
    { "xnli_language", 's', &language, "of XNLI" },
    { "text_a", 's', &text_a, "tsv: column of the text, from 1 or by its name in the first line" },
    { "text_b", 's', &text_b, "tsv: of the second text" },
    { "label", 's', &label, "tsv: of the label" },
    { "header", 't', &header, "tsv: the first line has names" },
    { "regression", 't', &regression, "tsv: the label is a number" },
    { "multi_label", 'b', &multi_label, "tsv: any number of labels, with commas between" },
    { "labels", 's', &label_list, "text_clf, tsv: the labels in this order, with commas (default: those of the training file, sorted)" },
    { "glue_submission", 'b', &glue_submission, "predict in the files that the GLUE site takes (MRPC.tsv, MNLI-m.tsv, ...)" },
    { "soft_labels", 's', &soft_labels, "learn from a teacher's probabilities: a line for each training example (as test_results.tsv)" },
    { "teacher_checkpoint", 's', &teacher_checkpoint, "learn from this classifier, which is asked once for each training example" },
    { "temperature", 'd', &temperature, "of both softmaxes in learning from a teacher" },
    { "teacher_weight", 'd', &teacher_weight, "of the teacher, 0 to 1; the rest is the labels'" },
    { "verbose_logging", 'b', &run.none_b, "NVIDIA's, without a meaning here; so is:" },
    { "doc_stride", 'i', &doc_stride, "" },
    RUN_FLAGS,
    { 0, 0, 0, 0 }
};

/* A split, encoded. */
typedef struct set {
    run_rows rows;
    int32_t *classes;                   /* [count] */
    float *values;                      /* [count,N] of regression and multi-label */
    int labelled;                       /* all of it */
} set;
static struct { const char *task; run_names labels; int numbers; int32_t n; } what;    /* n: outputs */
static set train, dev;
static float *teacher;                  /* [count,N] */

static int is_task(const char *name)
{
    const char *a = what.task, *b = name;
    for (;; a++, b++) {
        while (*a == '-' || *a == '_') a++;
        while (*b == '-' || *b == '_') b++;
        if ((*a | 32) != (*b | 32)) return 0;
        if (!*a) return 1;
    }
}

/* ---- labels ---- */

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bert_dataset *open_set(const char *task, bert_split split, const char *path, const char *a, const char *b, const char *l, bert_flag number)
{
    bert_error err = { 0 };
    bert_dataset_desc d = { 0 };
    bert_dataset *s = NULL;
    char place[1500];
    if (!l && multi_label && !path) {                                   /* without a label column, as a test file is read */
        if (!data_dir) cli_usage("--data_dir is missing", "");
        snprintf(place, sizeof place, "%s", run_in(data_dir, "%s", bert_dataset_file(task, split)));
        path = place;
    }
    if (!l && multi_label) { split = BERT_SPLIT_TEST; number = BERT_ON; }   /* ...and without labels to know */
    d.task = task;
    d.data_dir = data_dir;
    d.path = path;
    d.language = language;
    d.text_a = a;
    d.text_b = b;
    d.label = l;
    d.header = header;
    d.regression = number;
    d.split = split;
    if (what.labels.count && !multi_label && l == label) { d.labels = what.labels.names; d.label_count = what.labels.count; }
    d.error = &err;
    if (bert_dataset_open(&d, &s)) run_fail("%s", err.message);
    return s;
}
/* The labels' own column of a tsv file, where there may be several to a row. */
static bert_dataset *open_label_column(bert_split split, const char *path) { return multi_label && label ? open_set(what.task, split, path, label, NULL, NULL, BERT_OFF) : NULL; }

/* What is known of the task: from the flags, or from the folder of a model that was trained here. */
static void know_task(void)
{
    static bert_json_doc doc;           /* stays: its texts are used */
    bert_dataset_example e;
    bert_dataset *s;
    bert_error err = { 0 };
    const char *const *names;
    size_t n, i;
    int got = 1, saved = run_saved("task.json", &doc);
    what.task = task_name;
    if (saved && !run.do_train) {
        static const struct { const char *name; const char **to; } texts[] = { { "task", &what.task }, { "text_a", &text_a }, { "text_b", &text_b }, { "label", &label }, { "language", &language } };
        const bert_json *v;
        if (!bert_json_is(bert_json_get(doc.root, "tool"), "run_classifier")) run_fail("%s was trained by another program: see task.json there", run_now.from);
        for (i = 0; i < sizeof texts / sizeof *texts; i++)
            if ((v = bert_json_get(doc.root, texts[i].name)) != NULL && v->type == 's' && (!*texts[i].to || i == 4) && !(i == 0 && task_name)) *texts[i].to = v->text;
        if ((v = bert_json_get(doc.root, "multi_label")) != NULL && v->type == 't') multi_label = 1;
        if ((v = bert_json_get(doc.root, "regression")) != NULL && v->type == 't' && regression == BERT_DEFAULT) regression = BERT_ON;
        if ((v = bert_json_get(doc.root, "header")) != NULL && v->type == 't' && header == BERT_DEFAULT) header = BERT_ON;
        if (!label_list) run_names_read(&what.labels, doc.root);
    }
    if (!what.task) cli_usage("--task_name is missing", saved ? "" : " (there is no task.json beside the model)");
    if (label_list) run_names_split(&what.labels, label_list, strlen(label_list));
    if (multi_label && !is_task("tsv")) cli_usage("--multi_label is for --task_name=tsv", "");
    if (is_task("tsv") && regression == BERT_ON) what.numbers = 1;
    if (is_task("STS-B")) what.numbers = 1;
    if (!what.labels.count && !what.numbers && run.do_train && multi_label) {
        if (!label) cli_usage("--multi_label needs --label, the column", "");
        s = open_label_column(BERT_SPLIT_TRAIN, train_file);
        while (bert_dataset_next(s, &e, &got, &err) == BERT_OK && got) run_names_split(&what.labels, e.text_a.data, e.text_a.size);
        bert_dataset_close(s);
        qsort((void *)what.labels.names, what.labels.count, sizeof *what.labels.names, by_name);
    } else if (!what.labels.count && !what.numbers && (run.do_train || data_dir || eval_file || predict_file)) {
        const bert_split split = run.do_train ? BERT_SPLIT_TRAIN : run.do_eval ? BERT_SPLIT_DEV : BERT_SPLIT_TEST;
        s = open_set(what.task, split, run.do_train ? train_file : run.do_eval ? eval_file : predict_file, text_a, text_b, label, regression);
        what.numbers = bert_dataset_is_regression(s);
        names = bert_dataset_labels(s, &n);
        for (i = 0; i < n; i++) run_names_add(&what.labels, names[i], strlen(names[i]));
        bert_dataset_close(s);
    }
    what.n = what.numbers ? 1 : (int32_t)what.labels.count;
    if (!what.numbers && what.n == 0 && bert_model_find(run_now.model, "classifier.weight")) {       /* of another program: numbers for names */
        char number[24];
        for (i = 0; (int64_t)i < bert_model_find(run_now.model, "classifier.weight")->shape[0]; i++) { snprintf(number, sizeof number, "%d", (int)i); run_names_add(&what.labels, number, strlen(number)); }
        what.n = (int32_t)what.labels.count;
    }
    if (!what.numbers && what.n < (multi_label ? 1 : 2)) run_fail("the task has %d labels: there must be at least two (--labels=a,b)", (int)what.n);
}
static const char *task_json(void)
{
    static cli_text o;
    char text[100];
    size_t i;
    const char *names[] = { "text_a", "text_b", "label", "language" }, *values[4];
    values[0] = text_a;
    values[1] = text_b;
    values[2] = label;
    values[3] = is_task("XNLI") ? language : NULL;
    cli_str(&o, "{\n  \"tool\": \"run_classifier\",\n  \"task\": ");
    cli_quoted(&o, what.task, strlen(what.task));
    snprintf(text, sizeof text, ",\n  \"max_seq_length\": %lld,\n  \"regression\": %s,\n  \"multi_label\": %s", (long long)run.max_seq_length, what.numbers ? "true" : "false", multi_label ? "true" : "false");
    cli_str(&o, text);
    if (header == BERT_ON) cli_str(&o, ",\n  \"header\": true");
    for (i = 0; i < 4; i++) if (values[i]) {
        snprintf(text, sizeof text, ",\n  \"%s\": ", names[i]);
        cli_str(&o, text);
        cli_quoted(&o, values[i], strlen(values[i]));
    }
    run_names_json(&what.labels, &o);
    cli_str(&o, "\n}\n");
    cli_add(&o, "", 1);
    return o.data;
}

/* ---- examples ---- */

static int32_t *row_memory(void)
{
    return (int32_t *)run_memory(NULL, (size_t)run.max_seq_length * 3, sizeof(int32_t));
}
static size_t encode(const bert_tokenizer *tokenizer, const bert_bytes *a, const bert_bytes *b, int32_t *room, const char *where)
{
    bert_error err = { 0 };
    bert_features f;
    f.input_ids = room;
    f.input_mask = room + run.max_seq_length;
    f.segment_ids = room + 2 * run.max_seq_length;
    if (bert_features_encode(tokenizer, a, b, (size_t)run.max_seq_length, &f, &err)) run_fail("%s: %s", where, err.message);
    return f.count;
}
/* The values of several labels. */
static void label_values(const bert_dataset_example *e, float *out)
{
    const char *p = e->text_a.data, *end = p + e->text_a.size;
    size_t i;
    for (i = 0; i < what.labels.count; i++) out[i] = 0;
    while (p < end) {
        const char *comma = (const char *)memchr(p, ',', (size_t)(end - p)), *q = comma ? comma : end, *b = q;
        while (p < b && *p == ' ') p++;
        while (b > p && (b[-1] == ' ' || b[-1] == '\r')) b--;
        for (i = 0; i < what.labels.count && !(strlen(what.labels.names[i]) == (size_t)(b - p) && memcmp(what.labels.names[i], p, (size_t)(b - p)) == 0); i++) {}
        if (i < what.labels.count) out[i] = 1;
        else if (b > p) run_fail("line %lld: the label \"%.*s\" is none of the training's (see label_list.txt)", (long long)e->line, (int)(b - p < 100 ? b - p : 100), p);
        p = q + 1;
    }
}
static void load_set(set *s, const char *task, bert_split split, const char *path)
{
    static const char *const names[] = { "training", "dev", "test" };
    bert_error err = { 0 };
    bert_dataset_example e, l;
    bert_dataset *d = open_set(task, split, path, text_a, text_b, multi_label ? NULL : label, what.numbers && is_task("tsv") ? BERT_ON : BERT_DEFAULT), *labels = open_label_column(split, path);
    int32_t *room = row_memory();
    int64_t capacity = 0, cut = 0;
    int got;
    float *value = (float *)run_memory(NULL, (size_t)what.n, sizeof *value);
    memset(s, 0, sizeof *s);
    s->labelled = 1;
    for (;;) {
        char where[200];
        size_t n;
        if (bert_dataset_next(d, &e, &got, &err)) run_fail("%s", err.message);
        if (!got) break;
        snprintf(where, sizeof where, "%s, line %lld", names[split], (long long)e.line);
        n = encode(run_now.tokenizer, &e.text_a, e.text_b.data ? &e.text_b : NULL, room, where);
        cut += n == (size_t)run.max_seq_length;
        if (s->rows.count == capacity) {
            capacity = capacity * 2 + 1024;
            s->classes = (int32_t *)run_memory(s->classes, (size_t)capacity, sizeof *s->classes);
            if (what.numbers || multi_label) s->values = (float *)run_memory(s->values, (size_t)capacity * (size_t)what.n, sizeof *s->values);
        }
        if (labels) {
            if (bert_dataset_next(labels, &l, &got, &err) || !got) run_fail("%s: %s", where, err.message);
            label_values(&l, value);
        } else {
            s->labelled &= e.labelled;
            value[0] = (float)e.value;
        }
        if (multi_label && !labels) s->labelled = 0;
        s->classes[s->rows.count] = e.label_id;
        if (s->values) memcpy(s->values + s->rows.count * what.n, value, (size_t)what.n * sizeof *value);
        run_rows_add(&s->rows, room, room + 2 * run.max_seq_length, (int64_t)n, s->values ? (const void *)value : (const void *)&e.label_id, s->values ? (size_t)what.n * sizeof *value : sizeof e.label_id);
    }
    if (bert_dataset_skipped(d)) run_say("note: %lld incomplete lines of the %s set are left out", (long long)bert_dataset_skipped(d), names[split]);
    if (cut) run_say("note: %lld of %lld %s examples fill all %lld tokens, or were cut to that", (long long)cut, (long long)s->rows.count, names[split], (long long)run.max_seq_length);
    if (!s->rows.count) run_fail("the %s set has no examples", names[split]);
    free(value);
    free(room);
    bert_dataset_close(d);
    bert_dataset_close(labels);
}
static void check_outputs(const bert_model *m, const char *path)
{
    const bert_parameter *p = bert_model_find(m, "classifier.weight");
    if (!p) run_fail("%s has no classifier: it was not fine-tuned; train first (--do_train)", path);
    if (p->shape[0] != what.n) run_fail("the classifier of %s has %lld outputs, this task needs %d: is it another task's?", path, (long long)p->shape[0], (int)what.n);
}
/* ---- a teacher ---- */

/* Probabilities of a temperature: softmax(z/T) is proportional to softmax(z)^(1/T). */
static void warm(float *p, int64_t n)
{
    double sum = 0;
    int64_t i;
    if (what.numbers || multi_label) return;
    for (i = 0; i < n; i++) sum += pow((double)p[i], 1 / temperature);
    if (!(sum > 0)) run_fail("a teacher's probabilities are all 0");
    for (i = 0; i < n; i++) p[i] = (float)(pow((double)p[i], 1 / temperature) / sum);
}
static void read_soft_labels(void)
{
    cli_text all = cli_read(soft_labels);
    const char *line;
    size_t at = 0, size;
    int64_t row = 0, i;
    while (cli_line(&all, &at, &line, &size)) {
        size_t from = 0, to;
        if (row == train.rows.count) run_fail("%s has more lines than the training set has examples (%lld)", soft_labels, (long long)row);
        for (i = 0; i < what.n; i++) {
            double v;
            while (from < size && (line[from] == ' ' || line[from] == '\t' || line[from] == ',')) from++;
            for (to = from; to < size && line[to] != ' ' && line[to] != '\t' && line[to] != ','; to++) {}
            if (!bert_parse_double(line + from, to - from, &v) || (!what.numbers && !(v >= 0 && v <= 1.0001))) run_fail("%s, line %lld: number %d of %d is %s", soft_labels, (long long)row + 1, (int)i + 1, (int)what.n, to > from ? "no probability" : "missing");
            teacher[row * what.n + i] = (float)v;
            from = to;
        }
        warm(teacher + row++ * what.n, what.n);
    }
    if (row != train.rows.count) run_fail("%s has %lld lines, the training set %lld examples", soft_labels, (long long)row, (long long)train.rows.count);
    free(all.data);
}
/* Asks a classifier, with its own vocabulary, for each training example. */
static void ask_teacher(void)
{
    char path[1200];
    bert_error err = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *own = NULL, *mine = run_now.tokenizer;
    bert_model *m;
    set seen;
    float *z;
    int64_t i;
    if (run_is_folder(teacher_checkpoint) && run_trained(teacher_checkpoint, path)) m = run_open_trained(teacher_checkpoint, path);
    else { m = run_open_model(teacher_checkpoint, NULL); snprintf(path, sizeof path, "%s", teacher_checkpoint); }
    check_outputs(m, path);
    td.error = &err;
    if (bert_model_tokenizer(m, &td, run.check_case, &own)) run_fail("--teacher_checkpoint: %s", err.message);
    run_say("***** Asking the teacher, %s *****", path);
    run_now.tokenizer = own;
    load_set(&seen, what.task, BERT_SPLIT_TRAIN, train_file);
    run_now.tokenizer = mine;
    z = run_logits(m, &seen.rows, what.n, 1);
    if (multi_label) bert_sigmoid(z, seen.rows.count, what.n);
    else if (!what.numbers) bert_softmax(z, seen.rows.count, what.n);
    memcpy(teacher, z, (size_t)seen.rows.count * (size_t)what.n * sizeof *z);
    for (i = 0; i < seen.rows.count; i++) warm(teacher + i * what.n, what.n);
    free(z);
    run_rows_free(&seen.rows);
    free(seen.classes);
    free(seen.values);
    bert_tokenizer_close(own);
    bert_model_close(m);
}

/* ---- what run.h asks for ---- */

static void load(run_task *t)
{
    int64_t i;
    load_set(&train, what.task, BERT_SPLIT_TRAIN, train_file);
    if (!train.labelled && !soft_labels && !teacher_checkpoint) run_fail("the training set has no labels");
    if (soft_labels || teacher_checkpoint) {
        teacher = (float *)run_memory(NULL, (size_t)train.rows.count * (size_t)what.n, sizeof *teacher);
        if (soft_labels) read_soft_labels();
        else ask_teacher();
        train.rows.hash = run_hash(train.rows.hash, teacher, (size_t)train.rows.count * (size_t)what.n * sizeof *teacher);
        if (train.values)                                               /* mean square and binary cross entropy: a mixture of targets is a mixture of losses */
            for (i = 0; i < train.rows.count * what.n; i++) train.values[i] = (float)(teacher_weight * (double)teacher[i] + (1 - teacher_weight) * (double)train.values[i]);
    }
    t->examples = train.rows.count;
    t->data = train.rows.hash;
}
static void batch(run_task *t, uint64_t seed, int64_t first, int64_t count, bert_batch *b, bert_targets *targets)
{
    static int64_t *which, room;
    static int32_t *classes;
    static float *values;
    int64_t i;
    (void)t;
    if (count > room) {
        room = count;
        which = (int64_t *)run_memory(which, (size_t)count, sizeof *which);
        classes = (int32_t *)run_memory(classes, (size_t)count, sizeof *classes);
        values = (float *)run_memory(values, (size_t)count * (size_t)what.n, sizeof *values);
    }
    run_order(seed, train.rows.count, first, count, which);
    run_rows_batch(&train.rows, which, count, b);
    memset(targets, 0, sizeof *targets);
    for (i = 0; i < count; i++) {
        classes[i] = train.labelled ? train.classes[which[i]] : BERT_LABEL_IGNORED;
        if (train.values || teacher) memcpy(values + i * what.n, (train.values ? train.values : teacher) + which[i] * what.n, (size_t)what.n * sizeof *values);
    }
    if (train.values) targets->values = values;
    else {
        targets->classes = classes;
        if (teacher) {
            targets->teacher = values;
            targets->teacher_weight = train.labelled ? teacher_weight > 0 ? teacher_weight : -1 : 1;
            targets->temperature = temperature;
        }
    }
}

static void show_confusion(const int64_t *confusion, const char *dir)
{
    bert_error err = { 0 };
    cli_text o = { 0 };
    char text[120];
    int32_t i, j;
    const int32_t n = what.n;
    cli_str(&o, "label \\ prediction");
    for (j = 0; j < n; j++) { cli_str(&o, "\t"); cli_str(&o, what.labels.names[j]); }
    cli_str(&o, "\n");
    for (i = 0; i < n; i++) {
        cli_str(&o, what.labels.names[i]);
        for (j = 0; j < n; j++) { cli_str(&o, "\t"); cli_number(&o, confusion[i * n + j]); }
        cli_str(&o, "\n");
    }
    if (dir && cli_file_write(run_in(dir, "confusion.tsv"), o.data, o.size, &err)) run_fail("%s", err.message);
    free(o.data);
    if (n > 10) return;
    run_say("  confusion (rows: labels, columns: predictions)");
    for (i = -1; i < n; i++) {
        size_t m = (size_t)snprintf(text, sizeof text, "    %-14.14s", i < 0 ? "" : what.labels.names[i]);
        for (j = 0; j < n && m < sizeof text - 12; j++) {
            if (i < 0) m += (size_t)snprintf(text + m, sizeof text - m, " %8.8s", what.labels.names[j]);
            else m += (size_t)snprintf(text + m, sizeof text - m, " %8lld", (long long)confusion[i * n + j]);
        }
        run_say("%s", text);
    }
}
/* Scores of a labelled set, their names with `end` behind. z: logits [count,N]. */
static void score(const set *s, const float *z, int64_t at_once, const char *end, const char *dir, run_results *out)
{
    const int32_t n = what.n;
    int64_t i, j, right = 0;
    double sum = 0, batches = 0, part = 0;
    char key[64];
    bert_error err = { 0 };
    int64_t *confusion = (int64_t *)calloc((size_t)n * (size_t)n, sizeof *confusion);
    double *x = (double *)run_memory(NULL, (size_t)s->rows.count * 2, sizeof *x), *y = x + s->rows.count;
    int64_t hit = 0, said = 0, real = 0;
    if (!confusion) run_fail("out of memory");
    for (i = 0; i < s->rows.count; i++) {
        const float *row = z + i * n;
        double loss = 0;
        if (what.numbers) {
            x[i] = (double)s->values[i];
            y[i] = (double)row[0];
            loss = (x[i] - y[i]) * (x[i] - y[i]);
        } else if (multi_label) {
            int all = 1;
            for (j = 0; j < n; j++) {
                const double v = (double)row[j], want = (double)s->values[i * n + j];
                const int yes = v > 0, is = want > 0.5;
                loss += ((v > 0 ? v : 0) - v * want + log(1 + exp(v > 0 ? -v : v))) / n;
                all &= yes == is;
                hit += yes && is;
                said += yes;
                real += is;
            }
            right += all;
        } else {
            const int32_t guess = run_largest(row, n);
            loss = run_log_loss(row, n, s->classes[i]);
            right += guess == s->classes[i];
            if (bert_confusion_add(confusion, n, s->classes + i, &guess, 1, &err)) run_fail("%s", err.message);
        }
        sum += loss;
        part += loss;
        if ((i + 1) % at_once == 0 || i + 1 == s->rows.count) { batches += part / (double)(i % at_once + 1); part = 0; }
    }
#define PUT(name, v) (snprintf(key, sizeof key, name "%s", end), run_result(out, key, (v)))
    PUT("eval_loss", sum / (double)s->rows.count);
    if (!*end) run_result(out, "loss", batches / (double)((s->rows.count + at_once - 1) / at_once));    /* as the Estimator: the mean over batches */
    if (what.numbers) {
        bert_correlations c;
        if (bert_correlate(x, y, (size_t)s->rows.count, NULL, &c, &err)) run_fail("%s", err.message);
        PUT("eval_pearson", c.pearson);
        PUT("eval_spearman", c.spearman);
    } else if (multi_label) {
        PUT("eval_accuracy", (double)right / (double)s->rows.count);
        PUT("eval_precision", said ? (double)hit / (double)said : 0);
        PUT("eval_recall", real ? (double)hit / (double)real : 0);
        PUT("eval_f1", said + real ? 2.0 * (double)hit / (double)(said + real) : 0);
    } else {
        bert_class_metrics m;
        double *f1 = (double *)run_memory(NULL, (size_t)n, sizeof *f1);
        memset(&m, 0, sizeof m);
        m.f1 = f1;
        if (bert_confusion_metrics(confusion, n, &m, &err)) run_fail("%s", err.message);
        PUT("eval_accuracy", (double)right / (double)s->rows.count);
        if (n == 2) PUT("eval_f1", f1[1]);
        else PUT("eval_f1_macro", m.f1_macro);
        if (is_task("CoLA") || n > 2) PUT("eval_matthews", m.matthews);
        free(f1);
        if (!*end) show_confusion(confusion, dir);
    }
#undef PUT
    free(confusion);
    free(x);
}
static void evaluate(run_task *t, const bert_model *m, const char *dir, run_results *out)
{
    static int read;
    static set mismatched;
    float *z;
    (void)t;
    check_outputs(m, bert_checkpoint_path(bert_model_checkpoint(m)));
    if (!read) {
        load_set(&dev, what.task, BERT_SPLIT_DEV, eval_file);
        if (!dev.labelled) run_fail("the dev set has no labels");
        if (is_task("MNLI") && data_dir && !eval_file && run_is_file(run_in(data_dir, "dev_mismatched.tsv"))) load_set(&mismatched, "MNLI-MM", BERT_SPLIT_DEV, NULL);
        read = 1;
    }
    run_say("***** Running evaluation *****");
    run_say("  Num examples = %lld", (long long)dev.rows.count);
    run_say("  Batch size = %lld", (long long)run.eval_batch_size);
    z = run_logits(m, &dev.rows, what.n, 1);
    score(&dev, z, run.eval_batch_size, "", dir, out);
    free(z);
    if (mismatched.rows.count) {
        z = run_logits(m, &mismatched.rows, what.n, 1);
        score(&mismatched, z, run.eval_batch_size, "_mm", dir, out);
        free(z);
    }
}

/* Probabilities, or of a regression the values, in place. */
static void probabilities(float *z, int64_t count)
{
    if (multi_label) bert_sigmoid(z, count, what.n);
    else if (!what.numbers) bert_softmax(z, count, what.n);
}
static void put_row(cli_text *o, const float *p)
{
    char number[40];
    int32_t j;
    for (j = 0; j < what.n; j++) {
        if (j) cli_str(o, "\t");
        cli_str(o, run_number(number, (double)p[j]));
    }
    cli_str(o, "\n");
}
static void put_label(cli_text *o, const float *p)
{
    char number[40];
    int32_t j, n = 0;
    if (what.numbers) cli_str(o, run_number(number, (double)p[0]));
    else if (!multi_label) cli_str(o, what.labels.names[run_largest(p, what.n)]);
    else for (j = 0; j < what.n; j++) if (p[j] > 0.5f) { if (n++) cli_str(o, ","); cli_str(o, what.labels.names[j]); }
}
/* A line's label (or value), then its probabilities. */
static void put_answer(bert_session *s, const char *line, size_t size, int64_t number, cli_text *o)
{
    static int32_t *room;
    static float *p;
    static run_rows rows;
    const char *tab;
    char where[60];
    bert_bytes a, b;
    size_t n;
    if (!room) room = row_memory();
    if (!p) p = (float *)run_memory(NULL, (size_t)what.n, sizeof *p);
    if (size && line[size - 1] == '\r') size--;
    tab = size ? (const char *)memchr(line, '\t', size) : NULL;
    a.data = size ? line : "";
    a.size = tab ? (size_t)(tab - line) : size;
    b.data = tab ? tab + 1 : NULL;
    b.size = tab ? (size_t)(line + size - tab - 1) : 0;
    snprintf(where, sizeof where, "standard input, line %lld", (long long)number);
    n = encode(run_now.tokenizer, &a, tab ? &b : NULL, room, where);
    rows.count = rows.tokens = 0;
    run_rows_add(&rows, room, room + 2 * run.max_seq_length, (int64_t)n, "", 0);
    run_some_logits(s, &rows, 0, 1, p);
    probabilities(p, 1);
    put_label(o, p);
    if (!what.numbers) { cli_str(o, "\t"); put_row(o, p); }
    else cli_str(o, "\n");
}
/* Line by line, each answered at once. Several workers read all of it and take blocks of lines in turn. */
static void stream(const bert_model *m)
{
    enum { BLOCK = 64 };
    bert_session *s = run_session(m, run.max_seq_length);
    cli_text line = { 0 }, o = { 0 };
    int64_t number = 0;
    const char *text;
    size_t at = 0, size;
    int c = 0;
    if (cli_size() > 1) {
        line = cli_read(NULL);
        while (cli_line(&line, &at, &text, &size)) {
            if (cli_mine(number / BLOCK)) put_answer(s, text, size, number + 1, &o);
            if (++number % (BLOCK * cli_size()) == 0) cli_write_shared(stdout, &o);
        }
        cli_write_shared(stdout, &o);
        c = EOF;
    }
    while (c != EOF) {
        line.size = 0;
        while ((c = getchar()) != EOF && c != '\n') { char byte = (char)c; cli_add(&line, &byte, 1); }
        if (c == EOF && !line.size) break;
        put_answer(s, line.data, line.size, ++number, &o);
        cli_write_shared(stdout, &o);
        if (fflush(stdout)) run_fail("cannot write to standard output");
    }
    free(line.data);
    free(o.data);
    bert_session_close(s);
}
static void write_file(const char *dir, const char *name, const cli_text *o)
{
    bert_error err = { 0 };
    if (cli_file_write(run_in(dir, "%s", name), o->data ? o->data : "", o->size, &err)) run_fail("%s", err.message);
    run_say("%s: written", run_in(dir, "%s", name));
}
/* A test set: test_results.tsv, or a file for the GLUE site; where it has labels, its scores in eval/test_results.txt as NEZHA's program. */
static void predict_set(const bert_model *m, const char *dir, const char *task, const char *path, const char *site)
{
    set test;
    cli_text o = { 0 };
    float *z;
    int64_t i;
    load_set(&test, task, BERT_SPLIT_TEST, path);
    run_say("***** Running prediction*****");
    run_say("  Num examples = %lld", (long long)test.rows.count);
    run_say("  Batch size = %lld", (long long)run.predict_batch_size);
    z = run_logits(m, &test.rows, what.n, 1);
    if (test.labelled && !site) {
        run_results r = { 0 };
        char folder[1200];
        snprintf(folder, sizeof folder, "%s", run_in(dir, "eval"));
        run_make_folder(folder);
        score(&test, z, run.predict_batch_size, "", NULL, &r);
        run_write_results("Test results", run_in(folder, "test_results.txt"), &r);
    }
    probabilities(z, test.rows.count);
    if (site) cli_str(&o, "index\tprediction\n");
    for (i = 0; i < test.rows.count; i++) {
        float *p = z + i * what.n;
        if (!site) { put_row(&o, p); continue; }
        if (what.numbers) *p = *p < 0 ? 0 : *p > 5 ? 5 : *p;
        cli_number(&o, i);
        cli_str(&o, "\t");
        put_label(&o, p);
        cli_str(&o, "\n");
    }
    write_file(dir, site ? site : "test_results.tsv", &o);
    free(o.data);
    free(z);
    run_rows_free(&test.rows);
    free(test.classes);
    free(test.values);
}
static void predict(run_task *t, const bert_model *m, const char *dir)
{
    static const char *const sites[][2] = { { "CoLA", "CoLA.tsv" }, { "SST-2", "SST-2.tsv" }, { "MRPC", "MRPC.tsv" }, { "STS-B", "STS-B.tsv" }, { "QQP", "QQP.tsv" }, { "MNLI", "MNLI-m.tsv" },
                                            { "MNLI-MM", "MNLI-mm.tsv" }, { "QNLI", "QNLI.tsv" }, { "RTE", "RTE.tsv" }, { "WNLI", "WNLI.tsv" }, { "AX", "AX.tsv" } };
    size_t i;
    (void)t;
    check_outputs(m, bert_checkpoint_path(bert_model_checkpoint(m)));
    if (predict_file ? strcmp(predict_file, "-") == 0 : !data_dir) { stream(m); return; }
    if (!dir) dir = ".";
    if (!glue_submission) { predict_set(m, dir, what.task, predict_file, NULL); return; }
    for (i = 0; i < sizeof sites / sizeof *sites && !is_task(sites[i][0]); i++) {}
    if (i == sizeof sites / sizeof *sites) cli_usage("--glue_submission is for the tasks of GLUE, not ", what.task);
    predict_set(m, dir, what.task, predict_file, sites[i][1]);
    if (is_task("MNLI") && !predict_file) {
        if (run_is_file(run_in(data_dir, "%s", bert_dataset_file("MNLI-MM", BERT_SPLIT_TEST)))) predict_set(m, dir, "MNLI-MM", NULL, "MNLI-mm.tsv");
        if (run_is_file(run_in(data_dir, "%s", bert_dataset_file("AX", BERT_SPLIT_TEST)))) predict_set(m, dir, "AX", NULL, "AX.tsv");
    }
}

int main(int argc, char **argv)
{
    run_task t = { 0 };
    cli c = cli_parse(argc, argv, "run_classifier --task_name=TASK --data_dir=DIR --init_checkpoint=MODEL --output_dir=DIR --do_train --do_eval --do_predict [FLAGS]",
                      "Fine-tunes, evaluates and applies a classifier (or regressor) of texts and pairs of texts.", flags);
    if ((run.do_train || run.do_train_and_eval) && !data_dir && !train_file) cli_usage("--data_dir is needed to train", "");
    if (run.do_eval && !data_dir && !eval_file) cli_usage("--data_dir (or --eval_file) is needed to evaluate", "");
    if (soft_labels && teacher_checkpoint) cli_usage("--soft_labels or --teacher_checkpoint, not both", "");
    if (!(temperature > 0) || !(teacher_weight >= 0 && teacher_weight <= 1)) cli_usage("--temperature is positive, --teacher_weight goes from 0 to 1", "");
    run_begin(&c, argc, argv);
    know_task();
    t.kind = "ForSequenceClassification";
    t.title = what.task;
    t.metric = what.numbers ? "eval_pearson" : is_task("CoLA") ? "eval_matthews" : multi_label ? "eval_f1" : "eval_accuracy";
    t.learn = what.numbers ? BERT_LEARN_VALUES : multi_label ? BERT_LEARN_MULTI_LABEL : BERT_LEARN_CLASSES;
    t.labels = what.n;
    t.longest = run.max_seq_length;
    t.names = what.numbers ? NULL : what.labels.names;
    t.task_json = task_json();
    t.load = load;
    t.batch = batch;
    t.evaluate = evaluate;
    t.predict = predict;
    return run_all(&t);
}
