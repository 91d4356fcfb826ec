#!/bin/sh
# mpi.sh - workers over MPI learn what one learns alone; one that fails, hangs or dies ends the job, and it is said which
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
MPICC=${MPICC:-mpicc} MPIRUN=${MPIRUN:-mpirun}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_base_warn_component_unused=0 OMPI_MCA_btl=self,vader

names="bert.h with BERT_USE_MPI compiles without a warning|2 workers|4 workers|2 workers, bf16 on the wire|a worker with a bad label|a worker that hangs|a worker that dies"
if ! have "$MPICC" || ! have "$MPIRUN" || ! $MPICC -O0 -I"$top" -pthread -o worker "$top/tests/hooks/mpi_worker.c" -lm >out 2>&1; then
    IFS='|'
    for name in $names; do wanted "$name" && skip "$name" "no MPI here ($MPICC, $MPIRUN)"; done
    finish
fi
[ -n "$list" ] || ./worker plain >one 2>out || { $MPIRUN -np 1 ./worker plain >one 2>out; }

printf '#define BERT_IMPLEMENTATION\n#include "bert.h"\n' >i.c
check "bert.h with BERT_USE_MPI compiles without a warning" $MPICC -DBERT_USE_MPI -std=c99 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only -I"$top" i.c

# near FILE BOUND: both numbers are those of one worker, within a part of them
near() { awk -v bound="$2" 'NR == FNR { a = $1; b = $2; next } { n = 1; bad = ($1 - a) ^ 2 > (bound * a) ^ 2 || ($2 - b) ^ 2 > (bound * b) ^ 2; if (bad) print $0 " instead of " a " " b } END { exit bad || !n }' one "$1"; }
# learns N MODE BOUND
learns() { $MPIRUN -np "$1" ./worker "$2" >got 2>out && near got "$3" || { cat out; return 1; }; }
check "2 workers" learns 2 plain 2e-6
check "4 workers" learns 4 plain 2e-6
check "2 workers, bf16 on the wire" learns 2 bf16 2e-3

# ends SECONDS WORDS MODE: the job fails in time and says so
ends() {
    begin=$(date +%s)
    if $MPIRUN -np 2 ./worker "$3" >out 2>&1; then echo "it succeeds"; return 1; fi
    if [ $(($(date +%s) - begin)) -gt "$1" ]; then echo "it took $(($(date +%s) - begin)) seconds"; return 1; fi
    grep -q "$2" out || { cat out; return 1; }
}
check "a worker with a bad label" ends 20 'worker 1: sequence 0: label 5' bad
check "a worker that hangs" ends 20 'no word for 1 seconds from 1 of 2 workers: 1' hang
check "a worker that dies" ends 20 'rank 1 .*signal 9' die
finish
