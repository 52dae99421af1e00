/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs compiled ahead of time. The first byte says what the rest is: 0 three texts of names, a line each (a
 * symbol, what debug information says of it, the program's name); else the memory of such a program, at BASE, whose
 * symbols, threads, stacks, locks and the text about its death are read.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/model.h"
#include "runtime/coreclr/aot_names.h"
#include "synth/synth_exports.h"

#define BASE 0x7e0000000000ULL
enum { THREADS = 4, MANAGED = 3, SIZE = 0x4000, CODE = 0x1000, FUNCTION = 0x40, STACKS = 0x3000, STACK = 0x400 };

/* ---------------------------------------------------------------- names */

static const char *const texts[] = {
	"S_P_CoreLib_System_Collections_Generic_Dictionary_2<System___Canon__Int32>__TryInsert_1\n\nShop",
	"Shop_Shop_Desk___c__DisplayClass5_0___Place_b__0_1\nShop_Shop_Desk::<Place>b__0_1\nShop",
	"Shop_Shop_Desk___Place_g__Do_0_1<__Array<String>>\n\nShop",
	"Shop_Shop_Desk__Place_d__5_1<Int32>__MoveNext\nShop_Shop_Desk__Place_d__5_1<Int32>::MoveNext(void)\nShop",
	"<Boxed>S_P_CoreLib_System_Guid__<unbox>S_P_CoreLib_System_Guid__ToString_0\n\n",
	"unbox_System_Linq_System_Linq_Outer_1<Int32>_Inner___ctor\n\nShop",
	"Shop__Module___Main__\n\nShop",
	"Shop_Core_Shop_Orders_Box_1<__Pointer<UInt8>>__System_IDisposable_Dispose\n\nother",
	"Shop_Shop_Async___c___Lambda_b__4_0_d<__ByRef<Object>>__MoveNext\n\nShop",
};

/* Symbols of an even length are said to exist. */
static bool exists(void *ctx, const char *symbol)
{
	(void)ctx;
	return strlen(symbol) % 2 == 0;
}

static void names(const uint8_t *p, size_t n)
{
	struct da_arena *a = da_arena_new();
	char *line[3], *rest = da_strndup(a, (const char *)p, n);
	struct da_aot_name name;

	for (unsigned i = 0; i < 3; i++) {
		line[i] = rest;
		rest += strcspn(rest, "\n");
		if (*rest)
			*rest++ = '\0';
	}
	if (da_aot_method_name(a, line[0], *line[1] ? line[1] : NULL, *line[2] ? line[2] : NULL, exists, NULL, &name) &&
	    (!name.type || !name.method))
		abort();
	if (da_aot_type_name(a, line[0], line[2], &name))
		(void)da_aot_type_is(line[0], name.type);
	(void)da_aot_type_is(line[0], "System.Threading.Lock");
	da_arena_free(a);
}

/* ---------------------------------------------------------------- memory */

static void memory(const uint8_t *p, size_t n)
{
	struct da_dump *d = fuzz_process(&(struct fuzz_process){ .module = "Shop", .base = BASE, .threads = THREADS }, p, n);

	d->proc.modules.v[0].main = true;
	for (unsigned i = 0; i < THREADS; i++) {
		struct da_thread *t = &d->proc.threads.v[i];

		t->tid = 100 + i;
		da_reg_set(&t->regs, d->proc.arch->pc, BASE + CODE + FUNCTION * i + 8);
		da_reg_set(&t->regs, d->proc.arch->sp, BASE + STACKS + STACK * i);
		da_reg_set(&t->regs, d->proc.arch->fp, BASE + STACKS + STACK * i + 0x20);
	}
	fuzz_extract(d);
	da_dump_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (!n)
		return 0;
	if (*p == 0)
		names(p + 1, n - 1);
	else
		memory(p + 1, n - 1);
	return 0;
}

/* ---------------------------------------------------------------- seeds */

/* What differs between the versions: of the Thread, and how the program says which it is (0: by a descriptor). */
static const struct version {
	unsigned header_major, link, id, statics;
	bool named; /* the words of the header's lists are in the dump */
} versions[] = {
	{ 3, 88, 184, 152, true }, { 4, 88, 184, 152, false }, { 5, 96, 184, 152, true }, { 0, 96, 176, 144, false },
};

enum { HEADER = 0xa00, TYPES = 0xa40, GLOBALS = 0xb40, DESCRIPTOR = 0xa00, POINTERS = 0xa40, WORDS = 0xc00,
       INSTANCE = 0x1400, STORE = 0x1440, COLLECTOR = 0x1480, THREAD = 0x1800, ROOTS = 0x1c00, STATICS = 0x1c80,
       METHOD_TABLES = 0x1e00, OBJECTS = 0x2000, GC_STATICS = 0x2600, JSON = 0x2800, TEXT = 0x2c00 };
/* Types, by their number; the symbols of their MethodTables are in the same order. */
enum { MT_STATICS, MT_THREAD, MT_ID, MT_STRING, MT_ENTRIES, MT_LOCK, MT_OBJECT, MT_DESK, MTS };

static const struct synth_export symbols[] = {
	{ "DotNetRuntimeDebugHeader", HEADER, 32, SYNTH_OBJECT },
	{ "DotNetRuntimeContractDescriptor", DESCRIPTOR, 40, SYNTH_OBJECT },
	{ "S_P_CoreLib_System_Threading_Monitor__Enter", CODE, FUNCTION, SYNTH_FUNCTION },
	{ "S_P_CoreLib_System_Threading_Lock__TryEnterSlow_0", CODE + FUNCTION, FUNCTION, SYNTH_FUNCTION },
	{ "Shop_Shop_Desk__Place_d__5__MoveNext", CODE + 2 * FUNCTION, FUNCTION, SYNTH_FUNCTION },
	{ "S_P_CoreLib_System_Runtime___Finalizer__ProcessFinalizers", CODE + 3 * FUNCTION, FUNCTION, SYNTH_FUNCTION },
	{ "S_P_CoreLib_System_Threading_Thread__StartThread", CODE + 4 * FUNCTION, FUNCTION, SYNTH_FUNCTION },
	{ "native_part", CODE + 5 * FUNCTION, FUNCTION, SYNTH_FUNCTION },
	{ "_ZTV16__ThreadStatics_", METHOD_TABLES + 32 * MT_STATICS, 24, SYNTH_OBJECT },
	{ "_ZTV35S_P_CoreLib_System_Threading_Thread", METHOD_TABLES + 32 * MT_THREAD, 24, SYNTH_OBJECT },
	{ "_ZTV44S_P_CoreLib_System_Threading_ManagedThreadId", METHOD_TABLES + 32 * MT_ID, 24, SYNTH_OBJECT },
	{ "_ZTV6String", METHOD_TABLES + 32 * MT_STRING, 24, SYNTH_OBJECT },
	{ "_ZTV53__Array<S_P_CoreLib_System_Threading_SyncTable_Entry>", METHOD_TABLES + 32 * MT_ENTRIES, 24, SYNTH_OBJECT },
	{ "_ZTV33S_P_CoreLib_System_Threading_Lock", METHOD_TABLES + 32 * MT_LOCK, 24, SYNTH_OBJECT },
	{ "_ZTV6Object", METHOD_TABLES + 32 * MT_OBJECT, 24, SYNTH_OBJECT },
	{ "_ZTV14Shop_Shop_Desk", METHOD_TABLES + 32 * MT_DESK, 24, SYNTH_OBJECT },
	{ "__GCSTATICSS_P_CoreLib_System_Threading_SyncTable", GC_STATICS, 8, SYNTH_OBJECT },
};

static uint8_t *image; /* the seed that is made */

static void put(size_t at, uint64_t v) { memcpy(image + at, &v, 8); }
static void put32(size_t at, uint32_t v) { memcpy(image + at, &v, 4); }
static uint64_t type(unsigned i) { return BASE + METHOD_TABLES + 32 * i; }

static uint64_t word(const char *text)
{
	static size_t next;
	size_t at;

	if (!text) {
		next = WORDS;
		return 0;
	}
	at = next;
	next += strlen(text) + 1;
	memcpy(image + at, text, strlen(text) + 1);
	return BASE + at;
}

static void put_header(const struct version *v)
{
	const struct {
		const char *type, *field;
		uint32_t offset;
	} fields[] = {
		{ "ThreadStore", "m_ThreadList", 0 }, { "RuntimeThreadLocals", "m_pNext", v->link },
		{ "RuntimeThreadLocals", "m_threadId", v->id }, { "ExInfo", "m_pPrevExInfo", 0 },
	};
	const struct {
		const char *name;
		size_t at;
	} globals[] = { { "g_other", INSTANCE }, { "g_pTheRuntimeInstance", INSTANCE }, { "g_gcDacGlobals", COLLECTOR },
			{ "g_pFreeObjectEEType", INSTANCE + 8 } };

	word(NULL);
	memcpy(image + HEADER, "DNDH", 4);
	put32(HEADER + 4, v->header_major), put32(HEADER + 8, 1);
	put(HEADER + 16, BASE + TYPES), put(HEADER + 24, BASE + GLOBALS);
	for (unsigned i = 0; i < DA_ARRAY_SIZE(fields); i++) {
		put(TYPES + 24 * i, v->named ? word(fields[i].type) : 8);
		put(TYPES + 24 * i + 8, v->named ? word(fields[i].field) : 8);
		put32(TYPES + 24 * i + 16, fields[i].offset);
	}
	for (unsigned i = 0; i < DA_ARRAY_SIZE(globals); i++) {
		put(GLOBALS + 16 * i, v->named ? word(globals[i].name) : 8);
		put(GLOBALS + 16 * i + 8, BASE + globals[i].at);
	}
	put(INSTANCE, BASE + STORE), put(INSTANCE + 8, type(MT_OBJECT));
}

static void put_descriptor(size_t at, size_t pointers, size_t text, const char *json)
{
	put(at, 0x0043414443434e44ULL), put32(at + 8, 1), put32(at + 12, (uint32_t)strlen(json)), put(at + 16, BASE + text);
	put32(at + 24, 3), put(at + 32, BASE + pointers);
	memcpy(image + text, json, strlen(json));
}

static void put_descriptors(void)
{
	put_descriptor(DESCRIPTOR, POINTERS, TEXT,
		       "{\"version\":2,\"baseline\":\"empty\",\"types\":{\"ThreadStore\":{\"FirstThreadLink\":0}},\"globals\":{"
		       "\"RuntimeFlavor\":[\"NativeAot\",\"string\"],\"RuntimeProductVersionString\":[\"11.0.0\",\"string\"],"
		       "\"ThreadStore\":[[1],\"pointer\"]},\"subDescriptors\":{\"GC\":[[2],\"pointer\"]}}");
	put(POINTERS + 8, BASE + INSTANCE), put(POINTERS + 16, BASE + INSTANCE + 8);
	put(INSTANCE, BASE + STORE), put(INSTANCE + 8, BASE + WORDS);
	put_descriptor(WORDS, POINTERS, TEXT + 0x200,
		       "{\"version\":2,\"baseline\":\"empty\",\"types\":{},\"globals\":{\"MaxGeneration\":2}}");
}

static void put_types(void)
{
	static const struct {
		uint32_t flags, size;
	} types[MTS] = { [MT_STATICS] = { 0, 0x40 }, [MT_THREAD] = { 0, 0x60 }, [MT_ID] = { 0, 0x18 },
			 [MT_STRING] = { 0x80000002, 22 }, [MT_ENTRIES] = { 0x80000020, 24 }, [MT_LOCK] = { 0, 0x28 },
			 [MT_OBJECT] = { 0, 24 }, [MT_DESK] = { 0, 24 } };

	for (unsigned i = 0; i < MTS; i++) {
		put32(METHOD_TABLES + 32 * i, types[i].flags), put32(METHOD_TABLES + 32 * i + 4, types[i].size);
		put(METHOD_TABLES + 32 * i + 8, i == MT_OBJECT ? 0 : type(MT_OBJECT));
	}
}

/* The runtime's Thread of each, its statics, and the managed objects that they lead to. */
static void put_threads(const struct version *v)
{
	put(STORE, BASE + THREAD);
	for (unsigned i = 0; i < MANAGED; i++) {
		size_t thread = THREAD + 0x100 * i, root = ROOTS + 16 * i, statics = STATICS + 0x60 * i;
		size_t object = OBJECTS + 0x100 * i, id = object + 0x80, name = object + 0xa0;

		put(thread + v->link, i + 1 < MANAGED ? BASE + thread + 0x100 : 0), put(thread + v->id, 100 + i);
		put(thread + v->statics, BASE + root), put(root, BASE + statics);
		put(statics, type(MT_STATICS)), put(statics + 0x10, i == 2 ? 0 : BASE + object), put(statics + 0x18, BASE + id);
		put(object, type(MT_THREAD)), put(object + 24, BASE + id), put(object + 32, BASE + name);
		put32(object + 80, i ? 0x1004 : 0);
		put(id, type(MT_ID)), put32(id + 8, i + 1);
		put(name, type(MT_STRING)), put32(name + 8, 4), memcpy(image + name + 12, "d\0e\0s\0k", 8);
	}
}

/* An object whose monitor is entry 1 of the table. */
static void put_monitors(void)
{
	enum { FIELDS = GC_STATICS + 0x10, ENTRIES = GC_STATICS + 0x40, LOCK = GC_STATICS + 0xc0, OWNER = GC_STATICS + 0x110 };

	put(GC_STATICS, BASE + FIELDS), put(FIELDS, type(MT_STATICS)), put(FIELDS + 16, BASE + ENTRIES);
	put(ENTRIES, type(MT_ENTRIES)), put32(ENTRIES + 8, 2);
	put(ENTRIES + 16 + 32, BASE + LOCK), put(ENTRIES + 16 + 32 + 24, BASE + OWNER - 0x18);
	put(LOCK, type(MT_LOCK)), put32(LOCK + 16, 2), put32(LOCK + 20, 1), put32(LOCK + 24, 1);
	put(OWNER - 0x18, BASE + OWNER), put32(OWNER - 4, 0x8000001), put(OWNER, type(MT_DESK));
}

static void put_stacks(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned k = 0; k < 5; k++) {
			size_t frame = STACKS + STACK * i + 0x20 + 0x40 * k;

			put(frame, k < 4 ? BASE + frame + 0x40 : 0);
			put(frame + 8, BASE + CODE + FUNCTION * ((i + k) % 6) + 0x18);
			put(frame + 0x18, BASE + GC_STATICS + (k % 2 ? 0xc0 : 0x110));
		}
	/* push rbp; mov rbp, rsp; a call of the next that returns to 0x18; leave; ret */
	for (unsigned k = 0; k < 6; k++) {
		memset(image + CODE + FUNCTION * k, 0x90, FUNCTION);
		memcpy(image + CODE + FUNCTION * k, "\x55\x48\x89\xe5", 4);
		memcpy(image + CODE + FUNCTION * k + 0x13, "\xe8\x28\0\0\0\xc9\xc3", 7);
	}
}

static const char dead[] =
	"{\"version\":\"1.0.0\",\"runtime_version\":\"%s.0.7\",\"thread\":\"0x64\",\"reason\":\"0x%u\",\"message\":\"no desk\","
	"\"exception\":{\"address\":\"0x7e0000002000\",\"hr\":\"0x80131509\",\"message\":\"closed\","
	"\"type\":\"System.InvalidOperationException\",\"stack\":[{\"ip\":\"0x7e0000001008\",\"offset\":\"0x8\","
	"\"name\":\"System.Threading.Monitor.Enter(Object)\"},{\"ip\":\"0x7e0000001158\",\"offset\":\"0x18\","
	"\"name\":\"Shop.Desk.<Place>d__5.MoveNext()\"},{\"ip\":\"0x7e0000000010\",\"name\":\"Shop.Desk..ctor()\"},"
	"{\"ip\":\"0x7e0000000020\",\"name\":\"alone\"}],\"inner\":[{\"type\":\"System.Exception\"}]}}";

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	const unsigned kinds = DA_ARRAY_SIZE(versions), memories = 2 * kinds;
	const struct version *v = &versions[i % kinds];
	uint8_t *seed;

	if (i >= memories + DA_ARRAY_SIZE(texts))
		return NULL;
	if (i >= memories) {
		*ret_n = 1 + strlen(texts[i - memories]);
		seed = calloc(1, *ret_n + 1);
		memcpy(seed + 1, texts[i - memories], *ret_n);
		return seed;
	}
	*ret_n = 1 + SIZE;
	seed = calloc(1, *ret_n);
	seed[0] = 1;
	image = seed + 1;
	/* Every second one leaves the header to be searched for, with no symbol at all. */
	if (i < kinds)
		(void)synth_exports(image, SIZE, v->header_major ? symbols : symbols + 1, DA_ARRAY_SIZE(symbols) - !v->header_major);
	if (v->header_major)
		put_header(v);
	else
		put_descriptors();
	put_types();
	put_threads(v);
	put_monitors();
	if (i == 2) /* says that it has more entries than anybody looks at */
		put32(GC_STATICS + 0x48, UINT32_MAX);
	put_stacks();
	if (i % 2)
		snprintf((char *)image + JSON, TEXT - JSON, dead, i % kinds == 1 ? "9" : "11", i < kinds ? 1U : 2U);
	return seed;
}
