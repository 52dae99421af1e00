# SPDX-License-Identifier: Apache-2.0
# Comparisons with other tools on programs that the tests compile.
check_PROGRAMS += %D%/epilogs %D%/da_addr %D%/da_il %D%/da_metadata %D%/da_symfile %D%/da_undname %D%/stacks
diff_tests =
diff_tests += %D%/corpus.sh
diff_tests += %D%/dotnet.sh
diff_tests += %D%/dotnet_frames.sh
diff_tests += %D%/epilogs.sh
diff_tests += %D%/il.sh
diff_tests += %D%/lines.sh
diff_tests += %D%/metadata.sh
diff_tests += %D%/minidumps.sh
diff_tests += %D%/native.sh
diff_tests += %D%/pdb.sh
diff_tests += %D%/sweep.sh
diff_tests += %D%/truth.sh
diff_tests += %D%/undname.sh

TESTS += $(diff_tests)
EXTRA_DIST += $(diff_tests) %D%/corpus.py %D%/corpus-explained.tsv %D%/dotnet.py %D%/dotnet-explained.tsv %D%/dotnet_frames.py %D%/dotnet-unpack.sh %D%/dotnet-frames-explained.tsv %D%/minidumps.py %D%/minidumps-explained.tsv %D%/names.py %D%/pdb.py %D%/sweep.py %D%/truth.py %D%/waits.py %D%/lib.sh %D%/programs/epilogs.c %D%/programs/inline.c %D%/programs/second.c \
	%D%/programs/victim.c %D%/truth.awk
EXTRA_DIST += %D%/il.py %D%/mdfacts/mdfacts.cs %D%/mdfacts/mdfacts.csproj
