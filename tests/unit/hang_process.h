/* SPDX-License-Identifier: Apache-2.0 */
/* Processes made by hand of which only threads, locks and waits are known. */
#ifndef HANG_PROCESS_H
#define HANG_PROCESS_H

#include "model/model.h"

/* n threads without frames. */
static inline struct da_dump *threads(uint32_t n)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;

	d->origin = (struct da_origin){ .file = "core.7", .bytes = 4096, .format = "elf-core", .writer = "gcore" };
	p->arch = da_arch_by_elf(62, 2, false);
	p->arch_name = "x86_64";
	p->bits = 64;
	p->os = DA_OS_LINUX;
	p->name = "ordersd";
	for (uint32_t i = 0; i < n; i++)
		*da_vec_add(d->arena, &p->threads) = (struct da_thread){ .tid = 100 + i, .state = DA_STATE_IDLE };
	return d;
}

/* A mutex at 0x1000 * (i + 1) owned by a thread (DA_NONE: a thread that is gone). */
static inline uint32_t lock(struct da_dump *d, uint32_t owner, float confidence)
{
	uint32_t i = (uint32_t)d->proc.locks.n;

	*da_vec_add(d->arena, &d->proc.locks) = (struct da_lock){
		.address = 0x1000 * (i + 1), .kind = DA_LOCK_PTHREAD_MUTEX, .owner = owner,
		.state = owner == DA_NONE ? DA_LOCK_ORPHANED : DA_LOCK_HELD, .owner_tid = owner == DA_NONE ? 4711 : 0,
		.confidence = confidence, .how = "the owner field holds its id",
	};
	return i;
}

static inline void wait(struct da_dump *d, uint32_t thread, uint32_t lock, float confidence)
{
	*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){
		.thread = thread, .lock = lock, .address = d->proc.locks.v[lock].address,
		.owner = d->proc.locks.v[lock].owner, .kind = DA_LOCK_PTHREAD_MUTEX, .primary = true, .frame = DA_NONE,
		.how = "futex", .confidence = confidence,
	};
	d->proc.threads.v[thread].state = DA_STATE_BLOCKED;
}

/* `thread` waits for a lock that `owner` has. */
static inline void behind(struct da_dump *d, uint32_t thread, uint32_t owner)
{
	wait(d, thread, lock(d, owner, 0.95f), 0.95f);
}

#endif
