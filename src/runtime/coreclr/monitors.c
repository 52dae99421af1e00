/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Monitors: the lock that every object can be.
 *
 * An object that one thread has entered says so in the word in front of it: a thin lock, the
 * owner's managed id and how often it entered again. Contention, Monitor.Wait and a hash code move
 * it to a sync block, whose index takes the place of the thin lock. A sync block of 6 to 10 holds a
 * native lock; one of 11 a handle of a System.Threading.Lock, or still a thin lock.
 */
#include "config.h"

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/locks.h"

/* The runtime itself gives up at this many. */
#define RECURSION_MAX 0x10000u
/* Of the native lock's word: held; waiters above the bits of spinners and signals. */
#define NATIVE_HELD    1u
#define NATIVE_WAITERS 6
/* Of System.Threading.Lock's _state. */
#define LOCK_HELD    1u
#define LOCK_WAITERS 7
#define LOCK_WAITERS_8 3 /* NativeAOT of 8, where the class was first in use */

/* ---------------------------------------------------------------- threads */

static void index_threads(struct da_clr_lock_table *t)
{
	const struct da_process *p = &t->c->dump->proc;

	for (size_t i = 0; i < p->managed_threads.n; i++) {
		const struct da_managed_thread *m = &p->managed_threads.v[i];

		if (m->runtime != t->c->runtime || m->unstarted)
			continue;
		*da_map_put(t->c->arena, &t->by_record, m->address, NULL) = i + 1;
		if (m->dead)
			continue;
		if (m->managed_id)
			*da_map_put(t->c->arena, &t->by_id, m->managed_id, NULL) = i + 1;
		if (m->tid)
			*da_map_put(t->c->arena, &t->by_tid, m->tid, NULL) = i + 1;
	}
}

static uint32_t look_up(const struct da_map *m, uint64_t key)
{
	const uint64_t *v = key ? da_map_get(m, key) : NULL;

	return v ? (uint32_t)*v - 1 : DA_NONE;
}

uint32_t da_clr_by_id(const struct da_clr_lock_table *t, uint32_t managed_id)
{
	return look_up(&t->by_id, managed_id);
}

uint32_t da_clr_by_record(const struct da_clr_lock_table *t, uint64_t thread)
{
	return look_up(&t->by_record, thread);
}

/* ---------------------------------------------------------------- locks of the model */

static struct da_lock *lock_at(struct da_clr_lock_table *t, uint32_t lock)
{
	return &t->c->dump->proc.locks.v[lock];
}

bool da_clr_type_is(struct da_clr *c, uint64_t object, const char *name)
{
	uint64_t mt = da_clr_object_mt(c, object);

	if (c->aot)
		return mt && da_aot_mt_is(c, mt, name);
	return mt && da_streq(da_clr_type_name(c, mt), name);
}

bool da_clr_is_lock_object(struct da_clr *c, uint64_t object)
{
	return da_clr_type_is(c, object, "System.Threading.Lock");
}

uint32_t da_clr_lock_add(struct da_clr_lock_table *t, uint64_t object, enum da_lock_kind kind)
{
	struct da_process *p = &t->c->dump->proc;
	uint64_t mt = da_clr_object_mt(t->c, object);
	struct da_lock *l = da_vec_add(t->c->arena, &p->locks);

	*l = (struct da_lock){.address = object,
			      .kind = (uint8_t)kind,
			      .state = DA_LOCK_STATE_UNKNOWN,
			      .type = mt ? da_clr_type_name(t->c, mt) : NULL,
			      .owner = DA_NONE};
	*da_map_put(t->c->arena, &t->by_object, object, NULL) = p->locks.n;
	return (uint32_t)p->locks.n - 1;
}

static void set_recursion(struct da_lock *l, uint32_t times)
{
	l->has_recursion = true;
	l->recursion = times;
}

/* Held by its word, but what stands beside contradicts: the owner is not told. */
static void distrust(struct da_clr_lock_table *t, uint32_t lock, const char *why)
{
	struct da_lock *l = lock_at(t, lock);

	l->state = DA_LOCK_HELD;
	l->owner = DA_NONE;
	l->owner_tid = 0;
	l->how = why;
	l->confidence = 0;
}

/* The owner is this thread of the runtime, index of proc.managed_threads or DA_NONE: none that
 * lives. */
static bool set_owner(struct da_clr_lock_table *t, uint32_t lock, uint32_t managed, const char *how)
{
	struct da_lock *l = lock_at(t, lock);
	const struct da_managed_thread *m;

	if (managed == DA_NONE && !t->all_threads) {
		distrust(t, lock, "it is held, but not all threads of the runtime could be read");
		return false;
	}
	if (managed == DA_NONE || t->c->dump->proc.managed_threads.v[managed].dead) {
		l->state = DA_LOCK_ORPHANED;
		l->how = da_printf(t->c->arena, "%s: none that lives", how);
		l->confidence = 0.8f;
		return false;
	}
	m = &t->c->dump->proc.managed_threads.v[managed];
	l->state = l->has_waiting && l->waiting ? DA_LOCK_CONTENDED : DA_LOCK_HELD;
	l->owner = m->thread;
	l->owner_tid = m->tid;
	l->how = how;
	l->confidence = 1;
	return true;
}

bool da_clr_lock_own(struct da_clr_lock_table *t, uint32_t lock, uint32_t managed_id,
		     const char *how)
{
	if (!managed_id) {
		lock_at(t, lock)->state = DA_LOCK_FREE;
		return true;
	}
	return set_owner(t, lock, da_clr_by_id(t, managed_id), how);
}

bool da_clr_lock_held_by(struct da_clr_lock_table *t, uint32_t lock, uint64_t record, const char *how)
{
	if (!record) {
		lock_at(t, lock)->state = DA_LOCK_FREE;
		return true;
	}
	return set_owner(t, lock, da_clr_by_record(t, record), how);
}

/* ---------------------------------------------------------------- thin locks */

static void read_thin(struct da_clr_lock_table *t, uint32_t lock, uint32_t word, const char *how)
{
	uint64_t ids, recursion, shift;

	if (da_clr_global(t->c, DA_CLR_G_SyncBlockMaskLockThreadId, &ids) != DA_OK ||
	    da_clr_global(t->c, DA_CLR_G_SyncBlockMaskLockRecursionLevel, &recursion) != DA_OK ||
	    da_clr_global(t->c, DA_CLR_G_SyncBlockRecursionLevelShift, &shift) != DA_OK ||
	    shift > 31)
		return;
	if (da_clr_lock_own(t, lock, word & (uint32_t)ids, how) && (word & (uint32_t)ids))
		set_recursion(lock_at(t, lock), ((word & (uint32_t)recursion) >> shift) + 1);
}

/* What the word in front of an object is. */
enum header { HEADER_UNKNOWN, HEADER_THIN, HEADER_HASH, HEADER_SYNC_BLOCK };

static enum header header_of(struct da_clr *c, uint64_t object, uint32_t *ret_word,
			     uint32_t *ret_index)
{
	uint64_t either, hash, mask;

	if (da_clr_object_header(c, object, ret_word) != DA_OK ||
	    da_clr_global(c, DA_CLR_G_SyncBlockIsHashOrSyncBlockIndex, &either) != DA_OK ||
	    da_clr_global(c, DA_CLR_G_SyncBlockIsHashCode, &hash) != DA_OK ||
	    da_clr_global(c, DA_CLR_G_SyncBlockIndexMask, &mask) != DA_OK)
		return HEADER_UNKNOWN;
	if (!(*ret_word & either))
		return HEADER_THIN;
	if (*ret_word & hash)
		return HEADER_HASH;
	*ret_index = *ret_word & (uint32_t)mask;
	return HEADER_SYNC_BLOCK;
}

/* ---------------------------------------------------------------- System.Threading.Lock */

/*
 * 9 and 10 keep the owner's system thread id, 11 and NativeAOT the managed id: whichever the version says. The
 * other reading is not tried, for the two kinds of numbers can be equal.
 */
static uint32_t lock_object_owner(struct da_clr_lock_table *t, uint32_t id)
{
	return t->c->major >= 11 || t->c->aot ? look_up(&t->by_id, id) : look_up(&t->by_tid, id);
}

static bool read_lock_object(struct da_clr_lock_table *t, uint32_t lock, uint64_t object)
{
	static const char how[] = "its " DA_SYM("System.Threading.Lock") " names the thread";
	struct da_clr *c = t->c;
	struct da_lock *l = lock_at(t, lock);
	uint32_t state, owner, times;

	if (da_clr_field_u32(c, object, "_state", DA_CLR_Lock__state, &state) != DA_OK ||
	    da_clr_field_u32(c, object, "_owningThreadId", DA_CLR_Lock__owningThreadId, &owner) !=
		    DA_OK ||
	    da_clr_field_u32(c, object, "_recursionCount", DA_CLR_Lock__recursionCount, &times) !=
		    DA_OK)
		return false;
	l->has_waiting = true;
	l->waiting = state >> (c->aot && c->major <= 8 ? LOCK_WAITERS_8 : LOCK_WAITERS);
	if (!(state & LOCK_HELD)) {
		l->state = DA_LOCK_FREE;
		l->confidence = 1;
		return true;
	}
	if (times >= RECURSION_MAX)
		distrust(t, lock, "it is held, but it counts impossibly many entries");
	else if (owner == 0)
		distrust(t, lock, "it is held, but its owner was not yet, or no longer, noted");
	else if (set_owner(t, lock, lock_object_owner(t, owner), how))
		set_recursion(l, times + 1);
	return true;
}

/* ---------------------------------------------------------------- sync blocks */

static void read_native(struct da_clr_lock_table *t, uint32_t lock, uint64_t sb)
{
	static const char how[] = "the object's sync block names the thread";
	struct da_clr *c = t->c;
	struct da_lock *l = lock_at(t, lock);
	uint64_t state, times, holder, os;
	uint32_t managed;

	if (DA_CLR_U32(c, sb, SyncBlock, LockState, &state) != DA_OK ||
	    DA_CLR_U32(c, sb, SyncBlock, Recursion, &times) != DA_OK)
		return;
	l->has_waiting = true;
	l->waiting = (uint32_t)state >> NATIVE_WAITERS;
	if (!(state & NATIVE_HELD)) {
		l->state = DA_LOCK_FREE;
		l->confidence = 1;
		return;
	}
	if (DA_CLR_U32(c, sb, SyncBlock, HoldingThreadId, &holder) == DA_OK)
		managed = da_clr_by_id(t, (uint32_t)holder);
	else if (DA_CLR_PTR(c, sb, SyncBlock, HoldingThread, &holder) == DA_OK)
		managed = da_clr_by_record(t, holder);
	else
		return;
	if (times == 0 || times >= RECURSION_MAX || holder == 0)
		distrust(t, lock, "it is held, but its owner was not yet, or no longer, noted");
	else if (managed != DA_NONE &&
		 DA_CLR_PTR(c, sb, SyncBlock, HoldingOSThreadId, &os) == DA_OK &&
		 (uint32_t)os != c->dump->proc.managed_threads.v[managed].tid)
		distrust(t, lock,
			 "it is held, but its two notes of the owner name different threads");
	else if (set_owner(t, lock, managed, how))
		set_recursion(l, (uint32_t)times);
}

/* 11: the Lock behind a sync block; 0: none. */
static uint64_t lock_behind(struct da_clr *c, uint64_t sb)
{
	uint64_t handle, object;

	if (DA_CLR_PTR(c, sb, SyncBlock, Lock, &handle) != DA_OK)
		return 0;
	object = da_clr_handle(c, handle);
	return object && da_clr_is_lock_object(c, object) ? object : 0;
}

/* The Lock that serves as this monitor. */
static void read_behind(struct da_clr_lock_table *t, uint32_t lock, uint64_t object, uint64_t behind)
{
	*da_map_put(t->c->arena, &t->by_object, behind, NULL) = (uint64_t)lock + 1;
	*da_map_put(t->c->arena, &t->monitor_of, behind, NULL) = object;
	read_lock_object(t, lock, behind);
	da_clr_note_lock(t, behind);
}

static uint32_t read_sync_block(struct da_clr_lock_table *t, uint64_t object, uint64_t sb)
{
	struct da_clr *c = t->c;
	uint32_t lock = da_clr_lock_add(t, object, DA_LOCK_MONITOR);
	uint64_t behind, word, handle = 0;

	if (!DA_CLR_HAS(c, SyncBlock, Lock)) {
		read_native(t, lock, sb);
		da_clr_pulse_queue(t, sb, lock);
		return lock;
	}
	behind = lock_behind(c, sb);
	if (behind) {
		read_behind(t, lock, object, behind);
	} else if (DA_CLR_PTR(c, sb, SyncBlock, Lock, &handle) == DA_OK && handle == 0 &&
		   DA_CLR_U32(c, sb, SyncBlock, ThinLock, &word) == DA_OK) {
		read_thin(t, lock, (uint32_t)word,
			  "the thin lock in the object's sync block names the thread");
	}
	return lock;
}

/* The entry of the table: its sync block and its object; false: not in use, or not in the dump. */
static bool table_entry(struct da_clr *c, uint64_t table, uint64_t i, uint64_t *ret_sb,
			uint64_t *ret_object)
{
	uint64_t entry = table + i * (uint64_t)DA_CLR_SIZE(c, SyncTableEntry), object;

	if (DA_CLR_PTR(c, entry, SyncTableEntry, Object, &object) != DA_OK || object == 0 ||
	    (object & 1) || DA_CLR_PTR(c, entry, SyncTableEntry, SyncBlock, ret_sb) != DA_OK ||
	    *ret_sb == 0)
		return false;
	*ret_object = object;
	return true;
}

/* Does the sync block say that it is the one of this index? Unknown counts as yes. */
static bool own_index(struct da_clr *c, uint64_t sb, uint64_t i)
{
	uint64_t index, mask;

	if (DA_CLR_U32(c, sb, SyncBlock, OwnIndex, &index) != DA_OK ||
	    da_clr_global(c, DA_CLR_G_SyncBlockIndexMask, &mask) != DA_OK)
		return !DA_CLR_HAS(c, SyncBlock, OwnIndex);
	return (index & mask) == i;
}

static bool sync_table(struct da_clr *c, uint64_t *ret_table, uint64_t *ret_n)
{
	uint64_t cache;

	return DA_CLR_SIZE(c, SyncTableEntry) > 0 &&
	       da_clr_global_ptr(c, DA_CLR_G_SyncTableEntries, ret_table) == DA_OK && *ret_table &&
	       da_clr_global_ptr(c, DA_CLR_G_SyncBlockCache, &cache) == DA_OK && cache &&
	       DA_CLR_U32(c, cache, SyncBlockCache, FreeSyncTableIndex, ret_n) == DA_OK;
}

static bool in_dump(const struct da_clr *c, uint64_t addr)
{
	uint64_t word;

	return da_mem_word(c->mem, addr, &word) == DA_OK;
}

/* Dumps of createdump's types normal and triage hold the table at most, and not what it points to. */
static uint32_t lock_without_block(struct da_clr_lock_table *t, uint64_t object)
{
	uint32_t lock = da_clr_lock_add(t, object, DA_LOCK_MONITOR);

	lock_at(t, lock)->unread = true;
	lock_at(t, lock)->how = "its sync block is not in the dump: whether and by whom it is held is unknown";
	return lock;
}

/* NativeAOT keeps sync blocks as entries of a managed table. */
static uint32_t read_entry(struct da_clr_lock_table *t, uint64_t object, uint32_t index)
{
	struct da_clr *c = t->c;
	uint64_t behind, back;
	uint32_t lock;

	if (!da_aot_sync_entries(c))
		return da_clr_object_mt(c, object) ? lock_without_block(t, object) : DA_NONE;
	if (!da_aot_sync_entry(c, index, &behind, &back) || back != object || !da_clr_is_lock_object(c, behind))
		return DA_NONE;
	lock = da_clr_lock_add(t, object, DA_LOCK_MONITOR);
	read_behind(t, lock, object, behind);
	return lock;
}

uint32_t da_clr_lock_of(struct da_clr_lock_table *t, uint64_t object)
{
	struct da_clr *c = t->c;
	uint32_t known = look_up(&t->by_object, object), word, index, lock;
	uint64_t table, n, sb, back, ids = 0;
	bool typed = da_clr_object_mt(c, object) != 0;

	if (known != DA_NONE)
		return known;
	if (typed && da_clr_is_lock_object(c, object)) {
		lock = da_clr_lock_add(t, object, DA_LOCK_CLR_LOCK);
		if (read_lock_object(t, lock, object))
			da_clr_note_lock(t, object);
		return lock;
	}
	da_clr_global(c, DA_CLR_G_SyncBlockMaskLockThreadId, &ids);
	switch (header_of(c, object, &word, &index)) {
	case HEADER_SYNC_BLOCK:
		if (c->aot)
			return read_entry(t, object, index);
		/* The table that points back tells an object also where its type is not in the
		 * dump. */
		if (!sync_table(c, &table, &n) || !in_dump(c, table))
			return typed ? lock_without_block(t, object) : DA_NONE;
		if (index == 0 || index >= n || !table_entry(c, table, index, &sb, &back) || back != object)
			return DA_NONE;
		if (!in_dump(c, sb))
			return lock_without_block(t, object);
		return own_index(c, sb, index) ? read_sync_block(t, object, sb) : DA_NONE;
	case HEADER_THIN:
		if (!typed || !(word & ids))
			return DA_NONE;
		lock = da_clr_lock_add(t, object, DA_LOCK_MONITOR);
		read_thin(t, lock, word, "the thin lock in the object's header names the thread");
		return lock;
	default:
		return DA_NONE;
	}
}

/* ---------------------------------------------------------------- all of them */

/* Is a sync block worth a lock of the model: held, or waited for? Those with a hash code alone are
 * not. */
static bool is_busy(struct da_clr *c, uint64_t sb)
{
	uint64_t state = 0, list = 0, thin = 0;

	if (DA_CLR_HAS(c, SyncBlock, Lock))
		return lock_behind(c, sb) != 0 ||
		       (DA_CLR_U32(c, sb, SyncBlock, ThinLock, &thin) == DA_OK && thin != 0);
	DA_CLR_U32(c, sb, SyncBlock, LockState, &state);
	DA_CLR_PTR(c, sb, SyncBlock, WaitList, &list);
	return (state & NATIVE_HELD) || state >> NATIVE_WAITERS || list;
}

static void read_entries(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;
	uint32_t n = da_aot_sync_entries(c), word, index;
	uint64_t lock, object;

	if (n == 0)
		da_clr_unread(c, "monitors");
	for (uint32_t i = 1; i < DA_MIN(n, c->dump->limits->sync_blocks) && !da_stop(c->dump->watch); i++)
		if (da_aot_sync_entry(c, i, &lock, &object) &&
		    header_of(c, object, &word, &index) == HEADER_SYNC_BLOCK && index == i)
			da_clr_lock_of(t, object);
}

static void read_table(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;
	uint64_t table, n, sb, object;
	uint32_t word, index;

	if (c->aot) {
		read_entries(t);
		return;
	}
	if (!sync_table(c, &table, &n)) {
		da_clr_unread(c, "monitors");
		return;
	}
	if (n > c->dump->limits->sync_blocks)
		da_note(c->dump->ledger, DA_NOTE_LIMIT, "locks", NULL,
			"of %llu sync blocks the first %llu were looked at", (unsigned long long)n,
			(unsigned long long)c->dump->limits->sync_blocks);
	for (uint64_t i = 1;
	     i < DA_MIN(n, c->dump->limits->sync_blocks) && !da_stop(c->dump->watch); i++) {
		if (!table_entry(c, table, i, &sb, &object) || !is_busy(c, sb) ||
		    !own_index(c, sb, i))
			continue;
		/* An entry whose object points to another one, or to none, is stale. */
		if (header_of(c, object, &word, &index) != HEADER_SYNC_BLOCK || index != i)
			continue;
		read_sync_block(t, object, sb);
	}
}

/* Locks that nobody holds and nobody waits for are left out; indexes of the others change. */
static void drop_idle(struct da_clr_lock_table *t, size_t first)
{
	struct da_process *p = &t->c->dump->proc;
	size_t keep = first;
	uint32_t *moved = da_calloc(t->c->arena, p->locks.n - first + 1, sizeof(*moved));
	uint8_t *wanted = da_calloc(t->c->arena, p->locks.n - first + 1, 1);

	for (size_t i = 0; i < p->waits.n; i++)
		if (p->waits.v[i].lock != DA_NONE && p->waits.v[i].lock >= first)
			wanted[p->waits.v[i].lock - first] = 1;
	for (size_t i = first; i < p->locks.n; i++) {
		const struct da_lock *l = &p->locks.v[i];

		moved[i - first] = (uint32_t)keep;
		/* Where the heap's bounds are not known, a Lock that a stack leads to may be a copy left behind. */
		if (t->c->aot && !da_clr_heap_known(t->c) && l->kind == DA_LOCK_CLR_LOCK && !wanted[i - first])
			continue;
		if (wanted[i - first] || l->owner != DA_NONE || l->owner_tid ||
		    (l->has_waiting && l->waiting) || l->state == DA_LOCK_HELD ||
		    l->state == DA_LOCK_CONTENDED || l->state == DA_LOCK_ORPHANED)
			p->locks.v[keep++] = *l;
	}
	p->locks.n = keep;
	for (size_t i = 0; i < p->waits.n; i++)
		if (p->waits.v[i].lock != DA_NONE && p->waits.v[i].lock >= first)
			p->waits.v[i].lock = moved[p->waits.v[i].lock - first];
}

/*
 * The runtime itself has kept no count since .NET Core. These are the locks that were found: in sync blocks, in
 * objects that a thread waits for, and in thin locks on the owner's stack.
 */
static void count_held(struct da_clr_lock_table *t, size_t first)
{
	struct da_process *p = &t->c->dump->proc;

	for (size_t i = first; i < p->locks.n; i++) {
		const struct da_lock *l = &p->locks.v[i];
		bool excludes = l->kind != DA_LOCK_TASK && l->kind != DA_LOCK_THREAD && l->owner != DA_NONE;
		uint32_t managed = excludes ? look_up(&t->by_tid, l->owner_tid) : DA_NONE;

		if (managed == DA_NONE)
			continue;
		p->managed_threads.v[managed].has_lock_count = true;
		p->managed_threads.v[managed].lock_count++;
	}
}

void da_clr_monitors(struct da_clr *c)
{
	struct da_clr_lock_table t = {.c = c};
	size_t first = c->dump->proc.locks.n;

	t.first_wait = (uint32_t)c->dump->proc.waits.n;
	t.all_threads = true;
	for (size_t i = 0; i < da_clr_model(c)->unread.n; i++)
		if (da_streq(da_clr_model(c)->unread.v[i], "threads"))
			t.all_threads = false;
	index_threads(&t);
	read_table(&t);
	da_clr_wait_infos(&t);
	da_clr_stack_waits(&t);
	da_clr_class_waits(&t);
	da_clr_gc_waits(&t);
	da_clr_stack_thin_locks(&t);
	drop_idle(&t, first);
	count_held(&t, first);
}
