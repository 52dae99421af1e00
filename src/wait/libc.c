/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which C library the threads belong to, where each one's descriptor is, and which id it has for itself: in a container
 * the ids of a dump that was made from outside (gcore on the host) are not those that lie in its memory.
 */
#include "config.h"

#include <string.h>

#include "wait/parts.h"

#define TID_MAX (1u << 22) /* PID_MAX_LIMIT of the kernel */
#define TELLING 300        /* RESERVED_PIDS of the kernel: ids of the first namespace begin behind it again */
#define SAMPLE 64          /* threads that are asked which layout is theirs */
#define TOP 0x10000u       /* a descriptor lies at the top of its stack */
#define SMALL 0x200000u    /* a mapping of this size is looked through whole: that of the main thread */
#define SCAN_BYTES (UINT64_C(1) << 28)
#define ABOVE 0x1000000u   /* how far above its stack pointer a thread's descriptor is looked for */

static const struct da_descriptor layouts[] = {
#define DA_DESCRIPTOR_ROW(libc_, cpu_, tid_, self_, r0, r1, join_, s0, s1, s2) \
	{ .libc = DA_LIBC_##libc_, .cpu = DA_CPU_##cpu_, .tid = tid_, .self = self_, .robust = { r0, r1 }, \
	  .joinstate = join_, .size = { s0, s1, s2 } },
#include "wait/descriptors.def"
#undef DA_DESCRIPTOR_ROW
};

enum da_libc da_wait_libc(const struct da_waits *w)
{
	return w->layout ? (enum da_libc)w->layout->libc : DA_LIBC_UNKNOWN;
}

bool da_wait_is_tid(uint64_t tid)
{
	return tid != 0 && tid < TID_MAX;
}

bool da_wait_is_telling(uint64_t tid)
{
	return tid >= TELLING && da_wait_is_tid(tid);
}

bool da_wait_threads_missing(const struct da_waits *w)
{
	return w->ids_missing || w->d->origin.truncated;
}

uint32_t da_wait_by_tid(const struct da_waits *w, uint32_t tid)
{
	const uint64_t *at = da_map_get(&w->tids, tid);

	return at ? (uint32_t)*at : DA_NONE;
}

uint32_t da_wait_by_descriptor(const struct da_waits *w, uint64_t address)
{
	const uint64_t *at = address ? da_map_get(&w->descriptors, address) : NULL;

	return at ? (uint32_t)*at : DA_NONE;
}

/* The kernel finds a mutex from its list node by this: -32, or -20 of 32-bit programs. musl sets it only when needed. */
static bool robust_offset(const struct da_waits *w, const struct da_descriptor *l, uint64_t at)
{
	int64_t want = w->word == 8 ? -32 : -20;
	uint64_t mask = w->word == 8 ? UINT64_MAX : UINT32_MAX, value;

	for (size_t i = 0; i < DA_ARRAY_SIZE(l->robust); i++)
		if (l->robust[i] && da_wait_word(w, at + l->robust[i] + w->word, &value) &&
		    value == ((uint64_t)want & mask))
			return true;
	return false;
}

/* Is a descriptor of this layout there? A thread that is ending has the id 0. */
static bool is_descriptor(const struct da_waits *w, const struct da_descriptor *l, uint64_t at, uint32_t *ret_tid)
{
	uint64_t self, head;
	uint32_t tid;

	if (at % w->word || (l->self && (!da_wait_word(w, at + l->self, &self) || self != at)) ||
	    !da_wait_u32(w, at + l->tid, &tid) || tid >= TID_MAX)
		return false;
	if (l->libc == DA_LIBC_GLIBC) {
		if (!robust_offset(w, l, at))
			return false;
	} else {
		if (!da_wait_word(w, at, &self) || self != at)
			return false;
		/* The list of a thread that holds nothing ends in its own head; of a held one it leads somewhere. */
		if (!da_wait_word(w, at + l->robust[0], &head) || head % w->word)
			return false;
	}
	*ret_tid = tid;
	return true;
}

/* From the thread pointer: at it, or the descriptor's size below. */
static bool by_pointer(const struct da_waits *w, const struct da_descriptor *l, uint64_t tp, uint64_t *ret,
		       uint32_t *ret_tid)
{
	if (tp == 0)
		return false;
	*ret = tp;
	if (!l->size[0])
		return is_descriptor(w, l, tp, ret_tid);
	for (size_t i = 0; i < DA_ARRAY_SIZE(l->size); i++) {
		*ret = tp - l->size[i];
		if (l->size[i] && is_descriptor(w, l, *ret, ret_tid))
			return true;
	}
	return false;
}

static unsigned votes(const struct da_waits *w, const struct da_descriptor *l, unsigned *ret_same)
{
	unsigned n = 0;

	*ret_same = 0;
	for (size_t i = 0; i < w->p->threads.n && i < SAMPLE; i++) {
		uint64_t at;
		uint32_t tid;

		if (!by_pointer(w, l, w->p->threads.v[i].tp, &at, &tid))
			continue;
		n++;
		*ret_same += tid == w->p->threads.v[i].tid;
	}
	return n;
}

static void choose(struct da_waits *w)
{
	unsigned best = 0;

	for (size_t i = 0; i < DA_ARRAY_SIZE(layouts); i++) {
		unsigned same, n;

		if (layouts[i].cpu != w->cpu)
			continue;
		n = votes(w, &layouts[i], &same);
		if (n <= best)
			continue;
		best = n;
		w->layout = &layouts[i];
		w->own_namespace = same == 0 && n > 1;
	}
}

static void found(struct da_waits *w, uint32_t thread, uint64_t at, uint32_t tid)
{
	bool new;
	uint64_t *slot = da_map_put(w->d->arena, &w->descriptors, at, &new);

	if (!new)
		return; /* two threads with one descriptor: the first keeps it */
	*slot = thread;
	w->t[thread].descriptor = at;
	if (tid)
		w->t[thread].tid = tid;
	da_wait_note_held(w, thread);
}

/* ---------------------------------------------------------------- without a thread pointer */

/*
 * Cores of qemu-user, and gcore's of i386, do not tell where thread-local storage is. A descriptor is then found by its
 * shape and the id of a thread of the dump in it.
 */
static void scan_bytes(struct da_waits *w, const struct da_descriptor *l, const struct da_map *notes,
		       uint64_t from, uint64_t end)
{
	for (uint64_t at = (from + 15) & ~UINT64_C(15); at < end; at += 16) {
		const uint64_t *thread;
		uint32_t tid;
		uint64_t self;

		if (l->self || l->libc == DA_LIBC_MUSL) {
			if (!da_wait_word(w, at + l->self, &self) || self != at)
				continue;
		} else if (!robust_offset(w, l, at)) {
			continue;
		}
		if (!is_descriptor(w, l, at, &tid))
			continue;
		thread = da_map_get(notes, tid);
		if (thread && !w->t[*thread].descriptor)
			found(w, (uint32_t)*thread, at, tid);
	}
}

/* Since glibc 2.42 many stacks lie in one mapping: in it the descriptor is looked for above each thread's stack pointer. */
static void scan_stacks(struct da_waits *w, const struct da_descriptor *l, const struct da_map *notes, uint64_t left)
{
	int sp = w->p->arch->sp;

	for (size_t i = 0; i < w->p->threads.n && !da_stop(w->d->watch); i++) {
		const struct da_regs *regs = &w->p->threads.v[i].regs;
		const struct da_range *r = da_reg_known(regs, sp) ? da_mem_range(w->m, regs->v[sp]) : NULL;
		uint64_t at, end;

		if (!r || regs->v[sp] - r->start >= r->file_len)
			continue;
		at = regs->v[sp];
		end = at + DA_MIN(r->start + r->file_len - at, ABOVE);
		for (; at < end && left && !w->t[i].descriptor; at += DA_MIN(end - at, TOP)) {
			uint64_t n = DA_MIN(DA_MIN(end - at, TOP), left);

			left -= n;
			scan_bytes(w, l, notes, at, at + n);
		}
	}
}

static void scan(struct da_waits *w, const struct da_descriptor *l)
{
	struct da_map notes = { 0 };
	uint64_t left = SCAN_BYTES;

	for (size_t i = 0; i < w->p->threads.n; i++)
		*da_map_put(w->d->arena, &notes, w->p->threads.v[i].tid, NULL) = i;
	for (size_t i = 0; i < w->m->ranges.n && left && !da_stop(w->d->watch); i++) {
		const struct da_range *r = &w->m->ranges.v[i];
		uint64_t end = r->start + r->file_len, n;

		if (!(r->prot & DA_PROT_W) || r->file_len == 0)
			continue;
		n = r->file_len <= SMALL ? r->file_len : TOP;
		n = DA_MIN(n, left);
		left -= n;
		scan_bytes(w, l, &notes, end - n, end);
	}
	scan_stacks(w, l, &notes, left);
}

static bool pointers_missing(const struct da_waits *w)
{
	for (size_t i = 0; i < w->p->threads.n; i++)
		if (w->p->threads.v[i].tp == 0)
			return true;
	return false;
}

static void scan_all(struct da_waits *w)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(layouts); i++) {
		if (layouts[i].cpu != w->cpu || (w->layout && w->layout != &layouts[i]))
			continue;
		scan(w, &layouts[i]);
		if (!w->layout && w->descriptors.n)
			w->layout = &layouts[i];
	}
	for (uint32_t i = 0; i < w->p->threads.n; i++)
		if (w->t[i].descriptor)
			da_wait_note_held(w, i);
}

static struct da_window expect(const struct da_waits *w, uint32_t thread)
{
	const struct da_descriptor *l = w->layout;

	if (!l || thread >= w->p->threads.n || w->p->threads.v[thread].tp == 0)
		return (struct da_window){ 0 };
	return da_wait_expect(w, thread, w->p->threads.v[thread].tp - l->size[0], l->self, l->tid);
}

static void find_descriptors(struct da_waits *w)
{
	struct da_window ahead[DA_WAIT_AHEAD];

	for (uint32_t i = 0; i < DA_WAIT_AHEAD; i++)
		ahead[i] = expect(w, i);
	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		uint64_t at;
		uint32_t tid;

		*w->window = ahead[i % DA_WAIT_AHEAD];
		ahead[i % DA_WAIT_AHEAD] = expect(w, i + DA_WAIT_AHEAD);
		w->t[i].tid = w->own_namespace ? 0 : w->p->threads.v[i].tid;
		if (w->layout && by_pointer(w, w->layout, w->p->threads.v[i].tp, &at, &tid))
			found(w, i, at, tid);
	}
}

void da_wait_find_libc(struct da_waits *w)
{
	choose(w);
	da_map_reserve(w->d->arena, &w->descriptors, w->layout ? w->p->threads.n : 0);
	da_map_reserve(w->d->arena, &w->tids, w->p->threads.n);
	find_descriptors(w);
	if (w->cpu != DA_CPU_X64 && pointers_missing(w))
		scan_all(w);
	for (uint32_t i = 0; i < w->p->threads.n; i++) {
		bool new;
		uint64_t *slot;

		if (!w->t[i].tid) { /* its descriptor is not there: its own id is not known */
			w->ids_missing = true;
			continue;
		}
		slot = da_map_put(w->d->arena, &w->tids, w->t[i].tid, &new);
		if (new)
			*slot = i;
	}
}
