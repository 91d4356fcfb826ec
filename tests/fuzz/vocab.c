/* vocab.c - fuzz: any bytes are a vocabulary or a clean error; what opens is consistent and encodes
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include <stdio.h>
#include <stdlib.h>
#include "bert_tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) { fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x); abort(); } } while (0)

/* Every token is found again, and the keys are the tokens, each once. */
static void look_up(const bert_tokenizer *tok)
{
    const int32_t count = bert_tokenizer_size(tok), keys = bert_tokenizer_key_count(tok);
    char *seen = (char *)calloc(1, (size_t)count + 1);
    int32_t i, tokens = 0;
    size_t n;
    MUST(seen && count > 0 && keys > 0 && keys <= count);
    for (i = 0; i < count; i++) {
        const char *token = bert_tokenizer_token(tok, i, &n);
        if (!token) continue;
        tokens++;
        MUST(token[n] == 0 && bert_tokenizer_id(tok, token, n) == (strlen(token) == n ? i : -1));
    }
    for (i = 0; i < keys; i++) {
        int32_t id = bert_tokenizer_key(tok, i);
        MUST(id >= 0 && id < count && bert_tokenizer_token(tok, id, NULL) && !seen[id]);
        seen[id] = 1;
    }
    MUST(tokens == keys);
    MUST(!bert_tokenizer_token(tok, -1, NULL) && !bert_tokenizer_token(tok, count, NULL));
    MUST(bert_tokenizer_key(tok, -1) == -1 && bert_tokenizer_key(tok, keys) == -1);
    free(seen);
}

/* Encodes and decodes; every id is one of the vocabulary, or -1 where there is no [UNK] and the call says so. */
static void encode(const bert_tokenizer *tok, const char *text, size_t size)
{
    int32_t ids[256];
    size_t begin[256], end[256], i, need;
    bert_encoding e;
    bert_status st;
    memset(&e, 0, sizeof e);
    e.ids = ids;
    e.begin = begin;
    e.end = end;
    e.capacity = 256;
    st = bert_tokenizer_encode(tok, text, size, &e);
    MUST(st == BERT_OK || (st == BERT_ERROR_SPACE && e.count > 256) || (st == BERT_ERROR_MISMATCH && bert_tokenizer_special_ids(tok).unk < 0));
    for (i = 0; i < e.count && i < e.capacity; i++) {
        MUST(begin[i] < end[i] && end[i] <= size && (ids[i] < 0 ? st == BERT_ERROR_MISMATCH : bert_tokenizer_token(tok, ids[i], NULL) != NULL));
        if (ids[i] < 0) return;
    }
    MUST(bert_tokenizer_decode(tok, ids, i, 1, 1, NULL, 0, &need) == BERT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {
        "", "The quick brown fox didn't jump: unaffable, 3.14!", "[CLS] a [MASK] b [SEP]<s></s>",
        "H\xC3\xA9llo \xE4\xB8\xAD\xE6\x96\x87 \xCE\x91\xCE\xA3 \xEA\xB0\x81 e\xCC\x81 \xF0\x9F\x98\x80", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    int mode;
    size_t k;
    for (mode = 0; mode < 3; mode++) {
        bert_tokenizer_desc d;
        bert_tokenizer *tok = NULL;
        bert_error error;
        bert_status st;
        memset(&d, 0, sizeof d);
        memset(&error, 0, sizeof error);
        d.data = data;
        d.size = size;
        d.mode = (bert_tokenizer_mode)mode;
        d.error = &error;
        st = bert_tokenizer_open(&d, &tok);
        if (st != BERT_OK) {
            MUST(!tok && error.code == st && error.message[0] && strlen(error.message) < sizeof error.message && !strchr(error.message, '\n'));
            MUST(st == BERT_ERROR_FORMAT || st == BERT_ERROR_UNSUPPORTED || (st == BERT_ERROR_ARGUMENT && !size));
            continue;
        }
        look_up(tok);
        for (k = 0; k < sizeof texts / sizeof *texts; k++) encode(tok, texts[k], strlen(texts[k]));
        encode(tok, (const char *)data, size);
        bert_tokenizer_close(tok);
    }
    return 0;
}

#include "driver.h"
