/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>
#include <time.h>

#include "analyze/graph.h"
#include "analyze/order.h"
#include "analyze/words.h"

/* The innermost call that somebody of the program wrote; the function itself where there is none. */
static const struct da_place_call *said_call(const struct da_frame *f)
{
	const struct da_place *p = f->place;

	if (!p || p->ncalls == 0)
		return NULL;
	for (unsigned i = p->ncalls; i-- > 1;)
		if (!da_file_is_library(p->calls[i].file))
			return &p->calls[i];
	return &p->calls[0];
}

const char *da_function_name(const struct da_frame *f)
{
	const struct da_place_call *c = said_call(f);

	return c ? c->function : NULL;
}

const struct da_assembly *da_assembly_of(const struct da_dump *d, const struct da_frame *f)
{
	const struct da_method *m = f->place ? f->place->method : NULL;

	return m && m->assembly < d->proc.assemblies.n ? &d->proc.assemblies.v[m->assembly] : NULL;
}

const char *da_assembly_file(struct da_arena *a, const struct da_assembly *m)
{
	const char *end = m->path ? strrchr(m->path, '\\') : NULL; /* paths of Windows in any dump */

	if (m->path)
		return da_basename(end ? end + 1 : m->path);
	return m->dynamic || !m->name ? m->name : da_printf(a, "%s.dll", m->name);
}

const char *da_thread_name(const struct da_thread *t)
{
	return t->managed && t->managed->name ? t->managed->name : t->name;
}

const char *da_module_name(const struct da_dump *d, const struct da_frame *f)
{
	const struct da_assembly *m = da_assembly_of(d, f);

	if (m)
		return da_assembly_file(d->arena, m);
	return f->module != DA_NONE ? d->proc.modules.v[f->module].name : NULL;
}

static bool after_operator(const char *name, size_t at)
{
	return at >= 8 && memcmp(name + at - 8, "operator", 8) == 0;
}

char *da_without_parameters(struct da_arena *a, const char *name)
{
	static const char anonymous[] = "(anonymous namespace)";
	int depth = 0, braces = 0; /* {lambda(int)#1} is a name, parentheses and all */
	size_t n;

	for (n = 0; name[n]; n++) {
		if (da_starts(name + n, anonymous)) {
			n += sizeof(anonymous) - 2;
		} else if (after_operator(name, n) && strchr("<>(-", name[n])) {
			n += strcspn(name + n + 1, "(<") > 2 ? 0 : 1; /* operator(), <<, ->, < */
		} else if (name[n] == '{') {
			braces++;
		} else if (name[n] == '}' && braces) {
			braces--;
		} else if (braces) {
			continue;
		} else if (name[n] == '<') {
			depth++;
		} else if (name[n] == '>' && depth) {
			depth--;
		} else if (name[n] == '(' && depth == 0 && n) {
			break;
		}
	}
	while (n && name[n - 1] == ' ')
		n--;
	return da_strndup(a, name, n);
}

bool da_is_own(const struct da_dump *d, const struct da_frame *f)
{
	const struct da_assembly *m = da_assembly_of(d, f);

	if (m)
		return m->class == DA_CLASS_OWN && !f->place->method->hidden;
	return f->module != DA_NONE && d->proc.modules.v[f->module].class == DA_CLASS_OWN &&
	       !da_place_is_library(f->place);
}

const char *da_why_minimal(const struct da_dump *d)
{
	if (d->origin.truncated && d->proc.threads.n == 0)
		return "the file is cut before its threads";
	return "stacks of this system or CPU are not read";
}

const char *da_say_thread(struct da_analysis *a, uint32_t thread)
{
	const struct da_process *p = &a->dump->proc;
	const char *name;

	if (thread >= p->threads.n)
		return "a thread";
	name = da_thread_name(&p->threads.v[thread]);
	return name ? da_printf(a->dump->arena, DA_REF("t%u") " \"%s\"", thread + 1, name)
		       : da_printf(a->dump->arena, DA_REF("t%u"), thread + 1);
}

const char *da_say_line(struct da_analysis *a, const struct da_frame *f)
{
	const struct da_place_call *c = said_call(f);

	if (!c || !c->file)
		return NULL;
	return c->line ? da_printf(a->dump->arena, DA_PATH("%s") ":%u", da_basename(c->file), c->line)
		       : da_printf(a->dump->arena, DA_PATH("%s"), da_basename(c->file));
}

const char *da_say_function(struct da_analysis *a, const struct da_frame *f)
{
	const char *name = da_function_name(f), *module = da_module_name(a->dump, f);
	const struct da_unloaded *gone = module ? NULL : da_unloaded_at(&a->dump->proc, f->pc);

	if (name)
		return da_printf(a->dump->arena, DA_SYM("%s"), name);
	if (module)
		return da_printf(a->dump->arena, "an unknown function of " DA_SYM("%s"), module);
	if (gone)
		return da_printf(a->dump->arena, DA_SYM("%s") "+" DA_ADDR("0x%llx") ", which was unloaded",
				 gone->name, (unsigned long long)(f->pc - gone->start));
	return da_printf(a->dump->arena, "unknown code at " DA_ADDR("0x%llx"),
			 (unsigned long long)f->pc);
}

const char *da_say_frame(struct da_analysis *a, const struct da_frame *f)
{
	const char *function = da_say_function(a, f), *line = da_say_line(a, f);
	const char *module = da_module_name(a->dump, f);

	if (module && da_function_name(f))
		function = da_printf(a->dump->arena, "%s (" DA_SYM("%s") ")", function, module);
	return line ? da_printf(a->dump->arena, "%s, at %s", function, line) : function;
}

const struct da_frame *da_blamed_frame(const struct da_dump *d, uint32_t *ret_index)
{
	const struct da_exception *e = d->proc.exception;
	const struct da_thread *t;
	uint32_t i;

	if (!e || e->thread >= d->proc.threads.n)
		return NULL;
	t = &d->proc.threads.v[e->thread];
	/* an exception that was thrown elsewhere (async void): no frame of this stack is at fault */
	if (e->managed && e->blamed_frame >= t->frames.n)
		return NULL;
	i = e->blamed_frame < t->frames.n ? e->blamed_frame : 0;
	if (i >= t->frames.n)
		return NULL;
	if (ret_index)
		*ret_index = i;
	return &t->frames.v[i];
}

const char *da_say_time(struct da_analysis *a, uint64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	unsigned fraction = (unsigned)(us % 1000000);
	struct tm tm;
	char text[40];

	if (us == 0 || !gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return NULL;
	return fraction ? da_printf(a->dump->arena, "%s.%06uZ", text, fraction)
			: da_printf(a->dump->arena, "%sZ", text);
}

const char *da_say_kind(enum da_lock_kind kind)
{
	static const char *const words[DA_LOCK_KINDS] = {
		[DA_LOCK_PTHREAD_MUTEX] = "a mutex", [DA_LOCK_PTHREAD_RWLOCK] = "a read-write lock",
		[DA_LOCK_PTHREAD_COND] = "a condition variable", [DA_LOCK_PTHREAD_JOIN] = "the end of a thread",
		[DA_LOCK_PTHREAD_ONCE] = "an initialisation (pthread_once)", [DA_LOCK_SEMAPHORE] = "a semaphore",
		[DA_LOCK_BARRIER] = "a barrier", [DA_LOCK_FUTEX] = "a futex", [DA_LOCK_SPIN] = "a spin lock",
		[DA_LOCK_STDIO] = "the lock of a FILE", [DA_LOCK_MALLOC_ARENA] = "the lock of a malloc arena",
		[DA_LOCK_LOADER] = "the loader's lock", [DA_LOCK_CRITICAL_SECTION] = "a critical section",
		[DA_LOCK_SRW] = "an SRW lock", [DA_LOCK_CONDITION_VARIABLE] = "a condition variable",
		[DA_LOCK_MUTANT] = "a mutex", [DA_LOCK_EVENT] = "an event", [DA_LOCK_NT_SEMAPHORE] = "a semaphore",
		[DA_LOCK_WAITABLE_TIMER] = "a timer", [DA_LOCK_THREAD] = "the end of a thread",
		[DA_LOCK_PROCESS] = "the end of a process", [DA_LOCK_ADDRESS] = "a change at an address",
		[DA_LOCK_MONITOR] = "a monitor", [DA_LOCK_MONITOR_WAIT] = "a Monitor.Pulse",
		[DA_LOCK_CLR_LOCK] = "a Lock", [DA_LOCK_SEMAPHORE_SLIM] = "a SemaphoreSlim",
		[DA_LOCK_RWLOCK_SLIM] = "a ReaderWriterLockSlim", [DA_LOCK_EVENT_SLIM] = "a ManualResetEventSlim",
		[DA_LOCK_COUNTDOWN] = "a CountdownEvent", [DA_LOCK_CLR_BARRIER] = "a Barrier", [DA_LOCK_LAZY] = "a Lazy",
		[DA_LOCK_CLASS_INIT] = "a static constructor", [DA_LOCK_ASSEMBLY_LOAD] = "the loading of an assembly",
		[DA_LOCK_TASK] = "a task", [DA_LOCK_UNKNOWN] = "something unknown",
		[DA_WAIT_SLEEP] = "a time to pass", [DA_WAIT_TIMER] = "a timer", [DA_WAIT_POLL] = "files or sockets (poll)",
		[DA_WAIT_SOCKET] = "a socket", [DA_WAIT_PIPE] = "a pipe", [DA_WAIT_FILE] = "a file, pipe or device",
		[DA_WAIT_CHILD] = "a child process", [DA_WAIT_SIGNAL] = "a signal", [DA_WAIT_MESSAGE] = "a message",
		[DA_WAIT_IO_COMPLETION] = "I/O to complete", [DA_WAIT_ALPC] = "another process (ALPC)",
		[DA_WAIT_GC] = "the garbage collector", [DA_WAIT_DEBUGGER] = "a debugger",
	};

	return (size_t)kind < DA_LOCK_KINDS && words[kind] ? words[kind] : "something unknown";
}

const char *da_say_held(enum da_lock_kind kind)
{
	if (kind == DA_LOCK_TASK || kind == DA_LOCK_CLASS_INIT)
		return "run";
	return da_lock_excludes(kind) ? "held" : "held up";
}

const char *da_say_holds(enum da_lock_kind kind)
{
	return da_streq(da_say_held(kind), "run") ? "runs" : "holds";
}

const char *da_say_wait(struct da_analysis *a, const struct da_wait *w)
{
	if (da_is_join((enum da_lock_kind)w->kind) && w->owner != DA_NONE)
		return da_printf(a->dump->arena, "the end of %s", da_say_thread(a, w->owner));
	if (w->remote)
		return da_printf(a->dump->arena, "an answer of %s%s%s%s", w->remote, w->peer ? " (" : "", w->peer ? w->peer : "",
				 w->peer ? ")" : "");
	if (w->lock < a->dump->proc.locks.n)
		return da_say_lock(a, w->lock);
	if (w->has_fd)
		return da_printf(a->dump->arena, "%s (file descriptor %d%s%s)", da_say_kind((enum da_lock_kind)w->kind), w->fd,
				 w->file ? ", " : "", w->file ? w->file : "");
	if (w->kind == DA_WAIT_CHILD && w->pid)
		return da_printf(a->dump->arena, "child process %u", w->pid);
	return da_say_kind((enum da_lock_kind)w->kind);
}

const char *da_say_asked(struct da_analysis *a, uint32_t thread)
{
	uint32_t index = a->graph->primary[thread];
	const struct da_wait *w = index != DA_NONE ? &a->dump->proc.waits.v[index] : NULL;
	uint64_t ms = w ? w->timeout_us / 1000 : 0;

	if (!w || w->kind != DA_WAIT_SLEEP || !w->has_timeout)
		return "";
	if (ms % 1000 == 0 || ms >= 10000)
		return da_printf(a->dump->arena, " It asked to sleep for %llu s.", (unsigned long long)(ms / 1000));
	return da_printf(a->dump->arena, " It asked to sleep for %llu ms.", (unsigned long long)ms);
}

bool da_sent_from_outside(const struct da_exception *e)
{
	return e->cause == DA_CAUSE_FROM_OUTSIDE || e->cause == DA_CAUSE_WATCHDOG || e->cause == DA_CAUSE_QUIT;
}

bool da_is_join(enum da_lock_kind kind)
{
	return kind == DA_LOCK_PTHREAD_JOIN || kind == DA_LOCK_THREAD;
}

/*
 * "Shop.Prices.FetchAsync" of the compiler's "…AsyncStateMachineBox<Shop.Prices+<FetchAsync>d__9>": the method
 * whose task it is. NULL: another kind of task.
 */
const char *da_method_of_task(struct da_arena *arena, const char *type)
{
	const char *box = type ? strstr(type, "StateMachineBox<") : NULL, *name, *end, *local;

	if (!box)
		return NULL;
	box += strlen("StateMachineBox<");
	name = strpbrk(box, "+");
	if (!name || name[1] != '<')
		return NULL;
	name += 1 + strspn(name + 1, "<");
	end = strchr(name, '>');
	if (!end)
		return NULL;
	local = strstr(end, "g__"); /* "Shop.Program+<<<Main>$>g__Slow|0_0>d" */
	if (local && strspn(end, ">$") == (size_t)(local - end) && strchr(local, '|'))
		return da_printf(arena, "%.*s.%.*s.%.*s", (int)(strpbrk(box, "+") - box), box, (int)(end - name), name,
				 (int)strcspn(local + 3, "|"), local + 3);
	return da_printf(arena, "%.*s.%.*s", (int)(strpbrk(box, "+") - box), box, (int)(end - name), name);
}

const char *da_say_lock(struct da_analysis *a, uint32_t lock)
{
	struct da_arena *arena = a->dump->arena;
	const struct da_lock *l = &a->dump->proc.locks.v[lock];
	const char *kind = da_say_kind((enum da_lock_kind)l->kind);
	const char *method = l->kind == DA_LOCK_TASK ? da_method_of_task(arena, l->type) : NULL;
	bool said = !l->type || da_ends(l->type, strchr(kind, ' ') + 1);

	if (l->kind == DA_LOCK_CLASS_INIT && l->type)
		return da_printf(arena, DA_REF("lock%u") " (the static constructor of " DA_SYM("%s") ")", a->order->lock_row[lock] + 1,
				 l->type);
	if (method)
		return da_printf(arena, DA_REF("lock%u") " (the task of " DA_SYM("%s") ")", a->order->lock_row[lock] + 1, method);
	if (!said || l->name)
		return da_printf(arena, DA_REF("lock%u") " (%s, " DA_SYM("%s") ")", a->order->lock_row[lock] + 1, kind,
				 said ? l->name : l->type);
	return da_printf(arena, DA_REF("lock%u") " (%s)", a->order->lock_row[lock] + 1, kind);
}

/* Templates of C++'s library, and all of Rust's, are compiled into the program: "void std::__invoke_impl<…>(…)". */
static bool is_of_language(const char *name)
{
	static const char *const spaces[] = { "std::", "__gnu_cxx::", "core::", "alloc::" };
	size_t type = strcspn(name, "<(");
	const char *blank = memchr(name, ' ', type), *at = blank ? blank + 1 : name;

	for (size_t i = 0; i < DA_ARRAY_SIZE(spaces); i++)
		if (da_starts(at, spaces[i]))
			return true;
	return false;
}

const struct da_frame *da_standing_frame_above(const struct da_analysis *a, uint32_t thread, int trust)
{
	const struct da_thread *t = &a->dump->proc.threads.v[thread];
	const struct da_frame *first = NULL, *managed = NULL, *own = NULL;

	for (size_t i = 0; i < t->frames.n; i++) {
		const struct da_frame *f = &t->frames.v[i];
		const char *name = (int)f->trust > trust ? da_function_name(f) : NULL;
		const struct da_method *m = name && f->kind == DA_FRAME_MANAGED ? f->place->method : NULL;

		if (name && da_is_own(a->dump, f)) {
			if (f->kind == DA_FRAME_MANAGED || !is_of_language(name))
				return f;
			own = own ? own : f;
		}
		if (name && !first)
			first = f;
		if (m && !m->hidden && !managed)
			managed = f;
	}
	return own ? own : managed ? managed : first;
}

const struct da_frame *da_standing_frame(const struct da_analysis *a, uint32_t thread)
{
	return da_standing_frame_above(a, thread, -1);
}

const char *da_standing_in(const struct da_analysis *a, uint32_t thread)
{
	const struct da_frame *f = da_standing_frame(a, thread);

	return f ? da_function_name(f) : NULL;
}

const char *da_plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* How many threads are in each state. */
static void count_states(const struct da_analysis *a, size_t ret[DA_STATE_EXITED + 1])
{
	for (size_t i = 0; i < a->dump->proc.threads.n; i++)
		if (a->dump->proc.threads.v[i].state <= DA_STATE_EXITED)
			ret[a->dump->proc.threads.v[i].state]++;
}

const char *da_say_states(struct da_analysis *a, size_t *ret_unknown)
{
	static const struct {
		enum da_state state;
		const char *words;
	} known[] = { { DA_STATE_RUNNING, "running" }, { DA_STATE_BLOCKED, "blocked by others of the process" },
		      { DA_STATE_WAITING, "waiting" }, { DA_STATE_SLEEPING, "sleeping" },
		      { DA_STATE_IDLE, "idle" }, { DA_STATE_SUSPENDED, "suspended" } };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t n[DA_STATE_EXITED + 1] = { 0 };

	count_states(a, n);
	for (size_t i = 0; i < DA_ARRAY_SIZE(known); i++)
		if (n[known[i].state])
			da_str_addf(&s, "%s%zu %s", s.n ? ", " : "", n[known[i].state], known[i].words);
	if (n[DA_STATE_UNKNOWN] && !s.n)
		da_str_add(&s, "what they wait for is not known");
	else if (n[DA_STATE_UNKNOWN])
		da_str_addf(&s, ", and of %zu it is not known", n[DA_STATE_UNKNOWN]);
	*ret_unknown = n[DA_STATE_UNKNOWN];
	return da_strdup(a->dump->arena, da_str_get(&s));
}
