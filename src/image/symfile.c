/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "image/symfile_private.h"

static const struct {
	const char *magic;
	uint8_t n;
	enum da_symfile_kind kind;
} others[] = {
	{ "Microsoft C/C++ program database 2.00\r\n\x1aJG", 42, DA_SYMFILE_PDB2 },
	{ "BSJB", 4, DA_SYMFILE_PORTABLE },
	{ "Microsoft MSFZ Container", 24, DA_SYMFILE_MSFZ },
	{ "MSCF", 4, DA_SYMFILE_CABINET },
};

const char *da_symfile_kind_name(enum da_symfile_kind kind)
{
	static const char *const names[] = {
		[DA_SYMFILE_PDB] = "PDB 7",
		[DA_SYMFILE_BREAKPAD] = "Breakpad symbols",
		[DA_SYMFILE_PDB2] = "PDB 2",
		[DA_SYMFILE_PORTABLE] = "portable PDB",
		[DA_SYMFILE_MSFZ] = "compressed PDB (MSFZ)",
		[DA_SYMFILE_CABINET] = "cabinet",
	};

	return (unsigned)kind < DA_ARRAY_SIZE(names) ? names[kind] : "unknown";
}

enum da_status da_symfile_open(struct da_arena *a, struct da_bytes b, const struct da_limits *limits,
			       struct da_symfile **ret, enum da_symfile_kind *ret_kind)
{
	if (da_pdb_bid(b)) {
		*ret_kind = DA_SYMFILE_PDB;
		return da_pdb_open(a, b, limits, ret);
	}
	if (da_breakpad_bid(b)) {
		*ret_kind = DA_SYMFILE_BREAKPAD;
		return da_breakpad_open(a, b, limits, ret);
	}
	for (size_t i = 0; i < DA_ARRAY_SIZE(others); i++) {
		if (b.n < others[i].n || memcmp(b.p, others[i].magic, others[i].n) != 0)
			continue;
		*ret_kind = others[i].kind;
		return DA_UNSUPPORTED;
	}
	return DA_NOT_FOUND;
}

enum da_symfile_kind da_symfile_kind(const struct da_symfile *f)
{
	return f->methods->kind;
}

const uint8_t *da_symfile_guid(const struct da_symfile *f)
{
	return f->guid;
}

bool da_symfile_has_age(const struct da_symfile *f, uint32_t age)
{
	return f->age == age || f->other_age == age;
}

uint32_t da_symfile_age(const struct da_symfile *f)
{
	return f->age;
}

bool da_symfile_is_full(struct da_symfile *f)
{
	return f->methods->full(f);
}

bool da_symfile_is_minimal(const struct da_symfile *f)
{
	return f->minimal;
}

bool da_symfile_is_managed(struct da_symfile *f)
{
	return f->methods->managed && f->methods->managed(f);
}

enum da_status da_symfile_place(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				struct da_dwarf_place *ret)
{
	return f->methods->place(f, a, rva, ret);
}

enum da_status da_symfile_symbol(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				 struct da_elf_symbol *ret)
{
	return f->methods->symbol(f, a, rva, ret);
}

enum da_status da_symfile_named(struct da_symfile *f, struct da_arena *a, const char *name,
				struct da_elf_symbol *ret)
{
	return f->methods->named(f, a, name, ret);
}

enum da_status da_symfile_frame(struct da_symfile *f, struct da_arena *a, uint32_t rva,
				struct da_frame_data *ret)
{
	return f->methods->frame(f, a, rva, ret);
}

enum da_status da_symfile_cfi(struct da_symfile *f, uint32_t rva, const struct da_cfi_row **ret)
{
	return f->methods->cfi ? f->methods->cfi(f, rva, ret) : DA_NOT_FOUND;
}
