/* SPDX-License-Identifier: Apache-2.0 */
/* Checked arithmetic: true when the result is exact, as the compiler's builtins but not inverted. */
#ifndef DA_BASE_CHECKED_H
#define DA_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool da_add(uint64_t *ret, uint64_t a, uint64_t b)
{
	return !__builtin_add_overflow(a, b, ret);
}

static inline bool da_mul(uint64_t *ret, uint64_t a, uint64_t b)
{
	return !__builtin_mul_overflow(a, b, ret);
}

/* Does [off, off + len) lie inside [0, size)? */
static inline bool da_fits(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

/* Round up to a multiple of `to` (a power of two); saturates instead of wrapping. */
static inline uint64_t da_round_up(uint64_t v, uint64_t to)
{
	uint64_t r = (v + to - 1) & ~(to - 1);

	return r < v ? UINT64_MAX & ~(to - 1) : r;
}

#define DA_MIN(a, b) ((a) < (b) ? (a) : (b))
#define DA_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
