#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Own Windows programs under Wine: what the report says against what the program said. Each CPU's half is
# skipped where its compiler or a Wine that runs its programs is absent; all is (77) when nothing could run.
. "$(dirname "$0")/../lib.sh"

here=$top_srcdir/tests/windows
wine=${WINE:-}
for w in wine64 wine /usr/lib/wine/wine64; do
	[ -n "$wine" ] || ! command -v "$w" >/dev/null 2>&1 || wine=$w
done
if [ -z "$wine" ]; then
	echo "1..0 # SKIP Wine is not installed"
	exit 77
fi
ran=0
WINEPREFIX=$T/prefix WINEDEBUG=-all
export WINEPREFIX WINEDEBUG

# The folders with Wine's own DLLs, where distributions have them.
dlls()
{
	for d in /usr/lib/*/wine/"$1" /usr/lib/wine/"$1" /usr/lib64/wine/"$1" /opt/wine*/lib*/wine/"$1"; do
		[ ! -d "$d" ] || printf -- '--symbols %s ' "$d"
	done
}

# build CC CPU: the program for one CPU
build()
{
	"$1" -std=gnu11 -g -O1 -fno-optimize-sibling-calls -o "$T/$2/harbour.exe" "$here/harbour.c" "$here/dump.c" &&
		"$1" -std=gnu11 -g -O1 -fno-optimize-sibling-calls -o "$T/$2/quay.exe" "$here/quay.c" "$here/dump.c" -lws2_32 \
			-lsynchronization -luser32
}

# runs CC CPU: Wine runs programs of this CPU; asked with one that does nothing, so that harbour's own troubles count.
runs()
{
	printf '#include <stdio.h>\nint main(void) { return puts("afloat") < 0; }\n' >"$T/raft.c"
	"$1" -o "$T/$2/raft.exe" "$T/raft.c" && timeout 200 "$wine" "$T/$2/raft.exe" 2>/dev/null | grep -q afloat
}

# stream_at TYPE DUMP: where a stream's bytes are, of the first 9 in the directory
stream_at()
{
	od -An -v -tu4 -w12 -j "$(od -An -tu4 -j 12 -N 4 "$2" | tr -d ' ')" -N 108 "$2" |
		awk -v type="$1" '$1 == type { print $3; exit }'
}

# has FIELD VALUE WHAT
has() { t_like "$json" "\"$1\":\"$2\"" "$cpu $kind: $3"; }

# The innermost frame of own code of a thread, by its name: it is in the group that names the thread.
check_threads()
{
	grep '^thread ' "$T/truth" >"$T/threads"
	while read -r _ id function name; do
		# nobody told the system their names
		[ "$kind" = moored ] || t_like "$json" "\"tid\":$id,.*\"name\":\"$name\"" "$cpu $kind: thread $name"
		[ "$function" = set_out ] ||
			t_like "$json" "\"tid\":$id,.*in ${function}" "$cpu $kind: $name is in $function"
	done <"$T/threads"
}

# check KIND RULE CODE FUNCTION [ACCESS ADDRESS]
check()
{
	kind=$1
	timeout 120 "$wine" "$T/$cpu/harbour.exe" "$kind" "$T/$kind.dmp" >"$T/said" 2>/dev/null
	tr -d '\r' <"$T/said" >"$T/truth"
	if ! grep -q '^written' "$T/truth"; then
		t_fail "$cpu $kind: a dump"
		return
	fi
	# shellcheck disable=SC2046
	t_ok "$cpu $kind: a report" "$DUMPAN" report --format json --redact none --symbols "$T/$cpu" $(dlls "$dir") "$T/$kind.dmp"
	json=$(sed 's/},{/},\
{/g' "$T_OUT")
	check_threads
	[ -n "$2" ] || {
		t_unlike "$json" '"severity":"error"' "$cpu $kind: nobody died"
		return
	}
	t_like "$json" "\"id\":\"f1\",\"rule\":\"$2\"" "$cpu $kind: the kind of death"
	t_like "$json" "\"code\":$(($3)),"  "$cpu $kind: the code"
	t_like "$(cat "$T/truth")" "^code $3" "$cpu $kind: as the program saw it"
	has function "$4" "the function to look at"
	[ -z "$5" ] || has access "$5" "the kind of access"
	[ -z "$6" ] || has address "$6" "the address"
	t_like "$json" '"dispatch_group":"g2"' "$cpu $kind: two stacks"
	dispatcher=KiUserExceptionDispatcher
	# raised by a call, not by the CPU; on x86 that call of Wine goes through the system, as a fault does
	[ "$kind $cpu" != "raise x64" ] || dispatcher=RtlRaiseException
	for f in last_words UnhandledExceptionFilter $dispatcher set_out begin; do
		t_like "$json" "\"function\":\"_?$f" "$cpu $kind: $f is on them"
	done
}

# The folders of copies of Wine's DLLs with exports alone, and of the program stripped: made once for a CPU.
bare()
{
	mkdir -p "$T/$cpu/bare"
	for f in "$T/$cpu/quay.exe" $(dlls "$dir" | tr ' ' '\n' | sed -n 's|^/.*|&/ntdll.dll &/kernelbase.dll &/kernel32.dll &/user32.dll &/win32u.dll &/ws2_32.dll|p'); do
		[ ! -f "$f" ] || python3 "$here/strip.py" "$strip" "$f" "$T/$cpu/bare/$(basename "$f")" || return
	done
}

# Who waits for what, by the second program: with all names, and with those of exports alone.
waits()
{
	kind=$1
	timeout 120 "$wine" "$T/$cpu/quay.exe" "$kind" "$T/$kind.dmp" 2>/dev/null | tr -d '\r' >"$T/truth"
	if ! grep -q '^written' "$T/truth"; then
		t_fail "$cpu $kind: a dump"
		return
	fi
	grep '^[a-z]* [a-z]*=' "$T/truth" >"$T/words"
	# shellcheck disable=SC2046
	for folders in "--symbols $T/$cpu $(dlls "$dir")" "--symbols $T/$cpu/bare"; do
		# shellcheck disable=SC2086 # several words
		t_ok "$cpu $kind: a report" "$DUMPAN" report --format json --redact none -o "$T/report.json" $folders "$T/$kind.dmp"
		python3 "$top_srcdir/tests/wait/compare.py" "$T/report.json" "$T/words" >"$T/differs" 2>&1
		t_is "$(cat "$T/differs")" "" "$cpu $kind: who waits for what, by ${folders#--symbols "$T"}"
		json=$(cat "$T/report.json")
		finding=$(sed -n 's/^finding=//p' "$T/truth")
		if [ "$finding" = none ]; then
			t_unlike "$json" '"severity":"(error|warning)"' "$cpu $kind: all is well"
		else
			t_like "$json" "\"rule\":\"$finding\"" "$cpu $kind: $finding"
		fi
	done
}

# The 32-bit program dumped by a 64-bit one.
wow64()
{
	cpu=x86 kind=moored dir=i386-windows
	if ! [ -x "$T/x64/raft.exe" ] || ! [ -x "$T/x86/harbour.exe" ]; then
		t_skip "a 32-bit program in a 64-bit dump" "one of the two CPUs is absent"
		return
	fi
	x86_64-w64-mingw32-gcc -std=gnu11 -O1 -o "$T/surveyor.exe" "$here/surveyor.c" -ldbghelp || {
		t_fail "surveyor.exe is built"
		return
	}
	(cd "$T" && timeout 120 "$wine" surveyor.exe "x86\\harbour.exe" moored.dmp) 2>/dev/null | tr -d '\r' >"$T/truth"
	if ! grep -q '^written' "$T/truth"; then
		t_fail "a 32-bit program in a 64-bit dump"
		return
	fi
	# shellcheck disable=SC2046
	t_ok "moored: a report" "$DUMPAN" report --format json --redact none --symbols "$T/x86" $(dlls "$dir") "$T/moored.dmp"
	json=$(sed 's/},{/},\
{/g' "$T_OUT")
	check_threads
	t_like "$json" '"arch":"x86","bits":32' "moored: a 32-bit process"
	t_is "$(od -An -tu2 -j "$(stream_at 7 "$T/moored.dmp")" -N 2 "$T/moored.dmp" | tr -d ' ')" 9 "moored: in a container of AMD64"
	t_unlike "$json" '"severity":"error"' "moored: nobody died"
}

# all CPU CC DIR PACKAGE
all()
{
	cpu=$1 dir=$3
	if ! command -v "$2" >/dev/null 2>&1; then
		t_skip "$1" "$2 is not installed"
		return
	fi
	mkdir -p "$T/$1"
	if ! runs "$2" "$1"; then
		t_skip "$1" "$wine runs no programs of this CPU (Debian: package $4)"
		return
	fi
	ran=$((ran + 1))
	build "$2" "$1" || {
		t_fail "$1: harbour.exe is built"
		return
	}
	check calm
	check read crash.access 0xc0000005 read_depth read 0x20
	check write crash.access 0xc0000005 mark_depth write 0x20
	check divide crash.arithmetic 0xc0000094 share_fee
	check raise crash.unhandled 0xe0424242 sound_horn
	check lost crash.access 0xc0000005 read_depth read 0x20
	check gone crash.access 0xc0000005 ask_pilot execute
	address=$(sed -n 's/^address //p' "$T/truth")
	has address "$address" "the address in the DLL that was unloaded"
	t_like "$json" '"module_name":"version.dll \(unloaded\)"' "$cpu gone: the DLL has its name on the stack"
	t_like "$json" 'unloaded .*version\.dll' "$cpu gone: and in the finding"
	strip=${2%gcc}strip
	if ! command -v python3 >/dev/null 2>&1; then
		t_skip "$1: waits" "python3 is not installed"
		return
	fi
	bare
	# windows without a display
	timeout 60 "$wine" reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f >/dev/null 2>&1
	for kind in mixed box two three mutexes orphan loader calm; do
		waits "$kind"
	done
}

all x64 x86_64-w64-mingw32-gcc x86_64-windows wine64
all x86 i686-w64-mingw32-gcc i386-windows "wine32:i386, after dpkg --add-architecture i386"
wow64
for w in wineserver /usr/lib/wine/wineserver; do
	! command -v "$w" >/dev/null 2>&1 || timeout 20 "$w" -k >/dev/null 2>&1
done
if [ "$ran" -eq 0 ]; then
	printf '1..%d\n' "$t_n"
	exit 77
fi
t_done
