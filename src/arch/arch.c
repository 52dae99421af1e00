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
