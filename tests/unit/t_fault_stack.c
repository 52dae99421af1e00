/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks that ran out, and what looks like it. */
#include "config.h"

#include "fault_process.h"

START_TEST(stack_overflow)
{
	struct da_dump *d = process(11, 2);
	struct da_exception *e;
	struct da_frame *f;

	CODE_IS("\x55"); /* push rbp */
	set(d, RSP, STACK);
	at_address(d, STACK - 8);
	for (int i = 0; i < 3; i++) {
		f = da_vec_add(d->arena, &d->proc.threads.v[0].frames);
		*f = (struct da_frame){ .pc = CODE, .sp = STACK, .repeat = i == 1 ? 4000 : 1,
					.block_len = i == 1 ? 1 : 1, .module = 0,
					.trust = DA_TRUST_CFI };
	}
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_STACK_OVERFLOW);
	ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
	ck_assert_uint_eq(e->cycle_count, 4000);
	ck_assert_uint_eq(e->cycle_len, 1);
	ck_assert_str_eq(plain(d, e->near), "guard page below the stack of t1");
	da_dump_free(d);

	/* the same address by a wild pointer: sp is far from the stack's end */
	d = process(11, 2);
	CODE_IS("\x89\x10");
	set(d, RAX, STACK - 8);
	at_address(d, STACK - 8);
	e = run(d);
	ck_assert_int_eq(e->cause, DA_CAUSE_ACCESS);
	ck_assert_str_eq(plain(d, e->near), "guard page below the stack of t1");
	da_dump_free(d);
}
END_TEST

/* SI_KERNEL and no address: no room was left for the frame of the first signal, or the CPU refused an address. */
START_TEST(a_signal_without_room_is_a_stack_overflow)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint64_t rsp, rax;
		bool overflow;
	} cases[] = {
		{ "\x55", 1, STACK, 0, true },                                  /* push rbp */
		{ "\xe8\x00\x00\x00\x00", 5, STACK, 0, true },                  /* call */
		{ "\xff\xd0", 2, STACK, CODE, true },                           /* call rax */
		{ "\x48\x89\x44\x24\xf8", 5, STACK, 0, true },                  /* mov [rsp-8], rax */
		{ "\x48\x83\x8c\x24\x00\xf0\xff\xff\x00", 9, STACK + 64, 0, true }, /* or [rsp-4096], 0 */
		{ "\x48\x89\x44\x24\x08", 5, STACK - 0x40, 0, true },           /* mov [rsp+8], rax: the frame is in the guard */
		{ "\x55", 1, STACK + 0x8000, 0, false },
		{ "\x55", 1, STACK + 8, 0, false },                             /* there is room for it */
		{ "\x48\x8b\x44\x24\xf8", 5, STACK, 0, false },                 /* a load */
		{ "\xff\xd0", 2, STACK, 0x6161616161616161, false },            /* call of what no program can have */
		{ "\x48\x89\x10", 3, STACK, 0x6161616161616161, false },        /* mov [rax], rdx, the same */
		{ "\x48\x89\x10", 3, STACK, STACK - 8, false },                 /* not through the stack pointer */
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_dump *d = process(11, 0x80);
		struct da_exception *e;

		code(cases[i].bytes, cases[i].n);
		set(d, RSP, cases[i].rsp);
		set(d, RAX, cases[i].rax);
		e = run(d);
		ck_assert_msg((e->cause == DA_CAUSE_STACK_OVERFLOW) == cases[i].overflow, "case %zu", i);
		if (cases[i].overflow && cases[i].rsp >= STACK) {
			ck_assert(e->has_address && e->address_derived);
			ck_assert_int_eq(e->access, DA_ACCESS_WRITE);
			ck_assert_uint_lt(e->address, STACK);
			ck_assert_str_eq(plain(d, e->near), "guard page below the stack of t1");
		}
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("fault_stack", stack_overflow, a_signal_without_room_is_a_stack_overflow)
