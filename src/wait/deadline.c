/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits that end at a point in time. What a clock showed when the dump was made is in no core; minidumps have the time of
 * day. Programs that mean "for ever" ask for a point far away.
 */
#include "config.h"

#include <inttypes.h>
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
