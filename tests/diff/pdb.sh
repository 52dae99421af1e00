#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PDB files of the corpus: public symbols, functions and lines against recorded answers (see pdb.py).
. "$(dirname "$0")/../lib.sh"
[ -n "$DUMPAN_CORPUS" ] && [ -d "$DUMPAN_CORPUS/dumps" ] || t_skip_all "DUMPAN_CORPUS is not set"
t_need python3
python3 "$top_srcdir/tests/diff/pdb.py" "$top_builddir/tests/diff/da_symfile" "$DUMPAN_CORPUS/dumps" "$T"
