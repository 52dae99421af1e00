/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "model/model.h"

/* First range from low to high whose end lies above addr; high: none. */
static size_t range_within(const struct da_memory *m, uint64_t addr, size_t low, size_t high)
{
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->ranges.v[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t range_index(const struct da_memory *m, uint64_t addr)
{
	return range_within(m, addr, 0, m->ranges.n);
}

/* The same, in steps that double from a place near it. */
static size_t range_near(const struct da_memory *m, uint64_t addr, size_t near)
{
	size_t low = DA_MIN(near, m->ranges.n), high = low, step = 1;

	while (low > 0 && m->ranges.v[low - 1].end > addr) {
		high = low;
		low -= DA_MIN(low, step);
		step *= 2;
	}
	for (step = 1; high < m->ranges.n && m->ranges.v[high].end <= addr; step *= 2) {
		low = high + 1;
		high += DA_MIN(m->ranges.n - high, step);
	}
	return range_within(m, addr, low, high);
}

const struct da_range *da_mem_range(const struct da_memory *m, uint64_t addr)
{
	size_t i = range_index(m, addr);

	return i < m->ranges.n && m->ranges.v[i].start <= addr ? &m->ranges.v[i] : NULL;
}

static const uint8_t *view_overlay(const struct da_memory *m, uint64_t addr, size_t *ret_n)
{
	size_t low = 0, high = m->overlays.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->overlays.v[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == m->overlays.n || m->overlays.v[low].start > addr)
		return NULL;
	*ret_n = (size_t)(m->overlays.v[low].end - addr);
	return m->overlays.v[low].bytes + (addr - m->overlays.v[low].start);
}

void da_mem_as(struct da_memory *m, const struct da_thread *t)
{
	m->own = t ? t->own : (struct da_own){ 0 };
}

/* Bytes at addr, for which range i was found, that lie in one piece: the dump's own first, then a module's file. */
static const uint8_t *view_at(const struct da_memory *m, uint64_t addr, size_t i, size_t *ret_n, enum da_layer *ret_layer)
{
	const struct da_range *r = i < m->ranges.n ? &m->ranges.v[i] : NULL;
	uint64_t own = m->own.bytes.n && m->own.start > addr ? m->own.start - addr : UINT64_MAX;
	uint64_t gap = r ? r->start : UINT64_MAX; /* where the dump's bytes take over again */
	const uint8_t *p;

	if (m->own.bytes.n && addr - m->own.start < m->own.bytes.n) {
		*ret_n = m->own.bytes.n - (size_t)(addr - m->own.start);
		*ret_layer = DA_LAYER_DUMP;
		return m->own.bytes.p + (addr - m->own.start);
	}
	if (r && r->start <= addr) {
		if (addr - r->start < r->file_len) {
			*ret_n = (size_t)DA_MIN(r->file_len - (addr - r->start), own);
			*ret_layer = DA_LAYER_DUMP;
			return m->file.p + r->file_off + (addr - r->start);
		}
		gap = r->end;
	}
	p = view_overlay(m, addr, ret_n);
	if (!p)
		return NULL;
	*ret_n = DA_MIN(*ret_n, gap - addr);
	*ret_layer = DA_LAYER_FILE;
	return p;
}

static const uint8_t *view(const struct da_memory *m, uint64_t addr, size_t *ret_n, enum da_layer *ret_layer)
{
	return view_at(m, addr, range_index(m, addr), ret_n, ret_layer);
}

const uint8_t *da_mem_view_near(const struct da_memory *m, uint64_t addr, size_t *near, size_t *ret_n)
{
	enum da_layer layer;

	*near = range_near(m, addr, *near);
	return view_at(m, addr, *near, ret_n, &layer);
}

const uint8_t *da_mem_view_some(const struct da_memory *m, uint64_t addr, size_t *ret_n)
{
	enum da_layer layer;

	return view(m, addr, ret_n, &layer);
}

const uint8_t *da_mem_view(const struct da_memory *m, uint64_t addr, size_t n)
{
	size_t have;
	const uint8_t *p = da_mem_view_some(m, addr, &have);

	return p && have >= n ? p : NULL;
}

static size_t read_some(const struct da_memory *m, uint64_t addr, uint8_t *buf, size_t n,
			enum da_layer *ret_layer)
{
	size_t done = 0;

	while (done < n) {
		enum da_layer layer;
		size_t have;
		const uint8_t *p = view(m, addr + done, &have, &layer);

		if (!p)
			break;
		have = DA_MIN(have, n - done);
		memcpy(buf + done, p, have);
		done += have;
		*ret_layer = DA_MAX(*ret_layer, layer);
		if (addr + done < addr)
			break;
	}
	return done;
}

enum da_status da_mem_read(const struct da_memory *m, uint64_t addr, void *buf, size_t n,
			   enum da_layer *ret_layer)
{
	enum da_layer layer = DA_LAYER_NONE;
	size_t have;
	const uint8_t *p = view(m, addr, &have, &layer);

	if (p && have >= n) { /* nearly always in one piece */
		memcpy(buf, p, n);
	} else if (read_some(m, addr, buf, n, &layer) < n) {
		return DA_FAULT;
	}
	if (ret_layer)
		*ret_layer = layer;
	return DA_OK;
}

size_t da_mem_read_some(const struct da_memory *m, uint64_t addr, void *buf, size_t n)
{
	enum da_layer layer = DA_LAYER_NONE;

	return read_some(m, addr, buf, n, &layer);
}

static enum da_status read_number(const struct da_memory *m, uint64_t addr, unsigned size,
				  uint64_t *ret)
{
	uint8_t b[8];
	uint64_t v = 0;
	enum da_status status = da_mem_read(m, addr, b, size, NULL);

	if (status != DA_OK)
		return status;
	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)b[m->big_endian ? size - 1 - i : i] << 8 * i;
	*ret = v;
	return DA_OK;
}

#define READER(name, type, size)                                                      \
	enum da_status name(const struct da_memory *m, uint64_t addr, type *ret)      \
	{                                                                             \
		uint64_t v;                                                           \
		enum da_status status = read_number(m, addr, size, &v);               \
                                                                                      \
		if (status == DA_OK)                                                  \
			*ret = (type)v;                                               \
		return status;                                                        \
	}

READER(da_mem_u8, uint8_t, 1)
READER(da_mem_u16, uint16_t, 2)
READER(da_mem_u32, uint32_t, 4)
READER(da_mem_u64, uint64_t, 8)
READER(da_mem_word, uint64_t, m->word == 4 ? 4 : 8)

enum da_status da_mem_cstr(const struct da_memory *m, struct da_arena *a, uint64_t addr, size_t max,
			   char **ret)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	bool ended = false;

	while (!ended && s.n < max) {
		size_t have, len;
		const uint8_t *p = da_mem_view_some(m, addr + s.n, &have);

		if (!p)
			break;
		have = DA_MIN(have, max - s.n);
		len = strnlen((const char *)p, have);
		ended = len < have;
		da_str_addn(&s, (const char *)p, len);
	}
	if (s.n == 0 && !ended)
		return DA_FAULT;
	*ret = da_text(a, da_str_get(&s), s.n);
	return ended ? DA_OK : DA_PARTIAL;
}

static void insert_overlay(struct da_memory *m, struct da_arena *a, size_t at, struct da_overlay o)
{
	(void)da_vec_add(a, &m->overlays);
	memmove(&m->overlays.v[at + 1], &m->overlays.v[at],
		(m->overlays.n - 1 - at) * sizeof(*m->overlays.v));
	m->overlays.v[at] = o;
}

void da_mem_overlay(struct da_memory *m, struct da_arena *a, uint64_t start, uint64_t end,
		    const uint8_t *bytes, uint32_t module)
{
	size_t i = m->overlays.n;

	/* Modules come in order of their addresses: what is new belongs at the end. */
	while (i > 0 && m->overlays.v[i - 1].end > start)
		i--;
	/* Fill the gaps between those that are there; the first to come stays. */
	while (start < end) {
		uint64_t stop = i < m->overlays.n ? m->overlays.v[i].start : UINT64_MAX;

		if (stop > start) {
			uint64_t to = DA_MIN(end, stop);

			insert_overlay(m, a, i,
				       (struct da_overlay){ start, to, bytes, module });
			i++;
		}
		if (stop >= end)
			break;
		bytes += m->overlays.v[i].end - start;
		start = m->overlays.v[i].end;
		i++;
	}
}
