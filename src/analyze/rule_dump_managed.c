/* SPDX-License-Identifier: Apache-2.0 */
/* dump.*: what the dump of a process with a managed runtime lacks, and how sure its reading is. */
#include "config.h"

#include <string.h>

#include "analyze/hang.h"

static const char *no_runtime(const struct da_analysis *a)
{
	return a->dump->proc.runtimes.n ? NULL : "no managed runtime is in this process";
}

/* ---------------------------------------------------------------- files of .NET that the dump has not */

#define FILES_SHOWN 40 /* a small application has a dozen assemblies, a large one hundreds */

/* Of a core alone: writers of minidumps ask the runtime's own library what to save. */
static const struct da_runtime *foreign_core(const struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	if (!da_streq(a->dump->origin.format, "elf-core") || da_streq(a->dump->origin.writer, "createdump"))
		return NULL;
	for (size_t i = 0; i < p->runtimes.n; i++)
		if (p->runtimes.v[i].kind == DA_RUNTIME_CORECLR || p->runtimes.v[i].kind == DA_RUNTIME_MONO)
			return &p->runtimes.v[i];
	return NULL;
}

static size_t folder_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? (size_t)(slash - path) : 0;
}

static bool same_folder(const char *x, const char *y)
{
	size_t n = folder_of(x);

	return n && n == folder_of(y) && memcmp(x, y, n) == 0;
}

/*
 * An assembly; the runtime and what was installed with it; the program, which starts the runtime and, as a
 * single file, is all of it. Debug information brings lines only: another rule's matter.
 */
static bool is_needed(const struct da_process *p, const struct da_runtime *r, const struct da_missing_file *m)
{
	const char *home = r->module != DA_NONE ? p->modules.v[r->module].path : NULL;

	if (m->debug || m->pdb_id)
		return false;
	return m->managed || m->module == r->module || p->modules.v[m->module].main || same_folder(m->path, home);
}

static void needed_file(struct da_finding *f, const struct da_missing_file *m)
{
	da_evidence_text(da_finding_evidence(f, "file to bring"), DA_PATH("%s") "%s%s%s", m->path ? m->path : m->name,
			 m->build_id ? " (build-id " : "", m->build_id ? m->build_id : "", m->build_id ? ")" : "");
}

static unsigned run_not_portable(struct da_analysis *a)
{
	const struct da_runtime *r = foreign_core(a);
	const struct da_dump *d = a->dump;
	unsigned n = 0, shown = 0, frames = 0;
	struct da_finding *f;

	for (size_t i = 0; r && i < d->missing_files.n; i++)
		if (is_needed(&d->proc, r, &d->missing_files.v[i])) {
			frames += d->missing_files.v[i].frames;
			n++;
		}
	if (n == 0)
		return 0;
	f = da_finding_new(a->doc, "dump.not-portable", DA_SEVERITY_NOTIFICATION, 1, 1.0);
	da_finding_title(f, "A .NET process was dumped by a tool that does not know .NET");
	da_finding_description(f, "%s does not save what files on disk hold, and %u %s of the application and of its runtime %s not "
			       "found on the machine that made this report. Without %s functions have no names, and stacks may "
			       "end early.", da_streq(d->origin.writer, "kernel") ? "The kernel" : "The tool that wrote the dump", n,
			       n == 1 ? "file" : "files", n == 1 ? "was" : "were", n == 1 ? "it" : "them");
	for (size_t i = 0; i < d->missing_files.n && shown < FILES_SHOWN; i++)
		if (is_needed(&d->proc, r, &d->missing_files.v[i])) {
			needed_file(f, &d->missing_files.v[i]);
			shown++;
		}
	if (shown < n)
		da_evidence_text(da_finding_evidence(f, "files to bring"), "%u more, listed with the modules", n - shown);
	da_finding_recommendation(f, "Copy %s from the machine where the process ran, of the very build that ran, and give the "
				  "folder to dumpan with --symbols. Next time make the dump with dotnet-dump collect or createdump: "
				  "its managed stacks need no other file.", n == 1 ? "that file" : "these files");
	if (!frames) /* else dump.symbols-missing asks for them */
		da_finding_next(f, DA_NEXT_FILE, "Bring the %s that " DA_SYM("dump.not-portable") " lists, for --symbols.",
				n == 1 ? "file" : "files");
	da_finding_next(f, DA_NEXT_DUMP, "Make the next dump with dotnet-dump collect --type Full.");
	return 1;
}

const struct da_rule da_rule_dump_not_portable = {
	.id = "dump.not-portable", .severity = "Notification",
	.looks_for = "a .NET process dumped by gcore or the kernel, and files that are needed beside it",
	.page = "Needs a core whose writer is not createdump, and files of the runtime or of the application that\n"
		"neither the dump nor --symbols holds. Lists each of them with its path.",
	.why_not = no_runtime, .run = run_not_portable,
};

/* ---------------------------------------------------------------- how sure the reading is */

/* What a writer left out matters where it was not found elsewhere: assemblies have no names. */
static bool lacks_names(const struct da_process *p, uint32_t runtime)
{
	bool any = false;

	if (!p->runtimes.v[runtime].lacks)
		return false;
	for (size_t i = 0; i < p->assemblies.n; i++) {
		if (p->assemblies.v[i].runtime != runtime || p->assemblies.v[i].dynamic)
			continue;
		if (p->assemblies.v[i].missing_why)
			return true;
		any = true;
	}
	return !any;
}

static unsigned run_runtime_unknown(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < p->runtimes.n; i++) {
		const struct da_runtime *r = &p->runtimes.v[i];
		const char *name = da_runtime_kind_name((enum da_runtime_kind)r->kind);
		bool nameless = lacks_names(p, i);
		struct da_finding *f;

		if (r->verified && r->unread.n == 0 && !nameless)
			continue;
		f = da_finding_new(a->doc, "dump.runtime-unknown", DA_SEVERITY_NOTIFICATION, 1, 0.9);
		if (r->reader == DA_READER_NONE)
			da_finding_title(f, "The structures of %s%s%s could not be read", name, r->version ? " " : "",
					 r->version ? r->version : "");
		else if (r->unread.n || nameless)
			da_finding_title(f, "Not all of %s%s%s could be read", name, r->version ? " " : "",
					 r->version ? r->version : "");
		else
			da_finding_title(f, "%s%s%s was read by a layout that was not checked before on a dump of this kind",
					 name, r->version ? " " : "", r->version ? r->version : "");
		da_finding_description(f, "%s%s%s", r->reader_why ? r->reader_why
				       : r->reader == DA_READER_NONE ? "No layout that is known fits this build"
								     : "The layout passed its self-checks",
				       r->lacks ? ". " : ".", r->lacks ? da_printf(a->dump->arena, "%s.", r->lacks) : "");
		for (size_t k = 0; k < r->unread.n; k++)
			da_evidence_text(da_finding_evidence(f, "not read"), DA_SYM("%s"), r->unread.v[k]);
		if (nameless)
			da_evidence_text(da_finding_evidence(f, "not read"), "names of methods and types");
		if (r->remedy) {
			da_finding_recommendation(f, "%s.", r->remedy);
			da_finding_next(f, DA_NEXT_DUMP, "%s.", r->remedy);
		} else {
			da_finding_recommendation(f, "Believe managed names, threads and locks only where they fit what else is "
						  "known; tell the authors of dumpan the exact version of the runtime.");
		}
		n++;
	}
	return n;
}

const struct da_rule da_rule_dump_runtime_unknown = {
	.id = "dump.runtime-unknown", .severity = "Notification",
	.looks_for = "a managed runtime that could not be read, or was read without certainty",
	.page = "Says which layout was used and why, and what of the runtime could not be read.",
	.why_not = no_runtime, .run = run_runtime_unknown,
};

static unsigned run_mid_gc(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	unsigned n = 0;

	for (uint32_t i = 0; i < p->runtimes.n; i++) {
		const struct da_runtime *r = &p->runtimes.v[i];
		struct da_finding *f;
		bool waits;

		if (!r->suspended || da_gc_holders(a, i, &waits)) /* hang.gc-in-progress tells more */
			continue;
		f = da_finding_new(a->doc, "dump.mid-gc", DA_SEVERITY_NOTIFICATION, 1, 0.9);
		da_finding_title(f, "The dump was made while .NET had its threads stopped");
		da_finding_description(f, "A garbage collection was running, or about to%s%s: managed threads that seem to hang "
				       "may only be waiting for its end, and objects may be half moved.",
				       r->suspended_by != DA_NONE ? "; asked for by " : "",
				       r->suspended_by != DA_NONE ? da_say_thread(a, r->suspended_by) : "");
		da_finding_recommendation(f, "Make another dump, or better two some seconds apart.");
		da_finding_next(f, DA_NEXT_DUMP, "Make another dump outside of a collection.");
		n++;
	}
	return n;
}

const struct da_rule da_rule_dump_mid_gc = {
	.id = "dump.mid-gc", .severity = "Notification",
	.looks_for = "a dump made inside a garbage collection",
	.page = "Needs the runtime's own mark that its heap is not in order, or the thread that stopped the others.",
	.why_not = no_runtime, .run = run_mid_gc,
};
