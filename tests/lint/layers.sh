#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom: a room includes its own headers and the public header of the rooms below it.
# A new room needs one line in the table, and thought.
. "$(dirname "$0")/../lib.sh"
cd "$top_srcdir" || exit 99

table='
base
arch     base
model    base arch
loader   base arch model
image    base arch model
symbol   base arch model image
unwind   base arch model image symbol
runtime  base arch model image symbol unwind
heap     base arch model image symbol runtime
fault    base arch model image symbol unwind
wait     base arch model image symbol unwind
report   base
analyze  base arch model report
render   base report
app      base arch model loader image symbol unwind runtime heap fault wait report analyze render
'
# Public headers beside ROOM/ROOM.h: files of image/ that have nothing in common but being files.
public='image/bundle.h image/metadata.h image/pe.h image/portable_pdb.h image/symfile.h'
[ -d src ] || t_skip_all "no sources here"

for folder in src/*/; do
	room=$(basename "$folder")
	may=$(printf '%s\n' "$table" | sed -n "s/^$room\\( \\|\$\\)/ /p")
	if [ -z "$may" ] && [ "$room" != base ]; then
		t_fail "$room is not in the table of tests/lint/layers.sh"
		continue
	fi
	bad=$(find "$folder" -name '*.[ch]' -o -name '*.def' | sort | while read -r file; do
		awk -v room="$room" -v may=" $may " -v public=" $public " -v file="$file" '
		/^[ \t]*#[ \t]*include[ \t]*"/ {
			split($0, part, "\"")
			path = part[2]
			if (path == "config.h")
				next
			n = split(path, step, "/")
			where = file ":" FNR ": \"" path "\""
			if (n < 2)
				print where " has no room in front"
			else if (step[1] == room)
				next
			else if (index(may, " " step[1] " ") == 0)
				print where ": " room " must not include " step[1]
			else if (step[1] != "base" && path != step[1] "/" step[1] ".h" &&
				 index(public, " " path " ") == 0)
				print where " is private to " step[1]
		}' "$file"
	done)
	if t_is "$bad" "" "$room includes only what it may"; then :; fi
done

bad=$(find src -name '*.c' | sort | while read -r file; do
	first=$(sed -n 's/^#[ \t]*include[ \t]*//p' "$file" | head -n 1)
	[ "$first" = '"config.h"' ] || echo "$file: $first"
done)
t_is "$bad" "" "config.h comes first in every .c"

t_done
