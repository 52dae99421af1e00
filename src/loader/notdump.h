/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that no loader wants, in one clause with advice. Only ever a hint for people. */
#ifndef DA_LOADER_NOTDUMP_H
#define DA_LOADER_NOTDUMP_H

#include "base/base.h"

/* "is not a process dump (looks like text)"; the subject is the file's name, set before it. */
const char *da_not_a_dump(struct da_arena *a, struct da_bytes file, const char *name);

#endif
