#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How often a thread holds the lock of a FILE cannot be read from the lock alone: the count in it (_lock points to
# an int, a count and the owner) counts every flockfile in glibc 2.36, and only those that found the lock already
# theirs in 2.41. Neither size nor symbol version changed. So count 1 is one holding frame in one library and
# two in the other, and a lock of count 0 may well be held; only the owner (or the int) says so in both.
#
# Package: libc6 2.36-9+deb12u14 (Debian 12) and 2.41-12+deb13u5 (Debian 13, amd64), unpacked, not installed; the
#          latter from the mirror that the system uses.
# Input:   a program, compiled here, that locks stdout twice and unlocks it twice, run by each library's loader.
# Guess:   1 when locked once, 2 when locked twice, 0 when free, as in a recursive mutex.
# Seen:    so in 2.36; in 2.41 0 when locked once, 1 when locked twice.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p lists/partial cache/archives/partial
keys=/usr/share/keyrings/debian-archive-trixie-stable.gpg
mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Created-By: Packages' | grep -v security | head -n 1)
echo "deb [signed-by=$keys] $mirror trixie main" >sources
apt13() {
	apt-get -q -o Dir::Etc::SourceList="$dir/sources" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$dir/lists" \
		-o Dir::Cache="$dir/cache" -o APT::Architecture=amd64 "$@" >log 2>&1 || { cat log; return 1; }
}
apt13 update
apt13 download libc6=2.41-12+deb13u5
apt-get download -q libc6=2.36-9+deb12u14 >log 2>&1 || { cat log; exit 1; }

cat >count.c <<'C'
#include <gnu/libc-version.h>
#include <stdio.h>

struct lock {
	int lock, count;
	void *owner;
};

static void show(const char *when)
{
	const struct lock *lock = *(struct lock **)&stdout->_lock;

	fprintf(stderr, "%s %s: count %d, %s\n", gnu_get_libc_version(), when, lock->count,
		lock->owner ? "owned" : "free");
}

int main(void)
{
	flockfile(stdout);
	show("locked once");
	flockfile(stdout);
	show("locked twice");
	funlockfile(stdout);
	funlockfile(stdout);
	show("unlocked");
	return 0;
}
C
gcc -O1 -o count count.c
for deb in libc6_2.36* libc6_2.41*; do
	dpkg-deb -x "$deb" "unpacked-$deb"
	lib=$(dirname "$(find "unpacked-$deb" -name libc.so.6)")
	"$lib/ld-linux-x86-64.so.2" --library-path "$lib" ./count 2>&1
done | tee seen
cat >expected <<'E'
2.36 locked once: count 1, owned
2.36 locked twice: count 2, owned
2.36 unlocked: count 0, free
2.41 locked once: count 0, owned
2.41 locked twice: count 1, owned
2.41 unlocked: count 0, free
E
diff expected seen
echo "as described: glibc 2.36, 2.41"
