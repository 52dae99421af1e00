/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows dumps without an exception stream (taken on demand, while the program shows an error box or
 * writes its own dump): a thread inside the handling of an exception that nobody wanted tells of it by
 * the record and CONTEXT that KiUserExceptionDispatcher was given. Exceptions that a handler may still
 * take are everyday life, so a frame must show that the search for one had ended.
 */
#include "config.h"

#include "fault/parts.h"
#include "unwind/unwind.h"

enum { ACCESS_VIOLATION = 0xc0000005, IN_PAGE_ERROR = 0xc0000006, GUARD_PAGE = 0x80000001,
       STACK_OVERFLOW = 0xc00000fd };

static const char *const dispatcher[] = { "KiUserExceptionDispatcher*" };
static const char *const ended[] = {
	"UnhandledExceptionFilter*", "RtlUnhandledExceptionFilter*", "RtlpUnhandledExceptionFilter*",
	"WerpReportFault*", "WerReportFault*", "RtlReportException*", "__scrt_unhandled_exception_filter*",
	"FatalAppExit*", "terminate", "abort",
};

/* The outermost dispatcher with an ended search above it, or DA_NONE. */
static uint32_t find(const struct da_thread *t)
{
	uint32_t found = DA_NONE;

	for (uint32_t i = 0; (i = da_frame_find(t, i, (uint32_t)t->frames.n, dispatcher, 1)) != DA_NONE; i++)
		if (da_frame_find(t, 0, i, ended, DA_ARRAY_SIZE(ended)) != DA_NONE)
			found = i;
	return found;
}

static void describe(struct da_dump *d, struct da_exception *e, const struct da_exception_record *r)
{
	bool access = r->code == ACCESS_VIOLATION || r->code == IN_PAGE_ERROR || r->code == GUARD_PAGE ||
		      r->code == STACK_OVERFLOW;

	e->code = r->code;
	e->name = r->name ? r->name : da_printf(d->arena, "exception 0x%x", r->code);
	for (size_t i = 0; i < r->parameters.n; i++)
		da_vec_push(d->arena, &e->parameters, r->parameters.v[i]);
	e->has_address = true;
	e->address = r->address;
	if (!access || r->parameters.n < 2)
		return;
	e->address = r->parameters.v[1];
	e->access = r->parameters.v[0] == 0   ? DA_ACCESS_READ
		    : r->parameters.v[0] == 1 ? DA_ACCESS_WRITE
		    : r->parameters.v[0] == 8 ? DA_ACCESS_EXECUTE : DA_ACCESS_UNKNOWN;
}

/* The stack at the exception is what lies below the dispatcher's frame. */
static void take_over(struct da_dump *d, struct da_thread *t, uint32_t at, const struct da_regs *regs)
{
	size_t n = t->frames.n - at - 1;

	t->dispatch_regs = da_memdup(d->arena, &t->regs, sizeof(t->regs));
	t->dispatch_frames.v = t->frames.v;
	t->dispatch_frames.n = t->dispatch_frames.cap = t->frames.n;
	t->dispatch_end = t->end;
	t->dispatch_why = t->end_why;
	t->regs = *regs;
	t->frames.v = da_memdup(d->arena, t->frames.v + at + 1, n * sizeof(*t->frames.v));
	t->frames.n = t->frames.cap = n;
	t->frames.v[0].trust = DA_TRUST_CONTEXT;
}

void da_fault_dispatched(struct da_dump *d)
{
	struct da_process *p = &d->proc;

	for (uint32_t i = 0; i < p->threads.n && !p->exception && p->os == DA_OS_WINDOWS; i++) {
		struct da_thread *t = &p->threads.v[i];
		uint32_t at = find(t);
		struct da_exception_record r;
		struct da_regs regs;
		bool ok;

		if (at == DA_NONE || at + 1 >= t->frames.n)
			continue;
		da_mem_as(&p->mem, t);
		ok = da_unwind_dispatched(p, d->arena, t->frames.v[at].sp, &regs, &r);
		da_mem_as(&p->mem, NULL);
		if (!ok || t->frames.v[at + 1].pc != regs.v[p->arch->pc])
			continue;
		p->exception = da_new(d->arena, struct da_exception);
		*p->exception = (struct da_exception){ .thread = i, .syscall = -1, .blamed_frame = DA_NONE,
						       .blamed_module = DA_NONE };
		describe(d, p->exception, &r);
		take_over(d, t, at, &regs);
	}
}
