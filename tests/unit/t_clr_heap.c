/* SPDX-License-Identifier: Apache-2.0 */
/* What the collector of .NET may take, has taken and refused. */
#include "config.h"

#include "clr_objects.h"

static void environment(const char *s)
{
	da_vec_push(d->arena, &d->proc.environment, s);
}

START_TEST(limits_by_the_environment)
{
	static const struct {
		const char *first, *second, *from;
		uint64_t limit;
		uint32_t percent;
	} cases[] = {
		{ "DOTNET_GCHeapHardLimit=8000000", NULL, "DOTNET_GCHeapHardLimit", 0x8000000, 0 },
		{ "DOTNET_GCHeapHardLimit=0x8000000", "COMPlus_GCHeapHardLimit=99", "DOTNET_GCHeapHardLimit", 0x8000000, 0 },
		{ "COMPlus_GCHeapHardLimit=C800000", NULL, "COMPlus_GCHeapHardLimit", 0xc800000, 0 },
		{ "DOTNET_GCHeapHardLimitPercent=4B", NULL, "DOTNET_GCHeapHardLimitPercent", 0, 75 },
		{ "DOTNET_GCHeapHardLimit=128MB", NULL, NULL, 0, 0 },
		{ "DOTNET_GCHeapHardLimit=", NULL, NULL, 0, 0 },
		{ "DOTNET_GCHeapHardLimit=-1", NULL, NULL, 0, 0 },
		{ "DOTNET_GCHeapHardLimitPercent=FFFF", NULL, NULL, 0, 0 },
		{ "DOTNET_GCHeapHardLimitSOH=8000000", NULL, NULL, 0, 0 },
		{ "dotnet_gcheaphardlimit=8000000", NULL, NULL, 0, 0 },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		const struct da_managed_heap *h;

		setup(10);
		environment("PATH=/usr/bin");
		environment(cases[i].first);
		if (cases[i].second)
			environment(cases[i].second);
		da_clr_heap_limit(c);
		h = &da_clr_model(c)->heap;
		ck_assert_uint_eq(h->limit, cases[i].limit);
		ck_assert_uint_eq(h->limit_percent, cases[i].percent);
		ck_assert(da_streq(h->limit_from, cases[i].from) || (!h->limit_from && !cases[i].from));
		ck_assert(!h->has_used && !h->refused);
		done();
	}
}
END_TEST

/* Unless they are being moved at the time. */
START_TEST(what_objects_take_up)
{
	for (int suspended = 0; suspended < 2; suspended++) {
		setup(10);
		make_heap(BASE + 0x1000, BASE + 0x9000);
		da_clr_model(c)->suspended = suspended;
		da_clr_heap_limit(c);
		ck_assert(da_clr_model(c)->heap.has_used != suspended);
		if (!suspended)
			ck_assert_uint_eq(da_clr_model(c)->heap.used, 0x8000);
		done();
	}
}
END_TEST

static uint64_t history(uint64_t at, uint32_t reason, uint64_t size, uint64_t index)
{
	put32(at, reason);
	put(at + 8, size);
	put(at + 32, index);
	return at;
}

START_TEST(requests_that_were_refused)
{
	static const struct {
		uint32_t reason;
		uint64_t size, told;
	} cases[] = { { 2, 4194328, 4194328 }, { 0, 4194328, 0 }, { 7, 4194328, 0 }, { 2, 0, 0 }, { 2, UINT64_C(1) << 60, 0 },
		      { UINT32_MAX, 1, 0 } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		setup(10);
		OFF(OomHistory, Reason, 0), OFF(OomHistory, AllocSize, 8), OFF(OomHistory, GcIndex, 32);
		global(DA_CLR_G_GCHeapOomData, true, history(make(72), cases[i].reason, cases[i].size, 3));
		da_clr_heap_limit(c);
		ck_assert_uint_eq(da_clr_model(c)->heap.refused, cases[i].told);
		ck_assert((da_clr_model(c)->heap.refused_why != NULL) == (cases[i].told != 0));
		done();
	}
}
END_TEST

/* Each heap of the server's collector has a record: the youngest counts. */
START_TEST(records_of_several_heaps)
{
	uint64_t list, count;

	setup(10);
	OFF(OomHistory, Reason, 0), OFF(OomHistory, AllocSize, 8), OFF(OomHistory, GcIndex, 32), OFF(GCHeap, OomData, 16);
	da_clr_model(c)->gc = DA_GC_SERVER;
	list = make(32);
	count = make(8);
	put32(count, 4);
	for (uint32_t i = 0; i < 3; i++) {
		static const uint64_t indexes[] = { 5, 9, 7 };
		uint64_t heap = make(128);

		put(list + 8 * i, heap);
		(void)history(heap + 16, 1 + i, 100 * (i + 1), indexes[i]);
	}
	put(list + 24, BASE + LEN); /* the last is not in the dump */
	global(DA_CLR_G_NumHeaps, true, count);
	variable(DA_CLR_G_Heaps, list);
	da_clr_heap_limit(c);
	ck_assert_uint_eq(da_clr_model(c)->heap.refused, 200);
	ck_assert(strstr(da_clr_model(c)->heap.refused_why, "committed"));
	done();
}
END_TEST

UNIT_MAIN("clr_heap", limits_by_the_environment, what_objects_take_up, requests_that_were_refused, records_of_several_heaps)
