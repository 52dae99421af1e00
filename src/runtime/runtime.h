/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime: what a language runtime kept about its threads, code and objects, read from the dump alone.
 * Its debugging libraries are not used; how a version lays its structures out is data, chosen by
 * self-checks. Nothing of a runtime's own words is seen outside of this room.
 *
 * To add one: src/runtime/NAME/ (or NAME.c) with a struct da_runtime_ops, one line in runtimes.def, one in
 * local.mk, a test and a sample.
 */
#ifndef DA_RUNTIME_RUNTIME_H
#define DA_RUNTIME_RUNTIME_H

#include "model/model.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"

struct da_runtime_options {
	bool ignore_own; /* for tests: built-in tables skip the rows of exactly this build */
};

struct da_runtime_ops {
	const char *name;
	/*
	 * Is this module such a runtime? DA_OK: *ret is its state (in the dump's arena), and it stands in
	 * proc.runtimes, its threads in proc.managed_threads, its assemblies in proc.assemblies, as far as it
	 * could be read; DA_NOT_FOUND.
	 */
	enum da_status (*open)(struct da_dump *d, struct da_symbols *s, uint32_t module,
			       const struct da_runtime_options *o, void **ret);
	/* The rest may be NULL. */
	enum da_status (*function)(void *state, uint64_t pc, struct da_guide_function *ret);
	enum da_status (*transition)(void *state, const struct da_thread *t, const struct da_regs *at,
				     struct da_guide_caller *ret);
	enum da_status (*interrupted)(void *state, const struct da_thread *t, const struct da_regs *at,
				      struct da_guide_caller *ret);
	/* What stands at pc of managed code; NULL: it is not of this runtime. caller: pc - 1 is looked up for lines. */
	const struct da_place *(*place)(void *state, uint64_t pc, bool caller);
	/* Exceptions, names of threads, locks and waits, after stacks and names. */
	void (*objects)(void *state);
};

#define DA_RUNTIME_ROW(name) extern const struct da_runtime_ops da_runtime_##name;
#include "runtime/runtimes.def"
#undef DA_RUNTIME_ROW

struct da_runtimes; /* those of one process */

/* Find them and read what is known at once. Never NULL; empty where there are none. */
struct da_runtimes *da_runtimes_open(struct da_dump *d, struct da_symbols *s, const struct da_runtime_options *o);
/* For da_unwind_run; NULL: no runtime has code. */
const struct da_unwind_guide *da_runtimes_guide(struct da_runtimes *r);
/* Places of managed frames, before da_symbols_run fills the others. */
void da_runtimes_name(struct da_runtimes *r);
void da_runtimes_objects(struct da_runtimes *r);

#endif
