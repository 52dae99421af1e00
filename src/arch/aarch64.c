/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aarch64. Numbers 0..32 are DWARF's (AADWARF64). The sigcontext is struct sigcontext, which begins
 * with the fault address; the last columns are Windows' CONTEXT of ARM64.
 */
#include "config.h"

#include "arch/arch.h"
#include "arch/list.h"

enum { X8 = 8, X29 = 29, X30 = 30, SP = 31, PC = 32, CPSR = 33, NREGS };

#define X(n) [n] = { "x" #n, 1, n, 8 + 8 * (n), 8 + 8 * (n), 8 }

static const struct da_reg_desc regs[NREGS] = {
	X(0),  X(1),  X(2),  X(3),  X(4),  X(5),  X(6),  X(7),  X(8),  X(9),  X(10),
	X(11), X(12), X(13), X(14), X(15), X(16), X(17), X(18), X(19), X(20), X(21),
	X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30),
	[SP] = { "sp", 1, 31, 0x100, 0x100, 8 },
	[PC] = { "pc", 1, 32, 0x108, 0x108, 8 },
	[CPSR] = { "cpsr", 1, 33, 0x110, 4, 4 },
};

static int from_dwarf(unsigned dwarf)
{
	return dwarf <= PC ? (int)dwarf : DA_REG_NONE;
}

static uint32_t insn(const uint8_t *p)
{
	/* Instructions are little-endian whatever the data is. */
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum da_call call_before(const uint8_t *code, size_t n)
{
	static const struct {
		uint32_t mask, value;
	} calls[] = {
		{ 0xfc000000, 0x94000000 }, /* bl */
		{ 0xfffffc1f, 0xd63f0000 }, /* blr */
		{ 0xfffff81f, 0xd63f081f }, /* blraaz, blrabz */
		{ 0xfffff800, 0xd73f0800 }, /* blraa, blrab */
	};
	uint32_t w;

	if (n < 4)
		return DA_CALL_UNKNOWN;
	w = insn(code + n - 4);
	for (size_t i = 0; i < DA_ARRAY_SIZE(calls); i++)
		if ((w & calls[i].mask) == calls[i].value)
			return DA_CALL_YES;
	return DA_CALL_NO;
}

static uint64_t strip(uint64_t address, uint64_t mask)
{
	/* Signatures lie above the 48 bits of an address; 52-bit addresses are only given on request. */
	return address & ~(mask ? mask : 0xffffULL << 48);
}

static bool sigreturn(const uint8_t *code, size_t n, bool *ret_rt)
{
	/* mov x8 or w8, #139; svc #0: vdso, musl and the page that qemu makes */
	if (n < 8 || (insn(code) != 0xd2801168 && insn(code) != 0x52801168) ||
	    insn(code + 4) != 0xd4000001)
		return false;
	*ret_rt = true;
	return true;
}

const struct da_arch da_arch_aarch64 = {
	.name = "aarch64",
	.elf_machine = 183,
	.elf_class = 2,
	.word = 8,
	.full = true,
	.regs = regs,
	.nregs = NREGS,
	.pc = PC,
	.sp = SP,
	.fp = X29,
	.lr = X30,
	.tp = DA_REG_NONE, /* NT_ARM_TLS */
	.syscall = X8,
	.args = { 0, 1, 2, 3, 4, 5 },
	.prstatus_regs = 112,
	.prstatus_nregs = 34,
	.context_flags = 0,
	.context_cpu = 0x400000,
	.context_min = 0x110,
	.user_end = 1ULL << 48,
	.tag_bits = 0xffULL << 56,
	.callee_saved = 0x7ffULL << 19, /* x19..x29 */
	.from_dwarf = from_dwarf,
	.call_before = call_before,
	.strip = strip,
	.sigreturn = sigreturn,
};
