/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows on x64: .pdata and .xdata. Undo what the prolog did, code by code; in an epilog, which the
 * codes do not describe, do what is left of it. A function without an entry is a leaf. Code that was made
 * at run time has the same data behind tables that the process gave to Windows. Small dumps
 * have no images: where tables are missing others guess, and the file is asked for.
 *
 * Source: Microsoft, "x64 exception handling" (learn.microsoft.com/cpp/build/exception-handling-x64).
 */
#include "config.h"

#include "unwind/step.h"

enum { X86_64 = 62 /* EM_X86_64 */, CHAIN_MAX = 32, CODES_MAX = 255, EPILOG_BYTES = 64 };
enum { FLAG_CHAIN = 4 };
enum { PUSH_NONVOL, ALLOC_LARGE, ALLOC_SMALL, SET_FPREG, SAVE_NONVOL, SAVE_NONVOL_FAR, EPILOG, SPARE,
       SAVE_XMM128, SAVE_XMM128_FAR, PUSH_MACHFRAME, SET_FPREG_LARGE };

/* Windows numbers registers as the instructions do; ours are DWARF's. */
static const uint8_t dwarf_of[16] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };
enum { RSP = 7, RIP = 16 };
/* rbx, rbp, rsi, rdi, r12-r15, as a mask of ours: what a call of Windows keeps. */
#define KEPT ((1U << 3) | (1U << 4) | (1U << 5) | (1U << 6) | (0xfU << 12))

struct info {
	uint8_t version, flags, prolog, ncodes, fpreg, fpoff; /* fpreg 0: none; fpoff in units of 16 */
	uint8_t codes[2 * CODES_MAX];
	uint64_t chain; /* address of what follows the codes */
};

struct undo {
	struct da_walk *w;
	const struct da_pe *pe; /* NULL: code made at run time */
	bool guided, clr;       /* the runtime told of it; in its dialect */
	uint64_t base;
	struct da_pe_function f;
	struct info info;
	struct da_regs *r; /* becomes the caller's */
	bool machine_frame;
};

static enum da_status unknown(struct undo *u)
{
	u->w->why = "the unwind information needs a register whose value is not known";
	return DA_FAULT;
}

static enum da_status read_info(struct undo *u, uint32_t rva)
{
	const struct da_memory *mem = &u->w->dump->proc.mem;
	uint64_t at = u->base + rva;
	struct info *i = &u->info;
	uint8_t head[4];

	if (da_mem_read(mem, at, head, 4, NULL) != DA_OK ||
	    da_mem_read(mem, at + 4, i->codes, 2 * (size_t)head[2], NULL) != DA_OK)
		return DA_NOT_FOUND;
	i->version = head[0] & 7;
	i->flags = head[0] >> 3;
	i->prolog = head[1];
	i->ncodes = head[2];
	i->fpreg = head[3] & 15;
	i->fpoff = (uint8_t)(head[3] >> 4);
	i->chain = at + 4 + 2 * (uint64_t)((i->ncodes + 1) & ~1);
	return i->version == 1 || i->version == 2 ?
		       DA_OK : da_unwind_corrupt(u->w, "its unwind information has a version that is not known");
}

/* ---------------------------------------------------------------- codes */

/*
 * CoreCLR on Unix sets frame pointers further from rsp than 240 bytes: its own operation, behind those of
 * Windows, and where Windows has none any more in the oldest builds. The header has the largest offset then.
 */
static bool is_large(const struct undo *u, unsigned k)
{
	uint8_t op = u->info.codes[2 * k + 1] & 15;

	return u->clr && u->info.version == 1 && u->info.fpreg && u->info.fpoff == 15 &&
	       (op == SET_FPREG_LARGE || op == EPILOG);
}

/* Slots of two bytes that a code takes. */
static unsigned slots(const struct undo *u, unsigned k)
{
	const struct info *i = &u->info;
	uint8_t op = i->codes[2 * k + 1] & 15, arg = i->codes[2 * k + 1] >> 4;

	if (is_large(u, k))
		return 3;
	switch (op) {
	case ALLOC_LARGE:
		return arg ? 3 : 2;
	case SAVE_NONVOL:
	case SAVE_XMM128:
		return 2;
	case SAVE_NONVOL_FAR:
	case SPARE:
	case SAVE_XMM128_FAR:
		return 3;
	case EPILOG: /* in version 1 an old way to save an xmm register */
		return i->version == 1 ? 2 : 1;
	default:
		return 1;
	}
}

static uint32_t operand(const struct info *i, unsigned k, bool wide)
{
	const uint8_t *p = i->codes + 2 * k + 2;
	uint32_t v = p[0] | (uint32_t)p[1] << 8;

	return wide ? v | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : v;
}

static enum da_status restore(struct undo *u, uint8_t reg, uint64_t at)
{
	uint64_t v;
	enum da_status st = da_unwind_word(u->w, at, &v);

	if (st == DA_OK)
		da_reg_set(u->r, dwarf_of[reg], v);
	return st;
}

static enum da_status machine_frame(struct undo *u, bool error_code)
{
	uint64_t at = u->r->v[RSP] + (error_code ? 8 : 0), rip, rsp;
	enum da_status st = da_unwind_word(u->w, at, &rip);

	if (st == DA_OK)
		st = da_unwind_word(u->w, at + 24, &rsp);
	if (st != DA_OK)
		return st;
	da_reg_set(u->r, RIP, rip);
	da_reg_set(u->r, RSP, rsp);
	u->machine_frame = true;
	return DA_OK;
}

/* `frame`: the stack pointer after the prolog, from which registers were saved. */
static enum da_status undo_code(struct undo *u, unsigned k, uint64_t frame)
{
	const struct info *i = &u->info;
	uint8_t op = i->codes[2 * k + 1] & 15, arg = i->codes[2 * k + 1] >> 4;
	uint64_t *rsp = &u->r->v[RSP];
	enum da_status st = DA_OK;

	if (is_large(u, k)) {
		*rsp = frame;
		return DA_OK;
	}
	switch (op) {
	case PUSH_NONVOL:
		st = restore(u, arg, *rsp);
		*rsp += 8;
		return st;
	case ALLOC_LARGE:
		if (arg > 1)
			return da_unwind_corrupt(u->w, "its unwind information has a code that is not known");
		*rsp += arg ? operand(i, k, true) : 8 * (uint64_t)operand(i, k, false);
		return DA_OK;
	case ALLOC_SMALL:
		*rsp += arg * 8U + 8;
		return DA_OK;
	case SET_FPREG:
		*rsp = frame;
		return DA_OK;
	case SAVE_NONVOL:
		return restore(u, arg, frame + 8 * (uint64_t)operand(i, k, false));
	case SAVE_NONVOL_FAR:
		return restore(u, arg, frame + operand(i, k, true));
	case EPILOG:
	case SPARE:
	case SAVE_XMM128:
	case SAVE_XMM128_FAR:
		return DA_OK;
	case PUSH_MACHFRAME:
		return machine_frame(u, arg & 1);
	default:
		return da_unwind_corrupt(u->w, "its unwind information has a code that is not known");
	}
}

/* The stack pointer that the saves count from: by the frame register once the prolog has set it. */
static enum da_status frame_of(struct undo *u, uint32_t done, uint64_t *ret)
{
	const struct info *i = &u->info;
	/* A further piece of a function has the register from its first instruction on. */
	bool set = i->fpreg && (done >= i->prolog || i->flags & FLAG_CHAIN);
	uint64_t offset = 16 * (uint64_t)i->fpoff;

	for (unsigned k = 0; i->fpreg && k < i->ncodes; k += slots(u, k)) {
		bool large = is_large(u, k) && k + 3 <= i->ncodes;

		if (large)
			offset = 16 * (uint64_t)operand(i, k, true);
		if (large || (i->codes[2 * k + 1] & 15) == SET_FPREG)
			set |= i->codes[2 * k] <= done;
	}
	*ret = u->r->v[RSP];
	if (!set)
		return DA_OK;
	if (!da_reg_known(u->r, dwarf_of[i->fpreg]))
		return unknown(u);
	*ret = u->r->v[dwarf_of[i->fpreg]] - offset;
	return DA_OK;
}

/* Undo the codes of instructions that end at or before `done` bytes of the function. */
static enum da_status undo_codes(struct undo *u, uint32_t done)
{
	const struct info *i = &u->info;
	uint64_t frame;
	enum da_status st = frame_of(u, done, &frame);

	for (unsigned k = 0; st == DA_OK && k < i->ncodes; k += slots(u, k)) {
		if (k + slots(u, k) > i->ncodes)
			return da_unwind_corrupt(u->w, "its unwind information is cut");
		/* The codes of epilogs (version 2) count from the end. */
		if (i->version == 2 && (i->codes[2 * k + 1] & 15) == EPILOG)
			continue;
		if (i->codes[2 * k] <= done)
			st = undo_code(u, k, frame);
	}
	return st;
}

static enum da_status read_entry(struct undo *u, uint64_t at, struct da_pe_function *ret)
{
	const struct da_memory *mem = &u->w->dump->proc.mem;

	if (da_mem_u32(mem, at, &ret->start) == DA_OK && da_mem_u32(mem, at + 4, &ret->end) == DA_OK &&
	    da_mem_u32(mem, at + 8, &ret->unwind) == DA_OK)
		return DA_OK;
	return DA_NOT_FOUND;
}

/* An entry may stand for another one (old system libraries). */
static enum da_status follow_entry(struct undo *u, struct da_pe_function *f)
{
	enum da_status st = f->unwind & 1 ? read_entry(u, u->base + f->unwind - 1, f) : DA_OK;

	return st == DA_OK && f->unwind & 1 ? da_unwind_corrupt(u->w, "its unwind information leads in a circle") : st;
}

/* From a piece of a function to the one that it continues. */
static enum da_status follow_chain(struct undo *u, struct da_pe_function *f)
{
	enum da_status st = read_entry(u, u->info.chain, f);

	if (st == DA_OK)
		st = follow_entry(u, f);
	return st == DA_OK ? read_info(u, f->unwind) : st;
}

static enum da_status undo_chain(struct undo *u)
{
	enum da_status st = DA_OK;

	for (unsigned n = 0; st == DA_OK && (u->info.flags & FLAG_CHAIN); n++) {
		struct da_pe_function f;

		if (n == CHAIN_MAX)
			return da_unwind_corrupt(u->w, "its unwind information leads in a circle");
		st = follow_chain(u, &f);
		if (st == DA_OK)
			st = undo_codes(u, UINT32_MAX);
	}
	return st;
}

/* ---------------------------------------------------------------- epilogs */

struct tail {
	const uint8_t *p;
	size_t n, at;
};

static bool take(struct tail *t, uint8_t a, uint8_t b, uint8_t c, unsigned len)
{
	const uint8_t want[3] = { a, b, c };

	if (t->n - t->at < len)
		return false;
	for (unsigned i = 0; i < len; i++)
		if (t->p[t->at + i] != want[i])
			return false;
	t->at += len;
	return true;
}

static int32_t signed_at(struct tail *t, unsigned size)
{
	uint32_t v = 0;

	if (t->n - t->at < size) {
		t->at = t->n;
		return 0;
	}
	for (unsigned i = 0; i < size; i++)
		v |= (uint32_t)t->p[t->at + i] << (8 * i);
	t->at += size;
	return size == 1 ? (int8_t)v : (int32_t)v;
}

/* add rsp, n or lea rsp, [frame register + n]: what begins an epilog. */
static bool release(struct undo *u, struct tail *t)
{
	const struct info *i = &u->info;
	uint64_t *rsp = &u->r->v[RSP];

	if (take(t, 0x48, 0x83, 0xc4, 3)) {
		*rsp += (uint64_t)(int64_t)signed_at(t, 1);
	} else if (take(t, 0x48, 0x81, 0xc4, 3)) {
		*rsp += (uint64_t)(int64_t)signed_at(t, 4);
	} else if (i->fpreg && t->n - t->at >= 4 && (t->p[t->at] & 0xfe) == 0x48 && t->p[t->at + 1] == 0x8d &&
		   (t->p[t->at + 2] >> 3 & 7) == 4) {
		uint8_t modrm = t->p[t->at + 2], reg = (uint8_t)((t->p[t->at] & 1) * 8 + (modrm & 7));
		int64_t offset;

		if (reg != i->fpreg || (modrm >> 6) == 3 || (modrm & 7) == 4 || (modrm & 0xc7) == 5 ||
		    !da_reg_known(u->r, dwarf_of[reg]))
			return false;
		t->at += 3;
		offset = modrm >> 6 == 1 ? signed_at(t, 1) : modrm >> 6 == 2 ? signed_at(t, 4) : 0;
		*rsp = u->r->v[dwarf_of[reg]] + (uint64_t)offset;
	}
	return true;
}

/* The entry of an address of the same image, or of the same table. */
static enum da_status find_function(const struct undo *u, uint64_t rva, struct da_pe_function *ret)
{
	const struct da_process *p = &u->w->dump->proc;
	uint64_t base;
	enum da_status st;

	if (rva > UINT32_MAX)
		return DA_NOT_FOUND;
	if (u->guided)
		return da_unwind_guided(u->w, u->base, u->base + rva, ret);
	if (u->pe)
		return da_pe_function(u->pe, &p->mem, u->base, (uint32_t)rva, ret);
	st = da_pe_runtime_function(p, u->base + rva, &base, ret);
	return st == DA_OK && base != u->base ? DA_NOT_FOUND : st;
}

/* Where the function begins that this is perhaps only a piece of. */
static bool primary(struct undo *u, struct da_pe_function f, uint32_t *ret)
{
	struct info kept = u->info;
	bool ok = follow_entry(u, &f) == DA_OK && read_info(u, f.unwind) == DA_OK;

	for (unsigned n = 0; ok && u->info.flags & FLAG_CHAIN; n++)
		ok = n < CHAIN_MAX && follow_chain(u, &f) == DA_OK;
	u->info = kept;
	*ret = f.start;
	return ok;
}

/*
 * Does a jump there leave the function for good? Not to another piece of it, of which optimizers lay
 * the rare ones far away; to its own beginning it does.
 */
static bool is_tail_call(struct undo *u, uint64_t to)
{
	struct da_pe_function f;
	uint32_t own, other;

	if (to >= u->f.start && to < u->f.end)
		return to == u->f.start && !(u->info.flags & FLAG_CHAIN);
	if (find_function(u, to, &f) != DA_OK)
		return true;
	return !primary(u, u->f, &own) || !primary(u, f, &other) || own != other || to == own;
}

/*
 * Version 2 tells where epilogs are: first their length and whether one ends the function, then where
 * others begin, counted back from the function's end.
 */
static bool is_listed(const struct undo *u, uint32_t rva)
{
	const struct info *i = &u->info;
	uint32_t length = i->codes[0], before_end = u->f.end - rva;

	for (unsigned k = 0; k < i->ncodes && (i->codes[2 * k + 1] & 15) == EPILOG; k++) {
		uint32_t begin = i->codes[2 * k] | (uint32_t)(i->codes[2 * k + 1] >> 4) << 8;

		if (k == 0)
			begin = i->codes[1] >> 4 & 1 ? length : 0;
		if (before_end <= begin && begin - before_end < length)
			return true;
	}
	return false;
}

/* A ret, or a jump out of the function. */
static bool leaves(struct undo *u, struct tail *t, uint32_t rva)
{
	uint64_t to;

	if (take(t, 0xc3, 0, 0, 1) || take(t, 0xc2, 0, 0, 1) || take(t, 0xf3, 0xc3, 0, 2))
		return true;
	if (u->info.version == 2 && !is_listed(u, rva))
		return false;
	if (take(t, 0xff, 0x25, 0, 2) || take(t, 0x48, 0xff, 0x25, 3))
		return true;
	if (t->n - t->at >= 3 && (t->p[t->at] & 0xf8) == 0x48 && t->p[t->at + 1] == 0xff &&
	    (t->p[t->at + 2] >> 3 & 7) == 4)
		return true;
	if (take(t, 0xeb, 0, 0, 1))
		to = (uint64_t)(int64_t)signed_at(t, 1);
	else if (take(t, 0xe9, 0, 0, 1))
		to = (uint64_t)(int64_t)signed_at(t, 4);
	else
		return false;
	return is_tail_call(u, to + rva + t->at);
}

/* Does pc stand in an epilog? Then u->r is the caller's, short of the return address. */
static bool in_epilog(struct undo *u, uint32_t rva)
{
	uint8_t code[EPILOG_BYTES];
	struct da_regs before = *u->r;
	struct tail t = { code, 0, 0 };
	bool known = true;

	t.n = da_mem_read_some(&u->w->dump->proc.mem, u->base + rva, code, sizeof(code));
	if (!release(u, &t)) {
		*u->r = before;
		return false;
	}
	for (unsigned n = 0; n < 16 && known; n++) {
		bool wide = t.n - t.at >= 2 && t.p[t.at] == 0x41 && (t.p[t.at + 1] & 0xf8) == 0x58;
		uint8_t reg;

		if (!wide && (t.at >= t.n || (t.p[t.at] & 0xf8) != 0x58))
			break;
		reg = (uint8_t)((t.p[t.at + wide] & 7) + (wide ? 8 : 0));
		known = restore(u, reg, u->r->v[RSP]) == DA_OK;
		u->r->v[RSP] += 8;
		t.at += wide ? 2 : 1;
	}
	if (known && leaves(u, &t, rva))
		return true;
	*u->r = before;
	u->w->fault = 0;
	return false;
}

/* ---------------------------------------------------------------- one step */

static enum da_status return_address(struct undo *u)
{
	uint64_t rip;
	enum da_status st = da_unwind_word(u->w, u->r->v[RSP], &rip);

	if (st != DA_OK)
		return st;
	u->r->v[RSP] += 8;
	if (rip == 0) {
		u->w->end = DA_END_COMPLETE;
		u->w->why = "the thread began here";
		return DA_PARTIAL;
	}
	da_reg_set(u->r, RIP, rip);
	return DA_OK;
}

static enum da_status undo_function(struct undo *u, uint32_t rva)
{
	uint32_t done = rva - u->f.start;
	enum da_status st = read_info(u, u->f.unwind);

	if (st != DA_OK)
		return st;
	if (u->w->exact_pc && done >= u->info.prolog && in_epilog(u, rva))
		return DA_OK;
	if (done >= u->info.prolog || (u->info.flags & FLAG_CHAIN && !u->info.prolog))
		done = UINT32_MAX;
	st = undo_codes(u, done);
	return st == DA_OK ? undo_chain(u) : st;
}

/* Finds the table that tells of pc, and the function in it; *ret_leaf: without an entry it is a leaf. */
static enum da_status find_table(struct undo *u, uint64_t pc, bool *ret_leaf)
{
	const struct da_process *p = &u->w->dump->proc;

	u->pe = da_symbols_pe(u->w->symbols, pc, &u->base);
	if (!u->pe) {
		*ret_leaf = da_module_at(p, pc) == DA_NONE && da_in_runtime_table(p, pc);
		return da_pe_runtime_function(p, pc, &u->base, &u->f);
	}
	if (u->pe->machine != DA_PE_AMD64)
		return DA_NOT_FOUND;
	*ret_leaf = u->pe->dirs[DA_PE_EXCEPTION].size != 0;
	return find_function(u, pc - u->base, &u->f);
}

/* The registers at hand, but for those that a call does not keep. */
static void begin(struct undo *u)
{
	const struct da_process *p = &u->w->dump->proc;

	*u->r = u->w->regs;
	u->r->valid &= (p->os == DA_OS_WINDOWS ? KEPT : p->arch->callee_saved) | 1ULL << RSP | 1ULL << RIP;
	da_unwind_keep(u->w, u->r);
}

static enum da_status finish(struct undo *u)
{
	enum da_status st = u->machine_frame ? DA_OK : return_address(u);

	if (st == DA_OK || st == DA_PARTIAL)
		u->w->cfa = u->machine_frame ? 0 : u->r->v[RSP];
	u->w->signal = st == DA_OK && u->machine_frame;
	return st;
}

static enum da_status undo_entry(struct undo *u)
{
	enum da_status st = follow_entry(u, &u->f);

	if (st == DA_OK)
		st = undo_function(u, (uint32_t)(da_unwind_pc(u->w) - u->base));
	return st == DA_OK ? finish(u) : st;
}

enum da_status da_unwind_undo_x64(struct da_walk *w, const struct da_guide_function *g, struct da_regs *ret)
{
	struct undo u = { .w = w, .r = ret, .guided = true, .base = g->base, .f = g->f,
			  .clr = g->clr && w->dump->proc.os != DA_OS_WINDOWS };

	begin(&u);
	return undo_entry(&u);
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	struct undo u = { .w = w, .r = ret };
	bool leaf = false;
	enum da_status st;

	if (w->dump->proc.os != DA_OS_WINDOWS || w->dump->proc.arch->elf_machine != X86_64)
		return DA_NOT_FOUND;
	begin(&u);
	st = find_table(&u, da_unwind_lookup(w), &leaf);
	if (st == DA_OK)
		return undo_entry(&u);
	if (st == DA_FAULT || !w->exact_pc || !leaf)
		return DA_NOT_FOUND;
	return finish(&u); /* a leaf: it neither saved nor allocated anything */
}

const struct da_unwinder da_unwinder_pe_x64 = { "pe-x64", DA_TRUST_CFI, step };
