/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that a process made at run time, by address; and what of them is told. */
#include "config.h"

#include "model/model.h"

const struct da_runtime_function *da_runtime_function_at(const struct da_process *p, uint64_t addr)
{
	size_t low = 0, high = p->functions.n;
	const struct da_runtime_function *f;

	while (low < high) { /* first that begins beyond */
		size_t mid = low + (high - low) / 2;

		if (p->functions.v[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	f = &p->functions.v[low - 1];
	return !f->length || addr - f->start < f->length ? f : NULL;
}

bool da_in_runtime_table(const struct da_process *p, uint64_t addr)
{
	size_t low = 0, high = p->function_tables.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->function_tables.v[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && addr < p->function_tables.v[low - 1].end;
}

enum da_frame_kind da_frame_told_kind(const struct da_frame *f)
{
	if (f->kind != DA_FRAME_MANAGED || !f->place || !f->place->method)
		return (enum da_frame_kind)f->kind;
	switch ((enum da_method_origin)f->place->method->origin) {
	case DA_METHOD_DYNAMIC: return DA_FRAME_DYNAMIC;
	case DA_METHOD_STUB: return DA_FRAME_STUB;
	default: return DA_FRAME_MANAGED;
	}
}
