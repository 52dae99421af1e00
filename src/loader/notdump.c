/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "loader/notdump.h"

/* Files that people send in place of a dump, by their first bytes. The first match counts. */
static const struct {
	uint16_t off, n;
	const char *magic;
	const char *is;
} kinds[] = {
	{ 0, 8, "PAGEDU64", "is a Windows kernel dump, not a process dump; make one of the process "
			    "(Task Manager, ProcDump -ma)" },
	{ 0, 8, "PAGEDUMP", "is a 32-bit Windows kernel dump, not a process dump; make one of the "
			    "process (Task Manager, ProcDump -ma)" },
	{ 0, 4, "PMDM", "is a minidump of a big-endian machine, which is not read" },
	{ 0, 8, "USERDUMP", "is a Windows user dump of the old kind (before 2003), which is not read; "
			    "make a new one with ProcDump -ma" },
	{ 0, 8, "KDUMP   ", "is a Linux kernel dump (makedumpfile), not a process dump; read it with "
			    "the crash utility" },
	{ 0, 8, "DISKDUMP", "is a Linux kernel dump (diskdump), not a process dump; read it with the "
			    "crash utility" },
	{ 0, 12, "JAVA PROFILE", "is a Java heap dump (hprof), not a process dump; open it in Eclipse "
				 "MAT or VisualVM" },
	{ 0, 8, "Nettrace", "is a .NET event trace (nettrace or gcdump), not a process dump; open it "
			    "in PerfView or Visual Studio, or make a dump with dotnet-dump collect" },
	{ 4, 18, "!FastSerialization", "is a .NET gcdump, not a process dump; open it in PerfView or "
				       "Visual Studio, or make a dump with dotnet-dump collect" },
	{ 0, 4, "PK\3\4", "is a zip archive; unpack it and name the dump that is in it" },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", "is a 7-Zip archive; unpack it and name the dump that is in it" },
	{ 0, 4, "Rar!", "is a RAR archive; unpack it and name the dump that is in it" },
	{ 0, 4, "\x04\x22\x4d\x18", "is compressed with lz4; unpack it with 'lz4 -d' first" },
	{ 0, 4, "MSCF", "is a cabinet archive; unpack it and name the dump that is in it" },
	{ 257, 5, "ustar", "is a tar archive; unpack it and name the dump that is in it" },
	{ 0, 12, "ProblemType:", "is an apport report; unpack it with apport-unpack and name its "
				 "CoreDump" },
	{ 0, 4, "%PDF", "is a PDF document" },
	{ 0, 4, "\x89PNG", "is a picture (PNG)" },
	{ 0, 3, "\xff\xd8\xff", "is a picture (JPEG)" },
	{ 0, 8, "ElfFile\0", "is a Windows event log, not a process dump" },
	{ 0, 16, "Microsoft C/C++ ", "is a symbol file (PDB), not a process dump; name the dump and "
				     "give this file's folder with --symbols" },
	{ 0, 2, "MZ", "is a Windows program or library, not a process dump" },
	{ 0, 4, "BSJB", "is a symbol file (portable PDB), not a process dump; name the dump and give "
			"this file's folder with --symbols" },
};

/* JetBrains' profilers keep their format to themselves; the name is all there is to go by. */
static const struct {
	const char *suffix, *is;
} names[] = {
	{ ".dmw", "is a dotMemory workspace, not a process dump; open it in dotMemory, or make a dump "
		  "with dotnet-dump collect" },
	{ ".dtp", "is a dotTrace snapshot, not a process dump; open it in dotTrace, or make a dump "
		  "with dotnet-dump collect" },
	{ ".dtt", "is a dotTrace timeline snapshot, not a process dump; open it in dotTrace, or make "
		  "a dump with dotnet-dump collect" },
};

static const char *elf(struct da_bytes f)
{
	struct da_cursor c = da_cursor(f.p, f.n, f.n > 5 && f.p[5] == 2, 8);

	da_skip(&c, 16);
	switch (da_get_u16(&c)) {
	case 1: return "is an object file, not a process dump";
	case 2:
	case 3: return "is a program or library (ELF), not a process dump; name the core file and "
		       "give this file's folder with --symbols";
	default: return "is an ELF file, but not a core: its header is damaged";
	}
}

static const char *mach_o(struct da_bytes f)
{
	static const uint32_t magics[] = { 0xfeedface, 0xfeedfacf };

	for (unsigned big = 0; big < 2; big++) {
		struct da_cursor c = da_cursor(f.p, f.n, big, 8);
		uint32_t magic = da_get_u32(&c);

		if (magic != magics[0] && magic != magics[1])
			continue;
		da_skip(&c, 8);
		return da_get_u32(&c) == 4 /* MH_CORE */
			       ? "is a macOS core (Mach-O), which is not read; use lldb on macOS"
			       : "is a macOS program or library (Mach-O), not a process dump";
	}
	return NULL;
}

static bool looks_like_text(struct da_bytes f)
{
	size_t n = DA_MIN(f.n, (size_t)4096);

	for (size_t i = 0; i < n; i++)
		if (f.p[i] < 0x20 && !isspace(f.p[i]) && f.p[i] != 0x1b)
			return false;
	return true;
}

static const char *by_content(struct da_bytes f)
{
	const char *is;

	if (f.n == 0)
		return "is empty: the dump was not written, or the copy failed (disk full, quota?)";
	if (f.n >= 4 && memcmp(f.p, "\177ELF", 4) == 0)
		return elf(f);
	is = mach_o(f);
	for (size_t i = 0; !is && i < DA_ARRAY_SIZE(kinds); i++)
		if (f.n >= (size_t)kinds[i].off + kinds[i].n &&
		    memcmp(f.p + kinds[i].off, kinds[i].magic, kinds[i].n) == 0)
			is = kinds[i].is;
	return is;
}

const char *da_not_a_dump(struct da_arena *a, struct da_bytes file, const char *name)
{
	const char *is = by_content(file);

	for (size_t i = 0; !is && name && i < DA_ARRAY_SIZE(names); i++)
		if (strlen(name) >= strlen(names[i].suffix) &&
		    strcasecmp(name + strlen(name) - strlen(names[i].suffix), names[i].suffix) == 0)
			is = names[i].is;
	if (is)
		return is;
	if (looks_like_text(file))
		return "is not a process dump (looks like text)";
	if (file.n >= 512 && file.p[0] == 0 && memcmp(file.p, file.p + 1, 511) == 0)
		return "is not a process dump (it begins with zeros: a copy that failed, or a file "
		       "whose space was only reserved)";
	return da_printf(a, "is not a process dump (%llu bytes of an unknown kind)",
			 (unsigned long long)file.n);
}
