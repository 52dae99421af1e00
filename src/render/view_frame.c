/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a stack, as the renderers draw them. */
#include "config.h"

#include <inttypes.h>

#include "base/str.h"
#include "render/view.h"

/* Of a longer stack, its top and its end are drawn: folded recursion leaves few stacks so long. */
enum { MAX_FRAMES = 200, HEAD_FRAMES = 150, TAIL_FRAMES = 40 };

struct reader {
	const struct da_view *v;
	enum da_col col;
	const struct da_cell *cell;
	uint32_t k;
};

static const char *text(const struct reader *r, enum da_col sub)
{
	struct da_cell c;

	return da_cell_sub(r->v->doc, r->col, r->cell, r->k, sub, &c) ? c.text : NULL;
}

static bool number(const struct reader *r, enum da_col sub, uint64_t *ret)
{
	struct da_cell c;

	if (!da_cell_sub(r->v->doc, r->col, r->cell, r->k, sub, &c))
		return false;
	*ret = c.type == DA_TYPE_NUMBER ? (uint64_t)c.i : c.u;
	return true;
}

static bool yes(const struct reader *r, enum da_col sub, bool *ret)
{
	struct da_cell c;

	if (!da_cell_sub(r->v->doc, r->col, r->cell, r->k, sub, &c))
		return false;
	*ret = c.b;
	return true;
}

void da_view_frame(const struct da_view *v, enum da_col col, const struct da_cell *cell, uint32_t k,
		   struct da_frame_row *ret)
{
	struct reader r = { .v = v, .col = col, .cell = cell, .k = k };
	struct da_frame_row f = { .repeat = 1 };

	f.has_index = number(&r, DA_COL_frame_index, &f.index);
	f.has_pc = number(&r, DA_COL_frame_pc, &f.pc);
	f.has_offset = number(&r, DA_COL_frame_offset, &f.offset);
	f.has_module_offset = number(&r, DA_COL_frame_module_offset, &f.module_offset);
	f.has_line = number(&r, DA_COL_frame_line, &f.line);
	number(&r, DA_COL_frame_repeat, &f.repeat);
	f.function = text(&r, DA_COL_frame_function);
	f.module = text(&r, DA_COL_frame_module_name);
	f.module_id = text(&r, DA_COL_frame_module);
	f.file = text(&r, DA_COL_frame_file);
	f.kind = text(&r, DA_COL_frame_kind);
	f.trust = text(&r, DA_COL_frame_trust);
	f.noise = yes(&r, DA_COL_frame_own, &f.own) && !f.own;
	yes(&r, DA_COL_frame_inlined, &f.inlined);
	yes(&r, DA_COL_frame_hidden, &f.hidden);
	*ret = f;
}

void da_frame_name(struct da_str *s, const struct da_frame_row *f)
{
	if (f->function)
		da_str_add(s, f->function);
	else if (f->module && f->has_module_offset)
		da_str_addf(s, "%s+0x%" PRIx64, f->module, f->module_offset);
	else if (f->has_pc)
		da_str_addf(s, "0x%" PRIx64, f->pc);
	else
		da_str_add(s, "unknown");
}

void da_frame_source(struct da_str *s, const struct da_frame_row *f)
{
	const char *base = f->file;
	bool windows; /* "C:\\src\\a.cpp"; elsewhere a backslash is part of a name, or of an escape */

	if (!base)
		return;
	windows = base[0] && base[1] == ':' && base[2] == '\\';
	for (const char *p = f->file; *p; p++)
		if ((*p == '/' || (windows && *p == '\\')) && p[1])
			base = p + 1;
	da_str_add(s, base);
	if (f->has_line && f->line)
		da_str_addf(s, ":%" PRIu64, f->line);
}

const char *da_frame_how(const struct da_frame_row *f)
{
	static const struct {
		const char *trust, *how;
	} words[] = {
		{ "context", "registers" },           { "runtime", "runtime" },
		{ "cfi", "unwind data" },             { "frame-pointer", "frame pointer" },
		{ "scan", "stack scan: may be wrong" },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(words); i++)
		if (da_streq(words[i].trust, f->trust))
			return words[i].how;
	return "";
}

const char *da_view_end(const char *word)
{
	static const struct {
		const char *word, *sentence;
	} ends[] = {
		{ "cycle", "The walk ends here: the stack leads back to a frame that it passed." },
		{ "missing-memory", "The walk ends here: the rest of the stack is not in the dump." },
		{ "limit", "The walk ends here: the limit of frames was reached." },
		{ "no-unwind-info", "The walk ends here: nothing says how this code was called." },
		{ "corrupt", "The walk ends here: what follows on the stack is not a frame." },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(ends); i++)
		if (da_streq(ends[i].word, word))
			return ends[i].sentence;
	return NULL;
}

void da_view_frames(const struct da_view *v, uint32_t n, uint32_t *ret_head, uint32_t *ret_tail)
{
	*ret_head = v->full || n <= MAX_FRAMES ? n : HEAD_FRAMES;
	*ret_tail = v->full || n <= MAX_FRAMES ? 0 : TAIL_FRAMES;
}

uint32_t da_view_hidden(const struct da_view *v, enum da_col col, const struct da_cell *cell, uint32_t k, uint32_t end)
{
	struct da_frame_row f;
	uint32_t n = 0;

	for (; !v->full && k + n < end; n++) {
		da_view_frame(v, col, cell, k + n, &f);
		if (!f.hidden)
			break;
	}
	return n;
}
