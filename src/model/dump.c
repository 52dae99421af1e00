/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "model/model.h"

struct da_dump *da_dump_new(const struct da_limits *limits, struct da_watch *watch)
{
	struct da_arena *a = da_arena_new();
	struct da_dump *d = da_new(a, struct da_dump);

	d->arena = a;
	d->limits = limits;
	d->watch = watch;
	d->ledger = da_ledger_new(a, limits->ledger);
	d->proc.mem.word = 8;
	return d;
}

void da_dump_free(struct da_dump *d)
{
	if (d)
		da_arena_free(d->arena);
}

uint32_t da_module_at(const struct da_process *p, uint64_t addr)
{
	size_t low = 0, high = p->modules.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->modules.v[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->modules.n && p->modules.v[low].start <= addr ? (uint32_t)low : DA_NONE;
}

/* What is mapped there now has nothing to do with the module that was there. */
static bool mapped_again(const struct da_process *p, uint64_t addr)
{
	const struct da_range *r = da_mem_range(&p->mem, addr);

	return da_module_at(p, addr) != DA_NONE || (r && (!r->has_prot || r->prot));
}

const struct da_unloaded *da_unloaded_at(const struct da_process *p, uint64_t addr)
{
	const struct da_unloaded *last = NULL;

	/* few, and of one address several: the same DLL comes and goes */
	for (size_t i = 0; i < p->unloaded.n && p->unloaded.v[i].start <= addr; i++)
		if (addr < p->unloaded.v[i].end && p->unloaded.v[i].name)
			last = &p->unloaded.v[i];
	return last && !mapped_again(p, addr) ? last : NULL;
}

uint32_t da_thread_of_stack(const struct da_process *p, uint64_t addr)
{
	for (size_t i = 0; i < p->threads.n; i++) {
		const struct da_thread *t = &p->threads.v[i];

		if (t->stack_base && addr >= t->stack_limit && addr < t->stack_base)
			return (uint32_t)i;
	}
	return DA_NONE;
}

const char *da_environment(const struct da_process *p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < p->environment.n; i++) {
		const char *s = p->environment.v[i];

		if ((p->os == DA_OS_WINDOWS ? strncasecmp(s, name, n) : strncmp(s, name, n)) == 0 && s[n] == '=')
			return s + n + 1;
	}
	return NULL;
}

bool da_auxv(const struct da_process *p, uint64_t key, uint64_t *ret)
{
	for (size_t i = 0; i < p->auxv.n; i++)
		if (p->auxv.v[i].key == key) {
			*ret = p->auxv.v[i].value;
			return true;
		}
	return false;
}

char *da_build_id_hex(struct da_arena *a, const struct da_module *m)
{
	return m->build_id_len ? da_hex(a, m->build_id, m->build_id_len) : NULL;
}

char *da_pdb_id_hex(struct da_arena *a, const struct da_module *m)
{
	return m->has_pdb_id ? da_hex_upper(a, m->pdb_id, sizeof(m->pdb_id)) : NULL;
}
