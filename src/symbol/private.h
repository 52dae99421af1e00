/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of symbol/ share; nobody else includes it. */
#ifndef DA_SYMBOL_PRIVATE_H
#define DA_SYMBOL_PRIVATE_H

#include "symbol/symbol.h"

/* Files of one module, opened when first needed. */
struct da_files {
	struct da_image *main;   /* the file with the code, or the vdso's pages */
	const char *path;        /* where it was found, or NULL */
	struct da_image *debug;  /* separate debug information */
	const char *debug_path;
	struct da_image *memory; /* rebuilt from the dump */
	struct da_symfile *symfile; /* PDB or Breakpad's */
	const char *symfile_path;
	bool symfile_tried;
	bool debug_tried, memory_tried, main_fetched, finders_set;
	/* A file that stands at the right place and is another build. */
	const char *mismatch;    /* its path */
	const char *mismatch_id; /* hex, or NULL: it has none */
	unsigned frames, unnamed, unlined; /* counted by da_symbols_run */
	unsigned uncoded; /* frames whose code is neither in the dump nor in a file */
};

/* A file of a folder that the user named. */
struct da_scanned {
	const uint8_t *id;
	unsigned len;
	const char *path;
};

/* An assembly or portable PDB of such a folder. */
struct da_managed_entry {
	const char *path;
	size_t next; /* index + 1 of the next one of this name, 0 none */
};

struct da_symbols {
	struct da_dump *d;
	const struct da_symbol_options *o;
	struct da_files *files; /* one a module */
	size_t nfiles;
	struct da_map places;   /* the address that is looked up (pc, or pc - 1 of a caller) to struct da_place */
	struct da_place nowhere; /* outside all modules */
	bool scan_done;
	DA_VEC(struct da_scanned) scanned;
	bool managed_done;       /* managed.c: assemblies and their PDBs there, by name */
	DA_VEC(struct da_managed_entry) managed;
	struct da_map managed_first; /* hash of the name in lower case to an index + 1 */
	bool debuginfod_silent;  /* it did not answer once: not asked again */
	bool no_fetch;           /* of modules without frames nobody asks names */
};

/*
 * Work on a module: NULL when it is in quarantine or there is none. What the watch showed before is
 * put back by da_files_leave, as a look-up happens in the middle of work on a thread.
 */
struct da_watch_mark {
	uint32_t kind;
	uint64_t item;
};
struct da_files *da_files_enter(struct da_symbols *s, uint32_t module, struct da_watch_mark *ret);
void da_files_leave(struct da_symbols *s, const struct da_watch_mark *mark);

/* The image rebuilt from memory, or NULL. Between enter and leave, as the next. */
struct da_image *da_files_memory(struct da_symbols *s, uint32_t module);
/* The file with the code; fetched now if it is nowhere here and a server was named. Or NULL. */
struct da_image *da_files_main(struct da_symbols *s, uint32_t module);
/* Separate debug information, searched once; or NULL. */
struct da_image *da_files_debug(struct da_symbols *s, uint32_t module);
/* Where the debug information of one of the two is allowed to find its other files. */
void da_files_set_finder(struct da_symbols *s, uint32_t module, struct da_image *im);

/* ---- store.c */

/* The PDB or .sym file of a module, searched once; or NULL. Between enter and leave. */
struct da_symfile *da_files_symfile(struct da_symbols *s, uint32_t module);

/* ---- paths.c: which places are looked at */

/* A path to try. local: this machine's own file system. Stop by returning true. */
typedef bool da_try_fn(void *ctx, const char *path, bool local);
/* The file with the code of a module, and its debug file; `link` is .gnu_debuglink's name or NULL. */
bool da_paths_main(struct da_symbols *s, uint32_t module, da_try_fn *fn, void *ctx);
bool da_paths_debug(struct da_symbols *s, uint32_t module, const char *link, da_try_fn *fn, void *ctx);
/* A dwz or .dwo file that a file at `from` calls `name`; id NULL: by name only. */
bool da_paths_extra(struct da_symbols *s, const char *from, const char *name, const uint8_t *id,
		    unsigned len, da_try_fn *fn, void *ctx);
/* scan.c: each file in the folders of --symbols, and below them. */
typedef void da_scan_fn(struct da_symbols *s, const char *path);
void da_scan_folders(struct da_symbols *s, da_scan_fn *fn);
/* What stands for a build-id of an image of Windows: shorter than any of ELF. */
enum { DA_SCAN_PE_ID = 8 };
void da_scan_pe_id(uint32_t timestamp, uint32_t size, uint8_t ret[DA_SCAN_PE_ID]);
/* scan.c: files in the folders of --symbols that have this build-id, whatever their names. */
bool da_scanned_try(struct da_symbols *s, const uint8_t *id, unsigned len, da_try_fn *fn, void *ctx);

/* paths.c: absolute, no step up, nothing that is no real file. */
bool da_path_usable(const char *path);

/* ---- debuginfod.c */

/* Ask the server that the user named, once a file; the path of the file, or NULL. */
const char *da_debuginfod_find(struct da_symbols *s, const uint8_t *id, unsigned len, bool executable);

/* ---- class.c */

enum da_module_class da_module_class_of(const struct da_module *m);

/* ---- collect_windows.c */

/* A PowerShell script for the host of a Windows process that packs exactly d->missing_files. */
const char *da_symbols_collect_windows(struct da_symbols *s);

/* ---- missing_managed.c: rows of assemblies and their PDBs */

void da_missing_managed(struct da_symbols *s);

/* ---- missing.c */

/* Fill missing_why of all modules from what was found and what the frames lack. */
void da_missing_judge(struct da_symbols *s);

#endif
