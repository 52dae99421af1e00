/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instruction of aarch64: the families of loads and stores (Arm ARM, C4.1 "Loads and stores"),
 * branches through registers, and what traps by itself. Of SVE only the direction of contiguous loads
 * and of stores is known; SME and the memory copy instructions are not.
 */
#include "config.h"

#include "fault/decode.h"

enum { SP = 31, ZERO = 31, LR = 30 };

struct a64 {
	const struct da_arch *arch;
	const struct da_regs *regs;
	struct da_insn *in;
	uint32_t w;
};

static uint32_t bits(const struct a64 *a, unsigned high, unsigned low)
{
	return a->w >> low & (uint32_t)((1ULL << (high - low + 1)) - 1);
}

static int64_t sbits(const struct a64 *a, unsigned high, unsigned low)
{
	unsigned n = high - low + 1;

	return (int64_t)((uint64_t)bits(a, high, low) << (64 - n)) >> (64 - n);
}

static bool is(const struct a64 *a, uint32_t mask, uint32_t value)
{
	return (a->w & mask) == value;
}

static void add_reg(struct a64 *a, unsigned r)
{
	if (a->in->nregs < DA_INSN_REGS)
		a->in->reg[a->in->nregs++] = (int16_t)r;
}

/* Memory at Rn (bits 9..5, 31 is sp) plus offset. */
static void memory(struct a64 *a, int64_t offset, uint32_t size, uint8_t access)
{
	unsigned rn = bits(a, 9, 5);
	struct da_memop *m = &a->in->mem[a->in->nmem++];

	*m = (struct da_memop){ .size = size, .access = access, .probes = !access,
				.base = (int16_t)rn, .index = DA_REG_NONE };
	a->in->operand = size;
	add_reg(a, rn);
	if (da_reg_known(a->regs, (int)rn)) {
		m->known = true;
		m->addr = a->regs->v[rn] + (uint64_t)offset;
	}
}

/* size, V and opc of single registers: bytes and direction. False: not an instruction. */
static bool single(const struct a64 *a, uint32_t *ret_size, uint8_t *ret_access)
{
	unsigned size = bits(a, 31, 30), opc = bits(a, 23, 22);

	if (bits(a, 26, 26)) { /* SIMD */
		if (opc >= 2 && size != 0)
			return false;
		*ret_size = opc >= 2 ? 16 : 1u << size;
		*ret_access = opc & 1 ? DA_MEM_READ : DA_MEM_WRITE;
		return true;
	}
	*ret_size = 1u << size;
	*ret_access = opc == 0 ? DA_MEM_WRITE : DA_MEM_READ;
	if (size == 3 && opc == 2)
		*ret_access = 0; /* prfm */
	else if (opc == 3 && size >= 2)
		return false;
	return true;
}

/* ---------------------------------------------------------------- loads and stores */

static bool exclusive(struct a64 *a)
{
	unsigned size = bits(a, 31, 30);
	bool o2 = bits(a, 23, 23), load = bits(a, 22, 22), o1 = bits(a, 21, 21);
	uint8_t access = load ? DA_MEM_READ : DA_MEM_WRITE;

	if (o1 && o2)
		memory(a, 0, 1u << size, DA_MEM_READ | DA_MEM_WRITE); /* cas */
	else if (o1 && size < 2)
		memory(a, 0, 8u << size, DA_MEM_READ | DA_MEM_WRITE); /* casp */
	else
		memory(a, 0, o1 ? 2u << size : 1u << size, access);
	a->in->aligned = true;
	return true;
}

static bool literal(struct a64 *a)
{
	static const uint8_t general[] = { 4, 8, 4, 0 }, simd[] = { 4, 8, 16, 0 };
	unsigned opc = bits(a, 31, 30);
	bool v = bits(a, 26, 26);
	struct da_memop *m = &a->in->mem[0];

	if (v && opc == 3)
		return false;
	*m = (struct da_memop){ .size = v ? simd[opc] : general[opc], .base = DA_REG_NONE,
				.index = DA_REG_NONE, .access = DA_MEM_READ };
	if (opc == 3) {
		m->access = 0;
		m->probes = true;
	}
	m->known = da_reg_known(a->regs, a->arch->pc);
	m->addr = a->regs->v[a->arch->pc] + (uint64_t)(sbits(a, 23, 5) * 4);
	a->in->nmem = 1;
	a->in->operand = m->size;
	return true;
}

static bool pair(struct a64 *a)
{
	unsigned opc = bits(a, 31, 30), type = bits(a, 24, 23);
	bool v = bits(a, 26, 26), load = bits(a, 22, 22);
	uint32_t each = v ? 4u << opc : opc == 2 ? 8 : 4, scale = each;

	if (opc == 3)
		return false;
	if (!v && opc == 1 && !load) { /* stgp: 16 bytes and a tag */
		scale = 16;
		each = 8;
	}
	memory(a, type == 1 ? 0 : sbits(a, 21, 15) * (int64_t)scale, 2 * each,
	       load ? DA_MEM_READ : DA_MEM_WRITE);
	return true;
}

static bool immediate9(struct a64 *a)
{
	uint32_t size;
	uint8_t access;

	if (!single(a, &size, &access))
		return false;
	memory(a, bits(a, 11, 10) == 1 ? 0 : sbits(a, 20, 12), size, access);
	return true;
}

static bool immediate12(struct a64 *a)
{
	uint32_t size;
	uint8_t access;

	if (!single(a, &size, &access))
		return false;
	memory(a, (int64_t)bits(a, 21, 10) * size, size, access);
	return true;
}

static bool register_offset(struct a64 *a)
{
	unsigned rm = bits(a, 20, 16), option = bits(a, 15, 13);
	uint64_t v = rm == ZERO ? 0 : a->regs->v[rm];
	uint32_t size;
	uint8_t access;
	struct da_memop *m;

	if (!single(a, &size, &access) || !(option & 2))
		return false;
	if (option == 2)
		v = (uint32_t)v;
	else if (option == 6)
		v = (uint64_t)(int32_t)v;
	if (bits(a, 12, 12))
		v <<= __builtin_ctz(size);
	memory(a, (int64_t)v, size, access);
	m = &a->in->mem[0];
	if (rm != ZERO) {
		m->index = (int16_t)rm;
		m->known = m->known && da_reg_known(a->regs, (int)rm);
		add_reg(a, rm);
	}
	return true;
}

static bool atomic(struct a64 *a)
{
	bool o3 = bits(a, 15, 15);
	unsigned opc = bits(a, 14, 12);

	if (bits(a, 26, 26))
		return false;
	if (o3 && opc == 4) /* ldapr */
		memory(a, 0, 1u << bits(a, 31, 30), DA_MEM_READ);
	else if (!o3 || opc == 0) /* ldadd … ldumin, swp */
		memory(a, 0, 1u << bits(a, 31, 30), DA_MEM_READ | DA_MEM_WRITE);
	else
		return false;
	a->in->aligned = true;
	return true;
}

/* ldraa, ldrab: the base is a signed pointer; a wrong signature faults at an address made wrong. */
static bool authenticated(struct a64 *a)
{
	int64_t imm = (int64_t)((uint64_t)(bits(a, 22, 22) << 9 | bits(a, 20, 12)) << 54) >> 54;

	if (bits(a, 26, 26) || bits(a, 31, 30) != 3)
		return false;
	memory(a, imm * 8, 8, DA_MEM_READ);
	a->in->mem[0].known = false;
	return true;
}

static bool simd_multiple(struct a64 *a)
{
	static const uint8_t registers[16] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2,
					       [10] = 2 };
	unsigned n = registers[bits(a, 15, 12)];

	if (!n)
		return false;
	memory(a, 0, n * (bits(a, 30, 30) ? 16 : 8), bits(a, 22, 22) ? DA_MEM_READ : DA_MEM_WRITE);
	return true;
}

static bool simd_single(struct a64 *a)
{
	unsigned opcode = bits(a, 15, 13), scale = opcode >> 1, size = bits(a, 11, 10);
	unsigned elements = ((opcode & 1) << 1 | bits(a, 21, 21)) + 1;
	uint32_t bytes = scale == 3 ? 1u << size : scale == 2 ? (size & 1 ? 8 : 4) : 1u << scale;

	memory(a, 0, elements * bytes, bits(a, 22, 22) ? DA_MEM_READ : DA_MEM_WRITE);
	return true;
}

/* stg and its kin store a tag of 16 bytes; those that write data too (stzg) are not told apart. */
static bool tags(struct a64 *a)
{
	unsigned op = bits(a, 11, 10);

	if (op == 0)
		return false;
	memory(a, op == 1 ? 0 : sbits(a, 20, 12) * 16, 16, DA_MEM_WRITE);
	return true;
}

/* dc zva: how memset clears; the block's size is a register that no dump holds. */
static bool zero_block(struct a64 *a)
{
	unsigned rt = bits(a, 4, 0);
	struct da_memop *m = &a->in->mem[0];

	*m = (struct da_memop){ .access = DA_MEM_WRITE, .base = (int16_t)rt, .index = DA_REG_NONE };
	if (rt == ZERO)
		return false;
	m->known = da_reg_known(a->regs, (int)rt);
	m->addr = a->regs->v[rt];
	a->in->nmem = 1;
	add_reg(a, rt);
	return true;
}

/* The vector's length and the predicate are in no general register, so neither is the address. */
static bool sve(struct a64 *a)
{
	memory(a, 0, 0, is(a, 0xfe000000, 0xe4000000) ? DA_MEM_WRITE : DA_MEM_READ);
	a->in->mem[0].known = false;
	a->in->odd = true;
	return true;
}

/* ---------------------------------------------------------------- everything else */

static bool branch_register(struct a64 *a)
{
	unsigned opc = bits(a, 24, 21), rn = bits(a, 9, 5);

	if (bits(a, 20, 16) != 31 || opc == 4 || opc == 5) /* eret, drps */
		return false;
	switch (opc & 7) {
	case 0: a->in->kind = DA_INSN_JUMP; break;
	case 1: a->in->kind = DA_INSN_CALL; break;
	case 2:
		a->in->kind = DA_INSN_RETURN;
		if (bits(a, 15, 11) == 1) /* retaa, retab name no register */
			rn = LR;
		break;
	default: return false;
	}
	a->in->indirect = true;
	if (rn == ZERO)
		return true;
	add_reg(a, rn);
	if (bits(a, 15, 11) == 0 && da_reg_known(a->regs, (int)rn)) {
		a->in->target_known = true;
		a->in->target = a->regs->v[rn];
	}
	return true;
}

static bool branch_direct(struct a64 *a)
{
	int64_t offset;

	if (is(a, 0x7c000000, 0x14000000))
		offset = sbits(a, 25, 0);
	else if (is(a, 0x7e000000, 0x36000000))
		offset = sbits(a, 18, 5);
	else
		offset = sbits(a, 23, 5);
	a->in->kind = is(a, 0xfc000000, 0x94000000) ? DA_INSN_CALL : DA_INSN_JUMP;
	a->in->target_known = da_reg_known(a->regs, a->arch->pc);
	a->in->target = a->regs->v[a->arch->pc] + (uint64_t)(offset * 4);
	return true;
}

static bool breakpoint(struct a64 *a)
{
	a->in->kind = DA_INSN_BREAKPOINT;
	a->in->immediate = bits(a, 20, 5);
	return true;
}

static bool halt(struct a64 *a)
{
	a->in->kind = DA_INSN_HALT;
	return true;
}

static bool supervisor_call(struct a64 *a)
{
	a->in->kind = DA_INSN_SYSCALL;
	return true;
}

static bool undefined(struct a64 *a)
{
	a->in->kind = DA_INSN_UNDEFINED;
	a->in->immediate = bits(a, 15, 0);
	a->in->name = "udf";
	a->in->odd = true; /* capstone 4 does not know it */
	return true;
}

/* The first row that fits; what fits none is either harmless (computes in registers) or unknown. */
static const struct {
	uint32_t mask, value;
	bool (*decode)(struct a64 *a);
} families[] = {
	{ 0x3f000000, 0x08000000, exclusive },
	{ 0x3b000000, 0x18000000, literal },
	{ 0x3a000000, 0x28000000, pair },
	{ 0x3b200000, 0x38000000, immediate9 },
	{ 0x3b200c00, 0x38200000, atomic },
	{ 0x3b200c00, 0x38200800, register_offset },
	{ 0x3b200400, 0x38200400, authenticated },
	{ 0x3b000000, 0x39000000, immediate12 },
	{ 0x3f200c00, 0x19000000, immediate9 }, /* ldapur, stlur */
	{ 0xff200000, 0xd9200000, tags },
	{ 0xbfbf0000, 0x0c000000, simd_multiple },
	{ 0xbfa00000, 0x0c800000, simd_multiple },
	{ 0xbf9f0000, 0x0d000000, simd_single },
	{ 0xbf800000, 0x0d800000, simd_single },
	{ 0xfe000000, 0xa4000000, sve },
	{ 0xfe000000, 0xe4000000, sve },
	{ 0xffffffe0, 0xd50b7420, zero_block },
	{ 0xfe000000, 0xd6000000, branch_register },
	{ 0x7c000000, 0x14000000, branch_direct },
	{ 0x7e000000, 0x34000000, branch_direct }, /* cbz, cbnz */
	{ 0x7e000000, 0x36000000, branch_direct }, /* tbz, tbnz */
	{ 0xff000000, 0x54000000, branch_direct },
	{ 0xffe0001f, 0xd4200000, breakpoint },
	{ 0xffe0001f, 0xd4400000, halt },
	{ 0xffe0001f, 0xd4000001, supervisor_call },
	{ 0xffff0000, 0x00000000, undefined },
};

/* Data processing and system instructions touch no memory: bits 28..25 are 100x, x101, x111, 101x. */
static bool touches_no_memory(uint32_t w)
{
	unsigned op0 = w >> 25 & 15;

	return (op0 & 0xe) == 8 || (op0 & 7) == 5 || (op0 & 7) == 7 || (op0 & 0xe) == 10;
}

enum da_status da_decode_aarch64(const struct da_arch *arch, const uint8_t *code, size_t n,
				 const struct da_regs *regs, uint64_t tp, struct da_insn *ret)
{
	struct da_insn in = { .len = 4 };
	struct da_cursor c = da_cursor(code, n, false, 8); /* code is little-endian, always */
	struct a64 a = { .arch = arch, .regs = regs, .in = &in, .w = da_get_u32(&c) };

	if (!da_ok(&c))
		return DA_FAULT;
	for (size_t i = 0; i < DA_ARRAY_SIZE(families); i++) {
		if (!is(&a, families[i].mask, families[i].value))
			continue;
		if (!families[i].decode(&a))
			return DA_UNSUPPORTED;
		*ret = in;
		return DA_OK;
	}
	if (!touches_no_memory(a.w))
		return DA_UNSUPPORTED;
	*ret = in;
	return DA_OK;
}
