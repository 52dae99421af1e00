/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "render/out.h"

static void send(struct da_out *o, const char *bytes, size_t n)
{
	if (n && !o->failed && !o->write(o->ctx, bytes, n))
		o->failed = true;
}

void da_out_flush(struct da_out *o)
{
	send(o, o->piece, o->n);
	o->n = 0;
}

void da_out_add(struct da_out *o, const char *bytes, size_t n)
{
	o->total += n;
	if (o->n + n > sizeof(o->piece))
		da_out_flush(o);
	if (n >= sizeof(o->piece)) {
		send(o, bytes, n);
		return;
	}
	memcpy(o->piece + o->n, bytes, n);
	o->n += n;
}

void da_out_put(struct da_out *o, const char *text)
{
	da_out_add(o, text, strlen(text));
}

void da_out_take(struct da_out *o, struct da_str *s)
{
	da_out_add(o, da_str_get(s), s->n);
	da_str_clear(s);
}
