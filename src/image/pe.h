/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pe: headers of Windows images (PE/COFF). An image has two layouts: the file's, where an RVA leads
 * through the sections, and memory's, where an RVA is an offset from the base and any page may be
 * absent. The headers are the same in both.
 *
 * The rest of the program sees an image of either kind as a struct da_image whose addresses are
 * image_base + RVA: pe_image.c gives it segments, sections, exports and COFF symbols, so that names,
 * DWARF and call frame information of mingw images go the way of ELF.
 *
 * Source: Microsoft, "PE Format" (learn.microsoft.com/windows/win32/debug/pe-format).
 */
#ifndef DA_IMAGE_PE_H
#define DA_IMAGE_PE_H

#include "image/image.h"

enum { DA_PE_I386 = 0x14c, DA_PE_AMD64 = 0x8664, DA_PE_ARMNT = 0x1c4, DA_PE_ARM64 = 0xaa64 };
enum { DA_PE_EXPORT = 0, DA_PE_RESOURCE = 2, DA_PE_EXCEPTION = 3, DA_PE_DEBUG = 6, DA_PE_CLR = 14, DA_PE_DIRS = 16 };

struct da_pe_section {
	char name[9]; /* "/19" is an offset into the string table of COFF */
	uint32_t rva, size; /* in memory */
	uint32_t off, raw;  /* in the file */
	uint8_t prot;
};

struct da_pe {
	uint16_t machine;
	bool is64;
	uint64_t image_base;  /* in memory: what the loader wrote over it */
	uint32_t timestamp, image_size, headers_size;
	uint32_t coff, ncoff; /* file offset of COFF symbols and their number */
	struct {
		uint32_t rva, size;
	} dirs[DA_PE_DIRS];
	struct da_pe_section *sections;
	unsigned nsections;
};

/* From the first pages. DA_NOT_FOUND: no PE; DA_CORRUPT. */
enum da_status da_pe_read(struct da_arena *a, struct da_bytes headers, struct da_pe *ret);
/* The headers of an image, or NULL: it is ELF. */
const struct da_pe *da_image_pe(const struct da_image *im);
/* Is this the file of the module? By time stamp and size, as Windows' debuggers do. */
bool da_pe_same(const struct da_pe *pe, const struct da_module *m);

/*
 * Version, product version and company of the version resource into the module, where it has none yet;
 * as texts in the arena. Nothing happens for NULL, ELF, and images without (all of) the resource.
 */
void da_pe_add_version(struct da_image *im, struct da_arena *a, struct da_module *m);

/* ---- functions, by the exception directory (x64 and ARM64) */

struct da_pe_function {
	uint32_t start, end; /* RVAs */
	uint32_t unwind;     /* x64: RVA of UNWIND_INFO; ARM64: the second word, packed or an RVA */
};
/* The entry (RUNTIME_FUNCTION) at this address; what it says counts from base. */
enum da_status da_pe_entry(uint16_t machine, const struct da_memory *mem, uint64_t base, uint64_t at,
			   struct da_pe_function *ret);
/*
 * The entry that contains the RVA, from the dump's memory (overlays of files included) at `base`.
 * DA_NOT_FOUND: a leaf function, or none; DA_FAULT: the table is not in the dump.
 */
enum da_status da_pe_function(const struct da_pe *pe, const struct da_memory *mem, uint64_t base, uint32_t rva,
			      struct da_pe_function *ret);
/* The same by the tables of functions made at run time; *ret_base is what the RVAs count from. */
enum da_status da_pe_runtime_function(const struct da_process *p, uint64_t pc, uint64_t *ret_base,
				      struct da_pe_function *ret);

#endif
