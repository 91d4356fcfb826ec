#!/bin/sh
# nvcc.sh - does bert_cuda.h compile with nvcc and link, in every way it is used? (What it computes: cuda_emulated.cpp.)
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
# It runs in CI where there is an nvcc: in PATH, /usr/local/cuda/bin or $NVCC. No GPU is needed. FULL=1: a minute on two cores, as
# only the tools (sm_90) are optimised; FULL=2: all are, for all architectures, which takes minutes. Otherwise it is skipped.
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
NVCC=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
ways="declarations tools sm_70 sm_75 sm_80 sm_90 sm_120 one_file two_files without_cublaslt without_training nccl device_tests"
if [ -z "${FULL:-}" ] || ! have "$NVCC"; then
    for w in $ways; do wanted "$w" && skip "$w" "$(have "$NVCC" && echo "takes a minute or more: FULL=1" || echo "there is no nvcc")"; done
    finish
fi
[ "$FULL" = 2 ] && OPT=-O2 || OPT="-O0 -Xcicc -O0 -Xptxas -O0"
COMPILE="$NVCC -std=c++17 $OPT -I$top -Xcompiler -Wall,-Wextra,-Werror,-Wno-missing-field-initializers -Werror all-warnings"
main='int main(int argc, char **argv) { bert_session_desc d = {0}; bert_session *s; bert_trainer_desc t = {0}; bert_trainer *u; (void)argv; return argc > 5 ? bert_cuda_session_open(&d, NULL, &s) + bert_cuda_trainer_open(&t, NULL, &u) : 0; }'
printf '#include "bert.h"\n#include "bert_cuda.h"\n%s\n' "$main" >user.c
printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n#include "bert_cuda.h"\n%s\n' "$main" >one.cu
printf '#include "bert.h"\n#define BERT_CUDA_IMPLEMENTATION\n#include "bert_cuda.h"\n' >two.cu
printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n#include "bert_cuda.h"\n' >impl.c
declarations() { $CC -std=c99 -pedantic -Wall -Wextra -Werror -I"$top" -fsyntax-only user.c && { ! have g++ || g++ -std=c++11 -Wall -Wextra -Werror -Wno-missing-field-initializers -I"$top" -x c++ -fsyntax-only user.c; }; }
objects() { [ -f user.o ] || { $CC -O0 -pthread -I"$top" -c impl.c -o impl.o && $CC -O0 -I"$top" -c user.c -o user.o; }; }
one_file() { $COMPILE -arch=sm_80 one.cu -o one -lcublasLt && ./one; }
two_files() { $COMPILE -arch=sm_80 -c two.cu -o two.o && "$NVCC" user.o impl.o two.o -o two -lcublasLt -lpthread && ./two; }
without_cublaslt() { $COMPILE -arch=sm_90 -DBERT_CUDA_NO_CUBLASLT -c two.cu -o without.o && "$NVCC" user.o impl.o without.o -o without -lpthread && ./without; }
without_training() { $COMPILE -arch=sm_90 -DBERT_NO_TRAIN -c two.cu -o sessions.o; }
nccl() { $COMPILE -arch=sm_90 -DBERT_USE_NCCL -c two.cu -o nccl.o && "$NVCC" user.o impl.o nccl.o -o with_nccl -lcublasLt -lnccl -lpthread && ./with_nccl; }
# What tests it on a GPU (cuda_measure.sh).
device_tests() { $COMPILE -arch=sm_90 -I"$top/tests" -x cu -c "$top/tests/cuda_emulated.cpp" -o device.o && $COMPILE -arch=sm_90 -I"$top/tests" -x cu -c "$top/tests/cuda/golden_device.cpp" -o golden.o; }
# From Volta on, where this CUDA still knows it (13 begins with Turing); the newest also as PTX for what comes.
known=$("$NVCC" --list-gpu-code)
architecture() { $COMPILE -gencode arch=compute_"$1",code=sm_"$1" $([ "$1" != 90 ] || echo -gencode arch=compute_90,code=compute_90) -c two.cu -o sm_"$1".o; }
# The tools for it: they start, and without a GPU say what to do.
tools() {
    $MAKE --no-print-directory -C "$top/tools" CUDA=1 CUDA_ARCH=90 NVCC="$NVCC" V=nvcc CFLAGS=-O1 bin/nvcc/embed bin/nvcc/bench bin/nvcc/plan && cd "$tmp" && V=nvcc && build_make_model && mkdir -p tiny && ./make_model tiny || return 1
    "$top/tools/bin/nvcc/plan" --config large --mode training --learn pretraining --batch 64 --length 128 --device=cuda >out && grep -q '^total *11459346688 ' out || { cat out; return 1; }
    echo 'a text' | "$top/tools/bin/nvcc/embed" --model tiny --device=cuda >out 2>err && return 0        # there is a GPU
    cat err
    grep -q 'device=cpu' err
}
later tools tools
objects
for w in $ways; do
    case $w in
    tools) ;;
    sm_*) case "$known " in *"$w"[!0-9]*) later "$w" architecture "${w#sm_}" ;; *) wanted "$w" && skip "$w" "this nvcc does not know it" ;; esac ;;
    nccl) if printf '#include <nccl.h>\n' >n.cu && "$NVCC" -E n.cu >/dev/null 2>&1; then later nccl nccl; else wanted nccl && skip nccl "there is no nccl.h"; fi ;;
    *) later "$w" "$w" ;;
    esac
done
finish
