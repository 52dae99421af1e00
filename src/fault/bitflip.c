/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address that is one bit away from a valid one. Memory errors do that, but so do tagged pointers
 * and chance: many addresses lie one bit away from something mapped. So only this counts: the address
 * is far from every mapping, exactly one of its bits turned gives memory that allows the access, and
 * that bit is high enough that an index or an offset could not have set it.
 */
#include "config.h"

#include "fault/parts.h"

#define LOWEST_BIT 32
/* Nothing is mapped so near that the address could be an overrun. */
#define FAR UINT64_C(0x100000000)

static bool allowed(const struct da_range *r, uint8_t access)
{
	if (!r->has_prot || r->prot == 0)
		return false;
	switch (access) {
	case DA_ACCESS_READ: return r->prot & DA_PROT_R;
	case DA_ACCESS_WRITE: return r->prot & DA_PROT_W;
	case DA_ACCESS_EXECUTE: return r->prot & DA_PROT_X;
	default: return false;
	}
}

static bool is_far(const struct da_memory *m, uint64_t addr)
{
	const struct da_range *above, *below = da_fault_around(m, addr, &above);

	return (!below || (addr >= below->end && addr - below->end >= FAR)) &&
	       (!above || above->start - addr >= FAR);
}

/* An address made of text or of one byte repeated is a value, not a damaged pointer. */
static bool is_pattern(uint64_t addr)
{
	unsigned same = 0;

	for (unsigned i = 1; i < 8; i++)
		same += (uint8_t)(addr >> 8 * i) == (uint8_t)(addr >> 32);
	return da_fault_is_text(addr) || same >= 6;
}

void da_fault_bitflip(struct da_fault *f)
{
	struct da_exception *e = f->e;
	const struct da_memory *m = &f->p->mem;
	uint64_t candidate = 0;
	unsigned n = 0;

	if (e->cause != DA_CAUSE_ACCESS || !e->has_address || f->p->mem.word != 8 || !da_fault_map_is_complete(f->d) ||
	    !is_far(m, e->address) || is_pattern(e->address))
		return;
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t a = e->address ^ (1ULL << bit);
		const struct da_range *r = da_mem_range(m, a);

		if (!r)
			continue;
		if (bit < LOWEST_BIT || !allowed(r, e->access))
			return; /* mapped, but not convincing: then none is */
		candidate = a;
		n++;
	}
	if (n == 1)
		e->candidate = candidate;
}
