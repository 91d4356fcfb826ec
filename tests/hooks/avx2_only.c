/* avx2_only.c - a processor without AVX-512 and AVX-VNNI, for programs that ask it themselves
   SPDX-License-Identifier: MIT-0 OR Unlicense

   cc -O2 -shared -fPIC tests/hooks/avx2_only.c -o avx2_only.so;  LD_PRELOAD=$PWD/avx2_only.so PROGRAM

   To time AVX2 against AVX2. Libraries have settings for that which not all of their parts heed: OpenVINO 2026.4 with
   ONEDNN_MAX_CPU_ISA=AVX2 still multiplies q, k, v and the output of attention with AVX-512 (MLAS). Linux lets a thread fault on CPUID
   (arch_prctl ARCH_SET_CPUID, where the processor can; threads and programs it starts inherit it): the handler asks in its place and
   leaves out the bits. What has faulted otherwise is faulted again, as without it. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define SET_CPUID 0x1012
#define BIT(n) ((uint32_t)1 << (n))

static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *at = (const unsigned char *)(uintptr_t)r[REG_RIP];
    uint32_t a = (uint32_t)r[REG_RAX], c = (uint32_t)r[REG_RCX], b, d;
    const uint32_t leaf = a, sub = c;
    if (info->si_code <= 0 || info->si_addr || at[0] != 0x0F || at[1] != 0xA2) {
        signal(number, SIG_DFL);
        return;
    }
    syscall(SYS_arch_prctl, SET_CPUID, 1L);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    syscall(SYS_arch_prctl, SET_CPUID, 0L);
    if (leaf == 7 && sub == 0) {                                        /* F DQ IFMA PF ER CD BW VL; VBMI VBMI2 VNNI BITALG VPOPCNTDQ; 4VNNIW 4FMAPS VP2INTERSECT, AMX, FP16 */
        b &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31));
        c &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
        d &= ~(BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25));
    }
    if (leaf == 7 && sub == 1) a &= ~(BIT(4) | BIT(5));                 /* AVX-VNNI, AVX-512 BF16 */
    r[REG_RAX] = a;
    r[REG_RBX] = b;
    r[REG_RCX] = c;
    r[REG_RDX] = d;
    r[REG_RIP] += 2;
}
__attribute__((constructor)) static void begin(void)
{
    struct sigaction s;
    memset(&s, 0, sizeof s);
    s.sa_sigaction = on_fault;
    s.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    if (sigaction(SIGSEGV, &s, NULL) || syscall(SYS_arch_prctl, SET_CPUID, 0L)) {
        fputs("avx2_only: this processor or system does not let CPUID fault\n", stderr);
        _exit(1);
    }
}
