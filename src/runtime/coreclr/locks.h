/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locks: what the files about locks and waits share. Locks enter proc.locks once each, whatever
 * leads to them; the owner of each is a thread of the runtime's list that lives, or there is none.
 *
 * Who is sure of what: an owner is read from the lock's own words. A wait is certain where the
 * runtime wrote it down (queues of Monitor.Wait, the wait information of 11 on Unix, the object
 * slot of an FCALL's frame), and likely where one object alone fits in the frames of a call that
 * waits.
 */
#ifndef DA_RUNTIME_CORECLR_LOCKS_H
#define DA_RUNTIME_CORECLR_LOCKS_H

#include "runtime/coreclr/coreclr.h"

struct da_clr_lock_table {
	struct da_clr *c;
	bool all_threads; /* the runtime's list was read to its end */
	/* To index + 1 of proc.managed_threads. */
	struct da_map by_id, by_record, by_tid;
	/* To index + 1 of proc.locks: objects that are locked, and Lock objects behind a monitor.
	 */
	struct da_map by_object;
	/* Lock objects behind monitors, to the monitor's object. */
	struct da_map monitor_of;
	/* 11 on Unix: what threads sleep on, to the Lock it lets into; to the monitor's object of a
	 * Monitor.Wait. */
	struct da_map enter, pulse;
	/* … to the wait handle (AutoResetEvent, Mutex …) whose it is, where a stack showed one. */
	struct da_map handles;
	/* Tasks that run, to the thread (index + 1 of proc.threads) that runs them. */
	struct da_map task_runners;
	bool has_task_runners;
	/* Waits of a thread: its first one (index + 1), and behind each the next (the same). */
	struct da_map wait_of;
	DA_VEC(uint32_t) next_wait;
	uint32_t first_wait; /* index of the first wait of this runtime */
};

/* monitors.c */

/*
 * The lock that this object is, or that stands in its header or sync block: index of proc.locks,
 * DA_NONE when it has none, no thread is in it, or it could not be read. One in a sync block can be
 * free.
 */
uint32_t da_clr_lock_of(struct da_clr_lock_table *t, uint64_t object);
/* A new lock of another kind, without owner; the object's type is told. */
uint32_t da_clr_lock_add(struct da_clr_lock_table *t, uint64_t object, enum da_lock_kind kind);
/* Managed id of the owner, 0: none. Sets state, owner, confidence; false: no living thread has this
 * id. */
bool da_clr_lock_own(struct da_clr_lock_table *t, uint32_t lock, uint32_t managed_id,
		     const char *how);
/* The same by the runtime's record of the thread. */
bool da_clr_lock_held_by(struct da_clr_lock_table *t, uint32_t lock, uint64_t record, const char *how);
/* Index of proc.managed_threads, or DA_NONE. */
uint32_t da_clr_by_id(const struct da_clr_lock_table *t, uint32_t managed_id);
uint32_t da_clr_by_record(const struct da_clr_lock_table *t, uint64_t thread);
bool da_clr_is_lock_object(struct da_clr *c, uint64_t object);
bool da_clr_type_is(struct da_clr *c, uint64_t object, const char *name);

/* waits.c */

/* Queues of Monitor.Wait, for each sync block as it is read. */
void da_clr_pulse_queue(struct da_clr_lock_table *t, uint64_t sync_block, uint32_t lock);
/* What 11 on Unix notes of a Lock: the object to sleep on, and the waiters of its condition. */
void da_clr_note_lock(struct da_clr_lock_table *t, uint64_t lock_object);
/* Those in the Condition of a Lock: up to 10 it is another object, which stacks lead to. */
void da_clr_note_condition(struct da_clr_lock_table *t, uint64_t condition, uint64_t lock_object);
/* The same of a wait handle. */
void da_clr_note_handle(struct da_clr_lock_table *t, uint64_t handle_object);
void da_clr_wait_infos(struct da_clr_lock_table *t);
/*
 * A wait of a thread (index of proc.threads). Waits of one thread on one thing are one. Later ones
 * of the same thread are the outer ones, closer to what the program asked for: they become its
 * primary wait.
 */
void da_clr_wait_add(struct da_clr_lock_table *t, const struct da_wait *w);
/* Over the waits of one thread: the first, the one behind it; NULL: there is no (other) one. */
struct da_wait *da_clr_wait_first(struct da_clr_lock_table *t, uint32_t thread);
struct da_wait *da_clr_wait_next(struct da_clr_lock_table *t, const struct da_wait *w);

/* stack_waits.c: what stacks show. */

/* Lock objects and wait handles in the frames of a thread that waits: each is noted. */
void da_clr_stack_note_locks(struct da_clr_lock_table *t, uint32_t thread);
void da_clr_stack_waits(struct da_clr_lock_table *t);
/* Where the frame ends: its caller's stack pointer. */
uint64_t da_clr_frame_end(const struct da_thread *th, uint32_t frame);
/* The first frame of the thread (index of proc.threads), from the top, whose method begins so; or DA_NONE. */
uint32_t da_clr_frame_of(struct da_clr *c, uint32_t thread, const char *prefix);
/* "Type.Method" of a managed frame; NULL: none, or not known. */
const char *da_clr_frame_method(const struct da_frame *f);

/* class_init.c: class constructors. */
void da_clr_class_waits(struct da_clr_lock_table *t);

/* gc_waits.c: threads that stopped for a collection. */
void da_clr_gc_waits(struct da_clr_lock_table *t);

/* thin_locks.c: those on the stacks of their owners, less than certain. */
void da_clr_stack_thin_locks(struct da_clr_lock_table *t);

#endif
