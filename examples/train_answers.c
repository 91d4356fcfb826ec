/* train_answers.c - a model from nothing that finds answers in a text: made-up worlds, questions about them, a folder
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 train_answers.c -lm -pthread && ./a.out FOLDER [SEED [THINGS]]

   It begins with worlds of two things, and gets larger ones (up to THINGS, 8) as it understands them: see worlds.h. In the end it is examined with worlds
   that it has not seen. Ask it with examples/ask, or tools/run_squad --do_predict. */
#define BERT_IMPLEMENTATION
#include "../bert.h"
#include "little.h"
#include "worlds.h"

static bert_error err;

static void must(bert_status st) { if (st) { fprintf(stderr, "train_answers: %s\n", err.message[0] ? err.message : bert_status_string(st)); exit(1); } }

int main(int argc, char **argv)
{
    static worlds_reader r;
    static worlds_item item;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t example = 7;
    int things = 0, right, none;
    if (argc < 2) { fprintf(stderr, "usage: train_answers FOLDER [SEED [THINGS]]\n"); return 2; }
    worlds_make(&example, 4, &item);
    printf("%s\n%s  ->  %.*s\n\n", item.text, item.question, (int)(item.end - item.begin), item.text + item.begin);
    must(worlds_open(&r, seed, argc > 3 ? atoi(argv[3]) : WORLDS_THINGS, 0, &err));
    while (r.left && r.steps < 6000) {
        if (r.things != things) printf("step %4d: worlds of %d things\n", r.steps, things = r.things);
        must(worlds_step(&r, &err));
        if (r.steps % 100 == 0) printf("step %4d: loss %.3f\n", r.steps, r.loss);
        fflush(stdout);
    }
    must(worlds_examine(bert_trainer_model(r.trainer), r.tokenizer, 123456789, r.largest, 500, &right, &none, &err));
    must(worlds_save(&r, argv[1], &err));
    printf("%.1f %% of 500 questions about worlds it has not seen are answered word for word (%d of them have no answer); %s is written\n", right / 5.0, none, argv[1]);
    worlds_close(&r);
    return 0;
}
