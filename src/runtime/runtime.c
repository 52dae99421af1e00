/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "runtime/crash_report.h"
#include "runtime/runtime.h"

static const struct da_runtime_ops *const kinds[] = {
#define DA_RUNTIME_ROW(name) &da_runtime_##name,
#include "runtime/runtimes.def"
#undef DA_RUNTIME_ROW
	NULL
};

struct opened {
	const struct da_runtime_ops *ops;
	void *state;
};

struct da_runtimes {
	struct da_dump *dump;
	DA_VEC(struct opened) v;
	struct da_unwind_guide guide;
};

static enum da_status find_function(void *ctx, uint64_t pc, struct da_guide_function *ret)
{
	const struct da_runtimes *r = ctx;
	enum da_status st = DA_NOT_FOUND;

	for (size_t i = 0; i < r->v.n && st == DA_NOT_FOUND; i++)
		if (r->v.v[i].ops->function)
			st = r->v.v[i].ops->function(r->v.v[i].state, pc, ret);
	return st;
}

static enum da_status find_transition(void *ctx, const struct da_thread *t, const struct da_regs *at,
				      struct da_guide_caller *ret)
{
	const struct da_runtimes *r = ctx;
	enum da_status st = DA_NOT_FOUND;

	for (size_t i = 0; i < r->v.n && st != DA_OK; i++)
		if (r->v.v[i].ops->transition)
			st = r->v.v[i].ops->transition(r->v.v[i].state, t, at, ret);
	return st;
}

static enum da_status find_interrupted(void *ctx, const struct da_thread *t, const struct da_regs *at,
				       struct da_guide_caller *ret)
{
	const struct da_runtimes *r = ctx;
	enum da_status st = DA_NOT_FOUND;

	for (size_t i = 0; i < r->v.n && st != DA_OK; i++)
		if (r->v.v[i].ops->interrupted)
			st = r->v.v[i].ops->interrupted(r->v.v[i].state, t, at, ret);
	return st;
}

static void try_module(struct da_runtimes *r, struct da_symbols *s, uint32_t module,
		       const struct da_runtime_options *o)
{
	for (size_t i = 0; kinds[i]; i++) {
		void *state = NULL;

		if (kinds[i]->open(r->dump, s, module, o, &state) != DA_OK)
			continue;
		*da_vec_add(r->dump->arena, &r->v) = (struct opened){ kinds[i], state };
		return;
	}
}

struct da_runtimes *da_runtimes_open(struct da_dump *d, struct da_symbols *s, const struct da_runtime_options *o)
{
	struct da_runtimes *r = da_calloc(d->arena, 1, sizeof(*r));

	r->dump = d;
	r->guide = (struct da_unwind_guide){ .ctx = r, .function = find_function, .transition = find_transition,
					     .interrupted = find_interrupted };
	for (uint32_t i = 0; i < d->proc.modules.n && !da_stop(d->watch); i++)
		if (da_watch_item(d->watch, DA_ITEM_MODULE, i))
			try_module(r, s, i, o);
	da_watch_idle(d->watch);
	return r;
}

const struct da_unwind_guide *da_runtimes_guide(struct da_runtimes *r)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (r->v.v[i].ops->function)
			return &r->guide;
	return NULL;
}

/* Code made at run time that the walk took for nobody's (on x86 it goes by frame pointers alone) may be a method. */
static void name_frame(struct da_runtimes *r, struct da_frame *f)
{
	if (f->kind != DA_FRAME_MANAGED && f->kind != DA_FRAME_DYNAMIC)
		return;
	for (size_t i = 0; i < r->v.n && !f->place; i++)
		if (r->v.v[i].ops->place)
			f->place = r->v.v[i].ops->place(r->v.v[i].state, f->pc, !f->exact_pc);
	if (f->place && f->place->method)
		f->kind = DA_FRAME_MANAGED;
}

void da_runtimes_name(struct da_runtimes *r)
{
	struct da_dump *d = r->dump;

	if (!da_runtimes_guide(r))
		return;
	for (size_t i = 0; i < d->proc.threads.n && !da_stop(d->watch); i++) {
		struct da_thread *t = &d->proc.threads.v[i];

		if (!da_watch_item(d->watch, DA_ITEM_THREAD, i))
			continue;
		for (size_t k = 0; k < t->frames.n; k++)
			name_frame(r, &t->frames.v[k]);
		for (size_t k = 0; k < t->dispatch_frames.n; k++)
			name_frame(r, &t->dispatch_frames.v[k]);
	}
	da_watch_idle(d->watch);
}

void da_runtimes_objects(struct da_runtimes *r)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (r->v.v[i].ops->objects)
			r->v.v[i].ops->objects(r->v.v[i].state);
	da_crash_report_apply(r->dump);
}
