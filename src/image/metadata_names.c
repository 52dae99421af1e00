/* SPDX-License-Identifier: Apache-2.0 */
/* Types, methods, fields, their names and attributes. */
#include "config.h"

#include <string.h>

#include "image/metadata_private.h"

enum { DEPTH_MAX = 64 /* of nested types */, ALIKE_MAX = 4096 /* types with one simple name: "Enumerator" */ };
enum { VISIBILITY = 7, NESTED = 2 /* and above */ };
/* Columns. */
enum { TYPE_FLAGS, TYPE_NAME, TYPE_SPACE, TYPE_EXTENDS, TYPE_FIELDS, TYPE_METHODS };
enum { METHOD_RVA, METHOD_IMPL, METHOD_FLAGS, METHOD_NAME, METHOD_SIGNATURE };

/* ---------------------------------------------------------------- rows */

static const char *string_cell(struct da_metadata *m, enum da_md_table table, uint32_t rid, unsigned col)
{
	uint32_t index;

	return da_metadata_cell(m, table, rid, col, &index) ? da_metadata_string(m, index) : NULL;
}

static struct da_bytes blob_cell(const struct da_metadata *m, enum da_md_table table, uint32_t rid, unsigned col)
{
	struct da_bytes b = { NULL, 0 };
	uint32_t index;

	if (da_metadata_cell(m, table, rid, col, &index))
		(void)da_metadata_blob(m, index, &b);
	return b;
}

/* The type that a type stands in: 0 none. False: not known. */
static bool enclosing(struct da_metadata *m, uint32_t rid, uint32_t flags, uint32_t *ret)
{
	uint32_t first, n;
	bool sure;

	*ret = 0;
	if ((flags & VISIBILITY) < NESTED)
		return true;
	n = da_metadata_rows_of(m, DA_MD_BY_NESTED, rid, &first, &sure);
	return n && da_metadata_cell(m, DA_MD_NESTED_CLASS, da_metadata_ordered(m, DA_MD_BY_NESTED, first), 1, ret) && *ret;
}

/* A list ends where that of the next type begins, or with the table. */
static bool list(const struct da_metadata *m, uint32_t rid, unsigned col, uint32_t rows, uint32_t *ret_first, uint32_t *ret_n)
{
	uint32_t first, next = rows + 1;

	if (!da_metadata_cell(m, DA_MD_TYPE_DEF, rid, col, &first) ||
	    (rid < m->tables[DA_MD_TYPE_DEF].rows && !da_metadata_cell(m, DA_MD_TYPE_DEF, rid + 1, col, &next)))
		return false;
	if (!first || first > next || next > rows + 1)
		return false;
	*ret_first = first;
	*ret_n = next - first;
	return true;
}

static uint32_t listed(const struct da_metadata *m, unsigned table, unsigned detour)
{
	return m->tables[detour].rows ? m->tables[detour].rows : m->tables[table].rows;
}

enum da_status da_metadata_type(struct da_metadata *m, uint32_t rid, struct da_md_type *ret)
{
	struct da_md_type t = { 0 };
	bool all;

	if (!rid || rid > m->tables[DA_MD_TYPE_DEF].rows)
		return DA_NOT_FOUND;
	if (!da_metadata_cell(m, DA_MD_TYPE_DEF, rid, TYPE_FLAGS, &t.flags) ||
	    !da_metadata_cell(m, DA_MD_TYPE_DEF, rid, TYPE_EXTENDS, &t.extends))
		return DA_FAULT;
	t.name = string_cell(m, DA_MD_TYPE_DEF, rid, TYPE_NAME);
	t.space = string_cell(m, DA_MD_TYPE_DEF, rid, TYPE_SPACE);
	all = list(m, rid, TYPE_FIELDS, listed(m, DA_MD_FIELD, DA_MD_FIELD_PTR), &t.field, &t.fields);
	all &= list(m, rid, TYPE_METHODS, listed(m, DA_MD_METHOD_DEF, DA_MD_METHOD_PTR), &t.method, &t.methods);
	all &= enclosing(m, rid, t.flags, &t.enclosing);
	*ret = t;
	return all && t.name && t.space ? DA_OK : DA_PARTIAL;
}

enum da_status da_metadata_method(struct da_metadata *m, uint32_t rid, struct da_md_method *ret)
{
	struct da_md_method x = { 0 };
	uint32_t impl, flags;

	if (!rid || rid > m->tables[DA_MD_METHOD_DEF].rows)
		return DA_NOT_FOUND;
	if (!da_metadata_cell(m, DA_MD_METHOD_DEF, rid, METHOD_RVA, &x.rva) ||
	    !da_metadata_cell(m, DA_MD_METHOD_DEF, rid, METHOD_IMPL, &impl) ||
	    !da_metadata_cell(m, DA_MD_METHOD_DEF, rid, METHOD_FLAGS, &flags))
		return DA_FAULT;
	x.impl_flags = (uint16_t)impl;
	x.flags = (uint16_t)flags;
	x.name = string_cell(m, DA_MD_METHOD_DEF, rid, METHOD_NAME);
	x.signature = blob_cell(m, DA_MD_METHOD_DEF, rid, METHOD_SIGNATURE);
	x.type = da_metadata_owner(m, DA_MD_METHODS, rid);
	*ret = x;
	return x.name && x.signature.n && x.type ? DA_OK : DA_PARTIAL;
}

enum da_status da_metadata_field(struct da_metadata *m, uint32_t rid, struct da_md_field *ret)
{
	struct da_md_field f = { 0 };
	uint32_t flags;

	if (!rid || rid > m->tables[DA_MD_FIELD].rows)
		return DA_NOT_FOUND;
	if (!da_metadata_cell(m, DA_MD_FIELD, rid, 0, &flags))
		return DA_FAULT;
	f.flags = (uint16_t)flags;
	f.name = string_cell(m, DA_MD_FIELD, rid, 1);
	f.signature = blob_cell(m, DA_MD_FIELD, rid, 2);
	*ret = f;
	return f.name && f.signature.n ? DA_OK : DA_PARTIAL;
}

/* ---------------------------------------------------------------- full names */

static const char unknown[] = ""; /* in tables of names: asked for, and not to be had */

static const char *join(struct da_metadata *m, const char *front, const char *between, const char *name)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	if (!*front)
		return name;
	da_str_addf(&s, "%s%s%s", front, between, name);
	return da_metadata_keep(m, da_str_get(&s), s.n);
}

static const char *full_name(struct da_metadata *m, bool ref, uint32_t rid, unsigned depth);

static const char *def_name(struct da_metadata *m, uint32_t rid, unsigned depth)
{
	const char *name = string_cell(m, DA_MD_TYPE_DEF, rid, TYPE_NAME), *front;
	uint32_t flags, outer;

	if (!name || !da_metadata_cell(m, DA_MD_TYPE_DEF, rid, TYPE_FLAGS, &flags) || !enclosing(m, rid, flags, &outer))
		return NULL;
	if (outer) {
		front = full_name(m, false, outer, depth + 1);
		return front ? join(m, front, "+", name) : NULL;
	}
	front = string_cell(m, DA_MD_TYPE_DEF, rid, TYPE_SPACE);
	return front ? join(m, front, ".", name) : NULL;
}

static const char *ref_name(struct da_metadata *m, uint32_t rid, unsigned depth)
{
	const char *name = string_cell(m, DA_MD_TYPE_REF, rid, 1), *front;
	uint32_t scope, outer;
	enum da_md_table table;

	if (!name || !da_metadata_cell(m, DA_MD_TYPE_REF, rid, 0, &scope) ||
	    !da_metadata_decode(DA_MD_RESOLUTION_SCOPE, scope, &table, &outer))
		return NULL;
	if (table == DA_MD_TYPE_REF) {
		front = full_name(m, true, outer, depth + 1);
		return front ? join(m, front, "+", name) : NULL;
	}
	front = string_cell(m, DA_MD_TYPE_REF, rid, 2);
	return front ? join(m, front, ".", name) : NULL;
}

static const char *full_name(struct da_metadata *m, bool ref, uint32_t rid, unsigned depth)
{
	uint32_t rows = m->tables[ref ? DA_MD_TYPE_REF : DA_MD_TYPE_DEF].rows;
	const char ***names = ref ? &m->ref_names : &m->type_names, *name;

	if (!rid || rid > rows || depth > DEPTH_MAX)
		return NULL;
	if (!*names)
		*names = da_calloc(m->arena, (size_t)rows + 1, sizeof(**names));
	if (!(*names)[rid]) {
		name = ref ? ref_name(m, rid, depth) : def_name(m, rid, depth);
		(*names)[rid] = name && *name ? name : unknown;
	}
	return (*names)[rid] == unknown ? NULL : (*names)[rid];
}

const char *da_metadata_type_name(struct da_metadata *m, uint32_t rid)
{
	return full_name(m, false, rid, 0);
}

const char *da_metadata_type_ref_name(struct da_metadata *m, uint32_t rid)
{
	return full_name(m, true, rid, 0);
}

/* What follows the last separator is the same in a full name and in the name of its row. */
static uint32_t hash_of(const char *name, size_t n)
{
	size_t start = n;

	while (start && name[start - 1] != '.' && name[start - 1] != '+')
		start--;
	return (uint32_t)da_hash_mix(da_hash(DA_HASH_SEED, name + start, n - start));
}

/* The n bytes as they stand, if no character of them is written otherwise in our text. */
static const char *plain_name(const struct da_metadata *m, uint32_t index, size_t *ret_n)
{
	struct da_bytes b = da_metadata_raw_string(m, index);

	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 0x20 || b.p[i] >= 0x7f)
			return NULL;
	*ret_n = b.n;
	return (const char *)b.p;
}

/* Chains of types whose simple names hash alike, lowest rid first; full names are made when they are asked for. */
static void make_hash(struct da_metadata *m)
{
	uint32_t types = m->tables[DA_MD_TYPE_DEF].rows, size = 16, index;

	while (size < types)
		size *= 2;
	m->hash = da_calloc(m->arena, size, sizeof(*m->hash));
	m->hash_next = da_calloc(m->arena, (size_t)types + 1, sizeof(*m->hash_next));
	m->hash_mask = size - 1;
	for (uint32_t rid = types; rid; rid--) {
		const char *name;
		uint32_t *slot;
		size_t n = 0;

		if (!da_metadata_cell(m, DA_MD_TYPE_DEF, rid, TYPE_NAME, &index))
			continue;
		name = plain_name(m, index, &n);
		if (!name && (name = da_metadata_string(m, index)))
			n = strlen(name);
		if (!name)
			continue;
		slot = &m->hash[hash_of(name, n) & m->hash_mask];
		m->hash_next[rid] = *slot;
		*slot = rid;
	}
}

uint32_t da_metadata_find_type(struct da_metadata *m, const char *name)
{
	uint32_t rid, seen = 0;

	if (!m->tables[DA_MD_TYPE_DEF].rows)
		return 0;
	if (!m->hash)
		make_hash(m);
	rid = m->hash[hash_of(name, strlen(name)) & m->hash_mask];
	while (rid && !da_streq(da_metadata_type_name(m, rid), name))
		rid = ++seen < ALIKE_MAX ? m->hash_next[rid] : 0;
	return rid;
}

/* ---------------------------------------------------------------- generic parameters */

static uint32_t params(struct da_metadata *m, bool method, uint32_t rid, uint32_t *ret_first, bool *ret_sure)
{
	uint32_t owner;

	if (!rid || !da_metadata_encode(DA_MD_TYPE_OR_METHOD_DEF, method ? DA_MD_METHOD_DEF : DA_MD_TYPE_DEF, rid, &owner))
		return 0;
	return da_metadata_rows_of(m, DA_MD_BY_OWNER, owner, ret_first, ret_sure);
}

const char *da_metadata_generic_param(struct da_metadata *m, bool method, uint32_t rid, unsigned n)
{
	uint32_t first = 0, rows, number;
	bool sure;

	rows = params(m, method, rid, &first, &sure);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t row = da_metadata_ordered(m, DA_MD_BY_OWNER, first + i);

		if (da_metadata_cell(m, DA_MD_GENERIC_PARAM, row, 0, &number) && number == n)
			return string_cell(m, DA_MD_GENERIC_PARAM, row, 3);
	}
	return NULL;
}

unsigned da_metadata_generic_params(struct da_metadata *m, bool method, uint32_t rid)
{
	uint32_t first;
	bool sure;

	return params(m, method, rid, &first, &sure);
}

/* ---------------------------------------------------------------- attributes */

static const char *type_of(struct da_metadata *m, enum da_md_table table, uint32_t rid);

/* A generic type of which the attribute is an instance. */
static const char *spec_name(struct da_metadata *m, uint32_t rid)
{
	enum { GENERIC_INSTANCE = 0x15 };
	struct da_bytes b = blob_cell(m, DA_MD_TYPE_SPEC, rid, 0);
	struct da_cursor c = da_cursor(b.p, b.n, false, 8);
	enum da_md_table table = DA_MD_TYPE_SPEC;
	uint32_t type;

	if (da_get_u8(&c) != GENERIC_INSTANCE)
		return NULL;
	da_get_u8(&c); /* class or value type */
	type = da_get_md_type(&c, &table);
	return da_ok(&c) && table != DA_MD_TYPE_SPEC ? type_of(m, table, type) : NULL;
}

static const char *type_of(struct da_metadata *m, enum da_md_table table, uint32_t rid)
{
	switch (table) {
	case DA_MD_TYPE_DEF:
		return da_metadata_type_name(m, rid);
	case DA_MD_TYPE_REF:
		return da_metadata_type_ref_name(m, rid);
	case DA_MD_TYPE_SPEC:
		return spec_name(m, rid);
	case DA_MD_METHOD_DEF:
		return da_metadata_type_name(m, da_metadata_owner(m, DA_MD_METHODS, rid));
	default:
		return NULL;
	}
}

/* The type whose constructor it is. */
static const char *constructor_type(struct da_metadata *m, uint32_t constructor)
{
	enum da_md_table table;
	uint32_t rid, parent;

	if (!da_metadata_decode(DA_MD_CUSTOM_ATTRIBUTE_TYPE, constructor, &table, &rid))
		return NULL;
	if (table == DA_MD_METHOD_DEF)
		return type_of(m, table, rid);
	return da_metadata_cell(m, DA_MD_MEMBER_REF, rid, 0, &parent) &&
			       da_metadata_decode(DA_MD_MEMBER_REF_PARENT, parent, &table, &rid) ?
		       type_of(m, table, rid) :
		       NULL;
}

bool da_metadata_attribute(struct da_metadata *m, enum da_md_table table, uint32_t rid, const char *type,
			   struct da_bytes *ret)
{
	uint32_t parent, first, n, constructor, blob;
	bool sure;

	if (!rid || !da_metadata_encode(DA_MD_HAS_CUSTOM_ATTRIBUTE, table, rid, &parent))
		return false;
	n = da_metadata_rows_of(m, DA_MD_BY_PARENT, parent, &first, &sure);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = da_metadata_ordered(m, DA_MD_BY_PARENT, first + i);

		if (da_metadata_cell(m, DA_MD_CUSTOM_ATTRIBUTE, row, 1, &constructor) &&
		    da_streq(constructor_type(m, constructor), type))
			return da_metadata_cell(m, DA_MD_CUSTOM_ATTRIBUTE, row, 2, &blob) && da_metadata_blob(m, blob, ret);
	}
	return false;
}

/* ---------------------------------------------------------------- the module and the assembly */

bool da_metadata_mvid(const struct da_metadata *m, uint8_t ret[16])
{
	uint32_t index;

	return da_metadata_cell(m, DA_MD_MODULE, 1, 2, &index) && da_metadata_guid(m, index, ret);
}

bool da_metadata_assembly(struct da_metadata *m, const char **ret_name, const char **ret_version)
{
	uint32_t v[4];

	for (unsigned i = 0; i < 4; i++)
		if (!da_metadata_cell(m, DA_MD_ASSEMBLY, 1, 1 + i, &v[i]))
			return false;
	*ret_name = string_cell(m, DA_MD_ASSEMBLY, 1, 7);
	*ret_version = da_intern(m->arena, &m->names, da_printf(m->arena, "%u.%u.%u.%u", v[0], v[1], v[2], v[3]));
	return true;
}

const char *da_metadata_product_version(struct da_metadata *m)
{
	struct da_bytes b;
	struct da_cursor c;
	const uint8_t *p;
	uint32_t n;

	if (!da_metadata_attribute(m, DA_MD_ASSEMBLY, 1, "System.Reflection.AssemblyInformationalVersionAttribute", &b))
		return NULL;
	c = da_cursor(b.p, b.n, false, 8);
	if (da_get_u16(&c) != 1) /* the prolog of every value */
		return NULL;
	n = da_get_md_u32(&c);
	p = da_get_bytes(&c, n);
	return p && n ? da_metadata_keep(m, p, n) : NULL;
}
