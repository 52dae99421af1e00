/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aot: NativeAOT seen as a .NET runtime; what nativeaot.c and the aot_ files share. Private to coreclr.
 *
 * A program compiled ahead of time has no metadata that a debugger could read: its frames are those of native
 * code, its types are symbols. So symbols stand in for metadata: functions are named by aot_names.h; a
 * MethodTable is called what its symbol says ("vtable for S_P_CoreLib_System_Threading_Lock"), fields are
 * where debug information says. With that, files written for CoreCLR (locks, waits, names, roles) serve here
 * too: they ask through the functions of coreclr.h, which turn to the da_aot_ ones where da_clr.aot is set.
 *
 * Where the runtime's own structures stand: 8 to 10 leave a table for debuggers behind the header "DNDH"
 * (DotNetRuntimeDebugHeader: u32 cookie, u16 major, u16 minor, u32 flags, u32 0, address of entries {type's name,
 * field's name, u32 offset}, address of entries {name, address}; each list ends with 0). Names in it
 * are read-only data of the file; without them layouts/aot-MAJOR.json is taken. 11 has a contract descriptor.
 *
 * The managed Thread of a system thread stands among its thread statics: the list InlinedThreadStatics of
 * the runtime's Thread leads to an object that holds them all. Which of its words is the Thread is
 * found by what belongs together: a Thread points to its ManagedThreadId, and that one is another word of the
 * same object.
 *
 * Source: debug information of programs of 8.0, 9.0, 10.0 and 11.0, and their dumps.
 */
#ifndef DA_CORECLR_AOT_H
#define DA_CORECLR_AOT_H

#include "runtime/coreclr/target.h"

struct da_aot {
	struct da_clr clr;         /* the runtime of this program, as the other files of coreclr see it */
	const char *program;       /* the executable's base name, or NULL */
	struct da_map assemblies;  /* hash of a name to index + 1 of proc.assemblies */
	struct da_map places;      /* of a place with symbols, to the one with names of metadata; 0: native code */
	struct da_map mangled;     /* of a MethodTable to its mangled name, 0: no symbol stands there */
	struct {                   /* entries of SyncTable; n 0: none, or not found */
		uint64_t first;
		uint32_t n, size;
		bool looked;
	} sync;
};

/* What tells where things stand. */
struct da_aot_found {
	uint64_t header;           /* of "DNDH", 0: none */
	unsigned header_major;
	bool described;            /* a contract descriptor: */
	struct da_clr_source source;
	const char *version;       /* "11.0.0", or NULL */
};

/* ---- aot_recognise.c */

/* Was this module (c->module, base, end) compiled ahead of time? By what it leaves for debuggers. */
bool da_aot_recognise(struct da_clr *c, struct da_aot_found *ret);
/* The released descriptor's text that is exactly as long: a kernel core has no read-only data of files. */
struct da_bytes da_aot_text_of_size(struct da_clr *c, uint32_t size, bool program);

/* ---- aot_frames.c */

/* The assembly of this name; the first time it is put into the model. name NULL: DA_NONE. */
uint32_t da_aot_assembly(struct da_aot *t, const char *name);
/* Frames of managed code get their names, methods and kind. True: there were some. */
bool da_aot_name_frames(struct da_aot *t);
/* Managed code at this address by symbols, or NULL. */
const struct da_place *da_aot_place(struct da_aot *t, uint64_t pc);
/* "Space.Type.Method(Arguments)", as the runtime itself prints it, for a place whose calls are empty. */
void da_aot_name_place(struct da_aot *t, const char *text, struct da_place *ret);

/* ---- aot_threads.c */

/*
 * Chooses the layout by the major version of .NET and reads the runtime's threads with it. DA_NOT_FOUND: no layout
 * is known; DA_FAULT, DA_CORRUPT: it leads to no threads. *ret_verified: dumps of that version were read.
 */
enum da_status da_aot_threads(struct da_aot *t, const struct da_aot_found *f, unsigned major, bool *ret_verified);

/* ---- aot_types.c: what coreclr.h's functions of the same names ask */

bool da_aot_read_mt(struct da_clr *c, uint64_t addr, struct da_clr_mt *ret);
/* "Shop.Order"; NULL: unknown. */
const char *da_aot_mt_name(struct da_clr *c, uint64_t mt);
bool da_aot_mt_is(struct da_clr *c, uint64_t mt, const char *name);
uint64_t da_aot_corelib_type(struct da_clr *c, const char *name);
enum da_status da_aot_slot(struct da_clr *c, uint64_t mt, const char *field, struct da_clr_slot *ret);
/* Entries of SyncTable: how many, 0 none; the Lock of one and the object whose monitor it is. */
uint32_t da_aot_sync_entries(struct da_clr *c);
bool da_aot_sync_entry(struct da_clr *c, uint32_t index, uint64_t *ret_lock, uint64_t *ret_object);

#endif
