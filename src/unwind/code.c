/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "unwind/step.h"

#define GUARD_PAGES 64 /* below a stack: a function with a large frame steps over the first */

enum da_code da_unwind_code(const struct da_walk *w, uint64_t pc)
{
	const struct da_process *p = &w->dump->proc;
	const struct da_range *r;

	if (!pc || !da_arch_canonical(p->arch, pc))
		return DA_CODE_NO;
	r = da_mem_range(&p->mem, pc);
	if (r && r->has_prot)
		return r->prot & DA_PROT_X ? DA_CODE_YES : DA_CODE_NO;
	if (da_module_at(p, pc) != DA_NONE)
		return DA_CODE_MAYBE;
	if (da_in_runtime_table(p, pc)) /* the process itself said so */
		return DA_CODE_YES;
	return r && r->name && r->name[0] == '/' ? DA_CODE_MAYBE : DA_CODE_NO;
}

static bool is_trampoline(const struct da_walk *w, uint64_t address)
{
	uint8_t code[16];
	size_t n = da_mem_read_some(&w->dump->proc.mem, address, code, sizeof(code));
	bool rt;

	return w->dump->proc.arch->sigreturn(code, n, &rt);
}

bool da_unwind_is_return(const struct da_walk *w, uint64_t address)
{
	const struct da_process *p = &w->dump->proc;
	enum da_call call = DA_CALL_UNKNOWN;
	uint8_t code[8];

	if (address < sizeof(code) || da_unwind_code(w, address) == DA_CODE_NO)
		return false;
	if (p->arch->lr != DA_REG_NONE && address % 4)
		return false;
	/* Fewer bytes where the mapping has just begun. */
	for (size_t n = sizeof(code); n >= 2; n--) {
		if (da_mem_read(&p->mem, address - n, code, n, NULL) != DA_OK)
			continue;
		call = p->arch->call_before(code, n);
		break;
	}
	if (call == DA_CALL_YES)
		return true;
	if (call == DA_CALL_NO)
		return is_trampoline(w, address);
	/* A function's own start is a function pointer, not a place to return to. */
	return da_symbols_in_function(w->symbols, address - 1) &&
	       da_symbols_place(w->symbols, address, false)->start != address;
}

const struct da_range *da_unwind_stack(const struct da_walk *w, uint64_t sp)
{
	const struct da_memory *mem = &w->dump->proc.mem;
	const struct da_range *r = da_mem_range(mem, sp);

	for (uint64_t i = 1; i <= GUARD_PAGES && (!r || (r->has_prot && !r->prot)); i++)
		r = da_mem_range(mem, (sp & ~(uint64_t)4095) + i * 4096);
	return r && (!r->has_prot || r->prot & DA_PROT_W) ? r : NULL;
}

uint64_t da_unwind_stack_end(const struct da_walk *w, uint64_t sp)
{
	const struct da_range *r = da_unwind_stack(w, sp);
	const struct da_thread *t = w->thread;
	uint64_t end;

	if (!r)
		return sp;
	end = r->end;
	if (t->stack_base > sp && t->stack_base < end)
		end = t->stack_base;
	/* glibc and musl put the control block on top of a thread's stack. */
	if (t->tp > sp && t->tp < end)
		end = t->tp;
	return end;
}

bool da_unwind_is_frame_pointer(const struct da_walk *w, uint64_t fp, uint64_t above)
{
	uint64_t size = 2 * w->dump->proc.mem.word;
	uint64_t end = da_unwind_stack_end(w, above);

	return fp % w->dump->proc.mem.word == 0 && fp > above && fp < end && end - fp >= size;
}

uint64_t da_unwind_function(const struct da_walk *w)
{
	const struct da_place *place =
		da_symbols_place(w->symbols, da_unwind_pc(w), !w->exact_pc);

	return place->exact ? place->start : 0;
}

void da_unwind_keep(const struct da_walk *w, struct da_regs *ret)
{
	int tp = w->dump->proc.arch->tp;

	if (da_reg_known(&w->regs, tp))
		da_reg_set(ret, tp, w->regs.v[tp]);
}
