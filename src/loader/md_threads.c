/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: ids, registers, names, times, and where their stacks lie. */
#include "config.h"

#include "loader/minidump.h"

#define THREAD 48
#define THREAD_EX 64
#define THREAD_NAME 12
#define THREAD_INFO 64
#define THREAD_INFO_MIN 56 /* up to StartAddress */

bool md_read_context(struct md *m, uint32_t rva, uint32_t size, struct da_regs *ret)
{
	struct da_regs r;

	if (!m->container || !size || da_arch_read_context(m->container, md_bytes(m, rva, size), &r) != DA_OK)
		return false;
	if (m->wow64)
		return md_wow64_registers(m, &r, ret);
	*ret = r;
	return true;
}

uint32_t md_thread_index(const struct md *m, uint32_t tid)
{
	const uint64_t *index = da_map_get(&m->by_tid, tid);

	return index ? (uint32_t)*index : DA_NONE;
}

/* ---------------------------------------------------------------- ThreadList */

/* The class is one of the process; the threads repeat it. */
static const char *priority_class_name(uint32_t value)
{
	static const struct {
		uint32_t value;
		const char *name;
	} classes[] = { { 0x20, "normal" }, { 0x40, "idle" }, { 0x80, "high" }, { 0x100, "realtime" },
			{ 0x4000, "below-normal" }, { 0x8000, "above-normal" } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(classes); i++)
		if (classes[i].value == value)
			return classes[i].name;
	return NULL;
}

static void read_thread(struct md *m, struct da_cursor c)
{
	struct da_thread *t = da_vec_add(m->d->arena, &m->d->proc.threads);
	struct md_thread *x = da_vec_add(m->d->arena, &m->threads);
	bool windows = m->d->proc.os == DA_OS_WINDOWS;
	uint32_t suspended, priority_class, priority;
	uint64_t teb, *index;
	bool is_new;

	t->tid = da_get_u32(&c);
	index = da_map_put(m->d->arena, &m->by_tid, t->tid, &is_new);
	if (is_new) /* of two with one id, the first */
		*index = m->d->proc.threads.n - 1;
	suspended = da_get_u32(&c);
	priority_class = da_get_u32(&c);
	priority = da_get_u32(&c);
	teb = md_address(m, da_get_u64(&c));
	x->stack_start = md_address(m, da_get_u64(&c));
	x->stack_size = da_get_u32(&c);
	x->stack_rva = da_get_u32(&c);
	x->context_size = da_get_u32(&c);
	x->context_rva = da_get_u32(&c);
	if (windows) {
		t->teb = teb;
		t->suspended = suspended;
		t->priority = (int32_t)priority;
		t->has_priority = priority_class != 0; /* Wine leaves both 0 */
		if (!m->d->proc.priority_class)
			m->d->proc.priority_class = priority_class_name(priority_class);
	} else {
		t->tp = teb;
	}
	if (!x->context_size)
		return;
	if (!md_read_context(m, x->context_rva, x->context_size, &t->regs))
		da_note(m->d->ledger,
			(uint64_t)x->context_rva + x->context_size > m->f.n ? DA_NOTE_CUT : DA_NOTE_CORRUPT,
			"registers", NULL, "the registers of thread %u are damaged or cut", t->tid);
}

/* ---------------------------------------------------------------- names, times */

static void read_names(struct md *m)
{
	struct md_list l;

	if (!md_read_list(m, MD_THREAD_NAMES, THREAD_NAME, m->d->limits->threads, &l))
		return;
	for (uint64_t i = 0; i < l.n; i++) {
		struct da_cursor c = md_entry(&l, i);
		uint32_t thread = md_thread_index(m, da_get_u32(&c));
		uint64_t rva = da_get_u64(&c);

		if (thread != DA_NONE)
			m->d->proc.threads.v[thread].name = md_string(m, rva);
	}
}

/* DumpFlags: what the writer could not find out. */
enum { INFO_ERROR = 1, INFO_WRITING = 2, INFO_EXITED = 4, INFO_INVALID = 8, INFO_NO_CONTEXT = 0x10 };

/* What the writer could not find out of threads, and the first of its reasons. */
struct refused {
	uint32_t n, error;
};

static void read_info(struct md *m, struct da_cursor c, struct refused *r)
{
	uint32_t thread = md_thread_index(m, da_get_u32(&c)), flags = da_get_u32(&c), error = da_get_u32(&c);
	uint64_t created, kernel, user, start;
	struct da_thread *t;

	if (thread == DA_NONE)
		return;
	t = &m->d->proc.threads.v[thread];
	da_skip(&c, 4); /* ExitStatus */
	if (flags & INFO_ERROR)
		r->error = r->n++ ? r->error : error;
	created = da_get_u64(&c);
	da_skip(&c, 8); /* ExitTime */
	kernel = da_get_u64(&c);
	user = da_get_u64(&c);
	start = da_get_u64(&c);
	if (flags & INFO_WRITING)
		m->threads.v[thread].dumper = true;
	if (flags & INFO_EXITED)
		t->state = DA_STATE_EXITED;
	if (flags & INFO_NO_CONTEXT)
		t->regs.valid = 0;
	if (flags & INFO_INVALID)
		return;
	t->created = md_filetime(created);
	t->has_times = true;
	t->kernel_us = kernel / 10;
	t->user_us = user / 10;
	t->entry = md_address(m, start);
}

static void read_infos(struct md *m)
{
	struct refused refused = { 0, 0 };
	struct md_list l;

	if (!md_read_table(m, MD_THREAD_INFO_LIST, 8, false, THREAD_INFO_MIN, m->d->limits->threads, &l))
		return;
	for (uint64_t i = 0; i < l.n; i++)
		read_info(m, md_entry(&l, i), &refused);
	if (refused.n)
		da_note(m->d->ledger, DA_NOTE_MISSING, "threads",
			"run the writer as an administrator, or as the user of the process",
			"the writer of the dump could not find out all of %u threads (error 0x%08x)", refused.n,
			refused.error);
}

/* Breakpad: which of the threads only wrote the dump. */
static void read_breakpad(struct md *m)
{
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_BREAKPAD_INFO, 0));
	uint32_t validity = da_get_u32(&c), thread = md_thread_index(m, da_get_u32(&c));

	if (da_ok(&c) && (validity & 1) && thread != DA_NONE)
		m->threads.v[thread].dumper = true;
}

void md_read_threads(struct md *m)
{
	struct md_list l;

	if (!md_read_list(m, MD_THREAD_LIST, THREAD, m->d->limits->threads, &l) &&
	    !md_read_list(m, MD_THREAD_EX_LIST, THREAD_EX, m->d->limits->threads, &l)) {
		da_note(m->d->ledger, DA_NOTE_MISSING, "threads", NULL, "the dump has no list of threads");
		return;
	}
	for (uint64_t i = 0; i < l.n; i++)
		read_thread(m, md_entry(&l, i));
	read_names(m);
	read_infos(m);
	read_breakpad(m);
}

/* ---------------------------------------------------------------- stacks */

static void mark_stack(struct da_process *p, struct da_thread *t)
{
	size_t low = 0, high = p->mem.ranges.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->mem.ranges.v[mid].end <= t->stack_limit)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < p->mem.ranges.n && p->mem.ranges.v[low].start < t->stack_base; low++) {
		struct da_range *r = &p->mem.ranges.v[low];

		if (r->module == DA_NONE && (r->kind == DA_RANGE_ANONYMOUS || r->kind == DA_RANGE_OTHER))
			r->kind = DA_RANGE_STACK;
	}
}

static void find_stack(struct md *m, struct da_thread *t, const struct md_thread *x)
{
	struct da_process *p = &m->d->proc;
	uint64_t end;

	/* Every writer saves up to the base of the stack, most from sp on. */
	if (!t->stack_base && x->stack_size && da_add(&end, x->stack_start, x->stack_size)) {
		t->stack_limit = x->stack_start;
		t->stack_base = end;
	}
	if (t->stack_base)
		mark_stack(p, t);
}

/* ---------------------------------------------------------------- the main thread */

static uint64_t entry_point(const struct md *m)
{
	const struct da_process *p = &m->d->proc;

	for (size_t i = 0; i < p->modules.n; i++)
		if (p->modules.v[i].main)
			return md_image_entry(m, p->modules.v[i].start);
	return 0;
}

/*
 * Windows: the thread that began where the program begins; without the program's header the oldest, if
 * it is as old as the process (a main thread may have ended long ago).
 */
static uint32_t main_of_windows(const struct md *m)
{
	const struct da_process *p = &m->d->proc;
	const uint64_t slack = 2000000; /* the process time is told in seconds */
	uint64_t entry = entry_point(m), first = UINT64_MAX;
	uint32_t oldest = DA_NONE;

	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (entry && t->entry == entry)
			return i;
		if (t->created && t->created < first) {
			first = t->created;
			oldest = i;
		}
	}
	return p->start_time && oldest != DA_NONE && first < p->start_time + slack ? oldest : DA_NONE;
}

static void mark_main(struct md *m)
{
	struct da_process *p = &m->d->proc;
	uint32_t i = p->os == DA_OS_WINDOWS ? main_of_windows(m)
		     : p->os == DA_OS_LINUX && p->has_pid ? md_thread_index(m, p->pid) : DA_NONE;

	if (i != DA_NONE)
		p->threads.v[i].role = DA_ROLE_MAIN;
}

/* A writer suspends all threads before it looks; what is beyond that is the program's own doing. */
static void forgive_suspension(struct da_process *p)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < p->threads.n; i++)
		least = DA_MIN(least, p->threads.v[i].suspended);
	for (size_t i = 0; i < p->threads.n; i++)
		p->threads.v[i].suspended -= least;
}

void md_settle_threads(struct md *m)
{
	forgive_suspension(&m->d->proc);
	for (size_t i = 0; i < m->d->proc.threads.n; i++)
		find_stack(m, &m->d->proc.threads.v[i], &m->threads.v[i]);
	mark_main(m);
	if (m->d->proc.modules.n == 0)
		da_note(m->d->ledger, DA_NOTE_MISSING, "modules", NULL, "the dump names no modules");
}

/* A thread that dies may write the dump itself: that one is not there for the dump. */
void md_mark_dumpers(struct md *m)
{
	const struct da_exception *e = m->d->proc.exception;

	for (uint32_t i = 0; i < m->threads.n; i++) {
		struct da_thread *t = &m->d->proc.threads.v[i];

		if (m->threads.v[i].dumper && t->role == DA_ROLE_UNKNOWN && !(e && e->thread == i))
			t->role = DA_ROLE_DEBUGGER;
	}
}
