# SPDX-License-Identifier: Apache-2.0
sample_names = segv-null abort-assert double-free throw-uncaught stack-overflow worker-pool deadlock
EXTRA_DIST += %D%/README %D%/make.sh %D%/make-dotnet.sh \
	%D%/src/deploy-runner/DeployRunner.csproj %D%/src/deploy-runner/Program.cs \
	%D%/deploy-runner.core.zst %D%/bin/DeployRunner.dll %D%/bin/DeployRunner.pdb \
	%D%/src/segv-null.c %D%/src/abort-assert.c %D%/src/double-free.c %D%/src/throw-uncaught.cc \
	%D%/src/stack-overflow.c %D%/src/worker-pool.c %D%/src/deadlock.c \
	%D%/segv-null.core.zst %D%/abort-assert.core.zst %D%/double-free.core.zst \
	%D%/throw-uncaught.core.zst %D%/stack-overflow.core.zst %D%/worker-pool.core.zst %D%/deadlock.core.zst \
	%D%/bin/segv-null %D%/bin/abort-assert %D%/bin/double-free %D%/bin/throw-uncaught \
	%D%/bin/stack-overflow %D%/bin/worker-pool %D%/bin/deadlock

# Builds the programs and makes new dumps of them in ./samples-out.
samples:
	CC='$(CC)' $(SHELL) $(srcdir)/samples/make.sh samples-out
clean-local: clean-samples
clean-samples:
	rm -rf samples-out
.PHONY: samples clean-samples
