/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of check-windows: threads that wait in known functions, and one death of several kinds.
 * It writes its own dump and says on standard output what the report must know:
 *
 *	thread ID FUNCTION NAME       stands in this function of the program
 *	crash ID CODE FUNCTION        and where it was
 *	address ADDRESS               that was used
 *
 * harbour KIND DUMP; kinds: calm (nobody dies), read, write, divide, raise, gone (calls a DLL that was
 * unloaded), lost (as read, and the dump has no exception stream), moored (calm, and somebody else, who
 * waits for the event "dumpan-moored", writes the dump).
 */
#include <stdio.h>
#include <string.h>

#include "harbour.h"

#define NOINLINE __attribute__((noinline))
#define BARRIER() __asm__ volatile("" ::: "memory")

static struct ship ship;
static const char *kind, *dump;
static HANDLE never, wanted, written;
static CRITICAL_SECTION lock;

static NOINLINE void watch_tide(void)
{
	WaitForSingleObject(never, INFINITE);
	BARRIER();
}

static NOINLINE void sleep_below(void)
{
	Sleep(INFINITE);
	BARRIER();
}

static NOINLINE void wait_for_berth(void)
{
	EnterCriticalSection(&lock);
	BARRIER();
}

static NOINLINE int read_depth(const int *chart, int field)
{
	return chart[field] + 1;
}

static NOINLINE void mark_depth(int *chart, int field)
{
	chart[field] = 1;
}

static NOINLINE int share_fee(int fee, int ships)
{
	return fee / ships + 1;
}

static NOINLINE void sound_horn(void)
{
	RaiseException(0xe0424242, 0, 0, NULL);
	BARRIER();
}

static NOINLINE int ask_pilot(void)
{
	typedef DWORD(WINAPI * size_fn)(const char *, DWORD *);
	HMODULE m = LoadLibraryA("version.dll");
	size_fn size = (size_fn)(void *)GetProcAddress(m, "GetFileVersionInfoSizeA");
	const IMAGE_NT_HEADERS *nt = (const void *)((const char *)m + ((const IMAGE_DOS_HEADER *)m)->e_lfanew);
	int n;

	ship.gone = L"version.dll";
	ship.gone_base = (ULONG64)(ULONG_PTR)m;
	ship.gone_size = nt->OptionalHeader.SizeOfImage;
	printf("address 0x%llx\n", (unsigned long long)(ULONG_PTR)size);
	FreeLibrary(m);
	n = (int)size("x", NULL);
	BARRIER();
	return n + 1;
}

static NOINLINE void set_out(void)
{
	volatile int none = 0;
	int *volatile chart = NULL;

	if (strcmp(kind, "divide") == 0)
		none = share_fee(5, none);
	else if (strcmp(kind, "raise") == 0)
		sound_horn();
	else if (strcmp(kind, "gone") == 0)
		none = ask_pilot();
	else if (strcmp(kind, "write") == 0)
		mark_depth(chart, 8);
	else
		none = read_depth(chart, 8);
	BARRIER();
}

static LONG WINAPI last_words(EXCEPTION_POINTERS *p)
{
	if (strcmp(kind, "lost") != 0) {
		ship.crashed = GetCurrentThreadId();
		ship.pointers = p;
	}
	printf("code 0x%08lx\n", p->ExceptionRecord->ExceptionCode);
	SetEvent(wanted);
	WaitForSingleObject(written, INFINITE);
	ExitProcess(0);
}

struct post {
	void (*fn)(void);
	const wchar_t *name;
	const char *function;
};

static DWORD WINAPI begin(void *arg)
{
	((const struct post *)arg)->fn();
	BARRIER();
	return 0;
}

static DWORD WINAPI scribe(void *arg)
{
	(void)arg;
	WaitForSingleObject(wanted, INFINITE);
	puts(write_dump(dump, &ship) ? "written" : "failed");
	fflush(stdout);
	TerminateProcess(GetCurrentProcess(), 0);
	return 0;
}

static void enlist(DWORD id, const wchar_t *name, const char *function)
{
	ship.crew[ship.n++] = (struct crew){ id, name };
	printf("thread %lu %s %ls\n", id, function, name);
}

int main(int argc, char **argv)
{
	static const struct post posts[] = {
		{ watch_tide, L"tide-gauge", "watch_tide" },
		{ sleep_below, L"night-watch", "sleep_below" },
		{ wait_for_berth, L"tug", "wait_for_berth" },
		{ set_out, L"pilot-boat", "set_out" },
	};
	BOOL calm, moored;

	if (argc != 3)
		return 2;
	kind = argv[1];
	dump = argv[2];
	moored = strcmp(kind, "moored") == 0;
	calm = moored || strcmp(kind, "calm") == 0;
	never = CreateEventA(NULL, TRUE, FALSE, NULL);
	wanted = CreateEventA(NULL, TRUE, FALSE, NULL);
	written = CreateEventA(NULL, TRUE, FALSE, NULL);
	InitializeCriticalSection(&lock);
	EnterCriticalSection(&lock);
	SetUnhandledExceptionFilter(last_words);
	enlist(GetCurrentThreadId(), L"harbour-master", "main");
	CreateThread(NULL, 0, scribe, NULL, 0, &ship.scribe);
	for (unsigned i = 0; i < sizeof(posts) / sizeof(*posts) - calm; i++) {
		DWORD id;
		HANDLE t = CreateThread(NULL, 0, begin, (void *)&posts[i], CREATE_SUSPENDED, &id);

		enlist(id, posts[i].name, posts[i].function);
		if (i == 3)
			Sleep(300); /* the others are where they wait by now */
		ResumeThread(t);
	}
	fflush(stdout);
	if (calm) {
		Sleep(300);
		SetEvent(moored ? OpenEventA(EVENT_MODIFY_STATE, FALSE, "dumpan-moored") : wanted);
	}
	WaitForSingleObject(written, INFINITE);
	return 0;
}
