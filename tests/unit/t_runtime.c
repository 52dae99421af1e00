/* SPDX-License-Identifier: Apache-2.0 */
/* Runtimes that are recognised: the .NET Framework, Mono, programs compiled ahead of time. */
#include "config.h"

#include <string.h>

#include "runtime/runtime.h"
#include "unit.h"

#define BASE 0x400000ULL
#define LEN 0x8000

static struct da_dump *d;
static uint8_t *file;

static struct da_module *process(const char *name, bool pe)
{
	struct da_module *m;
	struct da_range *r;

	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, LEN);
	d->proc.mem = (struct da_memory){ .file = { file, LEN }, .word = 8 };
	d->proc.arch_name = "x86_64";
	d->proc.os = pe ? DA_OS_WINDOWS : DA_OS_LINUX;
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	*r = (struct da_range){ .start = BASE, .end = BASE + LEN, .file_len = LEN, .prot = 6, .has_prot = true,
				.module = DA_NONE };
	m = da_vec_add(d->arena, &d->proc.modules);
	*m = (struct da_module){ .name = name, .path = name, .start = BASE, .end = BASE + LEN, .bias = BASE, .has_bias = true,
				 .pe = pe };
	da_vec_add(d->arena, &d->proc.threads)->tid = 0x3e43;
	return m;
}

static struct da_runtimes *open_all(void)
{
	static const struct da_symbol_options so = { .no_local = true };
	struct da_runtime_options o = { 0 };
	struct da_symbols *s = da_symbols_new(d, &so);

	da_symbols_find(s);
	return da_runtimes_open(d, s, &o);
}

static void is_unread(const char *name, bool pe, enum da_runtime_kind kind)
{
	struct da_module *m = process(name, pe);
	const struct da_runtime *r;

	m->version = "4.8.9232.0";
	(void)open_all();
	ck_assert_uint_eq(d->proc.runtimes.n, 1);
	r = &d->proc.runtimes.v[0];
	ck_assert_uint_eq(r->kind, kind);
	ck_assert_uint_eq(r->reader, DA_READER_NONE);
	ck_assert_str_eq(r->version, "4.8.9232.0");
	ck_assert(!r->verified && r->unread.n);
	ck_assert_ptr_nonnull(r->remedy);
	da_dump_free(d);
}

START_TEST(names_the_framework)
{
	is_unread("clr.dll", true, DA_RUNTIME_NETFX);
	is_unread("CLR.DLL", true, DA_RUNTIME_NETFX);
	is_unread("mscorwks.dll", true, DA_RUNTIME_NETFX);
}
END_TEST

START_TEST(names_mono)
{
	is_unread("libmonosgen-2.0.so.1", false, DA_RUNTIME_MONO);
	is_unread("mono-2.0-sgen.dll", true, DA_RUNTIME_MONO);
	is_unread("mono-sgen", false, DA_RUNTIME_MONO);
}
END_TEST

START_TEST(finds_none_in_other_programs)
{
	static const char *const names[] = { "mono", "libc.so.6", "clrjit.dll", "monopoly" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		process(names[i], false)->main = true;
		(void)open_all();
		ck_assert_uint_eq(d->proc.runtimes.n, 0);
		da_dump_free(d);
	}
}
END_TEST

static void put(uint64_t at, uint64_t v, size_t n) { memcpy(file + (at - BASE), &v, n); }

static void header(unsigned major)
{
	memcpy(file + 0x1000, "DNDH", 4);
	put(BASE + 0x1004, major, 2), put(BASE + 0x1008, 1, 4);
	put(BASE + 0x1010, BASE + 0x2000, 8), put(BASE + 0x1018, BASE + 0x2100, 8);
}

START_TEST(reads_what_a_dying_program_wrote)
{
	static const char text[] =
		"{\"version\":\"1.0.0\",\"runtime_type\":\"4\",\"runtime_version\":\"10.0.12\",\"thread\":\"0x3E43\",\"message\":\"m\","
		"\"exception\":{\"address\":\"0x7F01\",\"hr\":\"0x80131500\",\"message\":\"outer\",\"type\":\"Shop.Broken\",\"stack\":["
		"{\"ip\":\"0x400123\",\"module\":\"0x400000\",\"offset\":\"0x23\",\"name\":\"Shop.Order.<>c.<Place>b__1_0(Int32)\"},"
		"{\"ip\":\"0x400200\",\"offset\":\"0x10\",\"name\":\"Shop.Order..ctor()\"},{\"ip\":\"0\"},7],"
		"\"inner\":[{\"type\":\"Shop.Deep\",\"message\":\"in\",\"hr\":\"0x80070002\"},{\"message\":\"no type\"}]}}";
	struct da_runtimes *r;
	const struct da_managed_exception *e;

	process("shop", false)->main = true;
	header(5);
	memcpy(file + 0x2801, text, sizeof(text)); /* at an odd address */
	r = open_all();
	ck_assert_uint_eq(d->proc.runtimes.n, 1);
	ck_assert_uint_eq(d->proc.runtimes.v[0].kind, DA_RUNTIME_NATIVE_AOT);
	ck_assert_uint_eq(d->proc.runtimes.v[0].flavor, DA_FLAVOR_NATIVE_AOT);
	ck_assert_str_eq(d->proc.runtimes.v[0].version, "10.0.12");
	/* nothing leads to its threads: no reader read them, so none was checked before */
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_NONE);
	ck_assert(!d->proc.runtimes.v[0].verified);
	ck_assert_uint_eq(d->proc.managed_threads.n, 0);
	da_runtimes_objects(r);
	ck_assert_uint_eq(d->proc.exceptions.v[0].where, DA_WHERE_THREAD);
	ck_assert_uint_eq(d->proc.exceptions.n, 2);
	e = &d->proc.exceptions.v[0];
	ck_assert_str_eq(e->type, "Shop.Broken");
	ck_assert_str_eq(e->message, "outer");
	ck_assert_uint_eq(e->thread, 0);
	ck_assert_uint_eq(e->hresult, 0x80131500);
	ck_assert_uint_eq(e->frames.n, 2);
	ck_assert_str_eq(e->frames.v[0].place->calls[0].function, "Shop.Order.Place.lambda");
	ck_assert_uint_eq(e->frames.v[0].place->start, 0x400100);
	ck_assert_str_eq(e->frames.v[1].place->calls[0].function, "Shop.Order..ctor");
	ck_assert_str_eq(e[1].type, "Shop.Deep");
	ck_assert_uint_eq(e[1].parent, 0);
	da_dump_free(d);
}
END_TEST

enum { TYPES = 0x4000, GLOBALS = 0x4800, INSTANCE = 0x5000, STORE = 0x5040, THREADS = 0x5100, STATICS_MT = 0x5800,
       THREAD_MT = 0x5840, ID_MT = 0x5880, STRING_MT = 0x58c0, HEAP = 0x6000 };

static uint64_t type(uint64_t at, uint32_t flags, uint32_t size)
{
	put(BASE + at, flags, 4), put(BASE + at + 4, size, 4);
	return BASE + at;
}

/* One thread of the runtime's list: its statics hold, at words 3 and 5, its managed Thread and that one's id. */
static void aot_thread(unsigned i, uint32_t tid, uint32_t id, uint64_t next, const char *name)
{
	uint64_t th = BASE + THREADS + i * 0x100, o = BASE + HEAP + i * 0x200, thread = o + 0x80, number = o + 0x100;

	put(th + 96, next, 8), put(th + 184, tid, 8), put(th + 152, th + 0xd0, 8);
	put(th + 0xd0, o, 8);
	put(o, BASE + STATICS_MT, 8), put(o + 24, thread, 8), put(o + 40, number, 8), put(o + 48, BASE + HEAP + 0x700, 8);
	put(thread, BASE + THREAD_MT, 8), put(thread + 24, number, 8), put(thread + 80, 0x4, 4);
	put(number, BASE + ID_MT, 8), put(number + 8, id, 4);
	if (!name)
		return;
	put(thread + 32, o + 0x140, 8);
	put(o + 0x140, BASE + STRING_MT, 8), put(o + 0x148, strlen(name), 4);
	for (size_t k = 0; name[k]; k++)
		put(o + 0x14c + 2 * k, (unsigned char)name[k], 2);
}

/* As 10 leaves it in a core without the file's read-only data: names in the header's lists cannot be read. */
static void aot_process(void)
{
	process("shop", false)->main = true;
	header(5);
	put(BASE + 0x1010, BASE + TYPES, 8), put(BASE + 0x1018, BASE + GLOBALS, 8);
	put(BASE + GLOBALS, 0x10, 8), put(BASE + GLOBALS + 8, 0, 8);
	put(BASE + GLOBALS + 16, 0x20, 8), put(BASE + GLOBALS + 24, BASE + INSTANCE, 8);
	put(BASE + INSTANCE, BASE + STORE, 8), put(BASE + STORE, BASE + THREADS, 8);
	type(STATICS_MT, 0, 64), type(THREAD_MT, 0, 104), type(ID_MT, 0, 24), type(STRING_MT, 0x80000002, 22);
}

START_TEST(reads_threads_of_programs_compiled_ahead)
{
	struct da_runtimes *r;
	const struct da_managed_thread *m;

	aot_process();
	aot_thread(0, 0x3e43, 7, 0, "order-writer");
	r = open_all();
	ck_assert_uint_eq(d->proc.runtimes.n, 1);
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_TABLE);
	ck_assert(d->proc.runtimes.v[0].verified);
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	da_runtimes_objects(r);
	m = &d->proc.managed_threads.v[0];
	ck_assert_uint_eq(m->managed_id, 7);
	ck_assert_uint_eq(m->thread, 0);
	ck_assert_str_eq(m->name, "order-writer");
	ck_assert(m->background && !m->threadpool);
	da_dump_free(d);
}
END_TEST

/* createdump's own page names the module that holds the runtime, be it CoreCLR or a program compiled ahead of time. */
START_TEST(believes_the_program_before_the_page)
{
	struct da_range *r;

	aot_process();
	aot_thread(0, 0x3e43, 7, 0, "order-writer");
	for (unsigned i = 0; i < 128; i++) /* what looks like CoreCLR's table of addresses */
		put(BASE + 0x7000 + 8 * i, BASE + 0x1800 + 8 * i, 8);
	memcpy(file + 0x7f00, "DIAGINFOHEADER", 14);
	put(BASE + 0x7f10, 2, 4), put(BASE + 0x7f20, BASE, 8);
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	*r = (struct da_range){ .start = 0x7ffffff10000, .end = 0x7ffffff10040, .file_off = 0x7f00, .file_len = 0x40,
				.module = DA_NONE };
	(void)open_all();
	ck_assert_uint_eq(d->proc.runtimes.n, 1);
	ck_assert_uint_eq(d->proc.runtimes.v[0].kind, DA_RUNTIME_NATIVE_AOT);
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	da_dump_free(d);
}
END_TEST

/* Ids of two living threads are never equal: what was read are none. A list in a circle is not whole. */
START_TEST(believes_no_threads_that_cannot_be)
{
	aot_process();
	aot_thread(0, 0x3e43, 7, BASE + THREADS + 0x100, "a");
	aot_thread(1, 0x3e44, 7, 0, "b");
	da_runtimes_objects(open_all());
	for (size_t i = 0; i < d->proc.managed_threads.n; i++) {
		ck_assert_uint_eq(d->proc.managed_threads.v[i].managed_id, 0);
		ck_assert_ptr_null(d->proc.managed_threads.v[i].name);
	}
	da_dump_free(d);
	aot_process();
	aot_thread(0, 0x3e43, 7, BASE + THREADS, "a");
	(void)open_all();
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	ck_assert_str_eq(d->proc.runtimes.v[0].unread.v[0], "threads");
	da_dump_free(d);
}
END_TEST

/* Bytes of these structures turned over one after the other: it ends, and what it tells stays within bounds. */
START_TEST(survives_damage)
{
	for (unsigned at = GLOBALS; at < HEAP + 0x200; at++) {
		aot_process();
		aot_thread(0, 0x3e43, 7, 0, "a");
		file[at] ^= at & 1 ? 0xff : 0x41;
		da_runtimes_objects(open_all());
		for (size_t i = 0; i < d->proc.managed_threads.n; i++)
			ck_assert(d->proc.managed_threads.v[i].thread == DA_NONE ||
				  d->proc.managed_threads.v[i].thread < d->proc.threads.n);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(believes_no_header_that_points_elsewhere)
{
	process("shop", false)->main = true;
	header(5);
	put(BASE + 0x1018, 0x10, 8);
	(void)open_all();
	ck_assert_uint_eq(d->proc.runtimes.n, 0);
	da_dump_free(d);
}
END_TEST

START_TEST(survives_a_cut_text)
{
	process("shop", false)->main = true;
	header(9);
	memcpy(file + LEN - 40, "{\"version\":\"1.0.0\",\"exception\":{\"inner\"", 40);
	da_runtimes_objects(open_all());
	ck_assert_uint_eq(d->proc.runtimes.n, 1);
	ck_assert_ptr_null(d->proc.runtimes.v[0].version);
	ck_assert_uint_eq(d->proc.exceptions.n, 0);
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("runtime", names_the_framework, names_mono, finds_none_in_other_programs, reads_what_a_dying_program_wrote,
	  believes_no_header_that_points_elsewhere, survives_a_cut_text, reads_threads_of_programs_compiled_ahead,
	  believes_the_program_before_the_page, believes_no_threads_that_cannot_be, survives_damage)
