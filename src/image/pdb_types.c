/* SPDX-License-Identifier: Apache-2.0 */
/* Names of inlined functions: records of the IPI stream, with classes of the TPI stream. */
#include "config.h"

#include "image/pdb.h"

enum {
	LF_CLASS = 0x1504, LF_STRUCTURE = 0x1505, LF_UNION = 0x1506, LF_ENUM = 0x1507, LF_INTERFACE = 0x1519,
	LF_FUNC_ID = 0x1601, LF_MFUNC_ID = 0x1602, LF_STRING_ID = 0x1605,
};

#define HEADER 56
#define RECORDS_MAX 4096        /* between two entries of the index, which stand 8 KB apart */
#define RECORDS_MAX_PLAIN 65536 /* where there is no index */

static void open_types(struct pdb *p, struct pdb_types *t)
{
	uint8_t buf[HEADER];
	const uint8_t *at = msf_get(&p->msf, t->stream, 0, buf, HEADER);
	struct da_cursor c = da_cursor(at, at ? HEADER : 0, false, 4);

	t->tried = true;
	if (!at)
		return;
	da_skip(&c, 4);
	t->header = da_get_u32(&c);
	t->begin = da_get_u32(&c);
	t->end = da_get_u32(&c);
	t->bytes = da_get_u32(&c);
	t->index_stream = da_get_u16(&c);
	da_skip(&c, 18);
	t->index_off = da_get_u32(&c);
	t->index_n = da_get_u32(&c) / 8;
}

static bool index_entry(const struct pdb *p, const struct pdb_types *t, uint32_t i, uint32_t *ret_id,
			uint32_t *ret_off)
{
	uint8_t buf[8];
	const uint8_t *at = msf_get(&p->msf, t->index_stream, t->index_off + 8 * (uint64_t)i, buf, 8);
	struct da_cursor c = da_cursor(at, at ? 8 : 0, false, 4);

	*ret_id = da_get_u32(&c);
	*ret_off = da_get_u32(&c);
	return at;
}

/* A record that lies at or before the one wanted. */
static void start(const struct pdb *p, const struct pdb_types *t, uint32_t id, uint32_t *ret_id,
		  uint32_t *ret_off)
{
	uint32_t low = 0, high = t->index_n, x, off;

	*ret_id = t->begin;
	*ret_off = 0;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (!index_entry(p, t, mid, &x, &off))
			return;
		if (x <= id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && index_entry(p, t, low - 1, &x, &off) && x <= id) {
		*ret_id = x;
		*ret_off = off;
	}
}

/* The record with this number, its kind in front. */
static bool find(struct pdb *p, struct pdb_types *t, struct da_arena *a, uint32_t id, struct da_cursor *ret)
{
	uint32_t at_id, off;
	struct da_bytes b;

	if (!t->tried)
		open_types(p, t);
	if (id < t->begin || id >= t->end)
		return false;
	start(p, t, id, &at_id, &off);
	for (unsigned i = 0; i < (t->index_n ? RECORDS_MAX : RECORDS_MAX_PLAIN); i++, at_id++) {
		uint64_t at = (uint64_t)t->header + off;
		uint8_t buf[2];
		const uint8_t *head = off < t->bytes ? msf_get(&p->msf, t->stream, at, buf, 2) : NULL;
		struct da_cursor c = da_cursor(head, head ? 2 : 0, false, 4);
		uint32_t len = da_get_u16(&c);

		if (len < 2)
			return false;
		if (at_id == id) {
			if (!msf_bytes(&p->msf, a, t->stream, at + 2, len, &b))
				return false;
			*ret = da_cursor(b.p, b.n, false, 4);
			return true;
		}
		off += len + 2;
	}
	return false;
}

/* A number of 2 bytes, or of the length that its first two tell. */
static void skip_numeric(struct da_cursor *c)
{
	static const uint8_t lengths[] = { 1, 2, 2, 4, 4, 4, 8, 10, 16, 8, 8 };
	uint16_t v = da_get_u16(c);

	if (v < 0x8000)
		return;
	if (v - 0x8000U >= DA_ARRAY_SIZE(lengths))
		c->failed = true;
	else
		da_skip(c, lengths[v - 0x8000U]);
}

static const char *rest(struct da_arena *a, const struct da_cursor *c)
{
	return da_ok(c) && da_left(c) && *c->p ? da_text_cstr(a, c->p, da_left(c)) : NULL;
}

static const char *class_name(struct pdb *p, struct da_arena *a, uint32_t type)
{
	struct da_cursor c;

	if (!find(p, &p->types, a, type, &c))
		return NULL;
	switch (da_get_u16(&c)) {
	case LF_CLASS: case LF_STRUCTURE: case LF_INTERFACE:
		da_skip(&c, 16);
		skip_numeric(&c);
		return rest(a, &c);
	case LF_UNION:
		da_skip(&c, 8);
		skip_numeric(&c);
		return rest(a, &c);
	case LF_ENUM:
		da_skip(&c, 12);
		return rest(a, &c);
	default:
		return NULL;
	}
}

static const char *namespace_name(struct pdb *p, struct da_arena *a, uint32_t id)
{
	struct da_cursor c;

	if (!id || !find(p, &p->ids, a, id, &c) || da_get_u16(&c) != LF_STRING_ID)
		return NULL;
	da_skip(&c, 4);
	return rest(a, &c);
}

const char *pdb_function_name(struct pdb *p, struct da_arena *a, uint32_t id)
{
	const char *scope, *name;
	struct da_cursor c;
	uint32_t parent;
	uint16_t leaf;

	if (!find(p, &p->ids, a, id, &c))
		return NULL;
	leaf = da_get_u16(&c);
	if (leaf != LF_FUNC_ID && leaf != LF_MFUNC_ID)
		return NULL;
	parent = da_get_u32(&c);
	da_skip(&c, 4);
	name = rest(a, &c);
	scope = leaf == LF_MFUNC_ID ? class_name(p, a, parent) : namespace_name(p, a, parent);
	return name && scope ? da_printf(a, "%s::%s", scope, name) : name;
}
