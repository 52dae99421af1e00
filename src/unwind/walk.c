/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "unwind/fold.h"
#include "unwind/step.h"

#define BATCH 256 /* frames between two looks at the watch */
#define WORDS 16  /* of the stack that a step may look at, on average */
#define INSNS 16  /* instructions, the same */

const struct da_unwinder *const da_unwinders[] = {
#define DA_UNWINDER_ROW(name) &da_unwinder_##name,
#include "unwind/unwinders.def"
#undef DA_UNWINDER_ROW
};
const size_t da_unwinders_n = DA_ARRAY_SIZE(da_unwinders);

/* Scratch that threads share one after the other. */
struct scratch {
	struct da_arena *arena;
	struct da_walk_work work;
	struct da_fold fold;
};

struct loop {
	struct da_walk w;
	struct scratch *s;
	struct da_thread *t;
	struct da_map turns;   /* places to which sp went other than up: a second time is a cycle */
	bool guessed;          /* a frame so far was found by scanning */
	/* The first thing that went wrong at the frame at hand. */
	enum da_status failed;
	const char *failed_why;
	uint64_t failed_at;
};

static void end(struct loop *l, enum da_stack_end how, const char *why)
{
	l->t->end = (uint8_t)how;
	l->t->end_why = why;
}

static void set_kind(const struct loop *l, struct da_frame *f)
{
	struct da_guide_function g = { .kind = DA_FRAME_MANAGED }; /* DA_FAULT leaves it so */
	enum da_status guided = da_unwind_guide_function(&l->w, da_unwind_lookup(&l->w), &g);

	if (f->signal) {
		f->kind = DA_FRAME_STUB;
	} else if (guided != DA_NOT_FOUND) {
		f->kind = g.kind;
		if (!g.image) /* mappings of files can lie on both sides of it */
			f->module = DA_NONE;
	} else if (f->module != DA_NONE) {
		f->kind = DA_FRAME_NATIVE;
	} else if (da_unwind_code(&l->w, f->pc) != DA_CODE_NO) {
		f->kind = DA_FRAME_DYNAMIC;
	}
}

static void push_frame(struct loop *l)
{
	const struct da_process *p = &l->w.dump->proc;
	struct da_frame f = {
		.pc = da_unwind_pc(&l->w),
		.sp = da_unwind_sp(&l->w),
		.cfa = l->w.cfa,
		.trust = l->w.trust,
		.exact_pc = l->w.exact_pc,
		.signal = l->w.signal,
		.repeat = 1,
		.block_len = 1,
	};

	f.module = da_module_at(p, da_unwind_lookup(&l->w));
	set_kind(l, &f);
	da_fold_push(&l->s->fold, &f);
}

/* ---- one step */

static void remember(struct loop *l, enum da_status status, const char *why, uint64_t at)
{
	if (l->failed != DA_OK)
		return;
	l->failed = status;
	l->failed_why = why;
	l->failed_at = at;
}

/*
 * Does the walk get on? Stacks grow down, so a caller's sp is higher. It is not when a signal came in
 * on another stack, when a function switched stacks (other mapping), and for a leaf that used none.
 */
static bool progress(struct loop *l, const struct da_regs *caller, bool *ret_cycle)
{
	const struct da_arch *arch = l->w.dump->proc.arch;
	const struct da_memory *mem = &l->w.dump->proc.mem;
	uint64_t sp = da_unwind_sp(&l->w), pc = da_unwind_pc(&l->w);
	uint64_t to = caller->v[arch->sp], to_pc = caller->v[arch->pc];
	bool new;

	*ret_cycle = false;
	if (to > sp)
		return true;
	if (to == sp && arch->lr != DA_REG_NONE && l->w.exact_pc && to_pc != pc)
		return true;
	if (!l->w.signal && da_mem_range(mem, sp) == da_mem_range(mem, to))
		return false;
	da_map_put(l->s->arena, &l->turns, da_hash_mix(to) ^ to_pc, &new);
	*ret_cycle = !new;
	return new;
}

/* True: *ret is the caller. False: *ret_end, or none could do it. */
static bool try_one(struct loop *l, const struct da_unwinder *u, struct da_regs *ret, bool *ret_end)
{
	const struct da_arch *arch = l->w.dump->proc.arch;
	struct da_walk *w = &l->w;
	enum da_status st;
	bool cycle;

	w->cfa = w->fault = 0;
	w->signal = w->caller_exact_pc = w->caller_sp_guess = w->caller_has_args = false;
	w->why = NULL;
	ret->valid = 0;
	st = u->step(w, ret);
	*ret_end = st == DA_PARTIAL;
	if (st == DA_PARTIAL) {
		end(l, w->end, w->why);
		return false;
	}
	if (st == DA_OK && (!da_reg_known(ret, arch->pc) || !da_reg_known(ret, arch->sp)))
		st = DA_NOT_FOUND;
	if (st == DA_OK && u->trust == DA_TRUST_CFI && da_unwind_hijacked(w, ret)) {
		w->why = "its caller by unwind information is no code, and the runtime's own records tell another";
		st = DA_CORRUPT;
	}
	if (st == DA_OK)
		da_unwind_interrupted(w, ret);
	if (st == DA_OK && !progress(l, ret, &cycle)) {
		if (cycle) {
			end(l, DA_END_CYCLE, "the walk came back to a frame where it had been");
			*ret_end = true;
			return false;
		}
		w->why = "the stack pointer of its caller would lie below its own";
		st = DA_CORRUPT;
	}
	if (st == DA_OK)
		return true;
	if (st != DA_NOT_FOUND)
		remember(l, st, w->why, w->fault);
	w->cfa = 0;
	w->signal = w->caller_exact_pc = false;
	return false;
}

/* A frame surely known whose stack was not saved: what stands further up would be another story. */
static bool lost(const struct loop *l)
{
	return l->failed == DA_FAULT && l->failed_at && l->w.trust >= DA_TRUST_CFI;
}

static const struct da_unwinder *step(struct loop *l, struct da_regs *ret, bool *ret_end)
{
	l->failed = DA_OK;
	*ret_end = false;
	for (size_t i = 0; i < da_unwinders_n && !*ret_end && !lost(l); i++)
		if (try_one(l, da_unwinders[i], ret, ret_end))
			return da_unwinders[i];
	return NULL;
}

/* ---- why it ended */

static const char *no_unwind_info(struct loop *l)
{
	const struct da_process *p = &l->w.dump->proc;
	struct da_arena *a = l->w.dump->arena;
	uint32_t m = da_module_at(p, da_unwind_lookup(&l->w));

	if (l->failed == DA_FAULT && l->failed_why)
		return da_strdup(a, l->failed_why);
	if (m == DA_NONE)
		return "code without unwind information that belongs to no file, and nothing on its "
		       "stack looks like a return address";
	if (p->modules.v[m].match == DA_MATCH_NONE || p->modules.v[m].match == DA_MATCH_MISMATCH)
		return da_printf(a, "the file of " DA_SYM("%s") " is missing, and with it the unwind "
				 "information", p->modules.v[m].name ? p->modules.v[m].name : "?");
	return da_printf(a, DA_SYM("%s") " has no unwind information for this address, and nothing on "
			 "the stack looks like a return address",
			 p->modules.v[m].name ? p->modules.v[m].name : "?");
}

static void give_up(struct loop *l)
{
	struct da_arena *a = l->w.dump->arena;
	uint64_t pc = da_unwind_pc(&l->w), sp = da_unwind_sp(&l->w);
	uint8_t byte;

	if (l->failed == DA_FAULT && l->failed_at)
		end(l, DA_END_MISSING_MEMORY,
		    da_printf(a, "the memory at " DA_ADDR("0x%" PRIx64) " is not in the dump",
			      l->failed_at));
	else if (da_mem_u8(&l->w.dump->proc.mem, sp, &byte) != DA_OK)
		end(l, DA_END_MISSING_MEMORY,
		    da_printf(a, "the stack at " DA_ADDR("0x%" PRIx64) " is not in the dump", sp));
	else if (da_unwind_code(&l->w, pc) == DA_CODE_NO && l->w.exact_pc)
		end(l, DA_END_CORRUPT,
		    da_printf(a, "no code is at " DA_ADDR("0x%" PRIx64) ", and nothing on the stack "
			      "looks like a return address", pc));
	else if (da_unwind_code(&l->w, pc) == DA_CODE_NO)
		end(l, DA_END_CORRUPT,
		    da_printf(a, "the return address " DA_ADDR("0x%" PRIx64) " is not code: the stack "
			      "was overwritten or misread", pc));
	else if (l->failed == DA_CORRUPT || l->failed == DA_LIMIT || l->failed == DA_UNSUPPORTED)
		end(l, DA_END_CORRUPT,
		    l->failed_why ? l->failed_why : "the unwind information here is damaged");
	else
		end(l, DA_END_NO_UNWIND_INFO, no_unwind_info(l));
}

/* ---- the walk */

/*
 * From native code to a managed caller. Where the runtime has a record of such a call the walk went by it
 * and not by a guess.
 */
static bool enters_managed(const struct da_walk *w, const struct da_regs *caller)
{
	struct da_guide_function g;

	return da_unwind_guide_function(w, caller->v[w->dump->proc.arch->pc] - 1, &g) != DA_NOT_FOUND &&
	       da_unwind_guide_function(w, da_unwind_lookup(w), &g) == DA_NOT_FOUND;
}

static void walk(struct loop *l)
{
	struct da_dump *d = l->w.dump;
	const struct da_unwinder *u;
	struct da_regs caller;
	bool ended;

	for (;;) {
		u = step(l, &caller, &ended);
		push_frame(l);
		l->w.depth++;
		if (ended)
			return;
		if (!u) {
			give_up(l);
			return;
		}
		l->guessed = l->guessed || u->trust == DA_TRUST_SCAN;
		if (l->guessed && enters_managed(&l->w, &caller)) {
			end(l, DA_END_NO_UNWIND_INFO, "a guess led on to managed code of which the runtime has no record "
			    "on this stack: what stands there is left over");
			return;
		}
		if (l->w.depth >= d->limits->steps) {
			end(l, DA_END_LIMIT,
			    da_printf(d->arena, "more than %u frames", l->w.depth));
			return;
		}
		if (l->w.depth % BATCH == 0 && da_stop(d->watch)) {
			end(l, DA_END_LIMIT, "the time for reading stacks was over");
			return;
		}
		l->w.regs = caller;
		l->w.exact_pc = l->w.signal || l->w.caller_exact_pc;
		l->w.sp_guess = l->w.caller_sp_guess;
		l->w.has_args = l->w.caller_has_args;
		l->w.args = l->w.caller_args;
		l->w.trust = (uint8_t)u->trust;
	}
}

static void keep_frames(struct loop *l)
{
	struct da_fold *f = &l->s->fold;
	struct da_arena *a = l->w.dump->arena;
	uint64_t cut;

	da_fold_finish(f, &cut);
	l->t->frames.v = da_memdup(a, f->frames.v, f->frames.n * sizeof(*f->frames.v));
	l->t->frames.n = l->t->frames.cap = f->frames.n;
	l->t->skipped_frames = f->skipped;
	if (cut)
		end(l, DA_END_LIMIT,
		    da_printf(a, "%" PRIu64 " frames further out were found and not kept", cut));
}

static void unwind(struct da_dump *d, struct da_symbols *s, const struct da_unwind_guide *g, struct da_thread *t,
		   struct scratch *scratch)
{
	const struct da_arch *arch = d->proc.arch;
	struct loop l = {
		.w = { .dump = d, .symbols = s, .guide = g, .thread = t, .regs = t->regs, .exact_pc = true,
		       .trust = DA_TRUST_CONTEXT },
		.s = scratch,
		.t = t,
	};

	t->frames.n = 0;
	t->skipped_frames = 0;
	if (!arch || !da_reg_known(&t->regs, arch->pc) || !da_reg_known(&t->regs, arch->sp)) {
		end(&l, DA_END_NO_UNWIND_INFO, "the registers of the thread are not known");
		return;
	}
	scratch->work = (struct da_walk_work){ .words = d->limits->steps * WORDS,
					       .follows = d->limits->steps,
					       .insns = d->limits->steps * INSNS };
	l.w.work = &scratch->work;
	scratch->fold.max = d->limits->frames;
	da_fold_reset(&scratch->fold);
	if (arch->full) {
		da_mem_as(&d->proc.mem, t);
		walk(&l);
		da_mem_as(&d->proc.mem, NULL);
	} else {
		push_frame(&l);
		end(&l, DA_END_NO_UNWIND_INFO, "stacks of this kind of processor are not read");
	}
	keep_frames(&l);
}

/* Where the thread that raised the exception stood when the dump was made: a stack of its own. */
static void unwind_dispatch(struct da_dump *d, struct da_symbols *s, const struct da_unwind_guide *g,
			    struct da_thread *t, struct scratch *scratch)
{
	struct da_thread then = *t;

	then.regs = *t->dispatch_regs;
	memset(&then.frames, 0, sizeof(then.frames));
	unwind(d, s, g, &then, scratch);
	t->dispatch_frames.v = then.frames.v;
	t->dispatch_frames.n = t->dispatch_frames.cap = then.frames.n;
	t->dispatch_end = then.end;
	t->dispatch_why = then.end_why;
}

void da_unwind_run(struct da_dump *d, struct da_symbols *s, const struct da_unwind_guide *g)
{
	struct scratch scratch = { .arena = da_arena_new() };
	size_t n = d->proc.threads.n;

	scratch.fold.arena = scratch.arena;
	for (size_t i = 0; i < n; i++) {
		struct da_thread *t = &d->proc.threads.v[i];

		da_watch_progress(d->watch, i, n);
		if (da_stop(d->watch)) {
			t->end = DA_END_LIMIT;
			t->end_why = "the time for reading stacks was over";
		} else if (!da_watch_item(d->watch, DA_ITEM_THREAD, i)) {
			t->end = DA_END_LIMIT;
			t->end_why = "reading this stack failed before; it was left out";
		} else {
			unwind(d, s, g, t, &scratch);
			if (t->dispatch_regs)
				unwind_dispatch(d, s, g, t, &scratch);
		}
	}
	da_watch_idle(d->watch);
	da_watch_progress(d->watch, n, n);
	da_arena_free(scratch.arena);
}
