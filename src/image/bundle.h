/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: the assemblies inside a single-file .NET program. The host's data holds, before a 32-byte
 * signature, the file offset of a header that lists them; they are stored as they are, or deflated.
 *
 * Source: dotnet/runtime, docs/design/features/host-... "bundle-design", and files of 6.0 to 11.0.
 */
#ifndef DA_IMAGE_BUNDLE_H
#define DA_IMAGE_BUNDLE_H

#include "image/image.h"

enum da_bundle_type { DA_BUNDLE_UNKNOWN, DA_BUNDLE_ASSEMBLY, DA_BUNDLE_NATIVE, DA_BUNDLE_DEPS,
		      DA_BUNDLE_CONFIG, DA_BUNDLE_SYMBOLS };
struct da_bundle_entry {
	uint64_t off, size, packed; /* packed 0: stored */
	uint8_t type;
	const char *path;
};
struct da_bundle {
	uint32_t major, minor;
	uint64_t header;            /* file offset */
	const char *id;
	uint64_t flags;
	struct da_bundle_entry *entries;
	uint32_t n;
};

/* The header's offset by the signature in any bytes of the host; 0: no bundle. *ret_found: the signature stands there. */
uint64_t da_bundle_find(struct da_bytes data, bool *ret_found);
/* The manifest of a whole file. DA_NOT_FOUND: no bundle; DA_CORRUPT; DA_UNSUPPORTED: of a later format; DA_LIMIT. */
enum da_status da_bundle_read(struct da_arena *a, struct da_bytes file, uint64_t header, struct da_bundle *ret);
/* An entry's bytes: in place, or inflated (at most max bytes). */
enum da_status da_bundle_extract(struct da_arena *a, struct da_bytes file, const struct da_bundle_entry *e, uint64_t max,
				 struct da_bytes *ret);

#endif
