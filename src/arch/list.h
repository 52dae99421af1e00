/* SPDX-License-Identifier: Apache-2.0 */
/* list: the descriptions of arch.def, for the files of this room only. */
#ifndef DA_ARCH_LIST_H
#define DA_ARCH_LIST_H

#include "arch/arch.h"

#define DA_ARCH_ROW(name) extern const struct da_arch da_arch_##name;
#include "arch/arch.def"
#undef DA_ARCH_ROW

/* x86 in both widths: a call is e8 rel32 or one of the forms of ff /2. */
enum da_call da_x86_call_before(const uint8_t *code, size_t n);
/* CPUs without pointer authentication. */
uint64_t da_arch_strip_none(uint64_t address, uint64_t mask);

#endif
