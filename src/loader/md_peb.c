/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Windows process keeps about itself in memory: the environment blocks of process and threads
 * (PEB, TEB), its parameters, and the loader's own list of modules. Offsets hold from Vista to 11. Each
 * pointer may lead out of the dump: what is not there is left out.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "loader/minidump.h"

enum field {
	TEB_STACK_BASE, TEB_STACK_LIMIT, TEB_SELF, TEB_PROCESS_ID, TEB_THREAD_ID, TEB_PEB,
	TEB_LAST_ERROR, PEB_DEBUGGED, PEB_SESSION, PEB_IMAGE, PEB_LDR, PEB_PARAMETERS, PARAMETERS_FLAGS, PARAMETERS_CWD,
	PARAMETERS_IMAGE, PARAMETERS_COMMAND_LINE, PARAMETERS_ENVIRONMENT, LDR_LOAD_ORDER, ENTRY_BASE,
	ENTRY_SIZE, ENTRY_PATH, ENTRY_NAME, ENTRY_TIMESTAMP, STRING_BUFFER, FIELDS,
};

static const uint16_t offsets[FIELDS][2] = {
	/*                            64     32 bits */
	[TEB_STACK_BASE] =          { 0x08,  0x04 },
	[TEB_STACK_LIMIT] =         { 0x10,  0x08 },
	[TEB_SELF] =                { 0x30,  0x18 },
	[TEB_PROCESS_ID] =          { 0x40,  0x20 },
	[TEB_THREAD_ID] =           { 0x48,  0x24 },
	[TEB_PEB] =                 { 0x60,  0x30 },
	[TEB_LAST_ERROR] =          { 0x68,  0x34 },
	[PEB_DEBUGGED] =            { 0x02,  0x02 },
	[PEB_SESSION] =             { 0x2c0, 0x1d4 }, /* the last field of PEB that winternl.h names */
	[PEB_IMAGE] =               { 0x10,  0x08 },
	[PEB_LDR] =                 { 0x18,  0x0c },
	[PEB_PARAMETERS] =          { 0x20,  0x10 },
	[PARAMETERS_FLAGS] =        { 0x08,  0x08 },
	[PARAMETERS_CWD] =          { 0x38,  0x24 },
	[PARAMETERS_IMAGE] =        { 0x60,  0x38 },
	[PARAMETERS_COMMAND_LINE] = { 0x70,  0x40 },
	[PARAMETERS_ENVIRONMENT] =  { 0x80,  0x48 },
	[LDR_LOAD_ORDER] =          { 0x10,  0x0c },
	[ENTRY_BASE] =              { 0x30,  0x18 },
	[ENTRY_SIZE] =              { 0x40,  0x20 },
	[ENTRY_PATH] =              { 0x48,  0x24 },
	[ENTRY_NAME] =              { 0x58,  0x2c },
	[ENTRY_TIMESTAMP] =         { 0x80,  0x44 },
	[STRING_BUFFER] =           { 0x08,  0x04 },
};

#define ENVIRONMENT_MAX (UINT64_C(1) << 20)
#define STACK_MAX (UINT64_C(1) << 40)
#define SESSION_MAX 0xffff /* beyond, the words are no PEB */

static uint64_t at(const struct md *m, uint64_t base, enum field f)
{
	return base + offsets[f][m->word == 4];
}

static uint64_t word_at(const struct md *m, uint64_t base, enum field f)
{
	uint64_t v;

	return da_mem_word(&m->d->proc.mem, at(m, base, f), &v) == DA_OK ? v : 0;
}

static uint32_t u32_at(const struct md *m, uint64_t base, enum field f)
{
	uint32_t v;

	return da_mem_u32(&m->d->proc.mem, at(m, base, f), &v) == DA_OK ? v : 0;
}

/* A UNICODE_STRING; `relative` is what its buffer is relative to (0: an address). NULL: not there. */
static const char *unicode(struct md *m, uint64_t base, enum field f, uint64_t relative)
{
	const struct da_memory *mem = &m->d->proc.mem;
	uint64_t string = at(m, base, f), buffer;
	uint16_t n;
	uint8_t *raw;

	if (da_mem_u16(mem, string, &n) != DA_OK || n < 2 ||
	    da_mem_word(mem, string + offsets[STRING_BUFFER][m->word == 4], &buffer) != DA_OK || !buffer)
		return NULL;
	if (!da_mem_range(mem, buffer + relative) || !md_more_text(m, n))
		return NULL;
	raw = da_alloc(m->d->arena, n);
	if (da_mem_read(mem, buffer + relative, raw, n, NULL) != DA_OK)
		return NULL;
	return da_text_utf16(m->d->arena, raw, n / 2, false);
}

/* ---------------------------------------------------------------- threads */

static void read_teb(struct md *m, struct da_thread *t)
{
	struct da_process *p = &m->d->proc;
	uint64_t base, limit;

	/* Its own address and the thread's id: anything else at this address is no TEB. */
	if (!t->teb || word_at(m, t->teb, TEB_SELF) != t->teb ||
	    word_at(m, t->teb, TEB_THREAD_ID) != t->tid)
		return;
	base = word_at(m, t->teb, TEB_STACK_BASE);
	limit = word_at(m, t->teb, TEB_STACK_LIMIT);
	if (limit && limit < base && base - limit < STACK_MAX) {
		t->stack_base = base;
		t->stack_limit = limit;
	}
	t->last_error = u32_at(m, t->teb, TEB_LAST_ERROR);
	t->has_last_error = true;
	if (!p->peb)
		p->peb = word_at(m, t->teb, TEB_PEB);
	if (!p->has_pid && word_at(m, t->teb, TEB_PROCESS_ID)) {
		p->pid = (uint32_t)word_at(m, t->teb, TEB_PROCESS_ID);
		p->has_pid = true;
	}
}

/* ---------------------------------------------------------------- command line */

/*
 * One argument, by the rules of CommandLineToArgvW and the C runtime: backslashes are themselves unless
 * a quote follows; two of them before a quote are one. The first argument knows no escapes.
 */
static const char *next_argument(const char *s, bool program, struct da_str *out)
{
	bool quoted = false;

	for (; *s && (quoted || (*s != ' ' && *s != '\t')); s++) {
		size_t slashes = program ? 0 : strspn(s, "\\");

		if (slashes && s[slashes] == '"') {
			da_str_addn(out, s, slashes / 2);
			s += slashes - 1;
			if (slashes % 2) {
				da_str_addc(out, '"');
				s++;
			}
		} else if (*s == '"') {
			if (quoted && !program && s[1] == '"') {
				da_str_addc(out, '"');
				s++;
			} else {
				quoted = !quoted;
			}
		} else {
			da_str_addc(out, *s);
		}
	}
	return s + strspn(s, " \t");
}

static void split_command_line(struct md *m, const char *line)
{
	struct da_process *p = &m->d->proc;
	struct da_str s DA_CLEANUP(da_str_done) = { 0 };

	for (line += strspn(line, " \t"); *line; da_str_clear(&s)) {
		if (p->arguments.n >= m->d->limits->arguments) {
			p->arguments_cut = true;
			return;
		}
		line = next_argument(line, p->arguments.n == 0, &s);
		da_vec_push(m->d->arena, &p->arguments, da_strdup(m->d->arena, da_str_get(&s)));
	}
}

/* ---------------------------------------------------------------- environment */

static const char *variable(const struct da_process *p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < p->environment.n; i++)
		if (strncasecmp(p->environment.v[i], name, n) == 0 && p->environment.v[i][n] == '=')
			return p->environment.v[i] + n + 1;
	return NULL;
}

/* Strings of UTF-16, each ended by NUL, the list by an empty one. */
static void read_environment(struct md *m, uint64_t addr)
{
	struct da_process *p = &m->d->proc;
	uint8_t *raw;
	size_t n, from = 0;

	if (!addr)
		return;
	raw = da_alloc(m->d->arena, ENVIRONMENT_MAX);
	n = da_mem_read_some(&p->mem, addr, raw, ENVIRONMENT_MAX) / 2;
	for (size_t i = 0; i < n && p->environment.n < m->d->limits->arguments; i++) {
		if (raw[2 * i] || raw[2 * i + 1])
			continue;
		if (i == from)
			return;
		if (raw[2 * from] != '=') /* "=C:=C:\dir": the shell's directory of each drive */
			da_vec_push(m->d->arena, &p->environment,
				    da_text_utf16(m->d->arena, raw + 2 * from, i - from, false));
		from = i + 1;
	}
}

/* ---------------------------------------------------------------- what the parameters mean */

/*
 * The unit of work that an administrator knows: the application pool of IIS (w3wp -ap), the service or
 * group of services of a shared host (svchost -k GROUP -s SERVICE).
 */
static void name_service(struct md *m)
{
	static const struct {
		const char *program, *option;
	} hosts[] = { { "w3wp.exe", "-ap" }, { "svchost.exe", "-s" }, { "svchost.exe", "-k" } };
	struct da_process *p = &m->d->proc;

	for (size_t k = 0; k < DA_ARRAY_SIZE(hosts); k++)
		for (size_t i = 1; i + 1 < p->arguments.n; i++)
			if (strcasecmp(md_basename(p->arguments.v[0]), hosts[k].program) == 0 &&
			    strcasecmp(p->arguments.v[i], hosts[k].option) == 0) {
				p->service = p->arguments.v[i + 1];
				return;
			}
	p->service = variable(p, "APP_POOL_ID");
}

static void read_parameters(struct md *m, uint64_t parameters)
{
	struct da_process *p = &m->d->proc;
	uint32_t flags;
	const char *image, *line;
	uint64_t relative;

	if (!parameters || da_mem_u32(&p->mem, at(m, parameters, PARAMETERS_FLAGS), &flags) != DA_OK)
		return;
	relative = flags & 1 ? 0 : parameters; /* bit 0: its pointers are addresses already */
	image = unicode(m, parameters, PARAMETERS_IMAGE, relative);
	line = unicode(m, parameters, PARAMETERS_COMMAND_LINE, relative);
	p->cwd = unicode(m, parameters, PARAMETERS_CWD, relative);
	read_environment(m, word_at(m, parameters, PARAMETERS_ENVIRONMENT));
	if (image) {
		p->executable = image;
		p->name = md_basename(image);
	}
	if (line)
		split_command_line(m, line);
	p->host = variable(p, "COMPUTERNAME");
	name_service(m);
}

/* ---------------------------------------------------------------- the loader's list */

static struct da_module *module_at_base(struct da_process *p, uint64_t base)
{
	uint32_t i = da_module_at(p, base);

	return i != DA_NONE && p->modules.v[i].start == base ? &p->modules.v[i] : NULL;
}

static void read_entry(struct md *m, uint64_t entry, struct md_modules *out)
{
	uint64_t base = word_at(m, entry, ENTRY_BASE);
	uint32_t size = u32_at(m, entry, ENTRY_SIZE);
	struct da_module *known = module_at_base(&m->d->proc, base);
	struct da_module *mod;

	if (known) {
		known->from |= DA_FROM_LOADER_LIST;
		return;
	}
	if (!base || !size || base + size < base || out->n >= m->d->limits->modules)
		return;
	mod = da_vec_add(m->d->arena, out);
	mod->start = base;
	mod->end = base + size;
	mod->pe = true;
	mod->image_size = size;
	mod->timestamp = u32_at(m, entry, ENTRY_TIMESTAMP);
	mod->path = unicode(m, entry, ENTRY_PATH, 0);
	mod->name = unicode(m, entry, ENTRY_NAME, 0);
	if (!mod->name)
		mod->name = mod->path ? md_basename(mod->path)
				      : da_printf(m->d->arena, "image-0x%llx", (unsigned long long)base);
	mod->from = DA_FROM_LOADER_LIST;
}

static void read_loader_list(struct md *m, uint64_t ldr)
{
	uint64_t head = at(m, ldr, LDR_LOAD_ORDER), entry;
	struct md_modules found = { 0 };
	struct da_map seen = { 0 };

	if (!ldr || da_mem_word(&m->d->proc.mem, head, &entry) != DA_OK)
		return;
	for (uint64_t i = 0; entry && entry != head && i < m->d->limits->link_map; i++) {
		bool is_new;

		da_map_put(m->d->arena, &seen, entry, &is_new);
		if (!is_new) {
			da_note(m->d->ledger, DA_NOTE_CORRUPT, "modules", NULL,
				"the loader's list of modules does not end");
			break;
		}
		read_entry(m, entry, &found);
		if (da_mem_word(&m->d->proc.mem, entry, &entry) != DA_OK)
			break; /* the rest is not in the dump: ordinary in small ones */
	}
	md_add_modules(m, &found);
}

/* The kernel sets it to 1 with the debug port of the process, and clears it again. */
static bool is_debugged(const struct md *m, uint64_t peb)
{
	uint8_t v;

	return da_mem_u8(&m->d->proc.mem, at(m, peb, PEB_DEBUGGED), &v) == DA_OK && v == 1;
}

void md_read_peb(struct md *m)
{
	struct da_process *p = &m->d->proc;
	uint64_t image;

	if (p->os != DA_OS_WINDOWS || p->peb)
		return;
	for (size_t i = 0; i < p->threads.n; i++)
		read_teb(m, &p->threads.v[i]);
	if (!p->peb)
		return;
	p->debugged = is_debugged(m, p->peb);
	p->has_session = da_mem_u32(&p->mem, at(m, p->peb, PEB_SESSION), &p->session) == DA_OK && p->session <= SESSION_MAX;
	read_loader_list(m, word_at(m, p->peb, PEB_LDR));
	image = word_at(m, p->peb, PEB_IMAGE);
	if (image && module_at_base(p, image)) {
		for (size_t i = 0; i < p->modules.n; i++)
			p->modules.v[i].main = p->modules.v[i].start == image;
		p->name = module_at_base(p, image)->name;
	}
	read_parameters(m, word_at(m, p->peb, PEB_PARAMETERS));
}
