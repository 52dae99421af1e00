/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call to where no code is: pc is 0, unmapped, or in data. The call has just left its return
 * address, on top of the stack or in the link register, and changed nothing else.
 */
#include "config.h"

#include "unwind/step.h"

enum da_status da_unwind_call(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t sp = da_unwind_sp(w), pc;

	if (!w->exact_pc)
		return DA_NOT_FOUND;
	if (arch->lr == DA_REG_NONE) {
		if (da_mem_word(&w->dump->proc.mem, sp, &pc) != DA_OK) {
			w->fault = sp;
			return DA_FAULT;
		}
		sp += arch->word;
	} else {
		if (!da_reg_known(&w->regs, arch->lr))
			return DA_NOT_FOUND;
		pc = arch->strip(w->regs.v[arch->lr], w->thread->pac_mask);
	}
	if (!da_unwind_is_return(w, pc))
		return DA_NOT_FOUND;
	*ret = w->regs;
	if (arch->lr != DA_REG_NONE)
		da_reg_forget(ret, arch->lr);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, sp);
	w->cfa = sp;
	return DA_OK;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	if (da_unwind_code(w, da_unwind_pc(w)) != DA_CODE_NO)
		return DA_NOT_FOUND;
	return da_unwind_call(w, ret);
}

const struct da_unwinder da_unwinder_jump = { "jump", DA_TRUST_FRAME_POINTER, step };
