/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NativeAOT: programs that were compiled ahead of time, with the runtime inside. Their frames are
 * ordinary native ones. What they leave for debuggers: up to 10 a header "DNDH" (exported as
 * DotNetRuntimeDebugHeader), from 11 on a contract descriptor; and, when they die of an exception, a JSON text
 * about it (g_CrashInfoBuffer), with names of methods that no symbol file is needed for.
 */
#include "config.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/target.h"

enum { TEXT_MAX = 65536, DEPTH = 64, INNER_MAX = 32, EXCEPTIONS_MAX = 256, NAME_MAX_ = 4096 };

struct aot {
	struct da_aot aot;
	struct json_object *report;
	struct da_map names; /* pc to struct da_place */
	uint32_t thread;     /* that the report is of */
};

/* ---------------------------------------------------------------- which program */

static bool header(const struct da_clr *c, uint64_t at, unsigned *ret_major)
{
	uint8_t p[32];
	struct da_cursor cur;
	unsigned major;
	uint32_t flags;

	if (da_mem_read(c->mem, at, p, sizeof(p), NULL) != DA_OK || memcmp(p, "DNDH", 4) != 0)
		return false;
	cur = da_cursor(p, sizeof(p), c->mem->big_endian, c->mem->word);
	da_skip(&cur, 4);
	major = da_get_u16(&cur);
	da_skip(&cur, 2);
	flags = da_get_u32(&cur);
	if (major < 1 || major > 20 || (flags & 1) != (c->mem->word == 8))
		return false;
	for (size_t off = 16; off < 16 + 2 * (size_t)c->mem->word; off += c->mem->word) {
		uint64_t v;

		da_seek(&cur, off);
		v = da_get_word(&cur);
		if (v < c->base || v >= c->end)
			return false;
	}
	*ret_major = major;
	return true;
}

/* The version of the released text that is exactly as long. */
static const char *version_of_size(struct da_clr *c, uint32_t size)
{
	struct da_clr_layout *l = da_calloc(c->arena, 1, sizeof(*l));

	for (size_t i = 0; i < da_clr_files_n; i++) {
		struct da_clr_source s = { .json = { da_clr_files[i].bytes, da_clr_files[i].n } };
		struct da_clr_merged m;

		da_clr_layout_init(l);
		if (s.json.n == size && da_clr_merge(c->arena, l, &s, &m) == DA_OK && m.aot)
			return m.version;
	}
	return NULL;
}

static bool descriptor(struct da_clr *c, uint64_t at, const char **ret_version)
{
	struct da_clr_layout *l = da_calloc(c->arena, 1, sizeof(*l));
	struct da_clr_source s;
	struct da_clr_merged m;
	enum da_status st = da_clr_descriptor_at(c, at, &s);

	if (st == DA_PARTIAL) { /* a kernel core has no read-only data of files */
		*ret_version = c->options.ignore_own ? NULL : version_of_size(c, s.size);
		return true;
	}
	da_clr_layout_init(l);
	if (st != DA_OK || da_clr_merge(c->arena, l, &s, &m) != DA_OK || !m.aot)
		return false;
	*ret_version = m.version;
	return true;
}

static bool recognise(struct da_clr *c, const char **ret_version, bool *ret_descriptor)
{
	/* Versions of the header that were seen. */
	static const char *const of_header[] = { [3] = "8.0", [5] = "10.0" };
	const struct da_module *m = &c->dump->proc.modules.v[c->module];
	uint64_t at, size;
	unsigned major;

	*ret_version = NULL;
	*ret_descriptor = false;
	if (da_clr_export_in_memory(c, "DotNetRuntimeDebugHeader", &at, &size) != DA_OK)
		at = m->main ? da_clr_scan(c, 0, "DNDH", 4, 8) : 0;
	if (at && header(c, at, &major)) {
		if (major < DA_ARRAY_SIZE(of_header))
			*ret_version = of_header[major];
		return true;
	}
	*ret_descriptor = true;
	if (da_clr_export_in_memory(c, "DotNetRuntimeContractDescriptor", &at, &size) == DA_OK)
		return descriptor(c, at, ret_version);
	/* There are several: of the program, of managed types, of the garbage collector. */
	at = m->main ? da_clr_scan(c, 0, "DNCCDAC", 8, 8) : 0;
	while (at && !descriptor(c, at, ret_version))
		at = da_clr_scan(c, at + 8, "DNCCDAC", 8, 8);
	return at != 0;
}

/* ---------------------------------------------------------------- the text about its death */

static void put_report(void *o)
{
	json_object_put(o);
}

static struct json_object *read_report(struct da_clr *c)
{
	static const char begin[] = "{\"version\":\"1.0.0\"";
	uint64_t at = da_clr_scan(c, 0, begin, sizeof(begin) - 1, 1);
	size_t n = 0;
	const uint8_t *p = at ? da_mem_view_some(c->mem, at, &n) : NULL;
	struct json_tokener *tok;
	struct json_object *o;

	if (!p)
		return NULL;
	tok = json_tokener_new_ex(DEPTH);
	if (!tok)
		da_out_of_memory(sizeof(void *));
	o = json_tokener_parse_ex(tok, (const char *)p, n < TEXT_MAX ? (int)n : TEXT_MAX);
	json_tokener_free(tok);
	if (o)
		da_arena_on_free(c->arena, put_report, o);
	return o;
}

static const char *text(struct da_arena *a, struct json_object *o, const char *key)
{
	struct json_object *v;
	const char *s;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	return da_text_cstr(a, s, strnlen(s, NAME_MAX_));
}

static uint64_t number(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return 0;
	return strtoull(json_object_get_string(v), NULL, 16);
}

static const struct da_place *place_of(struct aot *t, uint64_t pc, struct json_object *o)
{
	const struct da_place *known = da_aot_place(&t->aot, pc); /* the text has no lines */
	struct da_arena *a = t->aot.clr.arena;
	const char *name = text(a, o, "name");
	struct da_place *p;
	uint64_t *slot, offset = number(o, "offset");
	bool new;

	if (known || !name)
		return known;
	slot = da_map_put(a, &t->names, pc, &new);
	if (!new)
		return (const struct da_place *)(uintptr_t)*slot; /* NOLINT(performance-no-int-to-ptr) */
	p = da_new(a, struct da_place);
	p->module = da_module_at(&t->aot.clr.dump->proc, pc);
	p->start = offset <= pc ? pc - offset : 0;
	da_aot_name_place(&t->aot, name, p);
	*slot = (uint64_t)(uintptr_t)p;
	return p;
}

static void stack(struct aot *t, struct json_object *o, struct da_managed_exception *e)
{
	struct json_object *list;
	size_t n, max = t->aot.clr.dump->limits->frames;

	if (!json_object_object_get_ex(o, "stack", &list) || !json_object_is_type(list, json_type_array))
		return;
	n = json_object_array_length(list);
	for (size_t i = 0; i < n && i < max; i++) {
		struct json_object *f = json_object_array_get_idx(list, i);
		uint64_t pc = json_object_is_type(f, json_type_object) ? number(f, "ip") : 0;

		if (!pc)
			continue;
		*da_vec_add(t->aot.clr.arena, &e->frames) = (struct da_frame){
			.pc = pc, .module = da_module_at(&t->aot.clr.dump->proc, pc), .place = place_of(t, pc, f),
			.trust = DA_TRUST_RUNTIME, .kind = DA_FRAME_MANAGED, .repeat = 1, .block_len = 1,
		};
	}
}

static void exception(struct aot *t, struct json_object *o, uint32_t parent, unsigned depth)
{
	struct da_process *p = &t->aot.clr.dump->proc;
	struct da_managed_exception e = { .runtime = t->aot.clr.runtime, .parent = parent, .thread = t->thread,
					  .where = DA_WHERE_UNHANDLED };
	struct json_object *inner;
	uint32_t me = (uint32_t)p->exceptions.n;

	if (!json_object_is_type(o, json_type_object) || depth > INNER_MAX || me >= EXCEPTIONS_MAX)
		return;
	e.address = number(o, "address");
	e.type = text(t->aot.clr.arena, o, "type");
	e.message = text(t->aot.clr.arena, o, "message");
	e.hresult = (uint32_t)number(o, "hr");
	e.has_hresult = e.hresult != 0;
	e.hresult_name = da_hresult_name(e.hresult);
	if (!e.type)
		return;
	stack(t, o, &e);
	da_vec_push(t->aot.clr.arena, &p->exceptions, e);
	if (json_object_object_get_ex(o, "inner", &inner) && json_object_is_type(inner, json_type_array))
		for (size_t i = 0; i < json_object_array_length(inner); i++)
			exception(t, json_object_array_get_idx(inner, i), me, depth + 1);
}

/* Stripped programs have no symbols: the text names what it met. */
static void name_frames(struct aot *t)
{
	struct da_process *p = &t->aot.clr.dump->proc;

	for (size_t i = 0; i < p->threads.n; i++)
		for (size_t k = 0; k < p->threads.v[i].frames.n; k++) {
			struct da_frame *f = &p->threads.v[i].frames.v[k];
			uint64_t *slot = f->place && f->place->ncalls ? NULL : da_map_get(&t->names, f->pc);

			if (!slot) /* the text counts from inside of the call */
				slot = f->place && f->place->ncalls ? NULL : da_map_get(&t->names, f->pc - 1);
			if (!slot || !*slot)
				continue;
			f->place = (const struct da_place *)(uintptr_t)*slot; /* NOLINT(performance-no-int-to-ptr) */
			f->kind = DA_FRAME_MANAGED;
		}
}

static void objects(void *state)
{
	struct aot *t = state;
	struct da_process *p = &t->aot.clr.dump->proc;
	struct json_object *o;
	uint64_t tid = number(t->report, "thread");

	for (size_t i = 0; i < p->threads.n; i++)
		if (p->threads.v[i].tid == tid)
			t->thread = (uint32_t)i;
	if (t->report && json_object_object_get_ex(t->report, "exception", &o))
		exception(t, o, DA_NONE, 0);
	da_aot_name_frames(&t->aot);
	name_frames(t);
}

/* ---------------------------------------------------------------- opening */

static enum da_status open_aot(struct da_dump *d, struct da_symbols *s, uint32_t module,
			       const struct da_runtime_options *o, void **ret)
{
	const struct da_module *m = &d->proc.modules.v[module];
	struct da_runtime *r;
	struct aot *t;
	const char *version, *said;
	bool described;
	struct da_clr c = { .dump = d, .symbols = s, .arena = d->arena, .mem = &d->proc.mem, .options = *o,
			      .module = module, .windows = m->pe, .end = m->end,
			      .base = m->has_bias && !m->pe ? m->bias : m->start };

	if (m->interpreter || m->vdso)
		return DA_NOT_FOUND;
	da_clr_image_end(&c);
	if (!recognise(&c, &version, &described))
		return DA_NOT_FOUND;
	t = da_calloc(d->arena, 1, sizeof(*t));
	t->aot.clr = c;
	t->aot.program = m->name;
	t->thread = DA_NONE;
	t->report = read_report(&t->aot.clr);
	said = t->report ? text(d->arena, t->report, "runtime_version") : NULL;
	t->aot.clr.runtime = (uint32_t)d->proc.runtimes.n;
	r = da_vec_add(d->arena, &d->proc.runtimes);
	*r = (struct da_runtime){ .kind = DA_RUNTIME_NATIVE_AOT, .flavor = DA_FLAVOR_NATIVE_AOT,
				  .reader = DA_READER_NONE, .module = module, .suspended_by = DA_NONE,
				  .profiler_module = DA_NONE,
				  .version = said ? said : version };
	r->reader_why = t->report ? "The program was compiled ahead of time: its frames are native ones. What it wrote "
				    "about its own death was read"
				  : "The program was compiled ahead of time: its frames are native ones, and their names "
				    "come from symbols";
	*ret = t;
	return DA_OK;
}

const struct da_runtime_ops da_runtime_nativeaot = {
	.name = "nativeaot",
	.open = open_aot,
	.objects = objects,
};
