#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ready dumps of samples/ and what their reports must say, and must not.
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 99

report() { # sample: text in $text
	"$DUMPAN" report --format text --symbols "$top_srcdir/samples/bin" "$top_srcdir/samples/$1.core.zst" \
		>"$1.txt" 2>err
	t_is "$?" 0 "$1: a report"
	t_is "$(cat err)" "" "$1: silent"
	text=$(cat "$1.txt")
	t_is "$(awk 'length($0) > 200' "$1.txt")" "" "$1: no endless lines"
}

# What needs the C library's own file is asked only where this machine has it, by build-id.
has_libraries() { "$DUMPAN" symbols --symbols "$top_srcdir/samples/bin" "$top_srcdir/samples/$1.core.zst" |
	grep -c 'libc\.so\.6$' | grep -qx 0; }
needs_libraries() { # sample, pattern, what
	if has_libraries "$1"; then
		t_like "$text" "$2" "$3"
	else
		t_skip "$3" "this machine has other libraries than the dump"
	fi
}

report segv-null
t_like "$text" '^VERDICT +Crash: .*null pointer' "segv-null: the verdict"
t_like "$text" 'crash\.access' "segv-null: the rule"
t_like "$text" 'segv-null\.c:46' "segv-null: the line"
t_like "$text" 'reduced' "segv-null: the inlined function"
t_like "$text" 'price_worker' "segv-null: the thread's function"
t_like "$text" '^  > +1  price_order ' "segv-null: own code is marked"
t_unlike "$text" '^  > .*libc' "segv-null: libc's is not"
t_unlike "$text" '^  E2 ' "segv-null: one cause"
t_like "$text" '^THREADS \(5\)' "segv-null: five threads"

report abort-assert
t_like "$text" 'crash\.abort' "abort-assert: the rule"
t_like "$text" 'an account must not go below zero' "abort-assert: the assertion"
t_like "$text" 'abort-assert\.c:14' "abort-assert: the line"

report double-free
t_like "$text" 'crash\.heap-corruption' "double-free: the rule"
t_like "$text" 'double free detected in tcache 2' "double-free: the message of malloc"
needs_libraries double-free 'entry_free' "double-free: who freed"

report throw-uncaught
needs_libraries throw-uncaught 'crash\.cpp-exception' "throw-uncaught: the rule"
needs_libraries throw-uncaught 'shop::settings_error' "throw-uncaught: the type"
needs_libraries throw-uncaught 'shop::settings::number' "throw-uncaught: who threw"

report stack-overflow
t_like "$text" 'crash\.stack-overflow' "stack-overflow: the rule"
t_like "$text" 'parse_value' "stack-overflow: the cycle"
t_like "$text" 'parse_list' "stack-overflow: the cycle's other half"
t_unlike "$text" '^  E2 ' "stack-overflow: told once"

report deploy-runner
t_like "$text" '^VERDICT +Crash: DeployRunner\.StepFailedException was not handled' "deploy-runner: the verdict"
t_like "$text" 'crash\.clr-exception' "deploy-runner: the rule"
t_like "$text" 'System\.IO\.DirectoryNotFoundException' "deploy-runner: what it goes back to"
t_like "$text" '^  > .*DeployRunner\.Program\.RunPlan +Program\.cs:90' "deploy-runner: a line of C#"
t_like "$text" 'System\.Threading\.Thread\.StartCallback' "deploy-runner: where managed code begins"
t_unlike "$text" '^  E2 ' "deploy-runner: one cause"
t_unlike "$text" '^  W1 ' "deploy-runner: and nothing blamed besides"

report deadlock
t_like "$text" '^VERDICT +Hang: 2 threads are deadlocked \(t10 and t11\); 4 more wait behind\.' "deadlock: the verdict"
t_like "$text" '\(confidence high\)' "deadlock: its confidence"
t_like "$text" 'hang\.deadlock' "deadlock: the rule"
t_like "$text" 'waits for lock2 \(a mutex, savings\), held by t10 in transfer' "deadlock: a teller behind them"
t_like "$text" 'deadlock\.c:41' "deadlock: the second lock's line"
t_unlike "$text" '^  W1 |^  E2 ' "deadlock: nothing else is blamed"
t_like "$text" '^LOCKS AND WAITS \(3\)' "deadlock: three locks"
t_like "$text" '^ +7 more like t2: t3-t9' "deadlock: waits that are alike are told once"

report worker-pool
t_like "$text" 'W1 .*3 threads wait behind t18, which sleeps' "worker-pool: who holds them up"
t_like "$text" 'It asked to sleep for' "worker-pool: for how long"
t_unlike "$text" '\(crash\.' "worker-pool: nobody died"
t_like "$text" '^THREADS \(21\)' "worker-pool: 21 threads"
t_like "$text" 'take_job' "worker-pool: where workers wait"
t_like "$text" 'wait_for_disk' "worker-pool: where the writer sleeps"

# Names and lines come from the executables beside them; without, the report says what lacks.
"$DUMPAN" report --format text --no-local-symbols "$top_srcdir/samples/segv-null.core.zst" >bare.txt
t_like "$(cat bare.txt)" 'null pointer' "without files: the cause is still told"
t_like "$(cat bare.txt)" 'build-id|--symbols' "without files: which files would help"

for sample in segv-null abort-assert double-free throw-uncaught stack-overflow; do
	"$DUMPAN" signature --symbols "$top_srcdir/samples/bin" "$top_srcdir/samples/$sample.core.zst" >sig 2>&1
	t_like "$(cat sig)" '[0-9a-f]{16}' "$sample: a signature"
done
t_done
