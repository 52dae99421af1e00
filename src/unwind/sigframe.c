/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame that the kernel builds on the stack to run a signal handler. Its return address is a
 * trampoline of two instructions (in libc, the vdso, or a page that qemu makes), known by its bytes;
 * the registers of the interrupted code stand in struct sigcontext at a fixed place above. No unwind
 * information is needed, so this works where libc's file is missing.
 *
 * qemu-user from 8.1 on has a vdso for aarch64 and saves none of its bytes. Nothing but a signal handler
 * returns into it (its other functions call nobody), and the frame must look like one.
 */
#include "config.h"

#include "unwind/step.h"

/*
 * Where struct sigcontext stands, in bytes from sp as it is on return to the trampoline, and a word of it
 * that cannot have any value: cs of user mode, pstate of EL0. (siginfo is there for SA_SIGINFO only.)
 */
struct layout {
	uint16_t machine;
	bool rt;
	uint16_t context;
	uint16_t check; /* u32, from the context */
	uint8_t mask, value;
};

static const struct layout layouts[] = {
	{ 62, true, 40, 18 * 8, 3, 3 },          /* ucontext at sp, siginfo behind it */
	{ 3, true, 12 + 128 + 20, 60, 3, 3 },    /* sig, pinfo, puc; siginfo; ucontext */
	{ 3, false, 4, 60, 3, 3 },               /* sig; sigcontext */
	{ 183, true, 128 + 0xb0, 0x110, 31, 0 }, /* siginfo at sp, ucontext behind it */
};

/* The first of the records behind the general registers; every kernel and qemu puts it there. */
#define FPSIMD_MAGIC 0x46508001
#define FPSIMD_OFFSET 0x120 /* from struct sigcontext */

/* The record must be there, and the registers must hold an address of code and one of a stack. */
static bool returns_from_vdso(const struct da_walk *w)
{
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_memory *mem = &w->dump->proc.mem;
	const struct layout *l = &layouts[DA_ARRAY_SIZE(layouts) - 1];
	uint32_t module = da_module_at(&w->dump->proc, da_unwind_pc(w)), magic;
	uint64_t context = da_unwind_sp(w) + l->context, pc, sp;

	return arch->elf_machine == l->machine && !w->exact_pc && module != DA_NONE &&
	       w->dump->proc.modules.v[module].vdso &&
	       da_mem_u32(mem, context + FPSIMD_OFFSET, &magic) == DA_OK && magic == FPSIMD_MAGIC &&
	       da_mem_word(mem, context + (uint64_t)arch->regs[arch->pc].ucontext, &pc) == DA_OK &&
	       da_mem_word(mem, context + (uint64_t)arch->regs[arch->sp].ucontext, &sp) == DA_OK &&
	       da_unwind_code(w, pc) != DA_CODE_NO && sp % 16 == 0 && da_mem_range(mem, sp);
}

static const struct layout *find(const struct da_walk *w)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint8_t code[16];
	size_t n = da_mem_read_some(&w->dump->proc.mem, da_unwind_pc(w), code, sizeof(code));
	bool rt = n == 0;

	if (n ? !arch->sigreturn(code, n, &rt) : !returns_from_vdso(w))
		return NULL;
	for (size_t i = 0; i < DA_ARRAY_SIZE(layouts); i++)
		if (layouts[i].machine == arch->elf_machine && layouts[i].rt == rt)
			return &layouts[i];
	return NULL;
}

static enum da_status missing(struct da_walk *w, uint64_t addr)
{
	w->fault = addr;
	return DA_FAULT;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	const struct da_arch *arch = w->dump->proc.arch;
	const struct da_memory *mem = &w->dump->proc.mem;
	const struct layout *l = find(w);
	uint64_t context, v;
	uint32_t check;

	if (!l)
		return DA_NOT_FOUND;
	context = da_unwind_sp(w) + l->context;
	if (da_mem_u32(mem, context + l->check, &check) != DA_OK)
		return missing(w, context + l->check);
	if ((check & l->mask) != l->value) {
		w->why = "the registers that the kernel keeps below a signal handler are damaged";
		return DA_CORRUPT;
	}
	da_unwind_keep(w, ret);
	for (unsigned r = 0; r < arch->nregs; r++) {
		uint64_t at = context + (uint64_t)arch->regs[r].ucontext;

		if (arch->regs[r].ucontext < 0)
			continue;
		if (da_mem_word(mem, at, &v) != DA_OK)
			return missing(w, at);
		da_reg_set(ret, (int)r, v);
	}
	w->signal = true;
	return DA_OK;
}

const struct da_unwinder da_unwinder_sigframe = { "signal frame", DA_TRUST_CFI, step };
