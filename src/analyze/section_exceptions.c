/* SPDX-License-Identifier: Apache-2.0 */
/* exceptions: objects of a language runtime that were thrown, with what they carry. */
#include "config.h"

#include <string.h>

#include "analyze/sections.h"
#include "analyze/words.h"

static void exception_row(struct da_analysis *a, uint32_t row)
{
	const struct da_managed_exception *e = &a->dump->proc.exceptions.v[a->order->exception_at[row]];
	struct da_doc *doc = a->doc;
	uint32_t index = 0;

	da_doc_row(doc, DA_BLOCK_exceptions);
	da_set_ref(doc, DA_COL_exceptions_id, "e", row);
	if (e->parent != DA_NONE)
		da_set_ref(doc, DA_COL_exceptions_parent, "e", a->order->exception_row[e->parent]);
	da_set_ref(doc, DA_COL_exceptions_thread, "t", e->thread);
	da_set_address(doc, DA_COL_exceptions_address, e->address);
	da_set_text(doc, DA_COL_exceptions_type, e->type);
	da_set_text(doc, DA_COL_exceptions_message, e->message);
	if (e->has_hresult) {
		da_set_address(doc, DA_COL_exceptions_hresult, e->hresult);
		da_set_text(doc, DA_COL_exceptions_hresult_name, e->hresult_name);
	}
	for (size_t i = 0; i < e->frames.n; i++)
		index = da_frame_rows(a, DA_COL_exceptions_frames, &e->frames.v[i], index);
	da_set_word(doc, DA_COL_exceptions_where, da_where_name((enum da_where)e->where));
	for (size_t i = 0; i < e->fields.n; i++) {
		da_sub_row(doc, DA_COL_exceptions_fields);
		da_set_text(doc, DA_COL_pair_name, e->fields.v[i].name);
		da_set_text(doc, DA_COL_pair_value, e->fields.v[i].value);
	}
	if (e->remote_trace) {
		da_sub_row(doc, DA_COL_exceptions_fields);
		da_set_text(doc, DA_COL_pair_name, "stack trace from elsewhere");
		da_set_text(doc, DA_COL_pair_value, e->remote_trace);
	}
}

void da_section_exceptions(struct da_analysis *a)
{
	for (uint32_t i = 0; i < a->dump->proc.exceptions.n; i++)
		exception_row(a, i);
}
