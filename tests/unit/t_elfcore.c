/* SPDX-License-Identifier: Apache-2.0 */
/* ELF cores that tests/synth wrote, read by the loader: every shape of the container and its damages. */
#include "config.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "loader/loader.h"
#include "synth/synth.h"
#include "unit/unit.h"

#define AT_EXE UINT64_C(0x555555554000)
#define AT_LIB UINT64_C(0x7ffff7c00000)
#define AT_STACK UINT64_C(0x7ffffffde000)

static uint8_t id_exe[20] = { 0xaa, 1, 2, 3 }, id_lib[20] = { 0xbb, 4, 5, 6 };

static struct da_dump *load_bytes(const uint8_t *p, size_t n, enum da_status *ret, const char **ret_message)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);

	d->file = (struct da_bytes){ p, n };
	d->origin.file = "core";
	d->origin.bytes = n;
	*ret = da_load(d, ret_message);
	return d;
}

/* Builds, loads, frees the builder; the bytes live as long as the dump. */
static struct da_dump *load(struct synth *s, enum da_status want)
{
	const char *message = NULL;
	enum da_status status;
	size_t n;
	uint8_t *p = synth_build(s, &n);
	struct da_dump *d = load_bytes(p, n, &status, &message);

	ck_assert_msg(status == want, "%s, wanted %s: %s", da_status_name(status), da_status_name(want),
		      message ? message : "-");
	synth_free(s);
	da_arena_on_free(d->arena, free, p);
	return d;
}

static bool ledger_says(const struct da_dump *d, enum da_note_kind kind, const char *words)
{
	for (size_t i = 0; i < da_ledger_count(d->ledger); i++)
		if (da_ledger_at(d->ledger, i)->kind == kind &&
		    strstr(da_ledger_at(d->ledger, i)->text, words))
			return true;
	return false;
}

static void thread_note(struct synth *s, uint32_t tid, uint64_t sp, int signal, uint64_t user_us)
{
	uint64_t regs[27] = { 0 };

	regs[16] = AT_EXE + SYNTH_CODE; /* rip */
	regs[19] = sp;                  /* rsp */
	regs[15] = UINT64_MAX;          /* orig_rax */
	synth_note_prstatus(s, &(struct synth_thread){ .tid = tid, .ppid = 1, .signal = signal,
						       .user_us = user_us, .regs = regs, .nregs = 27 });
}

/* A program and a library, linked in the dynamic linker's list; two threads, SIGSEGV in the first. */
static struct synth *process(bool with_file_note, bool with_links)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	uint64_t dynamic_exe, dynamic_lib, map = UINT64_C(0x7ffff7fe0000), end_exe, end_lib;
	struct synth_link links[2] = { { AT_EXE, 0, "" }, { AT_LIB, 0, "/usr/lib/libfirst.so.1" } };
	static const uint64_t auxv[][2] = { { AT_PHDR, AT_EXE + 64 }, { AT_PHENT, 56 }, { AT_PHNUM, 8 },
					    { AT_ENTRY, AT_EXE + SYNTH_CODE }, { AT_PAGESZ, 4096 } };

	thread_note(s, 4001, AT_STACK + 0x1000, 11, 70000);
	synth_note_prpsinfo(s, "orders", "orders --serve ", 4000, 1, 1000, 1001);
	synth_note_siginfo(s, 11, 1, false, 0x18, 0);
	synth_note_auxv(s, auxv, 5);
	end_exe = synth_image(s, &(struct synth_image){ .build_id = id_exe, .build_id_len = 20, .base = AT_EXE,
							.code = 4096, .debug = with_links ? map : 0 },
			      &dynamic_exe);
	end_lib = synth_image(s, &(struct synth_image){ .soname = "libfirst.so.1", .build_id = id_lib,
							.build_id_len = 20, .base = AT_LIB, .code = 4096 },
			      &dynamic_lib);
	if (with_file_note) {
		struct synth_file files[] = {
			{ AT_EXE, AT_EXE + 0x1000, 0, "/opt/orders/orders" },
			{ AT_EXE + 0x1000, end_exe, 0x1000, "/opt/orders/orders" },
			{ AT_LIB, AT_LIB + 0x1000, 0, "/usr/lib/libfirst.so.1.2 (deleted)" },
			{ AT_LIB + 0x1000, end_lib, 0x1000, "/usr/lib/libfirst.so.1.2 (deleted)" },
		};

		synth_note_file(s, files, 4);
	}
	thread_note(s, 4000, AT_STACK + 0x2000, 11, 100000);
	links[0].dynamic = dynamic_exe;
	links[1].dynamic = dynamic_lib;
	if (with_links)
		synth_link_map(s, map, links, 2, false);
	synth_segment(s, AT_STACK, NULL, 0x4000, 0x4000, SYNTH_R | SYNTH_W);
	synth_sort(s);
	return s;
}

static const struct da_module *module_named(const struct da_dump *d, const char *name)
{
	for (size_t i = 0; i < d->proc.modules.n; i++)
		if (da_streq(d->proc.modules.v[i].name, name))
			return &d->proc.modules.v[i];
	return NULL;
}

START_TEST(reads_a_kernel_core)
{
	struct da_dump *d = load(process(true, true), DA_OK);
	const struct da_process *p = &d->proc;
	const struct da_module *lib = module_named(d, "libfirst.so.1");

	ck_assert_str_eq(d->origin.writer, "kernel");
	ck_assert_uint_eq(p->threads.n, 2);
	ck_assert_uint_eq(p->threads.v[0].tid, 4001);
	ck_assert_uint_eq(p->threads.v[1].tid, 4000);
	ck_assert_int_eq(p->threads.v[1].role, DA_ROLE_MAIN);
	ck_assert_str_eq(p->threads.v[1].name, "orders");
	ck_assert_ptr_null(p->threads.v[0].name);
	ck_assert_str_eq(p->name, "orders");
	ck_assert_uint_eq(p->pid, 4000);
	ck_assert_uint_eq(p->uid, 1000);
	ck_assert_ptr_nonnull(p->exception);
	ck_assert_str_eq(p->exception->name, "SIGSEGV");
	ck_assert_uint_eq(p->exception->thread, 0);
	ck_assert_uint_eq(p->exception->address, 0x18);
	ck_assert(p->exception->has_address);
	ck_assert_ptr_nonnull(lib);
	ck_assert(lib->deleted);
	ck_assert_str_eq(lib->path, "/usr/lib/libfirst.so.1.2");
	ck_assert_uint_eq(lib->build_id_len, 20);
	ck_assert_int_eq(memcmp(lib->build_id, id_lib, 20), 0);
	ck_assert_uint_eq(lib->bias, AT_LIB);
	ck_assert_str_eq(p->executable, "/opt/orders/orders");
	da_dump_free(d);
}
END_TEST

/* The leader's time is the sum of all threads': 100 ms minus the other's 70. */
START_TEST(gives_the_leader_its_own_time)
{
	struct da_dump *d = load(process(true, true), DA_OK);

	ck_assert(d->proc.threads.v[0].has_times);
	ck_assert_uint_eq(d->proc.threads.v[0].user_us, 70000);
	ck_assert_uint_eq(d->proc.threads.v[1].user_us, 30000);
	/* ended threads can have used those 30 */
	ck_assert(!d->proc.threads.v[0].times_with_ended);
	ck_assert(d->proc.threads.v[1].times_with_ended);
	da_dump_free(d);
}
END_TEST

START_TEST(names_modules_without_the_file_note)
{
	struct da_dump *d = load(process(false, true), DA_OK);
	const struct da_module *lib = module_named(d, "libfirst.so.1");

	ck_assert_ptr_nonnull(lib);
	ck_assert_uint_eq(lib->start, AT_LIB);
	ck_assert(lib->from & DA_FROM_LINK_MAP);
	ck_assert(d->proc.modules.v[0].main);
	da_dump_free(d);
}
END_TEST

START_TEST(names_modules_without_the_linkers_list)
{
	struct da_dump *d = load(process(true, false), DA_OK);

	ck_assert_ptr_nonnull(module_named(d, "libfirst.so.1.2"));
	ck_assert_ptr_nonnull(module_named(d, "orders"));
	da_dump_free(d);
}
END_TEST

START_TEST(names_modules_by_their_headers_alone)
{
	struct da_dump *d = load(process(false, false), DA_OK);

	ck_assert_uint_eq(d->proc.modules.n, 2);
	ck_assert_ptr_nonnull(module_named(d, "libfirst.so.1"));
	ck_assert_uint_eq(d->proc.modules.v[1].build_id_len, 20);
	da_dump_free(d);
}
END_TEST

START_TEST(a_list_without_end_ends)
{
	struct synth *s = process(true, true);
	struct synth_link links[2] = { { AT_EXE, AT_EXE + 0x3000, "" }, { AT_LIB, AT_LIB + 0x3000, "x" } };
	struct da_dump *d;

	synth_free(s);
	s = synth_new(64, false, SYNTH_X86_64);
	thread_note(s, 1, AT_STACK, 11, 0);
	synth_note_auxv(s, (const uint64_t[][2]){ { AT_PHDR, AT_EXE + 64 }, { AT_PHENT, 56 }, { AT_PHNUM, 8 } },
			3);
	synth_image(s, &(struct synth_image){ .base = AT_EXE, .code = 4096, .debug = UINT64_C(0x7ffff7fe0000) },
		    &links[0].dynamic);
	synth_image(s, &(struct synth_image){ .base = AT_LIB, .code = 4096 }, &links[1].dynamic);
	synth_link_map(s, UINT64_C(0x7ffff7fe0000), links, 2, true);
	synth_sort(s);
	d = load(s, DA_OK);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "does not end"));
	da_dump_free(d);
}
END_TEST

START_TEST(reads_notes_behind_the_memory)
{
	struct synth *s = process(true, true);
	struct da_dump *d;

	synth_layout(s)->notes_last = true;
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.threads.n, 2);
	da_dump_free(d);
}
END_TEST

START_TEST(counts_headers_by_section_zero)
{
	struct synth *s = process(true, true);
	struct da_dump *d;

	synth_layout(s)->xnum = true;
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.threads.n, 2);
	ck_assert_ptr_nonnull(module_named(d, "libfirst.so.1"));
	da_dump_free(d);
}
END_TEST

/* PN_XNUM whose section header lay at the end that was cut off: the table is walked to the data. */
START_TEST(counts_headers_when_section_zero_is_cut)
{
	struct synth *s = process(true, true);
	const char *message;
	enum da_status status;
	struct da_dump *d;
	uint8_t *p;
	size_t n;

	synth_layout(s)->xnum = true;
	p = synth_build(s, &n);
	d = load_bytes(p, n - 64, &status, &message);
	ck_assert(status == DA_PARTIAL || status == DA_OK);
	ck_assert(ledger_says(d, DA_NOTE_CUT, "number of memory segments"));
	ck_assert_uint_eq(d->proc.threads.n, 2);
	ck_assert_ptr_nonnull(module_named(d, "libfirst.so.1"));
	da_dump_free(d);
	synth_free(s);
	free(p);
}
END_TEST

static struct synth *overlapping(uint8_t *a, uint8_t *b)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);

	memset(a, 0xaa, 0x2000);
	memset(b, 0xbb, 0x2000);
	thread_note(s, 1, 0x10000, 11, 0);
	synth_segment(s, 0x12000, b, 0x2000, 0x2000, 6);
	synth_segment(s, 0x11000, a, 0x2000, 0x2000, 6); /* [0x11000, 0x13000), overlaps the first */
	synth_segment(s, 0x20000, NULL, 0, 0x4000, 4);   /* saved nothing … */
	synth_segment(s, 0x21000, a, 0x1000, 0x1000, 6); /* … but this did, inside it */
	return s;
}

START_TEST(cuts_overlaps_and_sorts)
{
	static uint8_t a[0x2000], b[0x2000];
	struct da_dump *d = load(overlapping(a, b), DA_OK);
	const struct da_memory *m = &d->proc.mem;
	uint8_t v;

	for (size_t i = 1; i < m->ranges.n; i++)
		ck_assert_uint_le(m->ranges.v[i - 1].end, m->ranges.v[i].start);
	ck_assert_int_eq(da_mem_u8(m, 0x11000, &v), DA_OK);
	ck_assert_uint_eq(v, 0xaa);
	ck_assert_int_eq(da_mem_u8(m, 0x13000, &v), DA_OK);
	ck_assert_uint_eq(v, 0xbb);
	ck_assert_int_eq(da_mem_u8(m, 0x20fff, &v), DA_FAULT);
	ck_assert_int_eq(da_mem_u8(m, 0x21000, &v), DA_OK);
	ck_assert_int_eq(da_mem_u8(m, 0x22000, &v), DA_FAULT);
	ck_assert_ptr_nonnull(da_mem_range(m, 0x22000));
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "overlap"));
	da_dump_free(d);
}
END_TEST

START_TEST(never_fills_with_zeros)
{
	static uint8_t bytes[0x1000];
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	struct da_dump *d;
	uint8_t v;

	thread_note(s, 1, 0x10000, 11, 0);
	synth_segment(s, 0x10000, bytes, 0x1000, 0x3000, 6);
	d = load(s, DA_OK);
	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x10fff, &v), DA_OK);
	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x11000, &v), DA_FAULT);
	da_dump_free(d);
}
END_TEST

/* Cut anywhere: what is there is read, what is lost is said, nothing grows. */
START_TEST(truncation_never_grows)
{
	struct synth *s = process(true, true);
	size_t n, threads = 2, modules = SIZE_MAX;
	uint8_t *p = synth_build(s, &n);

	for (size_t cut = n; cut > 0; cut -= DA_MIN(cut, (size_t)509)) {
		const char *message = NULL;
		enum da_status status;
		struct da_dump *d = load_bytes(p, cut, &status, &message);

		ck_assert(status == DA_OK || status == DA_PARTIAL || message);
		ck_assert_uint_le(d->proc.threads.n, threads);
		ck_assert_msg(d->proc.modules.n <= modules, "cut at %zu of %zu: %zu modules after %zu, first %s",
			      cut, n, d->proc.modules.n, modules, d->proc.modules.n ? d->proc.modules.v[0].name : "-");
		threads = d->proc.threads.n;
		modules = d->proc.modules.n;
		if (cut < n - 64 && (status == DA_OK || status == DA_PARTIAL))
			ck_assert(d->origin.truncated);
		da_dump_free(d);
	}
	synth_free(s);
	free(p);
}
END_TEST

START_TEST(gcore_of_a_living_process_is_no_crash)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	struct da_dump *d;

	synth_note_prpsinfo(s, "idle", "idle ", 9, 1, 0, 0);
	thread_note(s, 9, 0x10000, 0, 0);
	synth_note_siginfo(s, 19, 0x80, false, 0, 0);
	synth_note(s, "GDB", 0xff000000, "<xml/>", 7);
	synth_segment(s, 0x10000, NULL, 0x1000, 0x1000, 6);
	d = load(s, DA_OK);
	ck_assert_str_eq(d->origin.writer, "gcore");
	ck_assert_ptr_null(d->proc.exception);
	ck_assert(!d->proc.threads.v[0].has_times);
	da_dump_free(d);
}
END_TEST

enum { PIECE = 0x100000, PIECES = 3 };

/*
 * A mapping of three pieces as gcore copies them, with a byte at `last`; one thread in the first piece and one in each
 * of the others.
 */
static struct da_dump *stacks_of_gdb(bool by_gdb, uint64_t last)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	uint8_t *bytes = synth_alloc(s, (size_t)PIECE * PIECES);

	memset(bytes + 0x8000, 1, 0x8000);
	bytes[last] = 1;
	synth_note_prpsinfo(s, "orders", "orders ", 9, 1, 0, 0);
	for (uint32_t i = 0; i < PIECES; i++)
		thread_note(s, 9 + i, 0x10000000 + (uint64_t)PIECE * i + 0x8000, 0, 0);
	if (by_gdb)
		synth_note(s, "GDB", 0xff000000, "<xml/>", 7);
	synth_segment(s, 0x10000000, bytes, (uint64_t)PIECE * PIECES, (uint64_t)PIECE * PIECES, 6);
	return load(s, DA_OK);
}

START_TEST(zeros_that_gdb_left_are_no_stacks)
{
	struct da_dump *d = stacks_of_gdb(true, 0xffff);
	uint8_t v;

	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x10000000 + PIECE - 1, &v), DA_OK);
	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x10000000 + PIECE, &v), DA_FAULT);
	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x10000000 + PIECE * PIECES - 1, &v), DA_FAULT);
	ck_assert(ledger_says(d, DA_NOTE_MISSING, "the stacks of 2 threads are not in the dump"));
	ck_assert_str_ne(d->origin.dump_type, "full");
	for (size_t i = 1; i < PIECES; i++) /* in one mapping with others: where each ends is not known */
		ck_assert(d->proc.threads.v[i].stack_base == 0);
	da_dump_free(d);

	d = stacks_of_gdb(true, PIECE * PIECES - 1); /* the last piece was read: so were all */
	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x10000000 + PIECE, &v), DA_OK);
	ck_assert(!ledger_says(d, DA_NOTE_MISSING, "stacks"));
	da_dump_free(d);

	d = stacks_of_gdb(false, 0xffff); /* other writers do not stop */
	ck_assert_int_eq(da_mem_u8(&d->proc.mem, 0x10000000 + PIECE, &v), DA_OK);
	ck_assert(!ledger_says(d, DA_NOTE_MISSING, "stacks"));
	da_dump_free(d);
}
END_TEST

/* createdump of type heap keeps the unused part of stacks too, its small types do not. */
static const char *type_of_createdump(uint64_t unused)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	struct synth_file files[] = { { 0x400000, 0x402000, 0, "/opt/orders/orders" } };
	static const char page[0x1000] = "DIAGINFOHEADER";
	static char type[16];
	struct da_dump *d;

	synth_note_prpsinfo(s, "orders", "orders ", 9, 1, 0, 0);
	synth_note_file(s, files, 1);
	thread_note(s, 9, 0x100000 + unused, 0, 0);
	synth_segment(s, 0x400000, NULL, 0, 0x2000, SYNTH_R);
	synth_segment(s, 0x100000, NULL, unused + 0x1000, unused + 0x1000, SYNTH_R | SYNTH_W);
	synth_segment(s, UINT64_C(0x00007ffffff10000), page, sizeof(page), sizeof(page), SYNTH_R);
	synth_sort(s);
	d = load(s, DA_OK);
	ck_assert_str_eq(d->origin.writer, "createdump");
	snprintf(type, sizeof(type), "%s", d->origin.dump_type);
	da_dump_free(d);
	return type;
}

START_TEST(types_of_createdump)
{
	ck_assert_str_eq(type_of_createdump(0x10000), "heap");
	ck_assert_str_eq(type_of_createdump(0x80), "unknown");
}
END_TEST

START_TEST(sender_of_a_signal)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	struct da_dump *d;

	thread_note(s, 9, 0x10000, 6, 0);
	synth_note_siginfo(s, 6, 0, true, 1, 0);
	synth_segment(s, 0x10000, NULL, 0x1000, 0x1000, 6);
	d = load(s, DA_OK);
	ck_assert(d->proc.exception->has_sender);
	ck_assert_int_eq(d->proc.exception->sender_pid, 1);
	ck_assert(!d->proc.exception->has_address);
	da_dump_free(d);
}
END_TEST

START_TEST(thirty_two_bits)
{
	struct synth *s = synth_new(32, false, SYNTH_I386);
	uint64_t regs[17] = { [12] = 0x8048000, [15] = 0xffffd000, [11] = UINT32_MAX };
	struct da_dump *d;

	synth_note_prstatus(s, &(struct synth_thread){ .tid = 5, .signal = 11, .regs = regs, .nregs = 17 });
	synth_note_prpsinfo(s, "old", "old ", 5, 1, 1000, 1000);
	synth_segment(s, 0xffffd000, NULL, 0x1000, 0x1000, 6);
	d = load(s, DA_OK);
	ck_assert_str_eq(d->proc.arch_name, "x86");
	ck_assert_uint_eq(d->proc.uid, 1000);
	ck_assert_uint_eq(d->proc.threads.v[0].regs.v[d->proc.arch->pc], 0x8048000);
	da_dump_free(d);
}
END_TEST

START_TEST(other_cpus_are_minimal)
{
	struct synth *s = synth_new(64, true, SYNTH_S390X);
	uint64_t regs[27] = { 0 };
	struct da_dump *d;

	synth_note_prstatus(s, &(struct synth_thread){ .tid = 77, .signal = 11, .regs = regs, .nregs = 27 });
	synth_segment(s, 0x10000, NULL, 0x1000, 0x1000, 6);
	d = load(s, DA_PARTIAL);
	ck_assert(d->minimal);
	ck_assert_str_eq(d->proc.arch_name, "s390x");
	ck_assert_uint_eq(d->proc.threads.v[0].tid, 77);
	da_dump_free(d);
}
END_TEST

START_TEST(unknown_cpu_is_refused_with_a_sentence)
{
	struct synth *s = synth_new(64, false, 0x7777);
	const char *message = NULL;
	enum da_status status;
	struct da_dump *d;
	uint8_t *p;
	size_t n;

	thread_note(s, 1, 0, 11, 0);
	p = synth_build(s, &n);
	d = load_bytes(p, n, &status, &message);
	ck_assert_int_eq(status, DA_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(message, "unknown CPU"));
	da_dump_free(d);
	synth_free(s);
	free(p);
}
END_TEST

/* A note of that name makes a kernel's core; a process may well have the word in its arguments. */
START_TEST(a_word_makes_no_vmcore)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	struct da_dump *d;

	synth_note_prpsinfo(s, "grep", "grep VMCOREINFO vmcore", 9, 1, 0, 0);
	thread_note(s, 9, 0x10000, 11, 0);
	synth_segment(s, 0x10000, NULL, 0x1000, 0x1000, 6);
	d = load(s, DA_OK);
	ck_assert_int_eq(d->proc.threads.n, 1);
	da_dump_free(d);
}
END_TEST

START_TEST(unknown_notes_are_named)
{
	struct synth *s = process(true, true);
	struct da_dump *d;

	synth_note(s, "NEWFANGLED", 0x42, "abcd", 4);
	d = load(s, DA_OK);
	ck_assert(ledger_says(d, DA_NOTE_UNSUPPORTED, "NEWFANGLED 0x42"));
	da_dump_free(d);
}
END_TEST

START_TEST(sparse_terabytes_are_cheap)
{
	struct synth *s = process(true, true);
	struct da_dump *d;

	synth_segment(s, UINT64_C(0x100000000000), NULL, 0, UINT64_C(1) << 42, 0);
	synth_sort(s);
	d = load(s, DA_OK);
	ck_assert_int_eq(da_mem_range(&d->proc.mem, UINT64_C(0x100000000000))->kind, DA_RANGE_RESERVED);
	da_dump_free(d);
}
END_TEST

START_TEST(says_what_is_no_dump)
{
	static const struct {
		const char *bytes, *name, *words;
		size_t n;
	} cases[] = {
		{ "hello, world\n", "notes.txt", "looks like text", 13 },
		{ "", "empty", "is empty", 0 },
		{ "JAVA PROFILE 1.0.2\0", "heap.hprof", "Java heap dump", 19 },
		{ "KDUMP   \0\0", "vmcore", "kernel dump", 10 },
		{ "PAGEDU64", "MEMORY.DMP", "Windows kernel dump", 8 },
		{ "\xcf\xfa\xed\xfe\7\0\0\1\3\0\0\0\4\0\0\0", "core.1", "macOS core", 16 },
		{ "\0\1\2\3", "service.dmw", "dotMemory", 4 },
		{ "\0\1\2\3", "trace.dtp", "dotTrace", 4 },
		{ "\0\1\2\3", "thing", "of an unknown kind", 4 },
		{ "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0", "libfoo.so", "program or library", 20 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = da_dump_new(&da_limits_default, NULL);
		const char *message = NULL;

		d->file = (struct da_bytes){ (const uint8_t *)cases[i].bytes, cases[i].n };
		d->origin.file = cases[i].name;
		ck_assert_int_eq(da_load(d, &message), DA_UNSUPPORTED);
		ck_assert_msg(strstr(message, cases[i].words), "%s: %s", cases[i].name, message);
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("elfcore", reads_a_kernel_core, gives_the_leader_its_own_time,
	  names_modules_without_the_file_note, names_modules_without_the_linkers_list,
	  names_modules_by_their_headers_alone, a_list_without_end_ends, reads_notes_behind_the_memory,
	  counts_headers_by_section_zero, counts_headers_when_section_zero_is_cut, cuts_overlaps_and_sorts,
	  never_fills_with_zeros, truncation_never_grows, gcore_of_a_living_process_is_no_crash,
	  zeros_that_gdb_left_are_no_stacks,
	  types_of_createdump, sender_of_a_signal, thirty_two_bits, other_cpus_are_minimal,
	  unknown_cpu_is_refused_with_a_sentence, a_word_makes_no_vmcore, unknown_notes_are_named, sparse_terabytes_are_cheap,
	  says_what_is_no_dump)
