/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86_64. Numbers 0..16 are DWARF's (System V ABI, figure 3.36). pr_reg follows struct
 * user_regs_struct; the sigcontext order is that of struct sigcontext_64, gregs of ucontext_t;
 * the last columns are Windows' CONTEXT of AMD64.
 */
#include "config.h"

#include <string.h>

#include "arch/arch.h"
#include "arch/list.h"

enum { RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP, EFLAGS,
       ORIG_RAX, CS, SS, DS, ES, FS, GS, FS_BASE, GS_BASE, NREGS };

#define SC(i) ((i) * 8)

static const struct da_reg_desc regs[NREGS] = {
	[RAX] = { "rax", 1, 10, SC(13), 0x78, 8 },
	[RDX] = { "rdx", 1, 12, SC(12), 0x88, 8 },
	[RCX] = { "rcx", 1, 11, SC(14), 0x80, 8 },
	[RBX] = { "rbx", 1, 5, SC(11), 0x90, 8 },
	[RSI] = { "rsi", 1, 13, SC(9), 0xa8, 8 },
	[RDI] = { "rdi", 1, 14, SC(8), 0xb0, 8 },
	[RBP] = { "rbp", 1, 4, SC(10), 0xa0, 8 },
	[RSP] = { "rsp", 1, 19, SC(15), 0x98, 8 },
	[R8] = { "r8", 1, 9, SC(0), 0xb8, 8 },
	[R9] = { "r9", 1, 8, SC(1), 0xc0, 8 },
	[R10] = { "r10", 1, 7, SC(2), 0xc8, 8 },
	[R11] = { "r11", 1, 6, SC(3), 0xd0, 8 },
	[R12] = { "r12", 1, 3, SC(4), 0xd8, 8 },
	[R13] = { "r13", 1, 2, SC(5), 0xe0, 8 },
	[R14] = { "r14", 1, 1, SC(6), 0xe8, 8 },
	[R15] = { "r15", 1, 0, SC(7), 0xf0, 8 },
	[RIP] = { "rip", 1, 16, SC(16), 0xf8, 8 },
	[EFLAGS] = { "eflags", 1, 18, SC(17), 0x44, 4 },
	[ORIG_RAX] = { "orig_rax", 1, 15, -1, 0, 0 },
	[CS] = { "cs", 0, 17, -1, 0x38, 2 },
	[SS] = { "ss", 0, 20, -1, 0x42, 2 },
	[DS] = { "ds", 0, 23, -1, 0x3a, 2 },
	[ES] = { "es", 0, 24, -1, 0x3c, 2 },
	[FS] = { "fs", 0, 25, -1, 0x3e, 2 },
	[GS] = { "gs", 0, 26, -1, 0x40, 2 },
	[FS_BASE] = { "fs_base", 1, 21, -1, 0, 0 },
	[GS_BASE] = { "gs_base", 1, 22, -1, 0, 0 },
};

static int from_dwarf(unsigned dwarf)
{
	if (dwarf <= RIP)
		return (int)dwarf;
	switch (dwarf) {
	case 49: return EFLAGS;
	case 50: return ES;
	case 51: return CS;
	case 52: return SS;
	case 53: return DS;
	case 54: return FS;
	case 55: return GS;
	case 58: return FS_BASE;
	case 59: return GS_BASE;
	default: return DA_REG_NONE;
	}
}

/* The length of ff /2 with this ModRM and, where there is one, SIB; 0: not a call. */
static size_t call_length(uint8_t modrm, uint8_t sib)
{
	unsigned mod = modrm >> 6, rm = modrm & 7;
	size_t n = 2;

	if ((modrm >> 3 & 7) != 2)
		return 0;
	if (mod == 3)
		return n;
	if (rm == 4) {
		n++;
		if (mod == 0 && (sib & 7) == 5)
			n += 4;
	}
	if (mod == 1)
		n += 1;
	else if (mod == 2 || (mod == 0 && rm == 5))
		n += 4;
	return n;
}

enum da_call da_x86_call_before(const uint8_t *code, size_t n)
{
	static const uint8_t lengths[] = { 2, 3, 4, 6, 7 };

	if (n >= 5 && code[n - 5] == 0xe8)
		return DA_CALL_YES;
	for (size_t i = 0; i < sizeof(lengths) && lengths[i] <= n; i++) {
		const uint8_t *p = code + n - lengths[i];

		if (p[0] == 0xff && call_length(p[1], lengths[i] > 2 ? p[2] : 0) == lengths[i])
			return DA_CALL_YES;
	}
	return n >= 7 ? DA_CALL_NO : DA_CALL_UNKNOWN;
}

static bool sigreturn(const uint8_t *code, size_t n, bool *ret_rt)
{
	/* mov $15, %rax; syscall: glibc and musl; with the 32-bit mov: other assemblers. */
	static const uint8_t wide[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const uint8_t narrow[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };

	if (!(n >= sizeof(wide) && !memcmp(code, wide, sizeof(wide))) &&
	    !(n >= sizeof(narrow) && !memcmp(code, narrow, sizeof(narrow))))
		return false;
	*ret_rt = true;
	return true;
}

const struct da_arch da_arch_x86_64 = {
	.name = "x86_64",
	.elf_machine = 62,
	.elf_class = 2,
	.word = 8,
	.full = true,
	.regs = regs,
	.nregs = NREGS,
	.pc = RIP,
	.sp = RSP,
	.fp = RBP,
	.lr = DA_REG_NONE,
	.tp = FS_BASE,
	.syscall = ORIG_RAX,
	.args = { RDI, RSI, RDX, R10, R8, R9 },
	.prstatus_regs = 112,
	.prstatus_nregs = 27,
	.context_flags = 0x30,
	.context_cpu = 0x100000,
	.context_min = 0x100,
	.user_end = 1ULL << 47,
	.callee_saved = 1ULL << RBX | 1ULL << RBP | 1ULL << R12 | 1ULL << R13 | 1ULL << R14 |
			1ULL << R15,
	.from_dwarf = from_dwarf,
	.call_before = da_x86_call_before,
	.strip = da_arch_strip_none,
	.sigreturn = sigreturn,
};
