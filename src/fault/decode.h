/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: one machine instruction, as far as it matters for a fault: its length, which memory it
 * reads and writes at which address, whether it traps by itself. Text is made elsewhere
 * (instruction.c); a decision is never taken from text.
 *
 * What an instruction set of tomorrow adds is answered with DA_UNSUPPORTED, not with a guess.
 */
#ifndef DA_FAULT_DECODE_H
#define DA_FAULT_DECODE_H

#include "arch/arch.h"
#include "base/base.h"

enum da_insn_kind {
	DA_INSN_OTHER,
	DA_INSN_DIVIDE,     /* div, idiv: `divisor` says what by */
	DA_INSN_UNDEFINED,  /* ud2, udf: made to be illegal */
	DA_INSN_BREAKPOINT, /* int3, brk */
	DA_INSN_HALT,       /* hlt: privileged, how musl stops itself */
	DA_INSN_PRIVILEGED, /* others that a program may not execute */
	DA_INSN_SYSCALL,
	DA_INSN_CALL,       /* direct or through a register or memory */
	DA_INSN_JUMP,
	DA_INSN_RETURN,
};

enum { DA_MEM_READ = 1, DA_MEM_WRITE = 2 };

/* One place in memory that the instruction touches. */
struct da_memop {
	uint8_t access;    /* DA_MEM_… */
	bool known;        /* addr is known: every register that it needs is */
	bool implicit;     /* the stack, or rsi and rdi of a string instruction */
	bool probes;       /* touches nothing by itself (lea, prefetch, nop): never a fault */
	uint64_t addr;     /* first byte */
	uint32_t size;     /* bytes; 0: depends on more than the instruction */
	int16_t base, index; /* registers of the address, or DA_REG_NONE */
};

#define DA_INSN_MEMS 2
#define DA_INSN_REGS 4

struct da_insn {
	uint8_t len;
	uint8_t kind;             /* enum da_insn_kind */
	uint8_t nmem, nregs;
	bool indirect;            /* a call or jump whose target comes from a register or memory */
	bool repeated;            /* rep string instruction */
	bool vector;              /* SSE, AVX: an aligned access may fault with no address */
	bool aligned;             /* memory must be aligned to its size */
	bool odd;                 /* a form that disassemblers get wrong: show its bytes */
	const char *name;         /* the mnemonic where this decoder is sure of it, or NULL */
	struct da_memop mem[DA_INSN_MEMS];
	int16_t reg[DA_INSN_REGS]; /* registers whose values explain a fault */
	uint32_t operand;         /* bytes of the main operand; 0 unknown */
	bool divisor_known;
	uint64_t divisor;         /* from a register; from memory see mem[0] */
	bool dividend_known;
	uint64_t dividend_low, dividend_high;
	bool divide_signed;
	bool target_known;
	uint64_t target;          /* of a call or jump */
	uint32_t immediate;       /* of brk, udf, int */
};

/*
 * Decode the instruction at regs->pc from n code bytes. `tp` is the base of fs (x86_64) or gs (i386).
 * DA_OK; DA_UNSUPPORTED: not an instruction that is known here; DA_FAULT: too few bytes.
 */
enum da_status da_decode(const struct da_arch *arch, const uint8_t *code, size_t n,
			 const struct da_regs *regs, uint64_t tp, struct da_insn *ret);

/* One CPU each. */
enum da_status da_decode_x86(const struct da_arch *arch, const uint8_t *code, size_t n,
			     const struct da_regs *regs, uint64_t tp, struct da_insn *ret);
enum da_status da_decode_aarch64(const struct da_arch *arch, const uint8_t *code, size_t n,
				 const struct da_regs *regs, uint64_t tp, struct da_insn *ret);

#endif
