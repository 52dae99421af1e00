# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/abort.c \
	%D%/access.c \
	%D%/annotate.c \
	%D%/bitflip.c \
	%D%/blame.c \
	%D%/cxx.c \
	%D%/decode.c %D%/decode.h \
	%D%/decode_aarch64.c \
	%D%/decode_x86.c \
	%D%/dispatch.c \
	%D%/fault.c %D%/fault.h \
	%D%/frames.c \
	%D%/handler.c \
	%D%/instruction.c \
	%D%/managed.c \
	%D%/near.c \
	%D%/outside.c \
	%D%/overflow.c \
	%D%/parts.h \
	%D%/runtimes.c \
	%D%/windows.c \
	%D%/words.c \
	%D%/x86_map.c %D%/x86_map.h
