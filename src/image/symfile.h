/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symfile: files that hold names and lines of a program and not its code: Microsoft's PDB 7 (MSF) and
 * Breakpad's text (.sym). One opened file answers look-ups by RVA: an address less the start of its
 * module.
 *
 * Lazy: opening reads a header; a look-up reads what it needs of the mapping. A PDB's modules are
 * indexed one by one when an address falls into them, a .sym file once, when it is first asked.
 *
 * Names: those of functions in a PDB are readable already and carry no arguments; those of public
 * symbols are as the linker knew them (symbol/ undecorates). Breakpad's are readable.
 */
#ifndef DA_IMAGE_SYMFILE_H
#define DA_IMAGE_SYMFILE_H

#include "image/image.h"

struct da_symfile;

enum da_symfile_kind {
	DA_SYMFILE_PDB,
	DA_SYMFILE_BREAKPAD,
	/* Recognised, not read (DA_UNSUPPORTED). */
	DA_SYMFILE_PDB2,     /* before Visual Studio .NET */
	DA_SYMFILE_PORTABLE, /* of .NET: names nothing that a native stack has */
	DA_SYMFILE_MSFZ,     /* a compressed PDB */
	DA_SYMFILE_CABINET,  /* a file of a compressed symbol store */
	DA_SYMFILE_KINDS,
};
const char *da_symfile_kind_name(enum da_symfile_kind kind);

/*
 * Bytes must outlive the file. DA_NOT_FOUND: neither format; DA_UNSUPPORTED with *ret_kind;
 * DA_CORRUPT: it is cut or contradicts itself. Nothing is told.
 */
enum da_status da_symfile_open(struct da_arena *a, struct da_bytes bytes, const struct da_limits *limits,
			       struct da_symfile **ret, enum da_symfile_kind *ret_kind) DA_MUST_CHECK;

enum da_symfile_kind da_symfile_kind(const struct da_symfile *f);
/* The GUID in the order of its text form, as in struct da_module. */
const uint8_t *da_symfile_guid(const struct da_symfile *f);
/*
 * Does the image's debug record with this age mean this file? A PDB has two ages; the linker copies
 * that of the DBI stream into the image, and tools that edit a PDB afterwards count up the other.
 */
bool da_symfile_has_age(const struct da_symfile *f, uint32_t age);
uint32_t da_symfile_age(const struct da_symfile *f);
/* Functions with lines, not public symbols alone. */
bool da_symfile_is_full(struct da_symfile *f);
/* Functions and lines stayed in the object files (/DEBUG:FASTLINK): it has little more than public symbols. */
bool da_symfile_is_minimal(const struct da_symfile *f);
/* A PDB that a .NET compiler wrote: it knows methods by token, not by address. */
bool da_symfile_is_managed(struct da_symfile *f);

/*
 * Function, file, line and inlined calls of an RVA; start and end are RVAs. The texts live in the arena
 * a. DA_PARTIAL: file and line without a function; DA_NOT_FOUND.
 */
enum da_status da_symfile_place(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				struct da_dwarf_place *ret);
/*
 * The public symbol at or before an RVA, in the same contribution of the linker where that is known.
 * Public symbols have no size: size is 0. DA_NOT_FOUND.
 */
enum da_status da_symfile_symbol(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				 struct da_elf_symbol *ret);
/* A public symbol or, in Breakpad's files, a function by its name; x86's leading _ may be left out. */
enum da_status da_symfile_named(struct da_symfile *f, struct da_arena *a, const char *name,
				struct da_elf_symbol *ret);

/*
 * How a function of x86 keeps its frame (FrameData and FPO of a PDB, STACK WIN of Breakpad). All
 * sizes in bytes.
 */
struct da_frame_data {
	uint32_t start, size;  /* RVAs [start, start + size) */
	uint32_t locals, params, saved, prolog;
	const char *program;   /* postfix; NULL: FPO */
	bool uses_bp;          /* FPO: ebp is among the saved registers and holds something else */
	bool has_frame;        /* FPO: the function has an ordinary frame pointer */
};
/* The innermost record for an RVA; DA_NOT_FOUND. */
enum da_status da_symfile_frame(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				struct da_frame_data *ret);
/* A row of Breakpad's STACK CFI, in RVAs; DA_NOT_FOUND, DA_UNSUPPORTED, DA_CORRUPT. Cached. */
enum da_status da_symfile_cfi(struct da_symfile *f, uint32_t rva, const struct da_cfi_row **ret);

#endif
