/* run_squad - fine-tunes, evaluates and applies a model that answers questions from a passage: SQuAD 1.1, SQuAD 2.0, CMRC 2018
   SPDX-License-Identifier: MIT-0 OR Unlicense

   run_squad --do_train --train_file=train-v1.1.json --do_predict --do_eval --predict_file=dev-v1.1.json --init_checkpoint=MODEL --output_dir=out
   run_squad --do_predict --predict_file=questions.json --init_checkpoint=out --output_dir=answers

   Flags and files are those of Google's run_squad.py; --do_eval adds what NVIDIA's needs an --eval_script for. Questions stay in memory
   as they are in the file; a feature (a window over a passage) is made when it is its turn, and forgotten. In training the turns are a
   random order of all features, by the seed, anew in each epoch. The number of steps goes by questions, as the reference's does. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"
#include "squad.h"

static const char *train_file, *predict_file, *language = "auto", *eval_script, *size_name;
static int64_t doc_stride, num_eval_iterations, max_query_length, n_best_size = 20, max_answer_length = 30;
static double threshold;
static bert_flag version_2;
static int verbose_logging, reference_padding;

static const cli_flag flags[] = {
    { "train_file", 's', &train_file, "questions to learn from: SQuAD's json, or CMRC's own" },
    { "predict_file", 's', &predict_file, "questions to answer; with their answers, to evaluate" },
    { "version_2_with_negative", 't', &version_2, "some questions have no answer, as in SQuAD 2.0 (default: as it was trained, else not)" },
    { "null_score_diff_threshold", 'd', &threshold, "no answer is predicted where its score is more than this above the best answer's" },
    { "doc_stride", 'i', &doc_stride, "tokens from one window over a passage to the next; 0: as it was trained, else 128" },
    { "max_query_length", 'i', &max_query_length, "tokens of a question at most, the rest is cut; 0: as it was trained, else 64" },
    { "max_answer_length", 'i', &max_answer_length, "tokens of an answer at most" },
    { "n_best_size", 'i', &n_best_size, "answers for each question in nbest_predictions.json" },
    { "language", 's', &language, "auto, en or zh; zh: words are single ideographs, scores CMRC's. auto: as it was trained, or as the file looks" },
    { "reference_padding", 'b', &reference_padding, "as the reference: windows are padded to max_seq_length, and padded positions compete for start and end" },
    { "verbose_logging", 'b', &verbose_logging, "show the first features, and whatever answer is not found in its passage: of those to learn from, and of those predicted" },
    { "num_eval_iterations", 'i', &num_eval_iterations, "only the first questions: so many times predict_batch_size; 0: all" },
    { "eval_script", 's', &eval_script, "NVIDIA's, not needed: --do_eval scores by itself" },
    { "bert_model", 's', &size_name, "NVIDIA's, not needed: the config says it" },
    { "config_file", 's', &run.bert_config_file, "the same as bert_config_file" },
    { "max_steps", 'i', &run.num_train_steps, "the same as num_train_steps" },
    { "log_freq", 'i', &run.log_steps, "the same as log_steps" },
    { "rand_seed", 'i', &run.seed, "the same as seed" },
    RUN_FLAGS,
    { 0, 0, 0, 0 }
};

/* ---- questions and windows ---- */

static bert_squad *read_questions(const char *path, int training)
{
    bert_squad_desc d = { 0 };
    bert_error err = { 0 };
    bert_squad *s = NULL;
    d.path = path;
    d.training = training;
    d.most = training ? 0 : num_eval_iterations * run.predict_batch_size;
    d.version_2 = version_2 == BERT_ON;
    d.characters = strcmp(language, "zh") == 0 ? BERT_ON : strcmp(language, "en") == 0 ? BERT_OFF : BERT_DEFAULT;
    d.error = &err;
    if (bert_squad_open(&d, &s)) run_fail("%s", err.message);
    if (!bert_squad_count(s) && !bert_squad_skipped_count(s)) run_fail("%s: there are no questions", path);
    return s;
}
static bert_squad_features *windows_of(const bert_squad *s, const int64_t *order, int64_t count, bert_error *err)
{
    bert_squad_features_desc d = { 0 };
    bert_squad_features *f = NULL;
    d.squad = s;
    d.tokenizer = run_now.tokenizer;
    d.max_seq_length = run.max_seq_length;
    d.doc_stride = doc_stride;
    d.max_query_length = max_query_length;
    d.order = order;
    d.order_count = count;
    d.error = err;
    if (bert_squad_features_open(&d, &f)) run_fail("%s", err->message);
    return f;
}

/* Windows side by side, to be a batch. Without --reference_padding each begins where the tokens of the one before end: what stands behind
   them is written over. */
typedef struct windows {
    bert_squad_feature *f;              /* [room] */
    int64_t *offsets;                   /* [room + 1] */
    int32_t *ids, *segments, *words;    /* [room * max_seq_length] */
    uint8_t *max_context, *mask;
    int64_t count, room;
} windows;

static void windows_room(windows *w, int64_t room)
{
    const size_t rows = (size_t)room * (size_t)run.max_seq_length;
    if (room > w->room) {
        w->f = (bert_squad_feature *)run_memory(w->f, (size_t)room, sizeof *w->f);
        w->offsets = (int64_t *)run_memory(w->offsets, (size_t)room + 1, sizeof *w->offsets);
        w->ids = (int32_t *)run_memory(w->ids, rows, sizeof *w->ids);
        w->segments = (int32_t *)run_memory(w->segments, rows, sizeof *w->segments);
        w->words = (int32_t *)run_memory(w->words, rows, sizeof *w->words);
        w->max_context = (uint8_t *)run_memory(w->max_context, rows, 1);
        w->mask = (uint8_t *)run_memory(w->mask, rows, 1);
        w->room = room;
    }
    w->count = 0;
    w->offsets[0] = 0;
}
/* The next feature, in the next place; 0: there is none. It counts when windows_keep says so. */
static int windows_next(windows *w, bert_squad_features *from, const bert_error *err)
{
    const int64_t at = w->offsets[w->count];
    bert_squad_feature *f = w->f + w->count;
    memset(f, 0, sizeof *f);
    f->ids = w->ids + at;
    f->segment_ids = w->segments + at;
    f->words = w->words + at;
    f->max_context = w->max_context + at;
    if (bert_squad_features_next(from, f)) run_fail("%s", err->message);
    return f->tokens > 0;
}
static int64_t windows_rows(const bert_squad_feature *f) { return reference_padding ? run.max_seq_length : f->tokens; }
static void windows_keep(windows *w)
{
    const bert_squad_feature *f = w->f + w->count;
    const int64_t at = w->offsets[w->count], rows = windows_rows(f);
    int64_t i;
    for (i = 0; i < rows; i++) w->mask[at + i] = i < f->tokens;
    w->offsets[++w->count] = at + rows;
}
/* Windows from, ... as a batch, whose offsets begin at 0: offsets[count + 1] is yours. */
static void windows_batch(const windows *w, int64_t from, int64_t count, int64_t *offsets, bert_batch *b)
{
    const int64_t at = w->offsets[from];
    int64_t i;
    for (i = 0; i <= count; i++) offsets[i] = w->offsets[from + i] - at;
    memset(b, 0, sizeof *b);
    b->sequences = count;
    b->offsets = offsets;
    b->ids = w->ids + at;
    b->segment_ids = w->segments + at;
    if (reference_padding) b->key_mask = w->mask + at;
}
static void windows_free(windows *w)
{
    free(w->f);
    free(w->offsets);
    free(w->ids);
    free(w->segments);
    free(w->words);
    free(w->max_context);
    free(w->mask);
    memset(w, 0, sizeof *w);
}
/* token_to_orig_map (0) and token_is_max_context (1) of the passage's tokens; input_ids (2), input_mask (3), segment_ids (4) of all rows. */
static void show_numbers(const char *name, const bert_squad_feature *f, int which)
{
    cli_text o = { 0 };
    int64_t i;
    for (i = 0; i < (which < 2 ? f->tokens : run.max_seq_length); i++) {
        if (which < 2 && f->words[i] < 0) continue;
        if (o.size) cli_str(&o, " ");
        if (which < 2) { cli_number(&o, i); cli_str(&o, ":"); }
        if (which == 0) cli_number(&o, f->words[i]);
        else if (which == 1) cli_str(&o, f->max_context[i] ? "True" : "False");
        else cli_number(&o, which == 2 ? f->ids[i] : which == 3 ? i < f->tokens : f->segment_ids[i]);
    }
    run_say("%s: %.*s", name, (int)o.size, o.size ? o.data : "");
    free(o.data);
}
static void show_tokens(const char *name, const bert_squad_feature *f, int64_t from, int64_t to)
{
    cli_text o = { 0 };
    int64_t i;
    for (i = from; i < to; i++) { cli_str(&o, i > from ? " " : ""); cli_str(&o, bert_tokenizer_token(run_now.tokenizer, f->ids[i], NULL)); }
    run_say("%s: %.*s", name, (int)o.size, o.size ? o.data : "");
    free(o.data);
}
/* As the reference shows the features of its first questions; but it says "[CLS]" of an answer that is not in the window. */
static void show_feature(const bert_squad *s, const bert_squad_feature *f)
{
    if (f->example_index >= 20) return;
    run_say("*** Example ***");
    run_say("unique_id: %lld", (long long)f->unique_id);
    run_say("example_index: %lld", (long long)f->example_index);
    run_say("doc_span_index: %lld", (long long)f->window);
    show_tokens("tokens", f, 0, f->tokens);
    show_numbers("token_to_orig_map", f, 0);
    show_numbers("token_is_max_context", f, 1);
    show_numbers("input_ids", f, 2);
    show_numbers("input_mask", f, 3);
    show_numbers("segment_ids", f, 4);
    if (f->start > 0) {
        run_say("start_position: %lld", (long long)f->start);
        run_say("end_position: %lld", (long long)f->end);
        show_tokens("answer", f, f->start, f->end + 1);
    } else if (f->start == 0) run_say(bert_squad_get(s, f->question)->impossible ? "impossible example" : "the answer is not in this window");
}

/* ---- training ---- */

static struct training {
    bert_squad *squad;
    int64_t *firsts;                    /* [questions + 1] features of the questions before each */
    windows batch;
} train;

static void load(run_task *t)
{
    bert_error err = { 0 };
    bert_squad_features *features;
    int64_t i, k, count, skipped, with = 0;
    windows *w = &train.batch;
    run_say("%s: reading", train_file);
    train.squad = read_questions(train_file, 1);
    count = bert_squad_count(train.squad);
    skipped = bert_squad_skipped_count(train.squad);
    for (i = 0; i < skipped && (verbose_logging || i < 5); i++) {
        const bert_squad_question *q = bert_squad_skipped(train.squad, i);
        run_say("Could not find answer: question %.*s, \"%.*s\"", (int)(q->id.size < 60 ? q->id.size : 60), q->id.text, (int)(q->answer.size < 200 ? q->answer.size : 200), q->answer.text);
    }
    if (skipped) run_say("note: %lld of %lld questions are left out: their answer is not in their passage as it is written", (long long)skipped, (long long)(count + skipped));
    if (!count) run_fail("%s: no question is left to learn from", train_file);
    train.firsts = (int64_t *)run_memory(NULL, (size_t)count + 1, sizeof *train.firsts);
    memset(train.firsts, 0, ((size_t)count + 1) * sizeof *train.firsts);
    windows_room(w, 1);
    features = windows_of(train.squad, NULL, 0, &err);
    while (windows_next(w, features, &err)) {                           /* all of them once, to count them and to know them again */
        const bert_squad_feature *f = w->f;
        const int64_t place[2] = { f->start, f->end };
        if (verbose_logging) show_feature(train.squad, f);
        t->data = run_hash(t->data, f->ids, (size_t)f->tokens * sizeof *f->ids);
        t->data = run_hash(t->data, place, sizeof place);
        train.firsts[f->question + 1]++;
        with += f->start > 0;
    }
    bert_squad_features_close(features);
    for (k = 0; k < count; k++) train.firsts[k + 1] += train.firsts[k];
    if (!train.firsts[count]) run_fail("%s: no passage has a token", train_file);
    run_say("  Num orig examples = %lld", (long long)count);
    run_say("  Num split examples = %lld (%lld with an answer)", (long long)train.firsts[count], (long long)with);
    t->examples = count;
}
static void batch(run_task *t, uint64_t seed, int64_t first, int64_t count, bert_batch *b, bert_targets *targets)
{
    static int64_t *which, *order, *offsets, room;
    static int32_t *starts;
    const int64_t questions = bert_squad_count(train.squad);
    bert_error err = { 0 };
    bert_squad_features *features;
    int64_t i, low, high;
    (void)t;
    if (!offsets || count > room) {
        room = count;
        which = (int64_t *)run_memory(which, (size_t)count, sizeof *which);
        order = (int64_t *)run_memory(order, (size_t)count, sizeof *order);
        offsets = (int64_t *)run_memory(offsets, (size_t)count + 1, sizeof *offsets);
        starts = (int32_t *)run_memory(starts, (size_t)count * 2, sizeof *starts);
    }
    run_order(seed, train.firsts[questions], first, count, which);
    for (i = 0; i < count; i++) {                                       /* the question that the feature belongs to */
        for (low = 0, high = questions; high - low > 1;) {
            const int64_t middle = low + (high - low) / 2;
            if (train.firsts[middle] <= which[i]) low = middle; else high = middle;
        }
        order[i] = low;
    }
    windows_room(&train.batch, count);
    features = windows_of(train.squad, order, count, &err);
    for (i = 0; i < count; i++) {
        const bert_squad_feature *f = train.batch.f + i;
        do if (!windows_next(&train.batch, features, &err)) run_fail("the features are others than before: was the file changed?");
        while (f->example_index < i || f->window < which[i] - train.firsts[order[i]]);
        starts[i] = (int32_t)f->start;
        starts[count + i] = (int32_t)f->end;
        windows_keep(&train.batch);
    }
    bert_squad_features_close(features);
    windows_batch(&train.batch, 0, count, offsets, b);
    memset(targets, 0, sizeof *targets);
    targets->starts = starts;
    targets->ends = starts + count;
}

/* ---- answering ---- */

static struct found {
    bert_squad *squad;
    bert_squad_answers *answers;
    const bert_model *model;            /* whose answers these are */
    bert_error err;
} found;

static void say_warning(void *user, const char *text, size_t size)
{
    (void)user;
    run_say("%.*s", (int)(size < 100000 ? size : 100000), text);
}
/* Several workers go on in rounds: of each, a worker computes some batches, and its logits go to all. So what follows, the answers to
   questions whose windows may be of several workers, is what one worker would do, and the memory does not grow with the questions. */
static void answer(const bert_model *m)
{
    bert_error err = { 0 };
    bert_squad_answers_desc d = { 0 };
    bert_squad_features *features;
    bert_session *s;
    bert_batch b;
    bert_result r;
    windows w = { 0 };
    float *logits;
    const int64_t at_once = run.predict_batch_size, together = cli_size() > 1 ? at_once * 8 * cli_size() : at_once;
    int64_t i, n, total, count = 0, *offsets;
    int k, more = 1;
    if (!(bert_model_heads(m) & BERT_HEAD_SPAN)) run_fail("%s has no head for answers: train first (--do_train)", bert_checkpoint_path(bert_model_checkpoint(m)));
    bert_squad_answers_close(found.answers);
    if (!found.squad) found.squad = read_questions(predict_file, 0);
    total = bert_squad_count(found.squad);
    d.squad = found.squad;
    d.tokenizer = run_now.tokenizer;
    d.n_best = n_best_size;
    d.max_answer_length = max_answer_length;
    d.version_2 = version_2 == BERT_ON;
    d.null_score_diff_threshold = threshold;
    d.error = &found.err;
    if (bert_squad_answers_open(&d, &found.answers)) run_fail("%s", found.err.message);
    if (verbose_logging) bert_squad_answers_warn(found.answers, say_warning, NULL);
    s = run_session(m, run.max_seq_length > 1024 ? run.max_seq_length : 1024);
    logits = (float *)run_memory(NULL, (size_t)(together * run.max_seq_length), 2 * sizeof *logits);
    offsets = (int64_t *)run_memory(NULL, (size_t)at_once + 1, sizeof *offsets);
    features = windows_of(found.squad, NULL, 0, &err);
    memset(&r, 0, sizeof r);
    while (more) {
        windows_room(&w, together);
        while (w.count < together && (more = windows_next(&w, features, &err)) != 0) {
            if (verbose_logging) show_feature(found.squad, w.f + w.count);
            windows_keep(&w);
        }
        if (!w.count) break;
        for (i = run_share(w.count, cli_rank()); i < run_share(w.count, cli_rank() + 1); i += n) {
            n = run_share(w.count, cli_rank() + 1) - i;
            if (n > at_once) n = at_once;
            windows_batch(&w, i, n, offsets, &b);
            r.spans = logits + w.offsets[i] * 2;
            if (bert_session_run(s, &b, &r, &err)) run_fail("%s", err.message);
        }
        for (k = 0; k < cli_size(); k++) {
            i = w.offsets[run_share(w.count, k)];
            n = w.offsets[run_share(w.count, k + 1)] - i;
            if (n > 0) cli_spread(logits + i * 2, (size_t)n * 2 * sizeof *logits, k);
        }
        for (i = 0; i < w.count; i++) {
            const float *z = logits + w.offsets[i] * 2;
            if (bert_squad_answers_add(found.answers, w.f + i, z, z + 1, windows_rows(w.f + i), 2)) run_fail("%s", found.err.message);
        }
        count += w.count;
        cli_progress("questions", w.f[w.count - 1].question, total);
    }
    if (bert_squad_answers_finish(found.answers)) run_fail("%s", found.err.message);
    cli_progress("questions", total, total);
    run_say("  Num split examples = %lld", (long long)count);
    bert_squad_features_close(features);
    bert_session_close(s);
    windows_free(&w);
    free(offsets);
    free(logits);
    found.model = m;
}
/* The members of predictions.json or null_odds.json, for the scores. */
static cli_text answers_json(int odds)
{
    cli_text o = { 0 };
    int64_t i;
    for (i = 0; i < bert_squad_count(found.squad); i++) {
        const bert_squad_question *q = bert_squad_get(found.squad, i);
        const bert_squad_answer *a = bert_squad_answers_get(found.answers, i);
        cli_str(&o, i ? ",\n" : "{");
        cli_quoted(&o, q->id.text, q->id.size);
        cli_str(&o, ": ");
        if (odds) squad_double(&o, a->null_odds);
        else cli_quoted(&o, a->text.text, a->text.size);
    }
    cli_str(&o, "}");
    return o;
}
static void score(const char *predictions, size_t size, const char *odds, size_t odds_size, bert_squad_score *out)
{
    bert_squad_score_desc d = { 0 };
    bert_error err = { 0 };
    d.data_path = predict_file;
    d.predictions = predictions;
    d.predictions_size = size;
    d.na_prob = odds;
    d.na_prob_size = odds_size;
    d.metric = strcmp(language, "zh") == 0 ? BERT_SQUAD_METRIC_CMRC : version_2 == BERT_ON ? BERT_SQUAD_METRIC_2_0 : BERT_SQUAD_METRIC_AUTO;
    d.error = &err;
    if (bert_squad_evaluate(&d, out)) run_fail("%s", err.message);
}
static void evaluate(run_task *t, const bert_model *m, const char *dir, run_results *out)
{
    cli_text predictions, odds = { 0 }, json = { 0 };
    bert_squad_score s;
    run_say("***** Running evaluation *****");
    run_say("  Num orig examples = %lld", (long long)bert_squad_count(found.squad));
    run_say("  Batch size = %lld", (long long)run.predict_batch_size);
    answer(m);
    predictions = answers_json(0);
    if (version_2 == BERT_ON) odds = answers_json(1);
    score(predictions.data, predictions.size, odds.data, odds.size, &s);
    run_result(out, "exact_match", s.all.exact);
    run_result(out, "f1", s.all.f1);
    run_result_as(out, "total", (double)s.all.total, 1);
    if (s.metric == BERT_SQUAD_METRIC_CMRC) run_result(out, "average", (s.all.exact + s.all.f1) * 0.5);
    if (s.has_answer.total && s.metric == BERT_SQUAD_METRIC_2_0) {
        run_result(out, "HasAns_exact", s.has_answer.exact);
        run_result(out, "HasAns_f1", s.has_answer.f1);
        run_result_as(out, "HasAns_total", (double)s.has_answer.total, 1);
    }
    if (s.no_answer.total && s.metric == BERT_SQUAD_METRIC_2_0) {
        run_result(out, "NoAns_exact", s.no_answer.exact);
        run_result(out, "NoAns_f1", s.no_answer.f1);
        run_result_as(out, "NoAns_total", (double)s.no_answer.total, 1);
    }
    if (s.has_best) {
        run_result(out, "best_exact", s.best_exact);
        run_result(out, "best_exact_thresh", s.best_exact_thresh);
        run_result(out, "best_f1", s.best_f1);
        run_result(out, "best_f1_thresh", s.best_f1_thresh);
    }
    if (!t->training && !cli_rank()) {                                 /* what evaluate_squad prints */
        squad_scores(&json, &s, dir ? run_in(dir, "predictions.json") : "predictions.json", 0, 0);
        cli_str(&json, "\n");
        run_clear();
        if (fwrite(json.data, 1, json.size, stdout) != json.size || fflush(stdout)) run_fail("cannot write to standard output");
    }
    free(predictions.data);
    free(odds.data);
    free(json.data);
}
static void predict(run_task *t, const bert_model *m, const char *dir)
{
    char paths[3][1500];
    (void)t;
    if (found.model != m) {                                             /* else --do_eval has just found them */
        run_say("***** Running predictions *****");
        run_say("  Num orig examples = %lld", (long long)bert_squad_count(found.squad));
        run_say("  Batch size = %lld", (long long)run.predict_batch_size);
        answer(m);
    }
    found.model = NULL;
    if (!dir) dir = ".";
    snprintf(paths[0], sizeof paths[0], "%s", run_in(dir, "predictions.json"));
    snprintf(paths[1], sizeof paths[1], "%s", run_in(dir, "nbest_predictions.json"));
    snprintf(paths[2], sizeof paths[2], "%s", run_in(dir, "null_odds.json"));
    if (!cli_rank() && bert_squad_answers_write(found.answers, paths[0], paths[1], version_2 == BERT_ON ? paths[2] : NULL)) run_fail("%s", found.err.message);
    run_say("Writing predictions to: %s", paths[0]);
    run_say("Writing nbest to: %s", paths[1]);
    if (version_2 == BERT_ON) run_say("Writing null_log_odds to: %s", paths[2]);
}

/* What a model was trained with stands in its task.json. */
static int64_t saved_int(const bert_json *root, const char *name, int64_t given, int64_t usual)
{
    int64_t v = 0;
    return given ? given : root && bert_json_int(bert_json_get(root, name), &v) && v > 0 ? v : usual;
}
static void settle(void)
{
    bert_json_doc doc;
    const bert_json *root = run_saved("task.json", &doc) ? doc.root : NULL, *v;
    if (root && !bert_json_is(bert_json_get(root, "tool"), "run_squad")) {
        if (!run.do_train) run_fail("%s was trained by another program: see task.json there", run_now.from);
        bert_json_free(&doc);
        root = NULL;
    }
    doc_stride = saved_int(root, "doc_stride", doc_stride, 128);
    max_query_length = saved_int(root, "max_query_length", max_query_length, 64);
    if (root && version_2 == BERT_DEFAULT && (v = bert_json_get(root, "version_2_with_negative")) != NULL) version_2 = v->type == 't' ? BERT_ON : BERT_OFF;
    if (root && strcmp(language, "auto") == 0 && bert_json_is(bert_json_get(root, "language"), "zh")) language = "zh";
    if (root) bert_json_free(&doc);
    if (run.max_seq_length <= max_query_length + 3)
        run_fail("The max_seq_length (%lld) must be greater than max_query_length (%lld) + 3", (long long)run.max_seq_length, (long long)max_query_length);
}

int main(int argc, char **argv)
{
    static char json[400];
    run_task t = { 0 };
    cli c = cli_parse(argc, argv, "run_squad --init_checkpoint=MODEL --output_dir=DIR --do_train --train_file=F --do_eval --do_predict --predict_file=F [FLAGS]",
                      "Fine-tunes, evaluates and applies a model that finds the answers to questions in passages.\n"
                      "--do_predict writes predictions.json, nbest_predictions.json and, with --version_2_with_negative, null_odds.json;\n"
                      "--do_eval scores the answers to --predict_file as evaluate_squad does.", flags);
    cli_choice("language", language, "auto|en|zh");
    if (run.do_train_and_eval || run.keep_best || run.patience) run.do_eval = 1;
    if (run.do_train && !train_file) cli_usage("If `do_train` is True, then `train_file` must be specified.", "");
    if (run.do_predict && !predict_file) cli_usage("If `do_predict` is True, then `predict_file` must be specified.", "");
    if (run.do_eval && !predict_file) cli_usage("--do_eval needs --predict_file, questions with their answers", "");
    cli_range("doc_stride", doc_stride, 0, INT64_MAX);
    cli_range("max_query_length", max_query_length, 0, INT64_MAX);
    cli_range("num_eval_iterations", num_eval_iterations, 0, INT32_MAX);
    cli_range("max_answer_length", max_answer_length, 1, INT64_MAX);
    cli_range("n_best_size", n_best_size, 1, 1000000);
    run_usual_length = 384;
    run_begin(&c, argc, argv);
    settle();
    if (predict_file) {                                                 /* before hours of training: can it be read, has it answers? */
        bert_squad_score none;
        found.squad = read_questions(predict_file, 0);
        if (run.do_eval) score("{}", 2, NULL, 0, &none);
    }
    if (eval_script) run_say("note: --eval_script is not needed: --do_eval prints the numbers of the official scripts");
    snprintf(json, sizeof json, "{\n  \"tool\": \"run_squad\",\n  \"max_seq_length\": %lld,\n  \"doc_stride\": %lld,\n  \"max_query_length\": %lld,\n  \"version_2_with_negative\": %s,\n  \"language\": \"%s\"\n}\n",
             (long long)run.max_seq_length, (long long)doc_stride, (long long)max_query_length, version_2 == BERT_ON ? "true" : "false", language);
    t.kind = "ForQuestionAnswering";
    t.title = "SQuAD";
    t.metric = "f1";
    t.learn = BERT_LEARN_SPANS;
    t.longest = run.max_seq_length;
    t.task_json = json;
    t.load = load;
    t.batch = batch;
    t.evaluate = evaluate;
    t.predict = predict;
    return run_all(&t);
}
