/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the file of a module whose read-only pages the dump lacks? What is left then is data that
 * the loader relocated and then protected (PT_GNU_RELRO): the dynamic section, tables of pointers to
 * code and data. They hold the addresses and sizes of all parts of the file, so another build differs.
 */
#include "config.h"

#include <string.h>

#include "image/private.h"

#define RELRO_MAX (UINT64_C(16) << 20)
#define RELOCATIONS_MAX 4000000

struct compare {
	struct da_image *im;
	uint64_t bias;
	struct da_map relocated; /* address to addend + 1; 0: by symbol, not comparable */
	unsigned equal, different;
	uint64_t dynamic, dynamic_end;
	bool other_build; /* the dynamic section differs */
};

/* R_*_RELATIVE: the value is the addend plus where the file was loaded. */
static bool is_relative(uint16_t machine, uint32_t type)
{
	switch (machine) {
	case EM_X86_64:
	case EM_386:
		return type == R_X86_64_RELATIVE; /* 8 on both */
	case EM_AARCH64:
		return type == R_AARCH64_RELATIVE;
	default:
		return false;
	}
}

static void read_relocations(struct compare *c, const struct da_section *s)
{
	struct da_image *im = c->im;
	struct da_cursor r = da_image_cursor(im, da_image_section_raw(im, s));
	unsigned word = im->is64 ? 8 : 4;

	for (unsigned i = 0; i < RELOCATIONS_MAX && da_left(&r) >= 2 * word; i++) {
		uint64_t addr = da_get_word(&r), info = da_get_word(&r);
		uint64_t addend = s->type == SHT_RELA ? da_get_word(&r) : 0;
		uint32_t type = im->is64 ? (uint32_t)info : (uint32_t)info & 0xff;
		bool known = s->type == SHT_RELA && is_relative(im->machine, type);

		if (s->type == SHT_RELA || !is_relative(im->machine, type))
			*da_map_put(im->arena, &c->relocated, addr, NULL) = known ? addend + 1 : 0;
	}
}

/*
 * A word is as the file says, or moved with it. Words by symbol are not comparable, a zero may have
 * been filled by ld.so (GOT[1], GOT[2]), and so is the one behind DT_DEBUG.
 */
static void compare_word(struct compare *c, uint64_t addr, uint64_t file, uint64_t mem, uint64_t before)
{
	uint64_t *reloc = da_map_get(&c->relocated, addr);
	uint64_t mask = c->im->is64 ? UINT64_MAX : UINT32_MAX;

	if (reloc && *reloc == 0)
		return;
	if (reloc)
		file = *reloc - 1 + c->bias;
	if (mem == file || mem == ((file + c->bias) & mask)) {
		c->equal += mem != 0;
	} else if (before != DT_DEBUG && file != 0) {
		c->different++;
		if (addr >= c->dynamic && addr < c->dynamic_end)
			c->other_build = true;
	}
}

static void compare_segment(struct compare *c, const struct da_segment *s, const struct da_memory *mem)
{
	struct da_bytes raw = da_image_segment_raw(c->im, s);
	struct da_cursor f = da_image_cursor(c->im, raw);
	unsigned word = c->im->is64 ? 8 : 4;
	uint64_t before = 0;

	for (uint64_t off = 0; da_left(&f) >= word && off < RELRO_MAX; off += word) {
		uint64_t file = da_get_word(&f), have;

		if (da_mem_word(mem, s->vaddr + c->bias + off, &have) == DA_OK)
			compare_word(c, s->vaddr + off, file, have, before);
		before = file;
	}
}

bool da_image_same_relro(struct da_image *im, const struct da_memory *mem, uint64_t bias)
{
	struct compare c = { .im = im, .bias = bias };

	da_image_read_sections(im);
	for (size_t i = 0; i < im->sections.n; i++)
		if (im->sections.v[i].type == SHT_RELA || im->sections.v[i].type == SHT_REL)
			read_relocations(&c, &im->sections.v[i]);
	for (size_t i = 0; i < im->phdrs.n; i++)
		if (im->phdrs.v[i].type == PT_DYNAMIC) {
			c.dynamic = im->phdrs.v[i].s.vaddr;
			c.dynamic_end = c.dynamic + im->phdrs.v[i].s.filesz;
		}
	for (size_t i = 0; i < im->phdrs.n; i++)
		if (im->phdrs.v[i].type == PT_GNU_RELRO)
			compare_segment(&c, &im->phdrs.v[i].s, mem);
	/* ld.so and static programs write some of their own before they protect it: _rtld_global_ro. */
	return !c.other_build && c.equal >= 24 && c.different <= c.equal / 16;
}
