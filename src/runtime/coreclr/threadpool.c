/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The managed thread pool (PortableThreadPool): how many workers there are, may be and are busy, and how much work waits
 * for one. It is one object, which a static field holds; where statics cannot be reached (up to 8) the stacks of its own
 * threads lead to it, since they work on it.
 *
 * Source: src/libraries/System.Private.CoreLib/src/System/Threading/ThreadPoolWorkQueue.cs, PortableThreadPool*.cs and
 * Collections/Concurrent/ConcurrentQueueSegment.cs of dotnet/runtime.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "runtime/coreclr/coreclr.h"

#define POOL "System.Threading.PortableThreadPool"
#define QUEUE "System.Threading.ThreadPoolWorkQueue"
#define STACK_BYTES 0x4000   /* of each of the pool's threads: its own frames are the outermost, but the stack may be deep */
#define THREADS 64           /* of it whose stacks are looked at */
#define SEGMENTS 100000      /* of one queue: each has at most 1,048,576 items */
#define SEGMENT_ITEMS 1048576u
#define QUEUES 4096          /* local ones: one a worker */
#define ITEMS_TYPED 20000    /* whose types are counted */
#define TYPES 50

struct pool {
	struct da_clr *c;
	struct da_threadpool *p;
	struct da_map types;   /* MethodTable to count */
	uint32_t typed;
};

/* ---------------------------------------------------------------- the objects */

static uint64_t by_static(struct da_clr *c, uint64_t mt, const char *field)
{
	uint64_t at, object;

	if (!mt || da_clr_static(c, mt, field, &at) != DA_OK || da_mem_word(c->mem, at, &object) != DA_OK)
		return 0;
	return object;
}

/* An object of this type whose address stands on the stack of one of the pool's threads. */
static uint64_t by_stack(struct da_clr *c, uint64_t mt, const struct da_thread *t)
{
	uint64_t to = t->stack_base, from = to - STACK_BYTES, sp = t->regs.v[c->dump->proc.arch->sp], object;
	unsigned word = c->mem->word;

	if (!to || !da_reg_known(&t->regs, c->dump->proc.arch->sp) || sp >= to)
		return 0;
	from = DA_MAX(from, sp);
	for (uint64_t at = to / word * word; at >= from + word;) {
		at -= word;
		if (da_mem_word(c->mem, at, &object) == DA_OK && object && object % word == 0 &&
		    (object < from || object >= to) && da_clr_object_mt(c, object) == mt)
			return object;
	}
	return 0;
}

static bool is_pools(const struct da_thread *t)
{
	const char *name = t->managed && t->managed->name ? t->managed->name : t->name;

	return (t->managed && t->managed->threadpool && !t->managed->dead) || (name && da_starts(name, ".NET TP "));
}

static uint64_t find(struct da_clr *c, uint64_t mt, uint64_t object, const char **ret_how)
{
	const struct da_process *p = &c->dump->proc;
	unsigned looked = 0;

	*ret_how = "a static field holds it";
	if (object && da_clr_object_mt(c, object) == mt)
		return object;
	*ret_how = "it stands on the stack of a thread of the pool";
	for (size_t i = 0; mt && i < p->threads.n && looked < THREADS; i++) {
		if (!is_pools(&p->threads.v[i]))
			continue;
		looked++;
		object = by_stack(c, mt, &p->threads.v[i]);
		if (object)
			return object;
	}
	return 0;
}

/* ---------------------------------------------------------------- queues */

static void count_type(struct pool *p, uint64_t item)
{
	uint64_t mt = p->typed < ITEMS_TYPED && item ? da_clr_object_mt(p->c, item) : 0;

	if (!mt)
		return;
	p->typed++;
	++*da_map_put(p->c->arena, &p->types, mt, NULL);
}

/* Head and tail stand in a cache line each; where, only the type tells. */
static bool ends_of(struct da_clr *c, uint64_t segment, uint32_t *ret_head, uint32_t *ret_tail)
{
	uint64_t mt = da_clr_corelib_type(c, "System.Collections.Concurrent.PaddedHeadAndTail"), at;
	struct da_clr_slot head, tail;
	uint8_t type;

	return mt && da_clr_object_at(c, segment, "_headAndTail", &at, &type) == DA_OK &&
	       da_clr_slot(c, mt, "Head", &head) == DA_OK && da_clr_slot(c, mt, "Tail", &tail) == DA_OK &&
	       da_mem_u32(c->mem, at + head.offset - c->mem->word, ret_head) == DA_OK &&
	       da_mem_u32(c->mem, at + tail.offset - c->mem->word, ret_tail) == DA_OK;
}

/* Items of one segment; -1: not readable. A frozen one has twice its length added to its tail. */
static int64_t of_segment(struct pool *p, uint64_t segment)
{
	struct da_clr *c = p->c;
	uint32_t head, tail, length, n;
	uint64_t slots, first, item;

	if (!ends_of(c, segment, &head, &tail) || da_clr_object_ptr(c, segment, "_slots", &slots) != DA_OK ||
	    da_clr_array(c, slots, &length, &first) != DA_OK || length == 0 || length > SEGMENT_ITEMS ||
	    (length & (length - 1)))
		return -1;
	n = tail - head;
	if (n >= 2 * length)
		n -= 2 * length;
	if (n > length) /* head has passed tail: it is being emptied at this moment */
		return 0;
	for (uint32_t i = 0; i < n && p->typed < ITEMS_TYPED; i++)
		if (da_mem_word(c->mem, first + (uint64_t)((head + i) & (length - 1)) * 2 * c->mem->word, &item) == DA_OK)
			count_type(p, item);
	return n;
}

static bool of_queue(struct pool *p, uint64_t queue, uint64_t *ret)
{
	struct da_clr *c = p->c;
	struct da_map seen = { 0 };
	uint64_t segment, sum = 0;

	if (!queue || da_clr_object_ptr(c, queue, "_head", &segment) != DA_OK)
		return false;
	for (unsigned i = 0; segment && i < SEGMENTS; i++) {
		int64_t n = of_segment(p, segment);
		bool new;

		(void)da_map_put(c->arena, &seen, segment, &new);
		if (n < 0 || !new)
			return false;
		sum += (uint64_t)n;
		if (da_clr_object_ptr(c, segment, "_nextSegment", &segment) != DA_OK)
			return false;
	}
	*ret += sum;
	return true;
}

/* The queues of all; since 9 there are further ones, so that many workers do not meet at one. */
static void global_queues(struct pool *p, uint64_t work)
{
	static const char *const names[] = { "workItems", "highPriorityWorkItems", "lowPriorityWorkItems" };
	struct da_clr *c = p->c;
	uint64_t queue, array, first, sum = 0;
	uint32_t n;
	bool any = false;

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		enum da_status st = da_clr_object_ptr(c, work, names[i], &queue);

		/* not of this version, or made when it is needed */
		if (i > 0 && (st == DA_NOT_FOUND || (st == DA_OK && !queue)))
			continue;
		if (st != DA_OK || !of_queue(p, queue, &sum))
			return;
		any = true;
	}
	if (da_clr_object_ptr(c, work, "_assignableWorkItemQueues", &array) == DA_OK && array) {
		if (da_clr_array(c, array, &n, &first) != DA_OK || n > QUEUES)
			return;
		for (uint32_t i = 0; i < n; i++)
			if (da_mem_word(c->mem, first + (uint64_t)i * c->mem->word, &queue) != DA_OK ||
			    !of_queue(p, queue, &sum))
				return;
	}
	p->p->has_global = any;
	p->p->queued_global = sum;
}

/* Each worker's own: WorkStealingQueue {m_array, m_mask, m_headIndex, m_tailIndex}. */
static void local_queues(struct pool *p)
{
	struct da_clr *c = p->c;
	uint64_t type = da_clr_corelib_type(c, QUEUE "+WorkStealingQueueList"), list = by_static(c, type, "s_queues");
	uint64_t queue, array, first, items, item, sum = 0;
	uint32_t n, head, tail, length;

	if (!list)
		list = by_static(c, type, "_queues");
	if (!list || da_clr_array(c, list, &n, &first) != DA_OK || n > QUEUES)
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (da_mem_word(c->mem, first + (uint64_t)i * c->mem->word, &queue) != DA_OK || !queue ||
		    da_clr_object_u32(c, queue, "m_headIndex", &head) != DA_OK ||
		    da_clr_object_u32(c, queue, "m_tailIndex", &tail) != DA_OK ||
		    da_clr_object_ptr(c, queue, "m_array", &array) != DA_OK ||
		    da_clr_array(c, array, &length, &items) != DA_OK || length == 0 || (length & (length - 1)))
			return;
		if ((int32_t)(tail - head) <= 0)
			continue;
		if (tail - head > length)
			return;
		sum += tail - head;
		for (uint32_t k = head; k != tail && p->typed < ITEMS_TYPED; k++)
			if (da_mem_word(c->mem, items + (uint64_t)(k & (length - 1)) * c->mem->word, &item) == DA_OK)
				count_type(p, item);
	}
	p->p->has_local = true;
	p->p->queued_local = sum;
}

static int by_count(const void *x, const void *y)
{
	const struct da_type_count *a = x, *b = y;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->type, b->type);
}

static void list_types(struct pool *p)
{
	for (size_t i = 0; i < p->types.cap; i++) {
		const struct da_map_slot *s = &p->types.slots[i];
		const char *name = s->used ? da_clr_type_name(p->c, s->key) : NULL;

		if (name)
			da_vec_push(p->c->arena, &p->p->types, ((struct da_type_count){ name, s->value }));
	}
	if (p->p->types.n)
		qsort(p->p->types.v, p->p->types.n, sizeof(*p->p->types.v), by_count);
	p->p->types.n = DA_MIN(p->p->types.n, (size_t)TYPES);
	p->p->typed = p->typed;
}

/* ---------------------------------------------------------------- workers */

/* A number of the structure in its own cache lines, which is a field of the pool. */
static bool separated(struct da_clr *c, uint64_t pool, const char *field, uint64_t *ret_at)
{
	uint64_t mt = da_clr_corelib_type(c, POOL "+CacheLineSeparated"), at;
	struct da_clr_slot slot;
	uint8_t type;

	if (!mt || da_clr_object_at(c, pool, "_separated", &at, &type) != DA_OK || da_clr_slot(c, mt, field, &slot) != DA_OK)
		return false;
	*ret_at = at + slot.offset - c->mem->word;
	return true;
}

static bool number(struct da_clr *c, uint64_t object, const char *field, uint32_t *ret)
{
	return da_clr_object_u32(c, object, field, ret) == DA_OK && (int32_t)*ret >= 0 && *ret <= INT16_MAX;
}

/* ThreadCounts: 16 bits each of threads that process work, exist, and are wanted. */
static bool read_workers(struct da_clr *c, uint64_t pool, struct da_threadpool *p)
{
	uint64_t at, counts;

	if (!separated(c, pool, "counts", &at) || da_mem_u64(c->mem, at, &counts) != DA_OK ||
	    !number(c, pool, "_minThreads", &p->min) || !number(c, pool, "_maxThreads", &p->max))
		return false;
	p->active = counts & 0xffff;
	p->workers = counts >> 16 & 0xffff;
	p->goal = counts >> 32 & 0xffff;
	/* what is no pool does not fit together so */
	if (p->active > p->workers || p->min > p->max || p->max == 0 || p->goal > p->max || p->workers > INT16_MAX)
		return false;
	p->has_cpu = number(c, pool, "_cpuUtilization", &p->cpu_percent) && p->cpu_percent <= 100;
	p->has_adjustment = number(c, pool, "_numThreadsAddedDueToBlocking", &p->blocking_adjustment);
	p->has_io = number(c, pool, "_legacy_minIOCompletionThreads", &p->io_min) &&
		    number(c, pool, "_legacy_maxIOCompletionThreads", &p->io_max);
	return true;
}

void da_clr_threadpool(struct da_clr *c)
{
	uint64_t pool_type = da_clr_corelib_type(c, POOL), work_type = da_clr_corelib_type(c, QUEUE);
	uint64_t pool, work;
	struct pool p = { .c = c };
	const char *how;

	if (!pool_type)
		return;
	pool = find(c, pool_type, by_static(c, pool_type, "ThreadPoolInstance"), &how);
	p.p = da_new(c->arena, struct da_threadpool);
	if (!pool || !read_workers(c, pool, p.p))
		return;
	p.p->address = pool;
	p.p->how = how;
	work = find(c, work_type, by_static(c, da_clr_corelib_type(c, "System.Threading.ThreadPool"), "s_workQueue"), &how);
	if (work)
		global_queues(&p, work);
	local_queues(&p);
	list_types(&p);
	da_clr_model(c)->threadpool = p.p;
}
