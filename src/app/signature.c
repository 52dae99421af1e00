/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan signature: the bucket of each dump or report, one line each: hash, id, file. */
#include "config.h"

#include "app/command.h"
#include "app/message.h"
#include "app/pipeline.h"

static void add_line(struct da_str *s, const struct da_doc *doc, const char *path, const char *part)
{
	const struct da_signature *sig = da_doc_get_signature(doc);

	da_str_addf(s, "%-16s %s  %s%s%s\n", sig->id ? sig->hash : "-", sig->id ? sig->id : "none", path,
		    part ? ":" : "", part ? part : "");
}

static int work(struct da_job *r)
{
	struct da_str s = { 0 };
	int code;

	da_job_extract(r, DA_DEPTH_EXTRACTED);
	if (!da_job_analyze(r))
		return da_job_complain(r);
	add_line(&s, r->doc, r->cases[0].path, NULL);
	code = da_print_text(r->o, da_str_get(&s), s.n);
	da_str_done(&s);
	return code;
}

static int of_dump(const struct da_options *all, const char *path)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_options o = *all;

	o.files.v = &path;
	o.files.n = 1;
	return da_job_run(&o, a, work);
}

static int of_report(struct da_options *o, const char *path)
{
	struct da_str s = { 0 };
	struct da_doc *doc;
	int code;

	if (!da_read_report(o, path, &doc, &code))
		return code;
	if (da_doc_parts(doc) == 0)
		add_line(&s, doc, path, NULL);
	for (size_t i = 0; i < da_doc_parts(doc); i++) {
		const char *id;
		const struct da_doc *part = da_doc_get_part(doc, i, &id);

		add_line(&s, part, path, id);
	}
	code = da_print_text(o, da_str_get(&s), s.n);
	da_str_done(&s);
	return code;
}

int da_command_signature(struct da_options *o)
{
	int worst = DA_EXIT_OK;

	if (o->output && o->files.n > 1) {
		da_error("signature: -o goes with one file");
		return DA_EXIT_USAGE;
	}
	for (size_t i = 0; i < o->files.n; i++) {
		int code = da_is_report(o->files.v[i]) ? of_report(o, o->files.v[i])
						       : of_dump(o, o->files.v[i]);

		worst = DA_MAX(worst, code);
	}
	return worst;
}
