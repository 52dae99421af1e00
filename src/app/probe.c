/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan probe: what a dump is, in milliseconds, before anybody copies or analyses it. */
#include "config.h"

#include <string.h>

#include "app/command.h"
#include "app/pipeline.h"

struct lines {
	struct da_str s;
	struct da_redactor *r;
};

static void line(struct lines *l, const char *name, const char *fmt, ...) DA_PRINTF(3, 4);
static void line(struct lines *l, const char *name, const char *fmt, ...)
{
	struct da_str v DA_CLEANUP(da_str_done) = { 0 };
	va_list ap;

	va_start(ap, fmt);
	da_str_vaddf(&v, fmt, ap);
	va_end(ap);
	da_str_addf(&l->s, "%-12s %s\n", name, da_redact_text(l->r, DA_AS_TEXT, da_str_get(&v)));
}

static const char *human(struct da_arena *a, uint64_t bytes)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_text_size(&s, bytes);
	return da_strdup(a, da_str_get(&s));
}

/* Seconds for a full report, from what it costs: unpacked bytes, threads, modules. Rough by design. */
static const char *cost(const struct da_dump *d)
{
	double s = 0.05 + (double)d->proc.threads.n * 0.001 + (double)d->proc.modules.n * 0.005;

	return s < 1 ? "under a second" : s < 10 ? "a few seconds" : s < 60 ? "under a minute" : "minutes";
}

static void what_it_is(struct lines *l, struct da_job *r)
{
	const struct da_dump *d = r->cases[0].dump;
	const struct da_process *p = &d->proc;

	line(l, "file", "%s, %s%s%s", d->origin.file, human(r->arena, d->origin.bytes),
	     d->origin.compression ? " unpacked, " : "", d->origin.compression ? d->origin.compression : "");
	line(l, "format", "%s, %s %u-bit, written by %s", d->origin.format, p->arch_name, p->bits,
	     d->origin.writer);
	line(l, "system", "%s", da_os_name(p->os));
	if (p->name)
		line(l, "process", "%s%s%s", p->name, p->has_pid ? ", pid " : "",
		     p->has_pid ? da_printf(r->arena, "%u", p->pid) : "");
	line(l, "threads", "%zu", p->threads.n);
	line(l, "modules", "%zu", p->modules.n);
	line(l, "memory", "%zu ranges", p->mem.ranges.n);
	if (p->exception)
		line(l, p->exception->is_signal ? "signal" : "exception", "%s%s", p->exception->name,
		     p->exception->thread != DA_NONE ? da_printf(r->arena, " in t%u",
								 p->exception->thread + 1) : "");
	if (d->origin.has_missing_bytes)
		line(l, "cut", "yes, %s are missing", human(r->arena, d->origin.missing_bytes));
	else
		line(l, "cut", d->origin.truncated ? "yes" : "no");
	line(l, "report takes", "%s", cost(d));
}

static void what_is_missing(struct lines *l, struct da_job *r)
{
	const struct da_process *p = &r->cases[0].dump->proc;
	size_t missing = 0;

	for (size_t i = 0; i < p->modules.n; i++) {
		const struct da_module *m = &p->modules.v[i];

		missing += !m->vdso && (m->match == DA_MATCH_NONE || m->match == DA_MATCH_MISMATCH);
	}
	line(l, "files", "%zu of %zu modules lack their file (dumpan symbols lists them)", missing,
	     p->modules.n);
}

static int work(struct da_job *r)
{
	struct lines l = { .r = r->redactor };
	const struct da_case *c = &r->cases[0];
	int code;

	da_job_extract(r, DA_DEPTH_MATCHED);
	if (c->status != DA_OK && c->status != DA_PARTIAL)
		return da_job_complain(r);
	what_it_is(&l, r);
	if (c->symbols)
		what_is_missing(&l, r);
	code = da_print_text(r->o, da_str_get(&l.s), l.s.n);
	da_str_done(&l.s);
	return code;
}

int da_command_probe(struct da_options *o)
{
	return da_job_run(o, o->arena, work);
}
