/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame pointer rule. Code made at run time (.NET, V8) and code built for profiling keeps it;
 * code of distributions mostly does not, and then the register holds anything, often the frame of a
 * function further out. So a frame pointer is believed only when the function sets one up, or when
 * nothing below it on the stack looks like a return address.
 */
#include "config.h"

#include <string.h>

#include "unwind/step.h"

#define WINDOW 8192   /* bytes before pc in which a function's set-up is looked for */
#define FORWARDS 256 /* aarch64: instructions looked at from pc on */
#define BACKWARDS 64 /* and before it */

/* ---- x86: is there a frame pointer? */

enum established { NO, PERHAPS, YES };

/* push %rbp with mov %rsp, %rbp; or, as .NET's compilers do, lea N(%rsp), %rbp further on. */
static bool sets_up(const uint8_t *p, size_t n, bool wide)
{
	size_t rex = wide ? 1 : 0;

	if (n >= 3 + rex && p[0] == 0x55 && (!wide || p[1] == 0x48) &&
	    ((p[rex + 1] == 0x89 && p[rex + 2] == 0xe5) ||
	     (p[rex + 1] == 0x8b && p[rex + 2] == 0xec)))
		return true;
	return wide && n >= 4 && p[0] == 0x48 && p[1] == 0x8d && (p[2] == 0x6c || p[2] == 0xac) &&
	       p[3] == 0x24;
}

/* ret, and behind it what compilers fill gaps with, or the next function. */
static bool ends(const uint8_t *p, size_t n, bool wide)
{
	static const struct {
		uint8_t n, bytes[4];
	} fillings[] = {
		{ 1, { 0xcc } }, { 1, { 0x90 } }, { 2, { 0x66, 0x90 } }, { 2, { 0x0f, 0x1f } },
		{ 3, { 0x66, 0x0f, 0x1f } }, { 3, { 0x66, 0x2e, 0x0f } },
		{ 3, { 0x66, 0x66, 0x2e } }, { 3, { 0x2e, 0x0f, 0x1f } },
	};

	if (n < 2 || p[0] != 0xc3)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(fillings); i++)
		if (n > fillings[i].n && !memcmp(p + 1, fillings[i].bytes, fillings[i].n))
			return true;
	return sets_up(p + 1, n - 1, wide);
}

/*
 * What comes first on the way back from pc, a set-up or the end of another function? Reaching the start
 * of the function, or of the mapping, without either is a NO.
 */
static enum established read_code(const struct da_walk *w)
{
	uint64_t pc = da_unwind_lookup(w), start = da_unwind_function(w), from = start;
	const struct da_range *r = da_mem_range(&w->dump->proc.mem, pc);
	bool wide = w->dump->proc.arch->word == 8;
	const uint8_t *code;
	bool all;
	size_t n;

	if (!from && r)
		from = r->start;
	all = pc >= from && pc - from <= WINDOW;
	if (!all)
		from = pc - WINDOW;
	n = (size_t)(pc - from);
	code = da_mem_view(&w->dump->proc.mem, from, n);
	if (!code)
		return PERHAPS;
	for (size_t i = n; i-- > 0;) {
		if (sets_up(code + i, n - i, wide))
			return YES;
		/* Made at run time: pieces of code that jump to each other are no functions. */
		if (!start && ends(code + i, n - i, wide))
			return da_unwind_made_at_run_time(w, pc) ? PERHAPS : NO;
	}
	return all ? NO : PERHAPS;
}

static enum established established(const struct da_walk *w)
{
	uint64_t pc = da_unwind_lookup(w);
	size_t slot = da_hash_mix(pc) % DA_ARRAY_SIZE(w->work->frames);
	enum established e;

	if (!w->work)
		return read_code(w);
	if (w->work->frames[slot].answer && w->work->frames[slot].pc == pc)
		return w->work->frames[slot].answer - 1;
	e = read_code(w);
	w->work->frames[slot].pc = pc;
	w->work->frames[slot].answer = (uint8_t)(e + 1);
	return e;
}

/* Does a call that the frame would leave out stand at `at`? */
static bool is_call(const struct da_walk *w, uint64_t at)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct da_regs r = { .valid = 0 };
	uint64_t v;

	if (da_mem_word(&w->dump->proc.mem, at, &v) != DA_OK || !da_unwind_is_return(w, v))
		return false;
	if (!da_unwind_made_at_run_time(w, da_unwind_pc(w)))
		return true;
	/* Interpreters keep much on the stack: only what is sure counts. */
	da_reg_set(&r, arch->pc, v);
	da_reg_set(&r, arch->sp, at + arch->word);
	if (da_reg_known(&w->regs, arch->fp))
		da_reg_set(&r, arch->fp, w->regs.v[arch->fp]);
	return da_module_at(&w->dump->proc, v) != DA_NONE && da_unwind_way(w, &r) == DA_WAY_HOME;
}

/* A return address between sp and the supposed frame: the frame would leave its function out. */
static bool skips_one(const struct da_walk *w, uint64_t fp)
{
	uint64_t word = w->dump->proc.mem.word, max = w->dump->limits->scan_words;

	for (uint64_t at = da_unwind_sp(w); at < fp && max--; at += word)
		if (is_call(w, at) || (w->work && !da_unwind_spend(&w->work->words)))
			return true;
	return false;
}

/*
 * Is pc what stands in a frame? Where the code before it is not at hand it can only be known for code,
 * and in code made at run time a jump may have left it there (the JVM's interpreter does that): then
 * the next frames must bear it out.
 */
static bool chain_goes_on(const struct da_walk *w, uint64_t fp, uint64_t pc)
{
	const struct da_memory *mem = &w->dump->proc.mem;
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t next, after, next_pc;

	if (da_unwind_is_return(w, pc))
		return true;
	if (da_unwind_code(w, pc) != DA_CODE_YES ||
	    (da_mem_view(mem, pc - 8, 8) && !da_unwind_made_at_run_time(w, pc)))
		return false;
	return da_mem_word(mem, fp, &next) == DA_OK && da_unwind_is_frame_pointer(w, next, fp) &&
	       da_mem_word(mem, next, &after) == DA_OK &&
	       (after == 0 || da_unwind_is_frame_pointer(w, after, next)) &&
	       da_mem_word(mem, next + mem->word, &next_pc) == DA_OK &&
	       da_unwind_code(w, arch->strip(next_pc, w->thread->pac_mask)) != DA_CODE_NO;
}

/* Is fp the frame of the function at hand? */
static bool has_frame(const struct da_walk *w, uint64_t fp)
{
	enum established e = established(w);
	bool made = da_unwind_made_at_run_time(w, da_unwind_pc(w));

	/* Compilers align frames to 16; what makes code at run time does not, but sets them all up. */
	return e == YES || (e == PERHAPS && (made || fp % (2 * w->dump->proc.mem.word) == 0) &&
			    !skips_one(w, fp));
}

static enum da_status x86(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t fp = w->regs.v[arch->fp], sp = da_unwind_sp(w), saved, pc;

	if (!da_reg_known(&w->regs, arch->fp) ||
	    !(fp == sp || da_unwind_is_frame_pointer(w, fp, sp)) ||
	    da_mem_word(mem, fp, &saved) != DA_OK || da_mem_word(mem, fp + arch->word, &pc) != DA_OK)
		return DA_NOT_FOUND;
	if (!has_frame(w, fp) || !chain_goes_on(w, fp, pc))
		return DA_NOT_FOUND;
	da_unwind_keep(w, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, fp + 2ULL * arch->word);
	da_reg_set(ret, arch->fp, saved);
	w->cfa = fp + 2ULL * arch->word;
	return DA_OK;
}

/* ---- aarch64: records {x29, x30} */

/* What an instruction says of x30, as it is read on from pc or back. */
enum lr_use { LR_NOTHING, LR_SAVED /* stp x29, x30 */, LR_RESTORED, LR_RETURN, LR_NO_CODE };

static enum lr_use lr_use(uint32_t insn)
{
	if ((insn & 0xffc07fff) == 0xa9807bfd || (insn & 0xffc07fff) == 0xa9007bfd)
		return LR_SAVED;
	/* ldp x29, x30, with write-back behind or none; ldr x30 */
	if ((insn & 0xffc07fff) == 0xa8c07bfd || (insn & 0xffc07fff) == 0xa9407bfd ||
	    (insn & 0xffe00fff) == 0xf84007fe)
		return LR_RESTORED;
	if (insn == 0xd65f03c0 || (insn & 0xfffffbff) == 0xd65f0bff) /* ret, retaa, retab */
		return LR_RETURN;
	return insn < 0x10000 ? LR_NO_CODE : LR_NOTHING; /* udf */
}

/*
 * Did the function at hand save x30 before pc? On the way to its ret it restores what it has saved; on
 * the way back from pc stands the save, or the end of the function before.
 */
static enum established saved_lr(const struct da_walk *w)
{
	uint64_t pc = da_unwind_pc(w), start = da_unwind_function(w);
	const struct da_memory *mem = &w->dump->proc.mem;
	const struct da_range *r = da_mem_range(mem, pc);
	enum lr_use use = LR_NOTHING;
	uint32_t insn;

	for (unsigned i = 0; i < FORWARDS && use == LR_NOTHING; i++)
		use = da_mem_u32(mem, pc + 4 * i, &insn) == DA_OK ? lr_use(insn) : LR_NO_CODE;
	if (use == LR_RESTORED)
		return YES;
	if (use == LR_RETURN || use == LR_SAVED)
		return NO;
	if (!start && r)
		start = r->start; /* code made at run time, at the beginning of its mapping */
	for (unsigned i = 1; i <= BACKWARDS && pc - 4 * i >= start; i++) {
		if (da_mem_u32(mem, pc - 4 * i, &insn) != DA_OK)
			return PERHAPS;
		use = lr_use(insn);
		if (use == LR_SAVED)
			return YES;
		if (use == LR_RETURN || use == LR_NO_CODE)
			return NO;
	}
	return start && pc - start <= 4 * BACKWARDS ? NO : PERHAPS;
}

/* A leaf's caller is in x30; elsewhere x30 is left over from the last call that it made. */
static bool leaf(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t pc;

	if (!w->exact_pc || !da_reg_known(&w->regs, arch->lr))
		return false;
	pc = arch->strip(w->regs.v[arch->lr], w->thread->pac_mask);
	if (!da_unwind_is_return(w, pc) || saved_lr(w) != NO)
		return false;
	*ret = w->regs;
	da_reg_set(ret, arch->pc, pc);
	da_reg_forget(ret, arch->lr);
	w->caller_sp_guess = true; /* a leaf may use the stack, too */
	return true;
}

static enum da_status aarch64(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t fp = w->regs.v[arch->fp], sp = da_unwind_sp(w), saved, pc;

	if (leaf(w, ret))
		return DA_OK;
	if (!da_reg_known(&w->regs, arch->fp) ||
	    !(fp == sp || da_unwind_is_frame_pointer(w, fp, sp)) ||
	    da_mem_word(mem, fp, &saved) != DA_OK || da_mem_word(mem, fp + 8, &pc) != DA_OK)
		return DA_NOT_FOUND;
	pc = arch->strip(pc, w->thread->pac_mask);
	if (pc == 0 && saved == 0) {
		w->end = DA_END_COMPLETE;
		w->why = "its frame record has no caller";
		return DA_PARTIAL;
	}
	if (!chain_goes_on(w, fp, pc))
		return DA_NOT_FOUND;
	da_unwind_keep(w, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, fp + 16);
	da_reg_set(ret, arch->fp, saved);
	w->caller_sp_guess = true;
	return DA_OK;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;

	if (arch->fp == DA_REG_NONE)
		return DA_NOT_FOUND;
	return arch->lr == DA_REG_NONE ? x86(w, ret) : aarch64(w, ret);
}

const struct da_unwinder da_unwinder_frame_pointer = { "frame pointer", DA_TRUST_FRAME_POINTER, step };
