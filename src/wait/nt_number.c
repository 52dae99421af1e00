/* SPDX-License-Identifier: Apache-2.0 */
/* The system call that a thread stands in by its number, where no file of ntdll is at hand: x64, and x86 on it (WOW64). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "wait/nt.h"

static const struct {
	uint32_t first, last, number;
	const char *name;
} numbers[] = {
#define DA_NT_NUMBER(first, last, number, name) { first, last, number, name },
#include "wait/nt_numbers.def"
#undef DA_NT_NUMBER
};

#define WINDOWS_10 10240

/* "10.0.17134.254": the third number. */
static uint32_t build_of_file(const char *version)
{
	for (int dots = 0; version && *version; version++)
		if (*version == '.' && ++dots == 2)
			return (uint32_t)strtoul(version + 1, NULL, 10);
	return 0;
}

/* "Windows 10 1803, 17134.254": the number behind the first comma. */
static uint32_t build_of_system(const char *version)
{
	const char *comma = version ? strchr(version, ',') : NULL;

	return comma ? (uint32_t)strtoul(comma + 1, NULL, 10) : 0;
}

/*
 * Both must agree on the release: programs that run on Wine see a Windows of their own choice, and its ntdll another. Since
 * 10 a build that only switches features on keeps the file's number.
 */
static uint32_t build(const struct da_nt *n, const struct da_module *ntdll)
{
	uint32_t file = build_of_file(ntdll->version), system = build_of_system(n->w.p->os_version);

	return file == system || (file >= WINDOWS_10 && system > file) ? file : 0;
}

#define STUB 24 /* bytes before pc that hold the number */

/* mov eax, number, somewhere before the call; WOW64 keeps something of its own in the upper half. */
static bool number_in(const uint8_t *code, unsigned end, bool halves, uint32_t *ret)
{
	for (unsigned i = end - 5 + 1; i-- > 0;)
		if (code[i] == 0xb8 && code[i + 4] == 0 && (halves || code[i + 3] == 0)) {
			*ret = code[i + 1] | (uint32_t)code[i + 2] << 8;
			return true;
		}
	return false;
}

/*
 * pc stands behind the call. x64: mov r10, rcx; mov eax, number; …; syscall. WOW64 of 10: mov eax, number; mov edx, …;
 * call edx. Of 7: mov eax, number; …; lea edx, [esp + 4]; call fs:[0c0h].
 */
static bool number_of(const struct da_nt *n, const struct da_thread *t, uint32_t *ret)
{
	static const uint8_t by_fs[] = { 0x64, 0xff, 0x15, 0xc0, 0, 0, 0 };
	uint64_t pc = t->regs.v[n->w.p->arch->pc];
	uint8_t code[STUB];

	if (da_mem_read(n->w.m, pc - STUB, code, STUB, NULL) != DA_OK) {
		if (n->w.cpu != DA_CPU_X64 || !da_reg_known(&t->regs, 0) || t->regs.v[0] >= 0x1000)
			return false;
		*ret = (uint32_t)t->regs.v[0];
		return true;
	}
	if (n->w.cpu == DA_CPU_X64)
		return code[22] == 0x0f && code[23] == 0x05 && number_in(code, 21, false, ret);
	if (code[22] == 0xff && code[23] == 0xd2 && code[17] == 0xba)
		return code[12] == 0xb8 && number_in(code + 12, 5, true, ret);
	return memcmp(code + STUB - sizeof(by_fs), by_fs, sizeof(by_fs)) == 0 && number_in(code, 13, false, ret);
}

const struct da_nt_row *da_nt_by_number(const struct da_nt *n, const struct da_thread *t)
{
	const struct da_module *m;
	uint32_t number, have;

	if (n->w.cpu == DA_CPU_A64 || n->wine || t->frames.n == 0 || t->frames.v[0].module == DA_NONE ||
	    !da_reg_known(&t->regs, n->w.p->arch->pc))
		return NULL;
	m = &n->w.p->modules.v[t->frames.v[0].module];
	if (!m->name || !da_starts(m->name, "ntdll") || !(have = build(n, m)) || !number_of(n, t, &number))
		return NULL;
	for (size_t i = 0; i < DA_ARRAY_SIZE(numbers); i++)
		if (have >= numbers[i].first && have <= numbers[i].last && number == numbers[i].number)
			return da_nt_by_name(numbers[i].name, strlen(numbers[i].name));
	return NULL;
}
