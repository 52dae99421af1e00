/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "arch/arch.h"
#include "arch/list.h"

const struct da_arch *const da_archs[] = {
#define DA_ARCH_ROW(name) &da_arch_##name,
#include "arch/arch.def"
#undef DA_ARCH_ROW
};
const size_t da_archs_n = DA_ARRAY_SIZE(da_archs);

const struct da_arch *da_arch_by_elf(uint16_t machine, uint8_t elf_class, bool big_endian)
{
	for (size_t i = 0; i < da_archs_n; i++) {
		const struct da_arch *a = da_archs[i];

		if (a->elf_machine == machine && a->elf_class == elf_class &&
		    a->big_endian == big_endian)
			return a;
	}
	return NULL;
}

int da_arch_reg(const struct da_arch *arch, const char *name)
{
	for (unsigned r = 0; r < arch->nregs; r++)
		if (arch->regs[r].name && !strcmp(arch->regs[r].name, name))
			return (int)r;
	return DA_REG_NONE;
}

bool da_arch_canonical(const struct da_arch *arch, uint64_t address)
{
	return (address & ~arch->tag_bits) < arch->user_end;
}

uint64_t da_arch_strip_none(uint64_t address, uint64_t mask)
{
	(void)mask;
	return address;
}

/*
 * Breakpad marked ARM contexts by bits of its own: 0x40000000 for 32 bits; 0x80000000 in 64-bit flags
 * for an old layout of ARM64 in which CPSR stands behind the registers and not before them.
 */
#define BREAKPAD_ARM 0x40000000
#define BREAKPAD_ARM64 0x80000000
#define BREAKPAD_ARM64_CPSR 0x110

static bool flags_fit(const struct da_arch *arch, uint32_t flags, bool *ret_old)
{
	bool arm64 = arch->context_cpu == 0x400000;

	*ret_old = arm64 && (flags & BREAKPAD_ARM64) && !(flags & arch->context_cpu);
	return *ret_old || (flags & arch->context_cpu) ||
	       (arch->context_cpu == 0x200000 && (flags & BREAKPAD_ARM));
}

static uint64_t get_sized(struct da_cursor *c, unsigned size)
{
	return size == 8 ? da_get_u64(c) : size == 4 ? da_get_u32(c) : da_get_u16(c);
}

enum da_status da_arch_read_context(const struct da_arch *arch, struct da_bytes context,
				    struct da_regs *ret)
{
	struct da_cursor c = da_cursor(context.p, context.n, false, arch->word);
	struct da_regs r = { 0 };
	bool old;

	if (!arch->context_cpu || context.n < arch->context_min)
		return DA_CORRUPT;
	da_seek(&c, arch->context_flags);
	if (!flags_fit(arch, da_get_u32(&c), &old))
		return DA_CORRUPT;
	for (unsigned i = 0; i < arch->nregs; i++) {
		const struct da_reg_desc *d = &arch->regs[i];

		if (!d->context_size)
			continue;
		da_seek(&c, old && d->context_size == 4 ? BREAKPAD_ARM64_CPSR : d->context);
		da_reg_set(&r, (int)i, get_sized(&c, d->context_size));
	}
	if (!da_ok(&c))
		return DA_CORRUPT;
	*ret = r;
	return DA_OK;
}
