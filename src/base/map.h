/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two hash tables, in an arena: numbers to numbers, and a set of strings kept once each.
 * Both are zero when empty and only grow.
 */
#ifndef DA_BASE_MAP_H
#define DA_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct da_arena;

struct da_map {
	struct da_map_slot {
		uint64_t key, value;
		bool used;
	} *slots;
	size_t n, cap;
};

/* Room for so many keys, where their number is known: what grows is copied and leaves its old slots behind. */
void da_map_reserve(struct da_arena *a, struct da_map *m, size_t n);
/* The value's place, or NULL. It holds until the next da_map_put. */
uint64_t *da_map_get(const struct da_map *m, uint64_t key);
/* The value's place, made (0) if it was not there; *ret_new may be NULL. */
uint64_t *da_map_put(struct da_arena *a, struct da_map *m, uint64_t key, bool *ret_new);

struct da_strings {
	const char **slots;
	size_t n, cap;
};

/* The one copy of this string: equal strings give equal pointers. */
const char *da_intern(struct da_arena *a, struct da_strings *set, const char *s);

#endif
