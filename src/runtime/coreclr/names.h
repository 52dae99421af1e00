/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: a method's name as a person wrote it, from the names in metadata. Private to coreclr.
 *
 *   Shop.Order.Place                  types and namespaces in full; nested types after a point
 *   Shop.Cache<string, Shop.Order>.Get<int>
 *                                     arguments: C#'s words for primitive types, T? of Nullable, (A, B) of
 *                                     ValueTuple. __Canon stands for a reference type that code was shared for
 *   Shop.Order.PlaceAsync (async)     the method that a state machine was made from; also (iterator)
 *   Shop.Order.Place.lambda           a lambda, by its owner; the second one of a method is lambda_1
 *   Shop.Order.Place.Check (local)    a local function, by its owner
 *   Program.Main                      top-level statements (<Main>$)
 *   Shop.Order.place (closure, line 12)   F#: it writes the line where a closure begins into its name
 *   Shop.Order.lambda_3_0             Visual Basic, which does not write the owner into the name
 *   DynamicClass.Emitted (dynamic)    made by DynamicMethod, or of a compiled expression
 *   IL_STUB_PInvoke (stub)            made by the runtime between two worlds
 *
 * Constructors (.ctor, .cctor), accessors (get_X), operators (op_Addition) and explicit implementations of
 * interfaces (Shop.Vat.Shop.IVat.Rate) keep their names in metadata, as stack traces of .NET and SOS do.
 * What no rule knows stays as it is: never empty, never shortened to something that it is not.
 *
 * The text of types is that of da_clr_type_name: "Space.Outer<System.Int32>+Inner[]".
 * Source of compilers' names: files that Roslyn, the F# and the Visual Basic compiler wrote.
 */
#ifndef DA_CORECLR_NAMES_H
#define DA_CORECLR_NAMES_H

#include "runtime/coreclr/coreclr.h"

/* What is known of a method beyond its text; written behind the name. */
enum { DA_CLR_MARK_ASYNC = 1, DA_CLR_MARK_ITERATOR = 2, DA_CLR_MARK_DYNAMIC = 4, DA_CLR_MARK_STUB = 8,
       DA_CLR_MARK_THUNK = 16 };

/* type NULL or "": a method of no type. arguments: "System.Int32, Shop.Order" of a generic method, or NULL. */
const char *da_clr_friendly_marked(struct da_arena *a, const char *type, const char *method, const char *arguments,
				   unsigned marks);
/* The marks that metadata tells of a method. */
unsigned da_clr_method_marks(struct da_metadata *md, const struct da_md_method *method);
/* A type alone, as an argument: "string", "System.Collections.Generic.List<int>[]". */
const char *da_clr_friendly_type(struct da_arena *a, const char *type);

#endif
