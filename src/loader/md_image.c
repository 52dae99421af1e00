/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of the headers of a Windows image in the dump's memory as the loader needs: sections, where
 * the program begins, and the debug record where the module list has none (Wine leaves it out). In
 * memory an RVA is an offset from the base. Any page may be absent. image/ reads the rest.
 */
#include "config.h"

#include "loader/minidump.h"

enum { MZ = 0x5a4d, PE_MAGIC = 0x4550, OPTIONAL_64 = 0x20b };
enum { SECTION = 40, SECTIONS_MAX = 96 /* the loader of Windows takes no more */ };
enum { DIRECTORY_DEBUG = 6, DEBUG_ENTRY = 28, DEBUG_ENTRIES_MAX = 32, DEBUG_CODEVIEW = 2,
       RECORD_MAX = 4096 };

/* Where its PE header is; 0: not there. */
static uint64_t header_of(const struct md *m, uint64_t base)
{
	const struct da_memory *mem = &m->d->proc.mem;
	uint32_t header, magic;
	uint16_t mz;

	if (da_mem_u16(mem, base, &mz) != DA_OK || mz != MZ ||
	    da_mem_u32(mem, base + 0x3c, &header) != DA_OK || header > 0x10000 ||
	    da_mem_u32(mem, base + header, &magic) != DA_OK || magic != PE_MAGIC)
		return 0;
	return base + header;
}

unsigned md_image_sections(struct md *m, uint64_t base, struct da_cursor *ret)
{
	const struct da_memory *mem = &m->d->proc.mem;
	uint64_t header = header_of(m, base);
	uint16_t n, optional;
	uint8_t *raw;

	if (!header || da_mem_u16(mem, header + 6, &n) != DA_OK || n == 0 || n > SECTIONS_MAX ||
	    da_mem_u16(mem, header + 20, &optional) != DA_OK)
		return 0;
	raw = da_alloc(m->d->arena, (size_t)n * SECTION);
	if (da_mem_read(mem, header + 24 + optional, raw, (size_t)n * SECTION, NULL) != DA_OK)
		return 0;
	*ret = da_cursor(raw, (size_t)n * SECTION, false, m->word);
	return n;
}

uint64_t md_image_entry(const struct md *m, uint64_t base)
{
	uint64_t header = header_of(m, base);
	uint32_t entry;

	return header && da_mem_u32(&m->d->proc.mem, header + 0x28, &entry) == DA_OK && entry ? base + entry
											      : 0;
}

bool md_image_codeview(struct md *m, uint64_t base, struct da_bytes *ret)
{
	const struct da_memory *mem = &m->d->proc.mem;
	uint64_t header = header_of(m, base), at;
	uint32_t rva, size;
	uint16_t magic;

	if (!header || da_mem_u16(mem, header + 24, &magic) != DA_OK)
		return false;
	at = header + 24 + (magic == OPTIONAL_64 ? 0x70 : 0x60) + 8 * DIRECTORY_DEBUG;
	if (da_mem_u32(mem, at, &rva) != DA_OK || da_mem_u32(mem, at + 4, &size) != DA_OK || !rva)
		return false;
	for (uint32_t i = 0; i < size / DEBUG_ENTRY && i < DEBUG_ENTRIES_MAX; i++) {
		uint8_t raw[DEBUG_ENTRY];
		struct da_cursor c = da_cursor(raw, sizeof(raw), false, m->word);
		uint32_t type, bytes, where;
		uint8_t *record;

		if (da_mem_read(mem, base + rva + (uint64_t)i * DEBUG_ENTRY, raw, sizeof(raw), NULL) != DA_OK)
			return false;
		da_skip(&c, 12);
		type = da_get_u32(&c);
		bytes = da_get_u32(&c);
		where = da_get_u32(&c);
		if (type != DEBUG_CODEVIEW || !where || bytes > RECORD_MAX)
			continue;
		record = da_alloc(m->d->arena, bytes);
		if (da_mem_read(mem, base + where, record, bytes, NULL) != DA_OK)
			return false;
		*ret = (struct da_bytes){ record, bytes };
		return true;
	}
	return false;
}
