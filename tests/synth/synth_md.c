/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/synth_md.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64, HEADER = 32, ENTRY = 12 };

/* A list that is being gathered: its entries one after the other. */
struct list {
	uint8_t *p;
	size_t n, count;
};

enum lists { THREADS, NAMES, INFOS, MODULES, UNLOADED, MEMORY, REGIONS, HANDLES, OPERATIONS, TABLES, LISTS };

struct synth_md {
	struct synth_md_layout layout;
	uint16_t cpu;
	uint32_t platform;
	bool wide;
	uint8_t *file;
	size_t n;
	struct {
		uint32_t type, size, rva;
	} directory[ENTRIES];
	unsigned nstreams;
	struct list lists[LISTS];
	struct list bytes64; /* what Memory64List refers to */
	uint64_t holes;
	struct {
		uint32_t tid;
		uint64_t teb, stack_start, stack_end;
	} tebs[64];
	unsigned ntebs;
	struct {
		uint64_t base;
		uint32_t size;
		char path[128];
	} images[64];
	unsigned nimages;
	void *owned[64];
	unsigned nowned;
};

static void *grow(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		abort();
	return p;
}

void synth_md_set(void *at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		((uint8_t *)at)[i] = (uint8_t)(value >> 8 * i);
}

struct synth_md *synth_md_new(uint16_t cpu, uint32_t platform)
{
	struct synth_md *s = grow(NULL, sizeof(*s));

	memset(s, 0, sizeof(*s));
	s->cpu = cpu;
	s->platform = platform;
	s->wide = cpu != SYNTH_MD_X86 && cpu != SYNTH_MD_ARM;
	s->layout = (struct synth_md_layout){ .time = 1700000000, .major = 10, .build = 20348,
					      .processors = 4, .product = 3 };
	synth_md_put(s, NULL, HEADER + ENTRIES * ENTRY);
	return s;
}

void synth_md_free(struct synth_md *s)
{
	for (unsigned i = 0; i < LISTS; i++)
		free(s->lists[i].p);
	for (unsigned i = 0; i < s->nowned; i++)
		free(s->owned[i]);
	free(s->bytes64.p);
	free(s->file);
	free(s);
}

struct synth_md_layout *synth_md_layout(struct synth_md *s)
{
	return &s->layout;
}

static void append(uint8_t **to, size_t *to_n, const void *bytes, size_t n)
{
	*to = grow(*to, *to_n + n);
	if (bytes)
		memcpy(*to + *to_n, bytes, n);
	else
		memset(*to + *to_n, 0, n);
	*to_n += n;
}

uint32_t synth_md_put(struct synth_md *s, const void *bytes, size_t n)
{
	size_t at = s->n;

	append(&s->file, &s->n, bytes, n);
	return (uint32_t)at;
}

uint32_t synth_md_string(struct synth_md *s, const char *text)
{
	uint8_t word[4] = { 0 };
	uint32_t at = synth_md_put(s, word, 4);
	size_t start = s->n;

	while (*text) {
		unsigned first = (uint8_t)*text++, more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
		uint32_t c = more ? first & (0x3f >> more) : first;

		for (; more; more--)
			c = c << 6 | ((uint8_t)*text++ & 0x3f);
		if (c >= 0x10000) {
			synth_md_set(word, 2, 0xd7c0 + (c >> 10));
			synth_md_put(s, word, 2);
			c = 0xdc00 | (c & 0x3ff);
		}
		synth_md_set(word, 2, c);
		synth_md_put(s, word, 2);
	}
	synth_md_set(s->file + at, 4, s->n - start);
	synth_md_put(s, NULL, 2);
	return at;
}

void synth_md_stream_at(struct synth_md *s, uint32_t type, uint32_t rva, uint32_t size)
{
	if (s->nstreams == ENTRIES)
		abort();
	s->directory[s->nstreams].type = type;
	s->directory[s->nstreams].size = size;
	s->directory[s->nstreams++].rva = rva;
}

void synth_md_stream(struct synth_md *s, uint32_t type, const void *bytes, size_t n)
{
	synth_md_stream_at(s, type, synth_md_put(s, bytes, n), (uint32_t)n);
}

/* ---------------------------------------------------------------- contexts */

/* Where pc, sp, fp, the first register and ContextFlags are, how long the structure is. */
struct shape {
	uint16_t cpu, pc, sp, fp, first, flags, size;
	uint32_t mask;
};

static const struct shape shapes[] = {
	{ SYNTH_MD_AMD64, 0xf8, 0x98, 0xa0, 0x78, 0x30, 1232, 0x10001f },
	{ SYNTH_MD_X86, 0xb8, 0xc4, 0xb4, 0xb0, 0, 716, 0x1003f },
	{ SYNTH_MD_ARM64, 0x108, 0x100, 0xf0, 8, 0, 912, 0x400007 },
	{ SYNTH_MD_ARM64_OLD, 0x108, 0x100, 0xf0, 8, 0, 796, 0x80000007 },
	{ SYNTH_MD_ARM, 0x40, 0x38, 0x30, 4, 0, 416, 0x200007 },
};

uint32_t synth_md_context(struct synth_md *s, const struct synth_md_regs *r, uint32_t *ret_size)
{
	const struct shape *c = shapes;
	uint8_t raw[1232] = { 0 };
	unsigned word = s->wide ? 8 : 4;

	while (c->cpu != s->cpu)
		if (++c == shapes + sizeof(shapes) / sizeof(shapes[0]))
			abort();
	synth_md_set(raw + c->flags, 4, c->mask);
	synth_md_set(raw + c->pc, word, r->pc);
	synth_md_set(raw + c->sp, word, r->sp);
	synth_md_set(raw + c->fp, word, r->fp);
	synth_md_set(raw + c->first, word, r->first);
	if (s->cpu == SYNTH_MD_AMD64)
		synth_md_set(raw + 0x38, 2, r->segment);
	*ret_size = c->size;
	return synth_md_put(s, raw, c->size);
}

/* ---------------------------------------------------------------- entries of lists */

static void add(struct synth_md *s, enum lists which, const void *entry, size_t n)
{
	append(&s->lists[which].p, &s->lists[which].n, entry, n);
	s->lists[which].count++;
}

static void thread_name(struct synth_md *s, const struct synth_md_thread *t)
{
	uint8_t e[12];

	if (!t->name)
		return;
	synth_md_set(e, 4, t->tid);
	synth_md_set(e + 4, 8, synth_md_string(s, t->name));
	add(s, NAMES, e, sizeof(e));
}

static void thread_info(struct synth_md *s, const struct synth_md_thread *t)
{
	uint8_t e[64] = { 0 };

	if (!t->has_info)
		return;
	synth_md_set(e, 4, t->tid);
	synth_md_set(e + 4, 4, t->info_flags);
	synth_md_set(e + 0xc, 4, 0x103);
	synth_md_set(e + 0x10, 8, t->created);
	synth_md_set(e + 0x20, 8, t->kernel);
	synth_md_set(e + 0x28, 8, t->user);
	synth_md_set(e + 0x30, 8, t->start);
	add(s, INFOS, e, sizeof(e));
}

void synth_md_thread(struct synth_md *s, const struct synth_md_thread *t)
{
	uint8_t e[48] = { 0 };
	uint32_t size, context = synth_md_context(s, &t->regs, &size);

	synth_md_set(e, 4, t->tid);
	synth_md_set(e + 4, 4, t->suspended);
	synth_md_set(e + 8, 4, t->priority_class);
	synth_md_set(e + 0xc, 4, t->priority);
	synth_md_set(e + 0x10, 8, t->teb);
	synth_md_set(e + 0x18, 8, t->stack_start);
	synth_md_set(e + 0x20, 4, t->stack_size);
	if (t->stack)
		synth_md_set(e + 0x24, 4, synth_md_put(s, t->stack, t->stack_size));
	synth_md_set(e + 0x28, 4, size);
	synth_md_set(e + 0x2c, 4, context);
	add(s, THREADS, e, sizeof(e));
	thread_name(s, t);
	thread_info(s, t);
	if (s->ntebs < 64) {
		s->tebs[s->ntebs].tid = t->tid;
		s->tebs[s->ntebs].teb = t->teb;
		s->tebs[s->ntebs].stack_start = t->stack_start;
		s->tebs[s->ntebs++].stack_end = t->stack_start + t->stack_size;
	}
}

void synth_md_module(struct synth_md *s, const struct synth_md_module *m)
{
	uint8_t e[108] = { 0 };

	synth_md_set(e, 8, m->base);
	synth_md_set(e + 8, 4, m->size);
	synth_md_set(e + 0x10, 4, m->timestamp);
	synth_md_set(e + 0x14, 4, m->path ? synth_md_string(s, m->path) : 0);
	if (m->version[0] || m->version[1]) {
		synth_md_set(e + 0x18, 4, 0xfeef04bd);
		synth_md_set(e + 0x20, 4, m->version[0]);
		synth_md_set(e + 0x24, 4, m->version[1]);
	}
	if (m->codeview) {
		synth_md_set(e + 0x4c, 4, m->codeview_size);
		synth_md_set(e + 0x50, 4, synth_md_put(s, m->codeview, m->codeview_size));
	}
	add(s, MODULES, e, sizeof(e));
	if (s->nimages < 64 && m->path && strlen(m->path) < sizeof(s->images[0].path)) {
		s->images[s->nimages].base = m->base;
		s->images[s->nimages].size = m->size;
		strcpy(s->images[s->nimages++].path, m->path);
	}
}

void synth_md_unloaded(struct synth_md *s, uint64_t base, uint32_t size, uint32_t timestamp, const char *name)
{
	uint8_t e[24] = { 0 };

	synth_md_set(e, 8, base);
	synth_md_set(e + 8, 4, size);
	synth_md_set(e + 0x10, 4, timestamp);
	synth_md_set(e + 0x14, 4, synth_md_string(s, name));
	add(s, UNLOADED, e, sizeof(e));
}

const void *synth_md_rsds(struct synth_md *s, const uint8_t guid[16], uint32_t age, const char *pdb,
			  uint32_t *ret_size)
{
	size_t n = 24 + strlen(pdb) + 1;
	uint8_t *p = grow(NULL, n);

	if (s->nowned == 64)
		abort();
	memcpy(p, "RSDS", 4);
	memcpy(p + 4, guid, 16);
	synth_md_set(p + 20, 4, age);
	memcpy(p + 24, pdb, n - 24);
	s->owned[s->nowned++] = p;
	*ret_size = (uint32_t)n;
	return p;
}

void synth_md_memory(struct synth_md *s, uint64_t start, const void *bytes, uint32_t n)
{
	uint8_t e[16] = { 0 };

	synth_md_set(e, 8, start);
	if (s->layout.memory64) {
		synth_md_set(e + 8, 8, n);
		append(&s->bytes64.p, &s->bytes64.n, bytes, n);
	} else {
		synth_md_set(e + 8, 4, n);
		synth_md_set(e + 12, 4, synth_md_put(s, bytes, n));
	}
	add(s, MEMORY, e, sizeof(e));
}

uint64_t synth_md_hole(struct synth_md *s, uint64_t start, uint64_t n)
{
	uint8_t e[16];

	if (!s->layout.memory64)
		abort();
	synth_md_set(e, 8, start);
	synth_md_set(e + 8, 8, n);
	add(s, MEMORY, e, sizeof(e));
	return s->holes += n;
}

void synth_md_region(struct synth_md *s, uint64_t start, uint64_t size, uint32_t state, uint32_t protect,
		     uint32_t type)
{
	uint8_t e[48] = { 0 };

	synth_md_set(e, 8, start);
	synth_md_set(e + 8, 8, start);
	synth_md_set(e + 16, 4, protect);
	synth_md_set(e + 24, 8, size);
	synth_md_set(e + 32, 4, state);
	synth_md_set(e + 36, 4, protect);
	synth_md_set(e + 40, 4, type);
	add(s, REGIONS, e, sizeof(e));
}

void synth_md_handle(struct synth_md *s, const struct synth_md_handle *h)
{
	uint8_t e[40] = { 0 }, info[12] = { 0 };
	uint32_t at;

	synth_md_set(e, 8, h->handle);
	synth_md_set(e + 8, 4, h->type ? synth_md_string(s, h->type) : 0);
	synth_md_set(e + 0xc, 4, h->name ? synth_md_string(s, h->name) : 0);
	synth_md_set(e + 0x18, 4, 1);
	synth_md_set(e + 0x1c, 4, 65535);
	if (h->info_type) {
		synth_md_set(info + 4, 4, h->info_type);
		synth_md_set(info + 8, 4, h->info_size);
		at = synth_md_put(s, info, sizeof(info));
		synth_md_put(s, h->info, h->info_size);
		synth_md_set(e + 0x20, 4, at);
	}
	add(s, HANDLES, e, sizeof(e));
}

void synth_md_handle_operation(struct synth_md *s, uint64_t handle, uint32_t pid, uint32_t tid, uint32_t type,
			       const uint64_t *trace, unsigned n)
{
	uint8_t e[288] = { 0 };

	synth_md_set(e, 8, handle);
	synth_md_set(e + 8, 4, pid);
	synth_md_set(e + 12, 4, tid);
	synth_md_set(e + 16, 4, type);
	synth_md_set(e + 24, 4, n);
	for (unsigned i = 0; i < n && i < 32; i++)
		synth_md_set(e + 32 + 8 * i, 8, trace[i]);
	add(s, OPERATIONS, e, sizeof(e));
}

enum { NATIVE = 0x58 }; /* of Windows' own description, which nobody can read */

void synth_md_function_table(struct synth_md *s, const struct synth_md_table *t)
{
	unsigned words = t->nentries * (s->cpu == SYNTH_MD_AMD64 ? 3 : 2);
	uint8_t e[32] = { 0 }, word[4];

	synth_md_set(e, 8, t->start);
	synth_md_set(e + 8, 8, t->end);
	synth_md_set(e + 16, 8, t->base);
	synth_md_set(e + 24, 4, t->nentries + t->extra_entries);
	synth_md_set(e + 28, 4, t->padding);
	add(s, TABLES, e, sizeof(e));
	append(&s->lists[TABLES].p, &s->lists[TABLES].n, NULL, NATIVE);
	for (unsigned i = 0; i < words; i++) {
		synth_md_set(word, 4, t->words[i]);
		append(&s->lists[TABLES].p, &s->lists[TABLES].n, word, 4);
	}
	append(&s->lists[TABLES].p, &s->lists[TABLES].n, NULL, t->padding);
}

static void function_tables(struct synth_md *s)
{
	const struct list *l = &s->lists[TABLES];
	uint8_t head[32] = { 0 };
	uint32_t at;

	if (!l->count)
		return;
	synth_md_set(head, 4, 24);
	synth_md_set(head + 4, 4, 32);
	synth_md_set(head + 8, 4, NATIVE);
	synth_md_set(head + 12, 4, s->cpu == SYNTH_MD_AMD64 ? 12 : 8);
	synth_md_set(head + 16, 4, l->count + s->layout.extra_count);
	synth_md_set(head + 20, 4, 8); /* padding behind the header */
	at = synth_md_put(s, head, sizeof(head));
	synth_md_put(s, l->p, l->n);
	synth_md_stream_at(s, 13, at, (uint32_t)(sizeof(head) + l->n));
}

/* ---------------------------------------------------------------- single streams */

void synth_md_system_memory(struct synth_md *s, uint16_t flags, uint32_t physical, uint32_t available,
			    uint32_t committed, uint32_t limit)
{
	uint8_t e[0x1ec] = { 0 };
	unsigned size = flags & 2 ? 8 : 4, at = flags & 2 ? 0x74 : 0xc0;

	synth_md_set(e, 2, 1);
	synth_md_set(e + 2, 2, flags);
	synth_md_set(e + 8, 4, 4096);
	synth_md_set(e + 12, 4, physical);
	synth_md_set(e + 0x38, 8, 0x123000);
	synth_md_set(e + at, size, available);
	synth_md_set(e + at + size, size, committed);
	synth_md_set(e + at + 2 * size, size, limit);
	synth_md_set(e + at + 3 * size, size, committed + 1);
	synth_md_stream(s, 21, e, sizeof(e));
}

void synth_md_counters(struct synth_md *s, uint16_t revision, uint64_t resident, uint64_t private)
{
	uint8_t e[152] = { 0 };

	synth_md_set(e, 2, revision);
	synth_md_set(e + 2, 2, revision > 1 ? 7 : 0);
	synth_md_set(e + 4, 4, 1234);
	synth_md_set(e + 8, 8, resident + 0x1000);
	synth_md_set(e + 0x10, 8, resident);
	synth_md_set(e + 0x40, 8, private + 0x2000);
	synth_md_set(e + (revision > 1 ? 0x58 : 0x48), 8, private);
	synth_md_stream(s, 22, e, revision > 1 ? 152 : 80);
}

static size_t sid(uint8_t *at, uint8_t authority, const uint32_t *sub, unsigned n)
{
	at[0] = 1;
	at[1] = (uint8_t)n;
	at[7] = authority;
	for (unsigned i = 0; i < n; i++)
		synth_md_set(at + 8 + 4 * i, 4, sub[i]);
	return 8 + 4 * n;
}

void synth_md_token(struct synth_md *s, uint32_t id, bool is_system, uint32_t level)
{
	static const uint32_t account[] = { 21, 1, 2, 3, 1001 }, system[] = { 18 }, users[] = { 32, 545 };
	enum { HEAD = 16, ELEMENT = 0x48, USER = ELEMENT, GROUPS = USER + 64, SIZE = GROUPS + 96 };
	uint8_t e[HEAD + SIZE] = { 0 }, *t = e + HEAD;
	size_t n;

	synth_md_set(e, 4, sizeof(e));
	synth_md_set(e + 4, 4, 1);
	synth_md_set(e + 8, 4, HEAD);
	synth_md_set(e + 12, 4, ELEMENT);
	synth_md_set(t, 4, SIZE);
	synth_md_set(t + 4, 4, id);
	synth_md_set(t + 16 + 8, 4, USER);
	synth_md_set(t + 16 + 12, 4, 64);
	synth_md_set(t + 16 + 16, 4, GROUPS);
	synth_md_set(t + 16 + 20, 4, 96);
	synth_md_set(t + USER, 4, 8);
	sid(t + USER + 8, 5, is_system ? system : account, is_system ? 1 : 5);
	synth_md_set(t + GROUPS, 4, 2);
	synth_md_set(t + GROUPS + 4, 4, 20);
	n = sid(t + GROUPS + 20, 5, users, 2);
	synth_md_set(t + GROUPS + 12, 4, 20 + n);
	sid(t + GROUPS + 20 + n, 16, &level, 1);
	synth_md_stream(s, 19, e, sizeof(e));
}

void synth_md_exception(struct synth_md *s, const struct synth_md_exception *x)
{
	uint8_t e[168] = { 0 };
	uint32_t size = 0, context = x->regs ? synth_md_context(s, x->regs, &size) : 0;

	synth_md_set(e, 4, x->tid);
	synth_md_set(e + 8, 4, x->code);
	synth_md_set(e + 0xc, 4, x->flags);
	synth_md_set(e + 0x10, 8, x->nested);
	synth_md_set(e + 0x18, 8, x->address);
	synth_md_set(e + 0x20, 4, x->nparameters);
	for (unsigned i = 0; i < 15; i++)
		synth_md_set(e + 0x28 + 8 * i, 8, x->parameters[i]);
	synth_md_set(e + 0xa0, 4, size);
	synth_md_set(e + 0xa4, 4, context);
	synth_md_stream(s, 6, e, sizeof(e));
}

void synth_md_misc(struct synth_md *s, uint32_t size, uint32_t flags, uint32_t pid, uint32_t start,
		   uint32_t integrity, const char *writer)
{
	uint8_t e[1364] = { 0 };

	synth_md_set(e, 4, size);
	synth_md_set(e + 4, 4, flags);
	synth_md_set(e + 8, 4, pid);
	synth_md_set(e + 0xc, 4, start);
	synth_md_set(e + 0x10, 4, 7);
	synth_md_set(e + 0x14, 4, 3);
	synth_md_set(e + 0x2c, 4, integrity);
	synth_md_set(e + 0x38, 4, 2);
	synth_md_set(e + 0x3c, 4, (uint32_t)-60);
	for (unsigned i = 0; "Harbour Summer Time"[i]; i++)
		synth_md_set(e + 0x94 + 2 * i, 2, (uint8_t)"Harbour Summer Time"[i]);
	synth_md_set(e + 0xe4, 4, (uint32_t)-60);
	for (unsigned i = 0; writer && writer[i] && i < 39; i++)
		synth_md_set(e + 0x2f0 + 2 * i, 2, (uint8_t)writer[i]);
	synth_md_stream(s, 15, e, size);
}

static void system_info(struct synth_md *s)
{
	const struct synth_md_layout *l = &s->layout;
	uint8_t e[56] = { 0 };

	if (l->no_system_info)
		return;
	synth_md_set(e, 2, s->cpu);
	e[6] = l->processors;
	e[7] = l->product;
	synth_md_set(e + 8, 4, l->major);
	synth_md_set(e + 12, 4, l->minor);
	synth_md_set(e + 16, 4, l->build);
	synth_md_set(e + 20, 4, s->platform);
	synth_md_set(e + 24, 4, l->csd ? synth_md_string(s, l->csd) : 0);
	synth_md_stream(s, 7, e, sizeof(e));
}

/* ---------------------------------------------------------------- building */

/* u32 count (and padding), entries. */
static void plain_list(struct synth_md *s, enum lists which, uint32_t type)
{
	const struct list *l = &s->lists[which];
	uint8_t count[8] = { 0 };
	size_t head = s->layout.padded ? 8 : 4;
	uint32_t at;

	if (!l->count)
		return;
	synth_md_set(count, 4, l->count + s->layout.extra_count);
	at = synth_md_put(s, count, head);
	synth_md_put(s, l->p, l->n);
	synth_md_stream_at(s, type, at, (uint32_t)(head + l->n));
}

/* SizeOfHeader, SizeOfEntry, count, entries. */
static void sized_list(struct synth_md *s, enum lists which, uint32_t type, uint32_t header, uint32_t entry)
{
	const struct list *l = &s->lists[which];
	uint8_t head[16] = { 0 };
	uint32_t at;

	if (!l->count)
		return;
	synth_md_set(head, 4, header);
	synth_md_set(head + 4, 4, entry);
	synth_md_set(head + 8, 4, l->count + s->layout.extra_count);
	at = synth_md_put(s, head, header);
	synth_md_put(s, l->p, l->n);
	synth_md_stream_at(s, type, at, (uint32_t)(header + l->n));
}

static void memory64(struct synth_md *s)
{
	const struct list *l = &s->lists[MEMORY];
	uint8_t head[16] = { 0 };
	uint32_t at;

	if (!l->count)
		return;
	synth_md_set(head, 8, l->count + s->layout.extra_count);
	synth_md_set(head + 8, 8, s->n + 16 + l->n);
	at = synth_md_put(s, head, sizeof(head));
	synth_md_put(s, l->p, l->n);
	synth_md_stream_at(s, 9, at, (uint32_t)(16 + l->n));
	synth_md_put(s, s->bytes64.p, s->bytes64.n);
}

uint8_t *synth_md_build(struct synth_md *s, size_t *ret_n)
{
	uint8_t *copy;

	system_info(s);
	plain_list(s, THREADS, 3);
	plain_list(s, NAMES, 24);
	sized_list(s, INFOS, 17, 12, 64);
	plain_list(s, MODULES, 4);
	sized_list(s, UNLOADED, 14, 12, 24);
	sized_list(s, REGIONS, 16, 16, 48);
	sized_list(s, HANDLES, 12, 16, 40);
	sized_list(s, OPERATIONS, 18, 16, 288);
	function_tables(s);
	if (s->layout.memory64)
		memory64(s);
	else
		plain_list(s, MEMORY, 5);
	for (unsigned i = 0; i < s->layout.unused; i++)
		synth_md_stream_at(s, 0, 0xffffffff, 0xffffffff);
	memcpy(s->file, "MDMP", 4);
	synth_md_set(s->file + 4, 4, 0xa793u | (uint32_t)s->layout.version << 16);
	synth_md_set(s->file + 8, 4, s->nstreams);
	synth_md_set(s->file + 12, 4, HEADER);
	synth_md_set(s->file + 20, 4, s->layout.time);
	synth_md_set(s->file + 24, 8, s->layout.flags);
	for (unsigned i = 0; i < s->nstreams; i++) {
		synth_md_set(s->file + HEADER + ENTRY * i, 4, s->directory[i].type);
		synth_md_set(s->file + HEADER + ENTRY * i + 4, 4, s->directory[i].size);
		synth_md_set(s->file + HEADER + ENTRY * i + 8, 4, s->directory[i].rva);
	}
	*ret_n = s->n;
	copy = grow(NULL, s->n);
	memcpy(copy, s->file, s->n);
	return copy;
}

/* ---------------------------------------------------------------- PEB and TEBs */

/* A page of process memory that is being filled from its start. */
struct page {
	struct synth_md *s;
	uint64_t base;
	uint8_t bytes[16384];
	size_t n;
};

static void word(const struct page *p, uint8_t *at, uint64_t value)
{
	synth_md_set(at, p->s->wide ? 8 : 4, value);
}

/* UTF-16 text at the page's end; ';' becomes NUL. */
static uint64_t text(struct page *p, const char *t)
{
	uint64_t at = p->base + p->n;
	size_t n = strlen(t);

	if (p->n + 2 * n + 4 > sizeof(p->bytes))
		abort();
	for (size_t i = 0; i < n; i++)
		synth_md_set(p->bytes + p->n + 2 * i, 2, t[i] == ';' ? 0 : (uint8_t)t[i]);
	p->n += 2 * n + 4;
	return at;
}

static void unicode(struct page *p, size_t at, const char *t)
{
	uint64_t buffer;

	if (!t)
		return;
	buffer = text(p, t);
	synth_md_set(p->bytes + at, 2, 2 * strlen(t));
	synth_md_set(p->bytes + at + 2, 2, 2 * strlen(t) + 2);
	word(p, p->bytes + at + (p->s->wide ? 8 : 4), buffer);
}

static void loader_list(struct page *p, size_t ldr, const struct synth_md_peb *peb)
{
	bool wide = p->s->wide;
	size_t head = ldr + (wide ? 0x10 : 0x0c), previous = head, size = wide ? 0x90 : 0x50;
	unsigned n = p->s->nimages + (peb->extra_module != NULL);

	for (unsigned i = 0; i < n; i++) {
		bool extra = i == p->s->nimages;
		size_t e = p->n;

		p->n += size;
		word(p, p->bytes + e + (wide ? 0x30 : 0x18), extra ? peb->extra_base : p->s->images[i].base);
		synth_md_set(p->bytes + e + (wide ? 0x40 : 0x20), 4, extra ? 0x3000 : p->s->images[i].size);
		unicode(p, e + (wide ? 0x48 : 0x24), extra ? peb->extra_module : p->s->images[i].path);
		word(p, p->bytes + previous, p->base + e);
		previous = e;
	}
	word(p, p->bytes + previous, peb->cyclic && n ? p->base + ldr + (wide ? 0x400 : 0x400) : p->base + head);
	if (peb->cyclic) /* an entry that is its own next */
		word(p, p->bytes + ldr + 0x400, p->base + ldr + 0x400);
}

static void teb(struct synth_md *s, unsigned i, const struct synth_md_peb *peb)
{
	bool wide = s->wide;
	struct page *p = grow(NULL, sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->s = s;
	word(p, p->bytes + (wide ? 8 : 4), s->tebs[i].stack_end);
	word(p, p->bytes + (wide ? 0x10 : 8), s->tebs[i].stack_start);
	word(p, p->bytes + (wide ? 0x30 : 0x18), s->tebs[i].teb);
	word(p, p->bytes + (wide ? 0x40 : 0x20), peb->pid);
	word(p, p->bytes + (wide ? 0x48 : 0x24), s->tebs[i].tid);
	word(p, p->bytes + (wide ? 0x60 : 0x30), SYNTH_MD_PEB);
	synth_md_set(p->bytes + (wide ? 0x68 : 0x34), 4, peb->last_error);
	synth_md_memory(s, s->tebs[i].teb, p->bytes, 0x100);
	free(p);
}

void synth_md_peb(struct synth_md *s, const struct synth_md_peb *peb)
{
	enum { PARAMETERS = 0x400, LDR = 0x900, FREE = 0x1000 };
	bool wide = s->wide;
	struct page *p = grow(NULL, sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->s = s;
	p->base = SYNTH_MD_PEB;
	p->n = FREE;
	word(p, p->bytes + (wide ? 0x10 : 8), s->nimages ? s->images[0].base : 0);
	word(p, p->bytes + (wide ? 0x18 : 0xc), p->base + LDR);
	word(p, p->bytes + (wide ? 0x20 : 0x10), p->base + PARAMETERS);
	p->bytes[PARAMETERS + 8] = 1;
	unicode(p, PARAMETERS + (wide ? 0x38 : 0x24), peb->cwd);
	unicode(p, PARAMETERS + (wide ? 0x60 : 0x38), peb->image);
	unicode(p, PARAMETERS + (wide ? 0x70 : 0x40), peb->command_line);
	if (peb->environment)
		word(p, p->bytes + PARAMETERS + (wide ? 0x80 : 0x48), text(p, peb->environment));
	loader_list(p, LDR, peb);
	synth_md_memory(s, p->base, p->bytes, (uint32_t)p->n);
	free(p);
	for (unsigned i = 0; i < s->ntebs; i++)
		if (s->tebs[i].teb)
			teb(s, i, peb);
}

/* ---------------------------------------------------------------- code made at run time */

/*
 * x64: f0 "sub rsp, 28h", f1 "push rbx; sub rsp, 30h", f2 a leaf without an entry that f1 called … each
 * stands in its body. ARM64: "stp x29, x30, [sp, #-16]!; mov x29, sp" in f0 and f1, f2 a leaf.
 */
static const uint8_t jit_x64[] = { 1, 4, 1, 0, 4, 0x42, 0, 0, 1, 5, 2, 0, 5, 0x52, 1, 0x30 };
static const uint8_t jit_arm64[] = { 16, 0, 0x20, 0x08, 0xe1, 0x81, 0xe4, 0xe4 };

void synth_md_jit(struct synth_md *s)
{
	enum { F0 = 0x1000, F1 = 0x1040, F2 = 0x1100, XDATA = 0x2000, STACK = 0x60000000, CALLER = 0x10001234 };
	static const uint32_t x64[] = { F0, F0 + 64, XDATA, F1, F1 + 64, XDATA + 8 };
	static const uint32_t arm64[] = { F0, XDATA, F1, XDATA };
	bool is_x64 = s->cpu == SYNTH_MD_AMD64;
	uint8_t page[0x3000] = { 0 }, stack[512] = { 0 };
	struct synth_md_table t = { .start = SYNTH_MD_JIT + F0, .end = SYNTH_MD_JIT + 0x1800, .base = SYNTH_MD_JIT,
				    .words = is_x64 ? x64 : arm64, .nentries = 2, .padding = is_x64 ? 0 : 8 };
	struct synth_md_regs regs = { .pc = SYNTH_MD_JIT + F2 + 4, .sp = STACK + 0x40 };

	memset(page + F0, 0x90, 0x800);
	if (is_x64) { /* the leaf's return into f1, rbx and f1's into f0, f0's into a module */
		memcpy(page + XDATA, jit_x64, sizeof(jit_x64));
		synth_md_set(stack + 0x40, 8, SYNTH_MD_JIT + F1 + 32);
		synth_md_set(stack + 0x48 + 0x30, 8, 0xb0b);
		synth_md_set(stack + 0x48 + 0x38, 8, SYNTH_MD_JIT + F0 + 32);
		synth_md_set(stack + 0x88 + 0x28, 8, CALLER);
	} else { /* the chain of frame records: f1's, then f0's; what called the leaf stands in f1 */
		memcpy(page + XDATA, jit_arm64, sizeof(jit_arm64));
		regs.pc = SYNTH_MD_JIT + F1 + 32;
		regs.fp = STACK + 0x40;
		synth_md_set(stack + 0x40, 8, STACK + 0x60);
		synth_md_set(stack + 0x48, 8, SYNTH_MD_JIT + F0 + 32);
		synth_md_set(stack + 0x60, 8, STACK + 0x100);
		synth_md_set(stack + 0x68, 8, CALLER);
		regs.sp = STACK + 0x40;
	}
	synth_md_memory(s, SYNTH_MD_JIT, page, sizeof(page));
	synth_md_function_table(s, &t);
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 900, .stack_start = STACK, .stack = stack,
						      .stack_size = sizeof(stack), .regs = regs });
}

/* ---------------------------------------------------------------- a whole process */

void synth_md_process(struct synth_md *s)
{
	static const uint8_t guid[16] = { 0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint32_t bases[] = { 0x400000, 0x10000000, 0x20000000 };
	static const char *const paths[] = { "C:\\shop\\orders.exe", "C:\\Windows\\System32\\kernel32.dll",
					     "C:\\Windows\\System32\\ntdll.dll" };
	static const uint64_t trace[] = { 0x20001010, 0x401010, 0x401020 };
	uint8_t stack[512] = { 0 };
	struct synth_md_regs fault = { .pc = 0x401234, .sp = 0x2fff00, .fp = 0x2fff40, .first = 0x11 };

	for (unsigned i = 0; i < 3; i++) {
		uint32_t size;
		const void *record = synth_md_rsds(s, guid, i + 1, "orders.pdb", &size);

		synth_md_module(s, &(struct synth_md_module){
			.base = bases[i], .size = 0x8000, .timestamp = 0x5f000000 + i, .path = paths[i],
			.version = { 0x00010002, 0x00030004 }, .codeview = record, .codeview_size = size });
	}
	synth_md_unloaded(s, 0x30000000, 0x4000, 0x5e000000, "old.dll");
	for (unsigned i = 0; i < 2; i++)
		synth_md_thread(s, &(struct synth_md_thread){
			.tid = 100 + i, .priority_class = 0x20, .priority = i, .teb = 0x7ffe0000 + 0x4000 * i,
			.stack_start = 0x2ffe00 + 0x100000 * i, .stack = stack, .stack_size = sizeof(stack),
			.regs = { .pc = 0x20001000, .sp = 0x2ffe40 + 0x100000 * i }, .name = i ? "worker" : "main",
			.has_info = true, .created = UINT64_C(133444736000000000) + i, .user = 20000000,
			.start = 0x401000 });
	synth_md_peb(s, &(struct synth_md_peb){ .pid = 77, .last_error = 5, .image = paths[0],
						.command_line = "orders.exe -v \"a b\"", .cwd = "C:\\shop\\",
						.environment = "COMPUTERNAME=TILL;PATH=C:\\", .extra_base = 0x50000000,
						.extra_module = "C:\\shop\\late.dll" });
	synth_md_handle(s, &(struct synth_md_handle){ .handle = 4, .type = "Event", .name = "\\Ready" });
	synth_md_handle_operation(s, 0x40, 77, 100, 1, trace, 2);
	synth_md_handle_operation(s, 0x40, 77, 100, 2, trace, 3);
	synth_md_handle_operation(s, 0x40, 77, 555, 3, trace, 3);
	synth_md_system_memory(s, 2, 0x400000, 0x1000, 0x500000, 0x600000);
	synth_md_counters(s, 2, 0x7654000, 0x8765000);
	synth_md_token(s, 77, true, 0x3000);
	synth_md_region(s, 0x400000, 0x8000, 0x1000, 0x20, 0x1000000);
	synth_md_region(s, 0x200000, 0x100000, 0x1000, 4, 0x20000);
	synth_md_misc(s, 1364, 0x3f7, 77, 1700000000 - 60, 0x3000, "dbgcore.amd64,10.0.20348.1");
	synth_md_exception(s, &(struct synth_md_exception){ .tid = 101, .code = 0xc0000005, .address = 0x401234,
							    .nparameters = 2, .parameters = { 1, 0x18 },
							    .regs = &fault });
}
