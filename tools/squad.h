/* tools/squad.h - what evaluate_squad and run_squad share: scores in the forms of the official scripts
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#ifndef SQUAD_H
#define SQUAD_H
#include "cli.h"

/* ---- numbers and texts as Python's json has them ---- */

CLI_FN void squad_double(cli_text *t, double v)
{
    char text[40];
    double back = 0;
    int digits = 1;
    if (v > -1e15 && v < 1e15 && (double)(int64_t)v == v) snprintf(text, sizeof text, "%.1f", v);
    else do snprintf(text, sizeof text, "%.*g", digits, v); while (digits++ < 17 && !(bert_parse_double(text, strlen(text), &back) && back == v));
    cli_str(t, text);
}
CLI_FN void squad_ascii(cli_text *t, const char *p, size_t n)
{
    const size_t need = bert_json_quote(p, n, 1, NULL, 0);
    bert_json_quote(p, n, 1, cli_room(t, need), need);
    t->size += need;
}
/* A member of the scores; `indent`: on a line of its own. */
CLI_FN void squad_score(cli_text *t, const char *name, double v, int whole, int indent)
{
    cli_str(t, t->size > 1 ? indent ? ",\n  \"" : ", \"" : indent ? "\n  \"" : "\"");
    cli_str(t, name);
    cli_str(t, "\": ");
    if (whole) cli_number(t, (int64_t)v); else squad_double(t, v);
}
CLI_FN void squad_part(cli_text *t, const char *prefix, const bert_squad_part *p, int indent)
{
    char name[40];
    snprintf(name, sizeof name, "%sexact", prefix);
    squad_score(t, name, p->exact, 0, indent);
    snprintf(name, sizeof name, "%sf1", prefix);
    squad_score(t, name, p->f1, 0, indent);
    snprintf(name, sizeof name, "%stotal", prefix);
    squad_score(t, name, (double)p->total, 1, indent);
}
CLI_FN void squad_scores(cli_text *t, const bert_squad_score *s, const char *predictions, int indent, int curves)
{
    char text[64];
    cli_str(t, "{");
    if (s->metric == BERT_SQUAD_METRIC_1_1) {
        squad_score(t, "exact_match", s->all.exact, 0, 0);
        squad_score(t, "f1", s->all.f1, 0, 0);
        cli_str(t, "}");
    } else if (s->metric == BERT_SQUAD_METRIC_CMRC) {                   /* texts of three decimals, as the script has them */
        snprintf(text, sizeof text, "\"AVERAGE\": \"%.3f\", ", (s->all.exact + s->all.f1) * 0.5);
        cli_str(t, text);
        snprintf(text, sizeof text, "\"F1\": \"%.3f\", \"EM\": \"%.3f\", ", s->all.f1, s->all.exact);
        cli_str(t, text);
        cli_str(t, "\"TOTAL\": ");
        cli_number(t, s->all.total);
        cli_str(t, ", \"SKIP\": ");
        cli_number(t, s->missing);
        cli_str(t, ", \"FILE\": ");
        squad_ascii(t, predictions, strlen(predictions));
        cli_str(t, "}");
    } else {
        squad_part(t, "", &s->all, indent);
        if (s->has_answer.total) squad_part(t, "HasAns_", &s->has_answer, indent);
        if (s->no_answer.total) squad_part(t, "NoAns_", &s->no_answer, indent);
        if (s->has_best) {
            squad_score(t, "best_exact", s->best_exact, 0, indent);
            squad_score(t, "best_exact_thresh", s->best_exact_thresh, 0, indent);
            squad_score(t, "best_f1", s->best_f1, 0, indent);
            squad_score(t, "best_f1_thresh", s->best_f1_thresh, 0, indent);
        }
        if (s->has_curves && curves) {
            squad_score(t, "pr_exact_ap", s->exact_ap, 0, indent);
            squad_score(t, "pr_f1_ap", s->f1_ap, 0, indent);
            squad_score(t, "pr_oracle_ap", s->oracle_ap, 0, indent);
        }
        cli_str(t, indent ? "\n}" : "}");
    }
}
#endif
