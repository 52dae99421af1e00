# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/breakpad.c %D%/breakpad.h \
	%D%/breakpad_stack.c \
	%D%/build.c \
	%D%/bundle.c %D%/bundle.h \
	%D%/cfi.c \
	%D%/cli_image.c \
	%D%/dwarf.c \
	%D%/dwp.c \
	%D%/elf.c \
	%D%/identity.c \
	%D%/image.h \
	%D%/inflate.c %D%/inflate.h \
	%D%/members.c \
	%D%/memory.c \
	%D%/metadata.c %D%/metadata.h %D%/metadata_private.h \
	%D%/metadata_index.c \
	%D%/metadata_names.c \
	%D%/metadata_tables.c \
	%D%/pdb.c %D%/pdb.h \
	%D%/pdb_frame.c \
	%D%/pdb_inline.c \
	%D%/pdb_lines.c \
	%D%/pdb_msf.c \
	%D%/pdb_public.c \
	%D%/pdb_symbols.c \
	%D%/pdb_types.c \
	%D%/pe.c %D%/pe.h %D%/pe_image.c %D%/pe_version.c \
	%D%/plt.c \
	%D%/portable_pdb.c %D%/portable_pdb.h \
	%D%/private.h \
	%D%/ranges.c %D%/ranges.h \
	%D%/split.c \
	%D%/symfile.c %D%/symfile.h %D%/symfile_private.h \
	%D%/symtab.c \
	%D%/lines.c %D%/lines.h \
	%D%/unit.c %D%/unit.h \
	%D%/unpack.c
