/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules of a core, from four witnesses that are merged: the FILE note, the dynamic linker's list
 * (link_map), ELF headers in the dumped pages, and the auxiliary vector. A core that lost one of them
 * still names its files.
 */
#include "config.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elfcore.h"

#define PAGE UINT64_C(0x1000)
#define PHDRS_MAX 64
/* Nothing that we met is larger than 2 GiB; a header that claims twice as much is not a loaded image. */
#define IMAGE_MAX (UINT64_C(1) << 32)

/* ---------------------------------------------------------------- an ELF header in memory */

struct view {
	uint64_t at;     /* address of the header */
	uint16_t type;
	unsigned n;
	struct phdr {
		uint32_t type, flags;
		uint64_t off, vaddr, filesz, memsz;
	} ph[PHDRS_MAX];
	uint64_t bias;   /* address = vaddr + bias */
	uint64_t start, end; /* of all PT_LOAD, in the process */
};

static bool read_phdrs(struct core *c, struct view *v, uint64_t at, unsigned n, unsigned size)
{
	uint8_t raw[PHDRS_MAX * 64];
	struct da_cursor u;

	if (size < (c->word == 4 ? 32u : 56u) || size > 64 || n == 0)
		return false;
	n = DA_MIN(n, (unsigned)PHDRS_MAX);
	if (da_mem_read(&c->d->proc.mem, at, raw, (size_t)n * size, NULL) != DA_OK)
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct phdr *p = &v->ph[i];

		u = da_cursor(raw + (size_t)i * size, size, c->big_endian, c->word);
		p->type = da_get_u32(&u);
		if (c->word == 8)
			p->flags = da_get_u32(&u);
		p->off = da_get_word(&u);
		p->vaddr = da_get_word(&u);
		(void)da_get_word(&u);
		p->filesz = da_get_word(&u);
		p->memsz = da_get_word(&u);
		if (c->word == 4)
			p->flags = da_get_u32(&u);
	}
	v->n = n;
	return true;
}

/* Extent and bias of an image whose first byte (file offset 0) is mapped at `at`. */
static bool place_image(struct core *c, struct view *v)
{
	uint64_t low = UINT64_MAX, high = 0;
	bool first = true;

	for (unsigned i = 0; i < v->n; i++) {
		const struct phdr *p = &v->ph[i];
		uint64_t end;

		if (p->type != PT_LOAD)
			continue;
		if (!da_add(&end, p->vaddr, p->memsz) || p->memsz > IMAGE_MAX)
			return false;
		if (first)
			v->bias = core_address(c, v->at - ((p->vaddr & ~(PAGE - 1)) -
							   (p->off & ~(PAGE - 1))));
		first = false;
		low = DA_MIN(low, p->vaddr & ~(PAGE - 1));
		high = DA_MAX(high, end);
	}
	if (low >= high || high - low > IMAGE_MAX)
		return false;
	v->start = core_address(c, low + v->bias);
	v->end = v->start + da_round_up(high - low, PAGE);
	return v->end > v->start;
}

static bool is_elf_at(struct core *c, uint64_t at)
{
	const uint8_t *p = da_mem_view(&c->d->proc.mem, at, 4);

	return p && memcmp(p, ELFMAG, SELFMAG) == 0;
}

static bool view_at(struct core *c, uint64_t at, struct view *v)
{
	uint8_t raw[64];
	struct da_cursor u;
	uint64_t phoff;
	uint16_t size, n;

	if (!is_elf_at(c, at) ||
	    da_mem_read(&c->d->proc.mem, at, raw, c->word == 4 ? 52 : 64, NULL) != DA_OK ||
	    raw[EI_CLASS] != (c->word == 4 ? ELFCLASS32 : ELFCLASS64))
		return false;
	u = da_cursor(raw, c->word == 4 ? 52 : 64, c->big_endian, c->word);
	da_skip(&u, EI_NIDENT);
	v->at = at;
	v->type = da_get_u16(&u);
	da_skip(&u, 6);
	(void)da_get_word(&u);
	phoff = da_get_word(&u);
	(void)da_get_word(&u);
	da_skip(&u, 6);
	size = da_get_u16(&u);
	n = da_get_u16(&u);
	return (v->type == ET_EXEC || v->type == ET_DYN) && phoff < IMAGE_MAX &&
	       read_phdrs(c, v, at + phoff, n, size) && place_image(c, v);
}

static const struct phdr *find_phdr(const struct view *v, uint32_t type)
{
	for (unsigned i = 0; i < v->n; i++)
		if (v->ph[i].type == type)
			return &v->ph[i];
	return NULL;
}

static bool id_in_note(struct core *c, struct da_module *m, uint64_t at, uint64_t size)
{
	uint8_t raw[4096];
	size_t n = da_mem_read_some(&c->d->proc.mem, at, raw, (size_t)DA_MIN(size, sizeof(raw)));
	struct da_cursor u = da_cursor(raw, n, c->big_endian, c->word);

	while (da_left(&u) >= 12) {
		uint32_t namesz = da_get_u32(&u), descsz = da_get_u32(&u), type = da_get_u32(&u);
		const uint8_t *name = da_get_bytes(&u, namesz), *desc;

		da_align(&u, 4);
		desc = da_get_bytes(&u, descsz);
		da_align(&u, 4);
		if (!da_ok(&u))
			break;
		if (type == NT_GNU_BUILD_ID && namesz == 4 && memcmp(name, "GNU", 4) == 0 && descsz &&
		    descsz <= sizeof(m->build_id)) {
			memcpy(m->build_id, desc, descsz);
			m->build_id_len = (uint8_t)descsz;
			return true;
		}
	}
	return false;
}

/* From the segment that holds the note, or from the file's first page wherever that is mapped. */
static void read_build_id(struct core *c, struct da_module *m, const struct view *v)
{
	for (unsigned i = 0; i < v->n && !m->build_id_len; i++)
		if (v->ph[i].type == PT_NOTE &&
		    !id_in_note(c, m, core_address(c, v->bias + v->ph[i].vaddr), v->ph[i].filesz) &&
		    v->ph[i].off < PAGE)
			id_in_note(c, m, core_address(c, v->at + v->ph[i].off), v->ph[i].filesz);
}

static void set_from_view(struct core *c, struct da_module *m, const struct view *v)
{
	const struct phdr *dyn = find_phdr(v, PT_DYNAMIC);

	m->from |= DA_FROM_HEADER;
	if (!m->has_bias) {
		m->bias = v->bias;
		m->has_bias = true;
	}
	if (dyn && !m->dynamic)
		m->dynamic = core_address(c, v->bias + dyn->vaddr);
	m->start = DA_MIN(m->start, v->start);
	m->end = DA_MAX(m->end, v->end);
	read_build_id(c, m, v);
}

/* ---------------------------------------------------------------- the list being made */

struct list {
	DA_VEC(struct da_module) v;
};

static struct da_module *module_of(struct list *l, uint64_t addr)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (addr >= l->v.v[i].start && addr < l->v.v[i].end)
			return &l->v.v[i];
	return NULL;
}

static bool module_between(struct list *l, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (l->v.v[i].start < to && l->v.v[i].end > from)
			return true;
	return false;
}

static struct da_module *add_module(struct core *c, struct list *l, uint64_t start, uint64_t end)
{
	struct da_module *m;

	if (l->v.n >= c->d->limits->modules) {
		da_note(c->d->ledger, DA_NOTE_LIMIT, "modules", NULL, "more than %llu modules",
			(unsigned long long)c->d->limits->modules);
		return NULL;
	}
	m = da_vec_add(c->d->arena, &l->v);
	m->start = start;
	m->end = end;
	return m;
}

static int by_module_start(const void *a, const void *b)
{
	const struct da_module *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void sort_modules(struct list *l)
{
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof(*l->v.v), by_module_start);
}

/* ---------------------------------------------------------------- witness: the FILE note */

static int by_mapping_start(const void *a, const void *b)
{
	const struct core_mapping *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/*
 * Is any part of [start, end) executable in the core's own map? By ranges, not by pages: a damaged
 * note names mappings of terabytes.
 */
static bool has_code(const struct da_memory *m, uint64_t start, uint64_t end)
{
	size_t low = 0, high = m->ranges.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->ranges.v[mid].end <= start)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < m->ranges.n && m->ranges.v[low].start < end; low++)
		if (m->ranges.v[low].has_prot && (m->ranges.v[low].prot & DA_PROT_X))
			return true;
	return false;
}

static bool names_library(const char *path)
{
	const char *base = da_basename(path), *so = strstr(base, ".so");

	return so && (so[3] == '\0' || so[3] == '.');
}

static bool holds(struct core *c, uint64_t key, uint64_t start, uint64_t end)
{
	uint64_t addr;

	return da_auxv(&c->d->proc, key, &addr) && addr >= start && addr < end;
}

/*
 * The header of a file from the first of its mappings that has it: when code and data share the
 * file's first page, a core without code still holds it in the data.
 */
static bool view_of_group(struct core *c, const struct core_mapping *g, size_t n, struct view *v)
{
	for (size_t i = 0; i < n && g[i].off == 0; i++) {
		if (!view_at(c, g[i].start, v))
			continue;
		v->bias -= g[i].start - g[0].start;
		v->start -= g[i].start - g[0].start;
		v->end -= g[i].start - g[0].start;
		return true;
	}
	return false;
}

/* One file's mappings as a module, unless the file is mapped as data. */
static void add_group(struct core *c, struct list *l, const struct core_mapping *g, size_t n)
{
	uint64_t start = g[0].start, end = g[n - 1].end;
	struct da_module *m;
	struct view v;
	bool code = false, header = view_of_group(c, g, n, &v);

	if (g[0].off == 0 && da_mem_view(&c->d->proc.mem, start, 4) && !is_elf_at(c, start))
		return; /* its first page is there and is no ELF header */
	for (size_t i = 0; i < n; i++)
		code |= has_code(&c->d->proc.mem, g[i].start, g[i].end);
	if (!header && !code && !names_library(g[0].path) && !holds(c, AT_ENTRY, start, end) &&
	    !holds(c, AT_PHDR, start, end))
		return;
	m = add_module(c, l, start, end);
	if (!m)
		return;
	m->path = g[0].path;
	m->deleted = g[0].deleted;
	m->from = DA_FROM_FILE_NOTE;
	if (header)
		set_from_view(c, m, &v);
}

/*
 * Does mapping b go on with the image that a began? The same file from offset 0 again is a second
 * mapping of it, unless two segments share the file's first page; the gap that older linkers leave
 * between text and data is mapped from a higher offset than the data behind it.
 */
static bool same_image(const struct core_mapping *a, const struct core_mapping *b)
{
	uint64_t gap = b->start - a->end;

	if (a->path != b->path || a->deleted != b->deleted || gap > IMAGE_MAX)
		return false;
	return b->off != 0 || (a->off == 0 && gap <= (UINT64_C(2) << 20));
}

static void from_file_note(struct core *c, struct list *l)
{
	struct core_mapping *v = c->mappings.v;
	size_t i = 0, n = c->mappings.n;

	if (n)
		qsort(v, n, sizeof(*v), by_mapping_start);
	while (i < n) {
		size_t k = 1;

		while (i + k < n && same_image(&v[i + k - 1], &v[i + k]))
			k++;
		add_group(c, l, &v[i], k);
		i += k;
	}
}

/* ---------------------------------------------------------------- witness: headers in the dump */

/* Loaded, and not a file that somebody read into memory: its code lies where its header says. */
static bool is_loaded(struct core *c, const struct view *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		const struct phdr *p = &v->ph[i];
		const struct da_range *r;

		if (p->type != PT_LOAD || p->memsz == 0)
			continue;
		r = da_mem_range(&c->d->proc.mem, core_address(c, v->bias + p->vaddr));
		if (!r || !r->has_prot || ((p->flags & PF_X) && !(r->prot & DA_PROT_X)))
			return false;
	}
	return true;
}

static void set_vdso(const struct core *c, struct da_module *m)
{
	m->vdso = true;
	m->path = c->machine == EM_386 ? "linux-gate.so.1" : "linux-vdso.so.1";
}

static void from_headers(struct core *c, struct list *l)
{
	const struct da_memory *m = &c->d->proc.mem;
	uint64_t vdso = 0;

	da_auxv(&c->d->proc, AT_SYSINFO_EHDR, &vdso);
	for (size_t i = 0; i < m->ranges.n; i++) {
		const struct da_range *r = &m->ranges.v[i];
		struct da_module *mod;
		struct view v;

		/* The vdso may lie in a gap between the segments of another image. */
		if (r->file_len < 64 || !view_at(c, r->start, &v) ||
		    (r->start != vdso && (module_of(l, r->start) || !is_loaded(c, &v))))
			continue;
		mod = add_module(c, l, v.start, v.end);
		if (!mod)
			return;
		set_from_view(c, mod, &v);
		if (r->start == vdso)
			set_vdso(c, mod);
	}
}

/* qemu-user writes only what is writable: the vdso is known by its address alone. */
static void from_sysinfo(struct core *c, struct list *l)
{
	const struct da_range *r;
	struct da_module *m;
	uint64_t vdso;

	if (!da_auxv(&c->d->proc, AT_SYSINFO_EHDR, &vdso) || module_of(l, vdso))
		return;
	r = da_mem_range(&c->d->proc.mem, vdso);
	if (!r || r->start != vdso || !(r->prot & DA_PROT_X) || r->file_len)
		return;
	m = add_module(c, l, r->start, r->end);
	if (!m)
		return;
	m->from = DA_FROM_AUXV;
	set_vdso(c, m);
}

/* ---------------------------------------------------------------- witness: the dynamic linker */

/* Fields of struct r_debug and the public start of struct link_map, in words. */
enum { R_MAP = 1, R_NEXT = 5, L_ADDR = 0, L_NAME = 1, L_LD = 2, L_NEXT = 3 };

static uint64_t word_at(struct core *c, uint64_t addr, unsigned index)
{
	uint64_t v;

	return da_mem_word(&c->d->proc.mem, addr + index * (uint64_t)c->word, &v) == DA_OK
		       ? core_address(c, v) : 0;
}

/* DT_DEBUG of a dynamic section. */
static uint64_t debug_of(struct core *c, uint64_t dynamic)
{
	for (unsigned i = 0; dynamic && i < 256; i++) {
		uint64_t tag;

		if (da_mem_word(&c->d->proc.mem, dynamic + 2u * i * c->word, &tag) != DA_OK ||
		    tag == DT_NULL)
			return 0;
		if (tag == DT_DEBUG)
			return word_at(c, dynamic, 2 * i + 1);
	}
	return 0;
}

static uint64_t dynamic_of_program(struct core *c)
{
	uint64_t at, n, size;
	const struct phdr *self, *dyn;
	struct view v;

	if (!da_auxv(&c->d->proc, AT_PHDR, &at) || !da_auxv(&c->d->proc, AT_PHNUM, &n) ||
	    !da_auxv(&c->d->proc, AT_PHENT, &size) ||
	    !read_phdrs(c, &v, at, (unsigned)DA_MIN(n, (uint64_t)PHDRS_MAX), (unsigned)size))
		return 0;
	self = find_phdr(&v, PT_PHDR);
	dyn = find_phdr(&v, PT_DYNAMIC);
	if (!self || !dyn) /* without PT_PHDR nothing here tells the bias */
		return 0;
	return core_address(c, at - self->vaddr + dyn->vaddr);
}

/* { version 1 or 2; r_map; r_brk; r_state; r_ldbase } with r_ldbase == AT_BASE. */
static bool is_r_debug(struct core *c, uint64_t at, uint64_t base)
{
	uint32_t version;

	return da_mem_u32(&c->d->proc.mem, at, &version) == DA_OK && (version == 1 || version == 2) &&
	       word_at(c, at, 4) == base && word_at(c, at, 3) <= 2 &&
	       da_mem_range(&c->d->proc.mem, word_at(c, at, R_MAP));
}

/*
 * qemu-user leaves the program headers out of its cores, so that DT_DEBUG cannot be followed: look for
 * the structure itself in the writable data of the dynamic linker.
 */
static uint64_t search_r_debug(struct core *c)
{
	const struct da_memory *m = &c->d->proc.mem;
	uint64_t base;

	if (!da_auxv(&c->d->proc, AT_BASE, &base) || base == 0)
		return 0;
	for (size_t i = 0; i < m->ranges.n; i++) {
		const struct da_range *r = &m->ranges.v[i];

		if (r->end <= base || r->start > base + (UINT64_C(1) << 20) || !(r->prot & DA_PROT_W))
			continue;
		for (uint64_t at = r->start; at + 5u * c->word <= r->start + r->file_len; at += c->word)
			if (is_r_debug(c, at, base))
				return at;
	}
	return 0;
}

/* The range that holds addr and those that lie against it, as far as no other module begins. */
static void extent_around(struct core *c, struct list *l, uint64_t low, uint64_t addr,
			  uint64_t *ret_start, uint64_t *ret_end)
{
	const struct da_memory *m = &c->d->proc.mem;
	const struct da_range *r = da_mem_range(m, addr), *first = r;

	while (first > m->ranges.v && first[-1].end == first->start && first->start > low &&
	       !module_of(l, first[-1].start))
		first--;
	*ret_start = DA_MAX(first->start, DA_MIN(low, addr));
	*ret_end = r->end;
}

static void from_link(struct core *c, struct list *l, uint64_t link)
{
	uint64_t addr = word_at(c, link, L_ADDR), ld = word_at(c, link, L_LD), start, end;
	struct da_module *m = module_of(l, ld);
	uint64_t name_at = word_at(c, link, L_NAME);
	char *name = NULL;
	struct view v;

	if (!ld || !da_mem_range(&c->d->proc.mem, ld))
		return;
	if (name_at)
		da_mem_cstr(&c->d->proc.mem, c->d->arena, name_at, 4096, &name);
	if (!m) {
		bool header = view_at(c, addr, &v) && ld >= v.start && ld < v.end;

		if (header)
			start = v.start, end = v.end;
		else
			extent_around(c, l, addr, ld, &start, &end);
		m = add_module(c, l, start, end);
		if (!m)
			return;
		if (header)
			set_from_view(c, m, &v);
	}
	m->from |= DA_FROM_LINK_MAP;
	if (addr && addr < m->start && addr % PAGE == 0 && m->start - addr < IMAGE_MAX / 4 &&
	    !(m->from & DA_FROM_HEADER) && !module_between(l, addr, m->start))
		m->start = addr; /* gdb before 7.12 lists no mapping of code in its FILE note */
	m->bias = addr; /* the linker's own word is surer than any header */
	m->has_bias = true;
	m->dynamic = ld;
	if (name && *name && !m->vdso) {
		m->name = da_basename(name);
		if (!m->path)
			m->path = name;
	}
}

static void walk_links(struct core *c, struct list *l, uint64_t map)
{
	struct da_map seen = { 0 };

	for (uint64_t i = 0; map; i++, map = word_at(c, map, L_NEXT)) {
		bool is_new;

		da_map_put(c->d->arena, &seen, map, &is_new);
		if (!is_new || i >= c->d->limits->link_map) {
			da_note(c->d->ledger, DA_NOTE_CORRUPT, "modules", NULL,
				"the dynamic linker's list of modules does not end");
			return;
		}
		if (!da_mem_range(&c->d->proc.mem, map)) {
			da_note(c->d->ledger, DA_NOTE_CORRUPT, "modules", NULL,
				"the dynamic linker's list of modules leads to " DA_ADDR("0x%llx")
				", which is not mapped", (unsigned long long)map);
			return;
		}
		from_link(c, l, map);
	}
}

static void from_link_map(struct core *c, struct list *l)
{
	uint64_t r_debug = debug_of(c, dynamic_of_program(c)), at;
	const struct da_module *program;

	if (!r_debug && (da_auxv(&c->d->proc, AT_ENTRY, &at) || da_auxv(&c->d->proc, AT_PHDR, &at))) {
		program = module_of(l, at);
		r_debug = program ? debug_of(c, program->dynamic) : 0;
	}
	if (!r_debug)
		r_debug = search_r_debug(c);
	for (unsigned ns = 0; r_debug && ns < 16; ns++) { /* 16: DL_NNS of glibc */
		uint32_t version;

		if (da_mem_u32(&c->d->proc.mem, r_debug, &version) != DA_OK)
			break;
		walk_links(c, l, word_at(c, r_debug, R_MAP));
		r_debug = version >= 2 ? word_at(c, r_debug, R_NEXT) : 0;
	}
}

/* ---------------------------------------------------------------- witness: the auxiliary vector */

static void set_program(struct core *c, struct list *l)
{
	struct da_process *p = &c->d->proc;
	struct da_module *m;
	uint64_t at, start, end;
	struct view v;

	if (!da_auxv(p, AT_PHDR, &at) && !da_auxv(p, AT_ENTRY, &at))
		return;
	m = module_of(l, at);
	if (!m) {
		uint64_t page = at & ~(PAGE - 1);

		if (view_at(c, page, &v)) {
			start = v.start, end = v.end;
		} else if (da_mem_range(&p->mem, at)) {
			extent_around(c, l, 0, at, &start, &end);
		} else {
			return;
		}
		m = add_module(c, l, start, end);
		if (!m)
			return;
		if (start == v.start && is_elf_at(c, page))
			set_from_view(c, m, &v);
	}
	m->main = true;
	m->from |= DA_FROM_AUXV;
	if (!m->path)
		m->path = p->executable;
}

/* The program's own name: what exec was given may be relative or a link; the FILE note knows better. */
static void set_executable(struct core *c)
{
	struct da_process *p = &c->d->proc;

	for (size_t i = 0; i < p->modules.n; i++) {
		struct da_module *m = &p->modules.v[i];

		if (!m->main)
			continue;
		if (m->path && (m->from & DA_FROM_FILE_NOTE))
			p->executable = m->path;
		if (!m->path)
			m->path = m->name = p->name;
	}
}

static void set_interpreter(struct core *c, struct list *l)
{
	uint64_t base;
	struct da_module *m;
	struct view v;

	if (!da_auxv(&c->d->proc, AT_BASE, &base) || base == 0)
		return;
	m = module_of(l, base);
	if (!m && view_at(c, base, &v)) {
		m = add_module(c, l, v.start, v.end);
		if (m)
			set_from_view(c, m, &v);
	}
	if (m) {
		m->interpreter = true;
		m->from |= DA_FROM_AUXV;
		if (!m->has_bias) {
			m->bias = base;
			m->has_bias = true;
		}
	}
}

/* The name in its own dynamic section, when neither note nor linker named the file. */
static const char *soname(struct core *c, const struct da_module *m)
{
	uint64_t strtab = 0, name = 0;
	char *s;

	for (unsigned i = 0; m->dynamic && i < 256; i++) {
		uint64_t tag;

		if (da_mem_word(&c->d->proc.mem, m->dynamic + 2u * i * c->word, &tag) != DA_OK ||
		    tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			strtab = word_at(c, m->dynamic, 2 * i + 1);
		if (tag == DT_SONAME)
			name = word_at(c, m->dynamic, 2 * i + 1);
	}
	if (!strtab || !name)
		return NULL;
	if (strtab < m->start)
		strtab = core_address(c, strtab + m->bias);
	return da_mem_cstr(&c->d->proc.mem, c->d->arena, strtab + name, 256, &s) == DA_OK && *s ? s
											      : NULL;
}

/* Sort, and let no module reach into the next one. */
static void keep_modules(struct core *c, struct list *l)
{
	struct da_process *p = &c->d->proc;

	sort_modules(l);
	for (size_t i = 0; i < l->v.n; i++) {
		struct da_module *m = &l->v.v[i];

		if (i + 1 < l->v.n && m->end > l->v.v[i + 1].start)
			m->end = l->v.v[i + 1].start;
		if (m->start >= m->end)
			continue;
		/* 32 bits: an image linked above where it lies (old vdso) has a bias below zero. */
		if (c->word == 4 && m->has_bias && (uint32_t)m->bias > m->start)
			m->bias = (uint32_t)m->bias | UINT64_MAX << 32;
		if (!m->path)
			m->path = soname(c, m);
		if (!m->name && m->path)
			m->name = da_basename(m->path);
		if (!m->name && !m->main)
			m->name = da_printf(c->d->arena, "image-0x%llx", (unsigned long long)m->start);
		da_vec_push(c->d->arena, &p->modules, *m);
	}
	set_executable(c);
}

void core_read_modules(struct core *c)
{
	struct list *l = da_new(c->d->arena, struct list);

	from_file_note(c, l);
	from_headers(c, l);
	from_sysinfo(c, l);
	from_link_map(c, l);
	set_program(c, l);
	set_interpreter(c, l);
	keep_modules(c, l);
	if (c->d->proc.modules.n == 0)
		da_note(c->d->ledger, DA_NOTE_MISSING, "modules", NULL,
			"no module could be found: the dump holds no file note, no ELF header and no list "
			"of the dynamic linker");
}
