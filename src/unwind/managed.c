/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that a language runtime made or brought along: it says where the unwind data of an address is.
 * CoreCLR's is that of Windows on every system, so it is undone by the same code as Windows' own.
 */
#include "config.h"

#include "unwind/step.h"

enum { X86_64 = 62, AARCH64 = 183 /* EM_… */ };

enum da_status da_unwind_guide_function(const struct da_walk *w, uint64_t pc, struct da_guide_function *ret)
{
	if (!w->guide || !w->guide->function)
		return DA_NOT_FOUND;
	return w->guide->function(w->guide->ctx, pc, ret);
}

enum da_status da_unwind_guided(const struct da_walk *w, uint64_t base, uint64_t pc, struct da_pe_function *ret)
{
	struct da_guide_function g;

	if (da_unwind_guide_function(w, pc, &g) != DA_OK || g.base != base || !g.f.end)
		return DA_NOT_FOUND;
	*ret = g.f;
	return DA_OK;
}

/*
 * Stubs only load a register or two and jump on: whoever stands in one has its caller where the call left
 * it, and that proves itself.
 */
static enum da_status stub(struct da_walk *w, struct da_regs *ret)
{
	return da_unwind_call(w, ret) == DA_OK ? DA_OK : DA_NOT_FOUND;
}

static enum da_status undo(struct da_walk *w, const struct da_guide_function *g, struct da_regs *ret)
{
	switch (w->dump->proc.arch->elf_machine) {
	case X86_64:
		return da_unwind_undo_x64(w, g, ret);
	case AARCH64:
		return da_unwind_undo_arm64(w, g, ret);
	default:
		return DA_NOT_FOUND;
	}
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	struct da_guide_function g, to;
	enum da_status st;

	if (da_unwind_guide_function(w, da_unwind_lookup(w), &g) != DA_OK)
		return DA_NOT_FOUND;
	if (!g.f.end)
		return g.kind == DA_FRAME_STUB ? stub(w, ret) : DA_NOT_FOUND;
	st = undo(w, &g, ret);
	/* Standing on a guess, the data proves itself by where it leads. */
	if (st == DA_OK && w->trust == DA_TRUST_SCAN &&
	    da_unwind_guide_function(w, ret->v[w->dump->proc.arch->pc] - 1, &to) == DA_NOT_FOUND &&
	    !da_unwind_is_return(w, ret->v[w->dump->proc.arch->pc])) {
		w->why = "the unwind information leads to an address that is not code";
		return DA_CORRUPT;
	}
	return st;
}

const struct da_unwinder da_unwinder_managed = { "managed", DA_TRUST_RUNTIME, step };
