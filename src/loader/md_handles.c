/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles: their types and names, what the object information says of locks, and who opened and closed
 * them. Counts of pointers are not kept: Windows biases them. The layout of object information is not
 * documented; it is that of the native queries, and each size is checked.
 */
#include "config.h"

#include "loader/minidump.h"

#define DESCRIPTOR 32      /* the first form; the second adds ObjectInfoRva and 4 bytes */
#define CHAIN_MAX 32

enum { INFO_THREAD = 1, INFO_MUTANT = 2, INFO_MUTANT_OWNER = 3, INFO_PROCESS = 4, INFO_EVENT = 6, INFO_SEMAPHORE = 8 };

#define ID_MAX 0x10000000u

static bool is_id(uint64_t v)
{
	return v && v % 4 == 0 && v < ID_MAX;
}

/*
 * Of a thread: CLIENT_ID {process, thread} somewhere in it. Of a process: its id, then that of the process that made it,
 * which is told only where that was this one. Words are of 64 bits, or of 32.
 */
static void read_target(const struct md *m, struct da_handle *h, bool thread, struct da_bytes b)
{
	const struct da_process *p = &m->d->proc;

	for (unsigned width = 8; width >= 4 && p->has_pid && p->pid; width -= 4)
		for (size_t at = 0; at + 2 * width <= b.n; at += width) {
			struct da_cursor c = md_cursor(m, b);
			uint64_t first, second;

			da_seek(&c, at);
			first = width == 8 ? da_get_u64(&c) : da_get_u32(&c);
			second = width == 8 ? da_get_u64(&c) : da_get_u32(&c);
			if (thread ? first != p->pid || !is_id(second) : !is_id(first) || second != p->pid)
				continue;
			h->target_pid = (uint32_t)first;
			h->target_tid = thread ? (uint32_t)second : 0;
			return;
		}
}

static void read_info(struct md *m, struct da_handle *h, uint32_t type, struct da_bytes b)
{
	struct da_cursor c = md_cursor(m, b);
	uint32_t first = da_get_u32(&c), second = da_get_u32(&c);

	if (!da_ok(&c))
		return;
	switch (type) {
	case INFO_MUTANT: /* 1 free, 0 owned once, -1 owned twice; then two bytes: owned by the caller, abandoned */
		h->state = (int32_t)first;
		h->abandoned = (second >> 8 & 0xff) == 1;
		h->has_state = true;
		break;
	case INFO_EVENT: /* type, then signaled or not */
		h->state = (int32_t)second;
		h->has_state = true;
		break;
	case INFO_SEMAPHORE:
		h->state = (int32_t)first;
		h->limit = (int32_t)second;
		h->has_state = true;
		break;
	case INFO_MUTANT_OWNER: /* CLIENT_ID: two words of the process, or of 32 bits */
		h->owner_pid = first;
		h->owner_tid = second;
		if (b.n >= 16) {
			da_seek(&c, 8);
			h->owner_tid = da_get_u32(&c);
		}
		h->has_owner = h->owner_tid != 0;
		break;
	case INFO_THREAD:
	case INFO_PROCESS:
		read_target(m, h, type == INFO_THREAD, b);
		break;
	default:
		break;
	}
}

static void read_chain(struct md *m, struct da_handle *h, uint32_t rva)
{
	for (unsigned i = 0; rva && i < CHAIN_MAX; i++) {
		struct da_cursor c = md_cursor(m, md_bytes(m, rva, 12));
		uint32_t next = da_get_u32(&c), type = da_get_u32(&c), size = da_get_u32(&c);

		if (!da_ok(&c))
			return;
		read_info(m, h, type, md_bytes(m, (uint64_t)rva + 12, DA_MIN(size, 256u)));
		rva = next;
	}
}

static void read_descriptors(struct md *m)
{
	struct md_list l;

	if (!md_read_table(m, MD_HANDLE_DATA, 8, false, DESCRIPTOR, m->d->limits->handles, &l))
		return;
	for (uint64_t i = 0; i < l.n; i++) {
		struct da_cursor c = md_entry(&l, i);
		struct da_handle h = { .handle = da_get_u64(&c) };
		uint32_t info = 0;

		h.type = md_string(m, da_get_u32(&c));
		h.name = md_string(m, da_get_u32(&c));
		da_skip(&c, 4); /* attributes */
		h.access = da_get_u32(&c);
		h.count = da_get_u32(&c);
		da_skip(&c, 4); /* PointerCount */
		if (l.entry >= DESCRIPTOR + 4)
			info = da_get_u32(&c);
		read_chain(m, &h, info);
		da_vec_push(m->d->arena, &m->d->proc.handles, h);
	}
}

/* ---------------------------------------------------------------- operations */

/*
 * AVRF_HANDLE_OPERATION of avrfsdk.h: what Application Verifier and gflags keep of each handle. dbghelp
 * writes all of it; Breakpad, after an exception of an invalid handle, what was done with that handle.
 */
enum { OPERATION_HEAD = 32, TRACE_MAX = 32 };
enum { ACT_OPEN = 1, ACT_CLOSE = 2, ACT_BAD_REFERENCE = 3 };

static uint8_t act_of(uint32_t type)
{
	return type == ACT_OPEN ? DA_HANDLE_OPEN : type == ACT_CLOSE ? DA_HANDLE_CLOSE
	       : type == ACT_BAD_REFERENCE ? DA_HANDLE_BAD_REFERENCE : DA_HANDLE_OTHER;
}

static void read_trace(struct md *m, struct da_handle_operation *o, struct da_cursor *c, uint32_t depth)
{
	o->pc = da_calloc(m->d->arena, TRACE_MAX, sizeof(*o->pc));
	for (uint32_t i = 0; i < depth && i < TRACE_MAX; i++) {
		uint64_t pc = md_address(m, da_get_u64(c));

		if (!da_ok(c) || !pc)
			break;
		o->pc[o->n++] = pc;
	}
	o->place = o->n ? da_calloc(m->d->arena, o->n, sizeof(struct da_place *)) : NULL;
}

static void read_operations(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct md_list l;

	if (!md_read_table(m, MD_HANDLE_OPERATIONS, 8, false, OPERATION_HEAD, m->d->limits->handle_operations, &l))
		return;
	for (uint64_t i = 0; i < l.n; i++) {
		struct da_cursor c = md_entry(&l, i);
		struct da_handle_operation o = { .handle = da_get_u64(&c) };
		uint32_t type, depth;

		o.pid = da_get_u32(&c);
		o.tid = da_get_u32(&c);
		type = da_get_u32(&c);
		da_skip(&c, 4);
		depth = da_get_u32(&c);
		da_skip(&c, 4); /* the index of the trace */
		if (type == 0 && !o.handle) /* a place in the log that was not used yet */
			continue;
		o.act = act_of(type);
		read_trace(m, &o, &c, depth);
		da_vec_push(m->d->arena, &p->handle_operations, o);
	}
}

void md_read_handles(struct md *m)
{
	read_descriptors(m);
	read_operations(m);
}
