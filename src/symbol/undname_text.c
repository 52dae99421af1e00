/* SPDX-License-Identifier: Apache-2.0 */
/* The names of string literals, which hold the beginning of their text. */
#include "config.h"

#include "base/str.h"
#include "symbol/undname_parse.h"

/* One byte of a literal: as it is, or ?0-?9, ?a-?z and ?A-?Z for some, ?$xx in A to P for others. */
static unsigned literal_byte(struct da_und_parser *s)
{
	static const char special[] = ",/\\:. \n\t'-";
	unsigned high, low;
	char c = und_next(s);

	if (c != '?')
		return (unsigned char)c;
	c = und_next(s);
	if (c == '$') {
		high = (unsigned)(und_next(s) - 'A');
		low = (unsigned)(und_next(s) - 'A');
		if (high > 15 || low > 15)
			s->failed = true;
		return s->failed ? 0 : high << 4 | low;
	}
	if (c >= '0' && c <= '9')
		return (unsigned char)special[c - '0'];
	if (c >= 'a' && c <= 'z')
		return 0xe1 + (unsigned)(c - 'a');
	if (c >= 'A' && c <= 'Z')
		return 0xc1 + (unsigned)(c - 'A');
	s->failed = true;
	return 0;
}

static void literal_char(struct da_str *text, uint64_t c)
{
	static const char escapes[] = { ['\0'] = '0', ['\a'] = 'a', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',
					['\v'] = 'v', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"',
					['\''] = '\'', ['\\'] = '\\' };

	if (c < DA_ARRAY_SIZE(escapes) && escapes[c])
		da_str_addf(text, "\\%c", escapes[c]);
	else if (c > 0x1f && c < 0x7f)
		da_str_addc(text, (char)c);
	else
		da_str_addf(text, (c > 0xffff) ? "\\x%08llX" : c > 0xff ? "\\x%04llX" : "\\x%02llX",
			    (unsigned long long)c);
}

/* char, char16_t and char32_t are decorated alike: the zeros among the bytes tell. */
static unsigned literal_width(const unsigned *b, unsigned n, uint64_t bytes)
{
	unsigned zeros = 0, tail = 0;

	if (bytes % 2 == 1)
		return 1;
	if (bytes < 32) {
		while (tail < n && b[n - 1 - tail] == 0)
			tail++;
		return tail >= 4 && bytes % 4 == 0 ? 4 : tail >= 2 ? 2 : 1;
	}
	for (unsigned i = 0; i < n; i++)
		zeros += b[i] == 0;
	return zeros >= 2 * n / 3 && bytes % 4 == 0 ? 4 : zeros >= n / 3 ? 2 : 1;
}

#define LITERAL 128 /* the compiler keeps no more than 32 characters */

static void literal_text(struct da_str *text, const unsigned *b, unsigned n, unsigned width, bool wide,
			 bool cut)
{
	da_str_add(text, width == 1 ? "\"" : wide ? "L\"" : width == 2 ? "u\"" : "U\"");
	for (unsigned i = 0; i + width <= n; i += width) {
		uint64_t c = 0;

		for (unsigned k = 0; k < width; k++) /* wide ones are written with the high byte first */
			c |= (uint64_t)b[i + k] << 8 * (wide ? width - 1 - k : k);
		if (i + 2 * width > n && !cut && c == 0)
			break; /* the NUL at its end */
		literal_char(text, c);
	}
	da_str_add(text, cut ? "\"..." : "\"");
}

struct da_und_node *da_und_string_literal(struct da_und_parser *s)
{
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };
	unsigned b[LITERAL], n = 0, width;
	bool negative, wide, cut;
	uint64_t bytes;
	const char *crc;

	if (!und_eat(s, "@_") || (!und_at(s, "0") && !und_at(s, "1")))
		return und_fail(s);
	wide = und_next(s) == '1';
	bytes = und_number(s, &negative);
	crc = s->failed ? NULL : strchr(s->p, '@');
	if (negative || !crc || bytes < (wide ? 2 : 1))
		return und_fail(s);
	s->p = crc + 1;
	while (!s->failed && !und_eat(s, "@")) {
		if (n == LITERAL || !*s->p)
			return und_fail(s);
		b[n++] = literal_byte(s);
	}
	if (s->failed || n == 0)
		return und_fail(s);
	width = wide ? 2 : literal_width(b, n, bytes);
	cut = wide ? bytes > 64 : bytes > n;
	literal_text(&text, b, n, width, wide, cut);
	return und_text_node(s, da_strdup(s->a, da_str_get(&text)));
}
