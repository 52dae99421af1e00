/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breakpad's symbol files (docs/symbol_files.md there): lines of text. One pass notes where functions,
 * public symbols and unwind records stand; the lines of a function are read when it is asked for.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "image/breakpad.h"

#define INLINES_DEPTH 64

/* ---------------------------------------------------------------- lines and fields */

struct bp_line bp_line(const struct breakpad *b, uint64_t at, uint64_t *ret_next)
{
	struct da_bytes f = b->base.bytes;
	const uint8_t *p = f.p + DA_MIN(at, (uint64_t)f.n), *end = f.p + f.n, *nl = NULL;

	if (p < end)
		nl = memchr(p, '\n', (size_t)(end - p));
	*ret_next = nl ? (uint64_t)(nl + 1 - f.p) : f.n;
	if (nl)
		end = nl;
	while (end > p && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	return (struct bp_line){ p, end, false };
}

static void skip_spaces(struct bp_line *l)
{
	while (l->p < l->end && *l->p == ' ')
		l->p++;
}

bool bp_word(struct bp_line *l, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(l->end - l->p) <= n || memcmp(l->p, word, n) != 0 || l->p[n] != ' ')
		return false;
	l->p += n;
	skip_spaces(l);
	return true;
}

/* The value of a hexadecimal digit, + 1; 0: it is none. A report reads millions. */
static const uint8_t digits[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,	['7'] = 8,
	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static int digit(uint8_t c)
{
	return digits[c] ? digits[c] - 1 : 99;
}

static uint32_t number(struct bp_line *l, unsigned base)
{
	const uint8_t *p = l->p, *end = l->end;
	uint64_t v = 0;

	for (unsigned d; p < end && (d = digits[*p]) != 0 && d <= base; p++) {
		v = v * base + (d - 1);
		if (v > UINT32_MAX) {
			l->p = p;
			l->failed = true;
			return 0;
		}
	}
	if (p == l->p || (p < end && *p != ' '))
		l->failed = true;
	l->p = p;
	skip_spaces(l);
	return l->failed ? 0 : (uint32_t)v;
}

uint32_t bp_hex(struct bp_line *l)
{
	return number(l, 16);
}

uint32_t bp_decimal(struct bp_line *l)
{
	return number(l, 10);
}

const char *bp_rest(struct bp_line *l, struct da_arena *a)
{
	if (l->failed || l->p >= l->end)
		return NULL;
	return da_text_cstr(a, l->p, (size_t)(l->end - l->p));
}

/* ---------------------------------------------------------------- the index */

static void add(struct breakpad *b, struct bp_table *t, uint64_t at, uint32_t addr, uint32_t size)
{
	struct bp_entry e = { at, addr, size };

	if (t->e.n >= b->base.limits->symbols)
		return;
	if (t->e.n && t->e.v[t->e.n - 1].addr > addr)
		t->unsorted = true;
	da_vec_push(b->base.arena, &t->e, e);
}

static void index_stack(struct breakpad *b, struct bp_line l)
{
	uint64_t at;
	uint32_t type, addr, size;
	if (bp_word(&l, "WIN")) {
		type = bp_hex(&l);
		at = (uint64_t)(l.p - b->base.bytes.p);
		addr = bp_hex(&l);
		size = bp_hex(&l);
		if (!l.failed && (type == 4 || type == 0))
			add(b, type ? &b->win_data : &b->win_fpo, at, addr, size);
	} else if (bp_word(&l, "CFI") && bp_word(&l, "INIT")) {
		at = (uint64_t)(l.p - b->base.bytes.p);
		addr = bp_hex(&l);
		size = bp_hex(&l);
		if (!l.failed)
			add(b, &b->cfi, at, addr, size);
	}
}

static void index_line(struct breakpad *b, struct bp_line l)
{
	uint64_t at;
	uint32_t addr;
	bool func;

	if (bp_word(&l, "STACK")) {
		index_stack(b, l);
		return;
	}
	if ((func = bp_word(&l, "FUNC")) || bp_word(&l, "PUBLIC")) {
		(void)bp_word(&l, "m"); /* several functions had this code */
		at = (uint64_t)(l.p - b->base.bytes.p);
		addr = bp_hex(&l);
		if (!l.failed)
			add(b, func ? &b->funcs : &b->publics, at, addr, func ? bp_hex(&l) : 0);
	} else if (bp_word(&l, "FILE")) {
		addr = bp_decimal(&l);
		if (!l.failed)
			add(b, &b->files, (uint64_t)(l.p - b->base.bytes.p), addr, 1);
	} else if (bp_word(&l, "INLINE_ORIGIN")) {
		addr = bp_decimal(&l);
		if (!l.failed)
			add(b, &b->origins, (uint64_t)(l.p - b->base.bytes.p), addr, 1);
	}
}

static int compare(const void *a, const void *b)
{
	const struct bp_entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/*
 * Most lines are rows of a function, which begin with an address, or steps of a CFI record, which
 * belong to the INIT before them: neither is looked at more closely.
 */
static bool is_record(const uint8_t *p, size_t n)
{
	return n && *p >= 'F' && *p <= 'S' &&
	       !(n > 10 && memcmp(p, "STACK CFI ", 10) == 0 && digit(p[10]) < 16);
}

void bp_index(struct breakpad *b)
{
	struct bp_table *tables[] = { &b->funcs, &b->publics, &b->win_data, &b->win_fpo, &b->cfi,
				      &b->files, &b->origins };
	struct da_bytes f = b->base.bytes;

	if (b->indexed)
		return;
	b->indexed = true;
	for (uint64_t at = 0, next; at < f.n; at = next) {
		const uint8_t *p = f.p + at, *nl = memchr(p, '\n', f.n - (size_t)at);

		next = nl ? (uint64_t)(nl + 1 - f.p) : f.n;
		if (is_record(p, (size_t)(next - at)))
			index_line(b, bp_line(b, at, &next));
	}
	for (size_t i = 0; i < DA_ARRAY_SIZE(tables); i++)
		if (tables[i]->unsorted)
			qsort(tables[i]->e.v, tables[i]->e.n, sizeof(*tables[i]->e.v), compare);
}

/* The last entry that begins at or before the address, + 1; 0: none. */
static size_t before(const struct bp_table *t, uint32_t addr)
{
	size_t low = 0, high = t->e.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->e.v[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct bp_entry *bp_find(const struct bp_table *t, uint32_t addr)
{
	size_t i = before(t, addr);

	/* Records of frames lie inside one another. */
	for (unsigned back = 0; i && back < 64; back++) {
		const struct bp_entry *e = &t->e.v[--i];

		if (addr - e->addr < e->size)
			return e;
	}
	return NULL;
}

/* ---------------------------------------------------------------- functions */

static const char *file_name(const struct breakpad *b, struct da_arena *a, uint32_t number)
{
	const struct bp_entry *e = bp_find(&b->files, number);
	struct bp_line l;
	uint64_t next;

	if (!e)
		return NULL;
	l = bp_line(b, e->at, &next);
	return bp_rest(&l, a);
}

/* INLINE_ORIGIN id name; until 2022 the number of a file stood in between. */
static const char *origin_name(const struct breakpad *b, struct da_arena *a, uint32_t number, bool old)
{
	const struct bp_entry *e = bp_find(&b->origins, number);
	struct bp_line l;
	uint64_t next;

	if (!e)
		return NULL;
	l = bp_line(b, e->at, &next);
	if (old)
		(void)bp_decimal(&l);
	return bp_rest(&l, a);
}

struct inlined {
	bool found, old, has_file;
	uint32_t line, file, origin; /* of the call */
};

static bool covers(struct bp_line l, uint32_t rva)
{
	while (l.p < l.end) {
		uint32_t start = bp_hex(&l), size = bp_hex(&l);

		if (l.failed)
			return false;
		if (rva >= start && rva - start < size)
			return true;
	}
	return false;
}

/* Pairs of address and size end the line: an odd number of fields before them tells the old form. */
static void read_inline(struct bp_line l, uint32_t rva, struct inlined *in)
{
	struct inlined x = { .found = true };
	struct bp_line count = l;
	uint32_t depth = bp_decimal(&l);
	unsigned fields = 0;

	while (count.p < count.end && !count.failed) {
		(void)bp_hex(&count);
		fields++;
	}
	x.old = fields % 2 == 1;
	x.line = bp_decimal(&l);
	if (!x.old)
		x.file = bp_decimal(&l);
	x.origin = bp_decimal(&l);
	if (!l.failed && depth < INLINES_DEPTH && covers(l, rva))
		in[depth] = x;
}

/* All lines of a function: the row of the address, and the calls that were inlined there. */
static bool read_function(const struct breakpad *b, uint64_t at, uint32_t rva, struct inlined *in,
			  uint32_t *ret_line, uint32_t *ret_file)
{
	bool found = false;
	uint64_t next;

	for (; at < b->base.bytes.n; at = next) {
		struct bp_line l = bp_line(b, at, &next);
		uint32_t start, size, line, file;

		if (l.p == l.end)
			continue;
		if (bp_word(&l, "INLINE")) {
			read_inline(l, rva, in);
			continue;
		}
		if (digit(*l.p) > 15)
			break;
		start = bp_hex(&l);
		size = bp_hex(&l);
		line = bp_decimal(&l);
		file = bp_decimal(&l);
		if (l.failed) /* FUNC, FILE: they begin with a hexadecimal digit, too */
			break;
		if (found || rva < start || rva - start >= size)
			continue;
		found = true;
		*ret_line = line;
		*ret_file = file;
	}
	return found;
}

/* The row tells the line of the innermost call; each record of one the line where it was made. */
static void fill(const struct breakpad *b, struct da_arena *a, const struct inlined *in, bool lined,
		 uint32_t line, uint32_t file, struct da_dwarf_place *place)
{
	for (unsigned i = 0; i + 1 < place->n; i++) {
		place->calls[i].line = in[i].line;
		place->calls[i].file = in[i].old || !in[i].line ? NULL : file_name(b, a, in[i].file);
		place->calls[i + 1].function = origin_name(b, a, in[i].origin, in[i].old);
	}
	if (lined && line) {
		place->calls[place->n - 1].line = line;
		place->calls[place->n - 1].file = file_name(b, a, file);
	}
}

static enum da_status place(struct da_symfile *f, struct da_arena *a, uint32_t rva,
			    struct da_dwarf_place *ret)
{
	struct breakpad *b = breakpad_of(f);
	struct da_dwarf_place p = { .n = 1 };
	struct inlined in[INLINES_DEPTH] = { { 0 } };
	const struct bp_entry *e;
	uint32_t line = 0, file = 0;
	struct bp_line l;
	uint64_t next;
	bool lined;

	bp_index(b);
	e = bp_find(&b->funcs, rva);
	if (!e)
		return DA_NOT_FOUND;
	l = bp_line(b, e->at, &next);
	p.start = bp_hex(&l);
	p.end = p.start + bp_hex(&l);
	(void)bp_hex(&l); /* bytes of parameters */
	lined = read_function(b, next, rva, in, &line, &file);
	while (p.n <= INLINES_DEPTH && p.n <= f->limits->inlines && in[p.n - 1].found)
		p.n++;
	p.calls = da_calloc(a, p.n, sizeof(*p.calls));
	p.calls[0].function = bp_rest(&l, a);
	fill(b, a, in, lined, line, file, &p);
	*ret = p;
	return p.calls[0].function ? DA_OK : DA_PARTIAL;
}

/* ---------------------------------------------------------------- public symbols */

static enum da_status symbol(struct da_symfile *f, struct da_arena *a, uint32_t rva,
			     struct da_elf_symbol *ret)
{
	struct breakpad *b = breakpad_of(f);
	const struct bp_entry *e;
	struct bp_line l;
	const char *name;
	uint64_t next;
	size_t i, func;

	bp_index(b);
	i = before(&b->publics, rva);
	if (!i)
		return DA_NOT_FOUND;
	e = &b->publics.e.v[i - 1];
	/* A function that ended before the address tells that the symbol, too, does not reach it. */
	func = before(&b->funcs, rva);
	if (func && b->funcs.e.v[func - 1].addr >= e->addr)
		return DA_NOT_FOUND;
	l = bp_line(b, e->at, &next);
	(void)bp_hex(&l);
	(void)bp_hex(&l);
	name = bp_rest(&l, a);
	if (!name)
		return DA_NOT_FOUND;
	*ret = (struct da_elf_symbol){ .start = e->addr, .name = name };
	return DA_OK;
}

static bool named_in(const struct breakpad *b, const struct bp_table *t, bool func, struct da_arena *a,
		     const char *name, struct da_elf_symbol *ret)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < t->e.n; i++) {
		uint64_t next;
		struct bp_line l = bp_line(b, t->e.v[i].at, &next);

		(void)bp_hex(&l);
		if (func)
			(void)bp_hex(&l);
		(void)bp_hex(&l);
		if (l.failed || (size_t)(l.end - l.p) != n || memcmp(l.p, name, n) != 0)
			continue;
		*ret = (struct da_elf_symbol){ .start = t->e.v[i].addr, .size = t->e.v[i].size,
					       .name = da_strdup(a, name) };
		return true;
	}
	return false;
}

static enum da_status named(struct da_symfile *f, struct da_arena *a, const char *name,
			    struct da_elf_symbol *ret)
{
	struct breakpad *b = breakpad_of(f);

	bp_index(b);
	return named_in(b, &b->funcs, true, a, name, ret) || named_in(b, &b->publics, false, a, name, ret) ?
		       DA_OK : DA_NOT_FOUND;
}

/* ---------------------------------------------------------------- opening */

static bool full(struct da_symfile *f)
{
	struct breakpad *b = breakpad_of(f);

	bp_index(b);
	return b->funcs.e.n && b->files.e.n;
}

static const struct da_symfile_methods methods = {
	.kind = DA_SYMFILE_BREAKPAD,
	.place = place,
	.symbol = symbol,
	.named = named,
	.frame = bp_frame,
	.cfi = bp_cfi,
	.full = full,
};

bool da_breakpad_bid(struct da_bytes b)
{
	return b.n > 7 && memcmp(b.p, "MODULE ", 7) == 0;
}

static bool read_id(struct breakpad *b, struct bp_line *l)
{
	struct bp_line age;
	unsigned n = 0;

	for (; n < 32 && l->p < l->end && digit(*l->p) < 16; l->p++, n++)
		b->base.guid[n / 2] = (uint8_t)(b->base.guid[n / 2] << 4 | digit(*l->p));
	age = *l;
	b->base.age = b->base.other_age = bp_hex(&age);
	return n == 32 && !age.failed;
}

enum da_status da_breakpad_open(struct da_arena *a, struct da_bytes bytes, const struct da_limits *limits,
				struct da_symfile **ret)
{
	static const struct {
		const char *word, *arch;
	} archs[] = { { "x86_64", "x86_64" }, { "x86", "x86" }, { "arm64", "aarch64" } };
	struct breakpad *b = da_new(a, struct breakpad);
	struct bp_line l;
	uint64_t next;

	b->base = (struct da_symfile){ .methods = &methods, .arena = a, .bytes = bytes, .limits = limits };
	l = bp_line(b, 0, &next);
	(void)bp_word(&l, "MODULE");
	while (l.p < l.end && *l.p != ' ') /* the operating system */
		l.p++;
	skip_spaces(&l);
	for (size_t i = 0; i < DA_ARRAY_SIZE(archs); i++)
		if (bp_word(&l, archs[i].word))
			for (size_t k = 0; k < da_archs_n; k++)
				if (da_streq(da_archs[k]->name, archs[i].arch))
					b->arch = da_archs[k];
	while (!b->arch && l.p < l.end && *l.p != ' ')
		l.p++;
	skip_spaces(&l);
	if (!read_id(b, &l))
		return DA_CORRUPT;
	*ret = &b->base;
	return DA_OK;
}
