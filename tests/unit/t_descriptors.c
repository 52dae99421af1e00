/* SPDX-License-Identifier: Apache-2.0 */
/* PID.fd beside a dump: what ls printed of /proc/PID/fd, in any of its styles, and what is no such listing. */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ledger.h"
#include "loader/loader.h"
#include "unit.h"

static struct da_dump *d;
static char folder[64], list[96];

static void setup(const char *text)
{
	FILE *f;

	d = da_dump_new(&da_limits_default, NULL);
	d->proc.os = DA_OS_LINUX;
	d->proc.pid = 4711;
	d->proc.has_pid = true;
	snprintf(folder, sizeof(folder), "t_descriptors.%ld", (long)getpid());
	snprintf(list, sizeof(list), "%s/4711.fd", folder);
	d->origin.folder = da_printf(d->arena, "%s/", folder);
	mkdir(folder, 0700);
	f = fopen(list, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void done(void)
{
	unlink(list);
	rmdir(folder);
	da_dump_free(d);
}

START_TEST(is_read)
{
	static const struct {
		unsigned number;
		const char *type, *name;
	} want[] = {
		{ 0, "device", "/dev/null" }, { 2, "pipe", "pipe:[901]" }, { 7, "epoll", "anon_inode:[eventpoll]" },
		{ 10, "socket", "socket:[4242]" }, { 12, "file", "/var/lib/a -> b 3" },
	};

	setup("total 0\n"
	      "lr-x------ 1 www www 64 Nov  3 10:00 0 -> /dev/null\n"
	      "lrwx------ 1 www www 64 Nov  3 10:00 10 -> socket:[4242]\r\n"
	      "l-wx------ 1 www www 64 2026-11-03 10:00:00.000000000 +0100 2 -> pipe:[901]\n"
	      "7 -> anon_inode:[eventpoll]\n"
	      "lr-x------ 1 www www 64 Nov  3 10:00 12 -> /var/lib/a -> b 3");
	da_load_beside(d);
	ck_assert_uint_eq(d->proc.handles.n, DA_ARRAY_SIZE(want));
	for (size_t i = 0; i < DA_ARRAY_SIZE(want); i++) {
		ck_assert_uint_eq(d->proc.handles.v[i].handle, want[i].number);
		ck_assert_str_eq(d->proc.handles.v[i].type, want[i].type);
		ck_assert_str_eq(d->proc.handles.v[i].name, want[i].name);
	}
	done();
}
END_TEST

START_TEST(is_no_listing)
{
	static const char *const texts[] = { "\n", "5\n6\n", "x5 -> y\n", "1234567890 -> /a\n", " -> /a\n", "5 -> \n" };

	for (size_t i = 0; i < DA_ARRAY_SIZE(texts); i++) {
		setup(texts[i]);
		da_load_beside(d);
		ck_assert_uint_eq(d->proc.handles.n, 0);
		ck_assert_int_eq(da_ledger_at(d->ledger, 0)->kind, DA_NOTE_CORRUPT);
		done();
	}
}
END_TEST

/* The listing of another process that lies in the same folder, or none of a process that has no number. */
START_TEST(of_another_process)
{
	for (unsigned i = 0; i < 3; i++) {
		setup("5 -> /a\n");
		d->proc.pid = i == 0 ? 4712 : i == 1 ? 0 : 4711;
		d->proc.os = i == 2 ? DA_OS_WINDOWS : DA_OS_LINUX;
		da_load_beside(d);
		ck_assert_uint_eq(d->proc.handles.n, 0);
		ck_assert_uint_eq(da_ledger_count(d->ledger), 0);
		done();
	}
}
END_TEST

UNIT_MAIN("descriptors", is_read, is_no_listing, of_another_process)
