/* cuda_runtime.h - a GPU played on the host: enough of CUDA to run the kernels of bert_cuda.h without nvcc and without a GPU
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Put this folder in front of the include path and compile as C++17. Blocks run one after another; the threads of a block are
   fibers with a stack each, which change places only where they wait: __syncthreads, __syncwarp, shuffles. Shared memory is static, device memory is malloc'ed
   and counted. A stream runs everything at once, or, while it is being captured, keeps it for the graph. Only one host thread. */
#ifndef CUDA_EMULATED_RUNTIME_H
#define CUDA_EMULATED_RUNTIME_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <ucontext.h>
#include <functional>
#include <tuple>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define CUDART_VERSION 13000

struct dim3 { unsigned x, y, z; dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {} };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) float2 { float x, y; };
struct alignas(8) int2 { int x, y; };

/* ---- fibers ---- */

enum { EMULATED_THREADS = 1024, EMULATED_STACK = 64 * 1024, EMULATED_SHARED = 232448 };

struct emulated_machine {
    ucontext_t scheduler_context;
    jmp_buf scheduler;
    jmp_buf at[EMULATED_THREADS];
    char *stacks;
    int started[EMULATED_THREADS], done[EMULATED_THREADS];
    int waits[EMULATED_THREADS];                    /* 0 runs, 1 for its warp, 2 for its block */
    int count, live, now;
    int arrived_block, arrived_warp[32], live_warp[32];
    unsigned turn[32];                              /* of each warp's exchanges: two rooms in turn */
    alignas(16) unsigned char room[2][32][32][64];
    std::function<void()> body;
    dim3 block, thread, grid, size;
    alignas(1024) unsigned char shared[EMULATED_SHARED];
    size_t shared_size;
    long launches, switches;
    int backwards;                                  /* threads take their turns from the last to the first: who reads what others write without a barrier in between notices */
};
inline emulated_machine *emulated_now()
{
    static emulated_machine *m = [] { emulated_machine *n = new emulated_machine; n->stacks = (char *)malloc((size_t)EMULATED_THREADS * EMULATED_STACK); n->launches = n->switches = n->backwards = 0; memset(n->started, 0, sizeof n->started); return n; }();
    return m;
}
#define threadIdx (emulated_now()->thread)
#define blockIdx (emulated_now()->block)
#define gridDim (emulated_now()->grid)
#define blockDim (emulated_now()->size)

inline void emulated_leave()                        /* back to the scheduler, until what this thread waits for is there */
{
    emulated_machine *m = emulated_now();
    if (_setjmp(m->at[m->now]) == 0) _longjmp(m->scheduler, 1);
}
inline void emulated_entry()                        /* a fiber lives for ever: it is thread i of block after block */
{
    for (;;) {
        emulated_now()->body();
        emulated_now()->done[emulated_now()->now] = 1;
        emulated_leave();
    }
}
inline void emulated_release(int warp)              /* a warp or (-1) the block has arrived */
{
    emulated_machine *m = emulated_now();
    for (int i = 0; i < m->count; i++)
        if (m->waits[i] == (warp < 0 ? 2 : 1) && (warp < 0 || i / 32 == warp)) m->waits[i] = 0;
    if (warp < 0) m->arrived_block = 0;
    else m->arrived_warp[warp] = 0;
}
inline void emulated_warp_wait()
{
    emulated_machine *m = emulated_now();
    const int warp = m->now / 32;
    m->waits[m->now] = 1;
    if (++m->arrived_warp[warp] == m->live_warp[warp]) { emulated_release(warp); return; }
    emulated_leave();
}
inline void emulated_run_block()
{
    emulated_machine *m = emulated_now();
    const int n = m->count;
    m->live = n;
    m->arrived_block = 0;
    for (int i = 0; i < n; i++) m->done[i] = m->waits[i] = 0;
    for (int w = 0; w < 32; w++) { m->arrived_warp[w] = 0; m->turn[w] = 0; m->live_warp[w] = n - w * 32 < 0 ? 0 : n - w * 32 > 32 ? 32 : n - w * 32; }
    while (m->live) {                                /* a warp runs as far as it can before the next one does: none may rely on the others' pace */
        volatile int moved = 0, more, w, k;
        for (w = 0; w < (n + 31) / 32; w++) for (more = 1; more;) for (more = k = 0; k < 32; k++) {
            m->now = (m->backwards ? (n + 31) / 32 - 1 - w : w) * 32 + (m->backwards ? 31 - k : k);
            if (m->now >= n || m->done[m->now] || m->waits[m->now]) continue;
            moved = more = 1;
            m->thread = dim3((unsigned)m->now % m->size.x, (unsigned)m->now / m->size.x % m->size.y, (unsigned)m->now / (m->size.x * m->size.y));
            m->switches++;
            if (_setjmp(m->scheduler) == 0) {
                if (m->started[m->now]) _longjmp(m->at[m->now], 1);
                m->started[m->now] = 1;
                ucontext_t c;
                getcontext(&c);
                c.uc_stack.ss_sp = m->stacks + (size_t)m->now * EMULATED_STACK;
                c.uc_stack.ss_size = EMULATED_STACK;
                c.uc_link = NULL;
                makecontext(&c, (void (*)())emulated_entry, 0);
                setcontext(&c);
            }
            if (!m->done[m->now]) continue;
            m->live--;
            m->live_warp[m->now / 32]--;
            if (m->arrived_warp[m->now / 32] && m->arrived_warp[m->now / 32] == m->live_warp[m->now / 32]) emulated_release(m->now / 32);
            if (m->arrived_block && m->arrived_block == m->live) emulated_release(-1);
        }
        if (!moved && m->live) { fprintf(stderr, "cuda_emulated: the threads of a block wait for each other for ever\n"); abort(); }
    }
}
inline void __syncthreads()
{
    emulated_machine *m = emulated_now();
    m->waits[m->now] = 2;
    if (++m->arrived_block == m->live) { emulated_release(-1); return; }
    emulated_leave();
}
inline void __syncwarp(unsigned = 0xFFFFFFFFu) { emulated_warp_wait(); }

/* Every lane of the warp puts `size` bytes down and then sees those of all. */
inline unsigned char (*emulated_exchange(const void *mine, size_t size))[64]
{
    emulated_machine *m = emulated_now();
    const int warp = m->now / 32, lane = m->now % 32;
    unsigned char (*room)[64] = m->room[m->turn[warp] & 1][warp];
    memcpy(room[lane], mine, size);
    m->waits[m->now] = 1;
    if (++m->arrived_warp[warp] == m->live_warp[warp]) {
        m->turn[warp]++;
        emulated_release(warp);
    } else emulated_leave();
    return room;
}
template <class T> T __shfl_xor_sync(unsigned, T v, int k)
{
    T out;
    const int lane = emulated_now()->now % 32;
    memcpy(&out, emulated_exchange(&v, sizeof v)[lane ^ k], sizeof v);
    return out;
}
template <class T> T __shfl_sync(unsigned, T v, int k)
{
    T out;
    memcpy(&out, emulated_exchange(&v, sizeof v)[k & 31], sizeof v);
    return out;
}

/* ---- streams, graphs, launches ---- */

typedef enum cudaError {
    cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2, cudaErrorInitializationError = 3, cudaErrorInvalidConfiguration = 9, cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100, cudaErrorInvalidDevice = 101, cudaErrorNoKernelImageForDevice = 209, cudaErrorUnsupportedPtxVersion = 222, cudaErrorNotReady = 600, cudaErrorIllegalAddress = 700
} cudaError_t;
typedef struct emulated_stream *cudaStream_t;
typedef std::vector<std::function<void()>> *cudaGraph_t, *cudaGraphExec_t;
struct emulated_stream { cudaGraph_t capturing; };
typedef struct emulated_event *cudaEvent_t;
typedef enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 } cudaMemcpyKind;
typedef enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 } cudaStreamCaptureMode;
typedef enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 } cudaFuncAttribute;
struct cudaDeviceProp { char name[256]; int major, minor, multiProcessorCount; size_t totalGlobalMem, sharedMemPerBlockOptin; };

/* What tests turn: devices there are, bytes of device memory, the next call that fails and how; what there was. */
struct emulated_knobs { int devices, major, minor; size_t memory, used, peak; long calls, fail_at; cudaError_t fail_with, pending; long graphs, replays, captured; int stuck; };
inline emulated_knobs *emulated_knob()
{
    static emulated_knobs k = { 1, 9, 0, (size_t)1 << 32, 0, 0, 0, -1, cudaSuccess, cudaSuccess, 0, 0, 0, 0 };
    return &k;
}
inline cudaError_t emulated_call()
{
    emulated_knobs *k = emulated_knob();
    return k->calls++ == k->fail_at ? k->fail_with : cudaSuccess;
}
inline void emulated_do(cudaStream_t s, std::function<void()> f)
{
    if (s && s->capturing) { s->capturing->push_back(f); emulated_knob()->captured++; } else f();
}
template <class... P, class... A> void emulated_launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t shared, cudaStream_t s, A... args)
{
    std::tuple<P...> bound((P)args...);
    emulated_knobs *k = emulated_knob();
    if (!grid.x || !grid.y || !grid.z || grid.y > 65535 || grid.z > 65535 || block.x * block.y * block.z > EMULATED_THREADS || shared > EMULATED_SHARED) { k->pending = cudaErrorInvalidConfiguration; return; }
    if (emulated_call() != cudaSuccess) { k->pending = k->fail_with; return; }
    emulated_do(s, [=]() {
        emulated_machine *m = emulated_now();
        m->grid = grid;
        m->size = block;
        m->count = (int)(block.x * block.y * block.z);
        m->shared_size = shared;
        m->body = [&]() { std::apply(kernel, bound); };
        m->launches++;
        for (unsigned z = 0; z < grid.z; z++)
            for (unsigned y = 0; y < grid.y; y++)
                for (unsigned x = 0; x < grid.x; x++) {
                    m->block = dim3(x, y, z);
                    memset(m->shared, 0xFF, shared);            /* NaN: whoever reads what nobody wrote shall notice */
                    emulated_run_block();
                }
    });
}
#define BERT_CUDA_LAUNCH(kernel, grid, block, shared, stream, ...) emulated_launch(kernel, grid, block, shared, stream, __VA_ARGS__)
#define BERT_CUDA_SHARED(name) unsigned char *name = emulated_now()->shared

inline const char *cudaGetErrorString(cudaError_t e)
{
    switch (e) {
    case cudaSuccess: return "no error";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoKernelImageForDevice: return "no kernel image is available for execution on the device";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    default: return "an emulated error";
    }
}
inline cudaError_t cudaGetLastError() { cudaError_t e = emulated_knob()->pending; emulated_knob()->pending = cudaSuccess; return e; }
inline cudaError_t cudaGetDeviceCount(int *n)
{
    cudaError_t e = emulated_call();
    *n = emulated_knob()->devices;
    return e ? e : *n ? cudaSuccess : cudaErrorNoDevice;
}
inline cudaError_t cudaSetDevice(int) { return emulated_call(); }
inline cudaError_t cudaDriverGetVersion(int *v) { *v = 13000; return cudaSuccess; }
inline cudaError_t cudaRuntimeGetVersion(int *v) { *v = 13000; return cudaSuccess; }
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int)
{
    memset(p, 0, sizeof *p);
    snprintf(p->name, sizeof p->name, "emulated GPU");
    p->major = emulated_knob()->major;
    p->minor = emulated_knob()->minor;
    p->multiProcessorCount = 2;
    p->totalGlobalMem = emulated_knob()->memory;
    p->sharedMemPerBlockOptin = EMULATED_SHARED;
    return emulated_call();
}
inline cudaError_t cudaMemGetInfo(size_t *available, size_t *total)
{
    *total = emulated_knob()->memory;
    *available = *total - emulated_knob()->used;
    return cudaSuccess;
}
inline cudaError_t cudaMalloc(void **p, size_t n)
{
    emulated_knobs *k = emulated_knob();
    cudaError_t e = emulated_call();
    unsigned char *m;
    if (e) return e;
    if (n > k->memory - k->used || (m = (unsigned char *)aligned_alloc(256, ((n + 255) / 256 + 1) * 256)) == NULL) return cudaErrorMemoryAllocation;
    memset(m, 0xFF, ((n + 255) / 256 + 1) * 256);
    memcpy(m, &n, sizeof n);
    k->used += n;
    if (k->used > k->peak) k->peak = k->used;
    *p = m + 256;
    return cudaSuccess;
}
inline cudaError_t cudaFree(void *p)
{
    size_t n;
    if (!p) return cudaSuccess;
    memcpy(&n, (unsigned char *)p - 256, sizeof n);
    emulated_knob()->used -= n;
    free((unsigned char *)p - 256);
    return cudaSuccess;
}
inline cudaError_t cudaMallocHost(void **p, size_t n) { cudaError_t e = emulated_call(); if (e) return e; *p = aligned_alloc(256, (n + 255) / 256 * 256 + 256); return *p ? cudaSuccess : cudaErrorMemoryAllocation; }
inline cudaError_t cudaFreeHost(void *p) { free(p); return cudaSuccess; }
inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind, cudaStream_t s)
{
    cudaError_t e = emulated_call();
    if (!e) emulated_do(s, [=]() { memcpy(to, from, n); });
    return e;
}
inline cudaError_t cudaMemsetAsync(void *to, int v, size_t n, cudaStream_t s)
{
    cudaError_t e = emulated_call();
    if (!e) emulated_do(s, [=]() { memset(to, v, n); });
    return e;
}
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2 };
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned) { cudaError_t e = emulated_call(); if (e) return e; *s = new emulated_stream; (*s)->capturing = NULL; return cudaSuccess; }
inline cudaError_t cudaStreamDestroy(cudaStream_t s) { delete s; return cudaSuccess; }
inline cudaError_t cudaStreamSynchronize(cudaStream_t s) { if (s && s->capturing) { fprintf(stderr, "cuda_emulated: waiting while capturing\n"); abort(); } return emulated_call(); }
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned) { *e = NULL; return emulated_call(); }
inline cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return emulated_call(); }
inline cudaError_t cudaStreamQuery(cudaStream_t) { return emulated_knob()->stuck ? cudaErrorNotReady : emulated_call(); }
inline cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return emulated_call(); }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return emulated_call(); }
inline cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode) { cudaError_t e = emulated_call(); if (e) return e; s->capturing = new std::vector<std::function<void()>>; return cudaSuccess; }
inline cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *g) { *g = s->capturing; s->capturing = NULL; return emulated_call(); }
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *e, cudaGraph_t g, unsigned long long) { cudaError_t r = emulated_call(); if (r) return r; *e = new std::vector<std::function<void()>>(*g); emulated_knob()->graphs++; return cudaSuccess; }
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t e, cudaStream_t) { cudaError_t r = emulated_call(); if (r) return r; for (auto &f : *e) f(); emulated_knob()->replays++; return cudaSuccess; }
inline cudaError_t cudaGraphDestroy(cudaGraph_t g) { delete g; return cudaSuccess; }
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t e) { delete e; return cudaSuccess; }
template <class F> cudaError_t cudaFuncSetAttribute(F *, cudaFuncAttribute, int n) { return n > EMULATED_SHARED ? cudaErrorInvalidValue : cudaSuccess; }

/* ---- the instructions of tensor cores, as PTX's documentation lays their operands out over the lanes ---- */

/* D += A B with A [16,16] row by row, B [16,8], D [16,8]: lane = 4 g + t holds of A (g, 2t) (g+8, 2t) (g, 2t+8) (g+8, 2t+8), each with
   its right neighbour; of B (2t, g) (2t+8, g), each with the one below; of D (g, 2t) (g, 2t+1) (g+8, 2t) (g+8, 2t+1). */
inline long *emulated_mmas() { static long n; return &n; }
template <class W> void emulated_mma(float d[4], const uint32_t a[4], const uint32_t b[2], W widen)
{
    ++*emulated_mmas();
    float mine[12];
    for (int i = 0; i < 6; i++) {
        const uint32_t v = i < 4 ? a[i] : b[i - 4];
        mine[2 * i] = widen((uint16_t)v);
        mine[2 * i + 1] = widen((uint16_t)(v >> 16));
    }
    unsigned char (*room)[64] = emulated_exchange(mine, sizeof mine);
    const int lane = emulated_now()->now % 32, g = lane / 4, t = lane % 4;
    for (int e = 0; e < 4; e++) {
        float sum = d[e];
        for (int half = 0; half < 2; half++)            /* k 0 to 7, k 8 to 15 */
            for (int q = 0; q < 4; q++) {
                const float *x = (const float *)(const void *)room[g * 4 + q] + (e / 2 + half * 2) * 2, *y = (const float *)(const void *)room[(2 * t + e % 2) * 4 + q] + 8 + half * 2;
                sum += x[0] * y[0];
                sum += x[1] * y[1];
            }
        d[e] = sum;
    }
}
/* Four matrices of 8 x 8 halves: lane i names row i % 8 of matrix i / 8; lane 4 g + t gets of each (g, 2t) and (g, 2t+1), or with
   `across` (2t, g) and (2t+1, g). */
inline void emulated_ldmatrix(uint32_t r[4], const void *row, int across)
{
    const unsigned char *all[32];
    unsigned char (*room)[64] = emulated_exchange(&row, sizeof row);
    for (int i = 0; i < 32; i++) memcpy(&all[i], room[i], sizeof row);
    const int lane = emulated_now()->now % 32, g = lane / 4, t = lane % 4;
    for (int k = 0; k < 4; k++) {
        uint16_t low, high;
        memcpy(&low, across ? all[k * 8 + 2 * t] + 2 * g : all[k * 8 + g] + 4 * t, 2);
        memcpy(&high, across ? all[k * 8 + 2 * t + 1] + 2 * g : all[k * 8 + g] + 4 * t + 2, 2);
        r[k] = (uint32_t)low | (uint32_t)high << 16;
    }
}
#endif
