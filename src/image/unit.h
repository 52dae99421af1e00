/* SPDX-License-Identifier: Apache-2.0 */
/* A unit of debug information (unit.c), as dwarf.c keeps it in its index. */
#ifndef DA_IMAGE_UNIT_H
#define DA_IMAGE_UNIT_H

#include "image/lines.h"
#include "image/private.h"
#include "image/ranges.h"

struct da_scope {
	Dwarf_Die die;
	uint32_t parent; /* index + 1; 0: none */
};

struct da_unit {
	struct da_image *im;
	Dwarf_Die die;         /* of the skeleton where the unit is split */
	struct da_split *split;
	bool skeleton, opened, deep; /* deep: bodies of functions were searched for functions too */
	bool lines_tried;
	struct da_lines *table; /* lines.c; NULL: libdw reads it: */
	Dwarf_Lines *lines;
	size_t nlines;
	struct da_ranges functions; /* value: index in dies */
	DA_VEC(Dwarf_Die) dies;
	/* Namespaces and classes, for functions that have no linkage name (static ones of gcc). */
	DA_VEC(struct da_scope) scopes;
	struct da_map scope_of; /* address of a subprogram's DIE to index in scopes + 1 */
};

struct da_dwarf_units {
	struct da_unit *v;
	size_t n, cap;
};

/* members.c: see da_image_member. */
enum da_status da_class_member(struct da_image *im, struct da_dwarf_units *units, const char *class,
			       const char *member, struct da_member *ret);

/* Ranges of a DIE into a table: context of da_add_range. */
struct da_adding {
	struct da_image *im;
	struct da_ranges *to;
	uint32_t value;
	bool any;
};
bool da_add_range(void *ctx, uint64_t start, uint64_t end);

/* Find the split unit, if it is one, and index the functions; later calls cost nothing. */
void da_unit_open(struct da_image *im, struct da_unit *u);
/* The function that contains the address, or NULL. */
const struct da_range_item *da_unit_function(struct da_image *im, struct da_unit *u, uint64_t addr);
/* function may be NULL: then only file and line. */
void da_unit_place(struct da_arena *a, struct da_unit *u, uint64_t addr,
		   const struct da_range_item *function, const struct da_limits *limits,
		   struct da_dwarf_place *ret);

#endif
