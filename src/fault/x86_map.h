/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86_map: the opcode maps of x86 as data, private to decode_x86.c. One word an opcode: whether a
 * ModRM byte follows, how long the immediate is, and what happens at the memory operand. The maps are
 * those of Intel's manual, volume 2, appendix A, where AMD's says the same.
 */
#ifndef DA_FAULT_X86_MAP_H
#define DA_FAULT_X86_MAP_H

#include <stdint.h>

enum {
	/* size of the memory operand: low 5 bits */
	SZ_NONE, SZ_1, SZ_2, SZ_4, SZ_8, SZ_10, SZ_16F, /* fixed 16: not widened by VEX */
	SZ_V,  /* operand size: 2, 4, 8 */
	SZ_Y,  /* 4, or 8 with REX.W */
	SZ_64, /* 64 bytes */
	SZ_X,  /* whole vector, or with f3 one float, with f2 one double */
	SZ_P,  /* whole vector; without 66 an MMX register */
	SZ_W,  /* whole vector */
	SZ_H,  /* half a vector: 8 bytes of 16 */
	SZ_Q,  /* a quarter */
	SZ_O,  /* an eighth */
	SZ_DUP, /* low or high half: 8, with f3 whole, with f2 movddup */
	SZ_CVT, /* 5a: half a vector, with 66 whole, f3 4, f2 8 */
	SZ_COM, /* 4, with 66 8 */
	SZ_CVI, /* 2a, 2c, 2d: 8; 2c and 2d with 66 16, with f3 4, with f2 8 */
	SZ_SS,  /* 4 or 8 by VEX.W */
	SZ_BITS, /* a bit string: the register operand moves the address */

	MODRM = 1 << 5,
	ACC_R = 1 << 6,
	ACC_W = 1 << 7,
	PROBE = 1 << 8,  /* a memory operand that is not touched */
	IMM_1 = 1 << 9,
	IMM_Z = 2 << 9,  /* 2 or 4 */
	IMM_2 = 3 << 9,
	IMM_3 = 4 << 9,
	IMM_V = 5 << 9,  /* 2, 4 or 8 */
	IMM_A = 6 << 9,  /* an address */
	IMM_F = 7 << 9,  /* selector and offset */
	IMM_MASK = 7 << 9,
	BAD64 = 1 << 12, /* not in 64-bit mode */
	BAD = 1 << 13,   /* not known */
	PRIV = 1 << 14,  /* privileged, or so by default (in, out, cli) */
	ALIGN = 1 << 15, /* memory aligned to its size even with VEX */
	LOOSE = 1 << 16, /* never aligned although a whole vector */
	GROUP = 1 << 17, /* ModRM.reg decides: decode_x86.c */
};

#define SZ_MASK 31
#define R(size) (MODRM | ACC_R | (size))
#define W(size) (MODRM | ACC_W | (size))
#define RW(size) (MODRM | ACC_R | ACC_W | (size))
#define NOMEM (MODRM | PROBE)

extern const uint32_t da_x86_map1[256]; /* one byte */
extern const uint32_t da_x86_map2[256]; /* 0f */
extern const uint32_t da_x86_map3[256]; /* 0f 38 */
extern const uint32_t da_x86_map4[256]; /* 0f 3a */

/* What VEX and EVEX encode differently from the same opcode without them; 0: the same. */
struct da_x86_vex {
	uint8_t map, op;     /* 1: 0f, 2: 0f 38, 3: 0f 3a */
	uint8_t prefixes;    /* bit by pp: 1 none, 2 66, 4 f3, 8 f2 */
	uint8_t evex;        /* 0 VEX only, 1 EVEX only, 2 both */
	uint32_t attr;
};
extern const struct da_x86_vex da_x86_vex[];
extern const unsigned da_x86_vex_n;

#endif
