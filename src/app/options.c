/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/message.h"
#include "app/options.h"

struct command {
	const char *name, *operands, *what;
	size_t min, max;
};

static const struct command commands[] = {
#define DA_COMMAND(id, name, operands, what, min, max) { #name, operands, what, min, max },
#include "app/commands.def"
#undef DA_COMMAND
};

enum option_id {
	OPT_FIRST = 256, /* above all letters */
#define DA_OPTION(id, letter, name, argument, commands, what) OPT_##id,
#include "app/options.def"
#undef DA_OPTION
};

struct option_row {
	enum option_id id;
	char letter;
	const char *name, *argument;
	unsigned commands;
	const char *what;
};

static const struct option_row rows[] = {
#define DA_OPTION(id, letter, name, argument, commands, what) \
	{ OPT_##id, letter, name, argument, commands, what },
#include "app/options.def"
#undef DA_OPTION
};

/* ---------------------------------------------------------------- help */

static void print_wrapped(FILE *f, const char *text, int indent, int width)
{
	int column = indent;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (column > indent && column + 1 + n > width) {
			fprintf(f, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', f);
			column++;
		}
		fprintf(f, "%.*s", n, text);
		column += n;
		text += n + (text[n] == ' ');
	}
	fputc('\n', f);
}

static void print_option(FILE *f, const struct option_row *r)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", r->letter ? "-" : "", r->letter ? r->letter : ' ',
		 r->letter ? ", " : "   ", r->name, r->argument ? "=" : "", r->argument ? r->argument : "");
	fprintf(f, "  %-28s", left);
	if (strlen(left) >= 28)
		fprintf(f, "\n%30s", "");
	print_wrapped(f, r->what, 30, 80);
}

static void print_help(const struct command *only)
{
	unsigned mask = only ? 1u << (only - commands) : ~0u;

	if (only) {
		printf("Usage: dumpan %s [options] %s\n\n%s\n\nOptions:\n", only->name, only->operands,
		       only->what);
	} else {
		printf("Usage: dumpan COMMAND [options] FILE...\n\nTurns a process dump into a report that "
		       "names the cause.\n\nCommands:\n");
		for (size_t i = 0; i < DA_CMDS; i++) {
			printf("  %-10s", commands[i].name);
			print_wrapped(stdout, commands[i].what, 12, 80);
		}
		printf("\nOptions (dumpan COMMAND --help: those of one command):\n");
	}
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		if (rows[i].commands & mask)
			print_option(stdout, &rows[i]);
	printf("\nExit: 0 a report was written, 2 nothing could be analysed, 5 a --fail-on\n"
	       "condition held, 64 usage, 70 internal error, 74 input or output error.\n");
	if (!only)
		printf("\nExample: dumpan report core.14220 > report.html\n");
}

static void print_version(void)
{
	printf("dumpan %s\nlibraries:", PACKAGE_VERSION);
#ifdef HAVE_ZSTD
	printf(" zstd");
#endif
#ifdef HAVE_LZMA
	printf(" xz");
#endif
#ifdef HAVE_BZ2
	printf(" bzip2");
#endif
#ifdef HAVE_CAPSTONE
	printf(" capstone");
#endif
#ifdef HAVE_DEBUGINFOD
	printf(" debuginfod");
#endif
#ifdef HAVE_SECCOMP
	printf(" seccomp");
#endif
	printf("\nLicence: Apache-2.0\n");
}

/* ---------------------------------------------------------------- values */

bool da_parse_size(const char *s, uint64_t *ret)
{
	static const char units[] = "KMGT";
	unsigned long long v;
	uint64_t size;
	char *end;

	errno = 0;
	v = strtoull(s, &end, 10);
	if (end == s || errno || *s == '-')
		return false;
	size = v;
	if (*end) {
		const char *unit = strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end);

		if (!unit || !*unit || !da_mul(&size, v, UINT64_C(1) << 10 * (unit - units + 1)))
			return false;
		end++;
		if (*end == 'i')
			end++;
		if (*end == 'B')
			end++;
	}
	if (*end)
		return false;
	*ret = size;
	return true;
}

static bool bad_value(const struct option_row *r, const char *arg, const char *wanted)
{
	da_error("--%s: '%s' is not %s", r->name, arg, wanted);
	return false;
}

static bool one_of(const struct option_row *r, const char *arg, const char *const *words, int *ret)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (int i = 0; words[i]; i++) {
		if (da_streq(words[i], arg)) {
			*ret = i;
			return true;
		}
		da_str_addf(&s, "%s%s", i == 0 ? "one of " : ", ", words[i]);
	}
	return bad_value(r, arg, da_str_get(&s));
}

static bool once(const struct option_row *r, const char **slot, const char *arg)
{
	if (*slot) {
		da_error("--%s was given twice", r->name);
		return false;
	}
	*slot = arg;
	return true;
}

static bool size_value(const struct option_row *r, const char *arg, uint64_t *ret)
{
	return (da_parse_size(arg, ret) && *ret > 0) ||
	       bad_value(r, arg, "a number above 0, with K, M, G or T behind it if you like");
}

/* "90", "90s", "5m", "1h": seconds. */
static bool time_value(const struct option_row *r, const char *arg, uint64_t *ret)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(arg, &end, 10);
	for (size_t i = 0; i < DA_ARRAY_SIZE(units); i++)
		if (*arg >= '0' && *arg <= '9' && !errno && v && da_streq(end, units[i].unit) &&
		    da_mul(ret, v, units[i].seconds))
			return true;
	return bad_value(r, arg, "a number of seconds above 0, or one with s, m or h behind it");
}

static bool add_output(struct da_options *o, const struct option_row *r, const char *arg)
{
	/* The options are named as the renderers are. */
	const struct da_renderer *renderer = da_renderer_find(r->name);

	da_vec_push(o->arena, &o->outputs, ((struct da_output_choice){ renderer, arg }));
	return true;
}

static bool apply(struct da_options *o, const struct option_row *r, const char *arg)
{
	static const char *const when[] = { "auto", "always", "never", NULL };
	static const char *const progress[] = { "auto", "plain", "json", "none", NULL };
	int v;

	switch (r->id) {
	case OPT_FORMAT: return once(r, &o->format, arg);
	case OPT_OUTPUT: return once(r, &o->output, arg);
	case OPT_HTML: case OPT_TEXT: case OPT_MARKDOWN: case OPT_JSON: return add_output(o, r, arg);
	case OPT_SYMBOLS: da_vec_push(o->arena, &o->symbols, arg); return true;
	case OPT_SYSROOT: return once(r, &o->sysroot, arg);
	case OPT_NO_LOCAL: o->no_local = true; return true;
	case OPT_DEBUGINFOD: return once(r, &o->debuginfod, arg);
	case OPT_REDACT:
		o->has_redact = true;
		return da_redact_level_parse(arg, &o->redact) ||
		       bad_value(r, arg, "one of none, secrets, site, strict");
	case OPT_REDACT_KEY: return once(r, &o->redact_key, arg);
	case OPT_ENVIRONMENT: o->environment = true; return true;
	case OPT_TITLE: return once(r, &o->title, arg);
	case OPT_CSS: return once(r, &o->css, arg);
	case OPT_FULL: o->full = true; return true;
	case OPT_COLOR:
		if (!one_of(r, arg, when, &v))
			return false;
		o->color = (enum da_when)v;
		return true;
	case OPT_RULES: return once(r, &o->rules, arg);
	case OPT_FAIL_ON: da_vec_push(o->arena, &o->fail_on, arg); return true;
	case OPT_MAX_TIME: return time_value(r, arg, &o->max_time);
	case OPT_MAX_MEMORY: return size_value(r, arg, &o->max_memory);
	case OPT_MAX_EXPAND: return size_value(r, arg, &o->max_expand);
	case OPT_NO_ISOLATE: o->no_isolate = true; return true;
	case OPT_COLLECT: o->collect = true; return true;
	case OPT_PROGRESS:
		if (!one_of(r, arg, progress, &v))
			return false;
		o->progress = (enum da_progress)v;
		return true;
	case OPT_STATUS: o->status = true; return true;
	case OPT_HASH: o->hash = true; return true;
	case OPT_TIMINGS: o->timings = true; return true;
	case OPT_VERBOSE: o->verbose = true; return true;
	case OPT_QUIET: o->quiet = true; return true;
	case OPT_HELP: case OPT_VERSION: case OPT_FIRST: break;
	}
	return false;
}

/* ---------------------------------------------------------------- the whole line */

static const struct option_row *row_of(int code)
{
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		if ((int)rows[i].id == code || (rows[i].letter && rows[i].letter == code))
			return &rows[i];
	return NULL;
}

static void make_getopt(struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		longs[i] = (struct option){ rows[i].name, rows[i].argument ? 1 : 0, NULL, (int)rows[i].id };
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
}

static bool same_target(const char *a, const char *b)
{
	bool out_a = !a || da_streq(a, "-"), out_b = !b || da_streq(b, "-");

	return (out_a && out_b) || (!out_a && !out_b && da_streq(a, b));
}

/* --format and -o, and the default, become one more output. */
static bool settle_outputs(struct da_options *o)
{
	const char *format = o->format;

	if (o->command != DA_CMD_REPORT && o->command != DA_CMD_RENDER)
		return true;
	if (format || o->output || o->outputs.n == 0) {
		const struct da_renderer *r;

		if (!format)
			format = !o->output && isatty(STDOUT_FILENO) ? "text" : "html";
		r = da_renderer_find(format);
		if (!r) {
			da_error("--format: '%s' is not one of html, text, markdown, json, ndjson", format);
			return false;
		}
		da_vec_push(o->arena, &o->outputs, ((struct da_output_choice){ r, o->output }));
	}
	for (size_t i = 0; i < o->outputs.n; i++) {
		if (o->outputs.v[i].path && da_streq(o->outputs.v[i].path, "-"))
			o->outputs.v[i].path = NULL;
		for (size_t k = 0; k < i; k++)
			if (same_target(o->outputs.v[i].path, o->outputs.v[k].path)) {
				da_error("two forms of output would go to %s",
					 o->outputs.v[i].path ? o->outputs.v[i].path : "standard output");
				return false;
			}
	}
	return true;
}

static bool check_operands(struct da_options *o, const struct command *c)
{
	if (o->files.n < c->min) {
		da_error("%s: name a %s (dumpan %s %s)", c->name,
			 o->command == DA_CMD_RENDER ? "JSON report" : "dump", c->name, c->operands);
		return false;
	}
	if (o->files.n > c->max) {
		da_error("%s: '%s' is one operand too many", c->name, o->files.v[c->max]);
		return false;
	}
#ifndef HAVE_DEBUGINFOD
	if (o->debuginfod) {
		da_error("--debuginfod: this dumpan was built without libdebuginfod "
			 "(libdebuginfod-dev brings it)");
		return false;
	}
#endif
	return settle_outputs(o);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < DA_CMDS; i++)
		if (da_streq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* False: stop with *ret_exit (help and version count as success). */
static bool parse_all(struct da_options *o, const struct command *c, int argc, char **argv, int *ret_exit)
{
	struct option longs[DA_ARRAY_SIZE(rows) + 1] = { { 0 } };
	char shorts[2 * DA_ARRAY_SIZE(rows) + 2];
	int code;

	make_getopt(longs, shorts);
	opterr = 0;
	*ret_exit = DA_EXIT_USAGE;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *r = code == '?' || code == ':' ? NULL : row_of(code);

		if (r && (r->id == OPT_HELP || r->id == OPT_VERSION)) {
			if (r->id == OPT_HELP)
				print_help(c);
			else
				print_version();
			*ret_exit = fflush(stdout) == 0 ? DA_EXIT_OK : DA_EXIT_IO;
			return false;
		}
		if (code == ':') {
			da_error("option '%s' needs a value", argv[optind - 1]);
			return false;
		}
		if (!r) {
			da_error("unknown option '%s' (dumpan --help lists them)", argv[optind - 1]);
			return false;
		}
		if (!(r->commands & 1u << o->command)) {
			da_error("option --%s does not go with '%s'", r->name, c->name);
			return false;
		}
		if (!apply(o, r, optarg))
			return false;
	}
	for (int i = optind; i < argc; i++)
		da_vec_push(o->arena, &o->files, argv[i]);
	return check_operands(o, c);
}

bool da_options_parse(struct da_options *o, struct da_arena *a, int argc, char **argv, int *ret_exit)
{
	const char *first = argc > 1 ? argv[1] : "--help";
	const struct command *c;

	*o = (struct da_options){ .arena = a, .redact = DA_REDACT_SECRETS };
	*ret_exit = DA_EXIT_OK;
	if (da_streq(first, "--help") || da_streq(first, "-h") || da_streq(first, "help")) {
		print_help(argc > 2 ? find_command(argv[2]) : NULL);
		if (argc < 2)
			*ret_exit = DA_EXIT_USAGE;
		return false;
	}
	if (da_streq(first, "--version") || da_streq(first, "-V")) {
		print_version();
		return false;
	}
	c = find_command(first);
	if (!c) {
		*ret_exit = DA_EXIT_USAGE;
		if (access(first, F_OK) == 0)
			da_error("'%s' is no command; to report on that file: dumpan report %s", first, first);
		else
			da_error("'%s' is no command (dumpan --help lists them)", first);
		return false;
	}
	o->command = (enum da_command_id)(c - commands);
	return parse_all(o, c, argc - 1, argv + 1, ret_exit);
}
