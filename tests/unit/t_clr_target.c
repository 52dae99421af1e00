/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which runtime, and how its structures lie: a libcoreclr.so made by hand, its descriptor in all shapes
 * that releases have, and descriptors that lie.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "runtime/coreclr/target.h"
#include "unit.h"

#define BASE 0x7e0000000000ULL
#define LEN 0x40000
#define DESCRIPTOR (BASE + 0x1000)
#define TABLE (BASE + 0x2000)
#define POINTERS (BASE + 0x3000)
#define VARIABLES (BASE + 0x3800)
#define TEXT (BASE + 0x4000)
#define STORE (BASE + 0x10000)
#define THREADS (BASE + 0x11000)
#define MAGIC 0x0043414443434e44ULL

static struct da_dump *d;
static struct da_symbols *symbols;
static uint8_t *file;
static uint64_t table_size = 157 * 8;

static void put(uint64_t at, uint64_t v, unsigned n) { memcpy(file + (at - BASE), &v, n); }
static void put64(uint64_t at, uint64_t v) { put(at, v, 8); }
static void put32(uint64_t at, uint32_t v) { put(at, v, 4); }

/* ---------------------------------------------------------------- the image */

static uint32_t hash(const char *s)
{
	uint32_t h = 5381;

	while (*s)
		h = (h << 5) + h + (unsigned char)*s++;
	return h;
}

static void elf(void)
{
	const struct {
		const char *name;
		uint64_t value, size;
	} symbol[] = { { "DotNetRuntimeContractDescriptor", DESCRIPTOR - BASE, 40 },
		       { "g_dacTable", TABLE - BASE, table_size } };
	uint64_t strings = BASE + 0xa01;

	memcpy(file, "\177ELF\2\1\1", 7);
	put64(BASE + 32, 64); /* e_phoff */
	put(BASE + 56, 2, 2);
	put32(BASE + 64, 1), put64(BASE + 64 + 16, 0), put64(BASE + 64 + 40, LEN);
	put32(BASE + 120, 2), put64(BASE + 120 + 16, 0x400), put64(BASE + 120 + 40, 64);
	put64(BASE + 0x400, 0x6ffffef5), put64(BASE + 0x408, 0x600);       /* as musl leaves it: not relocated */
	put64(BASE + 0x410, 6), put64(BASE + 0x418, BASE + 0x800);         /* as glibc makes it */
	put64(BASE + 0x420, 5), put64(BASE + 0x428, BASE + 0xa00);
	put32(BASE + 0x600, 1), put32(BASE + 0x604, 1), put32(BASE + 0x608, 1); /* one bucket, from symbol 1 */
	put32(BASE + 0x618, 1);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t sym = BASE + 0x800 + 24 * (i + 1);

		put32(BASE + 0x61c + 4 * i, (hash(symbol[i].name) & ~1U) | (i == 1));
		put32(sym, (uint32_t)(strings - BASE - 0xa00)), put64(sym + 8, symbol[i].value), put64(sym + 16, symbol[i].size);
		memcpy(file + (strings - BASE), symbol[i].name, strlen(symbol[i].name) + 1);
		strings += strlen(symbol[i].name) + 1;
	}
}

static void process(const char *version)
{
	static const struct da_symbol_options o = { .no_local = true };
	struct da_module *m;
	struct da_range *r;

	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, LEN);
	d->proc.mem = (struct da_memory){ .file = { file, LEN }, .word = 8 };
	d->proc.arch_name = "x86_64";
	d->proc.os = DA_OS_LINUX;
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	*r = (struct da_range){ .start = BASE, .end = BASE + LEN, .file_len = LEN, .prot = 6, .has_prot = true,
				.module = DA_NONE };
	m = da_vec_add(d->arena, &d->proc.modules);
	*m = (struct da_module){ .name = "libcoreclr.so", .start = BASE, .end = BASE + LEN, .bias = BASE, .has_bias = true };
	m->path = da_printf(d->arena, "/usr/share/dotnet/shared/Microsoft.NETCore.App/%s/libcoreclr.so", version);
	memset(m->build_id, 0xab, 20);
	m->build_id_len = 20;
	for (uint32_t i = 0; i < 3; i++)
		da_vec_add(d->arena, &d->proc.threads)->tid = 100 + i;
	elf();
	symbols = da_symbols_new(d, &o);
	da_symbols_find(symbols);
}

/* Three Threads: State 0, OSId 8, Id 16, LinkNext 24, PreemptiveGCDisabled 32. */
#define TYPES "\"types\":{\"ThreadStore\":{\"FirstThreadLink\":16,\"ThreadCount\":[8,\"uint32\"]}," \
	      "\"Thread\":{\"!\":64,\"State\":0,\"OSId\":[\"0x8\",\"nuint\"],\"Id\":16,\"LinkNext\":24," \
	      "\"PreemptiveGCDisabled\":\"32\"}}"
#define GLOBALS "\"globals\":{\"ThreadStore\":[[1],\"pointer\"],\"FinalizerThread\":[2]," \
		"\"MethodDescAlignment\":[\"0x8\",\"uint64\"],\"ObjectToMethodTableUnmask\":7," \
		"\"InlinedCallFrameIdentifier\":[\"0x1\",\"uint8\"],\"SoftwareExceptionFrameIdentifier\":\"5\"," \
		"\"RuntimeProductVersionString\":[\"10.0.3\",\"string\"]}"

static void threads(bool direct)
{
	put64(VARIABLES, STORE), put64(VARIABLES + 8, THREADS + 0x100);
	put64(STORE + 16, THREADS + (direct ? 0 : 24)), put32(STORE + 8, 3);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t t = THREADS + 0x100 * (uint64_t)i;

		put32(t, 0x200 * i), put64(t + 8, 100 + i), put32(t + 16, i + 1), put32(t + 32, i == 2);
		put64(t + 24, i == 2 ? 0 : t + 0x100 + (direct ? 0 : 24));
	}
}

static void header(uint64_t at, uint32_t flags, const char *json, size_t n, uint64_t text, uint32_t count, uint64_t pointers)
{
	put64(at, MAGIC), put32(at + 8, flags), put32(at + 12, (uint32_t)n), put64(at + 16, text);
	put32(at + 24, count), put64(at + 32, pointers);
	memcpy(file + (text - BASE), json, strlen(json));
}

static void describe(const char *json)
{
	put64(POINTERS + 8, VARIABLES), put64(POINTERS + 16, VARIABLES + 8), put64(POINTERS + 24, VARIABLES + 16);
	header(DESCRIPTOR, 1, json, strlen(json), TEXT, 4, POINTERS);
}

static struct da_clr *open_it(void)
{
	struct da_runtime_options o = { 0 };
	struct da_clr *c = NULL;

	ck_assert_int_eq(da_clr_open(d, symbols, 0, &o, &c), DA_OK);
	ck_assert_uint_eq(d->proc.runtimes.n, 1);
	return c;
}

static void done(void) { da_dump_free(d); }

/* ---------------------------------------------------------------- descriptors as they are */

static void three_threads(struct da_clr *c)
{
	const struct da_managed_thread *t;

	ck_assert_int_eq(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 3);
	t = d->proc.managed_threads.v;
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(t[i].managed_id, i + 1);
		ck_assert_uint_eq(t[i].tid, 100 + i);
		ck_assert_uint_eq(t[i].thread, i);
		ck_assert_ptr_eq(d->proc.threads.v[i].managed, &t[i]);
		ck_assert_uint_eq(t[i].gc_mode, i == 2 ? DA_GC_MODE_COOPERATIVE : DA_GC_MODE_PREEMPTIVE);
		ck_assert_ptr_nonnull(da_clr_thread_of(c, 100 + i));
	}
	ck_assert(!t[0].background && t[1].background && t[1].finalizer && !t[2].finalizer);
	ck_assert_ptr_null(da_clr_thread_of(c, 7));
}

START_TEST(reads_the_descriptor_of_10)
{
	struct da_clr *c;
	uint64_t v;

	process("10.0.3");
	threads(false);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS ",\"contracts\":{\"Thread\":1}}");
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_DESCRIPTOR);
	ck_assert_str_eq(d->proc.runtimes.v[0].version, "10.0.3");
	ck_assert_uint_eq(d->proc.runtimes.v[0].flavor, DA_FLAVOR_FRAMEWORK_DEPENDENT);
	ck_assert_uint_eq(c->major, 10);
	ck_assert_int_eq(DA_CLR_OFF(c, Thread, OSId), 8);
	ck_assert_int_eq(DA_CLR_SIZE(c, Thread), 64);
	ck_assert_int_eq(DA_CLR_OFF(c, HeapSegment, Mem), 32); /* of the overlay */
	ck_assert(!DA_CLR_HAS(c, Thread, Domain));
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_ObjectToMethodTableUnmask, &v), DA_OK);
	ck_assert_uint_eq(v, 7);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_MethodDescAlignment, &v), DA_OK);
	ck_assert_uint_eq(v, 8);
	ck_assert_int_eq(da_clr_global_ptr(c, DA_CLR_G_ThreadStore, &v), DA_OK);
	ck_assert_uint_eq(v, STORE);
	ck_assert_int_eq(da_clr_global_ptr(c, DA_CLR_G_MethodDescAlignment, &v), DA_UNSUPPORTED);
	ck_assert_int_eq(DA_CLR_PTR(c, STORE, Thread, Domain, &v), DA_UNSUPPORTED);
	ck_assert_int_eq(DA_CLR_PTR(c, BASE + LEN, Thread, OSId, &v), DA_FAULT);
	ck_assert_uint_eq(c->layout.frames.n, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_eq(c->layout.frames.v[i].id,
				  c->layout.frames.v[i].kind == DA_CLR_FRAME_InlinedCallFrame ? 1 : 5);
	three_threads(c);
	done();
}
END_TEST

/* Version 2: links are Threads, contracts have other numbers, the collector has a part of its own. */
START_TEST(reads_the_descriptor_of_11)
{
	static const char gc[] = "{\"version\":2,\"baseline\":\"empty\",\"types\":{\"Generation\":{\"!\":264,\"StartSegment\":56}},"
				 "\"globals\":{\"GCIdentifiers\":[\"server, segments, background,\",\"string\"],"
				 "\"NumHeaps\":[[1],\"pointer\"],\"StructureInvalidCount\":[[2],\"pointer\"]},\"contracts\":{}}";
	struct da_clr *c;

	process("11.0.0");
	threads(true);
	describe("{ // of 11\n\"version\":2,\"baseline\":\"empty\"," TYPES "," GLOBALS
		 ",\"subDescriptors\":{\"GC\":[[3],\"pointer\"]},\"contracts\":{\"Thread\":\"c1\",},}");
	put64(VARIABLES + 16, DESCRIPTOR + 0x100);
	put64(POINTERS + 0x108, VARIABLES + 24), put64(POINTERS + 0x110, VARIABLES + 32);
	put32(VARIABLES + 24, 6), put32(VARIABLES + 32, 1);
	header(DESCRIPTOR + 0x100, 1, gc, strlen(gc), TEXT + 0x2000, 3, POINTERS + 0x100);
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_DESCRIPTOR);
	ck_assert_uint_eq(d->proc.runtimes.v[0].gc, DA_GC_SERVER);
	ck_assert_uint_eq(d->proc.runtimes.v[0].heaps, 6);
	ck_assert(d->proc.runtimes.v[0].suspended);
	ck_assert_int_eq(DA_CLR_SIZE(c, Generation), 264);
	three_threads(c);
	done();
}
END_TEST

/* Nothing in the descriptor says what a link holds: the reading that leads to threads is taken. */
START_TEST(tries_the_other_kind_of_link)
{
	process("10.0.3");
	threads(true);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	three_threads(open_it());
	done();
}
END_TEST

/* 32 bits, no symbols: the header is found by its magic, and no table or overlay of another CPU is used. */
START_TEST(reads_a_descriptor_of_32_bits)
{
	static const char json[] = "{\"version\":2,\"baseline\":\"empty\",\"types\":{\"ThreadStore\":{\"FirstThreadLink\":8},"
				   "\"Thread\":{\"State\":0,\"OSId\":4,\"Id\":8,\"LinkNext\":12}},"
				   "\"globals\":{\"ThreadStore\":[[1],\"pointer\"]}}";
	const uint32_t base = 0x10000000;
	struct da_clr *c;
	struct da_module *m;

	process("11.0.0");
	memset(file, 0, LEN);
	d->proc.mem.word = 4;
	d->proc.arch_name = "i386";
	d->proc.mem.ranges.v[0].start = base;
	d->proc.mem.ranges.v[0].end = base + LEN;
	m = &d->proc.modules.v[0];
	m->start = m->bias = base;
	m->end = base + LEN;
	put64(BASE + 0x100, MAGIC), put32(BASE + 0x108, 3), put32(BASE + 0x10c, sizeof(json) - 1);
	put32(BASE + 0x110, base + 0x1000), put32(BASE + 0x114, 2), put32(BASE + 0x11c, base + 0x200);
	put32(BASE + 0x204, base + 0x300), put32(BASE + 0x300, base + 0x400), put32(BASE + 0x408, base + 0x500);
	for (unsigned i = 0; i < 2; i++)
		put32(BASE + 0x504 + 64 * i, 100 + i), put32(BASE + 0x508 + 64 * i, i + 1),
			put32(BASE + 0x50c + 64 * i, i ? 0 : base + 0x540);
	memcpy(file + 0x1000, json, sizeof(json));
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_DESCRIPTOR);
	ck_assert(!d->proc.runtimes.v[0].verified);
	ck_assert(!DA_CLR_HAS(c, HeapSegment, Mem));
	ck_assert_int_eq(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 2);
	ck_assert_uint_eq(d->proc.managed_threads.v[1].tid, 101);
	done();
}
END_TEST

/* ---------------------------------------------------------------- descriptors that lie */

static void no_descriptor(void)
{
	struct da_clr *c = open_it();

	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_NONE);
	ck_assert_uint_ge(d->proc.runtimes.v[0].unread.n, 3);
	ck_assert_int_ne(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 0);
	ck_assert_ptr_nonnull(d->proc.runtimes.v[0].reader_why);
	done();
}

/* ARM64 of Windows: the descriptor, and what is the same on every CPU of Windows; no such dump was ever read. */
static void windows_arm64(const char *version, const char *json, bool direct)
{
	struct da_clr *c;
	struct da_module *m;
	uint64_t v;

	process(version);
	memset(file, 0, 64); /* no header: the descriptor is found by its magic */
	d->proc.os = DA_OS_WINDOWS;
	d->proc.arch_name = "aarch64";
	m = &d->proc.modules.v[0];
	m->name = "coreclr.dll";
	m->pe = true;
	m->build_id_len = 0;
	threads(direct);
	describe(json);
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_DESCRIPTOR);
	ck_assert(!d->proc.runtimes.v[0].verified);
	ck_assert_uint_eq(c->dactable, 0); /* nobody knows its order here */
	three_threads(c);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_NibbleMapFormat, &v), DA_OK);
	ck_assert_uint_eq(v, 1);
	ck_assert_int_eq(DA_CLR_OFF(c, SyncBlockCache, FreeSyncTableIndex), direct ? DA_CLR_UNKNOWN : 84);
	ck_assert_int_eq(DA_CLR_OFF(c, HandleTable, SegmentList), 56);
	done();
}

START_TEST(reads_descriptors_of_windows_arm64)
{
	windows_arm64("10.0.3", "{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}", false);
	windows_arm64("11.0.0", "{\"version\":2,\"baseline\":\"empty\"," TYPES "," GLOBALS "}", true);
}
END_TEST

START_TEST(refuses_cut_json)
{
	static const char json[] = "{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS;

	process("10.0.3");
	threads(false);
	describe(json);
	no_descriptor();
}
END_TEST

START_TEST(refuses_text_that_is_not_there)
{
	process("10.0.3");
	threads(false);
	describe("{}");
	put64(DESCRIPTOR + 16, BASE + LEN);
	no_descriptor();
}
END_TEST

START_TEST(refuses_another_pointer_size)
{
	process("10.0.3");
	threads(false);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	put32(DESCRIPTOR + 8, 3);
	no_descriptor();
}
END_TEST

START_TEST(refuses_counts_too_big)
{
	process("10.0.3");
	threads(false);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	put32(DESCRIPTOR + 12, 0x7fffffff);
	no_descriptor();
	process("10.0.3");
	threads(false);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	put32(DESCRIPTOR + 24, 0xffffffff);
	no_descriptor();
}
END_TEST

START_TEST(refuses_a_baseline_that_it_does_not_know)
{
	process("10.0.3");
	threads(false);
	describe("{\"version\":0,\"baseline\":\"net12\"," TYPES "," GLOBALS "}");
	no_descriptor();
}
END_TEST

/* A part that is its own whole. */
START_TEST(survives_a_cyclic_part)
{
	process("11.0.0");
	threads(true);
	describe("{\"version\":2,\"baseline\":\"empty\"," TYPES "," GLOBALS ",\"subDescriptors\":{\"GC\":[[3],\"pointer\"],"
		 "\"Other\":[[3]],\"Far\":[[99],\"pointer\"],\"Odd\":7}}");
	put64(VARIABLES + 16, DESCRIPTOR);
	three_threads(open_it());
	done();
}
END_TEST

START_TEST(leaves_out_values_that_cannot_be)
{
	struct da_clr *c;
	uint64_t v;

	process("10.0.3");
	describe("{\"version\":0,\"types\":{\"Thread\":{\"!\":\"big\",\"State\":99999999999999,\"OSId\":[],\"Id\":{},\"Frame\":null,"
		 "\"LinkNext\":\"12x\",\"TEB\":-8},\"ThreadStore\":7},\"globals\":{\"ThreadStore\":[[4096],\"pointer\"],"
		 "\"FinalizerThread\":[[0],\"pointer\"],\"GCThread\":[],\"AppDomain\":[[1,2],\"pointer\"],\"HeapType\":true,"
		 "\"GCInfoVersion\":18446744073709551615}}");
	c = open_it();
	/* What is left comes from the overlay of 10. */
	ck_assert_int_eq(DA_CLR_OFF(c, Thread, State), 0);
	ck_assert_int_eq(DA_CLR_OFF(c, Thread, OSId), 296);
	ck_assert_int_eq(DA_CLR_OFF(c, Thread, LinkNext), 112);
	ck_assert_int_eq(DA_CLR_OFF(c, Thread, TEB), -8);
	ck_assert_int_eq(DA_CLR_SIZE(c, Thread), DA_CLR_UNKNOWN);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_ThreadStore, &v), DA_UNSUPPORTED);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_GCThread, &v), DA_UNSUPPORTED);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_GCInfoVersion, &v), DA_OK);
	ck_assert_uint_eq(v, UINT64_MAX);
	done();
}
END_TEST

/* ---------------------------------------------------------------- lists of threads that lie */

START_TEST(stops_in_a_cycle_of_threads)
{
	struct da_clr *c;

	process("10.0.3");
	threads(false);
	put64(THREADS + 0x200 + 24, THREADS + 0x100 + 24);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	c = open_it();
	ck_assert_int_eq(da_clr_threads_read(c), DA_PARTIAL);
	ck_assert_uint_eq(d->proc.managed_threads.n, 3);
	done();
}
END_TEST

START_TEST(does_not_believe_the_number_of_threads)
{
	process("10.0.3");
	threads(false);
	put32(STORE + 8, 0xffffffff);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	three_threads(open_it());
	done();
}
END_TEST

START_TEST(wants_threads_that_the_dump_has)
{
	struct da_clr *c;

	process("10.0.3");
	threads(false);
	for (unsigned i = 0; i < 3; i++)
		put64(THREADS + 0x100 * (uint64_t)i + 8, 5000 + i);
	describe("{\"version\":0,\"baseline\":\"empty\"," TYPES "," GLOBALS "}");
	c = open_it();
	ck_assert_int_eq(da_clr_threads_read(c), DA_CORRUPT);
	ck_assert_uint_eq(d->proc.managed_threads.n, 0);
	done();
}
END_TEST

/* ---------------------------------------------------------------- tables */

START_TEST(knows_released_builds)
{
	struct da_arena *a = da_arena_new();
	const struct da_clr_builds *b = da_clr_builds(a);
	const struct da_clr_build *r = da_clr_build_of(b, "79945f51fb2612f13b7667a10a8fd29122664791", false, 0);

	ck_assert_uint_ge(b->v.n, 100);
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->version, "10.0.12");
	ck_assert_uint_eq(r->dactable, 0x6cc780);
	ck_assert_uint_eq(r->dactable_count, 129);
	ck_assert_uint_gt(da_clr_file(da_printf(a, "%s.json", r->json_name)).n, 10000);
	ck_assert_ptr_null(da_clr_build_of(b, "00", false, 0));
	ck_assert_ptr_null(da_clr_build_of(b, NULL, false, 0));
	for (size_t i = 0; i < b->v.n; i++)
		if (b->v.v[i].json_name)
			ck_assert_uint_eq(da_clr_file(da_printf(a, "%s.json", b->v.v[i].json_name)).n, b->v.v[i].json_size);
	da_arena_free(a);
}
END_TEST

/* Builds for musl have rows of their own; their layout is glibc's, and no such dump was ever compared. */
START_TEST(knows_builds_for_musl)
{
	static const struct {
		const char *version, *id;
	} rows[] = { { "8.0.34", "d801f62275c8d68cbc395038ef78dce6ee3ed9ea" },
		     { "10.0.12", "d2736ba0d1d46b2636255173255839816c4d23fb" },
		     { "11.0.0", "d609bd1f4c20ae911f631467801d5e309bd5c130" } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct da_module *m;
		struct da_clr *c;

		process("0");
		put64(DESCRIPTOR, 0);
		for (unsigned k = 0; k < 20; k++) {
			unsigned byte = 0;

			ck_assert_int_eq(sscanf(rows[i].id + 2 * (size_t)k, "%2x", &byte), 1);
			d->proc.modules.v[0].build_id[k] = (uint8_t)byte;
		}
		m = da_vec_add(d->arena, &d->proc.modules);
		*m = (struct da_module){ .name = "ld-musl-x86_64.so.1", .start = BASE + 2 * LEN, .end = BASE + 3 * LEN };
		c = open_it();
		ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_TABLE);
		ck_assert_str_eq(d->proc.runtimes.v[0].version, rows[i].version);
		ck_assert(!d->proc.runtimes.v[0].verified);
		ck_assert_int_gt(DA_CLR_OFF(c, Thread, OSId), 0);
		done();
	}
}
END_TEST

START_TEST(takes_the_nearest_column)
{
	struct da_clr_column col[8];

	ck_assert_uint_ge(da_clr_columns(false, 8, 157, col, 8), 1);
	ck_assert_uint_eq(col[0].count, 157);
	ck_assert_int_eq(col[0].shift, 0);
	ck_assert_uint_ge(da_clr_columns(false, 8, 158, col, 8), 3);
	ck_assert_uint_eq(col[0].count, 157);
	ck_assert_int_eq(col[0].shift, 1);
	ck_assert_int_eq(col[1].shift, 0);
	ck_assert_int_eq(col[2].shift, -1);
	ck_assert_uint_eq(da_clr_columns(true, 8, 168, col, 8), 3);
	ck_assert_int_eq(col[0].shift, -1);
	ck_assert_uint_eq(da_clr_columns(false, 99, 158, col, 8), 0);
	ck_assert_uint_eq(da_clr_columns(false, 8, 157, col, 1), 1);
}
END_TEST

/* Overlays hold what descriptors of the same system and version say, word for word. */
static void agrees(const char *overlay, const char *descriptor)
{
	struct da_arena *a = da_arena_new();
	struct da_clr_layout *o = da_calloc(a, 1, sizeof(*o)), *t = da_calloc(a, 1, sizeof(*t));
	struct da_clr_source s = { .json = da_clr_file(descriptor) };
	struct da_clr_merged m;
	bool verified;
	unsigned n = 0;

	da_clr_layout_init(o);
	da_clr_layout_init(t);
	ck_assert_int_eq(da_clr_overlay(a, o, overlay, &verified), DA_OK);
	ck_assert(verified);
	ck_assert_int_eq(da_clr_merge(a, t, &s, &m), DA_OK);
	ck_assert_ptr_null(m.baseline);
	for (size_t i = 0; i < DA_CLR_FIELDS; i++)
		if (t->off[i] != DA_CLR_UNKNOWN && ++n)
			ck_assert_msg(o->off[i] == t->off[i], "%s: field %zu is %d, the descriptor says %d", overlay, i,
				      o->off[i], t->off[i]);
	ck_assert_uint_gt(n, 60);
	for (size_t i = 0; i < t->frames.n; i++) {
		ck_assert_uint_eq(o->frames.v[i].id, t->frames.v[i].id);
		ck_assert_uint_eq(o->frames.v[i].kind, t->frames.v[i].kind);
	}
	for (size_t i = 0; i < DA_CLR_GLOBALS; i++)
		if (t->global[i].known && !t->global[i].text && !t->global[i].address)
			ck_assert_uint_eq(o->global[i].value, t->global[i].value);
	da_arena_free(a);
}

START_TEST(overlays_agree_with_descriptors)
{
	agrees("linux-x64-9", "f27fcb2437b6.json");
	agrees("linux-arm64-9", "5fdca1bac14c.json");
	agrees("win-x64-9", "4c27fd7183c5.json");
	agrees("linux-x64-10", "00564bade2d1.json");
	agrees("linux-x64-10", "b3fee444bb3c.json"); /* musl */
	agrees("linux-arm64-10", "91de47613f83.json");
	agrees("win-x64-10", "0704fee79c12.json");
	agrees("linux-x64-11", "a64430f03bde.json");
	agrees("linux-x64-11", "0518d4c7012c.json"); /* musl */
	agrees("linux-arm64-11", "bcc8dfcc47f4.json");
	agrees("win-x64-11", "01f1506a6265.json");
}
END_TEST

START_TEST(every_overlay_reads_threads)
{
	static const char *const names[] = { "linux-x64-6", "linux-x64-7", "linux-x64-8", "linux-x64-9", "linux-x64-10", "linux-x64-11",
					     "linux-arm64-9", "linux-arm64-10", "linux-arm64-11", "win-x64-6", "win-x64-7", "win-x64-8",
					     "win-x64-9", "win-x64-10", "win-x64-11" };
	struct da_arena *a = da_arena_new();
	struct da_clr_layout *l = da_calloc(a, 1, sizeof(*l));
	bool verified;

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++) {
		da_clr_layout_init(l);
		ck_assert_int_eq(da_clr_overlay(a, l, names[i], &verified), DA_OK);
		ck_assert_int_gt(l->off[DA_CLR_ThreadStore_FirstThreadLink], 0);
		ck_assert_int_gt(l->off[DA_CLR_Thread_LinkNext], 0);
		ck_assert_int_gt(l->off[DA_CLR_Thread_OSId], 0);
		ck_assert_int_gt(l->off[DA_CLR_Thread_ExposedObject], 0);
		ck_assert_int_eq(l->off[DA_CLR_Frame_Next], 8);
		ck_assert_int_eq(l->off[DA_CLR_HeapSegment_Mem], 32);
	}
	ck_assert_int_eq(da_clr_overlay(a, l, "linux-x64-99", &verified), DA_NOT_FOUND);
	da_arena_free(a);
}
END_TEST

/* 8.0: no descriptor. Its table of addresses, a build that no list has, entries moved by one. */
START_TEST(reads_8_by_its_table)
{
	struct da_clr *c;
	uint64_t store = STORE, first = THREADS, v;

	process("8.0.15");
	put64(DESCRIPTOR, 0);
	for (unsigned i = 0; i < 157; i++)
		put64(TABLE + 8 * (uint64_t)i, BASE + 0x20000 + 64 * (uint64_t)i);
	put64(BASE + 0x20000 + 64 * 16, store);               /* ThreadStore */
	put32(BASE + 0x20000 + 64 * 19, 1);                   /* g_heap_type */
	put64(store + 0xa0, first + 0xe8), put32(store + 0xb8, 1);
	put64(first + 0x1a8, 101), put32(first + 0x20, 4), put32(first + 8, 0x1000200);
	put64(first + 0x10, UINT64_MAX);
	/* The pointer to the domain is not in the dump; the Thread has it. */
	put64(BASE + 64 + 40, LEN + 0x1000);
	put64(TABLE + 8 * 21, BASE + LEN + 0x100);
	put64(first + 0x18, BASE + 0x33000);
	/* The vtables, by that of the one EEJitManager. */
	put64(BASE + 0x20000 + 64 * 4, BASE + 0x30000), put64(BASE + 0x30000, BASE + 0x20000 + 64 * 97);
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_TABLE_NEAREST);
	ck_assert_str_eq(d->proc.runtimes.v[0].version, "8.0.15");
	ck_assert_uint_eq(d->proc.runtimes.v[0].gc, DA_GC_WORKSTATION);
	ck_assert_int_eq(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	ck_assert_uint_eq(d->proc.managed_threads.v[0].managed_id, 4);
	ck_assert(d->proc.managed_threads.v[0].threadpool && d->proc.managed_threads.v[0].background);
	ck_assert_int_eq(da_clr_global_ptr(c, DA_CLR_G_AppDomain, &v), DA_OK);
	ck_assert_uint_eq(v, BASE + 0x33000);
	for (size_t i = 0; i < c->layout.frames.n; i++)
		if (c->layout.frames.v[i].kind == DA_CLR_FRAME_InlinedCallFrame)
			ck_assert_uint_eq(c->layout.frames.v[i].id, BASE + 0x20000 + 64 * (97 + 38));
	ck_assert_uint_gt(c->layout.frames.n, 20);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_SyncTableEntries, &v), DA_OK);
	ck_assert_uint_eq(v, BASE + 0x20000 + 64 * 80);
	done();
}
END_TEST

/* A table of n entries, of 4 bytes as offsets (6) or of 8 as addresses; each leads to 64 bytes of its own. */
static void table(unsigned n, unsigned bytes)
{
	table_size = (uint64_t)n * bytes;
	process(bytes == 4 ? "6.0.99" : "7.0.99");
	table_size = 157 * 8;
	put64(DESCRIPTOR, 0);
	for (unsigned i = 0; i < n; i++)
		put(TABLE + (uint64_t)bytes * i, (bytes == 4 ? 0 : BASE) + 0x20000 + 64 * (uint64_t)i, bytes);
}

static uint64_t variable(unsigned i) { return BASE + 0x20000 + 64 * (uint64_t)i; }

static void frame_is(struct da_clr *c, enum da_clr_frame kind, uint64_t id)
{
	bool found = false;

	for (size_t i = 0; i < c->layout.frames.n; i++)
		if (c->layout.frames.v[i].kind == kind) {
			ck_assert_uint_eq(c->layout.frames.v[i].id, id);
			found = true;
		}
	ck_assert(found);
}

/* Positions as dumps of 6.0.36 have them: the frames are one nearer than on Windows. */
START_TEST(reads_6_by_its_table)
{
	uint64_t first = THREADS, v;
	struct da_clr *c;

	table(176, 4);
	put64(variable(17), STORE), put32(variable(34), 1);
	put64(STORE + 0xa0, first + 0xf0), put32(STORE + 0xb8, 1);
	put64(first + 0x1b0, 101), put32(first + 0x20, 4), put64(first + 0x10, UINT64_MAX);
	put64(variable(4), BASE + 0x30000), put64(BASE + 0x30000, variable(112));
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_TABLE_NEAREST);
	ck_assert_int_eq(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	ck_assert_uint_eq(d->proc.managed_threads.v[0].tid, 101);
	frame_is(c, DA_CLR_FRAME_HelperMethodFrame_1OBJ, variable(149));
	frame_is(c, DA_CLR_FRAME_DebuggerU2MCatchHandlerFrame, variable(145));
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_SyncBlockCache, &v), DA_OK);
	ck_assert_uint_eq(v, variable(94));
	ck_assert_int_eq(DA_CLR_OFF(c, DomainAssembly, Assembly), 104);
	done();
}
END_TEST

/* 7.0.11 has no path of the entry assembly, 7.0.20 has one; between them what stands behind it is moved. */
static void seven(unsigned n, unsigned first_vtable)
{
	uint64_t first = THREADS, v = 13, path;
	struct da_clr *c;

	table(n, 8);
	put64(variable(17), STORE), put32(variable(33), 1);
	put64(STORE + 0xa0, first + 0xe8), put32(STORE + 0xb8, 1);
	put64(first + 0x1a8, 101), put32(first + 0x20, 4), put64(first + 0x10, UINT64_MAX);
	put64(variable(4), BASE + 0x30000), put64(BASE + 0x30000, variable(first_vtable));
	c = open_it();
	ck_assert_uint_eq(c->major, 7);
	ck_assert_int_eq(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	frame_is(c, DA_CLR_FRAME_HelperMethodFrame_1OBJ, variable(first_vtable + 33));
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_MethodDescTokenRemainderBitCount, &v), DA_OK);
	ck_assert_uint_eq(v, 13);
	ck_assert(DA_CLR_HAS(c, RangeSection, Next) && !DA_CLR_HAS(c, RangeSectionFragment, Next)); /* a plain list */
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_EntryAssemblyPath, &path), n == 169 ? DA_OK : DA_UNSUPPORTED);
	done();
}

START_TEST(reads_7_by_its_table)
{
	seven(169, 109);
	seven(168, 108);
}
END_TEST

/* A module whose ReadyToRunInfo lies elsewhere than the layout says, and is laid out as that of another version. */
START_TEST(finds_the_parts_of_ready_to_run_info)
{
	const uint64_t object = BASE + 0x31000, module = BASE + 0x32000, info = BASE + 0x33000, image = BASE + 0x34000,
		       buckets = BASE + 0x38000;
	struct da_clr *c;

	table(169, 8);
	put64(variable(54), object), put64(object + 0x18, module);
	put64(module + 0x500, info);
	put64(info, module), put64(info + 8, image), put64(info + 32, info); /* as in 6 */
	put64(info + 64, image + 0x100), put32(info + 72, 41);
	put32(image, 0x00525452), put32(image + 12, 2);
	put32(image + 16, 101), put32(image + 28, 102), put32(image + 32, 0x100), put32(image + 36, 42 * 12);
	put64(info + 400 + 16, buckets), put64(buckets, 5);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++)
			put64(buckets + 64 * (i + 1ULL) + 8ULL * k, image + 0x1000 + 16ULL * (4 * i + k));
	c = open_it();
	ck_assert_int_eq(DA_CLR_OFF(c, Module, ReadyToRunInfo), 0x500);
	ck_assert_int_eq(DA_CLR_OFF(c, ReadyToRunInfo, ReadyToRunHeader), 8);
	ck_assert_int_eq(DA_CLR_OFF(c, ReadyToRunInfo, CompositeInfo), 32);
	ck_assert_int_eq(DA_CLR_OFF(c, ReadyToRunInfo, RuntimeFunctions), 64);
	ck_assert_int_eq(DA_CLR_OFF(c, ReadyToRunInfo, NumRuntimeFunctions), 72);
	ck_assert_int_eq(DA_CLR_OFF(c, ReadyToRunInfo, HotColdMap), 80);
	ck_assert_int_eq(DA_CLR_OFF(c, ReadyToRunInfo, EntryPointToMethodDescMap), 400);
	done();
}
END_TEST

/* coreclr.dll of x86: the order of x64 in words of 4 bytes, frames one further; code ranges in two levels. */
START_TEST(reads_8_of_x86_by_its_table)
{
	enum { PE = 0x80, DIR = 0x200, T = 0x400, VARS = 0x8000, N = 173, THREAD = 0x20000, MAP = 0x24000, CODE = 0x30000 };
	const uint32_t base = 0x10000000;
	struct da_clr_code code = { 0 };
	struct da_clr *c;
	struct da_module *m;

	process("8.0.99");
	memset(file, 0, LEN);
	d->proc.mem.word = 4;
	d->proc.arch_name = "x86";
	d->proc.mem.ranges.v[0].start = base;
	d->proc.mem.ranges.v[0].end = base + LEN;
	m = &d->proc.modules.v[0];
	m->name = "coreclr.dll";
	m->pe = true;
	m->start = m->bias = base;
	m->end = base + LEN;
	put32(BASE + 0x3c, PE), put32(BASE + PE, 0x4550), put(BASE + PE + 24, 0x10b, 2), put32(BASE + PE + 24 + 56, LEN);
	put32(BASE + PE + 24 + 96, DIR), put32(BASE + DIR + 24, 1), put32(BASE + DIR + 28, 0x240);
	put32(BASE + DIR + 32, 0x244), put32(BASE + DIR + 36, 0x248), put32(BASE + 0x240, T), put32(BASE + 0x244, 0x250);
	memcpy(file + 0x250, "g_dacTable", 11);
	for (unsigned i = 0; i < N; i++)
		put32(BASE + T + 4 * i, base + VARS + 64 * i);
	put32(BASE + VARS + 64 * 16, base + THREAD), put32(BASE + VARS + 64 * 19, 1);
	put32(BASE + THREAD + 36, base + THREAD + 0x100 + 176), put32(BASE + THREAD + 48, 1);
	put32(BASE + THREAD + 0x100 + 280, 101), put32(BASE + THREAD + 0x100 + 20, 4);
	put32(BASE + THREAD + 0x100 + 12, UINT32_MAX);
	put32(BASE + VARS + 64 * 4, base + 0x2f000), put32(BASE + 0x2f000, base + VARS + 64 * 106);
	put32(BASE + VARS + 64 * 71, base + 0x2f100), put32(BASE + VARS + 64 * 72, base + 0x2f100);
	put32(BASE + VARS + 64 * 84, base);
	/* A method at CODE + 0x40, its MethodDesc before it. */
	put32(BASE + VARS + 4 * (base >> 24), base + MAP), put32(BASE + MAP + 4 * ((base + CODE) >> 16 & 255), base + 0x26000);
	put32(BASE + 0x26004, base + CODE), put32(BASE + 0x26008, base + CODE + 0x1000), put32(BASE + 0x2600c, base + 0x26100);
	put32(BASE + 0x26100, base + CODE), put32(BASE + 0x26104, base + CODE + 0x1000), put32(BASE + 0x26108, 2);
	put32(BASE + 0x26114, base + 0x26200);
	put32(BASE + 0x26200 + 16, base + CODE), put32(BASE + 0x26200 + 20, base + 0x26300);
	put32(BASE + 0x26300, 0x00100000), put32(BASE + CODE + 0x40 - 4, base + 0x27000);
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_TABLE_NEAREST);
	ck_assert(!d->proc.runtimes.v[0].verified);
	ck_assert_int_eq(da_clr_threads_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.managed_threads.n, 1);
	ck_assert_uint_eq(d->proc.managed_threads.v[0].tid, 101);
	frame_is(c, DA_CLR_FRAME_HelperMethodFrame_1OBJ, base + VARS + 64 * 143);
	frame_is(c, DA_CLR_FRAME_InlinedCallFrame, base + VARS + 64 * 148);
	ck_assert_int_eq(da_clr_code_at(c, base + CODE + 0x4c, &code), DA_OK);
	ck_assert_uint_eq(code.start, base + CODE + 0x40);
	ck_assert_uint_eq(code.method, base + 0x27000);
	ck_assert(!code.has_function && !code.stub);
	done();
}
END_TEST

/* No export, no table: what the image's variables point to. */
static void without_a_table(void)
{
	const uint64_t vars = BASE + 0x20000, object = BASE + 0x31000, string = object + 0x100, free_ = object + 0x200,
		       class = object + 0x300, sync = BASE + 0x32000, block = BASE + 0x32100, cache = BASE + 0x32200;

	process("8.0.99");
	put64(DESCRIPTOR, 0);
	memset(file + 0xa01, 'x', 60); /* other names */
	put64(vars + 0x40, STORE), put64(STORE + 0xa0, THREADS + 0xe8), put32(STORE + 0xb8, 1);
	put64(THREADS + 0x1a8, 101), put32(THREADS + 0x20, 4), put64(THREADS + 0x10, UINT64_MAX);
	put64(vars + 0x80, THREADS);
	put64(vars + 0x100, object), put32(object + 4, 24), put64(object + 40, class), put64(class + 16, object);
	put64(vars + 0x118, string), put32(string, 0x80000002), put32(string + 4, 22), put64(string + 16, object);
	put64(vars + 0x130, free_), put32(free_, 0x80000001), put32(free_ + 4, 24);
	put64(vars + 0x200, sync), put64(sync + 16, block), put64(sync + 24, block + 0x80);
	put32(block + 28, 0x80000001), put32(block + 0x80 - 4, 0x08000001);
	put64(vars + 0x208, cache), put64(cache + 72, block - 8), put32(cache + 180, 2);
}

static void is_at(struct da_clr *c, enum da_clr_global g, uint64_t at)
{
	uint64_t v = 0;

	ck_assert_int_eq(da_clr_global(c, g, &v), DA_OK);
	ck_assert_uint_eq(v, BASE + 0x20000 + at);
}

START_TEST(searches_without_a_table)
{
	struct da_clr *c;

	without_a_table();
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_TABLE_NEAREST);
	ck_assert_ptr_nonnull(strstr(d->proc.runtimes.v[0].reader_why, "found by what they point to"));
	is_at(c, DA_CLR_G_ThreadStore, 0x40);
	is_at(c, DA_CLR_G_FinalizerThread, 0x80);
	is_at(c, DA_CLR_G_ObjectMethodTable, 0x100);
	is_at(c, DA_CLR_G_StringMethodTable, 0x118);
	is_at(c, DA_CLR_G_FreeObjectMethodTable, 0x130);
	is_at(c, DA_CLR_G_SyncTableEntries, 0x200);
	is_at(c, DA_CLR_G_SyncBlockCache, 0x208);
	done();
}
END_TEST

START_TEST(believes_neither_of_two)
{
	const uint64_t other = BASE + 0x34000;
	struct da_clr *c;
	uint64_t v;

	without_a_table();
	put64(BASE + 0x20300, other), put32(other, 0x80000001), put32(other + 4, 24); /* free space twice */
	put32(BASE + 0x32000 + 0x100 + 28, 2);                                        /* a lock of another index */
	c = open_it();
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_FreeObjectMethodTable, &v), DA_UNSUPPORTED);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_SyncTableEntries, &v), DA_UNSUPPORTED);
	is_at(c, DA_CLR_G_StringMethodTable, 0x118);
	done();

	without_a_table();
	put64(THREADS + 0x1a8, 4711); /* no thread of the dump: then nothing is believed */
	c = open_it();
	ck_assert_uint_eq(d->proc.runtimes.v[0].reader, DA_READER_NONE);
	ck_assert_int_eq(da_clr_global(c, DA_CLR_G_StringMethodTable, &v), DA_UNSUPPORTED);
	done();
}
END_TEST

UNIT_MAIN("clr_target", reads_the_descriptor_of_10, reads_the_descriptor_of_11, tries_the_other_kind_of_link,
	  reads_a_descriptor_of_32_bits, reads_descriptors_of_windows_arm64, refuses_cut_json,
	  refuses_text_that_is_not_there, refuses_another_pointer_size, refuses_counts_too_big,
	  refuses_a_baseline_that_it_does_not_know, survives_a_cyclic_part, leaves_out_values_that_cannot_be,
	  stops_in_a_cycle_of_threads, does_not_believe_the_number_of_threads, wants_threads_that_the_dump_has,
	  knows_released_builds, knows_builds_for_musl, takes_the_nearest_column, overlays_agree_with_descriptors, every_overlay_reads_threads,
	  reads_6_by_its_table, reads_7_by_its_table, reads_8_by_its_table,
	  reads_8_of_x86_by_its_table, finds_the_parts_of_ready_to_run_info,
	  searches_without_a_table, believes_neither_of_two)
