/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NativeAOT turns a fault of managed code (a null reference) into an exception: its signal handler goes on in
 * RhpThrowHwEx, as if the faulting code had jumped there. That function first aligns the stack and pushes the
 * registers of the fault, which its call frame information does not tell.
 *
 * When it calls on, sp is at an ExInfo: {address of the one before, of the registers, of the exception, u8 kind, of which the
 * lowest two bits are 2: a fault}. The registers (PAL_LIMITED_CONTEXT) stand right behind it.
 *
 * Source: the code of this function in programs of 8.0, 9.0, 10.0 and 11.0 for x86-64.
 */
#include "config.h"

#include "unwind/step.h"

enum { EM_X86_64_ = 62, CONTEXT = 8, KIND = 24, KINDS = 3, FAULT = 2, EXINFO_MAX = 0x400 };

/* DWARF's numbers of registers, in the order in which they stand. rax and rdx are pushed as 0. */
static const int8_t pushed[] = { 16 /* rip */, 7 /* rsp */, 6 /* rbp */, -1, 3 /* rbx */, -1, 12, 13, 14, 15 };

static bool stands_there(struct da_walk *w, uint64_t *ret_context)
{
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t sp = da_unwind_sp(w), context, size;
	uint8_t kind;

	if (w->exact_pc || da_mem_u8(mem, sp + KIND, &kind) != DA_OK || (kind & KINDS) != FAULT ||
	    da_mem_word(mem, sp + CONTEXT, &context) != DA_OK || context <= sp)
		return false;
	size = context - sp;
	if (size > EXINFO_MAX || size % 16 != 0)
		return false;
	*ret_context = context;
	return da_streq(da_symbols_place(w->symbols, da_unwind_pc(w), true)->raw, "RhpThrowHwEx");
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_memory *mem = &w->dump->proc.mem;
	uint64_t context, v;

	if (w->dump->proc.arch->elf_machine != EM_X86_64_ || !stands_there(w, &context))
		return DA_NOT_FOUND;
	ret->valid = 0;
	for (size_t i = 0; i < DA_ARRAY_SIZE(pushed); i++) {
		if (pushed[i] < 0)
			continue;
		if (da_mem_word(mem, context + 8 * i, &v) != DA_OK) {
			w->fault = context + 8 * i;
			return DA_FAULT;
		}
		da_reg_set(ret, pushed[i], v);
	}
	w->cfa = ret->v[w->dump->proc.arch->sp];
	w->caller_exact_pc = true;
	return DA_OK;
}

const struct da_unwinder da_unwinder_hardware_throw = { "hardware throw", DA_TRUST_CFI, step };
