/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aot: NativeAOT seen as a .NET runtime; what nativeaot.c and the aot_ files share. Private to coreclr.
 *
 * A program compiled ahead of time has no metadata that a debugger could read: its frames are those of native
 * code, its types are symbols. So symbols stand in for metadata: functions are named by aot_names.h, and
 * get the assembly that their symbol begins with.
 */
#ifndef DA_CORECLR_AOT_H
#define DA_CORECLR_AOT_H

#include "runtime/coreclr/coreclr.h"

struct da_aot {
	struct da_clr clr;         /* the runtime of this program, as the other files of coreclr see it */
	const char *program;       /* the executable's base name, or NULL */
	struct da_map assemblies;  /* hash of a name to index + 1 of proc.assemblies */
	struct da_map places;      /* of a place with symbols, to the one with names of metadata; 0: native code */
};

/* ---- aot_frames.c */

/* The assembly of this name; the first time it is put into the model. name NULL: DA_NONE. */
uint32_t da_aot_assembly(struct da_aot *t, const char *name);
/* Frames of managed code get their names, methods and kind. True: there were some. */
bool da_aot_name_frames(struct da_aot *t);
/* Managed code at this address by symbols, or NULL. */
const struct da_place *da_aot_place(struct da_aot *t, uint64_t pc);
/* "Space.Type.Method(Arguments)", as the runtime itself prints it, for a place whose calls are empty. */
void da_aot_name_place(struct da_aot *t, const char *text, struct da_place *ret);

#endif
