/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch: one file per CPU. What is true of the processor whatever the operating system: names and
 * numbers of registers as tables, where a frame pointer leads, what a call looks like from behind,
 * which addresses can exist.
 *
 * Registers of a thread are numbers 0..63 whose meaning the arch gives. Numbers 0..n follow the CPU's
 * DWARF numbering where that is small (x86_64 0..16, i386 0..8, aarch64 0..31), what DWARF does not
 * number comes behind. A register that is not known has its bit in `valid` clear; nothing reads it.
 *
 * To add a CPU: src/arch/NAME.c with a struct da_arch, one line in arch.def, one line in local.mk,
 * tests/unit/t_arch.c, a core of it in samples/ or the tests' builder.
 */
#ifndef DA_ARCH_ARCH_H
#define DA_ARCH_ARCH_H

#include "base/base.h"

#define DA_REGS 64
#define DA_REG_NONE (-1)

struct da_regs {
	uint64_t v[DA_REGS];
	uint64_t valid; /* bit r: v[r] is known */
};

static inline bool da_reg_known(const struct da_regs *r, int n)
{
	return n >= 0 && n < DA_REGS && (r->valid >> n & 1);
}
static inline void da_reg_set(struct da_regs *r, int n, uint64_t value)
{
	r->v[n] = value;
	r->valid |= 1ULL << n;
}
static inline void da_reg_forget(struct da_regs *r, int n)
{
	r->valid &= ~(1ULL << n);
}

struct da_reg_desc {
	const char *name;  /* lower case, as the CPU's assembler writes it */
	uint8_t shown;     /* in the registers block of the report */
	int16_t prstatus;  /* index in pr_reg of NT_PRSTATUS, in words; -1: not there */
	int16_t ucontext;  /* byte offset in the kernel's struct sigcontext (uc_mcontext); -1 */
	uint16_t context;  /* byte offset in Windows' CONTEXT, as minidumps hold it */
	uint8_t context_size; /* bytes there; 0: not there */
};

/* Whether code bytes just before an address are a call: a return address then. */
enum da_call { DA_CALL_NO, DA_CALL_YES, DA_CALL_UNKNOWN /* too few bytes */ };

struct da_arch {
	const char *name;      /* a word of process.arch: "x86_64", "x86", "aarch64" */
	uint16_t elf_machine;  /* EM_… */
	uint8_t elf_class;     /* ELFCLASS32 or 64 */
	uint8_t word;          /* bytes of a pointer */
	bool big_endian;
	bool full;             /* false: memory map, modules and thread ids only ("minimal") */
	const struct da_reg_desc *regs;
	unsigned nregs;
	int pc, sp, fp;        /* register numbers */
	int lr;                /* link register or DA_REG_NONE */
	int tp;                /* thread pointer, where a register holds it, or DA_REG_NONE */
	int syscall;           /* number of the system call: orig_rax, orig_eax, x8 */
	int args[6];           /* arguments of a system call */
	uint16_t prstatus_regs;     /* byte offset of pr_reg in NT_PRSTATUS */
	uint16_t prstatus_nregs;    /* words in it; 0: registers are not read */
	uint16_t context_flags;     /* byte offset of ContextFlags in CONTEXT */
	uint32_t context_cpu;       /* its bit of this CPU; 0: no CONTEXT is known */
	uint16_t context_min;       /* bytes that hold all of these registers */
	uint64_t user_end;          /* addresses of programs lie below */
	uint64_t tag_bits;          /* bits of a data address that the CPU ignores (aarch64: top byte) */
	uint64_t callee_saved;      /* mask: registers that a call keeps, for "same value" by default */
	/* DWARF register number to ours, or DA_REG_NONE. */
	int (*from_dwarf)(unsigned dwarf);
	/* n bytes that end at a supposed return address. */
	enum da_call (*call_before)(const uint8_t *code, size_t n);
	/* A code address without pointer authentication; mask 0: the default of the CPU. */
	uint64_t (*strip)(uint64_t address, uint64_t mask);
	/* Are these the instructions of a return from a signal handler (rt or old), at pc? */
	bool (*sigreturn)(const uint8_t *code, size_t n, bool *ret_rt);
};

extern const struct da_arch *const da_archs[];
extern const size_t da_archs_n;

/* By ELF header, or NULL. */
const struct da_arch *da_arch_by_elf(uint16_t machine, uint8_t elf_class, bool big_endian);
/* The number of a register by name, or DA_REG_NONE. */
int da_arch_reg(const struct da_arch *arch, const char *name);
/*
 * Registers from a CONTEXT of Windows (also Breakpad's, Crashpad's and lldb's: the same layout for all
 * systems, with flag bits of their own). Longer (XSTATE follows) and shorter ones are read as far as
 * the table needs. DA_CORRUPT: cut, or the flags name another CPU.
 */
enum da_status da_arch_read_context(const struct da_arch *arch, struct da_bytes context,
				    struct da_regs *ret);
/*
 * Can an address of user memory have this value? Below user_end, tag bits ignored: x86_64 2^47 and
 * aarch64 2^48, since Linux gives addresses above them only to programs that ask for it.
 */
bool da_arch_canonical(const struct da_arch *arch, uint64_t address);

/* ---- x86: instructions, as far as walking through code without tables needs them */

struct da_x86_insn {
	uint8_t length;
	uint8_t map;      /* 0 one byte; 1 behind 0f; 0x38, 0x3a behind 0f 38, 0f 3a; 0xff vector */
	uint8_t opcode, rex;
	bool has_modrm;
	uint8_t modrm, sib;
	int32_t displacement;
	int32_t immediate; /* not the whole of a 64-bit one */
};
/* The instruction at code; false: unknown, or it goes beyond n bytes. wide: 64-bit code. */
bool da_x86_decode(const uint8_t *code, size_t n, bool wide, struct da_x86_insn *ret);

#endif
