/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata: the tables of a managed assembly (ECMA-335, partition II, 22 to 24), and where they stand in
 * a PE image. The same reader serves portable PDBs, whose tables are of the same make.
 *
 * An image in a dump may lack pages: names that stood on them are unknown (NULL), never empty or wrong.
 */
#ifndef DA_IMAGE_METADATA_H
#define DA_IMAGE_METADATA_H

#include "image/image.h"

struct da_metadata;

/*
 * Bytes with holes. known NULL: none; else n pieces that are known, in order and apart. What createdump
 * saves ends at pages, what dbghelp saves anywhere.
 */
struct da_sparse_piece {
	size_t start, end;
};
struct da_sparse {
	struct da_bytes bytes;
	const struct da_sparse_piece *known;
	size_t n;
};
/*
 * [addr, addr + n) of the process; a view where that is possible. DA_NOT_FOUND: not one byte is there;
 * DA_LIMIT: far more is claimed than is there.
 */
enum da_status da_sparse_read(const struct da_memory *mem, struct da_arena *a, uint64_t addr, size_t n,
			      struct da_sparse *ret);
/* Are all these bytes known? */
bool da_sparse_has(const struct da_sparse *s, size_t off, size_t n);

/*
 * What a PE image says of its managed part, read at `base` of the process. An image stands there mapped
 * (RVAs count from base) or flat (as in the file, by the section table): flat is tried where mapped does
 * not prove itself.
 */
struct da_cli_image {
	uint64_t base;
	bool flat;
	uint32_t timestamp, image_size;
	uint64_t metadata;        /* address; 0: not managed, or not readable */
	uint32_t metadata_size;
	uint64_t ready_to_run;    /* address of the ReadyToRun header, 0: none; of a composite image too */
	bool has_pdb;             /* CodeView entry of the debug directory */
	uint8_t pdb_guid[16];     /* in the byte order of its text form */
	uint32_t pdb_stamp, pdb_age;
	const char *pdb_path;     /* or NULL */
	uint64_t embedded_pdb;    /* address and packed size; 0: none */
	uint32_t embedded_packed, embedded_size;
};
/* size: bytes mapped, or 0 unknown. DA_NOT_FOUND: no PE there; DA_CORRUPT. */
enum da_status da_cli_image_read(const struct da_memory *mem, struct da_arena *a, uint64_t base, uint64_t size,
				 struct da_cli_image *ret);
/* The same of a file (always flat): addresses are offsets into it. */
enum da_status da_cli_file_read(struct da_arena *a, struct da_bytes file, struct da_cli_image *ret);

enum da_md_table {
	DA_MD_MODULE = 0, DA_MD_TYPE_REF = 1, DA_MD_TYPE_DEF = 2, DA_MD_FIELD = 4, DA_MD_METHOD_DEF = 6,
	DA_MD_PARAM = 8, DA_MD_MEMBER_REF = 10, DA_MD_CUSTOM_ATTRIBUTE = 12, DA_MD_STANDALONE_SIG = 17,
	DA_MD_TYPE_SPEC = 27, DA_MD_ASSEMBLY = 32, DA_MD_ASSEMBLY_REF = 35, DA_MD_NESTED_CLASS = 41,
	DA_MD_GENERIC_PARAM = 42, DA_MD_METHOD_SPEC = 43, DA_MD_DOCUMENT = 48, DA_MD_METHOD_DEBUG = 49,
	DA_MD_STATE_MACHINE = 54, DA_MD_CUSTOM_DEBUG = 55, DA_MD_TABLES = 64,
};

/*
 * Opens "BSJB". The bytes must outlive it. DA_NOT_FOUND: no metadata; DA_FAULT: its first bytes, which say
 * where all else stands, are not known; DA_CORRUPT.
 */
enum da_status da_metadata_open(struct da_arena *a, const struct da_sparse *bytes, struct da_metadata **ret) DA_MUST_CHECK;
uint32_t da_metadata_rows(const struct da_metadata *m, enum da_md_table table);
/* Column `col` of a row (rid from 1): an index, offset or constant as it stands. False: not there, not known. */
bool da_metadata_cell(const struct da_metadata *m, enum da_md_table table, uint32_t rid, unsigned col, uint32_t *ret);
/* Valid UTF-8 in the metadata's arena, interned; NULL: unknown. "" is a name without letters. */
const char *da_metadata_string(struct da_metadata *m, uint32_t index);
bool da_metadata_blob(const struct da_metadata *m, uint32_t index, struct da_bytes *ret);
bool da_metadata_guid(const struct da_metadata *m, uint32_t index, uint8_t ret[16]); /* text byte order */
/* Of one as files store it: its first three groups are little-endian numbers. */
void da_guid_text(const uint8_t stored[16], uint8_t ret[16]);

bool da_metadata_mvid(const struct da_metadata *m, uint8_t ret[16]);
/* Assembly row 1: name and "1.2.3.4". False: a module without a manifest. */
bool da_metadata_assembly(struct da_metadata *m, const char **ret_name, const char **ret_version);
/* AssemblyInformationalVersion, or NULL. */
const char *da_metadata_product_version(struct da_metadata *m);

struct da_md_type {
	const char *name, *space;  /* "List`1", "System.Collections.Generic"; NULL unknown */
	uint32_t flags, extends;   /* coded TypeDefOrRef */
	uint32_t field, fields, method, methods; /* first and number, for da_metadata_member */
	uint32_t enclosing;        /* TypeDef rid of the outer type, 0 none */
};
struct da_md_method {
	const char *name;
	uint32_t rva, type;        /* type: rid of the TypeDef */
	uint16_t impl_flags, flags;
	struct da_bytes signature;
};
struct da_md_field {
	const char *name;
	uint16_t flags;
	struct da_bytes signature;
};
/* DA_NOT_FOUND: no such row; DA_FAULT: it is not known; DA_PARTIAL: not all that it leads to is known. */
enum da_status da_metadata_type(struct da_metadata *m, uint32_t rid, struct da_md_type *ret);
enum da_status da_metadata_method(struct da_metadata *m, uint32_t rid, struct da_md_method *ret);
enum da_status da_metadata_field(struct da_metadata *m, uint32_t rid, struct da_md_field *ret);
/* The rid of the n-th (from 1) DA_MD_FIELD or DA_MD_METHOD_DEF of a type's list: n, save in tables with detours. */
uint32_t da_metadata_member(const struct da_metadata *m, enum da_md_table table, uint32_t n);
/* "Space.Outer+Inner`1" of a TypeDef; NULL unknown. */
const char *da_metadata_type_name(struct da_metadata *m, uint32_t rid);
/* The same of a TypeRef. */
const char *da_metadata_type_ref_name(struct da_metadata *m, uint32_t rid);
/* rid of "Space.Outer+Inner", 0: none. Hashed at the first call. */
uint32_t da_metadata_find_type(struct da_metadata *m, const char *name);
/* Name of the n-th generic parameter (from 0) of a type (method false) or a method; NULL. */
const char *da_metadata_generic_param(struct da_metadata *m, bool method, uint32_t rid, unsigned n);
unsigned da_metadata_generic_params(struct da_metadata *m, bool method, uint32_t rid);
/*
 * The value blob of a custom attribute by the full name of its type on a row of TypeDef, MethodDef or
 * Assembly. False: none.
 */
bool da_metadata_attribute(struct da_metadata *m, enum da_md_table table, uint32_t rid, const char *type,
			   struct da_bytes *ret);

/* ---- compressed numbers of blobs; failure is the cursor's */
uint32_t da_get_md_u32(struct da_cursor *c);
int32_t da_get_md_s32(struct da_cursor *c);
/* TypeDefOrRef as it stands in a signature: *ret_table and rid. */
uint32_t da_get_md_type(struct da_cursor *c, enum da_md_table *ret_table);

#endif
