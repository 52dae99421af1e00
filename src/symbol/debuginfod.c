/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files from a debuginfod server, only when the user named one. The client library brings an HTTP
 * client and its dozen libraries along, so it is loaded when needed, not linked. A server that does
 * not answer costs three timeouts a file; after the first it is not asked again.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol/private.h"

#ifdef HAVE_DEBUGINFOD
#include <elfutils/debuginfod.h>

#define SONAME "libdebuginfod.so.1"

struct client {
	debuginfod_client *(*begin)(void);
	void (*end)(debuginfod_client *c);
	int (*find[2])(debuginfod_client *c, const unsigned char *id, int len, char **path);
};

static bool load(struct da_symbols *s, struct client *c)
{
	void *lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		da_note(s->d->ledger, DA_NOTE_UNSUPPORTED, "debuginfod",
			"install libdebuginfod1 (libdebuginfod1t64)",
			"nothing was fetched: the library " SONAME " is not installed");
		return false;
	}
	*(void **)&c->begin = dlsym(lib, "debuginfod_begin");
	*(void **)&c->end = dlsym(lib, "debuginfod_end");
	*(void **)&c->find[0] = dlsym(lib, "debuginfod_find_debuginfo");
	*(void **)&c->find[1] = dlsym(lib, "debuginfod_find_executable");
	return c->begin && c->end && c->find[0] && c->find[1];
}

static const char *ask(struct da_symbols *s, const struct client *c, const uint8_t *id, unsigned len,
		       bool executable)
{
	debuginfod_client *client = c->begin();
	const char *kept = NULL;
	char *path = NULL;
	int fd;

	if (!client)
		return NULL;
	fd = c->find[executable](client, id, (int)len, &path);
	if (fd >= 0) {
		close(fd);
		kept = da_strdup(s->d->arena, path);
	} else if (fd != -ENOENT) {
		s->debuginfod_silent = true;
		da_note(s->d->ledger, DA_NOTE_MISSING, "debuginfod",
			"check the address, or fetch the files on another machine and use --symbols",
			"the server does not answer (%s); it was not asked again", strerror(-fd));
	}
	free(path);
	c->end(client);
	return kept;
}

const char *da_debuginfod_find(struct da_symbols *s, const uint8_t *id, unsigned len, bool executable)
{
	static struct client client;
	static bool loaded;

	if (!s->o->debuginfod || s->debuginfod_silent || s->no_fetch || !len)
		return NULL;
	if (!loaded && !load(s, &client)) {
		s->debuginfod_silent = true;
		return NULL;
	}
	loaded = true;
	return ask(s, &client, id, len, executable);
}
#else
const char *da_debuginfod_find(struct da_symbols *s, const uint8_t *id, unsigned len, bool executable)
{
	return NULL;
}
#endif
