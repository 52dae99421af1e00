/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slim: the locks of System.Threading that are managed objects through and through, read by their
 * fields: SemaphoreSlim, ReaderWriterLockSlim, ManualResetEventSlim, CountdownEvent, Barrier, Task,
 * Thread.
 */
#ifndef DA_RUNTIME_CORECLR_SLIM_H
#define DA_RUNTIME_CORECLR_SLIM_H

#include "runtime/coreclr/locks.h"

/* By its own fields, does this object of the right type make a thread (of proc.managed_threads)
 * wait? */
bool da_clr_slim_waited(struct da_clr_lock_table *t, enum da_lock_kind kind, uint64_t object,
			uint32_t managed);
/*
 * A ReaderWriterLockSlim lets nobody wait for himself: who holds it for writing enters again or gets an exception. So a
 * thread that waits for one that names it as its owner holds it for upgradeable reading and wants to write, and readers
 * must leave: in words; NULL: it is no such wait.
 */
const char *da_clr_slim_upgrade(struct da_clr_lock_table *t, uint32_t lock, uint32_t thread);
/* task_runners.c: the thread (index of proc.threads) that runs this task now; DA_NONE: none, or not known. */
uint32_t da_clr_task_runner(struct da_clr_lock_table *t, uint64_t task);
/* The lock of the model for it; monitors and Lock objects too. DA_NONE: none of its own. */
uint32_t da_clr_slim_lock(struct da_clr_lock_table *t, enum da_lock_kind kind, uint64_t object);

#endif
