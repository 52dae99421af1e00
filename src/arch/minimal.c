/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs of which the report is minimal: where a thread's id, pc and stack pointer stand in
 * NT_PRSTATUS, and no more. The index of a register in pr_reg is that of the kernel's elf_gregset_t.
 */
#include "config.h"

#include "arch/arch.h"
#include "arch/list.h"

enum { PC, SP, NREGS };

static int no_register(unsigned dwarf)
{
	(void)dwarf;
	return DA_REG_NONE;
}

static enum da_call unknown_call(const uint8_t *code, size_t n)
{
	(void)code;
	(void)n;
	return DA_CALL_UNKNOWN;
}

static bool no_sigreturn(const uint8_t *code, size_t n, bool *ret_rt)
{
	(void)code;
	(void)n;
	(void)ret_rt;
	return false;
}

#define MINIMAL(id, arch_name, machine, bits, big, count, pc_index, sp_index, end)     \
	static const struct da_reg_desc id##_regs[NREGS] = {                           \
		[PC] = { "pc", 1, pc_index, -1, 0, 0 },                                      \
		[SP] = { "sp", 1, sp_index, -1, 0, 0 },                                      \
	};                                                                             \
	const struct da_arch da_arch_##id = {                                          \
		.name = arch_name,                                                     \
		.elf_machine = machine,                                                \
		.elf_class = (bits) == 64 ? 2 : 1,                                     \
		.word = (bits) / 8,                                                    \
		.big_endian = big,                                                     \
		.regs = id##_regs,                                                     \
		.nregs = NREGS,                                                        \
		.pc = PC,                                                              \
		.sp = SP,                                                              \
		.fp = DA_REG_NONE,                                                     \
		.lr = DA_REG_NONE,                                                     \
		.tp = DA_REG_NONE,                                                     \
		.syscall = DA_REG_NONE,                                                \
		.args = { DA_REG_NONE, DA_REG_NONE, DA_REG_NONE, DA_REG_NONE,          \
			  DA_REG_NONE, DA_REG_NONE },                                  \
		.prstatus_regs = (bits) == 64 ? 112 : 72,                              \
		.prstatus_nregs = count,                                               \
		.user_end = end,                                                       \
		.from_dwarf = no_register,                                             \
		.call_before = unknown_call,                                           \
		.strip = da_arch_strip_none,                                           \
		.sigreturn = no_sigreturn,                                             \
	}

#define GB4 (1ULL << 32)

/*      name          word       machine  bits big    words pc  sp  end */
MINIMAL(arm_be,       "arm",     40,      32,  true,  18,   15, 13, GB4);
MINIMAL(ppc64le,      "ppc64le", 21,      64,  false, 48,   32, 1,  1ULL << 52);
MINIMAL(ppc64,        "ppc64",   21,      64,  true,  48,   32, 1,  1ULL << 52);
MINIMAL(ppc,          "ppc",     20,      32,  true,  48,   32, 1,  GB4);
MINIMAL(riscv64,      "riscv64", 243,     64,  false, 32,   0,  2,  1ULL << 56);
MINIMAL(s390x,        "s390x",   22,      64,  true,  27,   1,  17, UINT64_MAX);
MINIMAL(s390,         "s390",    22,      32,  true,  36,   1,  17, 1ULL << 31);
MINIMAL(mips,         "mips",    8,       32,  true,  45,   40, 35, 1ULL << 31);
MINIMAL(mips_le,      "mips",    8,       32,  false, 45,   40, 35, 1ULL << 31);
MINIMAL(mips64,       "mips",    8,       64,  true,  45,   34, 29, 1ULL << 48);
MINIMAL(mips64_le,    "mips",    8,       64,  false, 45,   34, 29, 1ULL << 48);
MINIMAL(sparc,        "sparc",   2,       32,  true,  0,    -1, -1, GB4);
MINIMAL(sparc_v8plus, "sparc",   18,      32,  true,  0,    -1, -1, GB4);
MINIMAL(sparc64,      "sparc",   43,      64,  true,  36,   33, 14, 1ULL << 52);
