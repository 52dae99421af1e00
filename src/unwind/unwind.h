/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind: from a thread's registers to its stack, one step at a time.
 *
 * For each frame the unwinders of unwinders.def are tried in order until one gives the caller's
 * registers: call frame information, the kernel's signal frame, the return address on top of the
 * stack (a jump into nowhere), the frame pointer rule, then a scan of the stack. Each frame keeps how
 * it was found (trust). The loop checks progress (sp grows unless a signal frame or another stack
 * explains it, no pc and sp pair twice), bounds everything, and says why the walk ended.
 *
 * To add one: src/unwind/NAME.c with a struct da_unwinder, one line in unwinders.def, one in
 * local.mk, a test.
 */
#ifndef DA_UNWIND_UNWIND_H
#define DA_UNWIND_UNWIND_H

#include "model/model.h"
#include "symbol/symbol.h"

struct da_walk {
	struct da_dump *dump;
	struct da_symbols *symbols;
	const struct da_thread *thread;
	struct da_regs regs;   /* of the frame at hand; pc and sp are known */
	bool exact_pc;         /* pc is the instruction at hand, not a return address */
	uint8_t trust;         /* how the frame at hand was found */
	unsigned depth;        /* frames so far, folded ones counted */
	uint64_t cfa;          /* set by a step that knows it */
	bool signal;           /* set by a step: the frame at hand is a signal frame; the caller was interrupted */
	const char *why;       /* set with DA_NOT_FOUND or worse: one clause, rich */
	uint8_t end;           /* enum da_stack_end, set by the step that ends the stack */
};

struct da_unwinder {
	const char *name;
	enum da_trust trust;   /* of the frames it finds */
	/*
	 * The caller's registers from w->regs. DA_OK; DA_NOT_FOUND: not mine, try the next; DA_PARTIAL:
	 * this is the outermost frame (w->end, w->why); DA_FAULT, DA_CORRUPT: mine, but it cannot be
	 * done, try the next and remember why.
	 */
	enum da_status (*step)(struct da_walk *w, struct da_regs *ret);
};

extern const struct da_unwinder *const da_unwinders[];
extern const size_t da_unwinders_n;

/* Walk one thread; fills frames, end, end_why. `first` (may be NULL) is tried before all others. */
void da_unwind_thread(struct da_dump *d, struct da_symbols *s, struct da_thread *t,
		      const struct da_unwinder *first);
/* Walk all; one thread is one item of the watch. */
void da_unwind_run(struct da_dump *d, struct da_symbols *s);

#endif
