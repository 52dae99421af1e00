/* SPDX-License-Identifier: Apache-2.0 */
/* What a frame's function is called, compared with lists of names. */
#include "config.h"

#include <string.h>

#include "fault/parts.h"

/* "memcpy@@GLIBC_2.14" and "foo.cold" are memcpy and foo. */
static size_t stem(const char *name)
{
	size_t n = strcspn(name, "@");
	const char *dot = memchr(name, '.', n);

	return dot && dot != name ? (size_t)(dot - name) : n;
}

static bool fits(const char *name, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return strncmp(name, pattern, n - 1) == 0;
	return stem(name) == n && strncmp(name, pattern, n) == 0;
}

static bool fits_any(const char *name, const char *const *names, size_t n)
{
	if (!name)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fits(name, names[i]))
			return true;
	return false;
}

/* "std::terminate()" is std::terminate; templates and operators are left alone. */
static bool fits_readable(const char *function, const char *const *names, size_t n)
{
	char plain[256];
	size_t len;

	if (!function)
		return false;
	len = strcspn(function, "(");
	if (len == 0 || len >= sizeof(plain) || memchr(function, '<', len))
		return fits_any(function, names, n);
	memcpy(plain, function, len);
	plain[len] = '\0';
	return fits_any(plain, names, n);
}

bool da_frame_named(const struct da_frame *f, const char *const *names, size_t n)
{
	const struct da_place *p = f->place;

	if (!p)
		return false;
	if (fits_any(p->raw, names, n))
		return true;
	for (unsigned i = 0; i < p->ncalls; i++)
		if (fits_readable(p->calls[i].function, names, n))
			return true;
	return false;
}

uint32_t da_frame_find(const struct da_thread *t, uint32_t from, uint32_t to,
		       const char *const *names, size_t n)
{
	for (uint32_t i = from; i < to && i < t->frames.n; i++)
		if (da_frame_named(&t->frames.v[i], names, n))
			return i;
	return DA_NONE;
}

const char *da_frame_function(const struct da_frame *f)
{
	const struct da_place *p = f->place;

	if (!p)
		return NULL;
	for (unsigned i = 0; i < p->ncalls; i++)
		if (p->calls[i].function)
			return p->calls[i].function;
	return p->raw;
}

const char *da_fault_callee(struct da_fault *f, uint64_t pc)
{
	const struct da_arch *arch = f->p->arch;
	struct da_regs regs = f->regs;
	unsigned len = da_starts(arch->name, "x86") ? 5 : 4;
	struct da_insn in;
	uint8_t code[5];

	if (!f->s || pc < len || da_mem_read(&f->p->mem, pc - len, code, len, NULL) != DA_OK)
		return NULL;
	da_reg_set(&regs, arch->pc, pc - len);
	if (da_decode(arch, code, len, &regs, 0, &in) != DA_OK || in.kind != DA_INSN_CALL ||
	    in.len != len || !in.target_known)
		return NULL;
	return da_symbols_place(f->s, in.target, false)->raw;
}
