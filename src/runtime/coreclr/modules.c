/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assemblies of the process: the list of its AppDomain (there is one), each with the Module that types and
 * methods name, and the image that holds its metadata.
 *
 * createdump writes headers and metadata of images into every dump; kernels and gcore leave out what is
 * backed by a file. What the dump lacks is taken from a file, if one is proved to be the same image.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/modules.h"

enum { LIST_MAX = 65536, BLOCKS_MAX = 65536, SPARE = 64, PATH_UNITS = 4096, IN_MEMORY = 1 << 30 };

/* ---------------------------------------------------------------- text of the runtime */

/* SString: u32 bytes with the NUL, u32 allocated, u32 flags, the address of UTF-16 (aligned). */
static const char *sstring(struct da_clr *c, uint64_t at)
{
	uint32_t bytes;
	uint64_t text, text_at = at + (c->mem->word == 8 ? 16 : 12);
	uint8_t *buf;

	if (da_mem_u32(c->mem, at, &bytes) != DA_OK || da_mem_word(c->mem, text_at, &text) != DA_OK || bytes < 4 ||
	    bytes > 2 * PATH_UNITS || bytes % 2)
		return NULL;
	buf = da_alloc(c->arena, bytes);
	if (da_mem_read(c->mem, text, buf, bytes - 2, NULL) != DA_OK)
		return NULL;
	return da_text_utf16(c->arena, buf, bytes / 2 - 1, false);
}

/* NUL-terminated UTF-16; NULL where it is empty. */
static const char *wide(struct da_clr *c, uint64_t at)
{
	uint8_t buf[2 * PATH_UNITS];
	size_t have = da_mem_read_some(c->mem, at, buf, sizeof(buf)) / 2, n = 0;

	while (n < have && (buf[2 * n] || buf[2 * n + 1]))
		n++;
	return n && n < have ? da_text_utf16(c->arena, buf, n, false) : NULL;
}

const char *da_clr_base_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *back = strrchr(path, '\\');

	return back && (!slash || back > slash) ? back + 1 : slash ? slash + 1 : path;
}

/* ---------------------------------------------------------------- the list */

struct element {
	uint64_t module, assembly, pe_assembly;
};

struct list {
	struct da_clr *c;
	DA_VEC(struct element) v;
};

/* 11: the element is the Assembly; before, a DomainAssembly that names it, or its parts. */
static void add_element(struct list *l, uint64_t at, bool direct)
{
	struct da_clr *c = l->c;
	struct element e = { .assembly = direct ? at : 0 };

	if (!direct)
		DA_CLR_PTR(c, at, DomainAssembly, Assembly, &e.assembly);
	if (!direct && DA_CLR_HAS(c, DomainAssembly, Module))
		DA_CLR_PTR(c, at, DomainAssembly, Module, &e.module);
	else
		DA_CLR_PTR(c, e.assembly, Assembly, Module, &e.module);
	if (!direct && DA_CLR_HAS(c, DomainAssembly, PEAssembly))
		DA_CLR_PTR(c, at, DomainAssembly, PEAssembly, &e.pe_assembly);
	else
		DA_CLR_PTR(c, e.assembly, Assembly, PEAssembly, &e.pe_assembly);
	if (!e.pe_assembly)
		DA_CLR_PTR(c, e.module, Module, PEAssembly, &e.pe_assembly);
	for (size_t i = 0; i < l->v.n; i++)
		if (l->v.v[i].module == e.module)
			return;
	if (e.module)
		da_vec_push(c->arena, &l->v, e);
}

/* An array list in blocks: the first inside, those behind it of a size of their own. */
static enum da_status walk_list(struct list *l, uint64_t at, bool direct)
{
	struct da_clr *c = l->c;
	uint64_t count, block, size, start, next;
	uint64_t seen = 0;

	if (!DA_CLR_HAS(c, ArrayListBase, FirstBlock) || !DA_CLR_HAS(c, ArrayListBlock, ArrayStart))
		return DA_UNSUPPORTED;
	if (DA_CLR_U32(c, at, ArrayListBase, Count, &count) != DA_OK)
		return DA_FAULT;
	if (count > LIST_MAX)
		return DA_CORRUPT;
	block = at + (uint64_t)DA_CLR_OFF(c, ArrayListBase, FirstBlock);
	for (unsigned i = 0; block && seen < count && i < BLOCKS_MAX; i++) {
		if (DA_CLR_U32(c, block, ArrayListBlock, Size, &size) != DA_OK)
			return DA_FAULT;
		start = block + (uint64_t)DA_CLR_OFF(c, ArrayListBlock, ArrayStart);
		for (uint64_t k = 0; k < size && seen < count; k++, seen++) {
			uint64_t element;

			if (da_mem_word(c->mem, start + k * c->mem->word, &element) != DA_OK)
				return DA_FAULT;
			if (element)
				add_element(l, element, direct);
		}
		if (DA_CLR_PTR(c, block, ArrayListBlock, Next, &next) != DA_OK)
			return DA_FAULT;
		block = next;
	}
	return DA_OK;
}

/* By the variable; where createdump lost that page, by any thread (up to 8). */
static uint64_t app_domain(struct da_clr *c)
{
	uint64_t ad = 0;

	if (da_clr_global_ptr(c, DA_CLR_G_AppDomain, &ad) == DA_OK && ad)
		return ad;
	for (size_t i = 0; c->threads && i < c->threads->v.n; i++)
		if (DA_CLR_PTR(c, c->threads->v.v[i].address, Thread, Domain, &ad) == DA_OK && ad)
			return ad;
	return 0;
}

/* The Module of System.Object is one of them, if this is the list. */
static bool is_list(const struct list *l)
{
	struct da_clr *c = l->c;
	uint64_t mt, corelib;

	if (da_clr_global_ptr(c, DA_CLR_G_ObjectMethodTable, &mt) != DA_OK ||
	    (DA_CLR_HAS(c, MethodTable, Module) ? DA_CLR_PTR(c, mt, MethodTable, Module, &corelib) :
						  DA_CLR_PTR(c, mt, MethodTable, LoaderModule, &corelib)) != DA_OK)
		return l->v.n > 0;
	for (size_t i = 0; i < l->v.n; i++)
		if (l->v.v[i].module == corelib)
			return true;
	return false;
}

static enum da_status walk_at(struct list *l, uint64_t at, bool direct)
{
	enum da_status st;

	l->v.n = 0;
	st = walk_list(l, at, direct);
	return st == DA_OK && !is_list(l) ? DA_CORRUPT : st;
}

/* A Module names its Assembly; up to 6, where that is not known, its image at least has a path. */
static bool is_element(struct da_clr *c, const struct element *e)
{
	uint64_t back, image;

	if (DA_CLR_HAS(c, Module, Assembly))
		return DA_CLR_PTR(c, e->module, Module, Assembly, &back) == DA_OK && back == e->assembly;
	return DA_CLR_HAS(c, PEImage, Path) && e->pe_assembly &&
	       DA_CLR_PTR(c, e->pe_assembly, PEAssembly, PEImage, &image) == DA_OK &&
	       sstring(c, image + (uint64_t)DA_CLR_OFF(c, PEImage, Path)) != NULL;
}

static bool all_elements(const struct list *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (!is_element(l->c, &l->v.v[i]))
			return false;
	return l->v.n > 0;
}

/* A build that no table knows: the list is where it proves itself. */
static enum da_status search_list(struct list *l, uint64_t ad, bool direct)
{
	enum { FIRST = 0x80, LAST = 0x1400 };

	for (uint64_t off = FIRST; off < LAST; off += l->c->mem->word)
		if (walk_at(l, ad + off, direct) == DA_OK && all_elements(l))
			return DA_OK;
	l->v.n = 0;
	return DA_NOT_FOUND;
}

static enum da_status read_list(struct list *l)
{
	struct da_clr *c = l->c;
	uint64_t ad = app_domain(c);
	bool direct = DA_CLR_HAS(c, AppDomain, AssemblyList);
	enum da_status st = DA_UNSUPPORTED;
	struct list known;

	if (!ad)
		return DA_FAULT;
	if (direct)
		st = walk_at(l, ad + (uint64_t)DA_CLR_OFF(c, AppDomain, AssemblyList), true);
	else if (DA_CLR_HAS(c, AppDomain, DomainAssemblyList))
		st = walk_at(l, ad + (uint64_t)DA_CLR_OFF(c, AppDomain, DomainAssemblyList), false);
	if (st == DA_OK || st == DA_FAULT)
		return st;
	/* What each of its elements proves is still better than nothing. */
	known = *l;
	l->v.v = NULL;
	l->v.n = l->v.cap = 0;
	if (search_list(l, ad, direct) == DA_OK)
		return DA_OK;
	for (size_t i = 0; i < known.v.n; i++)
		if (is_element(c, &known.v.v[i]))
			da_vec_push(c->arena, &l->v, known.v.v[i]);
	return l->v.n ? DA_PARTIAL : st;
}

/* ---------------------------------------------------------------- one assembly */

static void read_layout(struct da_clr *c, struct da_clr_image_source *s, unsigned i, uint64_t at)
{
	if (at && DA_CLR_PTR(c, at, PEImageLayout, Base, &s->base[i]) == DA_OK)
		DA_CLR_U32(c, at, PEImageLayout, Size, &s->size[i]);
}

static void read_source(struct da_clr *c, const struct element *e, struct da_clr_image_source *s)
{
	uint64_t image = 0, at = 0, v;

	*s = (struct da_clr_image_source){ .assembly = e->assembly, .pe_assembly = e->pe_assembly };
	if (e->pe_assembly)
		DA_CLR_PTR(c, e->pe_assembly, PEAssembly, PEImage, &image);
	if (image && DA_CLR_HAS(c, PEImage, Path))
		s->path = sstring(c, image + (uint64_t)DA_CLR_OFF(c, PEImage, Path));
	if (!s->path && DA_CLR_PTR(c, e->module, Module, Path, &at) == DA_OK && at)
		s->path = wide(c, at);
	if (image && DA_CLR_PTR(c, image, PEImage, LoadedImageLayout, &at) == DA_OK)
		read_layout(c, s, 0, at);
	if (image && DA_CLR_PTR(c, image, PEImage, FlatImageLayout, &at) == DA_OK)
		read_layout(c, s, 1, at);
	if (DA_CLR_PTR(c, e->module, Module, Base, &v) == DA_OK && v != s->base[0] && v != s->base[1])
		s->base[2] = v;
	if (image && c->single_file && DA_CLR_HAS(c, PEImage, Bundle)) { /* others leave it as it was */
		at = image + (uint64_t)DA_CLR_OFF(c, PEImage, Bundle);
		s->in_bundle = da_mem_u64(c->mem, at, &s->bundle_size) == DA_OK &&
			       da_mem_u64(c->mem, at + 8, &s->bundle_off) == DA_OK &&
			       da_mem_u64(c->mem, at + 16, &s->bundle_unpacked) == DA_OK && s->bundle_size &&
			       s->bundle_off;
	}
}

/* The runtime's snapshot of what Reflection.Emit made: u32 bytes, and these. */
static void read_dynamic(struct da_clr *c, struct da_clr_module *m)
{
	enum { BIGGEST = 1 << 28 };
	uint64_t at, n;
	struct da_sparse bytes;

	if (DA_CLR_PTR(c, m->address, Module, DynamicMetadata, &at) != DA_OK || !at ||
	    DA_CLR_U32(c, at, DynamicMetadata, Size, &n) != DA_OK || !n || n > BIGGEST ||
	    !DA_CLR_HAS(c, DynamicMetadata, Data) ||
	    da_sparse_read(c->mem, c->arena, at + (uint64_t)DA_CLR_OFF(c, DynamicMetadata, Data), (size_t)n, &bytes) !=
		    DA_OK)
		return;
	if (da_metadata_open(c->arena, &bytes, &m->metadata) != DA_OK)
		m->metadata = NULL;
}

static bool read_image(struct da_clr *c, struct da_clr_module *m, uint64_t base, uint64_t size)
{
	struct da_cli_image image;
	struct da_sparse bytes;
	enum da_status st;

	if (!base || da_cli_image_read(c->mem, c->arena, base, size, &image) != DA_OK)
		return false;
	if (!m->image.base)
		m->image = image;
	if (!image.metadata || image.metadata_size > IN_MEMORY ||
	    da_sparse_read(c->mem, c->arena, image.metadata, image.metadata_size, &bytes) != DA_OK)
		return false;
	st = da_metadata_open(c->arena, &bytes, &m->metadata);
	if (st != DA_OK) {
		m->metadata = NULL;
		return false;
	}
	m->image = image;
	m->whole = da_sparse_has(&bytes, 0, bytes.bytes.n);
	return true;
}

static void read_bytes(struct da_clr *c, struct da_clr_module *m, const struct da_clr_image_source *s)
{
	for (unsigned i = 0; i < DA_ARRAY_SIZE(s->base) && !m->metadata; i++)
		read_image(c, m, s->base[i], s->size[i]);
	if (!m->metadata && !m->image.base)
		m->metadata = da_clr_emitted_metadata(c, s->pe_assembly);
	if (!m->metadata)
		read_dynamic(c, m);
	if (!m->whole)
		da_clr_module_from_file(c, m);
	/* Pages of the file may have brought what the dump lacked. */
	for (unsigned i = 0; i < DA_ARRAY_SIZE(s->base) && m->file.n && !m->image.base; i++) {
		struct da_cli_image image;

		if (s->base[i] && da_cli_image_read(c->mem, c->arena, s->base[i], s->size[i], &image) == DA_OK)
			m->image = image;
	}
}

/* ---------------------------------------------------------------- the model's form */

uint8_t da_clr_assembly_class(const char *name)
{
	static const char *const own[] = { "System", "mscorlib", "netstandard", "WindowsBase", "PresentationCore",
					   "PresentationFramework", "Microsoft.CSharp" };
	static const char *const begins[] = { "System.", "Microsoft.AspNetCore", "Microsoft.Extensions.",
					      "Microsoft.Win32.", "Microsoft.VisualBasic", "Microsoft.NETCore." };

	for (size_t i = 0; name && i < DA_ARRAY_SIZE(own); i++)
		if (strcmp(name, own[i]) == 0)
			return DA_CLASS_RUNTIME;
	for (size_t i = 0; name && i < DA_ARRAY_SIZE(begins); i++)
		if (da_starts(name, begins[i]))
			return DA_CLASS_RUNTIME;
	return DA_CLASS_OWN;
}

static const char *simple_name(struct da_clr *c, const struct da_clr_module *m, const struct da_clr_image_source *s)
{
	enum { NAME_BYTES = 1024 };
	uint64_t at;
	char *name;
	const char *base;
	size_t n;

	if (DA_CLR_PTR(c, m->address, Module, SimpleName, &at) == DA_OK && at &&
	    da_mem_cstr(c->mem, c->arena, at, NAME_BYTES, &name) == DA_OK && *name)
		return name;
	if (!s->path)
		return NULL;
	base = da_clr_base_name(s->path);
	n = strlen(base);
	if (n > 4 && (da_ends(base, ".dll") || da_ends(base, ".exe") || da_ends(base, ".DLL") || da_ends(base, ".EXE")))
		n -= 4;
	return n ? da_strndup(c->arena, base, n) : NULL;
}

/* The same file in process.modules: by its path, or on Windows by its base. */
static uint32_t native_module(struct da_clr *c, const struct da_assembly *a)
{
	const struct da_process *p = &c->dump->proc;
	uint32_t at = a->base ? da_module_at(p, a->base) : DA_NONE;

	if (at != DA_NONE && (p->modules.v[at].pe ? p->modules.v[at].start == a->base :
						    da_streq(p->modules.v[at].path, a->path)))
		return at;
	for (uint32_t i = 0; a->path && i < p->modules.n; i++)
		if (da_streq(p->modules.v[i].path, a->path))
			return i;
	return DA_NONE;
}

void da_clr_module_describe_pdb(struct da_clr *c, const struct da_clr_module *m)
{
	struct da_assembly *a = &c->dump->proc.assemblies.v[m->assembly];

	if (!m->image.has_pdb)
		return;
	memcpy(a->pdb_id, m->image.pdb_guid, sizeof(a->pdb_id));
	a->pdb_stamp = m->image.pdb_stamp;
	a->has_pdb_id = true;
	a->pdb_name = m->image.pdb_path ? da_clr_base_name(m->image.pdb_path) : NULL;
}

static void describe(struct da_clr *c, struct da_clr_module *m, const struct da_clr_image_source *s)
{
	struct da_assembly *a = &c->dump->proc.assemblies.v[m->assembly];
	uint64_t dynamic;

	a->runtime = c->runtime;
	a->address = m->address;
	a->path = s->in_bundle ? NULL : s->path;
	if (m->metadata) {
		if (!da_metadata_assembly(m->metadata, &a->name, &a->version))
			a->name = a->version = NULL;
		a->product_version = da_metadata_product_version(m->metadata);
		a->has_mvid = da_metadata_mvid(m->metadata, a->mvid);
	}
	if (!a->name)
		a->name = simple_name(c, m, s);
	m->dynamic = s->assembly && DA_CLR_U8(c, s->assembly, Assembly, IsDynamic, &dynamic) == DA_OK ?
			     dynamic & 1 :
			     s->pe_assembly && !s->path && !s->base[0] && !s->base[1] && !s->base[2];
	a->dynamic = m->dynamic;
	for (unsigned i = 0; i < DA_ARRAY_SIZE(s->base) && !a->base; i++) {
		a->base = s->base[i];
		a->size = s->size[i];
	}
	da_clr_module_describe_pdb(c, m);
	a->class = da_clr_assembly_class(a->name);
	a->module = native_module(c, a);
	if (!m->metadata && !a->dynamic)
		a->missing_why = "its metadata is not in the dump, and its file was not found";
}

struct da_clr_module *da_clr_module_add(struct da_clr *c, uint64_t address, const struct da_clr_image_source *s)
{
	struct da_clr_modules *ms = c->modules;
	struct da_clr_module *m;

	if (ms->v.n == ms->v.cap) /* it must not move */
		return NULL;
	m = &ms->v.v[ms->v.n++];
	*m = (struct da_clr_module){ .address = address, .assembly = (uint32_t)c->dump->proc.assemblies.n };
	da_vec_add(c->dump->arena, &c->dump->proc.assemblies)->module = DA_NONE;
	m->source = da_memdup(c->arena, s, sizeof(*s));
	read_bytes(c, m, s);
	describe(c, m, s);
	if (address)
		*da_map_put(c->arena, &ms->by_address, address, NULL) = (uintptr_t)m;
	return m;
}

static struct da_clr_module *add_module(struct da_clr *c, const struct element *e)
{
	struct da_clr_image_source s;

	read_source(c, e, &s);
	return da_clr_module_add(c, e->module, &s);
}

/* ---------------------------------------------------------------- load contexts */

/* The managed AssemblyLoadContext behind the binder that found the assembly; the default one has no word. */
static const char *context_of(struct da_clr *c, uint64_t binder)
{
	enum { NAME_MAX_CHARS = 256 };
	uint64_t handle, object, name, mt;
	const char *type, *text = NULL;

	if (DA_CLR_PTR(c, binder, AssemblyBinder, AssemblyLoadContext, &handle) != DA_OK)
		return NULL;
	object = da_clr_handle(c, handle);
	mt = object && da_clr_object_is(c, object, "System.Runtime.Loader.AssemblyLoadContext") ?
		     da_clr_object_mt(c, object) : 0;
	type = mt ? da_clr_type_name(c, mt) : NULL;
	if (!type)
		return NULL;
	if (strcmp(type, "System.Runtime.Loader.DefaultAssemblyLoadContext") == 0)
		return "";
	if (da_clr_object_ptr(c, object, "_name", &name) == DA_OK && name)
		text = da_clr_string(c, name, NAME_MAX_CHARS);
	return text && *text ? text : type;
}

/* Up to 9 what was bound knows its binder; the PEAssembly itself only that of what was made at run time. */
static uint64_t binder_of(struct da_clr *c, uint64_t pe)
{
	uint64_t host, binder;

	if (!pe)
		return 0;
	if (DA_CLR_PTR(c, pe, PEAssembly, HostAssembly, &host) == DA_OK && host)
		return DA_CLR_PTR(c, host, BinderAssembly, Binder, &binder) == DA_OK ? binder : 0;
	return DA_CLR_PTR(c, pe, PEAssembly, AssemblyBinder, &binder) == DA_OK ? binder : 0;
}

static void read_contexts(struct da_clr *c)
{
	struct da_map seen = { 0 };
	const struct da_clr_module *corelib = c->modules->corelib;
	uint64_t known_default = corelib ? binder_of(c, corelib->source->pe_assembly) : 0;

	for (size_t i = 0; i < c->modules->v.n; i++) {
		struct da_clr_module *m = &c->modules->v.v[i];
		struct da_assembly *a = &c->dump->proc.assemblies.v[m->assembly];
		uint64_t binder = binder_of(c, m->source->pe_assembly), *known;
		const char *name;

		if (!binder)
			continue;
		known = da_map_get(&seen, binder);
		name = known ? (const char *)(uintptr_t)*known : context_of(c, binder);
		*da_map_put(c->arena, &seen, binder, NULL) = (uintptr_t)name;
		if (name && *name)
			a->load_context = name;
		else if (!name && known_default && binder != known_default) /* small dumps lack the object */
			a->load_context = "not the default one";
	}
}

/* ---------------------------------------------------------------- entry points */

/* CoreLib holds System.Object; in its place a name, where not even a type can be read. */
static struct da_clr_module *find_corelib(struct da_clr *c)
{
	uint64_t mt, module;

	if (da_clr_global_ptr(c, DA_CLR_G_ObjectMethodTable, &mt) == DA_OK &&
	    DA_CLR_PTR(c, mt, MethodTable, Module, &module) == DA_OK) {
		struct da_clr_module *m = da_clr_module_at(c, module);

		if (m)
			return m;
	}
	for (size_t i = 0; i < c->modules->v.n; i++)
		if (da_streq(c->dump->proc.assemblies.v[c->modules->v.v[i].assembly].name, "System.Private.CoreLib"))
			return &c->modules->v.v[i];
	return NULL;
}

static void make_room(struct da_clr *c, size_t n)
{
	c->modules->v.cap = n + SPARE;
	c->modules->v.v = da_calloc(c->arena, c->modules->v.cap, sizeof(*c->modules->v.v));
}

enum da_status da_clr_modules_read(struct da_clr *c)
{
	struct list l = { .c = c };
	enum da_status st = read_list(&l);

	c->modules = da_new(c->arena, struct da_clr_modules);
	if (!l.v.n && c->single_file) {
		make_room(c, LIST_MAX / 16);
		da_clr_modules_from_bundle(c);
	} else {
		make_room(c, l.v.n);
	}
	for (size_t i = 0; i < l.v.n && !da_stop(c->dump->watch); i++)
		add_module(c, &l.v.v[i]);
	c->modules->corelib = find_corelib(c);
	read_contexts(c);
	da_clr_composites_read(c);
	if ((st != DA_OK && st != DA_PARTIAL) || !l.v.n)
		da_clr_unread(c, "assemblies");
	return st == DA_OK && !l.v.n ? DA_NOT_FOUND : st;
}

/* One that the list did not tell of: it must lead to an Assembly that leads back. */
static struct da_clr_module *adopt(struct da_clr *c, uint64_t module)
{
	struct element e = { .module = module };
	uint64_t back;

	if (module % c->mem->word || DA_CLR_PTR(c, module, Module, Assembly, &e.assembly) != DA_OK ||
	    DA_CLR_PTR(c, e.assembly, Assembly, Module, &back) != DA_OK || back != module)
		return NULL;
	DA_CLR_PTR(c, module, Module, PEAssembly, &e.pe_assembly);
	return add_module(c, &e);
}

struct da_clr_module *da_clr_module_at(struct da_clr *c, uint64_t module)
{
	uint64_t *known;
	struct da_clr_module *m;

	if (!c->modules || !module)
		return NULL;
	known = da_map_get(&c->modules->by_address, module);
	if (known)
		return (struct da_clr_module *)(uintptr_t)*known;
	m = adopt(c, module);
	*da_map_put(c->arena, &c->modules->by_address, module, NULL) = (uintptr_t)m;
	return m;
}
