/* evaluate_squad - scores predictions as evaluate-v1.1.py, evaluate-v2.0.py and cmrc2018_evaluate.py do.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   evaluate_squad dev-v2.0.json predictions.json --na-prob-file null_odds.json
   evaluate_squad --apply-threshold -1.5 --nbest-file nbest_predictions.json --null-odds-file null_odds.json --out-file predictions.json */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L         /* mkdir, under -std=c99 */
#endif
#include "squad.h"
#include <sys/stat.h>
#ifdef _WIN32
#include <direct.h>
#define make_folder(path) _mkdir(path)
#else
#define make_folder(path) mkdir(path, 0777)
#endif

static const char *out_file, *na_prob_file, *out_image_dir, *metric = "auto", *language, *nbest_file, *null_odds_file, *apply_threshold;
static double na_prob_thresh = 1;
static int verbose;

static const cli_flag flags[] = {
    { "out-file", 's', &out_file, "the scores go there instead of standard output; also -o" },
    { "na-prob-file", 's', &na_prob_file, "probability or score of no answer for each question, as null_odds.json; also -n" },
    { "na-prob-thresh", 'd', &na_prob_thresh, "more than this is taken for no answer; also -t" },
    { "out-image-dir", 's', &out_image_dir, "precision-recall curves go there as SVG, average precisions to the scores; also -p" },
    { "metric", 's', &metric, "auto, 1.1, 2.0 or cmrc; auto: by the file" },
    { "language", 's', &language, "en or zh; zh is --metric cmrc" },
    { "verbose", 'b', &verbose, "each question's scores on standard error; also -v" },
    { "apply-threshold", 's', &apply_threshold, "no scores: writes to --out-file the predictions that this null_score_diff_threshold gives" },
    { "nbest-file", 's', &nbest_file, "with --apply-threshold: nbest_predictions.json" },
    { "null-odds-file", 's', &null_odds_file, "with --apply-threshold: null_odds.json" },
    { 0, 0, 0, 0 }
};

/* ---- the curves ---- */

typedef struct run { cli_text path[3]; double last; int metric; } run;   /* the points of three curves, as SVG has them */

static void each(void *user, const bert_squad_item *item)
{
    const int cmrc = ((const run *)user)->metric == BERT_SQUAD_METRIC_CMRC;
    if (item->missing) fprintf(stderr, cmrc ? "Unanswered question: %.*s\n" : "Unanswered question %.*s will receive score 0.\n", (int)item->id.size, item->id.text);
    else if (verbose) fprintf(stderr, "%.*s exact %g f1 %.4g\n", (int)item->id.size, item->id.text, item->exact, item->f1);
}
static void curve(void *user, int which, double precision, double recall)
{
    run *r = (run *)user;
    char text[80];
    if (!r->path[which].size) snprintf(text, sizeof text, "M%.2f %.2f", 60 + 400 * recall, 420 - 380 * precision);
    else snprintf(text, sizeof text, "H%.2fV%.2f", 60 + 400 * recall, 420 - 380 * precision);
    cli_str(&r->path[which], text);
}
static void draw(const char *name, const char *title, const cli_text *path)
{
    char file[1100], text[200];
    cli_text t = { NULL, 0, 0 };
    bert_error error = {0};
    int i;
    cli_str(&t, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 500 480\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"500\" height=\"480\" fill=\"#fff\"/>\n<text x=\"260\" y=\"24\" text-anchor=\"middle\" font-size=\"14\">");
    cli_str(&t, title);
    cli_str(&t, "</text>\n");
    for (i = 0; i <= 10; i += 2) {
        snprintf(text, sizeof text, "<path d=\"M60 %dH460M%d 40V420\" stroke=\"#ddd\"/><text x=\"54\" y=\"%d\" text-anchor=\"end\">%.1f</text><text x=\"%d\" y=\"436\" text-anchor=\"middle\">%.1f</text>\n",
                 420 - 38 * i, 60 + 40 * i, 424 - 38 * i, i / 10.0, 60 + 40 * i, i / 10.0);
        cli_str(&t, text);
    }
    cli_str(&t, "<text x=\"260\" y=\"460\" text-anchor=\"middle\">recall</text><text x=\"18\" y=\"230\" text-anchor=\"middle\" transform=\"rotate(-90 18 230)\">precision</text>\n<path d=\"");
    cli_add(&t, path->data, path->size);
    cli_str(&t, "\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>\n</svg>\n");
    if (snprintf(file, sizeof file, "%s/%s.svg", out_image_dir, name) >= (int)sizeof file) cli_fail("the path of --out-image-dir is too long");
    if (bert_file_write(file, t.data, t.size, &error) != BERT_OK) cli_fail(error.message);
    free(t.data);
}

/* ---- predictions for another threshold, without the model ---- */

static const bert_json *read_json(const char *path, bert_json_doc *doc)
{
    char text[700];
    bert_error error = {0};
    bert_file file;
    if (bert_file_open(path, NULL, &file, &error) != BERT_OK) cli_fail(error.message);
    if (bert_json_parse((const char *)file.data, file.size, NULL, doc, &error) != BERT_OK) {
        snprintf(text, sizeof text, "%.150s: %s", path, error.message);
        cli_fail(text);
    }
    bert_file_close(&file);
    if (doc->root->type != 'o') {
        snprintf(text, sizeof text, "%.150s: an object is expected, {\"id of a question\": ...}", path);
        cli_fail(text);
    }
    return doc->root;
}
static void rewrite(void)
{
    bert_json_doc nbest_doc, odds_doc;
    const bert_json *nbest, *odds, *v, *o, *next;
    bert_error error = {0};
    cli_text t = { NULL, 0, 0 };
    char why[500];
    double threshold;
    if (!nbest_file || !null_odds_file || !out_file) cli_usage("--apply-threshold needs --nbest-file, --null-odds-file and --out-file", "");
    if (!bert_parse_double(apply_threshold, strlen(apply_threshold), &threshold)) cli_usage("--apply-threshold: this is no number: ", apply_threshold);
    nbest = read_json(nbest_file, &nbest_doc);
    odds = read_json(null_odds_file, &odds_doc);
    cli_str(&t, "{");
    for (v = nbest->first, next = odds->first; v; v = v->next, next = next ? next->next : NULL) {
        const bert_json *c = v->type == 'a' ? v->first : NULL, *text = NULL;
        double score = 0;
        o = next && next->key_size == v->key_size && memcmp(next->key, v->key, v->key_size) == 0 ? next : bert_json_get(odds, v->key);    /* mostly in the same order */
        if (!o || !bert_json_double(o, &score)) { snprintf(why, sizeof why, "%.150s has no number for question %.60s", null_odds_file, v->key); cli_fail(why); }
        for (; c; c = c->next) {
            const bert_json *s = bert_json_get(c, "text");
            if (!s || s->type != 's') { snprintf(why, sizeof why, "%.150s: an answer of question %.60s has no \"text\"", nbest_file, v->key); cli_fail(why); }
            if (s->size) { text = s; break; }
        }
        cli_str(&t, t.size > 1 ? ",\n    " : "\n    ");
        squad_ascii(&t, v->key, v->key_size);
        cli_str(&t, ": ");
        if (text && score <= threshold) squad_ascii(&t, text->text, text->size); else cli_str(&t, "\"\"");
    }
    cli_str(&t, t.size > 1 ? "\n}\n" : "}\n");
    if (bert_file_write(out_file, t.data, t.size, &error) != BERT_OK) cli_fail(error.message);
    bert_json_free(&nbest_doc);
    bert_json_free(&odds_doc);
    free(t.data);
}

/* The scripts' short flags, and names with "_" for "-". */
static char **spell(int argc, char **argv)
{
    static const char *const shorts[] = { "-o", "--out-file", "-n", "--na-prob-file", "-t", "--na-prob-thresh", "-p", "--out-image-dir", "-v", "--verbose" };
    size_t size = ((size_t)argc + 1) * sizeof(char *);
    char **out, *p, *room;
    int i, k, end = 0;
    for (i = 0; i < argc; i++) size += strlen(argv[i]) + 32;
    out = (char **)malloc(size);                                        /* one block: the parser moves the pointers */
    if (!out) cli_fail("out of memory");
    room = (char *)(out + argc + 1);
    for (i = 0; i < argc; i++) {
        out[i] = room;
        strcpy(room, argv[i]);
        room += strlen(argv[i]) + 32;
        if (!i || end) continue;
        end = strcmp(argv[i], "--") == 0;
        for (k = 0; k < 10; k += 2) if (strcmp(argv[i], shorts[k]) == 0) strcpy(out[i], shorts[k + 1]);
        if (strncmp(out[i], "--", 2) == 0) for (p = out[i]; *p && *p != '='; p++) if (*p == '_') *p = '-';
    }
    out[argc] = NULL;
    return out;
}

int main(int argc, char **argv)
{
    bert_error error = {0};
    bert_squad_score_desc d = {0};
    bert_squad_score s;
    run r = {{{NULL, 0, 0}, {NULL, 0, 0}, {NULL, 0, 0}}, 0, 0};
    cli_text t = { NULL, 0, 0 };
    int i;
    char **spelt = spell(argc, argv);
    cli c = cli_parse(argc, spelt, "evaluate_squad DATA.json PREDICTIONS.json [FLAGS]",
                      "Scores predictions: SQuAD 1.1, SQuAD 2.0 or CMRC 2018, with the numbers of the official scripts.\n"
                      "A question without a prediction scores 0, and is named on standard error.", flags);
    if (apply_threshold) {
        if (c.count) cli_usage("--apply-threshold takes no files but those of its flags: ", c.args[0]);
        rewrite();
        return 0;
    }
    if (c.count != 2) cli_usage("two files are needed: the questions with their answers, and the predictions", "");
    d.metric = (bert_squad_metric)cli_choice("metric", metric, "auto|1.1|2.0|cmrc");
    if (language && cli_choice("language", language, "en|zh")) d.metric = BERT_SQUAD_METRIC_CMRC;
    d.data_path = c.args[0];
    d.predictions_path = c.args[1];
    d.na_prob_path = na_prob_file;
    d.na_prob_thresh = &na_prob_thresh;
    d.each = each;
    d.curve = curve;
    d.user = &r;
    d.error = &error;
    r.metric = d.metric;
    if (bert_squad_evaluate(&d, &s) != BERT_OK) cli_fail(error.message);
    if (na_prob_file && s.metric != BERT_SQUAD_METRIC_2_0) fprintf(stderr, "evaluate_squad: --na-prob-file is not used: these are no questions of version 2.0 (see --metric)\n");
    if (s.has_curves && out_image_dir) {
        make_folder(out_image_dir);                                     /* it may be there; if it cannot be, writing says so */
        draw("pr_exact", "Precision and recall of exact match", &r.path[0]);
        draw("pr_f1", "Precision and recall of F1", &r.path[1]);
        draw("pr_oracle", "Precision and recall of a perfect reader: answerable or not", &r.path[2]);
    }
    squad_scores(&t, &s, d.predictions_path, !out_file, out_image_dir != NULL);
    if (!out_file) cli_str(&t, "\n");
    if (out_file) {
        if (bert_file_write(out_file, t.data, t.size, &error) != BERT_OK) cli_fail(error.message);
    } else if (fwrite(t.data, 1, t.size, stdout) != t.size || fflush(stdout)) cli_fail("cannot write to standard output");
    for (i = 0; i < 3; i++) free(r.path[i].data);
    free(spelt);
    free(t.data);
    return 0;
}
