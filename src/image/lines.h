/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line tables of DWARF 2 to 5, for one look-up or a hundred: the program of a unit is run once, and a
 * note of its state kept every few rows; a look-up runs on from the last note before the address. libdw
 * keeps a row of 48 bytes for each and sorts them, which for a unit of a megabyte takes longer than all
 * else that a report does.
 *
 * What this reader does not know (compressed sections, files that still want relocation, several
 * operations an instruction, forms of the future) it leaves to libdw: da_lines_open() says NULL.
 */
#ifndef DA_IMAGE_LINES_H
#define DA_IMAGE_LINES_H

#include "image/private.h"
#include "image/ranges.h"

struct da_lines;

/* The table at an offset of .debug_line, made once; NULL: see above. */
struct da_lines *da_lines_open(struct da_image *im, uint64_t offset);
/*
 * The row that an address belongs to: the last at or below it in its sequence. False: no sequence has
 * it. ret_file is the number that da_lines_file() takes.
 */
bool da_lines_find(struct da_lines *l, uint64_t addr, uint32_t *ret_file, uint32_t *ret_line);
/*
 * The path of a file by its number in the table, as DW_AT_call_file has it, too; below its directory,
 * which may be relative to the unit's. NULL: no such file.
 */
const char *da_lines_file(struct da_lines *l, uint64_t number);
/* Does a path begin at a root, of either system? */
bool da_path_rooted(const char *path);

#endif
