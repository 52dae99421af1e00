/* SPDX-License-Identifier: Apache-2.0 */
/* PID.status, PID.stack and PID.maps beside a core: what they tell, and when they are not believed. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ledger.h"
#include "loader/sidefile.h"
#include "synth/synth.h"
#include "unit.h"

static struct da_dump *d;

static struct da_bytes bytes(const char *text)
{
	return (struct da_bytes){ (const uint8_t *)text, strlen(text) };
}

static void setup(const char *name)
{
	static const uint32_t tids[] = { 4711, 4712, 4713 };

	d = da_dump_new(&da_limits_default, NULL);
	d->proc.os = DA_OS_LINUX;
	d->proc.pid = 4711;
	d->proc.name = name;
	for (size_t i = 0; i < DA_ARRAY_SIZE(tids); i++)
		da_vec_add(d->arena, &d->proc.threads)->tid = tids[i];
	d->proc.threads.v[0].name = name;
}

/* ---------------------------------------------------------------- status */

START_TEST(status_is_read)
{
	const struct da_kernel_status *s;

	setup("ledgerd");
	da_read_kernel_status(d, bytes("Name:\tledgerd\nUmask:\t0022\nState:\tD (disk sleep)\nTgid:\t90\nPid:\t90\nTracerPid:\t12\n"
				       "Uid:\t1000\t1001\t1000\t1000\nNSpid:\t90\t4711\nVmSize:\t  2048 kB\nVmRSS:\t     16 kB\n"
				       "VmSwap:\t       4 kB\nThreads:\t3\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n"
				       "Cpus_allowed_list:\t0-3,7\nvoluntary_ctxt_switches:\t55\r\n"
				       "nonvoluntary_ctxt_switches:\t6"), "4711.status");
	s = d->proc.kernel_status;
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->name, "ledgerd");
	ck_assert_int_eq(s->state, 'D');
	ck_assert_uint_eq(s->pids.n, 2);
	ck_assert_uint_eq(s->v[DA_STATUS_TRACER], 12);
	ck_assert_uint_eq(s->v[DA_STATUS_EUID], 1001);
	ck_assert_uint_eq(s->v[DA_STATUS_VIRTUAL], 2048 * 1024);
	ck_assert_uint_eq(s->v[DA_STATUS_SWAPPED], 4096);
	ck_assert_uint_eq(s->v[DA_STATUS_CAPABILITIES], 0xa80425fb);
	ck_assert_uint_eq(s->v[DA_STATUS_SECCOMP], 2);
	ck_assert_uint_eq(s->v[DA_STATUS_VOLUNTARY], 55);
	ck_assert_uint_eq(s->v[DA_STATUS_INVOLUNTARY], 6);
	ck_assert(!da_status_has(s, DA_STATUS_VIRTUAL_PEAK));
	ck_assert_str_eq(s->cpus, "0-3,7");
	ck_assert_uint_eq(d->proc.resident_bytes, 16384);
	da_dump_free(d);
}
END_TEST

/* Numbers that are none, too large, or without their unit are not known. */
START_TEST(status_of_nonsense)
{
	setup("x");
	da_read_kernel_status(d, bytes("Pid:\t4711\nVmSize:\t99999999999999999999999 kB\nVmRSS:\t16\nVmHWM:\t18014398509481984 kB\n"
				       "TracerPid:\t-1\nState:\t?\nUid:\t7\n"), "4711.status");
	ck_assert_ptr_nonnull(d->proc.kernel_status);
	ck_assert_uint_eq(d->proc.kernel_status->known, 0);
	ck_assert_int_eq(d->proc.kernel_status->state, 0);
	da_dump_free(d);
}
END_TEST

START_TEST(status_of_another_process)
{
	static const struct {
		const char *text;
		int note;
	} files[] = {
		{ "Name:\tx\nPid:\t4710\nNSpid:\t4710\n", DA_NOTE_DISAGREE },
		{ "Name:\tcron\nPid:\t4711\n", DA_NOTE_DISAGREE },
		{ "Name:\tx\n", DA_NOTE_CORRUPT },
		{ "no status\n", DA_NOTE_CORRUPT },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(files); i++) {
		setup("x");
		da_read_kernel_status(d, bytes(files[i].text), "4711.status");
		ck_assert_ptr_null(d->proc.kernel_status);
		ck_assert_int_eq(da_ledger_at(d->ledger, 0)->kind, files[i].note);
		da_dump_free(d);
	}
}
END_TEST

/* ---------------------------------------------------------------- stack */

static const struct da_kernel_stack *stack(size_t thread)
{
	return d->proc.threads.v[thread].in_kernel;
}

/* As tail -v, and head, of several files write it; and thread 9999 has ended since. */
START_TEST(stacks_by_path)
{
	setup("x");
	da_read_kernel_stacks(d, bytes("==> /proc/4711/task/4711/status <==\nName:\tx\nState:\tS (sleeping)\n\n"
				       "==> /proc/4711/task/4711/stack <==\n[<0>] do_epoll_wait+0x5f0/0x790\n"
				       "[<0>] entry_SYSCALL_64_after_hwframe+0x6e/0xd8\n\n"
				       "==> /proc/4711/task/4712/comm <==\nwriter\n\n==> /proc/4711/task/4712/stack <==\n"
				       "[<ffffffff8104e2a1>] nfs4_call_sync+0x1/0x20 [nfsv4]\n[<ffffffffffffffff>] 0xffffffffffffffff\n"
				       "==> /proc/4711/task/9999/stack <==\n[<0>] do_exit+0x1/0x2\n"
				       "==> /proc/4711/task/4713/wchan <==\npipe_read\n"), "4711.stack");
	ck_assert_uint_eq(stack(0)->functions.n, 2);
	ck_assert_str_eq(stack(0)->functions.v[0], "do_epoll_wait");
	ck_assert_int_eq(stack(0)->status->state, 'S');
	ck_assert_uint_eq(stack(1)->functions.n, 1);
	ck_assert_str_eq(stack(1)->functions.v[0], "nfs4_call_sync");
	ck_assert_str_eq(d->proc.threads.v[1].name, "writer");
	ck_assert_ptr_null(stack(2));
	da_dump_free(d);
}
END_TEST

/* "== TID" and whatever the files of the thread hold; and one stack alone. */
START_TEST(stacks_by_number)
{
	setup("x");
	da_read_kernel_stacks(d, bytes("== 4712\nwriter\nfutex_wait_queue202 0x7f 0x80\n[<0>] futex_wait_queue+0x60/0x90\n"
				       "Name:\twriter\nState:\tS (sleeping)\n== 4713\n[<0>] do_wait+0x60/0x90\n"), "4711.stack");
	ck_assert_str_eq(stack(1)->functions.v[0], "futex_wait_queue");
	ck_assert_str_eq(d->proc.threads.v[1].name, "writer");
	ck_assert_str_eq(stack(2)->functions.v[0], "do_wait");
	da_dump_free(d);
	setup("x");
	da_read_kernel_stacks(d, bytes("[<0>] hrtimer_nanosleep+0x60/0x90\n"), "4711.stack");
	ck_assert_str_eq(stack(0)->functions.v[0], "hrtimer_nanosleep");
	da_dump_free(d);
}
END_TEST

START_TEST(stacks_of_another_process)
{
	static const struct {
		const char *text;
		int note;
	} files[] = {
		{ "== 4711\n[<0>] a+0x1/0x2\n== 5000\n[<0>] a+0x1/0x2\n== 5001\n[<0>] a+0x1/0x2\n", DA_NOTE_DISAGREE },
		{ "nothing\n", DA_NOTE_CORRUPT },
		{ "==> /etc/motd <==\n[<0>] a+0x1/0x2\n", DA_NOTE_CORRUPT },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(files); i++) {
		setup("x");
		da_read_kernel_stacks(d, bytes(files[i].text), "4711.stack");
		for (size_t k = 0; k < 3; k++)
			ck_assert_ptr_null(stack(k));
		ck_assert_int_eq(da_ledger_at(d->ledger, 0)->kind, files[i].note);
		da_dump_free(d);
	}
}
END_TEST

/* ---------------------------------------------------------------- maps */

#define VDSO 0x7ffd0000ULL
#define PROGRAM 0x400000ULL
#define ANONYMOUS 0x600000ULL

/* A core of a program of one image, one anonymous range, and no FILE note; maps lies beside it. */
static void load_core(const char *maps, bool vdso)
{
	static const uint64_t regs[27] = { 0 };
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	char folder[64], file[96];
	const char *message;
	size_t n;
	static uint8_t *core; /* of the last test too: the dump reads it until it is freed */
	FILE *f;

	synth_note_prstatus(s, &(struct synth_thread){ .tid = 4711, .regs = regs, .nregs = 27 });
	synth_note_prpsinfo(s, "x", "x", 4711, 1, 0, 0);
	if (vdso)
		synth_note_auxv(s, (const uint64_t[][2]){ { 33, VDSO }, { 6, 4096 } }, 2);
	synth_image(s, &(struct synth_image){ .soname = NULL, .base = PROGRAM, .code = 256 }, NULL);
	synth_segment(s, ANONYMOUS, NULL, 4096, 4096, SYNTH_R | SYNTH_W);
	free(core);
	core = synth_build(s, &n);
	d = da_dump_new(&da_limits_default, NULL);
	snprintf(folder, sizeof(folder), "t_beside.%ld", (long)getpid());
	snprintf(file, sizeof(file), "%s/4711.maps", folder);
	mkdir(folder, 0700);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(maps, f);
	fclose(f);
	d->origin.folder = da_printf(d->arena, "%s/", folder);
	d->file = (struct da_bytes){ core, n };
	ck_assert(da_load(d, &message) <= DA_PARTIAL);
	unlink(file);
	rmdir(folder);
	synth_free(s);
}

static const struct da_range *at(uint64_t address)
{
	const struct da_range *r = da_mem_range(&d->proc.mem, address);

	ck_assert_ptr_nonnull(r);
	return r;
}

START_TEST(maps_name_files)
{
	load_core("00400000-00402000 r--p 00000000 fe:00 12     /opt/app/ledger d\n"
		  "00402000-00403000 r-xp 00002000 fe:00 12     /opt/app/ledger d\n"
		  "00600000-00601000 rw-p 00000000 00:00 0      [heap]\n"
		  "00700000-00800000 rw-s 00000000 00:05 77     /memfd:ring (deleted)\n"
		  "00900000-00a00000 ---p 00000000 00:00 0 \n"
		  "7ffd0000-7ffd2000 r-xp 00000000 00:00 0      [vdso]\n"
		  "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n", true);
	ck_assert_uint_eq(da_ledger_count(d->ledger), 0);
	ck_assert_uint_lt(da_module_at(&d->proc, PROGRAM), d->proc.modules.n);
	ck_assert_str_eq(d->proc.modules.v[da_module_at(&d->proc, PROGRAM)].path, "/opt/app/ledger d");
	ck_assert_int_eq(at(ANONYMOUS)->kind, DA_RANGE_HEAP);
	ck_assert_int_eq(at(ANONYMOUS)->sharing, DA_SHARING_PRIVATE);
	ck_assert_int_eq(at(0x700000)->kind, DA_RANGE_SHARED);
	ck_assert_int_eq(at(0x700000)->prot, DA_PROT_R | DA_PROT_W);
	ck_assert_uint_eq(at(0x700000)->file_len, 0);
	ck_assert_int_eq(at(0x900000)->kind, DA_RANGE_RESERVED);
	ck_assert_ptr_null(da_mem_range(&d->proc.mem, 0xffffffffff600000));
	da_dump_free(d);
}
END_TEST

/* Another process of the same id: elsewhere in memory; or lines that are no map. */
START_TEST(maps_of_another_process)
{
	static const struct {
		const char *text;
		bool vdso;
		int note;
	} files[] = {
		{ "00400000-00402000 r--p 00000000 fe:00 12 /opt/a\n7ffd1000-7ffd2000 r-xp 00000000 00:00 0 [vdso]\n", true,
		  DA_NOTE_DISAGREE },
		{ "00401000-00403000 r--p 00000000 fe:00 12 /opt/a\n", false, DA_NOTE_DISAGREE },
		{ "00500000-00503000 r--p 00000000 fe:00 12 /opt/a\n", false, DA_NOTE_DISAGREE },
		{ "00500000-00503000 r--p 00000000 fe:00 12 /opt/a\n00400000-00401000 r--p 00000000 fe:00 12 /opt/a\n", true,
		  DA_NOTE_CORRUPT },
		{ "00402000-00400000 r--p 00000000 fe:00 12 /opt/a\n-\n12345\n00400000-00402000 rwx 0 0 0\n", true,
		  DA_NOTE_CORRUPT },
	};

	for (size_t i = 0; i < DA_ARRAY_SIZE(files); i++) {
		bool told = false;

		load_core(files[i].text, files[i].vdso);
		for (size_t k = 0; k < da_ledger_count(d->ledger); k++)
			told |= (int)da_ledger_at(d->ledger, k)->kind == files[i].note;
		ck_assert_msg(told, "file %zu is refused", i);
		for (size_t k = 0; k < d->proc.mem.ranges.n; k++)
			ck_assert_int_eq(d->proc.mem.ranges.v[k].sharing, DA_SHARING_UNKNOWN);
		da_dump_free(d);
	}
}
END_TEST

UNIT_MAIN("beside", status_is_read, status_of_nonsense, status_of_another_process, stacks_by_path, stacks_by_number,
	  stacks_of_another_process, maps_name_files, maps_of_another_process)
