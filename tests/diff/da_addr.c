/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What symbol/ says of addresses of one file, in the form of `addr2line -C -f -i`: for tests that
 * compare the two. The file is made the only module of a process that does not exist.
 *
 *	da_addr [-s DIR]... [-l] FILE < addresses
 *
 * -s: as --symbols DIR; -l: this machine's own files count too.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol/symbol.h"

static struct da_dump *make_dump(const char *path)
{
	struct da_dump *d = da_dump_new(&da_limits_default, NULL);
	struct da_module *m = da_vec_add(d->arena, &d->proc.modules);
	const struct da_segment *seg;
	struct da_image *im;
	struct da_bytes b;
	const uint8_t *id;
	size_t n;

	if (da_map_file(d->arena, path, UINT32_MAX, &b) != DA_OK ||
	    da_image_open(d->arena, b, path, d->ledger, &im) != DA_OK) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		exit(1);
	}
	n = da_image_segments(im, &seg);
	m->path = realpath(path, NULL);
	m->name = da_basename(m->path);
	m->has_bias = true;
	m->start = n ? seg[0].vaddr & ~UINT64_C(4095) : 0;
	m->end = n ? seg[n - 1].vaddr + seg[n - 1].memsz : 0;
	m->build_id_len = (uint8_t)da_image_build_id(im, &id);
	if (m->build_id_len)
		memcpy(m->build_id, id, m->build_id_len);
	return d;
}

static void print_place(const struct da_place *p)
{
	if (p->ncalls == 0)
		printf("??\n??:0\n");
	for (unsigned i = p->ncalls; i-- > 0;)
		printf("%s\n%s:%" PRIu32 "\n", p->calls[i].function ? p->calls[i].function : "??",
		       p->calls[i].file ? p->calls[i].file : "??", p->calls[i].line);
}

int main(int argc, char **argv)
{
	const char *dirs[16];
	struct da_symbol_options o = { .dirs = dirs, .no_local = true };
	struct da_symbols *s;
	struct da_dump *d;
	char line[64];
	int c;

	while ((c = getopt(argc, argv, "ls:")) != -1) {
		if (c == 's' && o.ndirs < 16)
			dirs[o.ndirs++] = optarg;
		else if (c == 'l')
			o.no_local = false;
	}
	if (optind + 1 != argc)
		return 64;
	d = make_dump(argv[optind]);
	s = da_symbols_new(d, &o);
	da_symbols_find(s);
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t addr = strtoull(line, NULL, 16);

		printf("0x%" PRIx64 "\n", addr);
		print_place(da_symbols_place(s, addr, false));
	}
	for (size_t i = 0; i < da_ledger_count(d->ledger); i++)
		fprintf(stderr, "%s: %s\n", da_ledger_at(d->ledger, i)->where,
			da_ledger_at(d->ledger, i)->text);
	free((char *)d->proc.modules.v[0].path);
	da_dump_free(d);
	return 0;
}
