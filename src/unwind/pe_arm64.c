/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows on ARM64: .pdata and .xdata. One code stands for one instruction of a prolog, in reverse, and
 * of an epilog; so the place in the function says which of them are still to be undone. A packed entry
 * describes a canonical frame in one word: it is written out as codes and goes the same way. A function
 * without an entry is a leaf. Where the tables are missing others guess, and the file is asked for.
 *
 * Source: Microsoft, "ARM64 exception handling" (learn.microsoft.com/cpp/build/arm64-exception-handling).
 */
#include "config.h"

#include "unwind/step.h"

enum { AARCH64 = 183 /* EM_AARCH64 */, CODES_MAX = 255 * 4, CONTEXT_BYTES = 0x390 };
enum { X19 = 19, FP = 29, LR = 30, SP = 31, PC = 32 };
enum { NO_EPILOG = -1 };

enum {
	ALLOC_S = 0x00, SAVE_R19R20_X = 0x20, SAVE_FPLR = 0x40, SAVE_FPLR_X = 0x80, ALLOC_M = 0xc0,
	SAVE_REGP = 0xc8, SAVE_REGP_X = 0xcc, SAVE_REG = 0xd0, SAVE_REG_X = 0xd4, SAVE_LRPAIR = 0xd6,
	SAVE_FREGP = 0xd8, SAVE_FREGP_X = 0xda, SAVE_FREG = 0xdc, SAVE_FREG_X = 0xde, ALLOC_Z = 0xdf,
	ALLOC_L = 0xe0, SET_FP = 0xe1, ADD_FP = 0xe2, NOP = 0xe3, END = 0xe4, END_C = 0xe5, SAVE_NEXT = 0xe6,
	SAVE_ANY_REG = 0xe7, MACHINE_FRAME = 0xe9, CONTEXT = 0xea, CLEAR_UNWOUND_TO_CALL = 0xec,
	PAC_SIGN_LR = 0xfc
};

/* Signatures stand above the 47 bits of an address of a Windows program. */
#define PAC_MASK (UINT64_MAX << 47)

static uint64_t strip(const struct da_walk *w, uint64_t address)
{
	bool windows = w->dump->proc.os == DA_OS_WINDOWS;

	return w->dump->proc.arch->strip(address, windows ? PAC_MASK : w->thread->pac_mask);
}

struct info {
	uint8_t codes[CODES_MAX];
	unsigned ncodes;
	bool prolog;        /* the entry covers the function's beginning */
	int epilog;         /* first code of the epilog at hand, or NO_EPILOG */
	uint32_t epilog_at; /* where it begins, in instructions from the function's start */
};

struct undo {
	struct da_walk *w;
	uint64_t base;
	struct da_pe_function f;
	struct info info;
	struct da_regs *r;  /* becomes the caller's */
	unsigned nexts;     /* save_next codes before a pair */
	bool sp_guess;      /* sp has not come from a register that is sure */
	bool restored_lr, interrupted, done;
};

static enum da_status unknown(struct undo *u)
{
	u->w->why = "the unwind information needs a register whose value is not known";
	return DA_FAULT;
}

static enum da_status not_known(struct undo *u)
{
	return da_unwind_corrupt(u->w, "its unwind information has a code that is not known");
}

/* ---------------------------------------------------------------- packed entries */

static void emit(struct info *i, unsigned a)
{
	i->codes[i->ncodes++] = (uint8_t)a;
}

/* A code of two bytes: five bits of kind and register, and an offset of `bits` bits. */
static void emit2(struct info *i, unsigned op, unsigned reg, unsigned bits, unsigned n)
{
	unsigned v = op << 8 | reg << bits | n;

	emit(i, v >> 8);
	emit(i, v & 0xff);
}

static void emit_alloc(struct info *i, unsigned bytes)
{
	if (bytes / 16 < 32)
		emit(i, ALLOC_S | bytes / 16);
	else
		emit2(i, ALLOC_M, 0, 8, bytes / 16);
}

/* The fields of the word, and the three areas of the frame in bytes. */
struct canonical {
	unsigned regf, regi, homed, cr;
	unsigned ints, saved, local;
	bool epilog; /* what has no instruction there is left out */
};

static void emit_locals(struct info *i, const struct canonical *c)
{
	unsigned rest = c->local > 4080 ? c->local - 4080 : c->local;

	if (c->cr >= 2) {
		if (!c->epilog)
			emit(i, NOP); /* mov x29, sp: nothing is lost by it */
		if (c->local <= 512) {
			emit(i, SAVE_FPLR_X | (c->local / 8 - 1));
			return;
		}
		emit(i, SAVE_FPLR);
	}
	if (rest)
		emit_alloc(i, rest);
	if (c->local > 4080)
		emit_alloc(i, 4080);
}

/* Does a store of x19 or lr make room for the area of saved registers? */
static bool ints_allocate(const struct canonical *c)
{
	return c->regi || c->cr == 1;
}

/* Values of d8 to d15 are not followed: a store counts as an instruction, and by the room it makes. */
static void emit_floats(struct info *i, const struct canonical *c)
{
	unsigned pairs = c->regf ? (c->regf + 2) / 2 : 0;

	if (c->homed && !c->epilog)
		for (unsigned k = 0; k < 3; k++)
			emit(i, NOP);
	if (c->homed && !pairs && !ints_allocate(c))
		emit_alloc(i, c->saved);
	else if (c->homed && !c->epilog)
		emit(i, NOP);
	for (unsigned k = pairs; k > 0; k--)
		if (k == 1 && !ints_allocate(c))
			emit_alloc(i, c->saved);
		else
			emit(i, NOP);
}

static void emit_ints(struct info *i, const struct canonical *c)
{
	bool odd = c->regi & 1, merged = odd && c->cr == 1;
	unsigned last = c->regi - 1, lr = LR - X19;

	if (c->cr == 1 && c->regi == 0)
		emit2(i, SAVE_REG_X, lr, 5, c->saved / 8 - 1);
	else if (c->cr == 1 && !odd)
		emit2(i, SAVE_REG, lr, 6, c->ints / 8 - 1);
	if (merged)
		emit2(i, SAVE_LRPAIR, last / 2, 6, last);
	if (merged && c->regi == 1)
		emit_alloc(i, c->saved);
	else if (odd && !merged && c->regi == 1)
		emit2(i, SAVE_REG_X, 0, 5, c->saved / 8 - 1);
	else if (odd && !merged)
		emit2(i, SAVE_REG, last, 6, last);
	for (unsigned k = c->regi & ~1U; k > 2; k -= 2)
		emit2(i, SAVE_REGP, k - 2, 6, k - 2);
	if (c->regi >= 2)
		emit2(i, SAVE_REGP_X, 0, 6, c->saved / 8 - 1);
}

static unsigned count(const struct info *i, unsigned k, bool epilog);

static void write_out(struct info *i, struct canonical *c, bool epilog)
{
	c->epilog = epilog;
	emit_locals(i, c);
	emit_floats(i, c);
	emit_ints(i, c);
	if (c->cr == 2)
		emit(i, PAC_SIGN_LR);
	emit(i, END);
}

static enum da_status read_packed(struct undo *u)
{
	uint32_t word = u->f.unwind, length = word >> 2 & 0x7ff;
	struct canonical c = { .regf = word >> 13 & 7, .regi = word >> 16 & 15, .homed = word >> 20 & 1,
			       .cr = word >> 21 & 3 };
	unsigned frame = (word >> 23) * 16, instructions;
	struct info *i = &u->info;

	c.ints = c.regi * 8 + (c.cr == 1 ? 8 : 0);
	c.saved = (c.ints + (c.regf ? (c.regf + 1) * 8 : 0) + (c.homed ? 64 : 0) + 15) & ~15U;
	if ((word & 3) == 3 || c.regi > 10 || frame < c.saved || (c.cr >= 2 && frame == c.saved))
		return da_unwind_corrupt(u->w, "its packed unwind information describes no frame");
	c.local = frame - c.saved;
	write_out(i, &c, false);
	i->epilog = NO_EPILOG;
	i->prolog = (word & 3) == 1;
	if (!i->prolog)
		return DA_OK;
	i->epilog = (int)i->ncodes;
	write_out(i, &c, true);
	instructions = count(i, (unsigned)i->epilog, true);
	if (instructions > length)
		i->epilog = NO_EPILOG;
	else
		i->epilog_at = length - instructions;
	return DA_OK;
}

/* ---------------------------------------------------------------- .xdata */

/* The last scope that begins at or before the place: they are sorted. */
static enum da_status find_scope(struct undo *u, uint64_t scopes, uint32_t n, uint32_t place)
{
	const struct da_memory *mem = &u->w->dump->proc.mem;
	uint32_t low = 0, high = n, word;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (da_mem_u32(mem, scopes + 4 * (uint64_t)mid, &word) != DA_OK)
			return DA_NOT_FOUND;
		if ((word & 0x3ffff) <= place)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || da_mem_u32(mem, scopes + 4 * (uint64_t)(low - 1), &word) != DA_OK)
		return DA_OK;
	u->info.epilog_at = word & 0x3ffff;
	u->info.epilog = (int)(word >> 22);
	return DA_OK;
}

static enum da_status read_xdata(struct undo *u, uint32_t place)
{
	const struct da_memory *mem = &u->w->dump->proc.mem;
	uint64_t at = u->base + u->f.unwind;
	struct info *i = &u->info;
	uint32_t head, more, nepilogs, words;
	enum da_status st = DA_OK;

	if (da_mem_u32(mem, at, &head) != DA_OK)
		return DA_NOT_FOUND;
	at += 4;
	nepilogs = head >> 22 & 31;
	words = head >> 27;
	if (!nepilogs && !words) {
		if (da_mem_u32(mem, at, &more) != DA_OK)
			return DA_NOT_FOUND;
		at += 4;
		nepilogs = more & 0xffff;
		words = more >> 16 & 0xff;
	}
	if (head >> 18 & 3)
		return da_unwind_corrupt(u->w, "its unwind information has a version that is not known");
	i->prolog = true;
	i->epilog = NO_EPILOG;
	if (!(head >> 21 & 1)) {
		st = find_scope(u, at, nepilogs, place);
		at += 4 * (uint64_t)nepilogs;
	}
	i->ncodes = words * 4;
	if (st == DA_OK && i->ncodes && da_mem_read(mem, at, i->codes, i->ncodes, NULL) != DA_OK)
		return DA_NOT_FOUND;
	if (st == DA_OK && (head >> 21 & 1)) { /* the one epilog ends the function */
		unsigned instructions = count(i, nepilogs, true);

		if (instructions <= (head & 0x3ffff)) {
			i->epilog = (int)nepilogs;
			i->epilog_at = (head & 0x3ffff) - instructions;
		}
	}
	return st;
}

/* ---------------------------------------------------------------- codes */

static unsigned code_length(uint8_t code)
{
	switch (code) {
	case ADD_FP:
	case 0xf8:
		return 2;
	case SAVE_ANY_REG:
	case 0xf9:
		return 3;
	case ALLOC_L:
	case 0xfa:
		return 4;
	case 0xfb:
		return 5;
	default:
		return code >= ALLOC_M && code <= ALLOC_Z ? 2 : 1;
	}
}

/* What the processor or the system pushed (e8 to ef) is no instruction of the function. */
static bool is_instruction(uint8_t code)
{
	return (code & 0xf8) != 0xe8;
}

/* Instructions from the code k to its end; the end of an epilog is one itself. */
static unsigned count(const struct info *i, unsigned k, bool epilog)
{
	unsigned n = 0;

	for (; k < i->ncodes && i->codes[k] != END && i->codes[k] != END_C; k += code_length(i->codes[k]))
		n += is_instruction(i->codes[k]);
	return n + (epilog ? 1 : 0);
}

/* The code behind `n` instructions from the code k. */
static unsigned skip(const struct info *i, unsigned k, unsigned n)
{
	while (n && k < i->ncodes && i->codes[k] != END && i->codes[k] != END_C) {
		n -= is_instruction(i->codes[k]);
		k += code_length(i->codes[k]);
	}
	return k;
}

/* n registers from `first` that lie at sp + offset; the stack pointer goes up by `up` then. */
static enum da_status restore(struct undo *u, unsigned first, unsigned n, unsigned offset, unsigned up)
{
	uint64_t v;

	if (first + n > LR + 1)
		return not_known(u);
	if (u->sp_guess)
		return DA_NOT_FOUND;
	for (unsigned k = 0; k < n; k++) {
		enum da_status st = da_unwind_word(u->w, u->r->v[SP] + offset + 8 * k, &v);

		if (st != DA_OK)
			return st;
		da_reg_set(u->r, (int)(first + k), v);
		u->restored_lr |= first + k == LR;
	}
	u->r->v[SP] += up;
	return DA_OK;
}

/* A pair, and those that save_next codes add to it. */
static enum da_status restore_pairs(struct undo *u, unsigned first, unsigned offset, unsigned up)
{
	unsigned n = 2 + 2 * u->nexts;

	u->nexts = 0;
	return restore(u, first, n, offset, up);
}

static enum da_status from_fp(struct undo *u, unsigned above)
{
	if (!da_reg_known(u->r, FP))
		return unknown(u);
	u->r->v[SP] = u->r->v[FP] - above;
	u->sp_guess = false;
	return DA_OK;
}

static enum da_status machine_frame(struct undo *u)
{
	uint64_t sp, pc;
	enum da_status st = u->sp_guess ? DA_NOT_FOUND : da_unwind_word(u->w, u->r->v[SP], &sp);

	if (st == DA_OK)
		st = da_unwind_word(u->w, u->r->v[SP] + 8, &pc);
	if (st != DA_OK)
		return st;
	if (!u->restored_lr)
		da_reg_forget(u->r, LR);
	da_reg_set(u->r, SP, sp);
	da_reg_set(u->r, PC, pc);
	u->interrupted = u->done = true;
	return DA_OK;
}

static enum da_status context(struct undo *u)
{
	uint8_t bytes[CONTEXT_BYTES];
	uint64_t at = u->r->v[SP];

	if (u->sp_guess)
		return DA_NOT_FOUND;
	if (da_mem_read(&u->w->dump->proc.mem, at, bytes, sizeof(bytes), NULL) != DA_OK) {
		u->w->fault = at;
		return DA_FAULT;
	}
	if (da_arch_read_context(u->w->dump->proc.arch, (struct da_bytes){ bytes, sizeof(bytes) }, u->r) != DA_OK)
		return da_unwind_corrupt(u->w, "the registers that the system kept on the stack are damaged");
	u->interrupted = u->done = true;
	return DA_OK;
}

/* e7: one register or a pair of any kind, where the shorter codes do not reach. */
static enum da_status any_reg(struct undo *u, const uint8_t *c)
{
	bool pair = c[1] >> 6 & 1, up = c[1] >> 5 & 1;
	unsigned kind = c[2] >> 6, n = c[2] & 0x3f;
	unsigned offset = (n + up) * (up || pair || kind == 2 ? 16 : 8);

	if (kind == 3) /* registers of SVE, which are not followed */
		return DA_OK;
	if (c[1] & 0x80)
		return not_known(u);
	return restore(u, kind ? 0 : c[1] & 31, kind ? 0 : 1 + pair, up ? 0 : offset, up ? offset : 0);
}

/* Codes of two bytes for registers: c8 to de. */
static enum da_status undo_save(struct undo *u, const uint8_t *c)
{
	unsigned v = (unsigned)c[0] << 8 | c[1], offset = (v & 0x3f) * 8, reg = v >> 6 & 15;

	if (c[0] < SAVE_REGP_X)
		return restore_pairs(u, X19 + reg, offset, 0);
	if (c[0] < SAVE_REG)
		return restore_pairs(u, X19 + reg, 0, offset + 8);
	if (c[0] < SAVE_REG_X)
		return restore(u, X19 + reg, 1, offset, 0);
	if (c[0] < SAVE_LRPAIR)
		return restore(u, X19 + (v >> 5 & 15), 1, 0, (v & 31) * 8 + 8);
	if (c[0] < SAVE_FREGP) {
		enum da_status st = restore(u, X19 + 2 * (reg & 7), 1, offset, 0);

		return st == DA_OK ? restore(u, LR, 1, offset + 8, 0) : st;
	}
	if (c[0] < SAVE_FREG)
		u->nexts = 0;
	if (c[0] < SAVE_FREGP_X || (c[0] >= SAVE_FREG && c[0] < SAVE_FREG_X))
		return DA_OK;
	u->r->v[SP] += c[0] == SAVE_FREG_X ? (v & 31) * 8 + 8 : offset + 8;
	return DA_OK;
}

static enum da_status undo_special(struct undo *u, const uint8_t *c)
{
	switch (c[0]) {
	case ALLOC_L:
		u->r->v[SP] += 16 * (uint64_t)((uint32_t)c[1] << 16 | (uint32_t)c[2] << 8 | c[3]);
		return DA_OK;
	case SET_FP:
		return from_fp(u, 0);
	case ADD_FP:
		return from_fp(u, c[1] * 8U);
	case NOP:
	case END_C: /* the codes of the function that this is a piece of follow */
		return DA_OK;
	case END:
		u->done = true;
		return DA_OK;
	case SAVE_NEXT:
		u->nexts++;
		return DA_OK;
	case SAVE_ANY_REG:
		return any_reg(u, c);
	case MACHINE_FRAME:
		return machine_frame(u);
	case CONTEXT:
		return context(u);
	case CLEAR_UNWOUND_TO_CALL:
		u->interrupted = true;
		return DA_OK;
	case PAC_SIGN_LR:
		u->r->v[LR] = strip(u->w, u->r->v[LR]);
		return DA_OK;
	default:
		return not_known(u);
	}
}

static enum da_status undo_code(struct undo *u, const uint8_t *c)
{
	bool takes_nexts = (c[0] & 0xe0) == SAVE_R19R20_X || (c[0] & 0xf8) == SAVE_REGP ||
			   (c[0] & 0xfc) == SAVE_FREGP || c[0] == SAVE_NEXT;

	if (u->nexts && !takes_nexts)
		return da_unwind_corrupt(u->w, "its unwind information continues a pair of registers that is not there");
	if (c[0] < SAVE_R19R20_X) {
		u->r->v[SP] += 16U * c[0];
		return DA_OK;
	}
	if (c[0] < SAVE_FPLR)
		return restore_pairs(u, X19, 0, (c[0] & 31U) * 8);
	if (c[0] < SAVE_FPLR_X)
		return restore(u, FP, 2, (c[0] & 63U) * 8, 0);
	if (c[0] < ALLOC_M)
		return restore(u, FP, 2, 0, (c[0] & 63U) * 8 + 8);
	if (c[0] < SAVE_REGP) {
		u->r->v[SP] += 16U * ((c[0] & 7U) << 8 | c[1]);
		return DA_OK;
	}
	return c[0] < ALLOC_Z ? undo_save(u, c) : undo_special(u, c);
}

/* ---------------------------------------------------------------- one step */

/* The first code that is still to be undone, at an instruction of the function. */
static unsigned begin(const struct info *i, uint32_t place)
{
	if (i->prolog) {
		unsigned length = count(i, 0, false);

		if (place < length)
			return skip(i, 0, length - place);
	}
	if (i->epilog != NO_EPILOG && place >= i->epilog_at &&
	    place - i->epilog_at < count(i, (unsigned)i->epilog, true))
		return skip(i, (unsigned)i->epilog, place - i->epilog_at);
	return 0;
}

static enum da_status undo_function(struct undo *u, uint32_t rva)
{
	uint32_t place = (rva - u->f.start) / 4;
	struct info *i = &u->info;
	enum da_status st = u->f.unwind & 3 ? read_packed(u) : read_xdata(u, place);

	for (unsigned k = st == DA_OK ? begin(i, place) : 0; st == DA_OK && !u->done;
	     k += code_length(i->codes[k])) {
		if (k >= i->ncodes || k + code_length(i->codes[k]) > i->ncodes)
			return da_unwind_corrupt(u->w, "its unwind information is cut");
		st = undo_code(u, i->codes + k);
	}
	return st;
}

static enum da_status return_address(struct undo *u)
{
	uint64_t pc = u->r->v[LR];

	if (!da_reg_known(u->r, LR) && !u->w->exact_pc)
		return da_unwind_corrupt(u->w, "its unwind information does not say where it returns to");
	if (!da_reg_known(u->r, LR))
		return unknown(u);
	if (u->sp_guess)
		return DA_NOT_FOUND;
	if (pc == 0) {
		u->w->end = DA_END_COMPLETE;
		u->w->why = "the thread began here";
		return DA_PARTIAL;
	}
	da_reg_set(u->r, PC, pc);
	da_reg_forget(u->r, LR); /* the call itself has overwritten it */
	return DA_OK;
}

static enum da_status finish(struct undo *u)
{
	bool sure = da_reg_known(u->r, PC); /* by a frame that the system made */
	enum da_status st = sure ? DA_OK : return_address(u);

	if ((st == DA_OK || st == DA_PARTIAL) && !sure)
		u->w->cfa = u->r->v[SP];
	u->w->signal = st == DA_OK && u->interrupted;
	return st;
}

/* Finds the table that tells of pc, and the function in it; *ret_leaf: without an entry it is a leaf. */
static enum da_status find_table(struct undo *u, uint64_t pc, bool *ret_leaf)
{
	const struct da_process *p = &u->w->dump->proc;
	const struct da_pe *pe = da_symbols_pe(u->w->symbols, pc, &u->base);

	if (!pe) {
		*ret_leaf = da_module_at(p, pc) == DA_NONE && da_in_runtime_table(p, pc);
		return da_pe_runtime_function(p, pc, &u->base, &u->f);
	}
	if (pe->machine != DA_PE_ARM64)
		return DA_NOT_FOUND;
	*ret_leaf = pe->dirs[DA_PE_EXCEPTION].size != 0;
	return da_pe_function(pe, &p->mem, u->base, (uint32_t)(pc - u->base), &u->f);
}

/* The registers at hand, but for those that a call does not keep. */
static void start(struct undo *u)
{
	*u->r = u->w->regs;
	/* The link register is its own only until it calls another. */
	u->r->valid &= u->w->dump->proc.arch->callee_saved | 1ULL << SP | (u->w->exact_pc ? 1ULL << LR : 0);
	da_unwind_keep(u->w, u->r);
}

enum da_status da_unwind_undo_arm64(struct da_walk *w, const struct da_guide_function *g, struct da_regs *ret)
{
	struct undo u = { .w = w, .r = ret, .base = g->base, .f = g->f, .sp_guess = w->sp_guess };
	enum da_status st;

	start(&u);
	st = undo_function(&u, (uint32_t)(da_unwind_lookup(w) - g->base));
	return st == DA_OK ? finish(&u) : st;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	struct undo u = { .w = w, .r = ret, .sp_guess = w->sp_guess };
	uint64_t pc = da_unwind_lookup(w);
	bool leaf = false;
	enum da_status st;

	if (w->dump->proc.os != DA_OS_WINDOWS || w->dump->proc.arch->elf_machine != AARCH64)
		return DA_NOT_FOUND;
	start(&u);
	st = find_table(&u, pc, &leaf);
	if (st == DA_FAULT)
		return DA_NOT_FOUND;
	if (st == DA_OK)
		st = undo_function(&u, (uint32_t)(pc - u.base));
	else if (w->exact_pc && leaf)
		st = DA_OK; /* a leaf: it neither saved nor allocated anything */
	else
		return DA_NOT_FOUND;
	return st == DA_OK ? finish(&u) : st;
}

const struct da_unwinder da_unwinder_pe_arm64 = { "pe-arm64", DA_TRUST_CFI, step };
