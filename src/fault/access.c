/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which access failed, and where.
 *
 * The kernel tells the address of a page fault, not whether it was a read or a write: that is in the
 * CPU's error code, which no core holds. So the instruction decides. On x86 an instruction that reads
 * and writes one place faults as a write also where nothing is mapped (measured); on aarch64 that
 * depends on what the page lacks.
 *
 * Of a general protection fault (SI_KERNEL) the kernel knows no address. It is that of the operand
 * which no program can have, if there is one. qemu-user's cores hold no address at all.
 */
#include "config.h"

#include <inttypes.h>

#include "base/checked.h"
#include "fault/parts.h"

/* A repeated string instruction may have moved on inside the page when the fault is taken. */
#define STRING_SLACK 64
/* xsave, masked and scattered vectors: the size is not in the instruction. */
#define UNSIZED 4096
/* Null plus the offset of a field, where the pointer itself is not known. */
#define OBJECT_MAX 4096
/* Guards of threads: one page, 64 KiB on aarch64. */
#define INNER_GUARD UINT64_C(0x10000)
/* How far one frame may have moved the stack pointer beyond its stack. */
#define FRAME_MAX UINT64_C(0x4000000)

static bool is_x86(const struct da_fault *f)
{
	return f->p->arch && da_starts(f->p->arch->name, "x86");
}

/*
 * Does the CPU refuse the address itself? With four levels of page tables that begins at 2^47. With
 * five a fault on one below 2^56 is a page fault, which tells its address, so here it cannot be one.
 */
static bool impossible(uint64_t addr)
{
	return addr >> 47 != 0 && addr >> 47 != 0x1ffff;
}

/* Does the operand cover the address? */
static bool covers(const struct da_insn *in, const struct da_memop *m, uint64_t addr)
{
	uint64_t before = in->repeated && m->implicit ? STRING_SLACK : 0;
	uint64_t size = m->size ? m->size : UNSIZED;

	if (!m->known || m->probes)
		return false;
	return addr - (m->addr - before) < size + 2 * before;
}

/* Would the map have refused it? False too where the map does not say. */
static bool refused(const struct da_fault *f, uint64_t addr, uint8_t access)
{
	const struct da_range *r = da_mem_range(&f->p->mem, addr);

	if (!r)
		return addr < DA_NULL_PAGE || impossible(addr) ||
		       (da_module_at(f->p, addr) == DA_NONE && da_fault_map_is_complete(f->d));
	if (!r->has_prot)
		return false;
	if ((access & DA_MEM_WRITE) && !(r->prot & DA_PROT_W))
		return true;
	return r->prot == 0 || ((access & DA_MEM_READ) && !(r->prot & DA_PROT_R));
}

static void set_address(struct da_fault *f, uint64_t addr, enum da_access access)
{
	struct da_exception *e = f->e;

	if (!e->has_address) {
		e->has_address = true;
		e->address = addr;
		e->address_derived = true;
	}
	e->access = (uint8_t)access;
}

/* A stack pointer that points to no stack, nor to where a stack that ran out would have ended. */
static bool stack_is_lost(const struct da_fault *f)
{
	const struct da_range *r = da_mem_range(&f->p->mem, f->sp);

	if (r || (f->t->stack_base && f->sp < f->t->stack_base && f->t->stack_limit - f->sp < FRAME_MAX))
		return r && r->has_prot && !(r->prot & DA_PROT_W) && r->prot;
	return f->sp < DA_NULL_PAGE || impossible(f->sp) || da_fault_map_is_complete(f->d);
}

/* Was it null, or a number, that the operand took for a pointer? */
static void judge_pointer(struct da_fault *f, const struct da_memop *m)
{
	int base = m->base;
	uint64_t v, index;

	if (!m->known || base < 0 || !da_reg_known(&f->regs, base))
		return;
	v = f->regs.v[base];
	if (base == f->p->arch->sp) {
		if (stack_is_lost(f))
			f->e->pointer = DA_POINTER_STACK;
		return;
	}
	/* of [base + index] either may be the pointer; a segment's base is none of the program's */
	index = m->index >= 0 && da_reg_known(&f->regs, m->index) ? f->regs.v[m->index] : 0;
	if (m->index >= 0 ? m->addr >= DA_NULL_PAGE || (v && !index)
			  : m->addr - v + 0x80000000u > 0xffffffffu)
		return;
	if (v == 0)
		f->e->pointer = DA_POINTER_NULL;
	else if (v < DA_NULL_PAGE)
		f->e->pointer = DA_POINTER_SMALL;
}

/* What an operand that failed at addr was asked for. */
static enum da_access access_of(const struct da_fault *f, const struct da_memop *m, uint64_t addr)
{
	const struct da_range *r = da_mem_range(&f->p->mem, addr);

	if (m->access == DA_MEM_READ)
		return DA_ACCESS_READ;
	if (m->access == DA_MEM_WRITE || is_x86(f))
		return DA_ACCESS_WRITE;
	/* read and write: a page that can be read refused the write */
	return r && r->has_prot && (r->prot & DA_PROT_R) ? DA_ACCESS_WRITE : DA_ACCESS_UNKNOWN;
}

/* ---------------------------------------------------------------- the address is known */

static void with_address(struct da_fault *f)
{
	const struct da_range *r = da_mem_range(&f->p->mem, f->e->address);
	const struct da_memop *hit = NULL;
	unsigned hits = 0;

	for (unsigned i = 0; f->has_insn && i < f->insn.nmem; i++)
		if (covers(&f->insn, &f->insn.mem[i], f->e->address)) {
			hit = &f->insn.mem[i];
			hits++;
		}
	if (hits == 1) {
		judge_pointer(f, hit);
		f->e->access = (uint8_t)access_of(f, hit, f->e->address);
		return;
	}
	if (f->e->address - f->pc < (is_x86(f) ? 15 : 4) && !da_fault_may_execute(f, f->e->address)) {
		f->e->access = DA_ACCESS_EXECUTE;
		return;
	}
	/* One operand whose address needs more than general registers (gathers, fs without base). */
	if (f->has_insn && f->insn.nmem == 1 && !f->insn.mem[0].known && !f->insn.mem[0].probes) {
		f->e->access = (uint8_t)access_of(f, &f->insn.mem[0], f->e->address);
		return;
	}
	/* Both sides of a copy fit: a page that may be read can only have refused the write. */
	if (hits == 2 && f->e->subcode == DA_SEGV_ACCERR && r && r->has_prot &&
	    (r->prot & DA_PROT_R) && !(r->prot & DA_PROT_W))
		f->e->access = DA_ACCESS_WRITE;
}

/* ---------------------------------------------------------------- the address is not known */

/* The code address that a call, jump or return was about to go to. */
static bool branch_target(const struct da_fault *f, uint64_t *ret)
{
	const struct da_insn *in = &f->insn;

	if (in->target_known) {
		*ret = in->target;
		return true;
	}
	if (in->kind != DA_INSN_RETURN && !in->indirect)
		return false;
	/* through memory: [rsp] of ret, the operand of call and jmp */
	if (in->nmem == 0 || !in->mem[0].known || in->mem[0].size != f->p->mem.word)
		return false;
	return da_mem_word(&f->p->mem, in->mem[0].addr, ret) == DA_OK;
}

/* x86_64, SI_KERNEL: the operand or target that is no possible address. */
static bool protection_fault(struct da_fault *f)
{
	const struct da_insn *in = &f->insn;
	const struct da_memop *wild = NULL;
	unsigned n = 0;
	uint64_t target;

	for (unsigned i = 0; i < in->nmem; i++)
		if (in->mem[i].known && !in->mem[i].probes && impossible(in->mem[i].addr)) {
			wild = &in->mem[i];
			n++;
		}
	if (n == 1) {
		set_address(f, wild->addr, access_of(f, wild, wild->addr));
		judge_pointer(f, wild);
		return true;
	}
	if (n == 0 && branch_target(f, &target) && impossible(target)) {
		set_address(f, target, DA_ACCESS_EXECUTE);
		f->e->returning = in->kind == DA_INSN_RETURN;
		return true;
	}
	return n != 0;
}

static bool misaligned(struct da_fault *f)
{
	const struct da_memop *m = &f->insn.mem[0];

	if (!f->insn.aligned || f->insn.nmem == 0 || !m->known || m->size < 2 ||
	    (m->size & (m->size - 1)))
		return false;
	if (m->addr % DA_MIN(m->size, 64u) == 0)
		return false;
	set_address(f, m->addr, access_of(f, m, m->addr));
	f->e->cause = DA_CAUSE_MISALIGNED;
	return true;
}

/* No siginfo: the operand that the memory map refuses, if it is the only one. */
static void refused_operand(struct da_fault *f)
{
	const struct da_insn *in = &f->insn;
	const struct da_memop *bad = NULL;
	unsigned n = 0;
	uint64_t target;

	for (unsigned i = 0; i < in->nmem; i++) {
		const struct da_memop *m = &in->mem[i];

		if (m->probes)
			continue;
		if (!m->known)
			return; /* it may be this one */
		if (refused(f, m->addr, m->access) ||
		    (m->size && refused(f, m->addr + m->size - 1, m->access))) {
			bad = m;
			n++;
		}
	}
	if (n == 1) {
		uint64_t addr = bad->addr;

		if (!refused(f, addr, bad->access)) /* it begins well and runs into the next page */
			addr = (addr + bad->size - 1) & ~UINT64_C(0xfff);
		set_address(f, addr, access_of(f, bad, addr));
		judge_pointer(f, bad);
	} else if (n == 0 && branch_target(f, &target) && !da_fault_may_execute(f, target)) {
		set_address(f, target, DA_ACCESS_EXECUTE);
		f->e->returning = in->kind == DA_INSN_RETURN;
	}
}

static void without_address(struct da_fault *f)
{
	const struct da_insn *in = &f->insn;

	if (f->executes_nothing) {
		set_address(f, f->pc, DA_ACCESS_EXECUTE);
		return;
	}
	if (!f->has_insn)
		return;
	if (in->kind == DA_INSN_HALT || in->kind == DA_INSN_PRIVILEGED) {
		if (is_x86(f))
			f->e->cause = DA_CAUSE_ILLEGAL_INSTRUCTION;
		return;
	}
	if (!f->e->has_info) {
		refused_operand(f);
	} else if (f->p->arch->word == 8 && is_x86(f)) {
		if (!protection_fault(f))
			misaligned(f);
	} else if (is_x86(f)) {
		misaligned(f);
	}
}

/* ---------------------------------------------------------------- by signal */

/* Where code went astray: a return has taken the address from just below sp, and no call left its own. */
static bool came_by_return(const struct da_fault *f)
{
	unsigned word = f->p->mem.word;
	uint64_t taken, next;
	uint8_t code[8];

	if (!is_x86(f) || da_mem_word(&f->p->mem, f->sp - word, &taken) != DA_OK || taken != f->pc)
		return false;
	return da_mem_word(&f->p->mem, f->sp, &next) != DA_OK || next < sizeof(code) ||
	       da_mem_read(&f->p->mem, next - sizeof(code), code, sizeof(code), NULL) != DA_OK ||
	       f->p->arch->call_before(code, sizeof(code)) != DA_CALL_YES;
}

static void memory_fault(struct da_fault *f)
{
	struct da_exception *e = f->e;

	e->cause = DA_CAUSE_ACCESS;
	if (f->executes_nothing && e->has_address && e->address == f->pc)
		e->access = DA_ACCESS_EXECUTE;
	else if (e->has_address)
		with_address(f);
	else
		without_address(f);
	if (f->executes_nothing && e->access == DA_ACCESS_EXECUTE && e->address == f->pc)
		e->returning = came_by_return(f);
}

static void bus_error(struct da_fault *f)
{
	struct da_exception *e = f->e;
	const struct da_range *r = e->has_address ? da_mem_range(&f->p->mem, e->address) : NULL;

	memory_fault(f);
	if (!e->has_info)
		return;
	if (e->subcode == DA_BUS_ADRALN)
		e->cause = DA_CAUSE_MISALIGNED;
	else if (e->subcode == DA_BUS_MCEERR_AR || e->subcode == DA_BUS_MCEERR_AO)
		e->cause = DA_CAUSE_HARDWARE_MEMORY;
	else if (e->subcode == DA_BUS_ADRERR && r && (r->name || r->module != DA_NONE))
		e->cause = DA_CAUSE_BEYOND_FILE;
}

/* A breakpoint instruction has been passed when the signal comes; a bad system call too. */
static void look_back(struct da_fault *f, size_t n, enum da_insn_kind kind)
{
	struct da_regs regs = f->regs;
	struct da_insn in;
	uint8_t code[4];

	if (n > sizeof(code) || !is_x86(f) ||
	    da_mem_read(&f->p->mem, f->pc - n, code, n, NULL) != DA_OK)
		return;
	regs.v[f->p->arch->pc] = f->pc - n;
	if (da_decode(f->p->arch, code, n, &regs, f->t->tp, &in) == DA_OK && in.kind == kind &&
	    in.len == n) {
		f->insn = in;
		f->has_insn = true;
		f->insn_pc = f->pc - n;
	}
}

static void trap(struct da_fault *f)
{
	f->e->cause = DA_CAUSE_BREAKPOINT;
	/* int3: SI_KERNEL, pc behind it. A trap of a debugger's kind leaves pc where it is. */
	if (!f->e->has_info || f->e->subcode == DA_SI_KERNEL)
		look_back(f, 1, DA_INSN_BREAKPOINT);
}

/* Nothing is mapped, says the kernel, where the map shows memory: a guard that madvise made (glibc 2.42). */
static bool is_inner_guard(const struct da_fault *f)
{
	const struct da_range *r = da_mem_range(&f->p->mem, f->e->address);

	return f->e->code == DA_SIGSEGV && f->e->has_info && f->e->subcode == DA_SEGV_MAPERR && r &&
	       r->has_prot && r->prot != 0 && r->module == DA_NONE && !r->name;
}

static const char *inner_guard_words(const struct da_fault *f)
{
	for (size_t i = 0; i < f->p->threads.n; i++) {
		const struct da_thread *t = &f->p->threads.v[i];

		if (t->stack_base && f->e->address < t->stack_limit &&
		    t->stack_limit - f->e->address <= INNER_GUARD)
			return da_printf(f->d->arena, "guard page below the stack of " DA_REF("t%zu"), i + 1);
	}
	return "guard page inside anonymous memory";
}

void da_fault_refused_by_cpu(struct da_fault *f)
{
	if (f->has_insn && is_x86(f) && !protection_fault(f))
		misaligned(f);
}

static bool beside_mapping(const struct da_memory *m, uint64_t addr)
{
	const struct da_range *above, *below = da_fault_around(m, addr, &above);

	return (below && addr - below->end < 0x10000) || (above && above->start - addr < 0x10000);
}

/* A small address that is not null, or an object of which null was taken, plus an offset. */
static bool not_null(const struct da_exception *e)
{
	if (e->access == DA_ACCESS_EXECUTE || e->pointer == DA_POINTER_SMALL || e->pointer == DA_POINTER_STACK)
		return e->address != 0;
	return e->pointer == DA_POINTER_UNKNOWN && e->address >= OBJECT_MAX;
}

void da_fault_describe_address(struct da_fault *f)
{
	struct da_exception *e = f->e;

	if (!e->has_address)
		return;
	/* A pointer that was overwritten with text holds a piece of that text. */
	e->address_hidden = da_fault_is_text(e->address) && !da_fault_same_bytes(e->address) &&
			    !da_mem_range(&f->p->mem, e->address) &&
			    !beside_mapping(&f->p->mem, e->address);
	if (is_inner_guard(f))
		e->near = inner_guard_words(f);
	else if (e->address_derived && (e->has_info || !e->is_signal) && e->cause == DA_CAUSE_ACCESS && impossible(e->address))
		e->near = da_fault_impossible(f->d, e->address);
	else if (e->address < DA_NULL_PAGE && !da_mem_range(&f->p->mem, e->address) && not_null(e))
		e->near = e->address < OBJECT_MAX && e->pointer == DA_POINTER_SMALL && e->access != DA_ACCESS_EXECUTE
			? da_printf(f->d->arena, "null + 0x%" PRIx64 ", or a small number", e->address)
			: "in the first 64 KiB, where systems map nothing";
	else if (e->pointer == DA_POINTER_NULL && !da_mem_range(&f->p->mem, e->address) &&
		 e->address >= DA_NULL_PAGE && e->address < UINT32_MAX)
		e->near = da_printf(f->d->arena, "null pointer + 0x%" PRIx64, e->address);
	else
		e->near = da_near(f->d, f->s, e->address);
}

void da_fault_access(struct da_fault *f)
{
	struct da_exception *e = f->e;

	if (!f->t || !e->is_signal || !f->p->arch || !f->p->arch->full || e->cause != DA_CAUSE_UNKNOWN)
		return;
	switch (e->code) {
	case DA_SIGSEGV: memory_fault(f); break;
	case DA_SIGBUS: bus_error(f); break;
	case DA_SIGILL:
		e->cause = DA_CAUSE_ILLEGAL_INSTRUCTION;
		if (f->executes_nothing)
			e->access = DA_ACCESS_EXECUTE;
		break;
	case DA_SIGFPE: e->cause = DA_CAUSE_ARITHMETIC; break;
	case DA_SIGTRAP: trap(f); break;
	case DA_SIGSYS:
		e->cause = DA_CAUSE_BAD_SYSTEM_CALL;
		look_back(f, 2, DA_INSN_SYSCALL);
		break;
	default: return;
	}
	/* The others tell pc as the address: nothing to be near to. */
	if (e->has_address && (e->code == DA_SIGSEGV || e->code == DA_SIGBUS))
		da_fault_describe_address(f);
}
