/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "symbol/private.h"

struct da_symbols *da_symbols_new(struct da_dump *d, const struct da_symbol_options *o)
{
	struct da_symbols *s = da_new(d->arena, struct da_symbols);

	s->d = d;
	s->o = o;
	s->nfiles = d->proc.modules.n;
	s->files = da_calloc(d->arena, s->nfiles, sizeof(*s->files));
	s->nowhere.module = DA_NONE;
	return s;
}

/* ---------------------------------------------------------------- tables of symbols */

static enum da_status mini_symbol(struct da_symbols *s, struct da_image *main, uint64_t addr,
				  struct da_elf_symbol *ret, bool *ret_exact)
{
	struct da_image *mini;

	if (da_image_debugdata(main, s->d->ledger, &mini) != DA_OK)
		return DA_NOT_FOUND;
	return da_image_symbol(mini, addr, ret, ret_exact);
}

/*
 * The best symbol of all tables of a module: one that contains the address, wherever it is, before a
 * label without a size. .symtab of the separate file knows the most.
 */
static enum da_status find_symbol(struct da_symbols *s, uint32_t module, uint64_t addr,
				  struct da_elf_symbol *ret, bool *ret_exact)
{
	struct da_files *f = &s->files[module];
	struct da_image *debug = da_files_debug(s, module), *memory;
	struct da_elf_symbol sym, label;
	bool exact = false, have_label = false;

	for (int i = 0; i < 4; i++) {
		enum da_status status = DA_NOT_FOUND;

		if (i == 0 && debug)
			status = da_image_symbol(debug, addr, &sym, &exact);
		else if (i == 1 && f->main)
			status = da_image_symbol(f->main, addr, &sym, &exact);
		else if (i == 2 && f->main)
			status = mini_symbol(s, f->main, addr, &sym, &exact);
		else if (i == 3 && !f->main && (memory = da_files_memory(s, module)) != NULL)
			status = da_image_symbol(memory, addr, &sym, &exact);
		if (status == DA_OK && exact) {
			*ret = sym;
			*ret_exact = true;
			return DA_OK;
		}
		if (status == DA_OK && !have_label) {
			label = sym;
			have_label = true;
		}
	}
	if (!have_label)
		return DA_NOT_FOUND;
	*ret = label;
	*ret_exact = false;
	return DA_OK;
}

/* ---------------------------------------------------------------- debug information */

static enum da_status find_dwarf(struct da_symbols *s, uint32_t module, uint64_t addr,
				 struct da_dwarf_place *ret)
{
	struct da_files *f = &s->files[module];
	struct da_image *debug = da_files_debug(s, module);
	enum da_status status = DA_NOT_FOUND;

	if (!f->finders_set) {
		f->finders_set = true;
		if (f->main)
			da_files_set_finder(s, module, f->main);
		if (debug)
			da_files_set_finder(s, module, debug);
	}
	if (f->main && da_image_has_dwarf(f->main))
		status = da_image_place(f->main, s->d->arena, addr, s->d->limits, ret);
	if (status != DA_OK && status != DA_PARTIAL && debug)
		status = da_image_place(debug, s->d->arena, addr, s->d->limits, ret);
	return status;
}

static const char *intern(struct da_symbols *s, const char *text)
{
	return text ? da_intern(s->d->arena, &s->d->strings, text) : NULL;
}

static const char *readable(struct da_symbols *s, const char *raw)
{
	return raw ? intern(s, da_demangle(s->d->arena, raw)) : NULL;
}

static bool is_mangled(const char *name)
{
	return name && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

static void fill_calls(struct da_symbols *s, struct da_place *p, const struct da_dwarf_place *dw)
{
	p->calls = da_calloc(s->d->arena, dw->n, sizeof(*p->calls));
	p->ncalls = dw->n;
	for (unsigned i = 0; i < dw->n; i++)
		p->calls[i] = (struct da_place_call){ readable(s, dw->calls[i].function),
						      intern(s, dw->calls[i].file), dw->calls[i].line };
}

/*
 * The two witnesses together. Debug information names function, line and inlined calls; the symbol
 * gives the raw name and, where debug information has only the plain name of a C++ or Rust function
 * or none (assembly), the function too.
 */
static void merge(struct da_symbols *s, struct da_place *p, const struct da_elf_symbol *sym, bool exact,
		  const struct da_dwarf_place *dw, enum da_status dwarf)
{
	bool plain = dwarf != DA_OK || !is_mangled(dw->calls[0].function);
	bool same = sym && exact && sym->start == dw->start;

	if (dwarf == DA_OK || dwarf == DA_PARTIAL)
		fill_calls(s, p, dw);
	if (dwarf == DA_OK) {
		p->raw = intern(s, dw->calls[0].function);
		p->start = dw->start;
		p->size = dw->end - dw->start;
		p->exact = true;
	}
	if (!sym)
		return;
	if (dwarf != DA_OK && p->ncalls == 0) {
		p->calls = da_new(s->d->arena, struct da_place_call);
		p->ncalls = 1;
	}
	if (dwarf != DA_OK || exact) {
		p->raw = intern(s, sym->name);
		p->start = sym->start;
		p->size = sym->size;
		p->exact = exact;
	}
	if (dwarf != DA_OK || !p->calls[0].function ||
	    (plain && same && is_mangled(sym->name)))
		p->calls[0].function = readable(s, sym->name);
}

/* ---------------------------------------------------------------- symbol files */

static bool to_rva(const struct da_module *m, uint64_t pc, uint32_t *ret)
{
	if (pc < m->start || pc - m->start > UINT32_MAX)
		return false;
	*ret = (uint32_t)(pc - m->start);
	return true;
}

/* A PDB's or .sym file's function with lines, or its public symbol. */
static bool from_symfile(struct da_symbols *s, struct da_place *p, uint32_t module, uint64_t pc, bool publics)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	struct da_symfile *sf = da_files_symfile(s, module);
	struct da_dwarf_place dw;
	struct da_elf_symbol sym;
	enum da_status found;
	uint32_t rva;

	if (!sf || !to_rva(m, pc, &rva))
		return false;
	found = da_symfile_place(sf, s->d->arena, rva, &dw);
	if (found == DA_OK) {
		fill_calls(s, p, &dw);
		p->raw = intern(s, dw.calls[0].function);
		p->start = dw.start + m->start;
		p->size = dw.end - dw.start;
		p->exact = true;
		return true;
	}
	if (publics && da_symfile_symbol(sf, s->d->arena, rva, &sym) == DA_OK) {
		merge(s, p, &sym, false, &dw, found);
		p->start += m->start;
		return true;
	}
	return false;
}

static void from_images(struct da_symbols *s, struct da_place *p, uint32_t module, uint64_t pc,
			enum da_status *ret_dwarf)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	struct da_elf_symbol sym;
	struct da_dwarf_place dw = { 0 };
	bool exact = false;
	enum da_status found, dwarf;

	*ret_dwarf = DA_NOT_FOUND;
	(void)da_files_main(s, module);
	if (!m->has_bias)
		return;
	found = find_symbol(s, module, pc - m->bias, &sym, &exact);
	*ret_dwarf = dwarf = find_dwarf(s, module, pc - m->bias, &dw);
	merge(s, p, found == DA_OK ? &sym : NULL, exact, &dw, dwarf);
	if (p->ncalls && !p->calls[0].function && p->ncalls == 1 && !p->calls[0].file) {
		p->ncalls = 0;
		p->calls = NULL;
	}
	if (p->raw)
		p->start += m->bias;
}

static bool any_dwarf(struct da_symbols *s, uint32_t module)
{
	struct da_image *main = da_files_main(s, module), *debug = da_files_debug(s, module);

	return (main && da_image_has_dwarf(main)) || (debug && da_image_has_dwarf(debug));
}

/*
 * Debug information of the file itself knows the most; then a symbol file; of what names a function
 * without telling its end (public symbols, exports), the symbol file's list is the longer one.
 */
static void fill_place(struct da_symbols *s, struct da_place *p, uint32_t module, uint64_t pc)
{
	struct da_place other = { .module = module };
	enum da_status dwarf;

	p->module = module;
	/* What a symbol file says of a function that it has holds before all tables: they need not be read. */
	if (!any_dwarf(s, module) && from_symfile(s, p, module, pc, false))
		return;
	from_images(s, p, module, pc, &dwarf);
	if (dwarf != DA_OK && from_symfile(s, &other, module, pc, !p->exact) &&
	    (other.exact || !p->raw || other.start >= p->start))
		*p = other;
}

const struct da_place *da_symbols_place(struct da_symbols *s, uint64_t pc, bool caller)
{
	uint64_t look = caller && pc ? pc - 1 : pc, *known;
	uint32_t module = da_module_at(&s->d->proc, look);
	struct da_watch_mark mark;
	struct da_place *p;
	bool fresh;

	if (module == DA_NONE)
		return &s->nowhere;
	known = da_map_put(s->d->arena, &s->places, look, &fresh);
	if (!fresh)
		return (const struct da_place *)(uintptr_t)*known;
	p = da_new(s->d->arena, struct da_place);
	*known = (uintptr_t)p;
	p->module = module;
	if (da_files_enter(s, module, &mark))
		fill_place(s, p, module, look);
	da_files_leave(s, &mark);
	return p;
}

/* ---------------------------------------------------------------- for unwind/ and fault/ */

static enum da_status find_cfi(struct da_symbols *s, uint32_t module, uint64_t addr,
			       const struct da_cfi_row **ret)
{
	struct da_files *f = &s->files[module];
	struct da_image *debug, *memory;
	enum da_status status = DA_NOT_FOUND;

	if (da_files_main(s, module))
		status = da_image_cfi(f->main, addr, ret);
	if (status != DA_OK && !f->main && (memory = da_files_memory(s, module)) != NULL)
		status = da_image_cfi(memory, addr, ret);
	if (status != DA_OK && (debug = da_files_debug(s, module)) != NULL)
		status = da_image_cfi(debug, addr, ret);
	return status;
}

/* STACK CFI of a .sym file, whose addresses count from the module's start. */
static enum da_status symfile_cfi(struct da_symbols *s, uint32_t module, uint64_t pc,
				  const struct da_cfi_row **ret, uint64_t *ret_bias)
{
	const struct da_module *m = &s->d->proc.modules.v[module];
	struct da_symfile *sf = da_files_symfile(s, module);
	uint32_t rva;

	if (!sf || !to_rva(m, pc, &rva) || da_symfile_cfi(sf, rva, ret) != DA_OK)
		return DA_NOT_FOUND;
	*ret_bias = m->start;
	return DA_OK;
}

enum da_status da_symbols_frame(struct da_symbols *s, uint64_t pc, struct da_frame_data *ret,
				uint64_t *ret_base)
{
	uint32_t module = da_module_at(&s->d->proc, pc), rva;
	enum da_status status = DA_NOT_FOUND;
	struct da_watch_mark mark;
	struct da_symfile *sf;

	if (module == DA_NONE || !to_rva(&s->d->proc.modules.v[module], pc, &rva))
		return DA_NOT_FOUND;
	if (da_files_enter(s, module, &mark) && (sf = da_files_symfile(s, module)) != NULL)
		status = da_symfile_frame(sf, s->d->arena, rva, ret);
	da_files_leave(s, &mark);
	if (status == DA_OK)
		*ret_base = s->d->proc.modules.v[module].start;
	return status;
}

enum da_status da_symbols_cfi(struct da_symbols *s, uint64_t pc, const struct da_cfi_row **ret,
			      uint64_t *ret_bias)
{
	uint32_t module = da_module_at(&s->d->proc, pc);
	const struct da_module *m;
	struct da_watch_mark mark;
	enum da_status status = DA_NOT_FOUND;

	if (module == DA_NONE)
		return DA_NOT_FOUND;
	m = &s->d->proc.modules.v[module];
	if (da_files_enter(s, module, &mark)) {
		if (m->has_bias)
			status = find_cfi(s, module, pc - m->bias, ret);
		if (status == DA_OK)
			*ret_bias = m->bias;
		else if (symfile_cfi(s, module, pc, ret, ret_bias) == DA_OK)
			status = DA_OK;
	}
	da_files_leave(s, &mark);
	return status;
}

const struct da_pe *da_symbols_pe(struct da_symbols *s, uint64_t pc, uint64_t *ret_base)
{
	uint32_t module = da_module_at(&s->d->proc, pc);
	const struct da_pe *pe = NULL;
	struct da_watch_mark mark;
	struct da_files *f;

	if (module == DA_NONE || !s->d->proc.modules.v[module].pe)
		return NULL;
	f = da_files_enter(s, module, &mark);
	if (f)
		pe = da_image_pe(f->main ? f->main : da_files_memory(s, module));
	da_files_leave(s, &mark);
	*ret_base = s->d->proc.modules.v[module].start;
	return pe;
}

/* By the exception directory of a Windows image. */
static bool in_pe_function(struct da_symbols *s, uint64_t pc)
{
	uint64_t base;
	const struct da_pe *pe = da_symbols_pe(s, pc, &base);
	struct da_pe_function f;

	return pe && da_pe_function(pe, &s->d->proc.mem, base, (uint32_t)(pc - base), &f) == DA_OK;
}

static bool in_runtime_function(const struct da_symbols *s, uint64_t pc)
{
	struct da_pe_function f;
	uint64_t base;

	return da_pe_runtime_function(&s->d->proc, pc, &base, &f) == DA_OK;
}

/* By a symbol file: Breakpad's dumps of Linux come with nothing else. */
static bool in_symfile_function(struct da_symbols *s, uint32_t module, uint64_t pc)
{
	struct da_arena *scratch = da_arena_new();
	struct da_symfile *sf = NULL;
	struct da_watch_mark mark;
	struct da_dwarf_place dw;
	bool found = false;
	uint32_t rva;

	if (da_files_enter(s, module, &mark))
		sf = da_files_symfile(s, module);
	if (sf && to_rva(&s->d->proc.modules.v[module], pc, &rva))
		found = da_symfile_place(sf, scratch, rva, &dw) == DA_OK;
	da_files_leave(s, &mark);
	da_arena_free(scratch);
	return found;
}

bool da_symbols_in_function(struct da_symbols *s, uint64_t pc)
{
	uint32_t module = da_module_at(&s->d->proc, pc);
	struct da_watch_mark mark;
	struct da_elf_symbol sym;
	const struct da_cfi_row *row;
	bool exact = false, found = false;
	uint64_t addr;

	if (module == DA_NONE)
		return in_runtime_function(s, pc);
	addr = pc - s->d->proc.modules.v[module].bias;
	if (s->d->proc.modules.v[module].has_bias && da_files_enter(s, module, &mark)) {
		found = (find_symbol(s, module, addr, &sym, &exact) == DA_OK && exact) ||
			find_cfi(s, module, addr, &row) == DA_OK;
		da_files_leave(s, &mark);
	}
	return found || in_pe_function(s, pc) || in_symfile_function(s, module, pc);
}

static enum da_status find_named(struct da_symbols *s, uint32_t module, const char *name,
				 struct da_elf_symbol *ret)
{
	struct da_files *f = &s->files[module];
	struct da_image *debug, *memory;
	enum da_status status = DA_NOT_FOUND;

	if (f->main)
		status = da_image_symbol_named(f->main, name, ret);
	else if ((memory = da_files_memory(s, module)) != NULL)
		status = da_image_symbol_named(memory, name, ret);
	if (status != DA_OK && (debug = da_files_debug(s, module)) != NULL)
		status = da_image_symbol_named(debug, name, ret);
	return status;
}

enum da_status da_symbols_named(struct da_symbols *s, uint32_t module, const char *name, uint64_t *ret,
				uint64_t *ret_size)
{
	struct da_watch_mark mark;
	struct da_elf_symbol sym;
	enum da_status status = DA_NOT_FOUND;
	const struct da_module *m;
	struct da_symfile *sf;
	uint64_t base;

	if (module >= s->nfiles)
		return DA_NOT_FOUND;
	m = &s->d->proc.modules.v[module];
	base = m->bias;
	if (da_files_enter(s, module, &mark)) {
		if (m->has_bias)
			status = find_named(s, module, name, &sym);
		if (status != DA_OK && (sf = da_files_symfile(s, module)) != NULL) {
			status = da_symfile_named(sf, s->d->arena, name, &sym);
			base = m->start;
		}
	}
	da_files_leave(s, &mark);
	if (status != DA_OK)
		return status;
	*ret = sym.start + base;
	if (ret_size)
		*ret_size = sym.size;
	return DA_OK;
}

enum da_status da_symbols_member(struct da_symbols *s, uint32_t module, const char *class, const char *member,
				 struct da_member *ret)
{
	enum da_status status = DA_NOT_FOUND;
	struct da_image *im;
	struct da_watch_mark mark;

	if (module >= s->nfiles)
		return DA_NOT_FOUND;
	if (da_files_enter(s, module, &mark)) {
		if ((im = da_files_main(s, module)) != NULL)
			status = da_image_member(im, s->d->limits, class, member, ret);
		if (status != DA_OK && (im = da_files_debug(s, module)) != NULL)
			status = da_image_member(im, s->d->limits, class, member, ret);
	}
	da_files_leave(s, &mark);
	return status;
}

/* prefix NULL: the variable that holds the address; else the symbol exactly there that begins so. */
static enum da_status object_of(struct da_image *im, uint64_t addr, const char *prefix, struct da_elf_symbol *ret)
{
	return prefix ? da_image_label(im, addr, prefix, ret) : da_image_object(im, addr, ret);
}

static enum da_status find_object(struct da_symbols *s, uint32_t module, uint64_t addr, const char *prefix,
				  struct da_elf_symbol *ret)
{
	struct da_files *f = &s->files[module];
	struct da_image *debug, *memory;
	enum da_status status = DA_NOT_FOUND;

	if (f->main)
		status = object_of(f->main, addr, prefix, ret);
	else if ((memory = da_files_memory(s, module)) != NULL)
		status = object_of(memory, addr, prefix, ret);
	if (status != DA_OK && (debug = da_files_debug(s, module)) != NULL)
		status = object_of(debug, addr, prefix, ret);
	return status;
}

static bool object_at(struct da_symbols *s, uint64_t addr, const char *prefix, struct da_elf_symbol *ret)
{
	uint32_t module = da_module_at(&s->d->proc, addr);
	const struct da_module *m = module != DA_NONE ? &s->d->proc.modules.v[module] : NULL;
	enum da_status status = DA_NOT_FOUND;
	struct da_watch_mark mark;

	if (!m || !m->has_bias || m->pe || module >= s->nfiles)
		return false;
	if (da_files_enter(s, module, &mark))
		status = find_object(s, module, addr - m->bias, prefix, ret);
	da_files_leave(s, &mark);
	ret->start += m->bias;
	return status == DA_OK;
}

const char *da_symbols_variable(struct da_symbols *s, uint64_t addr, uint64_t *ret_offset)
{
	struct da_elf_symbol sym = { 0 };

	if (!object_at(s, addr, NULL, &sym))
		return NULL;
	*ret_offset = addr - sym.start;
	return da_demangle(s->d->arena, sym.name);
}

const char *da_symbols_label(struct da_symbols *s, uint64_t addr, const char *prefix)
{
	struct da_elf_symbol sym = { 0 };

	return object_at(s, addr, prefix, &sym) ? intern(s, sym.name) : NULL;
}

uint32_t da_symbols_module(const struct da_symbols *s, const char *prefix)
{
	for (uint32_t i = 0; i < s->nfiles; i++)
		if (s->d->proc.modules.v[i].name && da_starts(s->d->proc.modules.v[i].name, prefix))
			return i;
	return DA_NONE;
}

/* ---------------------------------------------------------------- all frames */

static void count_frame(struct da_symbols *s, const struct da_frame *fr)
{
	const struct da_place *p = fr->place;
	struct da_files *f;
	uint8_t byte;

	if (p->module >= s->nfiles)
		return;
	f = &s->files[p->module];
	f->frames++;
	if (p->ncalls == 0 || !p->calls[p->ncalls - 1].function)
		f->unnamed++;
	if (p->ncalls == 0 || !p->calls[p->ncalls - 1].line)
		f->unlined++;
	if (da_mem_u8(&s->d->proc.mem, fr->pc, &byte) != DA_OK)
		f->uncoded++;
}

static void name_frames(struct da_symbols *s, struct da_frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (frames[i].place) /* managed: the runtime named it */
			continue;
		frames[i].place = da_symbols_place(s, frames[i].pc, !frames[i].exact_pc);
		count_frame(s, &frames[i]);
	}
}

static void judge_symbols(struct da_symbols *s, uint32_t module)
{
	struct da_module *m = &s->d->proc.modules.v[module];
	struct da_files *f = &s->files[module];
	struct da_image *debug, *mini, *memory;
	struct da_symfile *sf;

	s->no_fetch = f->frames == 0;
	debug = da_files_debug(s, module);
	s->no_fetch = false;
	memory = f->main ? NULL : da_files_memory(s, module);
	if (memory && da_image_has_symbols(memory) && m->match == DA_MATCH_NONE)
		m->match = DA_MATCH_MEMORY;
	if ((f->main && da_image_has_symbols(f->main)) || (memory && da_image_has_symbols(memory)))
		m->symbols = DA_SYMS_DYNAMIC;
	if ((f->main && (da_image_has_symtab(f->main) ||
			 da_image_debugdata(f->main, s->d->ledger, &mini) == DA_OK)) || debug)
		m->symbols = DA_SYMS_PUBLIC;
	if ((f->main && da_image_has_dwarf(f->main)) || (debug && da_image_has_dwarf(debug)))
		m->symbols = DA_SYMS_FULL;
	if ((sf = da_files_symfile(s, module)) != NULL && m->symbols != DA_SYMS_FULL) {
		m->symbols = da_symfile_is_full(sf) ? DA_SYMS_FULL : DA_SYMS_PUBLIC;
		m->symbol_file = intern(s, da_basename(f->symfile_path));
	} else if (debug && !(f->main && da_image_has_dwarf(f->main)))
		m->symbol_file = intern(s, da_basename(f->debug_path));
	else if (f->path)
		m->symbol_file = intern(s, da_basename(f->path));
}

/* Traces that the system took of what was done with handles. */
static void name_operations(struct da_symbols *s)
{
	for (size_t i = 0; i < s->d->proc.handle_operations.n && !da_stop(s->d->watch); i++) {
		struct da_handle_operation *o = &s->d->proc.handle_operations.v[i];

		for (uint32_t k = 0; k < o->n; k++)
			o->place[k] = da_symbols_place(s, o->pc[k], true);
	}
}

void da_symbols_run(struct da_symbols *s)
{
	struct da_process *proc = &s->d->proc;

	for (size_t i = 0; i < proc->threads.n && !da_stop(s->d->watch); i++) {
		struct da_thread *t = &proc->threads.v[i];

		name_frames(s, t->frames.v, t->frames.n);
		name_frames(s, t->dispatch_frames.v, t->dispatch_frames.n);
		if (t->entry)
			t->entry_place = da_symbols_place(s, t->entry, false);
	}
	name_operations(s);
	for (uint32_t i = 0; i < s->nfiles && !da_stop(s->d->watch); i++) {
		struct da_watch_mark mark;

		if (da_files_enter(s, i, &mark))
			judge_symbols(s, i);
		da_files_leave(s, &mark);
	}
	da_missing_judge(s);
}
