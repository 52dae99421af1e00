/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of the garbage collected heap: type, fields by name, strings, arrays, the word in front.
 *
 * An object is its MethodTable and its fields; a reference points at the MethodTable. The collector marks
 * objects in the low bits of that word while it runs. Nothing tells whether an address is an object:
 * its first word must be a MethodTable that passes da_clr_mt's check.
 */
#include "config.h"

#include "runtime/coreclr/aot.h"

/* ELEMENT_TYPE_…, ECMA-335 II.23.1.16. */
enum { BOOLEAN = 0x02, CHAR = 0x03, I1 = 0x04, U1 = 0x05, I2 = 0x06, U2 = 0x07, I4 = 0x08, U4 = 0x09,
       STRING = 0x0e, PTR = 0x0f, CLASS = 0x12, VAR = 0x13, ARRAY = 0x14, GENERICINST = 0x15, I = 0x18, U = 0x19,
       FNPTR = 0x1b, OBJECT = 0x1c, SZARRAY = 0x1d };

/* Most characters of a System.String: the runtime refuses longer ones. */
#define STRING_MAX 0x3fffffdfu

/* ---------------------------------------------------------------- type and header */

static uint64_t first_word(struct da_clr *c, uint64_t object)
{
	uint64_t mt, unmask = 0;

	if (object == 0 || object % c->mem->word || DA_CLR_PTR(c, object, Object, m_pMethTab, &mt) != DA_OK)
		return 0;
	da_clr_global(c, DA_CLR_G_ObjectToMethodTableUnmask, &unmask);
	return mt & ~unmask;
}

static bool is_global_type(struct da_clr *c, enum da_clr_global g, uint64_t mt)
{
	uint64_t known;

	return da_clr_global_ptr(c, g, &known) == DA_OK && known == mt;
}

uint64_t da_clr_object_mt(struct da_clr *c, uint64_t object)
{
	/* What the runtime itself points to is a type also where the loader heaps are not in the dump. */
	static const enum da_clr_global known[] = { DA_CLR_G_StringMethodTable, DA_CLR_G_ObjectMethodTable,
						    DA_CLR_G_ExceptionMethodTable };
	uint64_t mt = first_word(c, object);

	if (!mt || is_global_type(c, DA_CLR_G_FreeObjectMethodTable, mt))
		return 0;
	if (da_clr_mt(c, mt))
		return mt;
	for (size_t i = 0; i < DA_ARRAY_SIZE(known); i++)
		if (is_global_type(c, known[i], mt))
			return mt;
	return 0;
}

enum da_status da_clr_object_header(struct da_clr *c, uint64_t object, uint32_t *ret)
{
	uint64_t back;
	enum da_status st = da_clr_global(c, DA_CLR_G_SyncBlockValueToObjectOffset, &back);

	if (st != DA_OK)
		return st;
	return object < back ? DA_FAULT : da_mem_u32(c->mem, object - back, ret);
}

bool da_clr_object_is(struct da_clr *c, uint64_t object, const char *type)
{
	uint64_t mt = da_clr_object_mt(c, object);
	uint64_t base = mt ? da_clr_corelib_type(c, type) : 0;

	return base && (mt == base || da_clr_derives_from(c, mt, base));
}

uint32_t da_clr_managed_id(struct da_clr *c, uint64_t thread_object)
{
	uint64_t id_object, id;
	uint32_t n;

	if (c->aot) /* there the id is an object of its own */
		return da_clr_field_ptr(c, thread_object, "_managedThreadId", DA_CLR_ManagedThread__managedThreadId,
					&id_object) == DA_OK && id_object &&
		       DA_CLR_U32(c, id_object, ManagedThreadId, _managedThreadId, &id) == DA_OK ? (uint32_t)id : 0;
	return da_clr_field_u32(c, thread_object, "_managedThreadId", DA_CLR_ManagedThread__managedThreadId, &n) == DA_OK
		       ? n : 0;
}

uint64_t da_clr_handle(struct da_clr *c, uint64_t handle)
{
	uint64_t object;

	/* The lowest bit of a handle is a mark of GCHandle: pinned. */
	return handle && da_mem_word(c->mem, handle & ~UINT64_C(1), &object) == DA_OK ? object : 0;
}

/* ---------------------------------------------------------------- fields */

enum da_status da_clr_object_at(struct da_clr *c, uint64_t object, const char *field, uint64_t *ret_address,
				uint8_t *ret_type)
{
	uint64_t mt = da_clr_object_mt(c, object);
	struct da_clr_slot slot;
	enum da_status st;

	if (!mt)
		return DA_FAULT;
	st = da_clr_slot(c, mt, field, &slot);
	if (st != DA_OK)
		return st;
	if (!da_add(ret_address, object, slot.offset))
		return DA_CORRUPT;
	*ret_type = slot.type;
	return DA_OK;
}

static bool is_pointer(uint8_t type)
{
	switch (type) {
	case STRING:
	case PTR:
	case CLASS:
	case VAR:
	case ARRAY:
	case GENERICINST:
	case I:
	case U:
	case FNPTR:
	case OBJECT:
	case SZARRAY:
		return true;
	default:
		return false;
	}
}

enum da_status da_clr_object_ptr(struct da_clr *c, uint64_t object, const char *field, uint64_t *ret)
{
	uint64_t address;
	uint8_t type;
	enum da_status st = da_clr_object_at(c, object, field, &address, &type);

	if (st != DA_OK)
		return st;
	return is_pointer(type) ? da_mem_word(c->mem, address, ret) : DA_UNSUPPORTED;
}

static enum da_status read_number(struct da_clr *c, uint64_t address, uint8_t type, uint32_t *ret)
{
	enum da_status st;
	uint16_t h;
	uint8_t b;

	switch (type) {
	case BOOLEAN:
	case U1:
	case I1:
		st = da_mem_u8(c->mem, address, &b);
		if (st == DA_OK)
			*ret = type == I1 ? (uint32_t)(int8_t)b : b;
		return st;
	case CHAR:
	case U2:
	case I2:
		st = da_mem_u16(c->mem, address, &h);
		if (st == DA_OK)
			*ret = type == I2 ? (uint32_t)(int16_t)h : h;
		return st;
	case I4:
	case U4:
		return da_mem_u32(c->mem, address, ret);
	default:
		return DA_UNSUPPORTED;
	}
}

enum da_status da_clr_object_u32(struct da_clr *c, uint64_t object, const char *field, uint32_t *ret)
{
	uint64_t address;
	uint8_t type;
	enum da_status st = da_clr_object_at(c, object, field, &address, &type);

	return st == DA_OK ? read_number(c, address, type, ret) : st;
}

enum da_status da_clr_field_ptr(struct da_clr *c, uint64_t object, const char *field, enum da_clr_field known,
				uint64_t *ret)
{
	if (da_clr_object_ptr(c, object, field, ret) == DA_OK)
		return DA_OK;
	return first_word(c, object) ? da_clr_read(c, object, known, 8, ret) : DA_FAULT;
}

enum da_status da_clr_field_u32(struct da_clr *c, uint64_t object, const char *field, enum da_clr_field known,
				uint32_t *ret)
{
	uint64_t v;
	enum da_status st;

	if (da_clr_object_u32(c, object, field, ret) == DA_OK)
		return DA_OK;
	st = first_word(c, object) ? da_clr_read(c, object, known, 4, &v) : DA_FAULT;
	if (st == DA_OK)
		*ret = (uint32_t)v;
	return st;
}

/* ---------------------------------------------------------------- strings and arrays */

static bool is_string(struct da_clr *c, uint64_t mt)
{
	const struct da_clr_mt *m = c->aot && mt ? da_clr_mt(c, mt) : NULL;

	return c->aot ? m && m->is_string : mt && is_global_type(c, DA_CLR_G_StringMethodTable, mt);
}

/* Length and first character of a System.String. */
static bool string_of(struct da_clr *c, uint64_t object, uint64_t *ret_n, uint64_t *ret_text)
{
	uint64_t mt = first_word(c, object);

	if (!is_string(c, mt) || !DA_CLR_HAS(c, String, m_FirstChar) ||
	    DA_CLR_U32(c, object, String, m_StringLength, ret_n) != DA_OK || *ret_n > STRING_MAX)
		return false;
	*ret_text = object + (uint64_t)DA_CLR_OFF(c, String, m_FirstChar);
	return true;
}

const char *da_clr_string(struct da_clr *c, uint64_t object, unsigned max)
{
	uint64_t length, text;
	size_t n, got;
	uint8_t *units;
	char *s;

	if (!string_of(c, object, &length, &text) || da_clr_string_wiped(c, object))
		return NULL;
	n = (size_t)DA_MIN(DA_MIN(length, max), da_limits_default.string / 2);
	units = da_alloc(c->arena, 2 * n);
	got = da_mem_read_some(c->mem, text, units, 2 * n) / 2;
	if (got == 0 && length != 0)
		return NULL;
	/* A character of two units is not cut in half. */
	if (got < length && got > 0 && (units[2 * got - 1] & 0xfc) == 0xd8)
		got--;
	s = da_text_utf16(c->arena, units, got, false);
	return got < length ? da_printf(c->arena, "%s…", s) : s;
}

bool da_clr_string_wiped(struct da_clr *c, uint64_t object)
{
	uint8_t units[256];
	uint64_t length, text;
	size_t got;

	if (!string_of(c, object, &length, &text) || length == 0)
		return false;
	got = da_mem_read_some(c->mem, text, units, DA_MIN(2 * (size_t)length, sizeof(units)));
	for (size_t i = 0; i < got; i++)
		if (units[i] != 0xcc)
			return false;
	return got >= 2;
}

enum da_status da_clr_array(struct da_clr *c, uint64_t object, uint32_t *ret_n, uint64_t *ret_first)
{
	uint64_t n, first, bytes;
	uint64_t mt = da_clr_object_mt(c, object);
	const struct da_clr_mt *m = mt ? da_clr_mt(c, mt) : NULL;
	enum da_status st;

	if (!m)
		return DA_FAULT;
	/* The base size counts the word in front of the object, and all before the first element. */
	if (!m->is_array || m->base_size < 3u * c->mem->word || m->component_size == 0)
		return DA_UNSUPPORTED;
	st = DA_CLR_U32(c, object, Array, m_NumComponents, &n);
	if (st != DA_OK)
		return st;
	first = object + m->base_size - c->mem->word;
	if (first < object || !da_mul(&bytes, n, m->component_size) || !da_add(&bytes, first, bytes))
		return DA_CORRUPT;
	*ret_n = (uint32_t)n;
	*ret_first = first;
	return DA_OK;
}
