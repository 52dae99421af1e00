/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version resource of a Windows image: a tree of directories (type, name, language) leads to it, and
 * it is a tree itself, of records {length, length of the value, kind, key as UTF-16, value, children},
 * each aligned to four bytes.
 *
 * Source: Microsoft, "VS_VERSIONINFO" and "PE Format" (learn.microsoft.com/windows/win32/menurc/vs-versioninfo).
 */
#include "config.h"

#include <string.h>

#include "image/pe.h"
#include "image/private.h"

enum { RT_VERSION = 16, DEPTH = 3, ENTRIES_MAX = 256, RESOURCE_MAX = 64 << 10, SIGNATURE = 0xfeef04bd };

/* ---------------------------------------------------------------- the directory */

/* The first entry of a directory at `off` in it, or the one with this id; its second word. */
static bool find_entry(struct da_image *im, uint32_t off, uint32_t id, uint32_t *ret)
{
	uint32_t rva = im->pe->dirs[DA_PE_RESOURCE].rva;
	uint8_t head[16], entry[8];
	struct da_cursor c;
	unsigned n;

	if (off >= im->pe->dirs[DA_PE_RESOURCE].size || !da_pe_copy(im, rva + off, head, sizeof(head)))
		return false;
	c = da_cursor(head, sizeof(head), false, 4);
	da_skip(&c, 12);
	n = da_get_u16(&c);
	n += da_get_u16(&c);
	for (unsigned i = 0; i < DA_MIN(n, (unsigned)ENTRIES_MAX); i++) {
		if (!da_pe_copy(im, rva + off + 16 + 8 * i, entry, sizeof(entry)))
			return false;
		c = da_cursor(entry, sizeof(entry), false, 4);
		if (da_get_u32(&c) == id || !id) {
			*ret = da_get_u32(&c);
			return true;
		}
	}
	return false;
}

/* The resource's bytes; all of them are there, or none. */
static struct da_bytes find_resource(struct da_image *im, struct da_arena *a)
{
	const struct da_bytes none = { NULL, 0 };
	uint32_t off = 0, rva, size;
	uint8_t leaf[8], *p;
	struct da_cursor c;

	for (unsigned level = 0; level < DEPTH; level++) {
		bool last = level == DEPTH - 1;

		if (!find_entry(im, off, level == 0 ? RT_VERSION : 0, &off) || (off >> 31 != 0) == last)
			return none;
		off &= INT32_MAX;
	}
	if (off >= im->pe->dirs[DA_PE_RESOURCE].size ||
	    !da_pe_copy(im, im->pe->dirs[DA_PE_RESOURCE].rva + off, leaf, sizeof(leaf)))
		return none;
	c = da_cursor(leaf, sizeof(leaf), false, 4);
	rva = da_get_u32(&c);
	size = da_get_u32(&c);
	if (!size || size > RESOURCE_MAX)
		return none;
	p = da_alloc(a, size);
	return da_pe_copy(im, rva, p, size) ? (struct da_bytes){ p, size } : none;
}

/* ---------------------------------------------------------------- the records */

struct record {
	struct da_cursor value, children; /* children: of the resource, from the first to the record's end */
	char key[32];
};

/* Takes the record at c; false: there is no more. */
static bool next_record(struct da_cursor *c, struct record *ret)
{
	size_t start, length, units, n = 0;
	struct da_cursor r;
	bool text;

	da_align(c, 4);
	start = da_pos(c);
	length = da_get_u16(c);
	if (length < 6 || length > da_left(c) + 2)
		return false;
	r = *c;
	r.end = c->base + start + length;
	units = da_get_u16(&r);
	text = da_get_u16(&r) == 1;
	for (uint16_t u; (u = da_get_u16(&r)) != 0 && da_ok(&r);)
		if (n < sizeof(ret->key) - 1)
			ret->key[n++] = u < 0x80 ? (char)u : '?';
	ret->key[n] = '\0';
	da_align(&r, 4);
	/* The length of a text counts units; some tools count bytes, the terminator ends it then. */
	ret->value = r;
	da_skip(&r, DA_MIN(text ? 2 * units : units, da_left(&r)));
	da_align(&r, 4);
	ret->children = r;
	da_seek(c, start + length);
	return da_ok(&r) && da_ok(c);
}

static const char *read_text(struct da_arena *a, struct da_cursor c)
{
	const uint8_t *p = c.p;
	size_t n = 0, max = DA_MIN(da_left(&c) / 2, (size_t)256);

	while (n < max && da_get_u16(&c) != 0)
		n++;
	while (n && p[2 * n - 2] == ' ' && p[2 * n - 1] == 0)
		n--;
	return n ? da_text_utf16(a, p, n, false) : NULL;
}

/* In StringFileInfo: one table a language, of which the first that names a company is taken. */
static const char *find_company(struct da_arena *a, struct da_cursor children)
{
	struct record info, table, string;

	while (next_record(&children, &info)) {
		if (strcmp(info.key, "StringFileInfo") != 0)
			continue;
		while (next_record(&info.children, &table))
			while (next_record(&table.children, &string)) {
				const char *text = strcmp(string.key, "CompanyName") != 0 ?
							   NULL : read_text(a, string.value);

				if (text)
					return text;
			}
	}
	return NULL;
}

static const char *number(struct da_arena *a, uint32_t high, uint32_t low)
{
	return high || low ? da_printf(a, "%u.%u.%u.%u", high >> 16, high & 0xffff, low >> 16, low & 0xffff) : NULL;
}

static void read_version(struct da_bytes b, struct da_arena *a, struct da_module *m)
{
	struct da_cursor c = da_cursor(b.p, b.n, false, 4);
	uint32_t file[2], product[2];
	struct record root;

	if (!next_record(&c, &root) || strcmp(root.key, "VS_VERSION_INFO") != 0)
		return;
	if (!m->company)
		m->company = find_company(a, root.children);
	c = root.value;
	if (m->version || da_get_u32(&c) != SIGNATURE)
		return;
	da_skip(&c, 4);
	file[0] = da_get_u32(&c);
	file[1] = da_get_u32(&c);
	product[0] = da_get_u32(&c);
	product[1] = da_get_u32(&c);
	if (!da_ok(&c))
		return;
	m->version = number(a, file[0], file[1]);
	m->product_version = number(a, product[0], product[1]);
}

void da_pe_add_version(struct da_image *im, struct da_arena *a, struct da_module *m)
{
	struct da_arena *scratch;
	struct da_bytes b;

	if (!im || !im->pe || !im->pe->dirs[DA_PE_RESOURCE].rva)
		return;
	scratch = da_arena_new();
	b = find_resource(im, scratch);
	if (b.n)
		read_version(b, a, m);
	da_arena_free(scratch);
}
