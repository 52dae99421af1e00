/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "unit/unit.h"

START_TEST(puts_and_gets)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_map m = { 0 };
	bool fresh = false;

	ck_assert_ptr_null(da_map_get(&m, 0));
	for (uint64_t i = 0; i < 20000; i++) {
		*da_map_put(a, &m, i << 40, &fresh) = i;
		ck_assert(fresh);
	}
	ck_assert_uint_eq(m.n, 20000);
	for (uint64_t i = 0; i < 20000; i++) {
		ck_assert_ptr_nonnull(da_map_get(&m, i << 40));
		ck_assert_uint_eq(*da_map_get(&m, i << 40), i);
	}
	ck_assert_ptr_null(da_map_get(&m, 1));
	ck_assert_uint_eq(*da_map_put(a, &m, 5ull << 40, &fresh), 5);
	ck_assert(!fresh);
	ck_assert_uint_eq(*da_map_put(a, &m, UINT64_MAX, NULL), 0);
	ck_assert_uint_eq(m.n, 20001);
}
END_TEST

START_TEST(interned_strings_are_one)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_strings set = { 0 };
	const char *first = da_intern(a, &set, "main");
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "function_%d", i % 500);
		da_intern(a, &set, name);
	}
	ck_assert_uint_eq(set.n, 501);
	snprintf(name, sizeof(name), "main");
	ck_assert_ptr_eq(da_intern(a, &set, name), first);
	ck_assert_ptr_ne(da_intern(a, &set, ""), first);
	ck_assert_str_eq(da_intern(a, &set, ""), "");
}
END_TEST

START_TEST(hash_is_fnv1a)
{
	/* published test values of 64-bit FNV-1a: bytes of a report depend on them */
	ck_assert_uint_eq(da_hash(DA_HASH_SEED, "", 0), 0xcbf29ce484222325ull);
	ck_assert_uint_eq(da_hash(DA_HASH_SEED, "a", 1), 0xaf63dc4c8601ec8cull);
	ck_assert_uint_eq(da_hash(DA_HASH_SEED, "foobar", 6), 0x85944171f73967e8ull);
	ck_assert_uint_eq(da_hash(da_hash(DA_HASH_SEED, "foo", 3), "bar", 3), 0x85944171f73967e8ull);
	ck_assert_uint_ne(da_hash_mix(1), da_hash_mix(2));
}
END_TEST

UNIT_MAIN("map", puts_and_gets, interned_strings_are_one, hash_is_fnv1a)
