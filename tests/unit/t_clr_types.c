/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types, fields, methods and assemblies of CoreCLR: structures made by hand in one piece of memory, as 10
 * lays them out on Linux, around the image of an assembly.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/coreclr/coreclr.h"
#include "synth/synth_cli.h"
#include "unit.h"

#define BASE 0x7e0000000000ULL
#define LEN 0x40000
#define IMAGE (BASE + 0x20000)

static struct da_dump *d;
static struct da_clr *c;
static struct da_symbols *symbols;
static struct da_symbol_options options;
static uint8_t *file;
static uint64_t next; /* free memory */
static uint64_t module, assembly, object_mt;

/* ---------------------------------------------------------------- memory and layout */

static uint8_t *at(uint64_t addr) { return file + (addr - BASE); }
static void put(uint64_t addr, uint64_t v) { memcpy(at(addr), &v, 8); }
static void put32(uint64_t addr, uint32_t v) { memcpy(at(addr), &v, 4); }
static void put16(uint64_t addr, uint16_t v) { memcpy(at(addr), &v, 2); }

static uint64_t make(size_t n)
{
	uint64_t addr = next;

	next += (n + 15) & ~UINT64_C(15);
	ck_assert_uint_le(next, IMAGE);
	return addr;
}

#define OFF(t, f, n) (c->layout.off[DA_CLR_##t##_##f] = (n))
#define SIZE(t, n) (c->layout.size[DA_CLR_TYPE_##t] = (n))

static void layout(void)
{
	for (size_t i = 0; i < DA_CLR_FIELDS; i++)
		c->layout.off[i] = DA_CLR_UNKNOWN;
	for (size_t i = 0; i < DA_CLR_TYPES; i++)
		c->layout.size[i] = DA_CLR_UNKNOWN;
	OFF(MethodTable, MTFlags, 0), OFF(MethodTable, BaseSize, 4), OFF(MethodTable, MTFlags2, 8);
	OFF(MethodTable, NumVirtuals, 12), OFF(MethodTable, ParentMethodTable, 16), OFF(MethodTable, Module, 24);
	OFF(MethodTable, AuxiliaryData, 32), OFF(MethodTable, EEClassOrCanonMT, 40), OFF(MethodTable, PerInstInfo, 48);
	OFF(EEClass, MethodTable, 16), OFF(EEClass, FieldDescList, 24), OFF(EEClass, NumInstanceFields, 50);
	OFF(EEClass, NumStaticFields, 54), OFF(ArrayClass, Rank, 72);
	OFF(FieldDesc, DWord1, 8), OFF(FieldDesc, DWord2, 12), SIZE(FieldDesc, 16);
	OFF(DynamicStaticsInfo, GCStatics, 0), OFF(DynamicStaticsInfo, NonGCStatics, 8), SIZE(DynamicStaticsInfo, 24);
	OFF(GenericsDictInfo, NumDicts, 4), OFF(GenericsDictInfo, NumTypeArgs, 6);
	OFF(TypeDesc, TypeAndFlags, 0), OFF(ParamTypeDesc, TypeArg, 16);
	OFF(TypeVarTypeDesc, Module, 16), OFF(TypeVarTypeDesc, Token, 40);
	OFF(FnPtrTypeDesc, NumArgs, 24), OFF(FnPtrTypeDesc, RetAndArgTypes, 32);
	OFF(MethodDesc, Flags3AndTokenRemainder, 0), OFF(MethodDesc, ChunkIndex, 2), OFF(MethodDesc, Slot, 4);
	OFF(MethodDesc, Flags, 6), SIZE(MethodDesc, 16);
	OFF(MethodDescChunk, MethodTable, 0), OFF(MethodDescChunk, Size, 16), OFF(MethodDescChunk, FlagsAndTokenRange, 18);
	SIZE(MethodDescChunk, 24);
	OFF(InstantiatedMethodDesc, PerInstInfo, 24), OFF(InstantiatedMethodDesc, Flags2, 32);
	OFF(InstantiatedMethodDesc, NumGenericArgs, 34), SIZE(InstantiatedMethodDesc, 40);
	OFF(DynamicMethodDesc, MethodName, 32), OFF(StoredSigMethodDesc, ExtendedFlags, 28);
	OFF(AsyncMethodData, Flags, 0);
	OFF(AppDomain, DomainAssemblyList, 64), OFF(DomainAssembly, Assembly, 0);
	OFF(ArrayListBase, Count, 0), OFF(ArrayListBase, FirstBlock, 8);
	OFF(ArrayListBlock, Next, 0), OFF(ArrayListBlock, Size, 8), OFF(ArrayListBlock, ArrayStart, 16);
	OFF(Assembly, Module, 16), OFF(Module, Assembly, 248), OFF(Module, PEAssembly, 216), OFF(Module, Base, 224);
	OFF(Module, Path, 200), OFF(Module, TypeDefToMethodTableMap, 416), OFF(Module, MethodDefToDescMap, 448);
	OFF(ModuleLookupMap, Next, 0), OFF(ModuleLookupMap, TableData, 8), OFF(ModuleLookupMap, Count, 16);
	OFF(ModuleLookupMap, SupportedFlagsMask, 24);
}

static void global(enum da_clr_global g, bool address, uint64_t value)
{
	c->layout.global[g].known = true;
	c->layout.global[g].address = address;
	c->layout.global[g].value = value;
}

static void variable(enum da_clr_global g, uint64_t value)
{
	uint64_t a = make(8);

	put(a, value);
	global(g, true, a);
}

/* ---------------------------------------------------------------- the runtime's structures */

static uint64_t new_mt(uint32_t rid, uint32_t flags, uint64_t parent)
{
	uint64_t mt = make(64), class = make(80);

	put32(mt, flags), put32(mt + 4, 24), put32(mt + 8, rid << 8);
	put(mt + 16, parent), put(mt + 24, module), put(mt + 40, class);
	put(class + 16, mt);
	return mt;
}

/* An instance: it has no class of its own, its canonical form does. */
static uint64_t new_instance(uint32_t rid, uint64_t argument)
{
	uint64_t canon = new_mt(rid, 0x10, object_mt), mt = make(64), dicts = make(24), args = make(8);

	memcpy(at(mt), at(canon), 64);
	put(mt + 40, canon | 1);
	put16(dicts + 4, 1), put16(dicts + 6, 1), put(dicts + 8, args);
	put(args, argument);
	put(mt + 48, dicts + 8);
	return mt;
}

/* n MethodDescs of one chunk, 16 bytes apart; the first. */
static uint64_t new_methods(uint64_t mt, unsigned n, size_t size)
{
	uint64_t chunk = make(24 + n * size);

	put(chunk, mt);
	*at(chunk + 16) = (uint8_t)(n * size / 8 - 1);
	for (unsigned i = 0; i < n; i++)
		*at(chunk + 24 + i * size + 2) = (uint8_t)(i * size / 8);
	return chunk + 24;
}

static void set_method(uint64_t desc, uint32_t rid, uint16_t flags)
{
	put16(desc, (uint16_t)rid), put16(desc + 6, flags);
}

static void put_image(const uint8_t *pdb_guid)
{
	struct synth_cli *s = synth_cli_new();
	struct synth_cli_image im = { .mapped = true, .pdb_guid = pdb_guid, .pdb_path = "C:\\build\\shop.pdb" };
	size_t n;
	uint8_t *md, *bytes;

	synth_cli_shop(s);
	md = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &im.n);
	im.metadata = md;
	bytes = synth_cli_image(&im, &n);
	ck_assert_uint_le(n, BASE + LEN - IMAGE);
	memcpy(at(IMAGE), bytes, n);
	free(bytes);
	free(md);
	synth_cli_free(s);
}

static void put_wide(uint64_t addr, const char *s)
{
	for (size_t i = 0; s[i]; i++)
		put16(addr + 2 * i, (uint8_t)s[i]);
}

static void range(uint64_t start, uint64_t off, uint64_t len)
{
	*da_vec_add(d->arena, &d->proc.mem.ranges) =
		(struct da_range){ .start = start, .end = start + len, .file_off = off, .file_len = len,
				   .prot = DA_PROT_R | DA_PROT_W, .has_prot = true, .module = DA_NONE };
}

static void make_domain(void)
{
	uint64_t ad = make(128), element = make(16), path = make(64);

	module = make(512);
	assembly = make(64);
	put(module + 248, assembly), put(module + 224, IMAGE), put(module + 200, path), put(module + 216, make(16));
	put(assembly + 16, module);
	put(element, assembly);
	put_wide(path, "/srv/shop/shop.dll");
	put32(ad + 64, 1), put32(ad + 64 + 8 + 8, 4), put(ad + 64 + 8 + 16, element);
	variable(DA_CLR_G_AppDomain, ad);
}

static void setup(void)
{
	static const uint8_t guid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, LEN);
	d->proc.os = DA_OS_LINUX;
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ file, LEN };
	range(BASE, 0, LEN);
	da_vec_add(d->arena, &d->proc.runtimes);
	options = (struct da_symbol_options){ .no_local = true };
	symbols = da_symbols_new(d, &options);
	c = da_new(d->arena, struct da_clr);
	c->dump = d;
	c->symbols = symbols;
	c->arena = d->arena;
	c->mem = &d->proc.mem;
	c->major = 10;
	next = BASE;
	layout();
	put_image(guid);
	make_domain();
	object_mt = new_mt(5, 0, 0); /* "Plain" stands for System.Object */
	variable(DA_CLR_G_ObjectMethodTable, object_mt);
}

static void done(void)
{
	da_dump_free(d);
}

/* ---------------------------------------------------------------- assemblies */

START_TEST(assembly_of_the_domain)
{
	const struct da_assembly *a;

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.assemblies.n, 1);
	a = &d->proc.assemblies.v[0];
	ck_assert_str_eq(a->name, "shop");
	ck_assert_str_eq(a->version, "3.2.1.0");
	ck_assert_str_eq(a->product_version, "3.2.1+abc");
	ck_assert_str_eq(a->path, "/srv/shop/shop.dll");
	ck_assert(a->has_mvid && a->has_pdb_id && !a->dynamic);
	ck_assert_str_eq(a->pdb_name, "shop.pdb");
	ck_assert_uint_eq(a->base, IMAGE);
	ck_assert_uint_eq(a->class, DA_CLASS_OWN);
	ck_assert_ptr_null(a->missing_why);
	ck_assert_ptr_eq(da_clr_module_at(c, module), &c->modules->v.v[0]);
	ck_assert_ptr_eq(c->modules->corelib, &c->modules->v.v[0]);
	ck_assert_ptr_null(da_clr_module_at(c, module + 8));
	ck_assert_ptr_null(da_clr_module_at(c, 0));
	done();
}
END_TEST

/* The list lies elsewhere in a build that no table knows. */
START_TEST(list_proves_itself)
{
	setup();
	OFF(AppDomain, DomainAssemblyList, 8);
	ck_assert_int_ne(da_clr_modules_read(c), DA_OK); /* before where a search begins */
	done();
	setup();
	next += 0x200;
	{
		uint64_t ad = make(0x200), element = make(16);

		put(element, assembly);
		put32(ad + 0xa8, 1), put32(ad + 0xa8 + 16, 1), put(ad + 0xa8 + 24, element);
		variable(DA_CLR_G_AppDomain, ad);
	}
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	ck_assert_uint_eq(d->proc.assemblies.n, 1);
	done();
}
END_TEST

/* Without the image's pages nothing is known but the path, and which file to bring. */
START_TEST(image_that_is_missing)
{
	const struct da_clr_method *m;
	uint64_t md;

	setup();
	d->proc.mem.ranges.v[0].file_len = IMAGE - BASE;
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	ck_assert_str_eq(d->proc.assemblies.v[0].name, "shop");
	ck_assert(!d->proc.assemblies.v[0].has_mvid);
	ck_assert_ptr_nonnull(d->proc.assemblies.v[0].missing_why);
	md = new_methods(object_mt, 1, 16);
	set_method(md, 5, 0);
	m = da_clr_method(c, md);
	ck_assert_ptr_nonnull(m);
	ck_assert_ptr_null(m->raw);
	ck_assert_str_eq(m->name, "System.Object.(method 0x06000005)");
	ck_assert_uint_eq(m->token, 0x06000005);
	done();
}
END_TEST

/* A pool in two segments. */
static void put_pool(uint64_t pool, const void *bytes, size_t n)
{
	uint64_t first = make(n / 2 + 16), second = make(n + 16), seg = make(32);

	memcpy(at(first), bytes, n / 2);
	memcpy(at(second), (const uint8_t *)bytes + n / 2, n - n / 2);
	put(pool + 8, first), put(pool + 16, seg), put32(pool + 28, (uint32_t)(n / 2));
	put(seg, second), put(seg + 8, 0), put32(seg + 20, (uint32_t)(n - n / 2));
}

/* An assembly that was made at run time has tables that grow, and no image. */
START_TEST(emitted_assembly)
{
	static const char strings[] = "\0<Module>\0Emitted\0Tax\0Compute";
	static const uint16_t modules[] = { 0, 18, 0, 0, 0 };
	static const uint16_t types[] = { 0, 0, 1, 0, 0, 1, 1, 1, 0, 18, 10, 0, 1, 1 };
	static const uint16_t methods[] = { 0, 0, 0, 0x16, 22, 0, 1 };
	enum { TABLES = 0x100, TABLE = 80, HEAPS = TABLES + 45 * TABLE };
	uint64_t pe, import, mini, mt, md;

	setup();
	OFF(PEAssembly, MDImportIsRW, 16), OFF(PEAssembly, MDImport, 24), OFF(MDInternalRW, Stgdb, 16);
	OFF(CLiteWeightStgdbRW, MiniMd, 0), OFF(CMiniMdRW, Schema, 8), OFF(CMiniMdRW, Tables, TABLES);
	OFF(CMiniMdRW, StringHeap, HEAPS), OFF(CMiniMdRW, BlobHeap, HEAPS + 80), OFF(CMiniMdRW, GuidHeap, HEAPS + 160);
	OFF(CMiniMdSchema, Heaps, 6), OFF(CMiniMdSchema, RecordCounts, 24), SIZE(TableRW, TABLE);
	OFF(StgPool, SegData, 8), OFF(StgPool, NextSegment, 16), OFF(StgPool, DataSize, 28);
	OFF(StgPoolSeg, SegData, 0), OFF(StgPoolSeg, NextSegment, 8), OFF(StgPoolSeg, DataSize, 20);
	pe = make(64), import = make(32), mini = make(HEAPS + 240);
	put(module + 216, pe), put(module + 224, 0), put(module + 200, 0);
	put(pe + 24, import), put32(pe + 16, 1), put(import + 16, mini);
	put32(mini + 8 + 24, 1), put32(mini + 8 + 24 + 4 * 2, 2), put32(mini + 8 + 24 + 4 * 6, 1);
	put_pool(mini + TABLES, modules, sizeof(modules));
	put_pool(mini + TABLES + 2 * TABLE, types, sizeof(types));
	put_pool(mini + TABLES + 6 * TABLE, methods, sizeof(methods));
	put_pool(mini + HEAPS, strings, sizeof(strings));
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	ck_assert_ptr_nonnull(c->modules->v.v[0].metadata);
	ck_assert(d->proc.assemblies.v[0].dynamic);
	mt = new_mt(2, 0, object_mt);
	ck_assert_str_eq(da_clr_type_name(c, mt), "Emitted.Tax");
	md = new_methods(mt, 1, 16);
	set_method(md, 1, 0);
	ck_assert_str_eq(da_clr_method(c, md)->name, "Emitted.Tax.Compute");
	done();
}
END_TEST

/* ---------------------------------------------------------------- types */

START_TEST(names_of_types)
{
	uint64_t definition, instance, nested, array, matrix, desc;

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	definition = new_mt(2, 0x30, object_mt);
	ck_assert_str_eq(da_clr_type_name(c, definition), "Shop.Orders<TKey>");
	instance = new_instance(2, object_mt);
	ck_assert_str_eq(da_clr_type_name(c, instance), "Shop.Orders<Plain>");
	nested = new_instance(4, instance);
	ck_assert_str_eq(da_clr_type_name(c, nested), "Shop.Orders<Shop.Orders<Plain>>+Keys+<PlaceAsync>d__2");
	array = new_mt(0, 0x000a0000, object_mt);
	put(array + 48, instance);
	ck_assert_str_eq(da_clr_type_name(c, array), "Shop.Orders<Plain>[]");
	matrix = new_mt(0, 0x00080000, object_mt);
	put(matrix + 48, array);
	c->layout.off[DA_CLR_ArrayClass_Rank] = DA_CLR_UNKNOWN;
	put32(matrix + 4, 24 + 3 * 8);
	ck_assert_str_eq(da_clr_type_name(c, matrix), "Shop.Orders<Plain>[][,,]");
	desc = make(64);
	put32(desc, 0x0f), put(desc + 16, object_mt);
	ck_assert_str_eq(da_clr_type_name(c, desc | 2), "Plain*");
	desc = make(64);
	put32(desc, 0x13), put(desc + 16, module), put32(desc + 40, 0x2a000001);
	ck_assert_str_eq(da_clr_type_name(c, desc | 2), "TKey");
	desc = make(64);
	put32(desc, 0x1b), put32(desc + 24, 1), put(desc + 32, object_mt), put(desc + 40, array);
	ck_assert_str_eq(da_clr_type_name(c, desc | 2), "delegate*<Shop.Orders<Plain>[], Plain>");
	ck_assert(da_clr_derives_from(c, instance, object_mt));
	ck_assert(!da_clr_derives_from(c, object_mt, instance));
	done();
}
END_TEST

/* Nothing that only looks like a MethodTable is one, and nothing leads into a circle. */
START_TEST(hostile_types)
{
	uint64_t a, b;

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	ck_assert_ptr_null(da_clr_mt(c, 0));
	ck_assert_ptr_null(da_clr_mt(c, BASE + LEN - 8));
	ck_assert_ptr_null(da_clr_mt(c, object_mt + 4));
	ck_assert_ptr_null(da_clr_mt(c, object_mt + 8));
	a = new_mt(2, 0, object_mt);
	put(a + 40, a | 1); /* its own canonical form */
	ck_assert_ptr_null(da_clr_mt(c, a));
	a = new_instance(2, 0);
	b = new_instance(2, a);
	{
		uint64_t info, args;

		memcpy(&info, at(a + 48), 8);
		memcpy(&args, at(info), 8);
		put(args, b); /* each is the other's argument */
	}
	ck_assert_ptr_nonnull(da_clr_type_name(c, a));
	ck_assert_ptr_nonnull(da_clr_type_name(c, b));
	b = new_mt(0, 0x000a0000, 0);
	put(b + 48, b); /* an array of itself */
	ck_assert_ptr_null(da_clr_type_name(c, b));
	a = make(64);
	put32(a, 0x0f), put(a + 16, a | 2); /* a pointer to itself */
	ck_assert_ptr_null(da_clr_type_name(c, a | 2));
	a = new_mt(2, 0x10, 0);
	put(a + 48, 8); /* arguments nowhere */
	ck_assert_str_eq(da_clr_type_name(c, a), "Shop.Orders`1");
	a = new_mt(0x7fffff, 0, a);
	put(a + 16, a); /* its own parent */
	ck_assert_ptr_null(da_clr_type_name(c, a));
	ck_assert(!da_clr_derives_from(c, a, object_mt));
	done();
}
END_TEST

/* Every address and every pointer of a structure, as something else. */
START_TEST(any_address)
{
	uint32_t seed = 7;

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	for (uint64_t a = BASE; a < next; a += 8) {
		(void)da_clr_type_name(c, a);
		(void)da_clr_type_name(c, a | 2);
		(void)da_clr_method(c, a);
	}
	for (int round = 0; round < 3000; round++) {
		uint64_t mt = next = BASE + 0x4000;

		mt = new_instance(2, object_mt);
		for (int k = 0; k < 3; k++) {
			uint64_t where = BASE + 0x4000 + ((seed = seed * 1664525u + 1013904223u) >> 8) % (next - BASE - 0x4000);

			seed = seed * 1664525u + 1013904223u;
			put32(where & ~UINT64_C(3), seed >> (seed & 15));
		}
		c->types = NULL;
		(void)da_clr_type_name(c, mt);
		(void)da_clr_method(c, mt + 24);
		{
			struct da_clr_slot slot;
			uint64_t v;

			(void)da_clr_slot(c, mt, "x", &slot);
			(void)da_clr_static(c, mt, "x", &v);
		}
	}
	done();
}
END_TEST

/* ---------------------------------------------------------------- methods */

START_TEST(names_of_methods)
{
	uint64_t orders, machine, keys, md, args;
	const struct da_clr_method *m;

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	orders = new_instance(2, object_mt);
	md = new_methods(orders, 3, 40);
	set_method(md, 1, 0);
	m = da_clr_method(c, md);
	ck_assert_str_eq(m->raw, "Shop.Orders<Plain>..ctor");
	ck_assert_str_eq(m->name, "Shop.Orders<Plain>..ctor");
	ck_assert_uint_eq(m->token, 0x06000001);
	ck_assert_ptr_eq(m->module, &c->modules->v.v[0]);
	ck_assert_ptr_eq(da_clr_method(c, md), m);
	/* a generic one, with its argument, and as a definition */
	args = make(16);
	put(args, object_mt), put(args + 8, 8);
	set_method(md + 40, 2, 5);
	put(md + 40 + 24, args), put16(md + 40 + 32, 3), put16(md + 40 + 34, 2);
	m = da_clr_method(c, md + 40);
	ck_assert_str_eq(m->raw, "Shop.Orders<Plain>.PlaceAsync<Plain, ?>");
	set_method(md + 80, 2, 5);
	put16(md + 80 + 32, 1), put16(md + 80 + 34, 2);
	ck_assert_str_eq(da_clr_method(c, md + 80)->raw, "Shop.Orders<Plain>.PlaceAsync<TItem, TOther>");
	/* of a state machine */
	machine = new_mt(4, 0, object_mt);
	md = new_methods(machine, 1, 16);
	set_method(md, 4, 0);
	m = da_clr_method(c, md);
	ck_assert_str_eq(m->raw, "Shop.Orders`1+Keys+<PlaceAsync>d__2.MoveNext");
	ck_assert_str_eq(m->name, "Shop.Orders.Keys.PlaceAsync");
	/* a method that belongs to another type is none */
	keys = new_mt(3, 0, object_mt);
	md = new_methods(keys, 1, 16);
	set_method(md, 4, 0);
	ck_assert_ptr_null(da_clr_method(c, md));
	/* behind the end of its chunk */
	md = new_methods(orders, 1, 16);
	*at(md + 16 + 2) = 2;
	ck_assert_ptr_null(da_clr_method(c, md + 16));
	done();
}
END_TEST

START_TEST(methods_made_at_run_time)
{
	uint64_t md, array, name = 0;
	const struct da_clr_method *m;

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	name = make(32);
	memcpy(at(name), "EmittedDiscount", 16);
	md = new_methods(object_mt, 2, 48);
	set_method(md, 0, 7);
	put32(md + 28, 0x4000), put(md + 32, name);
	m = da_clr_method(c, md);
	ck_assert(m->lcg && !m->il_stub);
	ck_assert_uint_eq(m->token, 0);
	ck_assert_str_eq(m->raw, "DynamicClass.EmittedDiscount");
	ck_assert_str_eq(m->name, "DynamicClass.EmittedDiscount (dynamic)");
	set_method(md + 48, 0, 7);
	put32(md + 48 + 28, 0x8000), put(md + 48 + 32, 8);
	m = da_clr_method(c, md + 48);
	ck_assert(m->il_stub);
	ck_assert_ptr_nonnull(m->name);
	ck_assert_ptr_null(m->raw);
	array = new_mt(0, 0x000a0000, object_mt);
	put(array + 48, object_mt), put16(array + 12, 4);
	md = new_methods(array, 1, 32);
	set_method(md, 0, 4), put16(md + 4, 5);
	ck_assert_str_eq(da_clr_method(c, md)->raw, "Plain[].Set");
	put16(md + 4, 9);
	c->types = NULL;
	ck_assert_str_eq(da_clr_method(c, md)->raw, "Plain[]..ctor");
	done();
}
END_TEST

/* ---------------------------------------------------------------- fields */

static void add_fields(uint64_t mt, unsigned instance, unsigned statics, uint64_t list)
{
	uint64_t class;

	memcpy(&class, at(mt + 40), 8);
	put16(class + 50, (uint16_t)instance), put16(class + 54, (uint16_t)statics), put(class + 24, list);
}

START_TEST(fields_by_name)
{
	struct da_clr_slot slot;
	struct da_md_field f;
	uint64_t parent, mt, list = 0, aux, gc, v;
	char names[3][32];

	setup();
	ck_assert_int_eq(da_clr_modules_read(c), DA_OK);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(da_metadata_field(c->modules->corelib->metadata, i + 1, &f), DA_OK);
		snprintf(names[i], sizeof(names[i]), "%s", f.name);
	}
	parent = new_mt(2, 0, 0);
	list = make(16);
	put32(list + 8, 1), put32(list + 12, 8u << 27 | 4);
	add_fields(parent, 1, 0, list);
	mt = new_mt(3, 0, parent);
	list = make(32);
	put32(list + 8, 2), put32(list + 12, 0x12u << 27 | 16);
	put32(list + 24, 0x1000000 | 3), put32(list + 28, 0x12u << 27 | 24);
	add_fields(mt, 2, 1, list);
	ck_assert_int_eq(da_clr_slot(c, mt, names[1], &slot), DA_OK);
	ck_assert_uint_eq(slot.offset, 24);
	ck_assert_uint_eq(slot.type, 0x12);
	ck_assert_int_eq(da_clr_slot(c, mt, names[0], &slot), DA_OK); /* of the parent */
	ck_assert_uint_eq(slot.offset, 12);
	ck_assert_uint_eq(slot.type, 8);
	ck_assert_int_eq(da_clr_slot(c, mt, names[2], &slot), DA_NOT_FOUND);
	ck_assert_int_eq(da_clr_slot(c, mt, "none", &slot), DA_NOT_FOUND);
	ck_assert_int_eq(da_clr_slot(c, 8, names[0], &slot), DA_NOT_FOUND);
	aux = make(64) + 32;
	gc = make(64);
	put(aux - 24, gc | 1), put(mt + 32, aux), put32(mt + 8, 3 << 8 | 2);
	ck_assert_int_eq(da_clr_static(c, mt, names[2], &v), DA_OK);
	ck_assert_uint_eq(v, gc + 24);
	ck_assert_int_eq(da_clr_static(c, mt, names[0], &v), DA_NOT_FOUND);
	done();
}
END_TEST

UNIT_MAIN("clr_types", assembly_of_the_domain, list_proves_itself, image_that_is_missing, emitted_assembly, names_of_types, hostile_types,
	  any_address, names_of_methods, methods_made_at_run_time, fields_by_name)
