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
	%D%/md_exception.c \
	%D%/md_handles.c \
	%D%/md_linux.c \
	%D%/md_memory.c \
	%D%/md_misc.c \
	%D%/md_modules.c \
	%D%/md_names.c \
	%D%/md_peb.c \
	%D%/md_system.c \
	%D%/md_threads.c \
	%D%/md_writer.c \
	%D%/minidump.c \
	%D%/minidump.h \
	%D%/notdump.c \
	%D%/notdump.h \
	%D%/ranges.c \
	%D%/ranges.h \
	%D%/signals.h \
	%D%/unpack.c \
	%D%/unpack_bzip2.c \
	%D%/unpack_gzip.c \
	%D%/unpack_xz.c \
	%D%/unpack_zstd.c \
	%D%/unpackers.def
