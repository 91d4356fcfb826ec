/* worlds.h - small made-up worlds told in a few sentences, and questions about them: a model learns to read in seconds
   SPDX-License-Identifier: MIT-0 OR Unlicense

      The red ball is under the table. Mira has a blue cup. In the garden there is a green hat.
      Where is the red ball?   What does Mira have?   What colour is the hat?   Who has the blue cup?   What is in the garden?

   What is where is new in every world: nothing can be known by heart, the answer must be found in the text. Some questions ask for what
   is not there. The same seed gives the same worlds. worlds_learn trains a model on them from nothing, worlds_examine tells how many
   questions about worlds it has not seen it answers. Include after bert.h and little.h. */
#ifndef WORLDS_H
#define WORLDS_H

enum { WORLDS_THINGS = 8, WORLDS_ROOM = 128, WORLDS_BATCH = 32 };     /* in a world; tokens of a world with its question; questions of a step */

static const char *const worlds_colours[] = { "red", "blue", "green", "yellow", "white", "black", "brown", "grey", "golden", "purple" };
static const char *const worlds_nouns[] = { "ball", "cup", "hat", "book", "key", "box", "coat", "lamp", "clock", "shoe", "kite", "drum", "bell", "ring", "map", "bag" };
static const char *const worlds_places[] = { "under the table", "on the shelf", "in the garden", "behind the door", "in the kitchen", "near the window", "by the river", "on the roof", "in the cellar", "under the bed",
                                             "beside the well", "in the attic", "on the stairs", "near the bridge", "behind the barn", "in the boat" };
static const char *const worlds_people[] = { "Mira", "Tom", "Ada", "Jonas", "Lena", "Oskar", "Nina", "Paul", "Ruth", "Emil", "Clara", "Hugo" };

typedef struct worlds_item {
    char text[1024], question[128];
    size_t begin, end;                  /* bytes of the answer in the text; 0, 0: there is none */
} worlds_item;

/* A thing is in a place or somebody has it (the other is -1). Where its name ("the red ball"), colour and place or person stand. */
typedef struct worlds_thing { int colour, noun, place, person; size_t name[2], hue[2], where[2]; } worlds_thing;

/* Appends a pattern: T is "the red ball", A "a red ball", N "ball", P the place, W the person. A sentence begins with a capital. */
LITTLE_FN void worlds_tell(char *text, const char *pattern, worlds_thing *t)
{
    const size_t first = strlen(text);
    for (; *pattern; pattern++) {
        const size_t at = strlen(text);
        const char which = pattern[1] == 0 || strchr(" .?", pattern[1]) ? *pattern : 0;
        if (which == 'T' || which == 'A') {
            const char *article = which == 'T' ? "the" : "a";
            sprintf(text + at, "%s %s %s", article, worlds_colours[t->colour], worlds_nouns[t->noun]);
            t->name[0] = at;
            t->hue[0] = at + strlen(article) + 1;
            t->hue[1] = t->hue[0] + strlen(worlds_colours[t->colour]);
            t->name[1] = strlen(text);
        } else if (which == 'P' || which == 'W') {
            strcpy(text + at, which == 'P' ? worlds_places[t->place] : worlds_people[t->person]);
            t->where[0] = at;
            t->where[1] = strlen(text);
        } else if (which == 'N') strcpy(text + at, worlds_nouns[t->noun]);
        else { text[at] = *pattern; text[at + 1] = 0; }
    }
    if (text[first] >= 'a' && text[first] <= 'z') text[first] = (char)(text[first] - 'a' + 'A');
}
LITTLE_FN void worlds_thing_of(uint64_t *rng, worlds_thing *t)
{
    t->colour = (int)little_random(rng, 10);
    t->noun = (int)little_random(rng, 16);
    t->place = t->person = -1;
    if (little_random(rng, 3)) t->place = (int)little_random(rng, 16);
    else t->person = (int)little_random(rng, 12);
}
LITTLE_FN int worlds_clash(const worlds_thing *a, const worlds_thing *b)
{
    return (a->colour == b->colour && a->noun == b->noun) || (a->place >= 0 && a->place == b->place) || (a->person >= 0 && a->person == b->person);
}
/* A world of 2 or more things, and a question; one in eight has no answer there. */
LITTLE_FN void worlds_make(uint64_t *rng, int things, worlds_item *out)
{
    static const char *const told[2][5] = { { "T is P.", "P there is A.", "A lies P.", "you can see T P.", "T was left P." }, { "W has A.", "T belongs to W.", "W took T.", "W carries A.", "T is what W wanted." } };
    static const char *const by_name[2][2] = { { "where is T?", "where can I find T?" }, { "who has T?", "who owns T?" } }, *const by_place[2][2] = { { "what is P?", "what can you see P?" }, { "what does W have?", "what belongs to W?" } };
    static const char *const by_noun[2] = { "what colour is the N?", "which colour has the N?" };
    worlds_thing t[WORLDS_THINGS + 1], *asked;
    int i, k, same = 0, owned;
    memset(out, 0, sizeof *out);
    for (i = 0; i <= things; i++) {                                     /* the last is not in the world */
        worlds_thing_of(rng, t + i);
        for (k = 0; k < i; k++) if (worlds_clash(t + k, t + i)) { worlds_thing_of(rng, t + i); k = -1; }
    }
    for (i = 0; i < things; i++) {
        if (i) strcat(out->text, " ");
        worlds_tell(out->text, told[t[i].place < 0][little_random(rng, 5)], t + i);
    }
    asked = t + (little_random(rng, 8) ? (int)little_random(rng, (uint32_t)things) : things);
    owned = asked->place < 0;
    for (i = 0; i < things; i++) same += t[i].noun == asked->noun;
    {
        worlds_thing copy = *asked;                                     /* telling a question must not move where things stand */
        const int kind = (int)little_random(rng, 4), form = (int)little_random(rng, 2);
        const size_t *answer = kind < 2 ? asked->where : kind == 2 || same > 1 || (asked == t + things && same) ? asked->name : asked->hue;
        worlds_tell(out->question, kind < 2 ? by_name[owned][form] : answer == asked->name ? by_place[owned][form] : by_noun[form], &copy);
        if (asked != t + things) { out->begin = answer[0]; out->end = answer[1]; }
    }
}

/* ---- learning ---- */

typedef struct worlds_reader {
    bert_learner *learner;              /* the vocabulary is its own */
    const char *vocab;
    size_t vocab_size;
    bert_tokenizer *tokenizer;
    bert_trainer *trainer;              /* its model reads, when it has learned */
    uint64_t random;
    int steps, things, largest, left;   /* steps done; things in a world so far, and in the end; left: of the last steps, or -1: it is not there yet */
    double loss;                        /* of the last steps: a running mean */
    int32_t ids[WORLDS_BATCH * WORLDS_ROOM], segments[WORLDS_BATCH * WORLDS_ROOM], starts[WORLDS_BATCH], ends[WORLDS_BATCH];
    int64_t offsets[WORLDS_BATCH + 1];
} worlds_reader;

/* A vocabulary from some worlds, and a model that knows nothing, to learn worlds of up to `largest` things: positions relative to each other, as NEZHA has them. One thing is
   given to it: keys begin as the queries are, so that attention begins at equal words. Without, it finds that out by itself, later. */
LITTLE_FN bert_status worlds_open(worlds_reader *r, uint64_t seed, int largest, int threads, bert_error *err)
{
    static worlds_item item;
    bert_learn_desc ld = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_trainer_desc d = { 0 };
    bert_config c;
    bert_status st;
    char name[80];
    int i;
    memset(r, 0, sizeof *r);
    r->random = seed;
    r->things = 2;
    r->largest = largest < 2 ? 2 : largest > WORLDS_THINGS ? WORLDS_THINGS : largest;
    r->left = -1;
    r->loss = 6;
    ld.vocab_size = 400;
    ld.error = td.error = d.error = err;
    if ((st = bert_learner_open(&ld, &r->learner)) != BERT_OK) return st;
    for (i = 0; i < 500 && st == BERT_OK; i++) {
        worlds_make(&r->random, WORLDS_THINGS, &item);
        st = bert_learner_add(r->learner, item.text, strlen(item.text));
        if (st == BERT_OK) st = bert_learner_add(r->learner, item.question, strlen(item.question));
    }
    if (st != BERT_OK || (st = bert_learner_finish(r->learner, &r->vocab, &r->vocab_size)) != BERT_OK) return st;
    td.data = r->vocab;
    td.size = r->vocab_size;
    if ((st = bert_tokenizer_open(&td, &r->tokenizer)) != BERT_OK) return st;
    c = little_config(bert_tokenizer_size(r->tokenizer));
    c.max_positions = WORLDS_ROOM;
    c.max_relative_position = 16;
    c.source = BERT_SOURCE_NEZHA;
    c.activation = BERT_GELU_TANH;
    c.initializer_range = 0.2;
    d.config = &c;
    d.seed = seed;
    d.learn = BERT_LEARN_SPANS;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;
    d.optimizer.beta2 = 0.98;
    d.schedule.rate = 2e-3;
    d.schedule.warmup = 100;
    d.schedule.decay = BERT_DECAY_CONSTANT;
    d.threads = threads;
    if ((st = bert_trainer_open(&d, &r->trainer)) != BERT_OK) return st;
    for (i = 0; i < c.layers; i++) {
        const bert_trained *q, *k;
        sprintf(name, "bert.encoder.layer.%d.attention.self.query.weight", i);
        q = bert_trainer_find(r->trainer, name);
        sprintf(name, "bert.encoder.layer.%d.attention.self.key.weight", i);
        k = bert_trainer_find(r->trainer, name);
        memcpy(k->weight, q->weight, (size_t)q->count * sizeof *q->weight);
    }
    return BERT_OK;
}
LITTLE_FN void worlds_close(worlds_reader *r)
{
    bert_trainer_close(r->trainer);
    bert_tokenizer_close(r->tokenizer);
    bert_learner_close(r->learner);
}
/* One step, on new questions about worlds of up to r->things. Worlds grow when they are understood; when the largest are, the rate
   falls over some last steps. r->left is 0 when there is nothing left to do. */
LITTLE_FN bert_status worlds_step(worlds_reader *r, bert_error *err)
{
    static worlds_item item;
    size_t begin[WORLDS_ROOM], end[WORLDS_ROOM], k;
    bert_pair_desc pair = { 0 };
    bert_batch batch = { 0 };
    bert_targets targets = { 0 };
    bert_progress p;
    bert_status st;
    int i;
    pair.max_tokens = WORLDS_ROOM;
    pair.error = err;
    for (i = 0; i < WORLDS_BATCH; i++) {
        bert_encoding e = { 0 };
        worlds_make(&r->random, 2 + (int)little_random(&r->random, (uint32_t)(r->things - 1)), &item);
        e.ids = r->ids + r->offsets[i];
        e.segment_ids = r->segments + r->offsets[i];
        e.begin = begin;
        e.end = end;
        e.capacity = WORLDS_ROOM;
        if ((st = bert_tokenizer_encode_pair(r->tokenizer, &pair, item.question, strlen(item.question), item.text, strlen(item.text), &e)) != BERT_OK) return st;
        r->offsets[i + 1] = r->offsets[i] + (int64_t)e.count;
        r->starts[i] = r->ends[i] = 0;                                  /* [CLS]: no answer */
        for (k = 0; k < e.count && item.end; k++) {
            if (!e.segment_ids[k] || begin[k] == end[k]) continue;
            if (begin[k] == item.begin) r->starts[i] = (int32_t)k;
            if (end[k] == item.end) r->ends[i] = (int32_t)k;
        }
    }
    batch.sequences = WORLDS_BATCH;
    batch.offsets = r->offsets;
    batch.ids = r->ids;
    batch.segment_ids = r->segments;
    targets.starts = r->starts;
    targets.ends = r->ends;
    if ((st = bert_trainer_step(r->trainer, &batch, &targets, &p, err)) != BERT_OK) return st;
    r->steps++;
    r->loss += 0.05 * (p.loss - r->loss);
    if (r->left > 0) {                                                  /* rates are multiplied: together, a straight line down to 0 */
        bert_trainer_group(r->trainer, "", (double)(r->left - 1) / r->left, BERT_DEFAULT);
        r->left--;
    } else if (r->left < 0 && r->loss < 0.25) {
        if (r->things == r->largest) r->left = 50 * r->largest;
        else { r->things++; r->loss = 1; }
    }
    return BERT_OK;
}
/* The folder, for examples/ask and tools/run_squad. */
LITTLE_FN bert_status worlds_save(worlds_reader *r, const char *folder, bert_error *err)
{
    char path[1024], text[300];
    bert_status st = little_save(r->trainer, folder, "ForQuestionAnswering", NULL, 0, r->vocab, r->vocab_size, 1, err);
    if (st != BERT_OK) return st;
    snprintf(path, sizeof path, "%.900s/task.json", folder);
    snprintf(text, sizeof text, "{\n  \"tool\": \"run_squad\",\n  \"max_seq_length\": %d,\n  \"doc_stride\": %d,\n  \"max_query_length\": %d,\n  \"version_2_with_negative\": true,\n  \"language\": \"en\"\n}\n", WORLDS_ROOM, WORLDS_ROOM / 3, WORLDS_ROOM / 6);
    return bert_file_write(path, text, strlen(text), err);
}
/* How many of so many questions about new worlds are answered word for word, or found to have no answer; of them `none` have none. */
LITTLE_FN bert_status worlds_examine(const bert_model *model, const bert_tokenizer *tokenizer, uint64_t seed, int largest, int count, int *right, int *none, bert_error *err)
{
    static worlds_item item;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_answer_desc d = { 0 };
    bert_answer a = { 0 };
    bert_answered found;
    bert_status st;
    int i;
    sd.model = model;
    sd.threads = 1;
    sd.max_tokens = WORLDS_ROOM;
    d.max_seq_length = WORLDS_ROOM;
    d.error = sd.error = err;
    if ((st = bert_session_open(&sd, &session)) != BERT_OK) return st;
    *right = *none = 0;
    for (i = 0; i < count && st == BERT_OK; i++) {
        worlds_make(&seed, 2 + (int)little_random(&seed, (uint32_t)(largest - 1)), &item);
        st = bert_session_answer(session, tokenizer, &d, item.question, strlen(item.question), item.text, strlen(item.text), &a, 1, &found);
        if (st != BERT_OK) break;
        *none += !item.end;
        if (!item.end) *right += found.none_odds > 0;
        else *right += found.none_odds <= 0 && a.begin == item.begin && a.end == item.end;
    }
    bert_session_close(session);
    return st;
}
#endif
