/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed sections. libelf unpacks zlib only (before 0.191), and writes into section headers when
 * it does; so all three ways are unpacked here, and libdw is given a file without any (build.c).
 */
#include "config.h"

#include <string.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "image/private.h"

/* zlib cannot expand more than this many times; a header that claims more lies. */
#define ZLIB_RATIO 1032
/* No compiler's debug section is packed better by zstd; a bomb would be. */
#define ZSTD_RATIO 4096
#define SECTION_MAX (UINT64_C(2) << 30)
#define DEBUGDATA_MAX (UINT64_C(256) << 20)
#define CH_ZSTD 2 /* ELFCOMPRESS_ZSTD; missing from the elf.h of glibc before 2.37 */

struct packed {
	uint32_t method;
	uint64_t size;
	struct da_bytes data;
};

bool da_section_compressed(const struct da_image *im, const struct da_section *s)
{
	return (s->flags & SHF_COMPRESSED) || da_starts(s->name, ".zdebug_");
}

static bool read_header(const struct da_image *im, const struct da_section *s, struct packed *ret)
{
	struct da_bytes raw = da_image_section_raw(im, s);
	struct da_cursor c = da_image_cursor(im, raw);

	if (s->flags & SHF_COMPRESSED) {
		ret->method = da_get_u32(&c);
		if (im->is64)
			da_get_u32(&c);
		ret->size = da_get_word(&c);
		da_get_word(&c); /* ch_addralign */
	} else { /* binutils before 2.26: "ZLIB", then the size, always big-endian */
		const uint8_t *magic = da_get_bytes(&c, 4);

		c.big_endian = true;
		ret->method = ELFCOMPRESS_ZLIB;
		ret->size = da_get_u64(&c);
		if (!magic || memcmp(magic, "ZLIB", 4) != 0)
			return false;
	}
	ret->data = (struct da_bytes){ c.p, da_left(&c) };
	return da_ok(&c);
}

static enum da_status inflate_zlib(const struct packed *p, uint8_t *out)
{
	uLongf n = (uLongf)p->size;

	if (uncompress(out, &n, p->data.p, (uLong)p->data.n) != Z_OK || n != p->size)
		return DA_CORRUPT;
	return DA_OK;
}

static enum da_status inflate_zstd(const struct packed *p, uint8_t *out)
{
#ifdef HAVE_ZSTD
	size_t n = ZSTD_decompress(out, (size_t)p->size, p->data.p, p->data.n);

	return ZSTD_isError(n) || n != p->size ? DA_CORRUPT : DA_OK;
#else
	return DA_UNSUPPORTED;
#endif
}

/* How large the section is once unpacked; *ret is what to do. */
static enum da_status prepare(const struct da_image *im, const struct da_section *s,
			      struct packed *ret)
{
	if (!read_header(im, s, ret))
		return DA_CORRUPT;
	if (ret->method != ELFCOMPRESS_ZLIB && ret->method != CH_ZSTD)
		return DA_UNSUPPORTED;
	if (ret->size > SECTION_MAX ||
	    ret->size / (ret->method == CH_ZSTD ? ZSTD_RATIO : ZLIB_RATIO) > ret->data.n + 64)
		return DA_LIMIT;
	return DA_OK;
}

enum da_status da_section_size(const struct da_image *im, const struct da_section *s, uint64_t *ret)
{
	struct packed p = { 0 };
	enum da_status status = DA_OK;

	if (s->unpacked.p)
		p.size = s->unpacked.n;
	else if (!da_section_compressed(im, s))
		p.size = da_image_section_raw(im, s).n;
	else
		status = prepare(im, s, &p);
	if (status == DA_OK)
		*ret = p.size;
	return status;
}

enum da_status da_section_unpack(struct da_image *im, struct da_section *s, uint8_t *to)
{
	struct da_bytes plain = s->unpacked.p ? s->unpacked : da_image_section_raw(im, s);
	struct packed p = { 0 };
	enum da_status status;

	if (s->unpacked.p || !da_section_compressed(im, s)) {
		if (plain.n)
			memcpy(to, plain.p, plain.n);
		return DA_OK;
	}
	status = prepare(im, s, &p);
	if (status != DA_OK)
		return status;
	status = p.method == CH_ZSTD ? inflate_zstd(&p, to) : inflate_zlib(&p, to);
	if (status == DA_OK)
		s->unpacked = (struct da_bytes){ to, (size_t)p.size };
	return status;
}

enum da_status da_section_contents(struct da_image *im, struct da_section *s, struct da_bytes *ret)
{
	enum da_status status = DA_OK;
	uint64_t size;

	if (!s->unpacked.p && da_section_compressed(im, s)) {
		status = da_section_size(im, s, &size);
		if (status == DA_OK)
			status = da_section_unpack(im, s, da_alloc(im->arena, (size_t)size));
	}
	if (status == DA_OK)
		*ret = s->unpacked.p ? s->unpacked : da_image_section_raw(im, s);
	return status;
}

/* ---------------------------------------------------------------- .gnu_debugdata */

#ifdef HAVE_LZMA
static enum da_status unxz(struct da_bytes in, struct da_str *out)
{
	lzma_stream z = LZMA_STREAM_INIT;
	uint8_t buf[16384];
	lzma_ret r = lzma_stream_decoder(&z, DEBUGDATA_MAX, 0);

	z.next_in = in.p;
	z.avail_in = in.n;
	while (r == LZMA_OK && out->n < DEBUGDATA_MAX) {
		z.next_out = buf;
		z.avail_out = sizeof(buf);
		r = lzma_code(&z, LZMA_FINISH);
		da_str_addn(out, (const char *)buf, sizeof(buf) - z.avail_out);
	}
	lzma_end(&z);
	return r == LZMA_STREAM_END ? DA_OK : r == LZMA_OK ? DA_LIMIT : DA_CORRUPT;
}
#endif

static enum da_status open_debugdata(struct da_image *im, struct da_ledger *l, struct da_bytes raw)
{
#ifdef HAVE_LZMA
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	enum da_status status = unxz(raw, &s);

	if (status == DA_OK)
		status = da_image_open(im->arena,
				       (struct da_bytes){ da_memdup(im->arena, s.s, s.n), s.n },
				       da_printf(im->arena, "%s (.gnu_debugdata)", im->what), l,
				       &im->debugdata);
	if (status != DA_OK)
		da_note(l, DA_NOTE_CORRUPT, im->what, NULL,
			"the mini debug information (.gnu_debugdata) cannot be read");
	return status;
#else
	da_note(l, DA_NOTE_UNSUPPORTED, im->what, "build dumpan with liblzma (package liblzma-dev)",
		"mini debug information (.gnu_debugdata) is packed with xz, which this build cannot read");
	return DA_UNSUPPORTED;
#endif
}

enum da_status da_image_debugdata(struct da_image *im, struct da_ledger *l, struct da_image **ret)
{
	if (!im->debugdata_tried) {
		struct da_bytes raw =
			da_image_section_raw(im, da_image_section(im, ".gnu_debugdata"));

		im->debugdata_tried = true;
		im->debugdata_status = raw.n ? open_debugdata(im, l, raw) : DA_NOT_FOUND;
	}
	if (im->debugdata_status == DA_OK)
		*ret = im->debugdata;
	return im->debugdata_status;
}
