/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NativeAOT: programs that were compiled ahead of time, with the runtime inside. Their frames are
 * ordinary native ones. What they leave for debuggers: up to 10 a header "DNDH" (exported as
 * DotNetRuntimeDebugHeader), from 11 on a contract descriptor; and, when they die of an exception, a JSON text
 * about it (g_CrashInfoBuffer), with names of methods that no symbol file is needed for.
 */
#include "config.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/locks.h"

enum { TEXT_MAX = 65536, DEPTH = 64, INNER_MAX = 32, EXCEPTIONS_MAX = 256, NAME_MAX_ = 4096 };

struct aot {
	struct da_aot aot;
	struct json_object *report;
	struct da_map names; /* pc to struct da_place */
	uint32_t thread;     /* that the report is of */
};

/* ---------------------------------------------------------------- which version */

/* The compiler ahead of time says its version in .comment: ".NET: ilc 10.0.12-servicing.26422.108+95017c…" (10 and later). */
static const char *version_of_file(struct da_clr *c)
{
	static const char mark[] = ".NET: ilc ";
	struct da_bytes file;
	const char *path;
	const uint8_t *p;
	size_t n = 0;

	if (!da_symbols_file(c->symbols, c->module, &file, &path))
		return NULL;
	p = memmem(file.p, file.n, mark, sizeof(mark) - 1);
	if (!p)
		return NULL;
	p += sizeof(mark) - 1;
	while (n < 16 && p + n < file.p + file.n && (isdigit(p[n]) || p[n] == '.'))
		n++;
	return n >= 3 ? da_strndup(c->arena, (const char *)p, n) : NULL;
}

/* The header's version is that of one .NET. */
static const char *version_of_header(unsigned major)
{
	static const char *const of_header[] = { [3] = "8.0", [4] = "9.0", [5] = "10.0" };

	return major < DA_ARRAY_SIZE(of_header) ? of_header[major] : NULL;
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

/* System.CrashInfo.CrashReason: an exception that nobody handled; Environment.FailFast is 2, the runtime's own 3. */
enum { REASON_UNHANDLED = 1, REASON_FAIL_FAST = 2 };

static void exception(struct aot *t, struct json_object *o, uint32_t parent, unsigned depth)
{
	struct da_process *p = &t->aot.clr.dump->proc;
	struct da_managed_exception e = { .runtime = t->aot.clr.runtime, .parent = parent, .thread = t->thread,
					  .where = number(t->report, "reason") == REASON_UNHANDLED ? DA_WHERE_UNHANDLED
												   : DA_WHERE_THREAD };
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

static void fail_fast(struct aot *t)
{
	struct da_process *p = &t->aot.clr.dump->proc;

	for (size_t i = 0; i < p->managed_threads.n; i++)
		if (p->managed_threads.v[i].runtime == t->aot.clr.runtime && t->thread != DA_NONE &&
		    p->managed_threads.v[i].thread == t->thread) {
			p->managed_threads.v[i].fail_fast = text(t->aot.clr.arena, t->report, "message");
			p->managed_threads.v[i].fail_fast_from = "the runtime's own note of its death";
		}
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

/* The thread that runs finalizers is no other than the one that stands in their loop. */
static void mark_finalizer(struct da_clr *c)
{
	struct da_process *p = &c->dump->proc;

	for (size_t i = 0; i < p->managed_threads.n; i++) {
		struct da_managed_thread *m = &p->managed_threads.v[i];
		const struct da_thread *th = m->runtime == c->runtime && m->thread != DA_NONE ? &p->threads.v[m->thread] : NULL;

		for (size_t k = 0; th && k < th->frames.n; k++) {
			const char *method = da_clr_frame_method(&th->frames.v[k]);

			m->finalizer |= method && strcmp(method, "System.Runtime.__Finalizer.ProcessFinalizers") == 0;
		}
	}
}

static const char *const lacks = "The program was compiled ahead of time and holds no metadata: names of its functions and "
				 "types, and who holds its locks, come from its symbols, which are not here";
static const char *const remedy = "Bring the file with the program's debug information, which the compiler writes beside "
				  "it (NAME.dbg; on Windows NAME.pdb), and give its folder with --symbols";

static void objects(void *state)
{
	struct aot *t = state;
	struct da_clr *c = &t->aot.clr;
	bool named;
	struct da_process *p = &t->aot.clr.dump->proc;
	struct json_object *o;
	uint64_t tid = number(t->report, "thread");

	for (size_t i = 0; i < p->threads.n; i++)
		if (p->threads.v[i].tid == tid)
			t->thread = (uint32_t)i;
	if (t->report && number(t->report, "reason") == REASON_FAIL_FAST)
		fail_fast(t);
	if (t->report && json_object_object_get_ex(t->report, "exception", &o))
		exception(t, o, DA_NONE, 0);
	named = da_aot_name_frames(&t->aot);
	mark_finalizer(c);
	name_frames(t);
	da_clr_thread_names(c);
	if (named) {
		da_clr_monitors(c);
	} else { /* who waits for what is told by frames and types */
		da_clr_unread(c, "monitors");
		da_clr_model(c)->lacks = lacks;
		da_clr_model(c)->remedy = remedy;
	}
	da_clr_roles(c);
	da_clr_heap_limit(c);
}

/* ---------------------------------------------------------------- opening */

static const char *version_of(struct aot *t, const struct da_aot_found *f)
{
	struct da_clr *c = &t->aot.clr;
	const char *known = version_of_header(f->header_major), *file;

	if (t->report && (file = text(c->arena, t->report, "runtime_version")) != NULL)
		return file;
	if (f->version)
		return f->version;
	file = version_of_file(c);
	/* A file of another version than the header's is not this program. */
	return file && (!known || strncmp(file, known, strlen(known)) == 0) ? file : known;
}

static const char *why(struct da_arena *a, const struct aot *t, const struct da_aot_found *f, enum da_status threads)
{
	const char *report = t->report ? ". What it wrote about its own death was read" : "";
	const char *by = f->described ? "its contract descriptor" : "its header for debuggers";

	if (threads == DA_OK || threads == DA_PARTIAL)
		return da_printf(a, "The program was compiled ahead of time: its frames are native ones, named by symbols. "
				 "%s and the layout of that version lead to its threads%s", f->described ?
				 "Its contract descriptor" : "Its header for debuggers", report);
	return da_printf(a, "The program was compiled ahead of time: its frames are native ones, named by symbols. %s of %s "
			 "lead to its threads%s", threads == DA_NOT_FOUND ? "No layout that is known makes" :
			 "The layout of that version did not make", by, report);
}

static void describe(struct aot *t, const struct da_aot_found *f)
{
	struct da_clr *c = &t->aot.clr;
	struct da_process *p = &c->dump->proc;
	struct da_runtime *r = da_vec_add(c->arena, &p->runtimes);
	const char *version = version_of(t, f);
	bool verified = false;
	enum da_status st;

	c->runtime = (uint32_t)(p->runtimes.n - 1);
	*r = (struct da_runtime){ .kind = DA_RUNTIME_NATIVE_AOT, .flavor = DA_FLAVOR_NATIVE_AOT, .reader = DA_READER_NONE,
				  .module = c->module, .suspended_by = DA_NONE, .profiler_module = DA_NONE,
				  .version = version };
	st = version ? da_aot_threads(&t->aot, f, (unsigned)strtoul(version, NULL, 10), &verified) : DA_NOT_FOUND;
	r = da_clr_model(c);
	if (st == DA_OK || st == DA_PARTIAL) {
		r->reader = f->described && f->source.json.n ? DA_READER_DESCRIPTOR : DA_READER_TABLE;
		r->verified = verified;
		da_clr_describe_gc(c, r);
	} else {
		da_clr_unread(c, "threads");
	}
	r->reader_why = why(c->arena, t, f, st);
}

static enum da_status open_aot(struct da_dump *d, struct da_symbols *s, uint32_t module,
			       const struct da_runtime_options *o, void **ret)
{
	const struct da_module *m = &d->proc.modules.v[module];
	struct da_aot_found found;
	struct aot *t;
	struct da_clr c = { .dump = d, .symbols = s, .arena = d->arena, .mem = &d->proc.mem, .options = *o,
			      .module = module, .windows = m->pe, .end = m->end,
			      .arm64 = d->proc.arch_name && strcmp(d->proc.arch_name, "aarch64") == 0,
			      .base = m->has_bias && !m->pe ? m->bias : m->start };

	if (m->interpreter || m->vdso)
		return DA_NOT_FOUND;
	da_clr_image_end(&c);
	if (!da_aot_recognise(&c, &found))
		return DA_NOT_FOUND;
	t = da_calloc(d->arena, 1, sizeof(*t));
	t->aot.clr = c;
	t->aot.clr.aot = &t->aot;
	t->aot.program = m->name;
	t->thread = DA_NONE;
	t->report = read_report(&t->aot.clr);
	describe(t, &found);
	*ret = t;
	return DA_OK;
}

const struct da_runtime_ops da_runtime_nativeaot = {
	.name = "nativeaot",
	.open = open_aot,
	.objects = objects,
};
