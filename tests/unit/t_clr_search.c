/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of the runtime that are found by what they point to, in the layouts of several versions. */
#include "config.h"

#include <time.h>

#include "unit/clr_search.h"
#include "unit/unit.h"

static uint64_t found(enum da_clr_global g)
{
	return c->layout.global[g].known && c->layout.global[g].address ? c->layout.global[g].value : 0;
}

/* Where the layout itself names none. */
static void check_frames(const struct shape *s)
{
	static const enum da_clr_frame kinds[] = { DA_CLR_FRAME_InlinedCallFrame, DA_CLR_FRAME_HelperMethodFrame,
						   DA_CLR_FRAME_HelperMethodFrame_1OBJ };
	const bool helpers = DA_CLR_HAS(c, HelperMethodFrame, FCallEntry);

	ck_assert_uint_eq(c->layout.frames.n, helpers ? 3 : 1);
	for (size_t i = 0; i < c->layout.frames.n; i++) {
		ck_assert_uint_eq(c->layout.frames.v[i].id, made.frames[i]);
		ck_assert_msg(c->layout.frames.v[i].kind == kinds[i], "%s: frame %zu has kind %u", s->layout, i, c->layout.frames.v[i].kind);
	}
}

static void check_all(const struct shape *s)
{
	const struct {
		enum da_clr_global g;
		uint64_t want;
	} all[] = {
		{ DA_CLR_G_ThreadStore, made.store }, { DA_CLR_G_FinalizerThread, made.finalizer },
		{ DA_CLR_G_StringMethodTable, made.string }, { DA_CLR_G_ObjectMethodTable, made.object },
		{ DA_CLR_G_ExceptionMethodTable, made.exception }, { DA_CLR_G_FreeObjectMethodTable, made.free },
		{ DA_CLR_G_AppDomain, made.domain }, { DA_CLR_G_GcDacVars, made.gc },
		{ DA_CLR_G_SyncTableEntries, made.table }, { DA_CLR_G_SyncBlockCache, made.cache },
		{ DA_CLR_G_ExecutionManagerCodeRangeMapAddress, made.code },
	};

	const bool frames_known = c->layout.frames.n != 0;

	ck_assert_msg(da_clr_search(c), "%s: no threads", s->layout);
	for (size_t i = 0; i < DA_ARRAY_SIZE(all); i++)
		ck_assert_msg(found(all[i].g) == all[i].want, "%s: variable %zu is at %llx, not %llx", s->layout, i,
			      (unsigned long long)all[i].want, (unsigned long long)found(all[i].g));
	if (!frames_known)
		check_frames(s);
}

/* A process of this shape is open until end. */
static uint8_t *begin(const struct shape *s)
{
	uint8_t *all = make_all(s);

	open_process(s, all, LEN);
	return all;
}

static void end(uint8_t *all)
{
	close_process();
	free(all);
}

START_TEST(all_are_found)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(shapes); i++) {
		uint8_t *all = begin(&shapes[i]);

		check_all(&shapes[i]);
		end(all);
	}
}
END_TEST

/* Two variables that both fit: neither is taken. */
START_TEST(doubt_is_no_answer)
{
	uint8_t *all = begin(&shapes[0]);
	uint64_t copy = make(64), string;

	memcpy(&string, at(made.string), 8);
	memcpy(at(copy), at(string), 64);
	(void)var(copy);
	ck_assert(da_clr_search(c));
	ck_assert_uint_eq(found(DA_CLR_G_StringMethodTable), 0);
	ck_assert_uint_eq(found(DA_CLR_G_ObjectMethodTable), 0); /* which is known by it */
	ck_assert_uint_eq(found(DA_CLR_G_ThreadStore), made.store);
	end(all);
}
END_TEST

START_TEST(without_threads_nothing_is_found)
{
	uint8_t *all = begin(&shapes[0]);

	put(made.store, 0);
	ck_assert(!da_clr_search(c));
	ck_assert_uint_eq(found(DA_CLR_G_StringMethodTable), 0);
	end(all);
}
END_TEST

/* A list of sections of code that leads back into itself is none, and is found out soon. */
START_TEST(lists_may_not_end)
{
	uint8_t *all = begin(&shapes[0]);
	uint64_t section;
	clock_t start = clock();

	memcpy(&section, at(made.code), 8);
	PUT(section, RangeSection, Next, section);
	ck_assert(da_clr_search(c));
	ck_assert_int_lt(clock() - start, CLOCKS_PER_SEC / 4);
	ck_assert_uint_eq(found(DA_CLR_G_ExecutionManagerCodeRangeMapAddress), 0);
	end(all);
}
END_TEST

UNIT_MAIN("clr_search", all_are_found, doubt_is_no_answer, without_threads_nothing_is_found, lists_may_not_end)
