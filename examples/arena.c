/* arena.c - all memory from one block of yours: no malloc, the need known beforehand, nothing taken after opening
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 -I.. arena.c -lm -pthread && ./a.out MODEL "a text"

   Every desc takes an allocator: two functions. bert_fixed_allocator hands out one block from its start to its end; here each request
   is counted on its way there. bert_plan_memory says what a session will take. Once it is open, tokenizing and running take nothing.
   (examples/embedded.c goes further: no files, no threads, no stdio.) */
#define BERT_NO_TRAIN                                   /* what this program does not use need not be compiled */
#define BERT_NO_DATA
#define BERT_NO_TF
#define BERT_NO_PICKLE
#define BERT_IMPLEMENTATION
#define BERT_MALLOC(n) ((void)(n), refused++, (void *)0)                /* who asks for memory without an allocator gets none */
#define BERT_FREE(p) ((void)(p))
static int refused;
#include "bert.h"
#include <stdio.h>

enum { ROOM = 64 };
static union { unsigned char bytes[16 << 20]; double aligned; } block;
static bert_allocator inner;
static int requests;
static void *counted(size_t size, void *user) { (void)user; requests++; return inner.alloc(size, inner.user); }
static void given_back(void *p, void *user) { (void)user; inner.free(p, inner.user); }

int main(int argc, char **argv)
{
    static float vector[4096];
    bert_fixed fixed = { 0 };
    bert_allocator allocator = { 0 };
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_session_desc sd = { 0 };
    bert_plan_desc pd = { 0 };
    bert_plan plan;
    bert_pair_desc pair = { 0 };
    bert_encoding e = { 0 };
    bert_batch batch = { 0 };
    bert_result result = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    int32_t ids[ROOM];
    int64_t offsets[2] = { 0, 0 };
    size_t before;
    int opened, i;
    if (argc != 3) { fprintf(stderr, "usage: arena MODEL TEXT\n"); return 2; }
    fixed.memory = block.bytes;
    fixed.size = sizeof block.bytes;
    inner = bert_fixed_allocator(&fixed);
    allocator.alloc = counted;
    allocator.free = given_back;
    md.allocator = td.allocator = sd.allocator = allocator;
    md.error = td.error = sd.error = pair.error = &err;

    md.path = argv[1];
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
    if (bert_model_config(model)->hidden_size > 4096) { fprintf(stderr, "arena: the model is too wide for this example\n"); return 1; }
    pd.model = sd.model = model;
    pd.threads = sd.threads = 1;
    pd.max_tokens = sd.max_tokens = ROOM;
    if (bert_plan_memory(&pd, &plan, &err)) goto failed;
    before = fixed.used;
    if (bert_session_open(&sd, &session)) goto failed;
    printf("planned for the session: %d bytes; taken, with what lies between: %d\n", (int)plan.total, (int)(fixed.used - before));

    opened = requests;
    pair.max_tokens = ROOM;
    result.vectors = vector;
    for (i = 0; i < 1000; i++) {
        e.ids = ids;
        e.capacity = ROOM;
        if (bert_tokenizer_encode_pair(tok, &pair, argv[2], strlen(argv[2]), NULL, 0, &e)) goto failed;
        offsets[1] = (int64_t)e.count;
        batch.sequences = 1;
        batch.offsets = offsets;
        batch.ids = ids;
        if (bert_session_run(session, &batch, &result, &err)) goto failed;
    }
    printf("opening: %d requests; then 1000 texts: %d\n", opened, requests - opened);
    printf("the block's peak: %d of %d bytes; asked malloc for: %s\n", (int)fixed.peak, (int)fixed.size, refused ? "something" : "nothing");
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return refused != 0 || requests != opened;
failed:
    fprintf(stderr, "arena: %s\n", err.message);
    return 1;
}
