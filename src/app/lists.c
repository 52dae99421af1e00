/* SPDX-License-Identifier: Apache-2.0 */
/* dumpan rules, formats, limits, schema: what is registered, printed from the registries. */
#include "config.h"

#include <string.h>

#include "analyze/analyze.h"
#include "app/command.h"
#include "app/message.h"
#include "loader/loader.h"

static int print(struct da_options *o, struct da_str *s)
{
	int code = da_print_text(o, da_str_get(s), s->n);

	da_str_done(s);
	return code;
}

static void rule_page(struct da_str *s, const struct da_rule *r)
{
	da_str_addf(s, "%s (%s)\n\nLooks for %s.\n\n%s\n", r->id, r->severity, r->looks_for, r->page);
}

int da_command_rules(struct da_options *o)
{
	struct da_str s = { 0 };

	for (size_t i = 0; i < da_rules_n; i++) {
		const struct da_rule *r = da_rules[i];

		if (o->files.n == 0)
			da_str_addf(&s, "%-28s %-13s %s\n", r->id, r->severity, r->looks_for);
		else if (da_streq(r->id, o->files.v[0]))
			rule_page(&s, r);
	}
	if (s.n)
		return print(o, &s);
	da_error("'%s' is no rule (dumpan rules lists them)", o->files.v[0]);
	return DA_EXIT_USAGE;
}

int da_command_formats(struct da_options *o)
{
	struct da_str s = { 0 };

	da_str_add(&s, "Dumps\n");
	for (size_t i = 0; i < da_loaders_n; i++)
		da_str_addf(&s, "  %-12s %s\n", da_loaders[i]->name, da_loaders[i]->title);
	da_str_add(&s, "Wrappers, by content\n");
	for (size_t i = 0; i < da_unpackers_n; i++)
		da_str_addf(&s, "  %-12s %s%s\n", da_unpackers[i]->name,
			    da_unpackers[i]->run ? "yes" : "not in this build; needs ",
			    da_unpackers[i]->run ? "" : da_unpackers[i]->package);
	da_str_add(&s, "CPUs\n");
	for (size_t i = 0; i < da_archs_n; i++) /* byte orders and widths of one CPU are neighbours */
		if (i == 0 || !da_streq(da_archs[i]->name, da_archs[i - 1]->name))
			da_str_addf(&s, "  %-12s %s\n", da_archs[i]->name,
				    da_archs[i]->full ? "full"
						      : "minimal: memory map, modules, thread ids");
	da_str_add(&s, "Output\n");
	for (size_t i = 0; i < da_renderers_n; i++)
		da_str_addf(&s, "  %-12s %s\n", da_renderers[i]->name, da_renderers[i]->title);
	return print(o, &s);
}

int da_command_limits(struct da_options *o)
{
	struct da_str s = { 0 };

	for (size_t i = 0; i < da_limit_rows_n; i++)
		da_str_addf(&s, "%-14s %14llu %-11s %s\n", da_limit_rows[i].name,
			    (unsigned long long)da_limit_rows[i].value, da_limit_rows[i].unit,
			    da_limit_rows[i].what);
	return print(o, &s);
}

static bool add(void *ctx, const char *bytes, size_t n)
{
	da_str_addn(ctx, bytes, n);
	return true;
}

int da_command_schema(struct da_options *o)
{
	struct da_str s = { 0 };

	return da_schema_write(add, &s) == DA_OK ? print(o, &s) : DA_EXIT_INTERNAL;
}
