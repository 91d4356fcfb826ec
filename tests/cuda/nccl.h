/* nccl.h - NCCL between processes of one machine: sums through memory that they share
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A test maps an emulated_room for all and forks; each process plays a GPU of its own. A sum waits for the others where the stream
   runs it. */
#ifndef CUDA_EMULATED_NCCL_H
#define CUDA_EMULATED_NCCL_H

#include "cuda_runtime.h"
#include <pthread.h>

typedef enum ncclResult_t { ncclSuccess = 0, ncclUnhandledCudaError = 1, ncclInternalError = 3, ncclInProgress = 7 } ncclResult_t;
typedef enum ncclDataType_t { ncclFloat32 = 7, ncclFloat64 = 8 } ncclDataType_t;
typedef enum ncclRedOp_t { ncclSum = 0 } ncclRedOp_t;
typedef struct ncclUniqueId { char internal[128]; } ncclUniqueId;
typedef struct emulated_peer { int size, rank; } *ncclComm_t;

enum { EMULATED_WORKERS = 2, EMULATED_CHUNK = 4096 };
struct emulated_room { pthread_barrier_t barrier; double values[EMULATED_WORKERS][EMULATED_CHUNK]; char bytes[EMULATED_CHUNK * 8]; double results[64]; };
inline emulated_room **emulated_rooms() { static emulated_room *r; return &r; }
inline long *emulated_sums() { static long n; return &n; }
/* values[n] of all processes, added up in their order. */
template <class T> void emulated_add_up(int rank, int size, T *v, size_t n)
{
    emulated_room *r = *emulated_rooms();
    for (size_t at = 0; at < n; at += EMULATED_CHUNK) {
        const size_t m = n - at < EMULATED_CHUNK ? n - at : (size_t)EMULATED_CHUNK;
        for (size_t i = 0; i < m; i++) r->values[rank][i] = (double)v[at + i];
        pthread_barrier_wait(&r->barrier);
        for (size_t i = 0; i < m; i++) {
            double sum = 0;
            for (int k = 0; k < size; k++) sum += r->values[k][i];
            v[at + i] = (T)sum;
        }
        pthread_barrier_wait(&r->barrier);
    }
}
inline const char *ncclGetErrorString(ncclResult_t r) { return r == ncclSuccess ? "no error" : r == ncclUnhandledCudaError ? "unhandled cuda error" : "internal error"; }
inline ncclResult_t ncclGetUniqueId(ncclUniqueId *id) { memset(id, 7, sizeof *id); return emulated_call() ? ncclUnhandledCudaError : ncclSuccess; }
inline ncclResult_t ncclCommInitRank(ncclComm_t *c, int size, ncclUniqueId id, int rank)
{
    if (id.internal[5] != 7 || size > EMULATED_WORKERS) return ncclInternalError;      /* not the one of worker 0 */
    *c = new emulated_peer { size, rank };
    return ncclSuccess;
}
inline ncclResult_t ncclCommDestroy(ncclComm_t c) { delete c; return ncclSuccess; }
inline ncclResult_t ncclCommAbort(ncclComm_t c) { delete c; return ncclSuccess; }
inline ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t *r) { *r = ncclSuccess; return ncclSuccess; }
inline ncclResult_t ncclAllReduce(const void *from, void *to, size_t n, ncclDataType_t type, ncclRedOp_t, ncclComm_t c, cudaStream_t s)
{
    const int rank = c->rank, size = c->size;
    if (from != to) return ncclInternalError;
    ++*emulated_sums();
    emulated_do(s, [=]() { if (type == ncclFloat32) emulated_add_up(rank, size, (float *)to, n); else emulated_add_up(rank, size, (double *)to, n); });
    return ncclSuccess;
}
#endif
