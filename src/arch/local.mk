# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/arm.c \
	%D%/arch.c %D%/arch.h %D%/arch.def %D%/list.h \
	%D%/aarch64.c \
	%D%/i386.c \
	%D%/minimal.c \
	%D%/x86_64.c \
	%D%/x86_insn.c
