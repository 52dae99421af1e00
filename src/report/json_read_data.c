/* SPDX-License-Identifier: Apache-2.0 */
/* `data` of a report that is read: rows and cells. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "report/json_in.h"

static bool read_row(struct da_in *in, json_object *o, enum da_block block);

/* One value of the column into its place; text goes through redaction unless the document keeps it. */
static bool read_value(struct da_in *in, enum da_col col, json_object *o, union da_value *ret)
{
	enum da_type type = da_cols[col].type;
	const char *text;
	int word;

	if (type == DA_TYPE_ADDRESS)
		return da_in_address_value(in, o, &ret->u);
	if (type == DA_TYPE_BOOL) {
		if (!json_object_is_type(o, json_type_boolean))
			return da_in_fail(in, "must be true or false");
		ret->b = json_object_get_boolean(o);
		return true;
	}
	if (type == DA_TYPE_NUMBER || type == DA_TYPE_CODE)
		return da_in_int_value(in, o, &ret->i);
	if (da_type_is_uint(type)) {
		if (!da_in_int_value(in, o, &ret->i))
			return false;
		return ret->i >= 0 ? true : da_in_fail(in, "is below 0");
	}
	if (type == DA_TYPE_PERCENT || type == DA_TYPE_CONFIDENCE)
		return da_in_real_value(in, o, &ret->d);
	if (da_type_is_ref(type)) {
		if (!da_in_id_value(in, o, &text))
			return false;
		ret->s = da_doc_intern(in->doc, text);
		return true;
	}
	if (!da_in_text_value(in, o, &text))
		return false;
	if (type == DA_TYPE_WORD) {
		word = da_word_index(da_cols[col].words, text);
		if (word < 0)
			return da_in_fail(in, da_printf(in->arena, "'%.40s' is none of its words", text));
		ret->s = da_words[da_cols[col].words][word];
		return true;
	}
	ret->s = da_cell_text(in->doc, col, text);
	return true;
}

static bool put_value(struct da_in *in, enum da_col col, json_object *o)
{
	union da_value v, *place;

	if (!read_value(in, col, o, &v))
		return false;
	if (da_cell_hidden(in->doc, col))
		return true;
	place = da_cell_place(in->doc, col);
	*place = v;
	return true;
}

static bool put_rich(struct da_in *in, enum da_col col, json_object *flat, json_object *runs_of)
{
	json_object *runs = NULL;
	const char *rich;

	if (runs_of && !da_in_get(in, runs_of, da_cols[col].key, json_type_array, &runs))
		return false;
	if (!da_in_rich(in, flat, runs, &rich))
		return false;
	da_cell_place(in->doc, col)->s = da_doc_rich(in->doc, rich);
	return true;
}

static bool put_arguments(struct da_in *in, enum da_col col, json_object *list)
{
	size_t n = json_object_array_length(list);
	const char **args = da_calloc(in->arena, n, sizeof(*args));

	for (size_t i = 0; i < n; i++)
		if (!da_in_text_value(in, json_object_array_get_idx(list, i), &args[i]))
			return false;
	da_add_arguments(in->doc, col, args, n);
	return true;
}

static bool put_list(struct da_in *in, enum da_col col, json_object *list)
{
	enum da_block sub = da_shape_sub(da_cols[col].shape);
	size_t n;

	if (!json_object_is_type(list, json_type_array))
		return da_in_fail(in, "must be an array");
	n = json_object_array_length(list);
	if (n > UINT32_MAX / 4)
		return da_in_fail(in, "is too long");
	if (da_cols[col].type == DA_TYPE_ARGUMENT && !in->doc->keep_text)
		return put_arguments(in, col, list);
	for (size_t i = 0; i < n; i++) {
		json_object *o = json_object_array_get_idx(list, i);
		union da_value v;

		if (sub != DA_TABLES) {
			da_sub_row(in->doc, col);
			if (!read_row(in, o, sub))
				return false;
		} else {
			if (!read_value(in, col, o, &v))
				return false;
			*da_cell_add(in->doc, col) = v;
		}
	}
	return true;
}

static bool read_row(struct da_in *in, json_object *o, enum da_block block)
{
	const struct da_block_def *b = &da_blocks[block];
	const char *before = in->where;
	json_object *runs, *v;

	if (!json_object_is_type(o, json_type_object))
		return da_in_fail(in, "a row must be an object");
	if (!da_in_get(in, o, "runs", json_type_object, &runs))
		return false;
	for (enum da_col col = b->first; col < b->end; col++) {
		bool ok;

		if (!json_object_object_get_ex(o, da_cols[col].key, &v))
			continue;
		in->where = da_cols[col].key;
		if (da_cols[col].shape != DA_SHAPE_ONE)
			ok = put_list(in, col, v);
		else if (da_cols[col].type == DA_TYPE_RICH)
			ok = put_rich(in, col, v, runs);
		else
			ok = put_value(in, col, v);
		if (!ok)
			return false;
	}
	in->where = before;
	return true;
}

static bool read_block(struct da_in *in, enum da_block block, json_object *o)
{
	bool object = da_blocks[block].shape == DA_BLOCK_SHAPE_OBJECT;

	in->where = da_blocks[block].id;
	if (object) {
		da_doc_row(in->doc, block);
		return read_row(in, o, block);
	}
	if (!json_object_is_type(o, json_type_array))
		return da_in_fail(in, "must be an array");
	if (json_object_array_length(o) > UINT32_MAX / 4)
		return da_in_fail(in, "has too many rows");
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		in->where = da_blocks[block].id;
		da_doc_row(in->doc, block);
		if (!read_row(in, json_object_array_get_idx(o, i), block))
			return false;
	}
	return true;
}

bool da_in_data(struct da_in *in, json_object *data)
{
	json_object *o;

	for (enum da_block b = 0; b < DA_BLOCKS; b++)
		if (json_object_object_get_ex(data, da_blocks[b].id, &o) && !read_block(in, b, o)) {
			if (!da_starts(in->message, da_blocks[b].id))
				in->message = da_printf(in->arena, "%s.%s", da_blocks[b].id, in->message);
			return false;
		}
	in->where = NULL;
	return true;
}
