/* bert_cuda.h - v0.1.1 - bert.h on an NVIDIA GPU, in one header
   SPDX-License-Identifier: MIT-0 OR Unlicense          (the texts are at the end of bert_tokenizer.h)

   IS        A session or a trainer of bert.h that computes on a GPU: the same calls, batches, results, checkpoints, the same numbers
             dropped by the same seed. bf16 (default), fp16 with a loss scale, tf32, f32; sessions also fp8.
   IS NOT    An API of its own: open with bert_cuda_session_open or bert_cuda_trainer_open instead of bert_session_open or
             bert_trainer_open, and use what comes out with the functions of bert.h.
   NEEDS     CUDA 11.8 or newer, a GPU from sm_75 (Turing; sm_70 too with a CUDA before 13, which dropped it); bf16 and tf32
             from sm_80. Of the toolkit's libraries cuBLASLt (-lcublasLt); NCCL on demand. C++17.

   START     Include it after bert.h, wherever it is used: the declarations need no nvcc. Implement it in exactly one .cu file:

      #define BERT_IMPLEMENTATION                 // in a .cu: this header as well. Where bert.h is compiled in a .c file, the .cu
      #include "bert.h"                           // has BERT_CUDA_IMPLEMENTATION instead
      #include "bert_cuda.h"
      #include <stdio.h>
      int main(int argc, char **argv) {           // nvcc -O2 -std=c++17 vector.cu -lcublasLt && ./a.out MODEL "a text"
          bert_error err = {0};
          bert_model_desc md = {0};  bert_tokenizer_desc td = {0};  bert_session_desc sd = {0};  bert_embed_desc ed = {0};
          bert_model *model;  bert_tokenizer *tok;  bert_session *session;
          static float v[4096];
          if (argc < 3) return 2;
          md.path = argv[1];
          md.error = td.error = sd.error = ed.error = &err;
          if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
          sd.model = model;
          if (bert_cuda_session_open(&sd, NULL, &session)) goto failed;                 // the one line that differs
          { const char *text = argv[2];  size_t size = strlen(text);
            if (bert_session_embed(session, tok, &ed, &text, &size, 1, v)) goto failed; }
          for (int i = 0; i < bert_model_config(model)->hidden_size; i++) printf("%g ", v[i]);
          bert_session_close(session);  return 0;
      failed:
          fprintf(stderr, "%s\n", err.message);  return 1;
      }

   NUMBERS   The same batch on the same GPU gives the same bits each time: no sum is left to chance (no atomic additions). With cuBLASLt a
             sequence's bits may depend on what is beside it, as the library chooses its kernels by the size; with its own products
             (cublas = BERT_OFF) they do not. Sums are float32 in every precision; losses and norms float64; weights, gradients of
             weights and the optimizer's slots float32.

   UNTESTED  No part of this has run on a GPU yet, so no speed is claimed: nvcc 13 compiles it for sm_75 to sm_120, and every kernel runs on a GPU that the
             host plays (tests/cuda_emulated.cpp), NCCL between two processes there. Not measured: inference and training in bf16 on an H200 beside
             PyTorch, fp8's speed, the loss of bits in its tensor cores' sums. tests/cuda_measure.sh measures and tests all of it in one run.

   OPTIONS (before the implementation)
      BERT_CUDA_IMPLEMENTATION   compiles this header's functions here. BERT_IMPLEMENTATION implies it in a .cu.
      BERT_CUDA_NO_CUBLASLT      leaves cuBLASLt out: products by the kernels here, on tensor cores (mma) where the shapes allow.
      BERT_USE_NCCL              several GPUs: bert_cuda_comm_open, a comm for bert_trainer_desc (-lnccl). Where the declarations are needed, too.

   CONTENTS  (search for the tag)
      >>cu_api        what this header adds to bert.h      >>cu_words      what the kernels are written in
      >>cu_state      a device, its memory, its parameters >>cu_products   dense layers
      >>cu_rows       embeddings, LayerNorm, dropout       >>cu_attention  forward and backward
      >>cu_encoder    layers, forward and backward         >>cu_heads      what a session answers
      >>cu_session    the functions behind bert_session    >>cu_losses     what a trainer learns
      >>cu_update     norms and optimizers                 >>cu_comm       gradients of several GPUs, by NCCL
      >>cu_trainer    those behind bert_trainer
*/
#ifndef BERT_CUDA_H
#define BERT_CUDA_H

#ifndef BERT_H
#error "bert_cuda.h: include bert.h before it"
#endif

/* ============================================================================================================
   >>cu_api
   ============================================================================================================ */

/* What activations and products are computed in. Default: bf16, on GPUs before sm_80 fp16; for a desc whose precision is
   BERT_PRECISION_F32, f32. FP8 (sessions, from sm_89 on, with cuBLASLt): bf16, but the factors of the layers' products have 8 bits (e4m3; weights
   scaled by their largest one, activations times 4 and at most 112). What that costs in accuracy is in the README. */
typedef enum bert_cuda_precision { BERT_CUDA_DEFAULT = 0, BERT_CUDA_F32 = 1, BERT_CUDA_TF32 = 2, BERT_CUDA_BF16 = 3, BERT_CUDA_F16 = 4, BERT_CUDA_FP8 = 5 } bert_cuda_precision;

typedef struct bert_cuda_desc {
    int32_t device;                     /* which GPU, from 0 */
    bert_cuda_precision precision;
    bert_flag cublas;                   /* off: products by the kernels of this header; default on */
    bert_flag graphs;                   /* shapes that come again are replayed as CUDA graphs; default on */
    bert_flag fused_attention;          /* off: the plain kernels even where D is 64; default on */
    size_t workspace;                   /* bytes for cuBLASLt; default 32 MB */
} bert_cuda_desc;

/* Bytes on the device, exactly: one allocation. */
typedef struct bert_cuda_bytes {
    size_t weights;                     /* the parameters, in the precision and (trainer, or 16 bits) in float32 */
    size_t gradients, slots;            /* trainer */
    size_t activations;                 /* and everything else, without: */
    size_t workspace;
    size_t total;
} bert_cuda_bytes;

/* A GPU, for programs to show. */
typedef struct bert_cuda_info { char name[256]; int32_t major, minor, multiprocessors; size_t memory, available; } bert_cuda_info;
BERT_API bert_status bert_cuda_device(int32_t device, bert_cuda_info *out, bert_error *error);

/* As bert_session_open and bert_trainer_open; `cuda` may be NULL. Of the desc, packed, isa, threads and parallel mean nothing here; budget are
   bytes on the device; max_tokens is 8192 by default (or the model's positions if these are more). */
BERT_API bert_status bert_cuda_session_open(const bert_session_desc *desc, const bert_cuda_desc *cuda, bert_session **out);
BERT_API bert_status bert_cuda_plan_session(const bert_session_desc *desc, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error);
/* As bert_plan_memory: the same bytes of a session, from a config alone too (isa, threads and lent_threads mean nothing). Plans need no GPU: where there is none
   they are those of an sm_89. */
BERT_API bert_status bert_cuda_plan_memory(const bert_plan_desc *desc, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error);
#ifndef BERT_NO_TRAIN
/* A step whose progress is not asked for (NULL) is not waited for, but with a loss scale, which F16 always has (from 65536 on, where the desc says
   nothing); should it fail, a later call says so. The optimizer's slots are float32 (no small_slots). Gradients of several workers (comm) are
   added up on the GPUs with bert_cuda_comm_open's, otherwise through the host's memory. */
BERT_API bert_status bert_cuda_trainer_open(const bert_trainer_desc *desc, const bert_cuda_desc *cuda, bert_trainer **out);
BERT_API bert_status bert_cuda_plan_trainer(const bert_trainer_desc *desc, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error);
#endif

#if defined(BERT_USE_NCCL) && !defined(BERT_NO_TRAIN)
/* Several GPUs, a process for each: NCCL adds their gradients up on the GPUs, layer by layer while those before it are still computed. `over`
   connects the processes already (bert_mpi_comm of bert.h, or your own): the weights of worker 0, the losses, who has failed and how go by it; it must live
   as long. Give bert_cuda_comm_of's as desc.comm to bert_cuda_trainer_open. Without it a trainer on a GPU takes any comm, and gradients go through the
   host's memory. */
typedef struct bert_cuda_comm bert_cuda_comm;
typedef struct bert_cuda_comm_desc {
    const bert_comm *over;              /* copied */
    int32_t device;                     /* this process's GPU, as in bert_cuda_desc */
    double timeout;                     /* seconds without an end of the sums that are an error; default 600 */
    bert_allocator allocator;
    bert_error *error;
} bert_cuda_comm_desc;
BERT_API bert_status bert_cuda_comm_open(const bert_cuda_comm_desc *desc, bert_cuda_comm **out);
BERT_API bert_comm bert_cuda_comm_of(bert_cuda_comm *comm);
BERT_API void bert_cuda_comm_close(bert_cuda_comm *comm);
#endif

#endif /* BERT_CUDA_H */

/* ============================================================================================================
   IMPLEMENTATION. Stop here if you only use the library.
   ============================================================================================================ */
#if (defined(BERT_CUDA_IMPLEMENTATION) || (defined(BERT_IMPLEMENTATION) && defined(__CUDACC__))) && !defined(BERT__CUDA_IMPLEMENTED)
#define BERT__CUDA_IMPLEMENTED

#ifndef __cplusplus
#error "bert_cuda.h: its implementation is C++17: put it into a .cu file and compile that with nvcc"
#endif
#include <cuda_runtime.h>
#ifndef BERT_CUDA_NO_CUBLASLT
#include <cublasLt.h>
#endif
#if defined(BERT_USE_NCCL) && !defined(BERT_NO_TRAIN)
#include <nccl.h>
#include <chrono>
#include <thread>
#endif
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ============================================================================================================
   >>cu_words
   Purpose   what the kernels are written in: numbers of 16 bits, four at once, sums over a warp or a block, the products of tensor
             cores. All that a host needs to play the GPU (tests/cuda) is defined there under the same names.
   Uses      nothing.
   Promises  rounding is to nearest even; reductions have one order.
   ============================================================================================================ */

#ifdef __CUDACC__
#define BERT_CUDA_LAUNCH(kernel, grid, block, shared, stream, ...) kernel<<<grid, block, shared, stream>>>(__VA_ARGS__)
#define BERT_CUDA_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif
#ifdef __CUDACC__
#define BERT__UNROLL _Pragma("unroll")
#else
#define BERT__UNROLL
#endif
#define BERT__DEVICE static __device__ __forceinline__
#define BERT__BOTH static __host__ __device__ __forceinline__
#define BERT__KERNEL(threads) static __global__ void __launch_bounds__(threads)

struct bert__bf16 { uint16_t bits; };
struct bert__f16 { uint16_t bits; };

BERT__BOTH float bert__cu_float(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
BERT__BOTH uint32_t bert__cu_bits(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }
BERT__BOTH float bert__get(float x) { return x; }
BERT__BOTH float bert__get(bert__bf16 x) { return bert__cu_float((uint32_t)x.bits << 16); }
BERT__BOTH float bert__get(bert__f16 x)
{
#ifdef __CUDA_ARCH__
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(x.bits));
    return f;
#else
    const uint32_t sign = (uint32_t)(x.bits & 0x8000u) << 16, rest = x.bits & 0x7FFFu;
    if (rest >= 0x7C00u) return bert__cu_float(sign | 0x7F800000u | (rest & 0x3FFu) << 13);
    /* the exponent, too small by 112, is put right by a multiplication, which also makes subnormals normal */
    return bert__cu_float(sign | bert__cu_bits(bert__cu_float(rest << 13) * 5.192296858534828e33f));
#endif
}
BERT__BOTH void bert__put(float *to, float v) { *to = v; }
BERT__BOTH void bert__put(bert__bf16 *to, float v)
{
    const uint32_t bits = bert__cu_bits(v);
    to->bits = (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? bits >> 16 | 64 : (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}
BERT__BOTH void bert__put(bert__f16 *to, float v)
{
#ifdef __CUDA_ARCH__
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to->bits) : "f"(v));
#else
    const uint32_t bits = bert__cu_bits(v), sign = bits >> 16 & 0x8000u, rest = bits & 0x7FFFFFFFu;
    uint32_t out;
    if (rest > 0x7F800000u) out = 0x7E00u;
    else if (rest >= 0x477FF000u) out = 0x7C00u;                        /* 65520 and more */
    else if (rest < 0x38800000u) out = bert__cu_bits(bert__cu_float(rest) + 0.5f) - 0x3F000000u;   /* subnormal: the adder rounds */
    else out = (rest - 0x38000000u + 0xFFFu + (rest >> 13 & 1)) >> 13;
    to->bits = (uint16_t)(sign | out);
#endif
}

BERT__BOTH constexpr int bert__is_bf16(const bert__bf16 *) { return 1; }
BERT__BOTH constexpr int bert__is_bf16(const bert__f16 *) { return 0; }

/* Four numbers c to c+3 of a row of n; what lies past its end reads as 0 and is not written. */
BERT__DEVICE void bert__load4(const float *p, float v[4]) { const float4 x = *(const float4 *)p; v[0] = x.x; v[1] = x.y; v[2] = x.z; v[3] = x.w; }
template <class number> BERT__DEVICE void bert__load4(const number *p, float v[4])
{
    const uint2 x = *(const uint2 *)p;
    number h;
    h.bits = (uint16_t)x.x; v[0] = bert__get(h);
    h.bits = (uint16_t)(x.x >> 16); v[1] = bert__get(h);
    h.bits = (uint16_t)x.y; v[2] = bert__get(h);
    h.bits = (uint16_t)(x.y >> 16); v[3] = bert__get(h);
}
BERT__DEVICE void bert__store4(float *p, const float v[4]) { float4 x; x.x = v[0]; x.y = v[1]; x.z = v[2]; x.w = v[3]; *(float4 *)p = x; }
template <class number> BERT__DEVICE uint32_t bert__cu_pair(float low, float high)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800                      /* in one instruction */
    uint32_t both;
    if (bert__is_bf16((number *)NULL)) asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    else asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
#else
    number a, b;
    bert__put(&a, low);
    bert__put(&b, high);
    return (uint32_t)a.bits | (uint32_t)b.bits << 16;
#endif
}
template <class number> BERT__DEVICE void bert__store4(number *p, const float v[4])
{
    uint2 x;
    x.x = bert__cu_pair<number>(v[0], v[1]);
    x.y = bert__cu_pair<number>(v[2], v[3]);
    *(uint2 *)p = x;
}
template <class number> BERT__DEVICE void bert__take4(const number *row, int c, int n, float v[4])
{
    if ((n & 3) == 0) bert__load4(row + c, v);
    else for (int k = 0; k < 4; k++) v[k] = c + k < n ? bert__get(row[c + k]) : 0;
}
template <class number> BERT__DEVICE void bert__give4(number *row, int c, int n, const float v[4])
{
    if ((n & 3) == 0) bert__store4(row + c, v);
    else for (int k = 0; k < 4; k++) if (c + k < n) bert__put(row + c + k, v[k]);
}

/* Four numbers as e4m3: 4 bits of exponent, 3 of mantissa, to nearest even, at most 448; not a number is 0x7F. */
BERT__BOTH uint32_t bert__cu_e4m3(float v)
{
    const uint32_t bits = bert__cu_bits(v), sign = bits >> 24 & 0x80u, rest = bits & 0x7FFFFFFFu;
    if (rest > 0x7F800000u) return 0x7Fu | sign;
    if (rest >= 0x43E00000u) return 0x7Eu | sign;                       /* 448 and more */
    if (rest < 0x3C800000u) return (bert__cu_bits(bert__cu_float(rest) * 512.0f + 8388608.0f) & 15u) | sign;   /* subnormal: the adder rounds */
    return ((rest + 0x7FFFFu + (rest >> 20 & 1)) >> 20) - 960u > 0x7Eu ? 0x7Eu | sign : (((rest + 0x7FFFFu + (rest >> 20 & 1)) >> 20) - 960u) | sign;
}
BERT__DEVICE void bert__cu_store_low4(uint8_t *p, const float v[4], float scale)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
    uint16_t low, high;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(low) : "f"(v[1] * scale), "f"(v[0] * scale));
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(high) : "f"(v[3] * scale), "f"(v[2] * scale));
    *(uint32_t *)(void *)p = (uint32_t)low | (uint32_t)high << 16;
#else
    *(uint32_t *)(void *)p = bert__cu_e4m3(v[0] * scale) | bert__cu_e4m3(v[1] * scale) << 8 | bert__cu_e4m3(v[2] * scale) << 16 | bert__cu_e4m3(v[3] * scale) << 24;
#endif
}

#define BERT__ALL 0xFFFFFFFFu
template <class value> BERT__DEVICE value bert__warp_sum(value v)
{
    for (int k = 16; k; k >>= 1) v += __shfl_xor_sync(BERT__ALL, v, k);
    return v;
}
BERT__DEVICE float bert__warp_max(float v)
{
    for (int k = 16; k; k >>= 1) {
        const float o = __shfl_xor_sync(BERT__ALL, v, k);
        v = o > v ? o : v;
    }
    return v;
}
/* Over a block of whole warps, up to 32; room [32] in shared memory. Everybody gets the sum. */
template <class value> BERT__DEVICE value bert__block_sum(value v, value *room)
{
    const int warps = (int)blockDim.x / 32;
    v = bert__warp_sum(v);
    if (threadIdx.x % 32 == 0) room[threadIdx.x / 32] = v;
    __syncthreads();
    v = room[0];
    for (int k = 1; k < warps; k++) v += room[k];
    __syncthreads();
    return v;
}

/* Tensor cores: d [16,8] += a [16,16] b [16,8], spread over the lanes of a warp as PTX's mma.m16n8k16 has them. Lane 4 g + t holds of a (g, 2t)
   (g+8, 2t) (g, 2t+8) (g+8, 2t+8) with their right neighbours, of b (2t, g) (2t+8, g) with the ones below, of d (g, 2t) (g, 2t+1) (g+8, 2t)
   (g+8, 2t+1). */
template <class number> BERT__DEVICE void bert__cu_mma(float d[4], const uint32_t a[4], const uint32_t b[2])
{
#if !defined(__CUDACC__)
    emulated_mma(d, a, b, [](uint16_t bits) { number v; v.bits = bits; return bert__get(v); });
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    if (bert__is_bf16((number *)NULL))
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    else
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 750                    /* half as deep there, and fp16 alone: nobody asks for more */
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(b[0]));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[2]), "r"(a[3]), "r"(b[1]));
#else
    (void)d; (void)a; (void)b;
#endif
}
/* Four matrices of 8 x 8 from shared memory: lane i names row i % 8 of matrix i / 8 (16 bytes, aligned); lane 4 g + t gets of each (g, 2t) and
   (g, 2t+1), or (across) (2t, g) and (2t+1, g). */
template <int across> BERT__DEVICE void bert__cu_ldmatrix(uint32_t r[4], const void *row)
{
#if !defined(__CUDACC__)
    emulated_ldmatrix(r, row, across);
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 750
    const uint32_t at = (uint32_t)__cvta_generic_to_shared(row);
    if (across) asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
    else asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
#else
    (void)row;
    r[0] = r[1] = r[2] = r[3] = 0;
#endif
}

/* The streams of bert.h's >>dropout: the same words. */
BERT__BOTH uint64_t bert__cu_mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
BERT__BOTH uint64_t bert__cu_mix_in(uint64_t key, uint64_t v) { return bert__cu_mix((key ^ v) + 0x9E3779B97F4A7C15u); }
/* The 16 bits that decide number i of the stream of a key (bert__drop_run there): two numbers, 32 apart, share a word. */
BERT__DEVICE uint32_t bert__cu_chance(uint64_t key, uint32_t i)
{
    uint32_t h = (uint32_t)key + (i / 64 * 32 + i % 32) * 0x9E3779B9u;
    h = (h ^ h >> 16) * 0x85EBCA6Bu;
    h = (h ^ h >> 13 ^ (uint32_t)(key >> 32)) * 0xC2B2AE35u;
    h ^= h >> 16;
    return i & 32 ? h >> 16 : h & 65535;
}

/* As bert.h's bert__activate and bert__slope. */
BERT__DEVICE float bert__cu_activate(int kind, float x)
{
    switch (kind) {
    case BERT_GELU_10:
    case BERT_GELU_ERF: x = 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); return kind == BERT_GELU_10 ? x < -10 ? -10.0f : x > 10 ? 10.0f : x : x;
    case BERT_GELU_TANH: return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case BERT_QUICK_GELU: return x / (1.0f + expf(-1.702f * x));
    case BERT_SILU: return x / (1.0f + expf(-x));
    case BERT_RELU: return x > 0 ? x : x != x ? x : 0.0f;
    case BERT_TANH: return tanhf(x);
    default: return x;
    }
}
BERT__DEVICE float bert__cu_slope(int kind, float x)
{
    if (kind == BERT_GELU_10) {
        const float y = bert__cu_activate(BERT_GELU_ERF, x);
        if (!(y >= -10 && y <= 10)) return 0;
        kind = BERT_GELU_ERF;
    }
    switch (kind) {
    case BERT_GELU_ERF: return 0.5f * (1.0f + erff(x * 0.70710678118654752f)) + x * 0.39894228040143268f * expf(-0.5f * x * x);
    case BERT_GELU_TANH: {
        const float t = tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x));
        return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.79788456080286536f * (1.0f + 3 * 0.044715f * x * x);
    }
    case BERT_QUICK_GELU: { const float s = 1.0f / (1.0f + expf(-1.702f * x)); return s + 1.702f * x * s * (1.0f - s); }
    case BERT_SILU: { const float s = 1.0f / (1.0f + expf(-x)); return s + x * s * (1.0f - s); }
    case BERT_RELU: return x > 0 ? 1.0f : 0.0f;
    case BERT_TANH: { const float t = tanhf(x); return 1.0f - t * t; }
    default: return 1;
    }
}

/* ============================================================================================================
   >>cu_state
   Purpose   a device, its memory, the model's parameters on it, and what a run needs to know about the rows of a batch.
   Uses      the public functions of bert.h.
   Promises  one allocation on the device (rare extras apart: biases of scores, masks and probabilities of the caller) and one of page-locked
             memory; every call of CUDA is checked: the first that fails is reported, with advice.
   ============================================================================================================ */

#ifdef BERT_NO_TRAIN                    /* sessions alone: names without a meaning for what they do not use */
typedef struct bert_trainer bert_trainer;
typedef struct bert_trained bert_trained;
typedef struct bert_masks { const uint8_t *embeddings, *classifier, *const *attention, *const *attention_output, *const *output; } bert_masks;
#endif
/* Rows of the table of parameters, as bert_tensor_recognise numbers them. */
enum {
    BERT__CU_WORDS = 0, BERT__CU_POSITIONS, BERT__CU_TYPES, BERT__CU_GAMMA, BERT__CU_BETA, BERT__CU_QUERY, BERT__CU_QUERY_BIAS, BERT__CU_KEY, BERT__CU_KEY_BIAS, BERT__CU_VALUE, BERT__CU_VALUE_BIAS,
    BERT__CU_ATTENTION, BERT__CU_ATTENTION_BIAS, BERT__CU_GAMMA0, BERT__CU_BETA0, BERT__CU_INNER, BERT__CU_INNER_BIAS, BERT__CU_OUTPUT, BERT__CU_OUTPUT_BIAS, BERT__CU_GAMMA1, BERT__CU_BETA1,
    BERT__CU_POOLER, BERT__CU_POOLER_BIAS, BERT__CU_TRANSFORM, BERT__CU_TRANSFORM_BIAS, BERT__CU_TRANSFORM_GAMMA, BERT__CU_TRANSFORM_BETA, BERT__CU_WORD_BIAS, BERT__CU_NEXT, BERT__CU_NEXT_BIAS,
    BERT__CU_CLASSIFIER, BERT__CU_CLASSIFIER_BIAS, BERT__CU_SPAN, BERT__CU_SPAN_BIAS, BERT__CU_DECODER, BERT__CU_DECODER_BIAS, BERT__CU_ROWS
};
/* Where they lie on the device: query, key and value of a layer side by side, as one dense layer. */
static const int8_t bert__cu_order[] = { BERT__CU_QUERY, BERT__CU_KEY, BERT__CU_VALUE, BERT__CU_QUERY_BIAS, BERT__CU_KEY_BIAS, BERT__CU_VALUE_BIAS, BERT__CU_ATTENTION, BERT__CU_ATTENTION_BIAS, BERT__CU_GAMMA0, BERT__CU_BETA0,
    BERT__CU_INNER, BERT__CU_INNER_BIAS, BERT__CU_OUTPUT, BERT__CU_OUTPUT_BIAS, BERT__CU_GAMMA1, BERT__CU_BETA1 };

typedef struct bert__cu_param {
    int64_t at, count, shape[2];        /* at: of the first number, in every buffer of parameters */
    int32_t rank, row, layer, learns, decay;
    double rate;
    const bert_parameter *from;         /* a session's: what it is read from */
    const bert_trained *trained;        /* a trainer's */
} bert__cu_param;
/* What the kernels of an update see of one. */
typedef struct bert__cu_learning { double rate; int64_t at, count; int32_t first_block, decay, learns, pad; } bert__cu_learning;

/* What depends on the step alone, at the start of what is uploaded for a part. */
enum { BERT__CU_LOSS_WORDS = 0, BERT__CU_LOSS_NEXT, BERT__CU_LOSS_CLASSES, BERT__CU_LOSS_STARTS, BERT__CU_LOSS_ENDS, BERT__CU_LOSSES };
typedef struct bert__cu_step {
    uint64_t key;                       /* of dropout: seed and step */
    double total[BERT__CU_LOSSES];      /* denominators of the losses */
    double loss_scale;
    int32_t pieces, joins;              /* of the gradients of tables */
} bert__cu_step;

/* The rows of a part, on the device. */
typedef struct bert__cu_rows {
    const bert__cu_step *step;
    const int32_t *ids, *types, *positions, *sequence;   /* [rows] sequence: which of the part */
    const int32_t *start;               /* [sequences+1] first row of each */
    const int64_t *index, *squares;     /* [sequences] number of each for dropout; where its [S,S] blocks begin */
    const float *key_bias;              /* [rows] or NULL */
    const float *embeds;                /* [rows,C] or NULL */
    const float *score_bias;            /* or NULL */
    const int2 *tiles;                  /* [tile_count] a sequence and the first row in it of 64 */
    int32_t rows, sequences, tile_count;
} bert__cu_rows;

/* One item of cross entropy: n logits, `step` apart, from `at`. */
typedef struct bert__cu_item { int64_t at; int32_t n, step, label; float weight; } bert__cu_item;
/* Gradients of tables: rows order[first..first+count-1] summed into row `to` of the gradients at `table`; or, as there are more of them,
   into partial sum `partial`. And what joins partial sums. */
typedef struct bert__cu_piece { int64_t to; int32_t first, count, partial; } bert__cu_piece;
typedef struct bert__cu_join { int64_t to; int32_t first, count; } bert__cu_join;

typedef struct bert__cu_layer {
    void *qkv, *context, *x1, *x2, *normal[2], *inner;   /* [T,3C] [T,C] [T,C] [T,C] [T,C] [T,F] */
    float *inverse[2], *softmax;        /* [T], [T,H,2]: the largest score and the sum of each softmax */
} bert__cu_layer;

typedef struct bert__cu_drop { float scale, mask_scale; uint32_t below; } bert__cu_drop;

#define BERT__CU_GRAPHS 32
typedef struct bert__cu_graph { uint64_t key; cudaGraphExec_t exec; int64_t used; int32_t seen; } bert__cu_graph;

#define BERT__CU_ALGOS 256
#ifndef BERT_CUDA_NO_CUBLASLT
typedef struct bert__cu_algo { uint64_t key; cublasLtMatmulAlgo_t algo; int32_t known; } bert__cu_algo;
#endif

typedef struct bert__cu {
    bert_cuda_desc desc;                /* resolved */
    bert_config config;
    bert_allocator allocator;
    int64_t max_tokens;
    size_t size;                        /* bytes of a number of activations */
    uint32_t heads, learn;
    int training, recompute, frozen, untied, no_pad_word;
    int labels, slots;                  /* N; of the optimizer */
    bert_error *error;                  /* of the call in progress */
    bert_status failed;                 /* the first failure since it began */
    /* CUDA */
    cudaStream_t stream;
    cudaEvent_t event[2];
    int has_event[2], turn, has_stream;
    int major, minor, multiprocessors;
#ifndef BERT_CUDA_NO_CUBLASLT
    cublasLtHandle_t blas;
    bert__cu_algo algos[BERT__CU_ALGOS];
#endif
    void *memory, *workspace;
    unsigned char *pinned[2], *uploaded;
    size_t upload_room, upload_size;
    void *side;                         /* rare extras */
    size_t side_room, side_size;
    bert__cu_graph graphs[BERT__CU_GRAPHS];
    int64_t uses;
    /* parameters */
    bert__cu_param *params;
    int64_t count, values, value_room, count_room, blocks_room;
    int64_t *place;                     /* [ROWS * layers] index of a parameter, -1: there is none */
    void *compute;                      /* [values] in the precision */
    uint8_t *low, *low_x;               /* FP8: matrices of the layers, one after another, and what goes into the next product; else NULL */
    float *low_scales;                  /* [1 + 4 layers] of the activations, of each matrix */
    float *weights, *gradients, *first, *second;   /* [values]; of a session weights are there for what the kernels read as float32 */
    bert__cu_learning *learning;
    int32_t *block_of;                  /* [blocks] its parameter */
    int64_t blocks;
    double *sums, *norms, *outcome;     /* [2 blocks] [count] [8]: norm, scale, row squares, ... */
    float *relative;                    /* [2R+1,D] or NULL */
    /* activations of up to max_tokens rows */
    void *x, *y, *wide[2];              /* [T,C] embeddings, what a dense layer gave; [T,F] or wider */
    void *d, *e, *normal;               /* [T,C] */
    float *inverse, *partial, *out;     /* [T]; partial sums of columns; logits, or numbers to hand out */
    void *slopes;                       /* as out, in the precision: gradients of logits */
    bert__cu_layer *layers;
    void *head[6];                      /* rows of a head */
    int64_t slope_room;
    int64_t word_rows;                  /* rows of the vocabulary's logits at once */
    float *head_inverse;                /* [word_rows] */
    double *row_loss, *losses;          /* [2 T + 1024] [8] */
    float *delta;                       /* [T,H] */
    /* the part in progress */
    bert__cu_rows rows;
    int64_t from, first_sequence;       /* its first row and sequence in the batch */
    int32_t *lists, *next;              /* host: heads of lists by id, links by row */
    bert__cu_drop hidden_drop, attention_drop, classifier_drop;
    const bert_masks *masks;            /* pointers of the device */
    bert_masks device_masks;
    const uint8_t **mask_table;         /* [3 L] of the host, pointers of the device */
    int64_t parts;
    bert_trainer *trainer;
    struct bert_cuda_comm *comm;        /* NCCL's, or NULL */
    int32_t unsent;                     /* layers + 1 at first: gradients of layers from unsent - 1 on are on their way */
} bert__cu;

static bert_status bert__cu_fail(bert_error *e, bert_status status, const char *format, ...)
{
    va_list args;
    if (!e) return status;
    memset(e, 0, sizeof *e);
    e->offset = -1;
    e->code = status;
    va_start(args, format);
    vsnprintf(e->message, sizeof e->message, format, args);
    va_end(args);
    return status;
}
/* What CUDA says, and what to do about it. */
static bert_status bert__cu_explain(bert_error *e, cudaError_t code, const char *what)
{
    int driver = 0, runtime = 0;
    switch ((int)code) {
    case cudaErrorNoDevice:
        return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s: there is no NVIDIA GPU here, or the driver does not show it (nvidia-smi lists what it does): compute on the CPU (the tools: --device=cpu)", what);
    case cudaErrorInvalidDevice:
        return bert__cu_fail(e, BERT_ERROR_ARGUMENT, "%s: there is no GPU of that number; the first is 0 (nvidia-smi lists them)", what);
    case cudaErrorInsufficientDriver:
        cudaDriverGetVersion(&driver);
        cudaRuntimeGetVersion(&runtime);
        if (!driver) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s: there is no NVIDIA driver here: install one, or compute on the CPU (the tools: --device=cpu)", what);
        return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s: the driver knows CUDA %d.%d, this program was built with %d.%d: install a newer driver, build with an older CUDA, or compute on the CPU (the tools: --device=cpu)", what,
                             driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
        return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s: this program was not built for this GPU: build it again with -gencode for its architecture (make -C tools CUDA=1 CUDA_ARCH=...), or compute on the CPU (--device=cpu)", what);
    case cudaErrorMemoryAllocation:
        return bert__cu_fail(e, BERT_ERROR_MEMORY, "%s: out of memory on the GPU", what);
    default:
        return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s: CUDA error %d, %s", what, (int)code, cudaGetErrorString(code));
    }
}
static void bert__cu_check(bert__cu *c, cudaError_t code, const char *what)
{
    if (code == cudaSuccess) return;
    cudaGetLastError();                                                 /* said here, not by the next launch again */
    if (c->failed != BERT_OK) return;
    c->failed = bert__cu_explain(c->error, code, what);
}
/* Of memory that was asked for: how much. */
static void bert__cu_took(bert__cu *c, cudaError_t code, const char *what, size_t size, const char *advice)
{
    size_t available = 0, total = 0;
    if (code != cudaErrorMemoryAllocation || c->failed != BERT_OK) { bert__cu_check(c, code, what); return; }
    cudaGetLastError();
    cudaMemGetInfo(&available, &total);
    c->failed = bert__cu_fail(c->error, BERT_ERROR_MEMORY, "%s: %zu bytes are needed, %zu of %zu are free on the GPU: %s", what, size, available, total, advice);
}
static void bert__cu_launched(bert__cu *c, const char *what) { bert__cu_check(c, cudaGetLastError(), what); }
#define BERT__CU_LAUNCH(c, kernel, grid, block, shared, ...) do { \
        if ((size_t)(shared) > 49152) bert__cu_check(c, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)(shared)), #kernel); \
        BERT_CUDA_LAUNCH(kernel, grid, block, shared, (c)->stream, __VA_ARGS__); \
        bert__cu_launched(c, #kernel); \
    } while (0)

static void *bert__cu_alloc(const bert_allocator *a, size_t size) { return a->alloc ? a->alloc(size, a->user) : malloc(size); }
static void bert__cu_free(const bert_allocator *a, void *p)
{
    if (!p) return;
    if (a->alloc) a->free(p, a->user);
    else free(p);
}
static void *bert__cu_zeroed(const bert_allocator *a, size_t n, size_t width)
{
    void *p = width && n > SIZE_MAX / width ? NULL : bert__cu_alloc(a, n * width + 1);
    if (p) memset(p, 0, n * width);
    return p;
}

BERT_API bert_status bert_cuda_device(int32_t device, bert_cuda_info *out, bert_error *error)
{
    cudaDeviceProp p;
    cudaError_t code;
    int n = 0;
    if (!out) return bert__cu_fail(error, BERT_ERROR_ARGUMENT, "bert_cuda_device needs a place for the answer");
    if ((code = cudaGetDeviceCount(&n)) != cudaSuccess) { cudaGetLastError(); return bert__cu_explain(error, code, "looking for GPUs"); }
    if (device < 0 || device >= n) return bert__cu_fail(error, BERT_ERROR_ARGUMENT, "GPU %d: there are %d here, from 0", (int)device, n);
    memset(out, 0, sizeof *out);
    if ((code = cudaSetDevice(device)) != cudaSuccess || (code = cudaGetDeviceProperties(&p, device)) != cudaSuccess || (code = cudaMemGetInfo(&out->available, &out->memory)) != cudaSuccess) {
        cudaGetLastError();
        return bert__cu_explain(error, code, "asking the GPU for its properties");
    }
    memcpy(out->name, p.name, sizeof out->name);
    out->name[sizeof out->name - 1] = 0;
    out->major = p.major;
    out->minor = p.minor;
    out->multiprocessors = p.multiProcessorCount;
    return BERT_OK;
}

/* ---- layout ---- */

typedef struct bert__cu_layout { char *base; size_t size; } bert__cu_layout;
/* Pieces of 256-byte alignment; without a base they are only counted. n may not overflow: limits of sizes are checked before. */
static void *bert__cu_lay(bert__cu_layout *l, int64_t n, size_t width)
{
    const size_t at = (l->size + 255) & ~(size_t)255;
    l->size = at + (size_t)n * width;
    return l->base ? l->base + at : NULL;
}
static int64_t bert__cu_most(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t bert__cu_least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t bert__cu_blocks(int64_t n, int64_t block) { return (n + block - 1) / block; }
static int64_t bert__cu_eights(int64_t n) { return (n + 7) / 8 * 8; }

#define BERT__CU_BLOCK 8192             /* numbers of one block of an update: as in bert.h */
#define BERT__CU_CHUNK 128              /* rows of one partial sum of columns */
#define BERT__CU_PIECE 64               /* rows of one piece of a table's gradient */
#define BERT__CU_WORD_ROWS 1024         /* rows of the vocabulary's logits at once */

/* Lays everything on the device out. */
static void bert__cu_place(bert__cu *c, bert__cu_layout *l, bert_cuda_bytes *b)
{
    const int64_t nC = c->config.hidden_size, nF = c->config.intermediate_size, nH = c->config.heads, nT = c->max_tokens, nV = c->config.vocab_size, nR = c->config.max_relative_position;
    const int64_t nN = bert__cu_eights(bert__cu_most(2, c->labels)), longest = bert__cu_most(bert__cu_most(nF, 3 * nC), c->training ? nN : 1);
    const int words = (c->heads & BERT_HEAD_MLM) != 0 && (!c->training || (c->learn & 1));
    const size_t w = c->size;
    bert__cu_layer k;
    int64_t i, logits, partial;
    size_t at;
    memset(b, 0, sizeof *b);
    memset(&k, 0, sizeof k);
    c->compute = bert__cu_lay(l, c->value_room, w);
    c->weights = w == sizeof(float) ? (float *)c->compute : (float *)bert__cu_lay(l, c->value_room, sizeof(float));
    if (c->desc.precision == BERT_CUDA_FP8) {
        c->low = (uint8_t *)bert__cu_lay(l, c->config.layers * (4 * nC * nC + 2 * nC * nF), 1);
        c->low_scales = (float *)bert__cu_lay(l, 1 + 4 * (int64_t)c->config.layers, sizeof(float));
    }
    b->weights = l->size;
    if (c->training) c->gradients = (float *)bert__cu_lay(l, c->value_room, sizeof(float));
    b->gradients = l->size - b->weights;
    at = l->size;
    if (c->slots > 0) c->first = (float *)bert__cu_lay(l, c->value_room, sizeof(float));
    if (c->slots > 1) c->second = (float *)bert__cu_lay(l, c->value_room, sizeof(float));
    b->slots = l->size - at;
    at = l->size;
    c->relative = nR ? (float *)bert__cu_lay(l, (2 * nR + 1) * (nC / nH), sizeof(float)) : NULL;
    c->word_rows = words ? bert__cu_least(BERT__CU_WORD_ROWS, nT) : 0;
    c->upload_room = sizeof(bert__cu_step) + 64 * 256 + (size_t)nT * (c->training ? 416 + 8 * (size_t)c->labels : 64) + (c->training ? 1024 * 64 : 1024 * 8);
    c->uploaded = (unsigned char *)bert__cu_lay(l, (int64_t)c->upload_room, 1);
    if (c->desc.precision == BERT_CUDA_FP8) c->low_x = (uint8_t *)bert__cu_lay(l, nT * bert__cu_most(nC, nF), 1);
    c->x = bert__cu_lay(l, nT * nC, w);
    c->y = bert__cu_lay(l, nT * nC, w);
    logits = bert__cu_most(c->word_rows * bert__cu_eights(nV), nT * bert__cu_most(nN, c->training ? 1 : nC));
    c->out = (float *)bert__cu_lay(l, logits, sizeof(float));
    for (i = 0; i < (c->training ? 6 : 2); i++) c->head[i] = bert__cu_lay(l, nT * nC, w);
    if (!c->training) {
        c->wide[0] = bert__cu_lay(l, nT * bert__cu_most(4 * nC, nF), w);
        k.qkv = c->wide[0];
        k.context = l->base ? (char *)c->wide[0] + (size_t)(nT * 3 * nC) * w : NULL;
        k.x1 = k.x2 = c->x;
        if (l->base) for (i = 0; i < c->config.layers; i++) c->layers[i] = k;
    } else {
        c->wide[0] = bert__cu_lay(l, nT * bert__cu_most(nF, 3 * nC), w);
        c->wide[1] = bert__cu_lay(l, nT * bert__cu_most(nF, nC), w);
        c->d = bert__cu_lay(l, nT * nC, w);
        c->e = bert__cu_lay(l, nT * nC, w);
        c->normal = bert__cu_lay(l, nT * nC, w);
        c->inverse = (float *)bert__cu_lay(l, nT, sizeof(float));
        c->slopes = bert__cu_lay(l, logits, w);
        c->slope_room = logits;
        c->head_inverse = (float *)bert__cu_lay(l, c->word_rows, sizeof(float));
        c->row_loss = (double *)bert__cu_lay(l, 2 * nT + 1024, sizeof(double));
        c->losses = (double *)bert__cu_lay(l, 8, sizeof(double));
        c->delta = (float *)bert__cu_lay(l, bert__cu_most(nT * nH, 2 * bert__cu_blocks(nT * nC, BERT__CU_BLOCK)), sizeof(float));   /* or sums of squares */
        partial = bert__cu_most(bert__cu_blocks(nT, BERT__CU_CHUNK) * 2 * longest, bert__cu_blocks(c->word_rows, BERT__CU_CHUNK) * 2 * nV);
        c->partial = (float *)bert__cu_lay(l, bert__cu_most(partial, (3 * nT / (BERT__CU_PIECE / 2) + 3) * nC), sizeof(float));
        for (i = 0; i < c->config.layers; i++) {                        /* with recompute all layers share what follows from their input */
            k.x2 = bert__cu_lay(l, nT * nC, w);
            if (i == 0 || !c->recompute) {
                k.qkv = bert__cu_lay(l, nT * 3 * nC, w);
                k.context = bert__cu_lay(l, nT * nC, w);
                k.x1 = bert__cu_lay(l, nT * nC, w);
                k.normal[0] = bert__cu_lay(l, nT * nC, w);
                k.normal[1] = bert__cu_lay(l, nT * nC, w);
                k.inner = bert__cu_lay(l, nT * nF, w);
                k.inverse[0] = (float *)bert__cu_lay(l, nT, sizeof(float));
                k.inverse[1] = (float *)bert__cu_lay(l, nT, sizeof(float));
                k.softmax = (float *)bert__cu_lay(l, nT * nH * 2, sizeof(float));
            }
            if (l->base) c->layers[i] = k;
        }
        c->learning = (bert__cu_learning *)bert__cu_lay(l, c->count_room, sizeof *c->learning);
        c->block_of = (int32_t *)bert__cu_lay(l, c->blocks_room, sizeof *c->block_of);
        c->sums = (double *)bert__cu_lay(l, 2 * c->blocks_room, sizeof(double));
        c->norms = (double *)bert__cu_lay(l, c->count_room, sizeof(double));
        c->outcome = (double *)bert__cu_lay(l, 8, sizeof(double));
    }
    b->activations = l->size - at;
    c->workspace = c->desc.workspace ? bert__cu_lay(l, (int64_t)c->desc.workspace, 1) : NULL;
    b->workspace = c->desc.workspace;
    b->total = l->size + 256;
}

/* ---- parameters ---- */

/* A plan knows the bytes of the parameters but not their list: room for as many as there can be, and for what their alignment takes. */
static void bert__cu_rooms(bert__cu *c, size_t bytes)
{
    c->count_room = BERT__CU_ROWS + 16 * (int64_t)c->config.layers;
    c->value_room = ((int64_t)(bytes / sizeof(float)) + 64 * c->count_room + 63) / 64 * 64;
    c->blocks_room = c->value_room / BERT__CU_BLOCK + c->count_room;
}
/* Parameter i of a trainer, or else of a model; its name. */
static const char *bert__cu_source(const bert_model *model, const bert_trainer *trainer, int64_t i, bert__cu_param *p)
{
    const bert_parameter *from = trainer ? NULL : bert_model_parameter(model, i);
    const char *name = from ? from->name : "";
    memset(p, 0, sizeof *p);
#ifndef BERT_NO_TRAIN
    if (trainer) {
        const bert_trained *t = bert_trainer_parameter(trainer, i);
        p->trained = t;
        p->shape[0] = t->shape[0];
        p->shape[1] = t->shape[1];
        p->rank = t->rank;
        p->layer = t->layer;
        p->learns = t->learns;
        name = t->name;
    }
#endif
    if (from) {
        p->from = from;
        p->shape[0] = from->shape[0];
        p->shape[1] = from->shape[1];
        p->rank = from->rank;
        p->layer = from->layer;
    }
    p->count = p->rank == 2 ? p->shape[0] * p->shape[1] : p->shape[0];
    return name;
}
/* Counts (params NULL) or places the parameters, those of a layer in the order above, others as they come. */
static void bert__cu_list(bert__cu *c, const bert_model *model, const bert_trainer *trainer)
{
    int64_t n = trainer ? 0 : bert_model_parameter_count(model), i, at = 0, count = 0, blocks = 0, exact = 0;
    int32_t layer, k;
    bert_tensor_role role;
    bert__cu_param p;
#ifndef BERT_NO_TRAIN
    if (trainer) n = bert_trainer_count(trainer);
#endif
    for (layer = -1; layer < c->config.layers; layer++)
        for (k = 0; k < (layer < 0 ? (int32_t)BERT__CU_ROWS : (int32_t)sizeof bert__cu_order); k++)
            for (i = 0; i < n; i++) {
                const char *name = bert__cu_source(model, trainer, i, &p);
                if (p.layer != layer || !bert_tensor_recognise(name, &role) || role.row != (layer < 0 ? k : bert__cu_order[k])) continue;
                if (p.from && role.row == BERT__CU_DECODER) {           /* mostly the word embeddings once more */
                    const bert_parameter *words = bert_model_find(model, "bert.embeddings.word_embeddings.weight");
                    if (!words || words->tensor->data == p.from->tensor->data) continue;
                }
                p.row = role.row;
                if (role.row != BERT__CU_KEY && role.row != BERT__CU_VALUE && role.row != BERT__CU_KEY_BIAS && role.row != BERT__CU_VALUE_BIAS) at = (at + 63) / 64 * 64;
                p.at = at;
                if (c->params) {
                    c->params[count] = p;
                    c->place[p.row + (int64_t)BERT__CU_ROWS * (layer < 0 ? 0 : layer)] = count;
                }
                at += p.count;
                exact += p.count;
                blocks += bert__cu_blocks(p.count, BERT__CU_BLOCK);
                count++;
            }
    c->count = count;
    c->values = at;
    c->blocks = blocks;
    bert__cu_rooms(c, (size_t)exact * sizeof(float));
}
static const bert__cu_param *bert__cu_find(const bert__cu *c, int row, int32_t layer)
{
    const int64_t i = c->place[row + (int64_t)BERT__CU_ROWS * layer];
    return i < 0 ? NULL : c->params + i;
}
/* A parameter in the precision, and as float32; NULL where there is none. */
template <class number> static const number *bert__cu_matrix(const bert__cu *c, int row, int32_t layer)
{
    const bert__cu_param *p = bert__cu_find(c, row, layer);
    return p ? (const number *)c->compute + p->at : NULL;
}
static const float *bert__cu_vector(const bert__cu *c, int row, int32_t layer)
{
    const bert__cu_param *p = bert__cu_find(c, row, layer);
    return p ? c->weights + p->at : NULL;
}
#ifndef BERT_NO_TRAIN
static float *bert__cu_gradient(const bert__cu *c, int row, int32_t layer)
{
    const bert__cu_param *p = bert__cu_find(c, row, layer);
    return p ? c->gradients + p->at : NULL;
}
static int bert__cu_learns(const bert__cu *c, int row, int32_t layer) { const bert__cu_param *p = bert__cu_find(c, row, layer); return p && p->learns; }
#endif

/* ---- uploads: everything small that a part needs, in one copy ---- */

static void bert__cu_upload_begin(bert__cu *c)
{
    c->turn ^= 1;
    if (c->has_event[c->turn]) bert__cu_check(c, cudaEventSynchronize(c->event[c->turn]), "waiting for an upload");
    c->upload_size = 0;
}
/* Room for n values: what is written to *host will be found at the result. NULL: there is none. */
static const void *bert__cu_put(bert__cu *c, int64_t n, size_t width, void *host)
{
    const size_t at = (c->upload_size + 255) & ~(size_t)255;
    if (c->failed == BERT_OK && (n < 0 || (size_t)n > (c->upload_room - bert__cu_least((int64_t)at, (int64_t)c->upload_room)) / width))
        c->failed = bert__cu_fail(c->error, BERT_ERROR_TOO_LONG, "a part of the batch has more labels than there is room for: fewer masked rows, or more max_tokens");
    if (c->failed != BERT_OK) return NULL;
    c->upload_size = at + (size_t)n * width;
    *(void **)host = c->pinned[c->turn] + at;
    return c->uploaded + at;
}
static void bert__cu_upload(bert__cu *c)
{
    if (c->failed != BERT_OK) return;
    bert__cu_check(c, cudaMemcpyAsync(c->uploaded, c->pinned[c->turn], c->upload_size, cudaMemcpyHostToDevice, c->stream), "copying a batch to the GPU");
    bert__cu_check(c, cudaEventRecord(c->event[c->turn], c->stream), "copying a batch to the GPU");
}
/* Rare extras: room that grows and is given away from the start again at each call; a run waits for the one before. */
static void bert__cu_side_begin(bert__cu *c, size_t size)
{
    c->side_size = 0;
    if (size <= c->side_room) return;
    bert__cu_check(c, cudaStreamSynchronize(c->stream), "waiting for the GPU");
    if (c->failed != BERT_OK) return;
    cudaFree(c->side);
    c->side = NULL;
    c->side_room = 0;
    bert__cu_took(c, cudaMalloc(&c->side, size), "embeddings, masks, biases or probabilities of a batch", size, "fewer sequences in a call take less");
    if (c->failed == BERT_OK) c->side_room = size;
}
/* `size` bytes of it, with a copy of what is at `from` (NULL: none). */
static void *bert__cu_side(bert__cu *c, const void *from, size_t size)
{
    void *to;
    if (c->failed != BERT_OK) return NULL;
    to = (char *)c->side + c->side_size;
    c->side_size = (c->side_size + size + 255) & ~(size_t)255;
    if (from) bert__cu_check(c, cudaMemcpyAsync(to, from, size, cudaMemcpyHostToDevice, c->stream), "copying a batch to the GPU");
    return to;
}

/* ============================================================================================================
   >>cu_products
   Purpose   dense layers: y = x W^T + b, dx = dy W, dW += dy^T x.
   Uses      cuBLASLt, or the kernels here: one on tensor cores where numbers have 16 bits and shapes are multiples of 8, and one for all else.
   Promises  the kernels here sum each element in one chain over k. float32 sums.
   ============================================================================================================ */

/* D [M,N] row by row.  NT: A [M,K], B [N,K]   NN: A [M,K], B [K,N]   TN: A [K,M], B [K,N] */
enum { BERT__CU_NT = 0, BERT__CU_NN = 1, BERT__CU_TN = 2 };
typedef struct bert__cu_product {
    const void *a, *b;
    void *d;
    void *before;                       /* D before the activation, with the bias, or NULL */
    const float *bias;                  /* [N] or NULL */
    const void *bias_compute;           /* the same in the precision, for cuBLASLt */
    const float *low_a, *low_b;         /* what is one of A, of B, on the device, if they are e4m3; or NULL */
    int64_t m, n, k, lda, ldb, ldd;
    int32_t form, floats, add, activation;   /* D is float32 (else as A); D += */
} bert__cu_product;

#define BERT__CU_TILE 64
template <class number> BERT__DEVICE float bert__cu_a(const bert__cu_product &p, int64_t i, int64_t k)
{
    if (i >= p.m || k >= p.k) return 0;
    return bert__get(((const number *)p.a)[p.form == BERT__CU_TN ? k * p.lda + i : i * p.lda + k]);
}
template <class number> BERT__DEVICE float bert__cu_b(const bert__cu_product &p, int64_t j, int64_t k)
{
    if (j >= p.n || k >= p.k) return 0;
    return bert__get(((const number *)p.b)[p.form == BERT__CU_NT ? j * p.ldb + k : k * p.ldb + j]);
}
/* The end of a product: element (i, j). */
template <class number> BERT__DEVICE void bert__cu_finish(const bert__cu_product &p, int64_t i, int64_t j, float v)
{
    const int64_t at = i * p.ldd + j;
    if (i >= p.m || j >= p.n) return;
    if (p.bias) v += p.bias[j];
    if (p.before) bert__put((number *)p.before + at, v);
    if (p.activation != BERT_LINEAR) v = bert__cu_activate(p.activation, v);
    if (p.floats) ((float *)p.d)[at] = p.add ? ((float *)p.d)[at] + v : v;
    else bert__put((number *)p.d + at, p.add ? bert__get(((number *)p.d)[at]) + v : v);
}
/* Any shape: 64 x 64 by 256 threads, 4 x 4 each. */
template <class number> BERT__KERNEL(256) bert__cu_k_product(bert__cu_product p)
{
    __shared__ float a[16][BERT__CU_TILE + 1], b[16][BERT__CU_TILE + 1];
    const int64_t row = (int64_t)blockIdx.x * BERT__CU_TILE, col = (int64_t)blockIdx.y * BERT__CU_TILE;
    const int x = (int)threadIdx.x % 16, y = (int)threadIdx.x / 16;
    float sum[4][4] = { { 0 } };
    for (int64_t k = 0; k < p.k; k += 16) {
        for (int i = (int)threadIdx.x; i < 16 * BERT__CU_TILE; i += 256) {
            const int across = p.form == BERT__CU_TN, which = across ? i % BERT__CU_TILE : i / 16, deep = across ? i / BERT__CU_TILE : i % 16;
            a[deep][which] = bert__cu_a<number>(p, row + which, k + deep);
        }
        for (int i = (int)threadIdx.x; i < 16 * BERT__CU_TILE; i += 256) {
            const int across = p.form != BERT__CU_NT, which = across ? i % BERT__CU_TILE : i / 16, deep = across ? i / BERT__CU_TILE : i % 16;
            b[deep][which] = bert__cu_b<number>(p, col + which, k + deep);
        }
        __syncthreads();
        for (int deep = 0; deep < 16; deep++)
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++) sum[i][j] = fmaf(a[deep][y + 16 * i], b[deep][x + 16 * j], sum[i][j]);
        __syncthreads();
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) bert__cu_finish<number>(p, row + y + 16 * i, col + x + 16 * j, sum[i][j]);
}
/* y = activation(x + bias) of rows [n] side by side, where the product could not do it; x with the bias stays in `before`, if that is not y. A row a
   block, four numbers a thread. */
template <class number> BERT__KERNEL(256) bert__cu_k_activation(number *before, number *y, const float *bias, int activation, int n)
{
    const int64_t row = (int64_t)blockIdx.x * n;
    const int col = ((int)blockIdx.y * 256 + (int)threadIdx.x) * 4;
    float v[4], b[4] = { 0, 0, 0, 0 };
    if (col >= n) return;
    bert__take4(before + row, col, n, v);
    if (bias) bert__take4(bias, col, n, b);
    for (int k = 0; k < 4; k++) v[k] += b[k];
    if (before != y) bert__give4(before + row, col, n, v);
    for (int k = 0; k < 4; k++) v[k] = bert__cu_activate(activation, v[k]);
    bert__give4(y + row, col, n, v);
}

#ifndef BERT_CUDA_NO_CUBLASLT
static int bert__cu_alignment(const void *p, int64_t ld, size_t width)
{
    const size_t bits = (size_t)(uintptr_t)p | (size_t)ld * width;
    int a = 256;
    while (a > 1 && bits & (size_t)(a - 1)) a /= 2;
    return a;
}
/* One product by the library; 0 if it has no way to do it. Matrices stored by rows are those by columns turned over, so D^T = B^T A^T. */
template <class number> static int bert__cu_library(bert__cu *c, const bert__cu_product *p, cublasLtEpilogue_t epilogue)
{
    const cudaDataType_t type = sizeof(number) == 4 ? CUDA_R_32F : c->desc.precision == BERT_CUDA_F16 ? CUDA_R_16F : CUDA_R_16BF, out = p->floats ? CUDA_R_32F : type, in = p->low_a ? CUDA_R_8F_E4M3 : type;
    const size_t width = p->low_a ? 1 : sizeof(number);
    const int32_t bias_type = out;
    const cublasComputeType_t compute = c->desc.precision == BERT_CUDA_TF32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    const int32_t first = p->form == BERT__CU_NT ? CUBLAS_OP_T : CUBLAS_OP_N, second = p->form == BERT__CU_TN ? CUBLAS_OP_T : CUBLAS_OP_N;
    const float one = 1, beta = p->add ? 1.0f : 0.0f;
    const int alignments[4] = { bert__cu_alignment(p->b, p->ldb, width), bert__cu_alignment(p->a, p->lda, width), bert__cu_alignment(p->d, p->ldd, p->floats ? 4 : sizeof(number)), 0 };
    const void *bias = p->floats ? (const void *)p->bias : p->bias_compute;
    cublasLtMatmulDesc_t desc = NULL;
    cublasLtMatrixLayout_t la = NULL, lb = NULL, ld = NULL;
    cublasLtMatmulPreference_t preference = NULL;
    cublasLtMatmulHeuristicResult_t found;
    bert__cu_algo *slot;
    cublasStatus_t st;
    uint64_t key = 0x9E3779B97F4A7C15u;
    const uint64_t parts[] = { (uint64_t)p->m, (uint64_t)p->n, (uint64_t)p->k, (uint64_t)p->lda, (uint64_t)p->ldb, (uint64_t)p->ldd, (uint64_t)p->form | (uint64_t)p->floats << 4 | (uint64_t)p->add << 5 | (uint64_t)(p->low_a != NULL) << 6 | (uint64_t)epilogue << 8,
        (uint64_t)alignments[0] | (uint64_t)alignments[1] << 16 | (uint64_t)alignments[2] << 32 };
    int count = 0;
    size_t i;
    for (i = 0; i < sizeof parts / sizeof *parts; i++) { key = (key ^ parts[i]) * 0xBF58476D1CE4E5B9u; key ^= key >> 29; }
    slot = c->algos + key % BERT__CU_ALGOS;
    st = cublasLtMatmulDescCreate(&desc, compute, CUDA_R_32F);
    if (!st) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first);
    if (!st) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second);
    if (!st) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue);
    if (!st && epilogue != CUBLASLT_EPILOGUE_DEFAULT) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias);
    if (!st && epilogue != CUBLASLT_EPILOGUE_DEFAULT && p->low_a) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &bias_type, sizeof bias_type);
    if (!st && p->low_a) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, &p->low_b, sizeof p->low_b);   /* its A is our B */
    if (!st && p->low_a) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, &p->low_a, sizeof p->low_a);
    if (!st && epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, &p->before, sizeof p->before);
    if (!st && epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS) st = cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, &p->ldd, sizeof p->ldd);
    if (!st) st = p->form == BERT__CU_NT ? cublasLtMatrixLayoutCreate(&la, in, (uint64_t)p->k, (uint64_t)p->n, p->ldb) : cublasLtMatrixLayoutCreate(&la, in, (uint64_t)p->n, (uint64_t)p->k, p->ldb);
    if (!st) st = p->form == BERT__CU_TN ? cublasLtMatrixLayoutCreate(&lb, in, (uint64_t)p->m, (uint64_t)p->k, p->lda) : cublasLtMatrixLayoutCreate(&lb, in, (uint64_t)p->k, (uint64_t)p->m, p->lda);
    if (!st) st = cublasLtMatrixLayoutCreate(&ld, out, (uint64_t)p->n, (uint64_t)p->m, p->ldd);
    if (!st && (!slot->known || slot->key != key)) {
        static const cublasLtMatmulPreferenceAttributes_t which[4] = { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES };
        const uint64_t workspace = c->desc.workspace;
        memset(&found, 0, sizeof found);
        st = cublasLtMatmulPreferenceCreate(&preference);
        if (!st) st = cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace);
        for (i = 0; i < 4 && !st; i++) {
            const uint32_t a = (uint32_t)alignments[i < 2 ? i : 2];
            st = cublasLtMatmulPreferenceSetAttribute(preference, which[i], &a, sizeof a);
        }
        if (!st && (cublasLtMatmulAlgoGetHeuristic(c->blas, desc, la, lb, ld, ld, preference, 1, &found, &count) != CUBLAS_STATUS_SUCCESS || !count)) count = 0;
        slot->known = count ? 1 : -1;
        slot->key = key;
        slot->algo = found.algo;
    }
    count = !st && slot->known == 1;
    if (count) {
        st = cublasLtMatmul(c->blas, desc, &one, p->b, la, p->a, lb, &beta, p->d, ld, p->d, ld, &slot->algo, c->workspace, c->desc.workspace, c->stream);
        if (st && c->failed == BERT_OK) c->failed = bert__cu_fail(c->error, BERT_ERROR_UNSUPPORTED, "cuBLASLt: %s in a product of %lld x %lld x %lld; cublas = BERT_OFF does without it", cublasLtGetStatusString(st), (long long)p->m, (long long)p->n, (long long)p->k);
    }
    if (preference) cublasLtMatmulPreferenceDestroy(preference);
    if (ld) cublasLtMatrixLayoutDestroy(ld);
    if (lb) cublasLtMatrixLayoutDestroy(lb);
    if (la) cublasLtMatrixLayoutDestroy(la);
    if (desc) cublasLtMatmulDescDestroy(desc);
    return count;
}
#endif

/* On tensor cores: 128 x 128 by 8 warps, 64 x 32 each, 32 deep at once; the next 32 are on their way meanwhile. Rows of both tiles are 16 bytes longer
   than need be, so that those which ldmatrix reads at once lie in different banks. */
#define BERT__CU_DEEP 32
#define BERT__CU_WIDE 128
/* 16 bytes of a tile: number i of 512. along: k runs along the rows of the matrix. */
template <class number> BERT__DEVICE uint4 bert__cu_piece_of(const number *x, int64_t ld, int along, int64_t first, int64_t end, int64_t k0, int64_t depth, int i)
{
    const int64_t row = along ? first + i / 4 : k0 + i / 16, col = along ? k0 + i % 4 * 8 : first + i % 16 * 8;
    uint4 v;
    v.x = v.y = v.z = v.w = 0;
    if (row < (along ? end : depth) && col < (along ? depth : end)) v = *(const uint4 *)(const void *)(x + row * ld + col);
    return v;
}
BERT__DEVICE uint16_t *bert__cu_piece_place(uint16_t *tile, int along, int i) { return along ? tile + i / 4 * (BERT__CU_DEEP + 8) + i % 4 * 8 : tile + i / 16 * (BERT__CU_WIDE + 8) + i % 16 * 8; }
template <class number, int form> BERT__KERNEL(256) bert__cu_k_tensor(bert__cu_product p)
{
    __shared__ __align__(16) uint16_t a[BERT__CU_WIDE * (BERT__CU_DEEP + 8)], b[BERT__CU_WIDE * (BERT__CU_DEEP + 8)];   /* also room for [32][136] */
    const int a_along = form != BERT__CU_TN, b_along = form == BERT__CU_NT, lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32, high = warp / 4 * 64, side = warp % 4 * 32;
    const int64_t row = (int64_t)blockIdx.x * BERT__CU_WIDE, col = (int64_t)blockIdx.y * BERT__CU_WIDE;
    float sum[4][4][4] = { { { 0 } } };
    uint4 next[4];
    for (int i = 0; i < 2; i++) {
        next[i] = bert__cu_piece_of((const number *)p.a, p.lda, a_along, row, p.m, 0, p.k, (int)threadIdx.x + 256 * i);
        next[2 + i] = bert__cu_piece_of((const number *)p.b, p.ldb, b_along, col, p.n, 0, p.k, (int)threadIdx.x + 256 * i);
    }
    for (int64_t k = 0; k < p.k; k += BERT__CU_DEEP) {
        for (int i = 0; i < 2; i++) {
            *(uint4 *)(void *)bert__cu_piece_place(a, a_along, (int)threadIdx.x + 256 * i) = next[i];
            *(uint4 *)(void *)bert__cu_piece_place(b, b_along, (int)threadIdx.x + 256 * i) = next[2 + i];
        }
        __syncthreads();
        for (int i = 0; i < 2 && k + BERT__CU_DEEP < p.k; i++) {
            next[i] = bert__cu_piece_of((const number *)p.a, p.lda, a_along, row, p.m, k + BERT__CU_DEEP, p.k, (int)threadIdx.x + 256 * i);
            next[2 + i] = bert__cu_piece_of((const number *)p.b, p.ldb, b_along, col, p.n, k + BERT__CU_DEEP, p.k, (int)threadIdx.x + 256 * i);
        }
        BERT__UNROLL
        for (int deep = 0; deep < BERT__CU_DEEP; deep += 16) {
            const int r = lane % 8, low = lane / 8 & 1, up = lane / 16;
            uint32_t x[4][4], y[2][4];
            BERT__UNROLL
            for (int i = 0; i < 4; i++) {                               /* matrices: rows 0-7 and 8-15 of k 0-7, then of k 8-15 */
                if (a_along) bert__cu_ldmatrix<0>(x[i], a + (high + 16 * i + low * 8 + r) * (BERT__CU_DEEP + 8) + deep + up * 8);
                else bert__cu_ldmatrix<1>(x[i], a + (deep + up * 8 + r) * (BERT__CU_WIDE + 8) + high + 16 * i + low * 8);
            }
            BERT__UNROLL
            for (int j = 0; j < 2; j++) {                               /* k 0-7 and 8-15 of columns 0-7, then of 8-15 */
                if (b_along) bert__cu_ldmatrix<0>(y[j], b + (side + 16 * j + up * 8 + r) * (BERT__CU_DEEP + 8) + deep + low * 8);
                else bert__cu_ldmatrix<1>(y[j], b + (deep + low * 8 + r) * (BERT__CU_WIDE + 8) + side + 16 * j + up * 8);
            }
            BERT__UNROLL
            for (int i = 0; i < 4; i++)
                BERT__UNROLL
                for (int j = 0; j < 4; j++) bert__cu_mma<number>(sum[i][j], x[i], y[j / 2] + j % 2 * 2);
        }
        __syncthreads();
    }
    BERT__UNROLL
    for (int i = 0; i < 4; i++)
        BERT__UNROLL
        for (int j = 0; j < 4; j++)
            BERT__UNROLL
            for (int e = 0; e < 4; e++) bert__cu_finish<number>(p, row + high + 16 * i + e / 2 * 8 + lane / 4, col + side + 8 * j + lane % 4 * 2 + e % 2, sum[i][j][e]);
}
/* Does this GPU have them for the precision? */
template <class number> static int bert__cu_has_tensor_cores(const bert__cu *c) { return c->major * 10 + c->minor >= (bert__is_bf16((const number *)NULL) ? 80 : 75); }
template <> int bert__cu_has_tensor_cores<float>(const bert__cu *) { return 0; }
template <class number> static void bert__cu_tensor(bert__cu *c, const bert__cu_product *p)
{
    const dim3 grid((unsigned)bert__cu_blocks(p->m, BERT__CU_WIDE), (unsigned)bert__cu_blocks(p->n, BERT__CU_WIDE));
    void (*const kernels[3])(bert__cu_product) = { bert__cu_k_tensor<number, BERT__CU_NT>, bert__cu_k_tensor<number, BERT__CU_NN>, bert__cu_k_tensor<number, BERT__CU_TN> };
    void (*kernel)(bert__cu_product) = kernels[p->form];
    BERT__CU_LAUNCH(c, kernel, grid, dim3(256), 0, *p);
}
template <> void bert__cu_tensor<float>(bert__cu *, const bert__cu_product *) {}
/* Shapes whose rows are whole pieces of 16 bytes. */
template <class number> static int bert__cu_tensor_cores(bert__cu *c, const bert__cu_product *p)
{
    const int64_t along_a = p->form == BERT__CU_TN ? p->m : p->k, along_b = p->form == BERT__CU_NT ? p->k : p->n;
    if (!bert__cu_has_tensor_cores<number>(c) || (along_a | along_b | p->lda | p->ldb) % 8 || ((uintptr_t)p->a | (uintptr_t)p->b) % 16) return 0;
    bert__cu_tensor<number>(c, p);
    return 1;
}
template <class number> static void bert__cu_run(bert__cu *c, bert__cu_product p)
{
    if (c->failed != BERT_OK || !p.m || !p.n) return;
#ifndef BERT_CUDA_NO_CUBLASLT
    if (c->desc.cublas == BERT_ON) {
        bert__cu_product q = p;
        const int gelu = p.activation == BERT_GELU_TANH && sizeof(number) == 2 && !p.floats && p.bias;
        if (gelu && bert__cu_library<number>(c, &p, p.before ? CUBLASLT_EPILOGUE_GELU_AUX_BIAS : CUBLASLT_EPILOGUE_GELU_BIAS)) return;
        if (p.activation == BERT_LINEAR && !p.before && bert__cu_library<number>(c, &p, p.bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT)) return;
        if (p.before) q.d = p.before;
        if (p.activation != BERT_LINEAR && !p.floats && p.ldd == p.n && bert__cu_library<number>(c, &q, CUBLASLT_EPILOGUE_DEFAULT)) {
            BERT__CU_LAUNCH(c, bert__cu_k_activation<number>, dim3((unsigned)p.m, (unsigned)bert__cu_blocks(p.n, 1024)), dim3(256), 0, (number *)q.d, (number *)p.d, p.bias, p.activation, (int)p.n);
            return;
        }
    }
#endif
    if (bert__cu_tensor_cores<number>(c, &p)) return;
    BERT__CU_LAUNCH(c, bert__cu_k_product<number>, dim3((unsigned)bert__cu_blocks(p.m, BERT__CU_TILE), (unsigned)bert__cu_blocks(p.n, BERT__CU_TILE)), dim3(256), 0, p);
}
/* y [rows,n] = activation(x W^T + b) with the parameters of a row of the table; `before` and b may be NULL. */
template <class number> static void bert__cu_dense(bert__cu *c, int weight, int bias, int32_t layer, const void *x, int64_t rows, int64_t n, int64_t k, void *y, int64_t ldy, int floats, int activation, void *before)
{
    bert__cu_product p;
    memset(&p, 0, sizeof p);
    p.a = x;
    p.lda = p.k = p.ldb = k;
    p.b = bert__cu_matrix<number>(c, weight, layer);
    p.d = y;
    p.ldd = ldy;
    p.m = rows;
    p.n = n;
    p.floats = floats;
    p.activation = activation;
    p.before = before;
    if (bias >= 0) {
        p.bias = bert__cu_vector(c, bias, layer);
        p.bias_compute = bert__cu_matrix<number>(c, bias, layer);
    }
    bert__cu_run<number>(c, p);
}

/* ============================================================================================================
   >>cu_rows
   Purpose   what goes row by row: embeddings, dropout, LayerNorm and their gradients; sums of columns; gradients of tables.
   Uses      >>cu_words.
   Promises  a warp takes a row, four neighbouring numbers a lane at a time. Sums over rows go in pieces of a fixed length, then over the
             pieces.
   ============================================================================================================ */

/* Dropout at a place: by the stream, or by a mask of the caller ([rows,C], from the part's first row on). */
enum { BERT__CU_AT_EMBEDDINGS = 1, BERT__CU_AT_ATTENTION, BERT__CU_AT_ATTENTION_OUTPUT, BERT__CU_AT_OUTPUT, BERT__CU_AT_CLASSIFIER };   /* as in >>dropout */
typedef struct bert__cu_dropping {
    bert__cu_drop drop;
    const uint8_t *mask;
    int32_t masked;                     /* masks of the caller rule, even where there is none */
    int32_t place, layer;
} bert__cu_dropping;

BERT__DEVICE uint64_t bert__cu_place_key(const bert__cu_rows &r, int place, int layer, int sequence)
{
    uint64_t key = bert__cu_mix_in(r.step->key, (uint64_t)place);
    key = bert__cu_mix_in(key, (uint64_t)layer);
    return bert__cu_mix_in(key, (uint64_t)r.index[sequence]);
}
/* Numbers c to c+3 of `row`, which is row `position` of its sequence. */
BERT__DEVICE void bert__cu_drop4(const bert__cu_dropping &d, uint64_t key, int64_t row, int c, int n, float v[4])
{
    if (d.mask) {
        for (int k = 0; k < 4; k++) if (c + k < n) v[k] = d.mask[row * n + c + k] ? v[k] * d.drop.mask_scale : 0.0f;
    } else if (d.drop.below && !d.masked) {
        for (int k = 0; k < 4; k++) v[k] = bert__cu_chance(key, (uint32_t)(c + k)) < d.drop.below ? 0.0f : v[k] * d.drop.scale;
    }
}
BERT__DEVICE uint64_t bert__cu_row_key(const bert__cu_dropping &d, const bert__cu_rows &r, int row)
{
    if (d.mask || d.masked || !d.drop.below) return 0;
    return bert__cu_mix_in(bert__cu_place_key(r, d.place, d.layer, r.sequence[row]), (uint64_t)(row - r.start[r.sequence[row]]));
}
#define BERT__CU_WARPS 4                /* of a block of rows */
#define BERT__CU_LOW 4.0f               /* activations are times this as e4m3: what comes out of LayerNorm and GELU stays below 112 */
#define BERT__CU_FOUR(c, n) for (int c = (int)(threadIdx.x % 32) * 4; c < (n); c += 128)

/* The row in `u` (shared memory, each lane its own numbers) normalised: y = normal gamma + beta; normal and 1/sigma are kept where there is a
   place for them. */
template <class number> BERT__DEVICE void bert__cu_normalise(const float *u, int64_t row, int n, float epsilon, const float *gamma, const float *beta, number *normal, float *inverse, number *y, uint8_t *low, const bert__cu_dropping *drop, uint64_t key)
{
    float mean = 0, variance = 0;
    BERT__CU_FOUR(c, n) for (int k = 0; k < 4; k++) if (c + k < n) mean += u[c + k];
    mean = bert__warp_sum(mean) / (float)n;
    BERT__CU_FOUR(c, n) for (int k = 0; k < 4; k++) if (c + k < n) variance += (u[c + k] - mean) * (u[c + k] - mean);
    const float scale = 1.0f / sqrtf(bert__warp_sum(variance) / (float)n + epsilon);
    if (inverse && threadIdx.x % 32 == 0) inverse[row] = scale;
    BERT__CU_FOUR(c, n) {
        float v[4], g[4], b[4];
        for (int k = 0; k < 4; k++) v[k] = c + k < n ? (u[c + k] - mean) * scale : 0.0f;
        if (normal) {
            bert__give4(normal + row * n, c, n, v);
            bert__take4(normal + row * n, c, n, v);                     /* as it will be read again */
        }
        bert__take4(gamma, c, n, g);
        bert__take4(beta, c, n, b);
        for (int k = 0; k < 4; k++) v[k] = v[k] * g[k] + b[k];
        if (drop) bert__cu_drop4(*drop, key, row, c, n, v);
        bert__give4(y + row * n, c, n, v);
        if (low) bert__cu_store_low4(low + row * n + c, v, BERT__CU_LOW);
    }
}
/* x = dropout(norm(word + position + type)) */
template <class number> BERT__KERNEL(128) bert__cu_k_embed(bert__cu_rows r, number *x, uint8_t *low, number *normal, float *inverse, const number *words, const number *positions, const number *types, const float *gamma, const float *beta, float epsilon, bert__cu_dropping drop, int n)
{
    BERT_CUDA_SHARED(shared);
    float *u = (float *)shared + (threadIdx.x / 32) * ((n + 3) / 4 * 4);
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    if (row >= r.rows) return;
    BERT__CU_FOUR(c, n) {
        float v[4], t[4];
        if (r.embeds) bert__take4(r.embeds + (int64_t)row * n, c, n, v);
        else bert__take4(words + (int64_t)r.ids[row] * n, c, n, v);
        bert__take4(types + (int64_t)r.types[row] * n, c, n, t);
        for (int k = 0; k < 4; k++) v[k] += t[k];
        if (positions) {
            bert__take4(positions + (int64_t)r.positions[row] * n, c, n, t);
            for (int k = 0; k < 4; k++) v[k] += t[k];
        }
        for (int k = 0; k < 4; k++) if (c + k < n) u[c + k] = v[k];
    }
    bert__cu_normalise<number>(u, row, n, epsilon, gamma, beta, normal, inverse, x, low, &drop, bert__cu_row_key(drop, r, row));
}
/* Behind a dense layer: x = norm(dropout(y + bias) + residual); bias and residual may be NULL. */
template <class number> BERT__KERNEL(128) bert__cu_k_close(bert__cu_rows r, int rows, const number *y, const float *bias, const number *residual, const float *gamma, const float *beta, float epsilon, bert__cu_dropping drop, number *x, uint8_t *low, number *normal, float *inverse, int n)
{
    BERT_CUDA_SHARED(shared);
    float *u = (float *)shared + (threadIdx.x / 32) * ((n + 3) / 4 * 4);
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    if (row >= rows) return;
    const uint64_t key = bert__cu_row_key(drop, r, row);
    BERT__CU_FOUR(c, n) {
        float v[4], t[4];
        bert__take4(y + (int64_t)row * n, c, n, v);
        if (bias) {
            bert__take4(bias, c, n, t);
            for (int k = 0; k < 4; k++) v[k] += t[k];
        }
        bert__cu_drop4(drop, key, row, c, n, v);
        if (residual) {
            bert__take4(residual + (int64_t)row * n, c, n, t);
            for (int k = 0; k < 4; k++) v[k] += t[k];
        }
        for (int k = 0; k < 4; k++) if (c + k < n) u[c + k] = v[k];
    }
    bert__cu_normalise<number>(u, row, n, epsilon, gamma, beta, normal, inverse, x, low, (const bert__cu_dropping *)NULL, 0);
}
/* The gradient of LayerNorm in place, and (e not NULL) behind the dropout before it. */
template <class number> BERT__KERNEL(128) bert__cu_k_norm_backward(bert__cu_rows r, int rows, number *d, const number *normal, const float *inverse, const float *gamma, bert__cu_dropping drop, number *e, int n)
{
    BERT_CUDA_SHARED(shared);
    float *u = (float *)shared + (threadIdx.x / 32) * ((n + 3) / 4 * 4);
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    float mean = 0, along = 0;
    if (row >= rows) return;
    const uint64_t key = bert__cu_row_key(drop, r, row);
    BERT__CU_FOUR(c, n) {
        float v[4], g[4], m[4];
        bert__take4(d + (int64_t)row * n, c, n, v);
        bert__take4(gamma, c, n, g);
        bert__take4(normal + (int64_t)row * n, c, n, m);
        for (int k = 0; k < 4; k++) {
            v[k] *= g[k];
            mean += v[k];
            along += v[k] * m[k];
            if (c + k < n) u[c + k] = v[k];
        }
    }
    mean = bert__warp_sum(mean) / (float)n;
    along = bert__warp_sum(along) / (float)n;
    BERT__CU_FOUR(c, n) {
        float v[4], m[4];
        bert__take4(normal + (int64_t)row * n, c, n, m);
        for (int k = 0; k < 4; k++) v[k] = c + k < n ? (u[c + k] - mean - m[k] * along) * inverse[row] : 0.0f;
        bert__give4(d + (int64_t)row * n, c, n, v);
        if (!e) continue;
        bert__cu_drop4(drop, key, row, c, n, v);
        bert__give4(e + (int64_t)row * n, c, n, v);
    }
}
/* to = dropout(from), rows of a part, or (firsts) of the first row of each sequence. */
template <class number> BERT__KERNEL(128) bert__cu_k_drop(bert__cu_rows r, int rows, int firsts, const number *from, number *to, bert__cu_dropping drop, int n)
{
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    if (row >= rows) return;
    const uint64_t key = bert__cu_row_key(drop, r, firsts ? r.start[row] : row);
    BERT__CU_FOUR(c, n) {
        float v[4];
        bert__take4(from + (int64_t)row * n, c, n, v);
        bert__cu_drop4(drop, key, row, c, n, v);
        bert__give4(to + (int64_t)row * n, c, n, v);
    }
}
/* Rows `at` of x, or (at NULL) the first of each sequence. */
template <class number> BERT__KERNEL(128) bert__cu_k_take(bert__cu_rows r, int rows, const int32_t *at, const number *x, number *to, int n)
{
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    if (row >= rows) return;
    const int64_t from = at ? at[row] : r.start[row];
    BERT__CU_FOUR(c, n) {
        float v[4];
        bert__take4(x + from * n, c, n, v);
        bert__give4(to + (int64_t)row * n, c, n, v);
    }
}
/* d += rows of a head: at rows `at`, or (NULL) at the first of each sequence, or (all) one to one. next[i]: the next row that goes to the same
   place as i, or -1; led[i]: an earlier one takes i along. NULL: all places differ. */
template <class number> BERT__KERNEL(128) bert__cu_k_give_back(bert__cu_rows r, int rows, int all, const int32_t *at, const int32_t *next, const int32_t *led, const number *from, number *d, int n)
{
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    if (row >= rows || (led && led[row])) return;
    const int64_t to = all ? row : at ? at[row] : r.start[row];
    BERT__CU_FOUR(c, n) {
        float v[4], t[4];
        bert__take4(d + to * n, c, n, v);
        for (int i = row; i >= 0; i = next ? next[i] : -1) {
            bert__take4(from + (int64_t)i * n, c, n, t);
            for (int k = 0; k < 4; k++) v[k] += t[k];
        }
        bert__give4(d + to * n, c, n, v);
    }
}
template <class number> BERT__KERNEL(128) bert__cu_k_widen(int64_t count, const number *from, float *to)
{
    const int64_t i = ((int64_t)blockIdx.x * 128 + threadIdx.x) * 4;
    float v[4];
    if (i >= count) return;
    if (i + 4 <= count) { bert__load4(from + i, v); bert__store4(to + i, v); }
    else for (int64_t k = i; k < count; k++) to[k] = bert__get(from[k]);
}
template <class number> BERT__KERNEL(128) bert__cu_k_narrow(int64_t count, const float *from, number *to)
{
    const int64_t i = ((int64_t)blockIdx.x * 128 + threadIdx.x) * 4;
    float v[4];
    if (i >= count) return;
    if (i + 4 <= count) { bert__load4(from + i, v); bert__store4(to + i, v); }
    else for (int64_t k = i; k < count; k++) bert__put(to + k, from[k]);
}
#ifndef BERT_NO_TRAIN
/* act = activation(inner), slope *= its derivative: both that the way back needs, in one pass. `act` may be NULL. */
template <class number> BERT__KERNEL(128) bert__cu_k_slope(int64_t count, int activation, const number *inner, number *slope, number *act)
{
    const int64_t i = ((int64_t)blockIdx.x * 128 + threadIdx.x) * 4;
    float x[4], s[4], a[4];
    const int n = (int)(count - i < 4 ? count - i : 4);
    if (i >= count) return;
    if (n == 4) { bert__load4(inner + i, x); bert__load4(slope + i, s); }
    else for (int k = 0; k < 4; k++) { x[k] = k < n ? bert__get(inner[i + k]) : 0.0f; s[k] = k < n ? bert__get(slope[i + k]) : 0.0f; }
    for (int k = 0; k < 4; k++) { a[k] = bert__cu_activate(activation, x[k]); s[k] *= bert__cu_slope(activation, x[k]); }
    if (n == 4) { bert__store4(slope + i, s); if (act) bert__store4(act + i, a); }
    else for (int k = 0; k < n; k++) { bert__put(slope + i + k, s[k]); if (act) bert__put(act + i + k, a[k]); }
}
/* d *= 1 - y y, of tanh */
template <class number> BERT__KERNEL(128) bert__cu_k_tanh_back(int64_t count, const number *y, number *d)
{
    const int64_t i = (int64_t)blockIdx.x * 128 + threadIdx.x;
    if (i >= count) return;
    const float v = bert__get(y[i]);
    bert__put(d + i, bert__get(d[i]) * (1.0f - v * v));
}

/* Sums of the columns of d [rows,n] (and of d times normal) over chunks of rows, ld apart; then over the chunks, added to gradients. A lane takes
   four columns, a warp a quarter of the chunk's rows. Where ld is a multiple of 4, numbers between n and ld may be read, and count for nothing. */
template <class number> BERT__KERNEL(128) bert__cu_k_columns(int rows, int n, int64_t ld, const number *d, const number *normal, float *partial)
{
    __shared__ float sums[2][BERT__CU_WARPS][128];
    const int warp = (int)threadIdx.x / 32, at = (int)threadIdx.x % 32 * 4, col = (int)blockIdx.x * 128 + at, first = (int)blockIdx.y * BERT__CU_CHUNK + warp * (BERT__CU_CHUNK / BERT__CU_WARPS);
    const int last = first + BERT__CU_CHUNK / BERT__CU_WARPS < rows ? first + BERT__CU_CHUNK / BERT__CU_WARPS : rows, whole = (ld & 3) == 0;
    float sum[4] = { 0, 0, 0, 0 }, along[4] = { 0, 0, 0, 0 }, v[4], m[4];
    for (int i = first; i < last && col < n; i++) {
        if (whole) bert__load4(d + i * ld + col, v);
        else for (int k = 0; k < 4; k++) v[k] = col + k < n ? bert__get(d[i * ld + col + k]) : 0.0f;
        for (int k = 0; k < 4; k++) sum[k] += v[k];
        if (!normal) continue;
        bert__take4(normal + i * ld, col, n, m);
        for (int k = 0; k < 4; k++) along[k] += v[k] * m[k];
    }
    for (int k = 0; k < 4; k++) { sums[0][warp][at + k] = sum[k]; sums[1][warp][at + k] = along[k]; }
    __syncthreads();
    const int mine = (int)threadIdx.x, to = (int)blockIdx.x * 128 + mine;
    if (to >= n) return;
    for (int which = 0; which < (normal ? 2 : 1); which++)
        partial[((int64_t)blockIdx.y * 2 + which) * n + to] = (sums[which][0][mine] + sums[which][1][mine]) + (sums[which][2][mine] + sums[which][3][mine]);
}
/* 32 columns a block, a warp every eighth chunk. */
BERT__KERNEL(256) bert__cu_k_columns_end(int chunks, int n, const float *partial, float *sums, float *alongs)
{
    __shared__ double room[2][8][32];
    const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32, col = (int)blockIdx.x * 32 + lane;
    double sum = 0, along = 0;
    for (int i = warp; i < chunks && col < n; i += 8) {
        sum += (double)partial[((int64_t)i * 2) * n + col];
        if (alongs) along += (double)partial[((int64_t)i * 2 + 1) * n + col];
    }
    room[0][warp][lane] = sum;
    room[1][warp][lane] = along;
    __syncthreads();
    if (warp || col >= n) return;
    for (int k = 1; k < 8; k++) { sum += room[0][k][lane]; along += room[1][k][lane]; }
    sums[col] += (float)sum;
    if (alongs) alongs[col] += (float)along;
}
template <class number> static void bert__cu_columns(bert__cu *c, const void *d, int64_t ld, const void *normal, int64_t rows, int64_t n, float *sums, float *alongs)
{
    const unsigned chunks = (unsigned)bert__cu_blocks(rows, BERT__CU_CHUNK), blocks = (unsigned)bert__cu_blocks(n, 128);
    BERT__CU_LAUNCH(c, bert__cu_k_columns<number>, dim3(blocks, chunks), dim3(128), 0, (int)rows, (int)n, ld, (const number *)d, (const number *)normal, c->partial);
    BERT__CU_LAUNCH(c, bert__cu_k_columns_end, dim3((unsigned)bert__cu_blocks(n, 32)), dim3(256), 0, (int)chunks, (int)n, (const float *)c->partial, sums, alongs);
}
/* Gradients of tables. The lists are as long as they can be; how many of them count stands in the step. */
template <class number> BERT__KERNEL(128) bert__cu_k_pieces(const bert__cu_step *step, const bert__cu_piece *pieces, const int32_t *order, const number *d, float *gradients, float *partial, int n)
{
    const int col = (int)blockIdx.y * 128 + (int)threadIdx.x;
    if ((int)blockIdx.x >= step->pieces || col >= n) return;
    const bert__cu_piece p = pieces[blockIdx.x];
    float sum = 0;
    for (int i = 0; i < p.count; i++) sum += bert__get(d[(int64_t)order[p.first + i] * n + col]);
    if (p.partial < 0) gradients[p.to + col] += sum;
    else partial[(int64_t)p.partial * n + col] = sum;
}
BERT__KERNEL(128) bert__cu_k_joins(const bert__cu_step *step, const bert__cu_join *joins, const float *partial, float *gradients, int n)
{
    const int col = (int)blockIdx.y * 128 + (int)threadIdx.x;
    if ((int)blockIdx.x >= step->joins || col >= n) return;
    const bert__cu_join j = joins[blockIdx.x];
    double sum = 0;
    for (int i = 0; i < j.count; i++) sum += (double)partial[(int64_t)(j.first + i) * n + col];
    gradients[j.to + col] += (float)sum;
}
/* The sum of the squares of `count` numbers, over blocks and then over their sums, added to *to. */
template <class number> BERT__KERNEL(256) bert__cu_k_squares(int64_t count, const number *x, double *sums)
{
    __shared__ double room[32];
    double sum = 0;
    const int64_t first = (int64_t)blockIdx.x * BERT__CU_BLOCK, last = first + BERT__CU_BLOCK < count ? first + BERT__CU_BLOCK : count;
    for (int64_t i = first + threadIdx.x; i < last; i += 256) sum += (double)bert__get(x[i]) * (double)bert__get(x[i]);
    sum = bert__block_sum(sum, room);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}
BERT__KERNEL(256) bert__cu_k_total(int64_t count, const double *sums, double *to, double scale, int set)
{
    __shared__ double room[32];
    double sum = 0;
    for (int64_t i = threadIdx.x; i < count; i += 256) sum += sums[i];
    sum = bert__block_sum(sum, room);
    if (threadIdx.x == 0) *to = set ? sum * scale : *to + sum * scale;
}
#endif

/* ============================================================================================================
   >>cu_attention
   Purpose   softmax(q k / sqrt(D) + mask) v for each sequence and head, forward and backward.
   Uses      >>cu_words, >>cu_rows' dropout.
   Promises  no matrix of S x S in memory (but what a caller asks for): scores are computed block by block, the softmax streams. The way back computes
             them again, once by queries (dq) and once by keys (dk, dv), so that nothing is added up by several blocks.

   The plain kernels take any D, any precision, relative positions, and give probabilities out: a warp takes a query (or a key), a lane one of 32
   keys (or queries) at a time. With 16 bits and D = 64 those of tensor cores take 64 rows at once.
   ============================================================================================================ */

typedef struct bert__cu_attend {
    bert__cu_rows r;
    const void *qkv, *dout, *context_in;   /* [rows,3C] [rows,C] [rows,C] */
    void *context, *gradients;          /* [rows,C], [rows,3C] */
    float *softmax, *delta;             /* [rows,H,2] or NULL, [rows,H] */
    float *probabilities;               /* [H,S,S] for each sequence, or NULL */
    const float *relative;              /* [2R+1,D] or NULL */
    bert__cu_dropping drop;
    float scale;
    int32_t heads, depth, max_relative;
} bert__cu_attend;

BERT__DEVICE const float *bert__cu_apart(const bert__cu_attend &a, int query, int key)
{
    const int d = key - query, m = a.max_relative;
    return a.relative + (int64_t)((d > m ? m : d < -m ? -m : d) + m) * a.depth;
}
/* The score of a query (in shared memory as float32) and a key of a sequence, which lies there in the precision; or the other way round. */
template <class number> BERT__DEVICE float bert__cu_dot(const bert__cu_attend &a, const float *x, const number *y, const float *apart, int apart_is_x)
{
    float sum = 0;
    for (int d = 0; d < a.depth; d++) {
        const float v = bert__get(y[d]);
        sum += apart ? apart_is_x ? (x[d] + apart[d]) * v : x[d] * (v + apart[d]) : x[d] * v;
    }
    return sum;
}
BERT__DEVICE float bert__cu_biased(const bert__cu_attend &a, float dot, int sequence, int first, int length, int query, int key)
{
    dot *= a.scale;
    if (a.r.key_bias) dot += a.r.key_bias[first + key];
    if (a.r.score_bias) dot += a.r.score_bias[a.r.squares[sequence] + (int64_t)query * length + key];
    return dot < -FLT_MAX ? -FLT_MAX : dot;
}
/* What a dropped-out probability (query, key) is multiplied with. query_key: the stream of the query. */
BERT__DEVICE float bert__cu_kept(const bert__cu_attend &a, uint64_t query_key, int sequence, int length, int head, int query, int key)
{
    if (a.drop.mask) return a.drop.mask[(int64_t)a.heads * a.r.squares[sequence] + ((int64_t)head * length + query) * length + key] ? a.drop.drop.mask_scale : 0.0f;
    if (!a.drop.drop.below || a.drop.masked) return 1;
    return bert__cu_chance(query_key, (uint32_t)key) < a.drop.drop.below ? 0.0f : a.drop.drop.scale;
}
BERT__DEVICE uint64_t bert__cu_head_key(const bert__cu_attend &a, int sequence, int head)
{
    if (a.drop.mask || a.drop.masked || !a.drop.drop.below) return 0;
    return bert__cu_mix_in(bert__cu_place_key(a.r, BERT__CU_AT_ATTENTION, a.drop.layer, sequence), (uint64_t)head);
}

/* shared: for each warp q [D], the context [D], probabilities [32] */
template <class number> BERT__KERNEL(128) bert__cu_k_attend(bert__cu_attend a)
{
    BERT_CUDA_SHARED(shared);
    const int nD = a.depth, lane = (int)threadIdx.x % 32;
    const int64_t item = (int64_t)blockIdx.x * BERT__CU_WARPS + threadIdx.x / 32, stride = 3 * (int64_t)a.heads * nD;
    float *q = (float *)shared + (threadIdx.x / 32) * (2 * nD + 32), *sum = q + nD, *p = sum + nD, top = -FLT_MAX, mass = 0;
    if (item >= (int64_t)a.r.rows * a.heads) return;
    const int head = (int)(item / a.r.rows), row = (int)(item % a.r.rows), sequence = a.r.sequence[row], first = a.r.start[sequence], nS = a.r.start[sequence + 1] - first, query = row - first;
    const number *keys = (const number *)a.qkv + first * stride + ((int64_t)a.heads + head) * nD, *values = keys + (int64_t)a.heads * nD;
    const uint64_t key = bert__cu_mix_in(bert__cu_head_key(a, sequence, head), (uint64_t)query);
    for (int d = lane; d < nD; d += 32) { q[d] = bert__get(((const number *)a.qkv)[row * stride + head * nD + d]); sum[d] = 0; }
    __syncwarp();
    for (int from = 0; from < nS; from += 32) {
        const int j = from + lane, n = nS - from < 32 ? nS - from : 32;
        float s = -FLT_MAX, e = 0;
        if (j < nS) s = bert__cu_biased(a, bert__cu_dot(a, q, keys + j * stride, a.relative ? bert__cu_apart(a, query, j) : NULL, 0), sequence, first, nS, query, j);
        const float largest = bert__warp_max(s), now = largest > top ? largest : top, before = expf(top - now);
        if (j < nS) e = expf(s - now);
        mass = mass * before + bert__warp_sum(e);
        p[lane] = j < nS ? e * bert__cu_kept(a, key, sequence, nS, head, query, j) : 0;
        top = now;
        __syncwarp();
        for (int d = lane; d < nD; d += 32) {
            float v = sum[d] * before;
            for (int k = 0; k < n; k++) v += p[k] * (bert__get(values[(from + k) * stride + d]) + (a.relative ? bert__cu_apart(a, query, from + k)[d] : 0.0f));
            sum[d] = v;
        }
        __syncwarp();
    }
    for (int d = lane; d < nD; d += 32) bert__put((number *)a.context + (int64_t)row * a.heads * nD + head * nD + d, sum[d] / mass);
    if (a.softmax && lane == 0) { a.softmax[((int64_t)row * a.heads + head) * 2] = top; a.softmax[((int64_t)row * a.heads + head) * 2 + 1] = mass; }
    for (int j = lane; a.probabilities && j < nS; j += 32) {
        const float s = bert__cu_biased(a, bert__cu_dot(a, q, keys + j * stride, a.relative ? bert__cu_apart(a, query, j) : NULL, 0), sequence, first, nS, query, j);
        a.probabilities[(int64_t)a.heads * a.r.squares[sequence] + ((int64_t)head * nS + query) * nS + j] = expf(s - top) / mass;
    }
}
/* delta = dout . out of each row and head */
template <class number> BERT__KERNEL(128) bert__cu_k_delta(bert__cu_attend a)
{
    const int nD = a.depth, lane = (int)threadIdx.x % 32;
    const int64_t item = (int64_t)blockIdx.x * BERT__CU_WARPS + threadIdx.x / 32;     /* row, head */
    float sum = 0;
    if (item >= (int64_t)a.r.rows * a.heads) return;
    for (int d = lane; d < nD; d += 32) sum += bert__get(((const number *)a.dout)[item * nD + d]) * bert__get(((const number *)a.context_in)[item * nD + d]);
    sum = bert__warp_sum(sum);
    if (lane == 0) a.delta[item] = sum;
}
/* dq.  shared: for each warp q [D], dout [D], dq [D], ds [32] */
template <class number> BERT__KERNEL(128) bert__cu_k_attend_queries(bert__cu_attend a)
{
    BERT_CUDA_SHARED(shared);
    const int nD = a.depth, lane = (int)threadIdx.x % 32;
    const int64_t item = (int64_t)blockIdx.x * BERT__CU_WARPS + threadIdx.x / 32, stride = 3 * (int64_t)a.heads * nD;
    float *q = (float *)shared + (threadIdx.x / 32) * (3 * nD + 32), *out = q + nD, *sum = out + nD, *ds = sum + nD;
    if (item >= (int64_t)a.r.rows * a.heads) return;
    const int head = (int)(item / a.r.rows), row = (int)(item % a.r.rows), sequence = a.r.sequence[row], first = a.r.start[sequence], nS = a.r.start[sequence + 1] - first, query = row - first;
    const int64_t at = (int64_t)row * a.heads + head;
    const number *keys = (const number *)a.qkv + first * stride + ((int64_t)a.heads + head) * nD, *values = keys + (int64_t)a.heads * nD;
    const uint64_t key = bert__cu_mix_in(bert__cu_head_key(a, sequence, head), (uint64_t)query);
    const float top = a.softmax[at * 2], mass = a.softmax[at * 2 + 1], delta = a.delta[at];
    for (int d = lane; d < nD; d += 32) {
        q[d] = bert__get(((const number *)a.qkv)[row * stride + head * nD + d]);
        out[d] = bert__get(((const number *)a.dout)[at * nD + d]);
        sum[d] = 0;
    }
    __syncwarp();
    for (int from = 0; from < nS; from += 32) {
        const int j = from + lane, n = nS - from < 32 ? nS - from : 32;
        float v = 0;
        if (j < nS) {
            const float *apart = a.relative ? bert__cu_apart(a, query, j) : NULL;
            const float p = expf(bert__cu_biased(a, bert__cu_dot(a, q, keys + j * stride, apart, 0), sequence, first, nS, query, j) - top) / mass;
            v = p * (bert__cu_dot(a, out, values + j * stride, apart, 0) * bert__cu_kept(a, key, sequence, nS, head, query, j) - delta) * a.scale;
        }
        ds[lane] = v;
        __syncwarp();
        for (int d = lane; d < nD; d += 32) {
            float x = sum[d];
            for (int k = 0; k < n; k++) x += ds[k] * (bert__get(keys[(from + k) * stride + d]) + (a.relative ? bert__cu_apart(a, query, from + k)[d] : 0.0f));
            sum[d] = x;
        }
        __syncwarp();
    }
    for (int d = lane; d < nD; d += 32) bert__put((number *)a.gradients + row * stride + head * nD + d, sum[d]);
}
/* dk and dv.  shared: for each warp k [D], v [D], dk [D], dv [D], ds [32], p [32] */
template <class number> BERT__KERNEL(128) bert__cu_k_attend_keys(bert__cu_attend a)
{
    BERT_CUDA_SHARED(shared);
    const int nD = a.depth, lane = (int)threadIdx.x % 32;
    const int64_t item = (int64_t)blockIdx.x * BERT__CU_WARPS + threadIdx.x / 32, stride = 3 * (int64_t)a.heads * nD, across = (int64_t)a.heads * nD;
    float *k = (float *)shared + (threadIdx.x / 32) * (4 * nD + 64), *v = k + nD, *dk = v + nD, *dv = dk + nD, *ds = dv + nD, *p = ds + 32;
    if (item >= (int64_t)a.r.rows * a.heads) return;
    const int head = (int)(item / a.r.rows), row = (int)(item % a.r.rows), sequence = a.r.sequence[row], first = a.r.start[sequence], nS = a.r.start[sequence + 1] - first, j = row - first;
    const number *queries = (const number *)a.qkv + first * stride + (int64_t)head * nD, *outs = (const number *)a.dout + first * across + (int64_t)head * nD;
    const uint64_t head_key = bert__cu_head_key(a, sequence, head);
    for (int d = lane; d < nD; d += 32) {
        k[d] = bert__get(((const number *)a.qkv)[row * stride + across + head * nD + d]);
        v[d] = bert__get(((const number *)a.qkv)[row * stride + 2 * across + head * nD + d]);
        dk[d] = dv[d] = 0;
    }
    __syncwarp();
    for (int from = 0; from < nS; from += 32) {
        const int i = from + lane, n = nS - from < 32 ? nS - from : 32;
        ds[lane] = p[lane] = 0;
        if (i < nS) {
            const float *apart = a.relative ? bert__cu_apart(a, i, j) : NULL, *kept = a.softmax + ((int64_t)(first + i) * a.heads + head) * 2;
            const float x = expf(bert__cu_biased(a, bert__cu_dot(a, k, queries + i * stride, apart, 1), sequence, first, nS, i, j) - kept[0]) / kept[1];
            const float keep = bert__cu_kept(a, bert__cu_mix_in(head_key, (uint64_t)i), sequence, nS, head, i, j);
            ds[lane] = x * (bert__cu_dot(a, v, outs + i * across, apart, 1) * keep - a.delta[(int64_t)(first + i) * a.heads + head]) * a.scale;
            p[lane] = x * keep;
        }
        __syncwarp();
        for (int d = lane; d < nD; d += 32) {
            float x = dk[d], y = dv[d];
            for (int h = 0; h < n; h++) {
                x += ds[h] * bert__get(queries[(from + h) * stride + d]);
                y += p[h] * bert__get(outs[(from + h) * across + d]);
            }
            dk[d] = x;
            dv[d] = y;
        }
        __syncwarp();
    }
    for (int d = lane; d < nD; d += 32) {
        bert__put((number *)a.gradients + row * stride + across + head * nD + d, dk[d]);
        bert__put((number *)a.gradients + row * stride + 2 * across + head * nD + d, dv[d]);
    }
}

/* ---- D = 64 in 16 bits, on tensor cores: a block takes 64 rows of one head, a warp 16 of them, 64 columns at a time ---- */

#define BERT__CU_PITCH 72               /* numbers from row to row of a tile in shared memory: 64, and 16 bytes for the banks */

/* Rows first to first+63 of a head, zeros behind `length`. */
template <class number> BERT__DEVICE void bert__cu_load_tile(uint16_t *tile, const number *from, int64_t stride, int first, int length)
{
    for (int i = (int)threadIdx.x; i < 64 * 8; i += 128) {
        uint4 v;
        v.x = v.y = v.z = v.w = 0;
        if (first + i / 8 < length) v = *(const uint4 *)(const void *)(from + (int64_t)(first + i / 8) * stride + i % 8 * 8);
        *(uint4 *)(void *)(tile + i / 8 * BERT__CU_PITCH + i % 8 * 8) = v;
    }
}
/* The warp's 16 rows of a tile as the left factor: [4] steps of 16 along D. */
BERT__DEVICE void bert__cu_left(uint32_t x[4][4], const uint16_t *tile)
{
    const int lane = (int)threadIdx.x % 32;
    BERT__UNROLL
    for (int k = 0; k < 4; k++) bert__cu_ldmatrix<0>(x[k], tile + ((int)threadIdx.x / 32 * 16 + lane % 16) * BERT__CU_PITCH + k * 16 + lane / 16 * 8);
}
/* s [16,64] = x tile^T */
template <class number> BERT__DEVICE void bert__cu_scores(float s[8][4], const uint32_t x[4][4], const uint16_t *tile)
{
    const int lane = (int)threadIdx.x % 32;
    BERT__UNROLL
    for (int n = 0; n < 8; n += 2) {
        BERT__UNROLL
        for (int e = 0; e < 4; e++) s[n][e] = s[n + 1][e] = 0;
        BERT__UNROLL
        for (int k = 0; k < 4; k++) {
            uint32_t y[4];
            bert__cu_ldmatrix<0>(y, tile + (n * 8 + lane / 16 * 8 + lane % 8) * BERT__CU_PITCH + k * 16 + (lane / 8 & 1) * 8);
            bert__cu_mma<number>(s[n], x[k], y);
            bert__cu_mma<number>(s[n + 1], x[k], y + 2);
        }
    }
}
/* sum [16,64 of D] += p [16,64] tile */
template <class number> BERT__DEVICE void bert__cu_gather(float sum[8][4], const float p[8][4], const uint16_t *tile)
{
    const int lane = (int)threadIdx.x % 32;
    BERT__UNROLL
    for (int k = 0; k < 4; k++) {
        const uint32_t x[4] = { bert__cu_pair<number>(p[2 * k][0], p[2 * k][1]), bert__cu_pair<number>(p[2 * k][2], p[2 * k][3]), bert__cu_pair<number>(p[2 * k + 1][0], p[2 * k + 1][1]), bert__cu_pair<number>(p[2 * k + 1][2], p[2 * k + 1][3]) };
        BERT__UNROLL
        for (int n = 0; n < 8; n += 2) {
            uint32_t y[4];
            bert__cu_ldmatrix<1>(y, tile + (k * 16 + (lane / 8 & 1) * 8 + lane % 8) * BERT__CU_PITCH + n * 8 + lane / 16 * 8);
            bert__cu_mma<number>(sum[n], x, y);
            bert__cu_mma<number>(sum[n + 1], x, y + 2);
        }
    }
}
/* The warp's rows of a sum, times what each is worth, to rows of a head. */
template <class number> BERT__DEVICE void bert__cu_store_rows(number *to, int64_t stride, int first, int length, const float sum[8][4], float low, float high)
{
    const int lane = (int)threadIdx.x % 32, row = first + (int)threadIdx.x / 32 * 16 + lane / 4;
    BERT__UNROLL
    for (int n = 0; n < 8; n++) {
        if (row < length) *(uint32_t *)(void *)(to + (int64_t)row * stride + n * 8 + lane % 4 * 2) = bert__cu_pair<number>(sum[n][0] * low, sum[n][1] * low);
        if (row + 8 < length) *(uint32_t *)(void *)(to + (int64_t)(row + 8) * stride + n * 8 + lane % 4 * 2) = bert__cu_pair<number>(sum[n][2] * high, sum[n][3] * high);
    }
}
BERT__DEVICE float bert__cu_quad_sum(float v) { v += __shfl_xor_sync(BERT__ALL, v, 1); return v + __shfl_xor_sync(BERT__ALL, v, 2); }
BERT__DEVICE float bert__cu_quad_max(float v) { v = fmaxf(v, __shfl_xor_sync(BERT__ALL, v, 1)); return fmaxf(v, __shfl_xor_sync(BERT__ALL, v, 2)); }

template <class number> BERT__KERNEL(128) bert__cu_k_fused(bert__cu_attend a)
{
    __shared__ __align__(16) uint16_t x[64 * BERT__CU_PITCH], y[64 * BERT__CU_PITCH];
    const int2 tile = a.r.tiles[blockIdx.x];
    const int head = (int)blockIdx.y, first = a.r.start[tile.x], nS = a.r.start[tile.x + 1] - first, lane = (int)threadIdx.x % 32, row = tile.y + (int)threadIdx.x / 32 * 16 + lane / 4;
    const int64_t stride = 3 * (int64_t)a.heads * 64, across = (int64_t)a.heads * 64;
    const number *queries = (const number *)a.qkv + first * stride + (int64_t)head * 64;
    const uint64_t head_key = bert__cu_head_key(a, tile.x, head);
    uint64_t keys[2];
    uint32_t q[4][4];
    float sum[8][4] = { { 0 } }, top[2] = { -FLT_MAX, -FLT_MAX }, mass[2] = { 0, 0 };
    bert__cu_load_tile(x, queries, stride, tile.y, nS);
    __syncthreads();
    bert__cu_left(q, x);
    __syncthreads();
    for (int h = 0; h < 2; h++) keys[h] = bert__cu_mix_in(head_key, (uint64_t)(row + 8 * h));
    for (int from = 0; from < nS; from += 64) {
        float s[8][4], now[2], before[2];
        bert__cu_load_tile(x, queries + across, stride, from, nS);
        bert__cu_load_tile(y, queries + 2 * across, stride, from, nS);
        __syncthreads();
        bert__cu_scores<number>(s, q, x);
        for (int h = 0; h < 2; h++) now[h] = top[h];
        BERT__UNROLL
        for (int n = 0; n < 8; n++)
            BERT__UNROLL
            for (int e = 0; e < 4; e++) {
                const int j = from + n * 8 + lane % 4 * 2 + e % 2, i = row + e / 2 * 8;
                s[n][e] = j < nS && i < nS ? bert__cu_biased(a, s[n][e], tile.x, first, nS, i, j) : -INFINITY;
                now[e / 2] = fmaxf(now[e / 2], s[n][e]);
            }
        for (int h = 0; h < 2; h++) {
            now[h] = bert__cu_quad_max(now[h]);
            before[h] = expf(top[h] - now[h]);
            top[h] = now[h];
            mass[h] *= before[h];
        }
        BERT__UNROLL
        for (int n = 0; n < 8; n++)
            BERT__UNROLL
            for (int e = 0; e < 4; e++) {
                const int j = from + n * 8 + lane % 4 * 2 + e % 2, i = row + e / 2 * 8;
                s[n][e] = expf(s[n][e] - top[e / 2]);
                mass[e / 2] += s[n][e];
                if (j < nS && i < nS) s[n][e] *= bert__cu_kept(a, keys[e / 2], tile.x, nS, head, i, j);
                sum[n][e] *= before[e / 2];
            }
        bert__cu_gather<number>(sum, s, y);
        __syncthreads();
    }
    for (int h = 0; h < 2; h++) {
        mass[h] = bert__cu_quad_sum(mass[h]);
        if (a.softmax && lane % 4 == 0 && row + 8 * h < nS) {
            float *kept = a.softmax + ((int64_t)(first + row + 8 * h) * a.heads + head) * 2;
            kept[0] = top[h];
            kept[1] = mass[h];
        }
    }
    bert__cu_store_rows((number *)a.context + first * across + (int64_t)head * 64, across, tile.y, nS, sum, 1.0f / mass[0], 1.0f / mass[1]);
}
/* by_keys 0: rows are queries, columns keys: dq. 1: rows are keys, columns queries: dk and dv. */
template <class number, int by_keys> BERT__KERNEL(128) bert__cu_k_fused_backward(bert__cu_attend a)
{
    __shared__ __align__(16) uint16_t x[64 * BERT__CU_PITCH], y[64 * BERT__CU_PITCH];
    __shared__ float tops[64], inverses[64], deltas[64];
    __shared__ uint64_t column_keys[64];
    const int2 tile = a.r.tiles[blockIdx.x];
    const int head = (int)blockIdx.y, first = a.r.start[tile.x], nS = a.r.start[tile.x + 1] - first, lane = (int)threadIdx.x % 32, row = tile.y + (int)threadIdx.x / 32 * 16 + lane / 4;
    const int64_t stride = 3 * (int64_t)a.heads * 64, across = (int64_t)a.heads * 64;
    const number *queries = (const number *)a.qkv + first * stride + (int64_t)head * 64, *keys = queries + across, *values = keys + across, *outs = (const number *)a.dout + first * across + (int64_t)head * 64;
    const uint64_t head_key = bert__cu_head_key(a, tile.x, head);
    uint32_t left[4][4], right[4][4];
    float one[8][4] = { { 0 } }, two[8][4] = { { 0 } }, top[2] = { 0, 0 }, inverse[2] = { 0, 0 }, delta[2] = { 0, 0 };
    uint64_t row_keys[2] = { 0, 0 };
    bert__cu_load_tile(x, by_keys ? keys : queries, stride, tile.y, nS);
    bert__cu_load_tile(y, by_keys ? values : outs, by_keys ? stride : across, tile.y, nS);
    __syncthreads();
    bert__cu_left(left, x);
    bert__cu_left(right, y);
    __syncthreads();
    for (int h = 0; h < 2 && !by_keys; h++) {
        const int64_t at = (int64_t)(first + (row + 8 * h < nS ? row + 8 * h : 0)) * a.heads + head;
        top[h] = a.softmax[at * 2];
        inverse[h] = 1.0f / a.softmax[at * 2 + 1];
        delta[h] = a.delta[at];
        row_keys[h] = bert__cu_mix_in(head_key, (uint64_t)(row + 8 * h));
    }
    for (int from = 0; from < nS; from += 64) {
        float s[8][4], d[8][4];
        bert__cu_load_tile(x, by_keys ? queries : keys, stride, from, nS);
        bert__cu_load_tile(y, by_keys ? outs : values, by_keys ? across : stride, from, nS);
        if (by_keys && threadIdx.x < 64) {
            const int i = from + (int)threadIdx.x;
            const int64_t at = (int64_t)(first + (i < nS ? i : 0)) * a.heads + head;
            tops[threadIdx.x] = a.softmax[at * 2];
            inverses[threadIdx.x] = 1.0f / a.softmax[at * 2 + 1];
            deltas[threadIdx.x] = a.delta[at];
            column_keys[threadIdx.x] = bert__cu_mix_in(head_key, (uint64_t)i);
        }
        __syncthreads();
        bert__cu_scores<number>(s, left, x);
        bert__cu_scores<number>(d, right, y);
        BERT__UNROLL
        for (int n = 0; n < 8; n++)
            BERT__UNROLL
            for (int e = 0; e < 4; e++) {
                const int c = n * 8 + lane % 4 * 2 + e % 2, r = row + e / 2 * 8, i = by_keys ? from + c : r, j = by_keys ? r : from + c;
                float p = 0, keep = 0, ds = 0;
                if (i < nS && j < nS) {
                    p = expf(bert__cu_biased(a, s[n][e], tile.x, first, nS, i, j) - (by_keys ? tops[c] : top[e / 2])) * (by_keys ? inverses[c] : inverse[e / 2]);
                    keep = bert__cu_kept(a, by_keys ? column_keys[c] : row_keys[e / 2], tile.x, nS, head, i, j);
                    ds = p * (d[n][e] * keep - (by_keys ? deltas[c] : delta[e / 2])) * a.scale;
                }
                s[n][e] = p * keep;
                d[n][e] = ds;
            }
        bert__cu_gather<number>(one, d, x);
        if (by_keys) bert__cu_gather<number>(two, s, y);
        __syncthreads();
    }
    number *to = (number *)a.gradients + first * stride + (int64_t)head * 64;
    bert__cu_store_rows(to + (by_keys ? across : 0), stride, tile.y, nS, one, 1.0f, 1.0f);
    if (by_keys) bert__cu_store_rows(to + 2 * across, stride, tile.y, nS, two, 1.0f, 1.0f);
}
template <class number> static void bert__cu_launch_fused(bert__cu *c, const bert__cu_attend *a, int backward)
{
    const dim3 grid((unsigned)a->r.tile_count, (unsigned)a->heads);
    void (*const kernels[3])(bert__cu_attend) = { bert__cu_k_fused<number>, bert__cu_k_fused_backward<number, 0>, bert__cu_k_fused_backward<number, 1> };
    int k;
    for (k = backward; k < (backward ? 3 : 1); k++) {
        void (*kernel)(bert__cu_attend) = kernels[k];
        BERT__CU_LAUNCH(c, kernel, grid, dim3(128), 0, *a);
    }
}
template <> void bert__cu_launch_fused<float>(bert__cu *, const bert__cu_attend *, int) {}
template <class number> static int bert__cu_fused(bert__cu *c, const bert__cu_attend *a, int backward)
{
    if (c->desc.fused_attention == BERT_OFF || !bert__cu_has_tensor_cores<number>(c) || a->depth != 64 || a->relative || a->probabilities) return 0;
    bert__cu_launch_fused<number>(c, a, backward);
    return 1;
}

/* ============================================================================================================
   >>cu_encoder
   Purpose   layers, forward and backward, on the rows of a part.
   Uses      >>cu_products, >>cu_rows, >>cu_attention.
   Promises  the same steps as bert.h's >>forward and >>backward.
   ============================================================================================================ */

static unsigned bert__cu_row_blocks(int64_t rows) { return (unsigned)bert__cu_blocks(rows, BERT__CU_WARPS); }
static size_t bert__cu_row_shared(const bert__cu *c) { return (size_t)bert__cu_blocks(c->config.hidden_size, 4) * 4 * BERT__CU_WARPS * sizeof(float); }

/* Dropout at a place of a layer. */
static bert__cu_dropping bert__cu_dropping_at(const bert__cu *c, int place, int32_t layer)
{
    const bert_masks *m = c->training ? c->masks : NULL;
    const int64_t nC = c->config.hidden_size;
    bert__cu_dropping d;
    memset(&d, 0, sizeof d);
    d.place = place;
    d.layer = layer;
    if (!c->training) return d;
    d.drop = place == BERT__CU_AT_CLASSIFIER ? c->classifier_drop : place == BERT__CU_AT_ATTENTION ? c->attention_drop : c->hidden_drop;
    d.masked = m != NULL;
    if (!m) return d;
    d.mask = place == BERT__CU_AT_EMBEDDINGS ? m->embeddings : place == BERT__CU_AT_CLASSIFIER ? m->classifier : place == BERT__CU_AT_ATTENTION ? (m->attention ? m->attention[layer] : NULL)
        : place == BERT__CU_AT_OUTPUT ? (m->output ? m->output[layer] : NULL) : m->attention_output ? m->attention_output[layer] : NULL;
    if (d.mask && place == BERT__CU_AT_CLASSIFIER) d.mask += (c->learn & 64 ? c->from : c->first_sequence) * nC;      /* TOKENS: of rows */
    else if (d.mask && place != BERT__CU_AT_ATTENTION) d.mask += c->from * nC;
    return d;
}
template <class number> static void bert__cu_close(bert__cu *c, int32_t layer, int which, const void *residual, void *x)
{
    const bert__cu_layer *l = c->layers + layer;
    BERT__CU_LAUNCH(c, bert__cu_k_close<number>, dim3(bert__cu_row_blocks(c->rows.rows)), dim3(128), bert__cu_row_shared(c), c->rows, c->rows.rows, (const number *)c->y,
                    bert__cu_vector(c, which ? BERT__CU_OUTPUT_BIAS : BERT__CU_ATTENTION_BIAS, layer), (const number *)residual, bert__cu_vector(c, which ? BERT__CU_GAMMA1 : BERT__CU_GAMMA0, layer),
                    bert__cu_vector(c, which ? BERT__CU_BETA1 : BERT__CU_BETA0, layer), (float)c->config.layer_norm_eps,
                    bert__cu_dropping_at(c, which ? BERT__CU_AT_OUTPUT : BERT__CU_AT_ATTENTION_OUTPUT, layer), (number *)x, c->low_x, (number *)l->normal[which], l->inverse[which], c->config.hidden_size);
}
static bert__cu_attend bert__cu_attention_of(const bert__cu *c, int32_t layer)
{
    const bert__cu_layer *l = c->layers + layer;
    bert__cu_attend a;
    memset(&a, 0, sizeof a);
    a.r = c->rows;
    a.qkv = l->qkv;
    a.context = l->context;
    a.context_in = l->context;
    a.softmax = l->softmax;
    a.delta = c->delta;
    a.relative = c->relative;
    a.drop = bert__cu_dropping_at(c, BERT__CU_AT_ATTENTION, layer);
    a.heads = c->config.heads;
    a.depth = c->config.hidden_size / c->config.heads;
    a.max_relative = c->config.max_relative_position;
    a.scale = (float)(1 / sqrt((double)a.depth));
    return a;
}
template <class number> static void bert__cu_attention(bert__cu *c, int32_t layer, float *probabilities)
{
    bert__cu_attend a = bert__cu_attention_of(c, layer);
    const unsigned blocks = bert__cu_row_blocks((int64_t)a.r.rows * a.heads);
    a.probabilities = probabilities;
    if (bert__cu_fused<number>(c, &a, 0)) return;
    BERT__CU_LAUNCH(c, bert__cu_k_attend<number>, dim3(blocks), dim3(128), sizeof(float) * BERT__CU_WARPS * (size_t)(2 * a.depth + 32), a);
}
/* dout in wide[1], dq dk dv to wide[0]. */
template <class number> static void bert__cu_attention_backward(bert__cu *c, int32_t layer)
{
    bert__cu_attend a = bert__cu_attention_of(c, layer);
    const unsigned blocks = bert__cu_row_blocks((int64_t)a.r.rows * a.heads);
    a.dout = c->wide[1];
    a.gradients = c->wide[0];
    BERT__CU_LAUNCH(c, bert__cu_k_delta<number>, dim3(blocks), dim3(128), 0, a);
    if (bert__cu_fused<number>(c, &a, 1)) return;
    BERT__CU_LAUNCH(c, bert__cu_k_attend_queries<number>, dim3(blocks), dim3(128), sizeof(float) * BERT__CU_WARPS * (size_t)(3 * a.depth + 32), a);
    BERT__CU_LAUNCH(c, bert__cu_k_attend_keys<number>, dim3(blocks), dim3(128), sizeof(float) * BERT__CU_WARPS * (size_t)(4 * a.depth + 64), a);
}
template <class number> static void bert__cu_embed(bert__cu *c)
{
    BERT__CU_LAUNCH(c, bert__cu_k_embed<number>, dim3(bert__cu_row_blocks(c->rows.rows)), dim3(128), bert__cu_row_shared(c), c->rows, (number *)c->x, c->low_x, (number *)c->normal, c->inverse, bert__cu_matrix<number>(c, BERT__CU_WORDS, 0),
                    c->relative ? (const number *)NULL : bert__cu_matrix<number>(c, BERT__CU_POSITIONS, 0), bert__cu_matrix<number>(c, BERT__CU_TYPES, 0), bert__cu_vector(c, BERT__CU_GAMMA, 0), bert__cu_vector(c, BERT__CU_BETA, 0),
                    (float)c->config.layer_norm_eps, bert__cu_dropping_at(c, BERT__CU_AT_EMBEDDINGS, 0), c->config.hidden_size);
}
/* ---- fp8 ---- */

/* low = activation(x), as e4m3. */
template <class number> BERT__KERNEL(128) bert__cu_k_lower(int64_t count, int activation, const number *x, uint8_t *low)
{
    const int64_t i = ((int64_t)blockIdx.x * 128 + threadIdx.x) * 4;
    float v[4];
    if (i >= count) return;
    bert__load4(x + i, v);
    for (int k = 0; k < 4; k++) v[k] = bert__cu_activate(activation, v[k]);
    bert__cu_store_low4(low + i, v, BERT__CU_LOW);
}
template <class number> static void bert__cu_lower(bert__cu *c, int activation, const void *x, int64_t count)
{
    BERT__CU_LAUNCH(c, bert__cu_k_lower<number>, dim3((unsigned)bert__cu_blocks(count, 512)), dim3(128), 0, count, activation, (const number *)x, c->low_x);
}
/* One block: what is one of a matrix as e4m3, so that its largest number becomes 448. */
BERT__KERNEL(256) bert__cu_k_low_scale(int64_t count, const float *x, float *scale, float *activations)
{
    __shared__ float tops[8];
    float top = 0;
    for (int64_t i = threadIdx.x; i < count; i += 256) top = fmaxf(top, fabsf(x[i]));
    top = bert__warp_max(top);
    if (threadIdx.x % 32 == 0) tops[threadIdx.x / 32] = top;
    __syncthreads();
    for (int i = 0; i < 8; i++) top = fmaxf(top, tops[i]);
    if (threadIdx.x) return;
    *scale = top > 0 && top <= FLT_MAX ? top / 448.0f : 1.0f;
    *activations = 1.0f / BERT__CU_LOW;
}
BERT__KERNEL(256) bert__cu_k_low_weights(int64_t count, const float *x, const float *scale, uint8_t *low)
{
    const int64_t i = ((int64_t)blockIdx.x * 256 + threadIdx.x) * 4;
    float v[4];
    if (i >= count) return;
    bert__load4(x + i, v);
    bert__cu_store_low4(low + i, v, 1.0f / *scale);
}
/* Matrix `which` of a layer: query, key and value; attention's output; inner; output. Where it lies among those of e4m3. */
static int64_t bert__cu_low_at(const bert__cu *c, int32_t layer, int which, int64_t *count)
{
    const int64_t nC = c->config.hidden_size, nF = c->config.intermediate_size;
    *count = which == 0 ? 3 * nC * nC : which == 1 ? nC * nC : nC * nF;
    return layer * (4 * nC * nC + 2 * nC * nF) + (which == 0 ? 0 : which == 1 ? 3 * nC * nC : 4 * nC * nC + (which == 3 ? nC * nF : 0));
}
static void bert__cu_low_weights(bert__cu *c)
{
    static const int row[4] = { BERT__CU_QUERY, BERT__CU_ATTENTION, BERT__CU_INNER, BERT__CU_OUTPUT };
    int32_t layer;
    int which;
    for (layer = 0; layer < c->config.layers && c->low; layer++)
        for (which = 0; which < 4; which++) {
            const float *x = bert__cu_vector(c, row[which], layer);
            float *scale = c->low_scales + 1 + 4 * layer + which;
            int64_t count, at = bert__cu_low_at(c, layer, which, &count);
            BERT__CU_LAUNCH(c, bert__cu_k_low_scale, dim3(1), dim3(256), 0, count, x, scale, c->low_scales);
            BERT__CU_LAUNCH(c, bert__cu_k_low_weights, dim3((unsigned)bert__cu_blocks(count, 1024)), dim3(256), 0, count, x, (const float *)scale, c->low + at);
        }
}
/* y [rows,n] = low_x [rows,k] W^T + b */
template <class number> static void bert__cu_low_dense(bert__cu *c, int which, int bias, int32_t layer, int64_t rows, int64_t n, int64_t k, void *y)
{
    bert__cu_product p;
    int64_t count;
    int done = 0;
    if (c->failed != BERT_OK) return;
    memset(&p, 0, sizeof p);
    p.a = c->low_x;
    p.b = c->low + bert__cu_low_at(c, layer, which, &count);
    p.low_a = c->low_scales;
    p.low_b = c->low_scales + 1 + 4 * layer + which;
    p.lda = p.ldb = p.k = k;
    p.d = y;
    p.ldd = p.n = n;
    p.m = rows;
    p.bias = bias >= 0 ? bert__cu_vector(c, bias, layer) : NULL;
    p.bias_compute = bias >= 0 ? bert__cu_matrix<number>(c, bias, layer) : NULL;
#ifndef BERT_CUDA_NO_CUBLASLT
    done = bert__cu_library<number>(c, &p, p.bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT);
#endif
    if (!done && c->failed == BERT_OK) c->failed = bert__cu_fail(c->error, BERT_ERROR_UNSUPPORTED, "cuBLASLt has no product of fp8 for %lld x %lld x %lld on this GPU: use bf16", (long long)rows, (long long)n, (long long)k);
}
static void *bert__cu_input(const bert__cu *c, int32_t layer) { return layer ? c->layers[layer - 1].x2 : c->x; }
template <class number> static void bert__cu_layer_forward(bert__cu *c, int32_t layer, float *probabilities)
{
    const bert__cu_layer *l = c->layers + layer;
    const int64_t nC = c->config.hidden_size, nF = c->config.intermediate_size, rows = c->rows.rows;
    const void *x = bert__cu_input(c, layer);
    if (c->low) {                                                       /* what goes into a product lies in low_x as e4m3 */
        bert__cu_low_dense<number>(c, 0, BERT__CU_QUERY_BIAS, layer, rows, 3 * nC, nC, l->qkv);
        bert__cu_attention<number>(c, layer, probabilities);
        bert__cu_lower<number>(c, BERT_LINEAR, l->context, rows * nC);
        bert__cu_low_dense<number>(c, 1, -1, layer, rows, nC, nC, c->y);
        bert__cu_close<number>(c, layer, 0, x, l->x1);
        bert__cu_low_dense<number>(c, 2, BERT__CU_INNER_BIAS, layer, rows, nF, nC, c->wide[0]);
        bert__cu_lower<number>(c, c->config.activation, c->wide[0], rows * nF);
        bert__cu_low_dense<number>(c, 3, -1, layer, rows, nC, nF, c->y);
        bert__cu_close<number>(c, layer, 1, l->x1, l->x2);
        return;
    }
    bert__cu_dense<number>(c, BERT__CU_QUERY, BERT__CU_QUERY_BIAS, layer, x, rows, 3 * nC, nC, l->qkv, 3 * nC, 0, BERT_LINEAR, NULL);
    bert__cu_attention<number>(c, layer, probabilities);
    bert__cu_dense<number>(c, BERT__CU_ATTENTION, -1, layer, l->context, rows, nC, nC, c->y, nC, 0, BERT_LINEAR, NULL);
    bert__cu_close<number>(c, layer, 0, x, l->x1);
    bert__cu_dense<number>(c, BERT__CU_INNER, BERT__CU_INNER_BIAS, layer, l->x1, rows, nF, nC, c->wide[0], nF, 0, c->config.activation, l->inner);
    bert__cu_dense<number>(c, BERT__CU_OUTPUT, -1, layer, c->wide[0], rows, nC, nF, c->y, nC, 0, BERT_LINEAR, NULL);
    bert__cu_close<number>(c, layer, 1, l->x1, l->x2);
}

#ifndef BERT_NO_TRAIN
/* dx = dy W (added or not), dW += dy^T x, db += the columns of dy.  dy [rows,n] ldy apart, x [rows,k]; dx NULL: not wanted. */
template <class number> static void bert__cu_dense_backward(bert__cu *c, int weight, int bias, int32_t layer, const void *x, const void *dy, int64_t ldy, int64_t rows, int64_t n, int64_t k, void *dx, int add)
{
    bert__cu_product p;
    memset(&p, 0, sizeof p);
    p.activation = BERT_LINEAR;
    if (dx) {
        p.form = BERT__CU_NN;
        p.a = dy;
        p.lda = ldy;
        p.b = bert__cu_matrix<number>(c, weight, layer);
        p.ldb = p.ldd = k;
        p.d = dx;
        p.m = rows;
        p.n = k;
        p.k = n;
        p.add = add;
        bert__cu_run<number>(c, p);
    }
    if (!bert__cu_learns(c, weight, layer)) return;
    p.form = BERT__CU_TN;
    p.a = dy;
    p.lda = ldy;
    p.b = x;
    p.ldb = p.ldd = k;
    p.d = bert__cu_gradient(c, weight, layer);
    p.m = n;
    p.n = k;
    p.k = rows;
    p.floats = p.add = 1;
    bert__cu_run<number>(c, p);
    bert__cu_columns<number>(c, dy, ldy, NULL, rows, n, bert__cu_gradient(c, bias, layer), NULL);
}
/* The gradient of a LayerNorm in place, its parameters', and (e) that behind the dropout before it. */
template <class number> static void bert__cu_norm_backward(bert__cu *c, int gamma, int beta, int32_t layer, void *d, const void *normal, const float *inverse, int64_t rows, const bert__cu_dropping *drop, void *e)
{
    const bert__cu_dropping none = bert__cu_dropping();
    const int n = c->config.hidden_size;
    if (bert__cu_learns(c, gamma, layer)) bert__cu_columns<number>(c, d, n, normal, rows, n, bert__cu_gradient(c, beta, layer), bert__cu_gradient(c, gamma, layer));
    BERT__CU_LAUNCH(c, bert__cu_k_norm_backward<number>, dim3(bert__cu_row_blocks(rows)), dim3(128), bert__cu_row_shared(c), c->rows, (int)rows, (number *)d, (const number *)normal, inverse, bert__cu_vector(c, gamma, layer), drop ? *drop : none, (number *)e, n);
}
template <class number> static void bert__cu_slope_rows(bert__cu *c, const void *inner, void *slope, void *act, int64_t count)
{
    BERT__CU_LAUNCH(c, bert__cu_k_slope<number>, dim3((unsigned)bert__cu_blocks(count, 512)), dim3(128), 0, count, (int)c->config.activation, (const number *)inner, (number *)slope, (number *)act);
}
/* c->d from behind the layer to before it. */
template <class number> static void bert__cu_layer_backward(bert__cu *c, int32_t layer)
{
    const bert__cu_layer *l = c->layers + layer;
    const int64_t nC = c->config.hidden_size, nF = c->config.intermediate_size, rows = c->rows.rows;
    const void *x = bert__cu_input(c, layer);
    bert__cu_dropping drop;
    if (c->recompute) bert__cu_layer_forward<number>(c, layer, NULL);
    drop = bert__cu_dropping_at(c, BERT__CU_AT_OUTPUT, layer);
    bert__cu_norm_backward<number>(c, BERT__CU_GAMMA1, BERT__CU_BETA1, layer, c->d, l->normal[1], l->inverse[1], rows, &drop, c->e);
    {                                                                   /* the inner layer's slope needs dx first, dW its activation */
        bert__cu_product p;
        memset(&p, 0, sizeof p);
        p.activation = BERT_LINEAR;
        p.form = BERT__CU_NN;
        p.a = c->e;
        p.lda = p.k = nC;
        p.b = bert__cu_matrix<number>(c, BERT__CU_OUTPUT, layer);
        p.d = c->wide[0];
        p.ldb = p.ldd = p.n = nF;
        p.m = rows;
        bert__cu_run<number>(c, p);
    }
    bert__cu_slope_rows<number>(c, l->inner, c->wide[0], c->wide[1], rows * nF);
    bert__cu_dense_backward<number>(c, BERT__CU_OUTPUT, BERT__CU_OUTPUT_BIAS, layer, c->wide[1], c->e, nC, rows, nC, nF, NULL, 0);
    bert__cu_dense_backward<number>(c, BERT__CU_INNER, BERT__CU_INNER_BIAS, layer, l->x1, c->wide[0], nF, rows, nF, nC, c->d, 1);
    drop = bert__cu_dropping_at(c, BERT__CU_AT_ATTENTION_OUTPUT, layer);
    bert__cu_norm_backward<number>(c, BERT__CU_GAMMA0, BERT__CU_BETA0, layer, c->d, l->normal[0], l->inverse[0], rows, &drop, c->e);
    bert__cu_dense_backward<number>(c, BERT__CU_ATTENTION, BERT__CU_ATTENTION_BIAS, layer, l->context, c->e, nC, rows, nC, nC, c->wide[1], 0);
    bert__cu_attention_backward<number>(c, layer);
    bert__cu_dense_backward<number>(c, BERT__CU_QUERY, BERT__CU_QUERY_BIAS, layer, x, c->wide[0], 3 * nC, rows, 3 * nC, nC, c->frozen <= layer ? c->d : NULL, 1);
}
template <class number> static void bert__cu_embeddings_backward(bert__cu *c, const bert__cu_piece *pieces, const bert__cu_join *joins, const int32_t *order, int64_t tables)
{
    const int n = c->config.hidden_size;
    const int64_t rows = c->rows.rows;
    const unsigned columns = (unsigned)bert__cu_blocks(n, 128);
    const bert__cu_dropping drop = bert__cu_dropping_at(c, BERT__CU_AT_EMBEDDINGS, 0);
    BERT__CU_LAUNCH(c, bert__cu_k_drop<number>, dim3(bert__cu_row_blocks(rows)), dim3(128), 0, c->rows, (int)rows, 0, (const number *)c->d, (number *)c->d, drop, n);
    bert__cu_norm_backward<number>(c, BERT__CU_GAMMA, BERT__CU_BETA, 0, c->d, c->normal, c->inverse, rows, NULL, NULL);
    if (!bert__cu_learns(c, BERT__CU_WORDS, 0)) return;
    /* for the norms that count looked-up words token by token */
    BERT__CU_LAUNCH(c, bert__cu_k_squares<number>, dim3((unsigned)bert__cu_blocks(rows * n, BERT__CU_BLOCK)), dim3(256), 0, rows * n, (const number *)c->d, (double *)c->delta);
    BERT__CU_LAUNCH(c, bert__cu_k_total, dim3(1), dim3(256), 0, bert__cu_blocks(rows * n, BERT__CU_BLOCK), (const double *)c->delta, c->outcome + 2, 1.0, 0);
    BERT__CU_LAUNCH(c, bert__cu_k_pieces<number>, dim3((unsigned)(tables * rows), columns), dim3(128), 0, c->rows.step, pieces, order, (const number *)c->d, c->gradients, c->partial, n);
    BERT__CU_LAUNCH(c, bert__cu_k_joins, dim3((unsigned)bert__cu_blocks(tables * rows, BERT__CU_PIECE), columns), dim3(128), 0, c->rows.step, joins, (const float *)c->partial, c->gradients, n);
}
#endif

/* ============================================================================================================
   >>cu_heads
   Purpose   what a session answers: rows, pooled rows, logits, words, vectors; parts of batches; graphs.
   Uses      >>cu_encoder.
   Promises  only what was asked for is computed. Numbers come out as float32.
   ============================================================================================================ */

/* Sequences first to first+count-1 of a batch become the part in progress; each is cut at `limit`. index0: the number of the batch's first
   sequence for dropout; squares0: of the part's first one. The caller may put more, then bert__cu_upload. */
static bert__cu_step *bert__cu_part(bert__cu *c, const bert_batch *b, int64_t first, int64_t count, int64_t limit, int64_t index0, int64_t squares0)
{
    const float masked = c->config.source == BERT_SOURCE_HF ? -FLT_MAX : -10000.0f;    /* as in bert.h */
    int32_t *ids, *types, *positions, *sequence, *start;
    int64_t *index, *squares, i, t, rows = 0, tiles = 0, square = squares0;
    float *key_bias = NULL;
    bert__cu_step *step;
    int2 *tile;
    bert__cu_rows *r = &c->rows;
    for (i = 0; i < count; i++) {
        const int64_t length = bert__cu_least(b->offsets[first + i + 1] - b->offsets[first + i], limit);
        rows += length;
        tiles += bert__cu_blocks(length, 64);
    }
    memset(r, 0, sizeof *r);
    bert__cu_upload_begin(c);
    r->rows = (int32_t)rows;
    r->sequences = (int32_t)count;
    r->tile_count = (int32_t)tiles;
    r->step = (const bert__cu_step *)bert__cu_put(c, 1, sizeof *step, &step);
    r->ids = (const int32_t *)bert__cu_put(c, rows, sizeof *ids, &ids);
    r->types = (const int32_t *)bert__cu_put(c, rows, sizeof *types, &types);
    r->positions = (const int32_t *)bert__cu_put(c, rows, sizeof *positions, &positions);
    r->sequence = (const int32_t *)bert__cu_put(c, rows, sizeof *sequence, &sequence);
    r->start = (const int32_t *)bert__cu_put(c, count + 1, sizeof *start, &start);
    r->index = (const int64_t *)bert__cu_put(c, count, sizeof *index, &index);
    r->squares = (const int64_t *)bert__cu_put(c, count, sizeof *squares, &squares);
    r->tiles = (const int2 *)bert__cu_put(c, tiles, sizeof *tile, &tile);
    if (b->key_mask) r->key_bias = (const float *)bert__cu_put(c, rows, sizeof *key_bias, &key_bias);
    if (c->failed != BERT_OK) return NULL;
    memset(step, 0, sizeof *step);
    for (i = rows = tiles = 0; i < count; i++) {
        const int64_t from = b->offsets[first + i], all = b->offsets[first + i + 1] - from, length = bert__cu_least(all, limit);
        start[i] = (int32_t)rows;
        index[i] = index0 + first + i;
        squares[i] = square;
        square += all * all;
        for (t = 0; t < length; t++, rows++) {
            ids[rows] = b->ids ? b->ids[from + t] : 0;
            types[rows] = b->segment_ids ? b->segment_ids[from + t] : 0;
            positions[rows] = b->position_ids ? b->position_ids[from + t] : (int32_t)t;
            sequence[rows] = (int32_t)i;
            if (key_bias) key_bias[rows] = b->key_mask[from + t] ? 0 : masked;
            if (t % 64 == 0) { tile[tiles].x = (int32_t)i; tile[tiles++].y = (int32_t)t; }
        }
    }
    start[count] = (int32_t)rows;
    c->from = b->offsets[first];
    c->first_sequence = first;
    return step;
}
/* A part's embeds, for rows that may be cut. */
static void bert__cu_part_embeds(bert__cu *c, const bert_batch *b, int64_t limit)
{
    const int64_t nC = c->config.hidden_size, first = c->first_sequence;
    float *to = (float *)bert__cu_side(c, NULL, (size_t)(c->rows.rows * nC) * sizeof *to);
    int64_t i, n;
    c->rows.embeds = to;
    for (i = 0; i < c->rows.sequences && c->failed == BERT_OK; i++, to += n) {
        n = bert__cu_least(b->offsets[first + i + 1] - b->offsets[first + i], limit) * nC;
        bert__cu_check(c, cudaMemcpyAsync(to, b->embeds + b->offsets[first + i] * nC, (size_t)n * sizeof *to, cudaMemcpyHostToDevice, c->stream), "copying embeddings to the GPU");
    }
}

/* ---- graphs: what has been seen once is captured when it comes again, and then replayed ---- */

static uint64_t bert__cu_graph_key(const bert__cu *c, int what)
{
    const bert__cu_rows *r = &c->rows;
    const uint64_t parts[] = { (uint64_t)what, (uint64_t)r->rows, (uint64_t)r->sequences, (uint64_t)r->tile_count, (uint64_t)(uintptr_t)r->key_bias, (uint64_t)(uintptr_t)r->tiles };
    uint64_t key = 1;
    size_t i;
    for (i = 0; i < sizeof parts / sizeof *parts; i++) { key = (key ^ parts[i]) * 0x94D049BB133111EBu; key ^= key >> 31; }
    return key ? key : 1;
}
template <class action> static void bert__cu_replay(bert__cu *c, int what, int allowed, action compute)
{
    const uint64_t key = bert__cu_graph_key(c, what);
    bert__cu_graph *g = NULL, *oldest = c->graphs;
    cudaGraph_t graph = NULL;
    int i;
    if (c->failed != BERT_OK) return;
    if (!allowed || c->desc.graphs == BERT_OFF) { compute(); return; }
    for (i = 0; i < BERT__CU_GRAPHS; i++) {
        if (c->graphs[i].key == key) g = c->graphs + i;
        if (c->graphs[i].used < oldest->used) oldest = c->graphs + i;
    }
    if (!g) {
        g = oldest;
        if (g->exec) cudaGraphExecDestroy(g->exec);
        memset(g, 0, sizeof *g);
        g->key = key;
    }
    g->used = ++c->uses;
    if (!g->exec && g->seen++ == 0) { compute(); return; }
    if (!g->exec) {
        bert__cu_check(c, cudaStreamBeginCapture(c->stream, cudaStreamCaptureModeThreadLocal), "capturing a graph");
        if (c->failed != BERT_OK) return;
        compute();
        bert__cu_check(c, cudaStreamEndCapture(c->stream, &graph), "capturing a graph");
        if (c->failed == BERT_OK) bert__cu_check(c, cudaGraphInstantiate(&g->exec, graph, 0), "making a graph");
        if (graph) cudaGraphDestroy(graph);
    }
    if (c->failed == BERT_OK) bert__cu_check(c, cudaGraphLaunch(g->exec, c->stream), "running a graph");
}

/* ---- heads ---- */

/* One vector for each sequence, a column a thread; rows that nobody may attend to do not count. */
template <class number> BERT__KERNEL(128) bert__cu_k_pool(bert__cu_rows r, const number *x, int pooling, float *out, int n)
{
    const int s = (int)blockIdx.x, col = (int)blockIdx.y * 128 + (int)threadIdx.x;
    float v = 0, weights = 0;
    if (col >= n) return;
    for (int i = r.start[s]; i < r.start[s + 1]; i++) {
        const int t = i - r.start[s];
        const float y = bert__get(x[(int64_t)i * n + col]), weight = pooling == BERT_POOLING_WEIGHTED_MEAN ? (float)(t + 1) : 1.0f;
        if (pooling == BERT_POOLING_CLS && t) break;
        if (r.key_bias && r.key_bias[i] != 0 && pooling != BERT_POOLING_CLS) continue;
        v = pooling == BERT_POOLING_MAX ? (weights == 0 || y > v ? y : v) : pooling == BERT_POOLING_LAST ? y : v + weight * y;
        weights += weight;
    }
    if (pooling == BERT_POOLING_MEAN_SQRT) weights = sqrtf(weights);
    if ((pooling == BERT_POOLING_MEAN || pooling == BERT_POOLING_MEAN_SQRT || pooling == BERT_POOLING_WEIGHTED_MEAN) && weights > 0) v /= weights;
    out[(int64_t)s * n + col] = v;
}
/* Rows to length 1. */
BERT__KERNEL(128) bert__cu_k_normalise(int rows, float *x, int n)
{
    const int row = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    double sum = 0;
    if (row >= rows) return;
    for (int c = (int)threadIdx.x % 32; c < n; c += 32) sum += (double)x[(int64_t)row * n + c] * (double)x[(int64_t)row * n + c];
    sum = bert__warp_sum(sum);
    sum = sum > 1e-24 ? sqrt(sum) : 1e-12;
    for (int c = (int)threadIdx.x % 32; c < n; c += 32) x[(int64_t)row * n + c] = (float)((double)x[(int64_t)row * n + c] / sum);
}
template <class number> static void bert__cu_widen(bert__cu *c, const void *from, float *to, int64_t count)
{
    BERT__CU_LAUNCH(c, bert__cu_k_widen<number>, dim3((unsigned)bert__cu_blocks(count, 512)), dim3(128), 0, count, (const number *)from, to);
}
static void bert__cu_hand_out(bert__cu *c, const float *from, float *to, int64_t count)
{
    if (c->failed == BERT_OK && count) bert__cu_check(c, cudaMemcpyAsync(to, from, (size_t)count * sizeof *to, cudaMemcpyDeviceToHost, c->stream), "copying results from the GPU");
}
/* n numbers for each row of the part, to the caller's [T,n]; rows that were cut off become 0. */
static void bert__cu_give_rows(bert__cu *c, const bert_batch *b, int64_t limit, const float *from, int64_t n, float *to)
{
    int64_t i, row = 0;
    if (b->offsets[c->first_sequence + c->rows.sequences] - c->from == c->rows.rows) { bert__cu_hand_out(c, from, to + c->from * n, c->rows.rows * n); return; }
    for (i = c->first_sequence; i < c->first_sequence + c->rows.sequences; i++) {
        const int64_t all = b->offsets[i + 1] - b->offsets[i], length = bert__cu_least(all, limit);
        bert__cu_hand_out(c, from + row * n, to + b->offsets[i] * n, length * n);
        memset(to + (b->offsets[i] + length) * n, 0, (size_t)((all - length) * n) * sizeof *to);
        row += length;
    }
}
template <class number> static void bert__cu_take(bert__cu *c, const int32_t *at, int64_t rows, void *to)
{
    BERT__CU_LAUNCH(c, bert__cu_k_take<number>, dim3(bert__cu_row_blocks(rows)), dim3(128), 0, c->rows, (int)rows, at, (const number *)bert__cu_input(c, c->config.layers), (number *)to, c->config.hidden_size);
}
/* LayerNorm of rows that are no part's. */
template <class number> static void bert__cu_norm(bert__cu *c, int gamma, int beta, const void *from, void *to, void *normal, float *inverse, int64_t rows)
{
    BERT__CU_LAUNCH(c, bert__cu_k_close<number>, dim3(bert__cu_row_blocks(rows)), dim3(128), bert__cu_row_shared(c), c->rows, (int)rows, (const number *)from, (const float *)NULL, (const number *)NULL, bert__cu_vector(c, gamma, 0), bert__cu_vector(c, beta, 0),
                    (float)c->config.layer_norm_eps, bert__cu_dropping(), (number *)to, (uint8_t *)NULL, (number *)normal, inverse, c->config.hidden_size);
}
/* The masked language model at the rows asked for that lie in the part: rows [n] of it, at places k [n] of the result. */
template <class number> static void bert__cu_words(bert__cu *c, const bert_result *result, const int32_t *rows, const int64_t *which, int64_t n)
{
    const int64_t nC = c->config.hidden_size, nV = c->config.vocab_size;
    const int untied = bert__cu_find(c, BERT__CU_DECODER, 0) != NULL, own_bias = bert__cu_find(c, BERT__CU_DECODER_BIAS, 0) != NULL;
    int64_t at, i, k, m;
    for (at = 0; at < n; at += m) {
        m = bert__cu_least(c->word_rows, n - at);
        bert__cu_take<number>(c, rows + at, m, c->head[0]);
        bert__cu_dense<number>(c, BERT__CU_TRANSFORM, BERT__CU_TRANSFORM_BIAS, 0, c->head[0], m, nC, nC, c->head[1], nC, 0, c->config.activation, NULL);
        bert__cu_norm<number>(c, BERT__CU_TRANSFORM_GAMMA, BERT__CU_TRANSFORM_BETA, c->head[1], c->head[1], NULL, NULL, m);
        bert__cu_dense<number>(c, untied ? BERT__CU_DECODER : BERT__CU_WORDS, own_bias ? BERT__CU_DECODER_BIAS : BERT__CU_WORD_BIAS, 0, c->head[1], m, nV, nC, c->out, nV, 1, BERT_LINEAR, NULL);
        for (i = 0; i < m; i += k) {                                    /* runs of neighbouring places in one copy */
            for (k = 1; i + k < m && which[at + i + k] == which[at + i] + k; k++) {}
            bert__cu_hand_out(c, c->out + i * nV, result->words + which[at + i] * nV, k * nV);
        }
    }
}
template <class number> static void bert__cu_answers(bert__cu *c, const bert_batch *b, const bert_result *r, int64_t limit, const int32_t *rows, const int64_t *which, int64_t words)
{
    const int64_t nC = c->config.hidden_size, n = c->rows.sequences, first = c->first_sequence, nN = c->labels;
    const void *x = bert__cu_input(c, c->config.layers);
    const int pooler = r->vectors && r->pooling == BERT_POOLING_POOLER;
    if (r->hidden) {
        bert__cu_widen<number>(c, x, c->out, c->rows.rows * nC);
        bert__cu_give_rows(c, b, limit, c->out, nC, r->hidden);
    }
    if (r->token_classes) {
        bert__cu_dense<number>(c, BERT__CU_CLASSIFIER, BERT__CU_CLASSIFIER_BIAS, 0, x, c->rows.rows, nN, nC, c->out, nN, 1, BERT_LINEAR, NULL);
        bert__cu_give_rows(c, b, limit, c->out, nN, r->token_classes);
    }
    if (r->spans) {
        bert__cu_dense<number>(c, BERT__CU_SPAN, BERT__CU_SPAN_BIAS, 0, x, c->rows.rows, 2, nC, c->out, 2, 1, BERT_LINEAR, NULL);
        bert__cu_give_rows(c, b, limit, c->out, 2, r->spans);
    }
    if (words) bert__cu_words<number>(c, r, rows, which, words);
    if (r->pooled || r->next_sentence || r->classes || pooler) {
        bert__cu_take<number>(c, NULL, n, c->head[0]);
        bert__cu_dense<number>(c, BERT__CU_POOLER, BERT__CU_POOLER_BIAS, 0, c->head[0], n, nC, nC, c->head[1], nC, 0, BERT_TANH, NULL);
        if (r->pooled) {
            bert__cu_widen<number>(c, c->head[1], c->out, n * nC);
            bert__cu_hand_out(c, c->out, r->pooled + first * nC, n * nC);
        }
        if (r->next_sentence) {
            bert__cu_dense<number>(c, BERT__CU_NEXT, BERT__CU_NEXT_BIAS, 0, c->head[1], n, 2, nC, c->out, 2, 1, BERT_LINEAR, NULL);
            bert__cu_hand_out(c, c->out, r->next_sentence + first * 2, n * 2);
        }
        if (r->classes) {
            bert__cu_dense<number>(c, BERT__CU_CLASSIFIER, BERT__CU_CLASSIFIER_BIAS, 0, c->head[1], n, nN, nC, c->out, nN, 1, BERT_LINEAR, NULL);
            bert__cu_hand_out(c, c->out, r->classes + first * nN, n * nN);
        }
    }
    if (r->vectors) {
        if (pooler) bert__cu_widen<number>(c, c->head[1], c->out, n * nC);
        else BERT__CU_LAUNCH(c, bert__cu_k_pool<number>, dim3((unsigned)n, (unsigned)bert__cu_blocks(nC, 128)), dim3(128), 0, c->rows, (const number *)x, (int)r->pooling, c->out, (int)nC);
        if (r->normalize) BERT__CU_LAUNCH(c, bert__cu_k_normalise, dim3(bert__cu_row_blocks(n)), dim3(128), 0, (int)n, c->out, (int)nC);
        bert__cu_hand_out(c, c->out, r->vectors + first * nC, n * nC);
    }
}
/* One part of a session's batch. rows and which: masked rows of this part and their places in the result. */
template <class number> static void bert__cu_session_part(bert__cu *c, const bert_batch *b, const bert_result *r, int64_t limit, const int32_t *rows, const int64_t *which, int64_t words, float *probabilities, int64_t squares)
{
    int plain = !r->layers && !probabilities && !c->rows.score_bias && !c->rows.embeds;
    const int64_t nC = c->config.hidden_size;
    bert__cu_replay(c, 0, plain, [&]() {
        bert__cu_embed<number>(c);
        if (r->layers && r->layers[0]) {
            bert__cu_widen<number>(c, c->x, c->out, c->rows.rows * nC);
            bert__cu_give_rows(c, b, limit, c->out, nC, r->layers[0]);
        }
        for (int32_t layer = 0; layer < c->config.layers; layer++) {
            float *to = probabilities ? r->attention[layer] : NULL;
            bert__cu_layer_forward<number>(c, layer, to ? probabilities - (int64_t)c->config.heads * squares : NULL);
            if (to) {
                int64_t n = 0, i;
                for (i = 0; i < c->rows.sequences; i++) {
                    const int64_t length = b->offsets[c->first_sequence + i + 1] - b->offsets[c->first_sequence + i];
                    n += length * length;
                }
                bert__cu_hand_out(c, probabilities, to + c->config.heads * squares, c->config.heads * n);
            }
            if (r->layers && r->layers[layer + 1]) {
                bert__cu_widen<number>(c, c->layers[layer].x2, c->out, c->rows.rows * nC);
                bert__cu_give_rows(c, b, limit, c->out, nC, r->layers[layer + 1]);
            }
        }
    });
    bert__cu_answers<number>(c, b, r, limit, rows, which, words);
}

/* ============================================================================================================
   >>cu_session
   Purpose   the functions behind a bert_session, and opening one.
   Uses      >>cu_heads.
   Promises  what bert.h has checked is not checked again.
   ============================================================================================================ */

static void bert__cu_close_state(bert__cu *c)
{
    bert_allocator a;
    int i;
    if (!c) return;
    if (c->has_stream) cudaStreamSynchronize(c->stream);
    for (i = 0; i < BERT__CU_GRAPHS; i++) if (c->graphs[i].exec) cudaGraphExecDestroy(c->graphs[i].exec);
    for (i = 0; i < 2; i++) {
        if (c->has_event[i]) cudaEventDestroy(c->event[i]);
        if (c->pinned[i]) cudaFreeHost(c->pinned[i]);
    }
#ifndef BERT_CUDA_NO_CUBLASLT
    if (c->blas) cublasLtDestroy(c->blas);
#endif
    cudaFree(c->side);
    cudaFree(c->memory);
    if (c->has_stream) cudaStreamDestroy(c->stream);
    a = c->allocator;
    bert__cu_free(&a, c->params);
    bert__cu_free(&a, c->place);
    bert__cu_free(&a, c->layers);
    bert__cu_free(&a, c->lists);
    bert__cu_free(&a, c->next);
    bert__cu_free(&a, (void *)(uintptr_t)c->mask_table);
    bert__cu_free(&a, c);
}
/* What the desc means on this GPU (plan: on one of sm_80 where there is none here). */
static bert_status bert__cu_resolve(bert__cu *c, const bert_cuda_desc *desc, bert_precision precision, int plan, bert_error *e)
{
    bert_cuda_info info;
    bert_status st;
    if (desc) c->desc = *desc;
    if ((st = bert_cuda_device(c->desc.device, &info, plan ? NULL : e)) != BERT_OK) {
        if (!plan) return st;
        memset(&info, 0, sizeof info);
        info.major = 8;
        info.minor = 9;
    }
    c->major = info.major;
    c->minor = info.minor;
    c->multiprocessors = info.multiprocessors;
    if ((unsigned)c->desc.precision > BERT_CUDA_FP8) return bert__cu_fail(e, BERT_ERROR_ARGUMENT, "precision is none of bert_cuda_precision");
    if (precision == BERT_PRECISION_INT8) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "there are no kernels for int8 on the GPU; use bf16, or fp8 (BERT_CUDA_FP8)");
    if (!c->desc.precision) c->desc.precision = precision == BERT_PRECISION_F32 ? BERT_CUDA_F32 : info.major >= 8 ? BERT_CUDA_BF16 : BERT_CUDA_F16;
    if (info.major < 7) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s is of sm_%d%d; the kernels need sm_70 at least: compute on the CPU (the tools: --device=cpu)", info.name, (int)info.major, (int)info.minor);
    if (info.major < 8 && (c->desc.precision == BERT_CUDA_BF16 || c->desc.precision == BERT_CUDA_TF32))
        return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s is of sm_%d%d; bf16 and tf32 need sm_80: use fp16 or f32", info.name, (int)info.major, (int)info.minor);
    if (!c->desc.cublas) c->desc.cublas = BERT_ON;
#ifdef BERT_CUDA_NO_CUBLASLT
    c->desc.cublas = BERT_OFF;
#endif
    if (!c->desc.graphs) c->desc.graphs = BERT_ON;
    if (!c->desc.fused_attention) c->desc.fused_attention = BERT_ON;
    if (c->desc.precision == BERT_CUDA_FP8) {
        if (c->training) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "fp8 is for sessions; train in bf16");
        if (info.major * 10 + info.minor < 89) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "%s is of sm_%d%d; fp8 needs sm_89: use bf16", info.name, (int)info.major, (int)info.minor);
        if (c->desc.cublas == BERT_OFF) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "products of fp8 are cuBLASLt's: they need it, or use bf16");
        if (c->config.hidden_size % 16 || c->config.intermediate_size % 16) return bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "products of fp8 need sizes that are multiples of 16, this model has %d and %d: use bf16", (int)c->config.hidden_size, (int)c->config.intermediate_size);
    }
    if (c->desc.cublas == BERT_OFF) c->desc.workspace = 0;
    else if (!c->desc.workspace) c->desc.workspace = (size_t)32 << 20;
    c->size = c->desc.precision >= BERT_CUDA_BF16 ? 2 : 4;
    return BERT_OK;
}
/* The largest number of tokens for a budget, or the default; sizes are limited to what 32 bits can count. */
static bert_status bert__cu_tokens(bert__cu *c, int64_t tokens, size_t budget, bert_cuda_bytes *b, bert_error *e)
{
    const int64_t wide = bert__cu_most(3 * (int64_t)c->config.hidden_size, c->config.intermediate_size), most = bert__cu_least(((int64_t)1 << 31) / (wide + 1) - 1, (int64_t)1 << 20);
    bert__cu_layout l;
    int64_t low = 1, high;
    if (!tokens && !budget) tokens = bert__cu_most(8192, c->config.max_relative_position ? 1 : c->config.max_positions);
    if (tokens < 0 || tokens > most) return bert__cu_fail(e, BERT_ERROR_ARGUMENT, "max_tokens goes from 1 to %lld for this model on a GPU", (long long)most);
    if (!tokens) {
        for (high = bert__cu_least(most, 65536); low < high;) {
            memset(&l, 0, sizeof l);
            c->max_tokens = low + (high - low + 1) / 2;
            bert__cu_place(c, &l, b);
            if (b->total <= budget) low = c->max_tokens;
            else high = c->max_tokens - 1;
        }
        tokens = low;
    }
    memset(&l, 0, sizeof l);
    c->max_tokens = tokens;
    bert__cu_place(c, &l, b);
    if (budget && b->total > budget) return bert__cu_fail(e, BERT_ERROR_MEMORY, "it takes at least %zu bytes on the GPU (weights %zu, gradients %zu, slots %zu, workspace %zu); the budget is %zu", b->total, b->weights, b->gradients, b->slots, b->workspace, budget);
    return BERT_OK;
}
/* Parameters, memory, stream: all but the values of the parameters. parameter_bytes: as the plan of a trainer had them, which may be a little more. */
static bert_status bert__cu_open(bert__cu *c, const bert_model *model, const bert_trainer *trainer, int64_t tokens, size_t budget, size_t parameter_bytes, bert_error *e)
{
    bert__cu_layout l;
    bert_cuda_bytes b;
    bert_status st;
    cudaError_t code;
    size_t available = 0, total = 0;
    int64_t i, nR = c->config.max_relative_position;
    c->error = e;
    if (!c->config.heads) return bert__cu_fail(e, BERT_ERROR_MISMATCH, "the number of attention heads is not known: give a config");
    bert__cu_list(c, model, trainer);
    c->params = (bert__cu_param *)bert__cu_zeroed(&c->allocator, (size_t)c->count, sizeof *c->params);
    c->place = (int64_t *)bert__cu_zeroed(&c->allocator, (size_t)c->config.layers * BERT__CU_ROWS, sizeof *c->place);
    c->layers = (bert__cu_layer *)bert__cu_zeroed(&c->allocator, (size_t)c->config.layers, sizeof *c->layers);
    if (!c->params || !c->place || !c->layers) return bert__cu_fail(e, BERT_ERROR_MEMORY, "out of memory: the table of %lld parameters", (long long)c->count);
    for (i = 0; i < (int64_t)c->config.layers * BERT__CU_ROWS; i++) c->place[i] = -1;
    bert__cu_list(c, model, trainer);
    if (parameter_bytes) bert__cu_rooms(c, parameter_bytes);
    if ((st = bert__cu_tokens(c, tokens, budget, &b, e)) != BERT_OK) return st;
    if ((code = cudaMalloc(&c->memory, b.total)) != cudaSuccess) {
        cudaGetLastError();
        if (code != cudaErrorMemoryAllocation) return bert__cu_explain(e, code, "taking memory on the GPU");
        cudaMemGetInfo(&available, &total);
        return bert__cu_fail(e, BERT_ERROR_MEMORY, "out of memory on the GPU: %zu bytes are needed, as bert_cuda_plan_%s says (weights %zu, gradients %zu, slots %zu, activations for %lld tokens %zu, workspace %zu), %zu of %zu are free: fewer max_tokens%s take less, or give a budget", b.total,
                             c->training ? "trainer" : "session", b.weights, b.gradients, b.slots, (long long)c->max_tokens, b.activations, b.workspace, available, total, c->training ? " or recompute" : "");
    }
    memset(&l, 0, sizeof l);
    l.base = (char *)(((uintptr_t)c->memory + 255) & ~(uintptr_t)255);
    bert__cu_place(c, &l, &b);
    bert__cu_check(c, cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking), "making a stream");
    if (c->failed != BERT_OK) return c->failed;
    c->has_stream = 1;
    for (i = 0; i < 2 && c->failed == BERT_OK; i++) {
        bert__cu_took(c, cudaMallocHost((void **)&c->pinned[i], c->upload_room), "page-locked memory of the host", c->upload_room, "the host has no more of that; fewer max_tokens take less");
        if (c->failed == BERT_OK) bert__cu_check(c, cudaEventCreateWithFlags(&c->event[i], cudaEventDisableTiming), "making an event");
        c->has_event[i] = c->failed == BERT_OK;
    }
#ifndef BERT_CUDA_NO_CUBLASLT
    if (c->failed == BERT_OK && c->desc.cublas == BERT_ON) {
        cublasStatus_t s = cublasLtCreate(&c->blas);
        if (s) c->failed = bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "cuBLASLt: %s when it starts; cublas = BERT_OFF does without it", cublasLtGetStatusString(s));
    }
#endif
    if (nR && c->failed == BERT_OK) {                                   /* as bert__relative_table of bert.h */
        const int64_t nD = c->config.hidden_size / c->config.heads;
        float *table = (float *)bert__cu_zeroed(&c->allocator, (size_t)((2 * nR + 1) * nD), sizeof *table);
        int64_t d;
        if (!table) return bert__cu_fail(e, BERT_ERROR_MEMORY, "out of memory: the vectors of relative positions");
        for (i = 0; i < 2 * nR + 1; i++)
            for (d = 0; d < nD; d++) {
                const double angle = (double)i / pow(10000.0, (double)(d - d % 2) / (double)nD);
                table[i * nD + d] = d == nD - 1 && nD % 2 ? 0.0f : (float)(d % 2 ? cos(angle) : sin(angle));
            }
        bert__cu_check(c, cudaMemcpyAsync(c->relative, table, (size_t)((2 * nR + 1) * nD) * sizeof *table, cudaMemcpyHostToDevice, c->stream), "copying to the GPU");
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying to the GPU");
        bert__cu_free(&c->allocator, table);
    }
    return c->failed;
}
/* float32 numbers of one parameter to the device, and to where the precision has them. */
template <class number> static void bert__cu_narrow(bert__cu *c, int64_t at, int64_t count)
{
    if (sizeof(number) == 2) BERT__CU_LAUNCH(c, bert__cu_k_narrow<number>, dim3((unsigned)bert__cu_blocks(count, 512)), dim3(128), 0, count, (const float *)c->weights + at, (number *)c->compute + at);
}
static void bert__cu_narrow_all(bert__cu *c)
{
    if (c->desc.precision == BERT_CUDA_F16) bert__cu_narrow<bert__f16>(c, 0, c->value_room);
    else if (c->size == 2) bert__cu_narrow<bert__bf16>(c, 0, c->value_room);
}
#define BERT__CU_DISPATCH(c, call) do { \
        if ((c)->desc.precision == BERT_CUDA_F16) { typedef bert__f16 bert__number; call; } \
        else if ((c)->size == 2) { typedef bert__bf16 bert__number; call; } \
        else { typedef float bert__number; call; } \
    } while (0)

static bert_status bert__cu_session_open(const bert_device *device, bert_session_desc *desc, void **state)
{
    const bert_allocator a = desc->allocator;
    bert__cu *c = (bert__cu *)bert__cu_zeroed(&a, 1, sizeof *c);
    bert_status st;
    int64_t i, most = 0;
    float *room = NULL;
    if (!c) return bert__cu_fail(desc->error, BERT_ERROR_MEMORY, "out of memory");
    c->allocator = a;
    c->config = *bert_model_config(desc->model);
    c->heads = bert_model_heads(desc->model);
    if (c->heads & BERT_HEAD_CLASSIFIER) c->labels = (int)bert_model_find(desc->model, "classifier.weight")->shape[0];
    if ((st = bert__cu_resolve(c, (const bert_cuda_desc *)device->options, desc->precision, 0, desc->error)) == BERT_OK) st = bert__cu_open(c, desc->model, NULL, desc->max_tokens, desc->budget, 0, desc->error);
    for (i = 0; i < c->count && st == BERT_OK; i++) most = bert__cu_most(most, c->params[i].count);
    if (st == BERT_OK && (room = (float *)bert__cu_alloc(&a, (size_t)most * sizeof *room)) == NULL) st = bert__cu_fail(desc->error, BERT_ERROR_MEMORY, "out of memory: the largest parameter takes %zu bytes on its way to the GPU", (size_t)most * sizeof *room);
    for (i = 0; i < c->count && st == BERT_OK; i++) {
        const bert__cu_param *p = c->params + i;
        if ((st = bert_parameter_read(p->from, room, p->count, desc->error)) != BERT_OK) break;
        bert__cu_check(c, cudaMemcpyAsync(c->weights + p->at, room, (size_t)p->count * sizeof *room, cudaMemcpyHostToDevice, c->stream), "copying weights to the GPU");
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying weights to the GPU");
        st = c->failed;
    }
    if (st == BERT_OK) {
        bert__cu_narrow_all(c);
        bert__cu_low_weights(c);
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying weights to the GPU");
        st = c->failed;
    }
    bert__cu_free(&a, room);
    if (st != BERT_OK) { bert__cu_close_state(c); return st; }
    desc->max_tokens = c->max_tokens;
    desc->precision = c->size == 2 ? BERT_PRECISION_BF16 : BERT_PRECISION_F32;
    *state = c;
    return BERT_OK;
}
static void bert__cu_session_close(void *state) { bert__cu_close_state((bert__cu *)state); }
static bert_status bert__cu_session_run(void *state, const bert_batch *batch, const bert_result *result, bert_error *error)
{
    bert__cu *c = (bert__cu *)state;
    const bert_batch *b = batch;
    const int64_t limit = !c->config.max_relative_position && !b->position_ids && c->config.max_positions < c->max_tokens ? c->config.max_positions : c->max_tokens, nC = c->config.hidden_size, nH = c->config.heads, nV = c->config.vocab_size;
    int64_t first, count, squares = 0, i, total = 0;
    int attended = 0;
    int32_t l;
    for (l = 0; result->attention && l < c->config.layers; l++) attended |= result->attention[l] != NULL;
    for (i = 0; i < b->sequences; i++) total += (b->offsets[i + 1] - b->offsets[i]) * (b->offsets[i + 1] - b->offsets[i]);
    c->error = error;
    c->failed = BERT_OK;
    bert__cu_check(c, cudaSetDevice(c->desc.device), "choosing the GPU");
    for (first = 0; first < b->sequences && c->failed == BERT_OK; first += count) {
        int64_t rows = 0, square = 0, words = 0, k;
        int32_t *at = NULL;
        const int32_t *device_at = NULL;
        int64_t *which = NULL;
        float *probabilities = NULL;
        for (count = 0; first + count < b->sequences; count++) {
            const int64_t all = b->offsets[first + count + 1] - b->offsets[first + count], length = bert__cu_least(all, limit);
            if (rows + length > c->max_tokens) break;
            rows += length;
            square += all * all;
        }
        bert__cu_part(c, b, first, count, limit, 0, squares);
        if (result->words) {                                            /* those of this part; those cut off are 0 */
            const int64_t begin = b->offsets[first], end = b->offsets[first + count];
            int64_t low, high;
            for (k = 0; k < result->masked_count; k++) words += result->masked_rows[k] >= begin && result->masked_rows[k] < end;
            if (words) {
                const bert_allocator a = c->allocator;
                device_at = (const int32_t *)bert__cu_put(c, words, sizeof *at, &at);
                which = (int64_t *)bert__cu_zeroed(&a, (size_t)words, sizeof *which);
                if (!which && c->failed == BERT_OK) c->failed = bert__cu_fail(error, BERT_ERROR_MEMORY, "out of memory");
            }
            for (k = words = 0; k < result->masked_count && c->failed == BERT_OK; k++) {
                const int64_t row = result->masked_rows[k];
                int64_t before = 0;
                if (row < begin || row >= end) continue;
                for (low = first, high = first + count - 1; low < high;) {
                    const int64_t middle = (low + high + 1) / 2;
                    if (b->offsets[middle] <= row) low = middle; else high = middle - 1;
                }
                if (row - b->offsets[low] >= limit) { memset(result->words + k * nV, 0, (size_t)nV * sizeof(float)); continue; }
                if (end - begin == rows) before = b->offsets[low] - begin;
                else for (i = first; i < low; i++) before += bert__cu_least(b->offsets[i + 1] - b->offsets[i], limit);
                at[words] = (int32_t)(before + row - b->offsets[low]);
                which[words++] = k;
            }
        }
        bert__cu_upload(c);
        if (b->embeds || b->score_bias || attended) {
            bert__cu_side_begin(c, (b->embeds ? (size_t)(rows * nC) * sizeof(float) + 256 : 0) + (b->score_bias ? (size_t)total * sizeof(float) + 256 : 0) + (attended ? (size_t)(nH * square) * sizeof(float) : 0));
            if (b->embeds) bert__cu_part_embeds(c, b, limit);
            if (b->score_bias) c->rows.score_bias = (const float *)bert__cu_side(c, b->score_bias, (size_t)total * sizeof(float));
            if (attended) probabilities = (float *)bert__cu_side(c, NULL, (size_t)(nH * square) * sizeof(float));
        }
        BERT__CU_DISPATCH(c, bert__cu_session_part<bert__number>(c, b, result, limit, device_at, which, words, probabilities, squares));
        if (which) { const bert_allocator a = c->allocator; bert__cu_free(&a, which); }
        squares += square;
    }
    if (c->has_stream) {                                                /* even after a failure: nothing may write to the caller's arrays later */
        const cudaError_t code = cudaStreamSynchronize(c->stream);
        bert__cu_check(c, code, "running the model on the GPU");
    }
    c->error = NULL;
    return c->failed;
}

BERT_API bert_status bert_cuda_session_open(const bert_session_desc *desc, const bert_cuda_desc *cuda, bert_session **out)
{
    bert_session_desc d;
    bert_device device;
    bert_cuda_desc none;
    bert_status st;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    memset(&device, 0, sizeof device);
    memset(&none, 0, sizeof none);
    device.options = cuda ? cuda : &none;
    device.session_open = bert__cu_session_open;
    device.session_run = bert__cu_session_run;
    device.session_close = bert__cu_session_close;
    d = *desc;
    d.device = &device;
    st = bert_session_open(&d, out);
    return st;
}
/* What a session takes: of a model, or (model NULL) of one that there might be, whose decoder is then the word embeddings. */
static bert_status bert__cu_plan(const bert_model *model, const bert_config *config, uint32_t heads, bert_precision precision, int64_t tokens, size_t budget, const bert_allocator *allocator, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error)
{
    bert_plan_desc d;
    bert_plan plan;
    bert_cuda_bytes b;
    bert__cu *c;
    bert_status st;
    memset(&d, 0, sizeof d);
    d.config = config;
    d.heads = heads;
    d.threads = 1;
    if (!model && (st = bert_plan_memory(&d, &plan, error)) != BERT_OK) return st;
    if ((c = (bert__cu *)bert__cu_zeroed(allocator, 1, sizeof *c)) == NULL) return bert__cu_fail(error, BERT_ERROR_MEMORY, "out of memory");
    c->config = *config;
    c->heads = heads;
    if (heads & BERT_HEAD_CLASSIFIER) c->labels = model ? (int)bert_model_find(model, "classifier.weight")->shape[0] : config->labels ? (int)config->labels : 2;
    st = bert__cu_resolve(c, cuda, precision, 1, error);
    if (st == BERT_OK && !c->config.heads) st = bert__cu_fail(error, BERT_ERROR_MISMATCH, "the number of attention heads is not known: give a config");
    if (st == BERT_OK) {
        if (model) bert__cu_list(c, model, NULL);
        else bert__cu_rooms(c, plan.weights);
        st = bert__cu_tokens(c, tokens, budget, &b, error);
    }
    bert__cu_free(allocator, c);
    if (st == BERT_OK) *out = b;
    return st;
}
BERT_API bert_status bert_cuda_plan_session(const bert_session_desc *desc, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error)
{
    if (!desc || !desc->model || !out) return bert__cu_fail(error, BERT_ERROR_ARGUMENT, "bert_cuda_plan_session needs a model and a place for the answer");
    return bert__cu_plan(desc->model, bert_model_config(desc->model), bert_model_heads(desc->model), desc->precision, desc->max_tokens, desc->budget, &desc->allocator, cuda, out, error);
}
BERT_API bert_status bert_cuda_plan_memory(const bert_plan_desc *desc, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error)
{
    bert_allocator a;
    memset(&a, 0, sizeof a);
    if (!desc || (!desc->model && !desc->config) || !out) return bert__cu_fail(error, BERT_ERROR_ARGUMENT, "bert_cuda_plan_memory needs a config or a model and a place for the answer");
    return desc->config ? bert__cu_plan(NULL, desc->config, desc->heads, desc->precision, desc->max_tokens, 0, &a, cuda, out, error)
                        : bert__cu_plan(desc->model, bert_model_config(desc->model), bert_model_heads(desc->model), desc->precision, desc->max_tokens, 0, &a, cuda, out, error);
}
#ifndef BERT_NO_TRAIN
/* ============================================================================================================
   >>cu_losses
   Purpose   heads that learn: their losses, and the gradients of both.
   Uses      >>cu_encoder, >>cu_heads.
   Promises  as bert.h's >>losses; the losses of a part are summed in the order of its rows, in float64.
   ============================================================================================================ */

/* One item a block: -log softmax(z)[label], and `factor` times its gradient over the total, in g at the same places. */
template <class number> BERT__KERNEL(256) bert__cu_k_entropy(const bert__cu_step *step, int which, double factor, const bert__cu_item *items, const float *z, number *g, double *loss)
{
    __shared__ double room[32];
    __shared__ float tops[32];
    const bert__cu_item item = items[blockIdx.x];
    const double total = step->total[which];
    double sum = 0;
    float top = -FLT_MAX;
    z += item.at;
    g += item.at;
    if (item.label < 0 || !(total > 0)) {
        for (int i = (int)threadIdx.x; i < item.n; i += 256) bert__put(g + (int64_t)i * item.step, 0.0f);
        if (threadIdx.x == 0) loss[blockIdx.x] = 0;
        return;
    }
    for (int i = (int)threadIdx.x; i < item.n; i += 256) { const float v = z[(int64_t)i * item.step]; top = v > top ? v : top; }
    top = bert__warp_max(top);
    if (threadIdx.x % 32 == 0) tops[threadIdx.x / 32] = top;
    __syncthreads();
    for (int i = 0; i < 8; i++) top = tops[i] > top ? tops[i] : top;
    for (int i = (int)threadIdx.x; i < item.n; i += 256) sum += (double)expf(z[(int64_t)i * item.step] - top);
    sum = bert__block_sum(sum, room);
    const double scale = factor * (double)item.weight * step->loss_scale / total;
    for (int i = (int)threadIdx.x; i < item.n; i += 256)
        bert__put(g + (int64_t)i * item.step, (float)((double)expf(z[(int64_t)i * item.step] - top) * (scale / sum) - (i == item.label ? scale : 0)));
    if (threadIdx.x == 0) loss[blockIdx.x] = (double)item.weight * ((double)top - (double)z[(int64_t)item.label * item.step] + log(sum));
}
/* The other losses on n logits, an example a thread: squares, yes or no, a teacher. As bert__learn_logits of bert.h. */
typedef struct bert__cu_wanted { const float *values, *teacher; const int32_t *classes; double temperature, soft; uint32_t learn; } bert__cu_wanted;
template <class number> BERT__KERNEL(128) bert__cu_k_wanted(const bert__cu_step *step, bert__cu_wanted w, int rows, int n, int ld, const float *logits, number *gradients, double *loss)
{
    const int row = (int)blockIdx.x * 128 + (int)threadIdx.x;
    const double total = step->total[BERT__CU_LOSS_CLASSES], up = total > 0 ? step->loss_scale / total : 0;
    double sum = 0;
    if (row >= rows) return;
    const float *z = logits + (int64_t)row * ld;
    number *g = gradients + (int64_t)row * ld;
    if (!(total > 0)) for (int j = 0; j < n; j++) bert__put(g + j, 0.0f);
    else if (w.learn & (BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL))
        for (int j = 0; j < n; j++) {
            const double x = (double)z[j], y = (double)w.values[(int64_t)row * n + j];
            if (w.learn & BERT_LEARN_VALUES) {
                sum += (x - y) * (x - y);
                bert__put(g + j, (float)(2 * (x - y) * up));
            } else {
                sum += (x > 0 ? x : 0) - x * y + log(1 + exp(x > 0 ? -x : x));
                bert__put(g + j, (float)((1 / (1 + exp(-x)) - y) * up));
            }
        }
    else {                                                              /* a teacher's probabilities, and labels for the rest */
        const float *teacher = w.teacher + (int64_t)row * n;
        const int label = w.classes ? w.classes[row] : -1;
        double top = (double)z[0], soft = 0, hard = 0, mass = 0;
        for (int j = 1; j < n; j++) if ((double)z[j] > top) top = (double)z[j];
        for (int j = 0; j < n; j++) { soft += exp(((double)z[j] - top) / w.temperature); hard += exp((double)z[j] - top); mass += (double)teacher[j]; }
        for (int j = 0; j < n; j++) {
            const double log_p = ((double)z[j] - top) / w.temperature - log(soft);
            double slope = w.soft * w.temperature * (mass * exp(log_p) - (double)teacher[j]);
            if (teacher[j] > 0) sum -= w.soft * w.temperature * w.temperature * (double)teacher[j] * log_p;
            if (label >= 0) slope += (1 - w.soft) * (exp((double)z[j] - top) / hard - (j == label));
            bert__put(g + j, (float)(slope * up));
        }
        if (label >= 0) sum += (1 - w.soft) * (log(hard) - ((double)z[label] - top));
    }
    loss[row] = sum;
}

/* What of a batch's labels a part needs, on the device. */
typedef struct bert__cu_labels {
    const int32_t *word_rows, *word_next, *word_led;   /* [words] */
    const bert__cu_item *words, *next, *classes, *spans;   /* [words] [sequences] [class_items] [2 sequences]: starts, then ends */
    bert__cu_wanted wanted;             /* or this for the classifier */
    const bert__cu_piece *pieces;
    const bert__cu_join *joins;
    const int32_t *order;
    int64_t word_count, class_items, tables;
} bert__cu_labels;

static int64_t bert__cu_ld(int64_t n) { return bert__cu_eights(bert__cu_most(2, n)); }
static void bert__cu_total(bert__cu *c, int64_t count, const double *from, int which, double total)
{
    if (total > 0) BERT__CU_LAUNCH(c, bert__cu_k_total, dim3(1), dim3(256), 0, count, from, c->losses + which, 1 / total, 0);
}
template <class number> static void bert__cu_entropy(bert__cu *c, int which, double factor, const bert__cu_item *items, int64_t count, const bert_totals *totals)
{
    const double total = which == BERT__CU_LOSS_WORDS ? totals->words : which == BERT__CU_LOSS_NEXT ? totals->next_sentence : which == BERT__CU_LOSS_CLASSES ? totals->classes : which == BERT__CU_LOSS_STARTS ? totals->starts : totals->ends;
    BERT__CU_LAUNCH(c, bert__cu_k_entropy<number>, dim3((unsigned)count), dim3(256), 0, c->rows.step, which, factor, items, (const float *)c->out, (number *)c->slopes, c->row_loss);
    bert__cu_total(c, count, c->row_loss, which, total);
}
template <class number> static void bert__cu_give_back(bert__cu *c, int64_t rows, int all, const int32_t *at, const int32_t *next, const int32_t *led, const void *from)
{
    BERT__CU_LAUNCH(c, bert__cu_k_give_back<number>, dim3(bert__cu_row_blocks(rows)), dim3(128), 0, c->rows, (int)rows, all, at, next, led, (const number *)from, (number *)c->d, c->config.hidden_size);
}
template <class number> static void bert__cu_drop_rows(bert__cu *c, int64_t rows, int firsts, const void *from, void *to)
{
    BERT__CU_LAUNCH(c, bert__cu_k_drop<number>, dim3(bert__cu_row_blocks(rows)), dim3(128), 0, c->rows, (int)rows, firsts, (const number *)from, (number *)to, bert__cu_dropping_at(c, BERT__CU_AT_CLASSIFIER, 0), c->config.hidden_size);
}
static void bert__cu_clear(bert__cu *c, void *p, size_t size) { if (c->failed == BERT_OK) bert__cu_check(c, cudaMemsetAsync(p, 0, size, c->stream), "clearing memory of the GPU"); }

template <class number> static void bert__cu_learn_words(bert__cu *c, const bert__cu_labels *l, const bert_totals *totals)
{
    const int64_t nC = c->config.hidden_size, nV = c->config.vocab_size, ld = bert__cu_ld(nV);
    const int decoder = bert__cu_find(c, BERT__CU_DECODER, 0) ? BERT__CU_DECODER : BERT__CU_WORDS, bias = bert__cu_find(c, BERT__CU_DECODER_BIAS, 0) ? BERT__CU_DECODER_BIAS : BERT__CU_WORD_BIAS;
    void *in = c->head[0], *inner = c->head[1], *normal = c->head[2], *h = c->head[3], *d = c->head[4];
    int64_t at, n;
    if (!(totals->words > 0)) return;
    for (at = 0; at < l->word_count; at += n) {
        n = bert__cu_least(c->word_rows, l->word_count - at);
        bert__cu_take<number>(c, l->word_rows + at, n, in);
        bert__cu_dense<number>(c, BERT__CU_TRANSFORM, BERT__CU_TRANSFORM_BIAS, 0, in, n, nC, nC, normal, nC, 0, c->config.activation, inner);
        bert__cu_norm<number>(c, BERT__CU_TRANSFORM_GAMMA, BERT__CU_TRANSFORM_BETA, normal, h, normal, c->head_inverse, n);
        bert__cu_dense<number>(c, decoder, bias, 0, h, n, nV, nC, c->out, ld, 1, BERT_LINEAR, NULL);
        bert__cu_entropy<number>(c, BERT__CU_LOSS_WORDS, 1, l->words + at, n, totals);
        bert__cu_dense_backward<number>(c, decoder, bias, 0, h, c->slopes, ld, n, nV, nC, d, 0);
        bert__cu_norm_backward<number>(c, BERT__CU_TRANSFORM_GAMMA, BERT__CU_TRANSFORM_BETA, 0, d, normal, c->head_inverse, n, NULL, NULL);
        bert__cu_slope_rows<number>(c, inner, d, NULL, n * nC);
        bert__cu_dense_backward<number>(c, BERT__CU_TRANSFORM, BERT__CU_TRANSFORM_BIAS, 0, in, d, nC, n, nC, nC, h, 0);
        bert__cu_give_back<number>(c, n, 0, l->word_rows + at, l->word_next + at, l->word_led + at, h);
    }
}
/* Logits of the classifier on `rows` rows x to their gradients, d of x. */
template <class number> static void bert__cu_learn_classes(bert__cu *c, const bert__cu_labels *l, const bert_totals *totals, const void *x, int64_t rows, void *d)
{
    const int64_t nC = c->config.hidden_size, nN = c->labels, ld = bert__cu_ld(nN);
    bert__cu_dense<number>(c, BERT__CU_CLASSIFIER, BERT__CU_CLASSIFIER_BIAS, 0, x, rows, nN, nC, c->out, ld, 1, BERT_LINEAR, NULL);
    if (l->classes) bert__cu_entropy<number>(c, BERT__CU_LOSS_CLASSES, 1, l->classes, l->class_items, totals);
    else {
        BERT__CU_LAUNCH(c, bert__cu_k_wanted<number>, dim3((unsigned)bert__cu_blocks(rows, 128)), dim3(128), 0, c->rows.step, l->wanted, (int)rows, (int)nN, (int)ld, (const float *)c->out, (number *)c->slopes, c->row_loss);
        bert__cu_total(c, rows, c->row_loss, BERT__CU_LOSS_CLASSES, totals->classes);
    }
    bert__cu_dense_backward<number>(c, BERT__CU_CLASSIFIER, BERT__CU_CLASSIFIER_BIAS, 0, x, c->slopes, ld, rows, nN, nC, d, 0);
}
template <class number> static void bert__cu_learn_pooled(bert__cu *c, const bert__cu_labels *l, const bert_totals *totals)
{
    const int64_t nC = c->config.hidden_size, n = c->rows.sequences, ld = bert__cu_ld(2);
    void *in = c->head[0], *pooled = c->head[1], *dropped = c->head[2], *d = c->head[3], *part = c->head[4];
    const int classifies = (c->learn & (BERT_LEARN_CLASSES | BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL | BERT_LEARN_CHOICES)) != 0;
    bert__cu_take<number>(c, NULL, n, in);
    bert__cu_dense<number>(c, BERT__CU_POOLER, BERT__CU_POOLER_BIAS, 0, in, n, nC, nC, pooled, nC, 0, BERT_TANH, NULL);
    if (classifies) {
        bert__cu_drop_rows<number>(c, n, 1, pooled, dropped);
        bert__cu_learn_classes<number>(c, l, totals, dropped, n, d);
        bert__cu_drop_rows<number>(c, n, 1, d, d);
    } else bert__cu_clear(c, d, (size_t)(n * nC) * c->size);
    if (l->next) {
        bert__cu_dense<number>(c, BERT__CU_NEXT, BERT__CU_NEXT_BIAS, 0, pooled, n, 2, nC, c->out, ld, 1, BERT_LINEAR, NULL);
        bert__cu_entropy<number>(c, BERT__CU_LOSS_NEXT, 1, l->next, n, totals);
        bert__cu_dense_backward<number>(c, BERT__CU_NEXT, BERT__CU_NEXT_BIAS, 0, pooled, c->slopes, ld, n, 2, nC, d, 1);
    }
    BERT__CU_LAUNCH(c, bert__cu_k_tanh_back<number>, dim3((unsigned)bert__cu_blocks(n * nC, 128)), dim3(128), 0, n * nC, (const number *)pooled, (number *)d);
    bert__cu_dense_backward<number>(c, BERT__CU_POOLER, BERT__CU_POOLER_BIAS, 0, in, d, nC, n, nC, nC, part, 0);
    bert__cu_give_back<number>(c, n, 0, NULL, NULL, NULL, part);
}
/* The gradient of the last layer, in c->d, and those of the heads. */
template <class number> static void bert__cu_learn(bert__cu *c, const bert__cu_labels *l, const bert_totals *totals)
{
    const int64_t nC = c->config.hidden_size, rows = c->rows.rows;
    const void *x = bert__cu_input(c, c->config.layers);
    bert__cu_clear(c, c->d, (size_t)(rows * nC) * c->size);
    if (c->learn & BERT_LEARN_WORDS) bert__cu_learn_words<number>(c, l, totals);
    if (c->learn & BERT_LEARN_TOKENS) {
        bert__cu_drop_rows<number>(c, rows, 0, x, c->head[0]);
        bert__cu_learn_classes<number>(c, l, totals, c->head[0], rows, c->head[1]);
        bert__cu_drop_rows<number>(c, rows, 0, c->head[1], c->head[1]);
        bert__cu_give_back<number>(c, rows, 1, NULL, NULL, NULL, c->head[1]);
    }
    if (c->learn & BERT_LEARN_SPANS) {
        const int64_t ld = bert__cu_ld(2);
        bert__cu_dense<number>(c, BERT__CU_SPAN, BERT__CU_SPAN_BIAS, 0, x, rows, 2, nC, c->out, ld, 1, BERT_LINEAR, NULL);
        bert__cu_entropy<number>(c, BERT__CU_LOSS_STARTS, 0.5, l->spans, c->rows.sequences, totals);
        bert__cu_entropy<number>(c, BERT__CU_LOSS_ENDS, 0.5, l->spans + c->rows.sequences, c->rows.sequences, totals);
        bert__cu_dense_backward<number>(c, BERT__CU_SPAN, BERT__CU_SPAN_BIAS, 0, x, c->slopes, ld, rows, 2, nC, c->d, 1);
    }
    if (c->learn & (BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_CLASSES | BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL | BERT_LEARN_CHOICES)) bert__cu_learn_pooled<number>(c, l, totals);
}

/* ---- what goes up for a part ---- */

static bert__cu_item bert__cu_item_of(int64_t at, int64_t n, int64_t step, int32_t label, float weight)
{
    bert__cu_item i;
    i.at = at;
    i.n = (int32_t)n;
    i.step = (int32_t)step;
    i.label = label;
    i.weight = weight;
    return i;
}
/* Rows of a part by the row of a table that they look up: lists in the order of first appearance, cut into pieces. */
static void bert__cu_sort_table(bert__cu *c, const int32_t *ids, int skip_zero, int64_t at, int32_t *order, bert__cu_piece *pieces, bert__cu_join *joins, bert__cu_step *step, int64_t *ordered, int32_t *partials)
{
    const int32_t rows = c->rows.rows;
    const int64_t nC = c->config.hidden_size;
    int32_t row, k, n;
    for (row = rows - 1; row >= 0; row--) {
        c->next[row] = c->lists[ids[row]];
        c->lists[ids[row]] = row;
    }
    for (row = 0; row < rows; row++) {
        bert__cu_piece p;
        int64_t first = *ordered;
        if (c->lists[ids[row]] != row) continue;
        c->lists[ids[row]] = -1;
        if (skip_zero && ids[row] == 0) continue;
        for (n = 0, k = row; k >= 0; k = c->next[k], n++) order[(*ordered)++] = k;
        if (n > BERT__CU_PIECE) {
            bert__cu_join j;
            j.to = at + ids[row] * nC;
            j.first = *partials;
            j.count = (n + BERT__CU_PIECE - 1) / BERT__CU_PIECE;
            joins[step->joins++] = j;
        }
        for (k = 0; k < n; k += BERT__CU_PIECE) {
            p.to = at + ids[row] * nC;
            p.first = (int32_t)first + k;
            p.count = n - k < BERT__CU_PIECE ? n - k : BERT__CU_PIECE;
            p.partial = n > BERT__CU_PIECE ? (*partials)++ : -1;
            pieces[step->pieces++] = p;
        }
    }
}
/* Labels of the part of sequences first to first+count-1. */
static void bert__cu_part_labels(bert__cu *c, const bert_batch *b, const bert_targets *l, bert__cu_step *step, bert__cu_labels *out)
{
    const int64_t first = c->first_sequence, n = c->rows.sequences, rows = c->rows.rows, begin = c->from, nN = c->labels;
    const int32_t *start = NULL;
    bert__cu_item *items;
    int64_t i, k;
    memset(out, 0, sizeof *out);
    if (c->failed != BERT_OK) return;
    start = (const int32_t *)(const void *)(c->pinned[c->turn] + ((const unsigned char *)c->rows.start - c->uploaded));
    if (c->learn & BERT_LEARN_WORDS) {
        int32_t *at, *next, *led;
        int64_t have = 0;
        for (k = 0; k < l->masked_count; k++) have += l->masked_rows[k] >= begin && l->masked_rows[k] < begin + rows && l->masked_ids[k] != -100;
        out->word_count = have;
        if (have > 2 * c->max_tokens + 1024) { c->failed = bert__cu_fail(c->error, BERT_ERROR_TOO_LONG, "%lld masked rows in a part of %lld rows: there is room for twice max_tokens and 1024", (long long)have, (long long)rows); return; }
        out->word_rows = (const int32_t *)bert__cu_put(c, have, sizeof *at, &at);
        out->word_next = (const int32_t *)bert__cu_put(c, have, sizeof *next, &next);
        out->word_led = (const int32_t *)bert__cu_put(c, have, sizeof *led, &led);
        out->words = (const bert__cu_item *)bert__cu_put(c, have, sizeof *items, &items);
        if (c->failed != BERT_OK) return;
        for (i = 0; i < rows; i++) c->next[i] = -1;                     /* the last masked word of each row in this run */
        for (k = have = 0; k < l->masked_count; k++) {
            const int64_t row = l->masked_rows[k] - begin, run = have % c->word_rows;
            if (row < 0 || row >= rows || l->masked_ids[k] == -100) continue;
            if (run == 0) for (i = 0; i < have && i < c->word_rows; i++) c->next[at[have - 1 - i]] = -1;
            at[have] = (int32_t)row;
            next[have] = -1;
            led[have] = c->next[row] >= 0;
            if (led[have]) next[have - run + c->next[row]] = (int32_t)run;
            c->next[row] = (int32_t)run;
            items[have++] = bert__cu_item_of(run * bert__cu_ld(c->config.vocab_size), c->config.vocab_size, 1, l->masked_ids[k], l->masked_weights ? l->masked_weights[k] : 1.0f);
        }
    }
    if (c->learn & BERT_LEARN_NEXT_SENTENCE) {
        out->next = (const bert__cu_item *)bert__cu_put(c, n, sizeof *items, &items);
        for (i = 0; i < n && c->failed == BERT_OK; i++) items[i] = bert__cu_item_of(i * bert__cu_ld(2), 2, 1, l->next_sentence[first + i], 1);
    }
    if (c->learn & (BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL) || (c->learn & BERT_LEARN_CLASSES && l->teacher)) {
        float *values;
        int32_t *classes;
        const float *up = (const float *)bert__cu_put(c, n * nN, sizeof *values, &values);
        if (c->failed != BERT_OK) return;
        memcpy(values, (l->teacher && c->learn & BERT_LEARN_CLASSES ? l->teacher : l->values) + first * nN, (size_t)(n * nN) * sizeof *values);
        out->wanted.learn = c->learn;
        out->wanted.values = out->wanted.teacher = up;
        out->wanted.temperature = l->temperature > 0 ? l->temperature : 1;
        out->wanted.soft = l->teacher_weight < 0 ? 0 : l->teacher_weight > 0 ? l->teacher_weight : 1;
        if (c->learn & BERT_LEARN_CLASSES && l->classes) {
            out->wanted.classes = (const int32_t *)bert__cu_put(c, n, sizeof *classes, &classes);
            if (c->failed == BERT_OK) memcpy(classes, l->classes + first, (size_t)n * sizeof *classes);
        }
    } else if (c->learn & (BERT_LEARN_CLASSES | BERT_LEARN_TOKENS | BERT_LEARN_CHOICES)) {
        const int64_t choices = c->learn & BERT_LEARN_CHOICES ? l->choices : 1, count = c->learn & BERT_LEARN_TOKENS ? rows : n / choices;
        out->class_items = count;
        out->classes = (const bert__cu_item *)bert__cu_put(c, count, sizeof *items, &items);
        for (i = 0; i < count && c->failed == BERT_OK; i++)
            items[i] = choices > 1 || c->learn & BERT_LEARN_CHOICES ? bert__cu_item_of(i * choices * bert__cu_ld(nN), choices, bert__cu_ld(nN), l->classes[first / choices + i], 1)
                : bert__cu_item_of(i * bert__cu_ld(nN), nN, 1, c->learn & BERT_LEARN_TOKENS ? l->token_classes[begin + i] : l->classes[first + i], 1);
    }
    if (c->learn & BERT_LEARN_SPANS) {
        out->spans = (const bert__cu_item *)bert__cu_put(c, 2 * n, sizeof *items, &items);
        for (i = 0; i < 2 * n && c->failed == BERT_OK; i++) {
            const int64_t s = i % n, length = start[s + 1] - start[s];
            const int32_t label = (i < n ? l->starts : l->ends)[first + s];
            items[i] = bert__cu_item_of(start[s] * bert__cu_ld(2) + (i >= n), length, bert__cu_ld(2), label < 0 ? 0 : label >= length ? -1 : label, 1);
        }
    }
    if (c->frozen == 0 && bert__cu_learns(c, BERT__CU_WORDS, 0)) {
        const int64_t tables = 3;
        bert__cu_piece *pieces;
        bert__cu_join *joins;
        int32_t *order, partials = 0;
        int64_t ordered = 0;
        const unsigned char *host = c->pinned[c->turn];
        out->tables = tables;
        out->pieces = (const bert__cu_piece *)bert__cu_put(c, tables * rows, sizeof *pieces, &pieces);
        out->joins = (const bert__cu_join *)bert__cu_put(c, bert__cu_blocks(tables * rows, BERT__CU_PIECE), sizeof *joins, &joins);
        out->order = (const int32_t *)bert__cu_put(c, tables * rows, sizeof *order, &order);
        if (c->failed != BERT_OK) return;
        if (b->ids) bert__cu_sort_table(c, (const int32_t *)(const void *)(host + ((const unsigned char *)c->rows.ids - c->uploaded)), c->no_pad_word, bert__cu_find(c, BERT__CU_WORDS, 0)->at, order, pieces, joins, step, &ordered, &partials);
        if (!c->relative) bert__cu_sort_table(c, (const int32_t *)(const void *)(host + ((const unsigned char *)c->rows.positions - c->uploaded)), 0, bert__cu_find(c, BERT__CU_POSITIONS, 0)->at, order, pieces, joins, step, &ordered, &partials);
        bert__cu_sort_table(c, (const int32_t *)(const void *)(host + ((const unsigned char *)c->rows.types - c->uploaded)), 0, bert__cu_find(c, BERT__CU_TYPES, 0)->at, order, pieces, joins, step, &ordered, &partials);
    }
}

/* ============================================================================================================
   >>cu_update
   Purpose   norms and optimizers over all parameters at once.
   Uses      >>cu_state.
   Promises  the formulas of bert.h's >>optim; sums go over blocks of 8192 numbers as there, in float64. Gradients that are not finite change
             nothing.
   ============================================================================================================ */

typedef struct bert__cu_update {
    double rate, lost;                  /* of the schedule; 1 / loss scale */
    float beta1, beta2, rest1, rest2, epsilon, decay, momentum, correct1, correct2;
    double max_norm, little;
    int32_t kind, clip, decay_all, words, count;   /* words: index of the parameter whose norm is that of the rows, or -1 */
} bert__cu_update;

BERT__KERNEL(256) bert__cu_k_gradient_squares(const bert__cu_learning *params, const int32_t *block_of, const float *gradients, double *sums)
{
    __shared__ double room[32];
    const bert__cu_learning p = params[block_of[blockIdx.x]];
    const int64_t first = (int64_t)((int)blockIdx.x - p.first_block) * BERT__CU_BLOCK, last = first + BERT__CU_BLOCK < p.count ? first + BERT__CU_BLOCK : p.count;
    double sum = 0;
    for (int64_t i = first + threadIdx.x; i < last && p.learns; i += 256) sum += (double)gradients[p.at + i] * (double)gradients[p.at + i];
    sum = bert__block_sum(sum, room);
    if (threadIdx.x == 0) sums[2 * (int64_t)blockIdx.x] = sum;
}
BERT__DEVICE double bert__cu_clip(const bert__cu_update &u, double norm)
{
    if (u.clip == BERT_CLIP_NONE || !(u.max_norm > 0) || !(norm + u.little > u.max_norm)) return 1;
    return u.max_norm / (norm + u.little);
}
/* One block: norms of the parameters, the norm of all in outcome[0], what to multiply gradients with in outcome[1] and (each for itself) norms, 1 in outcome[3] if
   all is finite. */
BERT__KERNEL(256) bert__cu_k_norms(bert__cu_update u, const bert__cu_learning *params, const double *sums, double *norms, double *outcome)
{
    __shared__ double room[32];
    double sum = 0;
    for (int i = (int)threadIdx.x / 32; i < u.count; i += 8) {
        const int64_t blocks = (params[i].count + BERT__CU_BLOCK - 1) / BERT__CU_BLOCK;
        double squares = 0;
        for (int64_t k = threadIdx.x % 32; k < blocks; k += 32) squares += sums[2 * (params[i].first_block + k)];
        squares = bert__warp_sum(squares) * u.lost * u.lost;
        if (threadIdx.x % 32 == 0) norms[i] = squares;
    }
    __syncthreads();
    for (int i = (int)threadIdx.x; i < u.count; i += 256) {
        sum += i == u.words ? outcome[2] * u.lost * u.lost : norms[i];
        norms[i] = u.clip == BERT_CLIP_EACH ? bert__cu_clip(u, sqrt(norms[i])) : 1;
    }
    sum = bert__block_sum(sum, room);
    if (threadIdx.x == 0) {
        outcome[0] = sqrt(sum);
        outcome[1] = u.clip == BERT_CLIP_EACH ? u.lost : bert__cu_clip(u, sqrt(sum)) * u.lost;
        outcome[3] = sum <= DBL_MAX ? 1 : 0;
    }
}
BERT__DEVICE float bert__cu_lamb(const bert__cu_update &u, float decay, float w, float m, float v) { return m * u.correct1 / (sqrtf(v * u.correct2) + u.epsilon) + decay * w; }
/* pass 1: moments, and LAMB's sums; 2: weights; 3: both */
template <class number> BERT__KERNEL(256) bert__cu_k_update(bert__cu_update u, int pass, const bert__cu_learning *params, const int32_t *block_of, float *weights, const float *gradients, float *firsts, float *seconds, number *compute, double *sums, const double *norms, const double *outcome)
{
    __shared__ double room[32];
    const int index = block_of[blockIdx.x];
    const bert__cu_learning p = params[index];
    const int64_t first = (int64_t)((int)blockIdx.x - p.first_block) * BERT__CU_BLOCK, last = first + BERT__CU_BLOCK < p.count ? first + BERT__CU_BLOCK : p.count;
    const float decay = p.decay || u.decay_all ? u.decay : 0.0f, rate = (float)(u.rate * p.rate), corrected = rate * u.correct1, root = sqrtf(u.correct2);
    const int lamb = u.kind == BERT_OPTIMIZER_LAMB || u.kind == BERT_OPTIMIZER_LAMB_NEZHA;
    const float scale = (float)(outcome[1] * (lamb && pass == 2 ? 1 : norms[index])), lamb_rate = rate * (float)norms[index];
    double squares = 0, lengths = 0;
    if (!p.learns || outcome[3] == 0) return;
    for (int64_t i = p.at + first + threadIdx.x; i < p.at + last; i += 256) {
        const float g = gradients[i] * scale;
        float w = weights[i], m = firsts ? firsts[i] : 0, v = seconds ? seconds[i] : 0;
        if (pass & 1 && u.kind != BERT_OPTIMIZER_SGD) {
            firsts[i] = m = u.beta1 * m + u.rest1 * g;
            seconds[i] = v = u.beta2 * v + u.rest2 * g * g;
        }
        if (lamb && pass == 1) {
            const double d = (double)(u.kind == BERT_OPTIMIZER_LAMB_NEZHA ? m * u.correct1 / sqrtf(v * u.correct2 + u.epsilon) + u.decay * w : bert__cu_lamb(u, decay, w, m, v));
            squares += (double)w * (double)w;
            lengths += d * d;
        }
        if (!(pass & 2)) continue;
        if (u.kind == BERT_OPTIMIZER_GOOGLE || u.kind == BERT_OPTIMIZER_BERTADAM) w -= rate * (m / (sqrtf(v) + u.epsilon) + decay * w);
        else if (u.kind == BERT_OPTIMIZER_ADAMW) w = w * (1.0f - rate * decay) - corrected * m / (sqrtf(v) * root + u.epsilon);
        else if (lamb) w -= lamb_rate * bert__cu_lamb(u, decay, w, m, v);
        else {
            float x = g + decay * w;
            if (firsts) firsts[i] = x = u.momentum * m + x;
            w -= rate * x;
        }
        weights[i] = w;
        if (sizeof(number) == 2) bert__put(compute + i, w);
    }
    if (!(lamb && pass == 1)) return;
    squares = bert__block_sum(squares, room);
    lengths = bert__block_sum(lengths, room);
    if (threadIdx.x == 0) { sums[2 * (int64_t)blockIdx.x] = squares; sums[2 * (int64_t)blockIdx.x + 1] = lengths; }
}
BERT__BOTH int bert__cu_is_lamb(int kind) { return kind == BERT_OPTIMIZER_LAMB || kind == BERT_OPTIMIZER_LAMB_NEZHA; }
/* LAMB's ratios, a warp a parameter. */
BERT__KERNEL(128) bert__cu_k_trust(bert__cu_update u, const bert__cu_learning *params, const double *sums, double *norms, const double *outcome)
{
    const int i = (int)blockIdx.x * BERT__CU_WARPS + (int)threadIdx.x / 32;
    double w = 0, d = 0, ratio;
    if (i >= u.count || outcome[3] == 0) return;
    const bert__cu_learning p = params[i];
    for (int64_t k = threadIdx.x % 32; k < (p.count + BERT__CU_BLOCK - 1) / BERT__CU_BLOCK && p.learns; k += 32) { w += sums[2 * (p.first_block + k)]; d += sums[2 * (p.first_block + k) + 1]; }
    w = bert__warp_sum(w);
    d = bert__warp_sum(d);
    ratio = w > 0 && d > 0 ? sqrt(w) / sqrt(d) : 1;
    if (u.kind == BERT_OPTIMIZER_LAMB_NEZHA && ratio > 10) ratio = 10;
    if (threadIdx.x % 32 == 0) norms[i] = ratio;
}
template <class number> static void bert__cu_update_all(bert__cu *c, const bert__cu_update *u)
{
    const dim3 blocks((unsigned)c->blocks), threads(256);
    const int lamb = bert__cu_is_lamb(u->kind);
    const bert__cu_learning *params = c->learning;
    const int32_t *block_of = c->block_of;
    BERT__CU_LAUNCH(c, bert__cu_k_update<number>, blocks, threads, 0, *u, lamb ? 1 : 3, params, block_of, c->weights, (const float *)c->gradients, c->first, c->second, (number *)c->compute, c->sums, (const double *)c->norms, (const double *)c->outcome);
    if (!lamb) return;
    BERT__CU_LAUNCH(c, bert__cu_k_trust, dim3(bert__cu_row_blocks(c->count)), dim3(128), 0, *u, params, (const double *)c->sums, c->norms, (const double *)c->outcome);
    BERT__CU_LAUNCH(c, bert__cu_k_update<number>, blocks, threads, 0, *u, 2, params, block_of, c->weights, (const float *)c->gradients, c->first, c->second, (number *)c->compute, c->sums, (const double *)c->norms, (const double *)c->outcome);
}

/* ============================================================================================================
   >>cu_comm
   Purpose   the gradients of several GPUs, added up by NCCL on a stream of its own while the layers before them are still computed.
   Uses      >>cu_state; a bert_comm between the processes for all that is small.
   Promises  each worker enqueues the same sums in the same order, also after a failure of its own, so that nobody waits for ever; sums that do not
             end in time are given up and an error.
   ============================================================================================================ */

#ifdef BERT_USE_NCCL
struct bert_cuda_comm {
    bert_comm over;
    bert_allocator allocator;
    int32_t device;
    double timeout;
    ncclComm_t nccl;
    cudaStream_t stream;
    cudaEvent_t computed, done;
    int has_stream, has_computed, has_done;
};
static bert_status bert__cu_comm_all_reduce(void *user, float *values, int64_t count, bert_error *error)
{
    const bert_comm *over = &((bert_cuda_comm *)user)->over;
    return over->all_reduce(over->user, values, count, error);
}
static bert_status bert__cu_comm_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *error)
{
    const bert_comm *over = &((bert_cuda_comm *)user)->over;
    return over->broadcast(over->user, data, size, root, error);
}
static bert_cuda_comm *bert__cu_comm_in(const bert_comm *comm) { return comm->size > 1 && comm->all_reduce == bert__cu_comm_all_reduce ? (bert_cuda_comm *)comm->user : NULL; }
static int bert__cu_comm_fits(const bert_comm *comm, int32_t device) { const bert_cuda_comm *m = bert__cu_comm_in(comm); return !m || m->device == device; }
BERT_API bert_comm bert_cuda_comm_of(bert_cuda_comm *comm)
{
    bert_comm b;
    memset(&b, 0, sizeof b);
    b.rank = comm->over.rank;
    b.size = comm->over.size;
    b.all_reduce = bert__cu_comm_all_reduce;
    b.broadcast = bert__cu_comm_broadcast;
    b.user = comm;
    return b;
}
BERT_API void bert_cuda_comm_close(bert_cuda_comm *comm)
{
    bert_allocator a;
    if (!comm) return;
    a = comm->allocator;
    if (comm->nccl) ncclCommDestroy(comm->nccl);
    if (comm->has_done) cudaEventDestroy(comm->done);
    if (comm->has_computed) cudaEventDestroy(comm->computed);
    if (comm->has_stream) cudaStreamDestroy(comm->stream);
    bert__cu_free(&a, comm);
}
BERT_API bert_status bert_cuda_comm_open(const bert_cuda_comm_desc *desc, bert_cuda_comm **out)
{
    bert_cuda_comm *m;
    bert_cuda_info info;
    bert_error own;
    bert_error *e = desc && desc->error ? desc->error : &own;
    bert_status st, agreed;
    ncclUniqueId id;
    ncclResult_t r;
    cudaError_t code;
    float failures;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    if (!desc->over || desc->over->size < 1 || !desc->over->all_reduce || !desc->over->broadcast) return bert__cu_fail(e, BERT_ERROR_ARGUMENT, "bert_cuda_comm_open needs a comm that connects the processes already: `over`, bert_mpi_comm's for instance");
    if ((m = (bert_cuda_comm *)bert__cu_zeroed(&desc->allocator, 1, sizeof *m)) == NULL) return bert__cu_fail(e, BERT_ERROR_MEMORY, "out of memory");
    m->over = *desc->over;
    m->allocator = desc->allocator;
    m->device = desc->device;
    m->timeout = desc->timeout > 0 ? desc->timeout : 600;
    memset(&id, 0, sizeof id);
    st = bert_cuda_device(m->device, &info, e);
    if (st == BERT_OK) {
        if ((code = cudaStreamCreateWithFlags(&m->stream, cudaStreamNonBlocking)) == cudaSuccess) m->has_stream = 1;
        if (code == cudaSuccess && (code = cudaEventCreateWithFlags(&m->computed, cudaEventDisableTiming)) == cudaSuccess) m->has_computed = 1;
        if (code == cudaSuccess && (code = cudaEventCreateWithFlags(&m->done, cudaEventDisableTiming)) == cudaSuccess) m->has_done = 1;
        if (code != cudaSuccess) { cudaGetLastError(); st = bert__cu_explain(e, code, "making a stream for NCCL"); }
    }
    if (st == BERT_OK && m->over.rank == 0 && (r = ncclGetUniqueId(&id)) != ncclSuccess) st = bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "NCCL: %s when it starts (NCCL_DEBUG=INFO tells more)", ncclGetErrorString(r));
    failures = st == BERT_OK ? 0.0f : 1.0f;                             /* whoever waits in NCCL for one that has no GPU waits for ever */
    agreed = m->over.all_reduce(m->over.user, &failures, 1, e);
    if (agreed == BERT_OK && st == BERT_OK && failures > 0) agreed = bert__cu_fail(e, BERT_ERROR_STOPPED, "%d of %d workers cannot use their GPU: they say why", (int)failures, (int)m->over.size);
    if (st == BERT_OK) st = agreed;
    if (st == BERT_OK) st = m->over.broadcast(m->over.user, &id, sizeof id, 0, e);
    if (st == BERT_OK && (r = ncclCommInitRank(&m->nccl, m->over.size, id, m->over.rank)) != ncclSuccess) {
        m->nccl = NULL;
        st = bert__cu_fail(e, BERT_ERROR_UNSUPPORTED, "NCCL: %s when worker %d of %d joins with GPU %d; each needs a GPU of its own (NCCL_DEBUG=INFO tells more)", ncclGetErrorString(r), (int)m->over.rank, (int)m->over.size, (int)m->device);
    }
    if (st != BERT_OK) { bert_cuda_comm_close(m); return st; }
    *out = m;
    return BERT_OK;
}
static void bert__cu_sum_check(bert__cu *c, ncclResult_t r)
{
    if (r == ncclSuccess || c->failed != BERT_OK) return;
    c->failed = bert__cu_fail(c->error, BERT_ERROR_STOPPED, "NCCL: %s while gradients are added up (NCCL_DEBUG=INFO tells more)", ncclGetErrorString(r));
}
/* Gradients of layers from `down_to` - 1 on (0: of all else, too) start their way, once they are computed. */
static void bert__cu_sum(bert__cu *c, int32_t down_to)
{
    bert_cuda_comm *m = c->comm;
    if (!m->nccl && c->failed == BERT_OK) c->failed = bert__cu_fail(c->error, BERT_ERROR_STOPPED, "the other GPUs were given up in a step before: close the trainer");
    if (!m->nccl) return;
    if (c->unsent > down_to) {
        bert__cu_check(c, cudaEventRecord(m->computed, c->stream), "adding up gradients");
        bert__cu_check(c, cudaStreamWaitEvent(m->stream, m->computed, 0), "adding up gradients");
    }
    for (; c->unsent > down_to; c->unsent--) {                          /* the parameters of a layer lie side by side, behind those of none */
        int64_t from = c->value_room, to = 0, i;
        for (i = 0; i < c->count; i++) {
            const bert__cu_param *p = c->params + i;
            if (p->layer != c->unsent - 2 || !p->learns) continue;
            from = bert__cu_least(from, p->at);
            to = bert__cu_most(to, p->at + p->count);
        }
        if (to > from) bert__cu_sum_check(c, ncclAllReduce(c->gradients + from, c->gradients + from, (size_t)(to - from), ncclFloat32, ncclSum, m->nccl, m->stream));
    }
    if (down_to > 0) return;
    bert__cu_sum_check(c, ncclAllReduce(c->outcome + 2, c->outcome + 2, 1, ncclFloat64, ncclSum, m->nccl, m->stream));   /* squares of looked-up words */
    bert__cu_check(c, cudaEventRecord(m->done, m->stream), "adding up gradients");
    bert__cu_check(c, cudaStreamWaitEvent(c->stream, m->done, 0), "adding up gradients");
}
/* Until they have arrived. */
static void bert__cu_sum_wait(bert__cu *c)
{
    bert_cuda_comm *m = c->comm;
    const std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
    ncclResult_t r = ncclSuccess;
    cudaError_t code;
    if (!m->nccl) return;
    while ((code = cudaStreamQuery(m->stream)) == cudaErrorNotReady) {
        const double waited = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        if (ncclCommGetAsyncError(m->nccl, &r) != ncclSuccess || (r != ncclSuccess && r != ncclInProgress) || waited > m->timeout) {
            if (r != ncclSuccess && r != ncclInProgress) bert__cu_sum_check(c, r);
            else if (c->failed == BERT_OK) c->failed = bert__cu_fail(c->error, BERT_ERROR_STOPPED, "no word from the other GPUs for %g seconds while gradients are added up", m->timeout);
            ncclCommAbort(m->nccl);
            m->nccl = NULL;
            return;
        }
        if (waited > 1e-3) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    bert__cu_check(c, code, "adding up gradients");
}
#else
struct bert_cuda_comm { int unused; };
static bert_cuda_comm *bert__cu_comm_in(const bert_comm *) { return NULL; }
static int bert__cu_comm_fits(const bert_comm *, int32_t) { return 1; }
static void bert__cu_sum(bert__cu *, int32_t) {}
static void bert__cu_sum_wait(bert__cu *) {}
#endif

/* ============================================================================================================
   >>cu_trainer
   Purpose   the functions behind a bert_trainer, and opening one.
   Uses      >>cu_losses, >>cu_update.
   Promises  the table of parameters, steps, saving and resuming are bert.h's own: so checkpoints of the CPU and of the GPU are the same.
   ============================================================================================================ */

/* What bert_cuda_trainer_open tells the device it makes. */
typedef struct bert__cu_trainer_options { bert_cuda_desc desc; size_t parameter_bytes; } bert__cu_trainer_options;

static bert_status bert__cu_trainer_move(void *state, int32_t here, bert_error *error)
{
    bert__cu *c = (bert__cu *)state;
    int64_t i;
    int k;
    c->error = error;
    c->failed = BERT_OK;
    bert__cu_check(c, cudaSetDevice(c->desc.device), "choosing the GPU");
    for (i = 0; i < c->count && c->failed == BERT_OK; i++) {
        const bert__cu_param *p = c->params + i;
        float *const there[4] = { c->weights, c->gradients, c->first, c->second }, *const host[4] = { p->trained->weight, p->trained->gradient, p->trained->first, p->trained->second };
        for (k = 0; k < 4 && c->failed == BERT_OK; k++) {
            if (!there[k] || !host[k]) continue;
            bert__cu_check(c, cudaMemcpyAsync(here ? host[k] : there[k] + p->at, here ? there[k] + p->at : host[k], (size_t)p->count * sizeof(float), here ? cudaMemcpyDeviceToHost : cudaMemcpyHostToDevice, c->stream), here ? "copying weights from the GPU" : "copying weights to the GPU");
        }
    }
    if (here && bert__cu_is_lamb(bert_trainer_desc_resolved(c->trainer).optimizer.kind)) {
        const bert_allocator a = c->allocator;
        double *trust = (double *)bert__cu_zeroed(&a, (size_t)c->count, sizeof *trust);
        if (!trust && c->failed == BERT_OK) c->failed = bert__cu_fail(error, BERT_ERROR_MEMORY, "out of memory");
        if (c->failed == BERT_OK) bert__cu_check(c, cudaMemcpyAsync(trust, c->norms, (size_t)c->count * sizeof *trust, cudaMemcpyDeviceToHost, c->stream), "copying from the GPU");
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying from the GPU");
        for (i = 0; i < c->count && c->failed == BERT_OK; i++) ((bert_trained *)(uintptr_t)c->params[i].trained)->trust = trust[i];
        bert__cu_free(&a, trust);
    }
    if (!here && c->failed == BERT_OK) bert__cu_narrow_all(c);
    bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying weights");
    c->error = NULL;
    return c->failed;
}
static void bert__cu_trainer_close(void *state) { bert__cu_close_state((bert__cu *)state); }
static bert__cu_drop bert__cu_drop_of(double rate)
{
    bert__cu_drop d;
    d.below = (uint32_t)(rate * 65536 + 0.5);
    d.scale = 65536.0f / (float)(65536 - d.below);
    d.mask_scale = (float)(1 / (1 - rate));
    return d;
}
/* Rates and decay may have changed since (bert_trainer_group). */
static void bert__cu_regroup(bert__cu *c, int always)
{
    const bert_allocator a = c->allocator;
    bert__cu_learning *learning;
    int32_t block = 0;
    int64_t i;
    int same = 1;
    for (i = 0; i < c->count; i++) same = same && c->params[i].rate == c->params[i].trained->rate && c->params[i].decay == c->params[i].trained->decay;
    if ((same && !always) || c->failed != BERT_OK) return;
    if ((learning = (bert__cu_learning *)bert__cu_zeroed(&a, (size_t)c->count, sizeof *learning)) == NULL) { c->failed = bert__cu_fail(c->error, BERT_ERROR_MEMORY, "out of memory: a list of %lld parameters", (long long)c->count); return; }
    for (i = 0; i < c->count; i++) {
        bert__cu_param *p = c->params + i;
        learning[i].rate = p->rate = p->trained->rate;
        learning[i].at = p->at;
        learning[i].count = p->count;
        learning[i].first_block = block;
        learning[i].decay = p->decay = p->trained->decay;
        learning[i].learns = p->learns;
        block += (int32_t)bert__cu_blocks(p->count, BERT__CU_BLOCK);
    }
    bert__cu_check(c, cudaMemcpyAsync(c->learning, learning, (size_t)c->count * sizeof *learning, cudaMemcpyHostToDevice, c->stream), "copying to the GPU");
    bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying to the GPU");
    bert__cu_free(&a, learning);
}
static bert_status bert__cu_trainer_open(const bert_device *device, bert_trainer *trainer, void **state, bert_error *error)
{
    const bert__cu_trainer_options *options = (const bert__cu_trainer_options *)device->options;
    const bert_trainer_desc d = bert_trainer_desc_resolved(trainer);
    const bert_allocator a = d.allocator;
    bert__cu *c = (bert__cu *)bert__cu_zeroed(&a, 1, sizeof *c);
    int32_t *block_of = NULL, block = 0, n;
    bert_status st;
    int64_t i;
    if (!c) return bert__cu_fail(error, BERT_ERROR_MEMORY, "out of memory");
    c->allocator = a;
    c->config = *d.config;
    c->training = 1;
    c->trainer = trainer;
    c->learn = d.learn;
    c->recompute = d.recompute;
    c->frozen = d.frozen;
    c->labels = d.labels;
    c->slots = bert_trainer_parameter(trainer, 0)->second ? 2 : bert_trainer_parameter(trainer, 0)->first ? 1 : 0;
    c->comm = d.comm ? bert__cu_comm_in(d.comm) : NULL;
    c->heads = bert_trainer_find(trainer, "cls.predictions.bias") ? BERT_HEAD_MLM : 0;
    c->no_pad_word = c->config.source == BERT_SOURCE_HF;
    c->hidden_drop = bert__cu_drop_of(d.hidden_dropout);
    c->attention_drop = bert__cu_drop_of(d.attention_dropout);
    c->classifier_drop = bert__cu_drop_of(d.classifier_dropout);
    if ((st = bert__cu_resolve(c, &options->desc, d.precision, 0, error)) == BERT_OK) st = bert__cu_open(c, NULL, trainer, d.max_tokens, 0, options->parameter_bytes, error);
    if (st == BERT_OK) {
        const int64_t most = bert__cu_most(bert__cu_most(c->config.vocab_size, c->config.max_positions), c->config.type_vocab_size);
        c->lists = (int32_t *)bert__cu_zeroed(&a, (size_t)most, sizeof *c->lists);
        c->next = (int32_t *)bert__cu_zeroed(&a, (size_t)c->max_tokens, sizeof *c->next);
        c->mask_table = (const uint8_t **)bert__cu_zeroed(&a, 3 * (size_t)c->config.layers, sizeof *c->mask_table);
        block_of = (int32_t *)bert__cu_zeroed(&a, (size_t)c->blocks, sizeof *block_of);
        if (!c->lists || !c->next || !c->mask_table || !block_of) st = bert__cu_fail(error, BERT_ERROR_MEMORY, "out of memory: lists of %lld rows", (long long)most);
        for (i = 0; i < most && c->lists; i++) c->lists[i] = -1;
    }
    for (i = 0; i < c->count && st == BERT_OK; i++)
        for (n = (int32_t)bert__cu_blocks(c->params[i].count, BERT__CU_BLOCK); n > 0; n--) block_of[block++] = (int32_t)i;
    if (st == BERT_OK) {
        bert__cu_clear(c, c->compute, (size_t)c->value_room * c->size);
        bert__cu_clear(c, c->weights, (size_t)c->value_room * sizeof(float));
        bert__cu_clear(c, c->slopes, (size_t)c->slope_room * c->size);     /* between n and ld nobody writes, and sums of columns read */
        bert__cu_clear(c, c->outcome, 8 * sizeof(double));
        bert__cu_clear(c, c->norms, (size_t)c->count_room * sizeof(double));
        bert__cu_clear(c, c->losses, 8 * sizeof(double));
        bert__cu_regroup(c, 1);
        bert__cu_check(c, cudaMemcpyAsync(c->block_of, block_of, (size_t)c->blocks * sizeof *block_of, cudaMemcpyHostToDevice, c->stream), "copying to the GPU");
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "copying to the GPU");
        if ((st = c->failed) == BERT_OK) st = bert__cu_trainer_move(c, 0, error);
    }
    bert__cu_free(&a, block_of);
    if (st != BERT_OK) { bert__cu_close_state(c); return st; }
    *state = c;
    return BERT_OK;
}
/* The caller's masks on the device. */
static size_t bert__cu_mask_bytes(const bert__cu *c, const bert_masks *m, int64_t rows, int64_t sequences, int64_t squares)
{
    const size_t wide = (size_t)(rows * c->config.hidden_size) + 256;
    size_t n = (m->embeddings ? wide : 0) + (m->classifier ? (size_t)((c->learn & BERT_LEARN_TOKENS ? rows : sequences) * c->config.hidden_size) + 256 : 0);
    int32_t l;
    for (l = 0; l < c->config.layers; l++) {
        if (m->attention && m->attention[l]) n += (size_t)(c->config.heads * squares) + 256;
        if (m->attention_output && m->attention_output[l]) n += wide;
        if (m->output && m->output[l]) n += wide;
    }
    return n;
}
static void bert__cu_upload_masks(bert__cu *c, const bert_masks *m, int64_t rows, int64_t sequences, int64_t squares)
{
    const size_t wide = (size_t)(rows * c->config.hidden_size);
    bert_masks *d = &c->device_masks;
    int32_t l, n = c->config.layers;
    memset(d, 0, sizeof *d);
    memset((void *)(uintptr_t)c->mask_table, 0, 3 * (size_t)n * sizeof *c->mask_table);
    if (m->embeddings) d->embeddings = (const uint8_t *)bert__cu_side(c, m->embeddings, wide);
    if (m->classifier) d->classifier = (const uint8_t *)bert__cu_side(c, m->classifier, (size_t)((c->learn & BERT_LEARN_TOKENS ? rows : sequences) * c->config.hidden_size));
    for (l = 0; l < n; l++) {
        if (m->attention && m->attention[l]) c->mask_table[l] = (const uint8_t *)bert__cu_side(c, m->attention[l], (size_t)(c->config.heads * squares));
        if (m->attention_output && m->attention_output[l]) c->mask_table[n + l] = (const uint8_t *)bert__cu_side(c, m->attention_output[l], wide);
        if (m->output && m->output[l]) c->mask_table[2 * n + l] = (const uint8_t *)bert__cu_side(c, m->output[l], wide);
    }
    d->attention = c->mask_table;
    d->attention_output = c->mask_table + n;
    d->output = c->mask_table + 2 * n;
    c->masks = d;
}
template <class number> static void bert__cu_train_part(bert__cu *c, const bert__cu_labels *l, const bert_totals *totals, int plain, int tf1_rows, int sum)
{
    bert__cu_replay(c, 1, plain, [&]() {
        bert__cu_embed<number>(c);
        for (int32_t layer = 0; layer < c->config.layers; layer++) bert__cu_layer_forward<number>(c, layer, NULL);
    });
    bert__cu_learn<number>(c, l, totals);
    if (tf1_rows) {                                                     /* the decoder's gradient counts as a whole, looked-up words by rows */
        const bert__cu_param *w = bert__cu_find(c, BERT__CU_WORDS, 0);
        BERT__CU_LAUNCH(c, bert__cu_k_squares<float>, dim3((unsigned)bert__cu_blocks(w->count, BERT__CU_BLOCK)), dim3(256), 0, w->count, (const float *)c->gradients + w->at, c->sums);
        BERT__CU_LAUNCH(c, bert__cu_k_total, dim3(1), dim3(256), 0, bert__cu_blocks(w->count, BERT__CU_BLOCK), (const double *)c->sums, c->outcome + 2, 1.0, 1);
    }
    bert__cu_replay(c, 2, plain && !sum, [&]() {
        for (int32_t layer = c->config.layers - 1; layer >= 0 && c->frozen <= layer + 1; layer--) {
            bert__cu_layer_backward<number>(c, layer);
            if (sum) bert__cu_sum(c, layer + 1);
        }
    });
    if (c->frozen == 0) bert__cu_embeddings_backward<number>(c, l->pieces, l->joins, l->order, l->tables);
}
static int bert__cu_tf1_rows(const bert__cu *c) { return bert_trainer_desc_resolved(c->trainer).optimizer.clip == BERT_CLIP_TF1_ROWS && c->learn & BERT_LEARN_WORDS && !bert__cu_find(c, BERT__CU_DECODER, 0); }
static bert_status bert__cu_trainer_gradients(void *state, const bert_batch *batch, const bert_targets *labels, const bert_device_step *now, bert_progress *out, bert_error *error)
{
    const bert_totals *totals = &now->totals;
    bert__cu *c = (bert__cu *)state;
    const bert_batch *b = batch;
    const int64_t group = c->learn & BERT_LEARN_CHOICES ? labels->choices : 1, nC = c->config.hidden_size;
    const uint64_t seed = bert_trainer_desc_resolved(c->trainer).seed;
    const int extras = b->embeds || b->score_bias || labels->masks;
    int64_t first, count, i, total = 0, squares = 0, rows = b->offsets[b->sequences];
    const float *score_bias = NULL, *embeds = NULL;
    c->error = error;
    c->failed = BERT_OK;
    c->masks = NULL;
    c->unsent = c->config.layers + 1;
    bert__cu_check(c, cudaSetDevice(c->desc.device), "choosing the GPU");
    for (i = 0; i < b->sequences; i++) total += (b->offsets[i + 1] - b->offsets[i]) * (b->offsets[i + 1] - b->offsets[i]);
    if (!labels->add) {
        bert__cu_clear(c, c->gradients, (size_t)c->value_room * sizeof(float));
        bert__cu_clear(c, c->outcome, 3 * sizeof(double));
        c->parts = 0;
    }
    bert__cu_clear(c, c->losses, 8 * sizeof(double));
    if (extras) {                                                       /* of the whole batch at once */
        bert__cu_side_begin(c, (b->embeds ? (size_t)(rows * nC) * sizeof(float) + 256 : 0) + (b->score_bias ? (size_t)total * sizeof(float) + 256 : 0) + (labels->masks ? bert__cu_mask_bytes(c, labels->masks, rows, b->sequences, total) : 0));
        if (b->embeds) embeds = (const float *)bert__cu_side(c, b->embeds, (size_t)(rows * nC) * sizeof(float));
        if (b->score_bias) score_bias = (const float *)bert__cu_side(c, b->score_bias, (size_t)total * sizeof(float));
        if (labels->masks) bert__cu_upload_masks(c, labels->masks, rows, b->sequences, total);
    }
    for (first = 0; first < b->sequences && c->failed == BERT_OK; first += count, c->parts++) {
        bert__cu_labels l;
        bert__cu_step *step;
        int64_t have = 0;
        for (count = 0; first + count < b->sequences; count += group) {
            const int64_t more = b->offsets[first + count + group] - b->offsets[first + count];
            if (have && have + more > now->max_tokens) break;
            have += more;
        }
        step = bert__cu_part(c, b, first, count, c->max_tokens, labels->first_sequence + now->seen, squares);
        bert__cu_part_labels(c, b, labels, step, &l);
        if (c->failed != BERT_OK) break;
        step->key = bert__cu_mix_in(seed, (uint64_t)now->step);
        step->total[BERT__CU_LOSS_WORDS] = totals->words;
        step->total[BERT__CU_LOSS_NEXT] = totals->next_sentence;
        step->total[BERT__CU_LOSS_CLASSES] = totals->classes;
        step->total[BERT__CU_LOSS_STARTS] = totals->starts;
        step->total[BERT__CU_LOSS_ENDS] = totals->ends;
        step->loss_scale = now->loss_scale;
        bert__cu_upload(c);
        if (embeds) c->rows.embeds = embeds + c->from * nC;
        c->rows.score_bias = score_bias;
        BERT__CU_DISPATCH(c, bert__cu_train_part<bert__number>(c, &l, totals, !extras, c->parts == 0 && bert__cu_tf1_rows(c), now->sum && first + count == b->sequences));
        for (i = first; i < first + count; i++) squares += (b->offsets[i + 1] - b->offsets[i]) * (b->offsets[i + 1] - b->offsets[i]);
    }
    if (now->sum) {                                                     /* even after a failure: the others wait for it */
        bert__cu_sum(c, 0);
        bert__cu_sum_wait(c);
    }
    if (out && c->failed == BERT_OK) {
        double losses[8];
        bert__cu_check(c, cudaMemcpyAsync(losses, c->losses, sizeof losses, cudaMemcpyDeviceToHost, c->stream), "copying losses from the GPU");
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "computing gradients on the GPU");
        if (c->failed == BERT_OK) {
            out->words = losses[BERT__CU_LOSS_WORDS];
            out->next_sentence = losses[BERT__CU_LOSS_NEXT];
            out->classes = losses[BERT__CU_LOSS_CLASSES];
            out->starts = losses[BERT__CU_LOSS_STARTS];
            out->ends = losses[BERT__CU_LOSS_ENDS];
            out->loss = out->words + out->next_sentence + out->classes + (out->starts + out->ends) / 2;
        }
    } else if (extras || c->failed != BERT_OK) bert__cu_check(c, cudaStreamSynchronize(c->stream), "computing gradients on the GPU");
    c->error = NULL;
    return c->failed;
}
static bert_status bert__cu_trainer_update(void *state, int64_t step, double rate, double loss_scale, double *norm, bert_error *error)
{
    bert__cu *c = (bert__cu *)state;
    const bert_optimizer o = bert_trainer_desc_resolved(c->trainer).optimizer;
    const int tied = !bert__cu_find(c, BERT__CU_DECODER, 0), words = (c->learn & BERT_LEARN_WORDS) != 0;
    bert__cu_update u;
    c->error = error;
    c->failed = BERT_OK;
    bert__cu_check(c, cudaSetDevice(c->desc.device), "choosing the GPU");
    if (bert__cu_tf1_rows(c) && c->parts > 1)
        return bert__cu_fail(error, BERT_ERROR_UNSUPPORTED, "the norm of TF1_ROWS is known only for a batch computed at once, this one had %lld parts: raise max_tokens, or clip by the global norm", (long long)c->parts);
    bert__cu_regroup(c, 0);
    memset(&u, 0, sizeof u);
    u.rate = rate;
    u.lost = 1 / loss_scale;
    u.beta1 = (float)o.beta1;
    u.beta2 = (float)o.beta2;
    u.rest1 = (float)(1 - o.beta1);
    u.rest2 = (float)(1 - o.beta2);
    u.epsilon = (float)o.epsilon;
    u.decay = (float)o.weight_decay;
    u.momentum = (float)o.momentum;
    u.correct1 = (float)(1 / (1 - pow(o.beta1, (double)step + 1)));
    u.correct2 = (float)(1 / (1 - pow(o.beta2, (double)step + 1)));
    u.max_norm = o.max_norm;
    u.little = o.clip == BERT_CLIP_EACH || o.kind == BERT_OPTIMIZER_ADAMW ? 1e-6 : 0;
    u.kind = o.kind;
    u.clip = o.clip;
    u.decay_all = o.decay_all;
    u.count = (int32_t)c->count;
    u.words = bert__cu_learns(c, BERT__CU_WORDS, 0) && (o.clip == BERT_CLIP_TF1_ROWS || (o.clip == BERT_CLIP_ROWS && !(words && tied))) ? (int32_t)c->place[BERT__CU_WORDS] : -1;
    BERT__CU_LAUNCH(c, bert__cu_k_gradient_squares, dim3((unsigned)c->blocks), dim3(256), 0, (const bert__cu_learning *)c->learning, (const int32_t *)c->block_of, (const float *)c->gradients, c->sums);
    BERT__CU_LAUNCH(c, bert__cu_k_norms, dim3(1), dim3(256), 0, u, (const bert__cu_learning *)c->learning, (const double *)c->sums, c->norms, c->outcome);
    BERT__CU_DISPATCH(c, bert__cu_update_all<bert__number>(c, &u));
    if (norm && c->failed == BERT_OK) {
        bert__cu_check(c, cudaMemcpyAsync(norm, c->outcome, sizeof *norm, cudaMemcpyDeviceToHost, c->stream), "copying the norm from the GPU");
        bert__cu_check(c, cudaStreamSynchronize(c->stream), "updating weights on the GPU");
    }
    c->error = NULL;
    return c->failed;
}
/* What a trainer of the desc takes: sizes in a state that is not open. */
static bert_status bert__cu_measure(const bert_trainer_desc *desc, const bert_cuda_desc *cuda, int plan, bert__cu *c, bert__cu_trainer_options *options, bert_cuda_bytes *out, bert_error *error)
{
    const uint32_t learn = desc->learn;
    bert_trainer_desc d = *desc;
    bert_device device;
    bert_trainer_bytes bytes;
    bert_status st;
    memset(&device, 0, sizeof device);
    memset(options, 0, sizeof *options);
    d.device = &device;                                                 /* the parameters, and nothing for activations */
    d.budget = 0;
    if (d.small_slots) return bert__cu_fail(error, BERT_ERROR_UNSUPPORTED, "small_slots: on a GPU the optimizer's slots are float32");
    if (d.comm && d.comm->size > 1 && d.optimizer.clip == BERT_CLIP_ROWS && !bert__cu_comm_in(d.comm)) return bert__cu_fail(error, BERT_ERROR_UNSUPPORTED, "the norm of ROWS with several workers is known only on the CPU and by NCCL (bert_cuda_comm_open): clip by the global norm");
    if ((st = bert_plan_trainer(&d, &bytes, error)) != BERT_OK) return st;
    c->config = d.model ? *bert_model_config(d.model) : *d.config;
    c->training = 1;
    c->learn = learn;
    c->recompute = d.recompute;
    c->heads = learn & BERT_LEARN_WORDS || (d.model && d.keep & bert_model_heads(d.model) & BERT_HEAD_MLM) ? BERT_HEAD_MLM : 0;
    c->labels = d.labels ? d.labels : d.model && bert_model_heads(d.model) & ~d.fresh & BERT_HEAD_CLASSIFIER ? (int)bert_model_find(d.model, "classifier.weight")->shape[0] : learn & BERT_LEARN_CHOICES ? 1 : c->config.labels > 0 ? c->config.labels : 2;
    c->slots = (int)((bytes.slots + bytes.weights / 2) / bytes.weights);
    if ((st = bert__cu_resolve(c, cuda, d.precision, plan, error)) != BERT_OK) return st;
    if (d.comm && !bert__cu_comm_fits(d.comm, c->desc.device)) return bert__cu_fail(error, BERT_ERROR_ARGUMENT, "comm was opened for another GPU than %d", (int)c->desc.device);
    options->desc = c->desc;
    options->parameter_bytes = bytes.weights;
    bert__cu_rooms(c, bytes.weights);
    return bert__cu_tokens(c, desc->max_tokens, desc->budget, out, error);
}
BERT_API bert_status bert_cuda_plan_trainer(const bert_trainer_desc *desc, const bert_cuda_desc *cuda, bert_cuda_bytes *out, bert_error *error)
{
    bert__cu_trainer_options options;
    bert_cuda_bytes bytes;
    bert__cu *c;
    bert_status st;
    if (!desc || !out) return bert__cu_fail(error, BERT_ERROR_ARGUMENT, "bert_cuda_plan_trainer needs a desc and a place for the answer");
    if ((c = (bert__cu *)bert__cu_zeroed(&desc->allocator, 1, sizeof *c)) == NULL) return bert__cu_fail(error, BERT_ERROR_MEMORY, "out of memory");
    st = bert__cu_measure(desc, cuda, 1, c, &options, &bytes, error);
    bert__cu_free(&desc->allocator, c);
    if (st == BERT_OK) *out = bytes;
    return st;
}
BERT_API bert_status bert_cuda_trainer_open(const bert_trainer_desc *desc, const bert_cuda_desc *cuda, bert_trainer **out)
{
    bert__cu_trainer_options options;
    bert_trainer_desc d;
    bert_cuda_bytes bytes;
    bert_device device;
    bert__cu *c;
    bert_status st;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    if ((c = (bert__cu *)bert__cu_zeroed(&desc->allocator, 1, sizeof *c)) == NULL) return bert__cu_fail(desc->error, BERT_ERROR_MEMORY, "out of memory");
    d = *desc;
    st = bert__cu_measure(desc, cuda, 0, c, &options, &bytes, desc->error);
    d.max_tokens = c->max_tokens;
    if (c->desc.precision == BERT_CUDA_F16 && d.loss_scale.start == 0) d.loss_scale.start = 65536;
    bert__cu_free(&desc->allocator, c);
    if (st != BERT_OK) return st;
    memset(&device, 0, sizeof device);
    device.options = &options;
    device.trainer_open = bert__cu_trainer_open;
    device.trainer_gradients = bert__cu_trainer_gradients;
    device.trainer_update = bert__cu_trainer_update;
    device.trainer_move = bert__cu_trainer_move;
    device.trainer_close = bert__cu_trainer_close;
    device.sums = desc->comm && bert__cu_comm_in(desc->comm);
    d.device = &device;
    d.budget = 0;
    return bert_trainer_open(&d, out);
}
#endif /* BERT_NO_TRAIN */
#endif
