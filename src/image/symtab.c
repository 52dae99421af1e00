/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/private.h"

/* Symbols may overlap; a real table does so a few deep, a hostile one by the million. */
#define OVERLAP_MAX 4096
#define OBJECTS_MAX 64 /* symbols that are no variable, before the one that is */

/* What a table of symbols needs to be read. */
struct table {
	struct da_bytes syms, strings, versions;
};

/* Assemblers mark code and data inside arm functions by $a, $d, $t, $x; they name nothing. */
static bool mapping_symbol(const char *name)
{
	return name[0] == '$' && name[1] && strchr("adtxb", name[1]) && (!name[2] || name[2] == '.');
}

static bool wanted(const struct da_image *im, const struct da_sym *s, uint16_t shndx)
{
	if (shndx == SHN_UNDEF || shndx == SHN_ABS || shndx == SHN_COMMON || !s->name[0])
		return false;
	if (s->type == STT_SECTION || s->type == STT_FILE || s->type == STT_TLS)
		return false;
	return !(im->machine == EM_ARM || im->machine == EM_AARCH64 || im->machine == EM_RISCV) ||
	       !mapping_symbol(s->name);
}

static struct da_sym read_symbol(const struct da_image *im, struct da_cursor *c, uint32_t *ret_name,
				 uint16_t *ret_shndx)
{
	struct da_sym s = { .name = "" };
	uint8_t info;

	*ret_name = da_get_u32(c);
	if (!im->is64) {
		s.start = da_get_u32(c);
		s.size = da_get_u32(c);
	}
	info = da_get_u8(c);
	da_get_u8(c);
	*ret_shndx = da_get_u16(c);
	if (im->is64) {
		s.start = da_get_u64(c);
		s.size = da_get_u64(c);
	}
	s.type = info & 0xf;
	s.bind = info >> 4;
	return s;
}

static void read_table(struct da_image *im, const struct table *t)
{
	struct da_cursor c = da_image_cursor(im, t->syms), v = da_image_cursor(im, t->versions);
	size_t size = im->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);

	if (!t->strings.n || t->strings.p[t->strings.n - 1] != 0)
		return;
	for (uint64_t i = 0; da_left(&c) >= size && i < da_limits_default.symbols; i++) {
		uint16_t shndx, version = t->versions.n ? da_get_u16(&v) : 0;
		uint32_t name;
		struct da_sym s = read_symbol(im, &c, &name, &shndx);

		if (name < t->strings.n)
			s.name = (const char *)t->strings.p + name;
		if (!wanted(im, &s, shndx))
			continue;
		if (im->machine == EM_ARM && s.type == STT_FUNC)
			s.start &= ~UINT64_C(1); /* the Thumb bit is not part of the address */
		s.hidden = version & 0x8000;
		s.code = (s.type == STT_FUNC || s.type == STT_GNU_IFUNC || s.type == STT_NOTYPE) &&
			 da_image_is_code(im, s.start);
		da_vec_push(im->arena, &im->symbols, s);
	}
}

/* The string table that a symbol table's sh_link names. */
static void read_section_table(struct da_image *im, const char *name, const char *versions)
{
	struct da_section *s = da_image_section(im, name);
	struct table t = { 0 };
	size_t before = im->symbols.n;

	if (!s || s->link >= im->sections.n)
		return;
	if (da_section_contents(im, s, &t.syms) != DA_OK ||
	    da_section_contents(im, &im->sections.v[s->link], &t.strings) != DA_OK)
		return;
	if (versions)
		t.versions = da_image_section_raw(im, da_image_section(im, versions));
	read_table(im, &t);
	im->labels = im->labels || (!versions && im->symbols.n > before);
}

/* Of names for one address the first is the best: global before weak before local. */
static int binding_rank(uint8_t bind)
{
	switch (bind) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

static int compare(const void *a, const void *b)
{
	const struct da_sym *x = a, *y = b;
	int rx = binding_rank(x->bind), ry = binding_rank(y->bind);

	if (x->code != y->code)
		return x->code ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	if (rx != ry)
		return rx - ry;
	if (x->hidden != y->hidden)
		return x->hidden ? 1 : -1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->name != y->name) /* same input, same order: where they stand in the string table */
		return x->name < y->name ? -1 : 1;
	return 0;
}

void da_image_sort_symbols(struct da_image *im)
{
	size_t i = 1;

	while (i < im->symbols.n && compare(&im->symbols.v[i - 1], &im->symbols.v[i]) <= 0)
		i++;
	if (i < im->symbols.n)
		qsort(im->symbols.v, im->symbols.n, sizeof(*im->symbols.v), compare);
}

static uint64_t end_of(const struct da_sym *s)
{
	return s->size > UINT64_MAX - s->start ? UINT64_MAX : s->start + s->size;
}

static void index_names(struct da_image *im)
{
	for (size_t i = 0; i < im->symbols.n; i++) {
		const struct da_sym *s = &im->symbols.v[i], *old;
		uint64_t *at = da_map_put(im->arena, &im->names,
					  da_hash(DA_HASH_SEED, s->name, strlen(s->name)), NULL);

		old = *at ? &im->symbols.v[*at - 1] : NULL;
		/* The default version of a name, and the global one, wins. */
		if (!old || (old->hidden && !s->hidden) ||
		    (old->hidden == s->hidden && binding_rank(s->bind) < binding_rank(old->bind)))
			*at = i + 1;
	}
}

void da_image_read_symbols(struct da_image *im)
{
	uint64_t end = 0;

	if (im->symbols_read)
		return;
	im->symbols_read = true;
	if (im->pe) {
		da_pe_read_symbols(im);
	} else if (im->from_memory || da_image_use_segments(im)) {
		struct table t = { im->dynsym, im->dynstr, im->versym };

		read_table(im, &t);
	} else {
		read_section_table(im, ".symtab", NULL);
		read_section_table(im, ".dynsym", ".gnu.version");
	}
	da_image_sort_symbols(im);
	while (im->ncode < im->symbols.n && im->symbols.v[im->ncode].code)
		im->ncode++;
	im->max_end = da_calloc(im->arena, im->ncode, sizeof(*im->max_end));
	for (size_t i = 0; i < im->ncode; i++) {
		end = DA_MAX(end, end_of(&im->symbols.v[i]));
		im->max_end[i] = end;
	}
}

bool da_image_has_symbols(struct da_image *im)
{
	if (!im->from_memory && !im->pe && !im->symbols_read && !da_image_use_segments(im)) {
		const struct da_section *s = da_image_section(im, ".dynsym");

		return da_image_has_symtab(im) || (s && da_image_section_raw(im, s).n > 0);
	}
	if (im->pe && !im->symbols_read)
		return da_pe_has_symbols(im);
	da_image_read_symbols(im);
	return im->symbols.n > 0;
}

/* Text of a table that a person may see; almost always fine as it is. */
static const char *clean_name(struct da_image *im, const char *name)
{
	size_t n = strnlen(name, (size_t)da_limits_default.string);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || (unsigned char)name[i] >= 0x7f)
			return da_text(im->arena, name, n);
	return name[n] ? da_strndup(im->arena, name, n) : name;
}

static enum da_status give(struct da_image *im, const struct da_sym *s, struct da_elf_symbol *ret)
{
	*ret = (struct da_elf_symbol){ s->start, s->size, clean_name(im, s->name), s->type, s->bind };
	return DA_OK;
}

/* Is the label in the same section as the address? Without sections only an exact hit counts. */
static bool same_section(const struct da_image *im, uint64_t label, uint64_t addr)
{
	for (size_t i = 0; i < im->sections.n; i++) {
		const struct da_section *s = &im->sections.v[i];

		if ((s->flags & SHF_ALLOC) && addr >= s->addr && addr - s->addr < s->size)
			return label >= s->addr;
	}
	return label == addr;
}

/*
 * The symbol that begins last among those that contain the address. Hand-written assembly has labels
 * without a size: one counts when no sized symbol reaches beyond it and it lies in the same section.
 * In .dynsym, where local functions have no names, it counts only where it stands.
 */
static const struct da_sym *find_code(struct da_image *im, uint64_t addr, bool *ret_exact)
{
	size_t lo = 0, hi = im->ncode, low;
	const struct da_sym *label = NULL;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->symbols.v[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	low = lo > OVERLAP_MAX ? lo - OVERLAP_MAX : 0;
	for (size_t i = lo; i-- > low && im->max_end[i] > addr;) {
		const struct da_sym *s = &im->symbols.v[i];

		if (!s->size || addr - s->start >= s->size)
			continue;
		while (i > 0 && im->symbols.v[i - 1].start == s->start &&
		       addr - s->start < im->symbols.v[i - 1].size)
			s = &im->symbols.v[--i];
		*ret_exact = true;
		return s;
	}
	if (lo == 0 || im->symbols.v[lo - 1].size)
		return NULL;
	for (label = &im->symbols.v[lo - 1]; label > im->symbols.v; label--)
		if (label[-1].start != label->start || label[-1].size)
			break;
	if (label->start != addr && !im->labels)
		return NULL;
	if ((label > im->symbols.v && im->max_end[label - im->symbols.v - 1] > label->start) ||
	    !same_section(im, label->start, addr))
		return NULL;
	*ret_exact = false;
	return label;
}

enum da_status da_image_symbol(struct da_image *im, uint64_t addr, struct da_elf_symbol *ret,
			       bool *ret_exact)
{
	const struct da_plt_entry *plt;
	const struct da_sym *s;

	da_image_read_symbols(im);
	plt = da_image_plt(im, addr);
	if (plt) {
		*ret = (struct da_elf_symbol){ plt->start, plt->size, plt->name, STT_FUNC, STB_LOCAL };
		*ret_exact = true;
		return DA_OK;
	}
	s = find_code(im, addr, ret_exact);
	return s ? give(im, s, ret) : DA_NOT_FOUND;
}

enum da_status da_image_object(struct da_image *im, uint64_t addr, struct da_elf_symbol *ret)
{
	size_t lo, hi;

	da_image_read_symbols(im);
	lo = im->ncode;
	hi = im->symbols.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->symbols.v[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* Names without a size, of sections' ends and the like, stand between; variables do not overlap. */
	for (size_t i = lo, n = 0; i-- > im->ncode && n < OBJECTS_MAX; n++) {
		const struct da_sym *s = &im->symbols.v[i];

		if (s->type == STT_OBJECT && s->size)
			return addr - s->start < s->size ? give(im, s, ret) : DA_NOT_FOUND;
	}
	return DA_NOT_FOUND;
}

enum da_status da_image_label(struct da_image *im, uint64_t addr, const char *prefix, struct da_elf_symbol *ret)
{
	size_t lo, hi;

	da_image_read_symbols(im);
	lo = im->ncode;
	hi = im->symbols.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (im->symbols.v[mid].start < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo, n = 0; i < im->symbols.n && im->symbols.v[i].start == addr && n < OBJECTS_MAX; i++, n++)
		if (da_starts(im->symbols.v[i].name, prefix))
			return give(im, &im->symbols.v[i], ret);
	return DA_NOT_FOUND;
}

enum da_status da_image_symbol_named(struct da_image *im, const char *name, struct da_elf_symbol *ret)
{
	uint64_t *at;

	da_image_read_symbols(im);
	if (!im->names.n && im->symbols.n)
		index_names(im);
	at = da_map_get(&im->names, da_hash(DA_HASH_SEED, name, strlen(name)));
	if (!at || strcmp(im->symbols.v[*at - 1].name, name) != 0)
		return DA_NOT_FOUND;
	return give(im, &im->symbols.v[*at - 1], ret);
}
