/* little.h - texts made by rule, for examples that learn in seconds and fetch nothing; and a folder for what was learned
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Reviews with a feeling (words alone do not tell it: "not stale at all"), and sentences with names that nobody bears, each word with
   its tag. The same seed gives the same texts. Include after bert.h. */
#ifndef LITTLE_H
#define LITTLE_H
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <direct.h>
#define little_mkdir(path) _mkdir(path)
#else
#include <sys/stat.h>
#define little_mkdir(path) mkdir(path, 0777)
#endif
#if defined(__GNUC__)
#define LITTLE_FN static __attribute__((unused))
#else
#define LITTLE_FN static
#endif

LITTLE_FN uint32_t little_random(uint64_t *state, uint32_t below)      /* PCG: O'Neill 2014 */
{
    uint64_t x = *state;
    const int count = (int)(x >> 59);
    *state = x * 6364136223846793005u + 1442695040888963407u;
    x ^= x >> 18;
    return (uint32_t)(((uint64_t)(uint32_t)((uint32_t)(x >> 27) >> count | (uint32_t)(x >> 27) << (-count & 31)) * below) >> 32);
}

/* A word that nobody knows: two or three syllables. */
LITTLE_FN void little_unheard(uint64_t *state, char *out)
{
    int n = 2 + (int)little_random(state, 2);
    for (*out = 0; n--; ) {
        strncat(out, &"bdfghklmnprstvwz"[little_random(state, 16)], 1);
        strncat(out, &"aeiou"[little_random(state, 5)], 1);
        if (little_random(state, 3) == 0) strncat(out, &"lnrst"[little_random(state, 5)], 1);
    }
}

/* In a pattern a capital letter stands for a word of its list: "the S was G". */
static const char *const little_words[][16] = {
    { "soup", "bread", "room", "ferry", "guide", "music", "garden", "coffee", "museum", "bed", "view", "waiter", "tour", "bath", "market", "cake" },               /* S */
    { "lovely", "fresh", "warm", "friendly", "clever", "splendid", "cheerful", "clean", "delicious", "bright", "charming", "good", "great", "kind", "perfect", "superb" },   /* G */
    { "stale", "cold", "rude", "dull", "noisy", "broken", "dreadful", "dirty", "slow", "sour", "grim", "bad", "awful", "bitter", "ugly", "boring" },          /* B */
    { "really", "quite", "very", "truly", "rather", "so", "simply", "always" } };                                                                                  /* V */
static const char *const little_feelings[] = { "bad", "mixed", "good" };
static const char *const little_reviews[3][10] = {
    { "the S was V B .", "the S was not G at all .", "never G , always B : what a S !", "B S , B S . we left early .", "nobody could call the S G .", "we hoped for a G S and got a B one .", "the S is V B , and so is the S .", "far from G .", "I would not call it G .", "the S was B ." },
    { "the S was G , but the S was B .", "the S was V B , yet the S was G .", "G S , B S .", "some found the S G , others B .", "half G , half B .", "a G S in a B place .", "the S was B at first and G later .", "not only G , but also B .", "B when it rains , G when it does not .", "the S was G . the S was B ." },
    { "the S was V G .", "the S was not B at all .", "never B , always G : what a S !", "G S , G S . we stayed longer .", "nobody could call the S B .", "we feared a B S and got a G one .", "the S is V G , and so is the S .", "far from B .", "I would not call it B .", "the S was G ." } };

/* A review, up to 200 bytes; which of the three feelings it has. */
LITTLE_FN int little_review(uint64_t *state, char *text)
{
    const int feeling = (int)little_random(state, 3);
    const char *p = little_reviews[feeling][little_random(state, 10)], *which;
    for (*text = 0; *p; p++) {
        which = p[1] == ' ' || !p[1] ? strchr("SGBV", *p) : NULL;
        if (which && *which == 'S' && !little_random(state, 4)) little_unheard(state, text + strlen(text));
        else if (which) strcat(text, little_words[which - "SGBV"][little_random(state, which[0] == 'V' ? 8 : 16)]);
        else strncat(text, p, 1);
    }
    return feeling;
}

/* Texts with labels. */
enum { LITTLE_TEXTS = 20000, LITTLE_LABELS = 64 };
typedef struct little_texts {
    struct { const char *text; size_t size; int32_t label; } all[LITTLE_TEXTS];
    const char *labels[LITTLE_LABELS];
    int count, label_count;
    char *memory;                       /* what all of them point into: free it */
} little_texts;

/* From lines "label TAB text", which are cut in place. */
LITTLE_FN bert_status little_cut(char *lines, little_texts *set, bert_error *err)
{
    char *line, *tab;
    set->memory = lines;
    for (line = strtok(lines, "\n"); line && set->count < LITTLE_TEXTS; line = strtok(NULL, "\n")) {
        int k = 0;
        if ((tab = strchr(line, '\t')) == NULL) continue;
        *tab = 0;
        while (k < set->label_count && strcmp(set->labels[k], line) != 0) k++;
        if (k == LITTLE_LABELS) continue;
        if (k == set->label_count) set->labels[set->label_count++] = line;
        set->all[set->count].label = k;
        set->all[set->count].text = tab + 1;
        set->all[set->count++].size = strlen(tab + 1);
    }
    if (set->count >= 5 && set->label_count >= 2) return BERT_OK;
    snprintf(err->message, sizeof err->message, "there are not five lines with two labels");
    return BERT_ERROR_FORMAT;
}
/* From a file of such lines. */
LITTLE_FN bert_status little_read(const char *path, little_texts *set, bert_error *err)
{
    bert_file f;
    char *lines;
    bert_status st = bert_file_open(path, NULL, &f, err);
    if (st != BERT_OK) return st;
    if ((lines = (char *)calloc(f.size + 1, 1)) == NULL) st = BERT_ERROR_MEMORY;
    else memcpy(lines, f.data, f.size);
    bert_file_close(&f);
    return st == BERT_OK ? little_cut(lines, set, err) : st;
}
/* So many reviews, whose labels are the feelings. */
LITTLE_FN bert_status little_write(int count, uint64_t *state, little_texts *set, bert_error *err)
{
    char *lines = (char *)calloc((size_t)count, 210), *end = lines;
    if (!lines) return BERT_ERROR_MEMORY;
    for (; set->label_count < 3; set->label_count++) set->labels[set->label_count] = little_feelings[set->label_count];
    while (count--) {
        char review[200];
        const int feeling = little_review(state, review);
        end += sprintf(end, "%s\t%s\n", little_feelings[feeling], review);
    }
    return little_cut(lines, set, err);
}

LITTLE_FN void little_name(uint64_t *state, char *out, const char *ending)
{
    static const char *const head[] = { "Bel", "Mor", "Tan", "Quil", "Fen", "Ash", "Kor", "Lun", "Mer", "Ost", "Pel", "Rav", "Sil", "Tor", "Val", "Wes", "Yar", "Zan" };
    if (little_random(state, 2)) sprintf(out, "%s%s", head[little_random(state, 18)], ending);
    else {
        little_unheard(state, out);
        out[0] = (char)(out[0] - 'a' + 'A');
        if (little_random(state, 2)) strcat(out, ending);
    }
}

/* A sentence with names: `words` [40] become its words, `tags` [40] which of the seven tags each has. Returns how many. */
static const char *const little_tags[] = { "O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER" };
LITTLE_FN int little_named(uint64_t *state, char words[40][32], int32_t *tags)
{
    static const char *const patterns[] = { "P joined O in L last spring .", "P of L met P at the bridge .", "the directors of O wrote to P .", "O opened an office in L .", "when did P leave L ?", "in L , P works for O .",
        "P and P were born in L .", "trains from L to L are late , said P .", "it rained all week .", "O bought O for a small sum .", "the river runs from L to the sea .", "ask P , not P !", "we sold our boat to a baker .", "P , who leads O , lives in L .", "P joined O in L , and P of L met him .", "he said that P and L are far from her .", "O and O of L belong to P , we hear ." };
    static const char *const tail[] = { "a", "o", "is", "in", "ek", "ia", "or", "une", "el", "ard" }, *const sur[] = { "ham", "dale", "son", "wick", "mann", "ler", "sen", "field" }, *const town[] = { "ton", "haven", "burg", "mouth", "stead", "grad" }, *const firm[] = { "Labs", "Shipping", "Bank", "Press", "Motors", "Mills" };
    const char *p = patterns[little_random(state, sizeof patterns / sizeof *patterns)];
    int n = 0;
    for (; *p; p += strcspn(p, " "), p += *p == ' ') {
        const int plain = p[1] != ' ' && p[1] != 0;
        tags[n] = 0;
        snprintf(words[n], 32, "%.*s", (int)strcspn(p, " "), p);
        if (!plain && strchr("POL", *p)) {
            little_name(state, words[n], *p == 'P' ? tail[little_random(state, 10)] : *p == 'L' ? town[little_random(state, 6)] : sur[little_random(state, 8)]);
            tags[n] = *p == 'L' ? 1 : *p == 'O' ? 3 : 5;
            if (*p == 'P' && little_random(state, 3)) { little_name(state, words[++n], sur[little_random(state, 8)]); tags[n] = 6; }
            if (*p == 'O') { snprintf(words[++n], 32, "%s", firm[little_random(state, 6)]); tags[n] = 4; }
            if (*p == 'L' && !little_random(state, 5)) { snprintf(words[++n], 32, "%s", "Harbour"); tags[n] = 2; }
        }
        n++;
    }
    return n;
}

/* Which config suits such texts: two layers of 64, without dropout. */
LITTLE_FN bert_config little_config(int32_t vocabulary)
{
    bert_config c;
    memset(&c, 0, sizeof c);
    c.hidden_size = 64;  c.layers = 2;  c.heads = 4;  c.intermediate_size = 128;
    c.vocab_size = vocabulary;  c.max_positions = 64;  c.type_vocab_size = 2;
    c.activation = BERT_GELU_ERF;  c.source = BERT_SOURCE_HF;
    c.layer_norm_eps = 1e-12;  c.initializer_range = 0.1;
    return c;
}

/* What was learned as a folder that every program here (and transformers) opens: weights, config with the labels' names, vocabulary. */
LITTLE_FN bert_status little_save(bert_trainer *trainer, const char *folder, const char *kind, const char *const *labels, int label_count, const char *vocab, size_t vocab_size, int lower_case, bert_error *err)
{
    const bert_config *c = bert_model_config(bert_trainer_model(trainer));
    char path[1024], text[4096];
    int n, i;
    bert_status st;
    little_mkdir(folder);
    n = snprintf(text, sizeof text, "{\"model_type\": \"%s\", \"architectures\": [\"%s%s\"], \"hidden_act\": \"%s\", \"hidden_size\": %d, \"num_hidden_layers\": %d, \"num_attention_heads\": %d, \"intermediate_size\": %d,\n"
                 " \"vocab_size\": %d, \"max_position_embeddings\": %d, \"type_vocab_size\": %d, \"layer_norm_eps\": %g, \"initializer_range\": %g, \"hidden_dropout_prob\": %g, \"attention_probs_dropout_prob\": %g", c->max_relative_position ? "nezha" : "bert", c->max_relative_position ? "Nezha" : "Bert", kind,
                 bert_activation_name(c->activation), (int)c->hidden_size, (int)c->layers, (int)c->heads, (int)c->intermediate_size, (int)c->vocab_size, (int)c->max_positions, (int)c->type_vocab_size,
                 c->layer_norm_eps, c->initializer_range, c->hidden_dropout, c->attention_dropout);
    if (c->max_relative_position) n += snprintf(text + n, sizeof text - (size_t)n, ", \"use_relative_position\": true, \"max_relative_position\": %d", (int)c->max_relative_position);
    for (i = 0; i < label_count && n < 3500; i++) n += snprintf(text + n, sizeof text - (size_t)n, "%s\"%d\": \"%.60s\"", i ? ", " : ",\n \"id2label\": {", i, labels[i]);
    n += snprintf(text + n, sizeof text - (size_t)n, label_count ? "}}\n" : "}\n");
    snprintf(path, sizeof path, "%.900s/config.json", folder);
    if ((st = bert_file_write(path, text, (size_t)n, err)) != BERT_OK) return st;
    snprintf(path, sizeof path, "%.900s/vocab.txt", folder);
    if ((st = bert_file_write(path, vocab, vocab_size, err)) != BERT_OK) return st;
    n = snprintf(text, sizeof text, "{\"do_lower_case\": %s}\n", lower_case ? "true" : "false");
    snprintf(path, sizeof path, "%.900s/tokenizer_config.json", folder);
    if ((st = bert_file_write(path, text, (size_t)n, err)) != BERT_OK) return st;
    snprintf(path, sizeof path, "%.900s/model.safetensors", folder);
    return bert_trainer_save(trainer, path, BERT_FORMAT_SAFETENSORS, 0, NULL, err);
}
/* The name of a model's label, from its config; "LABEL_2" where that has none. `room` holds it. */
LITTLE_FN const char *little_label(const bert_model *model, int label, char room[64])
{
    bert_json_doc doc = { 0 };
    char key[16];
    size_t size = 0;
    const char *text = bert_model_config_text(model, &size);
    const bert_json *names, *name;
    snprintf(key, sizeof key, "%d", label);
    snprintf(room, 64, "LABEL_%d", label);
    if (text && bert_json_parse(text, size, NULL, &doc, NULL) == BERT_OK) {
        if ((names = bert_json_get(doc.root, "id2label")) != NULL && (name = bert_json_get(names, key)) != NULL && name->type == 's') snprintf(room, 64, "%.60s", name->text);
        bert_json_free(&doc);
    }
    return room;
}
/* A number of the task.json that the programs of tools/ and worlds.h write beside a model, or what stands instead. */
LITTLE_FN int64_t little_trained_with(const bert_model *model, const char *name, int64_t otherwise)
{
    bert_file f;
    bert_json_doc doc;
    int64_t v = otherwise;
    if (bert_checkpoint_beside(bert_model_checkpoint(model), "task.json", NULL, 0, &f, NULL)) return v;
    if (bert_json_parse((const char *)f.data, f.size, NULL, &doc, NULL) == BERT_OK) {
        if (!bert_json_int(bert_json_get(doc.root, name), &v) || v < 1) v = otherwise;
        bert_json_free(&doc);
    }
    bert_file_close(&f);
    return v;
}
#endif
