/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom outside of the process a thread waits for: by the functions of clients between its wait and its own code. A
 * connection that is being made tells the address as well.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

#define LOOKED 64 /* frames behind the wait: clients of .NET have some twenty between a call and its system call */

static const struct remote {
	const char *whom, *function;
} rows[] = {
#define DA_REMOTE_ROW(whom, function) { whom, function },
#include "wait/remote.def"
#undef DA_REMOTE_ROW
};

#define NONE DA_ARRAY_SIZE(rows)
#define ANYBODY "another machine" /* of remote.def */

/* A lock of the process itself, or its own task, is given by another thread of it, whatever stands behind. */
static bool may_be_remote(enum da_lock_kind kind)
{
	switch (kind) {
	case DA_WAIT_SOCKET: case DA_WAIT_POLL: case DA_WAIT_FILE: case DA_WAIT_PIPE: case DA_WAIT_IO_COMPLETION:
	case DA_WAIT_ALPC: case DA_LOCK_PTHREAD_COND: case DA_LOCK_CONDITION_VARIABLE: case DA_LOCK_EVENT:
	case DA_LOCK_ADDRESS: case DA_LOCK_NT_SEMAPHORE: case DA_LOCK_SEMAPHORE: case DA_LOCK_FUTEX:
	case DA_LOCK_MONITOR_WAIT: case DA_LOCK_EVENT_SLIM: case DA_LOCK_SEMAPHORE_SLIM: case DA_LOCK_UNKNOWN:
		return true;
	default: return false;
	}
}

/* "mongoc_client_*command*" and "ldap_*_s" have a * inside too. */
static bool matches(const char *pattern, const char *name, size_t n)
{
	const char *star = strchr(pattern, '*');
	size_t head = star ? (size_t)(star - pattern) : strlen(pattern);

	if (!star)
		return n == head && memcmp(pattern, name, n) == 0;
	if (n < head || memcmp(pattern, name, head) != 0)
		return false;
	for (size_t i = head; i <= n; i++)
		if (!star[1] || matches(star + 1, name + i, n - i))
			return true;
	return false;
}

/* The name without parameters: "a::b(int)" is a::b, "PQexec@@LIBPQ_5" PQexec. */
static size_t row_of_name(const char *name)
{
	size_t n = name ? strcspn(name, "([@") : 0;

	for (size_t i = 0; n > 0 && n < 512 && i < NONE; i++)
		if (matches(rows[i].function, name, n))
			return i;
	return NONE;
}

static size_t row_of(struct da_waits *w, struct da_map *known, const struct da_place *p)
{
	bool new;
	uint64_t *slot = da_map_put(w->d->arena, known, (uintptr_t)p, &new);
	size_t best = NONE;

	if (!new)
		return (size_t)*slot;
	for (unsigned i = 0; i < p->ncalls; i++)
		best = DA_MIN(best, row_of_name(p->calls[i].function));
	if (p->ncalls == 0)
		best = row_of_name(p->raw);
	*slot = best;
	return best;
}

/* Of managed code the assembly says whose it is. */
static bool is_own(const struct da_process *p, const struct da_frame *f)
{
	const struct da_method *m = f->place ? f->place->method : NULL;

	if (m)
		return m->assembly < p->assemblies.n && p->assemblies.v[m->assembly].class == DA_CLASS_OWN;
	return f->module != DA_NONE && p->modules.v[f->module].class == DA_CLASS_OWN && f->place && f->place->ncalls &&
	       !da_place_is_library(f->place);
}

/* Clients from packages are as own as the program, to a list of modules: what has a name of the list is no end. */
static size_t look(struct da_waits *w, struct da_map *known, const struct da_thread *t, uint32_t from)
{
	size_t best = NONE;

	for (uint32_t i = from, n = 0; i < t->frames.n && n < LOOKED; i++, n++) {
		const struct da_frame *f = &t->frames.v[i];
		size_t row = f->place && f->trust > DA_TRUST_SCAN ? row_of(w, known, f->place) : NONE;

		if (f->signal)
			break;
		if (row != NONE && da_streq(rows[row].whom, ANYBODY) && is_own(w->p, f))
			row = NONE;
		best = DA_MIN(best, row);
		if (row == NONE && best != NONE && is_own(w->p, f))
			break;
	}
	return best;
}

void da_wait_remote(struct da_waits *w)
{
	struct da_map known = { 0 };

	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		struct da_wait *wait = w->t[i].primary != DA_NONE ? &w->p->waits.v[w->t[i].primary] : NULL;
		size_t row;

		if (!wait || wait->owner != DA_NONE || wait->woken || !may_be_remote((enum da_lock_kind)wait->kind))
			continue;
		row = look(w, &known, &w->p->threads.v[i], wait->frame != DA_NONE ? wait->frame : 0);
		if (row != NONE)
			wait->remote = rows[row].whom;
		else if (wait->peer)
			wait->remote = ANYBODY;
	}
}
