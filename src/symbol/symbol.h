/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbol: which files belong to this process, and what stands at an address.
 *
 * Files are found in this order, and how each was matched is kept in the module: directories that the
 * user named, then the path on this machine, which counts only if the build-id is the same, then what
 * debuginfod fetched before. Bytes in the dump go before those of any file, and an image is rebuilt from
 * them where no file is found. A file with another build-id is refused and told in the ledger. Nothing is
 * fetched unless a debuginfod server was given. Every file that libdw would open by itself (dwz,
 * .dwo) is found here too and checked first.
 */
#ifndef DA_SYMBOL_SYMBOL_H
#define DA_SYMBOL_SYMBOL_H

#include "image/image.h"
#include "image/symfile.h"
#include "image/pe.h"
#include "model/model.h"

struct da_symbols;

struct da_symbol_options {
	const char *const *dirs;     /* --symbols, in order */
	size_t ndirs;
	const char *sysroot;         /* --sysroot or NULL: paths of the process below it */
	bool no_local;               /* --no-local-symbols: this machine's own files are not looked at */
	const char *nt_symbol_path;  /* _NT_SYMBOL_PATH, or NULL: its folders are looked into for PDB files */
	const char *debuginfod_cache; /* what was fetched before (by build-id), or NULL */
	/* Told each file that was looked for, and what came of it (a constant, or in the dump's arena); or NULL. */
	void (*tried)(const char *module, const char *path, const char *result);
	bool debuginfod;             /* fetch: app/ has set DEBUGINFOD_URLS, the library's only setting */
};

/* Lives in the dump's arena. The options' strings must outlive it. */
struct da_symbols *da_symbols_new(struct da_dump *d, const struct da_symbol_options *o);

/*
 * Match files to modules: fills match, file_bytes, class, missing_why, build_id where a file on disk is
 * the only one to tell, and puts overlays (code pages that the dump lacks) into the memory.
 * One module is one item of the watch. Cheap: debug information is opened when first asked for.
 */
void da_symbols_find(struct da_symbols *s);

/* What stands at pc; for a return address give caller = true (pc - 1 is looked up). Never NULL. */
const struct da_place *da_symbols_place(struct da_symbols *s, uint64_t pc, bool caller);
/*
 * Fill frame->place of all threads where it is not known yet, modules' symbols, symbol_file and missing_why, and
 * d->missing_files (by frames that lack names, then name).
 */
void da_symbols_run(struct da_symbols *s);

/* The unwind row for pc, in process addresses' module bias *ret_bias. */
enum da_status da_symbols_cfi(struct da_symbols *s, uint64_t pc, const struct da_cfi_row **ret,
			      uint64_t *ret_bias);
/* The headers of the Windows image at pc, from its file or the dump, and its base; or NULL. */
const struct da_pe *da_symbols_pe(struct da_symbols *s, uint64_t pc, uint64_t *ret_base);
/* x86: how the function at pc keeps its frame, from a symbol file; its RVAs count from *ret_base. */
enum da_status da_symbols_frame(struct da_symbols *s, uint64_t pc, struct da_frame_data *ret,
				uint64_t *ret_base);
/* Is the address inside a function that some table knows? Cheaper than da_symbols_place. */
bool da_symbols_in_function(struct da_symbols *s, uint64_t pc);
/* Address of a defined symbol of a module (.dynsym, .symtab), in the process. */
enum da_status da_symbols_named(struct da_symbols *s, uint32_t module, const char *name, uint64_t *ret,
				uint64_t *ret_size);
/* A member of a class by a module's debug information (see da_image_member). */
enum da_status da_symbols_member(struct da_symbols *s, uint32_t module, const char *class, const char *member,
				 struct da_member *ret);
/* The variable that holds this address, as a person writes it; NULL: none is known. *ret_offset: from its beginning. */
const char *da_symbols_variable(struct da_symbols *s, uint64_t addr, uint64_t *ret_offset);
/* The symbol of data exactly at this address whose name begins so, as the table spells it; NULL: none. */
const char *da_symbols_label(struct da_symbols *s, uint64_t addr, const char *prefix);
/* A module by the beginning of its base name ("libc.so.6", "libstdc++.so."), or DA_NONE. */
uint32_t da_symbols_module(const struct da_symbols *s, const char *prefix);

/*
 * Managed files: assemblies and portable PDBs, which no build-id names. fn is given each file of that name
 * until it takes one (returns true): it alone can tell whether the file belongs to the process. Looked at
 * are: folders that the user named (as they are, in a symbol store's layout, then everything below them),
 * the path below the sysroot, the path on this machine (local).
 */
struct da_managed_wanted {
	const char *name;     /* base name: "Shop.dll" */
	const char *path;     /* as the process knew it, in the words of its system; or NULL */
	const char *store;    /* its folder in a store: "Shop.pdb/0123…FFFFFFFF", or NULL */
};
typedef bool da_managed_fn(void *ctx, struct da_bytes bytes, const char *path, bool local);
bool da_symbols_managed(struct da_symbols *s, const struct da_managed_wanted *w, da_managed_fn *fn, void *ctx);
/* The bytes of the file with a module's code, where one was found; *ret_path: which. False: none. */
bool da_symbols_file(const struct da_symbols *s, uint32_t module, struct da_bytes *ret, const char **ret_path);

/* A name as a person reads it; the raw one when it is not mangled or no one can read it. */
const char *da_demangle(struct da_arena *a, const char *raw);

/*
 * A script for the host of the process that packs exactly d->missing_files: for a POSIX shell, or of a
 * Windows process for PowerShell.
 */
const char *da_symbols_collect_script(struct da_symbols *s);

#endif
