/* json.c - fuzz: any bytes are JSON or a clean error; what parses survives being written and parsed again
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include <stdlib.h>
#include "bert_tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

/* Walks a document: every promise of the struct, in every value. */
static void walk(const bert_json *v, size_t size)
{
    const bert_json *child;
    size_t n = 0;
    int64_t i;
    double d;
    MUST(strchr("oasdtfn", v->type) != NULL && v->offset < size);
    if (v->type == 's') {
        size_t need = bert_json_quote(v->text, v->size, 1, NULL, 0);
        char *quoted = (char *)malloc(need);
        bert_json_doc again;
        MUST(v->text[v->size] == 0 && quoted != NULL);
        MUST(bert_json_quote(v->text, v->size, 1, quoted, need) == need);
        MUST(bert_json_parse(quoted, need, NULL, &again, NULL) == BERT_OK && again.root->type == 's');
        bert_json_free(&again);
        free(quoted);
    }
    if (v->type == 'd') {
        MUST(bert_json_double(v, &d));
        if (bert_json_int(v, &i) && i > -(1LL << 53) && i < 1LL << 53) MUST((double)i == d);
    }
    for (child = v->first; child; child = child->next, n++) {
        MUST((v->type == 'o') == (child->key != NULL));
        if (child->key) MUST(child->key[child->key_size] == 0);
        walk(child, size);
    }
    MUST(n == v->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bert_json_doc doc;
    bert_error error;
    double d;
    bert_status s = bert_json_parse((const char *)data, size, NULL, &doc, &error);
    if (s == BERT_OK) {
        walk(doc.root, size);
        bert_json_free(&doc);
    } else {
        MUST(s == BERT_ERROR_FORMAT && error.offset >= 0 && (uint64_t)error.offset <= size);
        MUST(strlen(error.message) < sizeof error.message && strchr(error.message, '\n') == NULL);
    }
    bert_parse_double((const char *)data, size, &d);
    return 0;
}

#include "driver.h"
