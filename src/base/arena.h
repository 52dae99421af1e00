/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: memory with one owner and one end.
 *
 * Everything of a dump lives in the dump's arena, everything of a document in the document's. An
 * arena gives memory zeroed and aligned to 16, and gives all of it back at once. Not for use by two
 * threads at a time.
 *
 * An allocation that fails does not return: da_out_of_memory() ends the process by abort(). A stage
 * of the report runs in a process of its own (app/stage.h) and the report goes on without what that
 * stage was working on, so a check after each of a thousand calls would only add untested code.
 */
#ifndef DA_BASE_ARENA_H
#define DA_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct da_arena;

struct da_arena *da_arena_new(void);
void da_arena_free(struct da_arena *a); /* NULL is allowed */
void da_arena_freep(struct da_arena **a); /* for DA_CLEANUP */

/* Zeroed memory, aligned to 16; never NULL, also for size 0. */
void *da_alloc(struct da_arena *a, size_t size);
/* The same for an array; a product that overflows is out of memory. */
void *da_calloc(struct da_arena *a, size_t n, size_t size);
void *da_memdup(struct da_arena *a, const void *p, size_t n);
char *da_strdup(struct da_arena *a, const char *s);
char *da_strndup(struct da_arena *a, const char *s, size_t n);
char *da_printf(struct da_arena *a, const char *fmt, ...) DA_PRINTF(2, 3);
char *da_vprintf(struct da_arena *a, const char *fmt, va_list ap) DA_PRINTF(2, 0);

/* Call fn(ptr) when the arena ends, in reverse order: for handles of foreign libraries, mappings. */
void da_arena_on_free(struct da_arena *a, void (*fn)(void *ptr), void *ptr);
/* Bytes taken from the system so far: tests hold what headers promise of memory against it. */
size_t da_arena_bytes(const struct da_arena *a);

#define da_new(arena, type) ((type *)da_alloc((arena), sizeof(type)))

/* malloc and friends that never return NULL; the caller frees. */
void *da_xmalloc(size_t size);
void *da_xrealloc(void *p, size_t size);
void da_out_of_memory(size_t size) __attribute__((noreturn));
/* Called by da_out_of_memory() before it aborts, to leave a word for those who wait. */
extern void (*da_out_of_memory_hook)(void);

#endif
