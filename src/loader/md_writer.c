/* SPDX-License-Identifier: Apache-2.0 */
/* Who wrote the minidump, as far as its bytes prove it, and which kinds of memory it never held. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "loader/minidump.h"

/* ---------------------------------------------------------------- who */

struct guess {
	const char *writer, *why;
};

/* What tools of Windows say of themselves in the comment. All of them call the same dbghelp. */
static const struct {
	const char *word, *writer;
} sayings[] = {
	{ "procdump", "procdump" },		   { "process explorer", "process-explorer" },
	{ "debugdiag", "debugdiag" },		   { "dbghost", "debugdiag" },
	{ "task manager", "task-manager" },	   { "windows error reporting", "wer" },
	{ "createdump", "createdump" },
};

static bool says(const char *text, const char *word)
{
	for (; text && *text; text++)
		if (strncasecmp(text, word, strlen(word)) == 0)
			return true;
	return false;
}

/* lldb gives contexts of x86_64 without their vector part: 720 bytes. Nobody else does. */
#define LLDB_CONTEXT 720

static bool is_lldb(struct md *m)
{
	if (md_find(m, MD_LLDB_GENERATED, 0))
		return true;
	return md_find(m, MD_LINUX_STATUS, 0) && !md_find(m, MD_LINUX_DSO_DEBUG, 0) && m->threads.n &&
	       m->threads.v[0].context_size == LLDB_CONTEXT;
}

static bool is_dbghelp(const struct md *m)
{
	static const char *const names[] = { "dbgcore.", "dbghelp.", "dbgeng." };

	for (size_t i = 0; m->writer_string && i < DA_ARRAY_SIZE(names); i++)
		if (da_starts(m->writer_string, names[i]))
			return true;
	return !m->writer_string && m->version_build != 0 && m->d->proc.os == DA_OS_WINDOWS;
}

static struct guess guess_writer(struct md *m)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(sayings); i++)
		if (says(m->comment, sayings[i].word))
			return (struct guess){ sayings[i].writer, "its comment says so" };
	if (md_find(m, MD_CRASHPAD_INFO, 0) || da_starts(m->writer_string ? m->writer_string : "", "crashpad."))
		return (struct guess){ "crashpad", md_find(m, MD_CRASHPAD_INFO, 0)
				       ? "it holds Crashpad's own stream" : "its build string says so" };
	if (md_find(m, MD_BREAKPAD_INFO, 0) || md_find(m, MD_LINUX_DSO_DEBUG, 0))
		return (struct guess){ "breakpad", "it holds Breakpad's own streams" };
	if (is_lldb(m))
		return (struct guess){ "lldb", "it holds files of /proc, and contexts as lldb cuts them" };
	if (md_find(m, MD_WINE_MODULES, 0))
		return (struct guess){ "wine", "it holds Wine's own list of modules" };
	if (is_dbghelp(m))
		return (struct guess){ "windows", "the version of Windows' own dump writer is in it" };
	return (struct guess){ "unknown", NULL };
}

/* ---------------------------------------------------------------- what it holds */

struct shares {
	uint64_t images, images_missing;
	uint64_t private, private_missing; /* writable, of no file */
	uint64_t shared, shared_missing;   /* views of sections, mapped files */
};

static struct shares measure(const struct da_memory *mem)
{
	struct shares s = { 0 };

	for (size_t i = 0; i < mem->ranges.n; i++) {
		const struct da_range *r = &mem->ranges.v[i];
		uint64_t size = r->end - r->start, missing = size - r->file_len;

		if (r->has_prot && !(r->prot & DA_PROT_R)) /* no writer can read it */
			continue;
		switch (r->kind) {
		case DA_RANGE_IMAGE:
			s.images += size;
			s.images_missing += missing;
			break;
		case DA_RANGE_SHARED:
		case DA_RANGE_MAPPED_FILE:
			s.shared += size;
			s.shared_missing += missing;
			break;
		case DA_RANGE_RESERVED:
			break;
		default:
			s.private += size;
			s.private_missing += missing;
		}
	}
	return s;
}

/* What a stack's mapping holds below sp is nobody's: a writer that leaves it out lacks nothing. */
static void forgive_free_stacks(const struct md *m, struct shares *s)
{
	uint64_t last = 0;

	for (size_t i = 0; i < m->threads.n; i++) {
		uint64_t start = m->threads.v[i].stack_start;
		const struct da_range *r = start ? da_mem_range(&m->d->proc.mem, start - 1) : NULL;
		uint64_t size;

		if (!r || r->end != start || r->file_len || start == last || r->kind == DA_RANGE_IMAGE)
			continue;
		last = start;
		size = DA_MIN(r->end - r->start, DA_MIN(s->private, s->private_missing));
		s->private -= size;
		s->private_missing -= size;
	}
}

static bool most(uint64_t missing, uint64_t size)
{
	return size && missing > size / 2;
}

/* Bytes beyond what every dump has of each thread. */
static bool more_than_stacks(const struct md *m)
{
	uint64_t stacks = 0;

	for (size_t i = 0; i < m->threads.n; i++)
		stacks += m->threads.v[i].stack_size;
	return m->promised > stacks + stacks / 2 + (1 << 20);
}

/*
 * The flags are what was asked for; Wine writes them down and ignores them, and a writer that was
 * stopped has written its header first. So a list of memory must be there, and where the address
 * space is known most of it must be saved.
 */
static const char *dump_type(struct md *m, const struct shares *s)
{
	bool lists = md_find(m, MD_MEMORY64_LIST, 0) || md_find(m, MD_MEMORY_LIST, 0);
	bool known = m->has_regions && !m->d->origin.truncated;
	bool whole = known && s->private && s->private_missing <= s->private / 10;

	if (!lists)
		return "unknown";
	if (m->flags & MD_FILTER_TRIAGE)
		return "triage";
	if (known && whole && s->images_missing <= s->images / 10)
		return "full";
	if (m->flags & MD_WITH_FULL_MEMORY)
		return (known ? whole : more_than_stacks(m)) ? "full" : "unknown";
	if (known ? whole : (m->flags & MD_WITH_PRIVATE_RW) && more_than_stacks(m))
		return "heap";
	return "mini";
}

/* ---------------------------------------------------------------- what it lacks */

static void add_missing(struct md *m, enum da_range_kind kind, const char *why)
{
	struct da_missing_kind k = { .kind = (uint8_t)kind, .why = why };

	da_vec_push(m->d->arena, &m->d->missing_kinds, k);
}

static void missing_of_windows(struct md *m, const struct shares *s)
{
	bool full = m->flags & MD_WITH_FULL_MEMORY;

	if (most(s->images_missing, s->images))
		add_missing(m, DA_RANGE_IMAGE, "code and constants of the modules (MiniDumpWithFullMemory, or "
			    "MiniDumpWithCodeSegs and MiniDumpWithDataSegs); the files themselves bring them "
			    "back");
	if (m->has_regions ? most(s->private_missing, s->private)
			   : !full && !(m->flags & MD_WITH_PRIVATE_RW))
		add_missing(m, DA_RANGE_ANONYMOUS, "private memory: heaps and .NET objects "
			    "(MiniDumpWithPrivateReadWriteMemory or MiniDumpWithFullMemory)");
	if (m->has_regions && most(s->shared_missing, s->shared))
		add_missing(m, DA_RANGE_SHARED, "shared memory and mapped files (MiniDumpWithFullMemory)");
	if (m->flags & MD_FILTER_MEMORY)
		da_note(m->d->ledger, DA_NOTE_MISSING, "stacks", "make the dump without MiniDumpFilterMemory",
			"the writer was told to zero whatever is no pointer (MiniDumpFilterMemory): values of "
			"variables are not to be relied on");
}

static void missing_of_others(struct md *m, const struct shares *s)
{
	if (most(s->images_missing, s->images))
		add_missing(m, DA_RANGE_IMAGE, "code and constants of the modules; the files themselves bring "
			    "them back");
	if (m->has_regions ? most(s->private_missing, s->private) : !more_than_stacks(m))
		add_missing(m, DA_RANGE_ANONYMOUS, m->d->proc.os == DA_OS_MACOS
			    ? "private memory: heaps (this writer saves stacks; process save-core of lldb saves "
			      "the rest)"
			    : "private memory: heaps (this writer saves stacks; a core of the kernel or gcore "
			      "has the rest)");
}

void md_name_writer(struct md *m)
{
	struct shares s = measure(&m->d->proc.mem);
	struct guess g = guess_writer(m);

	forgive_free_stacks(m, &s);
	m->d->origin.writer = g.writer;
	m->d->origin.writer_why = g.why;
	m->d->origin.dump_type = dump_type(m, &s);
	if (m->d->proc.os == DA_OS_WINDOWS)
		missing_of_windows(m, &s);
	else
		missing_of_others(m, &s);
}
