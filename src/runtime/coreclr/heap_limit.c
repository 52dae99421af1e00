/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much the collector may take, has taken, and could not give. Limits by the environment: DOTNET_ or COMPlus_ and the
 * name of the setting, its value hexadecimal (docs/core/runtime-config/garbage-collector of dotnet/docs). Those of
 * runtimeconfig.json, and of the container, stand nowhere that is read here.
 *
 * The record of the last request that was refused: oom_history and oom_reason of src/coreclr/gc/gcinterface.dac.h of
 * dotnet/runtime; each heap of the server's collector has one. An exception that somebody caught leaves it too.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>

#include "runtime/coreclr/coreclr.h"

#define REFUSED_MAX (UINT64_C(1) << 47) /* no request is larger than the addresses of a process */

static const char *const reasons[] = {
	NULL, "no room could be made for it in the heap", "memory could not be committed", "addresses could not be reserved",
	"there was no room for a large object", "memory ran low during a collection", "full collections freed too little",
};

/* The value of a setting in the environment; false: none, or no number. */
static bool setting(struct da_clr *c, const char *name, uint64_t *ret, const char **ret_from)
{
	static const char *const fronts[] = { "DOTNET_", "COMPlus_" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(fronts); i++) {
		const char *variable = da_printf(c->arena, "%s%s", fronts[i], name), *text = da_environment(&c->dump->proc, variable);
		unsigned long long value;
		char *end;

		if (!text || !isxdigit((unsigned char)*text))
			continue;
		value = strtoull(text, &end, 16);
		if (*end || value == 0)
			continue;
		*ret = value;
		*ret_from = variable;
		return true;
	}
	return false;
}

static void limits(struct da_clr *c, struct da_managed_heap *h)
{
	uint64_t percent;

	if (!setting(c, "GCHeapHardLimit", &h->limit, &h->limit_from) &&
	    setting(c, "GCHeapHardLimitPercent", &percent, &h->limit_from))
		h->limit_percent = percent < 100 ? (uint32_t)percent : 0;
	if (!h->limit && !h->limit_percent)
		h->limit_from = NULL;
}

/* The record at this address, if it is younger than what is known. */
static void record(struct da_clr *c, uint64_t at, uint64_t *collection, struct da_managed_heap *h)
{
	uint64_t reason, size, index;

	if (DA_CLR_U32(c, at, OomHistory, Reason, &reason) != DA_OK || reason == 0 || reason >= DA_ARRAY_SIZE(reasons) ||
	    DA_CLR_PTR(c, at, OomHistory, AllocSize, &size) != DA_OK || size == 0 || size > REFUSED_MAX ||
	    DA_CLR_PTR(c, at, OomHistory, GcIndex, &index) != DA_OK || (h->refused && index < *collection))
		return;
	*collection = index;
	h->refused = size;
	h->refused_why = reasons[reason];
}

static void records(struct da_clr *c, struct da_managed_heap *h)
{
	uint64_t at, heaps, heap, collection = 0;
	uint32_t n;

	if (da_clr_model(c)->gc != DA_GC_SERVER) {
		if (da_clr_global(c, DA_CLR_G_GCHeapOomData, &at) == DA_OK && at)
			record(c, at, &collection, h);
		return;
	}
	if (!DA_CLR_HAS(c, GCHeap, OomData) || da_clr_global(c, DA_CLR_G_NumHeaps, &at) != DA_OK ||
	    da_mem_u32(c->mem, at, &n) != DA_OK || n > DA_CLR_HEAPS_MAX ||
	    da_clr_global_ptr(c, DA_CLR_G_Heaps, &heaps) != DA_OK)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (da_mem_word(c->mem, heaps + (uint64_t)i * c->mem->word, &heap) == DA_OK && heap)
			record(c, heap + (uint64_t)DA_CLR_OFF(c, GCHeap, OomData), &collection, h);
}

void da_clr_heap_limit(struct da_clr *c)
{
	struct da_managed_heap *h = &da_clr_model(c)->heap;

	/* While objects are being moved, segments say how far they may reach. */
	h->has_used = !da_clr_model(c)->suspended && da_clr_heap_used(c, &h->used);
	limits(c, h);
	records(c, h);
}
