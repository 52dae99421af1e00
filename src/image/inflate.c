/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <limits.h>
#include <zlib.h>

#include "image/inflate.h"

enum { RATIO = 1032 /* deflate cannot expand more than so many times */, RAW = -15 /* no header, 32 KiB window */ };

static int run(z_stream *z, struct da_bytes packed, uint8_t *out, uint64_t size)
{
	int st = Z_OK;

	z->next_in = (Bytef *)(uintptr_t)packed.p;
	z->next_out = out;
	while (st == Z_OK) { /* in pieces that zlib can count */
		uint64_t in_left = packed.n - (size_t)(z->next_in - packed.p), out_left = size - (uint64_t)(z->next_out - out);

		z->avail_in = (uInt)DA_MIN(in_left, (uint64_t)INT_MAX);
		z->avail_out = (uInt)DA_MIN(out_left, (uint64_t)INT_MAX);
		st = inflate(z, Z_NO_FLUSH);
	}
	return st == Z_STREAM_END && (uint64_t)(z->next_out - out) == size ? Z_OK : Z_DATA_ERROR;
}

enum da_status da_inflate_raw(struct da_arena *a, struct da_bytes packed, uint64_t size, uint64_t max,
			      struct da_bytes *ret)
{
	z_stream z = { 0 };
	uint8_t *out;
	int st;

	if (size > max || size / RATIO > packed.n)
		return DA_LIMIT;
	if (inflateInit2(&z, RAW) != Z_OK)
		return DA_NOMEM;
	out = da_alloc(a, size + 1); /* room for the end mark of what is empty */
	st = run(&z, packed, out, size);
	inflateEnd(&z);
	if (st != Z_OK)
		return DA_CORRUPT;
	*ret = (struct da_bytes){ out, size };
	return DA_OK;
}
