/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a function was called with. x86: on the stack, always. x64: by what its caller's code loaded into the register, by
 * its home space, by the registers that calls keep, in which compilers hold arguments that are needed again, by its own
 * stack words; of a system call also by the register itself. ARM64: by the registers that calls keep.
 */
#include "config.h"

#include <string.h>

#include "wait/nt.h"

#define CODE_MAX 0x10000 /* bytes of a caller that are read up to the call */
#define JUMPS 512        /* of them: jumps forward that are kept in mind */
#define WORDS 64      /* stack words of one frame that are looked at */

/* DWARF numbers of x86_64's registers by their number in instructions. */
static const uint8_t by_code[16] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };
enum { RDX = 1, RCX = 2, RSP = 7, R8 = 8, R9 = 9 };
static const uint8_t arg_regs[4] = { RCX, RDX, R8, R9 };

/* ---------------------------------------------------------------- the caller's code, x64 */

/* Registers as far as the straight way to the call sets them; those that calls keep have their value of then. */
struct run {
	struct da_nt *n;
	const struct da_regs *kept;
	uint64_t v[16], written[16]; /* value, and where it was set */
	uint32_t known;              /* bit r */
	uint64_t at;                 /* the instruction at hand */
	struct {
		uint64_t from, to;
	} jumps[JUMPS];
	unsigned njumps;
	bool full;                   /* more jumps than can be kept */
};

static bool is_kept(unsigned r)
{
	return r == 3 || (r >= 4 && r <= 7) || r >= 12; /* rbx rsi rdi rbp rsp r12-r15 */
}

static bool value_of(const struct run *r, unsigned reg, uint64_t *ret)
{
	if (r->known >> reg & 1) {
		*ret = r->v[reg];
		return true;
	}
	if (!is_kept(reg) || !da_reg_known(r->kept, (int)reg))
		return false;
	*ret = r->kept->v[reg];
	return true;
}

static void set(struct run *r, unsigned reg, bool known, uint64_t v)
{
	if (is_kept(reg)) /* what it is now is what it was at the call */
		return;
	r->known = known ? r->known | 1u << reg : r->known & ~(1u << reg);
	r->written[reg] = r->at;
	r->v[reg] = v;
}

/* The address of a memory operand; false: of registers that are not known, or with an index. */
static bool address_of(const struct run *r, const struct da_x86_insn *i, uint64_t end, uint64_t *ret)
{
	unsigned mod = i->modrm >> 6, rm = i->modrm & 7, base;
	uint64_t v;

	if (mod == 0 && rm == 5) {
		*ret = end + (uint64_t)(int64_t)i->displacement;
		return true;
	}
	if (rm == 4) {
		if ((i->sib >> 3 & 7) != 4 || (i->rex & 2) || (mod == 0 && (i->sib & 7) == 5))
			return false;
		base = by_code[(i->sib & 7) | (i->rex & 1) << 3];
	} else {
		base = by_code[rm | (i->rex & 1) << 3];
	}
	if (!value_of(r, base, &v))
		return false;
	*ret = v + (uint64_t)(int64_t)i->displacement;
	return true;
}

static void load(struct run *r, const struct da_x86_insn *i, uint64_t end, unsigned reg)
{
	bool wide = i->rex & 8;
	uint64_t at, v = 0;
	uint32_t narrow = 0;
	bool known;

	if (i->modrm >> 6 == 3)
		known = value_of(r, by_code[(i->modrm & 7) | (i->rex & 1) << 3], &v);
	else if (!address_of(r, i, end, &at))
		known = false;
	else if (wide)
		known = da_mem_u64(r->n->w.m, at, &v) == DA_OK;
	else if ((known = da_mem_u32(r->n->w.m, at, &narrow) == DA_OK))
		v = narrow;
	set(r, reg, known, wide ? v : (uint32_t)v);
}

/* What was set between a jump and its target holds only for those who did not jump. */
static void meet(struct run *r, uint64_t at)
{
	for (unsigned i = 0; i < r->njumps; i++) {
		if (r->jumps[i].to != at)
			continue;
		for (unsigned reg = 0; reg < 16; reg++)
			if (r->written[reg] > r->jumps[i].from)
				r->known &= ~(1u << reg);
	}
}

static bool jump(struct run *r, const struct da_x86_insn *i, uint64_t end)
{
	uint64_t to = end + (uint64_t)(int64_t)i->immediate;
	bool conditional = (i->map == 0 && ((i->opcode & 0xf0) == 0x70 || (i->opcode & 0xfc) == 0xe0)) ||
			   (i->map == 1 && (i->opcode & 0xf0) == 0x80);
	bool always = i->map == 0 && (i->opcode == 0xe9 || i->opcode == 0xeb || i->opcode == 0xc3 || i->opcode == 0xcc ||
				      (i->opcode == 0xff && (i->modrm & 0x38) == 0x20));

	if (always)
		r->known = 0;
	if (!conditional)
		return always;
	if (to <= r->at)
		return true;
	if (r->njumps == JUMPS)
		r->full = true;
	else
		r->jumps[r->njumps].from = r->at, r->jumps[r->njumps++].to = to;
	return true;
}

/* Instructions that write rax, rcx or rdx without naming them. */
static bool is_implicit(const struct da_x86_insn *i)
{
	return i->map == 0 && (i->opcode == 0xf6 || i->opcode == 0xf7 || i->opcode == 0x99 ||
			       (i->opcode >= 0xa4 && i->opcode <= 0xaf));
}

static void one(struct run *r, const struct da_x86_insn *i, uint64_t end)
{
	unsigned reg = by_code[(i->modrm >> 3 & 7) | (i->rex & 4) << 1], rm = by_code[(i->modrm & 7) | (i->rex & 1) << 3];
	unsigned low = by_code[(i->opcode & 7) | (i->rex & 1) << 3];
	bool to_register = i->has_modrm && i->modrm >> 6 == 3;
	uint64_t v;

	if (jump(r, i, end))
		return;
	if (i->map == 0 && (i->opcode == 0xe8 || (i->opcode == 0xff && (i->modrm & 0x38) == 0x10))) {
		r->known = 0;
	} else if (i->map == 0 && i->opcode == 0x8b) {
		load(r, i, end, reg);
	} else if (i->map == 0 && i->opcode == 0x8d) {
		bool known = address_of(r, i, end, &v);

		set(r, reg, known, known ? i->rex & 8 ? v : (uint32_t)v : 0);
	} else if (i->map == 0 && i->opcode == 0x89 && to_register) {
		bool known = value_of(r, reg, &v);

		set(r, rm, known, known ? i->rex & 8 ? v : (uint32_t)v : 0);
	} else if (i->map == 0 && (i->opcode & 0xf8) == 0xb8) {
		set(r, low, !(i->rex & 8), (uint32_t)i->immediate);
	} else if (i->map == 0 && i->opcode == 0xc7 && to_register) {
		set(r, rm, true, i->rex & 8 ? (uint64_t)(int64_t)i->immediate : (uint32_t)i->immediate);
	} else if (i->map == 0 && (i->opcode == 0x33 || i->opcode == 0x31) && to_register && reg == rm) {
		set(r, reg, true, 0);
	} else if (i->map == 0 && (i->opcode & 0xf8) == 0x58) {
		set(r, low, false, 0);
	} else if (i->map == 0 && (i->opcode & 0xf8) == 0xb0) { /* a byte of it; without a prefix 4 to 7 are ah to bh */
		set(r, i->rex ? low : by_code[i->opcode & 3], false, 0);
	} else if (is_implicit(i)) {
		set(r, RCX, false, 0);
		set(r, RDX, false, 0);
	} else if (i->has_modrm) { /* one of the two may be what it writes */
		bool compares = i->map == 0 && ((i->opcode & 0xfe) == 0x84 || (i->opcode < 0x40 && (i->opcode & 7) < 6 &&
										(i->opcode & 0x38) == 0x38));
		if (compares)
			return;
		set(r, reg, false, 0);
		if (to_register)
			set(r, rm, false, 0);
	}
}

static uint64_t start_of(struct da_nt *n, const struct da_frame *f)
{
	const struct da_pe *pe;
	struct da_pe_function fn;
	uint64_t base;

	pe = n->w.s ? da_symbols_pe(n->w.s, f->pc - 1, &base) : NULL;
	if (pe && da_pe_function(pe, n->w.m, base, (uint32_t)(f->pc - 1 - base), &fn) == DA_OK)
		return base + fn.start;
	return f->place && f->place->exact ? f->place->start : 0;
}

/* What the caller put into the registers of arguments before its call. */
static void read_code(struct da_nt *n, unsigned frame)
{
	const struct da_frame *caller = &n->w.p->threads.v[n->s.thread].frames.v[frame + 1];
	struct run r = { .n = n, .kept = &n->s.f[frame + 1].regs };
	struct da_nt_frame *f = &n->s.f[frame];
	uint64_t start = start_of(n, caller), at = start;
	size_t size = (size_t)(caller->pc - start);

	f->code_read = true;
	if (!start || start >= caller->pc || caller->pc - start > CODE_MAX)
		return;
	if (!n->code)
		n->code = da_alloc(n->w.d->arena, CODE_MAX);
	if (da_mem_read(n->w.m, start, n->code, size, NULL) != DA_OK)
		return;
	while (at < caller->pc && !r.full) {
		struct da_x86_insn i;

		if (!da_x86_decode(n->code + (at - start), size - (size_t)(at - start), true, &i) || i.length == 0)
			return;
		r.at = at;
		meet(&r, at);
		if (at + i.length == caller->pc) /* the call itself */
			break;
		one(&r, &i, at + i.length);
		at += i.length;
	}
	for (unsigned arg = 0; arg < 4 && at < caller->pc && !r.full; arg++)
		if (r.known >> arg_regs[arg] & 1) {
			f->code_known |= (uint8_t)(1u << arg);
			f->code[arg] = r.v[arg_regs[arg]];
		}
}

static bool by_code_of_caller(struct da_nt *n, unsigned frame, unsigned arg, uint64_t *ret)
{
	const struct da_nt_frame *f = &n->s.f[frame];

	if (!f->code_read)
		read_code(n, frame);
	*ret = f->code[arg];
	return f->code_known >> arg & 1;
}

/* ---------------------------------------------------------------- all sources */

struct list {
	struct da_nt_value *v;
	unsigned n, max;
};

static void push(struct list *l, uint64_t v, float confidence, const char *from)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i].v == v)
			return;
	if (l->n < l->max)
		l->v[l->n++] = (struct da_nt_value){ v, confidence, from };
}

static uint64_t kept_mask(const struct da_nt *n)
{
	if (n->w.cpu == DA_CPU_X64) /* Windows keeps rsi and rdi too */
		return UINT64_C(0xf000) | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6;
	if (n->w.cpu == DA_CPU_X86)
		return 1u << 3 | 1u << 6 | 1u << 7;
	return UINT64_C(0x3ff) << 19; /* x19 to x28 */
}

static void push_kept(struct da_nt *n, unsigned frame, struct list *l)
{
	const struct da_regs *r = &n->s.f[frame].regs;
	uint64_t mask = kept_mask(n);

	for (int i = 0; i < DA_REGS; i++)
		if (mask >> i & 1 && da_reg_known(r, i))
			push(l, r->v[i], DA_NT_BY_KEPT, da_printf(n->w.d->arena, "register %s", n->w.p->arch->regs[i].name));
}

static void push_words(struct da_nt *n, unsigned frame, struct list *l)
{
	const struct da_thread *t = &n->w.p->threads.v[n->s.thread];
	uint64_t at = t->frames.v[frame].sp, end, word;

	end = frame + 1 < n->s.n ? t->frames.v[frame + 1].sp : at + (uint64_t)WORDS * n->w.word;
	for (unsigned i = 0; i < WORDS && at < end; i++, at += n->w.word)
		if (da_wait_word(&n->w, at, &word))
			push(l, word, DA_NT_BY_WORD, "a word of its stack");
}

static void push_stub(struct da_nt *n, unsigned arg, struct list *l)
{
	const struct da_thread *t = &n->w.p->threads.v[n->s.thread];
	int reg = n->w.cpu == DA_CPU_X64 ? arg_regs[arg] : (int)arg;

	if (n->w.cpu == DA_CPU_X86 || !da_reg_known(&t->regs, reg) || (t->entry && t->regs.v[reg] == t->entry))
		return;
	/* ARM64: where the result of the call stands, too */
	push(l, t->regs.v[reg], n->wine ? DA_NT_BY_WORD : n->w.cpu == DA_CPU_A64 ? DA_NT_BY_KEPT : DA_NT_BY_REGISTER,
	     da_printf(n->w.d->arena, "register %s", n->w.p->arch->regs[reg].name));
}

unsigned da_nt_args(struct da_nt *n, unsigned frame, unsigned arg, struct da_nt_value *ret, unsigned max)
{
	struct list l = { ret, 0, max };
	const struct da_nt_stack *s = &n->s;
	uint64_t v;

	if (frame >= s->n)
		return 0;
	if (n->w.cpu == DA_CPU_X86) {
		if (s->f[frame].args && da_wait_word(&n->w, s->f[frame].args + 4 * arg, &v))
			push(&l, v, DA_NT_BY_STACK, "its argument on the stack");
		return l.n;
	}
	if (n->w.cpu == DA_CPU_X64 && arg >= 4) {
		if (s->f[frame].args && da_wait_word(&n->w, s->f[frame].args + 8 * arg, &v))
			push(&l, v, DA_NT_BY_STACK, "its argument on the stack");
		return l.n;
	}
	if (n->w.cpu == DA_CPU_X64 && frame + 1 < s->n && by_code_of_caller(n, frame, arg, &v))
		push(&l, v, DA_NT_BY_CODE, "what its caller's code loads for it");
	if (frame == s->stub)
		push_stub(n, arg, &l);
	if (n->w.cpu == DA_CPU_X64 && frame != s->stub && s->f[frame].args &&
	    da_wait_word(&n->w, s->f[frame].args + 8 * arg, &v))
		push(&l, v, DA_NT_BY_HOME, "the home space of its argument");
	push_kept(n, frame, &l);
	if (frame != s->stub)
		push_words(n, frame, &l);
	return l.n;
}

bool da_nt_arg(struct da_nt *n, unsigned frame, unsigned arg, da_nt_proof *proof, void *ctx, struct da_nt_value *ret)
{
	struct da_nt_value v[WORDS + 32];
	unsigned all = da_nt_args(n, frame, arg, v, DA_ARRAY_SIZE(v));

	for (unsigned i = 0; i < all; i++)
		if (proof(n, v[i].v, ctx)) {
			*ret = v[i];
			return true;
		}
	return false;
}

bool da_nt_any(struct da_nt *n, unsigned last, da_nt_proof *proof, void *ctx, struct da_nt_value *ret)
{
	struct da_nt_value v[WORDS + 32];

	for (unsigned frame = 0; frame < n->s.n && frame <= last; frame++) {
		struct list l = { v, 0, DA_ARRAY_SIZE(v) };

		if (frame == 0)
			push_stub(n, 0, &l);
		push_kept(n, frame, &l);
		push_words(n, frame, &l);
		for (unsigned i = 0; i < l.n; i++)
			if (proof(n, v[i].v, ctx)) {
				*ret = v[i];
				return true;
			}
	}
	return false;
}

bool da_nt_best(struct da_nt *n, unsigned frame, unsigned arg, float least, uint64_t *ret)
{
	struct da_nt_value v[1];

	if (da_nt_args(n, frame, arg, v, 1) != 1 || v[0].confidence < least)
		return false;
	*ret = v[0].v;
	return true;
}

/* ---------------------------------------------------------------- times */

#define TIME_MAX (INT64_MAX / 16)

/* A negative number of 100 ns is a time from now. */
static bool is_time(struct da_nt *n, uint64_t at, uint64_t *ret_us)
{
	uint64_t v;

	if (at % 4 || da_mem_u64(n->w.m, at, &v) != DA_OK || (int64_t)v >= 0 || (int64_t)v < -TIME_MAX)
		return false;
	*ret_us = (uint64_t)-(int64_t)v / 10;
	return true;
}

/* Only by the places of the argument itself: any small negative number on a stack would look like a time. */
bool da_nt_timeout(struct da_nt *n, unsigned frame, unsigned arg, uint64_t *ret_us)
{
	uint64_t at;

	return da_nt_best(n, frame, arg, DA_NT_BY_REGISTER, &at) && at && is_time(n, at, ret_us);
}
