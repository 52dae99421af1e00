/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "model/model.h"
#include "synth/synth.h"
#include "synth/synth_md.h"

struct da_limits fuzz_limits(void)
{
	struct da_limits l = da_limits_default;

	l.threads = 200;
	l.frames = 64;
	l.steps = 400;
	l.modules = 200;
	l.segments = 5000;
	l.notes = 1000;
	l.streams = 64;
	l.handles = 200;
	l.names = 100000;
	l.string = 1024;
	l.link_map = 200;
	l.dwarf_units = 1000;
	l.symbols = 10000;
	l.scan_words = 256;
	l.image_bytes = 16 << 20;
	l.expand = 16 << 20;
	l.sync_blocks = 100000;
	return l;
}

static void add_range(struct da_dump *d, uint64_t start, size_t n)
{
	*da_vec_add(d->arena, &d->proc.mem.ranges) =
		(struct da_range){ .start = start, .end = start + n, .file_len = n, .has_prot = true, .module = DA_NONE,
				   .prot = DA_PROT_R | DA_PROT_W | DA_PROT_X };
}

struct da_dump *fuzz_process(const struct fuzz_process *f, const uint8_t *p, size_t n)
{
	const size_t image = f->image ? DA_MIN(f->image, n) : n;
	static struct da_limits limits;
	struct da_dump *d;

	limits = fuzz_limits();
	d = da_dump_new(&limits, NULL);
	d->proc.os = DA_OS_LINUX;
	d->proc.arch = f->narrow ? da_arch_by_elf(SYNTH_I386, 1, false) : da_arch_by_elf(SYNTH_X86_64, 2, false);
	d->proc.arch_name = d->proc.arch->name;
	d->proc.mem = (struct da_memory){ .file = { p, n }, .word = f->narrow ? 4 : 8 };
	add_range(d, f->base, image);
	if (f->again)
		add_range(d, f->again, n);
	*da_vec_add(d->arena, &d->proc.modules) =
		(struct da_module){ .name = f->module, .start = f->base, .end = f->base + image, .bias = f->base, .has_bias = true };
	for (uint32_t i = 0; i < f->threads; i++)
		da_vec_add(d->arena, &d->proc.threads)->tid = i;
	return d;
}

/* ---------------------------------------------------------------- files */

static char folder[64], file[128];
static pid_t maker;

/* A worker of replay.c has a folder of its own. */
static void clean(void)
{
	if (getpid() != maker)
		return;
	(void)unlink(file);
	(void)rmdir(folder);
}

const char *fuzz_file(const char *name, const uint8_t *p, size_t n)
{
	FILE *f;

	if (!*folder || getpid() != maker) {
		snprintf(folder, sizeof(folder), "/tmp/fuzz-file.XXXXXX");
		if (!mkdtemp(folder))
			abort();
		snprintf(file, sizeof(file), "%s/%s", folder, name);
		maker = getpid();
		atexit(clean);
	}
	(void)unlink(file); /* to be written anew: some file systems wait for the disk where a file is cut and written again */
	f = fopen(file, "w");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		abort();
	return folder;
}

/* ---------------------------------------------------------------- cores */

static const struct {
	unsigned bits;
	bool big;
	uint16_t machine;
	struct synth_layout layout;
	struct synth_process process;
} shapes[] = {
	{ 64, false, SYNTH_X86_64, { 0 }, { .threads = 2, .frames = 5, .modules = 2, .signal = 11 } },
	{ 64, false, SYNTH_X86_64, { .notes_last = true },
	  { .threads = 3, .frames = 3, .modules = 1, .cfi = true } },
	{ 64, false, SYNTH_X86_64, { .notes_last = true, .notes_last_header = true },
	  { .threads = 1, .frames = 1, .modules = 1, .signal = 6 } },
	{ 64, false, SYNTH_X86_64, { .xnum = true }, { .threads = 1, .frames = 2, .modules = 1 } },
	{ 64, false, SYNTH_X86_64, { .reversed = true, .page = 1 },
	  { .threads = 2, .frames = 9, .modules = 3, .signal = 11, .unsorted = true } },
	{ 64, false, SYNTH_X86_64, { .wide_alignment = true }, { .threads = 1, .frames = 2, .modules = 1 } },
	{ 64, false, SYNTH_X86_64, { 0 },
	  { .threads = 8, .frames = 30, .modules = 0, .signal = 7, .extra_segments = 50 } },
	{ 64, false, SYNTH_X86_64, { 0 }, { .threads = 1, .frames = 2, .modules = 1, .huge_file = true } },
	{ 32, false, SYNTH_I386, { 0 }, { .threads = 2, .frames = 5, .modules = 2, .signal = 11 } },
	{ 32, false, SYNTH_I386, { .notes_last = true }, { .threads = 1, .frames = 2, .modules = 1 } },
	{ 64, false, SYNTH_AARCH64, { 0 }, { .threads = 2, .frames = 5, .modules = 2, .signal = 11 } },
	{ 64, false, SYNTH_AARCH64, { 0 }, { .threads = 2, .frames = 5, .modules = 1, .cfi = true } },
	{ 64, false, SYNTH_X86_64, { 0 }, { .threads = 4, .frames = 12, .modules = 1, .signal = 6, .cfi = true } },
	{ 64, true, SYNTH_S390X, { 0 }, { .threads = 2, .frames = 5, .modules = 2, .signal = 11 } },
	{ 64, true, SYNTH_PPC64, { .xnum = true }, { .threads = 1, .frames = 1, .modules = 1, .signal = 6 } },
};

uint8_t *fuzz_core_seed(unsigned i, size_t *ret_n)
{
	struct synth *s;
	uint8_t *core;

	if (i >= sizeof(shapes) / sizeof(shapes[0]))
		return NULL;
	s = synth_new(shapes[i].bits, shapes[i].big, shapes[i].machine);
	*synth_layout(s) = shapes[i].layout;
	synth_process(s, &shapes[i].process);
	core = synth_build(s, ret_n);
	synth_free(s);
	return core;
}

/* ---------------------------------------------------------------- minidumps */

static const struct {
	uint16_t cpu;
	uint32_t platform;
	bool memory64, padded;
} minidumps[] = {
	{ SYNTH_MD_AMD64, SYNTH_MD_WINDOWS, false, false }, { SYNTH_MD_AMD64, SYNTH_MD_WINDOWS, true, false },
	{ SYNTH_MD_X86, SYNTH_MD_WINDOWS, false, true },    { SYNTH_MD_ARM64, SYNTH_MD_WINDOWS, false, false },
	{ SYNTH_MD_ARM, SYNTH_MD_WINDOWS, true, false },    { SYNTH_MD_AMD64, SYNTH_MD_LINUX, false, false },
	{ SYNTH_MD_ARM64_OLD, SYNTH_MD_LINUX, false, true }, { SYNTH_MD_AMD64, SYNTH_MD_MACOS, false, false },
};

static void text_stream(struct synth_md *s, uint32_t type, const char *text)
{
	synth_md_stream(s, type, text, strlen(text));
}

static void linux_streams(struct synth_md *s)
{
	uint8_t auxv[32] = { 0 }, links[20] = { 0 }, debug[36] = { 1 }, crashpad[52] = { 1 };
	uint8_t dictionary[12] = { 1 };

	synth_md_set(auxv, 8, 9);
	synth_md_set(auxv + 8, 8, 0x401000);
	synth_md_set(links, 8, 0x400000);
	synth_md_set(links + 8, 4, synth_md_string(s, "/opt/orders"));
	synth_md_set(links + 12, 8, 0x402e00);
	synth_md_set(debug + 4, 4, synth_md_put(s, links, sizeof(links)));
	synth_md_set(debug + 8, 4, 1);
	synth_md_set(dictionary + 4, 4, synth_md_put(s, "\7\0\0\0product", 12));
	synth_md_set(dictionary + 8, 4, synth_md_put(s, "\4\0\0\0shop", 9));
	synth_md_set(crashpad + 36, 4, sizeof(dictionary));
	synth_md_set(crashpad + 40, 4, synth_md_put(s, dictionary, sizeof(dictionary)));
	text_stream(s, 0x47670003, "processor\t: 0\nprocessor\t: 1\n");
	text_stream(s, 0x47670004, "Name:\torders\nPid:\t100\nPPid:\t1\nUid:\t1000\nVmRSS:\t12 kB\n");
	text_stream(s, 0x47670005, "DISTRIB_DESCRIPTION=\"Ubuntu 22.04\"\n");
	synth_md_stream(s, 0x47670006, "orders\0-v", 10);
	synth_md_stream(s, 0x47670007, "HOME=/\0A=b", 11);
	synth_md_stream(s, 0x47670008, auxv, sizeof(auxv));
	text_stream(s, 0x47670009, "00400000-00408000 r-xp 00000000 08:01 12 /opt/orders\n"
				   "00200000-00300000 rw-p 00000000 00:00 0 [stack]\n");
	synth_md_stream(s, 0x4767000a, debug, sizeof(debug));
	text_stream(s, 0x4767000b, "100 (or) ders) S 1 1 1 0 -1 4 1 0 0 0 1 1 0 0 20 0 2 0 5000 1 1\n");
	text_stream(s, 0x4767000c, "100.25 10.5\n");
	synth_md_stream(s, 0x43500001, crashpad, sizeof(crashpad));
}

uint8_t *fuzz_minidump_seed(unsigned i, size_t *ret_n)
{
	struct synth_md *s;
	uint8_t *dump;

	if (i >= sizeof(minidumps) / sizeof(minidumps[0]))
		return NULL;
	s = synth_md_new(minidumps[i].cpu, minidumps[i].platform);
	synth_md_layout(s)->memory64 = minidumps[i].memory64;
	synth_md_layout(s)->padded = minidumps[i].padded;
	synth_md_process(s);
	if (i < 2 || minidumps[i].cpu == SYNTH_MD_ARM64)
		synth_md_jit(s);
	if (minidumps[i].platform == SYNTH_MD_LINUX)
		linux_streams(s);
	text_stream(s, 10, "\r\n*** procdump -ma orders\r\n*** Manual dump");
	dump = synth_md_build(s, ret_n);
	synth_md_free(s);
	return dump;
}

uint8_t *fuzz_dump_seed(unsigned i, size_t *ret_n)
{
	const unsigned cores = sizeof(shapes) / sizeof(shapes[0]);

	return i < cores ? fuzz_core_seed(i, ret_n) : fuzz_minidump_seed(i - cores, ret_n);
}
