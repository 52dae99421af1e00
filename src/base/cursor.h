/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor: the only way to read bytes that somebody else wrote.
 *
 * Failure is sticky: after one read beyond the end every further read gives zero and da_ok() is
 * false, so a record is parsed straight through and judged once. No casts from bytes to structs.
 */
#ifndef DA_BASE_CURSOR_H
#define DA_BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct da_bytes {
	const uint8_t *p;
	size_t n;
};

struct da_cursor {
	const uint8_t *base, *p, *end;
	bool big_endian;
	bool failed;
	uint8_t word; /* bytes of a pointer: 4 or 8 */
};

struct da_cursor da_cursor(const void *p, size_t n, bool big_endian, unsigned word);
static inline bool da_ok(const struct da_cursor *c) { return !c->failed; }
static inline size_t da_left(const struct da_cursor *c) { return (size_t)(c->end - c->p); }
static inline size_t da_pos(const struct da_cursor *c) { return (size_t)(c->p - c->base); }

uint8_t da_get_u8(struct da_cursor *c);
uint16_t da_get_u16(struct da_cursor *c);
uint32_t da_get_u32(struct da_cursor *c);
uint64_t da_get_u64(struct da_cursor *c);
uint64_t da_get_word(struct da_cursor *c);
uint64_t da_get_uleb(struct da_cursor *c);
/* n bytes in place, or NULL (and failed). */
const uint8_t *da_get_bytes(struct da_cursor *c, size_t n);
void da_skip(struct da_cursor *c, size_t n);
/* To offset `off` from the base; failed when that is outside. */
void da_seek(struct da_cursor *c, size_t off);
/* Skip to a multiple of `to` from the base; stops at the end without failing. */
void da_align(struct da_cursor *c, size_t to);
/* [off, off + len) of the base as a cursor of its own; failed when outside. */
struct da_cursor da_sub(const struct da_cursor *c, uint64_t off, uint64_t len);
/* A count that was just read: true when n items of `size` bytes still fit and n is at most max. */
bool da_count_ok(const struct da_cursor *c, uint64_t n, size_t size, uint64_t max);

#endif
