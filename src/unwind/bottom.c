/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last frame of a Windows thread where no table says so: x86 code of ntdll, in which every thread
 * begins, with nothing between it and the base of the stack (from the TEB) in which scan found a caller.
 */
#include "config.h"

#include <strings.h>

#include "unwind/step.h"

#define NEAR_BASE 4096

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_process *p = &w->dump->proc;
	uint64_t base = w->thread->stack_base, sp = da_unwind_sp(w), word;
	uint32_t module = da_module_at(p, da_unwind_lookup(w));

	(void)ret;
	/* On 64-bit CPUs tables say it, and without them scan passes over what it cannot check. */
	if (p->os != DA_OS_WINDOWS || p->mem.word != 4 || w->exact_pc || module == DA_NONE || !p->modules.v[module].name ||
	    strcasecmp(p->modules.v[module].name, "ntdll.dll") != 0 || sp >= base || base - sp > NEAR_BASE)
		return DA_NOT_FOUND;
	for (uint64_t at = da_round_up(sp, p->mem.word); at < base; at += p->mem.word)
		if (da_mem_word(&p->mem, at, &word) != DA_OK)
			return DA_NOT_FOUND;
	w->end = DA_END_COMPLETE;
	w->why = "the thread began here";
	return DA_PARTIAL;
}

const struct da_unwinder da_unwinder_bottom = { "bottom", DA_TRUST_CFI, step };
