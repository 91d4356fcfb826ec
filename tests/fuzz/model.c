/* model.c - fuzz: any bytes are a model or a clean error; names of tensors keep what they are in every spelling
   SPDX-License-Identifier: MIT-0 OR Unlicense

   An input is a checkpoint, opened as a model with the config of its archive, with one for tiny models, and with missing heads
   made; and its lines are names of tensors. */
#include <stdlib.h>
#include "bert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

/* An allocator that counts, and has an end: a config may ask for terabytes. */
static size_t now;
static void *counted(size_t size, void *user)
{
    size_t *p;
    (void)user;
    if (size > (8 << 20) || now > (24 << 20) || (p = (size_t *)malloc(size + 16)) == NULL) return NULL;
    *p = size;
    now += size;
    return (char *)p + 16;
}
static void counted_free(void *memory, void *user)
{
    size_t *p = (size_t *)(void *)((char *)memory - 16);
    (void)user;
    now -= *p;
    free(p);
}

static void names(const uint8_t *data, size_t size)
{
    char name[400];
    size_t at, n;
    for (at = 0; at < size; at += n + 1) {
        bert_tensor_role a, b, c;
        for (n = 0; at + n < size && n < sizeof name - 1 && data[at + n] != '\n' && data[at + n]; n++) name[n] = (char)data[at + n];
        name[n] = 0;
        if (!bert_tensor_recognise(name, &a)) {
            MUST(a.row == -1 && a.layer == -1 && !a.slot && strncmp(name, a.name, 100) == 0);
            continue;
        }
        MUST(bert_tensor_recognise(a.name, &b) && bert_tensor_recognise(a.google, &c));
        MUST(b.row == a.row && b.layer == a.layer && b.slot == a.slot && strcmp(b.name, a.name) == 0 && strcmp(b.google, a.google) == 0);
        MUST(c.row == a.row && c.layer == a.layer && c.slot == a.slot && strcmp(c.name, a.name) == 0 && c.source == BERT_SOURCE_GOOGLE);
    }
}
static void open_one(const uint8_t *data, size_t size, const bert_config *config, uint32_t heads, bert_flag make)
{
    bert_model_desc d;
    bert_model *m = NULL;
    bert_error error;
    bert_status s;
    int64_t i;
    memset(&d, 0, sizeof d);
    memset(&error, 0, sizeof error);
    d.data = data;
    d.size = size;
    d.config = config;
    d.heads = heads;
    d.init_missing = make;
    d.error = &error;
    d.allocator.alloc = counted;
    d.allocator.free = counted_free;
    s = bert_model_open(&d, &m);
    if (s != BERT_OK) {
        MUST(m == NULL && now == 0 && error.code == s && error.message[0] && strchr(error.message, '\n') == NULL && strlen(error.message) < sizeof error.message);
        return;
    }
    MUST((bert_model_heads(m) & heads) == heads && bert_model_config(m)->hidden_size > 0);
    for (i = 0; i < bert_model_parameter_count(m); i++) {
        const bert_parameter *p = bert_model_parameter(m, i);
        const int64_t n = p->shape[0] * (p->rank == 2 ? p->shape[1] : 1);
        float *values = (float *)malloc((size_t)n * sizeof *values + 1);
        MUST(values != NULL && bert_parameter_read(p, values, n, &error) == BERT_OK && bert_model_find(m, p->name) == p);
        MUST(!p->made || make == BERT_ON);
        free(values);
    }
    {
        bert_tokenizer_desc td;
        bert_tokenizer *tok = NULL;
        memset(&td, 0, sizeof td);
        td.error = &error;
        s = bert_model_tokenizer(m, &td, BERT_DEFAULT, &tok);
        MUST((s == BERT_OK) == (tok != NULL) && (s != BERT_OK || bert_tokenizer_size(tok) <= bert_model_config(m)->vocab_size));
        bert_tokenizer_close(tok);
    }
    bert_model_close(m);
    MUST(now == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char tiny[] = "{\"hidden_size\":2,\"num_hidden_layers\":1,\"num_attention_heads\":1,\"intermediate_size\":3,\"vocab_size\":5,\"max_position_embeddings\":4}";
    bert_config c;
    names(data, size);
    MUST(bert_config_parse(tiny, sizeof tiny - 1, NULL, &c, NULL) == BERT_OK);
    open_one(data, size, NULL, 0, BERT_DEFAULT);
    open_one(data, size, &c, 0, BERT_DEFAULT);
    open_one(data, size, &c, 31, BERT_ON);
    return 0;
}

#include "driver.h"
