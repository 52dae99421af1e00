/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_pe: writes Windows images, for tests. Sections lie in the file where they lie in memory, so the
 * same bytes are both; COFF symbols follow behind what is mapped. It shares nothing with our reader.
 *
 *	struct synth_pe p;
 *	synth_pe_init(&p, SYNTH_PE_AMD64);
 *	synth_pe_function(&p, 0x1000, 0x1040, synth_pe_data(&p, xdata, sizeof(xdata)));
 *	synth_pe_finish(&p);    // p.bytes, SYNTH_PE_MAPPED of them in memory, p.n in the file
 */
#ifndef DA_TESTS_SYNTH_PE_H
#define DA_TESTS_SYNTH_PE_H

#include <stddef.h>
#include <stdint.h>

enum { SYNTH_PE_I386 = 0x14c, SYNTH_PE_AMD64 = 0x8664, SYNTH_PE_ARM64 = 0xaa64 };
/* RVAs: code, read-only data (handed out from its start), .pdata, and the end. */
enum { SYNTH_PE_TEXT = 0x1000, SYNTH_PE_RDATA = 0x2000, SYNTH_PE_PDATA = 0x3000, SYNTH_PE_MAPPED = 0x4000 };
enum { SYNTH_PE_STAMP = 0x5f5e1000 };

struct synth_pe {
	uint8_t bytes[0x6000];
	size_t n;
	uint16_t machine;
	uint32_t data;        /* next free RVA */
	uint32_t nfunctions;
	uint32_t ncoff;
	uint8_t strings[512]; /* of COFF, its size first */
	uint32_t nstrings;
	uint8_t coff[18 * 32];
};

void synth_pe_init(struct synth_pe *p, uint16_t machine);
void synth_pe_put(struct synth_pe *p, uint32_t rva, const void *bytes, size_t n);
/* Into .rdata, 4-aligned; its RVA. */
uint32_t synth_pe_data(struct synth_pe *p, const void *bytes, size_t n);
void synth_pe_dir(struct synth_pe *p, unsigned dir, uint32_t rva, uint32_t size);
/* An entry of .pdata; call in the order of start. end is for x64 only. */
void synth_pe_function(struct synth_pe *p, uint32_t start, uint32_t end, uint32_t unwind);

struct synth_pe_export {
	const char *name;      /* NULL: by ordinal only */
	uint32_t rva;
	const char *forwarder; /* "other.Function", or NULL */
};
/* Ordinals from `base` on, in this order; names sorted as the format wants. At most 32. */
void synth_pe_exports(struct synth_pe *p, uint32_t base, const struct synth_pe_export *e, unsigned n);
/* A version resource: file 4.3.2.1, product 8.7.6.5, and the company. */
void synth_pe_version(struct synth_pe *p, const char *company);
/* A function symbol of section 1 (text) at an offset; names over 8 characters go to the strings. */
void synth_pe_coff(struct synth_pe *p, const char *name, uint32_t offset);
/* Section i gets a long name. */
void synth_pe_section_name(struct synth_pe *p, unsigned i, const char *name);
void synth_pe_finish(struct synth_pe *p);

#endif
