/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/watch.h"

bool da_watch_item(struct da_watch *w, enum da_item kind, uint64_t item)
{
	if (!w)
		return true;
	for (uint32_t i = 0; i < w->nquarantine && i < DA_QUARANTINE_MAX; i++)
		if (w->quarantine[i].stage == w->stage && w->quarantine[i].kind == (uint32_t)kind &&
		    w->quarantine[i].item == item)
			return false;
	w->item = item;
	w->kind = kind;
	return true;
}

void da_watch_idle(struct da_watch *w)
{
	if (w)
		w->kind = DA_ITEM_NONE;
}
