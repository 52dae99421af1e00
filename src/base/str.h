/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A string that grows, on the heap. `struct da_str s DA_CLEANUP(da_str_done) = { 0 };`
 * s.s is NULL while nothing was added, else NUL-terminated; da_str_get() is never NULL.
 */
#ifndef DA_BASE_STR_H
#define DA_BASE_STR_H

#include <stdarg.h>
#include <stddef.h>

#include "base/status.h"

struct da_str {
	char *s;
	size_t n;
	size_t cap;
};

void da_str_done(struct da_str *s);
void da_str_clear(struct da_str *s);
void da_str_add(struct da_str *s, const char *text);
void da_str_addn(struct da_str *s, const char *text, size_t n);
void da_str_addc(struct da_str *s, char c);
void da_str_addf(struct da_str *s, const char *fmt, ...) DA_PRINTF(2, 3);
void da_str_vaddf(struct da_str *s, const char *fmt, va_list ap) DA_PRINTF(2, 0);
const char *da_str_get(const struct da_str *s);

/* Small comparisons that C lacks. */
bool da_streq(const char *a, const char *b); /* NULL equals only NULL */
bool da_starts(const char *s, const char *prefix);
bool da_ends(const char *s, const char *suffix);
/* What follows the last '/', or the whole. */
const char *da_basename(const char *path);

#endif
