/* embedded.c - the smallest build: a sentence to a vector without files, threads, malloc or unused formats.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Model, config and vocabulary are bytes in memory: linked in, in flash, or mapped as here. All memory is one static block; the
   library calls neither malloc nor anything of stdio. About 100 KB of program with -Os:

      cc -Os -fno-asynchronous-unwind-tables -ffunction-sections -Wl,--gc-sections -I.. embedded.c -lm
      ./a.out model.safetensors config.json vocab.txt "A sentence." */
#define BERT_NO_STDIO
#define BERT_NO_THREADS
#define BERT_NO_SIMD
#define BERT_NO_TRAIN
#define BERT_NO_DATA
#define BERT_NO_TF
#define BERT_NO_PICKLE
#define BERT_STATIC
#define BERT_IMPLEMENTATION
#define BERT_MALLOC(n) ((void)(n), (void *)0)           /* nothing may ask for it */
#define BERT_FREE(p) ((void)(p))
#include "bert.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char block[64 << 20];                   /* MiniLM needs 50 MB of it: its layers' weights, packed, and 128 tokens */

static void say(const char *text)
{
    if (write(1, text, strlen(text)) < 0) _exit(1);
}
static int fail(const char *text)
{
    say(text);
    say("\n");
    return 1;
}
/* A file's bytes; none, and a word about it, where it cannot be read */
static const char *map(const char *path, size_t *size)
{
    struct stat info;
    const int file = open(path, O_RDONLY);
    void *p = MAP_FAILED;
    if (file >= 0 && fstat(file, &info) == 0) p = mmap(NULL, *size = (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (p != MAP_FAILED) return (const char *)p;
    say("cannot read ");
    fail(path);
    *size = 0;
    return "";
}
/* x to three places: printf would double the program */
static void say_number(float x)
{
    char text[16], *p = text + 15;
    int64_t v = (int64_t)(x * 1000 + (x < 0 ? -0.5f : 0.5f));
    const int negative = v < 0;
    int digits = 0;
    *p = 0;
    if (negative) v = -v;
    do {
        if (digits++ == 3) *--p = '.';
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v || digits < 4);
    if (negative) *--p = '-';
    say(p);
    say(" ");
}

int main(int argc, char **argv)
{
    static float vector[4096];
    static bert_error err;
    static bert_fixed fixed;
    bert_config config;
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_session_desc sd = { 0 };
    bert_embed_desc ed = { 0 };
    bert_model *model = NULL;
    bert_tokenizer *tokenizer = NULL;
    bert_session *session = NULL;
    size_t size;
    const char *text;
    int i;
    if (argc != 5) return fail("usage: embedded model.safetensors config.json vocab.txt TEXT");
    fixed.memory = block;
    fixed.size = sizeof block;
    md.allocator = td.allocator = sd.allocator = bert_fixed_allocator(&fixed);
    md.error = td.error = sd.error = ed.error = &err;

    text = map(argv[2], &size);
    if (bert_config_parse(text, size, argv[2], &config, &err)) return fail(err.message);
    md.data = map(argv[1], &md.size);
    md.config = &config;
    if (bert_model_open(&md, &model)) return fail(err.message);
    td.data = map(argv[3], &td.size);
    if (bert_tokenizer_open(&td, &tokenizer)) return fail(err.message);
    sd.model = model;
    sd.max_tokens = 128;
    if (bert_session_open(&sd, &session)) return fail(err.message);

    text = argv[4];
    size = strlen(text);
    ed.normalize = 1;
    ed.too_long = BERT_TOO_LONG_TRUNCATE;
    if (config.hidden_size > 4096) return fail("the model is too wide for this example");
    if (bert_session_embed(session, tokenizer, &ed, &text, &size, 1, vector)) return fail(err.message);
    for (i = 0; i < config.hidden_size && i < 8; i++) say_number(vector[i]);
    say("\n");
    bert_session_close(session);
    bert_tokenizer_close(tokenizer);
    bert_model_close(model);
    return 0;
}
