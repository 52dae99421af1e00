/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

/* Open addressing, at most three quarters full; the size is a power of two. */
static struct da_map_slot *find(const struct da_map *m, uint64_t key)
{
	size_t i = da_hash_mix(key) & (m->cap - 1);

	while (m->slots[i].used && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

uint64_t *da_map_get(const struct da_map *m, uint64_t key)
{
	struct da_map_slot *slot;

	if (!m->cap)
		return NULL;
	slot = find(m, key);
	return slot->used ? &slot->value : NULL;
}

static void resize(struct da_arena *a, struct da_map *m, size_t cap)
{
	struct da_map grown = { .cap = cap, .n = m->n };

	grown.slots = da_calloc(a, grown.cap, sizeof(*grown.slots));
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].used)
			*find(&grown, m->slots[i].key) = m->slots[i];
	*m = grown;
}

void da_map_reserve(struct da_arena *a, struct da_map *m, size_t n)
{
	size_t cap = m->cap ? m->cap : 16;

	while (n / 3 >= cap / 4)
		cap *= 2;
	if (cap > m->cap)
		resize(a, m, cap);
}

uint64_t *da_map_put(struct da_arena *a, struct da_map *m, uint64_t key, bool *ret_new)
{
	struct da_map_slot *slot;

	if ((m->n + 1) * 4 > m->cap * 3)
		resize(a, m, m->cap ? m->cap * 2 : 16);
	slot = find(m, key);
	if (ret_new)
		*ret_new = !slot->used;
	if (!slot->used) {
		*slot = (struct da_map_slot){ .key = key, .used = true };
		m->n++;
	}
	return &slot->value;
}

static const char **find_string(const char **slots, size_t cap, const char *s)
{
	size_t i = da_hash_mix(da_hash(DA_HASH_SEED, s, strlen(s))) & (cap - 1);

	while (slots[i] && strcmp(slots[i], s) != 0)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

const char *da_intern(struct da_arena *a, struct da_strings *set, const char *s)
{
	const char **slot;

	if ((set->n + 1) * 4 > set->cap * 3) {
		size_t cap = set->cap ? set->cap * 2 : 64;
		const char **slots = da_calloc(a, cap, sizeof(*slots));

		for (size_t i = 0; i < set->cap; i++)
			if (set->slots[i])
				*find_string(slots, cap, set->slots[i]) = set->slots[i];
		set->slots = slots;
		set->cap = cap;
	}
	slot = find_string(set->slots, set->cap, s);
	if (!*slot) {
		*slot = da_strdup(a, s);
		set->n++;
	}
	return *slot;
}
