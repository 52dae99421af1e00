/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managed code whose unwind data is not in the dump (createdump leaves out the code of single files): the
 * chain of frame pointers. What CoreCLR compiles at run time always keeps one, what was compiled ahead nearly
 * always. A link must lead further up the same stack, to code.
 */
#include "config.h"

#include "unwind/step.h"

enum { X86_64 = 62, FRAMELESS = 512, FRAMELESS_CODE = 4096 /* bytes; such methods are small */ };

/* A place to return to; native code whose bytes were not saved cannot show it. */
static bool is_code(const struct da_walk *w, uint64_t pc)
{
	struct da_guide_function g;
	uint8_t before[8];

	if (da_unwind_guide_function(w, pc - 1, &g) != DA_NOT_FOUND || da_unwind_is_return(w, pc))
		return true;
	return da_module_at(&w->dump->proc, pc) != DA_NONE && da_unwind_code(w, pc) != DA_CODE_NO &&
	       da_mem_read(&w->dump->proc.mem, pc - sizeof(before), before, sizeof(before), NULL) != DA_OK;
}

/* Where the frame's two words lead: to code that the runtime or a table knows, or that runs at least. */
static bool leads_on(const struct da_walk *w, uint64_t fp, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t saved, pc;

	if (da_mem_word(mem, fp, &saved) != DA_OK || da_mem_word(mem, fp + arch->word, &pc) != DA_OK)
		return false;
	pc = arch->strip(pc, w->thread->pac_mask);
	if (!is_code(w, pc))
		return false;
	da_unwind_keep(w, ret);
	da_reg_set(ret, arch->pc, pc);
	da_reg_set(ret, arch->sp, fp + 2ULL * arch->word);
	da_reg_set(ret, arch->fp, saved);
	return true;
}

/* x86_64: where the call before an address goes, directly or through a cell beside the code. */
static bool call_target(const struct da_walk *w, uint64_t address, uint64_t *ret)
{
	const struct da_memory *mem = &w->dump->proc.mem;
	uint8_t code[6];
	uint64_t to;

	if (da_mem_read(mem, address - sizeof(code), code, sizeof(code), NULL) != DA_OK)
		return false;
	to = address + (uint64_t)(int64_t)(int32_t)((uint32_t)code[2] | (uint32_t)code[3] << 8 | (uint32_t)code[4] << 16 |
						    (uint32_t)code[5] << 24);
	if (code[0] == 0xff && code[1] == 0x15)
		return da_mem_word(mem, to, ret) == DA_OK;
	*ret = to;
	return code[1] == 0xe8;
}

/* Does a frame that returns to `pc` with this sp end with the frame record at fp? Its own unwind data says so. */
static bool ends_with(const struct da_walk *w, uint64_t pc, uint64_t sp, uint64_t fp)
{
	const struct da_arch *arch = w->dump->proc.arch;
	struct da_walk x = *w;
	struct da_guide_function g;
	struct da_regs up;

	if (da_unwind_guide_function(w, pc - 1, &g) != DA_OK || !g.f.end)
		return false;
	x.exact_pc = false;
	x.regs.valid = 0;
	da_reg_set(&x.regs, arch->pc, pc);
	da_reg_set(&x.regs, arch->sp, sp);
	return da_unwind_undo_x64(&x, &g, &up) == DA_OK && up.v[arch->sp] == fp + 16;
}

/*
 * A method that was compiled ahead and keeps no frame pointer: the register is its caller's, and the chain would pass
 * that by. Its return address stands behind a call that goes to a little before pc, in a frame that ends with the
 * record.
 */
static bool frameless(const struct da_walk *w, uint64_t fp, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t pc = da_unwind_pc(w), sp = da_unwind_sp(w), r, to;

	for (uint64_t at = sp; arch->elf_machine == X86_64 && at < fp && at - sp < FRAMELESS; at += 8) {
		if (da_mem_word(&w->dump->proc.mem, at, &r) != DA_OK)
			return false;
		if (r < DA_NULL_PAGE || !call_target(w, r, &to) || to > pc || pc - to > FRAMELESS_CODE ||
		    !ends_with(w, r, at + 8, fp))
			continue;
		da_unwind_keep(w, ret);
		da_reg_set(ret, arch->pc, r);
		da_reg_set(ret, arch->sp, at + 8);
		da_reg_set(ret, arch->fp, fp);
		return true;
	}
	return false;
}

/* The runtime's own record of a nearer caller: a funclet's frame pointer is that of its method, far up. */
static bool passes_record(const struct da_walk *w, uint64_t sp)
{
	struct da_guide_caller caller = { .sp_guess = false };

	return w->guide->transition &&
	       w->guide->transition(w->guide->ctx, w->thread, &w->regs, &caller) == DA_OK &&
	       caller.regs.v[w->dump->proc.arch->sp] < sp;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint64_t sp = da_unwind_sp(w), fp;
	struct da_guide_function g = { .kind = DA_FRAME_MANAGED }; /* DA_FAULT leaves it so */

	if (da_unwind_guide_function(w, da_unwind_lookup(w), &g) == DA_NOT_FOUND || g.kind != DA_FRAME_MANAGED ||
	    !da_reg_known(&w->regs, arch->fp))
		return DA_NOT_FOUND;
	fp = w->regs.v[arch->fp];
	if (da_unwind_is_frame_pointer(w, fp, sp) && frameless(w, fp, ret)) {
		w->cfa = ret->v[arch->sp];
		return DA_OK;
	}
	if ((fp != sp && !da_unwind_is_frame_pointer(w, fp, sp)) || !leads_on(w, fp, ret) ||
	    passes_record(w, fp + 2ULL * arch->word))
		return DA_NOT_FOUND;
	w->cfa = arch->lr == DA_REG_NONE ? fp + 2ULL * arch->word : 0;
	w->caller_sp_guess = arch->lr != DA_REG_NONE;
	return DA_OK;
}

const struct da_unwinder da_unwinder_managed_chain = { "managed chain", DA_TRUST_FRAME_POINTER, step };
