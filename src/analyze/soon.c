/* SPDX-License-Identifier: Apache-2.0 */
/* Which waits end by themselves in a moment. */
#include "config.h"

#include <string.h>

#include "analyze/hang.h"

/* Threads that wait again and again, never for longer than so. */
static const struct {
	const char *function; /* its end */
	uint64_t period_us;
} periodic[] = {
	{ "GateThread.GateThreadStart", 500000 },
};

static uint64_t period_of(const struct da_thread *t)
{
	for (size_t i = 0; i < t->frames.n; i++) {
		const char *name = da_function_name(&t->frames.v[i]);

		for (size_t k = 0; name && k < DA_ARRAY_SIZE(periodic); k++)
			if (strstr(name, periodic[k].function))
				return periodic[k].period_us;
	}
	return 0;
}

/* The latest point of a clock that had surely come when the dump was made; 0: none is known. */
static uint64_t at_least(const struct da_analysis *a, uint8_t clock)
{
	uint64_t latest = 0;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);
		uint64_t period = w && w->has_deadline && w->clock == clock ? period_of(&a->dump->proc.threads.v[i]) : 0;

		if (period && w->deadline_us > period)
			latest = DA_MAX(latest, w->deadline_us - period);
	}
	return latest;
}

bool da_hang_ends_soon(const struct da_analysis *a, const struct da_wait *w)
{
	uint64_t then;

	if (w->has_timeout && w->timeout_us < DA_HANG_SOON_US)
		return true;
	if (!w->has_deadline)
		return false;
	if (w->has_left)
		return w->left_us < DA_HANG_SOON_US;
	then = at_least(a, w->clock);
	return then && w->deadline_us < then + DA_HANG_SOON_US;
}

/* The earliest point of a clock that had not come; UINT64_MAX: none is known. */
static uint64_t at_most(const struct da_analysis *a, const struct da_wait *but)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t i = 0; i < a->graph->n; i++) {
		const struct da_wait *w = da_primary_wait(a, i);

		if (w && w != but && w->has_deadline && w->clock == but->clock)
			first = DA_MIN(first, w->deadline_us);
	}
	return first;
}

bool da_hang_lasts(const struct da_analysis *a, const struct da_wait *w, uint64_t us)
{
	uint64_t then;

	if (w->endless || (w->has_timeout && w->timeout_us >= us))
		return true;
	if (!w->has_deadline)
		return false;
	if (w->has_left)
		return w->left_us > 0 && (uint64_t)w->left_us >= us;
	then = at_most(a, w);
	return then < w->deadline_us && w->deadline_us - then >= us;
}

static bool goes_on(const struct da_analysis *a, const struct da_wait *w)
{
	return w->woken || w->kind == DA_WAIT_GC || da_hang_ends_soon(a, w);
}

bool da_hang_stays(const struct da_analysis *a, uint32_t thread)
{
	const struct da_wait *w = da_primary_wait(a, thread);
	uint32_t head = a->graph->head[thread];

	if (!w || goes_on(a, w))
		return false;
	if (head == DA_NONE || head == thread)
		return true;
	w = da_primary_wait(a, head);
	if (w)
		return !goes_on(a, w);
	switch ((enum da_state)a->dump->proc.threads.v[head].state) {
	case DA_STATE_BLOCKED: case DA_STATE_WAITING: case DA_STATE_SLEEPING: case DA_STATE_SUSPENDED: return true;
	default: return false;
	}
}
