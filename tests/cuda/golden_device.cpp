/* golden_device.cpp - the goldens of sessions and trainers on a GPU: the one the host plays, or (compiled by nvcc, without -Icuda) a real one
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#define BERT_CUDA_IMPLEMENTATION
#include "bert_cuda.h"

#ifndef __CUDACC__
void emulated_store(void *p, cudaDataType_t t, int64_t i, float v)
{
    if (t == CUDA_R_32F) ((float *)p)[i] = v;
    else if (t == CUDA_R_16BF) bert__put((bert__bf16 *)p + i, v);
    else bert__put((bert__f16 *)p + i, v);
}
#endif
static bert_cuda_desc exact(void)       /* in float32, as the recordings; sessions by the library, trainers by the kernels */
{
    bert_cuda_desc d;
    memset(&d, 0, sizeof d);
    d.precision = BERT_CUDA_F32;
    return d;
}
extern "C" bert_status golden_session_open(const bert_session_desc *desc, bert_session **out)
{
    const bert_cuda_desc d = exact();
    return bert_cuda_session_open(desc, &d, out);
}
extern "C" bert_status golden_trainer_open(const bert_trainer_desc *desc, bert_trainer **out)
{
    bert_cuda_desc d = exact();
    d.cublas = BERT_OFF;
    return bert_cuda_trainer_open(desc, &d, out);
}
