/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that turn in pthread_spin_lock: they run, and wait all the same. The lock is the argument, which the function
 * keeps in its register. glibc on x86: 1 free, 0 or less held; other CPUs and musl: 0 free. It stores no owner.
 */
#include "config.h"

#include "wait/parts.h"

static bool is_held(const struct da_waits *w, uint32_t word)
{
	return w->cpu == DA_CPU_X64 && da_wait_libc(w) == DA_LIBC_GLIBC ? (int32_t)word <= 0 : word != 0;
}

void da_wait_spin(struct da_waits *w, uint32_t thread)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	int argument = da_arch_reg(w->p->arch, w->cpu == DA_CPU_X64 ? "rdi" : "x0");
	struct da_wait *wait;
	struct da_lock *l;
	uint64_t address;
	uint32_t word;

	if (w->t[thread].call.state != DA_IN_USER || w->t[thread].hint.family != DA_FAMILY_SPIN ||
	    w->t[thread].hint.frame != 0 || w->cpu == DA_CPU_X86 || !da_reg_known(&t->regs, argument))
		return;
	address = t->regs.v[argument];
	if (address % 4 || !da_wait_u32(w, address, &word) || !is_held(w, word))
		return;
	wait = da_wait_add(w, thread, DA_LOCK_SPIN);
	wait->address = address;
	wait->confidence = DA_LIKELY;
	wait->how = da_printf(w->d->arena, "runs in " DA_SYM("%s") ", whose argument is " DA_ADDR("0x%llx") "; the word there is "
			      "0x%x", w->t[thread].hint.name, (unsigned long long)address, word);
	l = da_wait_lock(w, address, DA_LOCK_SPIN, &wait->lock);
	if (!l->how) {
		l->state = DA_LOCK_HELD;
		l->how = "a spin lock, held; it stores no owner";
	}
}

/* Nobody sleeps in one. */
bool da_recognise_spin(const struct da_futex *f, bool named, struct da_found *ret)
{
	(void)f;
	(void)named;
	(void)ret;
	return false;
}
