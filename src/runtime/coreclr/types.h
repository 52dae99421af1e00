/* SPDX-License-Identifier: Apache-2.0 */
/* What types.c, fields.c, methods.c and modules.c share; private to them. */
#ifndef DA_CORECLR_TYPES_H
#define DA_CORECLR_TYPES_H

#include "runtime/coreclr/coreclr.h"

struct da_clr_types {
	struct da_map mts;      /* address to struct da_clr_mt, 0: none stands there */
	struct da_map names;    /* handle to text, 0: unknown */
	struct da_map slots;    /* hash of type and field to struct da_clr_slot, 0: none */
	struct da_map corelib;  /* hash of name to MethodTable */
	struct da_map methods;  /* MethodDesc to struct da_clr_method, 0: none */
	struct da_map dac_names; /* address to text, from the DAC's own stream */
	bool dac_names_read;
};
struct da_clr_types *da_clr_types_of(struct da_clr *c);

/* A row of metadata: what it leads to (a signature) may stand on a page that is missing. */
static inline bool da_clr_is_read(enum da_status st)
{
	return st == DA_OK || st == DA_PARTIAL;
}
/* The arguments of a generic type, comma-separated, from first on, at most n of them. */
void da_clr_add_handles(struct da_clr *c, struct da_str *out, uint64_t first, unsigned n);
/* Entry rid of a map inside a Module. DA_NOT_FOUND: not loaded. */
enum da_status da_clr_lookup(struct da_clr *c, uint64_t map, uint32_t rid, uint64_t *ret);
/* Entries of such a map; 0 unknown. */
uint32_t da_clr_lookup_count(struct da_clr *c, uint64_t map);
/* Numbers of instance (with those of the parents) and static fields. */
enum da_status da_clr_field_counts(struct da_clr *c, const struct da_clr_mt *mt, uint32_t *ret_instance,
				   uint32_t *ret_static);
/* A name that the debugging library left in a dump without heap and metadata; or NULL. */
const char *da_clr_dac_name(struct da_clr *c, uint64_t address);
/* Metadata of the module at this address, or NULL. */
struct da_metadata *da_clr_metadata_of(struct da_clr *c, uint64_t module);

#endif
