/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose code sleeps in the kernel. Objects of the C library are waited for by the C library: a program that makes the
 * call itself, with an instruction of its own (Go, Rust, OpenMP) or by the exported function `syscall` (C++'s atomics,
 * locks that people write), sleeps on a word of its own, whatever stands around it.
 */
#include "config.h"

#include "wait/parts.h"

static bool is_library(const struct da_waits *w, uint32_t module)
{
	const struct da_module *m = module != DA_NONE ? &w->p->modules.v[module] : NULL;

	if (!m || m->interpreter || da_wait_is_libc(m))
		return m != NULL;
	return m->name && (da_starts(m->name, "librt.so") || da_starts(m->name, "librt-2.") || da_starts(m->name, "ld-linux") ||
			   da_starts(m->name, "ld-2."));
}

static bool is_gate(const struct da_waits *w, uint32_t module)
{
	return module != DA_NONE && w->p->modules.v[module].vdso;
}

/* To where the function returns that made the call, if it keeps nothing on the stack, as `syscall` does; 0: unknown. */
static uint64_t leaf_returns_to(const struct da_waits *w, const struct da_thread *t, uint32_t frame)
{
	const struct da_arch *arch = w->p->arch;
	uint64_t to;

	if (w->cpu == DA_CPU_X64 && da_reg_known(&t->regs, arch->sp) && da_wait_word(w, t->regs.v[arch->sp], &to))
		return to;
	if (w->cpu == DA_CPU_A64 && da_reg_known(&t->regs, 30))
		return t->regs.v[30];
	/* i386: the call went through the vdso, and the function keeps the registers of its caller */
	return w->cpu == DA_CPU_X86 && frame + 1 < t->frames.n ? t->frames.v[frame + 1].pc : 0;
}

/* A static program's functions are all in one module; names that begin with two underscores are reserved for libraries. */
static enum da_caller of_static(const struct da_frame *f, const struct da_hint *h, uint32_t frame)
{
	if (!f || !f->place || !f->place->exact || !f->place->raw)
		return h->family ? DA_BY_LIBRARY : DA_BY_UNNAMED;
	return (h->family && h->frame == frame) || da_starts(f->place->raw, "__") ? DA_BY_LIBRARY : DA_BY_PROGRAM;
}

enum da_caller da_wait_caller(const struct da_waits *w, uint32_t thread, bool is_static)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	uint32_t i = t->frames.n && is_gate(w, t->frames.v[0].module), module, outer;
	const struct da_frame *f = i < t->frames.n ? &t->frames.v[i] : NULL;
	bool exact = f && f->place && f->place->exact;

	if (exact && da_streq(f->place->raw, "syscall"))
		return DA_BY_PROGRAM;
	if (is_static)
		return of_static(f, &w->t[thread].hint, i);
	if (!f && !da_reg_known(&t->regs, w->p->arch->pc))
		return DA_BY_UNNAMED;
	module = f ? f->module : da_module_at(w->p, t->regs.v[w->p->arch->pc]);
	if (is_gate(w, module)) /* and no frame behind it */
		return DA_BY_UNNAMED;
	if (!is_library(w, module))
		return DA_BY_PROGRAM;
	if (exact || w->t[thread].hint.family)
		return DA_BY_LIBRARY;
	outer = da_module_at(w->p, leaf_returns_to(w, t, i));
	return outer == DA_NONE || is_library(w, outer) || is_gate(w, outer) ? DA_BY_LIBRARY : DA_BY_UNNAMED;
}
