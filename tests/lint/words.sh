#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Words of the sources: no paths of a developer's machine, no leftovers, licence lines, and words of the
# document spelled as in blocks.def.
. "$(dirname "$0")/../lib.sh"
cd "$top_srcdir" || exit 99
[ -d src ] || t_skip_all "no sources here"

text() {
	find src templates tests samples findings .ci README bootstrap configure.ac Makefile.am ./*.1 \
		-type f ! -path 'samples/bin/*' ! -name '*.zst' ! -name '*.o' ! -name '*.log' \
		! -name '*.trs' ! -path '*/.deps/*' 2>/dev/null |
		xargs grep -Il '' | sort # not the programs of an in-tree build beside their sources
}

text >"$T/files"
none() { # pattern what
	t_is "$(cat "$T/files" | grep -v '^tests/lint/words.sh$' | xargs grep -nE -e "$1" /dev/null | head -n 20)" "" "$2"
}

none '(^|[^A-Za-z0-9])/(work|root)/[a-z]' "no paths of a developer's machine"
none 'deb\.debian\.org|registry\.npmjs|pypi\.org|proxy\.golang|nuget\.org' "no hosts of package registries"
none '\b(TODO|FIXME|XXX|HACK)\b' "nothing is left to do in a comment"

t_is "$(find src templates tests samples -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.def' \
	-o -name 'local.mk' | grep -v '^templates/templates\.c$\|^src/runtime/coreclr/files\.c$' | sort |
	xargs awk 'FNR == 1 { if (file != "" && !ok) print file; file = FILENAME; ok = 0 }
		FNR <= 2 && /SPDX-License-Identifier: Apache-2.0/ { ok = 1 }
		END { if (!ok) print file }')" "" "every source names the licence"

# A word that is given to the document must be one of blocks.def; the compiler knows the columns.
if [ -f src/report/blocks.def ]; then
	known=$(grep -oE '"[a-z0-9-]+"' src/report/blocks.def | sort -u)
	used=$(find src -name '*.c' | sort | xargs grep -ohE 'da_(set|add)_word\([^;]*"[a-z0-9-]+"\)' |
		grep -oE '"[a-z0-9-]+"\)' | tr -d ')' | sort -u)
	bad=$(for word in $used; do
		printf '%s\n' "$known" | grep -qxF "$word" || echo "$word"
	done)
	t_is "$bad" "" "words of the document are in blocks.def"

	keys=$(grep -oE '^[ 	]*DA_COLUMN\([a-z_]+, *[a-z0-9_]+' src/report/blocks.def | sed 's/.*, *//' | sort -u)
	t_is "$(printf '%s\n' "$keys" | grep -vE '^[a-z][a-z0-9_]*$')" "" "keys are lower case"
fi

t_done
