/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of PDB 7, in four parts: the container of pages (pdb_msf.c), header and addresses (pdb.c),
 * records of public symbols (pdb_public.c), and of modules: functions (pdb_symbols.c), lines
 * (pdb_lines.c), inlined calls (pdb_inline.c), with names of types (pdb_types.c); frames (pdb_frame.c).
 */
#ifndef DA_IMAGE_PDB_H
#define DA_IMAGE_PDB_H

#include "image/symfile_private.h"

/* ---- pdb_msf.c: streams of pages */

#define PDB_NO_STREAM 0xffff

struct msf {
	struct da_bytes file;
	uint32_t block;         /* bytes of one */
	uint32_t nblocks;
	uint64_t map;           /* file offset of the list of the directory's blocks */
	uint32_t directory;     /* bytes of it */
	uint32_t nstreams;
	struct msf_stream {
		uint32_t size;
		uint32_t list;  /* of its block numbers, in the directory */
	} *streams;
	uint64_t *budget;       /* bytes that may still be copied and indexed: several times the file */
};

enum da_status msf_open(struct msf *m, struct da_arena *a, struct da_bytes file);
/* 0 for streams that are not there. */
uint32_t msf_size(const struct msf *m, uint32_t stream);
/* n bytes at off: in place, or copied into buf where they cross pages; NULL: not in the stream. */
const uint8_t *msf_get(const struct msf *m, uint32_t stream, uint64_t off, void *buf, size_t n);
/* The same without a bound on n: what is not in place is copied into the arena. */
bool msf_bytes(const struct msf *m, struct da_arena *a, uint32_t stream, uint64_t off, uint64_t n,
	       struct da_bytes *ret);
/* Take n of the budget; false: too little is left. */
bool msf_spend(const struct msf *m, uint64_t n);
/* A text that ends with a NUL or where the stream ends; made valid. NULL: off is outside. */
const char *msf_text(const struct msf *m, struct da_arena *a, uint32_t stream, uint64_t off, size_t max);

/* ---- pdb.c */

/* An address as a PDB has it: the section's number (from 1) and an offset in it. */
struct pdb_addr {
	uint32_t off;
	uint16_t seg;
};
static inline int pdb_addr_compare(struct pdb_addr a, struct pdb_addr b)
{
	if (a.seg != b.seg)
		return a.seg < b.seg ? -1 : 1;
	return a.off < b.off ? -1 : a.off > b.off;
}

struct pdb_proc {
	struct pdb_addr addr;
	uint32_t size;
	uint32_t at, end; /* of its record, and of the one that closes it, in the module's symbols */
};

/* A subsection with lines: [addr, addr + size), its content at `at` of the module's C13 part. */
struct pdb_lines {
	struct pdb_addr addr;
	uint32_t size, at, len;
	bool columns;
};

/* A compiland: what the linker took from one object file. */
struct pdb_module {
	uint16_t stream;
	uint32_t sym_bytes, c11_bytes, c13_bytes;
	bool loaded;
	struct da_bytes syms, c13, files; /* files: the subsection of checksums */
	DA_VEC(struct pdb_proc) procs;    /* sorted by address */
	DA_VEC(struct pdb_lines) lines;   /* the same */
	struct da_map inlinees;           /* id to position in c13 of {id, file, line} */
};

struct pdb_section {
	uint32_t va, size;
};

/* TPI or IPI: records by number. */
struct pdb_types {
	uint32_t stream, begin, end, header, bytes;
	uint32_t index_stream, index_off, index_n; /* {number, offset} every few records */
	bool tried;
};

struct pdb {
	struct da_symfile base;
	struct msf msf;
	uint16_t public_stream, record_stream, machine;
	uint32_t modules_size, contributions, ncontributions, contribution_size;
	uint16_t fpo_stream, frame_stream, to_stream, from_stream;
	uint32_t names_stream, names_size; /* the text of /names begins at 12 */
	struct pdb_section *sections, *image_sections; /* before OMAP, of the image */
	uint32_t nsections, nimage_sections;
	uint32_t public_map, npublic, public_hash; /* public_hash: bytes of the hash part */
	bool modules_tried;
	DA_VEC(struct pdb_module) modules;
	struct pdb_types types, ids;
};

static inline struct pdb *pdb_of(struct da_symfile *f)
{
	return (struct pdb *)(void *)f;
}

/* An RVA of the image to the PDB's address and back. False: outside all sections. */
bool pdb_from_rva(const struct pdb *p, uint32_t rva, struct pdb_addr *ret);
bool pdb_to_rva(const struct pdb *p, struct pdb_addr addr, uint32_t *ret);

/* What the linker took from one object file at an address. */
struct pdb_contribution {
	struct pdb_addr addr;
	uint32_t size;
	uint16_t module;
};
bool pdb_contribution(const struct pdb *p, struct pdb_addr addr, struct pdb_contribution *ret);
/* A text of /names. */
const char *pdb_name(const struct pdb *p, struct da_arena *a, uint32_t off);

/* ---- pdb_public.c */

enum da_status pdb_public(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_elf_symbol *ret);
enum da_status pdb_public_named(struct da_symfile *f, struct da_arena *a, const char *name,
				struct da_elf_symbol *ret);
/* Public symbol i in the order of addresses; false: there is none, or it is no such record. */
bool pdb_public_at(const struct pdb *p, uint32_t i, struct pdb_addr *ret, uint32_t *ret_record);

/* ---- pdb_symbols.c */

/* The module with its tables, or NULL. */
struct pdb_module *pdb_module(struct pdb *p, uint32_t i);
/* The function of a module that holds the address. */
const struct pdb_proc *pdb_proc(const struct pdb_module *m, struct pdb_addr addr);
enum da_status pdb_place(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_dwarf_place *ret);
const char *pdb_proc_name(const struct pdb_module *m, struct da_arena *a, const struct pdb_proc *proc);
void pdb_load_modules(struct pdb *p);

/* ---- pdb_lines.c */

/* Index the C13 part. */
void pdb_index_lines(struct pdb *p, struct pdb_module *m);
/* file is an offset in the checksums; false: no line is known. */
bool pdb_line(const struct pdb_module *m, struct pdb_addr addr, uint32_t *ret_line, uint32_t *ret_file);
const char *pdb_file(const struct pdb *p, struct da_arena *a, const struct pdb_module *m, uint32_t file);

/* ---- pdb_inline.c */

/* An inlined call and the line that the address has inside of it. */
struct pdb_site {
	uint32_t inlinee; /* id of the function */
	uint32_t line, file;
};
/* The inlined calls of a function at an address, outermost first; at most max. */
unsigned pdb_sites(const struct pdb_module *m, const struct pdb_proc *proc, uint32_t off,
		   struct pdb_site *sites, unsigned max);

/* ---- pdb_types.c */

/* The name of a function by its id, with its class or namespace; or NULL. */
const char *pdb_function_name(struct pdb *p, struct da_arena *a, uint32_t id);

/* ---- pdb_frame.c */

enum da_status pdb_frame(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_frame_data *ret);

#endif
