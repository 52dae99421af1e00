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

/* The character at s, which ends at a NUL: its bytes and columns. */
static unsigned measure(const char *s, size_t *ret_width)
{
	char one[8] = { 0 };
	unsigned n;
	uint32_t c;

	if (*s >= 0x20 && *s < 0x7f) { /* almost all */
		*ret_width = 1;
		return 1;
	}
	n = da_utf8_next(s, strnlen(s, 4), &c);
	memcpy(one, s, n ? n : 1);
	*ret_width = da_text_width(one);
	return n ? n : 1;
}

/* The columns of the first bytes of text, or more than max. */
static size_t width_of(const char *text, size_t bytes, size_t max)
{
	size_t width = 0, at = 0, w;

	while (at < bytes && width <= max) {
		at += measure(text + at, &w);
		width += w;
	}
	return width;
}

size_t da_wrap_fit(const char *text, size_t width)
{
	size_t at = 0, used = 0, w;

	while (text[at]) {
		unsigned n = measure(text + at, &w);

		if (used + w > width)
			break;
		used += w;
		at += n;
	}
	return at;
}

struct wrapper {
	struct da_str *out;
	size_t column, indent, line;
	bool fresh; /* nothing but blanks stands on the line */
};

static void new_line(struct wrapper *w)
{
	da_str_addc(w->out, '\n');
	blanks(w->out, w->indent);
	w->column = w->indent;
	w->fresh = true;
}

/* One word, or as much of it as the line takes; how many bytes. */
static size_t put_word(struct wrapper *w, const char *word, size_t n)
{
	size_t width = width_of(word, n, w->line);

	if (!w->fresh && w->column + 1 + width > w->line)
		new_line(w);
	if (w->fresh && w->column + width > w->line) {
		size_t fits = da_wrap_fit(word, w->line > w->column ? w->line - w->column : 1);

		if (fits && fits < n) /* 0: one wide character, and a line of one column */
			n = fits;
		width = width_of(word, n, w->line);
	}
	if (!w->fresh) {
		da_str_addc(w->out, ' ');
		w->column++;
	}
	da_str_addn(w->out, word, n);
	w->column += width;
	w->fresh = false;
	return n;
}

void da_wrap_at(struct da_str *out, const char *text, size_t column, size_t indent, size_t width)
{
	struct wrapper w = { .out = out, .column = column, .indent = indent, .line = width,
			     .fresh = true };

	if (w.line < indent + MIN_LINE)
		w.line = indent + MIN_LINE;
	if (column + MIN_LINE > w.line && column > indent && *text)
		new_line(&w);
	while (*(text += strspn(text, " "))) {
		size_t n = strcspn(text, " ");

		while (n) {
			size_t put = put_word(&w, text, n);

			text += put;
			n -= put;
			if (n)
				new_line(&w);
		}
	}
	da_str_addc(out, '\n');
}

void da_wrap(struct da_str *out, const char *text, const char *first, size_t indent, size_t width)
{
	da_str_add(out, first);
	da_wrap_at(out, text, da_text_width(first), indent, width);
}

/* The text within `width` columns; how many it took. */
static size_t put_cut(struct da_str *out, const char *text, size_t width)
{
	size_t n;

	n = width_of(text, strlen(text), width);
	if (n <= width) {
		da_str_add(out, text);
		return n;
	}
	if (!width)
		return 0;
	n = da_wrap_fit(text, width - 1);
	da_str_addn(out, text, n);
	da_str_add(out, "…");
	return width_of(text, n, width) + 1;
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
