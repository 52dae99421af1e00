/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/checked.h"
#include "base/cursor.h"

struct da_cursor da_cursor(const void *p, size_t n, bool big_endian, unsigned word)
{
	const uint8_t *b = n ? p : (const uint8_t *)""; /* NULL + 0 is undefined */

	return (struct da_cursor){ .base = b, .p = b, .end = b + n, .big_endian = big_endian,
				   .word = (uint8_t)word };
}

static const uint8_t *take(struct da_cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->failed || da_left(c) < n) {
		c->failed = true;
		c->p = c->end;
		return NULL;
	}
	c->p += n;
	return p;
}

static uint64_t get(struct da_cursor *c, unsigned n)
{
	const uint8_t *p = take(c, n);
	uint64_t v = 0;

	if (!p)
		return 0;
	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)p[c->big_endian ? n - 1 - i : i] << 8 * i;
	return v;
}

uint8_t da_get_u8(struct da_cursor *c)
{
	return (uint8_t)get(c, 1);
}

uint16_t da_get_u16(struct da_cursor *c)
{
	return (uint16_t)get(c, 2);
}

uint32_t da_get_u32(struct da_cursor *c)
{
	return (uint32_t)get(c, 4);
}

uint64_t da_get_u64(struct da_cursor *c)
{
	return get(c, 8);
}

uint64_t da_get_word(struct da_cursor *c)
{
	return get(c, c->word == 4 ? 4 : 8);
}

uint64_t da_get_uleb(struct da_cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t b = da_get_u8(c);

		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		if (c->failed)
			return 0;
		if (!(b & 0x80))
			return v;
		if (shift > 98) { /* longer than any padding that tools write */
			c->failed = true;
			return 0;
		}
	}
}

const uint8_t *da_get_bytes(struct da_cursor *c, size_t n)
{
	return take(c, n);
}

void da_skip(struct da_cursor *c, size_t n)
{
	(void)take(c, n);
}

void da_seek(struct da_cursor *c, size_t off)
{
	if (c->failed || off > (size_t)(c->end - c->base)) {
		c->failed = true;
		c->p = c->end;
		return;
	}
	c->p = c->base + off;
}

void da_align(struct da_cursor *c, size_t to)
{
	size_t off = da_pos(c), up = (size_t)da_round_up(off, to);

	if (!c->failed)
		c->p = up > (size_t)(c->end - c->base) ? c->end : c->base + up;
}

struct da_cursor da_sub(const struct da_cursor *c, uint64_t off, uint64_t len)
{
	struct da_cursor sub = *c;

	if (c->failed || !da_fits(off, len, (uint64_t)(c->end - c->base))) {
		sub.p = sub.end = sub.base;
		sub.failed = true;
		return sub;
	}
	sub.base = sub.p = c->base + off;
	sub.end = sub.base + len;
	return sub;
}

bool da_count_ok(const struct da_cursor *c, uint64_t n, size_t size, uint64_t max)
{
	uint64_t bytes;

	return !c->failed && n <= max && da_mul(&bytes, n, size) && bytes <= da_left(c);
}
