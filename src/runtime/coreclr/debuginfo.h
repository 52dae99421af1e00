/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debuginfo: how the runtime packs "native offset, IL offset" of a method. Three formats, by the release
 * that brought them; ReadyToRun images hold the same as jitted code.
 *
 *   9   (6 to 9)  every number in groups of three bits
 *   10  (10)      entries of as many bits as the largest needs, two bits for the kind of place
 *   11  (11)      the same with three bits; the header says of six blocks how long they are
 *
 * Source: dotnet/runtime docs/design/datacontracts/DebugInfo.md, and real code of all releases.
 */
#ifndef DA_RUNTIME_CORECLR_DEBUGINFO_H
#define DA_RUNTIME_CORECLR_DEBUGINFO_H

#include "base/base.h"

/* Where blocks stand, in bytes from the header. */
struct clr_debug_header {
	uint32_t bounds, bounds_size;
	uint32_t original, original_size; /* bounds of the IL as compiled, where a profiler rewrote it; else size 0 */
	uint32_t rich, rich_size;         /* 11: inlined calls; up to 10 they stand before the header */
};
/* What stands before the header of formats up to 10. */
enum { CLR_DEBUG_PATCHPOINT = 1, CLR_DEBUG_RICH = 2 };
enum { CLR_DEBUG_HEADER_MAX = 80 /* seven numbers of eleven groups, rounded up */ };

enum da_status clr_debug_header(struct da_bytes bytes, unsigned format, struct clr_debug_header *ret);
/*
 * The IL offset of a native offset: the last entry at or before it; 0 inside a prolog. *ret_approx: the
 * entry maps to no IL, and the one before it is meant. DA_NOT_FOUND: no entries; DA_CORRUPT.
 */
enum da_status clr_debug_il(struct da_bytes bounds, unsigned format, uint32_t native, int32_t *ret_il, bool *ret_approx);

/*
 * Inlined calls (kept only where the runtime is asked to, DOTNET_RichDebugInfo): a tree of methods, then for
 * native offsets a node and the IL offset in it.
 */
struct clr_inline {
	uint64_t method; /* MethodDesc */
	int32_t il;      /* in it; -1 of all but the innermost: where it was called from is not kept */
};
/* The calls at a native offset, outermost first, [0] the method itself; word: bytes of a pointer. 0: nothing says. */
unsigned clr_debug_inlines(struct da_bytes rich, unsigned word, uint32_t native, struct clr_inline *ret, unsigned max);

#endif
