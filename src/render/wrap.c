/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "render/wrap.h"

enum { MIN_LINE = 16 }; /* columns that a line keeps, however deep it is indented */

static void blanks(struct da_str *out, size_t n)
{
	while (n--)
		da_str_addc(out, ' ');
}

static size_t width_of(const char *text, size_t bytes)
{
	char one[8];
	size_t width = 0, at = 0;
	uint32_t c;

	while (at < bytes) {
		unsigned n = da_utf8_next(text + at, bytes - at, &c);

		if (!n)
			n = 1;
		memcpy(one, text + at, n);
		one[n] = 0;
		width += da_text_width(one);
		at += n;
	}
	return width;
}

size_t da_wrap_fit(const char *text, size_t width)
{
	size_t bytes = strlen(text), at = 0, used = 0;
	uint32_t c;

	while (at < bytes) {
		unsigned n = da_utf8_next(text + at, bytes - at, &c);
		size_t w;

		if (!n)
			n = 1;
		w = width_of(text + at, n);
		if (used + w > width)
			break;
		used += w;
		at += n;
	}
	return at;
}

void da_wrap(struct da_str *out, const char *text, const char *first, size_t indent, size_t width)
{
	size_t column = da_text_width(first), line = width, n, w;
	bool fresh = true;

	if (line < indent + MIN_LINE)
		line = indent + MIN_LINE;
	da_str_add(out, first);
	while (*(text += strspn(text, " "))) {
		n = strcspn(text, " ");
		w = width_of(text, n);
		if (!fresh && column + 1 + w > line) {
			da_str_addc(out, '\n');
			blanks(out, indent);
			column = indent;
			fresh = true;
		}
		if (fresh && column + w > line) {
			n = da_wrap_fit(text, line > column ? line - column : 1);
			if (!n) /* one wide character on a line of one column */
				n = strcspn(text, " ");
			w = width_of(text, n);
		}
		if (!fresh) {
			da_str_addc(out, ' ');
			column++;
		}
		da_str_addn(out, text, n);
		column += w;
		text += n;
		fresh = false;
		if (*text && *text != ' ') {
			da_str_addc(out, '\n');
			blanks(out, indent);
			column = indent;
			fresh = true;
		}
	}
	da_str_addc(out, '\n');
}

/* The text within `width` columns; how many it took. */
static size_t put_cut(struct da_str *out, const char *text, size_t width)
{
	size_t n;

	if (da_text_width(text) <= width) {
		da_str_add(out, text);
		return da_text_width(text);
	}
	if (!width)
		return 0;
	n = da_wrap_fit(text, width - 1);
	da_str_addn(out, text, n);
	da_str_add(out, "…");
	return width_of(text, n) + 1;
}

void da_pad(struct da_str *out, const char *text, size_t width)
{
	blanks(out, width - put_cut(out, text, width));
}

void da_pad_left(struct da_str *out, const char *text, size_t width)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	size_t used = put_cut(&s, text, width);

	blanks(out, width - used);
	da_str_add(out, da_str_get(&s));
}
