#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs of tests/wait block in every way and say how (truth.h); the report of a dump of each must say the
# same: dumped by gcore and by the kernel, with debug information and stripped, and without any file to look into.
# DUMPAN_ROOT=FOLDER: the same in another system (../README).
. "$(dirname "$0")/../lib.sh"

t_dumpers

# judge CORE WHAT [OPTION …]
judge() {
	core=$1 what=$2
	shift 2
	# shellcheck disable=SC2086 # none or two
	if ! "$DUMPAN" report --format json -o "$dir/report.json" $sysroot "$@" "$core" >"$dir/log" 2>&1; then
		t_fail "$what: a report"
		t_say "$(head -n 5 "$dir/log")"
		return
	fi
	# Without files only gcore's have names of libc.
	# shellcheck disable=SC2086 # none or one
	python3 "$top_srcdir/tests/wait/compare.py" "$dir/report.json" "$dir/words" ${1:+nameless} >"$dir/log" 2>&1
	t_is "$(cat "$dir/log")" "" "$what"
}

# run HOW: the program in the background until it is ready, then its dumps.
run() {
	how=$1
	rm -f "$dir"/core* "$dir/words"
	enter "$dir" "./$name" >"$dir/words" 2>"$dir/errors" &
	job=$!
	tries=0
	until grep -q ready "$dir/words" 2>/dev/null; do
		tries=$((tries + 1))
		if [ $tries -gt 100 ] || ! kill -0 $job 2>/dev/null; then
			t_fail "$name: runs"
			t_say "$(cat "$dir/errors" "$dir/words")"
			kill -9 $job 2>/dev/null
			return
		fi
		sleep 0.1
	done
	if [ -n "$kernel" ] && [ "$how" != again ]; then
		kill -ABRT $job
		wait $job 2>/dev/null
		set -- "$dir"/core*
		if [ -f "$1" ]; then
			judge "$1" "$name: $how, by the kernel"
			judge "$1" "$name: $how, by the kernel, without files" --no-local-symbols
		else
			t_skip "$name: $how, by the kernel" "it left no core"
		fi
	elif [ -n "$gcore" ]; then
		if t_gcore "$dir/core.gcore" $job >"$dir/log"; then
			judge "$(echo "$dir"/core.gcore*)" "$name: $how, by gcore"
			judge "$(echo "$dir"/core.gcore*)" "$name: $how, by gcore, without files" --no-local-symbols
		else
			t_skip "$name: $how, by gcore" "$(tail -n 1 "$dir/log")"
		fi
		rm -f "$dir"/core.gcore*
		# Timed waits that were stopped once show restart_syscall.
		if [ -n "$kernel" ]; then
			kill -ABRT $job
			wait $job 2>/dev/null
			set -- "$dir"/core*
			if [ -f "$1" ]; then
				judge "$1" "$name: $how, by the kernel after gcore"
				judge "$1" "$name: $how, by the kernel after gcore, without files" --no-local-symbols
			fi
		fi
		kill -9 $job 2>/dev/null
	else
		kill -9 $job
	fi
	wait $job 2>/dev/null
}

build() {
	compiler=$cc
	case $src in
	*.cc)
		compiler=$cxx
		[ -n "$cxx" ] || { t_skip "$name" "no C++ compiler"; return 1; }
		;;
	esac
	own=$(sed -n 's|^/\* CC \(.*\) \*/|\1|p' "$src")
	if [ -n "$own" ]; then
		compiler=$own
		inside / "$own" --version >/dev/null 2>&1 || { t_skip "$name" "$own is not installed"; return 1; }
	fi
	flags=$(sed -n 's|^/\* FLAGS \(.*\) \*/|\1|p' "$src")
	# shellcheck disable=SC2086 # flags are words
	inside "$dir" $compiler -g ${WAIT_FLAGS:--O1} -w -pthread -o "$name" "${src#"$root"}" $flags 2>"$dir/log" && return 0
	t_skip "$name" "it does not compile here: $(head -n 1 "$dir/log")"
	return 1
}

for src in "$sources"/wait/*.c "$sources"/wait/*.cc; do
	[ -f "$src" ] || continue
	name=$(basename "$src")
	name=${name%.*}
	case " ${WAIT_ONLY:-$name} " in
	*" $name "*) ;;
	*) continue ;;
	esac
	dir=$T/$name
	mkdir "$dir"
	build || continue
	run plain
	inside "$dir" strip "$name"
	run again
	rm -rf "$dir"
done
t_done
