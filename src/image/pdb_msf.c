/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MSF, the container of PDB files: streams cut into blocks that lie anywhere in the file. The directory
 * is itself cut into blocks, and so is, in large files, the list of those.
 */
#include "config.h"

#include <string.h>

#include "image/pdb.h"

static const char magic[] = "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0";

bool da_pdb_bid(struct da_bytes b)
{
	return b.n >= sizeof(magic) && memcmp(b.p, magic, sizeof(magic)) == 0;
}

static uint32_t u32_at(const uint8_t *p)
{
	struct da_cursor c = da_cursor(p, 4, false, 4);

	return da_get_u32(&c);
}

/* The bytes of a block, or NULL. */
static const uint8_t *block_at(const struct msf *m, uint32_t block)
{
	return block < m->nblocks ? m->file.p + (uint64_t)block * m->block : NULL;
}

/* A word of the directory; it never crosses blocks. False: outside. */
static bool directory_u32(const struct msf *m, uint64_t off, uint32_t *ret)
{
	uint64_t entry = m->map + 4 * (off / m->block);
	const uint8_t *p;

	if (off % 4 || !da_fits(off, 4, m->directory) || !da_fits(entry, 4, m->file.n))
		return false;
	p = block_at(m, u32_at(m->file.p + entry));
	if (!p)
		return false;
	*ret = u32_at(p + off % m->block);
	return true;
}

static uint64_t blocks_of(const struct msf *m, uint32_t size)
{
	return ((uint64_t)size + m->block - 1) / m->block;
}

static bool read_directory(struct msf *m, struct da_arena *a)
{
	uint64_t list;
	uint32_t n;

	if (!directory_u32(m, 0, &n) || n > (m->directory - 4) / 4)
		return false;
	m->streams = da_calloc(a, n, sizeof(*m->streams));
	m->nstreams = n;
	list = 4 + 4 * (uint64_t)n;
	for (uint32_t i = 0; i < n; i++) {
		struct msf_stream *s = &m->streams[i];

		if (!directory_u32(m, 4 + 4 * (uint64_t)i, &s->size))
			return false;
		if (s->size == UINT32_MAX) /* deleted */
			s->size = 0;
		s->list = (uint32_t)list;
		list += 4 * blocks_of(m, s->size);
		if (list > m->directory)
			return false;
	}
	return true;
}

enum da_status msf_open(struct msf *m, struct da_arena *a, struct da_bytes file)
{
	struct da_cursor c = da_cursor(file.p, file.n, false, 4);
	uint32_t map;

	da_skip(&c, 32);
	m->file = file;
	m->block = da_get_u32(&c);
	da_skip(&c, 4);
	m->nblocks = da_get_u32(&c);
	m->directory = da_get_u32(&c);
	da_skip(&c, 4);
	map = da_get_u32(&c);
	if (!da_ok(&c) || m->block < 512 || m->block > 65536 || (m->block & (m->block - 1)))
		return DA_CORRUPT;
	/* Downloads that were cut are common; the last block need not be whole. */
	if ((uint64_t)m->nblocks * m->block > file.n || m->directory < 4 || m->directory > file.n ||
	    map >= m->nblocks)
		return DA_CORRUPT;
	m->map = (uint64_t)map * m->block;
	m->budget = da_new(a, uint64_t);
	*m->budget = 4 * (uint64_t)file.n;
	return read_directory(m, a) ? DA_OK : DA_CORRUPT;
}

uint32_t msf_size(const struct msf *m, uint32_t stream)
{
	return stream < m->nstreams ? m->streams[stream].size : 0;
}

/* How many bytes from off on lie in one piece, and where; at most n. */
static const uint8_t *piece(const struct msf *m, uint32_t stream, uint64_t off, uint64_t n, uint64_t *ret_n)
{
	uint64_t index = off / m->block, have = m->block - off % m->block;
	uint32_t first, next;
	const uint8_t *p;

	if (!directory_u32(m, m->streams[stream].list + 4 * index, &first) || !(p = block_at(m, first)))
		return NULL;
	for (next = first; have < n; have += m->block) {
		uint32_t number;

		index++;
		if (!directory_u32(m, m->streams[stream].list + 4 * index, &number) || number != next + 1 ||
		    !block_at(m, number))
			break;
		next = number;
	}
	*ret_n = DA_MIN(have, n);
	return p + off % m->block;
}

static bool copy(const struct msf *m, uint32_t stream, uint64_t off, uint8_t *to, uint64_t n)
{
	uint64_t step;

	for (; n; off += step, to += step, n -= step) {
		const uint8_t *p = piece(m, stream, off, n, &step);

		if (!p)
			return false;
		memcpy(to, p, (size_t)step);
	}
	return true;
}

const uint8_t *msf_get(const struct msf *m, uint32_t stream, uint64_t off, void *buf, size_t n)
{
	const uint8_t *p;
	uint64_t have;

	if (!n || !da_fits(off, n, msf_size(m, stream)) || !(p = piece(m, stream, off, n, &have)))
		return NULL;
	if (have == n)
		return p;
	return copy(m, stream, off, buf, n) ? buf : NULL;
}

bool msf_spend(const struct msf *m, uint64_t n)
{
	if (n > *m->budget)
		return false;
	*m->budget -= n;
	return true;
}

bool msf_bytes(const struct msf *m, struct da_arena *a, uint32_t stream, uint64_t off, uint64_t n,
	       struct da_bytes *ret)
{
	const uint8_t *p;
	uint8_t *to;
	uint64_t have;

	if (!n || !da_fits(off, n, msf_size(m, stream)) || !(p = piece(m, stream, off, n, &have)))
		return false;
	if (have < n) {
		/* Streams may name one block again and again, many streams the same. */
		if (!msf_spend(m, n))
			return false;
		to = da_alloc(a, (size_t)n);
		if (!copy(m, stream, off, to, n))
			return false;
		p = to;
	}
	*ret = (struct da_bytes){ p, (size_t)n };
	return true;
}

const char *msf_text(const struct msf *m, struct da_arena *a, uint32_t stream, uint64_t off, size_t max)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint32_t size = msf_size(m, stream);

	if (off >= size)
		return NULL;
	for (uint64_t left = DA_MIN((uint64_t)max, size - off), have; left; left -= have, off += have) {
		const uint8_t *p = piece(m, stream, off, DA_MIN(left, m->block), &have), *nul;

		if (!p)
			return NULL;
		nul = memchr(p, 0, (size_t)have);
		da_str_addn(&s, (const char *)p, nul ? (size_t)(nul - p) : (size_t)have);
		if (nul)
			break;
	}
	return da_text(a, da_str_get(&s), s.n);
}
