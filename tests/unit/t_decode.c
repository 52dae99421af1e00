/* SPDX-License-Identifier: Apache-2.0 */
/* Single instructions by their bytes; and, where objdump is, every length in this program's own code. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "fault/decode.h"
#include "unit.h"

static const struct da_arch *x64(void) { return da_arch_by_elf(62, 2, false); }
static const struct da_arch *x86(void) { return da_arch_by_elf(3, 1, false); }
static const struct da_arch *a64(void) { return da_arch_by_elf(183, 2, false); }

/* General registers only: rax 1000, rdx 2000, rcx 3000, rbx 4000 … by the model's numbers; pc 400000. */
static struct da_regs registers(const struct da_arch *arch)
{
	struct da_regs r = { 0 };

	for (int i = 0; i < (arch->lr < 0 ? 16 : 32); i++)
		da_reg_set(&r, i, 0x1000u * (unsigned)(i + 1));
	da_reg_set(&r, arch->pc, 0x400000);
	return r;
}

enum { NO, RD = DA_MEM_READ, WR = DA_MEM_WRITE, RW = RD | WR };

struct row {
	const char *code;
	unsigned len, kind;
	unsigned access;   /* of the first operand; NO: there is none, or it is not touched */
	uint64_t addr;
	unsigned size;
};

#define B(s) s, sizeof(s) - 1
#define O DA_INSN_OTHER

static void check(const struct da_arch *arch, uint64_t tp, const struct row *t, size_t n)
{
	struct da_regs regs = registers(arch);

	for (size_t i = 0; i < n; i++) {
		uint8_t code[16];
		struct da_insn in;
		const struct da_memop *m = &in.mem[0];
		enum da_status s;

		memset(code, 0x90, sizeof(code));
		memcpy(code, t[i].code, t[i].len);
		s = da_decode(arch, code, sizeof(code), &regs, tp, &in);
		ck_assert_msg(s == DA_OK, "row %zu: %s", i, da_status_name(s));
		ck_assert_msg(in.len == t[i].len, "row %zu: length %u", i, in.len);
		ck_assert_msg(in.kind == t[i].kind, "row %zu: kind %u", i, in.kind);
		if (t[i].access == NO) {
			ck_assert_msg(in.nmem == 0 || m->probes, "row %zu: touches memory", i);
			continue;
		}
		ck_assert_msg(in.nmem > 0, "row %zu: no memory", i);
		ck_assert_msg(m->access == t[i].access, "row %zu: access %u", i, m->access);
		ck_assert_msg(m->known && m->addr == t[i].addr, "row %zu: address %llx", i,
			      (unsigned long long)m->addr);
		ck_assert_msg(m->size == t[i].size, "row %zu: size %u", i, m->size);
	}
}

START_TEST(x86_64_instructions)
{
	static const struct row t[] = {
		{ B("\x48\x8b\x40\x18"), O, RD, 0x1018, 8 },               /* mov rax, [rax+24] */
		{ B("\x89\x03"), O, WR, 0x4000, 4 },                       /* mov [rbx], eax */
		{ B("\xc6\x04\x8a\x07"), O, WR, 0x2000 + 4 * 0x3000, 1 },  /* mov byte [rdx+rcx*4], 7 */
		{ B("\x48\x8b\x05\x10\x00\x00\x00"), O, RD, 0x400017, 8 }, /* mov rax, [rip+16] */
		{ B("\x64\x48\x8b\x04\x25\x28\x00\x00\x00"), O, RD, 0x7028, 8 }, /* mov rax, fs:[40] */
		{ B("\x83\x00\x01"), O, RW, 0x1000, 4 },                   /* add dword [rax], 1 */
		{ B("\x83\x38\x01"), O, RD, 0x1000, 4 },                   /* cmp dword [rax], 1 */
		{ B("\xf0\x0f\xb1\x0b"), O, RW, 0x4000, 4 },               /* lock cmpxchg [rbx], ecx */
		{ B("\x48\x8d\x44\x24\x08"), O, NO, 0, 0 },                /* lea */
		{ B("\x0f\x1f\x44\x00\x00"), O, NO, 0, 0 },                /* nop */
		{ B("\x55"), O, WR, 0x8000 - 8, 8 },                       /* push rbp */
		{ B("\xc3"), DA_INSN_RETURN, RD, 0x8000, 8 },              /* ret */
		{ B("\xe8\x00\x00\x00\x00"), DA_INSN_CALL, WR, 0x8000 - 8, 8 },
		{ B("\xff\xd0"), DA_INSN_CALL, WR, 0x8000 - 8, 8 },        /* call rax */
		{ B("\xff\x50\x10"), DA_INSN_CALL, RD, 0x1010, 8 },        /* call [rax+16] */
		{ B("\xf3\xa4"), O, RD, 0x5000, 1 },                       /* rep movsb */
		{ B("\xf3\x48\xab"), O, WR, 0x6000, 8 },                   /* rep stosq */
		{ B("\x41\x0f\xb6\x07"), O, RD, 0x10000, 1 },              /* movzx eax, byte [r15] */
		{ B("\x66\x0f\x7f\x07"), O, WR, 0x6000, 16 },              /* movdqa [rdi], xmm0 */
		{ B("\xf3\x0f\x6f\x06"), O, RD, 0x5000, 16 },              /* movdqu xmm0, [rsi] */
		{ B("\xc5\xfe\x6f\x06"), O, RD, 0x5000, 32 },              /* vmovdqu ymm0, [rsi] */
		{ B("\xc5\xfd\x74\x0f"), O, RD, 0x6000, 32 },              /* vpcmpeqb ymm1, ymm0, [rdi] */
		{ B("\x62\xf1\xfe\x48\x6f\x46\x01"), O, RD, 0x5040, 64 },  /* vmovdqu64 zmm0, [rsi+64] */
		{ B("\x62\xf1\xfe\x28\x7f\x47\xff"), O, WR, 0x6000 - 32, 32 }, /* vmovdqu64 [rdi-32], ymm0 */
		{ B("\xf2\x0f\x10\x00"), O, RD, 0x1000, 8 },               /* movsd xmm0, [rax] */
		{ B("\x48\xf7\x3b"), DA_INSN_DIVIDE, RD, 0x4000, 8 },      /* idiv qword [rbx] */
		{ B("\xf7\xf9"), DA_INSN_DIVIDE, NO, 0, 0 },               /* idiv ecx */
		{ B("\x0f\x0b"), DA_INSN_UNDEFINED, NO, 0, 0 },            /* ud2 */
		{ B("\xcc"), DA_INSN_BREAKPOINT, NO, 0, 0 },               /* int3 */
		{ B("\xf4"), DA_INSN_HALT, NO, 0, 0 },                     /* hlt */
		{ B("\x0f\x05"), DA_INSN_SYSCALL, NO, 0, 0 },              /* syscall */
		{ B("\x48\xb8\x88\x77\x66\x55\x44\x33\x22\x11"), O, NO, 0, 0 }, /* mov rax, imm64 */
		{ B("\xf3\x0f\x1e\xfa"), O, NO, 0, 0 },                    /* endbr64 */
		{ B("\x66\x66\x48\xe8\x00\x00\x00\x00"), DA_INSN_CALL, WR, 0x8000 - 8, 8 },
		{ B("\xdd\x18"), O, WR, 0x1000, 8 },                       /* fstp qword [rax] */
		{ B("\x0f\xae\x58\x04"), O, WR, 0x1004, 4 },               /* stmxcsr [rax+4] */
		{ B("\x48\x0f\xc7\x08"), O, RW, 0x1000, 16 },              /* cmpxchg16b [rax] */
		{ B("\x67\x8b\x00"), O, RD, 0x1000, 4 },                   /* mov eax, [eax] */
		{ B("\x48\x0f\xab\x08"), O, RW, 0x1000 + 0x3000 / 8, 8 },  /* bts [rax], rcx */
		{ B("\xc9"), O, RD, 0x7000, 8 },                           /* leave */
	};

	check(x64(), 0x7000, t, DA_ARRAY_SIZE(t));
}
END_TEST

START_TEST(i386_instructions)
{
	static const struct row t[] = {
		{ B("\x8b\x45\x08"), O, RD, 0x6008, 4 },                   /* mov eax, [ebp+8] */
		{ B("\x65\xa1\x14\x00\x00\x00"), O, RD, 0x9014, 4 },       /* mov eax, gs:20 */
		{ B("\xa3\x78\x56\x34\x12"), O, WR, 0x12345678, 4 },       /* mov [0x12345678], eax */
		{ B("\x40"), O, NO, 0, 0 },                                /* inc eax */
		{ B("\x60"), O, WR, 0x5000 - 32, 32 },                     /* pusha */
		{ B("\xc5\xf8\x10\x00"), O, RD, 0x1000, 16 },              /* vmovups xmm0, [eax] */
		{ B("\xcd\x80"), DA_INSN_SYSCALL, NO, 0, 0 },
		{ B("\x8b\x80\xff\xff\xff\xff"), O, RD, 0xfff, 4 },        /* mov eax, [eax-1] */
		{ B("\xff\x10"), DA_INSN_CALL, RD, 0x1000, 4 },            /* call [eax] */
	};

	check(x86(), 0x9000, t, DA_ARRAY_SIZE(t));
}
END_TEST

START_TEST(aarch64_instructions)
{
	/* sp is 0x20000, x0 0x1000, x1 0x2000, x2 0x3000 … */
	static const struct row t[] = {
		{ B("\x20\x04\x40\xf9"), O, RD, 0x2008, 8 },   /* ldr x0, [x1, #8] */
		{ B("\x20\x00\x00\xb9"), O, WR, 0x2000, 4 },   /* str w0, [x1] */
		{ B("\xfd\x7b\xbf\xa9"), O, WR, 0x20000 - 16, 16 }, /* stp x29, x30, [sp, #-16]! */
		{ B("\xfd\x7b\xc1\xa8"), O, RD, 0x20000, 16 }, /* ldp x29, x30, [sp], #16 */
		{ B("\x20\x78\x62\xf8"), O, RD, 0x2000 + 8 * 0x3000, 8 }, /* ldr x0, [x1, x2, lsl #3] */
		{ B("\x20\xf0\x5f\xb8"), O, RD, 0x2000 - 1, 4 }, /* ldur w0, [x1, #-1] */
		{ B("\x20\x7c\x5f\x88"), O, RD, 0x2000, 4 },   /* ldxr w0, [x1] */
		{ B("\x20\xfc\x9f\xc8"), O, WR, 0x2000, 8 },   /* stlr x0, [x1] */
		{ B("\x41\x00\x20\xb8"), O, RW, 0x3000, 4 },   /* ldadd w0, w1, [x2] */
		{ B("\x41\x7c\xa0\xc8"), O, RW, 0x3000, 8 },   /* cas x0, x1, [x2] */
		{ B("\x40\x00\x00\x58"), O, RD, 0x400008, 8 }, /* ldr x0, pc + 8 */
		{ B("\x20\x00\xc0\x3d"), O, RD, 0x2000, 16 },  /* ldr q0, [x1] */
		{ B("\x20\x70\x40\x4c"), O, RD, 0x2000, 16 },  /* ld1 {v0.16b}, [x1] */
		{ B("\x20\x74\x0b\xd5"), O, WR, 0x1000, 0 },   /* dc zva, x0 */
		{ B("\x20\x00\x80\xf9"), O, NO, 0, 0 },        /* prfm */
		{ B("\x20\x00\x1f\xd6"), DA_INSN_JUMP, NO, 0, 0 },   /* br x1 */
		{ B("\x20\x00\x3f\xd6"), DA_INSN_CALL, NO, 0, 0 },   /* blr x1 */
		{ B("\xc0\x03\x5f\xd6"), DA_INSN_RETURN, NO, 0, 0 }, /* ret */
		{ B("\x20\x00\x20\xd4"), DA_INSN_BREAKPOINT, NO, 0, 0 },
		{ B("\x01\x00\x00\xd4"), DA_INSN_SYSCALL, NO, 0, 0 },
		{ B("\x00\x00\x00\x00"), DA_INSN_UNDEFINED, NO, 0, 0 },
		{ B("\x20\x00\x02\x8b"), O, NO, 0, 0 },        /* add x0, x1, x2 */
	};

	check(a64(), 0, t, DA_ARRAY_SIZE(t));
}
END_TEST

START_TEST(what_is_not_known_is_refused)
{
	static const struct {
		const char *code;
		size_t n;
		enum da_status status;
	} t[] = {
		{ B("\x06"), DA_UNSUPPORTED },             /* push es: not in 64-bit mode */
		{ B("\x66\xe8\x00\x00\x00\x00"), DA_UNSUPPORTED }, /* Intel and AMD disagree */
		{ B("\x62\xfc\x7c\x08\x00\xc0"), DA_UNSUPPORTED }, /* APX */
		{ B("\xd5\x00\x89\x00"), DA_UNSUPPORTED }, /* REX2 */
		{ B("\x8f\xe8\x78\xc0\xc0\x01"), DA_UNSUPPORTED }, /* XOP */
		{ B("\x48\x8b"), DA_FAULT },
		{ B("\x48"), DA_FAULT },
		{ B(""), DA_FAULT },
		{ B("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90"), DA_UNSUPPORTED },
	};
	struct da_regs regs = registers(x64());

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_insn in;
		enum da_status s = da_decode(x64(), (const uint8_t *)t[i].code, t[i].n, &regs, 0, &in);

		ck_assert_msg(s == t[i].status, "row %zu: %s", i, da_status_name(s));
	}
}
END_TEST

START_TEST(unknown_registers_give_no_address)
{
	struct da_regs regs = registers(x64());
	struct da_insn in;

	da_reg_forget(&regs, 0);
	ck_assert_int_eq(da_decode(x64(), (const uint8_t *)"\x8b\x00", 2, &regs, 0, &in), DA_OK);
	ck_assert(!in.mem[0].known);
	ck_assert_int_eq(in.mem[0].base, 0);
	/* gs has no base here */
	ck_assert_int_eq(da_decode(x64(), (const uint8_t *)"\x65\x8b\x03", 3, &regs, 0, &in), DA_OK);
	ck_assert(!in.mem[0].known);
	/* ld1b {z0.b}, p0/z, [x1] */
	regs = registers(a64());
	ck_assert_int_eq(da_decode(a64(), (const uint8_t *)"\x20\xa0\x00\xa4", 4, &regs, 0, &in), DA_OK);
	ck_assert(!in.mem[0].known);
	ck_assert_int_eq(in.mem[0].access, DA_MEM_READ);
	regs = registers(x64());
	/* gathers take their addresses from vectors */
	ck_assert_int_eq(da_decode(x64(), (const uint8_t *)"\xc4\xe2\x69\x90\x04\x0b", 6, &regs, 0, &in),
			 DA_OK);
	ck_assert(!in.mem[0].known);
	ck_assert_int_eq(in.mem[0].access, DA_MEM_READ);
}
END_TEST

START_TEST(names_of_prefixed_forms)
{
	static const struct {
		const char *code;
		size_t n;
		const char *name;
	} t[] = {
		{ B("\xf3\x48\x0f\xae\xe8"), "incssp" }, { B("\xf3\x0f\xc7\xf8"), "rdpid" },
		{ B("\x66\x0f\xae\xf0"), "tpause" },     { B("\xf2\x0f\xae\xf0"), "umwait" },
		{ B("\xf3\x0f\xc7\xf0"), "senduipi" },   { B("\xf3\x0f\xae\x30"), "clrssbsy" },
		{ B("\x66\x0f\xae\x38"), "clflushopt" },
	};
	struct da_regs regs = registers(x64());

	for (size_t i = 0; i < DA_ARRAY_SIZE(t); i++) {
		struct da_insn in;

		ck_assert_int_eq(da_decode(x64(), (const uint8_t *)t[i].code, t[i].n, &regs, 0, &in), DA_OK);
		ck_assert_uint_eq(in.len, t[i].n);
		ck_assert(in.odd);
		ck_assert_str_eq(in.name, t[i].name);
	}
}
END_TEST

START_TEST(divisions)
{
	struct da_regs regs = registers(x64());
	struct da_insn in;

	da_reg_set(&regs, 2, 0x7fffffff00000000); /* rcx: only ecx counts */
	da_reg_set(&regs, 0, 0x80000000);
	da_reg_set(&regs, 1, 0xffffffff);
	ck_assert_int_eq(da_decode(x64(), (const uint8_t *)"\xf7\xf9", 2, &regs, 0, &in), DA_OK);
	ck_assert(in.divisor_known && in.divisor == 0 && in.divide_signed);
	ck_assert(in.dividend_known && in.dividend_low == 0x80000000 && in.dividend_high == 0xffffffff);
	ck_assert_int_eq(da_decode(x64(), (const uint8_t *)"\xf6\xf4", 2, &regs, 0, &in), DA_OK);
	ck_assert(!in.divisor_known); /* ah */
}
END_TEST

/* Any bytes: no crash, no length beyond what was given. */
START_TEST(random_bytes)
{
	static const struct da_arch *(*const archs[])(void) = { x64, x86, a64 };
	uint64_t seed = 88172645463325252u;

	for (unsigned round = 0; round < 300000; round++) {
		uint8_t code[16];
		struct da_insn in;
		const struct da_arch *arch = archs[round % 3]();
		struct da_regs regs = registers(arch);
		size_t n = round % 17;

		for (size_t i = 0; i < sizeof(code); i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			code[i] = (uint8_t)seed;
		}
		if (da_decode(arch, code, n, &regs, 0, &in) != DA_OK)
			continue;
		ck_assert_uint_gt(in.len, 0);
		ck_assert_uint_le(in.len, n);
		ck_assert_uint_le(in.nmem, DA_INSN_MEMS);
		ck_assert_uint_le(in.nregs, DA_INSN_REGS);
	}
}
END_TEST

static size_t parse_bytes(const char *p, uint8_t *code)
{
	size_t n = 0;
	unsigned b;
	int used;

	while (n < 16 && sscanf(p, " %2x%n", &b, &used) == 1 && used > 0) {
		code[n++] = (uint8_t)b;
		p += used;
	}
	return n;
}

/* objdump of this program: address, tab, bytes, tab, text. */
START_TEST(same_lengths_as_objdump)
{
#if defined(__x86_64__) || defined(__i386__)
	const struct da_arch *arch = sizeof(void *) == 8 ? x64() : x86();
	FILE *f = popen("objdump -d -w --section=.text /proc/$PPID/exe 2>/dev/null", "r");
	struct da_regs regs = registers(arch);
	char line[1024];
	unsigned n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *bytes = strchr(line, '\t'), *text = bytes ? strchr(bytes + 1, '\t') : NULL;
		uint8_t code[16];
		struct da_insn in;
		size_t len;

		if (!text || strstr(text, "(bad)"))
			continue;
		*text = '\0';
		len = parse_bytes(bytes + 1, code);
		if (len == 0 || code[0] == 0x9b) /* objdump joins fwait and what follows it */
			continue;
		ck_assert_msg(da_decode(arch, code, len, &regs, 0, &in) == DA_OK, "%s: %s", bytes, text + 1);
		ck_assert_msg(in.len == len, "%s: %s", bytes, text + 1);
		n++;
	}
	if (f)
		pclose(f);
	ck_assert_msg(n == 0 || n > 1000, "only %u instructions", n); /* 0: no objdump here */
#endif
}
END_TEST

UNIT_MAIN("decode", x86_64_instructions, i386_instructions, aarch64_instructions,
	  what_is_not_known_is_refused, unknown_registers_give_no_address, names_of_prefixed_forms,
	  divisions, random_bytes, same_lengths_as_objdump)
