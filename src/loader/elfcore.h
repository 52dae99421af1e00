/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to loader/: an ELF core while it is being read. elfcore.c reads headers and leads;
 * core_memory.c makes the memory map, core_notes.c threads and process notes, core_modules.c the
 * modules, core_process.c what lies on the main stack, core_writer.c who wrote it and what it lacks.
 */
#ifndef DA_LOADER_ELFCORE_H
#define DA_LOADER_ELFCORE_H

#include "loader/loader.h"

/* A program header, as read by our own cursor: libelf refuses tables that are cut. */
struct core_segment {
	uint64_t vaddr, memsz, off, filesz;
	uint32_t type, flags, align;
};

/* One mapping of NT_FILE. */
struct core_mapping {
	uint64_t start, end, off;
	const char *path;
	bool deleted;
};

/* One line of PID.maps. */
struct core_line {
	uint64_t start, end, off;
	uint8_t prot;      /* enum da_prot */
	bool shared;
	const char *name;  /* a path, "[heap]", or NULL */
	bool deleted;
};

/* One SIGINFO: one a process from the kernel, one a thread from gdb. */
struct core_siginfo {
	uint32_t thread; /* index of the thread whose PRSTATUS came before, or DA_NONE */
	int32_t signo, code, error;
	struct da_bytes bytes;
};

struct core {
	struct da_dump *d;
	uint8_t word;
	bool big_endian;
	uint16_t machine;
	uint32_t flags;
	bool has_sections;          /* e_shoff is set: gcore, or a kernel core with PN_XNUM */
	bool headers_cut;           /* the table of program headers is not whole */
	DA_VEC(struct core_segment) segments; /* in the order of the file */
	DA_VEC(struct core_mapping) mappings; /* in the order of the note */
	bool mappings_cut;          /* it does not name all that it counts */
	DA_VEC(struct core_line) lines; /* of PID.maps beside the core, if it is of this process; ascending */
	uint64_t file_end_needed;   /* largest offset + size that a header promises */
	/* what the notes showed, for core_writer.c */
	unsigned nprstatus, nsiginfo, nprpsinfo, nauxv, nfile, nfpregs, nxstate, ngdb;
	bool prstatus_first, prpsinfo_first, auxv_first;
	bool notes_last;            /* the note segment lies behind the memory */
	bool notes_cut;
	uint64_t unread;            /* bytes of stacks that the writer could not read */
	unsigned cursigs;           /* threads whose note carries a signal */
	int32_t prpsinfo_state;     /* pr_sname or -1 */
	const char *psargs;
	const char *other_os;       /* owner of foreign notes: "NetBSD-CORE" */
	DA_VEC(struct core_siginfo) siginfos;
};

/* Addresses of a 32-bit process, also where a 64-bit tool sign-extended them. */
static inline uint64_t core_address(const struct core *c, uint64_t addr)
{
	return c->word == 4 ? addr & UINT32_MAX : addr;
}

/* The kernel appends " (deleted)" to the name of a file that was removed while it was mapped. */
size_t core_path_length(const char *name, size_t n, bool *ret_deleted);
void core_read_memory(struct core *c);
void core_read_notes(struct core *c);
void core_find_signal(struct core *c);
void core_read_process(struct core *c);
/* PID.maps beside the core: what it tells is taken over where it agrees with the dump. */
void core_read_maps(struct core *c);
/* Of the bytes of that file. */
void core_take_maps(struct core *c, struct da_bytes b, const char *name);
void core_read_modules(struct core *c);
void core_name_ranges(struct core *c);
/* core_unread.c: cut off what gdb could not read. */
void core_find_unread(struct core *c);
void core_find_stacks(struct core *c);
void core_name_writer(struct core *c);
bool core_is_gcore(const struct core *c);

#endif
