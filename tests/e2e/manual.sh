#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dumpan.1, --help and the registries say the same: commands, options, their arguments and their words.
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 99

# The page as plain lines: TAG<tab>text for each .TP of a section.
tagged() { # section
	awk -v want="$1" '
	/^\.SH/ { sub(/^\.SH */, ""); gsub(/"/, ""); section = $0; flush(); next }
	section != want { next }
	/^\.TP/ { flush(); state = 1; next }
	state == 1 { sub(/^\.B[IR]* */, ""); tag = $0; state = 2; next }
	state == 2 { text = text (text == "" ? "" : " ") $0 }
	function flush() { if (tag != "") print tag "\t" text; tag = text = ""; state = 0 }
	END { flush() }' "$top_srcdir/dumpan.1" | sed "s/\\\\(aq/'/g; s/\\\\-/-/g; s/\\\\e/\\\\/g"
}

# --help in the same shape; a description goes on in lines that begin with blanks.
helped() { # first word of the list, last
	"$DUMPAN" --help | awk -v from="$1" -v to="$2" '
	index($0, from) == 1 { on = 1; next }
	index($0, to) == 1 { on = 0 }
	!on { next }
	NF && match($0, /[^ ]/) <= 7 {
		if (tag != "") print tag "\t" text
		line = $0
		sub(/^ +/, "", line)
		at = line ~ /^-/ ? index(line, "  ") : index(line, " ")
		tag = at ? substr(line, 1, at - 1) : line
		text = at ? substr(line, at) : ""
		sub(/^ +/, "", text)
		next
	}
	/^ / { line = $0; sub(/^ +/, "", line); text = text (text == "" ? "" : " ") line }
	END { if (tag != "") print tag "\t" text }'
}

helped "Options (" "Exit: " >help.options
tagged OPTIONS >man.options
t_diff help.options man.options "options: --help and the manual page"
t_ok "there are options" test "$(wc -l <man.options)" -gt 20

helped "Commands:" "Options (" | awk -F '\t' '{ print $1 "\t" $2 }' >help.commands
tagged COMMANDS | awk -F '\t' '{ split($1, w, " "); print w[1] "\t" $2 }' >man.commands
t_diff help.commands man.commands "commands: --help and the manual page"

# What one command takes is a part of the whole.
for command in $(cut -f 1 man.commands); do
	"$DUMPAN" "$command" --help | grep -oE '^  .{0,4}--[a-z-]+' | sed 's/.*--/--/' >own
	t_is "$(while read -r option; do grep -q -- "$option" man.options || echo "$option"; done <own)" "" \
		"$command: all its options are in the manual page"
done

for status in 0 2 5 64 70 74; do
	t_like "$(tagged 'EXIT STATUS' | cut -f 1)" "^$status\$" "exit status $status is explained"
	t_like "$("$DUMPAN" --help | tr '\n' ' ')" "[ :]$status [a-z-]" "and in --help"
done
if command -v man >/dev/null 2>&1; then
	man -l --warnings=w "$top_srcdir/dumpan.1" >page 2>warnings
	t_is "$(cat warnings)" "" "the page formats without warnings"
else
	t_skip "the page formats" "man is not installed"
fi

# The registries: each rule has a page, each is named once.
"$DUMPAN" rules >rules
t_is "$(cut -d ' ' -f 1 rules | sort | uniq -d)" "" "no rule twice"
for rule in $(cut -d ' ' -f 1 rules); do
	"$DUMPAN" rules "$rule" >page
	[ "$(wc -l <page)" -ge 4 ] || t_fail "$rule has no page"
done
t_pass "each rule has its page"
t_exit 64 "an unknown rule" "$DUMPAN" rules no.such
t_ok "limits" "$DUMPAN" limits
t_like "$(cat "$T_OUT")" '^frames +' "limits are listed"
if command -v python3 >/dev/null 2>&1; then
	"$DUMPAN" schema >schema.json
	t_ok "the schema is JSON" python3 -m json.tool schema.json
else
	t_skip "the schema is JSON" "no python3"
fi
t_done
