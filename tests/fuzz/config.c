/* config.c - fuzz: any bytes are a config or a clean error; a config that is accepted is one that can be built
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include <stdlib.h>
#include "bert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

/* All values of a parameter are numbers. */
static void look(const bert_parameter *p)
{
    const float *v = (const float *)bert_tensor_view(p->tensor);
    int64_t i;
    MUST(v != NULL && p->made && p->name[0] && p->tensor->count == p->shape[0] * (p->rank == 2 ? p->shape[1] : 1));
    for (i = 0; i < p->tensor->count; i++) MUST(v[i] == v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bert_config c;
    bert_error error;
    bert_status s;
    char name[64];
    size_t n = size < sizeof name ? size : sizeof name - 1;
    memset(&error, 0, sizeof error);
    memset(&c, 7, sizeof c);
    s = bert_config_parse((const char *)data, size, "config.json", &c, &error);
    if (s != BERT_OK) {
        MUST(c.hidden_size == 0x07070707 && error.code == s && strncmp(error.message, "config.json", 11) == 0);
        MUST(error.offset <= (int64_t)size && strchr(error.message, '\n') == NULL);
    } else {
        MUST(bert_config_check(&c, NULL, NULL) == BERT_OK && c.hidden_size % c.heads == 0 && c.max_relative_position >= 0);
        MUST(strlen(c.unknown) < sizeof c.unknown && bert_activation_name(c.activation)[0] != 'u');
        MUST(bert_config_check_vocabulary(&c, c.vocab_size, NULL, NULL) == BERT_OK && bert_config_check_vocabulary(&c, (int64_t)c.vocab_size + 1, NULL, NULL) == BERT_ERROR_MISMATCH);
        if (((int64_t)c.vocab_size + c.max_positions + c.type_vocab_size + c.labels + (int64_t)c.layers * (4 * (int64_t)c.hidden_size + 2 * (int64_t)c.intermediate_size)) * c.hidden_size < 200000) {
            bert_model_desc d;
            bert_model *m = NULL;
            int64_t i;
            memset(&d, 0, sizeof d);
            d.config = &c;
            d.init_missing = BERT_ON;
            d.heads = 31;
            d.seed = size;
            MUST(bert_model_open(&d, &m) == BERT_OK && bert_model_heads(m) == 31);
            for (i = 0; i < bert_model_parameter_count(m); i++) look(bert_model_parameter(m, i));
            bert_model_close(m);
        }
    }
    memcpy(name, data, n);                                              /* and as the name of a built-in one */
    name[n] = 0;
    memset(&error, 0, sizeof error);
    if (bert_config_named(name, &c, &error) == BERT_OK) MUST(bert_config_check(&c, NULL, NULL) == BERT_OK);
    else MUST(error.message[0] && strchr(error.message, '\n') == NULL);
    return 0;
}

#include "driver.h"
