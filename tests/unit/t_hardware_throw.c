/* SPDX-License-Identifier: Apache-2.0 */
/* Out of an exception that a fault of code compiled ahead of time made. */
#include "config.h"

#include <string.h>

#include "hand_stack.h"
#include "unit.h"

/* RhpThrowHwEx calls on: an ExInfo at sp, the registers of the fault behind it. Its row tells another caller. */
START_TEST(fault_of_code_compiled_ahead)
{
	static const struct {
		const char *name;
		uint64_t kind;
		bool taken;
	} cases[] = { { "RhpThrowHwEx", 0x12, true }, { "RhpThrowHwEx", 1, false }, { "RhpThrowEx", 0x12, false } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(cases); i++) {
		struct da_cfi_row row = row64(16), wrong = row64(0x40);
		uint64_t sp = STACK + 0x1000, context = sp + 0x190, old = STACK + 0x2000;

		setup(x64());
		add_function(CODE + 0x100, CODE + 0x200, "System.Runtime.EH.RhThrowHwEx", &row);
		add_function(CODE + 0x300, CODE + 0x400, cases[i].name, &wrong);
		add_function(CODE + 0x500, CODE + 0x600, "Shop.Order.Place", &row_end);
		call_to(CODE + 0x380, CODE + 0x100);
		reg("rip", CODE + 0x110), reg("rsp", sp - 16);
		put(sp - 8, CODE + 0x380);
		put(sp + 8, context), put(sp + 24, cases[i].kind);
		put(sp + 0x38, CODE + 0x510);
		put(context, CODE + 0x580), put(context + 8, old), put(context + 16, old + 0x40);
		put(old, 0);
		walk();
		FRAMES(3);
		frame(2, cases[i].taken ? CODE + 0x580 : CODE + 0x510, cases[i].taken ? old : sp + 0x40, DA_TRUST_CFI);
		ck_assert_int_eq(t->frames.v[2].exact_pc, cases[i].taken);
		done();
	}
}
END_TEST

UNIT_MAIN("hardware_throw", fault_of_code_compiled_ahead)
