/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Was there ever a second thread? glibc 2.32 and later say so in __libc_single_threaded (sys/single_threaded.h): the
 * start of the process sets it to 1, the first pthread_create to 0, and it stays 0 when that thread has ended
 * (measured with 2.36). Threads that a program makes by clone alone are not counted, so one of those must not be there.
 */
#include "config.h"

#include "wait/parts.h"

#define FLAG "__libc_single_threaded"

/* That of libc.so.6, which stays 0 where the program has a copy of its own (a copy relocation); or of a static program. */
static bool flag_of(const struct da_waits *w, uint64_t *ret)
{
	uint32_t libc = da_symbols_module(w->s, "libc.so.6");
	uint64_t size;

	if (libc != DA_NONE)
		return da_symbols_named(w->s, libc, FLAG, ret, &size) == DA_OK && size == 1;
	for (uint32_t i = 0; i < w->p->modules.n; i++)
		if (w->p->modules.v[i].main)
			return da_symbols_named(w->s, i, FLAG, ret, &size) == DA_OK && size == 1;
	return false;
}

void da_wait_single(struct da_waits *w)
{
	uint64_t at;
	uint8_t flag;

	if (w->s && w->p->threads.n == 1 && w->p->threads.v[0].times_with_ended && flag_of(w, &at) &&
	    da_mem_read(w->m, at, &flag, 1, NULL) == DA_OK && flag == 1)
		w->p->threads.v[0].times_with_ended = false;
}
