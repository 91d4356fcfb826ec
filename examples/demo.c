/* demo.c - the main job from end to end, on texts made by rule, in a minute: make -C examples demo
   SPDX-License-Identifier: MIT-0 OR Unlicense

      texts -> a vocabulary -> masked words and pairs of sentences -> pre-training -> a classifier, with pre-training and without
      -> generated questions -> a reader -> labels and answers for texts they have not seen -> one page for the browser

   It reads from top to bottom: first the parts, each one function; main() calls them in turn. No files but the page, no network; every
   number was computed in this run. The same program on real texts and a larger model: tools/create_pretraining_data, run_pretraining,
   run_classifier, run_squad. */
#define _POSIX_C_SOURCE 200809L
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"
#include "worlds.h"
#include <math.h>
#include <stdarg.h>
#include <time.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

enum { DOCUMENTS = 700, BATCH = 32, ROOM = 48, PREDICT = 10, PRETRAIN_STEPS = 500, STEPS = 220, REVIEWS = 1200, EXAM = 600, FEELINGS = 3, CURVES = 4, READ_STEPS = 1200, THINGS = 4, ASKED = 300, SHOWN = 6 };

static int pretrain_steps = PRETRAIN_STEPS, steps = STEPS;  /* or fewer, by the second argument */
static bert_error err;
static void must(bert_status st) { if (st) { fprintf(stderr, "\ndemo: %s\n", err.message[0] ? err.message : bert_status_string(st)); exit(1); } }
static void *memory(size_t n) { void *p = calloc(1, n); if (!p) { fprintf(stderr, "\ndemo: out of memory\n"); exit(1); } return p; }

static double seconds(void)
{
#ifdef CLOCK_MONOTONIC
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#else
    return (double)clock() / CLOCKS_PER_SEC;
#endif
}

/* ---- what is told: on the terminal now, on the page in the end ---- */

static struct curve { const char *name; float loss[READ_STEPS]; int count; } curves[CURVES];
static struct cost { const char *what; double seconds; int64_t steps, tokens; size_t bytes; } costs[8];
static int cost_count;
static double started;

static void heading(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("\n%s", isatty(1) ? "\033[1m" : "");
    vprintf(format, args);
    printf("%s\n", isatty(1) ? "\033[0m" : "");
    va_end(args);
    fflush(stdout);
}
static void progress(int step, int of, double loss, double since)
{
    if (isatty(1)) printf("\r  step %d of %d, loss %.3f, %.0f s left   ", step + 1, of, loss, (seconds() - since) / (step + 1) * (of - step - 1));
    else if ((step + 1) % (of / 5) == 0) printf("  step %d of %d, loss %.3f\n", step + 1, of, loss);
    if (isatty(1) && step + 1 == of) printf("\n");
    fflush(stdout);
}
static void add_cost(const char *what, double since, int64_t steps, int64_t tokens, size_t bytes)
{
    struct cost *c = costs + cost_count++;
    c->what = what;
    c->seconds = seconds() - since;
    c->steps = steps;
    c->tokens = tokens;
    c->bytes = bytes;
}

/* ---- 1: texts. A document is a visit, all of one feeling, or a page about people; so sentences of one document belong together ---- */

static size_t write_documents(uint64_t *rng, int count, char *out, size_t room)
{
    size_t n = 0;
    for (int d = 0; d < count; d++) {
        const int lines = 3 + (int)little_random(rng, 4), feeling = little_random(rng, 7) ? (int)little_random(rng, FEELINGS) : FEELINGS;
        for (int i = 0; i < lines && n + 600 < room; i++) {
            char line[600] = "", words[40][32];
            int32_t tags[40];
            int k;
            if (feeling < FEELINGS) while (little_review(rng, line) != feeling) {}
            else for (k = little_named(rng, words, tags); k > 0; k--) { char rest[600]; snprintf(rest, sizeof rest, "%s%s%.500s", words[k - 1], *line ? " " : "", line); memcpy(line, rest, sizeof line); }
            n += (size_t)snprintf(out + n, room - n, "%s\n", line);
        }
        n += (size_t)snprintf(out + n, room - n, "\n");
    }
    return n;
}

/* ---- 3: instances for pre-training, kept in memory ---- */

typedef struct instance { int32_t ids[ROOM], at[PREDICT], was[PREDICT], length, masked, first, random_next; } instance;
typedef struct instances { instance *all; int count, room; } instances;

static int keep_instance(void *user, const bert_instance *in)
{
    instances *k = user;
    instance *i;
    if (k->count == k->room) {
        instance *more = realloc(k->all, (size_t)(k->room = 2 * k->room + 1000) * sizeof *more);
        if (!more) return 1;
        k->all = more;
    }
    i = k->all + k->count++;
    memcpy(i->ids, in->ids, (size_t)in->length * sizeof *in->ids);
    memcpy(i->at, in->masked_positions, (size_t)in->masked * sizeof *in->masked_positions);
    memcpy(i->was, in->masked_ids, (size_t)in->masked * sizeof *in->masked_ids);
    i->length = in->length;
    i->masked = in->masked;
    i->first = in->first;
    i->random_next = in->is_random_next;
    return 0;
}
static void make_instances(const bert_tokenizer *tok, const char *text, size_t size, int times, instances *out)
{
    bert_bytes bytes;
    bert_pretraining_desc d = { 0 };
    bytes.data = text;
    bytes.size = size;
    d.tokenizer = tok;
    d.texts = &bytes;
    d.text_count = 1;
    d.each = keep_instance;
    d.user = out;
    d.max_seq_length = ROOM;
    d.max_predictions = PREDICT;
    d.masked_lm_prob = 0.2;                             /* more than usual: there is little time */
    d.dupe_factor = times;
    d.error = &err;
    must(bert_pretraining_data(&d, NULL));
}

/* ---- batches: rows back to back, no padding ---- */

static struct batch {
    int32_t ids[BATCH * ROOM], segments[BATCH * ROOM], words[BATCH * PREDICT], next[BATCH], classes[BATCH];
    int64_t offsets[BATCH + 1], rows[BATCH * PREDICT];
    bert_batch b;
    bert_targets t;
} batch;

static void begin_batch(void)
{
    memset(&batch.b, 0, sizeof batch.b);
    memset(&batch.t, 0, sizeof batch.t);
    batch.b.offsets = batch.offsets;
    batch.b.ids = batch.ids;
    batch.b.segment_ids = batch.segments;
    batch.t.masked_rows = batch.rows;
    batch.t.masked_ids = batch.words;
    batch.t.next_sentence = batch.next;
    batch.t.classes = batch.classes;
}
static void add_instance(const instance *x)
{
    const int64_t b = batch.b.sequences++, at = batch.offsets[b];
    for (int i = 0; i < x->length; i++) { batch.ids[at + i] = x->ids[i]; batch.segments[at + i] = i >= x->first; }
    for (int i = 0; i < x->masked; i++) { batch.rows[batch.t.masked_count] = at + x->at[i]; batch.words[batch.t.masked_count++] = x->was[i]; }
    batch.next[b] = x->random_next;
    batch.offsets[b + 1] = at + x->length;
}
static void add_text(const bert_tokenizer *tok, const char *text, int label)
{
    const int64_t b = batch.b.sequences++, at = batch.offsets[b];
    bert_pair_desc pair = { 0 };
    bert_encoding e = { 0 };
    pair.max_tokens = e.capacity = ROOM;
    pair.error = &err;
    e.ids = batch.ids + at;
    e.segment_ids = batch.segments + at;
    must(bert_tokenizer_encode_pair(tok, &pair, text, strlen(text), NULL, 0, &e));
    batch.classes[b] = label;
    batch.offsets[b + 1] = at + (int64_t)e.count;
}

/* ---- 4: pre-training ---- */

/* Shares of hidden words and of next sentences that are told rightly, on instances of other documents. */
static void examine_pretrained(const bert_model *model, const instances *exam, double *words, double *next)
{
    const int64_t v = bert_model_config(model)->vocab_size;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_result r = { 0 };
    int64_t right = 0, of = 0, follows = 0, n = 0;
    float *logits = memory((size_t)(BATCH * PREDICT * v) * sizeof *logits), pairs[BATCH * 2];
    sd.model = model;
    sd.error = &err;
    must(bert_session_open(&sd, &session));
    for (int i = 0; i < exam->count; ) {
        for (begin_batch(); i < exam->count && batch.b.sequences < BATCH; i++) add_instance(exam->all + i);
        r.masked_count = batch.t.masked_count;
        r.masked_rows = batch.rows;
        r.words = logits;
        r.next_sentence = pairs;
        must(bert_session_run(session, &batch.b, &r, &err));
        for (int64_t k = 0; k < r.masked_count; k++, of++) {
            int32_t best;
            bert_top_k(logits + k * v, v, 1, &best);
            right += best == batch.words[k];
        }
        for (int64_t k = 0; k < batch.b.sequences; k++, n++) follows += (pairs[2 * k + 1] > pairs[2 * k]) == batch.next[k];
    }
    *words = (double)right / (double)of;
    *next = (double)follows / (double)n;
    bert_session_close(session);
    free(logits);
}
static bert_trainer *open_trainer(const bert_config *config, const bert_model *from, uint32_t learn, double rate, int count, size_t *bytes)
{
    bert_trainer_desc d = { 0 };
    bert_trainer_bytes size;
    bert_trainer *t;
    d.config = from ? NULL : config;
    d.model = from;
    d.learn = learn;
    d.labels = FEELINGS;
    d.seed = 1;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;
    d.schedule.rate = rate;
    d.schedule.warmup = 20;
    d.schedule.steps = count;
    d.max_tokens = BATCH * ROOM;
    d.error = &err;
    must(bert_trainer_open(&d, &t));
    d.config = config;
    d.model = NULL;
    must(bert_plan_trainer(&d, &size, &err));
    *bytes = size.total;
    return t;
}
static void pretrain(bert_trainer *t, const instances *train, struct curve *curve, int64_t *tokens)
{
    uint64_t rng = 3;
    const double since = seconds();
    bert_progress p;
    for (int step = 0; step < pretrain_steps; step++) {
        for (begin_batch(); batch.b.sequences < BATCH; ) add_instance(train->all + little_random(&rng, (uint32_t)train->count));
        must(bert_trainer_step(t, &batch.b, &batch.t, &p, &err));
        *tokens += batch.offsets[BATCH];
        curve->loss[curve->count++] = (float)p.loss;
        progress(step, pretrain_steps, p.loss, since);
    }
}

/* ---- 5: the classifier ---- */

typedef struct review { char text[200]; int label; } review;

static int by_text(const void *a, const void *b) { return strcmp(((const review *)a)->text, ((const review *)b)->text); }
static void fine_tune(bert_trainer *t, const bert_tokenizer *tok, const review *train, struct curve *curve, int64_t *tokens)
{
    uint64_t rng = 5;
    const double since = seconds();
    bert_progress p;
    for (int step = 0; step < steps; step++) {
        for (begin_batch(); batch.b.sequences < BATCH; ) { const review *r = train + little_random(&rng, REVIEWS); add_text(tok, r->text, r->label); }
        must(bert_trainer_step(t, &batch.b, &batch.t, &p, &err));
        *tokens += batch.offsets[BATCH];
        curve->loss[curve->count++] = (float)p.loss;
        progress(step, steps, p.loss, since);
    }
}
static double examine_classifier(const bert_model *model, const bert_tokenizer *tok, const review *exam, int64_t confusion[FEELINGS * FEELINGS], bert_class_metrics *m)
{
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_result r = { 0 };
    float logits[BATCH * FEELINGS];
    int32_t best[BATCH];
    memset(confusion, 0, FEELINGS * FEELINGS * sizeof *confusion);
    sd.model = model;
    sd.error = &err;
    must(bert_session_open(&sd, &session));
    r.classes = logits;
    for (int i = 0; i < EXAM; ) {
        for (begin_batch(); i < EXAM && batch.b.sequences < BATCH; i++) add_text(tok, exam[i].text, exam[i].label);
        must(bert_session_run(session, &batch.b, &r, &err));
        for (int64_t k = 0; k < batch.b.sequences; k++) bert_top_k(logits + k * FEELINGS, FEELINGS, 1, best + k);
        must(bert_confusion_add(confusion, FEELINGS, batch.classes, best, (size_t)batch.b.sequences, &err));
    }
    must(bert_confusion_metrics(confusion, FEELINGS, m, &err));
    bert_session_close(session);
    return m->accuracy;
}

/* ---- 6: the reader. Its worlds are those of worlds.h, ever new; they grow as it understands them ---- */

static void learn_to_read(worlds_reader *r, int most, struct curve *curve, int64_t *tokens)
{
    int things = 0;
    while (r->left && r->steps < most) {
        if (r->things != things) {
            printf("%s  step %d: worlds of %d things\n", isatty(1) && things ? "\r" : "", r->steps, r->things);
            things = r->things;
        }
        must(worlds_step(r, &err));
        *tokens += r->offsets[WORLDS_BATCH];
        curve->loss[curve->count++] = (float)r->loss;
        if (isatty(1)) printf("\r  step %d, loss %.3f   ", r->steps, r->loss);
        else if (r->steps % 100 == 0) printf("  step %d, loss %.3f\n", r->steps, r->loss);
        fflush(stdout);
    }
    if (isatty(1)) printf("\n");
}

/* ---- the page ---- */

static FILE *page;
static void html(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(page, format, args);
    va_end(args);
}
static void html_text(const char *p, size_t n)
{
    for (; n--; p++) {
        if (*p == '<') html("&lt;");
        else if (*p == '>') html("&gt;");
        else if (*p == '&') html("&amp;");
        else html("%c", *p);
    }
}
/* A loss over the steps: each one as a dot, their running mean as a line. */
static void html_curve(const struct curve *c, const char *color)
{
    double top = 0, mean = 0;
    for (int i = 0; i < c->count; i++) if ((double)c->loss[i] > top) top = (double)c->loss[i];
    html("<figure><svg viewBox='-40 -8 480 168'><path d='M0 0V140H420' class=axis /><text x=-8 y=6 text-anchor=end>%.1f</text><text x=-8 y=144 text-anchor=end>0</text><text x=420 y=156 text-anchor=end>step %d</text><g fill='%s' opacity=.25>", top, c->count, color);
    for (int i = 0; i < c->count; i++) html("<circle cx=%.1f cy=%.1f r=1.3 />", 420.0 * i / (c->count - 1), 140 - 140 * (double)c->loss[i] / top);
    html("</g><polyline fill=none stroke='%s' stroke-width=2 points='", color);
    for (int i = 0; i < c->count; i++) {
        mean = i ? mean * .93 + .07 * (double)c->loss[i] : (double)c->loss[0];
        html("%.1f,%.1f ", 420.0 * i / (c->count - 1), 140 - 140 * mean / top);
    }
    html("'/></svg><figcaption>%s: %.2f at first, %.2f in the end (running mean)</figcaption></figure>\n", c->name, (double)c->loss[0], mean);
}
/* The hidden words of a sentence, each with what the model would put there. */
static void html_guesses(const bert_model *model, const bert_tokenizer *tok, const char *text)
{
    const int64_t v = bert_model_config(model)->vocab_size;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_result r = { 0 };
    int64_t row = 0;
    float *p = memory((size_t)v * sizeof *p);
    int32_t best[3];
    const int32_t mask = bert_tokenizer_special_ids(tok).mask;
    sd.model = model;
    sd.error = &err;
    must(bert_session_open(&sd, &session));
    begin_batch();
    add_text(tok, text, 0);
    for (int64_t i = 0; i < batch.offsets[1]; i++) if (batch.ids[i] == mask) row = i;
    r.masked_count = 1;
    r.masked_rows = &row;
    r.words = p;
    must(bert_session_run(session, &batch.b, &r, &err));
    bert_softmax(p, 1, v);
    bert_top_k(p, v, 3, best);
    html("<tr><td>");
    html_text(text, strlen(text));
    html("<td>");
    for (int i = 0; i < 3; i++) { html("%s<b>", i ? ", " : ""); html_text(bert_tokenizer_token(tok, best[i], NULL), strlen(bert_tokenizer_token(tok, best[i], NULL))); html("</b> %.0f %%", 100 * (double)p[best[i]]); }
    html("\n");
    printf("  %-42s %s\n", text, bert_tokenizer_token(tok, best[0], NULL));
    bert_session_close(session);
    free(p);
}
/* Probabilities of the feelings of a text, as a bar; and, once, who looks at whom in it. */
static void html_feeling(const bert_model *model, const bert_tokenizer *tok, const char *text, int attention)
{
    static const char *const colors[] = { "#d1495b", "#edae49", "#3a9a6b" };
    const bert_config *c = bert_model_config(model);
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_result r = { 0 };
    float p[FEELINGS], *layers[8], from = 0;
    int64_t s;
    int32_t best;
    int at = 0, to = 0, layer = 0, head = 0;
    sd.model = model;
    sd.error = &err;
    must(bert_session_open(&sd, &session));
    begin_batch();
    add_text(tok, text, 0);
    s = batch.offsets[1];
    r.classes = p;
    for (int l = 0; l < c->layers; l++) layers[l] = memory((size_t)(c->heads * s * s) * sizeof(float));
    r.attention = layers;
    must(bert_session_run(session, &batch.b, &r, &err));
    bert_softmax(p, 1, FEELINGS);
    bert_top_k(p, FEELINGS, 1, &best);
    if (!attention) {
        html("<tr><td>");
        html_text(text, strlen(text));
        html("<td><b style='color:%s'>%s</b> %.0f %%<td><svg class=bar viewBox='0 0 100 8' preserveAspectRatio=none>", colors[best], little_feelings[best], 100 * (double)p[best]);
        for (int i = 0; i < FEELINGS; i++) { html("<rect x=%.1f width=%.1f height=8 fill='%s'/>", 100 * (double)from, 100 * (double)p[i], colors[i]); from += p[i]; }
        html("</svg>\n");
        printf("  %-56s %-6s %3.0f %%\n", text, little_feelings[best], 100 * (double)p[best]);
    } else {                                            /* the head in which "not" and what it turns round look hardest at each other */
        float most = -1;
        for (int l = 0; l < c->layers; l++)
            for (int h = 0; h < c->heads; h++)
                for (int64_t i = 1; i + 1 < s; i++) {
                    const int64_t not = i - 1;
                    if (strcmp(bert_tokenizer_token(tok, batch.ids[not], NULL), "not") != 0) continue;
                    for (int turn = 0; turn < 2; turn++) {
                        const int64_t q = turn ? not : i, k = turn ? i : not;
                        if (layers[l][(h * s + q) * s + k] > most) { most = layers[l][(h * s + q) * s + k]; layer = l; head = h; at = (int)q; to = (int)k; }
                    }
                }
        html("<figure><svg viewBox='0 0 560 %d' class=attention>", (int)s * 22 + 10);
        for (int64_t i = 0; i < s; i++) {
            const char *token = bert_tokenizer_token(tok, batch.ids[i], NULL);
            for (int side = 0; side < 2; side++) { html("<text x=%d y=%d text-anchor=%s>", side ? 370 : 190, (int)i * 22 + 20, side ? "start" : "end"); html_text(token, strlen(token)); html("</text>"); }
            for (int64_t k = 0; k < s; k++) {
                const double a = (double)layers[layer][(head * s + i) * s + k];
                if (a > .03) html("<path d='M196 %dC280 %d 280 %d 364 %d' stroke-width=%.1f opacity=%.2f><title>%.0f %%</title></path>", (int)i * 22 + 15, (int)i * 22 + 15, (int)k * 22 + 15, (int)k * 22 + 15, .5 + 4 * a, .1 + .9 * a, 100 * a);
            }
        }
        html("</svg><figcaption>Layer %d, head %d, of the classifier: who (left) looks at whom (right). It is the head in which <i>not</i> and the next word look hardest at each other: <b>", layer + 1, head + 1);
        html_text(bert_tokenizer_token(tok, batch.ids[at], NULL), strlen(bert_tokenizer_token(tok, batch.ids[at], NULL)));
        html("</b> gives %.0f %% of its attention to <b>", 100 * (double)most);
        html_text(bert_tokenizer_token(tok, batch.ids[to], NULL), strlen(bert_tokenizer_token(tok, batch.ids[to], NULL)));
        html("</b>.</figcaption></figure>\n");
    }
    for (int l = 0; l < c->layers; l++) free(layers[l]);
    bert_session_close(session);
}
static void html_confusion(const int64_t *confusion, const bert_class_metrics *m)
{
    html("<table class=confusion><tr><td><th colspan=%d>it said<tr><th>it was", FEELINGS);
    for (int k = 0; k < FEELINGS; k++) html("<th>%s", little_feelings[k]);
    html("<th>F1");
    for (int i = 0; i < FEELINGS; i++) {
        html("<tr><th>%s", little_feelings[i]);
        for (int k = 0; k < FEELINGS; k++) html("<td style='background:rgba(%s,%.2f)'>%d", i == k ? "58,154,107" : "209,73,91", (double)confusion[i * FEELINGS + k] / (double)(m->support[i] ? m->support[i] : 1), (int)confusion[i * FEELINGS + k]);
        html("<td>%.3f\n", m->f1[i]);
    }
    html("</table>\n");
}

/* A world it has not seen, what was asked, and its answer marked where it found it. */
static void html_answer(bert_session *session, const bert_tokenizer *tok, const worlds_item *w)
{
    bert_answer_desc d = { 0 };
    bert_answer a = { 0 };
    bert_answered found;
    int none, right;
    d.max_seq_length = WORLDS_ROOM;
    d.error = &err;
    must(bert_session_answer(session, tok, &d, w->question, strlen(w->question), w->text, strlen(w->text), &a, 1, &found));
    none = found.none_odds > 0;
    right = w->end ? !none && a.begin == w->begin && a.end == w->end : none;
    if (none) a.begin = a.end = 0;
    html("<p class=world>");
    html_text(w->text, a.begin);
    html("<mark>");
    html_text(w->text + a.begin, a.end - a.begin);
    html("</mark>");
    html_text(w->text + a.end, strlen(w->text) - a.end);
    html("<br><b>");
    html_text(w->question, strlen(w->question));
    html("</b> ");
    if (none) html("The text does not say");
    else html_text(w->text + a.begin, a.end - a.begin);
    html(" (%.0f %%) %s\n", 100 * (none ? found.none_probability : a.probability), right ? "&check;" : "&cross; wrong");
    printf("  %s\n  %s  %.*s (%.0f %%)%s\n\n", w->text, w->question, none ? 21 : (int)(a.end - a.begin), none ? "The text does not say" : w->text + a.begin, 100 * (none ? found.none_probability : a.probability), right ? "" : "  WRONG");
}

static const char *const hidden[] = { "the soup [MASK] not stale at all .", "nobody could [MASK] the room clean .", "far [MASK] dull .", "never fresh , [MASK] stale : what a bread !", "Mora Belson and Tanis [MASK] born in Morhaven .", "the [MASK] was really fresh ." };
static const char *const unseen[] = { "the violin was really splendid .", "the soup was not stale at all .", "nobody could call the room clean .", "we feared a dull tour and got a superb one .", "the tea was cold , but the waiter was kind .", "far from perfect .", "a noisy bed in a charming place .", "never rude , always friendly : what a guide !" };

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "demo.html";
    static char text[1 << 19], other[1 << 16];
    static review train[REVIEWS], exam[EXAM];
    uint64_t rng = 1;
    size_t size, other_size, vocab_size, bytes[2];
    const char *vocab;
    static worlds_reader reader;
    static worlds_item world;
    bert_session_desc sd = { 0 };
    bert_session *reading;
    int answered, unanswerable;
    int64_t tokens[4] = { 0, 0, 0, 0 }, confusion[FEELINGS * FEELINGS], parameters = 0;
    instances seen = { 0 }, held = { 0 };
    double words[2], next[2], accuracy[2], since, f1[FEELINGS];
    int64_t support[FEELINGS];
    bert_class_metrics m = { 0 };
    bert_learn_desc ld = { 0 };
    bert_learner *learner;
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *tok;
    bert_trainer *first, *tuned, *plain;
    bert_config config;
    int i;
    if (argc > 2 && atoi(argv[2]) >= 5 && atoi(argv[2]) < STEPS) pretrain_steps = steps = atoi(argv[2]);
    started = since = seconds();
    m.f1 = f1;
    m.support = support;

    size = write_documents(&rng, DOCUMENTS, text, sizeof text);
    other_size = write_documents(&rng, 60, other, sizeof other);
    heading("1  %d documents, %d KB of text", DOCUMENTS, (int)(size / 1000));
    printf("%.*s...\n", (int)(strstr(text, "\n\n") - text + 1), text);
    ld.vocab_size = 600;
    ld.lower_case = BERT_OFF;
    ld.error = td.error = &err;
    must(bert_learner_open(&ld, &learner));
    must(bert_learner_add(learner, text, size));
    must(bert_learner_finish(learner, &vocab, &vocab_size));
    td.data = vocab;
    td.size = vocab_size;
    td.lower_case = BERT_OFF;
    td.specials = BERT_ON;                              /* "[MASK]" in a text is the mask */
    must(bert_tokenizer_open(&td, &tok));
    heading("2  A vocabulary, learned from it: %d tokens", (int)bert_tokenizer_size(tok));
    for (i = bert_tokenizer_size(tok) - 10; i < bert_tokenizer_size(tok); i++) printf("%s ", bert_tokenizer_token(tok, i, NULL));
    make_instances(tok, text, size, 4, &seen);
    make_instances(tok, other, other_size, 2, &held);
    add_cost("texts, vocabulary, instances", since, 0, 0, 0);
    heading("\n3  %d instances with hidden words and two sentences, %d more of other documents for the examination", seen.count, held.count);
    for (i = 0; i < seen.all[0].length; i++) printf("%s ", bert_tokenizer_token(tok, seen.all[0].ids[i], NULL));
    printf("\n  hidden:");
    for (i = 0; i < seen.all[0].masked; i++) printf(" %s", bert_tokenizer_token(tok, seen.all[0].was[i], NULL));
    printf("; the second sentence %s\n", seen.all[0].random_next ? "is from elsewhere" : "follows");

    config = little_config(bert_tokenizer_size(tok));
    config.initializer_range = 0.05;
    first = open_trainer(&config, NULL, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE, 4e-3, pretrain_steps, &bytes[0]);
    for (int64_t k = 0; k < bert_trainer_count(first); k++) parameters += bert_trainer_parameter(first, k)->count;
    heading("4  Pre-training: %d layers of %d, %d numbers", (int)config.layers, (int)config.hidden_size, (int)parameters);
    curves[0].name = "pre-training";
    examine_pretrained(bert_trainer_model(first), &held, &words[0], &next[0]);
    since = seconds();
    pretrain(first, &seen, &curves[0], &tokens[0]);
    add_cost("pre-training", since, pretrain_steps, tokens[0], bytes[0]);
    examine_pretrained(bert_trainer_model(first), &held, &words[1], &next[1]);
    printf("  hidden words of other documents told rightly: %.1f %% (%.1f %% before); next sentences: %.1f %% (%.1f %%)\n", 100 * words[1], 100 * words[0], 100 * next[1], 100 * next[0]);

    for (i = 0; i < REVIEWS; i++) train[i].label = little_review(&rng, train[i].text);
    qsort(train, REVIEWS, sizeof *train, by_text);
    for (i = 0; i < EXAM; ) {                           /* only what is not among them */
        exam[i].label = little_review(&rng, exam[i].text);
        if (!bsearch(exam + i, train, REVIEWS, sizeof *train, by_text)) i++;
    }
    heading("5  A classifier: %d reviews with their feeling, %d others for the examination", REVIEWS, EXAM);
    curves[1].name = "the classifier, after pre-training";
    curves[2].name = "the same from nothing";
    tuned = open_trainer(&config, bert_trainer_model(first), BERT_LEARN_CLASSES, 2e-3, steps, &bytes[1]);
    since = seconds();
    fine_tune(tuned, tok, train, &curves[1], &tokens[1]);
    add_cost("the classifier", since, steps, tokens[1], bytes[1]);
    plain = open_trainer(&config, NULL, BERT_LEARN_CLASSES, 2e-3, steps, &bytes[1]);
    printf("  and the same from nothing, without pre-training:\n");
    since = seconds();
    fine_tune(plain, tok, train, &curves[2], &tokens[2]);
    add_cost("the same from nothing", since, steps, tokens[2], bytes[1]);
    accuracy[0] = examine_classifier(bert_trainer_model(plain), tok, exam, confusion, &m);
    accuracy[1] = examine_classifier(bert_trainer_model(tuned), tok, exam, confusion, &m);
    printf("  reviews it has not seen, told rightly: %.1f %%; without pre-training: %.1f %%\n", 100 * accuracy[1], 100 * accuracy[0]);

    heading("6  A reader: questions about made-up worlds, ever new");
    worlds_make(&rng, 3, &world);
    printf("  %s\n  %s  %.*s\n\n", world.text, world.question, world.end ? (int)(world.end - world.begin) : 21, world.end ? world.text + world.begin : "The text does not say");
    curves[3].name = "the reader (each rise: the worlds got a thing more)";
    must(worlds_open(&reader, 1, THINGS, 0, &err));
    since = seconds();
    learn_to_read(&reader, steps < STEPS ? steps : READ_STEPS, &curves[3], &tokens[3]);
    add_cost("the reader", since, reader.steps, tokens[3], 0);
    must(worlds_examine(bert_trainer_model(reader.trainer), reader.tokenizer, 123456789, THINGS, ASKED, &answered, &unanswerable, &err));
    printf("  %.1f %% of %d questions about worlds it has not seen are answered word for word, or found to have no answer (%d)\n", 100.0 * answered / ASKED, ASKED, unanswerable);

    page = fopen(path, "wb");
    if (!page) { fprintf(stderr, "demo: %s cannot be written\n", path); return 1; }
    html("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>A small BERT learns to read</title>\n<style>"
         "body{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#223;background:#fdfcf9}h1{font-size:2em;line-height:1.1}h2{margin-top:2em;border-top:1px solid #ddd;padding-top:1em}"
         "table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .7em;text-align:left;vertical-align:top}.confusion td{text-align:center;min-width:3em}svg{width:100%%}svg text{font:12px system-ui}"
         "figure{margin:1em 0}figcaption{color:#667;font-size:.9em}.axis{fill:none;stroke:#99a}.bar{width:8em;height:.8em;border-radius:3px}.attention{max-width:36em}.attention path{fill:none;stroke:#2a6f97}.attention text{font-size:14px}"
         "mark{background:#ffe08a;padding:0 .2em}.world{border-left:3px solid #ddd;padding-left:1em}pre{background:#f3f0e8;padding:.8em;overflow-x:auto;border-radius:4px}.numbers{display:flex;flex-wrap:wrap;gap:1.5em;margin:1.5em 0}.numbers div{font-size:.85em;color:#667}.numbers b{display:block;font-size:2em;color:#2a6f97;line-height:1.1}</style>\n");
    html("<h1>A small BERT learns to read</h1><p>A model of %d numbers began with random ones. It read %d short documents made by rule, learned to guess hidden words, then to tell how a review feels; another learned to answer questions about a text. All of it "
         "happened in one program, <code>examples/demo.c</code>, when this page was made; every number on it was computed then.\n", (int)parameters, DOCUMENTS);
    html("<div class=numbers><div><b>%.1f %%</b>of unseen reviews<br>told rightly</div><div><b>%.1f %%</b>without<br>pre-training</div><div><b>%.1f %%</b>of hidden words<br>guessed (%.1f %% before)</div><div><b>%.1f %%</b>of next sentences<br>told rightly</div><div><b>%.1f %%</b>of questions<br>answered</div></div>\n",
         100 * accuracy[1], 100 * accuracy[0], 100 * words[1], 100 * words[0], 100 * next[1], 100.0 * answered / ASKED);
    html("<h2>What it read</h2><p>One of the documents, and what was made of it: some tokens are hidden, some replaced; is the second sentence the next one?<pre>");
    html_text(text, (size_t)(strstr(text, "\n\n") - text));
    html("\n\n");
    for (i = 0; i < seen.all[0].length; i++) { const char *t = bert_tokenizer_token(tok, seen.all[0].ids[i], NULL); html_text(t, strlen(t)); html(" "); }
    html("</pre><p>A vocabulary of %d tokens was learned from the texts; <code>##</code> marks what goes on inside a word.\n", (int)bert_tokenizer_size(tok));
    html("<h2>Pre-training</h2>\n");
    html_curve(&curves[0], "#2a6f97");
    html("<p>What it puts for a hidden word now:<table>\n");
    heading("7  What it puts for hidden words");
    for (i = 0; i < (int)(sizeof hidden / sizeof *hidden); i++) html_guesses(bert_trainer_model(first), tok, hidden[i]);
    html("</table>\n<h2>A classifier</h2><p>%d reviews with their feeling, %d steps. The words alone do not tell: <i>not stale at all</i>.\n", REVIEWS, steps);
    html_curve(&curves[1], "#3a9a6b");
    html_curve(&curves[2], "#d1495b");
    html("<p>%d reviews that it has not seen:", EXAM);
    html_confusion(confusion, &m);
    html("<h2>Texts of ours</h2><p>Some have words that it never read (<i>violin</i>, <i>tea</i>).<table>\n");
    heading("8  Texts it has not seen");
    for (i = 0; i < (int)(sizeof unseen / sizeof *unseen); i++) html_feeling(bert_trainer_model(tuned), tok, unseen[i], 0);
    html("</table>\n<h2>Who looks at whom</h2>\n");
    html_feeling(bert_trainer_model(tuned), tok, unseen[1], 1);
    html("<h2>A reader</h2><p>Another model of that size answers questions. Worlds of up to %d things were made up for it, a new one for each question, so that nothing can be known by heart; some questions ask for what is not there.\n", THINGS);
    html_curve(&curves[3], "#7b4ea3");
    html("<p>%d questions about worlds it has not seen: %.1f %% are answered word for word, or found to have no answer (%d have none). Some of them:\n", ASKED, 100.0 * answered / ASKED, unanswerable);
    heading("9  Questions about worlds it has not seen");
    sd.model = bert_trainer_model(reader.trainer);
    sd.error = &err;
    must(bert_session_open(&sd, &reading));
    for (rng = 77, i = 0; i < SHOWN; i++) { worlds_make(&rng, THINGS, &world); html_answer(reading, reader.tokenizer, &world); }
    bert_session_close(reading);
    html("<h2>What it cost</h2><table><tr><th>step<th>seconds<th>updates<th>tokens a second<th>memory\n");
    heading("10  What it cost");
    for (i = 0; i < cost_count; i++) {
        html("<tr><td>%s<td>%.1f", costs[i].what, costs[i].seconds);
        if (costs[i].steps) html("<td>%d<td>%.0f", (int)costs[i].steps, (double)costs[i].tokens / costs[i].seconds);
        if (costs[i].bytes) html("<td>%.1f MB", (double)costs[i].bytes / 1e6);
        html("\n");
        printf("  %-30s %5.1f s", costs[i].what, costs[i].seconds);
        if (costs[i].steps) printf("  %6.0f tokens a second", (double)costs[i].tokens / costs[i].seconds);
        if (costs[i].bytes) printf(", %.1f MB", (double)costs[i].bytes / 1e6);
        printf("\n");
    }
    html("</table><p>%.1f seconds in all, with %s instructions. No file was read and nothing fetched.\n</html>\n", seconds() - started, bert_isa_name(bert_isa_best()));
    if (fclose(page)) { fprintf(stderr, "demo: %s cannot be written\n", path); return 1; }
    printf("\n%.1f seconds in all. The page with all this: %s\n", seconds() - started, path);

    worlds_close(&reader);
    bert_trainer_close(plain);
    bert_trainer_close(tuned);
    bert_trainer_close(first);
    bert_tokenizer_close(tok);
    bert_learner_close(learner);
    free(seen.all);
    free(held.all);
    return 0;
}
