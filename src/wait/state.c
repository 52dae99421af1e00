/* SPDX-License-Identifier: Apache-2.0 */
/* State and role of every thread, from what it waits for; threads without work by the patterns of idle.def. */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

enum { POLL_ELSEWHERE = 1, COND = 2, SLEEP = 4, READ = 8, SIGNAL = 16, CHILD = 32, JOIN = 64, LOCK = 128, OPEN = 256,
       PORT = 512, MESSAGE = 1024, CALL = 2048, POLL_HERE = 4096, CLASSES = 13, POLL = POLL_HERE | POLL_ELSEWHERE,
       ANY = ((1 << CLASSES) - 1) & ~LOCK };

#define KERNEL_TOLD 3
#define NEAR 6 /* frames from one function of a pattern to the next: helpers without a name stand between */

static const struct idle {
	const char *what;
	uint16_t wait;
	const char *name, *functions;
	uint8_t role, state;
	uint8_t kind; /* 0: as its call says */
} patterns[] = {
#define DA_IDLE_ROW(what, wait, name, functions, role) { what, wait, name, functions, role, DA_STATE_IDLE, 0 },
#define DA_STATE_ROW(what, wait, functions, state) { what, wait, NULL, functions, DA_ROLE_UNKNOWN, state, 0 },
#define DA_KIND_ROW(what, wait, functions, kind) { what, wait, NULL, functions, DA_ROLE_UNKNOWN, DA_STATE_WAITING, kind },
#include "wait/idle.def"
#undef DA_KIND_ROW
#undef DA_IDLE_ROW
#undef DA_STATE_ROW
};

static uint8_t state_of_kind(enum da_lock_kind kind)
{
	switch (kind) {
	case DA_LOCK_PTHREAD_MUTEX:
	case DA_LOCK_PTHREAD_RWLOCK:
	case DA_LOCK_PTHREAD_JOIN:
	case DA_LOCK_PTHREAD_ONCE:
	case DA_LOCK_STDIO:
	case DA_LOCK_MALLOC_ARENA:
	case DA_LOCK_LOADER:
	case DA_LOCK_CRITICAL_SECTION:
	case DA_LOCK_SRW:
	case DA_LOCK_MUTANT:
	case DA_LOCK_THREAD:
	case DA_LOCK_MONITOR:
	case DA_LOCK_CLR_LOCK:
	case DA_LOCK_RWLOCK_SLIM:
	case DA_LOCK_LAZY:
	case DA_LOCK_CLASS_INIT:
	case DA_LOCK_ASSEMBLY_LOAD:
	case DA_LOCK_TASK:
	case DA_WAIT_GC:
		return DA_STATE_BLOCKED;
	case DA_WAIT_SLEEP:
		return DA_STATE_SLEEPING;
	case DA_LOCK_SPIN:
		return DA_STATE_RUNNING;
	default:
		return DA_STATE_WAITING;
	}
}

bool da_wait_blocks(enum da_lock_kind kind)
{
	return state_of_kind(kind) == DA_STATE_BLOCKED;
}

/* Does the list of what it polls lie on its own stack? */
static bool polls_here(struct da_waits *w, uint32_t thread)
{
	const struct da_syscall *c = &w->t[thread].call;
	const uint8_t *stack;
	size_t n;

	if (!c->row || (c->row->shape != DA_CALL_POLL && c->row->shape != DA_CALL_PPOLL))
		return false;
	n = da_wait_stack(w, thread, SIZE_MAX, &stack) * w->word;
	return c->arg[0] - w->p->threads.v[thread].regs.v[w->p->arch->sp] < n;
}

static uint16_t class_of(struct da_waits *w, uint32_t thread, enum da_lock_kind kind)
{
	const struct da_syscall *c = &w->t[thread].call;
	bool open = c->row && c->row->shape == DA_CALL_OPEN;

	switch (kind) {
	case DA_WAIT_POLL:
		return polls_here(w, thread) ? POLL_HERE : POLL_ELSEWHERE;
	case DA_LOCK_PTHREAD_COND:
	case DA_LOCK_SEMAPHORE:
	case DA_LOCK_FUTEX:
	case DA_LOCK_BARRIER:
	case DA_LOCK_CONDITION_VARIABLE:
	case DA_LOCK_EVENT:
	case DA_LOCK_NT_SEMAPHORE:
	case DA_LOCK_WAITABLE_TIMER:
	case DA_LOCK_ADDRESS:
		return COND;
	case DA_WAIT_IO_COMPLETION:
		return PORT;
	case DA_WAIT_MESSAGE:
		return MESSAGE;
	case DA_WAIT_ALPC:
		return CALL;
	case DA_WAIT_SLEEP:
		return SLEEP;
	case DA_WAIT_FILE:
	case DA_WAIT_SOCKET:
	case DA_WAIT_PIPE:
		return open ? OPEN : READ;
	case DA_WAIT_SIGNAL:
		return SIGNAL;
	case DA_WAIT_CHILD:
		return CHILD;
	case DA_LOCK_PTHREAD_JOIN:
		return JOIN;
	case DA_LOCK_PTHREAD_MUTEX:
		return LOCK;
	default:
		return 0;
	}
}

/* ---------------------------------------------------------------- patterns */

/* Where the name goes on behind the pattern's n bytes, or NULL. Rust writes <std::thread::Thread>::park. */
static const char *behind(const char *name, const char *pattern, size_t n)
{
	if (*name == '<' && *pattern != '<')
		name++;
	for (size_t i = 0; i < n; i++, name++) {
		if (*name == '>' && pattern[i] == ':')
			name++;
		if (*name != pattern[i])
			return NULL;
	}
	return name;
}

static bool fits(const char *name, const char *pattern, size_t n)
{
	bool any = n && pattern[n - 1] == '*';
	const char *rest = name ? behind(name, pattern, any ? n - 1 : n) : NULL;

	/* "foo(int)" and "foo[abi]" are foo, also "foo.abi0" of a Go program linked by a C linker; "foo.cold" is not */
	return rest && (any || *rest == '\0' || *rest == '(' || *rest == '[' || *rest == '@' || da_streq(rest, ".abi0"));
}

static bool frame_fits(const struct da_process *p, const struct da_frame *f, const char *pattern, size_t n)
{
	if (*pattern == '@')
		return f->module != DA_NONE && p->modules.v[f->module].name &&
		       strncmp(p->modules.v[f->module].name, pattern + 1, n - 1) == 0;
	if (!f->place)
		return false;
	for (unsigned i = 0; i < f->place->ncalls; i++)
		if (fits(f->place->calls[i].function, pattern, n))
			return true;
	return fits(f->place->raw, pattern, n);
}

/* libcoreclr.so, or the program itself where that is part of it. Compiled ahead of time, code of the program is there too. */
static bool is_runtime(const struct da_process *p, uint32_t module)
{
	for (size_t i = 0; i < p->runtimes.n; i++)
		if (p->runtimes.v[i].module == module && p->runtimes.v[i].kind == DA_RUNTIME_CORECLR)
			return true;
	return false;
}

/* "@@module": but for the C library's, all frames out to where the thread began are that module's. */
static bool all_of_module(const struct da_process *p, const struct da_thread *t, const char *name)
{
	bool any = false;

	for (size_t i = 0; i < t->frames.n; i++) {
		uint32_t m = t->frames.v[i].module;

		if (m == DA_NONE || !p->modules.v[m].name || t->frames.v[i].kind == DA_FRAME_MANAGED)
			return false;
		if (da_streq(name, "runtime") ? is_runtime(p, m) : da_starts(p->modules.v[m].name, name))
			any = true;
		else if (!da_wait_is_libc(&p->modules.v[m]))
			return false;
	}
	return any && t->end == DA_END_COMPLETE;
}

static bool functions_fit(const struct da_process *p, const struct da_thread *t, uint32_t from, const char *functions)
{
	uint32_t at = from;

	if (da_starts(functions, "@@"))
		return all_of_module(p, t, functions + 2);
	while (*functions) {
		size_t n = strcspn(functions, "<");
		uint32_t end = at + NEAR;

		while (at < t->frames.n && at < end && !frame_fits(p, &t->frames.v[at], functions, n))
			at++;
		if (at == t->frames.n || at == end)
			return false;
		functions += n + (functions[n] == '<');
	}
	return true;
}

/* Which patterns are of each class of waits: of some, one in a hundred. */
struct da_idle_rows {
	struct {
		uint8_t n, row[DA_ARRAY_SIZE(patterns)];
	} of[CLASSES];
};
_Static_assert(DA_ARRAY_SIZE(patterns) <= UINT8_MAX, "their numbers have eight bits");

static const struct da_idle_rows *rows(struct da_waits *w)
{
	struct da_idle_rows *r = w->idle_rows;

	if (r)
		return r;
	w->idle_rows = r = da_new(w->d->arena, struct da_idle_rows);
	for (unsigned class = 0; class < CLASSES; class++)
		for (size_t i = 0; i < DA_ARRAY_SIZE(patterns); i++)
			if (patterns[i].wait >> class & 1)
				r->of[class].row[r->of[class].n++] = (uint8_t)i;
	return r;
}

/* The pattern that what it waits for, its name and its functions fit; NULL: none. */
static const struct idle *idle_of(struct da_waits *w, uint32_t thread, const struct da_wait *wait)
{
	const struct da_asleep_thread *a = &w->t[thread];
	const struct da_thread *t = &w->p->threads.v[thread];
	uint32_t frame = a->hint.frame == DA_NONE ? 0 : a->hint.frame;
	unsigned class = class_of(w, thread, (enum da_lock_kind)wait->kind);

	if (!class)
		return NULL;
	class = (unsigned)__builtin_ctz(class);
	for (unsigned i = 0; i < rows(w)->of[class].n; i++) {
		const struct idle *p = &patterns[rows(w)->of[class].row[i]];

		if ((!p->name || (t->name && da_starts(t->name, p->name))) && functions_fit(w->p, t, frame, p->functions))
			return p;
	}
	return NULL;
}

/*
 * Events of many sources, signals, connections: who waits for these has nothing to do. A receive waits for its peer, and
 * so does a poll of one descriptor: clients do that to have a timeout.
 */
static bool waits_for_events(const struct da_wait *wait, const struct da_syscall *c)
{
	uint8_t shape = c->row ? c->row->shape : DA_CALL_OTHER;

	if (wait->kind == DA_WAIT_POLL)
		return (shape != DA_CALL_POLL && shape != DA_CALL_PPOLL) || c->arg[1] > 1;
	if (shape == DA_CALL_SOCKETCALL)
		return c->arg[0] == 5 || c->arg[0] == 18; /* SYS_ACCEPT, SYS_ACCEPT4 of <linux/net.h> */
	if (wait->kind == DA_WAIT_IO_COMPLETION)
		return true;
	return wait->kind == DA_WAIT_SIGNAL || (shape == DA_CALL_ACCEPT && wait->kind == DA_WAIT_SOCKET);
}

bool da_wait_is_idle(struct da_waits *w, uint32_t thread)
{
	uint32_t primary = w->t[thread].primary;
	const struct idle *idle = primary != DA_NONE ? idle_of(w, thread, &w->p->waits.v[primary]) : NULL;

	return idle && idle->state == DA_STATE_IDLE;
}

/* Threads that own what others wait for. */
static bool *wanted(const struct da_waits *w)
{
	bool *owes = da_calloc(w->d->arena, w->p->threads.n, sizeof(*owes));

	for (size_t i = 0; i < w->p->waits.n; i++) {
		const struct da_wait *wait = &w->p->waits.v[i];

		if (wait->owner < w->p->threads.n && wait->owner != wait->thread &&
		    wait->kind != DA_LOCK_PTHREAD_JOIN && wait->kind != DA_LOCK_THREAD)
			owes[wait->owner] = true;
	}
	return owes;
}

static void judge(struct da_waits *w, uint32_t thread, bool owes)
{
	struct da_thread *t = &w->p->threads.v[thread];
	const struct da_asleep_thread *a = &w->t[thread];
	struct da_wait *wait = a->primary != DA_NONE ? &w->p->waits.v[a->primary] : NULL;
	const struct idle *idle;

	if (t->state != DA_STATE_UNKNOWN)
		return;
	if (!wait) {
		if (a->call.state == DA_IN_USER || a->call.state == DA_CALL_ENDED)
			t->state = DA_STATE_RUNNING;
		return;
	}
	if (wait->confidence < DA_MAYBE)
		return;
	t->state = state_of_kind((enum da_lock_kind)wait->kind);
	idle = idle_of(w, thread, wait);
	if (idle && idle->state != DA_STATE_IDLE) {
		t->state = idle->state;
		if (idle->kind) {
			wait->kind = idle->kind;
			wait->has_fd = false; /* that of the call: a set of descriptors, not what the wait is for */
		}
		wait->how = da_printf(w->d->arena, "%s; its functions say: for %s", wait->how, idle->what);
		return;
	}
	if (idle && t->role == DA_ROLE_UNKNOWN)
		t->role = idle->role;
	if (owes || wait->remote) /* it asked, and has no answer yet */
		return;
	if (idle)
		wait->how = da_printf(w->d->arena, "%s; so waits a thread without work: %s", wait->how, idle->what);
	if (idle || waits_for_events(wait, &a->call))
		t->state = DA_STATE_IDLE;
	/* A lock on which threads are parked until there is work holds nobody up. */
	if (idle && idle->wait == LOCK) {
		wait->parked = true;
		wait->owner = DA_NONE;
	}
}

/* PID.stack beside the dump; its three innermost functions tell what for. */
static void add_kernel_words(struct da_waits *w, const struct da_thread *t, struct da_wait *wait)
{
	const struct da_kernel_stack *k = t->in_kernel;
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (k->functions.n == 0)
		return;
	for (size_t i = 0; i < k->functions.n && i < KERNEL_TOLD; i++)
		da_str_addf(&s, "%s" DA_SYM("%s"), i ? ", called by " : "", k->functions.v[i]);
	wait->how = da_printf(w->d->arena, "%s; in the kernel, " DA_PATH("%s") " says, in %s", wait->how, k->file, da_str_get(&s));
}

void da_wait_states(struct da_waits *w)
{
	const bool *owes = wanted(w);

	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		da_wait_expect_frames(w, i + DA_WAIT_AHEAD);
		judge(w, i, owes[i]);
	}
	for (uint32_t i = 0; i < w->p->threads.n; i++)
		if (w->p->threads.v[i].in_kernel && w->t[i].primary != DA_NONE && w->p->waits.v[w->t[i].primary].how)
			add_kernel_words(w, &w->p->threads.v[i], &w->p->waits.v[w->t[i].primary]);
}
