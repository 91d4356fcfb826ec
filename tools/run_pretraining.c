/* run_pretraining - masked words and next sentences, as Google's script of that name.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   run_pretraining --input_file=tf_examples.tfrecord --output_dir=out --do_train --do_eval --bert_config_file=bert_config.json \
       --init_checkpoint=bert_model.ckpt --train_batch_size=32 --max_seq_length=128 --max_predictions_per_seq=20

   The input is what create_pretraining_data makes: files, patterns, folders. Google's flags, and those of NVIDIA's and Huawei's programs
   that mean something here. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"

static const char *input_file, *input_files_dir, *eval_file, *eval_files_dir;
static int dynamic_masking, whole_words, use_relative_position, phase2;
static int64_t max_predictions = 20, max_eval_steps = 100, shuffle = 10000, phase1_end_step;
static double masked_lm_prob = 0.15;

static const cli_flag flags[] = {
    { "input_file", 's', &input_file, "TFRecord files of instances: names, patterns (*.tfrecord) or folders, separated by commas" },
    { "input_files_dir", 's', &input_files_dir, "or a folder of them, as Huawei's and NVIDIA's programs have it" },
    { "input_dir", 's', &input_files_dir, "the same" },
    { "eval_file", 's', &eval_file, "what to evaluate on (default: the input)" },
    { "eval_files_dir", 's', &eval_files_dir, "or a folder" },
    { "max_predictions_per_seq", 'i', &max_predictions, "masked words of an instance at most: as the data was made" },
    { "max_eval_steps", 'i', &max_eval_steps, "batches to evaluate on" },
    { "shuffle", 'i', &shuffle, "instances held, of which each next one is drawn; 0: as they stand in the files" },
    { "dynamic_masking", 'b', &dynamic_masking, "draw other masks each time round; needs the vocabulary" },
    { "do_whole_word_mask", 'b', &whole_words, "...of whole words" },
    { "masked_lm_prob", 'd', &masked_lm_prob, "...of so many of the words" },
    { "use_relative_position", 'b', &use_relative_position, "NEZHA's relative positions, for a new model" },
    { "phase2", 'b', &phase2, "go on from the end of a first phase (of shorter instances) in the same output_dir, with a schedule of its own" },
    { "phase1_end_step", 'i', &phase1_end_step, "...which ended at this step" },
    { "max_steps", 'i', &run.num_train_steps, "the same as num_train_steps" },
    { "num_steps_per_checkpoint", 'i', &run.save_checkpoints_steps, "the same as save_checkpoints_steps" },
    { "init_loss_scale", 's', &run.loss_scale, "the same as loss_scale" },
    { "checkpoint_activations", 'b', &run.recompute, "the same as recompute" },
    { "verbose_logging", 'b', &run.none_b, "NVIDIA's, without a meaning here" },
    RUN_FLAGS,
    { 0, 0, 0, 0 }
};

static bert_paths train_paths, eval_paths;
static bert_instances *reader;          /* of the training data */
static uint64_t reader_seed;
static int32_t vocab_size;              /* of the model */
static int64_t reader_place[3];         /* instances before, then bert_instances_place */

static bert_paths find(const char *list, const char *folder)
{
    bert_paths p = { 0 };
    bert_error err = { 0 };
    cli_text t = { 0 };
    if (list) cli_str(&t, list);
    if (list && folder) cli_str(&t, ",");
    if (folder) cli_str(&t, folder);
    cli_add(&t, "", 1);
    if (bert_paths_find(t.data, NULL, &p, &err)) run_fail("%s", err.message);
    free(t.data);
    return p;
}
/* training: shuffled, with new masks if asked for. Both go round and round. */
static bert_instances *open_reader(const bert_paths *paths, int training, uint64_t seed)
{
    bert_error err = { 0 };
    bert_instances_desc d = { 0 };
    bert_instances *r = NULL;
    d.paths = paths->path;
    d.path_count = paths->count;
    d.vocab_size = vocab_size;
    d.max_seq_length = (int32_t)run.max_seq_length;
    d.max_predictions = (int32_t)max_predictions;
    d.repeat = 1;
    d.seed = seed;
    if (training) {
        d.shuffle = shuffle;
        d.tokenizer = dynamic_masking ? run_now.tokenizer : NULL;
        d.masking = whole_words ? BERT_MASKING_WORDS : BERT_MASKING_PIECES;
        d.masked_lm_prob = masked_lm_prob;
    }
    d.error = &err;
    if (bert_instances_open(&d, &r)) run_fail("%s", err.message);
    return r;
}
/* How many words of an instance may be masked, and how many should be. */
static void check_predictions(const bert_instances *r)
{
    const bert_instances_facts f = bert_instances_look(r);
    const double want = (double)f.max_seq_length * masked_lm_prob;
    if ((double)f.max_predictions < 0.75 * want || (f.skewed > 0 && (double)f.skewed > 0.1 * (double)f.instances))
        run_say("note: the data has at most %d masked words an instance, and %d tokens times %g (--masked_lm_prob) are %.0f: long instances teach less than they could; make the data with --max_predictions_per_seq=%.0f", (int)f.max_predictions,
                (int)f.max_seq_length, masked_lm_prob, want, ceil(want));
    else if ((double)f.max_predictions > 2 * want + 2)
        run_say("note: the data has places for %d masked words an instance, and %d tokens times %g (--masked_lm_prob) are %.0f: was it made with another probability? Else make it with --max_predictions_per_seq=%.0f", (int)f.max_predictions,
                (int)f.max_seq_length, masked_lm_prob, want, ceil(want));
    run_say("  Instances = %.0f %% full, %.1f masked words each (of the first %lld)", 100.0 * (double)f.tokens / ((double)f.instances * f.max_seq_length), (double)f.masked / (double)f.instances, (long long)f.instances);
}
static void load(run_task *t)
{
    size_t i;
    const int64_t way[4] = { shuffle, dynamic_masking, whole_words, (int64_t)(masked_lm_prob * 1e6) };
    run_say("*** Input Files ***");
    for (i = 0; i < train_paths.count; i++) {
        bert_error err = { 0 };
        bert_file f;
        const char *name = strrchr(train_paths.path[i], '/');
        run_say("  %s", train_paths.path[i]);
        if (bert_file_open(train_paths.path[i], NULL, &f, &err)) run_fail("%s", err.message);
        name = name ? name + 1 : train_paths.path[i];
        t->data = run_hash(t->data, name, strlen(name));
        t->data = run_hash(t->data, &f.size, sizeof f.size);
        bert_file_close(&f);
    }
    t->data = run_hash(t->data, way, sizeof way);
    reader = open_reader(&train_paths, 1, reader_seed = (uint64_t)run.seed);
    check_predictions(reader);
}
/* What lies between where the reader stands and `first` is passed over unread: so several workers take their parts of a batch. */
static void batch(run_task *t, uint64_t seed, int64_t first, int64_t count, bert_batch *out, bert_targets *targets)
{
    bert_error err = { 0 };
    bert_instances_batch b;
    bert_instances_place p;
    if (seed != reader_seed) {
        bert_instances_close(reader);
        reader = open_reader(&train_paths, 1, reader_seed = seed);
        memset(reader_place, 0, sizeof reader_place);
    }
    if (memcmp(t->place, reader_place, sizeof reader_place) != 0) {
        p.round = t->place[1];
        p.index = t->place[2];
        if (bert_instances_seek(reader, &p, &err)) run_fail("%s", err.message);
    }
    if (bert_instances_next(reader, first - t->place[0] + count, first - t->place[0], count, &b, &err)) run_fail("%s", err.message);
    p = bert_instances_tell(reader);
    reader_place[0] = t->place[0] = first + count;
    reader_place[1] = t->place[1] = p.round;
    reader_place[2] = t->place[2] = p.index;
    *out = b.batch;
    memset(targets, 0, sizeof *targets);
    targets->masked_count = b.masked_count;
    targets->masked_rows = b.masked_rows;
    targets->masked_ids = b.masked_ids;
    targets->masked_weights = b.masked_weights;
    targets->next_sentence = b.next_sentence;
}

/* The reference's six numbers, with global_step: means over all words and all pairs, and of the loss over batches, as its Estimator. */
static void evaluate(run_task *t, const bert_model *m, const char *dir, run_results *out)
{
    const int32_t nV = bert_model_config(m)->vocab_size;
    const int64_t at_once = max_predictions > 128 ? 1 : 128 / max_predictions;
    bert_instances *r;
    bert_session *s;
    bert_error err = { 0 };
    bert_instances_batch b;
    bert_result result;
    float *words = (float *)run_memory(NULL, (size_t)at_once * (size_t)max_predictions * (size_t)nV, sizeof *words), *next = (float *)run_memory(NULL, (size_t)at_once * 2, sizeof *next);
    double loss = 0, all[6] = { 0 }, (*parts)[6] = run_memory(NULL, (size_t)max_eval_steps, sizeof *parts);     /* of words: weights, losses, right; of pairs: the same */
    const int64_t from = run_share(max_eval_steps, cli_rank()), to = run_share(max_eval_steps, cli_rank() + 1);
    int64_t step, i, n;
    int k;
    (void)t;
    (void)dir;
    if ((bert_model_heads(m) & (BERT_HEAD_MLM | BERT_HEAD_NSP)) != (BERT_HEAD_MLM | BERT_HEAD_NSP))
        run_fail("%s has no head for masked words or none for next sentences: it was not pre-trained with both; train (--do_train)", bert_checkpoint_path(bert_model_checkpoint(m)));
    run_say("***** Running evaluation *****");
    run_say("  Batch size = %lld", (long long)run.eval_batch_size);
    memset(parts, 0, (size_t)max_eval_steps * sizeof *parts);
    r = open_reader(&eval_paths, 0, 0);
    s = run_session(m, run.max_seq_length > 1024 ? run.max_seq_length : 1024);
    if (bert_instances_next(r, from * run.eval_batch_size, 0, 0, &b, &err)) run_fail("%s", err.message);
    for (step = from; step < to; step++) {
        double *part = parts[step];
        for (n = 0; n < run.eval_batch_size; n += b.batch.sequences) {
            const int64_t count = run.eval_batch_size - n < at_once ? run.eval_batch_size - n : at_once;
            if (bert_instances_next(r, count, 0, count, &b, &err)) run_fail("%s", err.message);
            memset(&result, 0, sizeof result);
            result.masked_count = b.masked_count;
            result.masked_rows = b.masked_rows;
            result.words = b.masked_count ? words : NULL;
            result.next_sentence = next;
            if (bert_session_run(s, &b.batch, &result, &err)) run_fail("%s", err.message);
            for (i = 0; i < b.masked_count; i++) {
                const double w = (double)b.masked_weights[i];
                part[0] += w;
                part[1] += w * run_log_loss(words + i * nV, nV, b.masked_ids[i]);
                part[2] += w * (run_largest(words + i * nV, nV) == b.masked_ids[i]);
            }
            for (i = 0; i < b.batch.sequences; i++) {
                part[3] += 1;
                part[4] += run_log_loss(next + 2 * i, 2, b.next_sentence[i]);
                part[5] += run_largest(next + 2 * i, 2) == b.next_sentence[i];
            }
        }
        cli_progress("batches", step + 1 - from, to - from);
    }
    for (k = 0; k < cli_size(); k++) {
        n = run_share(max_eval_steps, k);
        if (run_share(max_eval_steps, k + 1) > n) cli_spread(parts + n, (size_t)(run_share(max_eval_steps, k + 1) - n) * sizeof *parts, k);
    }
    for (step = 0; step < max_eval_steps; step++) {
        loss += parts[step][1] / (parts[step][0] + 1e-5) + parts[step][4] / parts[step][3];
        for (i = 0; i < 6; i++) all[i] += parts[step][i];
    }
    run_result(out, "loss", loss / (double)max_eval_steps);
    run_result(out, "masked_lm_loss", all[0] > 0 ? all[1] / all[0] : 0);
    run_result(out, "masked_lm_accuracy", all[0] > 0 ? all[2] / all[0] : 0);
    run_result(out, "next_sentence_loss", all[4] / all[3]);
    run_result(out, "next_sentence_accuracy", all[5] / all[3]);
    free(parts);
    free(words);
    free(next);
    bert_session_close(s);
    bert_instances_close(r);
}

int main(int argc, char **argv)
{
    static char task_json[200];
    run_task t = { 0 };
    cli c;
    run.num_train_steps = 100000;
    run.num_warmup_steps = 10000;
    run.max_seq_length = 128;
    c = cli_parse(argc, argv, "run_pretraining --input_file=FILES --output_dir=DIR --bert_config_file=FILE [--init_checkpoint=MODEL] --do_train --do_eval [FLAGS]",
                  "Pre-trains a BERT: masked words and next sentences.", flags);
    if (!input_file && !input_files_dir && !(eval_file || eval_files_dir)) cli_usage("--input_file (or --input_files_dir) is missing", "");
    if (run.do_predict) cli_usage("there is nothing to predict: --do_train, --do_eval, or both", "");
    if ((run.do_train || run.do_train_and_eval) && !input_file && !input_files_dir) cli_usage("--input_file (or --input_files_dir) is needed to train", "");
    if (run.num_train_steps < 1) cli_usage("--num_train_steps goes from 1", "");
    if (run.num_train_epochs < 3 || run.num_train_epochs > 3) cli_usage("pre-training counts steps, not epochs: --num_train_steps", "");
    if (max_predictions < 1 || max_predictions > 65535 || max_eval_steps < 1 || max_eval_steps > INT32_MAX || shuffle < 0 || shuffle > INT32_MAX) cli_usage("--max_predictions_per_seq and --max_eval_steps go from 1, --shuffle from 0", "");
    if (!(masked_lm_prob > 0 && masked_lm_prob < 1)) cli_usage("--masked_lm_prob lies between 0 and 1", "");
    if (whole_words && !dynamic_masking) cli_usage("--do_whole_word_mask is for --dynamic_masking; otherwise the data has its masks: give it to create_pretraining_data", "");
    if (phase2 != (phase1_end_step > 0) || phase1_end_step < 0) cli_usage("--phase2 goes with --phase1_end_step=STEP, the last of the first phase", "");
    run_now.only_ids = 1;
    run_now.relative = use_relative_position;
    run_begin(&c, argc, argv);
    if (run.num_warmup_steps >= run.num_train_steps && run.do_train)
        run_say("note: --num_warmup_steps %lld is not less than --num_train_steps %lld: the rate rises all the time", (long long)run.num_warmup_steps, (long long)run.num_train_steps);
    vocab_size = bert_model_config(run_now.model)->vocab_size;
    if (use_relative_position && !bert_model_config(run_now.model)->max_relative_position)
        run_fail("--use_relative_position: %s was trained with a table of absolute positions; leave the flag away, or begin with a new model (no --init_checkpoint)", run_now.from);
    if (dynamic_masking && !run_now.tokenizer) cli_usage("--dynamic_masking needs --vocab_file", "");
    if (input_file || input_files_dir) train_paths = find(input_file, input_files_dir);
    eval_paths = eval_file || eval_files_dir ? find(eval_file, eval_files_dir) : train_paths;
    snprintf(task_json, sizeof task_json, "{\n  \"tool\": \"run_pretraining\",\n  \"max_seq_length\": %lld,\n  \"max_predictions_per_seq\": %lld\n}\n", (long long)run.max_seq_length, (long long)max_predictions);
    t.kind = "ForPreTraining";
    t.title = "pre-training";
    t.metric = "masked_lm_loss";
    t.learn = BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE;
    t.longest = run.max_seq_length;
    t.task_json = task_json;
    t.phase_start = phase1_end_step;
    t.load = load;
    t.batch = batch;
    t.evaluate = evaluate;
    return run_all(&t);
}
