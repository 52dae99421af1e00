# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/class.c \
	%D%/collect.c \
	%D%/collect_windows.c \
	%D%/debuginfod.c \
	%D%/demangle.c \
	%D%/find.c \
	%D%/managed.c \
	%D%/missing.c %D%/missing_managed.c \
	%D%/paths.c \
	%D%/place.c \
	%D%/private.h \
	%D%/scan.c \
	%D%/store.c \
	%D%/symbol.h \
	%D%/undname.c %D%/undname.h \
	%D%/undname_node.h %D%/undname_parse.h \
	%D%/undname_text.c \
	%D%/undname_write.c
