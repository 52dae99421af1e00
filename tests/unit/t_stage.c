/* SPDX-License-Identifier: Apache-2.0 */
/* Stages that abort, loop and eat memory, planted: each costs its item and nothing else. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/sandbox.h"
#include "app/stage.h"
#include "unit/unit.h"

#define ITEMS 5

/* What the run did; some in shared memory, since a process that dies takes its own with it. */
struct run {
	struct da_runner runner;
	void (*work)(struct run *r, unsigned item); /* what the stage at hand does with an item */
	unsigned done[8];      /* items that were finished, by stage: in the memory of the process */
	unsigned at;           /* running number of the stage */
	unsigned notes, lost;
	char last_note[512];
	struct results {
		unsigned done[8], notes, lost, terminate;
		char last_note[512];
	} *results;            /* shared */
};

static void stage_run(void *ctx)
{
	struct run *r = ctx;

	for (unsigned i = 0; i < ITEMS && !da_stop(&r->runner.shared->watch); i++) {
		if (!da_watch_item(&r->runner.shared->watch, DA_ITEM_MODULE, i))
			continue;
		r->work(r, i);
		r->done[r->at]++;
	}
}

static void stage_lost(void *ctx, const char *why)
{
	(void)why;
	((struct run *)ctx)->lost++;
}

static void note(void *ctx, const struct da_stage *s, const char *why, const char *remedy)
{
	struct run *r = ctx;

	(void)s;
	(void)remedy;
	r->notes++;
	snprintf(r->last_note, sizeof(r->last_note), "%s", why);
}

static const char *item_name(void *ctx, enum da_item kind, uint64_t item)
{
	static char name[32];

	(void)ctx;
	(void)kind;
	snprintf(name, sizeof(name), "module %llu", (unsigned long long)item);
	return name;
}

static void fine(struct run *r, unsigned item)
{
	(void)r;
	(void)item;
}

static void abort_at_2(struct run *r, unsigned item)
{
	(void)r;
	if (item == 2)
		abort();
}

static void segv_always(struct run *r, unsigned item)
{
	(void)r;
	(void)item;
	raise(SIGSEGV);
}

static void loop_at_1(struct run *r, unsigned item)
{
	(void)r;
	while (item == 1)
		usleep(1000);
}

static void slow(struct run *r, unsigned item)
{
	(void)r;
	(void)item;
	usleep(150000);
}

static void die_outside_items(struct run *r, unsigned item)
{
	(void)item;
	da_watch_idle(&r->runner.shared->watch);
	abort();
}

#ifndef DA_SANITIZED
static void eat_memory_at_3(struct run *r, unsigned item)
{
	(void)r;
	while (item == 3)
		memset(da_xmalloc(1 << 20), 1, 1 << 20);
}
#endif

static void one_stage(struct run *r, void (*work)(struct run *r, unsigned item), unsigned percent)
{
	struct da_stage s = { .name = "test", .loses = "all", .run = stage_run, .lost = stage_lost,
			      .percent = percent };

	r->at++;
	r->work = work;
	da_stage(&r->runner, &s, r);
}

static void (*planted)(struct run *r, unsigned item);
static unsigned planted_percent = 100;

/* A good stage, the planted one, a good stage: the state before and the work after must survive. */
static int work(void *ctx)
{
	struct run *r = ctx;

	da_limit_resources(UINT64_C(256) << 20);
	one_stage(r, fine, 100);
	one_stage(r, planted, planted_percent);
	one_stage(r, fine, 100);
	memcpy(r->results->done, r->done, sizeof(r->done));
	memcpy(r->results->last_note, r->last_note, sizeof(r->last_note));
	r->results->notes = r->notes;
	r->results->lost = r->lost;
	r->results->terminate = r->runner.shared->terminate;
	return 7;
}

static struct results *run_with(void (*plant)(struct run *r, unsigned item), uint64_t max_time_ms,
				unsigned percent)
{
	static struct run r;

	planted = plant;
	planted_percent = percent;
	r = (struct run){ .runner = { .shared = da_shared_new(), .isolate = true,
				      .max_time_ms = max_time_ms, .note = note,
				      .item_name = item_name } };
	r.results = mmap(NULL, sizeof(*r.results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(r.results, MAP_FAILED);
	ck_assert_int_eq(da_front(&r.runner, work, &r, NULL), 7);
	return r.results;
}

START_TEST(nothing_planted_nothing_lost)
{
	struct results *res = run_with(fine, 60000, 100);

	ck_assert_uint_eq(res->done[1], ITEMS);
	ck_assert_uint_eq(res->done[2], ITEMS);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_uint_eq(res->notes, 0);
}
END_TEST

START_TEST(abort_costs_its_item)
{
	struct results *res = run_with(abort_at_2, 60000, 100);

	ck_assert_uint_eq(res->done[1], ITEMS);
	ck_assert_uint_eq(res->done[2], ITEMS - 1);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_uint_eq(res->notes, 1);
	ck_assert_ptr_nonnull(strstr(res->last_note, "module 2"));
	ck_assert_ptr_nonnull(strstr(res->last_note, "signal 6"));
	ck_assert_uint_eq(res->lost, 0);
}
END_TEST

START_TEST(items_that_all_die_are_all_quarantined)
{
	struct results *res = run_with(segv_always, 60000, 100);

	ck_assert_uint_eq(res->done[2], 0);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_uint_eq(res->notes, ITEMS);
}
END_TEST

START_TEST(death_of_nobody_in_particular_costs_the_stage)
{
	struct results *res = run_with(die_outside_items, 60000, 100);

	ck_assert_uint_eq(res->done[1], ITEMS);
	ck_assert_uint_eq(res->done[2], 0);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_uint_eq(res->lost, 1);
}
END_TEST

START_TEST(a_loop_is_killed_and_its_item_left_out)
{
	struct results *res = run_with(loop_at_1, 30000, 1); /* 300 ms soft, 600 ms hard */

	ck_assert_uint_eq(res->done[2], ITEMS - 1);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_ptr_nonnull(strstr(res->last_note, "module 1"));
	ck_assert_ptr_nonnull(strstr(res->last_note, "in time"));
}
END_TEST

START_TEST(a_slow_stage_keeps_what_it_found)
{
	struct results *res = run_with(slow, 30000, 1);

	ck_assert_uint_ge(res->done[2], 1);
	ck_assert_uint_lt(res->done[2], ITEMS);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_uint_eq(res->lost, 0);
	ck_assert_ptr_nonnull(strstr(res->last_note, "is kept"));
}
END_TEST

#ifndef DA_SANITIZED
START_TEST(eating_memory_costs_its_item)
{
	struct results *res = run_with(eat_memory_at_3, 60000, 100);

	ck_assert_uint_eq(res->done[2], ITEMS - 1);
	ck_assert_uint_eq(res->done[3], ITEMS);
	ck_assert_ptr_nonnull(strstr(res->last_note, "module 3"));
}
END_TEST
#endif

/* SIGTERM to the front: the stage at hand stops at its next step, and the work still ends well. */
static void term_front(struct run *r, unsigned item)
{
	(void)r;
	if (item == 1)
		kill(*(pid_t *)r->results->last_note, SIGTERM);
	usleep(200000);
}

START_TEST(sigterm_ends_early_with_what_is_there)
{
	static struct run r;

	planted = term_front;
	planted_percent = 100;
	r = (struct run){ .runner = { .shared = da_shared_new(), .isolate = true, .max_time_ms = 60000,
				      .note = note, .item_name = item_name } };
	r.results = mmap(NULL, sizeof(*r.results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(r.results->last_note, &(pid_t){ getpid() }, sizeof(pid_t));
	ck_assert_int_eq(da_front(&r.runner, work, &r, NULL), 7);
	ck_assert_uint_lt(r.results->done[2], ITEMS);
	ck_assert_uint_eq(r.results->terminate, 1);
}
END_TEST

START_TEST(without_isolation_it_is_one_process)
{
	static struct run r;
	static struct results results;

	planted = fine;
	r = (struct run){ .runner = { .shared = da_shared_new(), .max_time_ms = 60000, .note = note,
				      .item_name = item_name }, .results = &results };
	ck_assert_int_eq(da_front(&r.runner, work, &r, NULL), 7);
	ck_assert_uint_eq(results.done[3], ITEMS);
}
END_TEST

UNIT_MAIN("stage", nothing_planted_nothing_lost, abort_costs_its_item,
	  items_that_all_die_are_all_quarantined, death_of_nobody_in_particular_costs_the_stage,
	  a_loop_is_killed_and_its_item_left_out, a_slow_stage_keeps_what_it_found,
#ifndef DA_SANITIZED
	  eating_memory_costs_its_item,
#endif
	  sigterm_ends_early_with_what_is_there, without_isolation_it_is_one_process)
