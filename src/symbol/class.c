/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "symbol/private.h"

/* Language runtimes, by the beginning of the file's name; a trailing * is meant everywhere. */
static const char *const runtimes[] = {
	"libcoreclr",   "libclrjit",    "libclrgc",      "libhostfxr",  "libhostpolicy", "libmscordaccore",
	"libmscordbi",  "libSystem.",   "libmonosgen",   "libmono-",    "libcoreclrtraceptprovider",
	"libstdc++.so", "libc++.so",    "libc++abi",     "libgcc_s",    "libgfortran",   "libgomp",
	"libjvm",       "libjava.",     "libjli",        "libnio.",     "libnet.",       "libzip.so",
	"libpython",    "python3",      "python2",       "libnode",     "node",          "libv8",
	"libruby",      "ruby",         "libperl",       "perl",        "libgo.so",      "libphobos2",
	"libstd-",      "librustc",     "libgnat",       "libgnarl",    "libobjc",       "libasan",
	"libtsan",      "libubsan",     "liblsan",       "libswift",    "beam.smp",      "libphp",
	"libluajit",    "liblua5",      "dotnet",        "java",
};

/* Where distributions put their own libraries. */
static const char *const system_dirs[] = {
	"/lib/", "/lib64/", "/lib32/", "/libx32/", "/usr/lib/", "/usr/lib64/", "/usr/lib32/",
	"/usr/libx32/", "/usr/libexec/", "/nix/store/", "/gnu/store/", "/run/current-system/",
};

/* Libraries of the C library and the loader, for modules whose path is unknown. */
static const char *const system_names[] = {
	"linux-vdso", "linux-gate", "ld-linux", "ld-musl", "ld64.so", "ld.so", "libc.so", "libc-",
	"libpthread", "libm.so", "libm-", "libdl", "librt", "libresolv", "libnss_", "[vdso]",
};

/* The same for Windows: compared without regard to case. */
static const char *const pe_runtimes[] = {
	"coreclr.", "clrjit.", "clrgc", "clretwrc.", "clr.", "mscorwks.", "mscoree", "mscorlib", "system.private.corelib",
	"hostfxr.", "hostpolicy.", "vcruntime", "ucrtbase", "msvcr", "msvcp", "concrt", "libstdc++-", "libgcc_s",
	"libwinpthread", "python3", "python2", "node.", "jvm.", "java.", "perl5", "ruby",
};

static bool starts_nocase(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

static enum da_module_class class_of_pe(const struct da_module *m, const char *name)
{
	const char *path = m->path ? m->path : "";

	for (size_t i = 0; i < DA_ARRAY_SIZE(pe_runtimes); i++)
		if (starts_nocase(name, pe_runtimes[i]))
			return DA_CLASS_RUNTIME;
	if (m->main)
		return DA_CLASS_OWN;
	/* C:\Windows\System32, SysWOW64, WinSxS and what lies below, whatever the drive. */
	if (path[0] && path[1] == ':' && starts_nocase(path + 2, "\\windows\\"))
		return DA_CLASS_SYSTEM;
	return starts_nocase(name, "ntdll.") || starts_nocase(name, "kernel32.") || starts_nocase(name, "kernelbase.") ?
		       DA_CLASS_SYSTEM : DA_CLASS_OWN;
}

static bool named(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);
		const char *rest = name + len;

		/* A bare word is a program: "node", "node20", "java", not "javelin". */
		if (strncmp(name, list[i], len) != 0)
			continue;
		if (strncmp(list[i], "lib", 3) == 0 || !*rest || strchr("0123456789.-", *rest) ||
		    strchr("-.]", rest[-1]))
			return true;
	}
	return false;
}

enum da_module_class da_module_class_of(const struct da_module *m)
{
	const char *name = m->name ? m->name : "";

	if (m->pe)
		return class_of_pe(m, name);
	if (m->vdso || m->interpreter)
		return DA_CLASS_SYSTEM;
	if (named(name, runtimes, DA_ARRAY_SIZE(runtimes)))
		return DA_CLASS_RUNTIME;
	if (m->main)
		return DA_CLASS_OWN;
	for (size_t i = 0; m->path && i < DA_ARRAY_SIZE(system_dirs); i++)
		if (da_starts(m->path, system_dirs[i]))
			return DA_CLASS_SYSTEM;
	return named(name, system_names, DA_ARRAY_SIZE(system_names)) ? DA_CLASS_SYSTEM : DA_CLASS_OWN;
}
