/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd, as systemd-coredump and `zstd --long=31` write it. The content size in the header is unknown
 * for everything that came through a pipe: grow, do not trust. Frames may follow each other.
 */
#include "config.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "loader/loader.h"

static bool match(const uint8_t *head, size_t n)
{
	return n >= 4 && head[0] == 0x28 && head[1] == 0xb5 && head[2] == 0x2f && head[3] == 0xfd;
}

#ifdef HAVE_ZSTD
static enum da_status decompress(ZSTD_DCtx *ctx, struct da_bytes packed, struct da_sink *out,
				 const char **ret_why)
{
	static uint8_t buffer[1 << 17];
	ZSTD_inBuffer in = { packed.p, packed.n, 0 };
	size_t r = 1, frames = 0;

	while (in.pos < in.size || r != 0) {
		size_t before = in.pos;
		ZSTD_outBuffer o = { buffer, sizeof(buffer), 0 };
		enum da_status status;

		r = ZSTD_decompressStream(ctx, &o, &in);
		if (ZSTD_isError(r)) {
			if (frames) /* bytes behind the last frame: padding, or somebody's trailer */
				return DA_OK;
			*ret_why = ZSTD_getErrorName(r);
			return DA_PARTIAL;
		}
		status = da_sink_write(out, buffer, o.pos);
		if (status != DA_OK)
			return status;
		frames += r == 0;
		if (r != 0 && in.pos == in.size && o.pos == 0 && before == in.pos) {
			*ret_why = "the file ends early";
			return DA_PARTIAL;
		}
	}
	return DA_OK;
}

static enum da_status run(struct da_bytes in, struct da_sink *out, const char **ret_why)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	enum da_status status;

	if (!ctx)
		da_out_of_memory(0);
	/* Without this, windows of `--long=28` and more fail before the first byte. */
	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, 31);
	status = decompress(ctx, in, out, ret_why);
	ZSTD_freeDCtx(ctx);
	return status;
}
#else
#define run NULL
#endif

const struct da_unpacker da_unpacker_zstd = { "zstd", "libzstd-dev", match, run };
