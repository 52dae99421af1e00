# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/call_wait.c \
	%D%/calls.c %D%/syscalls.def \
	%D%/futex.c %D%/families.def \
	%D%/libc.c %D%/descriptors.def \
	%D%/memory.c \
	%D%/mutex.c \
	%D%/names.c %D%/names.def \
	%D%/owner.c \
	%D%/parts.h \
	%D%/wait.c %D%/wait.h
