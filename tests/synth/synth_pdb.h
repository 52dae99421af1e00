/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_pdb: writes PDB files for tests. It shares nothing with our reader: layouts are taken from the
 * format's description a second time. No function fails but by abort().
 *
 * Function K of module M begins at RVA 0x1000 + 64 * (M * functions + K) and is 60 bytes long; its name
 * is ns::fM_K, its public symbol ?fM_K@ns@@YAXXZ. It has `lines` rows, the first of line 10 + K, each
 * next 4 bytes and one line on, in c:\src\mM.cpp. In function 0 of each module [16, 32) was inlined from
 * ns::Small::tiny, line 102 of c:\src\tiny.h.
 */
#ifndef DA_TESTS_SYNTH_PDB_H
#define DA_TESTS_SYNTH_PDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct synth_pdb {
	uint32_t block;       /* bytes of one; 0: 4096 */
	uint16_t machine;     /* 0: 0x8664; x86 (0x14c) has a FrameData record for each function */
	uint32_t modules, functions, lines; /* 0: 1 */
	uint32_t age;
	bool stripped;        /* public symbols only */
	bool scattered;       /* no two blocks of a stream lie side by side */
	bool no_contributions;
};

#define SYNTH_PDB_GUID "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"

uint8_t *synth_pdb(const struct synth_pdb *o, size_t *ret_n); /* free() it */

#endif
