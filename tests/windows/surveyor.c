/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 64-bit dump writer for a process of either width: surveyor PROGRAM DUMP runs "PROGRAM moored -" and
 * writes a full dump of it with the system's MiniDumpWriteDump once it says that all its threads are
 * where they wait. Of a 32-bit program that is what Task Manager writes: a container of AMD64.
 */
#include <stdio.h>
#include <windows.h>
#include <dbghelp.h>

int main(int argc, char **argv)
{
	STARTUPINFOA how = { .cb = sizeof(how) };
	PROCESS_INFORMATION it;
	char line[2 * MAX_PATH];
	HANDLE file, moored;
	BOOL written;

	if (argc != 3)
		return 2;
	moored = CreateEventA(NULL, TRUE, FALSE, "dumpan-moored");
	snprintf(line, sizeof(line), "\"%s\" moored -", argv[1]);
	if (!moored || !CreateProcessA(argv[1], line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &it))
		return 1;
	file = CreateFileA(argv[2], GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	written = WaitForSingleObject(moored, 60000) == WAIT_OBJECT_0 && file != INVALID_HANDLE_VALUE &&
		  MiniDumpWriteDump(it.hProcess, it.dwProcessId, file, MiniDumpWithFullMemory, NULL, NULL, NULL);
	CloseHandle(file);
	TerminateProcess(it.hProcess, 0);
	puts(written ? "written" : "failed");
	return !written;
}
