/* SPDX-License-Identifier: Apache-2.0 */
/* environment: only on request; names and values, secrets masked by the document. */
#include "config.h"

#include <string.h>

#include "analyze/sections.h"

void da_section_environment(struct da_analysis *a)
{
	const struct da_process *p = &a->dump->proc;

	for (size_t i = 0; i < p->environment.n; i++) {
		const char *s = p->environment.v[i], *equals = strchr(s, '=');
		char *name = da_strndup(a->dump->arena, s, equals ? (size_t)(equals - s) : strlen(s));

		da_doc_row(a->doc, DA_BLOCK_environment);
		da_set_text(a->doc, DA_COL_environment_name, name);
		if (equals)
			da_set_text(a->doc, DA_COL_environment_value,
				    da_redact_variable(da_doc_redactor(a->doc), name, equals + 1));
	}
}
