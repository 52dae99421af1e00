#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGTERM, SIGINT and a time limit end the work early, not the report: a whole page comes out.
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 99
"$top_builddir/tests/synth/synthcore" slow.core threads=400 frames=400 modules=1500 extra=100000 || exit 99

interrupted() { # signal, after, what
	"$DUMPAN" report --format html -o out.html slow.core 2>err &
	pid=$!
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
interrupted INT 0.1 "SIGINT"

t_ok "--max-time 1" "$DUMPAN" report --max-time 1 --format json -o out.json slow.core
t_like "$(tail -c 3 out.json)" '}' "a whole document"
t_exit 5 "--fail-on budget, or the machine was quick" sh -c \
	"\"$DUMPAN\" report --max-time 1 --fail-on budget --format json -o out.json slow.core; s=\$?; [ \$s = 0 ] && exit 5; exit \$s"
t_is "$(pgrep -f "dumpan report.*$T" 2>/dev/null | wc -l | tr -d ' ')" 0 "no process is left behind"
t_done
