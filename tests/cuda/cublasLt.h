/* cublasLt.h - the products of cuBLASLt on the host: what its documentation says they compute, in plain loops
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Matrices are stored by columns, as there. Calls that the library would refuse (leading dimensions, types) are refused. */
#ifndef CUDA_EMULATED_CUBLASLT_H
#define CUDA_EMULATED_CUBLASLT_H

#include "cuda_runtime.h"

typedef enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_INVALID_VALUE = 7, CUBLAS_STATUS_NOT_SUPPORTED = 15 } cublasStatus_t;
typedef enum cudaDataType_t { CUDA_R_32F = 0, CUDA_R_16F = 2, CUDA_R_16BF = 14, CUDA_R_8F_E4M3 = 28 } cudaDataType_t;
typedef enum cublasComputeType_t { CUBLAS_COMPUTE_32F = 68, CUBLAS_COMPUTE_32F_FAST_TF32 = 77 } cublasComputeType_t;
typedef enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 } cublasOperation_t;
typedef enum cublasLtEpilogue_t { CUBLASLT_EPILOGUE_DEFAULT = 1, CUBLASLT_EPILOGUE_BIAS = 4, CUBLASLT_EPILOGUE_GELU_BIAS = 36, CUBLASLT_EPILOGUE_GELU_AUX_BIAS = 164 } cublasLtEpilogue_t;
typedef enum cublasLtMatmulDescAttributes_t {
    CUBLASLT_MATMUL_DESC_TRANSA = 3, CUBLASLT_MATMUL_DESC_TRANSB = 4, CUBLASLT_MATMUL_DESC_EPILOGUE = 7, CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER = 11, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD = 12, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER = 17,
    CUBLASLT_MATMUL_DESC_B_SCALE_POINTER = 18, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE = 26
} cublasLtMatmulDescAttributes_t;
typedef enum cublasLtMatmulPreferenceAttributes_t {
    CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES = 5, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES
} cublasLtMatmulPreferenceAttributes_t;
struct emulated_layout { cudaDataType_t type; uint64_t rows, columns; int64_t ld; };
struct emulated_matmul { cublasComputeType_t compute; int ta, tb; cublasLtEpilogue_t epilogue; const void *bias; void *aux; int64_t aux_ld; const float *scale_a, *scale_b; cudaDataType_t bias_type; };
typedef emulated_layout *cublasLtMatrixLayout_t;
typedef emulated_matmul *cublasLtMatmulDesc_t;
typedef struct emulated_preference { uint64_t workspace; } *cublasLtMatmulPreference_t;
typedef struct emulated_blas { int unused; } *cublasLtHandle_t;
struct cublasLtMatmulAlgo_t { uint64_t data[8]; };
struct cublasLtMatmulHeuristicResult_t { cublasLtMatmulAlgo_t algo; size_t workspaceSize; cublasStatus_t state; };

inline long *emulated_products() { static long n; return &n; }
inline cublasStatus_t cublasLtCreate(cublasLtHandle_t *h) { *h = new emulated_blas; return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtDestroy(cublasLtHandle_t h) { delete h; return CUBLAS_STATUS_SUCCESS; }
inline const char *cublasLtGetStatusString(cublasStatus_t s) { return s ? "CUBLAS_STATUS_INVALID_VALUE" : "CUBLAS_STATUS_SUCCESS"; }
inline cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *l, cudaDataType_t t, uint64_t rows, uint64_t columns, int64_t ld)
{
    if (ld < (int64_t)rows) return CUBLAS_STATUS_INVALID_VALUE;
    *l = new emulated_layout { t, rows, columns, ld };
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t l) { delete l; return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *d, cublasComputeType_t c, cudaDataType_t) { *d = new emulated_matmul { c, 0, 0, CUBLASLT_EPILOGUE_DEFAULT, NULL, NULL, 0, NULL, NULL, (cudaDataType_t)-1 }; return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t d) { delete d; return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t d, cublasLtMatmulDescAttributes_t a, const void *v, size_t n)
{
    void *to = a == CUBLASLT_MATMUL_DESC_TRANSA ? (void *)&d->ta : a == CUBLASLT_MATMUL_DESC_TRANSB ? (void *)&d->tb : a == CUBLASLT_MATMUL_DESC_EPILOGUE ? (void *)&d->epilogue
        : a == CUBLASLT_MATMUL_DESC_BIAS_POINTER ? (void *)&d->bias : a == CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER ? (void *)&d->aux : a == CUBLASLT_MATMUL_DESC_A_SCALE_POINTER ? (void *)&d->scale_a : a == CUBLASLT_MATMUL_DESC_B_SCALE_POINTER ? (void *)&d->scale_b
        : a == CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE ? (void *)&d->bias_type : (void *)&d->aux_ld;
    if (n != (a <= CUBLASLT_MATMUL_DESC_EPILOGUE || a == CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE ? 4u : 8u)) return CUBLAS_STATUS_INVALID_VALUE;
    memcpy(to, v, n);
    return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *p) { *p = new emulated_preference { 0 }; return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t p) { delete p; return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t a, const void *, size_t n) { return n == (a == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES ? 8u : 4u) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE; }
inline cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t d, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t out, cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t *r, int *found)
{
    *found = a->type == b->type && (a->type != CUDA_R_32F || out->type == CUDA_R_32F) && !(d->epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS && d->aux_ld % 8);
    if (a->type == CUDA_R_8F_E4M3)       /* turned A, plain B, rows of 16 bytes, scales, bf16 comes out */
        *found = *found && d->ta && !d->tb && a->rows % 16 == 0 && a->columns % 16 == 0 && a->ld % 16 == 0 && b->ld % 16 == 0 && out->ld % 8 == 0 && d->scale_a && d->scale_b && out->type == CUDA_R_16BF && (d->epilogue == CUBLASLT_EPILOGUE_DEFAULT || d->bias_type == CUDA_R_16BF);
    memset(r, 0, sizeof *r);
    return CUBLAS_STATUS_SUCCESS;
}
inline float emulated_value(const void *p, cudaDataType_t t, int64_t i)
{
    if (t == CUDA_R_32F) return ((const float *)p)[i];
    if (t == CUDA_R_8F_E4M3) {
        const int v8 = ((const uint8_t *)p)[i], mantissa = v8 & 7, exponent = v8 >> 3 & 15;
        const float size = (v8 & 127) == 127 ? NAN : ldexpf((float)(exponent ? 8 + mantissa : mantissa), (exponent ? exponent : 1) - 10);
        return v8 >> 7 ? -size : size;
    }
    const uint32_t v = ((const uint16_t *)p)[i];
    float f;
    if (t == CUDA_R_16BF) { const uint32_t bits = v << 16; memcpy(&f, &bits, 4); return f; }
    f = ldexpf((float)(v & 1023) + (v >> 10 & 31 ? 1024.0f : 0.0f), (int)(v >> 10 & 31 ? v >> 10 & 31 : 1) - 25);
    if ((v >> 10 & 31) == 31) f = v & 1023 ? NAN : INFINITY;
    return v >> 15 ? -f : f;
}
void emulated_store(void *p, cudaDataType_t t, int64_t i, float v);     /* in the test: with the rounding of bert.h */
inline cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void *alpha, const void *a, cublasLtMatrixLayout_t la, const void *b, cublasLtMatrixLayout_t lb, const void *beta, const void *c, cublasLtMatrixLayout_t,
                                     void *out, cublasLtMatrixLayout_t lo, const cublasLtMatmulAlgo_t *, void *, size_t, cudaStream_t s)
{
    const emulated_matmul d = *desc;
    const emulated_layout x = *la, y = *lb, z = *lo;
    const float al = *(const float *)alpha, be = *(const float *)beta;
    const int64_t k = (int64_t)(d.ta ? x.rows : x.columns);
    if ((d.ta ? x.columns : x.rows) != z.rows || (d.tb ? y.rows : y.columns) != z.columns || (int64_t)(d.tb ? y.columns : y.rows) != k || c != out) return CUBLAS_STATUS_INVALID_VALUE;
    ++*emulated_products();
    emulated_do(s, [=]() {
        std::vector<float> first((size_t)k * z.rows), second((size_t)k * z.columns);     /* as float32, k next to each other */
        for (int64_t i = 0; i < (int64_t)z.rows; i++) for (int64_t h = 0; h < k; h++) first[(size_t)(i * k + h)] = emulated_value(a, x.type, d.ta ? i * x.ld + h : h * x.ld + i);
        for (int64_t j = 0; j < (int64_t)z.columns; j++) for (int64_t h = 0; h < k; h++) second[(size_t)(j * k + h)] = emulated_value(b, y.type, d.tb ? h * y.ld + j : j * y.ld + h);
        for (int64_t j = 0; j < (int64_t)z.columns; j++)
            for (int64_t i = 0; i < (int64_t)z.rows; i++) {
                float sum = 0;
                for (int64_t h = 0; h < k; h++) sum += first[(size_t)(i * k + h)] * second[(size_t)(j * k + h)];
                sum *= al * (d.scale_a ? *d.scale_a * *d.scale_b : 1.0f);
                if (be != 0) sum += be * emulated_value(out, z.type, j * z.ld + i);
                if (d.epilogue != CUBLASLT_EPILOGUE_DEFAULT) sum += emulated_value(d.bias, z.type, i);
                if (d.epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS) emulated_store(d.aux, z.type, j * d.aux_ld + i, sum);
                if (d.epilogue == CUBLASLT_EPILOGUE_GELU_BIAS || d.epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS) sum = 0.5f * sum * (1.0f + tanhf(0.79788456080286536f * (sum + 0.044715f * sum * sum * sum)));
                emulated_store(out, z.type, j * z.ld + i, sum);
            }
    });
    return CUBLAS_STATUS_SUCCESS;
}
#endif
