/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of Breakpad's .sym files: the index (breakpad.c), frames (breakpad_stack.c). */
#ifndef DA_IMAGE_BREAKPAD_H
#define DA_IMAGE_BREAKPAD_H

#include "image/symfile_private.h"

/* A line of the file that covers [addr, addr + size); at: the offset of its first field. */
struct bp_entry {
	uint64_t at;
	uint32_t addr, size;
};
struct bp_table {
	DA_VEC(struct bp_entry) e;
	bool unsorted;
};

struct breakpad {
	struct da_symfile base;
	const struct da_arch *arch; /* or NULL: not one that we walk */
	bool indexed;
	struct bp_table funcs, publics, win_data, win_fpo, cfi;
	struct bp_table files, origins; /* addr is their number */
	struct da_map rows;             /* CFI rows by the RVA where they begin */
};

static inline struct breakpad *breakpad_of(struct da_symfile *f)
{
	return (struct breakpad *)(void *)f;
}

void bp_index(struct breakpad *b);
/* The entry that contains the address, the innermost of several; or NULL. */
const struct bp_entry *bp_find(const struct bp_table *t, uint32_t addr);

/* ---- fields of a line, separated by spaces */

struct bp_line {
	const uint8_t *p, *end;
	bool failed;
};
/* The line at an offset, without its end; *ret_next is where the next one begins. */
struct bp_line bp_line(const struct breakpad *b, uint64_t at, uint64_t *ret_next);
bool bp_word(struct bp_line *l, const char *word); /* is it the next field? Then it is taken */
uint32_t bp_hex(struct bp_line *l);
uint32_t bp_decimal(struct bp_line *l);
/* The rest of the line; NULL: nothing is left. */
const char *bp_rest(struct bp_line *l, struct da_arena *a);

/* ---- breakpad_stack.c */

enum da_status bp_frame(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_frame_data *ret);
enum da_status bp_cfi(struct da_symfile *f, uint32_t rva, const struct da_cfi_row **ret);

#endif
