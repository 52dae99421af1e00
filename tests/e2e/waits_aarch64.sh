#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs of tests/wait for aarch64, run by qemu-user, whose core of its guest must tell the same.
. "$(dirname "$0")/../lib.sh"
t_need qemu-aarch64
CC=aarch64-linux-gnu-gcc
t_dumpers
libs=$root$(inside / $CC -print-sysroot 2>/dev/null)
[ -e "$libs/lib/ld-linux-aarch64.so.1" ] || libs=$root/usr/aarch64-linux-gnu
[ -e "$libs/lib/ld-linux-aarch64.so.1" ] || t_skip_all "no C library for aarch64"
# shellcheck disable=SC3045 # every shell of Linux has them
ulimit -c unlimited 2>/dev/null || t_skip_all "core dumps are limited here"
# shellcheck disable=SC3045 # threads' stacks are of this size, and qemu writes them whole
ulimit -s 512 2>/dev/null

for name in mutex rwlock cond others libc leave; do
	dir=$T/$name
	mkdir "$dir"
	if ! inside "$dir" $CC -g -O1 -w -pthread -o "$name" "${sources#"$root"}/wait/$name.c" 2>"$dir/log"; then
		t_skip "$name" "it does not compile here: $(head -n 1 "$dir/log")"
		continue
	fi
	(cd "$dir" && exec qemu-aarch64 -L "$libs" "./$name" >words 2>errors) &
	job=$!
	tries=0
	until grep -q ready "$dir/words" 2>/dev/null || [ $tries -gt 150 ]; do
		tries=$((tries + 1))
		sleep 0.2
	done
	kill -SEGV $job 2>/dev/null
	wait $job 2>/dev/null
	set -- "$dir"/qemu*.core
	if [ ! -f "$1" ]; then
		t_skip "$name" "qemu left no core"
		continue
	fi
	"$DUMPAN" report --format json --no-local-symbols --symbols "$libs/lib" --symbols "$dir" -o "$dir/report.json" "$1" \
		>"$dir/log" 2>&1
	python3 "$top_srcdir/tests/wait/compare.py" "$dir/report.json" "$dir/words" >"$dir/log" 2>&1
	t_is "$(cat "$dir/log")" "" "$name: by qemu-user"
	rm -rf "$dir"
done
t_done
