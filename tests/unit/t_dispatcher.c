/* SPDX-License-Identifier: Apache-2.0 */
/* What KiUserExceptionDispatcher was given: a CONTEXT and a record that prove each other. */
#include "config.h"

#include <string.h>

#include "unit/unit.h"
#include "unwind/unwind.h"

enum { STACK = 0x10000, SIZE = 0x1000, EM_386 = 3, EM_X86_64 = 62 };
#define PC UINT64_C(0x140001234)

static uint8_t stack[SIZE];

static void put(size_t at, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		stack[at + i] = (uint8_t)(v >> 8 * i);
}

static struct da_dump *example(uint16_t machine, unsigned word)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_range r = { .start = STACK, .end = STACK + SIZE, .file_len = SIZE };

	memset(stack, 0, sizeof(stack));
	da_vec_push(d->arena, &d->proc.mem.ranges, r);
	d->proc.mem.file = (struct da_bytes){ stack, SIZE };
	d->proc.mem.word = (uint8_t)word;
	d->proc.arch = da_arch_by_elf(machine, word == 8 ? 2 : 1, false);
	d->proc.os = DA_OS_WINDOWS;
	return d;
}

START_TEST(x64)
{
	struct da_dump *d = example(EM_X86_64, 8);
	const struct da_arch *arch = d->proc.arch;
	struct da_exception_record r;
	struct da_regs regs;

	put(0x30, 0x10001f, 4);    /* ContextFlags */
	put(0x98, STACK + 0x800, 8); /* Rsp */
	put(0xf8, PC, 8);          /* Rip */
	put(0x4f0, 0xc0000005, 4);
	put(0x4f0 + 0x10, PC, 8);
	put(0x4f0 + 0x18, 2, 4);
	put(0x4f0 + 0x28, 0x20, 8);
	ck_assert(da_unwind_dispatched(&d->proc, d->arena, STACK, &regs, &r));
	ck_assert_uint_eq(regs.v[arch->pc], PC);
	ck_assert_uint_eq(regs.v[arch->sp], STACK + 0x800);
	ck_assert_uint_eq(r.code, 0xc0000005);
	ck_assert_str_eq(r.name, "EXCEPTION_ACCESS_VIOLATION");
	ck_assert_uint_eq(r.parameters.n, 2);
	ck_assert_uint_eq(r.parameters.v[1], 0x20);
	put(0x4f0 + 0x18, 16, 4); /* more parameters than there can be */
	ck_assert(!da_unwind_dispatched(&d->proc, d->arena, STACK, &regs, &r));
	put(0x4f0 + 0x18, 2, 4);
	put(0x4f0 + 0x10, PC + 1, 8); /* of another exception */
	ck_assert(!da_unwind_dispatched(&d->proc, d->arena, STACK, &regs, &r));
	put(0x4f0 + 0x10, PC, 8);
	put(0x30, 0x1000f, 4); /* of another CPU */
	ck_assert(!da_unwind_dispatched(&d->proc, d->arena, STACK, &regs, &r));
	ck_assert(!da_unwind_dispatched(&d->proc, d->arena, STACK + SIZE - 0x100, &regs, &r));
	da_dump_free(d);
}
END_TEST

START_TEST(x86)
{
	struct da_dump *d = example(EM_386, 4);
	struct da_exception_record r;
	struct da_regs regs;

	put(0x10, STACK + 0x100, 4); /* the record */
	put(0x14, STACK + 0x200, 4); /* the CONTEXT */
	put(0x100, 0xc0000094, 4);
	put(0x100 + 0xc, 0x401000, 4);
	put(0x200, 0x1003f, 4);
	put(0x200 + 0xb8, 0x401000, 4);
	put(0x200 + 0xc4, STACK + 0xf00, 4);
	ck_assert(da_unwind_dispatched(&d->proc, d->arena, STACK + 8, &regs, &r));
	ck_assert_uint_eq(r.code, 0xc0000094);
	ck_assert_uint_eq(regs.v[d->proc.arch->sp], STACK + 0xf00);
	put(0x14, STACK - 0x200, 4); /* nothing lies below the frame */
	ck_assert(!da_unwind_dispatched(&d->proc, d->arena, STACK + 8, &regs, &r));
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("dispatcher", x64, x86)
