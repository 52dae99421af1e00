/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "loader/loader.h"
#include "loader/notdump.h"

#define DA_LOADER(name) extern const struct da_loader da_loader_##name;
#include "loader/loaders.def"
#undef DA_LOADER

const struct da_loader *const da_loaders[] = {
#define DA_LOADER(name) &da_loader_##name,
#include "loader/loaders.def"
#undef DA_LOADER
};

const size_t da_loaders_n = DA_ARRAY_SIZE(da_loaders);

enum da_status da_load(struct da_dump *d, const char **ret_message)
{
	const struct da_loader *best = NULL;
	int score = 0;

	for (size_t i = 0; i < da_loaders_n; i++) {
		int s = da_loaders[i]->match(d->file);

		if (s > score) {
			score = s;
			best = da_loaders[i];
		}
	}
	if (!best) {
		*ret_message = da_not_a_dump(d->arena, d->file, d->origin.file);
		return DA_UNSUPPORTED;
	}
	d->origin.format = best->name;
	d->proc.mem.file = d->file;
	return best->load(d, ret_message);
}
