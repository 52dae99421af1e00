/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coreclr: the state of .NET 6 to 11, from the bytes of the dump. One file a subject ("contract" in the
 * runtime's own documents), each over the one struct da_clr; layouts are data.
 *
 * Where a field stands comes from, in this order: the contract descriptor in the dump (10 and later; 9 in
 * part), the same by build-id from builds.tsv, and the overlay of this major version, system and CPU
 * (layouts/), in the descriptor's own JSON format, for what no descriptor says. All end in the arrays
 * `off`, `size` and `global`, named by fields.def. A field that nothing describes is DA_CLR_UNKNOWN, and
 * what needs it is told as not read.
 *
 * Sources: dotnet/runtime docs/design/datacontracts/, and real dumps of 6.0 to 11.0.
 */
#ifndef DA_RUNTIME_CORECLR_H
#define DA_RUNTIME_CORECLR_H

#include "base/map.h"
#include "image/bundle.h"
#include "image/metadata.h"
#include "image/portable_pdb.h"
#include "runtime/coreclr/debuginfo.h"
#include "runtime/runtime.h"

/* ---------------------------------------------------------------- layout (target.c, descriptor.c, builds.c, dactable.c) */

enum da_clr_type {
#define CLR_TYPE(t) DA_CLR_TYPE_##t,
#include "runtime/coreclr/fields.def"
	DA_CLR_TYPES
};
enum da_clr_field {
#define CLR_FIELD(t, f) DA_CLR_##t##_##f,
#include "runtime/coreclr/fields.def"
	DA_CLR_FIELDS
};
enum da_clr_global {
#define CLR_GLOBAL(g) DA_CLR_G_##g,
#include "runtime/coreclr/fields.def"
	DA_CLR_GLOBALS
};
#define DA_CLR_UNKNOWN INT32_MIN

struct da_clr_frame_id {
	uint64_t id;  /* what the first word of the frame holds: an identifier, or a vtable */
	uint8_t kind; /* enum da_clr_frame */
};

struct da_clr_layout {
	int32_t off[DA_CLR_FIELDS];
	int32_t size[DA_CLR_TYPES];
	struct {
		bool known, address; /* address: value is the address of a variable, else the value itself */
		uint64_t value;
		const char *text;    /* of a string, or NULL */
	} global[DA_CLR_GLOBALS];
	DA_VEC(struct da_clr_frame_id) frames;
};

/* A released build, by what identifies it: a row of builds.tsv. */
struct da_clr_build {
	const char *os, *arch, *version, *file, *id;
	uint32_t dactable, dactable_count, runtime_info, descriptor, json, json_size, pointers;
	const char *json_name, *pointer_rvas, *version_text; /* or NULL */
};

struct da_clr {
	struct da_dump *dump;
	struct da_symbols *symbols;
	struct da_arena *arena;       /* the dump's */
	const struct da_memory *mem;
	struct da_runtime_options options;
	uint32_t runtime;             /* index in proc.runtimes */
	uint32_t module;
	uint64_t base, end;           /* of the runtime's image */
	unsigned major, minor, patch; /* patch: valid if has_patch */
	bool has_patch, windows, arm64, single_file;
	struct da_clr_layout layout;
	uint64_t dactable;            /* address of g_dacTable, 0 unknown */
	uint32_t dactable_count;
	uint64_t coderange, gs_cookie;
	struct da_aot *aot;           /* NativeAOT: symbols stand in for metadata (aot.h); else NULL */
	/* Caches and tables of the files below; each file owns its own. */
	struct da_clr_threads *threads;
	struct da_clr_code_state *code;
	struct da_clr_frames *frames;
	struct da_clr_types *types;
	struct da_clr_modules *modules;
	struct da_clr_objects *objects;
	struct da_map places[2];      /* of places.c: pc to struct da_place, [1] of callers */
};

static inline struct da_runtime *da_clr_model(struct da_clr *c)
{
	return &c->dump->proc.runtimes.v[c->runtime];
}
/* Known and its offset. */
#define DA_CLR_HAS(c, t, f) ((c)->layout.off[DA_CLR_##t##_##f] != DA_CLR_UNKNOWN)
#define DA_CLR_OFF(c, t, f) ((c)->layout.off[DA_CLR_##t##_##f])
#define DA_CLR_SIZE(c, t) ((c)->layout.size[DA_CLR_TYPE_##t])
/* Read field t.f of the structure at addr. DA_UNSUPPORTED: no layout describes it; DA_FAULT. */
#define DA_CLR_PTR(c, addr, t, f, ret) da_clr_read(c, addr, DA_CLR_##t##_##f, 8, ret)
#define DA_CLR_U32(c, addr, t, f, ret) da_clr_read(c, addr, DA_CLR_##t##_##f, 4, ret)
#define DA_CLR_U16(c, addr, t, f, ret) da_clr_read(c, addr, DA_CLR_##t##_##f, 2, ret)
#define DA_CLR_U8(c, addr, t, f, ret) da_clr_read(c, addr, DA_CLR_##t##_##f, 1, ret)
/* bytes 8 means a pointer of the process; *ret is zero-extended. */
enum da_status da_clr_read(const struct da_clr *c, uint64_t addr, enum da_clr_field f, unsigned bytes, uint64_t *ret);
/* A constant; the address of a variable; the pointer that the variable holds. */
enum da_status da_clr_global(const struct da_clr *c, enum da_clr_global g, uint64_t *ret);
enum da_status da_clr_global_ptr(const struct da_clr *c, enum da_clr_global g, uint64_t *ret);

/* target.c: recognise the module, fill layout, version, proc.runtimes. DA_NOT_FOUND: no CoreCLR. */
enum da_status da_clr_open(struct da_dump *d, struct da_symbols *s, uint32_t module,
			   const struct da_runtime_options *o, struct da_clr **ret);
/* The servicing release by CoreLib's product version, where nothing else told it. After da_clr_modules_read. */
void da_clr_complete_version(struct da_clr *c);
/* What could not be read, once each: a word for runtimes.unread. */
void da_clr_unread(struct da_clr *c, const char *word);

/* ---------------------------------------------------------------- threads.c */

struct da_clr_thread {
	uint64_t address, frame; /* frame: the innermost explicit frame, 0 or all ones: none */
	uint64_t exposed;        /* the managed Thread object, 0 unknown */
	uint32_t model;          /* index of proc.managed_threads */
	uint32_t tid;
};
struct da_clr_threads {
	DA_VEC(struct da_clr_thread) v;
	struct da_map by_tid; /* to index in v */
};
/* Fills proc.managed_threads and threads' `managed`. */
enum da_status da_clr_threads_read(struct da_clr *c);
const struct da_clr_thread *da_clr_thread_of(const struct da_clr *c, uint32_t tid);

/* ---------------------------------------------------------------- code.c: address to method */

struct da_clr_code {
	bool stub;               /* code of the runtime's making that is no method */
	bool r2r, funclet;
	bool cold;               /* ReadyToRun: the rare part of a method, which stands elsewhere */
	uint64_t method;         /* MethodDesc, 0: unknown */
	uint64_t module;         /* ReadyToRun: the runtime's Module of the image */
	uint64_t header;         /* jitted: the RealCodeHeader */
	uint64_t start;          /* of the method */
	uint64_t base;           /* RUNTIME_FUNCTIONs count from it */
	uint32_t index;          /* ReadyToRun: the method's first RUNTIME_FUNCTION */
	bool no_index;           /* ReadyToRun: it is not known, because the table is not in the dump */
	uint64_t table;          /* address of the RUNTIME_FUNCTIONs */
	struct da_pe_function f; /* the one that holds pc */
	bool has_function;
	uint64_t r2r_header;     /* address of the image's header, where the Module does not tell; or 0 */
};
/* DA_OK; DA_NOT_FOUND: not managed; DA_FAULT: managed, but tables are not in the dump. Cached by pc. */
enum da_status da_clr_code_at(struct da_clr *c, uint64_t pc, struct da_clr_code *ret);
/* The `function` of da_runtime_ops; state is a struct da_clr. */
enum da_status da_clr_function(void *state, uint64_t pc, struct da_guide_function *ret);

/* ---------------------------------------------------------------- frames.c: explicit frames */

enum da_clr_frame {
	DA_CLR_FRAME_UNKNOWN,
#define CLR_FRAME(name) DA_CLR_FRAME_##name,
#include "runtime/coreclr/fields.def"
	DA_CLR_FRAMES
};
/* Of an explicit frame, by its first word. */
static inline enum da_clr_frame da_clr_frame_kind(const struct da_clr *c, uint64_t frame)
{
	uint64_t id;

	if (da_mem_word(c->mem, frame, &id) != DA_OK)
		return DA_CLR_FRAME_UNKNOWN;
	for (size_t i = 0; i < c->layout.frames.n; i++)
		if (c->layout.frames.v[i].id == id)
			return (enum da_clr_frame)c->layout.frames.v[i].kind;
	return DA_CLR_FRAME_UNKNOWN;
}
/* The `transition` and `interrupted` of da_runtime_ops. */
enum da_status da_clr_transition(void *state, const struct da_thread *t, const struct da_regs *at,
				 struct da_guide_caller *ret);
enum da_status da_clr_interrupted(void *state, const struct da_thread *t, const struct da_regs *at,
				  struct da_guide_caller *ret);

/* ---------------------------------------------------------------- modules.c: assemblies */

struct da_clr_module {
	uint64_t address;        /* Module */
	uint32_t assembly;       /* index of proc.assemblies */
	struct da_cli_image image;
	struct da_metadata *metadata; /* NULL: not readable; from the dump, or a file with this identity */
	struct da_portable_pdb *pdb;  /* NULL: none; asked for by da_clr_module_pdb */
	const struct da_clr_image_source *source; /* modules.h: where its bytes are */
	bool looked_for_file, looked_for_pdb, dynamic;
	bool whole;              /* metadata has no holes */
	struct da_bytes file;    /* of the file that stands in, n 0: none was needed, or found */
	const char *file_path;
	struct da_cli_image file_image; /* addresses are offsets into it */
};
struct da_clr_modules {
	DA_VEC(struct da_clr_module) v; /* complete before the first look-up; then it does not move */
	struct da_map by_address;
	struct da_clr_module *corelib;  /* or NULL */
	struct da_map bundles;   /* of a file's address to struct da_bundle, 0: none */
	struct da_clr_r2r *r2r;  /* of r2r_file.c */
	bool laid;               /* pages of the program's file stand in for those that the dump lacks */
};
/* The manifest of a program's file, read once; or NULL. */
const struct da_bundle *da_clr_bundle(struct da_clr *c, struct da_bytes file);
enum da_status da_clr_modules_read(struct da_clr *c);
struct da_clr_module *da_clr_module_at(struct da_clr *c, uint64_t module); /* or NULL */
struct da_portable_pdb *da_clr_module_pdb(struct da_clr *c, struct da_clr_module *m); /* or NULL */

/* ---------------------------------------------------------------- types.c, methods.c, names.c */

/* A MethodTable, checked (its EEClass leads back to it). Cached. */
struct da_clr_mt {
	uint64_t address, parent, module, canonical, eeclass;
	uint32_t flags, base_size, component_size, rid;
	uint32_t auxiliary_flags;
	const char *name;        /* by da_clr_type_name; NULL until then */
	bool is_array, is_string, is_free, has_pointers, is_value;
};
const struct da_clr_mt *da_clr_mt(struct da_clr *c, uint64_t addr); /* NULL: no MethodTable */
/* "System.Collections.Generic.Dictionary<System.String, Shop.Order>" of a type handle; NULL unknown. */
const char *da_clr_type_name(struct da_clr *c, uint64_t handle);
/* A loaded type of CoreLib by "Space.Outer+Inner`1": its MethodTable, 0: not loaded. */
uint64_t da_clr_corelib_type(struct da_clr *c, const char *name);
bool da_clr_derives_from(struct da_clr *c, uint64_t mt, uint64_t base);

/* Where a field stands in an object, counted from the object's start (statics: see da_clr_static). */
struct da_clr_slot {
	uint32_t offset;
	uint8_t type;            /* ELEMENT_TYPE_… */
};
/* Of the type or its parents; cached by type and name. DA_NOT_FOUND. */
enum da_status da_clr_slot(struct da_clr *c, uint64_t mt, const char *field, struct da_clr_slot *ret);
/* The i-th (from 0) instance field that the type itself declares. DA_NOT_FOUND: there are fewer. */
struct da_clr_declared {
	const char *name;        /* as metadata spells it; NULL: not readable */
	const char *value_type;  /* "System.Guid" of a structure in place, where it is no generic one; or NULL */
	struct da_clr_slot slot;
};
enum da_status da_clr_declared(struct da_clr *c, uint64_t mt, uint32_t i, struct da_clr_declared *ret);
/* The address of a static field's value. */
enum da_status da_clr_static(struct da_clr *c, uint64_t mt, const char *field, uint64_t *ret);

enum da_clr_method_kind { DA_CLR_METHOD_IL, DA_CLR_METHOD_FCALL, DA_CLR_METHOD_PINVOKE, DA_CLR_METHOD_EEIMPL,
			  DA_CLR_METHOD_ARRAY, DA_CLR_METHOD_INSTANTIATED, DA_CLR_METHOD_COM, DA_CLR_METHOD_DYNAMIC };
struct da_clr_method {
	uint64_t desc, mt;
	uint32_t token;          /* 0: made at run time */
	uint8_t kind;
	bool il_stub, lcg;       /* of DYNAMIC */
	bool hidden;             /* a thunk, a stub, or marked as StackTraceHidden */
	bool thunk;              /* 11: between the task-returning and the async form; no body in metadata */
	struct da_clr_module *module; /* or NULL */
	const char *raw;         /* "Shop.Order+<PlaceAsync>d__5.MoveNext", types with their arguments */
	const char *name;        /* as a person writes it */
};
/* NULL: not a MethodDesc, or its pages are missing. Cached. */
const struct da_clr_method *da_clr_method(struct da_clr *c, uint64_t desc);
/* A person's form of a method's raw type and method name: names.c; from text alone. */
const char *da_clr_friendly(struct da_arena *a, const char *type, const char *method, const char *arguments);

/* ---------------------------------------------------------------- lines.c, places.c */

/* The IL offset of a native offset of the method; -1 inside a prolog is 0. DA_NOT_FOUND: no map. */
enum da_status da_clr_il_offset(struct da_clr *c, const struct da_clr_code *code, uint32_t native, int32_t *ret_il,
				bool *ret_approx);
/*
 * What was inlined there, outermost first, [0] the method itself: only where the process was told to keep it
 * (DOTNET_RichDebugInfo). 0: nothing says.
 */
unsigned da_clr_inlines(struct da_clr *c, const struct da_clr_code *code, uint32_t native, struct clr_inline *ret,
			unsigned max);
const struct da_place *da_clr_place(struct da_clr *c, uint64_t pc, bool caller);
/* A place of a method that is not at an address that code_at knows (stack traces of exceptions). */
const struct da_place *da_clr_method_place(struct da_clr *c, uint64_t desc, uint64_t pc, bool caller);

/* ---------------------------------------------------------------- objects.c */

/* The type of an object: its MethodTable without mark bits; 0: not readable or no object. */
uint64_t da_clr_object_mt(struct da_clr *c, uint64_t object);
/* The header word in front of an object: thin lock, hash code or index of its sync block. */
enum da_status da_clr_object_header(struct da_clr *c, uint64_t object, uint32_t *ret);
/*
 * Fields by name. A reference (or pointer); a number of at most 4 bytes, sign-extended as its type asks;
 * the address of a field's value. DA_UNSUPPORTED: a field of that name, but of another type.
 */
enum da_status da_clr_object_ptr(struct da_clr *c, uint64_t object, const char *field, uint64_t *ret);
enum da_status da_clr_object_u32(struct da_clr *c, uint64_t object, const char *field, uint32_t *ret);
enum da_status da_clr_object_at(struct da_clr *c, uint64_t object, const char *field, uint64_t *ret_address,
				uint8_t *ret_type);
/* The same, and where the metadata is missing by the layout's own word for that field. */
enum da_status da_clr_field_ptr(struct da_clr *c, uint64_t object, const char *field, enum da_clr_field known,
				uint64_t *ret);
enum da_status da_clr_field_u32(struct da_clr *c, uint64_t object, const char *field, enum da_clr_field known,
				uint32_t *ret);
/*
 * A System.String as UTF-8, at most max characters ("…" at the end: it is longer, or the dump holds no
 * more of it); NULL: none, not readable, or wiped.
 */
const char *da_clr_string(struct da_clr *c, uint64_t object, unsigned max);
/* createdump of type triage overwrites text with 0xcc: is this a string, and all of it so? */
bool da_clr_string_wiped(struct da_clr *c, uint64_t object);
/* Number of elements and address of the first. */
enum da_status da_clr_array(struct da_clr *c, uint64_t object, uint32_t *ret_n, uint64_t *ret_first);
/* An object whose type is, or derives from, this type of CoreLib by its full name. */
bool da_clr_object_is(struct da_clr *c, uint64_t object, const char *type);
/* The managed id that a managed Thread object says; 0: not readable. */
uint32_t da_clr_managed_id(struct da_clr *c, uint64_t thread_object);
/* What an object handle refers to; 0: nothing, not readable. */
uint64_t da_clr_handle(struct da_clr *c, uint64_t handle);
#define DA_CLR_HEAPS_MAX 4096u /* of the server's collector: one a processor */
/* gcranges.c: does the address lie where the collector keeps objects? Only if that is known. */
bool da_clr_heap_known(struct da_clr *c);
bool da_clr_in_heap(struct da_clr *c, uint64_t object);
/* How much of it they take up; false: not known. */
bool da_clr_heap_used(struct da_clr *c, uint64_t *ret);

/* heap_limit.c: fills heap of proc.runtimes. */
void da_clr_heap_limit(struct da_clr *c);

/* profiler.c: does a profiler run in the process? Fills profiler… of proc.runtimes. */
void da_clr_profiler(struct da_clr *c);

/* threadpool.c: fills threadpool of proc.runtimes. After da_clr_thread_names. */
void da_clr_threadpool(struct da_clr *c);
void da_clr_exceptions(struct da_clr *c);
void da_clr_fail_fast(struct da_clr *c); /* after exceptions */
void da_clr_monitors(struct da_clr *c);
void da_clr_thread_names(struct da_clr *c);
void da_clr_roles(struct da_clr *c);
void da_clr_helper_threads(struct da_clr *c); /* after roles */

#endif
