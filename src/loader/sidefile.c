/* SPDX-License-Identifier: Apache-2.0 */
/* Finding files of /proc beside a core, and their lines. */
#include "config.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "loader/sidefile.h"

#define BYTES_MAX (UINT64_C(64) << 20)

bool da_beside(struct da_dump *d, const char *what, struct da_bytes *ret, const char **ret_name)
{
	const char *folder = d->origin.folder;

	if (!folder || strlen(folder) >= PATH_MAX || d->proc.pid == 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		char *name = da_printf(d->arena, "%s%" PRIu32 "%c%s", folder, d->proc.pid, i ? '/' : '.', what);

		if (da_map_file(d->arena, name, BYTES_MAX, ret) != DA_OK || ret->n == 0)
			continue;
		*ret_name = name + strlen(folder);
		return true;
	}
	return false;
}

bool da_beside_line(struct da_bytes *rest, struct da_bytes *ret)
{
	const uint8_t *nl;
	size_t n;

	if (rest->n == 0)
		return false;
	nl = memchr(rest->p, '\n', rest->n);
	n = nl ? (size_t)(nl - rest->p) : rest->n;
	*ret = (struct da_bytes){ rest->p, n };
	if (n > 0 && ret->p[n - 1] == '\r')
		ret->n--;
	n += nl != NULL;
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool da_beside_starts(struct da_bytes b, const char *text)
{
	size_t n = strlen(text);

	return b.n >= n && memcmp(b.p, text, n) == 0;
}

bool da_beside_value(struct da_bytes line, const char *key, struct da_bytes *ret)
{
	size_t n = strlen(key);

	if (!da_beside_starts(line, key))
		return false;
	for (; n < line.n && is_blank(line.p[n]); n++)
		;
	for (; line.n > n && is_blank(line.p[line.n - 1]); line.n--)
		;
	*ret = (struct da_bytes){ line.p + n, line.n - n };
	return true;
}

static unsigned digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10u;
	return UINT_MAX;
}

bool da_beside_number(struct da_bytes *rest, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < rest->n && digit(rest->p[i]) < base; i++) {
		if (v > (UINT64_MAX - digit(rest->p[i])) / base)
			return false;
		v = v * base + digit(rest->p[i]);
	}
	if (i == 0)
		return false;
	for (; i < rest->n && is_blank(rest->p[i]); i++)
		;
	rest->p += i;
	rest->n -= i;
	*ret = v;
	return true;
}

void da_load_beside(struct da_dump *d)
{
	static const struct {
		const char *what;
		void (*read)(struct da_dump *d, struct da_bytes b, const char *name);
	} files[] = {
		{ "fd", da_read_descriptors },
		{ "status", da_read_kernel_status },
		{ "stack", da_read_kernel_stacks },
	};
	struct da_bytes b;
	const char *name;

	if (d->proc.os != DA_OS_LINUX)
		return;
	for (size_t i = 0; i < DA_ARRAY_SIZE(files); i++)
		if (da_beside(d, files[i].what, &b, &name))
			files[i].read(d, b, name);
}
