/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exception type of the program's own keeps: often the very thing that tells one failure from
 * another (an order's number, the name of a machine). Text, numbers and Guids are told; of another object
 * its type alone. Masking goes by the field's name, as with variables of the environment.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/coreclr.h"
#include "runtime/coreclr/exceptions.h"

enum { FIELDS_MAX = 32, TEXT_MAX = 256 };

/* ELEMENT_TYPE_…, ECMA-335 II.23.1.16. An enum stands as the number that it is made of. */
enum { BOOLEAN = 0x02, CHAR = 0x03, I1 = 0x04, U1 = 0x05, I2 = 0x06, U2 = 0x07, I4 = 0x08, U4 = 0x09, I8 = 0x0a,
       U8 = 0x0b, R4 = 0x0c, R8 = 0x0d, STRING = 0x0e, VALUETYPE = 0x11, CLASS = 0x12, VAR = 0x13, ARRAY = 0x14,
       GENERICINST = 0x15, OBJECT = 0x1c, SZARRAY = 0x1d };

static const char *reference(struct da_clr *c, uint64_t address)
{
	const char *text;
	uint64_t object, mt;

	if (da_mem_word(c->mem, address, &object) != DA_OK || !object)
		return NULL;
	text = da_clr_string(c, object, TEXT_MAX);
	if (text)
		return text;
	if (da_clr_string_wiped(c, object))
		return "(overwritten by the program that wrote the dump)";
	mt = da_clr_object_mt(c, object);
	return !mt || da_clr_object_is(c, object, "System.String") ? "(not in the dump)" : da_clr_type_name(c, mt);
}

/* The first three parts of a Guid are numbers, the rest bytes. */
static const char *guid(struct da_clr *c, uint64_t address)
{
	uint32_t a;
	uint16_t b, d;
	uint8_t e[8];

	if (da_mem_u32(c->mem, address, &a) != DA_OK || da_mem_u16(c->mem, address + 4, &b) != DA_OK ||
	    da_mem_u16(c->mem, address + 6, &d) != DA_OK || da_mem_read_some(c->mem, address + 8, e, 8) != 8)
		return NULL;
	return da_printf(c->arena, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", a, b, d, e[0], e[1], e[2], e[3],
			 e[4], e[5], e[6], e[7]);
}

static const char *small_number(struct da_clr *c, uint64_t address, uint8_t type)
{
	uint16_t half;
	uint8_t byte;

	if (type == I2 || type == U2) {
		if (da_mem_u16(c->mem, address, &half) != DA_OK)
			return NULL;
		return da_printf(c->arena, "%d", type == I2 ? (int16_t)half : (int)half);
	}
	if (da_mem_u8(c->mem, address, &byte) != DA_OK)
		return NULL;
	if (type == BOOLEAN)
		return byte ? "true" : "false";
	return da_printf(c->arena, "%d", type == I1 ? (int8_t)byte : (int)byte);
}

static const char *character(struct da_clr *c, uint64_t address)
{
	uint8_t unit[2];

	return da_mem_read_some(c->mem, address, unit, 2) == 2 ? da_text_utf16(c->arena, unit, 1, false) : NULL;
}

static const char *wide_number(struct da_clr *c, uint64_t address, uint8_t type)
{
	uint64_t v;
	uint32_t n;
	double real;
	float narrow;

	if (type == I4 || type == U4 || type == R4) {
		if (da_mem_u32(c->mem, address, &n) != DA_OK)
			return NULL;
		memcpy(&narrow, &n, sizeof(narrow));
		return type == R4 ? da_printf(c->arena, "%.9g", (double)narrow)
		       : type == I4 ? da_printf(c->arena, "%d", (int32_t)n) : da_printf(c->arena, "%u", n);
	}
	if (da_mem_u64(c->mem, address, &v) != DA_OK)
		return NULL;
	memcpy(&real, &v, sizeof(real));
	return type == R8 ? da_printf(c->arena, "%.17g", real)
	       : type == I8 ? da_printf(c->arena, "%lld", (long long)v)
			    : da_printf(c->arena, "%llu", (unsigned long long)v);
}

static const char *value_of(struct da_clr *c, uint64_t address, const struct da_clr_declared *f)
{
	switch (f->slot.type) {
	case BOOLEAN:
	case I1:
	case U1:
	case I2:
	case U2: return small_number(c, address, f->slot.type);
	case CHAR: return character(c, address);
	case I4:
	case U4:
	case R4:
	case I8:
	case U8:
	case R8: return wide_number(c, address, f->slot.type);
	case VALUETYPE: return da_streq(f->value_type, "System.Guid") ? guid(c, address) : NULL;
	case STRING:
	case CLASS:
	case VAR:
	case ARRAY:
	case GENERICINST:
	case OBJECT:
	case SZARRAY: return reference(c, address);
	default: return NULL;
	}
}

/* "<Machine>k__BackingField" is the property Machine. */
static const char *name_of(struct da_clr *c, const char *field)
{
	const char *end = field[0] == '<' ? strstr(field, ">k__BackingField") : NULL;

	return end && end > field + 1 ? da_strndup(c->arena, field + 1, (size_t)(end - field - 1)) : field;
}

void da_clr_exception_own(struct da_clr *c, struct da_managed_exception *e, uint64_t mt)
{
	struct da_clr_declared f;

	for (uint32_t i = 0; i < FIELDS_MAX && da_clr_declared(c, mt, i, &f) == DA_OK; i++) {
		const char *value;
		uint64_t address;

		if (!f.name || !da_add(&address, e->address, f.slot.offset))
			continue;
		value = value_of(c, address, &f);
		if (value && *value)
			*da_vec_add(c->arena, &e->fields) =
				(struct da_text_pair){ .name = name_of(c, f.name), .value = value, .own = true };
	}
}
