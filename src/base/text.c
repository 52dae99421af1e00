/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

unsigned da_utf8_next(const char *s, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	unsigned len;
	uint32_t c;

	if (n == 0)
		return 0;
	if (u[0] < 0x80) {
		*ret = u[0];
		return 1;
	}
	if (u[0] >= 0xc2 && u[0] < 0xe0)
		len = 2, c = u[0] & 0x1f;
	else if (u[0] >= 0xe0 && u[0] < 0xf0)
		len = 3, c = u[0] & 0x0f;
	else if (u[0] >= 0xf0 && u[0] < 0xf5)
		len = 4, c = u[0] & 0x07;
	else
		return 0;
	if (n < len)
		return 0;
	for (unsigned i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return len;
}

bool da_utf8_valid(const char *s, size_t n)
{
	uint32_t c;

	for (size_t i = 0; i < n;) {
		unsigned len = da_utf8_next(s + i, n - i, &c);

		if (!len)
			return false;
		i += len;
	}
	return true;
}

void da_utf8_add(struct da_str *s, uint32_t c)
{
	char b[4];

	if (c < 0x80) {
		da_str_addc(s, (char)c);
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3f));
		da_str_addn(s, b, 2);
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		da_str_addn(s, b, 3);
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f));
		b[3] = (char)(0x80 | (c & 0x3f));
		da_str_addn(s, b, 4);
	}
}

/* Characters that reorder or hide what stands beside them (Unicode's bidi controls and friends). */
static bool is_hidden(uint32_t c)
{
	return c == 0x061c || c == 0xfeff || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f) ||
	       (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static void add_char(struct da_str *s, uint32_t c)
{
	switch (c) {
	case '\0': da_str_add(s, "\\0"); return;
	case '\n': da_str_add(s, "\\n"); return;
	case '\r': da_str_add(s, "\\r"); return;
	case '\t': da_str_add(s, "\\t"); return;
	default: break;
	}
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		da_str_addf(s, "\\x%02x", (unsigned)c);
	else if (is_hidden(c))
		da_str_addf(s, c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)c);
	else
		da_utf8_add(s, c);
}

void da_text_add(struct da_str *s, const void *bytes, size_t n)
{
	const char *p = bytes;
	uint32_t c;

	for (size_t i = 0; i < n;) {
		unsigned len = da_utf8_next(p + i, n - i, &c);

		if (len) {
			add_char(s, c);
			i += len;
		} else {
			da_utf8_add(s, 0xfffd);
			i++;
		}
	}
}

static bool is_plain(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] >= 0x7f)
			return false;
	return true;
}

char *da_text(struct da_arena *a, const void *bytes, size_t n)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	char *copy;

	if (is_plain(bytes, n)) { /* nearly always; no NUL inside, so this is the whole */
		copy = da_alloc(a, n + 1);
		if (n)
			memcpy(copy, bytes, n);
		return copy;
	}
	da_text_add(&s, bytes, n);
	return da_strdup(a, da_str_get(&s));
}

char *da_text_cstr(struct da_arena *a, const void *bytes, size_t n)
{
	return da_text(a, bytes, strnlen(bytes, n));
}

char *da_text_utf16(struct da_arena *a, const void *units, size_t n, bool big_endian)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const uint8_t *p = units;

	for (size_t i = 0; i < n; i++, p += 2) {
		uint32_t c = big_endian ? (uint32_t)(p[0] << 8 | p[1]) : (uint32_t)(p[1] << 8 | p[0]);
		uint32_t low = 0;

		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n)
			low = big_endian ? (uint32_t)(p[2] << 8 | p[3])
					 : (uint32_t)(p[3] << 8 | p[2]);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i++;
			p += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		add_char(&s, c);
	}
	return da_strdup(a, da_str_get(&s));
}

void da_text_size(struct da_str *s, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0, shift = 10;
	uint64_t tenths;

	if (bytes < 1024) {
		da_str_addf(s, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
		return;
	}
	while (unit + 1 < DA_ARRAY_SIZE(units) && bytes >> shift >= 1024) {
		shift += 10;
		unit++;
	}
	/* The fraction's top ten bits are enough for one decimal. */
	tenths = (bytes >> shift) * 10 + ((bytes >> (shift - 10) & 1023) * 10 + 512) / 1024;
	if (tenths >= 10240 && unit + 1 < DA_ARRAY_SIZE(units)) {
		tenths = 10;
		unit++;
	}
	da_str_addf(s, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
}

static char *hex(struct da_arena *a, const uint8_t *p, size_t n, const char *digits)
{
	char *s = da_alloc(a, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		s[2 * i] = digits[p[i] >> 4];
		s[2 * i + 1] = digits[p[i] & 15];
	}
	return s;
}

char *da_hex(struct da_arena *a, const void *bytes, size_t n)
{
	return hex(a, bytes, n, "0123456789abcdef");
}

char *da_hex_upper(struct da_arena *a, const void *bytes, size_t n)
{
	return hex(a, bytes, n, "0123456789ABCDEF");
}

/* Rough and stable on every machine, unlike wcwidth(): East Asian wide blocks and combining marks. */
static unsigned char_width(uint32_t c)
{
	if ((c >= 0x300 && c < 0x370) || (c >= 0x1ab0 && c < 0x1b00) || (c >= 0x20d0 && c < 0x2100) ||
	    (c >= 0xfe00 && c < 0xfe10))
		return 0;
	if ((c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xac00 && c < 0xd7a4) ||
	    (c >= 0xf900 && c < 0xfb00) || (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff61) ||
	    (c >= 0x1f300 && c < 0x1fb00) || (c >= 0x20000 && c < 0x3fffe))
		return 2;
	return 1;
}

size_t da_text_width(const char *s)
{
	size_t width = 0, n = strlen(s);
	uint32_t c;

	for (size_t i = 0; i < n;) {
		unsigned len;

		if (s[i] >= 0x20 && s[i] < 0x7f) { /* almost all */
			width++;
			i++;
			continue;
		}
		len = da_utf8_next(s + i, n - i, &c);
		width += len ? char_width(c) : 1;
		i += len ? len : 1;
	}
	return width;
}
