/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits that end at a point in time. What a clock showed when the dump was made is in no core; minidumps have the time of
 * day. Programs that mean "for ever" ask for a point far away.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "wait/parts.h"

#define SECOND UINT64_C(1000000)
#define FAR_REALTIME (UINT64_C(4102444800) * SECOND)  /* 2100 */
#define FAR_MONOTONIC (UINT64_C(3155760000) * SECOND) /* a hundred years after the machine began */

static const char *utc(const struct da_waits *w, uint64_t us)
{
	time_t seconds = (time_t)(us / SECOND);
	struct tm tm;
	char text[64];

	if (us >= FAR_REALTIME || !gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		return NULL;
	return da_printf(w->d->arena, "until %s", text);
}

static const char *left_words(const struct da_waits *w, const struct da_wait *wait)
{
	if (!wait->has_left)
		return "";
	if (wait->left_us <= 0)
		return ", which had passed when the dump was made";
	return da_printf(w->d->arena, ", %" PRId64 " s after the dump was made", wait->left_us / (int64_t)SECOND);
}

const char *da_wait_deadline(const struct da_waits *w, struct da_wait *wait, enum da_clock clock, uint64_t us)
{
	static const char *const names[] = { [DA_CLOCK_REALTIME] = "realtime", [DA_CLOCK_MONOTONIC] = "monotonic",
					     [DA_CLOCK_OTHER] = "of another kind" };
	const char *date = clock == DA_CLOCK_REALTIME ? utc(w, us) : NULL;

	if (us >= (clock == DA_CLOCK_REALTIME ? FAR_REALTIME : FAR_MONOTONIC))
		return "until a point in time that is too far away to come";
	wait->has_deadline = true;
	wait->clock = (uint8_t)clock;
	wait->deadline_us = us;
	if (clock == DA_CLOCK_REALTIME && w->p->dump_time) {
		wait->has_left = true;
		wait->left_us = (int64_t)(us - w->p->dump_time);
	}
	return date ? da_printf(w->d->arena, "%s%s", date, left_words(w, wait))
		    : da_printf(w->d->arena, "until %" PRIu64 ".%06" PRIu64 " s of the clock %s", us / SECOND, us % SECOND,
				names[clock]);
}

/* ---------------------------------------------------------------- deadlines of several threads */

static int by_deadline(const void *x, const void *y)
{
	const struct da_wait *a = *(struct da_wait *const *)x, *b = *(struct da_wait *const *)y;

	if (a->clock != b->clock)
		return a->clock < b->clock ? -1 : 1;
	return a->deadline_us < b->deadline_us ? -1 : a->deadline_us > b->deadline_us;
}

static bool keeps_company(const struct da_wait *a, const struct da_wait *b)
{
	return a->clock == b->clock && b->deadline_us - a->deadline_us <= DA_WAIT_COMPANY_US;
}

/*
 * A core does not tell what the clock shows. But threads that work in short steps have deadlines close to each other, at
 * any time; those of long waits lie close only where they began together and for the same time.
 */
void da_wait_company(struct da_waits *w)
{
	struct da_wait **all = da_calloc(w->d->arena, w->p->waits.n, sizeof(*all));
	size_t n = 0, first = 0, end = 0;

	for (size_t i = 0; i < w->p->waits.n; i++)
		if (w->p->waits.v[i].primary && w->p->waits.v[i].has_deadline)
			all[n++] = &w->p->waits.v[i];
	if (n)
		qsort(all, n, sizeof(*all), by_deadline);
	for (size_t i = 0; i < n; i++) {
		while (!keeps_company(all[first], all[i]))
			first++;
		while (end < n && (end < i || keeps_company(all[i], all[end])))
			end++;
		all[i]->company = (uint32_t)(end - first - 1);
	}
}
