/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "synth/synth.h"

struct da_limits fuzz_limits(void)
{
	struct da_limits l = da_limits_default;

	l.threads = 200;
	l.frames = 64;
	l.steps = 400;
	l.modules = 200;
	l.segments = 5000;
	l.notes = 1000;
	l.string = 1024;
	l.link_map = 200;
	l.dwarf_units = 1000;
	l.symbols = 10000;
	l.scan_words = 256;
	l.image_bytes = 16 << 20;
	l.expand = 16 << 20;
	return l;
}

static const struct {
	unsigned bits;
	bool big;
	uint16_t machine;
	struct synth_layout layout;
	struct synth_process process;
} shapes[] = {
	{ 64, false, SYNTH_X86_64, { 0 }, { .threads = 2, .frames = 5, .modules = 2, .signal = 11 } },
	{ 64, false, SYNTH_X86_64, { .notes_last = true }, { .threads = 3, .frames = 3, .modules = 1 } },
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
