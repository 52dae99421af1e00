# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/arena.c \
	%D%/barrier.c \
	%D%/call_wait.c \
	%D%/caller.c \
	%D%/calls.c %D%/syscalls.def \
	%D%/cond.c \
	%D%/deadline.c \
	%D%/futex.c %D%/families.def \
	%D%/held.c \
	%D%/join.c \
	%D%/libc.c %D%/descriptors.def \
	%D%/loader.c \
	%D%/managed.c \
	%D%/memory.c \
	%D%/mentions.c \
	%D%/musl.c \
	%D%/mutex.c \
	%D%/names.c %D%/names.def \
	%D%/nt.c %D%/nt.h %D%/nt_names.def \
	%D%/nt_address.c \
	%D%/nt_args.c \
	%D%/nt_call.c \
	%D%/nt_handle.c \
	%D%/nt_number.c %D%/nt_numbers.def \
	%D%/nt_section.c \
	%D%/nt_stack.c \
	%D%/once.c \
	%D%/owner.c \
	%D%/parts.h \
	%D%/remote.c %D%/remote.def \
	%D%/rwlock.c \
	%D%/semaphore.c \
	%D%/single.c \
	%D%/spin.c \
	%D%/stdio.c \
	%D%/state.c %D%/idle.def \
	%D%/witness.c %D%/witness_calls.c %D%/witness_code.c %D%/witness_pointer.c \
	%D%/wait.c %D%/wait.h
