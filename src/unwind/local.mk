# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/bottom.c \
	%D%/cfi.c \
	%D%/code.c \
	%D%/code_walk.c \
	%D%/dispatcher.c \
	%D%/entry.c \
	%D%/expr.c \
	%D%/fold.c %D%/fold.h \
	%D%/frame_data.c \
	%D%/frame_pointer.c \
	%D%/hardware_throw.c \
	%D%/jump.c \
	%D%/managed.c \
	%D%/managed_chain.c \
	%D%/pe_arm64.c \
	%D%/pe_x64.c \
	%D%/scan.c \
	%D%/sigframe.c \
	%D%/step.h \
	%D%/transition.c \
	%D%/unwind.h %D%/unwinders.def \
	%D%/walk.c
