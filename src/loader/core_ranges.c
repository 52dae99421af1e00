/* SPDX-License-Identifier: Apache-2.0 */
/* What each range of a core is: which module or file, whose stack; and where each thread's stack ends. */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "loader/elfcore.h"

static const struct core_mapping *mapping_at(struct core *c, uint64_t addr)
{
	size_t low = 0, high = c->mappings.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->mappings.v[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->mappings.n && c->mappings.v[low].start <= addr ? &c->mappings.v[low] : NULL;
}

static void add_unsaved(struct core *c, struct da_memory *out, uint64_t start, uint64_t end)
{
	if (start < end)
		da_vec_push(c->d->arena, &out->ranges,
			    ((struct da_range){ .start = start, .end = end, .module = DA_NONE }));
}

struct span {
	uint64_t start, end;
};

/*
 * gcore leaves mappings that it did not save out of the program headers; the FILE note, and PID.maps, still
 * tell of them. They are part of the map, with unknown protection.
 */
static void add_told_ranges(struct core *c, const struct span *v, size_t n)
{
	struct da_memory *m = &c->d->proc.mem, out = { 0 };
	size_t i = 0;

	for (size_t k = 0; k < n; k++) {
		uint64_t at = v[k].start;

		if (out.ranges.n)
			at = DA_MAX(at, out.ranges.v[out.ranges.n - 1].end);
		for (; i < m->ranges.n && m->ranges.v[i].start < v[k].end; i++) {
			add_unsaved(c, &out, at, m->ranges.v[i].start);
			da_vec_push(c->d->arena, &out.ranges, m->ranges.v[i]);
			at = DA_MAX(at, m->ranges.v[i].end);
		}
		add_unsaved(c, &out, at, v[k].end);
	}
	for (; i < m->ranges.n; i++)
		da_vec_push(c->d->arena, &out.ranges, m->ranges.v[i]);
	memcpy(&m->ranges, &out.ranges, sizeof(m->ranges));
}

static void add_noted_ranges(struct core *c)
{
	struct span *v = da_calloc(c->d->arena, c->mappings.n, sizeof(*v));

	for (size_t i = 0; i < c->mappings.n; i++)
		v[i] = (struct span){ c->mappings.v[i].start, c->mappings.v[i].end };
	add_told_ranges(c, v, c->mappings.n);
}

/* ---------------------------------------------------------------- PID.maps */

/* Memory of the kernel's, which the process cannot change: no part of it. */
static bool is_kernels(const struct core_line *l)
{
	return da_streq(l->name, "[vsyscall]") || (l->name && da_starts(l->name, "[vvar"));
}

static void add_listed_ranges(struct core *c)
{
	struct span *v = da_calloc(c->d->arena, c->lines.n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < c->lines.n; i++)
		if (!is_kernels(&c->lines.v[i]))
			v[n++] = (struct span){ c->lines.v[i].start, c->lines.v[i].end };
	add_told_ranges(c, v, n);
}

static const struct core_line *line_of(const struct core *c, const struct da_range *r)
{
	size_t low = 0, high = c->lines.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->lines.v[mid].end <= r->start)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->lines.n && c->lines.v[low].start <= r->start && r->end <= c->lines.v[low].end ? &c->lines.v[low] : NULL;
}

/* What the dump itself says of a range stays. */
static void take_line(struct core *c, struct da_range *r)
{
	const struct core_line *l = line_of(c, r);

	if (!l)
		return;
	/* gdb marks all that it saved as readable, also what was mapped without any right */
	if (!r->has_prot || (l->prot == 0 && r->prot == DA_PROT_R)) {
		r->prot = l->prot;
		r->has_prot = true;
	}
	r->sharing = l->shared ? DA_SHARING_SHARED : DA_SHARING_PRIVATE;
	if (!r->name)
		r->name = l->name;
	if (r->module != DA_NONE)
		return;
	if (l->shared && r->kind == DA_RANGE_ANONYMOUS)
		r->kind = DA_RANGE_SHARED;
	else if (da_streq(l->name, "[heap]"))
		r->kind = DA_RANGE_HEAP;
	else if (r->kind == DA_RANGE_ANONYMOUS && r->prot == 0)
		r->kind = DA_RANGE_RESERVED;
}

/* Files by which memory is shared: System V segments, POSIX shared memory, memfd, /dev/zero. */
static bool is_shared_file(const char *path)
{
	return da_starts(path, "/SYSV") || da_starts(path, "/dev/shm/") || da_starts(path, "/memfd:") ||
	       da_starts(path, "/dev/zero") || da_starts(path, "/anon_hugepage");
}

static enum da_range_kind kind_of(const struct da_range *r, const struct core_mapping *f)
{
	if (r->module != DA_NONE)
		return DA_RANGE_IMAGE;
	if (f)
		return is_shared_file(f->path) ? DA_RANGE_SHARED : DA_RANGE_MAPPED_FILE;
	if (r->has_prot && r->prot == 0)
		return DA_RANGE_RESERVED;
	if (r->has_prot && (r->prot & DA_PROT_X))
		return DA_RANGE_CODE;
	return DA_RANGE_ANONYMOUS;
}

void core_name_ranges(struct core *c)
{
	struct da_process *p = &c->d->proc;

	if (c->mappings.n)
		add_noted_ranges(c);
	if (c->lines.n)
		add_listed_ranges(c);
	for (size_t i = 0; i < p->mem.ranges.n; i++) {
		struct da_range *r = &p->mem.ranges.v[i];
		const struct core_mapping *f = mapping_at(c, r->start);

		r->module = da_module_at(p, r->start);
		if (f) {
			r->name = f->path;
			r->name_off = f->off + (r->start - f->start);
		} else if (r->module != DA_NONE) {
			r->name = p->modules.v[r->module].path;
		}
		r->kind = (uint8_t)kind_of(r, f);
		take_line(c, r);
	}
}

/* ---------------------------------------------------------------- stacks */

/*
 * glibc keeps { stackblock, size, guardsize, reported guardsize } in the thread's descriptor, at a
 * place that moves with version and CPU; its shape does not. The descriptor lies at the thread pointer
 * (x86) or just below it, at the top of the block itself.
 */
#define DESCRIPTOR 0xa00
#define SYSTEM_PAGE UINT64_C(0x1000)

static bool is_block(uint64_t block, uint64_t size, uint64_t guard, uint64_t tp)
{
	return block && size >= 4 * SYSTEM_PAGE && size < (UINT64_C(1) << 40) && block % SYSTEM_PAGE == 0 &&
	       size % SYSTEM_PAGE == 0 && guard % SYSTEM_PAGE == 0 && guard < size / 2 &&
	       block + size > block && tp > block && tp < block + size &&
	       block + size - tp <= 0x10000; /* descriptor, static TLS and rounding */
}

/* A word that is no address of a page ends it at once; of most threads hundreds are looked at. */
static bool may_be_block(const struct da_memory *m, const uint8_t *b, unsigned word)
{
	static const uint8_t zero[8];
	uint8_t low = b[m->big_endian ? word - 1 : 0], next = b[m->big_endian ? word - 2 : 1];

	return low == 0 && (next & 0xf) == 0 && memcmp(b, zero, word) != 0;
}

static bool block_of_descriptor(struct core *c, struct da_thread *t)
{
	const struct da_memory *m = &c->d->proc.mem;
	uint64_t from = t->tp - DESCRIPTOR, sp = t->regs.v[c->d->proc.arch->sp];
	const uint8_t *piece = NULL; /* what lies at `at` in one piece */
	size_t have = 0;

	for (uint64_t at = from & ~(uint64_t)(c->word - 1); at < t->tp + DESCRIPTOR; at += c->word) {
		uint64_t w[3];
		bool ok = true;

		if (have < c->word)
			piece = da_mem_view_some(m, at, &have);
		if (!piece) {
			have = 0;
			continue;
		}
		if (have >= c->word) {
			ok = may_be_block(m, piece, c->word);
			piece += c->word;
			have -= c->word;
		} else {
			have = 0; /* a word in two pieces */
		}
		for (unsigned i = 0; i < 3 && ok; i++)
			ok = da_mem_word(m, at + i * (uint64_t)c->word, &w[i]) == DA_OK;
		if (!ok || !is_block(w[0], w[1], w[2], t->tp))
			continue;
		if (sp < w[0] || sp >= w[0] + w[1])
			continue; /* on an alternate stack or a fibre: the mapping says more */
		t->stack_limit = w[0] + w[2];
		t->stack_base = w[0] + w[1];
		return true;
	}
	return false;
}

static void stack_of_mapping(struct core *c, struct da_thread *t)
{
	uint64_t sp = t->regs.v[c->d->proc.arch->sp];
	const struct da_range *r = da_mem_range(&c->d->proc.mem, sp);

	/* What gdb cannot read are mappings of many stacks; where one begins only their bytes would tell. */
	if (r && c->unread && sp - r->start >= r->file_len)
		return;
	if (r && r->module == DA_NONE && r->has_prot && (r->prot & DA_PROT_W)) {
		t->stack_limit = r->start;
		t->stack_base = r->end;
	}
}

/* An overflowed main stack has its sp just below the mapping, where the kernel refused to grow it. */
static void overflowed_stack(struct core *c, struct da_thread *t)
{
	uint64_t sp = t->regs.v[c->d->proc.arch->sp], execfn;
	const struct da_range *r;

	if (t->role != DA_ROLE_MAIN || !da_auxv(&c->d->proc, AT_EXECFN, &execfn))
		return;
	r = da_mem_range(&c->d->proc.mem, execfn);
	if (r && sp < r->start && r->start - sp <= (UINT64_C(1) << 20)) {
		t->stack_limit = r->start;
		t->stack_base = r->end;
	}
}

void core_find_stacks(struct core *c)
{
	struct da_process *p = &c->d->proc;

	if (!p->arch || !p->arch->full)
		return;
	for (size_t i = 0; i < p->threads.n; i++) {
		struct da_thread *t = &p->threads.v[i];
		struct da_range *r;

		if (!da_reg_known(&t->regs, p->arch->sp))
			continue;
		if (!t->tp || !block_of_descriptor(c, t))
			stack_of_mapping(c, t);
		if (!t->stack_base)
			overflowed_stack(c, t);
		r = (struct da_range *)(uintptr_t)da_mem_range(&p->mem, t->regs.v[p->arch->sp]);
		if (!r && t->stack_base)
			r = (struct da_range *)(uintptr_t)da_mem_range(&p->mem, t->stack_limit);
		if (r && r->kind == DA_RANGE_ANONYMOUS)
			r->kind = DA_RANGE_STACK;
	}
}
