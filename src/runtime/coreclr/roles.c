/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and roles of managed threads.
 *
 * Thread.Name is a field of the managed Thread object; the threads of the library and of the
 * runtime have names too (".NET TP Worker"), some of them as the system's thread names only. What a
 * thread is for is told, in this order, by the runtime's own flags, by such a name, and by the
 * method at the bottom of its stack.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"

#define NAME_MAX_CHARACTERS 256

/* Thread::ThreadState of src/coreclr/vm/threads.h. */
#define TS_BACKGROUND	 0x00000200u
#define TS_WE_OWN	 0x00001000u /* made by managed code or by the runtime itself */
#define TS_IO_COMPLETION 0x08000000u

/* ---------------------------------------------------------------- names */

void da_clr_thread_names(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;
	uint64_t text;

	for (size_t i = 0; c->threads && i < c->threads->v.n; i++) {
		const struct da_clr_thread *t = &c->threads->v.v[i];
		struct da_managed_thread *m;

		if (t->model >= p->managed_threads.n || !t->exposed ||
		    da_clr_field_ptr(c, t->exposed, "_name", DA_CLR_ManagedThread__name, &text) !=
			    DA_OK ||
		    !text)
			continue;
		m = &p->managed_threads.v[t->model];
		m->name = da_clr_string(c, text, NAME_MAX_CHARACTERS);
		if (m->name && m->thread != DA_NONE && !p->threads.v[m->thread].name)
			p->threads.v[m->thread].name = m->name;
	}
}

/* ---------------------------------------------------------------- roles */

/*
 * Names; Linux keeps 15 bytes of them. Sources: the runtime's SetThreadName calls
 * (finalizerthread.cpp, tieredcompilation.cpp, ds-server.c, ep-*.c, gcenv.ee.cpp, pal_signal.c,
 * debug/ee/rcthread.cpp, debug/shared/dbgtransportsession.cpp),
 * PortableThreadPool.*.cs, TimerQueue.Portable.cs, SocketAsyncEngine.Unix.cs,
 * FileSystemWatcher.*.cs; Kestrel's Heartbeat.cs.
 */
static const struct name_row {
	const char *name;
	uint8_t role;
} names[] = {
	{".NET Finalizer", DA_ROLE_FINALIZER},
	{".NET TP Worker", DA_ROLE_WORKER},
	{".NET ThreadPool Worker", DA_ROLE_WORKER}, /* 6 and 7 */
	{".NET TP Gate", DA_ROLE_GATE},
	{".NET ThreadPool Gate", DA_ROLE_GATE},
	{".NET TP Wait", DA_ROLE_WAIT},
	{".NET ThreadPool Wait", DA_ROLE_WAIT},
	{".NET TP IO", DA_ROLE_IO},
	{".NET ThreadPool IO", DA_ROLE_IO},
	{".NET Timer", DA_ROLE_TIMER},
	{".NET Sockets", DA_ROLE_IO},
	{".NET File Watcher", DA_ROLE_IO},
	{".NET Tiered Compilation Worker", DA_ROLE_TIERED_COMPILER},
	{".NET Tiered JIT", DA_ROLE_TIERED_COMPILER}, /* 11 */
	{".NET Signal Handler", DA_ROLE_SIGNAL},
	{".NET SigHandler", DA_ROLE_SIGNAL},
	{".NET SynchManager", DA_ROLE_SIGNAL},
	{".NET EventPipe", DA_ROLE_EVENT_PIPE},
	{".NET Debugger", DA_ROLE_DEBUGGER},
	{".NET DebugPipe", DA_ROLE_DEBUGGER},
	{".NET Server GC", DA_ROLE_GC},
	{".NET BGC", DA_ROLE_GC},
	{"Kestrel Timer", DA_ROLE_KESTREL},
	{".NET Kestrel", DA_ROLE_KESTREL},
};

/* NativeAOT: the loop that runs finalizers is managed code itself. */
#define FINALIZER_LOOP "System.Runtime.__Finalizer."

/* Beginnings of the methods at the bottom of a stack, from the same sources. */
static const struct name_row bottoms[] = {
	{"System.Threading.PortableThreadPool+WorkerThread.", DA_ROLE_WORKER},
	{"System.Threading.WindowsThreadPool.", DA_ROLE_WORKER},
	{"System.Threading.PortableThreadPool+GateThread.", DA_ROLE_GATE},
	{"System.Threading.PortableThreadPool+WaitThread.", DA_ROLE_WAIT},
	{"System.Threading.PortableThreadPool+IOCompletionPoller.", DA_ROLE_IO},
	{"System.Threading.TimerQueue.TimerThread", DA_ROLE_TIMER},
	{"System.Net.Sockets.SocketAsyncEngine.EventLoop", DA_ROLE_IO},
	{"System.IO.FileSystemWatcher+RunningInstance.", DA_ROLE_IO},
	{"System.GC.RunFinalizers", DA_ROLE_FINALIZER},
	{FINALIZER_LOOP, DA_ROLE_FINALIZER},
	{"Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Infrastructure.Heartbeat.TimerLoop",
	 DA_ROLE_KESTREL},
	{"System.Environment.CallEntryPoint", DA_ROLE_MAIN}, /* 11 */
};

/* Frames from the bottom that are looked at: stubs that start a thread lie below its own method. */
#define BOTTOM_FRAMES 6u

/* The kernel keeps 15 bytes of a name. */
#define COMM_BYTES 15

static bool same_name(const char *thread, const char *known)
{
	size_t n = strlen(known);

	return da_streq(thread, known) || (n > COMM_BYTES && strlen(thread) == COMM_BYTES &&
					   strncmp(thread, known, COMM_BYTES) == 0);
}

static enum da_role by_name(const char *name)
{
	for (size_t i = 0; name && i < DA_ARRAY_SIZE(names); i++)
		if (same_name(name, names[i].name))
			return (enum da_role)names[i].role;
	return DA_ROLE_UNKNOWN;
}

/* NativeAOT does not tell which types are nested: its names have points there. */
static bool method_starts(const char *method, const char *known)
{
	for (; *known; method++, known++)
		if (*method != *known && !(*known == '+' && *method == '.'))
			return false;
	return true;
}

static enum da_role by_bottom(const struct da_thread *t)
{
	size_t looked = 0;

	for (size_t i = t->frames.n; i-- > 0 && looked < BOTTOM_FRAMES;) {
		const char *m = da_clr_frame_method(&t->frames.v[i]);

		if (!m)
			continue;
		looked++;
		for (size_t k = 0; k < DA_ARRAY_SIZE(bottoms); k++)
			if (method_starts(m, bottoms[k].name))
				return (enum da_role)bottoms[k].role;
	}
	return DA_ROLE_UNKNOWN;
}

static enum da_role by_flags(const struct da_managed_thread *m)
{
	if (m->finalizer)
		return DA_ROLE_FINALIZER;
	if (m->threadpool)
		return m->state & TS_IO_COMPLETION ? DA_ROLE_IO : DA_ROLE_WORKER;
	return m->state & TS_IO_COMPLETION ? DA_ROLE_IO : DA_ROLE_UNKNOWN;
}

/* Linux: the main thread's id is the process's. Windows: neither made by the runtime nor in the
 * background. */
static bool is_main(const struct da_clr *c, const struct da_thread *t)
{
	const struct da_process *p = &c->dump->proc;

	if (!c->windows)
		return p->has_pid && t->tid == p->pid;
	return t->managed && !t->managed->unstarted &&
	       !(t->managed->state & (TS_WE_OWN | TS_BACKGROUND));
}

/* Without its name (small dumps) a thread of the program is told by what it runs. */
static bool runs_own_code(const struct da_clr *c, const struct da_thread *t)
{
	const struct da_process *p = &c->dump->proc;

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_place *place = t->frames.v[i].place;

		if (place && place->method && place->method->assembly < p->assemblies.n &&
		    p->assemblies.v[place->method->assembly].class == DA_CLASS_OWN)
			return true;
	}
	return false;
}

static enum da_role role_of(const struct da_clr *c, const struct da_thread *t)
{
	const struct da_managed_thread *m = t->managed;
	enum da_role role =
		m && m->finalizer ? DA_ROLE_FINALIZER : by_name(m && m->name ? m->name : t->name);

	if (role == DA_ROLE_UNKNOWN)
		role = by_bottom(t);
	if (role == DA_ROLE_UNKNOWN && m)
		role = by_flags(m);
	if (role == DA_ROLE_UNKNOWN && is_main(c, t))
		role = DA_ROLE_MAIN;
	/* Made by managed code, and nothing of the above: a thread of the program. */
	if (role == DA_ROLE_UNKNOWN && m && (c->aot || (m->state & TS_WE_OWN)) && (m->name || runs_own_code(c, t)))
		role = DA_ROLE_USER;
	return role;
}

/*
 * Nothing to do: the finalizer outside of managed code; a worker of the pool in the pool's own semaphore;
 * the threads that only wait for a time or an event, in managed code of the library alone.
 */
static bool is_idle(const struct da_thread *t)
{
	bool semaphore = false, library = false;

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_frame *f = &t->frames.v[i];
		const char *m = da_clr_frame_method(f);

		if (m && da_starts(m, FINALIZER_LOOP))
			continue;
		if (f->kind == DA_FRAME_MANAGED && (!m || !da_starts(m, "System.Threading.")))
			return false;
		library |= f->kind == DA_FRAME_MANAGED;
		semaphore |= m && da_starts(m, "System.Threading.LowLevelLifoSemaphore.");
	}
	switch (t->role) {
	case DA_ROLE_FINALIZER:
		return !library && t->end == DA_END_COMPLETE;
	case DA_ROLE_WORKER:
		return semaphore;
	case DA_ROLE_GATE:
	case DA_ROLE_TIMER:
	case DA_ROLE_WAIT:
		return library;
	default:
		return false;
	}
}

void da_clr_roles(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;

	for (size_t i = 0; i < p->threads.n; i++) {
		struct da_thread *t = &p->threads.v[i];

		if (t->role == DA_ROLE_UNKNOWN &&
		    (!t->managed || t->managed->runtime == c->runtime))
			t->role = (uint8_t)role_of(c, t);
		if (t->state == DA_STATE_UNKNOWN && t->managed && is_idle(t))
			t->state = DA_STATE_IDLE;
	}
}
