/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_exports: a library or program of ELF, 64 bits, as it lies in memory, of which no more is there than the way to
 * its dynamic symbols: headers, the dynamic section, the hash table that the GNU linkers write, symbols, strings.
 */
#ifndef DA_TESTS_SYNTH_EXPORTS_H
#define DA_TESTS_SYNTH_EXPORTS_H

#include <stddef.h>
#include <stdint.h>

enum { SYNTH_OBJECT = 0x11, SYNTH_FUNCTION = 0x12 }; /* st_info: global */
struct synth_export {
	const char *name;
	uint64_t value, size; /* value counts from the image */
	uint8_t info;
};
/* Written to the beginning of an image of `size` bytes, all of them readable and writable. Returns the bytes that it takes. */
size_t synth_exports(uint8_t *image, size_t size, const struct synth_export *e, unsigned n);

#endif
