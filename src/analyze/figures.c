/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "analyze/figures.h"
#include "base/text.h"

#define MAPPINGS_MAX 65530     /* vm.max_map_count of Linux, unless somebody raised it */
#define MAPPINGS_NEARLY 65000
#define NARROW_MAX (UINT64_C(2) << 30)    /* a 32-bit process of Windows has 2 GiB of addresses, of Linux 3 or 4 */
#define NARROW_NEARLY (NARROW_MAX / 10 * 8)

const char *da_say_size(struct da_analysis *a, uint64_t bytes)
{
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	da_text_size(&s, bytes);
	return da_strdup(a->dump->arena, da_str_get(&s));
}

static void figure(struct da_analysis *a, struct da_finding *f, const char *what, uint64_t bytes)
{
	if (bytes)
		da_evidence_value(da_finding_evidence(f, what), "%s", da_say_size(a, bytes));
}

/* Heap and anonymous memory that can be written: what a process takes by asking for memory. */
static uint64_t asked_for(const struct da_memory *m, uint64_t *ret_all)
{
	uint64_t bytes = 0, all = 0;

	for (size_t i = 0; i < m->ranges.n; i++) {
		const struct da_range *r = &m->ranges.v[i];
		bool own = r->kind == DA_RANGE_HEAP || r->kind == DA_RANGE_ANONYMOUS || r->kind == DA_RANGE_GC;

		all += r->end - r->start;
		if (own && r->has_prot && r->prot & DA_PROT_W)
			bytes += r->end - r->start;
	}
	*ret_all = all;
	return bytes;
}

static void of_status(struct da_analysis *a, struct da_finding *f)
{
	static const struct {
		enum da_status_number n;
		const char *what;
	} rows[] = { { DA_STATUS_RESIDENT, "in physical memory" }, { DA_STATUS_RESIDENT_PEAK, "most that was in physical memory" },
		     { DA_STATUS_SWAPPED, "swapped out" }, { DA_STATUS_VIRTUAL_PEAK, "most that was mapped" } };
	const struct da_kernel_status *s = a->dump->proc.kernel_status;

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++)
		if (da_status_has(s, rows[i].n))
			figure(a, f, da_printf(a->dump->arena, "%s, says %s", rows[i].what, s->file), s->v[rows[i].n]);
}

static void of_heaps(struct da_analysis *a, struct da_finding *f)
{
	const struct da_process *p = &a->dump->proc;

	for (size_t i = 0; i < p->runtimes.n; i++) {
		const struct da_managed_heap *h = &p->runtimes.v[i].heap;

		if (h->has_used)
			figure(a, f, "heap of .NET, taken up by objects", h->used);
		if (h->limit)
			figure(a, f, da_printf(a->dump->arena, "limit of the heap of .NET, by %s", h->limit_from), h->limit);
		if (h->limit_percent)
			da_evidence_value(da_finding_evidence(f, da_printf(a->dump->arena, "limit of the heap of .NET, by %s",
									   h->limit_from)),
					  "%u %% of the memory of the machine or container", h->limit_percent);
		if (h->refused)
			da_evidence_value(da_finding_evidence(f, "last request that the garbage collector refused, by its own record"),
					  "%s: %s", da_say_size(a, h->refused), h->refused_why);
	}
}

void da_memory_figures(struct da_analysis *a, struct da_finding *f)
{
	const struct da_process *p = &a->dump->proc;
	const struct da_system_memory *s = &p->system;
	uint64_t all, own = asked_for(&p->mem, &all);

	of_heaps(a, f);
	figure(a, f, "heap and anonymous memory, as mapped", own);
	figure(a, f, "all memory, as mapped", all);
	figure(a, f, "private memory", p->private_bytes);
	figure(a, f, "in physical memory", p->resident_bytes);
	of_status(a, f);
	figure(a, f, "memory of the machine", s->physical);
	figure(a, f, "of it available", s->available);
	if (s->commit_limit)
		da_evidence_value(da_finding_evidence(f, "committed by all processes"), "%s of %s", da_say_size(a, s->committed),
				  da_say_size(a, s->commit_limit));
}

bool da_heap_limit_met(const struct da_managed_heap *h)
{
	return h->limit && h->has_used && h->refused && h->refused > h->limit - DA_MIN(h->limit, h->used);
}

const char *da_say_limits(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };
	uint64_t all;

	for (size_t i = 0; i < p->runtimes.n; i++) {
		const struct da_managed_heap *h = &p->runtimes.v[i].heap;

		if (h->refused)
			da_str_addf(&s, " The last request that it refused was for %s: %s.", da_say_size(a, h->refused), h->refused_why);
		if (h->limit)
			da_str_addf(&s, " %s limits its heap to %s%s%s%s.", h->limit_from, da_say_size(a, h->limit),
				    h->has_used ? ", of which objects take up " : "", h->has_used ? da_say_size(a, h->used) : "",
				    da_heap_limit_met(h) ? ": so much more does not fit" : "");
	}
	(void)asked_for(&p->mem, &all);
	if (p->os == DA_OS_LINUX && p->mem.ranges.n >= MAPPINGS_NEARLY)
		da_str_addf(&s, " It has about %zu mappings; more than %u are refused, unless vm.max_map_count was raised.", p->mem.ranges.n,
			    MAPPINGS_MAX);
	if (p->bits == 32 && all >= NARROW_NEARLY)
		da_str_addf(&s, " It is a 32-bit process, of whose 2 to 4 GiB of addresses %s are mapped.", da_say_size(a, all));
	return da_strdup(a->dump->arena, da_str_get(&s));
}

bool da_stack_is_elsewhere(const struct da_thread *t)
{
	uint64_t sp = t->frames.n && t->end == DA_END_COMPLETE ? t->frames.v[t->frames.n - 1].sp : 0;

	return sp && (sp < t->stack_limit || sp >= t->stack_base);
}

bool da_stack_used(const struct da_process *p, const struct da_thread *t, uint64_t *ret)
{
	uint64_t sp = p->arch && da_reg_known(&t->regs, p->arch->sp) ? t->regs.v[p->arch->sp] : 0;
	bool least;

	if (!t->stack_base || !sp || sp >= t->stack_base)
		return false;
	*ret = da_stack_is_elsewhere(t) ? da_stack_bytes(t, &least) : t->stack_base - sp;
	return true;
}

uint64_t da_stack_bytes(const struct da_thread *t, bool *ret_least)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < t->frames.n; i++) {
		uint64_t sp = t->frames.v[i].sp;

		if (!sp || (sp >= t->stack_limit && sp < t->stack_base))
			continue;
		low = DA_MIN(low, sp);
		high = DA_MAX(high, sp);
	}
	*ret_least = t->frames.n && t->frames.v[t->frames.n - 1].sp == high && high > low;
	return *ret_least ? high - low : t->stack_base - t->stack_limit;
}
