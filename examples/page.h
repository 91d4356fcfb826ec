/* page.h - text that grows: what some examples write as HTML or JSON before it goes anywhere. Include after bert.h.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef PAGE_H
#define PAGE_H
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__GNUC__)
#define PAGE_FN static __attribute__((unused))
#else
#define PAGE_FN static
#endif

typedef struct page { char *data; size_t size, capacity; int failed; } page;    /* data ends with a NUL; failed: memory did */

PAGE_FN void page_add(page *p, const char *s, size_t n)
{
    if (p->size + n + 1 > p->capacity) {
        char *more = p->failed ? NULL : (char *)realloc(p->data, p->capacity = 2 * (p->size + n) + 4096);
        if (!more) { p->failed = 1; return; }
        p->data = more;
    }
    memcpy(p->data + p->size, s, n);
    p->data[p->size += n] = 0;
}
/* As printf, up to 1000 bytes. */
PAGE_FN void page_print(page *p, const char *format, ...)
{
    char text[1000];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    page_add(p, text, strlen(text));
}
PAGE_FN void page_html(page *p, const char *s, size_t n)                /* < and & as HTML wants them */
{
    for (; n--; s++) {
        if (*s == '<') page_add(p, "&lt;", 4);
        else if (*s == '&') page_add(p, "&amp;", 5);
        else page_add(p, s, 1);
    }
}
PAGE_FN void page_json(page *p, const char *s, size_t n)                /* in quotes, as JSON wants it */
{
    char *quoted = (char *)malloc(n * 6 + 3);
    if (!quoted) { p->failed = 1; return; }
    page_add(p, quoted, bert_json_quote(s, n, 0, quoted, n * 6 + 2));
    free(quoted);
}
#endif
