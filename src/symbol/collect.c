/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shell script for the machine of the process. The paths come from a dump, so they may be anything:
 * they stand in single quotes only, and reach tar by a list in which each begins with "./".
 */
#include "config.h"

#include <string.h>

#include "symbol/private.h"

static const char head[] =
	"#!/bin/sh\n"
	"# Packs the files that dumpan needs for a better report. Run it where the process ran (in its\n"
	"# container), unpack the archive beside the dump and give the folder with --symbols.\n"
	"# Usage: sh THIS [ARCHIVE.tar.gz]\n"
	"set -u\n"
	"out=${1:-dumpan-symbols.tar.gz}\n"
	"list=$(mktemp) || exit 1\n"
	"trap 'rm -f \"$list\"' EXIT\n"
	"packed=0\n"
	"absent=0\n"
	"\n"
	"build_id() {\n"
	"\tif command -v readelf >/dev/null 2>&1; then\n"
	"\t\tLC_ALL=C readelf -n \"$1\" 2>/dev/null | sed -n 's/^ *Build ID: *//p' | head -n 1\n"
	"\telif command -v file >/dev/null 2>&1; then\n"
	"\t\tfile -bL \"$1\" 2>/dev/null | sed -n 's/.*BuildID\\[[^]]*\\]=\\([0-9a-f]*\\).*/\\1/p'\n"
	"\tfi\n"
	"}\n"
	"\n"
	"# debug PATH BUILD-ID: its separate debug information; the file itself is at hand\n"
	"debug() {\n"
	"\tfile=/usr/lib/debug/.build-id/$(printf %.2s \"$2\")/${2#??}.debug\n"
	"\tif [ -n \"$2\" ] && [ -f \"$file\" ]; then\n"
	"\t\tprintf '.%s\\n' \"$file\" >>\"$list\"\n"
	"\t\tpacked=$((packed + 1))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t[ -n \"${3-}\" ] && return\n"
	"\tprintf 'absent: debug information of %s (install its -dbgsym or -debuginfo package)\\n' \"$1\" >&2\n"
	"\tabsent=$((absent + 1))\n"
	"}\n"
	"\n"
	"# want PATH BUILD-ID: the id is empty when the dump does not tell it\n"
	"want() {\n"
	"\tdebug \"$1\" \"$2\" quiet\n"
	"\tif [ ! -f \"$1\" ]; then\n"
	"\t\tprintf 'absent: %s\\n' \"$1\" >&2\n"
	"\t\tabsent=$((absent + 1))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\thave=$(build_id \"$1\")\n"
	"\tif [ -n \"$2\" ] && [ -n \"$have\" ] && [ \"$2\" != \"$have\" ]; then\n"
	"\t\tprintf 'another build, left out: %s\\n' \"$1\" >&2\n"
	"\t\tabsent=$((absent + 1))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tprintf '.%s\\n' \"$1\" >>\"$list\"\n"
	"\tpacked=$((packed + 1))\n"
	"}\n"
	"\n";

static const char tail[] =
	"\n"
	"if [ \"$packed\" -eq 0 ]; then\n"
	"\techo 'nothing to pack' >&2\n"
	"\texit 1\n"
	"fi\n"
	"tar -c -h -C / -T \"$list\" | gzip >\"$out\" || exit 1\n"
	"printf '%s files packed into %s, %s absent\\n' \"$packed\" \"$out\" \"$absent\"\n";

/* In single quotes; one inside ends them, stands escaped, and opens them again. */
static void add_quoted(struct da_str *s, const char *text)
{
	da_str_addc(s, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			da_str_add(s, "'\\''");
		else
			da_str_addc(s, *text);
	}
	da_str_addc(s, '\'');
}

const char *da_symbols_collect_script(struct da_symbols *s)
{
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };

	if (s->d->proc.os == DA_OS_WINDOWS)
		return da_symbols_collect_windows(s);
	da_str_add(&out, head);
	for (size_t i = 0; i < s->d->missing_files.n; i++) {
		const struct da_missing_file *x = &s->d->missing_files.v[i];

		/* A name that is no path from the root (memfd:, an unnamed module) cannot be packed. */
		if (!x->path || x->path[0] != '/' || strpbrk(x->path, "\n\r"))
			continue;
		da_str_add(&out, x->debug ? "debug " : "want ");
		add_quoted(&out, x->path);
		da_str_addc(&out, ' ');
		add_quoted(&out, x->build_id ? x->build_id : "");
		da_str_addc(&out, '\n');
	}
	da_str_add(&out, tail);
	return da_strdup(s->d->arena, da_str_get(&out));
}
