#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every Linux core of the corpus against what other tools recorded of it (see corpus.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dumps" ] || t_skip_all "DUMPAN_CORPUS is not set"
t_need python3
export DUMPAN
exec python3 "$top_srcdir/tests/diff/corpus.py"
