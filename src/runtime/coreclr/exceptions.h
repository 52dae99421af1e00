/* SPDX-License-Identifier: Apache-2.0 */
/* exceptions: what the files about exceptions share. */
#ifndef DA_RUNTIME_CORECLR_EXCEPTIONS_H
#define DA_RUNTIME_CORECLR_EXCEPTIONS_H

#include "runtime/coreclr/coreclr.h"

/* Is it System.Exception, or does its type derive from it? */
bool da_clr_is_exception(struct da_clr *c, uint64_t object);
/* Fills e->fields with what its type, and the types that it derives from, keep beside the message. */
void da_clr_exception_fields(struct da_clr *c, struct da_managed_exception *e);
/* exception_own.c: and what this one type of the program's declares, under the names that it has there. */
void da_clr_exception_own(struct da_clr *c, struct da_managed_exception *e, uint64_t mt);

#endif
