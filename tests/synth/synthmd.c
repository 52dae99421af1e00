/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a made-up minidump: synthmd OUT [key=value…]; keys below. Used by e2e tests. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "synth/synth_md.h"

#define HOLES UINT64_C(0x10000000000)
#define MEGABYTE UINT64_C(0x100000)

static uint64_t value_of(int argc, char **argv, const char *key, uint64_t otherwise)
{
	size_t n = strlen(key);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
			return strtoull(argv[i] + n + 1, NULL, 0);
	return otherwise;
}

static const char *text_of(int argc, char **argv, const char *key)
{
	size_t n = strlen(key);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
			return argv[i] + n + 1;
	return NULL;
}

/* A DLL of any path, time stamp 0x5f5e1000 and 0x4000 bytes; a thread stands in it. */
static void module(struct synth_md *s, const char *path)
{
	synth_md_module(s, &(struct synth_md_module){ .base = 0x44000000, .size = 0x4000, .timestamp = 0x5f5e1000,
						      .path = path });
	synth_md_thread(s, &(struct synth_md_thread){ .tid = 800, .stack_start = 0x45000000, .stack_size = 4096,
						      .regs = { .pc = 0x44001000, .sp = 0x45000800 } });
}

/* A second exception that the first was raised on top of. */
static void nested(struct synth_md *s)
{
	uint8_t record[0x98] = { 0 };

	synth_md_set(record, 4, 0xe06d7363);
	synth_md_set(record + 0x10, 8, 0x401000);
	synth_md_set(record + 0x18, 4, 1);
	synth_md_set(record + 0x20, 8, 0x19930520);
	synth_md_memory(s, 0x60000000, record, sizeof(record));
	synth_md_exception(s, &(struct synth_md_exception){ .tid = 101, .code = 0xc0000025, .nested = 0x60000000,
							    .address = 0x401234 });
}

int main(int argc, char **argv)
{
	struct synth_md *s;
	uint64_t holes = 0, megabytes, threads;
	uint8_t *dump;
	size_t n;
	int fd, r;

	if (argc < 2) {
		fputs("synthmd OUT [cpu= platform= flags= memory64= nested= jit= module= threads= megabytes=]\n", stderr);
		return 64;
	}
	s = synth_md_new((uint16_t)value_of(argc, argv, "cpu", SYNTH_MD_AMD64),
			 (uint32_t)value_of(argc, argv, "platform", SYNTH_MD_WINDOWS));
	synth_md_layout(s)->flags = value_of(argc, argv, "flags", 0);
	synth_md_layout(s)->memory64 = value_of(argc, argv, "memory64", 0);
	if (value_of(argc, argv, "nested", 0)) /* the first exception stream counts */
		nested(s);
	synth_md_process(s);
	if (value_of(argc, argv, "jit", 0))
		synth_md_jit(s);
	if (text_of(argc, argv, "module"))
		module(s, text_of(argc, argv, "module"));
	threads = value_of(argc, argv, "threads", 0);
	for (uint64_t i = 0; i < threads; i++)
		synth_md_thread(s, &(struct synth_md_thread){
			.tid = 1000 + (uint32_t)i, .stack_start = HOLES + MEGABYTE * i, .stack_size = MEGABYTE,
			.regs = { .pc = 0x20001000, .sp = HOLES + MEGABYTE * i + 0xff000 } });
	megabytes = value_of(argc, argv, "megabytes", 0);
	for (uint64_t i = 0; i < megabytes; i++) {
		holes = synth_md_hole(s, HOLES + MEGABYTE * i, MEGABYTE);
		synth_md_region(s, HOLES + MEGABYTE * i, MEGABYTE, 0x1000, 4, 0x20000);
	}
	dump = synth_md_build(s, &n);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	r = fd < 0 || write(fd, dump, n) != (ssize_t)n || ftruncate(fd, (off_t)(n + holes)) != 0;
	if (r)
		perror(argv[1]);
	if (fd >= 0)
		close(fd);
	free(dump);
	synth_md_free(s);
	return r ? 74 : 0;
}
