/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel put on the main stack at exec: argc, argv, envp, the auxiliary vector and the
 * strings. The note holds only 80 characters of the arguments; here they are whole. Found by the
 * auxiliary vector itself, which lies right behind envp, so no symbol is needed.
 */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "loader/elfcore.h"

/* The kernel lets arguments and environment have at most 6 MiB of stack (a quarter of 24). */
#define SEARCH_MAX (UINT64_C(8) << 20)

static bool is_auxv_at(struct core *c, uint64_t addr)
{
	const struct da_memory *m = &c->d->proc.mem;
	size_t n = DA_MIN(c->d->proc.auxv.n, (size_t)4);

	for (size_t i = 0; i < n; i++) {
		uint64_t key, value;

		if (da_mem_word(m, addr + 2 * i * c->word, &key) != DA_OK ||
		    da_mem_word(m, addr + (2 * i + 1) * c->word, &value) != DA_OK ||
		    key != c->d->proc.auxv.v[i].key || value != c->d->proc.auxv.v[i].value)
			return false;
	}
	return n >= 2;
}

static uint64_t find_auxv(struct core *c)
{
	const struct da_range *r;
	uint64_t top, addr, low;

	if (c->d->proc.auxv.n < 2 ||
	    (!da_auxv(&c->d->proc, AT_EXECFN, &top) && !da_auxv(&c->d->proc, AT_RANDOM, &top)))
		return 0;
	r = da_mem_range(&c->d->proc.mem, top);
	if (!r)
		return 0;
	low = r->end - r->start > SEARCH_MAX && top - r->start > SEARCH_MAX ? top - SEARCH_MAX : r->start;
	for (addr = top & ~(uint64_t)(c->word - 1); addr > low; addr -= c->word)
		if (is_auxv_at(c, addr))
			return addr;
	return 0;
}

/* The vector of pointers that ends (with NULL) just below `end`; its first slot in *ret, or false. */
static bool vector_below(struct core *c, uint64_t end, uint64_t *ret)
{
	uint64_t word, addr = end - c->word;

	if (da_mem_word(&c->d->proc.mem, addr, &word) != DA_OK || word != 0)
		return false;
	for (uint64_t i = 0; i <= c->d->limits->arguments; i++) {
		if (da_mem_word(&c->d->proc.mem, addr - c->word, &word) != DA_OK)
			return false;
		if (word == 0 || word == i) { /* the NULL of the vector below, or argc */
			*ret = addr;
			return true;
		}
		addr -= c->word;
	}
	return false;
}

static size_t read_strings(struct core *c, uint64_t from, uint64_t to, bool environment)
{
	struct da_process *p = &c->d->proc;
	size_t count = 0;

	for (; from < to && count < c->d->limits->arguments; from += c->word, count++) {
		uint64_t at;
		char *s;

		if (da_mem_word(&p->mem, from, &at) != DA_OK || at == 0)
			break;
		if (da_mem_cstr(&p->mem, c->d->arena, core_address(c, at), c->d->limits->string, &s) ==
		    DA_FAULT)
			break;
		if (environment)
			da_vec_push(c->d->arena, &p->environment, s);
		else
			da_vec_push(c->d->arena, &p->arguments, s);
	}
	return count;
}

/* pr_psargs: arguments joined by blanks, cut to 79 characters; where a blank belongs to is lost. */
static void arguments_from_note(struct core *c)
{
	struct da_process *p = &c->d->proc;
	size_t n;

	if (!c->psargs || !*c->psargs)
		return;
	n = strlen(c->psargs);
	p->arguments_cut = n >= 79;
	while (n && c->psargs[n - 1] == ' ')
		n--;
	da_vec_push(c->d->arena, &p->arguments, da_strndup(c->d->arena, c->psargs, n));
}

void core_read_process(struct core *c)
{
	struct da_process *p = &c->d->proc;
	uint64_t auxv = find_auxv(c), envp, argv, execfn;
	char *path;

	if (auxv && vector_below(c, auxv, &envp)) {
		read_strings(c, envp, auxv, true);
		if (vector_below(c, envp, &argv))
			read_strings(c, argv, envp, false);
	}
	if (p->arguments.n == 0)
		arguments_from_note(c);
	if (da_auxv(p, AT_EXECFN, &execfn) &&
	    da_mem_cstr(&p->mem, c->d->arena, execfn, c->d->limits->string, &path) == DA_OK && *path)
		p->executable = path; /* as given to exec: maybe relative; the module knows better */
}
