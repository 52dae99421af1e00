/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by what they belong to. Compilers sort the tables that are asked this way, so that a search by
 * halves finds them; where a table is not sorted, or rows of it are not in the dump, its known rows are
 * sorted here, once.
 */
#include "config.h"

#include <stdlib.h>

#include "image/metadata_private.h"

static const struct {
	uint8_t table, column;
} by[DA_MD_ORDERS] = {
	[DA_MD_BY_NESTED] = { DA_MD_NESTED_CLASS, 0 },
	[DA_MD_BY_OWNER] = { DA_MD_GENERIC_PARAM, 2 },
	[DA_MD_BY_PARENT] = { DA_MD_CUSTOM_ATTRIBUTE, 0 },
	[DA_MD_BY_MOVE_NEXT] = { DA_MD_STATE_MACHINE, 0 },
};

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void make_order(struct da_metadata *m, unsigned order)
{
	struct da_md_order *o = &m->orders[order];
	uint32_t rows = m->tables[by[order].table].rows, key;

	o->made = true;
	o->keys = da_calloc(m->arena, rows, sizeof(*o->keys));
	for (uint32_t rid = 1; rid <= rows; rid++)
		if (da_metadata_cell(m, by[order].table, rid, by[order].column, &key))
			o->keys[o->n++] = (uint64_t)key << 32 | rid;
	if (o->n)
		qsort(o->keys, o->n, sizeof(*o->keys), by_value);
}

static bool needs_order(const struct da_metadata *m, unsigned order)
{
	return m->bytes.known || !(m->sorted >> by[order].table & 1);
}

static uint64_t key_at(const struct da_metadata *m, unsigned order, uint32_t i)
{
	uint32_t key = 0;

	if (m->orders[order].made)
		return m->orders[order].keys[i] >> 32;
	(void)da_metadata_cell(m, by[order].table, i + 1, by[order].column, &key);
	return key;
}

/* How many rows come before the first with at least this key. */
static uint32_t lower(const struct da_metadata *m, unsigned order, uint32_t n, uint64_t key)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (key_at(m, order, mid) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t da_metadata_rows_of(struct da_metadata *m, unsigned order, uint32_t key, uint32_t *ret_first, bool *ret_sure)
{
	uint32_t rows = m->tables[by[order].table].rows, n = rows;

	if (needs_order(m, order) && !m->orders[order].made)
		make_order(m, order);
	if (m->orders[order].made)
		n = m->orders[order].n;
	*ret_first = lower(m, order, n, key);
	*ret_sure = n == rows;
	return lower(m, order, n, (uint64_t)key + 1) - *ret_first;
}

uint32_t da_metadata_ordered(const struct da_metadata *m, unsigned order, uint32_t i)
{
	return m->orders[order].made ? (uint32_t)m->orders[order].keys[i] : i + 1;
}

/* ---------------------------------------------------------------- owners of fields and methods */

static const struct {
	uint8_t table, detour, column; /* column of TypeDef: the first of the list */
} lists[DA_MD_LISTS] = {
	[DA_MD_FIELDS] = { DA_MD_FIELD, DA_MD_FIELD_PTR, 4 },
	[DA_MD_METHODS] = { DA_MD_METHOD_DEF, DA_MD_METHOD_PTR, 5 },
};

uint32_t da_metadata_member(const struct da_metadata *m, enum da_md_table table, uint32_t n)
{
	unsigned list = table == DA_MD_FIELD ? DA_MD_FIELDS : DA_MD_METHODS;
	uint32_t rid = 0;

	if (!m->tables[lists[list].detour].rows)
		return n;
	return da_metadata_cell(m, lists[list].detour, n, 0, &rid) ? rid : 0;
}

static void make_owners(struct da_metadata *m, unsigned list)
{
	uint32_t types = m->tables[DA_MD_TYPE_DEF].rows, detours = m->tables[lists[list].detour].rows, start;

	m->owners[list].made = true;
	m->owners[list].v = da_calloc(m->arena, types, sizeof(uint64_t));
	for (uint32_t rid = 1; rid <= types; rid++)
		if (da_metadata_cell(m, DA_MD_TYPE_DEF, rid, lists[list].column, &start))
			m->owners[list].v[m->owners[list].n++] = (uint64_t)start << 32 | rid;
	if (!detours)
		return;
	m->member_of[list] = da_calloc(m->arena, (size_t)m->tables[lists[list].table].rows + 1, sizeof(uint32_t));
	for (uint32_t i = 1; i <= detours; i++) {
		uint32_t rid = da_metadata_member(m, lists[list].table, i);

		if (rid && rid <= m->tables[lists[list].table].rows)
			m->member_of[list][rid] = i;
	}
}

uint32_t da_metadata_owner(struct da_metadata *m, unsigned list, uint32_t rid)
{
	uint32_t low = 0, high, place = rid;
	const uint64_t *v;

	if (!rid || rid > m->tables[lists[list].table].rows)
		return 0;
	if (!m->owners[list].made)
		make_owners(m, list);
	if (m->member_of[list])
		place = m->member_of[list][rid];
	v = m->owners[list].v;
	high = m->owners[list].n;
	while (low < high) { /* types without members begin where the next one does: the last is the owner */
		uint32_t mid = low + (high - low) / 2;

		if (v[mid] >> 32 <= place)
			low = mid + 1;
		else
			high = mid;
	}
	if (!place || !low)
		return 0;
	/* The type behind must be known too: between them another may begin. */
	if (low < m->owners[list].n ? (uint32_t)v[low] != (uint32_t)v[low - 1] + 1 || v[low] >> 32 <= place :
				      (uint32_t)v[low - 1] != m->tables[DA_MD_TYPE_DEF].rows)
		return 0;
	return (uint32_t)v[low - 1];
}
