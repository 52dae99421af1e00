/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of minidumps: what tests/synth wrote, read by the loader. */
#ifndef DA_TESTS_LOAD_MD_H
#define DA_TESTS_LOAD_MD_H

#include <string.h>

#include "loader/loader.h"
#include "synth/synth_md.h"
#include "unit/unit.h"

static inline struct da_dump *load_bytes(const uint8_t *p, size_t n, enum da_status *ret, const char **ret_message)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);

	d->file = (struct da_bytes){ p, n };
	d->origin.file = "orders.dmp";
	d->origin.bytes = n;
	*ret = da_load(d, ret_message);
	return d;
}

/* Builds, loads, frees the builder; the bytes live as long as the dump. */
static inline struct da_dump *load(struct synth_md *s, enum da_status want)
{
	const char *message = NULL;
	enum da_status status;
	size_t n;
	uint8_t *p = synth_md_build(s, &n);
	struct da_dump *d = load_bytes(p, n, &status, &message);

	ck_assert_msg(status == want, "%s, wanted %s: %s", da_status_name(status), da_status_name(want),
		      message ? message : "-");
	synth_md_free(s);
	da_arena_on_free(d->arena, free, p);
	return d;
}

static inline bool ledger_says(const struct da_dump *d, enum da_note_kind kind, const char *words)
{
	for (size_t i = 0; i < da_ledger_count(d->ledger); i++)
		if (da_ledger_at(d->ledger, i)->kind == kind &&
		    strstr(da_ledger_at(d->ledger, i)->text, words))
			return true;
	return false;
}

#endif
