/* SPDX-License-Identifier: Apache-2.0 */
/* Which .NET it is: the surest of what the image, the tables and its path say. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/coreclr/target.h"

enum { INFO_VERSION = 20, INFO_INDEX = 24, INFO_RUNTIME_VERSION = 96, TEXT_LEN = 48 };

/* "8.0.27" */
static bool set_version(struct da_clr *c, unsigned major, unsigned minor, unsigned patch, bool has_patch)
{
	if (major < 5 || major > 99 || minor > 99 || patch > 9999)
		return false;
	c->major = major;
	c->minor = minor;
	c->patch = patch;
	c->has_patch = has_patch;
	return true;
}

static bool three(const char *s, unsigned v[3], const char **ret_end)
{
	for (int i = 0; i < 3; i++) {
		char *end;

		if (*s < '0' || *s > '9')
			return false;
		v[i] = (unsigned)strtoul(s, &end, 10);
		if (i < 2 && *end != '.')
			return false;
		s = i < 2 ? end + 1 : end;
	}
	*ret_end = s;
	return true;
}

bool da_clr_version_text(struct da_clr *c, const char *version)
{
	const char *end;
	unsigned v[3];

	return version && three(version, v, &end) && set_version(c, v[0], v[1], v[2], true);
}

/* Builds are numbered patch * 100 + the last two digits of the year: 8.0.2726 is 8.0.27 built in 2026. */
static bool by_build(struct da_clr *c, const char *version)
{
	const char *end;
	unsigned v[3];

	if (!version || !three(version, v, &end) || v[2] % 100 < 19 || v[2] % 100 > 60)
		return false;
	return set_version(c, v[0], v[1], v[2] / 100, true);
}

/* Every runtime binary holds it, as the tool what(1) wants it. */
static bool by_text(struct da_clr *c)
{
	static const char mark[] = "@(#)Version ";
	char buf[TEXT_LEN + 1] = "";

	for (uint64_t at = c->base; at < c->end;) {
		size_t n;
		const uint8_t *p = da_mem_view_some(c->mem, at, &n), *hit;

		if (!p || !n) {
			at = (at | 0xfff) + 1;
			continue;
		}
		if (n > c->end - at)
			n = (size_t)(c->end - at);
		hit = memmem(p, n, mark, sizeof(mark) - 1);
		if (hit) {
			size_t left = n - (size_t)(hit - p) - (sizeof(mark) - 1);

			memcpy(buf, hit + sizeof(mark) - 1, left < TEXT_LEN ? left : TEXT_LEN);
			return by_build(c, buf);
		}
		at += n;
	}
	return false;
}

/*
 * Exported by programs that hold the runtime: it names the build of the runtime's own library of the same
 * release, and from version 2 on the version.
 */
static bool by_runtime_info(struct da_clr *c)
{
	uint64_t at, size;
	uint8_t p[INFO_RUNTIME_VERSION + 16];
	struct da_cursor cur;
	const struct da_clr_build *b = NULL;
	uint32_t v[3];

	if (da_clr_export(c, "DotNetRuntimeInfo", &at, &size) != DA_OK ||
	    da_mem_read(c->mem, at, p, sizeof(p), NULL) != DA_OK || memcmp(p, "DotNetRuntimeInfo", 18) != 0)
		return false;
	cur = da_cursor(p, sizeof(p), c->mem->big_endian, c->mem->word);
	if (!c->options.ignore_own && p[INFO_INDEX] == 20)
		b = da_clr_build_of(da_clr_builds(c->arena), da_hex(c->arena, p + INFO_INDEX + 1, 20), false, 0);
	if (b && da_clr_version_text(c, b->version))
		return true;
	da_seek(&cur, INFO_VERSION);
	if (da_get_u32(&cur) < 2)
		return false;
	da_seek(&cur, INFO_RUNTIME_VERSION);
	for (int i = 0; i < 3; i++)
		v[i] = da_get_u32(&cur);
	return set_version(c, v[0], v[1], v[2] / 100, v[2] >= 19);
}

/* ".../Microsoft.NETCore.App/8.0.27/libcoreclr.so" */
static bool by_path(struct da_clr *c)
{
	const struct da_module *m = &c->dump->proc.modules.v[c->module];
	const char *s = m->path ? strcasestr(m->path, "Microsoft.NETCore.App") : NULL;

	for (; s; s = strpbrk(s + 1, "/\\"))
		if ((*s == '/' || *s == '\\') && da_clr_version_text(c, s + 1))
			return true;
	return false;
}

bool da_clr_version(struct da_clr *c, const struct da_clr_build *own)
{
	const struct da_module *m = &c->dump->proc.modules.v[c->module];

	if (own && da_clr_version_text(c, own->version))
		return true;
	return by_text(c) || by_runtime_info(c) || by_path(c) || (!c->single_file && m->pe && by_build(c, m->version));
}

void da_clr_complete_version(struct da_clr *c)
{
	const struct da_clr_module *core = c->modules ? c->modules->corelib : NULL;
	const struct da_process *p = &c->dump->proc;
	const char *end, *product;
	unsigned v[3];

	if (c->has_patch || !c->major || !core || core->assembly >= p->assemblies.n)
		return;
	product = p->assemblies.v[core->assembly].product_version;
	if (!product || !three(product, v, &end) || v[0] != c->major)
		return;
	(void)set_version(c, v[0], v[1], v[2], true);
	da_clr_model(c)->version = da_printf(c->arena, "%u.%u.%u", v[0], v[1], v[2]);
}
