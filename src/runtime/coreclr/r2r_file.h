/* SPDX-License-Identifier: Apache-2.0 */
/*
 * r2r_file: compiled code of assemblies by the tables of their own file, where the runtime's are not in the
 * dump: which method begins at which RUNTIME_FUNCTION, and what of the image the process never writes.
 *
 * An image holds the code of one assembly, or (composite) that of many: then it is no assembly itself, its
 * header is the export RTR_HEADER, and each component has method tables of its own.
 *
 * Source: dotnet/runtime docs/design/coreclr/botr/readytorun-format.md, and images of 8.0 to 11.0.
 */
#ifndef DA_CORECLR_R2R_FILE_H
#define DA_CORECLR_R2R_FILE_H

#include "image/pe.h"
#include "runtime/coreclr/coreclr.h"

/*
 * An image of a file (its bytes, as in the file), loaded at base: its constants stand in for missing pages,
 * and its methods are known from now on. Nothing happens for an image without compiled code.
 */
void da_clr_r2r_add(struct da_clr *c, struct da_bytes image, uint64_t base);
/*
 * Is this the compiled code that the runtime holds methods of? Where each of those begins, a function of the file
 * begins, and there are as many functions. Only where ReadyToRunInfo is in the dump.
 */
enum da_clr_r2r_same { DA_CLR_R2R_UNKNOWN, DA_CLR_R2R_SAME, DA_CLR_R2R_OTHER };
enum da_clr_r2r_same da_clr_r2r_compare(struct da_clr *c, struct da_bytes image, uint64_t base, uint64_t module);
/*
 * The same of a composite image: also the ids of its components are those of assemblies of the process. info: the
 * ReadyToRunInfo of the whole, or 0. Unknown: nothing contradicts, but not both were at hand. Other: also where
 * this is no composite image.
 */
enum da_clr_r2r_same da_clr_r2r_compare_composite(struct da_clr *c, struct da_bytes image, uint64_t base, uint64_t info);
/* The method whose code holds pc, by these files, and *ret_code; NULL: none. Its desc is 0. */
const struct da_clr_method *da_clr_r2r_method(struct da_clr *c, uint64_t pc, struct da_clr_code *ret_code);
/* Where such an image and its RUNTIME_FUNCTIONs stand. False: no file of it was added. */
bool da_clr_r2r_functions(const struct da_clr *c, uint64_t pc, uint64_t *ret_base, uint64_t *ret_table, uint32_t *ret_n);

#endif
