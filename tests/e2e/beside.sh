#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files of /proc beside a core: what they tell stands in the report, those of another process are refused, and a core
# without its FILE note finds its modules by PID.maps.
. "$(dirname "$0")/../lib.sh"

t_dumpers
[ -n "$gcore" ] || t_skip_all "gcore is not installed"
# shellcheck disable=SC2086 # a compiler with its launcher is two words
$cc -g -O1 -w -pthread -o "$T/beside" "$top_srcdir/tests/e2e/programs/beside.c" || t_skip_all "nothing compiles here"

# start: the program, until it is ready. $job
start() {
	(cd "$T" && exec ./beside >words) &
	job=$!
	until grep -q ready "$T/words" 2>/dev/null; do
		kill -0 $job 2>/dev/null || t_skip_all "the program ended"
		sleep 0.1
	done
}

# ask JSON-expression of the report $T/report.json as r, of its data as d
ask() {
	python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); d = r["data"]; print(eval(sys.argv[2]))' "$T/report.json" "$1"
}

report() {
	"$DUMPAN" report --format json --no-local-symbols -o "$T/report.json" "$core" 2>"$T/log" || t_fail "a report of $core"
}

start
dir=$T/case
mkdir "$dir"
cat /proc/$job/status >"$dir/$job.status"
cat /proc/$job/maps >"$dir/$job.maps"
tail -vn +1 /proc/$job/task/*/status /proc/$job/task/*/stack >"$dir/$job.stack" 2>/dev/null
gcore -o "$dir/core" $job >"$T/log" 2>&1 || t_skip_all "gcore cannot dump: $(tail -n 1 "$T/log")"
kill -9 $job
wait $job 2>/dev/null
core=$dir/core.$job

report
t_is "$(ask '[e["text"] for e in r["ledger"] if "not used" in e["text"]]')" "[]" "files of the process are believed"
t_is "$(ask 'd["kernel_status"]["threads"]')" 3 "PID.status: threads"
t_is "$(ask 'd["kernel_status"]["resident_bytes"] == d["memory"]["resident_bytes"] > 0')" True "PID.status: resident memory"
t_is "$(ask 'sorted(t.get("name", "") for t in d["threads"])')" "['beside', 'night-shift', 'tape-reader']" "PID.stack: names of threads"
if grep -q '^\[<' "$dir/$job.stack"; then
	t_like "$(ask '[t["kernel_stack"] for t in d["threads"] if t["name"] == "tape-reader"][0]')" pipe_read "PID.stack: where a thread stands in the kernel"
	t_like "$(ask '[t["wait_why"] for t in d["threads"] if t["name"] == "tape-reader"][0]')" "in the kernel, $job.stack says, in " "PID.stack: with the wait"
else
	t_skip "PID.stack: where a thread stands in the kernel" "only the superuser may read it"
fi
t_is "$(ask '[k["private_bytes"] for k in d["memory_kinds"] if k["kind"] == "reserved"][0] >= 1 << 20')" True "PID.maps: reserved memory that gcore left out"
t_is "$(ask '[k["private_bytes"] for k in d["memory_kinds"] if k["kind"] == "shared"]')" "[0]" "PID.maps: shared memory is not private"
modules=$(ask 'sorted(m["name"] for m in d["modules"])')

# Without the FILE note (its type is changed to one that nobody knows) names come from PID.maps alone.
python3 - "$core" <<'END'
import struct, sys
b = bytearray(open(sys.argv[1], 'rb').read())
at = b.find(b'CORE\0\0\0\0')
while at >= 0:
    if struct.unpack_from('<I', b, at - 4)[0] == 0x46494c45:
        struct.pack_into('<I', b, at - 4, 0x7fffff)
    at = b.find(b'CORE\0\0\0\0', at + 1)
open(sys.argv[1], 'wb').write(b)
END
report
t_is "$(ask 'sorted(m["name"] for m in d["modules"])')" "$modules" "modules of a core without the FILE note, by PID.maps"
t_is "$(ask '[k["ranges"] for k in d["memory_kinds"] if k["kind"] == "mapped-file" or k["kind"] == "image"] != []')" True "and its files"

# The files in a folder of the process's number, with the kernel's names.
mkdir "$dir/$job"
for what in status maps stack; do
	mv "$dir/$job.$what" "$dir/$job/$what"
done
report
t_is "$(ask 'd["kernel_status"]["file"]')" "$job/status" "the same in a folder PID/"

# Of a process of the same number that ran before or after.
start
mkdir "$dir/other"
other=$(basename "$core" | sed 's/core\.//')
cat /proc/$job/maps >"$dir/other/$other.maps"
sed "s/^Name:.*/Name:	cron/; s/^Pid:.*/Pid:	$other/" /proc/$job/status >"$dir/other/$other.status"
tail -vn +1 /proc/$job/task/*/status >"$dir/other/$other.stack"
kill -9 $job
wait $job 2>/dev/null
cp "$core" "$dir/other/"
core=$dir/other/core.$other
report
t_is "$(ask 'len([e for e in r["ledger"] if e["kind"] == "contradiction" and "not used" in e["text"]])')" 3 "files of another process are told and not used"
t_is "$(ask '"kernel_status" in d, any("kernel_stack" in t for t in d["threads"])')" "(False, False)" "and nothing of them is in the report"

# Under a debugger that lets it run; the kernel writes the core.
if [ -n "$kernel" ] && command -v gdb >/dev/null; then
	start
	gdb -p $job -batch -ex 'handle SIGABRT nostop noprint pass' -ex continue >"$T/log" 2>&1 &
	tries=0
	until grep -q '^TracerPid:.*[1-9]' /proc/$job/status && grep -q '^State:.*[SR] ' /proc/$job/status; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || break
		sleep 0.1
	done
	mkdir "$T/traced"
	cat /proc/$job/status >"$T/traced/$job.status"
	(cd "$T" && rm -f core* && kill -ABRT $job)
	wait
	core=$(find "$T" -maxdepth 1 -name 'core*' -type f | head -n 1)
	if [ -n "$core" ]; then
		mv "$core" "$T/traced/core"
		core=$T/traced/core
		report
		t_is "$(ask '[f["severity"] for f in r["findings"] if f["rule"] == "hang.debugger-attached"]')" "['notification']" "a debugger that was attached"
		rm "$T/traced/$job.status"
		report
		t_is "$(ask '[f["severity"] for f in r["findings"] if f["rule"] == "hang.debugger-attached"]')" "[]" "without PID.status nobody knows of it"
	else
		t_skip "a debugger that was attached" "the kernel left no core"
	fi
fi
t_done
