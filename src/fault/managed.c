/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a managed runtime says of the death. .NET ends a process by abort() (Linux) or an exception record
 * of its own (Windows) after an exception that nobody handled, Environment.FailFast, or an error inside
 * itself; why stands in objects, which runtime/ has read into the model.
 */
#include "config.h"

#include <string.h>

#include "fault/parts.h"

#define CLR_EXCEPTION 0xe0434352 /* what CoreCLR and .NET Framework raise a managed exception with */

static const char *const fail_fast[] = { "System.Environment.FailFast*", "Internal.Runtime.Augments.RuntimeAugments.FailFast*" };

/* Deaths by which a runtime ends a process; an access violation in native code is one of its own. */
static bool may_be_managed(const struct da_exception *e)
{
	switch (e->cause) {
	case DA_CAUSE_UNKNOWN: case DA_CAUSE_ABORT: case DA_CAUSE_RAISED: case DA_CAUSE_TERMINATE: case DA_CAUSE_FATAL_MESSAGE:
		return e->is_signal ? e->code == DA_SIGABRT : true;
	default: return false;
	}
}

/* The one that ended the process: of this thread (DA_NONE: of any). */
static const struct da_managed_exception *unhandled(const struct da_process *p, uint32_t thread)
{
	for (size_t i = 0; i < p->exceptions.n; i++)
		if (p->exceptions.v[i].where == DA_WHERE_UNHANDLED && p->exceptions.v[i].parent == DA_NONE &&
		    (thread == DA_NONE || p->exceptions.v[i].thread == thread))
			return &p->exceptions.v[i];
	return NULL;
}

/* The current one of the thread. */
static const struct da_managed_exception *current(const struct da_process *p, const struct da_thread *t)
{
	uint32_t i = t->managed ? t->managed->exception : DA_NONE;

	return i < p->exceptions.n ? &p->exceptions.v[i] : NULL;
}

static bool is_managed(const struct da_frame *f)
{
	return f->kind == DA_FRAME_MANAGED && f->place && f->place->ncalls;
}

static bool is_own(const struct da_process *p, const struct da_frame *f)
{
	const struct da_method *m = f->place ? f->place->method : NULL;

	return m && m->assembly < p->assemblies.n && p->assemblies.v[m->assembly].class == DA_CLASS_OWN;
}

static bool same_method(const struct da_frame *a, const struct da_frame *b)
{
	const struct da_method *x = a->place ? a->place->method : NULL, *y = b->place ? b->place->method : NULL;

	if (!x || !y || x->assembly != y->assembly || x->token != y->token)
		return false;
	/* Programs compiled ahead of time have no tokens. */
	return x->token || (x->raw && da_streq(x->raw, y->raw));
}

/* Where it was thrown: the first frame of own code in its own stack trace. */
static const struct da_frame *thrown_at(const struct da_process *p, const struct da_managed_exception *x)
{
	for (size_t i = 0; x && i < x->frames.n; i++)
		if (is_own(p, &x->frames.v[i]))
			return &x->frames.v[i];
	return NULL;
}

static void blame(struct da_fault *f, uint32_t at, const char *why)
{
	f->e->blamed_frame = at;
	f->e->blamed_module = f->t->frames.v[at].module;
	f->e->blamed_why = why;
}

/* The thread's frame of the method that threw; else the first of own code below the runtime's. */
static void blame_managed(struct da_fault *f, const struct da_managed_exception *x, const char *why_first)
{
	const struct da_frame *thrown = thrown_at(f->p, x);

	for (size_t i = 0; f->t && thrown && i < f->t->frames.n; i++)
		if (is_managed(&f->t->frames.v[i]) && same_method(&f->t->frames.v[i], thrown)) {
			blame(f, (uint32_t)i, "the first function of own code in the exception's stack trace");
			return;
		}
	for (size_t i = 0; f->t && i < f->t->frames.n; i++)
		if (is_managed(&f->t->frames.v[i]) && is_own(f->p, &f->t->frames.v[i])) {
			blame(f, (uint32_t)i, why_first);
			return;
		}
}

static uint32_t fail_fast_frame(const struct da_fault *f)
{
	for (size_t i = 0; f->t && i < f->t->frames.n; i++)
		if (is_managed(&f->t->frames.v[i]) && da_frame_named(&f->t->frames.v[i], fail_fast, DA_ARRAY_SIZE(fail_fast)))
			return (uint32_t)i;
	return DA_NONE;
}

static bool type_is(const struct da_managed_exception *x, const char *type)
{
	return x && da_streq(x->type, type);
}

/*
 * FailFast up to .NET 10 makes an ExecutionEngineException current, with what it was given inside. Up to 8 the
 * call itself has no frame; nothing else gives that exception an inner one, or protects a text like that.
 */
static bool is_fail_fast(const struct da_fault *f, const struct da_managed_exception *x)
{
	if (fail_fast_frame(f) != DA_NONE || (f->t && f->t->managed && f->t->managed->fail_fast_from))
		return true;
	if (!type_is(x, "System.ExecutionEngineException"))
		return false;
	for (size_t i = 0; i < f->p->exceptions.n; i++)
		if (f->p->exceptions.v[i].parent == (uint32_t)(x - f->p->exceptions.v))
			return true;
	return false;
}

void da_fault_managed(struct da_fault *f)
{
	struct da_exception *e = f->e;
	const struct da_managed_exception *x;

	if (f->p->exceptions.n == 0 && f->p->runtimes.n == 0)
		return;
	x = unhandled(f->p, e->thread);
	if (!x && f->t)
		x = current(f->p, f->t);
	if (e->cause == DA_CAUSE_STACK_OVERFLOW || e->cause == DA_CAUSE_ACCESS) {
		e->managed = type_is(x, "System.StackOverflowException") || e->code == CLR_EXCEPTION ? x : NULL;
		return;
	}
	if (!may_be_managed(e))
		return;
	e->managed = x;
	if (is_fail_fast(f, x)) {
		e->cause = DA_CAUSE_CLR_FAIL_FAST;
		blame_managed(f, NULL, "the first function of own code below Environment.FailFast");
		if (f->t && f->t->managed && f->t->managed->fail_fast) {
			e->message = f->t->managed->fail_fast;
			e->message_from = f->t->managed->fail_fast_from;
		}
	} else if (type_is(x, "System.OutOfMemoryException")) {
		e->cause = DA_CAUSE_OUT_OF_MEMORY;
		e->reason = "System.OutOfMemoryException was not handled";
		blame_managed(f, x, "the first function of own code on its stack");
	} else if (type_is(x, "System.StackOverflowException")) {
		e->cause = DA_CAUSE_STACK_OVERFLOW;
		da_fault_find_cycle(f);
	} else if (type_is(x, "System.ExecutionEngineException")) {
		e->cause = DA_CAUSE_CLR_INTERNAL;
		blame_managed(f, x, "the first function of own code on its stack");
	} else if (x && (x->where == DA_WHERE_UNHANDLED || e->code == CLR_EXCEPTION)) {
		e->cause = DA_CAUSE_CLR_EXCEPTION;
		blame_managed(f, x, "the first function of own code on its stack");
	} else if (e->code == CLR_EXCEPTION) {
		e->cause = DA_CAUSE_CLR_EXCEPTION;
	}
}

/* No managed code runs above the throw: neither a handler nor a filter, but the search for one. */
static bool in_dispatch(const struct da_thread *t, const struct da_managed_exception *x)
{
	static const char *const dispatch[] = { "System.Runtime.EH.*" };

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_frame *f = &t->frames.v[i];

		if (!is_managed(f))
			continue;
		return da_frame_named(f, dispatch, DA_ARRAY_SIZE(dispatch)) ||
		       (x->frames.n && same_method(f, &x->frames.v[0]));
	}
	return false;
}

/* A thread whose exception is being thrown and that sleeps: it waits for the process that writes the dump. */
static const struct da_managed_exception *dying(const struct da_process *p)
{
	static const char *const sleeps[] = { "NtWaitFor*", "ZwWaitFor*", "WaitForSingleObject*", "WaitForMultipleObjects*" };

	for (size_t i = 0; i < p->managed_threads.n; i++) {
		const struct da_managed_thread *m = &p->managed_threads.v[i];
		const struct da_managed_exception *x = m->exception < p->exceptions.n ? &p->exceptions.v[m->exception] : NULL;
		const struct da_thread *t = x && m->thread < p->threads.n ? &p->threads.v[m->thread] : NULL;

		if (t && t->frames.n && da_frame_find(t, 0, 3, sleeps, DA_ARRAY_SIZE(sleeps)) != DA_NONE && in_dispatch(t, x))
			return x;
	}
	return NULL;
}

/*
 * Dumps of Windows that the dying runtime has createdump.exe write hold no exception stream: the thread
 * whose exception nobody handled is the one that died.
 */
void da_fault_managed_death(struct da_dump *d)
{
	struct da_process *p = &d->proc;
	const struct da_managed_exception *x = p->exception ? NULL : unhandled(p, DA_NONE);
	struct da_exception *e;

	if (!x && !p->exception && p->os == DA_OS_WINDOWS)
		x = dying(p);
	if (!x || p->os != DA_OS_WINDOWS || x->thread == DA_NONE)
		return;
	e = da_new(d->arena, struct da_exception);
	*e = (struct da_exception){ .thread = x->thread, .code = CLR_EXCEPTION, .name = da_exception_name(CLR_EXCEPTION),
				    .syscall = -1, .managed = x };
	p->exception = e;
}
