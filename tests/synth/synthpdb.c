/* SPDX-License-Identifier: Apache-2.0 */
/* synthpdb FILE MODULES FUNCTIONS LINES [scattered]: writes a PDB (synth_pdb.h), for measurements. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/synth_pdb.h"

int main(int argc, char **argv)
{
	struct synth_pdb o = { .age = 1 };
	uint8_t *p;
	size_t n;
	FILE *f;

	if (argc < 5)
		return 64;
	o.modules = (uint32_t)strtoul(argv[2], NULL, 10);
	o.functions = (uint32_t)strtoul(argv[3], NULL, 10);
	o.lines = (uint32_t)strtoul(argv[4], NULL, 10);
	o.scattered = argc > 5 && strcmp(argv[5], "scattered") == 0;
	p = synth_pdb(&o, &n);
	f = fopen(argv[1], "w");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		perror(argv[1]);
		return 1;
	}
	free(p);
	return 0;
}
