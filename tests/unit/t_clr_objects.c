/* SPDX-License-Identifier: Apache-2.0 */
/* Objects, strings, arrays, and the locks that objects are. */
#include "config.h"

#include "clr_objects.h"
#include "base/ledger.h"

/* ---------------------------------------------------------------- objects */

START_TEST(types_of_objects)
{
	uint64_t o;

	setup(10);
	o = new_object(object_mt, 24);
	ck_assert_uint_eq(da_clr_object_mt(c, o), object_mt);
	put(o, object_mt | 3); /* marked by a collection */
	ck_assert_uint_eq(da_clr_object_mt(c, o), object_mt);
	put(o, object_mt + 16);
	ck_assert_uint_eq(da_clr_object_mt(c, o), 0);
	ck_assert_uint_eq(da_clr_object_mt(c, o + 4), 0);
	ck_assert_uint_eq(da_clr_object_mt(c, 0), 0);
	ck_assert_uint_eq(da_clr_object_mt(c, BASE + LEN - 4), 0);
	memcpy(&o, at(c->layout.global[DA_CLR_G_FreeObjectMethodTable].value), 8);
	ck_assert_uint_eq(da_clr_object_mt(c, new_object(o, 24)), 0);
	done();
}
END_TEST

START_TEST(numbers)
{
	uint64_t mt, o, p;
	uint32_t v = 7;

	setup(10);
	mt = new_type("Shop.Order", object_mt);
	field(mt, "flag", 8, T_BOOL);
	field(mt, "small", 9, 0x04);
	field(mt, "half", 10, 0x06);
	field(mt, "whole", 12, T_I4);
	field(mt, "next", 16, T_CLASS);
	o = new_object(mt, 32);
	memcpy(at(o + 8), "\x01\xff\xfe\xff\x05\x00\x00\x80", 8);
	put(o + 16, 0x1234);
	ck_assert_int_eq(da_clr_object_u32(c, o, "flag", &v), DA_OK);
	ck_assert_uint_eq(v, 1);
	ck_assert_int_eq(da_clr_object_u32(c, o, "small", &v), DA_OK);
	ck_assert_int_eq((int32_t)v, -1);
	ck_assert_int_eq(da_clr_object_u32(c, o, "half", &v), DA_OK);
	ck_assert_int_eq((int32_t)v, -2);
	ck_assert_int_eq(da_clr_object_u32(c, o, "whole", &v), DA_OK);
	ck_assert_uint_eq(v, 0x80000005);
	ck_assert_int_eq(da_clr_object_u32(c, o, "next", &v), DA_UNSUPPORTED);
	ck_assert_int_eq(da_clr_object_u32(c, o, "none", &v), DA_NOT_FOUND);
	ck_assert_int_eq(da_clr_object_ptr(c, o, "next", &p), DA_OK);
	ck_assert_uint_eq(p, 0x1234);
	ck_assert_int_eq(da_clr_object_ptr(c, o, "whole", &p), DA_UNSUPPORTED);
	done();
}
END_TEST

START_TEST(strings)
{
	uint64_t s;

	setup(10);
	s = new_string("web-02");
	ck_assert_str_eq(da_clr_string(c, s, 100), "web-02");
	ck_assert_str_eq(da_clr_string(c, s, 3), "web…");
	ck_assert_str_eq(da_clr_string(c, new_string(""), 100), "");
	ck_assert_ptr_null(da_clr_string(c, new_object(object_mt, 32), 100));
	ck_assert_ptr_null(da_clr_string(c, 0, 100));
	put32(s + 8, 0xffffffff); /* longer than any */
	ck_assert_ptr_null(da_clr_string(c, s, 100));
	put32(s + 8, 0x3fffffdf); /* 2 GB, which the dump does not hold */
	ck_assert_ptr_nonnull(strstr(da_clr_string(c, s, 0xffffffff), "web-02"));
	done();
}
END_TEST

/* What is cut is not cut inside a character; what is 0xcc throughout was wiped. */
START_TEST(odd_strings)
{
	uint64_t s;

	setup(10);
	s = new_string("abcd");
	memcpy(at(s + 14), "\x3d\xd8\x00\xde", 4); /* U+1F600 */
	ck_assert_str_eq(da_clr_string(c, s, 2), "a…");
	ck_assert_str_eq(da_clr_string(c, s, 3), "a\xf0\x9f\x98\x80…");
	ck_assert(!da_clr_string_wiped(c, s));
	memset(at(s + 12), 0xcc, 8);
	ck_assert(da_clr_string_wiped(c, s));
	ck_assert_ptr_null(da_clr_string(c, s, 100));
	done();
}
END_TEST

START_TEST(arrays)
{
	uint64_t a, first = 0;
	uint32_t n = 0;

	setup(10);
	a = new_array(objects_mt, 3, 8);
	ck_assert_int_eq(da_clr_array(c, a, &n, &first), DA_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(first, a + 16);
	ck_assert_int_eq(da_clr_array(c, new_object(object_mt, 24), &n, &first), DA_UNSUPPORTED);
	ck_assert_int_eq(da_clr_array(c, BASE + 3, &n, &first), DA_FAULT);
	done();
}
END_TEST

/* ---------------------------------------------------------------- locks */

static uint64_t table, entries;

static void locks_setup(unsigned major)
{
	uint64_t cache;

	setup(major);
	global(DA_CLR_G_SyncBlockMaskLockThreadId, false, 0xffff);
	global(DA_CLR_G_SyncBlockMaskLockRecursionLevel, false, 0x3f0000);
	global(DA_CLR_G_SyncBlockRecursionLevelShift, false, 16);
	global(DA_CLR_G_SyncBlockIsHashOrSyncBlockIndex, false, 0x08000000);
	global(DA_CLR_G_SyncBlockIsHashCode, false, 0x04000000);
	global(DA_CLR_G_SyncBlockIndexMask, false, 0x03ffffff);
	c->layout.size[DA_CLR_TYPE_SyncTableEntry] = 16;
	OFF(SyncTableEntry, SyncBlock, 0), OFF(SyncTableEntry, Object, 8);
	OFF(SyncBlockCache, FreeSyncTableIndex, 0);
	OFF(SyncBlock, LockState, 0), OFF(SyncBlock, Recursion, 4), OFF(SyncBlock, HoldingOSThreadId, 16);
	OFF(SyncBlock, OwnIndex, 28), OFF(SyncBlock, WaitList, 72);
	if (major >= 10)
		OFF(SyncBlock, HoldingThreadId, 8);
	else
		OFF(SyncBlock, HoldingThread, 8);
	OFF(WaitEventLink, Next, 0), OFF(WaitEventLink, SyncBlock, -32), OFF(WaitEventLink, Thread, -16);
	table = make(16 * 16);
	cache = make(16);
	entries = 1;
	put32(cache, 1);
	variable(DA_CLR_G_SyncTableEntries, table);
	variable(DA_CLR_G_SyncBlockCache, cache);
}

/* An object with a sync block: held so often by this holder. */
static uint64_t monitor(uint32_t state, uint32_t times, uint64_t holder, uint32_t tid, uint64_t *ret_sb)
{
	uint64_t o = new_object(object_mt, 24), sb = make(96), i = entries++, cache;

	put32(o - 4, 0x08000000 | (uint32_t)i);
	put(table + 16 * i, sb);
	put(table + 16 * i + 8, o);
	memcpy(&cache, at(c->layout.global[DA_CLR_G_SyncBlockCache].value), 8);
	put32(cache, (uint32_t)entries);
	put32(sb, state);
	put32(sb + 4, times);
	put(sb + 8, holder);
	put(sb + 16, tid);
	put32(sb + 28, 0x80000000 | (uint32_t)i);
	if (ret_sb)
		*ret_sb = sb;
	return o;
}

static const struct da_lock *lock(uint64_t object)
{
	for (size_t i = 0; i < d->proc.locks.n; i++)
		if (d->proc.locks.v[i].address == object)
			return &d->proc.locks.v[i];
	return NULL;
}

START_TEST(sync_blocks)
{
	uint64_t o, th, freed;

	locks_setup(9);
	new_thread(4, 44);
	th = new_thread(5, 45);
	o = monitor(0x83, 2, th, 45, NULL);
	freed = monitor(0, 0, 0, 0, NULL);
	da_clr_monitors(c);
	ck_assert_uint_eq(d->proc.locks.n, 1);
	ck_assert_ptr_null(lock(freed));
	ck_assert_uint_eq(lock(o)->owner, 1);
	ck_assert_uint_eq(lock(o)->owner_tid, 45);
	ck_assert_uint_eq(lock(o)->recursion, 2);
	ck_assert_uint_eq(lock(o)->waiting, 2);
	ck_assert_uint_eq(lock(o)->state, DA_LOCK_CONTENDED);
	ck_assert_str_eq(lock(o)->type, "System.Object");
	ck_assert(lock(o)->confidence > 0.99f);
	done();
}
END_TEST

/* 10: the holder is a managed id, and what follows it in the word is garbage. */
START_TEST(holder_by_id)
{
	uint64_t o;

	locks_setup(10);
	new_thread(5, 45);
	o = monitor(1, 1, 0xdeadbeef00000005, 45, NULL);
	da_clr_monitors(c);
	ck_assert_uint_eq(lock(o)->owner, 0);
	ck_assert_uint_eq(lock(o)->state, DA_LOCK_HELD);
	done();
}
END_TEST

/* No owner is told where the sync block contradicts itself, and none that does not live. */
START_TEST(wrong_owners)
{
	uint64_t other, ended, none, th;

	locks_setup(9);
	th = new_thread(5, 45);
	other = monitor(1, 1, th, 46, NULL);        /* the system's id is another thread's */
	ended = monitor(1, 1, th + 4096, 77, NULL); /* no such Thread */
	none = monitor(1, 0, th, 45, NULL);         /* entered no times */
	da_clr_monitors(c);
	ck_assert_uint_eq(lock(other)->owner, DA_NONE);
	ck_assert_uint_eq(lock(other)->owner_tid, 0);
	ck_assert(lock(other)->confidence < 0.1f);
	ck_assert_uint_eq(lock(ended)->owner, DA_NONE);
	ck_assert_uint_eq(lock(ended)->state, DA_LOCK_ORPHANED);
	ck_assert_uint_eq(lock(none)->owner, DA_NONE);
	done();
}
END_TEST

/* Entries of the table that do not fit their objects or sync blocks are no locks. */
START_TEST(stale_entries)
{
	uint64_t a, b, sb, th;

	locks_setup(9);
	th = new_thread(5, 45);
	a = monitor(1, 1, th, 45, NULL);
	b = monitor(1, 1, th, 45, &sb);
	put32(a - 4, 0x08000007); /* another index */
	put32(sb + 28, 9);
	da_clr_monitors(c);
	ck_assert_ptr_null(lock(a));
	ck_assert_ptr_null(lock(b));
	done();
}
END_TEST

START_TEST(pulse_queues)
{
	uint64_t o, sb, n1 = 0, n2, w1, w2;

	locks_setup(8);
	w1 = new_thread(5, 45);
	w2 = new_thread(6, 46);
	o = monitor(0, 0, 0, 0, &sb);
	n1 = make(64) + 32;
	n2 = make(64) + 32;
	put(sb + 72, n1);
	put(n1, n2), put(n1 - 32, sb), put(n1 - 16, w1);
	put(n2, n1), put(n2 - 32, sb), put(n2 - 16, w2); /* a circle */
	da_clr_monitors(c);
	ck_assert_uint_eq(d->proc.waits.n, 2);
	ck_assert_uint_eq(d->proc.waits.v[0].kind, DA_LOCK_MONITOR_WAIT);
	ck_assert_uint_eq(d->proc.waits.v[0].thread, 0);
	ck_assert_uint_eq(d->proc.waits.v[1].thread, 1);
	ck_assert_uint_eq(d->proc.locks.v[d->proc.waits.v[1].lock].address, o);
	ck_assert_uint_eq(d->proc.waits.v[1].owner, DA_NONE);
	done();
}
END_TEST

/* ---------------------------------------------------------------- stacks */

static struct da_place *place_named(const char *method)
{
	struct da_place *p = da_new(d->arena, struct da_place);
	struct da_method *m = da_new(d->arena, struct da_method);

	m->raw = method;
	p->method = m;
	return p;
}

static void frame(uint32_t thread, uint64_t sp, const char *method)
{
	struct da_frame *f = da_vec_add(d->arena, &d->proc.threads.v[thread].frames);

	*f = (struct da_frame){ .sp = sp, .pc = 1, .kind = DA_FRAME_MANAGED, .place = place_named(method) };
}

static const struct da_wait *wait_of(uint32_t thread)
{
	for (size_t i = 0; i < d->proc.waits.n; i++)
		if (d->proc.waits.v[i].thread == thread && d->proc.waits.v[i].primary)
			return &d->proc.waits.v[i];
	return NULL;
}

/* The slot of the waiter's frame, among others; its own lock on the same stack is not what it waits for. */
START_TEST(enter_by_stack)
{
	uint64_t mine, theirs, stack, th;

	locks_setup(10);
	new_thread(4, 44);
	new_thread(5, 45);
	mine = monitor(1, 1, 4, 44, NULL);
	theirs = monitor(0x41, 1, 5, 45, NULL);
	stack = th = make(512);
	put(stack + 16, mine);
	put(stack + 24, theirs);
	put(stack + 32, theirs);
	put(stack + 40, 0x123456);
	put(stack + 128, mine);
	frame(0, th, "System.Threading.Monitor.Enter_Slowpath");
	frame(0, th + 64, "Shop.Order.Place");
	frame(0, th + 256, "Shop.Program.Main");
	da_clr_monitors(c);
	ck_assert_ptr_nonnull(wait_of(0));
	ck_assert_uint_eq(wait_of(0)->kind, DA_LOCK_MONITOR);
	ck_assert_uint_eq(wait_of(0)->address, theirs);
	ck_assert_uint_eq(wait_of(0)->owner, 1);
	ck_assert_uint_eq(wait_of(0)->frame, 0);
	ck_assert(wait_of(0)->confidence < 1.0f);
	ck_assert_uint_eq(d->proc.managed_threads.v[0].lock_count, 1);
	ck_assert_uint_eq(d->proc.managed_threads.v[1].lock_count, 1);
	done();
}
END_TEST

/* What a thread notes when it is about to wait for a class, and what looks like it and is not. */
START_TEST(class_constructors)
{
	uint64_t mt, holder, waiter, lock_of_class, list;
	const struct {
		uint64_t holder, mt, at;
		bool waits, held;
	} rows[] = {
		{ 1, 1, 0, true, true },
		{ 0, 1, 0, true, false },   /* has just been given back */
		{ 2, 1, 0, false, false },  /* the thread's own */
		{ 3, 1, 0, false, false },  /* no thread of the runtime */
		{ 1, 0, 0, false, false },  /* of something that is no class */
		{ 1, 1, 4, false, false },  /* no address of a lock */
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		locks_setup(10);
		OFF(Thread, BlockingLock, 24);
		OFF(DeadlockAwareLock, HoldingThread, 0), OFF(DeadlockAwareLock, List, 8), OFF(DeadlockAwareLock, Data, 16);
		holder = new_thread(4, 44);
		waiter = new_thread(5, 45);
		mt = new_type("Shop.Prices", object_mt);
		list = make(160);
		lock_of_class = make(192);
		frame(1, make(64), "Shop.Order.Place");
		put(waiter + 24, lock_of_class + rows[i].at);
		put(lock_of_class, rows[i].holder == 1 ? holder : rows[i].holder == 2 ? waiter : rows[i].holder == 3 ? list : 0);
		put(lock_of_class + 8, list);
		put(lock_of_class + 16, rows[i].mt ? mt : list);
		da_clr_monitors(c);
		ck_assert_msg((wait_of(1) != NULL) == rows[i].waits, "row %zu", i);
		ck_assert_uint_eq(d->proc.locks.n, rows[i].waits);
		if (rows[i].waits) {
			ck_assert_uint_eq(wait_of(1)->kind, DA_LOCK_CLASS_INIT);
			ck_assert_uint_eq(wait_of(1)->frame, 0);
			ck_assert_uint_eq(wait_of(1)->woken, !rows[i].held);
			ck_assert_uint_eq(wait_of(1)->owner, rows[i].held ? 0 : DA_NONE);
			ck_assert_uint_eq(lock(lock_of_class)->state, rows[i].held ? DA_LOCK_HELD : DA_LOCK_FREE);
			ck_assert_str_eq(lock(lock_of_class)->type, "Shop.Prices");
		}
		done();
	}
}
END_TEST

/* Who waits for a task waits for the thread that runs it: one whose delegate has begun, on one stack alone. */
START_TEST(runners_of_tasks)
{
	static const struct {
		uint32_t flags;
		const char *method;
		bool twice, runs;
	} rows[] = {
		{ 0x20000, "System.Threading.Tasks.Task.ExecuteWithThreadLocal", false, true },
		{ 0x20000, "System.Threading.Tasks.Task.ExecuteWithThreadLocal", true, false },
		{ 0x20000, "Shop.Order.Place", false, false },
		{ 0x10000, "System.Threading.Tasks.Task.ExecuteWithThreadLocal", false, false },
		{ 0x820000, "System.Threading.Tasks.Task.ExecuteWithThreadLocal", false, false }, /* for children only */
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		uint64_t mt, task, stack;

		locks_setup(10);
		mt = new_type("System.Threading.Tasks.Task", object_mt);
		field(mt, "m_stateFlags", 52, T_I4);
		task = new_object(mt, 64);
		put32(task + 52, rows[i].flags);
		for (uint32_t k = 0; k < 3; k++) {
			stack = make(512);
			new_thread(k + 4, k + 44);
			if (k < 2 || rows[i].twice)
				put(stack + 16, task);
			frame(k, stack, k ? rows[i].method : "System.Threading.Tasks.Task.Wait");
			frame(k, stack + 64, "Shop.Program.Main");
		}
		da_clr_monitors(c);
		ck_assert_ptr_nonnull(wait_of(0));
		ck_assert_uint_eq(wait_of(0)->kind, DA_LOCK_TASK);
		ck_assert_msg(wait_of(0)->owner == (rows[i].runs ? 1 : DA_NONE), "row %zu: owner %u", i, wait_of(0)->owner);
		done();
	}
}
END_TEST

/* Who holds it upgradeable and wants to write waits for readers, not for itself; others wait for the thread. */
START_TEST(upgrades)
{
	static const struct {
		uint32_t owners, writer, upgrader;
		uint32_t of_0, of_1;
		const char *says;
	} rows[] = {
		{ 0xa0000003, UINT32_MAX, 4, DA_NONE, 0, "waits for 2 readers to leave" },
		{ 0xa0000002, UINT32_MAX, 4, DA_NONE, 0, "waits for 1 reader to leave" },
		{ 0xa0000001, UINT32_MAX, 4, DA_NONE, 0, "waits for the readers to leave" },
		{ 0x80000002, UINT32_MAX, UINT32_MAX, DA_NONE, DA_NONE, NULL },
		{ 0x80000000, 6, UINT32_MAX, 2, 2, NULL },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		uint64_t mt, o, stack;

		locks_setup(10);
		mt = new_type("System.Threading.ReaderWriterLockSlim", object_mt);
		field(mt, "_owners", 8, T_I4), field(mt, "_writeLockOwnerId", 12, T_I4), field(mt, "_upgradeLockOwnerId", 16, T_I4);
		field(mt, "_numWriteWaiters", 20, T_I4);
		o = new_object(mt, 64);
		put32(o + 8, rows[i].owners), put32(o + 12, rows[i].writer), put32(o + 16, rows[i].upgrader), put32(o + 20, 1);
		for (uint32_t k = 0; k < 3; k++) {
			new_thread(k + 4, k + 44);
			stack = make(512);
			if (k == 2)
				continue;
			put(stack + 16, o);
			frame(k, stack, "System.Threading.ReaderWriterLockSlim.TryEnterWriteLockCore");
			frame(k, stack + 64, "Shop.Catalog.Update");
		}
		da_clr_monitors(c);
		for (uint32_t k = 0; k < 2; k++) {
			ck_assert_ptr_nonnull(wait_of(k));
			ck_assert_uint_eq(wait_of(k)->kind, DA_LOCK_RWLOCK_SLIM);
			ck_assert_msg(wait_of(k)->owner == (k ? rows[i].of_1 : rows[i].of_0), "row %zu, thread %u", i, k);
		}
		ck_assert_int_eq(strstr(wait_of(0)->how, rows[i].says ? rows[i].says : "upgradeable") != NULL, rows[i].says != NULL);
		ck_assert_ptr_null(strstr(wait_of(1)->how, "upgradeable"));
		done();
	}
}
END_TEST

/* By the runtime's own method, or a kind of explicit frame; not while it waits for something of its own. */
START_TEST(stops_for_a_collection)
{
	static const struct {
		const char *method;
		bool explicit, running, gc, over;
	} rows[] = {
		{ "System.Threading.Thread.<PollGC>g__PollGCWorker|67_0", false, false, true, true },
		{ "System.Threading.Thread.PollGC", false, true, true, false },
		{ "Shop.Batch.Crunch", true, true, true, false },
		{ "Shop.Batch.Crunch", false, true, false, false },
		{ "System.Threading.Thread.Sleep", true, true, false, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct da_clr_frame_id id = { 0x77, DA_CLR_FRAME_ResumableFrame };
		uint64_t explicit;

		locks_setup(10);
		variable(DA_CLR_G_GCThread, rows[i].running ? 0x1234 : 0);
		da_clr_model(c)->suspended = rows[i].running;
		da_clr_model(c)->suspended_by = DA_NONE;
		da_vec_push(d->arena, &c->layout.frames, id);
		new_thread(4, 44);
		explicit = make(64);
		put(explicit, 0x77);
		c->threads->v.v[0].frame = rows[i].explicit ? explicit : 0;
		frame(0, make(64), rows[i].method);
		frame(0, make(64), "Shop.Program.Main");
		da_clr_monitors(c);
		ck_assert_msg((wait_of(0) && wait_of(0)->kind == DA_WAIT_GC) == rows[i].gc, "row %zu", i);
		if (rows[i].gc)
			ck_assert(wait_of(0)->owner == DA_NONE && wait_of(0)->frame == 0 && wait_of(0)->woken == rows[i].over);
		done();
	}
}
END_TEST

/* Two locks of others in the same frame: no guess. */
START_TEST(two_candidates)
{
	uint64_t a, b, stack;

	locks_setup(10);
	new_thread(4, 44);
	new_thread(5, 45);
	a = monitor(0x41, 1, 5, 45, NULL);
	b = monitor(0x41, 1, 5, 45, NULL);
	stack = make(512);
	put(stack + 16, a);
	put(stack + 24, b);
	frame(0, stack, "System.Threading.Monitor.Enter_Slowpath");
	frame(0, stack + 64, "Shop.Order.Place");
	da_clr_monitors(c);
	ck_assert_ptr_nonnull(wait_of(0));
	ck_assert_uint_eq(wait_of(0)->lock, DA_NONE);
	ck_assert_uint_eq(wait_of(0)->owner, DA_NONE);
	done();
}
END_TEST

START_TEST(helper_frame)
{
	struct da_clr_frame_id id = { 0x77, DA_CLR_FRAME_HelperMethodFrame_1OBJ };
	uint64_t o, th, explicit = 0, slot;

	locks_setup(8);
	OFF(HelperMethodFrame_1OBJ, ObjectSlot, 24);
	da_vec_push(d->arena, &c->layout.frames, id);
	new_thread(4, 44);
	th = new_thread(5, 45);
	o = monitor(0x41, 1, th, 45, NULL);
	explicit = make(64);
	slot = make(8);
	put(explicit, 0x77);
	put(explicit + 24, slot);
	put(slot, o);
	c->threads->v.v[0].frame = explicit;
	frame(0, explicit + 64, "Shop.Order.Place");
	da_clr_monitors(c);
	ck_assert_uint_eq(wait_of(0)->kind, DA_LOCK_MONITOR);
	ck_assert_uint_eq(wait_of(0)->owner, 1);
	ck_assert(wait_of(0)->confidence > 0.99f);
	/* The owner itself is in the helper: it waits for nothing. */
	c->threads->v.v[1].frame = explicit;
	ck_assert_ptr_null(wait_of(1));
	done();
}
END_TEST

/* A thin lock is found by its owner's stack, and not by another's. */
START_TEST(thin_locks)
{
	uint64_t o, other, outside, stack;

	locks_setup(10);
	new_thread(4, 44);
	new_thread(5, 45);
	o = new_object(object_mt, 24);
	other = new_object(object_mt, 24);
	stack = make(512);
	make_heap(BASE, next);
	outside = new_object(object_mt, 24);
	put32(o - 4, 0x20004);
	put32(other - 4, 0x5);
	put32(outside - 4, 0x4); /* looks like an object, and is none of the heap */
	put(stack + 16, o);
	put(stack + 24, other);
	put(stack + 32, outside);
	frame(0, stack, "Shop.Order.Place");
	frame(0, stack + 128, "Shop.Program.Main");
	da_clr_monitors(c);
	ck_assert_uint_eq(d->proc.locks.n, 1);
	ck_assert_uint_eq(lock(o)->owner, 0);
	ck_assert_uint_eq(lock(o)->recursion, 3);
	ck_assert(lock(o)->confidence < 0.9f);
	done();
}
END_TEST

/* Without the bounds of the heap, and with a list that never ends, no thin locks are told. */
START_TEST(no_heap)
{
	uint64_t o, stack, segment;

	locks_setup(10);
	new_thread(4, 44);
	o = new_object(object_mt, 24);
	put32(o - 4, 0x4);
	stack = make(512);
	put(stack + 16, o);
	make_heap(BASE, BASE + LEN);
	memcpy(&segment, at(c->layout.global[DA_CLR_G_GCHeapGenerationTable].value), 8);
	put(segment + 16, segment);
	frame(0, stack, "Shop.Order.Place");
	frame(0, stack + 128, "Shop.Program.Main");
	da_clr_monitors(c);
	ck_assert(!da_clr_heap_known(c));
	ck_assert_uint_eq(d->proc.locks.n, 0);
	done();
}
END_TEST

/* ---------------------------------------------------------------- 11 */

static uint64_t lock_mt, event_mt, safe_mt, waitable_mt, info_mt, thread_mt;

static uint64_t waitable_event(uint64_t *ret_waitable)
{
	uint64_t event = new_object(event_mt, 32), safe = new_object(safe_mt, 32), slot = make(8);

	*ret_waitable = new_object(waitable_mt, 64);
	put(event + 8, safe);
	put(safe + 8, slot | 1); /* as a pinned handle is marked */
	put(slot, *ret_waitable);
	return event;
}

/* A Lock: held by this managed id, entered so often again. */
static uint64_t lock_object(uint32_t state, uint32_t owner, uint32_t again, uint64_t event)
{
	uint64_t o = new_object(lock_mt, 40);

	put(o + 8, event);
	put32(o + 16, owner);
	put32(o + 20, state);
	put32(o + 24, again);
	return o;
}

static void waits_for(uint32_t thread, uint32_t state, uint32_t count, uint64_t waitable)
{
	uint64_t object = new_object(thread_mt, 64), info = new_object(info_mt, 64), array = new_array(objects_mt, 2, 8);

	put(object + 8, info);
	put32(info + 8, state);
	put32(info + 12, count);
	put(info + 16, array);
	put(array + 16, waitable);
	c->threads->v.v[thread].exposed = object;
}

static void setup_11(void)
{
	locks_setup(11);
	OFF(SyncBlock, Lock, 0), OFF(SyncBlock, ThinLock, 8), OFF(SyncBlock, OwnIndex, 12);
	lock_mt = new_type("System.Threading.Lock", object_mt);
	field(lock_mt, "_waitEventOrCondition", 8, T_CLASS), field(lock_mt, "_owningThreadId", 16, 0x09);
	field(lock_mt, "_state", 20, 0x09), field(lock_mt, "_recursionCount", 24, 0x09);
	event_mt = new_type("System.Threading.AutoResetEvent", object_mt);
	field(event_mt, "_waitHandle", 8, T_CLASS);
	safe_mt = new_type("Microsoft.Win32.SafeHandles.SafeWaitHandle", object_mt);
	field(safe_mt, "handle", 8, T_I);
	waitable_mt = new_type("System.Threading.WaitSubsystem+WaitableObject", object_mt);
	field(waitable_mt, "_type", 8, T_I4), field(waitable_mt, "_signalCount", 12, T_I4);
	info_mt = new_type("System.Threading.WaitSubsystem+ThreadWaitInfo", object_mt);
	field(info_mt, "_waitSignalState", 8, T_U1), field(info_mt, "_waitedCount", 12, T_I4);
	field(info_mt, "_waitedObjects", 16, T_CLASS);
	thread_mt = new_type("System.Threading.Thread", object_mt);
	field(thread_mt, "_waitInfo", 8, T_CLASS);
}

/* A monitor with this Lock behind its sync block. */
static uint64_t monitor_11(uint64_t lock)
{
	uint64_t sb, o, slot = make(8);

	o = monitor(0, 0, 0, 0, &sb);
	put(slot, lock);
	put(sb, slot);
	put32(sb + 8, 0);
	put32(sb + 12, 0x80000000 | (uint32_t)(entries - 1));
	return o;
}

START_TEST(waits_of_11)
{
	uint64_t waitable, o;

	setup_11();
	new_thread(4, 44), new_thread(5, 45), new_thread(6, 46);
	o = monitor_11(lock_object(0x81, 5, 2, waitable_event(&waitable)));
	waits_for(0, 1, 1, waitable);
	waits_for(2, 2, 1, waitable); /* NotWaiting: what is left is old */
	da_clr_monitors(c);
	ck_assert_uint_eq(lock(o)->kind, DA_LOCK_MONITOR);
	ck_assert_uint_eq(lock(o)->owner, 1);
	ck_assert_uint_eq(lock(o)->recursion, 3);
	ck_assert_uint_eq(lock(o)->waiting, 1);
	ck_assert_uint_eq(d->proc.waits.n, 1);
	ck_assert_uint_eq(wait_of(0)->owner, 1);
	ck_assert_uint_eq(wait_of(0)->address, o);
	ck_assert(wait_of(0)->confidence > 0.99f);
	done();
}
END_TEST

/* Numbers of threads and objects that cannot be are not followed. */
START_TEST(lies_of_11)
{
	uint64_t waitable, o;

	setup_11();
	new_thread(4, 44);
	o = monitor_11(lock_object(1, 0x7fffffff, 0, waitable_event(&waitable)));
	waits_for(0, 1, 0xffffffff, waitable);
	da_clr_monitors(c);
	ck_assert_uint_eq(lock(o)->owner, DA_NONE);
	ck_assert_uint_eq(lock(o)->state, DA_LOCK_ORPHANED);
	ck_assert_uint_eq(d->proc.waits.n, 0);
	done();
}
END_TEST

/* 9 and 10: the number in a Lock is the system's; a managed id of the same value is another thread. */
START_TEST(lock_of_9)
{
	uint64_t o, stack;

	setup_11();
	c->major = 9;
	new_thread(45, 44), new_thread(5, 45);
	o = lock_object(0x81, 45, 0, 0);
	stack = make(256);
	put(stack + 16, o);
	frame(0, stack, "System.Threading.Lock.TryEnterSlow");
	frame(0, stack + 64, "Shop.Order.Place");
	da_clr_monitors(c);
	ck_assert_uint_eq(lock(o)->owner, 1);
	ck_assert_uint_eq(wait_of(0)->kind, DA_LOCK_CLR_LOCK);
	ck_assert_uint_eq(wait_of(0)->owner, 1);
	done();
}
END_TEST

/* By flags, by name (Linux keeps 15 bytes of it), by the method at the bottom; a name of the program's is its own. */
START_TEST(roles)
{
	static const struct {
		const char *name, *bottom;
		uint8_t role;
		bool managed;
	} rows[] = {
		{ ".NET TP Worker", NULL, DA_ROLE_WORKER, true },
		{ ".NET Tiered Com", NULL, DA_ROLE_TIERED_COMPILER, true },
		{ ".NET Debugger", NULL, DA_ROLE_DEBUGGER, false },
		{ ".NET DebugPipe", NULL, DA_ROLE_DEBUGGER, false },
		{ ".NET EventPipe", NULL, DA_ROLE_EVENT_PIPE, false },
		{ ".NET Server GC", NULL, DA_ROLE_GC, false },
		{ "Kestrel Timer", NULL, DA_ROLE_KESTREL, true },
		{ NULL, "System.Threading.PortableThreadPool+GateThread.GateThreadStart", DA_ROLE_GATE, true },
		{ NULL, "System.Net.Sockets.SocketAsyncEngine.EventLoop", DA_ROLE_IO, true },
		{ NULL, "Shop.Order.Place", DA_ROLE_UNKNOWN, true },
		{ "order-pump", "Shop.Order.Place", DA_ROLE_USER, true },
		{ "index", NULL, DA_ROLE_UNKNOWN, false },
	};

	setup(10);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		new_thread(i + 2, 100 + i);
		if (rows[i].bottom)
			frame(i, 0, rows[i].bottom);
	}
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct da_managed_thread *m = &d->proc.managed_threads.v[i];

		d->proc.threads.v[i].managed = rows[i].managed ? m : NULL;
		d->proc.threads.v[i].name = m->name = rows[i].name;
	}
	da_clr_roles(c);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		ck_assert_msg(d->proc.threads.v[i].role == rows[i].role, "row %u: role %u", i, d->proc.threads.v[i].role);
	done();
}
END_TEST

/* A thread of the server's collector has its heap on its stack, and no other one. */
START_TEST(threads_of_heaps)
{
	static const struct {
		unsigned heaps;
		bool managed, incomplete, is_gc;
	} rows[] = { { 1, false, false, true }, { 0, false, false, false }, { 2, false, false, false },
		     { 1, true, false, false }, { 1, false, true, false } };
	uint64_t heaps, count;

	setup(10);
	d->proc.runtimes.v[0].gc = DA_GC_SERVER;
	heaps = make(16);
	count = make(16);
	put32(count, 2);
	put(heaps, make(64));
	put(heaps + 8, make(64));
	global(DA_CLR_G_NumHeaps, true, count);
	variable(DA_CLR_G_Heaps, heaps);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct da_thread *t = da_vec_add(d->arena, &d->proc.threads);
		uint64_t stack = make(512), heap;

		t->end = rows[i].incomplete ? DA_END_LIMIT : DA_END_COMPLETE;
		for (unsigned k = 0; k < rows[i].heaps; k++) {
			memcpy(&heap, at(heaps + 8 * k), 8);
			put(stack + 16 + 8 * k, heap);
		}
		frame(i, stack, NULL);
		frame(i, stack + 64, NULL);
		t->frames.v[0].kind = DA_FRAME_NATIVE;
		t->frames.v[1].kind = rows[i].managed ? DA_FRAME_MANAGED : DA_FRAME_NATIVE;
	}
	da_clr_helper_threads(c);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		ck_assert_msg((d->proc.threads.v[i].role == DA_ROLE_GC) == rows[i].is_gc, "row %u", i);
	done();
}
END_TEST

/* The worker of tiered compilation has a member of the AppDomain on its stack; the debugger's block names its helper. */
START_TEST(threads_of_the_runtime)
{
	enum { DOMAIN_ITSELF, MEMBER };
	static const struct {
		unsigned what;
		bool managed, finalizer;
		enum da_role role;
	} rows[] = { { MEMBER, true, false, DA_ROLE_TIERED_COMPILER }, { DOMAIN_ITSELF, true, false, DA_ROLE_UNKNOWN },
		     { MEMBER, true, true, DA_ROLE_UNKNOWN }, { MEMBER, false, false, DA_ROLE_UNKNOWN },
		     { DOMAIN_ITSELF, false, false, DA_ROLE_DEBUGGER } };
	struct da_managed_thread managed[DA_ARRAY_SIZE(rows)] = { 0 };
	uint64_t domain, debugger, rc, block;

	setup(10);
	domain = make(256), debugger = make(64), rc = make(0x200), block = make(256);
	variable(DA_CLR_G_AppDomain, domain);
	variable(DA_CLR_G_Debugger, debugger);
	put(debugger + 16, rc);
	put(rc + 0xb8, block + 8); /* an address where no such block is */
	put(rc + 0xc0, block);
	put32(block + 0x60, 104), put32(block + 0x64, 104);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct da_thread *t = da_vec_add(d->arena, &d->proc.threads);
		uint64_t stack = make(512);

		managed[i] = (struct da_managed_thread){ .thread = i, .runtime = c->runtime, .finalizer = rows[i].finalizer };
		t->tid = 100 + i;
		t->managed = rows[i].managed ? &managed[i] : NULL;
		t->end = DA_END_COMPLETE;
		put(stack + 16, domain + (rows[i].what == MEMBER ? 0x40 : 0));
		frame(i, stack, NULL);
		frame(i, stack + 64, NULL);
		t->frames.v[0].kind = t->frames.v[1].kind = DA_FRAME_NATIVE;
	}
	da_clr_helper_threads(c);
	for (uint32_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		ck_assert_msg(d->proc.threads.v[i].role == rows[i].role, "row %u: %u", i, d->proc.threads.v[i].role);
	done();
}
END_TEST

/* ---------------------------------------------------------------- FailFast */

/* 9 and later: the String that is pinned in the frame, when there is one alone. */
START_TEST(fail_fast_frame)
{
	for (unsigned n = 0; n < 3; n++) {
		uint64_t stack, s[2];

		setup(10);
		new_thread(4, 44);
		type_at(string_mt)->mt.is_string = true;
		s[0] = new_string("the dome is on fire");
		s[1] = new_string("smoke");
		stack = make(512);
		put(stack + 8, s[1]);           /* not pinned: a string like any */
		for (unsigned i = 0; i < n; i++) {
			put(stack + 32 + 16 * i, s[i]);
			put(stack + 40 + 16 * i, s[i] + 12);
		}
		frame(0, stack, "System.Environment.FailFast");
		frame(0, stack + 128, "Shop.Order.Place");
		da_clr_fail_fast(c);
		if (n == 1)
			ck_assert_str_eq(d->proc.managed_threads.v[0].fail_fast, "the dome is on fire");
		else
			ck_assert_ptr_null(d->proc.managed_threads.v[0].fail_fast);
		done();
	}
}
END_TEST

/* Up to 8: the record of what its native code protects. */
START_TEST(fail_fast_record)
{
	static const struct {
		uint32_t refs;
		bool other_thread, other_exception, text_is_gone, found;
	} rows[] = {
		{ 3, false, false, false, true },
		{ 3, false, false, true, true },
		{ 2, false, false, false, false },
		{ 3, true, false, false, false },
		{ 3, false, true, false, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct da_managed_exception *e;
		uint64_t stack, thread, text;

		setup(8);
		OFF(GCFrame, Next, 0), OFF(GCFrame, Thread, 8), OFF(GCFrame, ObjRefs, 16), OFF(GCFrame, NumObjRefs, 24);
		thread = new_thread(4, 44);
		new_thread(5, 45);
		type_at(string_mt)->mt.is_string = true;
		e = da_vec_add(d->arena, &d->proc.exceptions);
		e->type = rows[i].other_exception ? "System.Exception" : "System.ExecutionEngineException";
		d->proc.managed_threads.v[0].exception = 0;
		text = rows[i].text_is_gone ? BASE - 0x1000 : new_string("the dome is on fire");
		stack = make(512);
		put(stack + 72, rows[i].other_thread ? d->proc.managed_threads.v[1].address : thread);
		put(stack + 80, stack + 96);
		put32(stack + 88, rows[i].refs);
		put(stack + 96, text);
		frame(0, stack, NULL);
		d->proc.threads.v[0].frames.v[0].kind = DA_FRAME_NATIVE;
		frame(0, stack + 256, "Shop.Order.Place");
		da_clr_fail_fast(c);
		ck_assert_msg((d->proc.managed_threads.v[0].fail_fast_from != NULL) == rows[i].found, "row %zu", i);
		ck_assert_msg((d->proc.managed_threads.v[0].fail_fast != NULL) == (rows[i].found && !rows[i].text_is_gone), "row %zu", i);
		done();
	}
}
END_TEST

UNIT_MAIN("clr_objects", types_of_objects, numbers, strings, odd_strings, arrays, sync_blocks, holder_by_id, wrong_owners,
	  stale_entries, pulse_queues, enter_by_stack, class_constructors, runners_of_tasks,
	  upgrades, stops_for_a_collection, two_candidates, helper_frame, thin_locks, no_heap, waits_of_11, lies_of_11, lock_of_9,
	  roles, threads_of_heaps, threads_of_the_runtime, fail_fast_frame, fail_fast_record)
