/* golden.c - everything that was recorded from the reference code, directory by directory
   SPDX-License-Identifier: MIT-0 OR Unlicense

   golden [--google DIR] [--hf DIR] [--data DIR] [--minilm DIR] [--isa NAME] [--only NAME] [--list] [NAME]...

   Each golden directory has one function, which checks it from the files of that layout and nothing else: names,
   counts, sizes and settings are read from the directory, so any other of the same layout can be given. A line for each
   recorded file; what is missing is counted as skipped. NAME picks the cases whose name contains it. The forward pass is
   compared with each kind of instructions that this machine has, or only with --isa. --minilm: the folder with the weights of
   all-MiniLM-L6-v2; default $BERT_MINILM, or examples/minilm, where make -C examples minilm puts them. */
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
#include "golden_forward.h"
#include "golden_hf_forward.h"
#include "golden_records.h"
#include "golden_tasks.h"
#include "golden_squad.h"
#include "golden_pretraining.h"
#include "golden_train.h"
#endif

static const struct {
    const char *set, *name, *dir;       /* dir: of the cases of that name; the name where it is NULL */
    void (*check)(const golden_place *place);
    int long_one;                       /* GOLDEN_SHORT=1 leaves it out: for emulators and checkers, which take 20 times as long */
} golden_table[] = {
    { "google", "tokenize", NULL, golden_google_tokenize, 0 },
    { "hf", "tokenizer", NULL, golden_hf_tokenizer, 0 },
#ifndef GOLDEN_SLOW
    { "google", "model", NULL, golden_google_model, 0 },
    { "google", "nezha/model", NULL, golden_google_model, 0 },
    { "google", "train_classifier/checkpoint", NULL, golden_google_state, 0 },
    { "google", "train_squad/checkpoint", NULL, golden_google_state, 0 },
    { "hf", "checkpoints", NULL, golden_hf_checkpoints, 0 },
    { "google", "forward", ".", golden_google_forward, 0 },
    { "google", "nezha/forward", "nezha", golden_google_forward, 0 },
    { "google", "nezha/relative_positions", "nezha", golden_relative_positions, 0 },
    { "google", "extract_features", NULL, golden_google_extract, 0 },
    { "google", "train_pretrain", NULL, golden_google_trace, 0 },
    { "google", "train_pretrain_onehot", NULL, golden_google_trace, 0 },
    { "google", "train_pretrain_tf1sparse", NULL, golden_google_trace, 0 },
    { "google", "train_classifier", NULL, golden_google_trace, 0 },
    { "google", "train_squad", NULL, golden_google_trace, 0 },
    { "google", "nezha/train_adam", NULL, golden_google_trace, 0 },
    { "google", "lamb", NULL, golden_google_trace, 0 },
    { "google", "pretraining_data", NULL, golden_google_pretraining, 0 },
    { "google", "eval_pretrain", NULL, golden_google_eval, 0 },
    { "google", "eval_classifier", NULL, golden_google_eval, 0 },
    { "google", "eval_squad_v1.1", NULL, golden_google_eval, 0 },
    { "google", "eval_squad_v2.0", NULL, golden_google_eval, 0 },
    { "google", "squad", NULL, golden_google_squad, 0 },
    { "google", "data", "squad", golden_squad_oracle, 0 },
    { "google", "eval_squad_v1.1/predictions", "eval_squad_v1.1", golden_google_squad_run, 0 },
    { "google", "eval_squad_v2.0/predictions", "eval_squad_v2.0", golden_google_squad_run, 0 },
    { "hf", "heads", NULL, golden_hf_heads, 0 },
    { "hf", "minilm", NULL, golden_hf_minilm, 0 },
    { "google", "classifier", NULL, golden_google_classifier, 0 },
    { "google", "eval_classifier", NULL, golden_google_eval_records, 0 },
    { "hf", "ner", NULL, golden_hf_ner, 0 },
    { "hf", "eval", NULL, golden_hf_eval_squad, 0 },
    { "hf", "eval", NULL, golden_hf_glue, 0 },
    { "google", "train_pretrain", NULL, golden_google_train, 1 },
    { "google", "train_pretrain_onehot", NULL, golden_google_train, 1 },
    { "google", "train_pretrain_tf1sparse", NULL, golden_google_train, 1 },
    { "google", "train_classifier", NULL, golden_google_train, 1 },
    { "google", "train_squad", NULL, golden_google_train, 1 },
    { "google", "nezha/train_adam", NULL, golden_google_train, 1 },
    { "google", "lamb", NULL, golden_google_train, 1 },
    { "google", "bertadam", NULL, golden_bertadam, 0 },
    { "hf", "heads", NULL, golden_hf_gradients, 1 },
    { "hf", "finetune", NULL, golden_hf_finetune, 1 },
#endif
};
/* Is it for this program? cuda_golden has what sessions and trainers compute, on a GPU (cuda/golden_device.cpp). */
static int golden_wanted(void (*check)(const golden_place *place))
{
#ifdef GOLDEN_CUDA
    return check == golden_google_forward || check == golden_hf_heads || check == golden_google_train || check == golden_hf_gradients;
#else
    return check != NULL;
#endif
}

/* Where `name` is under "../shared" or "./", seen from the repository, from tests/ and from the executable. */
static const char *golden_find(const char *program, const char *name, int shared, char *out, size_t size)
{
    static const char *const around[] = { ".", "..", "../..", "../../.." }, *const beyond[] = { "../shared", "../../shared", "../../../shared", "../../../../shared" };
    const char *const *places = shared ? beyond : around;
    size_t i, dir = 0;
    int beside;
    for (i = 0; program[i]; i++) if (program[i] == '/') dir = i + 1;
    for (beside = 0; beside < 2; beside++)
        for (i = 0; i < 4; i++) {
            snprintf(out, size, "%.*s%s/%s", beside ? (int)dir : 0, program, places[i], name);
            if (golden_is_directory(out)) return out;
        }
    return "";
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "--google", "--hf", "--data", "--only", "--minilm", "--isa" };
    const char *value[6] = { NULL, NULL, NULL, NULL, NULL, NULL };
    char found[4][1024], beside[1100];
    size_t i;
    int a;
    test_begin(0, NULL);
    for (a = 1; a < argc; a++) {
        for (i = 0; i < 6; i++) {
            size_t n = strlen(names[i]);
            if (strncmp(argv[a], names[i], n)) continue;
            if (argv[a][n] == '=') { value[i] = argv[a] + n + 1; break; }
            if (!argv[a][n] && a + 1 < argc) { value[i] = argv[++a]; break; }
        }
        if (i < 6) {
            if (i == 3) test_filter(value[3]);
        } else if (strcmp(argv[a], "--list") == 0) {
            test_now.list = 1;
        } else if (argv[a][0] == '-') {
            fprintf(stderr, "usage: golden [--google DIR] [--hf DIR] [--data DIR] [--minilm DIR] [--isa NAME] [--only NAME] [--list] [NAME]...\n"
                            "--minilm: the folder of all-MiniLM-L6-v2; default $BERT_MINILM or examples/minilm\n");
            return 2;
        } else {
            test_filter(argv[a]);
        }
    }
    if (!value[2] && (value[0] || value[1])) {                          /* DIR/../../data belongs to the goldens given */
        snprintf(beside, sizeof beside, "%s/../../data", value[1] ? value[1] : value[0]);
        if (golden_is_directory(beside)) value[2] = beside;
    }
    if (!value[0]) value[0] = golden_find(argv[0], "goldens/google", 1, found[0], sizeof found[0]);
    if (!value[1]) value[1] = golden_find(argv[0], "goldens/hf", 1, found[1], sizeof found[1]);
    if (!value[2]) value[2] = golden_find(argv[0], "data", 1, found[2], sizeof found[2]);
#ifndef GOLDEN_SLOW
    golden_minilm = value[4] ? value[4] : getenv("BERT_MINILM");
    if (!golden_minilm) golden_minilm = golden_find(argv[0], "examples/minilm", 0, found[3], sizeof found[3]);
    for (a = 0; value[5] && a < BERT_ISA_COUNT; a++) if (a && strcmp(value[5], bert_isa_name((bert_isa)a)) == 0) golden_isa = (bert_isa)a;
#ifdef GOLDEN_CUDA
    golden_isa = BERT_ISA_REF;          /* a name for what there is once */
#endif
    if (value[5] && (!golden_isa || !bert_isa_available(golden_isa))) { fprintf(stderr, "golden: this machine has no instructions %s\n", value[5]); return 2; }
#endif
    for (i = 0; i < sizeof golden_table / sizeof *golden_table; i++) {
        char dir[1100], label[64];
        golden_place place;
        place.root = value[strcmp(golden_table[i].set, "hf") == 0];
        place.data = value[2];
        place.dir = golden_path(dir, sizeof dir, place.root, golden_table[i].dir ? golden_table[i].dir : golden_table[i].name);
        place.label = golden_path(label, sizeof label, golden_table[i].set, golden_table[i].name);
        if (!golden_wanted(golden_table[i].check)) continue;
        if (!*place.root || !golden_is_directory(place.dir)) golden_skip(place.label, "this directory of goldens is not here");
        else if (golden_table[i].long_one && getenv("GOLDEN_SHORT")) golden_skip(place.label, "a long one, and GOLDEN_SHORT is set");
        else golden_table[i].check(&place);
    }
#ifndef GOLDEN_SLOW
    golden_print_worst();
#endif
    return test_end();
}
