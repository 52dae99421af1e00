#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line: usage errors are one line and status 64, help goes to standard output.
. "$(dirname "$0")/../lib.sh"
core=$top_srcdir/samples/segv-null.core.zst
cd "$T" || exit 99

# what, wanted status, pattern of the one line on stderr, arguments…
refused() {
	what=$1 status=$2 pattern=$3
	shift 3
	t_exit "$status" "$what: status $status" "$DUMPAN" "$@"
	t_is "$(wc -l <"$T_ERR" | tr -d ' ')" 1 "$what: one line"
	t_like "$(cat "$T_ERR")" "^dumpan: .*$pattern" "$what: the line says why"
	t_is "$(cat "$T_OUT")" "" "$what: nothing on standard output"
}

refused "no file" 64 "name a dump" report
refused "unknown command" 64 "'frob'" frob
refused "unknown option" 64 "bogus" report --bogus "$core"
refused "a folder of symbols that is not there" 74 "'$T/nowhere' is no folder" report --symbols "$T/nowhere" "$core"
refused "a sysroot that is a file" 74 "no folder" report --sysroot "$core" "$core"
refused "a style that is not there" 74 "css: '$T/nowhere'" report --css "$T/nowhere" "$core"
refused "option without its argument" 64 "symbols" report "$core" --symbols
refused "unknown form" 64 "docx" report --format docx "$core"
refused "unknown level" 64 "loud" report --redact loud "$core"
refused "--format twice" 64 "format" report --format html --format text "$core"
refused "two outputs of one name" 64 "two forms of output" report --html out --json out "$core"
refused "an option of another command" 64 "collect" report --collect "$core"
refused "a number that is none" 64 "max-time" report --max-time soon "$core"
refused "a time is no size" 64 "max-time" report --max-time 5K "$core"
t_ok "a time in minutes" "$DUMPAN" probe --max-time 5m "$core"
refused "a rule that does not exist" 64 "no.such" report --rules=-no.such "$core"
refused "too many files" 64 "" probe "$core" "$core"
t_ok "nothing was left behind" test ! -e out

t_ok "--help" "$DUMPAN" --help
t_like "$(cat "$T_OUT")" '^Usage: dumpan' "help goes to standard output"
t_is "$(cat "$T_ERR")" "" "and nothing to standard error"
for command in report probe render signature symbols rules formats limits schema; do
	t_ok "$command --help" "$DUMPAN" $command --help
	t_like "$(cat "$T_OUT")" "^Usage: dumpan $command" "$command --help names it"
	t_is "$(awk 'length($0) > 80' "$T_OUT")" "" "$command --help fits 80 columns"
done
t_ok "--version" "$DUMPAN" --version
t_like "$(head -n 1 "$T_OUT")" '^dumpan [0-9]+\.[0-9]+' "version"
t_exit 64 "no arguments at all" "$DUMPAN"
t_done
