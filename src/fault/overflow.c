/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack that ran out. What proves it is the stack pointer: at the low end of the thread's stack, and
 * the failed access just there, in the guard. glibc makes the guard without access (SEGV_ACCERR); since
 * 2.42 by madvise inside the mapping, where the kernel says SEGV_MAPERR although the map shows memory.
 * The main stack ends where the kernel refuses to grow it.
 */
#include "config.h"

#include "base/checked.h"
#include "fault/parts.h"

#define PAGE UINT64_C(0x1000)
/* call and push reach 8 bytes below sp, leaf functions 128, probes of big frames a page. */
#define BELOW_SP UINT64_C(0x1000)
/* The kernel keeps stack_guard_gap, 256 pages, free below the main stack. */
#define STACK_GAP UINT64_C(0x100000)
/* Guards that madvise made inside the mapping: a page, 64 KiB on aarch64. */
#define GUARD_MAX UINT64_C(0x10000)
/* Frames larger than this are no frames but a wild stack pointer. */
#define FRAME_MAX UINT64_C(0x4000000)
/* Fewer rounds are an ordinary recursion. */
#define ROUNDS_MIN 8

static bool is_stack(const struct da_range *r)
{
	return r && r->module == DA_NONE && (!r->has_prot || (r->prot & DA_PROT_W));
}

/* The lowest usable address of the stack that sp fell out of. */
static bool low_end(const struct da_fault *f, uint64_t *ret_limit, uint64_t *ret_base)
{
	const struct da_range *r = da_mem_range(&f->p->mem, f->sp), *above;

	if (f->t->stack_base && f->sp < f->t->stack_base) {
		*ret_limit = f->t->stack_limit;
		*ret_base = f->t->stack_base;
		return true;
	}
	da_fault_around(&f->p->mem, f->sp, &above);
	if (r && r->has_prot && r->prot == 0) {
		if (!is_stack(above) || above->start != r->end)
			return false;
		r = above;
	} else if (!r && is_stack(above) && above->start - f->sp <= STACK_GAP) {
		r = above;
	}
	if (!is_stack(r))
		return false;
	*ret_limit = r->start;
	*ret_base = r->end;
	return true;
}

/* Is the address where this stack's guard would be? */
static bool in_guard(const struct da_fault *f, uint64_t addr, uint64_t limit)
{
	const struct da_range *r = da_mem_range(&f->p->mem, addr);

	if (addr >= limit)
		return false;
	if (!r)
		return limit - addr <= STACK_GAP;
	if (r->has_prot && r->prot == 0)
		return r->end == limit;
	return f->e->has_info && f->e->subcode == DA_SEGV_MAPERR && limit - addr <= GUARD_MAX;
}

/*
 * A guard in the middle of memory that the map shows as one: sp has walked into it. Stacks that a
 * program made for itself are found by nothing else.
 */
static bool inner_guard(const struct da_fault *f, uint64_t addr, uint64_t *ret_limit, uint64_t *ret_base)
{
	const struct da_range *r = da_mem_range(&f->p->mem, addr);

	if (!f->e->has_info || f->e->subcode != DA_SEGV_MAPERR || !is_stack(r) || f->sp < r->start ||
	    f->sp >= r->end || addr - f->sp + BELOW_SP > 2 * BELOW_SP)
		return false;
	*ret_limit = (addr & ~(PAGE - 1)) + PAGE;
	*ret_base = f->t->stack_base > *ret_limit ? f->t->stack_base : r->end;
	return true;
}

/* A frame larger than the guard: its caller is still on the stack, sp is far below. */
static bool huge_frame(const struct da_fault *f, uint64_t addr, uint64_t *ret_limit, uint64_t *ret_base)
{
	const struct da_frame *frame;
	const struct da_range *r;

	if (f->t->frames.n < f->top + 2)
		return false;
	frame = &f->t->frames.v[f->top];
	if (!frame->cfa || frame[1].trust < DA_TRUST_CFI)
		return false;
	r = da_mem_range(&f->p->mem, frame->cfa);
	if (!is_stack(r) || f->sp >= r->start || frame->cfa - f->sp > FRAME_MAX)
		return false;
	/* the access itself is inside the frame that did not fit */
	if (addr < f->sp - BELOW_SP || addr >= r->start)
		return false;
	*ret_limit = r->start;
	*ret_base = r->end;
	return true;
}

void da_fault_find_cycle(struct da_fault *f)
{
	uint64_t most = 0;

	for (size_t i = 0; i < f->t->frames.n; i++) {
		const struct da_frame *frame = &f->t->frames.v[i];
		uint64_t frames = (uint64_t)frame->repeat * frame->block_len;

		if (frame->repeat < ROUNDS_MIN || frames <= most)
			continue;
		most = frames;
		f->e->cycle_len = frame->block_len;
		f->e->cycle_count = frame->repeat;
	}
}

static void found(struct da_fault *f, uint64_t limit, uint64_t base)
{
	uint32_t thread = f->e->thread + 1;

	f->e->cause = DA_CAUSE_STACK_OVERFLOW;
	f->e->below_stack = limit > f->sp ? limit - f->sp : 0;
	if (!f->t->stack_base || (f->e->has_address && f->e->address >= f->t->stack_limit)) {
		f->t->stack_limit = limit;
		f->t->stack_base = base;
	}
	if (f->e->has_address)
		f->e->near = da_printf(f->d->arena, f->t->role == DA_ROLE_MAIN
						? "just below the stack of " DA_REF("t%u")
						: "guard page below the stack of " DA_REF("t%u"),
				       thread);
	da_fault_find_cycle(f);
}

/* A write through the stack pointer (push, call, a store or probe of a frame) whose first byte is in the guard. */
static bool writes_guard(const struct da_fault *f, uint64_t limit, uint64_t *ret_addr)
{
	for (unsigned i = 0; f->has_insn && i < f->insn.nmem; i++) {
		const struct da_memop *m = &f->insn.mem[i];
		bool by_sp = m->base == f->p->arch->sp || (m->implicit && !f->insn.repeated);

		if (m->known && !m->probes && (m->access & DA_MEM_WRITE) && by_sp && in_guard(f, m->addr, limit)) {
			*ret_addr = m->addr;
			return true;
		}
	}
	return false;
}

/*
 * A signal whose frame found no room, for the handler had no alternate stack, or one that was full too: the
 * kernel then kills with SIGSEGV, SI_KERNEL and no address. The CPU's own refusals have that code as well, but are
 * of addresses that no program can have and of vectors that are not aligned, never of a write into a guard.
 */
static bool no_room_for_signal(const struct da_fault *f, uint64_t limit)
{
	struct da_exception *e = f->e;
	uint64_t addr;

	if (f->sp < limit && in_guard(f, f->sp, limit))
		return true;
	if (e->code != DA_SIGSEGV || !e->is_signal || !e->has_info || e->subcode != DA_SI_KERNEL || f->sp < limit ||
	    f->sp >= limit + PAGE || !writes_guard(f, limit, &addr))
		return false;
	e->has_address = e->address_derived = true;
	e->address = addr;
	e->access = DA_ACCESS_WRITE;
	return true;
}

void da_fault_overflow(struct da_fault *f)
{
	struct da_exception *e = f->e;
	uint64_t limit, base;
	bool known;

	if (!f->t || (e->cause != DA_CAUSE_ACCESS && e->cause != DA_CAUSE_BEYOND_FILE) ||
	    e->access == DA_ACCESS_EXECUTE || !f->p->arch)
		return;
	known = low_end(f, &limit, &base);
	if (!e->has_address) {
		if (known && no_room_for_signal(f, limit))
			found(f, limit, base);
		return;
	}
	if (known && f->sp < limit + BELOW_SP && e->address >= f->sp - BELOW_SP &&
	    in_guard(f, e->address, limit))
		found(f, limit, base);
	else if (inner_guard(f, e->address, &limit, &base) || huge_frame(f, e->address, &limit, &base))
		found(f, limit, base);
}
