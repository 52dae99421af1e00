/* SPDX-License-Identifier: Apache-2.0 */
/* What system and CPU it was, when the process began, what the writer says about itself. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "loader/minidump.h"

/* ---------------------------------------------------------------- tables */

/* ProcessorArchitecture; those from 0x8000 on are Breakpad's own. */
static const struct {
	uint16_t cpu, elf_machine;
	uint8_t word;
	bool big;
} cpus[] = {
	{ 0, 3, 4, false },       /* x86 */
	{ 10, 3, 4, false },      /* x86 on x64 */
	{ 14, 3, 4, false },      /* x86 on ARM64 */
	{ 9, 62, 8, false },      /* AMD64 */
	{ 12, 183, 8, false },    /* ARM64 */
	{ 0x8003, 183, 8, false },/* ARM64 before it had a number */
	{ 5, 40, 4, false },      /* ARM */
	{ 13, 40, 4, false },     /* ARM on ARM64 */
	{ 0x8004, 8, 8, false },  /* MIPS64 */
	{ 1, 8, 4, false },       /* MIPS */
	{ 3, 20, 4, true },       /* PowerPC */
	{ 0x8002, 21, 8, true },  /* PowerPC 64 */
	{ 0x8001, 43, 8, true },  /* SPARC */
};

/* PlatformId */
static const struct {
	uint32_t platform;
	enum da_os os;
} platforms[] = {
	{ 0, DA_OS_WINDOWS }, { 1, DA_OS_WINDOWS }, { 2, DA_OS_WINDOWS }, { 3, DA_OS_WINDOWS },
	{ 0x8000, DA_OS_OTHER }, { 0x8101, DA_OS_MACOS }, { 0x8102, DA_OS_MACOS },
	{ 0x8201, DA_OS_LINUX }, { 0x8202, DA_OS_OTHER }, { 0x8203, DA_OS_LINUX /* Android */ },
	{ 0x8204, DA_OS_OTHER }, { 0x8205, DA_OS_OTHER }, { 0x8206, DA_OS_OTHER },
};

/* Builds of Windows; a server often shares the build of a client. The last that is not above counts. */
static const struct {
	uint32_t build;
	bool exact; /* later builds below the next row are not this one */
	const char *client, *server;
} builds[] = {
	{ 2195, true, "Windows 2000", "Windows 2000 Server" },
	{ 2600, true, "Windows XP", NULL },
	{ 3790, true, "Windows XP x64", "Windows Server 2003" },
	{ 6000, true, "Windows Vista", NULL },
	{ 6001, true, "Windows Vista SP1", "Windows Server 2008" },
	{ 6002, true, "Windows Vista SP2", "Windows Server 2008 SP2" },
	{ 6003, true, NULL, "Windows Server 2008 SP2" },
	{ 7600, true, "Windows 7", "Windows Server 2008 R2" },
	{ 7601, true, "Windows 7 SP1", "Windows Server 2008 R2 SP1" },
	{ 9200, true, "Windows 8", "Windows Server 2012" },
	{ 9600, true, "Windows 8.1", "Windows Server 2012 R2" },
	{ 10240, true, "Windows 10 1507", NULL },
	{ 10586, true, "Windows 10 1511", NULL },
	{ 14393, true, "Windows 10 1607", "Windows Server 2016" },
	{ 15063, true, "Windows 10 1703", NULL },
	{ 16299, true, "Windows 10 1709", "Windows Server 1709" },
	{ 17134, true, "Windows 10 1803", "Windows Server 1803" },
	{ 17763, true, "Windows 10 1809", "Windows Server 2019" },
	{ 18362, true, "Windows 10 1903", "Windows Server 1903" },
	{ 18363, true, "Windows 10 1909", "Windows Server 1909" },
	{ 19041, true, "Windows 10 2004", "Windows Server 2004" },
	{ 19042, true, "Windows 10 20H2", "Windows Server 20H2" },
	{ 19043, true, "Windows 10 21H1", NULL },
	{ 19044, true, "Windows 10 21H2", NULL },
	{ 19045, true, "Windows 10 22H2", NULL },
	{ 20348, true, NULL, "Windows Server 2022" },
	{ 22000, true, "Windows 11 21H2", NULL },
	{ 22621, true, "Windows 11 22H2", NULL },
	{ 22631, true, "Windows 11 23H2", NULL },
	{ 25398, true, NULL, "Windows Server 23H2" },
	{ 26100, true, "Windows 11 24H2", "Windows Server 2025" },
	{ 26200, true, "Windows 11 25H2", NULL },
};

/* ---------------------------------------------------------------- SystemInfo */

struct system {
	uint16_t cpu;
	uint8_t processors, product;
	uint32_t major, minor, build, platform;
	const char *csd;
};

enum { PRODUCT_WORKSTATION = 1 };

static bool read_info(struct md *m, struct system *ret)
{
	struct da_cursor c = md_cursor(m, md_stream_bytes(m, MD_SYSTEM_INFO, 0));
	struct system s = { .cpu = da_get_u16(&c) };

	da_skip(&c, 4);
	s.processors = da_get_u8(&c);
	s.product = da_get_u8(&c);
	s.major = da_get_u32(&c);
	s.minor = da_get_u32(&c);
	s.build = da_get_u32(&c);
	s.platform = da_get_u32(&c);
	s.csd = md_string(m, da_get_u32(&c));
	if (!da_ok(&c))
		return false;
	*ret = s;
	return true;
}

static bool set_cpu(struct md *m, uint16_t cpu)
{
	struct da_process *p = &m->d->proc;

	m->cpu = cpu;
	p->arch_name = "other";
	for (size_t i = 0; i < DA_ARRAY_SIZE(cpus); i++) {
		if (cpus[i].cpu != cpu)
			continue;
		m->word = cpus[i].word;
		p->arch = da_arch_by_elf(cpus[i].elf_machine, cpus[i].word == 8 ? 2 : 1, cpus[i].big);
		if (p->arch)
			p->arch_name = p->arch->name;
	}
	m->container = p->arch;
	p->bits = (uint8_t)(m->word * 8);
	p->mem.word = m->word;
	return p->arch != NULL;
}

static void set_os(struct md *m, uint32_t platform)
{
	m->platform = platform;
	m->d->proc.os = DA_OS_OTHER;
	for (size_t i = 0; i < DA_ARRAY_SIZE(platforms); i++)
		if (platforms[i].platform == platform)
			m->d->proc.os = platforms[i].os;
}

static const char *windows_name(const struct system *s)
{
	const char *name = NULL;

	for (size_t i = 0; i < DA_ARRAY_SIZE(builds); i++)
		if (builds[i].build == s->build)
			name = s->product > PRODUCT_WORKSTATION ? builds[i].server : builds[i].client;
	return name;
}

/* Crashpad puts the update revision where the service pack's text was. */
static bool is_number(const char *s)
{
	return s && *s && strspn(s, "0123456789") == strlen(s);
}

static const char *windows_version(struct md *m, const struct system *s)
{
	const char *name = windows_name(s);
	struct da_str t DA_CLEANUP(da_str_done) = { 0 };

	if (name)
		da_str_addf(&t, "%s, ", name);
	else
		da_str_addf(&t, "Windows%s %u.%u, build ",
			    s->product > PRODUCT_WORKSTATION ? " Server" : "", s->major, s->minor);
	da_str_addf(&t, "%u", s->build);
	if (is_number(s->csd))
		da_str_addf(&t, ".%s", s->csd);
	else if (s->csd && !(name && strstr(name, " SP")))
		da_str_addf(&t, ", %s", s->csd);
	return da_strdup(m->d->arena, da_str_get(&t));
}

static void set_version(struct md *m, const struct system *s)
{
	struct da_process *p = &m->d->proc;

	p->cpus = s->processors;
	if (p->os == DA_OS_WINDOWS) {
		m->build = s->build;
		p->os_version = windows_version(m, s);
	} else if (p->os == DA_OS_MACOS && s->major) {
		p->os_version = da_printf(m->d->arena, "macOS %u.%u.%u%s%s%s", s->major, s->minor,
					  s->build, s->csd ? " (" : "", s->csd ? s->csd : "",
					  s->csd ? ")" : "");
	} else {
		p->kernel = s->csd;
	}
}

/*
 * Builds that came as a switch on top of an earlier one: its files keep the number of that one.
 * What updates change is the last number of the files' versions; ntdll is in every process.
 */
static uint32_t build_of_files(uint32_t build)
{
	static const struct {
		uint32_t build, files;
	} switches[] = { { 18363, 18362 }, { 19042, 19041 }, { 19043, 19041 }, { 19044, 19041 },
			 { 19045, 19041 }, { 22631, 22621 }, { 26200, 26100 } };

	for (size_t i = 0; i < DA_ARRAY_SIZE(switches); i++)
		if (switches[i].build == build)
			return switches[i].files;
	return build;
}

void md_refine_version(struct md *m)
{
	struct da_process *p = &m->d->proc;
	unsigned a, b, build, revision;
	const char *digits;

	for (size_t i = 0; p->os == DA_OS_WINDOWS && i < p->modules.n; i++) {
		const struct da_module *mod = &p->modules.v[i];

		if (!mod->version || !mod->name || strcasecmp(mod->name, "ntdll.dll") != 0 ||
		    sscanf(mod->version, "%u.%u.%u.%u", &a, &b, &build, &revision) != 4 ||
		    build != build_of_files(m->build) || !p->os_version)
			continue;
		digits = da_printf(m->d->arena, "%u", m->build);
		if (da_ends(p->os_version, digits)) /* nothing stands behind the build yet */
			p->os_version = da_printf(m->d->arena, "%s.%u", p->os_version, revision);
		return;
	}
}

bool md_read_system(struct md *m, const char **ret_message)
{
	struct system s;

	if (!read_info(m, &s)) {
		/* Without it neither CPU nor system is known: nothing else can be read for sure. */
		*ret_message = md_find(m, MD_SYSTEM_INFO, 0)
			? "is a minidump cut before it says for which CPU and system it is: nothing can "
			  "be read"
			: "is a minidump that does not say for which CPU and system it is (no SystemInfo)";
		return false;
	}
	set_os(m, s.platform);
	if (!set_cpu(m, s.cpu) || !m->d->proc.arch->full) {
		m->d->minimal = true;
		da_note(m->d->ledger, DA_NOTE_UNSUPPORTED, "the whole dump", NULL,
			"stacks of this CPU (%s, architecture %u of the minidump) are not read",
			m->d->proc.arch_name, s.cpu);
	}
	set_version(m, &s);
	return true;
}
