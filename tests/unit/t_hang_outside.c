/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of threads that wait for what is outside of the process: models made by hand, healthy ones beside each. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "analyze/graph.h"
#include "unit/unit.h"

enum { OWN, LIBC, MODULES };

static struct da_dump *process(uint32_t n)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_process *p = &d->proc;

	d->origin = (struct da_origin){ .file = "core.7", .bytes = 4096, .format = "elf-core", .writer = "kernel" };
	p->arch = da_arch_by_elf(62, 2, false);
	p->arch_name = "x86_64";
	p->bits = 64;
	p->os = DA_OS_LINUX;
	p->name = "ordersd";
	*da_vec_add(d->arena, &p->modules) = (struct da_module){ .name = "ordersd", .start = 0x400000, .end = 0x500000, .main = true,
								 .class = DA_CLASS_OWN };
	*da_vec_add(d->arena, &p->modules) = (struct da_module){ .name = "libc.so.6", .start = 0x700000, .end = 0x800000,
								 .class = DA_CLASS_SYSTEM };
	for (uint32_t i = 0; i < n; i++)
		*da_vec_add(d->arena, &p->threads) = (struct da_thread){ .tid = 100 + i, .state = DA_STATE_IDLE };
	return d;
}

static struct da_doc *analyze(struct da_dump *d)
{
	struct da_doc *doc = da_doc_new(d->arena, NULL);
	const char *first = NULL;

	da_analyze(d, doc, &(struct da_analyze_options){ 0 });
	da_doc_finish(doc);
	ck_assert_msg(da_doc_mistakes(doc, &first) == 0, "%s", first ? first : "");
	return doc;
}

static const struct da_finding_row *finding(const struct da_doc *doc, const char *rule)
{
	for (size_t i = 0; i < da_doc_findings(doc); i++)
		if (da_streq(da_doc_finding(doc, i)->rule, rule))
			return da_doc_finding(doc, i);
	return NULL;
}

static void ck_says(const char *rich, const char *words)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_rich_plain(&s, rich);
	ck_assert_msg(strstr(da_str_get(&s), words), "'%s' is not in '%s'", words, da_str_get(&s));
}

/* ---------------------------------------------------------------- debuggers */

/* Writer, state and tracer of PID.status: what made the dump may be the tracer itself. */
START_TEST(tracers)
{
	static const struct {
		const char *writer;
		char state;
		uint32_t tracer;
		bool told;
	} cases[] = {
		{ "kernel", 'S', 77, true }, { "kernel", 't', 77, true }, { "kernel", 'S', 0, false },
		{ "gcore", 't', 77, false }, { "gcore", 'S', 77, true }, { "createdump", 't', 77, false },
		{ "lldb", 0, 77, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(2);
		struct da_kernel_status *s = da_new(d->arena, struct da_kernel_status);
		const struct da_finding_row *f;

		d->origin.writer = cases[i].writer;
		s->file = "7.status";
		s->state = cases[i].state;
		s->known = 1u << DA_STATUS_TRACER;
		s->v[DA_STATUS_TRACER] = cases[i].tracer;
		d->proc.kernel_status = s;
		f = finding(analyze(d), "hang.debugger-attached");
		ck_assert_msg((f != NULL) == cases[i].told, "case %zu", i);
		if (f)
			ck_says(f->title, "Process 77 traced");
		da_dump_free(d);
	}
}
END_TEST

START_TEST(debuggers_of_windows)
{
	static const struct {
		const char *writer, *comment;
		bool debugged, told;
	} cases[] = {
		{ "task-manager", NULL, true, true }, { "task-manager", NULL, false, false },
		{ "procdump", "*** procdump64.exe  -ma 4711 c:\\dumps\\a-b.dmp\n*** Manual dump", true, true },
		{ "procdump", "*** procdump  -ma -e 1 shop.exe\n*** First chance exception", true, false },
		{ "procdump", "*** procdump64 /ma /T shop.exe", true, false }, { "procdump", NULL, true, false },
		{ "windows", NULL, true, false }, { "debugdiag", "DebugDiag", true, false },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(2);

		d->proc.os = DA_OS_WINDOWS;
		d->origin.format = "minidump";
		d->origin.writer = cases[i].writer;
		d->origin.comment = cases[i].comment;
		d->proc.peb = 0x7ff000;
		d->proc.debugged = cases[i].debugged;
		ck_assert_msg((finding(analyze(d), "hang.debugger-attached") != NULL) == cases[i].told, "case %zu", i);
		da_dump_free(d);
	}
}
END_TEST

START_TEST(profilers)
{
	struct da_dump *d = process(2);
	struct da_runtime *r = da_vec_add(d->arena, &d->proc.runtimes);

	*r = (struct da_runtime){ .kind = DA_RUNTIME_CORECLR, .module = OWN, .verified = true, .suspended_by = DA_NONE,
				  .profiler_module = DA_NONE };
	ck_assert_ptr_null(finding(analyze(d), "hang.debugger-attached"));
	r->profiler = "the runtime's block of profilers holds one";
	r->profiler_confidence = 0.95f;
	r->profiler_module = LIBC;
	ck_says(finding(analyze(d), "hang.debugger-attached")->title, "A profiler runs in .NET: libc.so.6");
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("hang_outside", tracers, debuggers_of_windows, profilers)
