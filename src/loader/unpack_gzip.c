/* SPDX-License-Identifier: Apache-2.0 */
/* gzip, as of `gzip core` and of coredumps sent by mail. Members may follow each other. */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include "loader/loader.h"

#define OUT (1 << 17)
#define IN_MAX (1u << 30) /* zlib counts input in 32 bits */

static bool match(const uint8_t *head, size_t n)
{
	return n >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

static enum da_status inflate_all(z_stream *z, struct da_bytes in, struct da_sink *out,
				  const char **ret_why)
{
	static uint8_t buffer[OUT];
	size_t pos = 0;
	enum da_status status;

	for (;;) {
		size_t given = DA_MIN(in.n - pos, IN_MAX);
		int r;

		z->next_in = (Bytef *)(uintptr_t)(in.p + pos);
		z->avail_in = (uInt)given;
		z->next_out = buffer;
		z->avail_out = OUT;
		r = inflate(z, Z_NO_FLUSH);
		pos += given - z->avail_in;
		status = da_sink_write(out, buffer, OUT - z->avail_out);
		if (status != DA_OK)
			return status;
		if (r == Z_STREAM_END) {
			if (!match(in.p + pos, in.n - pos))
				return DA_OK; /* the end, or padding of a tape or block device */
			inflateReset(z);
		} else if (r != Z_OK) {
			*ret_why = r == Z_BUF_ERROR ? "the file ends early"
						    : "its compressed data is damaged";
			return DA_PARTIAL;
		}
	}
}

static enum da_status run(struct da_bytes in, struct da_sink *out, const char **ret_why)
{
	z_stream z;
	enum da_status status;

	memset(&z, 0, sizeof(z));
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		da_out_of_memory(0);
	status = inflate_all(&z, in, out, ret_why);
	inflateEnd(&z);
	return status;
}

const struct da_unpacker da_unpacker_gzip = { "gzip", "zlib1g-dev", match, run };
