/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where threads begin. Assembly code of older and other C libraries has no unwind information that
 * would say so: a return address inside one of these functions is the end of the stack.
 */
#include "config.h"

#include <string.h>

#include "unwind/step.h"

#define AT_ENTRY 9
#define ENTRY_BYTES 64 /* _start is shorter on every CPU */

static const char *const entries[] = {
	"_start", "__start", "_dl_start_user", "clone", "__clone", "clone3", "__clone3",
	"thread_start", "_dlstart",
};

static bool by_name(const struct da_walk *w)
{
	const struct da_place *place = da_symbols_place(w->symbols, da_unwind_pc(w), true);

	if (!place->exact || !place->raw)
		return false;
	for (size_t i = 0; i < DA_ARRAY_SIZE(entries); i++) {
		size_t n = strlen(entries[i]);

		/* With or without the version: clone@@GLIBC_2.2.5 */
		if (!strncmp(place->raw, entries[i], n) &&
		    (place->raw[n] == '\0' || place->raw[n] == '@'))
			return true;
	}
	return false;
}

static enum da_status step(struct da_walk *w, struct da_regs *ret)
{
	uint64_t entry, pc = da_unwind_pc(w);

	(void)ret;
	/* A thread that was stopped inside one of them may well have a caller: clone() has. */
	if (w->exact_pc)
		return DA_NOT_FOUND;
	if ((da_auxv(&w->dump->proc, AT_ENTRY, &entry) && pc > entry && pc - entry < ENTRY_BYTES) ||
	    by_name(w)) {
		w->end = DA_END_COMPLETE;
		w->why = "the thread began here";
		return DA_PARTIAL;
	}
	return DA_NOT_FOUND;
}

const struct da_unwinder da_unwinder_entry = { "entry", DA_TRUST_CFI, step };
