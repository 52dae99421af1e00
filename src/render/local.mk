# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/format.c %D%/format.h \
	%D%/out.c %D%/out.h \
	%D%/render.h \
	%D%/sha256.c %D%/sha256.h \
	%D%/templates.h \
	%D%/wrap.c %D%/wrap.h
