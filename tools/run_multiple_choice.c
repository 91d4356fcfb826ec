/* run_multiple_choice - fine-tunes, evaluates and applies a model that chooses one of several endings or answers
   SPDX-License-Identifier: MIT-0 OR Unlicense

   run_multiple_choice --task_name=SWAG --do_train --do_eval --data_dir=swag --init_checkpoint=MODEL --output_dir=out
   run_multiple_choice --task_name=RACE --do_train --do_eval --data_dir=RACE --max_seq_length=320 ...

   SWAG: train.csv, val.csv, test.csv with a line of names. RACE: train, dev and test, each a .json file (a list of passages) or a folder
   (itself, or its middle and high) of one file for a passage. The choices of a question are sequences of one step: softmax over them. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"

static const char *task_name, *data_dir, *train_file, *eval_file, *predict_file;

static const cli_flag flags[] = {
    { "task_name", 's', &task_name, "SWAG or RACE" },
    { "data_dir", 's', &data_dir, "where train, dev (SWAG: val) and test are" },
    { "train_file", 's', &train_file, "instead of the one in data_dir" },
    { "eval_file", 's', &eval_file, "likewise" },
    { "predict_file", 's', &predict_file, "likewise" },
    RUN_FLAGS,
    { 0, 0, 0, 0 }
};

/* Questions, encoded: row q * choices + c. */
typedef struct set { run_rows rows; int32_t *labels; int64_t count, capacity, cut; } set;     /* labels: -100 where there is none */
static set train, dev;
static int32_t choices;
static int race;

static void add_question(set *s, const char *where, const bert_bytes *context, const bert_bytes *endings, int32_t n, int32_t label)
{
    static int32_t *room;
    bert_error err = { 0 };
    bert_features f;
    int32_t c;
    if (!room) room = (int32_t *)run_memory(NULL, (size_t)run.max_seq_length * 3, sizeof *room);
    if (n < 2) run_fail("%s: a question with %d answers to choose from", where, (int)n);
    if (choices && n != choices) run_fail("%s: %d answers to choose from, the questions before had %d", where, (int)n, (int)choices);
    if (label != BERT_LABEL_IGNORED && (label < 0 || label >= n)) run_fail("%s: the label %d is none of the %d answers", where, (int)label, (int)n);
    choices = n;
    f.input_ids = room;
    f.input_mask = room + run.max_seq_length;
    f.segment_ids = room + 2 * run.max_seq_length;
    for (c = 0; c < n; c++) {
        if (bert_features_encode(run_now.tokenizer, context, endings + c, (size_t)run.max_seq_length, &f, &err)) run_fail("%s: %s", where, err.message);
        run_rows_add(&s->rows, f.input_ids, f.segment_ids, (int64_t)f.count, &label, sizeof label);
        s->cut += f.count == (size_t)run.max_seq_length;
    }
    if (s->count == s->capacity) s->labels = (int32_t *)run_memory(s->labels, (size_t)(s->capacity = s->capacity * 2 + 1024), sizeof *s->labels);
    s->labels[s->count++] = label;
}

/* ---- SWAG: comma-separated values, quoted where they need it ---- */

/* The fields of the next row, unquoted in place; 0: there is none. */
static int csv_row(cli_text *t, size_t *at, int64_t *line, bert_bytes *out, int most)
{
    char *p = t->data + *at, *end = t->data + t->size, *to;
    int n = 0;
    if (p >= end) return 0;
    for (++*line;; p++) {
        int quoted = p < end && *p == '"';
        bert_bytes f;
        to = p;
        f.data = to;
        if (quoted) p++;
        for (; p < end; p++) {
            if (quoted && *p == '"') {
                if (p + 1 < end && p[1] == '"') p++;
                else { quoted = 0; continue; }
            } else if (!quoted && (*p == ',' || *p == '\n')) break;
            if (*p == '\n') ++*line;
            *to++ = *p;
        }
        while (to > f.data && to[-1] == '\r') to--;
        f.size = (size_t)(to - f.data);
        if (n < most) out[n++] = f;
        if (p >= end || *p == '\n') break;
    }
    *at = (size_t)(p - t->data) + 1;
    return n;
}
static void load_swag(set *s, const char *path)
{
    static const char *const names[] = { "sent1", "sent2", "ending0", "ending1", "ending2", "ending3", "label" };
    cli_text t = cli_read(path), ending[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
    bert_bytes row[40], texts[4];
    int column[7], n, i, k;
    size_t at = 0;
    int64_t line = 0;
    char where[1800];
    n = csv_row(&t, &at, &line, row, 40);
    for (k = 0; k < 7; k++) {
        for (i = 0, column[k] = -1; i < n; i++) if (strlen(names[k]) == row[i].size && memcmp(row[i].data, names[k], row[i].size) == 0) column[k] = i;
        if (column[k] < 0 && k < 6) run_fail("%s: the first line names no column %s", path, names[k]);
    }
    for (;;) {
        int32_t label = BERT_LABEL_IGNORED;
        int most = 0;
        snprintf(where, sizeof where, "%s, line %lld", path, (long long)line + 1);
        if ((n = csv_row(&t, &at, &line, row, 40)) == 0) break;
        if (n == 1 && !row[0].size) continue;
        for (k = 0; k < 7; k++) if (column[k] > most) most = column[k];
        if (n <= most) run_fail("%s: %d columns; the first line has %d", where, n, most + 1);
        if (column[6] >= 0) {
            if (row[column[6]].size != 1 || *row[column[6]].data < '0' || *row[column[6]].data > '3') run_fail("%s: the label \"%.*s\" is none of 0, 1, 2, 3", where, (int)(row[column[6]].size < 40 ? row[column[6]].size : 40), row[column[6]].data);
            label = *row[column[6]].data - '0';
        }
        for (i = 0; i < 4; i++) {                                       /* the beginning of the second sentence, and how it goes on */
            ending[i].size = 0;
            cli_add(&ending[i], row[column[1]].data, row[column[1]].size);
            cli_add(&ending[i], " ", 1);
            cli_add(&ending[i], row[column[2 + i]].data, row[column[2 + i]].size);
            texts[i].data = ending[i].data;
            texts[i].size = ending[i].size;
        }
        add_question(s, where, &row[column[0]], texts, 4, label);
    }
    for (i = 0; i < 4; i++) free(ending[i].data);
    free(t.data);
}

/* ---- RACE: passages with questions ---- */

static void load_passage(set *s, const char *path, const bert_json *passage)
{
    const bert_json *article = bert_json_get(passage, "article"), *question = bert_json_get(passage, "questions"), *options = bert_json_get(passage, "options"), *answer = bert_json_get(passage, "answers"), *o;
    char where[1800];
    bert_bytes context, texts[26];
    int64_t number = 0;
    snprintf(where, sizeof where, "%s, byte %lld", path, (long long)passage->offset);
    if (!article || article->type != 's' || !question || question->type != 'a' || !options || options->type != 'a') run_fail("%s: a passage has an article, questions and options", where);
    context.data = article->text;
    context.size = article->size;
    options = options->first;
    answer = answer && answer->type == 'a' ? answer->first : NULL;
    for (question = question->first; question; question = question->next, options = options->next, answer = answer ? answer->next : NULL) {
        cli_text joined[26];
        int32_t n = 0, label = BERT_LABEL_IGNORED, i;
        const char *blank;
        snprintf(where, sizeof where, "%s, byte %lld, question %lld", path, (long long)passage->offset, (long long)++number);
        if (question->type != 's' || !options || options->type != 'a' || options->count > 26) run_fail("%s: has no text, or no options", where);
        memset(joined, 0, sizeof joined);
        blank = (const char *)memchr(question->text, '_', question->size);
        for (o = options->first; o; o = o->next, n++) {                 /* an option fills the question's blank, or follows it */
            const size_t before = blank ? (size_t)(blank - question->text) : question->size;
            if (o->type != 's') run_fail("%s: an option is no text", where);
            cli_add(&joined[n], question->text, before);
            if (!blank) cli_add(&joined[n], " ", 1);
            cli_add(&joined[n], o->text, o->size);
            if (blank) cli_add(&joined[n], blank + 1, question->size - before - 1);
            texts[n].data = joined[n].data;
            texts[n].size = joined[n].size;
        }
        if (answer) {
            if (answer->type != 's' || answer->size != 1 || *answer->text < 'A' || *answer->text >= 'A' + n) run_fail("%s: the answer is none of A to %c", where, 'A' + (int)n - 1);
            label = *answer->text - 'A';
        }
        add_question(s, where, &context, texts, n, label);
        for (i = 0; i < n; i++) free(joined[i].data);
    }
}
static void load_race_file(set *s, const char *path)
{
    cli_text t = cli_read(path);
    bert_json_doc doc;
    bert_error err = { 0 };
    const bert_json *v;
    if (bert_json_parse(t.data ? t.data : "", t.size, NULL, &doc, &err)) run_fail("%s: %s", path, err.message);
    if (doc.root->type == 'o') load_passage(s, path, doc.root);
    else if (doc.root->type != 'a') run_fail("%s: neither a passage nor a list of them", path);
    else for (v = doc.root->first; v; v = v->next) load_passage(s, path, v);
    bert_json_free(&doc);
    free(t.data);
}
static void load_race(set *s, const char *path)
{
    static const char *const parts[] = { "middle", "high", "" };
    bert_error err = { 0 };
    int k, any = 0;
    if (!run_is_folder(path)) { load_race_file(s, path); return; }
    for (k = 0; k < 3; k++) {
        bert_paths paths = { 0 };
        const char *folder = k < 2 ? run_in(path, "%s", parts[k]) : path;
        size_t i;
        if ((k == 2 && any) || !run_is_folder(folder)) continue;
        if (bert_paths_find(folder, NULL, &paths, &err)) run_fail("%s", err.message);
        for (i = 0; i < paths.count; i++) load_race_file(s, paths.path[i]);
        bert_paths_free(&paths);
        any = 1;
    }
}
static void load_set(set *s, bert_split split, const char *path)
{
    static const char *const names[2][3] = { { "train.csv", "val.csv", "test.csv" }, { "train", "dev", "test" } };
    char place[1500];
    if (!path) {
        if (!data_dir) cli_usage("--data_dir is missing", "");
        snprintf(place, sizeof place, "%s", run_in(data_dir, "%s", names[race][split]));
        if (race && !run_is_folder(place)) snprintf(place, sizeof place, "%s", run_in(data_dir, "%s.json", names[race][split]));
        path = place;
    }
    if (race) load_race(s, path);
    else load_swag(s, path);
    if (!s->count) run_fail("%s: there are no questions", path);
    if (s->cut) run_say("note: %lld of %lld sequences fill all %lld tokens, or were cut to that", (long long)s->cut, (long long)s->rows.count, (long long)run.max_seq_length);
}

/* ---- what run.h asks for ---- */

static void load(run_task *t)
{
    load_set(&train, BERT_SPLIT_TRAIN, train_file);
    t->examples = train.count;
    t->data = train.rows.hash;
    t->longest = choices * run.max_seq_length;
}
static void batch(run_task *t, uint64_t seed, int64_t first, int64_t count, bert_batch *b, bert_targets *targets)
{
    static int64_t *which, room;
    static int32_t *labels;
    int64_t i, c;
    (void)t;
    if (count > room) {
        room = count;
        which = (int64_t *)run_memory(which, (size_t)(count * choices), sizeof *which);
        labels = (int32_t *)run_memory(labels, (size_t)count, sizeof *labels);
    }
    run_order(seed, train.count, first, count, which);
    for (i = count - 1; i >= 0; i--) {
        labels[i] = train.labels[which[i]];
        for (c = choices - 1; c >= 0; c--) which[i * choices + c] = which[i] * choices + c;
    }
    run_rows_batch(&train.rows, which, count * choices, b);
    memset(targets, 0, sizeof *targets);
    targets->classes = labels;
    targets->choices = choices;
}
static float *logits_of(const bert_model *m, const set *s)
{
    const bert_parameter *p = bert_model_find(m, "classifier.weight");
    if (!p || p->shape[0] != 1) run_fail("%s has no classifier with one output: it was not trained to choose", bert_checkpoint_path(bert_model_checkpoint(m)));
    return run_logits(m, &s->rows, 1, choices);
}
static void score(const set *s, const float *z, int64_t at_once, run_results *out)
{
    double sum = 0, part = 0, batches = 0;
    int64_t i, right = 0;
    for (i = 0; i < s->count; i++) {
        if (s->labels[i] == BERT_LABEL_IGNORED) run_fail("a question has no answer: it cannot be evaluated");
        part += run_log_loss(z + i * choices, choices, s->labels[i]);
        right += run_largest(z + i * choices, choices) == s->labels[i];
        if ((i + 1) % at_once == 0 || i + 1 == s->count) { sum += part; batches += part / (double)(i % at_once + 1); part = 0; }
    }
    run_result(out, "eval_accuracy", (double)right / (double)s->count);
    run_result(out, "eval_loss", sum / (double)s->count);
    run_result(out, "loss", batches / (double)((s->count + at_once - 1) / at_once));
}
static void evaluate(run_task *t, const bert_model *m, const char *dir, run_results *out)
{
    float *z;
    (void)t; (void)dir;
    if (!dev.count) load_set(&dev, BERT_SPLIT_DEV, eval_file);
    run_say("***** Running evaluation *****");
    run_say("  Num examples = %lld", (long long)dev.count);
    run_say("  Batch size = %lld", (long long)run.eval_batch_size);
    z = logits_of(m, &dev);
    score(&dev, z, run.eval_batch_size, out);
    free(z);
}
static void predict(run_task *t, const bert_model *m, const char *dir)
{
    set test = { { 0 }, 0, 0, 0, 0 };
    bert_error err = { 0 };
    cli_text o = { 0 };
    char number[40];
    float *z;
    int64_t i;
    int32_t c;
    (void)t;
    load_set(&test, BERT_SPLIT_TEST, predict_file);
    run_say("***** Running prediction*****");
    run_say("  Num examples = %lld", (long long)test.count);
    z = logits_of(m, &test);
    if (!dir) dir = ".";
    if (test.labels[0] != BERT_LABEL_IGNORED) {
        run_results r = { 0 };
        char folder[1200];
        snprintf(folder, sizeof folder, "%s", run_in(dir, "eval"));
        run_make_folder(folder);
        score(&test, z, run.predict_batch_size, &r);
        run_write_results("Test results", run_in(folder, "test_results.txt"), &r);
    }
    bert_softmax(z, test.count, choices);
    for (i = 0; i < test.rows.count; i++) {
        c = (int32_t)(i % choices);
        cli_str(&o, run_number(number, (double)z[i]));
        cli_str(&o, c + 1 < choices ? "\t" : "\n");
    }
    if (cli_file_write(run_in(dir, "test_results.tsv"), o.data, o.size, &err)) run_fail("%s", err.message);
    run_say("%s: written", run_in(dir, "test_results.tsv"));
    free(o.data);
    free(z);
    run_rows_free(&test.rows);
    free(test.labels);
}

int main(int argc, char **argv)
{
    static char json[200];
    run_task t = { 0 };
    bert_json_doc doc;
    cli c = cli_parse(argc, argv, "run_multiple_choice --task_name=SWAG|RACE --data_dir=DIR --init_checkpoint=MODEL --output_dir=DIR --do_train --do_eval --do_predict [FLAGS]",
                      "Fine-tunes, evaluates and applies a model that chooses one of several endings (SWAG) or answers (RACE).", flags);
    run_begin(&c, argc, argv);
    if (!task_name && run_saved("task.json", &doc)) {
        race = bert_json_is(bert_json_get(doc.root, "task"), "RACE");
        if (!bert_json_is(bert_json_get(doc.root, "tool"), "run_multiple_choice")) run_fail("%s was trained by another program: see task.json there", run_now.from);
        bert_json_free(&doc);
    } else if (!task_name) cli_usage("--task_name is missing: SWAG or RACE", "");
    else race = cli_choice("task_name", task_name, "SWAG|RACE|swag|race") & 1;
    snprintf(json, sizeof json, "{\n  \"tool\": \"run_multiple_choice\",\n  \"task\": \"%s\",\n  \"max_seq_length\": %lld\n}\n", race ? "RACE" : "SWAG", (long long)run.max_seq_length);
    t.kind = "ForMultipleChoice";
    t.title = race ? "RACE" : "SWAG";
    t.metric = "eval_accuracy";
    t.learn = BERT_LEARN_CHOICES;
    t.labels = 1;
    t.longest = run.max_seq_length;
    t.task_json = json;
    t.load = load;
    t.batch = batch;
    t.evaluate = evaluate;
    t.predict = predict;
    return run_all(&t);
}
