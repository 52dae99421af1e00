/* SPDX-License-Identifier: Apache-2.0 */
/* Names of Mach exceptions. */
#include "config.h"

#include "loader/minidump.h"

struct name {
	uint32_t code;
	const char *name;
};

/* Mach exceptions, from writers for macOS. */
static const struct name mach[] = {
	{ 1, "EXC_BAD_ACCESS" }, { 2, "EXC_BAD_INSTRUCTION" }, { 3, "EXC_ARITHMETIC" },
	{ 4, "EXC_EMULATION" },	 { 5, "EXC_SOFTWARE" },	       { 6, "EXC_BREAKPOINT" },
	{ 7, "EXC_SYSCALL" },	 { 8, "EXC_MACH_SYSCALL" },    { 9, "EXC_RPC_ALERT" },
	{ 10, "EXC_CRASH" },	 { 11, "EXC_RESOURCE" },       { 12, "EXC_GUARD" },
};

static const char *find(const struct name *names, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

const char *md_mach_name(uint32_t code)
{
	return find(mach, DA_ARRAY_SIZE(mach), code);
}
