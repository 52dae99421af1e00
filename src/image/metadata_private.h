/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the metadata reader share. */
#ifndef DA_IMAGE_METADATA_PRIVATE_H
#define DA_IMAGE_METADATA_PRIVATE_H

#include "image/metadata.h"

/* Tables that lead from one list to another: only "#-" has them. */
enum { DA_MD_FIELD_PTR = 3, DA_MD_METHOD_PTR = 5 };

/* A row number has three bytes in a token. */
enum { DA_MD_ROWS_MAX = 0xffffff, DA_MD_COLUMNS = 10 };

struct da_md_layout {
	uint64_t off;    /* of row 1, in the metadata */
	uint32_t rows;
	uint8_t columns, size;
	uint8_t at[DA_MD_COLUMNS], width[DA_MD_COLUMNS];
};

struct da_md_heap {
	uint64_t off, size;
};

/* Rows of a table in the order of one of its columns, for tables that are not sorted or have holes. */
struct da_md_order {
	uint64_t *keys; /* value of the column << 32 | rid */
	uint32_t n;
	bool made;
};
enum { DA_MD_BY_NESTED, DA_MD_BY_OWNER, DA_MD_BY_PARENT, DA_MD_BY_MOVE_NEXT, DA_MD_ORDERS };

/* Which of two lists of a type. */
enum { DA_MD_FIELDS, DA_MD_METHODS, DA_MD_LISTS };

struct da_metadata {
	struct da_arena *arena;
	struct da_sparse bytes;
	struct da_md_heap strings, blobs, guids, pdb;
	uint64_t sorted;
	struct da_md_layout tables[DA_MD_TABLES];
	struct da_md_order orders[DA_MD_ORDERS];
	struct da_map by_index;      /* of string indexes: the string */
	struct da_strings names;
	uint64_t names_bytes;
	const char **type_names, **ref_names; /* by rid; NULL: not asked for yet */
	struct {                     /* first row of each type that is known: start << 32 | rid of the type */
		uint64_t *v;
		uint32_t n;
		bool made;
	} owners[DA_MD_LISTS];
	uint32_t *member_of[DA_MD_LISTS]; /* by rid: place in the list; only where tables have detours */
	uint32_t *hash, hash_mask, *hash_next; /* rids of types by their simple names */
};

/* The bytes of a string without its end; p NULL: not known. */
struct da_bytes da_metadata_raw_string(const struct da_metadata *m, uint32_t index);
/* The one copy of a text, made valid; NULL: names of this metadata take too much room. */
const char *da_metadata_keep(struct da_metadata *m, const void *text, size_t n);

/* metadata_tables.c: column widths and places of all tables, from tables[].rows of both kinds. */
struct da_md_sizes {
	uint32_t rows[DA_MD_TABLES]; /* what indexes count: of a PDB, those of its assembly too */
	bool wide_strings, wide_guids, wide_blobs, wide_all;
};
/* Fills columns, size, at, width. False: no such table. */
bool da_metadata_lay_out(unsigned table, const struct da_md_sizes *sizes, struct da_md_layout *ret);
/* A coded index of a kind: its table and row. False: the tag means nothing. */
enum da_md_coded {
	DA_MD_TYPE_DEF_OR_REF, DA_MD_HAS_CONSTANT, DA_MD_HAS_CUSTOM_ATTRIBUTE, DA_MD_HAS_FIELD_MARSHAL,
	DA_MD_HAS_DECL_SECURITY, DA_MD_MEMBER_REF_PARENT, DA_MD_HAS_SEMANTICS, DA_MD_METHOD_DEF_OR_REF,
	DA_MD_MEMBER_FORWARDED, DA_MD_IMPLEMENTATION, DA_MD_CUSTOM_ATTRIBUTE_TYPE, DA_MD_RESOLUTION_SCOPE,
	DA_MD_TYPE_OR_METHOD_DEF, DA_MD_HAS_CUSTOM_DEBUG, DA_MD_CODED,
};
bool da_metadata_decode(enum da_md_coded kind, uint32_t coded, enum da_md_table *ret_table, uint32_t *ret_rid);
/* The coded index of a row; false: that table is none of the kind. */
bool da_metadata_encode(enum da_md_coded kind, enum da_md_table table, uint32_t rid, uint32_t *ret);

/*
 * metadata_index.c: rows whose column (that of the order) is `key`. The n-th of them by
 * da_metadata_ordered(first + n). *ret_sure: whether there can be no others: rows that are not known count.
 */
uint32_t da_metadata_rows_of(struct da_metadata *m, unsigned order, uint32_t key, uint32_t *ret_first, bool *ret_sure);
uint32_t da_metadata_ordered(const struct da_metadata *m, unsigned order, uint32_t i);
/* The type whose list holds the row, 0 unknown. */
uint32_t da_metadata_owner(struct da_metadata *m, unsigned list, uint32_t rid);

#endif
