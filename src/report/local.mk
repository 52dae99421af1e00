# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/blocks.def \
	%D%/layout.c \
	%D%/report.h
