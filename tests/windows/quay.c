/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second program of check-windows: threads that wait in every way that Windows has. It writes its own dump and says on
 * standard output what the report must know, in the words of tests/wait/truth.h; then "finding RULE" or "none".
 *
 * quay KIND DUMP; kinds: mixed (every primitive once, no circle), box (a message box), two, three (circles of critical
 * sections), mutexes (a circle with one of each), orphan (its owner ended), loader (the loader lock), calm (all is well).
 */
#define _WIN32_WINNT 0x0a00
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>

#include "harbour.h"

#define NOINLINE __attribute__((noinline))
#define BARRIER() __asm__ volatile("" ::: "memory")

enum { MUTANT = 2, EVENT = 6, SEMAPHORE = 8, THREAD = 1, PROCESS = 4 };

static struct ship ship;
static const char *dump;
static HANDLE wanted;
static CRITICAL_SECTION sections[3];
static SRWLOCK gate = SRWLOCK_INIT;
static CONDITION_VARIABLE tide = CONDITION_VARIABLE_INIT;
static HANDLE mutex, bell, crates, port, sleeper;
static volatile LONG flag = 7;
static DWORD holder, mutex_owner;
static SOCKET line = INVALID_SOCKET;

static void tell(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	fflush(stdout);
}

static DWORD self(void)
{
	return GetCurrentThreadId();
}

static void load(HANDLE h, const wchar_t *type, const wchar_t *name, DWORD info, DWORD n, DWORD a, DWORD b)
{
	ship.cargo[ship.ncargo++] = (struct cargo){ h, type, name, info, { a, b }, n, 0 };
}

/* Two ids of a thread or process; words are as wide as pointers. */
static void load_target(HANDLE h, const wchar_t *type, DWORD info, DWORD first, DWORD second)
{
	struct cargo c = { h, type, NULL, info, { first, second }, 2, 0 };

	if (sizeof(void *) == 8) {
		c.n = 4;
		c.words[1] = 0;
		c.words[2] = second;
		c.words[3] = 0;
	}
	ship.cargo[ship.ncargo++] = c;
}

#define AT(p) ((unsigned long long)(ULONG_PTR)(p))

/* ---- one of each */

static NOINLINE void own_all(void)
{
	EnterCriticalSection(&sections[0]);
	EnterCriticalSection(&sections[0]);
	AcquireSRWLockExclusive(&gate);
	WaitForSingleObject(mutex, INFINITE);
	holder = mutex_owner = self();
	tell("wait tid=%lu kind=sleep timeout=3600000000 thread_state=sleeping\n", self());
	Sleep(3600000);
	BARRIER();
}

static NOINLINE void want_section(void)
{
	tell("wait tid=%lu kind=critical-section address=0x%llx owner=%lu state=held recursion=2 thread_state=blocked\n", self(),
	     AT(&sections[0]), holder);
	EnterCriticalSection(&sections[0]);
	BARRIER();
}

static NOINLINE void want_gate(void)
{
	tell("wait tid=%lu kind=srw address=0x%llx state=held thread_state=blocked\n", self(), AT(&gate));
	AcquireSRWLockShared(&gate);
	BARRIER();
}

static NOINLINE void want_gate_alone(void)
{
	tell("wait tid=%lu kind=srw address=0x%llx state=held thread_state=blocked\n", self(), AT(&gate));
	AcquireSRWLockExclusive(&gate);
	BARRIER();
}

static NOINLINE void want_tide(void)
{
	EnterCriticalSection(&sections[1]);
	tell("wait tid=%lu kind=condition-variable address=0x%llx timeout=77000000\n", self(), AT(&tide));
	SleepConditionVariableCS(&tide, &sections[1], 77000);
	BARRIER();
}

static NOINLINE void want_flag(void)
{
	LONG old = 7;

	tell("wait tid=%lu kind=address address=0x%llx timeout=-\n", self(), AT(&flag));
	WaitOnAddress(&flag, &old, sizeof(old), INFINITE);
	BARRIER();
}

static NOINLINE void want_mutex(void)
{
	tell("wait tid=%lu kind=mutant owner=%lu state=held recursion=1 text=Moorings timeout=900000000 thread_state=blocked\n",
	     self(), holder);
	WaitForSingleObject(mutex, 900000);
	BARRIER();
}

static NOINLINE void want_bell(void)
{
	tell("wait tid=%lu kind=event text=event.*0x%llx owner=-\n", self(), AT(bell));
	WaitForSingleObjectEx(bell, INFINITE, TRUE);
	BARRIER();
}

static NOINLINE void want_crates(void)
{
	tell("wait tid=%lu kind=nt-semaphore count=0 max=9\n", self());
	WaitForSingleObject(crates, INFINITE);
	BARRIER();
}

static NOINLINE void want_any(void)
{
	HANDLE both[2] = { crates, bell };

	tell("wait tid=%lu kind=nt-semaphore text=any.of.2 timeout=88000000\n", self());
	WaitForMultipleObjects(2, both, FALSE, 88000);
	BARRIER();
}

static NOINLINE void want_end(void)
{
	tell("wait tid=%lu kind=thread owner=%lu thread_state=blocked\n", self(), holder);
	WaitForSingleObject(sleeper, INFINITE);
	BARRIER();
}

static NOINLINE void want_port(void)
{
	DWORD n;
	ULONG_PTR key;
	OVERLAPPED *o;

	tell("wait tid=%lu kind=io-completion thread_state=idle\n", self());
	GetQueuedCompletionStatus(port, &n, &key, &o, INFINITE);
	BARRIER();
}

static NOINLINE void want_child(void)
{
	STARTUPINFOA s = { .cb = sizeof(s) };
	PROCESS_INFORMATION p;
	char command[MAX_PATH + 16];

	GetModuleFileNameA(NULL, command, MAX_PATH);
	strcat(command, " sleep x");
	if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &s, &p))
		return;
	load_target(p.hProcess, L"Process", PROCESS, p.dwProcessId, GetCurrentProcessId());
	tell("wait tid=%lu kind=process text=process.%lu\n", self(), p.dwProcessId);
	WaitForSingleObject(p.hProcess, INFINITE);
	BARRIER();
}

static NOINLINE void want_call(void)
{
	char b[16];

	tell("wait tid=%lu kind=socket text=receives.from\n", self());
	recv(line, b, sizeof(b), 0);
	BARRIER();
}

static NOINLINE void want_pipe(void)
{
	HANDLE r, w;
	char b[16];
	DWORD n;

	CreatePipe(&r, &w, NULL, 0);
	tell("wait tid=%lu kind=file text=reads.from\n", self());
	ReadFile(r, b, sizeof(b), &n, NULL);
	BARRIER();
}

static NOINLINE void want_message(void)
{
	MSG m;

	tell("wait tid=%lu kind=message text=message thread_state=idle\n", self());
	GetMessageA(&m, NULL, 0, 0);
	BARRIER();
}

static NOINLINE void show_box(void)
{
	tell("wait tid=%lu kind=message text=Cast.off.*Harbour.*\n", self());
	MessageBoxW(NULL, L"Cast off?", L"Harbour", MB_YESNO);
	BARRIER();
}

/* ---- circles */

static volatile LONG have;

static NOINLINE void circle(unsigned first, unsigned n, DWORD next)
{
	EnterCriticalSection(&sections[first]);
	InterlockedIncrement(&have);
	while (have < (LONG)n)
		Sleep(1);
	tell("wait tid=%lu kind=critical-section address=0x%llx owner=%lu thread_state=blocked\n", self(),
	     AT(&sections[(first + 1) % n]), next);
	EnterCriticalSection(&sections[(first + 1) % n]);
	BARRIER();
}

#define POSTS 18

static DWORD ids[POSTS];

static NOINLINE void two_0(void) { circle(0, 2, ids[1]); }
static NOINLINE void two_1(void) { circle(1, 2, ids[0]); }
static NOINLINE void three_0(void) { circle(0, 3, ids[1]); }
static NOINLINE void three_1(void) { circle(1, 3, ids[2]); }
static NOINLINE void three_2(void) { circle(2, 3, ids[0]); }

static NOINLINE void mutex_first(void)
{
	WaitForSingleObject(mutex, INFINITE);
	mutex_owner = self();
	InterlockedIncrement(&have);
	while (have < 2)
		Sleep(1);
	tell("wait tid=%lu kind=critical-section address=0x%llx owner=%lu\n", self(), AT(&sections[0]), ids[1]);
	EnterCriticalSection(&sections[0]);
	BARRIER();
}

static NOINLINE void section_first(void)
{
	EnterCriticalSection(&sections[0]);
	InterlockedIncrement(&have);
	while (have < 2)
		Sleep(1);
	tell("wait tid=%lu kind=mutant owner=%lu\n", self(), ids[0]);
	WaitForSingleObject(mutex, INFINITE);
	BARRIER();
}

/* ---- others */

static NOINLINE void end_with_lock(void)
{
	EnterCriticalSection(&sections[0]);
	holder = self();
}

static NOINLINE void want_orphan(void)
{
	tell("wait tid=%lu kind=critical-section address=0x%llx owner=- owner_tid=%lu state=orphaned\n", self(), AT(&sections[0]),
	     holder);
	EnterCriticalSection(&sections[0]);
	BARRIER();
}

static NOINLINE void own_loader(void)
{
	typedef LONG(WINAPI * lock_fn)(ULONG, ULONG *, ULONG_PTR *);
	lock_fn lock = (lock_fn)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "LdrLockLoaderLock");
	ULONG_PTR cookie;

	lock(0, NULL, &cookie);
	holder = self();
	Sleep(INFINITE);
	BARRIER();
}

/* Begun before: a thread that begins needs this lock itself. */
static NOINLINE void want_loader(void)
{
	while (!holder)
		Sleep(1);
	tell("wait tid=%lu kind=loader owner=%lu state=held thread_state=blocked\n", self(), holder);
	LoadLibraryA("version.dll");
	BARRIER();
}

static NOINLINE void rest(void)
{
	tell("wait tid=%lu kind=sleep\n", self());
	Sleep(INFINITE);
	BARRIER();
}

static NOINLINE void spin(void)
{
	tell("none tid=%lu kind=-\n", self());
	while (flag == 7)
		;
	BARRIER();
}

/* ---- the crew */

struct post {
	void (*fn)(void);
	const wchar_t *name;
};

static const struct {
	const char *kind, *finding;
	struct post posts[POSTS];
} kinds[] = {
	{ "mixed", "hang.lock-owner-blocked",
	  { { own_all, L"keeper" }, { want_section, L"tug" }, { want_gate, L"reader" }, { want_gate_alone, L"writer" },
	    { want_tide, L"tide" }, { want_flag, L"flag" }, { want_mutex, L"moorings" }, { want_bell, L"bell" },
	    { want_crates, L"crates" }, { want_any, L"any" }, { want_end, L"joiner" }, { want_port, L"port" },
	    { want_child, L"parent" }, { want_call, L"line" }, { want_pipe, L"pipe" }, { spin, L"press" },
	    { want_message, L"window" } } },
	{ "box", "none", { { show_box, L"box" } } },
	{ "two", "hang.deadlock", { { two_0, L"first" }, { two_1, L"second" } } },
	{ "three", "hang.deadlock", { { three_0, L"first" }, { three_1, L"second" }, { three_2, L"third" } } },
	{ "mutexes", "hang.deadlock", { { mutex_first, L"first" }, { section_first, L"second" } } },
	{ "orphan", "hang.lock-orphaned", { { end_with_lock, L"gone" }, { want_orphan, L"heir" } } },
	{ "loader", "hang.lock-owner-blocked", { { want_loader, L"guest" }, { own_loader, L"owner" } } },
	{ "calm", "none", { { want_port, L"worker" }, { want_port, L"worker2" }, { want_bell, L"bell" }, { rest, L"rest" },
			    { want_message, L"window" }, { want_tide, L"tide" } } },
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
	tell(write_dump(dump, &ship) ? "written\n" : "failed\n");
	TerminateProcess(GetCurrentProcess(), 0);
	return 0;
}

static void build(void)
{
	WSADATA w;
	struct sockaddr_in a = { .sin_family = AF_INET };
	int n = sizeof(a);

	for (unsigned i = 0; i < 3; i++)
		InitializeCriticalSection(&sections[i]);
	mutex = CreateMutexA(NULL, FALSE, NULL);
	load(mutex, L"Mutant", L"\\Sessions\\1\\BaseNamedObjects\\Moorings", MUTANT, 2, 1, 0);
	bell = CreateEventA(NULL, TRUE, FALSE, NULL);
	load(bell, L"Event", NULL, EVENT, 2, 0, 0);
	crates = CreateSemaphoreA(NULL, 0, 9, NULL);
	load(crates, L"Semaphore", NULL, SEMAPHORE, 2, 0, 9);
	port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	load(port, L"IoCompletion", NULL, 0, 0, 0, 0);
	WSAStartup(0x202, &w);
	line = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(line, (struct sockaddr *)&a, n);
	load((HANDLE)line, L"File", L"\\Device\\Afd", 0, 0, 0, 0);
}

/* All exist before the first one runs, since they name each other; each has time to block before the next. */
static void sail(const struct post *posts)
{
	HANDLE t[POSTS] = { NULL };
	unsigned n = 0;

	for (; posts[n].fn; n++) {
		t[n] = CreateThread(NULL, 0, begin, (void *)&posts[n], CREATE_SUSPENDED, &ids[n]);
		if (posts[n].fn != end_with_lock)
			ship.crew[ship.n++] = (struct crew){ ids[n], posts[n].name };
	}
	sleeper = t[0];
	load_target(t[0], L"Thread", THREAD, GetCurrentProcessId(), ids[0]);
	for (unsigned i = 0; i < n; i++) {
		ResumeThread(t[i]);
		Sleep(60);
	}
	Sleep(300);
}

int main(int argc, char **argv)
{
	unsigned kind = 0;
	HANDLE event;

	if (argc == 3 && strcmp(argv[1], "sleep") == 0) {
		Sleep(20000);
		return 0;
	}
	while (argc == 3 && kind < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[kind].kind, argv[1]) != 0)
		kind++;
	if (argc != 3 || kind == sizeof(kinds) / sizeof(*kinds))
		return 2;
	dump = argv[2];
	build();
	wanted = CreateEventA(NULL, TRUE, FALSE, NULL);
	event = CreateEventA(NULL, TRUE, FALSE, NULL);
	load(event, L"Event", NULL, EVENT, 2, 0, 0);
	ship.data = TRUE;
	if (strcmp(argv[1], "loader") == 0)
		prepare_dump();
	ship.crew[ship.n++] = (struct crew){ self(), L"main" };
	CreateThread(NULL, 0, scribe, NULL, 0, &ship.scribe);
	sail(kinds[kind].posts);
	if (mutex_owner) { /* the first thing that was loaded */
		ship.cargo[0].words[0] = 0;
		ship.cargo[0].owner = mutex_owner;
	}
	tell("finding=%s\n", kinds[kind].finding);
	SetEvent(wanted);
	tell("wait tid=%lu kind=event\n", self());
	WaitForSingleObject(event, INFINITE);
	return 0;
}
