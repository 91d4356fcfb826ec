/* tools/run.h - what the programs that train share: their flags, and the loop around a trainer.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A program describes its task by a few functions, and run_all does the rest: opening, resuming, stepping, saving, evaluating,
   keeping the best, the log, the picture, lists of rates, batches and seeds.

      static const cli_flag flags[] = { { "data_dir", 's', &data_dir, "..." }, RUN_FLAGS, { 0, 0, 0, 0 } };
      int main(int argc, char **argv) {
          cli c = cli_parse(argc, argv, "...", "...", flags);
          run_task t = { 0 };
          run_begin(&c, argc, argv);              // checks the flags; opens what --init_checkpoint or --output_dir names
          ...
          t.learn = BERT_LEARN_CLASSES;  t.load = load;  t.batch = batch;  t.evaluate = evaluate;  ...
          return run_all(&t);
      }

   Several workers (make MPI=1, mpirun) run the same program side by side: each takes its share of every batch and of what is evaluated
   and predicted, all know all results, and the first one alone writes and speaks. A task need not know: its `batch` is asked for a part
   of the batch, run_logits gives everything; files are written by cli_file_write.

   What lies in an output_dir, as the reference's Estimator has it: model.ckpt-STEP (weights and optimizer, in TensorFlow's
   format) and `checkpoint`, which names the newest. Training goes on from there, evaluation and prediction use it. Ours:
      model.safetensors config.json vocab.txt tokenizer_config.json task.json label_list.txt   the result, to be used alone
      log.jsonl training.svg     a line for each logged step and evaluation; the same as a picture
      eval_results.txt           as the reference writes it */
#ifndef RUN_H
#define RUN_H

#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#error "define _POSIX_C_SOURCE 200809L first: files are locked, folders made, terminals asked"
#endif
#define CLI_WORKERS
#include "cli.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#ifdef _WIN32
#include <direct.h>
#include <share.h>
#else
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#endif

/* ---- the flags ---- */

static struct run_flags {
    const char *init_checkpoint, *bert_config_file, *vocab_file, *output_dir, *log_file, *export_format, *keep_best;
    const char *learning_rate, *train_batch_size, *seeds, *optimizer, *schedule, *clip, *precision, *isa, *loss_scale, *budget;
    const char *tpu_name, *tpu_zone, *gcp_project, *master, *groups, *optimizer_type, *dllog_path;
    bert_flag lower, check_case;
    int overwrite, do_train, do_eval, do_predict, do_train_and_eval, use_fp16, recompute, save_memory, small_slots, none, none_b, horovod, wire_bf16;
    int64_t max_seq_length, eval_batch_size, predict_batch_size, seed, threads, accumulate, save_checkpoints_steps, keep_checkpoint_max, iterations_per_loop, log_steps, num_train_steps,
        num_warmup_steps, patience, frozen, num_tpu_cores, loss_scale_growth, loss_scale_decrease, resume_step, accumulation;
    double num_train_epochs, warmup_proportion, weight_decay, adam_epsilon, max_grad_norm, layer_decay, dropout, worker_timeout;
} run = { NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          "5e-5", "32", NULL, "google", NULL, NULL, NULL, "default", NULL, NULL,
          NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          BERT_DEFAULT, BERT_DEFAULT,
          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
          0, 8, 8, 1, 0, 1, 1000, 5, 1000, 0, 0,
          -1, 0, 0, 8, 0, 0, -1, 1,
          3, 0.1, 0.01, 0, 1, 1, -1, 600 };

#define RUN_SCHEDULES "google|linear|cosine|constant|root"
/* The rows of every training program's table. Those that use_tpu and the like stand for are accepted, and said to mean nothing. */
#define RUN_FLAGS \
    { "init_checkpoint", 's', &run.init_checkpoint, "the model to begin with: a folder, a file, a TensorFlow prefix" }, \
    { "bert_config_file", 's', &run.bert_config_file, "its config (default: beside it)" }, \
    { "vocab_file", 's', &run.vocab_file, "its vocabulary (default: beside it)" }, \
    { "do_lower_case", 't', &run.lower, "lower-case the text (default: as the model's files or name say, else true)" }, \
    { "check_case", 't', &run.check_case, "refuse casing against the model's name" }, \
    { "output_dir", 's', &run.output_dir, "where all results go, and training goes on from" }, \
    { "overwrite", 'b', &run.overwrite, "begin anew in an output_dir that has checkpoints" }, \
    { "do_train", 'b', &run.do_train, "train" }, \
    { "do_eval", 'b', &run.do_eval, "evaluate on the dev set" }, \
    { "do_predict", 'b', &run.do_predict, "predict the test set" }, \
    { "do_train_and_eval", 'b', &run.do_train_and_eval, "evaluate at every checkpoint" }, \
    { "keep_best", 's', &run.keep_best, "...and let the result be the best by this (eval_accuracy, eval_loss, ...; `true`: the task's own)" }, \
    { "patience", 'i', &run.patience, "...and stop after so many evaluations without a better one; 0: never" }, \
    { "max_seq_length", 'i', &run.max_seq_length, "tokens of a sequence at most, [CLS] and [SEP] included; 0: as it was trained, else 128 (run_squad: 384)" }, \
    { "train_batch_size", 's', &run.train_batch_size, "examples a step; a list (16,32) is run one after another" }, \
    { "eval_batch_size", 'i', &run.eval_batch_size, "examples at once" }, \
    { "predict_batch_size", 'i', &run.predict_batch_size, "examples at once" }, \
    { "learning_rate", 's', &run.learning_rate, "the highest; or a list (2e-5,3e-5,5e-5)" }, \
    { "num_train_epochs", 'd', &run.num_train_epochs, "times to see all examples" }, \
    { "num_train_steps", 'i', &run.num_train_steps, "instead of epochs: steps" }, \
    { "warmup_proportion", 'd', &run.warmup_proportion, "share of the steps with a rising rate" }, \
    { "num_warmup_steps", 'i', &run.num_warmup_steps, "instead of a share: steps; -1: the share" }, \
    { "seed", 'i', &run.seed, "of new weights, dropout and the order of examples" }, \
    { "seeds", 's', &run.seeds, "a list of seeds (1,2,3): a run for each" }, \
    { "optimizer", 's', &run.optimizer, "google, adamw, bertadam, lamb, lamb_nezha or sgd" }, \
    { "optimizer_type", 's', &run.optimizer_type, "adam or lamb: another way to say --optimizer=google, --optimizer=lamb" }, \
    { "schedule", 's', &run.schedule, "google (linear, from step 0 on), linear, cosine, constant, or root (NVIDIA's for LAMB: the square root of google's) (default: google for that optimizer, else linear)" }, \
    { "weight_decay", 'd', &run.weight_decay, "but for biases and LayerNorm" }, \
    { "adam_epsilon", 'd', &run.adam_epsilon, "0: 1e-6, adamw 1e-8" }, \
    { "max_grad_norm", 'd', &run.max_grad_norm, "gradients are scaled down to this norm; 0: not" }, \
    { "clip", 's', &run.clip, "which norm: global, rows, tf1_rows, each or none" }, \
    { "layer_decay", 'd', &run.layer_decay, "each layer learns at so much of the rate of the one above" }, \
    { "frozen_layers", 'i', &run.frozen, "1: the embeddings do not learn; 1 + n: nor the first n layers" }, \
    { "groups", 's', &run.groups, "PART:RATE[:decay|:nodecay],...: parameters with PART in their names learn at so many times the rate (0: not at all)" }, \
    { "dropout", 'd', &run.dropout, "instead of the config's; -1: the config's" }, \
    { "precision", 's', &run.precision, "f32 or bf16 (with float32 master weights); int8 to evaluate and predict" }, \
    { "use_fp16", 'b', &run.use_fp16, "mixed precision: bf16 here, with loss scaling" }, \
    { "fp16", 'b', &run.use_fp16, "the same" }, \
    { "amp", 'b', &run.use_fp16, "the same" }, \
    { "manual_fp16", 'b', &run.use_fp16, "the same" }, \
    { "loss_scale", 's', &run.loss_scale, "where it starts: a number, 0 (none), or nezha (2^32, 1000, 2); with mixed precision 65536" }, \
    { "loss_scale_growth", 'i', &run.loss_scale_growth, "doubled after so many good steps; 0: 2000" }, \
    { "loss_scale_decrease", 'i', &run.loss_scale_decrease, "halved after so many that were not; 0: 1" }, \
    { "accumulate", 'i', &run.accumulate, "compute a batch in so many parts: less memory, the same batch" }, \
    { "gradient_accumulation_steps", 'i', &run.accumulate, "the same" }, \
    { "num_accumulation_steps", 'i', &run.accumulation, "compute so many batches for a step: it is a batch so much larger" }, \
    { "allreduce_post_accumulation", 'b', &run.none_b, "of NVIDIA's programs: always so" }, \
    { "recompute", 'b', &run.recompute, "keep only each layer's output and compute the rest again: less memory, the same bits" }, \
    { "save_memory", 'b', &run.save_memory, "both: recompute, and parts as small as they can be" }, \
    { "small_slots", 'b', &run.small_slots, "keep the optimizer's slots as bf16: half their memory, other bits" }, \
    { "memory", 's', &run.budget, "bytes for the trainer (4G): parts as large as fit" }, \
    { "threads", 'i', &run.threads, "how many; 0: one a core. The result is the same" }, \
    { "isa", 's', &run.isa, "kernels: " CLI_ISAS }, \
    CLI_DEVICE, \
    { "save_checkpoints_steps", 'i', &run.save_checkpoints_steps, "steps between checkpoints" }, \
    { "keep_checkpoint_max", 'i', &run.keep_checkpoint_max, "checkpoints to keep; 0: all" }, \
    { "resume_step", 'i', &run.resume_step, "go on from the checkpoint of this step; -1: from the newest" }, \
    { "iterations_per_loop", 'i', &run.iterations_per_loop, "steps between lines, if log_steps is not given and it is less than 100" }, \
    { "log_steps", 'i', &run.log_steps, "steps between lines" }, \
    { "display_loss_steps", 'i', &run.log_steps, "the same" }, \
    { "log_file", 's', &run.log_file, "what is said goes there as well" }, \
    { "export", 's', &run.export_format, "the result once more, in output_dir/export: tf, safetensors or pytorch" }, \
    { "horovod", 'b', &run.horovod, "workers (make MPI=1, mpirun): train_batch_size is of each, and the rate is multiplied by how many there are" }, \
    { "allreduce_bf16", 'b', &run.wire_bf16, "workers: gradients travel as bf16, half the bytes" }, \
    { "allreduce_post_accumulation_fp16", 'b', &run.wire_bf16, "the same" }, \
    { "worker_timeout", 'd', &run.worker_timeout, "workers: seconds without a word of one of them that end it all" }, \
    { "use_tpu", 'b', &run.none, "of the reference, without a meaning here; so are:" }, \
    { "use_xla", 'b', &run.none, "" }, { "use_trt", 'b', &run.none, "" }, { "report_loss", 'b', &run.none_b, "" }, { "dllog_path", 's', &run.dllog_path, "" }, \
    { "tpu_name", 's', &run.tpu_name, "" }, { "tpu_zone", 's', &run.tpu_zone, "" }, { "gcp_project", 's', &run.gcp_project, "" }, \
    { "master", 's', &run.master, "" }, { "num_tpu_cores", 'i', &run.num_tpu_cores, "" }

/* ---- saying things: on stderr and in the log file ---- */

static struct run_state {
    FILE *log;
    int terminal, line;                 /* a line of progress stands there */
    double start;
    bert_model *model;                  /* of init_checkpoint or output_dir; NULL while a trainer has its weights */
    bert_tokenizer *tokenizer;
    bert_file vocab;                    /* the file of the vocabulary, to be copied */
    int vocab_json, initial;            /* tokenizer.json; the model is a new one, from a config */
    int only_ids;                       /* set before run_begin: texts are ids already, a vocabulary may be missing */
    int relative;                       /* likewise: a new model has NEZHA's relative positions */
    char from[1200], config[1200];      /* what was opened, with which config ("": what lies beside it) */
    int lock;
} run_now;
static volatile sig_atomic_t run_stop;
static int64_t run_usual_length = 128;  /* --max_seq_length where neither the flag nor the model's task.json says it */

CLI_FN void run_clear(void)
{
    if (run_now.line) fprintf(stderr, "\r%100s\r", "");
    run_now.line = 0;
}
CLI_FN void run_say(const char *format, ...)
{
    va_list a;
    if (cli_rank()) return;
    run_clear();
    va_start(a, format);
    vfprintf(stderr, format, a);
    va_end(a);
    fputc('\n', stderr);
    if (!run_now.log) return;
    va_start(a, format);
    vfprintf(run_now.log, format, a);
    va_end(a);
    fputc('\n', run_now.log);
    fflush(run_now.log);
}
CLI_FN void run_fail(const char *format, ...)
{
    char text[1400];
    va_list a;
    va_start(a, format);
    vsnprintf(text, sizeof text, format, a);
    va_end(a);
    run_clear();
    if (run_now.log) { fprintf(run_now.log, "%s: %s\n", cli_name, text); fflush(run_now.log); }
    cli_fail(text);
}
/* dir/name, in one of a few places that are used in turn. */
CLI_FN const char *run_in(const char *dir, const char *format, ...)
{
    static char places[8][1500];
    static int next;
    char *p = places[next++ % 8];
    const size_t n = strlen(dir);
    va_list a;
    int m;
    if (n > 1000) run_fail("%.60s...: the path is too long", dir);
    memcpy(p, dir, n);
    if (n && dir[n - 1] != '/') { p[n] = '/'; p[n + 1] = 0; }
    else p[n] = 0;
    va_start(a, format);
    m = vsnprintf(p + strlen(p), 400, format, a);
    va_end(a);
    if (m < 0 || m >= 400) run_fail("%.60s...: the name is too long", format);
    return p;
}
CLI_FN void *run_memory(void *old, size_t count, size_t size)
{
    void *p = count > SIZE_MAX / (size ? size : 1) ? NULL : realloc(old, count && size ? count * size : 1);
    if (!p) run_fail("out of memory: %.0f MB were asked for", (double)count * (double)size / 1e6);
    return p;
}
CLI_FN int run_is_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f) fclose(f);
    return f != NULL;
}
CLI_FN void run_make_folder(const char *path)
{
    char part[1500];
    size_t i;
    const size_t n = strlen(path);
    if (cli_rank()) return;
    if (n >= sizeof part) run_fail("%.60s...: the path is too long", path);
    for (i = 1; i <= n; i++) {
        if (path[i] && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = 0;
#ifdef _WIN32
        if (_mkdir(part) && errno != EEXIST && i == n) run_fail("%s: the folder cannot be made: %s", path, strerror(errno));
#else
        if (mkdir(part, 0777) && errno != EEXIST && i == n) run_fail("%s: the folder cannot be made: %s", path, strerror(errno));
#endif
    }
}
/* Two programs in one output_dir would take each other's checkpoints. The lock goes with the program, however it ends. */
CLI_FN void run_lock(const char *dir)
{
    const char *path = run_in(dir, ".lock");
#ifdef _WIN32
    if (!_fsopen(path, "w", _SH_DENYRW)) run_fail("%s: another program is training in this output_dir (or it cannot be written)", dir);
#else
    struct flock l;
    const int f = open(path, O_RDWR | O_CREAT, 0666);
    if (f < 0) run_fail("%s: cannot be written: %s", path, strerror(errno));
    memset(&l, 0, sizeof l);
    l.l_type = F_WRLCK;
    l.l_whence = SEEK_SET;
    if (fcntl(f, F_SETLK, &l) == -1 && (errno == EACCES || errno == EAGAIN)) run_fail("%s: another program is at work in this output_dir; give another one, or wait", dir);
    run_now.lock = f;                   /* stays open */
#endif
}
CLI_FN uint64_t run_hash(uint64_t h, const void *data, size_t size)
{
    const unsigned char *p = (const unsigned char *)data;
    size_t i;
    if (!h) h = 14695981039346656037u;
    for (i = 0; i < size; i++) h = (h ^ p[i]) * 1099511628211u;
    return h;
}

/* ---- numbers with names: results ---- */

/* As numpy prints a float32: the shortest that reads back the same. */
CLI_FN const char *run_number(char out[40], double v)
{
    int digits;
    if (v != v) return "nan";
    v = (double)(float)v;
    for (digits = 1; digits <= 9; digits++) {
        snprintf(out, 40, "%.*g", digits, v);
        if ((float)strtod(out, NULL) == (float)v) break;
    }
    if (fabs(v) >= 1e-4 && fabs(v) < 1e9 && strchr(out, 'e')) snprintf(out, 40, "%.0f", v);
    if (!strpbrk(out, ".en")) strcat(out, ".0");
    return out;
}
enum { RUN_RESULTS = 96 };
typedef struct run_results {
    int count;
    struct { char key[64]; double value; int whole; } item[RUN_RESULTS];     /* sorted by key */
} run_results;
CLI_FN void run_result_as(run_results *r, const char *key, double value, int whole)
{
    int i, k;
    for (i = 0; i < r->count && strcmp(r->item[i].key, key) < 0; i++) {}
    if (i == r->count || strcmp(r->item[i].key, key) != 0) {
        if (r->count == RUN_RESULTS) return;
        for (k = r->count++; k > i; k--) r->item[k] = r->item[k - 1];
    }
    snprintf(r->item[i].key, sizeof r->item[i].key, "%s", key);
    r->item[i].value = value;
    r->item[i].whole = whole;
}
CLI_FN void run_result(run_results *r, const char *key, double value) { run_result_as(r, key, value, 0); }
CLI_FN int run_find(const run_results *r, const char *key)
{
    int i;
    for (i = 0; i < r->count; i++) if (strcmp(r->item[i].key, key) == 0) return i;
    return -1;
}
CLI_FN const char *run_value(const run_results *r, int i, char out[40])
{
    if (!r->item[i].whole) return run_number(out, r->item[i].value);
    snprintf(out, 40, "%.0f", r->item[i].value);
    return out;
}
/* ***** Eval results *****, and the file with the same lines (NULL: none). */
CLI_FN void run_write_results(const char *title, const char *path, const run_results *r)
{
    bert_error err = { 0 };
    cli_text o = { 0 };
    char text[40];
    int i;
    run_say("***** %s *****", title);
    for (i = 0; i < r->count; i++) {
        const char *value = run_value(r, i, text);
        run_say("  %s = %s", r->item[i].key, value);
        cli_str(&o, r->item[i].key);
        cli_str(&o, " = ");
        cli_str(&o, value);
        cli_str(&o, "\n");
    }
    if (path && cli_file_write(path, o.data, o.size, &err)) run_fail("%s", err.message);
    free(o.data);
}

/* ---- sequences, encoded once and kept back to back; batches of them ---- */

typedef struct run_rows {
    int32_t *ids, *firsts;              /* [tokens]; [count] tokens of segment 0 */
    int64_t *offsets;                   /* [count+1] */
    int64_t count, tokens, row_room, token_room;
    uint64_t hash;
} run_rows;
/* Adds a sequence: its ids and segments, n of each, and whatever else `label` means for the data's identity. */
CLI_FN void run_rows_add(run_rows *r, const int32_t *ids, const int32_t *segments, int64_t n, const void *label, size_t label_size)
{
    int64_t first = 0;
    if (r->count + 2 > r->row_room) {
        r->row_room = r->row_room * 2 + 1024;
        r->offsets = (int64_t *)run_memory(r->offsets, (size_t)r->row_room, sizeof *r->offsets);
        r->firsts = (int32_t *)run_memory(r->firsts, (size_t)r->row_room, sizeof *r->firsts);
        r->offsets[0] = 0;
    }
    if (r->tokens + n > r->token_room) {
        r->token_room = (r->tokens + n) * 2 + 4096;
        r->ids = (int32_t *)run_memory(r->ids, (size_t)r->token_room, sizeof *r->ids);
    }
    memcpy(r->ids + r->tokens, ids, (size_t)n * sizeof *ids);
    while (first < n && !(segments && segments[first])) first++;
    r->firsts[r->count++] = (int32_t)first;
    r->offsets[r->count] = r->tokens += n;
    r->hash = run_hash(r->hash, ids, (size_t)n * sizeof *ids);
    r->hash = run_hash(r->hash, label, label_size);
}
/* Rows which[0..count) as a batch; in memory that the next call uses again. */
CLI_FN void run_rows_batch(const run_rows *r, const int64_t *which, int64_t count, bert_batch *out)
{
    static int32_t *ids, *segments;
    static int64_t *offsets, rows, room;
    int64_t i, k, n = 0;
    for (i = 0; i < count; i++) n += r->offsets[which[i] + 1] - r->offsets[which[i]];
    if (count + 1 > rows) offsets = (int64_t *)run_memory(offsets, (size_t)(rows = count + 1), sizeof *offsets);
    if (n > room) {
        room = n;
        ids = (int32_t *)run_memory(ids, (size_t)n, sizeof *ids);
        segments = (int32_t *)run_memory(segments, (size_t)n, sizeof *segments);
    }
    offsets[0] = 0;
    for (i = 0; i < count; i++) {
        const int64_t from = r->offsets[which[i]], size = r->offsets[which[i] + 1] - from, to = offsets[i];
        memcpy(ids + to, r->ids + from, (size_t)size * sizeof *ids);
        for (k = 0; k < size; k++) segments[to + k] = k >= r->firsts[which[i]];
        offsets[i + 1] = to + size;
    }
    memset(out, 0, sizeof *out);
    out->sequences = count;
    out->offsets = offsets;
    out->ids = ids;
    out->segment_ids = segments;
}
CLI_FN void run_rows_free(run_rows *r)
{
    free(r->ids);
    free(r->firsts);
    free(r->offsets);
    memset(r, 0, sizeof *r);
}
/* Which of `examples` stand at places first, first + 1, ... of the endless row of shuffled epochs that the seed means. */
CLI_FN void run_order(uint64_t seed, int64_t examples, int64_t first, int64_t count, int64_t *which)
{
    static struct { int64_t *order, examples, epoch; uint64_t seed; } kept[2];
    int64_t i, k;
    for (i = 0; i < count; i++) {
        const int64_t epoch = (first + i) / examples;
        const int s = (int)(epoch & 1);
        if (!kept[s].order || kept[s].epoch != epoch || kept[s].seed != seed || kept[s].examples != examples) {
            bert_python_random random;
            kept[s].order = (int64_t *)run_memory(kept[s].order, (size_t)examples, sizeof *kept[s].order);
            kept[s].epoch = epoch;
            kept[s].seed = seed;
            kept[s].examples = examples;
            for (k = 0; k < examples; k++) kept[s].order[k] = k;
            bert_python_random_seed(&random, (int64_t)((seed * 1000003u + (uint64_t)epoch) & INT64_MAX));
            bert_python_random_shuffle(&random, kept[s].order, (size_t)examples, sizeof *kept[s].order);
        }
        which[i] = kept[s].order[(first + i) % examples];
    }
}

/* ---- the log of steps, and its picture ---- */

typedef struct run_point { int64_t step; double loss, rate; } run_point;
typedef struct run_mark { int64_t step; double value; } run_mark;
typedef struct run_record {
    FILE *file;
    run_point *points;
    run_mark *marks;
    int64_t count, room, mark_count, mark_room;
    char metric[64];
} run_record;

CLI_FN void run_record_point(run_record *r, int64_t step, double loss, double rate)
{
    if (r->count == r->room) r->points = (run_point *)run_memory(r->points, (size_t)(r->room = r->room * 2 + 256), sizeof *r->points);
    r->points[r->count].step = step;
    r->points[r->count].loss = loss;
    r->points[r->count++].rate = rate;
}
CLI_FN void run_record_mark(run_record *r, int64_t step, double value)
{
    if (r->mark_count == r->mark_room) r->marks = (run_mark *)run_memory(r->marks, (size_t)(r->mark_room = r->mark_room * 2 + 32), sizeof *r->marks);
    r->marks[r->mark_count].step = step;
    r->marks[r->mark_count++].value = value;
}
/* Opens log.jsonl: the lines up to `step` stay, what was written after the checkpoint, or only in part, goes. (Of several workers all
   keep the record, the first has the file.) */
CLI_FN void run_record_open(run_record *r, const char *dir, int64_t step, const char *metric)
{
    const char *path = run_in(dir, "log.jsonl");
    bert_error err = { 0 };
    bert_file f;
    cli_text keep = { 0 };
    size_t at = 0, size;
    const char *line;
    memset(r, 0, sizeof *r);
    snprintf(r->metric, sizeof r->metric, "%s", metric);
    if (step > 0 && run_is_file(path) && bert_file_open(path, NULL, &f, &err) == BERT_OK) {
        cli_text all = { 0 };
        cli_add(&all, (const char *)f.data, f.size);
        bert_file_close(&f);
        while (cli_line(&all, &at, &line, &size)) {
            bert_json_doc doc;
            int64_t s = 0;
            double loss = 0, rate = 0;
            const bert_json *eval;
            if (bert_json_parse(line, size, NULL, &doc, NULL)) continue;
            if (bert_json_int(bert_json_get(doc.root, "step"), &s) && s <= step) {
                cli_add(&keep, line, size);
                cli_str(&keep, "\n");
                if (bert_json_double(bert_json_get(doc.root, "loss"), &loss) && bert_json_double(bert_json_get(doc.root, "learning_rate"), &rate)) run_record_point(r, s, loss, rate);
                eval = bert_json_get(doc.root, "eval");
                if (eval && bert_json_double(bert_json_get(eval, metric), &loss)) run_record_mark(r, s, loss);
            }
            bert_json_free(&doc);
        }
        free(all.data);
    }
    if (cli_file_write(path, keep.data ? keep.data : "", keep.size, &err)) run_fail("%s", err.message);
    free(keep.data);
    if (cli_rank()) return;
    r->file = fopen(path, "ab");
    if (!r->file) run_fail("%s: cannot be written", path);
}
CLI_FN void run_record_close(run_record *r)
{
    if (r->file) fclose(r->file);
    free(r->points);
    free(r->marks);
    memset(r, 0, sizeof *r);
}
/* A round step for about four lines of a scale. */
CLI_FN double run_tick(double range)
{
    double t = pow(10, floor(log10(range > 0 ? range / 4 : 1)));
    return range / t > 20 ? 5 * t : range / t > 8 ? 2 * t : t;
}
/* One panel: frame, scale, the name on top; y grows upwards from `low` to `high`. */
CLI_FN void run_panel(cli_text *o, double top, double height, const char *name, const char *color, double low, double high)
{
    const double tick = run_tick(high - low);
    double v;
    char text[400];
    snprintf(text, sizeof text, "<text x=\"64\" y=\"%.0f\" class=\"h\" fill=\"%s\">%s</text>\n", top - 8, color, name);
    cli_str(o, text);
    for (v = ceil(low / tick) * tick; v <= high + tick * 1e-9; v += tick) {
        const double y = top + height - (v - low) / (high - low) * height;
        snprintf(text, sizeof text, "<path d=\"M64 %.1fH780\" class=\"g\"/><text x=\"58\" y=\"%.1f\" class=\"t\">%.4g</text>\n", y, y + 4, fabs(v) < tick * 1e-9 ? 0 : v);
        cli_str(o, text);
    }
}
/* training.svg: the loss of each logged step (pale) and its running mean, the rate, and the metric of each evaluation. */
CLI_FN void run_picture(const run_record *r, const char *dir, const char *title, int64_t steps)
{
    const double left = 64, width = 716;
    bert_error err = { 0 };
    cli_text o = { 0 };
    char text[600];
    double high = 0, low = 1e300, rate = 0, mean = 0, weight = 0, keep;
    int64_t i, tick;
    int pass, has = r->mark_count > 0;
    const int height = has ? 700 : 510;
    if (r->count < 2 || steps < 1) return;
    for (i = 0; i < r->count; i++) {
        if (r->points[i].loss > high) high = r->points[i].loss;
        if (r->points[i].loss < low) low = r->points[i].loss;
        if (r->points[i].rate > rate) rate = r->points[i].rate;
    }
    if (low > 0) low = 0;
    if (!(high > low)) high = low + 1;
    if (!(rate > 0)) rate = 1;
    snprintf(text, sizeof text, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 %d\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
             "<style>.g{stroke:#8884;fill:none}.t{fill:#777;text-anchor:end}.m{fill:#777;text-anchor:middle}.h{font-weight:600;font-size:13px}</style>\n"
             "<rect width=\"800\" height=\"%d\" fill=\"#fff\"/>\n<text x=\"64\" y=\"28\" font-size=\"16\" font-weight=\"600\" fill=\"#222\">", height, height);
    cli_str(&o, text);
    for (; *title; title++) {
        if (*title == '<') cli_str(&o, "&lt;");
        else if (*title == '&') cli_str(&o, "&amp;");
        else cli_add(&o, title, 1);
    }
    cli_str(&o, "</text>\n");
    run_panel(&o, 66, 230, "loss", "#2563eb", low, high);
    keep = 1 - 1 / ((double)r->count / 40 + 1);                         /* of the running mean */
    for (pass = 0; pass < 2; pass++) {
        cli_str(&o, pass ? "<path fill=\"none\" stroke=\"#2563eb\" stroke-width=\"2\" d=\"" : "<path fill=\"none\" stroke=\"#93b4f5\" stroke-width=\"1\" opacity=\".6\" d=\"");
        for (i = 0; i < r->count; i++) {
            mean = keep * mean + (1 - keep) * r->points[i].loss;
            weight = keep * weight + (1 - keep);
            snprintf(text, sizeof text, "%c%.1f %.1f", i ? 'L' : 'M', left + (double)r->points[i].step / (double)steps * width, 296 - ((pass ? mean / weight : r->points[i].loss) - low) / (high - low) * 230);
            cli_str(&o, text);
        }
        mean = weight = 0;
        cli_str(&o, "\"/>\n");
    }
    run_panel(&o, 350, 100, "learning rate", "#d97706", 0, rate);
    cli_str(&o, "<path fill=\"none\" stroke=\"#d97706\" stroke-width=\"2\" d=\"");
    for (i = 0; i < r->count; i++) {
        snprintf(text, sizeof text, "%c%.1f %.1f", i ? 'L' : 'M', left + (double)r->points[i].step / (double)steps * width, 450 - r->points[i].rate / rate * 100);
        cli_str(&o, text);
    }
    cli_str(&o, "\"/>\n");
    if (has) {
        double best = r->marks[0].value, from = best, to = best;
        int64_t at = 0;
        const int less = strstr(r->metric, "loss") != NULL;
        for (i = 0; i < r->mark_count; i++) {
            const double v = r->marks[i].value;
            if (less ? v < best : v > best) { best = v; at = i; }
            if (v < from) from = v;
            if (v > to) to = v;
        }
        keep = to > from ? (to - from) * 0.15 : 0.05;
        from -= keep;
        to += keep;
        run_panel(&o, 504, 140, r->metric, "#059669", from, to);
        cli_str(&o, "<path fill=\"none\" stroke=\"#059669\" stroke-width=\"2\" d=\"");
        for (i = 0; i < r->mark_count; i++) {
            snprintf(text, sizeof text, "%c%.1f %.1f", i ? 'L' : 'M', left + (double)r->marks[i].step / (double)steps * width, 644 - (r->marks[i].value - from) / (to - from) * 140);
            cli_str(&o, text);
        }
        cli_str(&o, "\"/>\n");
        for (i = 0; i < r->mark_count; i++) {
            snprintf(text, sizeof text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"#059669\"><title>step %lld: %s %.6g</title></circle>\n", left + (double)r->marks[i].step / (double)steps * width,
                     644 - (r->marks[i].value - from) / (to - from) * 140, i == at ? 5 : 3, (long long)r->marks[i].step, r->metric, r->marks[i].value);
            cli_str(&o, text);
        }
        snprintf(text, sizeof text, "<text x=\"780\" y=\"496\" class=\"t\">best %.4g at step %lld</text>\n", best, (long long)r->marks[at].step);
        cli_str(&o, text);
    }
    tick = (int64_t)run_tick((double)steps);
    if (tick < 1) tick = 1;
    for (i = 0; i <= steps; i += tick) {
        snprintf(text, sizeof text, "<text x=\"%.1f\" y=\"%d\" class=\"m\">%lld</text>\n", left + (double)i / (double)steps * width, height - 32, (long long)i);
        cli_str(&o, text);
    }
    snprintf(text, sizeof text, "<text x=\"%.0f\" y=\"%d\" class=\"m\">step</text>\n</svg>\n", left + width / 2, height - 12);
    cli_str(&o, text);
    if (cli_file_write(run_in(dir, "training.svg"), o.data, o.size, &err)) run_fail("%s", err.message);
    free(o.data);
}

/* ---- the checkpoints of an output_dir ---- */

/* The step of the newest, by the file `checkpoint`; -1: there is none. */
CLI_FN int64_t run_newest(const char *dir)
{
    bert_error err = { 0 };
    bert_file f;
    const char *p, *end, *name = "model_checkpoint_path: \"";
    char text[600];
    size_t n;
    int64_t step = -1;
    if (bert_file_open(run_in(dir, "checkpoint"), NULL, &f, &err)) return -1;
    n = f.size < sizeof text - 1 ? f.size : sizeof text - 1;
    if (n) memcpy(text, f.data, n);
    text[n] = 0;
    bert_file_close(&f);
    p = strstr(text, name);
    if (!p) return -1;
    p += strlen(name);
    end = p + strcspn(p, "\"\n");
    while (end > p && end[-1] >= '0' && end[-1] <= '9') end--;
    if (end > p && end[-1] == '-') step = strtoll(end, NULL, 10);
    return step >= 0 && run_is_file(run_in(dir, "model.ckpt-%lld.index", (long long)step)) ? step : -1;
}
CLI_FN void run_remove_checkpoint(const char *prefix)
{
    char text[1600];
    snprintf(text, sizeof text, "%s.index", prefix);
    remove(text);
    snprintf(text, sizeof text, "%s.data-00000-of-00001", prefix);
    remove(text);
}
/* Removes all but the `keep` newest up to step `upto` (0: none is removed; -1: all are), and what an interrupted program left
   half-written. */
CLI_FN void run_prune(const char *dir, int64_t keep, int64_t upto)
{
    bert_paths paths = { 0 };
    bert_error err = { 0 };
    size_t i, k;
    if (cli_rank()) return;
    if (bert_paths_find(run_in(dir, "*.????????.tmp"), NULL, &paths, &err) == BERT_OK) {
        for (i = 0; i < paths.count; i++) remove(paths.path[i]);
        bert_paths_free(&paths);
    }
    if (!keep || bert_paths_find(run_in(dir, "model.ckpt-*.index"), NULL, &paths, &err)) return;
    for (i = 0; i < paths.count; i++) {
        const char *mine = strrchr(paths.path[i], '-');
        const int64_t step = mine ? strtoll(mine + 1, NULL, 10) : 0;
        size_t newer = 0;
        for (k = 0; k < paths.count; k++) {
            const char *other = strrchr(paths.path[k], '-');
            newer += other && strtoll(other + 1, NULL, 10) > step && strtoll(other + 1, NULL, 10) <= upto;
        }
        if (step <= upto && (keep < 0 || newer >= (size_t)keep)) run_remove_checkpoint(run_in(dir, "model.ckpt-%lld", (long long)step));
    }
    bert_paths_free(&paths);
}

/* ---- models and vocabularies ---- */

CLI_FN int run_is_folder(const char *path)
{
    char text[1500];
    const int length = snprintf(text, sizeof text, "%s/.", path);
    if (length < 0 || (size_t)length >= sizeof text) return 0;
#ifdef _WIN32
    return _access(text, 0) == 0;
#else
    return access(text, F_OK) == 0;
#endif
}
/* The model in a folder that was trained: its best or last weights as it says itself, else its newest checkpoint. 0: there is none. */
CLI_FN int run_trained(const char *dir, char out[1200])
{
    bert_checkpoint_desc d = { 0 };
    bert_checkpoint *c = NULL;
    bert_error err = { 0 };
    const int64_t newest = run_newest(dir);
    const char *result = run_in(dir, "model.safetensors"), *value;
    d.path = result;
    d.error = &err;
    if (run_is_file(result) && bert_checkpoint_open(&d, &c) == BERT_OK) {
        value = bert_checkpoint_metadata(c, "step");
        if (newest < 0 || bert_checkpoint_metadata(c, "best") || (value && strtoll(value, NULL, 10) >= newest)) snprintf(out, 1200, "%s", result);
        else result = NULL;
        bert_checkpoint_close(c);
        if (result) return 1;
    }
    if (newest < 0) return 0;
    snprintf(out, 1200, "%s", run_in(dir, "model.ckpt-%lld", (long long)newest));
    return 1;
}
CLI_FN bert_model *run_open_model(const char *path, const char *config)
{
    bert_model_desc d = { 0 };
    bert_model *m = NULL;
    bert_config c;
    bert_error err = { 0 };
    d.path = path;
    d.config_path = config;
    d.error = &err;
    d.init_missing = path ? BERT_DEFAULT : BERT_ON;
    if (!path && run_now.relative) {
        if (bert_config_read(config, &c, &err)) run_fail("%s", err.message);
        c.max_relative_position = 64;
        c.source = BERT_SOURCE_NEZHA;
        d.config_path = NULL;
        d.config = &c;
    }
    if (bert_model_open(&d, &m)) run_fail("%s", err.message);
    return m;
}
/* The config for the model in a folder: what was trained here (task.json) goes by the one that lies there, which says more than Google's. */
CLI_FN const char *run_config_of(const char *dir) { return run_is_file(run_in(dir, "task.json")) ? run_in(dir, "config.json") : run.bert_config_file; }
CLI_FN bert_model *run_open_trained(const char *dir, char path[1200])
{
    if (!run_trained(dir, path)) run_fail("%s: there is no checkpoint in this folder", dir);
    return run_open_model(path, run_config_of(dir));
}
/* The model to begin with, opened if it is not. */
CLI_FN void run_have_model(void)
{
    if (!run_now.model) run_now.model = run_open_model(run_now.initial ? NULL : run_now.from, *run_now.config ? run_now.config : NULL);
}
/* The bytes of the vocabulary's file, for the copy in output_dir. */
CLI_FN void run_keep_vocabulary(void)
{
    static const char *const names[] = { "tokenizer.json", "vocab.txt" };
    bert_error err = { 0 };
    size_t i = 0;
    int k;
    if (run.vocab_file) {
        const char *path = run.vocab_file;
        for (k = 0; k < 2 && run_is_folder(run.vocab_file); k++) if (run_is_file(run_in(run.vocab_file, "%s", names[k]))) { path = run_in(run.vocab_file, "%s", names[k]); break; }
        if (bert_file_open(path, NULL, &run_now.vocab, &err)) run_fail("%s", err.message);
    } else {
        for (k = 0; k < 2; k++) if (bert_checkpoint_beside(bert_model_checkpoint(run_now.model), names[k], NULL, 0, &run_now.vocab, &err) == BERT_OK) break;
        if (k == 2 && !run_now.only_ids) run_fail("%s", err.message);
    }
    while (i < run_now.vocab.size && strchr(" \t\r\n", run_now.vocab.data[i])) i++;
    run_now.vocab_json = i < run_now.vocab.size && run_now.vocab.data[i] == '{';
}

/* A file of JSON in the folder of the model at hand (task.json), parsed; 0: it is not there. */
CLI_FN int run_saved(const char *name, bert_json_doc *doc)
{
    bert_file f;
    bert_error err = { 0 };
    int ok;
    if (!bert_model_checkpoint(run_now.model) || bert_checkpoint_beside(bert_model_checkpoint(run_now.model), name, NULL, 0, &f, &err)) return 0;
    ok = bert_json_parse((const char *)f.data, f.size, NULL, doc, &err) == BERT_OK;
    bert_file_close(&f);
    if (!ok) run_fail("%s beside %s: %s", name, run_now.from, err.message);
    return 1;
}

/* ---- lists ---- */

enum { RUN_LIST = 64 };
CLI_FN int run_list(const char *flag, const char *list, double *out)
{
    int n = 0;
    while (*list) {
        const size_t size = strcspn(list, ",");
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)(size < 60 ? size : 60), list);
        if (n == RUN_LIST || !bert_parse_double(text, strlen(text), out + n)) {
            char what[200];
            snprintf(what, sizeof what, "%s: \"%s\" in the list is no number, or there are more than %d", flag, text, RUN_LIST);
            cli_usage("--", what);
        }
        n++;
        list += size + (list[size] == ',');
    }
    if (!n) cli_usage("an empty list for --", flag);
    return n;
}
CLI_FN size_t run_bytes(const char *flag, const char *text)
{
    char *end;
    double n = strtod(text, &end);
    const char *units = "KMGT", *u = *end ? strchr(units, *end & ~32) : NULL;
    if (end == text || (*end && (!u || (end[1] && strcmp(end + 1, "B") != 0 && strcmp(end + 1, "iB") != 0))) || !(n > 0)) { char what[200]; snprintf(what, sizeof what, "%s: \"%.60s\" is no number of bytes (4G, 512M)", flag, text); cli_usage("--", what); }
    for (; u && u >= units; u--) n *= 1024;
    return n < 1e18 ? (size_t)n : SIZE_MAX;
}

/* ---- names of labels ---- */

typedef struct run_names { const char **names; size_t count; } run_names;
/* Adds a name if it is not there; its place. */
CLI_FN size_t run_names_add(run_names *l, const char *p, size_t n)
{
    size_t i;
    char *copy;
    for (i = 0; i < l->count; i++) if (strlen(l->names[i]) == n && memcmp(l->names[i], p, n) == 0) return i;
    l->names = (const char **)run_memory((void *)l->names, l->count + 1, sizeof *l->names);
    copy = (char *)run_memory(NULL, n + 1, 1);
    if (n) memcpy(copy, p, n);
    copy[n] = 0;
    l->names[l->count] = copy;
    return l->count++;
}
CLI_FN void run_names_split(run_names *l, const char *list, size_t size)      /* with commas between */
{
    size_t i, from = 0;
    for (i = 0; i <= size; i++)
        if (i == size || list[i] == ',') {
            size_t a = from, b = i;
            while (a < b && list[a] == ' ') a++;
            while (b > a && (list[b - 1] == ' ' || list[b - 1] == '\r')) b--;
            if (b > a) run_names_add(l, list + a, b - a);
            from = i + 1;
        }
}
/* The member "labels" of task.json. */
CLI_FN void run_names_json(const run_names *l, cli_text *o)
{
    size_t i;
    cli_str(o, ",\n  \"labels\": [");
    for (i = 0; i < l->count; i++) { if (i) cli_str(o, ", "); cli_quoted(o, l->names[i], strlen(l->names[i])); }
    cli_str(o, "]");
}
CLI_FN void run_names_read(run_names *l, const bert_json *root)
{
    const bert_json *v = bert_json_get(root, "labels");
    for (v = v && v->type == 'a' ? v->first : NULL; v; v = v->next) if (v->type == 's') run_names_add(l, v->text, v->size);
}

/* ---- beginning ---- */

CLI_FN void run_interrupted(int signal_number) { (void)signal_number; run_stop = 1; }

/* ": 4 workers, global batch 32, learning rate 5e-05", for the first line. */
CLI_FN const char *run_workers(char *out, size_t size)
{
    const int n = cli_size(), one = !strchr(run.train_batch_size, ',') && !strchr(run.learning_rate, ',');
    out[0] = 0;
    if (run.do_train && one) {
        const int64_t batch = strtoll(run.train_batch_size, NULL, 10) * run.accumulation;
        const double rate = strtod(run.learning_rate, NULL);
        if (run.horovod) snprintf(out, size, ": %d worker%s, global batch %lld (%lld each), learning rate %g (%g for each worker)", n, n > 1 ? "s" : "", (long long)(batch * n), (long long)batch, rate * n, rate);
        else if (n > 1) snprintf(out, size, ": %d workers, global batch %lld, learning rate %g", n, (long long)batch, rate);
    } else if (n > 1) snprintf(out, size, ": %d workers", n);
    return out;
}
/* Checks the flags and opens the model: for training what --init_checkpoint names (or a new one by --bert_config_file); to evaluate
   and predict what was trained in --output_dir, if anything, else --init_checkpoint. */
CLI_FN void run_begin(const cli *c, int argc, char **argv)
{
    bert_error err = { 0 };
    bert_tokenizer_desc td = { 0 };
    char text[400];
    int i;
    if (c->count) cli_usage("no flag: ", c->args[0]);
    cli_join(run.wire_bf16, run.worker_timeout > 0 ? run.worker_timeout : -1);
    if (!CLI_MPI && run.do_train) {
        static const char *const size[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE" };
        for (i = 0; i < 2; i++) if (getenv(size[i]) && strtol(getenv(size[i]), NULL, 10) > 1) cli_fail("started as one of several workers, but built without MPI: make -C tools MPI=1");
    }
    run_now.start = cli_seconds();
    run_now.lock = -1;
#ifdef CLI_ISATTY
    run_now.terminal = CLI_ISATTY && !cli_rank();
#endif
    for (i = 1; i < argc; i++) {
        const char *p = strstr(argv[i], "gs://");
        if (!p || (p != argv[i] && p[-1] != '=')) continue;
        snprintf(text, sizeof text, "%.200s lies in Google's storage, which is not read: fetch it first (gsutil cp -r, or the model's .zip) and give the folder's path", p);
        cli_usage(text, "");
    }
    if (run.do_train_and_eval) run.do_train = run.do_eval = 1;
    if (run.keep_best || run.patience) run.do_train_and_eval = run.do_train ? run.do_eval = 1 : 0;
    if (!run.do_train && !run.do_eval && !run.do_predict) cli_usage("At least one of --do_train, --do_eval or --do_predict must be true", "");
    if (run.do_train && !run.output_dir) cli_usage("--output_dir is needed to train", "");
    if (run.do_eval && !run.output_dir && !run.init_checkpoint) cli_usage("--init_checkpoint or --output_dir is needed", "");
    if (run.output_dir && strpbrk(run.output_dir, ",*?[")) cli_usage("--output_dir may not hold any of , * ? [: ", run.output_dir);
    if (run.output_dir && (!*run.output_dir || strlen(run.output_dir) > 900)) cli_usage("--output_dir is empty or too long", "");
    if (run.max_seq_length < 0 || run.max_seq_length == 1 || run.max_seq_length == 2 || run.max_seq_length > 65536) cli_usage("--max_seq_length goes from 3 to 65536", "");
    if (run.eval_batch_size < 1 || run.predict_batch_size < 1 || run.eval_batch_size > 65536 || run.predict_batch_size > 65536) cli_usage("--eval_batch_size and --predict_batch_size go from 1 to 65536", "");
    if (run.threads < 0 || run.threads > 1024) cli_usage("--threads goes from 0 to 1024", "");
    run.threads = cli_threads(run.threads);
    cli_range("save_checkpoints_steps", run.save_checkpoints_steps, 1, INT64_MAX);
    cli_range("keep_checkpoint_max", run.keep_checkpoint_max, 0, INT64_MAX);
    cli_range("iterations_per_loop", run.iterations_per_loop, 1, INT64_MAX);
    cli_range("log_steps", run.log_steps, 0, INT64_MAX);
    cli_range("accumulate", run.accumulate, 1, INT64_MAX);
    cli_range("num_accumulation_steps", run.accumulation, 1, 65536);
    cli_range("patience", run.patience, 0, INT64_MAX);
    cli_range("seed", run.seed, 0, INT64_MAX);
    cli_range("num_train_steps", run.num_train_steps, 0, INT64_MAX);
    cli_range("num_warmup_steps", run.num_warmup_steps, -1, INT64_MAX);
    if (!(run.num_train_epochs >= 0) || !(run.warmup_proportion >= 0 && run.warmup_proportion <= 1)) cli_usage("--num_train_epochs is not negative, --warmup_proportion goes from 0 to 1", "");
    cli_choice("isa", run.isa, CLI_ISAS);
    if (run.optimizer_type) run.optimizer = cli_choice("optimizer_type", run.optimizer_type, "adam|lamb|lamb_nezha") == 0 ? "google" : run.optimizer_type;
    cli_choice("optimizer", run.optimizer, "google|adamw|bertadam|lamb|lamb_nezha|sgd");
    if (run.schedule) cli_choice("schedule", run.schedule, RUN_SCHEDULES);
    if (run.clip) cli_choice("clip", run.clip, "global|rows|tf1_rows|each|none");
    if (run.precision && cli_choice("precision", run.precision, "default|f32|bf16|int8") == BERT_PRECISION_INT8 && run.do_train) cli_usage("--precision=int8 is not for training", "");
    if (run.export_format) cli_choice("export", run.export_format, "tf|safetensors|pytorch");
    if (run.log_file && !cli_rank()) {
        const char *end = strrchr(run.log_file, '/');
        if (end && end != run.log_file) {
            snprintf(text, sizeof text, "%.*s", (int)(end - run.log_file), run.log_file);
            run_make_folder(text);
        }
        if (!(run_now.log = fopen(run.log_file, "ab"))) run_fail("%s: cannot be written", run.log_file);
    }
    if (run.output_dir) {
        run_make_folder(run.output_dir);
        if (!cli_rank()) run_lock(run.output_dir);
    }
    run_say("%s %s%s", cli_name, BERT_VERSION, run_workers(text, sizeof text));
    for (i = 1; i < argc; i++) run_say("  %s", argv[i]);
    if (run.none || run.tpu_name || run.tpu_zone || run.gcp_project || run.master || run.dllog_path) run_say("note: use_tpu, use_xla, use_trt, tpu_name, tpu_zone, gcp_project, master and dllog_path (see log.jsonl) mean nothing here");
    if (run.use_fp16 && !run.precision) {
        run.precision = "bf16";
        run_say("note: mixed precision is bf16 here, with float32 master weights");
    }
    {
        const int folder = run.init_checkpoint && run_is_folder(run.init_checkpoint), there = !run.do_train && run.output_dir && run_trained(run.output_dir, run_now.from);
        const char *config = run.bert_config_file;
        if (there) {
            config = run_config_of(run.output_dir);
            run_say("%s: taken from --output_dir%s", run_now.from, run.init_checkpoint ? ", and not --init_checkpoint" : "");
        } else if (folder && run_trained(run.init_checkpoint, run_now.from)) {
            config = run_config_of(run.init_checkpoint);
        } else if (run.init_checkpoint) {
            snprintf(run_now.from, sizeof run_now.from, "%s", run.init_checkpoint);
        } else if (run.do_train) {
            if (!run.bert_config_file) cli_usage("--init_checkpoint is needed (or --bert_config_file alone, to train from nothing)", "");
            run_now.initial = 1;
            snprintf(run_now.from, sizeof run_now.from, "%s", run.bert_config_file);
            run_say("note: without --init_checkpoint all weights begin at random");
        } else {
            run_fail("%s: there is no checkpoint in this output_dir; train first (--do_train), or give --init_checkpoint", run.output_dir ? run.output_dir : "(none)");
        }
        snprintf(run_now.config, sizeof run_now.config, "%s", config ? config : "");
        run_have_model();
    }
    if (!bert_model_config(run_now.model)->heads) run_fail("%s: no config lies beside it; give --bert_config_file", run_now.from);
    if (!run.max_seq_length) {
        bert_json_doc doc;
        if (run_saved("task.json", &doc)) {
            if (!bert_json_int(bert_json_get(doc.root, "max_seq_length"), &run.max_seq_length) || run.max_seq_length < 3) run.max_seq_length = 0;
            bert_json_free(&doc);
        }
        if (!run.max_seq_length) {
            const int64_t positions = bert_model_config(run_now.model)->max_positions;
            run.max_seq_length = run_usual_length < positions || bert_model_config(run_now.model)->max_relative_position ? run_usual_length : positions;
        }
    }
    if (!bert_model_config(run_now.model)->max_relative_position && run.max_seq_length > bert_model_config(run_now.model)->max_positions)
        run_fail("Cannot use sequence length %lld because the BERT model was only trained up to sequence length %d", (long long)run.max_seq_length, (int)bert_model_config(run_now.model)->max_positions);
    td.path = run.vocab_file;
    td.lower_case = run.lower;
    td.error = &err;
    if (bert_model_tokenizer(run_now.model, &td, run.check_case, &run_now.tokenizer) && (run.vocab_file || !run_now.only_ids)) run_fail("%s%s", err.message, run.vocab_file ? "" : " (--vocab_file)");
    if (run.do_train) run_keep_vocabulary();
}

/* ---- what a program's task is ---- */

typedef struct run_task run_task;
struct run_task {
    const char *kind;                   /* of transformers' class: "ForSequenceClassification" */
    const char *title;                  /* for the picture: "MRPC" */
    const char *metric;                 /* the one that counts: "eval_accuracy" */
    uint32_t learn, keep;               /* as in bert_trainer_desc */
    int32_t labels;
    int64_t longest;                    /* tokens that are computed at once: of a sequence, of all choices of a question */
    const char *const *names;           /* [labels] for config.json and label_list.txt, or NULL */
    const char *task_json;              /* what a later call needs to know, for task.json */
    void (*load)(run_task *t);          /* reads the training set, once: sets examples and data. */
    int64_t examples;                   /* 0: not counted, and nothing depends on it */
    uint64_t data;                      /* a number that changes with the data */
    int64_t place[3];                   /* for `batch`: three numbers that come back with a checkpoint, 0 at first and where the data changed */
    int64_t phase_start;                /* the step where this phase, and its schedule, begins */
    void (*batch)(run_task *t, uint64_t seed, int64_t first, int64_t count, bert_batch *batch, bert_targets *targets);   /* examples first ... of the endless row: see run_order */
    void (*evaluate)(run_task *t, const bert_model *model, const char *dir, run_results *out);
    void (*predict)(run_task *t, const bert_model *model, const char *dir);
    int training;                       /* 1 while evaluate is called between steps */
    void *user;
};

/* Sessions for evaluation and prediction. */
CLI_FN bert_session *run_session(const bert_model *m, int64_t tokens)
{
    bert_error err = { 0 };
    bert_session_desc d = { 0 };
    bert_session *s = NULL;
    d.model = m;
    d.isa = (bert_isa)cli_choice("isa", run.isa, CLI_ISAS);
    d.precision = run.precision ? (bert_precision)cli_choice("precision", run.precision, "default|f32|bf16|int8") : BERT_PRECISION_DEFAULT;
    d.threads = (int32_t)run.threads;
    d.max_tokens = tokens;
    d.error = &err;
    if (cli_session_open(&d, &s) == BERT_ERROR_UNSUPPORTED && run.do_train) {      /* the weights are float32 anyway */
        d.precision = BERT_PRECISION_F32;
        err.code = cli_session_open(&d, &s);
    }
    if (!s) run_fail("%s", err.message);
    return s;
}

/* Where the part of worker k begins, of `count` things. */
CLI_FN int64_t run_share(int64_t count, int k) { return count * k / cli_size(); }

/* Logits of the classifier for rows from, from + 1, ...: [count,n], n its outputs. */
CLI_FN void run_some_logits(bert_session *s, const run_rows *rows, int64_t from, int64_t count, float *out)
{
    static int64_t which[256];
    bert_error err = { 0 };
    bert_batch b;
    bert_result r;
    int64_t i;
    memset(&r, 0, sizeof r);
    for (i = 0; i < count; i++) which[i] = from + i;
    run_rows_batch(rows, which, count, &b);
    r.classes = out;
    if (bert_session_run(s, &b, &r, &err)) run_fail("%s", err.message);
}
/* Of all rows, by all workers together; free() it. `group` rows are an example, for the progress. */
CLI_FN float *run_logits(const bert_model *m, const run_rows *rows, int64_t n, int64_t group)
{
    enum { AT_ONCE = 64 };
    bert_session *s = run_session(m, run.max_seq_length > 1024 ? run.max_seq_length : 1024);
    float *out = (float *)run_memory(NULL, (size_t)rows->count * (size_t)n, sizeof *out);
    const int64_t from = run_share(rows->count, cli_rank()), to = run_share(rows->count, cli_rank() + 1);
    int64_t i;
    int k;
    for (i = from; i < to; i += AT_ONCE) {
        const int64_t count = to - i < AT_ONCE ? to - i : AT_ONCE;
        run_some_logits(s, rows, i, count, out + i * n);
        cli_progress("examples", (i + count) / group, to / group);
    }
    for (k = 0; k < cli_size(); k++) {
        i = run_share(rows->count, k);
        if (run_share(rows->count, k + 1) > i) cli_spread(out + i * n, (size_t)(run_share(rows->count, k + 1) - i) * (size_t)n * sizeof *out, k);
    }
    bert_session_close(s);
    return out;
}
CLI_FN double run_log_loss(const float *z, int32_t n, int32_t label)
{
    double most = (double)z[0], sum = 0;
    int32_t j;
    for (j = 1; j < n; j++) if ((double)z[j] > most) most = (double)z[j];
    for (j = 0; j < n; j++) sum += exp((double)z[j] - most);
    return log(sum) + most - (double)z[label];
}
CLI_FN int32_t run_largest(const float *z, int32_t n)
{
    int32_t j, best = 0;
    for (j = 1; j < n; j++) if (z[j] > z[best]) best = j;
    return best;
}

/* ---- one training ---- */

typedef struct run_setting { double rate; int64_t batch; uint64_t seed; char dir[1100]; } run_setting;

/* Places of the numbers saved with a checkpoint. */
enum { RUN_FIRST = 0, RUN_DATA = 1, RUN_DONE = 2, RUN_WORSE = 3, RUN_BEST_STEP = 4, RUN_BEST = 5, RUN_PLACE = 6 };

CLI_FN void run_desc(const run_task *t, const run_setting *s, int64_t steps, bert_trainer_desc *d)
{
    const int kind = cli_choice("optimizer", run.optimizer, "google|adamw|bertadam|lamb|lamb_nezha|sgd");
    const int clip = run.clip ? cli_choice("clip", run.clip, "global|rows|tf1_rows|each|none") + 1 : 0;
    const int schedule = run.schedule ? cli_choice("schedule", run.schedule, RUN_SCHEDULES) : kind ? 1 : 0;
    static const bert_decay decays[] = { BERT_DECAY_LINEAR, BERT_DECAY_LINEAR, BERT_DECAY_COSINE, BERT_DECAY_CONSTANT, BERT_DECAY_POLYNOMIAL };
    const bert_parameter *classifier = bert_model_find(run_now.model, "classifier.weight");
    memset(d, 0, sizeof *d);
    if (run_now.initial) d->config = bert_model_config(run_now.model);
    else d->model = run_now.model;
    d->learn = t->learn;
    d->keep = t->keep;
    d->labels = t->labels;
    d->comm = cli_comm();
    if (classifier && !run_now.initial && t->labels && classifier->shape[0] != t->labels) {
        run_say("note: the classifier of %s has %lld outputs, this task %d: it begins anew", run_now.from, (long long)classifier->shape[0], (int)t->labels);
        d->fresh = BERT_HEAD_CLASSIFIER;
    }
    d->optimizer.kind = (bert_optimizer_kind)kind;
    d->optimizer.clip = run.max_grad_norm > 0 ? (bert_clip)clip : BERT_CLIP_NONE;
    d->optimizer.max_norm = run.max_grad_norm;
    d->optimizer.epsilon = run.adam_epsilon;
    d->optimizer.weight_decay = run.weight_decay > 0 ? run.weight_decay : -1;
    d->schedule.rate = s->rate;
    d->schedule.first = (double)t->phase_start;
    d->schedule.steps = (double)(steps - t->phase_start);
    d->schedule.warmup = run.num_warmup_steps >= 0 ? (double)run.num_warmup_steps : (double)(int64_t)(d->schedule.steps * run.warmup_proportion);
    d->schedule.decay = decays[schedule];
    d->schedule.continuous = schedule != 0 && schedule != 4;
    if (schedule == 4) d->schedule.power = 0.5;
    d->layer_decay = run.layer_decay;
    d->frozen = (int32_t)run.frozen;
    if (run.dropout >= 0) d->hidden_dropout = d->attention_dropout = d->classifier_dropout = run.dropout > 0 ? run.dropout : -1;
    d->seed = s->seed;
    d->isa = (bert_isa)cli_choice("isa", run.isa, CLI_ISAS);
    d->threads = (int32_t)run.threads;
    d->precision = run.precision ? (bert_precision)cli_choice("precision", run.precision, "default|f32|bf16") : BERT_PRECISION_DEFAULT;
    d->recompute = run.recompute || run.save_memory;
    d->small_slots = run.small_slots;
    if (run.budget) d->budget = run_bytes("memory", run.budget);
    else {
        const int64_t mine = (s->batch + cli_size() - 1) / cli_size(), all = mine * t->longest, usual = t->longest > 1024 ? t->longest : 1024, parts = (mine + run.accumulate - 1) / run.accumulate * t->longest;
        d->max_tokens = run.save_memory ? t->longest : run.accumulate > 1 ? parts : all < usual ? all : usual;
    }
    if (run.loss_scale || run.use_fp16) {
        const int nezha = run.loss_scale && strcmp(run.loss_scale, "nezha") == 0;
        d->loss_scale.start = nezha ? 4294967296.0 : 65536;
        if (run.loss_scale && !nezha && !bert_parse_double(run.loss_scale, strlen(run.loss_scale), &d->loss_scale.start)) cli_usage("--loss_scale is a number or nezha, not ", run.loss_scale);
        d->loss_scale.growth = (int32_t)(run.loss_scale_growth ? run.loss_scale_growth : nezha ? 1000 : 0);
        d->loss_scale.decrease = (int32_t)(run.loss_scale_decrease ? run.loss_scale_decrease : nezha ? 2 : 0);
    }
}
CLI_FN double run_number_in(const char *path)
{
    FILE *f = fopen(path, "r");
    double n = -1;
    if (f && fscanf(f, "%lf", &n) != 1) n = -1;
    if (f) fclose(f);
    return n;
}
/* Bytes of memory there are, as far as the system says (and the container, and ulimit -v); 0: it does not. */
CLI_FN double run_available(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[200];
    double kb = 0, there, limit = run_number_in("/sys/fs/cgroup/memory.max"), used = run_number_in("/sys/fs/cgroup/memory.current");
    while (f && fgets(line, sizeof line, f)) if (sscanf(line, "MemAvailable: %lf", &kb) == 1) break;
    if (f) fclose(f);
    there = kb * 1024;
    if (limit > 0 && used >= 0 && (there <= 0 || limit - used < there)) there = limit > used ? limit - used : 1;
#if defined(RLIMIT_AS) && !defined(_WIN32)
    {
        struct rlimit r;
        const double pages = run_number_in("/proc/self/statm");
        if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY && pages > 0) {
            const double left = (double)r.rlim_cur - pages * (double)sysconf(_SC_PAGESIZE);
            if (there <= 0 || left < there) there = left > 0 ? left : 1;
        }
    }
#endif
    return there;
}
CLI_FN size_t run_needs(bert_trainer_desc d, int64_t tokens, int recompute)
{
    bert_trainer_bytes b;
    bert_error err = { 0 };
    d.max_tokens = tokens;
    d.budget = 0;
    d.recompute = recompute;
    return bert_plan_trainer(&d, &b, &err) ? SIZE_MAX : b.total;
}
/* --groups: a trainer does not save them, so that they are said again when it goes on. */
CLI_FN void run_set_groups(bert_trainer *trainer)
{
    const char *p = run.groups;
    while (p && *p) {
        const size_t size = strcspn(p, ",");
        char text[300], *rate, *decay, *end;
        double times;
        int64_t n;
        if (size >= sizeof text) run_fail("--groups: %.60s...: too long", p);
        memcpy(text, p, size);
        text[size] = 0;
        rate = strchr(text, ':');
        decay = rate ? strchr(rate + 1, ':') : NULL;
        if (rate) *rate++ = 0;
        if (decay) *decay++ = 0;
        times = rate ? strtod(rate, &end) : -1;
        if (!*text || !rate || end == rate || *end || !(times >= 0) || (decay && strcmp(decay, "decay") != 0 && strcmp(decay, "nodecay") != 0))
            run_fail("--groups: \"%.*s\" is not PART:RATE, PART:RATE:decay or PART:RATE:nodecay", (int)size, p);
        n = bert_trainer_group(trainer, text, times, !decay ? BERT_DEFAULT : *decay == 'd' ? BERT_ON : BERT_OFF);
        if (!n) run_fail("--groups: \"%s\" is in no parameter's name (tools/bin/inspect lists them)", text);
        run_say("  Group \"%s\": %lld parameters at %g times the rate%s%s", text, (long long)n, times, decay ? ", " : "", !decay ? "" : *decay == 'd' ? "with weight decay" : "without weight decay");
        p += size + (p[size] == ',');
    }
}
/* Says before anything is taken that it is too much, and which flags would do. */
CLI_FN void run_check_memory(const run_task *t, const run_setting *s, const bert_trainer_desc *d)
{
    const double there = run_available();
    const int64_t tokens = d->max_tokens;
    bert_trainer_bytes b;
    bert_error err = { 0 };
    char way[600] = "";
    int64_t n;
    if (bert_plan_trainer(d, &b, &err)) {
        if (err.code != BERT_ERROR_MEMORY) return;                      /* opening will say it */
        run_fail("--memory=%s: %s", run.budget ? run.budget : "", err.message);
    }
    run_say("  Memory = %.0f MB (weights %.0f, gradients %.0f, slots %.0f, activations %.0f)", (double)b.total / 1048576, (double)b.weights / 1048576, (double)b.gradients / 1048576, (double)b.slots / 1048576, (double)b.activations / 1048576);
    if (there <= 0 || (double)b.total <= there) return;
    for (n = s->batch / 2; n >= 1 && !*way; n /= 2) if (n * t->longest < tokens && (double)run_needs(*d, n * t->longest, d->recompute) <= there) snprintf(way, sizeof way, " --train_batch_size=%lld;", (long long)n);
    for (n = run.max_seq_length / 2; n >= 32; n /= 2) if ((double)run_needs(*d, tokens * n / run.max_seq_length, d->recompute) <= there) { snprintf(way + strlen(way), 60, " --max_seq_length=%lld;", (long long)n); break; }
    for (n = 2; n <= s->batch; n *= 2) if ((s->batch + n - 1) / n * t->longest < tokens && (double)run_needs(*d, (s->batch + n - 1) / n * t->longest, d->recompute) <= there) { snprintf(way + strlen(way), 60, " --accumulate=%lld;", (long long)n); break; }
    if (!d->recompute && (double)run_needs(*d, tokens, 1) <= there) strcat(way, " --recompute;");
    if (!d->recompute && (double)run_needs(*d, t->longest, 1) <= there) strcat(way, " --save_memory;");
    if (!d->small_slots) {
        bert_trainer_desc small = *d;
        small.small_slots = 1;
        if ((double)run_needs(small, tokens, d->recompute) <= there) strcat(way, " --small_slots;");
        else if (!*way && (double)run_needs(small, t->longest, 1) <= there) strcat(way, " --save_memory --small_slots;");
    }
    run_fail("training takes %.0f MB (weights %.0f, gradients %.0f, the optimizer's slots %.0f, activations of %lld tokens at once %.0f), and there are %.0f; %s%s", (double)b.total / 1048576,
             (double)b.weights / 1048576, (double)b.gradients / 1048576, (double)b.slots / 1048576, (long long)tokens, (double)b.activations / 1048576, there / 1048576, *way ? "what would fit:" : "no flag makes it fit, take a smaller model", way);
}

/* The files beside the weights. */
CLI_FN void run_write_beside(const run_task *t, const char *dir, int tf)
{
    bert_tokenizer_desc d;
    bert_error err = { 0 };
    char text[300];
    size_t size;
    const char *source = bert_model_config_text(run_now.model, &size);
    if (tf && source && bert_model_config(run_now.model)->source != BERT_SOURCE_HF) {
        if (cli_file_write(run_in(dir, "bert_config.json"), source, size, &err)) run_fail("%s", err.message);
    } else cli_write_config(run_now.model, t->kind, t->names, (size_t)t->labels, run_in(dir, "config.json"));
    if (run_now.tokenizer && run_now.vocab.size) {
        d = bert_tokenizer_desc_resolved(run_now.tokenizer);
        if (cli_file_write(run_in(dir, run_now.vocab_json ? "tokenizer.json" : "vocab.txt"), run_now.vocab.data, run_now.vocab.size, &err)) run_fail("%s", err.message);
        snprintf(text, sizeof text, "{\n  \"do_lower_case\": %s,\n  \"strip_accents\": %s,\n  \"tokenize_chinese_chars\": %s,\n  \"tokenizer_class\": \"BertTokenizer\"\n}\n", d.lower_case == BERT_ON ? "true" : "false",
                 d.strip_accents == BERT_ON ? "true" : "false", d.cjk != BERT_OFF ? "true" : "false");
        if (!run_now.vocab_json && cli_file_write(run_in(dir, "tokenizer_config.json"), text, strlen(text), &err)) run_fail("%s", err.message);
    }
    if (t->names && !cli_rank() && bert_labels_write(run_in(dir, "label_list.txt"), t->names, (size_t)t->labels, &err)) run_fail("%s", err.message);
    if (t->task_json && cli_file_write(run_in(dir, "task.json"), t->task_json, strlen(t->task_json), &err)) run_fail("%s", err.message);
}
CLI_FN void run_write_result(bert_trainer *trainer, const char *dir, const char *best, double value)
{
    const char *metadata[7];
    bert_error err = { 0 };
    char step[24], number[40];
    snprintf(step, sizeof step, "%lld", (long long)bert_trainer_steps(trainer));
    snprintf(number, sizeof number, "%.17g", value);
    metadata[0] = "step";
    metadata[1] = step;
    metadata[2] = best ? "best" : NULL;
    metadata[3] = best;
    metadata[4] = "value";
    metadata[5] = number;
    metadata[6] = NULL;
    if (bert_trainer_save(trainer, run_in(dir, "model.safetensors"), BERT_FORMAT_SAFETENSORS, 0, metadata, &err)) run_fail("%s", err.message);
}
/* --export: the result in another format, a folder of its own. */
CLI_FN void run_export(const run_task *t, const char *dir)
{
    const char *names[] = { "bert_model.ckpt", "model.safetensors", "pytorch_model.bin" };
    const int which = cli_choice("export", run.export_format, "tf|safetensors|pytorch");
    char folder[1200];
    bert_trainer_desc d;
    bert_trainer *trainer = NULL;
    bert_error err = { 0 };
    bert_model *m = run_open_model(run_in(dir, "model.safetensors"), run_in(dir, "config.json"));
    snprintf(folder, sizeof folder, "%s", run_in(dir, "export"));
    run_make_folder(folder);
    memset(&d, 0, sizeof d);
    d.model = m;
    d.learn = t->learn;
    d.keep = t->keep;
    d.optimizer.kind = BERT_OPTIMIZER_SGD;                              /* no slots */
    d.threads = 1;
    d.max_tokens = 1;
    d.error = &err;
    if (bert_trainer_open(&d, &trainer) || bert_trainer_save(trainer, run_in(folder, names[which]), BERT_FORMAT_AUTO, 0, NULL, &err)) run_fail("%s", err.message);
    bert_trainer_close(trainer);
    bert_model_close(m);
    run_have_model();
    run_write_beside(t, folder, which == 0);
    run_say("%s: written", run_in(folder, names[which]));
}

CLI_FN int run_better(const char *metric, double value, double best) { return best != best || (strstr(metric, "loss") ? value < best : value > best); }
CLI_FN void run_log_eval(run_record *r, int64_t step, const run_results *e)
{
    char text[40];
    int i;
    if (!r->file) return;
    fprintf(r->file, "{\"step\": %lld, \"eval\": {", (long long)step);
    for (i = 0; i < e->count; i++) {
        const char *v = run_value(e, i, text);
        fprintf(r->file, "%s\"%s\": %s", i ? ", " : "", e->item[i].key, strcmp(v, "nan") == 0 ? "null" : v);
    }
    fprintf(r->file, "}}\n");
    fflush(r->file);
}
CLI_FN void run_log_step(run_record *r, const run_task *t, const bert_progress *p, double seconds)
{
    run_record_point(r, p->step, p->loss, p->rate);
    if (!r->file) return;
    fprintf(r->file, "{\"step\": %lld, \"loss\": %.9g, ", (long long)p->step, p->loss);
    if (t->learn & BERT_LEARN_WORDS) fprintf(r->file, "\"masked_lm_loss\": %.9g, ", p->words);
    if (t->learn & BERT_LEARN_NEXT_SENTENCE) fprintf(r->file, "\"next_sentence_loss\": %.9g, ", p->next_sentence);
    fprintf(r->file, "\"learning_rate\": %.9g, \"grad_norm\": %.9g, \"loss_scale\": %.9g, \"seconds\": %.3f}\n", p->rate, p->norm, p->loss_scale, seconds);
    fflush(r->file);
}
CLI_FN void run_progress_line(int64_t step, int64_t steps, const bert_progress *p, double per_second)
{
    static double last;
    const double now = cli_seconds();
    if (!run_now.terminal || (now - last < 0.2 && step < steps)) return;
    last = now;
    fprintf(stderr, "\rstep %lld of %lld  loss %.4f  rate %.3g  %.2f steps/s  %.0f s left    ", (long long)step, (long long)steps, p->loss, p->rate, per_second, per_second > 0 ? (double)(steps - step) / per_second : 0);
    fflush(stderr);
    run_now.line = 1;
}
CLI_FN void run_evaluate(run_task *t, const bert_model *m, const char *dir, int64_t step, run_results *out)
{
    memset(out, 0, sizeof *out);
    t->evaluate(t, m, dir, out);
    if (step >= 0) run_result_as(out, "global_step", (double)step, 1);
}

/* Steps until all are done, from the newest checkpoint on. */
#define RUN_TRIED 6                     /* steps by which the time of all is foretold */
CLI_FN void run_train(run_task *t, const run_setting *s)
{
    const int64_t steps = run.num_train_steps > 0 ? t->phase_start + run.num_train_steps : (int64_t)((double)t->examples / (double)s->batch * run.num_train_epochs);
    const int64_t every = run.log_steps ? run.log_steps : run.iterations_per_loop < 100 ? run.iterations_per_loop : 100, stride = steps / 2000 + 1;
    const char *metric = run.keep_best && cli_truth(run.keep_best) != 1 ? run.keep_best : t->metric;
    const int64_t from = run_share(s->batch, cli_rank()), to = run_share(s->batch, cli_rank() + 1);     /* of every batch: this worker's */
    int64_t newest = run_newest(s->dir), *cursor, line_step, first, interval = 0;
    int stop = 0;
    double line_time, begin, second = 0, guess = 0;                     /* guess: how long it will take, by the steps after the first */
    char spoken[40];
    bert_trainer_desc d;
    bert_trainer *trainer = NULL;
    bert_saved saved;
    bert_error err = { 0 };
    bert_batch batch;
    bert_targets targets;
    bert_progress p;
    run_record record;
    run_results results;
    memset(&saved, 0, sizeof saved);
    memset(&p, 0, sizeof p);
    if (steps < 1) run_fail("%lld examples, a batch of %lld and %g epochs make no step: give more epochs or a smaller batch", (long long)t->examples, (long long)s->batch, run.num_train_epochs);
    run_make_folder(s->dir);
    cli_spread(&newest, sizeof newest, 0);                              /* as the first worker sees it */
    if (run.overwrite && newest >= 0 && cli_rank()) newest = -1;
    if (run.overwrite && newest >= 0) {
        run_say("%s: begun anew, the checkpoints that were there are removed (--overwrite)", s->dir);
        remove(run_in(s->dir, "checkpoint"));
        run_prune(s->dir, -1, INT64_MAX);
        remove(run_in(s->dir, "model.safetensors"));
        remove(run_in(s->dir, "eval_results.txt"));
        newest = -1;
    }
    run_prune(s->dir, 0, 0);
    cli_meet();
    run_say("***** Running training *****");
    if (t->examples) run_say("  Num examples = %lld", (long long)t->examples);
    run_say("  Batch size = %lld", (long long)s->batch);
    run_say("  Num steps = %lld", (long long)steps);
    if (run.resume_step >= 0) {
        if (!run_is_file(run_in(s->dir, "model.ckpt-%lld.index", (long long)run.resume_step))) run_fail("--resume_step=%lld: there is no %s.index", (long long)run.resume_step, run_in(s->dir, "model.ckpt-%lld", (long long)run.resume_step));
        newest = run.resume_step;
    }
    if (newest >= 0) {
        if (bert_saved_read(run_in(s->dir, "model.ckpt-%lld", (long long)newest), NULL, &saved, &err)) run_fail("%s", err.message);
        if (t->phase_start > saved.step) run_fail("--phase1_end_step=%lld: %s is at step %lld only", (long long)t->phase_start, run_in(s->dir, "model.ckpt-%lld", (long long)newest), (long long)saved.step);
        if (saved.step >= steps || (saved.complete && saved.cursor[RUN_DONE] == steps)) {
            run_say("%s: already at step %lld, nothing to train", s->dir, (long long)saved.step);
            return;
        }
    }
    run_have_model();
    run_desc(t, s, steps, &d);
    d.error = &err;
    if (saved.complete && saved.max_tokens > 0) { d.max_tokens = saved.max_tokens; d.budget = 0; }
    if (!cli_on_gpu(NULL)) run_check_memory(t, s, &d);
    if (cli_trainer_open(&d, &trainer)) run_fail("%s", err.message);
    run_set_groups(trainer);
    cursor = bert_trainer_cursor(trainer);
    if (newest >= 0) {
        if (bert_trainer_resume(trainer, run_in(s->dir, "model.ckpt-%lld", (long long)newest), &err)) run_fail("%s", err.message);
        run_say("%s: going on from step %lld", run_in(s->dir, "model.ckpt-%lld", (long long)newest), (long long)bert_trainer_steps(trainer));
        if (!saved.complete) {
            cursor[RUN_FIRST] = bert_trainer_steps(trainer) * s->batch;
            cursor[RUN_BEST_STEP] = -1;
        }
        else if (saved.seed != s->seed) run_say("note: the seed is %llu as before", (unsigned long long)saved.seed);
        if (saved.complete && (uint64_t)cursor[RUN_DATA] != t->data) {
            run_say("note: the training data are not those of before: they are read from their beginning");
            cursor[RUN_FIRST] = 0;
            memset(cursor + RUN_PLACE, 0, sizeof t->place);
        }
    } else {
        cursor[RUN_BEST_STEP] = -1;
        run_write_beside(t, s->dir, 0);
    }
    cursor[RUN_DATA] = (int64_t)t->data;
    memcpy(t->place, cursor + RUN_PLACE, sizeof t->place);
    bert_model_close(run_now.model);                                    /* a copy of its weights is enough */
    run_now.model = NULL;
    {
        const bert_trainer_desc r = bert_trainer_desc_resolved(trainer);
        run_say("  Tokens at once = %lld, threads = %d, kernels = %s, seed = %llu, learning rate = %g", (long long)r.max_tokens, (int)r.threads, bert_isa_name(r.isa), (unsigned long long)(saved.complete ? saved.seed : s->seed), s->rate);
    }
    run_record_open(&record, s->dir, newest, metric);
    begin = line_time = cli_seconds();
    line_step = first = bert_trainer_steps(trainer);
    while (bert_trainer_steps(trainer) < steps && !stop) {
        int64_t step;
        double now;
        int save, worse = 0;
        t->batch(t, saved.complete ? saved.seed : s->seed, cursor[RUN_FIRST] + from, to - from, &batch, &targets);
        if (bert_trainer_step(trainer, &batch, &targets, &p, &err)) run_fail("%s", err.message);
        stop = cli_any(run_stop);                                       /* a signal to one worker stops all, after the same step */
        cursor[RUN_FIRST] += s->batch;
        memcpy(cursor + RUN_PLACE, t->place, sizeof t->place);
        interval++;
        step = bert_trainer_steps(trainer);
        now = cli_seconds();
        if (p.skipped) {
            run_say("step %lld: gradients are not finite, the step is skipped; loss scale = %g", (long long)step + 1, p.loss_scale);
            if (!stop) continue;
        }
        if (step == first + 1) second = now;
        if (step == first + RUN_TRIED && steps - first >= 4 * RUN_TRIED) {
            guess = (now - second) / (RUN_TRIED - 1) * (double)(steps - first);
            run_say("  %lld steps will take about %s", (long long)(steps - first), cli_duration(guess, spoken));
        }
        if (step % stride == 0 || step == steps) run_log_step(&record, t, &p, now - begin);
        if (step % every == 0 || step == steps) {
            char parts[100] = "", scale[60] = "";
            const double dt = now - line_time > 1e-9 ? now - line_time : 1e-9;
            if (t->learn & BERT_LEARN_WORDS && t->learn & BERT_LEARN_NEXT_SENTENCE) snprintf(parts, sizeof parts, ", masked_lm_loss = %.6g, next_sentence_loss = %.6g", p.words, p.next_sentence);
            if (d.loss_scale.start > 0) snprintf(scale, sizeof scale, ", loss_scale = %g", p.loss_scale);
            run_say("global_step = %lld of %lld, loss = %.6g%s, learning_rate = %.4g%s, global_step/sec: %.4g, examples/sec: %.4g", (long long)step, (long long)steps, p.loss, parts, p.rate, scale,
                    (double)(step - line_step) / dt, (double)(interval * s->batch) / dt);
            line_step = step;
            line_time = now;
            interval = 0;
        }
        run_progress_line(step, steps, &p, (double)(step - first) / (now - begin + 1e-9));
        save = step % run.save_checkpoints_steps == 0 || step == steps;
        if (save && run.do_train_and_eval) {
            double best;
            int i;
            t->training = 1;
            run_evaluate(t, bert_trainer_model(trainer), s->dir, step, &results);
            t->training = 0;
            run_write_results("Eval results", NULL, &results);
            run_log_eval(&record, step, &results);
            i = run_find(&results, metric);
            if (i < 0) run_fail("--keep_best=%s: the evaluation has no such number; see the list above", metric);
            run_record_mark(&record, step, results.item[i].value);
            memcpy(&best, cursor + RUN_BEST, sizeof best);
            if (cursor[RUN_BEST_STEP] < 0 || run_better(metric, results.item[i].value, best)) {
                cursor[RUN_BEST_STEP] = step;
                memcpy(cursor + RUN_BEST, &results.item[i].value, sizeof best);
                cursor[RUN_WORSE] = 0;
                if (run.keep_best) run_write_result(trainer, s->dir, metric, results.item[i].value);
            } else cursor[RUN_WORSE]++;
            worse = run.patience && cursor[RUN_WORSE] >= run.patience;
            line_time += cli_seconds() - now;                           /* steps alone */
        }
        if (save || stop || worse) {
            if (step == steps || worse) {
                cursor[RUN_DONE] = steps;
                if (!run.keep_best) run_write_result(trainer, s->dir, NULL, 0);
            }
            if (bert_trainer_save(trainer, run_in(s->dir, "model.ckpt-%lld", (long long)step), BERT_FORMAT_TF, 1, NULL, &err)) run_fail("%s", err.message);
            run_prune(s->dir, run.keep_checkpoint_max, step);
            run_picture(&record, s->dir, t->title, steps);
        }
        if (worse) { run_say("stopped early: %lld evaluations without a better %s", (long long)run.patience, metric); break; }
    }
    if (!stop && run.keep_best) {
        double best;
        char text[40];
        memcpy(&best, cursor + RUN_BEST, sizeof best);
        run_say("the best %s is %s, at step %lld: that is the result", metric, run_number(text, best), (long long)cursor[RUN_BEST_STEP]);
    }
    run_record_close(&record);
    line_step = bert_trainer_steps(trainer);
    bert_trainer_close(trainer);
    if (stop) {
        run_say("interrupted: the checkpoint is %s; the same command goes on from there", run_in(s->dir, "model.ckpt-%lld", (long long)line_step));
        cli_meet();                                                     /* nobody leaves before that is written: mpirun would end it */
        exit(130);
    }
    run_say("Loss for final step: %.9g.", p.loss);
    if (guess > 0) {
        const double took = cli_seconds() - begin, wrong = 100 * (guess / (took + 1e-9) - 1);
        run_say("trained in %.1f s (%.1f were foretold after %d steps: %.0f %% too %s): %s", took, guess, RUN_TRIED, fabs(wrong), wrong > 0 ? "long" : "short", run_in(s->dir, "model.safetensors"));
    } else run_say("trained in %.1f s: %s", cli_seconds() - begin, run_in(s->dir, "model.safetensors"));
    if (run.export_format && !cli_rank()) run_export(t, s->dir);
    cli_meet();                                                         /* the result is there for all */
}

/* ---- all of them, and the table ---- */

typedef struct run_row { run_setting setting; run_results results; } run_row;

CLI_FN double run_sum(const run_row *rows, int count, const char *key, double *deviation, double *low, double *high)
{
    double sum = 0, squares = 0, mean;
    int i, n = 0;
    *low = 1e300;
    *high = -1e300;
    for (i = 0; i < count; i++) {
        const int k = run_find(&rows[i].results, key);
        if (k < 0) continue;
        sum += rows[i].results.item[k].value;
        if (rows[i].results.item[k].value < *low) *low = rows[i].results.item[k].value;
        if (rows[i].results.item[k].value > *high) *high = rows[i].results.item[k].value;
        n++;
    }
    mean = n ? sum / n : 0;
    for (i = 0; i < count; i++) {
        const int k = run_find(&rows[i].results, key);
        if (k >= 0) squares += (rows[i].results.item[k].value - mean) * (rows[i].results.item[k].value - mean);
    }
    *deviation = n > 1 ? sqrt(squares / (n - 1)) : 0;
    return mean;
}
/* Rows of one rate and batch stand together: the seeds go fastest. */
CLI_FN void run_table(const run_task *t, const run_row *rows, int count, int seeds)
{
    bert_error err = { 0 };
    cli_text o = { 0 };
    char text[300], number[40];
    const run_results *r = &rows[0].results;
    double low, high, deviation, mean, best = 0;
    int i, k, at = -1;
    cli_str(&o, "learning_rate\ttrain_batch_size\tseed");
    for (k = 0; k < r->count; k++) { cli_str(&o, "\t"); cli_str(&o, r->item[k].key); }
    cli_str(&o, "\n");
    for (i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%g\t%lld\t%llu", rows[i].setting.rate, (long long)rows[i].setting.batch, (unsigned long long)rows[i].setting.seed);
        cli_str(&o, text);
        for (k = 0; k < r->count; k++) {
            const int j = run_find(&rows[i].results, r->item[k].key);
            cli_str(&o, "\t");
            if (j >= 0) cli_str(&o, run_value(&rows[i].results, j, number));
        }
        cli_str(&o, "\n");
    }
    if (cli_file_write(run_in(run.output_dir, "runs.tsv"), o.data, o.size, &err)) run_fail("%s", err.message);
    free(o.data);
    run_say("***** %d runs *****", count);
    run_say("  %-32s %10s %10s %10s %10s %10s", t->metric, "value", "sd", "min", "max", "");
    for (i = 0; i < count; i += seeds) {
        mean = run_sum(rows + i, seeds, t->metric, &deviation, &low, &high);
        snprintf(text, sizeof text, "rate %g, batch %lld", rows[i].setting.rate, (long long)rows[i].setting.batch);
        run_say("  %-32s %10.4f %10.4f %10.4f %10.4f %s", text, mean, deviation, low, high, seeds > 1 ? "mean over the seeds" : "");
        if (at < 0 || run_better(t->metric, mean, best)) { at = i; best = mean; }
    }
    for (k = 0; k < r->count; k++) {
        if (r->item[k].whole) continue;
        mean = run_sum(rows, count, r->item[k].key, &deviation, &low, &high);
        run_say("  all: %-27s %10.4f %10.4f %10.4f %10.4f", r->item[k].key, mean, deviation, low, high);
    }
    if (at >= 0) run_say("  best: rate %g, batch %lld", rows[at].setting.rate, (long long)rows[at].setting.batch);
    best = 0;
    for (i = 0, at = -1; i < count; i++) {
        k = run_find(&rows[i].results, t->metric);
        if (k >= 0 && (at < 0 || run_better(t->metric, rows[i].results.item[k].value, best))) { at = i; best = rows[i].results.item[k].value; }
    }
    if (at >= 0) run_say("  best single run: %s (%s = %s); all of them: %s", rows[at].setting.dir, t->metric, run_number(number, best), run_in(run.output_dir, "runs.tsv"));
}

CLI_FN int run_all(run_task *t)
{
    double rates[RUN_LIST], batches[RUN_LIST], seeds[RUN_LIST];
    const int rate_count = run_list("learning_rate", run.learning_rate, rates), batch_count = run_list("train_batch_size", run.train_batch_size, batches);
    const int seed_count = run.seeds ? run_list("seeds", run.seeds, seeds) : 1, count = rate_count * batch_count * seed_count;
    run_row *rows = (run_row *)run_memory(NULL, (size_t)count, sizeof *rows);
    bert_model *m = NULL;
    int i;
    if (!run.seeds) seeds[0] = (double)run.seed;
    for (i = 0; i < rate_count; i++) if (!(rates[i] > 0) || isinf(rates[i])) cli_usage("--learning_rate is positive, not ", run.learning_rate);
    for (i = 0; i < batch_count; i++) if (!(batches[i] >= 1 && batches[i] <= 1e6) || batches[i] != floor(batches[i])) cli_usage("--train_batch_size is a whole number from 1, not ", run.train_batch_size);
    for (i = 0; i < seed_count; i++) if (!(seeds[i] >= 0 && seeds[i] < 9e15) || seeds[i] != floor(seeds[i])) cli_usage("--seeds are whole numbers from 0, not ", run.seeds);
    memset(rows, 0, (size_t)count * sizeof *rows);
#ifndef _WIN32
    {
        struct sigaction a;
        memset(&a, 0, sizeof a);
        a.sa_handler = run_interrupted;
        a.sa_flags = (int)SA_RESETHAND;                                 /* the second time ends it */
        if (run.do_train) { sigaction(SIGINT, &a, NULL); sigaction(SIGTERM, &a, NULL); sigaction(SIGUSR1, &a, NULL); }    /* (mpirun hands the last on, and gives its workers time) */
    }
#endif
    if (run.do_train) t->load(t);
    for (i = 0; i < count; i++) {
        run_setting *s = &rows[i].setting;
        s->seed = (uint64_t)seeds[i % seed_count];
        s->batch = (int64_t)batches[i / seed_count % batch_count] * run.accumulation * (run.horovod ? cli_size() : 1);
        s->rate = rates[i / seed_count / batch_count] * (run.horovod ? cli_size() : 1);
        snprintf(s->dir, sizeof s->dir, "%s", run.output_dir ? run.output_dir : ".");
        if (count > 1) {                                                /* output_dir/rate_3e-05_batch_32_seed_1, what varies */
            char name[160] = "";
            if (rate_count > 1) snprintf(name + strlen(name), 50, "_rate_%g", s->rate);
            if (batch_count > 1) snprintf(name + strlen(name), 50, "_batch_%lld", (long long)s->batch);
            if (seed_count > 1) snprintf(name + strlen(name), 50, "_seed_%llu", (unsigned long long)s->seed);
            snprintf(s->dir, sizeof s->dir, "%s", run_in(run.output_dir, "%s", name + 1));
            run_say("***** run %d of %d: %s *****", i + 1, count, s->dir);
        }
        if (run.do_train) run_train(t, s);
        if (!run.do_eval && !run.do_predict) continue;
        if (run.do_train || count > 1) {
            char from[1200];
            m = run_open_trained(s->dir, from);
            if (!run.do_train) run_say("%s: taken from there", from);
        } else m = run_now.model;
        if (run.do_eval) {
            const bert_checkpoint *c = bert_model_checkpoint(m);
            const char *step = c ? bert_checkpoint_metadata(c, "step") : NULL;
            const bert_tensor *steps = c ? bert_checkpoint_find(c, "global_step") : NULL;
            bert_error err = { 0 };
            int64_t n = step ? strtoll(step, NULL, 10) : -1;
            if (steps && bert_tensor_read(steps, BERT_I64, &n, 1, &err)) n = -1;
            run_evaluate(t, m, run.output_dir ? s->dir : NULL, n, &rows[i].results);
            run_write_results("Eval results", run.output_dir ? run_in(s->dir, "eval_results.txt") : NULL, &rows[i].results);
        }
        if (run.do_predict) t->predict(t, m, run.output_dir ? s->dir : NULL);
        if (m != run_now.model) bert_model_close(m);
    }
    if (count > 1 && run.do_eval) run_table(t, rows, count, seed_count);
    free(rows);
    bert_tokenizer_close(run_now.tokenizer);
    bert_model_close(run_now.model);
    bert_file_close(&run_now.vocab);
    if (run_now.log) fclose(run_now.log);
    return 0;
}
#endif
