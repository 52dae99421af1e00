/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MiscInfo, counters and comments: when the process began, what it has used, how it was trusted, the
 * memory of the machine, what the writer says of itself and why it wrote.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "loader/minidump.h"

/* ---------------------------------------------------------------- MiscInfo */

/* A field counts when its flag is set and SizeOfInfo reaches it. */
enum { MISC_PROCESS_ID = 1, MISC_PROCESS_TIMES = 2, MISC_INTEGRITY = 0x10, MISC_TIME_ZONE = 0x40,
       MISC_BUILD = 0x100 };
enum { BUILD_STRING = 0xe8, BUILD_UNITS = 260, WRITER_STRING = 0x2f0, WRITER_UNITS = 40,
       INTEGRITY = 0x2c, TIME_ZONE = 0x38, ZONE_BIAS = 0x3c, ZONE_NAME = 0x40, STANDARD_BIAS = 0x90,
       DAYLIGHT_NAME = 0x94, DAYLIGHT_BIAS = 0xe4, ZONE_UNITS = 32 };

/* Mandatory integrity levels: those between two are named by the lower one. */
static const struct {
	uint32_t level;
	const char *name;
} levels[] = {
	{ 0x5000, "protected" }, { 0x4000, "system" }, { 0x3000, "high" }, { 0x2100, "medium plus" },
	{ 0x2000, "medium" },	 { 0x1000, "low" },    { 0, "untrusted" },
};

const char *md_integrity_name(uint32_t level)
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

/* The number at a place; false: the structure does not reach so far. */
static bool field(struct md *m, struct da_bytes b, size_t at, int32_t *ret)
{
	struct da_cursor c = md_cursor(m, b);
	uint32_t v;

	da_seek(&c, at);
	v = da_get_u32(&c);
	if (da_ok(&c))
		*ret = (int32_t)v;
	return da_ok(&c);
}

/* TIME_ZONE_INFORMATION: UTC is local time plus the bias, in minutes; 2: summer time held. */
static void read_time_zone(struct md *m, struct da_bytes b)
{
	const int32_t most = 24 * 60;
	int32_t id, bias, more = 0;
	const char *name;

	if (!field(m, b, TIME_ZONE, &id) || !field(m, b, ZONE_BIAS, &bias) ||
	    !field(m, b, id == 2 ? DAYLIGHT_BIAS : STANDARD_BIAS, &more))
		return;
	if (bias < -most || bias > most || more < -most || more > most)
		return;
	bias = -bias - (id ? more : 0);
	name = fixed_text(m, b, id == 2 ? DAYLIGHT_NAME : ZONE_NAME, ZONE_UNITS);
	m->d->proc.time_zone = da_printf(m->d->arena, "%s%sUTC%c%02d:%02d", name ? name : "", name ? ", " : "",
					 bias < 0 ? '-' : '+', abs(bias) / 60, abs(bias) % 60);
}

static void read_times(struct md *m, struct da_cursor c)
{
	struct da_process *p = &m->d->proc;
	uint32_t started = da_get_u32(&c), user = da_get_u32(&c), kernel = da_get_u32(&c);

	if (!da_ok(&c))
		return;
	p->start_time = (uint64_t)started * 1000000;
	/* Crashpad and Breakpad leave them 0. */
	p->has_times = user || kernel;
	p->user_us = (uint64_t)user * 1000000;
	p->kernel_us = (uint64_t)kernel * 1000000;
}

static void read_misc(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_bytes b = md_stream_bytes(m, MD_MISC_INFO, 0);
	struct da_cursor c = md_cursor(m, b);
	uint32_t size = da_get_u32(&c), flags = da_get_u32(&c), pid, level;

	b.n = DA_MIN(b.n, (size_t)size);
	c = md_cursor(m, b);
	da_skip(&c, 8);
	pid = da_get_u32(&c);
	if (da_ok(&c) && (flags & MISC_PROCESS_ID)) {
		p->pid = pid;
		p->has_pid = true;
	}
	if (flags & MISC_PROCESS_TIMES)
		read_times(m, c);
	c = md_cursor(m, b);
	da_seek(&c, INTEGRITY);
	level = da_get_u32(&c);
	if (da_ok(&c) && (flags & MISC_INTEGRITY) && p->os == DA_OS_WINDOWS)
		p->integrity = md_integrity_name(level);
	if ((flags & MISC_TIME_ZONE) && p->os == DA_OS_WINDOWS)
		read_time_zone(m, b);
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

/* ---------------------------------------------------------------- counters */

/* The first form ends with PrivateUsage; the second has two values before it, and flags. */
enum { COUNTERS_PEAK = 8, COUNTERS_PEAK_PRIVATE = 0x40, COUNTERS_PRIVATE = 0x48, COUNTERS_PRIVATE_2 = 0x58,
       COUNTERS_HAS_EX = 4 };

static void read_counters(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_VM_COUNTERS, 0));
	uint16_t revision = da_get_u16(&c), flags = da_get_u16(&c);
	uint64_t peak, resident, peak_private, private;

	da_seek(&c, COUNTERS_PEAK);
	peak = da_get_u64(&c);
	resident = da_get_u64(&c);
	if (!da_ok(&c))
		return;
	p->peak_resident_bytes = peak;
	p->resident_bytes = resident;
	da_seek(&c, COUNTERS_PEAK_PRIVATE);
	peak_private = da_get_u64(&c);
	if (da_ok(&c))
		p->peak_private_bytes = peak_private;
	if (revision >= 2 && !(flags & COUNTERS_HAS_EX))
		return;
	da_seek(&c, revision >= 2 ? COUNTERS_PRIVATE_2 : COUNTERS_PRIVATE);
	private = da_get_u64(&c);
	if (da_ok(&c))
		p->private_bytes = private;
}

/* SystemMemoryInfo counts in pages; its later parts hold where its flags say so. */
enum { SYSTEM_PAGE_SIZE = 8, SYSTEM_FILE_CACHE = 0x38, SYSTEM_BASIC = 0x74, SYSTEM_HAS_BASIC = 2,
       SYSTEM_PERFORMANCE = 0xc0 };

static uint64_t pages(uint64_t n, uint64_t page)
{
	uint64_t bytes;

	return da_mul(&bytes, n, page) ? bytes : 0;
}

static void read_commitment(struct md *m, struct da_cursor c, uint16_t flags, uint64_t page)
{
	struct da_system_memory *s = &m->d->proc.system;
	bool wide = flags & SYSTEM_HAS_BASIC;
	uint64_t v[4];

	da_seek(&c, wide ? SYSTEM_BASIC : SYSTEM_PERFORMANCE);
	for (size_t i = 0; i < DA_ARRAY_SIZE(v); i++)
		v[i] = wide ? da_get_u64(&c) : da_get_u32(&c);
	if (!da_ok(&c))
		return;
	s->available = pages(v[0], page);
	s->committed = pages(v[1], page);
	s->commit_limit = pages(v[2], page);
	s->commit_peak = pages(v[3], page);
}

static void read_system_memory(struct md *m)
{
	struct da_system_memory *s = &m->d->proc.system;
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_SYSTEM_MEMORY_INFO, 0));
	uint16_t revision = da_get_u16(&c), flags = da_get_u16(&c);
	uint64_t page, physical, cache;

	da_seek(&c, SYSTEM_PAGE_SIZE);
	page = da_get_u32(&c);
	physical = da_get_u32(&c);
	if (!da_ok(&c) || !revision || page < 4096 || page > 1 << 20 || (page & (page - 1)))
		return;
	s->physical = pages(physical, page);
	read_commitment(m, c, flags, page);
	da_seek(&c, SYSTEM_FILE_CACHE);
	cache = da_get_u64(&c);
	if (da_ok(&c))
		s->file_cache = cache;
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
	read_system_memory(m);
	read_comment(m);
}
