/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to loader/: files of /proc that lie beside a Linux core, as PID.NAME or PID/NAME. All are text. Formats by
 * proc(5) and the kernel's Documentation/filesystems/proc.rst:
 *
 *	fd      what `ls -l /proc/PID/fd` printed
 *	status  "Key:<tab>value" in each line; sizes in kB
 *	maps    "start-end perms offset dev inode   path" (core_maps.c)
 *	stack   kernel stacks, "[<0>] function+0xoff/0xlen" in each line, innermost first. Of several threads, each part
 *	        begins with a line that names it: "==> /proc/PID/task/TID/stack <==", as head and tail write it, or
 *	        "== TID". Parts may also be of status and comm; what has another name is passed over. Without such a line
 *	        it is the stack of the first thread, /proc/PID/stack.
 */
#ifndef DA_LOADER_SIDEFILE_H
#define DA_LOADER_SIDEFILE_H

#include "loader/loader.h"

/* PID.what beside the dump, or PID/what there; false: neither. *ret_name is how it is called in the report. */
bool da_beside(struct da_dump *d, const char *what, struct da_bytes *ret, const char **ret_name);

/* The next line without its end (nor a CR before it); false: no more. */
bool da_beside_line(struct da_bytes *rest, struct da_bytes *ret);
/* What follows `key` at the start of the line, without blanks around; false: it starts otherwise. */
bool da_beside_value(struct da_bytes line, const char *key, struct da_bytes *ret);
/* A number in this base (10 or 16) at the start, and what is behind it; false: none, or above 64 bits. */
bool da_beside_number(struct da_bytes *rest, unsigned base, uint64_t *ret);
bool da_beside_starts(struct da_bytes b, const char *text);

/* Of the bytes of each file, for da_load_beside and for tests. */
void da_read_descriptors(struct da_dump *d, struct da_bytes b, const char *name);
void da_read_kernel_status(struct da_dump *d, struct da_bytes b, const char *name);
void da_read_kernel_stacks(struct da_dump *d, struct da_bytes b, const char *name);
/* One line of a status file. */
void da_status_line(struct da_arena *a, struct da_kernel_status *s, struct da_bytes line);

#endif
