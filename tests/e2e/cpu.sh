#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A kernel's core gives the first thread the time of ended threads too: its rows of both tables say so, unless there never
# was one.
. "$(dirname "$0")/../lib.sh"

t_dumpers
[ -n "$kernel" ] || t_skip_all "the kernel puts no cores into the current folder"
# shellcheck disable=SC2086 # two words may be one compiler
$cc -O1 -g -pthread -o "$T/cpu" "$top_srcdir/tests/e2e/programs/cpu.c" || exit 99

# row HOW [ARGUMENT]: the first row of the CPU times.
row() {
	rm -f "$T"/core*
	(cd "$T" && ./cpu "$@") >/dev/null 2>&1
	"$DUMPAN" report --format json -o "$T/report.json" "$T"/core* || return
	python3 -c 'import json, sys
data = json.load(open(sys.argv[1]))["data"]
row = data["cpu"][0]
print(row["thread"], row["user_us"] + row["kernel_us"] >= 100000, row.get("includes", "-"),
      data["threads"][0].get("includes", "-") == row.get("includes", "-"))' "$T/report.json"
}

t_is "$(row)" "t1 True time of threads that have ended, if any True" "the time of a thread that has ended"
case $(getconf GNU_LIBC_VERSION 2>/dev/null) in
'glibc 2.'[12]? | 'glibc 2.3'[01] | '') t_skip "never a second thread" "this C library does not say so" ;;
*) t_is "$(row alone)" "t1 True - True" "never a second thread" ;;
esac

t_done
