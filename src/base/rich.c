/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/rich.h"
#include "base/str.h"

static bool kind_of(char letter, enum da_run_kind *ret)
{
	switch (letter) {
	case 'r': *ret = DA_RUN_REF; return true;
	case 'a': *ret = DA_RUN_ADDRESS; return true;
	case 's': *ret = DA_RUN_SYMBOL; return true;
	case 'p': *ret = DA_RUN_PATH; return true;
	case 'x': *ret = DA_RUN_SITE; return true;
	case 'k': *ret = DA_RUN_SECRET; return true;
	default: return false;
	}
}

bool da_rich_next(const char **pos, struct da_run *ret)
{
	const char *s = *pos;
	size_t n;

	if (!*s)
		return false;
	if (*s == DA_RICH_OPEN) {
		const char *close = strchr(s, DA_RICH_CLOSE);

		if (close && kind_of(s[1], &ret->kind)) {
			ret->s = s + 2;
			ret->n = (size_t)(close - ret->s);
			*pos = close + 1;
			return true;
		}
		n = 1 + strcspn(s + 1, "\002"); /* a mark without its end: all of it is text */
	} else {
		n = strcspn(s, "\002");
	}
	*ret = (struct da_run){ .kind = DA_RUN_TEXT, .s = s, .n = n };
	*pos = s + n;
	return true;
}

void da_rich_plain(struct da_str *s, const char *rich)
{
	struct da_run run;

	while (da_rich_next(&rich, &run))
		da_str_addn(s, run.s, run.n);
}
