/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of minidumps beside threads, modules and memory: counters, tokens, what was done with handles,
 * functions made at run time; and streams that lie.
 */
#include "config.h"

#include "unit/load_md.h"

static const uint16_t cpus[] = { SYNTH_MD_AMD64, SYNTH_MD_ARM64, SYNTH_MD_X86 };

static struct da_dump *process(uint16_t cpu)
{
	struct synth_md *s = synth_md_new(cpu, SYNTH_MD_WINDOWS);

	synth_md_process(s);
	return load(s, DA_OK);
}

/* ---------------------------------------------------------------- counters, tokens, handles' past */

static void counters_of(int i)
{
	struct da_dump *d = process(cpus[i]);
	const struct da_process *p = &d->proc;

	ck_assert_uint_eq(p->resident_bytes, 0x7654000);
	ck_assert_uint_eq(p->peak_resident_bytes, 0x7655000);
	ck_assert_uint_eq(p->private_bytes, 0x8765000);
	ck_assert_uint_eq(p->peak_private_bytes, 0x8767000);
	ck_assert_uint_eq(p->system.physical, UINT64_C(0x400000000));
	ck_assert_uint_eq(p->system.available, 0x1000000);
	ck_assert_uint_eq(p->system.committed, UINT64_C(0x500000000));
	ck_assert_uint_eq(p->system.commit_limit, UINT64_C(0x600000000));
	ck_assert_uint_eq(p->system.commit_peak, UINT64_C(0x500001000));
	ck_assert_uint_eq(p->system.file_cache, 0x123000);
	ck_assert(p->has_times);
	ck_assert_uint_eq(p->user_us, 7000000);
	ck_assert_uint_eq(p->kernel_us, 3000000);
	ck_assert_str_eq(p->time_zone, "Harbour Summer Time, UTC+02:00");
	ck_assert_str_eq(p->user, "Local System");
	ck_assert_str_eq(p->priority_class, "normal");
	da_dump_free(d);
}

START_TEST(counters)
{
	for (int i = 0; i < 3; i++)
		counters_of(i);
}
END_TEST

/* Old forms, and what is not told stays unknown. */
START_TEST(old_counters_and_tokens)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	synth_md_misc(s, 24, 1, 9, 0, 0, NULL);
	synth_md_counters(s, 1, 0x4000, 0x5000);
	synth_md_system_memory(s, 0, 100, 10, 20, 30);
	synth_md_token(s, 9, false, 0x1000);
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.private_bytes, 0x5000);
	ck_assert_uint_eq(d->proc.peak_private_bytes, 0x7000);
	ck_assert_uint_eq(d->proc.system.available, 40960);
	ck_assert_uint_eq(d->proc.system.commit_limit, 122880);
	ck_assert(!d->proc.has_times);
	ck_assert_ptr_null(d->proc.time_zone);
	ck_assert_str_eq(d->proc.user, "S-1-5-21-1-2-3-1001");
	ck_assert_str_eq(d->proc.integrity, "low");
	da_dump_free(d);
}
END_TEST

START_TEST(handle_operations)
{
	struct da_dump *d = process(SYNTH_MD_AMD64);
	const struct da_handle_operation *o = d->proc.handle_operations.v;

	ck_assert_uint_eq(d->proc.handle_operations.n, 3);
	ck_assert_uint_eq(o[0].handle, 0x40);
	ck_assert_uint_eq(o[0].tid, 100);
	ck_assert_uint_eq(o[0].pid, 77);
	ck_assert_int_eq(o[0].act, DA_HANDLE_OPEN);
	ck_assert_uint_eq(o[0].n, 2);
	ck_assert_uint_eq(o[0].pc[1], 0x401010);
	ck_assert_int_eq(o[1].act, DA_HANDLE_CLOSE);
	ck_assert_uint_eq(o[1].n, 3);
	ck_assert_int_eq(o[2].act, DA_HANDLE_BAD_REFERENCE);
	da_dump_free(d);
}
END_TEST

/* A depth and a count that lie, entries too small, an entry that was never used. */
START_TEST(handle_operations_that_lie)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	uint64_t trace[32];
	uint8_t head[16] = { 0 };
	struct da_dump *d;

	for (unsigned i = 0; i < 32; i++)
		trace[i] = 0x1000 + i;
	synth_md_handle_operation(s, 8, 1, 2, 1, trace, 0xffffffff);
	synth_md_handle_operation(s, 0, 0, 0, 0, trace, 0);
	synth_md_layout(s)->extra_count = 0x7fffffff;
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.handle_operations.n, 1);
	ck_assert_uint_eq(d->proc.handle_operations.v[0].n, 32);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "HandleOperationList"));
	da_dump_free(d);

	s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	synth_md_set(head, 4, 16);
	synth_md_set(head + 4, 4, 8);
	synth_md_set(head + 8, 4, 1);
	synth_md_stream(s, 18, head, sizeof(head));
	d = load(s, DA_OK);
	ck_assert_uint_eq(d->proc.handle_operations.n, 0);
	ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "HandleOperationList"));
	da_dump_free(d);
}
END_TEST

/* ---------------------------------------------------------------- functions made at run time */

START_TEST(function_tables)
{
	for (unsigned i = 0; i < 2; i++) {
		struct synth_md *s = synth_md_new(cpus[i], SYNTH_MD_WINDOWS);
		const struct da_runtime_function *f;
		struct da_dump *d;

		synth_md_jit(s);
		d = load(s, DA_OK);
		ck_assert_uint_eq(d->proc.functions.n, 2);
		f = da_runtime_function_at(&d->proc, SYNTH_MD_JIT + 0x1041);
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(f->start, SYNTH_MD_JIT + 0x1040);
		ck_assert_uint_eq(f->length, i ? 0 : 64);
		ck_assert_uint_eq(f->unwind, i ? 0x2000 : 0x2008);
		ck_assert_ptr_null(da_runtime_function_at(&d->proc, SYNTH_MD_JIT + 0xfff));
		ck_assert(da_in_runtime_table(&d->proc, SYNTH_MD_JIT + 0x17ff));
		ck_assert(!da_in_runtime_table(&d->proc, SYNTH_MD_JIT + 0x1800));
		da_dump_free(d);
	}
}
END_TEST

/* What can be read of a table is kept only when all of it is there. */
START_TEST(function_tables_that_lie)
{
	static const uint32_t words[] = { 0x10, 0x20, 0x100, 0x30, 0x30, 0x100, 0xfffffff0, 0xffffffff, 0 };
	struct synth_md_table t = { .start = 0x1000, .end = 0x2000, .base = UINT64_MAX - 0x100, .words = words,
				    .nentries = 3 };

	for (unsigned i = 0; i < 4; i++) {
		struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
		uint8_t head[24] = { 0 };
		struct da_dump *d;

		if (i == 0) { /* one entry is empty, one lies beyond all addresses */
			synth_md_function_table(s, &t);
		} else if (i == 1) {
			synth_md_function_table(s, &t);
			t.extra_entries = 0xffffff00;
			synth_md_function_table(s, &t);
		} else if (i == 2) {
			t.extra_entries = 0;
			t.padding = 0xffffff;
			synth_md_layout(s)->extra_count = 0xfffffff0;
			synth_md_function_table(s, &t);
		} else { /* entries of another processor */
			synth_md_set(head, 4, 24);
			synth_md_set(head + 4, 4, 32);
			synth_md_set(head + 12, 4, 8);
			synth_md_set(head + 16, 4, 1);
			synth_md_stream(s, 13, head, sizeof(head));
		}
		d = load(s, DA_OK);
		ck_assert_uint_eq(d->proc.functions.n, i < 3);
		ck_assert_uint_eq(d->proc.function_tables.n, i < 3);
		ck_assert(ledger_says(d, DA_NOTE_CORRUPT, "tables of functions") == (i > 0));
		da_dump_free(d);
	}
}
END_TEST

/* A table of no functions, and one on a processor that has none, are nothing to tell. */
START_TEST(function_tables_without_functions)
{
	static const uint16_t kinds[] = { SYNTH_MD_AMD64, SYNTH_MD_X86, SYNTH_MD_ARM };

	for (unsigned i = 0; i < 3; i++) {
		struct synth_md *s = synth_md_new(kinds[i], SYNTH_MD_WINDOWS);
		uint8_t head[24] = { 24, 0, 0, 0, 32 };
		struct da_dump *d;

		head[16] = i > 0;
		synth_md_thread(s, &(struct synth_md_thread){ .tid = 1 });
		synth_md_stream(s, 13, head, sizeof(head));
		d = load(s, kinds[i] == SYNTH_MD_ARM ? DA_PARTIAL : DA_OK);
		ck_assert(!ledger_says(d, DA_NOTE_CORRUPT, "tables of functions"));
		da_dump_free(d);
	}
}
END_TEST

START_TEST(threads_that_the_writer_could_not_read)
{
	struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
	struct da_dump *d;

	for (uint32_t i = 0; i < 3; i++)
		synth_md_thread(s, &(struct synth_md_thread){ .tid = 1 + i, .has_info = true,
							      .info_flags = i ? 1 | 8 : 0, .priority_class = 0x4000 });
	d = load(s, DA_OK);
	ck_assert(ledger_says(d, DA_NOTE_MISSING, "all of 2 threads"));
	ck_assert_str_eq(d->proc.priority_class, "below-normal");
	da_dump_free(d);
}
END_TEST

/* Does its place or size lead out of the file? Then nothing is read, and it is told. */
START_TEST(new_streams_outside)
{
	static const uint32_t types[] = { 13, 18, 19, 21, 22 };

	for (unsigned i = 0; i < DA_ARRAY_SIZE(types); i++)
		for (unsigned k = 0; k < 3; k++) {
			struct synth_md *s = synth_md_new(SYNTH_MD_AMD64, SYNTH_MD_WINDOWS);
			struct da_dump *d;

			synth_md_misc(s, 24, 1, 9, 0, 0, NULL);
			synth_md_stream_at(s, types[i], k ? 0xfffffff0 : 32, k == 1 ? 0xffffffff : k ? 100 : 3);
			d = load(s, k ? DA_PARTIAL : DA_OK);
			ck_assert_uint_eq(d->proc.functions.n + d->proc.handle_operations.n, 0);
			ck_assert_uint_eq(d->proc.system.physical + d->proc.private_bytes, 0);
			ck_assert_ptr_null(d->proc.user);
			da_dump_free(d);
		}
}
END_TEST

UNIT_MAIN("md_streams", counters, old_counters_and_tokens, handle_operations, handle_operations_that_lie,
	  function_tables, function_tables_that_lie, new_streams_outside,
	  threads_that_the_writer_could_not_read, function_tables_without_functions)
