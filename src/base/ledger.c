/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

struct da_ledger {
	struct da_arena *arena;
	uint64_t max;
	DA_VEC(struct da_entry) entries;
	struct da_map index; /* hash of kind, place, text to entry + 1 */
	uint64_t kept[DA_NOTE_KINDS], dropped[DA_NOTE_KINDS];
};

struct da_ledger *da_ledger_new(struct da_arena *a, uint64_t max_per_kind)
{
	struct da_ledger *l = da_new(a, struct da_ledger);

	l->arena = a;
	l->max = max_per_kind;
	return l;
}

static struct da_entry *find(struct da_ledger *l, enum da_note_kind kind, const char *where,
			     const char *text, uint64_t *ret_key)
{
	uint64_t key = da_hash(DA_HASH_SEED + (uint64_t)kind, where, strlen(where) + 1);

	for (key = da_hash(key, text, strlen(text));; key++) {
		uint64_t *at = da_map_get(&l->index, key);
		struct da_entry *e = at ? &l->entries.v[*at] : NULL;

		*ret_key = key;
		if (!e || (e->kind == kind && da_streq(e->where, where) && da_streq(e->text, text)))
			return e;
	}
}

void da_note(struct da_ledger *l, enum da_note_kind kind, const char *where, const char *remedy,
	     const char *fmt, ...)
{
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };
	struct da_entry *e;
	uint64_t key;
	va_list ap;

	if (!l)
		return;
	va_start(ap, fmt);
	da_str_vaddf(&text, fmt, ap);
	va_end(ap);
	e = find(l, kind, where, da_str_get(&text), &key);
	if (e) {
		e->count++;
		return;
	}
	if (l->kept[kind] >= l->max) {
		l->dropped[kind]++;
		return;
	}
	l->kept[kind]++;
	*da_map_put(l->arena, &l->index, key, NULL) = l->entries.n;
	*da_vec_add(l->arena, &l->entries) = (struct da_entry){
		.kind = kind,
		.where = da_strdup(l->arena, where),
		.text = da_strdup(l->arena, da_str_get(&text)),
		.remedy = remedy ? da_strdup(l->arena, remedy) : NULL,
		.count = 1,
	};
}

size_t da_ledger_count(const struct da_ledger *l)
{
	return l->entries.n;
}

const struct da_entry *da_ledger_at(const struct da_ledger *l, size_t i)
{
	return &l->entries.v[i];
}

uint64_t da_ledger_dropped(const struct da_ledger *l, enum da_note_kind kind)
{
	return l->dropped[kind];
}

const char *da_note_kind_name(enum da_note_kind kind)
{
	static const char *const names[DA_NOTE_KINDS] = {
		[DA_NOTE_MISSING] = "missing", [DA_NOTE_CORRUPT] = "corrupt",
		[DA_NOTE_CUT] = "cut", [DA_NOTE_LIMIT] = "limit",
		[DA_NOTE_UNSUPPORTED] = "unsupported", [DA_NOTE_MISMATCH] = "mismatch",
		[DA_NOTE_LOST] = "lost", [DA_NOTE_DISAGREE] = "contradiction",
	};

	return (unsigned)kind < DA_NOTE_KINDS ? names[kind] : "unknown";
}
