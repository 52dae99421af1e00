# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += dumpan
libdumpan_a_SOURCES += \
	%D%/command.h \
	%D%/commands.def \
	%D%/lists.c \
	%D%/message.c %D%/message.h \
	%D%/options.c %D%/options.def %D%/options.h \
	%D%/output.c %D%/output.h \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/probe.c \
	%D%/progress.c %D%/progress.h \
	%D%/render.c \
	%D%/report.c \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/signature.c \
	%D%/stage.c %D%/stage.h \
	%D%/symbols.c
dumpan_SOURCES = %D%/main.c
dumpan_LDADD = $(DA_LIBS)
