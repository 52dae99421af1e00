/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of Breakpad, Crashpad and lldb: text files of /proc as they were, the dynamic linker's list of
 * modules, annotations that the program gave about itself.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "loader/minidump.h"

/* ---------------------------------------------------------------- text */

/* One line of a text stream; false at its end. */
static bool next_line(struct da_bytes *b, const char **ret, size_t *ret_n)
{
	const uint8_t *end;

	if (b->n == 0 || b->p[0] == 0)
		return false;
	end = memchr(b->p, '\n', b->n);
	*ret = (const char *)b->p;
	*ret_n = end ? (size_t)(end - b->p) : strnlen((const char *)b->p, b->n);
	b->p += *ret_n + (end != NULL);
	b->n -= *ret_n + (end != NULL);
	return true;
}

/* The number at *s (base 10 or 16), which moves behind it; false: none. */
static bool number(const char **s, const char *end, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;
	bool any = false;

	for (; *s < end; (*s)++, any = true) {
		unsigned digit = **s >= '0' && **s <= '9'   ? (unsigned)(**s - '0')
				 : **s >= 'a' && **s <= 'f' ? (unsigned)(**s - 'a') + 10
							    : 99;

		if (digit >= base)
			break;
		v = v * base + digit;
	}
	*ret = v;
	return any;
}

static void skip_blanks(const char **s, const char *end)
{
	while (*s < end && (**s == ' ' || **s == '\t'))
		(*s)++;
}

static bool is_key(const char *line, size_t n, const char *key, const char **ret_value)
{
	size_t k = strlen(key);

	if (n < k || memcmp(line, key, k) != 0)
		return false;
	*ret_value = line + k;
	skip_blanks(ret_value, line + n);
	return true;
}

/* ---------------------------------------------------------------- /proc/PID/status, stat, uptime */

static void read_status(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_bytes b = md_stream_bytes(m, MD_LINUX_STATUS, 0);
	const char *line, *v;
	uint64_t x;
	size_t n;

	while (next_line(&b, &line, &n)) {
		const char *end = line + n;

		if (is_key(line, n, "Name:", &v))
			p->name = da_text(m->d->arena, v, (size_t)(end - v));
		else if (is_key(line, n, "Pid:", &v) && number(&v, end, 10, &x))
			p->pid = (uint32_t)x, p->has_pid = true;
		else if (is_key(line, n, "PPid:", &v) && number(&v, end, 10, &x))
			p->ppid = (uint32_t)x, p->has_ppid = true;
		else if (is_key(line, n, "Uid:", &v) && number(&v, end, 10, &x))
			p->uid = (uint32_t)x, p->has_uid = true;
		else if (is_key(line, n, "Gid:", &v) && number(&v, end, 10, &x))
			p->gid = (uint32_t)x, p->has_gid = true;
		else if (is_key(line, n, "VmRSS:", &v) && number(&v, end, 10, &x))
			p->resident_bytes = x * 1024;
	}
}

/* The name of the distribution, from lsb-release or os-release. */
static void read_release(struct md *m)
{
	static const char *const keys[] = { "DISTRIB_DESCRIPTION=", "PRETTY_NAME=" };
	struct da_bytes b = md_stream_bytes(m, MD_LINUX_RELEASE, 0);
	const char *line, *v;
	size_t n;

	while (next_line(&b, &line, &n))
		for (size_t i = 0; i < DA_ARRAY_SIZE(keys); i++) {
			const char *end = line + n;

			if (!is_key(line, n, keys[i], &v))
				continue;
			if (v < end && *v == '"')
				v++;
			if (end > v && end[-1] == '"')
				end--;
			if (end > v)
				m->d->proc.os_version = da_text(m->d->arena, v, (size_t)(end - v));
		}
}

static void read_cpus(struct md *m)
{
	struct da_bytes b = md_stream_bytes(m, MD_LINUX_CPU_INFO, 0);
	const char *line, *v;
	uint32_t count = 0;
	size_t n;

	while (next_line(&b, &line, &n))
		count += is_key(line, n, "processor", &v) && *v == ':';
	if (count)
		m->d->proc.cpus = count;
}

/*
 * Field 22 of stat is the start in clock ticks (always 100 a second) since boot, uptime the seconds
 * since boot: with the time of the dump they give the time of the start.
 */
static void read_start(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_bytes stat = md_stream_bytes(m, MD_LINUX_STAT, 0), up;
	const char *s = (const char *)stat.p, *end = s + strnlen(s, stat.n), *paren;
	uint64_t ticks = 0, seconds;

	paren = memrchr(s, ')', (size_t)(end - s)); /* the name may hold anything */
	if (!paren || p->start_time || !p->dump_time)
		return;
	s = paren + 1;
	for (unsigned field = 3; field <= 22; field++) {
		skip_blanks(&s, end);
		if (field == 22 && !number(&s, end, 10, &ticks))
			return;
		while (s < end && *s != ' ')
			s++;
	}
	up = md_stream_bytes(m, MD_LINUX_UPTIME, 0);
	s = (const char *)up.p;
	if (number(&s, s + strnlen(s, up.n), 10, &seconds) && ticks / 100 <= seconds &&
	    p->dump_time > (seconds - ticks / 100) * 1000000)
		p->start_time = p->dump_time - (seconds - ticks / 100) * 1000000;
}

/* ---------------------------------------------------------------- strings, auxv */

/* Strings that end with NUL, as /proc/PID/cmdline and environ have them. */
static void read_strings(struct md *m, uint32_t type, bool environment)
{
	struct da_process *p = &m->d->proc;
	struct da_bytes b = md_stream_bytes(m, type, 0);

	for (uint64_t i = 0; b.n && i < m->d->limits->arguments; i++) {
		size_t n = strnlen((const char *)b.p, b.n), step = DA_MIN(n + 1, b.n);
		const char *text = da_text(m->d->arena, b.p,
					   DA_MIN(n, (size_t)m->d->limits->string));

		if (environment)
			da_vec_push(m->d->arena, &p->environment, text);
		else
			da_vec_push(m->d->arena, &p->arguments, text);
		b.p += step;
		b.n -= step;
	}
}

static void read_auxv(struct md *m)
{
	struct da_process *p = &m->d->proc;
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_LINUX_AUXV, 0));

	while (da_left(&c) >= 2u * m->word && p->auxv.n < 256) {
		struct da_pair pair = { .key = da_get_word(&c) };

		pair.value = da_get_word(&c);
		if (pair.key == 0)
			return;
		da_vec_push(m->d->arena, &p->auxv, pair);
	}
}

/* ---------------------------------------------------------------- maps */

static bool read_prot(const char **s, const char *end, uint8_t *ret)
{
	static const struct {
		char letter;
		uint8_t prot;
	} bits[] = { { 'r', DA_PROT_R }, { 'w', DA_PROT_W }, { 'x', DA_PROT_X } };

	if (end - *s < 4)
		return false;
	*ret = 0;
	for (unsigned i = 0; i < 3; i++)
		*ret |= (*s)[i] == bits[i].letter ? bits[i].prot : 0;
	*s += 4;
	return true;
}

static enum da_range_kind kind_of(const char *name, uint8_t prot)
{
	if (name && da_starts(name, "[stack"))
		return DA_RANGE_STACK;
	if (name && da_streq(name, "[heap]"))
		return DA_RANGE_HEAP;
	if (name && (da_starts(name, "/SYSV") || da_starts(name, "/dev/shm/") ||
		     da_starts(name, "/memfd:") || da_starts(name, "/dev/zero")))
		return DA_RANGE_SHARED;
	if (name && name[0] == '/')
		return DA_RANGE_MAPPED_FILE;
	if (prot == 0)
		return DA_RANGE_RESERVED;
	return prot & DA_PROT_X ? DA_RANGE_CODE : DA_RANGE_ANONYMOUS;
}

/* "00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/dbus-daemon" */
static bool read_mapping(struct md *m, const char *s, size_t n, struct da_range *ret)
{
	const char *end = s + n;
	struct da_range r = { .module = DA_NONE, .has_prot = true };
	uint64_t ignored;

	if (!number(&s, end, 16, &r.start) || s >= end || *s++ != '-' || !number(&s, end, 16, &r.end))
		return false;
	skip_blanks(&s, end);
	if (!read_prot(&s, end, &r.prot))
		return false;
	skip_blanks(&s, end);
	if (!number(&s, end, 16, &r.name_off) || r.start >= r.end)
		return false;
	skip_blanks(&s, end);
	while (s < end && *s != ' ') /* device */
		s++;
	skip_blanks(&s, end);
	if (!number(&s, end, 10, &ignored))
		s = end;
	skip_blanks(&s, end);
	if (end - s > 10 && memcmp(end - 10, " (deleted)", 10) == 0)
		end -= 10;
	if (s < end)
		r.name = da_text(m->d->arena, s, (size_t)(end - s));
	r.kind = (uint8_t)kind_of(r.name, r.prot);
	*ret = r;
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct da_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void read_maps(struct md *m)
{
	struct da_bytes b = md_stream_bytes(m, MD_LINUX_MAPS, 0);
	const char *line;
	struct da_range r;
	uint64_t bad = 0;
	size_t n;

	while (next_line(&b, &line, &n) && m->maps.n < m->d->limits->segments) {
		if (read_mapping(m, line, n, &r))
			da_vec_push(m->d->arena, &m->maps, r);
		else
			bad++;
	}
	if (bad)
		da_note(m->d->ledger, DA_NOTE_CORRUPT, "LinuxMaps", NULL,
			"%llu lines of the memory map could not be read", (unsigned long long)bad);
	if (m->maps.n)
		qsort(m->maps.v, m->maps.n, sizeof(*m->maps.v), by_start);
}

/* A dump without a module list still names its files: those of which code was mapped. */
static void modules_of_maps(struct md *m)
{
	struct md_modules found = { 0 };

	for (size_t i = 0; i < m->maps.n;) {
		const struct da_range *first = &m->maps.v[i];
		struct da_module mod = { .start = first->start, .path = first->name };
		bool code = false;

		for (; i < m->maps.n && first->name && da_streq(m->maps.v[i].name, first->name); i++) {
			mod.end = m->maps.v[i].end;
			code |= m->maps.v[i].prot & DA_PROT_X;
		}
		if (!first->name)
			i++;
		if (!code || first->name[0] != '/' || found.n >= m->d->limits->modules)
			continue;
		mod.name = md_basename(mod.path);
		mod.from = DA_FROM_FILE_NOTE;
		da_vec_push(m->d->arena, &found, mod);
	}
	md_add_modules(m, &found);
}

/* The first mapping that ends above addr. */
static size_t mapping_index(const struct md *m, uint64_t addr)
{
	size_t low = 0, high = m->maps.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->maps.v[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * lldb tells the size of a file's first segment as that of the whole. Its further mappings follow, from
 * higher offsets; from offset 0 again it is the same file mapped a second time.
 */
static void extend_modules(struct md *m)
{
	struct md_modules none = { 0 };

	for (size_t k = 0; k < m->d->proc.modules.n; k++) {
		struct da_module *mod = &m->d->proc.modules.v[k];
		size_t i = mapping_index(m, mod->start);
		const char *file = i < m->maps.n && m->maps.v[i].start <= mod->start ? m->maps.v[i].name : NULL;

		if (!file || file[0] != '/')
			continue;
		for (; i < m->maps.n; i++) {
			const struct da_range *r = &m->maps.v[i];

			if (da_streq(r->name, file) && (r->name_off || r->start <= mod->start))
				mod->end = DA_MAX(mod->end, r->end);
			else if (r->start > mod->end)
				break;
		}
	}
	md_add_modules(m, &none); /* none may reach into the next */
}

/* ---------------------------------------------------------------- the dynamic linker's list */

static struct da_module *module_with(struct da_process *p, uint64_t addr)
{
	uint32_t i = da_module_at(p, addr);

	return i != DA_NONE ? &p->modules.v[i] : NULL;
}

/* Breakpad's copy of link_map: how far each file was moved, and where its dynamic section is. */
static void read_links(struct md *m)
{
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_LINUX_DSO_DEBUG, 0)), l;
	uint32_t rva, n;
	size_t entry = 2u * m->word + 4;

	da_skip(&c, 4);
	rva = da_get_u32(&c);
	n = da_get_u32(&c);
	if (!da_ok(&c) || !rva)
		return;
	l = md_cursor(m, md_bytes(m, rva, (uint64_t)n * entry));
	n = (uint32_t)DA_MIN((uint64_t)n, DA_MIN(m->d->limits->link_map, da_left(&l) / entry));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t bias = da_get_word(&l);
		const char *name = md_string(m, da_get_u32(&l));
		uint64_t dynamic = da_get_word(&l);
		struct da_module *mod = dynamic ? module_with(&m->d->proc, dynamic) : NULL;

		if (!mod || mod->from & DA_FROM_LINK_MAP)
			continue;
		mod->from |= DA_FROM_LINK_MAP;
		mod->bias = bias;
		mod->has_bias = true;
		mod->dynamic = dynamic;
		if (!mod->path && name) {
			mod->path = name;
			mod->name = md_basename(name);
		}
	}
}

/* The program, its interpreter and the vdso by the auxiliary vector. */
static void mark_modules(struct md *m)
{
	enum { AUX_PHDR = 3, AUX_BASE = 7, AUX_ENTRY = 9, AUX_VDSO = 33 };
	struct da_process *p = &m->d->proc;
	struct da_module *mod;
	uint64_t addr;

	if (da_auxv(p, AUX_ENTRY, &addr) || da_auxv(p, AUX_PHDR, &addr)) {
		mod = module_with(p, addr);
		for (size_t i = 0; mod && i < p->modules.n; i++)
			p->modules.v[i].main = &p->modules.v[i] == mod;
		if (mod)
			mod->from |= DA_FROM_AUXV;
	}
	if (da_auxv(p, AUX_BASE, &addr) && addr && (mod = module_with(p, addr)))
		mod->interpreter = true;
	for (size_t i = 0; i < p->modules.n; i++) {
		mod = &p->modules.v[i];
		mod->vdso = (da_auxv(p, AUX_VDSO, &addr) && mod->start == addr) ||
			    da_starts(mod->name, "linux-gate.so") || da_starts(mod->name, "linux-vdso.so");
		if (mod->main && mod->path) {
			p->executable = mod->path;
			if (!p->name)
				p->name = mod->name;
		}
	}
}

/* ---------------------------------------------------------------- Crashpad */

#define ANNOTATIONS_MAX 256
#define COMMENT_MAX 4096

struct annotations {
	struct md *m;
	struct da_str text;
};

/* Crashpad's strings: u32 length, UTF-8. */
static const char *utf8_string(struct md *m, uint32_t rva)
{
	struct da_cursor c = md_cursor(m, md_bytes(m, rva, 4));
	uint32_t n = da_get_u32(&c);
	struct da_bytes b;

	if (!rva || !da_ok(&c) || n > m->d->limits->string || !md_more_text(m, n))
		return NULL;
	b = md_bytes(m, (uint64_t)rva + 4, n);
	return b.n ? da_text(m->d->arena, b.p, b.n) : NULL;
}

static void annotate(struct annotations *a, const char *key, const char *value)
{
	struct da_process *p = &a->m->d->proc;

	if (!key || !value)
		return;
	if (da_streq(key, "product") || da_streq(key, "prod") || da_streq(key, "_productName"))
		p->product = value;
	else if (da_streq(key, "version") || da_streq(key, "ver") || da_streq(key, "_version"))
		p->product_version = value;
	else if (a->text.n < COMMENT_MAX)
		da_str_addf(&a->text, "%s%s=%s", a->text.n ? "; " : "", key, value);
}

static void read_dictionary(struct annotations *a, uint32_t size, uint32_t rva)
{
	struct da_cursor c = md_cursor(a->m, md_bytes(a->m, rva, size));
	uint32_t n = size ? da_get_u32(&c) : 0;

	for (uint32_t i = 0; i < n && i < ANNOTATIONS_MAX && da_left(&c) >= 8; i++) {
		const char *key = utf8_string(a->m, da_get_u32(&c));

		annotate(a, key, utf8_string(a->m, da_get_u32(&c)));
	}
}

/* Annotation objects: { name, type, reserved, value }; only type 1 is text. */
static void read_objects(struct annotations *a, uint32_t size, uint32_t rva)
{
	struct da_cursor c = md_cursor(a->m, md_bytes(a->m, rva, size));
	uint32_t n = size ? da_get_u32(&c) : 0;

	for (uint32_t i = 0; i < n && i < ANNOTATIONS_MAX && da_left(&c) >= 12; i++) {
		const char *key = utf8_string(a->m, da_get_u32(&c));
		uint16_t type = da_get_u16(&c);
		uint32_t value;

		da_skip(&c, 2);
		value = da_get_u32(&c);
		if (type == 1)
			annotate(a, key, utf8_string(a->m, value));
	}
}

static void read_module_annotations(struct annotations *a, uint32_t size, uint32_t rva)
{
	struct da_cursor c = md_cursor(a->m, md_bytes(a->m, rva, size));
	uint32_t part[6];

	da_skip(&c, 4);
	for (unsigned i = 0; i < 6; i++)
		part[i] = da_get_u32(&c);
	if (!da_ok(&c))
		return;
	/* part 0 and 1: a list of texts without keys, which old macOS crash info uses */
	read_dictionary(a, part[2], part[3]);
	read_objects(a, part[4], part[5]);
}

static void read_crashpad(struct md *m)
{
	struct annotations a = { .m = m };
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_CRASHPAD_INFO, 0)), l;
	uint32_t simple[2], modules[2], n;

	da_skip(&c, 4 + 16 + 16);
	for (unsigned i = 0; i < 2; i++)
		simple[i] = da_get_u32(&c);
	for (unsigned i = 0; i < 2; i++)
		modules[i] = da_get_u32(&c);
	if (!da_ok(&c))
		return;
	read_dictionary(&a, simple[0], simple[1]);
	l = md_cursor(m, md_bytes(m, modules[1], modules[0]));
	n = modules[0] ? da_get_u32(&l) : 0;
	for (uint32_t i = 0; i < n && i < ANNOTATIONS_MAX && da_left(&l) >= 12; i++) {
		uint32_t size, rva;

		da_skip(&l, 4); /* index of the module */
		size = da_get_u32(&l);
		rva = da_get_u32(&l);
		read_module_annotations(&a, size, rva);
	}
	if (a.text.n && !m->d->origin.comment)
		m->d->origin.comment = da_strdup(m->d->arena, da_str_get(&a.text));
	da_str_done(&a.text);
}

void md_read_linux(struct md *m)
{
	read_crashpad(m);
	if (m->d->proc.os != DA_OS_LINUX && m->d->proc.os != DA_OS_MACOS)
		return;
	read_status(m);
	read_release(m);
	read_cpus(m);
	read_start(m);
	read_strings(m, MD_LINUX_CMDLINE, false);
	read_strings(m, MD_LINUX_ENVIRON, true);
	read_auxv(m);
	read_maps(m);
	if (m->d->proc.modules.n == 0)
		modules_of_maps(m);
	if (m->maps.n)
		extend_modules(m);
	read_links(m);
	mark_modules(m);
}
