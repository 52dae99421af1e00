/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PID.stack beside a core: where each thread stood in the kernel, which tells a wait for a disk or a file server from
 * one for a peer, and names of threads, which a core has of the first alone. /proc/PID/task/TID/stack can be read by
 * the superuser alone, and is empty for a thread that ran.
 */
#include "config.h"

#include <string.h>

#include "base/map.h"
#include "loader/sidefile.h"

#define DEPTH 64 /* the kernel saves as many entries of a stack: MAX_STACK_TRACE_DEPTH of fs/proc/base.c */
#define FUNCTION_MAX 512 /* KSYM_NAME_LEN */

enum part { PART_OTHER, PART_STACK, PART_STATUS, PART_NAME };

struct reading {
	struct da_dump *d;
	const char *file;
	struct da_map tids;              /* to index and 1 */
	struct da_kernel_stack **stacks; /* one a thread, or NULL */
	uint32_t thread;                 /* of the part at hand, or DA_NONE */
	enum part part;
	size_t threads, others;          /* parts of threads of the dump, and of none of it */
};

/* "/proc/7/task/8/stack" to 8 and the kind of the file. */
static bool path_of(struct da_bytes line, uint64_t *ret_tid, enum part *ret)
{
	static const struct {
		const char *name;
		enum part part;
	} names[] = { { "stack", PART_STACK }, { "status", PART_STATUS }, { "comm", PART_NAME } };
	const uint8_t *at = memmem(line.p, line.n, "/task/", 6);
	struct da_bytes rest;

	*ret = PART_OTHER;
	if (!at)
		return false;
	rest = (struct da_bytes){ at + 6, (size_t)(line.p + line.n - at - 6) };
	if (!da_beside_number(&rest, 10, ret_tid) || !da_beside_starts(rest, "/"))
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i].name);

		if (da_beside_starts((struct da_bytes){ rest.p + 1, rest.n - 1 }, names[i].name) &&
		    (rest.n == n + 1 || rest.p[n + 1] == ' '))
			*ret = names[i].part;
	}
	return true;
}

static void begin(struct reading *r, uint64_t tid, enum part part)
{
	const uint64_t *index = da_map_get(&r->tids, tid);

	r->part = part;
	r->thread = DA_NONE;
	if (!index) {
		r->others++;
		return;
	}
	r->thread = (uint32_t)*index;
	if (r->stacks[r->thread])
		return;
	r->stacks[r->thread] = da_new(r->d->arena, struct da_kernel_stack);
	r->stacks[r->thread]->file = r->file;
	r->threads++;
}

/* A line that begins a part. */
static bool is_header(struct reading *r, struct da_bytes line)
{
	struct da_bytes value;
	enum part part;
	uint64_t tid;

	if (da_beside_value(line, "==> ", &value)) {
		if (path_of(value, &tid, &part))
			begin(r, tid, part);
		else
			r->thread = DA_NONE;
		return true;
	}
	if (da_beside_value(line, "== ", &value) && da_beside_number(&value, 10, &tid)) {
		begin(r, tid, PART_STACK);
		return true;
	}
	return false;
}

/* "[<0>] futex_wait_queue+0x60/0x90 [module]" to futex_wait_queue; the end marker 0xffffffffffffffff is none. */
static void add_function(struct reading *r, struct da_kernel_stack *k, struct da_bytes line)
{
	const uint8_t *at = memchr(line.p, ']', DA_MIN(line.n, (size_t)24)), *end;
	size_t n;

	if (!da_beside_starts(line, "[<") || !at || k->functions.n >= DEPTH)
		return;
	line = (struct da_bytes){ at + 1, (size_t)(line.p + line.n - at - 1) };
	if (!da_beside_value(line, " ", &line) || da_beside_starts(line, "0x"))
		return;
	end = memchr(line.p, '+', line.n);
	n = end ? (size_t)(end - line.p) : line.n;
	if (n == 0 || n > FUNCTION_MAX)
		return;
	da_vec_push(r->d->arena, &k->functions, da_text(r->d->arena, line.p, n));
}

static struct da_kernel_status *status_of(struct reading *r, struct da_kernel_stack *k)
{
	struct da_kernel_status *s = (struct da_kernel_status *)(uintptr_t)k->status;

	if (s)
		return s;
	s = da_new(r->d->arena, struct da_kernel_status);
	s->file = r->file;
	k->status = s;
	return s;
}

static void read_line(struct reading *r, struct da_bytes line)
{
	struct da_kernel_stack *k = r->thread != DA_NONE ? r->stacks[r->thread] : NULL;

	if (is_header(r, line) || !k || line.n == 0)
		return;
	if (r->part == PART_STACK && da_beside_starts(line, "[<"))
		add_function(r, k, line);
	else if (r->part == PART_STATUS || (r->part == PART_STACK && memchr(line.p, ':', line.n)))
		da_status_line(r->d->arena, status_of(r, k), line);
	else if (r->part == PART_NAME && line.n <= 64)
		status_of(r, k)->name = da_text(r->d->arena, line.p, line.n);
}

/* Processes end and their ids come round; threads come and go, but hardly one in two. */
static bool is_ours(struct reading *r)
{
	struct da_dump *d = r->d;

	if (r->threads == 0 && r->others == 0) {
		da_note(d->ledger, DA_NOTE_CORRUPT, "kernel stacks",
			"Write it with: tail -vn +1 /proc/PID/task/*/stack > PID.stack",
			DA_PATH("%s") " is not used: it has no stack of a thread", r->file);
		return false;
	}
	if (r->others > r->threads) {
		da_note(d->ledger, DA_NOTE_DISAGREE, "kernel stacks", NULL,
			DA_PATH("%s") " is not used: most of the threads that it tells of are not in the dump", r->file);
		return false;
	}
	return true;
}

static void take_over(struct reading *r)
{
	for (size_t i = 0; i < r->d->proc.threads.n; i++) {
		struct da_thread *t = &r->d->proc.threads.v[i];
		const struct da_kernel_stack *k = r->stacks[i];

		if (!k || (k->functions.n == 0 && !k->status))
			continue;
		t->in_kernel = k;
		if (!t->name && k->status)
			t->name = k->status->name;
	}
}

void da_read_kernel_stacks(struct da_dump *d, struct da_bytes b, const char *name)
{
	struct reading r = { .d = d, .file = name, .thread = DA_NONE, .part = PART_STACK };
	struct da_bytes line, first = b;

	r.stacks = da_calloc(d->arena, d->proc.threads.n, sizeof(struct da_kernel_stack *));
	for (size_t i = 0; i < d->proc.threads.n; i++) {
		bool is_new;

		*da_map_put(d->arena, &r.tids, d->proc.threads.v[i].tid, &is_new) = i;
	}
	if (da_beside_line(&first, &line) && da_beside_starts(line, "[<")) /* of one thread, without a line that names it */
		begin(&r, d->proc.pid, PART_STACK);
	while (da_beside_line(&b, &line))
		read_line(&r, line);
	if (is_ours(&r))
		take_over(&r);
}
