/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a lock, where that is not sure: what the rules say of locks without owners, guessed ones, and mutexes handed over. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "unit/findings.h"
#include "unit/hang_process.h"
#include "unit/unit.h"

/* Only missing memory is a reason for another dump. */
START_TEST(why_an_owner_is_unknown)
{
	static const struct {
		enum da_lock_kind kind;
		enum da_lock_state state;
		uint32_t owner_tid;
		const char *says;
	} cases[] = {
		{ DA_LOCK_MUTANT, DA_LOCK_STATE_UNKNOWN, 0, "the lock itself stores no owner" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_LOCK_HELD, 0, "the lock itself stores no owner" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_LOCK_STATE_UNKNOWN, 77, "the lock names thread id 77, which is no thread of this dump" },
		{ DA_LOCK_PTHREAD_MUTEX, DA_LOCK_HELD, 77, "the lock names thread id 77, which is no thread of this dump" },
		{ DA_LOCK_MONITOR, DA_LOCK_STATE_UNKNOWN, 0, "the lock does not tell its owner" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(6);
		uint32_t l = lock(d, DA_NONE, 0);
		const struct da_finding_row *f;

		*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){ 0 };
		d->proc.locks.v[l].kind = (uint8_t)cases[i].kind;
		d->proc.locks.v[l].state = (uint8_t)cases[i].state;
		d->proc.locks.v[l].owner_tid = cases[i].owner_tid;
		wait(d, 1, l, 0.9f);
		d->proc.waits.v[0].kind = (uint8_t)cases[i].kind;
		f = finding(analyze(d), "hang.owner-unknown");
		ck_assert_msg(f != NULL, "case %zu", i);
		ck_says(f->description, cases[i].says);
		ck_says(f->recommendation, "Ask the developers who takes these locks");
		ck_assert_ptr_null(strstr(f->recommendation, "lacks"));
		ck_assert_ptr_null(strstr(f->next[0].text, "names the owner"));
		ck_assert_str_eq(f->evidence[0].what, "owner");
		da_dump_free(d);
	}
}
END_TEST

/* Two causes: the dump that is asked for tells one of them. */
START_TEST(two_causes)
{
	struct da_dump *d = threads(6);
	uint32_t unread = lock(d, DA_NONE, 0), none = lock(d, DA_NONE, 0);
	const struct da_finding_row *f;

	for (uint32_t i = 0; i < 2; i++) {
		d->proc.locks.v[i].state = DA_LOCK_STATE_UNKNOWN;
		d->proc.locks.v[i].owner_tid = 0;
	}
	d->proc.locks.v[unread].unread = true;
	d->proc.locks.v[none].kind = DA_LOCK_SRW;
	wait(d, 1, unread, 0.9f);
	wait(d, 2, none, 0.9f);
	wait(d, 3, none, 0.9f);
	d->proc.waits.v[1].kind = d->proc.waits.v[2].kind = DA_LOCK_SRW;
	f = finding(analyze(d), "hang.owner-unknown");
	ck_says(f->description, "for 1 the memory of the locks is missing; for 2 the lock itself stores no owner.");
	ck_says(f->recommendation, "some owners stand in memory that this one lacks");
	da_dump_free(d);
}
END_TEST

/* A wait names no lock: of .NET's the heap may be missing, which other dumps have. */
START_TEST(which_lock_it_is_is_not_known)
{
	static const char *const types[] = { "triage", "full" };

	for (size_t i = 0; i < 2; i++) {
		struct da_dump *d = threads(6);
		const struct da_finding_row *f;

		*da_vec_add(d->arena, &d->proc.runtimes) = (struct da_runtime){ 0 };
		d->origin.dump_type = types[i];
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = 1, .lock = DA_NONE, .owner = DA_NONE, .frame = DA_NONE,
									  .kind = DA_LOCK_MONITOR, .primary = true, .confidence = 0.9f };
		f = finding(analyze(d), "hang.owner-unknown");
		ck_says(f->description, i == 0 ? "the memory of the locks is missing" : "which lock it is could not be told");
		ck_assert((strstr(f->recommendation, "holds the heap") != NULL) == (i == 0));
		da_dump_free(d);
	}
}
END_TEST

static void rests(struct da_dump *d, uint32_t thread, enum da_lock_kind kind)
{
	*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = thread, .lock = DA_NONE, .owner = DA_NONE, .frame = DA_NONE,
								  .kind = (uint8_t)kind, .primary = true, .confidence = 0.9f };
	d->proc.threads.v[thread].state = DA_STATE_WAITING;
}

/* The word names a thread that got the id of one that ended: nobody is accused. */
START_TEST(an_owner_that_does_not_look_like_one)
{
	static const struct {
		float confidence;
		enum da_lock_kind kind;
		bool unknown;
	} cases[] = { { 0.5f, DA_WAIT_FILE, true }, { 0.95f, DA_WAIT_FILE, false }, { 0.5f, DA_WAIT_SLEEP, false },
		      { 0.5f, DA_LOCK_PTHREAD_COND, true } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = threads(6);
		uint32_t l = lock(d, 1, cases[i].confidence);
		const struct da_finding_row *f;
		struct da_doc *doc;

		rests(d, 1, cases[i].kind);
		for (uint32_t k = 2; k < 6; k++)
			wait(d, k, l, 0.95f);
		doc = analyze(d);
		f = finding(doc, "hang.owner-unknown");
		ck_assert_msg((f != NULL) == cases[i].unknown, "case %zu", i);
		ck_assert((finding(doc, "hang.lock-owner-blocked") != NULL) == (cases[i].confidence > 0.9f));
		if (!f) {
			da_dump_free(d);
			continue;
		}
		ck_says(f->title, "4 threads wait for locks whose owners are not known");
		ck_says(f->description, "the lock's word names t2, which does not look like a holder: it waits for");
		ck_assert_int_eq(da_doc_get_verdict(doc)->kind, DA_VERDICT_UNKNOWN);
		da_dump_free(d);
	}
}
END_TEST

/* A circle of one with a mutex that another thread may unlock, and with one that asks for its owner. */
START_TEST(a_mutex_that_may_be_handed_over)
{
	for (int any = 0; any < 2; any++) {
		struct da_dump *d = threads(3);
		const struct da_finding_row *f;
		struct da_doc *doc;

		behind(d, 1, 1);
		d->proc.locks.v[0].any_unlocks = any;
		doc = analyze(d);
		f = finding(doc, "hang.deadlock");
		ck_says(f->description, any ? "It will not end unless another thread unlocks it, which this kind of mutex allows."
					    : "It will not end by itself.");
		ck_assert((strstr(da_doc_get_verdict(doc)->text, ", unless another thread is to unlock it") != NULL) == any);
		ck_assert((f->confidence < 0.75) == any);
		ck_assert_ptr_null(strstr(f->recommendation, "Restarting"));
		da_dump_free(d);
	}
}
END_TEST

/* What a time limit ends is ended by no restart, and not sure to be a hang. */
START_TEST(advice_where_a_limit_ends_it)
{
	for (int limited = 0; limited < 2; limited++) {
		struct da_dump *d = threads(6);
		const struct da_finding_row *f;

		behind(d, 0, 1);
		behind(d, 1, 0);
		d->proc.waits.v[1].has_timeout = limited;
		f = finding(analyze(d), "hang.deadlock");
		ck_assert((strstr(f->recommendation, "Restarting the service") == NULL) == limited);
		ck_assert((f->confidence < 0.75) == limited);
		ck_assert((strstr(f->title, "until one gives up") != NULL) == limited);
		ck_assert_ptr_null(strstr(f->description, "% of"));
		da_dump_free(d);
	}
}
END_TEST

/* A sleeper of whose time only the end is known, beside others whose times end with its own. */
START_TEST(a_sleeper_in_company)
{
	for (uint32_t company = 0; company < 4; company++) {
		struct da_dump *d = threads(14);
		uint32_t l = lock(d, 1, 0.95f);
		const struct da_finding_row *f;

		rests(d, 1, DA_WAIT_SLEEP);
		d->proc.waits.v[0].has_deadline = true;
		d->proc.waits.v[0].company = company;
		for (uint32_t k = 2; k < 5; k++)
			wait(d, k, l, 0.95f);
		f = finding(analyze(d), "hang.lock-owner-blocked");
		ck_assert_int_eq(f->severity, company < 1 ? DA_SEVERITY_WARNING : DA_SEVERITY_INFORMATION);
		ck_assert((strstr(f->description, "as where threads work in short steps") != NULL) == (company >= 1));
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("hang_owner", why_an_owner_is_unknown, two_causes, which_lock_it_is_is_not_known, an_owner_that_does_not_look_like_one,
	  a_mutex_that_may_be_handed_over, a_sleeper_in_company, advice_where_a_limit_ends_it)
