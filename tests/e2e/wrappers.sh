#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Wrapped dumps by content, whatever their name.
. "$(dirname "$0")/../lib.sh"
t_need zstd python3
cd "$T" || exit 99
zstd -qdc "$top_srcdir/samples/segv-null.core.zst" >core
have() { "$DUMPAN" --version | grep -q "libraries:.* $1"; }
# The report without the block that names the file and its wrapper, and its columns.
report() {
	"$DUMPAN" report --format json "$1" | python3 -c 'import json, sys
d = json.load(sys.stdin)
d["data"].pop("input")
d.pop("layout")
print(json.dumps(d, sort_keys=True, indent=1))'
}
report core >plain

same() { # file, what
	report "$1" >got
	t_diff plain got "$2"
}

command -v gzip >/dev/null && gzip -c core >a.txt && same a.txt "gzip, under another name"
if have zstd; then
	zstd -qc core >b && same b zstd
	zstd -qc --long=31 core >c && same c "zstd with a window of 2 GiB"
	{ head -c 700000 core | zstd -qc; tail -c +700001 core | zstd -qc; } >d && same d "two zstd frames"
	cat core | zstd -qc >e && same e "zstd without a size"
	head -c 9000 b >cut.zst
	t_ok "zstd that ends early still gives a report" "$DUMPAN" report --format json cut.zst
	t_like "$(cat "$T_OUT")" '"truncated":true' "which says that it is cut"
	head -c 20 b >stump.zst
	t_exit 2 "zstd of which nothing can be unpacked" "$DUMPAN" report stump.zst
	t_like "$(cat "$T_ERR")" "^dumpan: 'stump.zst' is compressed with zstd, but nothing" "is told as that, not as empty"
else
	t_skip zstd "not built in"
fi
if have xz && command -v xz >/dev/null; then xz -c0 core >f && same f xz; else t_skip xz "not here"; fi
if have bzip2 && command -v bzip2 >/dev/null; then bzip2 -c1 core >g && same g bzip2; else t_skip bzip2 "not here"; fi

t_ok "the wrapper is told" "$DUMPAN" report --format text a.txt
t_like "$(cat "$T_OUT")" 'gzip' "gzip"
t_exit 2 "--max-expand" "$DUMPAN" report --max-expand 100K b
t_like "$(cat "$T_ERR")" '^dumpan: .*max-expand' "says which limit"
mkdir tmp
t_ok "unpacked in TMPDIR" env TMPDIR="$T/tmp" "$DUMPAN" report b
t_is "$(ls -A tmp)" "" "nothing is left there"
t_exit 74 "no place to unpack" env TMPDIR="$T/nowhere" "$DUMPAN" report b
t_like "$(cat "$T_ERR")" '^dumpan: .*(TMPDIR|nowhere)' "says where"
t_done
