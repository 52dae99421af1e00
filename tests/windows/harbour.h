/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of check-windows tell their dump writer. */
#ifndef HARBOUR_H
#define HARBOUR_H

#include <windows.h>

#define THREADS 24
#define CARGO 48
#define HOLDS 8

struct crew {
	DWORD id;
	const wchar_t *name;
};

/* A handle as the handle stream has it. */
struct cargo {
	HANDLE handle;
	const wchar_t *type, *name;  /* name: or NULL */
	DWORD info, words[4];        /* object information: its type, 0 none, and its first words */
	DWORD n;
	DWORD owner;                 /* of a mutex: the thread, 0 none */
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
	struct cargo cargo[CARGO];
	unsigned ncargo;
	struct {
		const void *p;
		size_t n;
	} holds[HOLDS];              /* memory that goes along */
	unsigned nholds;
	BOOL data;                   /* so does what images can write, and the PEB */
};

/* Learn what needs the loader lock, before somebody holds it for ever. write_dump does it if nobody did. */
void prepare_dump(void);
/* A minidump of this process: stacks, TEBs, names, modules, and what is above. False: it could not be written. */
BOOL write_dump(const char *path, const struct ship *ship);

#endif
