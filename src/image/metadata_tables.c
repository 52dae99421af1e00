/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of the tables: ECMA-335, partition II, 22 and 24.2.6; of portable PDBs their own specification. */
#include "config.h"

#include "image/metadata_private.h"

/*
 * What a column holds: below 64 the number of a table (no column counts rows of table 0, which is the
 * end), then a constant or an offset into a heap, then the coded indexes in the order of their enum.
 */
enum { END = 0, U2 = 64, U4, STRING, GUID, BLOB, CODED };
#define C(kind) (CODED + DA_MD_##kind)

static const uint8_t schema[DA_MD_TABLES][DA_MD_COLUMNS] = {
	[0] = { U2, STRING, GUID, GUID, GUID }, /* Module */
	[1] = { C(RESOLUTION_SCOPE), STRING, STRING }, /* TypeRef */
	[2] = { U4, STRING, STRING, C(TYPE_DEF_OR_REF), 4, 6 }, /* TypeDef */
	[3] = { 4 }, /* FieldPtr */
	[4] = { U2, STRING, BLOB }, /* Field */
	[5] = { 6 }, /* MethodPtr */
	[6] = { U4, U2, U2, STRING, BLOB, 8 }, /* MethodDef */
	[7] = { 8 }, /* ParamPtr */
	[8] = { U2, U2, STRING }, /* Param */
	[9] = { 2, C(TYPE_DEF_OR_REF) }, /* InterfaceImpl */
	[10] = { C(MEMBER_REF_PARENT), STRING, BLOB }, /* MemberRef */
	[11] = { U2, C(HAS_CONSTANT), BLOB }, /* Constant */
	[12] = { C(HAS_CUSTOM_ATTRIBUTE), C(CUSTOM_ATTRIBUTE_TYPE), BLOB }, /* CustomAttribute */
	[13] = { C(HAS_FIELD_MARSHAL), BLOB }, /* FieldMarshal */
	[14] = { U2, C(HAS_DECL_SECURITY), BLOB }, /* DeclSecurity */
	[15] = { U2, U4, 2 }, /* ClassLayout */
	[16] = { U4, 4 }, /* FieldLayout */
	[17] = { BLOB }, /* StandAloneSig */
	[18] = { 2, 20 }, /* EventMap */
	[19] = { 20 }, /* EventPtr */
	[20] = { U2, STRING, C(TYPE_DEF_OR_REF) }, /* Event */
	[21] = { 2, 23 }, /* PropertyMap */
	[22] = { 23 }, /* PropertyPtr */
	[23] = { U2, STRING, BLOB }, /* Property */
	[24] = { U2, 6, C(HAS_SEMANTICS) }, /* MethodSemantics */
	[25] = { 2, C(METHOD_DEF_OR_REF), C(METHOD_DEF_OR_REF) }, /* MethodImpl */
	[26] = { STRING }, /* ModuleRef */
	[27] = { BLOB }, /* TypeSpec */
	[28] = { U2, C(MEMBER_FORWARDED), STRING, 26 }, /* ImplMap */
	[29] = { U4, 4 }, /* FieldRVA */
	[30] = { U4, U4 }, /* EncLog */
	[31] = { U4 }, /* EncMap */
	[32] = { U4, U2, U2, U2, U2, U4, BLOB, STRING, STRING }, /* Assembly */
	[33] = { U4 }, /* AssemblyProcessor */
	[34] = { U4, U4, U4 }, /* AssemblyOS */
	[35] = { U2, U2, U2, U2, U4, BLOB, STRING, STRING, BLOB }, /* AssemblyRef */
	[36] = { U4, 35 }, /* AssemblyRefProcessor */
	[37] = { U4, U4, U4, 35 }, /* AssemblyRefOS */
	[38] = { U4, STRING, BLOB }, /* File */
	[39] = { U4, U4, STRING, STRING, C(IMPLEMENTATION) }, /* ExportedType */
	[40] = { U4, U4, STRING, C(IMPLEMENTATION) }, /* ManifestResource */
	[41] = { 2, 2 }, /* NestedClass */
	[42] = { U2, U2, C(TYPE_OR_METHOD_DEF), STRING }, /* GenericParam */
	[43] = { C(METHOD_DEF_OR_REF), BLOB }, /* MethodSpec */
	[44] = { 42, C(TYPE_DEF_OR_REF) }, /* GenericParamConstraint */
	[48] = { BLOB, GUID, BLOB, GUID }, /* Document */
	[49] = { 48, BLOB }, /* MethodDebugInformation */
	[50] = { 6, 53, 51, 52, U4, U4 }, /* LocalScope */
	[51] = { U2, U2, STRING }, /* LocalVariable */
	[52] = { STRING, BLOB }, /* LocalConstant */
	[53] = { 53, BLOB }, /* ImportScope */
	[54] = { 6, 6 }, /* StateMachineMethod */
	[55] = { C(HAS_CUSTOM_DEBUG), GUID, BLOB }, /* CustomDebugInformation */
};

enum { NOTHING = 63 /* a tag without a table */ };

static const struct {
	uint8_t bits, n;
	uint8_t tables[27];
} coded[DA_MD_CODED] = {
	[DA_MD_TYPE_DEF_OR_REF] = { 2, 3, { 2, 1, 27 } },
	[DA_MD_HAS_CONSTANT] = { 2, 3, { 4, 8, 23 } },
	[DA_MD_HAS_CUSTOM_ATTRIBUTE] = { 5, 22, { 6, 4, 1, 2, 8, 9, 10, 0, 14, 23, 20, 17, 26, 27, 32, 35, 38, 39, 40, 42,
						  44, 43 } },
	[DA_MD_HAS_FIELD_MARSHAL] = { 1, 2, { 4, 8 } },
	[DA_MD_HAS_DECL_SECURITY] = { 2, 3, { 2, 6, 32 } },
	[DA_MD_MEMBER_REF_PARENT] = { 3, 5, { 2, 1, 26, 6, 27 } },
	[DA_MD_HAS_SEMANTICS] = { 1, 2, { 20, 23 } },
	[DA_MD_METHOD_DEF_OR_REF] = { 1, 2, { 6, 10 } },
	[DA_MD_MEMBER_FORWARDED] = { 1, 2, { 4, 6 } },
	[DA_MD_IMPLEMENTATION] = { 2, 3, { 38, 35, 39 } },
	[DA_MD_CUSTOM_ATTRIBUTE_TYPE] = { 3, 5, { NOTHING, NOTHING, 6, 10, NOTHING } },
	[DA_MD_RESOLUTION_SCOPE] = { 2, 4, { 0, 26, 35, 1 } },
	[DA_MD_TYPE_OR_METHOD_DEF] = { 1, 2, { 2, 6 } },
	[DA_MD_HAS_CUSTOM_DEBUG] = { 5, 27, { 6, 4, 1, 2, 8, 9, 10, 0, 14, 23, 20, 17, 26, 27, 32, 35, 38, 39, 40, 42, 44,
					      43, 48, 50, 51, 52, 53 } },
};

/* Lists are counted through the table of detours where there is one. */
static uint32_t rows_behind(const struct da_md_sizes *s, unsigned table)
{
	static const uint8_t detour[DA_MD_TABLES] = { [4] = 3, [6] = 5, [8] = 7, [20] = 19, [23] = 22 };

	return detour[table] && s->rows[detour[table]] > s->rows[table] ? s->rows[detour[table]] : s->rows[table];
}

static uint8_t coded_width(const struct da_md_sizes *s, unsigned kind)
{
	for (unsigned i = 0; i < coded[kind].n; i++)
		if (s->rows[coded[kind].tables[i]] >= UINT32_C(1) << (16 - coded[kind].bits))
			return 4;
	return 2;
}

static uint8_t width(const struct da_md_sizes *s, uint8_t column)
{
	switch (column) {
	case U2:
		return 2;
	case U4:
		return 4;
	case STRING:
		return s->wide_strings || s->wide_all ? 4 : 2;
	case GUID:
		return s->wide_guids || s->wide_all ? 4 : 2;
	case BLOB:
		return s->wide_blobs || s->wide_all ? 4 : 2;
	default:
		if (s->wide_all)
			return 4;
		return column < 64 ? (rows_behind(s, column) > 0xffff ? 4 : 2) : coded_width(s, column - CODED);
	}
}

bool da_metadata_lay_out(unsigned table, const struct da_md_sizes *sizes, struct da_md_layout *ret)
{
	ret->columns = ret->size = 0;
	for (unsigned i = 0; i < DA_MD_COLUMNS && schema[table][i] != END; i++) {
		ret->at[i] = ret->size;
		ret->width[i] = width(sizes, schema[table][i]);
		ret->size = (uint8_t)(ret->size + ret->width[i]);
		ret->columns++;
	}
	return ret->columns;
}

bool da_metadata_decode(enum da_md_coded kind, uint32_t value, enum da_md_table *ret_table, uint32_t *ret_rid)
{
	unsigned tag = value & ((1u << coded[kind].bits) - 1);

	if (tag >= coded[kind].n || coded[kind].tables[tag] == NOTHING)
		return false;
	*ret_table = coded[kind].tables[tag];
	*ret_rid = value >> coded[kind].bits;
	return true;
}

bool da_metadata_encode(enum da_md_coded kind, enum da_md_table table, uint32_t rid, uint32_t *ret)
{
	for (unsigned i = 0; i < coded[kind].n; i++)
		if (coded[kind].tables[i] == table && rid <= DA_MD_ROWS_MAX) {
			*ret = rid << coded[kind].bits | i;
			return true;
		}
	return false;
}
