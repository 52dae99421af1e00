/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watch: a small block of memory shared between the process that works and the one that waits.
 *
 * Work tells it what it is about to touch (a module, a thread, a rule); if the worker dies there, the
 * waiter knows the culprit, puts it in quarantine and lets the stage run again without it. The waiter
 * sets `stop` at the soft deadline or on SIGTERM; loops ask da_stop() at each step and end early,
 * keeping what they have. A NULL watch never stops and has no quarantine.
 */
#ifndef DA_BASE_WATCH_H
#define DA_BASE_WATCH_H

#include <stdint.h>

#include "base/status.h"

enum da_item { DA_ITEM_NONE, DA_ITEM_FILE, DA_ITEM_MODULE, DA_ITEM_THREAD, DA_ITEM_RULE, DA_ITEM_SECTION };

#define DA_QUARANTINE_MAX 8

struct da_watch {
	volatile uint32_t stop;  /* finish the item at hand, then end */
	volatile uint32_t stage; /* index in app's list of stages */
	volatile uint32_t kind;  /* enum da_item */
	volatile uint32_t overdue; /* process id of a worker that was killed at its hard deadline */
	volatile uint64_t item;  /* index in its table of the model */
	volatile uint64_t done, total; /* progress of the stage, in items; total 0: unknown */
	uint32_t nquarantine;
	struct da_quarantined {
		uint32_t stage, kind;
		uint64_t item;
	} quarantine[DA_QUARANTINE_MAX];
};

static inline bool da_stop(const struct da_watch *w) { return w && w->stop; }

/* "I am about to work on this." False when the item is in quarantine: leave it out. */
bool da_watch_item(struct da_watch *w, enum da_item kind, uint64_t item);
/* "Done with items": what is touched next belongs to nobody. */
void da_watch_idle(struct da_watch *w);
static inline void da_watch_progress(struct da_watch *w, uint64_t done, uint64_t total)
{
	if (w) {
		w->done = done;
		w->total = total;
	}
}

#endif
