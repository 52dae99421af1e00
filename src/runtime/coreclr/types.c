/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MethodTables, and what a type handle is called.
 *
 * A handle is a MethodTable, or with bit 1 set a TypeDesc (pointers, type parameters, function pointers).
 * A MethodTable is believed when its EEClass leads back to its canonical MethodTable. In small dumps the
 * EEClass may be missing; then its Module must be one of the runtime's list.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/types.h"

enum { PARENTS = 256, NESTING = 24, ARGUMENTS = 256, RANK = 32, MAP_BLOCKS = 4096, MAP_ENTRIES = 1 << 24 };

/* MTFlags. Below HAS_COMPONENT_SIZE the low half is the size of a component. */
enum { CATEGORY = 0x000f0000, ARRAY_MASK = 0x000c0000, ARRAY = 0x00080000, SZ_ARRAY = 0x000a0000,
       VALUE = 0x00040000, HAS_POINTERS = 0x01000000, GENERICS = 0x30, GENERIC_DEFINITION = 0x30 };
#define HAS_COMPONENT_SIZE 0x80000000u

/* CorElementType of a TypeDesc. */
enum { E_PTR = 0x0f, E_BYREF = 0x10, E_VALUETYPE = 0x11, E_VAR = 0x13, E_FNPTR = 0x1b, E_MVAR = 0x1e };

struct da_clr_types *da_clr_types_of(struct da_clr *c)
{
	if (!c->types)
		c->types = da_new(c->arena, struct da_clr_types);
	return c->types;
}

struct da_metadata *da_clr_metadata_of(struct da_clr *c, uint64_t module)
{
	struct da_clr_module *m = da_clr_module_at(c, module);

	return m ? m->metadata : NULL;
}

/* ---------------------------------------------------------------- maps of a Module */

enum da_status da_clr_lookup(struct da_clr *c, uint64_t map, uint32_t rid, uint64_t *ret)
{
	uint64_t mask = 0;

	DA_CLR_PTR(c, map, ModuleLookupMap, SupportedFlagsMask, &mask);
	for (unsigned i = 0; map && i < MAP_BLOCKS; i++) {
		uint64_t count, table, value;

		if (DA_CLR_U32(c, map, ModuleLookupMap, Count, &count) != DA_OK ||
		    DA_CLR_PTR(c, map, ModuleLookupMap, TableData, &table) != DA_OK)
			return DA_FAULT;
		if (rid < count) {
			if (da_mem_word(c->mem, table + (uint64_t)rid * c->mem->word, &value) != DA_OK)
				return DA_FAULT;
			value &= ~mask;
			if (!value)
				return DA_NOT_FOUND;
			*ret = value;
			return DA_OK;
		}
		rid -= (uint32_t)count;
		if (DA_CLR_PTR(c, map, ModuleLookupMap, Next, &map) != DA_OK)
			return DA_FAULT;
	}
	return DA_NOT_FOUND;
}

uint32_t da_clr_lookup_count(struct da_clr *c, uint64_t map)
{
	uint64_t n = 0, count;

	for (unsigned i = 0; map && i < MAP_BLOCKS; i++) {
		if (DA_CLR_U32(c, map, ModuleLookupMap, Count, &count) != DA_OK ||
		    DA_CLR_PTR(c, map, ModuleLookupMap, Next, &map) != DA_OK)
			return 0;
		n += count;
	}
	return n < MAP_ENTRIES ? (uint32_t)n : 0;
}

/* ---------------------------------------------------------------- MethodTable */

static bool is_global(struct da_clr *c, enum da_clr_global g, uint64_t addr)
{
	uint64_t v;

	return da_clr_global_ptr(c, g, &v) == DA_OK && v == addr;
}

/*
 * 6 keeps the Module of the loader here, which differs from that of the type for instances over types of
 * another module. Then a flag of MTFlags2 (0x10) says that one of the slots behind holds the right one:
 * each flag below it takes a slot, first the two fixed ones, then those behind the virtual methods (a
 * word for eight of them).
 */
static enum da_status module_of_6(struct da_clr *c, uint64_t mt, uint64_t *ret)
{
	enum { OVERRIDE = 0x10, PER_INST = 1, INTERFACES = 2, PER_CHUNK = 8 };
	uint64_t flags, virtuals, word = c->mem->word;
	unsigned before, index;
	uint64_t at;

	if (DA_CLR_U16(c, mt, MethodTable, MTFlags2, &flags) != DA_OK || !(flags & OVERRIDE) ||
	    !DA_CLR_HAS(c, MethodTable, PerInstInfo))
		return DA_CLR_PTR(c, mt, MethodTable, LoaderModule, ret);
	before = (unsigned)flags & (OVERRIDE - 1);
	index = before == INTERFACES ? 0 : (unsigned)__builtin_popcount(before);
	at = mt + (uint64_t)DA_CLR_OFF(c, MethodTable, PerInstInfo) + index * word;
	if (index >= 2) {
		if (DA_CLR_U16(c, mt, MethodTable, NumVirtuals, &virtuals) != DA_OK)
			return DA_FAULT;
		at += (virtuals + PER_CHUNK - 1) / PER_CHUNK * word;
	}
	return da_mem_word(c->mem, at, ret);
}

/* An instance's own module is that of its canonical type; arrays have that of their element. */
static enum da_status read_module(struct da_clr *c, struct da_clr_mt *m)
{
	if (DA_CLR_HAS(c, MethodTable, Module))
		return DA_CLR_PTR(c, m->address, MethodTable, Module, &m->module);
	return module_of_6(c, m->is_array ? m->address : m->canonical, &m->module);
}

static enum da_status read_class(struct da_clr *c, struct da_clr_mt *m)
{
	uint64_t w, up, tag = 1, back;
	enum da_status st = DA_CLR_PTR(c, m->address, MethodTable, EEClassOrCanonMT, &w);

	da_clr_global(c, DA_CLR_G_EEClassOrCanonMTTag, &tag);
	if (st != DA_OK)
		return st;
	m->canonical = m->address;
	if (w & tag) {
		m->canonical = w & ~(tag | 1);
		if (DA_CLR_PTR(c, m->canonical, MethodTable, EEClassOrCanonMT, &up) != DA_OK)
			return DA_FAULT;
		if (up & tag)
			return DA_CORRUPT;
		w = up;
	}
	m->eeclass = w;
	/* 11: the MethodTables of continuations are made at run time and share one. */
	if (is_global(c, DA_CLR_G_ContinuationSingletonEEClass, w))
		return DA_OK;
	st = DA_CLR_PTR(c, m->eeclass, EEClass, MethodTable, &back);
	if (st == DA_OK && back != m->canonical)
		return DA_CORRUPT;
	return st;
}

/* Up to 8 u16, all ones: it did not fit, then only the Module's map tells. */
static uint32_t read_rid(struct da_clr *c, const struct da_clr_mt *m)
{
	uint64_t v, at;

	if (!DA_CLR_HAS(c, MethodTable, TypeDefRid))
		return DA_CLR_U32(c, m->address, MethodTable, MTFlags2, &v) == DA_OK ? (uint32_t)v >> 8 : 0;
	if (DA_CLR_U16(c, m->address, MethodTable, TypeDefRid, &v) != DA_OK)
		return 0;
	if (v != UINT16_MAX || !DA_CLR_HAS(c, Module, TypeDefToMethodTableMap))
		return (uint32_t)v;
	at = m->module + (uint64_t)DA_CLR_OFF(c, Module, TypeDefToMethodTableMap);
	for (uint32_t rid = UINT16_MAX, n = da_clr_lookup_count(c, at); rid < n; rid++)
		if (da_clr_lookup(c, at, rid, &v) == DA_OK && v == m->canonical)
			return rid;
	return 0;
}

static bool read_mt(struct da_clr *c, uint64_t addr, struct da_clr_mt *m)
{
	uint64_t flags, size, aux;
	enum da_status st;

	m->address = addr;
	if (addr < DA_NULL_PAGE || addr % c->mem->word || DA_CLR_U32(c, addr, MethodTable, MTFlags, &flags) != DA_OK ||
	    DA_CLR_U32(c, addr, MethodTable, BaseSize, &size) != DA_OK)
		return false;
	m->flags = (uint32_t)flags;
	m->base_size = (uint32_t)size;
	m->component_size = flags & HAS_COMPONENT_SIZE ? flags & 0xffff : 0;
	m->is_array = (flags & ARRAY_MASK) == ARRAY;
	m->is_value = (flags & ARRAY_MASK) == VALUE;
	m->has_pointers = flags & HAS_POINTERS;
	m->is_string = is_global(c, DA_CLR_G_StringMethodTable, addr);
	m->is_free = is_global(c, DA_CLR_G_FreeObjectMethodTable, addr);
	if (m->is_free)
		return true;
	st = read_class(c, m);
	if ((st != DA_OK && st != DA_FAULT && st != DA_UNSUPPORTED) || read_module(c, m) != DA_OK)
		return false;
	if (st != DA_OK && !da_clr_module_at(c, m->module))
		return false;
	DA_CLR_PTR(c, addr, MethodTable, ParentMethodTable, &m->parent);
	m->rid = m->is_array ? 0 : read_rid(c, m);
	if (DA_CLR_PTR(c, addr, MethodTable, AuxiliaryData, &aux) == DA_OK &&
	    DA_CLR_U32(c, aux, MethodTableAuxiliaryData, Flags, &flags) == DA_OK)
		m->auxiliary_flags = (uint32_t)flags;
	return true;
}

const struct da_clr_mt *da_clr_mt(struct da_clr *c, uint64_t addr)
{
	struct da_clr_types *t = da_clr_types_of(c);
	uint64_t *known = da_map_get(&t->mts, addr);
	struct da_clr_mt m = { 0 }, *copy = NULL;

	if (known)
		return (const struct da_clr_mt *)(uintptr_t)*known;
	if (c->aot ? da_aot_read_mt(c, addr, &m) : read_mt(c, addr, &m))
		copy = da_memdup(c->arena, &m, sizeof(m));
	*da_map_put(c->arena, &t->mts, addr, NULL) = (uintptr_t)copy;
	return copy;
}

bool da_clr_derives_from(struct da_clr *c, uint64_t mt, uint64_t base)
{
	for (unsigned i = 0; mt && i < PARENTS; i++) {
		const struct da_clr_mt *m;

		if (mt == base)
			return true;
		m = da_clr_mt(c, mt);
		mt = m ? m->parent : 0;
	}
	return false;
}

uint64_t da_clr_corelib_type(struct da_clr *c, const char *name)
{
	struct da_clr_types *t = da_clr_types_of(c);
	uint64_t key = da_hash(DA_HASH_SEED, name, strlen(name)), mt = 0;
	uint64_t *known = da_map_get(&t->corelib, key);
	struct da_clr_module *m = c->modules ? c->modules->corelib : NULL;
	uint32_t rid;

	if (known)
		return *known;
	if (c->aot) {
		mt = da_aot_corelib_type(c, name);
		*da_map_put(c->arena, &t->corelib, key, NULL) = mt;
		return mt;
	}
	if (!m || !m->metadata || !DA_CLR_HAS(c, Module, TypeDefToMethodTableMap))
		return 0;
	rid = da_metadata_find_type(m->metadata, name);
	if (!rid || da_clr_lookup(c, m->address + (uint64_t)DA_CLR_OFF(c, Module, TypeDefToMethodTableMap), rid,
				  &mt) != DA_OK || !da_clr_mt(c, mt))
		mt = 0;
	*da_map_put(c->arena, &t->corelib, key, NULL) = mt;
	return mt;
}

/* ---------------------------------------------------------------- names */

static const char *name_of(struct da_clr *c, uint64_t handle, unsigned depth);

static void add_handles(struct da_clr *c, struct da_str *out, uint64_t first, unsigned n, unsigned depth)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t handle;
		const char *name = NULL;

		if (da_mem_word(c->mem, first + (uint64_t)i * c->mem->word, &handle) == DA_OK)
			name = name_of(c, handle, depth + 1);
		da_str_addf(out, "%s%s", i ? ", " : "", name ? name : "?");
	}
}

void da_clr_add_handles(struct da_clr *c, struct da_str *out, uint64_t first, unsigned n)
{
	add_handles(c, out, first, DA_MIN(n, (unsigned)ARGUMENTS), 0);
}

/* Where the arguments stand: the type's own dictionary is the last one. */
static unsigned find_arguments(struct da_clr *c, const struct da_clr_mt *m, uint64_t *ret)
{
	uint64_t word = c->mem->word, info, dicts, n, at;

	if (DA_CLR_PTR(c, m->address, MethodTable, PerInstInfo, &info) != DA_OK || info < word ||
	    DA_CLR_U16(c, info - word, GenericsDictInfo, NumDicts, &dicts) != DA_OK ||
	    DA_CLR_U16(c, info - word, GenericsDictInfo, NumTypeArgs, &n) != DA_OK || !dicts || n > ARGUMENTS ||
	    da_mem_word(c->mem, info + (dicts - 1) * word, &at) != DA_OK)
		return 0;
	*ret = at;
	return (unsigned)n;
}

/* The number behind the last '`' of a level of nesting, which is cut away; 0 none. */
static unsigned arity(const char *level, size_t *n)
{
	size_t i = *n;
	unsigned v = 0;

	while (i && isdigit((unsigned char)level[i - 1]))
		i--;
	if (!i || i == *n || level[i - 1] != '`' || *n - i > 3)
		return 0;
	for (size_t k = i; k < *n; k++)
		v = v * 10 + (unsigned)(level[k] - '0');
	*n = i - 1;
	return v;
}

struct arguments {
	struct da_clr *c;
	struct da_metadata *md;  /* of a definition: names of its parameters; else NULL */
	uint32_t rid;
	uint64_t first;
	unsigned n, used, depth;
};

static void add_arguments(struct arguments *a, struct da_str *out, unsigned n)
{
	n = DA_MIN(n, a->n - a->used);
	if (!n)
		return;
	da_str_addc(out, '<');
	for (unsigned i = 0; a->md && i < n; i++) {
		const char *name = da_metadata_generic_param(a->md, false, a->rid, a->used + i);

		da_str_addf(out, "%s%s", i ? ", " : "", name ? name : "?");
	}
	if (!a->md)
		add_handles(a->c, out, a->first + (uint64_t)a->used * a->c->mem->word, n, a->depth);
	da_str_addc(out, '>');
	a->used += n;
}

/* "Space.Outer`1+Inner`1" and three arguments: each level has as many as it says, the last one the rest. */
static void add_levels(struct arguments *a, struct da_str *out, const char *name)
{
	while (true) {
		size_t n = strcspn(name, "+"), cut = n;
		unsigned want = arity(name, &cut);

		da_str_addn(out, name, a->n ? cut : n);
		if (!name[n]) {
			add_arguments(a, out, a->n - a->used);
			return;
		}
		add_arguments(a, out, want);
		da_str_addc(out, '+');
		name += n + 1;
	}
}

static bool add_type(struct da_clr *c, struct da_str *out, const struct da_clr_mt *m, unsigned depth)
{
	struct da_metadata *md = da_clr_metadata_of(c, m->module);
	const char *name = md && m->rid ? da_metadata_type_name(md, m->rid) : NULL;
	struct arguments a = { .c = c, .rid = m->rid, .depth = depth };
	uint32_t generics = m->flags & HAS_COMPONENT_SIZE ? 0 : m->flags & GENERICS;

	if (!name)
		return false;
	if (generics == GENERIC_DEFINITION) {
		a.md = md;
		a.n = DA_MIN(da_metadata_generic_params(md, false, m->rid), (unsigned)ARGUMENTS);
	} else if (generics) {
		a.n = find_arguments(c, m, &a.first);
	}
	add_levels(&a, out, name);
	return true;
}

static unsigned rank_of(struct da_clr *c, const struct da_clr_mt *m)
{
	uint64_t rank, header = 24;

	if (m->eeclass && DA_CLR_U8(c, m->eeclass, ArrayClass, Rank, &rank) == DA_OK)
		return (unsigned)rank;
	/* 11: a length and a lower bound for each dimension */
	da_clr_global(c, DA_CLR_G_ArrayBaseSize, &header);
	return m->base_size > header ? (m->base_size - (unsigned)header) / 8 : 0;
}

static bool add_array(struct da_clr *c, struct da_str *out, const struct da_clr_mt *m, unsigned depth)
{
	uint64_t element;
	const char *name = NULL;
	unsigned rank;

	if (DA_CLR_PTR(c, m->address, MethodTable, PerInstInfo, &element) == DA_OK)
		name = name_of(c, element, depth + 1);
	if (!name)
		return false;
	da_str_add(out, name);
	rank = (m->flags & CATEGORY) == SZ_ARRAY ? 0 : rank_of(c, m);
	if (rank > RANK)
		return false;
	da_str_addc(out, '[');
	if (rank == 1)
		da_str_addc(out, '*');
	for (unsigned i = 1; i < rank; i++)
		da_str_addc(out, ',');
	da_str_addc(out, ']');
	return true;
}

struct run {
	uint64_t off, words;
};

static int by_offset(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

/* Where references lie behind the header of `skip` bytes: the series in front of a MethodTable. */
static unsigned reference_runs(struct da_clr *c, const struct da_clr_mt *m, uint64_t skip, struct run *ret, unsigned max)
{
	uint64_t word = c->mem->word, n, size, off;
	unsigned found = 0;

	if (!m->has_pointers || da_mem_word(c->mem, m->address - word, &n) != DA_OK || n > max)
		return 0;
	for (uint64_t i = 0; i < n; i++) {
		if (da_mem_word(c->mem, m->address - word * (2 * i + 3), &size) != DA_OK ||
		    da_mem_word(c->mem, m->address - word * (2 * i + 2), &off) != DA_OK)
			return 0;
		if (off >= skip)
			ret[found++] = (struct run){ off - skip, (size + m->base_size) / word };
	}
	if (found)
		qsort(ret, found, sizeof(*ret), by_offset);
	return found;
}

/*
 * Continuations of 11 have no name of their own: one type for each shape of what a method keeps while it
 * waits. Called as the DAC does: bytes, then where references lie and how many.
 */
static bool add_continuation(struct da_clr *c, struct da_str *out, const struct da_clr_mt *m)
{
	enum { RUNS = 256, HEADER = 32, FRAME = 40 };
	struct run runs[RUNS];
	unsigned n;

	if (m->rid || m->base_size < FRAME || !m->parent ||
	    !is_global(c, DA_CLR_G_ContinuationMethodTable, m->parent))
		return false;
	n = reference_runs(c, m, HEADER, runs, RUNS);
	da_str_addf(out, "Continuation_%u", m->base_size - FRAME);
	for (unsigned i = 0; i < n; i++)
		da_str_addf(out, "_%llu_%llu", (unsigned long long)runs[i].off, (unsigned long long)runs[i].words);
	return true;
}

/* What the runtime's own variables point at has a name also where its metadata is missing. */
static bool add_known(struct da_clr *c, struct da_str *out, uint64_t mt)
{
	static const struct {
		enum da_clr_global global;
		const char *name;
	} known[] = {
		{ DA_CLR_G_ObjectMethodTable, "System.Object" },
		{ DA_CLR_G_StringMethodTable, "System.String" },
		{ DA_CLR_G_ExceptionMethodTable, "System.Exception" },
		{ DA_CLR_G_ThreadMethodTable, "System.Threading.Thread" },
		{ DA_CLR_G_RuntimeTypeMethodTable, "System.RuntimeType" },
		{ DA_CLR_G_OutOfMemoryMethodTable, "System.OutOfMemoryException" },
		{ DA_CLR_G_StackOverflowMethodTable, "System.StackOverflowException" },
		{ DA_CLR_G_ExecutionEngineMethodTable, "System.ExecutionEngineException" },
		{ DA_CLR_G_ThreadAbortMethodTable, "System.Threading.ThreadAbortException" },
		{ DA_CLR_G_ObjectArrayMethodTable, "System.Object[]" },
		{ DA_CLR_G_FreeObjectMethodTable, "Free" },
	};

	for (size_t i = 0; mt && i < DA_ARRAY_SIZE(known); i++)
		if (is_global(c, known[i].global, mt)) {
			da_str_add(out, known[i].name);
			return true;
		}
	return false;
}

static bool add_parameter(struct da_clr *c, struct da_str *out, uint64_t desc)
{
	enum { COL_NAME = 3 };
	uint64_t module, token;
	struct da_metadata *md;
	const char *name;
	uint32_t index;

	if (DA_CLR_PTR(c, desc, TypeVarTypeDesc, Module, &module) != DA_OK ||
	    DA_CLR_U32(c, desc, TypeVarTypeDesc, Token, &token) != DA_OK)
		return false;
	md = da_clr_metadata_of(c, module);
	if (!md || token >> 24 != DA_MD_GENERIC_PARAM ||
	    !da_metadata_cell(md, DA_MD_GENERIC_PARAM, token & 0xffffff, COL_NAME, &index))
		return false;
	name = da_metadata_string(md, index);
	if (!name)
		return false;
	da_str_add(out, name);
	return true;
}

static bool add_function(struct da_clr *c, struct da_str *out, uint64_t desc, unsigned depth)
{
	uint64_t n, first = desc + (uint64_t)DA_CLR_OFF(c, FnPtrTypeDesc, RetAndArgTypes);

	if (!DA_CLR_HAS(c, FnPtrTypeDesc, RetAndArgTypes) ||
	    DA_CLR_U32(c, desc, FnPtrTypeDesc, NumArgs, &n) != DA_OK || n >= ARGUMENTS)
		return false;
	da_str_add(out, "delegate*<");
	if (n) { /* C# writes what is returned last */
		add_handles(c, out, first + c->mem->word, (unsigned)n, depth);
		da_str_add(out, ", ");
	}
	add_handles(c, out, first, 1, depth);
	da_str_addc(out, '>');
	return true;
}

static bool add_desc(struct da_clr *c, struct da_str *out, uint64_t desc, unsigned depth)
{
	uint64_t type, inner;
	const char *name = NULL;

	if (DA_CLR_U32(c, desc, TypeDesc, TypeAndFlags, &type) != DA_OK)
		return false;
	type &= 0xff;
	if (type == E_VAR || type == E_MVAR)
		return add_parameter(c, out, desc);
	if (type == E_FNPTR)
		return add_function(c, out, desc, depth);
	if (type != E_PTR && type != E_BYREF && type != E_VALUETYPE)
		return false;
	if (DA_CLR_PTR(c, desc, ParamTypeDesc, TypeArg, &inner) == DA_OK)
		name = name_of(c, inner, depth + 1);
	if (!name)
		return false;
	da_str_add(out, name);
	da_str_add(out, type == E_PTR ? "*" : type == E_BYREF ? "&" : "");
	return true;
}

static bool add_name(struct da_clr *c, struct da_str *out, uint64_t handle, unsigned depth)
{
	const struct da_clr_mt *m;

	if (c->aot) {
		const char *name = da_aot_mt_name(c, handle);

		da_str_add(out, name ? name : "");
		return name != NULL;
	}
	if (handle & 2)
		return add_desc(c, out, handle & ~UINT64_C(3), depth);
	m = da_clr_mt(c, handle);
	if (m && !m->is_free && (m->is_array ? add_array(c, out, m, depth) : add_type(c, out, m, depth)))
		return true;
	da_str_clear(out);
	return (m && add_continuation(c, out, m)) || add_known(c, out, handle);
}

/*
 * NULL: unknown. A handle that leads back to itself ends at the depth; what was made below it is not kept,
 * since the same name from above may be whole.
 */
static const char *name_of(struct da_clr *c, uint64_t handle, unsigned depth)
{
	enum { LONGEST = 16384 };
	struct da_clr_types *t = da_clr_types_of(c);
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };
	uint64_t *known = da_map_get(&t->names, handle);
	const char *name;

	if (known)
		return (const char *)(uintptr_t)*known;
	if (depth > NESTING)
		return NULL;
	/* While it is being made it is unknown: a type that is its own argument would grow without end. */
	*da_map_put(c->arena, &t->names, handle, NULL) = 0;
	if (add_name(c, &out, handle, depth) && out.n <= LONGEST)
		name = da_intern(c->arena, &c->dump->strings, da_str_get(&out));
	else
		name = da_clr_dac_name(c, handle);
	*da_map_put(c->arena, &t->names, handle, NULL) = (uintptr_t)name;
	known = da_map_get(&t->mts, handle);
	if (known && *known)
		((struct da_clr_mt *)(uintptr_t)*known)->name = name;
	return name;
}

const char *da_clr_type_name(struct da_clr *c, uint64_t handle)
{
	return name_of(c, handle, 0);
}
