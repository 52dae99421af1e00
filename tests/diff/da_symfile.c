/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a symbol file says, for comparisons:
 *
 *	da_symfile FILE [ADDRESS…]   each address (hexadecimal RVA) in the form of llvm-symbolizer's GNU
 *	                             output; without addresses those on standard input
 *	da_symfile --publics FILE    public symbols in the order of addresses: SEGMENT:OFFSET NAME
 *	da_symfile --functions FILE  functions of all modules: SEGMENT:OFFSET SIZE NAME
 *	da_symfile --lines FILE      file and line of each SEGMENT:OFFSET (hexadecimal) on standard input
 *	da_symfile --frames FILE     frame data of the addresses on standard input
 *	da_symfile --named FILE      the RVAs of the names on standard input
 *	da_symfile --time FILE       look up the addresses on standard input and print nothing
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/pdb.h"

static void print_place(struct da_symfile *f, uint32_t rva)
{
	struct da_arena *a = da_arena_new();
	struct da_dwarf_place place;
	struct da_elf_symbol sym;
	enum da_status st = da_symfile_place(f, a, rva, &place);

	printf("0x%x\n", rva);
	for (unsigned i = st == DA_OK || st == DA_PARTIAL ? place.n : 0; i-- > 0;)
		printf("%s\n%s:%u\n", place.calls[i].function ? place.calls[i].function : "??",
		       place.calls[i].file ? place.calls[i].file : "??", place.calls[i].line);
	if (st != DA_OK && st != DA_PARTIAL) {
		st = da_symfile_symbol(f, a, rva, &sym);
		printf("%s\n??:0\n", st == DA_OK ? sym.name : "??");
	}
	da_arena_free(a);
}

static void print_frame(struct da_symfile *f, uint32_t rva)
{
	struct da_arena *a = da_arena_new();
	struct da_frame_data d;

	if (da_symfile_frame(f, a, rva, &d) == DA_OK)
		printf("%x %x %x %x %x %x %x %s\n", rva, d.start, d.size, d.prolog, d.params, d.saved,
		       d.locals, d.program ? d.program : d.uses_bp ? "1" : "0");
	da_arena_free(a);
}

static void print_publics(struct da_symfile *f)
{
	struct pdb *p = pdb_of(f);
	struct da_arena *a = da_arena_new();
	struct pdb_addr addr;
	uint32_t record;

	for (uint32_t i = 0; pdb_public_at(p, i, &addr, &record); i++)
		printf("%04u:%04u %s\n", addr.seg, addr.off,
		       msf_text(&p->msf, a, p->record_stream, record + 14, 65536));
	da_arena_free(a);
}

static void print_functions(struct da_symfile *f)
{
	struct pdb *p = pdb_of(f);
	struct pdb_module *m;

	for (uint32_t i = 0; (m = pdb_module(p, i)) != NULL; i++) {
		for (size_t k = 0; k < m->procs.n; k++) {
			const struct pdb_proc *proc = &m->procs.v[k];
			const char *name = pdb_proc_name(m, f->arena, proc);

			printf("%04u:%04u %u %s\n", proc->addr.seg, proc->addr.off, proc->size,
			       name ? name : "");
		}
	}
}

static void print_line(struct da_symfile *f, const char *word)
{
	struct pdb *p = pdb_of(f);
	struct pdb_contribution part;
	struct pdb_module *m;
	uint32_t line, file;
	unsigned seg, off;
	struct pdb_addr addr;

	if (sscanf(word, "%x:%x", &seg, &off) != 2)
		return;
	addr = (struct pdb_addr){ off, (uint16_t)seg };
	if (pdb_contribution(p, addr, &part) && (m = pdb_module(p, part.module)) != NULL &&
	    pdb_line(m, addr, &line, &file))
		printf("%s %s:%u\n", word, pdb_file(p, f->arena, m, file), line);
}

static void print_named(struct da_symfile *f, const char *name)
{
	struct da_arena *a = da_arena_new();
	struct da_elf_symbol sym;

	if (da_symfile_named(f, a, name, &sym) == DA_OK)
		printf("%" PRIx64 " %s\n", sym.start, name);
	da_arena_free(a);
}

static void look_up(struct da_symfile *f, const char *mode, const char *word)
{
	struct da_arena *a = da_arena_new();
	struct da_dwarf_place place;
	uint32_t rva = (uint32_t)strtoul(word, NULL, 16);

	if (strcmp(mode, "--named") == 0)
		print_named(f, word);
	else if (strcmp(mode, "--lines") == 0)
		print_line(f, word);
	else if (strcmp(mode, "--frames") == 0)
		print_frame(f, rva);
	else if (strcmp(mode, "--time") == 0)
		(void)da_symfile_place(f, a, rva, &place);
	else
		print_place(f, rva);
	da_arena_free(a);
}

int main(int argc, char **argv)
{
	static char line[1 << 16];
	struct da_arena *a = da_arena_new();
	const char *mode = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
	int at = *mode ? 2 : 1;
	enum da_symfile_kind kind = DA_SYMFILE_KINDS;
	struct da_symfile *f;
	struct da_bytes b;

	if (argc <= at || da_map_file(a, argv[at], UINT32_MAX, &b) != DA_OK ||
	    da_symfile_open(a, b, &da_limits_default, &f, &kind) != DA_OK) {
		printf("not read: %s\n", da_symfile_kind_name(kind));
		return 1;
	}
	if (strcmp(mode, "--publics") == 0) {
		print_publics(f);
	} else if (strcmp(mode, "--functions") == 0) {
		print_functions(f);
	} else if (argc > at + 1) {
		for (int i = at + 1; i < argc; i++)
			look_up(f, mode, argv[i]);
	} else {
		while (fgets(line, sizeof(line), stdin)) {
			line[strcspn(line, "\n")] = '\0';
			look_up(f, mode, line);
		}
	}
	da_arena_free(a);
	return 0;
}
