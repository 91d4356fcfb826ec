/* accuracy.cpp - what a GPU's precisions cost a real model: STS-B's pairs by the cosine of their vectors, beside float32 on the processor
   SPDX-License-Identifier: MIT-0 OR Unlicense

   make -C tests bin/cuda_accuracy && tests/bin/cuda_accuracy MODEL STS-B/dev.tsv 200       (CUDA=1 bin/cuda_accuracy_device: on a real GPU)

   Of every precision: Spearman's correlation with the people's scores, times 100; the mean and the least cosine between its vectors and those
   of float32. The emulation sums in float32, as a GPU does but for the order (fp8: Hopper's tensor cores keep fewer bits between their own
   sums than that). */
#include "bert.h"
#define BERT_CUDA_IMPLEMENTATION
#include "bert_cuda.h"
#include "test.h"

#ifndef __CUDACC__
void emulated_store(void *p, cudaDataType_t t, int64_t i, float v)
{
    if (t == CUDA_R_32F) ((float *)p)[i] = v;
    else if (t == CUDA_R_16BF) bert__put((bert__bf16 *)p + i, v);
    else bert__put((bert__f16 *)p + i, v);
}
#endif
static double cosine(const float *a, const float *b, int n)
{
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) { ab += (double)a[i] * (double)b[i]; aa += (double)a[i] * (double)a[i]; bb += (double)b[i] * (double)b[i]; }
    return ab / sqrt(aa * bb);
}
int main(int argc, char **argv)
{
    static const struct { const char *name; bert_cuda_precision precision; } ways[] = { { "f32, processor", BERT_CUDA_DEFAULT }, { "f32", BERT_CUDA_F32 }, { "fp16", BERT_CUDA_F16 }, { "bf16", BERT_CUDA_BF16 }, { "fp8", BERT_CUDA_FP8 } };
    bert_error err;
    bert_model_desc md;
    bert_tokenizer_desc td;
    bert_embed_desc ed;
    bert_model *model;
    bert_tokenizer *tokenizer;
    size_t size, n = 0, most = argc > 3 ? (size_t)atoi(argv[3]) : 0, sizes[4000], i;
    const char *texts[4000];
    double want[2000], got[2000];
    memset(&err, 0, sizeof err);
    memset(&md, 0, sizeof md);
    memset(&td, 0, sizeof td);
    memset(&ed, 0, sizeof ed);
    if (argc < 4 || most < 2 || most > 2000) { fprintf(stderr, "cuda_accuracy MODEL STS-B/dev.tsv PAIRS (2 to 2000)\n"); return 2; }
    md.path = argv[1];
    md.error = td.error = ed.error = &err;
    char *data = (char *)test_read_file(argv[2], &size);
    if (!data) { fprintf(stderr, "cannot read %s\n", argv[2]); return 1; }
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tokenizer) || bert_embed_desc_read(model, &ed, &err)) { fprintf(stderr, "%s\n", err.message); return 1; }
    ed.error = &err;
    const int width = bert_model_config(model)->hidden_size;
    char *line = strchr(data, '\n');
    while (line && n < most) {                                          /* ... sentence1, sentence2, score are the last three */
        char *end = strchr(++line, '\n'), *tab[3];
        if (!end) break;
        *end = 0;
        for (i = 0; i < 3; i++) { tab[i] = strrchr(line, '\t'); if (!tab[i]) break; *tab[i] = 0; }
        if (i < 3) break;
        want[n] = atof(tab[0] + 1);
        texts[2 * n] = tab[2] + 1;
        texts[2 * n + 1] = tab[1] + 1;
        n++;
        line = end;
    }
    for (i = 0; i < 2 * n; i++) sizes[i] = strlen(texts[i]);
    float *exact = (float *)calloc(2 * n + 1, (size_t)width * sizeof *exact), *v = (float *)calloc(2 * n + 1, (size_t)width * sizeof *v);
    if (!exact || !v) return 1;
    printf("%zu pairs\n| | Spearman | mean cosine | least |\n|---|---|---|---|\n", n);
    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        bert_session_desc d;
        bert_cuda_desc cuda;
        bert_session *s;
        double mean = 0, least = 1;
        memset(&d, 0, sizeof d);
        memset(&cuda, 0, sizeof cuda);
        d.model = model;
        d.error = &err;
        d.precision = BERT_PRECISION_F32;
        d.max_tokens = 512;
        cuda.precision = ways[i].precision;
        if ((i ? bert_cuda_session_open(&d, &cuda, &s) : bert_session_open(&d, &s)) || bert_session_embed(s, tokenizer, &ed, texts, sizes, 2 * n, i ? v : exact)) { fprintf(stderr, "%s: %s\n", ways[i].name, err.message); return 1; }
        bert_session_close(s);
        for (size_t k = 0; k < 2 * n; k++) {
            const double c = cosine((i ? v : exact) + k * (size_t)width, exact + k * (size_t)width, width);
            mean += c / (double)(2 * n);
            least = c < least ? c : least;
        }
        for (size_t k = 0; k < n; k++) got[k] = cosine((i ? v : exact) + 2 * k * (size_t)width, (i ? v : exact) + (2 * k + 1) * (size_t)width, width);
        bert_correlations c;
        if (bert_correlate(want, got, n, NULL, &c, &err)) { fprintf(stderr, "%s\n", err.message); return 1; }
        printf("| %s | %.2f | %.5f | %.5f |\n", ways[i].name, 100 * c.spearman, mean, least);
        fflush(stdout);
    }
    free(exact);
    free(v);
    free(data);
    bert_tokenizer_close(tokenizer);
    bert_model_close(model);
    return 0;
}
