/* chinese.c - 中文演示：从零训练一个分类器 (a classifier of Chinese reviews, from nothing)
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 chinese.c -lm -pthread && ./a.out [FOLDER]          make -C examples chinese

   每个汉字是一个词元；字节区间指回原文。"一点也不难吃"是好评：单看词是不够的。
   (Each ideograph is a token, with the bytes it came from. "Not at all unpalatable" is praise: words alone do not tell.) */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"

enum { BATCH = 32, ROOM = 48, STEPS = 200, EXAM = 320 };
static const char *const things[] = { "汤", "面包", "房间", "渡船", "导游", "音乐", "花园", "咖啡", "早餐", "博物馆", "服务员", "蛋糕" };
static const char *const adjectives[2][10] = { { "难吃", "冷淡", "肮脏", "无聊", "吵闹", "破旧", "昂贵", "糟糕", "缓慢", "粗鲁" }, { "新鲜", "热情", "干净", "美味", "有趣", "舒适", "漂亮", "安静", "便宜", "周到" } };
static const char *const patterns[] = { "S很A。", "S一点也不N。", "从来不N，总是A。", "谁都不会说S不A。", "以为S会N，没想到这么A！", "S又A又A。", "与其说N，不如说A。" };  /* A says it, N the opposite */
static const char *const labels[] = { "差评", "好评" };
static bert_error err;
static bert_tokenizer *tok;
static void must(bert_status st) { if (st) { fprintf(stderr, "chinese: %s\n", err.message[0] ? err.message : bert_status_string(st)); exit(1); } }

static int review(uint64_t *rng, char *text)
{
    const int good = (int)little_random(rng, 2);
    const char *p = patterns[little_random(rng, 7)];
    for (*text = 0; *p; p++)
        if (*p == 'S') strcat(text, things[little_random(rng, 12)]);
        else if (*p == 'A' || *p == 'N') strcat(text, adjectives[good == (*p == 'A')][little_random(rng, 10)]);
        else strncat(text, p, 1);
    return good;
}
static void add(bert_batch *batch, int32_t *ids, int64_t *offsets, const char *text)
{
    bert_encoding e = { 0 };
    bert_pair_desc pair = { 0 };
    pair.max_tokens = e.capacity = ROOM;
    pair.error = &err;
    e.ids = ids + offsets[batch->sequences];
    must(bert_tokenizer_encode_pair(tok, &pair, text, strlen(text), NULL, 0, &e));
    offsets[batch->sequences + 1] = offsets[batch->sequences] + (int64_t)e.count;
    batch->sequences++;
    batch->offsets = offsets;
    batch->ids = ids;
}

int main(int argc, char **argv)
{
    static const char *const unseen[] = { "汤一点也不难吃。", "这家酒店的早餐很新鲜！", "以为导游会热情，没想到这么冷淡！", "谁都不会说房间不干净。" };
    static int32_t ids[BATCH * ROOM];
    static float z[BATCH * 2];
    size_t begin[ROOM], end[ROOM], vocab_size;
    int64_t offsets[BATCH + 1] = { 0 };
    int32_t classes[BATCH];
    const char *vocab;
    char text[400];
    uint64_t rng = 1;
    int i, b, right = 0;
    bert_learn_desc ld = { 0 };
    bert_learner *learner;
    bert_tokenizer_desc td = { 0 };
    bert_trainer_desc d = { 0 };
    bert_trainer *trainer;
    bert_session_desc sd = { 0 };
    bert_session *session;
    bert_config config;
    bert_targets targets = { 0 };
    bert_result result = { 0 };
    bert_progress p;
    bert_encoding e = { 0 };
    ld.vocab_size = 300;  ld.error = td.error = d.error = sd.error = &err;
    must(bert_learner_open(&ld, &learner));                             /* 词表 */
    for (i = 0; i < 2000; i++) { review(&rng, text); must(bert_learner_add(learner, text, strlen(text))); }
    must(bert_learner_finish(learner, &vocab, &vocab_size));
    td.data = vocab;  td.size = vocab_size;
    must(bert_tokenizer_open(&td, &tok));
    e.ids = ids;  e.begin = begin;  e.end = end;  e.capacity = ROOM;
    must(bert_tokenizer_encode(tok, unseen[0], strlen(unseen[0]), &e));
    printf("词表 %d 个词元。%s\n", (int)bert_tokenizer_size(tok), unseen[0]);
    for (i = 0; i < (int)e.count; i++) printf("  %.*s %d [%d,%d)", (int)(end[i] - begin[i]), unseen[0] + begin[i], (int)ids[i], (int)begin[i], (int)end[i]);
    printf("\n\n");

    config = little_config(bert_tokenizer_size(tok));                   /* 训练 */
    d.config = &config;  d.seed = 1;  d.learn = BERT_LEARN_CLASSES;  d.labels = 2;
    d.optimizer.kind = BERT_OPTIMIZER_ADAMW;  d.schedule.rate = 2e-3;  d.schedule.warmup = 20;  d.schedule.steps = STEPS;
    must(bert_trainer_open(&d, &trainer));
    for (i = 0; i < STEPS; i++) {
        bert_batch batch = { 0 };
        for (b = 0; b < BATCH; b++) { classes[b] = review(&rng, text); add(&batch, ids, offsets, text); }
        targets.classes = classes;
        must(bert_trainer_step(trainer, &batch, &targets, &p, &err));
        if (i % 40 == 0) printf("第 %3d 步：损失 %.3f\n", i, p.loss);
    }
    sd.model = bert_trainer_model(trainer);                             /* 检验 */
    must(bert_session_open(&sd, &session));
    result.classes = z;
    for (i = 0; i < EXAM; i += BATCH) {
        bert_batch batch = { 0 };
        for (b = 0; b < BATCH; b++) { classes[b] = review(&rng, text); add(&batch, ids, offsets, text); }
        must(bert_session_run(session, &batch, &result, &err));
        for (b = 0; b < BATCH; b++) right += (z[2 * b + 1] > z[2 * b]) == classes[b];
    }
    printf("另外 %d 条评论：判对 %.1f %%\n\n", EXAM, 100.0 * right / EXAM);
    for (i = 0; i < 4; i++) {
        bert_batch batch = { 0 };
        add(&batch, ids, offsets, unseen[i]);
        must(bert_session_run(session, &batch, &result, &err));
        bert_softmax(z, 1, 2);
        printf("%s  %s %.0f %%\n", unseen[i], labels[z[1] > z[0]], 100 * (double)(z[1] > z[0] ? z[1] : z[0]));
    }
    if (argc > 1) must(little_save(trainer, argv[1], "ForSequenceClassification", labels, 2, vocab, vocab_size, 1, &err));
    bert_session_close(session);
    bert_trainer_close(trainer);
    bert_tokenizer_close(tok);
    bert_learner_close(learner);
    return 0;
}
