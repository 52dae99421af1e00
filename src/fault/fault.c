/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fault/parts.h"

/* The longest instruction of x86; aarch64 needs four. */
#define CODE_MAX 15

void da_fault_decode(struct da_fault *f)
{
	uint8_t code[CODE_MAX];
	size_t n;

	f->executes_nothing = !da_fault_may_execute(f, f->pc);
	f->insn_pc = f->pc;
	/* What lies in memory that cannot be executed is data: it is neither decoded nor shown. */
	if (f->executes_nothing)
		return;
	n = da_mem_read_some(&f->p->mem, f->pc, code, sizeof(code));
	f->has_insn = n && da_decode(f->p->arch, code, n, &f->regs, f->t->tp, &f->insn) == DA_OK;
}

bool da_fault_is_fault(int64_t code)
{
	return code == DA_SIGSEGV || code == DA_SIGBUS || code == DA_SIGILL || code == DA_SIGFPE ||
	       code == DA_SIGTRAP || code == DA_SIGSYS;
}

/* Codes of SIGSEGV with which the kernel fills in address 0 because it knows none. */
static bool address_is_filler(const struct da_exception *e)
{
	enum { SEGV_MTEAERR = 8, SEGV_CPERR = 10 };

	return e->code == DA_SIGSEGV && e->address == 0 &&
	       (e->subcode == SEGV_MTEAERR || e->subcode == SEGV_CPERR);
}

static bool prepare(struct da_fault *f, struct da_dump *d, struct da_symbols *s)
{
	struct da_process *p = &d->proc;
	struct da_exception *e = p->exception;

	*f = (struct da_fault){ .d = d, .s = s, .p = p, .e = e };
	if (!e)
		return false;
	e->blamed_frame = e->blamed_module = DA_NONE;
	if (!e->is_signal && p->os != DA_OS_WINDOWS)
		return false;
	if (e->is_signal && !e->name)
		e->name = da_signal_name(p->arch_name, e->code);
	if (e->is_signal && e->has_info)
		e->subname = da_signal_code_name(e->code, e->subcode);
	if (e->has_info && address_is_filler(e))
		e->has_address = false;
	if (e->thread < p->threads.n && p->arch && p->arch->full) {
		f->t = &p->threads.v[e->thread];
		if (!da_reg_known(&f->t->regs, p->arch->pc) || !da_reg_known(&f->t->regs, p->arch->sp))
			f->t = NULL;
	}
	if (f->t) {
		f->regs = f->t->regs;
		f->pc = f->regs.v[p->arch->pc];
		f->sp = f->regs.v[p->arch->sp];
	}
	return true;
}

void da_fault_examine(struct da_fault *f)
{
	da_fault_decode(f);
	da_fault_access(f);
	da_fault_overflow(f);
	da_fault_instruction(f);
	da_fault_bitflip(f);
}

/* The kernel itself sends these when a limit of setrlimit(2) is passed; nobody's pid is in them. */
static bool is_limit(const struct da_exception *e)
{
	enum { XCPU = 24, XFSZ = 25 };

	return (e->code == XCPU || e->code == XFSZ) && e->has_info && e->subcode == DA_SI_KERNEL;
}

/* raise(SIGSEGV) and the like: the instruction at pc is innocent. */
static bool sent_by_itself(const struct da_fault *f)
{
	const struct da_exception *e = f->e;

	return e->has_sender && f->p->has_pid && e->sender_pid == (int32_t)f->p->pid;
}

static bool has_own_fault(const struct da_exception *e)
{
	return e->cause != DA_CAUSE_UNKNOWN && e->cause != DA_CAUSE_FROM_OUTSIDE &&
	       e->cause != DA_CAUSE_WATCHDOG && e->cause != DA_CAUSE_QUIT;
}

static void finish(struct da_fault *f)
{
	da_fault_blame(f);
	da_fault_annotate(f);
	if (f->t && has_own_fault(f->e))
		f->t->state = DA_STATE_FAULTED;
}

static void of_signal(struct da_fault *f)
{
	da_fault_outside(f);
	if (f->e->cause == DA_CAUSE_UNKNOWN && f->e->code != DA_SIGABRT) {
		if (f->t && da_fault_is_fault(f->e->code) && !f->e->has_sender)
			da_fault_examine(f);
		else if (sent_by_itself(f))
			f->e->cause = DA_CAUSE_RAISED;
		else if (is_limit(f->e))
			f->e->cause = DA_CAUSE_LIMIT;
	}
	da_fault_abort(f);
	da_fault_cxx(f);
	da_fault_runtimes(f);
	da_fault_earlier(f);
}

void da_fault_run(struct da_dump *d, struct da_symbols *s)
{
	struct da_fault f;

	da_fault_dispatched(d);
	da_fault_managed_death(d);
	if (!prepare(&f, d, s))
		return;
	da_mem_as(&d->proc.mem, f.t);
	if (f.e->is_signal)
		of_signal(&f);
	else
		da_fault_windows(&f);
	da_fault_managed(&f);
	finish(&f);
	da_mem_as(&d->proc.mem, NULL);
}
