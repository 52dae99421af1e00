/* SPDX-License-Identifier: Apache-2.0 */
/* xz, as older systemd-coredump and people write it; concatenated streams and padding allowed. */
#include "config.h"

#include <string.h>

#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "loader/loader.h"

static bool match(const uint8_t *head, size_t n)
{
	return n >= 6 && memcmp(head, "\xfd" "7zXZ", 6) == 0;
}

#ifdef HAVE_LZMA
/* The largest dictionary of `xz -9` is 64 MiB; `--lzma2=dict=1536MiB` is the format's own limit. */
#define DICTIONARY_MAX (UINT64_C(1700) << 20)

static const char *why(lzma_ret r)
{
	switch (r) {
	case LZMA_BUF_ERROR: return "the file ends early";
	case LZMA_MEMLIMIT_ERROR: return "it wants more memory than any xz file should";
	case LZMA_OPTIONS_ERROR: return "it uses options that this liblzma does not know";
	default: return "its compressed data is damaged";
	}
}

static enum da_status run(struct da_bytes in, struct da_sink *out, const char **ret_why)
{
	static uint8_t buffer[1 << 17];
	lzma_stream z = LZMA_STREAM_INIT;
	enum da_status status = DA_OK;
	lzma_ret r;

	if (lzma_stream_decoder(&z, DICTIONARY_MAX, LZMA_CONCATENATED) != LZMA_OK)
		da_out_of_memory(0);
	z.next_in = in.p;
	z.avail_in = in.n;
	do {
		z.next_out = buffer;
		z.avail_out = sizeof(buffer);
		r = lzma_code(&z, LZMA_FINISH);
		if (r == LZMA_MEM_ERROR)
			da_out_of_memory(0);
		status = da_sink_write(out, buffer, sizeof(buffer) - z.avail_out);
	} while (r == LZMA_OK && status == DA_OK);
	if (status == DA_OK && r != LZMA_STREAM_END) {
		*ret_why = why(r);
		status = DA_PARTIAL;
	}
	lzma_end(&z);
	return status;
}
#else
#define run NULL
#endif

const struct da_unpacker da_unpacker_xz = { "xz", "liblzma-dev", match, run };
