/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait: what each native thread waits for, who must act, and what state and role a thread has.
 *
 * Fills proc.locks and proc.waits (model/locks.h), and state and role of every thread; and says whether the times of
 * the only thread can be those of others (times_with_ended). It runs behind the
 * language runtimes: a wait that one of them found is more specific than the system call beneath it, which
 * is then added as evidence and is not primary. Nothing is judged here: cycles, chains and what they mean
 * are made of these facts by analyze/.
 *
 * What confidence means, of an owner (da_lock.confidence) and of a wait (da_wait.confidence):
 *   0.9 and more   two witnesses that do not depend on each other: the lock's word and the owner's stack, the
 *                  kernel's own rule (PI, robust list), the name of the function and the shape of the memory
 *   0.7 to 0.9     one witness, and nothing that can be checked speaks against it
 *   0.6            it is more likely than not
 *   below          a guess. Where facts contradict each other the owner is left unknown (DA_NONE) and `how`
 *                  says what contradicts
 * A lock word that lies (the id of another thread) can look right in every field: so an owner known by its
 * word alone never has more than 0.85. Where no name tells whose code sleeps (static and stripped), the form of the
 * memory makes at most 0.55 of a wait and 0.5 of an owner: locks of programs' own look like mutexes. A program that
 * makes the call itself waits for nothing of the C library's. Ids older than the process are a parent's, whose locks a
 * fork copied.
 *
 * Linux: x86_64, i386, aarch64; glibc from 2.17 on (verified 2.31 to 2.43) and musl, told apart by the shape
 * of what is in memory, so that neither symbols nor versions are needed. To add a primitive: src/wait/NAME.c
 * with one recogniser, one line in families.def, the names of its functions in names.def, one in local.mk, a
 * program in tests/wait, a unit test that lies.
 *
 * Windows (nt.h): x64, x86 (WOW64 too), ARM64 as far as names and the registers that calls keep go; Wine. The names of
 * functions tell what for: those of exports suffice, and on x64 the numbers of the main system calls where no file is at
 * hand. A function more is a line in nt_names.def, and a kind of its own where it is a new one.
 */
#ifndef DA_WAIT_WAIT_H
#define DA_WAIT_WAIT_H

#include "model/model.h"
#include "symbol/symbol.h"

/* s may be NULL: then nothing is known but what memory and registers tell. One thread is one item of the watch. */
void da_wait_run(struct da_dump *d, struct da_symbols *s);

#endif
