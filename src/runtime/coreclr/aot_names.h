/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aot_names: names of NativeAOT's symbols, put back into the words of metadata. Private to coreclr.
 *
 * The compiler ahead of time writes a method as its symbol
 *   [assembly]_[type]__[method]            S_P_CoreLib_System_Threading_Lock__TryEnterSlow_0
 * where "System.Private." is S_P_, and each character that is no letter or digit is '_': points, the '+' of a
 * nested type, the brackets and the bar of names that compilers make. Arguments of generics stand in '<' '>',
 * joined by "__"; an overload has a number behind its name. Debug information (DWARF) has the method's own
 * name beside the mangled type: "[type]::[method]", where only the type must be read.
 *
 * What '_' stood for is not kept. Points are taken, but where the patterns of compilers say otherwise; so a
 * name with an underscore of its own is shown with a point, and which of two assemblies begins a namespace is
 * told by the program's name or by a namespace of the framework. The symbol is kept beside (da_place.raw).
 *
 * Source: symbols of programs built with the compilers of 8.0, 9.0, 10.0 and 11.0 against their own sources.
 */
#ifndef DA_CORECLR_AOT_NAMES_H
#define DA_CORECLR_AOT_NAMES_H

#include "base/arena.h"

struct da_aot_name {
	const char *assembly;  /* "System.Private.CoreLib", "Shop"; NULL: not told */
	const char *type;      /* "System.Threading.Lock", "Shop.Order+<>c" */
	const char *method;    /* "TryEnterSlow", "<Place>b__0"; of a type alone NULL */
	const char *arguments; /* of a generic method, or NULL */
};

/* Does a symbol of this name exist? For numbers of overloads: "Step_2" is one only beside "Step". */
typedef bool da_aot_exists(void *ctx, const char *symbol);

/*
 * symbol: as the table spells it. described: "[type]::[method]" of debug information, or NULL. program: the
 * executable's name, which its assembly mostly has. False: it is no method of managed code.
 */
bool da_aot_method_name(struct da_arena *a, const char *symbol, const char *described, const char *program,
			da_aot_exists *exists, void *ctx, struct da_aot_name *ret);
/* A type: of the symbol of a MethodTable, or of debug information. False: it cannot be read. */
bool da_aot_type_name(struct da_arena *a, const char *mangled, const char *program, struct da_aot_name *ret);
/* Is this mangled type the one of this name in metadata, whatever its assembly ("System.Threading.Lock")? */
bool da_aot_type_is(const char *mangled, const char *name);

#endif
