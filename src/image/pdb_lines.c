/* SPDX-License-Identifier: Apache-2.0 */
/* C13 line information of a module: one subsection with lines for each contribution with code. */
#include "config.h"

#include <stdlib.h>

#include "image/pdb.h"

enum { DEBUG_S_LINES = 0xf2, DEBUG_S_FILECHKSMS = 0xf4, DEBUG_S_INLINEELINES = 0xf6 };

#define LINES_HEADER 12
#define BLOCK_HEADER 12
#define IGNORE 0x80000000
/* What compilers write for code that no line of the source made. */
#define HIDDEN 0xf00f00
#define NEVER_STEP_INTO 0xfeefee

static void add_lines(struct pdb *p, struct pdb_module *m, struct da_cursor c, uint32_t at)
{
	struct pdb_lines x = { .at = at + LINES_HEADER };

	x.addr.off = da_get_u32(&c);
	x.addr.seg = da_get_u16(&c);
	x.columns = da_get_u16(&c) & 1;
	x.size = da_get_u32(&c);
	x.len = (uint32_t)da_left(&c);
	if (da_ok(&c) && x.addr.seg && x.size)
		da_vec_push(p->base.arena, &m->lines, x);
}

static void add_inlinees(struct pdb *p, struct pdb_module *m, struct da_cursor c, uint32_t at)
{
	uint32_t more = da_get_u32(&c);

	if (more > 1)
		return;
	while (da_left(&c) >= 12) {
		uint32_t pos = at + (uint32_t)da_pos(&c), id = da_get_u32(&c), n = 0;
		uint64_t *slot;
		bool fresh;

		da_skip(&c, 8);
		if (more)
			n = da_get_u32(&c);
		if (!da_count_ok(&c, n, 4, UINT32_MAX))
			return;
		da_skip(&c, 4 * (size_t)n);
		slot = da_map_put(p->base.arena, &m->inlinees, id, &fresh);
		if (fresh)
			*slot = pos;
	}
}

static int compare_lines(const void *a, const void *b)
{
	const struct pdb_lines *x = a, *y = b;
	int c = pdb_addr_compare(x->addr, y->addr);

	return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

void pdb_index_lines(struct pdb *p, struct pdb_module *m)
{
	struct da_cursor c = da_cursor(m->c13.p, m->c13.n, false, 4);

	while (da_left(&c) >= 8) {
		uint32_t kind = da_get_u32(&c), len = da_get_u32(&c), at = (uint32_t)da_pos(&c);
		struct da_cursor body;

		if (len > da_left(&c))
			break;
		body = da_sub(&c, at, len);
		if (kind == DEBUG_S_LINES)
			add_lines(p, m, body, at);
		else if (kind == DEBUG_S_INLINEELINES)
			add_inlinees(p, m, body, at);
		else if (kind == DEBUG_S_FILECHKSMS)
			m->files = (struct da_bytes){ body.p, len };
		da_skip(&c, len);
		da_align(&c, 4);
	}
	if (m->lines.n)
		qsort(m->lines.v, m->lines.n, sizeof(*m->lines.v), compare_lines);
}

/* ---------------------------------------------------------------- look-up */

static const struct pdb_lines *find_lines(const struct pdb_module *m, struct pdb_addr addr)
{
	size_t low = 0, high = m->lines.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pdb_addr_compare(m->lines.v[mid].addr, addr) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (unsigned back = 0; low && back < 8; back++) {
		const struct pdb_lines *x = &m->lines.v[--low];

		if (x->addr.seg == addr.seg && addr.off - x->addr.off < x->size)
			return x;
	}
	return NULL;
}

struct row {
	uint32_t off, line, file;
	bool found;
};

/* The last row at or before rel; hidden ones leave what stands before them. */
static void search_block(struct da_cursor *c, uint32_t n, uint32_t file, uint32_t rel, struct row *best)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t off = da_get_u32(c), line = da_get_u32(c) & 0xffffff;

		if (off > rel || line == HIDDEN || line == NEVER_STEP_INTO || (best->found && off < best->off))
			continue;
		*best = (struct row){ off, line, file, true };
	}
}

bool pdb_line(const struct pdb_module *m, struct pdb_addr addr, uint32_t *ret_line, uint32_t *ret_file)
{
	const struct pdb_lines *x = find_lines(m, addr);
	struct row best = { 0 };
	struct da_cursor all, c;

	if (!x)
		return false;
	all = da_cursor(m->c13.p, m->c13.n, false, 4);
	c = da_sub(&all, x->at, x->len);
	while (da_left(&c) >= BLOCK_HEADER) {
		size_t start = da_pos(&c);
		uint32_t file = da_get_u32(&c), n = da_get_u32(&c), bytes = da_get_u32(&c);

		if (!da_count_ok(&c, n, 8, UINT32_MAX))
			break;
		search_block(&c, n, file, addr.off - x->addr.off, &best);
		if (bytes < BLOCK_HEADER || !da_fits(start, bytes, x->len))
			break;
		da_seek(&c, start + bytes);
	}
	if (!best.found || !best.line)
		return false;
	*ret_line = best.line;
	*ret_file = best.file;
	return true;
}

const char *pdb_file(const struct pdb *p, struct da_arena *a, const struct pdb_module *m, uint32_t file)
{
	struct da_cursor c = da_cursor(m->files.p, m->files.n, false, 4);
	uint32_t name;
	const char *text;

	da_seek(&c, file);
	name = da_get_u32(&c);
	if (!da_ok(&c))
		return NULL;
	text = pdb_name(p, a, name);
	return text && *text ? text : NULL;
}
