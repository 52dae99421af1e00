/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/hang.h"
#include "analyze/order.h"
#include "report/report.h"

#define SIGNAL_MAX 1024 /* a semaphore that counts further is no lock: its count is work to do */
#define BARELY 2        /* frames: the system call's, and the C library's around it */
#define ACCEPT_DEPTH 24 /* frames from the system call to the class library's Accept */

const struct da_wait *da_primary_wait(const struct da_analysis *a, uint32_t thread)
{
	uint32_t i = a->graph->primary[thread];

	return i != DA_NONE ? &a->dump->proc.waits.v[i] : NULL;
}

const struct da_lock *da_lock_of(const struct da_analysis *a, const struct da_wait *w)
{
	return w->lock < a->dump->proc.locks.n ? &a->dump->proc.locks.v[w->lock] : NULL;
}

const char *da_say_unread(struct da_analysis *a, const struct da_wait *w)
{
	const struct da_lock *l = w && w->owner == DA_NONE ? da_lock_of(a, w) : NULL;

	return l && l->unread ? da_printf(a->dump->arena, " Who holds %s is unknown: its memory is not in the dump.",
					  da_say_lock(a, w->lock)) : "";
}

/* The kernel and gcore save what coredump_filter asks for; createdump's smaller kinds leave out variables of libraries. */
const char *da_hang_fuller_dump(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	if (a->dump->origin.truncated)
		return "a dump that is not cut short";
	if (p->os == DA_OS_WINDOWS)
		return "a full dump (procdump -ma)";
	return p->runtimes.n ? "a full dump (dotnet-dump collect --type Full)"
			     : "a core with all memory (0x7f in /proc/PID/coredump_filter before it is made)";
}

bool da_wait_gives_up(const struct da_wait *w)
{
	return w->has_timeout || w->has_deadline;
}

const char *da_say_threads(struct da_analysis *a, const uint32_t *threads, size_t n)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < n && i < DA_HANG_NAMED; i++)
		da_str_addf(&s, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", da_say_thread(a, threads[i]));
	if (n > DA_HANG_NAMED)
		da_str_addf(&s, " and %zu more", n - DA_HANG_NAMED);
	return da_strdup(a->dump->arena, da_str_get(&s));
}

const char *da_say_share(struct da_analysis *a, size_t n)
{
	size_t all = a->dump->proc.threads.n;

	if (n && 100 * n < all)
		return da_printf(a->dump->arena, "under 1 %% of all threads (%zu)", n);
	return da_printf(a->dump->arena, "%zu %% of all threads (%zu)", all ? (100 * n + all / 2) / all : 0, n);
}

/* ---------------------------------------------------------------- evidence */

void da_hang_owner(struct da_analysis *a, struct da_finding *f, uint32_t lock)
{
	const struct da_lock *l = &a->dump->proc.locks.v[lock];
	struct da_evidence *ev;

	da_finding_object(f, "lock", a->order->lock_row[lock]);
	if (!l->how)
		return;
	ev = da_finding_evidence(f, "owner");
	if (l->address)
		da_evidence_address(ev, l->address);
	da_evidence_text(ev, "%s: %s", da_say_lock(a, lock), l->how);
}

/* "held by t3", "held up by t3"; nobody holds the end of a thread. */
static const char *by_whom(struct da_analysis *a, const struct da_wait *w, uint32_t owner)
{
	if (da_is_join((enum da_lock_kind)w->kind))
		return "";
	return da_printf(a->dump->arena, ", %s by %s", da_say_held((enum da_lock_kind)w->kind), da_say_thread(a, owner));
}

static bool waits_alike(const struct da_analysis *a, uint32_t x, uint32_t y)
{
	const struct da_edge *e = &a->graph->edge[x], *o = &a->graph->edge[y];
	const struct da_wait *w = &a->dump->proc.waits.v[e->wait], *v = &a->dump->proc.waits.v[o->wait];

	return e->to == o->to && w->lock == v->lock && w->kind == v->kind && w->frame == v->frame &&
	       (w->how == v->how || (w->how && v->how && strcmp(w->how, v->how) == 0));
}

/* "; t4, t5 and 3 more wait for it in the same way" */
static const char *say_others(struct da_analysis *a, const uint32_t *threads, size_t n, size_t first, bool *done)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t others = 0, more;

	for (size_t i = first + 1; i < n; i++) {
		if (done[i] || !waits_alike(a, threads[first], threads[i]))
			continue;
		done[i] = true;
		if (others++ < DA_HANG_NAMED)
			da_str_addf(&s, "%s" DA_REF("t%u"), others > 1 ? ", " : "; ", threads[i] + 1);
	}
	if (others == 0)
		return "";
	more = others > DA_HANG_NAMED ? others - DA_HANG_NAMED : 0;
	if (more)
		da_str_addf(&s, " and %zu more", more);
	da_str_addf(&s, " %s in the same way", da_plural(others, "waits", "wait"));
	return da_strdup(a->dump->arena, da_str_get(&s));
}

void da_hang_edges(struct da_analysis *a, struct da_finding *f, const uint32_t *threads, size_t n)
{
	bool *done = da_calloc(a->dump->arena, n, sizeof(*done));
	unsigned shown = 0;

	for (size_t i = 0; i < n && shown < DA_HANG_EVIDENCE; i++) {
		const struct da_edge *e = &a->graph->edge[threads[i]];
		const struct da_wait *w = &a->dump->proc.waits.v[e->wait];
		bool new_lock = w->lock != DA_NONE;
		struct da_evidence *ev;

		if (done[i])
			continue;
		for (size_t k = 0; k < i && new_lock; k++)
			new_lock = a->dump->proc.waits.v[a->graph->edge[threads[k]].wait].lock != w->lock;
		if (new_lock)
			da_hang_owner(a, f, w->lock);
		ev = da_finding_evidence(f, "wait");
		da_evidence_thread(ev, threads[i]);
		if (w->frame != DA_NONE)
			da_evidence_frame(ev, w->frame);
		if (w->address)
			da_evidence_address(ev, w->address);
		da_evidence_text(ev, "waits for %s%s: %s%s", da_say_wait(a, w), by_whom(a, w, e->to), w->how ? w->how : "by its stack",
				 say_others(a, threads, n, i, done));
		shown++;
	}
}

void da_hang_ask_descriptors(struct da_analysis *a, struct da_finding *f, const struct da_wait *w)
{
	bool gone = a->dump->proc.exception != NULL;

	if (a->asked_descriptors || a->dump->proc.os != DA_OS_LINUX || a->dump->proc.handles.n > 0 ||
	    (w && (w->file || (!w->has_fd && w->kind != DA_WAIT_POLL))))
		return;
	a->asked_descriptors = true;
	da_finding_next(f, DA_NEXT_CHECK, "%srite ls -l /proc/PID/fd to PID.fd%s beside the dump, %s: %s.", gone ? "Next time w" : "W",
			w ? "" : " and ss -tnp", gone ? "before the process is ended" : "while the process still runs",
			!w ? "they tell the other end of each connection"
			: w->has_fd ? da_printf(a->dump->arena, "it tells what file descriptor %d is", w->fd)
				    : "it tells what its file descriptors are");
}

void da_hang_wait(struct da_analysis *a, struct da_finding *f, uint32_t thread, const struct da_wait *w, const char *what)
{
	const char *function = da_standing_in(a, thread);
	struct da_evidence *ev = da_finding_evidence(f, what);

	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	if (w->address)
		da_evidence_address(ev, w->address);
	da_evidence_text(ev, "waits for %s%s%s%s%s", da_say_wait(a, w), function ? " in " : "",
			 function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "", w->how ? ": " : "",
			 w->how ? w->how : "");
	da_hang_ask_descriptors(a, f, w);
}

/* ---------------------------------------------------------------- heads of chains */

/* What a dead thread held is no cause. */
static bool holds_something(struct da_analysis *a, uint32_t head)
{
	const struct da_graph *g = a->graph;

	if (da_hang_crashed(a) && a->dump->proc.exception->thread == head)
		return false;
	for (uint32_t i = g->from[head]; i < g->from[head + 1]; i++) {
		const struct da_edge *e = &g->edge[g->followers[i]];

		if (e->to == head && !da_is_join((enum da_lock_kind)a->dump->proc.waits.v[e->wait].kind))
			return true;
	}
	return false;
}

static int by_behind(const void *x, const void *y, void *ctx)
{
	const struct da_graph *g = ctx;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	if (g->behind[a] != g->behind[b])
		return g->behind[a] > g->behind[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

void da_hang_heads(struct da_analysis *a, struct da_heads *ret)
{
	const struct da_graph *g = a->graph;

	*ret = (struct da_heads){ 0 };
	for (uint32_t i = 0; i < g->n; i++)
		if (g->head[i] == i && holds_something(a, i))
			da_vec_push(a->dump->arena, &ret->v, i);
	if (ret->v.n)
		qsort_r(ret->v.v, ret->v.n, sizeof(*ret->v.v), by_behind, (void *)g);
}

const uint32_t *da_hang_behind(const struct da_analysis *a, uint32_t head, size_t *ret_n)
{
	*ret_n = a->graph->from[head + 1] - a->graph->from[head];
	return a->graph->followers + a->graph->from[head];
}

const char *da_hang_locks(struct da_analysis *a, uint32_t head)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint32_t seen[DA_HANG_NAMED];
	size_t n, found = 0, k;
	const uint32_t *behind = da_hang_behind(a, head, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t lock = a->dump->proc.waits.v[a->graph->edge[behind[i]].wait].lock;

		for (k = 0; k < found && seen[k] != lock; k++)
			;
		if (k < found || a->graph->edge[behind[i]].to != head || lock == DA_NONE)
			continue;
		if (found == DA_HANG_NAMED) {
			da_str_add(&s, " and more");
			break;
		}
		da_str_addf(&s, "%s%s", found ? ", " : "", da_say_lock(a, lock));
		seen[found++] = lock;
	}
	return found ? da_strdup(a->dump->arena, da_str_get(&s)) : "what they wait for";
}

float da_hang_weakest(const struct da_analysis *a, uint32_t head)
{
	float confidence = 1;
	size_t n;
	const uint32_t *behind = da_hang_behind(a, head, &n);

	for (size_t i = 0; i < n; i++)
		confidence = DA_MIN(confidence, a->graph->edge[behind[i]].confidence);
	return confidence;
}

static bool accepts(const struct da_thread *t)
{
	static const char *const calls[] = { "accept", "accept4", "__libc_accept", "__libc_accept4", "epoll_wait", "epoll_pwait" };
	static const char *const managed[] = { "Socket.Accept", "TcpListener.Accept", "HttpListener.GetContext" };

	for (size_t i = 0; i < t->frames.n && i < ACCEPT_DEPTH; i++) {
		const char *name = da_function_name(&t->frames.v[i]);

		for (size_t k = 0; name && k < DA_ARRAY_SIZE(calls); k++)
			if (da_streq(name, calls[k]))
				return true;
		for (size_t k = 0; name && k < DA_ARRAY_SIZE(managed); k++)
			if (strstr(name, managed[k]))
				return true;
	}
	return false;
}

/* What a queue of work is waited for with. */
static bool is_of_queue(enum da_lock_kind kind)
{
	switch (kind) {
	case DA_LOCK_SEMAPHORE: case DA_LOCK_SEMAPHORE_SLIM: case DA_LOCK_NT_SEMAPHORE: case DA_LOCK_PTHREAD_COND:
	case DA_LOCK_CONDITION_VARIABLE: case DA_LOCK_MONITOR_WAIT: case DA_WAIT_IO_COMPLETION: case DA_WAIT_POLL:
		return true;
	default: return false;
	}
}

enum da_turns da_hang_turns(struct da_analysis *a, uint32_t head)
{
	const struct da_wait *w = da_primary_wait(a, head);
	const struct da_thread *t = &a->dump->proc.threads.v[head];
	const char *function = da_standing_in(a, head);
	enum da_turns turns = t->state == DA_STATE_IDLE || accepts(t) ? DA_TURNS_SURELY
			      : w && is_of_queue((enum da_lock_kind)w->kind) ? DA_TURNS_PERHAPS : DA_TURNS_NO;
	size_t n;
	const uint32_t *behind = da_hang_behind(a, head, &n);

	for (size_t i = 0; turns != DA_TURNS_NO && i < n; i++)
		if (!function || !da_streq(function, da_standing_in(a, behind[i])))
			turns = DA_TURNS_NO;
	return turns;
}

bool da_is_limiter(const struct da_lock *l)
{
	return l->has_max && l->max > 0 && l->max <= SIGNAL_MAX;
}

bool da_hang_is_upgrade(const struct da_analysis *a, uint32_t head)
{
	const struct da_wait *w = head < a->graph->n ? da_primary_wait(a, head) : NULL;
	const struct da_lock *l = w ? da_lock_of(a, w) : NULL;
	size_t n;
	const uint32_t *behind = head < a->graph->n ? da_hang_behind(a, head, &n) : NULL;

	if (!l || !l->no_recursion || l->owner != head)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a->dump->proc.waits.v[a->graph->edge[behind[i]].wait].lock != w->lock)
			return false;
	return n > 0;
}

const char *da_hang_keeps_no_owner(struct da_analysis *a, const struct da_wait *w)
{
	const struct da_lock *l = w && w->owner == DA_NONE && !w->woken ? da_lock_of(a, w) : NULL;

	if (!l || (l->owner != DA_NONE && l->owner != w->thread)) /* who upgrades its own lock waits for readers */
		return NULL;
	switch ((enum da_lock_kind)l->kind) {
	case DA_LOCK_SEMAPHORE: case DA_LOCK_SEMAPHORE_SLIM: case DA_LOCK_NT_SEMAPHORE:
		return l->has_max && l->max > SIGNAL_MAX ? NULL : "a semaphore keeps no owner";
	case DA_LOCK_RWLOCK_SLIM: case DA_LOCK_PTHREAD_RWLOCK: case DA_LOCK_SRW:
		return l->state == DA_LOCK_HELD || l->owner == w->thread ? "readers have it, which it counts and does not name" : NULL;
	default: return NULL;
	}
}

/* ---------------------------------------------------------------- the verdict */

/* Is the first of two the graver finding? */
static bool is_graver(const struct da_finding *f, const struct da_finding *g)
{
	const struct da_finding_row *x = da_finding_so_far(f), *y = da_finding_so_far(g);
	bool sure = x->confidence >= DA_HANG_SURE, other = y->confidence >= DA_HANG_SURE;

	if (sure != other)
		return sure;
	if (x->severity != y->severity)
		return x->severity < y->severity;
	return x->weight > y->weight;
}

bool da_hang_lead(struct da_analysis *a, struct da_finding *f, const char *text)
{
	a->hangs++;
	if (a->hang && !is_graver(f, a->hang))
		return false;
	a->hang = f;
	a->hang_rule = da_finding_so_far(f)->rule;
	a->hang_confidence = da_finding_so_far(f)->confidence;
	a->hang_text = text;
	a->hang_threads.n = 0;
	return true;
}

bool da_hang_was_ended(const struct da_analysis *a)
{
	const struct da_exception *e = a->dump->proc.exception;

	return e && (da_sent_from_outside(e) || e->cause == DA_CAUSE_UNKNOWN);
}

const char *da_hang_make(const struct da_analysis *a)
{
	return a->dump->proc.exception ? "Next time make" : "Make";
}

const char *da_hang_second_dump(const struct da_analysis *a)
{
	return a->dump->proc.exception ? "Next time make two dumps some seconds apart, before the process is ended"
				       : "Make a second dump some seconds later";
}

bool da_hang_crashed(const struct da_analysis *a)
{
	return a->dump->proc.exception && !da_hang_was_ended(a);
}

size_t da_hang_barely_seen(const struct da_analysis *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->dump->proc.threads.n; i++) {
		const struct da_thread *t = &a->dump->proc.threads.v[i];

		n += t->end == DA_END_MISSING_MEMORY && t->frames.n <= BARELY;
	}
	return n;
}

bool da_hang_little_seen(const struct da_analysis *a)
{
	return a->dump->origin.truncated || da_hang_barely_seen(a) * 2 > a->dump->proc.threads.n;
}

const char *da_hang_no_waits(const struct da_analysis *a)
{
	return a->dump->proc.waits.n ? NULL : "no thread is known to wait for a lock or another thread";
}

/* ---------------------------------------------------------------- who could wake them */

static bool is_signal(enum da_lock_kind kind)
{
	switch (kind) {
	case DA_LOCK_PTHREAD_COND: case DA_LOCK_SEMAPHORE: case DA_LOCK_BARRIER: case DA_LOCK_FUTEX: case DA_LOCK_PTHREAD_ONCE:
	case DA_LOCK_CONDITION_VARIABLE: case DA_LOCK_EVENT: case DA_LOCK_NT_SEMAPHORE: case DA_LOCK_ADDRESS:
	case DA_LOCK_MONITOR_WAIT: case DA_LOCK_SEMAPHORE_SLIM: case DA_LOCK_EVENT_SLIM: case DA_LOCK_COUNTDOWN:
	case DA_LOCK_CLR_BARRIER: case DA_LOCK_TASK:
		return true;
	default: return false;
	}
}

static bool is_signalled(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);

	return w && w->owner == DA_NONE && is_signal((enum da_lock_kind)w->kind) && !da_wait_gives_up(w) && !w->woken;
}

const uint32_t *da_hang_signalled(struct da_analysis *a, size_t *ret_n)
{
	uint32_t *list = da_calloc(a->dump->arena, a->graph->n, sizeof(*list));
	size_t n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++)
		if (is_signalled(a, i) && a->dump->proc.threads.v[i].state != DA_STATE_IDLE)
			list[n++] = i;
	*ret_n = n;
	return list;
}

bool da_hang_nobody_outside(const struct da_analysis *a)
{
	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		bool inside = w && w->owner != DA_NONE && !da_wait_gives_up(w);

		if (!inside && !is_signalled(a, i))
			return false;
	}
	return a->graph->n > 0;
}
