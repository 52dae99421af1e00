#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where reports go: whole or not at all, never in the way of what was there.
. "$(dirname "$0")/../lib.sh"
core=$top_srcdir/samples/segv-null.core.zst
cd "$T" || exit 99

t_ok "to standard output" "$DUMPAN" report "$core"
cp "$T_OUT" plain.html
t_like "$(head -n 1 plain.html)" '^<!DOCTYPE html>' "HTML when it is no terminal"
t_is "$(cat "$T_ERR")" "" "silent on success"
t_ok "with -o" "$DUMPAN" report "$core" -o out.html
t_diff plain.html out.html "-o writes the same bytes"
t_is "$(cat "$T_OUT")" "" "and nothing to standard output"

t_ok "four forms in one pass" "$DUMPAN" report --html a.html --text a.txt --json a.json --markdown a.md "$core"
t_diff plain.html a.html "HTML is the same as alone"
for form in text json markdown; do
	t_ok "$form alone" "$DUMPAN" report --format $form "$core"
	cp "$T_OUT" "alone.$form"
done
t_diff alone.text a.txt "text is the same as alone"
t_diff alone.json a.json "JSON is the same as alone"
t_diff alone.markdown a.md "Markdown is the same as alone"
t_ok "Markdown has at most 30 lines" test "$(wc -l <a.md)" -le 30

t_ok "stdin" sh -c "\"$DUMPAN\" report --format json - <\"$core\""
t_is "$(sed 's/"file":"[^"]*"//' <"$T_OUT" | cksum)" "$(sed 's/"file":"[^"]*"//' <a.json | cksum)" \
	"a dump from standard input gives the same but for its name"

# failure leaves what was there
echo kept >old.html
t_exit 2 "not a dump, -o" "$DUMPAN" report "$top_srcdir/README" -o old.html
t_is "$(cat old.html)" kept "an older report stays when there is no new one"
t_exit 74 "a folder that is not there" "$DUMPAN" report "$core" -o nowhere/out.html
t_like "$(cat "$T_ERR")" "^dumpan: .*nowhere" "said in one line"
mkdir folder
t_exit 74 "a folder in the way" "$DUMPAN" report "$core" -o folder
t_is "$(ls -A folder)" "" "nothing in it"
t_is "$(ls -A | grep -vE '^(plain.html|out.html|a\.|alone\.|old.html|folder|\.out|\.err)')" "" \
	"no temporary files are left behind"

if [ -e /dev/full ]; then
	t_exit 74 "a full disk: standard output" sh -c "\"$DUMPAN\" report --format json \"$core\" >/dev/full"
	t_like "$(cat "$T_ERR")" '^dumpan: .*[Nn]o space' "says that the disk is full"
	t_is "$(wc -l <"$T_ERR" | tr -d ' ')" 1 "in one line"
fi
t_exit 74 "standard output closed" sh -c "\"$DUMPAN\" report --format json \"$core\" >&-"

# a reader that goes away (head, less) is no reason for noise
"$DUMPAN" report "$core" 2>pipe.err | head -c 10 >/dev/null
t_is "$(cat pipe.err)" "" "a pipe that closes early is no news"

# permissions follow the umask, as for every other file
(umask 027 && "$DUMPAN" report "$core" -o mode.html)
t_is "$(ls -l mode.html | cut -c1-10)" "-rw-r-----" "mode by umask"
(umask 022 && "$DUMPAN" report "$core" --format text -o /dev/stdout >dev.txt 2>/dev/null)
t_diff alone.text dev.txt "-o to a device or pipe writes there"

t_ok "--status" "$DUMPAN" report --status "$core" -o out.html
t_like "$(tail -n 1 "$T_ERR")" '^dumpan: status=[a-z]+ errors=[0-9]+ warnings=[0-9]+ signature=[^ ]+ elapsed=[^ ]+ rss=' \
	"--status ends with one line"
t_ok "a line a dump" "$DUMPAN" report --format ndjson "$core" "$top_srcdir/samples/abort-assert.core.zst"
t_is "$(grep -c '^{"file": *"[a-z-]*.core.zst",.*"signature".*"findings": *{"error": *1,.*}$' "$T_OUT")" 2 "two dumps, two lines"
t_like "$(tail -n 1 "$T_OUT")" '"verdict": *{"kind": *"crash".*"top_rules": *\["crash.abort".*"process": *"abort-assert"' \
	"a line tells verdict, rules and process"
"$DUMPAN" report --json lines.json "$core"
t_ok "a line from a JSON report" "$DUMPAN" render --format ndjson lines.json
cp "$T_OUT" rendered.ndjson
t_ok "and from its dump" "$DUMPAN" report --format ndjson "$core"
t_diff "$T_OUT" rendered.ndjson "are the same"
t_ok "--rules with globs and signs" "$DUMPAN" report --rules=-crash.*,+crash.access --format ndjson "$core"
t_like "$(cat "$T_OUT")" '"top_rules": *\["crash.access"' "the rule of the list ran"
t_ok "--rules without a family" "$DUMPAN" report '--rules=-crash.*' --format ndjson "$core"
t_unlike "$(cat "$T_OUT")" '"crash\.[a-z]*"[],]' "no rule of it ran"
t_ok "--verbose" "$DUMPAN" report -v --progress none --no-local-symbols --symbols "$top_srcdir/samples/bin" \
	--symbols "$T" -o out.html "$core"
t_like "$(cat "$T_ERR")" '^dumpan: segv-null: .*samples/bin/segv-null: taken$' "--verbose tells the file that was taken"
t_like "$(cat "$T_ERR")" '^dumpan: libc.so.6: .*libc.so.6: not there$' "--verbose tells where it looked"
cp "$DUMPAN" segv-null
t_ok "--verbose, another build" "$DUMPAN" report -v --progress none --no-local-symbols --symbols "$T" -o out.html "$core"
t_like "$(cat "$T_ERR")" '^dumpan: segv-null: .*/segv-null: refused: ' "--verbose tells why a file was refused"
t_like "$(cat "$T_ERR")" '^dumpan: segv-null: .*another build.*; give the file' "--verbose ends with what was missing"
t_exit 5 "--fail-on error" "$DUMPAN" report --fail-on error "$core" -o out.html
t_diff plain.html out.html "the report is written all the same"
t_exit 0 "--fail-on a rule that did not fire" "$DUMPAN" report --fail-on crash.abort "$core" -o out.html
t_ok "--redact=none" "$DUMPAN" report --redact none "$core" -o out.html
t_like "$(cat "$T_ERR")" '^dumpan: .*secrets' "warns that secrets are in it"
t_done
