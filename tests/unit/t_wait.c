/* SPDX-License-Identifier: Apache-2.0 */
/* Processes made by hand: threads that sleep on words, and words that lie. No symbols are at hand. */
#include "config.h"

#include <string.h>

#include "wait_process.h"

/* ---------------------------------------------------------------- what is true */

START_TEST(owner_of_a_mutex)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 2, 0, FIRST_TID + 3, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	sleeps(d, 2, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(lock_at(d, m)->kind, DA_LOCK_PTHREAD_MUTEX);
	ck_assert_uint_eq(lock_at(d, m)->owner, 3);
	ck_assert_uint_eq(lock_at(d, m)->state, DA_LOCK_HELD);
	ck_assert(lock_at(d, m)->confidence >= 0.7f && lock_at(d, m)->confidence <= 0.85f);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert_uint_eq(wait_of(d, 2)->lock, wait_of(d, 1)->lock);
	ck_assert_uint_eq(d->proc.threads.v[1].state, DA_STATE_BLOCKED);
	ck_assert_uint_eq(d->proc.threads.v[3].state, DA_STATE_RUNNING);
	da_dump_free(d);
}
END_TEST

START_TEST(deadlock_of_itself)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 2, 0, FIRST_TID + 1, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(lock_at(d, m)->owner, 1);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 1);
	da_dump_free(d);
}
END_TEST

START_TEST(join_by_id_and_by_state)
{
	struct da_dump *d = process();

	sleeps(d, 1, descriptor(4) + TID, 0x109, FIRST_TID + 4);
	sleeps(d, 2, descriptor(4) + JOINSTATE, 0x109, 2);
	da_wait_run(d, NULL);
	for (uint32_t i = 1; i <= 2; i++) {
		ck_assert_uint_eq(wait_of(d, i)->kind, DA_LOCK_PTHREAD_JOIN);
		ck_assert_uint_eq(wait_of(d, i)->owner, 4);
		ck_assert_uint_eq(wait_of(d, i)->address, descriptor(4));
	}
	da_dump_free(d);
}
END_TEST

START_TEST(calls)
{
	struct da_dump *d = process();

	call(d, 0, 7, -516); /* poll */
	set(d, 0, RDI, DATA);
	set(d, 0, RSI, 1);
	set(d, 0, RDX, 5000);
	put(DATA, 9, 4);
	call(d, 1, 0, 12);   /* read, which has returned */
	call(d, 2, 232, -4); /* epoll_wait */
	set(d, 2, RDI, 5);
	set(d, 2, R10, UINT64_MAX);
	call(d, 3, 9999, -512);
	call(d, 4, 0, -512); /* read */
	set(d, 4, RDI, 7);
	call(d, 5, 61, -512); /* wait4 */
	set(d, 5, RDI, 4242);
	da_wait_run(d, NULL);
	ck_assert_str_eq(wait_of(d, 4)->call, "read");
	ck_assert(wait_of(d, 4)->has_fd && wait_of(d, 4)->fd == 7 && wait_of(d, 4)->mode == DA_WAIT_ONE);
	ck_assert_uint_eq(wait_of(d, 5)->pid, 4242);
	ck_assert_str_eq(wait_of(d, 0)->call, "poll");
	ck_assert_uint_eq(wait_of(d, 0)->mode, DA_WAIT_ANY);
	ck_assert(!wait_of(d, 0)->has_fd);
	ck_assert_uint_eq(wait_of(d, 0)->kind, DA_WAIT_POLL);
	ck_assert(wait_of(d, 0)->has_timeout && wait_of(d, 0)->timeout_us == 5000000);
	ck_assert_ptr_null(wait_of(d, 1));
	ck_assert_uint_eq(d->proc.threads.v[1].state, DA_STATE_RUNNING);
	ck_assert(!wait_of(d, 2)->has_timeout);
	ck_assert_uint_eq(d->proc.threads.v[2].state, DA_STATE_IDLE);
	ck_assert_uint_eq(wait_of(d, 3)->kind, DA_LOCK_UNKNOWN);
	da_dump_free(d);
}
END_TEST

START_TEST(managed_wait_stays_primary)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 2, 0, FIRST_TID + 3, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
		.thread = 1, .lock = DA_NONE, .owner = 5, .kind = DA_LOCK_MONITOR, .primary = true, .confidence = 1 };
	da_wait_run(d, NULL);
	ck_assert_uint_eq(d->proc.waits.n, 2);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MONITOR);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 5);
	ck_assert(!d->proc.waits.v[1].primary);
	da_dump_free(d);
}
END_TEST

START_TEST(deadlines)
{
	static const struct {
		uint32_t op;
		uint64_t seconds;
		uint8_t clock;
		bool told;
		const char *words;
	} cases[] = {
		{ REALTIME_WAIT, 1795816219, DA_CLOCK_REALTIME, true, "until 2026-11-27 21:50:19 UTC, 19 s after the dump was made" },
		{ REALTIME_WAIT, 1795816000, DA_CLOCK_REALTIME, true, "which had passed" },
		{ 0x89, 5000, DA_CLOCK_MONOTONIC, true, "until 5000.000000 s of the clock monotonic" },
		{ LOCK_PI, 1795816219, DA_CLOCK_REALTIME, true, "UTC" },
		{ REALTIME_WAIT, UINT64_C(1) << 40, 0, false, "too far away" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		const struct da_wait *w;

		d->proc.dump_time = UINT64_C(1795816200) * 1000000;
		put(DATA + 0x800, cases[i].seconds, 8);
		sleeps(d, 1, DATA + 0x100, cases[i].op, 0);
		set(d, 1, R10, DATA + 0x800);
		da_wait_run(d, NULL);
		w = wait_of(d, 1);
		ck_assert(!w->has_timeout && w->has_deadline == cases[i].told && w->clock == cases[i].clock);
		ck_assert(w->has_left == (cases[i].told && w->clock == DA_CLOCK_REALTIME));
		ck_assert_msg(strstr(w->how, cases[i].words) != NULL, "%s", w->how);
		da_dump_free(d);
	}
}
END_TEST

static struct da_wait *runtime_says(struct da_dump *d, uint32_t thread, enum da_lock_kind kind)
{
	struct da_wait *w = da_vec_add(d->arena, &d->proc.waits);

	*w = (struct da_wait){ .thread = thread, .lock = DA_NONE, .owner = DA_NONE, .kind = (uint8_t)kind, .primary = true,
			       .frame = DA_NONE, .how = "the frame shows the call", .confidence = 1 };
	return w;
}

/* What limits the system call limits what the program asked for; one without end stays so. */
START_TEST(limits_of_managed_waits)
{
	struct da_dump *d = process();

	d->proc.dump_time = UINT64_C(1795816200) * 1000000;
	put(DATA + 0x800, 1795816219, 8);
	put(DATA + 0x810, 5, 8);
	sleeps(d, 1, DATA + 0x100, REALTIME_WAIT, 0);
	set(d, 1, R10, DATA + 0x800);
	sleeps(d, 2, DATA + 0x140, PRIVATE_WAIT, 0);
	set(d, 2, R10, DATA + 0x810);
	sleeps(d, 3, DATA + 0x180, REALTIME_WAIT, 0);
	for (uint32_t i = 1; i <= 3; i++)
		runtime_says(d, i, DA_LOCK_MONITOR);
	da_wait_run(d, NULL);
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_uint_eq(wait_of(d, i)->kind, DA_LOCK_MONITOR);
	ck_assert(wait_of(d, 1)->has_deadline && !wait_of(d, 1)->has_timeout && wait_of(d, 1)->has_left);
	ck_assert_int_eq(wait_of(d, 1)->left_us, 19000000);
	ck_assert_uint_eq(wait_of(d, 1)->deadline_us, UINT64_C(1795816219) * 1000000);
	ck_assert(wait_of(d, 2)->has_timeout && !wait_of(d, 2)->has_deadline);
	ck_assert_uint_eq(wait_of(d, 2)->timeout_us, 5000000);
	ck_assert(!wait_of(d, 3)->has_timeout && !wait_of(d, 3)->has_deadline && wait_of(d, 3)->endless);
	ck_assert(!wait_of(d, 1)->endless && !wait_of(d, 2)->endless);
	da_dump_free(d);
}
END_TEST

/* One stopped where its frames tell for what; others sleep on the same object, or on another, or run. */
START_TEST(stops_for_a_collection)
{
	struct da_dump *d = process();
	struct da_managed_thread m = { .thread = 2, .exception = DA_NONE };
	uint64_t event = DATA + 0x200, other = DATA + 0x280;

	for (uint64_t c = event; c <= other; c += other - event) {
		put(c, c == event ? 6 : 2, 8); /* so many have waited, twice */
		put(c + 36, c == event ? 24 : 8, 4);
	}
	for (uint32_t i = 1; i <= 4; i++) {
		put(sp_of(i) + 0x98, i == 4 ? other : event, 8);
		sleeps(d, i, (i == 4 ? other : event) + 40, REALTIME_WAIT, 0);
		if (i != 3) /* one of no runtime */
			d->proc.threads.v[i].managed = &m;
	}
	runtime_says(d, 1, DA_WAIT_GC)->woken = true;
	runtime_says(d, 5, DA_WAIT_GC);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_WAIT_GC);
	ck_assert_uint_eq(wait_of(d, 2)->kind, DA_WAIT_GC);
	ck_assert_ptr_nonnull(strstr(wait_of(d, 2)->how, "t2"));
	ck_assert(wait_of(d, 2)->woken);
	ck_assert_uint_eq(wait_of(d, 2)->owner, DA_NONE);
	ck_assert_uint_eq(wait_of(d, 3)->kind, DA_LOCK_PTHREAD_COND);
	ck_assert_uint_eq(wait_of(d, 4)->kind, DA_LOCK_PTHREAD_COND);
	ck_assert_ptr_null(wait_of(d, 5));
	ck_assert_uint_eq(d->proc.threads.v[5].state, DA_STATE_RUNNING);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- older and newer layouts */

/* Without a name all that a barrier counts must hold; a ring of a head, a tail and a size looks a little like one. */
START_TEST(barriers_and_rings)
{
	static const struct {
		uint32_t in, round, count, out;
		bool barrier;
	} cases[] = {
		{ 2, 0, 4, 0, true },      { 10, 8, 4, 8, true },  { 12, 10, 1024, 0, false }, { 12, 10, 5, 0, false },
		{ 12, 10, 5, 10, true }, { 11, 10, 5, 10, false }, { 11, 9, 3, 12, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		uint64_t at = DATA + 0x100;

		put(at, cases[i].in, 4);
		put(at + 4, cases[i].round, 4);
		put(at + 8, cases[i].count, 4);
		put(at + 16, cases[i].out, 4);
		sleeps(d, 1, at + 4, PRIVATE_WAIT, cases[i].round);
		sleeps(d, 2, at + 4, PRIVATE_WAIT, cases[i].round);
		da_wait_run(d, NULL);
		ck_assert_msg((wait_of(d, 1)->kind == DA_LOCK_BARRIER) == cases[i].barrier, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(condition_variables_of_three_ages)
{
	static const struct {
		unsigned word, references; /* offset of the word; where and how its waiters are counted */
		uint64_t count;
	} ages[] = { { 4, 40, 2 }, { 40, 36, 8 }, { 44, 36, 8 }, { 32, 28, 8 }, { 36, 28, 8 } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(ages); i++) {
		struct da_dump *d = process();
		uint64_t c = DATA + 0x200;

		if (i == 0) {
			put(c + 4, 1, 4);  /* futex */
			put(c + 8, 1, 8);  /* total */
			put(c + 32, DATA + 0x100, 8);
		} else {
			put(c, 2, 8); /* one has waited */
		}
		put(c + ages[i].references, ages[i].count, 4);
		put(sp_of(1) + 0x98, c, 8);
		sleeps(d, 1, c + ages[i].word, i ? REALTIME_WAIT : PRIVATE_WAIT, i == 0);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_PTHREAD_COND);
		ck_assert_uint_eq(wait_of(d, 1)->address, c);
		ck_assert_uint_eq(lock_at(d, c)->waiting, 1);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(rwlock_before_2_25)
{
	struct da_dump *d = process();
	uint64_t l = DATA + 0x200;

	put(l + 16, 1, 4); /* a reader in the queue */
	put(l + 20, 1, 4); /* and a writer */
	put(l + 24, FIRST_TID + 5, 4);
	sleeps(d, 1, l + 8, PRIVATE_WAIT, 0);
	sleeps(d, 2, l + 12, PRIVATE_WAIT, 0);
	da_wait_run(d, NULL);
	for (uint32_t i = 1; i <= 2; i++) {
		ck_assert_uint_eq(wait_of(d, i)->kind, DA_LOCK_PTHREAD_RWLOCK);
		ck_assert_uint_eq(wait_of(d, i)->address, l);
		ck_assert_uint_eq(wait_of(d, i)->owner, 5);
	}
	ck_assert_uint_eq(lock_at(d, l)->waiting, 2);
	da_dump_free(d);

	d = process(); /* that glibc waited otherwise: these words are of something else */
	put(l + 16, 1, 4);
	put(l + 20, 1, 4);
	put(l + 24, FIRST_TID + 5, 4);
	sleeps(d, 1, l + 12, REALTIME_WAIT, 0);
	da_wait_run(d, NULL);
	ck_assert_uint_ne(wait_of(d, 1)->kind, DA_LOCK_PTHREAD_RWLOCK);
	da_dump_free(d);
}
END_TEST

START_TEST(readers_have_no_names)
{
	struct da_dump *d = process();
	uint64_t l = DATA + 0x200;

	put(l, 3 << 3 | 2, 4); /* three readers, a writer that waits for them */
	put(sp_of(5) + 0x80, l, 8);
	put(sp_of(2) + 0x80, l, 8);
	put(l + 8, 2, 4);
	put(l + 12, 1, 4);
	sleeps(d, 1, l + 8, REALTIME_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_PTHREAD_RWLOCK);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	ck_assert(lock_at(d, l)->has_count && lock_at(d, l)->count == 3);
	ck_assert_uint_eq(lock_at(d, l)->readers.n, 2);
	ck_assert_uint_eq(lock_at(d, l)->readers.v[0], 2);
	ck_assert_uint_eq(lock_at(d, l)->readers.v[1], 5);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- what lies */

START_TEST(robust_list_that_leads_back)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100, n = DATA + 0x200;

	/* head -> m -> n -> m …; n names another thread */
	mutex(m, FIRST_TID + 1, 1, FIRST_TID + 1, 1, 0x90);
	mutex(n, FIRST_TID + 2, 1, FIRST_TID + 2, 1, 0x90);
	put(descriptor(1) + ROBUST, m + 32, 8);
	put(m + 32, n + 32, 8);
	put(n + 32, m + 32, 8);
	put(descriptor(2) + ROBUST, 0xdead0000, 8); /* out of memory */
	put(descriptor(3) + ROBUST, DATA + 0x1000, 8); /* nothing there */
	da_wait_run(d, NULL);
	ck_assert_uint_eq(d->proc.locks.n, 1);
	ck_assert_uint_eq(lock_at(d, m)->owner, 1);
	ck_assert_ptr_null(lock_at(d, n));
	da_dump_free(d);
}
END_TEST

START_TEST(wild_words)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 2, 0, 0xdeadbeef, 1, 0);          /* no id */
	sleeps(d, 0, m, PRIVATE_WAIT, 2);
	sleeps(d, 1, 0x10, PRIVATE_WAIT, 2);       /* not mapped */
	sleeps(d, 2, UINT64_MAX - 2, PRIVATE_WAIT, 2);
	sleeps(d, 3, DATA + DATA_BYTES - 4, PRIVATE_WAIT, 2); /* the object would end behind the memory */
	put(DATA + DATA_BYTES - 4, 2, 4);
	sleeps(d, 4, DATA + 3, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_ptr_nonnull(wait_of(d, i));
		ck_assert_uint_eq(wait_of(d, i)->kind, DA_LOCK_FUTEX);
		ck_assert_uint_eq(wait_of(d, i)->owner, DA_NONE);
	}
	da_dump_free(d);
}
END_TEST

START_TEST(rwlock_writers)
{
	struct da_dump *d = process();
	uint64_t good = DATA + 0x100, gone = DATA + 0x200, wild = DATA + 0x300;

	for (uint64_t at = good; at <= wild; at += 0x100) {
		put(at, 0xb, 4);
		put(at + 8, 3, 4);
		put(at + 12, 3, 4);
	}
	put(good + 24, FIRST_TID + 5, 4);
	put(gone + 24, 7777, 4);
	put(wild + 24, 0xffffffff, 4);
	sleeps(d, 0, good + 8, REALTIME_WAIT, 3);
	sleeps(d, 1, gone + 8, REALTIME_WAIT, 3);
	sleeps(d, 2, wild + 8, REALTIME_WAIT, 3);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 0)->kind, DA_LOCK_PTHREAD_RWLOCK);
	ck_assert_uint_eq(wait_of(d, 0)->owner, 5);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	ck_assert_uint_eq(wait_of(d, 2)->owner, DA_NONE);
	da_dump_free(d);
}
END_TEST

START_TEST(stdio_owner_must_be_a_descriptor)
{
	struct da_dump *d = process();
	uint64_t good = DATA + 0x100, bad = DATA + 0x200;

	put(good, 2, 4);
	put(good + 4, 1, 4);
	put(good + 8, descriptor(2), 8);
	put(bad, 2, 4);
	put(bad + 4, 1, 4);
	put(bad + 8, descriptor(2) + 64, 8);
	sleeps(d, 0, good, PRIVATE_WAIT, 2);
	sleeps(d, 1, bad, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 0)->kind, DA_LOCK_STDIO);
	ck_assert_uint_eq(wait_of(d, 0)->owner, 2);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	da_dump_free(d);
}
END_TEST

START_TEST(descriptors_that_lie)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	/* t2 says that it is t3's descriptor; t4's names another id; t5 has none. */
	d->proc.threads.v[1].tp = descriptor(2);
	put(descriptor(3) + TID, FIRST_TID + 2, 4);
	d->proc.threads.v[4].tp = 0x10;
	mutex(m, 2, 0, FIRST_TID + 4, 1, 0);
	sleeps(d, 0, m, PRIVATE_WAIT, 2);
	sleeps(d, 1, descriptor(1) + TID, 0x109, FIRST_TID + 1); /* the end of itself */
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 0)->owner, 4);
	ck_assert(wait_of(d, 1)->kind != DA_LOCK_PTHREAD_JOIN || wait_of(d, 1)->owner != 1);
	da_dump_free(d);
}
END_TEST

START_TEST(woken_already)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 1, 0, FIRST_TID + 3, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert(wait_of(d, 1)->confidence < 0.75f);
	da_dump_free(d);
}
END_TEST

START_TEST(container_seen_from_outside)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	for (unsigned i = 0; i < THREADS; i++)
		put(descriptor(i) + TID, 10 + i, 4);
	mutex(m, 2, 0, 13, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(lock_at(d, m)->owner, 3);
	da_dump_free(d);
	/* The thread that its word names may be the one whose descriptor is not in the dump. */
	d = process();
	for (unsigned i = 0; i < THREADS; i++)
		put(descriptor(i) + TID, 10 + i, 4);
	d->proc.threads.v[3].tp = 0x10;
	mutex(m, 2, 0, 13, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_ne(lock_at(d, m)->state, DA_LOCK_ORPHANED);
	da_dump_free(d);
}
END_TEST


START_TEST(idle_by_its_functions)
{
	static const struct {
		const char *names[6];
		bool idle;
	} cases[] = {
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep", "runtime.stopm" }, true },
		{ { "runtime.futex.abi0", "runtime.futexsleep", "runtime.notesleep", "runtime.stopm" }, true },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep", "runtime.stopm.cold" }, false },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep" }, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();

		sleeps(d, 1, DATA + 0x100, PRIVATE_WAIT, 0);
		frames(d, 1, cases[i].names);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_FUTEX);
		ck_assert_uint_eq(d->proc.threads.v[1].state, cases[i].idle ? DA_STATE_IDLE : DA_STATE_WAITING);
		da_dump_free(d);
	}
}
END_TEST

/* The loop that Node runs inside of execSync is not the one that waits for work. */
START_TEST(a_child_by_its_functions)
{
	static const char *const rest[] = { "epoll_pwait", "uv__io_poll", "uv_run", NULL },
				 *const child[] = { "epoll_pwait", "uv__io_poll", "uv_run",
						    "node::SyncProcessRunner::TryInitializeAndRunLoop(v8::Local<v8::Value>)", NULL };

	for (int i = 0; i < 2; i++) {
		struct da_dump *d = process();

		call(d, 1, 232, -4); /* epoll_wait */
		set(d, 1, RDI, 5);
		set(d, 1, R10, UINT64_MAX);
		frames(d, 1, i ? child : rest);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(wait_of(d, 1)->kind, i ? DA_WAIT_CHILD : DA_WAIT_POLL);
		ck_assert(wait_of(d, 1)->has_fd == !i);
		ck_assert_uint_eq(d->proc.threads.v[1].state, i ? DA_STATE_WAITING : DA_STATE_IDLE);
		da_dump_free(d);
	}
}
END_TEST

/* Deadlines of managed sleeps by one clock, in no order: how many lie beside each. */
START_TEST(deadlines_in_company)
{
	static const struct {
		uint64_t us;
		uint8_t clock;
		uint32_t company;
	} cases[] = { { 5000000, DA_CLOCK_MONOTONIC, 2 }, { 5015000, DA_CLOCK_MONOTONIC, 3 }, { 4990000, DA_CLOCK_MONOTONIC, 1 },
		      { 5035000, DA_CLOCK_MONOTONIC, 2 }, { 5000000, DA_CLOCK_REALTIME, 0 }, { 5035000, DA_CLOCK_MONOTONIC, 2 } };
	struct da_dump *d = process();

	for (uint32_t i = 0; i < DA_ARRAY_SIZE(cases); i++)
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
			.thread = i, .lock = DA_NONE, .owner = DA_NONE, .kind = DA_WAIT_SLEEP, .primary = true, .confidence = 1,
			.has_deadline = true, .clock = cases[i].clock, .deadline_us = cases[i].us };
	da_wait_run(d, NULL);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(cases); i++)
		ck_assert_msg(d->proc.waits.v[i].company == cases[i].company, "wait %u has %u", i, d->proc.waits.v[i].company);
	da_dump_free(d);
}
END_TEST

/* A condition variable of glibc to 2.40 at `at`: one waiter in each group, whom nobody sees asleep. */
static void condition(uint64_t at, uint32_t waiters, uint32_t wanted)
{
	static const uint8_t zeros[48];

	memcpy(&file[at - DATA], zeros, sizeof(zeros));
	put(at, 2 * 9 + 1, 8);
	put(at + 8, 2 * 4, 8);
	put(at + 16, 3, 4); /* a reference, to be woken when it goes */
	put(at + 32, 4 | wanted, 4);
	put(at + 36, waiters << 3 | 4, 4);
}

START_TEST(words_inside_of_a_condition_variable)
{
	struct da_dump *d = process();
	uint64_t c = DATA + 0x100, none = DATA + 0x200;

	condition(c, 2, 2);
	sleeps(d, 1, c + 16, PRIVATE_WAIT, 3);
	sleeps(d, 2, c + 32, PRIVATE_WAIT, 6);
	sleeps(d, 3, c + 36, PRIVATE_WAIT, 2 << 3 | 4);
	condition(none, 0, 0);
	sleeps(d, 4, none + 36, PRIVATE_WAIT, 4); /* nobody to wait for: a word of the program's own */
	for (unsigned i = 1; i <= 4; i++)
		put(sp_of(i) + 0x20, i < 4 ? c : none, 8);
	da_wait_run(d, NULL);
	for (uint32_t i = 1; i < 4; i++) {
		ck_assert_uint_eq(wait_of(d, i)->kind, DA_LOCK_PTHREAD_COND);
		ck_assert_uint_eq(wait_of(d, i)->address, c);
	}
	ck_assert_uint_eq(wait_of(d, 2)->owner, 1); /* who waits for references holds the lock inside */
	ck_assert_ptr_nonnull(strstr(wait_of(d, 3)->how, "to be ended"));
	ck_assert_uint_eq(wait_of(d, 4)->kind, DA_LOCK_FUTEX);
	da_dump_free(d);
}
END_TEST

/* The count of glibc 2.41 is 0 for a FILE that was taken once; what more than that means, its version would tell. */
START_TEST(stdio_counts)
{
	for (uint32_t count = 0; count < 2; count++) {
		struct da_dump *d = process();
		uint64_t at = DATA + 0x100;

		put(at, 2, 4);
		put(at + 4, count, 4);
		put(at + 8, descriptor(2), 8);
		sleeps(d, 0, at, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(wait_of(d, 0)->kind, DA_LOCK_STDIO);
		ck_assert_uint_eq(wait_of(d, 0)->owner, 2);
		ck_assert(lock_at(d, at)->has_recursion == (count == 0));
		da_dump_free(d);
	}
}
END_TEST

/*
 * aarch64 without thread pointers, as qemu-user leaves it: two stacks of 2 MB in one mapping, as glibc has them since 2.42.
 * The second thread waits for the end of the first.
 */
START_TEST(stacks_in_one_mapping)
{
	enum { STACK = 0x200000, A64_TID = 0xd0, A64_ROBUST = 0xe0, A64_JOINSTATE = 0x428, BELOW_TOP = 0x1000 };
	static uint8_t memory[2 * STACK];
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;
	const uint32_t svc = 0xd4000001;

	p->arch = da_arch_by_elf(183, 2, false);
	p->os = DA_OS_LINUX;
	p->mem.word = 8;
	p->mem.file = (struct da_bytes){ memory, sizeof(memory) };
	add_range(d, STACKS, STACKS + sizeof(memory), 0);
	memcpy(memory, &svc, 4);
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *own = memory + (i + 1) * STACK - BELOW_TOP;
		uint64_t list = STACKS + (uint64_t)(own - memory) + A64_ROBUST, offset = (uint64_t)-32;
		uint32_t tid = FIRST_TID + i, joinable = 2;
		struct da_thread *t = da_vec_add(d->arena, &p->threads);

		t->tid = tid;
		memcpy(own + A64_TID, &tid, 4);
		memcpy(own + A64_ROBUST, &list, 8);
		memcpy(own + A64_ROBUST + 8, &offset, 8);
		memcpy(own + A64_JOINSTATE, &joinable, 4);
		set(d, i, p->arch->pc, STACKS);
		set(d, i, p->arch->sp, list - 0x20000 - A64_ROBUST);
		set(d, i, p->arch->syscall, i ? 98 : 73); /* futex, ppoll */
		set(d, i, 0, STACKS + STACK - BELOW_TOP + A64_JOINSTATE);
		set(d, i, 1, 0x109);
		set(d, i, 2, joinable);
		set(d, i, 3, 0);
	}
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_PTHREAD_JOIN);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 0);
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("wait", idle_by_its_functions, a_child_by_its_functions, deadlines_in_company, words_inside_of_a_condition_variable, stdio_counts,
	  stacks_in_one_mapping, owner_of_a_mutex, deadlock_of_itself, join_by_id_and_by_state, calls, deadlines,
	  barriers_and_rings, managed_wait_stays_primary, limits_of_managed_waits, stops_for_a_collection, condition_variables_of_three_ages, rwlock_before_2_25,
	  readers_have_no_names, robust_list_that_leads_back, wild_words, rwlock_writers,
	  stdio_owner_must_be_a_descriptor, descriptors_that_lie, woken_already, container_seen_from_outside)
