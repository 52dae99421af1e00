/* SPDX-License-Identifier: Apache-2.0 */
/* Values: where they end, and whether they look like secrets. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "report/redact.h"

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alnum(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

size_t da_mask_len(const char *s, size_t n)
{
	size_t i = 1;

	if (n < 5 || s[0] != '[')
		return 0;
	while (i < n && i < 24 && (is_lower(s[i]) || s[i] == '-'))
		i++;
	if (i < 3 || i >= n || s[i] != '#')
		return 0;
	for (i++; i < n && i < 48 && (is_digit(s[i]) || is_lower(s[i])); i++)
		;
	return i < n && s[i] == ']' && s[i - 1] != '#' ? i + 1 : 0;
}

/* ---------------------------------------------------------------- where it ends */

/* The two characters that stand for a line break or the like (base/text.h), at s. */
static bool is_break(const char *s, size_t n)
{
	return n >= 2 && s[0] == '\\' && (s[1] == 'n' || s[1] == 'r' || s[1] == 't' || s[1] == '0');
}

/* "name=" at s: what follows a separator inside a list of settings. */
static bool is_setting(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && i < 40 && (is_alnum(s[i]) || s[i] == '_' || s[i] == '-' || s[i] == '.'))
		i++;
	return i && i < n && s[i] == '=';
}

/*
 * Behind a quote, up to the same one. Quotes of JSON in JSON carry backslashes; a doubled quote stands
 * for itself (connection strings). Without a closing quote the text was cut: all of it.
 */
static size_t quoted_end(const char *text, size_t n, size_t at, char quote, size_t slashes)
{
	for (size_t i = at; i < n; i++) {
		size_t before = 0;

		if (text[i] != quote)
			continue;
		while (i - before > at && text[i - before - 1] == '\\')
			before++;
		if (before < slashes || (before > slashes && (before - slashes) % 2 == 1))
			continue;
		if (slashes == 0 && i + 1 < n && text[i + 1] == quote) {
			i++;
			continue;
		}
		return i - DA_MIN(before, slashes);
	}
	return n;
}

/* A place where an unquoted value may end: what stands there, and what it means. */
static bool ends_here(const char *text, size_t n, size_t i)
{
	char c = text[i], next = i + 1 < n ? text[i + 1] : ' ';

	switch (c) {
	case ' ': case '"': case '\'': case '<': case '>': case ';': case '`':
		return true;
	case '\\':
		return is_break(text + i, n - i) || next == '"' || next == '\'';
	case '&':
		return is_setting(text + i + 1, n - i - 1);
	case ',':
		return next == ' ' || next == '"' || next == '\'' || is_break(text + i + 1, n - i - 1) ||
		       is_setting(text + i + 1, n - i - 1);
	case ')': case ']': case '}':
		return next == ' ' || next == ',' || next == ';' || next == '.' || next == ')' ||
		       next == '}' || next == ']' || next == '"' || next == '\'' || next == ':' ||
		       i + 1 >= n || is_break(text + i + 1, n - i - 1);
	case '|':
		return next == ' ' || next == '|';
	default:
		return false;
	}
}

size_t da_value_end(const char *text, size_t n, size_t at, bool strong, size_t *ret_start)
{
	size_t i = at, slashes = 0;

	while (at + slashes < n && text[at + slashes] == '\\' && slashes < 8)
		slashes++;
	if (at + slashes < n && (text[at + slashes] == '"' || text[at + slashes] == '\'')) {
		*ret_start = at + slashes + 1;
		return quoted_end(text, n, *ret_start, text[at + slashes], slashes);
	}
	*ret_start = at;
	if (at < n && text[at] == '{' && strong) { /* ODBC: Pwd={a;b} */
		const char *close = memchr(text + at, '}', n - at);

		if (close && !memchr(text + at, '"', (size_t)(close - text) - at)) {
			*ret_start = at + 1;
			return (size_t)(close - text);
		}
	}
	for (int open = 0; i < n; i++) { /* ${NAME}, f(x): a bracket that was opened is no end */
		open += text[i] == '{' || text[i] == '(' || text[i] == '[';
		if (open && (text[i] == '}' || text[i] == ')' || text[i] == ']'))
			open--;
		else if (ends_here(text, n, i))
			break;
	}
	while (i > at + 1 && (text[i - 1] == '.' || text[i - 1] == ',' || text[i - 1] == ':') &&
	       (i == n || text[i] == ' '))
		i--;
	return i;
}

/* ---------------------------------------------------------------- what it looks like */

bool da_value_word(const char *v, size_t n)
{
	bool letters = true, digits = true;

	for (size_t i = 0; i < n; i++) {
		letters = letters && (is_lower(v[i]) || is_upper(v[i]) || strchr("_.:-", v[i]));
		digits = digits && (is_digit(v[i]) || strchr(".:-", v[i]));
	}
	return letters || digits;
}

static bool literal(const char *v, size_t n)
{
	static const char *const words[] = {
		"true", "false", "null", "none", "nil", "undefined", "yes", "no", "on", "off", "(null)",
		"<null>", "(none)", "(empty)", "n/a", "unset", "redacted", "<redacted>", "[redacted]",
		"(redacted)", "masked", "hidden", "removed", "required", "optional", "empty", "missing",
		"enabled", "disabled", "<secret>", "<hidden>", "(hidden)", "sspi", "[hidden]", "\"\"", "''",
		"nullptr", "default", "[filtered]", "filtered",
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && strncasecmp(words[i], v, n) == 0)
			return true;
	return false;
}

/* What a template puts there before the value: ${NAME}, %NAME%, {{name}}, <name>, $NAME, {0}, %s. */
static bool placeholder(const char *v, size_t n)
{
	size_t i = 1;

	if (n >= 3 && v[0] == '$' && (v[1] == '{' || v[1] == '('))
		return v[n - 1] == '}' || v[n - 1] == ')';
	if (n >= 3 && ((v[0] == '%' && v[n - 1] == '%') || (v[0] == '<' && v[n - 1] == '>')))
		return true;
	if (n >= 3 && v[0] == '{' && v[n - 1] == '}')
		return true;
	if (n >= 2 && n <= 5 && v[0] == '%') /* a format: %s, %p, %zu */
		return strspn(v + 1, "-.0123456789hlzjt") < n && strchr("sdiupxXcq@", v[n - 1]);
	if (n >= 3 && v[0] == '$' && is_upper(v[1])) {
		while (i < n && (is_upper(v[i]) || v[i] == '_'))
			i++;
		return i == n;
	}
	return false;
}

/* PASSWORD, TOKEN: what a usage text has in its place. */
static bool stand_in(const char *v, size_t n)
{
	static const char *const words[] = { "PASSWORD", "PASSWD", "PASS", "PWD", "TOKEN", "SECRET", "KEY",
					     "STRING", "VALUE", "USERNAME", "USER" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && memcmp(words[i], v, n) == 0)
			return true;
	return false;
}

/* Stars, dots or x in place of what somebody masked before us. */
static bool stars(const char *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] != v[0])
			return false;
	return n && strchr("*xX.-_?#", v[0]);
}

static bool small_number(const char *v, size_t n)
{
	size_t i = n > 1 && (v[0] == '-' || v[0] == '+');

	if (n > 2 && v[0] == '0' && (v[1] == 'x' || v[1] == 'X') && n <= 18) {
		for (i = 2; i < n; i++)
			if (!is_hex(v[i]))
				return false;
		return true;
	}
	for (; i < n; i++)
		if (!is_digit(v[i]) && v[i] != '.')
			return false;
	return n <= 6;
}

bool da_value_benign_for(const char *kind, const char *v, size_t n, enum da_name_strength strength)
{
	if (strcmp(kind, "password") != 0 && strcmp(kind, "secret") != 0 && da_value_path(v, n))
		return true; /* SSL_CERT=/etc/x.pem, APPLICATION_CREDENTIALS=/run/x.json */
	return da_value_benign(v, n, strength);
}

bool da_value_benign(const char *v, size_t n, enum da_name_strength strength)
{
	if (n == 0 || literal(v, n) || placeholder(v, n) || stand_in(v, n) || stars(v, n))
		return true;
	if (da_mask_len(v, n) == n)
		return true;
	if (strength == DA_NAME_STRONG)
		return n == 1;
	return small_number(v, n) || da_value_path(v, n) || n < 3;
}

static bool guid(const char *v, size_t n)
{
	if (n == 38 && v[0] == '{' && v[37] == '}')
		return guid(v + 1, 36);
	if (n != 36)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? v[i] != '-' : !is_hex(v[i]))
			return false;
	}
	return true;
}

/*
 * Runs are what a reader sees as one piece: "Value", "HTTP", "42". Names have few and long ones, keys
 * many and short ones.
 */
static size_t runs_of(const char *v, size_t n, bool *ret_mixed)
{
	bool digit = false, lower = false, upper = false;
	size_t runs = 0;

	for (size_t i = 0; i < n; runs++) {
		size_t from = i;

		if (is_digit(v[i])) {
			while (i < n && is_digit(v[i]))
				i++;
			digit = true;
			continue;
		}
		while (i < n && is_upper(v[i]))
			i++;
		upper = upper || i > from;
		if (i - from > 1 && i < n && is_lower(v[i]))
			runs++; /* HTTPServer: two pieces */
		lower = lower || (i < n && is_lower(v[i]));
		while (i < n && is_lower(v[i]))
			i++;
		if (i == from)
			i++; /* another character: a piece of its own */
	}
	*ret_mixed = digit + lower + upper >= 2;
	return runs;
}

bool da_value_random(const char *v, size_t n)
{
	if (n < 8 || guid(v, n))
		return false;
	for (size_t i = 0; i < n;) {
		size_t from = i;
		bool mixed;

		while (i < n && (is_alnum(v[i]) || v[i] == '+' || v[i] == '/' || v[i] == '=' || v[i] == '!' ||
				 v[i] == '$' || v[i] == '%' || v[i] == '^' || v[i] == '*' || v[i] == '#'))
			i++;
		if (i - from >= 8 && runs_of(v + from, i - from, &mixed) * 3 > i - from && mixed &&
		    !da_value_path(v + from, i - from))
			return true;
		if (i < n)
			i++;
	}
	return false;
}

bool da_value_path(const char *v, size_t n)
{
	size_t i = 0, slashes = 0, from;
	bool mixed;

	if (n > 7 && strncasecmp(v, "file://", 7) == 0)
		i = 7;
	if (n > 2 && v[1] == ':' && (v[2] == '\\' || v[2] == '/') && (is_upper(v[0]) || is_lower(v[0])))
		i = 2;
	else if (n > 2 && v[0] == '\\' && v[1] == '\\')
		i = 1;
	else if (n > 1 && v[0] == '~' && v[1] == '/')
		i = 1;
	else if (n > 1 && v[0] == '.' && (v[1] == '/' || (v[1] == '.' && n > 2 && v[2] == '/')))
		i = v[1] == '/' ? 1 : 2;
	if (i >= n || (v[i] != '/' && v[i] != '\\'))
		return false;
	while (i < n) {
		slashes++;
		for (from = ++i; i < n && v[i] != '/' && v[i] != '\\'; i++)
			if (!is_alnum(v[i]) && !strchr("._-@ ~()+", v[i]) && !((unsigned char)v[i] & 0x80))
				return false;
		/* "/x9Kd+Qm3…" is base64, not a file */
		if (i - from >= 16 && runs_of(v + from, i - from, &mixed) * 3 > i - from && mixed &&
		    slashes < 3)
			return false;
	}
	return true;
}
