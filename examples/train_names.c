/* train_names.c - a tagger from nothing: words with tags in, a model that finds names it has never seen out
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 train_names.c -lm -pthread && ./a.out FOLDER        (then highlight FOLDER; in earnest tools/run_ner)

   The names are made of syllables, a new one each time, so the model learns how sentences hold names and not the names. Capitals
   help, so the vocabulary is a cased one. A word's first piece carries its tag; the others are BERT_LABEL_IGNORED. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { BATCH = 32, ROOM = 64, STEPS = 300, TAGS = 7, EXAM = 20 };
static bert_error err;
static void must(bert_status st) { if (st) { fprintf(stderr, "train_names: %s\n", err.message[0] ? err.message : bert_status_string(st)); exit(1); } }

/* BATCH sentences as rows: [CLS] pieces [SEP], and which tag belongs to each row. */
static void make_batch(const bert_tokenizer *tok, uint64_t *rng, bert_batch *batch, int32_t *row_tags)
{
    static int32_t ids[BATCH * ROOM];
    static int64_t offsets[BATCH + 1];
    const bert_special_ids special = bert_tokenizer_special_ids(tok);
    int b, i, n;
    for (b = 0; b < BATCH; b++) {
        char words[40][32];
        const char *p[40];
        size_t sizes[40];
        int32_t tags[40], of_word[ROOM], *row = ids + offsets[b], *out = row_tags + offsets[b];
        bert_encoding e = { 0 };
        n = little_named(rng, words, tags);
        for (i = 0; i < n; i++) { p[i] = words[i]; sizes[i] = strlen(words[i]); }
        e.ids = row + 1;
        e.words = of_word;
        e.capacity = ROOM - 2;
        must(bert_tokenizer_encode_words(tok, p, sizes, (size_t)n, &e));
        row[0] = special.cls;
        row[e.count + 1] = special.sep;
        out[0] = out[e.count + 1] = BERT_LABEL_IGNORED;
        for (i = 0; i < (int)e.count; i++) out[i + 1] = i && of_word[i] == of_word[i - 1] ? BERT_LABEL_IGNORED : tags[of_word[i]];
        offsets[b + 1] = offsets[b] + (int64_t)e.count + 2;
    }
    memset(batch, 0, sizeof *batch);
    batch->sequences = BATCH;
    batch->offsets = offsets;
    batch->ids = ids;
}

int main(int argc, char **argv)
{
    static float logits[BATCH * ROOM * TAGS];
    static int32_t tags[BATCH * ROOM], best[BATCH * ROOM];
    int64_t confusion[TAGS * TAGS] = { 0 };
    const char *vocab;
    size_t vocab_size;
    uint64_t rng = 7;
    int i, k, n, step;
    bert_learn_desc ld = { 0 };
    bert_learner *learner;
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *tok;
    bert_trainer_desc d = { 0 };
    bert_trainer *trainer;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_config config;
    bert_batch batch;
    bert_targets targets = { 0 };
    bert_result result = { 0 };
    bert_progress p;
    bert_class_metrics m = { 0 };
    double f1[TAGS];
    if (argc != 2) { fprintf(stderr, "usage: train_names FOLDER\n"); return 2; }

    ld.vocab_size = 600;  ld.lower_case = BERT_OFF;  ld.error = td.error = d.error = sd.error = &err;
    must(bert_learner_open(&ld, &learner));
    for (i = 0; i < 1000; i++) {
        char words[40][32];
        int32_t unused[40];
        for (n = little_named(&rng, words, unused), k = 0; k < n; k++) must(bert_learner_add(learner, words[k], strlen(words[k])));
    }
    must(bert_learner_finish(learner, &vocab, &vocab_size));
    td.data = vocab;  td.size = vocab_size;  td.lower_case = BERT_OFF;
    must(bert_tokenizer_open(&td, &tok));

    config = little_config(bert_tokenizer_size(tok));
    d.config = &config;  d.seed = 1;  d.learn = BERT_LEARN_TOKENS;  d.labels = TAGS;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;  d.schedule.rate = 2e-3;  d.schedule.warmup = 20;  d.schedule.steps = STEPS;
    must(bert_trainer_open(&d, &trainer));
    for (step = 0; step < STEPS; step++) {
        make_batch(tok, &rng, &batch, tags);
        targets.token_classes = tags;
        must(bert_trainer_step(trainer, &batch, &targets, &p, &err));
        if (step % 50 == 0) printf("step %3d of %d: loss %.3f\n", step, STEPS, p.loss);
    }

    sd.model = bert_trainer_model(trainer);                             /* sentences with names of their own */
    must(bert_session_open(&sd, &session));
    result.token_classes = logits;
    for (step = 0; step < EXAM; step++) {
        make_batch(tok, &rng, &batch, tags);
        must(bert_session_run(session, &batch, &result, &err));
        for (i = 0; i < (int)batch.offsets[BATCH]; i++) bert_top_k(logits + i * TAGS, TAGS, 1, best + i);
        must(bert_confusion_add(confusion, TAGS, tags, best, (size_t)batch.offsets[BATCH], &err));
    }
    m.f1 = f1;
    must(bert_confusion_metrics(confusion, TAGS, &m, &err));
    for (k = 0; k < TAGS; k++) printf("%s %-6s F1 %.3f", k ? "," : "", little_tags[k], f1[k]);
    printf("\n");
    must(little_save(trainer, argv[1], "ForTokenClassification", little_tags, TAGS, vocab, vocab_size, 0, &err));
    printf("%.1f %% of the words have the right tag, in sentences with names it has not seen; %s is written\n", 100 * m.accuracy, argv[1]);
    bert_session_close(session);
    bert_trainer_close(trainer);
    bert_tokenizer_close(tok);
    bert_learner_close(learner);
    return 0;
}
