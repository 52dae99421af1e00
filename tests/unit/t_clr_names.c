/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of methods as a person writes them, from the names that compilers write into metadata. Each row is
 * of the kind that a compiler was seen to write: Roslyn (C#, Visual Basic), F#.
 */
#include "config.h"

#include <string.h>

#include "base/base.h"
#include "runtime/coreclr/names.h"
#include "unit/unit.h"

static const struct {
	const char *type, *method, *arguments;
	unsigned marks;
	const char *want;
} rows[] = {
	/* as they stand */
	{ "Shop.Order", "Place", NULL, 0, "Shop.Order.Place" },
	{ "Order", "Place", NULL, 0, "Order.Place" },
	{ "Shop.Order+Line", "Add", NULL, 0, "Shop.Order.Line.Add" },
	{ "Shop.Order", ".ctor", NULL, 0, "Shop.Order..ctor" },
	{ "Shop.Order", ".cctor", NULL, 0, "Shop.Order..cctor" },
	{ "Shop.Order", "get_Total", NULL, 0, "Shop.Order.get_Total" },
	{ "Shop.Money", "op_Addition", NULL, 0, "Shop.Money.op_Addition" },
	{ "Shop.Vat", "Shop.IVat.Rate", NULL, 0, "Shop.Vat.Shop.IVat.Rate" },
	{ "Shop.Rows", "System.Collections.Generic.IEnumerable<System.String>.GetEnumerator", NULL, 0,
	  "Shop.Rows.System.Collections.Generic.IEnumerable<System.String>.GetEnumerator" },
	{ "System.String", "Concat", NULL, 0, "System.String.Concat" },
	{ "Shop.Order", "<Clone>$", NULL, 0, "Shop.Order.<Clone>$" },
	{ NULL, "Main", NULL, 0, "Main" },
	{ "", "Main", NULL, 0, "Main" },
	/* generics */
	{ "System.Collections.Generic.List<System.String>", "Add", NULL, 0,
	  "System.Collections.Generic.List<string>.Add" },
	{ "System.Collections.Generic.Dictionary<System.Int32, Shop.Order>+Entry", "Equals", NULL, 0,
	  "System.Collections.Generic.Dictionary<int, Shop.Order>.Entry.Equals" },
	{ "Shop.Pipeline`2<System.Int64,System.__Canon>", "Run", "Shop.Money, System.Object[]", 0,
	  "Shop.Pipeline<long, __Canon>.Run<Shop.Money, object[]>" },
	{ "Shop.Pipeline`2", "Run", NULL, 0, "Shop.Pipeline.Run" },
	{ "Shop.Box<System.Nullable<System.Int32>>", "Get", NULL, 0, "Shop.Box<int?>.Get" },
	{ "Shop.Box<System.ValueTuple<System.String, System.Byte[]>>", "Get", NULL, 0, "Shop.Box<(string, byte[])>.Get" },
	{ "System.ValueTuple<System.Int32, System.Int32>", "Equals", NULL, 0, "System.ValueTuple<int, int>.Equals" },
	{ "System.Nullable<System.Int32>", "get_Value", NULL, 0, "System.Nullable<int>.get_Value" },
	{ "Shop.Box<System.Collections.Generic.List<System.Collections.Generic.Dictionary<System.Char, System.Single[,]>>>",
	  "Get", NULL, 0,
	  "Shop.Box<System.Collections.Generic.List<System.Collections.Generic.Dictionary<char, float[,]>>>.Get" },
	{ "Shop.Order[]", "Get", NULL, 0, "Shop.Order[].Get" },
	{ "System.Int32[,]", "Set", NULL, 0, "System.Int32[,].Set" },
	/* state machines */
	{ "Shop.Order+<PlaceAsync>d__5", "MoveNext", NULL, DA_CLR_MARK_ASYNC, "Shop.Order.PlaceAsync (async)" },
	{ "Shop.Order+<Lines>d__9", "MoveNext", NULL, DA_CLR_MARK_ITERATOR, "Shop.Order.Lines (iterator)" },
	{ "Shop.Order+<Rows>d__9", "MoveNext", NULL, DA_CLR_MARK_ASYNC | DA_CLR_MARK_ITERATOR,
	  "Shop.Order.Rows (async iterator)" },
	{ "Shop.Order+<PlaceAsync>d__5", "MoveNext", NULL, 0, "Shop.Order.PlaceAsync" },
	{ "Shop.Order+<Lines>d__9", "System.Collections.IEnumerator.Reset", NULL, DA_CLR_MARK_ITERATOR,
	  "Shop.Order.Lines.System.Collections.IEnumerator.Reset (iterator)" },
	{ "Shop.Order+<PlaceAsync>d__5<System.Int32>", "MoveNext", NULL, DA_CLR_MARK_ASYNC,
	  "Shop.Order.PlaceAsync<int> (async)" },
	{ "Shop.Cache<System.Int32>+<Rows>d__68", "MoveNext", NULL, 0, "Shop.Cache<int>.Rows" },
	{ "Program+<<Main>$>d__0", "MoveNext", NULL, DA_CLR_MARK_ASYNC, "Program.Main (async)" },
	{ "Shop.Feed+<Shop-IFeed-ReadAsync>d__2", "MoveNext", NULL, DA_CLR_MARK_ASYNC,
	  "Shop.Feed.Shop.IFeed.ReadAsync (async)" },
	{ "Shop.Order+<>c+<<Run>b__0_1>d", "MoveNext", NULL, DA_CLR_MARK_ASYNC, "Shop.Order.Run.lambda_1 (async)" },
	{ "Shop.Order+<>c__DisplayClass3_0+<<Run>b__0>d", "MoveNext", NULL, DA_CLR_MARK_ASYNC,
	  "Shop.Order.Run.lambda (async)" },
	{ "Shop.Order+<<Place>g__Check|4_0>d", "MoveNext", NULL, DA_CLR_MARK_ASYNC,
	  "Shop.Order.Place.Check (local, async)" },
	/* runtime-async of 11: no state machine */
	{ "Shop.Order", "PlaceAsync", NULL, DA_CLR_MARK_ASYNC, "Shop.Order.PlaceAsync (async)" },
	{ "Shop.Order", "PlaceAsync", NULL, DA_CLR_MARK_THUNK, "Shop.Order.PlaceAsync (thunk)" },
	/* top-level statements */
	{ "Program", "<Main>$", NULL, 0, "Program.Main" },
	{ "Program", "<Main>", NULL, 0, "Program.Main (entry point)" },
	{ "Program", "<<Main>$>g__Total|0_1", NULL, 0, "Program.Main.Total (local)" },
	{ "Program+<>c", "<<Main>$>b__0_0", NULL, 0, "Program.Main.lambda" },
	/* lambdas and local functions */
	{ "Shop.Order+<>c", "<Place>b__3_0", NULL, 0, "Shop.Order.Place.lambda" },
	{ "Shop.Order+<>c", "<Place>b__3_14", NULL, 0, "Shop.Order.Place.lambda_14" },
	{ "Shop.Order+<>c__DisplayClass7_0", "<Place>b__0", NULL, 0, "Shop.Order.Place.lambda" },
	{ "Shop.Order+<>c__DisplayClass7_0", "<Place>b__2", NULL, 0, "Shop.Order.Place.lambda_2" },
	{ "Shop.Order+<>c__DisplayClass7_0<System.Int32>", "<Place>b__0", NULL, 0, "Shop.Order.Place.lambda<int>" },
	{ "Shop.Order", "<Place>b__7_0", NULL, 0, "Shop.Order.Place.lambda" },
	{ "Shop.Worker+<>c__DisplayClass8_0", "<.ctor>b__0", NULL, 0, "Shop.Worker..ctor.lambda" },
	{ "Shop.Order", "<Place>g__Validate|4_0", NULL, 0, "Shop.Order.Place.Validate (local)" },
	{ "Shop.Order", "<Place>g__Validate|4_0", "System.Int32", 0, "Shop.Order.Place.Validate<int> (local)" },
	{ "Shop.Order+<>c__DisplayClass4_0", "<Place>g__Validate|1", NULL, 0, "Shop.Order.Place.Validate (local)" },
	{ "Shop.Order", "<Shop.IVat.Rate>g__Look|0_0", NULL, 0, "Shop.Order.Shop.IVat.Rate.Look (local)" },
	/* other names of Roslyn */
	{ "Shop.<Orders>F0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF__Line", "Add", NULL, 0,
	  "Shop.Line.Add" },
	{ "<Orders>F0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF__Line", "Add", NULL, 0, "Line.Add" },
	{ "<>f__AnonymousType0<System.String, System.Int32>", "ToString", NULL, 0,
	  "<>f__AnonymousType0<string, int>.ToString" },
	{ "<PrivateImplementationDetails>", "ComputeStringHash", NULL, 0,
	  "<PrivateImplementationDetails>.ComputeStringHash" },
	{ "System.Runtime.CompilerServices.AsyncTaskMethodBuilder<System.__Canon>", "Start",
	  "Shop.Order+<PlaceAsync>d__5", 0,
	  "System.Runtime.CompilerServices.AsyncTaskMethodBuilder<__Canon>.Start<Shop.Order.<PlaceAsync>d__5>" },
	/* Visual Basic */
	{ "Shop.Order+VB$StateMachine_3_PlaceAsync", "MoveNext", NULL, DA_CLR_MARK_ASYNC, "Shop.Order.PlaceAsync (async)" },
	{ "Shop.Order+_Closure$__", "_Lambda$__3-0", NULL, 0, "Shop.Order.lambda_3_0" },
	{ "Shop.Order+_Closure$__4-0", "_Lambda$__1", NULL, 0, "Shop.Order.lambda_1" },
	{ "Shop.Order", "_Lambda$__R2-1", NULL, 0, "Shop.Order.lambda_R2_1" },
	/* F# */
	{ "Shop.Order+place@12", "Invoke", NULL, 0, "Shop.Order.place (closure, line 12)" },
	{ "Shop.Order+place@12-3", "Invoke", NULL, 0, "Shop.Order.place (closure, line 12)" },
	{ "Shop.Order+clo@7", "Invoke", NULL, 0, "Shop.Order.lambda (closure, line 7)" },
	{ "Shop.Order+work@31", "MoveNext", NULL, 0, "Shop.Order.work (state machine, line 31)" },
	{ "Shop.Order+clo@7", "Specialize", NULL, 0, "Shop.Order.lambda.Specialize (closure, line 7)" },
	{ "<StartupCode$Shop>.$Program", "main@", NULL, 0, "<StartupCode$Shop>.$Program.main" },
	/* made at run time */
	{ "DynamicClass", "EmittedDiscount", NULL, DA_CLR_MARK_DYNAMIC, "DynamicClass.EmittedDiscount (dynamic)" },
	{ NULL, "IL_STUB_PInvoke", NULL, DA_CLR_MARK_STUB, "IL_STUB_PInvoke (stub)" },
	/* nobody writes these, but a name must come out */
	{ "", "", NULL, 0, "(unnamed)" },
	{ "<>c", "", NULL, 0, "<>c" },
	{ "Shop.Order+<>d__3", "MoveNext", NULL, 0, "Shop.Order.<>d__3.MoveNext" },
	{ "Shop.Order", "<>b__3_0", NULL, 0, "Shop.Order.<>b__3_0" },
	{ "Shop.Order", "<Place>b__", NULL, 0, "Shop.Order.<Place>b__" },
	{ "Shop.Order", "<Place>g__|4_0", NULL, 0, "Shop.Order.<Place>g__|4_0" },
	{ "Shop.Order", "<Place", NULL, 0, "Shop.Order.<Place" },
	{ "Shop.Order", "@", NULL, 0, "Shop.Order.@" },
	{ "Shop.Order<", "Place", NULL, 0, "Shop.Order.Place" },
};

START_TEST(names_are_a_persons)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		ck_assert_str_eq(da_clr_friendly_marked(a, rows[i].type, rows[i].method, rows[i].arguments,
							rows[i].marks),
				 rows[i].want);
	ck_assert_str_eq(da_clr_friendly(a, "Shop.Order", "Place", "System.Int32"), "Shop.Order.Place<int>");
}
END_TEST

START_TEST(types_as_arguments)
{
	struct da_arena *a DA_CLEANUP(da_arena_freep) = da_arena_new();

	ck_assert_str_eq(da_clr_friendly_type(a, "System.String"), "string");
	ck_assert_str_eq(da_clr_friendly_type(a, "System.Object[][,]"), "object[][,]");
	ck_assert_str_eq(da_clr_friendly_type(a, "System.Void*"), "void*");
	ck_assert_str_eq(da_clr_friendly_type(a, "System.Collections.Generic.Dictionary<System.String, System.UIntPtr>+Entry[]"),
			 "System.Collections.Generic.Dictionary<string, nuint>.Entry[]");
	ck_assert_str_eq(da_clr_friendly_type(a, ""), "(unnamed)");
}
END_TEST

/* Deep and long texts end; what comes out is text. */
static void check_any(struct da_arena *a, const char *type, const char *method, const char *arguments)
{
	for (unsigned marks = 0; marks < 32; marks += 31) {
		const char *s = da_clr_friendly_marked(a, type, method, arguments, marks);

		ck_assert_uint_gt(strlen(s), 0);
		ck_assert_uint_lt(strlen(s), 64 << 10);
		ck_assert(da_utf8_valid(s, strlen(s)));
	}
}

START_TEST(hostile_names_end)
{
	static const char alphabet[] = "<>+[],*&`|@-$.aMd_bg0 1\xc3\xa9";
	enum { LONG = 60000 };
	struct da_arena *a = da_arena_new();
	char *deep = da_alloc(a, LONG + 1);
	uint32_t seed = 1;

	for (const char *c = "<>+[,`.a|@"; *c; c++) {
		memset(deep, *c, LONG);
		check_any(a, deep, deep, deep);
		check_any(a, deep, "MoveNext", NULL);
	}
	for (int i = 0; i < LONG; i++)
		deep[i] = "A<"[i % 2];
	check_any(a, deep, deep, deep);
	for (int i = 0; i < LONG; i++)
		deep[i] = "<<A>b__0_0>d"[i % 12];
	check_any(a, deep, deep, deep);
	for (int round = 0; round < 20000; round++) {
		char s[3][40];

		for (int k = 0; k < 3; k++) {
			size_t n = (seed = seed * 1664525u + 1013904223u) >> 27;

			for (size_t i = 0; i < n; i++)
				s[k][i] = alphabet[((seed = seed * 1664525u + 1013904223u) >> 16) % (sizeof(alphabet) - 1)];
			s[k][n] = '\0';
		}
		check_any(a, s[0], s[1], s[2]);
		if (round % 1000 == 0) {
			da_arena_free(a);
			a = da_arena_new();
		}
	}
	da_arena_free(a);
}
END_TEST

UNIT_MAIN("clr_names", names_are_a_persons, types_as_arguments, hostile_names_end)
