/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that have stopped until a collection of garbage is over (or a debugger lets them go on: the places are the same).
 *
 * Managed code stops where it asks whether it must: from 9 on that is Thread.PollGC, managed itself. Elsewhere the runtime
 * interrupts it, or changes where it returns to, and leaves an explicit frame of a kind that serves nothing else. Those
 * that allocate, or come back from native code, show nothing of their own: they sleep on the same object as the rest, by
 * which wait/managed.c finds them.
 *
 * Sources: System.Private.CoreLib/src/System/Threading/Thread.CoreCLR.cs (PollGC), src/coreclr/vm/threadsuspend.cpp
 * (HandleSuspensionForInterruptedThread, OnHijackWorker) of dotnet/runtime.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"

#define POLL "System.Threading.Thread.PollGC"
#define POLL_WORKER "System.Threading.Thread.<PollGC>"

/* The innermost managed frame; DA_NONE: none, or its name is not known. */
static uint32_t innermost(const struct da_thread *th)
{
	for (size_t i = 0; i < th->frames.n; i++)
		if (th->frames.v[i].kind == DA_FRAME_MANAGED)
			return da_clr_frame_method(&th->frames.v[i]) ? (uint32_t)i : DA_NONE;
	return DA_NONE;
}

static const char *by_method(const struct da_thread *th, uint32_t frame)
{
	const char *method = frame != DA_NONE ? da_clr_frame_method(&th->frames.v[frame]) : NULL;

	return method && (da_starts(method, POLL) || da_starts(method, POLL_WORKER))
		       ? "the frame is the runtime's own place to stop for a collection"
		       : NULL;
}

static const char *by_frame(const struct da_clr *c, const struct da_clr_thread *th)
{
	switch (th->frame ? da_clr_frame_kind(c, th->frame) : DA_CLR_FRAME_UNKNOWN) {
	case DA_CLR_FRAME_ResumableFrame:
	case DA_CLR_FRAME_RedirectedThreadFrame:
	case DA_CLR_FRAME_HijackFrame:
		return "the runtime interrupted its code for a collection: its explicit frame is of a kind for that alone";
	default:
		return NULL;
	}
}

/* The runtime stops nobody any more: those that still sleep are about to be woken. */
static bool is_over(struct da_clr *c)
{
	uint64_t collector;

	return !da_clr_model(c)->suspended && da_clr_global_ptr(c, DA_CLR_G_GCThread, &collector) == DA_OK && !collector;
}

void da_clr_gc_waits(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;
	struct da_process *p = &c->dump->proc;
	bool over = is_over(c);

	for (size_t i = 0; c->threads && i < c->threads->v.n && !da_stop(c->dump->watch); i++) {
		const struct da_clr_thread *th = &c->threads->v.v[i];
		uint32_t thread = th->model < p->managed_threads.n ? p->managed_threads.v[th->model].thread : DA_NONE;
		struct da_wait w = {.thread = thread, .lock = DA_NONE, .owner = DA_NONE,
				    .kind = DA_WAIT_GC, .confidence = 0.9f,
				    .woken = over};

		/* What it waited for when it was stopped is what the program asked for. */
		if (thread == DA_NONE || thread == da_clr_model(c)->suspended_by || da_clr_wait_first(t, thread))
			continue;
		w.frame = innermost(&p->threads.v[thread]);
		w.how = by_method(&p->threads.v[thread], w.frame);
		if (!w.how)
			w.how = by_frame(c, th);
		if (w.how)
			da_clr_wait_add(t, &w);
	}
}
