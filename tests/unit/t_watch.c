/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/watch.h"
#include "unit/unit.h"

START_TEST(no_watch_means_no_limits)
{
	ck_assert(!da_stop(NULL));
	ck_assert(da_watch_item(NULL, DA_ITEM_MODULE, 3));
	da_watch_idle(NULL);
	da_watch_progress(NULL, 1, 2);
}
END_TEST

START_TEST(tells_what_is_touched)
{
	struct da_watch w = { .stage = 2 };

	ck_assert(da_watch_item(&w, DA_ITEM_THREAD, 17));
	ck_assert_uint_eq(w.kind, DA_ITEM_THREAD);
	ck_assert_uint_eq(w.item, 17);
	da_watch_progress(&w, 4, 9);
	ck_assert_uint_eq(w.done, 4);
	ck_assert_uint_eq(w.total, 9);
	da_watch_idle(&w);
	ck_assert_uint_eq(w.kind, DA_ITEM_NONE);
	ck_assert(!da_stop(&w));
	w.stop = 1;
	ck_assert(da_stop(&w));
}
END_TEST

START_TEST(quarantine_is_by_stage_kind_and_item)
{
	struct da_watch w = { .stage = 2, .nquarantine = 1,
			      .quarantine = { { .stage = 2, .kind = DA_ITEM_MODULE, .item = 5 } } };

	ck_assert(da_watch_item(&w, DA_ITEM_MODULE, 4));
	ck_assert(!da_watch_item(&w, DA_ITEM_MODULE, 5));
	ck_assert_uint_eq(w.item, 4); /* what is left out is not at hand */
	ck_assert(da_watch_item(&w, DA_ITEM_THREAD, 5));
	w.stage = 3;
	ck_assert(da_watch_item(&w, DA_ITEM_MODULE, 5));
	w.stage = 2;
	w.nquarantine = UINT32_MAX; /* shared memory: a dying worker may have scribbled there */
	ck_assert(!da_watch_item(&w, DA_ITEM_MODULE, 5));
	ck_assert(da_watch_item(&w, DA_ITEM_MODULE, 6));
}
END_TEST

UNIT_MAIN("watch", no_watch_means_no_limits, tells_what_is_touched, quarantine_is_by_stage_kind_and_item)
