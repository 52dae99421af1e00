/* SPDX-License-Identifier: Apache-2.0 */
/* modules: what was loaded, how its symbols were found, and which files would bring more. */
#include "config.h"

#include "analyze/sections.h"
#include "analyze/words.h"

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

static void assembly_cells(struct da_analysis *a, const struct da_assembly *m)
{
	struct da_doc *doc = a->doc;

	da_set_bool(doc, DA_COL_modules_managed, true);
	if (m->dynamic)
		da_set_bool(doc, DA_COL_modules_dynamic, true);
	if (m->has_mvid)
		da_set_text(doc, DA_COL_modules_mvid, da_hex(a->dump->arena, m->mvid, sizeof(m->mvid)));
	da_set_text(doc, DA_COL_modules_load_context, m->load_context);
	da_set_text(doc, DA_COL_modules_version, m->version);
	da_set_text(doc, DA_COL_modules_product_version, m->product_version);
}

/* Assemblies that no file of the process's list stands for: in a bundle, read as a flat file, or made at run time. */
static void assembly_row(struct da_analysis *a, const struct da_assembly *m)
{
	struct da_doc *doc = a->doc;

	da_doc_row(doc, DA_BLOCK_modules);
	da_set_ref(doc, DA_COL_modules_id, "m", a->order->assembly_row[m - a->dump->proc.assemblies.v]);
	da_set_text(doc, DA_COL_modules_name, da_assembly_file(a->dump->arena, m));
	da_set_text(doc, DA_COL_modules_path, m->path);
	if (m->base) {
		da_set_address(doc, DA_COL_modules_base, m->base);
		da_set_address(doc, DA_COL_modules_end, m->base + m->size);
	}
	assembly_cells(a, m);
	if (m->has_pdb_id)
		da_set_text(doc, DA_COL_modules_pdb_id, da_hex(a->dump->arena, m->pdb_id, sizeof(m->pdb_id)));
	da_set_word(doc, DA_COL_modules_symbols, da_symbols_kind_name(m->has_lines ? DA_SYMS_FULL : DA_SYMS_PUBLIC));
	da_set_word(doc, DA_COL_modules_class, da_module_class_name((enum da_module_class)m->class));
}

void da_section_modules(struct da_analysis *a)
{
	struct da_dump *d = a->dump;
	struct da_doc *doc = a->doc;
	const struct da_assembly **managed = da_calloc(d->arena, d->proc.modules.n, sizeof(const struct da_assembly *));

	for (size_t i = 0; i < d->proc.assemblies.n; i++)
		if (d->proc.assemblies.v[i].module < d->proc.modules.n)
			managed[d->proc.assemblies.v[i].module] = &d->proc.assemblies.v[i];
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
		if (managed[i])
			assembly_cells(a, managed[i]);
	}
	for (size_t i = 0; i < d->proc.assemblies.n; i++)
		if (d->proc.assemblies.v[i].module == DA_NONE)
			assembly_row(a, &d->proc.assemblies.v[i]);
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
