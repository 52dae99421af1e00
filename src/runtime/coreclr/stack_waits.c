/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits that stacks show.
 *
 * A thread that waits in managed code stands in a call of a few classes of System.Threading. The
 * outermost of these frames is what the program asked for; it, or a frame that it called, keeps the
 * object in a stack slot. Slots also keep what is no longer of use, so an object is taken only if
 * it is of the right type, if its own words say that somebody waits for it, and if no other object
 * in these frames is like it.
 *
 * 6 to 9 enter contended monitors in a helper without a managed frame: its explicit frame, of kind
 * HelperMethodFrame_1OBJ, holds the address of the slot with the object. That is exact.
 */
#include "config.h"

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/locks.h"
#include "runtime/coreclr/slim.h"

#define CANDIDATES 8
/* Words of the frames of one call that waits; and of the part of a stack where thin locks are
 * looked for. */
#define CALL_WORDS  4096u
#define STACK_WORDS 65536u
/* What the caller of the outermost frame may keep just above it. */
#define BEYOND_LAST 512u
/* Frames of callers in which the object of a handle is looked for. */
#define CALLERS 3u

/* What the runtime notes of a thread that sleeps, waits or joins: TS_Interruptible. */
#define STATE_WAITS 0x02000000u

/* Beginnings of methods. The first that fits counts. */
static const struct api {
	const char *method;
	uint8_t kind; /* enum da_lock_kind; DA_LOCK_KINDS: the pool's own wait, of no interest */
	const char *type; /* of the object that is waited for, or of a type that it derives from */
} apis[] = {
	{"System.Threading.Monitor.Wait", DA_LOCK_MONITOR_WAIT, NULL},
	{"System.Threading.Monitor.ObjWait", DA_LOCK_MONITOR_WAIT, NULL},
	{"System.Threading.Monitor.Enter", DA_LOCK_MONITOR, NULL},
	{"System.Threading.Monitor.ReliableEnter", DA_LOCK_MONITOR, NULL},
	{"System.Threading.Monitor.TryEnter", DA_LOCK_MONITOR, NULL},
	{"System.Threading.Condition.Wait", DA_LOCK_MONITOR_WAIT, NULL},
	{"System.Threading.Lock.", DA_LOCK_CLR_LOCK, "System.Threading.Lock"},
	{"System.Threading.SemaphoreSlim.Wait", DA_LOCK_SEMAPHORE_SLIM,
	 "System.Threading.SemaphoreSlim"},
	{"System.Threading.ReaderWriterLockSlim.", DA_LOCK_RWLOCK_SLIM,
	 "System.Threading.ReaderWriterLockSlim"},
	{"System.Threading.ManualResetEventSlim.Wait", DA_LOCK_EVENT_SLIM,
	 "System.Threading.ManualResetEventSlim"},
	{"System.Threading.CountdownEvent.Wait", DA_LOCK_COUNTDOWN,
	 "System.Threading.CountdownEvent"},
	{"System.Threading.Barrier.SignalAndWait", DA_LOCK_CLR_BARRIER, "System.Threading.Barrier"},
	{"System.Threading.Tasks.Task.Wait", DA_LOCK_TASK, "System.Threading.Tasks.Task"},
	{"System.Threading.Tasks.Task.InternalWait", DA_LOCK_TASK, "System.Threading.Tasks.Task"},
	{"System.Threading.Tasks.Task.SpinThenBlockingWait", DA_LOCK_TASK,
	 "System.Threading.Tasks.Task"},
	{"System.Threading.Thread.Join", DA_LOCK_THREAD, "System.Threading.Thread"},
	{"System.Threading.Thread.Sleep", DA_WAIT_SLEEP, NULL},
	{"System.Diagnostics.Process.WaitForExit", DA_WAIT_CHILD, NULL},
	{"System.Threading.WaitHandle.Wait", DA_LOCK_EVENT, "System.Threading.WaitHandle"},
	{"System.Threading.LowLevelLifoSemaphore.", DA_LOCK_KINDS, NULL},
	{"System.Threading.PortableThreadPool", DA_LOCK_KINDS, NULL},
	{"System.Threading.TimerQueue.", DA_LOCK_KINDS, NULL},
};

/* A call that waits: frames[first .. last] of the thread, last the outermost of them. */
struct call {
	const struct api *api;
	const struct da_clr_thread *clr;
	uint32_t thread;
	uint32_t managed; /* index of proc.managed_threads */
	uint32_t first, last;
};

const char *da_clr_frame_method(const struct da_frame *f)
{
	return f->kind == DA_FRAME_MANAGED && f->place && f->place->method ? f->place->method->raw
									   : NULL;
}

static const struct api *api_of(const char *method)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(apis); i++)
		if (da_starts(method, apis[i].method))
			return &apis[i];
	return NULL;
}

/* The library's own frames: those between the program's call and the system call. */
static bool is_library(const char *method)
{
	return da_starts(method, "System.Threading.") || da_starts(method, "System.Diagnostics.Process") ||
	       da_starts(method, "System.Runtime.CompilerServices.TaskAwaiter");
}

/*
 * What runs work of the program: behind it stands who gave the work, or the pool's own loop, and not what it waits for.
 * The work's own frame is missing where its last call was a jump, or was compiled into it.
 */
static bool runs_work(const char *method)
{
	static const char *const names[] = {"System.Threading.ThreadPoolWorkQueue.Dispatch", "System.Threading.TimerQueueTimer.",
					    "System.Threading.ExecutionContext.Run", "System.Threading.Tasks.Task.InnerInvoke",
					    "System.Threading.Tasks.Task.ExecuteEntry", "System.Threading.Thread.StartCallback"};

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++)
		if (da_starts(method, names[i]))
			return true;
	return false;
}

/* The outermost call of the table in the topmost run of library frames. */
static bool find_call(const struct da_thread *th, struct call *ret)
{
	bool started = false;

	ret->api = NULL;
	for (size_t i = 0; i < th->frames.n; i++) {
		const struct da_frame *f = &th->frames.v[i];
		const char *method = da_clr_frame_method(f);
		const struct api *api;

		if (!method && (!started || f->kind != DA_FRAME_MANAGED))
			continue;
		if (!method || !is_library(method) || (ret->api && runs_work(method)))
			break;
		if (!started)
			ret->first = (uint32_t)i;
		started = true;
		api = api_of(method);
		if (api && api->kind == DA_LOCK_KINDS)
			return false;
		if (api) {
			ret->api = api;
			ret->last = (uint32_t)i;
		}
	}
	return ret->api != NULL;
}

/* ---------------------------------------------------------------- candidates */

struct found {
	uint64_t v[CANDIDATES];
	size_t n;
	bool more;
};

static void found_add(struct found *f, uint64_t object)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i] == object)
			return;
	if (f->n < CANDIDATES)
		f->v[f->n++] = object;
	else
		f->more = true;
}

/* A monitor whose sync block is not in the dump. */
static bool is_unread(const struct da_lock *l)
{
	return l->kind == DA_LOCK_MONITOR && l->state == DA_LOCK_STATE_UNKNOWN;
}

/* Held by another, or counted as waited for: a lock that the thread itself holds is not it. */
static bool fits_enter(struct da_clr_lock_table *t, const struct call *call, uint64_t object, uint64_t *ret_object)
{
	uint32_t lock = da_clr_lock_of(t, object);
	const struct da_lock *l;

	if (lock == DA_NONE)
		return false;
	l = &t->c->dump->proc.locks.v[lock];
	*ret_object = l->address;
	if (l->owner == call->thread)
		return false;
	return l->owner != DA_NONE || is_unread(l) || l->state == DA_LOCK_ORPHANED || (l->has_waiting && l->waiting);
}

/*
 * 11: the Condition that has waiters, and through it the Lock of the monitor. Before, queues of sync blocks
 * tell it exactly; here only monitors are left whose sync blocks are not in the dump.
 */
static bool fits_pulse(struct da_clr_lock_table *t, uint64_t object, uint64_t *ret_object)
{
	struct da_clr *c = t->c;
	bool condition = da_clr_type_is(c, object, "System.Threading.Condition");
	uint64_t waiters, inner = object;
	uint32_t lock;

	if (condition && (da_clr_object_ptr(c, object, "_waitersHead", &waiters) != DA_OK || !waiters ||
			  da_clr_object_ptr(c, object, "_lock", &inner) != DA_OK || !inner))
		return false;
	lock = da_clr_lock_of(t, inner);
	if (lock == DA_NONE || (!condition && !is_unread(&c->dump->proc.locks.v[lock])))
		return false;
	*ret_object = c->dump->proc.locks.v[lock].address;
	return true;
}

/* Of a type of CoreLib, or derived from it; or of one of System.Threading.dll (CountdownEvent, Barrier). */
static bool is_of(struct da_clr *c, uint64_t object, const char *type)
{
	return da_clr_object_is(c, object, type) || da_clr_type_is(c, object, type);
}

/* Does somebody wait for it, by its own words? *ret_object: what stands for it in the list of
 * locks. */
static bool fits(struct da_clr_lock_table *t, const struct call *call, uint64_t object,
		 uint64_t *ret_object)
{
	struct da_clr *c = t->c;

	*ret_object = object;
	if (da_clr_heap_known(c) && !da_clr_in_heap(c, object))
		return false;
	if (call->api->type && !is_of(c, object, call->api->type))
		return false;
	switch (call->api->kind) {
	case DA_LOCK_MONITOR:
	case DA_LOCK_CLR_LOCK:
		return fits_enter(t, call, object, ret_object);
	case DA_LOCK_MONITOR_WAIT:
		return fits_pulse(t, object, ret_object);
	case DA_WAIT_CHILD:
		return true;
	default:
		return da_clr_slim_waited(t, (enum da_lock_kind)call->api->kind, object, call->managed);
	}
}

static void scan(struct da_clr_lock_table *t, const struct call *call, uint64_t lo, uint64_t hi,
		 struct found *ret)
{
	struct da_clr *c = t->c;
	unsigned word = c->mem->word;
	uint64_t v, object;

	*ret = (struct found){0};
	lo &= ~(uint64_t)(word - 1);
	for (uint64_t n = 0; lo < hi && n < CALL_WORDS; lo += word, n++)
		if (da_mem_word(c->mem, lo, &v) == DA_OK && v && v % word == 0 &&
		    fits(t, call, v, &object))
			found_add(ret, object);
}

uint64_t da_clr_frame_end(const struct da_thread *th, uint32_t frame)
{
	const struct da_frame *f = &th->frames.v[frame];

	if (f->cfa > f->sp)
		return f->cfa;
	return frame + 1 < th->frames.n && th->frames.v[frame + 1].sp > f->sp
		       ? th->frames.v[frame + 1].sp
		       : f->sp + BEYOND_LAST;
}

/* The object that the innermost helper's frame holds; 0: it is no such frame. */
static uint64_t helper_object(const struct da_clr *c, const struct da_clr_thread *th)
{
	uint64_t slot, object;

	if (da_clr_frame_kind(c, th->frame) != DA_CLR_FRAME_HelperMethodFrame_1OBJ ||
	    DA_CLR_PTR(c, th->frame, HelperMethodFrame_1OBJ, ObjectSlot, &slot) != DA_OK ||
	    da_mem_word(c->mem, slot, &object) != DA_OK)
		return 0;
	return object;
}

/*
 * Of WaitOne only the SafeWaitHandle is of use while the thread waits, of CountdownEvent.Wait only its event. The
 * object that the program knows, and that keeps it in a field, is looked for with the callers.
 */
static const struct wrapper {
	uint8_t kind; /* enum da_lock_kind of the call */
	struct api inner;
	const char *field;
	bool stands_alone; /* without the object that keeps it, too, it is what the thread waits for */
} wrappers[] = {
	{DA_LOCK_EVENT, {"", DA_LOCK_EVENT, "Microsoft.Win32.SafeHandles.SafeWaitHandle"}, "_waitHandle", true},
	{DA_LOCK_COUNTDOWN, {"", DA_LOCK_EVENT_SLIM, "System.Threading.ManualResetEventSlim"}, "_event", false},
};

static uint64_t wrapped_object(struct da_clr_lock_table *t, const struct call *call, const struct wrapper *w)
{
	struct da_clr *c = t->c;
	const struct da_thread *th = &c->dump->proc.threads.v[call->thread];
	struct call inner = *call;
	uint64_t at = th->frames.v[call->first].sp & ~(uint64_t)(c->mem->word - 1), v, kept, end;
	struct found f;

	inner.api = &w->inner;
	scan(t, &inner, at, da_clr_frame_end(th, call->last), &f);
	if (f.n != 1 || f.more)
		return 0;
	end = da_clr_frame_end(th, (uint32_t)DA_MIN(call->last + CALLERS, th->frames.n - 1));
	for (uint64_t n = 0; at < end && n < CALL_WORDS; at += c->mem->word, n++)
		if (da_mem_word(c->mem, at, &v) == DA_OK && v && v % c->mem->word == 0 &&
		    is_of(c, v, call->api->type) &&
		    da_clr_object_ptr(c, v, w->field, &kept) == DA_OK && kept == f.v[0])
			return v;
	return w->stands_alone ? f.v[0] : 0;
}

static uint64_t wrapper_of(struct da_clr_lock_table *t, const struct call *call)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(wrappers); i++)
		if (wrappers[i].kind == call->api->kind)
			return wrapped_object(t, call, &wrappers[i]);
	return 0;
}

/* The one object of the call; 0: none, or several. */
static uint64_t object_of(struct da_clr_lock_table *t, const struct call *call, float *ret_confidence)
{
	const struct da_thread *th = &t->c->dump->proc.threads.v[call->thread];
	uint64_t end = da_clr_frame_end(th, call->last), exact = helper_object(t->c, call->clr), object;
	struct found f;

	*ret_confidence = 1;
	if (exact && fits(t, call, exact, &object))
		return object;
	scan(t, call, th->frames.v[call->first].sp, end, &f);
	*ret_confidence = 0.95f;
	if (f.n == 1 && !f.more)
		return f.v[0];
	if (f.n == 0)
		return wrapper_of(t, call);
	scan(t, call, th->frames.v[call->last].sp, end, &f);
	*ret_confidence = 0.7f;
	return f.n == 1 && !f.more ? f.v[0] : 0;
}

/* ---------------------------------------------------------------- the wait of one thread */

static bool has_wait(struct da_clr_lock_table *t, uint32_t thread, enum da_lock_kind kind)
{
	for (const struct da_wait *w = da_clr_wait_first(t, thread); w; w = da_clr_wait_next(t, w))
		if (w->kind == kind)
			return true;
	return false;
}

/* Is it known better already: a monitor or Lock whose event the thread sleeps on? */
static bool is_known(struct da_clr_lock_table *t, const struct call *call)
{
	switch (call->api->kind) {
	case DA_LOCK_MONITOR:
	case DA_LOCK_CLR_LOCK:
		return has_wait(t, call->thread, DA_LOCK_MONITOR) ||
		       has_wait(t, call->thread, DA_LOCK_CLR_LOCK);
	case DA_LOCK_EVENT:
		return has_wait(t, call->thread, DA_LOCK_EVENT) ||
		       has_wait(t, call->thread, DA_LOCK_MUTANT) ||
		       has_wait(t, call->thread, DA_LOCK_SEMAPHORE);
	default:
		return has_wait(t, call->thread, (enum da_lock_kind)call->api->kind);
	}
}

static void show_frame(struct da_clr_lock_table *t, const struct call *call)
{
	for (struct da_wait *w = da_clr_wait_first(t, call->thread); w; w = da_clr_wait_next(t, w))
		if (w->primary)
			w->frame = call->last;
}

static uint8_t handle_kind(struct da_clr *c, uint64_t object)
{
	if (da_clr_object_is(c, object, "System.Threading.Mutex"))
		return DA_LOCK_MUTANT;
	return da_clr_object_is(c, object, "System.Threading.Semaphore") ? DA_LOCK_SEMAPHORE : DA_LOCK_EVENT;
}

/*
 * The id of the process that the program waits for, by the Process or, on Linux, the state that its waiters share
 * (ProcessWaitState.Unix.cs): compiled code keeps one or the other. 0: not known.
 */
static uint32_t child_of(struct da_clr_lock_table *t, const struct call *call)
{
	static const struct api kept[] = { {"", DA_WAIT_CHILD, "System.Diagnostics.Process"},
					   {"", DA_WAIT_CHILD, "System.Diagnostics.ProcessWaitState"} };
	uint32_t id = 0;

	for (size_t i = 0; i < DA_ARRAY_SIZE(kept) && !id; i++) {
		struct call one = *call;
		float confidence;
		uint64_t object;

		one.api = &kept[i];
		object = object_of(t, &one, &confidence);
		if (!object || da_clr_object_u32(t->c, object, "_processId", &id) != DA_OK)
			id = 0;
	}
	return id;
}

static void add_wait(struct da_clr_lock_table *t, const struct call *call)
{
	struct da_clr *c = t->c;
	struct da_wait w = {.thread = call->thread,
			    .lock = DA_NONE,
			    .owner = DA_NONE,
			    .kind = call->api->kind,
			    .frame = call->last,
			    .confidence = 1};
	float confidence = 0;
	uint64_t object = call->api->kind < DA_WAIT_SLEEP ? object_of(t, call, &confidence) : 0;

	w.how = "the frame shows the call";
	if (w.kind == DA_WAIT_CHILD && (w.pid = child_of(t, call)) != 0)
		w.how = "the frame shows the call, and an object of it the id";
	if (object) {
		if (w.kind == DA_LOCK_EVENT)
			w.kind = handle_kind(c, object);
		w.lock = da_clr_slim_lock(t, (enum da_lock_kind)w.kind, object);
		w.address = object;
		w.confidence = confidence;
		w.how = confidence > 0.99f ? "the helper's frame holds the object"
			: confidence > 0.9f ? "the frames of the call hold one such object"
					  : "the outermost frame of the call holds one such "
					    "object, others hold more";
		if (da_clr_model(c)->suspended) /* objects may be on the move */
			w.confidence = DA_MIN(w.confidence, 0.6f);
		if (w.lock != DA_NONE && is_unread(&c->dump->proc.locks.v[w.lock]))
			w.confidence = DA_MIN(w.confidence, 0.8f); /* it could be one that the thread holds itself */
		if (w.lock != DA_NONE)
			w.kind = call->api->kind == DA_LOCK_CLR_LOCK
					 ? c->dump->proc.locks.v[w.lock].kind
					 : w.kind;
	}
	da_clr_wait_add(t, &w);
}

/* ---------------------------------------------------------------- 6 to 9: contended Monitor.Enter */

/* The helper serves others too: the lock must be another's, and the thread
 * wait. */
static bool helper_wait(struct da_clr_lock_table *t, const struct da_clr_thread *th,
			uint32_t thread)
{
	struct da_process *p = &t->c->dump->proc;
	struct da_wait w = {
		.thread = thread,
		.owner = DA_NONE,
		.kind = DA_LOCK_MONITOR,
		.frame = DA_NONE,
		.how = "the helper's frame holds the object, which another thread has entered",
		.confidence = 1};
	uint64_t object = helper_object(t->c, th);
	const struct da_lock *l;

	if (!object || has_wait(t, thread, DA_LOCK_MONITOR_WAIT) ||
	    !(p->managed_threads.v[th->model].state & STATE_WAITS))
		return false;
	w.lock = da_clr_lock_of(t, object);
	if (w.lock == DA_NONE)
		return false;
	l = &p->locks.v[w.lock];
	if (l->owner == thread ||
	    (l->owner == DA_NONE && l->state != DA_LOCK_ORPHANED && !l->waiting && !is_unread(l)))
		return false;
	if (is_unread(l)) {
		w.how = "the helper's frame holds the object, and the thread waits";
		w.confidence = 0.8f;
	}
	w.address = object;
	for (size_t i = 0; i < p->threads.v[thread].frames.n && w.frame == DA_NONE; i++)
		if (p->threads.v[thread].frames.v[i].kind == DA_FRAME_MANAGED)
			w.frame = (uint32_t)i;
	da_clr_wait_add(t, &w);
	return true;
}

/* ---------------------------------------------------------------- all threads */

void da_clr_stack_note_locks(struct da_clr_lock_table *t, uint32_t thread)
{
	struct da_clr *c = t->c;
	const struct da_thread *th = &c->dump->proc.threads.v[thread];
	struct call call = {.thread = thread};
	uint64_t v, lo, hi, condition;

	if (!find_call(th, &call))
		return;
	lo = th->frames.v[call.first].sp;
	/* What the thread waits for is known; callers may keep the object that stands for it to the program. */
	hi = da_clr_frame_end(th, (uint32_t)DA_MIN(call.last + CALLERS, th->frames.n - 1));
	for (uint64_t n = 0; lo < hi && n < CALL_WORDS; lo += c->mem->word, n++) {
		if (da_mem_word(c->mem, lo, &v) != DA_OK || !v || v % c->mem->word ||
		    (da_clr_heap_known(c) && !da_clr_in_heap(c, v)))
			continue;
		condition = da_clr_type_is(c, v, "System.Threading.Condition") ? v : 0;
		if (condition && (da_clr_object_ptr(c, v, "_lock", &v) != DA_OK || !v))
			continue;
		if (da_clr_is_lock_object(c, v)) {
			da_clr_lock_of(t, v);
			if (condition)
				da_clr_note_condition(t, condition, v);
		} else if (da_clr_object_is(c, v, "System.Threading.WaitHandle"))
			da_clr_note_handle(t, v);
	}
}

void da_clr_stack_waits(struct da_clr_lock_table *t)
{
	struct da_clr *c = t->c;
	struct da_process *p = &c->dump->proc;

	for (size_t i = 0; c->threads && i < c->threads->v.n && !da_stop(c->dump->watch); i++) {
		const struct da_clr_thread *th = &c->threads->v.v[i];
		struct call call = {.managed = th->model, .clr = th};

		if (th->model >= p->managed_threads.n ||
		    p->managed_threads.v[th->model].thread == DA_NONE)
			continue;
		call.thread = p->managed_threads.v[th->model].thread;
		if (helper_wait(t, th, call.thread) ||
		    !find_call(&p->threads.v[call.thread], &call))
			continue;
		if (is_known(t, &call))
			show_frame(t, &call);
		else
			add_wait(t, &call);
	}
}
