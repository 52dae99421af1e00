# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/beside.h \
	%D%/dump.c \
	%D%/exceptions.c \
	%D%/functions.c \
	%D%/library.c \
	%D%/locks.h \
	%D%/managed.c %D%/managed.h \
	%D%/memory.c \
	%D%/model.h \
	%D%/win32.c \
	%D%/words.c
