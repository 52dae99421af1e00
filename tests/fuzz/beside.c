/* SPDX-License-Identifier: Apache-2.0 */
/* Files of /proc beside a core; the first byte says which. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "loader/elfcore.h"
#include "loader/sidefile.h"

static const char *const seeds[] = {
	"fl-wx------ 1 www www 64 2026-11-03 10:00:00.000000000 +0100 2 -> pipe:[901]\n7 -> anon_inode:[eventpoll]\r\n",
	"uName:\tx\nState:\tD (disk sleep)\nPid:\t7\nNSpid:\t90\t7\nTracerPid:\t0\nUid:\t1\t2\t3\t4\nVmRSS:\t 12 kB\nCapEff:\t00ff\n"
	"Seccomp:\t2\nCpus_allowed_list:\t0-3\nvoluntary_ctxt_switches:\t5\n",
	"s==> /proc/7/task/7/stack <==\n[<0>] do_wait+0x5/0x9 [x]\n\n==> /proc/7/task/8/status <==\nName:\tw\nState:\tS\n",
	"s== 7\nname\n[<0>] futex_wait_queue+0x60/0x90\nState:\tS\n== 8\n[<ffffffffffffffff>] 0xffffffffffffffff\n",
	"m00400000-00402000 r-xp 00000000 fe:00 12     /opt/app/ledger d\n00402000-00500000 rw-s 0 00:00 0 /memfd:a (deleted)\n"
	"7ffd0000-7ffd2000 r-xp 00000000 00:00 0      [vdso]\nffffffffff600000-ffffffffff601000 --xp 0 00:00 0 [vsyscall]\n",
};

uint8_t *fuzz_seed(unsigned i, size_t *ret_n)
{
	uint8_t *p;

	if (i >= DA_ARRAY_SIZE(seeds))
		return NULL;
	*ret_n = strlen(seeds[i]);
	p = malloc(*ret_n);
	memcpy(p, seeds[i], *ret_n);
	return p;
}

static void maps(struct da_dump *d, struct da_bytes b)
{
	struct core *c = da_new(d->arena, struct core);

	c->d = d;
	c->word = 8;
	core_take_maps(c, b, "7.maps");
	core_name_ranges(c);
	for (size_t i = 1; i < d->proc.mem.ranges.n; i++)
		if (d->proc.mem.ranges.v[i].start < d->proc.mem.ranges.v[i - 1].end)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct da_limits limits = fuzz_limits();
	struct da_dump *d = da_dump_new(&limits, NULL);
	struct da_bytes b = { p + 1, n ? n - 1 : 0 };

	d->proc.os = DA_OS_LINUX;
	d->proc.pid = 7;
	d->proc.mem.word = 8;
	da_vec_add(d->arena, &d->proc.threads)->tid = 7;
	da_vec_add(d->arena, &d->proc.threads)->tid = 8;
	da_vec_push(d->arena, &d->proc.auxv, ((struct da_pair){ 33, 0x7ffd0000 }));
	da_vec_push(d->arena, &d->proc.mem.ranges, ((struct da_range){ .start = 0x400000, .end = 0x401000, .module = DA_NONE }));
	switch (n ? p[0] : 0) {
	case 'f': da_read_descriptors(d, b, "7.fd"); break;
	case 'u': da_read_kernel_status(d, b, "7.status"); break;
	case 's': da_read_kernel_stacks(d, b, "7.stack"); break;
	case 'm': maps(d, b); break;
	default: break;
	}
	da_dump_free(d);
	return 0;
}
