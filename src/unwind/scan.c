/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort: the first word of the stack that can be a return address. Dead slots of the stack
 * hold return addresses of calls that are over, so a call whose known target is another function than
 * the one at hand is taken only if nothing better stands near.
 */
#include "config.h"

#include "unwind/step.h"

#define NEAR 256 /* words behind a bad or doubtful one in which a better one is looked for */
#define NEXT 32  /* the same behind a fair one */
#define FUNCTION 65536 /* bytes of a large function */
#define FAR 64   /* frames that are followed to see where a candidate leads */

/*
 * ASTRAY: what follows from it is no stack. DOUBTFUL: it called something else. FAIR: a call by pointer,
 * or of what has no name. GOOD: it called the function at hand.
 */
enum verdict { REJECTED, ASTRAY, DOUBTFUL, FAIR, GOOD };

/* Code that only jumps on: endbr64, bnd or nothing, then jmp *x(%rip), or push and jmp. */
static bool is_stub(const struct da_walk *w, uint64_t target)
{
	uint8_t code[16];
	size_t n = da_mem_read_some(&w->dump->proc.mem, target, code, sizeof(code)), i = 0;

	if (n >= 5 && code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x1e)
		i = 4;
	if (i < n && code[i] == 0xf2)
		i++;
	return i >= n || (code[i] == 0xff && i + 1 < n && (code[i + 1] == 0x25 || code[i + 1] == 0xa3)) ||
	       code[i] == 0x68 || code[i] == 0xe9;
}

/* Could the function that starts at `target` hold the code at hand? No table of functions is there. */
static bool may_hold(const struct da_walk *w, uint64_t target)
{
	const struct da_process *p = &w->dump->proc;
	uint64_t pc = da_unwind_lookup(w);
	uint32_t module = da_module_at(p, pc);

	return target <= pc && pc - target < FUNCTION && module == da_module_at(p, target) &&
	       (module != DA_NONE || da_mem_range(&p->mem, target) == da_mem_range(&p->mem, pc));
}

/* The target of a direct call before the address; false: there is none, or no code. */
static bool direct_call(const struct da_walk *w, uint64_t address, uint64_t *ret)
{
	const struct da_process *p = &w->dump->proc;
	uint8_t code[5];
	uint32_t rel;

	if (p->arch->lr != DA_REG_NONE || da_unwind_code(w, da_unwind_pc(w)) == DA_CODE_NO ||
	    da_mem_read(&p->mem, address - 5, code, 5, NULL) != DA_OK || code[0] != 0xe8)
		return false;
	rel = (uint32_t)code[1] | (uint32_t)code[2] << 8 | (uint32_t)code[3] << 16 |
	      (uint32_t)code[4] << 24;
	*ret = address + (uint64_t)(int64_t)(int32_t)rel;
	if (p->arch->word == 4)
		*ret = (uint32_t)*ret;
	return true;
}

bool da_unwind_is_called_from(const struct da_walk *w, uint64_t address)
{
	uint64_t function = da_unwind_function(w), target;

	return direct_call(w, address, &target) &&
	       (function ? target == function : may_hold(w, target));
}

/* Can the direct call before `address` have led to the code at hand? */
static enum verdict judge_call(const struct da_walk *w, uint64_t address, uint64_t function)
{
	uint64_t target;

	if (!direct_call(w, address, &target))
		return FAIR;
	if (function ? target == function : may_hold(w, target))
		return function ? GOOD : FAIR;
	return is_stub(w, target) ? FAIR : DOUBTFUL;
}

enum da_way da_unwind_way(const struct da_walk *w, const struct da_regs *from)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct da_walk x = *w;
	struct da_regs caller;
	enum da_status st;

	x.regs = *from;
	x.exact_pc = false;
	x.sp_guess = arch->lr != DA_REG_NONE;
	x.trust = DA_TRUST_SCAN;
	for (unsigned i = 0; i < FAR; i++) {
		if (x.work && !da_unwind_spend(&x.work->follows))
			return DA_WAY_UNKNOWN;
		x.signal = x.caller_sp_guess = false;
		x.fault = x.cfa = 0;
		caller.valid = 0;
		st = da_unwinder_sigframe.step(&x, &caller);
		if (st == DA_NOT_FOUND)
			st = da_unwinder_cfi.step(&x, &caller);
		if (st == DA_NOT_FOUND)
			st = da_unwinder_entry.step(&x, &caller);
		if (st == DA_PARTIAL) /* a return address of 0 is a slot that was cleared */
			return x.cfa ? DA_WAY_ASTRAY : DA_WAY_HOME;
		if (st == DA_FAULT)
			return x.fault ? DA_WAY_ASTRAY : DA_WAY_UNKNOWN; /* a register that is not known */
		if (st != DA_OK)
			return st == DA_CORRUPT ? DA_WAY_ASTRAY : DA_WAY_UNKNOWN;
		if (!x.signal && caller.v[arch->sp] <= x.regs.v[arch->sp])
			return DA_WAY_ASTRAY;
		x.regs = caller;
		x.exact_pc = x.signal;
		x.sp_guess = false;
	}
	return DA_WAY_HOME;
}

/*
 * The caller's frame pointer: what the function at hand saved right below its return address, or what
 * it left alone. Only a value that can be one is kept; what follows tests it again.
 */
static void keep_frame_pointer(const struct da_walk *w, uint64_t at, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t saved;

	if (da_mem_word(&w->dump->proc.mem, at - arch->word, &saved) == DA_OK &&
	    da_unwind_is_frame_pointer(w, saved, at))
		da_reg_set(ret, arch->fp, saved);
	else if (arch->lr == DA_REG_NONE && da_reg_known(&w->regs, arch->fp) &&
		 da_unwind_is_frame_pointer(w, w->regs.v[arch->fp], at))
		da_reg_set(ret, arch->fp, w->regs.v[arch->fp]);
}

/*
 * Native code that has called further was called from managed code only where the runtime has a record of it,
 * and there is none: the word is left over. (What managed code calls directly does not call on.)
 */
static bool lacks_record(const struct da_walk *w, uint64_t pc)
{
	struct da_guide_function g;

	return !w->exact_pc && da_unwind_guide_function(w, pc - 1, &g) != DA_NOT_FOUND &&
	       da_unwind_guide_function(w, da_unwind_lookup(w), &g) == DA_NOT_FOUND;
}

/* What the word at `at` is worth; *ret is the caller unless it is rejected. */
static enum verdict judge(const struct da_walk *w, uint64_t at, uint64_t pc, uint64_t function,
			  struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	enum verdict v;
	enum da_way way;

	if (!da_unwind_is_return(w, pc) || lacks_record(w, pc))
		return REJECTED;
	v = judge_call(w, pc, function);
	ret->valid = 0;
	da_unwind_keep(w, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, at + arch->word);
	keep_frame_pointer(w, at, ret);
	way = da_unwind_way(w, ret);
	/* That it called another function has an innocent reason too: which jumped to the one at hand. */
	if (v == DOUBTFUL && way != DA_WAY_HOME)
		return REJECTED;
	return way == DA_WAY_ASTRAY ? ASTRAY : v;
}

/* The best of the stack's words [sp, end). */
static enum verdict find(const struct da_walk *w, uint64_t sp, uint64_t end, struct da_regs *ret)
{
	const struct da_process *p = &w->dump->proc;
	uint64_t word = p->mem.word, function = da_unwind_function(w), pc;
	uint64_t max = w->dump->limits->scan_words;
	enum verdict best = REJECTED;

	for (uint64_t at = sp; best < GOOD && at < end && end - at >= word && max; at += word, max--) {
		struct da_regs caller;
		enum verdict v;

		if (da_mem_word(&p->mem, at, &pc) != DA_OK ||
		    (w->work && !da_unwind_spend(&w->work->words)))
			break;
		/* Most words are small numbers or point into the stack itself. */
		if (pc < 4096 || (pc >= sp && pc < end))
			continue;
		v = judge(w, at, p->arch->strip(pc, w->thread->pac_mask), function, &caller);
		if (v <= best)
			continue;
		if (best == REJECTED)
			max = DA_MIN(max, NEAR);
		if (v == FAIR)
			max = DA_MIN(max, NEXT);
		best = v;
		*ret = caller;
	}
	return best;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t sp = da_round_up(da_unwind_sp(w), arch->word);
	uint64_t end = da_unwind_stack_end(w, sp);
	const struct da_range *stack = da_unwind_stack(w, sp);

	if (stack && sp < stack->start)
		sp = stack->start; /* overrun */
	if (da_unwind_run_code(w, ret) && ret->v[arch->sp] <= end && ret->v[arch->sp] > sp)
		return DA_OK;
	ret->valid = 0;
	if (find(w, sp, end, ret) == REJECTED)
		return DA_NOT_FOUND;
	w->caller_sp_guess = arch->lr != DA_REG_NONE;
	return DA_OK;
}

const struct da_unwinder da_unwinder_scan = { "scan", DA_TRUST_SCAN, step };
