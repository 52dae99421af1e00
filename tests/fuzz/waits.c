/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that sleep on words of a memory that lies. Input: the CPU, then of each thread 16 bytes {u16 number of the call,
 * s16 result, u16 address, u16 operation, u32 value, u16 thread pointer, u16 stack pointer} (addresses and pointers in
 * units of 4 and 8 bytes from the memory's beginning), then the memory.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "wait/wait.h"

#define THREADS 8
#define BASE 0x10000000u
#define HEAD (1 + 16 * THREADS)
#define FIRST_TID 1000

static uint16_t u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void set(struct da_thread *t, int reg, uint64_t value)
{
	if (reg >= 0)
		da_reg_set(&t->regs, reg, value);
}

static void add_thread(struct da_dump *d, unsigned i, const uint8_t *p)
{
	const struct da_arch *arch = d->proc.arch;
	struct da_thread *t = da_vec_add(d->arena, &d->proc.threads);
	bool a64 = arch->elf_machine == 183;
	int16_t result = (int16_t)u16(p + 2);

	t->tid = FIRST_TID + i;
	t->tp = u16(p + 12) ? BASE + 8u * u16(p + 12) : 0;
	set(t, arch->pc, BASE + 4);
	set(t, arch->sp, BASE + 8u * u16(p + 14));
	set(t, arch->syscall, u16(p) == 0xffff ? UINT64_MAX : u16(p));
	if (!a64)
		set(t, da_arch_reg(arch, arch->word == 8 ? "rax" : "eax"), (uint64_t)(int64_t)result);
	set(t, arch->args[0], BASE + 4u * u16(p + 4));
	set(t, arch->args[1], u16(p + 6));
	set(t, arch->args[2], p[8] | (uint32_t)p[9] << 8 | (uint32_t)p[10] << 16 | (uint32_t)p[11] << 24);
	set(t, arch->args[3], BASE + 4u * u16(p + 6));
	set(t, arch->args[4], 0);
	set(t, arch->args[5], UINT32_MAX);
}

static void check(const struct da_dump *d)
{
	for (size_t i = 0; i < d->proc.waits.n; i++) {
		const struct da_wait *w = &d->proc.waits.v[i];

		if (w->thread >= THREADS || (w->owner >= THREADS && w->owner != DA_NONE) ||
		    (w->lock >= d->proc.locks.n && w->lock != DA_NONE) || !w->how)
			abort();
	}
	for (size_t i = 0; i < d->proc.locks.n; i++) {
		const struct da_lock *l = &d->proc.locks.v[i];

		/* A wrong word that looks right is never sure. */
		if ((l->owner >= THREADS && l->owner != DA_NONE) || !l->how || l->confidence > 1)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct {
		uint16_t machine;
		uint8_t class;
	} cpus[] = { { 62, 2 }, { 3, 1 }, { 183, 2 } };
	const struct da_limits limits = fuzz_limits();
	struct da_dump *d;
	struct da_range *r;

	if (n < HEAD)
		return 0;
	d = da_dump_new(&limits, NULL);
	d->proc.arch = da_arch_by_elf(cpus[p[0] % 3].machine, cpus[p[0] % 3].class, false);
	d->proc.os = DA_OS_LINUX;
	d->proc.mem.word = d->proc.arch->word;
	d->proc.mem.file = (struct da_bytes){ p, n };
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	*r = (struct da_range){ .start = BASE, .end = BASE + n - HEAD + 0x1000, .file_off = HEAD, .file_len = n - HEAD,
				.prot = DA_PROT_R | DA_PROT_W, .has_prot = true, .module = DA_NONE };
	for (unsigned i = 0; i < THREADS; i++)
		add_thread(d, i, p + 1 + 16 * i);
	da_wait_run(d, NULL);
	check(d);
	da_dump_free(d);
	return 0;
}

/* ---------------------------------------------------------------- seeds */

#define BYTES (HEAD + 0xc000)

static void put(uint8_t *b, size_t at, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		b[HEAD + at + i] = (uint8_t)(value >> 8 * i);
}

static void sleeper(uint8_t *b, unsigned thread, unsigned call, uint16_t address, uint16_t op, uint32_t value, unsigned tp)
{
	const uint16_t words[] = { (uint16_t)call, (uint16_t)-512, address / 4, op, (uint16_t)value,
				   (uint16_t)(value >> 16), (uint16_t)(tp / 8), (uint16_t)((0x8000 + 0x400 * thread) / 8) };

	for (unsigned i = 0; i < 8; i++) {
		b[1 + 16 * thread + 2 * i] = (uint8_t)words[i];
		b[1 + 16 * thread + 2 * i + 1] = (uint8_t)(words[i] >> 8);
	}
}

/* Where glibc keeps things in a thread's descriptor, by CPU: its own address, id, list of robust mutexes, size. */
static const struct {
	unsigned word, self, tid, robust, size, call;
	int64_t offset;
} cpus[] = { { 8, 0x10, 0x2d0, 0x2e0, 0, 202, -32 }, { 4, 8, 0x68, 0x6c, 0, 240, -20 }, { 8, 0, 0xd0, 0xe0, 0x740, 98, -32 } };

static void descriptors(uint8_t *b, unsigned cpu, unsigned *ret_tp)
{
	for (unsigned i = 0; i < THREADS; i++) {
		unsigned at = 0x1000 + 0xa00 * i;

		if (cpus[cpu].self)
			put(b, at + cpus[cpu].self, BASE + at, cpus[cpu].word);
		put(b, at + cpus[cpu].tid, FIRST_TID + i, 4);
		put(b, at + cpus[cpu].robust, BASE + at + cpus[cpu].robust, cpus[cpu].word);
		put(b, at + cpus[cpu].robust + cpus[cpu].word, (uint64_t)cpus[cpu].offset, cpus[cpu].word);
		ret_tp[i] = at + cpus[cpu].size;
	}
}

static void mutex(uint8_t *b, unsigned at, bool wide, uint32_t word, uint32_t owner, uint32_t kind)
{
	put(b, at, word, 4);
	put(b, at + 4, kind & 0x31 ? 1 : 0, 4);
	put(b, at + 8, owner, 4);
	put(b, at + (wide ? 12 : 16), 1, 4);
	put(b, at + (wide ? 16 : 12), kind, 4);
}

uint8_t *fuzz_seed(unsigned seed, size_t *ret_n)
{
	unsigned cpu = seed / 2, tp[THREADS];
	bool wide = cpu != 1;
	uint8_t *b;

	if (seed >= 6)
		return NULL;
	b = calloc(1, BYTES);
	b[0] = (uint8_t)cpu;
	descriptors(b, cpu, tp);
	if (cpu == 2)
		put(b, 4, 0xd4000001, 4); /* svc #0 */
	if (seed % 2 == 0) {
		mutex(b, 0x100, wide, 2, FIRST_TID + 1, 0);
		mutex(b, 0x140, wide, 0x80000000u | (FIRST_TID + 2), FIRST_TID + 2, 0x91);
		put(b, 0x200, 2, 4); /* a condition variable of one waiter */
		put(b, 0x200 + 36, 8, 4);
		put(b, 0x8000 + 0x400 * 2 + 0x80, BASE + 0x200, cpus[cpu].word);
		put(b, 0x300, 0xb, 4); /* a read-write lock that a writer holds */
		put(b, 0x308, 3, 4);
		put(b, 0x30c, 3, 4);
		put(b, 0x300 + (wide ? 24 : 28), FIRST_TID + 4, 4);
		sleeper(b, 0, cpus[cpu].call, 0x100, 0x80, 2, tp[0]);
		sleeper(b, 1, cpus[cpu].call, 0x140, 0, 0x80000000u | (FIRST_TID + 2), tp[1]);
		sleeper(b, 2, cpus[cpu].call, 0x200 + 40, 0x189, 0, tp[2]);
		sleeper(b, 3, cpus[cpu].call, 0x308, 0x189, 3, tp[3]);
		sleeper(b, 4, cpus[cpu].call, (uint16_t)(0x1000 + 0xa00 * 5 + cpus[cpu].tid), 0x109, FIRST_TID + 5, tp[4]);
		sleeper(b, 5, 7, 0x400, 1, 100, tp[5]);
	} else {
		put(b, 0x100, 2, 4); /* the lock of a FILE */
		put(b, 0x104, 1, 4);
		put(b, 0x108, BASE + 0x1000 + 0xa00 * 3, cpus[cpu].word);
		put(b, 0x204, 0, 4); /* a barrier: two of three */
		put(b, 0x200, 2, 4);
		put(b, 0x208, 3, 4);
		put(b, 0x304, 2, 4); /* a semaphore */
		sleeper(b, 0, cpus[cpu].call, 0x100, 0x80, 2, tp[0]);
		sleeper(b, 1, cpus[cpu].call, 0x204, 0x80, 0, tp[1]);
		sleeper(b, 2, cpus[cpu].call, 0x204, 0x80, 0, tp[2]);
		sleeper(b, 3, cpus[cpu].call, 0x300, 0x189, 0, tp[3]);
		sleeper(b, 4, cpus[cpu].call, 0x300, 0x189, 0, tp[4]);
		sleeper(b, 5, 0xffff, 0, 0, 0, tp[5]);
	}
	for (unsigned i = 6; i < THREADS; i++)
		sleeper(b, i, 0xffff, 0, 0, 0, seed % 2 ? 0 : tp[i]);
	*ret_n = BYTES;
	return b;
}
