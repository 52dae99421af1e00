# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES += \
	%D%/analyze.c %D%/analyze.h \
	%D%/crash.c %D%/crash.h \
	%D%/crowd.c \
	%D%/graph.c %D%/graph.h \
	%D%/groups.c %D%/groups.h \
	%D%/hang.c %D%/hang.h \
	%D%/order.c %D%/order.h \
	%D%/figures.c \
	%D%/figures.h \
	%D%/rule_access.c \
	%D%/rule_box.c \
	%D%/rule_convoy.c \
	%D%/rule_crash.c \
	%D%/rule_deadlock.c \
	%D%/rule_debugger.c \
	%D%/rule_dump.c \
	%D%/rule_dump_managed.c \
	%D%/rule_exit_stuck.c \
	%D%/rule_finalizer.c \
	%D%/rule_gc.c \
	%D%/rule_handles.c \
	%D%/rule_hang_none.c \
	%D%/rule_loader_lock.c \
	%D%/rule_managed.c \
	%D%/rule_memory.c \
	%D%/rule_orphaned.c \
	%D%/rule_owner_blocked.c \
	%D%/rule_owner_running.c \
	%D%/rule_owner_unknown.c \
	%D%/rule_remote.c \
	%D%/rule_runtime.c \
	%D%/rule_sleep.c \
	%D%/rule_spin.c \
	%D%/rule_sync_over_async.c \
	%D%/rule_threadpool.c \
	%D%/rule_waiting_child.c \
	%D%/rules.def \
	%D%/section_environment.c \
	%D%/section_exception.c \
	%D%/section_exceptions.c \
	%D%/section_handles.c \
	%D%/section_locks.c \
	%D%/section_memory.c \
	%D%/section_modules.c \
	%D%/section_process.c \
	%D%/section_runtime.c \
	%D%/section_stacks.c \
	%D%/section_threadpool.c \
	%D%/section_threads.c \
	%D%/sections.h \
	%D%/soon.c \
	%D%/signature.c \
	%D%/words.c %D%/words.h
