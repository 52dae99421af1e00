/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault: why a thread died. Adds to the model's exception the facts that need memory, stacks and
 * symbols: the faulting instruction with its operands, the kind of access, what the address is near,
 * abort and assertion texts, thrown C++ objects, who is to blame, and which kind of death it was
 * (enum da_cause). It judges nothing: findings are made from these facts by analyze/.
 */
#ifndef DA_FAULT_FAULT_H
#define DA_FAULT_FAULT_H

#include "model/model.h"
#include "symbol/symbol.h"

/* Fill the F fields of d->proc.exception; nothing to do without one. Also thread states (faulted). */
void da_fault_run(struct da_dump *d, struct da_symbols *s);

/*
 * What an address is near, in words, rich: "null pointer + 0x18", "guard page below the stack of t3",
 * "end of libfoo.so + 0x10", "in no mapping". Also used for the registers block.
 */
const char *da_near(struct da_dump *d, struct da_symbols *s, uint64_t addr);

/*
 * May a register's or stack word's value be shown? Only an address of the memory map or a number
 * below 65,536: registers can hold parts of secrets. *ret_meaning (may be NULL) says what it is.
 */
bool da_value_shown(struct da_dump *d, struct da_symbols *s, uint64_t value, const char **ret_meaning);

#endif
