/* tools/cli.h - what the command-line programs share: flags, help, failing.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   One table per program drives parser and --help:

      static const char *vocab_file; static int64_t threads; static int pair; static bert_flag lower;
      static const cli_flag flags[] = {
          { "vocab_file", 's', &vocab_file, "vocabulary: vocab.txt, tokenizer.json or a directory" },
          { "threads",    'i', &threads,    "how many; 0: one a core" },
          { "pair",       'b', &pair,       "two texts a line" },
          { "do_lower_case", 't', &lower,   "on, off or as the files say" },
          { 0 } };
      int main(int argc, char **argv) { cli c = cli_parse(argc, argv, "tokenize [FLAGS] [FILE ...]", "Texts to tokens.", flags); ...

   Types: 's' const char *, 'i' int64_t, 'd' double, 'b' int (0 or 1), 't' bert_flag (three-valued). Written as
   --flag=value or --flag value; 'b' and 't' as --flag, --noflag, --flag=true, --flag=false, as the reference's scripts
   have them. "--" ends the flags. Exit codes: 0 ok, 1 failed, 2 wrong usage.

   A program that defines CLI_WORKERS before shares its work out when it is built with MPI (make MPI=1) and started by mpirun: see
   "several workers" below. */
#ifndef CLI_H
#define CLI_H

#include "../bert.h"
#ifdef BERT_TOOLS_CUDA                  /* make CUDA=1 */
#include "../bert_cuda.h"
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#ifdef _WIN32
#include <io.h>
#define CLI_ISATTY _isatty(2)
#elif defined(_POSIX_C_SOURCE)          /* programs that show progress define it */
#include <unistd.h>
#define CLI_ISATTY isatty(2)
#endif

#if defined(__GNUC__)
#define CLI_FN static __attribute__((unused))       /* not every program needs every helper */
#else
#define CLI_FN static
#endif

typedef struct cli_flag { const char *name; char type; void *value; const char *help; } cli_flag;
typedef struct cli { const char *name; char **args; int count; } cli;     /* what is no flag */

static const char *cli_name = "";

/* ---- several workers: which this is, of how many; 0 of 1 without MPI ---- */

#if defined(BERT_USE_MPI) && defined(CLI_WORKERS)
#define CLI_MPI 1
#include <unistd.h>
static struct { int rank, size, here, local; bert_mpi *mpi; bert_comm comm; } cli_workers = { 0, 1, 0, 1, NULL, { 0, 0, NULL, NULL, NULL, NULL, NULL, NULL } };
CLI_FN int cli_rank(void) { return cli_workers.rank; }
CLI_FN int cli_size(void) { return cli_workers.size; }
CLI_FN int cli_here(void) { return cli_workers.here; }
CLI_FN void cli_mpi_end(void)
{
    int over = 0;
    MPI_Finalized(&over);
    if (!over) MPI_Finalize();
}
/* All but the first are silent, unless they fail. */
CLI_FN void cli_mpi_begin(int *argc, char ***argv)
{
    MPI_Comm here;
    int given = 0;
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &given);
    MPI_Comm_rank(MPI_COMM_WORLD, &cli_workers.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &cli_workers.size);
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here) == MPI_SUCCESS) {
        MPI_Comm_rank(here, &cli_workers.here);                         /* of those on this machine */
        MPI_Comm_size(here, &cli_workers.local);
        MPI_Comm_free(&here);
    }
    atexit(cli_mpi_end);
    if (cli_workers.rank && !freopen("/dev/null", "w", stdout)) fclose(stdout);
}
/* What all have in common each finds, and worker 0 says it: the others give it a second. Nobody waits for those who have failed. */
CLI_FN void cli_leave(int status)
{
    if (cli_workers.size > 1) MPI_Abort(MPI_COMM_WORLD, status);
    exit(status);
}
CLI_FN void cli_let_first(void) { if (cli_workers.rank) sleep(1); }
#else
#define CLI_MPI 0
CLI_FN int cli_rank(void) { return 0; }
CLI_FN int cli_size(void) { return 1; }
CLI_FN int cli_here(void) { return 0; }
CLI_FN void cli_leave(int status) { exit(status); }
CLI_FN void cli_let_first(void) {}
#endif

/* Says why on stderr and ends the program: all of its workers. */
CLI_FN void cli_fail(const char *message)
{
    fflush(stdout);
    cli_let_first();
    if (cli_size() > 1) fprintf(stderr, "%s: worker %d: %s\n", cli_name, cli_rank(), message);
    else fprintf(stderr, "%s: %s\n", cli_name, message);
    cli_leave(1);
}
static void cli_usage(const char *message, const char *detail)
{
    cli_let_first();
    fprintf(stderr, "%s: %s%s\n%s: see %s --help\n", cli_name, message, detail, cli_name, cli_name);
    cli_leave(2);
}

#if CLI_MPI
/* After the flags: bf16 and timeout as in bert_mpi_desc. */
CLI_FN void cli_join(int bf16, double timeout)
{
    bert_error err;
    bert_mpi_desc d;
    memset(&err, 0, sizeof err);
    memset(&d, 0, sizeof d);
    d.bf16 = bf16;
    d.timeout = timeout;
    d.error = &err;
    if (cli_workers.size == 1) return;
    if (bert_mpi_open(&d, &cli_workers.mpi)) cli_fail(err.message);
    cli_workers.comm = bert_mpi_comm(cli_workers.mpi);
}
CLI_FN const bert_comm *cli_comm(void) { return cli_workers.mpi ? &cli_workers.comm : NULL; }
/* Threads of a session or trainer: where nothing else is asked for, the cores are shared between the workers of this machine. */
CLI_FN int64_t cli_threads(int64_t asked)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return asked || cli_workers.local < 2 ? asked : cores / cli_workers.local > 1 ? cores / cli_workers.local : 1;
}
#else
CLI_FN void cli_join(int bf16, double timeout) { (void)bf16; (void)timeout; }
CLI_FN const bert_comm *cli_comm(void) { return NULL; }
CLI_FN int64_t cli_threads(int64_t asked) { return asked; }
#endif
/* Bytes of worker `root` for all of them. */
CLI_FN void cli_spread(void *data, size_t size, int root)
{
    bert_error err;
    memset(&err, 0, sizeof err);
    if (cli_comm() && cli_comm()->broadcast(cli_comm()->user, data, size, root, &err)) cli_fail(err.message);
}
/* Is it so for any worker? All know. */
CLI_FN int cli_any(int mine)
{
    float sum = mine != 0;
    bert_error err;
    memset(&err, 0, sizeof err);
    if (cli_comm() && cli_comm()->all_reduce(cli_comm()->user, &sum, 1, &err)) cli_fail(err.message);
    return sum > 0;
}
/* Nobody goes on before all are here. */
CLI_FN void cli_meet(void)
{
    char nothing = 0;
    cli_spread(&nothing, 1, 0);
}
/* Is this piece of the work, of many in a row, this worker's? */
CLI_FN int cli_mine(int64_t piece) { return piece % cli_size() == cli_rank(); }
/* A file of the first worker. */
CLI_FN bert_status cli_file_write(const char *path, const void *data, size_t size, bert_error *error)
{
    return cli_rank() ? BERT_OK : bert_file_write(path, data, size, error);
}

/* Insertions, deletions and changes between two short names. */
static size_t cli_distance(const char *a, const char *b)
{
    size_t row[64], i, j, n = strlen(b);
    if (n > 62) return 99;
    for (j = 0; j <= n; j++) row[j] = j;
    for (i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}
static void cli_unknown(const char *name, const cli_flag *flags)
{
    const cli_flag *f, *best = NULL;
    char text[256];
    for (f = flags; f->name; f++)
        if (!best || cli_distance(name, f->name) < cli_distance(name, best->name)) best = f;
    for (f = flags; f->name; f++) if (strncmp(f->name, name, strlen(name)) == 0) best = f;
    if (best && (cli_distance(name, best->name) <= 2 + strlen(name) / 4 || strncmp(best->name, name, strlen(name)) == 0)) snprintf(text, sizeof text, "%.100s (did you mean --%s?)", name, best->name);
    else snprintf(text, sizeof text, "%.100s", name);
    cli_usage("unknown flag --", text);
}
static int cli_truth(const char *v)
{
    static const char *const yes[] = { "true", "True", "1", "yes", "on", "t", "y" }, *const no[] = { "false", "False", "0", "no", "off", "f", "n" };
    size_t i;
    for (i = 0; i < 7; i++) {
        if (strcmp(v, yes[i]) == 0) return 1;
        if (strcmp(v, no[i]) == 0) return 0;
    }
    return -1;
}
static void cli_set(const cli_flag *f, const char *value)
{
    char text[256];
    int ok = 1, truth;
    if (f->type == 's') *(const char **)f->value = value;
    if (f->type == 'd') ok = bert_parse_double(value, strlen(value), (double *)f->value) && *(double *)f->value == *(double *)f->value;      /* NaN is none */
    if (f->type == 'i') {
        char *end;
        errno = 0;
        *(int64_t *)f->value = strtoll(value, &end, 10);
        ok = *value && !*end && errno != ERANGE;
    }
    if (f->type == 'b' || f->type == 't') {
        truth = cli_truth(value);
        ok = truth >= 0;
        if (f->type == 'b') *(int *)f->value = truth;
        else *(bert_flag *)f->value = truth ? BERT_ON : BERT_OFF;
    }
    if (ok) return;
    snprintf(text, sizeof text, "%s: \"%.100s\" is no %s", f->name, value, f->type == 'i' ? "whole number" : f->type == 'd' ? "number" : "true or false");
    cli_usage("--", text);
}
static void cli_help(const char *usage, const char *what, const cli_flag *flags)
{
    const cli_flag *f;
    printf("usage: %s\n\n%s\n\nflags (--flag=value or --flag value; --flag and --noflag for those marked *):\n", usage, what);
    for (f = flags; f->name; f++) {
        char value[200] = "";
        if (f->type == 's' && *(const char **)f->value) snprintf(value, sizeof value, " (default %s)", *(const char **)f->value);
        if (f->type == 'i') snprintf(value, sizeof value, " (default %lld)", (long long)*(int64_t *)f->value);
        if (f->type == 'd') snprintf(value, sizeof value, " (default %g)", *(double *)f->value);
        if (f->type == 'b') snprintf(value, sizeof value, " (default %s)", *(int *)f->value ? "true" : "false");
        printf("  --%-20s %s%s%s\n", f->name, f->type == 'b' || f->type == 't' ? "* " : "", f->help, value);
    }
    printf("  --%-20s this text\n  --%-20s the version\n\nexit codes: 0 ok, 1 failed, 2 wrong usage\n", "help", "version");
}

/* Fills the flags' variables; answers --help and --version; ends the program on wrong usage. The words that are no
   flags stay in args. */
static cli cli_parse(int argc, char **argv, const char *usage, const char *what, const cli_flag *flags)
{
    cli c;
    int i, only = 0;
    const char *slash;
#if CLI_MPI
    cli_mpi_begin(&argc, &argv);
#endif
    slash = strrchr(argv[0], '/');
    c.name = cli_name = slash ? slash + 1 : argv[0];
    c.args = argv + 1;
    c.count = 0;
    for (i = 1; i < argc; i++) {
        const char *a = argv[i], *value;
        char name[64];
        const cli_flag *f;
        size_t n;
        if (only || a[0] != '-' || !a[1] || (a[1] != '-' && strcmp(a, "-h") != 0)) { c.args[c.count++] = argv[i]; continue; }
        if (strcmp(a, "--") == 0) { only = 1; continue; }
        if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) { cli_help(usage, what, flags); exit(0); }
        if (strcmp(a, "--version") == 0) { printf("%s %s\n", c.name, BERT_VERSION); exit(0); }
        a += 2;
        value = strchr(a, '=');
        n = value ? (size_t)(value - a) : strlen(a);
        if (n >= sizeof name) cli_unknown(a, flags);
        memcpy(name, a, n);
        name[n] = 0;
        if (value) value++;
        for (f = flags; f->name && strcmp(f->name, name) != 0; f++) {}
        if (!f->name && !value && strncmp(name, "no", 2) == 0) {
            for (f = flags; f->name && !(strcmp(f->name, name + 2) == 0 && (f->type == 'b' || f->type == 't')); f++) {}
            value = "false";
        }
        if (!f->name) cli_unknown(name, flags);
        if (!value && (f->type == 'b' || f->type == 't')) value = "true";
        if (!value && i + 1 >= argc) cli_usage("a value is missing after --", name);
        if (!value) value = argv[++i];
        cli_set(f, value);
    }
    return c;
}

/* A number of a flag lies in [least, most]. */
CLI_FN void cli_range(const char *flag, int64_t value, int64_t least, int64_t most)
{
    char text[200];
    if (value >= least && value <= most) return;
    if (most == INT64_MAX) snprintf(text, sizeof text, "%.100s is %lld; it begins at %lld", flag, (long long)value, (long long)least);
    else snprintf(text, sizeof text, "%.100s is %lld; it goes from %lld to %lld", flag, (long long)value, (long long)least, (long long)most);
    cli_usage("--", text);
}
/* One of a list of words, as its place: choices "a|b|c". */
CLI_FN int cli_choice(const char *flag, const char *value, const char *choices)
{
    const char *p = choices;
    char text[300];
    int k = 0;
    size_t n = strlen(value);
    for (;; k++) {
        const char *end = strchr(p, '|');
        size_t len = end ? (size_t)(end - p) : strlen(p);
        if (len == n && memcmp(p, value, n) == 0) return k;
        if (!end) break;
        p = end + 1;
    }
    snprintf(text, sizeof text, "%s is \"%.60s\"; it can be %s", flag, value, choices);
    cli_usage("--", text);
    return -1;
}

/* A growing text for output; ends the program when memory does. */
typedef struct cli_text { char *data; size_t size, capacity; } cli_text;
CLI_FN char *cli_room(cli_text *t, size_t more)
{
    if (t->capacity - t->size < more) {
        size_t capacity = (t->size + more) * 2 + 1024;
        char *data = (char *)realloc(t->data, capacity);
        if (!data) cli_fail("out of memory");
        t->data = data;
        t->capacity = capacity;
    }
    return t->data + t->size;
}
CLI_FN void cli_add(cli_text *t, const char *p, size_t n)
{
    if (!n) return;                                                     /* (p may be NULL then) */
    memcpy(cli_room(t, n), p, n);
    t->size += n;
}
CLI_FN void cli_str(cli_text *t, const char *p) { cli_add(t, p, strlen(p)); }
CLI_FN void cli_number(cli_text *t, int64_t v)
{
    char digits[24];
    size_t n = sizeof digits;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[--n] = (char)('0' + u % 10); while (u /= 10);
    if (v < 0) digits[--n] = '-';
    cli_add(t, digits + n, sizeof digits - n);
}
CLI_FN void cli_quoted(cli_text *t, const char *p, size_t n)
{
    size_t room = n * 6 + 2;
    t->size += bert_json_quote(p, n, 0, cli_room(t, room), room);
}

/* ---- models: --model PATH or a checkpoint and a config; the tokenizer beside it ---- */

CLI_FN bert_model *cli_open_model(const char *path, const char *config_file, uint32_t heads)
{
    bert_error err = { 0 };
    bert_model_desc d = { 0 };
    bert_model *m = NULL;
    if (!path) cli_usage("--model is missing", "");
    d.path = path;
    d.config_path = config_file;
    d.heads = heads;
    d.error = &err;
    if (bert_model_open(&d, &m)) cli_fail(err.message);
    return m;
}
/* The tokenizer of vocab_file, or what lies beside the checkpoint. specials: "[MASK]" in a text is that token. check_case: BERT_OFF
   lets pass what contradicts the checkpoint's name. */
CLI_FN bert_tokenizer *cli_open_tokenizer(const bert_model *m, const char *vocab_file, bert_flag lower, bert_flag specials, bert_flag check_case)
{
    bert_error err = { 0 };
    bert_tokenizer_desc d = { 0 };
    bert_tokenizer *t = NULL;
    char text[900];
    d.path = vocab_file;
    d.lower_case = lower;
    d.specials = specials;
    d.error = &err;
    if (bert_model_tokenizer(m, &d, check_case, &t)) {
        snprintf(text, sizeof text, "%.600s%s", err.message, vocab_file ? "" : " (--vocab_file)");
        cli_fail(text);
    }
    return t;
}

/* ---- where to compute: sessions and trainers of all programs that have CLI_DEVICE among their flags ---- */

#if defined(__GNUC__)
__attribute__((unused))
#endif
static const char *cli_device = "cpu";
#define CLI_DEVICE { "device", 's', &cli_device, "cpu; cuda (workers of mpirun: a GPU each) or cuda:1 (the GPU of that number), with ,f32 ,tf32 ,bf16 ,f16 or ,fp8 and ,own (products without cuBLASLt) behind it; the tools are built for it by make CUDA=1" }

/* Is it a GPU? Then `d` (may be NULL) becomes what the flag says of it. */
#ifdef BERT_TOOLS_CUDA
CLI_FN int cli_on_gpu(bert_cuda_desc *d)
{
    static const char *const precisions[] = { ",f32", ",tf32", ",bf16", ",f16", ",fp8" };
    const char *p = cli_device;
    bert_cuda_desc none;
    size_t k, n;
    if (strcmp(p, "cpu") == 0) return 0;
    if (!d) d = &none;
    memset(d, 0, sizeof *d);
    if (strncmp(p, "cuda", 4) != 0) cli_usage("--device is cpu, cuda or cuda:1, not ", p);
    p += 4;
    d->device = cli_here();
    if (*p == ':' && p[1] >= '0' && p[1] <= '9') d->device = (int32_t)strtol(p + 1, (char **)(uintptr_t)&p, 10);
    while (*p) {
        n = 1 + strcspn(p + 1, ",");
        for (k = 0; k < sizeof precisions / sizeof *precisions; k++) if (n == strlen(precisions[k]) && strncmp(p, precisions[k], n) == 0) d->precision = (bert_cuda_precision)(BERT_CUDA_F32 + k);
        if (n == 4 && strncmp(p, ",own", n) == 0) d->cublas = BERT_OFF;
        else if (!d->precision) cli_usage("--device is cpu, cuda or cuda:1, with ,f32 ,tf32 ,bf16 ,f16 ,fp8 or ,own behind, not ", cli_device);
        p += n;
    }
    return 1;
}
#else
CLI_FN int cli_on_gpu(void *d)
{
    (void)d;
    if (strcmp(cli_device, "cpu") == 0) return 0;
    if (strncmp(cli_device, "cuda", 4) != 0) cli_usage("--device is cpu, cuda or cuda:1, not ", cli_device);
    cli_fail("this program was built without CUDA: build the tools with make -C tools CUDA=1, or compute with --device=cpu");
    return 0;
}
#endif
CLI_FN bert_status cli_session_open(const bert_session_desc *d, bert_session **out)
{
#ifdef BERT_TOOLS_CUDA
    bert_cuda_desc cuda;
    if (cli_on_gpu(&cuda)) return bert_cuda_session_open(d, &cuda, out);
#endif
    cli_on_gpu(NULL);
    return bert_session_open(d, out);
}
#ifndef BERT_NO_TRAIN
CLI_FN bert_status cli_trainer_open(const bert_trainer_desc *d, bert_trainer **out)
{
#ifdef BERT_TOOLS_CUDA
    bert_cuda_desc cuda;
    if (cli_on_gpu(&cuda)) {
#ifdef BERT_USE_NCCL
        bert_trainer_desc with = *d;
        static bert_cuda_comm *nccl;                                    /* until the program ends: its trainers use it */
        static bert_comm comm;
        bert_cuda_comm_desc m;
        bert_status st;
        memset(&m, 0, sizeof m);
        m.over = d->comm;
        m.device = cuda.device;
        m.error = d->error;
        if (d->comm && d->comm->size > 1) {
            if (!nccl && (st = bert_cuda_comm_open(&m, &nccl)) != BERT_OK) return st;
            comm = bert_cuda_comm_of(nccl);
            with.comm = &comm;
        }
        return bert_cuda_trainer_open(&with, &cuda, out);
#else
        return bert_cuda_trainer_open(d, &cuda, out);
#endif
    }
#endif
    cli_on_gpu(NULL);
    return bert_trainer_open(d, out);
}
#endif

#define CLI_ISAS "default|ref|avx2|avx512|neon"
static const char *cli_precision = "f32";
#define CLI_PRECISION { "precision", 's', &cli_precision, "f32, bf16 or int8; f32 where a processor gains nothing by the others" }
CLI_FN bert_session *cli_open_session(const bert_model *m, const char *isa, int64_t threads, int64_t max_tokens)
{
    bert_error err = { 0 };
    bert_session_desc d = { 0 };
    bert_session *s = NULL;
    if (threads < 0 || threads > 1024) cli_usage("--threads goes from 0 to 1024", "");
    d.model = m;
    d.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
    d.precision = (bert_precision)cli_choice("precision", cli_precision, "default|f32|bf16|int8");
    d.threads = (int32_t)cli_threads(threads);
    d.max_tokens = max_tokens;
    d.error = &err;
    if (cli_session_open(&d, &s)) cli_fail(err.message);
    return s;
}

/* ---- JSON, member by member; a model's config.json ---- */

/* A JSON value as it was. */
CLI_FN void cli_json(cli_text *o, const bert_json *v)
{
    const bert_json *x;
    if (v->type == 's') cli_quoted(o, v->text, v->size);
    else if (v->type == 'd') cli_add(o, v->text, v->size);
    else if (v->type == 't' || v->type == 'f' || v->type == 'n') cli_str(o, v->type == 't' ? "true" : v->type == 'f' ? "false" : "null");
    else {
        cli_str(o, v->type == 'o' ? "{" : "[");
        for (x = v->first; x; x = x->next) {
            if (x != v->first) cli_str(o, ", ");
            if (v->type == 'o') { cli_quoted(o, x->key, x->key_size); cli_str(o, ": "); }
            cli_json(o, x);
        }
        cli_str(o, v->type == 'o' ? "}" : "]");
    }
}
CLI_FN void cli_member(cli_text *o, const char *name, const char *value)
{
    if (o->size > 2) cli_str(o, ",\n");
    cli_str(o, "  \"");
    cli_str(o, name);
    cli_str(o, "\": ");
    cli_str(o, value);
}
CLI_FN void cli_int(cli_text *o, const char *name, int64_t v)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)v);
    cli_member(o, name, text);
}
CLI_FN void cli_double(cli_text *o, const char *name, double v)
{
    char text[40];
    double back = 0;
    int digits;
    for (digits = 1; digits <= 17; digits++) {                          /* the shortest that reads back the same */
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (bert_parse_double(text, strlen(text), &back) && back == v) break;
    }
    cli_member(o, name, text);
}

/* Writes config.json: the model's numbers, then whatever else the source's config had. kind: of transformers' class, "ForMaskedLM".
   Of a classifier the names of its labels, or, without names, how many; 0: as the source has it. */
CLI_FN void cli_write_config(const bert_model *m, const char *kind, const char *const *labels, size_t label_count, const char *path)
{
    static const char *const ours[] = { "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size", "max_position_embeddings", "type_vocab_size", "hidden_act",
                                        "layer_norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "model_type", "architectures", "use_relative_position", "max_relative_position", "dtype", "torch_dtype",
                                        "num_labels", "id2label", "label2id" };
    const size_t our_count = sizeof ours / sizeof *ours - (label_count ? 0 : 3);
    const bert_config *k = bert_model_config(m);
    const int nezha = k->max_relative_position > 0;
    char text[200];
    cli_text o = { 0 }, ids = { 0 };
    bert_json_doc doc = { 0 };
    bert_error err = { 0 };
    const bert_json *v;
    size_t i, size;
    int back;
    const char *source = bert_model_config_text(m, &size);
    cli_str(&o, "{\n");
    snprintf(text, sizeof text, "[\"%s%s\"]", nezha ? "Nezha" : "Bert", kind);
    cli_member(&o, "architectures", text);
    cli_member(&o, "model_type", nezha ? "\"nezha\"" : "\"bert\"");
    snprintf(text, sizeof text, "\"%s\"", bert_activation_name(k->activation));
    cli_member(&o, "hidden_act", text);
    cli_int(&o, "hidden_size", k->hidden_size);
    cli_int(&o, "num_hidden_layers", k->layers);
    cli_int(&o, "num_attention_heads", k->heads);
    cli_int(&o, "intermediate_size", k->intermediate_size);
    cli_int(&o, "vocab_size", k->vocab_size);
    cli_int(&o, "max_position_embeddings", k->max_positions);
    cli_int(&o, "type_vocab_size", k->type_vocab_size);
    cli_double(&o, "layer_norm_eps", k->layer_norm_eps);
    cli_double(&o, "hidden_dropout_prob", k->hidden_dropout);
    cli_double(&o, "attention_probs_dropout_prob", k->attention_dropout);
    cli_double(&o, "initializer_range", k->initializer_range);
    if (nezha) { cli_member(&o, "use_relative_position", "true"); cli_int(&o, "max_relative_position", k->max_relative_position); }
    if (label_count && !labels) cli_int(&o, "num_labels", (int64_t)label_count);
    for (back = 0; labels && back < 2; back++) {                        /* id2label, label2id */
        ids.size = 0;
        for (i = 0; i < label_count; i++) {
            cli_str(&ids, i ? ", " : "{");
            snprintf(text, sizeof text, back ? "%d" : "\"%d\": ", (int)i);
            if (!back) cli_str(&ids, text);
            cli_quoted(&ids, labels[i], strlen(labels[i]));
            if (back) { cli_str(&ids, ": "); cli_str(&ids, text); }
        }
        cli_add(&ids, "}", 2);
        cli_member(&o, back ? "label2id" : "id2label", ids.data);
    }
    if (source && bert_json_parse(source, size, NULL, &doc, NULL) == BERT_OK) {
        for (v = doc.root->first; v; v = v->next) {
            cli_text value = { 0 };
            for (i = 0; i < our_count; i++) if (strcmp(ours[i], v->key) == 0) break;
            if (i < our_count) continue;
            cli_json(&value, v);
            cli_add(&value, "", 1);
            cli_member(&o, v->key, value.data);
            free(value.data);
        }
        bert_json_free(&doc);
    }
    cli_str(&o, "\n}\n");
    if (cli_file_write(path, o.data, o.size, &err)) cli_fail(err.message);
    free(o.data);
    free(ids.data);
}

/* ---- input: a file, or standard input ("-" or NULL), whole ---- */

CLI_FN cli_text cli_read(const char *path)
{
    cli_text t = { 0 };
    if (path && strcmp(path, "-") != 0) {
        bert_error err = { 0 };
        bert_file f;
        if (bert_file_open(path, NULL, &f, &err)) cli_fail(err.message);
        cli_add(&t, (const char *)f.data, f.size);
        bert_file_close(&f);
        return t;
    }
    while (!cli_rank()) {
        size_t n = fread(cli_room(&t, (size_t)1 << 16), 1, (size_t)1 << 16, stdin);
        if (!n) break;
        t.size += n;
    }
    if (!cli_rank() && ferror(stdin)) cli_fail("standard input: cannot read");
    if (cli_size() > 1) {                                               /* it comes to worker 0 alone */
        size_t size = t.size;
        cli_spread(&size, sizeof size, 0);
        cli_room(&t, size - t.size);
        cli_spread(t.data, size, 0);
        t.size = size;
    }
    return t;
}
/* The next line of a text from *at on, without its end; 0: there is none. */
CLI_FN int cli_line(const cli_text *t, size_t *at, const char **line, size_t *size)
{
    const char *nl;
    if (*at >= t->size) return 0;
    *line = t->data + *at;
    nl = (const char *)memchr(*line, '\n', t->size - *at);
    *size = nl ? (size_t)(nl - *line) : t->size - *at;
    *at += *size + 1;
    if (*size && (*line)[*size - 1] == '\r') --*size;
    return 1;
}

/* ---- output: a file beside the target, renamed when it is whole; or standard output ---- */

static char cli_part[1100];             /* the file in work: goes when the program fails */

static void cli_remove_part(void) { if (cli_part[0]) remove(cli_part); }
/* What the system says of it; `error` is its errno. */
CLI_FN void cli_cannot_write(const char *path, int error)
{
    char text[700];
    snprintf(text, sizeof text, "%.500s: cannot write: %.100s", path, error ? strerror(error) : "the system does not say why");
    cli_fail(text);
}
/* A result does not take the place of what it is made from. */
CLI_FN void cli_not_input(const char *output, const char *const *inputs, size_t count)
{
    struct stat o, i;
    char text[700];
    if (!output || stat(output, &o) || !S_ISREG(o.st_mode)) return;
    for (; count--; inputs++) {
        if (!*inputs || stat(*inputs, &i) || (o.st_ino ? o.st_ino != i.st_ino || o.st_dev != i.st_dev : strcmp(output, *inputs) != 0)) continue;    /* (Windows has no st_ino) */
        snprintf(text, sizeof text, "%.500s is read, and would be overwritten: give the output another name", output);
        cli_fail(text);
    }
}
CLI_FN FILE *cli_create(const char *path)
{
    FILE *f;
    if (!path || strcmp(path, "-") == 0) return stdout;
    if (cli_rank()) return stdout;                                      /* which says nothing there */
    if (strlen(path) + 6 > sizeof cli_part) cli_fail("the name of the output file is too long");
    snprintf(cli_part, sizeof cli_part, "%s.part", path);
    f = fopen(cli_part, "wb");
    if (!f) {
        cli_part[0] = 0;
        cli_cannot_write(path, errno);
    }
    atexit(cli_remove_part);
    return f;
}
CLI_FN void cli_write(FILE *f, const void *data, size_t size)
{
    errno = 0;
    if (size && fwrite(data, 1, size, f) != size) cli_cannot_write(f == stdout ? "standard output" : cli_part, errno);
}
CLI_FN void cli_commit(FILE *f, const char *path)
{
    int bad;
    errno = 0;
    bad = fflush(f) != 0;
    if (f == stdout) { if (bad) cli_cannot_write("standard output", errno); return; }
    if (bad) cli_cannot_write(path, errno);
    bad = fclose(f) != 0;
#ifdef _WIN32
    if (!bad) remove(path);
#endif
    if (bad || rename(cli_part, path)) cli_cannot_write(path, errno);
    cli_part[0] = 0;
}

/* What this worker has, behind what those before it have: written by the first. All call it together. */
CLI_FN void cli_write_shared(FILE *f, cli_text *o)
{
    cli_text other = { 0 };
    size_t size;
    int k;
    cli_write(f, o->data, o->size);
    for (k = 1; k < cli_size(); k++) {
        size = cli_rank() == k ? o->size : 0;
        cli_spread(&size, sizeof size, k);
        if (!size) continue;
        other.size = 0;
        if (cli_rank() != k) cli_room(&other, size);
        cli_spread(cli_rank() == k ? o->data : other.data, size, k);
        cli_write(f, other.data, cli_rank() == k ? 0 : size);
    }
    free(other.data);
    o->size = 0;
}

/* Arrays for numpy and for safetensors: a head, then the values as they come. */
CLI_FN void cli_add_little(cli_text *o, const void *values, size_t count, size_t width)
{
    const uint16_t one = 1;
    const unsigned char *p = (const unsigned char *)values;
    unsigned char little;
    char *to = cli_room(o, count * width);
    size_t i, k;
    memcpy(&little, &one, 1);
    for (i = 0; i < count; i++)
        for (k = 0; k < width; k++) to[i * width + k] = (char)p[i * width + (little ? k : width - 1 - k)];
    o->size += count * width;
}
CLI_FN void cli_write_little(FILE *f, const void *values, size_t count, size_t width)
{
    cli_text o = { 0 };
    cli_add_little(&o, values, count, width);
    cli_write(f, o.data, o.size);
    free(o.data);
}
CLI_FN void cli_write_npy_head(FILE *f, const int64_t *shape, int rank)
{
    char text[256];
    unsigned char head[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0 };
    size_t n = (size_t)snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    int k;
    for (k = 0; k < rank; k++) n += (size_t)snprintf(text + n, sizeof text - n, "%lld%s", (long long)shape[k], rank == 1 ? "," : k + 1 < rank ? ", " : "");
    n += (size_t)snprintf(text + n, sizeof text - n, "), }");
    while ((n + 11) % 64) text[n++] = ' ';
    text[n++] = '\n';
    head[8] = (unsigned char)(n & 255);
    head[9] = (unsigned char)(n >> 8);
    cli_write(f, head, 10);
    cli_write(f, text, n);
}
typedef struct cli_tensor { const char *name, *dtype; int64_t shape[4]; int rank; size_t width; } cli_tensor;
/* metadata: the inside of a JSON object of strings, or "" */
CLI_FN void cli_write_safetensors_head(FILE *f, const cli_tensor *t, int count, const char *metadata)
{
    cli_text o = { 0 };
    uint64_t size;
    int64_t at = 0, n;
    int i, k;
    cli_str(&o, "{");
    if (*metadata) { cli_str(&o, "\"__metadata__\":{"); cli_str(&o, metadata); cli_str(&o, "},"); }
    for (i = 0; i < count; i++) {
        cli_str(&o, i ? ",\"" : "\"");
        cli_str(&o, t[i].name);
        cli_str(&o, "\":{\"dtype\":\"");
        cli_str(&o, t[i].dtype);
        cli_str(&o, "\",\"shape\":[");
        for (k = 0, n = (int64_t)t[i].width; k < t[i].rank; k++) { if (k) cli_str(&o, ","); cli_number(&o, t[i].shape[k]); n *= t[i].shape[k]; }
        cli_str(&o, "],\"data_offsets\":[");
        cli_number(&o, at);
        cli_str(&o, ",");
        cli_number(&o, at += n);
        cli_str(&o, "]}");
    }
    cli_str(&o, "}");
    while (o.size % 8) cli_str(&o, " ");
    size = o.size;
    cli_write_little(f, &size, 1, 8);
    cli_write(f, o.data, o.size);
    free(o.data);
}

/* ---- progress, on a terminal: done of total, the rate, the time left ---- */

CLI_FN double cli_seconds(void)
{
#ifdef CLOCK_MONOTONIC
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#else
    return (double)time(NULL);
#endif
}
/* Seconds as people say them. */
CLI_FN const char *cli_duration(double s, char out[40])
{
    if (s < 1) snprintf(out, 40, "%.2g s", s);
    else if (s < 60) snprintf(out, 40, "%.1f s", s);
    else if (s < 3600) snprintf(out, 40, "%d min %d s", (int)(s / 60), (int)s % 60);
    else if (s < 86400 * 3) snprintf(out, 40, "%d h %d min", (int)(s / 3600), (int)(s / 60) % 60);
    else snprintf(out, 40, "%.1f days", s / 86400);
    return out;
}
CLI_FN void cli_progress(const char *unit, int64_t done, int64_t total)
{
    static double start, last;
    static int terminal = -1;
    const double now = cli_seconds();
#ifdef CLI_ISATTY
    if (terminal < 0) terminal = CLI_ISATTY;
#else
    terminal = 0;
#endif
    if (cli_rank()) return;
    if (start <= 0) start = last = now;
    if (done >= total) {
        if (terminal && last > start) fprintf(stderr, "\r%60s\r", "");
        start = 0;                      /* the next call is of other work */
        return;
    }
    if (!terminal || now - last < 0.2) return;
    last = now;
    fprintf(stderr, "\r%lld/%lld %s, %.0f a second, %.0f s left   ", (long long)done, (long long)total, unit, (double)done / (now - start + 1e-9), done ? (now - start) / (double)done * (double)(total - done) : 0.0);
    fflush(stderr);
}

#endif
