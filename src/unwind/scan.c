/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort: the first word of the stack that can be a return address. Dead slots of the stack
 * hold return addresses of calls that are over, so a call whose known target is another function than
 * the one at hand is taken only if nothing better stands near.
 */
#include "config.h"

#include "unwind/step.h"

#define NEAR 256 /* words behind a doubtful one in which a better one is looked for */

enum verdict { REJECTED, DOUBTFUL, GOOD };

/* Does the direct call before `address` go to the function that starts at `function`? */
static enum verdict judge(const struct da_walk *w, uint64_t address, uint64_t function)
{
	const struct da_process *p = &w->dump->proc;
	uint64_t target;
	uint8_t code[5];
	uint32_t rel;

	if (!da_unwind_is_return(w, address))
		return REJECTED;
	if (!function || p->arch->lr != DA_REG_NONE ||
	    da_mem_read(&p->mem, address - 5, code, 5, NULL) != DA_OK || code[0] != 0xe8)
		return GOOD;
	rel = (uint32_t)code[1] | (uint32_t)code[2] << 8 | (uint32_t)code[3] << 16 |
	      (uint32_t)code[4] << 24;
	target = address + (uint64_t)(int64_t)(int32_t)rel;
	if (p->arch->word == 4)
		target = (uint32_t)target;
	if (target == function)
		return GOOD;
	/* PLT stubs and functions without a name may lead anywhere. */
	return da_symbols_in_function(w->symbols, target) ? DOUBTFUL : GOOD;
}

/* The place of the return address on the stack; 0: none. */
static uint64_t find(const struct da_walk *w, uint64_t sp, uint64_t end, uint64_t *ret_pc)
{
	const struct da_process *p = &w->dump->proc;
	uint64_t word = p->mem.word, function = da_unwind_function(w), doubtful = 0, pc;
	uint64_t max = w->dump->limits->scan_words;

	for (uint64_t at = sp; at < end && end - at >= word && max; at += word, max--) {
		if (da_mem_word(&p->mem, at, &pc) != DA_OK)
			break;
		/* Most words are small numbers or point into the stack itself. */
		if (pc < 4096 || (pc >= sp && pc < end))
			continue;
		pc = p->arch->strip(pc, w->thread->pac_mask);
		switch (judge(w, pc, function)) {
		case GOOD:
			*ret_pc = pc;
			return at;
		case DOUBTFUL:
			if (!doubtful) {
				doubtful = at;
				*ret_pc = pc;
				max = DA_MIN(max, NEAR);
			}
			break;
		default:
			break;
		}
	}
	return doubtful;
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

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t sp = da_round_up(da_unwind_sp(w), arch->word);
	uint64_t pc = 0, at;

	at = find(w, sp, da_unwind_stack_end(w, sp), &pc);
	if (!at)
		return DA_NOT_FOUND;
	da_unwind_keep(w, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, at + arch->word);
	keep_frame_pointer(w, at, ret);
	w->caller_sp_guess = arch->lr != DA_REG_NONE;
	return DA_OK;
}

const struct da_unwinder da_unwinder_scan = { "scan", DA_TRUST_SCAN, step };
