# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/core_memory.c \
	%D%/core_modules.c \
	%D%/core_notes.c \
	%D%/core_process.c \
	%D%/core_ranges.c \
	%D%/core_signal.c \
	%D%/core_writer.c \
	%D%/elfcore.c \
	%D%/elfcore.h \
	%D%/loader.c \
	%D%/loader.h \
	%D%/loaders.def \
	%D%/notdump.c \
	%D%/notdump.h \
	%D%/unpack.c \
	%D%/unpack_bzip2.c \
	%D%/unpack_gzip.c \
	%D%/unpack_xz.c \
	%D%/unpack_zstd.c \
	%D%/unpackers.def
