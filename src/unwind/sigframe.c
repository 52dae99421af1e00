/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame that the kernel builds on the stack to run a signal handler. Its return address is a
 * trampoline of two instructions (in libc, the vdso, or a page that qemu makes), known by its bytes;
 * the registers of the interrupted code stand in struct sigcontext at a fixed place above. No unwind
 * information is needed, so this works where libc's file is missing.
 */
#include "config.h"

#include "unwind/step.h"

/* Bytes from sp, as it is on return to the trampoline. signo < 0: nothing to check. */
struct layout {
	uint16_t machine;
	bool rt;
	int context; /* struct sigcontext */
	int signo;   /* u32: si_signo of the siginfo beside it */
};

static const struct layout layouts[] = {
	{ 62, true, 40, 0x130 },            /* ucontext at sp, siginfo behind it */
	{ 3, true, 12 + 128 + 20, 12 },     /* sig, pinfo, puc; siginfo; ucontext */
	{ 3, false, 4, -1 },                /* sig; sigcontext */
	{ 183, true, 128 + 0xb0, 0 },       /* siginfo at sp, ucontext behind it */
};

static const struct layout *find(const struct da_walk *w)
{
	const struct da_arch *arch = w->dump->proc.arch;
	uint8_t code[16];
	size_t n = da_mem_read_some(&w->dump->proc.mem, da_unwind_pc(w), code, sizeof(code));
	bool rt = false;

	if (!arch->sigreturn(code, n, &rt))
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
	uint64_t sp = da_unwind_sp(w), v;
	uint32_t signo;

	if (!l)
		return DA_NOT_FOUND;
	if (l->signo >= 0) {
		if (da_mem_u32(mem, sp + (uint64_t)l->signo, &signo) != DA_OK)
			return missing(w, sp + (uint64_t)l->signo);
		if (signo == 0 || signo > 64) {
			w->why = "a signal frame without a signal";
			return DA_CORRUPT;
		}
	}
	da_unwind_keep(w, ret);
	for (unsigned r = 0; r < arch->nregs; r++) {
		uint64_t at = sp + (uint64_t)l->context + (uint64_t)arch->regs[r].ucontext;

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
