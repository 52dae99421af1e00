/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Windows image as a struct da_image: segments and sections from its headers, names from its exports
 * and from the COFF symbols that mingw leaves in the file. Sizes of functions come from the exception
 * directory; where there is none (x86) a name counts only near where it stands.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/pe.h"
#include "image/private.h"

enum { HEADER_BYTES = 4096, DIRECTORY_MAX = 64 << 20, COFF_SYMBOL = 18, COFF_FUNCTION = 0x20, SLOT = 32 };

/* ---------------------------------------------------------------- bytes at an RVA */

/* The end of what the dump has of [at, at + n): a directory may claim to be far larger. */
static uint32_t saved_end(const struct da_image *im, uint64_t at, uint32_t n)
{
	uint64_t end = 0;

	for (uint64_t i = 0, have; i < n; i += have) {
		size_t view = 0;

		if (da_mem_view_some(im->mem, at + i, &view) && view)
			end = i + (have = view);
		else
			have = 4096 - (at + i) % 4096;
	}
	return (uint32_t)DA_MIN(end, n);
}

/* What is not in the dump is 0: no name, no function. */
static struct da_bytes from_memory(struct da_image *im, uint32_t rva, uint32_t n)
{
	uint64_t at = im->bias + im->pe->image_base + rva, done = 0;
	uint8_t *p;

	n = saved_end(im, at, n);
	p = da_calloc(im->arena, 1, (size_t)n + 1);
	while (done < n) {
		size_t have = 0;

		if (da_mem_view_some(im->mem, at + done, &have) && have)
			done += da_mem_read_some(im->mem, at + done, p + done, (size_t)DA_MIN(have, n - done));
		else
			done += 4096 - (at + done) % 4096;
	}
	return (struct da_bytes){ p, n };
}

/* n bytes, fewer where the file's section ends. */
static struct da_bytes at_rva(struct da_image *im, uint32_t rva, uint32_t n)
{
	const struct da_pe *pe = im->pe;

	if (im->mem)
		return from_memory(im, rva, DA_MIN(n, (uint32_t)DIRECTORY_MAX));
	for (unsigned i = 0; i < pe->nsections; i++) {
		const struct da_pe_section *s = &pe->sections[i];

		if (rva >= s->rva && rva - s->rva < s->raw && da_fits(s->off, s->raw, im->bytes.n))
			return (struct da_bytes){ im->bytes.p + s->off + (rva - s->rva),
						  DA_MIN(n, s->raw - (rva - s->rva)) };
	}
	return (struct da_bytes){ NULL, 0 };
}

bool da_pe_copy(struct da_image *im, uint32_t rva, void *buf, size_t n)
{
	struct da_bytes b;

	if (im->mem)
		return da_mem_read(im->mem, im->bias + im->pe->image_base + rva, buf, n, NULL) == DA_OK;
	b = at_rva(im, rva, (uint32_t)n);
	if (b.n < n)
		return false;
	memcpy(buf, b.p, n);
	return true;
}

/*
 * Names of one image are at most this long, as compilers cut them, and take so much together: millions
 * of entries may share one long text.
 */
enum { NAME_MAX_BYTES = 4096, NAMES_MAX_BYTES = 64 << 20 };

static const char *read_name(struct da_image *im, struct da_bytes b)
{
	size_t n = b.n ? strnlen((const char *)b.p, DA_MIN(b.n, (size_t)NAME_MAX_BYTES)) : 0;

	if (!n || im->names_read + n > NAMES_MAX_BYTES)
		return "";
	im->names_read += n;
	return da_text_cstr(im->arena, b.p, n);
}

/* ---------------------------------------------------------------- exports */

/* A string of the directory's own bytes, or of elsewhere. */
static const char *name_at(struct da_image *im, struct da_bytes dir, uint32_t dir_rva, uint32_t rva)
{
	struct da_bytes b = rva >= dir_rva && rva - dir_rva < dir.n ?
				    (struct da_bytes){ dir.p + (rva - dir_rva), dir.n - (rva - dir_rva) } :
				    at_rva(im, rva, 512);

	return read_name(im, b);
}

static uint32_t u32_at(struct da_bytes b, uint64_t i)
{
	struct da_cursor c = da_cursor(b.p, b.n, false, 8), e = da_sub(&c, i * 4, 4);

	return da_get_u32(&e);
}

static void add_symbol(struct da_image *im, uint32_t rva, const char *name, uint8_t bind)
{
	struct da_sym s = { .start = im->pe->image_base + rva, .name = name, .type = STT_FUNC, .bind = bind };

	s.code = da_image_is_code(im, s.start);
	if (!s.code)
		s.type = STT_OBJECT;
	da_vec_push(im->arena, &im->symbols, s);
}

static void read_exports(struct da_image *im)
{
	uint32_t rva = im->pe->dirs[DA_PE_EXPORT].rva, size = im->pe->dirs[DA_PE_EXPORT].size;
	struct da_bytes dir = rva ? at_rva(im, rva, size) : (struct da_bytes){ NULL, 0 }, functions, names, ordinals;
	uint32_t base, nfunctions, nnames, max = (uint32_t)da_limits_default.symbols;
	uint8_t *named;

	if (dir.n < 40)
		return;
	base = u32_at(dir, 4);
	nfunctions = DA_MIN(u32_at(dir, 5), max);
	nnames = DA_MIN(u32_at(dir, 6), max);
	functions = at_rva(im, u32_at(dir, 7), DA_MIN(nfunctions, im->pe->image_size / 4) * 4);
	names = at_rva(im, u32_at(dir, 8), DA_MIN(nnames, im->pe->image_size / 4) * 4);
	ordinals = at_rva(im, u32_at(dir, 9), DA_MIN(nnames, im->pe->image_size / 4) * 2);
	named = da_calloc(im->arena, functions.n / 4 + 1, 1);
	for (uint32_t i = 0; i < names.n / 4 && (uint64_t)i * 2 + 1 < ordinals.n; i++) {
		uint32_t k = ordinals.p[2 * i] | (uint32_t)ordinals.p[2 * i + 1] << 8, f;
		const char *name;

		if (k >= functions.n / 4 || !(f = u32_at(functions, k)) || f >= im->pe->image_size ||
		    (f >= rva && f - rva < size)) /* a forwarder: text that names another module's export */
			continue;
		name = name_at(im, dir, rva, u32_at(names, i));
		if (*name) {
			named[k] = 1;
			/* ntdll has two names for a system call; Windows' debuggers show Nt… */
			add_symbol(im, f, name, da_starts(name, "Zw") ? STB_WEAK : STB_GLOBAL);
		}
	}
	for (uint32_t k = 0; k < functions.n / 4; k++) {
		uint32_t f = u32_at(functions, k);

		if (!named[k] && f && f < im->pe->image_size && !(f >= rva && f - rva < size))
			add_symbol(im, f, da_printf(im->arena, "Ordinal%u", base + k), STB_WEAK);
	}
}

/* ---------------------------------------------------------------- COFF symbols */

static struct da_bytes coff_strings(const struct da_image *im)
{
	uint64_t at = im->pe->coff + (uint64_t)im->pe->ncoff * COFF_SYMBOL;

	if (im->mem || !im->pe->coff || at >= im->bytes.n)
		return (struct da_bytes){ NULL, 0 };
	return (struct da_bytes){ im->bytes.p + at, im->bytes.n - (size_t)at };
}

static const char *coff_string(struct da_image *im, uint64_t off)
{
	struct da_bytes s = coff_strings(im);

	return off >= 4 && off < s.n ? read_name(im, (struct da_bytes){ s.p + off, s.n - (size_t)off }) : "";
}

static const char *coff_name(struct da_image *im, struct da_cursor c)
{
	const uint8_t *raw = da_get_bytes(&c, 8);
	const char *name;

	if (!raw)
		return "";
	name = raw[0] || raw[1] || raw[2] || raw[3] ?
		       read_name(im, (struct da_bytes){ raw, 8 }) :
		       coff_string(im, raw[4] | (uint32_t)raw[5] << 8 | (uint32_t)raw[6] << 16 | (uint32_t)raw[7] << 24);
	/* C names of x86 have an underscore in front. */
	return im->pe->machine == DA_PE_I386 && name[0] == '_' ? name + 1 : name;
}

/* The next function at or behind record *at, which is moved behind it. False: no more. */
static bool next_function(struct da_image *im, uint64_t *at, uint32_t *ret_rva, const char **ret_name)
{
	struct da_cursor all = da_cursor(im->bytes.p, im->bytes.n, false, 8);

	while (!im->mem && im->pe->coff && *at < DA_MIN(im->pe->ncoff, da_limits_default.symbols)) {
		struct da_cursor c = da_sub(&all, im->pe->coff + *at * COFF_SYMBOL, COFF_SYMBOL), name = c;
		uint32_t value;
		uint16_t section, type;

		da_skip(&c, 8);
		value = da_get_u32(&c);
		section = da_get_u16(&c);
		type = da_get_u16(&c);
		da_get_u8(&c);
		if (!da_ok(&c))
			return false;
		*at += 1 + da_get_u8(&c); /* auxiliary records */
		if (type != COFF_FUNCTION || section == 0 || section > im->pe->nsections)
			continue;
		*ret_name = coff_name(im, name);
		*ret_rva = im->pe->sections[section - 1].rva + value;
		if (**ret_name)
			return true;
	}
	return false;
}

static void read_coff(struct da_image *im)
{
	const char *name;
	uint64_t at = 0;
	uint32_t rva;

	while (next_function(im, &at, &rva, &name)) {
		add_symbol(im, rva, name, STB_GLOBAL);
		im->labels = true;
	}
}

/* ---------------------------------------------------------------- sizes */

/* Is the entry a further piece of the function before it? */
static bool is_chained(struct da_image *im, uint32_t unwind)
{
	struct da_bytes b = at_rva(im, unwind & ~UINT32_C(1), 1);

	return (unwind & 1) || (b.n && (b.p[0] >> 3 & 4));
}

/* The end of the function that entry i begins, pieces that follow it included. */
static uint32_t x64_end(struct da_image *im, struct da_bytes table, uint32_t i, uint32_t *ret_last)
{
	uint32_t end = u32_at(table, 3 * (uint64_t)i + 1);

	while (12 * ((uint64_t)i + 2) <= table.n && u32_at(table, 3 * ((uint64_t)i + 1)) == end &&
	       is_chained(im, u32_at(table, 3 * ((uint64_t)i + 1) + 2)))
		end = u32_at(table, 3 * (uint64_t)++i + 1);
	*ret_last = i;
	return end;
}

static uint32_t arm64_end(struct da_image *im, struct da_bytes table, uint32_t i)
{
	uint32_t unwind = u32_at(table, 2 * (uint64_t)i + 1), start = u32_at(table, 2 * (uint64_t)i);
	struct da_bytes x = unwind & 3 ? (struct da_bytes){ NULL, 0 } : at_rva(im, unwind, 4);

	return start + (unwind & 3 ? (unwind >> 2 & 0x7ff) : u32_at(x, 0) & 0x3ffff) * 4;
}

static uint64_t section_end(const struct da_image *im, uint64_t addr)
{
	for (size_t i = 0; i < im->segments.n; i++)
		if (addr >= im->segments.v[i].vaddr && addr - im->segments.v[i].vaddr < im->segments.v[i].memsz)
			return im->segments.v[i].vaddr + im->segments.v[i].memsz;
	return addr;
}

/* Symbols and the table are walked side by side. */
struct measure {
	struct da_image *im;
	struct da_bytes table;
	bool x64;
	uint32_t entry, n;   /* the first entry at or behind the symbol; of how many */
	uint32_t last, end;  /* entries up to `last` belong to a function that ends at `end` */
	bool has_last;
};

static uint32_t entry_word(const struct measure *m, uint32_t entry, unsigned word)
{
	return u32_at(m->table, (uint64_t)entry * (m->x64 ? 3 : 2) + word);
}

static uint32_t function_end(struct measure *m)
{
	if (!m->x64)
		return arm64_end(m->im, m->table, m->entry);
	if (!m->has_last || m->entry > m->last)
		m->end = x64_end(m->im, m->table, m->entry, &m->last);
	m->has_last = true;
	return m->end;
}

/*
 * A function that the table has ends where it says; one that it lacks is a leaf, which ends at the
 * latest where the next begins. Without a table a name that is followed by another within one slot of
 * aligned code (stubs of system calls) leaves no room for a third.
 */
static uint64_t size_of(struct measure *m, uint32_t start, uint32_t next, uint32_t limit)
{
	uint32_t size = 0;

	while (m->entry < m->n && entry_word(m, m->entry, 0) < start)
		m->entry++;
	if (m->entry < m->n && entry_word(m, m->entry, 0) == start)
		size = function_end(m) - start;
	else if (m->n && !(m->entry && m->x64 && entry_word(m, m->entry - 1, 1) > start))
		size = (m->entry < m->n ? DA_MIN(next, entry_word(m, m->entry, 0)) : next) - start;
	else if (!m->n && next - start <= SLOT)
		size = next - start;
	return size > limit - start ? 0 : size; /* more: the table lies */
}

static void measure(struct da_image *im)
{
	struct measure m = { .im = im, .x64 = im->pe->machine == DA_PE_AMD64 };
	uint64_t base = im->pe->image_base;

	if ((m.x64 || im->pe->machine == DA_PE_ARM64) && im->pe->dirs[DA_PE_EXCEPTION].rva)
		m.table = at_rva(im, im->pe->dirs[DA_PE_EXCEPTION].rva, im->pe->dirs[DA_PE_EXCEPTION].size);
	m.n = (uint32_t)(m.table.n / (m.x64 ? 12 : 8));
	da_image_sort_symbols(im); /* no size is known yet: those of one address stay together */
	for (size_t i = 0, after; i < im->symbols.n; i = after) {
		uint64_t start = im->symbols.v[i].start, limit = section_end(im, start), next = limit, size;

		for (after = i + 1; after < im->symbols.n && im->symbols.v[after].start == start;)
			after++;
		if (after < im->symbols.n && im->symbols.v[after].start > start) /* else the first of data */
			next = DA_MIN(next, im->symbols.v[after].start);
		size = size_of(&m, (uint32_t)(start - base), (uint32_t)(next - base), (uint32_t)(limit - base));
		for (size_t k = i; k < after; k++)
			im->symbols.v[k].size = im->symbols.v[k].code ? size : 0;
	}
}

/* Every function of the exports that is not elsewhere gives a symbol, if only by its ordinal. */
static bool any_export(struct da_image *im)
{
	uint32_t rva = im->pe->dirs[DA_PE_EXPORT].rva, size = im->pe->dirs[DA_PE_EXPORT].size, n;
	struct da_bytes dir, functions;

	if (!rva || size < 40 || (dir = at_rva(im, rva, 40)).n < 40)
		return false;
	n = DA_MIN(u32_at(dir, 5), (uint32_t)da_limits_default.symbols);
	functions = at_rva(im, u32_at(dir, 7), DA_MIN(n, im->pe->image_size / 4) * 4);
	for (uint32_t k = 0; k < functions.n / 4; k++) {
		uint32_t f = u32_at(functions, k);

		if (f && f < im->pe->image_size && !(f >= rva && f - rva < size))
			return true;
	}
	return false;
}

bool da_pe_has_symbols(struct da_image *im)
{
	const char *name;
	uint64_t at = 0;
	uint32_t rva;

	return any_export(im) || next_function(im, &at, &rva, &name);
}

void da_pe_read_symbols(struct da_image *im)
{
	read_exports(im);
	read_coff(im);
	measure(im);
}

/* ---------------------------------------------------------------- the image */

static void add_segments(struct da_image *im)
{
	const struct da_pe *pe = im->pe;
	struct da_segment headers = { .vaddr = pe->image_base, .memsz = DA_MAX(pe->headers_size, 4096), .prot = DA_PROT_R };

	headers.filesz = DA_MIN(pe->headers_size, im->bytes.n);
	da_vec_push(im->arena, &im->segments, headers);
	for (unsigned i = 0; i < pe->nsections; i++) {
		const struct da_pe_section *s = &pe->sections[i];
		struct da_segment g = { pe->image_base + s->rva, s->size, s->off, s->raw, s->prot };

		da_vec_push(im->arena, &im->segments, g);
	}
}

/* Sections under ELF's terms, so that DWARF is found by name. */
static void add_sections(struct da_image *im)
{
	im->sections_read = true;
	for (unsigned i = 0; i < im->pe->nsections; i++) {
		const struct da_pe_section *p = &im->pe->sections[i];
		struct da_section s = { .name = p->name, .type = SHT_PROGBITS, .addr = im->pe->image_base + p->rva,
					.off = p->off, .size = im->mem ? 0 : p->raw };

		if (p->name[0] == '/' && p->name[1] >= '0' && p->name[1] <= '9')
			s.name = coff_string(im, strtoul(p->name + 1, NULL, 10));
		s.flags = SHF_ALLOC | (p->prot & DA_PROT_X ? SHF_EXECINSTR : 0);
		if (!im->mem || strncmp(s.name, ".debug_", 7) != 0)
			da_vec_push(im->arena, &im->sections, s);
	}
}

static uint16_t elf_machine(uint16_t machine)
{
	switch (machine) {
	case DA_PE_I386:
		return EM_386;
	case DA_PE_AMD64:
		return EM_X86_64;
	case DA_PE_ARM64:
		return EM_AARCH64;
	case DA_PE_ARMNT:
		return EM_ARM;
	default:
		return EM_NONE;
	}
}

static enum da_status open_pe(struct da_image *im)
{
	struct da_pe *pe = da_new(im->arena, struct da_pe);
	enum da_status st = da_pe_read(im->arena, im->bytes, pe);

	if (st != DA_OK)
		return st;
	im->pe = pe;
	im->is64 = pe->is64;
	im->machine = elf_machine(pe->machine);
	im->type = ET_DYN;
	im->build_id_read = true;
	add_segments(im);
	return DA_OK;
}

enum da_status da_pe_open_file(struct da_image *im)
{
	enum da_status st = open_pe(im);

	if (st == DA_OK)
		add_sections(im);
	return st;
}

enum da_status da_pe_open_memory(struct da_image *im, uint64_t base)
{
	uint8_t *p = da_alloc(im->arena, HEADER_BYTES);
	enum da_status st;

	im->bytes = (struct da_bytes){ p, da_mem_read_some(im->mem, base, p, HEADER_BYTES) };
	st = open_pe(im);
	if (st != DA_OK)
		return st;
	im->bias = base - im->pe->image_base;
	add_sections(im);
	return DA_OK;
}

const struct da_pe *da_image_pe(const struct da_image *im)
{
	return im ? im->pe : NULL;
}
