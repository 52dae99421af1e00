# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/check.sh %D%/check.py %D%/zenith.c %D%/observatory/Observatory.csproj \
	%D%/observatory/Async.cs %D%/observatory/Crashes.cs %D%/observatory/Load.cs %D%/observatory/Locks.cs \
	%D%/observatory/Native.cs %D%/observatory/Program.cs %D%/observatory/Shapes.cs %D%/observatory/Waits.cs \
	%D%/observatory/Watch.cs

# Own .NET programs of every version, dumped in every way; 77 (skipped) without the SDK or its packages.
check-dotnet: dumpan$(EXEEXT)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CC='$(CC)' \
		$(SHELL) $(srcdir)/tests/dotnet/check.sh || test $$? -eq 77
.PHONY: check-dotnet
