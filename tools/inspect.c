/* tools/inspect.c - what is in a checkpoint, whether it is a whole BERT, and what differs between two.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "cli.h"
#include <math.h>

static const char *bert_config_file;
static int64_t limit;
static double tolerance;

static const cli_flag flags[] = {
    { "bert_config_file", 's', &bert_config_file, "the config (default: bert_config.json or config.json beside the checkpoint)" },
    { "tolerance", 'd', &tolerance, "two checkpoints: differences up to this count as none" },
    { "max", 'i', &limit, "list at most so many tensors; 0: all" },
    { 0, 0, 0, 0 }
};

/* What can be said of a tensor's values. */
typedef struct facts { double sum, low, high; int64_t nans, infinities; } facts;

/* Values [from, from + n) of a contiguous tensor, or all of a strided one, as double. */
static double *values(const bert_tensor *t, int64_t from, int64_t n)
{
    bert_tensor part = *t;
    bert_error err = { 0 };
    double *v = malloc((size_t)(n ? n : 1) * sizeof *v);
    if (!v) cli_fail("out of memory");
    if (!t->strides) { part.data += (size_t)from * bert_dtype_size(t->dtype); part.count = n; }
    if (bert_tensor_read(&part, BERT_F64, v, part.count, &err)) cli_fail(err.message);
    return v;
}
static int is_number(const bert_tensor *t) { return t->dtype != BERT_C64 && t->dtype != BERT_STRING && bert_dtype_size(t->dtype); }

static facts look(const bert_tensor *t)
{
    const int64_t step = t->strides ? t->count : 1 << 16;
    facts f = { 0 };
    int64_t from, i;
    f.low = INFINITY;
    f.high = -INFINITY;
    for (from = 0; from < t->count; from += step) {
        const int64_t n = t->count - from < step ? t->count - from : step;
        double *v = values(t, from, n);
        for (i = 0; i < n; i++) {
            if (v[i] != v[i]) { f.nans++; continue; }
            if (v[i] - v[i] != 0) f.infinities++;
            if (v[i] < f.low) f.low = v[i];
            if (v[i] > f.high) f.high = v[i];
            f.sum += v[i];
        }
        free(v);
    }
    return f;
}
static void print_shape(const bert_tensor *t)
{
    char text[400];
    size_t n = 0;
    int32_t k;
    n += (size_t)snprintf(text, sizeof text, "[");
    for (k = 0; k < t->rank && n < 370; k++) n += (size_t)snprintf(text + n, sizeof text - n, "%s%lld", k ? "," : "", (long long)t->shape[k]);
    snprintf(text + n, sizeof text - n, "]");
    printf(" %-14s", text);
}
static bert_checkpoint *open_checkpoint(const char *path)
{
    bert_error err = { 0 };
    bert_checkpoint_desc d = { 0 };
    bert_checkpoint *c;
    d.path = path;
    d.error = &err;
    if (bert_checkpoint_open(&d, &c)) cli_fail(err.message);
    return c;
}

static int inspect_one(const char *path)
{
    static const char *const sources[] = { "an unknown source", "Google", "Hugging Face", "NVIDIA", "NEZHA" };
    bert_checkpoint *c = open_checkpoint(path);
    const int64_t n = bert_checkpoint_count(c);
    bert_error err = { 0 };
    bert_model_desc d = { 0 };
    bert_model *m;
    bert_tensor_role role;
    int64_t i, shown = 0, bytes = 0, nans = 0, encoder = 0, strange = 0;
    printf("%s: %s, %lld tensors\n", bert_checkpoint_path(c), bert_checkpoint_format(c), (long long)n);
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        const int known = bert_tensor_recognise(t->name, &role);
        encoder += known && role.layer >= 0;
        strange += !known;
        bytes += (int64_t)bert_tensor_bytes(t);
        if (limit && shown >= limit) continue;
        shown++;
        printf("%-8s", bert_dtype_name(t->dtype));
        print_shape(t);
        printf(" %s", t->name);
        if (is_number(t)) {
            facts f = look(t);
            nans += f.nans + f.infinities;
            printf("  sum %.9g", f.sum);
            if (t->count) printf(" from %.6g to %.6g", f.low, f.high);
            if (f.nans) printf("  %lld NaN", (long long)f.nans);
            if (f.infinities) printf("  %lld infinite", (long long)f.infinities);
        }
        printf("\n");
    }
    printf("%lld bytes of values%s\n", (long long)bytes, nans ? "; some are NaN or infinite" : "");
    for (i = 0; i < n && strange && encoder; i++)
        if (!bert_tensor_recognise(bert_checkpoint_tensor(c, i)->name, &role)) printf("no part of a BERT: %s\n", bert_checkpoint_tensor(c, i)->name);
    bert_checkpoint_close(c);
    if (!encoder) return 0;                                             /* a container like any other */
    d.path = path;
    d.config_path = bert_config_file;
    d.error = &err;
    if (bert_model_open(&d, &m)) {
        fflush(stdout);
        fprintf(stderr, "%s: %s\n", cli_name, err.message);
        return 1;
    } else {
        const bert_config *k = bert_model_config(m);
        const uint32_t heads = bert_model_heads(m);
        char count[40] = "heads unknown without a config";
        if (k->heads) snprintf(count, sizeof count, "%d heads", (int)k->heads);
        printf("BERT of %s: %d layers, hidden %d, %s, intermediate %d, vocabulary %d, ", sources[k->source], (int)k->layers, (int)k->hidden_size, count, (int)k->intermediate_size, (int)k->vocab_size);
        if (k->max_relative_position) printf("relative positions up to %d, ", (int)k->max_relative_position);
        else printf("%d positions, ", (int)k->max_positions);
        printf("%d segment types\nactivation %s (%s), layer norm epsilon %g\nheads:%s%s%s%s%s%s\n", (int)k->type_vocab_size, bert_activation_name(k->activation),
               k->activation == BERT_GELU_TANH ? "GELU by tanh" : k->activation == BERT_GELU_ERF ? "GELU by erf" : "as named", k->layer_norm_eps,
               heads ? "" : " none", heads & BERT_HEAD_POOLER ? " pooler" : "", heads & BERT_HEAD_MLM ? " mlm" : "", heads & BERT_HEAD_NSP ? " nsp" : "",
               heads & BERT_HEAD_CLASSIFIER ? " classifier" : "", heads & BERT_HEAD_SPAN ? " span" : "");
        if (heads & BERT_HEAD_CLASSIFIER) printf("labels: %d\n", (int)k->labels);
        if (bert_model_config_path(m)) printf("config: %s\n", bert_model_config_path(m));
        if (k->unknown[0]) printf("config members without meaning here: %s\n", k->unknown);
        bert_model_close(m);
    }
    return 0;
}

/* A tensor and the part it plays, sorted by that: the same part in another checkpoint is found without trying all. */
typedef struct part { const bert_tensor *tensor; char *name; int turned, known; } part;
typedef struct parts { part *list; size_t count; } parts;

static int by_name(const void *a, const void *b)
{
    const part *x = a, *y = b;
    return x->known != y->known ? x->known - y->known : strcmp(x->name, y->name);
}
static part part_of(const bert_tensor *t)
{
    bert_tensor_role role;
    part p;
    p.tensor = t;
    p.known = bert_tensor_recognise(t->name, &role);
    p.turned = p.known && role.matrix && role.source == BERT_SOURCE_GOOGLE;
    p.name = malloc(strlen(p.known ? role.name : t->name) + 1);
    if (!p.name) cli_fail("out of memory");
    strcpy(p.name, p.known ? role.name : t->name);
    return p;
}
static parts parts_of(const bert_checkpoint *c)
{
    parts p;
    size_t i;
    p.count = (size_t)bert_checkpoint_count(c);
    p.list = calloc(p.count + 1, sizeof *p.list);
    if (!p.list) cli_fail("out of memory");
    for (i = 0; i < p.count; i++) p.list[i] = part_of(bert_checkpoint_tensor(c, (int64_t)i));
    qsort(p.list, p.count, sizeof *p.list, by_name);
    return p;
}
/* The tensor that plays the same part as `t`, and whether one of them must be turned. */
static const bert_tensor *same_part(const parts *in, const bert_tensor *t, int *turned)
{
    part p = part_of(t), *found = bsearch(&p, in->list, in->count, sizeof p, by_name);
    *turned = found && found->turned != p.turned;
    free(p.name);
    return found ? found->tensor : NULL;
}
static int inspect_two(const char *first, const char *second)
{
    bert_checkpoint *a = open_checkpoint(first), *b = open_checkpoint(second);
    const parts in_a = parts_of(a), in_b = parts_of(b);
    int64_t i, k, same = 0, different = 0;
    int turned;
    for (i = 0; i < bert_checkpoint_count(a); i++) {
        const bert_tensor *t = bert_checkpoint_tensor(a, i), *u = same_part(&in_b, t, &turned);
        const int64_t rows = t->rank == 2 ? t->shape[0] : 1, columns = t->rank == 2 ? t->shape[1] : t->count;
        double worst = 0, *v, *w;
        int64_t at = 0;
        if (!u) { printf("only in %s: %s\n", first, t->name); different++; continue; }
        if (u->count != t->count || u->rank != t->rank || !is_number(t) || !is_number(u)) { printf("another shape or kind: %s", t->name); print_shape(t); print_shape(u); printf("\n"); different++; continue; }
        v = values(t, 0, t->count);
        w = values(u, 0, u->count);
        for (k = 0; k < t->count; k++) {
            const double x = v[k], y = w[turned ? k % columns * rows + k / columns : k], d = fabs(x - y);
            if (memcmp(&x, &y, sizeof x) != 0 && !(x != x && y != y) && !(d <= worst)) { worst = d != d ? INFINITY : d; at = k; }
        }
        free(v);
        free(w);
        if (worst <= tolerance) { same++; continue; }
        different++;
        printf("%s differs by up to %.9g, at value %lld\n", t->name, worst, (long long)at);
    }
    for (i = 0; i < bert_checkpoint_count(b); i++)
        if (!same_part(&in_a, bert_checkpoint_tensor(b, i), &turned)) { printf("only in %s: %s\n", second, bert_checkpoint_tensor(b, i)->name); different++; }
    printf("%lld tensors are the same, %lld differ or stand alone\n", (long long)same, (long long)different);
    bert_checkpoint_close(a);
    bert_checkpoint_close(b);
    return different != 0;
}

int main(int argc, char **argv)
{
    cli c = cli_parse(argc, argv, "inspect CHECKPOINT [CHECKPOINT]",
                      "Lists the tensors of a checkpoint (a file, a TensorFlow prefix, an index.json, a directory, a .zip) and checks that it is a\n"
                      "whole BERT if it holds any encoder layer; or says what differs between two, whatever their formats and names.", flags);
    if (c.count == 1) return inspect_one(c.args[0]);
    if (c.count == 2) return inspect_two(c.args[0], c.args[1]);
    cli_usage("one checkpoint, or two to compare", "");
    return 2;
}
