/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF cores: written by the Linux kernel, gdb's gcore, .NET's createdump, qemu-user and others.
 * Program headers are read through the cursor and not by libelf, which refuses a cut table whole and
 * counts wrongly when the section header with the true number (PN_XNUM) is behind the end of the file.
 */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "loader/elfcore.h"

static int match(struct da_bytes f)
{
	struct da_cursor c;

	if (f.n < EI_NIDENT + 2 || memcmp(f.p, ELFMAG, SELFMAG) != 0)
		return 0;
	c = da_cursor(f.p, f.n, f.p[EI_DATA] == ELFDATA2MSB, 8);
	da_skip(&c, EI_NIDENT);
	return da_get_u16(&c) == ET_CORE ? 100 : 0;
}

struct header {
	uint64_t phoff, shoff;
	uint16_t phentsize, phnum, shentsize, shnum;
};

static bool read_header(struct core *c, struct header *ret)
{
	struct da_bytes f = c->d->file;
	struct da_cursor u;

	c->word = f.p[EI_CLASS] == ELFCLASS32 ? 4 : 8;
	c->big_endian = f.p[EI_DATA] == ELFDATA2MSB;
	u = da_cursor(f.p, f.n, c->big_endian, c->word);
	da_skip(&u, EI_NIDENT + 2);
	c->machine = da_get_u16(&u);
	da_skip(&u, 4);
	(void)da_get_word(&u); /* e_entry */
	ret->phoff = da_get_word(&u);
	ret->shoff = da_get_word(&u);
	c->flags = da_get_u32(&u);
	(void)da_get_u16(&u); /* e_ehsize */
	ret->phentsize = da_get_u16(&u);
	ret->phnum = da_get_u16(&u);
	ret->shentsize = da_get_u16(&u);
	ret->shnum = da_get_u16(&u);
	c->has_sections = ret->shoff != 0;
	return da_ok(&u) && (f.p[EI_CLASS] == ELFCLASS32 || f.p[EI_CLASS] == ELFCLASS64);
}

/* The number of program headers; 0 with *ret_unknown when PN_XNUM's place is behind the end. */
static uint64_t count_headers(struct core *c, const struct header *h, bool *ret_unknown)
{
	struct da_bytes f = c->d->file;
	struct da_cursor u = da_cursor(f.p, f.n, c->big_endian, c->word);
	uint32_t info;

	*ret_unknown = false;
	if (h->phnum != PN_XNUM)
		return h->phnum;
	da_seek(&u, DA_MIN(h->shoff, (uint64_t)SIZE_MAX));
	da_skip(&u, c->word == 4 ? 28 : 44); /* sh_info of section 0 holds the true count */
	info = da_get_u32(&u);
	*ret_unknown = !da_ok(&u) || h->shoff == 0;
	return *ret_unknown ? 0 : info;
}

static struct core_segment read_segment(struct core *c, struct da_cursor *u)
{
	struct core_segment s = { .type = da_get_u32(u) };

	if (c->word == 8)
		s.flags = da_get_u32(u);
	s.off = da_get_word(u);
	s.vaddr = core_address(c, da_get_word(u));
	(void)da_get_word(u); /* p_paddr */
	s.filesz = da_get_word(u);
	s.memsz = da_get_word(u);
	if (c->word == 4)
		s.flags = da_get_u32(u);
	s.align = (uint32_t)da_get_word(u);
	return s;
}

/*
 * Read the table. Without a count, it goes on to the data of the first segment: the kernel puts that
 * right behind the table.
 */
static void read_segments(struct core *c, const struct header *h, uint64_t count, bool unknown)
{
	struct da_dump *d = c->d;
	struct da_cursor u = da_cursor(d->file.p, d->file.n, c->big_endian, c->word);
	size_t entry = c->word == 4 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
	uint64_t stop = UINT64_MAX;

	if (unknown)
		count = d->limits->segments;
	da_seek(&u, (size_t)DA_MIN(h->phoff, (uint64_t)SIZE_MAX));
	for (uint64_t i = 0; i < count && i < d->limits->segments; i++) {
		struct core_segment s;

		if (unknown && da_pos(&u) + entry > stop)
			return;
		s = read_segment(c, &u);
		if (h->phentsize > entry)
			da_skip(&u, h->phentsize - entry);
		if (!da_ok(&u)) {
			c->headers_cut = true;
			if (unknown)
				return;
			da_note(d->ledger, DA_NOTE_CUT, "program headers", "copy the whole file again",
				"the file ends inside the table of memory segments: %llu of %llu are "
				"known", (unsigned long long)i, (unsigned long long)count);
			return;
		}
		if (s.type == PT_LOAD && s.filesz && s.off < stop && s.off > h->phoff)
			stop = s.off;
		if (s.type == PT_LOAD || s.type == PT_NOTE)
			da_vec_push(d->arena, &c->segments, s);
	}
	if (count > d->limits->segments)
		da_note(d->ledger, DA_NOTE_LIMIT, "program headers", NULL,
			"only the first %llu of %llu memory segments were read",
			(unsigned long long)d->limits->segments, (unsigned long long)count);
}

/* CPUs without a row in arch.def that we can at least name: their cores give a minimal report. */
static const uint16_t other_machines[] = {
	EM_68K, EM_88K, EM_PARISC, EM_SPARC32PLUS, EM_SH, EM_IA_64, EM_ALPHA, EM_CRIS, EM_M32R,
	EM_XTENSA, EM_MICROBLAZE, EM_TILEGX, EM_ARC_COMPACT, EM_ARCV2, EM_ALTERA_NIOS2, EM_OPENRISC,
	EM_CSKY, EM_LOONGARCH, EM_BPF, 0x9026 /* Alpha before it had a number */,
};

static bool set_cpu(struct core *c, const char **ret_message)
{
	struct da_process *p = &c->d->proc;

	p->arch = da_arch_by_elf(c->machine, c->word == 4 ? ELFCLASS32 : ELFCLASS64, c->big_endian);
	p->arch_name = p->arch ? p->arch->name : "other";
	p->bits = (uint8_t)(c->word * 8);
	p->mem.word = c->word;
	p->mem.big_endian = c->big_endian;
	if (p->arch)
		return true;
	for (size_t i = 0; i < DA_ARRAY_SIZE(other_machines); i++)
		if (other_machines[i] == c->machine)
			return true;
	*ret_message = da_printf(c->d->arena, "is a core of an unknown CPU (ELF machine %u%s); "
				 "if the file is not damaged, tell the makers of dumpan",
				 c->machine, c->big_endian ? ", big-endian" : "");
	return false;
}

/*
 * A kernel's own core (vmcore, /proc/kcore): it has a note of the name VMCOREINFO. The word alone, in the
 * arguments or a file name of a process, says nothing.
 */
static bool has_vmcoreinfo(struct da_cursor u)
{
	static const char name[] = "VMCOREINFO";

	while (da_left(&u) >= 12) {
		uint32_t namesz = da_get_u32(&u), descsz = da_get_u32(&u);
		const uint8_t *p;

		da_skip(&u, 4);
		p = da_get_bytes(&u, namesz);
		if (p && namesz == sizeof(name) && memcmp(p, name, sizeof(name)) == 0)
			return true;
		da_align(&u, 4);
		da_skip(&u, descsz);
		da_align(&u, 4);
		if (!da_ok(&u))
			return false;
	}
	return false;
}

static bool is_vmcore(struct core *c)
{
	struct da_cursor f = da_cursor(c->d->file.p, c->d->file.n, c->big_endian, c->word);

	for (size_t i = 0; i < c->segments.n; i++) {
		const struct core_segment *s = &c->segments.v[i];

		if (s->type == PT_NOTE && s->off < c->d->file.n &&
		    has_vmcoreinfo(da_sub(&f, s->off, DA_MIN(s->filesz, c->d->file.n - s->off))))
			return true;
	}
	return false;
}

static void set_os(struct core *c)
{
	struct da_dump *d = c->d;
	uint8_t abi = d->file.p[EI_OSABI];

	if (c->other_os)
		d->proc.os = da_starts(c->other_os, "NetBSD") ? DA_OS_NETBSD
			     : da_starts(c->other_os, "FreeBSD") ? DA_OS_FREEBSD : DA_OS_OTHER;
	else if (abi == ELFOSABI_FREEBSD)
		d->proc.os = DA_OS_FREEBSD;
	else if (c->nprstatus || c->nprpsinfo || c->nauxv || c->nfile)
		d->proc.os = DA_OS_LINUX;
}

static void note_minimal(struct da_dump *d)
{
	if (d->proc.arch && d->proc.arch->full && d->proc.os == DA_OS_LINUX)
		return;
	d->minimal = true;
	if (d->proc.os != DA_OS_LINUX && d->proc.os != DA_OS_UNKNOWN)
		da_note(d->ledger, DA_NOTE_UNSUPPORTED, "the whole dump",
			"use a debugger of that system",
			"this is a core of %s; memory map, modules and thread ids are read, stacks are not",
			da_os_name(d->proc.os));
	else if (!d->proc.arch || !d->proc.arch->full)
		da_note(d->ledger, DA_NOTE_UNSUPPORTED, "the whole dump",
			"use gdb-multiarch for the stacks",
			"registers of this CPU (%s, ELF machine %u) are not read: no stacks",
			d->proc.arch_name, d->file.p[EI_DATA] == ELFDATA2MSB
				? (unsigned)(d->file.p[18] << 8 | d->file.p[19])
				: (unsigned)(d->file.p[19] << 8 | d->file.p[18]));
}

static enum da_status load(struct da_dump *d, const char **ret_message)
{
	struct core *c = da_new(d->arena, struct core);
	struct header h;
	uint64_t count;
	bool unknown;

	c->d = d;
	c->prpsinfo_state = -1;
	if (!read_header(c, &h)) {
		*ret_message = "is an ELF core whose header is damaged or cut";
		return DA_CORRUPT;
	}
	if (!set_cpu(c, ret_message))
		return DA_UNSUPPORTED;
	count = count_headers(c, &h, &unknown);
	read_segments(c, &h, count, unknown);
	if (unknown)
		da_note(d->ledger, DA_NOTE_CUT, "program headers", "copy the whole file again",
			"the number of memory segments lies behind the end of the file; %zu were found",
			c->segments.n);
	if (is_vmcore(c)) {
		*ret_message = "is a Linux kernel dump (vmcore), not a process dump; read it with the "
			       "crash utility or drgn";
		return DA_UNSUPPORTED;
	}
	if (c->segments.n == 0) {
		*ret_message = d->file.n < h.phoff + h.phentsize
			? "is an ELF core cut before its first memory segment: nothing is left to read"
			: "is an ELF core without any memory segment or note: nothing can be read";
		return DA_CORRUPT;
	}
	core_read_memory(c);
	core_read_notes(c);
	set_os(c);
	core_read_process(c);
	core_read_maps(c);
	core_read_modules(c);
	core_name_ranges(c);
	core_find_unread(c);
	core_find_stacks(c);
	core_name_writer(c);
	core_find_signal(c);
	note_minimal(d);
	return d->origin.truncated || d->minimal ? DA_PARTIAL : DA_OK;
}

const struct da_loader da_loader_elfcore = {
	.name = "elf-core",
	.title = "ELF core (Linux kernel, systemd-coredump, gcore, createdump, dotnet-dump, qemu-user)",
	.match = match,
	.load = load,
};
