/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dumpan: a process dump becomes a report. The path of a dump through the program is on one screen in
 * pipeline.c; why it survives what it reads is in stage.h.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"

static int (*const commands[])(struct da_options *o) = {
#define DA_COMMAND(id, name, operands, what, min, max) da_command_##name,
#include "app/commands.def"
#undef DA_COMMAND
};

/* The environment is read here and nowhere else. */
static void read_environment(struct da_options *o)
{
	const char *tmpdir = getenv("TMPDIR"), *home = getenv("HOME"), *ignore = getenv("DUMPAN_CLR_IGNORE");

	/*
	 * libdebuginfod takes its settings from the environment alone, and libdw would fetch from servers
	 * named there without being asked. A silent server costs three timeouts a file, 90 s each.
	 */
	unsetenv("DEBUGINFOD_URLS");
	if (o->debuginfod) {
		setenv("DEBUGINFOD_URLS", o->debuginfod, 1);
		setenv("DEBUGINFOD_TIMEOUT", "5", 1);
	}
	o->debuginfod_cache = getenv("DEBUGINFOD_CACHE_PATH");
	if (!o->debuginfod_cache && home)
		o->debuginfod_cache = da_printf(o->arena, "%s/.cache/debuginfod_client", home);
	o->nt_symbol_path = getenv("_NT_SYMBOL_PATH");
	o->clr_ignore_own = ignore && strcmp(ignore, "own") == 0;
	o->tmpdir = tmpdir && *tmpdir ? tmpdir : "/var/tmp";
}

/*
 * A file opened while standard output is closed would become standard output. The missing ones are held
 * by something that can only fail.
 */
static void hold_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(DA_EXIT_IO);
}

int main(int argc, char **argv)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();
	struct da_options o;
	int code;

	hold_standard_files();
	signal(SIGPIPE, SIG_IGN); /* a closed pipe ends the writing, not the program */
	if (!da_options_parse(&o, a, argc, argv, &code))
		return code;
	read_environment(&o);
	return commands[o.command](&o);
}
