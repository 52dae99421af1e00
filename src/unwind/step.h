/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step: what the unwinders of this room share: is an address code, is it a return address, where does
 * a stack end, the value of a DWARF expression.
 */
#ifndef DA_UNWIND_STEP_H
#define DA_UNWIND_STEP_H

#include "image/pe.h"
#include "unwind/unwind.h"

#define DA_UNWINDER_ROW(name) extern const struct da_unwinder da_unwinder_##name;
#include "unwind/unwinders.def"
#undef DA_UNWINDER_ROW

/*
 * What one stack may cost beyond its frames: words looked at, frames followed to see where a guess
 * leads, instructions read. Only hostile stacks use them up; then guesses are no longer checked, or not
 * made.
 */
struct da_walk_work {
	uint64_t words, follows, insns;
	/* Answers about functions, by pc: recursion asks the same again and again. */
	struct {
		uint64_t pc;
		uint8_t answer; /* 0: empty */
	} frames[64];
};

static inline bool da_unwind_spend(uint64_t *budget)
{
	if (*budget)
		(*budget)--;
	return *budget > 0;
}

/* DA_CODE_MAYBE: a mapping known by name only (gcore leaves text out of the program headers). */
enum da_code { DA_CODE_NO, DA_CODE_MAYBE, DA_CODE_YES };
enum da_code da_unwind_code(const struct da_walk *w, uint64_t pc);

/*
 * Can the address be where a call returns to? Where its code is known it stands behind a call, or is
 * a signal trampoline; where it is not, it stands inside a function that some table knows.
 */
bool da_unwind_is_return(const struct da_walk *w, uint64_t address);

/*
 * The caller of an innermost frame in which nothing was done since the call: the return address is still on top of the
 * stack or in the link register. DA_NOT_FOUND: what is there is none; DA_FAULT: w->fault is not in the dump.
 */
enum da_status da_unwind_call(struct da_walk *w, struct da_regs *ret);

/* The mapping of the stack: that of sp, or when the stack is overrun the one above; or NULL. */
const struct da_range *da_unwind_stack(const struct da_walk *w, uint64_t sp);
/* The end of the stack that holds sp: of its mapping, or where the thread's control block begins. */
uint64_t da_unwind_stack_end(const struct da_walk *w, uint64_t sp);

/* Could this be a frame pointer of a caller: above `above`, on the same stack, aligned? */
bool da_unwind_is_frame_pointer(const struct da_walk *w, uint64_t fp, uint64_t above);

/* The start of the function that holds the frame's pc, if a table knows it; 0 otherwise. */
uint64_t da_unwind_function(const struct da_walk *w);

/* x86: the caller by what the code behind pc does until its ret; it is a return address. */
bool da_unwind_run_code(const struct da_walk *w, struct da_regs *ret);
/* x86: stands a direct call of the function at hand (or of where it may begin) before the address? */
bool da_unwind_is_called_from(const struct da_walk *w, uint64_t address);

/*
 * Follow the unwind information from a supposed caller: a real frame leads to return addresses up to
 * the thread's beginning, a dead slot of the stack soon to something that is none.
 */
enum da_way { DA_WAY_ASTRAY, DA_WAY_UNKNOWN, DA_WAY_HOME };
enum da_way da_unwind_way(const struct da_walk *w, const struct da_regs *from);

/*
 * Undo a function by unwind data as Windows has it, pe_x64.c and pe_arm64.c: the caller's registers, or what
 * da_unwinder.step returns. DA_NOT_FOUND: the data is not in the dump.
 */
enum da_status da_unwind_undo_x64(struct da_walk *w, const struct da_guide_function *g, struct da_regs *ret);
enum da_status da_unwind_undo_arm64(struct da_walk *w, const struct da_guide_function *g, struct da_regs *ret);
/* From native code into managed code: *ret as the guide's records have it, where it was interrupted. */
void da_unwind_interrupted(struct da_walk *w, struct da_regs *ret);
/* Leads unwind information to no code, where the runtime's own records on the stack tell a managed caller? */
bool da_unwind_hijacked(struct da_walk *w, const struct da_regs *by);
/* What the guide knows of an address; DA_NOT_FOUND without a guide. */
enum da_status da_unwind_guide_function(const struct da_walk *w, uint64_t pc, struct da_guide_function *ret);
/* The function there that counts from this base. */
enum da_status da_unwind_guided(const struct da_walk *w, uint64_t base, uint64_t pc, struct da_pe_function *ret);

/* Registers that hold for the whole thread (thread pointer), known in every frame. */
void da_unwind_keep(const struct da_walk *w, struct da_regs *ret);

/* Code that belongs to no file: made at run time. */
static inline bool da_unwind_made_at_run_time(const struct da_walk *w, uint64_t pc)
{
	return da_module_at(&w->dump->proc, pc) == DA_NONE &&
	       da_unwind_code(w, pc) == DA_CODE_YES;
}

static inline uint64_t da_unwind_pc(const struct da_walk *w)
{
	return w->regs.v[w->dump->proc.arch->pc];
}
static inline uint64_t da_unwind_sp(const struct da_walk *w)
{
	return w->regs.v[w->dump->proc.arch->sp];
}
/* The address to look up for the frame at hand: a return address may be the next function's start. */
static inline uint64_t da_unwind_lookup(const struct da_walk *w)
{
	return da_unwind_pc(w) - (w->exact_pc ? 0 : 1);
}

/* A word of the stack; where that is not known, the walk remembers the address. */
static inline enum da_status da_unwind_word(struct da_walk *w, uint64_t addr, uint64_t *ret)
{
	enum da_status st = da_mem_word(&w->dump->proc.mem, addr, ret);

	if (st != DA_OK)
		w->fault = addr;
	return st;
}

/* The step ends, with a clause on why. */
static inline enum da_status da_unwind_corrupt(struct da_walk *w, const char *why)
{
	w->why = why;
	return DA_CORRUPT;
}

/* ---- DWARF expressions, as they stand in call frame information */

struct da_expr {
	const struct da_arch *arch;
	const struct da_memory *mem;
	const struct da_regs *regs;
	uint64_t max_ops;    /* operations done, loops counted */
	bool has_cfa;        /* false while the CFA itself is computed */
	uint64_t cfa;        /* on the stack at the start, where has_cfa */
	uint64_t fault;      /* set with DA_FAULT by memory: its address */
};

/* DA_OK; DA_FAULT: memory or a register is not known; DA_CORRUPT, DA_UNSUPPORTED, DA_LIMIT. */
enum da_status da_expr_eval(struct da_expr *e, const struct da_op *ops, uint32_t nops, uint64_t *ret);

#endif
