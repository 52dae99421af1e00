/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: how a layout comes to be; private to target.c, recognise.c, describe.c, descriptor.c, builds.c,
 * dactable.c, exports.c, search.c, version.c, probe.c and checks.c.
 *
 * A layout is put together from sources, the surest first; each fills only what is still unknown:
 * the contract descriptor in the dump, the text of the same build in descriptors/, g_dacTable (the
 * runtime's own table of addresses for debuggers), the overlay layouts/SYSTEM-CPU-MAJOR.json and its
 * baselines; variables that nothing tells are searched for. Then checks.c holds what it says against the
 * memory: a layout that contradicts itself is dropped for the next candidate.
 */
#ifndef DA_RUNTIME_CORECLR_TARGET_H
#define DA_RUNTIME_CORECLR_TARGET_H

#include "runtime/coreclr/coreclr.h"

/* ---- embedded files, sorted by name */

struct da_clr_file {
	const char *name;
	const unsigned char *bytes;
	size_t n;
};
extern const struct da_clr_file da_clr_files[];
extern const size_t da_clr_files_n;
struct da_bytes da_clr_file(const char *name); /* n 0: there is none */

/* ---- builds.c: released builds. Rows of GC descriptors have a '#' in `file`. */

struct da_clr_builds {
	DA_VEC(struct da_clr_build) v;
};
const struct da_clr_builds *da_clr_builds(struct da_arena *a);
/* How builds.tsv spells a module's identity; NULL: unknown. */
const char *da_clr_identity(struct da_arena *a, const struct da_module *m);
/* The row of this id, without '#' (gc false), or the one with '#' at this RVA (gc true). */
const struct da_clr_build *da_clr_build_of(const struct da_clr_builds *b, const char *id, bool gc, uint32_t rva);

/* ---- exports.c: an exported symbol by name, from the dump's memory */

enum da_status da_clr_export(struct da_clr *c, const char *name, uint64_t *ret, uint64_t *ret_size);
/* The same, and no file is looked for where the dump lacks the tables: for modules that are seldom one of ours. */
enum da_status da_clr_export_in_memory(const struct da_clr *c, const char *name, uint64_t *ret, uint64_t *ret_size);
/* The data of an RT_RCDATA resource by its name in capitals: its address. DA_NOT_FOUND. */
enum da_status da_clr_resource(const struct da_clr *c, const char *name, uint64_t *ret);
/* The end of the image by its program headers or PE header; c->end stays where they are missing. */
void da_clr_image_end(struct da_clr *c);
/* The first place in the image's writable memory, from this address on, that holds these bytes; 0: none. */
uint64_t da_clr_scan(const struct da_clr *c, uint64_t from, const void *pattern, size_t len, size_t align);

/* ---- descriptor.c */

struct da_clr_source {
	struct da_bytes json;
	uint64_t *pointers; /* addresses of variables by index; NULL: not known */
	uint32_t npointers;
	bool cut;           /* the header was there, the text was not */
	uint32_t size;      /* of the text by the header */
};
struct da_clr_merged {
	uint64_t format;            /* version of the JSON: 0 in 9 and 10, 2 in 11 */
	bool aot;                   /* RuntimeFlavor says NativeAot */
	const char *version;        /* RuntimeProductVersionString, or NULL */
	const char *sub_name[4];
	uint64_t sub_pointer[4];    /* the address of the variable that holds the sub-descriptor's address */
	unsigned nsub;
	unsigned types, globals;    /* in the text */
	const char *baseline;       /* "empty" is NULL */
	bool has_verified, verified;
};
/* Header, pointers and text at an address. DA_PARTIAL: all but the text (cut). */
enum da_status da_clr_descriptor_at(struct da_clr *c, uint64_t address, struct da_clr_source *ret);
/* The text of a build's row, its pointers at `base`. */
enum da_status da_clr_descriptor_of(struct da_clr *c, const struct da_clr_build *b, uint64_t base,
				    struct da_clr_source *ret);
/* Fill what is unknown in l. *ret is filled on every return but DA_CORRUPT. */
enum da_status da_clr_merge(struct da_arena *a, struct da_clr_layout *l, const struct da_clr_source *s,
			    struct da_clr_merged *ret);
void da_clr_layout_init(struct da_clr_layout *l);
/* Merge layouts/NAME.json and its baselines. DA_NOT_FOUND. *ret_verified: what the first of them says. */
enum da_status da_clr_overlay(struct da_arena *a, struct da_clr_layout *l, const char *name, bool *ret_verified);

/* ---- dactable.c */

struct da_clr_dactable {
	uint64_t address;
	uint32_t count;
	bool rva32;        /* entries are u32 RVAs (6.0) */
	const uint32_t *rvas; /* what the table holds, where the dump lacks it; else NULL */
	const char *how;   /* "its export", … */
};
/* A column of dactable.tsv and how far entries behind its servicing entry are moved. */
struct da_clr_column {
	unsigned index;    /* DA_NONE: none */
	unsigned major, count;
	int shift;
};
/* Columns for this system and major version, the nearest count first; n at most max. */
unsigned da_clr_columns(bool windows, unsigned major, uint32_t count, struct da_clr_column *ret, unsigned max);
enum da_status da_clr_dactable_entry(const struct da_clr *c, const struct da_clr_dactable *t, uint32_t i,
				     uint64_t *ret);
/* Fill unknown globals, and vtables of frames up to 9. */
void da_clr_dactable_apply(struct da_clr *c, struct da_clr_layout *l, const struct da_clr_dactable *t,
			   const struct da_clr_column *col);
/* In writable memory of the image: a long run of addresses that lie in the image. */
enum da_status da_clr_dactable_search(struct da_clr *c, struct da_clr_dactable *ret);
/* GCHeap… and the like from GcDacVars, where no descriptor says them. */
void da_clr_gc_vars(struct da_clr *c, struct da_clr_layout *l);

/* ---- search.c: variables by what they point to. False: not even the threads were found. */
bool da_clr_search(struct da_clr *c);

/* ---- version.c */

/* "@(#)Version 8.0.3126.…" in the image's memory, the path, the PE resource. False: nothing. */
bool da_clr_version(struct da_clr *c, const struct da_clr_build *own);
/* "11.0.0" into c. */
bool da_clr_version_text(struct da_clr *c, const char *version);

/* ---- threads.c */

struct da_clr_list {
	DA_VEC(uint64_t) v;      /* Threads */
	unsigned ours, strangers; /* whose system thread is, is not in the dump, though it should be */
};
/* DA_FAULT: not in the dump, or no layout; DA_CORRUPT: it leads nowhere; DA_PARTIAL: it breaks off. */
enum da_status da_clr_thread_list(struct da_clr *c, struct da_arena *a, struct da_clr_list *ret);

/* ---- probe.c */

/* Offsets that differ most between builds, where no layout has them or what stands there is something else. */
void da_clr_probe(struct da_clr *c);

/* ---- checks.c */

struct da_clr_checks {
	unsigned passed, failed;
	const char *failure;  /* of the first failed one, or NULL */
};
void da_clr_check(struct da_clr *c, struct da_clr_checks *ret);
/* Of String's MethodTable: header, type, length and the NUL. */
static inline uint32_t da_clr_string_base(const struct da_clr *c)
{
	return 2 * c->mem->word + 6;
}

/* ---- what the files below hand to each other */

/* What is known before a layout is chosen. */
struct da_clr_found {
	const char *id;                 /* as builds.tsv spells it, or NULL */
	const struct da_clr_builds *builds;
	const struct da_clr_build *own; /* the row of exactly this build, or NULL */
	struct da_clr_source dump;      /* the descriptor of the dump */
	bool in_dump, from_row;
	struct da_clr_merged merged;    /* of the descriptor that was taken */
	bool createdump;                /* its page is there */
	uint64_t page_base;             /* the runtime's address by that page, or 0 */
	struct da_clr_dactable table;   /* address 0: not found */
	bool bundle;                    /* the program's own place for the offset of its bundle is filled */
};

/* One try. */
struct da_clr_choice {
	struct da_clr_layout layout;
	struct da_clr_checks checks;
	struct da_clr_column column;
	unsigned major;
	bool verified, searched; /* searched: variables by what they point to */
};

/* ---- recognise.c */

/* Asked of every module of the process, before anything is taken for it. */
bool da_clr_may_be_one(const struct da_dump *d, uint32_t module);
/* createdump's own page. */
void da_clr_read_page(struct da_clr *c, struct da_clr_found *f);
/* Fills base, end, single_file, and f->id, f->own. False: it is no CoreCLR. */
bool da_clr_recognise(struct da_clr *c, struct da_clr_found *f);
void da_clr_find_descriptor(struct da_clr *c, struct da_clr_found *f);
void da_clr_find_table(struct da_clr *c, struct da_clr_found *f);

/* ---- describe.c: the runtime's row of the model */
/* What is known of its garbage collector. */
void da_clr_describe_gc(struct da_clr *c, struct da_runtime *r);
void da_clr_describe(struct da_clr *c, const struct da_clr_found *f, const struct da_clr_choice *h);

#endif
