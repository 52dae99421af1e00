/* SPDX-License-Identifier: Apache-2.0 */
/* A Linux process made by hand, for t_wait.c and t_wait_owner.c: threads in a C library that has no names. */
#ifndef WAIT_PROCESS_H
#define WAIT_PROCESS_H

#include <string.h>

#include "unit.h"
#include "wait/wait.h"

#define LIBC 0x400000u
#define DATA 0x500000u
#define DATA_BYTES 0x10000u
#define STACKS UINT64_C(0x7f0000000000)
#define STACK_BYTES 0x10000u
#define THREADS 6
#define FIRST_TID 1000u

/* Of glibc's struct pthread on x86_64. */
enum { SELF = 0x10, TID = 0x2d0, ROBUST = 0x2e0, JOINSTATE = 0x628 };
enum { RAX = 0, RDX = 1, RCX = 2, RSI = 4, RDI = 5, RSP = 7, R8 = 8, R9 = 9, R10 = 10, RIP = 16 };
enum { FUTEX = 202, PRIVATE_WAIT = 0x80, LOCK_PI = 0x86, REALTIME_WAIT = 0x189 };

static uint8_t file[DATA_BYTES + THREADS * STACK_BYTES];

static inline void put(uint64_t addr, uint64_t value, unsigned n)
{
	uint64_t off = addr >= STACKS ? DATA_BYTES + (addr - STACKS) : addr - DATA;

	for (unsigned i = 0; i < n; i++)
		file[off + i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t sp_of(unsigned thread)
{
	return STACKS + thread * STACK_BYTES + 0x4000;
}

static inline uint64_t descriptor(unsigned thread)
{
	return STACKS + (thread + 1) * STACK_BYTES - 0x1000;
}

static inline void add_range(struct da_dump *d, uint64_t start, uint64_t end, uint64_t off)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = end, .file_off = off, .file_len = end - start,
				.prot = DA_PROT_R | DA_PROT_W, .has_prot = true, .module = DA_NONE,
				.kind = DA_RANGE_ANONYMOUS };
}

static inline void set(struct da_dump *d, unsigned thread, int reg, uint64_t value)
{
	da_reg_set(&d->proc.threads.v[thread].regs, reg, value);
}

/* Threads that are in the C library, which has no names. */
static inline struct da_dump *process(void)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;
	struct da_module *libc = da_vec_add(d->arena, &p->modules);

	memset(file, 0, sizeof(file));
	*libc = (struct da_module){ .name = "libc.so.6", .start = LIBC, .end = LIBC + 0x10000, .class = DA_CLASS_SYSTEM };
	p->arch = da_arch_by_elf(62, 2, false);
	p->arch_name = p->arch->name;
	p->bits = 64;
	p->os = DA_OS_LINUX;
	p->mem.word = 8;
	p->mem.file = (struct da_bytes){ file, sizeof(file) };
	add_range(d, DATA, DATA + DATA_BYTES, 0);
	add_range(d, STACKS, STACKS + THREADS * STACK_BYTES, DATA_BYTES);
	for (unsigned i = 0; i < THREADS; i++) {
		struct da_thread *t = da_vec_add(d->arena, &p->threads);

		t->tid = FIRST_TID + i;
		t->tp = descriptor(i);
		t->stack_limit = STACKS + i * STACK_BYTES;
		t->stack_base = t->stack_limit + STACK_BYTES;
		put(t->tp + SELF, t->tp, 8);
		put(t->tp + TID, t->tid, 4);
		put(t->tp + ROBUST, t->tp + ROBUST, 8);
		put(t->tp + ROBUST + 8, (uint64_t)-32, 8);
		put(t->tp + JOINSTATE, 2, 4);
		set(d, i, RIP, LIBC + 0x1000);
		set(d, i, RSP, sp_of(i));
		set(d, i, p->arch->syscall, UINT64_MAX);
		set(d, i, RAX, 1);
	}
	return d;
}

static inline void call(struct da_dump *d, unsigned thread, int64_t number, int64_t result)
{
	set(d, thread, d->proc.arch->syscall, (uint64_t)number);
	set(d, thread, RAX, (uint64_t)result);
}

static inline void sleeps(struct da_dump *d, unsigned thread, uint64_t addr, uint32_t op, uint32_t value)
{
	call(d, thread, FUTEX, -512);
	set(d, thread, RDI, addr);
	set(d, thread, RSI, op);
	set(d, thread, RDX, value);
	set(d, thread, R10, 0);
	set(d, thread, R9, 0xffffffff);
}

static inline void mutex(uint64_t at, uint32_t word, uint32_t count, uint32_t owner, uint32_t users, uint32_t kind)
{
	put(at, word, 4);
	put(at + 4, count, 4);
	put(at + 8, owner, 4);
	put(at + 12, users, 4);
	put(at + 16, kind, 4);
}

static inline const struct da_lock *lock_at(const struct da_dump *d, uint64_t addr)
{
	for (size_t i = 0; i < d->proc.locks.n; i++)
		if (d->proc.locks.v[i].address == addr)
			return &d->proc.locks.v[i];
	return NULL;
}

static inline const struct da_wait *wait_of(const struct da_dump *d, uint32_t thread)
{
	for (size_t i = 0; i < d->proc.waits.n; i++)
		if (d->proc.waits.v[i].thread == thread && d->proc.waits.v[i].primary)
			return &d->proc.waits.v[i];
	return NULL;
}

/* The frames of a thread, innermost first, as one function each. */
static inline void frames(struct da_dump *d, unsigned thread, const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		struct da_place *place = da_new(d->arena, struct da_place);
		struct da_place_call *call = da_new(d->arena, struct da_place_call);

		call->function = names[i];
		*place = (struct da_place){ .module = DA_NONE, .raw = names[i], .calls = call, .ncalls = 1, .exact = true };
		*(struct da_frame *)da_vec_add(d->arena, &d->proc.threads.v[thread].frames) =
			(struct da_frame){ .pc = 0x401000, .place = place, .module = DA_NONE, .repeat = 1, .block_len = 1 };
	}
}

#endif
