/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack machine for DWARF expressions (DWARF 5, 2.5). Values are as wide as a pointer of the
 * process. Operations that have no meaning in call frame information (6.4.2) are refused.
 */
#include "config.h"

#include <dwarf.h>

#include "unwind/step.h"

#define DEPTH 64 /* values on the stack: compilers need 4 at most */

struct machine {
	struct da_expr *e;
	uint64_t stack[DEPTH];
	unsigned n;
	unsigned bits;
	enum da_status status; /* sticky */
};

static void fail(struct machine *m, enum da_status status)
{
	if (m->status == DA_OK)
		m->status = status;
}

static void push(struct machine *m, uint64_t v)
{
	if (m->bits == 32)
		v = (uint32_t)v;
	if (m->n == DEPTH)
		fail(m, DA_LIMIT);
	else
		m->stack[m->n++] = v;
}

static uint64_t pop(struct machine *m)
{
	if (m->n == 0) {
		fail(m, DA_CORRUPT);
		return 0;
	}
	return m->stack[--m->n];
}

/* The value `depth` below the top. */
static uint64_t peek(struct machine *m, uint64_t depth)
{
	if (depth >= m->n) {
		fail(m, DA_CORRUPT);
		return 0;
	}
	return m->stack[m->n - 1 - depth];
}

static int64_t as_signed(const struct machine *m, uint64_t v)
{
	return m->bits == 32 ? (int32_t)v : (int64_t)v;
}

static uint64_t reg(struct machine *m, uint64_t dwarf)
{
	int r = dwarf < DA_REGS * 2 ? m->e->arch->from_dwarf((unsigned)dwarf) : DA_REG_NONE;

	if (!da_reg_known(m->e->regs, r)) {
		fail(m, DA_FAULT);
		return 0;
	}
	return m->e->regs->v[r];
}

static void deref(struct machine *m, uint64_t size)
{
	const struct da_memory *mem = m->e->mem;
	uint64_t addr = pop(m), v = 0;
	enum da_status st;
	uint8_t v8 = 0;
	uint16_t v16 = 0;
	uint32_t v32 = 0;

	if (m->status != DA_OK)
		return;
	switch (size) {
	case 1: st = da_mem_u8(mem, addr, &v8); v = v8; break;
	case 2: st = da_mem_u16(mem, addr, &v16); v = v16; break;
	case 4: st = da_mem_u32(mem, addr, &v32); v = v32; break;
	case 8: st = da_mem_u64(mem, addr, &v); break;
	default: st = DA_CORRUPT; break;
	}
	if (st == DA_FAULT)
		m->e->fault = addr;
	if (st != DA_OK)
		fail(m, st);
	else
		push(m, v);
}

static void divide(struct machine *m)
{
	int64_t b = as_signed(m, pop(m)), a = as_signed(m, pop(m));

	if (b == 0)
		fail(m, DA_CORRUPT);
	else
		push(m, b == -1 ? 0 - (uint64_t)a : (uint64_t)(a / b));
}

static void shift(struct machine *m, uint8_t atom)
{
	uint64_t by = pop(m), v = pop(m);

	if (atom == DW_OP_shl)
		push(m, by >= m->bits ? 0 : v << by);
	else if (atom == DW_OP_shr)
		push(m, by >= m->bits ? 0 : v >> by);
	else
		push(m, (uint64_t)(as_signed(m, v) >> (by >= m->bits ? m->bits - 1 : by)));
}

static void arithmetic(struct machine *m, uint8_t atom)
{
	uint64_t b = pop(m), a = pop(m);

	switch (atom) {
	case DW_OP_and: push(m, a & b); break;
	case DW_OP_or: push(m, a | b); break;
	case DW_OP_xor: push(m, a ^ b); break;
	case DW_OP_plus: push(m, a + b); break;
	case DW_OP_minus: push(m, a - b); break;
	case DW_OP_mul: push(m, a * b); break;
	default:
		if (b == 0)
			fail(m, DA_CORRUPT);
		else
			push(m, a % b);
	}
}

static void compare(struct machine *m, uint8_t atom)
{
	int64_t b = as_signed(m, pop(m)), a = as_signed(m, pop(m));

	switch (atom) {
	case DW_OP_eq: push(m, a == b); break;
	case DW_OP_ne: push(m, a != b); break;
	case DW_OP_lt: push(m, a < b); break;
	case DW_OP_le: push(m, a <= b); break;
	case DW_OP_gt: push(m, a > b); break;
	default: push(m, a >= b); break;
	}
}

static void rearrange(struct machine *m, const struct da_op *op)
{
	uint64_t a, b, c;

	switch (op->atom) {
	case DW_OP_dup: push(m, peek(m, 0)); break;
	case DW_OP_drop: pop(m); break;
	case DW_OP_over: push(m, peek(m, 1)); break;
	case DW_OP_pick: push(m, peek(m, op->number)); break;
	case DW_OP_swap:
		a = pop(m), b = pop(m);
		push(m, a), push(m, b);
		break;
	default: /* rot: the top becomes the third */
		a = pop(m), b = pop(m), c = pop(m);
		push(m, a), push(m, c), push(m, b);
		break;
	}
}

static void unary(struct machine *m, const struct da_op *op)
{
	uint64_t a = pop(m);

	switch (op->atom) {
	case DW_OP_abs: push(m, as_signed(m, a) < 0 ? 0 - a : a); break;
	case DW_OP_neg: push(m, 0 - a); break;
	case DW_OP_not: push(m, ~a); break;
	default: push(m, a + op->number); break; /* plus_uconst */
	}
}

static void cfa(struct machine *m)
{
	if (m->e->has_cfa)
		push(m, m->e->cfa);
	else
		fail(m, DA_CORRUPT);
}

/* Everything but branches. */
static void operation(struct machine *m, const struct da_op *op)
{
	uint8_t atom = op->atom;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
		push(m, atom - DW_OP_lit0);
		return;
	}
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
		push(m, reg(m, atom - DW_OP_breg0) + op->number);
		return;
	}
	if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) {
		push(m, reg(m, atom - DW_OP_reg0));
		return;
	}
	switch (atom) {
	case DW_OP_addr:
	case DW_OP_const1u: case DW_OP_const1s: case DW_OP_const2u: case DW_OP_const2s:
	case DW_OP_const4u: case DW_OP_const4s: case DW_OP_const8u: case DW_OP_const8s:
	case DW_OP_constu: case DW_OP_consts:
		push(m, op->number);
		break;
	case DW_OP_regx: push(m, reg(m, op->number)); break;
	case DW_OP_bregx: push(m, reg(m, op->number) + op->number2); break;
	case DW_OP_deref: deref(m, m->bits / 8); break;
	case DW_OP_deref_size: deref(m, op->number); break;
	case DW_OP_dup: case DW_OP_drop: case DW_OP_over: case DW_OP_pick: case DW_OP_swap:
	case DW_OP_rot:
		rearrange(m, op);
		break;
	case DW_OP_abs: case DW_OP_neg: case DW_OP_not: case DW_OP_plus_uconst: unary(m, op); break;
	case DW_OP_div: divide(m); break;
	case DW_OP_shl: case DW_OP_shr: case DW_OP_shra: shift(m, atom); break;
	case DW_OP_and: case DW_OP_or: case DW_OP_xor: case DW_OP_plus: case DW_OP_minus:
	case DW_OP_mul: case DW_OP_mod:
		arithmetic(m, atom);
		break;
	case DW_OP_eq: case DW_OP_ne: case DW_OP_lt: case DW_OP_le: case DW_OP_gt: case DW_OP_ge:
		compare(m, atom);
		break;
	case DW_OP_call_frame_cfa: cfa(m); break;
	case DW_OP_nop: break;
	default: fail(m, DA_UNSUPPORTED); break;
	}
}

/* The index of the operation at this offset of the expression; nops: its end; else corrupt. */
static uint32_t target(struct machine *m, const struct da_op *ops, uint32_t nops, uint32_t from)
{
	/* Two bytes of displacement follow the operation, and are counted from behind them. */
	uint64_t offset = ops[from].offset + 3 + (uint64_t)(int64_t)(int16_t)ops[from].number;

	uint32_t low = ops[0].atom == DW_OP_call_frame_cfa ? 1 : 0, high = nops;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ops[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < nops && ops[low].offset == offset)
		return low;
	if (offset > ops[nops - 1].offset && offset <= ops[nops - 1].offset + 32)
		return nops;
	fail(m, DA_CORRUPT);
	return nops;
}

enum da_status da_expr_eval(struct da_expr *e, const struct da_op *ops, uint32_t nops, uint64_t *ret)
{
	struct machine m = { .e = e, .bits = e->arch->word * 8U };
	uint64_t done = 0;
	uint32_t i = 0;

	/* The CFA lies on the stack at the start; libdw spells that as an operation of its own. */
	if (e->has_cfa && nops && ops[0].atom != DW_OP_call_frame_cfa)
		push(&m, e->cfa);
	while (i < nops && m.status == DA_OK) {
		const struct da_op *op = &ops[i];

		if (++done > e->max_ops)
			return DA_LIMIT;
		if (op->atom == DW_OP_stack_value)
			break;
		if (op->atom == DW_OP_skip || (op->atom == DW_OP_bra && pop(&m) != 0)) {
			i = target(&m, ops, nops, i);
			continue;
		}
		if (op->atom != DW_OP_bra)
			operation(&m, op);
		i++;
	}
	if (m.status == DA_OK && m.n == 0)
		fail(&m, DA_CORRUPT);
	if (m.status == DA_OK)
		*ret = m.stack[m.n - 1];
	return m.status;
}
