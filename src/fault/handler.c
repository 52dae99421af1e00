/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fault below a handler. Crash reporters, runtimes and loggers catch SIGSEGV and its kin, print
 * something, then raise the signal again, abort, or die themselves. The kernel left siginfo and
 * registers of the first fault in the frame that it built on the stack; on x86 with them the CPU's own
 * error code, which tells read from write. So that fault can be told as well as any other.
 */
#include "config.h"

#include "base/checked.h"
#include "fault/parts.h"

/* Registers of vectors and all: a signal frame takes up to 12 KiB. */
#define FRAME_BYTES 0x8000

/*
 * Bytes from the stack pointer of the signal frame (as the trampoline sees it) to siginfo, to the
 * sigcontext whose registers da_reg_desc.ucontext counts from, and, on x86, to the words err, trapno
 * and cr2 in it. Kernel: struct rt_sigframe of each CPU.
 */
static const struct layout {
	const char *arch;
	bool rt;             /* of rt_sigreturn; i386 has an older kind without siginfo */
	uint16_t info;
	uint16_t context, error, trap, cr2;
} layouts[] = {
	{ "x86_64", true, 0x130, 40, 40 + 19 * 8, 40 + 20 * 8, 40 + 22 * 8 },
	{ "aarch64", true, 0, 128 + 0xb0, 0, 0, 0 },
	/* sig, pinfo, puc, then siginfo and ucontext of 32 bits */
	{ "x86", true, 12, 160, 160 + 13 * 4, 160 + 12 * 4, 160 + 21 * 4 },
	{ "x86", false, 0, 4, 4 + 13 * 4, 4 + 12 * 4, 4 + 21 * 4 },
};

enum { TRAP_DIVIDE = 0, TRAP_UNDEFINED = 6, TRAP_PROTECTION = 13, TRAP_PAGE_FAULT = 14,
       TRAP_FLOAT = 16, TRAP_ALIGNMENT = 17, TRAP_VECTOR = 19 };
enum { ERROR_WRITE = 2, ERROR_FETCH = 16 };

/* What the CPU told the kernel: x86's words in the sigcontext. */
struct trap {
	bool known;
	uint64_t number, error, cr2;
};

static bool is_for(const struct layout *l, const struct da_fault *f)
{
	return da_streq(l->arch, f->p->arch->name);
}

static void read_trap(const struct da_fault *f, uint64_t sp, const struct layout *l, struct trap *ret)
{
	const struct da_memory *m = &f->p->mem;

	*ret = (struct trap){ 0 };
	ret->known = l->error && da_mem_word(m, sp + l->trap, &ret->number) == DA_OK &&
		     da_mem_word(m, sp + l->error, &ret->error) == DA_OK &&
		     da_mem_word(m, sp + l->cr2, &ret->cr2) == DA_OK;
}

static int64_t signal_of_trap(const struct trap *t)
{
	switch (t->number) {
	case TRAP_DIVIDE: case TRAP_FLOAT: case TRAP_VECTOR: return DA_SIGFPE;
	case TRAP_UNDEFINED: return DA_SIGILL;
	case TRAP_PROTECTION: case TRAP_PAGE_FAULT: return DA_SIGSEGV;
	case TRAP_ALIGNMENT: return DA_SIGBUS;
	default: return 0;
	}
}

/* The kernel writes siginfo only for SA_SIGINFO; without it older words may stand in its place. */
static bool agree(const struct da_exception *e, const struct trap *t)
{
	if (!t->known)
		return true;
	if (t->number == TRAP_PAGE_FAULT)
		return (e->code == DA_SIGSEGV || e->code == DA_SIGBUS) && e->has_address &&
		       e->address == t->cr2;
	return e->code == signal_of_trap(t) ||
	       (t->number == TRAP_PROTECTION && e->code == DA_SIGBUS) || e->code == DA_SIGTRAP ||
	       e->code == DA_SIGSYS;
}

/* signo, errno, code, then the address. */
static bool read_siginfo(struct da_fault *f, uint64_t at, const struct trap *t, struct da_exception *e)
{
	const struct da_memory *m = &f->p->mem;
	uint32_t signo, code;

	if (da_mem_u32(m, at, &signo) != DA_OK || da_mem_u32(m, at + 8, &code) != DA_OK)
		return false;
	e->code = signo;
	e->subcode = (int32_t)code;
	/* sent, not a fault; the others carry an address */
	if (!da_fault_is_fault(e->code) || e->subcode <= 0 || e->subcode > DA_SI_KERNEL)
		return false;
	e->has_info = true;
	e->has_address = e->subcode != DA_SI_KERNEL &&
			 da_mem_word(m, at + (m->word == 8 ? 16 : 12), &e->address) == DA_OK;
	return agree(e, t);
}

/*
 * No siginfo: the trap's number is that of the thread's last trap, which may be long ago. It counts if
 * the instruction that was interrupted explains it.
 */
static bool by_trap(const struct da_fault *f, const struct trap *t, struct da_exception *e)
{
	*e = (struct da_exception){ .thread = f->e->thread, .is_signal = true, .syscall = -1,
				    .blamed_frame = DA_NONE, .blamed_module = DA_NONE };
	e->code = t->known ? signal_of_trap(t) : 0;
	if (e->code == DA_SIGSEGV && f->e->code == DA_SIGBUS)
		e->code = DA_SIGBUS;
	if (t->number == TRAP_PAGE_FAULT) {
		e->has_address = true;
		e->address = t->cr2;
	} else if (t->number == TRAP_PROTECTION) { /* what siginfo would say */
		e->has_info = true;
		e->subcode = DA_SI_KERNEL;
	}
	return e->code != 0;
}

static bool explained(const struct da_fault *g, const struct trap *t)
{
	switch (t->number) {
	case TRAP_PAGE_FAULT: return g->e->access != DA_ACCESS_UNKNOWN;
	case TRAP_PROTECTION: return g->e->has_address || g->e->cause == DA_CAUSE_ILLEGAL_INSTRUCTION;
	case TRAP_DIVIDE: return g->has_insn && g->insn.kind == DA_INSN_DIVIDE;
	case TRAP_UNDEFINED: return g->has_insn && g->insn.kind == DA_INSN_UNDEFINED;
	default: return false;
	}
}

static bool read_context(struct da_fault *f, uint64_t at, struct da_regs *ret)
{
	const struct da_arch *arch = f->p->arch;

	for (unsigned r = 0; r < arch->nregs; r++) {
		uint64_t v;

		if (arch->regs[r].ucontext < 0)
			continue;
		if (da_mem_word(&f->p->mem, at + (uint64_t)arch->regs[r].ucontext, &v) != DA_OK)
			return false;
		da_reg_set(ret, (int)r, v);
	}
	return da_reg_known(ret, arch->pc) && da_reg_known(ret, arch->sp);
}

/* What the CPU said of a page fault is surer than any instruction. */
static void error_code(struct da_fault *g, const struct trap *t)
{
	if (!t->known || t->number != TRAP_PAGE_FAULT)
		return;
	g->e->access = t->error & ERROR_FETCH ? DA_ACCESS_EXECUTE
		       : t->error & ERROR_WRITE ? DA_ACCESS_WRITE : DA_ACCESS_READ;
}

/* The innermost signal frame on the stack: its place, and the frame that it interrupted. */
static const struct layout *on_stack(const struct da_fault *f, uint64_t *ret_sp, uint32_t *ret_frame)
{
	const struct da_thread *t = f->t;
	uint8_t code[16];
	bool rt = true;
	uint32_t i = 0;
	size_t n;

	while (i + 1 < t->frames.n && !t->frames.v[i].signal)
		i++;
	if (i + 1 >= t->frames.n)
		return NULL;
	/* The trampoline tells the kind; where its bytes are unknown it is the usual one. */
	n = da_mem_read_some(&f->p->mem, t->frames.v[i].pc, code, sizeof(code));
	if (!f->p->arch->sigreturn || !f->p->arch->sigreturn(code, n, &rt))
		rt = true;
	*ret_sp = t->frames.v[i].sp;
	*ret_frame = i + 1;
	for (size_t k = 0; k < DA_ARRAY_SIZE(layouts); k++)
		if (is_for(&layouts[k], f) && layouts[k].rt == rt)
			return &layouts[k];
	return NULL;
}

/*
 * raise() in a handler waits until the handler has returned, because its signal is blocked: the thread
 * dies at the first fault's instruction, of a signal that it sent itself. The signal frame was left
 * below the stack pointer, where nothing has run since. It is known by holding the very pc and sp.
 */
static bool left_behind(const struct da_fault *f, const struct layout *l, uint64_t *ret_sp)
{
	const struct da_arch *arch = f->p->arch;
	unsigned word = f->p->mem.word;
	uint64_t from = f->sp - DA_MIN(f->sp, (uint64_t)FRAME_BYTES), v;

	for (uint64_t at = da_round_up(from, word); at < f->sp; at += word) {
		uint64_t context = at + l->context;

		if (da_mem_word(&f->p->mem, context + (uint64_t)arch->regs[arch->pc].ucontext, &v) != DA_OK ||
		    v != f->pc ||
		    da_mem_word(&f->p->mem, context + (uint64_t)arch->regs[arch->sp].ucontext, &v) != DA_OK ||
		    v != f->sp)
			continue;
		*ret_sp = at;
		return true;
	}
	return false;
}

/* A handler that raises the signal again, or aborts, ends what the first fault began. */
static void take_over(struct da_fault *f, const struct da_exception *from)
{
	struct da_exception *e = f->e;

	e->cause = from->cause;
	e->has_address = from->has_address;
	e->address = from->address;
	e->address_derived = from->address_derived;
	e->access = from->access;
	e->near = from->near;
	e->instruction = from->instruction;
	e->operands = from->operands;
	e->candidate = from->candidate;
	e->cycle_len = from->cycle_len;
	e->cycle_count = from->cycle_count;
	e->below_stack = from->below_stack;
	e->pointer = from->pointer;
	e->refused = from->refused;
	e->returning = from->returning;
	e->divisor_zero = from->divisor_zero;
}

static bool ended_itself(const struct da_exception *e)
{
	return e->cause == DA_CAUSE_ABORT || e->cause == DA_CAUSE_RAISED;
}

static const struct layout *find_frame(const struct da_fault *f, uint64_t *ret_sp, uint32_t *ret_frame)
{
	const struct layout *l = on_stack(f, ret_sp, ret_frame);

	if (l || !ended_itself(f->e) || !da_fault_is_fault(f->e->code))
		return l;
	*ret_frame = 0;
	for (size_t i = 0; i < DA_ARRAY_SIZE(layouts); i++)
		if (is_for(&layouts[i], f) && left_behind(f, &layouts[i], ret_sp))
			return &layouts[i];
	return NULL;
}

/* Fill g, whose top and e are set, from the signal frame at sp. */
static bool examine(struct da_fault *f, const struct layout *l, uint64_t sp, struct da_fault *g)
{
	struct trap trap;
	bool info;

	read_trap(f, sp, l, &trap);
	if (!read_context(f, sp + l->context, &g->regs))
		return false;
	g->pc = g->regs.v[f->p->arch->pc];
	g->sp = g->regs.v[f->p->arch->sp];
	by_trap(f, &trap, g->e);
	info = l->rt && read_siginfo(f, sp + l->info, &trap, g->e);
	if (!info && !by_trap(f, &trap, g->e))
		return false;
	g->e->name = da_signal_name(f->p->arch_name, g->e->code);
	da_fault_examine(g);
	if (!info && !explained(g, &trap))
		return false;
	if (info)
		g->e->subname = da_signal_code_name(g->e->code, g->e->subcode);
	else
		g->e->has_info = false;
	error_code(g, &trap);
	return true;
}

/*
 * A handler that has the dump written while it waits (createdump is a child of the dying .NET process): the
 * dump's siginfo is that of the fault, its registers are those of the wait. They are told from a handler that
 * fails at the very same address by being in a system call, for which the kernel keeps its number; a fault
 * leaves -1 there.
 */
static bool waits_for_writer(const struct da_fault *f)
{
	int number = f->p->arch->syscall;

	if (da_streq(f->d->origin.writer, "createdump"))
		return true;
	return da_streq(f->p->arch->name, "x86_64") && number >= 0 && da_reg_known(&f->regs, number) &&
	       f->regs.v[number] != UINT64_MAX;
}

static bool same_fault(const struct da_exception *a, const struct da_exception *b)
{
	return a->has_info && b->has_info && a->code == b->code && a->subcode == b->subcode &&
	       a->has_address == b->has_address && a->address == b->address;
}

void da_fault_earlier(struct da_fault *f)
{
	const struct layout *l;
	struct da_fault g = { .d = f->d, .s = f->s, .p = f->p, .t = f->t };
	bool waited;
	uint64_t sp;

	if (!f->t || !f->p->arch->full)
		return;
	l = find_frame(f, &sp, &g.top);
	if (!l)
		return;
	g.e = da_new(f->d->arena, struct da_exception);
	if (!examine(f, l, sp, &g))
		return;
	waited = same_fault(f->e, g.e) && waits_for_writer(f);
	if (!waited) {
		da_fault_blame(&g);
		f->e->earlier = g.e;
	}
	if (!ended_itself(f->e) && !waited)
		return;
	/* The handler ended the process on purpose: what to look at is what it handled. */
	take_over(f, g.e);
	f->top = g.top;
	f->regs = g.regs;
	f->sp = g.sp;
	f->executes_nothing = g.executes_nothing;
}
