/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan report: everything, into one or more forms of output. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "app/command.h"
#include "app/message.h"
#include "app/pipeline.h"
#include "app/progress.h"

/* ---------------------------------------------------------------- rendering, each form a stage */

static void run_render(void *ctx)
{
	struct da_job *r = ctx;
	struct da_output *out = &r->outputs[r->rendering];
	enum da_status status = da_output_restart(out);

	if (status == DA_OK)
		status = da_render_output(r->o, r->doc, r->rendering, out);
	if (status != DA_OK && r->shared->exit_code == 0)
		r->shared->exit_code = status == DA_IO ? DA_EXIT_IO : DA_EXIT_INTERNAL;
}

struct page {
	struct da_output *out;
	bool ok;
};

static bool write_escaped(void *ctx, const char *bytes, size_t n)
{
	struct page *p = ctx;

	for (size_t i = 0; i < n && p->ok; i++) {
		const char *e = bytes[i] == '<' ? "&lt;" : bytes[i] == '&' ? "&amp;" : NULL;

		p->ok = e ? da_output_write(p->out, e, strlen(e)) : da_output_write(p->out, bytes + i, 1);
	}
	return p->ok;
}

/* The page's renderer died: the text form in a plain page, which says so. */
static void lost_render(void *ctx, const char *why)
{
	static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
				   "<title>dumpan report</title></head><body>\n<p>The page could not be "
				   "made; here is the report as text.</p>\n<pre>";
	struct da_job *r = ctx;
	struct page p = { &r->outputs[r->rendering], true };
	const struct da_renderer *text = da_renderer_find("text");

	(void)why;
	if (!da_streq(r->o->outputs.v[r->rendering].renderer->name, "html") || da_output_restart(p.out) != DA_OK || !text ||
	    !da_output_write(p.out, head, sizeof(head) - 1) ||
	    da_render(text, r->doc, NULL, write_escaped, &p) != DA_OK ||
	    !da_output_write(p.out, "</pre>\n</body></html>\n", 22))
		r->shared->exit_code = DA_EXIT_INTERNAL;
}

static const struct da_stage render_stage = { "writing", "a form of output", run_render, lost_render, 30 };

/* ---------------------------------------------------------------- --fail-on, --status */

static size_t count_severity(const struct da_doc *doc, enum da_severity s)
{
	size_t first, n = da_doc_findings_of(doc, s, &first);
	const char *id;

	for (size_t i = 0; i < da_doc_parts(doc); i++)
		n += da_doc_findings_of(da_doc_get_part(doc, i, &id), s, &first);
	return n;
}

/* "crash.access", or its last word: "access". */
static bool names_rule(const char *condition, const char *rule)
{
	const char *dot = strrchr(rule, '.');

	return da_streq(condition, rule) || (dot && da_streq(condition, dot + 1));
}

static bool has_finding(const struct da_doc *doc, const char *condition)
{
	const char *id;

	for (size_t i = 0; i < da_doc_findings(doc); i++)
		if (names_rule(condition, da_doc_finding(doc, i)->rule))
			return true;
	for (size_t i = 0; i < da_doc_parts(doc); i++)
		if (has_finding(da_doc_get_part(doc, i, &id), condition))
			return true;
	return false;
}

static bool condition_holds(struct da_job *r, const char *c)
{
	if (da_streq(c, "error"))
		return count_severity(r->doc, DA_SEVERITY_ERROR) > 0;
	if (da_streq(c, "warning"))
		return count_severity(r->doc, DA_SEVERITY_ERROR) +
		       count_severity(r->doc, DA_SEVERITY_WARNING) > 0;
	if (da_streq(c, "partial"))
		return da_doc_get_status(r->doc) != DA_DOC_COMPLETE;
	if (da_streq(c, "budget"))
		return r->shared->watch.stop || r->shared->terminate || r->shared->overran;
	return has_finding(r->doc, c);
}

static bool check_conditions(const struct da_options *o)
{
	static const char *const words[] = { "error", "warning", "partial", "budget" };

	for (size_t i = 0; i < o->fail_on.n; i++) {
		bool ok = false;

		for (size_t k = 0; k < DA_ARRAY_SIZE(words); k++)
			ok |= da_streq(o->fail_on.v[i], words[k]);
		for (size_t k = 0; k < da_rules_n; k++)
			ok |= names_rule(o->fail_on.v[i], da_rules[k]->id);
		if (!ok) {
			da_error("--fail-on: '%s' is neither error, warning, partial, budget nor a rule",
				 o->fail_on.v[i]);
			return false;
		}
	}
	return true;
}

static void set_results(struct da_job *r)
{
	const struct da_signature *sig = da_doc_get_signature(r->doc);

	r->shared->errors = (uint32_t)count_severity(r->doc, DA_SEVERITY_ERROR);
	r->shared->warnings = (uint32_t)count_severity(r->doc, DA_SEVERITY_WARNING);
	snprintf(r->shared->status, sizeof(r->shared->status), "%s",
		 da_doc_status_name(da_doc_get_status(r->doc)));
	snprintf(r->shared->signature, sizeof(r->shared->signature), "%s",
		 sig->id && sig->hash[0] ? sig->hash : "none");
}

/* ---------------------------------------------------------------- the worker */

static int work(void *ctx)
{
	struct da_job *r = ctx;

	da_job_confine(r);
	da_job_extract(r, DA_DEPTH_EXTRACTED);
	if (!da_job_analyze(r))
		return da_job_complain(r);
	for (r->rendering = 0; r->rendering < r->noutputs; r->rendering++)
		da_stage(&r->runner, &render_stage, r);
	da_job_tell(r);
	set_results(r);
	if (r->shared->exit_code)
		return r->shared->exit_code;
	for (size_t i = 0; i < r->o->fail_on.n; i++)
		if (condition_holds(r, r->o->fail_on.v[i]))
			return DA_EXIT_CONDITION;
	return DA_EXIT_OK;
}

/* ---------------------------------------------------------------- the front */

static bool open_outputs(struct da_job *r)
{
	r->outputs = da_calloc(r->arena, r->o->outputs.n, sizeof(*r->outputs));
	for (; r->noutputs < r->o->outputs.n; r->noutputs++) {
		const char *path = r->o->outputs.v[r->noutputs].path;

		if (da_output_open(&r->outputs[r->noutputs], r->arena, path, r->o->tmpdir) != DA_OK) {
			da_error("'%s' cannot be written: %s", path ? path : r->o->tmpdir,
				 strerror(errno));
			return false;
		}
	}
	return true;
}

static int commit_outputs(struct da_job *r, int code)
{
	for (size_t i = 0; i < r->noutputs; i++) {
		const char *path = r->outputs[i].path;

		if (da_output_commit(&r->outputs[i]) == DA_OK)
			continue;
		if (!da_output_unread(&r->outputs[i]))
			da_error("%s%s%s cannot be written: %s", path ? "'" : "",
				 path ? path : "standard output", path ? "'" : "", strerror(errno));
		code = DA_EXIT_IO;
	}
	return code;
}

static void print_status(const struct da_job *r, uint64_t began)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	fprintf(stderr, "dumpan: status=%s errors=%u warnings=%u signature=%s elapsed=%.3f rss=%ld\n",
		r->shared->status, r->shared->errors, r->shared->warnings, r->shared->signature,
		(double)(da_now_ns() - began) / 1e9, u.ru_maxrss * 1024L);
}

static int finish(struct da_job *r, int code, uint64_t began)
{
	if (code == DA_EXIT_OK || code == DA_EXIT_CONDITION) {
		if (r->o->redact == DA_REDACT_NONE && !r->o->quiet)
			da_error("--redact=none: this report holds secrets as they were in memory");
		code = commit_outputs(r, code);
		if (r->o->status)
			print_status(r, began);
	} else if (code < 0) {
		da_error("no report could be written: the process that worked on it died");
		code = DA_EXIT_INTERNAL;
	} else if (code == DA_EXIT_IO && r->shared->status[0]) {
		da_error("the report cannot be written: no room in %s?", r->o->tmpdir);
	} else if (code == DA_EXIT_INTERNAL) {
		da_error("no report could be written: an output form failed");
	}
	for (size_t i = 0; i < r->noutputs; i++)
		da_output_close(&r->outputs[i]);
	return code;
}

int da_command_report(struct da_options *o)
{
	uint64_t began = da_now_ns();
	struct da_job r;
	int code;

	if (!check_conditions(o))
		return DA_EXIT_USAGE;
	if (!da_job_init(&r, o, o->arena, &code))
		return code;
	if (!open_outputs(&r)) {
		for (size_t i = 0; i < r.noutputs; i++)
			da_output_close(&r.outputs[i]);
		da_job_done(&r);
		return DA_EXIT_IO;
	}
	code = finish(&r, da_front(&r.runner, work, &r, da_progress_for(o)), began);
	da_job_done(&r);
	return code;
}
