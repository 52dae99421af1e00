/* SPDX-License-Identifier: Apache-2.0 */
/* What the program of check-windows tells its dump writer. */
#ifndef HARBOUR_H
#define HARBOUR_H

#include <windows.h>

#define THREADS 16

struct crew {
	DWORD id;
	const wchar_t *name;
};

struct ship {
	struct crew crew[THREADS];
	unsigned n;
	DWORD scribe;                /* the thread that writes, which is no part of the story */
	DWORD crashed;               /* 0: no exception stream */
	EXCEPTION_POINTERS *pointers;
	const wchar_t *gone;         /* an unloaded module, or NULL */
	ULONG64 gone_base;
	DWORD gone_size;
};

/* A minidump of this process: stacks, TEBs, names, modules, and what is above. False: it could not be written. */
BOOL write_dump(const char *path, const struct ship *ship);

#endif
