/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "image/private.h"

struct da_cursor da_image_cursor(const struct da_image *im, struct da_bytes b)
{
	return da_cursor(b.p, b.n, im->big_endian, im->is64 ? 8 : 4);
}

/* ---------------------------------------------------------------- headers */

/* Program headers; a table that leaves the file is read as far as it goes. */
static void read_segments(struct da_image *im, uint64_t phoff, unsigned phentsize, unsigned phnum)
{
	struct da_cursor c = da_image_cursor(im, im->bytes);

	for (unsigned i = 0; i < phnum; i++) {
		struct da_cursor h = da_sub(&c, phoff + (uint64_t)i * phentsize, phentsize);
		struct da_segment s = { 0 };
		uint32_t type = da_get_u32(&h), flags = 0;

		if (im->is64)
			flags = da_get_u32(&h);
		s.off = da_get_word(&h);
		s.vaddr = da_get_word(&h);
		da_get_word(&h);
		s.filesz = da_get_word(&h);
		s.memsz = da_get_word(&h);
		if (!im->is64)
			flags = da_get_u32(&h);
		if (!da_ok(&h))
			return;
		s.prot = flags & (PF_R | PF_W | PF_X);
		da_vec_push(im->arena, &im->phdrs, ((struct da_phdr){ type, s }));
		if (type == PT_LOAD && s.memsz)
			da_vec_push(im->arena, &im->segments, s);
	}
}

enum da_status da_image_read_headers(struct da_image *im)
{
	struct da_cursor c;
	uint64_t phoff;
	unsigned phentsize, phnum;

	if (im->bytes.n < EI_NIDENT || memcmp(im->bytes.p, ELFMAG, SELFMAG) != 0)
		return DA_NOT_FOUND;
	if ((im->bytes.p[EI_CLASS] != ELFCLASS32 && im->bytes.p[EI_CLASS] != ELFCLASS64) ||
	    (im->bytes.p[EI_DATA] != ELFDATA2LSB && im->bytes.p[EI_DATA] != ELFDATA2MSB))
		return DA_CORRUPT;
	im->is64 = im->bytes.p[EI_CLASS] == ELFCLASS64;
	im->big_endian = im->bytes.p[EI_DATA] == ELFDATA2MSB;
	c = da_image_cursor(im, im->bytes);
	da_skip(&c, EI_NIDENT);
	im->type = da_get_u16(&c);
	im->machine = da_get_u16(&c);
	da_get_u32(&c); /* e_version */
	da_get_word(&c); /* e_entry */
	phoff = da_get_word(&c);
	im->shoff = da_get_word(&c);
	da_get_u32(&c); /* e_flags */
	da_get_u16(&c); /* e_ehsize */
	phentsize = da_get_u16(&c);
	phnum = da_get_u16(&c);
	im->shentsize = da_get_u16(&c);
	im->shnum = da_get_u16(&c);
	im->shstrndx = da_get_u16(&c);
	if (!da_ok(&c))
		return DA_CORRUPT;
	if (phnum && phentsize >= (im->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		read_segments(im, phoff, phentsize, phnum);
	return DA_OK;
}

enum da_status da_image_open(struct da_arena *a, struct da_bytes bytes, const char *what,
			     struct da_ledger *l, struct da_image **ret)
{
	struct da_image *im = da_new(a, struct da_image);
	enum da_status status;

	im->arena = a;
	im->ledger = l;
	im->what = da_strdup(a, what);
	im->bytes = bytes;
	status = da_image_read_headers(im);
	if (status == DA_NOT_FOUND && (status = da_pe_open_file(im)) == DA_OK) {
		*ret = im;
		return DA_OK;
	}
	if (status != DA_OK)
		return status;
	if (im->type != ET_EXEC && im->type != ET_DYN && im->type != ET_REL)
		return DA_UNSUPPORTED;
	*ret = im;
	return DA_OK;
}

/* ---------------------------------------------------------------- sections */

static struct da_section read_section(const struct da_image *im, struct da_cursor *h,
				      uint32_t *ret_name)
{
	struct da_section s = { .name = "" };

	*ret_name = da_get_u32(h);
	s.type = da_get_u32(h);
	s.flags = da_get_word(h);
	s.addr = da_get_word(h);
	s.off = da_get_word(h);
	s.size = da_get_word(h);
	s.link = da_get_u32(h);
	s.info = da_get_u32(h);
	da_get_word(h); /* sh_addralign */
	s.entsize = da_get_word(h);
	return s;
}

/* A name of a string table, checked to end inside it; "" otherwise. */
static const char *string_at(struct da_bytes table, uint64_t off)
{
	if (off >= table.n || !memchr(table.p + off, 0, table.n - (size_t)off))
		return "";
	return (const char *)table.p + off;
}

static void read_names(struct da_image *im, const uint32_t *names)
{
	struct da_bytes table;

	if (im->shstrndx >= im->sections.n)
		return;
	table = da_image_section_raw(im, &im->sections.v[im->shstrndx]);
	for (size_t i = 0; i < im->sections.n; i++)
		im->sections.v[i].name = string_at(table, names[i]);
}

void da_image_read_sections(struct da_image *im)
{
	struct da_cursor c = da_image_cursor(im, im->bytes);
	size_t size = im->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	uint32_t *names, name;

	if (im->sections_read)
		return;
	im->sections_read = true;
	if (im->from_memory || !im->shoff || im->shentsize != size)
		return;
	for (uint64_t i = 0; i == 0 || i < im->shnum; i++) {
		struct da_cursor h = da_sub(&c, im->shoff + i * size, size);
		struct da_section s = read_section(im, &h, &name);

		if (!da_ok(&h))
			break;
		if (i == 0) { /* numbers beyond 16 bits are kept in the first, otherwise empty, one */
			if (im->shnum == 0 && da_count_ok(&c, s.size, size, UINT32_MAX))
				im->shnum = (uint32_t)s.size;
			if (im->shstrndx == SHN_XINDEX)
				im->shstrndx = s.link;
		}
		da_vec_push(im->arena, &im->sections, s);
	}
	names = da_calloc(im->arena, im->sections.n, sizeof(*names));
	for (size_t i = 0; i < im->sections.n; i++) {
		struct da_cursor h = da_sub(&c, im->shoff + i * size, size);

		names[i] = da_get_u32(&h);
	}
	read_names(im, names);
}

struct da_section *da_image_section(struct da_image *im, const char *name)
{
	da_image_read_sections(im);
	for (size_t i = 0; i < im->sections.n; i++)
		if (strcmp(im->sections.v[i].name, name) == 0)
			return &im->sections.v[i];
	return NULL;
}

struct da_bytes da_image_section_raw(const struct da_image *im, const struct da_section *s)
{
	if (!s || s->type == SHT_NOBITS || s->type == SHT_NULL ||
	    !da_fits(s->off, s->size, im->bytes.n))
		return (struct da_bytes){ NULL, 0 };
	return (struct da_bytes){ im->bytes.p + s->off, (size_t)s->size };
}

/* ---------------------------------------------------------------- addresses */

struct da_bytes da_image_segment_raw(const struct da_image *im, const struct da_segment *s)
{
	if (!im->from_memory && da_fits(s->off, s->filesz, im->bytes.n))
		return (struct da_bytes){ im->bytes.p + s->off, (size_t)s->filesz };
	return (struct da_bytes){ NULL, 0 };
}

bool da_image_is_code(const struct da_image *im, uint64_t addr)
{
	for (size_t i = 0; i < im->segments.n; i++) {
		const struct da_segment *s = &im->segments.v[i];

		if ((s->prot & DA_PROT_X) && addr >= s->vaddr && addr - s->vaddr < s->memsz)
			return true;
	}
	return im->segments.n == 0;
}

bool da_image_relocates_text(const struct da_image *im)
{
	for (size_t i = 0; i < im->phdrs.n; i++) {
		struct da_cursor c = da_image_cursor(im, da_image_segment_raw(im, &im->phdrs.v[i].s));

		while (im->phdrs.v[i].type == PT_DYNAMIC && da_left(&c) && da_ok(&c)) {
			uint64_t tag = da_get_word(&c), value = da_get_word(&c);

			if (tag == DT_NULL)
				break;
			if (tag == DT_TEXTREL || (tag == DT_FLAGS && (value & DF_TEXTREL)))
				return true;
		}
	}
	return false;
}

size_t da_image_segments(const struct da_image *im, const struct da_segment **ret)
{
	*ret = im->segments.v;
	return im->segments.n;
}

struct da_bytes da_image_bytes(const struct da_image *im)
{
	return im->bytes;
}

/* ---------------------------------------------------------------- identity */

/*
 * Notes are padded to 4, those of .note.gnu.property to 8; a reader that knows only 4 finds garbage
 * behind the first of the latter, but the build-id never follows one in the same section.
 */
const uint8_t *da_note_build_id(struct da_bytes notes, bool big_endian, unsigned *ret_len)
{
	struct da_cursor c = da_cursor(notes.p, notes.n, big_endian, 8);

	while (da_left(&c) >= 12) {
		uint32_t namesz = da_get_u32(&c), descsz = da_get_u32(&c), type = da_get_u32(&c);
		const uint8_t *name = da_get_bytes(&c, namesz), *desc;

		da_align(&c, 4);
		desc = da_get_bytes(&c, descsz);
		da_align(&c, 4);
		if (!da_ok(&c))
			return NULL;
		if (type == NT_GNU_BUILD_ID && namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
		    descsz >= 1 && descsz <= 32) {
			*ret_len = descsz;
			return desc;
		}
	}
	return NULL;
}

/*
 * Program headers first: they lie in the first page. A separate debug file has lost the bytes behind
 * its PT_NOTE, there the sections tell.
 */
unsigned da_image_build_id(const struct da_image *cim, const uint8_t **ret)
{
	struct da_image *im = (struct da_image *)cim;

	if (!im->build_id_read) {
		im->build_id_read = true;
		for (size_t i = 0; i < im->phdrs.n && !im->build_id; i++)
			if (im->phdrs.v[i].type == PT_NOTE)
				im->build_id = da_note_build_id(
					da_image_segment_raw(im, &im->phdrs.v[i].s), im->big_endian,
					&im->build_id_len);
		if (!im->build_id)
			da_image_read_sections(im);
		for (size_t i = 0; i < im->sections.n && !im->build_id; i++)
			if (im->sections.v[i].type == SHT_NOTE)
				im->build_id = da_note_build_id(
					da_image_section_raw(im, &im->sections.v[i]), im->big_endian,
					&im->build_id_len);
	}
	*ret = im->build_id;
	return im->build_id ? im->build_id_len : 0;
}

bool da_image_debuglink(const struct da_image *im, const char **ret_name, uint32_t *ret_crc)
{
	struct da_bytes b = da_image_section_raw(
		im, da_image_section((struct da_image *)im, ".gnu_debuglink"));
	struct da_cursor c = da_image_cursor(im, b);
	const uint8_t *nul = b.n ? memchr(b.p, 0, b.n) : NULL;
	uint32_t crc;

	if (!nul || nul == b.p)
		return false;
	da_skip(&c, (size_t)(nul - b.p) + 1);
	da_align(&c, 4);
	crc = da_get_u32(&c);
	if (!da_ok(&c))
		return false;
	*ret_name = (const char *)b.p;
	*ret_crc = crc;
	return true;
}

bool da_image_debugaltlink(const struct da_image *im, const char **ret_name, const uint8_t **ret_id,
			   unsigned *ret_len)
{
	struct da_bytes b = da_image_section_raw(
		im, da_image_section((struct da_image *)im, ".gnu_debugaltlink"));
	const uint8_t *nul = b.n ? memchr(b.p, 0, b.n) : NULL;
	size_t left = nul ? b.n - (size_t)(nul + 1 - b.p) : 0;

	if (!nul || nul == b.p || left < 1 || left > 32)
		return false;
	*ret_name = (const char *)b.p;
	*ret_id = nul + 1;
	*ret_len = (unsigned)left;
	return true;
}

bool da_image_has_dwarf(const struct da_image *im)
{
	struct da_image *m = (struct da_image *)im;

	return da_image_section(m, ".debug_info") || da_image_section(m, ".zdebug_info");
}

/* objcopy --only-keep-debug and eu-strip -f leave section headers of code without their bytes. */
bool da_image_has_code(const struct da_image *im)
{
	bool nobits = false;

	da_image_read_sections((struct da_image *)im);
	for (size_t i = 0; i < im->sections.n; i++) {
		const struct da_section *s = &im->sections.v[i];

		if ((s->flags & SHF_EXECINSTR) && s->size && s->type != SHT_NOBITS)
			return true;
		nobits = nobits || ((s->flags & SHF_EXECINSTR) && s->type == SHT_NOBITS);
	}
	return !nobits;
}

bool da_image_has_symtab(const struct da_image *im)
{
	const struct da_section *s = da_image_section((struct da_image *)im, ".symtab");

	return s && da_image_section_raw(im, s).n > 0;
}

void da_image_set_finder(struct da_image *im, da_image_find_fn *fn, void *ctx)
{
	im->finder = fn;
	im->finder_ctx = ctx;
}

/* ---------------------------------------------------------------- libelf */

static void end_elf(void *ptr)
{
	elf_end(ptr);
}

Elf *da_image_libelf(struct da_arena *a, struct da_bytes bytes)
{
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	elf = elf_memory((char *)bytes.p, bytes.n);
	if (elf)
		da_arena_on_free(a, end_elf, elf);
	return elf;
}
