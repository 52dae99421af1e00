/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portable_pdb: source lines of managed methods. A file of its own beside the assembly, or packed inside it.
 *
 * Source: "Portable PDB v1.0 format specification" (dotnet/runtime, docs/design/specs/PortablePdb-Metadata.md).
 */
#ifndef DA_IMAGE_PORTABLE_PDB_H
#define DA_IMAGE_PORTABLE_PDB_H

#include "image/metadata.h"

struct da_portable_pdb;

/* Bytes must outlive it. DA_NOT_FOUND: something else (a Windows PDB starts with "Microsoft C/C++"); DA_CORRUPT. */
enum da_status da_portable_pdb_open(struct da_arena *a, struct da_bytes bytes, struct da_portable_pdb **ret) DA_MUST_CHECK;
/* Inflate the packed one of an image; at most max bytes. */
enum da_status da_portable_pdb_unpack(struct da_arena *a, struct da_bytes packed, uint32_t size, uint64_t max,
				      struct da_bytes *ret);
/* Its id: 16 bytes as the GUID of the image's CodeView entry (text byte order) and 4 as its time stamp. */
void da_portable_pdb_id(const struct da_portable_pdb *p, uint8_t ret_guid[16], uint32_t *ret_stamp);

/*
 * The source of an IL offset of a method (rid of MethodDef): the last visible point at or before it.
 * *ret_approx: the point itself is hidden. DA_NOT_FOUND: no lines; DA_CORRUPT.
 */
enum da_status da_portable_pdb_line(struct da_portable_pdb *p, uint32_t method, uint32_t il, const char **ret_file,
				    uint32_t *ret_line, bool *ret_approx);
/* The method that a state machine's MoveNext was made from (rids of MethodDef), 0 none. */
uint32_t da_portable_pdb_kickoff(struct da_portable_pdb *p, uint32_t move_next);

#endif
