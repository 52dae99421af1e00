/* SPDX-License-Identifier: Apache-2.0 */
/* Names as the compilers of 8.0 to 11.0 wrote them into symbol tables. */
#include "config.h"

#include <string.h>

#include "base/base.h"
#include "runtime/coreclr/aot_names.h"
#include "unit/unit.h"

static bool exists(void *ctx, const char *symbol)
{
	return ctx && strcmp(ctx, symbol) == 0;
}

static const struct {
	const char *symbol, *described, *assembly, *type, *method, *arguments;
} methods[] = {
	{ "S_P_CoreLib_System_Threading_Lock__Enter", NULL, "System.Private.CoreLib", "System.Threading.Lock", "Enter", NULL },
	{ "S_P_CoreLib_System_Threading_Monitor__Enter", "S_P_CoreLib_System_Threading_Monitor::Enter",
	  "System.Private.CoreLib", "System.Threading.Monitor", "Enter", NULL },
	{ "String__Compare_1", "String::Compare", "System.Private.CoreLib", "System.String", "Compare", NULL },
	{ "S_P_CoreLib_System_Runtime___Finalizer__ProcessFinalizers", NULL, "System.Private.CoreLib",
	  "System.Runtime.__Finalizer", "ProcessFinalizers", NULL },
	{ "S_P_CoreLib_System_Threading_Monitor___cctor", NULL, "System.Private.CoreLib", "System.Threading.Monitor",
	  ".cctor", NULL },
	{ "System_Console_System_IO_ConsoleStream__Flush", NULL, "System.Console", "System.IO.ConsoleStream", "Flush", NULL },
	{ "System_Threading_System_Threading_CountdownEvent__Wait", NULL, "System.Threading",
	  "System.Threading.CountdownEvent", "Wait", NULL },
	/* the program's own: by its name, or by a namespace that begins like the assembly */
	{ "Observatory_Observatory_Locks__Turn", NULL, "Observatory", "Observatory.Locks", "Turn", NULL },
	{ "Observatory_Program___Main__", NULL, "Observatory", "Program", "<Main>$", NULL },
	{ "Observatory_Program___Main__", "Observatory_Program::<Main>$", "Observatory", "Program", "<Main>$", NULL },
	{ "Shop_Core_Shop_Orders_Desk__Place", NULL, "Shop.Core", "Shop.Orders.Desk", "Place", NULL },
	{ "Observatory__Module___StartupCodeMain", NULL, "Observatory", "<Module>", "StartupCodeMain", NULL },
	/* made by a compiler */
	{ "Observatory_Observatory_Locks___c__DisplayClass0_0___Deadlock_b__0", NULL, "Observatory",
	  "Observatory.Locks+<>c__DisplayClass0_0", "<Deadlock>b__0", NULL },
	{ "Observatory_Observatory_Locks___c___StaticConstructor_b__19_0", NULL, "Observatory", "Observatory.Locks+<>c",
	  "<StaticConstructor>b__19_0", NULL },
	{ "Observatory_Observatory_Async__Generic_d__7_2<Int32__System___Canon>__MoveNext", NULL, "Observatory",
	  "Observatory.Async+<Generic>d__7`2<System.Int32, System.__Canon>", "MoveNext", NULL },
	{ "Observatory_Observatory_Shapes___Local_g__Inner_3_0", NULL, "Observatory", "Observatory.Shapes",
	  "<Local>g__Inner|3_0", NULL },
	{ "Observatory_Observatory_Async___c___Lambda_b__4_0_d__MoveNext", NULL, "Observatory",
	  "Observatory.Async+<>c+<<Lambda>b__4_0>d", "MoveNext", NULL },
	/* generics, shapes, unboxing */
	{ "S_P_CoreLib_System_Collections_Generic_List_1<S_P_CoreLib_System_Threading_Thread>__Add", NULL,
	  "System.Private.CoreLib", "System.Collections.Generic.List`1<System.Threading.Thread>", "Add", NULL },
	{ "S_P_CoreLib_System_Array__Resize<__Array<UInt8>>", NULL, "System.Private.CoreLib", "System.Array", "Resize",
	  "System.Byte[]" },
	{ "S_P_CoreLib_System_Runtime_CompilerServices_ConditionalWeakTable_2_Container<System___Canon__Int8>__Find", NULL,
	  "System.Private.CoreLib",
	  "System.Runtime.CompilerServices.ConditionalWeakTable`2+Container<System.__Canon, System.SByte>", "Find", NULL },
	{ "unbox_UInt32__System_IConvertible_ToInt16", NULL, "System.Private.CoreLib", "System.UInt32",
	  "System.IConvertible.ToInt16", NULL },
	{ "<Boxed>S_P_CoreLib_System_Guid__<unbox>S_P_CoreLib_System_Guid__ToString", NULL, "System.Private.CoreLib",
	  "System.Guid", "ToString", NULL },
};

START_TEST(methods_are_read)
{
	struct da_arena *arena = da_arena_new();
	struct da_aot_name n;

	for (size_t i = 0; i < DA_ARRAY_SIZE(methods); i++) {
		ck_assert_msg(da_aot_method_name(arena, methods[i].symbol, methods[i].described, "Observatory", NULL, NULL, &n),
			      "%s", methods[i].symbol);
		ck_assert_pstr_eq(n.assembly, methods[i].assembly);
		ck_assert_pstr_eq(n.type, methods[i].type);
		ck_assert_pstr_eq(n.method, methods[i].method);
		ck_assert_pstr_eq(n.arguments, methods[i].arguments);
	}
	da_arena_free(arena);
}
END_TEST

/* A number behind a name is an overload's where the name without it is a symbol too, and else its own. */
START_TEST(numbers_of_overloads)
{
	struct da_arena *arena = da_arena_new();
	static const char symbol[] = "S_P_CoreLib_System_Threading_Lock__TryEnterSlow_0";
	struct da_aot_name n;

	ck_assert(da_aot_method_name(arena, symbol, NULL, "Shop", exists, "S_P_CoreLib_System_Threading_Lock__TryEnterSlow", &n));
	ck_assert_str_eq(n.method, "TryEnterSlow");
	ck_assert(da_aot_method_name(arena, symbol, NULL, "Shop", exists, NULL, &n));
	ck_assert_str_eq(n.method, "TryEnterSlow_0");
	da_arena_free(arena);
}
END_TEST

/* What is compiled into the same file and is not managed code. */
START_TEST(native_code_is_left)
{
	struct da_arena *arena = da_arena_new();
	static const char *const names[] = { "_ZN9UnixEvent4WaitEj", "RhpThrowEx", "SystemNative_Abort", "__libc_csu_init",
					     "main", "", "_", "__", "_start", "S_P_", "String__", "ucol_open__7" };
	struct da_aot_name n;

	for (size_t i = 0; i < DA_ARRAY_SIZE(names); i++)
		ck_assert_msg(!da_aot_method_name(arena, names[i], NULL, "Shop", NULL, NULL, &n), "%s", names[i]);
	ck_assert(!da_aot_method_name(arena, "_ZN9UnixEvent4WaitEj", "UnixEvent::Wait(unsigned int)", "Shop", NULL, NULL, &n));
	da_arena_free(arena);
}
END_TEST

START_TEST(types_are_told)
{
	ck_assert(da_aot_type_is("S_P_CoreLib_System_Threading_Lock", "System.Threading.Lock"));
	ck_assert(da_aot_type_is("S_P_CoreLib_System_Threading_WaitSubsystem_WaitableObject",
				 "System.Threading.WaitSubsystem+WaitableObject"));
	ck_assert(da_aot_type_is("System_Threading_System_Threading_Barrier", "System.Threading.Barrier"));
	ck_assert(da_aot_type_is("String", "System.String"));
	ck_assert(!da_aot_type_is("Shop_System_Threading_Lock", "System.Threading.Lock"));
	ck_assert(!da_aot_type_is("S_P_CoreLib_My_System_Threading_Lock", "Threading.Lock"));
	ck_assert(!da_aot_type_is("Lock", "System.Threading.Lock"));
	ck_assert(!da_aot_type_is("", "System.Threading.Lock"));
}
END_TEST

/* Brackets that never close, and ones too deep: text comes out, or nothing, in bounded time. */
START_TEST(hostile_names_end)
{
	struct da_arena *arena = da_arena_new();
	char deep[3000];
	struct da_aot_name n;

	for (size_t i = 0; i + 8 < sizeof(deep); i += 8)
		memcpy(deep + i, "__Array<", 8);
	deep[sizeof(deep) - 8] = 0;
	(void)da_aot_type_name(arena, deep, NULL, &n);
	memset(deep, '_', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = 0;
	ck_assert(!da_aot_method_name(arena, deep, NULL, "Shop", NULL, NULL, &n));
	memset(deep, '<', sizeof(deep) - 1);
	(void)da_aot_method_name(arena, deep, deep, "Shop", NULL, NULL, &n);
	(void)da_aot_method_name(arena, "S_P_CoreLib_System_X<Y__Z", NULL, "Shop", NULL, NULL, &n);
	da_arena_free(arena);
}
END_TEST

UNIT_MAIN("aot_names", methods_are_read, numbers_of_overloads, native_code_is_left, types_are_told, hostile_names_end)
