# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/build.c \
	%D%/cfi.c \
	%D%/dwarf.c \
	%D%/dwp.c \
	%D%/elf.c \
	%D%/identity.c \
	%D%/image.h \
	%D%/memory.c \
	%D%/pe.c %D%/pe.h %D%/pe_image.c \
	%D%/plt.c \
	%D%/private.h \
	%D%/ranges.c %D%/ranges.h \
	%D%/split.c \
	%D%/symtab.c \
	%D%/unit.c %D%/unit.h \
	%D%/unpack.c
