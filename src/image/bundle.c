/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "image/bundle.h"
#include "image/inflate.h"

/* The host is linked with it; publishing finds by it the place for the offset before it. */
static const uint8_t signature[32] = {
	0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
	0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
};

/* What the versions brought: 3.0 and 3.1 write 1, 5.0 writes 2, later ones 6. */
enum { VERSION_OLDEST = 1, VERSION_CONFIG = 2, VERSION_PACKED = 6, VERSION_NEWEST = 6 };
enum { ENTRY_MIN = 8 + 8 + 1 + 1 };

uint64_t da_bundle_find(struct da_bytes data, bool *ret_found)
{
	const uint8_t *p = data.n >= sizeof(signature) ? memmem(data.p, data.n, signature, sizeof(signature)) : NULL;
	struct da_cursor c = da_cursor(data.p, data.n, false, 8), word;

	*ret_found = p && p - data.p >= 8;
	if (!*ret_found)
		return 0;
	word = da_sub(&c, (uint64_t)(p - data.p) - 8, 8);
	return da_get_u64(&word);
}

/* A length in groups of seven bits, then UTF-8: as BinaryWriter of .NET writes strings. */
static const char *get_string(struct da_arena *a, struct da_cursor *c)
{
	uint64_t n = da_get_uleb(c);
	const uint8_t *p = n <= da_limits_default.string ? da_get_bytes(c, (size_t)n) : NULL;

	if (!p) {
		c->failed = true;
		return "";
	}
	return da_text(a, p, (size_t)n);
}

static void get_entry(struct da_arena *a, struct da_cursor *c, uint32_t major, struct da_bundle_entry *e)
{
	e->off = da_get_u64(c);
	e->size = da_get_u64(c);
	if (major >= VERSION_PACKED)
		e->packed = da_get_u64(c);
	e->type = da_get_u8(c);
	if (e->type > DA_BUNDLE_SYMBOLS)
		e->type = DA_BUNDLE_UNKNOWN;
	e->path = get_string(a, c);
}

enum da_status da_bundle_read(struct da_arena *a, struct da_bytes file, uint64_t header, struct da_bundle *ret)
{
	struct da_cursor all = da_cursor(file.p, file.n, false, 8), c;
	struct da_bundle b = { .header = header };

	if (!header)
		return DA_NOT_FOUND;
	c = da_sub(&all, header, header < file.n ? file.n - header : 1);
	b.major = da_get_u32(&c);
	b.minor = da_get_u32(&c);
	b.n = da_get_u32(&c);
	b.id = get_string(a, &c);
	if (!da_ok(&c) || b.major < VERSION_OLDEST)
		return DA_CORRUPT;
	if (b.major > VERSION_NEWEST)
		return DA_UNSUPPORTED;
	if (b.major >= VERSION_CONFIG) {
		da_skip(&c, 32); /* where .deps.json and .runtimeconfig.json are: entries too */
		b.flags = da_get_u64(&c);
	}
	if (!da_count_ok(&c, b.n, ENTRY_MIN, da_limits_default.modules))
		return b.n > da_limits_default.modules ? DA_LIMIT : DA_CORRUPT;
	b.entries = da_calloc(a, b.n, sizeof(*b.entries));
	for (uint32_t i = 0; i < b.n && da_ok(&c); i++)
		get_entry(a, &c, b.major, &b.entries[i]);
	if (!da_ok(&c))
		return DA_CORRUPT;
	*ret = b;
	return DA_OK;
}

enum da_status da_bundle_extract(struct da_arena *a, struct da_bytes file, const struct da_bundle_entry *e, uint64_t max,
				 struct da_bytes *ret)
{
	uint64_t n = e->packed ? e->packed : e->size;

	if (!da_fits(e->off, n, file.n))
		return DA_CORRUPT;
	if (e->packed)
		return da_inflate_raw(a, (struct da_bytes){ file.p + e->off, (size_t)n }, e->size, max, ret);
	if (n > max)
		return DA_LIMIT;
	*ret = (struct da_bytes){ file.p + e->off, (size_t)n };
	return DA_OK;
}
