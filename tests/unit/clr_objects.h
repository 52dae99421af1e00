/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A managed heap made by hand: types with named fields, objects, strings, arrays, in one piece of memory laid
 * out as CoreCLR 10 does. What types.c would read from metadata is said by tables here.
 */
#ifndef DA_TESTS_UNIT_CLR_OBJECTS_H
#define DA_TESTS_UNIT_CLR_OBJECTS_H

#include <string.h>

#include "runtime/coreclr/coreclr.h"
#include "unit.h"

#define BASE 0x7e0000000000ULL
#define LEN 0x40000
#define TYPES 40
#define FIELDS 8

enum { T_BOOL = 0x02, T_I4 = 0x08, T_STRING = 0x0e, T_VALUE = 0x11, T_CLASS = 0x12, T_I = 0x18, T_U1 = 0x05 };

struct type {
	struct da_clr_mt mt;
	struct {
		const char *name;
		uint32_t offset;
		uint8_t type;
	} fields[FIELDS];
	unsigned nfields;
};

static struct da_dump *d;
static struct da_clr *c;
static uint8_t *file;
static uint64_t next;
static struct type types[TYPES];
static unsigned ntypes;

/* ---------------------------------------------------------------- memory */

static uint8_t *at(uint64_t addr) { return file + (addr - BASE); }
static DA_UNUSED void put(uint64_t addr, uint64_t v) { memcpy(at(addr), &v, 8); }
static DA_UNUSED void put32(uint64_t addr, uint32_t v) { memcpy(at(addr), &v, 4); }

static uint64_t make(size_t n)
{
	uint64_t addr = next;

	next += (n + 15) & ~UINT64_C(15);
	ck_assert_uint_le(next, BASE + LEN);
	return addr;
}

#define OFF(t, f, n) (c->layout.off[DA_CLR_##t##_##f] = (n))

static void global(enum da_clr_global g, bool address, uint64_t value)
{
	c->layout.global[g].known = true;
	c->layout.global[g].address = address;
	c->layout.global[g].value = value;
}

/* A variable of the runtime that holds this. */
static DA_UNUSED void variable(enum da_clr_global g, uint64_t value)
{
	uint64_t a = make(8);

	put(a, value);
	global(g, true, a);
}

/* ---------------------------------------------------------------- types */

static struct type *type_at(uint64_t mt)
{
	for (unsigned i = 0; i < ntypes; i++)
		if (types[i].mt.address == mt)
			return &types[i];
	return NULL;
}

static uint64_t new_type(const char *name, uint64_t parent)
{
	struct type *t = &types[ntypes++];

	ck_assert_uint_le(ntypes, TYPES);
	memset(t, 0, sizeof(*t));
	t->mt.address = make(64);
	t->mt.parent = parent;
	t->mt.name = name;
	t->mt.base_size = 128;
	return t->mt.address;
}

static uint64_t array_type(const char *name, uint32_t component)
{
	uint64_t mt = new_type(name, 0);
	struct type *t = type_at(mt);

	t->mt.is_array = true;
	t->mt.component_size = component;
	t->mt.base_size = 24;
	return mt;
}

static DA_UNUSED void field(uint64_t mt, const char *name, uint32_t offset, uint8_t element)
{
	struct type *t = type_at(mt);

	ck_assert_uint_lt(t->nfields, FIELDS);
	t->fields[t->nfields].name = name;
	t->fields[t->nfields].offset = offset;
	t->fields[t->nfields++].type = element;
}

const struct da_clr_mt *da_clr_mt(struct da_clr *unused, uint64_t addr)
{
	struct type *t = type_at(addr);

	(void)unused;
	return t ? &t->mt : NULL;
}

const char *da_clr_type_name(struct da_clr *unused, uint64_t handle)
{
	(void)unused;
	return type_at(handle) ? type_at(handle)->mt.name : NULL;
}

uint64_t da_clr_corelib_type(struct da_clr *unused, const char *name)
{
	(void)unused;
	for (unsigned i = 0; i < ntypes; i++)
		if (strcmp(types[i].mt.name, name) == 0)
			return types[i].mt.address;
	return 0;
}

bool da_clr_derives_from(struct da_clr *unused, uint64_t mt, uint64_t base)
{
	(void)unused;
	for (struct type *t = type_at(mt); t; t = type_at(t->mt.parent))
		if (t->mt.address == base)
			return true;
	return false;
}

enum da_status da_clr_slot(struct da_clr *unused, uint64_t mt, const char *name, struct da_clr_slot *ret)
{
	(void)unused;
	for (struct type *t = type_at(mt); t; t = type_at(t->mt.parent))
		for (unsigned i = 0; i < t->nfields; i++)
			if (strcmp(t->fields[i].name, name) == 0) {
				ret->offset = t->fields[i].offset;
				ret->type = t->fields[i].type;
				return DA_OK;
			}
	return DA_NOT_FOUND;
}

enum da_status da_clr_declared(struct da_clr *unused, uint64_t mt, uint32_t i, struct da_clr_declared *ret)
{
	struct type *t = type_at(mt);

	(void)unused;
	if (!t || i >= t->nfields)
		return DA_NOT_FOUND;
	*ret = (struct da_clr_declared){ .name = t->fields[i].name, .slot = { t->fields[i].offset, t->fields[i].type } };
	if (t->fields[i].type == T_VALUE)
		ret->value_type = "System.Guid";
	return DA_OK;
}

const struct da_place *da_clr_method_place(struct da_clr *clr, uint64_t desc, uint64_t pc, bool caller)
{
	struct da_place *p = da_new(clr->arena, struct da_place);

	(void)caller;
	p->raw = da_printf(clr->arena, "method %llx at %llx", (unsigned long long)desc, (unsigned long long)pc);
	return p;
}

/* ---------------------------------------------------------------- objects */

static uint64_t string_mt, object_mt, exception_mt, bytes_mt, objects_mt;

/* An object with room for its fields; the header word in front is 0. */
static uint64_t new_object(uint64_t mt, size_t n)
{
	uint64_t o = make(n + 16) + 8;

	put(o, mt);
	return o;
}

static DA_UNUSED uint64_t new_string(const char *s)
{
	size_t n = strlen(s);
	uint64_t o = new_object(string_mt, 16 + 2 * n);

	put32(o + 8, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		at(o + 12)[2 * i] = (uint8_t)s[i];
	return o;
}

static DA_UNUSED uint64_t new_array(uint64_t mt, uint32_t n, uint32_t component)
{
	uint64_t o = new_object(mt, 16 + (size_t)n * component);

	put32(o + 8, n);
	return o;
}

static void layout(void)
{
	for (size_t i = 0; i < DA_CLR_FIELDS; i++)
		c->layout.off[i] = DA_CLR_UNKNOWN;
	for (size_t i = 0; i < DA_CLR_TYPES; i++)
		c->layout.size[i] = DA_CLR_UNKNOWN;
	OFF(Object, m_pMethTab, 0), OFF(String, m_StringLength, 8), OFF(String, m_FirstChar, 12);
	OFF(Array, m_NumComponents, 8);
	global(DA_CLR_G_ObjectToMethodTableUnmask, false, 7);
	global(DA_CLR_G_SyncBlockValueToObjectOffset, false, 4);
}

static void setup(unsigned major)
{
	struct da_range *r;

	d = da_dump_new(&da_limits_default, NULL);
	file = da_alloc(d->arena, LEN);
	d->proc.os = DA_OS_LINUX;
	d->proc.arch = da_arch_by_elf(62, 2, false);
	d->proc.mem.word = 8;
	d->proc.mem.file = d->file = (struct da_bytes){ file, LEN };
	r = da_vec_add(d->arena, &d->proc.mem.ranges);
	*r = (struct da_range){ .start = BASE, .end = BASE + LEN, .file_len = LEN, .prot = DA_PROT_R | DA_PROT_W,
				.has_prot = true, .module = DA_NONE };
	c = da_new(d->arena, struct da_clr);
	c->dump = d;
	c->arena = d->arena;
	c->mem = &d->proc.mem;
	c->major = major;
	da_vec_add(d->arena, &d->proc.runtimes);
	c->threads = da_new(d->arena, struct da_clr_threads);
	next = BASE;
	ntypes = 0;
	layout();
	object_mt = new_type("System.Object", 0);
	string_mt = new_type("System.String", object_mt);
	exception_mt = new_type("System.Exception", object_mt);
	bytes_mt = array_type("System.SByte[]", 1);
	objects_mt = array_type("System.Object[]", 8);
	variable(DA_CLR_G_StringMethodTable, string_mt);
	variable(DA_CLR_G_ObjectMethodTable, object_mt);
	variable(DA_CLR_G_ExceptionMethodTable, exception_mt);
	variable(DA_CLR_G_FreeObjectMethodTable, new_type("Free", 0));
}

/* All memory so far and to come is the heap of the collector. */
static DA_UNUSED void make_heap(uint64_t start, uint64_t end)
{
	uint64_t generation = make(16), segment = make(32);

	OFF(Generation, StartSegment, 0), OFF(HeapSegment, Mem, 0), OFF(HeapSegment, Committed, 8);
	OFF(HeapSegment, Next, 16);
	c->layout.size[DA_CLR_TYPE_Generation] = 16;
	global(DA_CLR_G_TotalGenerationCount, false, 1);
	global(DA_CLR_G_GCHeapGenerationTable, true, generation);
	put(generation, segment);
	put(segment, start);
	put(segment + 8, end);
}

static void done(void)
{
	da_dump_free(d);
}

/* A thread of the system with its managed one. */
static DA_UNUSED uint64_t new_thread(uint32_t managed_id, uint32_t tid)
{
	struct da_thread *t = da_vec_add(d->arena, &d->proc.threads);
	struct da_managed_thread *m = da_vec_add(d->arena, &d->proc.managed_threads);
	struct da_clr_thread *th = da_vec_add(d->arena, &c->threads->v);
	uint32_t i = (uint32_t)d->proc.threads.n - 1;

	t->tid = tid;
	*m = (struct da_managed_thread){ .thread = i, .managed_id = managed_id, .tid = tid, .address = make(512),
					 .exception = DA_NONE, .state = 0x02021220 };
	*th = (struct da_clr_thread){ .address = m->address, .model = (uint32_t)d->proc.managed_threads.n - 1, .tid = tid };
	return m->address;
}

#endif
