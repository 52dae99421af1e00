/* SPDX-License-Identifier: Apache-2.0 */
/* From a dump to every form of the report, in one process and without the net of the stages. */
#include "config.h"

#include "analyze/analyze.h"
#include "fault/fault.h"
#include "fuzz/fuzz.h"
#include "loader/loader.h"
#include "render/render.h"
#include "report/report.h"
#include "runtime/runtime.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"
#include "wait/wait.h"

static bool swallow(void *ctx, const char *bytes, size_t n)
{
	size_t *total = ctx;

	(void)bytes;
	*total += n;
	return true;
}

void fuzz_extract(struct da_dump *d)
{
	static const struct da_symbol_options options = { .no_local = true };
	static const struct da_runtime_options runtime = { 0 };
	struct da_symbols *s = da_symbols_new(d, &options);
	struct da_runtimes *r;

	da_symbols_find(s);
	r = da_runtimes_open(d, s, &runtime);
	da_unwind_run(d, s, da_runtimes_guide(r));
	da_runtimes_name(r);
	da_symbols_run(s);
	da_runtimes_objects(r);
	da_wait_run(d, s);
	da_fault_run(d, s);
}

size_t fuzz_pipeline(const uint8_t *p, size_t n, const struct da_limits *limits)
{
	struct da_dump *d = da_dump_new(limits, NULL);
	enum da_status status;
	const char *message;
	size_t total = 0;

	d->file = (struct da_bytes){ p, n };
	d->origin.file = "core";
	d->origin.bytes = n;
	status = da_load(d, &message);
	if (status == DA_OK || status == DA_PARTIAL) {
		struct da_analyze_options options = { .environment = true };
		struct da_doc *doc = da_doc_new(d->arena, NULL);

		if (!d->minimal)
			fuzz_extract(d);
		da_analyze(d, doc, &options);
		da_doc_finish(doc);
		for (size_t i = 0; i < da_renderers_n; i++)
			status = da_render(da_renderers[i], doc, NULL, swallow, &total);
	}
	da_dump_free(d);
	return total;
}
