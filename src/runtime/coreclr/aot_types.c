/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of programs compiled ahead of time: MethodTables are symbols of the executable, fields are members of
 * its debug information. Without symbols a type has no name, and nothing that depends on it is told.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "runtime/coreclr/aot.h"
#include "runtime/coreclr/aot_names.h"
#include "runtime/coreclr/names.h"

/* ELEMENT_TYPE_…, ECMA-335 II.23.1.16. */
enum { E_BOOLEAN = 0x02, E_I1 = 0x04, E_CLASS = 0x12, E_I = 0x18, E_VALUETYPE = 0x11 };
/* Bytes of an object without fields: header word, MethodTable, one word. Of a string without characters. */
enum { BASE_MIN = 24, STRING_BASE = 22, BASE_MAX = 1 << 28, CHARACTER = 2 };
#define HAS_COMPONENT_SIZE 0x80000000u

bool da_aot_read_mt(struct da_clr *c, uint64_t addr, struct da_clr_mt *ret)
{
	struct da_clr_mt m = { .address = addr, .canonical = addr };
	uint64_t flags, size;

	/* They lie in the image, but those that generics made at run time. */
	if (addr < c->base || addr >= c->end || addr % c->mem->word ||
	    DA_CLR_U32(c, addr, MethodTable, MTFlags, &flags) != DA_OK ||
	    DA_CLR_U32(c, addr, MethodTable, BaseSize, &size) != DA_OK || size > BASE_MAX)
		return false;
	m.flags = (uint32_t)flags;
	m.base_size = (uint32_t)size;
	m.component_size = flags & HAS_COMPONENT_SIZE ? flags & 0xffff : 0;
	m.is_string = m.component_size == CHARACTER && size == STRING_BASE;
	m.is_array = m.component_size && !m.is_string;
	if (size < BASE_MIN && !m.is_string)
		return false;
	if (DA_CLR_PTR(c, addr, MethodTable, ParentMethodTable, &m.parent) != DA_OK ||
	    (m.parent && (m.parent < c->base || m.parent >= c->end)))
		m.parent = 0; /* of an array the type of its elements stands there */
	if (m.is_array)
		m.parent = 0;
	*ret = m;
	return true;
}

/* ---------------------------------------------------------------- names */

/* The symbol of a MethodTable is a C++ one: _ZTV, the name's length, the name. */
static const char *mangled_name(struct da_clr *c, uint64_t mt)
{
	static const char begin[] = "_ZTV";
	uint64_t *slot;
	const char *name;
	bool new;

	slot = da_map_put(c->arena, &c->aot->mangled, mt, &new);
	if (new) {
		name = da_symbols_label(c->symbols, mt, begin);
		if (name)
			name += sizeof(begin) - 1 + strspn(name + sizeof(begin) - 1, "0123456789");
		*slot = (uintptr_t)name;
	}
	return (const char *)(uintptr_t)*slot; /* NOLINT(performance-no-int-to-ptr) */
}

const char *da_aot_mt_name(struct da_clr *c, uint64_t mt)
{
	const char *mangled = mangled_name(c, mt);
	struct da_aot_name n;

	return mangled && da_aot_type_name(c->arena, mangled, c->aot->program, &n) ? n.type : NULL;
}

bool da_aot_mt_is(struct da_clr *c, uint64_t mt, const char *name)
{
	const char *mangled = mangled_name(c, mt);

	return mangled && da_aot_type_is(mangled, name);
}

/* "Space.Outer+Inner`1" of CoreLib or of a library beside it, as the compiler writes the symbol. */
uint64_t da_aot_corelib_type(struct da_clr *c, const char *name)
{
	static const char *const assemblies[] = { "S_P_CoreLib_", "System_Threading_" };
	uint64_t mt;

	for (size_t i = 0; i < DA_ARRAY_SIZE(assemblies); i++) {
		char *text = da_printf(c->arena, "%s%s", assemblies[i], name);

		for (char *p = text; *p; p++)
			if (!isalnum((unsigned char)*p))
				*p = '_';
		if (da_symbols_named(c->symbols, c->module, da_printf(c->arena, "_ZTV%zu%s", strlen(text), text), &mt,
				     NULL) == DA_OK && da_clr_mt(c, mt))
			return mt;
	}
	return 0;
}

/* ---------------------------------------------------------------- fields */

static uint8_t element_type(const struct da_member *m)
{
	static const uint8_t of_size[9] = { [1] = 0, [2] = 2, [4] = 4 }; /* I1, I2, I4; the unsigned one follows */

	switch (m->kind) {
	case DA_MEMBER_POINTER:
		return E_CLASS;
	case DA_MEMBER_BOOLEAN:
		return E_BOOLEAN;
	case DA_MEMBER_SIGNED:
	case DA_MEMBER_UNSIGNED:
		if (m->size == 8)
			return E_I;
		if (m->size == 1 || m->size == 2 || m->size == 4)
			return (uint8_t)(E_I1 + of_size[m->size] + (m->kind == DA_MEMBER_UNSIGNED));
		return E_VALUETYPE;
	default: /* IntPtr of 8 is a structure of one word */
		return m->size == 8 ? E_I : E_VALUETYPE;
	}
}

enum da_status da_aot_slot(struct da_clr *c, uint64_t mt, const char *field, struct da_clr_slot *ret)
{
	const char *mangled = mangled_name(c, mt);
	struct da_member m;

	if (!mangled ||
	    da_symbols_member(c->symbols, c->module, mangled, field, &m) != DA_OK || m.offset > UINT32_MAX)
		return DA_NOT_FOUND;
	*ret = (struct da_clr_slot){ .offset = (uint32_t)m.offset, .type = element_type(&m) };
	return DA_OK;
}

/* ---------------------------------------------------------------- the table of monitors */

/*
 * System.Threading.SyncTable.s_entries: an object's header holds the index of its entry once its monitor is more
 * than a thin lock. The symbol of the type's statics leads to an object whose fields they are.
 */
static uint64_t find_entries(struct da_clr *c)
{
	enum { FIELDS = 8 };
	uint64_t at, statics, v;

	if (da_symbols_named(c->symbols, c->module, "__GCSTATICSS_P_CoreLib_System_Threading_SyncTable", &at, NULL) !=
		    DA_OK || da_mem_word(c->mem, at, &statics) != DA_OK || !statics)
		return 0;
	for (unsigned i = 1; i <= FIELDS; i++) {
		uint64_t mt;
		const char *name;

		if (da_mem_word(c->mem, statics + (uint64_t)i * c->mem->word, &v) != DA_OK)
			return 0;
		mt = da_clr_object_mt(c, v);
		name = mt ? mangled_name(c, mt) : NULL;
		if (name && strcmp(name, "__Array<S_P_CoreLib_System_Threading_SyncTable_Entry>") == 0)
			return v;
	}
	return 0;
}

uint32_t da_aot_sync_entries(struct da_clr *c)
{
	struct da_aot *t = c->aot;
	uint64_t array = t->sync.looked ? 0 : find_entries(c);
	const struct da_clr_mt *m = array ? da_clr_mt(c, da_clr_object_mt(c, array)) : NULL;

	t->sync.looked = true;
	if (m && da_clr_array(c, array, &t->sync.n, &t->sync.first) == DA_OK)
		t->sync.size = m->component_size;
	return t->sync.size ? t->sync.n : 0;
}

bool da_aot_sync_entry(struct da_clr *c, uint32_t index, uint64_t *ret_lock, uint64_t *ret_object)
{
	uint64_t at, lock, handle, object;

	if (index >= da_aot_sync_entries(c))
		return false;
	at = c->aot->sync.first + (uint64_t)index * c->aot->sync.size;
	if (DA_CLR_PTR(c, at, ManagedSyncEntry, Lock, &lock) != DA_OK || !lock ||
	    DA_CLR_PTR(c, at, ManagedSyncEntry, Owner, &handle) != DA_OK ||
	    (object = da_clr_handle(c, handle)) == 0)
		return false;
	*ret_lock = lock;
	*ret_object = object;
	return true;
}
