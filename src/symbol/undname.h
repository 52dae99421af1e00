/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names as Microsoft's C++ compiler decorates them (?name@@YAXXZ), undecorated. No C library does it.
 * The grammar is that of the Microsoft C++ ABI as compilers emit it; spelling follows llvm-undname,
 * which is the tests' oracle. Private to symbol/.
 */
#ifndef DA_SYMBOL_UNDNAME_H
#define DA_SYMBOL_UNDNAME_H

#include "base/base.h"

enum {
	DA_UNDNAME_FULL = 0,
	/* Only what a stack needs: the qualified name and its parameters. */
	DA_UNDNAME_NO_ACCESS = 1,     /* public: protected: private: */
	DA_UNDNAME_NO_CONVENTION = 2, /* __cdecl */
	DA_UNDNAME_NO_RETURN = 4,     /* int */
	DA_UNDNAME_NO_MEMBER = 8,     /* static virtual extern "C" */
	DA_UNDNAME_NO_VARIABLE = 16,  /* the type of a variable */
	DA_UNDNAME_NO_TAG = 32,       /* class struct union enum */
	DA_UNDNAME_STACK = 63,
};

/* NULL when the name is not decorated, or its decoration is damaged or unknown. */
char *da_undecorate(struct da_arena *a, const char *name, unsigned flags);

#endif
