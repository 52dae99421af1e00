/* SPDX-License-Identifier: Apache-2.0 */
/* Who wrote the core, as far as its bytes prove it, and which kinds of memory it never held. */
#include "config.h"

#include <ctype.h>
#include <elf.h>
#include <string.h>

#include "loader/elfcore.h"

/* createdump adds this page of its own (0x1000 bytes, 'DIAGINFOHEADER' inside) to every dump. */
#define CREATEDUMP_PAGE_64 UINT64_C(0x00007ffffff10000)
#define CREATEDUMP_PAGE_32 UINT64_C(0x7fff1000)

static bool is_createdump(struct core *c)
{
	const struct da_memory *m = &c->d->proc.mem;
	const uint8_t *p = da_mem_view(m, c->word == 4 ? CREATEDUMP_PAGE_32 : CREATEDUMP_PAGE_64, 14);

	return p && memcmp(p, "DIAGINFOHEADER", 14) == 0;
}

/* core.COMM.UID.BOOTID.PID.USEC[.zst]: the name that systemd-coredump gives, checked against the core. */
static bool is_systemd(struct core *c)
{
	const char *name = c->d->origin.file, *p;
	uint64_t pid = 0;
	unsigned hex = 0;

	if (!name || !da_starts(name, "core.") || !c->d->proc.has_pid)
		return false;
	for (p = strstr(name, "."); p; p = strchr(p + 1, '.')) {
		for (hex = 0; isxdigit((unsigned char)p[1 + hex]); hex++)
			;
		if (hex == 32 && p[33] == '.')
			break;
	}
	if (!p)
		return false;
	for (p += 34; isdigit((unsigned char)*p); p++)
		pid = pid * 10 + (uint64_t)(*p - '0');
	return *p == '.' && pid == c->d->proc.pid;
}

static bool has_nonzero_times(struct core *c)
{
	for (size_t i = 0; i < c->d->proc.threads.n; i++)
		if (c->d->proc.threads.v[i].has_times)
			return true;
	return false;
}

struct guess {
	const char *writer, *why;
};

/* createdump, whose page is looked for first, writes no note of gdb and no section headers. */
bool core_is_gcore(const struct core *c)
{
	return c->ngdb || (c->prpsinfo_first && c->has_sections);
}

static struct guess guess_writer(struct core *c)
{
	bool elsewhere = c->other_os != NULL || c->d->proc.os != DA_OS_LINUX;

	if (elsewhere || c->nprstatus == 0)
		return (struct guess){ "unknown", NULL };
	if (is_createdump(c))
		return (struct guess){ "createdump", "it holds createdump's own page (DIAGINFOHEADER)" };
	if (core_is_gcore(c))
		return (struct guess){ "gcore", c->ngdb ? "it holds a note of gdb"
							: "the order of its notes, and section headers" };
	if (!c->nfile && !c->nsiginfo && !c->nfpregs && !c->nxstate && c->nauxv && c->nprpsinfo)
		return (struct guess){ "qemu", "it holds just the notes that qemu-user writes" };
	if (c->prstatus_first && !c->notes_last && c->nprpsinfo &&
	    (c->cursigs == c->nprstatus || has_nonzero_times(c)) && c->nsiginfo <= 1) {
		if (is_systemd(c))
			return (struct guess){ "systemd-coredump", "the kernel's order of notes, and its "
								   "file name" };
		return (struct guess){ "kernel", "the order of its notes, and the signal in each thread's" };
	}
	return (struct guess){ "unknown", NULL };
}

/* ---------------------------------------------------------------- kinds of memory never held */

struct shares {
	uint64_t anonymous, anonymous_missing; /* writable private memory */
	uint64_t code, code_missing;           /* file-backed, not writable */
	uint64_t shared, shared_missing;       /* shared memory by its name */
};

static struct shares measure(struct core *c)
{
	const struct da_memory *m = &c->d->proc.mem;
	struct shares s = { 0 };

	for (size_t i = 0; i < m->ranges.n; i++) {
		const struct da_range *r = &m->ranges.v[i];
		uint64_t size = r->end - r->start, missing = size - r->file_len;

		/* The runtime's memory for code (W^X): of what is reserved nobody can read a part that no code lies in. */
		if (r->file_len == 0 && r->name && da_starts(r->name, "/memfd:doublemapper"))
			continue;
		if (r->kind == DA_RANGE_SHARED) {
			s.shared += size;
			s.shared_missing += missing;
		} else if (r->kind == DA_RANGE_IMAGE || r->kind == DA_RANGE_MAPPED_FILE) {
			if (r->has_prot && (r->prot & DA_PROT_W))
				continue;
			s.code += size;
			s.code_missing += missing;
		} else if (r->has_prot && (r->prot & DA_PROT_W)) {
			s.anonymous += size;
			s.anonymous_missing += missing;
		}
	}
	return s;
}

static void add_missing(struct core *c, enum da_range_kind kind, const char *why)
{
	struct da_missing_kind *k = da_vec_add(c->d->arena, &c->d->missing_kinds);

	k->kind = (uint8_t)kind;
	k->why = why;
}

/* Only what no cut file explains; a header page of each file (bit 4) is there in nearly every core. */
static void name_missing(struct core *c)
{
	struct shares s = measure(c);
	bool filtered;

	if (c->d->origin.truncated)
		return;
	/* createdump and qemu-user take no notice of the filter. */
	filtered = !da_streq(c->d->origin.writer, "createdump") && !da_streq(c->d->origin.writer, "qemu");
	if (s.code && s.code_missing > s.code / 2)
		add_missing(c, DA_RANGE_IMAGE,
			    filtered ? "code and read-only data of files (coredump_filter bit 2, 0x4); the files "
				       "themselves bring it back"
				     : "code and read-only data of files; the files themselves bring it back");
	if (s.shared && s.shared_missing > s.shared / 2)
		add_missing(c, DA_RANGE_SHARED, filtered ? "shared memory (coredump_filter bits 1 and 3, 0xa)"
							 : "shared memory");
	if (s.anonymous && s.anonymous_missing - c->unread > s.anonymous / 2)
		add_missing(c, DA_RANGE_ANONYMOUS,
			    filtered ? "private memory: heaps and stacks (coredump_filter bit 0, 0x1)"
				     : "private memory: heaps and stacks");
}

/*
 * createdump of type heap saves all writable memory, and so the parts of stacks that nothing uses; its small
 * types save a stack from the stack pointer on, or from some pages below it. How many threads have them.
 */
static size_t unused_stacks(const struct core *c, size_t *ret_known)
{
	enum { UNUSED = 0x8000 };
	const struct da_process *p = &c->d->proc;
	size_t known = 0, unused = 0;

	for (size_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];
		const struct da_range *r;
		uint64_t sp;

		if (!p->arch || !da_reg_known(&t->regs, p->arch->sp))
			continue;
		sp = t->regs.v[p->arch->sp];
		r = da_mem_range(&p->mem, sp);
		if (!r)
			continue;
		known++;
		unused += sp - r->start >= UNUSED && r->file_len >= sp - r->start;
	}
	*ret_known = known;
	return unused;
}

/*
 * full: whatever could be read is there, code too. The small types of createdump, mini and triage, differ in
 * what was overwritten, which only a reader of the runtime's objects sees: dumps of one process of both types are
 * else alike.
 */
static const char *dump_type(struct core *c)
{
	struct shares s = measure(c);
	uint64_t missing = s.anonymous_missing + s.code_missing + s.shared_missing;
	size_t known, unused;

	if (c->d->origin.truncated || !s.anonymous)
		return "unknown";
	if (missing == 0)
		return "full";
	/* All types but full leave code out; the images of assemblies, which some keep, are the larger part of it. */
	if (!da_streq(c->d->origin.writer, "createdump") || s.code_missing <= s.code / 8)
		return "unknown";
	unused = unused_stacks(c, &known);
	if (unused > known / 2)
		return "heap";
	c->d->origin.mini_or_triage = known && !unused;
	return "unknown";
}

/*
 * createdump describes neighbouring mappings of a file as one segment, with the flags of the first: what of
 * it can be executed is not known where those are of read-only data.
 */
static void forget_merged(struct core *c)
{
	struct da_memory *m = &c->d->proc.mem;

	for (size_t i = 0; i < m->ranges.n; i++)
		if (m->ranges.v[i].prot == DA_PROT_R && m->ranges.v[i].module != DA_NONE)
			m->ranges.v[i].has_prot = false;
}

void core_name_writer(struct core *c)
{
	struct guess g = guess_writer(c);

	c->d->origin.writer = g.writer;
	if (da_streq(g.writer, "createdump"))
		forget_merged(c);
	c->d->origin.writer_why = g.why;
	c->d->origin.dump_type = dump_type(c);
	name_missing(c);
}
