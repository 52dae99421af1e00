/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of a PDB (object files, for the rest of the world) and the functions in them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/pdb.h"

enum { STREAM_DBI = 3, DBI_HEADER = 64, MODULE_HEADER = 64 };

enum {
	S_END = 0x0006, S_THUNK32 = 0x1102, S_LPROC32 = 0x110f, S_GPROC32 = 0x1110, S_SEPCODE = 0x1132,
	S_LPROC32_ID = 0x1146, S_GPROC32_ID = 0x1147, S_LPROC32_DPC = 0x1155, S_LPROC32_DPC_ID = 0x1156,
};

/* ---------------------------------------------------------------- the list of modules */

void pdb_load_modules(struct pdb *p)
{
	struct da_bytes b;
	struct da_cursor c;

	if (p->modules_tried)
		return;
	p->modules_tried = true;
	if (!msf_bytes(&p->msf, p->base.arena, STREAM_DBI, DBI_HEADER, p->modules_size, &b))
		return;
	c = da_cursor(b.p, b.n, false, 4);
	while (da_left(&c) >= MODULE_HEADER && p->modules.n < PDB_NO_STREAM) {
		struct pdb_module m = { 0 };

		da_skip(&c, 0x22);
		m.stream = da_get_u16(&c);
		m.sym_bytes = da_get_u32(&c);
		m.c11_bytes = da_get_u32(&c);
		m.c13_bytes = da_get_u32(&c);
		da_skip(&c, MODULE_HEADER - 0x30);
		for (int i = 0; i < 2; i++) { /* module name, object name */
			const uint8_t *nul = memchr(c.p, 0, da_left(&c));

			if (!nul)
				return;
			da_skip(&c, (size_t)(nul + 1 - c.p));
		}
		da_align(&c, 4);
		da_vec_push(p->base.arena, &p->modules, m);
	}
}

/* ---------------------------------------------------------------- functions */

/* The code that a record describes, if it is a function or a piece of one. */
static bool code_of(struct da_cursor c, uint16_t kind, struct pdb_proc *ret)
{
	da_skip(&c, 4); /* the parent */
	ret->end = da_get_u32(&c);
	switch (kind) {
	case S_LPROC32: case S_GPROC32: case S_LPROC32_ID: case S_GPROC32_ID:
	case S_LPROC32_DPC: case S_LPROC32_DPC_ID:
		da_skip(&c, 4);
		ret->size = da_get_u32(&c);
		da_skip(&c, 12);
		ret->addr.off = da_get_u32(&c);
		ret->addr.seg = da_get_u16(&c);
		break;
	case S_THUNK32:
		da_skip(&c, 4);
		ret->addr.off = da_get_u32(&c);
		ret->addr.seg = da_get_u16(&c);
		ret->size = da_get_u16(&c);
		break;
	case S_SEPCODE:
		ret->size = da_get_u32(&c);
		da_skip(&c, 4);
		ret->addr.off = da_get_u32(&c);
		da_skip(&c, 4);
		ret->addr.seg = da_get_u16(&c);
		break;
	default:
		return false;
	}
	return da_ok(&c) && ret->size && ret->addr.seg;
}

static int compare_procs(const void *a, const void *b)
{
	const struct pdb_proc *x = a, *y = b;
	int c = pdb_addr_compare(x->addr, y->addr);

	return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

static void index_procs(struct pdb *p, struct pdb_module *m)
{
	struct da_cursor c = da_cursor(m->syms.p, m->syms.n, false, 4);
	bool sorted = true;

	da_skip(&c, 4); /* signature */
	while (da_left(&c) >= 4 && m->procs.n < p->base.limits->symbols) {
		size_t at = da_pos(&c);
		uint16_t len = da_get_u16(&c), kind = da_get_u16(&c);
		struct pdb_proc proc = { .at = (uint32_t)at };

		if (len < 2 || len - 2U > da_left(&c))
			break;
		if (code_of(da_sub(&c, at + 4, len - 2U), kind, &proc)) {
			size_t n = m->procs.n;

			sorted = sorted && (!n || pdb_addr_compare(m->procs.v[n - 1].addr, proc.addr) <= 0);
			da_vec_push(p->base.arena, &m->procs, proc);
			/* What is inside of a function is no function. */
			if (proc.end > at + 2 + len && proc.end < m->syms.n) {
				da_seek(&c, proc.end);
				continue;
			}
		}
		da_skip(&c, len - 2U);
	}
	if (!sorted)
		qsort(m->procs.v, m->procs.n, sizeof(*m->procs.v), compare_procs);
}

struct pdb_module *pdb_module(struct pdb *p, uint32_t i)
{
	struct pdb_module *m;
	uint64_t lines;

	pdb_load_modules(p);
	if (i >= p->modules.n)
		return NULL;
	m = &p->modules.v[i];
	if (m->loaded || m->stream == PDB_NO_STREAM)
		return m;
	m->loaded = true;
	lines = (uint64_t)m->sym_bytes + m->c11_bytes;
	if (!msf_spend(&p->msf, (uint64_t)m->sym_bytes + m->c13_bytes))
		return m;
	if (!msf_bytes(&p->msf, p->base.arena, m->stream, 0, m->sym_bytes, &m->syms))
		m->syms = (struct da_bytes){ 0 };
	if (!msf_bytes(&p->msf, p->base.arena, m->stream, lines, m->c13_bytes, &m->c13))
		m->c13 = (struct da_bytes){ 0 };
	index_procs(p, m);
	pdb_index_lines(p, m);
	return m;
}

const struct pdb_proc *pdb_proc(const struct pdb_module *m, struct pdb_addr addr)
{
	size_t low = 0, high = m->procs.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pdb_addr_compare(m->procs.v[mid].addr, addr) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (unsigned back = 0; low && back < 8; back++) {
		const struct pdb_proc *proc = &m->procs.v[--low];

		if (proc->addr.seg != addr.seg || addr.off - proc->addr.off >= proc->size)
			continue;
		/* Several of one address: the first. */
		while (low && pdb_addr_compare(m->procs.v[low - 1].addr, proc->addr) == 0 &&
		       addr.off - proc->addr.off < m->procs.v[low - 1].size)
			proc = &m->procs.v[--low];
		return proc;
	}
	return NULL;
}

/* ---------------------------------------------------------------- names */

static struct da_cursor record(const struct pdb_module *m, const struct pdb_proc *proc, uint16_t *ret_kind)
{
	struct da_cursor c = da_cursor(m->syms.p, m->syms.n, false, 4), body;
	uint16_t len;

	da_seek(&c, proc->at);
	len = da_get_u16(&c);
	*ret_kind = da_get_u16(&c);
	body = da_sub(&c, (uint64_t)proc->at + 4, len >= 2 ? len - 2U : 0);
	return body;
}

static const char *text(struct da_arena *a, struct da_cursor c, size_t off)
{
	da_seek(&c, off);
	return da_ok(&c) && da_left(&c) && *c.p ? da_text_cstr(a, c.p, da_left(&c)) : NULL;
}

/* Code that the compiler moved away from its function (cold paths, catch blocks) has the other's name. */
const char *pdb_proc_name(const struct pdb_module *m, struct da_arena *a, const struct pdb_proc *proc)
{
	uint16_t kind;
	struct da_cursor c = record(m, proc, &kind);
	struct pdb_addr parent;

	if (kind == S_THUNK32)
		return text(a, c, 0x15);
	if (kind != S_SEPCODE)
		return text(a, c, 0x23);
	da_skip(&c, 0x14);
	parent.off = da_get_u32(&c);
	da_skip(&c, 2);
	parent.seg = da_get_u16(&c);
	proc = da_ok(&c) ? pdb_proc(m, parent) : NULL;
	if (!proc)
		return NULL;
	c = record(m, proc, &kind);
	return kind == S_SEPCODE || kind == S_THUNK32 ? NULL : text(a, c, 0x23);
}

/* ---------------------------------------------------------------- the answer */

static void fill_sites(struct pdb *p, struct da_arena *a, const struct pdb_module *m,
		       const struct pdb_site *sites, unsigned n, struct da_dwarf_call *calls)
{
	for (unsigned i = 0; i < n; i++) {
		calls[i].function = pdb_function_name(p, a, sites[i].inlinee);
		calls[i].file = sites[i].line ? pdb_file(p, a, m, sites[i].file) : NULL;
		calls[i].line = sites[i].line;
	}
}

enum da_status pdb_place(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_dwarf_place *ret)
{
	struct pdb *p = pdb_of(f);
	struct pdb_contribution part;
	struct pdb_addr addr;
	struct pdb_module *m;
	const struct pdb_proc *proc;
	struct pdb_site *sites;
	struct da_dwarf_place place = { 0 };
	uint32_t line = 0, file = 0, start, max = (uint32_t)DA_MIN(f->limits->inlines, 64);
	bool lined;

	if (!pdb_from_rva(p, rva, &addr) || !pdb_contribution(p, addr, &part) ||
	    !(m = pdb_module(p, part.module)))
		return DA_NOT_FOUND;
	proc = pdb_proc(m, addr);
	lined = pdb_line(m, addr, &line, &file);
	if (!proc && !lined)
		return DA_NOT_FOUND;
	sites = da_calloc(a, max, sizeof(*sites));
	place.n = 1 + (proc ? pdb_sites(m, proc, addr.off, sites, max) : 0);
	place.calls = da_calloc(a, place.n, sizeof(*place.calls));
	if (lined) {
		place.calls[0].file = pdb_file(p, a, m, file);
		place.calls[0].line = line;
	}
	fill_sites(p, a, m, sites, place.n - 1, place.calls + 1);
	if (proc && pdb_to_rva(p, proc->addr, &start)) {
		place.calls[0].function = pdb_proc_name(m, a, proc);
		place.start = start;
		place.end = (uint64_t)start + proc->size;
	}
	*ret = place;
	return place.calls[0].function ? DA_OK : DA_PARTIAL;
}
