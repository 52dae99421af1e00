#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Threads that never stop, in a process that somebody then ends: one finding names all that do it in one function, the lock
# that one of them holds, and who waits behind it. With files and without.
. "$(dirname "$0")/../lib.sh"

t_dumpers
[ -n "$kernel" ] || t_skip_all "the kernel puts no cores into the current folder"
# shellcheck disable=SC2086 # two words may be one compiler
$cc -O1 -g -pthread -o "$T/spin" "$top_srcdir/tests/e2e/programs/spin.c" || exit 99

# dump HOW: a core of it, in a folder of that name.
dump() {
	mkdir "$T/$1"
	cp "$T/spin" "$T/$1/"
	cd "$T/$1" || return
	./spin "$1" >words 2>errors &
	job=$!
	tries=0
	until grep -q ready words || [ $tries -gt 1200 ] || ! kill -0 $job 2>/dev/null; do
		tries=$((tries + 1))
		sleep 0.1
	done
	kill -ABRT $job
	wait $job 2>/dev/null
}

# found HOW [OPTION]: what is told of the dump.
found() {
	how=$1
	shift
	"$DUMPAN" report --format json -o "$T/report.json" "$@" "$T/$how"/core* || return
	python3 - "$T/report.json" <<'END'
import json, re, sys
report = json.load(open(sys.argv[1]))
for f in report["findings"]:
    if f["severity"] in ("error", "warning") or f["rule"].startswith("hang."):
        percent = int(re.search(r"(\d+) % of the CPU time", f["title"])[1])
        print(f["rule"], f["severity"], len(f["threads"]), re.sub(r"\d+ %", "N %" if percent > 90 else "too few", f["title"])
              .replace(f["threads"][0] + " has", "t has"))
        print(re.search(r"holds .*? behind it|$", f["description"])[0])
print(report["verdict"]["kind"])
END
}

(dump together) >/dev/null 2>&1 &
(dump holding) >/dev/null 2>&1
wait

title="have used N % of the CPU time and are running in"
t_is "$(found together)" "hang.spin warning 2 t2 and t3 $title match

crash" "two in one function"
t_is "$(found holding)" "hang.spin warning 5 t has used N % of the CPU time and is running
holds lock1 (a mutex, m), and 4 threads wait behind it
hang" "one that holds a lock"

t_is "$(found together --no-local-symbols)" "hang.spin warning 2 t2 and t3 $title an unknown function of spin

crash" "two in one function, without files"
t_is "$(found holding --no-local-symbols | sed 's/, m)/)/')" "hang.spin warning 5 t has used N % of the CPU time and is running
holds lock1 (a mutex), and 4 threads wait behind it
hang" "one that holds a lock, without files"

t_done
