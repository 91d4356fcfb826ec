/* lesson.c - a BERT of two layers, written out: every product, every derivative, with nothing but the plain kernels of >>ref
   SPDX-License-Identifier: MIT-0 OR Unlicense

      cc -O2 -I.. lesson.c -lm && ./a.out [STEPS]

   Read it beside what it prints. Letters: T tokens of a text, C channels, H heads of D = C/H channels, F feed-forward, V words, N labels.
   A matrix is [out, in]; a dense layer is y = x W^T + b. The library does the same for many texts at once, packed, with fast kernels;
   chapter 5 compares the two. Papers: Vaswani 2017 (attention), Devlin 2018 (BERT), Ba 2016 (layer norm), Hendrycks 2016 (GELU),
   Loshchilov 2019 (AdamW), Hinton 2015 (the student). */
#define BERT_NO_SIMD                    /* this file is about what the fast kernels compute, not how */
#define BERT_NO_THREADS
#define BERT_NO_DATA
#define BERT_NO_TF
#define BERT_NO_PICKLE
#define BERT_IMPLEMENTATION
#include "bert.h"
#include "little.h"
#include <time.h>

enum { T_MOST = 32, C_MOST = 32, F_MOST = 64, V_MOST = 1200, N = 3, BATCH = 16, LAYERS = 2, PARAMETERS = 9 + 16 * LAYERS, EXAM = 300, TEMPERATURE = 2, LABELLED = 60 };

/* ---- the numbers that learn: weight w, gradient g, and the two averages m and v that AdamW keeps ---- */

typedef struct parameter { const char *name; int rows, columns; float *w, *g, *m, *v; } parameter;
typedef struct model {
    int layers, c, h, f, count;         /* L, C, H, F; parameters */
    parameter p[PARAMETERS];
} model;
/* Where each stands: the embeddings, 16 for each layer, the pooler and the classifier behind them. */
enum { WORDS, PLACES, TYPES, NORM, NORM_B, Q = 0, Q_B, K, K_B, V, V_B, O, O_B, NORM1, NORM1_B, UP, UP_B, DOWN, DOWN_B, NORM2, NORM2_B };
#define LAYER(l, what) (5 + 16 * (l) + (what))
#define POOLER(m) (5 + 16 * (m)->layers)

static void add(model *m, const char *name, int rows, int columns)
{
    parameter *p = m->p + m->count++;
    const size_t n = (size_t)rows * (size_t)columns;
    p->name = name;
    p->rows = rows;
    p->columns = columns;
    p->w = calloc(4 * n, sizeof *p->w);
    if (!p->w) exit(1);
    p->g = p->w + n;
    p->m = p->g + n;
    p->v = p->m + n;
}
static void build(model *m, int layers, int c, int h, int f, uint64_t *rng)
{
    static const char *const of_layer[] = { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm" };
    static char names[64][80];
    static int used;
    int l, k, i;
    memset(m, 0, sizeof *m);
    m->layers = layers;  m->c = c;  m->h = h;  m->f = f;
    add(m, "bert.embeddings.word_embeddings.weight", V_MOST, c);
    add(m, "bert.embeddings.position_embeddings.weight", T_MOST, c);
    add(m, "bert.embeddings.token_type_embeddings.weight", 2, c);
    add(m, "bert.embeddings.LayerNorm.weight", 1, c);
    add(m, "bert.embeddings.LayerNorm.bias", 1, c);
    for (l = 0; l < layers; l++)
        for (k = 0; k < 8; k++) {
            const int norm = k == 4 || k == 7, out = k == 5 ? f : c, in = k == 6 ? f : c;
            for (i = 0; i < 2; i++) {
                char *name = names[used++ % 64];
                snprintf(name, 80, "bert.encoder.layer.%d.%s.%s", l, of_layer[k], i ? "bias" : "weight");
                add(m, name, i || norm ? 1 : out, i ? out : norm ? c : in);
            }
        }
    add(m, "bert.pooler.dense.weight", c, c);
    add(m, "bert.pooler.dense.bias", 1, c);
    add(m, "classifier.weight", N, c);
    add(m, "classifier.bias", 1, N);
    for (i = 0; i < m->count; i++) {                    /* matrices near 0 at random, biases 0, the norms' weights 1 */
        parameter *p = m->p + i;
        const int64_t n = (int64_t)p->rows * p->columns;
        int64_t j;
        if (p->rows > 1) for (j = 0; j < n; j++) p->w[j] = 0.2f * ((float)little_random(rng, 1 << 20) + (float)little_random(rng, 1 << 20) - (1 << 20)) / (1 << 20);
        else if (strstr(p->name, "LayerNorm.weight")) for (j = 0; j < n; j++) p->w[j] = 1;
    }
}

/* ---- a dense layer, and its way back ----
   y = x W^T + b.  With d = dLoss/dy:  dLoss/dW = d^T x,  dLoss/db = the sum of d over the tokens,  dLoss/dx = d W. */

static float turned[2][C_MOST * 64 + F_MOST * 64], product[F_MOST * F_MOST];

static void dense(const model *m, int which, const float *x, int tokens, float *y)
{
    const parameter *w = m->p + which, *b = w + 1;
    bert__ref_dots(x, w->columns, tokens, w->w, w->columns, w->rows, w->columns, b->w, y, w->rows);
}
static void dense_back(model *m, int which, const float *x, const float *d, int tokens, float *dx, int more)
{
    parameter *w = m->p + which, *b = w + 1;
    const int out = w->rows, in = w->columns;
    int i;
    bert__ref_transpose(d, out, tokens, out, turned[0], tokens);
    bert__ref_transpose(x, in, tokens, in, turned[1], tokens);
    bert__ref_dots(turned[0], tokens, out, turned[1], tokens, in, tokens, NULL, product, in);
    for (i = 0; i < out * in; i++) w->g[i] += product[i];
    for (i = 0; i < out; i++) b->g[i] += bert__ref_sum(turned[0] + i * tokens, tokens);
    bert__ref_transpose(w->w, in, out, in, turned[1], out);
    bert__ref_dots(d, out, tokens, turned[1], out, in, out, NULL, product, in);
    for (i = 0; i < tokens * in; i++) dx[i] = product[i] + (more ? dx[i] : 0);
}

/* ---- one text through the model; everything is kept, for the way back ---- */

typedef struct kept {
    float x[T_MOST * C_MOST];                                           /* into the layer */
    float q[T_MOST * C_MOST], k[T_MOST * C_MOST], v[T_MOST * C_MOST];
    float p[8][T_MOST * T_MOST];                                        /* each head: who looks at whom */
    float seen[T_MOST * C_MOST], mixed[T_MOST * C_MOST];                /* what the heads bring; after the first norm */
    float up[T_MOST * F_MOST], bent[T_MOST * F_MOST];                   /* before and after GELU */
    float normal1[T_MOST * C_MOST], normal2[T_MOST * C_MOST], inverse1[T_MOST], inverse2[T_MOST];
} kept;
static kept keep[LAYERS];
static float into[T_MOST * C_MOST], normal0[T_MOST * C_MOST], inverse0[T_MOST], top[T_MOST * C_MOST], pooled[C_MOST], logits[N];

/* y = LayerNorm(x) = gamma (x - mean) / sqrt(variance + epsilon) + beta, row by row; x becomes the normal part */
static void norm(const model *m, int which, float *x, int tokens, float *inverse, float *y)
{
    int t;
    for (t = 0; t < tokens; t++) {
        inverse[t] = bert__ref_normal(x + t * m->c, NULL, 1e-12, m->c);
        bert__ref_affine(y + t * m->c, x + t * m->c, m->p[which].w, m->p[which + 1].w, m->c);
    }
}
static void norm_back(model *m, int which, float *d, const float *normal, const float *inverse, int tokens)
{
    int t, c;
    for (c = 0; c < m->c; c += BERT__COLUMNS) bert__ref_norm_sums(d + c, m->c, normal + c, m->c, tokens, BERT__COLUMNS, m->p[which].g + c, m->p[which + 1].g + c);
    for (t = 0; t < tokens; t++) bert__ref_norm_back(d + t * m->c, d + t * m->c, normal + t * m->c, inverse[t], m->p[which].w, m->c);
}
static void forward(const model *m, const int32_t *ids, int tokens)
{
    const int c = m->c, depth = c / m->h;
    int t, i, l, h;
    for (t = 0; t < tokens; t++)                        /* a token is its word + its place + which text it belongs to (here always 0) */
        for (i = 0; i < c; i++) normal0[t * c + i] = m->p[WORDS].w[ids[t] * c + i] + m->p[PLACES].w[t * c + i] + m->p[TYPES].w[i];
    norm(m, NORM, normal0, tokens, inverse0, into);
    for (l = 0; l < m->layers; l++) {
        kept *k = keep + l;
        memcpy(k->x, into, sizeof k->x);
        dense(m, LAYER(l, Q), k->x, tokens, k->q);
        dense(m, LAYER(l, K), k->x, tokens, k->k);
        dense(m, LAYER(l, V), k->x, tokens, k->v);
        for (h = 0; h < m->h; h++) {                    /* softmax(q k^T / sqrt(D)) v */
            const int at = h * depth;
            bert__ref_dots(k->q + at, c, tokens, k->k + at, c, tokens, depth, NULL, k->p[h], tokens);
            for (t = 0; t < tokens; t++) bert__ref_softmax(k->p[h] + t * tokens, tokens, 1 / sqrtf((float)depth), NULL, NULL);
            bert__ref_transpose(k->v + at, c, tokens, depth, turned[0], tokens);
            bert__ref_dots(k->p[h], tokens, tokens, turned[0], tokens, depth, tokens, NULL, k->seen + at, c);
        }
        dense(m, LAYER(l, O), k->seen, tokens, k->normal1);
        for (i = 0; i < tokens * c; i++) k->normal1[i] += k->x[i];      /* what was there stays: the residual */
        norm(m, LAYER(l, NORM1), k->normal1, tokens, k->inverse1, k->mixed);
        dense(m, LAYER(l, UP), k->mixed, tokens, k->up);
        bert__ref_curve(BERT_GELU_ERF, k->up, k->bent, tokens * m->f);       /* GELU(x) = x P(a normal number < x) */
        dense(m, LAYER(l, DOWN), k->bent, tokens, k->normal2);
        for (i = 0; i < tokens * c; i++) k->normal2[i] += k->mixed[i];
        norm(m, LAYER(l, NORM2), k->normal2, tokens, k->inverse2, into);
    }
    memcpy(top, into, sizeof top);
    dense(m, POOLER(m), top, 1, pooled);                /* the first token, [CLS], speaks for the text */
    bert__ref_curve(BERT_TANH, pooled, pooled, c);
    dense(m, POOLER(m) + 2, pooled, 1, logits);
}
/* Cross entropy: -sum over labels of wanted log softmax(logits). Its derivative by the logits is softmax - wanted. (Both softer by a
   temperature in chapter 8: softmax(logits / T), and the loss times T^2, so that derivatives keep their size; Hinton 2015, section 2.) */
static double loss_of(const float wanted[N], float temperature, float d[N])
{
    double loss = 0;
    int i;
    memcpy(d, logits, N * sizeof *d);
    bert__ref_softmax(d, N, 1 / temperature, NULL, NULL);
    for (i = 0; i < N; i++) {
        loss -= (double)wanted[i] * log((double)d[i] + 1e-30);
        d[i] = (d[i] - wanted[i]) * temperature;
    }
    return loss * (double)temperature * (double)temperature;
}
/* The same backwards: each step turns dLoss/d(what came out) into dLoss/d(what went in), and adds to the gradients on its way. */
static void backward(model *m, const int32_t *ids, int tokens, float d_logits[N])
{
    static float d[T_MOST * C_MOST], dq[T_MOST * C_MOST], dk[T_MOST * C_MOST], dv[T_MOST * C_MOST], d_seen[T_MOST * C_MOST], d_up[T_MOST * F_MOST], dp[T_MOST * T_MOST], d_pool[C_MOST], first[C_MOST];
    const int c = m->c, depth = c / m->h;
    int i, l, h, t;
    dense_back(m, POOLER(m) + 2, pooled, d_logits, 1, d_pool, 0);
    for (i = 0; i < c; i++) d_pool[i] *= 1 - pooled[i] * pooled[i];     /* of tanh */
    dense_back(m, POOLER(m), top, d_pool, 1, first, 0);
    memset(d, 0, sizeof d);
    memcpy(d, first, (size_t)c * sizeof *d);            /* only [CLS] was looked at */
    for (l = m->layers - 1; l >= 0; l--) {
        kept *k = keep + l;
        norm_back(m, LAYER(l, NORM2), d, k->normal2, k->inverse2, tokens);
        dense_back(m, LAYER(l, DOWN), k->bent, d, tokens, d_up, 0);
        bert__ref_slope(BERT_GELU_ERF, k->up, d_up, k->bent, tokens * m->f);     /* times GELU's slope; its values come along, for those who did not keep them */
        dense_back(m, LAYER(l, UP), k->mixed, d_up, tokens, d, 1);      /* added to what the residual carries by */
        norm_back(m, LAYER(l, NORM1), d, k->normal1, k->inverse1, tokens);
        dense_back(m, LAYER(l, O), k->seen, d, tokens, d_seen, 0);
        for (h = 0; h < m->h; h++) {
            const int at = h * depth;
            bert__ref_dots(d_seen + at, c, tokens, k->v + at, c, tokens, depth, NULL, dp, tokens);                          /* dP = dOut V^T */
            bert__ref_transpose(k->p[h], tokens, tokens, tokens, turned[0], tokens);
            bert__ref_transpose(d_seen + at, c, tokens, depth, turned[1], tokens);
            bert__ref_dots(turned[0], tokens, tokens, turned[1], tokens, depth, tokens, NULL, dv + at, c);                  /* dV = P^T dOut */
            for (t = 0; t < tokens; t++) bert__ref_softmax_back(k->p[h] + t * tokens, dp + t * tokens, tokens, 1 / sqrtf((float)depth));
            bert__ref_transpose(k->k + at, c, tokens, depth, turned[1], tokens);
            bert__ref_dots(dp, tokens, tokens, turned[1], tokens, depth, tokens, NULL, dq + at, c);                         /* dQ = dS K */
            bert__ref_transpose(dp, tokens, tokens, tokens, turned[0], tokens);
            bert__ref_transpose(k->q + at, c, tokens, depth, turned[1], tokens);
            bert__ref_dots(turned[0], tokens, tokens, turned[1], tokens, depth, tokens, NULL, dk + at, c);                  /* dK = dS^T Q */
        }
        dense_back(m, LAYER(l, Q), k->x, dq, tokens, d, 1);
        dense_back(m, LAYER(l, K), k->x, dk, tokens, d, 1);
        dense_back(m, LAYER(l, V), k->x, dv, tokens, d, 1);
    }
    norm_back(m, NORM, d, normal0, inverse0, tokens);
    for (t = 0; t < tokens; t++)
        for (i = 0; i < c; i++) {
            m->p[WORDS].g[ids[t] * c + i] += d[t * c + i];
            m->p[PLACES].g[t * c + i] += d[t * c + i];
            m->p[TYPES].g[i] += d[t * c + i];
        }
}
/* AdamW: m and v follow the gradient and its square; the weight goes by rate m / sqrt(v), both corrected for their start at 0. */
static void update(model *m, int step, float rate)
{
    bert__update u;
    double none[2];
    int i;
    memset(&u, 0, sizeof u);
    u.kind = BERT_OPTIMIZER_ADAMW;
    u.rate = rate;  u.scale = 1.0f / BATCH;
    u.beta1 = 0.9f;  u.rest1 = 0.1f;  u.beta2 = 0.999f;  u.rest2 = 0.001f;  u.epsilon = 1e-8f;
    u.correct1 = (float)(1 / (1 - pow(0.9, step + 1)));
    u.correct2 = (float)(1 / (1 - pow(0.999, step + 1)));
    for (i = 0; i < m->count; i++) {
        parameter *p = m->p + i;
        const int64_t n = (int64_t)p->rows * p->columns;
        u.decay = p->rows > 1 ? 0.01f : 0;
        bert__ref_update(&u, 2, 1, p->w, p->g, p->m, p->v, n, none);
        memset(p->g, 0, (size_t)n * sizeof *p->g);
    }
}

/* ---- words: here each word is a token (WordPiece would cut rare ones: see examples/tour.c) ---- */

static char words[V_MOST][32];
static int word_count = 4;              /* 0 [PAD], 1 [CLS], 2 [SEP], 3 unknown */
static int encode(const char *text, int32_t ids[T_MOST])
{
    int n = 1, k;
    ids[0] = 1;
    while (*text && n < T_MOST - 1) {
        const int size = (int)strcspn(text, " ");
        for (k = 4; k < word_count && (strncmp(words[k], text, (size_t)size) != 0 || words[k][size]); k++) {}
        if (k == word_count && word_count < V_MOST && size < 32) memcpy(words[word_count++], text, (size_t)size);
        ids[n++] = k < word_count ? k : 3;
        text += size + (text[size] == ' ');
    }
    ids[n++] = 2;
    return n;
}
static const char *word(int id) { return id == 1 ? "[CLS]" : id == 2 ? "[SEP]" : id == 3 ? "[UNK]" : words[id]; }

/* labelled: so many texts with labels are all there are, again and again; 0: as many as it likes. With a teacher no label is needed. */
static void train(model *m, const model *teacher, int labelled, int steps, uint64_t *rng)
{
    const float temperature = teacher ? TEMPERATURE : 1;
    double mean = 0;
    int step, b;
    for (step = 0; step < steps; step++) {
        double loss = 0;
        for (b = 0; b < BATCH; b++) {
            char text[200];
            int32_t ids[T_MOST];
            float wanted[N] = { 0 }, d[N];
            uint64_t one = (labelled ? 1 + little_random(rng, (uint32_t)labelled) : 0) * 0x9E3779B97F4A7C15u;
            const int label = little_review(labelled ? &one : rng, text), tokens = encode(text, ids);
            wanted[label] = 1;
            if (teacher) {                              /* not what is right, but how sure the teacher is of each */
                forward(teacher, ids, tokens);
                memcpy(wanted, logits, sizeof wanted);
                bert__ref_softmax(wanted, N, 1 / temperature, NULL, NULL);
            }
            forward(m, ids, tokens);
            loss += loss_of(wanted, temperature, d) / BATCH;
            backward(m, ids, tokens, d);
        }
        update(m, step, 2e-3f * (float)(step < 20 ? step + 1 : 20) / 20 * (float)(steps - step) / (float)steps);
        mean = step ? 0.95 * mean + 0.05 * loss : loss;
        if ((step + 1) % (steps / 5) == 0) printf("   step %4d: loss %.3f\n", step + 1, mean);
    }
}
/* Share of other texts told rightly; microseconds each. */
static double examine(const model *m, double *time_each)
{
    uint64_t rng = 99;
    const clock_t start = clock();
    int i, k, right = 0;
    for (i = 0; i < EXAM; i++) {
        char text[200];
        int32_t ids[T_MOST];
        const int label = little_review(&rng, text);
        int best = 0;
        forward(m, ids, encode(text, ids));
        for (k = 1; k < N; k++) if (logits[k] > logits[best]) best = k;
        right += best == label;
    }
    *time_each = 1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / EXAM;
    return (double)right / EXAM;
}
static void show_attention(const model *m, const char *text)
{
    int32_t ids[T_MOST];
    const int tokens = encode(text, ids);
    int t, j, h;
    forward(m, ids, tokens);
    for (h = 0; h < m->h; h++) {
        printf("   head %d of the last layer; a row looks at the columns, in %%\n   %10s", h + 1, "");
        for (j = 0; j < tokens; j++) printf("%6.5s", word(ids[j]));
        printf("\n");
        for (t = 0; t < tokens; t++) {
            printf("   %10.9s", word(ids[t]));
            for (j = 0; j < tokens; j++) printf("%6.0f", 100 * (double)keep[m->layers - 1].p[h][t * tokens + j]);
            printf("\n");
        }
    }
}
static int64_t numbers_of(const model *m)
{
    int64_t n = 0;                      /* of words those that occur */
    for (int i = 0; i < m->count; i++) n += (int64_t)(i == WORDS ? word_count : m->p[i].rows) * m->p[i].columns;
    return n;
}

int main(int argc, char **argv)
{
    const int steps = argc > 1 && atoi(argv[1]) >= 5 ? atoi(argv[1]) : 900;
    static model teacher, student, alone;
    const char *text = "the soup was not stale at all .";
    uint64_t rng = 1, other = 2;
    int32_t ids[T_MOST], classes[1];
    float wanted[N] = { 0, 0, 1 }, d[N];
    double loss, worst = 0, score[3], time_each[3];
    int tokens, i, k;
    bert_error err = { 0 };
    bert_config config = little_config(V_MOST);
    bert_trainer_desc td = { 0 };
    bert_trainer *trainer;
    bert_batch batch = { 0 };
    bert_targets targets = { 0 };
    bert_progress progress;
    int64_t offsets[2] = { 0, 0 };

    for (i = 0; i < 3000; i++) { char review[200]; little_review(&other, review); encode(review, ids); }   /* the words there are */
    build(&teacher, LAYERS, 32, 2, 64, &rng);
    printf("1. Words to numbers\n\n   \"%s\"\n  ", text);
    tokens = encode(text, ids);
    for (i = 0; i < tokens; i++) printf(" %s %d ", word(ids[i]), (int)ids[i]);
    printf("\n   Each number names a row of %d floats: a place among words. They begin at random and are learned like all else.\n", teacher.c);

    printf("\n2. Attention, before anything was learned: everybody looks everywhere\n\n");
    show_attention(&teacher, text);

    printf("\n3. The loss\n\n");
    loss = loss_of(wanted, 1, d);
    printf("   bad, mixed, good: %.3f %.3f %.3f. It should be good: the loss is -log %.3f = %.3f; who knows nothing has log 3 = %.3f.\n", (double)d[0], (double)d[1], (double)d[2] + 1, (double)d[2] + 1, loss, log(3.0));

    printf("\n4. The way back: is a derivative what it says? Move one weight a little, and see what the loss does\n\n");
    backward(&teacher, ids, tokens, d);
    for (i = 5; i < teacher.count; i += 7) {
        parameter *p = teacher.p + i;
        const float was = p->w[1], e = 3e-3f;
        double up, down;
        p->w[1] = was + e;  forward(&teacher, ids, tokens);  up = loss_of(wanted, 1, d);
        p->w[1] = was - e;  forward(&teacher, ids, tokens);  down = loss_of(wanted, 1, d);
        p->w[1] = was;
        printf("   %-55s derivative %9.6f, measured %9.6f\n", p->name, (double)p->g[1], (up - down) / (2 * (double)e));
    }

    printf("\n5. And the library, with the same weights\n\n");
    config.hidden_size = 32;  config.heads = 2;  config.intermediate_size = 64;  config.max_positions = T_MOST;
    td.config = &config;  td.learn = BERT_LEARN_CLASSES;  td.labels = N;  td.classifier_dropout = -1;  td.isa = BERT_ISA_REF;  td.error = &err;
    if (bert_trainer_open(&td, &trainer)) { fprintf(stderr, "lesson: %s\n", err.message); return 1; }
    for (i = 0; i < teacher.count; i++) memcpy(bert_trainer_find(trainer, teacher.p[i].name)->weight, teacher.p[i].w, (size_t)(teacher.p[i].rows * teacher.p[i].columns) * sizeof(float));
    offsets[1] = tokens;  batch.sequences = 1;  batch.offsets = offsets;  batch.ids = ids;
    classes[0] = 2;  targets.classes = classes;
    if (bert_trainer_gradients(trainer, &batch, &targets, &progress, &err)) { fprintf(stderr, "lesson: %s\n", err.message); return 1; }
    for (i = 0; i < teacher.count; i++)
        for (k = 0; k < teacher.p[i].rows * teacher.p[i].columns; k++) {
            const double difference = fabs((double)teacher.p[i].g[k] - (double)bert_trainer_find(trainer, teacher.p[i].name)->gradient[k]);
            if (difference > worst) worst = difference;
        }
    bert_trainer_close(trainer);
    printf("   its loss %.6f, ours %.6f; of all %d derivatives the largest difference is %.1e\n", progress.loss, loss, (int)numbers_of(&teacher), worst);
    for (i = 0; i < teacher.count; i++) memset(teacher.p[i].g, 0, (size_t)(teacher.p[i].rows * teacher.p[i].columns) * sizeof(float));

    printf("\n6. Training: %d steps of %d reviews\n\n", steps, BATCH);
    train(&teacher, NULL, 0, steps, &rng);
    score[0] = examine(&teacher, &time_each[0]);
    printf("   %d other reviews: %.1f %% told rightly\n", EXAM, 100 * score[0]);

    printf("\n7. The same attention, after it\n\n");
    show_attention(&teacher, text);

    printf("\n8. Where labels are few: a student of one layer of 16 that hears, of any text, how sure the teacher is; its twin has %d labels\n\n", LABELLED);
    build(&student, 1, 16, 2, 32, &rng);
    rng = 8;
    build(&alone, 1, 16, 2, 32, &rng);
    for (i = 0; i < alone.count; i++) memcpy(student.p[i].w, alone.p[i].w, (size_t)(alone.p[i].rows * alone.p[i].columns) * sizeof(float));
    rng = other = 11;
    train(&student, &teacher, 0, steps, &rng);
    printf("   the twin:\n");
    train(&alone, NULL, LABELLED, steps, &other);
    score[1] = examine(&student, &time_each[1]);
    score[2] = examine(&alone, &time_each[2]);
    printf("\n              numbers   us a text   told rightly\n");
    for (k = 0; k < 3; k++) {
        const model *m = k == 0 ? &teacher : k == 1 ? &student : &alone;
        printf("   %-8s  %8d  %10.0f   %5.1f %%  ", k == 0 ? "teacher" : k == 1 ? "student" : "its twin", (int)numbers_of(m), time_each[k], 100 * score[k]);
        for (i = 0; i < (int)(score[k] * 40); i++) printf("#");
        printf("\n");
    }
    return worst < 1e-5 ? 0 : 1;
}
