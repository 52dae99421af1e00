/* SPDX-License-Identifier: Apache-2.0 */
/* What an address is near, in words. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "fault/parts.h"

/* How far from a mapping an address still says something about it. */
#define BESIDE UINT64_C(0x10000)
/* The kernel looks for room for the break this far behind the program (arm64: up to 1 GiB). */
#define BREAK_GAP UINT64_C(0x40000000)

const struct da_range *da_fault_around(const struct da_memory *m, uint64_t addr,
				       const struct da_range **ret_above)
{
	size_t low = 0, high = m->ranges.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->ranges.v[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (ret_above)
		*ret_above = low < m->ranges.n ? &m->ranges.v[low] : NULL;
	return low ? &m->ranges.v[low - 1] : NULL;
}

/*
 * The kernel and qemu list every mapping, saved or not. gcore and createdump leave out what they did not
 * save; a minidump lists it only with a MemoryInfoList, whose ranges have protections.
 */
bool da_fault_map_is_complete(const struct da_dump *d)
{
	if (da_streq(d->origin.writer, "kernel") || da_streq(d->origin.writer, "qemu"))
		return true;
	if (!da_streq(d->origin.format, "minidump"))
		return d->origin.format == NULL;
	for (size_t i = 0; i < d->proc.mem.ranges.n; i++)
		if (d->proc.mem.ranges.v[i].has_prot && d->proc.mem.ranges.v[i].file_len == 0)
			return true;
	return false;
}

bool da_fault_may_execute(const struct da_fault *f, uint64_t addr)
{
	const struct da_range *r = da_mem_range(&f->p->mem, addr);

	if (r)
		return !r->has_prot || (r->prot & DA_PROT_X);
	if (addr < DA_NULL_PAGE || (f->p->arch && !da_arch_canonical(f->p->arch, addr)))
		return false;
	return da_module_at(f->p, addr) != DA_NONE || !da_fault_map_is_complete(f->d);
}

/* Does any module reach over this address, whether its range was listed or not? */
static uint32_t module_of(const struct da_process *p, const struct da_range *r, uint64_t addr)
{
	if (r && r->module != DA_NONE && r->module < p->modules.n)
		return r->module;
	return r ? DA_NONE : da_module_at(p, addr);
}

/* The thread whose stack begins exactly where this range without access ends. */
static uint32_t guard_of(const struct da_process *p, const struct da_range *r, uint64_t addr)
{
	if (r && !(r->has_prot && r->prot == 0))
		return DA_NONE;
	for (size_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (t->stack_base && r ? t->stack_limit == r->end
				       : t->stack_base && addr < t->stack_limit &&
						 t->stack_limit - addr <= BESIDE)
			return (uint32_t)i;
	}
	return DA_NONE;
}

static bool is_break_heap(const struct da_process *p, const struct da_range *r)
{
	if (r->kind == DA_RANGE_HEAP || (r->name && da_streq(r->name, "[heap]")))
		return true;
	if (r->kind != DA_RANGE_ANONYMOUS || !r->has_prot || !(r->prot & DA_PROT_W))
		return false;
	for (size_t i = 0; i < p->modules.n; i++) {
		const struct da_module *m = &p->modules.v[i];

		if (!m->main || r->start < m->end || r->start - m->end > BREAK_GAP)
			continue;
		/* the first anonymous range behind the program, with nothing else in between */
		return i + 1 == p->modules.n || p->modules.v[i + 1].start > r->start;
	}
	return false;
}

static void add_module_place(struct da_str *s, struct da_dump *d, struct da_symbols *sy, uint32_t module,
			     const struct da_range *r, uint64_t addr)
{
	const struct da_module *m = &d->proc.modules.v[module];
	const struct da_place *place = NULL;

	if (sy && (!r || !r->has_prot || (r->prot & DA_PROT_X)))
		place = da_symbols_place(sy, addr, false);
	if (place && place->ncalls && place->exact && place->calls[0].function) {
		da_str_addf(s, DA_SYM("%s"), place->calls[0].function);
		if (addr > place->start)
			da_str_addf(s, " + 0x%" PRIx64, addr - place->start);
		da_str_addf(s, " in " DA_SYM("%s"), m->name ? m->name : "?");
		return;
	}
	da_str_addf(s, DA_SYM("%s"), m->name ? m->name : "a module");
	if (addr > m->start)
		da_str_addf(s, " + 0x%" PRIx64, addr - m->start);
}

/* The range itself, without the address's place in it. */
static void add_range_name(struct da_str *s, struct da_dump *d, const struct da_range *r)
{
	const struct da_process *p = &d->proc;
	uint32_t t = da_thread_of_stack(p, r->end - 1);

	if (t == DA_NONE)
		t = da_thread_of_stack(p, r->start);
	if (r->module != DA_NONE && r->module < p->modules.n)
		da_str_addf(s, DA_SYM("%s"),
			    p->modules.v[r->module].name ? p->modules.v[r->module].name : "a module");
	else if (t != DA_NONE)
		da_str_addf(s, "the stack of " DA_REF("t%u"), t + 1);
	else if (is_break_heap(p, r))
		da_str_add(s, "the heap");
	else if (r->name)
		da_str_addf(s, "the mapping of " DA_PATH("%s"), r->name);
	else
		da_str_add(s, "a mapping");
}

static void add_protection(struct da_str *s, const struct da_range *r)
{
	if (!r->has_prot)
		return;
	if (r->prot == 0)
		da_str_add(s, ", no access allowed");
	else if (!(r->prot & DA_PROT_W))
		da_str_add(s, r->prot & DA_PROT_X ? ", code, read-only" : ", read-only");
}

static void add_unsaved(struct da_str *s, const struct da_dump *d, uint64_t addr)
{
	uint8_t b;

	if (da_mem_u8(&d->proc.mem, addr, &b) != DA_OK)
		da_str_add(s, ", not in the dump");
}

static void in_range(struct da_str *s, struct da_dump *d, struct da_symbols *sy,
		     const struct da_range *r, uint64_t addr)
{
	const struct da_process *p = &d->proc;
	uint32_t module = module_of(p, r, addr), t = da_thread_of_stack(p, addr);
	uint32_t guard = guard_of(p, r, addr);

	if (guard != DA_NONE) {
		da_str_addf(s, "guard page below the stack of " DA_REF("t%u"), guard + 1);
		return;
	}
	if (t != DA_NONE) {
		da_str_addf(s, "stack of " DA_REF("t%u"), t + 1);
	} else if (module != DA_NONE) {
		add_module_place(s, d, sy, module, r, addr);
		add_protection(s, r);
	} else if (is_break_heap(p, r)) {
		da_str_add(s, "heap");
	} else if (r->name) {
		da_str_addf(s, "mapping of " DA_PATH("%s"), r->name);
		if (addr > r->start)
			da_str_addf(s, " + 0x%" PRIx64, addr - r->start);
		add_protection(s, r);
	} else {
		da_str_add(s, r->has_prot && r->prot == 0 ? "reserved memory"
			      : r->has_prot && (r->prot & DA_PROT_X) ? "anonymous code"
								     : "anonymous memory");
		add_protection(s, r);
	}
	if (!(r->has_prot && r->prot == 0))
		add_unsaved(s, d, addr);
}

bool da_fault_same_bytes(uint64_t addr)
{
	return addr == (addr & 0xff) * UINT64_C(0x0101010101010101);
}

/* Six of eight: an index that was added spoils the lowest bytes. */
bool da_fault_is_text(uint64_t addr)
{
	unsigned text = 0;

	for (unsigned i = 0; i < 8; i++) {
		uint8_t b = (uint8_t)(addr >> 8 * i);

		text += b >= 0x20 && b < 0x7f;
	}
	return text >= 6;
}

/* What the bytes of an address that cannot be one look like; none of them is named. */
static const char *looks_like(uint64_t addr)
{
	if (da_fault_same_bytes(addr))
		return ", the same byte repeated";
	return da_fault_is_text(addr) ? ", its bytes are text" : "";
}

static void outside(struct da_str *s, struct da_dump *d, uint64_t addr)
{
	const struct da_range *above, *below = da_fault_around(&d->proc.mem, addr, &above);
	uint64_t up = above ? above->start - addr : UINT64_MAX;
	uint64_t down = below ? addr - below->end : UINT64_MAX;
	uint32_t guard = guard_of(&d->proc, NULL, addr);
	const char *nowhere = da_fault_map_is_complete(d) ? "in no mapping" : "in no mapping that the dump lists";

	if (guard != DA_NONE && up <= BESIDE) {
		da_str_addf(s, "0x%" PRIx64 " below the stack of " DA_REF("t%u"), up, guard + 1);
	} else if (down <= up && down < BESIDE) {
		/* end is the first address that is no longer in it */
		if (down)
			da_str_addf(s, "%s, 0x%" PRIx64 " beyond the end of ", nowhere, down);
		else
			da_str_addf(s, "%s, at the end of ", nowhere);
		add_range_name(s, d, below);
	} else if (up < BESIDE) {
		da_str_addf(s, "%s, 0x%" PRIx64 " before the start of ", nowhere, up);
		add_range_name(s, d, above);
	} else {
		da_str_addf(s, "%s%s", nowhere, looks_like(addr));
	}
}

const char *da_fault_impossible(struct da_dump *d, uint64_t addr)
{
	/* All kernels of 64-bit CPUs live in the upper half: the top 17 bits are set. */
	if (d->proc.mem.word == 8 && addr >> 47 == 0x1ffff)
		return "an address of the kernel";
	return da_printf(d->arena, "no possible address (non-canonical)%s", looks_like(addr));
}

const char *da_near(struct da_dump *d, struct da_symbols *s, uint64_t addr)
{
	struct da_str text DA_CLEANUP(da_str_done) = { 0 };
	const struct da_process *p = &d->proc;
	const struct da_range *r = da_mem_range(&p->mem, addr);
	const struct da_unloaded *gone = da_unloaded_at(p, addr);
	uint64_t minus = p->bits == 32 || p->mem.word == 4 ? (uint32_t)-addr : 0 - addr;

	if (gone)
		da_str_addf(&text, DA_SYM("%s") " + 0x%" PRIx64 ", which was unloaded", gone->name, addr - gone->start);
	else if (r)
		in_range(&text, d, s, r, addr);
	else if (addr == 0)
		da_str_add(&text, "null pointer");
	else if (addr < DA_NULL_PAGE)
		da_str_addf(&text, "null pointer + 0x%" PRIx64, addr);
	else if (minus < 0x1000)
		da_str_addf(&text, "null pointer - 0x%" PRIx64, minus);
	else if (p->arch && !da_arch_canonical(p->arch, addr))
		return da_fault_impossible(d, addr);
	else if (da_module_at(p, addr) != DA_NONE)
		add_module_place(&text, d, s, da_module_at(p, addr), NULL, addr);
	else
		outside(&text, d, addr);
	return da_strdup(d->arena, da_str_get(&text));
}

bool da_value_shown(struct da_dump *d, struct da_symbols *s, uint64_t value, const char **ret_meaning)
{
	if (value < DA_NULL_PAGE) {
		if (ret_meaning)
			*ret_meaning = NULL;
		return true;
	}
	if (!da_mem_range(&d->proc.mem, value))
		return false;
	if (ret_meaning)
		*ret_meaning = da_near(d, s, value);
	return true;
}
