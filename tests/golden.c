/* golden.c - everything that was recorded from the reference code, directory by directory
   SPDX-License-Identifier: MIT-0 OR Unlicense

   golden [--google DIR] [--hf DIR] [--data DIR] [--only NAME] [--list] [NAME]...

   Each golden directory has one function, which checks it from the files of that layout and nothing else: names,
   counts, sizes and settings are read from the directory, so any other of the same layout can be given. A line for each
   recorded file; what is missing is counted as skipped. NAME picks the cases whose name contains it. */
#ifdef GOLDEN_SLOW
#include "bert_tokenizer.h"
#include "slow_api.h"
#else
#include "bert.h"
#endif
#include "golden.h"
#include "golden_tokenizer.h"
#ifndef GOLDEN_SLOW
#include "golden_checkpoints.h"
#include "golden_hf_checkpoints.h"
#endif

static const struct {
    const char *set, *name;
    void (*check)(const golden_place *place);
} golden_table[] = {
    { "google", "tokenize", golden_google_tokenize },
    { "hf", "tokenizer", golden_hf_tokenizer },
#ifndef GOLDEN_SLOW
    { "google", "model", golden_google_model },
    { "google", "nezha/model", golden_google_model },
    { "google", "train_classifier/checkpoint", golden_google_state },
    { "google", "train_squad/checkpoint", golden_google_state },
    { "hf", "checkpoints", golden_hf_checkpoints },
#endif
};

/* Where `name` of the shared directory is, seen from the repository, from tests/ and from the executable. */
static const char *golden_find(const char *program, const char *name, char *out, size_t size)
{
    static const char *const places[] = { "../shared", "../../shared", "../../../shared" };
    size_t i, dir = 0;
    int beside;
    for (i = 0; program[i]; i++) if (program[i] == '/') dir = i + 1;
    for (beside = 0; beside < 2; beside++)
        for (i = 0; i < sizeof places / sizeof *places; i++) {
            snprintf(out, size, "%.*s%s/%s", beside ? (int)dir : 0, program, places[i], name);
            if (golden_is_directory(out)) return out;
        }
    return "";
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "--google", "--hf", "--data", "--only" };
    const char *value[4] = { NULL, NULL, NULL, NULL };
    char found[3][1024], beside[1100];
    size_t i;
    int a;
    test_begin(0, NULL);
    for (a = 1; a < argc; a++) {
        for (i = 0; i < 4; i++) {
            size_t n = strlen(names[i]);
            if (strncmp(argv[a], names[i], n)) continue;
            if (argv[a][n] == '=') { value[i] = argv[a] + n + 1; break; }
            if (!argv[a][n] && a + 1 < argc) { value[i] = argv[++a]; break; }
        }
        if (i < 4) {
            if (i == 3) test_filter(value[3]);
        } else if (strcmp(argv[a], "--list") == 0) {
            test_now.list = 1;
        } else if (argv[a][0] == '-') {
            fprintf(stderr, "usage: golden [--google DIR] [--hf DIR] [--data DIR] [--only NAME] [--list] [NAME]...\n");
            return 2;
        } else {
            test_filter(argv[a]);
        }
    }
    if (!value[2] && (value[0] || value[1])) {                          /* DIR/../../data belongs to the goldens given */
        snprintf(beside, sizeof beside, "%s/../../data", value[1] ? value[1] : value[0]);
        if (golden_is_directory(beside)) value[2] = beside;
    }
    if (!value[0]) value[0] = golden_find(argv[0], "goldens/google", found[0], sizeof found[0]);
    if (!value[1]) value[1] = golden_find(argv[0], "goldens/hf", found[1], sizeof found[1]);
    if (!value[2]) value[2] = golden_find(argv[0], "data", found[2], sizeof found[2]);
    for (i = 0; i < sizeof golden_table / sizeof *golden_table; i++) {
        char dir[1100], label[64];
        golden_place place;
        place.root = value[strcmp(golden_table[i].set, "hf") == 0];
        place.data = value[2];
        place.dir = golden_path(dir, sizeof dir, place.root, golden_table[i].name);
        place.label = golden_path(label, sizeof label, golden_table[i].set, golden_table[i].name);
        if (!*place.root || !golden_is_directory(place.dir)) golden_skip(place.label, "this directory of goldens is not here");
        else golden_table[i].check(&place);
    }
    return test_end();
}
