/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan symbols: which files a dump lacks, and a script that packs them where the process ran. */
#include "config.h"

#include <string.h>

#include "app/command.h"
#include "app/pipeline.h"

static void list_missing(struct da_str *s, struct da_job *r)
{
	const struct da_dump *d = r->cases[0].dump;

	if (d->missing_files.n == 0) {
		da_str_add(s, "No file is missing.\n");
		return;
	}
	for (size_t i = 0; i < d->missing_files.n; i++) {
		const struct da_missing_file *f = &d->missing_files.v[i];

		da_str_addf(s, "%s\n", da_redact_text(r->redactor, DA_AS_PATH, f->path ? f->path : f->name));
		if (f->debug && f->build_id)
			da_str_addf(s, "  file      is at hand; missing is its debug information: .build-id/%.2s/%s.debug\n",
				    f->build_id, f->build_id + 2);
		if (f->store)
			da_str_addf(s, "  in store  %s\n", f->store);
		else if (!f->managed)
			da_str_addf(s, "  build-id  %s\n", f->build_id ? f->build_id : "unknown");
		if (f->bytes)
			da_str_addf(s, "  size      %llu\n", (unsigned long long)f->bytes);
		da_str_addf(s, "  frames    %u\n  why       %s\n", f->frames, f->why);
	}
	da_str_add(s, "\nGive folders that hold them with --symbols; dumpan symbols --collect prints a script "
		      "that\npacks them on the machine where the process ran.\n");
}

static int work(struct da_job *r)
{
	struct da_str s = { 0 };
	const struct da_case *c = &r->cases[0];
	int code;

	da_job_extract(r, DA_DEPTH_EXTRACTED);
	if ((c->status != DA_OK && c->status != DA_PARTIAL) || !c->symbols)
		return da_job_complain(r);
	if (r->o->collect)
		da_str_add(&s, da_symbols_collect_script(c->symbols));
	else
		list_missing(&s, r);
	code = da_print_text(r->o, da_str_get(&s), s.n);
	da_str_done(&s);
	return code;
}

int da_command_symbols(struct da_options *o)
{
	return da_job_run(o, o->arena, work);
}
