/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2; several streams may follow each other (pbzip2 writes one for each block). */
#include "config.h"

#include <string.h>

#ifdef HAVE_BZ2
#include <bzlib.h>
#endif

#include "loader/loader.h"

static bool match(const uint8_t *head, size_t n)
{
	return n >= 10 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9' &&
	       (memcmp(head + 4, "1AY&SY", 6) == 0 || memcmp(head + 4, "\x17rE8P\x90", 6) == 0);
}

#ifdef HAVE_BZ2
#define IN_MAX (1u << 30) /* the library counts input in 32 bits */

/* One stream from *pos on; DA_OK at its end. */
static enum da_status one_stream(bz_stream *z, struct da_bytes in, size_t *pos,
				 struct da_sink *out, const char **ret_why)
{
	static char buffer[1 << 17];

	for (;;) {
		size_t given = DA_MIN(in.n - *pos, IN_MAX);
		enum da_status status;
		int r;

		z->next_in = (char *)(uintptr_t)(in.p + *pos);
		z->avail_in = (unsigned)given;
		z->next_out = buffer;
		z->avail_out = sizeof(buffer);
		r = BZ2_bzDecompress(z);
		*pos += given - z->avail_in;
		status = da_sink_write(out, buffer, sizeof(buffer) - z->avail_out);
		if (status != DA_OK || r == BZ_STREAM_END)
			return status;
		if (r == BZ_MEM_ERROR)
			da_out_of_memory(0);
		if (r != BZ_OK || (given == 0 && z->avail_out == sizeof(buffer))) {
			*ret_why = r == BZ_OK ? "the file ends early" : "its compressed data is damaged";
			return DA_PARTIAL;
		}
	}
}

static enum da_status run(struct da_bytes in, struct da_sink *out, const char **ret_why)
{
	enum da_status status;
	size_t pos = 0;

	do {
		bz_stream z;

		memset(&z, 0, sizeof(z));
		if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
			da_out_of_memory(0);
		status = one_stream(&z, in, &pos, out, ret_why);
		BZ2_bzDecompressEnd(&z);
	} while (status == DA_OK && match(in.p + pos, in.n - pos));
	return status;
}
#else
#define run NULL
#endif

const struct da_unpacker da_unpacker_bzip2 = { "bzip2", "libbz2-dev", match, run };
