/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing arrays in an arena: struct { DA_VEC(struct x) xs; } gives xs.v (items), xs.n, xs.cap.
 * Zero is the empty vector. Growing doubles; the old items stay in the arena until it ends, so
 * pointers into a vector do not survive a push but never dangle.
 */
#ifndef DA_BASE_VEC_H
#define DA_BASE_VEC_H

#include <stddef.h>

struct da_arena;

#define DA_VEC(type)       \
	struct {           \
		type *v;   \
		size_t n;  \
		size_t cap; \
	}

/* Room for so many more, where they are counted: nothing is then copied, nor left behind. */
#define da_vec_reserve(arena, vec, more) \
	((void)((vec)->v = da_vec_room((arena), (vec)->v, (vec)->n, &(vec)->cap, sizeof(*(vec)->v), (more))))

/* Used by the macros only; grow: room for one more. */
void *da_vec_room(struct da_arena *a, void *v, size_t n, size_t *cap, size_t size, size_t more);
void *da_vec_grow(struct da_arena *a, void *v, size_t n, size_t *cap, size_t size);

/* A pointer to a new, zeroed last item. */
#define da_vec_add(arena, vec)                                                                  \
	((vec)->n == (vec)->cap                                                                 \
		 ? (void)((vec)->v = da_vec_grow((arena), (vec)->v, (vec)->n, &(vec)->cap,      \
						 sizeof(*(vec)->v)))                            \
		 : (void)0,                                                                     \
	 __builtin_memset(&(vec)->v[(vec)->n], 0, sizeof(*(vec)->v)), &(vec)->v[(vec)->n++])

#define da_vec_push(arena, vec, item) ((void)(*da_vec_add(arena, vec) = (item)))

#endif
