/* squad.c - lets golden.c and unit_squad.c reach a few private functions of the data of SQuAD and CMRC
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#define BERT_STATIC
#define BERT_NO_LEARN
#define BERT_IMPLEMENTATION
#include "bert.h"

int hook_nltk(const char *text, size_t size, char *out, size_t capacity, size_t *n);
size_t hook_repr(double v, char out[32]);
size_t hook_lower(const char *text, size_t size, char *out, size_t capacity);
int hook_word(uint32_t c);

/* nltk's words of a lower-case text, one blank between them. */
int hook_nltk(const char *text, size_t size, char *out, size_t capacity, size_t *n)
{
    bert__python *py = (bert__python *)BERT_MALLOC(sizeof *py);
    bert__buf a, b, joined;
    int ok;
    if (!py) return 0;
    bert__str_init(py);
    bert__buf_init(&a, NULL);
    bert__buf_init(&b, NULL);
    bert__buf_init(&joined, NULL);
    bert__buf_add(&a, text, size);
    bert__nltk_words(py, &a, &b);
    bert__str_join(a.data, a.size, &joined);
    ok = !a.failed && !b.failed && !joined.failed && joined.size <= capacity;
    if (ok && joined.size) memcpy(out, joined.data, joined.size);
    *n = joined.size;
    bert__buf_free(&a);
    bert__buf_free(&b);
    bert__buf_free(&joined);
    BERT_FREE(py);
    return ok;
}
size_t hook_repr(double v, char out[32]) { return bert__str_repr(v, out); }

size_t hook_lower(const char *text, size_t size, char *out, size_t capacity)
{
    bert__python *py = (bert__python *)BERT_MALLOC(sizeof *py);
    bert__buf b;
    size_t n = 0;
    if (!py) return 0;
    bert__str_init(py);
    bert__buf_init(&b, NULL);
    bert__str_lower(py, text, size, &b);
    if (b.size <= capacity) memcpy(out, b.data, n = b.size);
    bert__buf_free(&b);
    BERT_FREE(py);
    return n;
}
/* 1: \w, 3: \d as well */
int hook_word(uint32_t c)
{
    static bert__python py;
    static int ready;
    if (!ready) bert__str_init(&py);
    ready = 1;
    return bert__str_word(&py, c) | bert__str_digit(&py, c) << 1;
}
