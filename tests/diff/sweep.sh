#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Windows code stopped at every single instruction, against what is known of each stop (see sweep.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dumps/wine/sweep" ] || t_skip_all "DUMPAN_CORPUS is not set"
t_need python3 xz
python3 "$top_srcdir/tests/diff/sweep.py" "$top_builddir/tests/diff/stacks" "$DUMPAN_CORPUS/dumps/wine/sweep"
