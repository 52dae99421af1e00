/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/vec.h"

#define ALIGN 16
#define CHUNK_FIRST 4096
#define CHUNK_MAX (1u << 20)

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(ALIGN) unsigned char bytes[];
};

struct on_free {
	struct on_free *next;
	void (*fn)(void *ptr);
	void *ptr;
};

struct da_arena {
	struct chunk *chunks; /* the first is the one with room */
	struct on_free *hooks;
	size_t next_size, total;
};

void (*da_out_of_memory_hook)(void);

void da_out_of_memory(size_t size)
{
	(void)size;
	if (da_out_of_memory_hook)
		da_out_of_memory_hook();
	abort();
}

void *da_xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		da_out_of_memory(size);
	return p;
}

void *da_xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		da_out_of_memory(size);
	return p;
}

struct da_arena *da_arena_new(void)
{
	struct da_arena *a = da_xmalloc(sizeof(*a));

	*a = (struct da_arena){ .next_size = CHUNK_FIRST };
	return a;
}

void da_arena_free(struct da_arena *a)
{
	if (!a)
		return;
	for (struct on_free *h = a->hooks; h; h = h->next)
		h->fn(h->ptr);
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void da_arena_freep(struct da_arena **a)
{
	da_arena_free(*a);
}

static struct chunk *chunk_new(struct da_arena *a, size_t size)
{
	uint64_t total;
	struct chunk *c;

	if (!da_add(&total, size, sizeof(*c)) || total > SIZE_MAX)
		da_out_of_memory(size);
	c = calloc(1, total); /* fresh pages from the system are zero already: calloc knows */
	if (!c)
		da_out_of_memory(size);
	c->size = size;
	a->total += total;
	return c;
}

void *da_alloc(struct da_arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	uint64_t need = da_round_up(size ? size : 1, ALIGN);
	void *p;

	if (need < size)
		da_out_of_memory(size);
	if (!c || c->size - c->used < need) {
		if (need > a->next_size / 4) { /* large: a chunk of its own, behind the first */
			struct chunk *own = chunk_new(a, need);

			own->used = need;
			own->next = c ? c->next : NULL;
			if (c)
				c->next = own;
			else
				a->chunks = own;
			return own->bytes;
		}
		c = chunk_new(a, a->next_size);
		c->next = a->chunks;
		a->chunks = c;
		a->next_size = DA_MIN(a->next_size * 2, (size_t)CHUNK_MAX);
	}
	p = c->bytes + c->used;
	c->used += need;
	return p;
}

void *da_calloc(struct da_arena *a, size_t n, size_t size)
{
	uint64_t total;

	if (!da_mul(&total, n, size) || total > SIZE_MAX)
		da_out_of_memory(SIZE_MAX);
	return da_alloc(a, total);
}

void *da_memdup(struct da_arena *a, const void *p, size_t n)
{
	void *copy = da_alloc(a, n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *da_strndup(struct da_arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = da_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *da_strdup(struct da_arena *a, const char *s)
{
	return da_memdup(a, s, strlen(s) + 1);
}

char *da_vprintf(struct da_arena *a, const char *fmt, va_list ap)
{
	char small[512], *s;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, again);
	va_end(again);
	if (n < 0)
		return da_strdup(a, "");
	if ((size_t)n < sizeof(small))
		return da_memdup(a, small, (size_t)n + 1);
	s = da_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *da_printf(struct da_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = da_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void da_arena_on_free(struct da_arena *a, void (*fn)(void *ptr), void *ptr)
{
	struct on_free *h = da_new(a, struct on_free);

	*h = (struct on_free){ .next = a->hooks, .fn = fn, .ptr = ptr };
	a->hooks = h;
}

size_t da_arena_bytes(const struct da_arena *a)
{
	return a->total;
}

/* The last thing in the first chunk becomes longer where it is; what follows there is zero. */
static bool extend(struct da_arena *a, const void *p, uint64_t size, uint64_t more)
{
	struct chunk *c = a->chunks;
	uint64_t old = da_round_up(size, ALIGN), need = da_round_up(more, ALIGN);

	if (!c || !size || need < more || c->used < old || (const unsigned char *)p != c->bytes + (c->used - old) ||
	    need - old > c->size - c->used)
		return false;
	c->used += need - old;
	return true;
}

void *da_vec_room(struct da_arena *a, void *v, size_t n, size_t *cap, size_t size, size_t more)
{
	void *grown;

	if (*cap - n >= more || more > SIZE_MAX - n)
		return v;
	grown = da_calloc(a, n + more, size);
	if (n)
		memcpy(grown, v, n * size);
	*cap = n + more;
	return grown;
}

void *da_vec_grow(struct da_arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	uint64_t bytes;
	void *grown;

	if (da_mul(&bytes, more, size) && extend(a, v, (uint64_t)*cap * size, bytes)) {
		*cap = more;
		return v;
	}
	grown = da_calloc(a, more, size);
	if (n)
		memcpy(grown, v, n * size);
	*cap = more;
	return grown;
}
