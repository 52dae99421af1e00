/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapped input: gzip, zstd, xz, bzip2. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#ifdef HAVE_BZ2
#include <bzlib.h>
#endif

#include "fuzz/fuzz.h"
#include "loader/loader.h"

#define ROOM (1 << 18)

static size_t pack_gzip(const uint8_t *p, size_t n, uint8_t *out)
{
	z_stream z = { 0 };
	size_t packed;

	if (deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	z.next_in = (uint8_t *)p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = ROOM;
	deflate(&z, Z_FINISH);
	packed = z.total_out;
	deflateEnd(&z);
	return packed;
}

static size_t pack_zstd(const uint8_t *p, size_t n, uint8_t *out)
{
#ifdef HAVE_ZSTD
	size_t packed = ZSTD_compress(out, ROOM, p, n, 3);

	return ZSTD_isError(packed) ? 0 : packed;
#else
	(void)p, (void)n, (void)out;
	return 0;
#endif
}

static size_t pack_xz(const uint8_t *p, size_t n, uint8_t *out)
{
#ifdef HAVE_LZMA
	size_t packed = 0;

	return lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, p, n, out, &packed, ROOM) == LZMA_OK ? packed
													  : 0;
#else
	(void)p, (void)n, (void)out;
	return 0;
#endif
}

static size_t pack_bzip2(const uint8_t *p, size_t n, uint8_t *out)
{
#ifdef HAVE_BZ2
	unsigned packed = ROOM;

	return BZ2_bzBuffToBuffCompress((char *)out, &packed, (char *)p, (unsigned)n, 1, 0, 0) == BZ_OK ? packed
													 : 0;
#else
	(void)p, (void)n, (void)out;
	return 0;
#endif
}

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	static size_t (*const packers[])(const uint8_t *p, size_t n, uint8_t *out) = {
		pack_gzip, pack_zstd, pack_xz, pack_bzip2,
	};
	size_t n, packed;
	uint8_t *core, *out;

	if (i >= 2 * sizeof(packers) / sizeof(packers[0]))
		return NULL;
	core = fuzz_core_seed(i / 4, &n);
	out = malloc(2 * ROOM);
	if (!core || !out)
		abort();
	packed = packers[i % 4](core, n, out);
	if (packed == 0) /* not in this build: the plain core stands in */
		memcpy(out, core, packed = n < ROOM ? n : ROOM);
	free(core);
	if (i >= 4) { /* two streams behind each other, as cat makes them */
		memcpy(out + packed, out, packed);
		packed *= 2;
	}
	*ret_n = packed;
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct da_unpack_options options = { .tmpdir = "/tmp", .max_expand = 4 << 20 };
	const struct da_limits limits = fuzz_limits();
	int fd = memfd_create("input", MFD_CLOEXEC);
	const char *message;
	enum da_status status;
	struct da_dump *d;
	char path[64];

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	d = da_dump_new(&limits, NULL);
	status = da_unpack(d, path, &options, &message);
	(void)status;
	da_dump_free(d);
	close(fd);
	return 0;
}
