/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of Windows made by hand: threads in functions with a name, locks, and locks that lie. No files are at hand. */
#include "config.h"

#include <string.h>

#include "unit.h"
#include "wait/wait.h"

#define DATA 0x500000u
#define DATA_BYTES 0x10000u
#define STACKS 0x600000u
#define STACK_BYTES 0x10000u
#define THREADS 6
#define TID(i) (1000u + 4 * (i))
#define SECTION (DATA + 0x100)
#define DEBUG (DATA + 0x200)
#define PEB (DATA + 0x1000)

enum { RDX = 1, RCX = 2, R8 = 8 };

static uint8_t file[DATA_BYTES + THREADS * STACK_BYTES];

static void put(uint64_t addr, uint64_t value, unsigned n)
{
	uint64_t off = addr >= STACKS ? DATA_BYTES + (addr - STACKS) : addr - DATA;

	for (unsigned i = 0; i < n; i++)
		file[off + i] = (uint8_t)(value >> 8 * i);
}

static void add_range(struct da_dump *d, uint64_t start, uint64_t end, uint64_t off)
{
	struct da_range *r = da_vec_add(d->arena, &d->proc.mem.ranges);

	*r = (struct da_range){ .start = start, .end = end, .file_off = off, .file_len = end - start,
				.prot = DA_PROT_R | DA_PROT_W, .has_prot = true, .module = DA_NONE,
				.kind = DA_RANGE_ANONYMOUS };
}

static uint64_t sp_of(unsigned thread)
{
	return STACKS + thread * STACK_BYTES + 0x8000;
}

static unsigned word = 8;

/* The same on another CPU of 64 bits. */
static void on_arm64(struct da_dump *d)
{
	struct da_process *p = &d->proc;

	p->arch = da_arch_by_elf(183, 2, false);
	p->arch_name = p->arch->name;
	for (unsigned i = 0; i < THREADS; i++) {
		p->threads.v[i].regs.valid = 0;
		da_reg_set(&p->threads.v[i].regs, p->arch->pc, 0x401000);
		da_reg_set(&p->threads.v[i].regs, p->arch->sp, sp_of(i));
	}
}

static struct da_dump *process(bool wide)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;

	word = wide ? 8 : 4;
	memset(file, 0, sizeof(file));
	p->arch = wide ? da_arch_by_elf(62, 2, false) : da_arch_by_elf(3, 1, false);
	p->arch_name = p->arch->name;
	p->bits = (uint8_t)(8 * word);
	p->os = DA_OS_WINDOWS;
	p->has_pid = true;
	p->pid = 996;
	p->mem.word = (uint8_t)word;
	p->mem.file = (struct da_bytes){ file, sizeof(file) };
	add_range(d, DATA, DATA + DATA_BYTES, 0);
	add_range(d, STACKS, STACKS + THREADS * STACK_BYTES, DATA_BYTES);
	for (unsigned i = 0; i < THREADS; i++) {
		struct da_thread *t = da_vec_add(d->arena, &p->threads);

		t->tid = TID(i);
		t->stack_limit = STACKS + i * STACK_BYTES;
		t->stack_base = t->stack_limit + STACK_BYTES;
		da_reg_set(&t->regs, p->arch->pc, 0x401000);
		da_reg_set(&t->regs, p->arch->sp, sp_of(i));
	}
	return d;
}

/* A thread in these functions, innermost first; each frame has 0x40 bytes. NULL ends them. */
static void stands(struct da_dump *d, unsigned thread, const char *const *names)
{
	struct da_thread *t = &d->proc.threads.v[thread];

	for (unsigned i = 0; names[i]; i++) {
		struct da_frame *f = da_vec_add(d->arena, &t->frames);
		struct da_place *place = da_new(d->arena, struct da_place);

		place->module = DA_NONE;
		place->raw = names[i];
		place->exact = true;
		*f = (struct da_frame){ .pc = 0x401000 + 0x100 * i, .sp = sp_of(thread) + 0x40 * i, .place = place,
					.module = DA_NONE, .repeat = 1, .block_len = 1, .exact_pc = i == 0,
					.trust = DA_TRUST_CONTEXT };
		if (i) /* where the frame before returns to */
			put(f->sp - word, f->pc, word);
	}
}

/* Argument `arg` of frame `frame`: x64 its home space, x86 its place on the stack. */
static void give(unsigned thread, unsigned frame, unsigned arg, uint64_t value)
{
	put(sp_of(thread) + 0x40 * (frame + 1) + word * arg, value, word);
}

static void section(uint64_t at, uint64_t debug, int32_t lock, int32_t recursion, uint32_t owner)
{
	put(at, debug, word);
	put(at + word, (uint32_t)lock, 4);
	put(at + word + 4, (uint32_t)recursion, 4);
	put(at + word + 8, owner, word);
	put(at + 2 * word + 8, 0, word);
	if (debug >= DATA && debug < DATA + DATA_BYTES && debug % word == 0)
		put(debug + word, at, word);
}

static const char *const in_section[] = { "NtWaitForAlertByThreadId", "RtlpWaitOnAddress", "RtlpWaitOnCriticalSection",
					  "RtlEnterCriticalSection", "work", NULL };
static const char *const in_srw[] = { "NtWaitForAlertByThreadId", "RtlAcquireSRWLockExclusive", "work", NULL };
static const char *const in_handle[] = { "NtWaitForSingleObject", "WaitForSingleObjectEx", "work", NULL };
static const char *const in_many[] = { "NtWaitForMultipleObjects", "WaitForMultipleObjectsEx", "work", NULL };

static void enters(struct da_dump *d, unsigned thread, uint64_t at)
{
	stands(d, thread, in_section);
	give(thread, 3, 0, at);
}

static const struct da_lock *lock_at(const struct da_dump *d, uint64_t addr)
{
	for (size_t i = 0; i < d->proc.locks.n; i++)
		if (d->proc.locks.v[i].address == addr)
			return &d->proc.locks.v[i];
	return NULL;
}

static const struct da_wait *wait_of(const struct da_dump *d, uint32_t thread)
{
	for (size_t i = 0; i < d->proc.waits.n; i++)
		if (d->proc.waits.v[i].thread == thread && d->proc.waits.v[i].primary)
			return &d->proc.waits.v[i];
	return NULL;
}

static void add_handle(struct da_dump *d, uint64_t handle, const char *type, const char *name, int64_t state, uint32_t owner)
{
	struct da_handle *h = da_vec_add(d->arena, &d->proc.handles);

	*h = (struct da_handle){ .handle = handle, .type = type, .name = name, .has_state = true, .state = state,
				 .has_owner = owner != 0, .owner_pid = 996, .owner_tid = owner };
}

/* ---------------------------------------------------------------- critical sections */

static void check_owner(struct da_dump *d, uint32_t waiting)
{
	const struct da_lock *l;

	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	l = lock_at(d, SECTION);
	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(l->kind, DA_LOCK_CRITICAL_SECTION);
	ck_assert_uint_eq(l->owner, 3);
	ck_assert_uint_eq(l->recursion, 2);
	ck_assert_uint_eq(l->waiting, waiting);
	ck_assert(l->confidence >= 0.7f && l->confidence <= 0.85f);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert_uint_eq(d->proc.threads.v[1].state, DA_STATE_BLOCKED);
	da_dump_free(d);
}

START_TEST(section_of_vista)
{
	struct da_dump *d = process(true);

	section(SECTION, UINT64_MAX, -2 - 4 * 3, 2, TID(3));
	check_owner(d, 3);
	d = process(false);
	section(SECTION, UINT32_MAX, -2 - 4 * 1, 2, TID(3));
	check_owner(d, 1);
}
END_TEST

START_TEST(section_of_old)
{
	struct da_dump *d = process(true);

	section(SECTION, DEBUG, 2, 2, TID(3));
	check_owner(d, 1);
	d = process(false);
	section(SECTION, DEBUG, 4, 2, TID(3));
	check_owner(d, 3);
}
END_TEST

START_TEST(section_with_witness)
{
	struct da_dump *d = process(true);

	section(SECTION, UINT64_MAX, -6, 1, TID(3));
	put(sp_of(3) + 0x100, SECTION, 8);
	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	ck_assert(lock_at(d, SECTION)->confidence >= 0.9f);
	da_dump_free(d);
}
END_TEST

START_TEST(section_of_nobody)
{
	struct da_dump *d = process(true);

	section(SECTION, UINT64_MAX, -6, 1, 4444);
	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(lock_at(d, SECTION)->state, DA_LOCK_ORPHANED);
	ck_assert_uint_eq(lock_at(d, SECTION)->owner, DA_NONE);
	ck_assert_uint_eq(lock_at(d, SECTION)->owner_tid, 4444);
	da_dump_free(d);

	/* A dump that lacks threads: it may be one of these. */
	d = process(true);
	d->origin.truncated = true;
	section(SECTION, UINT64_MAX, -6, 1, 4444);
	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(lock_at(d, SECTION)->state, DA_LOCK_HELD);
	ck_assert(lock_at(d, SECTION)->confidence <= 0.5f);
	da_dump_free(d);
}
END_TEST

/* Whatever the words claim, no owner is told with confidence. */
static void check_lie(uint64_t debug, int32_t lock, int32_t recursion, uint32_t owner)
{
	struct da_dump *d = process(true);
	const struct da_lock *l;

	section(SECTION, debug, lock, recursion, owner);
	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	l = lock_at(d, SECTION);
	ck_assert(!l || l->owner == DA_NONE);
	ck_assert_ptr_nonnull(wait_of(d, 1));
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_CRITICAL_SECTION);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	da_dump_free(d);
}

START_TEST(sections_that_lie)
{
	check_lie(UINT64_MAX, -6, 1, TID(1));        /* it waits for what would let it in */
	check_lie(UINT64_MAX, -5, 1, TID(3));        /* free, and owned */
	check_lie(UINT64_MAX, -1, 0, TID(3));
	check_lie(UINT64_MAX, -6, 0x7fffffff, TID(3));
	check_lie(UINT64_MAX, -6, -1, TID(3));
	check_lie(UINT64_MAX, INT32_MAX, 1, TID(3)); /* two billion wait */
	check_lie(UINT64_MAX, INT32_MIN, 1, TID(3));
	check_lie(UINT64_MAX, 0, 5, TID(3));         /* entered five times, and once */
	check_lie(UINT64_MAX, -6, 1, TID(3) + 1);    /* no id */
	check_lie(DATA + 3, -6, 1, TID(3));          /* debug information at no address of one */
	check_lie(0, 0, 0, 0);
}
END_TEST

START_TEST(debug_information_of_another)
{
	struct da_dump *d = process(true);

	section(SECTION, DEBUG, -6, 1, TID(3));
	put(DEBUG + 8, SECTION + 0x400, 8);
	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	ck_assert(!lock_at(d, SECTION) || lock_at(d, SECTION)->owner == DA_NONE);
	da_dump_free(d);
}
END_TEST

/* The list of all sections: one that nobody waits for, a node that is none, and an end that never comes. */
static void ring(struct da_dump *d, uint64_t last)
{
	uint64_t loader = DATA + 0x2000, other = DATA + 0x3000;

	d->proc.peb = PEB;
	put(PEB + 0x110, loader, 8);
	section(loader, loader + 0x100, -1, 0, 0);
	section(other, other + 0x100, -2, 1, TID(2));
	put(loader + 0x110, other + 0x110, 8);
	put(other + 0x110, DATA + 0x4000, 8); /* the head */
	put(DATA + 0x4000, last, 8);
	da_wait_run(d, NULL);
	ck_assert_ptr_nonnull(lock_at(d, other));
	ck_assert_uint_eq(lock_at(d, other)->owner, 2);
	ck_assert_uint_eq(d->proc.locks.n, 1);
	da_dump_free(d);
}

START_TEST(list_of_sections)
{
	ring(process(true), DATA + 0x2110);
	ring(process(true), DATA + 0x4000);
	ring(process(true), 0xdead0000);
	ring(process(true), 0);
}
END_TEST

START_TEST(loader_lock)
{
	struct da_dump *d = process(true);

	d->proc.peb = PEB;
	put(PEB + 0x110, SECTION, 8);
	section(SECTION, DEBUG, -6, 1, TID(3));
	enters(d, 1, SECTION);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_LOADER);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	da_dump_free(d);
}
END_TEST

START_TEST(loader_by_its_event)
{
	static const char *const drains[] = { "NtWaitForSingleObject", "LdrLoadDll", "LoadLibraryExW", "work", NULL };
	static const char *const initialises[] = { "NtWaitForSingleObject", "WaitForSingleObjectEx", "LdrLoadDll", "work", NULL };
	struct da_dump *d = process(true);

	d->proc.peb = PEB;
	put(PEB + 0x110, SECTION, 8);
	section(SECTION, DEBUG, -2, 1, TID(3));
	add_handle(d, 0x44, "Event", NULL, 0, 0);
	stands(d, 1, drains);
	stands(d, 3, initialises);
	da_reg_set(&d->proc.threads.v[3].regs, RCX, 0x44);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_LOADER);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert_uint_eq(wait_of(d, 3)->kind, DA_LOCK_EVENT);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- SRW locks */

static const struct da_lock *srw(struct da_dump *d, uint64_t value)
{
	put(SECTION, value, 8);
	stands(d, 1, in_srw);
	da_reg_set(&d->proc.threads.v[1].regs, RCX, SECTION);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_SRW);
	ck_assert_uint_eq(wait_of(d, 1)->address, SECTION);
	return lock_at(d, SECTION);
}

START_TEST(srw_of_windows)
{
	struct da_dump *d = process(true);

	/* Held, somebody waits, its block on the waiter's stack. */
	ck_assert_uint_eq(srw(d, (sp_of(1) + 0x20) | 3)->state, DA_LOCK_HELD);
	ck_assert_uint_eq(lock_at(d, SECTION)->owner, DA_NONE);
	da_dump_free(d);
	d = process(true);
	put(sp_of(4) + 0x80, SECTION, 8);
	ck_assert(srw(d, (sp_of(1) + 0x20) | 3)->confidence <= 0.5f);
	ck_assert_uint_eq(lock_at(d, SECTION)->owner, 4);
	da_dump_free(d);
	d = process(true); /* two may hold it: neither is told */
	put(sp_of(4) + 0x80, SECTION, 8);
	put(sp_of(5) + 0x80, SECTION, 8);
	ck_assert_uint_eq(srw(d, (sp_of(1) + 0x20) | 3)->owner, DA_NONE);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- handles */

static void wants_handle(struct da_dump *d, unsigned thread, uint64_t handle)
{
	stands(d, thread, in_handle);
	da_reg_set(&d->proc.threads.v[thread].regs, RCX, handle);
}

START_TEST(mutex_by_its_handle)
{
	struct da_dump *d = process(true);

	add_handle(d, 0x44, "Mutant", "\\BaseNamedObjects\\Gate", -1, TID(3));
	wants_handle(d, 1, 0x44);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MUTANT);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert_uint_eq(d->proc.locks.v[0].recursion, 2);
	da_dump_free(d);
}
END_TEST

START_TEST(mutexes_that_lie)
{
	struct da_dump *d = process(true);

	add_handle(d, 0x44, "Mutant", NULL, 0, TID(1)); /* who waits owns it: it would have been let in */
	wants_handle(d, 1, 0x44);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	da_dump_free(d);

	d = process(true); /* of a thread of another process that has the same id */
	add_handle(d, 0x44, "Mutant", NULL, 0, TID(3));
	d->proc.handles.v[0].owner_pid = 8;
	wants_handle(d, 1, 0x44);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	da_dump_free(d);

	d = process(true); /* nobody owns it, says its count */
	add_handle(d, 0x44, "Mutant", NULL, 1, TID(3));
	wants_handle(d, 1, 0x44);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->owner, DA_NONE);
	da_dump_free(d);
}
END_TEST

START_TEST(registers_that_lie)
{
	struct da_dump *d = process(true);

	add_handle(d, 0x44, "Event", NULL, 0, 0);
	add_handle(d, 0x48, "Key", NULL, 0, 0);
	d->proc.threads.v[1].entry = 0x44; /* Wine: what a thread began with is still in rcx */
	wants_handle(d, 1, 0x44);
	wants_handle(d, 2, 0x48);   /* nobody waits for a key */
	wants_handle(d, 3, 0x4c);   /* no handle */
	da_wait_run(d, NULL);
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_uint_eq(wait_of(d, i)->kind, DA_LOCK_UNKNOWN);
	da_dump_free(d);
}
END_TEST

START_TEST(mutexes_that_nobody_waits_for)
{
	struct da_dump *d = process(true);

	add_handle(d, 0x44, "Mutant", "\\BaseNamedObjects\\Gate", 0, TID(3));
	add_handle(d, 0x48, "Mutant", "\\BaseNamedObjects\\Gate", 0, TID(3)); /* the same object */
	add_handle(d, 0x4c, "Mutant", NULL, 1, 0);
	d->proc.handles.v[2].abandoned = true;
	add_handle(d, 0x50, "Mutant", NULL, 1, 0);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(d->proc.locks.n, 2);
	ck_assert_uint_eq(d->proc.locks.v[0].owner, 3);
	ck_assert_uint_eq(d->proc.locks.v[1].owner, DA_NONE);
	ck_assert_uint_eq(d->proc.locks.v[1].state, DA_LOCK_FREE);
	ck_assert_ptr_nonnull(strstr(d->proc.locks.v[1].how, "abandoned"));
	da_dump_free(d);
}
END_TEST

static void wants_many(struct da_dump *d, unsigned thread, uint64_t count, uint64_t array, uint64_t type)
{
	stands(d, thread, in_many);
	da_reg_set(&d->proc.threads.v[thread].regs, RCX, count);
	da_reg_set(&d->proc.threads.v[thread].regs, RDX, array);
	da_reg_set(&d->proc.threads.v[thread].regs, R8, type);
}

START_TEST(many_handles)
{
	struct da_dump *d = process(true);

	add_handle(d, 0x44, "Mutant", NULL, 0, TID(5));
	add_handle(d, 0x48, "Event", NULL, 0, 0);
	put(DATA + 0x800, 0x44, 8);
	put(DATA + 0x808, 0x48, 8);
	wants_many(d, 1, 2, DATA + 0x800, 0);
	wants_many(d, 2, 2, DATA + 0x800, 1);
	wants_many(d, 3, 0xffffffff, DATA + 0x800, 1);
	wants_many(d, 4, 2, 0xdeadbeef0000, 0);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MUTANT);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 5);
	ck_assert_uint_eq(wait_of(d, 2)->owner, DA_NONE); /* the event may let it go as well */
	ck_assert_uint_eq(wait_of(d, 4)->kind, DA_LOCK_UNKNOWN);
	da_dump_free(d);
}
END_TEST

START_TEST(join_by_handle)
{
	struct da_dump *d = process(true);

	add_handle(d, 0x44, "Thread", NULL, 0, 0);
	d->proc.handles.v[0].target_pid = 996;
	d->proc.handles.v[0].target_tid = TID(4);
	wants_handle(d, 1, 0x44);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_THREAD);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 4);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- no names at all */

static const uint8_t stub[] = { 0x4c, 0x8b, 0xd1, 0xb8, 0x04, 0, 0, 0, 0xf6, 0x04, 0x25, 0x08, 0x03, 0xfe, 0x7f, 1, 0x75, 3,
				0x0f, 0x05, 0xc3 };

static struct da_dump *nameless(const char *file_version, const char *system_version)
{
	struct da_dump *d = process(true);
	struct da_module *m = da_vec_add(d->arena, &d->proc.modules);
	struct da_thread *t = &d->proc.threads.v[1];
	uint64_t pc = DATA + 0x5000 + 20;

	*m = (struct da_module){ .name = "ntdll.dll", .start = DATA + 0x5000, .end = DATA + 0x6000, .pe = true,
				 .class = DA_CLASS_SYSTEM, .version = file_version };
	d->proc.os_version = system_version;
	for (unsigned i = 0; i < sizeof(stub); i++)
		put(DATA + 0x5000 + i, stub[i], 1);
	da_reg_set(&t->regs, d->proc.arch->pc, pc);
	da_reg_set(&t->regs, RCX, 0x44);
	*da_vec_add(d->arena, &t->frames) = (struct da_frame){ .pc = pc, .sp = sp_of(1), .exact_pc = true, .repeat = 1,
							       .block_len = 1, .trust = DA_TRUST_CONTEXT };
	add_handle(d, 0x44, "Mutant", NULL, 0, TID(3));
	da_wait_run(d, NULL);
	return d;
}

START_TEST(calls_by_number)
{
	struct da_dump *d = nameless("10.0.17134.254", "Windows 10 1803, 17134.254");

	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MUTANT);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert(wait_of(d, 1)->confidence <= 0.75f);
	da_dump_free(d);
	d = nameless("10.0.19041.3", "Windows 10 22H2, 19045.4000");
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MUTANT);
	da_dump_free(d);
	d = nameless("6.1.7601.24059", "Windows 10 1903, 18362"); /* Wine: 4 is something else there */
	ck_assert_ptr_null(wait_of(d, 1));
	da_dump_free(d);
	d = nameless("6.1.7601.24059", "Windows 7 SP1, 7601.24059"); /* NtDeviceIoControlFile */
	ck_assert_ptr_null(wait_of(d, 1));
	da_dump_free(d);
	d = nameless(NULL, NULL);
	ck_assert_ptr_null(wait_of(d, 1));
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- other CPUs */

START_TEST(arm64_by_kept_registers)
{
	struct da_dump *d = process(true);

	on_arm64(d);
	add_handle(d, 0x44, "Mutant", NULL, 0, TID(3));
	add_handle(d, 0x48, "Event", NULL, 0, 0);
	stands(d, 1, in_handle);
	da_reg_set(&d->proc.threads.v[1].regs, 19, 0x44);
	stands(d, 2, in_handle); /* two that it may be: a guess */
	da_reg_set(&d->proc.threads.v[2].regs, 19, 0x44);
	da_reg_set(&d->proc.threads.v[2].regs, 20, 0x48);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MUTANT);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert(wait_of(d, 2)->confidence < 0.6f);
	da_dump_free(d);
}
END_TEST

START_TEST(x86_by_the_stack)
{
	static const char *const decorated[] = { "KiFastSystemCallRet", "_NtWaitForSingleObject@12", "_WaitForSingleObjectEx@12",
						 "work", NULL };
	struct da_dump *d = process(false);

	add_handle(d, 0x44, "Mutant", NULL, 0, TID(3));
	stands(d, 1, decorated);
	give(1, 1, 0, 0x44);
	give(1, 2, 0, 0x44);
	give(1, 2, 1, 5000);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MUTANT);
	ck_assert_uint_eq(wait_of(d, 1)->owner, 3);
	ck_assert(wait_of(d, 1)->has_timeout);
	ck_assert_uint_eq(wait_of(d, 1)->timeout_us, 5000000);
	da_dump_free(d);
}
END_TEST

/* What a runtime tells of the thread ends when the call beneath it does. */
START_TEST(limits_of_managed_waits)
{
	static const char *const calls[] = { "KiFastSystemCallRet", "_NtWaitForSingleObject@12", "_WaitForSingleObjectEx@12", "work",
					     NULL };
	struct da_dump *d = process(false);

	add_handle(d, 0x44, "Event", NULL, 0, 0);
	for (uint32_t i = 1; i <= 2; i++) {
		stands(d, i, calls);
		give(i, 1, 0, 0x44);
		give(i, 2, 0, 0x44);
		give(i, 2, 1, i == 1 ? 5000 : UINT32_MAX);
		*da_vec_add(d->arena, &d->proc.waits) = (struct da_wait){ .thread = i, .lock = DA_NONE, .owner = DA_NONE, .primary = true,
									  .kind = DA_LOCK_MONITOR, .frame = DA_NONE, .confidence = 1 };
	}
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 1)->kind, DA_LOCK_MONITOR);
	ck_assert(wait_of(d, 1)->has_timeout);
	ck_assert_uint_eq(wait_of(d, 1)->timeout_us, 5000000);
	ck_assert_uint_eq(wait_of(d, 2)->kind, DA_LOCK_MONITOR);
	ck_assert(!wait_of(d, 2)->has_timeout);
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- what is outside */

static void put_text(uint64_t at, const char *text)
{
	for (; *text; text++, at += 2)
		put(at, (uint8_t)*text, 2);
	put(at, 0, 2);
}

/* The text is an argument of the outermost function; what is no text there is none. */
START_TEST(message_boxes)
{
	static const char *const in_box[] = { "NtUserWaitMessage", "DialogBoxIndirectParamAorW", "SoftModalMessageBox",
					      "MessageBoxTimeoutW", "MessageBoxW", "work", NULL };
	static const char *const in_dialog[] = { "NtUserWaitMessage", "DialogBoxParamW", "work", NULL };
	static const char *const in_loop[] = { "NtUserGetMessage", "GetMessageW", "work", NULL };
	struct da_dump *d = process(false);

	put_text(DATA + 0x400, "The disk is full");
	put_text(DATA + 0x480, "ledger");
	put(DATA + 0x500, 0x0001, 2);
	for (unsigned i = 0; i < 2; i++) {
		stands(d, i, in_box);
		give(i, 4, 1, i ? DATA + 0x500 : DATA + 0x400);
		give(i, 4, 2, DATA + 0x480);
	}
	stands(d, 2, in_dialog);
	stands(d, 3, in_loop);
	da_wait_run(d, NULL);
	ck_assert_uint_eq(wait_of(d, 0)->box, DA_BOX_MESSAGE);
	ck_assert_ptr_nonnull(strstr(wait_of(d, 0)->text, "The disk is full"));
	ck_assert_ptr_nonnull(strstr(wait_of(d, 0)->text, "ledger"));
	ck_assert_uint_eq(wait_of(d, 1)->box, DA_BOX_MESSAGE);
	ck_assert_ptr_null(wait_of(d, 1)->text);
	ck_assert_uint_eq(wait_of(d, 2)->box, DA_BOX_DIALOG);
	ck_assert_uint_eq(wait_of(d, 3)->box, DA_BOX_NONE);
	ck_assert_uint_eq(d->proc.threads.v[3].state, DA_STATE_IDLE);
	da_dump_free(d);
}
END_TEST

/* Clients are named, what was asked for before how it is sent; a server that receives is none. */
START_TEST(remotes)
{
	static const struct {
		const char *names[6];
		const char *whom;
	} stacks[] = {
		{ { "NtDeviceIoControlFile", "WSPRecv", "recv", "SQLExecDirectW", "work" }, "a database, by ODBC" },
		{ { "NtWaitForSingleObject", "WaitForSingleObject", "WinHttpReceiveResponse", "work" }, "a web server, by WinHTTP" },
		{ { "NtDeviceIoControlFile", "WSPConnect", "connect", "work" }, "another machine" },
		{ { "NtDeviceIoControlFile", "WSPRecv", "recv", "serve" }, NULL },
	};
	struct da_dump *d = process(true);

	for (unsigned i = 0; i < DA_ARRAY_SIZE(stacks); i++)
		stands(d, i, stacks[i].names);
	da_wait_run(d, NULL);
	for (unsigned i = 0; i < DA_ARRAY_SIZE(stacks); i++) {
		ck_assert_msg(wait_of(d, i) != NULL, "stack %u", i);
		ck_assert_msg(stacks[i].whom ? da_streq(wait_of(d, i)->remote, stacks[i].whom) : !wait_of(d, i)->remote, "stack %u: %s", i,
			      wait_of(d, i)->remote ? wait_of(d, i)->remote : "nobody");
		ck_assert(stacks[i].whom == NULL || d->proc.threads.v[i].state == DA_STATE_WAITING);
	}
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("wait_nt", message_boxes, remotes, section_of_vista, section_of_old, section_with_witness, section_of_nobody, sections_that_lie,
	  debug_information_of_another, list_of_sections, loader_lock, loader_by_its_event, srw_of_windows,
	  mutex_by_its_handle, mutexes_that_lie, mutexes_that_nobody_waits_for, registers_that_lie, many_handles, join_by_handle,
	  calls_by_number, arm64_by_kept_registers, limits_of_managed_waits, x86_by_the_stack)
