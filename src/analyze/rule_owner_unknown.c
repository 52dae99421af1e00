/* SPDX-License-Identifier: Apache-2.0 */
/* hang.owner-unknown: locks that one thread has at a time, where the dump does not tell which, and why it does not. */
#include "config.h"

#include "analyze/hang.h"
#include "report/report.h"

/* Why an owner is not known; only the first is mended by a fuller dump. */
enum cause { UNREAD, DOUBTFUL, ELSEWHERE, KEPT_NOWHERE, NO_LOCK, UNTOLD, CAUSES };

struct causes {
	size_t n[CAUSES], all;
	uint32_t first[CAUSES]; /* thread */
	bool native;            /* memory is missing that is no object of the heap of .NET */
};

static bool is_managed(enum da_lock_kind kind)
{
	return kind == DA_LOCK_MONITOR || kind == DA_LOCK_CLR_LOCK || kind == DA_LOCK_RWLOCK_SLIM;
}

/* Dumps of these types lack the objects of .NET, locks included. */
static bool lacks_heap(const struct da_analysis *a)
{
	const char *type = a->dump->origin.dump_type;

	return a->dump->proc.runtimes.n && (da_streq(type, "mini") || da_streq(type, "triage"));
}

/*
 * SRW locks are a word without an id (winnt.h). Of Mutex objects the kernel of Windows keeps the owner, elsewhere the
 * runtime's own library does, outside of the object. musl's normal mutexes and read-write locks only say that they are held.
 */
static bool stores_no_owner(const struct da_lock *l)
{
	return l->kind == DA_LOCK_SRW || l->kind == DA_LOCK_MUTANT ||
	       (l->state == DA_LOCK_HELD && (l->kind == DA_LOCK_PTHREAD_MUTEX || l->kind == DA_LOCK_PTHREAD_RWLOCK));
}

static enum cause cause_of(const struct da_analysis *a, const struct da_wait *w)
{
	const struct da_lock *l = da_lock_of(a, w);

	if (!l)
		return is_managed((enum da_lock_kind)w->kind) && lacks_heap(a) ? UNREAD : NO_LOCK;
	if (l->unread)
		return UNREAD;
	if (w->owner != DA_NONE)
		return DOUBTFUL;
	if (l->owner_tid)
		return ELSEWHERE;
	return stores_no_owner(l) ? KEPT_NOWHERE : UNTOLD;
}

static void count_causes(const struct da_analysis *a, struct causes *ret)
{
	*ret = (struct causes){ 0 };
	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		enum cause cause;

		if (!da_graph_is_ownerless(a->dump, a->graph, i))
			continue;
		cause = cause_of(a, w);
		if (ret->n[cause]++ == 0)
			ret->first[cause] = i;
		ret->all++;
		ret->native |= cause == UNREAD && !is_managed((enum da_lock_kind)w->kind);
	}
}

/* A clause on the locks of one cause, after the first of them. */
static const char *say_cause(struct da_analysis *a, enum cause cause, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);
	const struct da_lock *l = da_lock_of(a, w);

	switch (cause) {
	case UNREAD: return "the memory of the locks is missing";
	case DOUBTFUL:
		return da_printf(a->dump->arena, "the lock's word names %s, which does not look like a holder: it waits for %s, and "
				 "nothing tells that it took the lock", da_say_thread(a, w->owner),
				 da_say_wait(a, da_primary_wait(a, w->owner)));
	case ELSEWHERE:
		return da_printf(a->dump->arena, "the lock names thread id %u, which is no thread of this dump", l->owner_tid);
	case KEPT_NOWHERE: return "the lock itself stores no owner";
	case NO_LOCK: return "which lock it is could not be told";
	default: return "the lock does not tell its owner";
	}
}

static const char *say_causes(struct da_analysis *a, const struct causes *c)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (unsigned i = 0; i < CAUSES; i++) {
		if (!c->n[i])
			continue;
		if (c->n[i] == c->all)
			return da_printf(a->dump->arena, ": %s", say_cause(a, (enum cause)i, c->first[i]));
		da_str_addf(&s, "%s for %zu %s", s.n ? ";" : ":", c->n[i], say_cause(a, (enum cause)i, c->first[i]));
	}
	return da_strdup(a->dump->arena, da_str_get(&s));
}

/* A dump with the heap has the objects of .NET, and not all variables of libraries. */
static const char *fuller(const struct da_analysis *a, const struct causes *c)
{
	return a->dump->proc.runtimes.n && !c->native && !a->dump->origin.truncated
	       ? "a dump that holds the heap (dotnet-dump collect, or createdump --withheap)" : da_hang_fuller_dump(a);
}

static void advise(struct da_analysis *a, struct da_finding *f, const struct causes *c)
{
	const char *make = da_hang_make(a), *dump = fuller(a, c);

	if (c->n[UNREAD]) {
		da_finding_recommendation(f, "%s %s: %s owners stand in memory that this one lacks.", make, dump,
					  c->n[UNREAD] == c->all ? "the" : "some");
		da_finding_next(f, DA_NEXT_DUMP, "%s %s: it names the owners of %s locks.", make, dump,
				c->n[UNREAD] == c->all ? "these" : "some of these");
		return;
	}
	da_finding_recommendation(f, "Ask the developers who takes these locks, and what else it does meanwhile: the stacks show who waits.%s "
				  "%s shows whether they go on.",
				  c->n[ELSEWHERE] ? " Does another process share them, or was the process forked while they were held?" : "",
				  a->dump->proc.exception ? "A second dump, the next time," : "A second dump some seconds later");
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", make);
}

/* How each lock is known stands with it once, not with each that waits. */
static void evidence(struct da_analysis *a, struct da_finding *f)
{
	bool *shown = da_calloc(a->dump->arena, a->dump->proc.locks.n, sizeof(*shown));
	unsigned n = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (!da_graph_is_ownerless(a->dump, a->graph, i))
			continue;
		da_finding_thread(f, i);
		if (n++ >= DA_HANG_EVIDENCE)
			continue;
		if (da_lock_of(a, w) && !shown[w->lock]) {
			shown[w->lock] = true;
			da_hang_owner(a, f, w->lock);
		}
		da_hang_wait(a, f, i, w, "wait");
	}
}

static unsigned run_owner_unknown(struct da_analysis *a)
{
	unsigned crowds = da_hang_crowds(a);
	struct da_finding *f;
	struct causes c;

	count_causes(a, &c);
	if (c.all == 0)
		return crowds;
	f = da_finding_new(a->doc, "hang.owner-unknown", DA_SEVERITY_INFORMATION, (unsigned)c.all, 0.8);
	da_finding_title(f, "%zu %s for locks whose owners are not known", c.all, da_plural(c.all, "thread waits", "threads wait"));
	da_finding_description(f, "Each of these locks lets one thread in at a time, and who is in it is not known%s. Whether these threads "
			       "wait for each other is therefore not known.", say_causes(a, &c));
	advise(a, f, &c);
	da_finding_refuted_by(f, "a second dump in which these threads have gone on");
	evidence(a, f);
	return crowds + 1;
}

const struct da_rule da_rule_hang_owner_unknown = {
	.id = "hang.owner-unknown", .severity = "Information or Warning",
	.looks_for = "threads that wait for locks whose owners the dump does not tell",
	.page = "Says why for each: memory that small dumps lack, a kind of lock that stores no owner, an owner that is no\n"
		"thread of this process, or one that does not look like a holder. Only the first is told by a fuller dump. Also where a fifth of all\n"
		"threads, and at least three, wait for one semaphore of count 0 or one read-write lock that readers have: a\n"
		"Warning where no thread outside of its idle place goes on by itself. Workers that wait for work on a semaphore\n"
		"without a limit, all in one function, are none.",
	.why_not = da_hang_no_waits, .run = run_owner_unknown,
};
