/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "wait/nt.h"
#include "wait/parts.h"

static bool cpu_of(const struct da_process *p, enum da_wait_cpu *ret)
{
	static const char *const names[] = { [DA_CPU_X64] = "x86_64", [DA_CPU_X86] = "x86", [DA_CPU_A64] = "aarch64" };

	for (size_t i = 0; p->arch && i < DA_ARRAY_SIZE(names); i++)
		if (da_streq(p->arch->name, names[i])) {
			*ret = (enum da_wait_cpu)i;
			return true;
		}
	return false;
}

/* Waits that a language runtime told of, and locks that are already there. */
static void take_over(struct da_waits *w)
{
	da_vec_reserve(w->d->arena, &w->p->waits, w->p->threads.n);
	w->first_lock = (uint32_t)w->p->locks.n;
	w->first_wait = (uint32_t)w->p->waits.n;
	for (uint32_t i = 0; i < w->p->threads.n; i++)
		w->t[i].primary = DA_NONE;
	for (uint32_t i = 0; i < w->p->waits.n; i++)
		if (w->p->waits.v[i].primary && w->p->waits.v[i].thread < w->p->threads.n)
			w->t[w->p->waits.v[i].thread].primary = i;
}

bool da_wait_prepare(struct da_waits *w)
{
	if (!cpu_of(w->p, &w->cpu))
		return false;
	w->word = w->p->arch->word;
	w->t = da_calloc(w->d->arena, w->p->threads.n, sizeof(*w->t));
	take_over(w);
	return true;
}

/* A managed wait and the native one beneath it stand in the same system call. */
static void tell_calls(struct da_waits *w)
{
	for (uint32_t i = 0; i < w->p->waits.n; i++) {
		struct da_wait *wait = &w->p->waits.v[i];
		const struct da_syscall *c = wait->thread < w->p->threads.n ? &w->t[wait->thread].call : NULL;

		if (c && c->row && (c->state == DA_IN_CALL || c->state == DA_CALL_ENDED))
			wait->call = c->row->name;
	}
}

static void of_linux(struct da_dump *d, struct da_symbols *s)
{
	struct da_window window = { 0 };
	struct da_waits w = { .d = d, .s = s, .p = &d->proc, .m = &d->proc.mem, .window = &window };

	if (!da_wait_prepare(&w))
		return;
	da_wait_find_libc(&w);
	da_wait_own_ids(&w);
	da_wait_hints(&w);
	da_wait_calls(&w);
	da_wait_futexes(&w);
	for (uint32_t i = 0; i < w.p->threads.n; i++)
		if (!w.t[i].is_futex) {
			da_wait_call(&w, i);
			da_wait_spin(&w, i);
		}
	da_wait_held(&w);
	da_wait_name_locks(&w);
	da_wait_witness(&w);
	da_wait_remote(&w);
	da_wait_managed(&w);
	da_wait_company(&w);
	tell_calls(&w);
	da_wait_states(&w);
	da_wait_single(&w);
}

void da_wait_run(struct da_dump *d, struct da_symbols *s)
{
	if (!d->proc.arch || !d->proc.arch->full)
		return;
	if (d->proc.os == DA_OS_LINUX)
		of_linux(d, s);
	else if (d->proc.os == DA_OS_WINDOWS)
		da_wait_windows(d, s);
}
