/* SPDX-License-Identifier: Apache-2.0 */
/* locks: what is held, by whom, and who waits for it; each with how it is known. */
#include "config.h"

#include <stdlib.h>

#include "analyze/sections.h"
#include "analyze/words.h"

static void lock_row(struct da_analysis *a, uint32_t row)
{
	const struct da_process *p = &a->dump->proc;
	uint32_t index = a->order->lock_at[row];
	const struct da_lock *l = &p->locks.v[index];
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_locks);
	da_set_ref(doc, DA_COL_locks_id, "lock", row);
	if (l->address)
		da_set_address(doc, DA_COL_locks_address, l->address);
	da_set_text(doc, DA_COL_locks_name, l->name);
	da_set_word(doc, DA_COL_locks_kind, da_lock_kind_name((enum da_lock_kind)l->kind));
	da_set_text(doc, DA_COL_locks_type, l->type);
	da_set_ref(doc, DA_COL_locks_owner, "t", l->owner);
	if (l->owner == DA_NONE && l->owner_tid)
		da_set_uint(doc, DA_COL_locks_owner_tid, l->owner_tid);
	if (l->has_recursion)
		da_set_uint(doc, DA_COL_locks_recursion, l->recursion);
	if (l->has_count)
		da_set_int(doc, DA_COL_locks_count, l->count);
	if (l->has_max)
		da_set_int(doc, DA_COL_locks_max, l->max);
	for (uint32_t i = a->order->waits_from[index]; i < a->order->waits_from[index + 1]; i++)
		da_add_ref(doc, DA_COL_locks_waiters, "t", p->waits.v[a->order->waits_of[i]].thread);
	da_set_word(doc, DA_COL_locks_state, da_lock_state_name((enum da_lock_state)l->state));
	if (l->how)
		da_set_rich(doc, DA_COL_locks_how, "%s", l->how);
}

static void wait_row(struct da_analysis *a, const struct da_wait *w)
{
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_waits);
	da_set_ref(doc, DA_COL_waits_from, "t", w->thread);
	da_set_ref(doc, DA_COL_waits_to, "t", w->owner);
	if (w->lock != DA_NONE)
		da_set_ref(doc, DA_COL_waits_lock, "lock", a->order->lock_row[w->lock]);
	if (w->address)
		da_set_address(doc, DA_COL_waits_address, w->address);
	da_set_word(doc, DA_COL_waits_kind, da_lock_kind_name((enum da_lock_kind)w->kind));
	da_set_word(doc, DA_COL_waits_mode, da_wait_mode_name((enum da_wait_mode)w->mode));
	if (w->has_timeout)
		da_set_uint(doc, DA_COL_waits_timeout_us, w->timeout_us);
	if (w->how)
		da_set_rich(doc, DA_COL_waits_how, "%s", w->how);
	da_set_real(doc, DA_COL_waits_confidence, w->confidence);
}

static int by_thread(const void *x, const void *y)
{
	const struct da_wait *a = *(const struct da_wait *const *)x, *b = *(const struct da_wait *const *)y;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->primary != b->primary)
		return a->primary ? -1 : 1;
	return a < b ? -1 : a > b;
}

void da_section_locks(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_wait **waits = da_calloc(a->dump->arena, p->waits.n, sizeof(const struct da_wait *));

	da_wait_cycle_rows(a);
	for (uint32_t i = 0; i < p->locks.n; i++)
		lock_row(a, i);
	for (size_t i = 0; i < p->waits.n; i++)
		waits[i] = &p->waits.v[i];
	if (p->waits.n)
		qsort(waits, p->waits.n, sizeof(const struct da_wait *), by_thread);
	for (size_t i = 0; i < p->waits.n; i++)
		wait_row(a, waits[i]);
}
