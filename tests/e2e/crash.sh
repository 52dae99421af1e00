#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs of tests/crash die in one way each; what the report says of it must be what their first
# comment wants: WANT key=regex …, where a key is one of the exception block or `rule` (of some
# finding), and - means that it must be absent. title, says and unsaid are about the first finding's title,
# and about what its title, description and advice say and must not say. ONLY names the CPUs, FLAGS more flags for the compiler.
# CRASH_FLAGS (-O1 by default) are the flags of all.
. "$(dirname "$0")/../lib.sh"

cc=${CC:-cc}
cxx=${CXX:-c++}
t_need "${cc%% *}" uname
case $(cat /proc/sys/kernel/core_pattern 2>/dev/null) in
'' | '|'* | */*) t_skip_all "core_pattern does not put cores into the current folder" ;;
esac
# shellcheck disable=SC3045 # every shell of Linux has them
ulimit -c unlimited 2>/dev/null || t_skip_all "core dumps are limited here"
# shellcheck disable=SC3045
ulimit -s 8192 2>/dev/null
cpu=$(uname -m)
"${cxx%% *}" --version >/dev/null 2>&1 || cxx=

# field NAME: the value in the exception block, "" if absent.
field() {
	sed -n 's/^"exception":{//p' "$dir/report.json" | sed 's/"runs":{.*//' |
		sed -n "s/.*\"$1\":\"\\(\\([^\"\\\\]\\|\\\\.\\)*\\)\".*/\\1/p"
}

# finding: title, description and advice of the first finding, one a line.
finding() {
	grep -m 1 '^{"id":"f1","rule"' "$dir/report.json" | sed 's/,"runs":.*//; s/\\"/'"'"'/g' |
		grep -o '"\(title\|description\|recommendation\)":"[^"]*"'
}

check() { # key regex
	case $1 in
	title) t_like "$(finding | sed -n 's/^"title"://p')" "$2" "$name: title"; return ;;
	says) t_like "$(finding | tr '\n' ' ')" "$2" "$name: says"; return ;;
	unsaid) t_unlike "$(finding)" "$2" "$name: does not say"; return ;;
	rule) got=$(grep -o '^{"id":"f[0-9]*","rule":"[^"]*"' "$dir/report.json" | sed 's/.*"rule":"//; s/"//') ;;
	*) got=$(field "$1") ;;
	esac
	case $2 in
	-) t_is "$got" "" "$name: no $1" ;;
	*) t_like "$got" "$2" "$name: $1" ;;
	esac
}

build() {
	flags=$(sed -n 's|^/\* FLAGS \(.*\) \*/|\1|p' "$src")
	only=$(sed -n 's|^/\* ONLY \(.*\) \*/|\1|p' "$src")
	case " ${only:-$cpu} " in
	*" $cpu "*) ;;
	*) t_skip "$name" "not on $cpu"; return 1 ;;
	esac
	compiler=$cc
	case $src in
	*.cc)
		compiler=$cxx
		[ -n "$cxx" ] || { t_skip "$name" "no C++ compiler"; return 1; }
		;;
	esac
	# A tail call would take the caller from the stack.
	# shellcheck disable=SC2086 # flags are words
	$compiler -g ${CRASH_FLAGS:--O1} -fno-optimize-sibling-calls -w -pthread $flags -o "$dir/$name" "$src" 2>"$dir/log" && return 0
	t_skip "$name" "it does not compile here: $(head -n 1 "$dir/log")"
	return 1
}

for src in "$top_srcdir"/tests/crash/*.c "$top_srcdir"/tests/crash/*.cc; do
	name=$(basename "$src")
	name=${name%.*}
	dir=$T/$name
	mkdir "$dir"
	build || continue
	(cd "$dir" && MALLOC_ARENA_MAX=1 "./$name") >/dev/null 2>&1
	core=$(find "$dir" -name 'core*' -type f | head -n 1)
	if [ -z "$core" ]; then
		t_skip "$name" "it left no core"
		continue
	fi
	"$DUMPAN" report --format json -o "$dir/report.json" "$core" >"$dir/log" 2>&1 || {
		t_fail "$name: a report"
		t_say "$(head -n 5 "$dir/log")"
		continue
	}
	want=$(sed -n 's|.*WANT \(.*\) \*/|\1|p' "$src")
	eval "set -- $want"
	for kv; do
		check "${kv%%=*}" "${kv#*=}"
	done
	rm -rf "$dir"
done
t_done
