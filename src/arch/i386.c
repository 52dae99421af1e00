/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i386. Numbers 0..8 are DWARF's as gcc and clang use them on Linux. The sigcontext is struct
 * sigcontext_32: the same in the old frame and in the ucontext of the rt frame. The last columns are
 * Windows' CONTEXT of x86.
 */
#include "config.h"

#include <string.h>

#include "arch/arch.h"
#include "arch/list.h"

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EIP, EFLAGS, ORIG_EAX, CS, SS, DS, ES, FS, GS, NREGS };

static const struct da_reg_desc regs[NREGS] = {
	[EAX] = { "eax", 1, 6, 44, 0xb0, 4 },
	[ECX] = { "ecx", 1, 1, 40, 0xac, 4 },
	[EDX] = { "edx", 1, 2, 36, 0xa8, 4 },
	[EBX] = { "ebx", 1, 0, 32, 0xa4, 4 },
	[ESP] = { "esp", 1, 15, 28, 0xc4, 4 },
	[EBP] = { "ebp", 1, 5, 24, 0xb4, 4 },
	[ESI] = { "esi", 1, 3, 20, 0xa0, 4 },
	[EDI] = { "edi", 1, 4, 16, 0x9c, 4 },
	[EIP] = { "eip", 1, 12, 56, 0xb8, 4 },
	[EFLAGS] = { "eflags", 1, 14, 64, 0xc0, 4 },
	[ORIG_EAX] = { "orig_eax", 1, 11, -1, 0, 0 },
	[CS] = { "cs", 0, 13, -1, 0xbc, 4 },
	[SS] = { "ss", 0, 16, -1, 0xc8, 4 },
	[DS] = { "ds", 0, 7, -1, 0x98, 4 },
	[ES] = { "es", 0, 8, -1, 0x94, 4 },
	[FS] = { "fs", 0, 9, -1, 0x90, 4 },
	[GS] = { "gs", 1, 10, -1, 0x8c, 4 },
};

static int from_dwarf(unsigned dwarf)
{
	return dwarf <= EFLAGS ? (int)dwarf : DA_REG_NONE;
}

static bool sigreturn(const uint8_t *code, size_t n, bool *ret_rt)
{
	/* pop %eax; mov $119, %eax; int $0x80, and mov $173, %eax; int $0x80: libc and vdso alike */
	static const uint8_t old[] = { 0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80 };
	static const uint8_t rt[] = { 0xb8, 0xad, 0, 0, 0, 0xcd, 0x80 };

	if (n >= sizeof(rt) && !memcmp(code, rt, sizeof(rt)))
		*ret_rt = true;
	else if (n >= sizeof(old) && !memcmp(code, old, sizeof(old)))
		*ret_rt = false;
	else
		return false;
	return true;
}

const struct da_arch da_arch_i386 = {
	.name = "x86",
	.elf_machine = 3,
	.elf_class = 1,
	.word = 4,
	.full = true,
	.regs = regs,
	.nregs = NREGS,
	.pc = EIP,
	.sp = ESP,
	.fp = EBP,
	.lr = DA_REG_NONE,
	.tp = DA_REG_NONE, /* gs selects an entry of NT_386_TLS */
	.syscall = ORIG_EAX,
	.args = { EBX, ECX, EDX, ESI, EDI, EBP },
	.prstatus_regs = 72,
	.prstatus_nregs = 17,
	.context_flags = 0,
	.context_cpu = 0x10000,
	.context_min = 0xcc,
	.user_end = 1ULL << 32,
	.callee_saved = 1ULL << EBX | 1ULL << EBP | 1ULL << ESI | 1ULL << EDI,
	.from_dwarf = from_dwarf,
	.call_before = da_x86_call_before,
	.strip = da_arch_strip_none,
	.sigreturn = sigreturn,
};
