/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind: from a thread's registers to its stack, one step at a time.
 *
 * For each frame the unwinders of unwinders.def are tried in order until one gives the caller's
 * registers: the kernel's signal frame, Windows' exception dispatcher, the unwind data of managed code,
 * call frame information, the places where threads begin, the return address on top of the stack (a jump
 * into nowhere), a runtime's record of who left managed code, what the code does until its ret (x86), the
 * frame pointer rule, then a scan of the stack. Each frame keeps
 * how it was found (trust). The loop checks progress (sp grows unless a signal frame or another stack
 * explains it, no pc and sp pair twice), bounds everything, and says why the walk ended.
 *
 * Recursion is folded: a cycle of 1 to 64 frames that repeats more than 50 times is kept once, with
 * its count in frame.repeat; the frames inside and outside of it stay. Ordinary frames have repeat and
 * block_len 1.
 *
 * To add one: src/unwind/NAME.c with a struct da_unwinder, one line in unwinders.def, one in
 * local.mk, a test.
 */
#ifndef DA_UNWIND_UNWIND_H
#define DA_UNWIND_UNWIND_H

#include "model/model.h"
#include "symbol/symbol.h"

/*
 * What a language runtime tells the walk about code that stands in no file's tables. Asked by the
 * unwinders "managed" (function) and "transition"; answers hold for the whole walk.
 */
struct da_guide_function {
	uint64_t base;  /* what start, end and unwind count from */
	struct da_pe_function f; /* end 0: not known; of a stub: it is no function and has no unwind data */
	bool image;     /* it was compiled ahead and stands in a file */
	bool clr;       /* the codes are CoreCLR's dialect: operation 6 sets up a large frame offset, 11 too */
	uint8_t kind;   /* enum da_frame_kind */
};
/* A caller that the runtime's own records on the stack know of. */
struct da_guide_caller {
	struct da_regs regs;
	bool sp_guess;  /* its sp is only a lower bound */
	bool exact_pc;  /* it was interrupted: pc is the instruction at hand */
};
struct da_unwind_guide {
	void *ctx;
	/* DA_OK: pc is code of the runtime's making; DA_NOT_FOUND: it is not; DA_FAULT: it is, no more is known. */
	enum da_status (*function)(void *ctx, uint64_t pc, struct da_guide_function *ret);
	/*
	 * The way out of native code by the runtime's own records on the stack: the next managed caller's
	 * registers. *at: those of the native frame. Only records above its sp count. DA_NOT_FOUND: none.
	 */
	enum da_status (*transition)(void *ctx, const struct da_thread *t, const struct da_regs *at,
				     struct da_guide_caller *ret);
	/*
	 * Native code has led to *at in managed code: was it interrupted there, by a fault? Then all of its
	 * registers; native unwinding may lack some, or be on a stack of its own. May be NULL.
	 */
	enum da_status (*interrupted)(void *ctx, const struct da_thread *t, const struct da_regs *at,
				      struct da_guide_caller *ret);
};

struct da_walk_work; /* budgets and short memories of one stack: step.h */

struct da_walk {
	struct da_dump *dump;
	struct da_symbols *symbols;
	const struct da_unwind_guide *guide; /* NULL: no runtime */
	const struct da_thread *thread;
	struct da_regs regs;   /* of the frame at hand; pc and sp are known */
	bool exact_pc;         /* pc is the instruction at hand, not a return address */
	uint8_t trust;         /* how the frame at hand was found */
	unsigned depth;        /* frames so far, folded ones counted */
	struct da_walk_work *work; /* may be NULL */
	bool has_args;         /* args is known: x86 of Windows */
	uint32_t args;         /* bytes of arguments that the frame pushed for its callee */
	bool sp_guess;         /* sp is only a lower bound: aarch64 behind a frame record or a scan */
	/* Set by a step; zero before each. */
	uint64_t cfa;          /* the caller's sp, where it is known for sure */
	bool signal;           /* the frame at hand is a signal frame; the caller was interrupted */
	bool caller_exact_pc;  /* the caller was interrupted, and no signal frame stands between */
	bool caller_has_args;  /* has_args and args of the caller */
	uint32_t caller_args;
	bool caller_sp_guess;  /* sp_guess of the caller */
	const char *why;       /* with DA_PARTIAL, DA_FAULT, DA_CORRUPT: one clause, rich or constant */
	uint64_t fault;        /* with DA_FAULT: the address that is not in the dump, or 0 */
	uint8_t end;           /* with DA_PARTIAL: enum da_stack_end */
};

struct da_unwinder {
	const char *name;
	enum da_trust trust;   /* of the frames it finds */
	/*
	 * The caller's registers from w->regs; *ret is all unknown before. DA_OK: pc and sp are known;
	 * DA_NOT_FOUND: not mine, try the next; DA_PARTIAL: this is the outermost frame (w->end,
	 * w->why); DA_FAULT, DA_CORRUPT: mine, but it cannot be done, try the next and remember why.
	 */
	enum da_status (*step)(struct da_walk *w, struct da_regs *ret);
};

extern const struct da_unwinder *const da_unwinders[];
extern const size_t da_unwinders_n;

/* Walk all threads; fills frames, end, end_why of each. One thread is one item of the watch. g may be NULL. */
void da_unwind_run(struct da_dump *d, struct da_symbols *s, const struct da_unwind_guide *g);

/*
 * The exception that KiUserExceptionDispatcher of Windows was called with, from its frame's stack
 * pointer: the registers at the exception and its record. False: none that proves itself is there.
 */
bool da_unwind_dispatched(const struct da_process *p, struct da_arena *a, uint64_t sp, struct da_regs *ret_regs,
			  struct da_exception_record *ret);

#endif
