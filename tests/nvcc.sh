#!/bin/sh
# nvcc.sh - does bert_cuda.h compile with nvcc and link, in every way it is used? (What it computes: cuda_emulated.cpp.)
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# It takes minutes, so it runs in CI (FULL=1) where there is an nvcc: in PATH, /usr/local/cuda/bin or $NVCC. No GPU is needed.
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
NVCC=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
ways="declarations one_file two_files without_cublaslt architectures tools"
if [ -z "${FULL:-}" ] || ! have "$NVCC"; then
    for w in $ways; do wanted "$w" && skip "$w" "$(have "$NVCC" && echo "takes minutes: FULL=1" || echo "there is no nvcc")"; done
    finish
fi
WARN="-Xcompiler -Wall,-Wextra,-Werror,-Wno-missing-field-initializers -Werror all-warnings"
main='int main(int argc, char **argv) { bert_session_desc d = {0}; bert_session *s; bert_trainer_desc t = {0}; bert_trainer *u; (void)argv; return argc > 5 ? bert_cuda_session_open(&d, NULL, &s) + bert_cuda_trainer_open(&t, NULL, &u) : 0; }'
printf '#include "bert.h"\n#include "bert_cuda.h"\n%s\n' "$main" >user.c
printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n#include "bert_cuda.h"\n%s\n' "$main" >one.cu
printf '#include "bert.h"\n#define BERT_CUDA_IMPLEMENTATION\n#include "bert_cuda.h"\n' >two.cu
printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n#include "bert_cuda.h"\n' >impl.c
user() { $CC -O1 -I"$top" -c user.c -o user.o; }
declarations() { $CC -std=c99 -pedantic -Wall -Wextra -Werror -I"$top" -fsyntax-only user.c && { ! have g++ || g++ -std=c++11 -Wall -Wextra -Werror -Wno-missing-field-initializers -I"$top" -x c++ -fsyntax-only user.c; }; }
one_file() { "$NVCC" -std=c++17 -O1 -arch=sm_80 $WARN -I"$top" one.cu -o one -lcublasLt && ./one; }
two_files() {
    $CC -O1 -pthread -I"$top" -c impl.c -o impl.o && "$NVCC" -std=c++17 -O1 -arch=sm_80 $WARN -I"$top" -c two.cu -o two.o &&
        user && "$NVCC" user.o impl.o two.o -o two -lcublasLt -lpthread && ./two
}
without_cublaslt() { "$NVCC" -std=c++17 -O1 -arch=sm_90 $WARN -DBERT_CUDA_NO_CUBLASLT -I"$top" -c two.cu -o without.o && $CC -O1 -pthread -I"$top" -c impl.c -o impl.o && user && "$NVCC" user.o impl.o without.o -o without -lpthread && ./without; }
# From Turing on; sm_70 where this CUDA still knows it (13 does not); PTX for what comes.
architectures() {
    known=$("$NVCC" --list-gpu-code) || return 1
    codes=
    for a in 70 75 80 90; do case $known in *sm_$a*) codes="$codes -gencode arch=compute_$a,code=sm_$a" ;; esac; done
    "$NVCC" -std=c++17 -O2 --threads 0 $codes -gencode arch=compute_90,code=compute_90 $WARN -I"$top" -c two.cu -o all.o
}
# The tools for it: they start, and without a GPU say what to do.
tools() {
    $MAKE --no-print-directory -C "$top/tools" CUDA=1 CUDA_ARCH=90 NVCC="$NVCC" V=nvcc CFLAGS=-O1 bin/nvcc/embed bin/nvcc/bench && cd "$tmp" && V=nvcc && build_make_model && mkdir -p small && ./make_model small || return 1
    echo 'a text' | "$top/tools/bin/nvcc/embed" --model small --device=cuda >out 2>err && return 0       # there is a GPU
    cat err
    grep -q 'device=cpu' err
}
for w in $ways; do check "$w" "$w"; done
finish
