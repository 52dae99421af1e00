/* SPDX-License-Identifier: Apache-2.0 */
/* exception: the signal or exception record, the instruction, registers and stack words. */
#include "config.h"

#include "analyze/sections.h"
#include "analyze/words.h"

static void annotated(struct da_analysis *a, const struct da_exception *e)
{
	struct da_doc *doc = a->doc;

	for (size_t i = 0; i < e->registers.n; i++) {
		const struct da_annotated *r = &e->registers.v[i];

		da_doc_row(doc, DA_BLOCK_registers);
		da_set_text(doc, DA_COL_registers_name, r->name);
		if (!r->shown)
			continue;
		da_set_address(doc, DA_COL_registers_value, r->value);
		if (r->meaning)
			da_set_rich(doc, DA_COL_registers_meaning, "%s", r->meaning);
	}
	for (size_t i = 0; i < e->stack_words.n; i++) {
		const struct da_annotated *w = &e->stack_words.v[i];

		da_doc_row(doc, DA_BLOCK_stack_words);
		da_set_address(doc, DA_COL_stack_words_address, w->address);
		if (!w->shown)
			continue;
		da_set_address(doc, DA_COL_stack_words_value, w->value);
		if (w->meaning)
			da_set_rich(doc, DA_COL_stack_words_meaning, "%s", w->meaning);
	}
}

static void records(struct da_analysis *a, const struct da_exception *e)
{
	for (size_t i = 0; i < e->nested.n; i++) {
		const struct da_exception_record *r = &e->nested.v[i];

		da_doc_row(a->doc, DA_BLOCK_exception_records);
		da_set_uint(a->doc, DA_COL_exception_records_index, i + 1);
		da_set_uint(a->doc, DA_COL_exception_records_code, r->code);
		da_set_text(a->doc, DA_COL_exception_records_name, r->name);
		da_set_address(a->doc, DA_COL_exception_records_address, r->address);
		for (size_t k = 0; k < r->parameters.n; k++)
			da_add_address(a->doc, DA_COL_exception_records_parameters, r->parameters.v[k]);
	}
}

void da_section_exception(struct da_analysis *a)
{
	const struct da_exception *e = a->dump->proc.exception;
	const struct da_frame *blamed = da_blamed_frame(a->dump, NULL);
	struct da_doc *doc = a->doc;

	if (!e)
		return;
	da_doc_row(doc, DA_BLOCK_exception);
	da_set_int(doc, DA_COL_exception_code, e->code);
	da_set_text(doc, DA_COL_exception_name, e->name);
	if (e->has_info)
		da_set_text(doc, DA_COL_exception_subcode,
			    e->subname ? e->subname : da_printf(a->dump->arena, "%d", e->subcode));
	else
		da_set_text(doc, DA_COL_exception_subcode, e->subname);
	for (size_t i = 0; i < e->parameters.n; i++)
		da_add_address(doc, DA_COL_exception_parameters, e->parameters.v[i]);
	if (e->has_sender) {
		da_set_int(doc, DA_COL_exception_sender_pid, e->sender_pid);
		da_set_uint(doc, DA_COL_exception_sender_uid, e->sender_uid);
	}
	da_set_ref(doc, DA_COL_exception_thread, "t", e->thread);
	if (e->has_address && !e->address_hidden)
		da_set_address(doc, DA_COL_exception_address, e->address);
	if (e->access != DA_ACCESS_UNKNOWN)
		da_set_word(doc, DA_COL_exception_access, da_access_name((enum da_access)e->access));
	if (e->near)
		da_set_rich(doc, DA_COL_exception_near, "%s", e->near);
	da_set_text(doc, DA_COL_exception_instruction, e->instruction);
	da_set_text(doc, DA_COL_exception_cpp_type, e->cpp_type);
	da_set_text(doc, DA_COL_exception_cpp_what, e->cpp_what);
	da_set_text(doc, DA_COL_exception_message, e->message);
	if (e->managed)
		da_set_ref(doc, DA_COL_exception_managed, "e",
			   a->order->exception_row[e->managed - a->dump->proc.exceptions.v]);
	da_set_ref(doc, DA_COL_exception_module, "m", e->blamed_module);
	if (blamed)
		da_set_text(doc, DA_COL_exception_function, da_function_name(blamed));
	if (e->thread != DA_NONE)
		da_set_ref(doc, DA_COL_exception_stack_group, "g", a->groups->of_thread[e->thread]);
	da_set_ref(doc, DA_COL_exception_dispatch_group, "g", a->groups->dispatch);
	records(a, e);
	annotated(a, e);
}
