# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# TAP for shell tests. The first line of a test is:  . "$(dirname "$0")/../lib.sh"
#
#	t_is "$(cmd)" "wanted" "what it shows"      equal text
#	t_like "$text" 'extended regex' "what"      some line matches
#	t_unlike "$text" 'extended regex' "what"    no line matches
#	t_diff wanted-file got-file "what"          equal files; the difference is printed
#	t_ok "what" command …                       the command succeeds
#	t_exit 64 "what" command …                  the command ends with this status
#	t_skip "what" "why"                         one test left out
#	t_skip_all "why"                            the whole program left out (before the first test)
#	t_need command …                            skip all unless these programs are there
#	t_done                                      last line: the plan
#
# $DUMPAN is the built program, $T a new empty folder that goes away at the end, $top_srcdir and
# $top_builddir the two trees. $T_OUT and $T_ERR are files with what the last t_ok or t_exit printed.

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-$(pwd)}
DUMPAN=${DUMPAN:-$top_builddir/dumpan}
T=$(mktemp -d "${TMPDIR:-/tmp}/dumpan-test.XXXXXX") || exit 99
trap 'rm -rf "$T"' EXIT
trap 'exit 99' HUP INT TERM
T_OUT=$T/.out
T_ERR=$T/.err
t_n=0
t_bad=0

t_say() { printf '%s\n' "$*" | sed 's/^/# /'; }

t_pass() {
	t_n=$((t_n + 1))
	printf 'ok %d - %s\n' "$t_n" "$1"
}

t_fail() {
	t_n=$((t_n + 1))
	t_bad=$((t_bad + 1))
	printf 'not ok %d - %s\n' "$t_n" "$1"
}

t_is() {
	if [ "$1" = "$2" ]; then
		t_pass "$3"
	else
		t_fail "$3"
		t_say "got:    $1"
		t_say "wanted: $2"
		return 1
	fi
}

t_like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		t_pass "$3"
	else
		t_fail "$3"
		t_say "no line matches: $2"
		t_say "$(printf '%s\n' "$1" | cut -c 1-200 | head -n 24)"
		return 1
	fi
}

t_unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		t_fail "$3"
		t_say "these lines match: $2"
		t_say "$(printf '%s\n' "$1" | grep -E -e "$2" | cut -c 1-200 | head -n 10)"
		return 1
	fi
	t_pass "$3"
}

t_diff() {
	if cmp -s "$1" "$2"; then
		t_pass "$3"
	else
		t_fail "$3"
		t_say "$(diff -u "$1" "$2" 2>&1 | cut -c 1-200 | head -n 24)"
		return 1
	fi
}

t_ok() {
	t_what=$1
	shift
	t_exit 0 "$t_what" "$@"
}

t_exit() {
	t_want=$1 t_what=$2
	shift 2
	"$@" >"$T_OUT" 2>"$T_ERR"
	t_got=$?
	if [ "$t_got" -eq "$t_want" ]; then
		t_pass "$t_what"
	else
		t_fail "$t_what"
		t_say "exit status $t_got, wanted $t_want: $*"
		t_say "$(head -n 10 "$T_ERR")"
		return 1
	fi
}

t_skip() {
	t_n=$((t_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$t_n" "$1" "$2"
}

t_skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

t_need() {
	for t_cmd; do
		command -v "$t_cmd" >/dev/null 2>&1 || t_skip_all "$t_cmd is not installed"
	done
}

# What tests that dump programs of their own need: $cc, $cxx or nothing, $kernel where it puts cores into the current
# folder, $gcore where it is installed; small stacks, so that cores are small. $sources: the folder with theirs.
# With DUMPAN_ROOT, the folder of another system, $T is in it: they are built and run there ("inside"), by its compilers
# and C library, and dumped and read from outside; $sysroot is the option for that.
t_dumpers() {
	cc=${CC:-cc}
	cxx=${CXX:-c++}
	kernel=yes
	root=${DUMPAN_ROOT:-}
	root=${root%/}
	sysroot=
	sources=$(cd "$top_srcdir/tests" && pwd)
	t_need python3
	[ -z "$root" ] || t_move_inside
	inside / "${cc%% *}" --version >/dev/null 2>&1 || t_skip_all "${cc%% *} is not installed${root:+ in $root}"
	inside / strip --version >/dev/null 2>&1 || t_skip_all "strip is not installed${root:+ in $root}"
	case $(cat /proc/sys/kernel/core_pattern 2>/dev/null) in
	'' | '|'* | */*) kernel= ;;
	esac
	# shellcheck disable=SC3045 # every shell of Linux has them
	ulimit -c unlimited 2>/dev/null || kernel=
	# shellcheck disable=SC3045
	ulimit -s 512 2>/dev/null
	gcore=$(command -v gcore)
	gcore_root=
	# shellcheck disable=SC2016 # the inner shell expands
	if [ -n "$root" ] && [ -d "$root/proc/self" ] && inside / sh -c 'command -v gcore' >/dev/null; then
		gcore=gcore gcore_root=$root
	fi
	inside / "${cxx%% *}" --version >/dev/null 2>&1 || cxx=
}

# t_gcore PREFIX PID: PREFIX.PID by gcore, that of the other system where it is installed and has /proc. An older gdb than
# the C library may fail to read the stacks: then it is told and false.
t_gcore() {
	if [ -n "$gcore_root" ]; then
		inside / gcore -o "${1#"$root"}" "$2" 2>&1
	else
		"$gcore" -o "$1" "$2" 2>&1
	fi | grep -v -e ' at 0xffffffffff600000' >"$T/.gcore"
	! grep 'Memory read failed' "$T/.gcore" && [ -s "$1.$2" ]
}

t_move_inside() {
	[ "$(id -u)" -eq 0 ] || t_skip_all "only root may run programs inside of $root"
	rmdir "$T"
	T=$(mktemp -d "$root/tmp/dumpan-test.XXXXXX") || exit 99
	sources=$T/sources
	mkdir "$sources"
	cp -R "$top_srcdir/tests/wait" "$top_srcdir/tests/hang" "$sources"
	sysroot="--sysroot $root"
}

# enter FOLDER COMMAND …: becomes this command in the folder, in the other system if there is one ("enter … &" makes it
# the job $!). inside: the same and comes back.
enter() {
	in=$1
	shift
	[ -n "$root" ] || { cd "$in" && exec "$@"; exit 127; }
	in=${in#"$root"}
	# shellcheck disable=SC2016 # the inner shell expands
	exec chroot "$root" sh -c 'cd "$1" && shift && exec "$@"' sh "${in:-/}" "$@"
}

inside() (
	enter "$@"
)

t_done() {
	printf '1..%d\n' "$t_n"
	[ "$t_bad" -eq 0 ] || exit 1
	exit 0
}
