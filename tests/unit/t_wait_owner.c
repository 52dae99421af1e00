/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns a lock: what agrees with its word and what does not, in processes made by hand. */
#include "config.h"

#include <string.h>

#include "wait_process.h"

START_TEST(second_witness)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 2, 0, FIRST_TID + 3, 1, 0);
	put(sp_of(3) + 0x200, m, 8);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(lock_at(d, m)->owner, 3);
	ck_assert(lock_at(d, m)->confidence >= 0.9f);
	da_dump_free(d);
}
END_TEST

/* The address on a stack is no witness where most have it, or where the thread rests: ids are given again. */
START_TEST(second_witness_that_is_none)
{
	static const char *const loop[] = { "epoll_wait", "aeApiPoll", "aeMain", NULL };
	enum { MANY, EVENTS };

	for (int how = MANY; how <= EVENTS; how++) {
		struct da_dump *d = process();
		uint64_t m = DATA + 0x100;

		mutex(m, 2, 0, FIRST_TID + 3, 1, 0);
		for (unsigned i = 3; i <= (how == MANY ? 5 : 3); i++)
			put(sp_of(i) + 0x200, m, 8);
		if (how == EVENTS) {
			call(d, 3, 232, -4); /* epoll_wait */
			set(d, 3, RDI, 5);
			set(d, 3, R10, UINT64_MAX);
			frames(d, 3, loop);
		}
		sleeps(d, 1, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, m)->owner, 3);
		ck_assert(lock_at(d, m)->confidence <= 0.75f);
		ck_assert_ptr_nonnull(strstr(lock_at(d, m)->how, how == MANY ? "most have it" : "one that ended"));
		da_dump_free(d);
	}
}
END_TEST

/* A lock within a block of malloc, or that a structure points to: its owner has a pointer, which others have not. */
START_TEST(pointer_is_a_witness)
{
	enum { BLOCK = DATA + 0xf0, STRUCTURE = DATA + 0x400 };
	static const struct {
		uint64_t pointer;
		unsigned others; /* that have it as well */
		bool told;
	} cases[] = {
		{ BLOCK, 0, true }, { BLOCK, 2, false }, { STRUCTURE, 0, true }, { STRUCTURE, 1, true }, { STRUCTURE, 2, false },
		{ BLOCK - 0x20, 0, false },     /* no block begins there */
		{ STRUCTURE - 0x100, 0, false } /* too far from it */
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		uint64_t m = DATA + 0x100;

		put(BLOCK - 8, 0x61, 8);
		put(STRUCTURE + 16, m, 8);
		mutex(m, 2, 0, FIRST_TID + 3, 1, 0);
		put(sp_of(3) + 0x200, cases[i].pointer, 8);
		for (unsigned k = 0; k < cases[i].others; k++)
			put(sp_of(4 + k) + 0x100, cases[i].pointer, 8);
		sleeps(d, 1, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, m)->owner, 3);
		ck_assert_msg((lock_at(d, m)->confidence >= 0.9f) == cases[i].told, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

/* A lock that is a variable: code that made its address, in a function that its owner is in. */
START_TEST(code_is_a_witness)
{
	static const struct {
		uint8_t code[12];
		bool made;
	} cases[] = {
		{ { 0x48, 0x8d, 0x3d, 0xf9, 0xf0, 0xff, 0xff, 0xe8, 0, 0, 0, 0 }, true },  /* lea -0xf07(%rip), %rdi */
		{ { 0xbf, 0x00, 0x01, 0x50, 0x00, 0xe8, 0, 0, 0, 0, 0x90, 0x90 }, true },  /* mov $0x500100, %edi */
		{ { 0x48, 0x8d, 0x3d, 0xf9, 0xf1, 0xff, 0xff, 0xe8, 0, 0, 0, 0 }, false }, /* another variable */
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		struct da_module *m = da_vec_add(d->arena, &d->proc.modules);
		struct da_place *place = da_new(d->arena, struct da_place);
		struct da_place_call call = { .function = "keeper" };
		struct da_frame *f = da_vec_add(d->arena, &d->proc.threads.v[3].frames);
		uint64_t at = DATA + 0x100, code = DATA + 0x1000;

		*m = (struct da_module){ .name = "prog", .start = DATA, .end = DATA + DATA_BYTES, .main = true };
		for (unsigned k = 0; k < 12; k++)
			put(code + k, cases[i].code[k], 1);
		*place = (struct da_place){ .module = 1, .raw = "keeper", .start = code, .size = 64, .calls = &call,
					    .ncalls = 1, .exact = true };
		*f = (struct da_frame){ .pc = code + 12, .place = place, .module = 1, .repeat = 1, .block_len = 1 };
		mutex(at, 2, 0, FIRST_TID + 3, 1, 0);
		sleeps(d, 1, at, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, at)->owner, 3);
		ck_assert((lock_at(d, at)->confidence >= 0.9f) == cases[i].made);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(owner_that_gave_it_back)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100, c = DATA + 0x200;

	/* t4 waits for a condition variable (2.25 to 2.40), and so cannot hold its mutex. */
	mutex(m, 2, 0, FIRST_TID + 3, 2, 0);
	put(c, 2, 8);
	put(c + 36, 8, 4);
	put(sp_of(3) + 0x58, c, 8);
	put(sp_of(3) + 0x60, m, 8);
	sleeps(d, 3, c + 40, REALTIME_WAIT, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 3)->kind, DA_LOCK_PTHREAD_COND);
	ck_assert_uint_eq(wait_of(d, 3)->address, c);
	ck_assert_uint_eq(lock_at(d, m)->owner, DA_NONE);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	da_dump_free(d);
}
END_TEST

START_TEST(owner_that_its_kind_would_let_in)
{
	static const uint32_t kinds[] = { 1, 2 }; /* recursive, error-checking */

	for (size_t i = 0; i < 2; i++) {
		struct da_dump *d = process();
		uint64_t m = DATA + 0x100;

		mutex(m, 2, kinds[i] == 1, FIRST_TID + 1, 1, kinds[i]);
		sleeps(d, 1, m, PRIVATE_WAIT, 2);
		sleeps(d, 2, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, m)->owner, DA_NONE);
		ck_assert_uint_eq(wait_of(d, 2)->owner, DA_NONE);
		da_dump_free(d);
	}
}
END_TEST

/* glibc's unlock compares ids of all kinds but normal and adaptive ones. */
START_TEST(kinds_that_any_thread_unlocks)
{
	static const struct {
		uint32_t kind;
		bool any;
	} cases[] = { { 0, true }, { 3, true }, { 0x80, true }, { 1, false }, { 2, false } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		uint64_t m = DATA + 0x100;

		mutex(m, 2, cases[i].kind == 1, FIRST_TID + 1, 1, cases[i].kind);
		sleeps(d, 2, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, m)->owner, 1);
		ck_assert_msg(lock_at(d, m)->any_unlocks == cases[i].any, "kind %u", cases[i].kind);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(fields_that_disagree)
{
	struct da_dump *d = process();
	uint64_t a = DATA + 0x100, b = DATA + 0x200, c = DATA + 0x300;

	mutex(a, 2, 0, FIRST_TID + 3, 0, 0);                               /* no user */
	mutex(b, (FIRST_TID + 3) | 0x80000000u, 1, FIRST_TID + 4, 1, 0x20); /* two owners */
	mutex(c, 2, 0, FIRST_TID + 3, 1, 1);                               /* recursive, never entered */
	sleeps(d, 0, a, PRIVATE_WAIT, 2);
	sleeps(d, 1, b, LOCK_PI, 0);
	call(d, 1, FUTEX, -513);
	sleeps(d, 2, c, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	for (size_t i = 0; i < d->proc.locks.n; i++)
		ck_assert(d->proc.locks.v[i].owner == DA_NONE || d->proc.locks.v[i].confidence < 0.6f);
	da_dump_free(d);
}
END_TEST

START_TEST(owner_that_is_gone)
{
	struct da_dump *d = process();
	uint64_t m = DATA + 0x100;

	mutex(m, 2, 0, 7777, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	if (lock_at(d, m)->kind == DA_LOCK_PTHREAD_MUTEX) {
		ck_assert_uint_eq(lock_at(d, m)->owner, DA_NONE);
		ck_assert_uint_eq(lock_at(d, m)->owner_tid, 7777);
		ck_assert_uint_eq(lock_at(d, m)->state, DA_LOCK_ORPHANED);
	}
	da_dump_free(d);
	/* In a dump that was cut, it may be a thread that was cut off. */
	d = process();
	d->origin.truncated = true;
	mutex(m, 2, 0, 7777, 1, 0);
	sleeps(d, 1, m, PRIVATE_WAIT, 2);
	da_wait_run(d, NULL);
	ck_assert_uint_ne(lock_at(d, m)->state, DA_LOCK_ORPHANED);
	ck_assert(lock_at(d, m)->confidence < 0.6f);
	da_dump_free(d);
}
END_TEST

/* A lock of the program's own, in memory that looks like a mutex: who made the call tells what it can be. */
START_TEST(locks_that_are_no_mutexes)
{
	enum { INLINE, BY_NAME, UNNAMED, NO_LIBRARY }; /* the module of the last has no name */
	static const uint32_t owners[] = { FIRST_TID + 3, 7777, 12 };

	for (int how = INLINE; how <= NO_LIBRARY; how++)
		for (size_t i = 0; i < DA_ARRAY_SIZE(owners); i++) {
			struct da_dump *d = process();
			uint64_t m = DATA + 0x100;
			struct da_place_call function = { .function = "syscall" };
			struct da_place *place = da_new(d->arena, struct da_place);
			const struct da_lock *l;

			*da_vec_add(d->arena, &d->proc.modules) =
				(struct da_module){ .name = "prog", .start = DATA, .end = DATA + DATA_BYTES, .main = true };
			*place = (struct da_place){ .module = 0, .raw = "syscall", .calls = &function, .ncalls = 1, .exact = true };
			if (how == INLINE)
				set(d, 1, RIP, DATA + 0x1000);
			else if (how == BY_NAME)
				*da_vec_add(d->arena, &d->proc.threads.v[1].frames) = (struct da_frame){
					.pc = LIBC + 0x1000, .place = place, .module = 0, .repeat = 1, .block_len = 1 };
			else if (how == UNNAMED)
				put(sp_of(1), DATA + 0x2000, 8);
			else
				d->proc.modules.v[0].name = NULL;
			if (how == NO_LIBRARY)
				set(d, 1, RIP, DATA + 0x1000);
			mutex(m, 2, 0, owners[i], 3, 0);
			sleeps(d, 1, m, PRIVATE_WAIT, 2);
			da_wait_run(d, NULL);
			l = lock_at(d, m);
			ck_assert_uint_ne(l->state, DA_LOCK_ORPHANED);
			if (how == INLINE || how == BY_NAME) {
				ck_assert_uint_eq(l->kind, DA_LOCK_FUTEX);
				ck_assert_uint_eq(l->owner, DA_NONE);
			} else {
				ck_assert(wait_of(d, 1)->confidence <= 0.55f);
				ck_assert(l->confidence <= (i == 0 ? 0.5f : 0.4f));
			}
			da_dump_free(d);
		}
}
END_TEST

/* Memory that the dump lacks: the function's name still tells a mutex; without one it is a futex. Nobody owns either. */
START_TEST(locks_that_were_not_saved)
{
	static const char *const lock_names[] = { "pthread_mutex_lock", "save", NULL }, *const other[] = { "sem_wait", NULL };
	const uint64_t m = DATA + DATA_BYTES + 0x40;
	const struct {
		const char *const *names;
		uint8_t kind;
	} cases[] = { { lock_names, DA_LOCK_PTHREAD_MUTEX }, { other, DA_LOCK_FUTEX }, { NULL, DA_LOCK_FUTEX } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		const struct da_lock *l;

		if (cases[i].names)
			frames(d, 1, cases[i].names);
		if (cases[i].names)
			d->proc.threads.v[1].frames.v[0].module = 0;
		sleeps(d, 1, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		l = lock_at(d, m);
		ck_assert_ptr_nonnull(l);
		ck_assert_uint_eq(l->kind, cases[i].kind);
		ck_assert_uint_eq(l->owner, DA_NONE);
		ck_assert(l->unread && strstr(l->how, "its memory is not in the dump"));
		ck_assert(!wait_of(d, 1)->woken && !strstr(wait_of(d, 1)->how, "has not the form"));
		da_dump_free(d);
	}
}
END_TEST

/* Words that hold the id of a thread: by chance, with the bit that says that others wait, for the kernel's own use. */
START_TEST(words_with_an_id)
{
	static const struct {
		uint32_t word, op, value;
		float least, most;
	} cases[] = {
		{ FIRST_TID + 3, PRIVATE_WAIT, FIRST_TID + 3, 0.01f, 0.4f },
		{ (FIRST_TID + 3) | 0x80000000u, PRIVATE_WAIT, (FIRST_TID + 3) | 0x80000000u, 0.6f, 0.6f },
		{ (FIRST_TID + 3) | 0x80000000u, LOCK_PI, 0, 0.9f, 0.9f },
		{ 9999, PRIVATE_WAIT, 9999, 0, 0 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		uint64_t at = DATA + 0x100;

		set(d, 1, RIP, DATA + 0x1000);
		put(at, cases[i].word, 4);
		sleeps(d, 1, at, cases[i].op, cases[i].value);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, at)->kind, DA_LOCK_FUTEX);
		ck_assert_uint_eq(lock_at(d, at)->owner, cases[i].most > 0 ? 3 : DA_NONE);
		ck_assert_msg(lock_at(d, at)->confidence >= cases[i].least && lock_at(d, at)->confidence <= cases[i].most,
			      "case %zu: %g", i, (double)lock_at(d, at)->confidence);
		da_dump_free(d);
	}
}
END_TEST

/* Ids that are no thread's: of one that ended, of the parent process, of who knows whom. */
START_TEST(owner_of_another_age)
{
	static const struct {
		uint32_t parent, owner;
		uint8_t state;
		uint32_t thread;
	} cases[] = {
		{ 900, 7777, DA_LOCK_ORPHANED, DA_NONE },      { 900, FIRST_TID + 9, DA_LOCK_ORPHANED, DA_NONE },
		{ 900, 900, DA_LOCK_HELD, 0 },                 { 900, 950, DA_LOCK_STATE_UNKNOWN, DA_NONE },
		{ 0, 950, DA_LOCK_STATE_UNKNOWN, DA_NONE },    { 4000000, 4000001, DA_LOCK_STATE_UNKNOWN, DA_NONE },
		{ 4000000, 3000, DA_LOCK_ORPHANED, DA_NONE },  { 1, 310, DA_LOCK_STATE_UNKNOWN, DA_NONE },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process();
		uint64_t m = DATA + 0x100;

		d->proc.has_pid = true;
		d->proc.pid = FIRST_TID;
		d->proc.has_ppid = cases[i].parent != 0;
		d->proc.ppid = cases[i].parent;
		mutex(m, 2, 0, cases[i].owner, 1, 0);
		sleeps(d, 1, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(lock_at(d, m)->kind, DA_LOCK_PTHREAD_MUTEX);
		ck_assert_msg(lock_at(d, m)->state == cases[i].state, "case %zu: %u", i, lock_at(d, m)->state);
		ck_assert_uint_eq(lock_at(d, m)->owner, cases[i].thread);
		ck_assert(cases[i].state == DA_LOCK_ORPHANED || lock_at(d, m)->confidence <= 0.6f);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(recursive_mutex_that_a_wait_keeps)
{
	for (uint32_t kind = 0; kind < 2; kind++) {
		struct da_dump *d = process();
		uint64_t m = DATA + 0x100, c = DATA + 0x200;

		mutex(m, 2, kind, FIRST_TID + 3, 2, kind);
		put(c, 2, 8);
		put(c + 36, 8, 4);
		put(sp_of(3) + 0x58, c, 8);
		put(sp_of(3) + 0x60, m, 8);
		sleeps(d, 3, c + 40, REALTIME_WAIT, 0);
		sleeps(d, 1, m, PRIVATE_WAIT, 2);
		da_wait_run(d, NULL);
		ck_assert_uint_eq(wait_of(d, 1)->owner, kind == 1 ? 3 : DA_NONE);
		ck_assert(kind == 0 || lock_at(d, m)->confidence >= 0.95f);
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("wait_owner", second_witness, second_witness_that_is_none, pointer_is_a_witness, code_is_a_witness,
	  owner_that_gave_it_back, owner_that_its_kind_would_let_in, kinds_that_any_thread_unlocks, fields_that_disagree, owner_that_is_gone,
	  locks_that_are_no_mutexes, locks_that_were_not_saved, words_with_an_id, owner_of_another_age, recursive_mutex_that_a_wait_keeps)
