/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/synth_md.h"
#include "synth/synth_pe.h"

enum { NT = 0x80, OPTIONAL = NT + 24, SECTIONS = 3 };

static bool wide(const struct synth_pe *p)
{
	return p->machine != SYNTH_PE_I386;
}

static void set(struct synth_pe *p, uint32_t at, unsigned size, uint64_t v)
{
	if (at + size > sizeof(p->bytes))
		abort();
	synth_md_set(p->bytes + at, size, v);
}

static uint32_t optional_size(const struct synth_pe *p)
{
	return (wide(p) ? 0x70 : 0x60) + 16 * 8;
}

static uint32_t section_at(const struct synth_pe *p, unsigned i)
{
	return OPTIONAL + optional_size(p) + 40 * i;
}

void synth_pe_put(struct synth_pe *p, uint32_t rva, const void *bytes, size_t n)
{
	if (n > sizeof(p->bytes) || rva > sizeof(p->bytes) - n)
		abort();
	memcpy(p->bytes + rva, bytes, n);
}

void synth_pe_init(struct synth_pe *p, uint16_t machine)
{
	static const struct {
		const char *name;
		uint32_t rva, flags;
	} sections[SECTIONS] = { { ".text", SYNTH_PE_TEXT, 0x60000020 }, { ".rdata", SYNTH_PE_RDATA, 0x40000040 },
				 { ".pdata", SYNTH_PE_PDATA, 0x40000040 } };

	memset(p, 0, sizeof(*p));
	p->machine = machine;
	p->data = SYNTH_PE_RDATA;
	p->nstrings = 4;
	synth_pe_put(p, 0, "MZ", 2);
	set(p, 0x3c, 4, NT);
	synth_pe_put(p, NT, "PE", 2);
	set(p, NT + 4, 2, machine);
	set(p, NT + 6, 2, SECTIONS);
	set(p, NT + 8, 4, SYNTH_PE_STAMP);
	set(p, NT + 20, 2, optional_size(p));
	set(p, OPTIONAL, 2, wide(p) ? 0x20b : 0x10b);
	set(p, OPTIONAL + (wide(p) ? 0x18 : 0x1c), wide(p) ? 8 : 4, wide(p) ? 0x140000000 : 0x400000);
	set(p, OPTIONAL + 0x20, 4, 0x1000);
	set(p, OPTIONAL + 0x24, 4, 0x1000);
	set(p, OPTIONAL + 0x38, 4, SYNTH_PE_MAPPED);
	set(p, OPTIONAL + 0x3c, 4, 0x1000);
	set(p, OPTIONAL + (wide(p) ? 0x6c : 0x5c), 4, 16);
	for (unsigned i = 0; i < SECTIONS; i++) {
		synth_pe_put(p, section_at(p, i), sections[i].name, strlen(sections[i].name));
		set(p, section_at(p, i) + 8, 4, 0x1000);
		set(p, section_at(p, i) + 0xc, 4, sections[i].rva);
		set(p, section_at(p, i) + 0x10, 4, 0x1000);
		set(p, section_at(p, i) + 0x14, 4, sections[i].rva);
		set(p, section_at(p, i) + 0x24, 4, sections[i].flags);
	}
}

uint32_t synth_pe_data(struct synth_pe *p, const void *bytes, size_t n)
{
	uint32_t rva = p->data;

	if (rva + n > SYNTH_PE_PDATA)
		abort();
	synth_pe_put(p, rva, bytes, n);
	p->data = (rva + (uint32_t)n + 3) & ~3U;
	return rva;
}

void synth_pe_dir(struct synth_pe *p, unsigned dir, uint32_t rva, uint32_t size)
{
	uint32_t at = OPTIONAL + (wide(p) ? 0x70 : 0x60) + 8 * dir;

	set(p, at, 4, rva);
	set(p, at + 4, 4, size);
}

void synth_pe_function(struct synth_pe *p, uint32_t start, uint32_t end, uint32_t unwind)
{
	bool x64 = p->machine == SYNTH_PE_AMD64;
	uint32_t size = x64 ? 12 : 8, at = SYNTH_PE_PDATA + p->nfunctions++ * size;

	set(p, at, 4, start);
	if (x64)
		set(p, at + 4, 4, end);
	set(p, at + (x64 ? 8 : 4), 4, unwind);
	synth_pe_dir(p, 3, SYNTH_PE_PDATA, p->nfunctions * size);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct synth_pe_export *const *)a)->name, (*(const struct synth_pe_export *const *)b)->name);
}

void synth_pe_exports(struct synth_pe *p, uint32_t base, const struct synth_pe_export *e, unsigned n)
{
	const struct synth_pe_export *named[32];
	unsigned nnames = 0;
	uint32_t dir = synth_pe_data(p, (uint8_t[40]){ 0 }, 40), functions, names, ordinals;

	if (n > 32)
		abort();
	for (unsigned i = 0; i < n; i++)
		if (e[i].name)
			named[nnames++] = &e[i];
	qsort(named, nnames, sizeof(*named), by_name);
	functions = synth_pe_data(p, (uint8_t[4 * 32]){ 0 }, 4 * (size_t)n);
	names = synth_pe_data(p, (uint8_t[4 * 32]){ 0 }, 4 * (size_t)nnames);
	ordinals = synth_pe_data(p, (uint8_t[2 * 32]){ 0 }, 2 * (size_t)nnames);
	for (unsigned i = 0; i < n; i++)
		set(p, functions + 4 * i, 4, e[i].forwarder ?
			synth_pe_data(p, e[i].forwarder, strlen(e[i].forwarder) + 1) : e[i].rva);
	for (unsigned i = 0; i < nnames; i++) {
		set(p, names + 4 * i, 4, synth_pe_data(p, named[i]->name, strlen(named[i]->name) + 1));
		set(p, ordinals + 2 * i, 2, (uint64_t)(named[i] - e));
	}
	set(p, dir + 0x10, 4, base);
	set(p, dir + 0x14, 4, n);
	set(p, dir + 0x18, 4, nnames);
	set(p, dir + 0x1c, 4, functions);
	set(p, dir + 0x20, 4, names);
	set(p, dir + 0x24, 4, ordinals);
	synth_pe_dir(p, 0, dir, p->data - dir);
}

/* Begins a record of a version resource at b + *n: its head and key. Its length is set at its end. */
static size_t open_record(uint8_t *b, size_t *n, unsigned value, unsigned kind, const char *key)
{
	size_t at = *n = (*n + 3) & ~(size_t)3;

	synth_md_set(b + at + 2, 2, value);
	synth_md_set(b + at + 4, 2, kind);
	*n += 6;
	for (size_t i = 0; i <= strlen(key); i++, *n += 2)
		synth_md_set(b + *n, 2, (uint8_t)key[i]);
	*n = (*n + 3) & ~(size_t)3;
	return at;
}

static void close_record(uint8_t *b, size_t n, size_t at)
{
	synth_md_set(b + at, 2, n - at);
}

static size_t version_records(uint8_t *b, const char *company)
{
	size_t n = 0, root = open_record(b, &n, 52, 0, "VS_VERSION_INFO"), info, table, string;
	static const uint32_t fixed[6] = { 0xfeef04bd, 0x10000, 0x40003, 0x20001, 0x80007, 0x60005 };

	for (unsigned i = 0; i < 6; i++)
		synth_md_set(b + n + 4 * i, 4, fixed[i]);
	n += 52;
	info = open_record(b, &n, 0, 1, "StringFileInfo");
	table = open_record(b, &n, 0, 1, "040904b0");
	string = open_record(b, &n, 2, 1, "Comments");
	n += 4;
	close_record(b, n, string);
	string = open_record(b, &n, (unsigned)strlen(company) + 1, 1, "CompanyName");
	for (size_t i = 0; i <= strlen(company); i++, n += 2)
		synth_md_set(b + n, 2, (uint8_t)company[i]);
	close_record(b, n, string);
	close_record(b, n, table);
	close_record(b, n, info);
	close_record(b, n, root);
	return n;
}

void synth_pe_version(struct synth_pe *p, const char *company)
{
	uint8_t b[1024] = { 0 };
	uint32_t dir = synth_pe_data(p, b, 3 * 24 + 16);
	size_t n = version_records(b + 88, company);

	set(p, dir + 14, 2, 1); /* one entry each: type, name, language, leaf */
	set(p, dir + 16, 4, 16);
	set(p, dir + 20, 4, 0x80000000 | 24);
	set(p, dir + 24 + 14, 2, 1);
	set(p, dir + 24 + 16, 4, 1);
	set(p, dir + 24 + 20, 4, 0x80000000 | 48);
	set(p, dir + 48 + 14, 2, 1);
	set(p, dir + 48 + 16, 4, 0x409);
	set(p, dir + 48 + 20, 4, 72);
	set(p, dir + 72, 4, synth_pe_data(p, b + 88, n));
	set(p, dir + 76, 4, n);
	synth_pe_dir(p, 2, dir, p->data - dir);
}

static uint32_t add_string(struct synth_pe *p, const char *s)
{
	uint32_t at = p->nstrings;

	if (at + strlen(s) + 1 > sizeof(p->strings))
		abort();
	memcpy(p->strings + at, s, strlen(s) + 1);
	p->nstrings += (uint32_t)strlen(s) + 1;
	return at;
}

void synth_pe_coff(struct synth_pe *p, const char *name, uint32_t offset)
{
	uint8_t *e = p->coff + 18 * (size_t)p->ncoff;

	if (p->ncoff == 32)
		abort();
	p->ncoff++;
	if (strlen(name) <= 8)
		memcpy(e, name, strlen(name));
	else
		synth_md_set(e + 4, 4, add_string(p, name));
	synth_md_set(e + 8, 4, offset);
	synth_md_set(e + 12, 2, 1);
	synth_md_set(e + 14, 2, 0x20);
	e[16] = 2; /* external */
}

void synth_pe_section_name(struct synth_pe *p, unsigned i, const char *name)
{
	char text[9] = { 0 };

	snprintf(text, sizeof(text), "/%u", add_string(p, name));
	synth_pe_put(p, section_at(p, i), text, 8);
}

void synth_pe_finish(struct synth_pe *p)
{
	p->n = SYNTH_PE_MAPPED;
	if (p->nstrings == 4 && !p->ncoff)
		return;
	set(p, NT + 12, 4, SYNTH_PE_MAPPED);
	set(p, NT + 16, 4, p->ncoff);
	synth_md_set(p->strings, 4, p->nstrings);
	synth_pe_put(p, SYNTH_PE_MAPPED, p->coff, 18 * (size_t)p->ncoff);
	synth_pe_put(p, SYNTH_PE_MAPPED + 18 * p->ncoff, p->strings, p->nstrings);
	p->n += 18 * (size_t)p->ncoff + p->nstrings;
}
