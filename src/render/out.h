/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a renderer's bytes go: collected to larger pieces. After the first refusal of write() the
 * rest is swallowed, so renderers need not look; da_render() reports it.
 */
#ifndef DA_RENDER_OUT_H
#define DA_RENDER_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

struct da_str;

enum { DA_OUT_PIECE = 65536 };

struct da_out {
	da_write_fn *write;
	void *ctx;
	uint64_t total; /* bytes taken */
	bool failed;
	size_t n;
	char piece[DA_OUT_PIECE];
};

void da_out_add(struct da_out *o, const char *bytes, size_t n);
void da_out_put(struct da_out *o, const char *text);
/* Give the string out and empty it. */
void da_out_take(struct da_out *o, struct da_str *s);
void da_out_flush(struct da_out *o);

#endif
