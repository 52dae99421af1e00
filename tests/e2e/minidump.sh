#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A made-up minidump as a report: what a Windows process knows, and a core beside it.
. "$(dirname "$0")/../lib.sh"

synthmd=$top_builddir/tests/synth/synthmd
synthcore=$top_builddir/tests/synth/synthcore
[ -x "$synthmd" ] && [ -x "$synthcore" ] || t_skip_all "the builders of test dumps are not built"

"$synthmd" "$T/orders.dmp" nested=1 || exit 99
t_ok "a report comes out" "$DUMPAN" report --no-local-symbols --format json --redact none "$T/orders.dmp"
json=$(cat "$T_OUT")

# has NAME VALUE WHAT: a cell of the document
has() { t_like "$json" "\"$1\":$2" "$3"; }

has format '"minidump"' "the format"
has writer '"windows"' "the writer, by its build string"
has time '"2023-11-14T22:13:20Z"' "when it was taken"
has os_version '"Windows Server 2022, 20348"' "the build of Windows, named"
has executable '"C:\\\\shop\\\\orders.exe"' "the executable"
has command_line '\["orders.exe","-v","a b"\]' "the command line, as the program gets it"
has cwd '"C:\\\\shop\\\\"' "the working directory"
has host '"TILL"' "the host, from the environment"
has integrity '"high"' "the integrity level"
has uptime_us '60000000' "how long it was up"
has name '"EXCEPTION_NONCONTINUABLE_EXCEPTION"' "the exception"
has name '"MSVC_CPP_EXCEPTION"' "the record that it was raised on top of"
has parameters '\["0x19930520"\]' "and its parameters"
has last_error '"5 ERROR_ACCESS_DENIED"' "the last error of a thread, named"
has created '"2023-11-' "when a thread was created"
has entry '"orders.exe\+0x1000"' "where a thread began"
has pdb_id '"123456789ABCDEF00102030405060708"' "the id of a PDB"
has unloaded 'true' "an unloaded module"
has name '"late.dll"' "a module that only the loader's list has"
t_like "$json" '"type":"Event","name":"\\\\Ready","count":1' "a handle"

has user '"Local System"' "for whom it ran"
has user_us '7000000' "the processor time of the whole process"
has time_zone '"Harbour Summer Time, UTC\+02:00"' "the time zone"
has peak_resident_bytes '124080128' "the most that was resident"
has private_bytes '141971456' "the private memory"
has physical_bytes '17179869184' "the memory of the machine"
has commit_limit_bytes '25769803776' "what the machine can commit"
has operation '"bad-reference"' "a handle that was used when it was none"
t_like "$json" '"handle":"0x40","operation":"close","what":"handle 0x40 was closed","thread":"t[0-9]*"' "who closed it"
has rule '"handles.bad-reference"' "and that is a finding"
has priority_class '"normal"' "the priority class"
t_like "$json" '"handle":"0x40","operation":"bad-reference",.*"tid":555,' "a thread that has ended since"

t_ok "as text" "$DUMPAN" report --no-local-symbols --format text "$T/orders.dmp"
t_like "$(cat "$T_OUT")" '^HANDLES \(1\)' "handles have their section"
t_like "$(cat "$T_OUT")" '^ +Code +0xc0000025' "codes of Windows are hexadecimal"
t_unlike "$(cat "$T_OUT")" 'coredump_filter|ulimit' "no advice for Linux"

t_like "$(cat "$T_OUT")" 'handle 0x40 was closed' "what was done with handles stands there"
t_unlike "$(cat "$T_OUT")" 'not shown: ' "all streams are shown"

"$synthmd" "$T/jit.dmp" jit=1 || exit 99
t_ok "code made at run time" "$DUMPAN" report --no-local-symbols --format json "$T/jit.dmp"
t_like "$(cat "$T_OUT")" '"pc":"0x70001060",[^}]*"kind":"dynamic","own":[a-z]*,"trust":"cfi"' "stacks lead through it"
t_like "$(cat "$T_OUT")" '"pc":"0x10001234",[^}]*"module_name":"kernel32.dll",[^}]*"trust":"cfi"' "and out of it"

t_ok "probe" "$DUMPAN" probe "$T/orders.dmp"
t_like "$(cat "$T_OUT")" '^format +minidump, x86_64 64-bit, written by windows' "probe names the format"

"$synthcore" "$T/core" || exit 99
t_ok "a core and a minidump in one call" "$DUMPAN" report --no-local-symbols --format json "$T/core" "$T/orders.dmp"
t_like "$(cat "$T_OUT")" '^"d2":\{' "are two parts of one report"
t_like "$(cat "$T_OUT")" '"format":"elf-core"' "one of a core"
t_like "$(cat "$T_OUT")" '"format":"minidump"' "one of a minidump"

for cpu in 0 5 12; do
	"$synthmd" "$T/cpu.dmp" cpu=$cpu memory64=1 || exit 99
	t_ok "CPU $cpu" "$DUMPAN" report --no-local-symbols --format text "$T/cpu.dmp"
	t_like "$(cat "$T_OUT")" 'orders\.exe' "CPU $cpu: its program"
done
t_done
