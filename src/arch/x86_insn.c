/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of x86 instructions, and the few fields that say what one does to the stack. By the opcode
 * maps of the Intel manual (volume 2, appendix A); a length that is wrong once would make nonsense of
 * all that follows, so what is not known is refused.
 */
#include "config.h"

#include "arch/arch.h"

enum { NONE, M = 1, I8 = 2, IZ = 4, I16 = 8, BAD = 16, SPECIAL = 32 };

/* The one-byte map from 0x40 on; below it follows a pattern of eight. SPECIAL: see immediate(). */
static const uint8_t one_byte[192] = {
	/* 40 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 60 */ 0, 0, M, M, 0, 0, 0, 0, IZ, M | IZ, I8, M | I8, 0, 0, 0, 0,
	/* 70 */ I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, I8,
	/* 80 */ M | I8, M | IZ, M | I8, M | I8, M, M, M, M, M, M, M, M, M, M, M, M,
	/* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SPECIAL, 0, 0, 0, 0, 0,
	/* a0 */ SPECIAL, SPECIAL, SPECIAL, SPECIAL, 0, 0, 0, 0, I8, IZ, 0, 0, 0, 0, 0, 0,
	/* b0 */ I8, I8, I8, I8, I8, I8, I8, I8, SPECIAL, SPECIAL, SPECIAL, SPECIAL, SPECIAL, SPECIAL,
	SPECIAL, SPECIAL,
	/* c0 */ M | I8, M | I8, I16, 0, M, M, M | I8, M | IZ, I16 | I8, 0, I16, 0, 0, I8, 0, 0,
	/* d0 */ M, M, M, M, I8, I8, 0, 0, M, M, M, M, M, M, M, M,
	/* e0 */ I8, I8, I8, I8, I8, I8, I8, I8, SPECIAL, SPECIAL, SPECIAL, I8, 0, 0, 0, 0,
	/* f0 */ 0, 0, 0, 0, 0, 0, M | SPECIAL, M | SPECIAL, 0, 0, 0, 0, 0, 0, M, M,
};

/* The map behind 0f. */
static const uint8_t two_byte[256] = {
	/* 00 */ M, M, M, M, BAD, 0, 0, 0, 0, 0, BAD, 0, BAD, M, 0, M | I8,
	/* 10 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* 20 */ M, M, M, M, BAD, BAD, BAD, BAD, M, M, M, M, M, M, M, M,
	/* 30 */ 0, 0, 0, 0, 0, 0, BAD, 0, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	/* 40 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* 50 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* 60 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* 70 */ M | I8, M | I8, M | I8, M | I8, M, M, M, 0, M, M, BAD, BAD, M, M, M, M,
	/* 80 */ IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ,
	/* 90 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* a0 */ 0, 0, 0, M, M | I8, M, BAD, BAD, 0, 0, 0, M, M | I8, M, M, M,
	/* b0 */ M, M, M, M, M, M, M, M, M, M, M | I8, M, M, M, M, M,
	/* c0 */ M, M, M | I8, M, M | I8, M | I8, M | I8, M, 0, 0, 0, 0, 0, 0, 0, 0,
	/* d0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* e0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	/* f0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
};

struct decoder {
	struct da_cursor c;
	struct da_x86_insn *i;
	bool wide, operand16, address16;
};

static uint8_t flags_below_40(uint8_t op)
{
	static const uint8_t pattern[8] = { M, M, M, M, I8, IZ, 0, 0 };

	return pattern[op & 7];
}

/* Prefixes and REX; false: none is left for an opcode. */
static bool prefixes(struct decoder *d)
{
	for (unsigned n = 0; n < 15; n++) {
		uint8_t b = da_left(&d->c) ? *d->c.p : 0;

		if (b == 0x66)
			d->operand16 = true;
		else if (b == 0x67)
			d->address16 = true;
		else if (b != 0xf0 && b != 0xf2 && b != 0xf3 && b != 0x2e && b != 0x36 && b != 0x3e &&
			 b != 0x26 && b != 0x64 && b != 0x65)
			break;
		(void)da_get_u8(&d->c);
	}
	if (d->wide && da_left(&d->c) && (*d->c.p & 0xf0) == 0x40)
		d->i->rex = da_get_u8(&d->c);
	return da_left(&d->c) > 0;
}

static void immediate(struct decoder *d, uint8_t flags)
{
	uint8_t op = d->i->opcode;
	unsigned z = d->operand16 ? 2 : 4;

	if (flags & SPECIAL && !(flags & M)) {
		if (op >= 0xa0 && op <= 0xa3) /* an address as wide as addresses are */
			da_skip(&d->c, d->wide ? (d->address16 ? 4 : 8) : (d->address16 ? 2 : 4));
		else if (op == 0x9a || op == 0xea) /* far, 32 bits only */
			da_skip(&d->c, z + 2);
		else if (op == 0xe8 || op == 0xe9)
			d->i->immediate = (int32_t)da_get_u32(&d->c);
		else if (d->i->rex & 8)
			da_skip(&d->c, 8);
		else
			d->i->immediate = z == 2 ? (int16_t)da_get_u16(&d->c) : (int32_t)da_get_u32(&d->c);
		return;
	}
	if (flags & SPECIAL && (d->i->modrm >> 3 & 7) < 2) /* test, of the group f6, f7 */
		flags |= op == 0xf6 ? I8 : IZ;
	if (flags & I16)
		d->i->immediate = da_get_u16(&d->c);
	if (flags & IZ)
		d->i->immediate = z == 2 ? (int16_t)da_get_u16(&d->c) : (int32_t)da_get_u32(&d->c);
	if (flags & I8)
		d->i->immediate = (int8_t)da_get_u8(&d->c);
}

static void modrm(struct decoder *d)
{
	unsigned mod, rm;

	d->i->has_modrm = true;
	d->i->modrm = da_get_u8(&d->c);
	mod = d->i->modrm >> 6;
	rm = d->i->modrm & 7;
	if (mod == 3)
		return;
	if (!d->wide && d->address16) { /* 16-bit addressing */
		da_skip(&d->c, mod == 2 || (mod == 0 && rm == 6) ? 2 : mod);
		return;
	}
	if (rm == 4) {
		d->i->sib = da_get_u8(&d->c);
		if (mod == 0 && (d->i->sib & 7) == 5)
			mod = 2;
	}
	if (mod == 1)
		d->i->displacement = (int8_t)da_get_u8(&d->c);
	else if (mod == 2 || (mod == 0 && rm == 5))
		d->i->displacement = (int32_t)da_get_u32(&d->c);
}

/* VEX and EVEX: vector and bit instructions; none touches the stack pointer. */
static bool vector(struct decoder *d, uint8_t lead)
{
	uint8_t map = 1, flags;

	if (lead != 0xc5)
		map = da_get_u8(&d->c) & (lead == 0x62 ? 7 : 31);
	da_skip(&d->c, lead == 0x62 ? 2 : 1);
	d->i->opcode = da_get_u8(&d->c);
	d->i->map = 0xff;
	if (map == 0 || map > 6 || map == 4)
		return false;
	if (map == 1 && d->i->opcode == 0x77)
		return true; /* vzeroupper */
	flags = map == 3 ? I8 : map == 1 ? two_byte[d->i->opcode] & I8 : 0;
	modrm(d);
	immediate(d, flags);
	return true;
}

static bool is_vector(const struct decoder *d, uint8_t op)
{
	/* In 32 bits the same bytes are lds, les and bound, which have a memory operand. */
	return (op == 0xc4 || op == 0xc5 || op == 0x62) &&
	       (d->wide || (da_left(&d->c) && *d->c.p >= 0xc0));
}

static bool opcode(struct decoder *d)
{
	uint8_t op = da_get_u8(&d->c), flags;

	if (is_vector(d, op))
		return vector(d, op);
	if (op == 0x0f) {
		op = da_get_u8(&d->c);
		d->i->map = 1;
		flags = two_byte[op];
		if (op == 0x38 || op == 0x3a) {
			flags = op == 0x3a ? M | I8 : M;
			d->i->map = op;
			op = da_get_u8(&d->c);
		}
	} else {
		flags = op < 0x40 ? flags_below_40(op) : one_byte[op - 0x40];
	}
	d->i->opcode = op;
	if (flags & BAD)
		return false;
	if (flags & M)
		modrm(d);
	immediate(d, flags);
	return true;
}

bool da_x86_decode(const uint8_t *code, size_t n, bool wide, struct da_x86_insn *ret)
{
	struct da_x86_insn i = { 0 };
	struct decoder d = { .c = da_cursor(code, n, false, 4), .i = &i, .wide = wide };

	if (!prefixes(&d) || !opcode(&d) || !da_ok(&d.c) || da_pos(&d.c) > 15)
		return false;
	i.length = (uint8_t)da_pos(&d.c);
	*ret = i;
	return true;
}
