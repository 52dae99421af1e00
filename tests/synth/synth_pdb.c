/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/synth_pdb.h"

enum { INFO = 1, TPI, DBI, IPI, NAMES, PUBLICS, RECORDS, SECTIONS, FRAMES, FIRST_MODULE };

#define FUNCTION 64
#define CODE 60
#define VA 0x1000
#define TINY 0x1001 /* ids of the inlined function and its class */
#define SMALL 0x1000

struct buf {
	uint8_t *p;
	size_t n, cap;
};

static void put(struct buf *b, const void *bytes, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = 2 * (b->n + n) + 256;
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			abort();
	}
	if (n && bytes)
		memcpy(b->p + b->n, bytes, n);
	else if (n)
		memset(b->p + b->n, 0, n);
	b->n += n;
}

static void num(struct buf *b, unsigned size, uint64_t v)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	put(b, bytes, size);
}

static void nums(struct buf *b, unsigned n, ...)
{
	va_list ap;

	va_start(ap, n);
	while (n--)
		num(b, 4, va_arg(ap, uint32_t));
	va_end(ap);
}

static void set(struct buf *b, size_t at, unsigned size, uint64_t v)
{
	for (unsigned i = 0; i < size; i++)
		b->p[at + i] = (uint8_t)(v >> (8 * i));
}

static void text(struct buf *b, const char *s)
{
	put(b, s, strlen(s) + 1);
}

static void align(struct buf *b, size_t to)
{
	put(b, NULL, (to - b->n % to) % to);
}

/* A record whose length was left open at `at`. */
static void close_record(struct buf *b, size_t at)
{
	align(b, 4);
	set(b, at, 2, b->n - at - 2);
}

/* ---------------------------------------------------------------- streams */

struct maker {
	struct synth_pdb o;
	struct buf *streams;
	uint32_t nstreams, nfunctions;
	uint32_t frame_program, tiny_file;
	uint32_t *module_file; /* in /names */
	uint32_t *public_at;
};

static void make_info(struct maker *m)
{
	struct buf *b = &m->streams[INFO];

	nums(b, 3, 20000404, 0x12345678, m->o.age);
	put(b, SYNTH_PDB_GUID, 16);
	num(b, 4, 7);
	text(b, "/names");
	nums(b, 8, 1, 2, 1, 1, 0, 0, NAMES, 0);
	num(b, 4, 20140508);
}

static uint32_t add_name(struct buf *b, const char *s)
{
	uint32_t off = (uint32_t)b->n - 12;

	text(b, s);
	return off;
}

static void make_names(struct maker *m)
{
	struct buf *b = &m->streams[NAMES];
	char name[64];

	nums(b, 3, 0xeffeeffe, 1, 0);
	text(b, "");
	m->tiny_file = add_name(b, "c:\\src\\tiny.h");
	m->frame_program = add_name(b, "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =");
	m->module_file = calloc(m->o.modules, sizeof(*m->module_file));
	for (uint32_t i = 0; i < m->o.modules; i++) {
		snprintf(name, sizeof(name), "c:\\src\\m%u.cpp", i);
		m->module_file[i] = add_name(b, name);
	}
	set(b, 8, 4, b->n - 12);
}

static void make_types(struct maker *m)
{
	for (int i = TPI; i <= IPI; i += IPI - TPI) {
		struct buf *b = &m->streams[i];
		size_t start;

		nums(b, 5, 20040203, 56, 0x1000, i == TPI ? 0x1001 : 0x1002, 0);
		num(b, 2, 0xffff);
		num(b, 2, 0xffff);
		put(b, NULL, 32);
		start = b->n;
		if (i == TPI) {
			num(b, 2, 0);
			num(b, 2, 0x1505); /* LF_STRUCTURE */
			put(b, NULL, 16);
			num(b, 2, 1); /* its size */
			text(b, "ns::Small");
			close_record(b, start);
		} else {
			num(b, 2, 0);
			num(b, 2, 0x1605); /* LF_STRING_ID */
			num(b, 4, 0);
			text(b, "ns");
			close_record(b, start);
			start = b->n;
			num(b, 2, 0);
			num(b, 2, 0x1602); /* LF_MFUNC_ID */
			nums(b, 2, SMALL, 0);
			text(b, "tiny");
			close_record(b, start);
		}
		set(b, 16, 4, b->n - 56);
	}
}

static void put_function(struct maker *m, struct buf *b, uint32_t mod, uint32_t k)
{
	uint32_t off = FUNCTION * (mod * m->o.functions + k);
	size_t at = b->n, site;
	char name[64];

	num(b, 2, 0);
	num(b, 2, 0x1110); /* S_GPROC32 */
	nums(b, 8, 0, 0, 0, CODE, 0, CODE, 0, off);
	num(b, 2, 1);
	num(b, 1, 0);
	snprintf(name, sizeof(name), "ns::f%u_%u", mod, k);
	text(b, name);
	close_record(b, at);
	if (k == 0) {
		site = b->n;
		num(b, 2, 0);
		num(b, 2, 0x114d); /* S_INLINESITE */
		nums(b, 3, (uint32_t)at, 0, TINY);
		put(b, "\x06\x04\x03\x10\x04\x10", 6); /* line + 2, code + 16, length 16 */
		close_record(b, site);
		set(b, site + 8, 4, b->n);
		num(b, 2, 2);
		num(b, 2, 0x114e);
	}
	set(b, at + 8, 4, b->n);
	num(b, 2, 2);
	num(b, 2, 6); /* S_END */
}

static void put_lines(struct maker *m, struct buf *b, uint32_t mod, uint32_t k)
{
	uint32_t n = m->o.lines;

	nums(b, 2, 0xf2, 12 + 12 + 8 * n);
	num(b, 4, FUNCTION * (mod * m->o.functions + k));
	num(b, 2, 1);
	num(b, 2, 0);
	nums(b, 4, CODE, 0, n, 12 + 8 * n);
	for (uint32_t i = 0; i < n; i++)
		nums(b, 2, 4 * i, 0x80000000 | (10 + k + i));
}

static void make_module(struct maker *m, uint32_t mod, uint32_t *ret_syms, uint32_t *ret_c13)
{
	struct buf *b = &m->streams[FIRST_MODULE + mod];

	*ret_syms = *ret_c13 = 0;
	if (m->o.stripped)
		return;
	num(b, 4, 4);
	for (uint32_t k = 0; k < m->o.functions; k++)
		put_function(m, b, mod, k);
	*ret_syms = (uint32_t)b->n;
	nums(b, 2, 0xf4, 16);
	nums(b, 4, m->module_file[mod], 0, m->tiny_file, 0);
	nums(b, 2, 0xf6, 16);
	nums(b, 4, 0, TINY, 8, 100);
	for (uint32_t k = 0; k < m->o.functions; k++)
		put_lines(m, b, mod, k);
	*ret_c13 = (uint32_t)b->n - *ret_syms;
	num(b, 4, 0);
}

/* ---------------------------------------------------------------- public symbols */

static uint32_t hash(const char *s)
{
	size_t n = strlen(s), i = 0;
	uint32_t h = 0;

	for (; i + 4 <= n; i += 4)
		h ^= (uint32_t)(uint8_t)s[i] | (uint32_t)(uint8_t)s[i + 1] << 8 |
		     (uint32_t)(uint8_t)s[i + 2] << 16 | (uint32_t)(uint8_t)s[i + 3] << 24;
	if (n - i >= 2) {
		h ^= (uint32_t)(uint8_t)s[i] | (uint32_t)(uint8_t)s[i + 1] << 8;
		i += 2;
	}
	if (i < n)
		h ^= (uint8_t)s[i];
	h |= 0x20202020;
	h ^= h >> 11;
	h ^= h >> 16;
	return h % 4096;
}

static void make_publics(struct maker *m)
{
	struct buf *r = &m->streams[RECORDS], *b = &m->streams[PUBLICS], bits = { 0 }, offs = { 0 };
	uint32_t *bucket = calloc(m->nfunctions, sizeof(*bucket)), *next = calloc(4097, sizeof(*next));
	uint32_t *order = calloc(m->nfunctions, sizeof(*order));
	char name[64];

	m->public_at = calloc(m->nfunctions, sizeof(*m->public_at));
	for (uint32_t i = 0; i < m->nfunctions; i++) {
		size_t at = r->n;

		snprintf(name, sizeof(name), "?f%u_%u@ns@@YAXXZ", i / m->o.functions, i % m->o.functions);
		m->public_at[i] = (uint32_t)at;
		bucket[i] = hash(name);
		next[bucket[i] + 1]++;
		num(r, 2, 0);
		num(r, 2, 0x110e);
		nums(r, 2, 2, FUNCTION * i);
		num(r, 2, 1);
		text(r, name);
		close_record(r, at);
	}
	put(&bits, NULL, 516);
	for (uint32_t i = 0; i < 4096; i++) {
		if (next[i + 1]) {
			bits.p[i / 8] |= (uint8_t)(1 << i % 8);
			num(&offs, 4, 12 * next[i]);
		}
		next[i + 1] += next[i];
	}
	for (uint32_t i = 0; i < m->nfunctions; i++)
		order[next[bucket[i]]++] = i;
	nums(b, 2, (uint32_t)(16 + 8 * m->nfunctions + bits.n + offs.n), 4 * m->nfunctions);
	put(b, NULL, 20);
	nums(b, 4, 0xffffffff, 0xf12f091a, 8 * m->nfunctions, (uint32_t)(bits.n + offs.n));
	for (uint32_t i = 0; i < m->nfunctions; i++)
		nums(b, 2, m->public_at[order[i]] + 1, 1);
	put(b, bits.p, bits.n);
	put(b, offs.p, offs.n);
	for (uint32_t i = 0; i < m->nfunctions; i++)
		num(b, 4, m->public_at[i]);
	free(bits.p);
	free(offs.p);
	free(bucket);
	free(next);
	free(order);
}

/* ---------------------------------------------------------------- the DBI stream */

static void put_module(struct maker *m, struct buf *b, uint32_t mod)
{
	uint32_t syms, c13;
	char name[64];

	make_module(m, mod, &syms, &c13);
	put(b, NULL, 0x20);
	num(b, 2, 0);
	num(b, 2, m->o.stripped ? 0xffff : FIRST_MODULE + mod);
	nums(b, 3, syms, 0, c13);
	put(b, NULL, 16);
	snprintf(name, sizeof(name), "m%u.obj", mod);
	text(b, name);
	text(b, name);
	align(b, 4);
}

static void put_contribution(struct maker *m, struct buf *b, uint32_t i)
{
	num(b, 2, 1);
	num(b, 2, 0);
	nums(b, 3, FUNCTION * i, CODE, 0x60000020);
	num(b, 2, i / m->o.functions);
	num(b, 2, 0);
	nums(b, 2, 0, 0);
}

static void make_dbi(struct maker *m)
{
	struct buf *b = &m->streams[DBI];
	size_t at;

	nums(b, 3, 0xffffffff, 19990903, m->o.age);
	num(b, 2, 0xffff);
	num(b, 2, 0);
	num(b, 2, PUBLICS);
	num(b, 2, 0);
	num(b, 2, RECORDS);
	num(b, 2, 0);
	put(b, NULL, 32);
	num(b, 2, 0);
	num(b, 2, m->o.machine);
	num(b, 4, 0);
	at = b->n;
	for (uint32_t i = 0; i < m->o.modules; i++)
		put_module(m, b, i);
	set(b, 0x18, 4, b->n - at);
	at = b->n;
	num(b, 4, 0xf12eba2d);
	for (uint32_t i = 0; i < m->nfunctions && !m->o.no_contributions; i++)
		put_contribution(m, b, i);
	set(b, 0x1c, 4, b->n - at);
	at = b->n;
	for (unsigned i = 0; i < 10; i++)
		num(b, 2, i == 5 ? SECTIONS : i == 9 && m->o.machine == 0x14c ? FRAMES : 0xffff);
	set(b, 0x30, 4, b->n - at);
}

static void make_sections(struct maker *m)
{
	struct buf *b = &m->streams[SECTIONS], *f = &m->streams[FRAMES];

	put(b, ".text\0\0\0", 8);
	nums(b, 3, FUNCTION * m->nfunctions, VA, FUNCTION * m->nfunctions);
	put(b, NULL, 16);
	num(b, 4, 0x60000020);
	if (m->o.machine != 0x14c)
		return;
	for (uint32_t i = 0; i < m->nfunctions; i++) {
		nums(f, 6, VA + FUNCTION * i, CODE, 8, 4, 0, m->frame_program);
		num(f, 2, 0);
		num(f, 2, 4);
		num(f, 4, 4);
	}
}

/* ---------------------------------------------------------------- the container */

/* Where the i-th block of the file's contents goes. */
static uint32_t block_number(const struct synth_pdb *o, uint32_t i, uint32_t n)
{
	return 3 + (o->scattered ? n - 1 - i : i);
}

static uint8_t *pack(struct maker *m, size_t *ret_n)
{
	uint32_t bs = m->o.block, n = 0, at = 0, blocks, dir_first, map;
	struct buf dir = { 0 };
	uint8_t *out;

	for (uint32_t i = 0; i < m->nstreams; i++)
		n += (uint32_t)((m->streams[i].n + bs - 1) / bs);
	num(&dir, 4, m->nstreams);
	for (uint32_t i = 0; i < m->nstreams; i++)
		num(&dir, 4, m->streams[i].n);
	for (uint32_t i = 0; i < n; i++)
		num(&dir, 4, block_number(&m->o, i, n));
	dir_first = 3 + n;
	map = dir_first + (uint32_t)((dir.n + bs - 1) / bs);
	blocks = map + (uint32_t)((4 * (dir.n + bs - 1) / bs + bs - 1) / bs) + 1;
	out = calloc(blocks, bs);
	memcpy(out, "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0\0", 32);
	struct buf head = { out, 32, bs }, list = { out + (size_t)map * bs, 0, bs * (blocks - map) };

	nums(&head, 6, bs, 1, blocks, (uint32_t)dir.n, 0, map);
	for (uint32_t i = dir_first; i < map; i++)
		num(&list, 4, i);
	memcpy(out + (size_t)dir_first * bs, dir.p, dir.n);
	for (uint32_t i = 0; i < m->nstreams; i++)
		for (size_t k = 0; k < m->streams[i].n; k += bs, at++)
			memcpy(out + (size_t)block_number(&m->o, at, n) * bs, m->streams[i].p + k,
			       m->streams[i].n - k < bs ? m->streams[i].n - k : bs);
	free(dir.p);
	*ret_n = (size_t)blocks * bs;
	return out;
}

uint8_t *synth_pdb(const struct synth_pdb *o, size_t *ret_n)
{
	struct maker m = { .o = *o };
	uint8_t *out;

	m.o.block = o->block ? o->block : 4096;
	m.o.machine = o->machine ? o->machine : 0x8664;
	m.o.modules = o->modules ? o->modules : 1;
	m.o.functions = o->functions ? o->functions : 1;
	m.o.lines = o->lines ? o->lines : 1;
	m.nfunctions = m.o.modules * m.o.functions;
	m.nstreams = FIRST_MODULE + m.o.modules;
	m.streams = calloc(m.nstreams, sizeof(*m.streams));
	make_info(&m);
	make_names(&m);
	make_types(&m);
	make_publics(&m);
	make_dbi(&m);
	make_sections(&m);
	out = pack(&m, ret_n);
	for (uint32_t i = 0; i < m.nstreams; i++)
		free(m.streams[i].p);
	free(m.streams);
	free(m.module_file);
	free(m.public_at);
	return out;
}
