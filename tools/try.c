/* tools/try.c - a checkpoint and a text: does what the checkpoint's heads are for
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A head for answers and two texts: the answer. A classifier: labels of the text, or of its words where their names say so (B-PER)
   or the config does. A masked language model: the words for [MASK]; without one, each word is hidden in turn. A head for next
   sentences and two texts: does the second follow? Otherwise vectors, and their cosines. */
#include "cli.h"

static const char *as = "guess", *bert_config_file, *vocab_file, *isa = "default";
static bert_flag lower;
static int64_t top_k = 5, threads;

#define AS "guess|mask|answer|label|tags|choice|next|vector"
enum { GUESS, MASK, ANSWER, LABEL, TAGS, CHOICE, NEXT, VECTOR };

static const cli_flag flags[] = {
    { "as", 's', &as, AS " (guess: by the heads and the texts)" },
    { "bert_config_file", 's', &bert_config_file, "the config (default: beside the checkpoint)" },
    { "vocab_file", 's', &vocab_file, "the vocabulary (default: beside the checkpoint)" },
    { "do_lower_case", 't', &lower, "lower-case the text (default: as the vocabulary's files say, else true)" },
    { "top_k", 'i', &top_k, "so many words, labels or answers at most" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { "isa", 's', &isa, "kernels: " CLI_ISAS },
    CLI_PRECISION,
    CLI_DEVICE,
    { 0, 0, 0, 0 }
};

static const bert_model *model;
static const bert_tokenizer *tok;
static bert_session *session;
static int64_t labels;                                  /* of the classifier */
static const char **names;                              /* [labels] */
static const bert_json *task;                           /* of the program that trained it, or NULL */

static void *memory(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p) cli_fail("out of memory");
    return p;
}
static void must(bert_status st, const bert_error *err)
{
    if (st) cli_fail(err->message[0] ? err->message : bert_status_string(st));
}

/* ---- what the files say ---- */

/* task.json, which the programs that train write beside their result, or NULL. */
static const bert_json *read_task(void)
{
    static bert_json_doc doc;
    bert_file f;
    bert_error err = { 0 };
    if (!bert_model_checkpoint(model) || bert_checkpoint_beside(bert_model_checkpoint(model), "task.json", NULL, 0, &f, &err)) return NULL;
    bert_json_parse((const char *)f.data, f.size, NULL, &doc, &err);
    bert_file_close(&f);
    return doc.root;
}
/* Names of the labels: the config's id2label, a label_list.txt beside it, or LABEL_0 as transformers has it. */
static void read_names(const bert_json *config)
{
    const bert_json *list = config ? bert_json_get(config, "id2label") : NULL, *name;
    const bert_parameter *bias = bert_model_find(model, "classifier.bias");
    bert_file f;
    bert_error err = { 0 };
    cli_text lines = { 0 };
    const char *line;
    size_t at = 0, size;
    int64_t i;
    labels = bias ? bias->shape[0] : 0;
    names = memory((size_t)labels, sizeof *names);
    if (bert_model_checkpoint(model) && bert_checkpoint_beside(bert_model_checkpoint(model), "label_list.txt", NULL, 0, &f, &err) == BERT_OK) {
        cli_add(&lines, (const char *)f.data, f.size);
        bert_file_close(&f);
    }
    for (i = 0; i < labels; i++) {
        char other[40];
        char *own;
        snprintf(other, sizeof other, "%lld", (long long)i);
        if (list && (name = bert_json_get(list, other)) != NULL && name->type == 's') { line = name->text; size = name->size; }
        else if (list || !cli_line(&lines, &at, &line, &size)) {
            snprintf(other, sizeof other, "LABEL_%lld", (long long)i);
            line = other;
            size = strlen(other);
        }
        own = memory(size + 1, 1);
        memcpy(own, line, size);
        names[i] = own;
    }
    free(lines.data);
}
/* Do the names look like tags of words? */
static int are_tags(void)
{
    int64_t i, count = 0;
    for (i = 0; i < labels; i++) count += strchr("BIESLU", names[i][0]) && names[i][0] && (names[i][1] == '-' || names[i][1] == '_');
    return count > 0 && count * 2 >= labels;
}
/* What a classifier classifies, by its class in transformers, the program that trained it, its size and its labels' names. */
static int kind_of_classifier(const bert_json *config)
{
    const bert_json *list = config ? bert_json_get(config, "architectures") : NULL, *tool = task ? bert_json_get(task, "tool") : NULL;
    const char *name = list && list->first && list->first->type == 's' ? list->first->text : "";
    if (strstr(name, "TokenClassification") || (tool && bert_json_is(tool, "run_ner"))) return TAGS;
    if (strstr(name, "MultipleChoice") || (tool && bert_json_is(tool, "run_multiple_choice"))) return CHOICE;
    if (strstr(name, "SequenceClassification") || (tool && bert_json_is(tool, "run_classifier"))) return LABEL;
    return are_tags() ? TAGS : LABEL;
}

/* ---- a text, or two with ||| or a tab between them, as a batch of one ---- */

typedef struct piece { const char *text; size_t size; } piece;
typedef struct row {
    bert_encoding e;
    bert_batch batch;
    int64_t offsets[2];
    piece part[2];                                      /* the second: text NULL where there is none */
} row;

static piece trim(const char *p, size_t n)
{
    piece out;
    while (n && (*p == ' ' || *p == '\t')) { p++; n--; }
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t')) n--;
    out.text = p;
    out.size = n;
    return out;
}
static void split(const char *text, size_t size, piece part[2])
{
    size_t i, skip = 0;
    for (i = 0; i < size; i++) {
        if (text[i] == '\t') { skip = 1; break; }
        if (i + 3 <= size && memcmp(text + i, "|||", 3) == 0) { skip = 3; break; }
    }
    part[0] = trim(text, i);
    memset(part + 1, 0, sizeof *part);
    if (skip) part[1] = trim(text + i + skip, size - i - skip);
}
static void encode(row *r, piece a, piece b)
{
    bert_error err = { 0 };
    bert_pair_desc d = { 0 };
    const bert_config *c = bert_model_config(model);
    const size_t room = a.size + b.size + 3;
    bert_encoding *e = &r->e;
    memset(r, 0, sizeof *r);
    r->part[0] = a;
    r->part[1] = b;
    e->capacity = room;
    e->ids = memory(room, sizeof *e->ids);
    e->segment_ids = memory(room, sizeof *e->segment_ids);
    e->words = memory(room, sizeof *e->words);
    e->begin = memory(room, sizeof *e->begin);
    e->end = memory(room, sizeof *e->end);
    d.max_tokens = c->max_relative_position ? 512 : (size_t)c->max_positions;
    d.error = &err;
    must(bert_tokenizer_encode_pair(tok, &d, a.text, a.size, b.text, b.size, e), &err);
    r->offsets[1] = (int64_t)e->count;
    r->batch.sequences = 1;
    r->batch.offsets = r->offsets;
    r->batch.ids = e->ids;
    if (c->type_vocab_size > 1) r->batch.segment_ids = e->segment_ids;
}
static void row_free(row *r)
{
    free(r->e.ids);
    free(r->e.segment_ids);
    free(r->e.words);
    free(r->e.begin);
    free(r->e.end);
}
static void run(const row *r, const bert_result *result)
{
    bert_error err = { 0 };
    must(bert_session_run(session, &r->batch, result, &err), &err);
}
static const char *word_of(int32_t id)
{
    const char *word = bert_tokenizer_token(tok, id, NULL);
    return word ? word : "?";
}

/* ---- what can be done ---- */

static void best_words(const float *p, const char *before)
{
    const int64_t n = bert_model_config(model)->vocab_size, k = top_k < n ? top_k : n;
    int32_t *best = memory((size_t)k, sizeof *best);
    int64_t i;
    bert_top_k(p, n, k, best);
    for (i = 0; i < k; i++) printf("%s%s %.3f", i ? ", " : before, word_of(best[i]), (double)p[best[i]]);
    printf("\n");
    free(best);
}
static void fill_mask(const char *text, size_t size)
{
    const int64_t n = bert_model_config(model)->vocab_size;
    const int32_t mask = bert_tokenizer_special_ids(tok).mask;
    bert_result result = { 0 };
    row r;
    piece part[2];
    int64_t i, at = 0, count = 0, *rows;
    size_t right = 0, tried = 0;
    split(text, size, part);
    encode(&r, part[0], part[1]);
    rows = memory(r.e.count, sizeof *rows);
    result.words = memory((size_t)n, sizeof(float));
    result.masked_count = 1;
    result.masked_rows = &at;
    for (i = 0; i < (int64_t)r.e.count; i++) if (r.e.ids[i] == mask) rows[count++] = i;
    if (mask < 0) cli_fail("the vocabulary has no [MASK]");
    for (i = 0; i < count; i++) {
        at = rows[i];
        run(&r, &result);
        bert_softmax(result.words, 1, n);
        best_words(result.words, "[MASK]: ");
    }
    for (at = 1; !count && at + 1 < (int64_t)r.e.count; at++) {         /* none: each token hidden in turn */
        const int32_t id = r.e.ids[at];
        char before[100];
        int32_t best;
        if (r.e.words[at] < 0) continue;
        r.e.ids[at] = mask;
        run(&r, &result);
        r.e.ids[at] = id;
        bert_softmax(result.words, 1, n);
        bert_top_k(result.words, n, 1, &best);
        snprintf(before, sizeof before, "%-16.60s %.3f   guesses: ", word_of(id), (double)result.words[id]);
        best_words(result.words, before);
        right += best == id;
        tried++;
    }
    if (tried) printf("%d of %d guessed right when hidden\n", (int)right, (int)tried);
    free(result.words);
    free(rows);
    row_free(&r);
}
static void label(const char *text, size_t size)
{
    bert_result result = { 0 };
    row r;
    piece part[2];
    int64_t i, k = top_k < labels ? top_k : labels;
    float *z = memory((size_t)labels, sizeof *z);
    int32_t *best = memory((size_t)labels, sizeof *best);
    split(text, size, part);
    encode(&r, part[0], part[1]);
    result.classes = z;
    run(&r, &result);
    if (labels == 1) printf("%.4f\n", (double)z[0]);                     /* a number */
    else {
        bert_softmax(z, 1, labels);
        bert_top_k(z, labels, k, best);
        for (i = 0; i < k; i++) printf("%.4f  %s\n", (double)z[best[i]], names[best[i]]);
    }
    free(z);
    free(best);
    row_free(&r);
}
static void tags(const char *text, size_t size)
{
    bert_result result = { 0 };
    row r;
    const piece whole = { text, size }, none = { NULL, 0 };
    size_t i, k;
    encode(&r, whole, none);
    result.token_classes = memory(r.e.count * (size_t)labels, sizeof(float));
    run(&r, &result);
    bert_softmax(result.token_classes, (int64_t)r.e.count, labels);
    for (i = 0; i < r.e.count; i = k) {
        const float *p = result.token_classes + i * (size_t)labels;
        int32_t best;
        for (k = i + 1; k < r.e.count && r.e.words[k] >= 0 && r.e.words[k] == r.e.words[i]; k++) {}
        if (r.e.words[i] < 0) continue;
        bert_top_k(p, labels, 1, &best);                                 /* a word's first token speaks for it */
        printf("%-12s %.3f  %.*s\n", names[best], (double)p[best], (int)(r.e.end[k - 1] - r.e.begin[i]), text + r.e.begin[i]);
    }
    free(result.token_classes);
    row_free(&r);
}
/* The question, then its possible answers or endings. */
static void choose(char **texts, int count)
{
    bert_result result = { 0 };
    float *z = memory((size_t)count, sizeof *z);
    const piece first = trim(texts[0], strlen(texts[0]));
    int i;
    for (i = 1; i < count; i++) {
        row r;
        encode(&r, first, trim(texts[i], strlen(texts[i])));
        result.classes = z + i - 1;
        run(&r, &result);
        row_free(&r);
    }
    bert_softmax(z, 1, count - 1);
    for (i = 1; i < count; i++) printf("%.4f  %s\n", (double)z[i - 1], texts[i]);
    free(z);
}
static void next_sentence(piece a, piece b)
{
    bert_result result = { 0 };
    float z[2];
    row r;
    encode(&r, a, b);
    result.next_sentence = z;
    run(&r, &result);
    bert_softmax(z, 1, 2);
    printf("%.4f  follows\n%.4f  does not\n", (double)z[0], (double)z[1]);
    row_free(&r);
}
static int is_ideographic(const char *p, size_t n)
{
    size_t i, count = 0;
    for (i = 0; i < n; i++) count += (unsigned char)p[i] >= 0xE4 && (unsigned char)p[i] <= 0xE9;    /* U+4000 to U+9FFF begin so */
    return count * 6 > n;
}
static void answer(piece question, piece passage)
{
    const bert_config *c = bert_model_config(model);
    const int64_t positions = c->max_relative_position || c->max_positions > 384 ? 384 : c->max_positions;
    const bert_json *v2 = task ? bert_json_get(task, "version_2_with_negative") : NULL;
    bert_error err = { 0 };
    bert_squad_desc qd = { 0 };
    bert_squad_features_desc fd = { 0 };
    bert_squad_answers_desc ad = { 0 };
    bert_squad *squad;
    bert_squad_features *features;
    bert_squad_answers *answers;
    bert_squad_feature f;
    const bert_squad_answer *found;
    bert_result result = { 0 };
    bert_batch batch = { 0 };
    cli_text o = { 0 };
    int64_t offsets[2] = { 0, 0 }, i;
    cli_str(&o, "{\"data\": [{\"paragraphs\": [{\"context\": ");
    cli_quoted(&o, passage.text, passage.size);
    cli_str(&o, ", \"qas\": [{\"id\": \"1\", \"question\": ");
    cli_quoted(&o, question.text, question.size);
    cli_str(&o, "}]}]}]}");
    qd.data = o.data;
    qd.size = o.size;
    qd.characters = is_ideographic(passage.text, passage.size) ? BERT_ON : BERT_DEFAULT;
    qd.error = fd.error = ad.error = &err;
    must(bert_squad_open(&qd, &squad), &err);
    fd.squad = ad.squad = squad;
    fd.tokenizer = ad.tokenizer = tok;
    fd.max_seq_length = positions;
    fd.max_query_length = positions > 134 ? 64 : positions / 2 - 3;
    fd.doc_stride = positions / 3;
    if (fd.max_query_length < 1) cli_fail("the model has too few positions for a question and a passage");
    must(bert_squad_features_open(&fd, &features), &err);
    ad.n_best = top_k > 20 ? top_k : 20;                                /* so many places to begin and to end are looked at */
    ad.version_2 = v2 && v2->type == 't';
    must(bert_squad_answers_open(&ad, &answers), &err);
    memset(&f, 0, sizeof f);
    f.ids = memory((size_t)positions, sizeof *f.ids);
    f.mask = memory((size_t)positions, sizeof *f.mask);
    f.segment_ids = memory((size_t)positions, sizeof *f.segment_ids);
    f.words = memory((size_t)positions, sizeof *f.words);
    f.max_context = memory((size_t)positions, sizeof *f.max_context);
    result.spans = memory((size_t)positions, 2 * sizeof(float));
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = f.ids;
    if (c->type_vocab_size > 1) batch.segment_ids = f.segment_ids;
    for (;;) {                                                           /* window after window */
        must(bert_squad_features_next(features, &f), &err);
        if (!f.tokens) break;
        offsets[1] = f.tokens;
        must(bert_session_run(session, &batch, &result, &err), &err);
        must(bert_squad_answers_add(answers, &f, result.spans, result.spans + 1, f.tokens, 2), &err);
    }
    must(bert_squad_answers_finish(answers), &err);
    found = bert_squad_answers_get(answers, 0);
    for (i = 0; found && i < found->count && i < top_k; i++) {
        const bert_squad_candidate *k = found->n_best + i;
        if (k->text.size) printf("%.4f  %.*s\n", k->probability, (int)k->text.size, k->text.text);
        else printf("%.4f  (no answer)\n", k->probability);
    }
    bert_squad_answers_close(answers);
    bert_squad_features_close(features);
    bert_squad_close(squad);
    free(f.ids);
    free(f.mask);
    free(f.segment_ids);
    free(f.words);
    free(f.max_context);
    free(result.spans);
    free(o.data);
}
/* Of one text its vector's first numbers; of more the cosines to the first. */
static void vectors(char **texts, int count)
{
    const int64_t c = bert_model_config(model)->hidden_size;
    float *v = memory((size_t)(count * c), sizeof *v);
    size_t *sizes = memory((size_t)count, sizeof *sizes);
    bert_error err = { 0 };
    bert_embed_desc d = { 0 };
    int64_t i, k;
    must(bert_embed_desc_read(model, &d, &err), &err);
    d.normalize = 1;
    d.too_long = BERT_TOO_LONG_TRUNCATE;
    d.error = &err;
    for (i = 0; i < count; i++) sizes[i] = strlen(texts[i]);
    must(bert_session_embed(session, tok, &d, (const char *const *)texts, sizes, count, v), &err);
    if (count == 1) {
        printf("[");
        for (k = 0; k < c && k < 8; k++) printf("%s%.4f", k ? ", " : "", (double)v[k]);
        printf("%s] %lld numbers, length 1 (tools/embed writes them)\n", c > 8 ? ", ..." : "", (long long)c);
    }
    for (i = 0; i < count && count > 1; i++) {
        double cosine = 0;
        for (k = 0; k < c; k++) cosine += (double)v[k] * (double)v[i * c + k];
        printf("%6.3f  %s\n", cosine, texts[i]);
    }
    free(v);
    free(sizes);
}

/* ---- the guess ---- */

static int guess(int kind, char **texts, int count)
{
    const uint32_t heads = bert_model_heads(model);
    piece part[2];
    int i, mask = 0, pair;
    for (i = 0; i < count; i++) mask |= strstr(texts[i], "[MASK]") != NULL;
    split(texts[0], strlen(texts[0]), part);
    pair = count == 2 || part[1].text;
    if (mask && (heads & BERT_HEAD_MLM)) return MASK;
    if (heads & BERT_HEAD_SPAN) {
        if (!pair) cli_fail("this model answers questions: try MODEL \"the question\" \"the passage\"");
        return ANSWER;
    }
    if (heads & BERT_HEAD_CLASSIFIER) return kind;
    if ((heads & BERT_HEAD_NSP) && pair) return NEXT;
    return (heads & BERT_HEAD_MLM) && count == 1 ? MASK : VECTOR;
}
static void attempt(int what, int kind, char **texts, int count)
{
    static const char *const words[] = { "", "words for [MASK]", "the answer in a passage", "labels of a text", "labels of words", "the best choice", "does the second text follow?", "vectors" };
    static const uint32_t needs[] = { 0, BERT_HEAD_MLM, BERT_HEAD_SPAN, BERT_HEAD_CLASSIFIER, BERT_HEAD_CLASSIFIER, BERT_HEAD_CLASSIFIER, BERT_HEAD_NSP, 0 };
    static int said;
    piece part[2];
    int i;
    if (what == GUESS) what = guess(kind, texts, count);
    if (needs[what] & ~bert_model_heads(model)) {
        char text[200];
        snprintf(text, sizeof text, "the checkpoint has no head for %s", words[what]);
        cli_fail(text);
    }
    if (what != said) fprintf(stderr, "%s: %s\n", cli_name, words[said = what]);
    split(texts[0], strlen(texts[0]), part);
    if (count == 2 && !part[1].text && (what == ANSWER || what == NEXT)) { part[1] = trim(texts[1], strlen(texts[1])); count = 1; }
    if (what == CHOICE) {
        if (count < 3) cli_fail("this model chooses: try MODEL \"the beginning\" \"one ending\" \"another\" ...");
        choose(texts, count);
        return;
    }
    if (what == VECTOR) { vectors(texts, count); return; }
    for (i = 0; i < count; i++) {
        if (count > 1) printf("%s%s\n", i ? "\n" : "", texts[i]);
        if (i) split(texts[i], strlen(texts[i]), part);
        if ((what == ANSWER || what == NEXT) && !part[1].text) cli_fail(what == ANSWER ? "needs a question and a passage: two texts, or one with ||| between" : "needs two texts, or one with ||| between");
        if (what == MASK) fill_mask(texts[i], strlen(texts[i]));
        if (what == LABEL) label(texts[i], strlen(texts[i]));
        if (what == TAGS) tags(texts[i], strlen(texts[i]));
        if (what == ANSWER) answer(part[0], part[1]);
        if (what == NEXT) next_sentence(part[0], part[1]);
    }
}

int main(int argc, char **argv)
{
    bert_model *m;
    bert_tokenizer *t;
    bert_json_doc config = { 0 };
    const char *text;
    size_t size = 0;
    int what, kind, ch;
    cli c = cli_parse(argc, argv, "try CHECKPOINT [TEXT ...] [FLAGS]",
                      "Does with the texts what the checkpoint's heads are for: words for [MASK], the answer to a question (first text) in a passage (second),\n"
                      "labels, labels of words, the best of several endings, whether a text follows another, or vectors. Two texts may stand in one, with |||\n"
                      "or a tab between. Without TEXT each line of standard input is tried.", flags);
    what = cli_choice("as", as, AS);
    if (!c.count) cli_usage("needs a checkpoint", "");
    if (top_k < 1) cli_usage("--top_k begins at 1", "");
    m = cli_open_model(c.args[0], bert_config_file, 0);
    t = cli_open_tokenizer(m, vocab_file, lower, BERT_ON, BERT_DEFAULT);
    model = m;
    tok = t;
    session = cli_open_session(m, isa, threads, 0);
    text = bert_model_config_text(m, &size);
    if (text) bert_json_parse(text, size, NULL, &config, NULL);
    read_names(config.root);
    task = read_task();
    kind = kind_of_classifier(config.root);
    if (c.count > 1) attempt(what, kind, c.args + 1, c.count - 1);
    else {
        cli_text line = { 0 };
        do {
            ch = getc(stdin);
            if (ch != '\n' && ch != EOF) { *cli_room(&line, 1) = (char)ch; line.size++; continue; }
            if (line.size && line.data[line.size - 1] == '\r') line.size--;
            if (line.size) {
                *cli_room(&line, 1) = 0;
                attempt(what, kind, &line.data, 1);
                printf("\n");
                fflush(stdout);
            }
            line.size = 0;
        } while (ch != EOF);
        free(line.data);
    }
    if (fflush(stdout)) cli_fail("cannot write to standard output");
    while (labels) free((void *)(uintptr_t)names[--labels]);
    free((void *)names);
    bert_json_free(&config);
    bert_session_close(session);
    bert_tokenizer_close(t);
    bert_model_close(m);
    return 0;
}
