/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the layout agree with the memory? Each check holds, fails, or cannot be made because the dump
 * lacks the pages. All are facts of every version: what a String looks like, that a list of threads ends.
 */
#include "config.h"

#include "runtime/coreclr/target.h"

enum result { UNKNOWN, HOLDS, FAILS };

/* Flags and base size of the MethodTable that a variable points to. */
static bool method_table(struct da_clr *c, enum da_clr_global g, uint64_t *ret_mt, uint64_t *ret_flags, uint64_t *ret_size)
{
	uint64_t mt;

	if (da_clr_global_ptr(c, g, &mt) != DA_OK || !mt)
		return false;
	*ret_mt = mt;
	return DA_CLR_U32(c, mt, MethodTable, MTFlags, ret_flags) == DA_OK &&
	       DA_CLR_U32(c, mt, MethodTable, BaseSize, ret_size) == DA_OK;
}

static enum result heap_type(struct da_clr *c)
{
	uint64_t at;
	uint32_t v;

	if (da_clr_global(c, DA_CLR_G_HeapType, &at) != DA_OK || da_mem_u32(c->mem, at, &v) != DA_OK)
		return UNKNOWN;
	return v == 1 || v == 2 ? HOLDS : FAILS;
}

/* Characters of 2 bytes behind a header of 22, or 14 in 32 bits. */
static enum result string_type(struct da_clr *c)
{
	uint64_t mt, flags, size;

	if (!method_table(c, DA_CLR_G_StringMethodTable, &mt, &flags, &size))
		return UNKNOWN;
	return (flags & 0x8000ffff) == 0x80000002 && size == da_clr_string_base(c) ? HOLDS : FAILS;
}

/* Free space counts in bytes. */
static enum result free_type(struct da_clr *c)
{
	uint64_t mt, flags, size;

	if (!method_table(c, DA_CLR_G_FreeObjectMethodTable, &mt, &flags, &size))
		return UNKNOWN;
	return (flags & 0x8000ffff) == 0x80000001 && size == 3 * c->mem->word ? HOLDS : FAILS;
}

static enum result object_type(struct da_clr *c)
{
	uint64_t mt, flags, size, parent;

	if (!method_table(c, DA_CLR_G_ObjectMethodTable, &mt, &flags, &size) ||
	    DA_CLR_PTR(c, mt, MethodTable, ParentMethodTable, &parent) != DA_OK)
		return UNKNOWN;
	return size == 3 * c->mem->word && parent == 0 ? HOLDS : FAILS;
}

static enum result exception_type(struct da_clr *c)
{
	uint64_t mt, flags, size, parent, object;

	if (!method_table(c, DA_CLR_G_ExceptionMethodTable, &mt, &flags, &size) ||
	    da_clr_global_ptr(c, DA_CLR_G_ObjectMethodTable, &object) != DA_OK ||
	    DA_CLR_PTR(c, mt, MethodTable, ParentMethodTable, &parent) != DA_OK)
		return UNKNOWN;
	return parent == object ? HOLDS : FAILS;
}

/* The debugger's own object and the interface of it that others use are one. */
static enum result debugger(struct da_clr *c)
{
	uint64_t a, b;

	if (da_clr_global_ptr(c, DA_CLR_G_Debugger, &a) != DA_OK ||
	    da_clr_global_ptr(c, DA_CLR_G_DebugInterface, &b) != DA_OK)
		return UNKNOWN;
	if (!a && !b)
		return UNKNOWN;
	return a == b ? HOLDS : FAILS;
}

/* On Windows a variable holds the address of the image itself. */
static enum result base_address(struct da_clr *c)
{
	uint64_t base;

	if (da_clr_global_ptr(c, DA_CLR_G_RuntimeBaseAddress, &base) != DA_OK)
		return UNKNOWN;
	return base == c->base ? HOLDS : FAILS;
}

/* The block of the first entry that was ever used knows its index. Behind the used ones is garbage. */
static enum result sync_table(struct da_clr *c)
{
	uint64_t table, cache, used, at, object, block, index;

	if (da_clr_global_ptr(c, DA_CLR_G_SyncTableEntries, &table) != DA_OK || DA_CLR_SIZE(c, SyncTableEntry) <= 0 ||
	    !table || da_clr_global_ptr(c, DA_CLR_G_SyncBlockCache, &cache) != DA_OK ||
	    DA_CLR_U32(c, cache, SyncBlockCache, FreeSyncTableIndex, &used) != DA_OK)
		return UNKNOWN;
	at = table + (uint64_t)DA_CLR_SIZE(c, SyncTableEntry);
	if (used > 1 << 26)
		return FAILS;
	if (used < 2 || DA_CLR_PTR(c, at, SyncTableEntry, Object, &object) != DA_OK ||
	    DA_CLR_PTR(c, at, SyncTableEntry, SyncBlock, &block) != DA_OK || (object & 1) || !block ||
	    DA_CLR_U32(c, block, SyncBlock, OwnIndex, &index) != DA_OK)
		return UNKNOWN;
	return (index & 0x3ffffff) == 1 ? HOLDS : FAILS;
}

static enum result threads(struct da_clr *c)
{
	struct da_arena *scratch DA_CLEANUP(da_arena_freep) = da_arena_new(); /* a hostile list is long, and walked often */
	struct da_clr_list list;

	switch (da_clr_thread_list(c, scratch, &list)) {
	case DA_OK:
		return HOLDS;
	case DA_CORRUPT:
		return FAILS;
	default:
		return UNKNOWN;
	}
}

static const struct {
	enum result (*check)(struct da_clr *c);
	const char *failure;
} checks[] = {
	{ threads, "its list of threads does not lead to threads of the dump" },
	{ heap_type, "its kind of garbage collector is none" },
	{ string_type, "its String does not look like one" },
	{ free_type, "its free space does not look like it" },
	{ object_type, "its Object does not look like one" },
	{ exception_type, "its Exception does not derive from Object" },
	{ debugger, "its debugger does not look like one" },
	{ base_address, "its own address is another" },
	{ sync_table, "its table of locks does not look like one" },
};

void da_clr_check(struct da_clr *c, struct da_clr_checks *ret)
{
	struct da_clr_checks r = { 0 };

	for (size_t i = 0; i < DA_ARRAY_SIZE(checks); i++) {
		enum result v = checks[i].check(c);

		if (v == HOLDS)
			r.passed++;
		if (v == FAILS && r.failed++ == 0)
			r.failure = checks[i].failure;
	}
	*ret = r;
}
