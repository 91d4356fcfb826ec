# common.mk - what the Makefiles of tools, tests and examples share; each includes this one from its own folder.
# SPDX-License-Identifier: MIT-0 OR Unlicense
#
#   CC CPPFLAGS CFLAGS LDFLAGS LDLIBS   as everywhere. A change of them rebuilds what it touches: no configure, no clean.
#   MPI=1    with MPI, for several workers (mpirun): compiled by MPICC, which calls CC
#   CUDA=1   with bert_cuda.h, for --device=cuda: compiled by NVCC for the architectures in CUDA_ARCH, and PTX of the last one
#   NCCL=1   beside MPI=1 and CUDA=1: the GPUs of several workers add their gradients up by NCCL (-lnccl), not through the host
#   V=name   a variant of its own, beside the others, in bin/name and obj/name:  make V=asan CFLAGS="-O1 -fsanitize=address"
#   EXE      ending of programs (.exe)      DEPS   how the compiler is asked for dependencies (tcc: DEPS=)

CFLAGS  ?= -O2 -Wall -Wextra
LDLIBS  ?= -lm
EXE     ?=
DEPS    ?= -MMD -MP
V       ?=

BIN := bin$(if $(V),/$(V))
OBJ := obj$(if $(V),/$(V))

# The headers as one object, which all tools and tests link: compiled once for each set of options, in tools/.
IMPL   := ../tools/$(OBJ)/bert_impl.o
HEADER := $(if $(wildcard ../bert.h),bert.h,bert_tokenizer.h)

# Several workers: the programs that share their work out.
MPI   ?=
MPICC ?= mpicc
ifneq ($(MPI),)
export OMPI_CC  := $(CC)
export MPICH_CC := $(CC)
override CC       := $(MPICC)
override CPPFLAGS += -DBERT_USE_MPI
endif

# On a GPU: the tools' --device=cuda.
CUDA      ?=
CUDA_ARCH ?= 75 80 90
NVCC      ?= $(shell command -v nvcc 2>/dev/null || echo /usr/local/cuda/bin/nvcc)
NCCL      ?=
CUDA_IMPL := $(if $(CUDA),../tools/$(OBJ)/bert_cuda.o)
ifneq ($(CUDA),)
override CPPFLAGS += -DBERT_TOOLS_CUDA
override CPPFLAGS += $(if $(NCCL),-DBERT_USE_NCCL)
override LDLIBS   += $(if $(NCCL),-lnccl) -L$(dir $(NVCC))../lib64 -Wl,-rpath,$(abspath $(dir $(NVCC))../lib64) -lcublasLt -lcudart -lstdc++
endif

COMPILE = $(CC) $(CPPFLAGS) -I.. $(CFLAGS) -pthread $(DEPS)
LINK    = $(CC) $(CFLAGS) -pthread $(LDFLAGS)

# A file with one line, touched only when the line is another than before: $(call remember,text)
remember = mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@

# Programs that hold the implementation themselves must not get it a second time.
SOURCES    := $(wildcard *.c)
STANDALONE := $(if $(SOURCES),$(shell grep -l '^ *\# *define BERT_[A-Z_]*IMPLEMENTATION' $(SOURCES)))
PROGRAMS   := $(SOURCES:%.c=$(BIN)/%$(EXE))
LINKED     := $(patsubst %.c,$(BIN)/%$(EXE),$(filter-out $(STANDALONE),$(SOURCES)))

.PHONY: all clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
all:

$(OBJ)/flags: FORCE
	@$(call remember,$(COMPILE) $(LDFLAGS) $(LDLIBS))

$(OBJ)/%.o: %.c $(OBJ)/flags
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(LINKED): $(IMPL) $(CUDA_IMPL)
$(BIN)/%$(EXE): $(OBJ)/%.o $(OBJ)/flags
	@mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(LDLIBS)

clean:
	rm -rf bin obj

-include $(wildcard $(OBJ)/*.d $(OBJ)/fuzz/*.d $(OBJ)/hooks/*.d)
