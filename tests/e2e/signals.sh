#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGTERM, SIGINT and a time limit end the work early, not the report: a whole page comes out.
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 99
"$top_builddir/tests/synth/synthcore" slow.core threads=400 frames=400 modules=1500 extra=100000 || exit 99

# A busy machine or a slow build: until the front holds SIGTERM back, a signal just kills.
until_held() { # process
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		held=$(sed -n 's/^SigBlk:[[:space:]]*\(.*\)...$/\1/p' "/proc/$1/status" 2>/dev/null)
		case $held in *[4567cdef]) return ;; esac
		sleep 0.1
	done
}

interrupted() { # signal, after, what
	"$DUMPAN" report --format html -o out.html slow.core 2>err &
	pid=$!
	until_held $pid
	sleep "$2"
	kill -s "$1" $pid 2>/dev/null
	wait $pid
	status=$?
	t_is "$status" 0 "$3: status"
	t_like "$(tail -n 1 out.html 2>/dev/null)" '</html>$' "$3: a whole page"
	t_is "$(grep -c . err)" 0 "$3: quiet"
	t_is "$(find . -name '.dumpan-*' | wc -l | tr -d ' ')" 0 "$3: nothing is left behind"
	rm -f out.html
}

for after in 0.05 0.2 0.5; do
	interrupted TERM $after "SIGTERM after $after s"
done

# Stopped early, the report says so. How long the whole takes differs between machines, so the signal is sent
# when the stacks are being read, as --progress tells.
"$DUMPAN" report --progress json --fail-on budget --format json -o out.json slow.core 2>err &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	grep -q '"stage":"\(load\|modules\|stacks\)"' err && break
	sleep 0.1
done
kill -s TERM $pid 2>/dev/null && early=yes || early=no
wait $pid
status=$?
if [ $early = yes ]; then
	t_is $status 5 "SIGTERM during the work: --fail-on budget holds"
	t_like "$(cat out.json)" '"status": *"partial"' "SIGTERM during the work: the report is partial"
else
	t_skip "SIGTERM during the work: --fail-on budget holds" "the work was over before"
	t_skip "SIGTERM during the work: the report is partial" "the work was over before"
fi
interrupted INT 0.1 "SIGINT"

t_ok "--max-time 1" "$DUMPAN" report --max-time 1 --format json -o out.json slow.core
t_like "$(tail -c 3 out.json)" '}' "a whole document"
if grep -q '"status": *"partial"' out.json; then
	t_exit 5 "--fail-on budget holds" "$DUMPAN" report --max-time 1 --fail-on budget --format json -o out.json slow.core
else
	t_skip "--fail-on budget holds" "this machine reads the dump in a second"
fi
t_ok "--fail-on budget does not hold when there was time" "$DUMPAN" report --fail-on budget -o out.html \
	"$top_srcdir/samples/segv-null.core.zst"
t_is "$(pgrep -f "dumpan report.*$T" 2>/dev/null | wc -l | tr -d ' ')" 0 "no process is left behind"
t_done
