/* ask.c - questions about a text file: the answers where they stand in it, how sure they are, and how likely there is none
   SPDX-License-Identifier: MIT-0 OR Unlicense

      make -C examples answers
      ask MODEL FILE "Where is the red ball?" ...     or without questions: they are read from standard input, a line each
      ask --html REPORT MODEL FILE QUESTION ...       writes one page that needs nothing else as well

   MODEL: a folder with a model that finds answers, such as tools/run_squad or the example train_answers write it. The text may be of
   any length: it is read in windows. Answers are coloured on a terminal, in [[brackets]] elsewhere. */
#define _POSIX_C_SOURCE 200809L
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"
#include "page.h"
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

enum { MOST = 3, AROUND = 200, LINE = 4096 };            /* answers shown; bytes of text around one; of a question */
static bert_error err;
static const char head[] =
    "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>body{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;color:#222}h2{font-size:1.15em;margin:0 0 .4em}"
    "section{border-top:1px solid #ddd;padding:1.2em 0}p{white-space:pre-wrap;background:#f7f7f5;padding:.8em;border-radius:6px;max-height:24em;overflow:auto}mark{background:#b7ebc6;padding:0 .15em;border-radius:3px}"
    "table{border-collapse:collapse;width:100%}td{padding:.1em .6em .1em 0;color:#666}td:nth-child(3){width:40%}td div{background:#9ab;height:.7em;border-radius:2px}.yes td{color:#222;font-weight:600}.yes div{background:#2a9d5c}</style><title>";

static void failed(const char *what) { fprintf(stderr, "ask: %s\n", what); exit(1); }

/* Where the part of the text that is shown with bytes begin to end of it begins and ends: at blanks, if there are some. */
static void around(const char *text, size_t size, size_t *begin, size_t *end)
{
    size_t b = *begin > AROUND ? *begin - AROUND : 0, e = size - *end > AROUND ? *end + AROUND : size;
    while (b > 0 && b < *begin && !strchr(" \n\t", text[b - 1])) b++;
    while (e < size && e > *end && !strchr(" \n\t", text[e])) e--;
    while (b > 0 && (text[b] & 0xC0) == 0x80) b--;
    while (e < size && (text[e] & 0xC0) == 0x80) e++;
    *begin = b;
    *end = e;
}
/* An answer, or how probable it is that there is none, as a row with a bar. */
static void row(page *html, int yes, const char *text, size_t size, double score, double probability)
{
    page_print(html, yes ? "<tr class=\"yes\"><td>" : "<tr><td>");
    if (text) page_html(html, text, size);
    else page_print(html, "<i>no answer</i>");
    page_print(html, "</td><td>%.2f</td><td><div style=\"width:%.1f%%\"></div></td><td>%.1f %%</td></tr>\n", score, 100 * probability, 100 * probability);
}
static void answer(bert_session *s, const bert_tokenizer *tok, const bert_answer_desc *d, const char *question, const char *text, size_t size, page *html)
{
    const char *on = isatty(1) ? "\033[1;32m" : "[[", *off = isatty(1) ? "\033[0m" : "]]";
    bert_answer a[MOST];
    bert_answered found;
    if (bert_session_answer(s, tok, d, question, strlen(question), text, size, a, MOST, &found)) failed(err.message);
    const int none = !found.count || found.none_odds > 0, count = found.count < MOST ? (int)found.count : MOST;
    size_t b = none ? 0 : a[0].begin, e = none ? 0 : a[0].end;
    printf("%s\n", question);
    if (none) printf("  the text does not say (%.1f %%)\n", 100 * found.none_probability);
    for (int k = 0; k < count && (!k || (!none && a[k].probability >= 0.001)); k++)
        printf("  %s%.*s   score %.2f, %.1f %%\n", none ? "at best: " : k ? "or: " : "", (int)(a[k].end - a[k].begin), text + a[k].begin, a[k].score, 100 * a[k].probability);
    if (!none) {
        printf("  no answer: score %.2f, %.1f %%\n", found.none_score, 100 * found.none_probability);
        around(text, size, &b, &e);
        printf("    %s%.*s%s%.*s%s%.*s%s\n", b ? "... " : "", (int)(a[0].begin - b), text + b, on, (int)(a[0].end - a[0].begin), text + a[0].begin, off, (int)(e - a[0].end), text + a[0].end, e < size ? " ..." : "");
    }
    printf("\n");
    fflush(stdout);
    page_print(html, "<section><h2>");
    page_html(html, question, strlen(question));
    page_print(html, "</h2>\n<table>");
    for (int k = 0; k < count; k++) row(html, !k && !none, text + a[k].begin, a[k].end - a[k].begin, a[k].score, a[k].probability);
    row(html, none, NULL, 0, found.none_score, found.none_probability);
    page_print(html, "</table>\n<p>");
    page_html(html, text, none ? size : a[0].begin);                    /* the whole text, the answer marked */
    if (!none) {
        page_print(html, "<mark>");
        page_html(html, text + a[0].begin, a[0].end - a[0].begin);
        page_print(html, "</mark>");
        page_html(html, text + a[0].end, size - a[0].end);
    }
    page_print(html, "</p></section>\n");
}

int main(int argc, char **argv)
{
    const char *report = NULL;
    bert_model_desc md = { 0 };
    bert_session_desc sd = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_answer_desc d = { 0 };
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    const char *text;
    size_t size;
    bert_file f;
    page html = { 0 };
    char line[LINE];
    if (argc > 2 && strcmp(argv[1], "--html") == 0) { report = argv[2]; argv += 2; argc -= 2; }
    if (argc < 3) { fprintf(stderr, "usage: ask [--html REPORT] MODEL FILE [QUESTION ...]\n"); return 2; }
    md.path = argv[1];
    md.heads = BERT_HEAD_SPAN;
    md.error = td.error = sd.error = d.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) failed(err.message);
    sd.model = model;
    if (bert_session_open(&sd, &session) || bert_file_open(argv[2], NULL, &f, &err)) failed(err.message);
    text = (const char *)f.data;
    for (size = f.size; size && strchr(" \n\r\t", text[size - 1]); size--) {}
    d.apart = 1;                                        /* one of answers that overlap */
    d.max_seq_length = little_trained_with(model, "max_seq_length", 0);
    d.doc_stride = little_trained_with(model, "doc_stride", 0);
    d.max_query_length = little_trained_with(model, "max_query_length", 0);
    page_add(&html, head, sizeof head - 1);
    page_html(&html, argv[2], strlen(argv[2]));
    page_print(&html, "</title></head><body><h1>");
    page_html(&html, argv[2], strlen(argv[2]));
    page_print(&html, "</h1>\n");
    for (int i = 3; i < argc; i++) answer(session, tok, &d, argv[i], text, size, &html);
    while (argc == 3 && fgets(line, LINE, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (*line) answer(session, tok, &d, line, text, size, &html);
    }
    page_print(&html, "</body></html>\n");
    if (report && html.failed) failed("out of memory");
    if (report && bert_file_write(report, html.data, html.size, &err)) failed(err.message);
    free(html.data);
    bert_file_close(&f);
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
}
