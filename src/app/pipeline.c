/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "app/message.h"
#include "app/pipeline.h"
#include "app/sandbox.h"
#include "fault/fault.h"
#include "loader/loader.h"
#include "unwind/unwind.h"
#include "wait/wait.h"

/* ---------------------------------------------------------------- the stages, in their order */

static void run_load(void *ctx);
static void run_find(void *ctx);
static void run_runtime(void *ctx);
static void run_unwind(void *ctx);
static void run_names(void *ctx);
static void run_objects(void *ctx);
static void run_waits(void *ctx);
static void run_fault(void *ctx);
static void run_analyze(void *ctx);
static void lost_load(void *ctx, const char *why);
static void lost_analyze(void *ctx, const char *why);

static const struct da_stage stages[] = {
	{ "load", "everything", run_load, lost_load, 60 },
	{ "modules", "files of the modules, their symbols and code", run_find, NULL, 15 },
	{ "runtime", "what the language runtime kept: managed threads, code and assemblies", run_runtime, NULL, 15 },
	{ "stacks", "stacks", run_unwind, NULL, 30 },
	{ "symbols", "names of functions, files and lines", run_names, NULL, 30 },
	{ "objects", "managed exceptions and locks", run_objects, NULL, 15 },
	{ "waits", "what the threads wait for, and who holds it", run_waits, NULL, 10 },
	{ "fault", "why the process died", run_fault, NULL, 10 },
};

/* How many of them each depth takes. */
static const size_t depths[] = { [DA_DEPTH_LOADED] = 1, [DA_DEPTH_MATCHED] = 2,
				 [DA_DEPTH_EXTRACTED] = DA_ARRAY_SIZE(stages) };

static const struct da_stage analyze_stage = { "rules", "findings and sections", run_analyze,
					       lost_analyze, 15 };

/* ---------------------------------------------------------------- what each does */

static struct da_case *current(struct da_job *r)
{
	return &r->cases[r->at];
}

/* Nothing to go on with: the file could not be opened, or only its container could be read. */
static bool shallow(const struct da_case *c)
{
	return (c->status != DA_OK && c->status != DA_PARTIAL) || c->dump->minimal;
}

static void count_unpacked(void *ctx, uint64_t bytes)
{
	da_watch_progress(ctx, bytes, 0);
}

static void run_load(void *ctx)
{
	struct da_job *r = ctx;
	struct da_case *c = current(r);
	struct da_unpack_options o = {
		.tmpdir = r->o->tmpdir,
		.max_expand = r->o->max_expand ? r->o->max_expand : da_limits_default.expand,
		.progress = count_unpacked, .ctx = &r->shared->watch,
	};
	enum da_status loaded;

	c->status = da_unpack(c->dump, c->path, &o, &c->message);
	if (c->status != DA_OK && c->status != DA_PARTIAL)
		return;
	loaded = da_load(c->dump, &c->message);
	if (loaded != DA_OK)
		c->status = loaded;
	if (loaded == DA_OK || loaded == DA_PARTIAL) {
		da_load_crash_report(c->dump, c->path);
		da_load_beside(c->dump);
	}
}

static void lost_load(void *ctx, const char *why)
{
	struct da_job *r = ctx;

	current(r)->status = DA_CORRUPT;
	current(r)->message = da_printf(r->arena, "could not be read: %s", why);
}

static void run_find(void *ctx)
{
	struct da_job *r = ctx;
	struct da_case *c = current(r);

	c->symbols = da_symbols_new(c->dump, &r->symbol_options);
	da_symbols_find(c->symbols);
}

static void run_runtime(void *ctx)
{
	struct da_job *r = ctx;
	struct da_case *c = current(r);
	struct da_runtime_options o = { .ignore_own = r->o->clr_ignore_own };

	if (c->symbols)
		c->runtimes = da_runtimes_open(c->dump, c->symbols, &o);
}

static void run_unwind(void *ctx)
{
	struct da_job *r = ctx;
	struct da_case *c = current(r);

	if (c->symbols)
		da_unwind_run(c->dump, c->symbols, c->runtimes ? da_runtimes_guide(c->runtimes) : NULL);
}

static void run_names(void *ctx)
{
	struct da_job *r = ctx;

	if (current(r)->runtimes)
		da_runtimes_name(current(r)->runtimes);
	if (current(r)->symbols)
		da_symbols_run(current(r)->symbols);
}

static void run_objects(void *ctx)
{
	struct da_job *r = ctx;

	if (current(r)->runtimes)
		da_runtimes_objects(current(r)->runtimes);
}

/* Nothing that the stage could find: a process for it would cost a millisecond. */
static bool idle(const struct da_case *c, const struct da_stage *s)
{
	return s->run == run_objects && c->dump->proc.runtimes.n == 0;
}

static void run_waits(void *ctx)
{
	struct da_job *r = ctx;

	if (current(r)->symbols)
		da_wait_run(current(r)->dump, current(r)->symbols);
}

static void run_fault(void *ctx)
{
	struct da_job *r = ctx;

	if (current(r)->symbols)
		da_fault_run(current(r)->dump, current(r)->symbols);
}

void da_job_extract(struct da_job *r, enum da_depth depth)
{
	for (r->at = 0; r->at < r->ncases; r->at++)
		for (size_t i = 0; i < depths[depth]; i++)
			if (i == 0 || (!shallow(current(r)) && !idle(current(r), &stages[i])))
				da_stage(&r->runner, &stages[i], r);
	r->at = 0;
}

/* ---------------------------------------------------------------- analysis */

static bool opened(const struct da_case *c)
{
	return c->status == DA_OK || c->status == DA_PARTIAL;
}

static void add_hash(struct da_job *r, const struct da_dump *d, struct da_doc *doc)
{
	uint8_t digest[DA_SHA256_BYTES];

	da_sha256(d->file.p, d->file.n, digest);
	da_doc_row(doc, DA_BLOCK_input);
	da_set_text(doc, DA_COL_input_sha256, da_hex(r->arena, digest, sizeof(digest)));
}

static void analyze_case(struct da_job *r, struct da_case *c, struct da_doc *doc)
{
	struct da_analyze_options o = { .rules = r->o->rules, .environment = r->o->environment };

	da_analyze(c->dump, doc, &o);
	if (r->o->hash)
		add_hash(r, c->dump, doc);
}

static struct da_doc *new_doc(struct da_job *r)
{
	struct da_doc *doc = da_doc_new_with(r->arena, r->redactor);

	da_doc_rules_version(doc, DA_RULES_VERSION);
	if (r->o->title)
		da_doc_title(doc, da_text(r->arena, r->o->title, strlen(r->o->title)));
	return doc;
}

/* A dump that could not be opened has its place in the ledger of the whole. */
static void note_unopened(struct da_job *r, struct da_ledger *l)
{
	for (size_t i = 0; i < r->ncases; i++)
		if (!opened(&r->cases[i]))
			da_note(l, DA_NOTE_LOST, "input", NULL, DA_PATH("%s") " %s",
				da_basename(r->cases[i].path), r->cases[i].message);
}

/* Which part's verdict speaks for all: a crash before a hang before a full memory. */
static const struct da_doc *gravest(const struct da_doc *doc, const char **ret_id)
{
	static const int rank[] = { [DA_VERDICT_CRASH] = 5, [DA_VERDICT_HANG] = 4, [DA_VERDICT_MEMORY] = 3,
				    [DA_VERDICT_UNKNOWN] = 2, [DA_VERDICT_HEALTHY] = 1 };
	const struct da_doc *best = NULL;

	for (size_t i = 0; i < da_doc_parts(doc); i++) {
		const char *id;
		const struct da_doc *part = da_doc_get_part(doc, i, &id);

		if (!best || rank[da_doc_get_verdict(part)->kind] > rank[da_doc_get_verdict(best)->kind]) {
			best = part;
			*ret_id = id;
		}
	}
	return best;
}

/* Several dumps: the gravest part's verdict and the worst status are those of the whole. */
static void conclude(struct da_job *r, bool all_opened)
{
	enum da_doc_status worst = all_opened ? DA_DOC_COMPLETE : DA_DOC_PARTIAL;
	const char *id = NULL;
	const struct da_doc *part = gravest(r->doc, &id);
	const struct da_verdict *v = da_doc_get_verdict(part);

	for (size_t i = 0; i < da_doc_parts(r->doc); i++) {
		const char *unused;

		worst = DA_MAX(worst, da_doc_get_status(da_doc_get_part(r->doc, i, &unused)));
	}
	da_doc_status(r->doc, worst);
	da_doc_verdict_ref(r->doc, v->kind, v->confidence,
			   v->finding ? da_printf(r->arena, "%s:%s", id, v->finding) : NULL,
			   da_printf(r->arena, "%s: %s", id, v->text));
}

static void analyze_parts(struct da_job *r)
{
	struct da_ledger *l = da_ledger_new(r->arena, da_limits_default.ledger);
	unsigned part = 0;

	for (size_t i = 0; i < r->ncases; i++)
		if (opened(&r->cases[i]))
			analyze_case(r, &r->cases[i],
				     da_doc_part(r->doc, da_printf(r->arena, "d%u", ++part)));
	note_unopened(r, l);
	da_doc_ledger(r->doc, l);
	da_doc_finish_parts(r->doc);
	conclude(r, part == r->ncases);
}

static void run_analyze(void *ctx)
{
	struct da_job *r = ctx;

	r->doc = new_doc(r);
	if (r->ncases == 1)
		analyze_case(r, &r->cases[0], r->doc);
	else
		analyze_parts(r);
	if (r->o->timings)
		for (size_t i = 0; i < r->ntimings; i++)
			da_doc_timing(r->doc, r->timings[i].stage, r->timings[i].us, r->timings[i].rss);
	da_doc_finish(r->doc);
}

/* No rule and no section could be run to its end: what is known of the dump, and why there is no more. */
static void lost_analyze(void *ctx, const char *why)
{
	struct da_job *r = ctx;

	r->doc = new_doc(r);
	da_doc_status(r->doc, DA_DOC_MINIMAL);
	da_doc_verdict(r->doc, DA_VERDICT_UNKNOWN, 0, NULL, "The dump could not be analysed: %s.", why);
	for (size_t i = 0; i < r->ncases; i++)
		if (r->cases[i].dump->ledger)
			da_doc_ledger(r->doc, r->cases[i].dump->ledger);
	da_doc_finish(r->doc);
}

bool da_job_analyze(struct da_job *r)
{
	for (size_t i = 0; i < r->ncases; i++)
		if (opened(&r->cases[i])) {
			da_stage(&r->runner, &analyze_stage, r);
			return true;
		}
	return false;
}

int da_job_complain(struct da_job *r)
{
	int code = DA_EXIT_NOTHING;

	for (size_t i = 0; i < r->ncases; i++) {
		const struct da_case *c = &r->cases[i];
		const char *m = c->message ? c->message : da_status_name(c->status);

		if (c->status == DA_IO)
			code = DA_EXIT_IO;
		if (da_starts(m, "is ") || da_starts(m, "could "))
			da_error("'%s' %s", c->path, m);
		else
			da_error("'%s' cannot be read: %s", c->path, m);
	}
	return code;
}

/* ---------------------------------------------------------------- what the stage runner asks for */

static void note(void *ctx, const struct da_stage *s, const char *why, const char *remedy)
{
	struct da_job *r = ctx;
	struct da_ledger *l = r->cases[r->at < r->ncases ? r->at : 0].dump->ledger;

	da_note(l, DA_NOTE_LOST, s->name, remedy, "%s: %s", s->loses, why);
}

static const char *item_name(void *ctx, enum da_item kind, uint64_t item)
{
	struct da_job *r = ctx;
	const struct da_process *p = &current(r)->dump->proc;

	switch (kind) {
	case DA_ITEM_MODULE:
		if (item < p->modules.n && p->modules.v[item].name)
			return da_printf(r->arena, "module %s", p->modules.v[item].name);
		return "a module";
	case DA_ITEM_THREAD:
		return da_printf(r->arena, "thread t%llu", (unsigned long long)item + 1);
	case DA_ITEM_RULE:
		return item < da_rules_n ? da_printf(r->arena, "rule %s", da_rules[item]->id) : "a rule";
	case DA_ITEM_SECTION:
		return item < DA_SECTIONS ? da_printf(r->arena, "section %s", da_sections[item].id)
					  : "a section";
	case DA_ITEM_FILE:
		return "a file";
	case DA_ITEM_NONE:
		break;
	}
	return "something";
}

static void timing(void *ctx, const struct da_stage *s, uint64_t us, uint64_t rss)
{
	struct da_job *r = ctx;

	if (r->ntimings < DA_ARRAY_SIZE(r->timings))
		r->timings[r->ntimings++] = (struct da_timing_row){ s->name, us, rss };
}

/* ---------------------------------------------------------------- --verbose */

static void tried(const char *module, const char *path, const char *result)
{
	da_error("%s: %s: %s", module, path, result);
}

static void tell_entry(const struct da_entry *e)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_rich_plain(&s, e->where);
	da_str_add(&s, ": ");
	da_rich_plain(&s, e->text);
	if (e->remedy) {
		da_str_add(&s, "; ");
		da_rich_plain(&s, e->remedy);
	}
	da_error("%s", da_str_get(&s));
}

void da_job_tell(const struct da_job *r)
{
	for (size_t i = 0; r->o->verbose && i < r->ncases; i++) {
		const struct da_ledger *l = r->cases[i].dump->ledger;

		for (size_t k = 0; k < da_ledger_count(l); k++)
			tell_entry(da_ledger_at(l, k));
	}
}

/* ---------------------------------------------------------------- setting up */

static bool read_key(struct da_job *r, struct da_redact_options *ro, int *ret_exit)
{
	struct da_bytes key;

	if (!r->o->redact_key)
		return true;
	if (da_map_file(r->arena, r->o->redact_key, 1 << 20, &key) != DA_OK || key.n == 0) {
		da_error("--redact-key: '%s' cannot be read, or is empty: %s", r->o->redact_key,
			 strerror(errno));
		*ret_exit = DA_EXIT_IO;
		return false;
	}
	ro->key = key.p;
	ro->key_len = key.n;
	return true;
}

static bool check_rules(struct da_job *r, int *ret_exit)
{
	const char *bad;

	if (!r->o->rules || da_rules_check(r->o->rules, r->arena, &bad))
		return true;
	da_error("--rules: '%s' is no rule (dumpan rules lists them)", bad);
	*ret_exit = DA_EXIT_USAGE;
	return false;
}

/* What the user named must be there: a mistyped folder would look like files that nobody has. */
static bool check_paths(struct da_job *r, int *ret_exit)
{
	struct stat st;

	for (size_t i = 0; i <= r->o->symbols.n; i++) {
		bool sysroot = i == r->o->symbols.n;
		const char *dir = sysroot ? r->o->sysroot : r->o->symbols.v[i];

		errno = 0;
		if (!dir || (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)))
			continue;
		da_error("--%s: '%s' is no folder that can be read%s%s", sysroot ? "sysroot" : "symbols", dir,
			 errno ? ": " : "", errno ? strerror(errno) : "");
		*ret_exit = DA_EXIT_IO;
		return false;
	}
	if (r->o->css && access(r->o->css, R_OK) != 0) {
		da_error("--css: '%s' cannot be read: %s", r->o->css, strerror(errno));
		*ret_exit = DA_EXIT_IO;
		return false;
	}
	return true;
}

bool da_job_init(struct da_job *r, struct da_options *o, struct da_arena *a, int *ret_exit)
{
	struct da_redact_options ro = { .level = o->redact };

	*r = (struct da_job){ .o = o, .arena = a };
	if (!check_rules(r, ret_exit) || !check_paths(r, ret_exit) || !read_key(r, &ro, ret_exit))
		return false;
	r->shared = da_shared_new();
	r->runner = (struct da_runner){
		.shared = r->shared, .isolate = !o->no_isolate,
		.max_time_ms = (o->max_time ? DA_MIN(o->max_time, UINT64_C(1000000)) : 300) * 1000,
		.note = note, .item_name = item_name, .timing = timing,
	};
	r->redactor = da_redactor_new(a, &ro);
	da_message_redactor(r->redactor);
	r->symbol_options = (struct da_symbol_options){
		.dirs = o->symbols.v, .ndirs = o->symbols.n, .sysroot = o->sysroot,
		.debuginfod_cache = o->no_local ? NULL : o->debuginfod_cache,
		.nt_symbol_path = o->nt_symbol_path, .no_local = o->no_local, .debuginfod = o->debuginfod != NULL,
		.tried = o->verbose ? tried : NULL,
	};
	r->ncases = o->files.n;
	r->cases = da_calloc(a, r->ncases, sizeof(*r->cases));
	for (size_t i = 0; i < r->ncases; i++)
		r->cases[i] = (struct da_case){
			.path = o->files.v[i],
			.dump = da_dump_new(&da_limits_default, &r->shared->watch),
			.status = DA_UNSUPPORTED,
		};
	return true;
}

void da_job_done(struct da_job *r)
{
	da_message_redactor(NULL);
	for (size_t i = 0; i < r->ncases; i++)
		da_dump_free(r->cases[i].dump);
	r->ncases = 0;
}

void da_job_confine(const struct da_job *r)
{
	da_limit_resources(r->o->max_memory);
	if (!r->o->debuginfod)
		da_forbid_calls();
}

static int confined_work(void *ctx)
{
	struct da_job *r = ctx;

	int code;

	da_job_confine(r);
	code = r->work(r);
	da_job_tell(r);
	return code;
}

int da_job_run(struct da_options *o, struct da_arena *a, int (*work)(struct da_job *r))
{
	struct da_job r;
	int code;

	if (!da_job_init(&r, o, a, &code))
		return code;
	r.work = work;
	code = da_front(&r.runner, confined_work, &r, NULL);
	if (code < 0)
		da_error("the process that worked on the dump died");
	da_job_done(&r);
	return code < 0 ? DA_EXIT_INTERNAL : code;
}
