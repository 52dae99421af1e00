# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/crash_report.c %D%/crash_report.h %D%/runtime.c %D%/runtime.h %D%/runtimes.def %D%/unread.c \
	%D%/coreclr/code.c %D%/coreclr/code.h %D%/coreclr/heap_code.c %D%/coreclr/r2r.c \
	%D%/coreclr/coreclr.c %D%/coreclr/coreclr.h %D%/coreclr/fields.def \
	%D%/coreclr/target.c %D%/coreclr/target.h %D%/coreclr/recognise.c %D%/coreclr/describe.c %D%/coreclr/builds.c %D%/coreclr/checks.c \
	%D%/coreclr/dactable.c %D%/coreclr/descriptor.c %D%/coreclr/exports.c %D%/coreclr/nativeaot.c \
	%D%/coreclr/aot.h %D%/coreclr/aot_frames.c %D%/coreclr/aot_names.c %D%/coreclr/aot_names.h \
	%D%/coreclr/aot_recognise.c %D%/coreclr/aot_threads.c %D%/coreclr/aot_types.c \
	%D%/coreclr/probe.c %D%/coreclr/profiler.c %D%/coreclr/profilers.def %D%/coreclr/threadpool.c %D%/coreclr/threads.c \
	%D%/coreclr/version.c \
	%D%/coreclr/exceptions.c %D%/coreclr/exceptions.h %D%/coreclr/exception_fields.c %D%/coreclr/exception_own.c \
	%D%/coreclr/fail_fast.c %D%/coreclr/frames.c \
	%D%/coreclr/class_init.c %D%/coreclr/helper_threads.c %D%/coreclr/gc_waits.c %D%/coreclr/gcranges.c %D%/coreclr/heap_limit.c %D%/coreclr/locks.h \
	%D%/coreclr/monitors.c %D%/coreclr/objects.c %D%/coreclr/roles.c %D%/coreclr/search.c \
	%D%/coreclr/slim.c %D%/coreclr/slim.h %D%/coreclr/stack_waits.c %D%/coreclr/task_runners.c \
	%D%/coreclr/thin_locks.c %D%/coreclr/waits.c \
	%D%/coreclr/names.c %D%/coreclr/names.h
libdumpan_a_SOURCES += \
	%D%/coreclr/types.c %D%/coreclr/types.h %D%/coreclr/fields.c %D%/coreclr/methods.c \
	%D%/coreclr/modules.c %D%/coreclr/modules.h %D%/coreclr/module_files.c %D%/coreclr/places.c \
	%D%/coreclr/composite.c %D%/coreclr/emitted.c %D%/coreclr/r2r_file.c %D%/coreclr/r2r_file.h
libdumpan_a_SOURCES += %D%/coreclr/debuginfo.c %D%/coreclr/debuginfo.h %D%/coreclr/lines.c \
	%D%/coreclr/heap_header.c

# What is known of released builds, embedded by coreclr/embed.sh.
da_clr_data = \
	%D%/coreclr/builds.tsv \
	%D%/coreclr/dactable.tsv \
	%D%/coreclr/tables/6387CBF14fe000.tsv \
	%D%/coreclr/layouts/aot-10.json \
	%D%/coreclr/layouts/aot-11.json \
	%D%/coreclr/layouts/aot-8.json \
	%D%/coreclr/layouts/aot-9.json \
	%D%/coreclr/layouts/aot-common.json \
	%D%/coreclr/layouts/common.json \
	%D%/coreclr/layouts/common32.json \
	%D%/coreclr/layouts/linux-arm64-10.json \
	%D%/coreclr/layouts/linux-arm64-11.json \
	%D%/coreclr/layouts/linux-arm64-8.json \
	%D%/coreclr/layouts/linux-arm64-9.json \
	%D%/coreclr/layouts/linux-x64-10.json \
	%D%/coreclr/layouts/linux-x64-11.json \
	%D%/coreclr/layouts/linux-x64-6.json \
	%D%/coreclr/layouts/linux-x64-7.json \
	%D%/coreclr/layouts/linux-x64-8.json \
	%D%/coreclr/layouts/linux-x64-9.json \
	%D%/coreclr/layouts/win-arm64-10.json \
	%D%/coreclr/layouts/win-arm64-11.json \
	%D%/coreclr/layouts/win-x64-10.json \
	%D%/coreclr/layouts/win-x64-11.json \
	%D%/coreclr/layouts/win-x64-6.json \
	%D%/coreclr/layouts/win-x64-7.json \
	%D%/coreclr/layouts/win-x64-8.json \
	%D%/coreclr/layouts/win-x64-9.json \
	%D%/coreclr/layouts/win-x86-10.json \
	%D%/coreclr/layouts/win-x86-8.json \
	%D%/coreclr/descriptors/00564bade2d1.json \
	%D%/coreclr/descriptors/01f1506a6265.json \
	%D%/coreclr/descriptors/022d8cb95e7c.json \
	%D%/coreclr/descriptors/0518d4c7012c.json \
	%D%/coreclr/descriptors/0704fee79c12.json \
	%D%/coreclr/descriptors/136c255b7588.json \
	%D%/coreclr/descriptors/270b086f3be6.json \
	%D%/coreclr/descriptors/4c27fd7183c5.json \
	%D%/coreclr/descriptors/5fdca1bac14c.json \
	%D%/coreclr/descriptors/603a4d0695fe.json \
	%D%/coreclr/descriptors/89bd829898d1.json \
	%D%/coreclr/descriptors/91de47613f83.json \
	%D%/coreclr/descriptors/a035b2504dab.json \
	%D%/coreclr/descriptors/a6158902ad00.json \
	%D%/coreclr/descriptors/a64430f03bde.json \
	%D%/coreclr/descriptors/b3fee444bb3c.json \
	%D%/coreclr/descriptors/bcc8dfcc47f4.json \
	%D%/coreclr/descriptors/c1c1cad6dd87.json \
	%D%/coreclr/descriptors/d27653f36edf.json \
	%D%/coreclr/descriptors/df407b4c0614.json \
	%D%/coreclr/descriptors/f27fcb2437b6.json \
	%D%/coreclr/descriptors/f9eae39c32a0.json
nodist_libdumpan_a_SOURCES += %D%/coreclr/files.c
CLEANFILES += %D%/coreclr/files.c
EXTRA_DIST += %D%/coreclr/embed.sh $(da_clr_data)

%D%/coreclr/files.c: $(da_clr_data) %D%/coreclr/embed.sh
	$(AM_V_GEN)$(MKDIR_P) %D%/coreclr && (cd $(srcdir) && \
	$(SHELL) %D%/coreclr/embed.sh $(da_clr_data)) > $@-t && mv -f $@-t $@
