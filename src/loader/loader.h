/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader: from a file on disk to the model: memory map, threads with registers, modules, notes.
 * Milliseconds, no symbols. Two steps: unpack (wrappers, by content), then load (containers, by
 * content).
 *
 * To add a container: src/loader/NAME.c with a struct da_loader, one line in loaders.def, one line in
 * local.mk, a test with a builder, a sample. To add a wrapper: unpack_NAME.c with a struct da_unpacker,
 * one line in unpackers.def, the same for the rest.
 */
#ifndef DA_LOADER_LOADER_H
#define DA_LOADER_LOADER_H

#include "model/model.h"

/* ------------------------------------------------------------ wrappers */

/* Where unpacked bytes go: a sparse file in which runs of zeros are holes. */
struct da_sink;
/* DA_OK, DA_LIMIT (max-expand), DA_IO (disk full; errno), DA_PARTIAL never. */
enum da_status da_sink_write(struct da_sink *s, const void *p, size_t n);

struct da_unpacker {
	const char *name;    /* word of input.compression: "zstd" */
	const char *package; /* what brings it, for the message without it */
	bool (*match)(const uint8_t *head, size_t n); /* by the first bytes */
	/*
	 * Read the whole stream from `in` to the sink. DA_PARTIAL: the stream ends early or is damaged,
	 * what came before is in the sink and *ret_why (static text) says so. NULL: not built in.
	 */
	enum da_status (*run)(struct da_bytes in, struct da_sink *out, const char **ret_why);
};

extern const struct da_unpacker *const da_unpackers[];
extern const size_t da_unpackers_n;

struct da_unpack_options {
	const char *tmpdir;   /* for the unpacked file */
	uint64_t max_expand;
	void (*progress)(void *ctx, uint64_t bytes); /* may be NULL */
	void *ctx;
};

/*
 * Map a file, unpacking it if it is wrapped. path "-" reads standard input (fd 0) into an unlinked
 * file. Fills dump->file and origin.{file, bytes, compressed_bytes, compression, truncated}. On any
 * status but DA_OK and DA_PARTIAL *ret_message is one clause for people ("No such file or directory").
 */
enum da_status da_unpack(struct da_dump *d, const char *path, const struct da_unpack_options *o,
			 const char **ret_message) DA_MUST_CHECK;

/* ------------------------------------------------------------ containers */

struct da_loader {
	const char *name;  /* word of input.format: "elf-core" */
	const char *title; /* for `dumpan formats` */
	/* 0 not mine; larger is surer. */
	int (*match)(struct da_bytes file);
	/*
	 * Fill d->proc and d->origin. DA_PARTIAL: something was cut or odd, the ledger says what.
	 * d->minimal is set where only container and notes can be read. DA_UNSUPPORTED, DA_CORRUPT: no
	 * report can be made; *ret_message is a whole clause for people.
	 */
	enum da_status (*load)(struct da_dump *d, const char **ret_message);
};

extern const struct da_loader *const da_loaders[];
extern const size_t da_loaders_n;

/* Choose a loader and run it; what no loader wants is named by notdump.c: "looks like text". */
enum da_status da_load(struct da_dump *d, const char **ret_message) DA_MUST_CHECK;

/* ------------------------------------------------------------ what lies beside a dump */

/*
 * After da_load: dump->crash_report from PATH.crashreport.json, or with an ending of PATH (.core, .dmp,
 * .zst …) left out. A file of another process is refused with a note.
 */
void da_load_crash_report(struct da_dump *d, const char *path);

/*
 * After da_load: what of /proc/PID was kept beside a Linux core, in files PID.NAME of its folder, or NAME in a
 * folder PID there: of fd (a listing by ls -l) proc.handles, ascending by number; of status proc.kernel_status;
 * of stack what each thread does in the kernel (sidefile.h tells the formats). maps is read by the loader of cores
 * itself, which finds modules by it. What contradicts the dump is of another process, and refused with a note; of
 * fd the file's name alone proves that it is of this one.
 */
void da_load_beside(struct da_dump *d);

#endif
