/* SPDX-License-Identifier: Apache-2.0 */
/* The builder of test cores against libelf: what it writes must be what was asked for. */
#include "config.h"

#include <gelf.h>
#include <string.h>

#include "synth/synth.h"
#include "unit/unit.h"

static Elf *open_core(struct synth *s, uint8_t **bytes)
{
	size_t n;
	Elf *elf;

	elf_version(EV_CURRENT);
	*bytes = synth_build(s, &n);
	elf = elf_memory((char *)*bytes, n);
	ck_assert_ptr_nonnull(elf);
	return elf;
}

static size_t count_notes(Elf *elf, GElf_Word type)
{
	size_t nphdr, found = 0;
	GElf_Phdr ph;
	GElf_Nhdr nh;

	ck_assert_int_eq(elf_getphdrnum(elf, &nphdr), 0);
	for (size_t i = 0; i < nphdr; i++) {
		Elf_Data *data;
		size_t at = 0, name, desc;

		gelf_getphdr(elf, (int)i, &ph);
		if (ph.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)ph.p_offset, ph.p_filesz,
					    ph.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		while (at < data->d_size && (at = gelf_getnote(data, at, &nh, &name, &desc)) > 0)
			found += nh.n_type == type;
	}
	return found;
}

static void check_process(unsigned bits, bool big, uint16_t machine, struct synth_layout layout)
{
	struct synth *s = synth_new(bits, big, machine);
	size_t nphdr;
	uint8_t *bytes;
	GElf_Ehdr eh;
	Elf *elf;

	*synth_layout(s) = layout;
	synth_process(s, &(struct synth_process){ .threads = 3, .frames = 4, .modules = 2, .signal = 11 });
	elf = open_core(s, &bytes);
	ck_assert_ptr_nonnull(gelf_getehdr(elf, &eh));
	ck_assert_uint_eq(eh.e_type, ET_CORE);
	ck_assert_uint_eq(eh.e_machine, machine);
	ck_assert_uint_eq(eh.e_ident[EI_DATA], big ? ELFDATA2MSB : ELFDATA2LSB);
	ck_assert_int_eq(elf_getphdrnum(elf, &nphdr), 0);
	ck_assert_uint_eq(nphdr, 1 + 3 + 3 * 3 + 1);
	ck_assert_uint_eq(count_notes(elf, NT_PRSTATUS), 3);
	ck_assert_uint_eq(count_notes(elf, NT_FILE), 1);
	ck_assert_uint_eq(count_notes(elf, NT_SIGINFO), 1);
	elf_end(elf);
	free(bytes);
	synth_free(s);
}

START_TEST(shapes)
{
	check_process(64, false, SYNTH_X86_64, (struct synth_layout){ 0 });
	check_process(64, false, SYNTH_AARCH64, (struct synth_layout){ .notes_last = true });
	check_process(64, false, SYNTH_X86_64, (struct synth_layout){ .notes_last = true,
								       .notes_last_header = true });
	check_process(64, false, SYNTH_X86_64, (struct synth_layout){ .xnum = true });
	check_process(64, false, SYNTH_X86_64, (struct synth_layout){ .reversed = true, .page = 1 });
	check_process(64, false, SYNTH_X86_64, (struct synth_layout){ .wide_alignment = true });
	check_process(32, false, SYNTH_I386, (struct synth_layout){ 0 });
	check_process(32, false, SYNTH_I386, (struct synth_layout){ .xnum = true });
	check_process(64, true, SYNTH_PPC64, (struct synth_layout){ 0 });
	check_process(64, true, SYNTH_S390X, (struct synth_layout){ .xnum = true });
}
END_TEST

START_TEST(kernel_sizes)
{
	/* sizes of struct elf_prstatus and elf_prpsinfo as the kernel writes them */
	static const struct { unsigned bits; uint16_t machine; size_t nregs, status, info; } rows[] = {
		{ 64, SYNTH_X86_64, 27, 336, 136 },
		{ 32, SYNTH_I386, 17, 144, 124 },
		{ 64, SYNTH_AARCH64, 34, 392, 136 },
	};
	const uint64_t regs[34] = { 0 };

	for (size_t i = 0; i < DA_ARRAY_SIZE(rows); i++) {
		struct synth *s = synth_new(rows[i].bits, false, rows[i].machine);
		uint8_t *bytes;
		size_t n, at;

		synth_note_prstatus(s, &(struct synth_thread){ .regs = regs, .nregs = rows[i].nregs });
		synth_note_prpsinfo(s, "a", "a", 1, 1, 1, 1);
		bytes = synth_build(s, &n);
		at = synth_notes_offset(s);
		ck_assert_uint_eq(bytes[at + 4] | bytes[at + 5] << 8, rows[i].status);
		at += 20 + rows[i].status;
		ck_assert_uint_eq(bytes[at + 4], rows[i].info);
		free(bytes);
		synth_free(s);
	}
}
END_TEST

START_TEST(segments_land_where_they_say)
{
	struct synth *s = synth_new(64, false, SYNTH_X86_64);
	const char *text = "written once";
	size_t i = synth_segment(s, 0x10000, text, strlen(text), 0x3000, SYNTH_R), n, lie;
	uint8_t *bytes;

	lie = synth_segment(s, 0x20000, NULL, 0x1000, 0x1000, SYNTH_R);
	synth_segment_claim(s, lie, 0xffffffff000);
	bytes = synth_build(s, &n);
	ck_assert_mem_eq(bytes + synth_segment_offset(s, i), text, strlen(text));
	ck_assert_uint_eq(synth_segment_offset(s, lie), 0xffffffff000);
	ck_assert_uint_lt(n, 0x3000);
	free(bytes);
	synth_free(s);
}
END_TEST

UNIT_MAIN("synth", shapes, kernel_sizes, segments_land_where_they_say)
