/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads behind a lock that names nobody: a semaphore of count 0, a read-write lock that readers have. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "unit/findings.h"
#include "unit/hang_process.h"
#include "unit/unit.h"

static uint32_t nameless(struct da_dump *d, enum da_lock_kind kind, int64_t count, int64_t max)
{
	uint32_t i = lock(d, DA_NONE, 0);
	struct da_lock *l = &d->proc.locks.v[i];

	l->kind = (uint8_t)kind;
	l->state = kind == DA_LOCK_SEMAPHORE_SLIM || kind == DA_LOCK_SEMAPHORE ? DA_LOCK_STATE_UNKNOWN : DA_LOCK_HELD;
	l->owner_tid = 0;
	l->has_count = true;
	l->count = count;
	l->has_max = max != 0;
	l->max = max;
	return i;
}

static void wait_for(struct da_dump *d, uint32_t thread, uint32_t l)
{
	wait(d, thread, l, 0.9f);
	d->proc.waits.v[d->proc.waits.n - 1].kind = d->proc.locks.v[l].kind;
	d->proc.threads.v[thread].state = DA_STATE_WAITING;
}

/* All threads without frames stand in no function: not in one that is the same. */
static void stands_in(struct da_dump *d, uint32_t thread, const char *function)
{
	struct da_place *p = da_new(d->arena, struct da_place);

	p->ncalls = 1;
	p->calls = da_new(d->arena, struct da_place_call);
	((struct da_place_call *)p->calls)->function = function;
	p->module = DA_NONE;
	*da_vec_add(d->arena, &d->proc.threads.v[thread].frames) = (struct da_frame){ .module = DA_NONE, .place = p, .trust = DA_TRUST_CFI };
}

START_TEST(semaphores)
{
	static const struct {
		int64_t count, max;
		uint32_t waiters, all;
		bool sleeper, alike;
		int severity; /* -1: nothing is said */
	} cases[] = {
		{ 0, 2, 6, 16, false, true, DA_SEVERITY_WARNING },
		{ 0, 2, 6, 16, true, true, DA_SEVERITY_INFORMATION }, /* who sleeps may have it */
		{ 0, 2, 2, 6, false, true, -1 },                     /* few */
		{ 0, 2, 3, 16, false, true, -1 },                    /* less than a fifth */
		{ 1, 2, 6, 16, false, true, -1 },                    /* it just changes */
		{ 0, INT32_MAX, 6, 16, false, true, -1 },            /* work to do */
		{ 0, INT32_MAX, 6, 16, true, false, DA_SEVERITY_INFORMATION },
		{ 0, 0, 6, 16, false, true, -1 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(cases[i].all);
		uint32_t l = nameless(d, DA_LOCK_SEMAPHORE_SLIM, cases[i].count, cases[i].max);
		const struct da_finding_row *f;
		struct da_doc *doc;

		for (uint32_t k = 0; k < cases[i].waiters; k++) {
			wait_for(d, 1 + k, l);
			stands_in(d, 1 + k, cases[i].alike || k ? "Work" : "Other");
		}
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
			.thread = 0, .lock = DA_NONE, .owner = DA_NONE, .kind = DA_WAIT_SLEEP, .frame = DA_NONE, .primary = true,
			.endless = !cases[i].sleeper, .confidence = 0.9f,
		};
		d->proc.threads.v[0].state = DA_STATE_SLEEPING;
		doc = analyze(d);
		f = finding(doc, "hang.owner-unknown");
		ck_assert_msg((f ? (int)f->severity : -1) == cases[i].severity, "case %zu", i);
		ck_assert_uint_eq(count(doc, DA_SEVERITY_ERROR), 0);
		ck_assert((finding(doc, "hang.none") != NULL) == !f);
		if (f) {
			ck_says(f->title, "6 threads wait for lock1 (a SemaphoreSlim), whose count is 0");
			ck_says(f->description, cases[i].sleeper ? "may have it: t1, which sleeps." : "t1, which sleeps without a limit.");
			ck_assert((da_doc_get_verdict(doc)->kind == DA_VERDICT_HANG) == (f->severity == DA_SEVERITY_WARNING));
		}
		da_dump_free(d);
	}
}
END_TEST

START_TEST(readers_that_nobody_names)
{
	struct da_dump *d = threads(14);
	uint32_t l = nameless(d, DA_LOCK_RWLOCK_SLIM, 1, 0);
	const struct da_finding_row *f;

	d->proc.locks.v[l].no_recursion = true;
	for (uint32_t k = 0; k < 5; k++)
		wait_for(d, 1 + k, l);
	f = finding(analyze(d), "hang.owner-unknown");
	ck_assert_int_eq(f->severity, DA_SEVERITY_WARNING);
	ck_says(f->title, "5 threads wait for lock1 (a ReaderWriterLockSlim), which 1 reader has");
	ck_says(f->description, "Those that wait are none of them: this lock lets no thread in twice.");
	ck_says(f->description, "No other thread is outside of its idle place");
	da_dump_free(d);
}
END_TEST

/* Who has it upgradeable waits for readers: those behind can be some only where the lock lets a thread in twice. */
START_TEST(an_upgrade)
{
	for (int twice = 0; twice < 2; twice++) {
		struct da_dump *d = threads(14);
		uint32_t l = nameless(d, DA_LOCK_RWLOCK_SLIM, 0, 0);
		const struct da_finding_row *f;
		struct da_doc *doc;

		d->proc.locks.v[l].owner = 0;
		d->proc.locks.v[l].confidence = 0.95f;
		d->proc.locks.v[l].state = DA_LOCK_CONTENDED;
		d->proc.locks.v[l].no_recursion = !twice;
		for (uint32_t k = 0; k < 4; k++)
			wait_for(d, k, l);
		d->proc.waits.v[0].owner = DA_NONE;
		doc = analyze(d);
		f = finding(doc, "hang.owner-unknown");
		ck_assert((finding(doc, "hang.deadlock") != NULL) == twice);
		ck_assert((f != NULL) == !twice);
		if (f)
			ck_says(f->title, "4 threads wait for lock1 (a ReaderWriterLockSlim), which t1 wants to write once its readers have left");
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("hang_crowd", semaphores, readers_that_nobody_names, an_upgrade)
