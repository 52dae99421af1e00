#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The corpus' own dumps against what the programs said about themselves (see truth.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dumps" ] || t_skip_all "DUMPAN_CORPUS is not set"
t_need python3 zstd xz tar
export DUMPAN
python3 "$top_srcdir/tests/diff/truth.py" "$T"
