/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "arch/arch.h"
#include "unit.h"

static const struct da_arch *x64(void) { return da_arch_by_elf(62, 2, false); }
static const struct da_arch *x86(void) { return da_arch_by_elf(3, 1, false); }
static const struct da_arch *a64(void) { return da_arch_by_elf(183, 2, false); }

#define CALL(arch, text) ((arch)->call_before((const uint8_t *)(text), sizeof(text) - 1))

START_TEST(found_by_elf_header)
{
	ck_assert_str_eq(x64()->name, "x86_64");
	ck_assert_str_eq(x86()->name, "x86");
	ck_assert_str_eq(a64()->name, "aarch64");
	ck_assert_str_eq(da_arch_by_elf(21, 2, false)->name, "ppc64le");
	ck_assert_str_eq(da_arch_by_elf(21, 2, true)->name, "ppc64");
	ck_assert_str_eq(da_arch_by_elf(8, 1, true)->name, "mips");
	ck_assert_ptr_null(da_arch_by_elf(0x1234, 2, false));
	ck_assert_ptr_null(da_arch_by_elf(62, 2, true));
}
END_TEST

START_TEST(tables_are_whole)
{
	for (size_t i = 0; i < da_archs_n; i++) {
		const struct da_arch *a = da_archs[i];
		uint64_t seen = 0;

		ck_assert_uint_le(a->nregs, DA_REGS);
		ck_assert_uint_eq(a->word, a->elf_class == 2 ? 8 : 4);
		ck_assert(!a->full || a->call_before);
		ck_assert_ptr_eq(da_arch_by_elf(a->elf_machine, a->elf_class, a->big_endian), a);
		for (unsigned r = 0; r < a->nregs; r++) {
			int at = a->regs[r].prstatus;

			ck_assert_ptr_nonnull(a->regs[r].name);
			ck_assert_int_eq(da_arch_reg(a, a->regs[r].name), (int)r);
			if (at < 0)
				continue;
			ck_assert_int_lt(at, a->prstatus_nregs);
			ck_assert_msg(!(seen >> at & 1), "%s: index %d twice", a->name, at);
			seen |= 1ULL << at;
		}
		if (a->full) /* every word of pr_reg is some register */
			ck_assert_uint_eq(seen, (1ULL << a->prstatus_nregs) - 1);
	}
}
END_TEST

START_TEST(registers_by_number)
{
	ck_assert_int_eq(x64()->from_dwarf(7), x64()->sp);
	ck_assert_int_eq(x64()->from_dwarf(16), x64()->pc);
	ck_assert_int_eq(x64()->from_dwarf(58), x64()->tp);
	ck_assert_int_eq(x64()->from_dwarf(17), DA_REG_NONE); /* xmm0 */
	ck_assert_int_eq(x86()->from_dwarf(4), x86()->sp);
	ck_assert_int_eq(x86()->from_dwarf(8), x86()->pc);
	ck_assert_int_eq(a64()->from_dwarf(31), a64()->sp);
	ck_assert_int_eq(a64()->from_dwarf(34), DA_REG_NONE); /* RA_SIGN_STATE */
	ck_assert_int_eq(a64()->from_dwarf(64), DA_REG_NONE); /* v0 */
	ck_assert_int_eq(x64()->regs[x64()->tp].prstatus, 21);
	ck_assert_int_eq(x64()->regs[x64()->syscall].prstatus, 15);
	ck_assert_int_eq(x86()->regs[x86()->syscall].prstatus, 11);
	ck_assert_int_eq(da_arch_reg(x64(), "nothing"), DA_REG_NONE);
}
END_TEST

START_TEST(calls_of_x86)
{
	const struct da_arch *a = x64();

	ck_assert_int_eq(CALL(a, "\x90\x90\xe8\1\2\3\4"), DA_CALL_YES);
	ck_assert_int_eq(CALL(a, "\xe8\1\2\3\4"), DA_CALL_YES);
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\xff\xd0"), DA_CALL_YES);     /* *%rax */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x41\xff\xd2"), DA_CALL_YES);     /* *%r10 */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\xff\x10"), DA_CALL_YES);     /* *(%rax) */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\xff\x50\x08"), DA_CALL_YES);     /* *8(%rax) */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\xff\x14\xc7"), DA_CALL_YES);     /* *(%rdi,%rax,8) */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\xff\x54\x24\x08"), DA_CALL_YES);     /* *8(%rsp) */
	ck_assert_int_eq(CALL(a, "\x90\xff\x15\1\2\3\4"), DA_CALL_YES);             /* *x(%rip) */
	ck_assert_int_eq(CALL(a, "\x90\xff\x90\1\2\3\4"), DA_CALL_YES);             /* *x(%rax) */
	ck_assert_int_eq(CALL(a, "\xff\x14\x25\1\2\3\4"), DA_CALL_YES);             /* *x */
	ck_assert_int_eq(CALL(a, "\xff\x94\x24\1\2\3\4"), DA_CALL_YES);             /* *x(%rsp) */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\xff\xe0"), DA_CALL_NO);      /* jmp *%rax */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\xff\xf0"), DA_CALL_NO);      /* push */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\xff\x50"), DA_CALL_NO);      /* displacement cut */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\xff\x14"), DA_CALL_NO);      /* SIB cut */
	ck_assert_int_eq(CALL(a, "\x90\x90\x90\x90\x90\x90\x90"), DA_CALL_NO);
	ck_assert_int_eq(CALL(a, "\x90\x90\x90"), DA_CALL_UNKNOWN);
	ck_assert_int_eq(CALL(a, ""), DA_CALL_UNKNOWN);
	ck_assert_int_eq(CALL(a, "\xff\xd0"), DA_CALL_YES);
	ck_assert_int_eq(CALL(x86(), "\x65\xff\x15\x10\0\0\0"), DA_CALL_YES);       /* *%gs:0x10 */
}
END_TEST

START_TEST(calls_of_aarch64)
{
	const struct da_arch *a = a64();

	ck_assert_int_eq(CALL(a, "\x01\x00\x00\x94"), DA_CALL_YES); /* bl */
	ck_assert_int_eq(CALL(a, "\xff\xff\xff\x97"), DA_CALL_YES); /* bl, backwards */
	ck_assert_int_eq(CALL(a, "\x20\x00\x3f\xd6"), DA_CALL_YES); /* blr x1 */
	ck_assert_int_eq(CALL(a, "\x3f\x08\x3f\xd6"), DA_CALL_YES); /* blraaz x1 */
	ck_assert_int_eq(CALL(a, "\x22\x08\x3f\xd7"), DA_CALL_YES); /* blraa x1, x2 */
	ck_assert_int_eq(CALL(a, "\x01\x00\x00\x14"), DA_CALL_NO);  /* b */
	ck_assert_int_eq(CALL(a, "\x20\x00\x1f\xd6"), DA_CALL_NO);  /* br x1 */
	ck_assert_int_eq(CALL(a, "\xc0\x03\x5f\xd6"), DA_CALL_NO);  /* ret */
	ck_assert_int_eq(CALL(a, "\xc0\x03"), DA_CALL_UNKNOWN);
}
END_TEST

#define SIGRETURN(arch, text, rt) \
	((arch)->sigreturn((const uint8_t *)(text), sizeof(text) - 1, (rt)))

START_TEST(trampolines)
{
	bool rt = false;

	ck_assert(SIGRETURN(x64(), "\x48\xc7\xc0\x0f\0\0\0\x0f\x05", &rt) && rt);
	ck_assert(!SIGRETURN(x64(), "\x48\xc7\xc0\x0f\0\0\0\x0f", &rt));
	ck_assert(SIGRETURN(x86(), "\x58\xb8\x77\0\0\0\xcd\x80", &rt) && !rt);
	ck_assert(SIGRETURN(x86(), "\xb8\xad\0\0\0\xcd\x80", &rt) && rt);
	ck_assert(!SIGRETURN(x86(), "\xb8\xae\0\0\0\xcd\x80", &rt));
	rt = false;
	ck_assert(SIGRETURN(a64(), "\x68\x11\x80\xd2\x01\0\0\xd4", &rt) && rt);
	ck_assert(!SIGRETURN(a64(), "\x68\x11\x80\xd2\x02\0\0\xd4", &rt));
	ck_assert(!SIGRETURN(a64(), "", &rt));
}
END_TEST

START_TEST(addresses)
{
	ck_assert(da_arch_canonical(x64(), 0x7fffffffffff));
	ck_assert(!da_arch_canonical(x64(), 0x800000000000));
	ck_assert(!da_arch_canonical(x64(), 0x4141414141414141));
	ck_assert(da_arch_canonical(x86(), 0xffffffff));
	ck_assert(da_arch_canonical(a64(), 0xb400ffff12345678)); /* tagged */
	ck_assert(!da_arch_canonical(a64(), 0x0041414141414141));
	ck_assert_uint_eq(a64()->strip(0x006c0055028b7780, 0), 0x55028b7780);
	ck_assert_uint_eq(a64()->strip(0x006c0055028b7780, 0x7fULL << 48), 0x55028b7780);
	ck_assert_uint_eq(x64()->strip(0x006c0055028b7780, 0), 0x006c0055028b7780);
}
END_TEST

/* Bytes as an assembler made them. */
static const struct {
	const char *code;
	uint8_t length;
	bool wide;
	uint8_t map, opcode;
} insns[] = {
	{ "\x55", 1, true, 0, 0x55 },                                        /* push %rbp */
	{ "\x41\x5c", 2, true, 0, 0x5c },                                    /* pop %r12 */
	{ "\x48\x83\xec\x18", 4, true, 0, 0x83 },                            /* sub $24, %rsp */
	{ "\x48\x81\xc4\x00\x01\x00\x00", 7, true, 0, 0x81 },                /* add $256, %rsp */
	{ "\x48\x8d\x64\x24\xf8", 5, true, 0, 0x8d },                        /* lea -8(%rsp), %rsp */
	{ "\x48\xb8\1\2\3\4\5\6\7\x08", 10, true, 0, 0xb8 },                /* movabs */
	{ "\xb8\1\2\3\4", 5, true, 0, 0xb8 },
	{ "\x66\xb8\1\2", 4, true, 0, 0xb8 },
	{ "\xe8\1\2\3\4", 5, true, 0, 0xe8 },
	{ "\xff\x94\xc4\1\2\3\4", 7, true, 0, 0xff },                        /* call *x(%rsp,%rax,8) */
	{ "\x8b\x05\1\2\3\4", 6, true, 0, 0x8b },                            /* mov x(%rip), %eax */
	{ "\x8b\x04\x25\1\2\3\4", 7, true, 0, 0x8b },                        /* mov x, %eax */
	{ "\xf6\x45\xff\x01", 4, true, 0, 0xf6 },                            /* testb $1, -1(%rbp) */
	{ "\xf7\xd8", 2, true, 0, 0xf7 },                                    /* neg %eax */
	{ "\xf7\xc0\1\2\3\4", 6, true, 0, 0xf7 },                            /* test $x, %eax */
	{ "\x0f\x84\1\2\3\4", 6, true, 1, 0x84 },                            /* je */
	{ "\x0f\x1f\x84\0\0\0\0\0", 8, true, 1, 0x1f },                      /* nopl */
	{ "\x66\x2e\x0f\x1f\x84\0\0\0\0\0", 10, true, 1, 0x1f },
	{ "\xf3\x0f\x1e\xfa", 4, true, 1, 0x1e },                            /* endbr64 */
	{ "\x66\x0f\x3a\x0f\xc1\x08", 6, true, 0x3a, 0x0f },                 /* palignr */
	{ "\x66\x0f\x38\x00\xc1", 5, true, 0x38, 0x00 },                     /* pshufb */
	{ "\xc5\xf8\x77", 3, true, 0xff, 0x77 },                             /* vzeroupper */
	{ "\xc5\xfe\x6f\x44\x24\x20", 6, true, 0xff, 0x6f },                 /* vmovdqu */
	{ "\xc4\xe3\x7d\x39\xc1\x01", 6, true, 0xff, 0x39 },                 /* vextracti128 */
	{ "\x62\xf1\x7c\x48\x10\x44\x24\x01", 8, true, 0xff, 0x10 },         /* vmovups, zmm */
	{ "\xa1\1\2\3\4\5\6\7\x08", 9, true, 0, 0xa1 },
	{ "\xa1\1\2\3\4", 5, false, 0, 0xa1 },
	{ "\x48", 1, false, 0, 0x48 },                                       /* dec %eax */
	{ "\xc5\x06", 2, false, 0, 0xc5 },                                   /* lds */
	{ "\x65\xa1\0\0\0\0", 6, false, 0, 0xa1 },
	{ "\xc2\x04\x00", 3, false, 0, 0xc2 },                               /* ret $4 */
	{ "\x67\x8b\x46\x08", 4, false, 0, 0x8b },                           /* mov 8(%bp), %eax */
};

START_TEST(lengths_of_x86)
{
	for (size_t k = 0; k < DA_ARRAY_SIZE(insns); k++) {
		struct da_x86_insn i;
		uint8_t code[32];

		memset(code, 0xcc, sizeof(code));
		memcpy(code, insns[k].code, insns[k].length);
		ck_assert_msg(da_x86_decode(code, sizeof(code), insns[k].wide, &i), "%zu", k);
		ck_assert_msg(i.length == insns[k].length, "%zu: %u", k, i.length);
		ck_assert_msg(i.map == insns[k].map && i.opcode == insns[k].opcode, "%zu", k);
		ck_assert_msg(!da_x86_decode(code, insns[k].length - 1U, insns[k].wide, &i),
			      "%zu cut", k);
	}
}
END_TEST

START_TEST(no_instructions)
{
	struct da_x86_insn i;
	uint8_t prefixes[20];

	memset(prefixes, 0x66, sizeof(prefixes));
	ck_assert(!da_x86_decode(prefixes, sizeof(prefixes), true, &i));
	ck_assert(!da_x86_decode((const uint8_t *)"\x0f\x04\0\0", 4, true, &i));
	ck_assert(!da_x86_decode((const uint8_t *)"", 0, true, &i));
	for (unsigned op = 0; op < 65536; op++) { /* nothing runs over */
		uint8_t code[2] = { (uint8_t)op, (uint8_t)(op >> 8) };

		(void)da_x86_decode(code, 2, true, &i);
		(void)da_x86_decode(code, 2, false, &i);
	}
}
END_TEST

UNIT_MAIN("arch", found_by_elf_header, tables_are_whole, registers_by_number, calls_of_x86,
	  calls_of_aarch64, trampolines, addresses, lengths_of_x86, no_instructions)
