/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory map of a minidump. Saved bytes come from MemoryList and Memory64List, and from the thread
 * list, which names each stack once more. What the address space was besides comes from
 * MemoryInfoList (Windows), /proc/PID/maps (Linux), or else from the extent of the modules.
 *
 * Wine and Breakpad list the same ranges again and again: that is no fault. Of ranges that overlap
 * the first to begin is read.
 */
#include "config.h"

#include <string.h>

#include "loader/minidump.h"
#include "loader/ranges.h"

#define DESCRIPTOR 16
#define INFO 48
#define INFO_MIN 44

/* ---------------------------------------------------------------- what was saved */

static void add_saved(struct md *m, struct da_ranges *l, uint64_t start, uint64_t size, uint64_t off)
{
	struct da_range r = { .start = md_address(m, start), .file_off = off, .module = DA_NONE };
	uint64_t top = m->word == 4 ? UINT64_C(1) << 32 : UINT64_MAX;

	if (!da_add(&r.end, r.start, size) || r.end > top) {
		da_note(m->d->ledger, DA_NOTE_CORRUPT, "memory", NULL,
			"saved memory at " DA_ADDR("0x%llx") " runs past the end of the address space",
			(unsigned long long)r.start);
		r.end = top;
	}
	r.file_len = md_bytes(m, off, r.end - r.start).n;
	if (r.file_len < r.end - r.start && m->d->origin.lost_start >= m->d->origin.lost_end) {
		m->d->origin.lost_start = r.start + r.file_len;
		m->d->origin.lost_end = r.end;
	}
	if (r.start < r.end)
		da_vec_push(m->d->arena, l, r);
	m->promised += r.end - r.start;
}

static void saved_by_list(struct md *m, struct da_ranges *out)
{
	struct md_list l;

	if (!md_read_list(m, MD_MEMORY_LIST, DESCRIPTOR, m->d->limits->segments, &l))
		return;
	for (uint64_t i = 0; i < l.n; i++) {
		struct da_cursor c = md_entry(&l, i);
		uint64_t start = da_get_u64(&c);
		uint32_t size = da_get_u32(&c);

		add_saved(m, out, start, size, da_get_u32(&c));
	}
}

/* The bytes of all entries lie one after the other from BaseRva on. */
static void saved_by_list64(struct md *m, struct da_ranges *out)
{
	struct md_list l;
	struct da_cursor c;
	uint64_t off;

	if (!md_read_list(m, MD_MEMORY64_LIST, DESCRIPTOR, m->d->limits->segments, &l))
		return;
	c = md_cursor(m, l.b);
	da_skip(&c, 8);
	off = da_get_u64(&c);
	for (uint64_t i = 0; i < l.n; i++) {
		uint64_t start, size;

		c = md_entry(&l, i);
		start = da_get_u64(&c);
		size = da_get_u64(&c);
		add_saved(m, out, start, size, off);
		if (!da_add(&off, off, size)) {
			da_note(m->d->ledger, DA_NOTE_CORRUPT, "memory", NULL,
				"the sizes of Memory64List add up to more than a file can have");
			return;
		}
	}
}

/* The stacks of the thread list: the same bytes in most dumps, the only ones in some. */
static void saved_by_threads(struct md *m, struct da_ranges *out)
{
	for (size_t i = 0; i < m->threads.n; i++) {
		const struct md_thread *t = &m->threads.v[i];
		uint64_t promised = m->promised;

		if (t->stack_rva && t->stack_size)
			add_saved(m, out, t->stack_start, t->stack_size, t->stack_rva);
		m->promised = promised;
	}
}

/*
 * Threads whose stacks lie at the same addresses (snapshots of one thread, one after the other) have
 * bytes of their own: each is to see its own ones.
 */
static void keep_own_stacks(struct md *m)
{
	for (size_t i = 0; i < m->threads.n; i++) {
		const struct md_thread *t = &m->threads.v[i];
		struct da_bytes own;
		const uint8_t *shared;

		if (!t->stack_rva || !t->stack_size)
			continue;
		own = md_bytes(m, t->stack_rva, t->stack_size);
		shared = da_mem_view(&m->d->proc.mem, t->stack_start, own.n);
		if (own.n && shared != own.p && (!shared || memcmp(shared, own.p, own.n) != 0))
			m->d->proc.threads.v[i].own = (struct da_own){ t->stack_start, own };
	}
}

/* ---------------------------------------------------------------- what the address space was */

enum { MEM_COMMIT = 0x1000, MEM_RESERVE = 0x2000, MEM_FREE = 0x10000 };
enum { MEM_PRIVATE = 0x20000, MEM_MAPPED = 0x40000, MEM_IMAGE = 0x1000000 };
enum { PAGE_GUARD = 0x100 };

static uint8_t protection(uint32_t protect)
{
	static const struct {
		uint32_t page;
		uint8_t prot;
	} pages[] = {
		{ 0x02, DA_PROT_R }, { 0x04, DA_PROT_R | DA_PROT_W }, { 0x08, DA_PROT_R | DA_PROT_W },
		{ 0x10, DA_PROT_X | DA_PROT_R }, { 0x20, DA_PROT_R | DA_PROT_X },
		{ 0x40, DA_PROT_R | DA_PROT_W | DA_PROT_X }, { 0x80, DA_PROT_R | DA_PROT_W | DA_PROT_X },
	};

	if (protect & PAGE_GUARD) /* the first touch faults */
		return 0;
	for (size_t i = 0; i < DA_ARRAY_SIZE(pages); i++)
		if ((protect & 0xff) == pages[i].page)
			return pages[i].prot;
	return 0;
}

static enum da_range_kind kind_of(uint32_t state, uint32_t type, uint8_t prot)
{
	if (state == MEM_RESERVE)
		return DA_RANGE_RESERVED;
	switch (type) {
	case MEM_IMAGE: return DA_RANGE_IMAGE;
	case MEM_MAPPED: return DA_RANGE_SHARED; /* a view of a section: of a file or of none */
	case MEM_PRIVATE: return prot & DA_PROT_X ? DA_RANGE_CODE : DA_RANGE_ANONYMOUS;
	default: return DA_RANGE_OTHER;
	}
}

static void regions_of_windows(struct md *m, struct da_ranges *out)
{
	struct md_list l;

	if (!md_read_table(m, MD_MEMORY_INFO_LIST, 8, true, INFO_MIN, m->d->limits->segments, &l))
		return;
	m->has_memory_info = l.n > 0;
	for (uint64_t i = 0; i < l.n; i++) {
		struct da_cursor c = md_entry(&l, i);
		struct da_range r = { .start = md_address(m, da_get_u64(&c)), .module = DA_NONE,
				      .has_prot = true };
		uint32_t state, protect;
		uint64_t size;

		da_skip(&c, 16); /* AllocationBase, AllocationProtect, padding */
		size = da_get_u64(&c);
		state = da_get_u32(&c);
		protect = da_get_u32(&c);
		if ((state != MEM_COMMIT && state != MEM_RESERVE) || size == 0 ||
		    !da_add(&r.end, r.start, size))
			continue;
		r.prot = state == MEM_COMMIT ? protection(protect) : 0;
		r.kind = (uint8_t)kind_of(state, da_get_u32(&c), r.prot);
		da_vec_push(m->d->arena, out, r);
	}
}

static struct da_ranges ranges_of(const struct da_memory *mem)
{
	return (struct da_ranges){ mem->ranges.v, mem->ranges.n, mem->ranges.cap };
}

static void set_ranges(struct da_memory *mem, const struct da_ranges *list)
{
	mem->ranges.v = list->v;
	mem->ranges.n = list->n;
	mem->ranges.cap = list->cap;
}

/* ---- images */

/* The sections of a module with their protection, where its headers were saved. */
static void add_sections(struct md *m, struct da_ranges *out, uint32_t index)
{
	const struct da_module *mod = &m->d->proc.modules.v[index];
	struct da_cursor c;
	unsigned n = mod->pe ? md_image_sections(m, mod->start, &c) : 0;

	for (unsigned i = 0; i < n; i++) {
		struct da_range r = { .module = index, .kind = DA_RANGE_IMAGE, .name = mod->path,
				      .has_prot = true };
		uint32_t size, rva, raw_size, flags;

		da_skip(&c, 8);
		size = da_get_u32(&c);
		rva = da_get_u32(&c);
		raw_size = da_get_u32(&c);
		da_skip(&c, 16);
		flags = da_get_u32(&c);
		r.start = mod->start + rva;
		r.end = r.start + da_round_up(size ? size : raw_size, 4096);
		r.prot = (uint8_t)((flags >> 29 & 1 ? DA_PROT_X : 0) | (flags >> 30 & 1 ? DA_PROT_R : 0) |
				   (flags >> 31 & 1 ? DA_PROT_W : 0));
		if (rva < mod->end - mod->start && r.end > r.start && r.end <= mod->end)
			da_vec_push(m->d->arena, out, r);
	}
}

static void add_regions(struct md *m)
{
	struct da_ranges regions = { 0 }, list = ranges_of(&m->d->proc.mem);

	regions_of_windows(m, &regions);
	for (size_t i = 0; i < m->maps.n; i++)
		da_vec_push(m->d->arena, &regions, m->maps.v[i]);
	m->has_regions = regions.n > 0;
	da_ranges_settle(m->d->arena, &regions);
	da_ranges_lay(m->d->arena, &list, &regions, true);
	set_ranges(&m->d->proc.mem, &list);
}

/*
 * Modules make a map of their own where nothing better tells what was mapped: sections, and around them
 * the extent of the module with unknown protection.
 */
static void add_images(struct md *m)
{
	struct da_ranges images = { 0 }, extents = { 0 }, list = ranges_of(&m->d->proc.mem);

	for (uint32_t i = 0; i < m->d->proc.modules.n; i++) {
		const struct da_module *mod = &m->d->proc.modules.v[i];
		struct da_range r = { .start = mod->start, .end = mod->end, .module = i,
				      .kind = DA_RANGE_IMAGE, .name = mod->path };

		if (!m->has_regions)
			add_sections(m, &images, i);
		da_vec_push(m->d->arena, &extents, r);
	}
	da_ranges_settle(m->d->arena, &images);
	da_ranges_settle(m->d->arena, &extents);
	da_ranges_lay(m->d->arena, &images, &extents, false);
	da_ranges_lay(m->d->arena, &list, &images, !m->has_regions);
	set_ranges(&m->d->proc.mem, &list);
}

void md_name_memory(struct md *m)
{
	struct da_process *p = &m->d->proc;

	add_images(m);
	for (size_t i = 0; i < p->mem.ranges.n; i++) {
		struct da_range *r = &p->mem.ranges.v[i];

		if (r->module == DA_NONE)
			r->module = da_module_at(p, r->start);
		if (r->module != DA_NONE) {
			r->kind = DA_RANGE_IMAGE;
			if (!r->name && m->maps.n == 0) /* a map of Linux names all there is to name */
				r->name = p->modules.v[r->module].path;
		}
	}
}

void md_read_memory(struct md *m)
{
	struct da_ranges list = { 0 }, stacks = { 0 };

	saved_by_list(m, &list);
	saved_by_list64(m, &list);
	da_ranges_settle(m->d->arena, &list);
	saved_by_threads(m, &stacks);
	da_ranges_settle(m->d->arena, &stacks);
	da_ranges_lay(m->d->arena, &list, &stacks, false);
	if (list.n == 0)
		da_note(m->d->ledger, DA_NOTE_MISSING, "memory", NULL, "the dump holds no memory");
	set_ranges(&m->d->proc.mem, &list);
	keep_own_stacks(m);
	add_regions(m);
}
