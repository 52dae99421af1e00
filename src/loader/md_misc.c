/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MiscInfo, counters, tokens and comments: when the process began, how it was trusted, what the writer
 * says of itself and why it wrote.
 */
#include "config.h"

#include <string.h>

#include "loader/minidump.h"

/* ---------------------------------------------------------------- MiscInfo */

/* A field counts when its flag is set and SizeOfInfo reaches it. */
enum { MISC_PROCESS_ID = 1, MISC_PROCESS_TIMES = 2, MISC_INTEGRITY = 0x10, MISC_BUILD = 0x100 };
enum { BUILD_STRING = 0xe8, BUILD_UNITS = 260, WRITER_STRING = 0x2f0, WRITER_UNITS = 40,
       INTEGRITY = 0x2c };

/* Mandatory integrity levels: those between two are named by the lower one. */
static const struct {
	uint32_t level;
	const char *name;
} levels[] = {
	{ 0x5000, "protected" }, { 0x4000, "system" }, { 0x3000, "high" }, { 0x2100, "medium plus" },
	{ 0x2000, "medium" },	 { 0x1000, "low" },    { 0, "untrusted" },
};

static const char *integrity_name(uint32_t level)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(levels); i++)
		if (level >= levels[i].level)
			return levels[i].name;
	return NULL;
}

/* Fixed array of UTF-16, ended by NUL. */
static const char *fixed_text(struct md *m, struct da_bytes b, size_t at, size_t units)
{
	size_t n = 0;

	if (at + 2 * units > b.n)
		return NULL;
	while (n < units && (b.p[at + 2 * n] || b.p[at + 2 * n + 1]))
		n++;
	return n ? da_text_utf16(m->d->arena, b.p + at, n, false) : NULL;
}

static void read_misc(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_bytes b = md_stream_bytes(m, MD_MISC_INFO, 0);
	struct da_cursor c = md_cursor(m, b);
	uint32_t size = da_get_u32(&c), flags = da_get_u32(&c), pid, started, level;

	b.n = DA_MIN(b.n, (size_t)size);
	c = md_cursor(m, b);
	da_skip(&c, 8);
	pid = da_get_u32(&c);
	if (da_ok(&c) && (flags & MISC_PROCESS_ID)) {
		p->pid = pid;
		p->has_pid = true;
	}
	started = da_get_u32(&c);
	if (da_ok(&c) && (flags & MISC_PROCESS_TIMES))
		p->start_time = (uint64_t)started * 1000000;
	c = md_cursor(m, b);
	da_seek(&c, INTEGRITY);
	level = da_get_u32(&c);
	if (da_ok(&c) && (flags & MISC_INTEGRITY) && p->os == DA_OS_WINDOWS)
		p->integrity = integrity_name(level);
	if (!(flags & MISC_BUILD))
		return;
	m->build_string = fixed_text(m, b, BUILD_STRING, BUILD_UNITS);
	m->writer_string = fixed_text(m, b, WRITER_STRING, WRITER_UNITS);
}

/* Crashpad on Linux: the words of uname; SystemInfo has only what follows the release's numbers. */
static void use_build_string(struct md *m)
{
	if (m->build_string && m->d->proc.os == DA_OS_LINUX && da_starts(m->build_string, "Linux "))
		m->d->proc.kernel = m->build_string;
}

/* ---------------------------------------------------------------- ProcessVmCounters */

static void read_counters(struct md *m)
{
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_VM_COUNTERS, 0));
	uint64_t resident;

	da_skip(&c, 0x10); /* revision, faults, peak */
	resident = da_get_u64(&c);
	if (da_ok(&c))
		m->d->proc.resident_bytes = resident;
}

/* ---------------------------------------------------------------- Token */

enum { TOKEN_HEADER = 16, TOKEN_PARTS = 16, PART_GROUPS = 2, GROUPS_MAX = 1024, TOKENS_MAX = 4096 };

/* S-1-16-LEVEL among the groups of a token. */
static bool level_of_groups(struct md *m, struct da_bytes blob, uint32_t *ret)
{
	struct da_cursor c = md_cursor(m, blob);
	uint32_t n = da_get_u32(&c);

	for (uint32_t i = 0; i < n && i < GROUPS_MAX && da_ok(&c); i++) {
		uint32_t off = da_get_u32(&c);
		struct da_cursor sid = da_sub(&c, off, 12);
		uint8_t revision = da_get_u8(&sid), count = da_get_u8(&sid);
		const uint8_t *authority = da_get_bytes(&sid, 6);
		uint32_t level = da_get_u32(&sid);

		da_skip(&c, 4);
		if (da_ok(&sid) && revision == 1 && count == 1 &&
		    memcmp(authority, "\0\0\0\0\0\x10", 6) == 0) {
			*ret = level;
			return true;
		}
	}
	return false;
}

/* The token of the process itself (TokenId is its id), where MiscInfo is too old to say the level. */
static void read_tokens(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_bytes b = md_stream_bytes(m, MD_TOKEN, 0);
	struct da_cursor c = md_cursor(m, b);
	uint32_t entries, at, level;

	if (p->integrity || !p->has_pid)
		return;
	da_skip(&c, 4);
	entries = da_get_u32(&c);
	at = da_get_u32(&c);
	for (uint32_t i = 0; i < entries && i < TOKENS_MAX && da_ok(&c); i++) {
		struct da_cursor t = da_sub(&c, at, b.n - DA_MIN((size_t)at, b.n));
		uint32_t size = da_get_u32(&t), id = da_get_u32(&t), off, n;

		da_seek(&t, TOKEN_PARTS + 8 * PART_GROUPS);
		off = da_get_u32(&t);
		n = da_get_u32(&t);
		if (!da_ok(&t) || size == 0 || !da_fits(off, n, da_left(&t) + da_pos(&t)))
			return;
		if (id == p->pid && level_of_groups(m, (struct da_bytes){ t.base + off, n }, &level)) {
			p->integrity = integrity_name(level);
			return;
		}
		if (at + size < at)
			return;
		at += size;
	}
}

/* ---------------------------------------------------------------- comments */

/* Lines of the comment as one, without the stars that ProcDump begins each with. */
static const char *one_line(struct md *m, const char *text)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	while (*text) {
		size_t n;

		/* the text is already safe to print: line ends are \r and \n in letters */
		while (da_starts(text, "\\r") || da_starts(text, "\\n"))
			text += 2;
		text += strspn(text, "* ");
		for (n = 0; text[n] && !da_starts(text + n, "\\r") && !da_starts(text + n, "\\n"); n++)
			;
		if (n && s.n)
			da_str_add(&s, "; ");
		da_str_addn(&s, text, n);
		text += n;
	}
	return s.n ? da_strdup(m->d->arena, da_str_get(&s)) : NULL;
}

/* ProcDump and others write the same words twice; the wide ones lose nothing. */
static void read_comment(struct md *m)
{
	struct da_bytes b = md_stream_bytes(m, MD_COMMENT_W, 0);
	size_t n = 0, max = (size_t)m->d->limits->string;
	const char *text = NULL;

	while (2 * n + 1 < b.n && n < max && (b.p[2 * n] || b.p[2 * n + 1]))
		n++;
	if (n) {
		text = da_text_utf16(m->d->arena, b.p, n, false);
	} else {
		b = md_stream_bytes(m, MD_COMMENT_A, 0);
		if (b.n)
			text = da_text_cstr(m->d->arena, b.p, DA_MIN(b.n, max));
	}
	m->comment = text ? one_line(m, text) : NULL;
	m->d->origin.comment = m->comment;
}

void md_read_misc(struct md *m)
{
	read_misc(m);
	use_build_string(m);
	read_counters(m);
	read_tokens(m);
	read_comment(m);
}
