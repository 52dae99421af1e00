/* SPDX-License-Identifier: Apache-2.0 */
/* DUMP.crashreport.json: read, refused, used behind the dump, and contradicted by it. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ledger.h"
#include "loader/loader.h"
#include "runtime/crash_report.h"
#include "unit.h"

static struct da_dump *d;
static char path[64];

static void setup(void)
{
	d = da_dump_new(&da_limits_default, NULL);
	for (uint32_t i = 0; i < 3; i++)
		da_vec_add(d->arena, &d->proc.threads)->tid = 0x100 + i;
	snprintf(path, sizeof(path), "t_crash_report.%ld", (long)getpid());
}

static void write_file(const char *ending, const char *text)
{
	char name[128];
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", path, ending);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void done(const char *ending)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", path, ending);
	unlink(name);
	da_dump_free(d);
}

#define REPORT(threads) "{\"payload\":{\"protocol_version\":\"1.0.0\",\"threads\":[" threads "]}}"
#define THREAD(id, rest) "{\"native_thread_id\":\"" id "\",\"is_managed\":\"true\"" rest "}"
#define CRASHED                                                                                        \
	",\"crashed\":\"true\",\"managed_exception_type\":\"Shop.OutOfStock\",\"managed_exception_object\":" \
	"\"0x7f0010\",\"managed_exception_hresult\":\"0x80131500\",\"stack_frames\":["                      \
	"{\"is_managed\":\"false\",\"native_address\":\"0x1\",\"unmanaged_name\":\"wait4\"},"                \
	"{\"is_managed\":\"true\",\"native_address\":\"0x4010\",\"method_name\":\"Shop.Order.Place(System.Int32)\"," \
	"\"token\":\"0x6000007\",\"il_offset\":\"0x11\"}]"

START_TEST(is_read)
{
	const struct da_reported_thread *t;

	setup();
	write_file(".core.crashreport.json", REPORT(THREAD("0x100", "") "," THREAD("0x101", CRASHED)));
	da_load_crash_report(d, da_printf(d->arena, "%s.core", path));
	ck_assert_ptr_nonnull(d->crash_report);
	ck_assert_uint_eq(d->crash_report->threads.n, 2);
	t = &d->crash_report->threads.v[1];
	ck_assert(t->crashed);
	ck_assert_uint_eq(t->thread, 1);
	ck_assert_str_eq(t->exception_type, "Shop.OutOfStock");
	ck_assert_uint_eq(t->exception, 0x7f0010);
	ck_assert_uint_eq(t->hresult, 0x80131500);
	ck_assert_uint_eq(t->frames.n, 1);
	ck_assert_int_eq(t->frames.v[0].il_offset, 0x11);
	done(".core.crashreport.json");
}
END_TEST

/* Beside a compressed dump, or with the dump's own ending left out. */
START_TEST(other_names)
{
	setup();
	write_file(".crashreport.json", REPORT(THREAD("0x100", "")));
	da_load_crash_report(d, da_printf(d->arena, "%s.core.zst", path));
	ck_assert_ptr_nonnull(d->crash_report);
	done(".crashreport.json");
}
END_TEST

START_TEST(of_another_process)
{
	setup();
	write_file(".crashreport.json", REPORT(THREAD("0x100", "") "," THREAD("0x201", "") "," THREAD("0x202", CRASHED)));
	da_load_crash_report(d, path);
	ck_assert_ptr_null(d->crash_report);
	ck_assert_int_eq(da_ledger_at(d->ledger, 0)->kind, DA_NOTE_DISAGREE);
	done(".crashreport.json");
}
END_TEST

START_TEST(damaged)
{
	static const char *const texts[] = {
		"", "{", "[]", "null", "{\"payload\":[]}", "{\"payload\":{\"threads\":{}}}", "{\"payload\":{\"threads\":[7,null]}}",
		REPORT(THREAD("100", "")), REPORT(THREAD("0x1ffffffffffffffff", "")), REPORT(THREAD("0x", "")),
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(texts); i++) {
		setup();
		write_file(".crashreport.json", texts[i]);
		da_load_crash_report(d, path);
		ck_assert_msg(!d->crash_report, "%s", texts[i]);
		done(".crashreport.json");
	}
}
END_TEST

static void reported(struct da_exception *e)
{
	setup();
	d->proc.exception = e;
	write_file(".crashreport.json", REPORT(THREAD("0x101", CRASHED)));
	da_load_crash_report(d, path);
	ck_assert_ptr_nonnull(d->crash_report);
}

/* What the dump lacks is told, and by whom. */
START_TEST(fills_gaps)
{
	struct da_exception e = { .thread = DA_NONE, .is_signal = true, .code = 6 };
	struct da_frame f = { .pc = 0x4010, .kind = DA_FRAME_MANAGED, .module = DA_NONE };
	const struct da_managed_exception *x;

	reported(&e);
	da_vec_push(d->arena, &d->proc.threads.v[1].frames, f);
	da_crash_report_apply(d);
	ck_assert_uint_eq(e.thread, 1);
	ck_assert_uint_eq(d->proc.exceptions.n, 1);
	x = &d->proc.exceptions.v[0];
	ck_assert_str_eq(x->type, "Shop.OutOfStock");
	ck_assert_str_eq(x->hresult_name, "COR_E_EXCEPTION");
	ck_assert_uint_eq(x->where, DA_WHERE_UNHANDLED);
	ck_assert_ptr_nonnull(strstr(x->message_why, "crash report"));
	ck_assert_str_eq(d->proc.threads.v[1].frames.v[0].place->method->raw, "Shop.Order.Place");
	done(".crashreport.json");
}
END_TEST

/* What the dump has counts, and the contradiction is told. */
START_TEST(contradicts)
{
	struct da_exception e = { .thread = 0, .is_signal = true, .code = 6 };
	struct da_managed_exception x = { .address = 0x7f0010, .parent = DA_NONE, .type = "Shop.Closed", .has_hresult = true,
					  .hresult = 0x80131501 };

	reported(&e);
	da_vec_push(d->arena, &d->proc.exceptions, x);
	da_crash_report_apply(d);
	ck_assert_uint_eq(e.thread, 0);
	ck_assert_uint_eq(d->proc.exceptions.n, 1);
	ck_assert_str_eq(d->proc.exceptions.v[0].type, "Shop.Closed");
	ck_assert_uint_eq(da_ledger_count(d->ledger), 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(da_ledger_at(d->ledger, i)->kind, DA_NOTE_DISAGREE);
	done(".crashreport.json");
}
END_TEST

/* A type that no file names is the report's. */
START_TEST(names_the_type)
{
	struct da_managed_exception x = { .address = 0x7f0010, .parent = DA_NONE, .type = DA_UNKNOWN_TYPE "0x1234)" };

	reported(NULL);
	da_vec_push(d->arena, &d->proc.exceptions, x);
	da_crash_report_apply(d);
	ck_assert_str_eq(d->proc.exceptions.v[0].type, "Shop.OutOfStock");
	ck_assert_uint_eq(da_ledger_count(d->ledger), 0);
	done(".crashreport.json");
}
END_TEST

UNIT_MAIN("crash_report", is_read, other_names, of_another_process, damaged, fills_gaps, contradicts, names_the_type)
