/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of symbol files share with symfile.c. To add a format: its open and its methods. */
#ifndef DA_IMAGE_SYMFILE_PRIVATE_H
#define DA_IMAGE_SYMFILE_PRIVATE_H

#include "image/symfile.h"

/* NULL: the format has no such thing. */
struct da_symfile_methods {
	enum da_symfile_kind kind;
	enum da_status (*place)(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				struct da_dwarf_place *ret);
	enum da_status (*symbol)(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				 struct da_elf_symbol *ret);
	enum da_status (*named)(struct da_symfile *f, struct da_arena *a, const char *name,
				struct da_elf_symbol *ret);
	enum da_status (*frame)(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				struct da_frame_data *ret);
	enum da_status (*cfi)(struct da_symfile *f, uint32_t rva, const struct da_cfi_row **ret);
	bool (*full)(struct da_symfile *f);
	bool (*managed)(struct da_symfile *f);
};

/* The first member of each format's own struct. */
struct da_symfile {
	const struct da_symfile_methods *methods;
	struct da_arena *arena;
	struct da_bytes bytes;
	const struct da_limits *limits;
	uint8_t guid[16];
	uint32_t age, other_age;
	bool minimal;
};

bool da_pdb_bid(struct da_bytes b);
enum da_status da_pdb_open(struct da_arena *a, struct da_bytes b, const struct da_limits *limits,
			   struct da_symfile **ret);
bool da_breakpad_bid(struct da_bytes b);
enum da_status da_breakpad_open(struct da_arena *a, struct da_bytes b, const struct da_limits *limits,
				struct da_symfile **ret);

#endif
