/* run_ner - fine-tunes, evaluates and applies a tagger of words: names of persons, places, ...
   SPDX-License-Identifier: MIT-0 OR Unlicense

   run_ner --do_train --do_eval --data_dir=conll --init_checkpoint=MODEL --output_dir=out      (train.txt, dev.txt, test.txt)
   run_ner --do_predict --init_checkpoint=out < texts                                         (a sentence a line; a word a line comes back)

   The flags of NEZHA's run_classifier_ner.py. Files have a word a line, its label last, and blank lines between sentences (CoNLL, BIO,
   BIOES). The first piece of each word carries its label. Entities are scored as seqeval does; eval_precision, eval_recall, eval_f are
   NEZHA's scores of single tokens. --reader=nezha reads and labels as that program, so that its checkpoints can be used. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"

#define SCHEMES "lenient|iob1|iob2|ioe1|ioe2|iobes|bilou"
static const char *task_name = "ner", *data_dir, *train_file, *eval_file, *predict_file, *label_list, *reader, *scheme = "lenient";
static int all_pieces;

static const cli_flag flags[] = {
    { "task_name", 's', &task_name, "ner" },
    { "data_dir", 's', &data_dir, "where train.txt, dev.txt and test.txt are" },
    { "train_file", 's', &train_file, "instead of the one in data_dir" },
    { "eval_file", 's', &eval_file, "likewise" },
    { "predict_file", 's', &predict_file, "likewise; -: standard input, a sentence a line (default without data_dir)" },
    { "reader", 's', &reader, "robust, or nezha: files, labels and pieces as NEZHA's program has them (default robust)" },
    { "labels", 's', &label_list, "in this order, with commas (default: those of the training file; nezha: its ten)" },
    { "scheme", 's', &scheme, "how labels name entities, for their scores: " SCHEMES },
    { "label_all_pieces", 'b', &all_pieces, "every piece of a word learns its label, not the first alone" },
    RUN_FLAGS,
    { 0, 0, 0, 0 }
};

/* Sentences, encoded: with each token its label and its word. */
typedef struct set { run_rows rows; int32_t *labels, *words; int64_t room, cut; char path[1300]; } set;
static set train, dev;
static run_names names;                 /* of the classifier's outputs; nezha: [PAD] is 0 */
static int nezha;

static bert_ner *open_file(const char *path, int labelled)
{
    bert_ner_desc d = { 0 };
    bert_error err = { 0 };
    bert_ner *n = NULL;
    d.path = path;
    d.labels = labelled ? BERT_ON : BERT_OFF;
    d.reader = nezha ? BERT_NER_NEZHA : BERT_NER_ROBUST;
    d.error = &err;
    if (bert_ner_open(&d, &n)) run_fail("%s", err.message);
    return n;
}
static void split_path(bert_split split, const char *path, char out[1300])
{
    static const char *const files[] = { "train.txt", "dev.txt", "test.txt" };
    if (!path && !data_dir) cli_usage("--data_dir is missing", "");
    snprintf(out, 1300, "%s", path ? path : run_in(data_dir, "%s", files[split]));
}
static void add_sentence(set *s, const bert_ner_sentence *e, int learn)
{
    static int32_t *room;
    bert_error err = { 0 };
    bert_ner_features f;
    const int64_t n = run.max_seq_length;
    if (!room) room = (int32_t *)run_memory(NULL, (size_t)n * 5, sizeof *room);
    f.input_ids = room;
    f.input_mask = room + n;
    f.segment_ids = room + 2 * n;
    f.label_ids = room + 3 * n;
    f.words = room + 4 * n;
    /* to predict, no label need be known: those that are not are ignored */
    if (bert_ner_encode(run_now.tokenizer, e, learn || nezha ? names.names + nezha : NULL, learn || nezha ? names.count - (size_t)nezha : 0, nezha ? BERT_NER_TOKENS_NEZHA : all_pieces ? BERT_NER_ALL : BERT_NER_FIRST,
                        (size_t)n, &f, &err)) run_fail("%s", err.message);
    if (s->rows.tokens + (int64_t)f.count > s->room) {
        s->room = (s->rows.tokens + n) * 2 + 4096;
        s->labels = (int32_t *)run_memory(s->labels, (size_t)s->room, sizeof *s->labels);
        s->words = (int32_t *)run_memory(s->words, (size_t)s->room, sizeof *s->words);
    }
    memcpy(s->labels + s->rows.tokens, f.label_ids, f.count * sizeof *f.label_ids);
    memcpy(s->words + s->rows.tokens, f.words, f.count * sizeof *f.words);
    s->cut += (int64_t)f.words_cut;
    run_rows_add(&s->rows, f.input_ids, NULL, (int64_t)f.count, f.label_ids, f.count * sizeof *f.label_ids);
}
static void load_set(set *s, bert_split split, const char *path, int labelled, int learn)
{
    bert_error err = { 0 };
    bert_ner_sentence e;
    bert_ner *n;
    int got;
    memset(s, 0, sizeof *s);
    split_path(split, path, s->path);
    n = open_file(s->path, labelled);
    for (;;) {
        if (bert_ner_next(n, &e, &got, &err)) run_fail("%s", err.message);
        if (!got) break;
        add_sentence(s, &e, learn);
    }
    bert_ner_close(n);
    if (!s->rows.count) run_fail("%s: there are no sentences", s->path);
    if (s->cut) run_say("note: %s: %lld words are cut off by --max_seq_length=%lld; they count as O", s->path, (long long)s->cut, (long long)run.max_seq_length);
}
static void free_set(set *s)
{
    run_rows_free(&s->rows);
    free(s->labels);
    free(s->words);
    memset(s, 0, sizeof *s);
}

/* ---- labels ---- */

static const char *task_json(void)
{
    static cli_text o;
    char text[200];
    snprintf(text, sizeof text, "{\n  \"tool\": \"run_ner\",\n  \"task\": \"ner\",\n  \"reader\": \"%s\",\n  \"max_seq_length\": %lld", nezha ? "nezha" : "robust", (long long)run.max_seq_length);
    cli_str(&o, text);
    run_names_json(&names, &o);
    cli_str(&o, "\n}\n");
    cli_add(&o, "", 1);
    return o.data;
}
static void know_labels(void)
{
    static const char *const ten[] = { "O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "X", "[CLS]", "[SEP]" };
    bert_json_doc doc;
    bert_error err = { 0 };
    char path[1300];
    const char *from = label_list ? "--labels" : run_now.from;              /* where they stand */
    size_t i;
    const int saved = run_saved("task.json", &doc);
    if (saved && !run.do_train && !bert_json_is(bert_json_get(doc.root, "tool"), "run_ner")) run_fail("%s was trained by another program: see task.json there", run_now.from);
    nezha = reader ? cli_choice("reader", reader, "robust|nezha") : saved && !run.do_train && bert_json_is(bert_json_get(doc.root, "reader"), "nezha");
    if (nezha) run_names_add(&names, "[PAD]", 5);
    if (label_list) run_names_split(&names, label_list, strlen(label_list));
    else if (saved && !run.do_train) run_names_read(&names, doc.root);
    else if (nezha) for (i = 0; i < sizeof ten / sizeof *ten; i++) run_names_add(&names, ten[i], strlen(ten[i]));
    else {
        bert_ner_desc d = { 0 };
        bert_labels l = { 0 };
        split_path(BERT_SPLIT_TRAIN, train_file, path);                 /* of a checkpoint without task.json as well */
        from = path;
        d.path = path;
        d.error = &err;
        if (bert_ner_labels(&d, &l)) run_fail("%s", err.message);
        for (i = 0; i < l.count; i++) run_names_add(&names, l.names[i], strlen(l.names[i]));
        bert_labels_free(&l);
    }
    if (saved) bert_json_free(&doc);
    if (names.count < 2) run_fail("%s: there are %d labels in it: at least two are needed", from, (int)names.count);
}
/* Is this output a label of words? (NEZHA's has others.) */
static int of_words(int32_t label) { const char *n = names.names[label]; return !nezha || (strcmp(n, "[PAD]") != 0 && strcmp(n, "X") != 0 && strcmp(n, "[CLS]") != 0 && strcmp(n, "[SEP]") != 0); }

/* ---- what run.h asks for ---- */

static void load(run_task *t)
{
    load_set(&train, BERT_SPLIT_TRAIN, train_file, 1, 1);
    t->examples = train.rows.count;
    t->data = train.rows.hash;
}
static void batch(run_task *t, uint64_t seed, int64_t first, int64_t count, bert_batch *b, bert_targets *targets)
{
    static int64_t *which, room, token_room;
    static int32_t *labels;
    int64_t i;
    (void)t;
    if (count > room) which = (int64_t *)run_memory(which, (size_t)(room = count), sizeof *which);
    run_order(seed, train.rows.count, first, count, which);
    run_rows_batch(&train.rows, which, count, b);
    if (b->offsets[count] > token_room) labels = (int32_t *)run_memory(labels, (size_t)(token_room = b->offsets[count]), sizeof *labels);
    for (i = 0; i < count; i++) memcpy(labels + b->offsets[i], train.labels + train.rows.offsets[which[i]], (size_t)(b->offsets[i + 1] - b->offsets[i]) * sizeof *labels);
    memset(targets, 0, sizeof *targets);
    targets->token_classes = labels;
}

static bert_session *open_session(const bert_model *m)
{
    const bert_parameter *p = bert_model_find(m, "classifier.weight");
    if (!p) run_fail("%s has no classifier: it was not fine-tuned; train first (--do_train)", bert_checkpoint_path(bert_model_checkpoint(m)));
    if (p->shape[0] != (int64_t)names.count) run_fail("the classifier of %s has %lld outputs, there are %d labels: is it another task's?", bert_checkpoint_path(bert_model_checkpoint(m)), (long long)p->shape[0], (int)names.count);
    return run_session(m, run.max_seq_length > 1024 ? run.max_seq_length : 1024);
}
/* What the model says of each token of a set: [tokens] labels; and where they are known, the sum of the losses. */
static int32_t *predictions_of(bert_session *session, const set *s, double *loss, double *batches, int64_t at_once)
{
    const int32_t n = (int32_t)names.count;
    int32_t *out = (int32_t *)run_memory(NULL, (size_t)s->rows.tokens, sizeof *out);
    float *z = NULL;
    int64_t *which = (int64_t *)run_memory(NULL, (size_t)at_once, sizeof *which), i, k, from, room = 0, batch_count = 0, all = 0;
    bert_error err = { 0 };
    *loss = *batches = 0;
    for (i = 0; i < s->rows.count; i += at_once) {
        const int64_t count = s->rows.count - i < at_once ? s->rows.count - i : at_once;
        bert_batch b;
        bert_result r;
        double part = 0;
        int64_t known = 0;
        memset(&r, 0, sizeof r);
        for (k = 0; k < count; k++) which[k] = i + k;
        run_rows_batch(&s->rows, which, count, &b);
        if (b.offsets[count] > room) z = (float *)run_memory(z, (size_t)(room = b.offsets[count]) * (size_t)n, sizeof *z);
        r.token_classes = z;
        if (bert_session_run(session, &b, &r, &err)) run_fail("%s", err.message);
        from = s->rows.offsets[i];
        for (k = 0; k < b.offsets[count]; k++) {
            out[from + k] = run_largest(z + k * n, n);
            if (s->labels[from + k] == BERT_LABEL_IGNORED) continue;
            part += run_log_loss(z + k * n, n, s->labels[from + k]);
            known++;
        }
        *loss += part;
        all += known;
        if (known) { *batches += part / (double)known; batch_count++; }
        cli_progress("sentences", i + count, s->rows.count);
    }
    if (all) *loss /= (double)all;
    if (batch_count) *batches /= (double)batch_count;
    free(z);
    free(which);
    return out;
}
/* The labels of a sentence's words: of their first pieces; O for words that were cut off, and where an output is no label of words. */
static void word_labels(const set *s, const int32_t *said, int64_t row, bert_bytes *out, size_t count)
{
    int64_t i;
    size_t k;
    for (k = 0; k < count; k++) { out[k].data = "O"; out[k].size = 1; }
    for (i = s->rows.offsets[row]; i < s->rows.offsets[row + 1]; i++) {
        const int32_t w = s->words[i];
        if (w < 0 || (size_t)w >= count || (i > s->rows.offsets[row] && s->words[i - 1] == w) || !of_words(said[i])) continue;
        out[w].data = names.names[said[i]];
        out[w].size = strlen(names.names[said[i]]);
    }
}
static void score(bert_session *session, const set *s, int64_t at_once, run_results *out)
{
    const int32_t n = (int32_t)names.count;
    bert_error err = { 0 };
    bert_entity_scores *scores = NULL;
    bert_entity_metrics e;
    bert_micro_metrics micro;
    bert_ner_sentence sentence;
    bert_ner *file = open_file(s->path, 1);
    bert_bytes *words = NULL;
    double loss, batches;
    int32_t *said = predictions_of(session, s, &loss, &batches, at_once), *wanted = (int32_t *)run_memory(NULL, (size_t)n, sizeof *wanted), i, wanted_count = 0;
    int64_t row, *confusion = (int64_t *)calloc((size_t)n * (size_t)n, sizeof *confusion);
    size_t room = 0, k;
    int got;
    if (!confusion) run_fail("out of memory");
    if (bert_entity_scores_open((bert_tag_scheme)cli_choice("scheme", scheme, SCHEMES), NULL, &scores, &err)) run_fail("%s", err.message);
    for (row = 0; row < s->rows.count; row++) {
        if (bert_ner_next(file, &sentence, &got, &err) || !got) run_fail("%s", got ? err.message : "the file has changed");
        if (sentence.count > room) words = (bert_bytes *)run_memory(words, room = sentence.count, sizeof *words);
        word_labels(s, said, row, words, sentence.count);
        if (bert_entity_scores_add(scores, sentence.labels, words, sentence.count, &err)) run_fail("%s, line %lld: %s", s->path, (long long)sentence.line, err.message);
    }
    if (bert_entity_scores_result(scores, &e, &err) || bert_confusion_add(confusion, n, s->labels, said, (size_t)s->rows.tokens, &err)) run_fail("%s", err.message);
    for (i = 0; i < n; i++) if (of_words(i) && strcmp(names.names[i], "O") != 0) wanted[wanted_count++] = i;
    if (bert_confusion_micro(confusion, n, wanted, (size_t)wanted_count, &micro, &err)) run_fail("%s", err.message);
    run_say("  %-16s %10s %10s %10s %10s", "entities", "precision", "recall", "f1", "support");
    for (k = 0; k < e.type_count; k++) run_say("  %-16.16s %10.4f %10.4f %10.4f %10lld", e.types[k].type, e.types[k].precision, e.types[k].recall, e.types[k].f1, (long long)e.types[k].support);
    run_result(out, "eval_entity_precision", e.precision);
    run_result(out, "eval_entity_recall", e.recall);
    run_result(out, "eval_entity_f1", e.f1);
    run_result(out, "eval_accuracy", e.accuracy);
    run_result(out, "eval_precision", micro.precision);
    run_result(out, "eval_recall", micro.recall);
    run_result(out, "eval_f", micro.f1);
    run_result(out, "eval_loss", loss);
    run_result(out, "loss", batches);
    bert_entity_scores_close(scores);
    bert_ner_close(file);
    free(words);
    free(wanted);
    free(confusion);
    free(said);
}
static void evaluate(run_task *t, const bert_model *m, const char *dir, run_results *out)
{
    bert_session *session;
    (void)t; (void)dir;
    if (!dev.rows.count) load_set(&dev, BERT_SPLIT_DEV, eval_file, 1, 1);
    run_say("***** Running evaluation *****");
    run_say("  Num examples = %lld", (long long)dev.rows.count);
    run_say("  Batch size = %lld", (long long)run.eval_batch_size);
    session = open_session(m);
    score(session, &dev, run.eval_batch_size, out);
    bert_session_close(session);
}

static void put_sentence(cli_text *o, const bert_ner_sentence *e, const bert_bytes *said)
{
    size_t k;
    for (k = 0; k < e->count; k++) {
        cli_add(o, e->words[k], e->sizes[k]);
        cli_str(o, "\t");
        cli_add(o, said[k].data, said[k].size);
        cli_str(o, "\n");
    }
    cli_str(o, "\n");
}
static int is_ideograph(const unsigned char *p, size_t n, size_t *size)
{
    uint32_t c = 0;
    *size = *p < 0x80 ? 1 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
    if (*size > n) *size = n;
    if (*size == 3) c = (uint32_t)(*p & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63u);
    return *size == 4 || (c >= 0x3000 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFFEF);
}
/* A sentence a line: words with blanks between, ideographs (and the signs of their script) each for itself. */
static void stream(const bert_model *m)
{
    bert_session *session = open_session(m);
    cli_text line = { 0 }, o = { 0 };
    const char **words = NULL;
    size_t *sizes = NULL, room = 0;
    bert_bytes *said = NULL;
    int c;
    do {
        bert_ner_sentence e;
        set one;
        size_t i, from = 0, n = 0, size;
        double unused[2];
        int32_t *tags;
        memset(&e, 0, sizeof e);
        memset(&one, 0, sizeof one);
        line.size = 0;
        while ((c = getchar()) != EOF && c != '\n') { char byte = (char)c; cli_add(&line, &byte, 1); }
        if (c == EOF && !line.size) break;
        if (line.size > room || !room) {
            room = line.size + 64;
            words = (const char **)run_memory((void *)words, room, sizeof *words);
            sizes = (size_t *)run_memory(sizes, room, sizeof *sizes);
            said = (bert_bytes *)run_memory(said, room, sizeof *said);
        }
        for (i = 0; i <= line.size; i += size) {
            const int end = i == line.size || line.data[i] == ' ' || line.data[i] == '\t' || line.data[i] == '\r';
            const int alone = !end && is_ideograph((const unsigned char *)line.data + i, line.size - i, &size);
            if (end) size = 1;
            if ((end || alone) && i > from) { words[n] = line.data + from; sizes[n++] = i - from; }
            if (alone) { words[n] = line.data + i; sizes[n++] = size; }
            if (end || alone) from = i + size;
        }
        o.size = 0;
        if (n) {
            e.words = words;
            e.sizes = sizes;
            e.count = n;
            e.path = "standard input";
            if (nezha) {                                                /* its labels must be some */
                for (i = 0; i < n; i++) { said[i].data = "O"; said[i].size = 1; }
                e.labels = said;
            }
            add_sentence(&one, &e, 0);
            tags = predictions_of(session, &one, unused, unused + 1, 1);
            word_labels(&one, tags, 0, said, n);
            put_sentence(&o, &e, said);
            free(tags);
            free_set(&one);
        } else cli_str(&o, "\n");
        cli_write(stdout, o.data, o.size);
        if (fflush(stdout)) run_fail("cannot write to standard output");
    } while (c != EOF);
    bert_session_close(session);
    free(line.data);
    free(o.data);
    free((void *)words);
    free(sizes);
    free(said);
}
/* The test file with the predicted labels: predictions.txt; where it has labels that are known, eval/test_results.txt as NEZHA's program. */
static void predict(run_task *t, const bert_model *m, const char *dir)
{
    bert_error err = { 0 };
    bert_ner_sentence e;
    bert_ner *file;
    set test;
    cli_text o = { 0 };
    double unused[2];
    int32_t *said;
    bert_bytes *words = NULL;
    size_t room = 0, k;
    int64_t row;
    bert_session *session;
    int got = 1, labelled = 1, known = 1;
    (void)t;
    if (predict_file ? strcmp(predict_file, "-") == 0 : !data_dir) { stream(m); return; }
    if (!dir) dir = ".";
    split_path(BERT_SPLIT_TEST, predict_file, test.path);
    file = open_file(test.path, 1);
    while (labelled && got) {                                           /* has it labels, and are they known? */
        labelled = bert_ner_next(file, &e, &got, &err) == BERT_OK;
        for (k = 0; labelled && got && k < e.count; k++) {
            const size_t before = names.count;
            known &= run_names_add(&names, e.labels[k].data, e.labels[k].size) < before;
            names.count = before;
        }
    }
    known &= labelled;
    bert_ner_close(file);
    load_set(&test, BERT_SPLIT_TEST, predict_file, labelled, known);
    session = open_session(m);
    run_say("***** Running prediction*****");
    run_say("  Num examples = %lld", (long long)test.rows.count);
    if (known) {
        run_results r = { 0 };
        char folder[1200];
        snprintf(folder, sizeof folder, "%s", run_in(dir, "eval"));
        run_make_folder(folder);
        score(session, &test, run.predict_batch_size, &r);
        run_write_results("Test results", run_in(folder, "test_results.txt"), &r);
    }
    said = predictions_of(session, &test, unused, unused + 1, run.predict_batch_size);
    file = open_file(test.path, labelled);
    for (row = 0; row < test.rows.count; row++) {
        if (bert_ner_next(file, &e, &got, &err) || !got) run_fail("%s: the file has changed", test.path);
        if (e.count > room) words = (bert_bytes *)run_memory(words, room = e.count, sizeof *words);
        word_labels(&test, said, row, words, e.count);
        put_sentence(&o, &e, words);
    }
    if (cli_file_write(run_in(dir, "predictions.txt"), o.data, o.size, &err)) run_fail("%s", err.message);
    run_say("%s: written", run_in(dir, "predictions.txt"));
    bert_ner_close(file);
    bert_session_close(session);
    free(words);
    free(said);
    free(o.data);
    free_set(&test);
}

int main(int argc, char **argv)
{
    run_task t = { 0 };
    cli c = cli_parse(argc, argv, "run_ner --data_dir=DIR --init_checkpoint=MODEL --output_dir=DIR --do_train --do_eval --do_predict [FLAGS]", "Fine-tunes, evaluates and applies a tagger of words (named entities).", flags);
    cli_choice("task_name", task_name, "ner|NER");
    cli_choice("scheme", scheme, SCHEMES);
    run_begin(&c, argc, argv);
    know_labels();
    t.kind = "ForTokenClassification";
    t.title = "named entities";
    t.metric = "eval_entity_f1";
    t.learn = BERT_LEARN_TOKENS;
    t.labels = (int32_t)names.count;
    t.longest = run.max_seq_length;
    t.names = names.names;
    t.task_json = task_json();
    t.load = load;
    t.batch = batch;
    t.evaluate = evaluate;
    t.predict = predict;
    return run_all(&t);
}
