/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crash report is createdump's view through the runtime's debugging library, of the moment of the dump.
 * What the dump shows itself counts; the report fills gaps, and where the two contradict the ledger says so.
 */
#include "config.h"

#include <string.h>

#include "runtime/crash_report.h"

static const char where[] = "crash report";

/* ---------------------------------------------------------------- exceptions */

static struct da_managed_exception *find(const struct da_process *p, uint64_t object)
{
	for (size_t i = 0; i < p->exceptions.n; i++)
		if (p->exceptions.v[i].address == object)
			return &p->exceptions.v[i];
	return NULL;
}

static void compare(struct da_dump *d, const struct da_reported_thread *t, struct da_managed_exception *e)
{
	if (!e->type || da_starts(e->type, DA_UNKNOWN_TYPE))
		e->type = t->exception_type;
	if (!da_streq(e->type, t->exception_type))
		da_note(d->ledger, DA_NOTE_DISAGREE, where, NULL,
			DA_PATH("%s") " calls the exception at " DA_ADDR("0x%llx") " " DA_SYM("%s") ", the dump " DA_SYM("%s"),
			d->crash_report->file, (unsigned long long)t->exception, t->exception_type, e->type);
	if (t->has_hresult && e->has_hresult && t->hresult != e->hresult)
		da_note(d->ledger, DA_NOTE_DISAGREE, where, NULL,
			DA_PATH("%s") " gives " DA_SYM("%s") " the HResult 0x%08x, the dump 0x%08x", d->crash_report->file,
			t->exception_type, t->hresult, e->hresult);
}

/* An exception that the dump does not hold, as far as the report tells it. */
static void add(struct da_dump *d, const struct da_reported_thread *t)
{
	struct da_process *p = &d->proc;
	struct da_managed_exception *e = da_vec_add(d->arena, &p->exceptions);
	struct da_managed_thread *m = NULL;

	*e = (struct da_managed_exception){
		.address = t->exception, .parent = DA_NONE, .thread = t->thread, .type = t->exception_type,
		.where = t->crashed ? DA_WHERE_UNHANDLED : DA_WHERE_THREAD, .has_hresult = t->has_hresult,
		.hresult = t->hresult, .hresult_name = t->has_hresult ? da_hresult_name(t->hresult) : NULL,
		.message_why = "the object is not in the dump: its type is told by the crash report beside the dump",
	};
	for (size_t i = 0; i < p->managed_threads.n && !m; i++)
		if (p->managed_threads.v[i].thread == t->thread)
			m = &p->managed_threads.v[i];
	if (m) {
		e->runtime = m->runtime;
		if (m->exception == DA_NONE)
			m->exception = (uint32_t)p->exceptions.n - 1;
	}
}

/* ---------------------------------------------------------------- threads */

static void check_crashed(struct da_dump *d, const struct da_reported_thread *t)
{
	struct da_exception *e = d->proc.exception;

	if (!e || e->thread == t->thread)
		return;
	if (e->thread == DA_NONE)
		e->thread = t->thread;
	else
		da_note(d->ledger, DA_NOTE_DISAGREE, where, NULL,
			DA_PATH("%s") " says that " DA_REF("t%u") " crashed, the dump that " DA_REF("t%u") " did",
			d->crash_report->file, t->thread + 1, e->thread + 1);
}

static const struct da_reported_frame *frame_at(const struct da_reported_thread *t, uint64_t pc)
{
	for (size_t i = 0; i < t->frames.n; i++)
		if (t->frames.v[i].pc == pc)
			return &t->frames.v[i];
	return NULL;
}

static const struct da_place *place_of(struct da_dump *d, const struct da_frame *f, const struct da_reported_frame *r)
{
	struct da_place *place = da_new(d->arena, struct da_place);
	struct da_method *method = da_new(d->arena, struct da_method);
	size_t n = strcspn(r->method, "(");

	*method = (struct da_method){ .assembly = DA_NONE, .token = r->token, .il_offset = r->il_offset,
				      .raw = da_strndup(d->arena, r->method, n) };
	place->module = f->module;
	place->method = method;
	place->ncalls = 1;
	place->calls = da_calloc(d->arena, 1, sizeof(*place->calls));
	place->calls[0].function = method->raw;
	return place;
}

/* Managed frames whose methods the dump does not name. */
static void name_frames(struct da_dump *d, const struct da_reported_thread *t)
{
	struct da_thread *th = &d->proc.threads.v[t->thread];

	for (size_t i = 0; i < th->frames.n; i++) {
		struct da_frame *f = &th->frames.v[i];
		const struct da_reported_frame *r;

		if (f->kind != DA_FRAME_MANAGED || (f->place && f->place->ncalls))
			continue;
		r = frame_at(t, f->pc);
		if (r)
			f->place = place_of(d, f, r);
	}
}

void da_crash_report_apply(struct da_dump *d)
{
	if (!d->crash_report)
		return;
	for (size_t i = 0; i < d->crash_report->threads.n; i++) {
		const struct da_reported_thread *t = &d->crash_report->threads.v[i];

		if (t->crashed)
			check_crashed(d, t);
		name_frames(d, t);
		if (!t->exception_type)
			continue;
		if (find(&d->proc, t->exception))
			compare(d, t, find(&d->proc, t->exception));
		else
			add(d, t);
	}
}
