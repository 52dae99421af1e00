/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: sub-commands and options as tables (commands.def, options.def), and their values. */
#ifndef DA_APP_OPTIONS_H
#define DA_APP_OPTIONS_H

#include "base/base.h"
#include "render/render.h"
#include "report/report.h"

enum da_command_id {
#define DA_COMMAND(id, name, operands, what, min, max) DA_CMD_##id,
#include "app/commands.def"
#undef DA_COMMAND
	DA_CMDS
};

enum {
#define DA_COMMAND(id, name, operands, what, min, max) DA_FOR_##id = 1 << DA_CMD_##id,
#include "app/commands.def"
#undef DA_COMMAND
	DA_FOR_DUMP = DA_FOR_REPORT | DA_FOR_PROBE | DA_FOR_SIGNATURE | DA_FOR_SYMBOLS,
	DA_FOR_OUTPUT = (1 << DA_CMDS) - 1,
	DA_FOR_ALL = (1 << DA_CMDS) - 1,
};

enum da_exit { DA_EXIT_OK = 0, DA_EXIT_NOTHING = 2, DA_EXIT_CONDITION = 5, DA_EXIT_USAGE = 64,
	       DA_EXIT_INTERNAL = 70, DA_EXIT_IO = 74 };

enum da_when { DA_AUTO, DA_ALWAYS, DA_NEVER };
enum da_progress { DA_PROGRESS_AUTO, DA_PROGRESS_PLAIN, DA_PROGRESS_JSON, DA_PROGRESS_NONE };

/* One form of output; path NULL: standard output. */
struct da_output_choice {
	const struct da_renderer *renderer;
	const char *path;
};

struct da_options {
	enum da_command_id command;
	DA_VEC(const char *) files;
	DA_VEC(struct da_output_choice) outputs; /* complete: defaults are filled in */
	DA_VEC(const char *) symbols;
	const char *format, *output, *sysroot, *debuginfod, *title, *css, *rules;
	DA_VEC(const char *) fail_on;
	enum da_redact_level redact;
	bool has_redact;
	const char *redact_key;
	bool no_local, environment, full, no_isolate, collect, status, hash, timings, verbose, quiet;
	enum da_when color;
	enum da_progress progress;
	uint64_t max_time, max_memory, max_expand; /* seconds, bytes, bytes; 0: default */
	const char *tmpdir; /* from $TMPDIR, else /var/tmp */
	const char *nt_symbol_path;   /* _NT_SYMBOL_PATH, or NULL */
	bool clr_ignore_own;          /* DUMPAN_CLR_IGNORE=own: for tests of the layout tables */
	const char *debuginfod_cache; /* where libdebuginfod keeps files by build-id, or NULL */
	struct da_arena *arena;
};

/*
 * Parse; prints help, version or a usage error itself. Returns true to go on; else *ret_exit is the
 * exit code.
 */
bool da_options_parse(struct da_options *o, struct da_arena *a, int argc, char **argv, int *ret_exit);

/* "512M", "2G", "1T", "4096"; false when it is none. */
bool da_parse_size(const char *s, uint64_t *ret);

#endif
