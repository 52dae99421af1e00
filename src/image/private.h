/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of image/ share; nobody else includes it.
 *
 * Everything is read when first asked for: a process has hundreds of modules, a report needs the
 * debug information of a dozen. Bytes of a file are hostile until our own cursor has checked them;
 * libelf and libdw see only files whose tables of headers lie inside the file.
 */
#ifndef DA_IMAGE_PRIVATE_H
#define DA_IMAGE_PRIVATE_H

#include <elf.h>
#include <elfutils/libdw.h>
#include <libelf.h>

#include "image/image.h"

struct da_section {
	const char *name; /* never NULL */
	uint32_t type, link, info;
	uint64_t flags, addr, off, size, entsize;
	struct da_bytes unpacked; /* kept by da_section_contents */
};

struct da_phdr {
	uint32_t type;
	struct da_segment s;
};

/* One symbol of the table: 32 bytes, as large programs have a million. */
struct da_sym {
	uint64_t start, size;
	const char *name; /* NUL-terminated in its string table */
	uint8_t type, bind;
	bool code;        /* a function or a label in code */
	bool hidden;      /* an old version of the name (name@VERSION) */
};

struct da_plt_entry {
	uint64_t start, size;
	const char *name;
};

struct da_dwarf; /* dwarf.c */
struct da_classes; /* members.c */
struct da_cfi;   /* cfi.c */

struct da_image {
	struct da_arena *arena;
	struct da_ledger *ledger;
	const char *what;
	struct da_bytes bytes;
	bool big_endian, is64;
	uint16_t machine, type;
	uint64_t shoff;
	uint32_t shnum, shstrndx;
	uint16_t shentsize;
	DA_VEC(struct da_segment) segments;
	DA_VEC(struct da_phdr) phdrs; /* all of them */

	bool sections_read;
	DA_VEC(struct da_section) sections;

	bool build_id_read;
	const uint8_t *build_id;
	unsigned build_id_len;

	/* Tables found in memory instead of sections. */
	bool from_memory, by_segments;
	const struct da_memory *mem;
	uint64_t bias;
	struct da_bytes dynsym, dynstr, versym;
	const struct da_pe *pe; /* a Windows image: its headers */
	uint64_t names_read;    /* bytes of its names so far */
	struct da_bytes cfi_elf; /* a small ELF file that holds only .eh_frame */

	bool symbols_read;
	DA_VEC(struct da_sym) symbols; /* those of code first, by address; then objects */
	size_t ncode;
	uint64_t *max_end; /* largest end of symbols[0..i] */
	struct da_map names; /* hash of name to index + 1 */
	bool plt_read;
	DA_VEC(struct da_plt_entry) plt;
	bool labels; /* the table is .symtab: what lies behind a label belongs to it */

	struct da_dwarf *dwarf;
	struct da_classes *classes; /* NULL: not asked for yet */
	struct da_map lines; /* lines.c: offset of a table to what was read of it */
	uint64_t ranges_read; /* of all lists so far: many entries may share one long list */
	bool dwarf_tried;
	struct da_cfi *cfi;
	da_image_find_fn *finder;
	void *finder_ctx;
	bool debugdata_tried;
	struct da_image *debugdata;
	enum da_status debugdata_status;
};

/* ---- elf.c */

/* Read the table of sections; later calls cost nothing. */
void da_image_read_sections(struct da_image *im);
struct da_section *da_image_section(struct da_image *im, const char *name);
/* As they lie in the file; n = 0 when outside or without bytes (SHT_NOBITS). */
struct da_bytes da_image_section_raw(const struct da_image *im, const struct da_section *s);
struct da_bytes da_image_segment_raw(const struct da_image *im, const struct da_segment *s);
/* Is the address inside a segment that may be executed? True when there are no segments. */
bool da_image_is_code(const struct da_image *im, uint64_t addr);
struct da_cursor da_image_cursor(const struct da_image *im, struct da_bytes b);
/* The GNU build-id among notes: a pointer into them, *ret_len bytes (1..32), or NULL. */
const uint8_t *da_note_build_id(struct da_bytes notes, bool big_endian, unsigned *ret_len);
/* Headers of an ELF file in `bytes` into im; DA_NOT_FOUND when it is none, DA_CORRUPT. */
enum da_status da_image_read_headers(struct da_image *im);
/*
 * libelf's handle on bytes that were checked; closed when the arena ends. NULL: libelf refuses.
 * libelf does not write to them as long as nothing in them is compressed.
 */
Elf *da_image_libelf(struct da_arena *a, struct da_bytes bytes);

/* ---- unpack.c: compressed sections */

/* Is the section compressed, in one of the three ways (zlib, zstd, .zdebug)? */
bool da_section_compressed(const struct da_image *im, const struct da_section *s);
/* Its size, unpacked; DA_UNSUPPORTED: no library for it, DA_LIMIT, DA_CORRUPT. */
enum da_status da_section_size(const struct da_image *im, const struct da_section *s, uint64_t *ret);
/* Contents to `to`, which has room for da_section_size and lives as long as the image. */
enum da_status da_section_unpack(struct da_image *im, struct da_section *s, uint8_t *to);
/* Contents where they are, or unpacked into the image's arena. */
enum da_status da_section_contents(struct da_image *im, struct da_section *s, struct da_bytes *ret);

/* ---- build.c: a small ELF file from parts */

struct da_part {
	const char *name;
	uint32_t type;
	uint64_t addr;
	struct da_bytes bytes;
	/* Instead of bytes: a section of `owner`, unpacked in place. */
	struct da_image *owner;
	struct da_section *section;
	enum da_status status; /* of unpacking; set by da_image_build */
};
/* Class, byte order and machine are those of im. Parts that cannot be unpacked are empty in it. */
struct da_bytes da_image_build(struct da_arena *a, const struct da_image *im, struct da_part *parts,
			       size_t n);

/* ---- memory.c */

/* A file without section headers (sstrip): what its program headers lead to. False: it has sections. */
bool da_image_use_segments(struct da_image *im);
/* Fill cfi_elf from the dump's pages, or the file's segments, if they are there. */
void da_image_memory_cfi(struct da_image *im);

/* ---- pe_image.c: for files and modules that begin with MZ */

/* DA_NOT_FOUND: no PE; DA_CORRUPT. */
enum da_status da_pe_open_file(struct da_image *im);
enum da_status da_pe_open_memory(struct da_image *im, uint64_t base);
/* Exports and COFF symbols into im->symbols, with sizes. */
void da_pe_read_symbols(struct da_image *im);
/* Would there be any? */
bool da_pe_has_symbols(struct da_image *im);
/* Exactly n bytes at an RVA, from the file or the dump; false: not all of them are there. */
bool da_pe_copy(struct da_image *im, uint32_t rva, void *buf, size_t n);

/* ---- symtab.c, plt.c */

void da_image_read_symbols(struct da_image *im);
/* Those of code first, by address; of several at one address the best first. */
void da_image_sort_symbols(struct da_image *im);
/* The entry of the procedure linkage table at addr, or NULL. */
const struct da_plt_entry *da_image_plt(struct da_image *im, uint64_t addr);

/* ---- split.c: .dwo units and their range lists */

struct da_split {
	Dwarf *dwarf;
	Dwarf_Die unit;
	struct da_bytes file;     /* the small file that libdw reads */
	struct da_bytes rnglists; /* .debug_rnglists.dwo */
	struct da_bytes ranges;   /* .debug_ranges of the main file from the unit's base on */
	struct da_bytes addr;     /* .debug_addr of the main file from the unit's base on */
	uint64_t low_pc;          /* of the skeleton: where range lists start counting */
	bool has_files;           /* it has a table of file names of its own */
	bool big_endian;
	uint8_t word;
	Dwarf_Half version;
};
/* The split unit that belongs to a skeleton; NULL: not found, or not the right one. */
struct da_split *da_split_open(struct da_image *im, Dwarf_Die *skeleton);
/*
 * Call fn for each [start, end) of a DIE until it returns false. sp is NULL for units that are not
 * split. False: the DIE has no addresses.
 */
typedef bool da_range_fn(void *ctx, uint64_t start, uint64_t end);
bool da_die_ranges(const struct da_split *sp, Dwarf_Die *die, da_range_fn *fn, void *ctx);

/* ---- dwp.c: for a file that has .debug_cu_index */

bool da_dwp_has(struct da_image *im, uint64_t id);
/* A unit's piece of a section, or all of a section that the units share. */
bool da_dwp_piece(struct da_image *im, uint64_t id, const char *name, struct da_bytes *ret);

/* ---- dwarf.c */

/* libdw on bytes that hold nothing compressed; ends with the arena. NULL: no debug information. */
Dwarf *da_dwarf_open(struct da_arena *a, struct da_bytes bytes);

#endif
