/* SPDX-License-Identifier: Apache-2.0 */
/* modules: what was loaded, how its symbols were found, and which files would bring more. */
#include "config.h"

#include "analyze/sections.h"

static const char *symbols_word(const struct da_module *m)
{
	return da_symbols_kind_name((enum da_symbols_kind)m->symbols);
}

/* What a Windows image says of itself. */
static void image_facts(struct da_analysis *a, const struct da_module *m)
{
	struct da_doc *doc = a->doc;

	da_set_text(doc, DA_COL_modules_product_version, m->product_version);
	da_set_text(doc, DA_COL_modules_company, m->company);
	if (m->has_pdb_id) {
		da_set_text(doc, DA_COL_modules_pdb_id, da_pdb_id_hex(a->dump->arena, m));
		da_set_uint(doc, DA_COL_modules_pdb_age, m->pdb_age);
	}
	if (m->pe && m->timestamp)
		da_set_address(doc, DA_COL_modules_timestamp, m->timestamp);
}

/* Code that is gone may still be called: such an address belongs to one of these. */
static void unloaded(struct da_analysis *a)
{
	for (size_t i = 0; i < a->dump->proc.unloaded.n; i++) {
		const struct da_unloaded *u = &a->dump->proc.unloaded.v[i];

		da_doc_row(a->doc, DA_BLOCK_modules);
		da_set_text(a->doc, DA_COL_modules_name, u->name);
		da_set_address(a->doc, DA_COL_modules_base, u->start);
		da_set_address(a->doc, DA_COL_modules_end, u->end);
		if (u->timestamp)
			da_set_address(a->doc, DA_COL_modules_timestamp, u->timestamp);
		da_set_bool(a->doc, DA_COL_modules_unloaded, true);
	}
}

void da_section_modules(struct da_analysis *a)
{
	struct da_dump *d = a->dump;
	struct da_doc *doc = a->doc;

	for (uint32_t i = 0; i < d->proc.modules.n; i++) {
		const struct da_module *m = &d->proc.modules.v[i];

		da_doc_row(doc, DA_BLOCK_modules);
		da_set_ref(doc, DA_COL_modules_id, "m", i);
		da_set_text(doc, DA_COL_modules_name, m->name);
		if (!m->vdso)
			da_set_text(doc, DA_COL_modules_path, m->path);
		da_set_address(doc, DA_COL_modules_base, m->start);
		da_set_address(doc, DA_COL_modules_end, m->end);
		da_set_text(doc, DA_COL_modules_version, m->version);
		da_set_text(doc, DA_COL_modules_build_id, da_build_id_hex(d->arena, m));
		image_facts(a, m);
		da_set_word(doc, DA_COL_modules_symbols, symbols_word(m));
		da_set_text(doc, DA_COL_modules_symbol_file, m->symbol_file);
		da_set_word(doc, DA_COL_modules_matched, da_match_name((enum da_match)m->match));
		da_set_word(doc, DA_COL_modules_class,
			    da_module_class_name((enum da_module_class)m->class));
	}
	unloaded(a);
	for (size_t i = 0; i < d->missing_files.n; i++) {
		const struct da_missing_file *f = &d->missing_files.v[i];

		da_doc_row(doc, DA_BLOCK_missing_files);
		da_set_text(doc, DA_COL_missing_files_name, f->name);
		da_set_text(doc, DA_COL_missing_files_path, f->path);
		da_set_text(doc, DA_COL_missing_files_build_id, f->build_id);
		da_set_text(doc, DA_COL_missing_files_pdb_id, f->pdb_id);
		da_set_text(doc, DA_COL_missing_files_store, f->store);
		if (f->bytes)
			da_set_uint(doc, DA_COL_missing_files_bytes, f->bytes);
		da_set_rich(doc, DA_COL_missing_files_why, "%s", f->why);
	}
}
