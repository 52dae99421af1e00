/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inlined calls: a tree of records inside the function's, each with a little program that tells which
 * code came from the call and from which lines ("binary annotations", cvinfo.h).
 */
#include "config.h"

#include <string.h>

#include "image/pdb.h"

enum {
	S_END = 0x0006, S_THUNK32 = 0x1102, S_BLOCK32 = 0x1103, S_WITH32 = 0x1104, S_INLINESITE = 0x114d,
	S_INLINESITE_END = 0x114e, S_PROC_ID_END = 0x114f, S_INLINESITE2 = 0x115d,
};

enum {
	BA_CODE_OFFSET = 1, BA_CHANGE_CODE_OFFSET_BASE, BA_CHANGE_CODE_OFFSET, BA_CHANGE_CODE_LENGTH,
	BA_CHANGE_FILE, BA_CHANGE_LINE_OFFSET, BA_CHANGE_LINE_END_DELTA, BA_CHANGE_RANGE_KIND,
	BA_CHANGE_COLUMN_START, BA_CHANGE_COLUMN_END_DELTA, BA_CHANGE_CODE_OFFSET_AND_LINE_OFFSET,
	BA_CHANGE_CODE_LENGTH_AND_CODE_OFFSET, BA_CHANGE_COLUMN_END,
};

#define DEPTH 128

/* ---------------------------------------------------------------- annotations */

/* One, two or four bytes, the number of leading ones tells. */
static uint32_t compressed(struct da_cursor *c)
{
	uint32_t first = da_get_u8(c), second, third;

	if (!(first & 0x80))
		return first;
	second = da_get_u8(c);
	if (!(first & 0x40))
		return (first & 0x3f) << 8 | second;
	if (first & 0x20) {
		c->failed = true;
		return 0;
	}
	third = da_get_u8(c);
	return (first & 0x1f) << 24 | second << 16 | third << 8 | da_get_u8(c);
}

static uint32_t with_sign(uint32_t v)
{
	return v & 1 ? 0 - (v >> 1) : v >> 1;
}

/* A row of the program: code from `off` on, up to the next row or `length`. */
struct program {
	uint32_t off, line, file; /* as it goes */
	uint32_t rel;             /* the offset that is looked for */
	bool open, hit;           /* a row is open, and is the one that holds rel if it reaches that far */
	uint32_t row_off, row_line, row_file;
	bool found;
	uint32_t found_line, found_file;
};

static void close_row(struct program *g, uint32_t end)
{
	if (g->open && !g->found && g->row_off <= g->rel && g->rel < end) {
		g->found = true;
		g->found_line = g->row_line;
		g->found_file = g->row_file;
	}
	g->open = false;
}

static void open_row(struct program *g)
{
	close_row(g, g->off);
	g->open = true;
	g->row_off = g->off;
	g->row_line = g->line;
	g->row_file = g->file;
}

static void annotation(struct program *g, struct da_cursor *c, uint32_t op)
{
	uint32_t v = compressed(c), length;

	switch (op) {
	case BA_CODE_OFFSET:
	case BA_CHANGE_CODE_OFFSET:
		g->off += v;
		open_row(g);
		break;
	case BA_CHANGE_CODE_LENGTH:
		close_row(g, g->off + v);
		g->off += v;
		break;
	case BA_CHANGE_FILE:
		g->file = v;
		break;
	case BA_CHANGE_LINE_OFFSET:
		g->line += with_sign(v);
		break;
	case BA_CHANGE_CODE_OFFSET_AND_LINE_OFFSET:
		g->line += with_sign(v >> 4);
		g->off += v & 15;
		open_row(g);
		break;
	case BA_CHANGE_CODE_LENGTH_AND_CODE_OFFSET:
		length = v;
		g->off += compressed(c);
		open_row(g);
		close_row(g, g->off + length);
		break;
	default: /* columns, and what tells nothing of code */
		break;
	}
}

/* Does the code at rel come from this call, and from which line? */
static bool run(struct da_cursor c, struct program *g)
{
	while (da_left(&c) && !g->found) {
		uint32_t op = compressed(&c);

		if (!op || op > BA_CHANGE_COLUMN_END || !da_ok(&c))
			break;
		annotation(g, &c, op);
		if (!da_ok(&c))
			break;
	}
	return g->found;
}

/* ---------------------------------------------------------------- the tree */

struct scope {
	bool site, holds;
	struct pdb_site call;
};

/* Where the function that was inlined begins: its lines are relative to it. */
static void origin(const struct pdb_module *m, uint32_t inlinee, struct program *g)
{
	const uint64_t *at = da_map_get(&m->inlinees, inlinee);
	struct da_cursor c = da_cursor(m->c13.p, m->c13.n, false, 4);

	if (!at)
		return;
	da_seek(&c, (size_t)*at + 4);
	g->file = da_get_u32(&c);
	g->line = da_get_u32(&c);
}

static void read_site(const struct pdb_module *m, struct da_cursor c, bool second, uint32_t rel,
		      struct scope *ret)
{
	struct program g = { .rel = rel };

	*ret = (struct scope){ .site = true };
	da_skip(&c, 8);
	ret->call.inlinee = da_get_u32(&c);
	if (second)
		da_skip(&c, 4);
	if (!da_ok(&c))
		return;
	origin(m, ret->call.inlinee, &g);
	ret->holds = run(c, &g);
	ret->call.line = g.found_line < 0xf00000 ? g.found_line : 0;
	ret->call.file = g.found_file;
}

/* All sites on the way to the one at hand, if that holds the address and lies deeper than the last. */
static unsigned keep(const struct scope *scopes, unsigned depth, struct pdb_site *sites, unsigned n,
		     unsigned max)
{
	unsigned count = 0;

	for (unsigned i = 0; i < depth; i++)
		count += scopes[i].site;
	if (count <= n || count > max)
		return n;
	count = 0;
	for (unsigned i = 0; i < depth; i++)
		if (scopes[i].site)
			sites[count++] = scopes[i].call;
	return count;
}

unsigned pdb_sites(const struct pdb_module *m, const struct pdb_proc *proc, uint32_t off,
		   struct pdb_site *sites, unsigned max)
{
	struct da_cursor c = da_cursor(m->syms.p, m->syms.n, false, 4);
	struct scope scopes[DEPTH];
	unsigned depth = 0, n = 0;

	da_seek(&c, proc->at);
	da_skip(&c, da_get_u16(&c));
	while (da_left(&c) >= 4 && da_pos(&c) < proc->end) {
		size_t at = da_pos(&c);
		uint16_t len = da_get_u16(&c), kind = da_get_u16(&c);

		if (len < 2 || len - 2U > da_left(&c) || depth == DEPTH)
			break;
		if (kind == S_INLINESITE || kind == S_INLINESITE2) {
			read_site(m, da_sub(&c, at + 4, len - 2U), kind == S_INLINESITE2,
				  off - proc->addr.off, &scopes[depth]);
			if (scopes[depth++].holds)
				n = keep(scopes, depth, sites, n, max);
		} else if (kind == S_BLOCK32 || kind == S_THUNK32 || kind == S_WITH32) {
			scopes[depth++].site = false;
		} else if (kind == S_END || kind == S_INLINESITE_END || kind == S_PROC_ID_END) {
			if (!depth--)
				break;
		}
		da_skip(&c, len - 2U);
	}
	return n;
}
