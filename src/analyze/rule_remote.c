/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.waiting-remote: threads that asked another machine or process and wait for the answer, grouped by whom they
 * asked. Servers that wait for their clients, and event loops, are not among them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/hang.h"

#define MOST 20 /* findings; the table of threads has all */
#define FEW 4   /* below, a server that works looks so at most moments */

struct group {
	const char *remote, *peer; /* peer: or NULL */
	uint32_t n, first;         /* threads, the first of them */
};
struct groups {
	DA_VEC(struct group) v;
};

/* What a thread that holds up others by a lock waits for is told with these. */
static const struct da_wait *remote_wait(const struct da_analysis *a, uint32_t i)
{
	const struct da_wait *w = da_primary_wait(a, i);

	if (!w || !w->remote || w->confidence < 0.6f || a->dump->proc.threads.v[i].state == DA_STATE_IDLE ||
	    (a->graph->head[i] == i && a->graph->behind[i] > 0))
		return NULL;
	return w;
}

static bool is_of(const struct group *g, const struct da_wait *w)
{
	return da_streq(g->remote, w->remote) && (g->peer && w->peer ? da_streq(g->peer, w->peer) : g->peer == w->peer);
}

static int by_count(const void *x, const void *y)
{
	const struct group *a = x, *b = y;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->first < b->first ? -1 : 1;
}

/* Few destinations for many threads; of more than a thousand the rest is left out. */
static void make_groups(const struct da_analysis *a, struct groups *ret)
{
	*ret = (struct groups){ 0 };
	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = remote_wait(a, i);
		size_t k = 0;

		while (w && k < ret->v.n && !is_of(&ret->v.v[k], w))
			k++;
		if (w && k < ret->v.n)
			ret->v.v[k].n++;
		else if (w && k < 1024)
			da_vec_push(a->dump->arena, &ret->v, ((struct group){ w->remote, w->peer, 1, i }));
	}
	if (ret->v.n)
		qsort(ret->v.v, ret->v.n, sizeof(*ret->v.v), by_count);
}

static const char *whom(struct da_analysis *a, const struct group *g)
{
	return g->peer ? da_printf(a->dump->arena, "%s (%s)", g->remote, g->peer) : g->remote;
}

static void evidence(struct da_analysis *a, struct da_finding *f, uint32_t thread, const struct da_wait *w)
{
	const char *function = da_standing_in(a, thread);
	struct da_evidence *ev = da_finding_evidence(f, "wait");

	da_evidence_thread(ev, thread);
	if (w->frame != DA_NONE)
		da_evidence_frame(ev, w->frame);
	da_evidence_text(ev, "%s%s%s", function ? da_printf(a->dump->arena, DA_SYM("%s"), function) : "unknown code",
			 w->how ? ": " : "", w->how ? w->how : "");
}

static void one(struct da_analysis *a, const struct group *g)
{
	bool grave = g->n >= FEW && g->n * DA_HANG_SHARE >= a->graph->n;
	unsigned shown = 0;
	struct da_finding *f = da_finding_new(a->doc, "hang.waiting-remote", grave ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION,
					      g->n, 0.8);

	da_finding_title(f, "%u %s for an answer of %s", g->n, da_plural(g->n, "thread waits", "threads wait"), whom(a, g));
	da_finding_description(f, "What takes long is then there, or on the way, not in this process.");
	da_finding_recommendation(f, "Look at the other side at that time: its load, its log, what it waits for itself. Give such calls a "
				  "time limit, and do not make them where others wait for the thread.");
	da_finding_next(f, DA_NEXT_DUMP, "%s two dumps ten seconds apart: they show whether these threads go on.", da_hang_make(a));
	da_hang_ask_descriptors(a, f, NULL);
	da_finding_refuted_by(f, "a second dump in which these threads have gone on: calls that are made all the time look the same");
	for (uint32_t i = g->first; i < a->graph->n; i++) {
		const struct da_wait *w = remote_wait(a, i);

		if (!w || !is_of(g, w))
			continue;
		da_finding_thread(f, i);
		if (shown++ < DA_HANG_EVIDENCE)
			evidence(a, f, i, w);
	}
	a->hangs += grave;
}

static unsigned run_remote(struct da_analysis *a)
{
	struct groups groups;
	size_t n;

	if (da_hang_crashed(a))
		return 0;
	make_groups(a, &groups);
	n = DA_MIN(groups.v.n, (size_t)MOST);
	for (size_t i = 0; i < n; i++)
		one(a, &groups.v.v[i]);
	return (unsigned)n;
}

const struct da_rule da_rule_hang_waiting_remote = {
	.id = "hang.waiting-remote", .severity = "Information or Warning",
	.looks_for = "threads that wait for an answer of a database, a web server, the name service",
	.page = "Needs the functions of clients on the stack (libpq, libcurl, System.Net.Http, SqlClient, getaddrinfo …), or\n"
		"a connection that is being made. Who only receives may be a server at rest, and does not count. A Warning\n"
		"where a fifth of all threads, and at least four, wait for one destination.",
	.why_not = da_hang_no_waits, .run = run_remote,
};
