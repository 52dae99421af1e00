/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the procedure linkage table have no symbols. Each jumps through one slot of the global
 * offset table, and the relocation of that slot names the function: read off the code, because ld,
 * lld and gold lay the table out in different ways (.plt, .plt.sec with endbr64, .plt.got).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/private.h"

#define ENTRY 16 /* bytes of an entry on all CPUs below; .plt.got has 8 */
#define ENTRIES_MAX 65536

struct slots {
	struct da_map symbol; /* address of the slot to index of the symbol */
	struct da_bytes syms, strings;
};

static bool read_relocations(struct da_image *im, struct slots *t, const char *name)
{
	const struct da_section *s = da_image_section(im, name);
	struct da_cursor c = da_image_cursor(im, da_image_section_raw(im, s));
	size_t size = (im->is64 ? 16 : 8) + (s && s->type == SHT_RELA ? (im->is64 ? 8 : 4) : 0);

	for (unsigned i = 0; s && da_left(&c) >= size && i < ENTRIES_MAX; i++) {
		uint64_t slot = da_get_word(&c), info = da_get_word(&c);
		uint64_t symbol = im->is64 ? info >> 32 : info >> 8;

		if (s->type == SHT_RELA)
			da_get_word(&c);
		if (symbol)
			*da_map_put(im->arena, &t->symbol, slot, NULL) = symbol;
	}
	return s != NULL;
}

/* "name@plt" of the symbol, or NULL. */
static const char *name_of(struct da_image *im, const struct slots *t, uint64_t index)
{
	struct da_cursor c = da_image_cursor(im, t->syms);
	size_t size = im->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	struct da_cursor s = da_sub(&c, index * size, size);
	uint32_t name = da_get_u32(&s);

	if (!da_ok(&s) || name >= t->strings.n || !t->strings.p[name])
		return NULL;
	return da_printf(im->arena, "%s@plt",
			 da_text_cstr(im->arena, t->strings.p + name, t->strings.n - name));
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* jmp *disp(%rip): ff 25, perhaps behind endbr64 and a bnd prefix. i386: absolute, or by %ebx. */
static bool slot_x86(const struct da_image *im, const uint8_t *p, size_t n, uint64_t addr,
		     uint64_t got, uint64_t *ret)
{
	size_t i = 0;

	if (n >= 4 && p[0] == 0xf3 && p[1] == 0x0f && p[2] == 0x1e)
		i = 4;
	if (i < n && p[i] == 0xf2)
		i++;
	if (i + 6 > n || p[i] != 0xff)
		return false;
	if (p[i + 1] == 0x25)
		*ret = im->is64 ? addr + i + 6 + (uint64_t)(int32_t)le32(p + i + 2) : le32(p + i + 2);
	else if (p[i + 1] == 0xa3 && !im->is64)
		*ret = (uint32_t)(got + le32(p + i + 2));
	else
		return false;
	return true;
}

/* adrp x16, page; ldr x17, [x16, #offset]; perhaps behind bti c. */
static bool slot_aarch64(const uint8_t *p, size_t n, uint64_t addr, uint64_t *ret)
{
	size_t i = n >= 4 && le32(p) == 0xd503245f ? 4 : 0;
	uint32_t adrp, ldr;
	uint64_t imm;

	if (i + 8 > n)
		return false;
	adrp = le32(p + i);
	ldr = le32(p + i + 4);
	if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
		return false;
	imm = (uint64_t)(adrp >> 29 & 3) | (uint64_t)(adrp >> 5 & 0x7ffff) << 2;
	imm = (uint64_t)((int64_t)(imm << 43) >> 43) << 12;
	*ret = ((addr + i) & ~UINT64_C(0xfff)) + imm + ((ldr >> 10 & 0xfff) << 3);
	return true;
}

static bool slot_of(const struct da_image *im, const uint8_t *p, size_t n, uint64_t addr, uint64_t got,
		    uint64_t *ret)
{
	switch (im->machine) {
	case EM_X86_64:
	case EM_386:
		return slot_x86(im, p, n, addr, got, ret);
	case EM_AARCH64:
		return slot_aarch64(p, n, addr, ret);
	default:
		return false;
	}
}

static void read_entries(struct da_image *im, const struct slots *t, const char *name, unsigned step,
			 uint64_t got)
{
	const struct da_section *s = da_image_section(im, name);
	struct da_bytes code = da_image_section_raw(im, s);

	/* .plt.got has 8 bytes an entry, 16 when it begins with endbr64 (f3 0f 1e fa). */
	if (step < ENTRY && code.n >= 4 && le32(code.p) == 0xfa1e0ff3)
		step = ENTRY;
	for (size_t off = 0; off + step <= code.n && off / step < ENTRIES_MAX; off += step) {
		uint64_t slot, *symbol;
		const char *symbol_name;

		if (!slot_of(im, code.p + off, step, s->addr + off, got, &slot))
			continue;
		symbol = da_map_get(&t->symbol, slot);
		symbol_name = symbol ? name_of(im, t, *symbol) : NULL;
		if (symbol_name)
			da_vec_push(im->arena, &im->plt,
				    ((struct da_plt_entry){ s->addr + off, step, symbol_name }));
	}
}

static int compare(const void *a, const void *b)
{
	const struct da_plt_entry *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void read_plt(struct da_image *im)
{
	const struct da_section *dynsym = da_image_section(im, ".dynsym");
	const struct da_section *got = da_image_section(im, ".got.plt");
	struct slots t = { 0 };
	bool any;

	if (!dynsym || dynsym->link >= im->sections.n)
		return;
	t.syms = da_image_section_raw(im, dynsym);
	t.strings = da_image_section_raw(im, &im->sections.v[dynsym->link]);
	any = read_relocations(im, &t, ".rela.plt");
	any |= read_relocations(im, &t, ".rel.plt");
	any |= read_relocations(im, &t, ".rela.dyn");
	any |= read_relocations(im, &t, ".rel.dyn");
	if (!any)
		return;
	if (!got)
		got = da_image_section(im, ".got");
	read_entries(im, &t, ".plt", ENTRY, got ? got->addr : 0);
	read_entries(im, &t, ".plt.sec", ENTRY, got ? got->addr : 0);
	read_entries(im, &t, ".plt.got", im->machine == EM_AARCH64 ? ENTRY : 8, got ? got->addr : 0);
	if (im->plt.n)
		qsort(im->plt.v, im->plt.n, sizeof(*im->plt.v), compare);
}

/* Tables of relocations are long; only an address in the table itself makes us read them. */
static bool in_plt(struct da_image *im, uint64_t addr)
{
	da_image_read_sections(im);
	for (size_t i = 0; i < im->sections.n; i++) {
		const struct da_section *s = &im->sections.v[i];

		if (addr >= s->addr && addr - s->addr < s->size && da_starts(s->name, ".plt"))
			return true;
	}
	return false;
}

const struct da_plt_entry *da_image_plt(struct da_image *im, uint64_t addr)
{
	size_t lo = 0, hi;

	if (!in_plt(im, addr))
		return NULL;
	if (!im->plt_read)
		read_plt(im);
	im->plt_read = true;
	hi = im->plt.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->plt.v[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || addr - im->plt.v[lo - 1].start >= im->plt.v[lo - 1].size)
		return NULL;
	return &im->plt.v[lo - 1];
}
