/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that was compiled ahead (ReadyToRun): the image has a sorted table of RUNTIME_FUNCTIONs, as Windows
 * knows them; the runtime has a hash table from the address of a method's first one to its MethodDesc, for
 * those that were called. What follows a method's first are its funclets; rare parts can stand far away.
 *
 * Source: dotnet/runtime docs/design/coreclr/botr/readytorun-format.md, docs/design/datacontracts.
 */
#include "config.h"

#include <stdlib.h>

#include "runtime/coreclr/code.h"
#include "runtime/coreclr/r2r_file.h"

#define BUCKETS_MAX (UINT32_C(1) << 26)
#define PROBES_MAX 65536   /* of one look-up */
#define LISTED_MAX (UINT32_C(1) << 20) /* buckets, of which all keys are listed */
#define FUNCLETS_MAX 4096  /* entries before a funclet in which its method is looked for */
#define SLOTS 4
enum { PAGE = 4096, PAGES_MAX = 4096, METHOD_MAX = 1 << 20 /* bytes of code */ };

struct clr_image {
	bool known;
	uint64_t base;
	uint64_t functions, hot_cold;  /* tables */
	uint32_t nfunctions, nhot_cold; /* entries; single words of the second */
	uint64_t thunks, thunks_end;   /* code that only loads what is called */
	uint64_t buckets;              /* of the hash table, 0: not known */
	uint32_t nbuckets;
	bool no_cold;                  /* known: no method has rare parts elsewhere (6 cannot have any) */
	bool listed;
	uint64_t *prepared;            /* the hash table's keys, sorted; n 0: not all could be read */
	uint32_t nprepared;
};

/* ---------------------------------------------------------------- the image */

static void read_thunks(struct da_clr *c, uint64_t info, struct clr_image *im)
{
	uint64_t dir;
	uint32_t rva, size;

	if (DA_CLR_PTR(c, info, ReadyToRunInfo, DelayLoadMethodCallThunks, &dir) != DA_OK || !dir ||
	    da_mem_u32(c->mem, dir, &rva) != DA_OK || da_mem_u32(c->mem, dir + 4, &size) != DA_OK)
		return;
	im->thunks = im->base + rva;
	im->thunks_end = im->thunks + size;
}

static void read_hash(struct da_clr *c, uint64_t info, struct clr_image *im)
{
	uint64_t owner = info, map;
	uint32_t n;

	if (DA_CLR_HAS(c, ReadyToRunInfo, CompositeInfo) &&
	    (DA_CLR_PTR(c, info, ReadyToRunInfo, CompositeInfo, &owner) != DA_OK || !owner))
		owner = info;
	if (!DA_CLR_HAS(c, ReadyToRunInfo, EntryPointToMethodDescMap) || !DA_CLR_HAS(c, Bucket, Keys) ||
	    !DA_CLR_HAS(c, Bucket, Values) || DA_CLR_SIZE(c, Bucket) < 16 * SLOTS)
		return;
	map = owner + (uint64_t)DA_CLR_OFF(c, ReadyToRunInfo, EntryPointToMethodDescMap);
	if (DA_CLR_PTR(c, map, HashMap, Buckets, &im->buckets) != DA_OK ||
	    da_mem_u32(c->mem, im->buckets, &n) != DA_OK || n < 2 || n > BUCKETS_MAX)
		im->buckets = 0;
	else
		im->nbuckets = n;
}

/* The runtime's own record of the image is not in the dump, but its file is at hand. */
static void read_file(struct da_clr *c, const struct clr_section *s, struct clr_image *im)
{
	im->known = da_clr_r2r_functions(c, s->begin, &im->base, &im->functions, &im->nfunctions);
}

static void read_image(struct da_clr *c, const struct clr_section *s, struct clr_image *im)
{
	uint64_t info, n, functions;

	im->base = s->begin;
	if (DA_CLR_PTR(c, s->module, Module, ReadyToRunInfo, &info) != DA_OK ||
	    DA_CLR_PTR(c, info, ReadyToRunInfo, RuntimeFunctions, &functions) != DA_OK ||
	    DA_CLR_U32(c, info, ReadyToRunInfo, NumRuntimeFunctions, &n) != DA_OK || functions < s->begin ||
	    functions >= s->end || n > (s->end - functions) / clr_entry_size(c)) {
		read_file(c, s, im);
		return;
	}
	im->functions = functions;
	im->nfunctions = (uint32_t)n;
	im->no_cold = DA_CLR_HAS(c, ReadyToRunInfo, NumHotColdMap) ?
			      DA_CLR_U32(c, info, ReadyToRunInfo, NumHotColdMap, &n) == DA_OK && !n : c->major == 6;
	if (!im->no_cold && DA_CLR_U32(c, info, ReadyToRunInfo, NumHotColdMap, &n) == DA_OK && n &&
	    DA_CLR_PTR(c, info, ReadyToRunInfo, HotColdMap, &im->hot_cold) == DA_OK && n <= 2 * (uint64_t)im->nfunctions)
		im->nhot_cold = (uint32_t)n;
	read_thunks(c, info, im);
	read_hash(c, info, im);
	im->known = true;
}

static struct clr_image *image_of(struct da_clr *c, const struct clr_section *s)
{
	bool new;
	/* A composite image has sections of its own, each with one base, so the base alone is no key. */
	uint64_t *slot = da_map_put(c->arena, &c->code->images, da_hash_mix(s->module) ^ s->begin, &new);
	struct clr_image *im;

	if (new) {
		im = da_new(c->arena, struct clr_image);
		*slot = (uint64_t)(uintptr_t)im;
		read_image(c, s, im);
	}
	return (struct clr_image *)(uintptr_t)*slot; /* NOLINT(performance-no-int-to-ptr) */
}

/* ---------------------------------------------------------------- its tables */

static enum da_status entry(struct da_clr *c, const struct clr_image *im, uint32_t i, struct da_pe_function *ret)
{
	return da_pe_entry(clr_machine(c), c->mem, im->base, im->functions + (uint64_t)i * clr_entry_size(c), ret);
}

/*
 * Small dumps hold only the pages of the table that their writer needed: the nearest entry to `at` in
 * [low, high) that can be read, page by page; the last page of each side by its outermost entry.
 */
static bool nearest(struct da_clr *c, const struct clr_image *im, uint32_t low, uint32_t high, uint32_t *at,
		    uint32_t *ret_start)
{
	uint32_t size = clr_entry_size(c), step = PAGE / size, up = high - 1 - *at, down = *at - low;

	for (uint64_t far = 0; far < PAGES_MAX * (uint64_t)step && far < DA_MAX(up, down) + (uint64_t)step; far += step) {
		uint32_t tries[] = { *at + (uint32_t)DA_MIN(far, up), *at - (uint32_t)DA_MIN(far, down) };

		for (unsigned i = 0; i < DA_ARRAY_SIZE(tries); i++)
			if (da_mem_u32(c->mem, im->functions + (uint64_t)tries[i] * size, ret_start) == DA_OK) {
				*at = tries[i];
				return true;
			}
	}
	return false;
}

/* The last entry that begins at or before the RVA, of those that can be read: see is_last. */
static enum da_status find_entry(struct da_clr *c, const struct clr_image *im, uint32_t rva, uint32_t *ret)
{
	uint32_t low = 0, high = im->nfunctions, start;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (!nearest(c, im, low, high, &mid, &start))
			break;
		if (start <= rva)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return low == high ? DA_NOT_FOUND : DA_FAULT;
	*ret = low - 1;
	return DA_OK;
}

/* Between entries that can be read others may stand: only the next one proves that i is the last before the RVA. */
static bool is_last(struct da_clr *c, const struct clr_image *im, uint32_t i, uint64_t rva)
{
	uint32_t start;

	return i + 1 >= im->nfunctions ||
	       (da_mem_u32(c->mem, im->functions + (i + UINT64_C(1)) * clr_entry_size(c), &start) == DA_OK && start > rva);
}

/* Pairs {cold, hot}, by the first: from the rare part of a method to the one that is its own. */
static uint32_t hot_of(struct da_clr *c, const struct clr_image *im, uint32_t index)
{
	uint32_t low = 0, high = im->nhot_cold / 2, cold, hot;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (da_mem_u32(c->mem, im->hot_cold + 8 * (uint64_t)mid, &cold) != DA_OK)
			return index;
		if (cold <= index)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || da_mem_u32(c->mem, im->hot_cold + 8 * (uint64_t)(low - 1) + 4, &hot) != DA_OK ||
	    hot >= im->nfunctions)
		return index;
	return hot;
}

/* ---------------------------------------------------------------- its methods */

struct bucket {
	uint64_t keys[SLOTS], values[SLOTS];
};

static enum da_status read_words(const struct da_clr *c, uint64_t at, uint64_t *ret)
{
	uint8_t bytes[8 * SLOTS];
	struct da_cursor cur;

	if (da_mem_read(c->mem, at, bytes, sizeof(bytes), NULL) != DA_OK)
		return DA_FAULT;
	cur = da_cursor(bytes, sizeof(bytes), false, 8);
	for (unsigned k = 0; k < SLOTS; k++)
		ret[k] = da_get_u64(&cur);
	return DA_OK;
}

static enum da_status read_bucket(const struct da_clr *c, const struct clr_image *im, uint32_t i, struct bucket *ret)
{
	uint64_t size = (uint64_t)DA_CLR_SIZE(c, Bucket), at = im->buckets + size + size * i;

	if (read_words(c, at + (uint64_t)DA_CLR_OFF(c, Bucket, Keys), ret->keys) != DA_OK)
		return DA_FAULT;
	return read_words(c, at + (uint64_t)DA_CLR_OFF(c, Bucket, Values), ret->values);
}

/* DA_NOT_FOUND: the address is not the beginning of a method that was prepared. */
static enum da_status hashed(const struct da_clr *c, const struct clr_image *im, uint64_t key, uint64_t *ret)
{
	uint32_t seed = (uint32_t)(key >> 2), step = 1 + ((uint32_t)(key >> 5) + 1) % (im->nbuckets - 1);
	uint64_t mask = INT64_MAX;
	struct bucket b;

	da_clr_global(c, DA_CLR_G_HashMapValueMask, &mask);
	for (uint32_t n = 0; n < im->nbuckets && n < PROBES_MAX; n++, seed += step) {
		if (read_bucket(c, im, seed % im->nbuckets, &b) != DA_OK)
			return DA_FAULT;
		for (unsigned k = 0; k < SLOTS; k++)
			if (b.keys[k] == key) {
				*ret = (b.values[k] & mask) << 1;
				return DA_OK;
			}
		/* The bit beside the first value: one that was put further on passed here. */
		if (!(b.values[0] & ~mask))
			break;
	}
	return DA_NOT_FOUND;
}

/* The entry of the method that the entry i belongs to. */
static bool find_method(struct da_clr *c, const struct clr_image *im, uint32_t i, struct da_clr_code *code)
{
	enum da_status st = DA_NOT_FOUND;
	uint32_t start;

	for (uint32_t n = 0; im->buckets && n <= i && n < FUNCLETS_MAX && st == DA_NOT_FOUND; n++) {
		if (da_mem_u32(c->mem, im->functions + (uint64_t)(i - n) * clr_entry_size(c), &start) != DA_OK)
			return false;
		st = hashed(c, im, im->base + start, &code->method);
		if (st != DA_OK)
			continue;
		code->index = i - n;
		code->start = im->base + start;
		return true;
	}
	return false;
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where each method begins that was prepared, if the hash table is whole. */
static void list_prepared(struct da_clr *c, struct clr_image *im)
{
	DA_VEC(uint64_t) v = { 0 };
	struct bucket b;

	im->listed = true;
	if (!im->buckets || im->nbuckets > LISTED_MAX)
		return;
	for (uint32_t i = 0; i < im->nbuckets; i++) {
		if (read_bucket(c, im, i, &b) != DA_OK)
			return;
		for (unsigned k = 0; k < SLOTS; k++)
			if (b.keys[k] >= im->base && b.keys[k] - im->base <= UINT32_MAX)
				da_vec_push(c->arena, &v, b.keys[k]);
	}
	if (v.n)
		qsort(v.v, v.n, sizeof(*v.v), by_address);
	im->prepared = v.v;
	im->nprepared = (uint32_t)v.n;
}

/*
 * Without the functions' table: code that runs was prepared, so the last beginning at or before pc is its method's,
 * unless rare parts stand elsewhere. The number of its function stays unknown.
 */
static void find_prepared(struct da_clr *c, struct clr_image *im, uint64_t pc, struct da_clr_code *code)
{
	uint32_t low = 0, high;

	if (!im->no_cold)
		return;
	if (!im->listed)
		list_prepared(c, im);
	high = im->nprepared;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (im->prepared[mid] <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || pc - im->prepared[low - 1] > METHOD_MAX ||
	    hashed(c, im, im->prepared[low - 1], &code->method) != DA_OK)
		return;
	code->start = im->prepared[low - 1];
	code->no_index = true;
}

enum da_status clr_r2r_code(struct da_clr *c, const struct clr_section *s, uint64_t pc, struct da_clr_code *ret)
{
	struct clr_image *im = image_of(c, s);
	uint32_t i, hot;
	enum da_status st;

	ret->r2r = true;
	ret->module = s->module;
	if (!im->known)
		return DA_OK;
	ret->base = im->base;
	ret->table = im->functions;
	ret->stub = pc >= im->thunks && pc < im->thunks_end;
	if (ret->stub || pc - im->base > UINT32_MAX)
		return DA_OK;
	st = find_entry(c, im, (uint32_t)(pc - im->base), &i);
	if (st == DA_NOT_FOUND)
		ret->stub = true;
	ret->has_function = st == DA_OK && entry(c, im, i, &ret->f) == DA_OK && clr_holds(&ret->f, pc - im->base);
	if (st == DA_OK && !ret->has_function && !is_last(c, im, i, pc - im->base))
		st = DA_FAULT;
	if (st == DA_FAULT)
		find_prepared(c, im, pc, ret);
	if (st != DA_OK)
		return DA_OK;
	ret->index = hot = hot_of(c, im, i);
	ret->cold = hot != i;
	if (find_method(c, im, hot, ret))
		ret->funclet = ret->index != hot;
	else if (ret->has_function)
		ret->start = im->base + ret->f.start;
	return DA_OK;
}
