/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arm, 32 bits, little-endian: registers are read, stacks are not walked. Numbers 0..15 are DWARF's.
 * pr_reg follows the kernel's elf_gregset_t. The last columns are Windows' CONTEXT of ARM, whose
 * first 0x48 bytes Breakpad's own context for Linux shares.
 */
#include "config.h"

#include "arch/arch.h"
#include "arch/list.h"

enum { SP = 13, LR = 14, PC = 15, CPSR = 16, NREGS };

#define R(n, name) [n] = { name, 1, n, -1, 4 + 4 * (n), 4 }

static const struct da_reg_desc regs[NREGS] = {
	R(0, "r0"), R(1, "r1"), R(2, "r2"),   R(3, "r3"),   R(4, "r4"),   R(5, "r5"),
	R(6, "r6"), R(7, "r7"), R(8, "r8"),   R(9, "r9"),   R(10, "r10"), R(11, "r11"),
	R(12, "r12"), R(SP, "sp"), R(LR, "lr"), R(PC, "pc"), R(CPSR, "cpsr"),
};

static int from_dwarf(unsigned dwarf)
{
	return dwarf <= PC ? (int)dwarf : DA_REG_NONE;
}

static enum da_call call_before(const uint8_t *code, size_t n)
{
	(void)code; /* ARM and Thumb code cannot be told apart from behind */
	(void)n;
	return DA_CALL_UNKNOWN;
}

static bool sigreturn(const uint8_t *code, size_t n, bool *ret_rt)
{
	(void)code;
	(void)n;
	(void)ret_rt;
	return false;
}

const struct da_arch da_arch_arm = {
	.name = "arm",
	.elf_machine = 40,
	.elf_class = 1,
	.word = 4,
	.regs = regs,
	.nregs = NREGS,
	.pc = PC,
	.sp = SP,
	.fp = DA_REG_NONE,
	.lr = LR,
	.tp = DA_REG_NONE,
	.syscall = DA_REG_NONE,
	.args = { DA_REG_NONE, DA_REG_NONE, DA_REG_NONE, DA_REG_NONE, DA_REG_NONE, DA_REG_NONE },
	.prstatus_regs = 72,
	.prstatus_nregs = 18,
	.context_flags = 0,
	.context_cpu = 0x200000,
	.context_min = 0x48,
	.user_end = 1ULL << 32,
	.from_dwarf = from_dwarf,
	.call_before = call_before,
	.strip = da_arch_strip_none,
	.sigreturn = sigreturn,
};
