/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instruction of x86_64 or i386. The maps are data (x86_map.c); here is what they cannot say:
 * prefixes, addresses, the opcodes whose ModRM.reg chooses, and what the stack does.
 */
#include "config.h"

#include <string.h>

#include "base/checked.h"
#include "fault/decode.h"
#include "fault/x86_map.h"

enum { AX, CX, DX, BX, SP, BP, SI, DI, GPRS = 16 }; /* as instructions number them */
enum { SEG_FLAT, SEG_FS, SEG_GS };

/* The state of decoding. */
struct x86 {
	const struct da_arch *arch;
	const struct da_regs *regs;
	uint64_t tp;
	struct da_cursor c;
	struct da_insn *in;
	bool b64;
	uint8_t rex, seg, pp;     /* pp: 0 none, 1 66, 2 f3, 3 f2 */
	bool opsize, adsize, lock, rep, repne;
	uint8_t map, op;          /* 0 one byte, 1 0f, 2 0f38, 3 0f3a */
	uint8_t vex;              /* 0, 1 VEX, 2 EVEX */
	uint8_t width;            /* vector: 16, 32, 64 */
	bool bcst;                /* EVEX.b with memory */
	uint8_t modrm, sib;
	bool has_sib, has_mem, disp8;
	int64_t disp;
	uint32_t attr, size;
};

static bool rex_w(const struct x86 *x)
{
	return x->rex & 8;
}

/* Bytes of an operand of the "v" kind. */
static uint32_t op_bytes(const struct x86 *x)
{
	if (rex_w(x))
		return 8;
	return x->opsize ? 2 : 4;
}

/* Bytes that push, pop, call and ret move: 64-bit mode has no 4. */
static uint32_t stack_bytes(const struct x86 *x)
{
	if (x->opsize && !rex_w(x))
		return 2;
	return x->b64 ? 8 : 4;
}

/* The model's number of a general register: DWARF's, which swaps a few (psABI figure 3.36). */
static int reg_number(const struct x86 *x, unsigned n)
{
	static const uint8_t low64[8] = { 0, 2, 1, 3, 7, 6, 4, 5 };

	if (!x->b64)
		return (int)(n & 7);
	return n < 8 ? low64[n] : (int)n;
}

static bool reg_value(const struct x86 *x, unsigned n, uint64_t *ret)
{
	int r = reg_number(x, n);

	if (!da_reg_known(x->regs, r))
		return false;
	*ret = x->regs->v[r];
	return true;
}

static void add_reg(struct x86 *x, int number)
{
	struct da_insn *in = x->in;

	for (unsigned i = 0; i < in->nregs; i++)
		if (in->reg[i] == number)
			return;
	if (number >= 0 && in->nregs < DA_INSN_REGS)
		in->reg[in->nregs++] = (int16_t)number;
}

static struct da_memop *add_mem(struct x86 *x, uint32_t size, uint8_t access, bool implicit)
{
	struct da_memop *m;

	if (x->in->nmem == DA_INSN_MEMS)
		return NULL;
	m = &x->in->mem[x->in->nmem++];
	*m = (struct da_memop){ .size = size, .access = access, .implicit = implicit,
				.base = DA_REG_NONE, .index = DA_REG_NONE };
	return m;
}

/* Memory at a register plus offset: stack and string instructions. */
static void add_at(struct x86 *x, unsigned reg, int64_t offset, uint32_t size, uint8_t access)
{
	struct da_memop *m = add_mem(x, size, access, true);
	uint64_t v;

	if (!m)
		return;
	m->base = (int16_t)reg_number(x, reg);
	add_reg(x, m->base);
	if (!reg_value(x, reg, &v))
		return;
	m->known = true;
	m->addr = v + (uint64_t)offset;
	if (!x->b64 || (x->adsize && reg != SP && reg != BP))
		m->addr &= 0xffffffff;
}

static void push(struct x86 *x, uint32_t size)
{
	add_at(x, SP, -(int64_t)size, size, DA_MEM_WRITE);
}

/* ---------------------------------------------------------------- prefixes */

static bool legacy_prefix(struct x86 *x, uint8_t b)
{
	switch (b) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: /* flat, and ignored in 64-bit mode */
		if (!x->b64)
			x->seg = SEG_FLAT;
		return true;
	case 0x64: x->seg = SEG_FS; return true;
	case 0x65: x->seg = SEG_GS; return true;
	case 0x66: x->opsize = true; return true;
	case 0x67: x->adsize = true; return true;
	case 0xf0: x->lock = true; return true;
	case 0xf2: x->repne = true; x->rep = false; return true;
	case 0xf3: x->rep = true; x->repne = false; return true;
	default: return false;
	}
}

static bool vex3(struct x86 *x, uint8_t p0, uint8_t p1)
{
	x->map = p0 & 0x1f;
	x->rex = (uint8_t)((~p0 >> 5 & 7) | (p1 >> 7 << 3));
	x->pp = p1 & 3;
	x->width = p1 & 4 ? 32 : 16;
	x->vex = 1;
	return x->map >= 1 && x->map <= 3;
}

static bool evex(struct x86 *x)
{
	static const uint8_t widths[] = { 16, 32, 64, 64 };
	uint8_t p0 = da_get_u8(&x->c), p1 = da_get_u8(&x->c), p2 = da_get_u8(&x->c);

	/* Bit 3 of the first byte and a clear bit 2 of the second mean APX: another instruction set. */
	if ((p0 & 8) || !(p1 & 4))
		return false;
	x->map = p0 & 7;
	x->rex = (uint8_t)((~p0 >> 5 & 7) | (p1 >> 7 << 3));
	x->pp = p1 & 3;
	x->width = widths[p2 >> 5 & 3];
	x->bcst = p2 & 0x10;
	x->vex = 2;
	return x->map == 1 || x->map == 2 || x->map == 3 || x->map == 5 || x->map == 6;
}

/* c4, c5, 62 and 8f are other instructions in 32-bit mode when a ModRM of memory follows. */
static bool is_vector_prefix(const struct x86 *x, uint8_t b)
{
	if (b != 0xc4 && b != 0xc5 && b != 0x62)
		return false;
	return x->b64 || (da_left(&x->c) > 0 && *x->c.p >= 0xc0);
}

static bool read_opcode(struct x86 *x)
{
	uint8_t b = da_get_u8(&x->c);

	while (legacy_prefix(x, b) && da_pos(&x->c) < 15)
		b = da_get_u8(&x->c);
	if (x->b64 && (b & 0xf0) == 0x40) {
		x->rex = b;
		b = da_get_u8(&x->c);
		if (legacy_prefix(x, b) || (b & 0xf0) == 0x40)
			return false; /* REX must be last; the CPU ignores it then, nobody writes this */
	}
	x->pp = x->rep ? 2 : x->repne ? 3 : x->opsize ? 1 : 0;
	if (is_vector_prefix(x, b)) {
		if (x->rex || x->opsize || x->rep || x->repne || x->lock)
			return false;
		if (b == 0x62) {
			if (!evex(x))
				return false;
		} else if (b == 0xc5) {
			uint8_t p = da_get_u8(&x->c);

			vex3(x, (uint8_t)((p & 0x80) | 0x61), p & 0x7f);
		} else {
			uint8_t p0 = da_get_u8(&x->c), p1 = da_get_u8(&x->c);

			if (!vex3(x, p0, p1))
				return false;
		}
		x->op = da_get_u8(&x->c);
		return true;
	}
	if (b == 0x0f) {
		x->map = 1;
		b = da_get_u8(&x->c);
		if (b == 0x38 || b == 0x3a) {
			x->map = b == 0x38 ? 2 : 3;
			b = da_get_u8(&x->c);
		}
	}
	x->op = b;
	return true;
}

/* ---------------------------------------------------------------- attributes */

static const uint32_t *vex_attr(const struct x86 *x)
{
	for (unsigned i = 0; i < da_x86_vex_n; i++) {
		const struct da_x86_vex *v = &da_x86_vex[i];

		if (v->map == x->map && v->op == x->op && (v->prefixes >> x->pp & 1) &&
		    (v->evex == 2 || v->evex == x->vex - 1))
			return &v->attr;
	}
	return NULL;
}

/* Fused multiply-add and gathers fill whole columns of map 0f 38. */
static uint32_t vex_columns(const struct x86 *x)
{
	unsigned low = x->op & 15, high = x->op >> 4;

	if (x->map != 2 || x->pp != 1)
		return BAD;
	if (high >= 9 && high <= 11 && low >= 6)
		return (low >= 9 && (low & 1)) ? R(SZ_SS) : R(SZ_W);
	if (high == 9 && low < 4)
		return R(SZ_NONE);
	return BAD;
}

/* The integer half of map 0f has no meaning behind a vector prefix. */
static bool not_vector(uint8_t op, uint32_t attr)
{
	return !(attr & MODRM) || op < 0x10 || (op >= 0x18 && op < 0x28) ||
	       (op >= 0x30 && op < 0x50) || (op >= 0x80 && op < 0xc2 && op != 0xae) || op == 0xc3 ||
	       (op >= 0xc7 && op < 0xd0);
}

static uint32_t attributes(const struct x86 *x)
{
	static const uint32_t *const maps[] = { da_x86_map1, da_x86_map2, da_x86_map3, da_x86_map4 };
	uint32_t a;
	const uint32_t *special;

	if (!x->vex)
		return maps[x->map][x->op];
	special = vex_attr(x);
	if (special)
		return *special;
	if (x->map > 3) /* AVX512-FP16: stores are 11 and 7e, as in map 1 */
		return x->map == 5 && (x->op == 0x11 || x->op == 0x7e) ? W(SZ_NONE) : R(SZ_NONE);
	if (vex_columns(x) != BAD)
		return vex_columns(x);
	if (x->map == 1 && x->op == 0x77 && x->vex == 1)
		return SZ_NONE; /* vzeroupper */
	a = maps[x->map][x->op];
	if ((a & BAD) && x->vex == 2 && x->map != 1)
		return R(SZ_NONE) | (x->map == 3 ? (uint32_t)IMM_1 : 0); /* memory is a source there */
	if ((a & BAD) && x->vex == 2)
		return x->op >= 0x78 && x->op <= 0x7b ? R(SZ_NONE) : BAD;
	return x->map == 1 && not_vector(x->op, a) ? BAD : a;
}

static uint32_t vector_bytes(const struct x86 *x)
{
	return x->vex ? x->width : 16;
}

static uint32_t size_x(const struct x86 *x)
{
	return x->pp == 2 ? 4 : x->pp == 3 ? 8 : vector_bytes(x);
}

static uint32_t size_of(const struct x86 *x, uint32_t attr)
{
	uint32_t v = vector_bytes(x);

	switch (attr & SZ_MASK) {
	case SZ_1: return 1;
	case SZ_2: return 2;
	case SZ_4: return 4;
	case SZ_8: return 8;
	case SZ_10: return 10;
	case SZ_16F: return 16;
	case SZ_64: return 64;
	case SZ_V: return op_bytes(x);
	case SZ_Y: case SZ_SS: return rex_w(x) ? 8 : 4;
	case SZ_X: return size_x(x);
	case SZ_P: return x->vex || x->pp == 1 || (x->map == 1 && x->pp) ? v : 8;
	case SZ_W: return v;
	case SZ_H: return v / 2;
	case SZ_Q: return v / 4;
	case SZ_O: return v / 8;
	case SZ_DUP: return x->pp == 2 || (x->pp == 3 && v > 16) ? v : 8;
	case SZ_CVT: return x->pp == 1 ? v : x->pp == 0 ? v / 2 : size_x(x);
	case SZ_COM: return x->pp == 1 ? 8 : 4;
	case SZ_CVI:
		if (x->op == 0x2a)
			return x->pp >= 2 && !rex_w(x) ? 4 : 8;
		return x->pp == 1 ? 16 : x->pp == 2 ? 4 : 8;
	default: return 0;
	}
}

/* ---------------------------------------------------------------- groups: ModRM.reg chooses */

static uint32_t group_x87(const struct x86 *x, unsigned reg, uint32_t *size)
{
	static const struct {
		uint8_t size, access; /* access 0: not an instruction */
	} t[8][8] = {
		{ { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 } },
		{ { 4, 1 }, { 0, 0 }, { 4, 2 }, { 4, 2 }, { 28, 1 }, { 2, 1 }, { 28, 2 }, { 2, 2 } },
		{ { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 }, { 4, 1 } },
		{ { 4, 1 }, { 4, 2 }, { 4, 2 }, { 4, 2 }, { 0, 0 }, { 10, 1 }, { 0, 0 }, { 10, 2 } },
		{ { 8, 1 }, { 8, 1 }, { 8, 1 }, { 8, 1 }, { 8, 1 }, { 8, 1 }, { 8, 1 }, { 8, 1 } },
		{ { 8, 1 }, { 8, 2 }, { 8, 2 }, { 8, 2 }, { 108, 1 }, { 0, 0 }, { 108, 2 }, { 2, 2 } },
		{ { 2, 1 }, { 2, 1 }, { 2, 1 }, { 2, 1 }, { 2, 1 }, { 2, 1 }, { 2, 1 }, { 2, 1 } },
		{ { 2, 1 }, { 2, 2 }, { 2, 2 }, { 2, 2 }, { 10, 1 }, { 8, 1 }, { 10, 2 }, { 8, 2 } },
	};

	if (x->modrm >= 0xc0)
		return MODRM;
	*size = t[x->op & 7][reg].size;
	switch (t[x->op & 7][reg].access) {
	case 1: return MODRM | ACC_R;
	case 2: return MODRM | ACC_W;
	default: return BAD;
	}
}

static uint32_t group_one(struct x86 *x, unsigned reg, uint32_t a, uint32_t *size)
{
	struct da_insn *in = x->in;

	switch (x->op) {
	case 0x80: case 0x81: case 0x82: case 0x83:
		return reg == 7 ? a & ~(uint32_t)ACC_W : a; /* cmp */
	case 0x8f:
		*size = stack_bytes(x);
		return reg ? BAD : a;
	case 0xc6: case 0xc7:
		if (x->modrm == 0xf8) /* xabort, xbegin */
			return a & ~(uint32_t)ACC_W;
		return reg ? BAD : a;
	case 0xf6: case 0xf7:
		if (reg < 2)
			return a | ACC_R | (x->op == 0xf6 ? IMM_1 : IMM_Z);
		if (reg >= 6) {
			in->kind = DA_INSN_DIVIDE;
			in->divide_signed = reg == 7;
		}
		return a | ACC_R | (reg < 4 ? (uint32_t)ACC_W : 0);
	case 0xfe:
		return reg > 1 ? BAD : a;
	default: /* ff */
		if (reg == 7)
			return BAD;
		if (reg >= 2)
			*size = reg == 3 || reg == 5 ? (rex_w(x) ? 10 : 6) : stack_bytes(x);
		if (reg >= 2 && reg <= 5) {
			in->kind = reg < 4 ? DA_INSN_CALL : DA_INSN_JUMP;
			in->indirect = true;
		}
		return a | ACC_R | (reg < 2 ? (uint32_t)ACC_W : 0);
	}
}

/* 0f 00, 0f 01: system tables. Only sgdt, sidt, sldt, str, smsw may store for programs. */
static uint32_t group_system(struct x86 *x, unsigned reg, uint32_t *size)
{
	bool mem = x->modrm < 0xc0;

	if (x->op == 0) {
		if (reg == 2 || reg == 3)
			x->in->kind = DA_INSN_PRIVILEGED;
		return reg > 5 ? BAD : MODRM | (reg < 2 ? (uint32_t)ACC_W : (uint32_t)ACC_R);
	}
	if (!mem) {
		if (x->modrm == 0xf8 || (x->modrm >= 0xc1 && x->modrm <= 0xc4))
			x->in->kind = DA_INSN_PRIVILEGED;
		x->in->odd = x->pp != 0 || (x->modrm & 0xf8) == 0xe8;
		return MODRM;
	}
	*size = reg < 4 ? (x->b64 ? 10 : 6) : reg == 5 ? 8 : 2;
	switch (reg) {
	case 0: case 1: case 4: return MODRM | ACC_W;
	case 2: case 3: case 6:
		x->in->kind = DA_INSN_PRIVILEGED;
		return MODRM | ACC_R;
	case 5: x->in->odd = true; return x->pp == 2 ? MODRM | ACC_R | ACC_W : BAD;
	default: x->in->kind = DA_INSN_PRIVILEGED; return NOMEM;
	}
}

/*
 * 0f ae and 0f c7: what a prefix makes of them is newer than most disassemblers, which then print the
 * old meaning. So these have names of their own.
 */
static const struct prefixed {
	uint8_t op, pp, reg;
	bool mem;
	uint32_t attr;
	const char *name;
} prefixed[] = {
	{ 0xae, 2, 0, false, 0, "rdfsbase" }, { 0xae, 2, 1, false, 0, "rdgsbase" },
	{ 0xae, 2, 2, false, 0, "wrfsbase" }, { 0xae, 2, 3, false, 0, "wrgsbase" },
	{ 0xae, 2, 4, false, 0, "ptwrite" },  { 0xae, 2, 4, true, ACC_R | SZ_Y, "ptwrite" },
	{ 0xae, 2, 5, false, 0, "incssp" },   { 0xae, 2, 6, false, 0, "umonitor" },
	{ 0xae, 3, 6, false, 0, "umwait" },   { 0xae, 1, 6, false, 0, "tpause" },
	{ 0xae, 2, 6, true, ACC_R | ACC_W | SZ_8, "clrssbsy" },
	{ 0xae, 1, 6, true, PROBE, "clwb" },  { 0xae, 1, 7, true, ACC_R | SZ_1, "clflushopt" },
	{ 0xc7, 2, 6, false, 0, "senduipi" }, { 0xc7, 2, 7, false, 0, "rdpid" },
	{ 0xc7, 1, 6, true, ACC_R | SZ_8, "vmclear" }, { 0xc7, 2, 6, true, ACC_R | SZ_8, "vmxon" },
};

static uint32_t group_prefixed(struct x86 *x, unsigned reg, uint32_t *size)
{
	bool mem = x->modrm < 0xc0;

	x->in->odd = true;
	for (size_t i = 0; i < DA_ARRAY_SIZE(prefixed); i++) {
		const struct prefixed *p = &prefixed[i];

		if (p->op == x->op && p->pp == x->pp && p->reg == reg && p->mem == mem) {
			x->in->name = p->name;
			*size = size_of(x, p->attr);
			return MODRM | (p->attr & ~(uint32_t)SZ_MASK);
		}
	}
	/* rdrand and rdseed take an operand size */
	if (x->op == 0xc7 && x->pp == 1 && !mem && reg >= 6)
		return MODRM;
	return BAD;
}

static uint32_t group_ae(struct x86 *x, unsigned reg, uint32_t *size)
{
	if (x->vex) {
		*size = 4;
		return reg == 2 ? MODRM | ACC_R : reg == 3 ? MODRM | ACC_W : BAD;
	}
	if (x->pp)
		return group_prefixed(x, reg, size);
	if (x->modrm >= 0xc0)
		return reg >= 5 ? MODRM : BAD; /* fences */
	x->in->aligned = reg < 2;
	*size = reg < 2 ? 512 : reg < 4 ? 4 : reg == 7 ? 1 : 0;
	return MODRM | (reg == 1 || reg == 2 || reg == 5 || reg == 7 ? (uint32_t)ACC_R : (uint32_t)ACC_W);
}

static uint32_t group_c7(struct x86 *x, unsigned reg, uint32_t *size)
{
	if (x->pp && reg != 1)
		return group_prefixed(x, reg, size);
	if (x->modrm >= 0xc0)
		return reg >= 6 ? MODRM : BAD;
	switch (reg) {
	case 1:
		*size = rex_w(x) ? 16 : 8;
		x->in->aligned = rex_w(x);
		return MODRM | ACC_R | ACC_W;
	case 3: case 5: x->in->kind = DA_INSN_PRIVILEGED; *size = 0; return MODRM | ACC_R | ACC_W;
	case 4: *size = 0; return MODRM | ACC_W;
	case 6: *size = 8; x->in->kind = DA_INSN_PRIVILEGED; return MODRM | ACC_R;
	case 7: *size = 8; x->in->kind = DA_INSN_PRIVILEGED; return MODRM | ACC_W;
	default: return BAD;
	}
}

static uint32_t group_two(struct x86 *x, unsigned reg, uint32_t a, uint32_t *size)
{
	switch (x->op) {
	case 0x00: case 0x01: return group_system(x, reg, size);
	case 0x6f: case 0x7f: /* movq mm, movdqa, movdqu */
		return x->pp >= 2 ? a | LOOSE : x->pp == 1 ? a | ALIGN : a;
	case 0x7e:
		if (x->pp == 2) {
			*size = 8;
			return MODRM | ACC_R;
		}
		return a;
	case 0xae: return group_ae(x, reg, size);
	case 0xba:
		return reg < 4 ? BAD : reg == 4 ? a & ~(uint32_t)ACC_W : a;
	case 0xc7: return group_c7(x, reg, size);
	default: /* e6 */
		if (x->pp == 2)
			*size = vector_bytes(x) / 2;
		return x->pp ? a : BAD;
	}
}

static uint32_t group_three(struct x86 *x, uint32_t a, uint32_t *size)
{
	switch (x->op) {
	case 0xf0: case 0xf1: /* movbe, crc32 */
		if (x->pp == 3) {
			*size = x->op == 0xf0 ? 1 : op_bytes(x);
			return MODRM | ACC_R;
		}
		*size = op_bytes(x);
		return x->pp == 2 ? BAD : a;
	case 0xf6: /* adcx, adox; wrss without a prefix */
		return x->pp == 0 ? W(SZ_Y) : x->pp == 3 ? BAD : a;
	case 0xf8: /* movdir64b, enqcmd, enqcmds: from memory to memory */
		x->in->odd = true;
		return x->pp ? a | ACC_R : BAD;
	default: /* db..df with 66: AES */
		if (x->pp == 1 || x->vex)
			return a;
		x->in->odd = true; /* Key Locker */
		*size = x->op == 0xdc || x->op == 0xdd ? 48 : 64;
		return x->pp == 2 ? a | LOOSE : BAD;
	}
}

static bool resolve_group(struct x86 *x)
{
	unsigned reg = x->modrm >> 3 & 7;
	uint32_t a = x->attr;

	if (!(a & GROUP))
		return true;
	if (x->map == 0)
		a = x->op >= 0xd8 && x->op <= 0xdf ? group_x87(x, reg, &x->size)
						   : group_one(x, reg, a, &x->size);
	else if (x->map == 1)
		a = group_two(x, reg, a, &x->size);
	else
		a = group_three(x, a, &x->size);
	x->attr = a;
	return !(a & BAD);
}

/* ---------------------------------------------------------------- ModRM, SIB, displacement */

static bool read_modrm(struct x86 *x)
{
	unsigned mod, rm;

	x->modrm = da_get_u8(&x->c);
	mod = x->modrm >> 6;
	rm = x->modrm & 7;
	if (mod == 3)
		return true;
	x->has_mem = true;
	if (!x->b64 && x->adsize) { /* 16-bit addresses: bx+si and so on */
		if (mod == 2 || (mod == 0 && rm == 6))
			x->disp = (int16_t)da_get_u16(&x->c);
		else if (mod == 1)
			x->disp = (int8_t)da_get_u8(&x->c);
		return true;
	}
	if (rm == 4) {
		x->has_sib = true;
		x->sib = da_get_u8(&x->c);
	}
	if (mod == 1) {
		x->disp = (int8_t)da_get_u8(&x->c);
		x->disp8 = true;
	} else if (mod == 2 || (mod == 0 && (x->has_sib ? x->sib & 7 : rm) == 5)) {
		x->disp = (int32_t)da_get_u32(&x->c);
	}
	return true;
}

static bool skip_immediate(struct x86 *x)
{
	bool near_branch = (x->map == 0 && (x->op == 0xe8 || x->op == 0xe9)) ||
			   (x->map == 1 && (x->op & 0xf0) == 0x80);
	uint32_t imm_z = x->opsize && !rex_w(x) ? 2 : 4;

	if (x->vex && x->map == 3 && !(x->attr & IMM_MASK))
		x->attr |= IMM_1;
	switch (x->attr & IMM_MASK) {
	case IMM_1: x->in->immediate = da_get_u8(&x->c); break;
	case IMM_2: da_skip(&x->c, 2); break;
	case IMM_3: da_skip(&x->c, 3); break;
	case IMM_Z:
		/* In 64-bit mode Intel's CPUs ignore 66 before a near branch, AMD's do not. */
		if (near_branch && x->b64 && x->opsize && !rex_w(x))
			return false;
		da_skip(&x->c, imm_z);
		break;
	case IMM_V: da_skip(&x->c, op_bytes(x)); break;
	case IMM_A: da_skip(&x->c, x->b64 ? (x->adsize ? 4 : 8) : x->adsize ? 2 : 4); break;
	case IMM_F: da_skip(&x->c, 2 + imm_z); break;
	}
	return true;
}

/* What a segment adds: flat except fs and gs. False: not known. */
static bool segment_base(const struct x86 *x, uint64_t *ret)
{
	int r;

	*ret = 0;
	if (x->seg != SEG_FS && x->seg != SEG_GS)
		return true;
	r = da_arch_reg(x->arch, x->seg == SEG_FS ? "fs_base" : "gs_base");
	if (da_reg_known(x->regs, r)) {
		*ret = x->regs->v[r];
		return true;
	}
	*ret = x->tp;
	return x->tp && x->seg == (x->b64 ? SEG_FS : SEG_GS);
}

/* disp8 of EVEX counts in units of the memory operand. False: the unit is not known here. */
static bool displacement(const struct x86 *x, int64_t *ret)
{
	*ret = x->disp;
	if (x->vex != 2 || !x->disp8)
		return true;
	if (!x->size)
		return x->disp == 0;
	*ret = x->disp * (int64_t)x->size;
	return true;
}

static bool add_part(struct x86 *x, unsigned reg, unsigned scale, int16_t *ret_number, uint64_t *sum)
{
	uint64_t v;

	*ret_number = (int16_t)reg_number(x, reg);
	add_reg(x, *ret_number);
	if (!reg_value(x, reg, &v))
		return false;
	*sum += v << scale;
	return true;
}

/* Sum up the address; m->base and m->index are set even if it is not known. */
static void effective_address(struct x86 *x, struct da_memop *m, uint64_t popped)
{
	unsigned mod = x->modrm >> 6, rm = x->modrm & 7;
	unsigned base = (x->has_sib ? x->sib & 7 : rm) | (x->rex & 1) << 3;
	unsigned index = (x->sib >> 3 & 7) | (x->rex & 2) << 2;
	bool vsib = x->vex && x->map == 2 &&
		    (((x->op >> 4 == 9 || x->op >> 4 == 10) && (x->op & 15) < 4) ||
		     (x->op & 0xfe) == 0xc6);
	bool known;
	int64_t disp;
	uint64_t sum = 0;

	known = displacement(x, &disp) && (x->b64 || !x->adsize);
	if (x->b64 || !x->adsize) {
		if (mod == 0 && !x->has_sib && rm == 5) {
			if (x->b64) {
				sum = x->regs->v[x->arch->pc] + x->in->len;
				known &= da_reg_known(x->regs, x->arch->pc);
			}
		} else if (mod == 0 && x->has_sib && (x->sib & 7) == 5) {
			; /* a displacement without base */
		} else {
			known &= add_part(x, base, 0, &m->base, &sum);
			if (base == SP)
				sum += popped;
		}
		if (x->has_sib && vsib)
			known = false;
		else if (x->has_sib && index != SP)
			known &= add_part(x, index, x->sib >> 6, &m->index, &sum);
	}
	sum += (uint64_t)disp;
	if (!x->b64 || x->adsize)
		sum &= 0xffffffff;
	if (segment_base(x, &m->addr) && known) {
		m->known = true;
		m->addr += sum;
		if (!x->b64)
			m->addr &= 0xffffffff;
	}
}

/* A bit string's register operand counts bits from the address, in either direction. */
static void bit_offset(struct x86 *x, struct da_memop *m)
{
	unsigned reg = (x->modrm >> 3 & 7) | (x->rex & 4) << 1;
	uint32_t bytes = op_bytes(x), bits = bytes * 8;
	uint64_t v;
	int64_t n;

	m->size = bytes;
	add_reg(x, reg_number(x, reg));
	if (!reg_value(x, reg, &v)) {
		m->known = false;
		return;
	}
	n = bytes == 8 ? (int64_t)v : bytes == 4 ? (int32_t)v : (int16_t)v;
	m->addr += (uint64_t)(((n >> (bytes == 8 ? 6 : bytes == 4 ? 5 : 4)) * (int64_t)bits) / 8);
	if (!x->b64 || x->adsize)
		m->addr &= 0xffffffff;
}

static void explicit_memory(struct x86 *x)
{
	struct da_memop *m;
	uint8_t access = (uint8_t)((x->attr & ACC_R ? DA_MEM_READ : 0) |
				   (x->attr & ACC_W ? DA_MEM_WRITE : 0));
	bool pop = x->map == 0 && x->op == 0x8f;

	if (!access && !(x->attr & PROBE))
		return;
	if (x->vex == 2 && x->bcst && x->size > 8)
		x->size = rex_w(x) ? 8 : 4;
	m = add_mem(x, x->size, access, false);
	if (!m)
		return;
	m->probes = !access;
	effective_address(x, m, pop ? x->size : 0);
	if ((x->attr & SZ_MASK) == SZ_BITS && m->known)
		bit_offset(x, m);
}

/* ---------------------------------------------------------------- implicit effects */

static void string_op(struct x86 *x)
{
	uint32_t size = x->op & 1 ? op_bytes(x) : 1;
	bool other_segment = x->seg == SEG_FS || x->seg == SEG_GS;

	x->in->repeated = x->rep || x->repne;
	x->in->operand = size;
	if (x->in->repeated)
		add_reg(x, reg_number(x, CX));
	switch (x->op & 0xfe) {
	case 0x6c: size = x->op & 1 ? DA_MIN(size, 4u) : 1; add_at(x, DI, 0, size, DA_MEM_WRITE); break;
	case 0x6e: add_at(x, SI, 0, size, DA_MEM_READ); break;
	case 0xa4:
		add_at(x, SI, 0, size, DA_MEM_READ);
		add_at(x, DI, 0, size, DA_MEM_WRITE);
		break;
	case 0xa6:
		add_at(x, SI, 0, size, DA_MEM_READ);
		add_at(x, DI, 0, size, DA_MEM_READ);
		break;
	case 0xaa: add_at(x, DI, 0, size, DA_MEM_WRITE); break;
	case 0xac: add_at(x, SI, 0, size, DA_MEM_READ); break;
	case 0xae: add_at(x, DI, 0, size, DA_MEM_READ); break;
	}
	if (other_segment && (x->op & 0xfe) != 0xaa && (x->op & 0xfe) != 0xae && x->in->nmem)
		x->in->mem[0].known = false;
}

static void divide(struct x86 *x)
{
	struct da_insn *in = x->in;
	uint64_t v, mask;
	unsigned reg = (x->modrm & 7) | (x->rex & 1) << 3;

	in->operand = x->op == 0xf6 ? 1 : op_bytes(x);
	mask = in->operand == 8 ? UINT64_MAX : (1ULL << in->operand * 8) - 1;
	if (!x->has_mem && !(in->operand == 1 && !x->rex && reg >= 4)) {
		add_reg(x, reg_number(x, reg));
		if (reg_value(x, reg, &v)) {
			in->divisor_known = true;
			in->divisor = v & mask;
		}
	}
	if (in->operand == 1) {
		if (reg_value(x, AX, &v)) {
			in->dividend_known = true;
			in->dividend_low = v & 0xff;
			in->dividend_high = v >> 8 & 0xff;
		}
	} else if (reg_value(x, AX, &v)) {
		in->dividend_low = v & mask;
		if (reg_value(x, DX, &v)) {
			in->dividend_known = true;
			in->dividend_high = v & mask;
		}
	}
	add_reg(x, reg_number(x, AX));
	add_reg(x, reg_number(x, DX));
}

static void direct_target(struct x86 *x)
{
	struct da_cursor c = x->c;
	uint64_t next = x->regs->v[x->arch->pc] + x->in->len;
	bool near = x->map == 1 || x->op == 0xe8 || x->op == 0xe9;
	size_t back = near ? (x->opsize && !x->b64 ? 2 : 4) : 1;
	int64_t disp;

	if (!da_reg_known(x->regs, x->arch->pc) || x->in->len < back)
		return;
	da_seek(&c, x->in->len - back);
	disp = back == 4 ? (int32_t)da_get_u32(&c) : back == 2 ? (int16_t)da_get_u16(&c)
							       : (int8_t)da_get_u8(&c);
	x->in->target = next + (uint64_t)disp;
	if (!x->b64)
		x->in->target &= back == 2 ? 0xffff : 0xffffffff;
	x->in->target_known = true;
}

static void indirect_branch(struct x86 *x)
{
	unsigned reg = (x->modrm & 7) | (x->rex & 1) << 3;
	bool far = (x->modrm >> 3 & 7) == 3 || (x->modrm >> 3 & 7) == 5;

	if (!x->has_mem) {
		add_reg(x, reg_number(x, reg));
		x->in->target_known = reg_value(x, reg, &x->in->target);
	}
	if (x->in->kind == DA_INSN_CALL && !far)
		push(x, stack_bytes(x));
}

static void one_byte_effects(struct x86 *x)
{
	struct da_insn *in = x->in;
	uint8_t op = x->op;
	uint32_t word = stack_bytes(x);

	if ((op >= 0x6c && op <= 0x6f) || (op >= 0xa4 && op <= 0xa7) || (op >= 0xaa && op <= 0xaf))
		string_op(x);
	else if ((op >= 0x50 && op <= 0x57) || op == 0x68 || op == 0x6a || op == 0x9c ||
		 (!x->b64 && (op == 0x06 || op == 0x0e || op == 0x16 || op == 0x1e)))
		push(x, word);
	else if ((op >= 0x58 && op <= 0x5f) || op == 0x8f || op == 0x9d ||
		 (!x->b64 && (op == 0x07 || op == 0x17 || op == 0x1f)))
		add_at(x, SP, 0, word, DA_MEM_READ);
	else if (op == 0x60)
		add_at(x, SP, -8 * (int64_t)word, 8 * word, DA_MEM_WRITE);
	else if (op == 0x61)
		add_at(x, SP, 0, 8 * word, DA_MEM_READ);
	else if (op == 0xc8)
		push(x, word);
	else if (op == 0xc9)
		add_at(x, BP, 0, word, DA_MEM_READ);
	else if (op == 0xd7)
		add_at(x, BX, 0, 0, DA_MEM_READ); /* xlat: al moves it by up to 255 */

	switch (op) {
	case 0xc2: case 0xc3:
		in->kind = DA_INSN_RETURN;
		add_at(x, SP, 0, word, DA_MEM_READ);
		break;
	case 0xca: case 0xcb: case 0xcf:
		in->kind = DA_INSN_RETURN;
		add_at(x, SP, 0, 0, DA_MEM_READ);
		break;
	case 0xcc: in->kind = DA_INSN_BREAKPOINT; in->name = "int3"; break;
	case 0xcd: in->kind = in->immediate == 0x80 ? DA_INSN_SYSCALL : DA_INSN_OTHER; break;
	case 0xf1: in->kind = DA_INSN_BREAKPOINT; in->odd = true; in->name = "int1"; break;
	case 0xf4: in->kind = DA_INSN_HALT; in->name = "hlt"; break;
	case 0xe8: in->kind = DA_INSN_CALL; push(x, word); direct_target(x); break;
	case 0xe9: case 0xeb: in->kind = DA_INSN_JUMP; direct_target(x); break;
	case 0xff:
		if (in->kind != DA_INSN_OTHER)
			indirect_branch(x);
		else if ((x->modrm >> 3 & 7) == 6)
			push(x, word);
		break;
	}
	if ((op & 0xf0) == 0x70 || (op >= 0xe0 && op <= 0xe3)) {
		in->kind = DA_INSN_JUMP;
		direct_target(x);
	}
}

static void two_byte_effects(struct x86 *x)
{
	struct da_insn *in = x->in;

	switch (x->op) {
	case 0x05: case 0x34:
		in->kind = DA_INSN_SYSCALL;
		in->name = x->op == 5 ? "syscall" : "sysenter";
		break;
	case 0x0b: in->kind = DA_INSN_UNDEFINED; in->name = "ud2"; break;
	case 0xb9: case 0xff: in->kind = DA_INSN_UNDEFINED; in->odd = true;
		in->name = x->op == 0xb9 ? "ud1" : "ud0"; break;
	case 0xa0: case 0xa8: push(x, stack_bytes(x)); break;
	case 0xa1: case 0xa9: add_at(x, SP, 0, stack_bytes(x), DA_MEM_READ); break;
	case 0xf7: add_at(x, DI, 0, x->pp == 1 || x->vex ? 16 : 8, DA_MEM_WRITE); break;
	}
	if ((x->op & 0xf0) == 0x80) {
		in->kind = DA_INSN_JUMP;
		direct_target(x);
	}
}

/* movdir64b and enqcmd write 64 bytes at the address that the register operand holds. */
static void three_byte_effects(struct x86 *x)
{
	if (x->map == 2 && x->op == 0xf8 && !x->vex)
		add_at(x, (x->modrm >> 3 & 7) | (x->rex & 4) << 1, 0, 64, DA_MEM_WRITE);
}

static void vector_flags(struct x86 *x)
{
	uint32_t a = x->attr, size = a & SZ_MASK;
	bool whole = size == SZ_W || (size == SZ_X && x->pp < 2) || (size == SZ_P && x->size >= 16) ||
		     (size == SZ_DUP && x->size >= 16) || size == SZ_16F ||
		     (size == SZ_CVI && x->size == 16) || (size == SZ_CVT && x->size == 16);

	x->in->vector = x->map >= 1 && x->size >= 16 && whole;
	if (!x->in->vector || !x->has_mem)
		return;
	x->in->aligned = (a & ALIGN) ? x->size >= 16 : !x->vex && !(a & LOOSE);
}

static void moffs(struct x86 *x)
{
	struct da_memop *m = add_mem(x, x->size, x->attr & ACC_W ? DA_MEM_WRITE : DA_MEM_READ, false);
	struct da_cursor c = x->c;
	size_t n = x->b64 ? (x->adsize ? 4 : 8) : x->adsize ? 2 : 4;
	uint64_t base;

	if (!m || da_pos(&c) < n)
		return;
	da_seek(&c, da_pos(&c) - n);
	m->addr = n == 8 ? da_get_u64(&c) : n == 4 ? da_get_u32(&c) : da_get_u16(&c);
	m->known = segment_base(x, &base);
	m->addr += base;
}

static enum da_status decode(struct x86 *x)
{
	struct da_insn *in = x->in;

	if (!read_opcode(x))
		return da_ok(&x->c) ? DA_UNSUPPORTED : DA_FAULT;
	x->attr = attributes(x);
	if ((x->attr & BAD) || (x->b64 && (x->attr & BAD64)))
		return da_ok(&x->c) ? DA_UNSUPPORTED : DA_FAULT;
	if (x->attr & MODRM)
		read_modrm(x);
	x->size = size_of(x, x->attr);
	if (!resolve_group(x))
		return da_ok(&x->c) ? DA_UNSUPPORTED : DA_FAULT;
	if (!skip_immediate(x))
		return DA_UNSUPPORTED;
	if (!da_ok(&x->c))
		return DA_FAULT;
	if (da_pos(&x->c) > 15)
		return DA_UNSUPPORTED;
	in->len = (uint8_t)da_pos(&x->c);
	in->operand = x->size;
	if (x->attr & PRIV)
		in->kind = DA_INSN_PRIVILEGED;
	if (x->has_mem)
		explicit_memory(x);
	else if ((x->attr & IMM_MASK) == IMM_A)
		moffs(x);
	if (in->kind == DA_INSN_DIVIDE)
		divide(x);
	if (x->map == 0)
		one_byte_effects(x);
	else if (x->map == 1 && !x->vex)
		two_byte_effects(x);
	else
		three_byte_effects(x);
	vector_flags(x);
	if (x->vex == 2 && x->map > 3)
		in->odd = true;
	return DA_OK;
}

enum da_status da_decode_x86(const struct da_arch *arch, const uint8_t *code, size_t n,
			     const struct da_regs *regs, uint64_t tp, struct da_insn *ret)
{
	struct da_insn in = { 0 };
	struct x86 x = { .arch = arch, .regs = regs, .tp = tp, .in = &in, .b64 = arch->word == 8,
			 .c = da_cursor(code, DA_MIN(n, (size_t)15), false, arch->word) };
	enum da_status status = decode(&x);

	/* 15 bytes are the most that the CPU takes. */
	if (status == DA_FAULT && n >= 15)
		status = DA_UNSUPPORTED;
	if (status == DA_OK)
		*ret = in;
	return status;
}
