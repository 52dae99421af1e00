# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/runtime.c %D%/runtime.h %D%/runtimes.def \
	%D%/coreclr/code.c %D%/coreclr/code.h %D%/coreclr/heap_code.c %D%/coreclr/r2r.c \
	%D%/coreclr/coreclr.h %D%/coreclr/fields.def \
	%D%/coreclr/exceptions.c %D%/coreclr/exceptions.h %D%/coreclr/exception_fields.c \
	%D%/coreclr/frames.c \
	%D%/coreclr/locks.h %D%/coreclr/monitors.c %D%/coreclr/objects.c %D%/coreclr/roles.c \
	%D%/coreclr/slim.c %D%/coreclr/slim.h %D%/coreclr/stack_waits.c %D%/coreclr/waits.c \
	%D%/coreclr/names.c %D%/coreclr/names.h
