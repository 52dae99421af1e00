/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime's own list of its threads. Up to 10 each link holds the address of the next thread's link;
 * in 11 that of the next Thread. Nothing in the descriptor says which: the reading that leads to threads
 * of the dump is right.
 */
#include "config.h"

#include <stdlib.h>

#include "runtime/coreclr/target.h"

enum { STATE_BACKGROUND = 0x200, STATE_UNSTARTED = 0x400, STATE_DEAD = 0x800, STATE_IN_STA = 0x4000,
       STATE_IN_MTA = 0x8000, STATE_REPORT_DEAD = 0x10000, STATE_POOL = 0x1000000 };
#define NO_THREAD_ID UINT64_C(0xbaadf00d) /* of a Thread that no system thread runs yet */

static uint32_t thread_of_tid(const struct da_process *p, uint64_t tid)
{
	for (size_t i = 0; i < p->threads.n; i++)
		if (p->threads.v[i].tid == tid)
			return (uint32_t)i;
	return DA_NONE;
}

/* Threads by id, sorted: there may be a hundred thousand of either. */
struct ids {
	uint64_t *v;
	size_t n;
};

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct ids dump_ids(struct da_clr *c, struct da_arena *a)
{
	const struct da_process *p = &c->dump->proc;
	struct ids r = { .n = p->threads.n };

	r.v = da_calloc(a, r.n ? r.n : 1, sizeof(*r.v));
	for (size_t i = 0; i < r.n; i++)
		r.v[i] = (uint64_t)p->threads.v[i].tid << 32 | i;
	qsort(r.v, r.n, sizeof(uint64_t), by_number);
	return r;
}

static uint32_t ids_find(const struct ids *ids, uint64_t tid)
{
	size_t lo = 0, hi = ids->n;

	while (lo < hi) {
		size_t m = lo + (hi - lo) / 2;

		if (ids->v[m] >> 32 < tid)
			lo = m + 1;
		else
			hi = m;
	}
	return lo < ids->n && ids->v[lo] >> 32 == tid ? (uint32_t)ids->v[lo] : DA_NONE;
}

/* ---------------------------------------------------------------- the list */

/* DA_OK: it ends; DA_PARTIAL: it leads out of the dump; DA_CORRUPT: a cycle, or too long. */
static enum da_status walk(struct da_clr *c, struct da_arena *a, uint64_t first, uint64_t back, uint64_t max,
			   struct da_clr_list *ret)
{
	struct da_clr_list r = { { NULL, 0, 0 }, 0, 0 };
	struct da_map seen = { 0 };
	uint64_t link = first;

	while (link) {
		uint64_t th = link - back;
		bool is_new;

		(void)da_map_put(a, &seen, th, &is_new);
		if (!is_new || r.v.n >= max) {
			*ret = r;
			return DA_CORRUPT;
		}
		if (DA_CLR_PTR(c, th, Thread, LinkNext, &link) != DA_OK) {
			*ret = r;
			return DA_PARTIAL;
		}
		da_vec_push(a, &r.v, th);
	}
	*ret = r;
	return DA_OK;
}

/* How many of them run on a thread of the dump, and how many on none that is known. */
static void judge(struct da_clr *c, const struct ids *ids, struct da_clr_list *l)
{
	for (size_t i = 0; i < l->v.n; i++) {
		uint64_t id, state = 0;

		if (DA_CLR_PTR(c, l->v.v[i], Thread, OSId, &id) != DA_OK) {
			l->strangers++;
			continue;
		}
		(void)DA_CLR_U32(c, l->v.v[i], Thread, State, &state);
		if (!c->windows || c->mem->word == 8)
			id = (uint32_t)id;
		if (ids_find(ids, id) != DA_NONE)
			l->ours++;
		else if (id && id != NO_THREAD_ID && !(state & (STATE_DEAD | STATE_REPORT_DEAD | STATE_UNSTARTED)))
			l->strangers++;
	}
}

static bool better(const struct da_clr_list *a, enum da_status sa, const struct da_clr_list *b, enum da_status sb)
{
	if ((a->ours > a->strangers) != (b->ours > b->strangers))
		return a->ours > a->strangers;
	if ((sa == DA_OK) != (sb == DA_OK))
		return sa == DA_OK;
	return a->ours > b->ours;
}

enum da_status da_clr_thread_list(struct da_clr *c, struct da_arena *a, struct da_clr_list *ret)
{
	struct ids ids = dump_ids(c, a);
	struct da_clr_list best, other;
	enum da_status st, st2;
	uint64_t store, first, count, max = c->dump->limits->threads, direct = 0;

	if (da_clr_global_ptr(c, DA_CLR_G_ThreadStore, &store) != DA_OK ||
	    DA_CLR_PTR(c, store, ThreadStore, FirstThreadLink, &first) != DA_OK || !DA_CLR_HAS(c, Thread, LinkNext) ||
	    !DA_CLR_HAS(c, Thread, OSId))
		return DA_FAULT;
	if (DA_CLR_U32(c, store, ThreadStore, ThreadCount, &count) == DA_OK && count < max)
		max = count + count / 4 + 16; /* threads that begin and end meanwhile */
	(void)da_clr_global(c, DA_CLR_G_ThreadLinkIsThread, &direct);
	st = walk(c, a, first, direct ? 0 : (uint64_t)DA_CLR_OFF(c, Thread, LinkNext), max, &best);
	judge(c, &ids, &best);
	if (st != DA_OK || best.ours <= best.strangers) {
		st2 = walk(c, a, first, direct ? (uint64_t)DA_CLR_OFF(c, Thread, LinkNext) : 0, max, &other);
		judge(c, &ids, &other);
		if (better(&other, st2, &best, st)) {
			best = other;
			st = st2;
		}
	}
	*ret = best;
	if (best.ours <= best.strangers)
		return DA_CORRUPT;
	return st == DA_OK ? DA_OK : DA_PARTIAL;
}

/* ---------------------------------------------------------------- the model */

static int by_managed_id(const void *a, const void *b)
{
	const struct da_managed_thread *x = a, *y = b;

	if (x->managed_id != y->managed_id)
		return x->managed_id < y->managed_id ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static uint64_t u32(struct da_clr *c, uint64_t at, enum da_clr_field f)
{
	uint64_t v;

	return da_clr_read(c, at, f, 4, &v) == DA_OK ? v : 0;
}

static uint64_t ptr(struct da_clr *c, uint64_t at, enum da_clr_field f)
{
	uint64_t v;

	return da_clr_read(c, at, f, 8, &v) == DA_OK ? v : 0;
}

static struct da_managed_thread describe(struct da_clr *c, const struct ids *ids, uint64_t th, uint64_t finalizer,
					 uint64_t collector)
{
	struct da_managed_thread t = { .address = th, .runtime = c->runtime, .exception = DA_NONE };
	uint64_t id = (uint32_t)ptr(c, th, DA_CLR_Thread_OSId), mode;

	t.managed_id = (uint32_t)u32(c, th, DA_CLR_Thread_Id);
	t.state = (uint32_t)u32(c, th, DA_CLR_Thread_State);
	t.tid = id == NO_THREAD_ID ? 0 : (uint32_t)id;
	t.dead = t.state & (STATE_DEAD | STATE_REPORT_DEAD);
	t.unstarted = t.state & STATE_UNSTARTED;
	/* The id of a thread that has ended may belong to another one by now. */
	t.thread = t.dead || !t.tid ? DA_NONE : ids_find(ids, t.tid);
	t.background = t.state & STATE_BACKGROUND;
	t.threadpool = t.state & STATE_POOL;
	t.apartment = t.state & STATE_IN_STA ? 1 : t.state & STATE_IN_MTA ? 2 : 0;
	t.finalizer = th == finalizer;
	t.gc = th == collector;
	if (DA_CLR_U32(c, th, Thread, PreemptiveGCDisabled, &mode) == DA_OK)
		t.gc_mode = mode & 1 ? DA_GC_MODE_COOPERATIVE : DA_GC_MODE_PREEMPTIVE;
	return t;
}

/* Managed threads of one runtime follow those of another; within, by id. */
static void link_model(struct da_clr *c, size_t first)
{
	struct da_process *p = &c->dump->proc;

	qsort(p->managed_threads.v + first, p->managed_threads.n - first, sizeof(*p->managed_threads.v), by_managed_id);
	for (size_t i = first; i < p->managed_threads.n; i++) {
		const struct da_managed_thread *t = &p->managed_threads.v[i];

		if (t->thread != DA_NONE)
			*da_map_put(c->arena, &c->threads->by_tid, t->tid, NULL) = c->threads->v.n;
		*da_vec_add(c->arena, &c->threads->v) = (struct da_clr_thread){
			.address = t->address, .frame = ptr(c, t->address, DA_CLR_Thread_Frame),
			.exposed = ptr(c, t->address, DA_CLR_Thread_ExposedObject), .model = (uint32_t)i, .tid = t->tid,
		};
	}
	for (size_t i = 0; i < p->managed_threads.n; i++) /* all: the vector may have moved */
		if (p->managed_threads.v[i].thread != DA_NONE)
			p->threads.v[p->managed_threads.v[i].thread].managed = &p->managed_threads.v[i];
}

/* The handle's object. */
static void expose(struct da_clr *c)
{
	for (size_t i = 0; i < c->threads->v.n; i++) {
		struct da_clr_thread *t = &c->threads->v.v[i];

		if (!t->exposed || da_mem_word(c->mem, t->exposed, &t->exposed) != DA_OK)
			t->exposed = 0;
	}
}

/*
 * createdump without the runtime's own debugging library loses the first bytes of a program's .bss, where
 * the pointer to the domain may stand. Up to 8 each Thread has it too: its field serves as the variable.
 */
static void find_domain(struct da_clr *c, const struct da_clr_list *list)
{
	uint64_t v;

	if (!c->layout.global[DA_CLR_G_AppDomain].address || da_clr_global_ptr(c, DA_CLR_G_AppDomain, &v) != DA_FAULT)
		return;
	for (size_t i = 0; i < list->v.n; i++)
		if (DA_CLR_PTR(c, list->v.v[i], Thread, Domain, &v) == DA_OK && v) {
			c->layout.global[DA_CLR_G_AppDomain].value = list->v.v[i] + (uint64_t)DA_CLR_OFF(c, Thread, Domain);
			return;
		}
}

enum da_status da_clr_threads_read(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	struct da_clr_list list;
	struct ids ids = dump_ids(c, c->arena);
	uint64_t finalizer = 0, collector = 0;
	size_t first = p->managed_threads.n;
	enum da_status st;

	c->threads = da_calloc(c->arena, 1, sizeof(*c->threads));
	st = da_clr_thread_list(c, c->arena, &list);
	if (st != DA_OK && st != DA_PARTIAL) {
		da_clr_unread(c, "threads");
		return st;
	}
	if (st == DA_PARTIAL)
		da_note(c->dump->ledger, DA_NOTE_MISSING, "managed threads", NULL,
			"the runtime's list of its threads breaks off after %zu of them", list.v.n);
	(void)da_clr_global_ptr(c, DA_CLR_G_FinalizerThread, &finalizer);
	(void)da_clr_global_ptr(c, DA_CLR_G_GCThread, &collector);
	for (size_t i = 0; i < list.v.n; i++)
		da_vec_push(c->arena, &p->managed_threads, describe(c, &ids, list.v.v[i], finalizer, collector));
	link_model(c, first);
	find_domain(c, &list);
	expose(c);
	if (collector) {
		da_clr_model(c)->suspended = true;
		da_clr_model(c)->suspended_by = thread_of_tid(p, (uint32_t)ptr(c, collector, DA_CLR_Thread_OSId));
	}
	return st;
}

const struct da_clr_thread *da_clr_thread_of(const struct da_clr *c, uint32_t tid)
{
	const uint64_t *i = tid && c->threads ? da_map_get(&c->threads->by_tid, tid) : NULL;

	return i ? &c->threads->v.v[*i] : NULL;
}
