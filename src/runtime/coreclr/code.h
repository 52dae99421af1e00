/* SPDX-License-Identifier: Apache-2.0 */
/* code: what code.c, heap_code.c and r2r.c share. */
#ifndef DA_RUNTIME_CORECLR_CODE_H
#define DA_RUNTIME_CORECLR_CODE_H

#include "image/pe.h"
#include "runtime/coreclr/coreclr.h"

/* A range of code, RangeSection. */
struct clr_section {
	uint64_t begin, end;
	uint64_t heap;   /* CodeHeapListNode, 0: none */
	uint64_t module; /* Module of a ReadyToRun image, 0: none */
	bool code;       /* jitted code; else, without a module, stubs */
};

struct da_clr_code_state {
	struct da_map answers; /* pc to struct answer */
	struct da_map images;  /* Module to struct clr_image, of r2r.c */
	struct clr_section last;
	struct clr_headers *headers; /* of heap_header.c */
};

/* heap_code.c: the method at pc of a code heap. DA_NOT_FOUND: none begins there; DA_FAULT. */
enum da_status clr_heap_code(struct da_clr *c, const struct clr_section *s, uint64_t pc, struct da_clr_code *ret);
/* heap_header.c: the header of the method that begins `start` bytes behind the base of its range; 0: not found. */
uint64_t clr_find_header(struct da_clr *c, uint64_t start);
/* r2r.c: the method at pc of an image. */
enum da_status clr_r2r_code(struct da_clr *c, const struct clr_section *s, uint64_t pc, struct da_clr_code *ret);

/* RUNTIME_FUNCTIONs of this CPU. */
static inline uint16_t clr_machine(const struct da_clr *c)
{
	return c->arm64 ? DA_PE_ARM64 : DA_PE_AMD64;
}
static inline uint32_t clr_entry_size(const struct da_clr *c)
{
	return c->arm64 ? 8 : 12;
}
static inline bool clr_holds(const struct da_pe_function *f, uint64_t rva)
{
	return f->end && rva >= f->start && rva < f->end;
}

#endif
