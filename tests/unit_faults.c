/* unit_faults.c - the n-th system call fails, the disk is full from then on, reads and writes are short, the n-th allocation fails:
   for every n and everything that touches files. Then an error is told, files are whole (as before or as after), and nothing stays
   open, mapped, allocated or lying about.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _WIN32
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* ---- what the library calls instead of the system ---- */

static struct io {
    long calls, at;                     /* the at-th call fails; 0: none */
    int forever;                        /* and all after it */
    int code;                           /* errno then */
    int fits;                           /* reads and writes take so many bytes at most, every third is interrupted, nothing is mapped; 0: no limit */
    long failed;
    long files, maps, folders;          /* open now */
} io;
static int io_fails(void)
{
    io.calls++;
    if (!io.at || (io.forever ? io.calls < io.at : io.calls != io.at)) return 0;
    io.failed++;
    errno = io.code;
    return 1;
}
static int io_open(const char *path, int flags, ...)
{
    va_list args;
    int mode, file;
    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    if (io_fails()) return -1;
    file = open(path, flags, mode);
    io.files += file >= 0;
    return file;
}
static int io_close(int file)
{
    const int fails = io_fails();
    io.files--;
    return close(file) || fails ? -1 : 0;   /* the file is closed all the same */
}
static size_t io_part(size_t size)
{
    if (!io.fits) return size;
    if (io.calls % 3 == 0) { errno = EINTR; return 0; }
    return size < (size_t)io.fits ? size : (size_t)io.fits;
}
static ssize_t io_read(int file, void *data, size_t size)
{
    if (io_fails() || (size && !(size = io_part(size)))) return -1;
    return read(file, data, size);
}
static ssize_t io_write(int file, const void *data, size_t size)
{
    if (io_fails() || (size && !(size = io_part(size)))) return -1;
    return write(file, data, size);
}
static int io_fsync(int file) { return io_fails() ? -1 : fsync(file); }
static int io_rename(const char *from, const char *to) { return io_fails() ? -1 : rename(from, to); }
static int io_fstat(int file, struct stat *out) { return io_fails() ? -1 : fstat(file, out); }
static void *io_mmap(void *at, size_t size, int access, int flags, int file, off_t from)
{
    void *map = io_fails() || io.fits ? MAP_FAILED : mmap(at, size, access, flags, file, from);
    io.maps += map != MAP_FAILED;
    return map;
}
static int io_munmap(void *at, size_t size) { io.maps--; return munmap(at, size); }
static DIR *io_opendir(const char *path)
{
    DIR *d = io_fails() ? NULL : opendir(path);
    io.folders += d != NULL;
    return d;
}
static int io_closedir(DIR *d) { io.folders--; return closedir(d); }
static int io_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a) { return io_fails() ? io.code : pthread_mutex_init(m, a); }
static int io_cond_init(pthread_cond_t *c, const pthread_condattr_t *a) { return io_fails() ? io.code : pthread_cond_init(c, a); }
static int io_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg) { return io_fails() ? io.code : pthread_create(t, a, run, arg); }
#define open(...) io_open(__VA_ARGS__)
#define close(file) io_close(file)
#define read(file, data, size) io_read(file, data, size)
#define write(file, data, size) io_write(file, data, size)
#define fsync(file) io_fsync(file)
#define rename(from, to) io_rename(from, to)
#define fstat(file, out) io_fstat(file, out)
#define mmap(at, size, access, flags, file, from) io_mmap(at, size, access, flags, file, from)
#define munmap(at, size) io_munmap(at, size)
#define opendir(path) io_opendir(path)
#define closedir(d) io_closedir(d)
#define pthread_mutex_init(m, a) io_mutex_init(m, a)
#define pthread_cond_init(c, a) io_cond_init(c, a)
#define pthread_create(t, a, run, arg) io_create(t, a, run, arg)
#define BERT_NO_SIMD                    /* they read and write no files */
#define BERT_STATIC                     /* a copy of its own, with these calls in it */
#ifndef BERT__ARENA_SEPARATE
#define BERT__ARENA_SEPARATE 1          /* what lies in one block for speed is asked for piece by piece, so that each piece can fail */
#endif
#define BERT_IMPLEMENTATION
#include "bert.h"
#undef open
#undef close
#undef read
#undef write
#undef fsync
#undef rename
#undef fstat
#undef mmap
#undef munmap
#undef opendir
#undef closedir
#undef pthread_mutex_init
#undef pthread_cond_init
#undef pthread_create
#include "test.h"
#include "faults.h"
#include "random_model.h"
#include "archive_make.h"

#define DIRECTORY "unit_faults.tmp"
static char *in(const char *name)
{
    static char paths[8][200];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], DIRECTORY "/%s", name);
    return path;
}

/* ---- what is done ---- */

static bert_config config;
static bert_tokenizer *tokenizer;
static bert_trainer *trainer;
static char text[30000];
static const char squad[] = "{\"version\": \"1.1\", \"data\": [{\"title\": \"t\", \"paragraphs\": [{\"context\": \"the dog runs, the cat naps.\", \"qas\": [{\"id\": \"a\", "
    "\"question\": \"a dog\", \"answers\": [{\"text\": \"the cat\", \"answer_start\": 14}]}]}]}]}";
static const float some[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static bert_status do_write(const bert_allocator *a, bert_error *e) { (void)a; return bert_file_write(in("out"), text, sizeof text, e); }
static bert_status do_read(const bert_allocator *a, bert_error *e)
{
    bert_file f;
    const bert_status s = bert_file_open(in("text"), a, &f, e);
    if (s == BERT_OK) { CHECK(f.size == sizeof text && memcmp(f.data, text, f.size) == 0); bert_file_close(&f); }
    return s;
}
static bert_status do_tokenizer(const bert_allocator *a, bert_error *e)
{
    bert_tokenizer_desc d;
    bert_tokenizer *t = NULL;
    bert_status s;
    memset(&d, 0, sizeof d);
    d.path = DIRECTORY "/model";
    d.allocator = *a;
    d.error = e;
    s = bert_tokenizer_open(&d, &t);
    CHECK((s == BERT_OK) == (t != NULL));
    bert_tokenizer_close(t);
    return s;
}
static bert_status checkpoint_write(const char *path, const bert_allocator *a, bert_error *e)
{
    static const int64_t shape[2] = { 3, 4 };
    static const char *const names[2] = { "one", "two" };
    bert_output o[2];
    bert_write_desc d;
    int i;
    memset(o, 0, sizeof o);
    memset(&d, 0, sizeof d);
    for (i = 0; i < 2; i++) { o[i].name = names[i]; o[i].data = some; o[i].shape = shape; o[i].rank = 2; o[i].dtype = i ? BERT_F16 : BERT_F32; }
    o[1].data = text;
    d.path = path;
    d.tensors = o;
    d.count = 2;
    d.newest = 1;
    d.allocator = *a;
    d.error = e;
    return bert_checkpoint_write(&d);
}
static bert_status do_write_safetensors(const bert_allocator *a, bert_error *e) { return checkpoint_write(in("out.safetensors"), a, e); }
static bert_status do_write_pytorch(const bert_allocator *a, bert_error *e) { return checkpoint_write(in("out.bin"), a, e); }
static bert_status do_write_tf(const bert_allocator *a, bert_error *e) { return checkpoint_write(in("tf/out"), a, e); }
static bert_status checkpoint_read(const char *path, const bert_allocator *a, bert_error *e)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_status s;
    float got[12];
    memset(&d, 0, sizeof d);
    d.path = path;
    d.allocator = *a;
    d.error = e;
    s = bert_checkpoint_open(&d, &c);
    CHECK((s == BERT_OK) == (c != NULL));
    if (s == BERT_OK) {
        const bert_tensor *t = bert_checkpoint_find(c, "one");
        CHECK(bert_checkpoint_count(c) == 2 && t != NULL);
        if (t && (s = bert_tensor_read(t, BERT_F32, got, 12, e)) == BERT_OK) CHECK(memcmp(got, some, sizeof got) == 0);
    }
    bert_checkpoint_close(c);
    return s;
}
static bert_status do_read_safetensors(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("a.safetensors"), a, e); }
static bert_status do_read_pytorch(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("a.bin"), a, e); }
static bert_status do_read_tf(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("newest"), a, e); }      /* by its file `checkpoint` */
static bert_status do_read_tf_moved(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("moved"), a, e); }  /* its file names a folder that is gone */
static bert_status do_read_tf_part(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("newest/a.data-00000-of-00001"), a, e); }
static bert_status do_read_tf_index(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("newest/a.index"), a, e); }
static bert_status do_read_tf_saved(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("saved/saved_model.pb"), a, e); }
static bert_status do_read_shards(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("shards"), a, e); }
static bert_status do_read_only_one(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("only"), a, e); }      /* a folder with one file that ends like weights */
static bert_status do_read_archive(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("stored.zip"), a, e); }
static bert_status do_read_archived_tf(const bert_allocator *a, bert_error *e) { return checkpoint_read(in("tf.zip"), a, e); }
static bert_status do_read_legacy(const bert_allocator *a, bert_error *e)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_status s;
    float got[4] = { 0, 0, 0, 0 };
    memset(&d, 0, sizeof d);
    d.path = in("legacy.pt");
    d.allocator = *a;
    d.error = e;
    s = bert_checkpoint_open(&d, &c);
    if (s == BERT_OK) {
        const bert_tensor *t = bert_checkpoint_find(c, "w");
        CHECK(t && bert_tensor_read(t, BERT_F32, got, 4, NULL) == BERT_OK && got[0] == 1 && got[3] == 4);
    }
    bert_checkpoint_close(c);
    return s;
}
/* Values made from those of another file: other types, other strides. */
static bert_status write_from(const char *path, const bert_allocator *a, bert_error *e)
{
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_write_desc w;
    bert_output o[2];
    bert_status s;
    int i;
    memset(&d, 0, sizeof d);
    memset(&w, 0, sizeof w);
    memset(o, 0, sizeof o);
    d.path = in("a.bin");
    d.allocator = w.allocator = *a;
    d.error = w.error = e;
    s = bert_checkpoint_open(&d, &c);
    for (i = 0; i < 2 && s == BERT_OK; i++) {
        o[i].from = bert_checkpoint_tensor(c, i);
        o[i].name = i ? "two" : "one";
        o[i].shape = o[i].from->shape;
        o[i].rank = o[i].from->rank;
        o[i].dtype = i ? BERT_F64 : BERT_BF16;
    }
    w.path = path;
    w.tensors = o;
    w.count = 2;
    if (s == BERT_OK) s = bert_checkpoint_write(&w);
    bert_checkpoint_close(c);
    return s;
}
static bert_status do_convert_safetensors(const bert_allocator *a, bert_error *e) { return write_from(in("out.safetensors"), a, e); }
static bert_status do_convert_pytorch(const bert_allocator *a, bert_error *e) { return write_from(in("out.bin"), a, e); }
static bert_status do_convert_tf(const bert_allocator *a, bert_error *e) { return write_from(in("tf/out"), a, e); }
/* A model out of an archive, with its vocabulary and a file beside it. */
static bert_status do_archived_model(const bert_allocator *a, bert_error *e)
{
    bert_model_desc d;
    bert_tokenizer_desc td;
    bert_model *m = NULL;
    bert_tokenizer *t = NULL;
    bert_file f;
    bert_status s;
    char path[200];
    memset(&d, 0, sizeof d);
    memset(&td, 0, sizeof td);
    d.path = in("model.zip");
    d.allocator = td.allocator = *a;
    d.error = td.error = e;
    s = bert_model_open(&d, &m);
    if (s == BERT_OK) s = bert_model_tokenizer(m, &td, BERT_DEFAULT, &t);
    if (s == BERT_OK) {
        CHECK_INT(bert_tokenizer_size(t), 14);
        s = bert_checkpoint_beside(bert_model_checkpoint(m), "notes.txt", path, sizeof path, &f, e);
        if (s == BERT_OK) { CHECK(f.size == 5 && memcmp(f.data, "notes", 5) == 0); bert_file_close(&f); }
    }
    bert_tokenizer_close(t);
    bert_model_close(m);
    return s;
}
/* A model from a config alone, packed, a session on it, vectors of texts. */
static bert_status do_embed(const bert_allocator *a, bert_error *e)
{
    static const char *const texts[2] = { "the dog runs", "a cat naps, the dog runs. the dog runs. the cat runs. a dog naps." };
    const size_t sizes[2] = { strlen(texts[0]), strlen(texts[1]) };
    bert_model_desc d;
    bert_packed_desc pd;
    bert_session_desc sd;
    bert_embed_desc ed;
    bert_config c = config;
    bert_model *m = NULL;
    bert_packed *p = NULL;
    bert_session *s = NULL;
    float out[16];
    bert_status st;
    memset(&d, 0, sizeof d);
    memset(&pd, 0, sizeof pd);
    memset(&sd, 0, sizeof sd);
    memset(&ed, 0, sizeof ed);
    c.layer_norm_eps = 1e-12;
    c.initializer_range = 0.02;
    d.config = &c;
    d.init_missing = BERT_ON;
    d.heads = BERT_HEAD_POOLER | BERT_HEAD_MLM;
    d.allocator = pd.allocator = sd.allocator = *a;
    d.error = pd.error = sd.error = ed.error = e;
    st = bert_model_open(&d, &m);
    pd.model = m;
    if (st == BERT_OK) st = bert_packed_open(&pd, &p);
    sd.packed = p;
    sd.threads = 1;
    sd.max_tokens = 24;
    if (st == BERT_OK) st = bert_session_open(&sd, &s);
    ed.too_long = BERT_TOO_LONG_WINDOWS;
    ed.normalize = 1;
    if (st == BERT_OK) st = bert_session_embed(s, tokenizer, &ed, texts, sizes, 2, out);
    if (st == BERT_OK) CHECK(out[0] * out[0] + out[1] * out[1] < 1.0001f);
    bert_session_close(s);
    bert_packed_close(p);
    bert_model_close(m);
    return st;
}
static bert_status do_tokenizer_json(const bert_allocator *a, bert_error *e)
{
    static const char *const never[2] = { "dog", "[X]" };
    bert_tokenizer_desc d;
    bert_tokenizer *t = NULL;
    bert_status s;
    memset(&d, 0, sizeof d);
    d.path = DIRECTORY "/hf";
    d.never_split = never;
    d.never_split_count = 2;
    d.allocator = *a;
    d.error = e;
    s = bert_tokenizer_open(&d, &t);
    CHECK((s == BERT_OK) == (t != NULL));
    if (t) CHECK(bert_tokenizer_desc_resolved(t).lower_case == BERT_OFF && bert_tokenizer_special_ids(t).cls == 1);
    bert_tokenizer_close(t);
    return s;
}
static bert_status do_learn(const bert_allocator *a, bert_error *e)
{
    static const char *const specials[2] = { "[UNK]", "[X]" };
    bert_learn_desc d;
    bert_learner *l = NULL;
    const char *vocab;
    size_t size;
    bert_status s;
    memset(&d, 0, sizeof d);
    d.specials = specials;
    d.specials_count = 2;
    d.vocab_size = 40;
    d.min_frequency = 1;
    d.allocator = *a;
    d.error = e;
    s = bert_learner_open(&d, &l);
    if (s == BERT_OK) s = bert_learner_add(l, squad, sizeof squad - 1);
    if (s == BERT_OK) s = bert_learner_finish(l, &vocab, &size);
    if (s == BERT_OK) CHECK(size > 20 && memcmp(vocab, "[UNK]\n[X]\n", 10) == 0);
    else if (l) CHECK(bert_learner_add(l, "a", 1) == s && bert_learner_finish(l, &vocab, &size) == s);      /* it stays failed */
    bert_learner_close(l);
    return s;
}
/* A pool of threads, by itself and by a session. */
static void count_one(void *arg, int64_t i) { ((int *)arg)[i]++; }
static bert_status do_pool(const bert_allocator *a, bert_error *e)
{
    bert_pool *p = NULL;
    int seen[40], i;
    bert_status s = bert_pool_open(3, a, &p);
    if (s != BERT_OK) { snprintf(e->message, sizeof e->message, "%s", bert_status_string(s)); return s; }
    memset(seen, 0, sizeof seen);
    bert_pool_parallel(p).run(bert_pool_parallel(p).user, 40, count_one, seen);
    for (i = 0; i < 40; i++) CHECK_INT(seen[i], 1);
    bert_pool_close(p);
    return s;
}
static bert_status do_session(const bert_allocator *a, bert_error *e)
{
    bert_model_desc d;
    bert_session_desc sd;
    bert_config c = config;
    bert_model *m = NULL;
    bert_session *s = NULL;
    bert_status st;
    memset(&d, 0, sizeof d);
    memset(&sd, 0, sizeof sd);
    c.layer_norm_eps = 1e-12;
    c.initializer_range = 0.02;
    d.config = &c;
    d.init_missing = BERT_ON;
    d.allocator = sd.allocator = *a;
    d.error = sd.error = e;
    st = bert_model_open(&d, &m);
    sd.model = m;
    sd.threads = 2;
    if (st == BERT_OK) st = bert_session_open(&sd, &s);
    bert_session_close(s);
    bert_model_close(m);
    return st;
}
static bert_status do_json(const bert_allocator *a, bert_error *e)
{
    static const char json[] = "{\"a\": [1, \"b\\u00e9\", true, null, -2.5e3, {}], \"c\": {\"d\": \"e\"}}";
    bert_json_doc doc;
    const bert_status s = bert_json_parse(json, sizeof json - 1, a, &doc, e);
    if (s == BERT_OK) { CHECK(bert_json_is(bert_json_get(bert_json_get(doc.root, "c"), "d"), "e")); bert_json_free(&doc); }
    return s;
}
static bert_status do_model(const bert_allocator *a, bert_error *e)
{
    bert_model_desc d;
    bert_tokenizer_desc td;
    bert_embed_desc ed;
    bert_model *m = NULL;
    bert_tokenizer *t = NULL;
    bert_status s;
    memset(&d, 0, sizeof d);
    memset(&td, 0, sizeof td);
    memset(&ed, 0, sizeof ed);
    d.path = DIRECTORY "/model";
    d.allocator = td.allocator = *a;
    d.error = td.error = e;
    s = bert_model_open(&d, &m);
    CHECK((s == BERT_OK) == (m != NULL));
    if (s == BERT_OK) s = bert_model_tokenizer(m, &td, BERT_DEFAULT, &t);
    if (s == BERT_OK) s = bert_embed_desc_read(m, &ed, e);
    bert_tokenizer_close(t);
    bert_model_close(m);
    return s;
}
static bert_status pretraining(int streaming, const bert_allocator *a, bert_error *e)
{
    static const char *const paths[] = { DIRECTORY "/corpus", DIRECTORY "/corpus" }, *const outs[] = { DIRECTORY "/out.0", DIRECTORY "/out.1" };
    bert_pretraining_desc d;
    memset(&d, 0, sizeof d);
    d.tokenizer = tokenizer;
    d.paths = paths;
    d.path_count = 2;
    d.outputs = outs;
    d.output_count = 2;
    d.max_seq_length = 24;
    d.max_predictions = 4;
    d.dupe_factor = 2;
    d.streaming = streaming;
    d.parallel.width = 1;
    d.allocator = *a;
    d.error = e;
    return bert_pretraining_data(&d, NULL);
}
static bert_status do_pretraining(const bert_allocator *a, bert_error *e) { return pretraining(0, a, e); }
static bert_status do_streaming(const bert_allocator *a, bert_error *e) { return pretraining(1, a, e); }
static bert_status do_instances(const bert_allocator *a, bert_error *e)
{
    static const char *const paths[] = { DIRECTORY "/in.0", DIRECTORY "/in.1" };
    bert_instances_desc d;
    bert_instances *r = NULL;
    bert_instances_batch b;
    bert_status s;
    int i;
    memset(&d, 0, sizeof d);
    d.paths = paths;
    d.path_count = 2;
    d.shuffle = 5;
    d.repeat = 1;
    d.seed = 3;
    d.allocator = *a;
    d.error = e;
    s = bert_instances_open(&d, &r);
    for (i = 0; i < 3 && s == BERT_OK; i++) s = bert_instances_next(r, 4, 0, 4, &b, e);
    bert_instances_close(r);
    return s;
}
static bert_status do_squad(const bert_allocator *a, bert_error *e)
{
    bert_squad_desc d;
    bert_squad_answers_desc ad;
    bert_squad_score_desc sd;
    bert_squad_score score;
    bert_squad *s = NULL;
    bert_squad_answers *answers = NULL;
    bert_status st;
    memset(&d, 0, sizeof d);
    memset(&ad, 0, sizeof ad);
    memset(&sd, 0, sizeof sd);
    d.path = in("squad.json");
    d.allocator = ad.allocator = sd.allocator = *a;
    d.error = ad.error = sd.error = e;
    st = bert_squad_open(&d, &s);
    ad.squad = s;
    ad.tokenizer = tokenizer;
    if (st == BERT_OK) st = bert_squad_answers_open(&ad, &answers);
    if (st == BERT_OK) st = bert_squad_answers_finish(answers);
    if (st == BERT_OK) st = bert_squad_answers_write(answers, in("predictions.json"), in("n_best.json"), NULL);
    bert_squad_answers_close(answers);
    bert_squad_close(s);
    sd.data_path = in("squad.json");
    sd.predictions_path = in("answers.json");
    if (st == BERT_OK) st = bert_squad_evaluate(&sd, &score);
    return st;
}
static bert_status do_dataset(const bert_allocator *a, bert_error *e)
{
    bert_dataset_desc d;
    bert_dataset *t = NULL;
    bert_status s;
    memset(&d, 0, sizeof d);
    d.task = "tsv";
    d.path = in("data.tsv");
    d.text_a = "text";
    d.label = "kind";
    d.allocator = *a;
    d.error = e;
    s = bert_dataset_open(&d, &t);
    if (s == BERT_OK) s = bert_dataset_write_records(t, tokenizer, 8, 1, in("out.tfrecord"), NULL, e);
    bert_dataset_close(t);
    return s;
}
static bert_status do_ner(const bert_allocator *a, bert_error *e)
{
    bert_ner_desc d;
    bert_labels labels;
    bert_status s;
    memset(&d, 0, sizeof d);
    memset(&labels, 0, sizeof labels);
    d.path = in("words.txt");
    d.allocator = *a;
    d.error = e;
    s = bert_ner_labels(&d, &labels);
    CHECK(s == BERT_OK || !labels.count);
    bert_labels_free(&labels);
    return s;
}
static bert_status do_save(const bert_allocator *a, bert_error *e) { (void)a; return bert_trainer_save(trainer, in("trained.safetensors"), BERT_FORMAT_AUTO, 1, NULL, e); }
static bert_status do_resume(const bert_allocator *a, bert_error *e) { (void)a; return bert_trainer_resume(trainer, in("state.bin"), e); }
static bert_status do_paths(const bert_allocator *a, bert_error *e)
{
    bert_paths p;
    bert_status s;
    memset(&p, 0, sizeof p);
    s = bert_paths_find(DIRECTORY "/in.*," DIRECTORY "/model", a, &p, e);
    CHECK(s == BERT_OK || !p.count);
    bert_paths_free(&p);
    return s;
}

/* ---- one of them, with everything that can go wrong ---- */

static int left_over(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    int n = 0;
    while (d && (e = readdir(d)) != NULL) n += strstr(e->d_name, ".tmp") != NULL || strstr(e->d_name, ".scratch") != NULL;
    if (d) closedir(d);
    return n;
}
typedef struct target { const char *name; char *made; size_t size; } target;
/* Every file is as it was before, or as it is when all goes well; 1: all are the latter */
static int targets_whole(target *targets, const char *what, long at, int all)
{
    int i, good = 1;
    for (i = 0; targets[i].name; i++) {
        size_t size = 0;
        char *now = test_read_file(in(targets[i].name), &size);
        const int old = now && size == 3 && memcmp(now, "old", 3) == 0, made = now && size == targets[i].size && memcmp(now, targets[i].made, size) == 0;
        if (!old && !made) TEST_FAIL("%s, call %ld: %s is neither what it was nor what it should be", what, at, targets[i].name);
        good &= made;
        free(now);
    }
    if (all && !good) TEST_FAIL("%s, call %ld: said to be done, but it is not", what, at);
    return good;
}
static void old_targets(const target *targets)
{
    int i;
    for (i = 0; targets[i].name; i++) {
        FILE *f = fopen(in(targets[i].name), "wb");
        if (!f || fwrite("old", 1, 3, f) != 3) TEST_FAIL("%s cannot be written", targets[i].name);
        if (f) fclose(f);
    }
}
static void survive(bert_status (*run)(const bert_allocator *, bert_error *), const char *a, const char *b, const char *c)
{
    static const struct { const char *what; int code, forever, memory, fits; } ways[] = {
        { "a call fails", EIO, 0, 0, 0 }, { "the disk is full", ENOSPC, 1, 0, 0 }, { "no memory once", 0, 0, 1, 0 }, { "no memory from then on", 0, 1, 1, 0 },
        { "short reads and writes", EIO, 0, 0, 7 } };
    target targets[4];
    bert_error err;
    size_t w;
    int i;
    long n;
    memset(targets, 0, sizeof targets);
    targets[0].name = a;
    targets[1].name = b;
    targets[2].name = c;
    for (w = 0; w < sizeof ways / sizeof *ways; w++) {
        for (n = 0; n < 5000; n++) {                                    /* n 0: nothing fails */
            test_faults f;
            bert_allocator allocator;
            bert_status s;
            if (ways[w].fits && n > 0) break;
            memset(&f, 0, sizeof f);
            memset(&err, 0, sizeof err);
            f.fail_at = ways[w].memory ? n : 0;
            f.once = !ways[w].forever;
            allocator = test_faults_allocator(&f);
            old_targets(targets);
            io.calls = io.failed = 0;
            io.at = ways[w].memory ? 0 : n;
            io.code = ways[w].code;
            io.forever = ways[w].forever;
            io.fits = ways[w].fits;
            s = run(&allocator, &err);
            io.at = io.fits = 0;
            if (!n && !w) for (i = 0; targets[i].name; i++) targets[i].made = test_read_file(in(targets[i].name), &targets[i].size);
            targets_whole(targets, ways[w].what, n, s == BERT_OK);
            if (s == BERT_OK ? err.message[0] && !n : !err.message[0]) TEST_FAIL("%s, call %ld: status %d, \"%s\"", ways[w].what, n, (int)s, err.message);
            if (!n && s != BERT_OK) { TEST_FAIL("%s: %s", ways[w].what, err.message); break; }
            if (s != BERT_OK && ways[w].memory && s != BERT_ERROR_MEMORY) TEST_FAIL("%s, allocation %ld: status %d, \"%s\"", ways[w].what, n, (int)s, err.message);
            if (io.files || io.maps || io.folders || f.live) TEST_FAIL("%s, call %ld: %ld files, %ld maps, %ld folders stay open, %ld blocks allocated", ways[w].what, n, io.files, io.maps, io.folders, f.live);
            io.files = io.maps = io.folders = 0;
            if (left_over(DIRECTORY) || left_over(DIRECTORY "/tf")) { TEST_FAIL("%s, call %ld: something is left over", ways[w].what, n); break; }
            if (n && (ways[w].memory ? f.count < n : io.calls < n)) { CHECK(s == BERT_OK); break; }
        }
        CHECK(n < 5000);
    }
    for (i = 0; targets[i].name; i++) free(targets[i].made);
}
static void writing(void) { survive(do_write, "out", NULL, NULL); }
static void reading(void) { survive(do_read, NULL, NULL, NULL); }
static void opening_a_tokenizer(void) { survive(do_tokenizer, NULL, NULL, NULL); }
static void writing_safetensors(void) { survive(do_write_safetensors, "out.safetensors", NULL, NULL); }
static void writing_pytorch(void) { survive(do_write_pytorch, "out.bin", NULL, NULL); }
static void writing_tf(void) { survive(do_write_tf, "tf/out.index", "tf/out.data-00000-of-00001", "tf/checkpoint"); }
static void reading_safetensors(void) { survive(do_read_safetensors, NULL, NULL, NULL); }
static void reading_pytorch(void) { survive(do_read_pytorch, NULL, NULL, NULL); }
static void reading_tf(void) { survive(do_read_tf, NULL, NULL, NULL); }
static void reading_tf_elsewhere(void)
{
    survive(do_read_tf_moved, NULL, NULL, NULL);
    survive(do_read_tf_part, NULL, NULL, NULL);
    survive(do_read_tf_index, NULL, NULL, NULL);
    survive(do_read_tf_saved, NULL, NULL, NULL);
}
static void reading_shards(void) { survive(do_read_shards, NULL, NULL, NULL); }
static void reading_a_folder(void) { survive(do_read_only_one, NULL, NULL, NULL); }
static void reading_archives(void)
{
    survive(do_read_archive, NULL, NULL, NULL);
    survive(do_read_archived_tf, NULL, NULL, NULL);
    survive(do_archived_model, NULL, NULL, NULL);
}
static void reading_legacy(void) { survive(do_read_legacy, NULL, NULL, NULL); }
static void converting(void)
{
    survive(do_convert_safetensors, "out.safetensors", NULL, NULL);
    survive(do_convert_pytorch, "out.bin", NULL, NULL);
    survive(do_convert_tf, "tf/out.index", "tf/out.data-00000-of-00001", NULL);
}
static void embedding(void) { survive(do_embed, NULL, NULL, NULL); }
static void opening_a_tokenizer_json(void) { survive(do_tokenizer_json, NULL, NULL, NULL); }
static void pools(void) { survive(do_pool, NULL, NULL, NULL); }
static void sessions(void) { survive(do_session, NULL, NULL, NULL); }
static void learning(void) { survive(do_learn, NULL, NULL, NULL); }
static void parsing(void) { survive(do_json, NULL, NULL, NULL); }
static void opening_a_model(void) { survive(do_model, NULL, NULL, NULL); }
static void pretraining_data(void) { survive(do_pretraining, "out.0", "out.1", NULL); }
static void pretraining_data_streamed(void) { survive(do_streaming, "out.0", "out.1", NULL); }
static void instances(void) { survive(do_instances, NULL, NULL, NULL); }
static void squad_files(void) { survive(do_squad, "predictions.json", "n_best.json", NULL); }
static void datasets(void) { survive(do_dataset, "out.tfrecord", NULL, NULL); }
static void named_entities(void) { survive(do_ner, NULL, NULL, NULL); }
static void saving(void) { survive(do_save, "trained.safetensors", NULL, NULL); }
static void resuming(void) { survive(do_resume, NULL, NULL, NULL); }
static void finding_paths(void) { survive(do_paths, NULL, NULL, NULL); }

/* This copy has the loops for machines without vectors: every ASCII character, alone and in words, is what its kind says. */
static void plain_loops(void)
{
    static const char vocab[] = "[UNK]\nq\nQ\n##q\n##Q\n.\n";
    int lower, c;
    for (lower = 0; lower < 2; lower++) {
        bert_tokenizer_desc d;
        bert_tokenizer *t = NULL;
        memset(&d, 0, sizeof d);
        d.data = vocab;
        d.size = sizeof vocab - 1;
        d.lower_case = lower ? BERT_ON : BERT_OFF;
        if (bert_tokenizer_open(&d, &t)) { TEST_FAIL("a vocabulary of %d bytes", (int)d.size); return; }
        for (c = 0; c < 128; c++) {
            const int blank = c == ' ' || c == '\t' || c == '\n' || c == '\r', gone = !blank && (c < 32 || c == 127);
            const int word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'), known = c == 'q' || c == 'Q';
            const int32_t middle = c == 'q' || lower ? 3 : 4;
            char text[9] = "qq?qq qq";
            int32_t ids[16], want[16];
            size_t n = 0, i;
            bert_encoding e;
            text[2] = (char)c;
            if (known) { want[n++] = 1; want[n++] = 3; want[n++] = middle; want[n++] = 3; want[n++] = 3; }
            else if (word) want[n++] = 0;
            else {
                want[n++] = 1; want[n++] = 3;
                if (!blank && !gone) want[n++] = c == '.' ? 5 : 0;
                want[n++] = gone ? 3 : 1; want[n++] = 3;
            }
            want[n++] = 1; want[n++] = 3;
            memset(&e, 0, sizeof e);
            e.ids = ids;
            e.capacity = 16;
            CHECK_INT(bert_tokenizer_encode(t, text, 8, &e), BERT_OK);
            for (i = 0; i < n && i < e.count && ids[i] == want[i]; i++) {}
            if (e.count != n || i < n) TEST_FAIL("character %d, lower case %d: %d tokens instead of %d, or others", c, lower, (int)e.count, (int)n);
        }
        bert_tokenizer_close(t);
    }
}

static void put(const char *name, const void *data, size_t size)
{
    bert_error e;
    if (bert_file_write(in(name), data, size, &e)) { fprintf(stderr, "%s\n", e.message); exit(1); }
}
#define PUT(name, data) put(name, data, sizeof(data) - 1)
/* torch.save's old format, by hand: a number, the version, what the machine is, the pickle, the storages. */
static const char legacy[] =
    "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19." "\x80\x02M\xE9\x03." "\x80\x02}X\x0D\0\0\0little_endian\x88s."
    "\x80\x02}(X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" "0X\3\0\0\0cpuK\4tQK\0K\2K\2\x86K\2K\1\x86\x89"
    "ccollections\nOrderedDict\n)RtRu." "\x80\x02]X\1\0\0\0" "0a." "\4\0\0\0\0\0\0\0" "\0\0\x80\x3F\0\0\0\x40\0\0\x40\x40\0\0\x80\x40";
/* Half of the tensors to each of two files, and the index that says so. */
static int make_shards(void)
{
    static const int64_t shape[2] = { 3, 4 };
    int i;
    for (i = 0; i < 2; i++) {
        bert_output o;
        bert_write_desc d;
        memset(&o, 0, sizeof o);
        memset(&d, 0, sizeof d);
        o.name = i ? "two" : "one";
        o.data = some;
        o.shape = shape;
        o.rank = 2;
        o.dtype = BERT_F32;
        d.path = i ? DIRECTORY "/shards/b.safetensors" : DIRECTORY "/shards/a.safetensors";
        d.tensors = &o;
        d.count = 1;
        if (bert_checkpoint_write(&d)) return 0;
    }
    PUT("shards/model.safetensors.index.json", "{\"weight_map\": {\"one\": \"a.safetensors\", \"two\": \"b.safetensors\"}}");
    return 1;
}
/* Archives of what was written before. */
static int make_archives(void)
{
    static const struct { const char *zip, *name, *file; int deflated; } entries[] = {
        { "stored.zip", "x/model.safetensors", "a.safetensors", 0 },
        { "tf.zip", "x/a.index", "newest/a.index", 1 }, { "tf.zip", "x/a.data-00000-of-00001", "newest/a.data-00000-of-00001", 1 },
        { "model.zip", "m/model.safetensors", "model/model.safetensors", 1 }, { "model.zip", "m/config.json", "model/config.json", 1 },
        { "model.zip", "m/vocab.txt", "model/vocab.txt", 1 }, { "model.zip", "m/notes.txt", "notes.txt", 0 } };
    size_t i;
    archive a;
    for (i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (!i || strcmp(entries[i].zip, entries[i - 1].zip)) archive_begin(&a);
        archive_file(&a, entries[i].name, in(entries[i].file), entries[i].deflated);
        if (i + 1 < sizeof entries / sizeof *entries && !strcmp(entries[i].zip, entries[i + 1].zip)) continue;
        archive_end(&a);
        put(entries[i].zip, a.data, a.size);
        archive_free(&a);
    }
    return 1;
}
static int make(void)
{
    static const char *const words[] = { "the", "dog", "runs", "cat", "naps" };
    static const char *const paths[] = { DIRECTORY "/corpus" }, *const outs[] = { DIRECTORY "/in.0", DIRECTORY "/in.1" };
    bert_allocator a;
    bert_tokenizer_desc td;
    bert_pretraining_desc pd;
    bert_model_desc md;
    bert_trainer_desc d;
    bert_model *model = NULL;
    bert_error e;
    char corpus[3000];
    size_t i, n = 0;
    uint64_t seed = 5;
    memset(&a, 0, sizeof a);
    memset(&td, 0, sizeof td);
    memset(&pd, 0, sizeof pd);
    memset(&md, 0, sizeof md);
    memset(&d, 0, sizeof d);
    memset(&config, 0, sizeof config);
    mkdir(DIRECTORY, 0777);
    mkdir(DIRECTORY "/tf", 0777);
    mkdir(DIRECTORY "/newest", 0777);
    mkdir(DIRECTORY "/moved", 0777);
    mkdir(DIRECTORY "/saved", 0777);
    mkdir(DIRECTORY "/saved/variables", 0777);
    mkdir(DIRECTORY "/shards", 0777);
    mkdir(DIRECTORY "/only", 0777);
    mkdir(DIRECTORY "/hf", 0777);
    mkdir(DIRECTORY "/model", 0777);
    for (i = 0; i < sizeof text; i++) text[i] = (char)('a' + test_random(&seed) % 26);
    for (i = 0; i < 24; i++) n += (size_t)snprintf(corpus + n, sizeof corpus - n, "%s %s %s.\n%s", words[test_random(&seed) % 5], words[test_random(&seed) % 5], words[test_random(&seed) % 5], i % 6 == 5 ? "\n" : "");
    put("text", text, sizeof text);
    put("corpus", corpus, n);
    PUT("squad.json", squad);
    PUT("answers.json", "{\"a\": \"the cat\"}");
    PUT("data.tsv", "text\tkind\nthe dog\tx\nthe cat\ty\n");
    PUT("notes.txt", "notes");
    PUT("legacy.pt", legacy);
    PUT("saved/saved_model.pb", "a graph");
    PUT("hf/tokenizer_config.json", "{\"do_lower_case\": false}");
    PUT("hf/tokenizer.json", "{\"added_tokens\": [{\"id\": 4, \"content\": \"[Y]\", \"special\": true}], \"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, "
        "\"post_processor\": {\"type\": \"BertProcessing\", \"cls\": [\"<s>\", 1], \"sep\": [\"</s>\", 2]}, \"model\": {\"vocab\": {\"[UNK]\": 0, \"<s>\": 1, \"</s>\": 2, \"dog\": 3}}}");
    PUT("words.txt", "the O\ndog B-X\n\ncat B-Y\n");
    PUT("model/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##s\ndog\ncat\nnap\nrun\n.\n,\na\n");
    PUT("model/config.json", "{\"model_type\": \"bert\", \"hidden_size\": 8, \"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"intermediate_size\": 9, \"vocab_size\": 14, \"max_position_embeddings\": 24, \"type_vocab_size\": 2}");
    config.hidden_size = 8;
    config.layers = 1;
    config.heads = 2;
    config.intermediate_size = 9;
    config.vocab_size = 14;
    config.max_positions = 24;
    config.type_vocab_size = 2;
    config.labels = 2;
    if (random_model_write(DIRECTORY "/model/model.safetensors", &config, BERT_HEAD_POOLER, 0, 1, &e) ||
        checkpoint_write(in("a.safetensors"), &a, &e) || checkpoint_write(in("a.bin"), &a, &e) || checkpoint_write(in("newest/a"), &a, &e)
        || checkpoint_write(in("moved/a"), &a, &e) || checkpoint_write(in("saved/variables/variables"), &a, &e) || checkpoint_write(in("only/some.bin"), &a, &e) || !make_shards() || !make_archives()) return 0;
    PUT("moved/checkpoint", "model_checkpoint_path: \"/no/such/folder/a\"\n");
    td.path = DIRECTORY "/model/vocab.txt";
    if (bert_tokenizer_open(&td, &tokenizer)) return 0;
    pd.tokenizer = tokenizer;
    pd.paths = paths;
    pd.path_count = 1;
    pd.outputs = outs;
    pd.output_count = 2;
    pd.max_seq_length = 24;
    pd.dupe_factor = 2;
    pd.max_predictions = 4;
    if (bert_pretraining_data(&pd, NULL)) return 0;
    md.path = DIRECTORY "/model";
    if (bert_model_open(&md, &model)) return 0;
    d.model = model;
    d.learn = BERT_LEARN_CLASSES;
    d.threads = 1;
    d.max_tokens = 24;
    d.error = &e;
    if (bert_trainer_open(&d, &trainer)) return 0;
    bert_model_close(model);
    return bert_trainer_save(trainer, in("state.bin"), BERT_FORMAT_AUTO, 1, NULL, &e) == BERT_OK;
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    if (!make()) { printf("FAIL make: the files to work with cannot be made\n0 passed, 1 failed, 0 skipped\n"); return 1; }
    TEST(writing);
    TEST(reading);
    TEST(opening_a_tokenizer);
    TEST(writing_safetensors);
    TEST(writing_pytorch);
    TEST(writing_tf);
    TEST(reading_safetensors);
    TEST(reading_pytorch);
    TEST(reading_tf);
    TEST(reading_tf_elsewhere);
    TEST(reading_shards);
    TEST(reading_a_folder);
    TEST(reading_archives);
    TEST(reading_legacy);
    TEST(converting);
    TEST(embedding);
    TEST(opening_a_tokenizer_json);
    TEST(pools);
    TEST(sessions);
    TEST(learning);
    TEST(parsing);
    TEST(plain_loops);
    TEST(opening_a_model);
    TEST(pretraining_data);
    TEST(pretraining_data_streamed);
    TEST(instances);
    TEST(squad_files);
    TEST(datasets);
    TEST(named_entities);
    TEST(saving);
    TEST(resuming);
    TEST(finding_paths);
    bert_trainer_close(trainer);
    bert_tokenizer_close(tokenizer);
    return test_end();
}
#else
#include "test.h"
static void faults(void) { test_skip("calls of the system are replaced on POSIX systems only"); }
int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(faults);
    return test_end();
}
#endif
