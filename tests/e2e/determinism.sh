#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Same dump, same options, same version: same bytes, whatever the time, place and language.
. "$(dirname "$0")/../lib.sh"
samples=$(cd "$top_srcdir/samples" && pwd)
cd "$T" || exit 99

all() { # name, then what runs the program
	name=$1
	shift
	"$@" report --symbols "$samples/bin" --html "$name.html" --text "$name.txt" --json "$name.json" \
		--markdown "$name.md" "$samples/$sample.core.zst" 2>"$name.err" || t_say "$(cat "$name.err")"
}
same() { # name, what
	for form in html txt json md; do
		cmp -s "first.$form" "$1.$form" || { t_diff "first.$form" "$1.$form" "$sample: $2"; return; }
	done
	t_pass "$sample: $2"
}

for sample in segv-null throw-uncaught worker-pool; do
	rm -f first.* ./*.html
	all first "$DUMPAN"
	t_ok "$sample: a report" test -s first.html -a -s first.txt -a -s first.json -a -s first.md
	all again "$DUMPAN"
	same again "the second time"
	all zone env TZ=Pacific/Chatham "$DUMPAN"
	same zone "another time zone"
	all tongue env LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 LANGUAGE=de "$DUMPAN"
	same tongue "another language"
	all bare env -i "$DUMPAN"
	same bare "no environment at all"
	all one sh -c 'exec "$0" "$@" --no-isolate' "$DUMPAN"
	same one "in one process"
	mkdir -p deep/er
	(cd deep/er && "$DUMPAN" report --symbols "$samples/bin" --html "$T/cwd.html" --text "$T/cwd.txt" \
		--json "$T/cwd.json" --markdown "$T/cwd.md" "$samples/$sample.core.zst")
	same cwd "from another folder"
	t_unlike "$(cat first.html first.txt first.json first.md)" "$samples" "$sample: no path of the reader"

	for form in html text markdown; do
		case $form in html) file=first.html ;; text) file=first.txt ;; *) file=first.md ;; esac
		"$DUMPAN" render --format $form first.json >"rendered.$form"
		t_diff $file "rendered.$form" "$sample: render gives $form byte for byte"
	done
	"$DUMPAN" render --format json first.json >rendered.json
	t_diff first.json rendered.json "$sample: render gives JSON byte for byte"
done
t_done
