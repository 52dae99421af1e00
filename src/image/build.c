/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small ELF file made of named sections, for libdw: debug sections that we unpacked, the parts of a
 * .dwo file with what its skeleton lends it, call frame information from the dump's memory. libdw
 * then sees no compressed section (older ones cannot read zstd) and nothing that leads to other files.
 */
#include "config.h"

#include <string.h>

#include "image/private.h"

struct writer {
	uint8_t *p;
	size_t n;
	bool big_endian, is64;
};

static void put(struct writer *w, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		w->p[w->n + (w->big_endian ? size - 1 - i : i)] = (uint8_t)(v >> (8 * i));
	w->n += size;
}

static void put_word(struct writer *w, uint64_t v)
{
	put(w, v, w->is64 ? 8 : 4);
}

static void put_header(struct writer *w, const struct da_image *im, uint64_t shoff, size_t shnum)
{
	static const uint8_t magic[] = ELFMAG;

	memcpy(w->p, magic, SELFMAG);
	w->p[EI_CLASS] = im->is64 ? ELFCLASS64 : ELFCLASS32;
	w->p[EI_DATA] = im->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	w->p[EI_VERSION] = EV_CURRENT;
	w->n = EI_NIDENT;
	put(w, ET_DYN, 2);
	put(w, im->machine, 2);
	put(w, EV_CURRENT, 4);
	put_word(w, 0);
	put_word(w, 0);
	put_word(w, shoff);
	put(w, 0, 4);
	put(w, w->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), 2);
	put(w, 0, 2);
	put(w, 0, 2);
	put(w, w->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), 2);
	put(w, shnum, 2);
	put(w, shnum - 1, 2);
}

static void put_section(struct writer *w, uint32_t name, uint32_t type, uint64_t addr, uint64_t off,
			uint64_t size)
{
	put(w, name, 4);
	put(w, type, 4);
	put_word(w, 0);
	put_word(w, addr);
	put_word(w, off);
	put_word(w, size);
	put(w, 0, 4);
	put(w, 0, 4);
	put_word(w, type == SHT_NULL ? 0 : 1);
	put_word(w, 0);
}

/* The bytes that a part will take. */
static size_t size_of(struct da_part *part)
{
	uint64_t size = 0;

	if (!part->section)
		return part->bytes.n;
	part->status = da_section_size(part->owner, part->section, &size);
	return part->status == DA_OK ? (size_t)size : 0;
}

static void fill(struct da_part *part, uint8_t *to, size_t size)
{
	if (!part->section) {
		if (size)
			memcpy(to, part->bytes.p, size);
		return;
	}
	if (part->status == DA_OK)
		part->status = da_section_unpack(part->owner, part->section, to);
	part->bytes = (struct da_bytes){ to, part->status == DA_OK ? size : 0 };
}

static void put_names(struct writer *w, const struct da_part *parts, size_t n)
{
	w->n++; /* the empty name */
	for (size_t i = 0; i <= n; i++) {
		const char *s = i < n ? parts[i].name : ".shstrtab";

		memcpy(w->p + w->n, s, strlen(s) + 1);
		w->n += strlen(s) + 1;
	}
}

struct da_bytes da_image_build(struct da_arena *a, const struct da_image *im, struct da_part *parts,
			       size_t n)
{
	struct writer w = { .big_endian = im->big_endian, .is64 = im->is64 };
	size_t ehsize = im->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	size_t shsize = im->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	size_t strings = 1 + sizeof(".shstrtab"), data = 0, total, off, name = 1;

	for (size_t i = 0; i < n; i++) {
		strings += strlen(parts[i].name) + 1;
		data += (size_t)da_round_up(size_of(&parts[i]), 16);
	}
	off = ehsize + (n + 2) * shsize;
	total = off + strings + 16 + data;
	w.p = da_alloc(a, total);
	put_header(&w, im, ehsize, n + 2);
	put_section(&w, 0, SHT_NULL, 0, 0, 0);
	off = (size_t)da_round_up(off + strings, 16);
	for (size_t i = 0; i < n; i++) {
		size_t size = size_of(&parts[i]);

		fill(&parts[i], w.p + off, size);
		put_section(&w, (uint32_t)name, parts[i].type, parts[i].addr, off, parts[i].bytes.n);
		name += strlen(parts[i].name) + 1;
		off += (size_t)da_round_up(size, 16);
	}
	put_section(&w, (uint32_t)name, SHT_STRTAB, 0, w.n + shsize, strings);
	put_names(&w, parts, n);
	return (struct da_bytes){ w.p, total };
}
