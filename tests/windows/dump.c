/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small minidump writer for the process that it is part of: the layout of minidumpapiset.h, made by
 * hand so that neither Wine's nor Microsoft's writer is between the truth and the test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harbour.h"
#include <tlhelp32.h>

enum { THREADS_STREAM = 3, MODULES_STREAM = 4, EXCEPTION_STREAM = 6, SYSTEM_STREAM = 7, MEMORY_STREAM = 9, HANDLES_STREAM = 12,
       UNLOADED_STREAM = 14, MISC_STREAM = 15,
       NAMES_STREAM = 24 };
enum { STREAMS = 9, RANGES = 512, HEADER = 32 + 12 * STREAMS, LIMIT = 64 << 20 };

struct out {
	unsigned char *p;
	size_t n, cap;
	unsigned streams;
	BOOL failed;
};

struct range {
	ULONG64 start, size;
};

static size_t put(struct out *o, const void *p, size_t n)
{
	size_t at = o->n;

	if (o->failed || n > LIMIT - o->n) {
		o->failed = TRUE;
		return at;
	}
	if (o->n + n > o->cap) {
		size_t cap = (o->n + n) * 2;
		unsigned char *grown = realloc(o->p, cap);

		if (!grown) {
			o->failed = TRUE;
			return at;
		}
		o->p = grown;
		o->cap = cap;
	}
	if (p)
		memcpy(o->p + o->n, p, n);
	else
		memset(o->p + o->n, 0, n);
	o->n += n;
	return at;
}

static void put32(struct out *o, DWORD v) { put(o, &v, 4); }
static void put64(struct out *o, ULONG64 v) { put(o, &v, 8); }

static void set32(struct out *o, size_t at, size_t v)
{
	DWORD x = (DWORD)v;

	if (!o->failed)
		memcpy(o->p + at, &x, 4);
}

static DWORD put_string(struct out *o, const wchar_t *s)
{
	DWORD at = (DWORD)o->n;

	put32(o, (DWORD)(2 * wcslen(s)));
	put(o, s, 2 * wcslen(s) + 2);
	return at;
}

static void stream(struct out *o, DWORD type, size_t from, size_t to)
{
	size_t at = 32 + 12 * o->streams++;

	set32(o, at, type);
	set32(o, at + 4, to - from);
	set32(o, at + 8, from);
}

/* ---- threads */

struct basic {
	LONG status;
	PVOID teb;
	PVOID ids[2];
	ULONG_PTR affinity;
	LONG priority[2];
};
typedef LONG(WINAPI *query_fn)(HANDLE, int, PVOID, ULONG, PULONG);

static query_fn query;
static struct {
	const unsigned char *base;
	wchar_t path[MAX_PATH];
} images[256];
static DWORD nimages;

void prepare_dump(void)
{
	HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0);
	MODULEENTRY32W m = { .dwSize = sizeof(m) };

	query = (query_fn)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationThread");
	nimages = 0;
	for (BOOL ok = Module32FirstW(snapshot, &m); ok && nimages < 256; ok = Module32NextW(snapshot, &m)) {
		images[nimages].base = m.modBaseAddr;
		wcscpy(images[nimages++].path, m.szExePath);
	}
	CloseHandle(snapshot);
}

static ULONG64 teb_of(HANDLE thread)
{
	struct basic b = { 0 };

	return query && query(thread, 0, &b, sizeof(b), NULL) == 0 ? (ULONG64)(ULONG_PTR)b.teb : 0;
}

static ULONG64 stack_pointer(const CONTEXT *c)
{
#ifdef _WIN64
	return c->Rsp;
#else
	return c->Esp;
#endif
}

/* From just below the stack pointer to the end of its mapping. */
static struct range stack_of(const CONTEXT *c)
{
	MEMORY_BASIC_INFORMATION m;
	ULONG64 sp = stack_pointer(c);
	struct range r = { sp - 128, 0 };

	if (VirtualQuery((void *)(ULONG_PTR)sp, &m, sizeof(m)))
		r.size = (ULONG64)(ULONG_PTR)m.BaseAddress + m.RegionSize - r.start;
	return r;
}

static void add_range(struct range *ranges, unsigned *n, ULONG64 start, ULONG64 size)
{
	if (start && size && *n < RANGES)
		ranges[(*n)++] = (struct range){ start, size };
}

static void put_threads(struct out *o, const struct ship *ship, struct range *ranges, unsigned *nranges)
{
	static CONTEXT contexts[THREADS];
	size_t from, at[THREADS], list;

	for (unsigned i = 0; i < ship->n; i++) {
		HANDLE t = OpenThread(THREAD_ALL_ACCESS, FALSE, ship->crew[i].id);

		contexts[i].ContextFlags = CONTEXT_ALL;
		if (!t || SuspendThread(t) == (DWORD)-1 || !GetThreadContext(t, &contexts[i]))
			o->failed = TRUE;
	}
	for (unsigned i = 0; i < ship->n; i++)
		at[i] = put(o, &contexts[i], sizeof(CONTEXT));
	list = o->n;
	put32(o, ship->n);
	for (unsigned i = 0; i < ship->n; i++) {
		HANDLE t = OpenThread(THREAD_ALL_ACCESS, FALSE, ship->crew[i].id);
		ULONG64 teb = teb_of(t);
		struct range stack = stack_of(&contexts[i]);

		put32(o, ship->crew[i].id);
		put32(o, 1); /* suspended by us */
		put32(o, NORMAL_PRIORITY_CLASS);
		put32(o, 0);
		put64(o, teb);
		put64(o, stack.start);
		put32(o, (DWORD)stack.size);
		put32(o, 0); /* the bytes are in Memory64List */
		put32(o, sizeof(CONTEXT));
		put32(o, (DWORD)at[i]);
		add_range(ranges, nranges, stack.start, stack.size);
		add_range(ranges, nranges, teb, 0x1000);
		CloseHandle(t);
	}
	stream(o, THREADS_STREAM, list, o->n);
	from = o->n;
	put32(o, ship->n);
	for (unsigned i = 0; i < ship->n; i++) {
		put32(o, ship->crew[i].id);
		put64(o, 0);
	}
	stream(o, NAMES_STREAM, from, o->n);
	for (unsigned i = 0; i < ship->n; i++)
		set32(o, from + 4 + 12 * i + 4, put_string(o, ship->crew[i].name));
}

/* ---- modules */

static void put_modules(struct out *o)
{
	size_t from = o->n, names[256];

	put32(o, nimages);
	for (DWORD i = 0; i < nimages; i++) {
		const unsigned char *base = images[i].base;
		const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);

		put64(o, (ULONG64)(ULONG_PTR)base);
		put32(o, nt->OptionalHeader.SizeOfImage);
		put32(o, nt->OptionalHeader.CheckSum);
		put32(o, nt->FileHeader.TimeDateStamp);
		names[i] = o->n;
		put32(o, 0);
		put(o, NULL, 84);
	}
	stream(o, MODULES_STREAM, from, o->n);
	for (DWORD i = 0; i < nimages; i++)
		set32(o, names[i], put_string(o, images[i].path));
}

static void put_unloaded(struct out *o, const struct ship *ship)
{
	size_t from = o->n;

	if (!ship->gone)
		return;
	put32(o, 12);
	put32(o, 24);
	put32(o, 1);
	put64(o, ship->gone_base);
	put32(o, ship->gone_size);
	put64(o, 0);
	put32(o, 0);
	stream(o, UNLOADED_STREAM, from, o->n);
	set32(o, from + 12 + 20, put_string(o, ship->gone));
}

/* ---- handles */

static DWORD put_info(struct out *o, const struct cargo *c)
{
	DWORD at = (DWORD)o->n;

	if (!c->info)
		return 0;
	put32(o, c->owner ? at + 12 + 4 * c->n : 0);
	put32(o, c->info);
	put32(o, 4 * c->n);
	put(o, c->words, 4 * c->n);
	if (c->owner) { /* CLIENT_ID */
		put32(o, 0);
		put32(o, 3);
		put32(o, 16);
		put64(o, GetCurrentProcessId());
		put64(o, c->owner);
	}
	return at;
}

static void put_handles(struct out *o, const struct ship *ship)
{
	DWORD types[CARGO], names[CARGO], infos[CARGO];
	size_t from;

	if (!ship->ncargo)
		return;
	for (unsigned i = 0; i < ship->ncargo; i++) {
		const struct cargo *c = &ship->cargo[i];

		types[i] = put_string(o, c->type);
		names[i] = c->name ? put_string(o, c->name) : 0;
		infos[i] = put_info(o, c);
	}
	from = o->n;
	put32(o, 16);
	put32(o, 40);
	put32(o, ship->ncargo);
	put32(o, 0);
	for (unsigned i = 0; i < ship->ncargo; i++) {
		put64(o, (ULONG64)(ULONG_PTR)ship->cargo[i].handle);
		put32(o, types[i]);
		put32(o, names[i]);
		put32(o, 0);
		put32(o, 0x1f0003);
		put32(o, 1);
		put32(o, 1);
		put32(o, infos[i]);
		put32(o, 0);
	}
	stream(o, HANDLES_STREAM, from, o->n);
}

/* ---- the rest */

static void put_exception(struct out *o, const struct ship *ship)
{
	const EXCEPTION_RECORD *r;
	size_t context, from;

	if (!ship->crashed)
		return;
	r = ship->pointers->ExceptionRecord;
	context = put(o, ship->pointers->ContextRecord, sizeof(CONTEXT));
	from = o->n;
	put32(o, ship->crashed);
	put32(o, 0);
	put32(o, r->ExceptionCode);
	put32(o, r->ExceptionFlags);
	put64(o, 0);
	put64(o, (ULONG64)(ULONG_PTR)r->ExceptionAddress);
	put32(o, r->NumberParameters);
	put32(o, 0);
	for (unsigned i = 0; i < 15; i++)
		put64(o, i < r->NumberParameters ? r->ExceptionInformation[i] : 0);
	put32(o, sizeof(CONTEXT));
	put32(o, (DWORD)context);
	stream(o, EXCEPTION_STREAM, from, o->n);
}

static void put_system(struct out *o)
{
	size_t from = o->n;
	unsigned char cpu = sizeof(void *) == 8 ? 9 : 0;

	put(o, &cpu, 1);
	put(o, NULL, 5);
	put(o, "\1\1", 2);
	put32(o, 10);
	put32(o, 0);
	put32(o, 18362);
	put32(o, 2);
	put(o, NULL, 32);
	stream(o, SYSTEM_STREAM, from, o->n);
	from = o->n;
	put32(o, 24);
	put32(o, 1); /* the process id alone */
	put32(o, GetCurrentProcessId());
	put(o, NULL, 12);
	stream(o, MISC_STREAM, from, o->n);
}

static void put_memory(struct out *o, const struct range *ranges, unsigned n)
{
	size_t from = o->n;

	put64(o, n);
	put64(o, from + 16 + 16 * n);
	for (unsigned i = 0; i < n; i++) {
		put64(o, ranges[i].start);
		put64(o, ranges[i].size);
	}
	stream(o, MEMORY_STREAM, from, o->n);
	for (unsigned i = 0; i < n; i++)
		put(o, (const void *)(ULONG_PTR)ranges[i].start, (size_t)ranges[i].size);
}

/* Of all images what can be written, and the process' own block. */
static void add_data(const struct ship *ship, struct range *ranges, unsigned *n)
{
	MEMORY_BASIC_INFORMATION m;

	for (char *at = NULL; VirtualQuery(at, &m, sizeof(m)); at = (char *)m.BaseAddress + m.RegionSize)
		if (m.Type == MEM_IMAGE && (m.Protect == PAGE_READWRITE || m.Protect == PAGE_WRITECOPY) &&
		    m.RegionSize < 1 << 20)
			add_range(ranges, n, (ULONG64)(ULONG_PTR)m.BaseAddress, m.RegionSize);
	for (unsigned i = 0; i < ship->nholds; i++)
		add_range(ranges, n, (ULONG64)(ULONG_PTR)ship->holds[i].p, ship->holds[i].n);
#ifdef _WIN64
	add_range(ranges, n, *(ULONG64 *)((char *)NtCurrentTeb() + 0x60), 0x400);
#else
	add_range(ranges, n, *(DWORD *)((char *)NtCurrentTeb() + 0x30), 0x400);
#endif
}

BOOL write_dump(const char *path, const struct ship *ship)
{
	struct out o = { 0 };
	struct range ranges[RANGES];
	unsigned n = 0;
	FILE *f;

	if (!nimages)
		prepare_dump();
	put(&o, "MDMP\x93\xa7\0\0", 8);
	put(&o, NULL, HEADER - 8);
	set32(&o, 8, STREAMS);
	set32(&o, 12, 32);
	put_system(&o);
	put_threads(&o, ship, ranges, &n);
	put_modules(&o);
	put_handles(&o, ship);
	put_unloaded(&o, ship);
	put_exception(&o, ship);
	if (ship->data)
		add_data(ship, ranges, &n);
	put_memory(&o, ranges, n);
	f = o.failed ? NULL : fopen(path, "wb");
	if (!f)
		return FALSE;
	o.failed = fwrite(o.p, 1, o.n, f) != o.n;
	return fclose(f) == 0 && !o.failed;
}
