/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image: executable and debug files, from disk or rebuilt from the dump's memory. Knows formats, not
 * where files are found (symbol/ does) and not what a thread was doing.
 *
 * ELF and DWARF go through libelf and libdw, but never libdwfl, and never let libdw open a file of
 * this machine by itself: split units, dwz files and debug links are handed in by the caller, who
 * checked their build-id. libdw is not thread-safe: one caller at a time.
 */
#ifndef DA_IMAGE_IMAGE_H
#define DA_IMAGE_IMAGE_H

#include "model/model.h"

struct da_image; /* one opened ELF file */

/* ---- opening */

/* Bytes must outlive the image (a mapping in the same arena). `what` names it in the ledger. */
enum da_status da_image_open(struct da_arena *a, struct da_bytes bytes, const char *what,
			     struct da_ledger *l, struct da_image **ret) DA_MUST_CHECK;
/*
 * Rebuild what can be rebuilt of a module from the dump's own pages (headers, dynamic section,
 * .dynsym, .eh_frame when dumped). DA_NOT_FOUND when its ELF header is not in the dump.
 */
enum da_status da_image_from_memory(struct da_dump *d, uint32_t module, struct da_image **ret)
	DA_MUST_CHECK;

/* ---- identity */

/* The length of the build-id (0: none) and a pointer to it. */
unsigned da_image_build_id(const struct da_image *im, const uint8_t **ret);
/*
 * For files without a build-id to compare: do the words that the loader protected after relocation
 * (PT_GNU_RELRO) stand in memory as this file, loaded there, would have them? At least 24 must, and
 * 16 for each that does not.
 */
bool da_image_same_relro(struct da_image *im, const struct da_memory *mem, uint64_t bias);
/* .gnu_debuglink: file name and CRC; .gnu_debugaltlink: file name and build-id. False: none. */
bool da_image_debuglink(const struct da_image *im, const char **ret_name, uint32_t *ret_crc);
bool da_image_debugaltlink(const struct da_image *im, const char **ret_name, const uint8_t **ret_id,
			   unsigned *ret_len);
bool da_image_has_dwarf(const struct da_image *im);
/* Does it hold the code (a separate debug file does not)? */
bool da_image_has_code(const struct da_image *im);
bool da_image_has_symbols(struct da_image *im); /* of any kind, .dynsym too */
bool da_image_has_symtab(const struct da_image *im); /* .symtab, not only .dynsym */
/* .gnu_debugdata (mini debug information, xz) as an image of its own; DA_NOT_FOUND, DA_UNSUPPORTED. */
enum da_status da_image_debugdata(struct da_image *im, struct da_ledger *l, struct da_image **ret);

/* ---- segments: [vaddr, vaddr + filesz) lies at off of the file */

struct da_segment {
	uint64_t vaddr, memsz, off, filesz;
	uint8_t prot;
};
/* Does the loader write into its code (DT_TEXTREL)? */
bool da_image_relocates_text(const struct da_image *im);
size_t da_image_segments(const struct da_image *im, const struct da_segment **ret);
struct da_bytes da_image_bytes(const struct da_image *im);

/* ---- symbols: sorted by address, one table an image */

struct da_elf_symbol {
	uint64_t start, size;
	const char *name; /* raw, valid UTF-8 */
	uint8_t type;     /* STT_… */
	uint8_t bind;     /* STB_… */
};
/* The best function symbol for a file address; DA_NOT_FOUND. *ret_exact: inside its size. */
enum da_status da_image_symbol(struct da_image *im, uint64_t addr, struct da_elf_symbol *ret,
			       bool *ret_exact);
/* The variable (STT_OBJECT) whose bytes hold the file address; DA_NOT_FOUND. */
enum da_status da_image_object(struct da_image *im, uint64_t addr, struct da_elf_symbol *ret);
/* The symbol of data exactly at the file address whose name begins so, with or without a size; DA_NOT_FOUND. */
enum da_status da_image_label(struct da_image *im, uint64_t addr, const char *prefix, struct da_elf_symbol *ret);
/* By name, defined symbols only (objects too): its file address. */
enum da_status da_image_symbol_named(struct da_image *im, const char *name, struct da_elf_symbol *ret);

/* ---- DWARF: function, file:line and inlined calls of a file address */

struct da_dwarf_call {
	const char *function; /* linkage name if it is mangled, else the plain name; NULL unknown */
	const char *file;     /* as the compiler wrote it, directory included; or NULL */
	uint32_t line;
};
struct da_dwarf_place {
	struct da_dwarf_call *calls; /* [0] the function itself, inlined calls behind, innermost last */
	unsigned n;
	uint64_t start, end;         /* of the function, file addresses */
};
/*
 * Where libdw may find a supplementary file, NULL: there is none. Asked once an image for a dwz file
 * (id: its build-id), once a unit for a .dwo file (id: 8 bytes, the least significant first).
 */
typedef struct da_image *da_image_find_fn(void *ctx, struct da_image *im, const char *name,
					  const uint8_t *id, unsigned id_len, bool split_unit);
/* Is im the .dwo file, or a .dwp file, that holds the split unit with this id? */
bool da_image_split_id(struct da_image *im, uint64_t id);
void da_image_set_finder(struct da_image *im, da_image_find_fn *fn, void *ctx);
/* DA_OK; DA_PARTIAL: file and line without a function (assembly); DA_NOT_FOUND. */
enum da_status da_image_place(struct da_image *im, struct da_arena *a, uint64_t addr,
			      const struct da_limits *limits, struct da_dwarf_place *ret);

enum da_member_kind { DA_MEMBER_OTHER, DA_MEMBER_SIGNED, DA_MEMBER_UNSIGNED, DA_MEMBER_BOOLEAN, DA_MEMBER_POINTER };
struct da_member {
	uint64_t offset;             /* from the beginning of the object */
	uint32_t size;               /* 0: not told */
	uint8_t kind;                /* enum da_member_kind */
};
/*
 * A member of a class or structure, or of the first base of its, by debug information. Only classes that
 * stand in no namespace and in no other class. DA_NOT_FOUND.
 */
enum da_status da_image_member(struct da_image *im, const struct da_limits *limits, const char *class,
			       const char *member, struct da_member *ret);

/* ---- call frame information */

/*
 * One row of unwind rules, from .eh_frame or .debug_frame by way of libdw's low-level calls
 * (dwarf_cfi_addrframe and friends). Copied out of libdw, so that unwind/ needs no libdw and rows can
 * be kept: the same few rows serve every thread of a pool.
 */
struct da_op { /* one operation of a DWARF expression, as libdw decodes it */
	uint8_t atom; /* DW_OP_… */
	uint64_t number, number2;
	uint64_t offset; /* of the operation in its expression, for branches */
};
/*
 * Expressions of registers begin with DW_OP_call_frame_cfa, which pushes the CFA; an expression for
 * the CFA itself does not. The closing DW_OP_stack_value is left out: the kind says it.
 */
enum da_cfi_rule_kind {
	DA_RULE_UNDEFINED,   /* the caller's value is lost; for the return address: the stack ends */
	DA_RULE_SAME,
	DA_RULE_CFA_OFFSET,  /* value = word at CFA + offset */
	DA_RULE_CFA_VALUE,   /* value = CFA + offset */
	DA_RULE_REG_OFFSET,  /* CFA only, or value: register + offset */
	DA_RULE_EXPR_AT,     /* value = word at the result of the expression */
	DA_RULE_EXPR_VALUE,  /* value = the result */
};
struct da_cfi_rule {
	uint8_t kind;
	int16_t reg;      /* DWARF number, for REG_OFFSET */
	int64_t offset;
	const struct da_op *ops; /* EXPR_… and a CFA by expression */
	uint32_t nops;
};
#define DA_CFI_REGS 40
struct da_cfi_row {
	uint64_t start, end;      /* file addresses for which the row holds */
	bool signal_frame;
	uint8_t ra;               /* DWARF number of the return address column */
	struct da_cfi_rule cfa;
	struct da_cfi_rule reg[DA_CFI_REGS]; /* by DWARF number */
};
/*
 * The row for a file address, .eh_frame before .debug_frame; DA_NOT_FOUND, DA_CORRUPT. Cached. The CFA
 * is REG_OFFSET or EXPR_VALUE. A register that the file does not mention has its CPU's default rule.
 */
enum da_status da_image_cfi(struct da_image *im, uint64_t addr, const struct da_cfi_row **ret);

#endif
