/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May a thread that rests (reads, sleeps, waits for events) hold a lock? It does if one of the functions that it is in
 * took one and did not give it back before: seen by what their code calls up to the place where the thread is. Workers
 * that wait for something to do have left all such calls behind.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

#define FRAMES 24
#define BODY 4096 /* bytes of a function */
#define DEPTH 4   /* of functions that call functions that lock: C++'s guards, without optimization */
#define ASKED 4096 /* functions whose code is read, of a process */

enum effect { UNASKED, NEUTRAL, ACQUIRES, RELEASES };

struct body {
	uint64_t start;
	size_t n;
	const uint8_t *code;
};

static enum effect of_function(struct da_waits *w, uint64_t target, unsigned depth);

/* What the C library does inside comes in pairs; other libraries lock for their callers: uv_mutex_lock. */
static bool is_libc(const struct da_waits *w, uint32_t module)
{
	return module != DA_NONE && (w->p->modules.v[module].interpreter || da_wait_is_libc(&w->p->modules.v[module]));
}

/* Frames that call back into the program and hold nothing of it: of the system's libraries, and of C++'s. */
static bool passes_through(const struct da_waits *w, uint32_t module)
{
	const struct da_module *m = module != DA_NONE ? &w->p->modules.v[module] : NULL;

	if (!m || m->class == DA_CLASS_SYSTEM)
		return m != NULL;
	return m->name && (da_starts(m->name, "libstdc++") || da_starts(m->name, "libc++"));
}

static enum effect of_name(const char *raw)
{
	static const char *const prefixes[] = { "pthread_mutex_", "pthread_rwlock_", "pthread_spin_", "mtx_" };
	size_t n;
	const char *bare = da_wait_bare(raw, &n);

	for (size_t i = 0; bare && i < DA_ARRAY_SIZE(prefixes); i++) {
		if (!da_starts(bare, prefixes[i]))
			continue;
		if (n >= 6 && memcmp(bare + n - 6, "unlock", 6) == 0)
			return RELEASES;
		return n >= 4 && memcmp(bare + n - 4, "lock", 4) == 0 ? ACQUIRES : NEUTRAL;
	}
	return NEUTRAL;
}

static uint64_t relative(const struct da_waits *w, uint64_t from, const uint8_t *p)
{
	uint32_t distance = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	uint64_t at = from + (uint64_t)(int64_t)(int32_t)distance;

	return w->word == 8 ? at : at & UINT32_MAX;
}

/* Where the instruction at i calls, or jumps out of the function; 0: it does neither. */
static uint64_t target_at(const struct da_waits *w, const struct body *b, size_t i)
{
	const uint8_t *c = b->code + i;
	uint64_t at = b->start + i, to = 0;

	if (w->cpu == DA_CPU_A64) {
		uint32_t word = c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 | (uint32_t)c[3] << 24;

		if ((word & 0x7c000000) != 0x14000000)
			return 0;
		to = at + (uint64_t)((int64_t)(int32_t)(word << 6) >> 4);
		return word >> 31 || to - b->start >= b->n ? to : 0;
	}
	if (i + 5 <= b->n && (c[0] == 0xe8 || c[0] == 0xe9)) {
		to = relative(w, at + 5, c + 1);
		return c[0] == 0xe8 || to - b->start >= b->n ? to : 0;
	}
	if (w->cpu == DA_CPU_X64 && i + 6 <= b->n && c[0] == 0xff && (c[1] == 0x15 || c[1] == 0x25))
		return da_wait_word(w, relative(w, at + 6, c + 2), &to) ? to : 0;
	return 0;
}

/* What its calls come to: the last one (up to a place), or of a whole function what it did and did not undo. */
static enum effect of_body(struct da_waits *w, const struct body *b, unsigned depth, bool whole)
{
	bool acquires = false, releases = false;
	enum effect last = NEUTRAL;

	for (size_t i = 0; i + 4 <= b->n; i += w->cpu == DA_CPU_A64 ? 4 : 1) {
		uint64_t to = target_at(w, b, i);
		enum effect e = to && da_module_at(w->p, to) != DA_NONE ? of_function(w, to, depth) : NEUTRAL;

		acquires |= e == ACQUIRES;
		releases |= e == RELEASES;
		last = e != NEUTRAL ? e : last;
	}
	if (!whole)
		return last;
	return acquires == releases ? NEUTRAL : acquires ? ACQUIRES : RELEASES;
}

static enum effect of_function(struct da_waits *w, uint64_t target, unsigned depth)
{
	bool new;
	uint64_t *slot = da_map_put(w->d->arena, &w->effects, target, &new);
	const struct da_place *p;
	struct body b = { 0 };
	enum effect e;

	if (!new && *slot != UNASKED)
		return (enum effect)*slot; /* of one that calls itself: nothing yet */
	*slot = NEUTRAL;
	p = w->effects.n < ASKED ? da_symbols_place(w->s, target, false) : NULL;
	if (!p || !p->raw || p->start != target)
		return NEUTRAL;
	e = of_name(p->raw);
	if (e == NEUTRAL && depth < DEPTH && p->size && p->module != DA_NONE && !is_libc(w, p->module)) {
		b.start = p->start;
		b.code = da_mem_view_some(w->m, p->start, &b.n);
		b.n = b.code ? (size_t)DA_MIN(DA_MIN(b.n, p->size), BODY) : 0;
		e = of_body(w, &b, depth + 1, true);
	}
	/* What was too deep to be looked into may be called from nearer. */
	*da_map_put(w->d->arena, &w->effects, target, NULL) = e == NEUTRAL && depth >= DEPTH ? UNASKED : e;
	return e;
}

static bool body_of(const struct da_waits *w, const struct da_frame *f, struct body *ret)
{
	const struct da_place *p = f->place;

	if (!p || !p->exact || !p->start || f->pc <= p->start || f->pc - p->start > BODY)
		return false;
	ret->start = p->start;
	ret->code = da_mem_view_some(w->m, p->start, &ret->n);
	ret->n = ret->code ? (size_t)DA_MIN(ret->n, f->pc - p->start) : 0;
	return ret->code && ret->n == f->pc - p->start;
}

/* Compilers move what is done under a condition behind the rest of a function: code that stands there may have run before. */
static bool acquires_behind(struct da_waits *w, const struct da_frame *f)
{
	const struct da_place *p = f->place;
	struct body b = { .start = f->pc };

	if (!p->size || f->pc - p->start >= p->size)
		return false;
	b.code = da_mem_view_some(w->m, f->pc, &b.n);
	b.n = b.code ? (size_t)DA_MIN(DA_MIN(b.n, p->size - (f->pc - p->start)), BODY) : 0;
	for (size_t i = 0; i + 4 <= b.n; i += w->cpu == DA_CPU_A64 ? 4 : 1) {
		uint64_t to = target_at(w, &b, i);

		if (to && da_module_at(w->p, to) != DA_NONE && of_function(w, to, 0) == ACQUIRES)
			return true;
	}
	return false;
}

static enum da_locks_taken ask(struct da_waits *w, uint32_t thread)
{
	const struct da_thread *t = &w->p->threads.v[thread];
	bool all = w->s && t->end == DA_END_COMPLETE && t->frames.n <= FRAMES, behind = false;

	for (size_t i = 0; w->s && i < t->frames.n && i < FRAMES; i++) {
		const struct da_frame *f = &t->frames.v[i];
		struct body b;

		if (passes_through(w, f->module))
			continue;
		if (!w->bodies_left || !body_of(w, f, &b)) {
			all = false;
			continue;
		}
		w->bodies_left--;
		if (of_body(w, &b, 0, false) == ACQUIRES)
			return DA_TOOK_LOCK;
		behind = behind || acquires_behind(w, f);
	}
	return !all ? DA_TOOK_UNKNOWN : behind ? DA_TOOK_PERHAPS : DA_TOOK_NONE;
}

enum da_locks_taken da_wait_locks_taken(struct da_waits *w, uint32_t thread)
{
	struct da_asleep_thread *t = &w->t[thread];

	if (!t->locks_asked)
		t->locks_taken = (uint8_t)ask(w, thread);
	t->locks_asked = true;
	return (enum da_locks_taken)t->locks_taken;
}
