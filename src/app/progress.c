/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "app/progress.h"

/* Nobody wants a line for a run that ends at once. */
#define SILENT_NS UINT64_C(700000000)

static double percent(const struct da_shared *s)
{
	uint64_t total = s->watch.total, done = s->watch.done;

	return total ? 100.0 * (double)DA_MIN(done, total) / (double)total : -1;
}

static void on_terminal(void *ctx, const struct da_shared *s, bool last)
{
	static uint64_t first;
	static bool drawn;
	uint64_t now = da_now_ns();
	double p = percent(s);

	(void)ctx;
	if (!first)
		first = now;
	if (last) {
		if (drawn)
			fputs("\r\033[K", stderr);
		return;
	}
	if (now - first < SILENT_NS)
		return;
	drawn = true;
	fprintf(stderr, "\r\033[Kdumpan: %.32s", s->stage_name);
	if (p >= 0)
		fprintf(stderr, " %.0f %%", p);
	else if (s->watch.done)
		fprintf(stderr, " %llu MB", (unsigned long long)(s->watch.done >> 20));
	fprintf(stderr, ", %.0f s", (double)(now - first) / 1e9);
	fflush(stderr);
}

/* One line for each stage that began since the last look. */
static bool new_stage(const struct da_shared *s)
{
	static uint32_t seen;

	if (s->watch.stage == seen)
		return false;
	seen = s->watch.stage;
	return true;
}

static void as_lines(void *ctx, const struct da_shared *s, bool last)
{
	(void)ctx;
	if (!last && new_stage(s))
		fprintf(stderr, "dumpan: %.32s\n", s->stage_name);
}

static void as_json(void *ctx, const struct da_shared *s, bool last)
{
	(void)ctx;
	if (last)
		fputs("{\"stage\":\"done\"}\n", stderr);
	else if (new_stage(s))
		fprintf(stderr, "{\"stage\":\"%.32s\",\"done\":%llu,\"total\":%llu}\n", s->stage_name,
			(unsigned long long)s->watch.done, (unsigned long long)s->watch.total);
}

da_progress_fn *da_progress_for(const struct da_options *o)
{
	if (o->quiet)
		return NULL;
	switch (o->progress) {
	case DA_PROGRESS_PLAIN: return as_lines;
	case DA_PROGRESS_JSON: return as_json;
	case DA_PROGRESS_NONE: return NULL;
	case DA_PROGRESS_AUTO: break;
	}
	if (o->verbose)
		return as_lines;
	return isatty(STDERR_FILENO) ? on_terminal : NULL;
}
