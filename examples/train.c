/* train.c - a classifier from nothing: texts with labels, a vocabulary, a model, its accuracy on texts it has not seen, a folder
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 train.c -lm -pthread && ./a.out FOLDER [FILE]

   FILE has a label, a tab and a text on each line; every fifth line is kept for the examination. Without FILE it learns the feeling
   of little.h's reviews. In earnest begin with a checkpoint (desc.model) instead of desc.config: tools/run_classifier does that. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { MOST = 20000, BATCH = 32, ROOM = 64, LABELS = 64 };
static struct { const char *text; size_t size; int32_t label; } *all;  /* [count] */
static const char *labels[LABELS];
static int count, label_count;
static bert_tokenizer *tok;
static bert_error err;

static void must(bert_status st) { if (st) { fprintf(stderr, "train: %s\n", err.message[0] ? err.message : bert_status_string(st)); exit(1); } }

static void read_lines(char *text)                      /* label TAB text */
{
    char *line, *tab, *end;
    for (line = text; *line && count < MOST; line = end) {
        int k;
        end = line + strcspn(line, "\n");
        if (*end) *end++ = 0;
        tab = strchr(line, '\t');
        if (!tab) continue;
        *tab = 0;
        for (k = 0; k < label_count && strcmp(labels[k], line) != 0; k++) {}
        if (k == LABELS) continue;
        if (k == label_count) labels[label_count++] = line;
        all[count].label = k;
        all[count].text = tab + 1;
        all[count++].size = strlen(tab + 1);
    }
}
/* Texts `which` [n] as a batch, with their labels. */
static void make_batch(const int *which, int n, bert_batch *batch, int32_t *classes)
{
    static int32_t ids[BATCH * ROOM];
    static int64_t offsets[BATCH + 1];
    bert_pair_desc pair = { 0 };
    int i;
    pair.max_tokens = ROOM;
    for (i = 0; i < n; i++) {
        bert_encoding e = { 0 };
        e.ids = ids + offsets[i];
        e.capacity = ROOM;
        must(bert_tokenizer_encode_pair(tok, &pair, all[which[i]].text, all[which[i]].size, NULL, 0, &e));
        offsets[i + 1] = offsets[i] + (int64_t)e.count;
        classes[i] = all[which[i]].label;
    }
    memset(batch, 0, sizeof *batch);
    batch->sequences = n;
    batch->offsets = offsets;
    batch->ids = ids;
}

int main(int argc, char **argv)
{
    char *text = calloc(1, 1 << 20), *more;
    const char *vocab;
    size_t vocab_size, size = 0;
    uint64_t rng = 1;
    int32_t classes[BATCH];
    int which[BATCH], i, step, n, right = 0, seen = 0, steps;
    bert_learn_desc ld = { 0 };
    bert_learner *learner;
    bert_tokenizer_desc td = { 0 };
    bert_trainer_desc d = { 0 };
    bert_trainer *trainer;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_config config;
    bert_batch batch;
    bert_targets targets = { 0 };
    bert_result result = { 0 };
    bert_progress p;
    float logits[BATCH * LABELS];
    if (argc < 2) { fprintf(stderr, "usage: train FOLDER [FILE]\n"); return 2; }
    all = calloc(MOST, sizeof *all);
    if (!all || !text) return 1;
    if (argc > 2) {
        bert_file f;
        must(bert_file_open(argv[2], NULL, &f, &err));
        more = realloc(text, f.size + 1);
        if (!more) return 1;
        text = more;
        memcpy(text, f.data, f.size);
        text[f.size] = 0;
        bert_file_close(&f);
    } else for (label_count = 3, memcpy(labels, little_feelings, sizeof little_feelings), i = 0; i < 3000; i++) {
        char review[200];
        const int feeling = little_review(&rng, review);
        size += (size_t)snprintf(text + size, (1 << 20) - size, "%s\t%s\n", little_feelings[feeling], review);
    }
    read_lines(text);
    if (count < 5 || label_count < 2) { fprintf(stderr, "train: there are not five lines with two labels\n"); return 1; }

    ld.vocab_size = 2000;  td.error = d.error = sd.error = ld.error = &err;             /* the words: learned from the texts */
    must(bert_learner_open(&ld, &learner));
    for (i = 0; i < count; i++) must(bert_learner_add(learner, all[i].text, all[i].size));
    must(bert_learner_finish(learner, &vocab, &vocab_size));
    td.data = vocab;  td.size = vocab_size;
    must(bert_tokenizer_open(&td, &tok));

    config = little_config(bert_tokenizer_size(tok));
    steps = 3 * count / BATCH < 60 ? 60 : 3 * count / BATCH;                            /* about three times round */
    d.config = &config;  d.seed = 1;  d.learn = BERT_LEARN_CLASSES;  d.labels = label_count;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;  d.schedule.rate = 2e-3;  d.schedule.warmup = 20;  d.schedule.steps = steps;
    must(bert_trainer_open(&d, &trainer));
    for (step = 0; step < steps; step++) {
        for (n = 0; n < BATCH; ) if ((which[n] = (int)little_random(&rng, (uint32_t)count)) % 5 != 4) n++;
        make_batch(which, n, &batch, classes);
        targets.classes = classes;
        must(bert_trainer_step(trainer, &batch, &targets, &p, &err));
        if (step % (steps / 6) == 0) printf("step %3d of %d: loss %.3f\n", step, steps, p.loss);
    }

    sd.model = bert_trainer_model(trainer);                                             /* the examination */
    must(bert_session_open(&sd, &session));
    result.classes = logits;
    for (i = 4; i < count; ) {
        for (n = 0; n < BATCH && i < count; i += 5) which[n++] = i;
        make_batch(which, n, &batch, classes);
        must(bert_session_run(session, &batch, &result, &err));
        for (step = 0; step < n; step++, seen++) {
            int32_t best;
            bert_top_k(logits + step * label_count, label_count, 1, &best);
            right += best == classes[step];
        }
    }
    must(little_save(trainer, argv[1], "ForSequenceClassification", labels, label_count, vocab, vocab_size, 1, &err));
    printf("%d of %d texts it has not seen have the right label: %.1f %%; %s is written\n", right, seen, 100.0 * right / seen, argv[1]);
    bert_session_close(session);
    bert_trainer_close(trainer);
    bert_tokenizer_close(tok);
    bert_learner_close(learner);
    free(all);
    free(text);
    return 0;
}
