/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managed fields by name: FieldDescs of a class say where a field stands, its metadata what it is called.
 *
 * A class lists its own fields only, instance before static; how many instance fields there are counts
 * those of the parents too. Offsets count from behind the object's first word.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/types.h"

enum { PARENTS = 64, FIELDS = 65536 };

/* A FieldDesc's two words. */
enum { RID = 0xffffff, STATIC = 0x1000000, THREAD_STATIC = 0x2000000, RVA = 0x4000000 };
enum { OFFSET = 0x7ffffff, OFFSET_SPECIAL = OFFSET - 8, TYPE_SHIFT = 27 };
/* Statics of these kinds stand among the references; structures are boxed there. */
enum { E_STRING = 0x0e, E_VALUETYPE = 0x11, E_CLASS = 0x12, E_ARRAY = 0x14, E_OBJECT = 0x1c, E_SZARRAY = 0x1d };

struct found {
	uint64_t mt;      /* of the class that declares it */
	uint32_t dword1, dword2;
};

/* 6 to 8: the numbers stand behind the class as u32, unless they were packed, which no build was seen to do. */
static enum da_status counts_behind(struct da_clr *c, const struct da_clr_mt *m, uint32_t *ret_instance,
				    uint32_t *ret_static)
{
	enum { STATICS = 8 };
	uint64_t size, packed = 0;
	uint32_t n, s;

	if (DA_CLR_U8(c, m->eeclass, EEClass, FixedFieldsSize, &size) != DA_OK)
		return DA_FAULT;
	DA_CLR_U8(c, m->eeclass, EEClass, FieldsPacked, &packed);
	if (packed)
		return DA_UNSUPPORTED;
	if (da_mem_u32(c->mem, m->eeclass + size, &n) != DA_OK ||
	    da_mem_u32(c->mem, m->eeclass + size + STATICS, &s) != DA_OK)
		return DA_FAULT;
	*ret_instance = n;
	*ret_static = s;
	return DA_OK;
}

enum da_status da_clr_field_counts(struct da_clr *c, const struct da_clr_mt *m, uint32_t *ret_instance,
				   uint32_t *ret_static)
{
	uint64_t n, s;
	enum da_status st;

	if (!m->eeclass)
		return DA_FAULT;
	if (DA_CLR_HAS(c, EEClass, FixedFieldsSize))
		return counts_behind(c, m, ret_instance, ret_static);
	st = DA_CLR_U16(c, m->eeclass, EEClass, NumInstanceFields, &n);
	if (st == DA_OK)
		st = DA_CLR_U16(c, m->eeclass, EEClass, NumStaticFields, &s);
	if (st != DA_OK)
		return st;
	*ret_instance = (uint32_t)n;
	*ret_static = (uint32_t)s;
	return DA_OK;
}

/* How many FieldDescs the class itself has. */
static uint32_t own_fields(struct da_clr *c, const struct da_clr_mt *m)
{
	const struct da_clr_mt *up = m->parent ? da_clr_mt(c, m->parent) : NULL;
	uint32_t n, s, n_up = 0, unused;

	if ((m->parent && !up) || da_clr_field_counts(c, m, &n, &s) != DA_OK ||
	    (up && da_clr_field_counts(c, up, &n_up, &unused) != DA_OK) || n < n_up || n - n_up > FIELDS || s > FIELDS)
		return 0;
	return n - n_up + s;
}

static enum da_status find_in(struct da_clr *c, const struct da_clr_mt *m, const char *field, struct found *ret)
{
	struct da_metadata *md = da_clr_metadata_of(c, m->module);
	uint64_t list, size = (uint64_t)DA_CLR_SIZE(c, FieldDesc);
	uint32_t n = md ? own_fields(c, m) : 0;

	if (!n || DA_CLR_SIZE(c, FieldDesc) <= 0 || DA_CLR_PTR(c, m->eeclass, EEClass, FieldDescList, &list) != DA_OK)
		return DA_NOT_FOUND;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t d1, d2;
		struct da_md_field f;

		if (DA_CLR_U32(c, list + i * size, FieldDesc, DWord1, &d1) != DA_OK ||
		    DA_CLR_U32(c, list + i * size, FieldDesc, DWord2, &d2) != DA_OK)
			return DA_FAULT;
		if (!da_clr_is_read(da_metadata_field(md, d1 & RID, &f)) || !f.name || strcmp(f.name, field) != 0)
			continue;
		*ret = (struct found){ m->address, (uint32_t)d1, (uint32_t)d2 };
		return DA_OK;
	}
	return DA_NOT_FOUND;
}

static enum da_status find(struct da_clr *c, uint64_t mt, const char *field, bool is_static, struct found *ret)
{
	for (unsigned i = 0; mt && i < PARENTS; i++) {
		const struct da_clr_mt *m = da_clr_mt(c, mt);
		struct found f;

		if (!m)
			return DA_NOT_FOUND;
		if (find_in(c, m, field, &f) == DA_OK && !!(f.dword1 & STATIC) == is_static) {
			*ret = f;
			return DA_OK;
		}
		mt = m->parent;
	}
	return DA_NOT_FOUND;
}

enum da_status da_clr_slot(struct da_clr *c, uint64_t mt, const char *field, struct da_clr_slot *ret)
{
	struct da_clr_types *t = da_clr_types_of(c);
	uint64_t key = da_hash_mix(da_hash(da_hash(DA_HASH_SEED, &mt, sizeof(mt)), field, strlen(field)));
	uint64_t *known = da_map_get(&t->slots, key);
	struct da_clr_slot *slot = NULL;
	struct found f;

	if (c->aot)
		return da_aot_slot(c, mt, field, ret);
	if (!known) {
		if (find(c, mt, field, false, &f) == DA_OK && (f.dword2 & OFFSET) < OFFSET_SPECIAL) {
			slot = da_new(c->arena, struct da_clr_slot);
			slot->offset = (f.dword2 & OFFSET) + c->mem->word;
			slot->type = (uint8_t)(f.dword2 >> TYPE_SHIFT);
		}
		known = da_map_put(c->arena, &t->slots, key, NULL);
		*known = (uintptr_t)slot;
	}
	if (!*known)
		return DA_NOT_FOUND;
	*ret = *(const struct da_clr_slot *)(uintptr_t)*known;
	return DA_OK;
}

/* FIELD, VALUETYPE, TypeDefOrRef (ECMA-335 II.23.2.4); what stands between them is a modifier, and rare. */
static const char *value_type_of(struct da_metadata *md, struct da_bytes signature)
{
	enum { SIG_FIELD = 0x06 };
	struct da_cursor x = da_cursor(signature.p, signature.n, false, 8);
	enum da_md_table table;
	uint32_t rid;

	if (da_get_u8(&x) != SIG_FIELD || da_get_u8(&x) != E_VALUETYPE)
		return NULL;
	rid = da_get_md_type(&x, &table);
	if (!da_ok(&x))
		return NULL;
	return table == DA_MD_TYPE_REF ? da_metadata_type_ref_name(md, rid)
	       : table == DA_MD_TYPE_DEF ? da_metadata_type_name(md, rid) : NULL;
}

enum da_status da_clr_declared(struct da_clr *c, uint64_t mt, uint32_t i, struct da_clr_declared *ret)
{
	const struct da_clr_mt *m = da_clr_mt(c, mt);
	const struct da_clr_mt *up = m && m->parent ? da_clr_mt(c, m->parent) : NULL;
	struct da_metadata *md = m ? da_clr_metadata_of(c, m->module) : NULL;
	uint64_t list, size = (uint64_t)DA_CLR_SIZE(c, FieldDesc), d1, d2;
	struct da_clr_declared found = { 0 };
	uint32_t n, n_up = 0, unused;
	struct da_md_field f;

	/* Instance fields stand before static ones. */
	if (!md || (m->parent && !up) || da_clr_field_counts(c, m, &n, &unused) != DA_OK ||
	    (up && da_clr_field_counts(c, up, &n_up, &unused) != DA_OK) || n < n_up || n - n_up > FIELDS ||
	    i >= n - n_up || DA_CLR_SIZE(c, FieldDesc) <= 0 ||
	    DA_CLR_PTR(c, m->eeclass, EEClass, FieldDescList, &list) != DA_OK)
		return DA_NOT_FOUND;
	if (DA_CLR_U32(c, list + i * size, FieldDesc, DWord1, &d1) != DA_OK ||
	    DA_CLR_U32(c, list + i * size, FieldDesc, DWord2, &d2) != DA_OK)
		return DA_FAULT;
	if ((d1 & STATIC) || (d2 & OFFSET) >= OFFSET_SPECIAL)
		return DA_CORRUPT;
	found.slot.offset = (uint32_t)(d2 & OFFSET) + c->mem->word;
	found.slot.type = (uint8_t)(d2 >> TYPE_SHIFT);
	if (da_clr_is_read(da_metadata_field(md, d1 & RID, &f))) {
		found.name = f.name;
		if (found.slot.type == E_VALUETYPE)
			found.value_type = value_type_of(md, f.signature);
	}
	*ret = found;
	return DA_OK;
}

static bool is_reference(uint8_t type)
{
	return type == E_STRING || type == E_VALUETYPE || type == E_CLASS || type == E_ARRAY || type == E_OBJECT ||
	       type == E_SZARRAY;
}

/* 9 and later: two pointers in front of the type's auxiliary data; the lowest bit: not initialised yet. */
static enum da_status statics_of(struct da_clr *c, uint64_t mt, bool references, uint64_t *ret)
{
	int32_t size = DA_CLR_SIZE(c, DynamicStaticsInfo);
	uint64_t aux, base, mask = ~UINT64_C(1);
	enum da_status st;

	if (size <= 0)
		return DA_UNSUPPORTED;
	st = DA_CLR_PTR(c, mt, MethodTable, AuxiliaryData, &aux);
	if (st != DA_OK || aux < (uint64_t)size)
		return st == DA_OK ? DA_CORRUPT : st;
	st = references ? DA_CLR_PTR(c, aux - (uint64_t)size, DynamicStaticsInfo, GCStatics, &base) :
			  DA_CLR_PTR(c, aux - (uint64_t)size, DynamicStaticsInfo, NonGCStatics, &base);
	da_clr_global(c, DA_CLR_G_StaticsPointerMask, &mask);
	if (st != DA_OK)
		return st;
	base &= mask;
	if (!base)
		return DA_NOT_FOUND;
	*ret = base;
	return DA_OK;
}

enum da_status da_clr_static(struct da_clr *c, uint64_t mt, const char *field, uint64_t *ret)
{
	enum { DYNAMIC_STATICS = 2 };
	uint64_t base, boxed, flags;
	struct found f;
	uint8_t type;
	enum da_status st = find(c, mt, field, true, &f);

	if (st != DA_OK)
		return st;
	type = (uint8_t)(f.dword2 >> TYPE_SHIFT);
	if (f.dword1 & (THREAD_STATIC | RVA) || (f.dword2 & OFFSET) >= OFFSET_SPECIAL)
		return DA_UNSUPPORTED;
	if (DA_CLR_U32(c, f.mt, MethodTable, MTFlags2, &flags) != DA_OK || !(flags & DYNAMIC_STATICS))
		return DA_UNSUPPORTED;
	st = statics_of(c, f.mt, is_reference(type), &base);
	if (st != DA_OK)
		return st;
	base += f.dword2 & OFFSET;
	if (type == E_VALUETYPE) {
		if (da_mem_word(c->mem, base, &boxed) != DA_OK || !boxed)
			return DA_FAULT;
		base = boxed + c->mem->word;
	}
	*ret = base;
	return DA_OK;
}

/* ---------------------------------------------------------------- names that the DAC left */

/*
 * createdump and Windows' writers ask the runtime's debugging library which memory to save; for small dumps it
 * keeps the names of what it met in a buffer of the runtime: streams of {address, text}.
 */
static void read_dac_names(struct da_clr *c, struct da_clr_types *t)
{
	enum { MAGIC = 0x6d727473, NAMES = 0x614e4545, BIGGEST = 1 << 20, HEADER = 12 };
	uint64_t at, size;
	const uint8_t *p;
	struct da_cursor x;
	uint32_t n;

	if (da_clr_global_ptr(c, DA_CLR_G_MiniMetaDataBuffAddress, &at) != DA_OK || !at ||
	    da_clr_global_ptr(c, DA_CLR_G_MiniMetaDataBuffMaxSize, &size) != DA_OK)
		return;
	size = DA_MIN(size & UINT32_MAX, (uint64_t)BIGGEST);
	p = da_mem_view(c->mem, at, size);
	if (!p) {
		uint8_t *copy = da_alloc(c->arena, size);

		size = da_mem_read_some(c->mem, at, copy, size);
		p = copy;
	}
	x = da_cursor(p, size, false, c->mem->word);
	if (da_get_u32(&x) != MAGIC)
		return;
	da_skip(&x, 8);
	if (da_get_u32(&x) != NAMES)
		return;
	n = da_get_u32(&x);
	for (uint32_t i = 0; i < n && da_ok(&x) && da_left(&x); i++) {
		uint64_t key = da_get_word(&x);
		const uint8_t *text = x.p;
		const uint8_t *end = da_ok(&x) ? memchr(text, 0, da_left(&x)) : NULL;

		if (!end)
			break;
		if (end > text)
			*da_map_put(c->arena, &t->dac_names, key, NULL) =
				(uintptr_t)da_text(c->arena, text, (size_t)(end - text));
		da_skip(&x, (size_t)(end - text) + 1);
	}
}

const char *da_clr_dac_name(struct da_clr *c, uint64_t address)
{
	struct da_clr_types *t = da_clr_types_of(c);
	uint64_t *known;

	if (!t->dac_names_read) {
		t->dac_names_read = true;
		read_dac_names(c, t);
	}
	known = da_map_get(&t->dac_names, address);
	return known ? (const char *)(uintptr_t)*known : NULL;
}
