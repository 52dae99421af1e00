/* SPDX-License-Identifier: Apache-2.0 */
/* Where the members of classes stand, by debug information. */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "image/unit.h"

enum { BASES = 64, MEMBERS = 65536, TYPEDEFS = 8 };
#define DIES_TOTAL 8000000 /* of classes and what stands beside them, in one file */

struct da_classes {
	struct da_map by_name; /* hash of the name to index + 1 */
	DA_VEC(Dwarf_Die) v;
	uint64_t dies;
};

static bool is_class(int tag)
{
	return tag == DW_TAG_class_type || tag == DW_TAG_structure_type;
}

/* A sibling that does not lie behind is a loop that somebody made. */
static bool next_die(Dwarf_Die *die)
{
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) != 0 || next.addr <= die->addr)
		return false;
	*die = next;
	return true;
}

static uint64_t key_of(const char *name)
{
	return da_hash(DA_HASH_SEED, name, strnlen(name, (size_t)da_limits_default.string));
}

/* Those outside of namespaces and other classes; of one that stands in many units the first. */
static void add_unit(struct da_image *im, struct da_classes *c, Dwarf_Die *unit)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die) != 0)
		return;
	do {
		const char *name;
		uint64_t *slot;

		if (++c->dies > DIES_TOTAL)
			return;
		if (!is_class(dwarf_tag(&die)) || dwarf_hasattr(&die, DW_AT_declaration) ||
		    !(name = dwarf_diename(&die)))
			continue;
		slot = da_map_put(im->arena, &c->by_name, key_of(name), NULL);
		if (*slot)
			continue;
		da_vec_push(im->arena, &c->v, die);
		*slot = c->v.n;
	} while (next_die(&die));
}

static struct da_classes *classes_of(struct da_image *im, struct da_dwarf_units *units)
{
	if (im->classes)
		return im->classes;
	im->classes = da_new(im->arena, struct da_classes);
	for (size_t i = 0; i < units->n; i++)
		if (!units->v[i].skeleton)
			add_unit(im, im->classes, &units->v[i].die);
	return im->classes;
}

static Dwarf_Die *find_class(struct da_classes *c, const char *name)
{
	const uint64_t *at = da_map_get(&c->by_name, key_of(name));
	Dwarf_Die *die = at ? &c->v.v[*at - 1] : NULL;

	return die && da_streq(dwarf_diename(die), name) ? die : NULL;
}

/* ---------------------------------------------------------------- one class */

static bool number(Dwarf_Die *die, unsigned name, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &v) != 0)
		return false;
	*ret = v;
	return true;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, ret);
}

static uint8_t kind_of_base(Dwarf_Die *type)
{
	uint64_t encoding = 0;

	(void)number(type, DW_AT_encoding, &encoding);
	switch (encoding) {
	case DW_ATE_boolean:
		return DA_MEMBER_BOOLEAN;
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		return DA_MEMBER_SIGNED;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
	case DW_ATE_address:
		return DA_MEMBER_UNSIGNED;
	default:
		return DA_MEMBER_OTHER;
	}
}

static void describe(Dwarf_Die *member, struct da_member *ret)
{
	Dwarf_Die type, inner;
	uint64_t size = 0;

	if (!type_of(member, &type))
		return;
	for (unsigned i = 0; i < TYPEDEFS; i++) {
		int tag = dwarf_tag(&type);

		if (tag == DW_TAG_reference_type || tag == DW_TAG_pointer_type)
			ret->kind = DA_MEMBER_POINTER;
		else if (tag == DW_TAG_base_type)
			ret->kind = kind_of_base(&type);
		else if (tag == DW_TAG_enumeration_type)
			ret->kind = DA_MEMBER_UNSIGNED;
		if (number(&type, DW_AT_byte_size, &size) && size <= UINT32_MAX) {
			ret->size = (uint32_t)size;
			return;
		}
		if ((tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type) ||
		    !type_of(&type, &inner))
			return;
		type = inner;
	}
}

/* In this class alone. *ret_base: that of which it inherits, where it stands; name NULL: none. */
static bool find_in(Dwarf_Die *class, const char *member, struct da_member *ret, const char **ret_base,
		    uint64_t *ret_base_at)
{
	Dwarf_Die die, type;
	uint64_t at;

	*ret_base = NULL;
	if (dwarf_child(class, &die) != 0)
		return false;
	for (unsigned i = 0; i < MEMBERS; i++) {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_inheritance && !*ret_base && type_of(&die, &type) &&
		    number(&die, DW_AT_data_member_location, &at)) {
			*ret_base = dwarf_diename(&type);
			*ret_base_at = at;
		} else if (tag == DW_TAG_member && da_streq(dwarf_diename(&die), member) &&
			   number(&die, DW_AT_data_member_location, &at)) {
			*ret = (struct da_member){ .offset = at };
			describe(&die, ret);
			return true;
		}
		if (!next_die(&die))
			break;
	}
	return false;
}

enum da_status da_class_member(struct da_image *im, struct da_dwarf_units *units, const char *class,
			       const char *member, struct da_member *ret)
{
	struct da_classes *c = classes_of(im, units);
	Dwarf_Die *die = find_class(c, class);
	uint64_t base_at = 0, at = 0;

	if (!die)
		return DA_NOT_FOUND;
	for (unsigned i = 0; die && i < BASES; i++) {
		const char *base;
		struct da_member m;

		if (find_in(die, member, &m, &base, &base_at)) {
			m.offset += at;
			*ret = m;
			return DA_OK;
		}
		at += base_at;
		die = base ? find_class(c, base) : NULL;
	}
	return DA_NOT_FOUND;
}
