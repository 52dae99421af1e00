/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "report/json_in.h"

struct check {
	const char *p, *end;
	const char *wrong; /* NULL: nothing so far */
};

static bool wrong(struct check *c, const char *what)
{
	if (!c->wrong)
		c->wrong = c->p < c->end ? what : "it ends too early";
	return false;
}

static int peek(const struct check *c)
{
	return c->p < c->end ? (unsigned char)*c->p : -1;
}

static bool take(struct check *c, int byte)
{
	if (peek(c) != byte)
		return false;
	c->p++;
	return true;
}

static void blanks(struct check *c)
{
	while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\r' || peek(c) == '\n')
		c->p++;
}

static bool is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_hex(int byte)
{
	return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool digits(struct check *c)
{
	if (!is_digit(peek(c)))
		return wrong(c, "a digit is missing");
	while (is_digit(peek(c)))
		c->p++;
	return true;
}

static bool number(struct check *c)
{
	take(c, '-');
	if (!take(c, '0') && !digits(c))
		return false;
	if (take(c, '.') && !digits(c))
		return false;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		return digits(c);
	}
	return true;
}

static bool escape(struct check *c)
{
	if (take(c, 'u')) {
		for (unsigned i = 0; i < 4; i++, c->p++)
			if (!is_hex(peek(c)))
				return wrong(c, "\\u wants four hex digits");
		return true;
	}
	if (peek(c) <= 0 || !strchr("\"\\/bfnrt", peek(c)))
		return wrong(c, "there is no such escape");
	c->p++;
	return true;
}

static bool string(struct check *c)
{
	if (!take(c, '"'))
		return wrong(c, "a string is missing");
	while (!take(c, '"')) {
		if (peek(c) < 0x20)
			return wrong(c, "a control character in a string");
		if (!take(c, '\\'))
			c->p++;
		else if (!escape(c))
			return false;
	}
	return true;
}

static bool literal(struct check *c, const char *word)
{
	for (; *word; word++)
		if (!take(c, *word))
			return wrong(c, "a value is missing");
	return true;
}

static bool value(struct check *c, unsigned depth);

static bool members(struct check *c, bool named, int close, unsigned depth)
{
	blanks(c);
	if (take(c, close))
		return true;
	do {
		blanks(c);
		if (named) {
			if (!string(c))
				return false;
			blanks(c);
			if (!take(c, ':'))
				return wrong(c, "a colon is missing");
		}
		if (!value(c, depth))
			return false;
		blanks(c);
	} while (take(c, ','));
	return take(c, close) || wrong(c, "a comma or the closing bracket is missing");
}

static bool value(struct check *c, unsigned depth)
{
	blanks(c);
	if (!depth)
		return wrong(c, "it is nested too deep");
	switch (peek(c)) {
	case '{':
		c->p++;
		return members(c, true, '}', depth - 1);
	case '[':
		c->p++;
		return members(c, false, ']', depth - 1);
	case '"':
		return string(c);
	case 't':
		return literal(c, "true");
	case 'f':
		return literal(c, "false");
	case 'n':
		return literal(c, "null");
	default:
		return peek(c) == '-' || is_digit(peek(c)) ? number(c) : wrong(c, "a value is missing");
	}
}

bool da_in_check(struct da_in *in, const char *json, size_t n, unsigned depth)
{
	struct check c = { .p = json, .end = json + n };

	if (value(&c, depth)) {
		blanks(&c);
		if (c.p < c.end)
			wrong(&c, "something follows the report");
	}
	if (!c.wrong)
		return true;
	return da_in_fail(in, da_printf(in->arena, "at byte %zu: %s", (size_t)(c.p - json), c.wrong));
}
