#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reports of the corpus' minidumps against recorded peers and what the programs knew (see minidumps.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dumps" ] || t_skip_all "DUMPAN_CORPUS is not set"
t_need python3 xz
export DUMPAN
python3 "$top_srcdir/tests/diff/minidumps.py" "$top_srcdir/tests/diff/minidumps-explained.tsv"
