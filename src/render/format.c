/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "render/format.h"

void da_format_count(struct da_str *s, uint64_t v, const char *gap)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, v);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			da_str_add(s, gap);
		da_str_addc(s, digits[i]);
	}
}

void da_format_duration(struct da_str *s, uint64_t us)
{
	uint64_t seconds = us / 1000000;

	if (us < 1000)
		da_str_addf(s, "%" PRIu64 " µs", us);
	else if (us < 1000000)
		da_str_addf(s, "%" PRIu64 ".%" PRIu64 " ms", us / 1000, us % 1000 / 100);
	else if (seconds < 60)
		da_str_addf(s, "%" PRIu64 ".%02" PRIu64 " s", seconds, us % 1000000 / 10000);
	else if (seconds < 3600)
		da_str_addf(s, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		da_str_addf(s, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
	else
		da_str_addf(s, "%" PRIu64 " d %" PRIu64 " h", seconds / 86400, seconds / 3600 % 24);
}

void da_format_percent(struct da_str *s, double percent)
{
	if (!(percent > 0))
		da_str_add(s, "0 %");
	else if (percent < 1)
		da_str_add(s, "<1 %");
	else if (percent > 1e6)
		da_str_add(s, ">1000000 %");
	else
		da_str_addf(s, "%u %%", (unsigned)(percent + 0.5));
}

void da_format_word(struct da_str *s, const char *word)
{
	for (; *word; word++)
		da_str_addc(s, *word == '-' ? ' ' : *word);
}

void da_format_escape(struct da_str *s, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': da_str_add(s, "&lt;"); break;
		case '>': da_str_add(s, "&gt;"); break;
		case '&': da_str_add(s, "&amp;"); break;
		default: da_str_addc(s, *text);
		}
	}
}

void da_format_number_of(struct da_str *s, uint64_t n, const char *noun, const char *gap)
{
	da_format_count(s, n, gap);
	da_str_addf(s, " %s%s", noun, n == 1 ? "" : "s");
}

bool da_format_clip(struct da_str *s, const char *text, size_t max)
{
	size_t bytes = strlen(text), at = 0, chars = 0;
	uint32_t c;

	while (at < bytes && chars < max) {
		unsigned n = da_utf8_next(text + at, bytes - at, &c);

		at += n ? n : 1;
		chars++;
	}
	da_str_addn(s, text, at < bytes ? at : bytes);
	if (at < bytes)
		da_str_add(s, " …");
	return at < bytes;
}
