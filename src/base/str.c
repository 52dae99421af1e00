/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

void da_str_done(struct da_str *s)
{
	free(s->s);
	*s = (struct da_str){ 0 };
}

void da_str_clear(struct da_str *s)
{
	s->n = 0;
	if (s->s)
		s->s[0] = '\0';
}

static void reserve(struct da_str *s, size_t more)
{
	size_t need = s->n + more + 1;

	if (need < more)
		da_out_of_memory(more);
	if (need <= s->cap)
		return;
	s->cap = need < 64 ? 64 : need + need / 2;
	s->s = da_xrealloc(s->s, s->cap);
}

void da_str_addn(struct da_str *s, const char *text, size_t n)
{
	reserve(s, n);
	if (n)
		memcpy(s->s + s->n, text, n);
	s->n += n;
	s->s[s->n] = '\0';
}

void da_str_add(struct da_str *s, const char *text)
{
	da_str_addn(s, text, strlen(text));
}

void da_str_addc(struct da_str *s, char c)
{
	da_str_addn(s, &c, 1);
}

void da_str_vaddf(struct da_str *s, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, again);
	va_end(again);
	if (n <= 0)
		return;
	if ((size_t)n < sizeof(small)) {
		da_str_addn(s, small, (size_t)n);
		return;
	}
	reserve(s, (size_t)n);
	vsnprintf(s->s + s->n, (size_t)n + 1, fmt, ap);
	s->n += (size_t)n;
}

void da_str_addf(struct da_str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	da_str_vaddf(s, fmt, ap);
	va_end(ap);
}

const char *da_str_get(const struct da_str *s)
{
	return s->s ? s->s : "";
}

bool da_streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool da_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool da_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

const char *da_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
