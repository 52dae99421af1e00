/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module rebuilt from the dump's own pages: its program headers in the first page, names from the
 * dynamic section, unwind information from PT_GNU_EH_FRAME. A kernel core with the default filter
 * holds only the first page of a library; gcore and createdump hold what is needed here.
 */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "image/private.h"

#define HEADER_BYTES 4096
#define DYNAMIC_MAX 1024
#define EH_FRAME_MAX (UINT64_C(256) << 20)

struct dynamic {
	uint64_t symtab, strtab, strsz, syment, hash, gnu_hash, versym;
};

/* ---------------------------------------------------------------- reading memory */

/* Up to n bytes as they are known from addr on, copied; n = 0 when the first is not. */
static struct da_bytes copy_some(struct da_image *im, uint64_t addr, uint64_t n)
{
	size_t have = 0;
	uint8_t *p;

	/* First how many there are: a size that lies must not cost memory. */
	while (have < n) {
		size_t part = 0;

		if (!da_mem_view_some(im->mem, addr + have, &part) || part == 0)
			break;
		have += (size_t)DA_MIN((uint64_t)part, n - have);
	}
	p = da_alloc(im->arena, have + 1);
	have = da_mem_read_some(im->mem, addr, p, have);
	return (struct da_bytes){ p, have };
}

static bool read_u32(const struct da_image *im, uint64_t addr, uint32_t *ret)
{
	return da_mem_u32(im->mem, addr, ret) == DA_OK;
}

/* ---------------------------------------------------------------- the dynamic section */

/*
 * ld.so relocates the pointers of the dynamic section in place, except on CPUs where it is read-only
 * and in the vdso: a value below the module is still an address of the file.
 */
static uint64_t pointer(const struct da_image *im, uint64_t start, uint64_t v)
{
	return v && v < start ? v + im->bias : v;
}

static void read_dynamic(const struct da_image *im, uint64_t start, uint64_t addr, struct dynamic *d)
{
	unsigned word = im->is64 ? 8 : 4;
	const struct {
		uint64_t tag, *value;
	} wanted[] = {
		{ DT_SYMTAB, &d->symtab }, { DT_STRTAB, &d->strtab },     { DT_STRSZ, &d->strsz },
		{ DT_SYMENT, &d->syment }, { DT_HASH, &d->hash },         { DT_GNU_HASH, &d->gnu_hash },
		{ DT_VERSYM, &d->versym },
	};

	for (unsigned i = 0; i < DYNAMIC_MAX; i++, addr += 2 * word) {
		uint64_t tag, value;

		if (da_mem_word(im->mem, addr, &tag) != DA_OK || tag == DT_NULL ||
		    da_mem_word(im->mem, addr + word, &value) != DA_OK)
			break;
		for (size_t k = 0; k < DA_ARRAY_SIZE(wanted); k++)
			if (wanted[k].tag == tag)
				*wanted[k].value = tag == DT_STRSZ || tag == DT_SYMENT ?
							   value :
							   pointer(im, start, value);
	}
}

/* The largest index of any bucket's chain, plus one: the table has no count of its own. */
static uint64_t count_gnu_hash(struct da_image *im, uint64_t addr)
{
	uint32_t nbuckets, first, bloom, last = 0, value;
	struct da_bytes buckets;
	struct da_cursor c;
	uint64_t chains;

	if (!read_u32(im, addr, &nbuckets) || !read_u32(im, addr + 4, &first) ||
	    !read_u32(im, addr + 8, &bloom) || nbuckets > da_limits_default.symbols)
		return 0;
	addr += 16 + (uint64_t)bloom * (im->is64 ? 8 : 4);
	buckets = copy_some(im, addr, (uint64_t)nbuckets * 4);
	if (buckets.n != (uint64_t)nbuckets * 4)
		return 0;
	for (c = da_image_cursor(im, buckets); da_left(&c);) {
		value = da_get_u32(&c);
		last = DA_MAX(last, value);
	}
	if (last < first)
		return first;
	chains = addr + (uint64_t)nbuckets * 4;
	for (; last < da_limits_default.symbols; last++)
		if (!read_u32(im, chains + (uint64_t)(last - first) * 4, &value) || (value & 1))
			break;
	return (uint64_t)last + 1;
}

static uint64_t count_symbols(struct da_image *im, const struct dynamic *d, size_t size)
{
	uint32_t nchain;
	uint64_t n = 0;

	if (d->hash && read_u32(im, d->hash + 4, &nchain))
		n = nchain;
	if (!n && d->gnu_hash)
		n = count_gnu_hash(im, d->gnu_hash);
	/* Every linker puts the strings right behind the symbols. */
	if (!n && d->strtab > d->symtab)
		n = (d->strtab - d->symtab) / size;
	return DA_MIN(n, da_limits_default.symbols);
}

static void read_dynsym(struct da_image *im, uint64_t start, uint64_t dynamic)
{
	struct dynamic d = { 0 };
	size_t size = im->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	uint64_t n;

	read_dynamic(im, start, dynamic, &d);
	if (!d.symtab || !d.strtab || (d.syment && d.syment != size))
		return;
	n = count_symbols(im, &d, size);
	im->dynsym = copy_some(im, d.symtab, n * size);
	im->dynstr = copy_some(im, d.strtab, DA_MIN(d.strsz, n * da_limits_default.string));
	while (im->dynstr.n && im->dynstr.p[im->dynstr.n - 1] != 0)
		im->dynstr.n--;
	if (d.versym)
		im->versym = copy_some(im, d.versym, n * 2);
	if (im->versym.n < n * 2)
		im->versym.n = 0;
}

/* ---------------------------------------------------------------- unwind information */

/* The address of .eh_frame as .eh_frame_hdr gives it, in the file's addresses; 0: in no known way. */
static uint64_t eh_frame_of(const struct da_image *im, struct da_bytes hdr, uint64_t hdr_addr)
{
	struct da_cursor c = da_image_cursor(im, hdr);
	uint8_t version = da_get_u8(&c), encoding = da_get_u8(&c);
	uint64_t v;

	da_skip(&c, 2);
	if (version != 1)
		return 0;
	switch (encoding & 0xf) {
	case DW_EH_PE_absptr:
		v = da_get_word(&c);
		break;
	case DW_EH_PE_udata4:
		v = da_get_u32(&c);
		break;
	case DW_EH_PE_sdata4:
		v = (uint64_t)(int64_t)(int32_t)da_get_u32(&c);
		break;
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		v = da_get_u64(&c);
		break;
	default:
		return 0;
	}
	if ((encoding & 0x70) == DW_EH_PE_pcrel)
		v += hdr_addr + 4;
	else if ((encoding & 0x70) == DW_EH_PE_datarel)
		v += hdr_addr;
	return da_ok(&c) ? (im->is64 ? v : (uint32_t)v) : 0;
}

void da_image_memory_cfi(struct da_image *im)
{
	struct da_part parts[2] = { { .name = ".eh_frame_hdr", .type = SHT_PROGBITS },
				    { .name = ".eh_frame", .type = SHT_PROGBITS } };

	for (size_t i = 0; i < im->phdrs.n; i++) {
		const struct da_segment *s = &im->phdrs.v[i].s;

		if (im->phdrs.v[i].type != PT_GNU_EH_FRAME)
			continue;
		parts[0].addr = s->vaddr;
		parts[0].bytes = copy_some(im, s->vaddr + im->bias, DA_MIN(s->memsz, EH_FRAME_MAX));
		parts[1].addr = eh_frame_of(im, parts[0].bytes, s->vaddr);
	}
	for (size_t i = 0; parts[1].addr && i < im->segments.n; i++) {
		const struct da_segment *s = &im->segments.v[i];
		uint64_t left = s->memsz - (parts[1].addr - s->vaddr);

		if (parts[1].addr >= s->vaddr && parts[1].addr - s->vaddr < s->memsz)
			parts[1].bytes = copy_some(im, parts[1].addr + im->bias,
						   DA_MIN(left, EH_FRAME_MAX));
	}
	if (parts[1].bytes.n)
		im->cfi_elf = da_image_build(im->arena, im, parts, 2);
}

/* ---------------------------------------------------------------- the module */

/* The vdso is one mapping that holds the whole file, sections and all. */
static enum da_status open_vdso(struct da_dump *d, const struct da_module *m, struct da_image **ret)
{
	struct da_image copier = { .arena = d->arena, .mem = &d->proc.mem };
	struct da_bytes all = copy_some(&copier, m->start, DA_MIN(m->end - m->start, 65536));

	return da_image_open(d->arena, all, m->name ? m->name : "vdso", d->ledger, ret);
}

static void find_bias(struct da_image *im, const struct da_module *m)
{
	im->bias = m->bias;
	for (size_t i = 0; !m->has_bias && i < im->segments.n; i++)
		if (im->segments.v[i].off == 0) {
			im->bias = m->start - im->segments.v[i].vaddr;
			return;
		}
}

/* Notes of any segment that was dumped. */
static void find_build_id(struct da_image *im)
{
	im->build_id_read = true;
	for (size_t i = 0; i < im->phdrs.n && !im->build_id; i++) {
		const struct da_phdr *h = &im->phdrs.v[i];

		if (h->type == PT_NOTE)
			im->build_id = da_note_build_id(copy_some(im, h->s.vaddr + im->bias,
								  DA_MIN(h->s.filesz, 65536)),
							im->big_endian, &im->build_id_len);
	}
}

bool da_image_use_segments(struct da_image *im)
{
	struct da_memory *mem;

	da_image_read_sections(im);
	if (im->pe || im->from_memory || im->sections.n > 1)
		return false;
	if (im->by_segments)
		return true;
	im->by_segments = true;
	/* The file as it would lie at its own addresses. */
	mem = da_new(im->arena, struct da_memory);
	mem->file = im->bytes;
	mem->word = im->is64 ? 8 : 4;
	mem->big_endian = im->big_endian;
	for (size_t i = 0; i < im->segments.n; i++) {
		const struct da_segment *s = &im->segments.v[i];
		const struct da_range *last = mem->ranges.n ? &mem->ranges.v[mem->ranges.n - 1] : NULL;

		if (da_fits(s->off, s->filesz, im->bytes.n) && s->vaddr + s->filesz > s->vaddr &&
		    (!last || last->end <= s->vaddr))
			da_vec_push(im->arena, &mem->ranges,
				    ((struct da_range){ .start = s->vaddr, .end = s->vaddr + s->filesz,
							.file_off = s->off, .file_len = s->filesz,
							.prot = s->prot, .module = DA_NONE }));
	}
	im->mem = mem;
	for (size_t i = 0; i < im->phdrs.n; i++)
		if (im->phdrs.v[i].type == PT_DYNAMIC)
			read_dynsym(im, 0, im->phdrs.v[i].s.vaddr);
	return true;
}

enum da_status da_image_from_memory(struct da_dump *d, uint32_t module, struct da_image **ret)
{
	const struct da_module *m = &d->proc.modules.v[module];
	struct da_image *im = da_new(d->arena, struct da_image);
	uint64_t dynamic = m->dynamic;
	enum da_status status;

	im->arena = d->arena;
	im->ledger = d->ledger;
	im->what = m->name ? m->name : "module";
	im->mem = &d->proc.mem;
	im->from_memory = true;
	if (m->pe) {
		*ret = im;
		return da_pe_open_memory(im, m->start);
	}
	im->bytes = copy_some(im, m->start, HEADER_BYTES);
	status = da_image_read_headers(im);
	if (status != DA_OK)
		return status == DA_CORRUPT ? DA_CORRUPT : DA_NOT_FOUND;
	if (m->vdso)
		return open_vdso(d, m, ret);
	find_bias(im, m);
	find_build_id(im);
	for (size_t i = 0; !dynamic && i < im->phdrs.n; i++)
		if (im->phdrs.v[i].type == PT_DYNAMIC)
			dynamic = im->phdrs.v[i].s.vaddr + im->bias;
	if (dynamic)
		read_dynsym(im, m->start, dynamic);
	*ret = im;
	return DA_OK;
}
