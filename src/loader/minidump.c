/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Minidumps: written by Windows' dbghelp for Task Manager, ProcDump, WER, createdump and others; by
 * Breakpad, Crashpad, lldb and Wine, also for processes of Linux and macOS. Header and directory come
 * first in the file and memory last, so a dump that was cut keeps its tables and loses memory.
 */
#include "config.h"

#include <string.h>

#include "loader/minidump.h"

#define MAGIC "MDMP"
#define FORMAT_VERSION 0xa793
#define HEADER 32
#define DIRECTORY_ENTRY 12

static int match(struct da_bytes f)
{
	return f.n >= 4 && memcmp(f.p, MAGIC, 4) == 0 ? 100 : 0;
}

/* ---------------------------------------------------------------- bytes of the file */

static const struct {
	uint32_t type;
	const char *name;
} stream_names[] = {
	{ MD_THREAD_LIST, "ThreadList" }, { MD_MODULE_LIST, "ModuleList" },
	{ MD_MEMORY_LIST, "MemoryList" }, { MD_EXCEPTION, "Exception" },
	{ MD_SYSTEM_INFO, "SystemInfo" }, { MD_THREAD_EX_LIST, "ThreadExList" },
	{ MD_MEMORY64_LIST, "Memory64List" }, { MD_COMMENT_A, "CommentA" },
	{ MD_COMMENT_W, "CommentW" }, { MD_HANDLE_DATA, "HandleData" },
	{ MD_FUNCTION_TABLE, "FunctionTable" }, { MD_UNLOADED_LIST, "UnloadedModuleList" },
	{ MD_MISC_INFO, "MiscInfo" }, { MD_MEMORY_INFO_LIST, "MemoryInfoList" },
	{ MD_THREAD_INFO_LIST, "ThreadInfoList" }, { MD_HANDLE_OPERATIONS, "HandleOperationList" },
	{ MD_TOKEN, "Token" }, { MD_JAVASCRIPT, "JavaScriptData" },
	{ MD_SYSTEM_MEMORY_INFO, "SystemMemoryInfo" }, { MD_VM_COUNTERS, "ProcessVmCounters" },
	{ MD_IPT_TRACE, "IptTrace" }, { MD_THREAD_NAMES, "ThreadNames" },
	{ MD_WINE_MODULES, "Wine's list of ELF modules" }, { MD_CRASHPAD_INFO, "CrashpadInfo" },
	{ MD_BREAKPAD_INFO, "BreakpadInfo" }, { MD_ASSERTION, "AssertionInfo" },
	{ MD_LINUX_CPU_INFO, "LinuxCpuInfo" }, { MD_LINUX_STATUS, "LinuxProcStatus" },
	{ MD_LINUX_RELEASE, "LinuxLsbRelease" }, { MD_LINUX_CMDLINE, "LinuxCmdLine" },
	{ MD_LINUX_ENVIRON, "LinuxEnviron" }, { MD_LINUX_AUXV, "LinuxAuxv" },
	{ MD_LINUX_MAPS, "LinuxMaps" }, { MD_LINUX_DSO_DEBUG, "LinuxDsoDebug" },
	{ MD_LINUX_STAT, "LinuxProcStat" }, { MD_LINUX_UPTIME, "LinuxProcUptime" },
	{ MD_LINUX_FD, "LinuxProcFd" },
};

const char *md_stream_name(struct md *m, uint32_t type)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(stream_names); i++)
		if (stream_names[i].type == type)
			return stream_names[i].name;
	return da_printf(m->d->arena, "stream 0x%x", type);
}

struct da_bytes md_bytes(struct md *m, uint64_t rva, uint64_t size)
{
	uint64_t end;

	if (size && da_add(&end, rva, size))
		m->needed = DA_MAX(m->needed, end);
	if (rva >= m->f.n)
		return (struct da_bytes){ m->f.p, 0 };
	return (struct da_bytes){ m->f.p + rva, (size_t)DA_MIN(size, m->f.n - rva) };
}

const struct md_stream *md_find(const struct md *m, uint32_t type, unsigned nth)
{
	for (size_t i = 0; i < m->streams.n; i++)
		if (m->streams.v[i].type == type && nth-- == 0)
			return &m->streams.v[i];
	return NULL;
}

struct da_bytes md_stream_bytes(struct md *m, uint32_t type, unsigned nth)
{
	const struct md_stream *s = md_find(m, type, nth);

	return s ? md_bytes(m, s->rva, s->size) : (struct da_bytes){ m->f.p, 0 };
}

bool md_more_text(struct md *m, size_t n)
{
	if (n > m->d->limits->names - m->names) {
		da_note(m->d->ledger, DA_NOTE_LIMIT, "names", NULL,
			"names of more than %llu bytes: the rest is left out",
			(unsigned long long)m->d->limits->names);
		return false;
	}
	m->names += n;
	return true;
}

static const char *read_string(struct md *m, uint64_t rva)
{
	struct da_cursor c = md_cursor(m, md_bytes(m, rva, 4));
	uint32_t n = da_get_u32(&c);
	struct da_bytes b;

	if (!da_ok(&c) || n > m->d->limits->string || !md_more_text(m, n))
		return NULL;
	b = md_bytes(m, rva + 4, n);
	n = (uint32_t)(b.n / 2);
	for (uint32_t i = 0; i < n; i++) /* some writers count the terminator */
		if (b.p[2 * i] == 0 && b.p[2 * i + 1] == 0)
			n = i;
	return n ? da_text_utf16(m->d->arena, b.p, n, false) : NULL;
}

const char *md_string(struct md *m, uint64_t rva)
{
	bool is_new;
	uint64_t *text;

	if (rva == 0 || rva >= m->f.n)
		return NULL;
	text = da_map_put(m->d->arena, &m->strings, rva, &is_new);
	if (is_new) /* nothing is put while it is read, so its place holds */
		*text = (uintptr_t)read_string(m, rva);
	return (const char *)(uintptr_t)*text;
}

const char *md_basename(const char *path)
{
	const char *base = path;

	for (const char *p = path; p && *p; p++)
		if (*p == '\\' || *p == '/')
			base = p + 1;
	return base;
}

uint64_t md_filetime(uint64_t filetime)
{
	const uint64_t epoch = UINT64_C(11644473600000000); /* from 1601 to 1970, in microseconds */
	uint64_t us = filetime / 10;

	/* The year 2400: what lies beyond is not a time. */
	return us > epoch && us - epoch < UINT64_C(13569465600000000) ? us - epoch : 0;
}

/* ---------------------------------------------------------------- lists */

/* As many entries as are there; why some are not is told once. */
static void clip(struct md *m, const struct md_stream *s, uint64_t promised, uint64_t max,
		 struct md_list *l)
{
	size_t room = l->b.n > l->head ? (l->b.n - l->head) / l->entry : 0;
	const char *name = md_stream_name(m, s->type);

	l->word = m->word;
	l->n = DA_MIN(promised, DA_MIN((uint64_t)room, max));
	if (l->n == promised)
		return;
	if (l->n == max)
		da_note(m->d->ledger, DA_NOTE_LIMIT, name, NULL, "only the first %llu of %llu entries of "
			"%s were read", (unsigned long long)max, (unsigned long long)promised, name);
	else if (l->b.n < s->size)
		da_note(m->d->ledger, DA_NOTE_CUT, name, "copy the whole file again",
			"the file ends inside %s: %llu of %llu entries are there", name,
			(unsigned long long)l->n, (unsigned long long)promised);
	else
		da_note(m->d->ledger, DA_NOTE_CORRUPT, name, NULL,
			"%s says it has %llu entries, but is only large enough for %llu", name,
			(unsigned long long)promised, (unsigned long long)l->n);
}

bool md_read_list(struct md *m, uint32_t type, size_t entry, uint64_t max, struct md_list *ret)
{
	const struct md_stream *s = md_find(m, type, 0);
	struct md_list l = { .entry = entry };
	bool wide = type == MD_MEMORY64_LIST;
	struct da_cursor c;
	uint64_t n;

	if (!s)
		return false;
	l.b = md_bytes(m, s->rva, s->size);
	c = md_cursor(m, l.b);
	n = wide ? da_get_u64(&c) : da_get_u32(&c);
	l.head = wide ? 16 : 4;
	/* Old Breakpad on 64 bits aligned the entries to 8. */
	if (!wide && n && s->size - (uint64_t)8 == n * entry)
		l.head = 8;
	clip(m, s, da_ok(&c) ? n : 0, max, &l);
	*ret = l;
	return true;
}

bool md_read_table(struct md *m, uint32_t type, size_t count_at, bool wide, size_t entry, uint64_t max,
		   struct md_list *ret)
{
	const struct md_stream *s = md_find(m, type, 0);
	struct md_list l = { 0 };
	struct da_cursor c;
	uint64_t n;

	if (!s)
		return false;
	l.b = md_bytes(m, s->rva, s->size);
	c = md_cursor(m, l.b);
	l.head = da_get_u32(&c);
	l.entry = da_get_u32(&c);
	da_seek(&c, count_at);
	n = wide ? da_get_u64(&c) : da_get_u32(&c);
	if (!da_ok(&c) || l.entry < entry || l.head < count_at) {
		da_note(m->d->ledger, l.b.n < s->size ? DA_NOTE_CUT : DA_NOTE_CORRUPT,
			md_stream_name(m, type), NULL, "the header of %s is damaged or cut",
			md_stream_name(m, type));
		return false;
	}
	clip(m, s, n, max, &l);
	*ret = l;
	return true;
}

/* ---------------------------------------------------------------- header and directory */

/* Streams of which more than one makes sense, or of which all are looked at. */
static bool may_repeat(uint32_t type)
{
	return type == MD_UNUSED || type == MD_EXCEPTION || type == MD_COMMENT_A ||
	       type == MD_COMMENT_W || type > 0xffff;
}

static void read_directory(struct md *m, uint32_t rva, uint64_t n)
{
	struct da_bytes b = md_bytes(m, rva, n * DIRECTORY_ENTRY);
	struct da_cursor c = md_cursor(m, b);
	uint64_t have = b.n / DIRECTORY_ENTRY;

	if (have < n)
		da_note(m->d->ledger, DA_NOTE_CUT, "the directory", "copy the whole file again",
			"the file ends inside its directory: %llu of %llu entries are there",
			(unsigned long long)have, (unsigned long long)n);
	if (have > m->d->limits->streams) {
		da_note(m->d->ledger, DA_NOTE_LIMIT, "the directory", NULL,
			"only the first %llu of %llu streams were read",
			(unsigned long long)m->d->limits->streams, (unsigned long long)n);
		have = m->d->limits->streams;
	}
	for (uint64_t i = 0; i < have; i++) {
		struct md_stream s = { .type = da_get_u32(&c), .size = da_get_u32(&c),
				       .rva = da_get_u32(&c) };
		uint64_t end;

		if (s.type == MD_UNUSED)
			continue;
		if (s.size && s.rva >= m->f.n)
			da_note(m->d->ledger, DA_NOTE_CUT, md_stream_name(m, s.type),
				"copy the whole file again", "%s lies behind the end of the file",
				md_stream_name(m, s.type));
		if (md_find(m, s.type, 0) && !may_repeat(s.type))
			da_note(m->d->ledger, DA_NOTE_CORRUPT, md_stream_name(m, s.type), NULL,
				"%s is there more than once; the first is read",
				md_stream_name(m, s.type));
		if (da_add(&end, s.rva, s.size))
			m->needed = DA_MAX(m->needed, end);
		da_vec_push(m->d->arena, &m->streams, s);
	}
}

static bool read_header(struct md *m, const char **ret_message)
{
	struct da_cursor c = da_cursor(m->f.p, m->f.n, false, 8);
	uint32_t version, n, rva, time;

	da_skip(&c, 4);
	version = da_get_u32(&c);
	n = da_get_u32(&c);
	rva = da_get_u32(&c);
	da_skip(&c, 4);
	time = da_get_u32(&c);
	m->flags = da_get_u64(&c);
	if (!da_ok(&c)) {
		*ret_message = "is a minidump cut inside its header: nothing is left to read";
		return false;
	}
	if ((version & 0xffff) != FORMAT_VERSION) {
		*ret_message = "begins like a minidump, but its version is not that of any: it is damaged";
		return false;
	}
	m->version_build = (uint16_t)(version >> 16);
	m->d->proc.dump_time = (uint64_t)time * 1000000;
	m->needed = HEADER;
	read_directory(m, rva, n);
	return true;
}

/* ---------------------------------------------------------------- leading */

/* Streams that somebody may look for and that are not read; padding and counters are not among them. */
static void note_unread(struct md *m)
{
	static const uint32_t types[] = { MD_JAVASCRIPT, MD_IPT_TRACE };
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (size_t i = 0; i < m->streams.n && s.n < 400; i++) {
		const struct md_stream *x = &m->streams.v[i];
		bool named = false, foreign = x->type > 0xffff;

		for (size_t k = 0; k < DA_ARRAY_SIZE(types); k++)
			named |= x->type == types[k];
		for (size_t k = 0; foreign && k < DA_ARRAY_SIZE(stream_names); k++)
			foreign = x->type != stream_names[k].type;
		if (named || (foreign && x->type != MD_LLDB_GENERATED))
			da_str_addf(&s, "%s%s (%u bytes)", s.n ? ", " : "", md_stream_name(m, x->type), x->size);
	}
	if (s.n)
		da_note(m->d->ledger, DA_NOTE_UNSUPPORTED, "streams", NULL,
			"data of the dump that is not shown: %s", da_str_get(&s));
}

static void note_cut(struct md *m)
{
	struct da_origin *o = &m->d->origin;

	if (m->needed <= m->f.n)
		return;
	o->truncated = true;
	o->has_missing_bytes = true;
	o->missing_bytes = m->needed - m->f.n;
	da_note(m->d->ledger, DA_NOTE_CUT, "the dump file",
		"copy the whole file again; if that does not help, the disk was full when it was written",
		"the file should have %llu bytes and has %llu", (unsigned long long)m->needed,
		(unsigned long long)m->f.n);
}

static enum da_status load(struct da_dump *d, const char **ret_message)
{
	struct md *m = da_new(d->arena, struct md);

	m->d = d;
	m->f = d->file;
	m->word = 8;
	if (!read_header(m, ret_message))
		return DA_CORRUPT;
	if (m->streams.n == 0) {
		*ret_message = "is a minidump without any stream: nothing can be read";
		return DA_CORRUPT;
	}
	if (!md_read_system(m, ret_message))
		return DA_UNSUPPORTED;
	md_read_misc(m);
	md_read_tokens(m);
	md_read_threads(m);
	md_read_modules(m);
	md_refine_version(m);
	md_read_linux(m);
	md_read_memory(m);
	md_read_wow64(m);
	md_read_peb(m);
	md_identify_modules(m);
	md_name_memory(m);
	md_settle_threads(m);
	md_read_exception(m);
	md_mark_dumpers(m);
	md_read_handles(m);
	md_read_functions(m);
	note_cut(m);
	note_unread(m);
	md_name_writer(m);
	return d->origin.truncated || d->minimal ? DA_PARTIAL : DA_OK;
}

const struct da_loader da_loader_minidump = {
	.name = "minidump",
	.title = "Windows minidump (Task Manager, ProcDump, WER, DebugDiag, dotnet-dump, Breakpad, "
		 "Crashpad, lldb, Wine)",
	.match = match,
	.load = load,
};
