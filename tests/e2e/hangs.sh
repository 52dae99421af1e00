#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs of tests/hang hang in every way, or work, and say how (hang.h); the findings, the cycles and the verdict
# of a report of each must say the same: dumped by gcore and by the kernel, with debug information and stripped, and
# without any file to look into. HANG_ONLY="cycle self" chooses programs.
# DUMPAN_ROOT=FOLDER: the same in another system (../README).
. "$(dirname "$0")/../lib.sh"

t_dumpers
[ -n "$kernel$gcore" ] || t_skip_all "nothing dumps: no gcore, and core_pattern hands cores to another program"

# judge CORE WHAT [OPTION …]
judge() {
	core=$1 case=$2
	shift 2
	# shellcheck disable=SC2086 # none or two
	if ! "$DUMPAN" report --format json -o "$dir/report.json" $sysroot "$@" "$core" >"$dir/log" 2>&1; then
		t_fail "$case: a report"
		t_say "$(head -n 5 "$dir/log")"
		return
	fi
	# shellcheck disable=SC2086 # none or one
	python3 "$top_srcdir/tests/hang/compare.py" "$dir/report.json" "$dir/words" ${1:+nameless} >"$dir/log" 2>&1
	t_is "$(cat "$dir/log")" "" "$case"
	[ -z "${HANG_KEEP:-}" ] || [ ! -s "$dir/log" ] || { mkdir -p "$HANG_KEEP" &&
		cp "$core" "$HANG_KEEP/$(echo "$case" | tr -c 'a-z0-9\n' -).core" && cp "$dir/$name" "$HANG_KEEP/"; }
}

# run ARGUMENT HOW: the program in the background until it is ready, then its dumps.
run() {
	what="$name${1:+ $1}: $2"
	rm -f "$dir"/core* "$dir/words"
	# shellcheck disable=SC2086 # none or one
	enter "$dir" "./$name" $1 >"$dir/words" 2>"$dir/errors" &
	job=$!
	tries=0
	until grep -q ready "$dir/words" 2>/dev/null; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ] || ! kill -0 $job 2>/dev/null; then
			t_fail "$what: runs"
			t_say "$(cat "$dir/errors" "$dir/words")"
			kill -9 $job 2>/dev/null
			wait $job 2>/dev/null
			return
		fi
		sleep 0.1
	done
	process=$(sed -n 's/^process //p' "$dir/words")
	process=${process:-$job}
	i=0
	while [ -n "$gcore" ] && [ $i -lt "${again:-1}" ]; do
		i=$((i + 1))
		if t_gcore "$dir/core.gcore" "$process" >"$dir/log"; then
			judge "$(echo "$dir"/core.gcore*)" "$what, by gcore"
			[ "$2" = plain ] || judge "$(echo "$dir"/core.gcore*)" "$what, by gcore, without files" --no-local-symbols
		else
			t_skip "$what, by gcore" "$(tail -n 1 "$dir/log")"
		fi
		rm -f "$dir"/core.gcore*
	done
	if [ -n "$kernel" ]; then
		kill -ABRT "$process"
		wait $job 2>/dev/null
		core=$(find "$dir" -name 'core*' -type f | head -n 1)
		if [ -n "$core" ]; then
			judge "$core" "$what, by the kernel"
		else
			t_skip "$what, by the kernel" "it left no core"
		fi
	fi
	kill -9 $job 2>/dev/null
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
	flags=$(sed -n 's|^/\* FLAGS \(.*\) \*/|\1|p' "$src")
	args=$(sed -n 's|^/\* RUN \(.*\) \*/|\1|p' "$src")
	again=$(sed -n 's|^/\* AGAIN \(.*\) \*/|\1|p' "$src")
	if grep -q '^/\* LIB \*/' "$src"; then
		inside "$dir" $compiler -g -O1 -w -pthread -DLIB -shared -fPIC -o "$name.so" "${src#"$root"}" 2>"$dir/log" || {
			t_skip "$name" "its library does not compile here: $(head -n 1 "$dir/log")"
			return 1
		}
	fi
	# shellcheck disable=SC2086 # flags are words
	inside "$dir" $compiler -g ${HANG_FLAGS:--O1} -w -pthread -o "$name" "${src#"$root"}" $flags 2>"$dir/log" && return 0
	t_skip "$name" "it does not compile here: $(head -n 1 "$dir/log")"
	return 1
}

for src in "$sources"/hang/*.c "$sources"/hang/*.cc; do
	name=$(basename "$src")
	name=${name%.*}
	case " ${HANG_ONLY:-$name} " in
	*" $name "*) ;;
	*) continue ;;
	esac
	dir=$T/$name
	mkdir "$dir"
	build || continue
	for arg in ${args:-.}; do
		run "${arg#.}" plain
	done
	inside "$dir" strip "$name"
	for arg in ${args:-.}; do
		run "${arg#.}" stripped
	done
	rm -rf "$dir"
done
t_done
