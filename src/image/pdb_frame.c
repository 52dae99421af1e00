/* SPDX-License-Identifier: Apache-2.0 */
/* FrameData ("new FPO"), written by today's linkers, and FPO_DATA of old system files; both for x86. */
#include "config.h"

#include "image/pdb.h"

#define FRAME_DATA 32
#define FPO_DATA 16
#define BACK 64 /* records that may begin between a record's start and an address in it */

/* The first two words of a record: its range. */
static bool range(const struct pdb *p, uint32_t stream, uint64_t off, struct da_frame_data *ret)
{
	uint8_t buf[8];
	const uint8_t *at = msf_get(&p->msf, stream, off, buf, 8);
	struct da_cursor c = da_cursor(at, at ? 8 : 0, false, 4);

	ret->start = da_get_u32(&c);
	ret->size = da_get_u32(&c);
	return at;
}

/* The last record that begins at or before the address and reaches it: its offset. */
static bool find(const struct pdb *p, uint32_t stream, uint32_t record, uint32_t rva, uint64_t *ret)
{
	uint32_t low = 0, high = msf_size(&p->msf, stream) / record;
	struct da_frame_data f;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (!range(p, stream, (uint64_t)mid * record, &f))
			return false;
		if (f.start <= rva)
			low = mid + 1;
		else
			high = mid;
	}
	for (unsigned back = 0; low && back < BACK; back++) {
		*ret = (uint64_t)--low * record;
		if (!range(p, stream, *ret, &f))
			return false;
		if (f.start <= rva && rva - f.start < f.size)
			return true;
	}
	return false;
}

static bool frame_data(const struct pdb *p, struct da_arena *a, uint32_t rva, struct da_frame_data *ret)
{
	uint8_t buf[FRAME_DATA];
	const uint8_t *at;
	struct da_cursor c;
	uint64_t off;

	if (!find(p, p->frame_stream, FRAME_DATA, rva, &off) ||
	    !(at = msf_get(&p->msf, p->frame_stream, off, buf, sizeof(buf))))
		return false;
	c = da_cursor(at, sizeof(buf), false, 4);
	ret->start = da_get_u32(&c);
	ret->size = da_get_u32(&c);
	ret->locals = da_get_u32(&c);
	ret->params = da_get_u32(&c);
	da_skip(&c, 4);
	ret->program = pdb_name(p, a, da_get_u32(&c));
	ret->prolog = da_get_u16(&c);
	ret->saved = da_get_u16(&c);
	return ret->program && *ret->program;
}

static bool fpo_data(const struct pdb *p, uint32_t rva, struct da_frame_data *ret)
{
	uint8_t buf[FPO_DATA];
	const uint8_t *at;
	struct da_cursor c;
	uint32_t words, bits;
	uint64_t off;

	if (!find(p, p->fpo_stream, FPO_DATA, rva, &off) ||
	    !(at = msf_get(&p->msf, p->fpo_stream, off, buf, sizeof(buf))))
		return false;
	c = da_cursor(at, sizeof(buf), false, 4);
	ret->start = da_get_u32(&c);
	ret->size = da_get_u32(&c);
	words = da_get_u32(&c);
	ret->locals = words < UINT32_MAX / 4 ? 4 * words : 0;
	ret->params = 4U * da_get_u16(&c);
	bits = da_get_u16(&c);
	ret->prolog = bits & 0xff;
	ret->saved = 4 * (bits >> 8 & 7);
	ret->uses_bp = bits >> 12 & 1;
	ret->has_frame = (bits >> 14 & 3) == 3;
	return (bits >> 14 & 3) == 0 || ret->has_frame;
}

enum da_status pdb_frame(struct da_symfile *f, struct da_arena *a, uint32_t rva, struct da_frame_data *ret)
{
	const struct pdb *p = pdb_of(f);
	struct da_frame_data d = { 0 };

	if (p->machine != 0x14c)
		return DA_NOT_FOUND;
	if (!frame_data(p, a, rva, &d)) {
		d = (struct da_frame_data){ 0 };
		if (!fpo_data(p, rva, &d))
			return DA_NOT_FOUND;
	}
	*ret = d;
	return DA_OK;
}
