/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_cli: writes metadata of managed assemblies and of portable PDBs, and images around it, for tests.
 * It shares nothing with our reader.
 *
 *	struct synth_cli *s = synth_cli_new();
 *	SYNTH_ROW(s, 2, 1, synth_cli_string(s, "Orders"), synth_cli_string(s, "Shop"), 0, 1, 1);
 *	uint8_t *bytes = synth_cli_build(s, &(struct synth_cli_form){ 0 }, &n);
 */
#ifndef DA_TESTS_SYNTH_CLI_H
#define DA_TESTS_SYNTH_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct synth_cli;

struct synth_cli *synth_cli_new(void);
void synth_cli_free(struct synth_cli *s);
uint32_t synth_cli_string(struct synth_cli *s, const char *text);
uint32_t synth_cli_blob(struct synth_cli *s, const void *bytes, size_t n);
uint32_t synth_cli_guid(struct synth_cli *s, const uint8_t bytes[16]);
/* A row with its columns in order; its rid. */
uint32_t synth_cli_row(struct synth_cli *s, unsigned table, const uint32_t *columns, unsigned n);
#define SYNTH_ROW(s, table, ...)                                                               \
	synth_cli_row((s), (table), (const uint32_t[]){ __VA_ARGS__ },                         \
		      sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

struct synth_cli_form {
	bool uncompressed;         /* "#-", and no table said to be sorted */
	bool wide;                 /* heaps with indexes of four bytes */
	bool extra;                /* a word behind the numbers of rows */
	const uint8_t *pdb_id;     /* 20 bytes: a PDB */
	const uint32_t *pdb_rows;  /* [64]: rows of the assembly */
};
/* malloc'ed. */
uint8_t *synth_cli_build(struct synth_cli *s, const struct synth_cli_form *form, size_t *ret_n);

/* An image around metadata: section .text at RVA 0x2000 and file offset 0x200. */
enum { SYNTH_CLI_RVA = 0x2000, SYNTH_CLI_OFF = 0x200, SYNTH_CLI_STAMP = 0x9ae0f223 };
struct synth_cli_image {
	const uint8_t *metadata;
	size_t n;
	bool mapped;               /* as in memory, else as in the file */
	bool pe32;
	bool ready_to_run;
	bool composite;            /* no assembly: its header is an export */
	/* Of a composite image, whose metadata is the manifest: ids of the components (16 bytes each, as stored). */
	const uint8_t *mvids;
	unsigned components;
	const uint8_t *methods;    /* each component's array of entry points, as it stands in the file; or NULL */
	const uint8_t *instances;  /* the table of instances of generic methods; or NULL */
	size_t nmethods, ninstances;
	bool written;              /* its section is written too: two cells of imports, and one address that moves with the image */
	uint32_t stamp;            /* 0: SYNTH_CLI_STAMP */
	const uint8_t *pdb_guid;   /* as it stands in the file; NULL: no debug directory */
	const char *pdb_path;
	const uint8_t *embedded;   /* deflated; may be NULL */
	size_t embedded_n;
	uint32_t embedded_size;
};
uint8_t *synth_cli_image(const struct synth_cli_image *im, size_t *ret_n);

/*
 * The assembly of the tests: types <Module>, Shop.Orders`1 (of TKey), its Keys, that one's <PlaceAsync>d__2,
 * Plain; methods .ctor, PlaceAsync (of TItem), Count | MoveNext | Main; one with ExtensionAttribute;
 * version 3.2.1.0, product "3.2.1+abc".
 */
void synth_cli_shop(struct synth_cli *s);
/*
 * Its PDB: method 2 has lines 10 (IL 0), hidden (IL 5), 12 (IL 9), of /src/shop/orders.cs; method 4 begins
 * hidden, then 100 (IL 4) of there, 7 (IL 8) of /src/gen.cs; it is made from method 2.
 */
void synth_cli_shop_pdb(struct synth_cli *s);
/* malloc'ed, raw deflate. */
uint8_t *synth_cli_deflate(const void *bytes, size_t n, size_t *ret_n);

/* A single-file program: a host with the signature, then two entries, the second deflated. */
uint8_t *synth_cli_bundle(unsigned major, size_t *ret_n);

#endif
