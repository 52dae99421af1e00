/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "image/inflate.h"
#include "image/metadata_private.h"
#include "image/portable_pdb.h"

enum { ID = 20, LINE_MAX_VALUE = 0x1fffffff /* what a compressed number holds */ };

struct da_portable_pdb {
	struct da_metadata *m;
	uint8_t guid[16];
	uint32_t stamp;
	const char **documents; /* by rid; NULL: not asked for yet */
};

enum da_status da_portable_pdb_open(struct da_arena *a, struct da_bytes bytes, struct da_portable_pdb **ret)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	const struct da_sparse sparse = { .bytes = bytes };
	struct da_portable_pdb *p;
	struct da_metadata *m;
	struct da_cursor c;
	const uint8_t *guid;
	enum da_status st = da_metadata_open(a, &sparse, &m);

	if (st != DA_OK)
		return st == DA_FAULT ? DA_CORRUPT : st; /* a file has no holes: it ends too early */
	if (!m->pdb.size)
		return DA_NOT_FOUND; /* metadata of an assembly */
	p = da_new(a, struct da_portable_pdb);
	p->m = m;
	c = da_cursor(bytes.p + m->pdb.off, (size_t)m->pdb.size, false, 8);
	guid = da_get_bytes(&c, 16);
	p->stamp = da_get_u32(&c);
	if (!da_ok(&c))
		return DA_CORRUPT;
	for (unsigned i = 0; i < 16; i++)
		p->guid[i] = guid[order[i]];
	*ret = p;
	return DA_OK;
}

enum da_status da_portable_pdb_unpack(struct da_arena *a, struct da_bytes packed, uint32_t size, uint64_t max,
				      struct da_bytes *ret)
{
	return da_inflate_raw(a, packed, size, max, ret);
}

void da_portable_pdb_id(const struct da_portable_pdb *p, uint8_t ret_guid[16], uint32_t *ret_stamp)
{
	memcpy(ret_guid, p->guid, 16);
	*ret_stamp = p->stamp;
}

/* ---------------------------------------------------------------- documents */

/* A path is kept as its parts, which other paths share, and what stands between them. */
static const char *document_name(struct da_metadata *m, uint32_t rid)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_bytes blob, part;
	struct da_cursor c;
	uint32_t index;
	char separator;

	if (!da_metadata_cell(m, DA_MD_DOCUMENT, rid, 0, &index) || !da_metadata_blob(m, index, &blob))
		return NULL;
	c = da_cursor(blob.p, blob.n, false, 8);
	separator = (char)da_get_u8(&c);
	if ((signed char)separator < 0)
		return NULL;
	for (bool first = true; da_left(&c); first = false) {
		index = da_get_md_u32(&c);
		if (!da_ok(&c) || !da_metadata_blob(m, index, &part) || s.n + part.n > da_limits_default.string)
			return NULL;
		if (separator && !first)
			da_str_addc(&s, separator);
		if (part.n)
			da_str_addn(&s, (const char *)part.p, part.n);
	}
	return s.n ? da_metadata_keep(m, da_str_get(&s), s.n) : NULL;
}

static const char *document(struct da_portable_pdb *p, uint32_t rid)
{
	static const char unknown[] = "";
	uint32_t rows = da_metadata_rows(p->m, DA_MD_DOCUMENT);
	const char *name;

	if (!rid || rid > rows)
		return NULL;
	if (!p->documents)
		p->documents = da_calloc(p->m->arena, (size_t)rows + 1, sizeof(*p->documents));
	if (!p->documents[rid]) {
		name = document_name(p->m, rid);
		p->documents[rid] = name ? name : unknown;
	}
	return p->documents[rid] == unknown ? NULL : p->documents[rid];
}

/* ---------------------------------------------------------------- sequence points */

struct points {
	struct da_cursor c;
	bool started, seen; /* seen: a point that is not hidden came before */
	uint32_t document, il;
	int64_t line;       /* of the last that is not hidden */
	bool hidden;
};

/* False: this one makes no sense. There must be more. */
static bool next_point(struct points *p)
{
	uint32_t delta, lines;
	int64_t columns, line;

	delta = da_get_md_u32(&p->c);
	while (p->started && !delta && da_left(&p->c)) { /* from here on another file */
		p->document = da_get_md_u32(&p->c);
		delta = da_get_md_u32(&p->c);
	}
	p->started = true;
	if (delta > UINT32_MAX - p->il)
		return false;
	p->il += delta;
	lines = da_get_md_u32(&p->c);
	columns = lines ? da_get_md_s32(&p->c) : (int64_t)da_get_md_u32(&p->c);
	p->hidden = !lines && !columns;
	if (p->hidden)
		return da_ok(&p->c);
	line = p->seen ? p->line + da_get_md_s32(&p->c) : (int64_t)da_get_md_u32(&p->c);
	if (p->seen)
		(void)da_get_md_s32(&p->c); /* column */
	else
		(void)da_get_md_u32(&p->c);
	p->seen = true;
	p->line = line;
	return da_ok(&p->c) && line > 0 && line <= LINE_MAX_VALUE;
}

static bool first_point(struct da_portable_pdb *p, uint32_t method, struct points *ret)
{
	struct points s = { 0 };
	struct da_bytes blob;
	uint32_t index;

	if (!da_metadata_cell(p->m, DA_MD_METHOD_DEBUG, method, 0, &s.document) ||
	    !da_metadata_cell(p->m, DA_MD_METHOD_DEBUG, method, 1, &index) || !da_metadata_blob(p->m, index, &blob) || !blob.n)
		return false;
	s.c = da_cursor(blob.p, blob.n, false, 8);
	(void)da_get_md_u32(&s.c); /* signature of the locals */
	if (!s.document)
		s.document = da_get_md_u32(&s.c);
	*ret = s;
	return da_ok(&s.c);
}

enum da_status da_portable_pdb_line(struct da_portable_pdb *p, uint32_t method, uint32_t il, const char **ret_file,
				    uint32_t *ret_line, bool *ret_approx)
{
	uint32_t file = 0, line = 0;
	bool approx = false;
	struct points s;
	const char *name;

	if (!first_point(p, method, &s))
		return DA_NOT_FOUND;
	while (da_left(&s.c)) {
		if (!next_point(&s))
			return DA_CORRUPT;
		if (s.il > il)
			break;
		approx = s.hidden;
		if (!s.hidden) {
			file = s.document;
			line = (uint32_t)s.line;
		}
	}
	name = document(p, file);
	if (!line || !name)
		return DA_NOT_FOUND;
	*ret_file = name;
	*ret_line = line;
	*ret_approx = approx;
	return DA_OK;
}

uint32_t da_portable_pdb_kickoff(struct da_portable_pdb *p, uint32_t move_next)
{
	uint32_t first, kickoff;
	bool sure;

	if (!move_next || !da_metadata_rows_of(p->m, DA_MD_BY_MOVE_NEXT, move_next, &first, &sure) ||
	    !da_metadata_cell(p->m, DA_MD_STATE_MACHINE, da_metadata_ordered(p->m, DA_MD_BY_MOVE_NEXT, first), 1, &kickoff))
		return 0;
	return kickoff;
}
