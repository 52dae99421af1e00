# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/access.c \
	%D%/blocks.def \
	%D%/cells.c \
	%D%/doc.h \
	%D%/document.c \
	%D%/finding.c \
	%D%/json_check.c \
	%D%/json_in.c %D%/json_in.h \
	%D%/json_line.c \
	%D%/json_out.c %D%/json_out.h \
	%D%/json_read.c \
	%D%/json_read_data.c \
	%D%/json_read_findings.c \
	%D%/json_write.c \
	%D%/layout.c \
	%D%/manual.c \
	%D%/redact.c %D%/redact.h \
	%D%/redact_args.c \
	%D%/redact_judge.c \
	%D%/redact_known.c \
	%D%/redact_names.c \
	%D%/redact_patterns.def \
	%D%/redact_rich.c \
	%D%/redact_shapes.c \
	%D%/redact_value.c \
	%D%/report.h \
	%D%/schema.c

noinst_PROGRAMS += %D%/mkmanual
src_report_mkmanual_SOURCES = %D%/mkmanual.c
src_report_mkmanual_LDADD = $(DA_LIBS)
man_MANS += dumpan-report.5
CLEANFILES += dumpan-report.5
dumpan-report.5: %D%/mkmanual$(EXEEXT)
	$(AM_V_GEN)%D%/mkmanual$(EXEEXT) >$@.tmp && mv $@.tmp $@
