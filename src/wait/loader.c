/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The locks of glibc's dynamic linker: recursive mutexes in its own data (_dl_load_lock and its neighbours in
 * _rtld_global). Constructors and destructors of libraries run under the first.
 */
#include "config.h"

#include "wait/parts.h"

enum { AT_BASE = 7 }; /* <elf.h> */
#define NEAR 0x100000  /* its data lies that near behind its beginning */

/* A core without names of mappings (qemu-user's) has no module there: the auxiliary vector tells where it begins. */
static bool is_linkers(const struct da_waits *w, uint64_t addr)
{
	uint32_t m = da_module_at(w->p, addr);
	uint64_t base;

	if (m != DA_NONE)
		return w->p->modules.v[m].interpreter || da_wait_in_module(w, addr, "ld-");
	return da_auxv(w->p, AT_BASE, &base) && base && addr >= base && addr - base < NEAR;
}

bool da_recognise_loader(const struct da_futex *f, bool named, struct da_found *ret)
{
	const struct da_waits *w = f->w;
	const char *kind;
	struct da_lock l;

	(void)named;
	if (f->value != 2 || f->command != DA_FUTEX_WAIT || da_wait_libc(w) == DA_LIBC_MUSL || !is_linkers(w, f->address))
		return false;
	if (!da_wait_read_mutex(w, f->address, true, &l, &kind) || !l.has_recursion)
		return false;
	*ret = (struct da_found){ .kind = DA_LOCK_LOADER, .base = f->address, .target = DA_NONE, .lock = l,
				  .confidence = DA_CERTAIN, .how = "the word is a lock in the data of the dynamic linker" };
	ret->lock.how = da_printf(w->d->arena, "a lock of the dynamic linker, a %s", l.how);
	return true;
}
