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

#define EPILOGUE 16  /* instructions that are followed to a ret */
#define PROLOGUE 32  /* bytes in which a function sets up its frame pointer */
#define BACKWARDS 64 /* aarch64: instructions looked at before pc */

static uint64_t cut(const struct da_walk *w, uint64_t v)
{
	return w->dump->proc.arch->word == 8 ? v : (uint32_t)v;
}

/* ---- x86: from the interrupted instruction straight to the ret, where that is all there is */

/* DWARF and encoding number the registers differently. */
static int pushed(const struct da_walk *w, unsigned encoded)
{
	static const uint8_t x64[] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };

	return w->dump->proc.arch->word == 8 ? x64[encoded & 15] : (int)(encoded & 7);
}

static bool pop(const struct da_walk *w, struct da_regs *r, int reg)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t v;

	if (da_mem_word(&w->dump->proc.mem, r->v[arch->sp], &v) != DA_OK)
		return false;
	da_reg_set(r, arch->sp, cut(w, r->v[arch->sp] + arch->word));
	da_reg_set(r, reg, v);
	return true;
}

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* One instruction of an epilogue: its length, 0 when it is none; *ret_done after a ret. */
static size_t epilogue(const struct da_walk *w, struct da_regs *r, const uint8_t *p, size_t n,
		       bool *ret_done)
{
	const struct da_arch *arch = w->dump->proc.arch;
	bool wide = arch->word == 8;
	size_t rex = wide && n && (p[0] & 0xf0) == 0x40 ? 1 : 0;
	unsigned b = rex && (p[0] & 1) ? 8 : 0;

	if (n < rex + 1)
		return 0;
	if (p[rex] >= 0x58 && p[rex] <= 0x5f) /* pop */
		return pop(w, r, pushed(w, (p[rex] & 7U) + b)) ? rex + 1 : 0;
	if (p[0] == 0xc9) { /* leave */
		if (!da_reg_known(r, arch->fp))
			return 0;
		da_reg_set(r, arch->sp, r->v[arch->fp]);
		return pop(w, r, arch->fp) ? 1 : 0;
	}
	if (p[0] == 0xc3 || (p[0] == 0xf3 && n > 1 && p[1] == 0xc3) || (p[0] == 0xc2 && n > 2)) {
		*ret_done = pop(w, r, arch->pc);
		if (p[0] == 0xc2)
			da_reg_set(r, arch->sp, r->v[arch->sp] + p[1] + (p[2] << 8));
		return *ret_done ? 1 : 0;
	}
	if (rex != wide || n < rex + 3 || p[rex + 1] != 0xc4)
		return 0;
	if (p[rex] == 0x83 && p[rex + 2] < 0x80) { /* add $imm8, %sp */
		da_reg_set(r, arch->sp, r->v[arch->sp] + p[rex + 2]);
		return rex + 3;
	}
	if (p[rex] == 0x81 && n >= rex + 6 && p[rex + 5] < 0x80) {
		da_reg_set(r, arch->sp, r->v[arch->sp] + u32(p + rex + 2));
		return rex + 6;
	}
	return 0;
}

/* Is pc before or amid push %rbp; mov %rsp, %rbp? *ret_pushed: the push is done. */
static bool in_prologue(const struct da_walk *w, const uint8_t *p, size_t n, bool *ret_pushed)
{
	size_t rex = w->dump->proc.arch->word == 8 ? 1 : 0;
	uint8_t before;

	if (n >= 5 && p[0] == 0xf3 && p[1] == 0x0f && p[2] == 0x1e) /* endbr */
		p += 4, n -= 4;
	*ret_pushed = false;
	if (n >= 1 && p[0] == 0x55)
		return true;
	*ret_pushed = true;
	if (n < rex + 2 || (rex && p[0] != 0x48) ||
	    !((p[rex] == 0x89 && p[rex + 1] == 0xe5) || (p[rex] == 0x8b && p[rex + 1] == 0xec)))
		return false;
	return da_mem_u8(&w->dump->proc.mem, da_unwind_pc(w) - 1, &before) == DA_OK && before == 0x55;
}

/* The caller of an interrupted function by what its next instructions do. */
static bool follow(const struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint8_t code[96];
	size_t n = da_mem_read_some(&w->dump->proc.mem, da_unwind_pc(w), code, sizeof(code));
	struct da_regs r = w->regs;
	bool done = false, pushed_fp;

	if (in_prologue(w, code, n, &pushed_fp)) {
		if ((pushed_fp && !pop(w, &r, arch->fp)) || !pop(w, &r, arch->pc))
			return false;
		done = true;
	}
	for (size_t at = 0, i = 0, len; i < EPILOGUE && !done; i++, at += len)
		if ((len = epilogue(w, &r, code + at, n - at, &done)) == 0)
			return false;
	if (!done || !da_unwind_is_return(w, r.v[arch->pc]))
		return false;
	*ret = r;
	return true;
}

/* ---- x86: is there a frame pointer? */

enum established { NO, PERHAPS, YES };

static enum established established(const struct da_walk *w)
{
	size_t rex = w->dump->proc.arch->word == 8 ? 1 : 0;
	uint64_t start = da_unwind_function(w);
	uint8_t code[PROLOGUE];
	size_t n;

	if (da_module_at(&w->dump->proc, da_unwind_lookup(w)) == DA_NONE)
		return YES; /* code made at run time keeps it, and no table says otherwise */
	n = start ? da_mem_read_some(&w->dump->proc.mem, start, code, sizeof(code)) : 0;
	if (n < sizeof(code))
		return PERHAPS;
	for (size_t i = 0; i + rex + 3 <= n; i++) {
		const uint8_t *p = code + i;

		if (p[0] == 0x55 && (!rex || p[1] == 0x48) &&
		    ((p[rex + 1] == 0x89 && p[rex + 2] == 0xe5) ||
		     (p[rex + 1] == 0x8b && p[rex + 2] == 0xec)))
			return YES;
	}
	return NO;
}

/* A return address between sp and the supposed frame: the frame would leave its function out. */
static bool skips_one(const struct da_walk *w, uint64_t fp)
{
	uint64_t word = w->dump->proc.mem.word, v, max = w->dump->limits->scan_words;

	for (uint64_t at = da_unwind_sp(w); at < fp && max--; at += word)
		if (da_mem_word(&w->dump->proc.mem, at, &v) == DA_OK && da_unwind_is_return(w, v))
			return true;
	return false;
}

/*
 * Where neither the code nor a table of functions is at hand, the return address can only be known
 * for code; then the next frame must bear it out.
 */
static bool chain_goes_on(const struct da_walk *w, uint64_t fp, uint64_t pc)
{
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t next, after, next_pc;

	if (da_unwind_is_return(w, pc))
		return true;
	if (da_unwind_code(w, pc) != DA_CODE_YES || da_mem_view(mem, pc - 8, 8))
		return false;
	return da_mem_word(mem, fp, &next) == DA_OK && da_unwind_is_frame_pointer(w, next, fp) &&
	       da_mem_word(mem, next, &after) == DA_OK &&
	       (after == 0 || da_unwind_is_frame_pointer(w, after, next)) &&
	       da_mem_word(mem, next + mem->word, &next_pc) == DA_OK &&
	       da_unwind_code(w, next_pc) != DA_CODE_NO;
}

static enum da_status x86(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t fp = w->regs.v[arch->fp], sp = da_unwind_sp(w), saved, pc;
	enum established e;

	if (w->exact_pc && da_unwind_code(w, da_unwind_pc(w)) != DA_CODE_NO && follow(w, ret)) {
		w->cfa = ret->v[arch->sp];
		return DA_OK;
	}
	if (!da_reg_known(&w->regs, arch->fp) ||
	    !(fp == sp || da_unwind_is_frame_pointer(w, fp, sp)) ||
	    da_mem_word(mem, fp, &saved) != DA_OK || da_mem_word(mem, fp + arch->word, &pc) != DA_OK)
		return DA_NOT_FOUND;
	e = established(w);
	if (e == NO || (e == PERHAPS && skips_one(w, fp)) || !chain_goes_on(w, fp, pc))
		return DA_NOT_FOUND;
	da_unwind_keep(w, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, fp + 2ULL * arch->word);
	da_reg_set(ret, arch->fp, saved);
	w->cfa = fp + 2ULL * arch->word;
	return DA_OK;
}

/* ---- aarch64: records {x29, x30} */

/* Did the function at hand save x30 before pc? Judged by its code, from pc backwards. */
static enum established saved_lr(const struct da_walk *w)
{
	uint64_t pc = da_unwind_pc(w), start = da_unwind_function(w);
	uint32_t insn;

	for (unsigned i = 1; i <= BACKWARDS && pc - 4 * i >= start; i++) {
		if (da_mem_u32(&w->dump->proc.mem, pc - 4 * i, &insn) != DA_OK)
			return PERHAPS;
		/* stp x29, x30, [sp, #…] with and without write-back */
		if ((insn & 0xffc07fff) == 0xa9807bfd || (insn & 0xffc07fff) == 0xa9007bfd)
			return YES;
		/* ret, retaa, b: another function ends here */
		if (insn == 0xd65f03c0 || (insn & 0xfffffbff) == 0xd65f0bff)
			return NO;
	}
	return start ? NO : PERHAPS;
}

/* A leaf's caller is in x30; elsewhere x30 is left over from the last call that it made. */
static bool leaf(const struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	enum established e;
	uint64_t pc;

	if (!w->exact_pc || !da_reg_known(&w->regs, arch->lr))
		return false;
	pc = arch->strip(w->regs.v[arch->lr], w->thread->pac_mask);
	if (!da_unwind_is_return(w, pc) || (e = saved_lr(w)) != NO)
		return false;
	*ret = w->regs;
	da_reg_set(ret, arch->pc, pc);
	da_reg_forget(ret, arch->lr);
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
