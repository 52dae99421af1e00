/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for handles: what they are and who owns them is what the handle stream says. Without it a handle is a number. Wine
 * waits for one handle as for several.
 */
#include "config.h"

#include <inttypes.h>

#include "wait/nt.h"

#define HANDLE_MAX UINT64_C(0x1000000)
#define MOST 64 /* MAXIMUM_WAIT_OBJECTS */
#define TOLD 16 /* handles of one wait that get a row of their own */

static const struct {
	const char *type;
	uint8_t kind; /* enum da_lock_kind */
	const char *what;
} types[] = {
	{ "Event", DA_LOCK_EVENT, "event" },
	{ "Mutant", DA_LOCK_MUTANT, "mutex" },
	{ "Semaphore", DA_LOCK_NT_SEMAPHORE, "semaphore" },
	{ "Timer", DA_LOCK_WAITABLE_TIMER, "timer" },
	{ "IRTimer", DA_LOCK_WAITABLE_TIMER, "timer" },
	{ "Thread", DA_LOCK_THREAD, "thread" },
	{ "Process", DA_LOCK_PROCESS, "process" },
	{ "File", DA_WAIT_FILE, "file" },
	{ "IoCompletion", DA_WAIT_IO_COMPLETION, "I/O completion port" },
	{ "ALPC Port", DA_WAIT_ALPC, "ALPC port" },
	{ "Job", DA_LOCK_UNKNOWN, "job" },
	{ "KeyedEvent", DA_LOCK_EVENT, "keyed event" },
};

void da_nt_index_handles(struct da_nt *n)
{
	for (size_t i = 0; i < n->w.p->handles.n; i++) {
		bool new;
		uint64_t *slot = da_map_put(n->w.d->arena, &n->handles, n->w.p->handles.v[i].handle, &new);

		if (new)
			*slot = i;
	}
}

const struct da_handle *da_nt_handle(const struct da_nt *n, uint64_t handle)
{
	const uint64_t *i = da_map_get(&n->handles, handle);

	return i ? &n->w.p->handles.v[*i] : NULL;
}

static int type_of(const struct da_handle *h)
{
	for (size_t i = 0; h && h->type && i < DA_ARRAY_SIZE(types); i++)
		if (da_streq(types[i].type, h->type))
			return (int)i;
	return -1;
}

static bool is_current(const struct da_nt *n, uint64_t v)
{
	uint64_t all = n->w.word == 8 ? UINT64_MAX : UINT32_MAX;

	return v == all || v == all - 1;
}

/* Can it be waited for? With the stream only what stands in it; types that it could not name are let through. */
static bool is_waitable(struct da_nt *n, uint64_t v, void *ctx)
{
	const struct da_handle *h;

	(void)ctx;
	if (is_current(n, v))
		return true;
	if (v == 0 || v % 4 || v >= HANDLE_MAX)
		return false;
	if (n->w.p->handles.n == 0)
		return true;
	h = da_nt_handle(n, v);
	return h && (!h->type || type_of(h) >= 0);
}

/* ---------------------------------------------------------------- the lock behind a handle */

static const char *name_of(struct da_nt *n, const struct da_handle *h, uint64_t handle)
{
	return h && h->name && *h->name ? h->name : da_printf(n->w.d->arena, "handle 0x%" PRIx64, handle);
}

static void describe_mutant(struct da_nt *n, const struct da_handle *h, struct da_lock *l)
{
	struct da_arena *a = n->w.d->arena;

	if (h->has_state && h->state == 1) {
		l->state = DA_LOCK_FREE;
		l->how = h->abandoned ? "the handle stream says that nobody owns it, and that a thread ended while it did (abandoned)"
				      : "the handle stream says that nobody owns it";
		l->confidence = 0.85f;
		return;
	}
	if (h->has_state && h->state <= 0) {
		l->state = DA_LOCK_HELD;
		l->has_recursion = true;
		l->recursion = (uint32_t)(1 - h->state);
	}
	if (!h->has_owner) {
		l->how = "the handle stream does not say who owns it";
	} else if (n->w.p->has_pid && h->owner_pid && h->owner_pid != n->w.p->pid) {
		l->owner_tid = h->owner_tid;
		l->how = da_printf(a, "the handle stream names thread id %u of another process, %u", h->owner_tid, h->owner_pid);
		l->confidence = 0.9f;
	} else {
		da_nt_owner(n, l, h->owner_tid, 0.9f); /* the kernel's own record */
		l->how = da_printf(a, "the handle stream, made by the kernel's answers, names thread id %u", h->owner_tid);
	}
}

static void describe(struct da_nt *n, const struct da_handle *h, struct da_lock *l)
{
	struct da_arena *a = n->w.d->arena;

	switch ((enum da_lock_kind)l->kind) {
	case DA_LOCK_MUTANT:
		describe_mutant(n, h, l);
		return;
	case DA_LOCK_NT_SEMAPHORE:
		if (h->has_state) {
			l->has_count = l->has_max = true;
			l->count = h->state;
			l->max = h->limit;
		}
		l->how = "a semaphore, which has no owner";
		return;
	case DA_LOCK_EVENT:
		l->how = h->has_state ? da_printf(a, "an event, which has no owner; %s when the dump was made",
						  h->state ? "it was set" : "it was not set")
				      : "an event, which has no owner";
		return;
	default:
		l->how = "it has no owner";
		return;
	}
}

static uint64_t hash_name(const struct da_handle *h)
{
	uint64_t hash = 1469598103934665603u;

	for (const char *s = h->name; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 1099511628211u;
	return hash ^ (uint64_t)type_of(h);
}

/* Handles that have the same name and type are the same object. */
static uint32_t lock_of(struct da_nt *n, const struct da_handle *h, uint64_t handle, enum da_lock_kind kind)
{
	struct da_process *p = n->w.p;
	bool named = h && h->name && *h->name, new;
	uint64_t *slot = da_map_put(n->w.d->arena, named ? &n->objects : &n->handle_locks,
				    named ? hash_name(h) : handle, &new);
	struct da_lock *l;

	if (!new)
		return (uint32_t)*slot;
	*slot = p->locks.n;
	l = da_vec_add(n->w.d->arena, &p->locks);
	*l = (struct da_lock){ .kind = (uint8_t)kind, .state = DA_LOCK_STATE_UNKNOWN, .owner = DA_NONE };
	l->name = name_of(n, h, handle);
	if (h)
		describe(n, h, l);
	else
		l->how = "the dump has no list of handles";
	return (uint32_t)*slot;
}

void da_nt_held_handles(struct da_nt *n)
{
	for (size_t i = 0; i < n->w.p->handles.n && !da_stop(n->w.d->watch); i++) {
		const struct da_handle *h = &n->w.p->handles.v[i];

		if (h->type && da_streq(h->type, "Mutant") && (h->has_owner || h->abandoned))
			lock_of(n, h, h->handle, DA_LOCK_MUTANT);
	}
}

/* ---------------------------------------------------------------- one handle */

struct found {
	uint64_t handle[MOST];
	unsigned n;
	bool all;           /* all of them are needed */
	bool count_unsure;
	float confidence;
	const char *from;
};

static const char *say_target(struct da_nt *n, const struct da_handle *h, uint64_t handle, enum da_lock_kind kind,
			      uint32_t *ret)
{
	struct da_arena *a = n->w.d->arena;
	bool own = is_current(n, handle);

	*ret = DA_NONE;
	if (kind == DA_LOCK_THREAD && own) {
		*ret = n->s.thread;
		return "the end of itself";
	}
	if (kind == DA_LOCK_PROCESS && own)
		return "the end of its own process";
	if (kind == DA_LOCK_PROCESS)
		return h && h->target_pid ? da_printf(a, "the end of process %u, which this one started", h->target_pid)
					  : "the end of a process";
	if (!h || !h->target_tid)
		return "the end of a thread";
	*ret = da_wait_by_tid(&n->w, h->target_tid);
	return da_printf(a, "the end of thread id %u%s", h->target_tid,
			 *ret == DA_NONE ? ", which is not in the dump" : "");
}

enum da_lock_kind da_nt_file_kind(const struct da_handle *h)
{
	if (h && h->name && da_starts(h->name, "\\Device\\NamedPipe"))
		return DA_WAIT_PIPE;
	return h && h->name && da_starts(h->name, "\\Device\\Afd") ? DA_WAIT_SOCKET : DA_WAIT_FILE;
}

static enum da_lock_kind kind_of(const struct da_nt *n, const struct da_handle *h, uint64_t handle)
{
	uint64_t all = n->w.word == 8 ? UINT64_MAX : UINT32_MAX;
	int type = type_of(h);

	if (type >= 0)
		return types[type].kind == DA_WAIT_FILE ? da_nt_file_kind(h) : (enum da_lock_kind)types[type].kind;
	return handle == all ? DA_LOCK_PROCESS : handle == all - 1 ? DA_LOCK_THREAD : DA_LOCK_UNKNOWN;
}

static const char *say_object(struct da_nt *n, const struct da_handle *h)
{
	int type = type_of(h);
	const char *what = type >= 0 ? types[type].what
			   : n->w.p->handles.n ? "an object of unknown kind"
					       : "an object of unknown kind, since the dump has no list of handles";

	return da_printf(n->w.d->arena, "%s%s", what,
			 h && h->name && *h->name ? da_printf(n->w.d->arena, " " DA_SITE("%s"), h->name) : "");
}

static void add_one(struct da_nt *n, const struct found *f, unsigned i, const char *way)
{
	struct da_arena *a = n->w.d->arena;
	uint64_t handle = f->handle[i];
	const struct da_handle *h = da_nt_handle(n, handle);
	enum da_lock_kind kind = kind_of(n, h, handle);
	const char *set = f->n > 1 ? da_printf(a, ", %s of %u%s handles", f->all ? "and all" : "any", f->n,
					       f->count_unsure ? " or more" : "") : "";
	bool target = kind == DA_LOCK_THREAD || kind == DA_LOCK_PROCESS;
	bool lock = kind < DA_WAIT_SLEEP && kind != DA_LOCK_UNKNOWN && !target;
	uint32_t owner = DA_NONE;
	const char *what = target ? say_target(n, h, handle, kind, &owner) : say_object(n, h);
	struct da_wait *wait = da_nt_add(n, kind, f->confidence,
					 da_printf(a, "%s: waits for %s (handle " DA_ADDR("0x%" PRIx64) ", by %s)%s", way, what,
						   handle, f->from, set));

	wait->mode = f->n == 1 ? DA_WAIT_ONE : f->all ? DA_WAIT_ALL : DA_WAIT_ANY;
	if (lock)
		wait->lock = lock_of(n, h, handle, kind);
	/* Any other of several may end the wait: nobody alone must act. */
	if (f->n > 1 && !f->all) {
		da_vec_push(n->w.d->arena, &n->any, (uint32_t)n->w.p->waits.n - 1);
		return;
	}
	wait->owner = target ? owner : lock ? n->w.p->locks.v[wait->lock].owner : DA_NONE;
}

/* ---------------------------------------------------------------- several */

static unsigned read_array(struct da_nt *n, uint64_t at, unsigned most, uint64_t *ret)
{
	unsigned i = 0;
	uint64_t v;

	if (at < DA_NULL_PAGE || at % n->w.word)
		return 0;
	while (i < most && da_wait_word(&n->w, at + (uint64_t)i * n->w.word, &v) && is_waitable(n, v, NULL))
		ret[i++] = v;
	return i;
}

struct many {
	struct da_nt *n;
	unsigned count; /* 0: not known */
	uint64_t handle[MOST];
	unsigned found;
};

static bool is_array(struct da_nt *n, uint64_t v, void *ctx)
{
	struct many *m = ctx;

	m->found = read_array(n, v, m->count ? m->count : MOST, m->handle);
	return m->found && (!m->count || m->found == m->count);
}

static bool is_count(uint64_t v)
{
	return (v & UINT32_MAX) >= 1 && (v & UINT32_MAX) <= MOST;
}

/* Arguments 0 (count), 1 (handles), 2 (type of the system call: 0 all, 1 any; of the functions: bWaitAll). */
static bool find_many(struct da_nt *n, struct found *f)
{
	const struct da_nt_stack *s = &n->s;
	struct many m = { .n = n };
	struct da_nt_value v;
	unsigned at[3], places = 0;
	bool sure = false;

	for (unsigned i = s->n; i-- > 0;)
		if (s->f[i].row && s->f[i].row->kind == DA_NT_WAIT_MANY && places < 2)
			at[places++] = i;
	if (s->stub < s->n)
		at[places++] = s->stub;
	if (s->api < s->n && s->f[s->api].row->kind == DA_NT_WAIT_ONE)
		m.count = 1;
	for (unsigned i = 0; i < places && !sure; i++) {
		uint64_t first;

		if (!m.count && da_nt_best(n, at[i], 0, DA_NT_BY_REGISTER, &first) && is_count(first))
			m.count = (unsigned)(first & UINT32_MAX);
		sure = m.count != 0;
	}
	for (unsigned i = places; i-- > 0;) {
		if (!da_nt_arg(n, at[i], 1, is_array, &m, &v))
			continue;
		*f = (struct found){ .n = m.found, .confidence = DA_MIN(v.confidence + 0.1f, 0.95f), .from = v.from,
				     .count_unsure = !sure };
		for (unsigned k = 0; k < m.found; k++)
			f->handle[k] = m.handle[k];
		if (!sure) { /* what stands behind the array may look like handles too */
			f->n = 1;
			f->confidence = DA_MIN(f->confidence, 0.7f);
		}
		return true;
	}
	return false;
}

/* Does it need all of them? The two are opposite: the functions say "all", the system call "any". */
static bool needs_all(struct da_nt *n)
{
	const struct da_nt_stack *s = &n->s;
	uint64_t v;

	for (unsigned i = s->n; i-- > 0;)
		if (s->f[i].row && s->f[i].row->kind == DA_NT_WAIT_MANY && da_nt_best(n, i, 2, DA_NT_BY_STACK, &v) &&
		    (uint32_t)v <= 1)
			return (uint32_t)v == 1;
	return s->stub < s->n && da_nt_best(n, s->stub, 2, DA_NT_BY_REGISTER, &v) && (uint32_t)v == 0;
}

/* ---------------------------------------------------------------- one */

static bool takes_one(const struct da_nt *n, unsigned i)
{
	const struct da_nt_row *row = n->s.f[i].row;

	return row && row->arg >= 0 && (row->kind == DA_NT_WAIT_ONE || (i == n->s.stub && row->kind != DA_NT_MULTIPLE));
}

/* By a source that is sure by itself: the outermost function first, whose caller is the program. */
static bool surely(struct da_nt *n, struct da_nt_value *ret)
{
	for (unsigned i = n->s.n; i-- > 0;)
		if (takes_one(n, i) && da_nt_args(n, i, (unsigned)n->s.f[i].row->arg, ret, 1) == 1 &&
		    ret->confidence >= DA_NT_BY_REGISTER && is_waitable(n, ret->v, NULL))
			return true;
	return false;
}

/* By other sources: small numbers that happen to be handles stand there too. Several make a guess of it. */
#define SOURCES 96

static bool perhaps(struct da_nt *n, struct da_nt_value *ret)
{
	bool found = false, several = false;

	if (n->w.p->handles.n == 0)
		return false;
	for (unsigned i = n->s.n; i-- > 0;) {
		struct da_nt_value v[SOURCES];
		unsigned all = takes_one(n, i) ? da_nt_args(n, i, (unsigned)n->s.f[i].row->arg, v, SOURCES) : 0;

		for (unsigned k = 0; k < all; k++) {
			if (v[k].confidence <= DA_NT_BY_WORD || !is_waitable(n, v[k].v, NULL))
				continue;
			several = several || (found && v[k].v != ret->v);
			if (!found || v[k].confidence > ret->confidence)
				*ret = v[k];
			found = true;
		}
	}
	if (several)
		ret->confidence = 0.45f;
	return found;
}

/* many: Wine's system call for one handle is that for several. */
static bool find_one(struct da_nt *n, struct found *f, bool many)
{
	struct da_nt_value v;

	if (!surely(n, &v)) {
		if (many && find_many(n, f) && f->confidence >= DA_NT_BY_STACK)
			return true;
		if (!perhaps(n, &v))
			return false;
	}
	*f = (struct found){ .n = 1, .confidence = DA_MIN(v.confidence + 0.1f, 0.97f), .from = v.from };
	f->handle[0] = v.v;
	return true;
}

static bool find(struct da_nt *n, struct found *f)
{
	const struct da_nt_stack *s = &n->s;
	bool many = s->stub < s->n && s->f[s->stub].row->kind == DA_NT_MULTIPLE;
	bool one = s->api < s->n && s->f[s->api].row->kind == DA_NT_WAIT_ONE;

	return one || !many ? find_one(n, f, many) || (many && find_many(n, f)) : find_many(n, f);
}

static const char *unknown_words(const struct da_nt *n)
{
	return n->s.stub < n->s.n && n->s.f[n->s.stub].row->kind == DA_NT_MULTIPLE ? "waits for one or more handles that could not be told"
										   : "waits for a handle that could not be told";
}

bool da_nt_wait_handle(struct da_nt *n)
{
	struct found f;
	const char *way = da_nt_way(n);

	if (!find(n, &f)) {
		da_nt_add(n, DA_LOCK_UNKNOWN, 0.85f, da_printf(n->w.d->arena, "%s: %s", way, unknown_words(n)));
		return true;
	}
	f.all = f.n > 1 && needs_all(n);
	/* Of numbers without a list of handles one row says all. */
	for (unsigned i = 0; i < f.n && i < TOLD && (i == 0 || n->w.p->handles.n); i++)
		add_one(n, &f, i, way);
	return true;
}
