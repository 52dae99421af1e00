/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks through code that was made at run time, by the tables that a minidump keeps of it. */
#include "config.h"

#include "loader/loader.h"
#include "synth/synth_md.h"
#include "unit/unit.h"
#include "unwind/unwind.h"

static struct da_dump *walked(uint16_t cpu, struct da_symbols **ret)
{
	static const struct da_symbol_options options = { .no_local = true };
	struct synth_md *s = synth_md_new(cpu, SYNTH_MD_WINDOWS);
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	const char *message = NULL;
	size_t n;
	uint8_t *p;

	synth_md_module(s, &(struct synth_md_module){ .base = 0x10000000, .size = 0x8000, .path = "host.dll" });
	synth_md_jit(s);
	p = synth_md_build(s, &n);
	synth_md_free(s);
	da_arena_on_free(d->arena, free, p);
	d->file = (struct da_bytes){ p, n };
	d->origin.file = "jit.dmp";
	ck_assert_int_eq(da_load(d, &message), DA_OK);
	*ret = da_symbols_new(d, &options);
	da_symbols_find(*ret);
	da_unwind_run(d, *ret, NULL);
	return d;
}

static void check(const struct da_frame *f, uint64_t pc, enum da_trust trust, enum da_frame_kind kind)
{
	ck_assert_uint_eq(f->pc, pc);
	ck_assert_int_eq(f->trust, trust);
	ck_assert_int_eq(f->kind, kind);
}

START_TEST(x64)
{
	struct da_symbols *s;
	struct da_dump *d = walked(SYNTH_MD_AMD64, &s);
	const struct da_thread *t = &d->proc.threads.v[0];

	ck_assert_uint_ge(t->frames.n, 4);
	check(&t->frames.v[0], SYNTH_MD_JIT + 0x1104, DA_TRUST_CONTEXT, DA_FRAME_DYNAMIC); /* the leaf */
	check(&t->frames.v[1], SYNTH_MD_JIT + 0x1060, DA_TRUST_CFI, DA_FRAME_DYNAMIC);
	check(&t->frames.v[2], SYNTH_MD_JIT + 0x1020, DA_TRUST_CFI, DA_FRAME_DYNAMIC);
	check(&t->frames.v[3], 0x10001234, DA_TRUST_CFI, DA_FRAME_NATIVE);
	ck_assert_uint_eq(t->frames.v[3].sp, 0x60000000 + 0x88 + 0x30);
	da_dump_free(d);
}
END_TEST

START_TEST(arm64)
{
	struct da_symbols *s;
	struct da_dump *d = walked(SYNTH_MD_ARM64, &s);
	const struct da_thread *t = &d->proc.threads.v[0];

	ck_assert_uint_ge(t->frames.n, 3);
	check(&t->frames.v[0], SYNTH_MD_JIT + 0x1060, DA_TRUST_CONTEXT, DA_FRAME_DYNAMIC);
	check(&t->frames.v[1], SYNTH_MD_JIT + 0x1020, DA_TRUST_CFI, DA_FRAME_DYNAMIC);
	check(&t->frames.v[2], 0x10001234, DA_TRUST_CFI, DA_FRAME_NATIVE);
	da_dump_free(d);
}
END_TEST

UNIT_MAIN("functions", x64, arm64)
