/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "image/lines.h"

/* Rows from one note to the next. */
#define STRIDE 32
/* What a hostile table could repeat: kinds of entries, and entries. */
#define FORMATS 16

/* The registers of the machine that matter here, and where the program goes on. */
struct state {
	uint64_t address, at;
	uint32_t file, line;
};

struct sequence {
	uint32_t first, n; /* its notes */
};

struct file {
	const char *name;
	uint64_t dir;
	const char *path; /* once asked for */
};

struct da_lines {
	struct da_image *im;
	struct da_cursor program;
	uint16_t version;
	bool dwarf64;
	uint8_t min_length, line_range, opcode_base;
	int8_t line_base;
	struct {
		uint8_t address; /* to be multiplied by min_length */
		int16_t line;
	} special[256];
	DA_VEC(const char *) dirs;
	DA_VEC(struct file) files;
	DA_VEC(struct state) notes;
	DA_VEC(struct sequence) sequences;
	struct da_ranges ranges; /* value: index in sequences */
};

/* ---------------------------------------------------------------- header */

static uint64_t get_offset(struct da_cursor *c, const struct da_lines *l)
{
	return l->dwarf64 ? da_get_u64(c) : da_get_u32(c);
}

/* Text in place that ends inside what is left. */
static const char *get_string(struct da_cursor *c)
{
	const uint8_t *p = c->p, *nul = da_ok(c) && da_left(c) ? memchr(p, 0, da_left(c)) : NULL;

	da_skip(c, nul ? (size_t)(nul - p) + 1 : da_left(c) + 1);
	return nul ? (const char *)p : NULL;
}

static const char *section_string(struct da_image *im, const char *section, uint64_t off)
{
	struct da_bytes b = da_image_section_raw(im, da_image_section(im, section));

	return off < b.n && memchr(b.p + off, 0, b.n - (size_t)off) ? (const char *)b.p + off : NULL;
}

/* A value of an entry's field: a number or a string, whichever the form holds. */
static bool get_form(struct da_cursor *c, const struct da_lines *l, uint64_t form, uint64_t *ret,
		     const char **ret_text)
{
	switch (form) {
	case DW_FORM_string:
		*ret_text = get_string(c);
		break;
	case DW_FORM_line_strp:
		*ret_text = section_string(l->im, ".debug_line_str", get_offset(c, l));
		break;
	case DW_FORM_strp:
		*ret_text = section_string(l->im, ".debug_str", get_offset(c, l));
		break;
	case DW_FORM_udata:
		*ret = da_get_uleb(c);
		break;
	case DW_FORM_data1:
		*ret = da_get_u8(c);
		break;
	case DW_FORM_data2:
		*ret = da_get_u16(c);
		break;
	case DW_FORM_data4:
		*ret = da_get_u32(c);
		break;
	case DW_FORM_data8:
		*ret = da_get_u64(c);
		break;
	case DW_FORM_data16:
		da_skip(c, 16);
		break;
	case DW_FORM_block:
		da_skip(c, (size_t)da_get_uleb(c));
		break;
	default:
		return false;
	}
	return da_ok(c);
}

static void add_entry(struct da_lines *l, bool dirs, const char *name, uint64_t dir)
{
	if (dirs)
		da_vec_push(l->im->arena, &l->dirs, name);
	else
		da_vec_push(l->im->arena, &l->files, ((struct file){ name, dir, NULL }));
}

/* DWARF 5: the form of an entry's fields, then the entries; both directories and files. */
static bool read_entries(struct da_cursor *c, struct da_lines *l, bool dirs)
{
	uint64_t kinds[FORMATS], forms[FORMATS], n;
	uint8_t nformats = da_get_u8(c);

	if (!da_ok(c) || nformats > FORMATS)
		return false;
	for (unsigned i = 0; i < nformats; i++) {
		kinds[i] = da_get_uleb(c);
		forms[i] = da_get_uleb(c);
	}
	n = da_get_uleb(c);
	if (n && (!nformats || !da_count_ok(c, n, 1, UINT32_MAX)))
		return false;
	for (uint64_t i = 0; i < n; i++) {
		const char *name = NULL, *text;
		uint64_t dir = 0, value;

		for (unsigned k = 0; k < nformats; k++) {
			value = 0;
			text = NULL;
			if (!get_form(c, l, forms[k], &value, &text))
				return false;
			if (kinds[k] == DW_LNCT_path)
				name = text;
			else if (kinds[k] == DW_LNCT_directory_index)
				dir = value;
		}
		add_entry(l, dirs, name, dir);
	}
	return da_ok(c);
}

/* Before DWARF 5: lists that an empty string ends. Number 0 is the unit's directory, and no file. */
static bool read_old_entries(struct da_cursor *c, struct da_lines *l)
{
	const char *s;

	add_entry(l, true, NULL, 0);
	while ((s = get_string(c)) != NULL && *s)
		add_entry(l, true, s, 0);
	add_entry(l, false, NULL, 0);
	while (s && (s = get_string(c)) != NULL && *s) {
		uint64_t dir = da_get_uleb(c);

		da_get_uleb(c); /* time and size */
		da_get_uleb(c);
		add_entry(l, false, s, dir);
	}
	return da_ok(c);
}

/* Operands of the opcodes that everybody knows; a table that says otherwise is for somebody else. */
static bool usual_operands(struct da_cursor *c, uint8_t opcode_base)
{
	static const uint8_t usual[] = { 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1 };

	for (unsigned i = 0; i + 1 < opcode_base; i++)
		if (da_get_u8(c) != (i < sizeof(usual) ? usual[i] : 255))
			return false;
	return true;
}

static bool read_header(struct da_lines *l, struct da_cursor *section, uint64_t offset)
{
	struct da_cursor c = da_sub(section, offset, da_left(section) - offset);
	uint64_t size, length, begin;
	uint8_t word = 0, selector = 0, operations = 1;

	size = da_get_u32(&c);
	l->dwarf64 = size == 0xffffffff;
	if (l->dwarf64)
		size = da_get_u64(&c);
	if (!da_ok(&c) || size > da_left(&c))
		return false;
	c = da_sub(&c, da_pos(&c), size);
	l->version = da_get_u16(&c);
	if (l->version < 2 || l->version > 5)
		return false;
	if (l->version == 5) {
		word = da_get_u8(&c);
		selector = da_get_u8(&c);
	}
	length = get_offset(&c, l);
	begin = da_pos(&c);
	l->min_length = da_get_u8(&c);
	if (l->version >= 4)
		operations = da_get_u8(&c);
	da_get_u8(&c); /* is a statement by default */
	l->line_base = (int8_t)da_get_u8(&c);
	l->line_range = da_get_u8(&c);
	l->opcode_base = da_get_u8(&c);
	if (!da_ok(&c) || selector || operations != 1 || !l->line_range || l->opcode_base < 10 || l->opcode_base > 13 ||
	    (word && word != c.word) || length > size - begin || !usual_operands(&c, l->opcode_base))
		return false;
	if (l->version == 5 ? !read_entries(&c, l, true) || !read_entries(&c, l, false) : !read_old_entries(&c, l))
		return false;
	for (unsigned op = l->opcode_base; op < 256; op++) {
		l->special[op].address = (uint8_t)((op - l->opcode_base) / l->line_range);
		l->special[op].line = (int16_t)(l->line_base + (int)((op - l->opcode_base) % l->line_range));
	}
	l->program = da_sub(&c, begin + length, size - begin - length);
	return da_ok(&l->program);
}

/* ---------------------------------------------------------------- the program */

enum step { ROW, END, NOTHING, STRANGE };

/* The program is read a byte at a time, a million of them: most are all of a number. */
static inline uint8_t get_byte(struct da_cursor *c)
{
	return c->p < c->end ? *c->p++ : da_get_u8(c);
}

static inline uint64_t get_uleb(struct da_cursor *c)
{
	return c->p < c->end && *c->p < 0x80 ? *c->p++ : da_get_uleb(c);
}

static int64_t get_sleb(struct da_cursor *c)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t b;

	do {
		b = get_byte(c);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	if (shift < 64 && (b & 0x40))
		v |= ~UINT64_C(0) << shift;
	return (int64_t)v;
}

static enum step run_extended(struct da_cursor *c, struct state *s)
{
	uint64_t n = get_uleb(c);
	uint8_t op = n ? get_byte(c) : 0;

	if (!n || n > da_left(c) + 1)
		return STRANGE;
	if (op == DW_LNE_end_sequence)
		return n == 1 ? END : STRANGE;
	if (op == DW_LNE_define_file || (op == DW_LNE_set_address && n != c->word + UINT64_C(1)))
		return STRANGE;
	if (op == DW_LNE_set_address)
		s->address = da_get_word(c);
	else
		da_skip(c, (size_t)n - 1);
	return NOTHING;
}

/* One operation. */
static inline enum step run(const struct da_lines *l, struct da_cursor *c, struct state *s)
{
	uint8_t op = get_byte(c);

	if (op >= l->opcode_base) {
		s->address += (uint64_t)l->min_length * l->special[op].address;
		s->line += (uint32_t)l->special[op].line;
		return ROW;
	}
	switch (op) {
	case 0:
		return run_extended(c, s);
	case DW_LNS_copy:
		return ROW;
	case DW_LNS_advance_pc:
		s->address += l->min_length * get_uleb(c);
		break;
	case DW_LNS_advance_line:
		s->line += (uint32_t)get_sleb(c);
		break;
	case DW_LNS_set_file:
		s->file = (uint32_t)get_uleb(c);
		break;
	case DW_LNS_set_column:
	case DW_LNS_set_isa:
		get_uleb(c);
		break;
	case DW_LNS_const_add_pc:
		s->address += (uint64_t)l->min_length * l->special[255].address;
		break;
	case DW_LNS_fixed_advance_pc:
		s->address += da_get_u16(c);
		break;
	default: /* flags that change nothing here */
		break;
	}
	return NOTHING;
}

static void end_sequence(struct da_lines *l, struct sequence *q, uint64_t end)
{
	if (q->n && end > l->notes.v[q->first].address) {
		da_ranges_add(l->im->arena, &l->ranges, l->notes.v[q->first].address, end, (uint32_t)l->sequences.n);
		da_vec_push(l->im->arena, &l->sequences, *q);
	}
	*q = (struct sequence){ .first = (uint32_t)l->notes.n };
}

/* False: rows that go back, or what run() does not know. */
static bool run_all(struct da_lines *l)
{
	static const struct state fresh = { .file = 1, .line = 1 };
	struct state s = fresh;
	struct sequence q = { 0 };
	struct da_cursor c = l->program;
	uint64_t rows = 0, last = 0;

	while (da_left(&c)) {
		enum step step = run(l, &c, &s);

		if (!da_ok(&c) || step == STRANGE)
			return false;
		if (step == NOTHING)
			continue;
		if (rows && s.address < last)
			return false;
		last = s.address;
		if (step == END) {
			end_sequence(l, &q, s.address);
			s = fresh;
			rows = 0;
		} else if (rows++ % STRIDE == 0) {
			s.at = da_pos(&c);
			da_vec_push(l->im->arena, &l->notes, s);
			q.n++;
		}
	}
	da_ranges_sort(&l->ranges);
	return true;
}

/* ---------------------------------------------------------------- opening and finding */

static struct da_lines *read_table(struct da_image *im, struct da_section *s, uint64_t offset)
{
	struct da_bytes b = da_image_section_raw(im, s);
	struct da_cursor section = da_image_cursor(im, b);
	struct da_lines *l;

	if (offset >= b.n)
		return NULL;
	l = da_new(im->arena, struct da_lines);
	l->im = im;
	return read_header(l, &section, offset) && run_all(l) ? l : NULL;
}

struct da_lines *da_lines_open(struct da_image *im, uint64_t offset)
{
	static const char *const needed[] = { ".debug_line", ".debug_line_str", ".debug_str" };
	struct da_section *s;
	uint64_t *known;
	bool fresh;

	for (size_t i = 0; i < DA_ARRAY_SIZE(needed); i++) {
		s = da_image_section(im, needed[i]);
		if (s ? da_section_compressed(im, s) : i == 0)
			return NULL;
	}
	if (im->type == ET_REL)
		return NULL;
	known = da_map_put(im->arena, &im->lines, offset, &fresh);
	if (fresh)
		*known = (uintptr_t)read_table(im, da_image_section(im, needed[0]), offset);
	return (struct da_lines *)(uintptr_t)*known;
}

bool da_lines_find(struct da_lines *l, uint64_t addr, uint32_t *ret_file, uint32_t *ret_line)
{
	const struct da_range_item *r = da_ranges_find(&l->ranges, addr);
	const struct sequence *q = r ? &l->sequences.v[r->value] : NULL;
	size_t low = 0, high = q ? q->n : 0;
	struct state s, row;
	struct da_cursor c;
	enum step step;

	if (!q)
		return false;
	while (low < high) { /* the last note at or below */
		size_t mid = low + (high - low) / 2;

		if (l->notes.v[q->first + mid].address <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	row = s = l->notes.v[q->first + low - 1];
	c = l->program;
	da_seek(&c, (size_t)s.at);
	do {
		row = s;
		while ((step = run(l, &c, &s)) == NOTHING && da_ok(&c))
			;
	} while (step == ROW && da_ok(&c) && s.address <= addr);
	*ret_file = row.file;
	*ret_line = row.line;
	return true;
}

bool da_path_rooted(const char *path)
{
	unsigned char drive = (unsigned char)(path[0] | 0x20);

	return path[0] == '/' || path[0] == '\\' ||
	       (drive >= 'a' && drive <= 'z' && path[1] == ':' && (path[2] == '/' || path[2] == '\\'));
}

const char *da_lines_file(struct da_lines *l, uint64_t number)
{
	struct file *f = number < l->files.n ? &l->files.v[number] : NULL;
	const char *dir;

	if (!f || !f->name)
		return NULL;
	dir = f->dir < l->dirs.n ? l->dirs.v[f->dir] : NULL;
	if (!f->path)
		f->path = dir && !da_path_rooted(f->name) ? da_printf(l->im->arena, "%s/%s", dir, f->name) : f->name;
	return f->path;
}
