/* SPDX-License-Identifier: Apache-2.0 */
/* Who wrote the minidump, as far as its bytes prove it, and which kinds of memory it never held. */
#include "config.h"

#include <string.h>

#include "loader/minidump.h"

void md_name_writer(struct md *m)
{
	struct da_origin *o = &m->d->origin;

	o->writer = "unknown";
	if (md_find(m, MD_CRASHPAD_INFO, 0))
		o->writer = "crashpad";
	else if (md_find(m, MD_WINE_MODULES, 0))
		o->writer = "wine";
	o->dump_type = m->flags & MD_WITH_FULL_MEMORY ? "full" : "mini";
}
