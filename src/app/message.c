/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/message.h"
#include "base/base.h"
#include "report/report.h"

static struct da_redactor *redactor;

void da_message_redactor(struct da_redactor *r)
{
	redactor = r;
}

void da_error(const char *fmt, ...)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_str line DA_CLEANUP(da_str_done) = { 0 };
	const char *text;
	va_list ap;
	char *raw;

	va_start(ap, fmt);
	raw = da_vprintf(a, fmt, ap);
	va_end(ap);
	text = da_text(a, raw, strlen(raw));
	if (redactor)
		text = da_redact_text(redactor, DA_AS_TEXT, text);
	da_str_addf(&line, "dumpan: %s\n", text);
	/* One write, so that lines of several processes do not mix; nobody is left to tell if it fails. */
	if (write(STDERR_FILENO, line.s, line.n) < 0)
		return;
}
