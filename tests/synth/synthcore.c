/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a made-up core: synthcore OUT [key=value…]; keys below. Used by benches, e2e and fuzz seeds. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "synth/synth.h"

static uint64_t value_of(int argc, char **argv, const char *key, uint64_t otherwise)
{
	size_t n = strlen(key);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
			return strtoull(argv[i] + n + 1, NULL, 0);
	return otherwise;
}

int main(int argc, char **argv)
{
	struct synth_process p = { 0 };
	struct synth *s;
	int fd, r;

	if (argc < 2) {
		fputs("synthcore OUT [bits= big= machine= threads= frames= modules= extra= sparse= signal=\n"
		      "               notes_last= xnum= reversed= unsorted= cfi= type= osabi=]\n", stderr);
		return 64;
	}
	s = synth_new((unsigned)value_of(argc, argv, "bits", 64), value_of(argc, argv, "big", 0),
		      (uint16_t)value_of(argc, argv, "machine", SYNTH_X86_64));
	*synth_layout(s) = (struct synth_layout){
		.notes_last = value_of(argc, argv, "notes_last", 0),
		.notes_last_header = value_of(argc, argv, "notes_last", 0) > 1,
		.xnum = value_of(argc, argv, "xnum", 0),
		.reversed = value_of(argc, argv, "reversed", 0),
		.type = (uint16_t)value_of(argc, argv, "type", 0),
		.osabi = (uint8_t)value_of(argc, argv, "osabi", 0),
	};
	p.threads = (unsigned)value_of(argc, argv, "threads", 2);
	p.frames = (unsigned)value_of(argc, argv, "frames", 5);
	p.modules = (unsigned)value_of(argc, argv, "modules", 2);
	p.extra_segments = value_of(argc, argv, "extra", 0);
	p.sparse = value_of(argc, argv, "sparse", 0);
	p.signal = (int)value_of(argc, argv, "signal", 11);
	p.cfi = value_of(argc, argv, "cfi", 0);
	p.unsorted = value_of(argc, argv, "unsorted", 0);
	synth_process(s, &p);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	r = fd < 0 ? -1 : synth_write(s, fd);
	if (r != 0)
		perror(argv[1]);
	if (fd >= 0)
		close(fd);
	synth_free(s);
	return r ? 74 : 0;
}
