/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native code without unwind information, called from managed code: the runtime leaves records on the stack
 * where it goes out (CoreCLR's explicit Frames), and the innermost one above sp tells the managed caller. A
 * dump of createdump has no file of the runtime, so most stacks get on by these.
 */
#include "config.h"

#include "unwind/step.h"

void da_unwind_interrupted(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct da_guide_caller caller = { .sp_guess = false };
	struct da_guide_function g;

	if (!w->guide || !w->guide->interrupted || w->signal ||
	    da_unwind_guide_function(w, ret->v[arch->pc], &g) == DA_NOT_FOUND ||
	    da_unwind_guide_function(w, da_unwind_lookup(w), &g) != DA_NOT_FOUND ||
	    w->guide->interrupted(w->guide->ctx, w->thread, ret, &caller) != DA_OK)
		return;
	if (caller.regs.v[arch->sp] != ret->v[arch->sp])
		w->cfa = 0;
	*ret = caller.regs;
	da_unwind_keep(w, ret);
	w->caller_exact_pc = true;
	w->caller_sp_guess = false;
}

/*
 * A thread that is to be stopped when its method returns has another return address: that of a helper of the
 * runtime, which no call leads to. Unwind information takes what happens to stand on the stack for its caller.
 */
bool da_unwind_hijacked(struct da_walk *w, const struct da_regs *by)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct da_guide_caller caller = { .sp_guess = false };
	struct da_guide_function g;

	return w->guide && w->guide->transition && !w->signal &&
	       da_unwind_code(w, by->v[arch->pc]) == DA_CODE_NO &&
	       da_unwind_guide_function(w, by->v[arch->pc], &g) == DA_NOT_FOUND &&
	       w->guide->transition(w->guide->ctx, w->thread, &w->regs, &caller) == DA_OK &&
	       da_reg_known(&caller.regs, arch->pc);
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct da_guide_caller caller = { .sp_guess = false };

	if (!w->guide || !w->guide->transition ||
	    w->guide->transition(w->guide->ctx, w->thread, &w->regs, &caller) != DA_OK ||
	    !da_reg_known(&caller.regs, arch->pc))
		return DA_NOT_FOUND;
	*ret = caller.regs;
	da_unwind_keep(w, ret);
	w->caller_sp_guess = caller.sp_guess;
	w->caller_exact_pc = caller.exact_pc;
	return DA_OK;
}

const struct da_unwinder da_unwinder_transition = { "transition", DA_TRUST_RUNTIME, step };
