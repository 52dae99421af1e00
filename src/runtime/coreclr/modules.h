/* SPDX-License-Identifier: Apache-2.0 */
/* What modules.c and module_files.c share; private to them. */
#ifndef DA_CORECLR_MODULES_H
#define DA_CORECLR_MODULES_H

#include "runtime/coreclr/types.h"

/* Where an assembly's bytes are, as the runtime kept it. 0 and NULL: unknown. */
struct da_clr_image_source {
	uint64_t assembly, pe_assembly;
	const char *path;                  /* of the image; also of one in a bundle, where no file has it */
	uint64_t base[3], size[3];         /* where it may stand: as loaded, flat, by the Module */
	bool in_bundle;
	uint64_t bundle_off, bundle_size;  /* in the program's file; of the unpacked one is the size below */
	uint64_t bundle_unpacked;          /* 0: stored as it is */
};

/*
 * Metadata from a file that is this image: of a bundle, of --symbols, sysroot, this machine. Then its bytes
 * also stand in for those pages of its mapping that the dump lacks. Looked for once.
 */
void da_clr_module_from_file(struct da_clr *c, struct da_clr_module *m);
/* Bytes of a file at hand for pages that the dump lacks of its mapping `name`, loaded by sections at base (0: unknown). */
void da_clr_lay_file(struct da_clr *c, const char *name, struct da_bytes file, uint64_t base);
/* composite.c: images that hold the code of several assemblies, each from its file. After the assemblies. */
void da_clr_composites_read(struct da_clr *c);
/* emitted.c: of an assembly that was made at run time; NULL: it is another, or its tables are not in the dump. */
struct da_metadata *da_clr_emitted_metadata(struct da_clr *c, uint64_t pe_assembly);
/* One more assembly, with all that can be read of it; address 0: its Module is not in the dump. NULL: too many. */
struct da_clr_module *da_clr_module_add(struct da_clr *c, uint64_t address, const struct da_clr_image_source *s);
/* A single-file program of which the dump holds nothing of the runtime: its assemblies that are mapped. */
void da_clr_modules_from_bundle(struct da_clr *c);
/* Which PDB the image names, into the model. */
void da_clr_module_describe_pdb(struct da_clr *c, const struct da_clr_module *m);
/* enum da_module_class of an assembly by its name: what .NET itself ships is nobody's own. */
uint8_t da_clr_assembly_class(const char *name);
/* The last part of a path of either system. */
const char *da_clr_base_name(const char *path);

#endif
