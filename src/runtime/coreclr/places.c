/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands at an address of managed code, in the model's form: function, source line, method.
 *
 * A return address may lie behind the last instruction of its method, so callers are looked up one byte
 * before; the same goes for their line.
 */
#include "config.h"

#include "runtime/coreclr/r2r_file.h"

enum { INLINES = 64 }; /* of one place: the compiler puts no more than 20 or so into one another */

/* *ret_approx: the place itself has no line, but one before it. */
static void add_line(struct da_clr *c, const struct da_clr_method *m, int32_t il, struct da_place_call *call, bool *ret_approx)
{
	struct da_portable_pdb *pdb = il >= 0 && m->module ? da_clr_module_pdb(c, m->module) : NULL;
	bool approximate = false;

	if (pdb && da_portable_pdb_line(pdb, m->token & 0xffffff, (uint32_t)il, &call->file, &call->line, &approximate) ==
			   DA_OK)
		*ret_approx = *ret_approx || approximate;
}

/* Behind the method itself, the calls that the compiler put into it, where the process kept their map. */
static void add_inlined(struct da_clr *c, struct da_place *p, const struct da_clr_code *code, uint32_t native)
{
	struct clr_inline v[INLINES];
	unsigned n = da_clr_inlines(c, code, native, v, INLINES);
	struct da_place_call *calls;
	bool approximate = false;

	if (n < 2 || v[0].method != code->method)
		return;
	calls = da_calloc(c->arena, n, sizeof(*calls));
	calls[0] = p->calls[0];
	for (unsigned i = 1; i < n; i++) {
		const struct da_clr_method *m = da_clr_method(c, v[i].method);

		if (!m || !m->name)
			return;
		calls[i].function = m->name;
		add_line(c, m, v[i].il, &calls[i], &approximate);
	}
	p->calls = calls;
	p->ncalls = n;
}

/* code NULL: there is none at hand, only the method. */
static void name_method(struct da_clr *c, struct da_place *p, const struct da_clr_method *m,
			const struct da_clr_code *code, uint64_t pc)
{
	struct da_method *method = da_new(c->arena, struct da_method);
	int32_t il;

	*method = (struct da_method){ .assembly = DA_NONE, .token = m->token, .il_offset = -1, .hidden = m->hidden,
				      .raw = m->raw,
				      .origin = m->lcg ? DA_METHOD_DYNAMIC : m->il_stub ? DA_METHOD_STUB : DA_METHOD_METADATA };
	p->calls = da_new(c->arena, struct da_place_call);
	p->calls[0].function = m->name;
	p->ncalls = 1;
	p->raw = m->raw;
	p->method = method;
	if (!m->module)
		return;
	method->assembly = m->module->assembly;
	p->module = c->dump->proc.assemblies.v[m->module->assembly].module;
	if (!code || !m->token || m->thunk || pc < code->start || pc - code->start > UINT32_MAX ||
	    da_clr_il_offset(c, code, (uint32_t)(pc - code->start), &il, &method->il_approximate) != DA_OK)
		return;
	method->il_offset = il;
	add_line(c, m, il, &p->calls[0], &method->il_approximate);
	add_inlined(c, p, code, (uint32_t)(pc - code->start));
}

/* Code of which the runtime's tables tell that it is managed, and no more. */
static void name_nothing(struct da_clr *c, struct da_place *p, const struct da_clr_code *code)
{
	const struct da_clr_module *m = code && code->module ? da_clr_module_at(c, code->module) : NULL;
	const struct da_assembly *a;
	struct da_method *method;

	if (m && code->base != m->image.base) /* a composite image: of some assembly, but which? */
		m = NULL;
	a = m ? &c->dump->proc.assemblies.v[m->assembly] : NULL;
	if (code && code->stub) {
		p->calls = da_new(c->arena, struct da_place_call);
		p->calls[0].function = code->r2r ? "thunk of precompiled code" : "stub of the runtime";
		p->ncalls = 1;
		return;
	}
	/* Of compiled code at least the image is known. */
	if (!code || !code->r2r) {
		p->calls = da_new(c->arena, struct da_place_call);
		p->calls[0].function = "jitted code";
		p->ncalls = 1;
	}
	method = da_new(c->arena, struct da_method);
	*method = (struct da_method){ .assembly = m ? m->assembly : DA_NONE, .il_offset = -1 };
	p->method = method;
	if (a)
		p->module = a->module;
}

static struct da_place *new_place(struct da_clr *c)
{
	struct da_place *p = da_new(c->arena, struct da_place);

	p->module = DA_NONE;
	return p;
}

const struct da_place *da_clr_place(struct da_clr *c, uint64_t pc, bool caller)
{
	uint64_t *known = da_map_get(&c->places[caller], pc);
	uint64_t at = caller ? pc - 1 : pc;
	const struct da_clr_method *m = NULL;
	struct da_clr_code code = { 0 };
	struct da_place *p = NULL;
	enum da_status st;

	if (known)
		return (const struct da_place *)(uintptr_t)*known;
	st = da_clr_code_at(c, at, &code);
	if (st == DA_OK || st == DA_FAULT) {
		p = new_place(c);
		if (st == DA_OK) {
			m = code.method ? da_clr_method(c, code.method) : NULL;
			p->start = code.start;
			p->exact = code.start != 0;
		}
		if (!m && !code.stub) {
			m = da_clr_r2r_method(c, at, &code);
			p->start = m ? code.start : p->start;
		}
		if (m)
			name_method(c, p, m, &code, at);
		else
			name_nothing(c, p, st == DA_OK ? &code : NULL);
	}
	*da_map_put(c->arena, &c->places[caller], pc, NULL) = (uintptr_t)p;
	return p;
}

const struct da_place *da_clr_method_place(struct da_clr *c, uint64_t desc, uint64_t pc, bool caller)
{
	const struct da_clr_method *m = da_clr_method(c, desc);
	const struct da_place *known = pc ? da_clr_place(c, pc, caller) : NULL;
	struct da_clr_code code = { 0 };
	struct da_place *p;

	/* Code that was compiled again since, or whose heap was given back, is another method's, or nobody's. */
	if (known && known->method && (!m || (da_clr_code_at(c, caller ? pc - 1 : pc, &code) == DA_OK &&
					      code.method == desc)))
		return known;
	if (!m)
		return NULL;
	p = new_place(c);
	name_method(c, p, m, NULL, pc);
	return p;
}
