/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "report/json_in.h"

bool da_in_fail(struct da_in *in, const char *what)
{
	if (!in->message)
		in->message = in->where ? da_printf(in->arena, "%s: %s", in->where, what) : what;
	return false;
}

static const char *type_name(json_type type)
{
	return type == json_type_int ? "number" : json_type_to_name(type);
}

static const char *quoted(struct da_in *in, const char *key, const char *what)
{
	return da_printf(in->arena, "'%s' %s", key, what);
}

bool da_in_get(struct da_in *in, json_object *o, const char *key, json_type type, json_object **ret)
{
	json_object *v;

	*ret = NULL;
	if (!json_object_object_get_ex(o, key, &v))
		return true;
	if (!json_object_is_type(v, type))
		return da_in_fail(in, da_printf(in->arena, "'%s' must be a %s", key, type_name(type)));
	*ret = v;
	return true;
}

bool da_in_need(struct da_in *in, json_object *o, const char *key, json_type type, json_object **ret)
{
	if (!da_in_get(in, o, key, type, ret))
		return false;
	return *ret ? true : da_in_fail(in, quoted(in, key, "is missing"));
}

bool da_in_text_value(struct da_in *in, json_object *o, const char **ret)
{
	if (!json_object_is_type(o, json_type_string))
		return da_in_fail(in, "must be a string");
	*ret = da_text(in->arena, json_object_get_string(o), (size_t)json_object_get_string_len(o));
	return true;
}

bool da_in_text(struct da_in *in, json_object *o, const char *key, const char **ret)
{
	json_object *v;

	if (!da_in_get(in, o, key, json_type_string, &v))
		return false;
	return !v || da_in_text_value(in, v, ret);
}

bool da_in_id_value(struct da_in *in, json_object *o, const char **ret)
{
	const char *id;

	if (!da_in_text_value(in, o, &id))
		return false;
	if (!da_id_valid(id, strlen(id)))
		return da_in_fail(in, da_printf(in->arena, "'%.40s' is no id", id));
	*ret = id;
	return true;
}

bool da_in_word(struct da_in *in, json_object *o, const char *key, enum da_words set, int *ret)
{
	const char *word = NULL;
	int i;

	if (!da_in_text(in, o, key, &word))
		return false;
	if (!word)
		return true;
	i = da_word_index(set, word);
	if (i < 0)
		return da_in_fail(in, da_printf(in->arena, "'%.40s' is no word of '%s'", word, key));
	*ret = i;
	return true;
}

/* json-c lets an integer that is too large for 64 bits come out as the largest one. */
bool da_in_int_value(struct da_in *in, json_object *o, int64_t *ret)
{
	int64_t v;

	if (!json_object_is_type(o, json_type_int))
		return da_in_fail(in, "must be a whole number");
	v = json_object_get_int64(o);
	if (v > DA_INT_MAX || v < -DA_INT_MAX)
		return da_in_fail(in, "a number is beyond 9007199254740991");
	*ret = v;
	return true;
}

bool da_in_real_value(struct da_in *in, json_object *o, double *ret)
{
	double d;

	if (!json_object_is_type(o, json_type_int) && !json_object_is_type(o, json_type_double))
		return da_in_fail(in, "must be a number");
	d = json_object_get_double(o);
	if (!isfinite(d))
		return da_in_fail(in, "must be a number");
	*ret = d == 0 ? 0 : d;
	return true;
}

bool da_in_count(struct da_in *in, json_object *o, const char *key, uint64_t *ret)
{
	json_object *v;
	int64_t n;

	if (!da_in_get(in, o, key, json_type_int, &v))
		return false;
	if (!v)
		return true;
	if (!da_in_int_value(in, v, &n))
		return false;
	if (n < 0)
		return da_in_fail(in, quoted(in, key, "is below 0"));
	*ret = (uint64_t)n;
	return true;
}

bool da_in_fraction(struct da_in *in, json_object *o, const char *key, double *ret)
{
	json_object *v;
	double d;

	if (!json_object_object_get_ex(o, key, &v))
		return true;
	if (!da_in_real_value(in, v, &d))
		return false;
	if (d < 0 || d > 1)
		return da_in_fail(in, quoted(in, key, "must be between 0 and 1"));
	*ret = d;
	return true;
}

bool da_in_address_value(struct da_in *in, json_object *o, uint64_t *ret)
{
	const char *s;
	size_t digits;

	if (!da_in_text_value(in, o, &s))
		return false;
	digits = strncmp(s, "0x", 2) == 0 ? strspn(s + 2, "0123456789abcdef") : 0;
	if (digits < 1 || digits > 16 || s[2 + digits] || (s[2] == '0' && digits > 1))
		return da_in_fail(in, da_printf(in->arena, "'%.40s' is no address", s));
	errno = 0;
	*ret = strtoull(s + 2, NULL, 16);
	return true;
}

/* ---------------------------------------------------------------- sentences */

static bool run_kind(const char *type, const char *privacy, char *ret)
{
	static const struct {
		const char *type, *privacy;
		char letter;
	} kinds[] = {
		{ "address", "public", 'a' }, { "symbol", "public", 's' }, { "path", "site", 'p' },
		{ "text", "site", 'x' },      { "text", "secret", 'k' },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(kinds); i++)
		if (da_streq(type, kinds[i].type) && da_streq(privacy, kinds[i].privacy)) {
			*ret = kinds[i].letter;
			return true;
		}
	return false;
}

static bool add_run(struct da_in *in, json_object *o, struct da_str *s)
{
	const char *text = NULL, *type = NULL, *privacy = NULL;
	json_object *ref;
	char letter = 'r';

	if (json_object_is_type(o, json_type_string)) {
		if (!da_in_text_value(in, o, &text))
			return false;
		da_str_add(s, text);
		return true;
	}
	if (!json_object_is_type(o, json_type_object))
		return da_in_fail(in, "a run must be a string or an object");
	if (json_object_object_get_ex(o, "ref", &ref)) {
		if (!da_in_id_value(in, ref, &text))
			return false;
	} else {
		if (!da_in_text(in, o, "value", &text) || !da_in_text(in, o, "type", &type) ||
		    !da_in_text(in, o, "privacy", &privacy))
			return false;
		if (!text)
			return da_in_fail(in, "a run must have 'ref' or 'value'");
		if (!run_kind(type ? type : "text", privacy ? privacy : "site", &letter))
			return da_in_fail(in, "a run has an unknown 'type' or 'privacy'");
	}
	da_str_addf(s, "%c%c", DA_RICH_OPEN, letter);
	da_str_add(s, text);
	da_str_addc(s, DA_RICH_CLOSE);
	return true;
}

bool da_in_rich(struct da_in *in, json_object *flat, json_object *runs, const char **ret)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	const char *text;

	*ret = NULL;
	if (!runs) {
		if (!flat)
			return true;
		if (!da_in_text_value(in, flat, &text))
			return false;
		*ret = text;
		return true;
	}
	if (!json_object_is_type(runs, json_type_array))
		return da_in_fail(in, "'runs' must be an array");
	for (size_t i = 0; i < json_object_array_length(runs); i++)
		if (!add_run(in, json_object_array_get_idx(runs, i), &s))
			return false;
	*ret = da_strdup(in->arena, da_str_get(&s));
	return true;
}

bool da_in_sentence(struct da_in *in, json_object *o, const char *key, json_object *runs_of,
		    const char **ret)
{
	json_object *flat, *runs = NULL;

	if (!da_in_get(in, o, key, json_type_string, &flat))
		return false;
	if (runs_of && !da_in_get(in, runs_of, key, json_type_array, &runs))
		return false;
	return da_in_rich(in, flat, flat ? runs : NULL, ret);
}
