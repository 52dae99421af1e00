/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MethodDescs: which method of which module, and what it is called.
 *
 * MethodDescs lie in chunks behind a header that names their MethodTable; the token is split between both.
 * One is believed when its method belongs to the type that the chunk names. What the runtime makes by
 * itself (dynamic methods, stubs, methods of arrays) has no token.
 */
#include "config.h"

#include <string.h>

#include "runtime/coreclr/names.h"
#include "runtime/coreclr/types.h"

enum { ARGUMENTS = 256, NAME_BYTES = 1024 };

/* MethodDesc.Flags */
enum { KIND = 7, NON_VTABLE_SLOT = 8, METHOD_IMPL = 0x10, NATIVE_CODE_SLOT = 0x20, ASYNC_DATA = 0x40 };
/* ExtendedFlags of a dynamic one. */
enum { LCG = 0x4000, IL_STUB = 0x8000 };
/* Flags2 of an instantiated one. */
enum { INSTANTIATION = 7, GENERIC_DEFINITION = 1 };
/* AsyncMethodData.Flags: a thunk has no body in metadata. MethodDef.ImplFlags: the runtime suspends it. */
enum { ASYNC_THUNK = 0x10, IMPL_ASYNC = 0x2000 };

struct method {
	struct da_clr *c;
	struct da_clr_method m;
	const struct da_clr_mt *mt;
	uint64_t flags;
	const char *type, *name;  /* NULL unknown */
	struct da_str arguments;  /* raw, without brackets */
	unsigned marks;
};

/* ---------------------------------------------------------------- which method */

static bool read_token(struct method *x, uint64_t chunk)
{
	struct da_clr *c = x->c;
	uint64_t bits = 12, range, remainder, rest;

	da_clr_global(c, DA_CLR_G_MethodDescTokenRemainderBitCount, &bits);
	if (bits > 16 || DA_CLR_U16(c, chunk, MethodDescChunk, FlagsAndTokenRange, &range) != DA_OK ||
	    DA_CLR_U16(c, x->m.desc, MethodDesc, Flags3AndTokenRemainder, &remainder) != DA_OK)
		return false;
	rest = 24 - bits;
	range &= (UINT64_C(1) << DA_MIN(rest, UINT64_C(16))) - 1;
	remainder &= (UINT64_C(1) << bits) - 1;
	x->m.token = DA_MD_METHOD_DEF << 24 | (uint32_t)(range << bits | remainder);
	return true;
}

static bool read_desc(struct method *x)
{
	struct da_clr *c = x->c;
	uint64_t index, align = c->mem->word, chunk, size, header, desc = x->m.desc;

	da_clr_global(c, DA_CLR_G_MethodDescAlignment, &align);
	if (DA_CLR_SIZE(c, MethodDescChunk) <= 0 || desc < DA_NULL_PAGE || desc % c->mem->word || align > 64 ||
	    DA_CLR_U8(c, desc, MethodDesc, ChunkIndex, &index) != DA_OK ||
	    DA_CLR_U16(c, desc, MethodDesc, Flags, &x->flags) != DA_OK)
		return false;
	header = (uint64_t)DA_CLR_SIZE(c, MethodDescChunk);
	if (desc < header + index * align)
		return false;
	chunk = desc - header - index * align;
	/* The size is that of the whole behind the header, less one, in the same units as the index. */
	if ((DA_CLR_U8(c, chunk, MethodDescChunk, Size, &size) == DA_OK && index > size) ||
	    DA_CLR_PTR(c, chunk, MethodDescChunk, MethodTable, &x->m.mt) != DA_OK)
		return false;
	x->mt = da_clr_mt(c, x->m.mt);
	x->m.kind = x->flags & KIND;
	return x->mt && !x->mt->is_free && read_token(x, chunk);
}

/* ---------------------------------------------------------------- names */

/* A state machine's fields tell what it was made from. */
static unsigned machine_marks(struct da_metadata *md, uint32_t type)
{
	enum { FIELDS_MAX = 4096 };
	struct da_md_type t;
	unsigned marks = 0;

	if (!da_clr_is_read(da_metadata_type(md, type, &t)))
		return 0;
	for (uint32_t i = 0; i < t.fields && i < FIELDS_MAX; i++) {
		struct da_md_field f;

		if (!da_clr_is_read(da_metadata_field(md, da_metadata_member(md, DA_MD_FIELD, t.field + i), &f)) || !f.name)
			continue;
		if (strcmp(f.name, "<>t__builder") == 0 || strcmp(f.name, "$Builder") == 0)
			marks |= DA_CLR_MARK_ASYNC;
		if (strcmp(f.name, "<>2__current") == 0 || strcmp(f.name, "$Current") == 0)
			marks |= DA_CLR_MARK_ITERATOR;
	}
	return marks;
}

unsigned da_clr_method_marks(struct da_metadata *md, const struct da_md_method *d)
{
	unsigned marks = d->impl_flags & IMPL_ASYNC ? DA_CLR_MARK_ASYNC : 0;

	return d->name && strcmp(d->name, "MoveNext") == 0 ? marks | machine_marks(md, d->type) : marks;
}

/* 11: flags behind the MethodDesc and its slots. */
static bool is_thunk(const struct method *x)
{
	struct da_clr *c = x->c;
	const int32_t *size = c->layout.size;
	int32_t base = 0;
	uint64_t flags;

	switch (x->m.kind) {
	case DA_CLR_METHOD_IL: base = size[DA_CLR_TYPE_MethodDesc]; break;
	case DA_CLR_METHOD_FCALL: base = size[DA_CLR_TYPE_FCallMethodDesc]; break;
	case DA_CLR_METHOD_PINVOKE: base = size[DA_CLR_TYPE_PInvokeMethodDesc]; break;
	case DA_CLR_METHOD_EEIMPL: base = size[DA_CLR_TYPE_EEImplMethodDesc]; break;
	case DA_CLR_METHOD_ARRAY: base = size[DA_CLR_TYPE_ArrayMethodDesc]; break;
	case DA_CLR_METHOD_INSTANTIATED: base = size[DA_CLR_TYPE_InstantiatedMethodDesc]; break;
	case DA_CLR_METHOD_COM: base = size[DA_CLR_TYPE_CLRToCOMCallMethodDesc]; break;
	case DA_CLR_METHOD_DYNAMIC: base = size[DA_CLR_TYPE_DynamicMethodDesc]; break;
	default: return false;
	}
	if (!(x->flags & ASYNC_DATA) || base <= 0)
		return false;
	if (x->flags & NON_VTABLE_SLOT)
		base += size[DA_CLR_TYPE_NonVtableSlot];
	if (x->flags & METHOD_IMPL)
		base += size[DA_CLR_TYPE_MethodImpl];
	if (x->flags & NATIVE_CODE_SLOT)
		base += size[DA_CLR_TYPE_NativeCodeSlot];
	return DA_CLR_U32(c, x->m.desc + (uint64_t)base, AsyncMethodData, Flags, &flags) == DA_OK &&
	       (flags & ASYNC_THUNK);
}

static void read_generics(struct method *x, struct da_metadata *md, uint32_t rid)
{
	struct da_clr *c = x->c;
	unsigned want = da_metadata_generic_params(md, true, rid);
	uint64_t flags, n, first;

	if (!want || want > ARGUMENTS)
		return;
	if (x->m.kind == DA_CLR_METHOD_INSTANTIATED &&
	    DA_CLR_U16(c, x->m.desc, InstantiatedMethodDesc, Flags2, &flags) == DA_OK &&
	    (flags & INSTANTIATION) != GENERIC_DEFINITION &&
	    DA_CLR_U16(c, x->m.desc, InstantiatedMethodDesc, NumGenericArgs, &n) == DA_OK && n == want &&
	    DA_CLR_PTR(c, x->m.desc, InstantiatedMethodDesc, PerInstInfo, &first) == DA_OK) {
		da_clr_add_handles(c, &x->arguments, first, want);
		return;
	}
	for (unsigned i = 0; i < want; i++) {
		const char *name = da_metadata_generic_param(md, true, rid, i);

		da_str_addf(&x->arguments, "%s%s", i ? ", " : "", name ? name : "?");
	}
}

static bool is_hidden(struct da_metadata *md, uint32_t method, uint32_t type)
{
	static const char mark[] = "System.Diagnostics.StackTraceHiddenAttribute";
	struct da_bytes value;

	return da_metadata_attribute(md, DA_MD_METHOD_DEF, method, mark, &value) ||
	       da_metadata_attribute(md, DA_MD_TYPE_DEF, type, mark, &value);
}

/* A method of metadata. False: this is no MethodDesc. */
static bool read_defined(struct method *x)
{
	struct da_metadata *md = x->m.module ? x->m.module->metadata : NULL;
	uint32_t rid = x->m.token & 0xffffff;
	struct da_md_method d;

	x->type = da_clr_type_name(x->c, x->m.mt);
	if (!md)
		return true;
	if (!rid)
		return false;
	if (rid > da_metadata_rows(md, DA_MD_METHOD_DEF)) /* added by Edit and Continue */
		return x->m.module->dynamic || da_metadata_rows(md, DA_MD_METHOD_DEF);
	if (!da_clr_is_read(da_metadata_method(md, rid, &d)))
		return true;
	if (x->mt->rid && d.type && d.type != x->mt->rid)
		return false;
	x->name = d.name;
	read_generics(x, md, rid);
	x->m.thunk = is_thunk(x);
	x->m.hidden = x->m.thunk || is_hidden(md, rid, d.type);
	x->marks |= x->m.thunk ? DA_CLR_MARK_THUNK : da_clr_method_marks(md, &d);
	return true;
}

/* The methods that every array type has, in the order of their slots behind the inherited ones. */
static void read_array(struct method *x)
{
	static const char *const names[] = { "Get", "Set", "Address" };
	uint64_t slot, virtuals;

	x->m.token = 0;
	x->type = da_clr_type_name(x->c, x->m.mt);
	if (DA_CLR_U16(x->c, x->m.desc, MethodDesc, Slot, &slot) == DA_OK &&
	    DA_CLR_U16(x->c, x->m.mt, MethodTable, NumVirtuals, &virtuals) == DA_OK && slot >= virtuals)
		x->name = slot - virtuals < DA_ARRAY_SIZE(names) ? names[slot - virtuals] : ".ctor";
}

static void read_dynamic(struct method *x)
{
	struct da_clr *c = x->c;
	uint64_t flags = 0, at;
	char *name;
	enum da_status st;

	x->m.token = 0;
	DA_CLR_U32(c, x->m.desc, StoredSigMethodDesc, ExtendedFlags, &flags);
	x->m.lcg = flags & LCG;
	x->m.il_stub = x->m.hidden = !x->m.lcg && (flags & IL_STUB);
	x->type = x->m.il_stub ? "ILStubClass" : "DynamicClass";
	x->marks |= x->m.il_stub ? DA_CLR_MARK_STUB : DA_CLR_MARK_DYNAMIC;
	if (DA_CLR_PTR(c, x->m.desc, DynamicMethodDesc, MethodName, &at) != DA_OK)
		return;
	st = da_mem_cstr(c->mem, c->arena, at, NAME_BYTES, &name);
	if (st == DA_OK || st == DA_PARTIAL)
		x->name = name;
}

/* ---------------------------------------------------------------- the whole */

static const char *module_name(const struct method *x)
{
	const struct da_clr *c = x->c;
	const struct da_assembly *a = x->m.module ? &c->dump->proc.assemblies.v[x->m.module->assembly] : NULL;

	return a && a->name ? a->name : NULL;
}

/* Without metadata: by the name that the DAC left, or by what says which file would tell. */
static void write_unknown(struct method *x)
{
	struct da_arena *a = x->c->arena;
	const char *left = da_clr_dac_name(x->c, x->m.desc), *module = module_name(x);

	if (left) {
		x->m.raw = left;
		x->m.name = left;
	} else if (!x->m.token) {
		x->m.name = da_printf(a, "%s method without a name", x->m.il_stub ? "stub:" : "dynamic");
	} else if (x->type) {
		x->m.name = da_clr_friendly(a, x->type, da_printf(a, "(method 0x%08x)", x->m.token), NULL);
	} else {
		x->m.name = da_printf(a, "%s%s(method 0x%08x)", module ? module : "", module ? " " : "", x->m.token);
	}
}

static void write_names(struct method *x)
{
	struct da_clr *c = x->c;
	struct da_str out DA_CLEANUP(da_str_done) = { 0 };
	const char *arguments = x->arguments.n ? da_str_get(&x->arguments) : NULL;

	if (!x->name || !x->type) {
		write_unknown(x);
		return;
	}
	da_str_addf(&out, "%s.%s", x->type, x->name);
	if (arguments)
		da_str_addf(&out, "<%s>", arguments);
	x->m.raw = da_intern(c->arena, &c->dump->strings, da_str_get(&out));
	x->m.name = da_clr_friendly_marked(c->arena, x->m.il_stub ? NULL : x->type, x->name, arguments, x->marks);
}

static const struct da_clr_method *read_method(struct da_clr *c, uint64_t desc)
{
	struct method x = { .c = c, .m = { .desc = desc } };
	struct da_clr_method *copy = NULL;
	bool ok = read_desc(&x);

	if (ok) {
		x.m.module = da_clr_module_at(c, x.mt->module);
		if (x.m.kind == DA_CLR_METHOD_DYNAMIC)
			read_dynamic(&x);
		else if (x.m.kind == DA_CLR_METHOD_ARRAY)
			read_array(&x);
		else
			ok = read_defined(&x);
	}
	if (ok) {
		write_names(&x);
		copy = da_memdup(c->arena, &x.m, sizeof(x.m));
	}
	da_str_done(&x.arguments);
	return copy;
}

const struct da_clr_method *da_clr_method(struct da_clr *c, uint64_t desc)
{
	struct da_clr_types *t = da_clr_types_of(c);
	uint64_t *known = da_map_get(&t->methods, desc);
	const struct da_clr_method *m;

	if (known)
		return (const struct da_clr_method *)(uintptr_t)*known;
	m = read_method(c, desc);
	*da_map_put(c->arena, &t->methods, desc, NULL) = (uintptr_t)m;
	return m;
}
