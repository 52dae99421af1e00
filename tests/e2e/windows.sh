#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Windows processes with known answers: of crashes kind, thread and function, of all what their threads wait for and who
# holds it, are what the program said.
. "$(dirname "$0")/../lib.sh"

wine=${DUMPAN_CORPUS:-/nonexistent}/dumps/wine
[ -d "$wine/dumps" ] || t_skip_all "DUMPAN_CORPUS has no dumps of Wine processes"
t_need xz python3

for bits in 64 32; do
	mkdir "$T/sys$bits" || exit 99
	for f in "$wine/sys$bits"/*.xz; do
		xz -dc "$f" >"$T/sys$bits/$(basename "$f" .xz)" || exit 99
	done
done

# mode rule function
cat >"$T/answers" <<'EOF'
av-read crash.access read_through
av-write crash.access write_through
av-exec crash.access call_bad_pointer
divzero crash.arithmetic divide_harvest
stackoverflow crash.stack-overflow grow_forever
abort crash.abort fail_fast
failfast crash.abort fail_fast
noncont crash.unhandled raise_noncontinuable
throw crash.cpp-exception grove::Picker<int>::pick
EOF

for truth in "$wine"/dumps/*.truth.txt; do
	name=$(basename "$truth" .truth.txt)
	mode=$(sed -n 's/^mode=//p' "$truth")
	tid=$(sed -n 's/^crash_tid=//p' "$truth")
	answer=$(grep "^$mode " "$T/answers" || echo "$mode")
	rest=${answer#* }
	case $name in
	*net11* | *64bitwriter) continue ;; # another program; no stacks
	x64-pdb*) dirs="--symbols $T/sys64 --symbols $wine/bin/pdb64" ;;
	x64-dwarf*) dirs="--symbols $T/sys64 --symbols $wine/bin/dwarf64" ;;
	x86-dwarf*) dirs="--symbols $T/sys32 --symbols $wine/bin/dwarf32" ;;
	*) dirs="--symbols $T/sys32 --symbols $wine/bin/pdb32" ;;
	esac
	xz -dc "$wine/dumps/$name.dmp.xz" >"$T/x.dmp" || exit 99
	# shellcheck disable=SC2086
	t_ok "$name: a report" "$DUMPAN" report --format json --redact none $dirs "$T/x.dmp"
	case $name in
	*wine10api*) ;; # their DLLs are not at hand: nothing has a name
	*)
		python3 "$top_srcdir/tests/windows/truth.py" "$T_OUT" "$truth" >"$T/differs" 2>&1
		t_is "$(cat "$T/differs")" "" "$name: locks and waits"
		;;
	esac
	[ "$answer" != "$mode" ] || continue
	json=$(sed 's/},{/},\
{/g' "$T_OUT")
	# a deadlock of four threads weighs more than one that died
	t_like "$json" "\"id\":\"f[12]\",\"rule\":\"${rest%% *}\"" "$name: the kind of death"
	t_like "$json" "^\"exception\":.*\"function\":\"${rest#* }" "$name: the function"
	thread=$(printf '%s\n' "$json" | sed -n 's/^"exception":.*"thread":"\(t[0-9]*\)".*/\1/p')
	[ -z "$tid" ] || t_like "$json" "\"id\":\"$thread\",\"tid\":$tid," "$name: the thread"
done
t_done
