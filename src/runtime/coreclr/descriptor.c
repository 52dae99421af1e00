/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract descriptor: a header that the runtime exports, a JSON text of types, fields and globals,
 * and an array of addresses that globals refer to by index.
 */
#include "config.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/target.h"

#define MAGIC UINT64_C(0x0043414443434e44) /* "DNCCDAC" */
/* Far above what was ever seen: 18,424 bytes of text and 51 pointers. */
enum { TEXT_MAX = 1 << 20, POINTERS_MAX = 4096, DEPTH = 32, OFFSET_MAX = 1 << 24, BASELINES = 4, STRING_MAX = 256 };

static const char *const type_names[] = {
#define CLR_TYPE(t) #t,
#include "runtime/coreclr/fields.def"
};
static const struct {
	const char *type, *name;
} field_names[] = {
#define CLR_FIELD(t, f) { #t, #f },
#include "runtime/coreclr/fields.def"
};
static const char *const global_names[] = {
#define CLR_GLOBAL(g) #g,
#include "runtime/coreclr/fields.def"
};
static const char *const frame_names[] = {
#define CLR_FRAME(n) #n "Identifier",
#include "runtime/coreclr/fields.def"
};
/* Fields that had another name once. */
static const struct {
	enum da_clr_field field;
	const char *name;
} former_names[] = {
	{ DA_CLR_Thread_ExposedObject, "GCHandle" },
};

/* ---------------------------------------------------------------- the header */

static enum da_status read_pointers(struct da_clr *c, uint64_t at, uint32_t n, struct da_clr_source *ret)
{
	unsigned word = c->mem->word;
	uint64_t *v = da_calloc(c->arena, n ? n : 1, sizeof(*v));

	for (uint32_t i = 0; i < n; i++)
		if (da_mem_word(c->mem, at + (uint64_t)i * word, &v[i]) != DA_OK)
			return DA_FAULT;
	ret->pointers = v;
	ret->npointers = n;
	return DA_OK;
}

enum da_status da_clr_descriptor_at(struct da_clr *c, uint64_t address, struct da_clr_source *ret)
{
	struct da_clr_source s = { { NULL, 0 }, NULL, 0, false, 0 };
	const struct da_memory *m = c->mem;
	uint8_t header[40];
	size_t n = m->word == 8 ? 40 : 32;
	struct da_cursor cur;
	uint64_t text, pointers;
	uint32_t flags, count;

	if (da_mem_read(m, address, header, n, NULL) != DA_OK)
		return DA_FAULT;
	cur = da_cursor(header, n, m->big_endian, m->word);
	if (da_get_u64(&cur) != MAGIC)
		return DA_CORRUPT;
	flags = da_get_u32(&cur);
	s.size = da_get_u32(&cur);
	text = da_get_word(&cur);
	count = da_get_u32(&cur);
	da_skip(&cur, 4);
	pointers = da_get_word(&cur);
	if (!da_ok(&cur) || !(flags & 1) || ((flags & 2) != 0) != (m->word == 4) || s.size == 0 || s.size > TEXT_MAX ||
	    count > POINTERS_MAX)
		return DA_CORRUPT;
	if (read_pointers(c, pointers, count, &s) != DA_OK)
		s.pointers = NULL;
	uint8_t *bytes = da_alloc(c->arena, s.size);
	s.cut = da_mem_read(m, text, bytes, s.size, NULL) != DA_OK;
	if (!s.cut)
		s.json = (struct da_bytes){ bytes, s.size };
	*ret = s;
	return s.cut ? DA_PARTIAL : DA_OK;
}

enum da_status da_clr_descriptor_of(struct da_clr *c, const struct da_clr_build *b, uint64_t base,
				    struct da_clr_source *ret)
{
	struct da_clr_source s = { { NULL, 0 }, NULL, 0, false, 0 };
	DA_VEC(uint64_t) v = { NULL, 0, 0 };
	const char *p = b->pointer_rvas;

	if (!b->json_name)
		return DA_NOT_FOUND;
	s.json = da_clr_file(da_printf(c->arena, "%s.json", b->json_name));
	if (!s.json.n)
		return DA_NOT_FOUND;
	while (p && *p && v.n < POINTERS_MAX) {
		char *end;
		uint64_t rva = strtoull(p, &end, 16);

		da_vec_push(c->arena, &v, rva ? base + rva : 0);
		p = *end == ',' ? end + 1 : NULL;
	}
	s.pointers = v.v;
	s.npointers = (uint32_t)v.n;
	*ret = s;
	return DA_OK;
}

/* ---------------------------------------------------------------- values */

/* A JSON number, or a string that holds one. */
static bool number_of(struct json_object *o, uint64_t *ret)
{
	const char *s;
	char *end;
	uint64_t v;
	bool minus;

	if (json_object_is_type(o, json_type_int)) {
		int64_t i = json_object_get_int64(o);

		*ret = i < 0 ? (uint64_t)i : json_object_get_uint64(o);
		return true;
	}
	if (!json_object_is_type(o, json_type_string))
		return false;
	s = json_object_get_string(o);
	minus = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if (*s < '0' || *s > '9')
		return false;
	v = strtoull(s, &end, s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10);
	if (*end)
		return false;
	*ret = minus ? 0 - v : v;
	return true;
}

/* An offset, or [offset, "type"]. */
static bool offset_of(struct json_object *o, int32_t *ret)
{
	uint64_t v;

	if (json_object_is_type(o, json_type_array) && json_object_array_length(o) >= 1)
		o = json_object_array_get_idx(o, 0);
	if (!number_of(o, &v) || (int64_t)v > OFFSET_MAX || (int64_t)v < -OFFSET_MAX)
		return false;
	*ret = (int32_t)(int64_t)v;
	return true;
}

/*
 * The index of an indirect value: [[index], "type"] or [index]; a direct one is a plain value or
 * [value, "type"], and comes back as *ret_value.
 */
static bool index_of(struct json_object *o, uint64_t *ret, struct json_object **ret_value)
{
	size_t n;
	struct json_object *first;

	*ret_value = o;
	if (!json_object_is_type(o, json_type_array))
		return false;
	n = json_object_array_length(o);
	first = n ? json_object_array_get_idx(o, 0) : NULL;
	*ret_value = first;
	if (json_object_is_type(first, json_type_array) && json_object_array_length(first) == 1)
		return number_of(json_object_array_get_idx(first, 0), ret);
	return n == 1 && number_of(first, ret);
}

static bool pointer_of(const struct da_clr_source *s, struct json_object *o, uint64_t *ret)
{
	struct json_object *value;
	uint64_t i;

	if (!index_of(o, &i, &value) || !s->pointers || i >= s->npointers || !s->pointers[i])
		return false;
	*ret = s->pointers[i];
	return true;
}

/* ---------------------------------------------------------------- merging */

void da_clr_layout_init(struct da_clr_layout *l)
{
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < DA_CLR_FIELDS; i++)
		l->off[i] = DA_CLR_UNKNOWN;
	for (size_t i = 0; i < DA_CLR_TYPES; i++)
		l->size[i] = DA_CLR_UNKNOWN;
}

static void merge_types(struct da_clr_layout *l, struct json_object *types)
{
	const char *last = NULL;
	struct json_object *t = NULL, *v;

	for (size_t i = 0; i < DA_CLR_TYPES; i++)
		if (l->size[i] == DA_CLR_UNKNOWN && json_object_object_get_ex(types, type_names[i], &t) &&
		    json_object_is_type(t, json_type_object) && json_object_object_get_ex(t, "!", &v))
			(void)offset_of(v, &l->size[i]);
	for (size_t i = 0; i < DA_CLR_FIELDS; i++) {
		if (!last || strcmp(last, field_names[i].type) != 0) {
			last = field_names[i].type;
			if (!json_object_object_get_ex(types, last, &t) || !json_object_is_type(t, json_type_object))
				t = NULL;
		}
		if (t && l->off[i] == DA_CLR_UNKNOWN && json_object_object_get_ex(t, field_names[i].name, &v))
			(void)offset_of(v, &l->off[i]);
	}
	for (size_t i = 0; i < DA_ARRAY_SIZE(former_names); i++) {
		enum da_clr_field f = former_names[i].field;

		if (l->off[f] == DA_CLR_UNKNOWN && json_object_object_get_ex(types, field_names[f].type, &t) &&
		    json_object_is_type(t, json_type_object) && json_object_object_get_ex(t, former_names[i].name, &v))
			(void)offset_of(v, &l->off[f]);
	}
}

static void merge_globals(struct da_arena *a, struct da_clr_layout *l, struct json_object *globals,
			  const struct da_clr_source *s)
{
	for (size_t i = 0; i < DA_CLR_GLOBALS; i++) {
		struct json_object *o, *value;
		uint64_t v;

		if (l->global[i].known || !json_object_object_get_ex(globals, global_names[i], &o))
			continue;
		if (index_of(o, &v, &value)) {
			if (!pointer_of(s, o, &v))
				continue;
			l->global[i].address = true;
		} else if (json_object_is_type(value, json_type_string)) {
			const char *t = json_object_get_string(value);

			l->global[i].text = da_text_cstr(a, t, strnlen(t, STRING_MAX));
			if (!number_of(value, &v))
				v = 0;
		} else if (!number_of(value, &v)) {
			continue;
		}
		l->global[i].known = true;
		l->global[i].value = v;
	}
}

static void merge_frames(struct da_arena *a, struct da_clr_layout *l, struct json_object *globals)
{
	if (l->frames.n)
		return;
	for (size_t i = 0; i < DA_ARRAY_SIZE(frame_names); i++) {
		struct json_object *o, *value;
		uint64_t v;

		if (json_object_object_get_ex(globals, frame_names[i], &o) && !index_of(o, &v, &value) &&
		    number_of(value, &v))
			*da_vec_add(a, &l->frames) = (struct da_clr_frame_id){ v, (uint8_t)(i + 1) };
	}
}

static const char *text_of(struct da_arena *a, struct json_object *o, const char *name)
{
	struct json_object *v, *value;
	uint64_t index;
	const char *t;

	if (!json_object_object_get_ex(o, name, &v) || index_of(v, &index, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	t = json_object_get_string(value);
	return da_text_cstr(a, t, strnlen(t, STRING_MAX));
}

static void merge_subs(struct da_arena *a, struct json_object *root, const struct da_clr_source *s,
		       struct da_clr_merged *r)
{
	struct json_object *subs;

	if (!json_object_object_get_ex(root, "subDescriptors", &subs) || !json_object_is_type(subs, json_type_object))
		return;
	json_object_object_foreach(subs, key, value) {
		if (r->nsub < DA_ARRAY_SIZE(r->sub_name) && pointer_of(s, value, &r->sub_pointer[r->nsub]))
			r->sub_name[r->nsub++] = da_text_cstr(a, key, strnlen(key, STRING_MAX));
	}
}

static enum da_status merge_root(struct da_arena *a, struct da_clr_layout *l, struct json_object *root,
				 const struct da_clr_source *s, struct da_clr_merged *r)
{
	struct json_object *o;

	if (!json_object_is_type(root, json_type_object))
		return DA_CORRUPT;
	if (json_object_object_get_ex(root, "version", &o))
		(void)number_of(o, &r->format);
	r->baseline = text_of(a, root, "baseline");
	if (r->baseline && strcmp(r->baseline, "empty") == 0)
		r->baseline = NULL;
	if (json_object_object_get_ex(root, "verified", &o) && json_object_is_type(o, json_type_boolean)) {
		r->has_verified = true;
		r->verified = json_object_get_boolean(o);
	}
	if (json_object_object_get_ex(root, "types", &o) && json_object_is_type(o, json_type_object)) {
		r->types = (unsigned)json_object_object_length(o);
		merge_types(l, o);
	}
	if (json_object_object_get_ex(root, "globals", &o) && json_object_is_type(o, json_type_object)) {
		const char *flavor = text_of(a, o, "RuntimeFlavor");

		r->globals = (unsigned)json_object_object_length(o);
		r->version = text_of(a, o, "RuntimeProductVersionString");
		r->aot = flavor && strcmp(flavor, "NativeAot") == 0;
		merge_globals(a, l, o, s);
		merge_frames(a, l, o);
	}
	merge_subs(a, root, s, r);
	return DA_OK;
}

enum da_status da_clr_merge(struct da_arena *a, struct da_clr_layout *l, const struct da_clr_source *s,
			    struct da_clr_merged *ret)
{
	struct da_clr_merged r = { .nsub = 0 };
	struct json_tokener *tok = json_tokener_new_ex(DEPTH);
	struct json_object *root;
	size_t n = s->json.n;
	enum da_status st;

	if (!tok)
		da_out_of_memory(sizeof(void *));
	while (n && s->json.p[n - 1] == 0)
		n--;
	root = n && n <= TEXT_MAX ? json_tokener_parse_ex(tok, (const char *)s->json.p, (int)n) : NULL;
	json_tokener_free(tok);
	if (!root)
		return DA_CORRUPT;
	st = merge_root(a, l, root, s, &r);
	json_object_put(root);
	if (st == DA_OK)
		*ret = r;
	return st;
}

enum da_status da_clr_overlay(struct da_arena *a, struct da_clr_layout *l, const char *name, bool *ret_verified)
{
	for (unsigned i = 0; name && i < BASELINES; i++) {
		struct da_clr_source s = { .json = da_clr_file(da_printf(a, "%s.json", name)) };
		struct da_clr_merged r;

		if (!s.json.n || da_clr_merge(a, l, &s, &r) != DA_OK)
			return DA_NOT_FOUND;
		if (i == 0)
			*ret_verified = r.verified;
		name = r.baseline;
	}
	return DA_OK;
}
