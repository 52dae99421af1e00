/* SPDX-License-Identifier: Apache-2.0 */
/* dump.*: what about the dump or the analysis limits the answers, and what to capture next time. */
#include "config.h"

#include <string.h>

#include "analyze/words.h"

static struct da_finding *begin(struct da_analysis *a, const char *rule, const char *title)
{
	struct da_finding *f = da_finding_new(a->doc, rule, DA_SEVERITY_NOTIFICATION, 1, 1.0);

	da_finding_title(f, "%s", title);
	return f;
}

static bool is_minidump(const struct da_analysis *a)
{
	return da_streq(a->dump->origin.format, "minidump");
}

/* What the file ends in the middle of: the reader knows at once whether it matters. */
static void first_lost(struct da_analysis *a, struct da_finding *f)
{
	const struct da_origin *o = &a->dump->origin;
	const struct da_process *p = &a->dump->proc;
	uint32_t module = da_module_at(p, o->lost_start), thread = da_thread_of_stack(p, o->lost_start);
	const struct da_range *r = da_mem_range(&p->mem, o->lost_start);
	const char *of = "memory without a name";
	struct da_evidence *e;

	if (o->lost_start >= o->lost_end)
		return;
	if (module != DA_NONE && p->modules.v[module].name)
		of = da_printf(a->dump->arena, DA_SYM("%s"), p->modules.v[module].name);
	else if (thread != DA_NONE)
		of = da_printf(a->dump->arena, DA_REF("t%llu") "'s stack", thread + 1ULL);
	else if (r && r->name)
		of = da_printf(a->dump->arena, DA_PATH("%s"), r->name);
	else if (r && r->kind != DA_RANGE_OTHER)
		of = da_printf(a->dump->arena, "%s memory", da_range_kind_name(r->kind));
	e = da_finding_evidence(f, "the first memory that is lost");
	da_evidence_address(e, o->lost_start);
	da_evidence_thread(e, thread);
	da_evidence_text(e, "%llu bytes of %s, and what stands behind them in the file",
			 (unsigned long long)(o->lost_end - o->lost_start), of);
}

static unsigned run_truncated(struct da_analysis *a)
{
	const struct da_origin *o = &a->dump->origin;
	struct da_finding *f;

	if (!o->truncated)
		return 0;
	f = begin(a, "dump.truncated", "The dump is cut short");
	if (o->has_missing_bytes)
		da_finding_description(f, "%llu bytes of memory that it promises are not in the file. What lay there "
				       "is unknown, and what depends on it is left out.",
				       (unsigned long long)o->missing_bytes);
	else
		da_finding_description(f, "The file ends before all that it promises.");
	first_lost(a, f);
	if (is_minidump(a))
		da_finding_recommendation(f, "Copy the file again and compare its size with the original. If the original "
					  "is cut too, look at the room on the disk where it was written, and at who "
					  "stopped the writer.");
	else
		da_finding_recommendation(f, "Copy the file again and compare its size with the original. If the original "
					  "is cut too, raise the limit: ulimit -c unlimited, or ProcessSizeMax and "
					  "ExternalSizeMax in coredump.conf.");
	da_finding_next(f, DA_NEXT_DUMP, "Make a dump that is not cut.");
	return 1;
}

const struct da_rule da_rule_dump_truncated = {
	.id = "dump.truncated", .severity = "Notification",
	.looks_for = "a dump whose end is missing",
	.page = "Compares what the headers promise with the size of the file.",
	.run = run_truncated,
};

/* Is the module's own file at hand, so that only debug information is missing? */
static bool has_file(const struct da_dump *d, const struct da_missing_file *m)
{
	enum da_match match;

	if (m->managed)
		return m->debug;
	match = (enum da_match)d->proc.modules.v[m->module].match;
	return match != DA_MATCH_NONE && match != DA_MATCH_MISMATCH && match != DA_MATCH_MEMORY;
}

/* Files of this machine or of --symbols stand in for code that was not saved: then nothing is lost. */
static bool files_stand_in(const struct da_dump *d)
{
	for (size_t i = 0; i < d->missing_files.n; i++)
		if (d->missing_files.v[i].frames && !has_file(d, &d->missing_files.v[i]))
			return false;
	return true;
}

static void more_next_time(struct da_analysis *a, struct da_finding *f)
{
	if (a->dump->proc.os == DA_OS_WINDOWS) {
		da_finding_recommendation(f, "For everything next time: procdump -ma, Create dump file in Task Manager, or "
					  "dotnet-dump collect --type Full; for WER LocalDumps, DumpType 2.");
		da_finding_next(f, DA_NEXT_DUMP, "Make the next dump with procdump -ma: it keeps all memory.");
	} else if (a->dump->proc.os == DA_OS_MACOS) {
		da_finding_recommendation(f, "For everything next time: attach lldb and use process save-core.");
		da_finding_next(f, DA_NEXT_DUMP, "Make the next dump with lldb: process save-core --style full.");
	} else if (is_minidump(a)) {
		da_finding_recommendation(f, "For everything next time: a core of the kernel (ulimit -c unlimited) or "
					  "gcore PID.");
		da_finding_next(f, DA_NEXT_DUMP, "Make the next dump with gcore, or let the kernel write a core.");
	} else if (da_streq(a->dump->origin.writer, "createdump")) {
		da_finding_recommendation(f, "Nothing is lost as long as the files of the machine are at hand. For everything "
					  "next time: dotnet-dump collect --type Full, or DOTNET_DbgMiniDumpType=4.");
		da_finding_next(f, DA_NEXT_DUMP, "Make the next dump with dotnet-dump collect --type Full.");
	} else if (da_streq(a->dump->origin.writer, "qemu")) {
		da_finding_recommendation(f, "qemu-user has no setting for it: the files of the machine bring back what is "
					  "missing, with --symbols or --sysroot.");
	} else {
		da_finding_recommendation(f, "For everything next time: echo 0x7f > /proc/PID/coredump_filter before the "
					  "dump (children inherit it).");
		da_finding_next(f, DA_NEXT_SETTING, "Set coredump_filter to 0x7f: it keeps code and shared memory in the "
				"dump.");
	}
}

static unsigned run_no_memory_kind(struct da_analysis *a)
{
	const char *first = NULL;
	struct da_finding *f = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < a->dump->missing_kinds.n; i++) {
		const struct da_missing_kind *k = &a->dump->missing_kinds.v[i];

		/* Of a full dump what lacks could not be read: asking for it again brings nothing. */
		if (k->kind == DA_RANGE_IMAGE &&
		    (files_stand_in(a->dump) || da_streq(a->dump->origin.dump_type, "full")))
			continue;
		if (!f)
			f = begin(a, "dump.no-memory-kind", "Some kinds of memory were never in the dump");
		if (n++ == 0)
			first = k->why;
		da_evidence_text(da_finding_evidence(f, "not in the dump"), "%s", k->why);
	}
	if (!f)
		return 0;
	da_finding_description(f, "The dump was made without %s%s.", first, n > 1 ? ", and more" : "");
	more_next_time(a, f);
	return 1;
}

const struct da_rule da_rule_dump_no_memory_kind = {
	.id = "dump.no-memory-kind", .severity = "Notification",
	.looks_for = "kinds of memory that the settings left out of the dump",
	.page = "Compares the memory map with what was saved; names the bits of coredump_filter or MINIDUMP_TYPE.",
	.run = run_no_memory_kind,
};

/* Lines of the system's libraries are nobody's question; those of the program are. */
static bool matters(const struct da_dump *d, const struct da_missing_file *m)
{
	return m->frames && (!has_file(d, m) || m->managed || d->proc.modules.v[m->module].class == DA_CLASS_OWN);
}

static void missing_evidence(struct da_finding *f, const struct da_missing_file *m)
{
	if (m->store)
		da_evidence_text(da_finding_evidence(f, "missing file"), DA_SYM("%s") " (in a symbol store " DA_SYM("%s")
				 "), needed by %u %s: it would bring %s", m->name, m->store, m->frames,
				 m->frames == 1 ? "frame" : "frames", m->why);
	else if (m->managed)
		da_evidence_text(da_finding_evidence(f, "missing file"), DA_SYM("%s") ", needed by %u %s: it would bring %s",
				 m->name,
				 m->frames, m->frames == 1 ? "frame" : "frames", m->why);
	else if (m->debug)
		da_evidence_text(da_finding_evidence(f, "missing debug file"), DA_SYM("%s") " (build-id %s) is here; its "
				 "debug information would bring %s to %u %s", m->name,
				 m->build_id ? m->build_id : "unknown", m->why, m->frames,
				 m->frames == 1 ? "frame" : "frames");
	else
		da_evidence_text(da_finding_evidence(f, "missing file"), DA_SYM("%s") " (build-id %s), needed by %u %s: it "
			 "would bring %s", m->name, m->build_id ? m->build_id : "unknown", m->frames,
			 m->frames == 1 ? "frame" : "frames", m->why);
}

static unsigned run_symbols_missing(struct da_analysis *a)
{
	const struct da_dump *d = a->dump;
	unsigned frames = 0, files = 0, unlined = 0, shown = 0;
	const struct da_missing_file *first = NULL;
	unsigned images = 0;
	struct da_finding *f;

	for (size_t i = 0; i < d->missing_files.n; i++) {
		const struct da_missing_file *m = &d->missing_files.v[i];

		if (!matters(d, m))
			continue;
		if (!first)
			first = m;
		files += !has_file(d, m);
		images += !has_file(d, m) && !m->pdb_id;
		/* A PDB lacks beside its image: the same frames. */
		if (!has_file(d, m) && !(m->pdb_id && !m->managed && d->proc.modules.v[m->module].match == DA_MATCH_NONE))
			frames += m->frames;
		unlined += has_file(d, m);
	}
	if (!first)
		return 0;
	f = begin(a, "dump.symbols-missing", files ? "Files are missing that would give functions their names"
						   : "Debug information of the program is missing");
	if (files)
		da_finding_description(f, "%u %s not found on the machine that made this report. Without %s functions have no names in %u "
				       "%s of the stacks%s.%s", files, files == 1 ? "file was" : "files were", files == 1 ? "it" : "them",
				       frames, frames == 1 ? "frame" : "frames", images ? ", and stacks may end early" : "",
				       unlined ? " Of other files the source lines are unknown." : "");
	else
		da_finding_description(f, "Source files and lines of %u %s are unknown.", unlined,
				       unlined == 1 ? "module" : "modules");
	for (size_t i = 0; i < d->missing_files.n && shown < 10; i++)
		if (matters(d, &d->missing_files.v[i])) {
			missing_evidence(f, &d->missing_files.v[i]);
			shown++;
		}
	if (d->proc.os == DA_OS_WINDOWS)
		da_finding_recommendation(f, "Copy programs and DLLs from the machine where the process ran, PDBs from the "
					  "build or a symbol server (symchk fetches them; the path in a symbol store is "
					  "listed), and name the folder with --symbols. It may be flat or "
					  "a symbol store.");
	else
		da_finding_recommendation(f, "dumpan symbols --collect prints a script that packs them on the machine "
					  "where the process ran; unpack its archive here and name the folder with "
					  "--symbols.");
	if (first->debug && !first->managed)
		da_finding_next(f, DA_NEXT_FILE, "Bring the debug information of " DA_SYM("%s") " (its -dbgsym or -debuginfo "
				"package, or --debuginfod URL)%s: it would bring %s.", first->name,
				files + unlined > 1 ? ", and the others listed with the modules" : "", first->why);
	else
		da_finding_next(f, DA_NEXT_FILE, "Bring " DA_SYM("%s") "%s: it would bring %s.", first->name,
				files + unlined > 1 ? " and the others listed with the modules" : "", first->why);
	return 1;
}

const struct da_rule da_rule_dump_symbols_missing = {
	.id = "dump.symbols-missing", .severity = "Notification",
	.looks_for = "files whose absence costs names or frames",
	.page = "Counts the frames that lack a name because a module's file or debug file was not found.",
	.run = run_symbols_missing,
};

/* Is one of the refused files surely another build? Of a module without an id nothing can be proved. */
static bool another_build(const struct da_dump *d)
{
	for (size_t i = 0; i < d->proc.modules.n; i++) {
		const struct da_module *m = &d->proc.modules.v[i];

		if (m->match == DA_MATCH_MISMATCH && (m->build_id_len || (m->pe && m->timestamp)))
			return true;
	}
	return false;
}

static unsigned run_symbol_mismatch(struct da_analysis *a)
{
	bool another = another_build(a->dump);
	struct da_finding *f = NULL;

	for (size_t i = 0; i < da_ledger_count(a->dump->ledger); i++) {
		const struct da_entry *e = da_ledger_at(a->dump->ledger, i);

		if (e->kind != DA_NOTE_MISMATCH)
			continue;
		if (!f)
			f = begin(a, "dump.symbol-mismatch",
				  another ? "Files were refused because they are another build"
					  : "Files were not used because nothing proves that they are the same build");
		da_evidence_text(da_finding_evidence(f, "refused"), "%s: %s", e->where, e->text);
	}
	if (!f)
		return 0;
	da_finding_description(f, another ? "Files with the right name but of another build were found; wrong names "
					    "would be worse than none, so they were not used."
					  : "Files with the right name were found, but the dump holds nothing to compare "
					    "them with; wrong names would be worse than none, so they were not used.");
	da_finding_recommendation(f, "Bring the files of exactly the version that was running.");
	return 1;
}

const struct da_rule da_rule_dump_symbol_mismatch = {
	.id = "dump.symbol-mismatch", .severity = "Notification",
	.looks_for = "files that were refused since their build-id differs",
	.page = "Files of this machine count only with an equal build-id; those that were named by the user too.",
	.run = run_symbol_mismatch,
};

static const char *minimal(const struct da_analysis *a)
{
	return a->dump->minimal ? da_why_minimal(a->dump) : NULL;
}

static unsigned run_unwind_incomplete(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_finding *f;
	unsigned n = 0, shown = 0;

	for (size_t i = 0; i < p->threads.n; i++)
		n += p->threads.v[i].end != DA_END_COMPLETE;
	if (n == 0)
		return 0;
	f = begin(a, "dump.unwind-incomplete", n == 1 ? "One stack ends early"
						      : da_printf(a->dump->arena, "%u stacks end early", n));
	for (uint32_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];
		struct da_evidence *ev;

		if (t->end == DA_END_COMPLETE)
			continue;
		da_finding_thread(f, i);
		if (shown++ >= 10)
			continue;
		ev = da_finding_evidence(f, "end of the stack");
		da_evidence_thread(ev, i);
		da_evidence_text(ev, "%s after %zu %s: %s", da_say_thread(a, i), t->frames.n,
				 t->frames.n == 1 ? "frame" : "frames",
				 t->end_why ? t->end_why : da_stack_end_name((enum da_stack_end)t->end));
	}
	da_finding_description(f, "%u of %zu threads could not be walked to their beginning; what called the last frame is "
			       "unknown there.", n, p->threads.n);
	da_finding_recommendation(f, "The reason stands with each thread: a missing file can be given with --symbols, memory "
				  "that was not saved only comes with another dump.");
	return 1;
}

const struct da_rule da_rule_dump_unwind_incomplete = {
	.id = "dump.unwind-incomplete", .severity = "Notification",
	.looks_for = "stacks that could not be walked to their beginning",
	.page = "Says for each such thread where the walk ended and why.",
	.why_not = minimal, .run = run_unwind_incomplete,
};

static unsigned run_part_lost(struct da_analysis *a)
{
	struct da_finding *f = NULL;

	for (size_t i = 0; i < da_ledger_count(a->dump->ledger); i++) {
		const struct da_entry *e = da_ledger_at(a->dump->ledger, i);

		if (e->kind != DA_NOTE_LOST)
			continue;
		if (!f)
			f = begin(a, "dump.part-lost", "A part of the analysis was left out");
		da_evidence_text(da_finding_evidence(f, "left out"), "%s: %s", e->where, e->text);
	}
	if (!f)
		return 0;
	da_finding_description(f, "Some piece of the dump or of a symbol file could not be digested, or took too long; the "
			       "rest of the report does not depend on it.");
	da_finding_recommendation(f, "If it was time, give more with --max-time; if a symbol file is named, try without it.");
	return 1;
}

const struct da_rule da_rule_dump_part_lost = {
	.id = "dump.part-lost", .severity = "Notification",
	.looks_for = "stages of the analysis that died or ran over",
	.page = "Each stage runs in a process of its own; what one of them chokes on is left out and named.",
	.run = run_part_lost,
};

static unsigned run_secrets(struct da_analysis *a)
{
	struct da_redactor *r = da_doc_redactor(a->doc);
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	struct da_finding *f;

	for (size_t i = 0; i < da_redact_kinds(r); i++) {
		uint64_t count;
		const char *kind = da_redact_kind(r, i, &count);

		if (da_redact_kind_secret(kind))
			da_str_addf(&s, "%s%llu %s%s", s.n ? ", " : "", (unsigned long long)count, kind,
				    count == 1 ? "" : "s");
	}
	if (s.n == 0)
		return 0;
	f = begin(a, "dump.secrets", "The dump holds secrets");
	da_finding_description(f, "What looks like a secret was masked in this report: %s. The dump itself still holds "
			       "them.", da_str_get(&s));
	da_finding_recommendation(f, "What is no secret by its name or shape is not found: read the report before it leaves your hands. "
				  "Treat the dump file as confidential, and change the "
				  "credentials if it already went elsewhere.");
	return 1;
}

const struct da_rule da_rule_dump_secrets = {
	.id = "dump.secrets", .severity = "Notification",
	.looks_for = "credentials in what the report shows, and how many were masked",
	.page = "Masks stand as [password#1]; equal secrets have equal masks. Levels: --redact.",
	.run = run_secrets,
};
